//! Which waiver covers which finding. A waiver never hides: the finding stays, marked.

use chrono::{DateTime, Utc};

use crate::model::{RuleId, UseKind, WaivedBy};
use crate::policy::{Waiver, WaiverSubject};
use crate::rules::Case;

/// Where a waiver stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its first day is still to come.
    NotYet,
    /// It holds.
    Valid,
    /// Its last day has passed.
    Expired,
}

/// Waivers are judged at the time of the run, by UTC days, both ends inclusive.
pub(super) fn standing(waiver: &Waiver, now: DateTime<Utc>) -> Standing {
    let today = now.date_naive();
    if today < waiver.from {
        Standing::NotYet
    } else if today > waiver.expires {
        Standing::Expired
    } else {
        Standing::Valid
    }
}

/// The valid waivers of a rule for the account of the case.
pub(super) fn valid<'a>(case: &'a Case<'_>, rule: RuleId) -> impl Iterator<Item = &'a Waiver> {
    case.policy.waivers.iter().filter(move |waiver| {
        waiver.rule == rule
            && waiver.accounts.contains(case.account)
            && standing(waiver, case.now) == Standing::Valid
    })
}

/// The waiver that covers a finding, if one does.
pub(super) fn covering(case: &Case<'_>, rule: RuleId, subject: &str) -> Option<WaivedBy> {
    valid(case, rule).find(|waiver| names(waiver, subject)).map(|waiver| WaivedBy {
        line: waiver.line,
        ticket: waiver.ticket.clone(),
        reason: waiver.reason.clone(),
        from: waiver.from,
        expires: waiver.expires,
    })
}

/// Whether a waiver names the subject of a finding.
///
/// Of two keys made on one day it names the older: a waiver of one key never covers another.
pub(super) fn names(waiver: &Waiver, subject: &str) -> bool {
    match waiver.subject {
        None => true,
        Some(WaiverSubject::AccessKeyCreated(day)) => subject == format!("key {day}"),
        Some(WaiverSubject::CertificateUploaded(day)) => subject == format!("certificate {day}"),
        Some(WaiverSubject::Use(kind)) => is_use(subject, kind),
    }
}

/// `2026-11-02 sign-in` is a sign-in.
fn is_use(subject: &str, kind: UseKind) -> bool {
    subject.split_once(' ').is_some_and(|(_, rest)| rest == kind.id())
}
