//! Facts in words: their age, which are missing, and what to do.

use chrono::{DateTime, Utc};

use super::{MAX_TEXT, Prose};
use crate::escape::shortened;
use crate::model::{Basis, Cause, Duration, Gap, ToDo};

/// A missing fact.
pub(crate) struct MissingFact<'a> {
    /// `account summary: AWS denied the call`
    pub(crate) what: Prose<'a>,
    /// What to do, if anything can be done; a sentence without its full stop.
    pub(crate) to_do: Option<Prose<'a>>,
}

impl<'a> MissingFact<'a> {
    pub(crate) fn from_gap(gap: &'a Gap) -> Self {
        let what = Prose::new().text(gap.source.name()).text(": ").external(&gap.detail);
        Self { what, to_do: to_do(gap) }
    }

    /// ` Missing: … To do: …`, to append to a message.
    pub(crate) fn sentences(&self) -> String {
        let to_do = self.to_do.as_ref().map(|to_do| format!(" To do: {to_do}."));
        let what = shortened(&self.what.to_string(), MAX_TEXT);
        format!(" Missing: {what}.{}", to_do.unwrap_or_default())
    }
}

fn to_do(gap: &Gap) -> Option<Prose<'_>> {
    match &gap.grant {
        Some(ToDo::Grant(action)) => Some(Prose::new().text("grant ").name(action.as_str())),
        Some(ToDo::Do(what)) => Some(Prose::new().external(what)),
        None => next_step(gap).map(|step| Prose::new().external(step)),
    }
}

/// What to do if no permission is missing.
const fn next_step(gap: &Gap) -> Option<&'static str> {
    match gap.cause {
        Cause::Throttled | Cause::TimedOut | Cause::Interrupted | Cause::Unavailable => {
            Some("run again")
        }
        Cause::NotCollected => Some("pass it with --evidence, or let rootgate call AWS"),
        Cause::Stale | Cause::Undated => Some("collect it again"),
        Cause::Future => Some("correct the clock of this machine, or of the one that collected it"),
        // AWS gives no better answer before the next report.
        Cause::Conflicting => Some(
            "run again with the next credential report, which AWS makes at most 4 hours after this one; if the two \
             still contradict each other, report it as a bug in rootgate",
        ),
        Cause::Unreadable | Cause::Missing => Some(gap.source.info().if_unreadable),
        Cause::Denied | Cause::NotEntered | Cause::NotVisible => None,
    }
}

/// `credential report of 2026-11-02T06:40:00Z (3h20m old)`.
pub(super) fn basis(basis: &Basis, now: DateTime<Utc>) -> Prose<'static> {
    let seconds = u64::try_from((now - basis.observed_at).num_seconds()).unwrap_or(0);
    // Seconds do not matter for an older fact.
    let shown = if seconds < 60 { seconds } else { seconds / 60 * 60 };
    let age = format!(" ({} old)", Duration::seconds(shown));
    Prose::new().text(basis.source.name()).text(" of ").time(basis.observed_at).text(age)
}
