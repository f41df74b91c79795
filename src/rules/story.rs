//! Summarises what root did: `signed in 09:02 with MFA from 198.51.100.20, 4 reads, 1 change
//! (s3:PutBucketPolicy)`.

use chrono::{DateTime, Utc};

use crate::model::{EventKind, RootEvent, RootEvents, UseKind, counted};

/// Maximum number of sessions described, and of actions per session.
const MAX_SHOWN: usize = 5;

/// Events that belong together: a sign-in and the calls of its session, or the calls of one key.
#[derive(Default)]
struct Session<'a> {
    began: Option<DateTime<Utc>>,
    key: Option<&'a str>,
    /// The ARN of the sign-in session.
    session: Option<&'a str>,
    sign_in: Option<&'a RootEvent>,
    /// Sign-ins of programs, and their tokens.
    clients: Vec<&'a RootEvent>,
    calls: Vec<&'a RootEvent>,
}

/// Describes the events of one account, oldest first; times are UTC. Empty if there are none.
#[must_use]
pub fn story(events: &[&RootEvent]) -> String {
    let sessions = sessions(events);
    let mut listed: Vec<String> = sessions.iter().take(MAX_SHOWN).map(Session::describe).collect();
    if sessions.len() > MAX_SHOWN {
        listed.push(format!("and {} more", counted(sessions.len() - MAX_SHOWN, "session")));
    }
    listed.join("; ")
}

fn sessions<'a>(events: &[&'a RootEvent]) -> Vec<Session<'a>> {
    let mut sessions: Vec<Session<'a>> = Vec::new();
    for event in events {
        let session = event.sign_in_session.as_deref();
        let is_client = event.kind == EventKind::ClientSignIn;
        if event.is_sign_in() && !is_client {
            let began = Some(event.time);
            sessions.push(Session { began, session, sign_in: Some(event), ..Session::default() });
            continue;
        }
        let key = match event.use_kind() {
            Some(UseKind::AccessKey) => Some(event.access_key_id.as_deref().unwrap_or("unknown")),
            _ => None,
        };
        let began = event.session_started;
        let known = sessions.iter().position(|group| match (key, group.session, session) {
            (Some(_), ..) => group.key == key,
            (None, Some(known), Some(session)) => known == session,
            (None, ..) => group.key.is_none() && is_same(group.began, began),
        });
        let at = known.unwrap_or_else(|| {
            sessions.push(Session { began, key, ..Session::default() });
            sessions.len() - 1
        });
        let group = &mut sessions[at];
        group.session = group.session.or(session);
        if is_client { group.clients.push(event) } else { group.calls.push(event) }
    }
    sessions
}

fn is_same(known: Option<DateTime<Utc>>, began: Option<DateTime<Utc>>) -> bool {
    match (known, began) {
        (Some(known), Some(began)) => (began - known).abs() <= RootEvents::SESSION_BEGINS,
        _ => known == began,
    }
}

impl Session<'_> {
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
                (EventKind::SignInStep, _) => ", by one step of a sign-in,",
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

/// The programs that signed in, each with its redirect addresses, and the number of their tokens.
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
    let client = id.map_or_else(|| "an unnamed client".to_owned(), |id| format!("the client {id}"));
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
