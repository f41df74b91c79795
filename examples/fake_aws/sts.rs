//! STS: the caller's identity, and sessions for roles and for the root user; also the role credentials of IAM
//! Identity Center.

use chrono::TimeDelta;

use crate::organization::{Class, Organization};
use crate::scenario::{Scenario, instant, now};
use crate::session::{Session, Who, issue};
use crate::wire::{Request, Response};
use crate::{State, audit, github, organizations, session, trust};

const VERSION: &str = "2011-06-15";
/// Rate per second and burst, for all calls of an account except web identity and AssumeRoot.
const PER_SECOND: f64 = 600.0;
const TASKS: &[&str] = &[
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
];

pub fn answer(scenario: &Scenario, state: &mut State, call: &str, request: &Request) -> Response {
    if request.parameter("Version") != VERSION {
        return Response::error(call, 400, "NoSuchVersion", "this fake speaks 2011-06-15");
    }
    if call == "AssumeRoleWithWebIdentity" {
        return with_web_identity(scenario, state, request);
    }
    if let Some(refusal) = session::refusal(state, call, request) {
        return refusal;
    }
    if call != "AssumeRoot" && !in_time(scenario, state, request) {
        return organizations::throttled(call);
    }
    match call {
        "AssumeRole" => {
            if let Some(organization) = &scenario.organization
                && !trusts(organization, request)
            {
                return refused(scenario, call, request, request.parameter("RoleArn"));
            }
            if !trust::lets_in_caller(scenario, request.parameter("RoleArn"), request) {
                return refused(scenario, call, request, request.parameter("RoleArn"));
            }
            session(scenario, state, call, request, "")
        }
        "AssumeRoot" => assume_root(scenario, state, request),
        _ => identity(scenario, request),
    }
}

/// The limit of the account that a run calls from. Each member has its own limit, which runs do not reach.
fn in_time(scenario: &Scenario, state: &mut State, request: &Request) -> bool {
    let Some(organization) = scenario.organization.as_ref().filter(|all| all.buckets) else {
        return true;
    };
    let caller = organization.caller();
    let account = request.account().unwrap_or(&caller);
    organization.index(account).is_none_or(|index| index > 1)
        || state.buckets.take(format!("sts {account}"), PER_SECOND, PER_SECOND)
}

fn identity(scenario: &Scenario, request: &Request) -> Response {
    let account = &*scenario.account(request.account());
    let id = account.identity.as_ref().filter(|_| request.account().is_some());
    let (id, partition) = (id.unwrap_or(&account.id), &account.partition);
    let (user, arn) = match (request.account(), Session::from_request(request)) {
        (None, _) => {
            ("AIDAEXAMPLEALICE00001".to_owned(), format!("arn:{partition}:iam::{id}:user/alice"))
        }
        (_, Some(session)) => {
            let user = match &session.who {
                Who::Role { session, .. } => format!("AROAEXAMPLEROOTGATE01:{session}"),
                Who::Root { .. } => id.clone(),
            };
            (user, session.arn(partition, id))
        }
        (_, None) => (
            "AROAEXAMPLEROOTGATE01:rootgate".to_owned(),
            format!("arn:{partition}:sts::{id}:assumed-role/rootgate/rootgate"),
        ),
    };
    Response::result(
        "GetCallerIdentity",
        &format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{id}</Account>"),
    )
}

/// Whether a role of the organization exists and trusts the caller. STS does not say which of them is wrong.
fn trusts(organization: &Organization, request: &Request) -> bool {
    let fields: Vec<&str> = request.parameter("RoleArn").splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, role] = fields[..] else {
        // Text that is not an ARN has its own error.
        return true;
    };
    let Some(index) = organization.index(account).filter(|index| organization.is_usable(*index))
    else {
        return false;
    };
    let wanted = organization.management_role.as_ref().filter(|_| index == 0);
    let wanted = wanted.unwrap_or(&organization.role);
    let external_id = organization.external_id.as_deref();
    partition == organization.partition
        && wanted != "none"
        && role.strip_prefix("role/") == Some(wanted.as_str())
        && external_id.is_none_or(|id| request.parameter("ExternalId") == id)
        && !matches!(organization.class(index), Class::New | Class::Refusing | Class::Roleless)
}

/// STS's refusal, which is always the same.
fn refused(scenario: &Scenario, call: &str, request: &Request, resource: &str) -> Response {
    let account = scenario.account(request.account());
    let (partition, id) = (&account.partition, &account.id);
    let caller = match Session::from_request(request) {
        Some(session) => session.arn(partition, id),
        None => format!("arn:{partition}:iam::{id}:user/alice"),
    };
    let message =
        format!("User: {caller} is not authorized to perform: sts:{call} on resource: {resource}");
    Response::error(call, 403, "AccessDenied", &message)
}

fn invalid(call: &str, message: &str) -> Response {
    Response::error(call, 400, "ValidationError", message)
}

fn assume_root(scenario: &Scenario, state: &mut State, request: &Request) -> Response {
    let call = "AssumeRoot";
    let target = request.parameter("TargetPrincipal");
    let fields: Vec<&str> = target.splitn(6, ':').collect();
    let account = match fields[..] {
        [account] => account,
        ["arn", _, "iam", "", account, "root"] => account,
        _ => "",
    };
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return invalid(call, "Request must contain a valid target principal");
    }
    let task = request.parameter("TaskPolicyArn.arn").split_once(":iam::aws:policy/root-task/");
    let Some(task) = task.map(|(_, task)| task).filter(|task| TASKS.contains(task)) else {
        return invalid(call, "Request must contain valid AWS managed task policy ARN");
    };
    let seconds = match request.parameter("DurationSeconds") {
        "" => 900,
        text => text.parse().unwrap_or(-1),
    };
    if !(0..=900).contains(&seconds) {
        let message = format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value less than or equal to 900"
        );
        return invalid(call, &message);
    }
    let caller = scenario.account(request.account()).id.clone();
    let found = scenario.organization.as_ref();
    let found = found.filter(|all| audit::manages_root(all, all.index(&caller)));
    let member = found.and_then(|all| {
        let index = all.index(account).filter(|index| *index > 0 && all.is_usable(*index))?;
        (all.class(index) != Class::Refusing).then_some(all)
    });
    let Some(organization) = member else {
        let partition = &scenario.account(Some(account)).partition;
        return refused(scenario, call, request, &format!("arn:{partition}:iam::{account}:root"));
    };
    let (feature, name) = if task.starts_with("IAM") {
        ("RootCredentialsManagement", "Root credentials management")
    } else {
        ("RootSessions", "Root sessions")
    };
    let denied = |message: &str| Response::error(call, 403, "AccessDenied", message);
    match &organization.features {
        None => return denied("Service not enabled for AWS Organizations."),
        Some(features) if !features.iter().any(|enabled| enabled == feature) => {
            let message = format!("{name} feature is not enabled for your AWS Organization.");
            return denied(&message);
        }
        Some(_) => {}
    }
    let who = Who::Root { task: task.to_owned() };
    let whose = owner(scenario, account);
    let (key, token, expires) = issue(scenario, state, call, &whose, &who, "", seconds);
    Response::result(
        call,
        &format!(
            "{}<SessionTokenUtilization>6</SessionTokenUtilization>\
             <SessionTokenSize>{}</SessionTokenSize>",
            credentials(&key, &token, &instant(expires)),
            token.len()
        ),
    )
}

/// The account of the new session: the requested one, unless the scenario mixes accounts up.
fn owner(scenario: &Scenario, account: &str) -> String {
    let organization = scenario.organization.as_ref();
    let class = organization.and_then(|all| Some(all.class(all.index(account)?)));
    let held = scenario.account(Some(account));
    match &held.session_account {
        Some(other) if held.id == account => other.clone(),
        _ if class == Some(Class::Mismatched) => crate::organization::HUB.to_owned(),
        _ => account.to_owned(),
    }
}

fn credentials(key: &str, token: &str, expiration: &str) -> String {
    format!(
        "<Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
    )
}

/// "GetRoleCredentials" of IAM Identity Center: the keys of a role for the token of `aws sso login`.
pub fn role_credentials(request: &Request) -> Response {
    let token = request.headers.get("x-amz-sso_bearer_token").map_or("", String::as_str);
    if token != "sso-token-EXAMPLE" {
        let body = r#"{"message":"Session token not found or invalid"}"#.to_owned();
        return Response::json(401, body);
    }
    let account = request.query.get("account_id").map_or("", String::as_str);
    let expiration = (now() + TimeDelta::hours(1)).timestamp_millis();
    let credentials = serde_json::json!({
        "accessKeyId": format!("ASIAFAKE{account}"),
        "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sessionToken": "FwoGZXIvYXdzEXAMPLESESSIONTOKEN/sso",
        "expiration": expiration,
    });
    Response::json(200, serde_json::json!({ "roleCredentials": credentials }).to_string())
}

fn with_web_identity(scenario: &Scenario, state: &mut State, request: &Request) -> Response {
    let call = "AssumeRoleWithWebIdentity";
    let Some(claims) = github::decode(request.parameter("WebIdentityToken")) else {
        let message = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
        return Response::error(call, 400, "InvalidIdentityToken", message);
    };
    let audience = claims["aud"].as_str().unwrap_or_default();
    if !matches!(audience, "sts.amazonaws.com" | "sts.amazonaws.com.cn") {
        return Response::error(call, 400, "InvalidIdentityToken", "Incorrect token audience");
    }
    let sub = claims["sub"].as_str().unwrap_or_default();
    let matches = |pattern: &String| {
        pattern.strip_suffix('*').map_or(pattern == sub, |prefix| sub.starts_with(prefix))
    };
    let trusted = &scenario.trusted_subs;
    let trusted = trusted.is_empty() || trusted.iter().any(matches);
    if !trusted || !trust::lets_in_token(scenario, request.parameter("RoleArn"), &claims) {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        return Response::error(call, 403, "AccessDenied", message);
    }
    let extra = format!(
        "<SubjectFromWebIdentityToken>{sub}</SubjectFromWebIdentityToken><Audience>{audience}</Audience>\
         <Provider>arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com</Provider>"
    );
    session(scenario, state, call, request, &extra)
}

/// Keys of the role's account. The access key id contains the account, so every later call shows it.
fn session(
    scenario: &Scenario,
    state: &mut State,
    call: &str,
    request: &Request,
    extra: &str,
) -> Response {
    let role = request.parameter("RoleArn");
    let fields: Vec<&str> = role.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, name] = fields[..] else {
        return invalid(call, &format!("{role} is invalid"));
    };
    let policy = request.parameter("Policy");
    if policy.len() > 2_048 {
        let message = "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048";
        return invalid(call, message);
    }
    let seconds = request.parameter("DurationSeconds").parse().unwrap_or(3_600);
    if seconds < 900 {
        let message = format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value greater than or equal to 900"
        );
        return invalid(call, &message);
    }
    if seconds > 3_600 && Session::from_request(request).is_some() {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return invalid(call, message);
    }
    let role_name = name.rsplit('/').next().unwrap_or_default();
    let session = request.parameter("RoleSessionName");
    let who = Who::Role { name: role_name.to_owned(), session: session.to_owned() };
    let whose = owner(scenario, account);
    let (key, token, expires) = issue(scenario, state, call, &whose, &who, policy, seconds);
    let credentials = credentials(&key, &token, &instant(expires));
    Response::result(
        call,
        &format!(
            "{credentials}<AssumedRoleUser>\
             <AssumedRoleId>AROAEXAMPLEROOTGATE01:{session}</AssumedRoleId>\
             <Arn>arn:{partition}:sts::{whose}:assumed-role/{role_name}/{session}</Arn>\
             </AssumedRoleUser><PackedPolicySize>6</PackedPolicySize>{extra}"
        ),
    )
}
