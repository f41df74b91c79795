//! The two sides of `rootgate policy diff --base REF`: the policy at a commit and the one in the
//! working tree, each found by itself.

use std::io;
use std::path::{Path, PathBuf};

use rootgate::model::{Change, ChangeKind, KeyPath};
use rootgate::policy::Policy;
use rootgate::rules;

use super::file::{self as policy_file, Found, PolicyFile, Unusable, same};
use crate::commands::host::files;
use crate::commands::host::git::{Commit, Entry, Repository};
use crate::commands::{Failure, Host};

/// GitHub serves no larger file as it is, and the gate reads the policy from there.
const LARGEST: u64 = 1024 * 1024;

/// What is compared, and what is to be said of it.
pub(crate) struct Sides {
    pub(crate) old: PolicyFile,
    pub(crate) new: PolicyFile,
    /// The policy that is there no more, if it is not.
    pub(crate) removed: Option<Change>,
    /// What a reader should know who wonders.
    pub(crate) notes: Vec<String>,
}

pub(crate) fn read(
    base: &str,
    named: Option<&Path>,
    color: bool,
    host: &Host,
) -> Result<Sides, Failure> {
    let repository = Repository::open()?;
    let tip = repository.commit(base)?;
    let paths = match named {
        Some(file) => vec![repository.path(file)?],
        None => defaults(),
    };
    let old = at_commit(&repository, &tip, base, &paths)?;
    let new = on_disk(&repository, &paths)?;
    let mut notes = Vec::new();
    if let (Some(file), None) = (named, &old) {
        if new.is_none() {
            return Err(Failure::new(
                format!("{} is neither in the working tree nor at {base}", file.display()),
                "check the path; it is taken relative to the working directory",
            ));
        }
        let other = at_commit(&repository, &tip, base, &defaults())?;
        notes.extend(other.map(|other| {
            format!(
                "{base} has {} instead; until it has the named file too, a gate that names it \
                 judges nothing (exit 2)",
                other.path
            )
        }));
    }
    let parted = parted(&repository, &tip, base, &paths, old.as_ref())?;
    let old_side = side(old.as_ref(), |path| format!("{base}:{path}"), base, host);
    if let Some((commit, then)) = &parted {
        let commit = commit.short();
        if same(then.as_ref(), new.as_ref()) {
            notes.push(format!(
                "the policy here is still that of {commit}, where this branch left {base}; {base} \
                 has changed it since, and a merge keeps that"
            ));
            let old = old_side.map_err(|unusable| unusable.into_failure(color))?;
            return Ok(Sides { new: not_changed(&old, new.as_ref()), old, removed: None, notes });
        }
        notes.push(format!(
            "{base} has changed the policy since this branch left it at {commit}: some of this may \
             be that change, taken back. Merge {base}, or see by `--base {commit}` what this branch \
             alone changes"
        ));
    }
    let new_side = side(new.as_ref(), str::to_owned, WORKING_TREE, host);
    let (old_side, new_side) = policy_file::both(old_side, new_side, color)?;
    let removed = old.filter(|_| new.is_none()).map(removed);
    Ok(Sides { old: old_side, new: new_side, removed, notes })
}

const WORKING_TREE: &str = "the working tree";

fn defaults() -> Vec<String> {
    policy_file::DEFAULT_PATHS.map(str::to_owned).to_vec()
}

/// What a merge gives where the branch left the policy alone: the base's own.
fn not_changed(old: &PolicyFile, new: Option<&Found>) -> PolicyFile {
    let path = new.map_or(WORKING_TREE, |new| &new.path);
    PolicyFile { shown: format!("{path} (not changed here)"), ..old.clone() }
}

/// A policy that is gone is weaker, whatever it said.
fn removed(old: Found) -> Change {
    Change {
        kind: ChangeKind::Weaker,
        key: KeyPath::section("policy"),
        old: Some(old.path),
        new: None,
        old_line: None,
        new_line: None,
    }
}

/// The policy, or the built-in defaults where there is no file.
fn side(
    found: Option<&Found>,
    shown: impl Fn(&str) -> String,
    place: &str,
    host: &Host,
) -> Result<PolicyFile, Unusable> {
    match found {
        Some(found) => policy_file::parse(found.bytes.clone(), shown(&found.path), host),
        None => Ok(PolicyFile {
            shown: format!("{place} (no policy: the built-in strict defaults)"),
            text: String::new(),
            policy: Policy::built_in(&rules::infos()),
        }),
    }
}

/// Where the branch left the base and what the policy was then, if the base has changed it since.
fn parted(
    repository: &Repository,
    tip: &Commit,
    base: &str,
    paths: &[String],
    old: Option<&Found>,
) -> Result<Option<(Commit, Option<Found>)>, Failure> {
    let Some(commit) = repository.merge_base(tip)? else { return Ok(None) };
    // A policy that could not be read then says nothing of now.
    let Ok(then) = at_commit(repository, &commit, base, paths) else { return Ok(None) };
    Ok(if same(then.as_ref(), old) { None } else { Some((commit, then)) })
}

fn at_commit(
    repository: &Repository,
    commit: &Commit,
    base: &str,
    paths: &[String],
) -> Result<Option<Found>, Failure> {
    let look = |path: &str| repository.entry(commit, path);
    let content = |object: String| repository.content(&object);
    first(paths, |path| format!("{base}:{path}"), look, content)
}

fn on_disk(repository: &Repository, paths: &[String]) -> Result<Option<Found>, Failure> {
    let look = |path: &str| {
        let place = repository.root().join(path);
        entry(&place).map_err(|error| {
            let help = "let the user of this process read it";
            Failure::new(format!("cannot look at {path}: {error}"), help)
        })
    };
    first(paths, str::to_owned, look, |path: PathBuf| files::read(&path, "the policy"))
}

/// What stands at a place on disk, itself: a link is not followed.
fn entry(place: &Path) -> io::Result<Entry<PathBuf>> {
    let metadata = match place.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) => {
            let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
            return if absent.contains(&error.kind()) { Ok(Entry::Nothing) } else { Err(error) };
        }
    };
    Ok(if metadata.is_symlink() {
        Entry::SymbolicLink
    } else if metadata.is_file() {
        Entry::File { size: metadata.len(), content: place.to_owned() }
    } else if !metadata.is_dir() {
        Entry::Special
    } else if place.join(".git").symlink_metadata().is_ok() {
        Entry::Repository
    } else {
        Entry::Folder
    })
}

/// The file at the one of the paths where something stands; what is there and no plain file is an
/// error, never "not there", and so are two files.
fn first<T>(
    paths: &[String],
    shown: impl Fn(&str) -> String,
    look: impl Fn(&str) -> Result<Entry<T>, Failure>,
    content: impl Fn(T) -> Result<Vec<u8>, Failure>,
) -> Result<Option<Found>, Failure> {
    let mut found: Option<(&String, u64, T)> = None;
    for path in paths {
        let Some((size, file)) = file_at(path, &shown, &look)? else { continue };
        if let Some((first, ..)) = found {
            return Err(policy_file::two_defaults(&shown(first), &shown(path), ""));
        }
        found = Some((path, size, file));
    }
    match found {
        None => Ok(None),
        Some((path, size, _)) if size > LARGEST => {
            let what = format!("{} is larger than 1 MB", shown(path));
            Err(Failure::new(what, "this is no policy; check the path"))
        }
        Some((path, _, file)) => Ok(Some(Found { path: path.clone(), bytes: content(file)? })),
    }
}

/// The file at a path, with its size; every folder above it is looked at as well.
fn file_at<T>(
    path: &str,
    shown: impl Fn(&str) -> String,
    look: impl Fn(&str) -> Result<Entry<T>, Failure>,
) -> Result<Option<(u64, T)>, Failure> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for place in ends.filter_map(|end| path.get(..end)) {
        let last = place.len() == path.len();
        let kind = match look(place)? {
            Entry::File { size, content } if last => return Ok(Some((size, content))),
            // Nothing stands below a file.
            Entry::Nothing | Entry::File { .. } => return Ok(None),
            Entry::Folder if !last => continue,
            Entry::Folder => "a folder",
            Entry::SymbolicLink => "a symbolic link, which the gate refuses",
            Entry::Repository => "another repository (a submodule), which the gate does not read",
            Entry::Special => "no regular file",
        };
        return Err(Failure::new(
            format!("{} is {kind}", shown(place)),
            "the policy is a regular file of this repository, with regular folders above it",
        ));
    }
    Ok(None)
}
