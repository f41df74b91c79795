//! `--policy github:OWNER/REPO/PATH@REF`: a policy that a security team owns.

use rootgate::model::{Judge, PolicyOrigin, sha256_hex};
use rootgate::repo::{Commit, github};
use rootgate::text;
use rootgate::text::outside;

use super::{Judging, PolicySource, tip};
use crate::commands::Failure;
use crate::commands::check::plan::RemotePolicy;

/// Reads the policy at the current commit of the ref.
pub(super) async fn read(
    source: &PolicySource<'_>,
    remote: &RemotePolicy,
) -> Result<Judging, Failure> {
    let RemotePolicy { repository, path, git_ref } = remote;
    let api = source.api()?;
    let commit = match Commit::new(git_ref) {
        Some(commit) => commit,
        None => github::resolve(&api, repository, git_ref).await.map_err(|error| {
            tip::unreadable(text!("`{}` of {}", outside(git_ref), repository), &error)
        })?,
    };
    let location = text!("at `{}` of {} ({})", outside(git_ref), repository, &commit);
    let bytes = github::read(&api, repository, &commit, path).await;
    let bytes = bytes.map_err(|error| tip::not_read(&error, &location))?;
    let bytes = bytes.ok_or_else(|| {
        Failure::new(
            text!("the policy cannot be read from GitHub: there is no {} {}", path, &location),
            "check the path and the ref of --policy",
        )
    })?;
    let policy = source.parse(&bytes, path.as_str(), &location)?;
    let judge = Judge::Remote {
        repository: repository.as_str().to_owned(),
        pinned: Commit::new(git_ref).is_some(),
    };
    let origin = PolicyOrigin {
        path: Some(format!("{}/{path}", repository.as_str())),
        sha256: Some(sha256_hex(&bytes)),
        git_ref: Some(git_ref.clone()),
        commit: Some(commit.to_string()),
        ..PolicyOrigin::built_in(judge)
    };
    Ok(Judging::new(policy, origin))
}
