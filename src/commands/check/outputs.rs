//! What the gate writes: report files, standard output, and the runner's files.

use std::io::{self, Write};

use rootgate::model::Report;
use rootgate::report::{self, Details, Format, Options, Verbosity, annotations};
use rootgate::text;

use super::plan::{Outputs, Plan, Shown};
use super::upload::Remark;
use crate::commands::host::runner;
use crate::commands::host::stream::{Order, Stream};
use crate::commands::{Failure, Host};

impl Outputs {
    /// Removes the reports of earlier runs, so that they are not mistaken for reports of this run.
    pub(crate) fn remove_earlier(&self) -> Result<(), Failure> {
        self.0.iter().try_for_each(|(_, output)| output.discard())
    }

    /// Removes all reports after a failure, including those that this run has already written.
    /// Returns the errors.
    pub(crate) fn discard(&self) -> Vec<Failure> {
        self.0.iter().filter_map(|(_, output)| output.discard().err()).collect()
    }

    /// Checks that the outputs in the log can be redacted.
    pub(crate) fn can_show(&self, format: Format, details: Details) -> Result<(), Failure> {
        // Such an output would be written in full.
        let mut outputs = self.0.iter().map(|(_, output)| output);
        let what = match outputs.find(|output| output.is_in_log()) {
            _ if details == Details::Full => return Ok(()),
            Some(output) => text!("what is written to {}", output.path()),
            None if !format.can_redact() => text!("--format {}", format.id()),
            None => return Ok(()),
        };
        Err(Failure::new(
            text!("{} cannot be redacted, and strangers may read it", what),
            "write a file instead (--json FILE, --sarif FILE), or use --details full",
        ))
    }

    /// Writes the files and opens the streams, which are written later.
    pub(crate) fn write(&self, report: &Report, shown: &Shown) -> Result<Streams, Failure> {
        let mut streams = Vec::new();
        for (format, output) in &self.0 {
            match output.open()? {
                Some(stream) => streams.push((stream, StreamContent::File(*format))),
                None => output.write(&|out| in_file(report, *format, shown, out))?,
            }
        }
        Ok(Streams(streams))
    }
}

/// Renders a report for a file.
fn in_file(report: &Report, format: Format, shown: &Shown, out: &mut dyn Write) -> io::Result<()> {
    let options = Options { category: shown.category.as_deref(), ..Options::default() };
    report::render(report, format, &options, out)
}

/// The open streams of a run and their content.
pub(crate) struct Streams(Vec<(Stream, StreamContent)>);

/// The content of a stream.
enum StreamContent {
    /// The report of a file.
    File(Format),
    /// The text of standard output.
    Shown,
}

impl Streams {
    /// The streams that are regular files, and the others in the order of writing.
    fn split(self) -> (Self, Self) {
        let mut streams = self.0;
        streams.sort_by_key(|(stream, _)| stream.order());
        let files = streams.partition_point(|(stream, _)| stream.order() == Order::RegularFile);
        let others = streams.split_off(files);
        (Self(streams), Self(others))
    }

    /// Writes all streams. If one fails, those that can be rolled back are.
    fn write(&mut self, report: &Report, show: &Show<'_>) -> Result<(), Failure> {
        let mut streams = self.0.iter_mut();
        let written = streams.try_for_each(|(stream, gets)| match gets {
            StreamContent::File(format) => {
                stream.write(&|out| in_file(report, *format, &show.plan.shown, out))
            }
            StreamContent::Shown => stream.write(&|out| on_stdout(report, show, out)),
        });
        written.inspect_err(|_| self.roll_back())
    }

    fn roll_back(&self) {
        self.0.iter().for_each(|(stream, _)| stream.roll_back());
    }
}

/// How the report is shown.
pub(crate) struct Show<'a> {
    pub(crate) plan: &'a Plan,
    /// What readers of the log may see.
    pub(crate) details: Details,
    /// The machine.
    pub(crate) host: &'a Host,
    /// The result of the upload to code scanning.
    pub(crate) upload: Option<&'a Remark>,
}

/// Writes standard output and the other streams, and under GitHub Actions outputs, job summary and
/// annotations.
///
/// No output may say pass if another one failed. So the outputs that cannot be rolled back are
/// written last. The others are rolled back from the end, because standard output may be one of the
/// runner's files.
pub(crate) fn show(report: &Report, show: &Show<'_>, mut streams: Streams) -> Result<(), Failure> {
    let Show { plan, details, host, upload } = *show;
    let mut summary = Vec::new();
    report::render(
        report,
        Format::Markdown,
        &Options { details, ..Options::default() },
        &mut summary,
    )
    .map_err(|error| cannot_render(&error))?;
    if let Some(remark) = upload {
        summary.extend_from_slice(remark.markdown(details).as_bytes());
        remark.log(details, host, plan.shown.verbosity == Verbosity::Quiet);
    }
    streams.0.push((Stream::standard_output()?, StreamContent::Shown));
    let path = |format| plan.outputs.path(format);
    let outputs = runner::outputs(report, path(Format::Sarif), path(Format::Json));
    let (mut files, mut others) = streams.split();
    files.write(report, show)?;
    let added = host.runner.write(&summary, &outputs).inspect_err(|_| files.roll_back())?;
    others.write(report, show).inspect_err(|_| {
        added.roll_back();
        files.roll_back();
    })
}

fn on_stdout(report: &Report, show: &Show<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Shown { format, verbosity, color, category, .. } = &show.plan.shown;
    let options = Options {
        verbosity: *verbosity,
        color: *color,
        details: show.details,
        category: category.as_deref(),
    };
    if *format != Format::Text || !show.host.github_actions() {
        return report::render(report, *format, &options, out);
    }
    // A group of the log is folded: it holds the full report. Verdict and annotations follow it.
    if *verbosity != Verbosity::Quiet {
        writeln!(out, "::group::rootgate report")?;
        report::render(report, Format::Text, &options, out)?;
        writeln!(out, "::endgroup::")?;
    }
    let quiet = Options { verbosity: Verbosity::Quiet, ..options };
    report::render(report, Format::Text, &quiet, out)?;
    annotations::render(report, show.details, out)
}

fn cannot_render(error: &io::Error) -> Failure {
    Failure::new(text!("cannot write the report: {}", error), "choose another --format")
}
