//! The report: what judging gives, and what every renderer reads.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    AccountId, Outcome, Partition, PolicyChange, PolicyOrigin, RuleInfo, RuleOutcome, Severity,
    Source, UseKind,
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

/// A source that decided an outcome, and when its fact was true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis {
    /// The source.
    pub source: Source,
    /// When its fact was true.
    pub observed_at: DateTime<Utc>,
}

/// Something a reader should know that is no finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What kind of notice.
    pub code: NoticeCode,
    /// One sentence or two. May hold text of the policy: escape it where it leaves.
    pub message: String,
    /// 1-based line of the policy that it is about.
    pub line: Option<usize>,
}

/// The kinds of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// No policy file was found: the strict built-in defaults judged.
    BuiltInPolicy,
    /// Under GitHub Actions the checkout's copy of the policy judged: whoever can change the branch
    /// can change it.
    CheckoutPolicy,
    /// The checkout's copy of the policy judged, accepted by whoever may deploy to an environment.
    PolicyChangeAccepted,
    /// Whoever asks for a change of the policy may accept it as well.
    SelfReview,
    /// Another repository's policy judged.
    RemotePolicy,
    /// Whether the run would weaken the policy was not looked at: there is no checkout.
    NoCheckout,
    /// GitHub does not show the run's own commit, so only the working tree was compared.
    CommitUnread,
    /// The pull request is not for the default branch.
    OtherBase,
    /// The policy names no account: what the credentials or the evidence hold was judged.
    ScopeNotNamed,
    /// Until the day of `enforce-from`, what was found does not block.
    NotEnforcedYet,
    /// Every rule is off, or none of those that are on applies: the verdict says nothing about root.
    NothingJudged,
    /// The policy switches a rule off.
    RuleOff,
    /// The policy lowers a rule's severity below its default.
    RuleLowered,
    /// `on-undetermined: warn` let something undetermined through.
    UndeterminedTolerated,
    /// A waiver's first day is still to come.
    WaiverNotYetValid,
    /// A waiver ends within 14 days.
    WaiverExpiresSoon,
    /// A waiver has ended.
    WaiverExpired,
    /// A waiver covered nothing in this run.
    WaiverUnused,
    /// A waiver names a key by a day on which two were made, so it covers neither.
    WaiverAmbiguous,
    /// A window that never opens again.
    WindowPast,
    /// A window or waiver names an account outside the scope.
    OutsideScope,
    /// Rules that only CloudTrail events can judge.
    EventsOff,
    /// The run ended before everything was collected.
    Incomplete,
}

impl NoticeCode {
    /// The word in files: `waiver-expired`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::BuiltInPolicy => "built-in-policy",
            Self::CheckoutPolicy => "checkout-policy",
            Self::PolicyChangeAccepted => "policy-change-accepted",
            Self::SelfReview => "self-review",
            Self::RemotePolicy => "remote-policy",
            Self::NoCheckout => "no-checkout",
            Self::CommitUnread => "commit-unread",
            Self::OtherBase => "other-base",
            Self::ScopeNotNamed => "scope-not-named",
            Self::NotEnforcedYet => "not-enforced-yet",
            Self::NothingJudged => "nothing-judged",
            Self::RuleOff => "rule-off",
            Self::RuleLowered => "rule-lowered",
            Self::UndeterminedTolerated => "undetermined-tolerated",
            Self::WaiverNotYetValid => "waiver-not-yet-valid",
            Self::WaiverExpiresSoon => "waiver-expires-soon",
            Self::WaiverExpired => "waiver-expired",
            Self::WaiverUnused => "waiver-unused",
            Self::WaiverAmbiguous => "waiver-ambiguous",
            Self::WindowPast => "window-past",
            Self::OutsideScope => "outside-scope",
            Self::EventsOff => "events-off",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A file that evidence was read from: whoever can write to it can change what was judged.
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
    /// What was done, in words; `None`: only the credential report knows of it. May hold outside
    /// text.
    pub story: Option<String>,
}

/// Calls of a central root session that are no use of root, for the timeline: an audit, or a
/// removal of root's credentials.
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
    /// Whether not one fact could be read.
    pub nothing_read: bool,
    /// One outcome per rule that is on, in the order of the catalogue.
    pub outcomes: Vec<RuleOutcome>,
    /// When root was used, and when it might have been.
    pub timeline: Timeline,
    /// When each root access key was made, active or not, oldest first; those of unknown age are
    /// left out.
    pub keys_made: Vec<DateTime<Utc>>,
}

/// How a rule stood in this run.
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
    /// Counts the outcomes of all accounts.
    #[must_use]
    pub fn of(accounts: &[AccountReport]) -> Self {
        let mut counts = Self::default();
        for outcome in accounts.iter().flat_map(|account| &account.outcomes) {
            *match outcome.outcome {
                Outcome::Fail => &mut counts.failed,
                Outcome::Undetermined => &mut counts.undetermined,
                Outcome::Waived => &mut counts.waived,
                Outcome::Pass => &mut counts.passed,
                Outcome::NotApplicable => &mut counts.not_applicable,
            } += 1;
        }
        let (mut rules, mut failed_accounts) = (BTreeSet::new(), BTreeSet::new());
        for account in accounts {
            for outcome in account.outcomes.iter().filter(|it| it.outcome == Outcome::Fail) {
                rules.insert(outcome.rule.0);
                failed_accounts.insert(&account.id);
                let open = outcome.findings.iter().filter(|finding| finding.waiver.is_none());
                counts.findings += open.count();
            }
        }
        (counts.failed_rules, counts.failed_accounts) = (rules.len(), failed_accounts.len());
        counts
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
    /// Whether that instant was given by hand (`--at`), so that the verdict is "as of" it.
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
    /// Why the run is incomplete, where it is: interrupted, or out of time.
    pub incomplete: Option<String>,
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
