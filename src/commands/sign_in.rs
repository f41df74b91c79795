//! The flags for signing in, shared by all commands that call AWS.

use std::path::PathBuf;
use std::time::Duration;

use rootgate::model::AccountId;
use rootgate::policy::Policy;

use crate::cli::SignInArgs;

/// How to sign in to AWS.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) role_arn: Option<String>,
    /// For every AssumeRole of the run.
    pub(crate) external_id: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) oidc_audience: Option<String>,
    /// The URL that replaces the endpoints of AWS.
    pub(crate) endpoint_url: Option<String>,
    /// Maximum number of accounts collected at the same time.
    pub(crate) concurrency: usize,
}

/// Limits of the run, whether it signs in or not.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The accounts that rootgate may sign in to; empty: any.
    pub(crate) accounts: Vec<AccountId>,
    /// The certificates to trust instead of the system's.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// The time limit of the run, if a flag sets one.
    timeout: Option<Duration>,
}

/// The default time limit of a run over named accounts.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// The default time limit of a run over an organization: AWS takes 5.2 minutes to list 50,000 accounts.
const ORGANIZATION_TIMEOUT: Duration = Duration::from_secs(15 * 60);

impl SignIn {
    pub(crate) fn read(args: &SignInArgs) -> Self {
        Self {
            role_arn: args.role_arn.clone(),
            external_id: args.external_id.clone(),
            region: args.region.clone(),
            oidc_audience: args.oidc_audience.clone(),
            endpoint_url: args.endpoint_url.clone(),
            concurrency: usize::from(args.concurrency),
        }
    }
}

impl Bounds {
    pub(crate) fn read(args: &SignInArgs) -> Self {
        Self {
            accounts: args.account.clone(),
            ca_bundle: args.ca_bundle.clone(),
            timeout: args.timeout.map(|timeout| Duration::from_secs(timeout.as_secs())),
        }
    }

    /// The time limit of a run that this policy judges.
    pub(crate) fn timeout(&self, policy: &Policy) -> Duration {
        let default = if policy.judges_an_organization() { ORGANIZATION_TIMEOUT } else { TIMEOUT };
        self.timeout.unwrap_or(default)
    }

    /// The time limit for finding out which policy judges.
    pub(crate) fn timeout_without_policy(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }
}

/// The given flags that only apply to a run that signs in.
pub(crate) fn flags_given(args: &SignInArgs) -> impl Iterator<Item = &'static str> {
    let flags = [
        ("--role-arn", args.role_arn.is_some()),
        ("--external-id", args.external_id.is_some()),
        ("--oidc-audience", args.oidc_audience.is_some()),
        ("--endpoint-url", args.endpoint_url.is_some()),
    ];
    flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag)
}
