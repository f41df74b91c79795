//! How rules judge sign-ins of command-line tools and agents, sign-ins that a policy denied, and changes of
//! other users' MFA devices.

use crate::model::{
    EventKind, MfaTarget, Outcome, RootEvent, RootTask, SignInClient, SignedBy, Source,
    VirtualMfaDevice,
};
use crate::policy::{Allow, Policy, When, Window};
use crate::testing::{built_in, event, healthy, outcome, outcome_under, subjects, time};

const USED: &str = "root-used-outside-window";
const ATTEMPTS: &str = "root-sign-in-attempts";
const CHANGED: &str = "root-credential-changed";
const SESSION: &str = "arn:aws:signin:us-west-2:111122223333:session/1";
const CLIENT: &str = "arn:aws:signin:::devtools/same-device";

fn sign_in(kind: EventKind, id: &str, at: &str) -> RootEvent {
    RootEvent {
        kind,
        event_source: "signin.amazonaws.com".into(),
        event_name: "ConsoleLogin".into(),
        access_key: SignedBy::Nothing,
        session_started: None,
        ..event(id, time(at))
    }
}

/// A program that is signed in at a time, in a session that began at nine.
fn client(id: &str, at: &str, name: &str, redirect: Option<&str>) -> RootEvent {
    RootEvent {
        event_name: name.into(),
        read_only: true,
        region: "eu-central-1".into(),
        session_started: Some(time("2026-11-18T09:00:00Z")),
        sign_in_session: Some(SESSION.into()),
        client: Some(SignInClient {
            id: Some(CLIENT.into()),
            redirect_uri: redirect.map(str::to_owned),
            grant_type: None,
        }),
        ..sign_in(EventKind::ClientSignIn, id, at)
    }
}

fn until_ten() -> Policy {
    let window = Window {
        id: "drill".into(),
        reason: "r".into(),
        ticket: Some("T".into()),
        accounts: None,
        when: When::Once { from: time("2026-11-18T08:50:00Z"), to: time("2026-11-18T10:00:00Z") },
        allow: Allow { sign_in: true, access_key: false, actions: Some(Vec::new()) },
        require_mfa: true,
        line: 1,
    };
    Policy { windows: vec![window], ..built_in() }
}

#[test]
fn a_program_that_root_signed_in_is_shown_with_its_client_and_redirect_address() {
    let address = Some("http://127.0.0.1:53037/oauth/callback");
    let call = RootEvent {
        session_started: Some(time("2026-11-18T09:00:00Z")),
        sign_in_session: Some(SESSION.into()),
        read_only: true,
        ..event("c", time("2026-11-18T09:05:00Z"))
    };
    let programs = [
        client("a", "2026-11-18T09:02:00Z", "AuthorizeOAuth2Access", address),
        client("t", "2026-11-18T09:02:30Z", "CreateOAuth2Token", None),
        call,
        client("r", "2026-11-18T09:17:30Z", "CreateOAuth2Token", None),
    ];
    let judged = outcome(USED, &healthy().and(&programs));
    assert_eq!(subjects(&judged), ["2026-11-18 sign-in"]);
    let story = "outside every window: a session begun 09:00 with MFA from 198.51.100.20 in eu-central-1, \
                 signed in the client arn:aws:signin:::devtools/same-device at 09:02, redirect address \
                 http://127.0.0.1:53037/oauth/callback, 2 tokens, 1 read (";
    assert!(judged.message.contains(story), "{}", judged.message);
    let window = judged.findings[0].window.as_deref().unwrap();
    assert!(window.contains("from: 2026-11-18T09:00:00Z"), "the session's start: {window}");
    // Together with the sign-in to the console it is one session, described once.
    let signed_in = RootEvent {
        sign_in_session: Some(SESSION.into()),
        ..sign_in(EventKind::SignIn, "s", "2026-11-18T09:00:00Z")
    };
    let beside = outcome(USED, &healthy().and(&[signed_in]).and(&programs));
    let story = "signed in 09:00 with MFA from 198.51.100.20 in us-east-1, signed in the client";
    assert!(beside.message.contains(story), "{}", beside.message);
    assert!(!beside.message.contains("; a session"), "{}", beside.message);
}

#[test]
fn tokens_of_an_agreed_session_are_agreed_for_as_long_as_it_lasts() {
    let token = |at: &str| client("t", at, "CreateOAuth2Token", None);
    let judge =
        |event: RootEvent| outcome_under(&until_ten(), USED, &healthy().and(&[event])).outcome;
    assert_eq!(judge(token("2026-11-18T09:02:00Z")), Outcome::Pass);
    assert_eq!(judge(token("2026-11-18T20:59:00Z")), Outcome::Pass, "renewed hours later");
    assert_eq!(judge(token("2026-11-18T21:00:01Z")), Outcome::Fail, "no session lasts so long");
    let began =
        |at: &str| RootEvent { session_started: Some(time(at)), ..token("2026-11-18T09:30:00Z") };
    assert_eq!(judge(began("2026-11-18T08:49:59Z")), Outcome::Fail, "it began before the window");
    let unknown = |at: &str| RootEvent { session_started: None, ..token(at) };
    assert_eq!(judge(unknown("2026-11-18T09:30:00Z")), Outcome::Pass, "judged by its own time");
    assert_eq!(judge(unknown("2026-11-18T10:30:00Z")), Outcome::Fail);
}

#[test]
fn a_sign_in_that_a_policy_denied_is_an_attempt_and_shown_as_denied() {
    let denied = |n: usize| {
        let at = format!("2026-11-18T1{n}:00:00Z");
        sign_in(EventKind::SignInDenied, &n.to_string(), &at)
    };
    let failed = sign_in(EventKind::SignInFailed, "f", "2026-11-18T09:00:00Z");
    let four: Vec<RootEvent> = (0..4).map(denied).collect();
    assert_eq!(outcome(ATTEMPTS, &healthy().and(&four)).outcome, Outcome::Pass);
    let five = healthy().and(&four).and(&[failed]);
    let judged = outcome(ATTEMPTS, &five);
    let words =
        "1 failed sign-in and 4 sign-ins denied by a policy of AWS Sign-In from 198.51.100.20";
    assert!(judged.message.contains(words), "{}", judged.message);
    assert_eq!(outcome(USED, &five).outcome, Outcome::Pass, "an attempt is not a use");
}

#[test]
fn the_list_of_devices_decides_whose_mfa_device_was_changed() {
    let change = RootEvent {
        kind: EventKind::CredentialChange,
        event_source: "iam.amazonaws.com".into(),
        event_name: "DeactivateMFADevice".into(),
        task: Some(RootTask::ManageMfa),
        mfa_target: Some(MfaTarget {
            user_name: "alice".into(),
            serial_number: "arn:aws:iam::111122223333:mfa/phone".into(),
            else_kind: EventKind::SessionCall,
        }),
        ..event("m", time("2026-11-18T09:00:00Z"))
    };
    let with = |user: Option<&str>| {
        let mut evidence = healthy().and(std::slice::from_ref(&change));
        evidence.virtual_mfa_devices.as_mut().unwrap().value = vec![VirtualMfaDevice {
            serial_number: "arn:aws:iam::111122223333:mfa/phone".into(),
            user_arn: user.map(str::to_owned),
        }];
        evidence
    };
    let alices = with(Some("arn:aws:iam::111122223333:user/alice"));
    assert_eq!(outcome(CHANGED, &alices).outcome, Outcome::Pass);
    assert_eq!(subjects(&outcome(USED, &alices)), ["2026-11-18 sign-in"], "it stays a use");
    let changed = ["2026-11-18 DeactivateMFADevice"];
    for evidence in [
        with(Some("arn:aws:iam::111122223333:root")),
        with(None),
        alices.without(Source::VirtualMfaDevices, crate::model::Cause::Denied),
    ] {
        let outcome = outcome(CHANGED, &evidence);
        assert_eq!(subjects(&outcome), changed);
        let expected = "the event names the user alice, but nothing proves that the device \
                    arn:aws:iam::111122223333:mfa/phone belongs to that user";
        assert!(outcome.message.contains(expected), "{}", outcome.message);
    }
}
