//! The live half: signs in, and collects the evidence of each account.
//!
//! ```text
//! Settings -> enter (guard, route, session) -> sources (side by side, each at its own pace) -> Evidence
//! ```
//!
//! [`enter`] signs in to accounts. Each source is one file with a `fetch`. [`pace`] sets the time
//! limit of each call, [`answer_check`] decides what counts as an answer, and [`failure`] turns a
//! failed call into a gap. This module does not know the rules.

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
use crate::model::{AccountId, Cause, Evidence, Gap, Listing, Source};
use crate::text::Text;

use pace::Stop;
use transport::Transport;

/// An account to judge.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The account id; `None`: the account of the credentials.
    pub account: Option<AccountId>,
    /// The role to assume in it; `None`: it must be the run's own account.
    pub role_arn: Option<String>,
}

/// The CloudTrail events to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsWanted {
    /// The look-back. CloudTrail keeps 90 days, so it is at most that long.
    pub lookback: TimeDelta,
    /// The Regions to read.
    pub regions: WantedRegions,
}

/// The Regions whose events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedRegions {
    /// The Regions that record sign-ins; all enabled Regions if root may have acted in any Region.
    Default,
    /// All enabled Regions.
    All,
    /// These, and the Regions that record sign-ins.
    Named(Vec<String>),
}

/// How to sign in to accounts.
#[derive(Debug, Clone)]
pub struct EntrySettings {
    /// `--role-arn`: the role of the run's own identity.
    pub role_arn: Option<String>,
    /// The only accounts to sign in to. Empty: all accounts are allowed.
    pub allowed_accounts: Vec<AccountId>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`, for tests.
    pub endpoint_url: Option<String>,
    /// `--ca-bundle`: the only certificates to trust, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// `--oidc-audience`; `None`: the default of the role's partition.
    pub oidc_audience: Option<String>,
    /// `--external-id`, for every `AssumeRole`.
    pub external_id: Option<String>,
    /// `--timeout`: the time limit of the whole run. A part is reserved for judging and writing.
    pub timeout: Duration,
    /// The settings from the environment.
    pub environment: Environment,
}

/// What to collect, and how to sign in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to sign in.
    pub entry: EntrySettings,
    /// The accounts, in the order of the report. Empty: the account of the credentials.
    pub targets: Vec<Target>,
    /// The number of accounts to read side by side; 0 counts as 1.
    pub concurrency: usize,
    /// The sources that enabled rules need; the others are not requested.
    pub needs: BTreeSet<Source>,
    /// The CloudTrail events to read; `None`: none.
    pub root_events: Option<EventsWanted>,
    /// The organization, if all its accounts are read as well; `None`: only the named accounts.
    pub organization: Option<OrganizationSettings>,
}

/// What a collection returns at its end, besides the evidence that it passed on.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The claims of the first GitHub token, if one was used.
    pub claims: Option<Claims>,
    /// The accounts of the organization, if one was requested.
    pub listing: Option<Listing>,
    /// Whether the time limit ended the collection of an organization.
    pub out_of_time: bool,
}

/// Where to write lines that must appear immediately.
pub struct Sinks<'a> {
    /// Workflow commands (`::add-mask::…`). They are written to standard output, unchanged, before
    /// anything else. Used under GitHub Actions only.
    pub command: &'a dyn Fn(&str),
    /// Notes for `-v`, one line each. They are escaped on output, and redacted if strangers may
    /// read them.
    pub note: &'a dyn Fn(&Text),
}

/// Signs in and collects. It calls `each` with the evidence of an account when it is complete, in
/// any order.
///
/// `clock` gives the time at which a call is sent. When `stop` completes, it ends the run early,
/// with the reason: evidence collected until then is returned, the rest are gaps. Runs on a
/// current-thread runtime of tokio.
///
/// # Errors
/// The sign-in failed, so nothing was read. Later failures are gaps in the evidence.
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

/// Why a run that reached its time limit is incomplete.
pub const OUT_OF_TIME: &str = "the time limit was reached";

/// Why some of an account's evidence is missing, if its collection was interrupted or ran out of time.
/// A member of an organization has a time limit of its own, which does not end the run.
#[must_use]
pub fn incomplete(evidence: &Evidence, is_member: bool) -> Option<&'static str> {
    let regions = evidence.region_gaps().iter().map(|gap| &gap.gap);
    let parts = regions.chain(evidence.audit_gaps());
    evidence.gaps().into_iter().chain(parts).find_map(|gap| cut_short(gap, is_member))
}

/// The connector for all calls and for requests to GitHub: with proxies from the environment, and
/// the system's root certificates or only those of `ca_bundle`.
///
/// # Errors [`SignInError::CaBundle`]: the bundle cannot be read, or contains no certificate.
pub fn connector(
    ca_bundle: Option<&Path>,
    connect: Duration,
) -> Result<SharedHttpConnector, SignInError> {
    Transport::new(ca_bundle, connect).map(|transport| transport.connector().clone())
}

/// Waits for SIGINT or SIGTERM, and returns its name; for [`collect`].
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

const fn cut_short(gap: &Gap, is_member: bool) -> Option<&'static str> {
    match gap.cause {
        Cause::Interrupted => Some("the run was interrupted"),
        Cause::TimedOut if !is_member => Some(OUT_OF_TIME),
        _ => None,
    }
}
