//! What the gate writes: report files, standard output, and the runner's files.

use std::path::{Path, PathBuf};

use rootgate::model::Report;
use rootgate::report::{self, Details, Format, Options, Verbosity, annotations};

use super::upload::Remark;
use crate::cli::{CheckArgs, PolicyArg, ReportArgs};
use crate::commands::host::output::{self, Kind, Output};
use crate::commands::host::{files, runner};
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

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

/// Whether what ends in the log can leave out what it must.
pub(crate) fn can_show(
    args: &ReportArgs,
    outputs: &Outputs,
    details: Details,
) -> Result<(), Failure> {
    let (format, in_log) = (args.format(), outputs.in_log());
    let what = match in_log {
        _ if details == Details::Full => return Ok(()),
        Some(path) => format!("what is written to {}", path.display()),
        None if !format.can_redact() => format!("--format {}", format.id()),
        None => return Ok(()),
    };
    Err(Failure::new(
        format!("{what} cannot leave out what strangers must not read"),
        "write a file instead (--json FILE, --sarif FILE), or say --details full",
    ))
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
    // What other steps rely on comes last, so that nothing says pass where the rest failed.
    files::print(&on_stdout(report, show)?)?;
    let outputs = runner::outputs(report, args.sarif.as_deref(), args.json.as_deref());
    host.runner.write(&summary, &outputs)
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
    let shown = rendered(report, args.format(), &options)?;
    if args.format() != Format::Text || !host.github_actions() {
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

/// A report of any format.
const REPORT: Kind = Kind { name: "a report of rootgate", is: report::is_report, outlives: false };

/// The formats that have a file, each with its flag.
fn files_of(args: &ReportArgs) -> [(&'static str, Format, &Option<PathBuf>); 3] {
    [
        ("--sarif", Format::Sarif, &args.sarif),
        ("--json", Format::Json, &args.json),
        ("--summary", Format::Markdown, &args.summary),
    ]
}

/// The arguments with standard output as what it is: `--json -` and `--json /dev/stdout` are
/// `--format json`.
pub(crate) fn with_standard_output(args: &CheckArgs) -> Result<CheckArgs, Failure> {
    let mut settled = args.clone();
    let mut asked = args.reports.format.map(|format| ("--format", format));
    for (flag, format, path) in files_of(&args.reports) {
        let Some(path) = path.as_deref().filter(|path| Output::is_standard_output(path)) else {
            continue;
        };
        if let Some((other, _)) =
            asked.filter(|(other, asked)| *other != "--format" || *asked != format)
        {
            return Err(Failure::new(
                format!("{flag} {} and {other} both name standard output", path.display()),
                "give one of them a file",
            ));
        }
        asked = Some((flag, format));
        settled.reports.format = Some(format);
        match format {
            Format::Sarif => settled.reports.sarif = None,
            Format::Json => settled.reports.json = None,
            Format::Markdown | Format::Text => settled.reports.summary = None,
        }
    }
    Ok(settled)
}

/// The files that the run writes.
pub(crate) struct Outputs(Vec<(Format, Output)>);

impl Outputs {
    /// Looks at every place before anything is asked, then removes what an earlier run left there, so
    /// that nobody takes it for this run's, however this one ends.
    pub(crate) fn prepare(args: &CheckArgs, host: &Host) -> Result<Self, Failure> {
        let mut outputs: Vec<(&'static str, Format, Output)> = Vec::new();
        let defaults = file::default_places(host);
        for (flag, format, path) in files_of(&args.reports) {
            if let Some(path) = path {
                refuse_clashes(flag, path, &input_paths(args, &defaults), "")?;
                refuse_clashes(flag, path, &host.runner.paths(), OF_THE_RUNNER)?;
                let output = Output::find(path, flag, REPORT)?;
                let mut others = outputs.iter().filter(|_| !is_null(path));
                if let Some((other, ..)) =
                    others.find(|(_, _, other)| files::same_file(path, other.path()))
                {
                    return Err(same(flag, other, path, ""));
                }
                outputs.push((flag, format, output));
            }
        }
        for (_, _, output) in &outputs {
            output.discard()?;
        }
        Ok(Self(outputs.into_iter().map(|(_, format, output)| (format, output)).collect()))
    }

    /// The path of an output that ends in the log. It is written in full.
    fn in_log(&self) -> Option<&Path> {
        let mut outputs = self.0.iter().map(|(_, output)| output);
        outputs.find(|output| output.is_in_log()).map(Output::path)
    }

    pub(crate) fn write(&self, report: &Report, args: &ReportArgs) -> Result<(), Failure> {
        let options = Options { category: args.category.as_deref(), ..Options::default() };
        for (format, output) in &self.0 {
            output.write(&rendered(report, *format, &options)?)?;
        }
        Ok(())
    }
}

/// Where nothing was judged, no report may say otherwise: neither one of an earlier run nor one that
/// this run has written already. Gives what could not be removed.
pub(crate) fn discard(args: &ReportArgs) -> Vec<Failure> {
    let files = files_of(args).into_iter().filter_map(|(_, _, path)| path.as_deref());
    files.filter_map(|path| output::discard(path, REPORT).err()).collect()
}

const OF_THE_RUNNER: &str = "rootgate adds to the runner's files by itself: leave the flag out";

/// An output must not overwrite an input, nor another output.
pub(crate) fn refuse_clashes(
    flag: &str,
    path: &Path,
    others: &[(&'static str, &Path)],
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

fn same(flag: &str, other: &str, path: &Path, help: &str) -> Failure {
    Failure::new(
        format!("{flag} and {other} name the same file, {}", path.display()),
        if help.is_empty() { "give each its own path" } else { help },
    )
}

/// Nobody reads what is written there, so it may take everything.
fn is_null(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null"))
}

fn input_paths<'a>(args: &'a CheckArgs, defaults: &'a [PathBuf]) -> Vec<(&'static str, &'a Path)> {
    let mut inputs: Vec<(&'static str, &Path)> = Vec::new();
    inputs.extend(args.policy.as_ref().and_then(PolicyArg::file).map(|path| ("--policy", path)));
    inputs.extend(args.evidence.iter().map(|path| ("--evidence", path.as_path())));
    inputs.extend(args.credential_report.as_deref().map(|path| ("--credential-report", path)));
    inputs.extend(args.sign_in.ca_bundle.as_deref().map(|path| ("--ca-bundle", path)));
    if args.policy.is_none() {
        inputs.extend(defaults.iter().map(|path| ("the policy", path.as_path())));
    }
    inputs
}
