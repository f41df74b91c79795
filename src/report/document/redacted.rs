//! What strangers may read: the log and the job summary of a public repository are theirs too.
//!
//! A renderer of a redacted report sees only [`Redacted`], which holds verdict, counts, rule ids,
//! severities, the policy's names of accounts, the IAM actions to grant, and of a change of the
//! policy the keys that the format itself names: no ids, addresses, access keys, times of use,
//! tickets, reasons or values of the policy.

use std::collections::BTreeMap;

use crate::escape::shortened;
use crate::model::{
    AccountReport, ChangeKind, Gap, Outcome, Report, RuleId, RuleOutcome, Severity, ToDo,
    format_time,
};

use super::change::{MOST, Section};
use super::evidence_files::evidence_files;
use super::policy::{self as origin, Quote};
use super::words;
use crate::report::policy_change::{KINDS, of_kind};

/// How much of a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Details {
    /// Everything.
    #[default]
    Full,
    /// Only what strangers may read.
    Redacted,
}

/// Why so little is shown, and where to find the rest.
pub(in crate::report) const WHY: &str = "Details are left out because strangers may read this; the report \
                              files hold them.";

/// The part of a report that strangers may read.
pub(in crate::report) struct Redacted {
    /// `fail`, and ` as of …`.
    pub(in crate::report) verdict: (&'static str, String),
    /// `1 failed, …`
    pub(in crate::report) counts: String,
    /// `exit code 1`
    pub(in crate::report) consequence: String,
    /// The instant that was judged.
    pub(in crate::report) evaluated_at: String,
    /// Which policy judged, without a name.
    pub(in crate::report) origin: String,
    /// Path, ref, commit and digest of the policy, as far as it is a file of this repository.
    pub(in crate::report) policy: Vec<(&'static str, String)>,
    /// The digests of the files that evidence came from.
    pub(in crate::report) evidence_files: Vec<String>,
    /// What it means that nothing was evaluated.
    pub(in crate::report) not_evaluated: Vec<String>,
    /// The checkout's copy of the policy.
    pub(in crate::report) change: Option<RedactedChange>,
    /// What somebody should act on, worst first.
    pub(in crate::report) open: Vec<OpenOutcome>,
    /// Codes of the notices with their lines of the policy.
    pub(in crate::report) notices: Vec<(&'static str, Option<usize>)>,
}

/// What strangers may read of the checkout's copy of the policy.
pub(in crate::report) struct RedactedChange {
    /// `1 planned, 2 weaker`
    pub(in crate::report) heading: String,
    /// What it is, what it does, what to do.
    pub(in crate::report) sentences: Vec<String>,
    /// `weaker` with its keys, `problems` with their lines.
    pub(in crate::report) lists: Vec<(&'static str, String)>,
    /// How the evidence would be judged after the merge.
    pub(in crate::report) after: Option<String>,
}

/// A failing or undetermined outcome.
pub(in crate::report) struct OpenOutcome {
    pub(in crate::report) account: String,
    pub(in crate::report) rule: RuleId,
    pub(in crate::report) outcome: Outcome,
    pub(in crate::report) severity: Severity,
    pub(in crate::report) blocks: bool,
    /// How many findings no waiver covers.
    pub(in crate::report) findings: usize,
    /// IAM actions to grant.
    pub(in crate::report) grants: Vec<String>,
    /// 1-based line of the policy.
    pub(in crate::report) line: usize,
}

impl Redacted {
    pub(in crate::report) fn of(report: &Report) -> Self {
        let labels: BTreeMap<_, _> = report
            .accounts
            .iter()
            .enumerate()
            .map(|(index, account)| (&account.id, account_label(index, account)))
            .collect();
        let open = words::worst_first(&report.accounts, words::is_open);
        Self {
            verdict: words::verdict(report),
            counts: words::counts(&report.counts),
            consequence: words::consequence(report),
            evaluated_at: format_time(report.evaluated_at),
            origin: origin_of(report),
            policy: policy(report),
            evidence_files: evidence_files(report, Quote::Public),
            not_evaluated: match &report.not_evaluated {
                Some(_) => vec![words::NOT_EVALUATED.to_owned(), words::what_of_it(report)],
                None => Vec::new(),
            },
            change: Section::of(report, Quote::Public).map(|section| RedactedChange::of(&section)),
            open: open
                .into_iter()
                .map(|(account, outcome)| {
                    let label = labels.get(&account.id).cloned().unwrap_or_default();
                    OpenOutcome::of(report, label, outcome)
                })
                .collect(),
            notices: report.notices.iter().map(|notice| (notice.code.id(), notice.line)).collect(),
        }
    }
}

impl RedactedChange {
    fn of(section: &Section<'_>) -> Self {
        let mut lists = Vec::new();
        for (kind, _) in KINDS {
            let keys = keys(section, kind);
            if !keys.is_empty() {
                lists.push((kind.id(), keys));
            }
        }
        let problems = section.problems();
        if !problems.is_empty() {
            lists.push(("problems", lines(problems.iter().map(|problem| problem.line))));
        }
        Self {
            heading: section.heading(),
            sentences: section.sentences(),
            lists,
            after: section.after(),
        }
    }
}

/// `gate.fail-on, windows (2)`: each key once. There are few: what the policy names is left out.
fn keys(section: &Section<'_>, kind: ChangeKind) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for change in of_kind(section.change.copy.changes(), kind) {
        let key = change.key.public().to_string();
        match counted.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += 1,
            None => counted.push((key, 1)),
        }
    }
    let shown = counted.into_iter().map(|(key, count)| match count {
        1 => key,
        count => format!("{key} ({count})"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// `line 4, line 9, and 3 more`
fn lines(lines: impl ExactSizeIterator<Item = Option<usize>>) -> String {
    let more = lines.len().saturating_sub(MOST);
    let shown = lines.take(MOST).map(|line| match line {
        Some(line) => format!("line {line}"),
        None => "the file as a whole".to_owned(),
    });
    let more = (more > 0).then(|| format!("and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

impl OpenOutcome {
    fn of(report: &Report, account: String, outcome: &RuleOutcome) -> Self {
        let grant = |gap: &Gap| match &gap.grant {
            Some(ToDo::Grant(action)) => Some(action.to_string()),
            Some(ToDo::Do(_)) | None => None,
        };
        let mut grants: Vec<_> = outcome.gaps.iter().filter_map(grant).collect();
        grants.sort();
        grants.dedup();
        Self {
            account,
            rule: outcome.rule,
            outcome: outcome.outcome,
            severity: outcome.severity,
            blocks: outcome.blocks,
            findings: words::unwaived(outcome).len(),
            grants,
            line: words::policy_line(report, outcome),
        }
    }

    /// `2 findings`, `grant iam:GetAccountSummary`.
    pub(in crate::report) fn what(&self) -> String {
        match self.outcome {
            Outcome::Undetermined if self.grants.is_empty() => "evidence is lacking".to_owned(),
            Outcome::Undetermined => format!("grant {}", self.grants.join(", ")),
            _ => words::counted(self.findings, "finding"),
        }
    }
}

/// The policy's name of the account; `account 1` where it has none, or one that holds an id.
fn account_label(index: usize, account: &AccountReport) -> String {
    let holds_id = |name: &str| {
        let mut digits = name.split(|letter: char| !letter.is_ascii_digit());
        digits.any(|run| run.len() >= 12)
    };
    match &account.name {
        Some(name) if !holds_id(name) => shortened(name, words::MAX_NAME),
        _ => format!("account {}", index + 1),
    }
}

/// The policy is readable by whoever reads the repository; one from elsewhere may not be.
fn policy(report: &Report) -> Vec<(&'static str, String)> {
    let policy = &report.policy;
    if policy.repository_path.is_none() {
        return vec![];
    }
    let parts = [
        ("path", &policy.repository_path),
        ("ref", &policy.git_ref),
        ("commit", &policy.commit),
        ("SHA-256", &policy.sha256),
    ];
    parts.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
}

fn origin_of(report: &Report) -> String {
    let policy = &report.policy;
    match &policy.path {
        None => origin::built_in(policy),
        Some(_) => {
            origin::judge(policy, Quote::Public).unwrap_or_else(|| "the file on disk".to_owned())
        }
    }
}
