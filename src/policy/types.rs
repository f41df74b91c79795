//! The validated policy. A value of these types holds nothing that the contract forbids.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::fields;
use super::organization::OrganizationScope;
use super::schedule::{Opening, Schedule};
use crate::model::{AccountId, Amount, Duration, RuleId, RuleInfo, Severity, UseKind, format_time};

/// The policy, as it judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `scope.accounts`, in the order of the file; empty: none was named.
    pub scope: Vec<ScopeAccount>,
    /// `scope.organization`: every account of the organization is judged as well.
    pub organization: Option<OrganizationScope>,
    /// `gate`.
    pub gate: Gate,
    /// `evidence.max-age`: older facts decide nothing. 4h to 24h.
    pub max_age: Duration,
    /// `evidence.root-events`; `None`: off.
    pub root_events: Option<EventsPolicy>,
    /// Every rule of the catalogue, in its order, with what the policy says of it.
    pub rules: Vec<RulePolicy>,
    /// `windows`, in the order of the file.
    pub windows: Vec<Window>,
    /// `waivers`, in the order of the file.
    pub waivers: Vec<Waiver>,
    /// `limits`.
    pub limits: Limits,
    /// 1-based lines of the keys that are written, by their dotted names: `gate.fail-on`,
    /// `rules.root-mfa-missing.severity`. In them windows and accounts are named by their ids,
    /// waivers by their place from 0: `windows.q4-tax.to`, `waivers.0.expires`.
    pub lines: BTreeMap<String, usize>,
}

/// An account that the policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeAccount {
    /// Its id.
    pub id: AccountId,
    /// What the team calls it.
    pub name: Option<String>,
    /// The role to sign in with; its account is `id`.
    pub role_arn: Option<String>,
    /// 1-based line.
    pub line: usize,
}

/// Which events of CloudTrail are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPolicy {
    /// How far back; at least as far as every `within`, at most 400 days.
    pub lookback: Duration,
    /// In which Regions.
    pub regions: Regions,
    /// Whether those of an organization's member accounts are read, too; only with an organization.
    pub members: bool,
}

/// The Regions whose events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// Those in which sign-ins are recorded; all enabled ones as soon as there is a root key.
    Default,
    /// All that are enabled in the account.
    All,
    /// These.
    Named(Vec<String>),
}

/// What blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The lowest severity that blocks.
    pub fail_on: Severity,
    /// What undetermined outcomes do.
    pub on_undetermined: OnUndetermined,
    /// What a pull request that weakens the policy does.
    pub on_weaker: OnWeaker,
    /// The first day (UTC) on which the gate blocks; until then it reports. At most 90 days ahead
    /// when the policy is read.
    pub enforce_from: Option<NaiveDate>,
}

/// What an undetermined outcome at or above `fail-on` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUndetermined {
    /// It blocks.
    Fail,
    /// It is shown; critical rules, and accounts where nothing could be read, still block.
    Warn,
}

/// What a copy of the policy by which more can pass does, before it is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnWeaker {
    /// It blocks.
    Fail,
    /// It is shown.
    Warn,
}

/// What the policy says of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RulePolicy {
    /// The rule.
    pub info: &'static RuleInfo,
    /// `false` where the policy says `off`.
    pub on: bool,
    /// The severity of its findings.
    pub severity: Severity,
    /// Its threshold (`within`, `max-age`, `threshold`), for rules that have one.
    pub threshold: Option<Amount>,
    /// 1-based line of the rule's key; `None` where the policy does not name it.
    pub line: Option<usize>,
}

/// A span of time in which root may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Unique in the policy.
    pub id: String,
    /// Why root is needed.
    pub reason: String,
    /// The agreed change; every one-off window has one.
    pub ticket: Option<String>,
    /// The accounts it is for; `None`: all.
    pub accounts: Option<Vec<AccountId>>,
    /// When it is open.
    pub when: When,
    /// What it allows.
    pub allow: Allow,
    /// Whether a sign-in in it needs MFA.
    pub require_mfa: bool,
    /// 1-based line of the window's first key.
    pub line: usize,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once, from an instant to a later one: half-open.
    Once {
        /// It opens at this instant.
        from: DateTime<Utc>,
        /// It is closed at this instant.
        to: DateTime<Utc>,
    },
    /// Again and again.
    Recurring(Schedule),
}

/// What a window allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Signing in: to the console, a command-line tool or an agent.
    pub sign_in: bool,
    /// Using a long-lived access key.
    pub access_key: bool,
    /// The calls that may change something, as `service:Action` or `service:*`; `None`: any,
    /// except changes of root's credentials, which must be named one by one.
    pub actions: Option<Vec<String>>,
}

/// Leave for one rule to be violated for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule.
    pub rule: RuleId,
    /// The accounts; at least one.
    pub accounts: Vec<AccountId>,
    /// What exactly may be found; every key and use rule needs one.
    pub subject: Option<WaiverSubject>,
    /// Why.
    pub reason: String,
    /// The agreed exception.
    pub ticket: String,
    /// First day, UTC.
    pub from: NaiveDate,
    /// Last day, inclusive, UTC.
    pub expires: NaiveDate,
    /// 1-based line of the waiver's first key.
    pub line: usize,
}

/// What a waiver covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaiverSubject {
    /// The access key made on that UTC day or at that instant.
    AccessKeyCreated(KeyCreated),
    /// The signing certificate uploaded on that UTC day.
    CertificateUploaded(NaiveDate),
    /// Uses of that kind.
    Use(UseKind),
}

/// When the access key that a waiver names was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCreated {
    /// On that UTC day: the only key of that day, active or not.
    On(NaiveDate),
    /// At that instant, to the second.
    At(DateTime<Utc>),
}

impl KeyCreated {
    /// The UTC day.
    #[must_use]
    pub fn day(self) -> NaiveDate {
        match self {
            Self::On(day) => day,
            Self::At(time) => time.date_naive(),
        }
    }
}

impl fmt::Display for KeyCreated {
    /// As policies write it: `2019-05-02` or `2019-05-02T10:00:00Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(day) => day.fmt(formatter),
            Self::At(time) => formatter.write_str(&format_time(*time)),
        }
    }
}

/// Ceilings that the policy sets itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest that windows of one account that touch or overlap may be open together; at most 72h.
    pub window: Duration,
    /// Longest sum of all windows of one account in any 30 days; at most 72h.
    pub window_total: Duration,
    /// Longest `expires - from` of a waiver; at most 365d.
    pub waiver: Duration,
}

impl Limits {
    /// The highest that `window` and `window-total` may be.
    pub const MAX_WINDOW: Duration = fields::MAX_WINDOW;
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            fail_on: Severity::Medium,
            on_undetermined: OnUndetermined::Fail,
            on_weaker: OnWeaker::Fail,
            enforce_from: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: Duration::hours(12),
            window_total: Duration::hours(24),
            waiver: Duration::days(90),
        }
    }
}

impl Policy {
    /// The default of `evidence.max-age`: AWS makes one credential report per 4 hours.
    pub const DEFAULT_MAX_AGE: Duration = Duration::seconds(4 * 3_600 + 15 * 60);

    /// What `evidence.root-events.lookback` is at least by default.
    pub const MIN_LOOKBACK: Duration = Duration::days(7);

    /// The strict defaults that judge where there is no policy file.
    #[must_use]
    pub fn built_in(rules: &[&'static RuleInfo]) -> Self {
        let rules: Vec<RulePolicy> =
            rules.iter().map(|info| RulePolicy::default_of(info)).collect();
        Self {
            scope: Vec::new(),
            organization: None,
            gate: Gate::default(),
            max_age: Self::DEFAULT_MAX_AGE,
            root_events: Some(EventsPolicy::default_of(&rules)),
            rules,
            windows: Vec::new(),
            waivers: Vec::new(),
            limits: Limits::default(),
            lines: BTreeMap::new(),
        }
    }

    /// The largest `within` of rules that are on; zero where there is none.
    #[must_use]
    pub fn largest_within(rules: &[RulePolicy]) -> Duration {
        let within = rules.iter().filter_map(|rule| {
            let own = rule.info.threshold.filter(|own| rule.on && own.key == "within")?;
            match rule.threshold.unwrap_or(own.default) {
                Amount::Time(time) => Some(time),
                Amount::Count(_) => None,
            }
        });
        within.max().unwrap_or(Duration::seconds(0))
    }

    /// Whether the accounts of an organization are judged.
    #[must_use]
    pub const fn judges_an_organization(&self) -> bool {
        self.organization.is_some()
    }

    /// Whether the policy says what is judged. Else it is the account of the credentials.
    #[must_use]
    pub fn names_scope(&self) -> bool {
        !self.scope.is_empty() || self.judges_an_organization()
    }

    /// Whether an account may be one that is judged: a scope without an organization holds only
    /// the accounts that it names.
    #[must_use]
    pub fn may_judge(&self, account: &AccountId) -> bool {
        !self.names_scope()
            || self.judges_an_organization()
            || self.scope.iter().any(|named| named.id == *account)
    }

    /// What the policy says of a rule of the catalogue.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&RulePolicy> {
        self.rules.iter().find(|rule| rule.info.id == id)
    }
}

impl EventsPolicy {
    /// Where the policy says nothing: 7 days, or as far as the largest `within` of these rules, in
    /// the default Regions.
    #[must_use]
    pub fn default_of(rules: &[RulePolicy]) -> Self {
        let lookback = Policy::largest_within(rules).max(Policy::MIN_LOOKBACK);
        Self { lookback, regions: Regions::Default, members: false }
    }
}

impl RulePolicy {
    /// A rule that the policy does not name.
    #[must_use]
    pub fn default_of(info: &'static RuleInfo) -> Self {
        Self {
            info,
            on: true,
            severity: info.severity,
            threshold: info.threshold.map(|threshold| threshold.default),
            line: None,
        }
    }
}

impl Window {
    /// What suggested windows say where only a person can give the reason. An error in a policy.
    pub const REASON_MISSING: &str = "REASON";

    /// What suggested windows say where only a person can give the ticket. An error in a policy.
    pub const TICKET_MISSING: &str = "TICKET";

    /// Whether the window is open for this kind of use of this account at this instant.
    #[must_use]
    pub fn covers(&self, account: &AccountId, kind: UseKind, at: DateTime<Utc>) -> bool {
        let allowed = match kind {
            UseKind::SignIn => self.allow.sign_in,
            UseKind::AccessKey => self.allow.access_key,
        };
        allowed && self.is_for(account) && self.is_open(at)
    }

    /// Whether the window is open at this instant, for whomever.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        match &self.when {
            When::Once { from, to } => *from <= at && at < *to,
            When::Recurring(schedule) => schedule.is_open(at),
        }
    }

    /// Whether it is over for good at this instant.
    #[must_use]
    pub fn is_past(&self, at: DateTime<Utc>) -> bool {
        self.openings(at).next().is_none()
    }

    /// Its openings that are not over at this instant, the earliest first.
    pub fn openings(&self, at: DateTime<Utc>) -> impl Iterator<Item = Opening> {
        let (once, recurring) = match &self.when {
            When::Once { from, to } => (Some(Opening { from: *from, to: *to }), None),
            When::Recurring(schedule) => (None, Some(schedule.openings(at))),
        };
        once.into_iter()
            .filter(move |opening| at < opening.to)
            .chain(recurring.into_iter().flatten())
    }

    /// Whether the window is for this account.
    #[must_use]
    pub fn is_for(&self, account: &AccountId) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
    }
}
