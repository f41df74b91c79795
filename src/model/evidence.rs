//! The known facts about one account's root user, and the gaps.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::sources::each_source;
use super::{AccountId, Audited, Cell, Partition, RegionGap, Source, ToDo};

/// Why a fact is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// AWS denied the call.
    Denied,
    /// AWS throttled the call until its time limit.
    Throttled,
    /// No answer, or no report, within the call's share of the time.
    TimedOut,
    /// The run was interrupted before the answer came.
    Interrupted,
    /// AWS could not be reached, or failed on its side.
    Unavailable,
    /// The answer was incomplete or could not be understood.
    Unreadable,
    /// The row, column or field is missing from the answer.
    Missing,
    /// Two sources contradict each other, and neither proves what is true now.
    Conflicting,
    /// Older than the policy's `evidence.max-age`.
    Stale,
    /// Later than the judged instant.
    Future,
    /// The fact carries no time, so its age is unknown.
    Undated,
    /// The account could not be entered.
    NotEntered,
    /// Not collected: the given evidence does not contain it.
    NotCollected,
    /// This route cannot show it: a session by `sts:AssumeRoot` may not ask for it. A rule that
    /// needs it is not applicable; see [`crate::model::MemberRoute`].
    NotVisible,
}

impl Cause {
    /// The name in files: `timed-out`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
            Self::Unavailable => "unavailable",
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::Conflicting => "conflicting",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Undated => "undated",
            Self::NotEntered => "not-entered",
            Self::NotCollected => "not-collected",
            Self::NotVisible => "not-visible",
        }
    }
}

/// A missing fact: it makes a rule undetermined, never a pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The source that should have provided it.
    pub source: Source,
    /// The API action that returns it, such as `iam:GetAccountSummary`.
    pub action: String,
    /// Why it is missing.
    pub cause: Cause,
    /// One sentence without its full stop: what happened.
    pub detail: String,
    /// What to do about it: for a denial, the IAM action to grant. `None`: run again.
    pub grant: Option<ToDo>,
}

impl Gap {
    /// A gap of a source's main action, with nothing to grant.
    #[must_use]
    pub fn new(source: Source, cause: Cause, detail: impl Into<String>) -> Self {
        Self {
            source,
            action: source.actions().next().unwrap_or_default().to_owned(),
            cause,
            detail: detail.into(),
            grant: None,
        }
    }

    /// A gap of any of a source's calls, with nothing to grant. Its detail begins with the call.
    #[must_use]
    pub fn for_call(source: Source, call: &Call, cause: Cause, detail: impl fmt::Display) -> Self {
        let gap = Self::new(source, cause, format!("{call}: {detail}"));
        Self { action: call.iam_action.to_owned(), ..gap }
    }

    /// A denied call: `action` is what to grant.
    #[must_use]
    pub fn denied(source: Source, action: &str, detail: impl Into<String>) -> Self {
        Self {
            source,
            action: action.to_owned(),
            cause: Cause::Denied,
            detail: detail.into(),
            grant: Some(ToDo::from(action.to_owned())),
        }
    }

    /// Whether rootgate never asked for the fact, on this route or at all.
    #[must_use]
    pub const fn is_not_asked(&self) -> bool {
        matches!(self.cause, Cause::NotCollected | Cause::NotVisible)
    }

    /// The gap with what to do about it: a sentence without its full stop.
    #[must_use]
    pub fn to_do(self, what: impl Into<String>) -> Self {
        Self { grant: Some(ToDo::Do(what.into())), ..self }
    }
}

/// A fact, and when it was true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T> {
    /// What was observed.
    pub value: T,
    /// When it was true; for a credential report, when AWS generated it. `None`: unknown
    /// (a bare CSV), and a fact without a time decides nothing.
    pub observed_at: Option<DateTime<Utc>>,
}

impl<T> Fact<T> {
    /// A fact of a known time.
    pub const fn new(value: T, observed_at: DateTime<Utc>) -> Self {
        Self { value, observed_at: Some(observed_at) }
    }
}

/// A fact, or why it is missing.
pub type Observed<T> = Result<Fact<T>, Gap>;

/// A function of each fact of an account, for facts of every type.
pub trait MapFact {
    /// The new fact, or the gap in its place.
    fn map<T: Clone>(&self, source: Source, observed: &Observed<T>) -> Observed<T>;
}

macro_rules! evidence {
    ($($(#[$doc:meta])* $source:ident, $field:ident: $fact:ty;)*) => {
        /// Everything known about one account's root user.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Evidence {
            /// The account.
            pub account: AccountId,
            /// The account's partition; `None` if nothing that was read shows it.
            pub partition: Option<Partition>,
            $($(#[$doc])* pub $field: Observed<$fact>,)*
        }

        impl Evidence {
            /// The gaps of whole sources, in the order of reports. Those of single Regions are in
            /// [`Self::region_gaps`], those of single calls of an audit in [`Self::audit_gaps`].
            #[must_use]
            pub fn gaps(&self) -> Vec<&Gap> {
                // Without `..`, so that no field is left out.
                let Self { account: _, partition: _, $($field),* } = self;
                [$($field.as_ref().err()),*].into_iter().flatten().collect()
            }

            /// The same account with each fact mapped.
            #[must_use]
            pub fn map_facts(&self, by: &impl MapFact) -> Self {
                let Self { account, partition, $($field),* } = self;
                Self {
                    account: account.clone(),
                    partition: partition.clone(),
                    $($field: by.map(Source::$source, $field),)*
                }
            }

            /// The same account, with these sources taken from another reading of it.
            #[must_use]
            pub fn with_sources_of(self, other: Self, sources: &BTreeSet<Source>) -> Self {
                let taken = |source: Source| sources.contains(&source);
                Self {
                    account: self.account,
                    partition: self.partition,
                    $($field: if taken(Source::$source) { other.$field } else { self.$field },)*
                }
            }

            /// An account without any known fact; `gap` says why, for each source.
            pub(crate) fn from_gaps(
                account: AccountId,
                partition: Option<Partition>,
                gap: impl Fn(Source) -> Gap,
            ) -> Self {
                Self { account, partition, $($field: Err(gap(Source::$source)),)* }
            }
        }
    };
}
each_source!(evidence);

impl Evidence {
    /// The gaps of single Regions in events that were read.
    #[must_use]
    pub fn region_gaps(&self) -> &[RegionGap] {
        self.root_events.as_ref().map_or(&[], |events| &events.value.gaps)
    }

    /// The gaps of single calls in an audit by AssumeRoot.
    pub fn audit_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.root_audit.iter().flat_map(|audit| audit.value.gaps())
    }

    /// An account without any known fact, for the same reason in every source.
    #[must_use]
    pub fn unread(
        account: AccountId,
        partition: Option<Partition>,
        cause: Cause,
        detail: &str,
    ) -> Self {
        Self::from_gaps(account, partition, |source| Gap::new(source, cause, detail))
    }

    /// Whether no fact of the account itself is known. Facts from the organization do not count,
    /// because they are read without entering the account.
    #[must_use]
    pub fn nothing_read(&self) -> bool {
        let own = |source: &Source| !source.is_of_organization();
        let gaps = self.gaps().into_iter().filter(|gap| own(&gap.source)).count();
        gaps == Source::ALL.iter().copied().filter(own).count()
    }

    /// Whether root may have acted in any Region since an instant: a use is reported or recorded
    /// since then, or a root access key exists or existed.
    ///
    /// Sign-ins to the console are recorded in three Regions, everything else in the Region that
    /// was called. Central audits and removals, services that act in root's name, and attempts do
    /// not count, because they are not uses of root.
    #[must_use]
    pub fn root_may_have_acted_anywhere(&self, since: DateTime<Utc>) -> bool {
        let row = self.credential_report.as_ref().ok().and_then(|fact| fact.value.root.as_ref());
        let reported = row.is_some_and(|row| {
            row.last_uses().iter().any(|(.., cell)| matches!(cell, Cell::Value(at) if *at >= since))
        });
        let recorded = self.root_events.as_ref().is_ok_and(|fact| {
            let mut events = fact.value.events.iter();
            events.any(|event| event.time >= since && event.use_kind().is_some())
        });
        reported || recorded || self.shows_a_root_key()
    }

    /// Whether a source shows that a root access key exists, or existed recently. With a key, root
    /// can be used in any Region.
    #[must_use]
    pub fn shows_a_root_key(&self) -> bool {
        let counted = self.account_summary.as_ref().ok();
        let counted = counted.and_then(|fact| fact.value.count("AccountAccessKeysPresent"));
        let row = self.credential_report.as_ref().ok().and_then(|fact| fact.value.root.as_ref());
        let in_row = row.is_some_and(|row| {
            row.access_keys.iter().any(|key| {
                matches!(key.active, Cell::Value(true))
                    || matches!(key.last_rotated, Cell::Value(_))
            })
        });
        let listed = self.root_audit.as_ref().is_ok_and(|fact| {
            matches!(&fact.value.access_keys, Some(Audited::Value(keys)) if !keys.is_empty())
        });
        let in_events = self.root_events.as_ref().is_ok_and(|fact| fact.value.mention_a_key());
        counted.is_some_and(|count| count > 0) || in_row || listed || in_events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_gap_in_the_order_of_reports() {
        let account: AccountId = "111122223333".parse().unwrap();
        let unread = Evidence::unread(account, None, Cause::NotEntered, "shut");
        let sources: Vec<Source> = unread.gaps().iter().map(|gap| gap.source).collect();
        assert_eq!(sources, Source::ALL);
        assert!(unread.nothing_read());
        for source in Source::ALL {
            let one = healthy().without(*source, Cause::Denied);
            let lost: Vec<Source> = one.gaps().iter().map(|gap| gap.source).collect();
            assert_eq!(lost, [*source]);
            assert!(!one.nothing_read());
        }
    }
    use crate::model::{EventKind, KeyChange, KeyState, RootEvent, parse_time};
    use crate::testing::{event, healthy};

    fn since() -> DateTime<Utc> {
        parse_time("2026-11-13T09:00:00Z").unwrap()
    }

    fn with_event(change: impl Fn(&mut RootEvent)) -> Evidence {
        let mut event = event("e", since());
        change(&mut event);
        let mut evidence = healthy();
        evidence.root_events.as_mut().unwrap().value.events.push(event);
        evidence
    }

    #[test]
    fn a_use_or_a_key_of_root_may_have_been_anywhere() {
        assert!(!healthy().root_may_have_acted_anywhere(since()), "never used, no key");
        for column in
            ["password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"]
        {
            let used = |at: &str| healthy().with_row(&[(column, at)]);
            assert!(used("2026-11-13T09:00:00Z").root_may_have_acted_anywhere(since()), "{column}");
            let before = used("2026-11-13T08:59:59Z");
            assert!(!before.root_may_have_acted_anywhere(since()), "{column}");
        }
        let counted = healthy().with_count("AccountAccessKeysPresent", 1);
        assert!(counted.root_may_have_acted_anywhere(since()));
        let made = KeyChange { id: None, state: KeyState::Deleted };
        let by_another = with_event(|event| {
            event.kind = EventKind::CentralRemediation;
            event.key_change = Some(made.clone());
        });
        assert!(by_another.root_may_have_acted_anywhere(since()), "there was a key");
    }

    #[test]
    fn of_events_only_uses_count_and_only_in_the_look_back() {
        for kind in EventKind::ALL {
            let evidence = with_event(|event| event.kind = *kind);
            assert_eq!(evidence.root_may_have_acted_anywhere(since()), kind.is_use(), "{kind:?}");
            let before = with_event(|event| {
                event.kind = *kind;
                event.time -= chrono::TimeDelta::seconds(1);
            });
            assert!(!before.root_may_have_acted_anywhere(since()), "{kind:?}");
        }
    }
}
