//! Pull requests from forks. GitHub gives them no token, so they cannot sign in.

use rootgate::github::api::ApiError;
use rootgate::github::pulls::is_fork;
use rootgate::text;

use super::{PolicySource, tip};
use crate::commands::check::plan::{Evidence, Plan};
use crate::commands::{Failure, Host};

/// The number of the pull request, if it may be from a fork: the run must sign in and has no OIDC
/// token.
pub(super) fn suspected(plan: &Plan, host: &Host) -> Option<u64> {
    let would_sign_in = host.github_actions() && matches!(plan.evidence, Evidence::Live(_));
    let number = host.pull_request().filter(|_| would_sign_in)?;
    host.environment.token_endpoint.is_none().then_some(number)
}

/// Why nothing can be evaluated, if GitHub says that the pull request is a fork's.
pub(super) async fn established(
    source: &PolicySource<'_>,
    number: u64,
) -> Result<Option<String>, Failure> {
    let (api, repository) = (source.api()?, source.repository()?);
    match is_fork(&api, &repository, number).await {
        Ok(is_fork) => Ok(is_fork.then(|| {
            format!(
                "pull request {number} is from a fork, and GitHub gives forks no token to sign in with"
            )
        })),
        Err(error @ ApiError::Status { status: 403 | 404, .. }) => Err(Failure::new(
            text!(
                "there is no OIDC token to sign in with, and whether pull request {} is from a fork \
                 cannot be read: {}",
                number,
                &error
            ),
            "give the job the permissions id-token: write, contents: read and pull-requests: read",
        )),
        Err(error) => Err(tip::unreadable(text!("pull request {}", number), &error)),
    }
}
