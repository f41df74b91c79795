//! What root did, as a short story: `signed in 09:02 with MFA from 198.51.100.20, 4 reads, 1 change
//! (s3:PutBucketPolicy)`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{EventKind, RootEvent, UseKind};

/// So many sessions are told, and so many actions of each.
const TOLD: usize = 5;
/// A session begins when its sign-in is recorded, or a moment later.
const SAME: TimeDelta = TimeDelta::minutes(2);

/// What belongs together: a sign-in and the calls of its session, or the calls of one key.
#[derive(Default)]
struct Chapter<'a> {
    began: Option<DateTime<Utc>>,
    key: Option<&'a str>,
    sign_in: Option<&'a RootEvent>,
    calls: Vec<&'a RootEvent>,
}

/// Events of one account, oldest first, in words; clock times are UTC. Empty for none.
pub(super) fn story(events: &[&RootEvent]) -> String {
    let chapters = chapters(events);
    let mut told: Vec<String> = chapters.iter().take(TOLD).map(Chapter::tell).collect();
    if chapters.len() > TOLD {
        told.push(format!("and {} more", counted(chapters.len() - TOLD, "session")));
    }
    told.join("; ")
}

fn chapters<'a>(events: &[&'a RootEvent]) -> Vec<Chapter<'a>> {
    let mut chapters: Vec<Chapter<'a>> = Vec::new();
    for event in events {
        if event.is_sign_in() {
            let began = Some(event.time);
            chapters.push(Chapter { began, sign_in: Some(event), ..Chapter::default() });
            continue;
        }
        let key = match event.use_kind() {
            Some(UseKind::AccessKey) => Some(event.access_key_id.as_deref().unwrap_or("unknown")),
            _ => None,
        };
        let began = event.session_started;
        let known = chapters.iter_mut().find(|chapter| match (key, chapter.began, began) {
            (Some(_), ..) => chapter.key == key,
            (None, Some(known), Some(began)) => {
                chapter.key.is_none() && (began - known).abs() <= SAME
            }
            (None, ..) => chapter.key.is_none() && chapter.began == began,
        });
        match known {
            Some(chapter) => chapter.calls.push(event),
            None => chapters.push(Chapter { began, key, sign_in: None, calls: vec![event] }),
        }
    }
    chapters
}

impl Chapter<'_> {
    fn tell(&self) -> String {
        let mut parts = vec![self.opening()];
        let (reads, changes): (Vec<&RootEvent>, Vec<&RootEvent>) =
            self.calls.iter().copied().partition(|event| event.read_only);
        if !reads.is_empty() {
            parts.push(counted(reads.len(), "read"));
        }
        if !changes.is_empty() {
            parts.push(format!("{} ({})", counted(changes.len(), "change"), actions(&changes)));
        }
        let failed = self.calls.iter().filter(|event| event.error_code.is_some()).count();
        if failed > 0 {
            parts.push(format!("{failed} of them failed"));
        }
        parts.join(", ")
    }

    fn opening(&self) -> String {
        let first = self.sign_in.or_else(|| self.calls.first().copied());
        let from = first.and_then(|event| event.source_address.as_deref());
        let from = from.map(|address| format!(" from {address}")).unwrap_or_default();
        let region = first.map(|event| format!(" in {}", event.region)).unwrap_or_default();
        let at = |time: DateTime<Utc>| time.format("%H:%M").to_string();
        if let Some(event) = self.sign_in {
            let how = match (event.kind, event.mfa) {
                (EventKind::SignInStep, _) => ", by a step that is no whole sign-in,",
                (_, Some(true)) => " with MFA",
                (_, Some(false)) => " without MFA",
                (_, None) => ", MFA unknown,",
            };
            return format!("signed in {}{how}{from}{region}", at(event.time));
        }
        let first_at = first.map(|event| at(event.time)).unwrap_or_default();
        if let Some(key) = self.key {
            return format!("access key {key} since {first_at}{from}{region}");
        }
        let mfa = match first.and_then(|event| event.mfa) {
            Some(true) => " with MFA",
            Some(false) => " without MFA",
            None => "",
        };
        match self.began {
            Some(began) => format!("a session begun {}{mfa}{from}{region}", at(began)),
            None => format!("at {first_at}{from}{region}"),
        }
    }
}

/// The distinct actions, with the tasks that only root can do.
fn actions(events: &[&RootEvent]) -> String {
    let mut names: Vec<String> = Vec::new();
    for event in events {
        let name = match event.task {
            Some(task) => format!("{}: {}", event.action(), task.name()),
            None => event.action(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(TOLD);
    names.truncate(TOLD);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// `1 read`, `4 reads`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
