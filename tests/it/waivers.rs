//! The life of a waiver in the log, in the summary and in the JSON report.

use serde_json::{Value, json};

use crate::support::{ACTIVE_KEY, Folder, REPORT, credential_report};

/// The three reports about an account with an active key of 2019-05-02, judged as of 2026-11-20 with
/// these waivers.
struct Judged {
    code: i32,
    terminal: String,
    summary: String,
    json: Value,
}

fn judged(waivers: &str) -> Judged {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    // The key is older than its rule allows; these tests ignore that rule.
    let policy = format!(
        "version: 1\nrules:\n  root-access-key-not-rotated: off\n  root-access-key-present: off\nwaivers:\n{waivers}evidence: {{ root-events: off }}\n"
    );
    folder.write("rootgate.yaml", policy);
    let files = ["--json", "out.json", "--summary", "out.md"];
    let ended = folder.run(&[&REPORT[..], &files].concat());
    assert_ne!(ended.code, 2, "{}", ended.stderr);
    Judged {
        code: ended.code,
        terminal: ended.stdout.split_whitespace().collect::<Vec<_>>().join(" "),
        summary: folder.read("out.md").replace('`', ""),
        json: folder.json("out.json"),
    }
}

fn key_waiver(day: &str, from: &str, expires: &str) -> String {
    format!(
        "  - rule: root-access-key-active
    accounts: [\"111122223333\"]
    subject: {{ access-key-created: {day} }}
    reason: billing export moves to a role
    ticket: SEC-77
    from: {from}
    expires: {expires}
"
    )
}

fn outcome<'a>(judged_run: &'a Judged, rule: &str) -> &'a Value {
    let outcomes = judged_run.json["accounts"][0]["outcomes"].as_array().unwrap();
    outcomes.iter().find(|outcome| outcome["rule"] == rule).unwrap()
}

/// The codes of the notices about waivers.
fn notices(judged_run: &Judged) -> Vec<(&str, &str)> {
    let notices = judged_run.json["notices"].as_array().unwrap().iter();
    let texts = notices.map(|it| (it["code"].as_str().unwrap(), it["message"].as_str().unwrap()));
    texts.filter(|(code, _)| code.starts_with("waiver")).collect()
}

#[test]
fn every_stage_of_a_waiver_has_its_notice_in_all_three_reports() {
    let of = "the waiver of root-access-key-active (SEC-77)";
    for (day, from, expires, code, notice) in [
        (
            "2019-05-02",
            "2026-11-21",
            "2027-01-15",
            1,
            Some(("waiver-not-yet-valid", "begins on 2026-11-21")),
        ),
        ("2019-05-02", "2026-11-20", "2026-12-05", 0, None),
        (
            "2019-05-02",
            "2026-11-01",
            "2026-12-04",
            0,
            Some(("waiver-expires-soon", "ends in 14 days, on 2026-12-04")),
        ),
        (
            "2019-05-02",
            "2026-11-01",
            "2026-11-20",
            0,
            Some(("waiver-expires-soon", "ends today, on 2026-11-20")),
        ),
        (
            "2019-05-02",
            "2026-11-01",
            "2026-11-19",
            1,
            Some(("waiver-expired", "ended on 2026-11-19 and covers nothing now; remove it")),
        ),
        (
            "2018-01-01",
            "2026-11-01",
            "2027-01-15",
            1,
            Some((
                "waiver-unused",
                "covers nothing: its subject was not found; if it is gone, remove the waiver",
            )),
        ),
    ] {
        let judged_run = judged(&key_waiver(day, from, expires));
        let stage = format!("{day} {from} {expires}");
        assert_eq!(judged_run.code, code, "{stage}");
        let Some((kind, words)) = notice else {
            assert_eq!(notices(&judged_run), [], "{stage}");
            continue;
        };
        let message = format!("{of} {words}");
        assert_eq!(notices(&judged_run), [(kind, &*message)], "{stage}");
        assert!(
            judged_run.terminal.contains(&format!("{message} (policy line 6)")),
            "{}",
            judged_run.terminal
        );
        let row = judged_run.summary.lines().find(|line| line.contains(kind)).unwrap();
        assert!(row.contains(&message) && row.contains("| 6 |"), "{row}");
    }
}

#[test]
fn a_waiver_by_time_covers_one_of_two_keys_of_a_day() {
    let judged = |made: &str| {
        let folder = Folder::new();
        let second = [
            ("access_key_2_active", "true"),
            ("access_key_2_last_rotated", "2019-05-02T11:30:00Z"),
        ];
        folder.write("report.csv", credential_report(&[ACTIVE_KEY, &second].concat()));
        let policy = format!(
            "version: 1\nrules: {{ root-access-key-not-rotated: off }}\nevidence: {{ root-events: off }}\nwaivers:\n{}",
            key_waiver(made, "2026-11-01", "2027-01-15")
        );
        folder.write("rootgate.yaml", policy);
        let ended = folder.run(&[&REPORT[..], &["--json", "out.json"]].concat());
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        folder.json("out.json")
    };
    let waived = |report: &Value| -> Vec<(String, bool)> {
        let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
        let active = outcomes.iter().find(|it| it["rule"] == "root-access-key-active").unwrap();
        let findings = active["findings"].as_array().unwrap().iter();
        let subject = |it: &Value| it["subject"].as_str().unwrap().to_owned();
        findings.map(|it| (subject(it), !it["waiver"].is_null())).collect()
    };
    let named = |first, second| {
        vec![("key 2019-05-02".to_owned(), first), ("key 2019-05-02 #2".to_owned(), second)]
    };
    let by_day = judged("2019-05-02");
    assert_eq!(waived(&by_day), named(false, false));
    let notices = by_day["notices"].as_array().unwrap();
    let notice = notices.iter().find(|it| it["code"] == "waiver-ambiguous").unwrap();
    let judged_run = notice["message"].as_str().unwrap();
    assert!(judged_run.contains("2019-05-02T10:00:00Z, 2019-05-02T11:30:00Z"), "{judged_run}");
    assert!(judged_run.contains("`access-key-created: 2019-05-02T10:00:00Z`"), "{judged_run}");
    assert_eq!(waived(&judged("2019-05-02T10:00:00Z")), named(true, false));
    assert_eq!(waived(&judged("2019-05-02T13:30:00+02:00")), named(false, true));
}

#[test]
fn a_waiver_whose_rule_finds_nothing_any_more_is_unused() {
    let waiver = "  - rule: root-signing-certificate-present
    accounts: [\"111122223333\"]
    reason: an old SOAP client
    ticket: SEC-9
    from: 2026-11-01
    expires: 2027-01-15
";
    let judged_run = judged(waiver);
    let message = "the waiver of root-signing-certificate-present (SEC-9) covers nothing: its rule no longer finds anything; remove the waiver";
    assert_eq!(notices(&judged_run), [("waiver-unused", message)]);
    assert!(judged_run.terminal.contains(message) && judged_run.summary.contains(message));
}

#[test]
fn a_waived_finding_stays_visible_with_ticket_reason_and_end() {
    let judged_run = judged(&key_waiver("2019-05-02", "2026-11-01", "2027-01-15"));
    assert_eq!((judged_run.code, &judged_run.json["counts"]["waived"]), (0, &json!(1)));
    let active = outcome(&judged_run, "root-access-key-active");
    assert_eq!(active["outcome"], "waived");
    let finding = &active["findings"][0];
    assert_eq!(finding["subject"], "key 2019-05-02");
    let waiver = &finding["waiver"];
    assert_eq!(
        (&waiver["ticket"], &waiver["reason"], &waiver["expires"]),
        (&json!("SEC-77"), &json!("billing export moves to a role"), &json!("2027-01-15"))
    );
    for part in ["SEC-77", "billing export moves to a role", "2027-01-15", "key 2019-05-02"] {
        assert!(judged_run.terminal.contains(part), "{part}: {}", judged_run.terminal);
        assert!(judged_run.summary.contains(part), "{part}: {}", judged_run.summary);
    }
}

#[test]
fn before_enforce_from_the_gate_says_that_it_would_fail() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    // Long ago, so that no day is too far in the future.
    let arguments = [
        "check",
        "--credential-report",
        "report.csv",
        "--report-generated-at",
        "2021-01-10T08:00:00Z",
        "--at",
        "2021-01-10T09:00:00Z",
        "--json",
        "out.json",
    ];
    let run = |day: &str| {
        folder.write("rootgate.yaml", format!("version: 1\ngate: {{ enforce-from: {day} }}\n"));
        folder.run(&arguments)
    };
    let ended = run("2021-01-11");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let words = "the gate blocks from 2021-01-11 on (`enforce-from`); today it would block";
    assert!(ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(words));
    let report = folder.json("out.json");
    assert_eq!((&report["verdict"], &report["exit_code"]), (&json!("fail"), &json!(0)));
    assert_eq!(run("2021-01-10").code, 1, "the day itself is enforced");
}
