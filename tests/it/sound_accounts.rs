//! Accounts that are as they should be, with the real binary: none of them may turn red.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use rootgate::model::format_time;
use serde_json::Value;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::side_by_side;

/// An instant that lies so many minutes back.
fn ago(minutes: i64) -> String {
    format_time(DateTime::<Utc>::from(SystemTime::now()) - TimeDelta::minutes(minutes))
}

const DAY: i64 = 24 * 60;

/// A window around an instant, for sign-ins and one change.
fn window(minutes: i64) -> String {
    format!(
        "windows: [{{ id: drill, reason: r, ticket: T, from: {}, to: {}, \
         allow: {{ sign-in: true, actions: [\"s3:PutBucketPolicy\"] }} }}]\n",
        ago(minutes + 30),
        ago(minutes - 30)
    )
}

/// What `check` says of an account under a policy with a look-back, and how long it took.
fn check(scenario: &str, lookback: &str, more: &str) -> (Gate, Value, Duration) {
    let gate = Gate::with_keys(Fake::with(scenario)).policy(&format!(
        "version: 1\nevidence: {{ root-events: {{ lookback: {lookback} }} }}\n\
         rules: {{ root-used-outside-window: {{ within: {lookback} }} }}\n{more}"
    ));
    let started = Instant::now();
    let ended = gate.run(&["check", "--json", "out.json", "--details", "full"]);
    let took = started.elapsed();
    assert_eq!(ended.code, 0, "{scenario}\n{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    assert_eq!(report["verdict"], "pass");
    (gate, report, took)
}

/// The outcome of a rule in a report of one account.
fn outcome<'a>(report: &'a Value, rule: &str) -> &'a str {
    let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
    outcomes.iter().find(|outcome| outcome["rule"] == rule).unwrap()["outcome"].as_str().unwrap()
}

#[test]
fn sound_accounts_stay_green() {
    let week = 5 * DAY;
    let cases = [
        ("root was never used", "root.password_last_used = no_information", String::new()),
        (
            "root was used once last week, inside a window",
            "root.password_last_used = 5d ago\n\
             event = 5d us-west-2 signin:ConsoleLogin mfa=yes\n\
             event = 7199m us-east-1 s3:PutBucketPolicy session=5d",
            window(week),
        ),
        (
            "root signed in through eu-west-1, inside a window",
            "root.password_last_used = 5d ago\n\
             event = 5d eu-west-1 signin:ConsoleLogin mfa=yes\n\
             event = 7199m eu-west-1 s3:PutBucketPolicy session=5d",
            window(week),
        ),
        (
            "the account was created yesterday",
            "root.user_creation_time = 1d ago\nroot.password_last_used = no_information\n\
             root.password_last_changed = 1d ago",
            String::new(),
        ),
        ("the report is of 3 h 50 min ago", "report.age = 230m", String::new()),
        (
            "the report is fresh, minutes after an agreed use",
            "report.age = 1m\nroot.password_last_used = 12m ago\n\
             event = 12m us-east-2 signin:ConsoleLogin mfa=yes",
            window(12),
        ),
    ];
    side_by_side(cases, |(what, scenario, windows)| {
        let (_, report, _) = check(scenario, "7d", &windows);
        for rule in ["root-used-outside-window", "root-signed-in-without-mfa"] {
            assert_eq!(outcome(&report, rule), "pass", "{what}: {rule}");
        }
    });
}

/// Everybody else's sign-ins are what CloudTrail holds most of: they must not keep a quiet root
/// from green, nor the run for longer than a minute.
#[test]
fn ten_thousand_sign_ins_a_day_by_others_stay_green_within_a_minute() {
    let others = "others = 10000 us-east-1 signin:ConsoleLogin\n\
                  root.password_last_used = no_information";
    let (gate, report, took) = check(others, "90d", "");
    assert!(took < Duration::from_secs(60), "{took:?}");
    for rule in
        ["root-used-outside-window", "root-signed-in-without-mfa", "root-credential-changed"]
    {
        assert_eq!(outcome(&report, rule), "pass", "{rule}");
    }
    let calls = gate.fake.calls();
    let lookups = calls.iter().filter(|call| call["call"] == "LookupEvents");
    let logins = lookups.filter(|call| {
        call["parameters"]["LookupAttributes"][0]["AttributeValue"] == "ConsoleLogin"
    });
    assert!((60..=80).contains(&logins.count()), "45 seconds at two calls a second, at most");
}
