//! What a command asks the `git` program: which commit a ref is, and what stands in it.
//!
//! The program, not a library: it is what made the clone, and it reads every kind of one (linked
//! work trees, partial and shallow clones, both hashes). It runs without a shell, never for more
//! than reading, and no variable of the environment tells it to look elsewhere.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::commands::{Failure, host};

/// A clone with a working tree.
pub(crate) struct Repository {
    /// Its root, absolute and without links.
    root: PathBuf,
    /// The working directory relative to the root: empty, or with `/` at its end.
    prefix: String,
}

/// A commit that is there: 40 or 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit(String);

/// What stands at a path.
pub(crate) enum Entry<T> {
    Nothing,
    File {
        /// In bytes.
        size: u64,
        /// How its content is read.
        content: T,
    },
    Folder,
    SymbolicLink,
    /// Another repository: a submodule.
    Repository,
    /// A pipe, a device.
    Special,
}

impl Repository {
    /// The repository that the working directory lies in.
    pub(crate) fn open() -> Result<Self, Failure> {
        let asked = |question| -> Result<String, Failure> {
            let output = run(git(None).args(["rev-parse", question]))?;
            if !output.status.success() {
                return Err(unusable(&output));
            }
            text(output.stdout)
        };
        let root = PathBuf::from(asked("--show-toplevel")?);
        let root = root.canonicalize().map_err(|error| {
            let what = format!("cannot enter the repository {}: {error}", root.display());
            Failure::new(what, "let the user of this process read it")
        })?;
        Ok(Self { root, prefix: asked("--show-prefix")? })
    }

    /// The root of the working tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a file relative to the root, with `/`; `file` is relative to the working
    /// directory. It need not exist, and links on the way to it are left as they are.
    pub(crate) fn path(&self, file: &Path) -> Result<String, Failure> {
        let shown = file.display();
        let outside = || {
            let what = format!("{shown} lies outside of the repository {}", self.root.display());
            Failure::new(what, "name a file of this repository: only those have an earlier version")
        };
        let (mut parts, below) = if file.is_absolute() {
            // The root may be spelt through links; what comes below it must not be resolved.
            let is_root = |folder: &&Path| folder.canonicalize().is_ok_and(|it| it == self.root);
            let root = file.ancestors().find(is_root).ok_or_else(outside)?;
            (Vec::new(), file.strip_prefix(root).unwrap_or(file))
        } else {
            (self.prefix.split('/').filter(|part| !part.is_empty()).collect(), file)
        };
        for part in below.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => drop(parts.pop().ok_or_else(outside)?),
                Component::Normal(name) => parts.push(name.to_str().ok_or_else(|| {
                    Failure::new(format!("{shown} is not UTF-8"), "give the policy a plain name")
                })?),
                Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        if parts.is_empty() {
            let help = "name a file, relative to the working directory";
            return Err(Failure::new(format!("{shown} is a folder, not a policy"), help));
        }
        Ok(parts.join("/"))
    }

    /// The commit that a ref is. The ref comes from outside and is never taken as an option.
    pub(crate) fn commit(&self, reference: &str) -> Result<Commit, Failure> {
        if reference.is_empty() || reference.starts_with('-') {
            return Err(Failure::new(
                format!("`{reference}` is no ref"),
                "name a branch, tag or commit, such as origin/main; in a workflow github.base_ref \
                 is empty but for pull requests",
            ));
        }
        let wanted = format!("{reference}^{{commit}}");
        // Without the warning, a tag of the same name would be taken without a word.
        let warned = ["-c", "core.warnAmbiguousRefs=true"];
        let verify = ["rev-parse", "--verify", "--end-of-options", &wanted];
        let output = run(git(Some(&self.root)).args(warned).args(verify))?;
        if said(&output).contains("is ambiguous") {
            return Err(Failure::new(
                format!("{reference} is ambiguous: more than one ref has this name"),
                "write the ref out, such as refs/remotes/origin/main or refs/heads/main",
            ));
        }
        let commit = text(output.stdout).ok().filter(|text| is_object_id(text));
        match commit {
            Some(commit) if output.status.success() => Ok(Commit(commit)),
            _ => Err(self.unknown(reference)),
        }
    }

    /// Where the branch that is checked out and a commit parted; `None`: nowhere that is known.
    pub(crate) fn merge_base(&self, commit: &Commit) -> Result<Option<Commit>, Failure> {
        let output = run(git(Some(&self.root)).args(["merge-base", "HEAD", &commit.0]))?;
        let base = text(output.stdout).ok().filter(|text| is_object_id(text));
        Ok(base.filter(|_| output.status.success()).map(Commit))
    }

    /// What stands at a path of a commit, itself: what is above it is not looked at.
    pub(crate) fn entry(&self, commit: &Commit, path: &str) -> Result<Entry<String>, Failure> {
        let list = ["ls-tree", "-z", "--long", "--full-tree", &commit.0, "--", path];
        let listed = text(self.read(&list)?)?;
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
            ("040000", _) => Entry::Folder,
            ("120000", _) => Entry::SymbolicLink,
            ("160000", _) => Entry::Repository,
            _ => Entry::Special,
        })
    }

    /// The content of a file, as it is stored.
    pub(crate) fn content(&self, object: &str) -> Result<Vec<u8>, Failure> {
        self.read(&["cat-file", "blob", object])
    }

    fn read(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = run(git(Some(&self.root)).args(arguments))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let what = format!("git {} failed: {}", arguments.join(" "), said(&output));
        Err(Failure::new(what, "try `git fsck`; a clone that lacks objects can fetch them"))
    }

    fn unknown(&self, reference: &str) -> Failure {
        let what = format!("{reference} is no commit of this clone");
        if reference.contains(':') {
            let help = "--base names a commit and not a file of it; the file is `--policy FILE`";
            return Failure::new(what, help);
        }
        if reference.ends_with("/HEAD") {
            let help = "`git remote set-head origin --auto` asks the remote which branch is its \
                        default; or name the branch, such as origin/main";
            return Failure::new(what, help);
        }
        let branch = remote_branch(reference);
        let shallow = run(git(Some(&self.root)).args(["rev-parse", "--is-shallow-repository"]));
        if shallow.is_ok_and(|output| output.stdout.starts_with(b"true")) {
            return Failure::new(
                format!("{what}, which is shallow: it was not fetched"),
                format!(
                    "fetch it: `git fetch --depth=1 origin {branch}`; with actions/checkout, \
                     `fetch-depth: 0` fetches every branch"
                ),
            );
        }
        Failure::new(
            what,
            format!("check the name; `git fetch origin {branch}` fetches a branch of the remote"),
        )
    }
}

impl Commit {
    /// Enough of it to name it.
    pub(crate) fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// The program, told nothing by the environment but where the user's own configuration is.
fn git(folder: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    if let Some(folder) = folder {
        command.arg("-C").arg(folder);
    }
    command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    for name in host::git_variables() {
        command.env_remove(name);
    }
    // Messages in English, and no question to anyone.
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<Output, Failure> {
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(
            "the program git, which --base needs, is not installed",
            "install it, or give both files: rootgate policy diff OLD NEW",
        ),
        _ => Failure::new(
            format!("cannot run git: {error}"),
            "let the user of this process run it, or give both files: rootgate policy diff OLD NEW",
        ),
    })
}

/// Why there is no repository to ask.
fn unusable(output: &Output) -> Failure {
    let said = said(output);
    let (what, help) = if said.contains("not a git repository") {
        (
            "this folder lies in no Git repository, and --base needs one".to_owned(),
            "change to the clone, or give both files: rootgate policy diff OLD NEW",
        )
    } else if said.contains("work tree") {
        (
            "this repository has no working tree here, and --base compares with that".to_owned(),
            "change to the root of a clone",
        )
    } else if said.contains("dubious ownership") {
        (
            "git does not trust this repository: it belongs to another user".to_owned(),
            "if you do: `git config --global --add safe.directory` and its path",
        )
    } else {
        (format!("git cannot read this repository: {said}"), "see whether `git status` works")
    };
    Failure::new(what, help)
}

/// The first line that git said, without its `fatal:`.
fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or_default();
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    if line.is_empty() { output.status.to_string() } else { line.to_owned() }
}

/// What git printed, without the line end.
fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Failure::new(
            "git printed a path that is not UTF-8",
            "give the folders of the clone plain names",
        )
    })?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

fn is_object_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The branch to fetch for a ref, in words that are safe to paste.
fn remote_branch(reference: &str) -> &str {
    let branch = reference.strip_prefix("origin/").unwrap_or(reference);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let safe = branch.bytes().all(plain) && !branch.starts_with('-') && !branch.contains("..");
    if safe { branch } else { "main" }
}

#[cfg(test)]
mod tests {
    use super::{is_object_id, remote_branch};

    #[test]
    fn only_a_whole_hash_is_a_commit() {
        assert!(is_object_id("9b3021304abea3300c58520a188aac584a6b5bb0"));
        assert!(!is_object_id("^9b3021304abea3300c58520a188aac584a6b5bb0"));
        assert!(!is_object_id("9b30213"));
    }

    #[test]
    fn what_is_to_be_pasted_holds_nothing_for_a_shell() {
        assert_eq!(remote_branch("origin/release/1.2"), "release/1.2");
        assert_eq!(remote_branch("origin/--upload-pack=x"), "main");
        assert_eq!(remote_branch("origin/a;b"), "main");
        assert_eq!(remote_branch("a..b"), "main");
    }
}
