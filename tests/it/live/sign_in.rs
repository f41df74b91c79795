//! Signing in, and every way in which that fails.

use rootgate::collect::SignInError;

use super::{ROLE, environment, run, settings};
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
    settings.environment = environment(&fake, &[("GITHUB_ACTIONS", "true")]);
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
    settings.allowed_accounts = vec!["444455556666".parse().unwrap()];
    let error = run(&settings).result.unwrap_err();
    assert!(matches!(error, SignInError::WrongAccount { .. }), "{error:?}");
    assert_eq!(fake.names().len(), 0, "the role's ARN already tells");
    settings.allowed_accounts.clear();
    settings.targets[0].account = Some("444455556666".parse().unwrap());
    let error = run(&settings).result.unwrap_err();
    assert_eq!(error.what(), "the credentials belong to account 111122223333, not to 444455556666");
    assert!(!fake.names().iter().any(|call| call.contains("Summary") || call.contains("Report")));
}

#[test]
fn an_untrusted_token_is_explained_with_the_statement_that_would_accept_it() {
    let fake = Fake::example("untrusted.txt");
    let error = run(&settings(&fake)).result.unwrap_err();
    assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 1, "a denial is not asked again");
    insta::assert_snapshot!(error.to_string());
}
