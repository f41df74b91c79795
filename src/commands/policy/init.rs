//! `rootgate policy init`: a commented starter policy. Existing files are never overwritten.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rootgate::policy::Policy;
use rootgate::text::outside;
use rootgate::{escape, policy, rules, text};

use super::file::{self, DEFAULT_PATHS};
use crate::cli::PolicyInitArgs;
use crate::commands::host::files;
use crate::commands::{Failure, Host};

pub(crate) fn run(args: &PolicyInitArgs, host: &Host) -> Result<u8, Failure> {
    let text = policy::starter(&args.account);
    refuse_wrong_accounts(&text, host)?;
    let path = args.output.clone().unwrap_or_else(|| default_output(host));
    if path == Path::new("-") {
        files::print(text.as_bytes())?;
        return Ok(0);
    }
    check_no_other_policy(&path, host)?;
    refuse_no_folder(&path)?;
    files::create(&path, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => already_exists(&path),
        _ => Failure::new(
            text!("cannot write {}: {}", &path, &error),
            "use a path that this process may write to: rootgate policy init --output FILE",
        ),
    })?;
    let shown = escape::visible(&path.display().to_string());
    let found = file::find(None, host).ok().flatten();
    let named = match found.is_some_and(|found| files::same_file(&found, &path)) {
        true => String::new(),
        false => format!(" --policy {shown}"),
    };
    let message = format!(
        "{shown}: written, with every rule on\n\
         next: rootgate policy explain{named}\n"
    );
    files::print(message.as_bytes())?;
    Ok(0)
}

/// The default file at the root of the repository, where later runs look for it; without a
/// repository, in the working directory.
fn default_output(host: &Host) -> PathBuf {
    let default = PathBuf::from(DEFAULT_PATHS[0]);
    match &host.repository {
        Some(root) if *root != host.working_directory => root.join(default),
        _ => default,
    }
}

/// Problems of a policy with these accounts are problems of the arguments.
fn refuse_wrong_accounts(text: &str, host: &Host) -> Result<(), Failure> {
    let errors = match Policy::parse(text, "the policy", &rules::infos(), host.now) {
        Ok(_) => return Ok(()),
        Err(errors) => errors,
    };
    let first = errors.errors().first();
    let (message, help) = first.map_or(("", ""), |error| (&error.message, &error.help));
    let help = match help {
        "" => "pass each account once, with its own role: --account ID=ROLE_ARN".into(),
        help => text!("{}; the form is --account ID=ROLE_ARN, each account once", outside(help)),
    };
    Err(Failure::new(text!("--account: {}", outside(message)), help))
}

fn already_exists(path: &Path) -> Failure {
    Failure::new(
        text!("{} already exists; it is unchanged", path),
        "edit that file, or write another one: rootgate policy init --output FILE",
    )
}

/// A folder of the path may be something else, such as a dangling link. The system's error ("File
/// exists") would then seem to be about the policy file.
fn refuse_no_folder(path: &Path) -> Result<(), Failure> {
    let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    let is_none = |folder: &&Path| folder.symlink_metadata().is_ok() && !folder.is_dir();
    let Some(folder) = folders.into_iter().find(is_none) else { return Ok(()) };
    let what = match folder.is_symlink() {
        true => text!("{} is a link, but not to a folder", folder),
        false => text!("{} is not a folder", folder),
    };
    Err(Failure::new(
        text!("cannot write {}: {}", path, what),
        "move it away, or write another file: rootgate policy init --output FILE",
    ))
}

/// A second default file, here or at the root of the repository, would be an error in every later
/// run.
fn check_no_other_policy(path: &Path, host: &Host) -> Result<(), Failure> {
    let root = host.repository.clone().unwrap_or_default();
    let bases = [PathBuf::new(), host.working_directory.clone(), root];
    let defaults = bases.iter().flat_map(|base| DEFAULT_PATHS.map(|default| base.join(default)));
    let mut defaults: Vec<PathBuf> = defaults.collect();
    if !defaults.iter().any(|default| default == path) {
        return Ok(());
    }
    // The error about the file itself comes first.
    defaults.sort_by_key(|default| !files::same_file(default, path));
    let Some(first) = defaults.iter().find(|other| other.symlink_metadata().is_ok()) else {
        return Ok(());
    };
    if files::same_file(first, path) {
        return Err(already_exists(path));
    }
    Err(Failure::new(
        text!("{} already exists, and a second default file is an error", first),
        "edit that file, or write another one: rootgate policy init --output FILE",
    ))
}
