//! The flags for signing in, as every command understands them that asks AWS.

use std::path::PathBuf;
use std::time::Duration;

use rootgate::model::AccountId;

use crate::cli::SignInArgs;

/// How AWS is entered.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) role_arn: Option<String>,
    /// For every AssumeRole of the run.
    pub(crate) external_id: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) oidc_audience: Option<String>,
    /// Where every call to AWS goes instead.
    pub(crate) endpoint_url: Option<String>,
    /// How many accounts are collected side by side.
    pub(crate) concurrency: usize,
}

/// What the whole run keeps to, whether it signs in or not.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The accounts that may be signed in to; none named: any.
    pub(crate) accounts: Vec<AccountId>,
    /// The certificates to trust instead of the system's.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// The time that the run has.
    pub(crate) timeout: Duration,
}

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
            timeout: Duration::from_secs(args.timeout.as_secs()),
        }
    }
}

/// The flags that were given and only mean something to a run that signs in.
pub(crate) fn flags_given(args: &SignInArgs) -> impl Iterator<Item = &'static str> {
    let flags = [
        ("--role-arn", args.role_arn.is_some()),
        ("--external-id", args.external_id.is_some()),
        ("--oidc-audience", args.oidc_audience.is_some()),
        ("--endpoint-url", args.endpoint_url.is_some()),
    ];
    flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag)
}
