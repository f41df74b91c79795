//! What root did, as a short story: `signed in 09:02 with MFA from 198.51.100.20, 4 reads, 1 change
//! (s3:PutBucketPolicy)`.

use chrono::{DateTime, Utc};

use crate::model::{EventKind, RootEvent, RootEvents, UseKind, counted};

/// So many sessions are told, and so many actions of each.
const MAX_SHOWN: usize = 5;

/// What belongs together: a sign-in and the calls of its session, or the calls of one key.
#[derive(Default)]
struct Chapter<'a> {
    began: Option<DateTime<Utc>>,
    key: Option<&'a str>,
    /// The ARN of the sign-in session.
    session: Option<&'a str>,
    sign_in: Option<&'a RootEvent>,
    /// Programs that were signed in, and their tokens.
    clients: Vec<&'a RootEvent>,
    calls: Vec<&'a RootEvent>,
}

/// Events of one account, oldest first, in words; clock times are UTC. Empty for none.
#[must_use]
pub fn story(events: &[&RootEvent]) -> String {
    let chapters = chapters(events);
    let mut listed: Vec<String> = chapters.iter().take(MAX_SHOWN).map(Chapter::describe).collect();
    if chapters.len() > MAX_SHOWN {
        listed.push(format!("and {} more", counted(chapters.len() - MAX_SHOWN, "session")));
    }
    listed.join("; ")
}

fn chapters<'a>(events: &[&'a RootEvent]) -> Vec<Chapter<'a>> {
    let mut chapters: Vec<Chapter<'a>> = Vec::new();
    for event in events {
        let session = event.sign_in_session.as_deref();
        let is_client = event.kind == EventKind::ClientSignIn;
        if event.is_sign_in() && !is_client {
            let began = Some(event.time);
            chapters.push(Chapter { began, session, sign_in: Some(event), ..Chapter::default() });
            continue;
        }
        let key = match event.use_kind() {
            Some(UseKind::AccessKey) => Some(event.access_key_id.as_deref().unwrap_or("unknown")),
            _ => None,
        };
        let began = event.session_started;
        let known = chapters.iter().position(|chapter| match (key, chapter.session, session) {
            (Some(_), ..) => chapter.key == key,
            (None, Some(known), Some(session)) => known == session,
            (None, ..) => chapter.key.is_none() && is_same(chapter.began, began),
        });
        let at = known.unwrap_or_else(|| {
            chapters.push(Chapter { began, key, ..Chapter::default() });
            chapters.len() - 1
        });
        let chapter = &mut chapters[at];
        chapter.session = chapter.session.or(session);
        if is_client { chapter.clients.push(event) } else { chapter.calls.push(event) }
    }
    chapters
}

fn is_same(known: Option<DateTime<Utc>>, began: Option<DateTime<Utc>>) -> bool {
    match (known, began) {
        (Some(known), Some(began)) => (began - known).abs() <= RootEvents::SESSION_BEGINS,
        _ => known == began,
    }
}

impl Chapter<'_> {
    fn describe(&self) -> String {
        let mut parts = vec![self.opening()];
        parts.extend(programs(&self.clients));
        let (reads, changes): (Vec<&RootEvent>, Vec<&RootEvent>) =
            self.calls.iter().copied().partition(|event| event.read_only);
        if !reads.is_empty() {
            parts.push(counted(reads.len(), "read"));
        }
        if !changes.is_empty() {
            parts.push(format!("{} ({})", counted(changes.len(), "change"), actions(&changes)));
        }
        let failed = self
            .calls
            .iter()
            .chain(&self.clients)
            .filter(|event| event.error_code.is_some())
            .count();
        if failed > 0 {
            parts.push(format!("{failed} of them failed"));
        }
        parts.join(", ")
    }

    fn opening(&self) -> String {
        let own = self.clients.iter().chain(&self.calls).min_by_key(|event| event.time);
        let first = self.sign_in.or(own.copied());
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

/// The programs that were signed in, each with where its codes went, and how many tokens they had.
fn programs(clients: &[&RootEvent]) -> Vec<String> {
    let mut listed: Vec<(Option<&str>, &RootEvent, Vec<&str>)> = Vec::new();
    for event in clients {
        let client = event.client.as_ref();
        let id = client.and_then(|client| client.id.as_deref());
        let known = listed.iter().position(|(other, ..)| *other == id).unwrap_or_else(|| {
            listed.push((id, event, Vec::new()));
            listed.len() - 1
        });
        let address = client.and_then(|client| client.redirect_uri.as_deref());
        let new = address.filter(|address| !listed[known].2.contains(address));
        listed[known].2.extend(new);
    }
    let more = listed.len().saturating_sub(MAX_SHOWN);
    let mut parts: Vec<String> = listed.iter().take(MAX_SHOWN).map(program).collect();
    if more > 0 {
        parts.push(counted(more, "more client"));
    }
    let is_token = |event: &&&RootEvent| event.event_name.starts_with("CreateOAuth2Token");
    match clients.iter().filter(is_token).count() {
        0 => {}
        tokens => parts.push(counted(tokens, "token")),
    }
    parts
}

fn program((id, first, addresses): &(Option<&str>, &RootEvent, Vec<&str>)) -> String {
    let client =
        id.map_or_else(|| "a client without a name".to_owned(), |id| format!("the client {id}"));
    let shown = addresses.iter().take(MAX_SHOWN).copied().collect::<Vec<_>>().join(", ");
    let to = match addresses.len() {
        0 => String::new(),
        1..=MAX_SHOWN => format!(", redirect address {shown}"),
        more => format!(", redirect addresses {shown} and {} more", more - MAX_SHOWN),
    };
    format!("signed in {client} at {}{to}", first.time.format("%H:%M"))
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
    let more = names.len().saturating_sub(MAX_SHOWN);
    names.truncate(MAX_SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
