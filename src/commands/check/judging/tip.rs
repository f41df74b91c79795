//! The tip of the default branch, and files at a commit, as GitHub's API shows them.

use rootgate::github::api::{Api, ApiError};
use rootgate::github::repository::{Repository, default_branch};
use rootgate::repo::github::{self, ContentsError, Unknown};
use rootgate::repo::{Commit, File, NotRead, RepoPath};
use rootgate::text;
use rootgate::text::{Text, outside};

use crate::commands::Failure;
use crate::commands::host::github_api;
use crate::commands::policy::file;

/// The tip of the default branch.
pub(super) struct Tip {
    pub(super) branch: String,
    pub(super) commit: Commit,
}

impl Tip {
    pub(super) async fn read(api: &Api, repository: &Repository) -> Result<Self, Failure> {
        let branch = default_branch(api, repository).await.map_err(|error| {
            unreadable(text!("the name of the default branch of {}", repository), &error)
        })?;
        let commit = github::resolve(api, repository, &format!("heads/{branch}")).await;
        let commit = commit.map_err(|error| {
            unreadable(text!("the tip of the default branch `{}`", outside(&branch)), &error)
        })?;
        Ok(Self { branch, commit })
    }

    /// The location of its files, for messages.
    pub(super) fn location(&self) -> Text {
        text!("at the tip of the default branch `{}` ({})", outside(&self.branch), &self.commit)
    }
}

/// The named file of a commit, or the default one, if there is one.
pub(super) async fn read_policy(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    named: Option<&RepoPath>,
) -> Result<Option<File>, ContentsError> {
    let paths = named.map_or_else(file::default_paths, |named| vec![named.clone()]);
    github::read_only(api, repository, commit, paths).await
}

pub(super) const CONTENTS_READ: &str = "give the job the permission contents: read, and the action a `token` of this \
                             repository (GITHUB_TOKEN)";

/// The failure if GitHub did not return what the run needs to judge.
pub(super) fn unreadable(what: impl Into<Text>, error: &ApiError) -> Failure {
    let help = match error {
        ApiError::RateLimited { .. } => "wait until the limit is over, then run it again",
        ApiError::Untrusted(_) => {
            "trust your own certificate authority with --ca-bundle (`ca-bundle`)"
        }
        ApiError::NotPrivate(_) | ApiError::Unusable => {
            "check GITHUB_API_URL and GITHUB_TOKEN, which a runner of GitHub sets"
        }
        ApiError::NoRef(_) => "check the ref after the `@` of --policy",
        ApiError::Status { status: 401, .. } => github_api::NO_TOKEN,
        ApiError::Unreachable(_) | ApiError::TimedOut => {
            "let this machine reach GITHUB_API_URL; HTTPS_PROXY and NO_PROXY are honoured"
        }
        ApiError::Status { .. } | ApiError::Unreadable(_) => "",
    };
    let help = match help {
        "" => CONTENTS_READ.into(),
        help => text!("{}; {}", help, CONTENTS_READ),
    };
    Failure::new(text!("the policy cannot be read from GitHub: {}: {}", what.into(), error), help)
}

pub(super) fn cannot_read(error: &ContentsError, tip: &Tip) -> Failure {
    not_read(error, &tip.location())
}

/// An existing file that cannot be read is never treated as missing.
pub(super) fn not_read(error: &ContentsError, location: &Text) -> Failure {
    match error {
        NotRead::Unknown(Unknown::Api { path, error }) => {
            unreadable(text!("{} {}", outside(path), location), error)
        }
        NotRead::Two { path, second } => file::two_defaults(path, second, location),
        _ => Failure::new(
            text!("the policy cannot be read from GitHub: {}, {}", error, location),
            text!("make it a regular file of less than 1 MB; {}", CONTENTS_READ),
        ),
    }
}
