//! The action's launcher: each input becomes its one flag, and nothing but a verdict ends in 0.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

/// An input, a value for it, and the flags that it must become. Those without flags are the
/// launcher's own.
const INPUTS: &[(&str, &str, &[&str])] = &[
    ("policy", "my policy.yaml", &["--policy=my policy.yaml"]),
    (
        "role-to-assume",
        "arn:aws:iam::111122223333:role/rootgate",
        &["--role-arn=arn:aws:iam::111122223333:role/rootgate"],
    ),
    ("external-id", "a=b", &["--external-id=a=b"]),
    (
        "allowed-account-ids",
        "111122223333\n\n  444455556666  \n",
        &["--account=111122223333", "--account=444455556666"],
    ),
    ("aws-region", "eu-central-1", &["--region=eu-central-1"]),
    ("audience", "sts.amazonaws.com.cn", &["--oidc-audience=sts.amazonaws.com.cn"]),
    ("ca-bundle", "/etc/ssl/ca.pem", &["--ca-bundle=/etc/ssl/ca.pem"]),
    ("evidence", "one file.json\ntwo.json", &["--evidence=one file.json", "--evidence=two.json"]),
    ("fail-on", "low", &["--fail-on=low"]),
    ("timeout", "2m", &["--timeout=2m"]),
    ("category", "nightly", &["--category=nightly"]),
    ("details", "redacted", &["--details=redacted"]),
    ("working-directory", "", &[]),
    ("binary", "", &[]),
];

/// What design and README promise as outputs.
const OUTPUTS: &[&str] = &[
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

/// Stands for rootgate: writes down its arguments and where it ran, and its report.
const BINARY: &str = r#"#!/bin/sh
printf '%s\n' "$@" >"$SEEN/arguments"
pwd >"$SEEN/folder"
for argument; do
    case $argument in --json=*) echo '{}' >"${argument#--json=}" ;; esac
done
echo verdict=pass >>"$GITHUB_OUTPUT"
"#;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn action() -> Value {
    let text = fs::read_to_string(repository().join("action.yml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_mapping().unwrap().keys().map(|key| key.as_str().unwrap().to_owned()).collect()
}

fn variable(input: &str) -> String {
    format!("ROOTGATE_{}", input.to_uppercase().replace('-', "_"))
}

/// One step of a workflow, without a runner.
struct Step {
    folder: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
}

/// What the step left.
struct Ran {
    code: i32,
    log: String,
    /// The last value of each output, as the runner reads them.
    outputs: BTreeMap<String, String>,
    arguments: Vec<String>,
    cwd: String,
    /// Report folders still there.
    reports: usize,
}

impl Step {
    fn new(binary: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rootgate");
        fs::write(&path, binary).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let inputs = INPUTS.iter().map(|(name, ..)| (variable(name), String::new())).collect();
        Self { folder, inputs }.with("binary", path.to_str().unwrap())
    }

    fn with(mut self, input: &str, value: &str) -> Self {
        self.inputs.insert(variable(input), value.to_owned());
        self
    }

    fn run(self) -> Ran {
        let at = |name: &str| self.folder.path().join(name);
        for name in ["workspace", "workspace/sub folder", "temp", "seen"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("output"), "").unwrap();
        let done = Command::new("sh")
            .arg(repository().join("action/launch.sh"))
            .current_dir(at("workspace"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GITHUB_OUTPUT", at("output"))
            .env("RUNNER_TEMP", at("temp"))
            .env("SEEN", at("seen"))
            .envs(&self.inputs)
            .output()
            .unwrap();
        let read = |name: &str| fs::read_to_string(at(name)).unwrap_or_default();
        Ran {
            code: done.status.code().unwrap(),
            log: String::from_utf8([done.stdout, done.stderr].concat()).unwrap(),
            outputs: read("output")
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            arguments: read("seen/arguments").lines().map(str::to_owned).collect(),
            cwd: read("seen/folder").trim_end().to_owned(),
            reports: fs::read_dir(at("temp")).unwrap().count(),
        }
    }
}

/// The flags beside the command and the two report files, which every run has.
fn flags(ran: &Ran) -> Vec<&str> {
    let arguments: Vec<&str> = ran.arguments.iter().map(String::as_str).collect();
    assert_eq!(arguments[0], "check");
    assert!(arguments[1].starts_with("--sarif=/"), "{}", arguments[1]);
    assert!(arguments[2].starts_with("--json=/"), "{}", arguments[2]);
    arguments[3..].to_vec()
}

fn assert_nothing_judged(ran: &Ran, message: &str) {
    assert_eq!(ran.code, 2, "{}", ran.log);
    assert!(ran.log.contains(message), "{}", ran.log);
    for name in OUTPUTS {
        let expected = match *name {
            "verdict" => "error",
            "exit-code" => "2",
            _ => "",
        };
        assert_eq!(ran.outputs.get(*name).map(String::as_str), Some(expected), "{name}");
    }
    assert_eq!(ran.reports, 0);
}

#[test]
fn each_input_reaches_the_step_by_the_environment_alone() {
    let action = action();
    let names: BTreeSet<String> = INPUTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(keys(&action["inputs"]), names);

    let steps = action["runs"]["steps"].as_sequence().unwrap();
    assert_eq!(steps.len(), 1);
    let environment = &steps[0]["env"];
    let mapped: BTreeSet<String> = names.iter().map(|name| variable(name)).collect();
    assert_eq!(keys(environment), mapped);
    for name in &names {
        let expected = format!("${{{{ inputs.{name} }}}}");
        assert_eq!(environment[variable(name).as_str()].as_str(), Some(expected.as_str()));
    }
    assert!(!steps[0]["run"].as_str().unwrap().contains("${{"));
}

#[test]
fn the_launcher_reads_no_input_that_a_composite_action_does_not_get() {
    // `act` sets INPUT_*, GitHub does not: a launcher that reads them would pass its tests alone.
    let launcher = fs::read_to_string(repository().join("action/launch.sh")).unwrap();
    assert!(!launcher.contains("INPUT_"));
}

#[test]
fn each_output_is_the_steps_output_of_the_same_name() {
    let action = action();
    let names: BTreeSet<String> = OUTPUTS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(keys(&action["outputs"]), names);
    for name in OUTPUTS {
        let expected = format!("${{{{ steps.gate.outputs.{name} }}}}");
        assert_eq!(action["outputs"][*name]["value"].as_str(), Some(expected.as_str()));
    }
}

#[test]
fn each_input_becomes_its_one_flag() {
    assert_eq!(flags(&Step::new(BINARY).run()), [""; 0], "an empty input is an absent one");
    for (name, value, expected) in INPUTS.iter().filter(|(.., expected)| !expected.is_empty()) {
        let ran = Step::new(BINARY).with(name, value).run();
        assert_eq!(flags(&ran), *expected, "{name}");
        assert_eq!((ran.code, ran.outputs["verdict"].as_str()), (0, "pass"), "{name}");
    }
}

#[test]
fn what_an_input_holds_is_never_run() {
    for value in ["$(touch \"$SEEN/ran\")", "`touch $SEEN/ran`", "\"; exit 0; \"", "--at=now", "*"]
    {
        for name in ["policy", "evidence"] {
            let ran = Step::new(BINARY).with(name, value).run();
            assert_eq!(flags(&ran), [format!("--{name}={value}")]);
        }
    }
}

#[test]
fn relative_paths_start_from_the_working_directory() {
    let ran = Step::new(BINARY).with("working-directory", "sub folder").run();
    assert!(ran.cwd.ends_with("/workspace/sub folder"), "{}", ran.cwd);
}

#[test]
fn a_launcher_that_cannot_start_rootgate_judges_nothing() {
    let cases = [
        ("binary", "", "::error title=rootgate::The input 'binary' is missing."),
        ("binary", "no/such\n::set-output name=verdict::pass", "no/such???set-output?name"),
        ("binary", "sub folder", "The input 'binary' names no program"),
        ("working-directory", "-", "The input 'working-directory' names no folder: ./-"),
    ];
    for (input, value, message) in cases {
        assert_nothing_judged(&Step::new(BINARY).with(input, value).run(), message);
    }
}

#[test]
fn exit_codes_1_and_3_pass_through_with_what_rootgate_said() {
    for code in [1, 3] {
        let ran = Step::new(&format!("{BINARY}exit {code}")).run();
        assert_eq!((ran.code, ran.outputs["verdict"].as_str()), (code, "pass"));
        assert_eq!(ran.reports, 1);
    }
}

#[test]
fn exit_code_2_leaves_no_file_and_no_verdict_but_error() {
    assert_nothing_judged(&Step::new(&format!("{BINARY}exit 2")).run(), "");
}

#[test]
fn a_binary_that_breaks_off_or_reports_nothing_judges_nothing() {
    let cases = [
        (format!("{BINARY}exit 134"), "rootgate broke off with exit code 134."),
        (format!("{BINARY}kill -9 $$"), "rootgate broke off with exit code 137."),
        ("#!/bin/sh\n".to_owned(), "rootgate ended with exit code 0 and wrote no report."),
    ];
    for (binary, message) in cases {
        assert_nothing_judged(&Step::new(&binary).run(), message);
    }
}

#[test]
fn a_cancelled_step_lets_rootgate_judge_what_it_has() {
    // The shell that stands for the runner's sends the signal to its parent alone.
    let binary =
        format!("{BINARY}trap 'exit 3' TERM\nkill -INT $PPID\nwhile :; do sleep 0.05; done");
    assert_eq!(Step::new(&binary).run().code, 3);
}
