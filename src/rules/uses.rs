//! Every known use of root: from events, and from the report if no event explains it.

use chrono::{DateTime, Utc};

use super::events::within;
use super::reported::{Reported, root_row};
use crate::model::{Evidence, RootEvent, RootEvents, UseKind};
use crate::policy::Policy;

/// A use of root.
#[derive(Debug)]
pub struct Use<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Of which kind.
    pub kind: UseKind,
    /// The id of the window that covers it.
    pub window: Option<&'a str>,
    /// `None` if only the credential report shows it.
    pub event: Option<&'a RootEvent>,
}

/// Every use from `since` on, oldest first.
#[must_use]
pub fn uses<'a>(
    policy: &'a Policy,
    evidence: &'a Evidence,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Use<'a>> {
    let account = &evidence.account;
    let mut uses: Vec<Use<'a>> = events_since(policy, evidence, since, now)
        .into_iter()
        .filter_map(|event| use_from_event(policy, evidence, event))
        .collect();
    let known = read_events(policy, evidence).map_or(&[][..], |events| &events.events);
    let explained = |reported: &Reported| known.iter().any(|event| reported.is_explained_by(event));
    let mut reported = Reported::all(root_row(evidence).ok(), since);
    reported.retain(|reported| !explained(reported));
    uses.extend(reported.into_iter().map(|Reported { at, kind, .. }| {
        let mut windows = policy.windows.iter();
        let window = windows.find(|window| window.covers(account, kind, at));
        Use { at, kind, window: window.map(|window| window.id.as_str()), event: None }
    }));
    uses.sort_by_key(|used| (used.at, used.kind));
    uses
}

/// The events from `since` up to the judged time, oldest first; empty if they were not read.
#[must_use]
pub fn events_since<'a>(
    policy: &Policy,
    evidence: &'a Evidence,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<&'a RootEvent> {
    let read = read_events(policy, evidence);
    read.into_iter().flat_map(|events| within(events, since, now)).collect()
}

fn read_events<'a>(policy: &Policy, evidence: &'a Evidence) -> Option<&'a RootEvents> {
    let fact = evidence.root_events.as_ref().ok()?;
    policy.root_events.is_some().then_some(&fact.value)
}

fn use_from_event<'a>(
    policy: &'a Policy,
    evidence: &Evidence,
    event: &'a RootEvent,
) -> Option<Use<'a>> {
    let kind = event.use_kind()?;
    let mut windows = policy.windows.iter();
    let window = windows.find(|window| window.covers_event(&evidence.account, event));
    let window = window.map(|window| window.id.as_str());
    Some(Use { at: event.time, kind, window, event: Some(event) })
}
