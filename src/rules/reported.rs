//! What the credential report says of the newest uses, and which events explain them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{
    Basis, Cause, Cell, Evidence, Gap, RootEvent, RootRow, SignedBy, Source, UseKind,
};

/// Clocks of AWS's services differ by at most this.
pub(super) const CLOCKS: TimeDelta = TimeDelta::seconds(60);
/// CloudTrail delivers an event at most about this long after it happened.
pub(super) const DELIVERY: TimeDelta = TimeDelta::minutes(15);

/// The root row of the credential report, with the time of the report.
pub(super) type Row<'a> = (&'a RootRow, Basis);

/// The root row of this account, or why it is missing.
pub(super) fn root_row(evidence: &Evidence) -> Result<Row<'_>, Box<Gap>> {
    let fact = evidence.credential_report.as_ref().map_err(|gap| Box::new(gap.clone()))?;
    let gap = |cause, detail: &str| Box::new(Gap::new(Source::CredentialReport, cause, detail));
    let observed_at = fact
        .observed_at
        .ok_or_else(|| gap(Cause::Undated, "the credential report carries no time"))?;
    let row =
        fact.value.root.as_ref().ok_or_else(|| {
            gap(Cause::Missing, "the credential report has no `<root_account>` row")
        })?;
    Ok((row, Basis { source: Source::CredentialReport, observed_at }))
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
    /// AWS keeps the first of several uses that lie within 5 minutes (password) or 15 (key), so the
    /// event may be later than the report says, but not later than the report. Source: IAM User
    /// Guide, "Getting credential reports".
    pub(super) fn is_explained_by(&self, event: &RootEvent) -> bool {
        let collapsed = match self.kind {
            UseKind::SignIn => TimeDelta::minutes(5),
            UseKind::AccessKey => TimeDelta::minutes(15),
        };
        let presents = match self.kind {
            UseKind::SignIn => event.is_sign_in() && !event.is_token_refresh(),
            UseKind::AccessKey => event.access_key == SignedBy::LongLivedKey,
        };
        presents
            && event.use_kind() == Some(self.kind)
            && self.at - CLOCKS <= event.time
            && event.time <= (self.at + collapsed).min(self.seen)
    }
}

/// Where events reach up to `reach` and not to `at`: the instant from which they do.
pub(super) fn not_delivered(
    at: DateTime<Utc>,
    reach: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    reach.is_some_and(|reach| at > reach).then(|| at + DELIVERY)
}

/// What to do about something that CloudTrail has not delivered yet.
pub(super) fn run_again_after(at: DateTime<Utc>) -> String {
    format!("run again after {} UTC", (at + TimeDelta::seconds(59)).format("%H:%M"))
}
