//! Groups what root did into sessions. Each session needs a window of its length.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{EventKind, RootEvent, RootEvents, UseKind};
use crate::policy::{Opening, Window};

/// The maximum pause between calls with a key that belong to one run of a program.
const ONE_PROGRAM: TimeDelta = TimeDelta::minutes(1);
/// A window does not include its end, so it ends later than the last activity in it.
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// One call or sign-in that a window must cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    kind: UseKind,
    part: Part,
    /// The session at AWS Sign-In, if CloudTrail names it.
    session: Option<String>,
    /// When its session began: the window is open from then on.
    began: DateTime<Utc>,
    /// The last time at which the window must be open.
    until: DateTime<Utc>,
    /// The action that the window must name; `None` if it need not name any.
    action: Option<String>,
}

/// The part of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A step of signing in, before or after the password.
    Step,
    SignIn,
    /// A call of a session.
    Call,
    /// A call that is judged by its own time: use of a key.
    KeyCall,
    /// Everything else.
    Alone,
}

impl Activity {
    /// A call or sign-in in an event. [`Window::covers_event`] defines what a window must cover.
    pub(crate) fn from_event(event: &RootEvent) -> Self {
        let part = match event.use_kind() {
            Some(_) if event.kind == EventKind::SignIn => Part::SignIn,
            Some(_) if event.kind == EventKind::SignInStep => Part::Step,
            Some(_) if event.is_sign_in() => Part::Call,
            Some(UseKind::SignIn) => Part::Call,
            Some(UseKind::AccessKey) => Part::KeyCall,
            None => Part::Alone,
        };
        let kind = event.use_kind().unwrap_or(UseKind::SignIn);
        let session = event.sign_in_session.clone();
        if event.is_sign_in() {
            let at = event.judged_at();
            return Self { kind, part, session, began: at, until: at, action: None };
        }
        let of_session = part == Part::Call;
        let began = event.session_started.filter(|began| of_session && *began < event.time);
        let began = began.unwrap_or(event.time);
        let only_reads = event.read_only && !event.is_credential_change();
        let until = match only_reads && of_session {
            // Windows cover reads for a while after they close.
            true => (event.time - Window::LEFT_OPEN).max(began),
            false => event.time,
        };
        let action = (!only_reads).then(|| nameable(event));
        Self { kind, part, session, began, until, action }
    }

    /// A use of which only the time is known.
    pub(crate) const fn at(at: DateTime<Utc>, kind: UseKind) -> Self {
        Self { kind, part: Part::Alone, session: None, began: at, until: at, action: None }
    }

    fn is_before_its_session(&self) -> bool {
        matches!(self.part, Part::Step | Part::SignIn)
    }
}

/// The action in the form that a policy can name.
fn nameable(event: &RootEvent) -> String {
    let action = event.action();
    let (service, name) = action.split_once(':').unwrap_or((&action, ""));
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !name.is_empty() {
        true => action,
        // CloudFront has an action `CreateDistribution2020_05_31`.
        false => format!("{service}:*"),
    }
}

/// A session, or several that overlap, for one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) kind: UseKind,
    /// Exactly as long as the session, so that it covers nothing else.
    pub(super) opening: Opening,
    /// The actions that the window must name, each once.
    pub(super) actions: Vec<String>,
}

/// Groups activities into sessions, in the order in which they began.
///
/// Two sessions share a window only if their windows touch or overlap. A sign-in and the session that it
/// starts are one, and so are the calls of one program with a key.
pub(super) fn sessions(done: &[Activity]) -> Vec<Session> {
    let mut done: Vec<&Activity> = done.iter().collect();
    done.sort_by_key(|done| (done.kind, done.began, done.until));
    let mut sessions: Vec<Session> = Vec::new();
    let mut last: Option<&Activity> = None;
    for next in done {
        let to = next.until + SECOND;
        let joins = |session: &&mut Session| {
            session.kind == next.kind
                && (next.began <= session.opening.to
                    || last.is_some_and(|last| {
                        belongs_together(last, session.opening.to - SECOND, next)
                    }))
        };
        match sessions.last_mut().filter(joins) {
            Some(session) => session.opening.to = session.opening.to.max(to),
            None => sessions.push(Session {
                kind: next.kind,
                opening: Opening { from: next.began, to },
                actions: Vec::new(),
            }),
        }
        if let (Some(session), Some(action)) = (sessions.last_mut(), &next.action)
            && !session.actions.contains(action)
        {
            session.actions.push(action.clone());
        }
        last = Some(next);
    }
    sessions.sort_by_key(|session| (session.opening.from, session.kind));
    sessions
}

/// Whether an activity belongs to the one before it although there is time between them. `until` is the end
/// of the one before.
fn belongs_together(before: &Activity, until: DateTime<Utc>, next: &Activity) -> bool {
    let differ =
        before.session.is_some() && next.session.is_some() && before.session != next.session;
    if differ {
        return false;
    }
    match (before.part, next.part) {
        (Part::SignIn, Part::SignIn) => false,
        (Part::KeyCall, Part::KeyCall) => next.began - until <= ONE_PROGRAM,
        (Part::Step | Part::SignIn | Part::Call, Part::Step | Part::SignIn | Part::Call)
            if before.is_before_its_session() || next.is_before_its_session() =>
        {
            next.began - before.began <= RootEvents::SESSION_BEGINS
        }
        _ => false,
    }
}
