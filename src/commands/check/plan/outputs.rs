//! The destinations of reports: the format of standard output, and the files.

use std::path::{Path, PathBuf};

use rootgate::report::{self, Format};
use rootgate::text;
use rootgate::text::public;

use crate::cli::{CheckArgs, PolicyArg};
use crate::commands::host::clash::{self, Given};
use crate::commands::host::output::{Kind, Output};
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// A report of any format.
const REPORT: Kind = Kind { name: "a report of rootgate", is: report::is_report, outlives: false };

/// The files and streams that reports are written to, without standard output.
pub(crate) struct Outputs(pub(in crate::commands::check) Vec<(Format, Output)>);

impl Outputs {
    /// The path of a format's report.
    pub(crate) fn path(&self, format: Format) -> Option<&Path> {
        self.0.iter().find(|(of, _)| *of == format).map(|(_, output)| output.path())
    }
}

/// Inspects every destination and changes none. An unusable destination is a failure. It is not
/// among the outputs, so it stays unchanged.
///
/// Standard output may have another name: `--json -` and `--json /dev/stdout` mean `--format json`.
pub(super) fn read(
    args: &CheckArgs,
    host: &Host,
    failures: &mut Vec<Failure>,
) -> (Format, Outputs) {
    let reports = &args.reports;
    let mut standard = reports.format.map(|format| ("--format".to_owned(), format));
    let mut outputs: Vec<(String, Format, Output)> = Vec::new();
    let defaults = file::default_locations(host);
    let inputs = inputs(args, &defaults);
    for (flag, format, path) in reports.files.given() {
        let read = match Output::is_standard_output(path) {
            true => shown_on_standard_output(&flag, format, path, standard.as_ref())
                .map(|()| standard = Some((flag, format))),
            false => resolve_output(&flag, path, &inputs, host, &outputs).and_then(|output| {
                let checked = output.check(&flag);
                outputs.push((flag, format, output));
                checked
            }),
        };
        failures.extend(read.err());
    }
    let outputs = outputs.into_iter().map(|(_, format, output)| (format, output)).collect();
    (standard.map_or(Format::Text, |(_, format)| format), Outputs(outputs))
}

/// Standard output shows one report. `--format` may name the same format as the file's flag.
fn shown_on_standard_output(
    flag: &str,
    format: Format,
    path: &Path,
    standard: Option<&(String, Format)>,
) -> Result<(), Failure> {
    match standard {
        Some((other, shown)) if other != "--format" || *shown != format => Err(Failure::new(
            text!("{} {} and {} both name standard output", public(flag), path, public(other)),
            "give one of them a file",
        )),
        _ => Ok(()),
    }
}

/// The destination of one report, if it may be written there.
fn resolve_output(
    flag: &str,
    path: &Path,
    inputs: &[Given<'_>],
    host: &Host,
    others: &[(String, Format, Output)],
) -> Result<Output, Failure> {
    clash::refuse(flag, path, inputs, clash::OWN_PATH)?;
    clash::refuse(flag, path, &host.runner.paths(), RUNNER_FILES_HELP)?;
    let output = Output::find(path, flag, REPORT)?;
    let others: Vec<Given<'_>> =
        others.iter().map(|(flag, _, other)| (flag.as_str(), other.path())).collect();
    clash::refuse_another(flag, path, &others)?;
    Ok(output)
}

const RUNNER_FILES_HELP: &str = "rootgate adds to the runner's files by itself: leave the flag out";

/// The files that the flags read.
fn inputs<'a>(args: &'a CheckArgs, defaults: &'a [PathBuf]) -> Vec<Given<'a>> {
    let mut inputs: Vec<Given<'a>> = Vec::new();
    match &args.policy {
        None => inputs.extend(defaults.iter().map(|path| ("the policy", path.as_path()))),
        Some(PolicyArg::File(path)) => inputs.push(("--policy", path)),
        Some(PolicyArg::GitHub(_)) => {}
    }
    inputs.extend(args.evidence.iter().map(|path| ("--evidence", path.as_path())));
    inputs.extend(args.credential_report.as_deref().map(|path| ("--credential-report", path)));
    inputs.extend(args.sign_in.ca_bundle.as_deref().map(|path| ("--ca-bundle", path)));
    inputs
}
