//! Which files rootgate writes, replaces, removes or keeps.

use std::path::Path;

use serde_json::json;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::{
    ACTIVE_KEY, EVENTS_OFF, Finished, Folder, REPORT, credential_report, rootgate,
};

const OUTPUTS: [(&str, &str); 3] =
    [("--json", "out.json"), ("--sarif", "out.sarif"), ("--summary", "out.md")];

/// A healthy account whose check passes.
fn healthy() -> Folder {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.write("rootgate.yaml", EVENTS_OFF);
    folder
}

/// Every report, of a run that passed.
fn passed() -> Folder {
    let folder = healthy();
    let ended = judge(&folder, &flags());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    folder
}

fn flags() -> Vec<&'static str> {
    OUTPUTS.into_iter().flat_map(|(flag, file)| [flag, file]).collect()
}

fn judge(folder: &Folder, more: &[&str]) -> Finished {
    folder.run(&[&REPORT[..], more].concat())
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn all_contradictions_between_flags_are_shown_before_the_policy_is_read() {
    let folder = passed();
    folder.write("rootgate.yaml", "version: 99\n");
    folder.write("mine", "mine");
    let contradictions = [
        (
            &["--json", "-", "--format", "sarif"][..],
            "--json - and --format both name standard output",
        ),
        (&["--summary", "mine"], "cannot write mine (--summary)"),
        (&["--upload", "always"], "--upload always, but GITHUB_REPOSITORY"),
        (&["--policy-from", "checkout", "--accept-policy-change"], "contradict each other"),
        (&["--external-id", "x"], "--external-id was given, but the run makes no AWS call"),
    ];
    let all: Vec<&str> = contradictions.iter().flat_map(|(flags, _)| flags.to_vec()).collect();
    let ended = judge(&folder, &[&all[..], &["--sarif", "out.sarif"]].concat());
    let expected: Vec<&str> = contradictions.iter().map(|(_, expected)| *expected).collect();
    ended.refused(&expected);
    assert_eq!(ended.stderr.matches("error: ").count(), contradictions.len(), "{}", ended.stderr);
    assert!(!ended.stderr.contains("99") && ended.stdout.is_empty());
    assert!(!folder.exists("out.sarif") && folder.read("mine") == "mine");
    for (flags, expected) in contradictions {
        let ended = judge(&folder, flags);
        ended.refused(&[expected]);
        assert_eq!(ended.stderr.matches("error: ").count(), 1, "{}", ended.stderr);
    }
    folder.write("rootgate.yaml", EVENTS_OFF);
    let sound =
        ["--json", "-", "--format", "json", "--policy-from", "checkout", "--upload", "never"];
    assert_eq!(judge(&folder, &sound).code, 0);
}

// -- other files ---------------------------------------------------------------------------

#[test]
fn other_files_are_kept_and_no_call_is_made() {
    let evidence = r#"{"schema": "rootgate.evidence/v1", "collected_at": "2026-11-20T08:00:00Z"}"#;
    let other_sarif = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{ "tool": { "driver": { "name": "another" } }, "results": [] }],
    });
    for content in [
        "mine",
        " ",
        "{",
        "{}",
        "[]",
        evidence,
        r#"{"schema": "rootgate.report/v12"}"#,
        r#"{"my": {"schema": "rootgate.report/v1"}}"#,
        &other_sarif.to_string(),
        EVENTS_OFF,
        "# notes\n## ✅ rootgate: pass\n",
        "#!/bin/sh\n",
    ] {
        for (flag, file) in OUTPUTS {
            let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
            gate.folder.write(file, content);
            let ended = gate.run(&["check", flag, file]);
            ended.refused(&[
                file,
                flag,
                "not a report of rootgate",
                "it is unchanged",
                "use another",
            ]);
            assert_eq!(gate.folder.read(file), content);
            assert!(gate.fake.names().is_empty(), "{flag} {content:?}");
            assert_eq!(ended.stdout, "");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_kept_and_its_target_replaced_only_if_rootgate_wrote_it() {
    let link = |folder: &Folder, to: &str| {
        std::os::unix::fs::symlink(to, folder.path().join("link")).unwrap();
    };
    let is_link = |folder: &Folder| folder.path().join("link").is_symlink();

    let folder = healthy();
    folder.write("notes", "mine");
    link(&folder, "notes");
    judge(&folder, &["--json", "link"]).refused(&["not a report of rootgate"]);
    assert_eq!(folder.read("notes"), "mine");
    assert!(is_link(&folder));

    let folder = healthy();
    link(&folder, "nowhere");
    judge(&folder, &["--json", "link"]).refused(&["a link to a file that does not exist"]);
    assert!(is_link(&folder) && !folder.exists("nowhere"));

    let folder = healthy();
    link(&folder, "link");
    judge(&folder, &["--json", "link"]).refused(&["too many links"]);

    let folder = passed();
    let before = folder.read("out.json");
    link(&folder, "out.json");
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    let ended = judge(&folder, &["--json", "link"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(is_link(&folder));
    assert_ne!(folder.read("out.json"), before);
    judge(&folder, &["--json", "link", "--policy", "missing"]).refused(&["missing"]);
    assert!(is_link(&folder) && !folder.exists("out.json"), "the report behind it is gone");
}

#[cfg(unix)]
#[test]
fn a_folder_and_a_socket_are_refused_as_outputs() {
    let folder = healthy();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    for (path, expected) in [
        ("folder", "it is a folder"),
        ("socket", "it is a socket"),
        ("new/", "it is a folder"),
        ("no/such/folder/out.json", "in an existing folder"),
        ("report.csv/x", "in an existing folder"),
    ] {
        let ended = judge(&folder, &["--json", path]);
        ended.refused(&["cannot write", path, "(--json)", expected]);
        assert_eq!(ended.stdout, "");
    }
    assert!(folder.path().join("folder").is_dir() && folder.path().join("socket").exists());
}

#[test]
fn an_output_must_not_be_an_input_or_another_output() {
    let folder = healthy();
    std::fs::hard_link(folder.path().join("report.csv"), folder.path().join("hard")).unwrap();
    folder.write("empty.pem", "");
    for (outputs, parts) in [
        (&["--json", "report.csv"][..], &["--json and --credential-report name the same file"][..]),
        (&["--json", "hard"], &["--json and --credential-report name the same file"]),
        (&["--sarif", "./rootgate.yaml"], &["--sarif and the policy name the same file"]),
        (&["--sarif", "rootgate.yml"], &["--sarif and the policy name the same file"]),
        (&["--sarif", "out", "--json", "./out"], &["--json and --sarif name the same file"]),
        (&["--json", "x", "--policy", "./x"], &["--json and --policy name the same file"]),
        (&["--json", "empty.pem", "--ca-bundle", "empty.pem"], &["--json and --ca-bundle name"]),
    ] {
        judge(&folder, outputs).refused(parts);
    }
    assert_eq!(folder.read("report.csv"), credential_report(&[]));
    assert_eq!(names(&folder), ["empty.pem", "hard", "report.csv", "rootgate.yaml"]);
}

#[test]
fn the_runners_files_are_refused_as_outputs_of_flags() {
    let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
    for (file, name) in
        [("github-summary", "GITHUB_STEP_SUMMARY"), ("github-output", "GITHUB_OUTPUT")]
    {
        let ended = gate.run(&["check", "--summary", file, "--details", "full"]);
        let expected = format!("--summary and {name} name the same file");
        ended.refused(&[&expected, "leave the flag out"]);
        assert!(gate.folder.read("github-summary").starts_with("## rootgate: error"));
        assert_eq!(gate.output("verdict"), "error");
        gate.folder.write("github-output", "");
    }
}

#[test]
fn a_refused_output_is_kept_even_if_rootgate_wrote_its_beginning() {
    let report = passed();
    // A step of rootgate and a step of another tool ran before.
    let before = report.read("out.md") + "\n## Coverage\n\n98 %\n";
    let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
    for content in [report.read("out.md"), before] {
        for (flag, other) in [("--summary", "--json"), ("--sarif", "--json")] {
            gate.folder.write("github-summary", &content);
            gate.folder.write("out.json", report.read("out.json"));
            let arguments = ["check", flag, "github-summary", other, "out.json"];
            gate.run(&arguments).refused(&["name the same file"]);
            let summary = gate.folder.read("github-summary");
            let added = summary.strip_prefix(&content).expect("all of it is there");
            assert!(added.starts_with("## rootgate: error"), "{added}");
            assert!(!gate.folder.exists("out.json"), "the earlier report of another flag is gone");
        }
    }
    // An input is never an output, whatever its content.
    for flag in ["--evidence", "--credential-report", "--policy", "--ca-bundle"] {
        let arguments = ["check", "--json", "out.json", flag, "out.json"];
        report.run(&arguments).refused(&[&format!("--json and {flag} name the same file")]);
        assert_eq!(report.json("out.json")["verdict"], "pass");
    }
}

#[test]
fn a_report_with_added_text_is_not_replaced() {
    let folder = passed();
    for (flag, file) in OUTPUTS {
        let whole = folder.read(file);
        for added in ["\nmy notes\n", "x", "\n## Notes\n\n- mine\n", "{}", &whole] {
            let content = format!("{whole}{added}");
            folder.write(file, &content);
            for arguments in [&[flag, file][..], &[flag, file, "--policy", "missing"]] {
                judge(&folder, arguments).refused(&[file, "not a report of rootgate"]);
                assert_eq!(folder.read(file), content);
            }
        }
        folder.write(file, format!("{whole}\n\n"));
        assert_eq!(judge(&folder, &[flag, file]).code, 0, "blank lines are no text");
        assert_eq!(folder.read(file), whole);
    }
    let mut merged = folder.json("out.sarif");
    let other = json!({ "tool": { "driver": { "name": "another" } }, "results": [] });
    merged["runs"].as_array_mut().unwrap().push(other);
    // As `jq` writes it, which keeps the order of the first keys.
    let start = r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","properties":{"writtenBy":"rootgate"},"#;
    for (runs, is_ours) in [(&merged, false), (&folder.json("out.sarif"), true)] {
        folder.write("out.sarif", format!(r#"{start}"runs":{},"version":"2.1.0"}}"#, runs["runs"]));
        let ended = judge(&folder, &["--sarif", "out.sarif"]);
        assert_eq!(ended.code, if is_ours { 0 } else { 2 }, "{}", ended.stderr);
    }
    let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
    let collect = ["collect", "--output", "evidence.json"];
    for _ in 0..2 {
        assert_eq!(gate.run(&collect).code, 0, "its own file is replaced");
    }
    let content = gate.folder.read("evidence.json") + "// seen by me\n";
    gate.folder.write("evidence.json", &content);
    gate.run(&collect).refused(&["evidence.json", "not evidence of rootgate"]);
    assert_eq!(gate.folder.read("evidence.json"), content);
}

// -- files of rootgate --------------------------------------------------------------------------------------

#[test]
fn reports_of_rootgate_are_replaced_even_if_truncated_or_reformatted() {
    for (index, (_, file)) in OUTPUTS.into_iter().enumerate() {
        let folder = passed();
        let whole = folder.read(file);
        let compact = match serde_json::from_str::<serde_json::Value>(&whole) {
            // As `jq -c .` writes it, which keeps the order of the keys.
            Ok(_) => whole.lines().map(str::trim_start).collect::<String>().replace("\": ", "\":"),
            Err(_) => whole.replace('\n', "\r\n"),
        };
        let cut: String = whole.chars().take(200).collect();
        for content in ["", &cut, &compact] {
            folder.write(file, content);
            // Each flag replaces a report of any format.
            for (flag, _) in [OUTPUTS[index], OUTPUTS[(index + 1) % 3]] {
                let ended = judge(&folder, &[flag, file]);
                assert_eq!(ended.code, 0, "{flag} {content:?}: {}", ended.stderr);
                assert!(folder.read(file).len() > cut.len());
            }
        }
    }
}

#[test]
fn a_report_without_accounts_is_recognised() {
    // A pull request of a fork: nothing is evaluated.
    let folder = Folder::new();
    let token = "ghs_x";
    let github = Fake::github(&format!(
        "default-branch = main\ntoken = {token}\ncommit {0} = {1}\nref heads/main = {0}\npull 42 = fork\n",
        crate::job::TIP,
        folder.path().display()
    ));
    let run = || {
        let mut command = rootgate(folder.path());
        command
            .args(["check", "--on-fork", "skip", "--policy-from", "checkout", "--details", "full"])
            .args(flags())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_API_URL", github.url())
            .env("GITHUB_TOKEN", token)
            .env("GITHUB_REPOSITORY", "octo-org/octo-repo")
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_REF", "refs/pull/42/merge");
        Finished::from_output(command.output().unwrap())
    };
    for _ in 0..2 {
        let ended = run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(folder.read("out.sarif").contains("\"runs\": []"));
    }
}

#[cfg(unix)]
#[test]
fn the_permissions_of_a_replaced_file_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = healthy();
    let mode = |name: &str| {
        let path = folder.path().join(name);
        path.metadata().unwrap().permissions().mode() & 0o777
    };
    folder.write("out.json", "");
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.path().join("out.json"), private).unwrap();
    for _ in 0..2 {
        assert_eq!(judge(&folder, &["--json", "out.json"]).code, 0);
        assert_eq!(mode("out.json"), 0o600);
    }
    assert_eq!(judge(&folder, &["--json", "new.json"]).code, 0);
    folder.write("any", "");
    assert_eq!(mode("new.json"), mode("any"), "as any new file");
}

// -- exit 2 ---------------------------------------------------------------------------------------

#[test]
fn exit_2_never_leaves_a_report_that_says_pass() {
    let folder = passed();
    let reports: Vec<String> = OUTPUTS.iter().map(|(_, file)| folder.read(file)).collect();
    folder.write("other", "mine");
    for broken in [
        &["--policy", "missing.yaml"][..],
        &["--fail-on", "critical"],
        &["--role-arn", "arn:aws:iam::111122223333:role/x"],
        &["--evidence", "missing.json"],
        &["--policy-from", "default-branch"],
        &["--upload", "always"],
        &["--at", "2999-01-01T00:00:00Z"],
    ] {
        for ((_, file), text) in OUTPUTS.iter().zip(&reports) {
            folder.write(file, text);
        }
        let at = REPORT.iter().position(|it| *it == "--at").filter(|_| broken[0] == "--at");
        let report = &REPORT[..at.unwrap_or(REPORT.len())];
        folder.run(&[report, &flags(), broken].concat()).refused(&[]);
        assert_eq!(names(&folder), ["other", "report.csv", "rootgate.yaml"], "{broken:?}");
    }
    let gate = Gate::with_keys(Fake::with("fault GetCallerIdentity = denied")).policy(EVENTS_OFF);
    for ((_, file), text) in OUTPUTS.iter().zip(&reports) {
        gate.folder.write(file, text);
    }
    gate.run(&[&["check"][..], &flags()].concat()).refused(&["sts:GetCallerIdentity"]);
    assert_eq!(names(&gate.folder), ["rootgate.yaml"], "nobody signed in");
    // If one output cannot be written, all others are discarded, including earlier ones.
    for ((_, file), text) in OUTPUTS.iter().zip(&reports) {
        folder.write(file, text);
    }
    judge(&folder, &["--json", "out.json", "--summary", "other", "--sarif", "out.sarif"])
        .refused(&["other"]);
    assert_eq!(names(&folder), ["other", "out.md", "report.csv", "rootgate.yaml"]);
    judge(&folder, &["--json", "out.md", "--sarif", "./out.md"]).refused(&["name the same file"]);
    assert!(!folder.exists("out.md"));
}

#[test]
fn arguments_that_do_not_parse_touch_nothing_and_are_an_error_for_later_steps() {
    let folder = passed();
    let before: Vec<String> = OUTPUTS.iter().map(|(_, file)| folder.read(file)).collect();
    let output = folder.path().join("github-output");
    for arguments in [
        &["check", "--no-such-flag"][..],
        &["check", "--timeout", "soon"],
        &["check", "--json"],
        &["check", "--sarif", "--json", "out.json"],
        &["-q", "check"],
        &["--policy", "x", "check"],
        &["chekc"], // a mistake on purpose
        &[],
    ] {
        folder.write("github-output", "");
        let mut command = rootgate(folder.path());
        let command = command.args(arguments).args(flags()).env("GITHUB_OUTPUT", &output);
        Finished::from_output(command.output().unwrap()).refused(&[]);
        let now: Vec<String> = OUTPUTS.iter().map(|(_, file)| folder.read(file)).collect();
        assert!(before == now, "{arguments:?}");
        let expected = folder.read("github-output");
        assert!(expected.contains("\nerror\n"), "{arguments:?}: {expected}");
    }
    folder.write("github-output", "");
    for other in [&["policy", "check", "--nonsense"][..], &["help", "nonsense"]] {
        let mut command = rootgate(folder.path());
        let command = command.args(other).env("GITHUB_OUTPUT", &output);
        Finished::from_output(command.output().unwrap()).refused(&[]);
        assert_eq!(folder.read("github-output"), "", "no later step waits for this command");
    }
}

/// Runs a line of `sh`, in which `$R` is rootgate and `$A` are the arguments of a check.
#[cfg(unix)]
fn shell(folder: &Folder, line: &str) -> Finished {
    with_shell("sh", folder, line, &[])
}

#[cfg(unix)]
fn with_shell(shell: &str, folder: &Folder, line: &str, variables: &[(&str, &str)]) -> Finished {
    let mut command = std::process::Command::new(shell);
    command
        .args(["-c", line])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("R", env!("CARGO_BIN_EXE_rootgate"))
        .env("A", REPORT.join(" "))
        .envs(variables.iter().copied());
    Finished::from_output(command.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_could_not_be_printed_is_not_a_pass() {
    let all = flags().join(" ");
    let files = [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")];
    for (line, variables, expected) in [
        ("$R $A ALL > /dev/full", files, "standard output"),
        ("$R $A ALL --format json > /dev/full", files, "standard output"),
        ("$R $A --sarif out.sarif --json out.json --summary /dev/full", files, "/dev/full"),
        ("$R $A ALL", [files[0], ("GITHUB_STEP_SUMMARY", "/dev/full")], "GITHUB_STEP_SUMMARY"),
        ("$R $A ALL", [("GITHUB_OUTPUT", "/dev/full"), files[1]], "GITHUB_OUTPUT"),
    ] {
        let folder = passed();
        let ended = with_shell("sh", &folder, &line.replace("ALL", &all), &variables);
        ended.refused(&[expected, "No space left"]);
        for (_, file) in OUTPUTS {
            assert!(
                !folder.exists(file) || line.contains("/dev/full --") || file == "out.md",
                "{line}"
            );
        }
        for (file, error) in [("output", "\nerror\n"), ("summary", "## rootgate: error")] {
            if folder.exists(file) {
                let text = folder.read(file);
                assert!(!text.contains("pass"), "{line}: {text}");
                let other_failed = variables.iter().any(|(_, path)| *path == "/dev/full");
                assert!(text.contains(error) || other_failed, "{line}: {text}");
            }
        }
    }
    let folder = passed();
    for command in
        ["--help", "--version", "rules", "completions bash", "policy explain", "help check"]
    {
        shell(&folder, &format!("$R {command} > /dev/full")).refused(&["standard output"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_to_a_file_behind_a_stream_is_removed_if_something_else_fails() {
    let files = [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")];
    let no_output = [("GITHUB_OUTPUT", "/dev/full"), files[1]];
    let no_summary = [files[0], ("GITHUB_STEP_SUMMARY", "/dev/full")];
    for (line, variables, left) in [
        ("$R $A --json /dev/fd/5 5> rep > /dev/full", files, ""),
        ("$R $A --sarif /dev/fd/5 --json /dev/full 5> rep", files, ""),
        ("$R $A --json /dev/fd/5 --sarif /dev/full 5> rep", files, ""),
        ("$R $A --json /dev/fd/5 --sarif /dev/fd/6 5> rep 6> /dev/full", files, ""),
        ("$R $A --json /dev/fd/5 5> rep", no_output, ""),
        ("$R $A --json - > rep", no_output, ""),
        ("$R $A --json - > rep", no_summary, ""),
        ("$R $A > rep", no_output, ""),
        ("$R $A --format markdown --json /dev/full > rep", files, ""),
        ("$R $A --json /dev/stdout --sarif /dev/full > rep", files, ""),
        // Text that other programs write to the same file is kept.
        ("echo before > rep; $R $A --json - --sarif /dev/full >> rep", files, "before\n"),
        (
            "{ echo a; $R $A --json - --sarif /dev/full; c=$?; echo b; } > rep; exit $c",
            files,
            "a\nb\n",
        ),
        (
            "{ echo a; $R $A --json - --sarif /dev/full; c=$?; echo b; } >> rep; exit $c",
            files,
            "a\nb\n",
        ),
        // The reader of a pipe gets the text immediately, so a pipe comes last.
        (
            "mkfifo p; { cat p > rep; } & $R $A --json p --sarif /dev/full; c=$?; wait; exit $c",
            files,
            "",
        ),
        (
            "{ $R $A --json - --sarif /dev/full; echo $? > code; } | cat > rep; exit $(cat code)",
            files,
            "",
        ),
        ("$R $A --json - | cat > rep; exit 2", no_output, ""),
        ("ulimit -f 1; $R $A --json - --verbose > rep", files, ""),
    ] {
        let folder = healthy();
        let ended = with_shell("bash", &folder, line, &variables);
        assert_eq!(ended.code, 2, "{line}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(folder.read("rep"), left, "{line}");
        for (file, error) in [("output", "\nerror\n"), ("summary", "## rootgate: error")] {
            if folder.exists(file) && !variables.iter().any(|(_, path)| *path == "/dev/full") {
                let text = folder.read(file);
                assert!(text.contains(error) && !text.contains("pass"), "{line}: {text}");
            }
        }
    }
    // Standard output may be one of the runner's files, which rootgate also writes itself.
    for (arrow, device, reports) in
        [(">", "", 2), (">>", "", 2), (">", "--json /dev/full", 0), (">>", "--json /dev/full", 0)]
    {
        let folder = healthy();
        folder.write("summary", "before\n");
        let line = format!("$R $A --format markdown {device} {arrow} summary");
        let ended = with_shell("bash", &folder, &line, &files);
        assert_eq!(ended.code, if reports == 0 { 2 } else { 0 }, "{line}: {}", ended.stderr);
        let text = folder.read("summary");
        assert_eq!(text.matches("## ✅ rootgate: pass").count(), reports, "{line}: {text}");
        assert_eq!(
            text.matches("## rootgate: error").count(),
            usize::from(reports == 0),
            "{line}: {text}"
        );
        assert_eq!(text.starts_with("before\n"), arrow == ">>", "{line}: {text}");
        assert!(!text.contains('\0'), "{line}");
    }
    let folder = healthy();
    let line = "$R $A --json /dev/stderr --sarif /dev/full 2> rep";
    assert_eq!(with_shell("bash", &folder, line, &files).code, 2);
    assert!(
        folder.read("rep").starts_with("error: cannot write /dev/full"),
        "{}",
        folder.read("rep")
    );
    // The same without a failure.
    for line in
        ["$R $A --json /dev/fd/5 5> rep", "$R $A --json - > rep", "$R $A --json - | cat > rep"]
    {
        let folder = healthy();
        let ended = with_shell("bash", &folder, line, &files);
        assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
        assert_eq!(folder.json("rep")["verdict"], "pass", "{line}");
        assert!(folder.read("output").contains("\npass\n"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_cannot_be_written_is_an_error_and_has_a_name() {
    let folder = healthy();
    folder.write("empty", "");
    for command in ["$R $A", "$R $A --json -", "$R rules", "$R permissions", "$R policy schema"] {
        for place in ["1< /dev/null", "1< empty", "> /dev/full"] {
            let ended = shell(&folder, &format!("{command} {place}"));
            ended.refused(&["cannot write to standard output"]);
        }
        let ended = shell(&folder, &format!("{command} > /dev/null"));
        assert_eq!(ended.code, 0, "{command}: {}", ended.stderr);
    }
    assert_eq!(folder.read("empty"), "");
    let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")];
    for output in ["-", "/dev/stdout"] {
        let url = gate.fake.url();
        for place in ["> /dev/full", "1< /dev/null"] {
            let line = format!("$R collect --output {output} --endpoint-url {url} {place}");
            let ended = with_shell("sh", &gate.folder, &line, &keys);
            ended.refused(&["cannot write to standard output: "]);
        }
    }
}

// -- streams --------------------------------------------------------------------------------------

#[cfg(target_os = "linux")]
#[test]
fn pipes_and_devices_are_written_and_never_replaced() {
    let folder = healthy();
    let code = |line: &str| {
        let ended = shell(&folder, line);
        assert_eq!(ended.code, 0, "{line}: {}{}", ended.stdout, ended.stderr);
        ended
    };
    code("$R $A --json /dev/null --sarif /dev/null --summary /dev/null && test -c /dev/null");
    code("mkfifo p && { cat p > got & } && $R $A --json p && wait && test -p p");
    assert!(folder.read("got").starts_with("{\n  \"schema\": \"rootgate.report/v1\""));
    code("$R $A --json /dev/fd/3 3> three.json");
    assert_eq!(folder.json("three.json")["verdict"], "pass");
    code("$R $A --json /dev/stderr 2> err.json");
    assert_eq!(folder.json("err.json")["verdict"], "pass");
    // A regular file behind standard output is appended to, not overwritten.
    code("echo before > log; $R $A --json /dev/stdout >> log; echo after >> log");
    let log = folder.read("log");
    assert!(log.starts_with("before\n{\n") && log.ends_with("}\nafter\n"), "{log}");
    // With every name of standard output.
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", "-"] {
        code("ln -sf /dev/stdout link");
        let ended = code(&format!("$R $A --json {name} | cat"));
        assert!(ended.stdout.starts_with("{\n  \"schema\""), "{name}: {}", ended.stdout);
        let same = code("$R $A --format json").stdout;
        assert_eq!(ended.stdout, same, "{name}");
        assert!(Path::new("/dev/stdout").is_symlink());
        assert!(folder.path().join("link").is_symlink());
    }
    // A descriptor of a file with other content.
    folder.write("notes", "mine");
    shell(&folder, "$R $A --json /dev/fd/3 3>> notes").refused(&["it is unchanged"]);
    assert_eq!(folder.read("notes"), "mine");
    shell(&folder, "$R $A --json /dev/fd/9").refused(&["/dev/fd/9"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_substitution_gets_the_report() {
    let folder = healthy();
    let line = "$R $A --json >(cat > got.json); code=$?; wait; sleep 0.2; exit $code";
    let ended = with_shell("bash", &folder, line, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(folder.json("got.json")["verdict"], "pass");
}

#[test]
fn two_reports_do_not_share_standard_output() {
    let folder = healthy();
    for (arguments, expected) in [
        (&["--json", "-", "--sarif", "-"][..], "--json - and --sarif both name standard output"),
        (&["--json", "-", "--format", "text"], "--json - and --format both name standard output"),
        (&["--summary", "-", "--format", "json"], "--summary - and --format"),
    ] {
        judge(&folder, arguments).refused(&[expected]);
    }
    let ended = judge(&folder, &["--json", "-", "--format", "json", "--sarif", "out.sarif"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(folder.exists("out.sarif") && !folder.exists("-"));
}

#[test]
fn a_runners_standard_output_shows_only_reports_that_can_be_redacted() {
    let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
    let streams: &[&str] = if cfg!(unix) { &["-", "/dev/stdout", "/dev/stderr"] } else { &["-"] };
    for stream in streams {
        let arguments = ["check", "--role-arn", crate::gate::ROLE, "--json", stream];
        let ended = gate.run(&[&arguments[..], &["--details", "redacted"]].concat());
        ended.refused(&["cannot be redacted, and strangers may read it"]);
        assert!(!ended.stderr.contains("rootgate.report/v1"));
        let ended = gate.run(&[&arguments[..], &["--details", "full"]].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let expected = if *stream == "/dev/stderr" { &ended.stderr } else { &ended.stdout };
        assert!(expected.contains("rootgate.report/v1"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_copy_of_a_standard_stream_is_the_log_as_well() {
    let folder = healthy();
    for line in [
        "$R $A --details redacted --json /dev/fd/3 3>&1",
        "$R $A --details redacted --json /proc/self/fd/3 3>&2",
        "$R $A --details redacted --sarif /dev/fd/7 7>&1",
        "$R $A --details redacted --json log >> log",
        "ln -s /dev/fd/3 link; $R $A --details redacted --json link 3>&1",
        "mkfifo p; cat p & $R $A --details redacted --json p > p",
    ] {
        let ended = shell(&folder, line);
        ended.refused(&["cannot be redacted, and strangers may read it"]);
        assert!(!ended.stdout.contains("111122223333"), "{line}: {}", ended.stdout);
    }
    // The controls: other outputs, and a log that may show everything.
    for line in [
        "$R $A --details redacted --json /dev/fd/3 3> three.json",
        "$R $A --details redacted --json /dev/null > /dev/null",
        "$R $A --details redacted --json /dev/fd/3 3>&1 > /dev/null | cat > piped.json",
        "$R $A --details full --json /dev/fd/3 3>&1",
    ] {
        let ended = shell(&folder, line);
        assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
    }
    assert_eq!(folder.json("three.json")["verdict"], "pass");
    assert_eq!(folder.json("piped.json")["verdict"], "pass");
}

/// The text of an earlier step in a file of the runner may have no line end.
#[test]
fn text_of_an_earlier_step_without_a_line_end_keeps_its_own_line() {
    for (before, kept) in [("foo=bar", "foo=bar\n"), ("foo=bar\n", "foo=bar\n"), ("", "")] {
        let gate = Gate::on_github(Fake::with("")).policy(EVENTS_OFF);
        for name in ["github-output", "github-summary"] {
            gate.folder.write(name, before);
        }
        let ended = gate.run(&["check", "--role-arn", crate::gate::ROLE]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let (output, summary) =
            (gate.folder.read("github-output"), gate.folder.read("github-summary"));
        assert!(output.starts_with(&format!("{kept}verdict<<rootgate_")), "{output}");
        assert!(summary.starts_with(&format!("{kept}## ")), "{summary}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_not_an_error() {
    let folder = healthy();
    // The reader is gone before anything is written.
    for command in ["$R $A", "$R $A --json -", "$R --help", "$R rules", "$R completions zsh"] {
        let line = format!("{{ sleep 0.3; {command}; echo $? >&2; }} | true");
        let ended = shell(&folder, &line);
        assert_eq!(ended.stderr.trim(), "0", "{command}");
    }
    let line = "mkfifo p; { read x < p & } ; $R $A --json p > /dev/null; echo $?";
    assert_eq!(shell(&folder, line).stdout.trim(), "0", "a pipe of its own");
    let line =
        "{ sleep 0.3; $R $A --policy missing > /dev/null; echo $? > code; } 2>&1 | true; cat code";
    assert_eq!(shell(&folder, line).stdout.trim(), "2", "standard error");
}

// -- limits and interruptions ---------------------------------------------------------------------

#[cfg(unix)]
#[test]
fn a_limit_of_file_size_is_an_error_and_leaves_nothing_behind() {
    let folder = passed();
    let all = flags().join(" ");
    // In blocks of 512 bytes or 1 KiB, depending on the shell.
    let ended = shell(&folder, &format!("ulimit -f 1; $R $A {all}"));
    ended.refused(&["cannot write out.", "File too large"]);
    assert_eq!(names(&folder), ["report.csv", "rootgate.yaml"]);
    let ended = shell(&folder, "ulimit -f 1; $R $A --json out.json > printed");
    ended.refused(&["File too large"]);
    assert!(!folder.exists("out.json"));
    let ended = shell(&folder, &format!("ulimit -f 2000; $R $A {all}"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let gate = Gate::with_keys(Fake::with("")).policy(EVENTS_OFF);
    let url = gate.fake.url();
    let line = format!("ulimit -f 1; $R collect --output e.json --endpoint-url {url}");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")];
    with_shell("sh", &gate.folder, &line, &keys).refused(&["cannot write e.json", "too large"]);
    assert_eq!(names(&gate.folder), ["rootgate.yaml"]);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_neither_an_earlier_report_nor_a_temporary_file() {
    let gate = Gate::with_keys(Fake::with("fault GetAccountSummary = hang")).policy(EVENTS_OFF);
    gate.folder
        .write("out.json", "{\n  \"schema\": \"rootgate.report/v1\",\n  \"verdict\": \"pass\"\n");
    let mut run = gate.command(&["check", "--json", "out.json"]).spawn().unwrap();
    while gate.fake.count("GetAccountSummary") == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(names(&gate.folder), ["rootgate.yaml"]);
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_cannot_be_replaced_is_filled_in_place() {
    use std::os::unix::fs::PermissionsExt;
    let folder = healthy();
    std::fs::create_dir(folder.path().join("fixed")).unwrap();
    folder.write("fixed/out.json", "");
    let fixed = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path().join("fixed"), permissions).unwrap();
    };
    fixed(0o555);
    // Root can write everywhere, so this test does not apply.
    let is_root = tempfile::tempfile_in(folder.path().join("fixed")).is_ok();
    for _ in 0..2 {
        let ended = judge(&folder, &["--json", "fixed/out.json"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(folder.json("fixed/out.json")["verdict"], "pass");
    }
    judge(&folder, &["--json", "fixed/out.json", "--policy", "missing"]).refused(&["missing"]);
    assert!(is_root || folder.read("fixed/out.json").is_empty());
    let ended = judge(&folder, &["--json", "fixed/new.json"]);
    assert!(is_root || ended.code == 2);
    fixed(0o755);
}
