//! Signing in, and every failure of it.

use std::time::Duration;

use rootgate::collect::SignInError;

use super::{ROLE, environment, run, settings, target};
use crate::fake::Fake;

#[test]
fn the_token_is_asked_for_aws_and_the_session_is_small_short_and_named() {
    let fake = Fake::with("");
    let collected = run(&settings(&fake)).result.unwrap();
    let calls = fake.calls();
    let assume = &calls[1]["parameters"];
    assert_eq!(assume["RoleArn"], ROLE);
    assert_eq!(assume["RoleSessionName"], "rootgate-4242424242");
    assert_eq!(assume["DurationSeconds"], "900");
    assert!(assume["Policy"].as_str().unwrap().contains("iam:GetAccountSummary"));
    assert_eq!(calls[1]["key"], serde_json::Value::Null, "unsigned");
    assert_eq!(calls[2]["region"], "eu-central-1", "the Region's own STS");
    assert_eq!(calls[3]["key"], "ASIAFAKE111122223333");
    let claims = collected.claims.unwrap();
    assert_eq!(claims.aud, "sts.amazonaws.com");
    assert_eq!(claims.repository_visibility.as_deref(), Some("private"));
}

#[test]
fn under_github_actions_every_secret_is_masked_and_outside_none_is_written() {
    let fake = Fake::with("");
    let mut settings = settings(&fake);
    assert!(run(&settings).commands.is_empty());
    settings.entry.environment = environment(&fake, &[("GITHUB_ACTIONS", "true")]);
    let ran = run(&settings);
    let commands = ran.commands;
    assert!(ran.result.is_ok());
    assert_eq!(commands.len(), 4, "{commands:?}");
    assert!(commands.iter().all(|command| command.starts_with("::add-mask::")));
    assert!(commands[0].starts_with("::add-mask::ey"), "the token comes first");
    assert_eq!(commands[1], "::add-mask::ASIAFAKE111122223333");
    assert_eq!(commands[2], "::add-mask::wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert!(commands[3].contains("SESSIONTOKEN"));
}

#[test]
fn another_account_is_refused_before_any_evidence_call() {
    let fake = Fake::with("");
    let mut settings = settings(&fake);
    settings.entry.allowed_accounts = vec!["444455556666".parse().unwrap()];
    let error = run(&settings).result.unwrap_err();
    assert_eq!(
        error.what().to_string(),
        "account 111122223333 may not be signed in to: `--account` allows only 444455556666"
    );
    assert_eq!(fake.names().len(), 0, "the role's ARN already tells");
    settings.entry.allowed_accounts.clear();
    settings.targets[0].account = Some("444455556666".parse().unwrap());
    let error = run(&settings).result.unwrap_err();
    assert_eq!(
        error.what().to_string(),
        "the credentials belong to account 111122223333, not to 444455556666"
    );
    assert!(!fake.names().iter().any(|call| call.contains("Summary") || call.contains("Report")));
}

/// An error of AssumeRoleWithWebIdentity, its variant, the text that its help must contain, and the maximum
/// number of calls.
const REFUSALS: &[(&str, &str, &[&str], bool)] = &[
    (
        "403 AccessDenied Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "NotTrusted",
        &[
            "sub: repo:octo-org/octo-repo:ref:refs/heads/main",
            "aud: sts.amazonaws.com",
            "repo:octo-org@65/octo-repo@74:ref:refs/heads/main",
            "an SCP or RCP denies it",
        ],
        false,
    ),
    (
        "400 InvalidIdentityToken No OpenIDConnect provider found in your account for \
         https://token.actions.githubusercontent.com",
        "NoProvider",
        &[
            "create an IAM OIDC provider in account 111122223333",
            "https://token.actions.githubusercontent.com",
            "sts.amazonaws.com",
        ],
        false,
    ),
    (
        "400 InvalidIdentityToken Incorrect token audience",
        "WrongAudience",
        &["client ids of the IAM OIDC provider", "--oidc-audience"],
        false,
    ),
    (
        "400 InvalidIdentityToken Couldn't retrieve verification key from your identity provider, \
         please reference AssumeRoleWithWebIdentity documentation for requirements",
        "IssuerUnreachable",
        &["run the job again in a few minutes"],
        true,
    ),
    (
        "400 InvalidIdentityToken The JWKS of your identity provider has more than 100 RSA keys",
        "TooManyKeys",
        &["at most 100 RSA and 100 EC keys"],
        false,
    ),
    (
        "400 InvalidIdentityToken The ID Token provided is not a valid JWT",
        "TokenInvalid",
        &["--oidc-audience"],
        false,
    ),
    (
        "400 ExpiredTokenException Token expired: current date/time 1795250000 must be before the \
         expiration date/time 1795240000",
        "TokenExpired",
        &["check the clock of the runner"],
        false,
    ),
    (
        "400 IDPCommunicationError Couldn't reach the identity provider",
        "IssuerUnreachable",
        &["/.well-known/openid-configuration"],
        true,
    ),
    (
        "403 IDPRejectedClaim The claim was rejected",
        "IssuerRefused",
        &["claims of the token"],
        false,
    ),
    (
        "400 MalformedPolicyDocument Syntax errors in policy.",
        "SessionPolicy",
        &["please report it"],
        false,
    ),
    (
        "400 PackedPolicyTooLarge Packed policy consumes 104%",
        "SessionPolicy",
        &["please report it"],
        false,
    ),
    (
        "403 RegionDisabledException STS is not activated in this region for account:111122223333.",
        "RegionDisabled",
        &["IAM, Account settings", "--region"],
        false,
    ),
    (
        "400 ValidationError The requested DurationSeconds exceeds the MaxSessionDuration set for \
         this role.",
        "InvalidRequest",
        &["check the role's ARN"],
        false,
    ),
    (
        "403 SignatureDoesNotMatch Signature expired: 20261121T080000Z is now earlier than \
         20261121T083000Z",
        "ClockSkew",
        &["set the clock"],
        false,
    ),
    ("403 InvalidSignature bad", "BadCredentials", &["get new ones"], false),
    ("403 MissingAuthenticationToken missing", "BadCredentials", &["get new ones"], false),
    ("400 IncompleteSignature incomplete", "BadCredentials", &["get new ones"], false),
    ("400 RequestTimeout Your socket connection was idle", "NoAnswer", &["--timeout"], true),
    ("408 Whatever late", "NoAnswer", &["--timeout"], true),
    ("400 Throttling Rate exceeded", "NoAnswer", &["--timeout"], true),
    ("500 InternalFailure oops", "NoAnswer", &["--timeout"], true),
    ("400 SomethingNew what is this", "Refused", &["see what AWS said"], false),
];

#[test]
fn every_refusal_of_sts_has_its_own_explanation() {
    for (wire, variant, phrases, again) in REFUSALS {
        let fake = Fake::with(&format!("fault AssumeRoleWithWebIdentity = error {wire}"));
        let mut settings = settings(&fake);
        // A retried error ends when its share of the time is over; other errors end immediately.
        settings.entry.timeout = Duration::from_millis(if *again { 1_500 } else { 30_000 });
        let error = run(&settings).result.unwrap_err();
        let debug = format!("{error:?}");
        assert!(debug.starts_with(variant), "{wire}: {debug}");
        let text = format!("{error}\n{}", error.help());
        let (code, message) = wire[4..].split_once(' ').unwrap();
        let expected = format!("{code} (HTTP {}): {message}", &wire[..3]);
        assert_eq!(error.message(), Some(expected.as_str()));
        for phrase in *phrases {
            assert!(text.contains(phrase), "{variant} lacks `{phrase}`: {text}");
        }
        let asked = fake.count("AssumeRoleWithWebIdentity");
        assert!(if *again { (2..=30).contains(&asked) } else { asked == 1 }, "{wire}: {asked}");
        // The time may end between the last token and its use.
        let tokens = fake.count("GitHubToken");
        assert!(
            tokens == asked || (*again && tokens == asked + 1),
            "a new token for every attempt"
        );
        assert_eq!(fake.count("GetCallerIdentity"), 0);
    }
}

#[test]
fn a_temporary_error_of_githubs_keys_is_retried() {
    for fault in [
        "400 IDPCommunicationError x",
        "400 InvalidIdentityToken Couldn't retrieve \
                   verification key from your identity provider",
        "503 X y",
    ] {
        let fake = Fake::with(&format!("fault AssumeRoleWithWebIdentity = 2 times error {fault}"));
        assert!(run(&settings(&fake)).result.is_ok(), "{fault}");
        assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 3);
    }
}

#[test]
fn errors_of_githubs_token_endpoint_are_shown_and_retried_only_if_temporary() {
    for (fault, phrase, most) in [
        ("error 401 x Bad credentials", "HTTP 401", 1),
        ("error 403 x no", "HTTP 403", 1),
        ("status 500", "HTTP 500", 30),
        ("status 408", "HTTP 408", 30),
        ("reset", "cannot be reached", 5),
        ("hang", "did not answer in time", 3),
    ] {
        let fake = Fake::with(&format!("fault GitHubToken = {fault}"));
        let mut settings = settings(&fake);
        settings.entry.timeout = Duration::from_millis(1_500);
        let error = run(&settings).result.unwrap_err();
        assert!(matches!(error, SignInError::NoIdToken(_)), "{fault}: {error:?}");
        assert!(error.to_string().contains(phrase), "{fault}: {error}");
        let asked = fake.count("GitHubToken");
        assert!(asked <= most && (most == 1 || asked > 1), "{fault}: {asked}");
    }
}

#[test]
fn an_audience_can_be_named_and_china_has_its_own() {
    let fake = Fake::start("account = 111122223333\npartition = aws-cn\n");
    let mut settings = settings(&fake);
    settings.targets =
        vec![target("111122223333", Some("arn:aws-cn:iam::111122223333:role/rootgate"))];
    let collected = run(&settings).result.unwrap();
    assert_eq!(collected.claims.unwrap().aud, "sts.amazonaws.com.cn");
    assert_eq!(collected.evidence[0].partition.as_ref().unwrap().as_str(), "aws-cn");
    assert_eq!(fake.calls()[2]["region"], "cn-north-1", "eu-central-1 lies in another partition");
    settings.entry.oidc_audience = Some("our-own audience".to_owned());
    let error = run(&settings).result.unwrap_err();
    assert!(error.what().to_string().contains("`our-own audience`"), "{error}");
}

#[test]
fn an_identity_without_an_account_ends_the_run() {
    for (fault, variant) in [
        ("denied", "Refused"),
        ("expired", "BadCredentials"),
        ("error 403 InvalidClientTokenId The security token is invalid", "BadCredentials"),
        ("throttled", "NoAnswer"),
        ("hang", "NoAnswer"),
    ] {
        let fake = Fake::with(&format!("fault GetCallerIdentity = {fault}"));
        let mut settings = settings(&fake);
        settings.entry.timeout = Duration::from_millis(1_500);
        let error = run(&settings).result.unwrap_err();
        assert!(format!("{error:?}").starts_with(variant), "{fault}: {error:?}");
        assert!(!fake.names().iter().any(|call| call.contains("Summary")));
    }
}

#[test]
fn a_session_outside_the_roles_account_is_refused() {
    let fake = Fake::with("identity = 444455556666");
    let mut settings = settings(&fake);
    let text = |error: &SignInError| format!("{error:?} {error} {}", error.help());
    // With the account's own role, and with only --role-arn, which no scope contradicts.
    for (targets, role_arn) in
        [(settings.targets.clone(), None), (Vec::new(), Some(ROLE.to_owned()))]
    {
        (settings.targets, settings.entry.role_arn) = (targets, role_arn);
        let error = run(&settings).result.unwrap_err();
        assert!(matches!(error, SignInError::RoleElsewhere { .. }), "{error:?}");
        for part in [ROLE, "belongs to account 444455556666", "role's account 111122223333"] {
            assert!(text(&error).contains(part), "{}", text(&error));
        }
    }
    assert!(!fake.names().iter().any(|call| call.contains("Summary") || call.contains("Report")));
}

#[test]
fn a_long_external_id_is_masked_and_a_short_one_would_hide_other_words() {
    let fake = Fake::with("");
    let mut settings = settings(&fake);
    for (id, masked) in [("gate-7f3a9c", true), ("42", false), ("gate\n::error::x", false)] {
        settings.entry.external_id = Some(id.to_owned());
        settings.entry.environment = environment(&fake, &[("GITHUB_ACTIONS", "true")]);
        let ran = run(&settings);
        assert!(matches!(ran.result, Err(SignInError::ExternalIdUnused)));
        let mask = format!("::add-mask::{id}");
        assert_eq!(ran.commands.first() == Some(&mask), masked, "{:?}", ran.commands);
    }
}

#[test]
fn no_output_of_a_run_contains_a_secret() {
    for lines in [
        "",
        "fault AssumeRoleWithWebIdentity = denied",
        "fault AssumeRoleWithWebIdentity = cut",
        "fault AssumeRoleWithWebIdentity = html",
        "fault GitHubToken = cut",
        "fault GitHubToken = short",
        "fault GetCallerIdentity = denied",
        "fault * = every 2 expired",
        "fault * = echo",
        "fault GetCallerIdentity = echo",
        "fault GetAccountSummary = echo",
        "fault GitHubToken = accepted",
        "fault GitHubToken = 1 times status 500\nfault AssumeRoleWithWebIdentity = echo",
    ] {
        let fake = Fake::with(lines);
        let mut settings = settings(&fake);
        settings.entry.timeout = Duration::from_millis(1_500);
        settings.entry.environment = environment(&fake, &[("GITHUB_ACTIONS", "true")]);
        let ran = run(&settings);
        let secrets: Vec<&str> = ran
            .commands
            .iter()
            .filter_map(|command| command.strip_prefix("::add-mask::"))
            .flat_map(|secret| secret.split('.')) // each part of a JWT, too
            .chain(["runner-token", "SESSIONTOKEN"])
            .collect();
        let expected = match &ran.result {
            Ok(collected) => format!("{collected:?}"),
            Err(error) => format!("{error:?}\n{error}\n{}", error.help()),
        };
        let everything = format!("{expected}\n{}\n{settings:?}", ran.notes.join("\n"));
        for secret in secrets {
            assert!(!everything.contains(secret), "{lines}: {secret} in {everything}");
        }
    }
}
