//! A repository on GitHub.

use serde::Deserialize;

use super::api::{Api, ApiError};
use crate::text::{Text, outside};

/// A repository on GitHub: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

impl Repository {
    /// Parses `GITHUB_REPOSITORY`; `None` unless it is an owner and a name. Other text could lead a
    /// request to another path.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(known)
        };
        let (owner, name) = text.split_once('/')?;
        (plain(owner) && plain(name)).then(|| Self(text.to_owned()))
    }

    /// `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its path in the API.
    pub(crate) fn path(&self) -> String {
        format!("/repos/{}", self.0)
    }
}

impl From<&Repository> for Text {
    fn from(repository: &Repository) -> Self {
        outside(repository.as_str())
    }
}

/// What GitHub says about a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Description {
    /// `owner/name`, as GitHub spells it.
    pub full_name: String,
    /// Its id, which stays the same when it is renamed.
    pub id: u64,
    /// Its owner.
    pub owner: Owner,
    /// The name of its default branch.
    pub default_branch: String,
}

/// The owner of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Owner {
    /// Its id, which stays the same when it is renamed.
    pub id: u64,
}

/// Reads what GitHub says about a repository. Every token of the repository may read it.
///
/// # Errors
/// See [`ApiError`].
pub async fn describe(api: &Api, repository: &Repository) -> Result<Description, ApiError> {
    api.get(&repository.path()).await
}

/// The name of the repository's default branch.
///
/// # Errors
/// See [`ApiError`].
pub async fn default_branch(api: &Api, repository: &Repository) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    struct Answer {
        default_branch: String,
    }
    api.get::<Answer>(&repository.path()).await.map(|answer| answer.default_branch)
}

/// How many errors GitHub finds in the CODEOWNERS file of a ref. It needs `contents: read`.
///
/// Source: GitHub REST API, "List CODEOWNERS errors".
///
/// # Errors
/// See [`ApiError`]: 404 where there is no such file, too.
pub async fn codeowners_errors(
    api: &Api,
    repository: &Repository,
    git_ref: &str,
) -> Result<usize, ApiError> {
    #[derive(Deserialize)]
    struct Answer {
        errors: Vec<serde_json::Value>,
    }
    let git_ref = crate::escape::uri_part(git_ref);
    let path = format!("{}/codeowners/errors?ref={git_ref}", repository.path());
    api.get::<Answer>(&path).await.map(|answer| answer.errors.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        let repository = Repository::new("octo-org/octo.repo_1").unwrap();
        assert_eq!(repository.as_str(), "octo-org/octo.repo_1");
        assert_eq!(repository.path(), "/repos/octo-org/octo.repo_1");
        for text in
            ["", "octo", "/x", "x/", "a/b/c", "a/..", "./b", "a/b?c", "a/b c", "a/b#", "a%2f/b"]
        {
            assert_eq!(Repository::new(text), None, "{text}");
        }
    }
}
