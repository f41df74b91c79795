//! Files that setup writes, and notes beside them.

use std::io::{ErrorKind, Write};
use std::path::Path;

use rootgate::escape;
use rootgate::text;

use crate::commands::Failure;
use crate::commands::host::files;

/// Writes new files to a folder. If one of them exists, none is written.
pub(super) fn create_all(folder: &Path, texts: &[(&str, &str)]) -> Result<(), Failure> {
    let exists = |name: &&(&str, &str)| folder.join(name.0).symlink_metadata().is_ok();
    const HELP: &str =
        "compare it with what is printed without --output, or name another folder: --output DIR";
    if let Some((name, _)) = texts.iter().find(exists) {
        return Err(already_exists(&folder.join(name), HELP));
    }
    for (name, text) in texts {
        create(&folder.join(name), text, HELP)?;
    }
    Ok(())
}

/// Writes one new file; `help` is for a file that exists.
pub(super) fn create(path: &Path, text: &str, help: &'static str) -> Result<(), Failure> {
    files::create(path, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists if path.symlink_metadata().is_ok() => already_exists(path, help),
        _ => Failure::new(
            text!("cannot write {}: {}", path, &error),
            "name a place that this process may write to: --output",
        ),
    })
}

fn already_exists(path: &Path, help: &'static str) -> Failure {
    Failure::new(text!("{} already exists; it is unchanged", path), help)
}

/// Shows notes on standard error. If that is closed, the files are still what they are.
pub(super) fn show_notes(notes: &[String]) {
    let mut stderr = anstream::stderr();
    for note in notes {
        let _written = writeln!(stderr, "note: {}", escape::visible(note));
    }
}
