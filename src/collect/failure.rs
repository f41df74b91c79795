//! A failed call: the reason, AWS's message, and the gap that it leaves.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::github::{Secrets, chain, one_line};
use crate::model::{Call, Cause, Gap, Source};

use super::answer_check::IncompleteAnswer;

/// AWS denies the call. Source: "Common error types" of AWS's API references; the query protocol
/// has the short names, JSON has those that end in `Exception`.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedOperation",
];
/// The credentials or the signature are wrong. Same source.
const BAD_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidClientTokenIdException",
    "InvalidSignature",
    "InvalidSignatureException",
    "InvalidToken",
    "InvalidTokenException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestExpiredException",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SignatureDoesNotMatchException",
    "TokenRefreshRequired",
    "UnrecognizedClient",
    "UnrecognizedClientException",
];
/// Too many calls. Source: the error codes that AWS's SDKs retry as throttling.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

/// The message of a call that was not sent, because no time was left.
pub(super) const NOT_REACHED: &str = "not reached before the time limit";

/// What to do if the account of the run may not read the organization.
const HUB_HELP: &str = "run from the management account or from a delegated administrator, or allow this account \
                        the calls of `rootgate permissions` in the organization's resource policy";

/// The kinds of failure that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// AWS denies the call; a retry does not change that.
    Denied,
    /// The credentials are expired, unknown or wrongly signed.
    Credentials,
    /// Too many calls.
    Throttled,
    /// AWS cannot start the work now: `LimitExceeded`, or its identity check failed temporarily.
    Busy,
    /// HTTP 5xx or 408.
    Server,
    /// No connection, or a broken one.
    Network,
    /// The server's certificate is not trusted; a retry does not change that.
    Untrusted,
    /// The answer is incomplete, or does not come from AWS.
    Unreadable,
    /// Any other error that AWS names by a code.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The run was interrupted.
    Interrupted,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    pub(crate) kind: Kind,
    /// The wire code, such as `AccessDenied`; empty if there is none.
    pub(crate) code: String,
    /// The message of AWS or the network, on one line.
    pub(crate) message: String,
    /// The HTTP status; 0 if there was no answer.
    pub(crate) status: u16,
}

impl CallError {
    pub(crate) fn new(kind: Kind, message: impl AsRef<str>) -> Self {
        Self { kind, code: String::new(), message: one_line(message.as_ref()), status: 0 }
    }

    /// The failure that the SDK's error describes.
    pub(crate) fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let meta = context.err().meta();
                Self::from_code(status, meta.code(), meta.message().unwrap_or_default())
            }
            SdkError::TimeoutError(_) => Self::new(Kind::TimedOut, "no answer in time"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::new(Kind::TimedOut, "no connection in time")
            }
            SdkError::ResponseError(context) => match incomplete_answer(error) {
                Some(reason) => Self {
                    status: context.raw().status().as_u16(),
                    ..Self::new(Kind::Unreadable, reason)
                },
                None if context.raw().status().is_success() => Self::from_connection(chain(error)),
                // A proxy or a load balancer answered, not AWS.
                None => Self::from_code(context.raw().status().as_u16(), None, ""),
            },
            _ => Self::from_connection(chain(error)),
        }
    }

    /// The failure of a connection that broke or was never made.
    pub(crate) fn from_connection(message: String) -> Self {
        // The message of rustls for every certificate that it does not accept.
        let untrusted = message.contains("invalid peer certificate");
        Self::new(if untrusted { Kind::Untrusted } else { Kind::Network }, message)
    }

    /// The failure that a wire code describes. The codes are AWS's "Common errors" and those of
    /// each call.
    fn from_code(status: u16, code: Option<&str>, message: &str) -> Self {
        let kind = match code {
            Some(code) if DENIED.contains(&code) => Kind::Denied,
            Some(code) if BAD_CREDENTIALS.contains(&code) => Kind::Credentials,
            Some(code) if THROTTLED.contains(&code) => Kind::Throttled,
            Some("LimitExceeded" | "LimitExceededException" | "IDPCommunicationError") => {
                Kind::Busy
            }
            // AWS gave up waiting for the request. A retry may arrive in time.
            Some("RequestTimeout" | "RequestTimeoutException") => Kind::Server,
            // STS could not fetch GitHub's keys just now.
            Some("InvalidIdentityToken") if message.contains("retrieve verification key") => {
                Kind::Busy
            }
            _ if status == 429 => Kind::Throttled,
            _ if status == 408 || status >= 500 => Kind::Server,
            Some(_) => Kind::Refused,
            None => Kind::Unreadable,
        };
        // After a wrong signature AWS repeats the text to sign, including the session token.
        // Source: IAM User Guide, "Troubleshoot AWS API requests", signature mismatch.
        let message = message.split("The Canonical String").next().unwrap_or_default();
        let message = if code.is_none() && message.is_empty() {
            format!("HTTP {status} with a body that is not AWS's")
        } else if code.is_none() {
            format!("HTTP {status}: {}", one_line(message))
        } else {
            one_line(message)
        };
        Self { kind, code: code.unwrap_or_default().to_owned(), message, status }
    }

    /// Whether the session of the call has ended. A new session may make the call. Source: "Common
    /// error types" of AWS's API references.
    pub(crate) fn session_has_ended(&self) -> bool {
        matches!(self.code.as_str(), "ExpiredToken" | "ExpiredTokenException")
    }

    /// The same error without the secrets that AWS may have repeated.
    pub(crate) fn hiding(self, secrets: &Secrets) -> Self {
        Self { code: secrets.hide(&self.code), message: secrets.hide(&self.message), ..self }
    }

    /// `AccessDenied (HTTP 403): User … is not authorized …`.
    pub(crate) fn full_message(&self) -> String {
        match (self.code.as_str(), self.status) {
            ("", _) => self.message.clone(),
            (code, status) => format!("{code} (HTTP {status}): {}", self.message),
        }
    }

    /// Whether AWS Organizations refuses an account that is an ordinary member. No permission of IAM
    /// changes that. Source: the message of Organizations, as reported by its users.
    fn is_of_ordinary_member(&self) -> bool {
        self.message.contains("You don't have permissions to access this resource")
    }

    /// The gap that the failure of a call leaves.
    pub(crate) fn gap(&self, source: Source, call: &Call) -> Gap {
        let cause = match self.kind {
            Kind::Denied => {
                let detail = format!("AWS denied {call}: {}", self.message);
                let gap = Gap::denied(source, call.iam_action, detail);
                return if self.is_of_ordinary_member() { gap.to_do(HUB_HELP) } else { gap };
            }
            Kind::Credentials => Cause::Denied,
            Kind::Throttled | Kind::Busy => Cause::Throttled,
            Kind::Server | Kind::Network | Kind::Untrusted | Kind::Refused => Cause::Unavailable,
            Kind::Unreadable => Cause::Unreadable,
            Kind::TimedOut if self.message == NOT_REACHED => {
                let gap = Gap::for_call(source, call, Cause::TimedOut, NOT_REACHED);
                return gap.to_do("give the run more time with `--timeout`");
            }
            Kind::TimedOut => Cause::TimedOut,
            Kind::Interrupted => Cause::Interrupted,
        };
        let what = match self.kind {
            Kind::Credentials => "AWS does not accept the credentials of this run",
            Kind::Throttled => "AWS throttled the call until its time limit",
            Kind::Busy => "AWS had no capacity until the time limit of the call",
            Kind::Server => "AWS had an internal error",
            Kind::Network => "AWS could not be reached",
            Kind::Untrusted => "the certificate is not trusted",
            Kind::Refused => "AWS refused the call",
            Kind::Unreadable => "the answer cannot be used",
            Kind::TimedOut => "no answer within the time limit of the call",
            Kind::Denied | Kind::Interrupted => "the run was interrupted",
        };
        Gap::for_call(source, call, cause, format_args!("{what}: {}", self.full_message()))
    }
}

/// The reason of the interceptor, if it failed the call.
fn incomplete_answer(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(reason) = error.downcast_ref::<IncompleteAnswer>() {
            return Some(reason.to_string());
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::account_summary::GET;

    #[test]
    fn the_code_takes_precedence_over_the_status() {
        for (status, code, kind) in [
            (403, Some("AccessDenied"), Kind::Denied),
            (403, Some("ExpiredToken"), Kind::Credentials),
            (400, Some("Throttling"), Kind::Throttled),
            (503, Some("Throttling"), Kind::Throttled),
            (429, None, Kind::Throttled),
            (409, Some("LimitExceeded"), Kind::Busy),
            (500, Some("ServiceFailure"), Kind::Server),
            (503, None, Kind::Server),
            (404, Some("ReportInProgress"), Kind::Refused),
            (403, None, Kind::Unreadable),
            (408, None, Kind::Server),
            (408, Some("RequestTimeout"), Kind::Server),
            (400, Some("RequestTimeout"), Kind::Server),
            (400, Some("RequestTimeoutException"), Kind::Server),
            (503, Some("SlowDown"), Kind::Throttled),
            (403, Some("InvalidSignature"), Kind::Credentials),
            (400, Some("InvalidSignatureException"), Kind::Credentials),
            (400, Some("IncompleteSignature"), Kind::Credentials),
            (403, Some("MissingAuthenticationToken"), Kind::Credentials),
            (403, Some("MissingAuthenticationTokenException"), Kind::Credentials),
            (403, Some("InvalidAccessKeyId"), Kind::Credentials),
            (400, Some("NotAuthorized"), Kind::Denied),
            // Controls: these are not retried.
            (400, Some("RequestTimeoutX"), Kind::Refused),
            (403, Some("OptInRequired"), Kind::Refused),
            (400, Some("ValidationError"), Kind::Refused),
        ] {
            assert_eq!(CallError::from_code(status, code, "").kind, kind, "{status} {code:?}");
        }
    }

    #[test]
    fn a_denial_names_the_action_to_grant() {
        let error = CallError::from_code(403, Some("AccessDenied"), "User: x is not authorized");
        let gap = error.gap(Source::AccountSummary, &GET);
        assert_eq!(gap.cause, Cause::Denied);
        assert_eq!(gap.grant.as_deref(), Some("iam:GetAccountSummary"));
        assert_eq!(gap.detail, "AWS denied iam:GetAccountSummary: User: x is not authorized");
    }

    #[test]
    fn an_ordinary_member_is_told_where_to_run_and_not_what_to_grant() {
        let call = &crate::model::organization::LIST_ACCOUNTS;
        let code = Some("AccessDeniedException");
        let denied =
            |message| CallError::from_code(400, code, message).gap(Source::Organization, call);
        let gap = denied("You don't have permissions to access this resource.");
        assert_eq!(gap.cause, Cause::Denied);
        assert!(gap.grant.as_deref().unwrap().contains("delegated administrator"), "{gap:?}");
        let control = denied("User: x is not authorized to perform: organizations:ListAccounts");
        assert_eq!(control.grant.as_deref(), Some("organizations:ListAccounts"));
    }

    #[test]
    fn a_call_without_time_left_was_not_reached() {
        use crate::net::retry::Failure;
        use std::time::Duration;
        let gap = |limit| CallError::timed_out(limit).gap(Source::AccountSummary, &GET);
        let unreached = gap(Duration::from_micros(300));
        assert_eq!(unreached.detail, "iam:GetAccountSummary: not reached before the time limit");
        assert!(unreached.grant.as_deref().unwrap().contains("--timeout"));
        let control = gap(Duration::from_secs(1));
        assert!(control.detail.contains("within 1000 ms") && control.grant.is_none());
    }

    #[test]
    fn the_text_to_sign_is_not_repeated() {
        let message = "The signature does not match. The Canonical String for this request should \
                       have been 'POST\n/\n\nx-amz-security-token:FwoGZXIvYXdz'";
        let error = CallError::from_code(403, Some("SignatureDoesNotMatch"), message);
        assert_eq!(error.message, "The signature does not match.");
    }

    #[test]
    fn expired_credentials_are_not_a_missing_permission() {
        let error = CallError::from_code(403, Some("ExpiredToken"), "is expired");
        let gap = error.gap(Source::AccountSummary, &GET);
        assert_eq!((gap.cause, gap.grant), (Cause::Denied, None));
    }
}
