//! Pull requests.
//!
//! Source: GitHub REST API, "Get a pull request".

use serde_json::Value;

use super::api::{Api, ApiError};
use super::repository::Repository;

/// Whether a pull request comes from another repository. A deleted fork counts too.
///
/// # Errors
/// See [`ApiError`]; [`ApiError::Unreadable`] for an answer that does not say.
pub async fn is_fork(api: &Api, repository: &Repository, number: u64) -> Result<bool, ApiError> {
    let answer = api.get(&format!("{}/pulls/{number}", repository.path())).await?;
    says_fork(&answer, number)
        .ok_or_else(|| ApiError::Unreadable("it does not say where the branch is".to_owned()))
}

/// `None`: the answer does not say. A missing key is not the `null` of a deleted fork: the gate may
/// be configured to skip forks.
fn says_fork(answer: &Value, number: u64) -> Option<bool> {
    if answer.get("number")?.as_u64()? != number {
        return None;
    }
    let base = answer.pointer("/base/repo/id")?.as_u64()?;
    match answer.pointer("/head/repo")? {
        Value::Null => Some(true),
        head => Some(head.get("id")?.as_u64()? != base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn another_repository_and_a_deleted_one_are_forks() {
        let base = json!({ "ref": "main", "repo": { "id": 74 } });
        let from =
            |head: Value| says_fork(&json!({ "number": 42, "base": base, "head": head }), 42);
        assert_eq!(from(json!({ "repo": { "id": 74 } })), Some(false));
        assert_eq!(from(json!({ "repo": { "id": 75 } })), Some(true));
        assert_eq!(from(json!({ "repo": null })), Some(true));
    }

    #[test]
    fn an_incomplete_answer_means_neither_fork_nor_branch() {
        let (base, head) = (json!({ "repo": { "id": 74 } }), json!({ "repo": { "id": 75 } }));
        for answer in [
            json!({}),
            json!([]),
            json!({ "base": base, "head": head }),
            json!({ "number": 41, "base": base, "head": head }),
            json!({ "number": 42, "head": head }),
            json!({ "number": 42, "base": {}, "head": head }),
            json!({ "number": 42, "base": { "repo": null }, "head": head }),
            json!({ "number": 42, "base": { "repo": { "id": "74" } }, "head": head }),
            json!({ "number": 42, "base": base }),
            json!({ "number": 42, "base": base, "head": null }),
            json!({ "number": 42, "base": base, "head": {} }),
            json!({ "number": 42, "base": base, "head": { "repo": {} } }),
            json!({ "number": 42, "base": base, "head": { "repo": { "id": null } } }),
        ] {
            assert_eq!(says_fork(&answer, 42), None, "{answer}");
        }
    }
}
