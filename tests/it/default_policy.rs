//! The default paths of a policy: in the working directory and at the root of its repository.

use std::path::Path;

use crate::job::Job;
use crate::support::{
    ACTIVE_KEY, EVENTS_OFF, Finished, Folder, REPORT, credential_report, rootgate, side_by_side,
};

/// A policy that lets an active key pass.
fn key_allowed() -> String {
    format!("{EVENTS_OFF}rules: {{ root-access-key-active: off, root-access-key-present: off }}\n")
}

/// A clone with a folder two levels deep, and an account with an active key to judge in each.
fn clone() -> Folder {
    let folder = Folder::new();
    folder.write(".git/HEAD", "ref: refs/heads/main\n");
    for place in ["report.csv", "deep/down/report.csv"] {
        folder.write(place, credential_report(ACTIVE_KEY));
    }
    folder
}

fn run_in(folder: &Path, arguments: &[&str]) -> Finished {
    Finished::from_output(rootgate(folder).args(arguments).output().unwrap())
}

fn check_below(folder: &Folder, more: &[&str]) -> Finished {
    run_in(&folder.path().join("deep/down"), &[&REPORT[..], more].concat())
}

#[test]
fn from_a_folder_of_a_repository_the_policy_at_its_root_judges() {
    for name in [".github/rootgate.yaml", ".github/rootgate.yml", "rootgate.yaml", "rootgate.yml"] {
        let folder = clone();
        folder.write(name, key_allowed());
        let ended = check_below(&folder, &["--json", "out.json"]);
        assert_eq!(ended.code, 0, "{name}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(folder.json("deep/down/out.json")["policy"]["path"], format!("../../{name}"));
        assert_eq!(check_below(&folder, &["-q"]).code, 0);
        // An alert is located by the path in the repository, wherever the run is.
        folder.write(name, EVENTS_OFF);
        assert_eq!(check_below(&folder, &["--sarif", "out.sarif"]).code, 1);
        let sarif = folder.json("deep/down/out.sarif");
        let at = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(at["artifactLocation"]["uri"], name);
    }
    // Without a policy at the root, and with a named policy, nothing changes.
    let folder = clone();
    assert_eq!(check_below(&folder, &[]).code, 1);
    folder.write("deep/rootgate.yaml", key_allowed());
    assert_eq!(check_below(&folder, &[]).code, 1, "only here and at the root");
    assert_eq!(check_below(&folder, &["--policy", "../rootgate.yaml"]).code, 0);
}

#[test]
fn each_command_that_reads_a_policy_finds_the_one_at_the_root() {
    let folder = clone();
    folder.write("rootgate.yaml", key_allowed());
    let below = folder.path().join("deep/down");
    for (arguments, expected) in [
        (&["policy", "check"][..], "../../rootgate.yaml: valid"),
        (&["policy", "check", "--format", "json"], "\"path\": \"../../rootgate.yaml\""),
        (&["policy", "explain"], "Policy ../../rootgate.yaml, SHA-256"),
        (&["permissions"], "iam:GetAccountSummary"),
    ] {
        let ended = run_in(&below, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.contains(expected), "{arguments:?}: {}", ended.stdout);
    }
    let permissions = run_in(&below, &["permissions"]);
    assert!(!permissions.stdout.contains("cloudtrail:"), "{}", permissions.stdout);
    // A collection makes no call before it has read the policy.
    folder.write("rootgate.yaml", "version: 2\n");
    run_in(&below, &["collect", "--output", "e.json"]).refused(&["--> ../../rootgate.yaml:1"]);
    check_below(&folder, &[]).refused(&["--> ../../rootgate.yaml:1"]);
    // No output may use the path of a default policy, whether the file exists or not.
    let over = ["--json", "../../rootgate.yml"];
    check_below(&folder, &over).refused(&["--json and the policy name the same file"]);
    let over = ["collect", "--output", "../../.github/rootgate.yaml"];
    run_in(&below, &over).refused(&["--output and the policy name the same file"]);
}

#[test]
fn a_policy_here_and_one_at_the_root_are_an_error() {
    let folder = clone();
    folder.write("deep/down/rootgate.yaml", key_allowed());
    assert_eq!(check_below(&folder, &[]).code, 0, "one alone judges");
    folder.write(".github/rootgate.yml", "version: 1\n");
    let two = ["there are two default policy files", "rootgate.yaml", "../../.github/rootgate.yml"];
    check_below(&folder, &[]).refused(&two);
    for command in [&["policy", "check"][..], &["policy", "explain"], &["permissions"]] {
        run_in(&folder.path().join("deep/down"), command).refused(&two);
    }
    assert_eq!(check_below(&folder, &["--policy", "rootgate.yaml"]).code, 0);
    // A link and its target are one file.
    #[cfg(unix)]
    {
        let here = folder.path().join("deep/down/rootgate.yaml");
        std::fs::remove_file(&here).unwrap();
        std::os::unix::fs::symlink("../../.github/rootgate.yml", &here).unwrap();
        assert_eq!(check_below(&folder, &[]).code, 1);
    }
}

#[test]
fn in_dot_github_the_file_here_equals_the_one_of_the_root() {
    let folder = clone();
    folder.write(".github/rootgate.yaml", key_allowed());
    let ended = run_in(&folder.path().join(".github"), &["policy", "check"]);
    assert_eq!((ended.code, &*ended.stderr), (0, ""));
    assert!(ended.stdout.starts_with("rootgate.yaml: valid"), "{}", ended.stdout);
}

#[test]
fn the_nearest_repository_is_searched_and_nothing_above_the_folder_outside_one() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", key_allowed());
    folder.write("deep/down/report.csv", credential_report(ACTIVE_KEY));
    assert_eq!(check_below(&folder, &[]).code, 1, "no repository: the built-in defaults");
    folder.write(".git/HEAD", "");
    assert_eq!(check_below(&folder, &[]).code, 0);
    // A submodule or a linked work tree is a separate repository.
    folder.write("deep/.git", "gitdir: ../.git/modules/deep\n");
    assert_eq!(check_below(&folder, &[]).code, 1);
}

#[test]
fn init_makes_no_second_default_file_here_or_at_the_root() {
    let folder = clone();
    let below = folder.path().join("deep/down");
    folder.write("rootgate.yaml", "version: 1\n");
    for arguments in [&["policy", "init", "--output", "rootgate.yaml"][..], &["policy", "init"]] {
        let ended = run_in(&below, arguments);
        ended.refused(&["a second default file is an error", "effect: nothing was written"]);
    }
    assert!(!below.join("rootgate.yaml").exists() && !folder.exists(".github"));
    // The control: other files may be anywhere.
    assert_eq!(run_in(&below, &["policy", "init", "--output", "team.yaml"]).code, 0);
}

#[cfg(unix)]
#[test]
fn the_policy_of_another_users_repository_is_not_used_below_it() {
    let folder = clone();
    folder.write("rootgate.yaml", key_allowed());
    let stranger = Some(4_242);
    if std::os::unix::fs::lchown(folder.path().join(".git"), stranger, None).is_err() {
        return; // only the superuser can give a file away
    }
    check_below(&folder, &[]).refused(&["belongs to another user", "--policy FILE"]);
    assert_eq!(check_below(&folder, &["--policy", "../../rootgate.yaml"]).code, 0);
    // All files may belong to another user, as in a container that mounts a checkout.
    for place in ["", "deep/down"] {
        std::os::unix::fs::lchown(folder.path().join(place), stranger, None).unwrap();
    }
    assert_eq!(check_below(&folder, &[]).code, 0);
}

#[test]
fn under_github_actions_the_root_is_used_in_every_working_directory() {
    let strict = format!("{EVENTS_OFF}# strict\n");
    let job = || {
        Job::both(&strict)
            .work(".git/HEAD", "ref: refs/heads/main\n")
            .work("deep/down/x", "")
            .work(".github/rootgate.yaml", &key_allowed())
            .report(ACTIVE_KEY)
    };
    let runs: [(&[&str], i32, &str); 2] = [
        // The policy at the tip of the default branch is used.
        (&[], 1, ".github/rootgate.yaml"),
        (&["--policy-from", "checkout"], 0, "../../.github/rootgate.yaml"),
    ];
    side_by_side(runs, |(flags, code, path)| {
        let mut job = job();
        let ended = job.check_in("deep/down", flags);
        assert_eq!(ended.code, code, "{flags:?}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(job.json()["policy"]["path"], path);
    });
    // The checkout has two default files, but the policy of the default branch is used.
    let mut two = job().work("deep/down/rootgate.yaml", &key_allowed());
    assert_eq!(two.check_in("deep/down", &[]).code, 1);
    let ended = two.check_in("deep/down", &["--policy-from", "checkout"]);
    ended.refused(&["there are two default policy files"]);
}

#[cfg(unix)]
#[test]
fn a_link_at_the_root_of_a_checkout_is_not_followed_from_below() {
    let job =
        Job::both(EVENTS_OFF).work(".git/HEAD", "").work("deep/down/x", "").report(ACTIVE_KEY);
    let mut job = job.without(".github/rootgate.yaml").work("other.yaml", &key_allowed());
    std::os::unix::fs::symlink("../other.yaml", job.in_work(".github/rootgate.yaml")).unwrap();
    let ended = job.check_in("deep/down", &["--policy-from", "checkout"]);
    ended.refused(&["is a symbolic link"]);
}

#[cfg(unix)]
#[test]
fn a_default_file_of_another_user_is_not_used() {
    let lchown = |path: &Path| std::os::unix::fs::lchown(path, Some(4_242), None);
    for name in ["rootgate.yaml", ".github/rootgate.yaml"] {
        // Outside a repository: a folder that everybody may write to.
        let folder = Folder::new();
        folder.write("report.csv", credential_report(ACTIVE_KEY));
        let file = folder.write(name, key_allowed());
        assert_eq!(folder.run(&REPORT).code, 0, "one's own judges");
        if lchown(&file).is_err() {
            return; // only the superuser can give a file away
        }
        let parts = [name, "belongs to another user", &format!("--policy {name}")];
        folder.run(&REPORT).refused(&parts);
        for command in [&["policy", "check"][..], &["policy", "explain"], &["permissions"]] {
            folder.run(command).refused(&parts);
        }
        // A file that the user names is used.
        assert_eq!(folder.run(&[&REPORT[..], &["--policy", name]].concat()).code, 0);
        // Everything there may be another user's, as in a container that mounts a checkout.
        lchown(folder.path()).unwrap();
        lchown(file.parent().unwrap()).unwrap();
        assert_eq!(folder.run(&REPORT).code, 0);
    }
    // Another user's link to the user's own file.
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    folder.write("own/rootgate.yaml", key_allowed());
    let link = folder.path().join(".github");
    std::os::unix::fs::symlink("own", &link).unwrap();
    assert_eq!(folder.run(&REPORT).code, 0);
    lchown(&link).unwrap();
    folder.run(&REPORT).refused(&["belongs to another user"]);
    // At the root of the repository, found from a folder below.
    let folder = clone();
    lchown(&folder.write("rootgate.yaml", key_allowed())).unwrap();
    check_below(&folder, &[]).refused(&["../../rootgate.yaml", "belongs to another user"]);
}

#[cfg(unix)]
#[test]
fn a_default_that_is_a_link_out_of_the_repository_is_not_read() {
    use std::os::unix::fs::symlink;
    let secret = Folder::new();
    let target = secret.write("rootgate.yaml", "root:x9secret:19000:0\n");
    for in_repository in [true, false] {
        for name in ["rootgate.yaml", ".github"] {
            let folder = Folder::new();
            folder.write("report.csv", credential_report(ACTIVE_KEY));
            if in_repository {
                folder.write(".git/HEAD", "ref: refs/heads/main\n");
            }
            let to = if name == ".github" { secret.path() } else { &target };
            symlink(to, folder.path().join(name)).unwrap();
            for command in
                [&REPORT[..], &["policy", "check"], &["policy", "explain"], &["permissions"]]
            {
                let ended = folder.run(command);
                ended.refused(&[name, "is a symbolic link", "--policy"]);
                assert!(!ended.stderr.contains("x9secret"), "{}", ended.stderr);
                // The same in a workflow, where commands other than check read the local file.
                let mut command_there = rootgate(folder.path());
                command_there.args(command).env("GITHUB_ACTIONS", "true");
                let there = Finished::from_output(
                    command_there.env("GITHUB_WORKSPACE", folder.path()).output().unwrap(),
                );
                assert_eq!(there.code, 2, "{}", there.stderr);
                assert!(!there.stderr.contains("x9secret"), "{}", there.stderr);
            }
        }
    }
    // The controls: a link inside the repository, and a link that the user names.
    let folder = Folder::new();
    folder.write("report.csv", credential_report(ACTIVE_KEY));
    folder.write("team/policy.yaml", key_allowed());
    symlink("team/policy.yaml", folder.path().join("rootgate.yaml")).unwrap();
    assert_eq!(folder.run(&REPORT).code, 0);
    let out = secret.write("policy.yaml", key_allowed());
    symlink(out, folder.path().join("out.yaml")).unwrap();
    assert_eq!(folder.run(&[&REPORT[..], &["--policy", "out.yaml"]].concat()).code, 0);
}
