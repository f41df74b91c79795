//! Enters accounts: signs in and assumes roles. Other modules read what is in them.
//!
//! ```text
//! EntrySettings, targets -> route (how to enter, or a refusal) -> guard -> access (opens sessions)
//!                        -> Session (its account, and the clients of its services)
//! ```
//!
//! [`enter`] is for a command that reads one account. [`AccountSessions`] knows the run's own
//! identity, and enters each target by its route.

mod access;
mod guard;
mod profile;
mod refused;
mod route;
mod session;
mod session_policy;
mod sign_in_error;
mod sign_in_explained;
mod trust_policy;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::github::oidc::Claims;
use crate::model::{AccountId, Source};

use super::pace::{Pace, Stop};
use super::{EntrySettings, OrganizationSettings, Sinks, Target};

use access::Access;
use route::Routes;
use session_policy::Grants;

pub(crate) use refused::Refused;
pub use route::Route;
pub(crate) use route::{Member, NamedTarget};
pub use session::Session;
pub use sign_in_error::SignInError;

/// Enters one account, for a command that makes its own calls there. The session may read `needs`.
///
/// When `stop` completes, it ends the sign-in early, with the reason. Runs on a current-thread
/// runtime of tokio.
///
/// # Errors
/// The sign-in failed.
pub async fn enter(
    settings: &EntrySettings,
    target: &Target,
    needs: &BTreeSet<Source>,
    sinks: &Sinks<'_>,
    stop: impl Future<Output = String> + Send + 'static,
) -> Result<Session, SignInError> {
    let (stop, _watcher) = Stop::when(stop);
    let wanted = Wanted {
        targets: std::slice::from_ref(target),
        organization: None,
        needs,
        ends: Instant::now() + settings.timeout,
        clock: None,
    };
    let sessions = AccountSessions::open(settings, wanted, sinks, stop).await?;
    let [target] = sessions.targets() else { return Err(route::no_target()) };
    sessions.enter(target, &sessions.pace(settings.timeout / 3)).await
}

/// The maximum number of times that one call reopens the run's own session: AWS may say that even
/// a new session has ended.
pub(crate) const MAX_RENEWALS: usize = 2;

/// The accounts to enter, and what their sessions may do.
pub(crate) struct Wanted<'a> {
    /// The named accounts.
    pub(crate) targets: &'a [Target],
    /// The organization, if its accounts are entered.
    pub(crate) organization: Option<&'a OrganizationSettings>,
    /// The sources that the sessions may read.
    pub(crate) needs: &'a BTreeSet<Source>,
    /// The deadline of all calls.
    pub(crate) ends: Instant,
    /// The clock; `None`: no session is reopened.
    pub(crate) clock: Option<&'a dyn Fn() -> DateTime<Utc>>,
}

/// Enters the accounts of one run.
pub(crate) struct AccountSessions<'a> {
    settings: &'a EntrySettings,
    wanted: Wanted<'a>,
    access: Access<'a>,
    routes: Routes<'a>,
    targets: Vec<NamedTarget<'a>>,
    own: Own,
    stop: Stop,
}

/// The run's own session. It is reopened when it has ended.
#[derive(Default)]
struct Own {
    /// The number of earlier sessions, and the session; `None`: no account needs it.
    session: RefCell<(usize, Option<Session>)>,
    /// The holder of the lock opens the next session; the others wait.
    opening: Mutex<()>,
}

impl Own {
    fn get(&self) -> (usize, Option<Session>) {
        self.session.borrow().clone()
    }
}

impl<'a> AccountSessions<'a> {
    /// Opens the run's own session if an account needs it, and resolves the accounts.
    pub(crate) async fn open(
        settings: &'a EntrySettings,
        wanted: Wanted<'a>,
        sinks: &'a Sinks<'a>,
        stop: Stop,
    ) -> Result<Self, SignInError> {
        let routes = Routes::new(settings, wanted.targets, wanted.organization);
        let chains = wanted.organization.is_some();
        let access = Access::prepare(settings, routes.have_roles(), chains, sinks).await?;
        let (targets, own) = (Vec::new(), Own::default());
        let mut sessions = Self { settings, wanted, access, routes, targets, own, stop };
        let session = sessions.own_identity().await?;
        sessions.own.session.replace((0, session));
        let own = sessions.own_account();
        let targets = sessions.routes.named(own.as_ref())?;
        sessions.routes.check_external_id(&targets, own.as_ref())?;
        sessions.targets = targets;
        Ok(sessions)
    }

    async fn own_identity(&self) -> Result<Option<Session>, SignInError> {
        let steps = self.routes.to_own()?;
        let grants = self.routes.grants_of_own(self.wanted.needs);
        let pace = self.pace(self.settings.timeout / 3);
        let mut session = None;
        for step in &steps {
            let next = self.access.enter(step, session.as_ref(), &grants, None, &pace).await?;
            session = Some(next);
        }
        Ok(session)
    }

    /// The account of the run's own session.
    pub(crate) fn own_account(&self) -> Option<AccountId> {
        self.own.get().1.map(|own| own.account)
    }

    /// The run's own session, with its number for [`Self::renew_own`].
    pub(crate) fn own(&self) -> Result<(usize, Session), SignInError> {
        let (number, session) = self.own.get();
        session.map(|session| (number, session)).ok_or_else(route::no_target)
    }

    /// Reopens the run's own session, because the one with this number has ended, unless another
    /// call already did. Returns whether there is a newer session of the same account.
    pub(crate) async fn renew_own(&self, ended: usize) -> bool {
        let _turn = self.own.opening.lock().await;
        let (number, session) = self.own.get();
        if number != ended {
            return true;
        }
        let may_have_ended = |session: &Session| {
            self.wanted.clock.is_some_and(|clock| session.may_have_ended(clock()))
        };
        let Some(before) = session.filter(may_have_ended) else { return false };
        match self.own_identity().await {
            Ok(Some(new)) if new.account == before.account => {
                self.own.session.replace((number + 1, Some(new)));
                true
            }
            _ => false,
        }
    }

    /// The named accounts to enter.
    pub(crate) fn targets(&self) -> &[NamedTarget<'a>] {
        &self.targets
    }

    /// The claims of the GitHub token that opened the run's own session, if one did.
    pub(crate) fn claims(&self) -> Option<Claims> {
        self.own.get().1.and_then(|own| own.claims)
    }

    /// Checks whether a target may be entered. Nothing is sent.
    pub(crate) fn check(&self, target: &NamedTarget<'_>) -> Result<(), SignInError> {
        self.routes.route_to(target, self.own_account().as_ref()).map(drop)
    }

    /// Enters a named account, and checks that it is that account.
    pub(crate) async fn enter(
        &self,
        target: &NamedTarget<'_>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let route = self.routes.route_to(target, self.own_account().as_ref())?;
        self.by_route(route.as_ref(), &target.account, pace).await
    }

    /// The routes to an account of the organization, in the order in which they are tried. `None`:
    /// it is the account of the run's own session.
    ///
    /// # Errors
    /// Signing in to it is not allowed.
    pub(crate) fn routes_to(&self, member: &Member<'_>) -> Result<Option<Vec<Route>>, SignInError> {
        let organization = self.wanted.organization.ok_or_else(route::no_target)?;
        let own = self.own_account().ok_or_else(route::no_target)?;
        self.routes.to_member(organization, member, &own)
    }

    /// Enters an account by a route, or with the run's own session, and checks that it is that
    /// account.
    pub(crate) async fn by_route(
        &self,
        route: Option<&Route>,
        account: &AccountId,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let Some(route) = route else { return Ok(self.own()?.1) };
        let grants = Grants { reads: self.read_in_accounts(), ..Grants::default() };
        let mut renewals = 0;
        loop {
            let (number, own) = self.own.get();
            let once = pace.of_another_session();
            let own = own.as_ref();
            let entered = self.access.enter(route, own, &grants, Some(account), &once).await;
            let has_ended = entered.is_err() && once.session_has_ended() && renewals < MAX_RENEWALS;
            if !has_ended || !self.renew_own(number).await {
                return entered;
            }
            renewals += 1;
        }
    }

    /// The sources that are read in the account itself.
    fn read_in_accounts(&self) -> BTreeSet<Source> {
        let needs = self.wanted.needs.iter().copied();
        needs.filter(|source| !source.is_for_organizations()).collect()
    }

    /// The time left.
    pub(crate) fn time_left(&self) -> Duration {
        self.wanted.ends.saturating_duration_since(Instant::now())
    }

    /// A pace that ends within the time left. The errors of its calls hide the secrets of this run.
    pub(crate) fn pace(&self, share: Duration) -> Pace {
        Pace::new(share.min(self.time_left()), self.stop.clone()).hiding(self.access.secrets())
    }
}
