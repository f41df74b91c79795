//! GitHub's runner: step outputs, the job summary, annotations, and what strangers may read.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rootgate::escape;
use rootgate::model::Report;
use rootgate::report::Details;
use rootgate::text;
use serde::Deserialize;

use super::stream::Tail;
use crate::commands::Failure;

/// The files that the runner's variables name; `None` outside a runner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runner {
    /// `GITHUB_OUTPUT`: outputs of the step.
    pub(crate) output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the job summary, in Markdown.
    pub(crate) step_summary: Option<PathBuf>,
    /// `GITHUB_EVENT_PATH`: the event as JSON.
    pub(crate) event: Option<PathBuf>,
}

/// The step's outputs, in the documented order. Their values are enums, numbers, hashes, times and
/// the paths of report files.
pub(crate) fn outputs(
    report: &Report,
    sarif: Option<&Path>,
    json: Option<&Path>,
) -> Vec<(&'static str, String)> {
    let path =
        |path: Option<&Path>| path.map(|path| path.display().to_string()).unwrap_or_default();
    vec![
        ("verdict", report.verdict.id().to_owned()),
        ("exit-code", report.exit_code.to_string()),
        ("failed-count", report.counts.failed.to_string()),
        ("undetermined-count", report.counts.undetermined.to_string()),
        ("waived-count", report.counts.waived.to_string()),
        ("sarif-file", path(sarif)),
        ("report-file", path(json)),
        ("policy-sha256", report.policy.sha256.clone().unwrap_or_default()),
        ("evaluated-at", report.evaluated_at.timestamp().to_string()),
        ("valid-until", report.valid_until.timestamp().to_string()),
    ]
}

/// The outputs of a run that judged nothing.
pub(crate) fn error_outputs() -> Vec<(&'static str, String)> {
    let none = ["failed-count", "undetermined-count", "waived-count", "sarif-file", "report-file"];
    let none = none.into_iter().chain(["policy-sha256", "evaluated-at", "valid-until"]);
    [("verdict", "error".to_owned()), ("exit-code", "2".to_owned())]
        .into_iter()
        .chain(none.map(|name| (name, String::new())))
        .collect()
}

impl Runner {
    /// Adds to the job summary and writes the step's outputs: both or neither.
    pub(crate) fn write(
        &self,
        summary: &[u8],
        outputs: &[(&'static str, String)],
    ) -> Result<Added, Failure> {
        let mut added = Added::default();
        let text = output_file(outputs, fastrand::u128(..));
        for (path, variable, bytes) in [
            (&self.step_summary, "GITHUB_STEP_SUMMARY", summary),
            (&self.output, "GITHUB_OUTPUT", text.as_bytes()),
        ] {
            let Some(path) = path else { continue };
            let appended = append(path, bytes).inspect_err(|_| added.roll_back());
            added.0.extend(appended.map_err(|error| cannot_append(path, variable, &error))?);
        }
        Ok(added)
    }

    /// The runner's files. A flag must not name any of them.
    pub(crate) fn paths(&self) -> Vec<(&'static str, &Path)> {
        let files = [
            ("GITHUB_OUTPUT", &self.output),
            ("GITHUB_STEP_SUMMARY", &self.step_summary),
            ("GITHUB_EVENT_PATH", &self.event),
        ];
        files.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?))).collect()
    }

    /// The detail allowed by the visibility of the repository in the event; `None`: there is no
    /// event.
    #[expect(clippy::disallowed_methods, reason = "the event file is the runner's, and optional")]
    fn event_details(&self) -> Option<Details> {
        #[derive(Deserialize)]
        struct Event {
            repository: Repository,
        }
        #[derive(Deserialize)]
        struct Repository {
            visibility: Option<String>,
            private: Option<bool>,
        }
        let text = std::fs::read(self.event.as_deref()?).ok()?;
        let repository = serde_json::from_slice::<Event>(&text).ok()?.repository;
        match (repository.visibility.as_deref(), repository.private) {
            (Some(visibility), _) => Some(from_visibility(visibility)),
            (None, Some(true)) => Some(Details::Full),
            _ => Some(Details::Redacted),
        }
    }

    /// `--details auto` under GitHub Actions: the token's claim decides, or else the event.
    /// Without both, the repository counts as public.
    pub(crate) fn details(&self, claim: Option<&str>) -> Details {
        let claimed = claim.map(from_visibility);
        claimed.or_else(|| self.event_details()).unwrap_or(Details::Redacted)
    }
}

/// Full detail needs a repository that is known not to be public.
fn from_visibility(word: &str) -> Details {
    if matches!(word, "private" | "internal") { Details::Full } else { Details::Redacted }
}

/// The `name<<delimiter` form. The delimiter is random, so a value with line breaks cannot end its
/// own block.
fn output_file(outputs: &[(&'static str, String)], random: u128) -> String {
    let delimiter = format!("rootgate_{random:032x}");
    outputs
        .iter()
        .map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
        .collect()
}

/// What was added to the runner's files. It is removed again if a later write fails.
#[derive(Debug, Default)]
pub(crate) struct Added(Vec<Tail>);

impl Added {
    pub(crate) fn roll_back(&self) {
        self.0.iter().for_each(Tail::roll_back);
    }
}

fn cannot_append(path: &Path, variable: &'static str, error: &io::Error) -> Failure {
    Failure::new(
        text!("cannot write {} ({}): {}", path, variable, error),
        "the runner sets this variable; do not change it in an earlier step, and free disk space",
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner's files are shared, so they are appended to"
)]
fn append(path: &Path, bytes: &[u8]) -> io::Result<Option<Tail>> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    let tail = Tail::from_file(&file)?;
    // An earlier step may have left its last line without a line end.
    let start: &[u8] = if tail.is_some() && ends_within_a_line(path) { b"\n" } else { b"" };
    file.write_all(&[start, bytes].concat())
        .inspect_err(|_| tail.iter().for_each(Tail::roll_back))?;
    Ok(tail)
}

/// Whether the last line of a regular file has no line end. If the file cannot be read, the answer
/// is yes: an extra empty line does no harm in the runner's files.
#[expect(clippy::disallowed_methods, reason = "the runner's files are shared with earlier steps")]
fn ends_within_a_line(path: &Path) -> bool {
    let last = || -> io::Result<Option<u8>> {
        let mut file = std::fs::File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(Some(last[0]))
    };
    last().map_or(true, |last| last.is_some_and(|last| last != b'\n'))
}

/// The text of a failure as a section of the job summary.
pub(crate) fn error_summary(text: &str) -> String {
    let lines: String =
        text.lines().map(|line| format!("    {}\n", escape::visible(line))).collect();
    format!("## rootgate: error, nothing was judged\n\n{lines}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_cannot_end_its_own_block() {
        let hostile = "x\nrootgate_0\nverdict=pass".to_owned();
        let text = output_file(&[("sarif-file", hostile.clone())], 7);
        let delimiter = format!("rootgate_{:032x}", 7);
        assert_eq!(text, format!("sarif-file<<{delimiter}\n{hostile}\n{delimiter}\n"));
    }

    #[test]
    fn only_what_is_known_to_be_closed_is_shown_whole() {
        let runner = Runner::default();
        assert_eq!(runner.details(Some("private")), Details::Full);
        assert_eq!(runner.details(Some("internal")), Details::Full);
        assert_eq!(runner.details(Some("public")), Details::Redacted);
        assert_eq!(runner.details(None), Details::Redacted);
    }
}
