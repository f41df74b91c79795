//! A failed sign-in in words: what happened, what AWS said, what to do.

use std::fmt;

use crate::github::oidc::Claims;
use crate::model::AccountId;

use super::SignInError;
use super::trust_policy::{issuer, statement, subjects};
use crate::collect::region::RegionOrigin;

impl SignInError {
    /// What happened; one clause.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::NoCredentials { token_missing: true, .. } => {
                "GitHub offers this job no OIDC token, and there are no other AWS credentials"
                    .into()
            }
            Self::NoCredentials { .. } => "there are no AWS credentials".into(),
            Self::NoIdToken(_) => "GitHub gave this job no OIDC token".into(),
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
            Self::RootDenied { account, caller, .. } => {
                format!("`{caller}` gets no session of the root user of account {account}")
            }
            Self::ClockSkew(_) => "the clock of this machine is wrong".into(),
            Self::BadCredentials(_) => "AWS does not accept the credentials".into(),
            Self::WrongAccount { found, expected } => {
                format!("the credentials belong to account {found}, not to {}", list(expected))
            }
            Self::RoleElsewhere { role_arn, found } => format!(
                "AWS says that the session of `{role_arn}` belongs to account {found}, not to the \
                 role's account {}",
                account_of(role_arn)
            ),
            Self::NotAllowed { account, allowed } => format!(
                "account {account} may not be signed in to: `--account` allows only {}",
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
            Self::NoAnswer { call, .. } => format!("there was no usable answer to {call}"),
            Self::Unreadable { call, .. } => format!("the answer to {call} is not a whole one"),
            Self::Refused { call, .. } => format!("AWS refused {call}"),
            Self::Interrupted(why) => format!("interrupted while signing in: {why}"),
        }
    }

    /// What AWS, GitHub or the network said, where somebody said something.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::NoCredentials { detail, .. } if detail.is_empty() => None,
            Self::NoCredentials { detail, .. } => Some(detail),
            Self::NoIdToken(message)
            | Self::NotTrusted { message, .. }
            | Self::NoProvider { message, .. }
            | Self::WrongAudience { message, .. }
            | Self::IssuerUnreachable(message)
            | Self::TooManyKeys(message)
            | Self::TokenInvalid(message)
            | Self::TokenExpired(message)
            | Self::IssuerRefused(message)
            | Self::SessionPolicy(message)
            | Self::RegionDisabled { message, .. }
            | Self::InvalidRequest { message, .. }
            | Self::RoleDenied { message, .. }
            | Self::RootDenied { message, .. }
            | Self::ClockSkew(message)
            | Self::BadCredentials(message)
            | Self::NoIdentity(message)
            | Self::Untrusted { message, .. }
            | Self::NoAnswer { message, .. }
            | Self::Unreadable { message, .. }
            | Self::Refused { message, .. } => Some(message),
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
            Self::RootDenied { message, caller, account } => root_denied_help(message, caller, account),
            Self::ClockSkew(_) => "set the clock (NTP); AWS accepts five minutes of difference".into(),
            Self::BadCredentials(_) => "they are expired, deleted, mistyped or of another \
                 partition: get new ones, and in China or GovCloud name the Region with `--region`"
                .into(),
            Self::WrongAccount { .. } => "sign in to the right account, or correct `--account` or \
                 the policy's `scope.accounts`"
                .into(),
            Self::RoleElsewhere { .. } => "a role's session is always in the role's account, so \
                 something between here and AWS gives answers that are not AWS's: look at proxies, \
                 `--endpoint-url` and the certificates that this machine trusts"
                .into(),
            Self::NotAllowed { account, .. } => format!(
                "name a role of an allowed account (`--role-arn`, or `role-arn` in the policy's \
                 `scope.accounts`), or allow this one, too: `--account {account}`; the action's \
                 inputs are `role-to-assume` and `allowed-account-ids`"
            ),
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
            Self::NoAnswer { region: Some(region), .. } => format!(
                "there may be no Region `{}`: check the name, which {}. If it is right, check the network \
                 and the proxy (`HTTPS_PROXY`, `NO_PROXY`, `--ca-bundle`), or give the run more time with \
                 `--timeout`; then run again",
                region.name,
                match region.origin {
                    RegionOrigin::Flag => "`--region` (the action's input `aws-region`) gives",
                    RegionOrigin::Environment => "`AWS_REGION` or `AWS_DEFAULT_REGION` gives",
                    RegionOrigin::Profile => "the selected profile of ~/.aws gives",
                }
            ),
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
     environment, or a profile in ~/.aws with `AWS_PROFILE`: keys, a role, `credential_process`,
     or IAM Identity Center (`aws sso login --profile X` first). For `aws login`, and whatever
     else the AWS CLI can do, name the CLI's profile X in a profile of its own for rootgate:
       [profile rootgate]
       credential_process = aws configure export-credentials --profile X --format process
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
    let mut help = format!(
        "if this job is to be let in, add the statement in this token's form to the trust policy \
         of `{role_arn}`\nthe token says\n  sub: {}\n  aud: {}",
        shown(&claims.sub),
        shown(&claims.aud)
    );
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

/// Source: the texts that STS has, as its users report them.
fn root_denied_help(message: &str, caller: &str, account: &AccountId) -> String {
    if message.contains("Root credentials management feature is not enabled") {
        return "enable central management of root credentials: \
                `aws iam enable-organizations-root-credentials-management`, in the management account"
            .into();
    }
    if message.contains("Service not enabled for AWS Organizations") {
        return "enable trusted access for IAM: `aws organizations enable-aws-service-access \
                --service-principal iam.amazonaws.com`, in the management account"
            .into();
    }
    if by_scp(message) {
        return SCP_HELP.into();
    }
    format!(
        "grant `{caller}` `sts:AssumeRoot` on `arn:*:iam::{account}:root`, with `sts:TaskPolicyArn` as in \
         `rootgate permissions`; its account must be the management account or the delegated \
         administrator of IAM. A suspended account refuses, too, and the management account always does"
    )
}

/// Whether AWS names a service control policy as the reason.
/// Source: IAM User Guide, "Troubleshoot access denied error messages".
pub(super) fn by_scp(message: &str) -> bool {
    message.contains("service control policy")
}

pub(super) const SCP_HELP: &str =
    "a service control policy of the organization denies it: exempt this role of rootgate there";

fn shown(claim: &str) -> &str {
    if claim.is_empty() { "(none)" } else { claim }
}

fn account_of(role_arn: &str) -> &str {
    role_arn.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or("of the role")
}

fn list(accounts: &[AccountId]) -> String {
    accounts.iter().map(AccountId::as_str).collect::<Vec<_>>().join(" or ")
}

/// What happened and what was said, in one line; what it means and what to do is the caller's to
/// lay out, with [`SignInError::help`].
impl fmt::Display for SignInError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(message) => write!(formatter, "{}: {message}", self.what()),
            None => formatter.write_str(&self.what()),
        }
    }
}

impl std::error::Error for SignInError {}
