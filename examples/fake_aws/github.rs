//! GitHub's OIDC token endpoint: a GET with a bearer token and the audience.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::scenario::{Scenario, now};
use crate::wire::{Request, Response};

/// The claims that GitHub documents; a scenario replaces or adds some.
pub fn claims(scenario: &Scenario, audience: &str) -> Map<String, Value> {
    let now = now().timestamp();
    let mut claims = json!({
        "jti": "6ffd2d4e-5b4b-4a31-a6a5-9b3fEXAMPLE0",
        "iss": "https://token.actions.githubusercontent.com",
        "aud": audience,
        "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
        "iat": now,
        "nbf": now - 300,
        "exp": now + 300,
        "actor": "octocat",
        "actor_id": "12",
        "event_name": "schedule",
        "job_workflow_ref": "octo-org/octo-repo/.github/workflows/gate.yml@refs/heads/main",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "repository": "octo-org/octo-repo",
        "repository_id": "74",
        "repository_owner": "octo-org",
        "repository_owner_id": "65",
        "repository_visibility": "private",
        "run_attempt": "1",
        "run_id": "4242424242",
        "run_number": "10",
        "runner_environment": "github-hosted",
        "workflow": "gate",
    });
    for (name, value) in &scenario.claims {
        claims[name] = Value::String(value.clone());
    }
    claims.as_object().cloned().unwrap_or_default()
}

pub fn token(scenario: &Scenario, request: &Request) -> Response {
    let bearer = request.authorization.as_deref().unwrap_or_default();
    if !bearer.to_ascii_lowercase().starts_with("bearer ") || bearer.len() < 8 {
        return Response::json(401, r#"{"message":"Bad credentials"}"#.to_owned());
    }
    let audience = match request.query.get("audience") {
        Some(audience) => audience.clone(),
        None => "https://github.com/octo-org".to_owned(),
    };
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head =
        json!({ "typ": "JWT", "alg": "RS256", "kid": "38826b17-6a30-5f9b-b169-8beb8202f723" });
    let payload = Value::Object(claims(scenario, &audience));
    let jwt = format!("{}.{}.c2lnbmF0dXJl", encode(&head), encode(&payload));
    Response::json(200, json!({ "count": 1, "value": jwt }).to_string())
}

/// The claims of a token of this fake.
pub fn decode(jwt: &str) -> Option<Value> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
