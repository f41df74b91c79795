//! The report: what judging gives, and what every renderer reads.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    AccountId, Inventory, Notice, Outcome, Partition, PolicyChange, PolicyOrigin, RuleId, RuleInfo,
    RuleOutcome, Severity, Source, UseKind,
};

/// What the run found. The exit code follows from it and from the policy's `gate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The policy holds.
    Pass,
    /// The policy is violated.
    Fail,
    /// Nothing that blocks was found, but something that could block was not determined.
    Undetermined,
    /// Nothing was collected and nothing judged, because that cannot be done here: a pull request
    /// from a fork may not sign in.
    NotEvaluated,
}

impl Verdict {
    /// The word in files.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undetermined => "undetermined",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

/// A source that an outcome is based on, and the time of its fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis {
    /// The source.
    pub source: Source,
    /// When its fact was true.
    pub observed_at: DateTime<Utc>,
}

/// A file that evidence was read from. Anyone who can write to it can change what is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The path as it was given; `-` is standard input. Outside text.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
}

/// A use of a root credential, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseMark {
    /// When.
    pub at: DateTime<Utc>,
    /// Of which kind.
    pub kind: UseKind,
    /// The id of the window that covers it, if one does.
    pub window: Option<String>,
    /// What was done, in words; `None` if only the credential report shows it. May contain text from
    /// outside.
    pub story: Option<String>,
}

/// Calls of a central root session that do not count as root use, for the timeline: an audit, or
/// a removal of root's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMark {
    /// When it began.
    pub at: DateTime<Utc>,
    /// What was done, in words. May hold outside text.
    pub what: String,
}

/// A window that was or will be open for an account, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowMark {
    /// The window's id.
    pub id: String,
    /// It opens at this instant.
    pub from: DateTime<Utc>,
    /// It closes at this instant.
    pub to: DateTime<Utc>,
}

/// When root was used in the look-back, against the windows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// Every known use of root, oldest first.
    pub uses: Vec<UseMark>,
    /// What is listed beside them, oldest first.
    pub listed: Vec<ListedMark>,
    /// Windows near them, in the order of the policy.
    pub windows: Vec<WindowMark>,
}

impl Timeline {
    /// Whether there is nothing to show.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.uses.is_empty() && self.listed.is_empty() && self.windows.is_empty()
    }
}

/// Everything judged of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReport {
    /// The account.
    pub id: AccountId,
    /// The policy's name for it.
    pub name: Option<String>,
    /// Its partition, where it is known.
    pub partition: Option<Partition>,
    /// Whether no fact could be read at all.
    pub nothing_read: bool,
    /// One outcome per rule that is on, in the order of the catalogue.
    pub outcomes: Vec<RuleOutcome>,
    /// When root was used, and when it might have been.
    pub timeline: Timeline,
    /// When each root access key was made, active or not, oldest first; those of unknown age are
    /// left out.
    pub keys_made: Vec<DateTime<Utc>>,
}

/// The settings of a rule in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSetting {
    /// The rule.
    pub info: &'static RuleInfo,
    /// The severity that the policy gives it.
    pub severity: Severity,
    /// Whether it ran.
    pub on: bool,
    /// 1-based line of the policy that names it.
    pub line: Option<usize>,
}

/// Numbers of outcomes, one per rule and account, and of what is in the failed ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Outcomes `fail`.
    pub failed: usize,
    /// Outcomes `undetermined`.
    pub undetermined: usize,
    /// Outcomes `waived`.
    pub waived: usize,
    /// Outcomes `pass`.
    pub passed: usize,
    /// Outcomes `not-applicable`.
    pub not_applicable: usize,
    /// Findings of failed outcomes that no waiver covers.
    pub findings: usize,
    /// Rules that failed, each counted once.
    #[serde(skip)]
    pub failed_rules: usize,
    /// Accounts in which a rule failed.
    #[serde(skip)]
    pub failed_accounts: usize,
}

impl Counts {
    /// Adds one more account. `failed_rules` holds the rules that failed in those before it.
    pub fn add(&mut self, account: &AccountReport, failed_rules: &mut BTreeSet<RuleId>) {
        for outcome in &account.outcomes {
            *match outcome.outcome {
                Outcome::Fail => &mut self.failed,
                Outcome::Undetermined => &mut self.undetermined,
                Outcome::Waived => &mut self.waived,
                Outcome::Pass => &mut self.passed,
                Outcome::NotApplicable => &mut self.not_applicable,
            } += 1;
        }
        let failed = || account.outcomes.iter().filter(|it| it.outcome == Outcome::Fail);
        let open = failed().flat_map(|it| &it.findings).filter(|finding| finding.waiver.is_none());
        self.findings += open.count();
        failed_rules.extend(failed().map(|it| it.rule));
        self.failed_rules = failed_rules.len();
        self.failed_accounts += usize::from(failed().next().is_some());
    }
}

/// The whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was found.
    pub verdict: Verdict,
    /// What follows: 0, 1 or 3.
    pub exit_code: u8,
    /// The instant that was judged.
    pub evaluated_at: DateTime<Utc>,
    /// Whether that instant was set explicitly (`--at`), so that the verdict is "as of" it.
    pub as_of: bool,
    /// Until when a deployment may rely on it.
    pub valid_until: DateTime<Utc>,
    /// Which policy judged.
    pub policy: PolicyOrigin,
    /// What the checkout's copy of the policy says differently, where it does.
    pub policy_change: Option<PolicyChange>,
    /// The lowest severity that blocks.
    pub fail_on: Severity,
    /// The day from which the gate blocks, while that day is still to come.
    pub enforce_from: Option<NaiveDate>,
    /// The files that evidence came from, by path; empty where all was collected live.
    pub evidence_files: Vec<EvidenceFile>,
    /// The accounts of the organization, if the policy judges one.
    pub inventory: Option<Inventory>,
    /// Why the run is incomplete, where it is: interrupted, or out of time.
    pub incomplete: Option<&'static str>,
    /// Why nothing was evaluated, where nothing was.
    pub not_evaluated: Option<String>,
    /// Every rule of the catalogue, in its order.
    pub rules: Vec<RuleSetting>,
    /// Every judged account, in the order of the scope.
    pub accounts: Vec<AccountReport>,
    /// What else a reader should know.
    pub notices: Vec<Notice>,
    /// Numbers of outcomes.
    pub counts: Counts,
}

impl Report {
    /// How the policy set a rule.
    #[must_use]
    pub fn rule(&self, id: super::RuleId) -> Option<&RuleSetting> {
        self.rules.iter().find(|setting| setting.info.id == id)
    }
}
