//! What a command asks the `git` program: which commit a ref is, and what stands in it.
//!
//! The program, not a library: it is what made the clone, and it reads every kind of one (linked
//! work trees, shallow clones, both hashes). It runs without a shell, never for more than reading, and
//! no variable of the environment tells it to look elsewhere.
//!
//! The configuration of a repository can name programs, and files of a clone can look like a repository
//! of their own (a bare one). So the repository is the nearest `.git` above the working directory and
//! nothing else, and git fetches nothing for a question: objects that a partial clone lacks stay away.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::worktree::WorkTree;
use super::{Commit, Entry, Kind, RepoPath, Tree};

/// A clone with a working tree.
pub struct Repository {
    tree: WorkTree,
    /// The folder that holds its `.git`, where every question is asked.
    folder: PathBuf,
    /// The variables of the environment that would tell git where to look and what to run.
    unset: Vec<OsString>,
}

/// What git does not give. As a sentence it says what happened.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there.
    #[error("the program git, which --base needs, is not installed")]
    NotInstalled,
    /// The program cannot be run.
    #[error("cannot run git: {0}")]
    CannotRun(io::Error),
    /// There is no repository.
    #[error("this folder lies in no Git repository, and --base needs one")]
    NoRepository,
    /// A bare one.
    #[error("this repository has no working tree here, and --base compares with that")]
    NoWorkTree,
    /// Git does not read what another user owns.
    #[error("git does not trust this repository: it belongs to another user")]
    NotTrusted,
    /// The `.git` is no repository.
    #[error("{} is no Git repository", path.display())]
    NotOne {
        /// The `.git`.
        path: PathBuf,
    },
    /// Anything else that is wrong with the repository.
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
    #[error("`{0}` is no ref")]
    NoRef(String),
    /// A branch and a tag of the same name.
    #[error("{0} is ambiguous: more than one ref has this name")]
    Ambiguous(String),
    /// There is no such commit.
    #[error("{reference} is no commit of this clone{}", shallow_note(*shallow))]
    NoCommit {
        /// What was asked for.
        reference: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// A question failed.
    #[error("git {question} failed: {message}")]
    Failed {
        /// The arguments.
        question: String,
        /// What git said.
        message: String,
    },
    /// A file of the commit whose content the clone does not hold.
    #[error("this clone lacks the content of {0}, and no remote is asked for it here")]
    NoContent(RepoPath),
    /// An answer that is no text.
    #[error("git printed a path that is not UTF-8")]
    NotUtf8,
}

const FETCH_IT: &str = "a partial clone fetches it by `git show` with the ref, a colon and the path of the \
                        policy; then run this again. In any other clone try `git fsck`";

const fn shallow_note(shallow: bool) -> &'static str {
    if shallow { ", which is shallow: it was not fetched" } else { "" }
}

impl GitError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        let help = match self {
            Self::NotInstalled => "install it, or give both files: rootgate policy diff OLD NEW",
            Self::CannotRun(_) => {
                "let the user of this process run it, or give both files: rootgate policy diff OLD NEW"
            }
            Self::NoRepository => {
                "change to the clone, or give both files: rootgate policy diff OLD NEW"
            }
            Self::NoWorkTree => "change to the root of a clone",
            Self::NotTrusted => {
                "if you do: `git config --global --add safe.directory` and its path"
            }
            Self::Unusable(_) | Self::NotOne { .. } => "see whether `git status` works",
            Self::CannotEnter { .. } => "let the user of this process read it",
            Self::NoRef(_) => {
                "name a branch, tag or commit, such as origin/main; in a workflow github.base_ref is empty \
                 but for pull requests"
            }
            Self::Ambiguous(_) => {
                "write the ref out, such as refs/remotes/origin/main or refs/heads/main"
            }
            Self::NoCommit { reference, .. } if reference.contains(':') => {
                "--base names a commit and not a file of it; the file is `--policy FILE`"
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
            Self::Failed { .. } => "try `git fsck`; a clone that lacks objects can fetch them",
            Self::NotUtf8 => "give the folders of the clone plain names",
        };
        help.to_owned()
    }
}

impl Repository {
    /// The repository that a folder lies in: that of the nearest `.git` above it. `unset` are the
    /// variables that git must not see: they would tell it to look elsewhere.
    ///
    /// # Errors
    /// There is none, or git does not read it.
    pub fn open(here: &Path, unset: Vec<OsString>) -> Result<Self, GitError> {
        let nearest = WorkTree::nearest(here).ok_or(GitError::NoRepository)?;
        let folder = nearest.root().to_owned();
        // In the `.git` itself.
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
        // No question before this one reads an object.
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

    /// The commit that a ref is. The ref comes from outside and is never taken as an option.
    ///
    /// # Errors
    /// It is none, or more than one.
    pub fn commit(&self, reference: &str) -> Result<Commit, GitError> {
        if reference.is_empty() || reference.starts_with('-') {
            return Err(GitError::NoRef(reference.to_owned()));
        }
        let wanted = format!("{reference}^{{commit}}");
        // Without the warning, a tag of the same name would be taken without a word.
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

    /// Where the branch that is checked out and a commit parted; `None`: nowhere that is known.
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
        // Of these it says nothing whether the clone is shallow.
        let is_told = reference.contains(':') || reference.ends_with("/HEAD");
        let asked = || run(self.git().args(["rev-parse", "--is-shallow-repository"]));
        let shallow = !is_told && asked().is_ok_and(|output| output.stdout.starts_with(b"true"));
        GitError::NoCommit { reference: reference.to_owned(), shallow }
    }
}

/// The tree of a commit of a clone.
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

/// Where a `.git` folder is no repository, git takes the folder that it is in for a bare one, or looks
/// further up. Both may be files that somebody committed, with a configuration of theirs.
fn refuse_another(folder: &Path, taken: &Path) -> Result<(), GitError> {
    let path = folder.join(".git");
    // A file names the repository, or git ends.
    let is_the_one = match (path.canonicalize(), taken.canonicalize()) {
        (Ok(path), Ok(taken)) => path == taken,
        _ => false,
    };
    if path.is_file() || is_the_one { Ok(()) } else { Err(GitError::NotOne { path }) }
}

/// The program, told nothing by the environment but where the user's own configuration is.
fn git(folder: &Path, unset: &[OsString]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    // Versions before 2.38 do not know the first, and none of the questions needs the others.
    for setting in
        ["safe.bareRepository=explicit", "core.fsmonitor=false", "core.hooksPath=/dev/null"]
    {
        command.args(["-c", setting]);
    }
    for name in unset {
        command.env_remove(name);
    }
    // Nothing is fetched for a question: a transport runs what the configuration names. Versions before
    // 2.45 do not know the first variable, and no protocol of the second one exists.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
    // Messages in English, and no question to anyone.
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    command
}

/// Whether git would have asked a remote for an object.
fn is_of_a_lazy_fetch(message: &str) -> bool {
    ["lazy fetching", "promisor remote", "not allowed"].iter().any(|it| message.contains(it))
}

fn run(command: &mut Command) -> Result<Output, GitError> {
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GitError::NotInstalled,
        _ => GitError::CannotRun(error),
    })
}

/// Why there is no repository to ask.
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

/// The first line that git said, without its `fatal:`.
fn error_line(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr);
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    if line.is_empty() { output.status.to_string() } else { line.to_owned() }
}

/// What git printed, without the line end.
fn text(bytes: Vec<u8>) -> Result<String, GitError> {
    let mut text = String::from_utf8(bytes).map_err(|_| GitError::NotUtf8)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// The branch to fetch for a ref, in words that are safe to paste.
fn remote_branch(reference: &str) -> &str {
    let branch = reference.strip_prefix("origin/").unwrap_or(reference);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let safe = branch.bytes().all(plain) && !branch.starts_with('-') && !branch.contains("..");
    if safe { branch } else { "main" }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files that are looked at")]
mod tests {
    use super::{refuse_another, remote_branch};

    /// Also where git itself does not know `safe.bareRepository`.
    #[test]
    fn nothing_but_the_nearest_dot_git_is_taken() {
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
    fn what_is_to_be_pasted_holds_nothing_for_a_shell() {
        assert_eq!(remote_branch("origin/release/1.2"), "release/1.2");
        assert_eq!(remote_branch("origin/--upload-pack=x"), "main");
        assert_eq!(remote_branch("origin/a;b"), "main");
        assert_eq!(remote_branch("a..b"), "main");
    }
}
