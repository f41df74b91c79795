//! From accounts to evidence: who is entered how, in what time, side by side.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::github::oidc::Claims;
use crate::model::{AccountId, Evidence, Partition};
use crate::net::retry::part;
use crate::net::schedule::{Limits, bounded};

use super::enter::{Access, Session, account_of_role};
use super::pace::{Pace, Stop};
use super::sources::Reader;
use super::{Settings, SignInError, Sinks, Target};

/// So many accounts for each of `--concurrency` are under way, the ones that wait included.
const WAITING: usize = 8;

/// A run over its accounts.
struct Run<'a> {
    settings: &'a Settings,
    clock: &'a dyn Fn() -> DateTime<Utc>,
    sinks: &'a Sinks<'a>,
    stop: &'a Stop,
    access: Access<'a>,
    own: Option<Session>,
    ends: Instant,
}

type Result<T> = std::result::Result<T, SignInError>;

/// Enters the accounts and reads each; in target order.
pub(super) async fn collect(
    settings: &Settings,
    clock: &dyn Fn() -> DateTime<Utc>,
    sinks: &Sinks<'_>,
    stop: &Stop,
) -> Result<(Vec<Evidence>, Option<Claims>)> {
    let started = Instant::now();
    // Judging and writing need some of the time, too.
    let reserve = (settings.timeout / 20).min(Duration::from_secs(5));
    let ends = started + (settings.timeout - reserve);
    let proxies = &settings.environment.proxy_variables;
    if !proxies.is_empty() {
        (sinks.note)(&format!("proxies are taken from {}", proxies.join(", ")));
    }
    let access = Access::prepare(settings, sinks).await?;
    let mut run = Run { settings, clock, sinks, stop, access, own: None, ends };
    run.own = run.own_identity().await?;
    let targets = run.named_targets()?;
    run.check_external_id(&targets)?;
    // The first account that can be entered at all decides whether anything is judged.
    let mut refusals = Vec::new();
    let first = targets.iter().position(|target| match run.way_in(target) {
        Ok(_) => true,
        Err(error) => {
            refusals.push(error);
            false
        }
    });
    let Some(first) = first else {
        let nobody = || SignInError::NoIdentity("no account was named".to_owned());
        return Err(refusals.into_iter().next().unwrap_or_else(nobody));
    };
    let pace = run.pace(settings.timeout / 3);
    let mut entered = Some(run.enter(&targets[first], &pace).await?);
    let claims = run.claims(entered.as_ref());
    let limits = run.limits();
    // Where all accounts fit in, each has all the time; else a slow one ends, so that others begin.
    let limit = if targets.len() <= limits.most { run.left() } else { run.left() / 2 };
    let run = &run;
    let reads = targets.iter().enumerate().map(|(index, target)| {
        let session = if index == first { entered.take() } else { None };
        // Boxed: such a future is large, and is moved before it runs.
        Box::pin(run.account(target, session, limit))
    });
    let evidence = bounded(reads, limits).await;
    Ok((evidence, claims))
}

/// A target whose account is known.
struct Named<'a> {
    account: AccountId,
    role_arn: Option<&'a str>,
}

/// How an account is entered.
enum WayIn {
    /// It is the run's own.
    Own,
    /// By GitHub's token.
    Token(String),
    /// By AssumeRole from the run's own.
    Role(String),
}

impl Run<'_> {
    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// `--concurrency` accounts make progress side by side. One that only waits, for a report or for
    /// calls that are throttled, keeps no other from starting.
    fn limits(&self) -> Limits {
        let places = self.settings.concurrency.max(1);
        let patience = part(self.settings.timeout, 60, 50, 5_000);
        Limits { places, patience, most: places * WAITING }
    }

    fn pace(&self, share: Duration) -> Pace {
        Pace::new(share.min(self.left()), self.stop.clone()).hiding(self.access.secrets())
    }

    /// The run's own identity, where one is needed: `--role-arn`, else the SDK's default chain.
    async fn own_identity(&self) -> Result<Option<Session>> {
        let settings = self.settings;
        if let Some(account) = settings.role_arn.as_deref().and_then(account_of_role) {
            self.must_be_allowed(&account)?;
        }
        let endpoint = settings.environment.token_endpoint.as_ref();
        let pace = self.pace(settings.timeout / 3);
        if let (Some(role), Some(endpoint)) = (&settings.role_arn, endpoint) {
            return self.access.by_token(endpoint, role, &pace).await.map(Some);
        }
        let every_by_token = endpoint.is_some()
            && !settings.targets.is_empty()
            && settings.targets.iter().all(|target| target.role_arn.is_some());
        if every_by_token {
            return Ok(None);
        }
        let base = self.access.by_chain(&pace).await?;
        let Some(role) = &settings.role_arn else {
            return Ok(Some(base));
        };
        let onward: Vec<String> =
            settings.targets.iter().filter_map(|target| target.role_arn.clone()).collect();
        self.access.by_role(&base, role, &onward, &pace).await.map(Some)
    }

    /// Every target with its account: as named, as in its role's ARN, or the run's own.
    fn named_targets(&self) -> Result<Vec<Named<'_>>> {
        let own = self.own.as_ref().map(|own| &own.account);
        if self.settings.targets.is_empty() {
            let nobody = || SignInError::NoIdentity("nobody is signed in".to_owned());
            let account = own.cloned().ok_or_else(nobody)?;
            return Ok(vec![Named { account, role_arn: None }]);
        }
        let mut named = Vec::new();
        for Target { account, role_arn } in &self.settings.targets {
            let account = match role_arn {
                Some(role) => account.clone().or_else(|| account_of_role(role)),
                None => account.clone().or_else(|| own.cloned()),
            };
            let unnamed = || SignInError::InvalidRequest {
                said: "the ARN names no account".to_owned(),
                role_arn: role_arn.clone().unwrap_or_default(),
            };
            let account = account.ok_or_else(unnamed)?;
            named.push(Named { account, role_arn: role_arn.as_deref() });
        }
        Ok(named)
    }

    /// `--account` holds for every account that the run signs in to.
    fn must_be_allowed(&self, account: &AccountId) -> Result<()> {
        let allowed = &self.settings.allowed_accounts;
        if allowed.is_empty() || allowed.contains(account) {
            return Ok(());
        }
        Err(SignInError::NotAllowed { account: account.clone(), allowed: allowed.clone() })
    }

    /// How the account is entered, or why that is refused before anything is sent.
    fn way_in(&self, target: &Named<'_>) -> Result<WayIn> {
        match (self.must_be_allowed(&target.account), &self.own) {
            // No role would be assumed: the credentials themselves are the wrong ones.
            (Err(_), Some(own)) if own.account == target.account => {
                let expected = self.settings.allowed_accounts.clone();
                return Err(SignInError::WrongAccount { found: own.account.clone(), expected });
            }
            (allowed, _) => allowed?,
        }
        match (target.role_arn, &self.own) {
            (_, Some(own)) if own.account == target.account => Ok(WayIn::Own),
            (Some(role), _) if self.settings.environment.token_endpoint.is_some() => {
                Ok(WayIn::Token(role.to_owned()))
            }
            (Some(role), _) => Ok(WayIn::Role(role.to_owned())),
            (None, Some(own)) => {
                let expected = vec![target.account.clone()];
                Err(SignInError::WrongAccount { found: own.account.clone(), expected })
            }
            (None, None) => Err(SignInError::NoIdentity("nobody is signed in".to_owned())),
        }
    }

    /// `--external-id` that no AssumeRole of this run would carry is a mistake.
    fn check_external_id(&self, targets: &[Named<'_>]) -> Result<()> {
        let assumed = self.settings.role_arn.is_some()
            || targets.iter().any(|target| matches!(self.way_in(target), Ok(WayIn::Role(_))));
        if self.settings.external_id.is_some() && !assumed {
            return Err(SignInError::ExternalIdUnused);
        }
        Ok(())
    }

    /// Enters an account, and makes sure that it is that account.
    async fn enter(&self, target: &Named<'_>, pace: &Pace) -> Result<Entered> {
        let endpoint = self.settings.environment.token_endpoint.as_ref();
        let session = match (self.way_in(target)?, endpoint, &self.own) {
            (WayIn::Own, _, _) => return Ok(Entered::Own),
            (WayIn::Token(role), Some(endpoint), _) => {
                self.access.by_token(endpoint, &role, pace).await?
            }
            (WayIn::Role(role), _, Some(own)) => self.access.by_role(own, &role, &[], pace).await?,
            _ => return Err(SignInError::NoIdentity("nobody is signed in".to_owned())),
        };
        if session.account != target.account {
            let expected = vec![target.account.clone()];
            return Err(SignInError::WrongAccount { found: session.account, expected });
        }
        Ok(Entered::Other(Box::new(session)))
    }

    fn claims(&self, entered: Option<&Entered>) -> Option<Claims> {
        let own = self.own.as_ref().and_then(|own| own.claims.clone());
        own.or_else(|| match entered {
            Some(Entered::Other(session)) => session.claims.clone(),
            _ => None,
        })
    }

    /// One account's evidence: all gaps if it cannot be entered.
    async fn account(
        &self,
        target: &Named<'_>,
        entered: Option<Entered>,
        limit: Duration,
    ) -> Evidence {
        let pace = self.pace(limit);
        let entered = match entered {
            Some(entered) => Ok(entered),
            None => self.enter(target, &pace.half(limit)).await,
        };
        let session = match &entered {
            Ok(Entered::Own) => self.own.as_ref(),
            Ok(Entered::Other(session)) => Some(&**session),
            Err(_) => None,
        };
        match (session, &entered) {
            (Some(session), _) => self.read(session, pace).await,
            (None, Err(error)) => self.unread(target, error),
            (None, Ok(_)) => {
                self.unread(target, &SignInError::NoIdentity("nobody is signed in".to_owned()))
            }
        }
    }

    fn unread(&self, target: &Named<'_>, error: &SignInError) -> Evidence {
        let detail = match (target.role_arn, error) {
            (None, SignInError::WrongAccount { found, .. }) => format!(
                "the account has no `role-arn` in the policy's `scope.accounts`, and the \
                 credentials of this run belong to {found}: give each account a role, as in \
                 docs/action.md, \"Several accounts\""
            ),
            _ => format!("the account could not be entered: {error}"),
        };
        (self.sinks.note)(&detail);
        let partition = target.role_arn.and_then(Partition::of_arn);
        Evidence::unread(target.account.clone(), partition, error.cause(), &detail)
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

/// A session of its own, or the run's.
enum Entered {
    Own,
    Other(Box<Session>),
}
