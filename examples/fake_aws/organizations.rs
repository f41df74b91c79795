//! Organizations (JSON 1.1), with AWS's limits per second.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};

use crate::State;
use crate::organization::{Hub, Organization};
use crate::scenario::Scenario;
use crate::scps::{FULL_ACCESS, Policy, Target};
use crate::session;
use crate::wire::{Request, Response};

/// The calls, with their rates per second and bursts: for an account, and for the organization.
pub const CALLS: &[(&str, [f64; 2], [f64; 2])] = &[
    ("DescribeOrganization", [1.0, 2.0], [1.0, 2.0]),
    ("ListAccounts", [8.0, 12.0], [9.0, 15.0]),
    ("ListRoots", [1.0, 2.0], [1.0, 3.0]),
    ("ListPolicies", [5.0, 8.0], [6.0, 10.0]),
    ("ListTargetsForPolicy", [5.0, 8.0], [6.0, 10.0]),
    ("DescribePolicy", [2.0, 2.0], [2.0, 3.0]),
    ("ListDelegatedAdministrators", [5.0, 8.0], [6.0, 10.0]),
    ("ListAWSServiceAccessForOrganization", [1.0, 3.0], [1.0, 4.0]),
];

/// The list in an answer.
pub fn list_of(call: &str) -> &'static str {
    match call {
        "ListAccounts" => "Accounts",
        "ListRoots" => "Roots",
        "ListPolicies" => "Policies",
        "ListTargetsForPolicy" => "Targets",
        "ListDelegatedAdministrators" => "DelegatedAdministrators",
        "ListAWSServiceAccessForOrganization" => "EnabledServicePrincipals",
        "DescribeOrganization" => "Organization",
        _ => "Policy",
    }
}

/// Token buckets, by what they limit.
#[derive(Default)]
pub struct Buckets(HashMap<String, (f64, Instant)>);

impl Buckets {
    /// Takes one token; `false`: there is none.
    pub fn take(&mut self, name: String, per_second: f64, burst: f64) -> bool {
        let now = Instant::now();
        let (tokens, since) = self.0.entry(name).or_insert((burst, now));
        *tokens = (*tokens + since.elapsed().as_secs_f64() * per_second).min(burst);
        *since = now;
        let enough = *tokens >= 1.0;
        if enough {
            *tokens -= 1.0;
        }
        enough
    }
}

pub fn answer(scenario: &Scenario, state: &mut State, call: &str, request: &Request) -> Response {
    if let Some(refusal) = session::refusal(state, call, request) {
        return refusal;
    }
    let caller = |organization: &Organization| match request.account() {
        Some(account) => organization.index(account),
        None => Some(organization.caller_index()),
    };
    let found = scenario.organization.as_ref();
    let Some((organization, caller)) = found.and_then(|found| Some((found, caller(found)?))) else {
        let message = "Your account is not a member of an organization.";
        return Response::error(call, 400, "AWSOrganizationsNotInUseException", message);
    };
    if !may(organization, caller, call) {
        let message = "You don't have permissions to access this resource.";
        return Response::error(call, 400, "AccessDeniedException", message);
    }
    if organization.buckets && !in_time(state, call, caller) {
        return throttled(call);
    }
    let json = &request.json;
    match call {
        "DescribeOrganization" => whole("Organization", organization.describe()),
        "ListAccounts" => accounts(organization, request),
        "ListRoots" => page(call, request, |position| (position == 0).then(|| organization.root())),
        "ListPolicies" => policies(organization, request),
        "ListTargetsForPolicy" => targets(organization, request),
        "DescribePolicy" => match policy(organization, json["PolicyId"].as_str()) {
            Some(policy) => whole(
                "Policy",
                json!({
                    "PolicySummary": summary(organization, policy),
                    "Content": policy.content,
                }),
            ),
            None => no_policy(call),
        },
        "ListDelegatedAdministrators" => delegated(organization, request),
        _ => services(organization, request),
    }
}

/// Checks the caller: every member may describe its organization; other calls need the management account, a
/// delegated administrator, or a delegation policy.
fn may(organization: &Organization, caller: usize, call: &str) -> bool {
    match (caller, organization.hub) {
        _ if call == "DescribeOrganization" => true,
        (0, _) | (1, Hub::Delegated | Hub::Elsewhere) => true,
        (1, Hub::Policy) => match &organization.delegation {
            Some(calls) => calls.iter().any(|allowed| allowed == call),
            None => true,
        },
        _ => false,
    }
}

fn in_time(state: &mut State, call: &str, caller: usize) -> bool {
    let limits = CALLS.iter().find(|(name, ..)| *name == call);
    limits.is_none_or(|(_, [rate, burst], [all_rate, all_burst])| {
        state.buckets.take(format!("{call} {caller}"), *rate, *burst)
            && state.buckets.take(call.to_owned(), *all_rate, *all_burst)
    })
}

pub fn throttled(call: &str) -> Response {
    Response::error(call, 400, "Throttling", "Rate exceeded")
}

fn whole(name: &str, value: Value) -> Response {
    amz_json(&json!({ name: value }))
}

fn amz_json(body: &Value) -> Response {
    Response { status: 200, content_type: "application/x-amz-json-1.1", body: body.to_string() }
}

/// A page's number and its first item, from its token.
pub fn page_of(request: &Request) -> Option<(usize, usize)> {
    match request.json["NextToken"].as_str() {
        None => Some((1, 0)),
        Some(token) => {
            let (page, start) = token.strip_prefix("EXAMPLETOKEN-")?.split_once('-')?;
            Some((page.parse().ok()?, start.parse().ok()?))
        }
    }
}

fn token(page: usize, start: usize) -> Value {
    json!(format!("EXAMPLETOKEN-{page}-{start}"))
}

/// The number of items in a page, or the error of the request.
fn size_of(call: &str, request: &Request) -> Result<usize, Response> {
    let wanted = &request.json["MaxResults"];
    let size = if wanted.is_null() { Some(20) } else { wanted.as_u64() };
    match size {
        Some(size @ 1..=20) => Ok(usize::try_from(size).unwrap()),
        _ => {
            let message = format!(
                "1 validation error detected: Value '{wanted}' at 'maxResults' failed to satisfy \
                 constraint: Member must have value less than or equal to 20"
            );
            Err(Response::error(call, 400, "ValidationException", &message))
        }
    }
}

fn bad_token(call: &str) -> Response {
    Response::error(call, 400, "InvalidInputException", "You provided an invalid pagination token.")
}

/// A page of any list except that of accounts.
fn page(call: &str, request: &Request, item: impl Fn(usize) -> Option<Value>) -> Response {
    let size = match size_of(call, request) {
        Ok(size) => size,
        Err(wrong) => return wrong,
    };
    let Some((page, start)) = page_of(request) else {
        return bad_token(call);
    };
    let items: Vec<Value> = (start..start + size).map_while(&item).collect();
    let mut body = json!({ list_of(call): items });
    if item(start + size).is_some() {
        body["NextToken"] = token(page + 1, start + size);
    }
    amz_json(&body)
}

fn accounts(organization: &Organization, request: &Request) -> Response {
    let call = "ListAccounts";
    let size = match size_of(call, request) {
        Ok(size) => size.min(organization.per_page),
        Err(wrong) => return wrong,
    };
    let Some((page, start)) = page_of(request) else {
        return bad_token(call);
    };
    let empty = organization.empty_every.is_some_and(|every| page.is_multiple_of(every));
    let end = if empty { start } else { organization.size.min(start + size) };
    let repeats = !empty && organization.listed_twice == Some(page);
    let first = if repeats { start.saturating_sub(1) } else { start };
    let shown: Vec<Value> =
        (first..end).map(|position| organization.listing(organization.listed(position))).collect();
    let mut body = json!({ "Accounts": shown });
    if organization.repeated_marker == Some(page) {
        body["NextToken"] = token(page, start);
    } else if end < organization.size {
        body["NextToken"] = token(page + 1, end);
    }
    amz_json(&body)
}

fn summary(organization: &Organization, policy: &Policy) -> Value {
    let by_aws = policy.id == FULL_ACCESS;
    let kind = format!("service_control_policy/{}", policy.id);
    let arn = if by_aws {
        format!("arn:{}:organizations::aws:policy/{kind}", organization.partition)
    } else {
        organization.arn("policy", &format!("/{kind}"))
    };
    json!({
        "Id": policy.id,
        "Arn": arn,
        "Name": policy.name,
        "Description": if by_aws { "Allows access to every operation" } else { "" },
        "Type": "SERVICE_CONTROL_POLICY",
        "AwsManaged": by_aws,
    })
}

fn policies(organization: &Organization, request: &Request) -> Response {
    let call = "ListPolicies";
    match request.json["Filter"].as_str() {
        Some("SERVICE_CONTROL_POLICY") => page(call, request, |position| {
            Some(summary(organization, organization.policies.get(position)?))
        }),
        Some(filter) if filter.ends_with("_POLICY") => page(call, request, |_| None),
        _ => {
            let message = "You provided a value that does not match the required pattern.";
            Response::error(call, 400, "InvalidInputException", message)
        }
    }
}

fn policy<'a>(organization: &'a Organization, id: Option<&str>) -> Option<&'a Policy> {
    organization.policies.iter().find(|policy| Some(policy.id.as_str()) == id)
}

fn no_policy(call: &str) -> Response {
    let message = "You specified a policy that doesn't exist.";
    Response::error(call, 400, "PolicyNotFoundException", message)
}

fn targets(organization: &Organization, request: &Request) -> Response {
    let call = "ListTargetsForPolicy";
    let id = request.json["PolicyId"].as_str();
    let Some(policy) = policy(organization, id) else {
        return no_policy(call);
    };
    page(call, request, |position| {
        let target: Option<Target> = match id {
            Some(FULL_ACCESS) => organization.everywhere(position),
            _ => policy.targets.get(position).copied(),
        };
        Some(organization.target(target?))
    })
}

/// The services that the hub administers.
fn hub_services(organization: &Organization) -> &'static [&'static str] {
    match organization.hub {
        Hub::Delegated => &["iam.amazonaws.com", "securityhub.amazonaws.com"],
        Hub::Elsewhere => &["config.amazonaws.com"],
        Hub::Policy | Hub::None => &[],
    }
}

fn delegated(organization: &Organization, request: &Request) -> Response {
    let services = hub_services(organization);
    let wanted = request.json["ServicePrincipal"].as_str();
    let is_listed = !services.is_empty() && wanted.is_none_or(|wanted| services.contains(&wanted));
    page("ListDelegatedAdministrators", request, |position| {
        let mut hub = organization.listing(1);
        hub.as_object_mut()?.remove("Paths");
        hub["DelegationEnabledDate"] = json!(1_732_000_000.25);
        (is_listed && position == 0).then_some(hub)
    })
}

fn services(organization: &Organization, request: &Request) -> Response {
    let mut trusted = vec!["config.amazonaws.com", "securityhub.amazonaws.com"];
    if organization.features.is_some() {
        trusted.push("iam.amazonaws.com");
    }
    page("ListAWSServiceAccessForOrganization", request, |position| {
        let service = trusted.get(position)?;
        Some(json!({ "ServicePrincipal": service, "DateEnabled": 1_732_000_000.125 }))
    })
}
