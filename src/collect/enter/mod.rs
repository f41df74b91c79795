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

/// One call opens the run's own session anew so often: AWS may say of a fresh one that it has ended.
pub(crate) const MAX_RENEWALS: usize = 2;

/// What a run enters accounts for.
pub(crate) struct Wanted<'a> {
    /// The accounts that are named.
    pub(crate) targets: &'a [Target],
    /// The organization whose accounts are entered.
    pub(crate) organization: Option<&'a OrganizationSettings>,
    /// What the sessions may read.
    pub(crate) needs: &'a BTreeSet<Source>,
    /// Nothing is asked for after it.
    pub(crate) ends: Instant,
    /// What time it is; `None`: no session is opened anew.
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

/// The run's own session. It is opened anew when it has ended.
#[derive(Default)]
struct Own {
    /// How often it was opened before, and the session; `None`: no account needs it.
    session: RefCell<(usize, Option<Session>)>,
    /// Whoever has it opens the next one; the others wait for that.
    opening: Mutex<()>,
}

impl Own {
    fn get(&self) -> (usize, Option<Session>) {
        self.session.borrow().clone()
    }
}

impl<'a> AccountSessions<'a> {
    /// Signs in as the run itself, where anything needs that, and settles which accounts are meant.
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

    /// Opens the run's own session anew, because that of this number has ended; unless somebody else
    /// did. Whether there is a newer one of the same account.
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

    /// The accounts to enter that were named.
    pub(crate) fn targets(&self) -> &[NamedTarget<'a>] {
        &self.targets
    }

    /// What GitHub's token said of the run's own identity, where it was opened by one.
    pub(crate) fn claims(&self) -> Option<Claims> {
        self.own.get().1.and_then(|own| own.claims)
    }

    /// Whether a target can be entered at all; nothing is sent.
    pub(crate) fn check(&self, target: &NamedTarget<'_>) -> Result<(), SignInError> {
        self.routes.route_to(target, self.own_account().as_ref()).map(drop)
    }

    /// Enters an account that was named, and makes sure that it is that account.
    pub(crate) async fn enter(
        &self,
        target: &NamedTarget<'_>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let route = self.routes.route_to(target, self.own_account().as_ref())?;
        self.by_route(route.as_ref(), &target.account, pace).await
    }

    /// The routes to an account of the organization, in the order in which they are tried. `None`: it
    /// is the account of the run's own session.
    ///
    /// # Errors
    /// It may not be signed in to.
    pub(crate) fn routes_to(&self, member: &Member<'_>) -> Result<Option<Vec<Route>>, SignInError> {
        let organization = self.wanted.organization.ok_or_else(route::no_target)?;
        let own = self.own_account().ok_or_else(route::no_target)?;
        self.routes.to_member(organization, member, &own)
    }

    /// Enters an account by a route, or with the run's own session, and makes sure that it is that
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

    /// What is read in an account itself.
    fn read_in_accounts(&self) -> BTreeSet<Source> {
        let needs = self.wanted.needs.iter().copied();
        needs.filter(|source| !source.is_for_organizations()).collect()
    }

    /// The time that is left.
    pub(crate) fn time_left(&self) -> Duration {
        self.wanted.ends.saturating_duration_since(Instant::now())
    }

    /// A share of it, for calls whose errors hide the secrets of this run.
    pub(crate) fn pace(&self, share: Duration) -> Pace {
        Pace::new(share.min(self.time_left()), self.stop.clone()).hiding(self.access.secrets())
    }
}
