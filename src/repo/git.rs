//! Reads commits and their files with the `git` program.
//!
//! The program and not a library: it made the clone, and it reads every kind of clone (linked work
//! trees, shallow clones, both hashes). It runs without a shell, only reads, and does not see variables
//! that would make it read another repository.
//!
//! The configuration of a repository can name programs to run, and committed files can look like a bare
//! repository. So the repository is always the nearest `.git` above the working directory, and git
//! fetches nothing: an object that is missing in a partial clone is an error.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::worktree::WorkTree;
use super::{Commit, Entry, Kind, RepoPath, Tree};

/// A clone with a working tree.
pub struct Repository {
    tree: WorkTree,
    /// The folder that contains its `.git`; git runs there.
    folder: PathBuf,
    /// The environment variables that would make git read another repository or run other programs.
    unset: Vec<OsString>,
}

/// Why git could not read something.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is missing.
    #[error("the program git, which --base needs, is not installed")]
    NotInstalled,
    /// The program cannot be run.
    #[error("cannot run git: {0}")]
    CannotRun(io::Error),
    /// There is no repository.
    #[error("this folder is not in a Git repository, and --base needs one")]
    NoRepository,
    /// A bare repository.
    #[error("this repository has no working tree here, and --base compares with the working tree")]
    NoWorkTree,
    /// Git does not read repositories of other users.
    #[error("git does not trust this repository: it belongs to another user")]
    NotTrusted,
    /// The `.git` is not a repository.
    #[error("{} is not a Git repository", path.display())]
    NotOne {
        /// The `.git`.
        path: PathBuf,
    },
    /// Any other problem with the repository.
    #[error("git cannot read this repository: {0}")]
    Unusable(String),
    /// The root cannot be resolved.
    #[error("cannot enter the repository {}: {error}", root.display())]
    CannotEnter {
        /// The root.
        root: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No ref can have this name.
    #[error("`{0}` is not a ref")]
    NoRef(String),
    /// A branch and a tag of the same name.
    #[error("{0} is ambiguous: more than one ref has this name")]
    Ambiguous(String),
    /// There is no such commit.
    #[error("{reference} is not a commit in this clone{}", shallow_note(*shallow))]
    NoCommit {
        /// The requested ref.
        reference: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// A git command failed.
    #[error("git {question} failed: {message}")]
    Failed {
        /// The arguments.
        question: String,
        /// Git's message.
        message: String,
    },
    /// A file of the commit whose content is missing in the clone.
    #[error("the content of {0} is missing in this clone, and rootgate does not fetch it")]
    NoContent(RepoPath),
    /// An answer that is not UTF-8.
    #[error("git printed a path that is not UTF-8")]
    NotUtf8,
}

const FETCH_IT: &str = "in a partial clone, `git show` with the ref, a colon and the path of the policy \
                        fetches it; then run this again. In any other clone try `git fsck`";

const fn shallow_note(shallow: bool) -> &'static str {
    if shallow { ", which is shallow: the commit was not fetched" } else { "" }
}

impl GitError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        let help = match self {
            Self::NotInstalled => "install it, or pass both files: rootgate policy diff OLD NEW",
            Self::CannotRun(_) => {
                "let the user of this process run it, or pass both files: rootgate policy diff OLD NEW"
            }
            Self::NoRepository => {
                "change to the clone, or pass both files: rootgate policy diff OLD NEW"
            }
            Self::NoWorkTree => "change to the root of a clone",
            Self::NotTrusted => {
                "if you trust it, run `git config --global --add safe.directory` with its path"
            }
            Self::Unusable(_) | Self::NotOne { .. } => "check whether `git status` works",
            Self::CannotEnter { .. } => "let the user of this process read it",
            Self::NoRef(_) => {
                "name a branch, tag or commit, such as origin/main; in a workflow github.base_ref is empty \
                 except for pull requests"
            }
            Self::Ambiguous(_) => {
                "write the full ref, such as refs/remotes/origin/main or refs/heads/main"
            }
            Self::NoCommit { reference, .. } if reference.contains(':') => {
                "--base takes a commit, without a path; the file is `--policy FILE`"
            }
            Self::NoCommit { reference, .. } if reference.ends_with("/HEAD") => {
                "`git remote set-head origin --auto` asks the remote which branch is its default; or name \
                 the branch, such as origin/main"
            }
            Self::NoCommit { reference, shallow: true } => {
                return format!(
                    "fetch it: `git fetch --depth=1 origin {}`; with actions/checkout, `fetch-depth: 0` \
                     fetches every branch",
                    remote_branch(reference)
                );
            }
            Self::NoCommit { reference, shallow: false } => {
                return format!(
                    "check the name; `git fetch origin {}` fetches a branch of the remote",
                    remote_branch(reference)
                );
            }
            Self::NoContent(_) => FETCH_IT,
            Self::Failed { message, .. } if is_of_a_lazy_fetch(message) => FETCH_IT,
            Self::Failed { .. } => "try `git fsck`; if objects are missing, fetch them",
            Self::NotUtf8 => "rename the folders above the clone so that their names are UTF-8",
        };
        help.to_owned()
    }
}

impl Repository {
    /// Opens the repository of a folder: the nearest `.git` above it. `unset` are the variables that
    /// git must not see, because they would make it read another repository.
    ///
    /// # Errors
    /// There is no repository, or git cannot read it.
    pub fn open(here: &Path, unset: Vec<OsString>) -> Result<Self, GitError> {
        let nearest = WorkTree::nearest(here).ok_or(GitError::NoRepository)?;
        let folder = nearest.root().to_owned();
        // The folder is in the `.git` itself.
        if here.starts_with(folder.join(".git")) {
            return Err(GitError::NoWorkTree);
        }
        let ask = |what: &str| -> Result<PathBuf, GitError> {
            let output = run(git(&folder, &unset).args(["rev-parse", what]))?;
            if !output.status.success() {
                return Err(unusable(&output));
            }
            Ok(PathBuf::from(text(output.stdout)?))
        };
        // Nothing before this check reads an object.
        refuse_another(&folder, &ask("--absolute-git-dir")?)?;
        let root = ask("--show-toplevel")?;
        let root = root.canonicalize().map_err(|error| GitError::CannotEnter { root, error })?;
        Ok(Self { tree: WorkTree::with_root(root), folder, unset })
    }

    /// Its working tree.
    #[must_use]
    pub const fn work_tree(&self) -> &WorkTree {
        &self.tree
    }

    /// Resolves a ref to a commit. The ref comes from outside and is never passed as an option.
    ///
    /// # Errors
    /// The ref is not a commit, or it is ambiguous.
    pub fn commit(&self, reference: &str) -> Result<Commit, GitError> {
        if reference.is_empty() || reference.starts_with('-') {
            return Err(GitError::NoRef(reference.to_owned()));
        }
        let wanted = format!("{reference}^{{commit}}");
        // Without the warning, git would silently take a tag of the same name.
        let warned = ["-c", "core.warnAmbiguousRefs=true"];
        let verify = ["rev-parse", "--verify", "--end-of-options", &wanted];
        let output = run(self.git().args(warned).args(verify))?;
        if error_line(&output).contains("is ambiguous") {
            return Err(GitError::Ambiguous(reference.to_owned()));
        }
        let commit = text(output.stdout).ok().as_deref().and_then(Commit::new);
        match commit {
            Some(commit) if output.status.success() => Ok(commit),
            _ => Err(self.unknown(reference)),
        }
    }

    /// The merge base of the checked-out branch and a commit; `None` if none is known.
    ///
    /// # Errors
    /// Git cannot be run.
    pub fn merge_base(&self, commit: &Commit) -> Result<Option<Commit>, GitError> {
        let output = run(self.git().args(["merge-base", "HEAD", commit.as_str()]))?;
        let base = text(output.stdout).ok().as_deref().and_then(Commit::new);
        Ok(base.filter(|_| output.status.success()))
    }

    /// The tree of a commit.
    #[must_use]
    pub const fn at<'a>(&'a self, commit: &'a Commit) -> AtCommit<'a> {
        AtCommit { repository: self, commit }
    }

    fn git(&self) -> Command {
        git(&self.folder, &self.unset)
    }

    pub(super) fn read(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = run(self.git().args(arguments))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(GitError::Failed { question: arguments.join(" "), message: error_line(&output) })
    }

    fn unknown(&self, reference: &str) -> GitError {
        // For these refs the help does not depend on whether the clone is shallow.
        let has_own_help = reference.contains(':') || reference.ends_with("/HEAD");
        let is_shallow = || {
            let output = run(self.git().args(["rev-parse", "--is-shallow-repository"]));
            output.is_ok_and(|output| output.stdout.starts_with(b"true"))
        };
        let shallow = !has_own_help && is_shallow();
        GitError::NoCommit { reference: reference.to_owned(), shallow }
    }
}

/// The tree of a commit in a clone.
pub struct AtCommit<'a> {
    repository: &'a Repository,
    commit: &'a Commit,
}

impl Tree for AtCommit<'_> {
    type Content = String;
    type Error = GitError;

    fn entry(&self, wanted: &RepoPath) -> Result<Entry<String>, GitError> {
        let (commit, path) = (self.commit.as_str(), wanted.as_str());
        let list = ["ls-tree", "-z", "--long", "--full-tree", commit, "--", path];
        let listed = text(self.repository.read(&list)?)?;
        // `100644 blob 8f94139338f9404f26296befa88755fc2598c289      12\trootgate.yaml\0`
        let entry = listed.split('\0').filter_map(|entry| entry.split_once('\t'));
        let Some((entry, _)) = entry.into_iter().find(|(_, name)| *name == path) else {
            return Ok(Entry::Nothing);
        };
        let mut words = entry.split_whitespace();
        let mode = words.next().unwrap_or_default();
        let (object, size) = (words.nth(1).unwrap_or_default(), words.next().unwrap_or_default());
        Ok(match (mode, size.parse()) {
            ("100644" | "100755", Ok(size)) => Entry::File { size, content: object.to_owned() },
            // The size is `BAD`.
            ("100644" | "100755", Err(_)) => return Err(GitError::NoContent(wanted.clone())),
            ("040000", _) => Entry::Other(Kind::Folder),
            ("120000", _) => Entry::Other(Kind::SymbolicLink),
            ("160000", _) => Entry::Other(Kind::Submodule),
            _ => Entry::Other(Kind::Special),
        })
    }

    fn content(&self, _: &RepoPath, object: String) -> Result<Vec<u8>, GitError> {
        self.repository.read(&["cat-file", "blob", &object])
    }
}

/// Refuses a repository other than the nearest `.git`. If that `.git` is not a repository, git takes the
/// folder around it as a bare one, or looks further up. An attacker may have committed either, with a
/// configuration that runs programs.
fn refuse_another(folder: &Path, taken: &Path) -> Result<(), GitError> {
    let path = folder.join(".git");
    // If `.git` is a file, it names the repository; git fails if it does not.
    let is_the_one = match (path.canonicalize(), taken.canonicalize()) {
        (Ok(path), Ok(taken)) => path == taken,
        _ => false,
    };
    if path.is_file() || is_the_one { Ok(()) } else { Err(GitError::NotOne { path }) }
}

/// The git command. From the environment it takes only the location of the user's configuration.
fn git(folder: &Path, unset: &[OsString]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    // Versions before 2.38 ignore the first one; our commands do not need the other two.
    for setting in
        ["safe.bareRepository=explicit", "core.fsmonitor=false", "core.hooksPath=/dev/null"]
    {
        command.args(["-c", setting]);
    }
    for name in unset {
        command.env_remove(name);
    }
    // Git must not fetch: a transport runs programs that the configuration names. Versions before 2.45
    // ignore the first variable; the second one allows only a protocol that does not exist.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
    // Messages in English, and no prompts.
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    command
}

/// Whether git tried to fetch a missing object from a remote.
fn is_of_a_lazy_fetch(message: &str) -> bool {
    ["lazy fetching", "promisor remote", "not allowed"].iter().any(|it| message.contains(it))
}

fn run(command: &mut Command) -> Result<Output, GitError> {
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GitError::NotInstalled,
        _ => GitError::CannotRun(error),
    })
}

/// Why the repository cannot be used.
fn unusable(output: &Output) -> GitError {
    let message = error_line(output);
    if message.contains("not a git repository") {
        GitError::NoRepository
    } else if message.contains("work tree") || message.contains("bare repository") {
        GitError::NoWorkTree
    } else if message.contains("dubious ownership") {
        GitError::NotTrusted
    } else {
        GitError::Unusable(message)
    }
}

/// The first line of git's error, without `fatal:`.
fn error_line(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr);
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    if line.is_empty() { output.status.to_string() } else { line.to_owned() }
}

/// Git's output as text, without the line end.
fn text(bytes: Vec<u8>) -> Result<String, GitError> {
    let mut text = String::from_utf8(bytes).map_err(|_| GitError::NotUtf8)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// The branch to fetch for a ref; only text that is safe to paste into a shell.
fn remote_branch(reference: &str) -> &str {
    let branch = reference.strip_prefix("origin/").unwrap_or(reference);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let safe = branch.bytes().all(plain) && !branch.starts_with('-') && !branch.contains("..");
    if safe { branch } else { "main" }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests create the files that they read")]
mod tests {
    use super::{refuse_another, remote_branch};

    /// This holds with versions of git that do not know `safe.bareRepository`, too.
    #[test]
    fn only_the_nearest_dot_git_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let (root, inner) = (folder.path(), folder.path().join("inner"));
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(inner.join(".git")).unwrap();
        assert!(refuse_another(root, &root.join(".git")).is_ok());
        for other in [root, &inner, &inner.join(".git")] {
            assert!(refuse_another(root, other).is_err(), "{}", other.display());
        }
        // A file names the repository, as in a linked work tree and in a submodule.
        std::fs::remove_dir(inner.join(".git")).unwrap();
        std::fs::write(inner.join(".git"), "gitdir: ../.git/worktrees/inner\n").unwrap();
        assert!(refuse_another(&inner, &root.join(".git/worktrees/inner")).is_ok());
    }

    #[test]
    fn a_command_to_paste_is_safe_for_a_shell() {
        assert_eq!(remote_branch("origin/release/1.2"), "release/1.2");
        assert_eq!(remote_branch("origin/--upload-pack=x"), "main");
        assert_eq!(remote_branch("origin/a;b"), "main");
        assert_eq!(remote_branch("a..b"), "main");
    }
}
