//! GitHub's OIDC token: the identity of a workflow run, signed by GitHub, for one audience.
//!
//! The runner gives a job with `id-token: write` an address and a bearer token to request it.
//! Source: GitHub Docs, "OpenID Connect reference".

use std::fmt;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::error_text::{chain, one_line};
use super::{Secret, Secrets, is_private};
use crate::text;
use crate::text::{Text, outside};

/// What the runner gives a job that may request a token.
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub bearer: Secret,
}

/// A token and its claims.
#[derive(Debug, Clone)]
pub struct IdToken {
    /// The JWT itself; anybody who has it can act as this run until it expires.
    pub jwt: Secret,
    /// Its claims; not verified here, because STS verifies them.
    pub claims: Claims,
}

/// The claims that rootgate uses. `sub` and `aud` are empty if the token does not have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The identity of the run, in the form that trust policies test.
    #[serde(default)]
    pub sub: String,
    /// The audience of the token.
    #[serde(default)]
    pub aud: String,
    /// The issuer; GitHub Enterprise Server has its own.
    #[serde(default)]
    pub iss: String,
    /// The environment of the job.
    pub environment: Option<String>,
    /// `owner/name`.
    pub repository: Option<String>,
    /// The repository's id, which stays the same when the repository is renamed.
    pub repository_id: Option<String>,
    /// The owner's id.
    pub repository_owner_id: Option<String>,
    /// `public`, `private` or `internal`.
    pub repository_visibility: Option<String>,
    /// The event that started the run.
    pub event_name: Option<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// The address would send the bearer token over the network in plain text.
    NotPrivate(String),
    /// A status other than 200.
    Status {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body, on one line.
        body: String,
    },
    /// No answer.
    Unreachable(String),
    /// An answer without a token.
    NoToken(String),
}

impl From<&TokenError> for Text {
    fn from(error: &TokenError) -> Self {
        match error {
            TokenError::NotPrivate(url) => {
                text!("`ACTIONS_ID_TOKEN_REQUEST_URL` is not https: {}", outside(url))
            }
            TokenError::Status { status, body } => {
                text!("GitHub's token endpoint answered HTTP {}: {}", *status, outside(body))
            }
            TokenError::Unreachable(message) => {
                text!("GitHub's token endpoint cannot be reached: {}", outside(message))
            }
            TokenError::NoToken(what) => {
                text!("GitHub's token endpoint sent no token: {}", outside(what))
            }
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

impl std::error::Error for TokenError {}

impl TokenError {
    /// Whether the same request may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Unreachable(_) => true,
            Self::NotPrivate(_) | Self::NoToken(_) => false,
        }
    }

    /// The same error without the secrets that the answer may repeat.
    fn hiding(self, secrets: &Secrets) -> Self {
        match self {
            Self::NotPrivate(url) => Self::NotPrivate(secrets.hide(&url)),
            Self::Status { status, body } => Self::Status { status, body: secrets.hide(&body) },
            Self::Unreachable(message) => Self::Unreachable(secrets.hide(&message)),
            Self::NoToken(message) => Self::NoToken(secrets.hide(&message)),
        }
    }
}

/// Requests a token once.
///
/// # Errors
/// See [`TokenError`]; no error contains the bearer token or the JWT.
pub async fn request_token(
    connector: &SharedHttpConnector,
    endpoint: &TokenEndpoint,
    audience: &str,
) -> Result<IdToken, TokenError> {
    let secrets = Secrets::default();
    secrets.keep(&endpoint.bearer);
    ask(connector, endpoint, audience).await.map_err(|error| error.hiding(&secrets))
}

async fn ask(
    connector: &SharedHttpConnector,
    endpoint: &TokenEndpoint,
    audience: &str,
) -> Result<IdToken, TokenError> {
    if !is_private(&endpoint.url) {
        return Err(TokenError::NotPrivate(one_line(&endpoint.url)));
    }
    let unusable = |_| TokenError::Unreachable("its address or token is not usable".to_owned());
    let mut request = HttpRequest::get(url_for(&endpoint.url, audience)).map_err(unusable)?;
    let bearer = format!("bearer {}", endpoint.bearer.expose());
    request.headers_mut().try_insert("authorization", bearer).map_err(unusable)?;
    request.headers_mut().insert("accept", "application/json");
    request.headers_mut().insert("user-agent", "rootgate");
    let response =
        connector.call(request).await.map_err(|error| TokenError::Unreachable(chain(&error)))?;
    let status = response.status().as_u16();
    let body = ByteStream::new(response.into_body())
        .collect()
        .await
        .map_err(|error| TokenError::Unreachable(chain(&error)))?
        .into_bytes();
    if status != 200 {
        return Err(TokenError::Status { status, body: one_line(&String::from_utf8_lossy(&body)) });
    }
    read_token(&body)
}

fn read_token(body: &[u8]) -> Result<IdToken, TokenError> {
    #[derive(Deserialize)]
    struct Answer {
        value: Option<String>,
    }
    // serde's own message may quote a part of the token.
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|_| TokenError::NoToken("the answer is not valid JSON".to_owned()))?;
    match answer.value {
        Some(jwt) if !jwt.is_empty() => {
            let claims = Claims::parse(&jwt).unwrap_or_default();
            Ok(IdToken { jwt: Secret::new(jwt), claims })
        }
        _ => Err(TokenError::NoToken("the answer has no `value`".to_owned())),
    }
}

impl Claims {
    /// Reads the middle part of a JWT; `None` if the text is not a JWT.
    fn parse(jwt: &str) -> Option<Self> {
        let payload = BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}

/// Adds the audience to the address, which usually has a query already.
fn url_for(url: &str, audience: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    let encoded = crate::escape::uri_part(audience);
    format!("{url}{joint}audience={encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn jwt(claims: &serde_json::Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn the_audience_is_added_to_the_query() {
        assert_eq!(
            url_for("https://x.example/token?api-version=2.0", "sts.amazonaws.com"),
            "https://x.example/token?api-version=2.0&audience=sts.amazonaws.com"
        );
        assert_eq!(
            url_for("https://x.example/t", "https://a b/&c"),
            "https://x.example/t?audience=https%3A%2F%2Fa%20b%2F%26c"
        );
    }

    #[test]
    fn claims_are_read_without_padding_and_unknown_claims_are_ignored() {
        let jwt = jwt(&json!({ "sub": "repo:octo-org/octo-repo:environment:prod",
            "aud": "sts.amazonaws.com", "environment": "prod", "repository_id": "74", "iat": 1 }));
        let body = json!({ "count": 1, "value": jwt }).to_string();
        let token = read_token(body.as_bytes()).unwrap();
        assert_eq!(token.claims.sub, "repo:octo-org/octo-repo:environment:prod");
        assert_eq!(token.claims.environment.as_deref(), Some("prod"));
        assert_eq!(token.claims.repository_id.as_deref(), Some("74"));
        assert_eq!(token.jwt.expose(), jwt);
    }

    #[test]
    fn an_answer_without_a_token_is_not_quoted() {
        for body in ["{}", r#"{"count":1}"#, r#"{"value":""}"#, r#"{"value":7}"#, "<html>", ""] {
            let error = read_token(body.as_bytes()).unwrap_err();
            assert!(!error.is_transient());
            assert!(!error.to_string().contains("html"), "{error}");
        }
    }

    #[test]
    fn only_temporary_errors_are_retried() {
        let status = |status| TokenError::Status { status, body: String::new() };
        assert!(
            status(500).is_transient() && status(503).is_transient() && status(429).is_transient()
        );
        assert!(status(408).is_transient());
        assert!(
            !status(400).is_transient()
                && !status(401).is_transient()
                && !status(403).is_transient()
        );
    }
}
