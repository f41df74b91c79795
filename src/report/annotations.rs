//! Workflow commands that GitHub shows as annotations on the lines of the policy.
//!
//! GitHub shows ten of a kind per step and drops the rest in silence, so at most eight are
//! written, the worst first, and the last one says how many more there are.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::redacted::{Details, OpenOutcome, Redacted};
use super::words;
use crate::escape::{command_data, command_property, shortened, visible};
use crate::model::{AccountReport, Finding, Outcome, Report, RuleId, RuleOutcome, Severity};

/// GitHub takes ten per step; the runner itself adds one when a step fails.
const MOST: usize = 8;
/// GitHub cuts a message at 4,096 characters, in the middle of whatever stands there.
const MAX_MESSAGE: usize = 1_000;

/// Writes at most eight commands, a line each. Only what blocks is an error.
///
/// # Errors
/// What the writer says.
pub fn render(report: &Report, details: Details, out: &mut dyn Write) -> io::Result<()> {
    let mut annotations: Vec<_> = match details {
        Details::Full => full(report),
        Details::Redacted => {
            let redacted = Redacted::of(report);
            redacted.open.iter().map(|open| of_redacted(report, open)).collect()
        }
    };
    annotations.sort_by_key(|annotation| Reverse((annotation.level == ERROR, annotation.severity)));
    let fits = annotations.len() <= MOST;
    let shown = if fits { annotations.len() } else { MOST - 1 };
    for annotation in &annotations[..shown] {
        annotation.write(report, out)?;
    }
    if fits {
        return Ok(());
    }
    let more = annotations.len() - shown;
    writeln!(out, "::notice title=rootgate::and {more} more in the job summary and the log")
}

const ERROR: &str = "error";

struct Annotation {
    level: &'static str,
    line: usize,
    rule: RuleId,
    severity: Severity,
    message: String,
}

impl Annotation {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let title = format!("{} ({})", self.rule, self.severity);
        let mut properties = format!("title={}", command_property(&title));
        // Without a file of the repository there is nothing to point at.
        if let Some(path) = &report.policy.repository_path {
            let path = command_property(&visible(path));
            properties = format!("file={path},line={},{properties}", self.line);
        }
        let message = command_data(&visible(&shortened(&self.message, MAX_MESSAGE)));
        writeln!(out, "::{} {properties}::{message}", self.level)
    }
}

fn full(report: &Report) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    for (account, outcome) in words::worst_first(&report.accounts, words::is_open) {
        let messages = match outcome.outcome {
            Outcome::Undetermined => vec![undetermined(account, outcome)],
            _ => words::unwaived(outcome)
                .into_iter()
                .map(|finding| failure(account, finding))
                .collect(),
        };
        annotations.extend(messages.into_iter().map(|message| Annotation {
            level: level(report, outcome.blocks, outcome.severity),
            line: words::policy_line(report, outcome),
            rule: outcome.rule,
            severity: outcome.severity,
            message,
        }));
    }
    annotations
}

fn of_redacted(report: &Report, open: &OpenOutcome) -> Annotation {
    let state = match open.outcome {
        Outcome::Undetermined => "undetermined",
        _ => "failed",
    };
    Annotation {
        level: level(report, open.blocks, open.severity),
        line: open.line,
        rule: open.rule,
        severity: open.severity,
        message: format!("{}: {state}; {}", open.account, open.what()),
    }
}

fn failure(account: &AccountReport, finding: &Finding) -> String {
    let gap = if finding.subject.is_empty() { "" } else { ", " };
    format!(
        "{}{gap}{}: {} To do: {}",
        words::account(account),
        words::subject(finding),
        finding.message,
        finding.remedy
    )
}

fn undetermined(account: &AccountReport, outcome: &RuleOutcome) -> String {
    let mut text = format!("{}: undetermined. {}", words::account(account), outcome.message);
    for gap in &outcome.gaps {
        text = format!("{text} Lacking: {}.", words::gap(gap));
        if let Some(remedy) = words::gap_remedy(gap) {
            text = format!("{text} To do: {remedy}.");
        }
    }
    text
}

/// An error is what makes the step fail; what does not is no error, however bad it is.
const fn level(report: &Report, blocks: bool, severity: Severity) -> &'static str {
    match severity {
        _ if blocks && report.exit_code != 0 => ERROR,
        Severity::Low => "notice",
        Severity::Medium | Severity::High | Severity::Critical => "warning",
    }
}
