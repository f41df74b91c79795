//! From accounts to evidence: entered and read in what time, side by side.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::github::oidc::Claims;
use crate::model::{Evidence, Partition};
use crate::net::retry::part;
use crate::net::schedule::{Limits, bounded};
use crate::text;
use crate::text::outside;

use super::enter::{AccountSessions, NamedTarget, Session};
use super::pace::{Pace, Stop};
use super::sources::Reader;
use super::{Settings, SignInError, Sinks};

/// So many accounts for each of `--concurrency` are under way, the ones that wait included.
const WAITING: usize = 8;

/// A run over its accounts.
struct Run<'a> {
    settings: &'a Settings,
    clock: &'a dyn Fn() -> DateTime<Utc>,
    sinks: &'a Sinks<'a>,
    sessions: AccountSessions<'a>,
}

type Result<T> = std::result::Result<T, SignInError>;

/// Enters the accounts and reads each; hands its evidence on when it is complete.
pub(super) async fn collect(
    settings: &Settings,
    clock: &dyn Fn() -> DateTime<Utc>,
    sinks: &Sinks<'_>,
    stop: &Stop,
    each: &mut dyn FnMut(Evidence),
) -> Result<Option<Claims>> {
    let started = Instant::now();
    let Settings { entry, targets, needs, .. } = settings;
    // Judging and writing need some of the time, too.
    let reserve = (entry.timeout / 20).min(Duration::from_secs(5));
    let ends = started + (entry.timeout - reserve);
    let proxies = &entry.environment.proxy_variables;
    if !proxies.is_empty() {
        (sinks.note)(&text!("proxies are taken from {}", outside(proxies.join(", "))));
    }
    let sessions = AccountSessions::open(entry, targets, needs, sinks, stop.clone(), ends).await?;
    let run = &Run { settings, clock, sinks, sessions };
    let targets = run.sessions.targets();
    let first = run.first()?;
    let pace = run.sessions.pace(entry.timeout / 3);
    let mut entered = Some(run.sessions.enter(&targets[first], &pace).await?);
    let claims = run.sessions.claims().or(entered.as_ref().and_then(|it| it.claims.as_ref()));
    let claims = claims.cloned();
    let limits = run.limits();
    // Where all accounts fit in, each has all the time; else a slow one ends, so that others begin.
    let left = run.sessions.time_left();
    let limit = if targets.len() <= limits.most { left } else { left / 2 };
    let reads = targets.iter().enumerate().map(|(index, target)| {
        let session = if index == first { entered.take() } else { None };
        // Boxed: such a future is large, and is moved before it runs.
        Box::pin(run.account(target, session, limit))
    });
    bounded(reads, limits, |_, evidence| each(evidence)).await;
    Ok(claims)
}

impl Run<'_> {
    /// The first account that can be entered at all: it decides whether anything is judged.
    fn first(&self) -> Result<usize> {
        let mut refusals = Vec::new();
        for (index, target) in self.sessions.targets().iter().enumerate() {
            match self.sessions.check(target) {
                Ok(()) => return Ok(index),
                Err(error) => refusals.push(error),
            }
        }
        let nobody = || SignInError::NoIdentity("no account was named".to_owned());
        Err(refusals.into_iter().next().unwrap_or_else(nobody))
    }

    /// `--concurrency` accounts make progress side by side. One that only waits, for a report or for
    /// calls that are throttled, keeps no other from starting.
    fn limits(&self) -> Limits {
        let places = self.settings.concurrency.max(1);
        let patience = part(self.settings.entry.timeout, 60, 50, 5_000);
        Limits { places, patience, most: places * WAITING }
    }

    /// One account's evidence: all gaps if it cannot be entered.
    async fn account(
        &self,
        target: &NamedTarget<'_>,
        entered: Option<Session>,
        limit: Duration,
    ) -> Evidence {
        let pace = self.sessions.pace(limit);
        let entered = match entered {
            Some(session) => Ok(session),
            None => self.sessions.enter(target, &pace.half(limit)).await,
        };
        match entered {
            Ok(session) => self.read(&session, pace).await,
            Err(error) => self.unread(target, &error),
        }
    }

    fn unread(&self, target: &NamedTarget<'_>, error: &SignInError) -> Evidence {
        let detail = match (target.role_arn, error) {
            (None, SignInError::WrongAccount { found, .. }) => text!(
                "the account has no `role-arn` in the policy's `scope.accounts`, and the \
                 credentials of this run belong to {}: give each account a role, as in \
                 docs/action.md, \"Several accounts\"",
                found
            ),
            _ => text!("the account could not be entered: {}", error),
        };
        (self.sinks.note)(&detail);
        let partition = target.role_arn.and_then(Partition::from_arn);
        Evidence::unread(target.account.clone(), partition, error.cause(), &detail.to_string())
    }

    async fn read(&self, session: &Session, pace: Pace) -> Evidence {
        let reader = Reader {
            session,
            pace: &pace,
            clock: self.clock,
            note: self.sinks.note,
            needs: &self.settings.needs,
            root_events: self.settings.root_events.as_ref(),
        };
        reader.read().await
    }
}
