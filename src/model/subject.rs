//! What a finding is about, as a type. It becomes text where it leaves: in files, fingerprints and
//! for people.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::{SubjectKind, UseKind};

/// What exactly violates a rule in one account.
///
/// `Display` writes the text of the contract. It is part of every fingerprint: another text opens
/// every alert again. May hold outside text: escape it where it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The account as a whole; an empty text.
    Account,
    /// An access key: `key 2019-05-02`, `key 2019-05-02 #2`, `key unknown`.
    AccessKey(Creation),
    /// A signing certificate: `certificate 2019-05-02`.
    Certificate(Creation),
    /// The uses of one kind on one UTC day: `2026-11-02 sign-in`.
    Use {
        /// The UTC day.
        day: NaiveDate,
        /// How root was used.
        kind: UseKind,
    },
    /// What happened on one UTC day: `2026-11-02`.
    Day(NaiveDate),
    /// One action on one UTC day: `2026-11-02 CreateAccessKey`.
    Action {
        /// The UTC day.
        day: NaiveDate,
        /// The name of the event. Outside text.
        action: String,
    },
}

/// Which of an account's keys or certificates: when it was made, and its number of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Creation {
    /// When it was made; `None`: its age is unknown.
    pub at: Option<DateTime<Utc>>,
    /// Its number among those of the same UTC day, or among those of unknown age, from 1.
    pub number: usize,
}

impl Creation {
    /// The UTC day.
    #[must_use]
    pub fn day(self) -> Option<NaiveDate> {
        self.at.map(|at| at.date_naive())
    }

    /// The first number from `first` on that no other one made on that day has.
    #[must_use]
    pub fn numbered(at: Option<DateTime<Utc>>, first: usize, others: &[Self]) -> Self {
        let day = |made: &Self| made.day() == at.map(|at| at.date_naive());
        let taken = |number: &usize| others.iter().any(|made| day(made) && made.number == *number);
        let number = (first..).find(|number| !taken(number)).unwrap_or(first);
        Self { at, number }
    }
}

impl Subject {
    /// What kind it is: a rule has one.
    #[must_use]
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Account => SubjectKind::Account,
            Self::AccessKey(_) => SubjectKind::AccessKey,
            Self::Certificate(_) => SubjectKind::Certificate,
            Self::Use { .. } => SubjectKind::Use,
            Self::Day(_) => SubjectKind::Day,
            Self::Action { .. } => SubjectKind::DayAndAction,
        }
    }
}

impl fmt::Display for Creation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.day() {
            Some(day) => write!(formatter, "{day}")?,
            None => formatter.write_str("unknown")?,
        }
        match self.number {
            ..2 => Ok(()),
            number => write!(formatter, " #{number}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => Ok(()),
            Self::AccessKey(made) => write!(formatter, "key {made}"),
            Self::Certificate(made) => write!(formatter, "certificate {made}"),
            Self::Use { day, kind } => write!(formatter, "{day} {}", kind.id()),
            Self::Day(day) => write!(formatter, "{day}"),
            Self::Action { day, action } => write!(formatter, "{day} {action}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{parse_day, parse_time};

    #[test]
    fn a_subject_is_written_as_the_contract_says() {
        let day = parse_day("2026-11-02").unwrap();
        let made = |number| Creation { at: parse_time("2019-05-02T08:11:00Z").ok(), number };
        let use_of = |kind| Subject::Use { day, kind };
        let action = "CreateAccessKey".to_owned();
        for (subject, text) in [
            (Subject::Account, ""),
            (Subject::AccessKey(made(1)), "key 2019-05-02"),
            (Subject::AccessKey(made(2)), "key 2019-05-02 #2"),
            (Subject::AccessKey(Creation { at: None, number: 1 }), "key unknown"),
            (Subject::AccessKey(Creation { at: None, number: 2 }), "key unknown #2"),
            (Subject::Certificate(made(1)), "certificate 2019-05-02"),
            (use_of(UseKind::SignIn), "2026-11-02 sign-in"),
            (use_of(UseKind::AccessKey), "2026-11-02 access-key"),
            (Subject::Day(day), "2026-11-02"),
            (Subject::Action { day, action }, "2026-11-02 CreateAccessKey"),
        ] {
            assert_eq!(subject.to_string(), text);
        }
    }

    #[test]
    fn what_was_made_on_one_day_is_numbered_and_another_day_counts_for_itself() {
        let at = |text| parse_time(text).ok();
        let first = Creation::numbered(at("2019-05-02T08:00:00Z"), 1, &[]);
        let same_second = Creation::numbered(at("2019-05-02T08:00:00Z"), 1, &[first]);
        assert_eq!((first.number, same_second.number), (1, 2));
        assert_eq!(Creation::numbered(at("2019-05-03T08:00:00Z"), 1, &[first]).number, 1);
        assert_eq!(Creation::numbered(None, 1, &[first]).number, 1, "of unknown age");
        assert_eq!(
            Creation::numbered(at("2019-05-02T09:00:00Z"), 2, &[]).number,
            2,
            "one is older"
        );
    }
}
