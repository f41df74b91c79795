//! Every use of root that is known: from events, and from the report where no event explains it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Case;
use super::events::{self, Events};
use super::story::{counted, story};
use crate::model::{Cell, EventKind, ListedMark, RootEvent, RootRow, UseKind, UseMark};

/// AWS keeps the first of several uses of a credential within this time, so an event explains a use
/// of the report from so far away. Source: IAM User Guide, "Getting credential reports".
pub(super) const EXPLAINS: TimeDelta = TimeDelta::minutes(15);
/// On a timeline, uses of one kind and window this close are one.
const ONE_MARK: TimeDelta = TimeDelta::hours(1);

/// The columns of the report that know a newest use.
pub(super) const CREDENTIALS: [(&str, UseKind); 3] = [
    ("password_last_used", UseKind::SignIn),
    ("access_key_1_last_used_date", UseKind::AccessKey),
    ("access_key_2_last_used_date", UseKind::AccessKey),
];

pub(super) const fn cells(row: &RootRow) -> [&Cell<DateTime<Utc>>; 3] {
    [&row.password_last_used, &row.access_keys[0].last_used, &row.access_keys[1].last_used]
}

/// A use of root.
pub(super) struct Use<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: UseKind,
    /// The id of the window that covers it.
    pub(super) window: Option<&'a str>,
    /// `None`: known from the credential report alone.
    pub(super) event: Option<&'a RootEvent>,
}

/// Every use from `since` on, oldest first. `row`: the report's, where it was read.
pub(super) fn all<'a>(
    case: &'a Case<'_>,
    row: Option<&RootRow>,
    since: DateTime<Utc>,
) -> Vec<Use<'a>> {
    let mut uses: Vec<Use<'a>> = match Events::of(case) {
        Events::Read(events, _) => {
            events::from(case, events, since).filter_map(|event| of_event(case, event)).collect()
        }
        Events::Off | Events::Lacking(_) => Vec::new(),
    };
    let mut reported: Vec<(DateTime<Utc>, UseKind)> = Vec::new();
    for ((_, kind), cell) in CREDENTIALS.iter().zip(row.iter().flat_map(|row| cells(row))) {
        if let Cell::Value(at) = *cell
            && at >= since
            && !uses.iter().any(|used| explains(used, at, *kind))
        {
            reported.push((at, *kind));
        }
    }
    reported.sort();
    reported.dedup();
    uses.extend(reported.into_iter().map(|(at, kind)| {
        let mut windows = case.policy.windows.iter();
        let window = windows.find(|window| window.covers(case.account, kind, at));
        Use { at, kind, window: window.map(|window| window.id.as_str()), event: None }
    }));
    uses.sort_by_key(|used| (used.at, used.kind));
    uses
}

fn of_event<'a>(case: &'a Case<'_>, event: &'a RootEvent) -> Option<Use<'a>> {
    let kind = event.use_kind()?;
    let mut windows = case.policy.windows.iter();
    let window = windows.find(|window| window.covers_event(case.account, event));
    let window = window.map(|window| window.id.as_str());
    Some(Use { at: event.time, kind, window, event: Some(event) })
}

/// Whether an event is the use that the report shows. Of signing in only what signed in is.
fn explains(used: &Use<'_>, at: DateTime<Utc>, kind: UseKind) -> bool {
    let Some(event) = used.event else { return false };
    let signs_in = event.is_sign_in() || event.event_source.starts_with("signin.");
    used.kind == kind
        && (kind == UseKind::AccessKey || signs_in)
        && (used.at - at).abs() <= EXPLAINS
}

/// Uses for a timeline: those of one kind and window that lie close together are one mark.
pub(super) fn marks(uses: &[Use<'_>]) -> Vec<UseMark> {
    let mut groups: Vec<Vec<&Use<'_>>> = Vec::new();
    for used in uses {
        let same = groups.iter_mut().rev().find(|group| {
            let last = group.last();
            last.is_some_and(|last| {
                last.event.is_some()
                    && used.event.is_some()
                    && last.kind == used.kind
                    && last.window == used.window
                    && used.at - last.at <= ONE_MARK
            })
        });
        match same {
            Some(group) => group.push(used),
            None => groups.push(vec![used]),
        }
    }
    groups.iter().filter_map(|group| mark(group)).collect()
}

fn mark(group: &[&Use<'_>]) -> Option<UseMark> {
    let first = group.first()?;
    let events: Vec<&RootEvent> = group.iter().filter_map(|used| used.event).collect();
    Some(UseMark {
        at: first.at,
        kind: first.kind,
        window: first.window.map(str::to_owned),
        story: (!events.is_empty()).then(|| story(&events)),
    })
}

/// Central audits and removals for a timeline: calls of one kind and source that lie close together
/// are one mark.
pub(super) fn listed(case: &Case<'_>, since: DateTime<Utc>) -> Vec<ListedMark> {
    let Events::Read(events, _) = Events::of(case) else { return Vec::new() };
    let mut groups: Vec<Vec<&RootEvent>> = Vec::new();
    let is_central = |kind| matches!(kind, EventKind::CentralAudit | EventKind::CentralRemediation);
    for event in events::from(case, events, since).filter(|event| is_central(event.kind)) {
        let same = groups.iter_mut().rev().find(|group| {
            group.last().is_some_and(|last| {
                (last.kind, &last.source_address) == (event.kind, &event.source_address)
                    && event.time - last.time <= ONE_MARK
            })
        });
        match same {
            Some(group) => group.push(event),
            None => groups.push(vec![event]),
        }
    }
    groups.iter().filter_map(|group| listed_mark(group)).collect()
}

fn listed_mark(group: &[&RootEvent]) -> Option<ListedMark> {
    let first = group.first()?;
    let what = match first.kind {
        EventKind::CentralAudit => {
            format!("{} consistent with a central audit", counted(group.len(), "read"))
        }
        _ => format!("{} of a central removal", counted(group.len(), "call")),
    };
    let from = first.source_address.as_deref().map(|address| format!(", from {address}"));
    Some(ListedMark { at: first.time, what: what + &from.unwrap_or_default() })
}
