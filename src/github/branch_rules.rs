//! What a merge into a branch needs: the rules of rulesets, and classic protection as far as it shows.
//!
//! Source: GitHub REST API, "Get rules for a branch" (`metadata: read`) and "Get a branch" (`contents: read`).
//! Classic protection in full needs `administration: read`, which `GITHUB_TOKEN` cannot have.

use serde_json::Value;

use super::api::{Api, ApiError};
use super::pages::{all, unexpected};
use super::repository::Repository;
use crate::escape;
use crate::model::hosting::{BranchProtection, BranchRule, RequiredWorkflow};

/// The active rules that apply to a branch, of the kinds that are known here.
///
/// # Errors
/// See [`ApiError`].
pub async fn rules(
    api: &Api,
    repository: &Repository,
    branch: &str,
) -> Result<Vec<BranchRule>, ApiError> {
    let path = format!("{}/rules/branches/{}", repository.path(), escape::uri_part(branch));
    let mut rules = Vec::new();
    for rule in all(api, &path, None).await? {
        rules.extend(rule_of(&rule).ok_or_else(unexpected)?);
    }
    Ok(rules)
}

/// `None`: not of the form that a rule has; `Some(None)`: a rule of another kind.
fn rule_of(rule: &Value) -> Option<Option<BranchRule>> {
    let parameters = rule.get("parameters");
    let list = |key: &str| parameters?.get(key)?.as_array();
    Some(Some(match rule.get("type")?.as_str()? {
        "required_status_checks" => {
            let checks = list("required_status_checks")?.iter();
            BranchRule::Checks(checks.map(|it| text(it, "context")).collect::<Option<_>>()?)
        }
        "workflows" => {
            let required = |it: &Value| {
                let repository_id = it.get("repository_id")?.as_u64()?;
                Some(RequiredWorkflow { path: text(it, "path")?, repository_id })
            };
            let workflows = list("workflows")?.iter().map(required);
            BranchRule::Workflows(workflows.collect::<Option<_>>()?)
        }
        "pull_request" => BranchRule::PullRequest {
            code_owners: parameters?.get("require_code_owner_review")?.as_bool()?,
            approvals: parameters?.get("required_approving_review_count")?.as_u64()?,
        },
        "merge_queue" => BranchRule::MergeQueue,
        _ => return Some(None),
    }))
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

/// The checks that classic protection of a branch requires.
///
/// # Errors
/// See [`ApiError`].
pub async fn protection(
    api: &Api,
    repository: &Repository,
    branch: &str,
) -> Result<BranchProtection, ApiError> {
    let path = format!("{}/branches/{}", repository.path(), escape::uri_part(branch));
    protection_of(&api.get(&path).await?).ok_or_else(unexpected)
}

fn protection_of(branch: &Value) -> Option<BranchProtection> {
    let protected = branch.get("protected")?.as_bool()?;
    let checks = branch.get("protection").and_then(|it| it.get("required_status_checks"));
    let Some(checks) = checks.filter(|it| protected && !it.is_null()) else {
        return Some(BranchProtection::default());
    };
    if checks.get("enforcement_level").and_then(Value::as_str) == Some("off") {
        return Some(BranchProtection::default());
    }
    let contexts = checks.get("contexts")?.as_array()?.iter();
    let checks = contexts.map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    Some(BranchProtection { checks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_read_and_an_odd_one_is_an_error() {
        let checks = json!({ "type": "required_status_checks", "ruleset_id": 1, "parameters": {
            "required_status_checks": [{ "context": "root gate", "integration_id": 15368 }],
            "strict_required_status_checks_policy": false,
        }});
        let expected = BranchRule::Checks(vec!["root gate".to_owned()]);
        assert_eq!(rule_of(&checks), Some(Some(expected)));
        let workflows = json!({ "type": "workflows", "parameters": { "workflows": [
            { "path": ".github/workflows/a.yml", "repository_id": 7, "ref": "refs/heads/main" },
        ]}});
        let required =
            RequiredWorkflow { path: ".github/workflows/a.yml".into(), repository_id: 7 };
        assert_eq!(rule_of(&workflows), Some(Some(BranchRule::Workflows(vec![required]))));
        assert_eq!(rule_of(&json!({ "type": "deletion" })), Some(None));
        assert_eq!(rule_of(&json!({ "type": "merge_queue" })), Some(Some(BranchRule::MergeQueue)));
        for odd in [
            json!({}),
            json!({ "type": "required_status_checks" }),
            json!({ "type": "workflows", "parameters": { "workflows": [{ "path": "a" }] } }),
            json!({ "type": "pull_request", "parameters": {} }),
        ] {
            assert_eq!(rule_of(&odd), None, "{odd}");
        }
    }

    #[test]
    fn protection_that_is_off_requires_nothing() {
        let branch = |protected: bool, level: &str| {
            let checks =
                json!({ "enforcement_level": level, "contexts": ["root gate"], "checks": [] });
            let protection = json!({ "enabled": protected, "required_status_checks": checks });
            protection_of(&json!({ "protected": protected, "protection": protection }))
        };
        assert_eq!(branch(true, "non_admins").unwrap().checks, ["root gate"]);
        assert!(branch(true, "off").unwrap().checks.is_empty());
        assert!(branch(false, "everyone").unwrap().checks.is_empty());
        assert_eq!(protection_of(&json!({ "protected": true })).unwrap().checks, [""; 0]);
        assert_eq!(protection_of(&json!({})), None);
    }
}
