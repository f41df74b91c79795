//! `--accept-policy-change`: reviewers let a policy judge before it is merged.
//!
//! A job with an environment that has required reviewers runs only after one of them approves it.
//! GitHub's token names the environment, and GitHub's API lists its reviewers. Both are needed: if
//! a workflow names an environment that does not exist, GitHub creates it without reviewers.

use rootgate::collect;
use rootgate::github::api::{Api, ApiError};
use rootgate::github::environments::{Reviewers, reviewers};
use rootgate::github::mask_command;
use rootgate::github::oidc::{IdToken, TokenError, request_token};
use rootgate::github::repository::Repository;
use rootgate::model::{Judge, Notice, NoticeKind, PolicyOrigin};
use rootgate::text;
use rootgate::text::{Text, outside};

use super::copy::Copy;
use super::{Judging, PolicySource};
use crate::commands::{Failure, live};

/// Nothing outside rootgate accepts a token with this audience.
const AUDIENCE: &str = "rootgate-policy-change";
const ATTEMPTS: u32 = 3;

/// Lets the copy judge if the job may accept it.
pub(super) async fn by_the_copy(
    source: &PolicySource<'_>,
    api: &Api,
    repository: &Repository,
    mut judging: Judging,
    copy: Copy,
) -> Result<Judging, Failure> {
    let environment = environment(source).await?;
    match reviewers(api, repository, &environment).await {
        Ok(Reviewers::Required { self_review: false }) => {}
        Ok(Reviewers::Required { self_review: true }) => {
            let environment = environment.clone();
            judging.notices.push(Notice::for_run(NoticeKind::SelfReview { environment }));
        }
        Ok(Reviewers::None) => return Err(no_reviewers(&environment)),
        Err(error) => return Err(unknown_reviewers(&environment, &error)),
    }
    let (copy, policy, path, sha256) = copy.accept()?;
    let origin = PolicyOrigin {
        judge: Judge::Accepted { environment },
        repository_path: Some(path.to_string()),
        path: Some(path.to_string()),
        sha256,
        git_ref: source.host.workflow.git_ref.clone(),
        commit: source.host.workflow.sha.clone(),
    };
    Ok(Judging { policy, origin, copy: Some(copy), ..judging })
}

async fn environment(source: &PolicySource<'_>) -> Result<String, Failure> {
    let token = token(source).await?;
    let named = token.claims.environment.filter(|name| !name.is_empty());
    named.ok_or_else(|| {
        refused(
            "GitHub's token names no environment",
            "bind the job to a protected environment (`environment:`), whose reviewers accept the \
             change when they approve the job",
        )
    })
}

fn no_reviewers(environment: &str) -> Failure {
    refused(
        text!(
            "the environment `{}` has no required reviewers, so nobody accepts this change",
            outside(environment)
        ),
        "give it required reviewers (Settings, Environments); private repositories outside GitHub \
         Enterprise cannot have any: instead keep the policy in a repository of the people who accept \
         changes (--policy github:OWNER/REPO/PATH@REF), or merge by a ruleset bypass that is limited \
         to pull requests",
    )
}

fn unknown_reviewers(environment: &str, error: &ApiError) -> Failure {
    let help = match error {
        ApiError::Status { status: 401 | 403 | 404, .. } => {
            "give the job the permission actions: read, and the environment required reviewers"
        }
        ApiError::RateLimited { .. } => "wait until the limit is over, then run it again",
        _ => "run it again; the job needs the permission actions: read",
    };
    refused(
        text!(
            "whether the environment `{}` has required reviewers is not known: {}",
            outside(environment),
            error
        ),
        help,
    )
}

const TOKEN_OF_THIS_JOB: &str =
    "leave ACTIONS_ID_TOKEN_REQUEST_URL as the runner sets it; give the job id-token: write";

async fn token(source: &PolicySource<'_>) -> Result<IdToken, Failure> {
    let endpoint = source.host.environment.token_endpoint.as_ref().ok_or_else(|| {
        refused(
            "there is no OIDC token to name the job's environment",
            "give the job the permission id-token: write and bind it to a protected environment",
        )
    })?;
    let bundle = source.plan.bounds.ca_bundle.as_deref();
    let limit = source.time_left();
    let connect = (limit / 10).min(std::time::Duration::from_secs(5));
    let connector = collect::connector(bundle, connect)
        .map_err(|error| refused(error.what(), "give --ca-bundle a file of certificates"))?;
    let asked = async {
        let mut attempt = 1;
        loop {
            match request_token(&connector, endpoint, AUDIENCE).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
                ended => return ended,
            }
        }
    };
    let late = || TokenError::Unreachable("it did not answer in time".to_owned());
    let token = tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| Err(late()));
    let token = token.map_err(|error| refused(&error, TOKEN_OF_THIS_JOB))?;
    live::write_command(&mask_command(&token.jwt), source.shows_text());
    Ok(token)
}

fn refused(what: impl Into<Text>, help: &'static str) -> Failure {
    Failure::new(text!("--accept-policy-change: {}", what.into()), help)
}
