//! `rootgate policy`: check, explain, diff, schema and init, as a user runs them.

use serde_json::{Value, json};

use crate::support::{ACTIVE_KEY, Finished, Folder, REPORT, credential_report, rootgate};

const EXAMPLE: &str = include_str!("../../policy.example.yaml");
const AT: [&str; 2] = ["--at", "2026-11-20T12:00:00Z"];

fn with_input(folder: &Folder, arguments: &[&str], input: &str) -> Finished {
    Finished::from_output(
        rootgate(folder.path()).args(arguments).write_stdin(input).output().unwrap(),
    )
}

fn parsed(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

// -- check ------------------------------------------------------------------------------------------

#[test]
fn several_files_are_checked_and_each_problem_is_shown() {
    let folder = Folder::new();
    folder.write("good.yaml", EXAMPLE);
    let bad = "version: 1\ngate: { fail_on: high }\nruels: {}\n"; // a mistake on purpose
    folder.write("bad.yaml", bad);
    let ended = folder.run(&["policy", "check", "bad.yaml", "good.yaml", "gone.yaml"]);
    assert_eq!(
        ended.stdout,
        "good.yaml: valid (2 accounts named, 13 of 13 rules on, 2 windows, 1 waiver)\n"
    );
    ended.refused(&[
        "--> bad.yaml:2:9",
        "did you mean `fail-on`?",
        "--> bad.yaml:3:1",
        "did you mean `rules`?",
        "bad.yaml: 2 errors; the policy was not read",
        "cannot read the policy gone.yaml",
    ]);
}

#[test]
fn check_as_json_has_every_file_with_its_problems() {
    let folder = Folder::new();
    folder.write("bad.yaml", "version: 1\ngate: { fail_on: high }\n");
    folder.write("latin1.yaml", b"version: 1\n# gr\xfcn\n");
    let arguments =
        ["policy", "check", "--format", "json", "-", "bad.yaml", "latin1.yaml", "gone.yaml"];
    let ended = with_input(&folder, &arguments, EXAMPLE);
    assert_eq!((ended.code, &*ended.stderr), (2, ""));
    let files = parsed(&ended);
    let stdin = json!({ "path": "<stdin>", "valid": true, "errors": [], "warnings": [] });
    assert_eq!(files[0], stdin);
    assert_eq!(
        files[1],
        json!({ "path": "bad.yaml", "valid": false, "errors": [{
            "code": "unknown-key",
            "message": "`gate` has no key `fail_on`",
            "line": 2,
            "column": 9,
            "label": "",
            "help": "did you mean `fail-on`? Its keys are `fail-on`, `on-undetermined`, `on-weaker`, `enforce-from`",
        }], "warnings": [] })
    );
    for (at, message) in [(2, "latin1.yaml:2: the policy is not UTF-8 text"), (3, "gone.yaml")] {
        assert_eq!(files[at]["valid"], false);
        let expected = &files[at]["errors"][0];
        assert_eq!((&expected["code"], &expected["line"]), (&json!("unreadable"), &json!(1)));
        assert!(expected["message"].as_str().unwrap().contains(message), "{expected}");
        assert_ne!(expected["help"], "");
    }
    folder.write("rootgate.yaml", "version: 1\n");
    let ended = folder.run(&["policy", "check", "--format", "json"]);
    assert_eq!((ended.code, &parsed(&ended)[0]["path"]), (0, &json!("rootgate.yaml")));
}

#[test]
fn check_warns_about_likely_mistakes_and_exits_0() {
    let text = "version: 1
scope:
  accounts:
    - { id: \"111122223333\" }
    - { id: \"123456789012\" }
windows:
  - { id: a, reason: r, ticket: t, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }
  - { id: \"b ##[error]\", reason: r, ticket: t, accounts: [\"444455556666\", \"111122223333\"], from: 2026-11-20T09:30:00Z, to: 2026-11-20T10:00:00Z }
waivers:
  - { rule: root-access-key-active, accounts: [\"111122223333\"], subject: { access-key-created: 2019-05-02 }, reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-01 }
";
    let folder = Folder::new();
    folder.write("p.yaml", text);
    let ended = folder.run(&["policy", "check", "p.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("p.yaml: valid (2 accounts named,"), "{}", ended.stdout);
    for (code, line, part) in [
        ("no-sign-in", 5, "111122223333, 123456789012"),
        ("outside-scope", 8, "444455556666"),
        ("overlapping-windows", 8, "overlaps window `a` of line 7"),
        ("key-by-day", 10, "`access-key-created: 2019-05-02T10:00:00Z`"),
    ] {
        let expected = ended.stderr.split("warning[").find(|it| it.starts_with(code)).unwrap();
        assert!(expected.contains(&format!(" --> p.yaml:{line}\n")), "{expected}");
        assert!(expected.contains(part), "{expected}");
    }
    assert!(!ended.stderr.contains("##["), "{}", ended.stderr);
    let json = parsed(&folder.run(&["policy", "check", "p.yaml", "--format", "json"]));
    assert_eq!((&json[0]["valid"], &json[0]["errors"]), (&json!(true), &json!([])));
    let codes: Vec<_> = json[0]["warnings"].as_array().unwrap().iter().collect();
    assert_eq!(codes.len(), 4);
    assert_eq!((&codes[0]["code"], &codes[0]["line"]), (&json!("no-sign-in"), &json!(5)));
    let quiet = folder.run(&["policy", "init", "--output", "-"]);
    let quiet = with_input(&folder, &["policy", "check", "-"], &quiet.stdout);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
}

const ORGANIZATION: &str = "version: 1
scope:
  organization:
    member-role: rootgate
    exclude:
      - { account: \"444455556666\", reason: being closed, expires: 2027-03-01 }
windows:
  - { id: a, reason: r, ticket: t, accounts: [\"123456789012\"], from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }
";

#[test]
fn a_policy_of_an_organization_is_checked_explained_and_compared() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", ORGANIZATION);
    let text = "version: 1\nscope:\n  accounts: [{ id: \"111122223333\" }]\n  organization: { member-role: r }\n";
    folder.write("beside.yaml", text);
    let ended = folder.run(&["policy", "check", "rootgate.yaml", "beside.yaml"]);
    assert_eq!(
        (ended.code, &*ended.stderr),
        (0, ""),
        "what an organization may hold is no warning"
    );
    assert!(ended.stdout.starts_with("rootgate.yaml: valid (an organization named, "));
    let named = "beside.yaml: valid (an organization and 1 account named, ";
    assert!(ended.stdout.contains(named), "{}", ended.stdout);
    let ended = folder.run(&[&["policy", "explain"], &AT[..]].concat());
    let line = "\n  Every usable account of the organization (line 3).\n";
    assert!(ended.code == 0 && ended.stdout.contains(line), "{}", ended.stdout);
    let longer = ORGANIZATION.replace("2027-03-01", "2027-03-02");
    folder.write("longer.yaml", longer);
    let arguments = ["policy", "diff", "rootgate.yaml", "longer.yaml", "--fail-on-weaker"];
    let ended = folder.run(&[&arguments, &AT[..]].concat());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let change = "scope.organization.exclude.444455556666.expires: 2027-03-01 -> 2027-03-02";
    assert!(ended.stdout.contains(change), "{}", ended.stdout);
}

/// Every rule but these off.
fn only(on: &[&str]) -> String {
    let rules = rootgate::rules::infos();
    let off = rules.iter().map(|rule| rule.id.0).filter(|id| !on.contains(id));
    format!("version: 1\nrules:\n{}", off.map(|id| format!("  {id}: off\n")).collect::<String>())
}

#[test]
fn a_policy_that_judges_nothing_is_a_warning_in_every_report() {
    const EVENTS: &str = "evidence: { root-events: off }\n";
    const SAID: &str = "no rule judged anything";
    for (text, line) in [
        (only(&[]), 2),
        (only(&["root-access-key-not-rotated"]), 2),
        (only(&["root-sign-in-attempts", "root-credential-changed"]) + EVENTS, 2),
    ] {
        let folder = Folder::new();
        folder.write("rootgate.yaml", &text);
        folder.write("report.csv", credential_report(ACTIVE_KEY));
        let checked = folder.run(&["policy", "check"]);
        assert_eq!(checked.code, 0, "{}", checked.stderr);
        assert!(checked.stderr.contains("warning[nothing-judged]"), "{text}: {}", checked.stderr);
        assert!(
            checked.stderr.contains(&format!(" --> rootgate.yaml:{line}\n")),
            "{}",
            checked.stderr
        );
        let files = ["--json", "out.json", "--summary", "out.md"];
        let ended = folder.run(&[&REPORT[..], &files].concat());
        assert_eq!(ended.code, 0, "the verdict stays: {}{}", ended.stdout, ended.stderr);
        let words: Vec<&str> = ended.stdout.split_whitespace().collect();
        assert!(words.join(" ").contains(SAID), "{text}: {}", ended.stdout);
        assert!(folder.read("out.md").contains(SAID));
        let notices = folder.json("out.json")["notices"].to_string();
        assert!(notices.contains("\"nothing-judged\""), "{notices}");
        let redacted = folder.run(&[&REPORT[..], &["--details", "redacted"]].concat());
        assert!(redacted.stdout.contains("nothing-judged"), "{}", redacted.stdout);
    }
    // The controls: one rule that can judge.
    for text in [only(&["root-mfa-missing"]), only(&["root-credential-changed"])] {
        let folder = Folder::new();
        folder.write("rootgate.yaml", &text);
        folder.write("report.csv", credential_report(&[]));
        let checked = folder.run(&["policy", "check"]);
        assert!(!checked.stderr.contains("nothing-judged"), "{text}: {}", checked.stderr);
        let ended = folder.run(&REPORT);
        assert!(!ended.stdout.contains(SAID), "{}", ended.stdout);
    }
}

#[test]
fn a_policy_cannot_command_the_runner_through_its_errors() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", "version: 1\n\"##[error]x\": {} # ##[group]y\n");
    for color in ["never", "always"] {
        let ended = folder.run(&["policy", "check", "--color", color]);
        ended.refused(&["unknown-key", "error]x"]);
        assert!(!ended.stderr.contains("##["), "{}", ended.stderr);
    }
    let ended = folder.run(&["check", "--offline"]);
    assert!(ended.code == 2 && !ended.stderr.contains("##["), "{}", ended.stderr);
    let named =
        "version: 1\nscope: { accounts: [{ id: \"111122223333\", name: \"##[error] ::x::\" }] }\n";
    let ended = with_input(&folder, &["policy", "explain", "--policy", "-"], named);
    assert!(ended.code == 0 && ended.stdout.contains("error]"), "{}{}", ended.stdout, ended.stderr);
    assert!(!ended.stdout.contains("##[") && !ended.stdout.contains(" ::x"), "{}", ended.stdout);
}

// -- explain ----------------------------------------------------------------------------------------

#[test]
fn explain_names_the_file_and_its_digest_and_answers_for_an_instant() {
    let folder = Folder::new();
    folder.write("p.yaml", EXAMPLE);
    let at = ["--at", "2026-12-02T14:30:00+01:00"];
    let ended = folder.run(&[&["policy", "explain", "--policy", "p.yaml"][..], &at].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("Policy p.yaml, SHA-256 "), "{}", ended.stdout);
    for line in [
        "As of 2026-12-02T13:30:00Z",
        "  111122223333 (prod), sign-in: yes, window december-close-sandbox is open until 2026-12-02T15:00:00Z.",
        "  444455556666 (billing), sign-in: no window is open, and none is planned.",
    ] {
        assert!(ended.stdout.lines().any(|expected| expected == line), "{line}\n{}", ended.stdout);
    }
    let one = ["--account", "444455556666"];
    let ended = folder.run(&[&["policy", "explain", "--policy", "p.yaml"][..], &at, &one].concat());
    assert!(!ended.stdout.contains("111122223333"), "{}", ended.stdout);
}

#[test]
fn explain_takes_its_file_as_check_does() {
    let folder = Folder::new();
    folder.write("a b.yaml", EXAMPLE);
    let plain = folder.run(&[&["policy", "explain", "a b.yaml"][..], &AT].concat());
    let flag = folder.run(&[&["policy", "explain", "--policy", "a b.yaml"][..], &AT].concat());
    assert_eq!((plain.code, &plain.stdout), (0, &flag.stdout), "{}", plain.stderr);
    let stdin = with_input(&folder, &[&["policy", "explain", "-"][..], &AT].concat(), EXAMPLE);
    assert!(stdin.stdout.contains("<stdin>"), "{}", stdin.stdout);
    let both = folder.run(&["policy", "explain", "a b.yaml", "--policy", "a b.yaml"]);
    both.refused(&["cannot be used with"]);
    folder
        .run(&["policy", "explain", "gone.yaml"])
        .refused(&["gone.yaml", "nothing was explained"]);
}

#[test]
fn explain_without_a_file_explains_the_built_in_defaults() {
    let ended = Folder::new().run(&["policy", "explain"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("No policy file (none of .github/rootgate.yaml, .github/rootgate.yml, rootgate.yaml, rootgate.yml exists): the strict built-in defaults\n"));
    assert!(ended.stdout.contains("None: every use of root is a finding."));
    Folder::new().run(&["policy", "explain", "--at", "2026-11-20T09:00"]).refused(&["--at"]);
    Folder::new().run(&["policy", "explain", "--policy", "x.yaml"]).refused(&["x.yaml"]);
}

// -- diff -------------------------------------------------------------------------------------------

/// A policy with one change of each kind.
fn changed() -> String {
    let planned = "  - id: drill\n    reason: prove the vault password | again\n    schedule: { months: [jan], week: first, days: [mon], from: '09:00', to: '10:00', timezone: UTC }\n    not-before: 2027-01-01\nwaivers:\n";
    EXAMPLE
        .replace("severity: medium }", "severity: low }")
        .replace("expires: 2027-01-15", "expires: 2027-01-10")
        .replace("reason: close the sandbox account, which", "reason: close the account, which")
        .replace("waivers:\n", planned)
}

fn diff(more: &[&str]) -> Finished {
    let folder = Folder::new();
    folder.write("old.yaml", EXAMPLE);
    folder.write("new.yaml", changed());
    folder.run(&[&["policy", "diff", "old.yaml", "new.yaml"][..], &AT, more].concat())
}

#[test]
fn diff_shows_each_change_with_its_meaning_and_both_lines() {
    let ended = diff(&[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!("policy_diff_text", ended.stdout);
    insta::assert_snapshot!("policy_diff_markdown", diff(&["--format", "markdown"]).stdout);
}

#[test]
fn diff_as_json_holds_the_same_changes() {
    let ended = diff(&["--format", "json"]);
    let diff = parsed(&ended);
    assert_eq!(
        (&diff["schema"], &diff["weaker"]),
        (&json!("rootgate.policy-diff/v1"), &json!(true))
    );
    let changes = diff["changes"].as_array().unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| change["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["planned", "weaker", "stronger", "other"]);
    let at = EXAMPLE.lines().position(|line| line.contains("severity: medium }")).unwrap() + 1;
    assert_eq!(
        changes[1],
        json!({
            "kind": "weaker",
            "key": "rules.root-mfa-not-hardware.severity",
            "old": "medium",
            "new": "low",
            "old_line": at,
            "new_line": at,
        })
    );
}

#[test]
fn fail_on_weaker_exits_1_for_weaker_and_for_nothing_else() {
    assert_eq!(diff(&["--fail-on-weaker"]).code, 1);
    let folder = Folder::new();
    folder.write("old.yaml", EXAMPLE);
    let only = |text: String| {
        folder.write("new.yaml", text);
        let arguments = ["policy", "diff", "old.yaml", "new.yaml", "--fail-on-weaker"];
        folder.run(&[&arguments[..], &AT].concat()).code
    };
    let further = EXAMPLE.replace("within: 30d", "within: 60d");
    assert_eq!(only(further.replace("lookback: 30d", "lookback: 60d")), 0, "stronger");
    assert_eq!(only(EXAMPLE.replace("SEC-77", "SEC-78")), 0, "other");
    assert_eq!(only(changed().replace("severity: low }", "severity: medium }")), 0, "planned");
    assert_eq!(only(EXAMPLE.replace("within: 30d", "within: 29d")), 1, "weaker");
}

#[test]
fn reordering_comments_and_other_spellings_are_not_changes() {
    let folder = Folder::new();
    folder.write("old.yaml", EXAMPLE);
    let limits = EXAMPLE.find("# Maximum length of").unwrap();
    let (rest, limits) = EXAMPLE.split_at(limits);
    let moved = rest.replace("version: 1\n", &format!("version: 1\n{limits}"));
    let new = moved.replace("within: 30d", "within: 720h").replace("09:00:00+01:00", "08:00:00Z");
    assert_ne!(new, moved);
    let ended = with_input(&folder, &["policy", "diff", "old.yaml", "-", AT[0], AT[1]], &new);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        ended.stdout,
        "old.yaml -> <stdin>, as of 2026-11-20T12:00:00Z: no change in meaning\n"
    );
}

#[test]
fn diff_of_a_broken_file_shows_its_problems_and_exits_2() {
    let folder = Folder::new();
    folder.write("good.yaml", EXAMPLE);
    folder.write("a.yaml", "version: 2\n");
    folder.write("b.yaml", "gate: {}\n");
    folder.run(&["policy", "diff", "good.yaml", "a.yaml"]).refused(&["--> a.yaml:1:10"]);
    let both = folder.run(&["policy", "diff", "a.yaml", "b.yaml", "--fail-on-weaker"]);
    both.refused(&["--> a.yaml:1:10", "--> b.yaml:1:1"]);
    folder.run(&["policy", "diff", "-", "-"]).refused(&["standard input"]);
    folder.run(&["policy", "diff", "good.yaml", "gone.yaml"]).refused(&["gone.yaml"]);
}

// -- schema and init --------------------------------------------------------------------------------

#[test]
fn schema_is_json_schema_or_the_reference() {
    let folder = Folder::new();
    let schema = parsed(&folder.run(&["policy", "schema"]));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let rules = schema["properties"]["rules"]["properties"].as_object().unwrap();
    assert!(rules.contains_key("root-used-outside-window") && rules.len() == 13);
    let reference = folder.run(&["policy", "schema", "--format", "markdown"]).stdout;
    assert!(reference.starts_with("# The policy\n") && reference.contains("| `fail-on` |"));
}

#[test]
fn init_writes_a_valid_policy_and_says_what_is_next() {
    let folder = Folder::new();
    let ended = folder.run(&["policy", "init", "--account", "111122223333"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        ended.stdout,
        ".github/rootgate.yaml: written, with every rule on\nnext: rootgate policy explain\n"
    );
    let check = folder.run(&["policy", "check"]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert!(check.stdout.contains("1 account named, 13 of 13 rules on"), "{}", check.stdout);
    let explain = folder.run(&["policy", "explain"]);
    assert!(explain.code == 0 && explain.stdout.contains("111122223333"));
}

#[test]
fn what_a_report_suggests_can_be_pasted_below_the_windows_of_a_fresh_policy() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    let starter = folder.run(&["policy", "init", "--output", "-"]).stdout;
    let off = starter.replace("root-events: { regions: default }", "root-events: off");
    folder.write("rootgate.yaml", &off);
    let files = ["--json", "out.json", "--summary", "out.md"];
    let ended = folder.run(&[&REPORT[..], &files].concat());
    assert_eq!(ended.code, 1);
    let outcomes = folder.json("out.json")["accounts"][0]["outcomes"].clone();
    let active =
        outcomes.as_array().unwrap().iter().find(|it| it["rule"] == "root-access-key-active");
    let windows = active.unwrap()["findings"][0]["window"].as_str().unwrap().to_owned();
    assert_eq!(windows.lines().count(), 2, "deactivate, wait, delete: {windows}");
    // One line from the log, one from the summary: both are entries of one list.
    let mixed = [ended.stdout, folder.read("out.md")];
    let mixed = windows.lines().zip(&mixed).map(|(window, text)| {
        text.lines().find(|line| line.ends_with(window)).unwrap_or_else(|| panic!("{text}"))
    });
    let mixed = mixed.fold(String::new(), |lines, line| lines + line + "\n");
    for lines in [format!("{windows}\n"), mixed] {
        let pasted = off.replace("\nwindows:\n", &format!("\nwindows:\n{lines}"));
        folder.write("rootgate.yaml", &pasted);
        folder.run(&["policy", "check"]).refused(&["placeholder `TICKET`", "such as `CHG-1234`"]);
        folder.write("rootgate.yaml", pasted.replace("ticket: TICKET", "ticket: CHG-7"));
        let check = folder.run(&["policy", "check"]);
        assert!(check.code == 0 && check.stderr.is_empty(), "{}", check.stderr);
        assert!(check.stdout.contains("2 windows"), "{}", check.stdout);
        let closed = pasted.replace("\nwindows:\n", "\nwindows: []\n");
        folder.write("rootgate.yaml", closed);
        let expected =
            ["`windows: []` is an empty list", "write `windows:`, and the entries below it"];
        folder.run(&["policy", "check"]).refused(&expected);
    }
}

#[test]
fn init_never_overwrites_and_never_takes_the_place_of_another_policy() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", "version: 1\n");
    folder.run(&["policy", "init"]).refused(&["rootgate.yaml already exists", "--output"]);
    assert!(!folder.exists(".github"));
    folder.run(&["policy", "init", "--output", "rootgate.yaml"]).refused(&["already exists"]);
    assert_eq!(folder.read("rootgate.yaml"), "version: 1\n");
    let other = folder.run(&["policy", "init", "--output", "team/a.yaml"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(other.stdout.ends_with("next: rootgate policy explain --policy team/a.yaml\n"));
    let printed = folder.run(&["policy", "init", "--output", "-"]);
    assert_eq!(printed.stdout, folder.read("team/a.yaml"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.yaml", folder.path().join("link.yaml")).unwrap();
        folder.run(&["policy", "init", "--output", "link.yaml"]).refused(&["already exists"]);
        assert!(!folder.exists("nowhere.yaml"));
    }
}

#[cfg(unix)]
#[test]
fn init_names_a_file_at_the_path_of_its_folder() {
    let folder = Folder::new();
    let github = folder.path().join(".github");
    std::os::unix::fs::symlink("nowhere", &github).unwrap();
    let ended = folder.run(&["policy", "init"]);
    ended.refused(&[".github is a link, but not to a folder", "--output FILE"]);
    assert!(!ended.stderr.contains("rootgate.yaml exists already"), "{}", ended.stderr);
    std::fs::remove_file(&github).unwrap();
    std::fs::write(&github, "").unwrap();
    folder.run(&["policy", "init"]).refused(&[".github is not a folder"]);
    // The control: a link to a folder is one.
    std::fs::remove_file(&github).unwrap();
    std::fs::create_dir(folder.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", &github).unwrap();
    assert_eq!(folder.run(&["policy", "init"]).code, 0);
    assert!(folder.exists("real/rootgate.yaml"));
}

// -- policy init in a repository --------------------------------------------------------------------

#[test]
fn init_writes_at_the_root_of_the_repository_and_says_how_to_name_the_file() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    let below = folder.path().join("deep/down");
    std::fs::create_dir_all(&below).unwrap();
    let init = |more: &[&str]| {
        let mut command = rootgate(&below);
        Finished::from_output(command.args(["policy", "init"]).args(more).output().unwrap())
    };
    let ended = init(&[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(folder.exists(".github/rootgate.yaml") && !below.join(".github").exists());
    // What it says next works from here.
    let next = ended.stdout.lines().find_map(|line| line.strip_prefix("next: rootgate ")).unwrap();
    let mut command = rootgate(&below);
    let next = Finished::from_output(command.args(next.split(' ')).output().unwrap());
    assert_eq!(next.code, 0, "{}", next.stderr);
    assert!(next.stdout.contains("SHA-256"), "{}", next.stdout);

    init(&[]).refused(&["already exists"]);
    let root = folder.path().canonicalize().unwrap();
    let second = root.join("rootgate.yml").display().to_string();
    init(&["--output", &second]).refused(&["already exists", "a second default file is an error"]);
    assert!(!folder.exists("rootgate.yml"));
    assert_eq!(init(&["--output", "other.yaml"]).code, 0, "relative to where it is run");
    assert!(below.join("other.yaml").exists());

    let outside = Folder::new();
    assert_eq!(outside.run(&["policy", "init"]).code, 0);
    assert!(outside.exists(".github/rootgate.yaml"));
}

#[test]
fn init_takes_several_accounts_each_with_its_role() {
    let folder = Folder::new();
    let role = "arn:aws:iam::111122223333:role/path/root,gate=x";
    let first = format!("111122223333={role}");
    let arguments = ["policy", "init", "--account", &first, "--account", "444455556666"];
    assert_eq!(folder.run(&arguments).code, 0);
    let text = folder.read(".github/rootgate.yaml");
    assert!(text.contains(&format!("{{ id: \"111122223333\", role-arn: \"{role}\" }}")), "{text}");
    let checked = folder.run(&["policy", "check"]);
    assert!(checked.stdout.contains("2 accounts named"), "{}{}", checked.stdout, checked.stderr);

    let folder = Folder::new();
    for (accounts, expected) in [
        (&["1111"][..], "12 digits"),
        (&["111122223333=role/rootgate"], "--account:"),
        (&["111122223333="], "--account:"),
        (&["111122223333=arn:aws:iam::444455556666:role/x"], "--account:"),
        (&["111122223333=x\" }\nrules: {}"], "--account:"),
        (&["111122223333", "111122223333"], "--account:"),
    ] {
        let flags = accounts.iter().flat_map(|account| ["--account", account]);
        let all: Vec<&str> = ["policy", "init"].into_iter().chain(flags).collect();
        folder.run(&all).refused(&[expected]);
        assert!(!folder.exists(".github"), "{accounts:?}");
    }
}

// -- arguments --------------------------------------------------------------------------------------

#[test]
fn an_empty_value_is_an_error_and_never_the_default() {
    let folder = Folder::new();
    folder.write("report.csv", credential_report(&[]));
    folder.run(&["check", "--policy="]).refused(&["the path is empty", "leave --policy out"]);
    for flag in
        ["--role-arn=", "--external-id=", "--region=", "--oidc-audience=", "--endpoint-url="]
    {
        folder.run(&["check", flag]).refused(&["a value is required for"]);
        folder.run(&["collect", "--output", "e.json", flag]).refused(&["a value is required for"]);
    }
    for command in [
        &["policy", "check", ""][..],
        &["policy", "explain", "--policy="],
        &["permissions", "--policy="],
        &["collect", "--output", "e.json", "--policy="],
    ] {
        folder.run(command).refused(&["a value is required for"]);
    }
    assert!(!folder.exists("e.json"));
}
