//! A statement of a service control policy: which requests of root it denies.

use serde_json::{Map, Value};

use super::condition::Test;
use super::pattern::{fits_any_case, is_pattern};
use super::{Holds, RootUser, shown};

/// A statement with `Deny` that may deny root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Why its actions or resources are unclear.
    unclear: Option<String>,
    tests: Vec<Test>,
}

impl Statement {
    /// Parses a statement. `None`: it does not deny, or not enough to deny root.
    pub(super) fn read(value: &Value, has_variables: bool) -> Result<Option<Self>, String> {
        let Value::Object(members) = value else {
            return Err("one of its statements is not an object".to_owned());
        };
        match members.get("Effect").and_then(Value::as_str) {
            Some("Deny") => {}
            Some("Allow") => return Ok(None),
            _ => return Err("one of its statements has no known `Effect`".to_owned()),
        }
        let tests = Test::all(members.get("Condition"), has_variables);
        let names_root = tests.iter().flatten().any(Test::is_about_the_principal);
        let scope = actions(members, names_root).and(resources(members));
        let scope = scope.and(known_members(members));
        let unclear = match (scope, &tests) {
            (Holds::NotAlways, _) => return Ok(None),
            (Holds::Unclear(why), _) => Some(why),
            (Holds::Always, Err(why)) => Some(why.clone()),
            (Holds::Always, Ok(_)) => None,
        };
        Ok(Some(Self { unclear, tests: tests.unwrap_or_default() }))
    }

    /// Whether it matches every request of an account's root user; without `root`, whether it may
    /// match those of any account.
    pub(super) fn fits(&self, root: Option<RootUser<'_>>) -> Holds {
        let scope = self.unclear.clone().map_or(Holds::Always, Holds::Unclear);
        self.tests.iter().fold(scope, |holds, test| holds.and(test.holds(root)))
    }
}

/// An unknown member may narrow the statement.
fn known_members(members: &Map<String, Value>) -> Holds {
    const KNOWN: &[&str] =
        &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    match members.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        Some(key) => {
            Holds::Unclear(format!("one of its statements has an unknown member `{}`", shown(key)))
        }
        None => Holds::Always,
    }
}

/// The texts of an element: one, or a list of some.
fn texts<'a>(members: &'a Map<String, Value>, name: &str) -> Option<Result<Vec<&'a str>, String>> {
    let texts: Option<Vec<&str>> = match members.get(name)? {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.filter(|texts| !texts.is_empty());
    Some(
        texts.ok_or_else(|| {
            format!("one of its statements has a `{name}` that is not a list of texts")
        }),
    )
}

/// Actions of services that have little in common: a list that contains them all is meant to
/// contain all.
const PROBES: &[&str] = &[
    "account:CloseAccount",
    "cloudtrail:StopLogging",
    "ec2:RunInstances",
    "iam:CreateAccessKey",
    "kms:ScheduleKeyDeletion",
    "lambda:CreateFunction",
    "organizations:LeaveOrganization",
    "rds:DeleteDBInstance",
    "s3:PutBucketPolicy",
    "sts:GetSessionToken",
];

/// Whether it denies all actions, or all but some that give root no power.
fn actions(members: &Map<String, Value>, names_root: bool) -> Holds {
    match (texts(members, "Action"), texts(members, "NotAction")) {
        (Some(Ok(actions)), None) => denied(&actions),
        (None, Some(Ok(left))) => left_over(&left, names_root),
        (Some(Err(why)), None) | (None, Some(Err(why))) => Holds::Unclear(why),
        (None, None) => {
            Holds::Unclear("one of its statements has neither `Action` nor `NotAction`".to_owned())
        }
        (Some(_), Some(_)) => {
            Holds::Unclear("one of its statements has both `Action` and `NotAction`".to_owned())
        }
    }
}

fn denied(actions: &[&str]) -> Holds {
    if actions.iter().any(|action| is_every_action(action)) {
        return Holds::Always;
    }
    let has = |probe: &&str| actions.iter().any(|action| fits_any_case(action, probe));
    if PROBES.iter().all(has) {
        let why = "it denies so many services by name that it may be meant to deny all";
        return Holds::Unclear(why.to_owned());
    }
    Holds::NotAlways
}

/// `*`, `*:*` and the like.
fn is_every_action(pattern: &str) -> bool {
    pattern.bytes().all(|byte| b"*?:".contains(&byte))
        && PROBES.iter().all(|probe| fits_any_case(pattern, probe))
        && fits_any_case(pattern, "a:B")
}

/// The effect of `NotAction`. A statement that does not name the principal is a guardrail for
/// everybody, and is not meant to deny root.
fn left_over(left: &[&str], names_root: bool) -> Holds {
    if left.iter().any(|action| is_every_action(action)) {
        return Holds::NotAlways;
    }
    match left.iter().find(|action| !gives_no_power(action)) {
        None => Holds::Always,
        Some(action) if names_root => {
            Holds::Unclear(format!("it leaves `{}` to root", shown(action)))
        }
        Some(_) => Holds::NotAlways,
    }
}

/// Services of bills, support and the account's own data, which policies often leave to root.
const HARMLESS: &[&str] = &[
    "account",
    "artifact",
    "aws-portal",
    "billing",
    "budgets",
    "ce",
    "consolidatedbilling",
    "cur",
    "freetier",
    "health",
    "invoicing",
    "payments",
    "pricing",
    "purchase-orders",
    "support",
    "supportplans",
    "tax",
    "trustedadvisor",
];

/// Whether an action is harmless if root has no other: a single named task outside IAM, reads and
/// MFA of IAM, and services of bills and support.
fn gives_no_power(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let Some((service, name)) = action.split_once(':') else { return false };
    if is_pattern(service) || service.is_empty() || name.is_empty() {
        return false;
    }
    let of_iam = ["get", "list", "delete", "deactivatemfadevice", "enablemfadevice"];
    let of_iam = of_iam.iter().chain(&["createvirtualmfadevice", "resyncmfadevice"]);
    HARMLESS.contains(&service)
        || match service {
            "iam" => of_iam.into_iter().any(|begins| name.starts_with(begins)),
            "organizations" => ["describe", "list"].iter().any(|begins| name.starts_with(begins)),
            _ => !is_pattern(name),
        }
}

/// Whether it covers all resources.
fn resources(members: &Map<String, Value>) -> Holds {
    match (texts(members, "Resource"), texts(members, "NotResource")) {
        (Some(Ok(resources)), None) => on_all(&resources),
        (Some(Err(why)), None) => Holds::Unclear(why),
        (None, None) => Holds::Unclear("one of its statements has no `Resource`".to_owned()),
        (_, Some(_)) => Holds::Unclear("it denies root on all but some resources".to_owned()),
    }
}

fn on_all(resources: &[&str]) -> Holds {
    if resources.iter().any(|resource| !resource.is_empty() && resource.bytes().all(|b| b == b'*'))
    {
        return Holds::Always;
    }
    // `arn:aws:*:…` covers more than one service, but maybe not all.
    let of_any_service = |resource: &&&str| {
        let service = resource.split(':').nth(2);
        service.is_none_or(is_pattern)
    };
    match resources.iter().find(of_any_service) {
        Some(resource) => Holds::Unclear(format!("it denies on `{}`", shown(resource))),
        None => Holds::NotAlways,
    }
}
