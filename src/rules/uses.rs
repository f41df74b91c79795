//! Every use of root that is known: from events, and from the report where no event explains it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Case;
use super::events::{self, Events};
use super::reported::{Reported, Row};
use super::story::story;
use crate::model::{EventKind, ListedMark, RootEvent, UseKind, UseMark, counted};

/// On a timeline, uses of one kind and window this close are one.
const ONE_MARK: TimeDelta = TimeDelta::hours(1);

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
    row: Option<Row<'_>>,
    since: DateTime<Utc>,
) -> Vec<Use<'a>> {
    let mut uses: Vec<Use<'a>> = match Events::of(case) {
        Events::Read(events, _) => {
            events::from(case, events, since).filter_map(|event| of_event(case, event)).collect()
        }
        Events::Off | Events::Lacking(_) => Vec::new(),
    };
    let known = match Events::of(case) {
        Events::Read(events, _) => &events.events[..],
        Events::Off | Events::Lacking(_) => &[],
    };
    let explained = |reported: &Reported| known.iter().any(|event| reported.is_explained_by(event));
    let mut reported = Reported::all(row, since);
    reported.retain(|reported| !explained(reported));
    uses.extend(reported.into_iter().map(|Reported { at, kind, .. }| {
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
