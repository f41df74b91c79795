//! Good policies read exactly, bad ones refused at the right place.

mod organization;
mod robust;

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::{Amount, Duration, RuleId, Severity, UseKind, parse_day, parse_time};
use crate::policy::tests::rules::{
    KEY_ACTIVE, KEY_NOT_ROTATED, KEY_PRESENT, MFA_MISSING, MFA_NOT_HARDWARE, RULES, USED,
};
use crate::policy::{
    Allow, Gate, KeyCreated, Limits, OnUndetermined, OnWeaker, Policy, PolicyErrors, RulePolicy,
    ScopeAccount, Waiver, WaiverSubject, When, Window,
};

const EXAMPLE: &str = include_str!("../../../../policy.example.yaml");

fn now() -> DateTime<Utc> {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

fn time(text: &str) -> DateTime<Utc> {
    parse_time(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    parse_day(text).unwrap()
}

fn parse(text: &str) -> Result<Policy, PolicyErrors> {
    Policy::parse(text, "rootgate.yaml", RULES, now())
}

/// `code line:column`, one per error, in order.
fn places(text: &str) -> Vec<String> {
    let errors = parse(text).unwrap_err();
    errors.errors().iter().map(|e| format!("{} {}:{}", e.code, e.line, e.column)).collect()
}

#[test]
fn version_alone_is_the_strict_default() {
    for (text, line) in [("version: 1\n", 1), ("---\nversion: 1\n...\n", 2)] {
        let mut strict = Policy::built_in(RULES);
        strict.lines.insert("version".to_owned(), line);
        assert_eq!(parse(text), Ok(strict));
    }
}

#[test]
fn every_key_is_read_into_its_place() {
    let text = r#"version: 1
scope:
  accounts:
    - { id: "111122223333", name: prod, role-arn: "arn:aws:iam::111122223333:role/rootgate" }
    - id: '011122223333'
gate: { fail-on: high, on-undetermined: warn, on-weaker: warn, enforce-from: 2027-02-18 }
evidence: { max-age: 24h, root-events: off }
rules:
  root-access-key-present: off
  root-access-key-not-rotated: { max-age: 400d }
  root-used-outside-window: { within: 1d, severity: critical }
  root-mfa-missing: {}
windows:
  - id: w1
    reason: "why: because"
    ticket: CHG-1
    accounts: ["011122223333"]
    from: 2026-11-20T09:00:00.5+01:00
    to: 2026-11-20T21:00:00.5+01:00
    allow: { access-key: true }
  - { id: w2, reason: r, ticket: "2", from: 1999-12-31T23:59:59Z, to: 2000-01-01T00:00:00Z }
waivers:
  - rule: root-access-key-active
    accounts: ["111122223333", "011122223333"]
    subject: { access-key-created: 2019-05-02 }
    reason: r
    ticket: SEC-77
    from: 2026-11-01
    expires: 2026-11-01
  - { rule: root-used-outside-window, accounts: ["111122223333"], subject: { use: access-key },
      reason: r, ticket: T, from: 2020-01-01, expires: 2020-03-31 }
  - { rule: root-signing-certificate-present, accounts: ["111122223333"],
      reason: r, ticket: T, from: 2020-01-01, expires: 2020-03-31 }
limits: { window: 24h, window-total: 72h, waiver: 365d }
"#;
    let mut expected = Policy::built_in(RULES);
    expected.scope = vec![
        ScopeAccount {
            id: "111122223333".parse().unwrap(),
            name: Some("prod".to_owned()),
            role_arn: Some("arn:aws:iam::111122223333:role/rootgate".to_owned()),
            line: 4,
        },
        ScopeAccount { id: "011122223333".parse().unwrap(), name: None, role_arn: None, line: 5 },
    ];
    expected.gate = Gate {
        fail_on: Severity::High,
        on_undetermined: OnUndetermined::Warn,
        on_weaker: OnWeaker::Warn,
        enforce_from: Some(day("2027-02-18")),
    };
    expected.max_age = Duration::hours(24);
    expected.root_events = None;
    let set = |info, line| RulePolicy { line: Some(line), ..RulePolicy::default_of(info) };
    expected.rules[1] = RulePolicy { on: false, ..set(&KEY_PRESENT, 9) };
    expected.rules[2] =
        RulePolicy { threshold: Some(Amount::days(400)), ..set(&KEY_NOT_ROTATED, 10) };
    expected.rules[3] = RulePolicy {
        threshold: Some(Amount::days(1)),
        severity: Severity::Critical,
        ..set(&USED, 11)
    };
    expected.rules[4] = set(&MFA_MISSING, 12);
    expected.windows = vec![
        Window {
            id: "w1".to_owned(),
            reason: "why: because".to_owned(),
            ticket: Some("CHG-1".to_owned()),
            accounts: Some(vec!["011122223333".parse().unwrap()]),
            when: When::Once {
                from: time("2026-11-20T08:00:00.5Z"),
                to: time("2026-11-20T20:00:00.5Z"),
            },
            allow: Allow { sign_in: false, access_key: true, actions: None },
            require_mfa: true,
            line: 14,
        },
        Window {
            id: "w2".to_owned(),
            reason: "r".to_owned(),
            ticket: Some("2".to_owned()),
            accounts: None,
            when: When::Once {
                from: time("1999-12-31T23:59:59Z"),
                to: time("2000-01-01T00:00:00Z"),
            },
            allow: Allow { sign_in: true, access_key: false, actions: None },
            require_mfa: true,
            line: 21,
        },
    ];
    let waiver = |rule, subject, line| Waiver {
        rule: RuleId(rule),
        accounts: vec!["111122223333".parse().unwrap()],
        subject,
        reason: "r".to_owned(),
        ticket: "T".to_owned(),
        from: day("2020-01-01"),
        expires: day("2020-03-31"),
        line,
    };
    expected.waivers = vec![
        Waiver {
            rule: KEY_ACTIVE.id,
            accounts: vec!["111122223333".parse().unwrap(), "011122223333".parse().unwrap()],
            subject: Some(WaiverSubject::AccessKeyCreated(KeyCreated::On(day("2019-05-02")))),
            reason: "r".to_owned(),
            ticket: "SEC-77".to_owned(),
            from: day("2026-11-01"),
            expires: day("2026-11-01"),
            line: 23,
        },
        waiver("root-used-outside-window", Some(WaiverSubject::Use(UseKind::AccessKey)), 30),
        waiver("root-signing-certificate-present", None, 32),
    ];
    expected.limits = Limits {
        window: Duration::hours(24),
        window_total: Duration::hours(72),
        waiver: Duration::days(365),
    };
    let lines = [
        ("scope.accounts.011122223333.id", 5),
        ("rules.root-used-outside-window.within", 11),
        ("windows.w1.to", 19),
        ("windows.w1.allow.access-key", 20),
        ("waivers.0.expires", 29),
        ("waivers.2.rule", 32),
        ("gate.fail-on", 6),
        ("gate.on-undetermined", 6),
        ("gate.on-weaker", 6),
        ("gate.enforce-from", 6),
        ("evidence.max-age", 7),
        ("evidence.root-events", 7),
        ("limits.window", 34),
        ("limits.window-total", 34),
        ("limits.waiver", 34),
    ];
    let mut policy = parse(text);
    if let Ok(policy) = &mut policy {
        for (key, line) in lines {
            assert_eq!(policy.lines.get(key), Some(&line), "{key}");
        }
        assert_eq!(policy.lines.len(), 64);
        policy.lines.clear();
    }
    assert_eq!(
        policy,
        Ok(expected),
        "{}",
        policy.as_ref().err().map_or(String::new(), |e| e.render(false))
    );
}

#[test]
fn a_schedule_is_read_and_needs_no_ticket() {
    let text = "version: 1
windows:
  - id: quarterly-break-glass-drill
    reason: prove that the vault password still works
    schedule: { months: [jan, apr, jul, oct], week: first, days: [mon], from: \"09:00\", to: 10:00, timezone: Europe/Berlin }
    not-after: 2027-12-31
  - id: night
    reason: r
    ticket: T
    schedule: { week: last, days: [sun], from: \"23:00\", to: \"01:00\", timezone: UTC }
";
    let policy = parse(text).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let words: Vec<_> = policy
        .windows
        .iter()
        .map(|window| match &window.when {
            When::Recurring(schedule) => (window.ticket.as_deref(), schedule.to_string()),
            When::Once { .. } => panic!("{window:?}"),
        })
        .collect();
    let drill =
        "09:00 to 10:00 Europe/Berlin, mon, first week of jan, apr, jul, oct; until 2027-12-31";
    let night = "23:00 to 01:00 UTC, sun, last week of every month";
    assert_eq!(words, [(None, drill.to_owned()), (Some("T"), night.to_owned())]);
}

#[test]
fn a_waiver_names_a_key_by_its_day_or_by_its_time() {
    let subject = |made: &str| {
        let subject = format!("subject: {{ access-key-created: {made} }}");
        let text = waiver(&format!("rule: root-access-key-active\n{subject}\n{V}"));
        parse(&text).map(|policy| policy.waivers[0].subject)
    };
    let named = |created| Ok(Some(WaiverSubject::AccessKeyCreated(created)));
    assert_eq!(subject("2019-05-02"), named(KeyCreated::On(day("2019-05-02"))));
    for made in ["2019-05-02T10:00:00Z", "2019-05-02T12:00:00+02:00", "\"2019-05-02T10:00:00.4Z\""]
    {
        assert_eq!(subject(made), named(KeyCreated::At(time("2019-05-02T10:00:00Z"))), "{made}");
    }
    for (made, code, message) in [
        ("2019-05-02T10:00:00", "time", "has no time zone"),
        ("2019-05-02T24:00:00Z", "time", "the hour is 24"),
        ("2019-13-02", "day", "the month is 13"),
        ("yesterday", "day", "is not a day"),
    ] {
        let errors = subject(made).unwrap_err();
        let [error] = errors.errors() else { panic!("{}", errors.render(false)) };
        assert_eq!((error.code, error.line), (code, 4));
        assert!(error.message.contains(message), "{}", error.message);
    }
    let two = |one: &str, other: &str| {
        let each = |made| {
            format!(
                "  - {{ rule: root-access-key-active, subject: {{ access-key-created: {made} }}, accounts: [\"111122223333\"], reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-01 }}\n"
            )
        };
        format!("version: 1\nwaivers:\n{}{}", each(one), each(other))
    };
    assert_eq!(
        places(&two("2019-05-02T10:00:00Z", "2019-05-02T12:00:00+02:00")),
        ["duplicate 4:5"]
    );
    assert!(parse(&two("2019-05-02T10:00:00Z", "2019-05-02T10:00:01Z")).is_ok());
    assert!(parse(&two("2019-05-02T10:00:00Z", "2019-05-02")).is_ok());
}

#[test]
fn the_example_is_valid_at_any_later_time() {
    for at in ["2026-11-20T00:00:00Z", "2031-01-01T00:00:00Z"] {
        let policy = Policy::parse(EXAMPLE, "policy.example.yaml", RULES, time(at)).unwrap();
        let names: Vec<_> = policy.scope.iter().filter_map(|a| a.name.as_deref()).collect();
        assert_eq!(names, ["prod", "billing"]);
        assert_eq!(policy.rule(MFA_NOT_HARDWARE.id).unwrap().severity, Severity::Medium);
        assert_eq!(policy.windows.len(), 2);
        assert_eq!(policy.waivers[0].expires, day("2027-01-15"));
    }
}

#[test]
fn a_byte_order_mark_and_crlf_are_read_and_columns_stay_right() {
    let crlf = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(parse(&crlf), parse(EXAMPLE));
    assert_eq!(
        places("\u{feff}versiom: 1\r\nversion: 1\r\ngate: { fail-on: x }\r\n"),
        ["unknown-key 1:1", "unknown-word 3:18"]
    );
}

#[test]
fn columns_count_characters_not_bytes() {
    let text = "version: 1\nscope: { accounts: [{ id: \"111122223333\", name: \"größe 日本\", nmae: x }] }\n";
    assert_eq!(places(text), ["unknown-key 2:61"]);
}

#[test]
fn all_problems_of_a_file_are_reported_in_its_order() {
    let text = "gate: { fial-on: high }\nrules: { root-mfa-mising: off }\nwindows:\n  - id: a\n";
    assert_eq!(
        places(text),
        [
            "missing-key 1:1",
            "unknown-key 1:9",
            "unknown-rule 2:10",
            "missing-key 4:5",
            "missing-key 4:5",
            "missing-key 4:5",
            "missing-key 4:5",
        ]
    );
}

#[test]
fn sections_may_stand_there_with_nothing_below_them() {
    let text = "version: 1\nrules:\nwindows:\n#  - id: a\nwaivers: # none\n";
    let mut policy = parse(text).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    policy.lines.clear();
    assert_eq!(policy, Policy::built_in(RULES));
    for text in ["gate:", "scope:", "limits:", "windows: ~", "rules: null", "evidence:"] {
        assert_eq!(places(&format!("version: 1\n{text}\n")), ["no-value 2:1"], "{text}");
    }
}

#[test]
fn help_shows_what_was_meant() {
    let help = |text: &str| -> String {
        let errors = parse(text).unwrap_err();
        let [error] = errors.errors() else { panic!("{}", errors.render(false)) };
        error.help.clone()
    };
    let regions = |regions: &str| {
        help(&format!("version: 1\nevidence: {{ root-events: {{ regions: {regions} }} }}\n"))
    };
    assert_eq!(regions("eu-central-1"), "write the list form: `regions: [eu-central-1]`");
    assert_eq!(
        regions("\"us-east-1, eu-central-1\""),
        "write the list form: `regions: [us-east-1, eu-central-1]`"
    );
    let hour = "from: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z";
    let accounts = |id: &str| help(&window(&format!("{W}\n{hour}\naccounts: {id}")));
    assert_eq!(accounts("\"111122223333\""), "write `accounts: [\"111122223333\"]`");
    assert_eq!(accounts("444455556666"), "write `accounts: [\"444455556666\"]`");
    let days = window(&format!("{W}\nschedule: {{ days: mon, {M} }}"));
    assert_eq!(help(&days), "write `days: [mon]`");
    assert_eq!(help("version:1\ngate: {}\n"), "write `version: 1`");
    let below = help("version: 1\nwindows: []\n- { id: a }\n");
    assert_eq!(below, "remove the brackets: write `windows:`, and the entries below it");
    let midnight =
        help(&window(&format!("{W}\nfrom: 2026-11-20T24:00:00Z\nto: 2026-11-21T10:00:00Z")));
    assert_eq!(midnight, "midnight at the end of a day is `00:00:00` of the next day");
}

#[test]
fn a_reason_that_only_mentions_a_placeholder_is_a_reason() {
    let hour = "from: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z";
    assert!(
        parse(&window(&format!(
            "id: TICKET\nreason: REASON of the year\nticket: TICKET-1\n{hour}"
        )))
        .is_ok()
    );
}

#[test]
fn what_has_merely_passed_is_no_error() {
    let text = "version: 1\ngate: { enforce-from: 2020-01-01 }\nwindows:\n  - { id: a, reason: r, ticket: t, from: 2020-01-01T00:00:00Z, to: 2020-01-01T01:00:00Z }\nwaivers:\n  - { rule: root-access-key-active, accounts: [\"111122223333\"], subject: { access-key-created: 2019-05-02 }, reason: r, ticket: t, from: 2020-01-01, expires: 2020-01-02 }\n";
    assert!(parse(text).is_ok());
}

/// Wraps a window's keys so that the first stands on line 3, column 5.
fn window(keys: &str) -> String {
    format!("version: 1\nwindows:\n  - {}\n", keys.replace('\n', "\n    "))
}

/// Wraps a waiver's keys so that the first stands on line 3, column 5.
fn waiver(keys: &str) -> String {
    format!("version: 1\nwaivers:\n  - {}\n", keys.replace('\n', "\n    "))
}

const ROOT_WINDOW: &str =
    "{ id: a, reason: r, ticket: t, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }";
const W: &str = "id: a\nreason: r\nticket: t";
const S: &str = "{ week: first, days: [mon], from: \"09:00\", to: \"10:00\", timezone: UTC }";
const M: &str = "from: \"09:00\", to: \"10:00\", timezone: UTC";
const V: &str =
    "accounts: [\"111122223333\"]\nreason: r\nticket: t\nfrom: 2026-11-01\nexpires: 2026-12-01";

#[test]
fn each_mistake_is_named_where_it_stands() {
    let with_actions = |list: &str| {
        let hour = "from: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z";
        window(&format!("{W}\n{hour}\nallow: {{ sign-in: true, actions: [{list}] }}"))
    };
    let top = |text: &str| format!("version: 1\n{text}\n");
    let account = |keys: &str| top(&format!("scope:\n  accounts:\n    - {keys}"));
    let bad: Vec<(String, &str, &str)> = vec![
        // The file as YAML.
        (String::new(), "empty 1:1", "the policy is empty"),
        ("# nothing yet\n\n".to_owned(), "empty 1:1", "the policy is empty"),
        ("---\n".to_owned(), "empty 1:4", "the policy is empty"),
        ("- version: 1\n".to_owned(), "wrong-type 1:1", "not a list"),
        ("version 1\n".to_owned(), "wrong-type 1:1", "not text"),
        (top("gate:\n\tfail-on: high"), "tab 3:2", "only spaces"),
        (top("gate: {}\n---\nversion: 1"), "several-documents 3:1", "second document"),
        (top("...\n---\n{}"), "several-documents 3:1", "second document"),
        (top("gate: &g { fail-on: high }"), "anchor 2:7", "`&g`"),
        (top("gate: *g"), "alias 2:7", "aliases are not allowed"),
        (top("gate: !!map { fail-on: high }"), "tag 2:7", "`!!map`"),
        (top("gate: { fail-on: !x high }"), "tag 2:18", "`!x`"),
        ("%YAML 1.1\n---\nversion: 1\n".to_owned(), "directive 1:1", "directive"),
        (top("gate: { fail-on: high"), "syntax 2:7", "`{` is not closed"),
        (top("gate: \"open"), "syntax 3:1", "not closed"),
        (top("gate: a: b"), "syntax 2:8", "a second `: `"),
        (top("? [a]\n: b"), "key-not-text 2:3", "a list used as a key"),
        (top("gate: {}\ngate: {}"), "duplicate-key 3:1", "duplicate"),
        (top("<<: { gate: {} }"), "unknown-key 2:1", "no key `<<`"),
        ("version: 1\nwindows: ".to_owned() + &"[".repeat(5_000), "too-deep 2:42", "32 deep"),
        // A space that is missing, and entries below an empty list.
        ("version:1\n".to_owned(), "no-space 1:1", "after the colon of `version:1`"),
        ("version:1\ngate: {}\n".to_owned(), "no-space 1:1", "`version:1`"),
        ("# x\nversion:1\n\n# y\ngate: {}\n".to_owned(), "no-space 2:1", "`version:1`"),
        (top("gate:\n  fail-on:high"), "no-space 3:3", "`fail-on:high`"),
        (top("gate:\n  fail-on:high\n  on-weaker: fail"), "no-space 3:3", "`fail-on:high`"),
        (top("gate:\n  on-weaker: fail\n  fail-on:high"), "no-space 4:3", "`fail-on:high`"),
        (top("gate: { fail-on:high }"), "no-space 2:9", "`fail-on:high`"),
        (top("rules:\n  root-mfa-missing:off"), "no-space 3:3", "`root-mfa-missing:off`"),
        (
            top("rules:\n  root-mfa-missing:off\n  root-mfa-not-hardware: off"),
            "no-space 3:3",
            "`root-mfa-missing:off`",
        ),
        (
            top("windows: []\n- { id: a }"),
            "entries-below-empty 2:1",
            "`windows: []` is an empty list",
        ),
        (top("windows: []\n  - id: a\n    reason: r"), "entries-below-empty 2:1", "`windows: []`"),
        (
            top("windows: [] # none\n# x\n#  - id\n- id: a"),
            "entries-below-empty 2:1",
            "`windows: []`",
        ),
        (top("waivers: []\n  - { rule: x }"), "entries-below-empty 2:1", "`waivers: []`"),
        (
            top("rules: {}\n  root-mfa-missing: off"),
            "entries-below-empty 2:1",
            "`rules: {}` is an empty mapping",
        ),
        (top("windows: []\nrules: {}\ngate: \"open"), "syntax 5:1", "not closed"),
        // Keys and types.
        ("gate: {}\n".to_owned(), "missing-key 1:1", "no `version`"),
        ("# x\n\n{ gate: {} }\n".to_owned(), "missing-key 3:1", "no `version`"),
        ("version: 2\n".to_owned(), "version 1:10", "reads version 1"),
        ("version: \"1\"\n".to_owned(), "version 1:10", "reads version 1"),
        ("version: 1.0\n".to_owned(), "version 1:10", "reads version 1"),
        ("version:\n".to_owned(), "no-value 1:1", "`version` has no value"),
        (top("gate: ~"), "no-value 2:1", "`gate` has no value"),
        (top("gate: high"), "wrong-type 2:7", "a mapping of keys, not text"),
        (top("gates: {}"), "unknown-key 2:1", "no key `gates`"),
        (top("fail-on: high"), "unknown-key 2:1", "no key `fail-on`"),
        (top("evidence: { root-events: [] }"), "wrong-type 2:26", "`off` or a mapping"),
        (top("evidence: { root-events: ~ }"), "no-value 2:13", "no value"),
        (top("evidence: { root-events: { lookback: 401d } }"), "out-of-bounds 2:38", "400d"),
        (top("evidence: { root-events: { regions: every } }"), "unknown-word 2:37", "`every`"),
        (
            top("evidence: { root-events: { regions: eu-central-1 } }"),
            "wrong-type 2:37",
            "a list of Regions",
        ),
        (top("evidence: { root-events: { regions: [] } }"), "empty-list 2:37", "an empty list"),
        (top("evidence: { root-events: { regions: [useast1] } }"), "region 2:38", "`useast1`"),
        (
            top("evidence: { root-events: { regions: [us-east-1, us-east-1] } }"),
            "duplicate 2:49",
            "duplicate",
        ),
        (top("evidence: { root-events: { lookback: 6d } }"), "lookback-too-short 2:38", "last 7d"),
        (
            top(
                "evidence: { root-events: { lookback: 7d } }\nrules: { root-used-outside-window: { within: 8d } }",
            ),
            "lookback-too-short 3:46",
            "last 8d",
        ),
        (
            top(
                "rules: { root-used-outside-window: { within: 8d } }\nevidence: { root-events: { lookback: 7d } }",
            ),
            "lookback-too-short 3:38",
            "last 8d",
        ),
        (top("evidence: { root-events: false }"), "unknown-word 2:26", "invalid value for `root-events`: `false`"),
        (top("evidence: { root-events: on }"), "unknown-word 2:26", "invalid value for `root-events`: `on`"),
        (top("scope: {}"), "missing-key 2:8", "`scope` names nothing"),
        (top("scope: { accounts: [] }"), "empty-list 2:20", "an empty list"),
        (top("scope: { accounts: 5 }"), "wrong-type 2:20", "a list, not a number"),
        // gate and evidence.
        (top("gate: { fail-on: hihg }"), "unknown-word 2:18", "`hihg`"),
        (top("gate: { on-undetermined: pass }"), "unknown-word 2:26", "`pass`"),
        (top("gate: { on-weaker: off }"), "unknown-word 2:20", "`off`"),
        (top("gate: { enforce-from: 2027-02-19 }"), "enforce-from-too-far 2:23", "90 days"),
        (top("gate: { enforce-from: 2026-12-01T00:00:00Z }"), "day 2:23", "is not a day"),
        (top("gate: { enforce-from: 2026-02-30 }"), "day 2:23", "is not a day"),
        (top("evidence: { max-age: 3h59m59s }"), "out-of-bounds 2:22", "the range is 4h to 1d"),
        (top("evidence: { max-age: 24h1s }"), "out-of-bounds 2:22", "the range is 4h to 1d"),
        (top("evidence: { max-age: 7M }"), "duration 2:22", "`M` is not a unit"),
        (top("evidence: { max-age: 7 }"), "duration 2:22", "a number without a unit"),
        (top("evidence: { max-age: [4h] }"), "wrong-type 2:22", "a duration, not a list"),
        (top("limits: { window: 73h }"), "out-of-bounds 2:19", "the range is 0s to 3d"),
        (top("limits: { window-total: 73h }"), "out-of-bounds 2:25", "the range is 0s to 3d"),
        (top("limits: { waiver: 366d }"), "out-of-bounds 2:19", "the range is 0s to 365d"),
        // Accounts.
        (account("{ id: 111122223333 }"), "account-id-not-quoted 4:13", "without quotes"),
        (account("{ id: 011122223333 }"), "account-id-not-quoted 4:13", "without quotes"),
        (account("{ id: 11122223333 }"), "account-id 4:13", "exactly 12 digits"),
        (account("{ id: \"1111-2222-3333\" }"), "account-id 4:13", "exactly 12 digits"),
        (account("{ name: prod }"), "missing-key 4:7", "this account has no `id`"),
        (account("{ id: \"111122223333\", name: 7 }"), "wrong-type 4:35", "text, not a number"),
        (
            account("{ id: \"111122223333\", name: \"a\\u200bb\" }"),
            "forbidden-character 4:35",
            "U+200B",
        ),
        (
            account("{ id: \"111122223333\", name: \"a\u{202e}b\" }"),
            "forbidden-character 4:37",
            "U+202E",
        ),
        (
            account("{ id: \"111122223333\", role-arn: \"arn:aws:iam::444455556666:role/r\" }"),
            "role-arn 4:39",
            "account 444455556666",
        ),
        (
            account("{ id: \"111122223333\", role-arn: \"arn:aws:iam::111122223333:user/r\" }"),
            "role-arn 4:39",
            "not the ARN",
        ),
        (
            account("{ id: \"111122223333\" }\n    - { id: \"111122223333\" }"),
            "duplicate 5:7",
            "duplicate",
        ),
        // rules.
        (top("rules: { root-mfa-mising: off }"), "unknown-rule 2:10", "`root-mfa-mising`"),
        (
            top("rules: { root-activity-unmonitored: off }"),
            "not-in-this-version 2:10",
            "`root-activity-unmonitored`",
        ),
        (top("rules: { root-mfa-missing: false }"), "wrong-type 2:28", "`off` or a mapping"),
        (top("rules: { root-mfa-missing: no }"), "wrong-type 2:28", "`off` or a mapping"),
        (top("rules: { root-mfa-missing: on }"), "wrong-type 2:28", "`off` or a mapping"),
        (top("rules: { root-mfa-missing: true }"), "wrong-type 2:28", "`off` or a mapping"),
        (top("rules: { root-mfa-missing: ~ }"), "wrong-type 2:28", "not nothing"),
        (top("rules: { root-mfa-missing: high }"), "wrong-type 2:28", "`off` or a mapping"),
        (
            top("rules: { root-mfa-missing: { within: 7d } }"),
            "unknown-key 2:30",
            "no setting `within`",
        ),
        (top("rules: { root-mfa-missing: { severity: High } }"), "unknown-word 2:40", "`High`"),
        (
            top("rules: { root-sign-in-attempts: { threshold: 0 } }"),
            "out-of-bounds 2:46",
            "the range is 1 to 1000",
        ),
        (
            top("rules: { root-sign-in-attempts: { threshold: 5d } }"),
            "wrong-type 2:46",
            "whole number",
        ),
        (
            top("rules: { root-used-outside-window: { within: 401d } }"),
            "out-of-bounds 2:46",
            "the range is 1d to 400d",
        ),
        (top("rules: { root-used-outside-window: { within: } }"), "no-value 2:38", "no value"),
        (top("rules: [root-mfa-missing]"), "wrong-type 2:8", "a mapping of rule ids"),
        // windows.
        (
            window(&format!("{W}\nfrom: 2026-11-20T09:00:00\nto: 2026-11-20T10:00:00Z")),
            "time 6:11",
            "has no time zone",
        ),
        (
            window(&format!("{W}\nfrom: 2026-11-20\nto: 2026-11-20T10:00:00Z")),
            "time 6:11",
            "a whole day",
        ),
        (
            window(&format!("{W}\nfrom: 2026-11-20T10:00:00Z\nto: 2026-11-20T10:00:00Z")),
            "window-ends-first 7:9",
            "at the instant it opens",
        ),
        (
            window(&format!("{W}\nto: 2026-11-20T09:00:00Z\nfrom: 2026-11-20T10:00:00Z")),
            "window-ends-first 6:9",
            "before it opens",
        ),
        (
            window(&format!("{W}\nfrom: 2026-11-20T10:00:00Z\nto: 2026-11-20T22:00:01Z")),
            "window-too-long 7:9",
            "lasts 12h1s",
        ),
        (
            window("id: a\nticket: t\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z"),
            "missing-key 3:5",
            "no `reason`",
        ),
        (
            window("id: a\nreason: r\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z"),
            "missing-key 3:5",
            "no `ticket`",
        ),
        (window(&format!("{W}\nfrom: 2026-11-20T09:00:00Z")), "missing-key 3:5", "no `to`"),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nrequire-mfa: yes"
            )),
            "wrong-type 8:18",
            "true or false",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nschedule: {S}"
            )),
            "window-conflict 8:5",
            "a `schedule` and an instant",
        ),
        (
            window(&format!("{W}\nschedule: {S}\nto: 2026-11-20T10:00:00Z")),
            "window-conflict 7:5",
            "a `schedule` and an instant",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nnot-after: 2026-12-01"
            )),
            "window-conflict 8:5",
            "belongs to a `schedule`",
        ),
        (
            window(&format!("{W}\nschedule: {S}\nnot-before: 2027-01-02\nnot-after: 2027-01-01")),
            "window-ends-first 8:16",
            "ends before it begins",
        ),
        (
            window(&format!("{W}\nschedule: {{ from: \"09:00\", to: \"10:00\" }}")),
            "missing-key 6:15",
            "no `timezone`",
        ),
        (
            window(&format!("{W}\nschedule: {{ from: \"9:00\", to: \"10:00\", timezone: UTC }}")),
            "clock 6:23",
            "`9:00` is not a time of the day",
        ),
        (
            window(&format!("{W}\nschedule: {{ from: \"22:00\", to: \"24:00\", timezone: UTC }}")),
            "clock 6:36",
            "`24:00` is not a time of the day",
        ),
        (
            window(&format!("{W}\nschedule: {{ from: \"09:00\", to: \"09:00\", timezone: UTC }}")),
            "window-ends-first 6:36",
            "at the instant it opens",
        ),
        (
            window(&format!(
                "{W}\nschedule: {{ from: \"09:00\", to: \"10:00\", timezone: Europe/Berln }}"
            )),
            "timezone 6:55",
            "no time zone `Europe/Berln`",
        ),
        (
            window(&format!("{W}\nschedule: {{ months: [jan, january], {M} }}")),
            "unknown-word 6:31",
            "invalid value for `months`: `january`",
        ),
        (
            window(&format!("{W}\nschedule: {{ days: [mon, mon], {M} }}")),
            "duplicate 6:29",
            "`mon` is duplicated",
        ),
        (window(&format!("{W}\nschedule: {{ days: [], {M} }}")), "empty-list 6:23", "empty list"),
        (
            window(&format!("{W}\nschedule: {{ week: second, {M} }}")),
            "unknown-word 6:23",
            "invalid value for `week`: `second`",
        ),
        (
            window(&format!(
                "{W}\nschedule: {{ months: [jan], week: first, days: [mon], from: \"09:00\", to: \"21:01\", timezone: UTC }}"
            )),
            "window-too-long 6:77",
            "lasts 12h1m",
        ),
        (
            window(&format!("{W}\nschedule: {{ {M} }}")),
            "window-total 6:36",
            "`a` is open for 1d6h from 2026-11-20 to 2026-12-19",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nallow: {{}}"
            )),
            "allows-nothing 8:12",
            "allows nothing",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nallow: {{ sign-in: yes }}"
            )),
            "wrong-type 8:23",
            "true or false",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\nallow: {{ sign-in: true, actions: [] }}"
            )),
            "empty-list 8:38",
            "`actions` is an empty list",
        ),
        (with_actions("\"s3:Put*\""), "action 8:39", "`s3:Put*` is not an action"),
        (with_actions("\"*\""), "action 8:39", "`*` is not an action"),
        (with_actions("S3:PutObject"), "action 8:39", "`S3:PutObject` is not an action"),
        (with_actions("PutObject"), "action 8:39", "`PutObject` is not an action"),
        (with_actions("\"s3:*\", \"s3:*\""), "duplicate 8:47", "duplicate"),
        (with_actions("{}"), "wrong-type 8:39", "a list of texts"),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\naccounts: [\"111122223333\", \"111122223333\"]"
            )),
            "duplicate 8:32",
            "duplicate",
        ),
        (
            window(&format!(
                "{W}\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z\naccounts: []"
            )),
            "empty-list 8:15",
            "empty list",
        ),
        (
            window(
                "id: a\nreason: \"\"\nticket: t\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z",
            ),
            "empty-text 4:13",
            "`reason` is empty",
        ),
        (
            window(
                "id: a\nreason: r\nticket: 1234\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z",
            ),
            "wrong-type 5:13",
            "not a number",
        ),
        (
            window(
                "id: a\nreason: |\n  two\n  lines\nticket: t\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z",
            ),
            "forbidden-character 5:10",
            "U+000A",
        ),
        (
            top(
                "windows:\n  - { id: a, reason: r, ticket: t, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }\n  - { id: a, reason: r, ticket: t, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }",
            ),
            "duplicate 4:11",
            "duplicate window id `a`",
        ),
        (
            window(
                "id: a\nreason: REASON\nticket: t\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z",
            ),
            "placeholder 4:13",
            "`reason` still holds the placeholder `REASON`",
        ),
        (
            window(
                "id: a\nreason: r\nticket: \"TICKET\"\nfrom: 2026-11-20T09:00:00Z\nto: 2026-11-20T10:00:00Z",
            ),
            "placeholder 5:13",
            "`ticket` still holds the placeholder `TICKET`",
        ),
        (
            window(&format!("{W}\nfrom: 2026-11-20T24:00:00Z\nto: 2026-11-21T10:00:00Z")),
            "time 6:11",
            "the hour is 24",
        ),
        (
            window(&format!("{W}\nfrom: 2026-13-20T09:00:00Z\nto: 2026-11-21T10:00:00Z")),
            "time 6:11",
            "the month is 13",
        ),
        (
            window(&format!("{W}\nfrom: 2026-11-20T09:00Z\nto: 2026-11-21T10:00:00Z")),
            "time 6:11",
            "it has no seconds",
        ),
        (
            window(&format!("{W}\nschedule: {{ from: \"09:60\", to: \"10:00\", timezone: UTC }}")),
            "clock 6:23",
            "the minute is 60",
        ),
        // Lists whose entries begin in different columns.
        (
            format!("version: 1\nwindows:\n  - {ROOT_WINDOW}\n- {ROOT_WINDOW}\n"),
            "different-columns 4:1",
            "entries of `windows` begin in different columns: line 3 in column 3, line 4 in column 1",
        ),
        (
            format!("version: 1\nwindows:\n- {ROOT_WINDOW}\n\n# pasted\n        - {ROOT_WINDOW}\n"),
            "different-columns 6:9",
            "line 3 in column 1, line 6 in column 9",
        ),
        (
            "version: 1\nscope:\n  accounts:\n    - id: \"111122223333\"\n   - id: \"444455556666\"\n".into(),
            "different-columns 5:4",
            "entries of `accounts`",
        ),
        (
            format!("{}\n    accounts:\n      - \"111122223333\"\n    - {ROOT_WINDOW}\n", window(W).trim_end()),
            "different-columns 8:5",
            "entries of `windows`",
        ),
        (
            format!("version: 1\nwaivers:\n  - rule: root-mfa-missing\n    reason: r\n      - {ROOT_WINDOW}\n"),
            "different-columns 5:7",
            "entries of `waivers`",
        ),
        (
            "version: 1\nevidence:\n  root-events:\n    regions:\n    - eu-central-1\n      - us-east-1\n".into(),
            "different-columns 6:7",
            "entries of `regions`",
        ),
        // waivers.
        (
            waiver(&format!(
                "rule: root-mfa-missing\n{}",
                V.replace("ticket: t", "ticket: TICKET")
            )),
            "placeholder 6:13",
            "`TICKET`",
        ),
        (waiver(&format!("rule: root-access-key-active\n{V}")), "missing-key 3:5", "no `subject`"),
        (
            waiver(&format!("rule: root-access-key-active\nsubject: { }\n{V}", "{}")),
            "subject 4:14",
            "names nothing",
        ),
        (
            waiver(&format!("rule: root-access-key-active\nsubject: {}\n{V}", "{ use: sign-in }")),
            "subject 4:14",
            "not one of",
        ),
        (
            waiver(&format!(
                "rule: root-access-key-active\nsubject: {}\n{V}",
                "{ access-key-created: 2019-05-02, use: sign-in }"
            )),
            "subject 4:48",
            "one subject",
        ),
        (
            waiver(&format!("rule: root-mfa-missing\nsubject: {}\n{V}", "{ use: sign-in }")),
            "subject 4:14",
            "no subjects",
        ),
        (
            waiver(&format!("rule: root-used-outside-window\nsubject: {}\n{V}", "{ use: signin }")),
            "unknown-word 4:21",
            "`signin`",
        ),
        (waiver(&format!("rule: root-sign-in-attempts\n{V}")), "no-waiver 3:11", "windows and no waivers"),
        (
            waiver(&format!("rule: root-activity-unmonitored\n{V}")),
            "not-in-this-version 3:11",
            "`root-activity-unmonitored`",
        ),
        (waiver(&format!("rule: root-mfa\n{V}")), "unknown-rule 3:11", "`root-mfa`"),
        (
            waiver(
                "rule: root-mfa-missing\naccounts: [\"111122223333\"]\nreason: r\nticket: t\nfrom: 2026-11-02\nexpires: 2026-11-01",
            ),
            "waiver-ends-first 8:14",
            "before it begins",
        ),
        (
            waiver(
                "rule: root-mfa-missing\naccounts: [\"111122223333\"]\nreason: r\nticket: t\nfrom: 2026-11-01\nexpires: 2027-01-31",
            ),
            "waiver-too-long 8:14",
            "lasts 91 days",
        ),
        (
            waiver(
                "rule: root-mfa-missing\naccounts: [\"111122223333\"]\nreason: r\nticket: t\nfrom: 2026-11-01",
            ),
            "missing-key 3:5",
            "no `expires`",
        ),
        (
            waiver(
                "rule: root-mfa-missing\naccounts: 111122223333\nreason: r\nticket: t\nfrom: 2026-11-01\nexpires: 2026-11-02",
            ),
            "wrong-type 4:15",
            "a list, not a number",
        ),
        (
            top(
                "waivers:\n  - { rule: root-mfa-missing, accounts: [\"111122223333\"], reason: r, ticket: t, from: 2026-11-01, expires: 2026-11-02 }\n  - { rule: root-mfa-missing, accounts: [\"444455556666\", \"111122223333\"], reason: r, ticket: t, from: 2026-12-01, expires: 2026-12-02 }",
            ),
            "duplicate 4:5",
            "second waiver of `root-mfa-missing`",
        ),
    ];
    for (text, location, message) in bad {
        let errors = parse(&text).expect_err(&text);
        let error = &errors.errors()[0];
        let found = format!("{} {}:{}", error.code, error.line, error.column);
        assert_eq!(found, location, "{text}\n{}", errors.render(false));
        assert!(error.message.contains(message), "{text}\n{}", errors.render(false));
        assert_eq!(errors.errors().len(), 1, "{text}\n{}", errors.render(false));
        assert!(!error.help.is_empty(), "{text}\n{}", errors.render(false));
    }
}

#[test]
fn a_value_that_yaml_takes_for_a_comment_is_named_with_what_was_meant() {
    let hour = "from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z";
    let windows = |entries: &str| format!("version: 1\nwindows:\n{entries}\n");
    for (text, location, help) in [
        (
            windows(&format!("  - {{ id: a, reason: r, ticket: #123, {hour} }}")),
            "3:33",
            "ticket: \"#123\"",
        ),
        // What follows is where the parser stumbles.
        (
            windows(&format!(
                "  - {{ id: a, reason: see #1, ticket: t, {hour} }}\n  - {{ id: b }}"
            )),
            "3:26",
            "reason: \"see #1\"",
        ),
        (window("id: a\nreason: r\nticket: #123"), "5:13", "ticket: \"#123\""),
        (
            waiver("rule: root-mfa-missing\naccounts: [\"111122223333\"]\nreason: #7 of it"),
            "5:13",
            "reason: \"#7 of it\"",
        ),
    ] {
        let errors = parse(&text).expect_err(&text);
        let error = errors.errors().iter().find(|error| error.code == "comment").expect(&text);
        assert_eq!(
            format!("{}:{}", error.line, error.column),
            location,
            "{}",
            errors.render(false)
        );
        assert!(error.message.contains("is a comment"), "{}", error.message);
        assert!(error.help.contains(help), "{}", error.help);
    }
    // The controls: other comments, beside other mistakes and beside none.
    for (text, code) in [
        ("version: 1\ngate: # what blocks\n", "no-value"),
        ("version: 1\ngate: { fail-on: high # {\n", "syntax"),
        ("version: 1\n# [#1]\ngate: \"open\n", "syntax"),
    ] {
        assert_eq!(parse(text).expect_err(text).errors()[0].code, code, "{text}");
    }
    let text =
        window(&format!("{W} # t #1\nfrom: 2026-11-20T09:00:00Z # [x]\nto: 2026-11-20T10:00:00Z"));
    assert!(parse(&text).is_ok(), "{text}");
}

#[test]
fn an_empty_key_says_how_to_write_none() {
    for (text, part, help) in [
        (
            "windows: null",
            "`null` leaves the key empty",
            "for no entries, write `windows:` with nothing after it",
        ),
        (
            "waivers: ~",
            "`~` leaves the key empty",
            "for no entries, write `waivers:` with nothing after it",
        ),
        (
            "rules: Null",
            "`Null` leaves the key empty",
            "for no entries, write `rules:` with nothing after it",
        ),
        ("scope: null", "`null` leaves the key empty", "remove the key to use the defaults"),
        ("limits:", "`limits` has no value", "remove the key to use the defaults"),
        ("gate: { fail-on: null }", "`null` leaves the key empty", "or remove the key"),
        (
            "scope: { accounts: [{ id: null }] }",
            "`id` has no value",
            "write a value after the colon",
        ),
    ] {
        let text = format!("version: 1\n{text}\n");
        let errors = parse(&text).expect_err(&text);
        let error = &errors.errors()[0];
        assert!(error.message.contains(part), "{}", errors.render(false));
        assert!(error.help.contains(help), "{}", errors.render(false));
        assert_eq!(errors.errors().len(), 1, "{}", errors.render(false));
    }
    for none in ["windows:", "waivers: []", "rules: {}"] {
        assert!(parse(&format!("version: 1\n{none}\n")).is_ok(), "{none}");
    }
}

#[test]
fn a_blank_in_a_time_is_named_with_the_time_that_was_meant() {
    let errors = |from: &str| {
        let text = window(&format!("{W}\nfrom: {from}\nto: 2026-12-01T05:00:00Z"));
        parse(&text).map_err(|errors| errors.errors()[0].clone())
    };
    for from in ["2026-12-01T04:00:00 Z", "2026-12-01 T04:00:00Z", "\" 2026-12-01T04:00:00Z\""] {
        let error = errors(from).unwrap_err();
        assert!(
            error.message.ends_with("contains a space; a time is one word"),
            "{}",
            error.message
        );
        assert_eq!(error.help, "write `2026-12-01T04:00:00Z`");
    }
    assert!(errors("2026-12-01T04:00:00 CET").unwrap_err().message.contains("its zone `CET`"));
    assert!(errors("2026-12-01 04:00:00Z").is_ok());
    let text = "version: 1\ngate: { enforce-from: \"2026-12-01 \" }\n";
    let error = parse(text).unwrap_err().errors()[0].clone();
    assert_eq!(
        (&*error.message, &*error.help),
        ("`2026-12-01 ` contains a space", "write `2026-12-01`")
    );
}

#[test]
fn the_drawing_names_the_same_place_as_the_error() {
    for text in [
        "version: 1\nscope: { accounts: [{ id: \"111122223333\", name: \"größe 日本\", nmae: x }] }\n",
        "version: 1\ngate: { fail-on: \"\t\", x: y }\n",
        "version: 1\r\nlimits: { window: 1M }\r\n",
    ] {
        let errors = parse(text).unwrap_err();
        let drawn = errors.render(false);
        for error in errors.errors() {
            let location = format!(" --> rootgate.yaml:{}:{}\n", error.line, error.column);
            assert!(drawn.contains(&location), "{location}\n{drawn}");
        }
    }
}

#[test]
fn errors_are_drawn_as_a_compiler_draws_them() {
    let text = "gate: { fial-on: high }
windows:
  - id: tax
    reason: change the tax registration
    ticket: CHG-1
    from: 2026-11-20T09:00:00+01:00
    to: 2026-11-20T23:00:00+01:00
";
    let drawn = r"error[missing-key]: the policy has no `version`
 --> rootgate.yaml:1:1
  |
1 | gate: { fial-on: high }
  | ^^^^
  |
  = help: add `version: 1`

error[unknown-key]: `gate` has no key `fial-on`
 --> rootgate.yaml:1:9
  |
1 | gate: { fial-on: high }
  |         ^^^^^^^
  |
  = help: did you mean `fail-on`? Its keys are `fail-on`, `on-undetermined`, `on-weaker`, `enforce-from`

error[window-too-long]: this window lasts 14h; `limits.window` allows 12h
 --> rootgate.yaml:7:9
  |
7 |     to: 2026-11-20T23:00:00+01:00
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^ opens on line 6
  |
  = help: move `to` to an earlier time, or raise `limits.window` (at most 72h)

rootgate.yaml: 3 errors; the policy was not read
";
    assert_eq!(parse(text).unwrap_err().render(false), drawn);
}

/// A policy whose windows are these: account (or none), from and to, all on 2026-11-20 in UTC.
fn windows_of(windows: &[(&str, &str, &str)]) -> String {
    let mut text = "version: 1\nwindows:\n".to_owned();
    for (at, (account, from, to)) in windows.iter().enumerate() {
        let accounts = match *account {
            "" => String::new(),
            id => format!("accounts: [\"{id}\"], "),
        };
        text += &format!(
            "  - {{ id: w{at}, reason: r, ticket: t, {accounts}from: 2026-11-{from}:00Z, to: 2026-11-{to}:00Z }}\n"
        );
    }
    text
}

#[test]
fn windows_of_one_account_that_touch_or_overlap_are_one() {
    let (one, other) = ("111122223333", "444455556666");
    let (day, night) = (("20T06:00", "20T16:00"), ("20T16:00", "21T02:00"));
    let both = |first, second| windows_of(&[(first, day.0, day.1), (second, night.0, night.1)]);
    let errors = parse(&both(one, one)).unwrap_err();
    let [error] = errors.errors() else { panic!("{}", errors.render(false)) };
    assert_eq!((error.code, error.line), ("window-too-long", 4), "the later of the two");
    assert_eq!(
        error.message,
        "`w0` and `w1` touch or overlap in account 111122223333, so they count as one, 20h long from \
         2026-11-20T06:00:00Z to 2026-11-21T02:00:00Z; `limits.window` allows 12h"
    );
    assert!(parse(&both(one, other)).is_ok(), "accounts do not touch each other");
    for (first, second) in [("", ""), (one, ""), ("", other)] {
        assert_eq!(places(&both(first, second)).len(), 1, "{first} {second}");
    }
    let apart = windows_of(&[(one, "20T06:00", "20T16:00"), (one, "20T16:01", "21T02:00")]);
    assert!(parse(&apart).is_ok());
    let together = windows_of(&[(one, "20T06:00", "20T12:00"), (one, "20T12:00", "20T18:00")]);
    assert!(parse(&together).is_ok(), "12h together");
    let longer = both(one, one) + "limits: { window: 20h }\n";
    assert!(parse(&longer).is_ok());
    // A window that is wrong by itself is reported once.
    let too_long = windows_of(&[(one, "20T06:00", "21T06:00"), (one, "21T06:00", "21T07:00")]);
    assert_eq!(places(&too_long).len(), 1);
}

#[test]
fn one_off_windows_count_in_the_total_of_their_account() {
    let (one, other) = ("111122223333", "444455556666");
    let days = |accounts: [&str; 3]| {
        let [first, second, third] = accounts;
        windows_of(&[
            (first, "02T06:00", "02T16:00"),
            (second, "10T06:00", "10T16:00"),
            (third, "20T06:00", "20T16:00"),
        ])
    };
    let errors = parse(&days([one; 3])).unwrap_err();
    let [error] = errors.errors() else { panic!("{}", errors.render(false)) };
    assert_eq!((error.code, error.line), ("window-total", 5));
    assert_eq!(
        error.message,
        "`w0`, `w1` and `w2` are open for 1d6h in account 111122223333 from 2026-11-02 to 2026-12-01; \
         `limits.window-total` allows 1d in any 30 days"
    );
    assert!(parse(&days([one, one, other])).is_ok());
    assert_eq!(places(&days([one, "", one])).len(), 1);
    assert_eq!(places(&days([""; 3])).len(), 1, "reported once, not for every account");
    assert!(parse(&(days([one; 3]) + "limits: { window-total: 30h }\n")).is_ok());
}
