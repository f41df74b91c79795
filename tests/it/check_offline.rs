//! `rootgate check` on files: verdicts, exit codes, reports, and errors.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::{
    ACCOUNT, ACTIVE_KEY, EVENTS_OFF, Finished, Folder, REPORT, credential_report, rootgate,
};

fn judge(report: &str, more: &[&str]) -> (Folder, Finished) {
    let folder = Folder::new();
    folder.write("report.csv", report);
    let ended = folder.run(&[&REPORT[..], &["--json", "out.json"], more].concat());
    (folder, ended)
}

fn outcome<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
    outcomes.iter().find(|outcome| outcome["rule"] == rule).unwrap()
}

// -- the verdict ------------------------------------------------------------------------------------

#[test]
fn an_active_key_exits_1_and_every_report_shows_it() {
    let (folder, ended) =
        judge(&credential_report(ACTIVE_KEY), &["--sarif", "out.sarif", "--summary", "out.md"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let report = folder.json("out.json");
    assert_eq!(report["schema"], "rootgate.report/v1");
    assert_eq!((&report["verdict"], &report["exit_code"]), (&json!("fail"), &json!(1)));
    let active = outcome(&report, "root-access-key-active");
    assert_eq!(active["findings"][0]["subject"], "key 2019-05-02");
    assert_eq!(active["findings"][0]["fingerprint"], "7d07cc0e401afaca60c77fa1983cd03a");
    let sarif = folder.json("out.sarif");
    let print = &sarif["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"];
    assert_eq!(print, "7d07cc0e401afaca60c77fa1983cd03a");
    assert!(folder.read("out.md").contains("root-access-key-active"));
    assert!(ended.stdout.contains("root-access-key-active"));
}

#[test]
fn a_healthy_report_exits_0_and_names_the_missing_facts() {
    let (folder, ended) = judge(&credential_report(&[]), &[]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let report = folder.json("out.json");
    assert_eq!(outcome(&report, "root-access-key-active")["outcome"], "pass");
    let used = outcome(&report, "root-used-outside-window");
    assert_eq!(used["outcome"], "undetermined", "only events show earlier uses");
    let to_do = used["gaps"][0]["grant"].as_str().unwrap();
    assert!(to_do.contains("root-events: off"), "{to_do}");
    folder.write("rootgate.yaml", "version: 1\nevidence: { root-events: off }\n");
    let ended = folder.run(&[&REPORT[..], &["--json", "out.json"]].concat());
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let report = folder.json("out.json");
    assert_eq!(report["verdict"], "pass");
    // Only a report was given: the virtual devices are unknown, which has severity low and does not block.
    assert_eq!(outcome(&report, "root-mfa-not-hardware")["outcome"], "undetermined");
    let codes: Vec<_> =
        report["notices"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert!(codes.contains(&&json!("events-off")) && codes.contains(&&json!("scope-not-named")));
}

#[test]
fn evidence_files_are_reported_with_their_digests() {
    let report = credential_report(&[]);
    let (folder, ended) = judge(&report, &["--sarif", "out.sarif", "--summary", "out.md"]);
    let digest = rootgate::model::sha256_hex(report.as_bytes());
    let files = json!([{ "path": "report.csv", "sha256": digest }]);
    assert_eq!(folder.json("out.json")["evidence_files"], files);
    assert_eq!(folder.json("out.sarif")["runs"][0]["properties"]["evidence_files"], files);
    for text in [&ended.stdout, &folder.read("out.md")] {
        assert!(text.contains("Evidence from a file: "), "{text}");
        assert!(text.contains(&digest), "{text}");
    }
}

#[test]
fn a_csv_without_a_time_exits_3() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    let arguments = ["check", "--credential-report", "report.csv"];
    for format in ["text", "markdown"] {
        let ended = folder.run(&[&arguments[..], &["--format", format]].concat());
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("The time of the credential report is missing"), "{words}");
        assert!(words.contains("report-generated-at TIME"), "{words}");
        assert!(!words.contains("could be read"), "it was read: {words}");
    }
    let other = r#"{"schema":"rootgate.evidence/v1","collected_at":"2026-11-20T08:00:00Z",
        "accounts":[{"id":"111122223333"}]}"#;
    folder.write("evidence.json", other);
    let ended = folder.run(&["check", "--evidence", "evidence.json"]);
    assert!(ended.stdout.contains("Nothing of this account could be read"), "{}", ended.stdout);
}

#[test]
fn the_json_of_the_aws_cli_carries_its_own_time() {
    let folder = Folder::new();
    let content = base64::engine::general_purpose::STANDARD.encode(credential_report(ACTIVE_KEY));
    let answer = json!({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": "2026-11-20T08:00:00+00:00"});
    folder.write("report.json", answer.to_string());
    let arguments = ["check", "--credential-report", "report.json", "--at", "2026-11-20T09:00:00Z"];
    assert_eq!(folder.run(&arguments).code, 1);
    let other_time = ["--report-generated-at", "2026-11-20T07:00:00Z"];
    folder
        .run(&[&arguments[..], &other_time].concat())
        .refused(&["--report-generated-at", "leave the flag out"]);
}

#[test]
fn an_account_of_the_scope_without_evidence_is_undetermined() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.write(
        "rootgate.yaml",
        "version: 1\nscope:\n  accounts:\n    - { id: \"111122223333\" }\n    - { id: \"444455556666\", name: billing }\n",
    );
    let ended = folder.run(&[&REPORT[..], &["--json", "out.json"]].concat());
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let report = folder.json("out.json");
    assert_eq!(report["accounts"][1]["name"], "billing");
    assert_eq!(report["policy"]["path"], "rootgate.yaml");
    assert_eq!(report["policy"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn every_default_name_is_found_and_two_at_once_are_an_error() {
    let names = [".github/rootgate.yaml", ".github/rootgate.yml", "rootgate.yaml", "rootgate.yml"];
    for (index, name) in names.into_iter().enumerate() {
        let folder = Folder::new();
        folder.write("report.csv", credential_report(&[]));
        folder.write(name, EVENTS_OFF);
        let ended = folder.run(&[&REPORT[..], &["--json", "out.json"]].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(folder.json("out.json")["policy"]["path"], name);
        for second in &names[index + 1..] {
            let path = folder.write(second, EVENTS_OFF);
            for command in
                [&REPORT[..], &["policy", "check"], &["policy", "explain"], &["permissions"]]
            {
                folder.run(command).refused(&[
                    "two default policy files",
                    name,
                    second,
                    "keep one",
                ]);
            }
            let ended = folder.run(&[&REPORT[..], &["--policy", name]].concat());
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn the_same_inputs_in_another_order_give_the_same_bytes() {
    let folder = Folder::new();
    for (name, account) in [("a.json", ACCOUNT), ("b.json", "444455556666")] {
        folder.write(
            name,
            format!(
                r#"{{"schema":"rootgate.evidence/v1","collected_at":"2026-11-20T08:00:00Z","accounts":[{{"id":"{account}","account_summary":{{"observed_at":"2026-11-20T08:00:00Z","value":{{"AccountAccessKeysPresent":1}}}}}}]}}"#
            ),
        );
    }
    let run = |order: [&str; 2], to: &str| {
        let files = [format!("{to}.sarif"), format!("{to}.json"), format!("{to}.md")];
        let arguments = [
            "check",
            "--evidence",
            order[0],
            "--evidence",
            order[1],
            "--at",
            "2026-11-20T09:00:00Z",
            "--sarif",
            &files[0],
            "--json",
            &files[1],
            "--summary",
            &files[2],
        ];
        let ended = folder.run(&arguments);
        assert_eq!(ended.code, 1);
        (files.map(|file| folder.read(&file)), ended.stdout)
    };
    assert_eq!(run(["a.json", "b.json"], "x"), run(["b.json", "a.json"], "y"));
}

#[test]
fn the_demo_shows_every_kind_of_outcome_and_fails() {
    let folder = Folder::new();
    let here = |path: &str| format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let (policy, evidence) = (here("policy.example.yaml"), here("examples/demo/evidence.json"));
    let report = here("examples/demo/credential-report.csv");
    let ended = folder.run(&[
        "check",
        "--policy",
        &policy,
        "--evidence",
        &evidence,
        "--credential-report",
        &report,
        "--report-generated-at",
        "2026-11-20T08:00:00Z",
        "--at",
        "2026-11-20T09:00:00Z",
        "--json",
        "out.json",
    ]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let report = folder.json("out.json");
    for kind in ["failed", "undetermined", "waived", "passed"] {
        assert!(report["counts"][kind].as_u64().unwrap() > 0, "{kind}: {}", report["counts"]);
    }
    assert!(ended.stdout.contains("iam:ListVirtualMFADevices"), "the missing permission is named");
    assert!(
        ended.stdout.contains("october-tax-settings")
            || folder.read("out.json").contains("october-tax-settings")
    );
}

// -- flags ----------------------------------------------------------------------------------------

#[test]
fn fail_on_may_be_stricter_than_the_policy_and_never_looser() {
    let (_, ended) = judge(&credential_report(&[]), &["--fail-on", "low"]);
    assert_eq!(ended.code, 3, "the unknown virtual devices now block");
    let (_, ended) = judge(&credential_report(&[]), &["--fail-on", "critical"]);
    ended.refused(&["--fail-on critical is looser than the policy", "fail-on: medium"]);
}

#[test]
fn at_must_be_in_the_past_and_is_refused_under_github_actions() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder
        .run(&["check", "--credential-report", "report.csv", "--at", "2999-01-01T00:00:00Z"])
        .refused(&["is in the future"]);
    folder
        .run(&["check", "--at", "2026-11-20T09:00:00Z"])
        .refused(&["no evidence to judge", "--evidence FILE"]);
    let output =
        rootgate(folder.path()).args(REPORT).env("GITHUB_ACTIONS", "true").output().unwrap();
    Finished::from_output(output).refused(&["--at is refused under GitHub Actions"]);
}

#[test]
fn usage_is_refused_with_a_suggestion() {
    let folder = Folder::new();
    for (arguments, parts) in [
        (&["chekc"][..], &["unrecognized subcommand", "check"][..]), // a mistake on purpose
        (&["check", "--polciy", "x"], &["--policy"]),                // a mistake on purpose
        (&["check", "--format", "xml"], &["text, json, sarif, markdown"]),
        (&["check", "--fail-on", "hihg"], &["low, medium, high, critical"]), // a mistake on purpose
        (&["check", "--at", "yesterday"], &["RFC 3339"]),
        (&["check", "--at", "2026-11-20"], &["whole day"]),
        (&["check", "--timeout", "5"], &["no unit"]),
        (&["check", "--timeout", "0s"], &["between 1s and 1d"]),
        (&["check", "--account", "1111"], &["12 digits"]),
        (&["check", "--report-generated-at", "2026-11-20T08:00:00Z"], &["--credential-report"]),
        (&["check", "-q", "-v"], &["cannot be used with"]),
        (&["check", "--offline"], &["no evidence to judge"]),
        (&["check", "--offline", "--role-arn", "x"], &["--role-arn was given", "no AWS call"]),
        (&["check", "--category", "a/b"], &["a category has"]),
        (&[], &["Usage"]),
        (&["check", "policy.yaml"], &["--policy policy.yaml"]),
        (&["check", "-q", "evidence.json"], &["--evidence evidence.json"]),
        (&["check", "report.csv"], &["--credential-report report.csv"]),
        (&["collect", "evidence.json"], &["--output evidence.json"]),
        (&["permissions", "p.yml"], &["--policy p.yml"]),
    ] {
        folder.run(arguments).refused(parts);
    }
}

#[test]
fn help_and_version_exit_0() {
    let folder = Folder::new();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["policy", "check", "-h"],
        &["help"],
    ] {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}");
        assert!(!ended.stdout.is_empty());
    }
    assert!(folder.run(&["--help"]).stdout.contains("Exit codes:"));
    for command in [&["check"][..], &["policy"], &["policy", "init"]] {
        let short = folder.run(&[command, &["--help"]].concat()).stdout;
        let help = [&["help"], command].concat();
        assert_eq!(folder.run(&help).stdout, short, "{command:?}");
    }
    assert_eq!(
        folder.run(&["policy", "help", "init"]).stdout,
        folder.run(&["help", "policy", "init"]).stdout
    );
    folder.run(&["help", "chekc"]).refused(&["unrecognized subcommand"]); // a mistake on purpose
}

// -- evidence -------------------------------------------------------------------------------------

#[test]
fn bad_evidence_is_refused_with_the_reason() {
    let good = |id: &str| format!(r#"{{"id":"{id}"}}"#);
    let file = |accounts: &str| {
        format!(
            r#"{{"schema":"rootgate.evidence/v1","collected_at":"2026-11-20T08:00:00Z","accounts":[{accounts}]}}"#
        )
    };
    let both = format!("{},{}", good(ACCOUNT), good(ACCOUNT));
    for (text, parts) in [
        (file(&both), &["duplicate account 111122223333 in the file"][..]),
        (file("").replace("/v1", "/v9"), &["rootgate.evidence/v9"]),
        (file(&good(ACCOUNT))[..60].to_owned(), &["line 1 column"]),
        (file(&good("444455556666")), &["outside the scope", "scope.accounts"]),
        ("\u{1f}\u{8b}".to_owned(), &["evidence.json"]),
        (String::new(), &["EOF"]),
    ] {
        let folder = Folder::new();
        folder.write("evidence.json", &text);
        folder.write(
            "rootgate.yaml",
            "version: 1\nscope: { accounts: [{ id: \"111122223333\" }] }\n",
        );
        folder.run(&["check", "--evidence", "evidence.json"]).refused(parts);
    }
    let folder = Folder::new();
    folder
        .run(&["check", "--evidence", "none.json"])
        .refused(&["cannot read the evidence file none.json"]);
    folder.write("a.json", file(&good(ACCOUNT)));
    folder.write("b.json", file(&good(ACCOUNT)));
    folder
        .run(&["check", "--evidence", "a.json", "--evidence", "b.json"])
        .refused(&["a.json", "b.json", "once"]);
}

#[test]
fn a_bad_credential_report_is_refused_with_the_reason() {
    let report = credential_report(&[]);
    let root = report.lines().nth(1).unwrap();
    let utf16: Vec<u8> = report.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&report);
    for (bytes, part) in [
        (Vec::new(), "empty"),
        (format!("{report}\n{root}").into_bytes(), "second `<root_account>` row"),
        (report.as_bytes()[..report.len() - 8].to_vec(), "fields"),
        (b"name,age\nx,3".to_vec(), "no column `user`"),
        (utf16, "UTF-16"),
        (vec![0x1f, 0x8b, 8, 0], "gzip"),
        (base64.into_bytes(), "Base64"),
        (b"{\"Content\": 3}".to_vec(), "get-credential-report"),
        (b"{\"Content\": \"***\"}".to_vec(), "Base64"),
        (b"{".to_vec(), "get-credential-report"),
        (b"user,arn\n".to_vec(), "its account is unknown"),
    ] {
        let folder = Folder::new();
        folder.write("report.csv", bytes);
        folder.run(&REPORT).refused(&["report.csv", part]);
    }
}

#[test]
fn a_policy_with_mistakes_judges_nothing_and_shows_them_all() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    folder.write(
        "rootgate.yaml",
        "version: 1\ngate:\n  fail-on: hihg\nrules:\n  root-acess-key-active: off\n", // a mistake on purpose
    );
    let ended = folder.run(&REPORT);
    ended.refused(&[
        "rootgate.yaml:3:12",
        "rootgate.yaml:5:3",
        "`high`",
        "root-access-key-active",
        "nothing was judged",
    ]);
    folder
        .run(&["check", "--policy", "none.yaml", "--offline"])
        .refused(&["cannot read the policy none.yaml"]);
}

#[test]
fn policy_check_shows_the_problems_of_every_file() {
    let folder = Folder::new();
    folder.write("good.yaml", "version: 1\n");
    folder.write("bad.yaml", "version: 1\nfoo: 1\n");
    let ended = folder.run(&["policy", "check", "good.yaml"]);
    assert_eq!((ended.code, ended.stdout.contains("good.yaml: valid")), (0, true));
    let ended = folder.run(&["policy", "check", "bad.yaml", "good.yaml", "none.yaml"]);
    ended.refused(&["bad.yaml:2:1", "none.yaml"]);
    assert!(ended.stdout.contains("good.yaml: valid"));
    let mut command = rootgate(folder.path());
    let output = command
        .args(["policy", "check", "-"])
        .write_stdin("version: 1\nfoo: 1\n")
        .output()
        .unwrap();
    Finished::from_output(output).refused(&["<stdin>:2:1"]);
    Folder::new().run(&["policy", "check"]).refused(&["no policy file was given"]);
}

#[test]
fn standard_output_is_one_format_and_nothing_else() {
    for (format, start) in [("json", "{"), ("sarif", "{"), ("markdown", "#")] {
        let (_, ended) = judge(&credential_report(ACTIVE_KEY), &["--format", format]);
        assert_eq!(ended.code, 1);
        assert!(ended.stdout.starts_with(start), "{format}: {}", ended.stdout);
        if start == "{" {
            serde_json::from_str::<Value>(&ended.stdout).unwrap();
        }
    }
    let (_, quiet) = judge(&credential_report(ACTIVE_KEY), &["-q"]);
    assert_eq!(quiet.stdout.trim_end().lines().count(), 1, "{}", quiet.stdout);
    let (_, coloured) = judge(&credential_report(ACTIVE_KEY), &["--color", "always"]);
    assert!(coloured.stdout.contains("\u{1b}["));
    let (_, plain) = judge(&credential_report(ACTIVE_KEY), &[]);
    assert!(!plain.stdout.contains('\u{1b}'));
}

#[test]
fn a_redacted_error_shows_no_private_values() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.write("rootgate.yaml", EVENTS_OFF);
    let run = |more: &[&str]| folder.run(&[&REPORT[..], &["--details", "redacted"], more].concat());
    let outside = run(&["--account", "444455556666"]);
    outside.refused(&["evidence for account [left out], which", "ids are left out"]);
    // Both problems of the flags are shown, with one note.
    let two = run(&["--upload", "always", "--json", "111122223333/out.json"]);
    two.refused(&[
        "--upload always, but GITHUB_REPOSITORY is not",
        "cannot write [left out]/out.json",
    ]);
    assert_eq!(two.stderr.matches("  note: ").count(), 1, "{}", two.stderr);
    for text in [&outside.stderr, &two.stderr] {
        assert!(!text.contains("111122223333") && !text.contains("444455556666"), "{text}");
    }
    // Control: this error has no private values.
    let harmless = run(&["--upload", "always"]);
    harmless.refused(&["--upload always, but GITHUB_REPOSITORY is not"]);
    assert!(!harmless.stderr.contains("left out"), "{}", harmless.stderr);
}

#[test]
fn account_sets_the_scope_only_if_the_policy_has_none() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.write("rootgate.yaml", EVENTS_OFF);
    folder
        .run(&[&REPORT[..], &["--account", "444455556666"]].concat())
        .refused(&["outside the scope", "--account"]);
    let ended = folder.run(&[&REPORT[..], &["--account", ACCOUNT, "--json", "out.json"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!folder.read("out.json").contains("scope-not-named"));
    folder.write("rootgate.yaml", "version: 1\nevidence: { root-events: off }\nscope: { accounts: [{ id: \"111122223333\" }] }\n");
    // An account in the scope that it does not allow is an error, and never ignored.
    folder.run(&[&REPORT[..], &["--account", "444455556666"]].concat()).refused(&[
        "evidence for account 111122223333",
        "--account does not allow",
        "never narrows",
    ]);
    // An account that it allows but that is not in the scope is not judged.
    let both = format!("444455556666,{ACCOUNT}");
    for allowed in [ACCOUNT, &both] {
        let more = ["--account", allowed, "--json", "out.json"];
        let ended = folder.run(&[&REPORT[..], &more].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(folder.json("out.json")["accounts"].as_array().unwrap().len(), 1);
        assert_eq!(folder.json("out.json")["accounts"][0]["id"], ACCOUNT);
    }
    // An account of the scope without evidence is still reported as missing.
    folder.write("rootgate.yaml", "version: 1\nevidence: { root-events: off }\nscope: { accounts: [{ id: \"111122223333\" }, { id: \"444455556666\" }] }\n");
    let ended = folder.run(&[&REPORT[..], &["--account", ACCOUNT]].concat());
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn an_evidence_file_without_accounts_is_an_error() {
    let folder = Folder::new();
    folder.write(
        "none.json",
        r#"{"schema":"rootgate.evidence/v1","collected_at":"2026-11-20T08:00:00Z","accounts":[]}"#,
    );
    let ended = folder.run(&["check", "--evidence", "none.json"]);
    ended.refused(&["none of the given files contains an account", "rootgate collect"]);
    assert!(!ended.stderr.contains("pass --evidence FILE"), "{}", ended.stderr);
    // The control: none was given.
    folder.run(&["check", "--offline"]).refused(&["pass --evidence FILE"]);
}

#[test]
fn standard_input_is_read_by_one_flag() {
    let folder = Folder::new();
    for (arguments, said) in [
        (&["--evidence", "-", "--evidence", "-"][..], "--evidence - and --evidence - both read"),
        (
            &["--evidence", "-", "--credential-report", "-"],
            "--evidence - and --credential-report -",
        ),
        (&["--policy", "-", "--evidence", "-"], "--policy - and --evidence - both read"),
    ] {
        folder.run(&[&["check"], arguments].concat()).refused(&[said, "standard input"]);
    }
    // The control: one alone is read.
    folder.run(&["check", "--evidence", "-"]).refused(&["is not an evidence file"]);
}

#[test]
fn on_a_runner_every_report_says_that_the_checkout_s_policy_judged() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.write("rootgate.yaml", EVENTS_OFF);
    let made = (chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now())
        - chrono::TimeDelta::hours(1))
    .to_rfc3339();
    let arguments = ["check", "--credential-report", "report.csv", "--report-generated-at", &made];
    let output = rootgate(folder.path())
        .args(arguments)
        .args(["--json", "out.json", "--details", "full", "--policy-from", "checkout"])
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap();
    let ended = Finished::from_output(output);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(folder.read("out.json").contains("checkout-policy"));
    assert!(ended.stdout.contains("the checkout's copy of the policy judged"));
}
