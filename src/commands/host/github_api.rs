//! The client for GitHub's API that a run of rootgate uses, and what to do when it cannot be had.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use rootgate::collect;
use rootgate::github::api::{Api, ApiError};

use super::Host;
use crate::commands::Failure;

pub(crate) const NO_TOKEN: &str = "pass the action's input `token`, or set GITHUB_TOKEN";

/// Why there is no client.
pub(crate) enum NoApi {
    /// `GITHUB_TOKEN` is not set.
    NoToken,
    /// What is wrong, and what to do.
    Setup(String, &'static str),
    /// The address or the token is not usable.
    Api(ApiError),
}

/// A client for `GITHUB_API_URL` with `GITHUB_TOKEN`, for as long as `limit`.
pub(crate) fn client(host: &Host, ca_bundle: Option<&Path>, limit: Duration) -> Result<Api, NoApi> {
    let token = host.workflow.token.clone();
    let token = token.ok_or(NoApi::NoToken)?;
    let environment = &host.environment;
    let changed = &environment.trust_variables;
    if environment.github_actions && ca_bundle.is_none() && !changed.is_empty() {
        let what = format!("{} would change whom TLS trusts", changed.join(", "));
        return Err(NoApi::Setup(what, "say whom to trust with --ca-bundle (`ca-bundle`)"));
    }
    let connect = (limit / 10).clamp(Duration::from_millis(250), Duration::from_secs(5));
    let connector = collect::connector(ca_bundle, connect)
        .map_err(|error| NoApi::Setup(error.what(), "give --ca-bundle a file of certificates"))?;
    Api::new(connector, &host.workflow.api_url, token, limit).map_err(NoApi::Api)
}

/// Runs calls to the end, or until a signal comes, whose name is then given.
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

/// The same before anything is judged: what went wrong is a [`Failure`].
pub(crate) fn block_on_before_judging<T>(
    calls: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let ended = block_on(calls).map_err(|error| {
        Failure::new(
            format!("cannot start: {error}"),
            "give this process the files and threads it asks for",
        )
    })?;
    ended.unwrap_or_else(|signal| {
        Err(Failure::new(
            format!("interrupted by {signal} while the policy was read from GitHub"),
            "run it again",
        ))
    })
}
