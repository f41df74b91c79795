//! What the gate writes: report files, standard output, and the runner's files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rootgate::model::Report;
use rootgate::report::{self, Details, Format, Options, Verbosity, annotations};

use super::files::{self, Output};
use super::upload::Remark;
use super::{Failure, Host, policy_file, runner};
use crate::cli::{CheckArgs, PolicyArg, ReportArgs};

/// How the report is shown.
pub(crate) struct Show<'a> {
    /// The flags.
    pub(crate) args: &'a ReportArgs,
    /// What whoever reads the log may read.
    pub(crate) details: Details,
    /// The machine.
    pub(crate) host: &'a Host,
    /// What became of the upload to code scanning, where there is anything to say.
    pub(crate) upload: Option<&'a Remark>,
}

/// Whether the format can leave out what it must.
pub(crate) fn can_show(args: &ReportArgs, details: Details) -> Result<(), Failure> {
    if details == Details::Redacted && !args.format.can_redact() {
        return Err(Failure::new(
            format!("--format {} cannot leave out what strangers must not read", args.format.id()),
            "write the file instead (--json FILE, --sarif FILE), or say --details full",
        ));
    }
    Ok(())
}

/// Standard output, and under GitHub Actions outputs, job summary and annotations.
pub(crate) fn show(report: &Report, show: &Show<'_>) -> Result<(), Failure> {
    let Show { args, details, host, upload } = *show;
    let mut summary =
        rendered(report, Format::Markdown, &Options { details, ..Options::default() })?;
    if let Some(remark) = upload {
        summary.extend_from_slice(remark.markdown(details).as_bytes());
        remark.log(details, host, args.quiet);
    }
    host.runner.write_summary(&summary)?;
    let outputs = runner::outputs(report, args.sarif.as_deref(), args.json.as_deref());
    host.runner.write_outputs(&outputs)?;
    files::print(&on_stdout(report, show)?)
}

fn on_stdout(report: &Report, show: &Show<'_>) -> Result<Vec<u8>, Failure> {
    let Show { args, details, host, .. } = *show;
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let options = Options {
        verbosity,
        color: args.color.for_stdout(host),
        details,
        category: args.category.as_deref(),
    };
    let shown = rendered(report, args.format, &options)?;
    if args.format != Format::Text || !host.github_actions() {
        return Ok(shown);
    }
    // In a log that folds: the whole report inside, the verdict and the annotations in sight.
    let mut out = Vec::new();
    if verbosity != Verbosity::Quiet {
        out.extend_from_slice(b"::group::rootgate report\n");
        out.extend_from_slice(&shown);
        out.extend_from_slice(b"::endgroup::\n");
    }
    let quiet = Options { verbosity: Verbosity::Quiet, ..options };
    out.extend_from_slice(&rendered(report, Format::Text, &quiet)?);
    annotations::render(report, details, &mut out).map_err(|error| cannot_render(&error))?;
    Ok(out)
}

fn rendered(report: &Report, format: Format, options: &Options<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    report::render(report, format, options, &mut bytes).map_err(|error| cannot_render(&error))?;
    Ok(bytes)
}

fn cannot_render(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot write the report: {error}"), "choose another --format")
}

/// The files that the run writes, reserved before anything is judged.
pub(crate) struct Outputs {
    sarif: Option<Output>,
    json: Option<Output>,
    summary: Option<Output>,
}

impl Outputs {
    pub(crate) fn reserve(args: &CheckArgs) -> Result<Self, Failure> {
        refuse_clashes(args)?;
        let reserve = |path: &Option<PathBuf>, flag| {
            path.as_deref().map(|path| Output::reserve(path, flag)).transpose()
        };
        Ok(Self {
            sarif: reserve(&args.reports.sarif, "--sarif")?,
            json: reserve(&args.reports.json, "--json")?,
            summary: reserve(&args.reports.summary, "--summary")?,
        })
    }

    pub(crate) fn write(self, report: &Report, args: &ReportArgs) -> Result<(), Failure> {
        let options = Options { category: args.category.as_deref(), ..Options::default() };
        let files = [
            (self.sarif, Format::Sarif),
            (self.json, Format::Json),
            (self.summary, Format::Markdown),
        ];
        for (output, format) in files {
            if let Some(output) = output {
                output.write(&rendered(report, format, &options)?)?;
            }
        }
        Ok(())
    }
}

fn output_paths(args: &ReportArgs) -> Vec<(&'static str, &Path)> {
    let flags = [("--sarif", &args.sarif), ("--json", &args.json), ("--summary", &args.summary)];
    flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?))).collect()
}

/// An output must not overwrite an input, nor another output.
fn refuse_clashes(args: &CheckArgs) -> Result<(), Failure> {
    let outputs = output_paths(&args.reports);
    let inputs = input_paths(args);
    for (index, (flag, path)) in outputs.iter().enumerate() {
        let others = inputs.iter().chain(&outputs[..index]);
        for (other_flag, other) in others {
            if files::same_file(path, other) {
                return Err(Failure::new(
                    format!("{flag} and {other_flag} name the same file, {}", path.display()),
                    "give each its own path",
                ));
            }
        }
    }
    Ok(())
}

fn input_paths(args: &CheckArgs) -> Vec<(&'static str, &Path)> {
    let mut inputs: Vec<(&'static str, &Path)> = Vec::new();
    inputs.extend(args.policy.as_ref().and_then(PolicyArg::file).map(|path| ("--policy", path)));
    inputs.extend(args.evidence.iter().map(|path| ("--evidence", path.as_path())));
    inputs.extend(args.credential_report.as_deref().map(|path| ("--credential-report", path)));
    inputs.extend(args.sign_in.ca_bundle.as_deref().map(|path| ("--ca-bundle", path)));
    if args.policy.is_none() {
        inputs.extend(policy_file::DEFAULT_PATHS.map(|path| ("the policy", Path::new(path))));
    }
    inputs
}

/// Arguments that could not be parsed may still name output files of an earlier run. Those must
/// not be taken for this run's. Says whether the command was `check`.
///
/// clap tells nothing of arguments after a wrong one, so they are looked at as they stand.
pub(crate) fn discard_files_of_broken_usage(arguments: &[OsString]) -> bool {
    let outputs: &[&str] = match arguments.first().and_then(|command| command.to_str()) {
        Some("check") => &["--sarif", "--json", "--summary"],
        Some("collect") => &["--output"],
        _ => return false,
    };
    let mut inputs =
        values_of(arguments, &["--policy", "--evidence", "--credential-report", "--ca-bundle"]);
    inputs.extend(policy_file::DEFAULT_PATHS.map(PathBuf::from));
    for output in values_of(arguments, outputs) {
        if !inputs.iter().any(|input| files::same_file(input, &output)) {
            let _removed = files::discard(&output);
        }
    }
    outputs.len() > 1
}

/// What follows each of these flags, as `--flag VALUE` or `--flag=VALUE`.
fn values_of(arguments: &[OsString], flags: &[&str]) -> Vec<PathBuf> {
    let mut values = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        let Some(text) = argument.to_str() else { continue };
        if flags.contains(&text) {
            values.extend(arguments.get(index + 1).map(PathBuf::from));
        } else if let Some((flag, value)) = text.split_once('=')
            && flags.contains(&flag)
        {
            values.push(PathBuf::from(value));
        }
    }
    values
}
