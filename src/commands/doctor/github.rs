//! The repository on GitHub, and why GitHub did not show something.

use std::time::Duration;

use rootgate::doctor::seen::{Cause, NotSeen, Permission, Seen};
use rootgate::github::api::{Api, ApiError};
use rootgate::github::repository::{Description, Repository, describe};
use rootgate::repo::github::{ContentsError, Unknown, resolve};
use rootgate::repo::{Commit, NotRead, git};
use rootgate::text;
use rootgate::text::{Text, outside};

use super::plan::Plan;
use crate::commands::Host;
use crate::commands::host::git_variables;
use crate::commands::host::github_api::{self, NoApi};

/// The requests to GitHub take no longer together.
const LIMIT: Duration = Duration::from_secs(60);

/// A repository on GitHub, as far as it can be seen.
pub(super) struct GitHub {
    /// `None`: it is not known which one it is.
    pub(super) repository: Option<Repository>,
    /// The client, and what GitHub says of the repository.
    pub(super) open: Seen<Open>,
}

/// A repository that GitHub shows.
pub(super) struct Open {
    pub(super) api: Api,
    pub(super) repository: Repository,
    pub(super) description: Description,
    /// The tip of the default branch.
    pub(super) tip: Seen<Commit>,
}

impl GitHub {
    pub(super) async fn open(plan: &Plan, host: &Host) -> Self {
        let repository = name(host).as_deref().and_then(Repository::new);
        let open = match &repository {
            None => {
                Err(not_asked("it is not known which repository this is", "set GITHUB_REPOSITORY"))
            }
            Some(repository) => Open::read(plan, host, repository.clone()).await,
        };
        Self { repository, open }
    }

    /// The tip of the default branch.
    pub(super) fn tip(&self) -> Result<(&Open, &Commit), &NotSeen> {
        let open = self.open.as_ref()?;
        Ok((open, open.tip.as_ref()?))
    }
}

impl Open {
    async fn read(plan: &Plan, host: &Host, repository: Repository) -> Seen<Self> {
        let api = client(plan, host)?;
        let description = look(Permission::Metadata, describe(&api, &repository).await)?;
        let branch = format!("heads/{}", description.default_branch);
        let tip = look(Permission::Contents, resolve(&api, &repository, &branch).await);
        Ok(Self { api, repository, description, tip })
    }
}

/// `GITHUB_REPOSITORY`, else the remote `origin`.
fn name(host: &Host) -> Option<String> {
    host.workflow.repository.clone().or_else(|| {
        let clone = git::Repository::open(&host.working_directory, git_variables().collect());
        clone.ok()?.on_github()
    })
}

pub(super) fn client(plan: &Plan, host: &Host) -> Seen<Api> {
    let bundle = plan.bounds.ca_bundle.as_deref();
    let limit = LIMIT.min(plan.bounds.timeout_without_policy());
    github_api::client(host, bundle, limit).map_err(|none| match none {
        NoApi::NoToken => not_asked(
            "there is no token for GitHub's API",
            text!(
                "{} (`gh auth token` prints one on a laptop), with metadata: read, contents: read, \
                 actions: read and security-events: read",
                github_api::NO_TOKEN
            ),
        ),
        NoApi::Setup(what, help) => not_asked(what, help),
        NoApi::Api(error) => not_seen(&error, Permission::Metadata),
    })
}

fn not_asked(what: impl Into<Text>, todo: impl Into<Text>) -> NotSeen {
    NotSeen {
        cause: Cause::NotAsked,
        permission: Permission::Metadata,
        what: what.into(),
        todo: todo.into(),
    }
}

/// What GitHub showed to a token with a permission.
pub(super) fn look<T>(permission: Permission, answer: Result<T, ApiError>) -> Seen<T> {
    answer.map_err(|error| not_seen(&error, permission))
}

/// The same for a file.
pub(super) fn look_at_file<T>(answer: Result<T, ContentsError>) -> Seen<T> {
    answer.map_err(|error| match &error {
        NotRead::Unknown(Unknown::Api { error, .. }) => not_seen(error, Permission::Contents),
        _ => NotSeen {
            cause: Cause::Failed,
            permission: Permission::Contents,
            what: Text::from(&error),
            todo: "make it a regular file of less than 1 MB".into(),
        },
    })
}

fn not_seen(error: &ApiError, permission: Permission) -> NotSeen {
    const REPORT: &str = "run this again; if it stays so, report it as a fault of rootgate";
    let (cause, todo) = match error {
        ApiError::Status { status: 401, .. } => (Cause::BadToken, github_api::NO_TOKEN),
        ApiError::Status { status: 403, .. } => (Cause::Refused, ""),
        ApiError::Status { status: 404, .. } => (Cause::NotFound, ""),
        ApiError::Status { .. } => (Cause::Failed, "run this again when GitHub works"),
        ApiError::RateLimited { .. } => {
            (Cause::Failed, "wait until the limit is over, then run this again")
        }
        ApiError::Unreachable(_) | ApiError::TimedOut => (
            Cause::Failed,
            "let this machine reach GITHUB_API_URL; HTTPS_PROXY and NO_PROXY are honoured",
        ),
        ApiError::Untrusted(_) => {
            (Cause::Failed, "trust your own certificate authority with --ca-bundle (`ca-bundle`)")
        }
        ApiError::NotPrivate(_) | ApiError::Unusable => {
            (Cause::Failed, "check GITHUB_API_URL and GITHUB_TOKEN, which a runner of GitHub sets")
        }
        ApiError::NoRef(_) | ApiError::Unreadable(_) => (Cause::Failed, REPORT),
    };
    NotSeen { cause, permission, what: Text::from(error), todo: todo.into() }
}

/// A file that cannot be found by its name.
pub(super) fn no_path(path: &str) -> NotSeen {
    NotSeen {
        cause: Cause::Failed,
        permission: Permission::Contents,
        what: text!("`{}` is not a path of a repository", outside(path)),
        todo: "give it a plain name".into(),
    }
}
