//! Texts from servers and the environment never become commands in the log of a runner.

use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rootgate::model::format_time;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::{Gate, ROLE};
use crate::support::{EVENTS_OF_ONE_REGION, EVENTS_OFF, Finished};

/// The commands that the runner would find: `::name …::…` at the start of a line after blanks, and
/// `##[name …]` anywhere in it. Source: actions/runner, ActionCommand.cs.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let start = line.trim_start();
        if let Some(rest) = start.strip_prefix("::")
            && rest.contains("::")
        {
            found.push(start.to_owned());
        }
        if let Some((_, rest)) = line.split_once("##[")
            && rest.contains(']')
        {
            found.push(line.to_owned());
        }
    }
    found
}

/// Whether the command is the gate's own. Hostile text may only be in its message, as data.
fn own(command: &str) -> bool {
    let names = ["add-mask", "group", "endgroup", "error", "warning", "notice"];
    let Some((head, _)) = command.trim_start_matches("::").split_once("::") else { return false };
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    names.contains(&name) && !properties.contains("pwned")
}

/// Checks that no part of the hostile text is a command, hides text, or moves the cursor.
fn harmless(ended: &Finished, files: &[String], what: &str) {
    let output = format!("{}\n{}", ended.stdout, ended.stderr);
    for command in commands(&output) {
        assert!(own(&command), "{what}\n{command}\nin {output}");
    }
    for text in files.iter().chain([&output]) {
        let hidden = |letter: char| letter.is_control() && letter != '\n';
        assert!(!text.chars().any(hidden), "{what}\n{text:?}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{2028}'), "{what}\n{text:?}");
    }
}

/// Our own colours would look like an attacker's.
const PLAIN: &[&str] = &["--color", "never"];

/// Texts that would be commands, rows, links or colours without escaping.
const NASTY: &[&str] = &[
    "::error::pwned",
    "\n::error::pwned",
    "\r\n  ::set-output name=verdict::pwned",
    "##[set-output name=verdict;]pwned",
    "x ##[error]pwned",
    "\u{1b}[2J\u{1b}]0;pwned\u{7}",
    "\u{85}::warning::pwned",
    "\u{2028}::warning::pwned",
    "\u{202e}denwp",
    "|pwned|\n|---|",
    "[pwned](https://pwned.example)",
    "# pwned",
    "::stop-commands::pwned",
    "%0A::error::pwned",
];

fn pieces() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(NASTY).prop_map(str::to_owned);
    let piece = prop_oneof![3 => nasty, 1 => "[ -~]{0,6}", 1 => Just("\n".to_owned()), 1 => Just(" ".to_owned())];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// The text on one line, for a scenario file.
fn in_scenario(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_graphic() && letter != '\\';
    let escaped = |letter: char| match plain(letter) {
        true => letter.to_string(),
        false => format!("\\u{{{:x}}}", u32::from(letter)),
    };
    text.chars().map(escaped).collect()
}

fn files(gate: &Gate) -> Vec<String> {
    vec![gate.folder.read("github-summary"), gate.folder.read("github-output")]
}

fn property(runs: u32, test: impl Fn(String)) {
    let config = Config { cases: runs, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
    .run(&pieces(), |text| {
        test(text);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn an_error_message_of_a_server_is_never_a_command() {
    let calls = [
        ("AssumeRoleWithWebIdentity", "403 AccessDenied"),
        ("GetCallerIdentity", "400 SomethingNew"),
        ("GetAccountSummary", "403 AccessDenied"),
        ("GetCredentialReport", "400 SomethingNew"),
        ("LookupEvents", "403 AccessDeniedException"),
        ("GitHubToken", "403 x"),
    ];
    property(10, |text| {
        for (call, error) in calls {
            let lines = format!("fault {call} = error {error} {}", in_scenario(&text));
            let policy = if call == "LookupEvents" { EVENTS_OF_ONE_REGION } else { EVENTS_OFF };
            let gate = Gate::on_github(Fake::with(&lines)).policy(policy);
            for details in ["full", "redacted"] {
                let arguments = ["check", "--role-arn", ROLE, "-v", "--details", details];
                let ended = gate.run(&[&arguments[..], PLAIN].concat());
                assert!([2, 3].contains(&ended.code), "{}", ended.stderr);
                harmless(&ended, &files(&gate), &format!("{call}: {text:?}"));
                let verdict = if ended.code == 2 { "error" } else { "undetermined" };
                assert_eq!(gate.output("verdict"), verdict);
                gate.folder.write("github-output", "");
            }
        }
    });
}

#[test]
fn a_variable_of_the_environment_is_never_a_command() {
    let names = [
        "GITHUB_RUN_ID",
        "GITHUB_EVENT_NAME",
        "GITHUB_EVENT_PATH",
        "GITHUB_WORKSPACE",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_ENDPOINT_URL",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "SSL_CERT_FILE",
    ];
    property(8, |text| {
        for name in names {
            let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF).set(name, &text);
            let arguments = ["check", "--role-arn", ROLE, "-v", "--details", "full"];
            let ended = gate.run(&[&arguments[..], PLAIN, &["--timeout", "2s"]].concat());
            assert!([0, 2, 3].contains(&ended.code), "{}", ended.stderr);
            harmless(&ended, &files(&gate), &format!("{name}: {text:?}"));
        }
    });
}

#[test]
fn an_argument_is_never_a_command() {
    let flags = [
        "--policy",
        "--evidence",
        "--role-arn",
        "--external-id",
        "--account",
        "--region",
        "--oidc-audience",
        "--endpoint-url",
        "--ca-bundle",
        "--category",
        "--timeout",
        "--json",
        "--format",
        "--fail-on",
    ];
    property(8, |text| {
        for flag in flags {
            let gate = Gate::on_github(Fake::with(""));
            let argument = format!("{flag}={text}");
            let mut arguments = vec!["check", "-v", "--details=full", "--color=never", &argument];
            if flag != "--timeout" {
                arguments.push("--timeout=2s");
            }
            let ended = gate.run(&arguments);
            harmless(&ended, &files(&gate), &format!("{flag}: {text:?}"));
            assert!([0, 2].contains(&ended.code), "{flag}: {}", ended.stderr);
        }
    });
}

#[test]
fn a_file_is_never_a_command() {
    property(24, |text| {
        let gate = Gate::on_github(Fake::with(""));
        let quoted = serde_json::to_string(&text).unwrap();
        let gap = format!(
            r#"{{"schema":"rootgate.evidence/v1","collected_at":"2026-11-20T08:00:00Z","accounts":[
            {{"id":"111122223333","account_summary":{{"gap":{{"source":"account-summary",
            "action":"iam:GetAccountSummary","cause":"denied","detail":{quoted},"grant":{quoted}}}}}}}]}}"#
        );
        gate.folder.write("evidence.json", gap);
        let one_line = text.replace(['\n', '\r', '\u{85}', '\u{2028}'], " ");
        gate.folder.write("comment.yaml", format!("version: 1\nfoo: 1 # {one_line}\n"));
        gate.folder.write("key.yaml", format!("version: 1\n{quoted}: 1\n"));
        gate.folder.write("raw.yaml", format!("version: 1\n{text}\n"));
        gate.folder.write("report.csv", format!("user,arn\n{text}\n"));
        let offline = ["check", "--offline", "-v", "--details", "full", "--color", "never"];
        let more: [&[&str]; 6] = [
            &["--evidence", "evidence.json"],
            &["--evidence", "evidence.json", "--policy", "comment.yaml"],
            &["--evidence", "evidence.json", "--policy", "key.yaml"],
            &["--evidence", "evidence.json", "--policy", "raw.yaml"],
            &["--evidence", "comment.yaml"],
            &["--credential-report", "report.csv"],
        ];
        for more in more {
            let ended = gate.run(&[&offline[..], more].concat());
            assert!([2, 3].contains(&ended.code), "{more:?}: {}", ended.stderr);
            harmless(&ended, &files(&gate), &format!("{more:?}: {text:?}"));
        }
        let name = format!("{}.yaml", text.replace('/', "_"));
        for content in ["version: 1\n", "version: 1\nfoo: 1\n"] {
            gate.folder.write(&name, content);
            let ended = gate.run(&["policy", "check", "--color=never", "--", &name]);
            assert!([0, 2].contains(&ended.code));
            harmless(&ended, &[], &format!("policy check {name:?}"));
        }
        let checked =
            ["policy", "check", "comment.yaml", "key.yaml", "raw.yaml", "--color", "never"];
        harmless(&gate.run(&checked), &[], &format!("policy check: {text:?}"));
    });
}

/// Events with hostile text in every field that a caller can choose, in and outside a window.
fn recorded(text: &str) -> Value {
    let ago =
        |hours| format_time(DateTime::<Utc>::from(SystemTime::now()) - TimeDelta::hours(hours));
    let event = |id: &str, hours: i64, kind: &str, more: Value| {
        let mut event = json!({
            "time": ago(hours), "id": format!("{id} {text}"), "region": format!("us-east-1{text}"),
            "event_source": format!("s3{text}.amazonaws.com"), "event_name": format!("Put{text}"),
            "kind": kind, "read_only": false, "access_key": "session", "error_code": text,
            "source_address": text, "user_agent": text, "session_started": ago(hours),
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let key = json!({ "access_key": "long-lived-key", "access_key_id": format!("AKIA{text}") });
    let change = json!({ "key_change": { "id": text, "state": "made" } });
    let client = json!({
        "access_key": "nothing", "sign_in_session": text,
        "client": { "id": text, "redirect_uri": text, "grant_type": text },
    });
    let device = json!({ "mfa_target": {
        "user_name": text, "serial_number": text, "else_kind": "session-call",
    } });
    let attempts = (0..5).map(|n| event(&format!("f{n}"), 30, "sign-in-denied", json!({})));
    let events = ["us-east-1", "us-east-2", "us-west-2"];
    let regions = events.map(|region| json!({ "region": region, "until": ago(1) }));
    let events: Vec<Value> = [
        event("a", 50, "sign-in", json!({ "mfa": false, "access_key": "nothing" })),
        event("b", 50, "session-call", json!({})),
        event("c", 30, "key-call", key),
        event("d", 30, "credential-change", change),
        event("i", 31, "client-sign-in", client),
        event("k", 12, "credential-change", device),
        event("e", 20, "central-audit", json!({})),
        event("g", 10, "change-by-another", json!({})),
        event("h", 10, "unrecognised", json!({})),
    ]
    .into_iter()
    .chain(attempts)
    .collect();
    json!({ "schema": "rootgate.evidence/v1", "collected_at": ago(0), "accounts": [{
        "id": "111122223333", "partition": "aws", "root_events": { "observed_at": ago(0), "value": {
            "since": ago(24 * 8), "all_regions": true, "regions": regions, "events": events,
            "gaps": [{ "region": text, "gap": {
                "source": "root-events", "action": "cloudtrail:LookupEvents", "cause": "throttled",
                "detail": text, "grant": null,
            } }],
    } } }] })
}

/// Checks that hostile text adds no link, image or row to a summary, and no special character to its
/// diagrams.
fn harmless_markdown(summary: &str, what: &str) {
    for planted in ["[pwned](", "\n|pwned", "\n# pwned", "\n::"] {
        assert!(!summary.contains(planted), "{what}\n{summary}");
    }
    for part in summary.split("```mermaid\n").skip(1) {
        let diagram = part.split("```").next().unwrap();
        for label in diagram.lines().filter_map(|line| line.split_once(" :")).map(|(it, _)| it) {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || " ._-".contains(letter);
            assert!(label.chars().all(plain), "{what}\n{label}");
        }
    }
}

#[test]
fn recorded_events_are_never_commands() {
    property(12, |text| {
        let one_line: String = text.chars().filter(|letter| !letter.is_control()).collect();
        let id: String = one_line.chars().filter(char::is_ascii).take(90).collect();
        let at =
            |hours| format_time(DateTime::<Utc>::from(SystemTime::now()) - TimeDelta::hours(hours));
        let window = json!({
            "id": format!("w {id}"), "reason": "r", "ticket": "T", "from": at(51), "to": at(49),
        });
        let gate = Gate::on_github(Fake::with(""))
            .policy(&json!({ "version": 1, "windows": [window] }).to_string());
        gate.folder.write("evidence.json", recorded(&text).to_string());
        let runs = [
            ("text", "full"),
            ("text", "redacted"),
            ("markdown", "full"),
            ("markdown", "redacted"),
            ("json", "full"),
            ("sarif", "full"),
        ];
        for (format, details) in runs {
            gate.folder.write("github-output", "");
            gate.folder.write("github-summary", "");
            let arguments =
                ["check", "--offline", "--evidence", "evidence.json", "-v", "--format", format];
            let ended = gate.run(&[&arguments[..], &["--details", details], PLAIN].concat());
            assert_eq!(ended.code, 1, "{}", ended.stderr);
            let what = format!("{format}, {details}: {text:?}");
            harmless(&ended, &files(&gate), &what);
            let summary = gate.folder.read("github-summary");
            harmless_markdown(&summary, &what);
            let shown = summary.contains("section Not a use") && summary.contains("signed in");
            assert_eq!(shown, details == "full", "{summary}");
            if format == "markdown" {
                harmless_markdown(&ended.stdout, &what);
            }
        }
    });
}

#[test]
fn answers_of_cloudtrail_are_never_commands() {
    property(6, |text| {
        let text = in_scenario(&text);
        let fake = Fake::with(&format!(
            "event = 1d us-east-2 signin:ConsoleLogin mfa=no from={text} agent={text}\n\
             event = 23h us-east-2 s3:Put{text} from={text} agent={text} error={text} id={text}\n\
             event = 22h us-east-2 s3:PutBucketPolicy key=AKIA{text} from={text}"
        ));
        let gate = Gate::on_github(fake).policy(EVENTS_OF_ONE_REGION);
        let arguments = ["check", "--role-arn", ROLE, "-v", "--details", "full"];
        let ended = gate.run(&[&arguments[..], PLAIN].concat());
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        harmless(&ended, &files(&gate), &text);
        harmless_markdown(&gate.folder.read("github-summary"), &text);
        assert!(ended.stdout.contains("without MFA from"), "{}", ended.stdout);
    });
}

#[test]
fn the_oracle_finds_commands_where_the_runner_does() {
    for text in ["a\n  ::error::x", "a ##[set-output name=x;]y", "x\r::debug::y"] {
        assert_eq!(commands(text).len(), 1, "{text:?}");
    }
    assert!(commands("iam::x, a ## [x] and ::\nno").is_empty());
}
