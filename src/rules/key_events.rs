//! Applies CloudTrail events about root access keys that are newer than the report: creation, activation,
//! use and deletion.
//!
//! The report contains no key ids. An event that created a key has its id and its time, so the id belongs to
//! the report's key of that time. If there is one key, and one id signs calls, they belong together. Any other
//! event is about the only key with an unknown id. If there could be two, the report stays unchanged, and
//! after an activation it is undetermined whether a key is active.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::audited::keys_listed_at;
use super::known::{Credential, Known};
use super::reported::CLOCKS;
use crate::model::{
    Basis, Cause, Evidence, Gap, KeyState, RootEvent, SignedBy, Source, format_time,
};

/// A key, with its id if an event contains it.
struct Key {
    credential: Credential,
    id: Option<String>,
    active: bool,
}

/// Updates the state of the report and the summary with newer key events.
pub(super) fn apply(evidence: &Evidence, active: &mut Known, other: &mut Known) {
    // Only an event shows that an inactive key was activated after the report.
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

/// The long-lived key that signed a call of root. Such a call proves that the key works.
fn signing_key(event: &RootEvent) -> Option<&str> {
    event.access_key_id.as_deref().filter(|_| event.access_key == SignedBy::LongLivedKey)
}

/// If one key has no id yet, and one id signs calls, the id belongs to that key.
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

/// The gap for an event that may be about one of several keys.
fn which_key(event: &RootEvent) -> Gap {
    let detail = format!(
        "{} at {} may concern one of several root access keys; only the next credential report shows which one",
        event.action(),
        format_time(event.time)
    );
    Gap::new(Source::RootEvents, Cause::Conflicting, detail)
        .to_do("run again with the next credential report, at most 4 hours later")
}

/// The gap for events about keys that were requested but not read.
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

/// The keys that events created: id and time.
type CreatedKeys = Vec<(String, DateTime<Utc>)>;

fn created_keys(events: &[RootEvent]) -> CreatedKeys {
    let made = events.iter().filter_map(|event| {
        let change = event.key_change.as_ref().filter(|it| it.state == KeyState::Made)?;
        Some((change.id.clone()?, event.time))
    });
    made.collect()
}

/// The id of the only key that was created at this time.
fn id_of(made: &CreatedKeys, created: DateTime<Utc>) -> Option<String> {
    let mut then = made.iter().filter(|(_, at)| (*at - created).abs() <= CLOCKS);
    match (then.next(), then.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        _ => None,
    }
}

/// The time of the deciding source: the report, a newer list of keys, or a newer summary that counts no
/// keys.
fn decided_at(evidence: &Evidence) -> Option<DateTime<Utc>> {
    let report = evidence.credential_report.as_ref().ok();
    let report = report.filter(|fact| fact.value.root.is_some());
    let summary = evidence.account_summary.as_ref().ok();
    let none = summary.filter(|fact| fact.value.count("AccountAccessKeysPresent") == Some(0));
    let report = report.and_then(|fact| fact.observed_at);
    report.max(none.and_then(|fact| fact.observed_at)).max(keys_listed_at(evidence))
}

/// The number of keys in the summary, if it was read after this time.
fn counted_since(evidence: &Evidence, at: DateTime<Utc>) -> Option<u64> {
    let fact = evidence.account_summary.as_ref().ok()?;
    fact.observed_at.filter(|read| *read > at)?;
    fact.value.count("AccountAccessKeysPresent")
}

/// Applies one event; `false` if a key may be active but it is unknown which one.
fn step(keys: &mut Vec<Key>, event: &RootEvent, made: &CreatedKeys, counted: Option<u64>) -> bool {
    let Some(change) = &event.key_change else {
        return signing_key(event).is_none_or(|id| mark_active(keys, id, made));
    };
    let id = change.id.as_deref();
    let meant = match_key(keys, id, made);
    match (change.state, meant) {
        (KeyState::Made, _) => {
            // This is the key that only the summary counted so far.
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
        // If it may be another key, the report stays unchanged, which never hides a key.
        (KeyState::Inactive | KeyState::Deleted, KeyMatch::None | KeyMatch::Several) => {}
    }
    true
}

/// Marks the key that signed a call as active.
fn mark_active(keys: &mut Vec<Key>, id: &str, made: &CreatedKeys) -> bool {
    match match_key(keys, Some(id), made) {
        KeyMatch::Key(index) => keys[index].set_active(true, Some(id)),
        KeyMatch::None => keys.push(Key::unseen(Some(id))),
        // One of them is active already, and may have signed the call.
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

/// The key that an event is about.
enum KeyMatch {
    /// No known key.
    None,
    Key(usize),
    Several,
}

/// Finds the key that an event is about: the key with its id, or the only key with an unknown id.
///
/// If events show when the key with this id was created, a key with another creation time never matches.
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
