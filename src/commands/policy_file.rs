//! Finding and reading the policy file.

use std::path::{Path, PathBuf};

use rootgate::model::{PolicyOrigin, sha256_hex};
use rootgate::policy::Policy;
use rootgate::rules;

use super::{Failure, Host, files};

/// Where a policy is looked for when none is named, first match wins.
pub(crate) const DEFAULT_PATHS: [&str; 2] = [".github/rootgate.yaml", "rootgate.yaml"];

/// The policy that judges, and where it comes from.
pub(crate) fn load(
    named: Option<&Path>,
    host: &Host,
    color: bool,
) -> Result<(Policy, PolicyOrigin), Failure> {
    let Some(path) = find(named) else {
        let origin =
            PolicyOrigin { path: None, repository_path: None, sha256: None, git_ref: None };
        return Ok((Policy::built_in(&rules::infos()), origin));
    };
    let bytes = files::read(&path, "the policy")?;
    let shown = path.display().to_string();
    let text = text_of(&bytes, &shown)?;
    let policy = Policy::parse(text, &shown, &rules::infos(), host.now)
        .map_err(|errors| Failure::drawn(errors.render(color)))?;
    let origin = PolicyOrigin {
        repository_path: repository_path(&path, host),
        path: Some(shown),
        sha256: Some(sha256_hex(&bytes)),
        git_ref: None,
    };
    Ok((policy, origin))
}

/// The file to read: the named one even if it is missing, else the first default that exists.
pub(crate) fn find(named: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    // A default that is there but cannot be read is an error when it is read, never "not there".
    DEFAULT_PATHS.iter().map(PathBuf::from).find(|path| path.symlink_metadata().is_ok())
}

/// The bytes as text.
pub(crate) fn text_of<'a>(bytes: &'a [u8], shown: &str) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line =
            1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        Failure::new(
            format!("{shown}:{line}: the policy is not UTF-8 text"),
            "save the file as UTF-8",
        )
    })
}

/// The path as SARIF and annotations need it: relative to the root of the repository, with `/`.
fn repository_path(path: &Path, host: &Host) -> Option<String> {
    let root = host.repository.as_ref()?.canonicalize().ok()?;
    let path = path.canonicalize().ok()?;
    let relative = path.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> =
        relative.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}
