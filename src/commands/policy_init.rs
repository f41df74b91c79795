//! `rootgate policy init`: a commented policy to begin with. What exists is never overwritten.

use std::io::ErrorKind;
use std::path::Path;

use rootgate::{escape, policy};

use super::{Failure, files, policy_file};
use crate::cli::PolicyInitArgs;

pub(crate) fn run(args: &PolicyInitArgs) -> Result<u8, Failure> {
    let text = policy::starter(args.account.as_ref());
    let path = args.output.as_path();
    if path == Path::new("-") {
        files::print(text.as_bytes())?;
        return Ok(0);
    }
    refuse_to_shadow(path)?;
    files::create(path, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Failure::new(
            format!("cannot write {}: {error}", path.display()),
            "give a path that this process may write to: rootgate policy init --output FILE",
        ),
    })?;
    let shown = escape::visible(&path.display().to_string());
    let named = match is_default(path) {
        true => String::new(),
        false => format!(" --policy {shown}"),
    };
    let said = format!(
        "{shown}: written, with every rule on\n\
         next: rootgate policy explain{named}\n"
    );
    files::print(said.as_bytes())?;
    Ok(0)
}

fn is_default(path: &Path) -> bool {
    policy_file::DEFAULT_PATHS.iter().any(|default| path == Path::new(default))
}

fn exists(path: &Path) -> Failure {
    Failure::new(
        format!("{} exists already; it was left as it is", path.display()),
        "edit that file, or write another one: rootgate policy init --output FILE",
    )
}

/// A new file at one of the default paths would judge instead of one at the other.
fn refuse_to_shadow(path: &Path) -> Result<(), Failure> {
    match policy_file::find(None) {
        Some(judging) if is_default(path) && judging != path => Err(Failure::new(
            format!("{} exists already, and only one of the two judges", judging.display()),
            "edit that file, or write another one: rootgate policy init --output FILE",
        )),
        _ => Ok(()),
    }
}
