//! What AWS lets the gate read: the real collection, account by account, side by side. Nothing of it is
//! judged.

use std::cell::RefCell;
use std::pin::Pin;

use chrono::TimeDelta;
use futures_util::future::join_all;
use rootgate::collect::{self, Collected, EventsWanted, Settings, SignInError, Sinks};
use rootgate::doctor::aws::{Wanted, check, no_sign_in, of_many};
use rootgate::doctor::{Check, CheckedAccount};
use rootgate::github::oidc::Claims;
use rootgate::model::{Evidence, Listing};
use rootgate::policy::Policy;
use rootgate::text;
use rootgate::text::{Text, outside};

use super::plan::Plan;
use crate::commands::host::now;
use crate::commands::{Host, live};

/// So many members of an organization are entered, unless `--all` is given.
const SAMPLE: usize = 5;
/// Whether events can be read shows in a short time, too.
const LOOKBACK: TimeDelta = TimeDelta::days(1);

/// What was seen.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) checks: Vec<Check>,
    pub(super) listing: Option<Listing>,
    /// The evidence of the organization's accounts.
    pub(super) members: Vec<Evidence>,
    /// The visibility of the repository in GitHub's token.
    pub(super) visibility: Option<String>,
}

/// Signs in everywhere and reads what the rules need.
pub(super) async fn look(plan: &Plan, host: &Host, policy: &Policy) -> Looked {
    let mut settings = live::settings(&plan.sign_in, &plan.bounds, policy, host);
    if let Some(events) = &mut settings.root_events {
        *events = EventsWanted { lookback: LOOKBACK.min(events.lookback), ..events.clone() };
    }
    if let Some(organization) = &mut settings.organization {
        organization.sample = (!plan.all).then_some(SAMPLE);
        return Looking { plan, policy, settings }.organization().await;
    }
    Looking { plan, policy, settings }.accounts().await
}

struct Looking<'a> {
    plan: &'a Plan,
    policy: &'a Policy,
    settings: Settings,
}

/// How a collection ended.
struct Ended {
    collected: Result<Collected, SignInError>,
    evidence: Vec<Evidence>,
}

impl Looking<'_> {
    /// Each account on its own: one that refuses says nothing of the others.
    async fn accounts(&self) -> Looked {
        let targets = match self.settings.targets.is_empty() {
            true => vec![Vec::new()],
            false => self.settings.targets.iter().map(|target| vec![target.clone()]).collect(),
        };
        let each = targets.into_iter().map(|targets| async move {
            let account = targets.first().and_then(|target| target.account.clone());
            let settings = Settings { targets, ..self.settings.clone() };
            (account, self.collect(&settings).await)
        });
        let mut looked = Looked::default();
        for (account, ended) in join_all(each).await {
            let account = account.map(|id| self.checked(id));
            looked.checks.extend(self.checks(account.as_ref(), &ended));
            if let Ok(Collected { claims: Some(claims), .. }) = ended.collected {
                looked.visibility = looked.visibility.or(claims.repository_visibility);
            }
        }
        looked
    }

    /// The organization in one go: its accounts are entered from one sign-in.
    async fn organization(&self) -> Looked {
        let Ended { collected, evidence } = self.collect(&self.settings).await;
        match collected {
            Ok(Collected { listing, claims, .. }) => Looked {
                checks: of_many(&evidence, claims.as_ref().map(by_token), &self.wanted()),
                listing,
                members: evidence,
                visibility: claims.and_then(|claims| claims.repository_visibility),
            },
            Err(error) => Looked { checks: refused(None, &error), ..Looked::default() },
        }
    }

    async fn collect(&self, settings: &Settings) -> Ended {
        let command = |line: &str| live::write_command(line, !self.plan.json);
        let sinks = Sinks { command: &command, note: &|_| {} };
        let evidence = RefCell::new(Vec::new());
        let each = |it| evidence.borrow_mut().push(it);
        // The whole command ends at a signal.
        let never = std::future::pending();
        // Boxed without its type, which is too deep to be part of another.
        let collecting: Pin<Box<dyn Future<Output = _> + '_>> =
            Box::pin(collect::collect(settings, &now, &sinks, never, each));
        let collected = collecting.await;
        let mut evidence = evidence.into_inner();
        evidence.sort_by(|one: &Evidence, other| one.account.cmp(&other.account));
        Ended { collected, evidence }
    }

    fn checked(&self, id: rootgate::model::AccountId) -> CheckedAccount {
        let named = self.policy.scope.iter().find(|named| named.id == id);
        CheckedAccount { name: named.and_then(|named| named.name.clone()), id }
    }

    fn checks(&self, account: Option<&CheckedAccount>, ended: &Ended) -> Vec<Check> {
        let collected = match &ended.collected {
            Ok(collected) => collected,
            Err(error) => return refused(account, error),
        };
        let by = collected.claims.as_ref().map(by_token);
        let of_one = |evidence: &Evidence| {
            let account = self.checked(evidence.account.clone());
            check(&account, evidence, by.clone(), &self.wanted())
        };
        ended.evidence.iter().flat_map(of_one).collect()
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { needs: &self.settings.needs, max_age: self.policy.max_age.delta(), now: now() }
    }
}

/// Nobody could be signed in.
fn refused(account: Option<&CheckedAccount>, error: &SignInError) -> Vec<Check> {
    let said = error.message().map(|said| text!("; AWS said: {}", outside(said)));
    let what = text!("{}{}", error.what(), said.unwrap_or_default());
    no_sign_in(account, what, error.help())
}

/// What a trust policy tests.
fn by_token(claims: &Claims) -> Text {
    text!("with GitHub's token (`sub` {}, `aud` {})", outside(&claims.sub), outside(&claims.aud))
}
