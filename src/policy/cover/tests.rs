use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::is_whole_service;
use crate::model::{AccountId, EventKind, RootEvent, SignedBy, parse_time};
use crate::policy::{Allow, Schedule, When, Window};

fn time(text: &str) -> DateTime<Utc> {
    parse_time(text).unwrap()
}

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

/// From nine to ten.
fn window(allow: Allow) -> Window {
    Window {
        id: "w".into(),
        reason: "r".into(),
        ticket: Some("T".into()),
        accounts: Some(vec![account()]),
        when: When::Once { from: time("2026-11-18T09:00:00Z"), to: time("2026-11-18T10:00:00Z") },
        allow,
        require_mfa: true,
        line: 1,
    }
}

fn sign_in(actions: Option<&[&str]>) -> Window {
    let actions = actions.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    window(Allow { sign_in: true, access_key: false, actions })
}

fn access_key(actions: Option<&[&str]>) -> Window {
    Window {
        allow: Allow { sign_in: false, access_key: true, ..sign_in(actions).allow },
        ..sign_in(None)
    }
}

fn event(kind: EventKind, clock: &str, action: &str) -> RootEvent {
    let (service, name) = action.split_once(':').unwrap();
    RootEvent {
        time: time(&format!("2026-11-18T{clock}Z")),
        id: "e".into(),
        region: "us-east-1".into(),
        event_source: format!("{service}.amazonaws.com"),
        event_name: name.into(),
        kind,
        read_only: false,
        error_code: None,
        source_address: None,
        user_agent: None,
        mfa: None,
        session_started: None,
        sign_in_session: None,
        client: None,
        from_console: false,
        access_key: if kind == EventKind::KeyCall {
            SignedBy::LongLivedKey
        } else {
            SignedBy::Session
        },
        access_key_id: None,
        key_change: None,
        mfa_target: None,
        task: None,
    }
}

/// A call of a session that began at nine thirty, or when it says.
fn call(clock: &str, action: &str, began: &str, read_only: bool) -> RootEvent {
    let session_started = Some(time(&format!("2026-11-18T{began}Z")));
    RootEvent { session_started, read_only, ..event(EventKind::SessionCall, clock, action) }
}

fn covers(window: &Window, event: &RootEvent) -> bool {
    window.covers_event(&account(), event)
}

#[test]
fn a_sign_in_is_covered_while_the_window_is_open_whatever_the_actions() {
    for window in [sign_in(None), sign_in(Some(&["s3:PutObject"]))] {
        for (clock, expected) in
            [("08:59:59", false), ("09:00:00", true), ("09:59:59", true), ("10:00:00", false)]
        {
            let signed_in = event(EventKind::SignIn, clock, "signin:ConsoleLogin");
            assert_eq!(covers(&window, &signed_in), expected, "{clock}");
        }
    }
    let signed_in = event(EventKind::SignIn, "09:30:00", "signin:ConsoleLogin");
    assert!(!covers(&access_key(None), &signed_in));
    assert!(!sign_in(None).covers_event(&"444455556666".parse().unwrap(), &signed_in));
}

#[test]
fn a_read_is_covered_until_an_hour_after_the_window_and_a_change_until_its_end() {
    let window = sign_in(None);
    for (clock, read, change) in [
        ("09:59:59", true, true),
        ("10:00:00", true, false),
        ("10:59:59", true, false),
        ("11:00:00", false, false),
    ] {
        assert_eq!(covers(&window, &call(clock, "s3:ListBuckets", "09:30:00", true)), read);
        assert_eq!(covers(&window, &call(clock, "s3:PutObject", "09:30:00", false)), change);
    }
}

#[test]
fn a_session_that_began_outside_is_not_covered_by_a_window_it_runs_into() {
    let window = sign_in(None);
    assert!(!covers(&window, &call("09:30:00", "s3:ListBuckets", "08:59:59", true)));
    assert!(covers(&window, &call("09:30:00", "s3:ListBuckets", "09:00:00", true)));
    let start_unknown =
        RootEvent { session_started: None, ..call("09:30:00", "s3:X", "09:00:00", false) };
    assert!(covers(&window, &start_unknown));
    let late = RootEvent { time: start_unknown.time + TimeDelta::minutes(45), ..start_unknown };
    assert!(!covers(&window, &late));
}

#[test]
fn in_the_hour_that_comes_twice_the_clock_decides_when_a_session_began() {
    // 02:15 to 02:45 in Berlin, where on this day 02:00 to 03:00 comes twice.
    let schedule = Schedule {
        months: (1..=12).collect(),
        week: None,
        days: (0..7).collect(),
        from: NaiveTime::from_hms_opt(2, 15, 0).unwrap(),
        to: NaiveTime::from_hms_opt(2, 45, 0).unwrap(),
        timezone: "Europe/Berlin".parse().unwrap(),
        not_before: None,
        not_after: None,
    };
    let night = Window { when: When::Recurring(schedule), ..sign_in(None) };
    for (clock, open) in
        [("00:10", false), ("00:20", true), ("00:50", false), ("01:10", false), ("01:20", true)]
    {
        let at = time(&format!("2026-10-25T{clock}:00Z"));
        let began = |began, read_only| RootEvent {
            time: at,
            session_started: Some(began),
            ..call("09:30:00", "s3:PutObject", "09:30:00", read_only)
        };
        let signed_in =
            RootEvent { time: at, ..event(EventKind::SignIn, "09:30:00", "signin:ConsoleLogin") };
        assert_eq!(covers(&night, &signed_in), open, "{clock}");
        assert_eq!(covers(&night, &began(at, true)), open, "{clock}: a session that began then");
        assert_eq!(covers(&night, &began(at, false)), open, "{clock}");
        let early = time("2026-10-25T00:20:00Z");
        if at >= early {
            assert_eq!(covers(&night, &began(early, false)), open, "{clock}: a later change");
            assert!(covers(&night, &began(early, true)), "{clock}: a read of an open tab");
        }
    }
    let tab = RootEvent {
        time: time("2026-10-25T02:45:00Z"),
        session_started: Some(time("2026-10-25T01:20:00Z")),
        ..call("09:30:00", "s3:ListBuckets", "09:30:00", true)
    };
    assert!(!covers(&night, &tab), "an hour after the window closed");
    assert!(covers(&night, &RootEvent { time: time("2026-10-25T02:44:59Z"), ..tab }));
    let summer = RootEvent {
        time: time("2026-10-24T00:30:00Z"),
        session_started: Some(time("2026-10-24T00:20:00Z")),
        ..call("09:30:00", "s3:PutObject", "09:30:00", false)
    };
    assert!(covers(&night, &summer), "any other night");
}

#[test]
fn actions_limit_what_changes_something_and_nothing_that_reads() {
    let window = sign_in(Some(&["s3:PutBucketVersioning", "sqs:*"]));
    for (action, read_only, expected) in [
        ("s3:PutBucketVersioning", false, true),
        ("s3:putbucketversioning", false, true),
        ("s3:PutBucketPolicy", false, false),
        ("s3:ListBuckets", true, true),
        ("sqs:SetQueueAttributes", false, true),
        ("sqsx:SetQueueAttributes", false, false),
    ] {
        let event = call("09:40:00", action, "09:30:00", read_only);
        assert_eq!(covers(&window, &event), expected, "{action}");
    }
    assert!(is_whole_service("s3:*", "s3:PutObject") && !is_whole_service("s3:*", "s3control:X"));
}

#[test]
fn a_change_of_credentials_must_be_named_in_full() {
    let change = RootEvent {
        kind: EventKind::CredentialChange,
        ..call("09:40:00", "iam:CreateAccessKey", "09:30:00", false)
    };
    let named: &[&str] = &["iam:CreateAccessKey"];
    for (actions, expected) in [(None, false), (Some(&["iam:*"][..]), false), (Some(named), true)] {
        assert_eq!(covers(&sign_in(actions), &change), expected, "{actions:?}");
    }
    let by_key = RootEvent { access_key: SignedBy::LongLivedKey, ..change.clone() };
    assert!(!covers(&sign_in(Some(named)), &by_key) && covers(&access_key(Some(named)), &by_key));
    let by_another = RootEvent { kind: EventKind::ChangeByAnother, ..change };
    assert!(covers(&sign_in(Some(named)), &by_another) && !covers(&sign_in(None), &by_another));
}

#[test]
fn use_of_a_key_is_judged_by_its_own_time() {
    for (clock, expected) in [("09:30:00", true), ("10:00:00", false)] {
        let read =
            RootEvent { read_only: true, ..event(EventKind::KeyCall, clock, "s3:ListBuckets") };
        assert_eq!(covers(&access_key(None), &read), expected);
        assert!(!covers(&sign_in(None), &read));
    }
    let write = event(EventKind::KeyCall, "09:30:00", "s3:PutObject");
    assert!(covers(&access_key(None), &write));
    assert!(!covers(&access_key(Some(&["s3:DeleteObject"])), &write));
}

#[test]
fn a_program_is_signed_in_when_its_session_began_for_as_long_as_one_lasts() {
    let window = sign_in(Some(&["s3:PutObject"]));
    let program = |clock: &str, began: &str| RootEvent {
        kind: EventKind::ClientSignIn,
        access_key: SignedBy::Nothing,
        ..call(clock, "signin:CreateOAuth2Token", began, true)
    };
    for (clock, began, expected) in [
        ("09:30:00", "09:00:00", true),
        ("09:30:00", "08:59:59", false),
        ("21:00:00", "09:00:00", true),
        ("21:00:01", "09:00:00", false),
        ("10:30:00", "10:00:00", false),
        // A start after the token is no start: its own time decides.
        ("08:30:00", "09:30:00", false),
    ] {
        assert_eq!(covers(&window, &program(clock, began)), expected, "{clock} {began}");
    }
    assert!(!covers(&access_key(None), &program("09:30:00", "09:00:00")));
    let by_key =
        RootEvent { access_key: SignedBy::LongLivedKey, ..program("09:30:00", "09:00:00") };
    assert!(!covers(&window, &by_key) && covers(&access_key(None), &by_key));
}

#[test]
fn only_a_window_that_says_so_excuses_a_sign_in_without_mfa() {
    let at = time("2026-11-18T09:30:00Z");
    assert!(!sign_in(None).allows_missing_mfa(&account(), at));
    let excusing = Window { require_mfa: false, ..sign_in(None) };
    assert!(excusing.allows_missing_mfa(&account(), at));
    assert!(!excusing.allows_missing_mfa(&account(), at + TimeDelta::hours(1)));
    let for_keys = Window { require_mfa: false, ..access_key(None) };
    assert!(!for_keys.allows_missing_mfa(&account(), at));
}
