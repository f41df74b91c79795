//! The timeline of root use and windows. It depends only on evidence and windows, so it does not
//! matter which rules are on.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{
    Duration, EventKind, Evidence, ListedMark, RootEvent, Timeline, UseMark, WindowMark, counted,
};
use crate::policy::{EventsPolicy, Policy, Window};
use crate::rules::{self, Use};

/// Maximum number of openings shown per window.
const MAX_OPENINGS: usize = 12;
/// Uses of one kind and window this close are one mark.
const ONE_MARK: TimeDelta = TimeDelta::hours(1);

/// The timeline for the look-back of the policy's events. Facts that are too old, from the future
/// or turned off have already become gaps.
pub(super) fn timeline(policy: &Policy, evidence: &Evidence, now: DateTime<Utc>) -> Timeline {
    let span = lookback(policy).delta();
    let since = now - span;
    Timeline {
        uses: uses(&rules::uses(policy, evidence, since, now)),
        listed: listed(&rules::events_since(policy, evidence, since, now)),
        windows: windows(policy, evidence, now, span.max(TimeDelta::days(1))),
    }
}

/// The length of the timeline. If the policy turns events off, it is the default look-back.
fn lookback(policy: &Policy) -> Duration {
    match &policy.root_events {
        Some(events) => events.lookback,
        None => EventsPolicy::default_of(&policy.rules).lookback,
    }
}

/// Uses of one kind and window that lie close together are one mark.
fn uses(uses: &[Use<'_>]) -> Vec<UseMark> {
    let together = |last: &&Use<'_>, used: &&Use<'_>| {
        last.event.is_some()
            && used.event.is_some()
            && last.kind == used.kind
            && last.window == used.window
            && used.at - last.at <= ONE_MARK
    };
    grouped(uses.iter(), together).iter().filter_map(|group| use_mark(group)).collect()
}

fn use_mark(group: &[&Use<'_>]) -> Option<UseMark> {
    let first = group.first()?;
    let events: Vec<&RootEvent> = group.iter().filter_map(|used| used.event).collect();
    Some(UseMark {
        at: first.at,
        kind: first.kind,
        window: first.window.map(str::to_owned),
        story: (!events.is_empty()).then(|| rules::story(&events)),
    })
}

/// Central audits and removals: calls of one kind and source that lie close together are one mark.
fn listed(events: &[&RootEvent]) -> Vec<ListedMark> {
    let is_central = |kind| matches!(kind, EventKind::CentralAudit | EventKind::CentralRemediation);
    let together = |last: &&RootEvent, event: &&RootEvent| {
        (last.kind, &last.source_address) == (event.kind, &event.source_address)
            && event.time - last.time <= ONE_MARK
    };
    let central = events.iter().copied().filter(|event| is_central(event.kind));
    grouped(central, together).iter().filter_map(|group| listed_mark(group)).collect()
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

/// Puts each item into the newest group whose last item it belongs with, or else into a new group.
fn grouped<T>(items: impl Iterator<Item = T>, together: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        let of_group = |group: &&mut Vec<T>| group.last().is_some_and(|last| together(last, &item));
        match groups.iter_mut().rev().find(of_group) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// Openings of this account's windows that touch the look-back, or an equally long time after it.
/// They are in the order of the policy, at most [`MAX_OPENINGS`] per window.
fn windows(
    policy: &Policy,
    evidence: &Evidence,
    now: DateTime<Utc>,
    span: TimeDelta,
) -> Vec<WindowMark> {
    let (first, last) = (now - span, now + span);
    let marks = |window: &Window| -> Vec<WindowMark> {
        let near = window.openings(first).take_while(|it| it.from <= last).take(MAX_OPENINGS);
        near.map(|it| WindowMark { id: window.id.clone(), from: it.from, to: it.to }).collect()
    };
    let windows = policy.windows.iter().filter(|window| window.is_for(&evidence.account));
    windows.flat_map(marks).collect()
}
