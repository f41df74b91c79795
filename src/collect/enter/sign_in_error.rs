//! Why a sign-in failed; `sign_in_explained` has the messages.
//!
//! The codes and texts come from the STS API reference and from reports of its users; see each
//! variant.

use crate::github::oidc::Claims;
use crate::model::call::ASSUME_ROLE_WITH_WEB_IDENTITY;
use crate::model::root_audit::ASSUME_ROOT;
use crate::model::{AccountId, Call, Cause};
use crate::text::Text;

use crate::collect::failure::{CallError, Kind};
use crate::collect::region::NamedRegion;

/// Signing in failed: nothing was read, so nothing was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInError {
    /// No credentials at all.
    NoCredentials {
        /// The message of the SDK's chain; empty if it found none.
        detail: String,
        /// Whether a role should be assumed under GitHub Actions, but the runner offers no token.
        token_missing: bool,
        /// Whether the event is a pull request, perhaps from a fork.
        pull_request: bool,
    },
    /// GitHub's token endpoint gave no token.
    NoIdToken(String),
    /// STS does not allow this token to assume the role.
    NotTrusted {
        /// AWS's message.
        message: String,
        /// The role.
        role_arn: String,
        /// The claims of the token; the token itself is not kept.
        claims: Box<Claims>,
    },
    /// The role's account has no OIDC provider for the token's issuer.
    NoProvider {
        /// AWS's message.
        message: String,
        /// The role.
        role_arn: String,
        /// The claims of the token.
        claims: Box<Claims>,
    },
    /// The provider does not list the token's audience.
    WrongAudience {
        /// AWS's message.
        message: String,
        /// The token's audience.
        audience: String,
    },
    /// STS could not reach the token's issuer or fetch its keys, even after retries.
    IssuerUnreachable(String),
    /// The issuer publishes more keys than STS reads.
    TooManyKeys(String),
    /// Any other problem of the token.
    TokenInvalid(String),
    /// The token had expired when STS read it, or a clock is wrong.
    TokenExpired(String),
    /// The issuer refused the token.
    IssuerRefused(String),
    /// The session policy is malformed or too large.
    SessionPolicy(String),
    /// STS is switched off in the Region.
    RegionDisabled {
        /// AWS's message.
        message: String,
        /// The Region.
        region: String,
    },
    /// STS finds the request invalid: the role's ARN, a name, a duration.
    InvalidRequest {
        /// AWS's message.
        message: String,
        /// The role.
        role_arn: String,
    },
    /// The run's own credentials may not assume the role.
    RoleDenied {
        /// AWS's message.
        message: String,
        /// The role.
        role_arn: String,
        /// The caller.
        caller: Text,
    },
    /// STS refuses a session of a member's root user.
    RootDenied {
        /// AWS's message.
        message: String,
        /// The member.
        account: AccountId,
        /// The caller.
        caller: Text,
    },
    /// The clock of this machine is wrong.
    ClockSkew(String),
    /// AWS does not accept the credentials.
    BadCredentials(String),
    /// The credentials belong to an account that is not the one to judge, or is not allowed.
    WrongAccount {
        /// Their account.
        found: AccountId,
        /// The expected accounts.
        expected: Vec<AccountId>,
    },
    /// The session of a role is in another account than the role.
    RoleElsewhere {
        /// The role.
        role_arn: String,
        /// The account of the session, according to AWS.
        found: AccountId,
    },
    /// An account of the scope that `--account` does not allow.
    NotAllowed {
        /// The account.
        account: AccountId,
        /// The allowed accounts.
        allowed: Vec<AccountId>,
    },
    /// `GetCallerIdentity` did not return an identity.
    NoIdentity(String),
    /// `--external-id` without any AssumeRole.
    ExternalIdUnused,
    /// Environment variables or a profile redirect AWS calls, under GitHub Actions.
    EndpointRedirected(Vec<String>),
    /// Environment variables change the trusted certificates, under GitHub Actions.
    TrustChanged(Vec<String>),
    /// An address that is not https and not on this machine.
    PlainHttp {
        /// The setting.
        setting: &'static str,
        /// The address.
        url: String,
    },
    /// The file of `--ca-bundle`.
    CaBundle {
        /// The file.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The server's certificate is not trusted.
    Untrusted {
        /// The call.
        call: &'static str,
        /// The message of TLS.
        message: String,
    },
    /// No usable answer from the network or AWS until the time limit of the call.
    NoAnswer {
        /// The call.
        call: &'static str,
        /// The last message.
        message: String,
        /// The cause, for the gaps of later accounts.
        cause: Cause,
        /// The Region that was called, if the user set it and there was no answer: its name may be
        /// wrong.
        region: Option<NamedRegion>,
    },
    /// An incomplete or malformed answer.
    Unreadable {
        /// The call.
        call: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Any other error of AWS.
    Refused {
        /// The call.
        call: &'static str,
        /// AWS's message.
        message: String,
    },
    /// The run was interrupted.
    Interrupted(String),
}

impl SignInError {
    /// The error of a failed `AssumeRoleWithWebIdentity`.
    pub(crate) fn from_web_identity(
        error: &CallError,
        role_arn: &str,
        region: &str,
        claims: &Claims,
    ) -> Self {
        let call = &ASSUME_ROLE_WITH_WEB_IDENTITY;
        let message = error.full_message();
        let (role_arn, claims) = (role_arn.to_owned(), Box::new(claims.clone()));
        match error.code.as_str() {
            "AccessDenied" => Self::NotTrusted { message, role_arn, claims },
            "InvalidIdentityToken" if error.message.contains("No OpenIDConnect provider") => {
                Self::NoProvider { message, role_arn, claims }
            }
            "InvalidIdentityToken" if error.message.contains("audience") => {
                Self::WrongAudience { message, audience: claims.aud }
            }
            "InvalidIdentityToken" if error.message.contains("verification key") => {
                Self::IssuerUnreachable(message)
            }
            "InvalidIdentityToken" if too_many_keys(&error.message) => Self::TooManyKeys(message),
            "InvalidIdentityToken" => Self::TokenInvalid(message),
            "ExpiredTokenException" | "ExpiredToken" => Self::TokenExpired(message),
            "IDPCommunicationError" => Self::IssuerUnreachable(message),
            "IDPRejectedClaim" => Self::IssuerRefused(message),
            _ => Self::from_role(error, call, &role_arn, region, "this run's GitHub token".into()),
        }
    }

    /// The error of a failed `AssumeRole`, and the errors that both ways to assume a role have in
    /// common.
    pub(crate) fn from_role(
        error: &CallError,
        call: &Call,
        role_arn: &str,
        region: &str,
        caller: Text,
    ) -> Self {
        let message = error.full_message();
        match error.code.as_str() {
            "AccessDenied" => Self::RoleDenied { message, role_arn: role_arn.to_owned(), caller },
            "MalformedPolicyDocument" | "PackedPolicyTooLarge" => Self::SessionPolicy(message),
            "RegionDisabledException" => {
                Self::RegionDisabled { message, region: region.to_owned() }
            }
            "ValidationError" => Self::InvalidRequest { message, role_arn: role_arn.to_owned() },
            _ => Self::from_call(error, call.iam_action),
        }
    }

    /// The error of a failed `AssumeRoot`.
    pub(crate) fn from_root(
        error: &CallError,
        account: &AccountId,
        region: &str,
        caller: Text,
    ) -> Self {
        let message = error.full_message();
        match error.code.as_str() {
            "AccessDenied" => Self::RootDenied { message, account: account.clone(), caller },
            "RegionDisabledException" => {
                Self::RegionDisabled { message, region: region.to_owned() }
            }
            _ => Self::from_call(error, ASSUME_ROOT.iam_action),
        }
    }

    /// Whether AWS refused the account's role or root user; a retry does not change that.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::RoleDenied { .. } | Self::RootDenied { .. })
    }

    /// The error of any other failed call of the sign-in.
    pub(crate) fn from_call(error: &CallError, call: &'static str) -> Self {
        let message = error.full_message();
        match error.kind {
            Kind::Interrupted => Self::Interrupted(error.message.clone()),
            Kind::Credentials if is_skew(error) => Self::ClockSkew(message),
            Kind::Credentials => Self::BadCredentials(message),
            Kind::Throttled | Kind::Busy => {
                Self::NoAnswer { call, message, cause: Cause::Throttled, region: None }
            }
            Kind::Server | Kind::Network => {
                Self::NoAnswer { call, message, cause: Cause::Unavailable, region: None }
            }
            Kind::Untrusted => Self::Untrusted { call, message },
            Kind::TimedOut => {
                Self::NoAnswer { call, message, cause: Cause::TimedOut, region: None }
            }
            Kind::Unreadable => Self::Unreadable { call, message },
            Kind::Denied | Kind::Refused => Self::Refused { call, message },
        }
    }

    /// The same error for a call to a Region that the user set: a Region that does not exist never
    /// answers.
    pub(super) fn in_region(self, error: &CallError, named: Option<NamedRegion>) -> Self {
        match (self, error.kind) {
            (Self::NoAnswer { call, message, cause, .. }, Kind::Network | Kind::TimedOut) => {
                Self::NoAnswer { call, message, cause, region: named }
            }
            (other, _) => other,
        }
    }

    /// The cause of the gaps that it leaves in an account after the first one.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::NoAnswer { cause, .. } => *cause,
            Self::Interrupted(_) => Cause::Interrupted,
            _ => Cause::NotEntered,
        }
    }
}

fn too_many_keys(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("jwks") || message.contains("100 ")
}

/// The messages about a signature from another time. Source: IAM User Guide, "Troubleshoot signed
/// requests".
fn is_skew(error: &CallError) -> bool {
    let codes =
        ["RequestExpired", "RequestExpiredException", "RequestInTheFuture", "RequestTimeTooSkewed"];
    codes.contains(&error.code.as_str())
        || error.message.contains("Signature expired")
        || error.message.contains("Signature not yet current")
}
