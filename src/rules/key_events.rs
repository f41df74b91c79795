//! Root access keys that CloudTrail saw made, switched, used or deleted after the report was made.
//!
//! The report names no key ids. An event that made a key tells its id and its time, and so ties the id
//! to the report's key of that time, and to no other; where there is one key and one id that signs
//! calls, they belong together. Any other event is about the only key whose id is not known. Where
//! that could be two, the report stays, and an activation leaves it undetermined whether a key is active.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::audited::keys_listed_at;
use super::known::{Credential, Known};
use super::reported::CLOCKS;
use crate::model::{
    Basis, Cause, Evidence, Gap, KeyState, RootEvent, SignedBy, Source, format_time,
};

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
        .filter(|event| event.key_change.is_some() || signing_key(event).is_some())
        .filter(|event| decided.is_none_or(|at| event.time > at))
        .collect();
    if newer.is_empty() {
        return;
    }
    let made = created_keys(&fact.value.events);
    let key = |active: bool| {
        let made = &made;
        move |credential: Credential| {
            let id = credential.created.and_then(|created| id_of(made, created));
            Key { id, credential, active }
        }
    };
    let mut keys: Vec<Key> = active.exist.drain(..).map(key(true)).collect();
    keys.extend(other.exist.drain(..).map(key(false)));
    bind_the_only_key(&mut keys, &fact.value.events);
    let mut unclear: Option<&RootEvent> = None;
    for event in &newer {
        if !step(&mut keys, event, &made, counted_since(evidence, event.time)) {
            unclear = Some(event);
        }
    }
    active.gaps.extend(unclear.map(which_key));
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

/// The long-lived key that signed a call. A call that is recorded as root's proves that it works.
fn signing_key(event: &RootEvent) -> Option<&str> {
    event.access_key_id.as_deref().filter(|_| event.access_key == SignedBy::LongLivedKey)
}

/// Where one key has no id yet and one id signs calls, it is that key's.
fn bind_the_only_key(keys: &mut [Key], events: &[RootEvent]) {
    let known: BTreeSet<String> = keys.iter().filter_map(|key| key.id.clone()).collect();
    let signing: BTreeSet<&str> = events.iter().filter_map(signing_key).collect();
    let mut ids = signing.into_iter().filter(|id| !known.contains(*id));
    let mut unnamed = keys.iter_mut().filter(|key| key.id.is_none());
    if let (Some(key), None, Some(id), None) =
        (unnamed.next(), unnamed.next(), ids.next(), ids.next())
    {
        key.id = Some(id.to_owned());
    }
}

/// It is unknown which key an event is about.
fn which_key(event: &RootEvent) -> Gap {
    let detail = format!(
        "{} at {} may concern one of several root access keys; only the next credential report shows which one",
        event.action(),
        format_time(event.time)
    );
    Gap::new(Source::RootEvents, Cause::Conflicting, detail)
        .to_do("run again with the next credential report, at most 4 hours later")
}

/// Why events that may concern keys were not read, where they were asked for.
fn unread(evidence: &Evidence) -> Option<Gap> {
    let fact = match &evidence.root_events {
        Ok(fact) => fact,
        Err(gap) => return (!gap.is_not_asked()).then(|| gap.clone()),
    };
    let in_aws = evidence.partition.as_ref().is_none_or(|partition| partition.as_str() == "aws");
    // Calls of IAM are recorded in one Region. Source: CloudTrail User Guide, global service events.
    let of_iam = |region: &str| !in_aws || region == "us-east-1";
    let mut gaps = fact.value.gaps.iter();
    gaps.find(|gap| gap.region.as_deref().is_none_or(of_iam)).map(|gap| gap.gap.clone())
}

/// The keys that events made: id and time.
type CreatedKeys = Vec<(String, DateTime<Utc>)>;

fn created_keys(events: &[RootEvent]) -> CreatedKeys {
    let made = events.iter().filter_map(|event| {
        let change = event.key_change.as_ref().filter(|it| it.state == KeyState::Made)?;
        Some((change.id.clone()?, event.time))
    });
    made.collect()
}

/// The id of the only key that was made at this time.
fn id_of(made: &CreatedKeys, created: DateTime<Utc>) -> Option<String> {
    let mut then = made.iter().filter(|(_, at)| (*at - created).abs() <= CLOCKS);
    match (then.next(), then.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        _ => None,
    }
}

/// The instant of what decided so far: the report's, that of a newer list of keys, or that of a newer
/// summary that counts none.
fn decided_at(evidence: &Evidence) -> Option<DateTime<Utc>> {
    let report = evidence.credential_report.as_ref().ok();
    let report = report.filter(|fact| fact.value.root.is_some());
    let summary = evidence.account_summary.as_ref().ok();
    let none = summary.filter(|fact| fact.value.count("AccountAccessKeysPresent") == Some(0));
    let report = report.and_then(|fact| fact.observed_at);
    report.max(none.and_then(|fact| fact.observed_at)).max(keys_listed_at(evidence))
}

/// How many keys the summary counts, where it was read after this instant.
fn counted_since(evidence: &Evidence, at: DateTime<Utc>) -> Option<u64> {
    let fact = evidence.account_summary.as_ref().ok()?;
    fact.observed_at.filter(|read| *read > at)?;
    fact.value.count("AccountAccessKeysPresent")
}

/// Takes one event into account; `false`: a key may be active, but it is unknown which one.
fn step(keys: &mut Vec<Key>, event: &RootEvent, made: &CreatedKeys, counted: Option<u64>) -> bool {
    let Some(change) = &event.key_change else {
        return signing_key(event).is_none_or(|id| mark_active(keys, id, made));
    };
    let id = change.id.as_deref();
    let meant = match_key(keys, id, made);
    match (change.state, meant) {
        (KeyState::Made, _) => {
            // The key that the summary counted and nobody had seen is this one.
            if let Some(unseen) = keys.iter().position(|key| key.credential.created.is_none()) {
                keys.remove(unseen);
            }
            let credential = Credential { created: Some(event.time), last_used: None };
            keys.push(Key { credential, id: change.id.clone(), active: true });
        }
        (KeyState::Active, KeyMatch::Key(index)) => keys[index].set_active(true, id),
        (KeyState::Active, KeyMatch::None) => keys.push(Key::unseen(id)),
        (KeyState::Active, KeyMatch::Several) => return false,
        (KeyState::Inactive, KeyMatch::Key(index)) => keys[index].set_active(false, id),
        (KeyState::Deleted, KeyMatch::Key(index)) => {
            let left = u64::try_from(keys.len()).unwrap_or(u64::MAX);
            if counted.is_none_or(|count| count < left) {
                keys.remove(index);
            }
        }
        // What may be another key leaves the report as it is: more exists and works, never less.
        (KeyState::Inactive | KeyState::Deleted, KeyMatch::None | KeyMatch::Several) => {}
    }
    true
}

/// A key that signed a call works.
fn mark_active(keys: &mut Vec<Key>, id: &str, made: &CreatedKeys) -> bool {
    match match_key(keys, Some(id), made) {
        KeyMatch::Key(index) => keys[index].set_active(true, Some(id)),
        KeyMatch::None => keys.push(Key::unseen(Some(id))),
        // One of them works already, and may be the one that signed.
        KeyMatch::Several => return keys.iter().any(|key| key.id.is_none() && key.active),
    }
    true
}

impl Key {
    /// Its creation time is unknown; it is only known to work.
    fn unseen(id: Option<&str>) -> Self {
        let credential = Credential { created: None, last_used: None };
        Self { credential, id: id.map(str::to_owned), active: true }
    }

    fn set_active(&mut self, active: bool, id: Option<&str>) {
        self.active = active;
        if self.id.is_none() {
            self.id = id.map(str::to_owned);
        }
    }
}

/// The keys that an event can be about.
enum KeyMatch {
    /// None that is known.
    None,
    Key(usize),
    Several,
}

/// The key that an event is about: the one of its id, else the only one whose id is not known.
///
/// A key of known creation time that is not the one that an event made is never meant by its id.
fn match_key(keys: &[Key], id: Option<&str>, made: &CreatedKeys) -> KeyMatch {
    if let Some(known) = keys.iter().position(|key| id.is_some() && key.id.as_deref() == id) {
        return KeyMatch::Key(known);
    }
    let is_made = made.iter().any(|(known, _)| Some(known.as_str()) == id);
    let can_be = |key: &Key| key.id.is_none() && (!is_made || key.credential.created.is_none());
    let mut fitting = keys.iter().enumerate().filter(|(_, key)| can_be(key));
    match (fitting.next(), fitting.next()) {
        (None, _) => KeyMatch::None,
        (Some((index, _)), None) => KeyMatch::Key(index),
        _ => KeyMatch::Several,
    }
}
