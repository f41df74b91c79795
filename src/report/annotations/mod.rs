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
use crate::model::{Outcome, Report, RuleId, Severity, Subject};

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
        let of_rule = OfRule {
            rule: entry.rule(),
            severity: entry.severity(),
            blocks: entry.blocks(),
            line: entry.line(),
        };
        annotations.extend(messages.into_iter().map(|message| of_rule.says(report, message)));
    }
    annotations
}

fn from_redacted(report: &Report, open: &OpenOutcome<'_>) -> Annotation {
    let OpenOutcome { rule, severity, blocks, line, .. } = *open;
    let message = format!("{}: {}; {}", open.account, state(open.outcome), open.what());
    OfRule { rule, severity, blocks, line }.says(report, message)
}

/// The word for an outcome that needs a person.
const fn state(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Undetermined => "undetermined",
        _ => "failed",
    }
}

/// The part of an annotation that follows from its rule.
struct OfRule {
    rule: RuleId,
    severity: Severity,
    blocks: bool,
    /// 1-based line of the policy.
    line: usize,
}

impl OfRule {
    fn says(&self, report: &Report, message: String) -> Annotation {
        Annotation {
            level: level(report, self.blocks, self.severity),
            location: location(report, self.line),
            title: format!("{} ({})", self.rule, self.severity),
            severity: Some(self.severity),
            message,
        }
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
