//! Why nobody could be signed in: what AWS said, what that means, what to do.
//!
//! The codes and texts are those of the STS API reference and of what its users report; see each
//! variant.

use std::fmt;

use crate::github::oidc::Claims;
use crate::model::{AccountId, Cause};

use super::failure::{CallError, Kind};
use super::trust_policy::{issuer, statement, subjects};

/// Signing in failed: nothing was read, so nothing was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInError {
    /// No credentials at all.
    NoCredentials {
        /// What the SDK's chain said.
        detail: String,
        /// A role was to be assumed under GitHub Actions, and the runner offers no token.
        token_missing: bool,
        /// The event is a pull request, perhaps from a fork.
        pull_request: bool,
    },
    /// GitHub's token endpoint gave no token.
    NoIdToken(String),
    /// STS does not let this token into the role.
    NotTrusted {
        /// What AWS said.
        said: String,
        /// The role.
        role_arn: String,
        /// What the token says; the token itself is nowhere.
        claims: Box<Claims>,
    },
    /// The role's account has no OIDC provider for the token's issuer.
    NoProvider {
        /// What AWS said.
        said: String,
        /// The role.
        role_arn: String,
        /// What the token says.
        claims: Box<Claims>,
    },
    /// The provider does not list the token's audience.
    WrongAudience {
        /// What AWS said.
        said: String,
        /// The token's audience.
        audience: String,
    },
    /// STS could not talk to the token's issuer, or not fetch its keys, however often asked.
    IssuerUnreachable(String),
    /// The issuer publishes more keys than STS reads.
    TooManyKeys(String),
    /// Any other fault of the token.
    TokenInvalid(String),
    /// The token was too old when STS read it, or a clock is wrong.
    TokenExpired(String),
    /// The issuer refused the token.
    IssuerRefused(String),
    /// The session policy is malformed or too large.
    SessionPolicy(String),
    /// STS is switched off in the Region.
    RegionDisabled {
        /// What AWS said.
        said: String,
        /// The Region.
        region: String,
    },
    /// STS finds the request itself wrong: the role's ARN, a name, a duration.
    InvalidRequest {
        /// What AWS said.
        said: String,
        /// The role.
        role_arn: String,
    },
    /// The run's own credentials may not assume the role.
    RoleDenied {
        /// What AWS said.
        said: String,
        /// The role.
        role_arn: String,
        /// Who asked.
        caller: String,
    },
    /// The clock of this machine is wrong.
    ClockSkew(String),
    /// AWS does not accept the credentials.
    BadCredentials(String),
    /// The credentials belong to an account that is not the one to judge, or not an allowed one.
    WrongAccount {
        /// Whose they are.
        found: AccountId,
        /// Whose they may be.
        expected: Vec<AccountId>,
    },
    /// An account of the scope that `--account` does not allow.
    NotAllowed {
        /// The account.
        account: AccountId,
        /// What is allowed.
        allowed: Vec<AccountId>,
    },
    /// `GetCallerIdentity` did not say who this is.
    NoIdentity(String),
    /// `--external-id` without any AssumeRole.
    ExternalIdUnused,
    /// Environment variables or a profile send AWS calls elsewhere, under GitHub Actions.
    EndpointRedirected(Vec<String>),
    /// Environment variables change whom TLS trusts, under GitHub Actions.
    TrustChanged(Vec<String>),
    /// An address that is neither https nor on this machine.
    PlainHttp {
        /// Where it was given.
        setting: String,
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
    /// The certificate of the other side is not trusted.
    Untrusted {
        /// The call.
        call: String,
        /// What TLS said.
        said: String,
    },
    /// No answer: the network, or AWS's side, until the call's share of the time was spent.
    NoAnswer {
        /// The call.
        call: String,
        /// What was said last.
        said: String,
        /// The cause, as a gap of a further account would have it.
        cause: Cause,
    },
    /// An answer that is not a whole one.
    Unreadable {
        /// The call.
        call: String,
        /// What is wrong with it.
        said: String,
    },
    /// Any other error of AWS.
    Refused {
        /// The call.
        call: String,
        /// What AWS said.
        said: String,
    },
    /// The run was told to stop.
    Interrupted(String),
}

/// What every variant means for the verdict.
const EFFECT: &str =
    "nobody is signed in, so nothing was read and nothing was judged (exit code 2)";

impl SignInError {
    /// What a failed `AssumeRoleWithWebIdentity` means.
    pub(super) fn of_web_identity(
        error: &CallError,
        role_arn: &str,
        region: &str,
        claims: &Claims,
    ) -> Self {
        let call = "sts:AssumeRoleWithWebIdentity";
        let said = error.said();
        let (role_arn, claims) = (role_arn.to_owned(), Box::new(claims.clone()));
        match error.code.as_str() {
            "AccessDenied" => Self::NotTrusted { said, role_arn, claims },
            "InvalidIdentityToken" if error.message.contains("No OpenIDConnect provider") => {
                Self::NoProvider { said, role_arn, claims }
            }
            "InvalidIdentityToken" if error.message.contains("audience") => {
                Self::WrongAudience { said, audience: claims.aud }
            }
            "InvalidIdentityToken" if error.message.contains("verification key") => {
                Self::IssuerUnreachable(said)
            }
            "InvalidIdentityToken" if too_many_keys(&error.message) => Self::TooManyKeys(said),
            "InvalidIdentityToken" => Self::TokenInvalid(said),
            "ExpiredTokenException" | "ExpiredToken" => Self::TokenExpired(said),
            "IDPCommunicationError" => Self::IssuerUnreachable(said),
            "IDPRejectedClaim" => Self::IssuerRefused(said),
            _ => Self::of_role(error, call, &role_arn, region, "this run's GitHub token"),
        }
    }

    /// What a failed `AssumeRole` means, and what both ways into a role have in common.
    pub(super) fn of_role(
        error: &CallError,
        call: &str,
        role_arn: &str,
        region: &str,
        caller: &str,
    ) -> Self {
        let said = error.said();
        match error.code.as_str() {
            "AccessDenied" => {
                Self::RoleDenied { said, role_arn: role_arn.to_owned(), caller: caller.to_owned() }
            }
            "MalformedPolicyDocument" | "PackedPolicyTooLarge" => Self::SessionPolicy(said),
            "RegionDisabledException" => Self::RegionDisabled { said, region: region.to_owned() },
            "ValidationError" => Self::InvalidRequest { said, role_arn: role_arn.to_owned() },
            _ => Self::of_call(error, call),
        }
    }

    /// What any failed call of the sign-in means.
    pub(super) fn of_call(error: &CallError, call: &str) -> Self {
        let (call, said) = (call.to_owned(), error.said());
        match error.kind {
            Kind::Interrupted => Self::Interrupted(error.message.clone()),
            Kind::Credentials if is_skew(error) => Self::ClockSkew(said),
            Kind::Credentials => Self::BadCredentials(said),
            Kind::Throttled | Kind::Busy => Self::NoAnswer { call, said, cause: Cause::Throttled },
            Kind::Server | Kind::Network => {
                Self::NoAnswer { call, said, cause: Cause::Unavailable }
            }
            Kind::Untrusted => Self::Untrusted { call, said },
            Kind::TimedOut => Self::NoAnswer { call, said, cause: Cause::TimedOut },
            Kind::Unreadable => Self::Unreadable { call, said },
            Kind::Denied | Kind::Refused => Self::Refused { call, said },
        }
    }

    /// The cause of the gaps that it leaves in an account after the first.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::NoAnswer { cause, .. } => *cause,
            Self::Interrupted(_) => Cause::Interrupted,
            _ => Cause::NotEntered,
        }
    }

    /// What happened; one clause.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::NoCredentials { token_missing: true, .. } => {
                "GitHub offers this job no OIDC token, and there are no other AWS credentials"
                    .into()
            }
            Self::NoCredentials { .. } => "there are no AWS credentials".into(),
            Self::NoIdToken(detail) => detail.clone(),
            Self::NotTrusted { role_arn, .. } => {
                format!("AWS does not let this run's GitHub token into `{role_arn}`")
            }
            Self::NoProvider { role_arn, .. } => {
                format!("the account of `{role_arn}` knows no OIDC provider for GitHub's tokens")
            }
            Self::WrongAudience { audience, .. } => {
                format!("AWS does not accept the token's audience `{audience}`")
            }
            Self::IssuerUnreachable(_) => {
                "AWS could not check the token with GitHub, however often it was asked".into()
            }
            Self::TooManyKeys(_) => "the token's issuer publishes more keys than AWS reads".into(),
            Self::TokenInvalid(_) => "AWS does not accept this run's GitHub token".into(),
            Self::TokenExpired(_) => "GitHub's token had expired when AWS read it".into(),
            Self::IssuerRefused(_) => "GitHub's identity provider refused the token".into(),
            Self::SessionPolicy(_) => "AWS does not accept the session policy".into(),
            Self::RegionDisabled { region, .. } => format!("STS is switched off in `{region}`"),
            Self::InvalidRequest { role_arn, .. } => {
                format!("AWS finds the request for `{role_arn}` wrong")
            }
            Self::RoleDenied { role_arn, caller, .. } => {
                format!("`{caller}` may not assume `{role_arn}`")
            }
            Self::ClockSkew(_) => "the clock of this machine is wrong".into(),
            Self::BadCredentials(_) => "AWS does not accept the credentials".into(),
            Self::WrongAccount { found, expected } => {
                format!("the credentials belong to account {found}, not to {}", list(expected))
            }
            Self::NotAllowed { account, allowed } => format!(
                "account {account} may not be signed in to: `--account` allows {}",
                list(allowed)
            ),
            Self::NoIdentity(_) => "AWS does not say whose the credentials are".into(),
            Self::ExternalIdUnused => {
                "`--external-id` is given, but no role is assumed with it".into()
            }
            Self::EndpointRedirected(names) => {
                format!("{} would send AWS calls elsewhere", names.join(", "))
            }
            Self::TrustChanged(names) => {
                format!("{} would change whose certificates are trusted", names.join(", "))
            }
            Self::PlainHttp { setting, url } => {
                format!("{setting} is neither https nor on this machine: `{url}`")
            }
            Self::CaBundle { path, detail } => {
                format!("the CA bundle `{path}` is not usable: {detail}")
            }
            Self::Untrusted { call, .. } => {
                format!("{call} was not sent: the certificate on the other side is not trusted")
            }
            Self::NoAnswer { call, .. } => format!("{call} got no answer that helps"),
            Self::Unreadable { call, .. } => format!("the answer to {call} is not a whole one"),
            Self::Refused { call, .. } => format!("AWS refused {call}"),
            Self::Interrupted(why) => format!("interrupted while signing in: {why}"),
        }
    }

    /// What AWS, GitHub or the network said, where somebody said something.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::NoCredentials { detail, .. } => Some(detail),
            Self::NotTrusted { said, .. }
            | Self::NoProvider { said, .. }
            | Self::WrongAudience { said, .. }
            | Self::IssuerUnreachable(said)
            | Self::TooManyKeys(said)
            | Self::TokenInvalid(said)
            | Self::TokenExpired(said)
            | Self::IssuerRefused(said)
            | Self::SessionPolicy(said)
            | Self::RegionDisabled { said, .. }
            | Self::InvalidRequest { said, .. }
            | Self::RoleDenied { said, .. }
            | Self::ClockSkew(said)
            | Self::BadCredentials(said)
            | Self::NoIdentity(said)
            | Self::Untrusted { said, .. }
            | Self::NoAnswer { said, .. }
            | Self::Unreadable { said, .. }
            | Self::Refused { said, .. } => Some(said),
            _ => None,
        }
    }

    /// What to do; one or more lines.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoCredentials { token_missing: true, pull_request, .. } => {
                no_token_help(*pull_request)
            }
            Self::NoCredentials { .. } => NO_CREDENTIALS_HELP.into(),
            Self::NoIdToken(_) => "run the job again; if it stays so, look at GitHub's status, \
                 and at proxies and firewalls of a self-hosted runner"
                .into(),
            Self::NotTrusted { role_arn, claims, .. } => not_trusted_help(role_arn, claims),
            Self::NoProvider { role_arn, claims, .. } => format!(
                "create an IAM OIDC provider in account {} with the address `https://{}` and the \
                 client id `{}`; it must be in the role's own account",
                account_of(role_arn),
                issuer(claims),
                claims.aud
            ),
            Self::WrongAudience { audience, .. } => format!(
                "add `{audience}` to the client ids of the IAM OIDC provider, or ask for an \
                 audience that it lists with `--oidc-audience` (the action's input `audience`)"
            ),
            Self::IssuerUnreachable(_) => "run the job again in a few minutes; if it stays so, AWS \
                 must be able to reach the issuer's `/.well-known/openid-configuration` (with \
                 GitHub Enterprise Server: from the internet)"
                .into(),
            Self::TooManyKeys(_) => "the issuer must publish at most 100 RSA and 100 EC keys; with \
                 github.com this is not yours to change, so report it to GitHub"
                .into(),
            Self::TokenInvalid(_) => "check that `--oidc-audience` and the token's issuer are those \
                 of the IAM OIDC provider; then run the job again"
                .into(),
            Self::TokenExpired(_) => "a token lives for five minutes and is asked for right before \
                 its use: check the clock of the runner, then run the job again"
                .into(),
            Self::IssuerRefused(_) => "the claims of the token do not satisfy the identity \
                 provider; run the job again, then ask GitHub"
                .into(),
            Self::SessionPolicy(_) => "this is a mistake of rootgate, please report it; until then \
                 a policy with fewer rules needs a smaller session policy"
                .into(),
            Self::RegionDisabled { .. } => "switch STS on for the Region (IAM, Account settings), \
                 or name another one with `--region` (the action's input `aws-region`)"
                .into(),
            Self::InvalidRequest { .. } => "check the role's ARN: \
                 `arn:aws:iam::111122223333:role/name`, with the role's path if it has one"
                .into(),
            Self::RoleDenied { role_arn, caller, .. } => format!(
                "the caller needs `sts:AssumeRole` on `{role_arn}`, and the role's trust policy \
                 must name `{caller}` or its account; a trust policy with an external id needs \
                 `--external-id`"
            ),
            Self::ClockSkew(_) => "set the clock (NTP); AWS accepts five minutes of difference".into(),
            Self::BadCredentials(_) => "they are expired, deleted, mistyped or of another \
                 partition: get new ones, and in China or GovCloud name the Region with `--region`"
                .into(),
            Self::WrongAccount { .. } => "sign in to the right account, or correct `--account` or \
                 the policy's `scope.accounts`"
                .into(),
            Self::NotAllowed { .. } => "add it to `--account` (the action's input \
                 `allowed-account-ids`), or take it out of the policy's `scope.accounts`"
                .into(),
            Self::NoIdentity(_) => "sts:GetCallerIdentity needs no permission, so look at proxies \
                 and endpoints on the way to AWS; then run again"
                .into(),
            Self::ExternalIdUnused => "leave it out, or name the role with `--role-arn`; GitHub's \
                 OIDC has no external id"
                .into(),
            Self::EndpointRedirected(_) => "under GitHub Actions an earlier step may have written \
                 this, so it is not believed: unset it for this step"
                .into(),
            Self::TrustChanged(_) => "under GitHub Actions an earlier step may have written this, \
                 so it is not believed: unset it for this step, or give the file with `--ca-bundle` \
                 (the action's input `ca-bundle`)"
                .into(),
            Self::PlainHttp { .. } => "keys would travel in plain text: use https".into(),
            Self::CaBundle { .. } => "give a PEM file with the certificates of every authority \
                 that is to be trusted; it replaces the system's"
                .into(),
            Self::Untrusted { .. } => "behind a proxy that opens TLS, give its authority with \
                 `--ca-bundle FILE` (the action's input `ca-bundle`); else somebody is in between"
                .into(),
            Self::NoAnswer { .. } => "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`, \
                 `--ca-bundle`), or give the run more time with `--timeout`; then run again"
                .into(),
            Self::Unreadable { .. } => "look at proxies and endpoints on the way to AWS; then run \
                 again"
                .into(),
            Self::Refused { .. } => "see what AWS said".into(),
            Self::Interrupted(_) => "run again".into(),
        }
    }
}

const NO_CREDENTIALS_HELP: &str = "\
give some in one of three ways:
  1. in GitHub Actions: `permissions: id-token: write` on the job, and `--role-arn` (the action's
     input `role-to-assume`) with a role that trusts GitHub's OIDC provider
  2. anywhere: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`) in the
     environment, or a profile in ~/.aws with `AWS_PROFILE`
  3. on AWS: the role of the instance, task or pod
or judge without AWS: `--evidence FILE` or `--credential-report FILE`";

fn no_token_help(pull_request: bool) -> String {
    let mut help = "give the job the permission to ask for one:
  permissions:
    contents: read
    id-token: write
a called workflow of another organization needs it in the caller, too"
        .to_owned();
    if pull_request {
        help.push_str(
            "\na pull request from a fork never gets a token: see `--on-fork` (the action's input \
             `on-fork`)",
        );
    }
    help
}

fn not_trusted_help(role_arn: &str, claims: &Claims) -> String {
    let mut help =
        format!("the token says\n  sub: {}\n  aud: {}", shown(&claims.sub), shown(&claims.aud));
    if let Some(environment) = &claims.environment {
        help.push_str(&format!("\n  environment: {environment}"));
    }
    help.push_str(
        "\nAWS does not say which of these is the reason: the role's trust policy does not accept \
         this sub or aud, the role does not exist, or an SCP or RCP denies it",
    );
    let indented = |text: &str| text.lines().map(|line| format!("\n  {line}")).collect::<String>();
    match subjects(claims) {
        Some(subjects) => {
            let forms = [
                ("name form", Some(&subjects.by_name), !subjects.immutable),
                ("immutable-id form", subjects.by_id.as_ref(), subjects.immutable),
            ];
            for (form, sub, this_token) in forms {
                let Some(sub) = sub else { continue };
                let note = if this_token { "this token's" } else { "not this token's" };
                help.push_str(&format!("\nstatement in {form} ({note}):"));
                help.push_str(&indented(&statement(role_arn, claims, sub)));
            }
            help.push_str(
                "\nrepositories created, renamed or moved since 15 July 2026 have the immutable-id \
                 form; a statement that knows only names does not let them in",
            );
        }
        None => {
            help.push_str("\nstatement that accepts this token:");
            help.push_str(&indented(&statement(role_arn, claims, &claims.sub)));
        }
    }
    help
}

fn shown(claim: &str) -> &str {
    if claim.is_empty() { "(none)" } else { claim }
}

fn account_of(role_arn: &str) -> &str {
    role_arn.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or("of the role")
}

fn too_many_keys(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("jwks") || message.contains("100 ")
}

/// The texts of a signature from another time. Source: IAM User Guide, "Troubleshoot signed
/// requests".
fn is_skew(error: &CallError) -> bool {
    matches!(error.code.as_str(), "RequestExpired" | "RequestTimeTooSkewed")
        || error.message.contains("Signature expired")
        || error.message.contains("Signature not yet current")
}

fn list(accounts: &[AccountId]) -> String {
    accounts.iter().map(AccountId::as_str).collect::<Vec<_>>().join(" or ")
}

impl fmt::Display for SignInError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.what())?;
        if let Some(said) = self.said() {
            writeln!(formatter, "  said:    {said}")?;
        }
        writeln!(formatter, "  effect:  {EFFECT}")?;
        write!(formatter, "  to do:   {}", self.help().replace('\n', "\n           "))
    }
}

impl std::error::Error for SignInError {}
