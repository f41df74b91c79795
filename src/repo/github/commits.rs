//! Commits on GitHub: resolving a ref, and the merge base of two commits.
//!
//! Source: GitHub REST API, "Get a commit" (with the media type `sha`) and "Get a commit object".

use serde::Deserialize;
use serde_json::Value;

use crate::escape;
use crate::github::api::{Api, ApiError};
use crate::github::one_line;
use crate::github::repository::Repository;
use crate::repo::Commit;

/// With this media type the answer is only the SHA, as text. A full commit would list up to 300 files.
const SHA: &str = "application/vnd.github.sha";

/// Resolves a ref to a commit: `heads/main`, `tags/v1`, a bare name, or a SHA.
///
/// A full SHA resolves to itself or fails; a branch of that name is not accepted instead.
///
/// # Errors
/// [`ApiError::NoRef`] for a name that no ref can have, 422 in [`ApiError::Status`] for a ref that does
/// not exist, [`ApiError::Unreadable`] for an answer without a SHA; else see [`ApiError`].
pub async fn resolve(
    api: &Api,
    repository: &Repository,
    git_ref: &str,
) -> Result<Commit, ApiError> {
    // Git forbids such names; in an address they would lead elsewhere.
    if git_ref.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(ApiError::NoRef(one_line(git_ref)));
    }
    let whole = Commit::new(git_ref);
    let name = whole.as_ref().map_or(git_ref, Commit::as_str);
    let path = format!("{}/commits/{}", repository.path(), escape::relative_uri(name));
    let commit = sha(&api.get_text(&path, SHA).await?)?;
    match whole {
        Some(asked) => check_same_commit(&asked, commit),
        None => Ok(commit),
    }
}

/// Reads the SHA as text, or from the JSON of a server that ignores the media type.
fn sha(answer: &str) -> Result<Commit, ApiError> {
    let text = answer.trim();
    let commit = Commit::new(text).or_else(|| {
        let answer: Value = serde_json::from_str(text).ok()?;
        Commit::new(answer.get("sha")?.as_str()?)
    });
    commit.ok_or_else(|| ApiError::Unreadable("it contains no commit".to_owned()))
}

fn check_same_commit(asked: &Commit, answered: Commit) -> Result<Commit, ApiError> {
    if *asked == answered {
        return Ok(answered);
    }
    Err(ApiError::Unreadable(format!("it is about commit {answered}, not {asked}")))
}

/// The merge base of a commit and `tip`: the commit itself if the branch already contains it; for the
/// merge commit of a pull request the tip of its base at that time.
///
/// # Errors
/// See [`ApiError`]; HTTP 404 if the histories have nothing in common.
pub async fn merge_base(
    api: &Api,
    repository: &Repository,
    tip: &Commit,
    commit: &Commit,
) -> Result<Commit, ApiError> {
    // The first page lists up to 300 files with their changes; later pages list only commits.
    let path = format!("{}/compare/{tip}...{commit}?per_page=1&page=2", repository.path());
    let Comparison { merge_base_commit } = api.get(&path).await?;
    let read = Commit::new(&merge_base_commit.sha);
    read.ok_or_else(|| ApiError::Unreadable("it contains no commit".to_owned()))
}

/// The commit that a merge was made into: its first parent. `None` if the commit is not a merge.
///
/// # Errors
/// See [`ApiError`]; [`ApiError::Unreadable`] for an answer about another commit.
pub async fn merged_into(
    api: &Api,
    repository: &Repository,
    merge: &Commit,
) -> Result<Option<Commit>, ApiError> {
    let object = api.get(&format!("{}/git/commits/{merge}", repository.path())).await?;
    first_parent(&object, merge)
}

fn first_parent(object: &CommitObject, merge: &Commit) -> Result<Option<Commit>, ApiError> {
    let unreadable = || ApiError::Unreadable("it contains no commit".to_owned());
    let answered = Commit::new(&object.sha).ok_or_else(unreadable)?;
    check_same_commit(merge, answered)?;
    match object.parents.as_slice() {
        [first, _, ..] => Commit::new(&first.sha).map(Some).ok_or_else(unreadable),
        _ => Ok(None),
    }
}

#[derive(Deserialize)]
struct CommitObject {
    sha: String,
    parents: Vec<Sha>,
}

/// Source: GitHub REST API, "Compare two commits".
#[derive(Deserialize)]
struct Comparison {
    merge_base_commit: Sha,
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const A: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    const B: &str = "7638417db6d59f3c431d3e1f261cc637155684cd";

    fn unreadable<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        match result {
            Err(ApiError::Unreadable(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_sha_is_text_or_part_of_a_full_commit() {
        let commit = Commit::new(A).unwrap();
        assert_eq!(sha(A), Ok(commit.clone()));
        assert_eq!(sha(&format!("{A}\n")), Ok(commit.clone()));
        assert_eq!(sha(&json!({ "sha": A, "files": [] }).to_string()), Ok(commit));
        for answer in ["", "main", &A[..39], "{}", r#"{"sha":7}"#, r#"{"sha":"main"}"#, "<html>"] {
            assert_eq!(unreadable(sha(answer)), "it contains no commit", "{answer}");
        }
    }

    #[test]
    fn a_merge_was_made_into_its_first_parent() {
        let merge = Commit::new(A).unwrap();
        let parent = |parents: serde_json::Value| {
            let object = json!({ "sha": A, "parents": parents, "tree": { "sha": A } });
            first_parent(&serde_json::from_value(object).unwrap(), &merge)
        };
        assert_eq!(parent(json!([{ "sha": B }, { "sha": A }])), Ok(Commit::new(B)));
        assert_eq!(parent(json!([{ "sha": B }])), Ok(None));
        assert_eq!(parent(json!([])), Ok(None));
        unreadable(parent(json!([{ "sha": "main" }, { "sha": A }])));
        let other = serde_json::from_value(json!({ "sha": B, "parents": [] })).unwrap();
        unreadable(first_parent(&other, &merge));
    }

    #[test]
    fn a_full_sha_does_not_resolve_to_another_commit() {
        let (a, b) = (Commit::new(A).unwrap(), Commit::new(B).unwrap());
        assert_eq!(check_same_commit(&a, a.clone()), Ok(a.clone()));
        assert_eq!(
            unreadable(check_same_commit(&a, b)),
            format!("it is about commit {B}, not {A}")
        );
    }
}
