//! The client for GitHub's API, and what to do if it cannot be created.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use rootgate::collect;
use rootgate::github::api::{Api, ApiError};
use rootgate::text;
use rootgate::text::{Text, outside, public};

use super::Host;
use crate::commands::Failure;

pub(crate) const NO_TOKEN: &str = "pass the action's input `token`, or set GITHUB_TOKEN";

/// Why there is no client.
pub(crate) enum NoApi {
    /// `GITHUB_TOKEN` is not set.
    NoToken,
    /// The problem and the remedy.
    Setup(Text, &'static str),
    /// The address or the token is not usable.
    Api(ApiError),
}

/// A client for `GITHUB_API_URL` with `GITHUB_TOKEN`; `limit` is its total time.
pub(crate) fn client(host: &Host, ca_bundle: Option<&Path>, limit: Duration) -> Result<Api, NoApi> {
    let token = host.workflow.token.clone();
    let token = token.ok_or(NoApi::NoToken)?;
    let environment = &host.environment;
    let changed = &environment.trust_variables;
    if environment.github_actions && ca_bundle.is_none() && !changed.is_empty() {
        let what =
            text!("{} would change which certificates are trusted", outside(changed.join(", ")));
        return Err(NoApi::Setup(
            what,
            "name the trusted certificates with --ca-bundle (`ca-bundle`)",
        ));
    }
    let connect = (limit / 10).clamp(Duration::from_millis(250), Duration::from_secs(5));
    let connector = collect::connector(ca_bundle, connect).map_err(|error| {
        NoApi::Setup(error.what(), "pass a file of certificates with --ca-bundle")
    })?;
    Api::new(connector, &host.workflow.api_url, token, limit).map_err(NoApi::Api)
}

/// Runs calls to the end or until a signal, and then returns its name.
pub(crate) fn block_on<T>(
    calls: impl Future<Output = T>,
) -> Result<Result<T, String>, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        tokio::select! {
            biased;
            signal = collect::signal() => Err(signal),
            ended = calls => Ok(ended),
        }
    }))
}

/// Like [`block_on`], before anything is judged: errors become a [`Failure`].
pub(crate) fn block_on_before_judging<T>(
    calls: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let ended = block_on(calls).map_err(|error| {
        Failure::new(
            text!("cannot start: {}", &error),
            "raise this process's limits of open files and threads",
        )
    })?;
    ended.unwrap_or_else(|signal| {
        Err(Failure::new(
            text!("interrupted by {} while the policy was read from GitHub", public(signal)),
            "run it again",
        ))
    })
}
