//! Duplicate paths: an output must not overwrite an input or another output.

use std::path::Path;

use rootgate::text;
use rootgate::text::public;

use super::files;
use crate::commands::Failure;

/// A path and its origin: a flag, or words.
pub(crate) type Given<'a> = (&'a str, &'a Path);

/// What to do if the user chooses both paths.
pub(crate) const OWN_PATH: &str = "use a different path for each";

/// Refuses an output that is one of these files.
pub(crate) fn refuse(
    flag: &str,
    path: &Path,
    others: &[Given<'_>],
    help: &'static str,
) -> Result<(), Failure> {
    // Writing to a pipe or a device overwrites nothing.
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

/// Refuses an output with the same path as another one.
pub(crate) fn refuse_another(flag: &str, path: &Path, others: &[Given<'_>]) -> Result<(), Failure> {
    // The null device discards everything, so several outputs may use it.
    if path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null")) {
        return Ok(());
    }
    match others.iter().find(|(_, other)| files::same_file(path, other)) {
        None => Ok(()),
        Some((other, _)) => Err(same(flag, other, path, OWN_PATH)),
    }
}

fn same(flag: &str, other: &str, path: &Path, help: &'static str) -> Failure {
    let (flag, other) = (public(flag), public(other));
    Failure::new(text!("{} and {} name the same file, {}", flag, other, path), help)
}
