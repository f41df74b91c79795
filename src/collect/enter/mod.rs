//! How accounts are entered, apart from what is read there and when.
//!
//! ```text
//! EntrySettings, targets -> route (which way, and whether at all) -> guard -> access (opens sessions)
//!                        -> Session (whose it is, and the clients of its services)
//! ```
//!
//! [`enter`] is for a command that looks into one account. Behind it, [`AccountSessions`] knows the run's own
//! identity, and enters each target by its route.

mod access;
mod guard;
mod profile;
mod route;
mod session;
mod session_policy;
mod sign_in_error;
mod sign_in_explained;
mod trust_policy;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::github::oidc::Claims;
use crate::model::{AccountId, Source};

use super::pace::{Pace, Stop};
use super::{EntrySettings, Sinks, Target};

use access::Access;
use route::Routes;

pub(crate) use route::NamedTarget;
pub use route::Route;
pub use session::Session;
pub use sign_in_error::SignInError;

/// Enters one account, for a command that makes calls of its own there. The session may read `needs`.
///
/// `stop` ends it early when it completes, with the reason. Runs on a current-thread runtime of tokio.
///
/// # Errors
/// Nobody could be signed in there.
pub async fn enter(
    settings: &EntrySettings,
    target: &Target,
    needs: &BTreeSet<Source>,
    sinks: &Sinks<'_>,
    stop: impl Future<Output = String> + Send + 'static,
) -> Result<Session, SignInError> {
    let (stop, _watcher) = Stop::when(stop);
    let ends = Instant::now() + settings.timeout;
    let targets = std::slice::from_ref(target);
    let sessions = AccountSessions::open(settings, targets, needs, sinks, stop, ends).await?;
    let [target] = sessions.targets() else { return Err(route::no_target()) };
    sessions.enter(target, &sessions.pace(settings.timeout / 3)).await
}

/// Enters the accounts of one run.
pub(crate) struct AccountSessions<'a> {
    settings: &'a EntrySettings,
    access: Access<'a>,
    routes: Routes<'a>,
    targets: Vec<NamedTarget<'a>>,
    own: Option<Session>,
    stop: Stop,
    ends: Instant,
}

impl<'a> AccountSessions<'a> {
    /// Signs in as the run itself, where anything needs that, and settles which accounts are meant.
    /// The sessions may read `needs`, and nothing is asked for after `ends`.
    pub(crate) async fn open(
        settings: &'a EntrySettings,
        targets: &'a [Target],
        needs: &'a BTreeSet<Source>,
        sinks: &'a Sinks<'a>,
        stop: Stop,
        ends: Instant,
    ) -> Result<Self, SignInError> {
        let routes = Routes::new(settings, targets);
        let access = Access::prepare(settings, needs, routes.have_roles(), sinks).await?;
        let (targets, own) = (Vec::new(), None);
        let mut sessions = Self { settings, access, routes, targets, own, stop, ends };
        sessions.own = sessions.own_identity().await?;
        let own = sessions.own_account();
        let targets = sessions.routes.named(own)?;
        sessions.routes.check_external_id(&targets, own)?;
        sessions.targets = targets;
        Ok(sessions)
    }

    async fn own_identity(&self) -> Result<Option<Session>, SignInError> {
        let steps = self.routes.to_own()?;
        let onward = self.routes.onward();
        let pace = self.pace(self.settings.timeout / 3);
        let mut session = None;
        for step in &steps {
            let next = self.access.enter(step, session.as_ref(), &onward, None, &pace).await?;
            session = Some(next);
        }
        Ok(session)
    }

    fn own_account(&self) -> Option<&AccountId> {
        self.own.as_ref().map(|own| &own.account)
    }

    /// The accounts to enter.
    pub(crate) fn targets(&self) -> &[NamedTarget<'a>] {
        &self.targets
    }

    /// What GitHub's token said of the run's own identity, where it was opened by one.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        self.own.as_ref().and_then(|own| own.claims.as_ref())
    }

    /// Whether a target can be entered at all; nothing is sent.
    pub(crate) fn check(&self, target: &NamedTarget<'_>) -> Result<(), SignInError> {
        self.routes.route_to(target, self.own_account()).map(drop)
    }

    /// Enters an account, and makes sure that it is that account.
    pub(crate) async fn enter(
        &self,
        target: &NamedTarget<'_>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let own = self.own.as_ref();
        match self.routes.route_to(target, self.own_account())? {
            None => own.cloned().ok_or_else(route::no_target),
            Some(route) => self.access.enter(&route, own, &[], Some(&target.account), pace).await,
        }
    }

    /// The time that is left.
    pub(crate) fn time_left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// A share of it, for calls whose errors hide the secrets of this run.
    pub(crate) fn pace(&self, share: Duration) -> Pace {
        Pace::new(share.min(self.time_left()), self.stop.clone()).hiding(self.access.secrets())
    }
}
