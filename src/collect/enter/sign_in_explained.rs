//! The messages of a failed sign-in: what happened, what AWS said, what to do.

use std::fmt;

use crate::github::oidc::Claims;
use crate::model::AccountId;
use crate::text;
use crate::text::{Text, outside, private};

use super::SignInError;
use super::trust_policy::{issuer, statement, subjects};
use crate::collect::region::RegionOrigin;

impl SignInError {
    /// What happened; one clause.
    #[must_use]
    pub fn what(&self) -> Text {
        match self {
            Self::NoCredentials { token_missing: true, .. } => {
                "GitHub offers this job no OIDC token, and there are no other AWS credentials"
                    .into()
            }
            Self::NoCredentials { .. } => "there are no AWS credentials".into(),
            Self::NoIdToken(_) => "GitHub gave this job no OIDC token".into(),
            Self::NotTrusted { role_arn, .. } => {
                text!(
                    "AWS does not allow this run's GitHub token to assume `{}`",
                    private(role_arn)
                )
            }
            Self::NoProvider { role_arn, .. } => {
                text!(
                    "the account of `{}` has no OIDC provider for GitHub's tokens",
                    private(role_arn)
                )
            }
            Self::WrongAudience { audience, .. } => {
                text!("AWS does not accept the token's audience `{}`", outside(audience))
            }
            Self::IssuerUnreachable(_) => {
                "AWS could not check the token with GitHub, even after retries".into()
            }
            Self::TooManyKeys(_) => "the token's issuer publishes more keys than AWS reads".into(),
            Self::TokenInvalid(_) => "AWS does not accept this run's GitHub token".into(),
            Self::TokenExpired(_) => "GitHub's token had expired when AWS read it".into(),
            Self::IssuerRefused(_) => "GitHub's identity provider refused the token".into(),
            Self::SessionPolicy(_) => "AWS does not accept the session policy".into(),
            Self::RegionDisabled { region, .. } => {
                text!("STS is not active in `{}`", outside(region))
            }
            Self::InvalidRequest { role_arn, .. } => {
                text!("AWS finds the request for `{}` invalid", private(role_arn))
            }
            Self::RoleDenied { role_arn, caller, .. } => {
                text!("`{}` may not assume `{}`", caller, private(role_arn))
            }
            Self::RootDenied { account, caller, .. } => {
                text!("`{}` may not open a session of the root user of account {}", caller, account)
            }
            Self::ClockSkew(_) => "the clock of this machine is wrong".into(),
            Self::BadCredentials(_) => "AWS does not accept the credentials".into(),
            Self::WrongAccount { found, expected } => {
                text!("the credentials belong to account {}, not to {}", found, list(expected))
            }
            Self::RoleElsewhere { role_arn, found } => text!(
                "AWS says that the session of `{}` belongs to account {}, not to the role's account {}",
                private(role_arn),
                found,
                account_of(role_arn)
            ),
            Self::NotAllowed { account, allowed } => text!(
                "account {} may not be signed in to: `--account` allows only {}",
                account,
                list(allowed)
            ),
            Self::NoIdentity(_) => {
                "AWS does not say which account the credentials belong to".into()
            }
            Self::ExternalIdUnused => {
                "`--external-id` is given, but no role is assumed with it".into()
            }
            Self::EndpointRedirected(names) => {
                text!("{} would redirect AWS calls", outside(names.join(", ")))
            }
            Self::TrustChanged(names) => {
                text!("{} would change which certificates are trusted", outside(names.join(", ")))
            }
            Self::PlainHttp { setting, url } => {
                text!("{} is not https and not on this machine: `{}`", *setting, outside(url))
            }
            Self::CaBundle { path, detail } => {
                text!("the CA bundle `{}` is not usable: {}", outside(path), outside(detail))
            }
            Self::Untrusted { call, .. } => {
                text!("{} was not sent: the server's certificate is not trusted", *call)
            }
            Self::NoAnswer { call, .. } => text!("there was no usable answer to {}", *call),
            Self::Unreadable { call, .. } => {
                text!("the answer to {} cannot be used", *call)
            }
            Self::Refused { call, .. } => text!("AWS refused {}", *call),
            Self::Interrupted(why) => text!("interrupted while signing in: {}", outside(why)),
        }
    }

    /// The message of AWS, GitHub or the network, if there was one.
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
    pub fn help(&self) -> Text {
        match self {
            Self::NoCredentials { token_missing: true, pull_request, .. } => {
                no_token_help(*pull_request).into()
            }
            Self::NoCredentials { .. } => NO_CREDENTIALS_HELP.into(),
            Self::NoIdToken(_) => "run the job again; if the error persists, check GitHub's status, \
                 and the proxies and firewalls of a self-hosted runner"
                .into(),
            Self::NotTrusted { role_arn, claims, .. } => not_trusted_help(role_arn, claims),
            Self::NoProvider { role_arn, claims, .. } => text!(
                "create an IAM OIDC provider in account {} with the address `https://{}` and the \
                 client id `{}`; it must be in the role's account",
                account_of(role_arn),
                outside(issuer(claims)),
                outside(&claims.aud)
            ),
            Self::WrongAudience { audience, .. } => text!(
                "add `{}` to the client ids of the IAM OIDC provider, or request an \
                 audience that it lists with `--oidc-audience` (the action's input `audience`)",
                outside(audience)
            ),
            Self::IssuerUnreachable(_) => "run the job again in a few minutes; if the error persists, AWS \
                 must be able to reach the issuer's `/.well-known/openid-configuration` (with \
                 GitHub Enterprise Server: from the internet)"
                .into(),
            Self::TooManyKeys(_) => "the issuer must publish at most 100 RSA and 100 EC keys; with \
                 github.com only GitHub can change that, so report it to GitHub"
                .into(),
            Self::TokenInvalid(_) => "check that `--oidc-audience` and the token's issuer are those \
                 of the IAM OIDC provider; then run the job again"
                .into(),
            Self::TokenExpired(_) => "a token is valid for five minutes and is requested right before \
                 its use: check the clock of the runner, then run the job again"
                .into(),
            Self::IssuerRefused(_) => "the claims of the token do not satisfy the identity \
                 provider; run the job again, then ask GitHub"
                .into(),
            Self::SessionPolicy(_) => "this is a bug in rootgate, please report it; until then \
                 a policy with fewer rules needs a smaller session policy"
                .into(),
            Self::RegionDisabled { .. } => "activate STS for the Region (IAM, Account settings), \
                 or name another one with `--region` (the action's input `aws-region`)"
                .into(),
            Self::InvalidRequest { .. } => "check the role's ARN: \
                 `arn:aws:iam::111122223333:role/name`, with the role's path if it has one"
                .into(),
            Self::RoleDenied { role_arn, caller, .. } => text!(
                "the caller needs `sts:AssumeRole` on `{}`, and the role's trust policy \
                 must name `{}` or its account; a trust policy with an external id needs \
                 `--external-id`",
                private(role_arn),
                caller
            ),
            Self::RootDenied { message, caller, account } => root_denied_help(message, caller, account),
            Self::ClockSkew(_) => "set the clock (NTP); AWS accepts five minutes of difference".into(),
            Self::BadCredentials(_) => "they are expired, deleted, mistyped, or belong to another \
                 partition: get new ones, and in China or GovCloud name the Region with `--region`"
                .into(),
            Self::WrongAccount { .. } => "sign in to the right account, or correct `--account` or \
                 the policy's `scope.accounts`"
                .into(),
            Self::RoleElsewhere { .. } => "a role's session is always in the role's account, so \
                 something between here and AWS changes the answers: check proxies, \
                 `--endpoint-url` and the certificates that this machine trusts"
                .into(),
            Self::NotAllowed { account, .. } => text!(
                "name a role of an allowed account (`--role-arn`, or `role-arn` in the policy's \
                 `scope.accounts`), or allow this one, too: `--account {}`; the action's \
                 inputs are `role-to-assume` and `allowed-account-ids`",
                account
            ),
            Self::NoIdentity(_) => "sts:GetCallerIdentity needs no permission, so check the proxies \
                 and endpoints on the way to AWS; then run again"
                .into(),
            Self::ExternalIdUnused => "omit it, or set the role with `--role-arn`; GitHub's \
                 OIDC has no external id"
                .into(),
            Self::EndpointRedirected(_) => "under GitHub Actions an earlier step may have written \
                 this, so it is not trusted: unset it for this step"
                .into(),
            Self::TrustChanged(_) => "under GitHub Actions an earlier step may have written this, \
                 so it is not trusted: unset it for this step, or pass the file with `--ca-bundle` \
                 (the action's input `ca-bundle`)"
                .into(),
            Self::PlainHttp { .. } => "keys would travel in plain text: use https".into(),
            Self::CaBundle { .. } => "pass a PEM file with the certificates of every authority \
                 that is to be trusted; it replaces the system's"
                .into(),
            Self::Untrusted { .. } => "behind a proxy that inspects TLS, pass its authority with \
                 `--ca-bundle FILE` (the action's input `ca-bundle`); otherwise the connection may be intercepted"
                .into(),
            Self::NoAnswer { region: Some(region), .. } => text!(
                "Region `{}` may not exist: check the name, which {}. If it is correct, check the network \
                 and the proxy (`HTTPS_PROXY`, `NO_PROXY`, `--ca-bundle`), or give the run more time with \
                 `--timeout`; then run again",
                outside(&region.name),
                match region.origin {
                    RegionOrigin::Flag => "`--region` (the action's input `aws-region`) sets",
                    RegionOrigin::Environment => "`AWS_REGION` or `AWS_DEFAULT_REGION` sets",
                    RegionOrigin::Profile => "the selected profile of ~/.aws sets",
                }
            ),
            Self::NoAnswer { .. } => "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`, \
                 `--ca-bundle`), or give the run more time with `--timeout`; then run again"
                .into(),
            Self::Unreadable { .. } => "check the proxies and endpoints on the way to AWS; then run \
                 again"
                .into(),
            Self::Refused { .. } => "see what AWS said".into(),
            Self::Interrupted(_) => "run again".into(),
        }
    }
}

const NO_CREDENTIALS_HELP: &str = "\
pass credentials in one of three ways:
  1. in GitHub Actions: `permissions: id-token: write` on the job, and `--role-arn` (the action's
     input `role-to-assume`) with a role that trusts GitHub's OIDC provider
  2. anywhere: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`) in the
     environment, or a profile in ~/.aws with `AWS_PROFILE`: keys, a role, `credential_process`,
     or IAM Identity Center (`aws sso login --profile X` first). For `aws login`, and anything
     else the AWS CLI can do, name the CLI's profile X in a profile of its own for rootgate:
       [profile rootgate]
       credential_process = aws configure export-credentials --profile X --format process
  3. on AWS: the role of the instance, task or pod
or judge without AWS: `--evidence FILE` or `--credential-report FILE`";

const fn no_token_help(pull_request: bool) -> &'static str {
    if pull_request { NO_TOKEN_FOR_FORKS_HELP } else { NO_TOKEN_HELP }
}

const NO_TOKEN_HELP: &str = "\
give the job the permission to request one:
  permissions:
    contents: read
    id-token: write
a called workflow of another organization needs it in the caller, too";

const NO_TOKEN_FOR_FORKS_HELP: &str = "\
give the job the permission to request one:
  permissions:
    contents: read
    id-token: write
a called workflow of another organization needs it in the caller, too
a pull request from a fork never gets a token: see `--on-fork` (the action's input `on-fork`)";

fn not_trusted_help(role_arn: &str, claims: &Claims) -> Text {
    let mut help = text!(
        "to allow this job, add the statement in this token's form to the trust policy \
         of `{}`\nthe token says\n  sub: {}\n  aud: {}",
        private(role_arn),
        claim(&claims.sub),
        claim(&claims.aud)
    );
    if let Some(environment) = &claims.environment {
        help.push(text!("\n  environment: {}", outside(environment)));
    }
    help.push(
        "\nAWS does not say which of these is the reason: the role's trust policy does not accept \
         this sub or aud, the role does not exist, or an SCP or RCP denies it",
    );
    match subjects(claims) {
        Some(subjects) => {
            let forms = [
                ("name form", Some(&subjects.by_name), !subjects.immutable),
                ("immutable-id form", subjects.by_id.as_ref(), subjects.immutable),
            ];
            for (form, sub, this_token) in forms {
                let Some(sub) = sub else { continue };
                let note = if this_token { "this token's" } else { "not this token's" };
                help.push(text!("\nstatement in {} ({}):\n", form, note));
                help.push(statement(role_arn, claims, sub));
            }
            help.push(
                "\nrepositories created, renamed or moved since 15 July 2026 have the immutable-id \
                 form; a statement with names only does not allow them",
            );
        }
        None => {
            help.push("\nstatement that accepts this token:\n");
            help.push(statement(role_arn, claims, &claims.sub));
        }
    }
    help
}

/// Source: the messages of STS, as reported by its users.
fn root_denied_help(message: &str, caller: &Text, account: &AccountId) -> Text {
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
    text!(
        "grant `{}` `sts:AssumeRoot` on `arn:*:iam::{}:root`, with `sts:TaskPolicyArn` as in \
         `rootgate permissions`; its account must be the management account or the delegated \
         administrator of IAM. A suspended account also refuses, and the management account always does",
        caller,
        account
    )
}

/// Whether AWS names a service control policy as the reason.
/// Source: IAM User Guide, "Troubleshoot access denied error messages".
pub(super) fn by_scp(message: &str) -> bool {
    message.contains("service control policy")
}

pub(super) const SCP_HELP: &str =
    "a service control policy of the organization denies it: exempt this role of rootgate there";

fn claim(value: &str) -> Text {
    if value.is_empty() { "(none)".into() } else { outside(value) }
}

fn account_of(role_arn: &str) -> Text {
    let account = role_arn.split(':').nth(4).filter(|account| !account.is_empty());
    account.map_or("of the role".into(), private)
}

fn list(accounts: &[AccountId]) -> Text {
    Text::joined(accounts.iter().map(Text::from), " or ")
}

/// What happened, and the message.
impl From<&SignInError> for Text {
    fn from(error: &SignInError) -> Self {
        match error.message() {
            Some(message) => text!("{}: {}", error.what(), outside(message)),
            None => error.what(),
        }
    }
}

/// What happened and the message, on one line. The caller adds what it means and what to do, with
/// [`SignInError::help`].
impl fmt::Display for SignInError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

impl std::error::Error for SignInError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::region::NamedRegion;
    use crate::model::Cause;

    const ACCOUNT: &str = "444455556666";
    const ROLE: &str = "arn:aws:iam::444455556666:role/rootgate";

    /// Every error, with `text` for each value from outside.
    fn all(text: &str) -> Vec<SignInError> {
        use SignInError::*;
        let outside = || text.to_owned();
        let role_arn = || ROLE.to_owned();
        let account = || ACCOUNT.parse::<AccountId>().unwrap();
        let claims = |sub: &str| {
            Box::new(Claims {
                sub: sub.to_owned(),
                aud: outside(),
                iss: format!("https://{text}"),
                environment: Some(outside()),
                ..Claims::default()
            })
        };
        let named = format!("repo:o/r:{text}");
        let region = NamedRegion { name: outside(), origin: RegionOrigin::Flag };
        let lost =
            |region| NoAnswer { call: "sts:X", message: outside(), cause: Cause::TimedOut, region };
        vec![
            NoCredentials { detail: outside(), token_missing: true, pull_request: true },
            NoCredentials { detail: outside(), token_missing: false, pull_request: false },
            NoIdToken(outside()),
            NotTrusted { message: outside(), role_arn: role_arn(), claims: claims(&named) },
            NotTrusted { message: outside(), role_arn: role_arn(), claims: claims(text) },
            NoProvider { message: outside(), role_arn: role_arn(), claims: claims(text) },
            WrongAudience { message: outside(), audience: outside() },
            IssuerUnreachable(outside()),
            TooManyKeys(outside()),
            TokenInvalid(outside()),
            TokenExpired(outside()),
            IssuerRefused(outside()),
            SessionPolicy(outside()),
            RegionDisabled { message: outside(), region: outside() },
            InvalidRequest { message: outside(), role_arn: role_arn() },
            RoleDenied { message: outside(), role_arn: role_arn(), caller: private(ROLE) },
            RootDenied { message: outside(), account: account(), caller: private(ROLE) },
            ClockSkew(outside()),
            BadCredentials(outside()),
            WrongAccount { found: account(), expected: vec![account(), account()] },
            RoleElsewhere { role_arn: role_arn(), found: account() },
            NotAllowed { account: account(), allowed: vec![account()] },
            NoIdentity(outside()),
            ExternalIdUnused,
            EndpointRedirected(vec![outside()]),
            TrustChanged(vec![outside()]),
            PlainHttp { setting: "`--endpoint-url`", url: outside() },
            CaBundle { path: outside(), detail: outside() },
            Untrusted { call: "sts:X", message: outside() },
            lost(None),
            lost(Some(region)),
            Unreadable { call: "sts:X", message: outside() },
            Refused { call: "sts:X", message: outside() },
            Interrupted(outside()),
        ]
    }

    /// Does not compile until a new error is listed here; then add it to [`all`].
    const fn is_listed(error: &SignInError) {
        use SignInError::*;
        match error {
            NoCredentials { .. } | NoIdToken(_) | NotTrusted { .. } | NoProvider { .. } => {}
            WrongAudience { .. } | IssuerUnreachable(_) | TooManyKeys(_) | TokenInvalid(_) => {}
            TokenExpired(_) | IssuerRefused(_) | SessionPolicy(_) | RegionDisabled { .. } => {}
            InvalidRequest { .. }
            | RoleDenied { .. }
            | RootDenied { .. }
            | ClockSkew(_)
            | BadCredentials(_) => {}
            WrongAccount { .. } | RoleElsewhere { .. } | NotAllowed { .. } | NoIdentity(_) => {}
            ExternalIdUnused | EndpointRedirected(_) | TrustChanged(_) | PlainHttp { .. } => {}
            CaBundle { .. } | Untrusted { .. } | NoAnswer { .. } | Unreadable { .. } => {}
            Refused { .. } | Interrupted(_) => {}
        }
    }

    fn whole(error: &SignInError) -> Text {
        is_listed(error);
        Text::joined([error.into(), error.help()], "\n")
    }

    #[test]
    fn a_redacted_error_shows_no_private_value() {
        let said = "User: arn:aws:sts::444455556666:assumed-role/r/s is AKIAIOSFODNN7EXAMPLE at \
                    203.0.113.9 and 2001:db8::8a2e:370:7334 of 444455556666";
        for error in all(said) {
            let text = whole(&error).redacted().to_string();
            for secret in [ACCOUNT, ":assumed-role", "AKIA", "203.0.113.9", "2001:", ROLE] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }

    /// Control: harmless text stays, and so does the program's own text around a private value.
    #[test]
    fn a_redacted_error_keeps_harmless_text() {
        for error in all("eu-west-1") {
            let full = whole(&error);
            let expected = full.to_string();
            let provider = "arn:aws:iam::444455556666:oidc-provider/eu-west-1";
            let expected = [provider, ROLE, ACCOUNT]
                .iter()
                .fold(expected, |text, secret| text.replace(secret, "[left out]"));
            assert_eq!(full.redacted().to_string(), expected);
        }
    }
}
