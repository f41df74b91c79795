//! `rootgate setup` and `rootgate setup workflow` in a repository: what the clone says is filled in.

use std::process::Command;

use crate::support::{Folder, rootgate};

const POLICY: &str = r#"
version: 1
scope: { accounts: [{ id: "111122223333", role-arn: "arn:aws:iam::111122223333:role/rootgate" }] }
"#;

fn git(folder: &Folder, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]);
    let output = git.args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A clone of octo-org/octo-repo whose default branch is `trunk`.
fn clone() -> Folder {
    let folder = Folder::new();
    git(&folder, &["init", "--quiet", "--initial-branch=trunk"]);
    git(&folder, &["remote", "add", "origin", "git@github.com:octo-org/octo-repo.git"]);
    git(&folder, &["commit", "--quiet", "--allow-empty", "--message=first"]);
    pushed(&folder);
    git(&folder, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    folder
}

/// As if the branch had been pushed.
fn pushed(folder: &Folder) {
    git(folder, &["update-ref", "refs/remotes/origin/trunk", "HEAD"]);
}

fn steps(folder: &Folder) -> String {
    let ended = folder.run(&["setup"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.stdout
}

/// The marks of the steps, in order.
fn marks(text: &str) -> String {
    let marks = text.lines().filter(|line| line.get(3..5).is_some_and(|it| it.starts_with(' ')));
    let numbered = marks.filter(|line| line.split_once(". ").is_some_and(|(it, _)| it.len() == 5));
    numbered.map(|line| &line[1..2]).collect()
}

#[test]
fn the_steps_lead_from_nothing_to_a_gate_and_done_ones_are_ticked_off() {
    let folder = clone();
    let nothing = steps(&folder);
    assert_eq!(marks(&nothing), "  ?  ?", "{nothing}");
    for part in [
        "octo-org/octo-repo",
        "rootgate policy init --account ACCOUNT_ID=arn:aws:iam::ACCOUNT_ID:role/rootgate",
        "ids=$(gh api repos/octo-org/octo-repo --jq '\"\\(.owner.id)/\\(.id)\"')",
        "rootgate setup aws --github octo-org/octo-repo --github-ids \"$ids\" --environment rootgate",
        "gh api --method PUT repos/octo-org/octo-repo/environments/rootgate\n",
        "rootgate setup workflow posture",
        "gh workflow run rootgate-posture.yml --repo octo-org/octo-repo",
    ] {
        assert!(nothing.contains(part), "{nothing}\nlacks {part}");
    }
    folder.write(".github/rootgate.yaml", POLICY);
    assert_eq!(marks(&steps(&folder)), "x ?  ?");
    let aws = ["setup", "aws", "--github", "octo-org/octo-repo", "--environment", "rootgate"];
    let aws: Vec<&str> = aws.into_iter().chain(["--output", "rootgate-aws"]).collect();
    assert_eq!(folder.run(&aws).code, 0);
    assert_eq!(marks(&steps(&folder)), "x??  ?", "whether a role is there is not seen");
    assert_eq!(folder.run(&["setup", "workflow", "posture"]).code, 0);
    let unpinned = steps(&folder);
    assert_eq!(marks(&unpinned), "x??  ?", "{unpinned}");
    assert!(
        unpinned.contains("[x] every day: .github/workflows/rootgate-posture.yml"),
        "{unpinned}"
    );
    assert!(unpinned.contains("Replace the zeros in .github/workflows/rootgate-posture.yml"));
    let file = ".github/workflows/rootgate-posture.yml";
    let text = folder.read(file).replace(&"0".repeat(40), &"1".repeat(40));
    folder.write(file, text);
    assert_eq!(marks(&steps(&folder)), "x??x ?");
    git(&folder, &["add", ".github"]);
    git(&folder, &["commit", "--quiet", "--message=gate"]);
    assert_eq!(marks(&steps(&folder)), "x??x ?", "committed, not pushed");
    pushed(&folder);
    assert_eq!(marks(&steps(&folder)), "x??xx?");
}

#[test]
fn what_is_wrong_is_a_step_and_not_an_error() {
    let folder = Folder::new();
    let text = steps(&folder);
    assert!(text.contains("not a clone") && text.contains("--github OWNER/REPO"), "{text}");
    folder.write("rootgate.yaml", "version: 2\n");
    let text = steps(&folder);
    assert!(text.contains("it has problems") && text.contains("rootgate policy check"), "{text}");
    folder.write("rootgate.yaml", "version: 1\n");
    let text = steps(&folder);
    assert!(text.contains("[ ] 1. Name the accounts in the policy"), "{text}");
    // A remote elsewhere is none on GitHub; one with a command in its name neither.
    for url in ["https://gitlab.com/octo-org/octo-repo.git", "https://github.com/a/$(id)"] {
        let folder = clone();
        git(&folder, &["remote", "set-url", "origin", url]);
        assert!(steps(&folder).contains("--github OWNER/REPO"), "{url}");
    }
}

#[test]
fn a_workflow_is_written_once_at_the_root_with_the_values_of_the_clone() {
    let folder = clone();
    folder.write(".github/rootgate.yaml", POLICY);
    folder.write("deep/er/x", "");
    for kind in ["posture", "deploy", "pull-request"] {
        let mut command = rootgate(folder.path());
        command.current_dir(folder.path().join("deep/er"));
        let output = command.args(["setup", "workflow", kind]).output().unwrap();
        let ended = crate::support::Finished::from_output(output);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let file = format!(".github/workflows/rootgate-{kind}.yml");
        let text = folder.read(&file);
        for part in ["[trunk]", "arn:aws:iam::111122223333:role/rootgate", "\"111122223333\""] {
            assert!(text.contains(part), "{text}\nlacks {part}");
        }
        assert!(!text.contains("policy: "), "the action finds a default policy itself: {text}");
        assert!(!ended.stderr.contains("default one"), "{}", ended.stderr);
        assert!(ended.stderr.contains("replace the zeros with the commit"), "{}", ended.stderr);
        let printed = folder.run(&["setup", "workflow", kind, "--output", "-"]);
        assert_eq!(printed.stdout, text, "the same bytes");
        folder.write(&file, "mine");
        folder.run(&["setup", "workflow", kind]).refused(&["already exists", "--output"]);
        assert_eq!(folder.read(&file), "mine");
    }
}

#[test]
fn what_the_clone_does_not_say_is_said() {
    let folder = Folder::new();
    folder.write("policies/root.yaml", POLICY);
    let arguments = ["setup", "workflow", "posture", "--policy", "policies/root.yaml", "--output"];
    let arguments: Vec<&str> = arguments.into_iter().chain(["-"]).collect();
    let ended = folder.run(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("branches: [main]"), "{}", ended.stdout);
    assert!(ended.stderr.contains("git remote set-head origin --auto"), "{}", ended.stderr);
    assert!(ended.stdout.contains("          policy: policies/root.yaml\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("paths: [policies/root.yaml]"), "{}", ended.stdout);
}

#[test]
fn what_no_workflow_can_hold_is_refused() {
    let folder = clone();
    let outside = Folder::new();
    let outside = outside.write("root.yaml", POLICY).display().to_string();
    let workflow = |more: &[&str]| {
        let arguments = ["setup", "workflow", "posture"].into_iter().chain(more.iter().copied());
        folder.run(&arguments.collect::<Vec<_>>())
    };
    workflow(&[]).refused(&["the policy names no account", "nothing was written (exit 2)"]);
    folder.write("rootgate.yaml", POLICY);
    workflow(&["--policy", &outside]).refused(&["not a file of this repository"]);
    workflow(&["--environment", "${{ secrets.X }}"]).refused(&["would read as an expression"]);
    workflow(&["--environment", "a\nb"]).refused(&["cannot be seen"]);
    folder.run(&["setup", "workflow", "postur"]).refused(&["'posture'"]);
    folder.run(&["setup", "workflo"]).refused(&["'workflow'"]);
    assert!(!folder.exists(".github"));
}

#[test]
fn a_clone_of_another_repository_than_the_roles_trust_is_said() {
    let folder = clone();
    folder.write(".github/rootgate.yaml", POLICY);
    let aws = |repository: &str| {
        let ended =
            folder.run(&["setup", "aws", "--environment", "rootgate", "--github", repository]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stderr
    };
    let said = "the roles trust octo-org/other, and this is a clone of octo-org/octo-repo";
    assert!(aws("octo-org/other").contains(said));
    assert!(!aws("octo-org/octo-repo").contains("clone of"));
}
