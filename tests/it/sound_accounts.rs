//! Healthy accounts, with the real binary: none of them may fail.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use rootgate::model::format_time;
use serde_json::Value;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::side_by_side;

/// The time this many minutes ago.
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

/// The result of `check` for an account under a policy with a look-back, and its duration.
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
fn healthy_accounts_pass() {
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

#[test]
fn a_member_that_is_audited_every_day_passes() {
    // Marked as central, or announced by the event that opened the session.
    let days = |more: &str| -> String {
        (1..6)
            .map(|day| {
                format!("event = {day}d us-east-1 {}\n", more.replace("DAY", &day.to_string()))
            })
            .collect()
    };
    let flagged =
        days("iam:ListAccessKeys assumed-root read session=DAYd key=ASIAEXAMPLEAUDIT000DAY");
    let announced: String = (1..6)
        .map(|day| {
            let key = format!("ASIAEXAMPLEAUDIT000{day}");
            format!(
                "event = {day}d us-east-1 sts:AssumeRoot by=AssumedRole \
                 request={{\"targetPrincipal\":\"111122223333\",\"taskPolicyArn\":{{\"arn\":\"arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials\"}}}} \
                 response={{\"credentials\":{{\"accessKeyId\":\"{key}\"}}}}\n\
                 event = {day}d us-east-1 iam:ListAccessKeys read session={day}d key={key}\n"
            )
        })
        .collect();
    side_by_side([flagged, announced], |audits| {
        let none = "root.password_enabled = false\nroot.password_last_used = N/A\n";
        let (_, report, _) = check(&format!("{none}{audits}"), "7d", "");
        assert_eq!(outcome(&report, "root-used-outside-window"), "pass", "{audits}");
        let listed = report["accounts"][0]["listed"].as_array().unwrap();
        assert_eq!(listed.len(), 5, "{audits}");
    });
}

#[test]
fn a_waived_key_passes_if_cloudtrail_has_no_events_of_its_calls() {
    let scenario = "root.access_key_1_active = true\n\
        root.access_key_1_last_rotated = 2019-05-02T10:00:00Z\n\
        root.access_key_1_last_used_date = 1d ago\n\
        root.access_key_1_last_used_region = N/A\nroot.access_key_1_last_used_service = s3\n\
        summary.AccountAccessKeysPresent = 1";
    let from = &ago(10 * DAY)[..10];
    let expires = &ago(-10 * DAY)[..10];
    let waiver = |rule: &str, subject: &str| {
        format!(
            "  - {{ rule: {rule}, accounts: [\"111122223333\"], subject: {{ {subject} }}, reason: r, ticket: T, \
             from: {from}, expires: {expires} }}\n"
        )
    };
    let key = "access-key-created: 2019-05-02";
    let waivers = format!(
        "  root-access-key-not-rotated: off\nwaivers:\n{}{}",
        waiver("root-access-key-active", key),
        waiver("root-used-outside-window", "use: access-key")
    );
    let gate =
        Gate::with_keys(Fake::with(scenario)).policy(&format!("version: 1\nrules:\n{waivers}"));
    let ended = gate.run(&["check", "--json", "out.json", "--details", "full"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    assert_eq!(outcome(&report, "root-access-key-active"), "waived");
    assert_eq!(outcome(&report, "root-used-outside-window"), "waived");
    assert_eq!(outcome(&report, "root-signed-in-without-mfa"), "pass");
    assert_eq!(outcome(&report, "root-credential-changed"), "pass");
}

/// Most events in CloudTrail are sign-ins of other users. They must not stop an unused root from passing,
/// and the run must end within a minute.
#[test]
fn ten_thousand_sign_ins_a_day_by_others_pass_within_a_minute() {
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
