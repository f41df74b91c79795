//! The description of a rule: its id, texts, bounds and tags, all in one place.

use std::fmt;

use serde::Serialize;

use super::{Duration, Severity, Source};

/// The id of a rule: kebab-case, named for the bad state, equal to the name of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(pub &'static str);

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

/// What the findings of a rule are about, and with it what a waiver of the rule must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// The account as a whole: at most one finding, with an empty subject.
    Account,
    /// An access key, by the day it was made: `key 2019-05-02`.
    AccessKey,
    /// A signing certificate, by the day it was uploaded: `certificate 2019-05-02`.
    Certificate,
    /// Uses of one kind on one UTC day: `2026-11-02 sign-in`.
    Use,
    /// What events show of one UTC day: `2026-11-02`. No waiver takes it.
    Day,
    /// One action on one UTC day: `2026-11-02 CreateAccessKey`. No waiver takes it.
    DayAndAction,
}

impl SubjectKind {
    /// Whether a finding about it can be waived: what only events show takes windows instead.
    #[must_use]
    pub const fn takes_waivers(self) -> bool {
        !matches!(self, Self::Day | Self::DayAndAction)
    }
}

/// A length of time, or a number of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A length of time.
    Time(Duration),
    /// A number of things.
    Count(u32),
}

impl Amount {
    /// An amount in days of 24 hours.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self::Time(Duration::days(days))
    }

    /// Its size, for comparing two of one kind.
    #[must_use]
    pub fn size(self) -> i128 {
        match self {
            Self::Time(time) => time.as_secs().into(),
            Self::Count(count) => count.into(),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(formatter),
            Self::Count(count) => count.fmt(formatter),
        }
    }
}

/// A number of the policy that a rule compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Its key below the rule's id in the policy: `within`, `max-age`, `threshold`.
    pub key: &'static str,
    /// The value where the policy does not name it.
    pub default: Amount,
    /// The smallest value.
    pub least: Amount,
    /// The largest value.
    pub most: Amount,
    /// Whether more can pass where it is larger; else where it is smaller.
    pub more_is_weaker: bool,
    /// One sentence for people who write policies.
    pub meaning: &'static str,
}

/// The description of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// The id.
    pub id: RuleId,
    /// One sentence without its full stop: the bad state.
    pub summary: &'static str,
    /// The severity where the policy does not name one.
    pub severity: Severity,
    /// What a finding is about.
    pub subject: SubjectKind,
    /// The number it compares with, where there is one.
    pub threshold: Option<Threshold>,
    /// The sources it reads.
    pub needs: &'static [Source],
    /// Judged only if a finding of this other rule with the same subject is waived.
    pub only_if_waived: Option<RuleId>,
    /// Markdown: why it matters, what is judged and from what, what it cannot see.
    pub docs: &'static str,
    /// Markdown: steps that really work.
    pub remedy: &'static str,
    /// Items of compliance frameworks, `framework/version/id`, in the order in which a report with
    /// little room shows them.
    pub tags: &'static [&'static str],
}
