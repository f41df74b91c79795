//! Combines the lists of a session by `sts:AssumeRoot` with the other sources.
//!
//! Such a session lists root's credentials as root itself would: every key and certificate with its
//! age, and every MFA device. The lists are live. The account summary of the same session is also
//! live, but only counts. If the two contradict each other, no rule passes.
//!
//! | list | summary, read with it | then |
//! |---|---|---|
//! | read, newer than the report | agrees | the list decides |
//! | read | counts some, and the list is empty | undetermined |
//! | read | not readable | what the list shows; a pass is undetermined |
//! | asked, unread | any | as without it, and a pass is undetermined |
//! | not asked | counts none | as the summary |

use chrono::{DateTime, Utc};

use super::known::{Credential, Fact, Known};
use super::reported::CLOCKS;
use crate::model::{
    Audited, AuditedCertificate, AuditedKey, Basis, Cause, Evidence, Gap, Observed, RootAudit,
    Source, format_time,
};

/// A part of the audit.
pub(super) enum Part<T> {
    Is(T, Basis),
    /// It was requested, but could not be read.
    Unread(Gap),
    /// It was not requested, or could not be.
    NotAsked,
}

impl<'a, T> Part<&'a T> {
    pub(super) fn of(
        audit: &'a Observed<RootAudit>,
        part: impl Fn(&'a RootAudit) -> Option<&'a Audited<T>>,
    ) -> Self {
        let fact = match audit {
            Ok(fact) => fact,
            Err(gap) if gap.is_not_asked() => return Self::NotAsked,
            Err(gap) => return Self::Unread(gap.clone()),
        };
        match (part(&fact.value), fact.observed_at) {
            (None, _) => Self::NotAsked,
            (Some(Audited::Gap(gap)), _) => Self::Unread(gap.clone()),
            (Some(Audited::Value(value)), Some(observed_at)) => {
                Self::Is(value, Basis { source: Source::RootAudit, observed_at })
            }
            (Some(Audited::Value(_)), None) => Self::Unread(Gap::new(
                Source::RootAudit,
                Cause::Undated,
                "the audit by AssumeRoot has no time",
            )),
        }
    }
}

impl<T> Part<T> {
    /// Converts the value.
    pub(super) fn map<S>(self, by: impl FnOnce(T) -> S) -> Part<S> {
        match self {
            Self::Is(value, basis) => Part::Is(by(value), basis),
            Self::Unread(gap) => Part::Unread(gap),
            Self::NotAsked => Part::NotAsked,
        }
    }
}

/// The gap of a source about root's credentials, which every route can show. If this route does not
/// see the source, the source was not collected.
pub(super) fn of_credentials(gap: &Gap) -> Gap {
    let cause = if gap.cause == Cause::NotVisible { Cause::NotCollected } else { gap.cause };
    Gap { cause, ..gap.clone() }
}

/// When the keys were listed, if they were.
pub(super) fn keys_listed_at(evidence: &Evidence) -> Option<DateTime<Utc>> {
    match Part::of(&evidence.root_audit, |audit| audit.access_keys.as_ref()) {
        Part::Is(_, basis) => Some(basis.observed_at),
        Part::Unread(_) | Part::NotAsked => None,
    }
}

/// Active and other keys of a list. A key with an unknown status may be either.
pub(super) fn listed_keys(keys: &[AuditedKey], seen: Basis) -> (Known, Known) {
    let mut active = Known { basis: vec![seen], ..Known::default() };
    let mut other = active.clone();
    for key in keys {
        let credential = Credential { created: Some(key.created), last_used: None };
        match key.active {
            Some(true) => active.exist.push(credential),
            Some(false) => other.exist.push(credential),
            None => {
                let detail = format!(
                    "the root access key made on {} has an unknown status",
                    format_time(key.created)
                );
                let gap = Gap::new(Source::RootAudit, Cause::Unreadable, detail);
                active.gaps.push(gap.clone());
                other.gaps.push(gap);
            }
        }
    }
    (active, other)
}

/// The certificates of a list.
pub(super) fn listed_certificates(certificates: &[AuditedCertificate], seen: Basis) -> Known {
    let credential = |certificate: &AuditedCertificate| Credential {
        created: Some(certificate.uploaded),
        last_used: None,
    };
    Known {
        exist: certificates.iter().map(credential).collect(),
        basis: vec![seen],
        ..Known::default()
    }
}

/// Why a list is incomplete: the summary counts more, and is not older than the list.
///
/// A summary that counts fewer does not matter: the list shows each one.
pub(super) fn counts_more(
    counted: u64,
    at: Basis,
    listed: usize,
    seen: Basis,
    what: &str,
) -> Option<Gap> {
    let is_older = at.observed_at + CLOCKS < seen.observed_at;
    (counted > listed as u64 && !is_older).then(|| {
        let detail = format!(
            "the account summary of {} counts {counted} root {what}, but AssumeRoot lists {listed} at {}",
            format_time(at.observed_at),
            format_time(seen.observed_at)
        );
        conflict(detail)
    })
}

fn conflict(detail: String) -> Gap {
    Gap::new(Source::RootAudit, Cause::Conflicting, detail)
        .to_do("run again; if the two still contradict each other, report it as a bug in rootgate")
}

/// Combines a yes or no of the audit with the other sources.
///
/// The newer one decides. If two were read together and contradict each other, no rule passes.
/// `harmless` is the answer that lets rules pass.
pub(super) fn with_audit(known: Fact, part: Part<bool>, what: &str, harmless: bool) -> Fact {
    match (known, part) {
        (known, Part::NotAsked) => known,
        (Fact::Is(value, _), Part::Unread(gap)) if value == harmless => Fact::Unknown(vec![gap]),
        (Fact::Is(value, basis), Part::Unread(_)) => Fact::Is(value, basis),
        (Fact::Unknown(mut gaps), Part::Unread(gap)) => {
            gaps.retain(|gap| gap.cause != Cause::NotCollected);
            gaps.push(gap);
            Fact::Unknown(gaps)
        }
        (Fact::Is(other, at), Part::Is(value, seen)) if other != value => {
            newer(Answer { value: other, at }, Answer { value, at: seen }, what, harmless)
        }
        (Fact::Is(..), Part::Is(value, seen)) => Fact::Is(value, seen),
        // A source that was requested but not read could have contradicted it.
        (Fact::Unknown(mut gaps), Part::Is(value, seen)) => {
            gaps.retain(|gap| gap.cause != Cause::NotCollected);
            if gaps.is_empty() || value != harmless {
                Fact::Is(value, seen)
            } else {
                Fact::Unknown(gaps)
            }
        }
    }
}

struct Answer {
    value: bool,
    at: Basis,
}

/// The result of two answers that contradict each other.
fn newer(other: Answer, audit: Answer, what: &str, harmless: bool) -> Fact {
    let apart = (other.at.observed_at - audit.at.observed_at).abs() > CLOCKS;
    let newest = if other.at.observed_at > audit.at.observed_at { &other } else { &audit };
    if apart || newest.value != harmless {
        return Fact::Is(newest.value, newest.at);
    }
    let detail = format!(
        "of {what} the {} of {} and AssumeRoot at {} contradict each other",
        other.at.source,
        format_time(other.at.observed_at),
        format_time(audit.at.observed_at)
    );
    Fact::Unknown(vec![conflict(detail)])
}
