//! The newest uses in the credential report, and the events that explain them.

use chrono::{DateTime, TimeDelta, Utc};

use super::Case;
use crate::model::{
    Basis, Cause, Cell, EventKind, Evidence, Gap, RootEvent, RootRow, SignedBy, Source, UseKind,
};

/// The maximum difference between clocks of AWS's services.
pub(super) const CLOCKS: TimeDelta = TimeDelta::seconds(60);
/// The usual maximum delay of CloudTrail's delivery.
pub(super) const DELIVERY: TimeDelta = TimeDelta::minutes(15);

/// The root row of the credential report, with the time of the report.
pub(super) type Row<'a> = (&'a RootRow, Basis);

/// The root row of this account, or why it is missing.
pub(super) fn root_row(evidence: &Evidence) -> Result<Row<'_>, Box<Gap>> {
    let fact = evidence.credential_report.as_ref().map_err(|gap| Box::new(gap.clone()))?;
    let gap = |cause, detail: &str| Box::new(Gap::new(Source::CredentialReport, cause, detail));
    let observed_at = fact
        .observed_at
        .ok_or_else(|| gap(Cause::Undated, "the credential report has no timestamp"))?;
    let row =
        fact.value.root.as_ref().ok_or_else(|| {
            gap(Cause::Missing, "the credential report has no `<root_account>` row")
        })?;
    Ok((row, Basis { source: Source::CredentialReport, observed_at }))
}

/// The gap of a report that was requested but cannot be used: it could have shown a use that no event
/// records. A report that was not requested, or is not visible by this
/// route, leaves no gap.
pub(super) fn unread_report(gap: Gap) -> Option<Gap> {
    (!gap.is_not_asked()).then_some(gap)
}

/// The newest use of a credential that the report shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reported {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: UseKind,
    /// When the report was made.
    seen: DateTime<Utc>,
}

impl Reported {
    /// Every newest use from `since` on.
    pub(super) fn all(row: Option<Row<'_>>, since: DateTime<Utc>) -> Vec<Self> {
        let mut reported: Vec<Self> = Vec::new();
        if let Some((row, basis)) = row {
            for (_, kind, cell) in row.last_uses() {
                if let Cell::Value(at) = *cell
                    && at >= since
                {
                    reported.push(Self { at, kind, seen: basis.observed_at });
                }
            }
        }
        reported.sort();
        reported.dedup();
        reported
    }

    /// Whether an event is this use.
    ///
    /// Of several uses within 5 minutes (password) or 15 minutes (key), the report shows the first. So the
    /// event may be later than that use, but not later than the report. Source: IAM User Guide, "Getting
    /// credential reports".
    pub(super) fn is_explained_by(&self, event: &RootEvent) -> bool {
        let collapsed = match self.kind {
            UseKind::SignIn => TimeDelta::minutes(5),
            UseKind::AccessKey => TimeDelta::minutes(15),
        };
        let presents = match self.kind {
            // A step of a sign-in, or a program that renews its token, does not use the password.
            UseKind::SignIn => event.kind == EventKind::SignIn,
            UseKind::AccessKey => event.access_key == SignedBy::LongLivedKey,
        };
        presents
            && event.use_kind() == Some(self.kind)
            && self.at - CLOCKS <= event.time
            && event.time <= (self.at + collapsed).min(self.seen)
    }
}

/// The time from which events up to `at` are delivered, if they are not yet (they reach up to `reach`).
pub(super) fn not_delivered(
    at: DateTime<Utc>,
    reach: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    reach.is_some_and(|reach| at > reach).then(|| at + DELIVERY)
}

/// What to do about an event that CloudTrail has not delivered yet. Evidence in a file does not change.
pub(super) fn run_again_after(case: &Case<'_>, at: DateTime<Utc>) -> String {
    let at = at + TimeDelta::seconds(59);
    if at <= case.now {
        return "collect the evidence again: by now CloudTrail has delivered it".to_owned();
    }
    let day = if at.date_naive() == case.now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("run again after {} UTC, with evidence that is collected then", at.format(day))
}
