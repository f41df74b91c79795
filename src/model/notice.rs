//! Notices: what a reader should know about a run besides its findings.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{AccountId, Gap, Judge, RuleId, Severity, ToDo, format_time};

/// Something a reader should know that is not a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// 1-based line of the policy that it is about.
    pub line: Option<usize>,
}

/// The content of a notice, in parts. Some parts contain outside text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// No policy file was found: the strict built-in defaults judged.
    BuiltInPolicy(Judge),
    /// Under GitHub Actions the checkout's copy of the policy judged.
    CheckoutPolicy,
    /// The checkout's copy of the policy judged, accepted for an environment.
    PolicyChangeAccepted {
        /// The environment.
        environment: String,
    },
    /// The author of a policy change may accept it too.
    SelfReview {
        /// The environment whose settings allow it.
        environment: String,
    },
    /// Another repository's policy judged.
    RemotePolicy {
        /// `OWNER/REPO`.
        repository: String,
        /// Whether the ref is a full commit id, which cannot be moved.
        pinned: bool,
    },
    /// There is no checkout, so rootgate could not compare its policy.
    NoCheckout {
        /// Whether the run's own commit at GitHub was compared instead.
        commit: bool,
    },
    /// Only the working tree was compared.
    CommitUnread {
        /// Why GitHub does not show the run's own commit.
        why: String,
    },
    /// The pull request is not for the default branch.
    OtherBase {
        /// The branch that it is for.
        base: String,
        /// The default branch.
        default: String,
    },
    /// The policy names no account.
    ScopeNotNamed,
    /// Violations do not block yet.
    NotEnforcedYet {
        /// The day of `enforce-from`.
        from: NaiveDate,
        /// What would happen today.
        today: Today,
    },
    /// The policy switches a rule off.
    RuleOff(RuleId),
    /// The policy lowers a rule's severity.
    RuleLowered {
        /// The rule.
        rule: RuleId,
        /// Its default severity.
        from: Severity,
        /// The policy's.
        to: Severity,
    },
    /// `on-undetermined: warn` tolerated something undetermined.
    UndeterminedTolerated,
    /// About a waiver.
    Waiver {
        /// Its rule.
        rule: RuleId,
        /// Its ticket.
        ticket: String,
        /// Its state.
        state: WaiverState,
    },
    /// A window that never opens again.
    WindowPast {
        /// Its id.
        id: String,
        /// When it closed, if it opened only once.
        closed: Option<DateTime<Utc>>,
    },
    /// A window names an account outside the scope.
    WindowOutsideScope {
        /// The window's id.
        id: String,
        /// The account.
        account: AccountId,
    },
    /// About an account that `scope.organization` excludes.
    Exclude {
        /// The account.
        account: AccountId,
        /// The state of the exclusion.
        state: ExcludeState,
    },
    /// No rule judged anything.
    NothingJudged {
        /// Whether the policy turns all rules off. If not, none of the enabled rules applies.
        every_rule_off: bool,
    },
    /// CloudTrail events are off, so the rules that need them judge nothing.
    EventsOff,
    /// The run ended before everything was collected.
    Incomplete {
        /// Why.
        why: String,
    },
    /// An organization's accounts may not all be known.
    InventoryIncomplete {
        /// Why not.
        gap: Gap,
    },
}

/// What would happen without `enforce-from`, before its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Today {
    /// A weaker or broken copy of the policy blocks already.
    CopyBlocks,
    /// Nothing was evaluated, and the pipeline would go on.
    GoesOn,
    /// It would pass.
    Passes,
    /// It would block.
    Blocks,
}

/// The state of a waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaiverState {
    /// Its first day is still to come.
    NotYetValid {
        /// That day.
        from: NaiveDate,
    },
    /// It ends within 14 days.
    ExpiresSoon {
        /// Its last day.
        expires: NaiveDate,
        /// Days until then.
        days: i64,
    },
    /// It has ended.
    Expired {
        /// Its last day.
        expires: NaiveDate,
    },
    /// It covered nothing in this run.
    Unused(Unused),
    /// It names a key by a day on which several were made, so it covers none of them.
    Ambiguous {
        /// The account.
        account: AccountId,
        /// When each of the keys was made; at least two.
        made: Vec<DateTime<Utc>>,
    },
    /// It names an account outside the scope.
    OutsideScope {
        /// The account.
        account: AccountId,
    },
}

/// The state of an exclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExcludeState {
    /// It ends within 14 days.
    ExpiresSoon {
        /// Its last day.
        expires: NaiveDate,
        /// Days until then.
        days: i64,
    },
    /// It has ended, and the account is judged again.
    Expired {
        /// Its last day.
        expires: NaiveDate,
    },
}

/// Why a valid waiver covered no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unused {
    /// The rule did not run for its accounts.
    NotRun,
    /// The rule finds nothing any more.
    NothingFound,
    /// Its subject was not found.
    SubjectNotFound,
    /// The rule is undetermined.
    Undetermined,
}

impl Notice {
    /// A notice of the run as a whole.
    #[must_use]
    pub const fn for_run(kind: NoticeKind) -> Self {
        Self { kind, line: None }
    }

    /// The code of its kind.
    #[must_use]
    pub const fn code(&self) -> NoticeCode {
        match &self.kind {
            NoticeKind::BuiltInPolicy(_) => NoticeCode::BuiltInPolicy,
            NoticeKind::CheckoutPolicy => NoticeCode::CheckoutPolicy,
            NoticeKind::PolicyChangeAccepted { .. } => NoticeCode::PolicyChangeAccepted,
            NoticeKind::SelfReview { .. } => NoticeCode::SelfReview,
            NoticeKind::RemotePolicy { .. } => NoticeCode::RemotePolicy,
            NoticeKind::NoCheckout { .. } => NoticeCode::NoCheckout,
            NoticeKind::CommitUnread { .. } => NoticeCode::CommitUnread,
            NoticeKind::OtherBase { .. } => NoticeCode::OtherBase,
            NoticeKind::ScopeNotNamed => NoticeCode::ScopeNotNamed,
            NoticeKind::NotEnforcedYet { .. } => NoticeCode::NotEnforcedYet,
            NoticeKind::RuleOff(_) => NoticeCode::RuleOff,
            NoticeKind::RuleLowered { .. } => NoticeCode::RuleLowered,
            NoticeKind::UndeterminedTolerated => NoticeCode::UndeterminedTolerated,
            NoticeKind::Waiver { state, .. } => match state {
                WaiverState::NotYetValid { .. } => NoticeCode::WaiverNotYetValid,
                WaiverState::ExpiresSoon { .. } => NoticeCode::WaiverExpiresSoon,
                WaiverState::Expired { .. } => NoticeCode::WaiverExpired,
                WaiverState::Unused(_) => NoticeCode::WaiverUnused,
                WaiverState::Ambiguous { .. } => NoticeCode::WaiverAmbiguous,
                WaiverState::OutsideScope { .. } => NoticeCode::OutsideScope,
            },
            NoticeKind::WindowPast { .. } => NoticeCode::WindowPast,
            NoticeKind::WindowOutsideScope { .. } => NoticeCode::OutsideScope,
            NoticeKind::Exclude { state, .. } => match state {
                ExcludeState::ExpiresSoon { .. } => NoticeCode::ExcludeExpiresSoon,
                ExcludeState::Expired { .. } => NoticeCode::ExcludeExpired,
            },
            NoticeKind::NothingJudged { .. } => NoticeCode::NothingJudged,
            NoticeKind::EventsOff => NoticeCode::EventsOff,
            NoticeKind::Incomplete { .. } => NoticeCode::Incomplete,
            NoticeKind::InventoryIncomplete { .. } => NoticeCode::OrganizationIncomplete,
        }
    }

    /// One or two sentences. They may contain outside text, so escape them for each output.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.kind {
            NoticeKind::BuiltInPolicy(judge) => {
                format!("{}: the strict built-in defaults judge", no_file(judge))
            }
            NoticeKind::CheckoutPolicy => {
                "the checkout's copy of the policy judged because of --policy-from checkout: anybody who can change \
                 the branch can change it"
                    .to_owned()
            }
            NoticeKind::PolicyChangeAccepted { environment } => format!(
                "the checkout's copy of the policy judged: it was accepted for the environment `{environment}`"
            ),
            NoticeKind::SelfReview { environment } => format!(
                "the person who starts this run may also accept the change: in the settings of the environment \
                 `{environment}`, turn on \"Prevent self-review\""
            ),
            NoticeKind::RemotePolicy { repository, pinned } => {
                let moves = if *pinned { "" } else { "; its ref is not a commit id, so it can be moved" };
                format!("a policy of another repository judged: {repository}{moves}")
            }
            NoticeKind::NoCheckout { commit: true } => {
                "there is no checkout, so rootgate compared only the run's own commit at GitHub".to_owned()
            }
            NoticeKind::NoCheckout { commit: false } => {
                "there is no checkout, so rootgate did not check whether this ref weakens the policy"
                    .to_owned()
            }
            NoticeKind::CommitUnread { why } => format!(
                "only the checkout was compared: GitHub does not show the run's own commit, {why}"
            ),
            NoticeKind::OtherBase { base, default } => format!(
                "this pull request is for `{base}`, not for the default branch `{default}`: if that is changed, let \
                 the gate run again"
            ),
            NoticeKind::ScopeNotNamed => {
                "the policy names no account in `scope.accounts`: what the credentials or the evidence belong to \
                 was judged, and an account that is missing cannot be noticed"
                    .to_owned()
            }
            NoticeKind::NotEnforcedYet { from, today } => {
                format!("the gate blocks from {from} on (`enforce-from`); {}", today.words())
            }
            NoticeKind::RuleOff(rule) => format!("the policy turns {rule} off"),
            NoticeKind::RuleLowered { rule, from, to } => {
                format!("the policy lowers {rule} from {from} to {to}")
            }
            NoticeKind::UndeterminedTolerated => {
                "`on-undetermined: warn` tolerates undetermined outcomes".to_owned()
            }
            NoticeKind::Waiver { rule, ticket, state } => {
                format!("the waiver of {rule} ({ticket}) {}", state.words())
            }
            NoticeKind::WindowPast { id, closed } => {
                let closed = closed.map(|at| format!("closed at {} and ", format_time(at)));
                let closed = closed.unwrap_or_default();
                format!("window `{id}` {closed}never opens again; it still covers uses from its time")
            }
            NoticeKind::WindowOutsideScope { id, account } => {
                format!("window `{id}` names {account}, which is outside the scope")
            }
            NoticeKind::Exclude { account, state } => {
                format!("the exclusion of account {account} {}", state.words())
            }
            NoticeKind::NothingJudged { every_rule_off } => {
                let why = if *every_rule_off {
                    "the policy turns every rule off"
                } else {
                    "none of the enabled rules applies"
                };
                format!("no rule judged anything, because {why}; the verdict says nothing about root")
            }
            NoticeKind::EventsOff => {
                "CloudTrail events are not read: sign-ins without MFA, failed sign-ins and changes of root \
                 credentials are not judged, and of each credential only the newest use is known"
                    .to_owned()
            }
            NoticeKind::Incomplete { why } => {
                format!("the run is incomplete: {why}; rootgate judged what it had collected by then")
            }
            NoticeKind::InventoryIncomplete { gap } => format!(
                "an account of the organization may be missing, so the run is undetermined: {}{}",
                gap.detail,
                match &gap.grant {
                    Some(ToDo::Grant(action)) => format!("; grant {action}"),
                    Some(ToDo::Do(what)) => format!("; {what}"),
                    None => String::new(),
                }
            ),
        }
    }
}

/// Why there is no policy file.
const fn no_file(judge: &Judge) -> &'static str {
    match judge {
        Judge::DefaultBranch => "the default branch has no policy file",
        Judge::Checkout | Judge::Accepted { .. } => "the checkout has no policy file",
        Judge::File | Judge::Remote { .. } => {
            "no policy file was found (rootgate.yaml or rootgate.yml, also in .github)"
        }
    }
}

impl Today {
    const fn words(self) -> &'static str {
        match self {
            Self::CopyBlocks => "a weaker or broken copy of the policy blocks already",
            Self::GoesOn => "today the pipeline would continue",
            Self::Passes => "today it would pass",
            Self::Blocks => "today it would block",
        }
    }
}

impl WaiverState {
    fn words(&self) -> String {
        match self {
            Self::NotYetValid { from } => format!("begins on {from}"),
            Self::ExpiresSoon { expires, days: 0 } => format!("ends today, on {expires}"),
            Self::ExpiresSoon { expires, days } => format!("ends in {days} days, on {expires}"),
            Self::Expired { expires } => {
                format!("ended on {expires} and covers nothing now; remove it")
            }
            Self::Unused(why) => format!("covers nothing: {}", why.words()),
            Self::Ambiguous { account, made } => ambiguous(account, made),
            Self::OutsideScope { account } => {
                format!("names {account}, which is outside the scope")
            }
        }
    }
}

impl ExcludeState {
    fn words(self) -> String {
        match self {
            Self::ExpiresSoon { expires, days: 0 } => {
                format!("ends today, on {expires}; from tomorrow on it is judged")
            }
            Self::ExpiresSoon { expires, days } => {
                let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
                format!("ends in {days}, on {expires}; then it is judged again")
            }
            Self::Expired { expires } => {
                format!(
                    "ended on {expires}: it is judged again; remove the exclusion, or agree a new date"
                )
            }
        }
    }
}

/// What to write instead of a day on which several keys were made.
fn ambiguous(account: &AccountId, made: &[DateTime<Utc>]) -> String {
    let times: Vec<String> = made.iter().map(|made| format_time(*made)).collect();
    let day = made.first().map(|first| first.date_naive().to_string()).unwrap_or_default();
    format!(
        "covers no key of account {account}: {} were made on {day} ({}), active or not; write the time of the one \
         that is meant, such as `access-key-created: {}`",
        made.len(),
        times.join(", "),
        times.first().map(String::as_str).unwrap_or_default(),
    )
}

impl Unused {
    const fn words(self) -> &'static str {
        match self {
            Self::NotRun => "its rule did not run for its accounts",
            Self::Undetermined => "its rule is undetermined, which a waiver never covers",
            Self::NothingFound => "its rule no longer finds anything; remove the waiver",
            Self::SubjectNotFound => "its subject was not found; if it is gone, remove the waiver",
        }
    }
}

/// The codes of notices in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// No policy file was found: the strict built-in defaults judged.
    BuiltInPolicy,
    /// Under GitHub Actions the checkout's copy of the policy was used: anybody who can change the
    /// branch can change it.
    CheckoutPolicy,
    /// The checkout's copy of the policy was used, accepted by the reviewers of an environment.
    PolicyChangeAccepted,
    /// The author of a policy change may accept it too.
    SelfReview,
    /// Another repository's policy judged.
    RemotePolicy,
    /// There is no checkout, so rootgate could not compare its policy.
    NoCheckout,
    /// GitHub does not show the run's own commit, so only the working tree was compared.
    CommitUnread,
    /// The pull request is not for the default branch.
    OtherBase,
    /// The policy names no account, so the accounts of the credentials or the evidence were judged.
    ScopeNotNamed,
    /// Violations do not block before the day of `enforce-from`.
    NotEnforcedYet,
    /// Every rule is off, or no enabled rule applies. The verdict says nothing about root.
    NothingJudged,
    /// The policy switches a rule off.
    RuleOff,
    /// The policy lowers a rule's severity below its default.
    RuleLowered,
    /// `on-undetermined: warn` tolerated something undetermined.
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
    /// An exclusion of `scope.organization` ends within 14 days.
    ExcludeExpiresSoon,
    /// An exclusion of `scope.organization` has ended: the account is judged again.
    ExcludeExpired,
    /// CloudTrail events are off, so the rules that need them judge nothing.
    EventsOff,
    /// The run ended before everything was collected.
    Incomplete,
    /// An organization's accounts may not all be known.
    OrganizationIncomplete,
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
            Self::ExcludeExpiresSoon => "exclude-expires-soon",
            Self::ExcludeExpired => "exclude-expired",
            Self::EventsOff => "events-off",
            Self::Incomplete => "incomplete",
            Self::OrganizationIncomplete => "organization-incomplete",
        }
    }
}
