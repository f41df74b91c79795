//! Paths that flags give twice: an output must not overwrite an input, nor another output.

use std::path::Path;

use super::files;
use crate::commands::Failure;

/// A path, and what gives it: a flag, or in words.
pub(crate) type Given<'a> = (&'a str, &'a Path);

/// What to do, where both paths are the user's to choose.
pub(crate) const OWN_PATH: &str = "give each its own path";

/// Refuses an output that is one of these files.
pub(crate) fn refuse(
    flag: &str,
    path: &Path,
    others: &[Given<'_>],
    help: &str,
) -> Result<(), Failure> {
    // Nothing that is written to a pipe or a device overwrites anything.
    let is_file =
        |path: &Path| path != Path::new("-") && path.metadata().is_ok_and(|it| it.is_file());
    let clashes = |other: &Path| {
        let new = path.metadata().is_err() && other.metadata().is_err();
        (new || is_file(path) || is_file(other)) && files::same_file(path, other)
    };
    match others.iter().find(|(_, other)| clashes(other)) {
        None => Ok(()),
        Some((other, _)) => Err(same(flag, other, path, help)),
    }
}

/// Refuses an output that goes where another one goes.
pub(crate) fn refuse_another(flag: &str, path: &Path, others: &[Given<'_>]) -> Result<(), Failure> {
    // Nobody reads what is written there, so it may take everything.
    if path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null")) {
        return Ok(());
    }
    match others.iter().find(|(_, other)| files::same_file(path, other)) {
        None => Ok(()),
        Some((other, _)) => Err(same(flag, other, path, OWN_PATH)),
    }
}

fn same(flag: &str, other: &str, path: &Path, help: &str) -> Failure {
    Failure::new(format!("{flag} and {other} name the same file, {}", path.display()), help)
}
