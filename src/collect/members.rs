//! Enters and reads the accounts of an organization while the listing goes on.
//!
//! ```text
//! listing -> a bounded queue -> entered and read, side by side -> what the organization says -> handed on
//! ```
//!
//! Requests that cover all accounts (features, policies) run in parallel. Evidence that is complete
//! earlier waits for them; nothing else is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::stream::{StreamExt, iter, poll_fn};
use tokio::sync::mpsc;

use crate::model::{AccountId, Audit, Evidence, Gap, MemberRoute, SkipCause, Skipped, Source};
use crate::net::retry::part;
use crate::net::schedule::{Limits, bounded};
use crate::text;

use super::enter::{Member, NamedTarget, Refused, Route, Session};
use super::organization::{
    Description, Ledger, Listed, OrganizationCalls, OrganizationFacts, leave_gaps,
};
use super::pace::Pace;
use super::sources::{ReadBy, members_events_unread};
use super::targets::{Collection, Job};
use super::{Collected, OrganizationSettings, SignInError};

/// The number of accounts that make progress side by side, for each of `--concurrency`. Reading a
/// member is mostly waiting for answers, and AWS lists 160 accounts per second.
const PLACES: usize = 12;
/// The maximum number of started accounts, including those that wait for a report.
const WAITING: usize = 48;
/// A run with less time left has reached its limit.
const ENDING: Duration = Duration::from_millis(50);
/// The maximum number of accounts that are listed ahead.
const QUEUE: usize = 512;

/// The result of an account.
enum Activity {
    /// It was read, or could not be.
    Read { evidence: Box<Evidence>, listed: Option<Listed> },
    /// It does not need to be read.
    Skipped(Skipped),
}

impl Collection<'_> {
    /// Reads the named accounts, and all accounts of the organization. If the run itself cannot
    /// sign in, nothing is judged.
    pub(super) async fn organization(
        &self,
        organization: &OrganizationSettings,
        each: &mut dyn FnMut(Evidence),
    ) -> Result<Collected, SignInError> {
        let claims = self.sessions.claims();
        let calls = OrganizationCalls {
            sessions: &self.sessions,
            settings: organization,
            clock: self.clock,
            note: self.sinks.note,
            share: self.settings.entry.timeout / 3,
        };
        let ledger = RefCell::new(Ledger::default());
        let description = match calls.describe().await {
            Ok(description) => Some(description),
            Err(gap) => {
                ledger.borrow_mut().problem(gap);
                None
            }
        };
        let evidence_queue = RefCell::new(EvidenceQueue {
            each,
            facts: None,
            waiting: Vec::new(),
            named: BTreeMap::new(),
            listed: BTreeMap::new(),
        });
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        let targets = self.sessions.targets();
        let named = |account: &AccountId| targets.iter().any(|target| &target.account == account);
        let list = async {
            match &description {
                Some(description) => calls.list(description, &ledger, sender).await,
                None => drop(sender),
            }
        };
        let facts = async {
            if let Some(description) = &description {
                let facts = calls.organization_facts(description, &self.settings.needs).await;
                evidence_queue.borrow_mut().deliver_waiting(facts);
            }
        };
        let by_name =
            iter(targets).map(|target| -> Job<'_, Activity> { Box::pin(self.read_named(target)) });
        let mut places = organization.sample.unwrap_or(usize::MAX);
        let members =
            poll_fn(|context| receiver.poll_recv(context)).filter_map(|listed: Listed| {
                // The policy names it, so it is read as a named account.
                let by_its_own = named(&listed.account);
                if by_its_own {
                    evidence_queue
                        .borrow_mut()
                        .listed
                        .insert(listed.account.clone(), listed.clone());
                }
                let left_out = !by_its_own && !listed.management && places == 0;
                if left_out {
                    ledger.borrow_mut().skip(Skipped::not_in_sample(listed.account.clone()));
                }
                let is_read = !by_its_own && !left_out;
                places = places.saturating_sub(usize::from(is_read && !listed.management));
                let job: Option<Job<'_, Activity>> = is_read
                    .then(|| Box::pin(self.member(organization, listed)) as Job<'_, Activity>);
                std::future::ready(job)
            });
        let done = |_, done| match done {
            Activity::Skipped(skipped) => ledger.borrow_mut().skip(skipped),
            Activity::Read { evidence, listed } => {
                evidence_queue.borrow_mut().take(*evidence, listed);
            }
        };
        let read = bounded(by_name.chain(members), self.limits_of_members(), done);
        tokio::join!(Box::pin(list), Box::pin(facts), Box::pin(read));
        let ledger = ledger.into_inner();
        let evidence_queue = evidence_queue.into_inner();
        evidence_queue.finish(&ledger, description.as_ref());
        let out_of_time = self.sessions.time_left() < ENDING;
        Ok(Collected { claims, listing: Some(ledger.listing(description)), out_of_time })
    }

    fn limits_of_members(&self) -> Limits {
        let places = self.settings.concurrency.max(1) * PLACES;
        let patience = part(self.settings.entry.timeout, 60, 50, 1_000);
        Limits { places, patience, most: self.settings.concurrency.max(1) * WAITING }
    }

    /// Reads a named account, beside those of the organization.
    async fn read_named(&self, target: &NamedTarget<'_>) -> Activity {
        let evidence = self.account(target, None, self.sessions.time_left()).await;
        Activity::Read { evidence: Box::new(evidence), listed: None }
    }

    /// Reads an account of the organization. Its time limit is the same in every organization.
    async fn member(&self, organization: &OrganizationSettings, listed: Listed) -> Activity {
        let is_own = self.sessions.own_account().as_ref() == Some(&listed.account);
        let whole = is_own || listed.management;
        let limit = if whole { self.sessions.time_left() } else { self.settings.entry.timeout / 3 };
        let pace = self.sessions.pace(limit).with_own_secrets();
        match self.enter_member(&listed, &pace, limit).await {
            Ok((session, route)) => {
                let by_root = matches!(route, Some(Route::Root { .. }));
                let read_by = ReadBy::Listed {
                    route: if by_root { MemberRoute::AssumeRoot } else { MemberRoute::AssumeRole },
                    member: !listed.management,
                };
                let events = self.settings.root_events.as_ref();
                let events = events.filter(|_| self.reads_events(organization, &listed));
                let again = async || {
                    self.sessions.by_route(route.as_ref(), &listed.account, &pace.half(limit)).await
                };
                let evidence = self.read(session, &pace, read_by, events, again).await;
                Activity::Read { evidence: Box::new(evidence), listed: Some(listed) }
            }
            Err(refused) => self.refused(organization, listed, &refused),
        }
    }

    /// Whether events are read in an account. They are not read in every member.
    fn reads_events(&self, organization: &OrganizationSettings, listed: &Listed) -> bool {
        let wanted = self.settings.root_events.is_some();
        wanted && (listed.management || organization.read_members_events)
    }

    /// Tries the routes one by one. The next one is tried only if AWS refuses.
    async fn enter_member(
        &self,
        listed: &Listed,
        pace: &Pace,
        limit: Duration,
    ) -> Result<(Session, Option<Route>), Refused> {
        let member = Member {
            account: &listed.account,
            partition: &listed.partition,
            management: listed.management,
        };
        let routes = match self.sessions.routes_to(&member) {
            Ok(Some(routes)) => routes,
            Ok(None) => {
                let own = self.sessions.by_route(None, &listed.account, pace).await;
                return own.map(|own| (own, None)).map_err(|error| Refused::new(vec![error]));
            }
            Err(error) => return Err(Refused::new(vec![error])),
        };
        let mut errors = Vec::new();
        for route in routes {
            match self.sessions.by_route(Some(&route), &listed.account, &pace.half(limit)).await {
                Ok(session) => return Ok((session, Some(route))),
                Err(error) => {
                    let goes_on = error.is_refusal();
                    errors.push(error);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Err(Refused::new(errors))
    }

    /// The evidence of an account that could not be entered: only gaps. An account that has just
    /// joined may not have its role yet.
    fn refused(
        &self,
        organization: &OrganizationSettings,
        listed: Listed,
        refused: &Refused,
    ) -> Activity {
        let detail = refused.detail();
        (self.sinks.note)(&text!("account {}: {}", &listed.account, &detail));
        let grace = organization.new_account_grace;
        let new = listed.is_newer_than(grace, (self.clock)());
        if let Some(age) = new.filter(|_| refused.by_aws() && !listed.management) {
            let why = format!(
                "the account joined {} ago and cannot be entered yet (`new-account-grace` is {}); {detail}",
                rough(age),
                rough(grace)
            );
            return Activity::Skipped(Skipped {
                id: listed.account,
                cause: SkipCause::New,
                joined_at: listed.joined_at,
                reason: why,
            });
        }
        let to_do = refused.to_do(&listed.account);
        // Sources that the route cannot see are not missing.
        let route = match organization.audit {
            Audit::AssumeRoot if !listed.management => Some(MemberRoute::AssumeRoot),
            Audit::Auto if !listed.management => None,
            _ => Some(MemberRoute::AssumeRole),
        };
        let gap = |source: Source| match route.filter(|route| !route.sees(source)) {
            Some(route) => route.blind_to(source),
            None if source == Source::RootEvents && !self.reads_events(organization, &listed) => {
                members_events_unread()
            }
            None => Gap::new(source, refused.cause(), detail.to_string()).to_do(to_do.clone()),
        };
        let evidence =
            Evidence::from_gaps(listed.account.clone(), Some(listed.partition.clone()), gap);
        Activity::Read { evidence: Box::new(evidence), listed: Some(listed) }
    }
}

/// `3h`, `12m`.
fn rough(time: TimeDelta) -> String {
    match (time.num_hours(), time.num_minutes()) {
        (0, minutes) => format!("{minutes}m"),
        (hours, _) => format!("{hours}h"),
    }
}

/// Passes on evidence, completed with what the organization says about the account.
struct EvidenceQueue<'a> {
    each: &'a mut dyn FnMut(Evidence),
    facts: Option<OrganizationFacts>,
    /// Evidence that waits for the requests that cover all accounts.
    waiting: Vec<(Evidence, Listed)>,
    /// Evidence of named accounts, which waits for the end of the listing.
    named: BTreeMap<AccountId, Evidence>,
    /// The named accounts that were listed.
    listed: BTreeMap<AccountId, Listed>,
}

impl EvidenceQueue<'_> {
    fn take(&mut self, mut evidence: Evidence, listed: Option<Listed>) {
        match (listed, &self.facts) {
            (Some(listed), Some(facts)) => {
                facts.complete_listed(&listed, &mut evidence);
                (self.each)(evidence);
            }
            (Some(listed), None) => self.waiting.push((evidence, listed)),
            (None, _) => drop(self.named.insert(evidence.account.clone(), evidence)),
        }
    }

    fn deliver_waiting(&mut self, facts: OrganizationFacts) {
        for (mut evidence, listed) in std::mem::take(&mut self.waiting) {
            facts.complete_listed(&listed, &mut evidence);
            (self.each)(evidence);
        }
        self.facts = Some(facts);
    }

    /// Everything was listed and read.
    fn finish(self, ledger: &Ledger, description: Option<&Description>) {
        let Self { each, facts, waiting, named, mut listed } = self;
        for (account, mut evidence) in named {
            match (&facts, listed.remove(&account)) {
                (Some(facts), Some(listed)) => facts.complete_listed(&listed, &mut evidence),
                (Some(facts), None) => facts.complete_unlisted(ledger.is_complete(), &mut evidence),
                (None, _) => leave_gaps(&mut evidence, |source| ledger.unknown(source)),
            }
            each(evidence);
        }
        debug_assert!(waiting.is_empty() || description.is_none());
    }
}
