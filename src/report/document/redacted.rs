//! The account details that strangers may read: anyone can read the log and the job summary of a public
//! repository.
//!
//! A format sees only [`OpenOutcome`]s: rule ids, severities, the policy's names of accounts, the
//! IAM actions to grant. No ids, addresses, access keys, times of use, tickets or reasons.

use super::MAX_NAME;
use super::entries::{Account, Entry, Full};
use crate::escape::shortened;
use crate::model::{IamAction, Outcome, Report, RuleId, Severity, ToDo, counted};

/// Why details are missing, and where to find them. A summary is also recognised by this sentence.
pub(crate) const WHY: &str = "Details are left out because strangers may read this; the report \
                              files hold them.";

/// The accounts as strangers may see them.
#[derive(Clone, Copy)]
pub(crate) struct Redacted<'a>(Full<'a>);

/// A failing or undetermined outcome.
pub(crate) struct OpenOutcome<'a> {
    pub(crate) account: String,
    pub(crate) rule: RuleId,
    pub(crate) outcome: Outcome,
    pub(crate) severity: Severity,
    pub(crate) blocks: bool,
    /// Number of findings that no waiver covers.
    pub(super) findings: usize,
    /// IAM actions to grant.
    pub(super) grants: Vec<&'a IamAction>,
    /// 1-based line of the policy.
    pub(crate) line: usize,
}

impl<'a> Redacted<'a> {
    pub(crate) const fn from_report(report: &'a Report) -> Self {
        Self(Full::from_report(report))
    }

    /// Outcomes that need action, worst first.
    pub(crate) fn open(self) -> impl Iterator<Item = OpenOutcome<'a>> {
        self.0.open().into_iter().map(|entry| OpenOutcome::from_entry(&entry))
    }
}

impl<'a> OpenOutcome<'a> {
    pub(super) fn from_entry(entry: &Entry<'a>) -> Self {
        let grant = |to_do: &'a ToDo| match to_do {
            ToDo::Grant(action) => Some(action),
            ToDo::Do(_) => None,
        };
        let mut grants: Vec<_> =
            entry.gaps().iter().filter_map(|gap| grant(gap.grant.as_ref()?)).collect();
        grants.sort();
        grants.dedup();
        Self {
            account: label(&entry.account),
            rule: entry.rule(),
            outcome: entry.outcome(),
            severity: entry.severity(),
            blocks: entry.blocks(),
            findings: entry.unwaived().len(),
            grants,
            line: entry.line(),
        }
    }

    /// `2 findings`, `grant iam:GetAccountSummary`.
    pub(crate) fn what(&self) -> String {
        match self.outcome {
            Outcome::Undetermined if self.grants.is_empty() => "evidence is missing".to_owned(),
            Outcome::Undetermined => {
                let grants: Vec<_> = self.grants.iter().map(|action| action.as_str()).collect();
                format!("grant {}", grants.join(", "))
            }
            _ => counted(self.findings, "finding"),
        }
    }
}

/// The policy's name of the account; `account 1` if it has no name or the name contains an id.
pub(super) fn label(account: &Account<'_>) -> String {
    let holds_id = |name: &str| {
        let mut digits = name.split(|letter: char| !letter.is_ascii_digit());
        digits.any(|run| run.len() >= 12)
    };
    match account.policy_name() {
        Some(name) if !holds_id(name) => shortened(name, MAX_NAME),
        _ => format!("account {}", account.number),
    }
}
