//! Which waiver covers which finding. A waived finding is marked, never hidden.

use chrono::{DateTime, Utc};

use crate::model::{Finding, RuleId, Subject, WaivedBy};
use crate::policy::{KeyCreated, Waiver, WaiverSubject};
use crate::rules::Case;

/// Whether a waiver is valid on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
    /// Its first day is still to come.
    NotYet,
    /// The day is within its dates.
    Valid,
    /// Its last day has passed.
    Expired,
}

/// Waivers are judged at the time of the run, by UTC days, both ends inclusive.
pub(super) fn validity(waiver: &Waiver, now: DateTime<Utc>) -> Validity {
    let today = now.date_naive();
    if today < waiver.from {
        Validity::NotYet
    } else if today > waiver.expires {
        Validity::Expired
    } else {
        Validity::Valid
    }
}

/// The valid waivers of a rule for the account of the case.
pub(super) fn valid<'a>(case: &'a Case<'_>, rule: RuleId) -> impl Iterator<Item = &'a Waiver> {
    case.policy.waivers.iter().filter(move |waiver| {
        waiver.rule == rule
            && waiver.accounts.contains(case.account)
            && validity(waiver, case.now) == Validity::Valid
    })
}

/// The waiver that covers a finding, if one does.
pub(super) fn covering(case: &Case<'_>, rule: RuleId, finding: &Finding) -> Option<WaivedBy> {
    valid(case, rule).find(|waiver| names(case, waiver, finding)).map(|waiver| WaivedBy {
        line: waiver.line,
        ticket: waiver.ticket.clone(),
        reason: waiver.reason.clone(),
        from: waiver.from,
        expires: waiver.expires,
    })
}

/// Whether a waiver names the subject of a finding.
pub(super) fn names(case: &Case<'_>, waiver: &Waiver, finding: &Finding) -> bool {
    match (waiver.subject, &finding.subject) {
        (None, _) => true,
        (Some(WaiverSubject::AccessKeyCreated(named)), Subject::AccessKey(key)) => {
            key.at.is_some_and(|made| is_named(named, made, &case.root.keys_made()))
        }
        // Only the first one of that day: no waiver can name the number of a second one.
        (Some(WaiverSubject::CertificateUploaded(day)), Subject::Certificate(certificate)) => {
            certificate.day() == Some(day) && certificate.number == 1
        }
        (Some(WaiverSubject::Use(named)), Subject::Use { kind, .. }) => named == *kind,
        (Some(_), _) => false,
    }
}

/// Whether a waiver names the key made at this instant, and no other key.
///
/// A waiver of one key never covers another. If two keys were made on a day, the day names neither.
fn is_named(named: KeyCreated, made: DateTime<Utc>, all: &[DateTime<Utc>]) -> bool {
    fits(named, made) && all.iter().filter(|other| fits(named, **other)).count() == 1
}

fn fits(named: KeyCreated, made: DateTime<Utc>) -> bool {
    match named {
        KeyCreated::On(day) => made.date_naive() == day,
        KeyCreated::At(time) => made.timestamp() == time.timestamp(),
    }
}

/// The keys that a waiver names, if it names several. Such a waiver covers none of them.
pub(super) fn ambiguous(waiver: &Waiver, keys_made: &[DateTime<Utc>]) -> Vec<DateTime<Utc>> {
    let Some(WaiverSubject::AccessKeyCreated(named)) = waiver.subject else { return Vec::new() };
    let fitting: Vec<_> = keys_made.iter().copied().filter(|made| fits(named, *made)).collect();
    if fitting.len() > 1 { fitting } else { Vec::new() }
}
