//! `rootgate setup aws`: what is printed, what is written, and a sign-in by exactly that trust policy.

use serde_json::Value;

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::{Folder, rootgate, side_by_side};

const POLICY: &str = r#"
version: 1
scope:
  accounts:
    - { id: "111122223333", name: prod, role-arn: "arn:aws:iam::111122223333:role/ci/gate" }
    - { id: "444455556666", role-arn: "arn:aws:iam::444455556666:role/rootgate" }
evidence: { root-events: off }
"#;
const FORMATS: [(&str, &str); 3] =
    [("cloudformation", "yaml"), ("terraform", "tf"), ("shell", "sh")];
const SETUP: [&str; 8] = [
    "setup",
    "aws",
    "--policy",
    "policy.yaml",
    "--github",
    "octo-org/octo-repo",
    "--environment",
    "rootgate",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SETUP.into_iter().chain(more.iter().copied()).collect()
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("policy.yaml", POLICY);
    folder
}

#[test]
fn the_same_arguments_give_the_same_bytes_printed_or_written() {
    side_by_side(FORMATS, |(format, extension)| {
        let folder = folder();
        let printed = folder.run(&with(&["--format", format]));
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        for output in ["first", "deep/second"] {
            let written = folder.run(&with(&["--format", format, "--output", output]));
            assert_eq!(written.code, 0, "{}", written.stderr);
            let files = ["111122223333", "444455556666"]
                .map(|id| folder.read(&format!("{output}/account-{id}.{extension}")));
            let separator = if extension == "yaml" { "---\n" } else { "\n" };
            assert_eq!(printed.stdout, files.join(separator));
            for part in ["account-111122223333", "account-444455556666", "next, with"] {
                assert!(written.stdout.contains(part), "{}", written.stdout);
            }
        }
    });
}

#[test]
fn an_output_that_exists_stays_and_none_is_written() {
    let folder = folder();
    let second = folder.write("aws/account-444455556666.sh", "mine");
    let arguments = with(&["--format", "shell", "--output", "aws"]);
    let refused = folder.run(&arguments);
    refused.refused(&["account-444455556666.sh already exists", "nothing was written (exit 2)"]);
    assert!(!folder.exists("aws/account-111122223333.sh"));
    assert_eq!(folder.read("aws/account-444455556666.sh"), "mine");
    std::fs::remove_file(&second).unwrap();
    assert_eq!(folder.run(&arguments).code, 0);
    // A link that leads nowhere is something, too.
    #[cfg(unix)]
    {
        std::fs::remove_file(&second).unwrap();
        std::os::unix::fs::symlink("nowhere", &second).unwrap();
        folder.run(&arguments).refused(&["already exists"]);
    }
}

/// The values of `NAME='…'` in a script, as a shell reads them.
#[cfg(unix)]
pub(crate) fn variable(folder: &Folder, script: &str, name: &str) -> String {
    let path = folder.path().join(script);
    // `aws` prints another account, so the script ends before it changes anything.
    let ask = format!("aws() {{ printf %s \"${name}\" >value; echo 000000000000; }}\n. \"$0\"");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &ask]).arg(path).current_dir(folder.path()).output().unwrap();
    folder.read("value")
}

#[cfg(unix)]
fn json_variable(folder: &Folder, script: &str, name: &str) -> Value {
    serde_json::from_str(&variable(folder, script, name)).unwrap()
}

#[cfg(unix)]
#[test]
fn a_role_may_do_what_permissions_prints() {
    let folder = folder();
    let ended = folder.run(&with(&["--format", "shell", "--output", "aws"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let printed = folder.run(&["permissions", "--policy", "policy.yaml"]).stdout;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert!(!printed.to_string().contains("cloudtrail"), "events are off");
    for id in ["111122223333", "444455556666"] {
        let script = format!("aws/account-{id}.sh");
        assert_eq!(json_variable(&folder, &script, "permissions"), printed);
    }
}

/// Whether a run signs in to both roles of the policy, where they trust what setup wrote.
#[cfg(unix)]
fn signs_in(environments: &[&str], ids: Option<&str>, claims: &str) -> (i32, String) {
    let folder = folder();
    let mut arguments = vec!["setup", "aws", "--policy", "policy.yaml"];
    arguments.extend(["--github", "octo-org/octo-repo", "--format", "shell", "--output", "aws"]);
    arguments.extend(environments.iter().flat_map(|name| ["--environment", name]));
    arguments.extend(ids.iter().flat_map(|ids| ["--github-ids", ids]));
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut scenario = String::new();
    for (id, role) in [("111122223333", "ci/gate"), ("444455556666", "rootgate")] {
        let script = format!("aws/account-{id}.sh");
        let file = folder.write(&format!("{id}.json"), variable(&folder, &script, "trust"));
        scenario += &format!("trust arn:aws:iam::{id}:role/{role} = {}\n", file.display());
    }
    scenario += claims;
    scenario += "\naccount = 111122223333\naccount = 444455556666\n";
    let gate = Gate::on_github(Fake::start(&scenario)).policy(POLICY);
    let ended = gate.run(&["check"]);
    (ended.code, ended.stderr)
}

#[cfg(unix)]
#[test]
fn the_gate_signs_in_by_exactly_the_trust_that_is_written() {
    let by_name = "claim.sub = repo:octo-org/octo-repo:environment:";
    let by_id = "claim.sub = repo:octo-org@65/octo-repo@74:environment:";
    let rootgate = &["rootgate"][..];
    let hostile = &["${aws:userid} it's"][..];
    let cases = [
        (rootgate, None, format!("{by_name}rootgate"), 0),
        (rootgate, Some("65/74"), format!("{by_name}rootgate"), 0),
        (rootgate, Some("65/74"), format!("{by_id}rootgate"), 0),
        (&["rootgate", "rootgate-policy"], None, format!("{by_name}rootgate-policy"), 0),
        (hostile, None, format!("{by_name}${{aws%3Auserid}} it's"), 0),
        (rootgate, None, format!("{by_id}rootgate"), 2),
        (rootgate, Some("65/75"), format!("{by_id}rootgate"), 2),
        (rootgate, Some("65/74"), format!("{by_name}rootgate-policy"), 2),
        (rootgate, Some("65/74"), format!("{by_name}rootgate2"), 2),
        (rootgate, None, "claim.sub = repo:octo-org/octo-repo:ref:refs/heads/main".to_owned(), 2),
        (rootgate, None, "claim.sub = repo:octo-org/octo-repo2:environment:rootgate".to_owned(), 2),
        (rootgate, None, format!("{by_name}rootgate\nclaim.aud = sts.amazonaws.com.cn"), 2),
    ];
    side_by_side(cases, |(environments, ids, claims, code)| {
        let (ended, stderr) = signs_in(environments, ids, &claims);
        assert_eq!(ended, code, "{environments:?} {ids:?} {claims}: {stderr}");
    });
}

#[test]
fn without_ids_github_is_asked_and_why_they_are_not_known_is_said() {
    let ask = |scenario: &str, token: Option<&str>, repository: &str| {
        let github = Fake::github(scenario);
        let folder = folder();
        let mut command = rootgate(folder.path());
        command.env("GITHUB_API_URL", github.url());
        command.envs(token.map(|token| ("GITHUB_TOKEN", token)));
        command.args(["setup", "aws", "--policy", "policy.yaml", "--environment", "rootgate"]);
        let output = command.args(["--github", repository]).output().unwrap();
        (crate::support::Finished::from_output(output), github.calls().len())
    };
    let by_id = "octo-org@65/octo-repo@74";
    let scenario = "token = ghs_example\n";
    let (known, _) = ask(scenario, Some("ghs_example"), "octo-org/octo-repo");
    assert!(known.code == 0 && known.stdout.contains(by_id), "{}", known.stderr);
    assert!(!known.stderr.contains("not known"), "{}", known.stderr);
    let (unasked, calls) = ask(scenario, None, "octo-org/octo-repo");
    assert!(unasked.code == 0 && !unasked.stdout.contains("@65"), "{}", unasked.stdout);
    assert!(unasked.stderr.contains("GITHUB_TOKEN is not set"), "{}", unasked.stderr);
    assert_eq!(calls, 0);
    for (scenario, token, why) in [
        (scenario, "other", "401"),
        ("fault repository = not-found\n", "ghs_example", "404"),
        ("fault repository = braces\n", "ghs_example", "not known"),
    ] {
        let (unknown, _) = ask(scenario, Some(token), "octo-org/octo-repo");
        assert!(unknown.code == 0 && !unknown.stdout.contains("@65"), "{}", unknown.stderr);
        for part in [why, "--github-ids", "gh api repos/octo-org/octo-repo"] {
            assert!(unknown.stderr.contains(part), "{}\nlacks {part}", unknown.stderr);
        }
    }
    let (spelt, _) = ask(scenario, Some("ghs_example"), "Octo-Org/octo-repo");
    spelt.refused(&["GitHub calls the repository Octo-Org/octo-repo octo-org/octo-repo"]);
}

#[test]
fn what_cannot_be_trusted_is_refused() {
    let folder = folder();
    folder.write("none.yaml", "version: 1\n");
    for (arguments, parts) in [
        (with(&["--environment", "*"]), &["wildcards", "nothing was written"][..]),
        (with(&["--environment", ""]), &["it is empty"]),
        (with(&["--environment", "a\nb"]), &["cannot be seen"]),
        (with(&["--github-ids", "65"]), &["--github-ids", "65/74"]),
        (with(&["--github-ids", "*/*"]), &["--github-ids", "65/74"]),
        (with(&["--formats", "shell"]), &["unexpected argument", "'--format'"]),
        (with(&["--format", "terraforms"]), &["invalid value", "'terraform'"]),
        (vec!["setup", "aw"], &["unrecognized subcommand", "'aws'"]),
        (vec!["setup", "aws", "--github", "a/b"], &["--environment <NAME>"]),
    ] {
        folder.run(&arguments).refused(parts);
    }
    for repository in ["octo-repo", "a/b/c", "octo-org/*", "a/b\n", "../.."] {
        let arguments = ["setup", "aws", "--policy", "policy.yaml", "--environment", "e"];
        let arguments: Vec<&str> = arguments.into_iter().chain(["--github", repository]).collect();
        folder.run(&arguments).refused(&["is not the owner and name of a repository"]);
    }
    let nobody = ["setup", "aws", "--policy", "none.yaml", "--github", "a/b", "--environment", "e"];
    folder.run(&nobody).refused(&["the policy names no account", "policy init --account"]);
}
