//! Reports: one file per format, each a function of the [`Report`] and nothing else.
//!
//! The same report gives the same bytes. What a report says is a [`document`], each sentence of it
//! written once; a format gives it a shape. Every text that comes from outside passes
//! [`escape`](crate::escape) on its way out. What a stranger may read (the log and the summary of
//! a public repository) is rendered from a redacted document, which shows nothing else.

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

use std::io::{self, Write};
use std::str::FromStr;

use crate::model::Report;

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

/// The text is none of the four formats.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a format is one of text, json, sarif, markdown")]
pub struct UnknownFormat;

impl Format {
    /// Every format.
    pub const ALL: &[Self] = &[Self::Text, Self::Json, Self::Sarif, Self::Markdown];

    /// The word on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
        }
    }

    /// Whether the format can leave out what strangers must not read. JSON and SARIF cannot:
    /// without ids they would be of no use to the programs that read them.
    #[must_use]
    pub const fn can_redact(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|format| format.id() == text).ok_or(UnknownFormat)
    }
}

/// Whether a file that begins with these bytes, some thousands, is a report that [`render`] wrote for
/// a file: rootgate replaces no other.
#[must_use]
pub fn is_report(head: &[u8]) -> bool {
    [json::is_one, sarif::is_one, markdown::is_one].iter().any(|is_one| is_one(head))
}

/// How a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options<'a> {
    /// Everything, or only what strangers may read.
    pub details: Details,
    /// How much of it, in [`Format::Text`].
    pub verbosity: Verbosity,
    /// Whether [`Format::Text`] has colours.
    pub color: bool,
    /// The `--category` of [`Format::Sarif`].
    pub category: Option<&'a str>,
}

/// Writes the report in one of the formats.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] if it is to be redacted and the format [cannot](Format::can_redact)
/// be; else what the writer says.
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
    match format {
        Format::Text => text::render(report, options, out),
        Format::Json => json::render(report, out),
        Format::Sarif => sarif::render(report, options.category, out),
        Format::Markdown => markdown::render(report, options.details, out),
    }
}
