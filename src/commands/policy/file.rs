//! Finding and reading the policy file.

use std::path::{Path, PathBuf};

use rootgate::escape;
use rootgate::model::{Judge, PolicyOrigin, sha256_hex};
use rootgate::policy::{Policy, PolicyErrors};
use rootgate::repo::RepoPath;
use rootgate::repo::worktree::{Links, WorkTree};
use rootgate::text::{Text, outside};
use rootgate::{rules, text};

use crate::commands::host::files;
use crate::commands::{Failure, Host};

/// The default paths of a policy, at the root of the repository and in the working directory. Only
/// one of them may exist, so that no search order decides which one judges.
pub(crate) const DEFAULT_PATHS: [&str; 4] =
    [".github/rootgate.yaml", ".github/rootgate.yml", "rootgate.yaml", "rootgate.yml"];

/// The same as paths of a repository.
pub(crate) fn default_paths() -> Vec<RepoPath> {
    DEFAULT_PATHS.into_iter().filter_map(RepoPath::new).collect()
}

/// The error for two default files (`location`: "at the tip of …").
pub(crate) fn two_defaults(
    first: impl Into<Text>,
    second: impl Into<Text>,
    location: &Text,
) -> Failure {
    let location = if location.is_empty() { Text::default() } else { text!(" {}", location) };
    Failure::new(
        text!(
            "there are two default policy files{}, {} and {}",
            location,
            first.into(),
            second.into()
        ),
        "keep one of them",
    )
}

/// The judging policy and its origin.
pub(crate) fn load(
    named: Option<&Path>,
    host: &Host,
    color: bool,
) -> Result<(Policy, PolicyOrigin), Failure> {
    let Some(path) = find(named, host)? else {
        return Ok((Policy::built_in(&rules::infos()), PolicyOrigin::built_in(judge(host))));
    };
    let file = read(&path, host).map_err(|unusable| unusable.into_failure(color))?;
    let origin = PolicyOrigin {
        repository_path: repository_path(&path, host).map(|path| path.to_string()),
        path: Some(file.shown),
        sha256: Some(sha256_hex(file.text.as_bytes())),
        git_ref: None,
        commit: None,
        judge: judge(host),
    };
    Ok((file.policy, origin))
}

const fn judge(host: &Host) -> Judge {
    if host.github_actions() { Judge::Checkout } else { Judge::File }
}

/// A policy file that is valid.
#[derive(Clone)]
pub(crate) struct PolicyFile {
    /// How messages name it.
    pub(crate) shown: String,
    pub(crate) text: String,
    pub(crate) policy: Policy,
}

/// Why a file contains no usable policy.
pub(crate) enum Unusable {
    /// It cannot be read as text.
    Unreadable(Failure),
    /// The text is not a valid policy.
    Invalid(PolicyErrors),
}

impl Unusable {
    pub(crate) fn into_failure(self, color: bool) -> Failure {
        match self {
            Self::Unreadable(failure) => failure,
            Self::Invalid(errors) => Failure::from_policy(errors, color, ""),
        }
    }
}

/// Reads the policy of one file; `-` is standard input.
pub(crate) fn read(path: &Path, host: &Host) -> Result<PolicyFile, Unusable> {
    let bytes = files::read(path, "the policy").map_err(Unusable::Unreadable)?;
    parse(bytes, shown(path), host)
}

/// Parses the policy in these bytes; `shown` is its name in messages.
pub(crate) fn parse(bytes: Vec<u8>, shown: String, host: &Host) -> Result<PolicyFile, Unusable> {
    let text = text_of(bytes, &shown).map_err(Unusable::Unreadable)?;
    let policy = Policy::parse(&text, &escape::visible(&shown), &rules::infos(), host.now);
    let policy = policy.map_err(Unusable::Invalid)?;
    Ok(PolicyFile { shown, text, policy })
}

/// How messages name the file.
pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// The file to read: the named one even if it is missing, else the default one, if there is one.
pub(crate) fn find(named: Option<&Path>, host: &Host) -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = named {
        return Ok(Some(named.to_owned()));
    }
    // An existing default file that cannot be read is an error later, never "missing".
    let there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let mut found: Vec<PathBuf> = defaults_in(Path::new("")).into_iter().filter(there).collect();
    if let Some(root) = root_above(host) {
        let above: Vec<PathBuf> = defaults_in(&root).into_iter().filter(there).collect();
        if !above.is_empty() {
            check_owner(&root, host)?;
        }
        // In `.github`, a file of the working directory may be one of the root's files.
        let other = |path: &PathBuf| !found.iter().any(|here| files::same_file(here, path));
        let above: Vec<PathBuf> = above.into_iter().filter(other).collect();
        found.extend(above);
    }
    match &found[..] {
        [first, second, ..] => Err(two_defaults(first, second, &Text::default())),
        [only] => {
            refuse_a_strangers_file(only, host)?;
            refuse_a_link_out(only, host)?;
            Ok(Some(only.clone()))
        }
        [] => Ok(None),
    }
}

/// All default paths of a policy, relative to the working directory.
pub(crate) fn default_locations(host: &Host) -> Vec<PathBuf> {
    let above = root_above(host).map(|root| defaults_in(&root));
    defaults_in(Path::new("")).into_iter().chain(above.into_iter().flatten()).collect()
}

fn defaults_in(folder: &Path) -> [PathBuf; 4] {
    DEFAULT_PATHS.map(|path| folder.join(path))
}

/// The relative path up to the root of the work tree, such as `../..`; `None` at the root and
/// outside a work tree.
fn root_above(host: &Host) -> Option<PathBuf> {
    let below = host.working_directory.strip_prefix(host.work_tree.as_ref()?.root()).ok()?;
    let up: PathBuf = below.components().map(|_| "..").collect();
    (!up.as_os_str().is_empty()).then_some(up)
}

/// Any user can create a repository in a shared folder such as `/tmp`; its policy must not judge
/// below it. Under GitHub Actions the workspace belongs to the job, whatever its user ids.
fn check_owner(root: &Path, host: &Host) -> Result<(), Failure> {
    if host.github_actions() || has_same_owner(&root.join(".git"), &host.working_directory) {
        return Ok(());
    }
    Err(Failure::new(
        text!(
            "the repository {} belongs to another user than the working directory, so its policy is \
             not used by default",
            host.work_tree.as_ref().map_or(root, WorkTree::root)
        ),
        "if you trust it, name the file: --policy FILE",
    ))
}

/// Any user can create a file in a shared folder. It must not judge the runs of other users there.
fn refuse_a_strangers_file(file: &Path, host: &Host) -> Result<(), Failure> {
    let here = &host.working_directory;
    // Also the target of a link, and the folder `.github`.
    let parts = [Some(file), file.parent().filter(|folder| folder.ends_with(".github"))];
    let links = parts.into_iter().flatten().map(Path::to_owned);
    let mut parts = links.chain(file.canonicalize());
    if host.github_actions() || parts.all(|part| is_of_a_trusted_user(&part, here)) {
        return Ok(());
    }
    Err(Failure::new(
        text!(
            "the default policy file {} belongs to another user than this process and the working \
             directory, so it is not used by default",
            file
        ),
        text!("if you trust it, name the file: --policy {}", file),
    ))
}

/// Errors show lines of the policy. So a default file that is a link to somewhere outside the
/// repository (or outside the working directory, without a repository) is not read.
fn refuse_a_link_out(file: &Path, host: &Host) -> Result<(), Failure> {
    let here = &host.working_directory;
    let tree = host.work_tree.as_ref().map(WorkTree::root);
    let around = tree.filter(|root| here.starts_with(root)).unwrap_or(here);
    // A dangling link is an error when it is read.
    let Ok(target) = here.join(file).canonicalize() else { return Ok(()) };
    if target.starts_with(around.canonicalize().unwrap_or_else(|_| around.to_owned())) {
        return Ok(());
    }
    Err(Failure::new(
        text!(
            "the default policy file {} is a symbolic link (or is behind one) to a place outside {}, \
             so it was not read",
            file,
            around
        ),
        text!("make it a regular file, or if you trust its target, name it: --policy {}", file),
    ))
}

/// The superuser may change every file anyway.
#[cfg(unix)]
const ROOT: u32 = 0;

#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    path.symlink_metadata().ok().map(|it| it.uid())
}

#[cfg(unix)]
fn has_same_owner(repository: &Path, here: &Path) -> bool {
    owner(repository).is_some_and(|uid| uid == ROOT || Some(uid) == owner(here))
}

/// Whether the owner is the user of this process or the owner of the working directory: a container
/// may run as another user than the owner of the mounted checkout.
#[cfg(unix)]
fn is_of_a_trusted_user(path: &Path, here: &Path) -> bool {
    let is_own = owner(path) == Some(rustix::process::geteuid().as_raw());
    is_own || has_same_owner(path, here)
}

#[cfg(not(unix))]
fn has_same_owner(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(not(unix))]
fn is_of_a_trusted_user(_: &Path, _: &Path) -> bool {
    true
}

/// The bytes as text.
pub(crate) fn text_of(bytes: Vec<u8>, shown: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
        Failure::new(
            text!("{}:{}: the policy is not UTF-8 text", outside(shown), line),
            "save the file as UTF-8",
        )
    })
}

/// The path for SARIF and annotations: that of the file that was read, with links resolved.
fn repository_path(path: &Path, host: &Host) -> Option<RepoPath> {
    let tree = WorkTree::with_root(host.repository.clone()?);
    tree.path(&host.working_directory, path, Links::Resolved).ok()
}

/// Both policies; the problems of both if both are broken.
pub(crate) fn both(
    old: Result<PolicyFile, Unusable>,
    new: Result<PolicyFile, Unusable>,
    color: bool,
) -> Result<(PolicyFile, PolicyFile), Failure> {
    let failed = |unusable: Unusable| unusable.into_failure(color);
    match (old, new) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Err(old), Err(new)) => Err(Failure::all([failed(old), failed(new)])),
        (Err(one), Ok(_)) | (Ok(_), Err(one)) => Err(failed(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_PATHS, default_paths};

    #[test]
    fn each_default_is_a_path_of_a_repository() {
        let paths: Vec<String> = default_paths().iter().map(ToString::to_string).collect();
        assert_eq!(paths, DEFAULT_PATHS);
    }
}
