//! Whether the report is uploaded to code scanning, and for which commit.

use std::path::Path;

use chrono::{DateTime, Utc};
use rootgate::escape;
use rootgate::github::is_private;
use rootgate::github::repository::Repository;
use rootgate::github::upload::Target;
use rootgate::model::format_time;
use rootgate::text;

use crate::cli::{ReportArgs, UploadFlag};
use crate::commands::{Failure, Host};

/// A requested upload.
pub(crate) struct Upload {
    /// From every ref.
    pub(crate) always: bool,
    /// The target, or the variable that is missing or invalid.
    pub(crate) target: Result<Target, &'static str>,
}

/// Decides before the judging whether an upload is requested and possible.
pub(super) fn read(
    args: &ReportArgs,
    at: Option<DateTime<Utc>>,
    host: &Host,
) -> Result<Option<Upload>, Failure> {
    let always = match args.upload {
        UploadFlag::Never => return Ok(None),
        UploadFlag::Auto if !host.github_actions() => return Ok(None),
        UploadFlag::Auto => false,
        UploadFlag::Always => true,
    };
    let target = target(host);
    match &target {
        Err(missing) if always => Err(Failure::new(
            text!("--upload always, but {}", *missing),
            "a runner of GitHub sets these variables; elsewhere set them for this process, or \
             leave --upload out",
        )),
        _ if always && at.is_some() => Err(Failure::new(
            "--upload always and --at: a past result would close current alerts",
            "leave one of them out",
        )),
        _ => Ok(Some(Upload { always, target })),
    }
}

/// The target from the runner's variables.
fn target(host: &Host) -> Result<Target, &'static str> {
    let run = &host.workflow;
    let repository = run.repository.as_deref().and_then(Repository::new);
    let repository =
        repository.ok_or("GITHUB_REPOSITORY is not the owner and name of a repository")?;
    let commit = |sha: &&String| {
        matches!(sha.len(), 40 | 64) && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let commit_sha = run.sha.as_ref().filter(commit).ok_or("GITHUB_SHA is not a whole commit")?;
    let full = |name: &&String| name.starts_with("refs/") && !name.contains(char::is_whitespace);
    let git_ref = run.git_ref.as_ref().filter(full).ok_or("GITHUB_REF is not a whole ref")?;
    if !is_private(&run.api_url) {
        return Err("GITHUB_API_URL is not https");
    }
    Ok(Target {
        repository,
        commit_sha: commit_sha.clone(),
        git_ref: git_ref.clone(),
        checkout_uri: host.repository.as_deref().map(file_uri),
        started_at: format_time(host.now),
    })
}

fn file_uri(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
    format!("file:///{}", escape::relative_uri(path.trim_start_matches('/')))
}
