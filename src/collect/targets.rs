//! Enters and reads accounts side by side, within the time limit.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::stream::iter;
use tokio::time::Instant;

use crate::model::{CredentialReport, Evidence, Fact, Partition, Source};
use crate::net::retry::part;
use crate::net::schedule::{Limits, bounded};
use crate::text;
use crate::text::outside;

use super::enter::{AccountSessions, NamedTarget, Session, Wanted};
use super::pace::{Pace, Stop};
use super::sources::{RENEWED_AFTER, ReadBy, Reader};
use super::{Collected, EventsWanted, Settings, SignInError, Sinks};

/// The maximum number of started accounts for each of `--concurrency`, including those that wait.
const WAITING: usize = 8;
/// The maximum number of sessions for one account, if they end before it is read.
const MAX_SESSIONS: usize = 3;

/// The collection from the accounts of a run.
pub(super) struct Collection<'a> {
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a dyn Fn() -> DateTime<Utc>,
    pub(super) sinks: &'a Sinks<'a>,
    pub(super) sessions: AccountSessions<'a>,
}

/// Boxed: such a future is large, and is moved before it runs.
pub(super) type Job<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

type Result<T> = std::result::Result<T, SignInError>;

/// Enters and reads the accounts, and passes on the evidence of each when it is complete.
pub(super) async fn collect(
    settings: &Settings,
    clock: &dyn Fn() -> DateTime<Utc>,
    sinks: &Sinks<'_>,
    stop: &Stop,
    each: &mut dyn FnMut(Evidence),
) -> Result<Collected> {
    let started = Instant::now();
    let Settings { entry, targets, needs, .. } = settings;
    // Reserve some time for judging and writing.
    let reserve = (entry.timeout / 20).min(Duration::from_secs(5));
    let ends = started + (entry.timeout - reserve);
    let proxies = &entry.environment.proxy_variables;
    if !proxies.is_empty() {
        (sinks.note)(&text!("proxies are taken from {}", outside(proxies.join(", "))));
    }
    let organization = settings.organization.as_ref();
    let wanted = Wanted { targets, organization, needs, ends, clock: Some(clock) };
    let sessions = AccountSessions::open(entry, wanted, sinks, stop.clone()).await?;
    let run = &Collection { settings, clock, sinks, sessions };
    match organization {
        Some(organization) => run.organization(organization, each).await,
        None => run.named(each).await,
    }
}

impl Collection<'_> {
    /// Reads the named accounts only. If the first cannot be entered, nothing is judged.
    async fn named(&self, each: &mut dyn FnMut(Evidence)) -> Result<Collected> {
        let targets = self.sessions.targets();
        let first = self.first()?;
        let pace = self.sessions.pace(self.settings.entry.timeout / 3);
        let mut entered = Some(self.sessions.enter(&targets[first], &pace).await?);
        let of_first = entered.as_ref().and_then(|it| it.claims.clone());
        let claims = self.sessions.claims().or(of_first);
        let limits = self.limits();
        // If all accounts can start, each may use all the time. If not, a slow one ends early, so
        // that others can start.
        let left = self.sessions.time_left();
        let limit = if targets.len() <= limits.most { left } else { left / 2 };
        let reads = targets.iter().enumerate().map(|(index, target)| -> Job<'_, Evidence> {
            let session = if index == first { entered.take() } else { None };
            Box::pin(async move { self.account(target, session, limit).await })
        });
        bounded(iter(reads), limits, |_, evidence| each(evidence)).await;
        Ok(Collected { claims, listing: None, out_of_time: false })
    }

    /// The first account that may be entered. If it cannot be, nothing is judged.
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

    /// `--concurrency` accounts make progress side by side. An account that only waits, for a
    /// report or because its calls are throttled, does not delay the start of others.
    fn limits(&self) -> Limits {
        let places = self.settings.concurrency.max(1);
        let patience = part(self.settings.entry.timeout, 60, 50, 5_000);
        Limits { places, patience, most: places * WAITING }
    }

    /// The evidence of a named account: only gaps if it cannot be entered.
    pub(super) async fn account(
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
        let again = async || self.sessions.enter(target, &pace.half(limit)).await;
        match entered {
            Ok(session) => {
                let events = self.settings.root_events.as_ref();
                self.read(session, &pace, ReadBy::Name, events, again).await
            }
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

    /// Reads an account. If its session ends meanwhile, `again` opens a new one for the missing
    /// sources.
    pub(super) async fn read(
        &self,
        session: Session,
        pace: &Pace,
        route: ReadBy,
        events: Option<&EventsWanted>,
        again: impl AsyncFn() -> Result<Session>,
    ) -> Evidence {
        let once = async |session: &Session, needs: &BTreeSet<Source>| {
            let pace = pace.of_another_session();
            let reader = Reader {
                session,
                pace: &pace,
                clock: self.clock,
                note: self.sinks.note,
                needs,
                root_events: events,
                route,
            };
            let evidence = reader.read().await;
            (evidence, pace.session_has_ended() && session.may_have_ended((self.clock)()))
        };
        let (mut evidence, mut has_ended) = once(&session, &self.settings.needs).await;
        for _ in 1..MAX_SESSIONS {
            if !has_ended {
                break;
            }
            let Ok(session) = again().await else { break };
            let needs = self.missing(&evidence);
            let (more, ended_again) = once(&session, &needs).await;
            evidence = evidence.with_sources_of(more, &needs);
            has_ended = ended_again;
        }
        evidence
    }

    /// The sources of an account that a session did not read completely.
    fn missing(&self, evidence: &Evidence) -> BTreeSet<Source> {
        let regions = evidence.region_gaps().iter().map(|gap| &gap.gap);
        let gaps = evidence.gaps().into_iter().chain(regions).chain(evidence.audit_gaps());
        let mut missing: BTreeSet<Source> = gaps.map(|gap| gap.source).collect();
        // An older report is used if the new one was not ready in time.
        let age = |report: &Fact<CredentialReport>| Some((self.clock)() - report.observed_at?);
        let report = evidence.credential_report.as_ref().ok().and_then(age);
        missing.extend(report.filter(|age| *age > RENEWED_AFTER).map(|_| Source::CredentialReport));
        missing.retain(|source| self.settings.needs.contains(source));
        missing
    }
}
