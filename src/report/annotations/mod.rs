//! Workflow commands that GitHub shows as annotations on the lines of the policy.
//!
//! GitHub shows ten of a kind per step and silently drops the rest. So at most eight are written, the
//! worst first, and the last one counts the rest.

mod change;
mod organization;

use std::cmp::Reverse;
use std::io::{self, Write};

use super::document::{Details, Entry, FindingPart, Full, OpenOutcome, Redacted};
use crate::escape::{command_data, command_property, shortened, visible};
use crate::model::{Outcome, Report, Severity, Subject};

/// GitHub shows ten per step; the runner itself adds one when a step fails.
const MOST: usize = 8;
/// GitHub cuts a message at 4,096 characters, even in the middle of a word.
const MAX_MESSAGE: usize = 1_000;

/// Writes at most eight commands, one per line. Only blocking outcomes are errors.
///
/// # Errors
/// The error of the writer.
pub fn render(report: &Report, details: Details, out: &mut dyn Write) -> io::Result<()> {
    let found: Vec<_> = match details {
        _ if report.inventory.is_some() => organization::annotations(report, details),
        Details::Full => full(report),
        Details::Redacted => {
            Redacted::from_report(report).open().map(|open| from_redacted(report, &open)).collect()
        }
    };
    let mut annotations = change::annotations(report, details);
    let all = annotations.len() + found.len();
    let room = if all <= MOST { MOST } else { MOST - 1 };
    // A large policy change must not hide the worst findings.
    annotations.truncate(room - found.len().min(MOST / 2));
    annotations.extend(found);
    annotations
        .sort_by_key(|one| Reverse((one.level == ERROR, one.severity.is_none(), one.severity)));
    annotations.truncate(room);
    for annotation in &annotations {
        annotation.write(out)?;
    }
    match all - annotations.len() {
        0 => Ok(()),
        more => {
            writeln!(out, "::notice title=rootgate::and {more} more in the job summary and the log")
        }
    }
}

const ERROR: &str = "error";

struct Annotation {
    level: &'static str,
    /// A file of the repository and its 1-based line; `None`: the policy is not in the repository.
    location: Option<(String, usize)>,
    title: String,
    /// `None`: a policy change, which comes before all others of its level.
    severity: Option<Severity>,
    message: String,
}

impl Annotation {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut properties = format!("title={}", command_property(&self.title));
        if let Some((path, line)) = &self.location {
            let path = command_property(&visible(path));
            properties = format!("file={path},line={line},{properties}");
        }
        let message = command_data(&visible(&shortened(&self.message, MAX_MESSAGE)));
        writeln!(out, "::{} {properties}::{message}", self.level)
    }
}

fn full(report: &Report) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    for entry in Full::from_report(report).open() {
        let messages = match entry.outcome() {
            Outcome::Undetermined => vec![undetermined(entry)],
            _ => entry.unwaived().into_iter().map(|finding| failure(entry, finding)).collect(),
        };
        annotations.extend(messages.into_iter().map(|message| Annotation {
            level: level(report, entry.blocks(), entry.severity()),
            location: location(report, entry.line()),
            title: format!("{} ({})", entry.rule(), entry.severity()),
            severity: Some(entry.severity()),
            message,
        }));
    }
    annotations
}

fn from_redacted(report: &Report, open: &OpenOutcome<'_>) -> Annotation {
    let state = match open.outcome {
        Outcome::Undetermined => "undetermined",
        _ => "failed",
    };
    Annotation {
        level: level(report, open.blocks, open.severity),
        location: location(report, open.line),
        title: format!("{} ({})", open.rule, open.severity),
        severity: Some(open.severity),
        message: format!("{}: {state}; {}", open.account, open.what()),
    }
}

/// A line of the judging policy.
fn location(report: &Report, line: usize) -> Option<(String, usize)> {
    report.policy.repository_path.clone().map(|path| (path, line))
}

fn failure(entry: Entry<'_>, finding: FindingPart<'_>) -> String {
    let gap = if *finding.subject() == Subject::Account { "" } else { ", " };
    let (account, title) = (entry.account.label(), finding.title());
    format!("{account}{gap}{title}: {} To do: {}", finding.seen(), finding.to_do())
}

fn undetermined(entry: Entry<'_>) -> String {
    let text = format!("{}: undetermined. {}", entry.account.label(), entry.message());
    entry.missing_facts().fold(text, |text, missing| text + &missing.sentences())
}

/// The level is an error only if the outcome makes the step fail, whatever its severity. Before
/// `enforce-from`, no finding makes the step fail.
const fn level(report: &Report, blocks: bool, severity: Severity) -> &'static str {
    match severity {
        _ if blocks && report.exit_code != 0 && report.enforce_from.is_none() => ERROR,
        Severity::Low => "notice",
        Severity::Medium | Severity::High | Severity::Critical => "warning",
    }
}
