//! STS: who am I, and the two ways into a role. And what IAM Identity Center gives for its token.

use chrono::TimeDelta;

use crate::State;
use crate::github;
use crate::scenario::{Scenario, instant, now};
use crate::wire::{Request, Response};

pub const CALLS: &[&str] = &["GetCallerIdentity", "AssumeRoleWithWebIdentity", "AssumeRole"];
const VERSION: &str = "2011-06-15";

pub fn answer(scenario: &Scenario, state: &mut State, call: &str, request: &Request) -> Response {
    if request.parameter("Version") != VERSION {
        return Response::error(call, 400, "NoSuchVersion", "this fake speaks 2011-06-15");
    }
    if call == "AssumeRoleWithWebIdentity" {
        return with_web_identity(scenario, state, request);
    }
    if request.access_key().is_none() {
        let message = "Request is missing Authentication Token";
        return Response::error(call, 403, "MissingAuthenticationToken", message);
    }
    if call == "AssumeRole" {
        session(state, call, request, "")
    } else {
        identity(scenario, request)
    }
}

fn identity(scenario: &Scenario, request: &Request) -> Response {
    let account = scenario.account(request.account());
    let id = account.identity.as_ref().filter(|_| request.account().is_some());
    let (id, partition) = (id.unwrap_or(&account.id), &account.partition);
    let (user, arn) = match request.account() {
        Some(_) => (
            "AROAEXAMPLEROOTGATE01:rootgate".to_owned(),
            format!("arn:{partition}:sts::{id}:assumed-role/rootgate/rootgate"),
        ),
        None => {
            ("AIDAEXAMPLEALICE00001".to_owned(), format!("arn:{partition}:iam::{id}:user/alice"))
        }
    };
    Response::result(
        "GetCallerIdentity",
        &format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{id}</Account>"),
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
    if !trusted {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        return Response::error(call, 403, "AccessDenied", message);
    }
    let extra = format!(
        "<SubjectFromWebIdentityToken>{sub}</SubjectFromWebIdentityToken><Audience>{audience}</Audience>\
         <Provider>arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com</Provider>"
    );
    session(state, call, request, &extra)
}

/// Keys of the role's account: the access key id carries it, so every later call shows it.
fn session(state: &mut State, call: &str, request: &Request, extra: &str) -> Response {
    let role = request.parameter("RoleArn");
    let fields: Vec<&str> = role.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, name] = fields[..] else {
        return Response::error(call, 400, "ValidationError", &format!("{role} is invalid"));
    };
    let policy = request.parameter("Policy");
    if policy.len() > 2_048 {
        let message = "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048";
        return Response::error(call, 400, "ValidationError", message);
    }
    let number = state.policies.len();
    let token =
        format!("FwoGZXIvYXdzEXAMPLESESSIONTOKEN/{account}/{number}/wXyZ0123456789+abcdefgh==");
    state.policies.insert(token.clone(), policy.to_owned());
    let seconds = request.parameter("DurationSeconds").parse().unwrap_or(3_600);
    let expiration = instant(now() + TimeDelta::seconds(seconds));
    let role_name = name.rsplit('/').next().unwrap_or_default();
    let session = request.parameter("RoleSessionName");
    Response::result(
        call,
        &format!(
            "<Credentials><AccessKeyId>ASIAFAKE{account}</AccessKeyId>\
             <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROAEXAMPLEROOTGATE01:{session}</AssumedRoleId>\
             <Arn>arn:{partition}:sts::{account}:assumed-role/{role_name}/{session}</Arn>\
             </AssumedRoleUser><PackedPolicySize>6</PackedPolicySize>{extra}"
        ),
    )
}
