//! Which events a window covers: by their own time, and by the time at which their session began.

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule::Opening;
use super::types::{Allow, Window};
use crate::model::{AccountId, RootEvent, UseKind};

impl Window {
    /// A tab of the console that was left open still reads: so long after a window closed.
    pub const LEFT_OPEN: TimeDelta = TimeDelta::hours(1);

    /// Whether the window covers a use of root, or a change of its credentials.
    ///
    /// A sign-in is covered while the window is open; that of a program (`aws login`, an agent) where
    /// the session that let it in began in the window. A call of a session is covered where the
    /// session began in the window: one that only reads until an hour after the window closed, any
    /// other until it closed, and only as `allow.actions` says. Use of a long-lived key, and what
    /// other principals do, is judged by its own time.
    #[must_use]
    pub fn covers_event(&self, account: &AccountId, event: &RootEvent) -> bool {
        if !self.is_for(account) {
            return false;
        }
        match event.use_kind() {
            Some(UseKind::SignIn) if event.is_sign_in() => {
                self.allow.sign_in && self.is_open(event.judged_at())
            }
            Some(UseKind::SignIn) => self.allow.sign_in && self.covers_session(event),
            Some(UseKind::AccessKey) => {
                self.allow.access_key && self.is_open(event.time) && self.allow.permits(event)
            }
            None => self.is_open(event.time) && self.allow.permits(event),
        }
    }

    /// Whether the window is open at this instant and names one of these actions in full.
    #[must_use]
    pub fn names_one_of(&self, account: &AccountId, at: DateTime<Utc>, actions: &[&str]) -> bool {
        let named = |allowed: &String| actions.iter().any(|it| it.eq_ignore_ascii_case(allowed));
        self.is_for(account)
            && self.is_open(at)
            && self.allow.actions.as_ref().is_some_and(|allowed| allowed.iter().any(named))
    }

    /// Whether a sign-in without MFA is agreed at this instant.
    #[must_use]
    pub fn allows_missing_mfa(&self, account: &AccountId, at: DateTime<Utc>) -> bool {
        !self.require_mfa && self.covers(account, UseKind::SignIn, at)
    }

    fn covers_session(&self, event: &RootEvent) -> bool {
        // A call that does not say when its session began is judged by its own time.
        let began = event.session_started.unwrap_or(event.time);
        let Some(opening) = self.opening_at(began) else { return false };
        if event.read_only && !event.is_credential_change() {
            return event.time < opening.to + Self::LEFT_OPEN;
        }
        event.time < opening.to && self.is_open(event.time) && self.allow.permits(event)
    }

    /// The opening that an instant lies in. In the night in which clocks go back an opening may
    /// reach over an hour in which, by the clock, the window is closed: the clock decides.
    fn opening_at(&self, at: DateTime<Utc>) -> Option<Opening> {
        let opening = self.openings(at).next().filter(|opening| opening.from <= at);
        opening.filter(|_| self.is_open(at))
    }
}

impl Allow {
    /// Whether a call may be made. A change of root's credentials must be named in full.
    fn permits(&self, event: &RootEvent) -> bool {
        let action = event.action();
        let names = |allowed: &String| allowed.eq_ignore_ascii_case(&action);
        match &self.actions {
            Some(actions) if event.is_credential_change() => actions.iter().any(names),
            None => !event.is_credential_change(),
            Some(_) if event.read_only => true,
            Some(actions) => {
                actions.iter().any(|allowed| names(allowed) || is_whole_service(allowed, &action))
            }
        }
    }
}

/// Whether `s3:*` is allowed and the action is one of `s3`.
pub(super) fn is_whole_service(allowed: &str, action: &str) -> bool {
    let service = allowed.strip_suffix(":*");
    service.is_some_and(|service| action.split(':').next() == Some(service))
}

#[cfg(test)]
mod tests;
