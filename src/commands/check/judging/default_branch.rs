//! The policy at the tip of the default branch, read by GitHub's API.
//!
//! The API names the branch and its commit, and every file is read at that commit: neither the
//! event file nor a variable nor the checkout can say otherwise.

use std::fmt::Display;
use std::path::Path;

use rootgate::github::api::{Api, ApiError};
use rootgate::github::contents::{self, Commit, ContentsError};
use rootgate::github::repository::{Repository, default_branch};
use rootgate::model::{Judge, Notice, NoticeCode, PolicyOrigin, sha256_hex};
use rootgate::policy::Policy;
use rootgate::rules;

use super::checkout::{self, Checkout};
use super::copy::{self, Older};
use super::{Asker, Judging, accepted};
use crate::cli::PolicyArg;
use crate::commands::Failure;
use crate::commands::host::github_api;
use crate::commands::policy::file::{self as policy_file, DEFAULT_PATHS, Found};

/// The policy of the default branch, or the checkout's copy where that is accepted.
pub(super) async fn read(asker: &Asker<'_>, accept: bool) -> Result<Judging, Failure> {
    let named = asker.args.policy.as_ref().and_then(PolicyArg::file);
    let checkout = Checkout::around(named, asker.host);
    let named = match named {
        None => None,
        Some(file) => {
            // `-` is standard input, which no branch holds.
            let path = checkout.repository_path(file).filter(|_| file != Path::new("-"));
            Some(path.ok_or_else(|| checkout::outside(file))?)
        }
    };
    let (api, repository) = (asker.api()?, asker.repository()?);
    let tip = Tip::read(&api, &repository).await?;
    let found = look(&api, &repository, &tip.commit, named.as_deref()).await;
    let found = found.map_err(|error| cannot_read(&error, &tip))?;
    if let (None, Some(named)) = (&found, &named) {
        refuse_a_wrong_name(&api, &repository, &tip, named, &checkout).await?;
    }
    let mut judging = of_the_tip(asker, &tip, found.as_ref())?;
    let older = Older { api: &api, repository: &repository, tip: &tip, named: named.as_deref() };
    let compared = copy::compare(asker, &checkout, &judging.policy, found.as_ref(), &older).await?;
    judging.notices.extend((!compared.known).then(no_checkout));
    judging.notices.extend(compared.unread.map(|why| commit_unread(&why)));
    judging.notices.extend(other_base(asker, &tip));
    judging.copy = compared.copy;
    match judging.copy.take_if(|copy| accept && copy.is_a_change()) {
        Some(copy) => accepted::by_the_copy(asker, &api, &repository, judging, copy).await,
        None => Ok(judging),
    }
}

/// Where the default branch stands.
pub(super) struct Tip {
    pub(super) branch: String,
    pub(super) commit: Commit,
}

impl Tip {
    async fn read(api: &Api, repository: &Repository) -> Result<Self, Failure> {
        let branch = default_branch(api, repository).await.map_err(|error| {
            unreadable(format!("the name of the default branch of {}", repository.as_str()), &error)
        })?;
        let commit = contents::resolve(api, repository, &format!("heads/{branch}")).await;
        let commit = commit.map_err(|error| {
            unreadable(format!("the tip of the default branch `{branch}`"), &error)
        })?;
        Ok(Self { branch, commit })
    }

    fn whence(&self) -> String {
        format!("at the tip of the default branch `{}` ({})", self.branch, self.commit)
    }
}

/// The named file of a commit, or the default one, if there is one.
pub(super) async fn look(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    named: Option<&str>,
) -> Result<Option<Found>, ContentsError> {
    let found = match named {
        Some(named) => contents::read(api, repository, commit, named).await?.map(|it| (named, it)),
        None => contents::read_only(api, repository, commit, DEFAULT_PATHS).await?,
    };
    Ok(found.map(|(path, bytes)| Found { path: path.to_owned(), bytes }))
}

/// A path that `--policy` names and the default branch lacks is a new policy only where there is
/// none so far: otherwise whoever changes the name would change which policy judges.
async fn refuse_a_wrong_name(
    api: &Api,
    repository: &Repository,
    tip: &Tip,
    named: &str,
    checkout: &Checkout,
) -> Result<(), Failure> {
    let default = look(api, repository, &tip.commit, None).await;
    let default = default.map_err(|error| cannot_read(&error, tip))?;
    if let Some(default) = default {
        return Err(Failure::new(
            format!(
                "{named}, which --policy names, is not {}, which has {}",
                tip.whence(),
                default.path
            ),
            "leave --policy out, or name the file that the default branch has; a policy is moved by \
             a change that keeps the name until it is merged",
        ));
    }
    if matches!(checkout.find(named), checkout::Entry::Nothing) {
        return Err(Failure::new(
            format!(
                "{named}, which --policy names, is neither {} nor in the checkout",
                tip.whence()
            ),
            "check the name, or leave --policy out to be judged by the strict built-in defaults",
        ));
    }
    Ok(())
}

fn of_the_tip(asker: &Asker<'_>, tip: &Tip, found: Option<&Found>) -> Result<Judging, Failure> {
    let at = |origin| PolicyOrigin {
        git_ref: Some(format!("refs/heads/{}", tip.branch)),
        commit: Some(tip.commit.to_string()),
        ..origin
    };
    let Some(Found { path, bytes }) = found else {
        let origin = PolicyOrigin::built_in(Judge::DefaultBranch);
        return Ok(Judging::by(Policy::built_in(&rules::infos()), at(origin)));
    };
    let policy = asker.parse(bytes, path, &tip.whence())?;
    let origin = PolicyOrigin {
        path: Some(path.clone()),
        repository_path: Some(path.clone()),
        sha256: Some(sha256_hex(bytes)),
        ..PolicyOrigin::built_in(Judge::DefaultBranch)
    };
    Ok(Judging::by(policy, at(origin)))
}

fn no_checkout() -> Notice {
    Notice {
        code: NoticeCode::NoCheckout,
        message:
            "nothing is checked out, so whether this ref would weaken the policy was not looked at"
                .to_owned(),
        line: None,
    }
}

fn commit_unread(why: &str) -> Notice {
    Notice {
        code: NoticeCode::CommitUnread,
        message: format!(
            "only the checkout was compared: GitHub does not show the run's own commit, {why}"
        ),
        line: None,
    }
}

/// A pull request that is not for the default branch may be pointed there later, and then what was
/// tried here is not what is merged.
fn other_base(asker: &Asker<'_>, tip: &Tip) -> Option<Notice> {
    let base = asker.host.workflow.base_ref.as_deref().filter(|base| *base != tip.branch)?;
    Some(Notice {
        code: NoticeCode::OtherBase,
        message: format!(
            "this pull request is for `{base}`, not for the default branch `{}`: if that is changed, let \
             the gate run again",
            tip.branch
        ),
        line: None,
    })
}

pub(super) const CONTENTS_READ: &str = "give the job the permission contents: read, and the action a `token` of this \
                             repository (GITHUB_TOKEN)";

/// What GitHub did not give before anything could be judged.
pub(super) fn unreadable(what: impl Display, error: &ApiError) -> Failure {
    let help = match error {
        ApiError::RateLimited { .. } => "wait until the limit is over, then run it again",
        ApiError::Untrusted(_) => "trust an authority of your own by --ca-bundle (`ca-bundle`)",
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
        "" => CONTENTS_READ.to_owned(),
        help => format!("{help}; {CONTENTS_READ}"),
    };
    Failure::new(format!("the policy cannot be read from GitHub: {what}: {error}"), help)
}

fn cannot_read(error: &ContentsError, tip: &Tip) -> Failure {
    not_read(error, &tip.whence())
}

/// A file that is there and cannot be read is never taken for one that is not there.
pub(super) fn not_read(error: &ContentsError, whence: &str) -> Failure {
    match error {
        ContentsError::Api { path, error } => unreadable(format!("{path} {whence}"), error),
        ContentsError::Two { path, second } => policy_file::two_defaults(path, second, whence),
        _ => Failure::new(
            format!("the policy cannot be read from GitHub: {error}, {whence}"),
            format!("make it a regular file of less than 1 MB; {CONTENTS_READ}"),
        ),
    }
}
