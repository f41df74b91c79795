//! GitHub's REST API: single requests, retried after temporary errors, with one time limit.
//!
//! Source: GitHub Docs, "Getting started with the REST API", "Rate limits for the REST API" and
//! "Best practices for using the REST API".

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::net::retry::{Failure, Retry, RetryWhen};
use crate::text;
use crate::text::{Text, outside};

use super::error_text::{chain, one_line};
use super::{Secret, Secrets, is_private};

/// The address of the API, unless `GITHUB_API_URL` is set.
pub const DEFAULT_API_URL: &str = "https://api.github.com";
/// The version of the API that this module reads.
const API_VERSION: &str = "2022-11-28";
/// The media type of most answers.
const JSON: &str = "application/vnd.github+json";
/// The maximum number of attempts of a request.
const ATTEMPTS: u32 = 5;
/// The maximum size of an answer. The contents API returns files up to 1 MB.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// The longest wait for a rate limit.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Why a request failed. GitHub's own message is shortened to one line, but not yet
/// [escaped](crate::escape); it never contains the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The address would send the token over the network in plain text.
    NotPrivate(String),
    /// The address or the token cannot be sent.
    Unusable,
    /// A name that could lead a request to another path.
    NoRef(String),
    /// A status other than 2xx.
    Status {
        /// The HTTP status.
        status: u16,
        /// GitHub's message; empty if it sent none.
        message: String,
    },
    /// Too many requests, for now.
    RateLimited {
        /// The HTTP status: 429, or 403 with the header of a rate limit.
        status: u16,
        /// GitHub's message.
        message: String,
        /// How long GitHub asks to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// No connection.
    Unreachable(String),
    /// A server with a certificate that is not trusted.
    Untrusted(String),
    /// No complete answer in time.
    TimedOut,
    /// An unexpected or malformed answer.
    Unreadable(String),
}

impl From<&ApiError> for Text {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::NotPrivate(url) => {
                text!("`GITHUB_API_URL` is not https: {}", outside(url))
            }
            ApiError::Unusable => "the address of GitHub's API, or the token, is not usable".into(),
            ApiError::NoRef(name) => text!("no Git ref has the name `{}`", outside(name)),
            ApiError::Status { status, message } => {
                text!("GitHub answered HTTP {}{}", *status, after_colon(message))
            }
            ApiError::RateLimited { status, message, .. } => {
                text!("GitHub's rate limit is reached (HTTP {}){}", *status, after_colon(message))
            }
            ApiError::Unreachable(message) => {
                text!("GitHub's API cannot be reached: {}", outside(message))
            }
            ApiError::Untrusted(message) => {
                text!("GitHub's API has a certificate that is not trusted: {}", outside(message))
            }
            ApiError::TimedOut => "GitHub's API did not answer in time".into(),
            ApiError::Unreadable(what) => {
                text!("GitHub's answer cannot be read: {}", outside(what))
            }
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

impl std::error::Error for ApiError {}

fn after_colon(message: &str) -> Text {
    if message.is_empty() { Text::default() } else { text!(": {}", outside(message)) }
}

impl ApiError {
    /// The HTTP status of an answer other than 2xx.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::RateLimited { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the same request may succeed a moment later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 408 || *status >= 500,
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::TimedOut => true,
            Self::NotPrivate(_)
            | Self::Unusable
            | Self::NoRef(_)
            | Self::Untrusted(_)
            | Self::Unreadable(_) => false,
        }
    }

    /// The same error without the secrets that the answer may repeat.
    fn hiding(self, secrets: &Secrets) -> Self {
        match self {
            Self::Status { status, message } => {
                Self::Status { status, message: secrets.hide(&message) }
            }
            Self::RateLimited { status, message, retry_after } => {
                Self::RateLimited { status, message: secrets.hide(&message), retry_after }
            }
            Self::Unreachable(message) => Self::Unreachable(secrets.hide(&message)),
            Self::Untrusted(message) => Self::Untrusted(secrets.hide(&message)),
            Self::Unreadable(message) => Self::Unreadable(secrets.hide(&message)),
            Self::NotPrivate(_) | Self::Unusable | Self::NoRef(_) | Self::TimedOut => self,
        }
    }
}

impl Failure for ApiError {
    fn timed_out(_: Duration) -> Self {
        Self::TimedOut
    }

    fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut)
    }

    fn retry_when(&self) -> RetryWhen {
        match self {
            Self::RateLimited { retry_after: Some(wait), .. } if *wait <= MAX_WAIT => {
                RetryWhen::Times(ATTEMPTS, *wait)
            }
            // A primary limit without a time lasts up to an hour.
            Self::RateLimited { retry_after: Some(_), .. }
            | Self::RateLimited { status: 403, .. } => RetryWhen::Never,
            _ if self.is_transient() => RetryWhen::Times(ATTEMPTS, Duration::ZERO),
            _ => RetryWhen::Never,
        }
    }
}

/// A client with one token, and one time limit for all its requests together.
#[derive(Debug, Clone)]
pub struct Api {
    connector: SharedHttpConnector,
    base: String,
    token: Secret,
    retry: Retry,
}

impl Api {
    /// Makes a client for the API at `base` (`GITHUB_API_URL`); its time limit starts now.
    ///
    /// # Errors
    /// [`ApiError::NotPrivate`] unless `base` is https, or plain http to this machine.
    pub fn new(
        connector: SharedHttpConnector,
        base: &str,
        token: Secret,
        limit: Duration,
    ) -> Result<Self, ApiError> {
        if !is_private(base) {
            return Err(ApiError::NotPrivate(one_line(base)));
        }
        Ok(Self {
            connector,
            base: base.trim_end_matches('/').to_owned(),
            token,
            retry: Retry::within(limit, Duration::from_millis(20)),
        })
    }

    /// The time left for requests.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.retry.time_left()
    }

    /// `GET`s a path such as `/repos/octo-org/octo-repo`, and parses the JSON answer.
    ///
    /// # Errors
    /// See [`ApiError`]; temporary errors were retried.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        read(&self.persist("GET", path, JSON, None).await?)
    }

    /// `GET`s a path as another media type, and returns the text.
    ///
    /// # Errors
    /// See [`ApiError`]; temporary errors were retried.
    pub async fn get_text(&self, path: &str, accept: &'static str) -> Result<String, ApiError> {
        let body = self.persist("GET", path, accept, None).await?;
        String::from_utf8(body).map_err(|_| ApiError::Unreadable("it is not UTF-8".to_owned()))
    }

    /// `POST`s JSON and parses the JSON answer. It retries after a broken connection too, so it is
    /// only for requests that may be made twice.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let body = serde_json::to_vec(body).map_err(|_| ApiError::Unusable)?;
        read(&self.persist("POST", path, JSON, Some(body)).await?)
    }

    async fn persist(
        &self,
        method: &str,
        path: &str,
        accept: &'static str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, ApiError> {
        let attempt = async || {
            let request = self.request(method, path, accept, body.as_deref())?;
            self.once(request).await
        };
        self.retry.run(async || Ok(()), attempt).await
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        accept: &'static str,
        body: Option<&[u8]>,
    ) -> Result<HttpRequest, ApiError> {
        let mut request = HttpRequest::new(body.map_or_else(SdkBody::empty, SdkBody::from));
        request.set_method(method).map_err(|_| ApiError::Unusable)?;
        request.set_uri(format!("{}{path}", self.base)).map_err(|_| ApiError::Unusable)?;
        let headers = request.headers_mut();
        let bearer = format!("Bearer {}", self.token.expose());
        headers.try_insert("authorization", bearer).map_err(|_| ApiError::Unusable)?;
        headers.insert("accept", accept);
        headers.insert("x-github-api-version", API_VERSION);
        headers.insert("user-agent", concat!("rootgate/", env!("CARGO_PKG_VERSION")));
        if body.is_some() {
            headers.insert("content-type", "application/json");
        }
        Ok(request)
    }

    async fn once(&self, request: HttpRequest) -> Result<Vec<u8>, ApiError> {
        self.exchange(request).await.map_err(|error| {
            let secrets = Secrets::default();
            secrets.keep(&self.token);
            error.hiding(&secrets)
        })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<Vec<u8>, ApiError> {
        let response =
            self.connector.call(request).await.map_err(|error| unreachable(chain(&error)))?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return read_body(response).await;
        }
        let limit = RateLimit::from_response(&response);
        // If the body cannot be read, the status is enough.
        let message =
            read_body(response).await.map(|body| error_message(&body)).unwrap_or_default();
        if status == 429 || (status == 403 && limit.reached) {
            return Err(ApiError::RateLimited { status, message, retry_after: limit.retry_after });
        }
        Err(ApiError::Status { status, message })
    }
}

/// The rate limit in the headers of an answer.
struct RateLimit {
    reached: bool,
    retry_after: Option<Duration>,
}

impl RateLimit {
    fn from_response(response: &HttpResponse) -> Self {
        let header = |name: &str| response.headers().get(name).map(str::trim);
        let seconds = header("retry-after").and_then(|text| text.parse().ok());
        Self {
            reached: seconds.is_some() || header("x-ratelimit-remaining") == Some("0"),
            retry_after: seconds.map(Duration::from_secs),
        }
    }
}

/// A certificate error is permanent; other connection errors may be temporary.
fn unreachable(message: String) -> ApiError {
    // rustls starts every certificate error with these words.
    if message.contains("invalid peer certificate") {
        return ApiError::Untrusted(message);
    }
    ApiError::Unreachable(message)
}

async fn read_body(response: HttpResponse) -> Result<Vec<u8>, ApiError> {
    let mut stream = ByteStream::new(response.into_body());
    let mut body = Vec::new();
    loop {
        match stream.try_next().await {
            Ok(Some(bytes)) if body.len() + bytes.len() > MAX_ANSWER_BYTES => {
                return Err(ApiError::Unreadable("it is larger than 4 MiB".to_owned()));
            }
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return Ok(body),
            Err(error) => return Err(ApiError::Unreachable(chain(&error))),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::Unreadable(one_line(&error.to_string())))
}

/// The `message` of GitHub's error and of each of its `errors`. Empty for a body that is not JSON,
/// such as a proxy's page.
fn error_message(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        other => other.get("message").and_then(Value::as_str).map(str::to_owned),
    };
    let errors = match body.get("errors") {
        Some(Value::Array(errors)) => errors.iter().filter_map(text).collect(),
        Some(Value::String(error)) => vec![error.clone()],
        _ => Vec::new(),
    };
    let parts: Vec<String> = text(&body).into_iter().chain(errors).collect();
    one_line(&parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(status: u16, seconds: Option<u64>) -> ApiError {
        let retry_after = seconds.map(Duration::from_secs);
        ApiError::RateLimited { status, message: String::new(), retry_after }
    }

    #[test]
    fn the_client_waits_up_to_a_minute_for_a_rate_limit() {
        let after = |seconds| RetryWhen::Times(ATTEMPTS, Duration::from_secs(seconds));
        assert_eq!(limited(429, Some(30)).retry_when(), after(30));
        assert_eq!(limited(429, Some(0)).retry_when(), after(0));
        assert_eq!(limited(403, Some(60)).retry_when(), after(60));
        assert_eq!(limited(429, Some(61)).retry_when(), RetryWhen::Never);
        assert_eq!(limited(429, None).retry_when(), after(0));
        assert_eq!(limited(403, None).retry_when(), RetryWhen::Never);
    }

    #[test]
    fn a_refusal_is_not_retried() {
        let status = |status| ApiError::Status { status, message: String::new() }.retry_when();
        for refused in [301, 400, 401, 403, 404, 413, 422] {
            assert_eq!(status(refused), RetryWhen::Never, "{refused}");
        }
        for passing in [408, 500, 502, 503] {
            assert_eq!(status(passing), RetryWhen::Times(ATTEMPTS, Duration::ZERO), "{passing}");
        }
    }

    #[test]
    fn an_error_message_is_one_line_and_a_page_of_a_proxy_has_none() {
        for (body, message) in [
            (r#"{"message":"Not Found","documentation_url":"https://x"}"#, "Not Found"),
            (r#"{"message":"Invalid","errors":[{"message":"a\nb"},"c",7]}"#, "Invalid; a b; c"),
            (r#"{"message":"Invalid","errors":"no commit"}"#, "Invalid; no commit"),
            (r#"{"errors":[]}"#, ""),
            ("<html>Welcome</html>", ""),
            ("", ""),
        ] {
            assert_eq!(error_message(body.as_bytes()), message);
        }
        let error = ApiError::Status { status: 404, message: "Not Found".to_owned() };
        assert_eq!(error.to_string(), "GitHub answered HTTP 404: Not Found");
        let error = ApiError::Status { status: 502, message: String::new() };
        assert_eq!(error.to_string(), "GitHub answered HTTP 502");
    }
}
