//! `rootgate policy diff --base REF`, in real repositories.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Finished, Folder, rootgate};

/// A policy that differs from the built-in defaults only in the tested keys.
const STRICT: &str = "version: 1\ngate: { fail-on: low }\n";
const WEAK: &str = "version: 1\ngate: { fail-on: high }\n";
/// A window that opens only in the future.
const PLANNED: &str = "version: 1
gate: { fail-on: low }
windows:
  - { id: w, reason: r, ticket: T-1, from: 2026-12-02T09:00:00Z, to: 2026-12-02T10:00:00Z }
";
const FIRST: &str = ".github/rootgate.yaml";
const SECOND: &str = "rootgate.yaml";

/// Runs git without this machine's configuration.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .envs([("GIT_AUTHOR_NAME", "test"), ("GIT_AUTHOR_EMAIL", "test@example.com")])
        .envs([("GIT_COMMITTER_NAME", "test"), ("GIT_COMMITTER_EMAIL", "test@example.com")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn commit(folder: &Folder) {
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--allow-empty", "--message", "change"]);
}

/// A repository with these files on `main`, and a branch `topic` checked out.
fn repository(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    git(folder.path(), &["init", "--quiet"]);
    for (name, text) in files {
        folder.write(name, text);
    }
    commit(&folder);
    git(folder.path(), &["checkout", "--quiet", "-b", "topic"]);
    folder
}

fn diff(folder: &Folder, more: &[&str]) -> Finished {
    diff_in(folder.path(), more)
}

fn diff_in(folder: &Path, more: &[&str]) -> Finished {
    let always = ["policy", "diff", "--at", "2026-11-20T12:00:00Z", "--fail-on-weaker"];
    Finished::from_output(rootgate(folder).args(always).args(more).output().unwrap())
}

/// Exit code, both sides, and each change as `kind key`.
fn compared(folder: &Folder, more: &[&str]) -> (i32, String, String, Vec<String>) {
    let ended = diff(folder, &[&["--format", "json"], more].concat());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| {
        panic!("{}", ended.stderr);
    });
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = report["changes"].as_array().unwrap().iter();
    let changes = changes.map(|it| format!("{} {}", word(&it["kind"]), word(&it["key"]))).collect();
    (ended.code, word(&report["old"]), word(&report["new"]), changes)
}

const MAIN: [&str; 2] = ["--base", "main"];

#[cfg(unix)]
fn link(folder: &Folder, target: &str, name: &str) {
    std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
}

// -- the changes of a pull request --------------------------------------------------------------------

#[test]
fn the_working_tree_is_compared_committed_or_not() {
    for (new, code, change) in [
        (WEAK, 1, "weaker gate.fail-on"),
        (PLANNED, 0, "planned windows.w"),
        (
            "version: 1\ngate: { fail-on: low }\nlimits: { waiver: 30d }\n",
            0,
            "stronger limits.waiver",
        ),
    ] {
        let folder = repository(&[(FIRST, STRICT)]);
        folder.write(FIRST, new);
        let expected = (code, format!("main:{FIRST}"), FIRST.to_owned(), vec![change.to_owned()]);
        assert_eq!(compared(&folder, &MAIN), expected, "not committed");
        commit(&folder);
        assert_eq!(compared(&folder, &MAIN), expected, "committed");
    }
    let folder = repository(&[(FIRST, STRICT)]);
    let same = (0, format!("main:{FIRST}"), FIRST.to_owned(), vec![]);
    assert_eq!(compared(&folder, &MAIN), same);
}

#[test]
fn the_change_is_shown_with_both_lines_and_the_ref() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, WEAK);
    let ended = diff(&folder, &MAIN);
    assert_eq!(
        (ended.code, &*ended.stdout),
        (
            1,
            "main:.github/rootgate.yaml -> .github/rootgate.yaml, as of 2026-11-20T12:00:00Z: 1 weaker

weaker: more can pass than before
  gate.fail-on: low -> high
    -    2 | gate: { fail-on: low }
    +    2 | gate: { fail-on: high }
"
        )
    );
    let shown = diff(&folder, &[&MAIN[..], &["--format", "markdown"]].concat()).stdout;
    assert!(shown.contains("`main:.github/rootgate.yaml` to `.github/rootgate.yaml`"), "{shown}");
    let without = Finished::from_output(
        rootgate(folder.path()).args(["policy", "diff", "--base", "main"]).output().unwrap(),
    );
    assert_eq!(without.code, 0, "{}", without.stderr);
}

#[test]
fn every_form_of_a_ref_is_a_valid_base() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, WEAK);
    commit(&folder);
    git(folder.path(), &["tag", "--annotate", "--message", "first", "v1", "main"]);
    let hash = git(folder.path(), &["rev-parse", "main"]);
    for base in ["main", "refs/heads/main", "HEAD~1", "v1", "topic^", &hash, &hash[..10]] {
        let (code, old, ..) = compared(&folder, &["--base", base]);
        assert_eq!((code, old), (1, format!("{base}:{FIRST}")));
    }
    assert_eq!(compared(&folder, &["--base", "HEAD"]).0, 0);
}

#[test]
fn linked_work_trees_and_sha_256_repositories_are_read() {
    let folder = repository(&[(FIRST, STRICT)]);
    git(folder.path(), &["worktree", "add", "--quiet", "linked", "main"]);
    folder.write("linked/.github/rootgate.yaml", WEAK);
    let linked = diff_in(&folder.path().join("linked"), &MAIN);
    assert_eq!(linked.code, 1, "{}", linked.stderr);
    assert_eq!(diff(&folder, &MAIN).code, 0);

    let folder = Folder::new();
    git(folder.path(), &["init", "--quiet", "--object-format=sha256"]);
    folder.write(FIRST, STRICT);
    commit(&folder);
    folder.write(FIRST, WEAK);
    let (code, _, _, changes) = compared(&folder, &MAIN);
    assert_eq!((code, changes), (1, vec!["weaker gate.fail-on".to_owned()]));
}

#[test]
fn the_repository_is_found_from_a_folder_of_it_and_the_search_begins_at_its_root() {
    let folder = repository(&[(FIRST, STRICT), ("sub/deep/rootgate.yaml", STRICT)]);
    folder.write(FIRST, WEAK);
    let below = folder.path().join("sub/deep");
    let ended = diff_in(&below, &MAIN);
    assert!(ended.code == 1 && ended.stdout.starts_with("main:.github/"), "{}", ended.stderr);
    folder.write("sub/deep/rootgate.yaml", WEAK);
    let root = folder.path().canonicalize().unwrap().join(FIRST);
    for (file, path) in [
        ("rootgate.yaml", "sub/deep/rootgate.yaml"),
        ("./rootgate.yaml", "sub/deep/rootgate.yaml"),
        ("../deep/rootgate.yaml", "sub/deep/rootgate.yaml"),
        ("../../.github/rootgate.yaml", FIRST),
        (root.to_str().unwrap(), FIRST),
    ] {
        let ended = diff_in(&below, &["--base", "main", "--policy", file]);
        let expected = format!("main:{path} -> {path}, as of");
        assert!(ended.code == 1 && ended.stdout.starts_with(&expected), "{file} {}", ended.stdout);
    }
}

// -- which files --------------------------------------------------------------------------------------

#[test]
fn a_policy_that_moves_within_the_search_order_is_compared_with_itself() {
    for (from, to) in [(FIRST, SECOND), (SECOND, FIRST)] {
        let folder = repository(&[(from, STRICT)]);
        folder.write(to, STRICT);
        std::fs::remove_file(folder.path().join(from)).unwrap();
        let expected = (0, format!("main:{from}"), to.to_owned(), vec![]);
        assert_eq!(compared(&folder, &MAIN), expected);
        folder.write(to, WEAK);
        let (code, _, _, changes) = compared(&folder, &MAIN);
        assert_eq!((code, changes), (1, vec!["weaker gate.fail-on".to_owned()]));
    }
}

#[test]
fn two_default_policies_are_an_error_on_either_side() {
    let folder = repository(&[(FIRST, STRICT)]);
    for second in [SECOND, "rootgate.yml", ".github/rootgate.yml"] {
        folder.write(second, WEAK);
        let ended = folder.run(&[&["policy", "diff"][..], &MAIN].concat());
        ended.refused(&["two default policy files", FIRST, second, "keep one of them"]);
        std::fs::remove_file(folder.path().join(second)).unwrap();
    }
    let folder = repository(&[(FIRST, STRICT), (SECOND, STRICT)]);
    std::fs::remove_file(folder.path().join(SECOND)).unwrap();
    let ended = folder.run(&[&["policy", "diff"][..], &MAIN].concat());
    ended.refused(&[
        "two default policy files",
        "main:.github/rootgate.yaml",
        "main:rootgate.yaml",
    ]);
    let (code, ..) = compared(&folder, &["--base", "main", "--policy", FIRST]);
    assert_eq!(code, 0, "one that is named is compared");

    let folder = repository(&[(FIRST, STRICT)]);
    std::fs::remove_file(folder.path().join(FIRST)).unwrap();
    folder.write("rootgate.yml", WEAK);
    let (code, old, new, _) = compared(&folder, &MAIN);
    assert_eq!((code, old, &*new), (1, format!("main:{FIRST}"), "rootgate.yml"), "a move");
}

#[test]
fn a_deleted_policy_is_weaker_even_if_it_equals_the_defaults() {
    let folder = repository(&[(FIRST, "version: 1\n")]);
    std::fs::remove_file(folder.path().join(FIRST)).unwrap();
    let none = "the working tree (no policy: the built-in strict defaults)".to_owned();
    let expected = (1, format!("main:{FIRST}"), none, vec!["weaker policy".to_owned()]);
    assert_eq!(compared(&folder, &MAIN), expected);
    assert_eq!(compared(&folder, &["--base", "main", "--policy", FIRST]), expected);
    let ended = diff(&folder, &MAIN);
    assert!(
        ended.stdout.contains("\n  policy: removed: .github/rootgate.yaml\n"),
        "{}",
        ended.stdout
    );

    let folder = repository(&[(FIRST, STRICT)]);
    std::fs::remove_dir_all(folder.path().join(".github")).unwrap();
    let (code, _, _, changes) = compared(&folder, &MAIN);
    assert_eq!((code, changes.len(), &*changes[1]), (1, 2, "weaker gate.fail-on"));
}

#[test]
fn the_first_policy_is_compared_with_the_built_in_defaults() {
    let folder = repository(&[("README.md", "")]);
    let none = "main (no policy: the built-in strict defaults)".to_owned();
    let neither = compared(&folder, &MAIN);
    assert_eq!((neither.0, &neither.1, &neither.3[..]), (0, &none, &[][..]));
    folder.write(FIRST, WEAK);
    let expected = (1, none, FIRST.to_owned(), vec!["weaker gate.fail-on".to_owned()]);
    assert_eq!(compared(&folder, &MAIN), expected);
    folder.write(FIRST, STRICT);
    assert_eq!(compared(&folder, &MAIN).3, ["stronger gate.fail-on"]);
}

#[test]
fn a_named_policy_is_the_same_path_on_both_sides() {
    let folder = repository(&[("p/a.yaml", STRICT), (FIRST, STRICT)]);
    folder.write("p/a.yaml", WEAK);
    let named = |file| diff(&folder, &["--base", "main", "--policy", file]);
    let ended = named("p/a.yaml");
    assert!(ended.code == 1 && ended.stdout.starts_with("main:p/a.yaml -> p/a.yaml,"));
    assert_eq!(diff(&folder, &MAIN).code, 0);
    folder.write("p/b.yaml", STRICT);
    let ended = named("p/b.yaml");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("main (no policy: the built-in strict defaults) -> p/b.yaml"));
    let note = "note: main has .github/rootgate.yaml instead; until it has the named file too, a gate that names it judges nothing (exit 2)";
    assert!(ended.stdout.contains(note), "{}", ended.stdout);
    named("p/c.yaml").refused(&["p/c.yaml is neither in the working tree nor at main"]);
    let elsewhere = Folder::new();
    let other = elsewhere.write("rootgate.yaml", STRICT);
    for outside in ["../rootgate.yaml", "p/../../x.yaml", "/etc/x.yaml", other.to_str().unwrap()] {
        named(outside).refused(&[outside, "is outside the repository"]);
    }
    named(".").refused(&["is a folder"]);
    named("-").refused(&["- is neither in"]);
}

#[test]
fn a_broken_policy_is_shown_with_its_problems_on_each_side() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, "version: 2\n");
    diff(&folder, &MAIN)
        .refused(&["--> .github/rootgate.yaml:1:10", "nothing was compared (exit 2)"]);
    commit(&folder);
    folder.write(FIRST, STRICT);
    diff(&folder, &["--base", "topic"]).refused(&["--> topic:.github/rootgate.yaml:1:10"]);
    folder.write(FIRST, "gate: {}\n");
    diff(&folder, &["--base", "topic"])
        .refused(&["--> topic:.github/rootgate.yaml:1:10", "--> .github/rootgate.yaml:1:1"]);
    folder.write(FIRST, b"version: 1\n# gr\xfcn\n");
    diff(&folder, &MAIN).refused(&["rootgate.yaml:2: the policy is not UTF-8 text"]);
    folder.write(FIRST, " ".repeat(1024 * 1024 + 1));
    diff(&folder, &MAIN).refused(&["rootgate.yaml is larger than 1 MB"]);
    commit(&folder);
    folder.write(FIRST, STRICT);
    diff(&folder, &["--base", "topic"]).refused(&["topic:.github/rootgate.yaml is larger than"]);
}

// -- not a file of the repository ----------------------------------------------------------------

#[cfg(unix)]
#[test]
fn a_link_is_refused_on_both_sides() {
    let policy = "is a symbolic link, which the gate refuses";
    let folder = repository(&[("real.yaml", STRICT), ("dir/rootgate.yaml", STRICT)]);
    link(&folder, "real.yaml", "rootgate.yaml");
    diff(&folder, &MAIN).refused(&["error: rootgate.yaml", policy]);
    commit(&folder);
    std::fs::remove_file(folder.path().join("rootgate.yaml")).unwrap();
    folder.write("rootgate.yaml", STRICT);
    diff(&folder, &["--base", "topic"]).refused(&["error: topic:rootgate.yaml", policy]);
    commit(&folder);

    link(&folder, "dir", ".github");
    diff(&folder, &MAIN).refused(&["error: .github is", policy]);
    commit(&folder);
    std::fs::remove_file(folder.path().join(".github")).unwrap();
    diff(&folder, &["--base", "topic"]).refused(&["error: topic:.github is", policy]);

    link(&folder, "nowhere", ".github");
    diff(&folder, &MAIN).refused(&["error: .github is", policy]);
    let named = diff(&folder, &["--base", "main", "--policy", ".github/rootgate.yaml"]);
    named.refused(&["error: .github is", policy]);
}

#[test]
fn a_folder_and_a_submodule_are_refused() {
    let folder = repository(&[("rootgate.yaml/x", "")]);
    diff(&folder, &MAIN).refused(&["error: main:rootgate.yaml is a folder"]);
    std::fs::remove_dir_all(folder.path().join("rootgate.yaml")).unwrap();
    commit(&folder);
    folder.write("rootgate.yaml/x", "");
    diff(&folder, &["--base", "topic"]).refused(&["error: rootgate.yaml is a folder"]);

    let inner = repository(&[("rootgate.yaml", STRICT)]);
    let folder = repository(&[(SECOND, STRICT)]);
    let add = ["submodule", "--quiet", "add", inner.path().to_str().unwrap(), ".github"];
    git(folder.path(), &add);
    diff(&folder, &MAIN).refused(&["error: .github is another repository (a submodule)"]);
    commit(&folder);
    diff(&folder, &["--base", "topic"])
        .refused(&["error: topic:.github is another repository (a submodule)"]);
    // From inside the submodule, the submodule is the repository.
    let ended = diff_in(&folder.path().join(".github"), &["--base", "HEAD"]);
    assert!(
        ended.code == 0 && ended.stdout.starts_with("HEAD:rootgate.yaml -> "),
        "{}",
        ended.stderr
    );
}

#[test]
fn nothing_exists_below_a_plain_file() {
    let folder = repository(&[(".github", "a file"), (SECOND, STRICT)]);
    folder.write(SECOND, WEAK);
    assert_eq!(compared(&folder, &MAIN).1, "main:rootgate.yaml");
}

// -- the ref and the repository -----------------------------------------------------------------------

#[test]
fn a_ref_that_is_not_a_commit_has_its_own_error() {
    let folder = repository(&[(FIRST, STRICT)]);
    git(folder.path(), &["update-ref", "refs/tags/blob", "main:.github/rootgate.yaml"]);
    for (base, parts) in [
        ("nope", ["nope is not a commit in this clone", "check the name; `git fetch origin nope`"]),
        ("origin/main", ["origin/main is not a commit", "`git fetch origin main`"]),
        ("origin/HEAD", ["origin/HEAD is not a commit", "git remote set-head origin --auto"]),
        ("main:.github/rootgate.yaml", ["is not a commit", "the file is `--policy FILE`"]),
        ("main:.github", ["is not a commit", "the file is `--policy FILE`"]),
        ("blob", ["blob is not a commit", "check the name"]),
        ("^main", ["^main is not a commit", "check the name"]),
        ("main..topic", ["is not a commit", "check the name"]),
        ("", ["`` is not a ref", "github.base_ref"]),
        ("--all", ["`--all` is not a ref", "name a branch"]),
        ("-h", ["`-h` is not a ref", "name a branch"]),
        ("--output=x", ["`--output=x` is not a ref", "name a branch"]),
        ("a\n::error::b", ["a\\u{a}::error::b is not a commit", "--policy FILE"]),
        ("$(touch x)", ["is not a commit", "`git fetch origin main`"]),
    ] {
        let ended = diff(&folder, &[&format!("--base={base}")]);
        ended.refused(&parts);
        assert!(!ended.stderr.contains("\n::error"), "{}", ended.stderr);
    }
    diff(&folder, &["--base", "--all"]).refused(&["--all"]);
    assert!(!folder.exists("x"));
}

#[test]
fn a_name_of_a_branch_and_a_tag_is_ambiguous() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, WEAK);
    commit(&folder);
    git(folder.path(), &["tag", "main"]);
    git(folder.path(), &["config", "core.warnAmbiguousRefs", "false"]);
    diff(&folder, &MAIN).refused(&["main is ambiguous", "refs/heads/main"]);
    assert_eq!(diff(&folder, &["--base", "refs/heads/main"]).code, 1);
    assert_eq!(diff(&folder, &["--base", "refs/tags/main"]).code, 0);
}

#[test]
fn in_a_shallow_clone_the_error_names_the_fetch() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, WEAK);
    commit(&folder);
    let clone = Folder::new();
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth=1", "--branch=topic", &from, "."]);
    diff(&clone, &["--base", "origin/main"]).refused(&[
        "origin/main is not a commit in this clone, which is shallow: the commit was not fetched",
        "`git fetch --depth=1 origin main`; with actions/checkout, `fetch-depth: 0`",
    ]);
    git(
        clone.path(),
        &["fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main"],
    );
    let ended = diff(&clone, &["--base", "origin/main"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
}

#[test]
fn without_a_repository_or_git_the_error_names_the_alternative() {
    let folder = Folder::new();
    folder.write(FIRST, STRICT);
    let two_files = "pass both files: rootgate policy diff OLD NEW";
    diff(&folder, &MAIN).refused(&["this folder is not in a Git repository", two_files]);
    git(folder.path(), &["init", "--quiet"]);
    diff_in(&folder.path().join(".git"), &MAIN).refused(&["no working tree"]);
    diff(&folder, &["--base", "HEAD"]).refused(&["HEAD is not a commit in this clone"]);
    let mut command = rootgate(folder.path());
    command.args(["policy", "diff", "--base", "main"]).env("PATH", folder.path());
    Finished::from_output(command.output().unwrap()).refused(&[
        "the program git",
        "is not installed",
        two_files,
    ]);
}

#[test]
fn git_ignores_variables_that_name_another_repository() {
    let folder = repository(&[(FIRST, STRICT)]);
    folder.write(FIRST, WEAK);
    commit(&folder);
    let other = repository(&[(FIRST, WEAK)]);
    let at = |name: &str| other.path().join(name);
    let mut command = rootgate(folder.path());
    command
        .args(["policy", "diff", "--base", "main", "--fail-on-weaker"])
        .env("GIT_DIR", at(".git"))
        .env("GIT_WORK_TREE", other.path())
        .env("GIT_OBJECT_DIRECTORY", at(".git/objects"))
        .env("GIT_INDEX_FILE", at(".git/index"))
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "core.worktree")
        .env("GIT_CONFIG_VALUE_0", other.path())
        .env("GIT_TRACE", at("trace"))
        .env("GIT_CEILING_DIRECTORIES", folder.path());
    let ended = Finished::from_output(command.output().unwrap());
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    assert!(!other.exists("trace"));
    // A replaced object does not either.
    let (main, topic) = (git(folder.path(), &["rev-parse", "main"]), "topic");
    git(folder.path(), &["replace", &main, topic]);
    assert_eq!(diff(&folder, &MAIN).code, 1);
}

/// A clone with a bare repository among its files, whose configuration names a program.
#[cfg(unix)]
fn trap(folder: &Folder, config: &str) -> std::path::PathBuf {
    let marker = folder.path().join("RAN");
    let program = folder.write("run.sh", format!("#!/bin/sh\ntouch '{}'\n", marker.display()));
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    folder.write(&format!("{config}/HEAD"), "ref: refs/heads/main\n");
    folder.write(&format!("{config}/refs/heads/main"), format!("{}\n", "1".repeat(40)));
    folder.write(&format!("{config}/objects/info/keep"), "");
    let program = program.display();
    let text = format!(
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n\tworktree = .\n\tfsmonitor = {program}\n\
         [extensions]\n\tpartialClone = origin\n\
         [remote \"origin\"]\n\turl = .\n\tpromisor = true\n\tuploadpack = {program}\n\
         \tpartialclonefilter = blob:none\n"
    );
    folder.write(&format!("{config}/config"), text);
    marker
}

#[cfg(unix)]
#[test]
fn committed_files_that_look_like_a_repository_run_nothing() {
    let folder = repository(&[(FIRST, STRICT)]);
    let marker = trap(&folder, "evil");
    folder.write("evil/rootgate.yaml", STRICT);
    folder.write("evil/below/x", "");
    folder.write(FIRST, WEAK);
    // The repository around them is used.
    for place in ["evil", "evil/below"] {
        let ended = diff_in(&folder.path().join(place), &MAIN);
        assert_eq!(ended.code, 1, "{place}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains("gate.fail-on"), "{}", ended.stdout);
    }
    assert!(!marker.exists(), "a program ran");
    // Outside a clone, a bare repository is refused, and so is a folder with an invalid `.git`.
    let folder = Folder::new();
    let marker = trap(&folder, "evil");
    diff_in(&folder.path().join("evil"), &MAIN).refused(&["not in a Git repository"]);
    std::fs::create_dir(folder.path().join("evil/.git")).unwrap();
    diff_in(&folder.path().join("evil"), &MAIN).refused(&["no working tree"]);
    assert!(!marker.exists(), "a program ran");
}

#[cfg(unix)]
#[test]
fn a_partial_clone_is_read_without_fetching_missing_objects() {
    let origin = repository(&[(FIRST, STRICT)]);
    git(origin.path(), &["config", "uploadpack.allowFilter", "true"]);
    git(origin.path(), &["checkout", "--quiet", "main"]);
    origin.write(FIRST, WEAK);
    commit(&origin);
    let folder = Folder::new();
    let url = format!("file://{}", origin.path().display());
    git(folder.path(), &["clone", "--quiet", "--filter=blob:none", &url, "clone"]);
    let clone = folder.path().join("clone");
    // Objects of the checkout are present.
    let ended = diff_in(&clone, &["--base", "HEAD"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    // Fetching missing objects would run a program that the configuration names.
    let marker = folder.path().join("RAN");
    let program = folder.write(
        "run.sh",
        format!("#!/bin/sh\ntouch '{}'\nexec git-upload-pack \"$@\"\n", marker.display()),
    );
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    git(&clone, &["config", "remote.origin.uploadpack", &program.display().to_string()]);
    diff_in(&clone, &["--base", "HEAD~1"])
        .refused(&["the content of .github/rootgate.yaml is missing in this clone", "`git show`"]);
    assert!(!marker.exists(), "a program ran");
    // The solution that the error names.
    git(&clone, &["show", &format!("HEAD~1:{FIRST}")]);
    assert_eq!(diff_in(&clone, &["--base", "HEAD~1"]).code, 1);
}

#[test]
fn base_contradicts_other_files() {
    let folder = repository(&[(FIRST, STRICT)]);
    diff(&folder, &["--base", "main", FIRST, FIRST]).refused(&["cannot be used with"]);
    diff(&folder, &["--policy", FIRST, FIRST, FIRST]).refused(&["cannot be used with"]);
    diff(&folder, &["--policy", FIRST]).refused(&["--base"]);
    diff(&folder, &[FIRST]).refused(&["NEW"]);
    diff(&folder, &[]).refused(&["OLD"]);
}

// -- a base that moved on -----------------------------------------------------------------------------

/// The base made its policy stronger after `topic` branched off.
fn moved_on() -> (Folder, String) {
    let folder = repository(&[(FIRST, WEAK)]);
    let parted = git(folder.path(), &["rev-parse", "--short=12", "main"]);
    git(folder.path(), &["checkout", "--quiet", "main"]);
    folder.write(FIRST, STRICT);
    commit(&folder);
    git(folder.path(), &["checkout", "--quiet", "topic"]);
    (folder, parted)
}

#[test]
fn a_branch_that_does_not_change_the_policy_is_not_weaker_than_a_base_that_did() {
    let (folder, parted) = moved_on();
    folder.write("README.md", "work");
    commit(&folder);
    let ended = diff(&folder, &MAIN);
    assert_eq!(
        (ended.code, ended.stdout),
        (
            0,
            format!(
                "main:.github/rootgate.yaml -> .github/rootgate.yaml (not changed here), as of 2026-11-20T12:00:00Z: no change in meaning

note: the policy here is still that of {parted}, where this branch left main; main has changed it since, and a merge keeps that change
"
            )
        )
    );
    folder.write(FIRST, WEAK.replace('\n', "\r\n"));
    assert_eq!(diff(&folder, &MAIN).code, 0, "lines end otherwise on another machine");
    assert_eq!(compared(&folder, &MAIN).3, Vec::<String>::new());

    // The base got its first policy meanwhile.
    let folder = repository(&[("README.md", "")]);
    git(folder.path(), &["checkout", "--quiet", "main"]);
    folder.write(FIRST, STRICT);
    commit(&folder);
    git(folder.path(), &["checkout", "--quiet", "topic"]);
    let (code, _, new, changes) = compared(&folder, &MAIN);
    assert_eq!((code, &*new), (0, "the working tree (not changed here)"));
    assert_eq!(changes, Vec::<String>::new());
}

#[test]
fn a_branch_that_changes_the_policy_too_gets_a_notice_to_merge() {
    let (folder, parted) = moved_on();
    let planned = PLANNED.replace("low", "high");
    folder.write(FIRST, planned);
    let ended = diff(&folder, &MAIN);
    assert_eq!(ended.code, 1);
    let note = format!(
        "\nnote: main has changed the policy since this branch left it at {parted}: some of these changes may only undo it. Merge main, or use `--base {parted}` to see only the changes of this branch\n"
    );
    assert!(ended.stdout.ends_with(&note), "{}", ended.stdout);
    let markdown = diff(&folder, &[&MAIN[..], &["--format", "markdown"]].concat()).stdout;
    assert!(markdown.contains("note: main has changed"), "{markdown}");
    assert_eq!(compared(&folder, &["--base", &parted]).3, ["planned windows.w"]);
    // A deleted policy is weaker, even if the base changed it.
    std::fs::remove_file(folder.path().join(FIRST)).unwrap();
    assert_eq!(compared(&folder, &MAIN).3, ["weaker policy", "weaker gate.fail-on"]);
}

#[test]
fn unrelated_histories_are_compared() {
    let folder = repository(&[(FIRST, STRICT)]);
    git(folder.path(), &["checkout", "--quiet", "--orphan", "other"]);
    folder.write(FIRST, WEAK);
    commit(&folder);
    let (code, _, _, changes) = compared(&folder, &MAIN);
    assert_eq!((code, json!(changes)), (1, json!(["weaker gate.fail-on"])));
}
