//! The two sides of `rootgate policy diff --base REF`: the policy at a commit and the policy in the
//! working tree. Each is found separately.

use std::path::Path;

use rootgate::model::{Change, ChangeKind, KeyPath};
use rootgate::policy::Policy;
use rootgate::repo::git::{GitError, Repository};
use rootgate::repo::worktree::{Links, NoPath, Unreadable};
use rootgate::repo::{self, Commit, File, Kind, NotRead, RepoPath, Tree};
use rootgate::text::{Text, outside};
use rootgate::{rules, text};

use super::file::{self, PolicyFile, Unusable};
use crate::commands::host::git_variables;
use crate::commands::{Failure, Host};

/// The two sides, and notes about them.
pub(crate) struct Sides {
    pub(crate) old: PolicyFile,
    pub(crate) new: PolicyFile,
    /// The change for a removed policy.
    pub(crate) removed: Option<Change>,
    /// Notes for the reader.
    pub(crate) notes: Vec<String>,
}

pub(crate) fn read(
    base: &str,
    named: Option<&Path>,
    color: bool,
    host: &Host,
) -> Result<Sides, Failure> {
    let repository = Repository::open(&host.working_directory, git_variables().collect());
    let repository = repository.map_err(failed)?;
    let tip = repository.commit(base).map_err(failed)?;
    let paths = match named {
        Some(file) => vec![path_of(file, &repository, host)?],
        None => file::default_paths(),
    };
    let old = at_commit(&repository, &tip, base, &paths)?;
    let new = on_disk(&repository, &paths)?;
    let mut notes = Vec::new();
    if let (Some(file), None) = (named, &old) {
        if new.is_none() {
            return Err(Failure::new(
                text!("{} is neither in the working tree nor at {}", file, outside(base)),
                "check the path; it is taken relative to the working directory",
            ));
        }
        let other = at_commit(&repository, &tip, base, &file::default_paths())?;
        notes.extend(other.map(|other| {
            format!(
                "{base} has {} instead; until it has the named file too, a gate that names it \
                 judges nothing (exit 2)",
                other.path
            )
        }));
    }
    let parted = fork_point(&repository, &tip, base, &paths, old.as_ref())?;
    let old_side = side(old.as_ref(), |path| format!("{base}:{path}"), base, host);
    if let Some((commit, then)) = &parted {
        let commit = commit.short();
        if File::same(then.as_ref(), new.as_ref()) {
            notes.push(format!(
                "the policy here is still that of {commit}, where this branch left {base}; {base} \
                 has changed it since, and a merge keeps that change"
            ));
            let old = old_side.map_err(|unusable| unusable.into_failure(color))?;
            return Ok(Sides { new: not_changed(&old, new.as_ref()), old, removed: None, notes });
        }
        notes.push(format!(
            "{base} has changed the policy since this branch left it at {commit}: some of these \
             changes may only undo it. Merge {base}, or use `--base {commit}` to see only the changes \
             of this branch"
        ));
    }
    let new_side = side(new.as_ref(), str::to_owned, WORKING_TREE, host);
    let (old_side, new_side) = file::both(old_side, new_side, color)?;
    let removed = old.filter(|_| new.is_none()).map(removed);
    Ok(Sides { old: old_side, new: new_side, removed, notes })
}

const WORKING_TREE: &str = "the working tree";

/// The path of the named file in the repository. Links are kept, so that they can be refused.
fn path_of(file: &Path, repository: &Repository, host: &Host) -> Result<RepoPath, Failure> {
    let tree = repository.work_tree();
    tree.path(&host.working_directory, file, Links::Kept).map_err(|none| match none {
        NoPath::Outside => Failure::new(
            text!("{} is outside the repository {}", file, tree.root()),
            "name a file of this repository",
        ),
        NoPath::NotUtf8 => {
            Failure::new(text!("{} is not UTF-8", file), "give the policy a plain name")
        }
        NoPath::Root => Failure::new(
            text!("{} is a folder, not a policy", file),
            "name a file, relative to the working directory",
        ),
    })
}

fn failed(error: GitError) -> Failure {
    Failure::new(outside(&error), outside(error.help()))
}

/// The result of a merge if the branch did not change the policy: the policy at the base.
fn not_changed(old: &PolicyFile, new: Option<&File>) -> PolicyFile {
    let path = new.map_or(WORKING_TREE, |new| new.path.as_str());
    PolicyFile { shown: format!("{path} (not changed here)"), ..old.clone() }
}

/// Removing a policy is weaker, whatever it contained.
fn removed(old: File) -> Change {
    Change {
        kind: ChangeKind::Weaker,
        key: KeyPath::section("policy"),
        old: Some(old.path.to_string()),
        new: None,
        old_line: None,
        new_line: None,
    }
}

/// The policy, or the built-in defaults if there is no file.
fn side(
    found: Option<&File>,
    shown: impl Fn(&str) -> String,
    place: &str,
    host: &Host,
) -> Result<PolicyFile, Unusable> {
    match found {
        Some(found) => file::parse(found.bytes.clone(), shown(found.path.as_str()), host),
        None => Ok(PolicyFile {
            shown: format!("{place} (no policy: the built-in strict defaults)"),
            text: String::new(),
            policy: Policy::built_in(&rules::infos()),
        }),
    }
}

/// The commit where the branch left the base, with its policy, if the base has changed the policy
/// since.
fn fork_point(
    repository: &Repository,
    tip: &Commit,
    base: &str,
    paths: &[RepoPath],
    old: Option<&File>,
) -> Result<Option<(Commit, Option<File>)>, Failure> {
    let Some(commit) = repository.merge_base(tip).map_err(failed)? else { return Ok(None) };
    // An unreadable earlier policy does not matter for the comparison.
    let Ok(then) = at_commit(repository, &commit, base, paths) else { return Ok(None) };
    Ok(if File::same(then.as_ref(), old) { None } else { Some((commit, then)) })
}

fn at_commit(
    repository: &Repository,
    commit: &Commit,
    base: &str,
    paths: &[RepoPath],
) -> Result<Option<File>, Failure> {
    found(&repository.at(commit), paths, |path| text!("{}:{}", outside(base), path), failed)
}

fn on_disk(repository: &Repository, paths: &[RepoPath]) -> Result<Option<File>, Failure> {
    let unreadable = |Unreadable { path, error }| {
        let help = "give the user of this process read access";
        Failure::new(text!("cannot read {}: {}", &path, &error), help)
    };
    found(repository.work_tree(), paths, |path| path.into(), unreadable)
}

/// The only existing file of these paths. Two files are an error, and so is anything that is not a
/// regular file.
fn found<T: Tree>(
    tree: &T,
    paths: &[RepoPath],
    shown: impl Fn(&RepoPath) -> Text,
    unknown: impl Fn(T::Error) -> Failure,
) -> Result<Option<File>, Failure> {
    let answers = paths.iter().map(|path| (path.clone(), repo::read(tree, path)));
    repo::at_most_one(answers).map_err(|error| match error {
        NotRead::Unknown(error) => unknown(error),
        NotRead::Two { path, second } => {
            file::two_defaults(shown(&path), shown(&second), &Text::default())
        }
        NotRead::TooLarge { path, .. } | NotRead::LfsPointer { path } => Failure::new(
            text!("{} is larger than 1 MB", shown(&path)),
            "this is not a policy; check the path",
        ),
        NotRead::NotAFile { path, kind } => Failure::new(
            text!("{} is {}", shown(&path), kind_name(kind)),
            "the policy is a regular file of this repository, with regular folders above it",
        ),
    })
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Folder => "a folder",
        Kind::SymbolicLink => "a symbolic link, which the gate refuses",
        Kind::Submodule => "another repository (a submodule), which the gate does not read",
        Kind::Special => "not a regular file",
    }
}
