//! `--upload`: sends the report to GitHub code scanning. It never changes the verdict.
//!
//! GitHub closes every alert that is missing from the newest report of the same category. So
//! incomplete results are not uploaded, and their alerts stay unchanged.

use std::io::Write;
use std::time::{Duration, Instant};

use rootgate::escape;
use rootgate::github::api::{Api, ApiError};
use rootgate::github::repository::default_branch;
use rootgate::github::upload::{Target, UploadError, upload};
use rootgate::model::{AccountId, AccountReport, Report};
use rootgate::report::{Details, sarif};
use rootgate::text;
use rootgate::text::{Text, public};

use super::plan;
use crate::commands::Host;
use crate::commands::host::github_api::{self, NO_TOKEN, NoApi};
use crate::commands::sign_in::Bounds;

/// The permissions that code scanning needs. Source: GitHub Docs, "Uploading a SARIF file to
/// GitHub".
const PERMISSION: &str = "give the job the permission security-events: write, in a private \
                          repository also contents: read and actions: read; switch code scanning \
                          on in the settings of the repository, or, if it is not available, use \
                          --upload never (upload-sarif: never)";
const NEXT_RUN: &str =
    "nothing if the next run uploads; otherwise look at https://www.githubstatus.com";
const COMMIT_GONE: &str = "no permission is missing: this repository does not have the run's commit \
                           or ref, because the branch was deleted, force-pushed or belongs to \
                           another repository; run the workflow again for the current \
                           commit, and leave GITHUB_SHA, GITHUB_REF and \
                           GITHUB_REPOSITORY as the runner sets them";
const OWN_FAULT: &str = "keep the file of --sarif and report this as a bug in rootgate";

/// An upload that has not been made.
pub(crate) struct Upload<'a> {
    pub(crate) plan: &'a plan::Upload,
    pub(crate) category: Option<&'a str>,
    pub(crate) bounds: &'a Bounds,
    pub(crate) host: &'a Host,
    /// When the run has to end.
    pub(crate) ends: Instant,
}

/// How an upload ended.
enum UploadResult {
    Uploaded,
    /// There was nothing to do, for this reason.
    Skipped(Text),
    /// The upload failed or its result is unknown: what happened, and what to do.
    Failed(Text, &'static str),
}

impl UploadResult {
    fn not_uploaded(what: impl Into<Text>, help: &'static str) -> Self {
        Self::Failed(text!("not uploaded: {}", what.into()), help)
    }
}

impl Upload<'_> {
    /// Uploads the complete results in the rest of `--timeout`.
    pub(crate) fn carry_out(&self, report: &Report) -> Remark {
        // The accounts of an organization share a run. Without its undetermined results, the alerts of
        // an account that could not be read would be closed.
        let shared = report.inventory.is_some();
        let (unread, judged): (Vec<&AccountReport>, Vec<_>) =
            report.accounts.iter().partition(|account| account.nothing_read && !shared);
        let unread = unread.into_iter().map(|account| account.id.clone()).collect();
        let beyond = if shared { 0 } else { judged.len().saturating_sub(sarif::MAX_RUNS) };
        let ended = match self.skipped(report, judged.is_empty()) {
            Some(reason) => UploadResult::Skipped(reason),
            None => self.try_upload(report, judged).unwrap_or_else(|failed| failed),
        };
        Remark { ended, unread, beyond }
    }

    /// Why there is nothing to upload, if this is clear without a request to GitHub.
    fn skipped(&self, report: &Report, nothing_left: bool) -> Option<Text> {
        let stays = "so its alerts stay as they were";
        if let Some(reason) = &report.incomplete {
            return Some(text!("the run is incomplete ({}), {}", *reason, stays));
        }
        if report.inventory.as_ref().is_some_and(|inventory| !inventory.is_complete()) {
            return Some(text!("the list of the organization's accounts is incomplete, {}", stays));
        }
        // Its alerts would belong to no category.
        if report.inventory.as_ref().is_some_and(|inventory| inventory.id.is_none()) {
            return Some(text!("the id of the organization is unknown, {}", stays));
        }
        if report.not_evaluated.is_some() {
            return Some(text!("nothing was evaluated, {}", stays));
        }
        if nothing_left {
            return Some("nothing could be read, so the alerts stay as they were".into());
        }
        if self.plan.always {
            return None;
        }
        // On this event the ref is the default branch, but the files may be from a pull request.
        let foreign = self.host.environment.event_name.as_deref() == Some("pull_request_target");
        let git_ref = self.host.workflow.git_ref.as_deref().unwrap_or("refs/heads/");
        (foreign || !git_ref.starts_with("refs/heads/")).then(|| NOT_DEFAULT_BRANCH.into())
    }

    fn try_upload(
        &self,
        report: &Report,
        judged: Vec<&AccountReport>,
    ) -> Result<UploadResult, UploadResult> {
        let target = self.plan.target.as_ref();
        let target = target.map_err(|missing| UploadResult::not_uploaded(*missing, NO_RUNNER))?;
        let left = self.ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let what = "the time limit of --timeout was used up";
            return Err(UploadResult::not_uploaded(what, "raise --timeout"));
        }
        let mut file = Vec::new();
        sarif::render_accounts(report, judged, self.category, &mut file)
            .map_err(|error| UploadResult::not_uploaded(&error, OWN_FAULT))?;
        let api = self.api(left)?;
        github_api::block_on(self.call(&api, target, &file))
            .map_err(|error| UploadResult::not_uploaded(&error, NEXT_RUN))?
            .unwrap_or_else(|signal| {
                let what = text!("the upload was interrupted by {}", public(signal));
                Err(UploadResult::Failed(what, NEXT_RUN))
            })
    }

    fn api(&self, limit: Duration) -> Result<Api, UploadResult> {
        let bundle = self.bounds.ca_bundle.as_deref();
        github_api::client(self.host, bundle, limit).map_err(|none| match none {
            NoApi::NoToken => {
                UploadResult::not_uploaded(text!("there is no token; {}", NO_TOKEN), PERMISSION)
            }
            NoApi::Setup(what, help) => UploadResult::not_uploaded(what, help),
            NoApi::Api(error) => api_failed(&error),
        })
    }

    async fn call(
        &self,
        api: &Api,
        target: &Target,
        file: &[u8],
    ) -> Result<UploadResult, UploadResult> {
        if !self.plan.always {
            let branch = default_branch(api, &target.repository).await;
            let branch = branch.map_err(|error| api_failed(&error))?;
            if target.git_ref != format!("refs/heads/{branch}") {
                return Ok(UploadResult::Skipped(NOT_DEFAULT_BRANCH.into()));
            }
        }
        upload(api, target, file)
            .await
            .map(|()| UploadResult::Uploaded)
            .map_err(|error| upload_failed(&error))
    }
}

const NO_RUNNER: &str = "run it as a step of a workflow, or use --upload never";

const NOT_DEFAULT_BRANCH: &str = "`auto` uploads only from the default branch";

fn upload_failed(error: &UploadError) -> UploadResult {
    match error {
        UploadError::Refused(error) => api_failed(error),
        UploadError::TooLarge { .. } => {
            UploadResult::not_uploaded(error, "judge fewer accounts in one run")
        }
        UploadError::Processing(_) => UploadResult::Failed(error.into(), OWN_FAULT),
        UploadError::Unknown(_) | UploadError::Pending(_) => {
            UploadResult::Failed(error.into(), "look at the repository's code scanning page")
        }
    }
}

fn api_failed(error: &ApiError) -> UploadResult {
    let help = match error.status() {
        _ if is_commit_missing(error) => COMMIT_GONE,
        _ if matches!(error, ApiError::RateLimited { .. }) => NEXT_RUN,
        _ if matches!(error, ApiError::Untrusted(_)) => {
            "trust your own certificate authority with --ca-bundle (`ca-bundle`)"
        }
        Some(401) => NO_TOKEN,
        Some(403 | 404) => PERMISSION,
        Some(413) => "judge fewer accounts in one run",
        Some(400 | 422) => OWN_FAULT,
        Some(408 | 500..) => NEXT_RUN,
        Some(_) => "check GITHUB_REPOSITORY and GITHUB_API_URL",
        None => "let this machine reach GITHUB_API_URL; HTTPS_PROXY and NO_PROXY are honoured",
    };
    UploadResult::not_uploaded(error, help)
}

/// GitHub answers 404 or 422 for a missing commit or ref, for a missing permission and for an
/// unusable file. Only the message differs.
fn is_commit_missing(error: &ApiError) -> bool {
    let ApiError::Status { status: 404 | 422, message } = error else { return false };
    let message = message.to_ascii_lowercase();
    let no_commit = message.contains("commit not found") || message.contains("no commit found");
    no_commit || (message.contains("ref ") && message.contains("not found in this repository"))
}

/// The result of the upload, for the log and the job summary.
pub(crate) struct Remark {
    ended: UploadResult,
    /// Accounts that are left out because none of their facts could be read.
    unread: Vec<AccountId>,
    /// Number of accounts that are left out because of GitHub's limit for one file.
    beyond: usize,
}

impl Remark {
    /// One line for standard error; a warning becomes an annotation under GitHub Actions.
    ///
    /// Not for standard output, which may be a JSON document.
    pub(crate) fn log(&self, details: Details, host: &Host, quiet: bool) {
        let text = format!("code scanning: {}", self.text(details).line());
        let warning = matches!(self.ended, UploadResult::Failed(..));
        let line = match warning {
            true if host.github_actions() => {
                format!("::warning title=rootgate::{}", escape::command_data(&text))
            }
            true => format!("warning: {text}"),
            false => format!("note: {text}"),
        };
        if warning || !quiet {
            // A closed standard error does not affect the verdict.
            let _written = writeln!(anstream::stderr(), "{line}");
        }
    }

    /// A section of the job summary.
    pub(crate) fn markdown(&self, details: Details) -> String {
        let mut text = self.text(details).to_string();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("\n### Code scanning\n\n{}\n", escape::markdown(&text))
    }

    fn text(&self, details: Details) -> Text {
        let mut text = match &self.ended {
            UploadResult::Uploaded => "uploaded, and processed by GitHub.".into(),
            UploadResult::Skipped(reason) => text!("not uploaded: {}.", reason),
            UploadResult::Failed(what, help) => {
                let what = what.clone().without_full_stop();
                text!("{}. The verdict does not change. To do: {}.", what, *help)
            }
        };
        text.push(self.left_out(details));
        match details {
            Details::Full => text,
            Details::Redacted => text.redacted(),
        }
    }

    fn left_out(&self, details: Details) -> Text {
        if !matches!(self.ended, UploadResult::Uploaded) {
            return Text::default();
        }
        let mut text = self.unread_accounts(details);
        if self.beyond > 0 {
            let are = if self.beyond == 1 { "is" } else { "are" };
            text.push(text!(
                " GitHub accepts {} accounts at a time, so {} more {} left out.",
                sarif::MAX_RUNS,
                self.beyond,
                are
            ));
        }
        text
    }

    fn unread_accounts(&self, details: Details) -> Text {
        let (count, their) = match self.unread.len() {
            0 => return Text::default(),
            1 => ("1 account".into(), "its"),
            count => (text!("{} accounts", count), "their"),
        };
        // Strangers read better without a list of what is left out.
        let ids = match details {
            Details::Full => {
                text!(" ({})", Text::joined(self.unread.iter().map(Text::from), ", "))
            }
            Details::Redacted => Text::default(),
        };
        text!(" Nothing could be read of {}{}, so {} alerts stay as they were.", count, ids, their)
    }
}
