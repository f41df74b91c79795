//! Reports: one file per format, each a function of the [`Report`] and nothing else.
//!
//! The same report gives the same bytes. A [`document`] holds each sentence of the report once, and a
//! format lays it out. All outside text passes [`escape`](crate::escape). Output that strangers may
//! read (the log and the summary of a public repository) is rendered from a redacted document.

pub mod annotations;
mod document;
pub mod json;
pub mod markdown;
pub mod policy_change;
pub mod sarif;
pub mod text;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::str::FromStr;

use crate::model::{Report, Signature, is_one_of};

pub use document::Details;
pub use text::Verbosity;

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, at a terminal and in a log.
    Text,
    /// For programs: `rootgate.report/v1`, described by `schema/report.json`.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For people, as the summary of a GitHub job.
    Markdown,
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format: use text, json, sarif or markdown")]
pub struct UnknownFormat;

impl Format {
    /// Every format.
    pub const ALL: &[Self] = &[Self::Text, Self::Json, Self::Sarif, Self::Markdown];

    /// The formats that a flag writes to a file, in the order in which help shows the flags.
    pub const FILES: &[Self] = &[Self::Sarif, Self::Json, Self::Markdown];

    /// The table of formats.
    const fn row(self) -> Row {
        match self {
            Self::Text => Row { id: "text", can_redact: true, render: text::render, file: None },
            Self::Json => Row {
                id: "json",
                can_redact: false,
                render: |report, _, out| json::render(report, out),
                file: Some(InFile {
                    flag: "json",
                    help: "Write the JSON report; `-` is standard output",
                    signature: json::SIGNATURE,
                }),
            },
            Self::Sarif => Row {
                id: "sarif",
                can_redact: false,
                render: |report, options, out| sarif::render(report, options.category, out),
                file: Some(InFile {
                    flag: "sarif",
                    help: "Write SARIF 2.1.0 for code scanning; `-` is standard output. An existing \
                           file that rootgate did not write is never replaced",
                    signature: sarif::SIGNATURE,
                }),
            },
            Self::Markdown => Row {
                id: "markdown",
                can_redact: true,
                render: |report, options, out| markdown::render(report, options.details, out),
                file: Some(InFile {
                    flag: "summary",
                    help: "Write the Markdown summary; `-` is standard output",
                    signature: markdown::SIGNATURE,
                }),
            },
        }
    }

    /// The word on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.row().id
    }

    /// The flag that names its file, if it has one.
    #[must_use]
    pub const fn in_file(self) -> Option<InFile> {
        self.row().file
    }

    /// Whether the format can leave out what strangers must not read. JSON and SARIF cannot: the
    /// programs that read them need the ids.
    #[must_use]
    pub const fn can_redact(self) -> bool {
        self.row().can_redact
    }
}

/// The properties of one format.
struct Row {
    /// Its value of `--format`.
    id: &'static str,
    /// Whether it can leave out what strangers must not read.
    can_redact: bool,
    render: fn(&Report, &Options<'_>, &mut dyn Write) -> io::Result<()>,
    file: Option<InFile>,
}

/// A format that has a flag for its file.
#[derive(Debug, Clone, Copy)]
pub struct InFile {
    /// The flag without its dashes.
    pub flag: &'static str,
    /// The help of the flag.
    pub help: &'static str,
    /// How to recognise such a file.
    signature: Signature,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|format| format.id() == text).ok_or(UnknownFormat)
    }
}

/// Whether a file is an unchanged report that [`render`] wrote. rootgate replaces only such files.
///
/// # Errors
/// The error of the reader.
pub fn is_report(file: &mut dyn Read) -> io::Result<bool> {
    let files = Format::FILES.iter().filter_map(|format| format.in_file());
    is_one_of(&files.map(|file| file.signature).collect::<Vec<_>>(), file)
}

/// How a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options<'a> {
    /// Everything, or only what strangers may read.
    pub details: Details,
    /// How much [`Format::Text`] shows.
    pub verbosity: Verbosity,
    /// Whether [`Format::Text`] has colours.
    pub color: bool,
    /// The `--category` of [`Format::Sarif`].
    pub category: Option<&'a str>,
}

/// Writes the report in one of the formats.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] if the report must be redacted and the format
/// [cannot](Format::can_redact) do that; otherwise the error of the writer.
pub fn render(
    report: &Report,
    format: Format,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if options.details == Details::Redacted && !format.can_redact() {
        let message = format!("a {} report cannot be redacted", format.id());
        return Err(io::Error::new(io::ErrorKind::Unsupported, message));
    }
    (format.row().render)(report, options, out)
}
