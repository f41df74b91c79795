//! Only enters an account, as a command does that makes its own calls.

use rootgate::collect::enter::{Session, enter};
use rootgate::collect::{Environment, Settings, SignInError, Sinks, Target};

use super::{ACCOUNT, ROLE, settings, target};
use crate::fake::Fake;

/// The session and what it read, or why there is no session.
fn entered(settings: &Settings, target: &Target) -> Result<(Session, Option<i32>), SignInError> {
    let sinks = Sinks { command: &|_| (), note: &|_| () };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stop = std::future::pending();
        let session = enter(&settings.entry, target, &settings.needs, &sinks, stop).await?;
        let answer = session.iam().get_account_summary().send().await.unwrap();
        let summary = answer.summary_map.unwrap();
        let key = summary.keys().find(|key| key.as_str() == "AccountMFAEnabled").cloned();
        Ok((session, key.map(|key| summary[&key])))
    })
}

#[test]
fn a_command_enters_an_account_by_the_token_and_makes_its_own_call() {
    let fake = Fake::with("");
    let (session, mfa) = entered(&settings(&fake), &target(ACCOUNT, Some(ROLE))).unwrap();
    assert_eq!((session.account.as_str(), mfa), (ACCOUNT, Some(1)));
    assert!(session.claims.is_some(), "the token says who asks");
    assert!(!format!("{session:?}").contains("ASIA"), "{session:?}");
    assert_eq!(
        fake.names(),
        ["GitHubToken", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetAccountSummary"]
    );
}

#[test]
fn a_command_enters_no_account_that_is_not_allowed_or_not_the_one_it_asked_for() {
    let fake = Fake::with("");
    let mut not_allowed = settings(&fake);
    not_allowed.entry.allowed_accounts = vec!["444455556666".parse().unwrap()];
    let error = entered(&not_allowed, &target(ACCOUNT, Some(ROLE))).unwrap_err();
    assert!(matches!(error, SignInError::NotAllowed { .. }), "{error:?}");
    assert!(fake.names().is_empty(), "{:?}", fake.names());
    let error = entered(&settings(&fake), &target("444455556666", Some(ROLE))).unwrap_err();
    assert!(matches!(error, SignInError::WrongAccount { .. }), "{error:?}");
    assert_eq!(fake.count("GetAccountSummary"), 0);
    let mut nobody = settings(&fake);
    nobody.entry.environment = Environment::default();
    nobody.entry.external_id = Some("example".to_owned());
    let error = entered(&nobody, &target(ACCOUNT, None)).unwrap_err();
    assert!(matches!(error, SignInError::ExternalIdUnused), "{error:?}");
}
