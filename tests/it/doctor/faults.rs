//! GitHub's API fails, or is not there: never ok, and each line names the permission that it needs.

use serde_json::Value;

use super::{checks, doctor, not_ok, sound};
use crate::fake::Fake;
use crate::support::{Finished, Folder, rootgate, side_by_side};

/// Each call of the doctor, and the checks that need it.
const CALLS: &[(&str, &[&str])] = &[
    ("rules", &["codeowners"]),
    ("environments", &["environment-exists", "environment-reviewers", "environment-branches"]),
    ("workflows", &["schedule-enabled"]),
    ("runs", &["schedule-last-run"]),
    ("codeowners-errors", &["codeowners"]),
    ("analyses", &["code-scanning"]),
    ("tags", &["action-pin"]),
];

/// The status of each check that is named.
fn status<'a>(checks: &'a [Value], id: &str) -> Vec<&'a str> {
    let of_id = checks.iter().filter(|check| check["id"] == id);
    of_id.map(|check| check["status"].as_str().unwrap()).collect()
}

#[test]
fn a_call_that_fails_is_never_ok() {
    let faults =
        ["not-accessible", "not-found", "status 500", "primary", "html", "braces", "reset"];
    let cases = CALLS.iter().flat_map(|call| faults.iter().map(move |fault| (call, fault)));
    side_by_side(cases, |((call, ids), fault)| {
        let aws = Fake::with("");
        let mut job = sound().live(&aws, true).line(&format!("fault {call} = {fault}"));
        let (code, checks) = doctor(&mut job, &[]);
        for id in *ids {
            let found = status(&checks, id);
            assert!(!found.contains(&"ok"), "{call} {fault}: {id} {found:?}");
        }
        // What is not known is no problem either.
        assert_eq!(code, 0, "{call} {fault}: {:?}", not_ok(&checks));
        let unseen = checks.iter().filter(|check| check["status"] == "not-checked");
        let todo = |check: &Value| check["todo"].as_str().unwrap().to_owned();
        let todos: Vec<String> = unseen.map(todo).collect();
        assert!(todos.iter().any(|todo| todo.contains(": read")), "{call} {fault}: {todos:?}");
        let token = status(&checks, "github-token");
        let lacks = if *fault == "not-accessible" && *call != "tags" { "warning" } else { "" };
        assert!(lacks.is_empty() || token == [lacks], "{call} {fault}: {token:?}");
    });
}

#[test]
fn without_the_repository_or_its_files_nothing_of_it_is_ok() {
    let of_github = ["gate-required", "codeowners", "environment-exists", "schedule-enabled"];
    let cases = [
        ("fault repository = not-found", "not-checked"),
        ("fault repository = bad-credentials", "problem"),
        ("fault repository = status 503", "not-checked"),
        ("fault commit = not-accessible", "warning"),
        ("fault listing = not-accessible", "warning"),
        ("fault * = hostile", "warning"),
    ];
    side_by_side(cases, |(fault, token)| {
        let aws = Fake::with("");
        let mut job = sound().live(&aws, true).line(fault);
        let (_, checks) = doctor(&mut job, &[]);
        for id in of_github {
            assert_eq!(status(&checks, id), ["not-checked"], "{fault} {id}");
        }
        assert_eq!(status(&checks, "policy-on-default-branch"), ["not-checked"], "{fault}");
        assert_eq!(status(&checks, "github-token"), [token], "{fault}");
        // AWS is looked at all the same.
        assert_eq!(status(&checks, "aws-sign-in"), ["ok"], "{fault}");
        for check in &checks {
            let text = check.to_string();
            assert!(!text.contains('\u{1b}') && !text.contains("\\n::"), "{text}");
        }
    });
}

#[test]
fn without_a_token_the_permissions_are_named() {
    let aws = Fake::with("");
    let mut job = sound().live(&aws, true).set("GITHUB_TOKEN", "");
    let (code, checks) = doctor(&mut job, &[]);
    assert_eq!(code, 0, "{checks:#?}");
    assert_eq!(status(&checks, "github-token"), ["not-checked"]);
    assert_eq!(status(&checks, "gate-required"), ["not-checked"]);
    let token = checks.iter().find(|check| check["id"] == "github-token").unwrap();
    for permission in ["contents: read", "actions: read", "security-events: read"] {
        assert!(token["todo"].as_str().unwrap().contains(permission), "{token}");
    }
    assert_eq!(job.github.as_ref().unwrap().calls().len(), 0);
}

#[test]
fn without_a_network_everything_is_said_at_once() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", super::POLICY);
    let mut command = rootgate(folder.path());
    command
        .args([
            "doctor",
            "--format",
            "json",
            "--endpoint-url",
            "http://127.0.0.1:9",
            "--timeout",
            "5s",
        ])
        .args(["--policy", "rootgate.yaml"])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .env("GITHUB_API_URL", "http://127.0.0.1:9")
        .env("GITHUB_TOKEN", "ghs_example")
        .env("GITHUB_REPOSITORY", "octo-org/octo-repo");
    let ended = Finished::from_output(command.output().unwrap());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let checks = checks(&ended);
    assert_eq!(status(&checks, "aws-sign-in"), ["problem"]);
    assert_eq!(status(&checks, "aws-clock"), ["not-checked"]);
    assert_eq!(status(&checks, "github-token"), ["not-checked"]);
    assert_eq!(status(&checks, "policy"), ["ok"]);
}

#[test]
fn outside_github_actions_the_remote_names_the_repository() {
    let aws = Fake::with("");
    let folder = Folder::new();
    folder.write("rootgate.yaml", super::POLICY);
    let run = |remote: Option<&str>| {
        let git = |arguments: &[&str]| {
            let mut git = std::process::Command::new("git");
            git.current_dir(folder.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments);
            assert!(git.output().unwrap().status.success(), "{arguments:?}");
        };
        git(&["init", "--quiet"]);
        if let Some(url) = remote {
            git(&["remote", "add", "origin", url]);
        }
        let github = Fake::github("default-branch = main\n");
        let mut command = rootgate(folder.path());
        command
            .args(["doctor", "--format", "json", "--endpoint-url", &aws.url()])
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .env("GITHUB_API_URL", github.url())
            .env("GITHUB_TOKEN", "ghs_example");
        let ended = Finished::from_output(command.output().unwrap());
        (checks(&ended), github.names())
    };
    let (none, calls) = run(None);
    assert_eq!(status(&none, "github-token"), ["not-checked"]);
    assert_eq!(calls, [""; 0]);
    let (_, calls) = run(Some("git@github.com:octo-org/octo-repo.git"));
    assert_eq!(calls.first().map(String::as_str), Some("repository"));
}
