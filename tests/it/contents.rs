//! Files, commits and pull requests over GitHub's API, in this process, against the fake GitHub.

use std::time::Duration;

use rootgate::collect;
use rootgate::github::Secret;
use rootgate::github::api::{Api, ApiError};
use rootgate::github::pulls::is_fork;
use rootgate::github::repository::{Repository, default_branch};
use rootgate::repo::github::{ContentsError, Unknown, merge_base, resolve};
use rootgate::repo::{self, Commit, Kind, NotRead, RepoPath};
use serde_json::Value;

use crate::fake::Fake;
use crate::support::Folder;

const SHA: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
const PARENT: &str = "7638417db6d59f3c431d3e1f261cc637155684cd";
const POLICY: &str = ".github/rootgate.yaml";
const TEXT: &[u8] = b"version: 1\n# sixty characters of text, and more, so that Base64 is broken\n";

/// A repository with a policy at the tip of `main`, and these extra lines.
fn with_policy(lines: &str) -> (Folder, Fake) {
    let folder = Folder::new();
    folder.write(POLICY, TEXT);
    folder.write("README.md", "# octo-repo\n");
    let github = github(&folder, lines);
    (folder, github)
}

fn github(folder: &Folder, lines: &str) -> Fake {
    let folder = folder.path().display();
    Fake::github(&format!("commit {SHA} = {folder}\nref heads/main = {SHA}\n{lines}\n"))
}

/// One request, with some seconds for all its attempts.
fn ask<T>(github: &Fake, question: impl AsyncFnOnce(&Api, &Repository) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let limit = Duration::from_secs(3);
        let connector = collect::connector(None, limit).unwrap();
        let api = Api::new(connector, &github.url(), Secret::new("ghs_example"), limit).unwrap();
        question(&api, &Repository::new("octo-org/octo-repo").unwrap()).await
    })
}

fn repo_path(path: &str) -> RepoPath {
    RepoPath::new(path).expect(path)
}

fn unproven(path: &str) -> ContentsError {
    NotRead::Unknown(Unknown::Unproven { path: repo_path(path) })
}

fn read_at(github: &Fake, sha: &str, path: &str) -> Result<Option<Vec<u8>>, ContentsError> {
    let (commit, path) = (Commit::new(sha).unwrap(), repo_path(path));
    ask(github, async |api, repository| repo::github::read(api, repository, &commit, &path).await)
}

fn read(github: &Fake, path: &str) -> Result<Option<Vec<u8>>, ContentsError> {
    read_at(github, SHA, path)
}

#[track_caller]
fn is_not_a_file(github: &Fake, path: &str, place: &str, kind: Kind) {
    let error = NotRead::NotAFile { path: repo_path(place), kind };
    assert_eq!(read(github, path), Err(error), "{path}");
}

#[track_caller]
fn is_unproven(github: &Fake, path: &str) {
    assert_eq!(read(github, path), Err(unproven(path)));
}

/// The HTTP status of the answer that stopped the reading, and the file.
#[track_caller]
fn stopped_by(github: &Fake, path: &str) -> (String, u16) {
    match read(github, path) {
        Err(NotRead::Unknown(Unknown::Api { path, error })) => (path, error.status().unwrap()),
        other => panic!("{other:?}"),
    }
}

/// The addresses of the calls after the first `before`, below the repository, sorted.
fn paths(github: &Fake, before: usize) -> Vec<String> {
    let prefix = "/repos/octo-org/octo-repo/";
    let path = |call: &Value| call["path"].as_str().unwrap().replace(prefix, "");
    let mut paths: Vec<String> = github.calls()[before..].iter().map(path).collect();
    paths.sort();
    paths
}

// -- present and absent files -------------------------------------------------------------------

#[test]
fn a_file_is_read_by_two_calls_about_one_commit() {
    let (_folder, github) = with_policy("");
    assert_eq!(read(&github, POLICY), Ok(Some(TEXT.to_vec())));
    assert_eq!(paths(&github, 0), ["contents/.github", "contents/.github/rootgate.yaml"]);
    assert_eq!(read(&github, "README.md"), Ok(Some(b"# octo-repo\n".to_vec())));
    assert_eq!(paths(&github, 2), ["contents", "contents/README.md"]);
    assert!(github.calls().iter().all(|call| call["query"]["ref"] == SHA));
}

#[test]
fn an_empty_file_is_a_file() {
    let folder = Folder::new();
    folder.write("rootgate.yaml", "");
    assert_eq!(read(&github(&folder, ""), "rootgate.yaml"), Ok(Some(Vec::new())));
}

#[test]
fn every_character_of_a_path_is_a_part_of_the_path() {
    let folder = Folder::new();
    let path = "po?licies/ä b#c%2f+&ref=x.yaml";
    folder.write(path, TEXT);
    let github = github(&folder, "");
    assert_eq!(read(&github, path), Ok(Some(TEXT.to_vec())));
    assert_eq!(read(&github, "po?licies/ä b#c/+&ref=x.yaml"), Ok(None));
}

#[test]
fn a_file_is_absent_if_a_complete_listing_does_not_contain_it() {
    let (folder, github) = with_policy("");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for (path, asked) in [
        ("rootgate.yaml", &["", "/rootgate.yaml"][..]),
        (".github/rootgate.yml", &["/.github", "/.github/rootgate.yml"]),
        (".github/Rootgate.yaml", &["/.github", "/.github/Rootgate.yaml"]),
        ("empty/x.yaml", &["", "/empty", "/empty/x.yaml"]),
        ("a/b/c/x.yaml", &["", "/a", "/a/b", "/a/b/c", "/a/b/c/x.yaml"]),
        // Nothing is below a file.
        ("README.md/x.yaml", &["", "/README.md", "/README.md/x.yaml"]),
        (
            ".github/rootgate.yaml/x",
            &["/.github", "/.github/rootgate.yaml", "/.github/rootgate.yaml/x"],
        ),
    ] {
        let before = github.calls().len();
        assert_eq!(read(&github, path), Ok(None), "{path}");
        let asked: Vec<String> = asked.iter().map(|path| format!("contents{path}")).collect();
        assert_eq!(paths(&github, before), asked, "{path}");
    }
}

#[test]
fn a_file_of_another_commit_is_not_read() {
    let (old, new) = (Folder::new(), Folder::new());
    old.write("rootgate.yaml", "version: 1\n");
    new.write("other.yaml", "");
    let github = github(&new, &format!("commit {PARENT} = {}", old.path().display()));
    assert_eq!(read_at(&github, PARENT, "rootgate.yaml"), Ok(Some(b"version: 1\n".to_vec())));
    assert_eq!(read_at(&github, SHA, "rootgate.yaml"), Ok(None));
}

#[test]
fn a_path_outside_the_repository_cannot_be_requested() {
    for path in ["", "/etc/passwd", "../x", "a/../x", "./x", "a//x", "a/"] {
        assert_eq!(RepoPath::new(path), None, "{path}");
    }
}

// -- not a file ----------------------------------------------------------------------------

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_not_followed_wherever_it_leads() {
    use std::os::unix::fs::symlink;
    let (folder, github) = with_policy("");
    for (link, target) in [
        ("to-a-file.yaml", POLICY),
        ("to-a-folder", ".github"),
        ("to-nothing.yaml", "nowhere.yaml"),
        ("to-itself.yaml", "to-itself.yaml"),
        ("out.yaml", "/etc/passwd"),
        (".github/beside.yaml", "rootgate.yaml"),
    ] {
        symlink(target, folder.path().join(link)).unwrap();
        is_not_a_file(&github, link, link, Kind::SymbolicLink);
    }
    assert_eq!(read(&github, POLICY), Ok(Some(TEXT.to_vec())));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_symbolic_link_is_an_error() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    folder.write("real/rootgate.yaml", TEXT);
    folder.write("file.yaml", TEXT);
    symlink("real", folder.path().join(".github")).unwrap();
    symlink("../real", folder.path().join("real/again")).unwrap();
    symlink("file.yaml", folder.path().join("to-a-file")).unwrap();
    symlink("nowhere", folder.path().join("to-nothing")).unwrap();
    let github = github(&folder, "");
    for (path, link) in [
        (POLICY, ".github"),
        (".github/absent.yaml", ".github"),
        (".github/a/b.yaml", ".github"),
        ("real/again/rootgate.yaml", "real/again"),
        ("to-a-file/x.yaml", "to-a-file"),
        ("to-nothing/x.yaml", "to-nothing"),
    ] {
        is_not_a_file(&github, path, link, Kind::SymbolicLink);
    }
}

#[test]
fn a_submodule_is_neither_a_file_nor_a_folder() {
    let (_folder, github) = with_policy("submodule policies\nsubmodule .github/policies");
    for path in ["policies", ".github/policies"] {
        is_not_a_file(&github, path, path, Kind::Submodule);
        is_not_a_file(&github, &format!("{path}/rootgate.yaml"), path, Kind::Submodule);
    }
}

#[test]
fn a_folder_is_not_a_file() {
    let (_folder, github) = with_policy("");
    is_not_a_file(&github, ".github", ".github", Kind::Folder);
}

#[test]
fn a_file_above_1_mb_is_too_large_and_one_of_1_mb_is_not() {
    let folder = Folder::new();
    folder.write("large.yaml", vec![b'#'; 1_000_001]);
    folder.write("whole.yaml", vec![b'#'; 1_000_000]);
    let too_large = Err(NotRead::TooLarge { path: repo_path("large.yaml"), size: 1_000_001 });
    assert_eq!(read(&github(&folder, ""), "large.yaml"), too_large);
    // The older form of GitHub's answer.
    let refusing = github(&folder, "fault contents = blob-too-large");
    assert_eq!(read(&refusing, "large.yaml"), too_large);
    let whole = read(&github(&folder, ""), "whole.yaml").unwrap().unwrap();
    assert_eq!(whole.len(), 1_000_000);
}

#[test]
fn a_git_lfs_pointer_is_not_the_file() {
    let folder = Folder::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0\
                   ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    folder.write("rootgate.yaml", pointer);
    let error = NotRead::LfsPointer { path: repo_path("rootgate.yaml") };
    assert_eq!(read(&github(&folder, ""), "rootgate.yaml"), Err(error));
}

// -- answers that prove nothing ------------------------------------------------------------------------

#[test]
fn a_listing_that_is_cut_proves_nothing() {
    let (_folder, github) = with_policy("cut-listing .github\ncut-listing .");
    for path in [".github/absent.yaml", "absent.yaml", "absent/x.yaml", POLICY, "README.md"] {
        is_unproven(&github, path);
    }
}

#[test]
fn a_repository_that_is_not_shown_proves_nothing() {
    let (_folder, github) = with_policy("repository = octo-org/another");
    for path in [POLICY, "absent.yaml", "a/b.yaml"] {
        is_unproven(&github, path);
    }
}

#[test]
fn a_commit_that_is_not_known_proves_nothing() {
    let (_folder, github) = with_policy("");
    let unproven = |path: &str| Err(unproven(path));
    assert_eq!(read_at(&github, PARENT, POLICY), unproven(POLICY));
    assert_eq!(read_at(&github, PARENT, "absent.yaml"), unproven("absent.yaml"));
}

#[test]
fn a_single_404_proves_nothing() {
    let (_folder, github) = with_policy("fault contents = not-found");
    is_unproven(&github, POLICY);
    let (_folder, github) = with_policy("fault listing = not-found");
    is_unproven(&github, POLICY);
    // The folder is not found, and the root cannot be listed.
    is_unproven(&github, ".github/absent.yaml");
    // The folder is not found, but its name is in the root's listing.
    let (_folder, github) = with_policy("fault listing = 1 times not-found");
    is_unproven(&github, ".github/absent.yaml");
}

#[test]
fn a_listing_that_is_refused_proves_nothing() {
    let (_folder, github) = with_policy("fault listing = not-accessible");
    for path in [POLICY, ".github/absent.yaml"] {
        assert_eq!(stopped_by(&github, path), (".github".to_owned(), 403));
    }
    assert_eq!(stopped_by(&github, "absent.yaml"), (String::new(), 403));
    assert_eq!(stopped_by(&github, "absent/x.yaml"), (String::new(), 403));
}

#[test]
fn a_refusal_never_means_absent() {
    for (fault, status) in [
        ("bad-credentials", 401),
        ("not-accessible", 403),
        ("rate-limited 3600", 429),
        ("primary", 403),
        ("status 301", 301),
    ] {
        let (_folder, github) = with_policy(&format!("fault * = {fault}"));
        for path in [POLICY, ".github/absent.yaml"] {
            assert_eq!(stopped_by(&github, path), (path.to_owned(), status), "{fault}");
        }
        assert_eq!(github.calls().len(), 4, "{fault}: not asked again");
    }
    let (_folder, github) = with_policy("token = ghs_another");
    assert_eq!(stopped_by(&github, POLICY), (POLICY.to_owned(), 401));
}

#[test]
fn an_unreadable_answer_never_means_absent() {
    for fault in ["html", "braces", "huge"] {
        for call in ["contents", "listing"] {
            let (_folder, github) = with_policy(&format!("fault {call} = {fault}"));
            for path in [POLICY, ".github/absent.yaml"] {
                let read = read(&github, path);
                let unreadable = NotRead::Unknown(Unknown::Api {
                    path: if call == "contents" { path } else { ".github" }.to_owned(),
                    error: ApiError::Unreadable(String::new()),
                });
                assert_eq!(read.map_err(without_words), Err(unreadable), "{call}: {fault}");
            }
        }
    }
}

fn without_words(error: ContentsError) -> ContentsError {
    match error {
        NotRead::Unknown(Unknown::Api { path, error: ApiError::Unreadable(_) }) => {
            NotRead::Unknown(Unknown::Api { path, error: ApiError::Unreadable(String::new()) })
        }
        other => other,
    }
}

#[test]
fn a_server_error_is_retried_and_never_means_absent() {
    for fault in ["status 503", "reset", "secondary 0"] {
        let (_folder, github) = with_policy(&format!("fault * = 2 times {fault}"));
        assert_eq!(read(&github, POLICY), Ok(Some(TEXT.to_vec())), "{fault}");
        let (_folder, github) = with_policy(&format!("fault listing = {fault}"));
        let read = read(&github, ".github/absent.yaml");
        let Err(NotRead::Unknown(Unknown::Api { path, error })) = read else {
            panic!("{fault}: {read:?}")
        };
        assert!(path == ".github" && error.is_transient(), "{fault}: {error}");
        assert_eq!(github.count("listing"), 5, "{fault}");
    }
}

// -- commits ------------------------------------------------------------------------------------

fn commit(github: &Fake, git_ref: &str) -> Result<String, ApiError> {
    let commit = ask(github, async |api, repository| resolve(api, repository, git_ref).await);
    commit.map(|commit| commit.to_string())
}

fn fork_point(github: &Fake, tip: &str, sha: &str) -> Result<Commit, ApiError> {
    let (tip, commit) = (Commit::new(tip).unwrap(), Commit::new(sha).unwrap());
    ask(github, async |api, repository| merge_base(api, repository, &tip, &commit).await)
}

#[test]
fn a_ref_resolves_to_its_current_commit() {
    let lines = format!(
        "commit {PARENT} = /nowhere\nref tags/v1 = {PARENT}\nref tags/main = {PARENT}\n\
         ref heads/team/a#b = {PARENT}"
    );
    let (_folder, github) = with_policy(&lines);
    for (git_ref, sha) in [
        ("heads/main", SHA),
        ("main", SHA),
        ("tags/main", PARENT),
        ("v1", PARENT),
        ("heads/team/a#b", PARENT),
        (SHA, SHA),
        (PARENT, PARENT),
        (&PARENT[..7], PARENT),
        (&SHA.to_uppercase(), SHA),
    ] {
        assert_eq!(commit(&github, git_ref).as_deref(), Ok(sha), "{git_ref}");
    }
    let calls = github.calls();
    assert_eq!(calls[0]["path"], "/repos/octo-org/octo-repo/commits/heads/main");
    assert_eq!(calls[4]["path"], "/repos/octo-org/octo-repo/commits/heads/team/a%23b");
    assert!(calls.iter().all(|it| it["headers"]["accept"] == "application/vnd.github.sha"));
}

#[test]
fn an_unknown_ref_is_an_error() {
    let (_folder, github) = with_policy("");
    let unknown = commit(&github, "heads/release").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "GitHub answered HTTP 422: No commit found for SHA: heads/release"
    );
    assert_eq!(commit(&Fake::github(""), "heads/main").unwrap_err().status(), Some(409));
    let asked = github.calls().len();
    for name in ["", "..", "../../octo-org/x", "heads/../x", "heads//x", "./main"] {
        assert_eq!(commit(&github, name), Err(ApiError::NoRef(name.to_owned())));
    }
    assert_eq!(github.calls().len(), asked);
}

#[test]
fn an_answer_without_a_commit_is_an_error() {
    for fault in ["html", "braces", "huge"] {
        let (_folder, github) =
            with_policy(&format!("fault commit = {fault}\nfault compare = {fault}"));
        let unreadable = |error| matches!(error, ApiError::Unreadable(_));
        assert!(unreadable(commit(&github, "heads/main").unwrap_err()), "{fault}");
        assert!(unreadable(fork_point(&github, SHA, SHA).unwrap_err()), "{fault}");
    }
}

#[test]
fn the_merge_base_of_a_commit_and_the_default_branch_is_found() {
    let folder = Folder::new();
    let path = folder.path().display();
    let (head, merge) =
        ("9fceb02d0ae598e95dc970b74767f19372d61af8", "3d21ec53a331a6f037a91c368710b99387d012c1");
    let (next, alone) =
        ("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d", "1acc419d4d6a9ce985db7be48c6349a0475975b5");
    let github = github(
        &folder,
        &format!(
            "commit {merge} = {path} parent {SHA} {head}\ncommit {head} = {path} parent {SHA}\n\
             commit {next} = {path} parent {SHA}\ncommit {alone} = {path}"
        ),
    );
    let at = |sha: &str| Ok(Commit::new(sha).unwrap());
    assert_eq!(fork_point(&github, next, head), at(SHA), "a branch");
    assert_eq!(fork_point(&github, next, merge), at(SHA), "the merge of a pull request");
    assert_eq!(fork_point(&github, next, SHA), at(SHA), "a commit that the branch holds");
    assert_eq!(fork_point(&github, next, next), at(next), "its tip");
    assert_eq!(fork_point(&github, merge, head), at(head), "a branch that was merged");
    assert_eq!(fork_point(&github, next, alone).unwrap_err().status(), Some(404));
    assert_eq!(fork_point(&github, next, PARENT).unwrap_err().status(), Some(404), "unknown");
}

// -- repositories and pull requests -------------------------------------------------------------

#[test]
fn a_file_of_another_repository_is_read_there() {
    let folder = Folder::new();
    folder.write("gate/strict.yaml", TEXT);
    let path = folder.path().display();
    let github = Fake::github(&format!(
        "in octo-org/policies commit {SHA} = {path}\nin octo-org/policies ref tags/v1 = {SHA}"
    ));
    let text = ask(&github, async |api, _| {
        let repository = Repository::new("octo-org/policies").unwrap();
        let commit = resolve(api, &repository, "v1").await.unwrap();
        repo::github::read(api, &repository, &commit, &repo_path("gate/strict.yaml")).await
    });
    assert_eq!(text, Ok(Some(TEXT.to_vec())));
    is_unproven(&github, "gate/strict.yaml");
}

#[test]
fn the_default_branch_is_what_github_says() {
    let branch =
        |github: &Fake| ask(github, async |api, repository| default_branch(api, repository).await);
    assert_eq!(branch(&Fake::github("default-branch = trunk")).as_deref(), Ok("trunk"));
    let elsewhere = Fake::github("repository = octo-org/another");
    assert_eq!(branch(&elsewhere).unwrap_err().status(), Some(404));
}

fn fork(github: &Fake, number: u64) -> Result<bool, ApiError> {
    ask(github, async |api, repository| is_fork(api, repository, number).await)
}

#[test]
fn a_pull_request_is_from_a_fork_if_its_branch_is_in_another_repository() {
    let github = Fake::github(
        "pull 42 = octo-org/octo-repo\npull 43 = mona/octo-repo\npull 44 = none\n\
         pull 45 = octo-org/another",
    );
    assert_eq!(fork(&github, 42), Ok(false));
    assert_eq!(fork(&github, 43), Ok(true));
    assert_eq!(fork(&github, 44), Ok(true));
    assert_eq!(fork(&github, 45), Ok(true));
    assert_eq!(fork(&github, 46).unwrap_err().status(), Some(404));
    assert_eq!(github.calls()[0]["path"], "/repos/octo-org/octo-repo/pulls/42");
}

#[test]
fn a_pull_request_that_cannot_be_read_is_not_a_fork() {
    for (fault, status) in
        [("not-accessible", Some(403)), ("bad-credentials", Some(401)), ("braces", None)]
    {
        let github = Fake::github(&format!("pull 42 = none\nfault pull = {fault}"));
        assert_eq!(fork(&github, 42).unwrap_err().status(), status, "{fault}");
    }
}
