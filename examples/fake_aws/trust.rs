//! Trust policies: who may assume a role, decided as STS does.
//!
//! It knows what the trust policies of a gate hold: statements with `Principal` (`Federated`, `AWS`),
//! `Action` and the conditions `StringEquals`, `StringLike`, `ArnEquals` and `ArnLike`. Anything else in a
//! condition is not met.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::scenario::Scenario;
use crate::session::{Session, Who};
use crate::wire::Request;

const ISSUER: &str = "token.actions.githubusercontent.com";

/// The claims that are condition keys, besides `aud` and `sub`. Source: IAM User Guide, "IAM and STS
/// condition context keys".
const CLAIMS: [&str; 9] = [
    "actor",
    "actor_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
];

/// Reads a trust policy. AWS refuses one for GitHub that does not limit the subject.
pub fn read(file: &str) -> Option<Value> {
    let policy: Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    let limits = |statement: &Value| {
        let conditions = statement["Condition"].to_string();
        statement["Principal"]["Federated"].is_null()
            || [":sub\"", ":job_workflow_ref\""].iter().any(|key| conditions.contains(key))
    };
    statements(&policy).iter().all(limits).then_some(policy)
}

fn statements(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    }
}

/// Whether the token of these claims opens a role.
pub fn lets_in_token(scenario: &Scenario, role: &str, claims: &Value) -> bool {
    let mut context = BTreeMap::new();
    for name in ["aud", "sub"].into_iter().chain(CLAIMS) {
        if let Some(value) = claims[name].as_str() {
            context.insert(format!("{ISSUER}:{name}"), value.to_owned());
        }
    }
    // The identity provider is one of the role's own account.
    let fields: Vec<&str> = role.splitn(6, ':').collect();
    let [_, partition, _, _, account, _] = fields[..] else { return false };
    let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}");
    lets_in(scenario, role, "sts:AssumeRoleWithWebIdentity", "Federated", &[provider], &context)
}

/// Whether the caller of `AssumeRole` may assume a role.
pub fn lets_in_caller(scenario: &Scenario, role: &str, request: &Request) -> bool {
    let account = scenario.account(request.account());
    let (partition, id) = (&account.partition, &account.id);
    let caller = match Session::from_request(request).map(|session| session.who) {
        Some(Who::Role { name, .. }) => format!("arn:{partition}:iam::{id}:role/{name}"),
        Some(Who::Root { .. }) => return false,
        None => format!("arn:{partition}:iam::{id}:user/alice"),
    };
    let mut context = BTreeMap::from([("aws:PrincipalArn".to_owned(), caller.clone())]);
    let external_id = request.parameter("ExternalId");
    if !external_id.is_empty() {
        context.insert("sts:ExternalId".to_owned(), external_id.to_owned());
    }
    let root = format!("arn:{partition}:iam::{id}:root");
    lets_in(scenario, role, "sts:AssumeRole", "AWS", &[caller, root, id.clone()], &context)
}

fn lets_in(
    scenario: &Scenario,
    role: &str,
    action: &str,
    kind: &str,
    principals: &[String],
    context: &BTreeMap<String, String>,
) -> bool {
    if scenario.trust.is_empty() {
        return true;
    }
    let Some(policy) = scenario.trust.get(role).or_else(|| scenario.trust.get(&any_account(role)))
    else {
        return false;
    };
    let applies = |effect: &str| {
        statements(policy).iter().any(|statement| {
            statement["Effect"] == effect
                && texts(&statement["Action"]).iter().any(|named| named == action)
                && texts(&statement["Principal"][kind]).iter().any(|it| principals.contains(it))
                && statement["Condition"].as_object().is_none_or(|it| are_met(it, context))
        })
    };
    applies("Allow") && !applies("Deny")
}

/// `arn:aws:iam::*:role/gate`: the roles of that name in all accounts.
fn any_account(role: &str) -> String {
    let mut fields: Vec<&str> = role.splitn(6, ':').collect();
    if let Some(account) = fields.get_mut(4) {
        *account = "*";
    }
    fields.join(":")
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn are_met(conditions: &Map<String, Value>, context: &BTreeMap<String, String>) -> bool {
    conditions.iter().all(|(operator, keys)| {
        let is_met = |(key, wanted): (&String, &Value)| {
            // A key that the request does not carry meets nothing.
            let Some(given) = context.get(key) else { return false };
            texts(wanted).iter().any(|wanted| matches(operator, wanted, given))
        };
        keys.as_object().is_some_and(|keys| keys.iter().all(is_met))
    })
}

fn matches(operator: &str, wanted: &str, given: &str) -> bool {
    match operator {
        "StringEquals" | "ArnEquals" => literal(wanted).is_some_and(|wanted| wanted == given),
        "StringLike" | "ArnLike" => literal(wanted).is_some_and(|it| is_like(&it, given)),
        _ => false,
    }
}

/// The text without its policy variables; a request has a value only for `${$}`.
fn literal(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str((variable == "$").then_some("$")?);
        rest = after;
    }
    Some(out + rest)
}

fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| is_like(rest, &text[at..]))
        }),
    }
}
