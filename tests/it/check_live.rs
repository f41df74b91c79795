//! `rootgate check` against a fake AWS, from sign-in to the runner's files.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::{Gate, ROLE, policy_of};
use crate::support::{ACCOUNT, EVENTS_OFF, Finished, side_by_side};

const OTHER: &str = "444455556666";
const THIRD: &str = "123456789012";

const OUTPUTS: [&str; 10] = [
    "verdict",
    "exit-code",
    "failed-count",
    "undetermined-count",
    "waived-count",
    "sarif-file",
    "report-file",
    "policy-sha256",
    "evaluated-at",
    "valid-until",
];

/// Three accounts that each fail three rules.
fn three_red() -> Fake {
    let red =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scenarios/red.txt"));
    let red = red.unwrap();
    Fake::start(&[ACCOUNT, OTHER, THIRD].map(|id| red.replace(ACCOUNT, id)).join("\n"))
}

// -- verdicts ---------------------------------------------------------------------------------------

#[test]
fn every_scenario_ends_with_its_verdict_and_exit_code() {
    let scenarios = [
        ("red.txt", "fail", 1),
        ("events.txt", "fail", 1),
        ("undetermined.txt", "undetermined", 3),
        ("green.txt", "pass", 0),
        ("first-report.txt", "pass", 0),
        ("busy.txt", "pass", 0),
    ];
    side_by_side(scenarios, |(scenario, verdict, code)| {
        let gate = Gate::with_keys(Fake::example(scenario));
        let ended = gate.run(&["check", "--json", "out.json", "--timeout", "20s"]);
        assert_eq!(ended.code, code, "{scenario}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(gate.folder.json("out.json")["verdict"], verdict, "{scenario}");
        assert_eq!(ended.stderr, "", "{scenario}");
    });
}

#[test]
fn another_account_is_refused_before_any_evidence_call() {
    let gate = Gate::with_keys(Fake::with(""));
    let ended = gate.run(&["check", "--account", OTHER]);
    ended.refused(&[&format!("the credentials belong to account {ACCOUNT}, not to {OTHER}")]);
    assert_eq!(gate.fake.names(), ["GetCallerIdentity"]);
    let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
    let ended = gate.run(&["check", "--role-arn", ROLE, "--account", OTHER, "--details", "full"]);
    ended.refused(&["may not be signed in to", &format!("`--account {ACCOUNT}`")]);
    assert!(gate.fake.names().is_empty(), "the role's ARN already tells: {:?}", gate.fake.names());
    let allowed = gate.run(&["check", "--role-arn", ROLE, "--account", ACCOUNT]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
}

#[test]
fn several_accounts_are_reported_in_the_order_of_the_scope() {
    let ids = [THIRD, ACCOUNT, OTHER];
    let gate = Gate::on_github(three_red()).policy(&policy_of(&ids, ""));
    let ended = gate.run(&["check", "--json", "out.json", "--concurrency", "3"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let report = gate.folder.json("out.json");
    let found: Vec<_> = report["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, ids);
    assert_eq!(gate.fake.count("AssumeRoleWithWebIdentity"), 3);
}

// -- the runner -------------------------------------------------------------------------------------

fn masks(text: &str) -> usize {
    text.lines().take_while(|line| line.starts_with("::add-mask::")).count()
}

#[test]
fn masks_come_first_and_never_into_a_document() {
    let gate = Gate::on_github(Fake::example("red.txt")).policy(EVENTS_OFF);
    let ended = gate.run(&["check", "--role-arn", ROLE]);
    assert_eq!((ended.code, masks(&ended.stdout)), (1, 4), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("::add-mask::").count(), 4);
    assert!(ended.stdout.lines().next().unwrap().starts_with("::add-mask::ey"), "the token");
    for format in ["json", "sarif"] {
        let arguments = ["check", "--role-arn", ROLE, "--details", "full", "--format", format];
        let ended = gate.run(&arguments);
        assert_eq!((ended.code, masks(&ended.stderr)), (1, 4), "{format}: {}", ended.stderr);
        let document: Value = serde_json::from_str(&ended.stdout).expect(format);
        assert!(document.is_object());
    }
    let local = Gate::with_keys(Fake::example("red.txt")).policy(EVENTS_OFF).run(&["check", "-v"]);
    let output = local.stdout + &local.stderr;
    assert!(!output.lines().any(|line| line.starts_with("::")), "no command on a laptop: {output}");
}

#[test]
fn a_step_gets_ten_outputs_and_a_summary() {
    let gate = Gate::on_github(Fake::example("red.txt")).policy(EVENTS_OFF);
    let before = epoch();
    let files = ["--sarif", "root.sarif", "--json", "root.json"];
    let ended = gate.run(&[&["check", "--role-arn", ROLE][..], &files].concat());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let outputs = gate.outputs();
    assert_eq!(outputs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), OUTPUTS);
    for (name, value) in [
        ("verdict", "fail"),
        ("exit-code", "1"),
        ("failed-count", "3"),
        ("undetermined-count", "0"),
        ("waived-count", "0"),
        ("sarif-file", "root.sarif"),
        ("report-file", "root.json"),
    ] {
        assert_eq!(gate.output(name), value, "{name}");
    }
    assert_eq!(gate.output("policy-sha256").len(), 64);
    let at: u64 = gate.output("evaluated-at").parse().unwrap();
    let until: u64 = gate.output("valid-until").parse().unwrap();
    assert!((before..=epoch()).contains(&at), "{at}");
    assert_eq!(until - at, 3_600, "no waiver and no old fact ends it sooner");
    let report = gate.folder.json("root.json");
    assert_eq!(report["counts"]["failed"], 3);
    let summary = gate.folder.read("github-summary");
    assert!(summary.starts_with('#') && summary.contains("root-access-key-active"), "{summary}");
}

fn epoch() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

#[test]
fn an_old_report_shortens_the_validity_of_a_pass() {
    // The report cannot be renewed, and is too old in 45 minutes.
    let fake = Fake::with("report.age = 210m");
    let gate = Gate::on_github(fake).policy(EVENTS_OFF);
    assert_eq!(gate.run(&["check", "--role-arn", ROLE]).code, 0);
    let [at, until] =
        ["evaluated-at", "valid-until"].map(|name| gate.output(name).parse::<u64>().unwrap());
    assert!((2_640..=2_700).contains(&(until - at)), "{}", until - at);
}

#[test]
fn at_most_eight_annotations_point_at_the_policy() {
    let policy = policy_of(&[ACCOUNT, OTHER, THIRD], "");
    for details in ["full", "redacted"] {
        let gate = Gate::on_github(three_red()).policy(&policy);
        let ended = gate.run(&["check", "--details", details]);
        assert_eq!(ended.code, 1);
        let is_one = |line: &&str| {
            ["::error", "::warning", "::notice"].iter().any(|it| line.starts_with(it))
        };
        let annotations: Vec<&str> = ended.stdout.lines().filter(is_one).collect();
        assert_eq!(annotations.len(), 8, "{annotations:#?}");
        let of_policy =
            "::error file=rootgate.yaml,line=1,title=root-access-key-active (critical)::";
        assert!(annotations[0].starts_with(of_policy), "{}", annotations[0]);
        assert!(annotations[7].contains("and 2 more"), "{}", annotations[7]);
    }
}

#[test]
fn exit_2_leaves_verdict_error_in_the_outputs_and_the_reason_in_the_summary() {
    let arguments: [&[&str]; 3] = [
        &["check", "--role-arn", ROLE],
        &["check", "--policy", "missing.yaml"],
        &["check", "--no-such-flag"],
    ];
    for arguments in arguments {
        let gate = Gate::on_github(Fake::example("untrusted.txt"));
        assert_eq!(gate.run(arguments).code, 2, "{arguments:?}");
        let outputs = gate.outputs();
        assert_eq!(outputs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), OUTPUTS);
        assert_eq!(
            (gate.output("verdict"), gate.output("exit-code")),
            ("error".into(), "2".into())
        );
        let values: String = outputs[2..].iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, "", "{arguments:?}");
        let summary = gate.folder.read("github-summary");
        assert!(summary.contains("error, nothing was judged"), "{arguments:?}: {summary}");
    }
}

// -- redaction --------------------------------------------------------------------------------------

/// Whether the full report was shown.
fn shown_whole(ended: &Finished) -> bool {
    without_masks(&ended.stdout).contains(ACCOUNT)
}

fn without_masks(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    kept.join("\n")
}

#[test]
fn details_follow_the_claim_then_the_event_then_default_to_redacted() {
    let red = || Fake::example("red.txt");
    let claim = |visibility: &str| {
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/scenarios/red.txt"
        ));
        Fake::start(&format!("claim.repository_visibility = {visibility}\n{}", text.unwrap()))
    };
    let run = |gate: &Gate, more: &[&str]| {
        let ended = gate.run(&[&["check"][..], more].concat());
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        shown_whole(&ended)
    };
    let on_github = |fake| Gate::on_github(fake).policy(EVENTS_OFF);
    let without_token = || Gate::on_github_without_token(red()).policy(EVENTS_OFF);
    let laptop = || Gate::with_keys(red()).policy(EVENTS_OFF);
    let public = json!({ "visibility": "public", "private": false });
    let private = json!({ "visibility": "private", "private": true });
    let by_role = ["--role-arn", ROLE];
    for (visibility, whole) in [("private", true), ("internal", true), ("public", false)] {
        let gate = on_github(claim(visibility));
        assert_eq!(run(&gate, &by_role), whole, "claim {visibility}");
        let other = if whole { &public } else { &private };
        let gate = on_github(claim(visibility)).event(other);
        assert_eq!(run(&gate, &by_role), whole, "claim {visibility} against the event");
    }
    // Keys of an earlier step: there is no token, so there are no claims.
    for (event, whole) in [
        (public.clone(), false),
        (private.clone(), true),
        (json!({ "private": true }), true),
        (json!({ "private": false }), false),
        (json!({}), false),
    ] {
        let gate = without_token().keys().event(&event);
        assert_eq!(run(&gate, &[]), whole, "event {event}");
    }
    let gate = without_token().keys();
    assert!(!run(&gate, &[]), "nobody says anything");
    assert!(run(&gate, &["--details", "full"]), "a flag wins");
    assert!(run(&laptop(), &[]), "a laptop is nobody else's");
    assert!(!run(&laptop(), &["--details", "redacted"]));
}

/// Everything in the run and its account that must be redacted.
const PRIVATE: &[&str] = &[
    ACCOUNT,
    OTHER,
    "arn:",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAFAKE",
    "AROA",
    "203.0.113.9",
    "2001:db8",
    "the invoice is paid by root",
    "billing export moves in Q1",
    "SEC-77",
    "CHG-1234",
    "2019-05-02",
    "eu-central-1",
];

const REASONS: &str = "\
windows:
  - id: invoices
    reason: the invoice is paid by root
    ticket: CHG-1234
    from: 2026-01-01T09:00:00Z
    to: 2026-01-01T10:00:00Z
waivers:
  - rule: root-mfa-missing
    accounts: [\"111122223333\"]
    reason: billing export moves in Q1
    ticket: SEC-77
    from: FROM
    expires: EXPIRES
";

/// A policy with these reasons, which is valid at any time.
fn reasons() -> String {
    let day = |days: u64| {
        let at = SystemTime::now() + Duration::from_secs(days * 86_400);
        chrono::DateTime::<chrono::Utc>::from(at).format("%Y-%m-%d").to_string()
    };
    REASONS.replace("FROM", &day(0)).replace("EXPIRES", &day(60))
}

#[test]
fn redacted_output_contains_no_ids_addresses_keys_or_reasons() {
    let hostile = "error 403 AccessDenied User: arn:aws:sts::111122223333:assumed-role/r/s from \
                   203.0.113.9 or 2001:db8::1 with ASIAFAKE111122223333 may not";
    let red = "root.access_key_1_active = true\nroot.access_key_1_last_rotated = \
               2019-05-02T10:00:00Z\nroot.access_key_1_last_used_date = 3d ago\n\
               root.access_key_1_last_used_region = eu-central-1\n\
               summary.AccountAccessKeysPresent = 1\n";
    let mut codes = Vec::new();
    for lines in [
        red.to_owned(),
        format!("{red}fault GetAccountSummary = {hostile}"),
        format!("fault GetCredentialReport = {hostile}"),
        format!("fault AssumeRoleWithWebIdentity = {hostile}"),
        format!("fault GetCallerIdentity = {hostile}"),
        format!("account = {OTHER}\nfault GetCallerIdentity = {hostile}"),
        "fault GitHubToken = error 403 x 203.0.113.9 says no to 111122223333".to_owned(),
    ] {
        for command in [&["check", "-v"][..], &["check"], &["check", "-q"], &["collect", "-v"]] {
            let fake = Fake::start(&format!(
                "claim.repository_visibility = public\naccount = {ACCOUNT}\n{lines}"
            ));
            let gate = Gate::on_github(fake).policy(&policy_of(&[ACCOUNT, OTHER], &reasons()));
            let more: &[&str] = match command[0] {
                "collect" => &["--output", "evidence.json", "--timeout", "2s"],
                _ => &["--json", "full.json", "--timeout", "2s"],
            };
            let ended = gate.run(&[command, more].concat());
            codes.push(ended.code);
            let readable = [
                without_masks(&ended.stdout),
                without_masks(&ended.stderr),
                gate.folder.read("github-summary"),
                gate.folder.read("github-output"),
            ]
            .join("\n");
            for private in PRIVATE {
                assert!(!readable.contains(private), "{private} of {lines}\n{readable}");
            }
        }
    }
    for code in [0, 1, 2, 3] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

#[test]
fn redacted_errors_about_arguments_contain_no_ids() {
    let gate = Gate::on_github(Fake::with(""));
    let wrong = gate.run(&["check", "--account", "1111222233334"]);
    wrong.refused(&["invalid value '[left out]'", "--account"]);
    let output = format!("{}{}{}", wrong.stdout, wrong.stderr, gate.folder.read("github-summary"));
    assert!(!output.contains(ACCOUNT), "{output}");
    let laptop = Gate::with_keys(Fake::with("")).run(&["check", "--account", "1111222233334"]);
    laptop.refused(&["invalid value '1111222233334'"]);
}

// -- ends -------------------------------------------------------------------------------------------

#[cfg(unix)]
#[test]
fn an_interrupted_run_judges_what_it_has() {
    for (scenario, hanging, code) in [
        ("red.txt", "ListVirtualMFADevices", 1),
        ("green.txt", "GetAccountSummary", 3),
        ("green.txt", "GetCredentialReport", 3),
    ] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scenarios/");
        let text = std::fs::read_to_string(format!("{folder}{scenario}")).unwrap();
        let gate = Gate::with_keys(Fake::start(&format!("{text}\nfault {hanging} = hang")));
        let child = gate.command(&["check", "--json", "out.json"]).spawn().unwrap();
        let started = Instant::now();
        while gate.evidence_calls() < 3 {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let started = Instant::now();
        let ended = Finished::from_output(child.wait_with_output().unwrap());
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert_eq!(ended.code, code, "{hanging}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains("incomplete"), "{}", ended.stdout);
        let report = gate.folder.json("out.json");
        let notices = report["notices"].as_array().unwrap();
        assert!(notices.iter().any(|notice| notice["code"] == "incomplete"), "{notices:?}");
    }
}

#[test]
fn out_of_time_is_judged_with_what_is_there() {
    let gate = Gate::with_keys(Fake::with("fault GetAccountSummary = drip"));
    let started = Instant::now();
    let ended = gate.run(&["check", "--timeout", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stdout.contains("incomplete"), "{}", ended.stdout);
}
