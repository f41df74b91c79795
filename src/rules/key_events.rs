//! Root access keys that CloudTrail saw made, switched or deleted after the report was made.
//!
//! The report names no key ids. An event that made a key tells its id and its time, and so ties the id
//! to the report's key of that time, and to no other. An event about a key that no event made is
//! matched with the only key that it can mean; where two could be meant, the report stays.

use chrono::{DateTime, Utc};

use super::known::{Credential, Known};
use super::reported::CLOCKS;
use crate::model::{Basis, Cause, Evidence, Gap, KeyState, RootEvent, Source};

/// A key, with its id where an event told it.
struct Key {
    credential: Credential,
    id: Option<String>,
    active: bool,
}

/// Brings what the report and the summary say up to the newest key event.
pub(super) fn apply(evidence: &Evidence, active: &mut Known, other: &mut Known) {
    // Only an event could tell that an inactive key was switched on after the report.
    if other.exist.iter().any(|key| key.created.is_some()) {
        active.gaps.extend(unread(evidence));
    }
    let Ok(fact) = &evidence.root_events else { return };
    let decided = decided_at(evidence);
    let newer: Vec<&RootEvent> = fact
        .value
        .events
        .iter()
        .filter(|event| event.key_change.is_some() && decided.is_none_or(|at| event.time > at))
        .collect();
    if newer.is_empty() {
        return;
    }
    let made = made_keys(&fact.value.events);
    let key = |active: bool| {
        let made = &made;
        move |credential: Credential| {
            let id = credential.created.and_then(|created| id_of(made, created));
            Key { id, credential, active }
        }
    };
    let mut keys: Vec<Key> = active.exist.drain(..).map(key(true)).collect();
    keys.extend(other.exist.drain(..).map(key(false)));
    for event in newer {
        step(&mut keys, event, &made, counted_since(evidence, event.time));
    }
    for key in keys {
        if key.active {
            active.exist.push(key.credential)
        } else {
            other.exist.push(key.credential)
        }
    }
    if let Some(observed_at) = fact.observed_at {
        let basis = Basis { source: Source::RootEvents, observed_at };
        active.basis.push(basis);
        other.basis.push(basis);
    }
}

/// Why events that may concern keys were not read, where they were asked for.
fn unread(evidence: &Evidence) -> Option<Gap> {
    let fact = match &evidence.root_events {
        Ok(fact) => fact,
        Err(gap) => return (gap.cause != Cause::NotCollected).then(|| gap.clone()),
    };
    let in_aws = evidence.partition.as_ref().is_none_or(|partition| partition.as_str() == "aws");
    // Calls of IAM are recorded in one Region. Source: CloudTrail User Guide, global service events.
    let of_iam = |region: &str| !in_aws || region == "us-east-1";
    let mut gaps = fact.value.gaps.iter();
    gaps.find(|gap| gap.region.as_deref().is_none_or(of_iam)).map(|gap| gap.gap.clone())
}

/// The keys that events made: id and time.
type Made = Vec<(String, DateTime<Utc>)>;

fn made_keys(events: &[RootEvent]) -> Made {
    let made = events.iter().filter_map(|event| {
        let change = event.key_change.as_ref().filter(|it| it.state == KeyState::Made)?;
        Some((change.id.clone()?, event.time))
    });
    made.collect()
}

/// The id of the only key that was made at this time.
fn id_of(made: &Made, created: DateTime<Utc>) -> Option<String> {
    let mut then = made.iter().filter(|(_, at)| (*at - created).abs() <= CLOCKS);
    match (then.next(), then.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        _ => None,
    }
}

/// The instant of what decided so far: the report's, or that of a newer summary that counts none.
fn decided_at(evidence: &Evidence) -> Option<DateTime<Utc>> {
    let report = evidence.credential_report.as_ref().ok();
    let report = report.filter(|fact| fact.value.root.is_some());
    let summary = evidence.account_summary.as_ref().ok();
    let none = summary.filter(|fact| fact.value.count("AccountAccessKeysPresent") == Some(0));
    let report = report.and_then(|fact| fact.observed_at);
    report.max(none.and_then(|fact| fact.observed_at))
}

/// How many keys the summary counts, where it was read after this instant.
fn counted_since(evidence: &Evidence, at: DateTime<Utc>) -> Option<u64> {
    let fact = evidence.account_summary.as_ref().ok()?;
    fact.observed_at.filter(|read| *read > at)?;
    fact.value.count("AccountAccessKeysPresent")
}

fn step(keys: &mut Vec<Key>, event: &RootEvent, made: &Made, counted: Option<u64>) {
    let Some(change) = &event.key_change else { return };
    let id = change.id.as_deref();
    match change.state {
        KeyState::Made => {
            // The key that the summary counted and nobody had seen is this one.
            if let Some(unseen) = keys.iter().position(|key| key.credential.created.is_none()) {
                keys.remove(unseen);
            }
            let credential = Credential { created: Some(event.time), last_used: None };
            keys.push(Key { credential, id: change.id.clone(), active: true });
        }
        KeyState::Active => match meant(keys, id, made, |key| !key.active) {
            Some(index) => keys[index].active = true,
            // Nobody knows when it was made, only that it works now.
            None if keys.is_empty() => keys.push(Key {
                credential: Credential { created: None, last_used: None },
                id: change.id.clone(),
                active: true,
            }),
            None => {}
        },
        KeyState::Inactive => {
            if let Some(index) = meant(keys, id, made, |key| key.active) {
                keys[index].active = false;
            }
        }
        KeyState::Deleted => {
            let left = u64::try_from(keys.len()).unwrap_or(u64::MAX);
            let contradicted = counted.is_some_and(|count| count >= left);
            if let Some(index) = meant(keys, id, made, |_| true).filter(|_| !contradicted) {
                keys.remove(index);
            }
        }
    }
}

/// The key that an event is about: the one of its id, else the only one that it can be.
///
/// A key of known creation time that is not the one that an event made is never meant by its id.
fn meant(
    keys: &[Key],
    id: Option<&str>,
    made: &Made,
    fits: impl Fn(&Key) -> bool,
) -> Option<usize> {
    if let Some(known) = keys.iter().position(|key| id.is_some() && key.id.as_deref() == id) {
        return Some(known);
    }
    let is_made = made.iter().any(|(known, _)| Some(known.as_str()) == id);
    let can_be = |key: &Key| key.id.is_none() && (!is_made || key.credential.created.is_none());
    let mut fitting = keys.iter().enumerate().filter(|(_, key)| can_be(key) && fits(key));
    match (fitting.next(), fitting.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}
