//! The policy at the tip of the default branch, read by GitHub's API.
//!
//! The API names the branch and its commit, and every file is read at that commit: neither the
//! event file nor a variable nor the checkout can say otherwise.

use std::path::Path;

use rootgate::github::api::Api;
use rootgate::github::repository::Repository;
use rootgate::model::{Judge, Notice, NoticeKind, PolicyOrigin, sha256_hex};
use rootgate::policy::Policy;
use rootgate::repo::{File, RepoPath};
use rootgate::{rules, text};

use super::checkout::{self, Checkout};
use super::copy::{self, History, Looked};
use super::tip::{Tip, cannot_read, read_policy};
use super::{Judging, PolicySource, accepted};
use crate::commands::Failure;

/// The policy of the default branch, or the checkout's copy if it is accepted.
pub(super) async fn read(
    source: &PolicySource<'_>,
    named: Option<&Path>,
    accept: bool,
) -> Result<Judging, Failure> {
    let checkout = Checkout::for_file(named, source.host);
    let named = match named {
        None => None,
        Some(file) => {
            // `-` is standard input, which is not in any branch.
            let path = checkout.repository_path(file).filter(|_| file != Path::new("-"));
            Some(path.ok_or_else(|| checkout::lies_outside(file))?)
        }
    };
    let (api, repository) = (source.api()?, source.repository()?);
    let tip = Tip::read(&api, &repository).await?;
    let found = read_policy(&api, &repository, &tip.commit, named.as_ref()).await;
    let found = found.map_err(|error| cannot_read(&error, &tip))?;
    if let (None, Some(named)) = (&found, &named) {
        refuse_a_wrong_name(&api, &repository, &tip, named, &checkout).await?;
    }
    let mut judging = judge_by_tip(source, &tip, found.as_ref())?;
    let history = History { api: &api, repository: &repository, tip: &tip, named: named.as_ref() };
    let compared =
        copy::compare(source, &checkout, &judging.policy, found.as_ref(), &history).await?;
    let not_compared = match compared.looked {
        Looked::Nowhere => Some(NoticeKind::NoCheckout { commit: false }),
        Looked::Commit => Some(NoticeKind::NoCheckout { commit: true }),
        Looked::Checkout => None,
    };
    let unread = compared.unread.map(|why| NoticeKind::CommitUnread { why });
    judging.notices.extend(not_compared.into_iter().chain(unread).map(Notice::for_run));
    judging.notices.extend(other_base(source, &tip));
    judging.copy = compared.copy;
    match judging.copy.take_if(|copy| accept && copy.is_a_change()) {
        Some(copy) => accepted::by_the_copy(source, &api, &repository, judging, copy).await,
        None => Ok(judging),
    }
}

/// If `--policy` names a path that the default branch does not have, the file is a new policy only
/// if the default branch has none. Otherwise a change of the name would change which policy judges.
async fn refuse_a_wrong_name(
    api: &Api,
    repository: &Repository,
    tip: &Tip,
    named: &RepoPath,
    checkout: &Checkout,
) -> Result<(), Failure> {
    let default = read_policy(api, repository, &tip.commit, None).await;
    let default = default.map_err(|error| cannot_read(&error, tip))?;
    if let Some(default) = default {
        return Err(Failure::new(
            text!(
                "{}, which --policy names, is not {}, which has {}",
                named,
                tip.location(),
                &default.path
            ),
            "leave --policy out, or name the file that the default branch has; a policy is moved by \
             a change that keeps the name until it is merged",
        ));
    }
    if matches!(checkout.read(named), Ok(None)) {
        return Err(Failure::new(
            text!(
                "{}, which --policy names, is neither {} nor in the checkout",
                named,
                tip.location()
            ),
            "check the name, or leave --policy out to be judged by the strict built-in defaults",
        ));
    }
    Ok(())
}

fn judge_by_tip(
    source: &PolicySource<'_>,
    tip: &Tip,
    found: Option<&File>,
) -> Result<Judging, Failure> {
    let at = |origin| PolicyOrigin {
        git_ref: Some(format!("refs/heads/{}", tip.branch)),
        commit: Some(tip.commit.to_string()),
        ..origin
    };
    let Some(File { path, bytes }) = found else {
        let origin = PolicyOrigin::built_in(Judge::DefaultBranch);
        return Ok(Judging::new(Policy::built_in(&rules::infos()), at(origin)));
    };
    let policy = source.parse(bytes, path.as_str(), &tip.location())?;
    let origin = PolicyOrigin {
        path: Some(path.to_string()),
        repository_path: Some(path.to_string()),
        sha256: Some(sha256_hex(bytes)),
        ..PolicyOrigin::built_in(Judge::DefaultBranch)
    };
    Ok(Judging::new(policy, at(origin)))
}

/// The base of a pull request can be changed to the default branch later. The result of this run
/// would not apply to that merge.
fn other_base(source: &PolicySource<'_>, tip: &Tip) -> Option<Notice> {
    let base = source.host.workflow.base_ref.as_deref().filter(|base| *base != tip.branch)?;
    let (base, default) = (base.to_owned(), tip.branch.clone());
    Some(Notice::for_run(NoticeKind::OtherBase { base, default }))
}
