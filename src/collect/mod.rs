//! The live half: signs in, and collects the evidence of each account.
//!
//! ```text
//! Settings -> enter (guard, route, session) -> sources (side by side, each at its own pace) -> Evidence
//! ```
//!
//! [`enter`] is how an account is entered; a source is one file with a `fetch`; [`pace`] says how long
//! a call may try, [`answer_check`] what counts as an answer, [`failure`] which gap a failed call
//! leaves. Nothing here knows a rule.

mod answer_check;
mod clock;
pub mod enter;
mod environment;
mod failure;
mod members;
mod organization;
mod pace;
mod region;
mod sources;
mod targets;
mod transport;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use chrono::{DateTime, TimeDelta, Utc};

pub use clock::{date_of, sts_url};
pub use enter::SignInError;
pub use environment::Environment;
pub use organization::OrganizationSettings;
pub use region::{NamedRegion, RegionOrigin};

use crate::github::oidc::Claims;
use crate::model::{AccountId, Cause, Evidence, Gap, Inventory, Source};
use crate::text::Text;

use pace::Stop;
use transport::Transport;

/// An account to judge.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// Which one; `None`: the one that the credentials belong to.
    pub account: Option<AccountId>,
    /// The role to enter it with; `None`: it must be the run's own.
    pub role_arn: Option<String>,
}

/// Which events of CloudTrail are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsWanted {
    /// How far back. CloudTrail keeps 90 days: no more is asked for.
    pub lookback: TimeDelta,
    /// Where.
    pub regions: WantedRegions,
}

/// The Regions whose events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedRegions {
    /// Those in which sign-ins are recorded; all enabled ones where root may have acted in any of
    /// them.
    Default,
    /// All enabled ones.
    All,
    /// These, and those in which sign-ins are recorded.
    Named(Vec<String>),
}

/// How to get in: to whichever account, for whatever is done there.
#[derive(Debug, Clone)]
pub struct EntrySettings {
    /// `--role-arn`: the role that is the run's own identity.
    pub role_arn: Option<String>,
    /// Signing in to any other account is refused. Empty: any is allowed.
    pub allowed_accounts: Vec<AccountId>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`, for tests.
    pub endpoint_url: Option<String>,
    /// `--ca-bundle`: the only certificates to trust, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `--oidc-audience`; `None`: the one of the role's partition.
    pub oidc_audience: Option<String>,
    /// `--external-id`, for every `AssumeRole`.
    pub external_id: Option<String>,
    /// `--timeout`: how long all of the run may take; something is kept back for judging and writing.
    pub timeout: Duration,
    /// What the environment says.
    pub environment: Environment,
}

/// What to collect, and how to get in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to get in.
    pub entry: EntrySettings,
    /// The accounts, in the order of the report. Empty: whatever the credentials belong to.
    pub targets: Vec<Target>,
    /// How many accounts are read side by side; 0 counts as 1.
    pub concurrency: usize,
    /// The sources that enabled rules need; the others are not asked.
    pub needs: BTreeSet<Source>,
    /// Which events of CloudTrail are read; `None`: none.
    pub root_events: Option<EventsWanted>,
    /// The organization all of whose accounts are read as well; `None`: only the accounts that are
    /// named.
    pub organization: Option<OrganizationSettings>,
}

/// What a collection says at its end, besides the evidence that it handed on.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// What the first GitHub token said, where one was used.
    pub claims: Option<Claims>,
    /// The accounts of the organization, where one was asked for.
    pub inventory: Option<Inventory>,
}

/// Where lines go that must be written at once.
pub struct Sinks<'a> {
    /// Workflow commands (`::add-mask::…`): to standard output, unchanged, before anything else.
    /// Used under GitHub Actions only.
    pub command: &'a dyn Fn(&str),
    /// Remarks for `-v`, one line each. They are escaped on output, and redacted if strangers may read
    /// them.
    pub note: &'a dyn Fn(&Text),
}

/// Signs in and collects: `each` is given an account's evidence when it is complete, in any order.
///
/// `clock` is read for the instant at which a call is sent. `stop` ends the run early when it
/// completes, with the reason: what was collected until then is returned, the rest are gaps.
/// Runs on a current-thread runtime of tokio.
///
/// # Errors
/// Nobody could be signed in, so nothing was read. Later failures are gaps in the evidence.
pub async fn collect(
    settings: &Settings,
    clock: &dyn Fn() -> DateTime<Utc>,
    sinks: &Sinks<'_>,
    stop: impl Future<Output = String> + Send + 'static,
    mut each: impl FnMut(Evidence),
) -> Result<Collected, SignInError> {
    let (stop, _watcher) = Stop::when(stop);
    targets::collect(settings, clock, sinks, &stop, &mut each).await
}

/// Why some of an account's evidence is missing, if its collection was interrupted or ran out of time.
#[must_use]
pub fn incomplete(evidence: &Evidence) -> Option<&'static str> {
    let regions = evidence.region_gaps().iter().map(|gap| &gap.gap);
    let parts = regions.chain(evidence.audit_gaps());
    evidence.gaps().into_iter().chain(parts).find_map(cut_short)
}

/// The connector that all calls go through, for a request to GitHub: proxies from the environment,
/// the system's roots or those of `ca_bundle` alone.
///
/// # Errors
/// [`SignInError::CaBundle`]: the bundle cannot be read, or holds no certificate.
pub fn connector(
    ca_bundle: Option<&Path>,
    connect: Duration,
) -> Result<SharedHttpConnector, SignInError> {
    Transport::new(ca_bundle, connect).map(|transport| transport.connector().clone())
}

/// Waits for SIGINT or SIGTERM, and says which came; for [`collect`].
pub async fn signal() -> String {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = terminate.recv() => "SIGTERM".to_owned(),
                _ = tokio::signal::ctrl_c() => "SIGINT".to_owned(),
            };
        }
    }
    match tokio::signal::ctrl_c().await {
        Ok(()) => "SIGINT".to_owned(),
        Err(_) => std::future::pending().await,
    }
}

const fn cut_short(gap: &Gap) -> Option<&'static str> {
    match gap.cause {
        Cause::Interrupted => Some("the run was interrupted"),
        Cause::TimedOut => Some("the time limit was reached"),
        _ => None,
    }
}
