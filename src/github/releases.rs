//! The releases of an action: which tag a commit has, and whether that tag is released.
//!
//! Source: GitHub REST API, "List repository tags" and "Get a release by tag name": `contents: read`, and
//! nothing in a public repository.

use serde_json::Value;

use super::api::{Api, ApiError};
use super::pages::{all, unexpected};
use super::repository::Repository;
use crate::escape;
use crate::model::hosting::PinnedCommit;

/// What a commit of the action is.
///
/// # Errors
/// See [`ApiError`].
pub async fn commit(api: &Api, action: &Repository, sha: &str) -> Result<PinnedCommit, ApiError> {
    let mut names = Vec::new();
    for tag in all(api, &format!("{}/tags", action.path()), None).await? {
        let (name, commit) = tag_of(&tag).ok_or_else(unexpected)?;
        if commit.eq_ignore_ascii_case(sha) {
            names.push(name.to_owned());
        }
    }
    for name in &names {
        if is_released(api, action, name).await? {
            return Ok(PinnedCommit::Release(name.clone()));
        }
    }
    Ok(names.into_iter().next().map_or(PinnedCommit::Unknown, PinnedCommit::Tag))
}

/// The name and the commit of a tag.
fn tag_of(tag: &Value) -> Option<(&str, &str)> {
    Some((tag.get("name")?.as_str()?, tag.get("commit")?.get("sha")?.as_str()?))
}

async fn is_released(api: &Api, action: &Repository, tag: &str) -> Result<bool, ApiError> {
    let path = format!("{}/releases/tags/{}", action.path(), escape::uri_part(tag));
    match api.get::<Value>(&path).await {
        Ok(release) if release.get("tag_name").and_then(Value::as_str) == Some(tag) => Ok(true),
        Ok(_) => Err(unexpected()),
        // The tags of this repository were readable, so there is none.
        Err(ApiError::Status { status: 404, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tag_has_a_name_and_a_commit() {
        let tag = json!({ "name": "v1.0.0", "commit": { "sha": "abc", "url": "x" } });
        assert_eq!(tag_of(&tag), Some(("v1.0.0", "abc")));
        assert_eq!(tag_of(&json!({ "name": "v1.0.0" })), None);
    }
}
