//! The plan of a check.
//!
//! Only this module reads the flags. Contradictions between flags are errors before any file is
//! read or any call is made, and all of them are shown together. Flags that depend on the policy or
//! on an answer of GitHub are checked later.

mod judged_by;
mod outputs;
mod remote;
mod upload;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rootgate::model::{Severity, format_time};
use rootgate::report::{Details, Format, Verbosity};
use rootgate::text;
use rootgate::text::public;

pub(crate) use judged_by::JudgedBy;
pub(crate) use outputs::Outputs;
pub(crate) use remote::{PREFIX as REMOTE_PREFIX, RemotePolicy};
pub(crate) use upload::Upload;

use crate::cli::{CheckArgs, OnFork, PolicyArg, ReportArgs};
use crate::commands::sign_in::{self, Bounds, SignIn};
use crate::commands::{Failure, Host};

/// What a check does.
pub(crate) struct Plan {
    /// Which policy judges.
    pub(crate) judged_by: JudgedBy,
    /// What is judged.
    pub(crate) evidence: Evidence,
    pub(crate) bounds: Bounds,
    /// The time to judge at; `None`: now.
    pub(crate) at: Option<DateTime<Utc>>,
    /// The lowest severity that blocks, if a flag sets it.
    pub(crate) fail_on: Option<Severity>,
    /// A pull request from a fork does not fail, although nothing can be evaluated for it.
    pub(crate) skip_forks: bool,
    /// The destinations of the report.
    pub(crate) outputs: Outputs,
    /// How the report looks on standard output and in the runner's files.
    pub(crate) shown: Shown,
    /// The upload to code scanning, if one is requested.
    pub(crate) upload: Option<Upload>,
}

/// Where evidence comes from.
pub(crate) enum Evidence {
    /// Calls to AWS.
    Live(SignIn),
    /// Files from an earlier collection.
    Files(Files),
}

/// Evidence that was collected before.
pub(crate) struct Files {
    pub(crate) evidence: Vec<PathBuf>,
    pub(crate) credential_report: Option<PathBuf>,
    /// When AWS made the credential report.
    pub(crate) report_generated_at: Option<DateTime<Utc>>,
}

/// How the report is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// What standard output shows.
    pub(crate) format: Format,
    pub(crate) verbosity: Verbosity,
    /// The requested detail; `None`: the visibility of the repository decides.
    pub(crate) details: Option<Details>,
    /// Whether standard output gets colour.
    pub(crate) color: bool,
    /// Whether standard error gets colour.
    pub(crate) error_color: bool,
    /// Part of the category of code-scanning alerts.
    pub(crate) category: Option<String>,
}

/// Flags that contradict each other or name an unusable file.
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    /// The usable outputs: earlier reports there must be removed.
    pub(crate) outputs: Outputs,
    /// The requested detail of the failure.
    pub(crate) details: Option<Details>,
}

/// Builds the plan from the flags. No file changes.
pub(crate) fn read(args: &CheckArgs, host: &Host) -> Result<Plan, Box<Refused>> {
    let mut failures = Vec::new();
    let (format, outputs) = outputs::read(args, host, &mut failures);
    let shown = shown(&args.reports, format, host);
    let upload = keep_failure(upload::read(&args.reports, args.at, host), &mut failures);
    let at = keep_failure(instant(args.at, host), &mut failures);
    let judged_by = keep_failure(judged_by::read(args, host), &mut failures);
    let evidence = keep_failure(evidence(args), &mut failures);
    let (Some(upload), Some(at), Some(judged_by), Some(evidence), true) =
        (upload, at, judged_by, evidence, failures.is_empty())
    else {
        let failure = Failure::all(failures);
        return Err(Box::new(Refused { failure, outputs, details: shown.details }));
    };
    Ok(Plan {
        judged_by,
        evidence,
        bounds: Bounds::read(&args.sign_in),
        at,
        fail_on: args.fail_on,
        skip_forks: args.judging.on_fork == OnFork::Skip,
        outputs,
        shown,
        upload,
    })
}

fn keep_failure<T>(read: Result<T, Failure>, failures: &mut Vec<Failure>) -> Option<T> {
    read.map_err(|failure| failures.push(failure)).ok()
}

fn shown(args: &ReportArgs, format: Format, host: &Host) -> Shown {
    Shown {
        format,
        verbosity: match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        },
        details: args.details.asked(),
        color: args.color.for_stdout(host),
        error_color: args.color.for_stderr(host),
        category: args.category.clone(),
    }
}

/// Files if `--offline` is given or another flag implies it, else AWS.
fn evidence(args: &CheckArgs) -> Result<Evidence, Failure> {
    let none_given = args.evidence.is_empty() && args.credential_report.is_none();
    if none_given && !args.offline && args.at.is_none() {
        return Ok(Evidence::Live(SignIn::read(&args.sign_in)));
    }
    // A flag that only applies to a run that signs in must not be ignored silently.
    if let Some(flag) = sign_in::flags_given(&args.sign_in).next() {
        return Err(Failure::new(
            text!(
                "{} was given, but the run makes no AWS call (--offline, --evidence, --credential-report or --at)",
                public(flag)
            ),
            "leave the flag out to judge files, or leave the files out to sign in",
        ));
    }
    refuse_input_twice(args)?;
    Ok(Evidence::Files(Files {
        evidence: args.evidence.clone(),
        credential_report: args.credential_report.clone(),
        report_generated_at: args.report_generated_at,
    }))
}

/// Standard input can be read only once: a second reader would get nothing.
fn refuse_input_twice(args: &CheckArgs) -> Result<(), Failure> {
    let evidence = args.evidence.iter().map(|path| ("--evidence", path.as_path()));
    let report = args.credential_report.iter().map(|path| ("--credential-report", path.as_path()));
    let policy = match &args.policy {
        Some(PolicyArg::File(path)) => Some(("--policy", path.as_path())),
        _ => None,
    };
    let is_input = |(_, path): &(&str, &Path)| *path == Path::new("-");
    let mut given = policy.into_iter().chain(evidence).chain(report).filter(is_input);
    let (Some((first, _)), Some((second, _))) = (given.next(), given.next()) else { return Ok(()) };
    Err(Failure::new(
        text!("{} - and {} - both read standard input, which can be read once", first, second),
        "give one of them as a file",
    ))
}

/// The time of `--at`, if it is allowed here.
fn instant(at: Option<DateTime<Utc>>, host: &Host) -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(at) = at else { return Ok(None) };
    if host.github_actions() {
        return Err(Failure::new(
            "--at is refused under GitHub Actions: a workflow must not choose the time at which it is judged",
            "leave it out to judge the present",
        ));
    }
    if at > host.now {
        return Err(Failure::new(
            text!("--at {} is in the future", public(format_time(at))),
            "use a time in the past",
        ));
    }
    Ok(Some(at))
}
