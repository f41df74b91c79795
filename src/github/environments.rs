//! The environments of a repository: whether people must let a job run, and which branches may.
//!
//! Source: GitHub REST API, "Get an environment" and "List environments". Both need `actions: read`, in a
//! public repository nothing.

use serde_json::Value;

use super::api::{Api, ApiError};
use super::pages::{all, unexpected};
use super::repository::Repository;
use crate::escape;
use crate::model::hosting::{BranchLimit, Environment, RequiredReviewers};

/// Who approves the jobs of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewers {
    /// No approval is required.
    None,
    /// One of its required reviewers.
    Required {
        /// Whether the person who started the run may approve it.
        self_review: bool,
    },
}

/// Asks who must approve the jobs of the environment.
///
/// # Errors
/// See [`ApiError`]: 404 if the environment does not exist or the token may not see it;
/// [`ApiError::Unreadable`] for an answer about another one.
pub async fn reviewers(
    api: &Api,
    repository: &Repository,
    name: &str,
) -> Result<Reviewers, ApiError> {
    // A name may contain a slash, which would lead to another path.
    let encoded = escape::uri_part(name);
    if encoded.is_empty() || encoded.bytes().all(|byte| byte == b'.') {
        return Err(ApiError::Unusable);
    }
    let answer: Value = api.get(&format!("{}/environments/{encoded}", repository.path())).await?;
    read(&answer, name)
        .ok_or_else(|| ApiError::Unreadable("it is not about this environment".to_owned()))
}

/// Every environment of a repository.
///
/// # Errors
/// See [`ApiError`].
pub async fn list(api: &Api, repository: &Repository) -> Result<Vec<Environment>, ApiError> {
    let path = format!("{}/environments", repository.path());
    let entries = all(api, &path, Some("environments")).await?;
    entries.iter().map(|it| environment_of(it).ok_or_else(unexpected)).collect()
}

fn environment_of(answer: &Value) -> Option<Environment> {
    let name = answer.get("name")?.as_str()?;
    let reviewers = match read(answer, name)? {
        Reviewers::None => RequiredReviewers::None,
        Reviewers::Required { self_review } => RequiredReviewers::Some { self_review },
    };
    let branches = match answer.get("deployment_branch_policy") {
        None | Some(Value::Null) => BranchLimit::None,
        Some(policy) if policy.get("protected_branches")?.as_bool()? => BranchLimit::Protected,
        Some(policy) if policy.get("custom_branch_policies")?.as_bool()? => BranchLimit::Patterns,
        Some(_) => return None,
    };
    Some(Environment { name: name.to_owned(), reviewers, branches })
}

/// `None`: the answer is about something else.
fn read(answer: &Value, name: &str) -> Option<Reviewers> {
    if !answer.get("name")?.as_str()?.eq_ignore_ascii_case(name) {
        return None;
    }
    let rules = match answer.get("protection_rules") {
        None | Some(Value::Null) => &[][..],
        Some(rules) => rules.as_array()?,
    };
    let required = |rule: &&Value| {
        let people = rule.get("reviewers").and_then(Value::as_array);
        rule.get("type").and_then(Value::as_str) == Some("required_reviewers")
            && people.is_some_and(|people| !people.is_empty())
    };
    Some(match rules.iter().find(required) {
        None => Reviewers::None,
        Some(rule) => {
            let prevented = rule.get("prevent_self_review").and_then(Value::as_bool);
            Reviewers::Required { self_review: prevented != Some(true) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(rules: Value) -> Option<Reviewers> {
        read(&json!({ "name": "rootgate-policy", "protection_rules": rules }), "rootgate-policy")
    }

    #[test]
    fn only_reviewers_who_exist_are_required() {
        let people = json!([{ "type": "Team", "reviewer": { "id": 1 } }]);
        let rule = |more: Value| {
            let mut rule = json!({ "type": "required_reviewers", "reviewers": people });
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([{ "type": "wait_timer", "wait_timer": 30 }, rule, { "type": "branch_policy" }])
        };
        let prevented = with(rule(json!({ "prevent_self_review": true })));
        assert_eq!(prevented, Some(Reviewers::Required { self_review: false }));
        for open in [json!({ "prevent_self_review": false }), json!({})] {
            assert_eq!(with(rule(open)), Some(Reviewers::Required { self_review: true }));
        }
        for none in [
            json!([]),
            Value::Null,
            json!([{ "type": "wait_timer", "wait_timer": 30 }]),
            json!([{ "type": "required_reviewers", "reviewers": [] }]),
            json!([{ "type": "required_reviewers" }]),
            json!([{ "type": "custom", "reviewers": people }]),
        ] {
            assert_eq!(with(none.clone()), Some(Reviewers::None), "{none}");
        }
    }

    #[test]
    fn branches_are_limited_by_protection_or_by_patterns() {
        let limit = |policy: Value| {
            let answer = json!({ "name": "x", "deployment_branch_policy": policy });
            environment_of(&answer).map(|it| it.branches)
        };
        let policy = |protected: bool, custom: bool| json!({ "protected_branches": protected, "custom_branch_policies": custom });
        assert_eq!(limit(Value::Null), Some(BranchLimit::None));
        assert_eq!(limit(policy(true, false)), Some(BranchLimit::Protected));
        assert_eq!(limit(policy(false, true)), Some(BranchLimit::Patterns));
        assert_eq!(limit(policy(false, false)), None);
        assert_eq!(limit(json!({})), None);
    }

    #[test]
    fn an_answer_about_something_else_is_none() {
        for answer in [json!({}), json!([]), json!({ "name": 7 }), json!({ "name": "rootgate" })] {
            assert_eq!(read(&answer, "rootgate-policy"), None, "{answer}");
        }
        let odd = json!({ "name": "x", "protection_rules": "none" });
        assert_eq!(read(&odd, "x"), None);
        assert_eq!(read(&json!({ "name": "X" }), "x"), Some(Reviewers::None));
    }
}
