//! The report for people at a terminal or reading a log: 80 columns, clear without colour.
//!
//! Problems come before passes, and the verdict is the last line of the log.

mod change;
mod organization;
mod page;

use std::io::{self, Write};

use self::page::{COLUMNS, Page, Style, wrapped};
use super::Options;
use super::document::{
    Account, BELOW_WINDOWS, Body, Document, Entry, FROM_A_FILE, FindingPart, Full, NOT_EVALUATED,
    NoticePart, OpenOutcome, Redacted, SameReason, VerdictLine, WHY, group_by_reason,
    more_findings,
};
use crate::escape::visible;
use crate::model::{Outcome, Report, Verdict, format_time};

/// Indentation below the head of an entry.
const INDENT: &str = "      ";

/// How much of the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Only the line of the verdict.
    Quiet,
    /// Problems in full; passes in one line each.
    #[default]
    Normal,
    /// Also why rules pass, and the age of every fact.
    Verbose,
}

/// Writes the report as text. Its last line is the verdict.
///
/// # Errors
/// The error of the writer.
pub fn render(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document::from_report(report, options.details);
    let mut page = Page { out, color: options.color };
    if options.verbosity > Verbosity::Quiet {
        match document.body {
            Body::Full(full) => page.full(&document, full, options.verbosity)?,
            Body::Redacted(redacted) => page.redacted(&document, redacted)?,
            Body::Organization(organization) => {
                page.organization(&document, organization, options.verbosity)?;
            }
            Body::RedactedOrganization(organization) => {
                page.redacted_organization(&document, organization)?;
            }
        }
    }
    page.verdict(&document.verdict)
}

impl Page<'_> {
    fn full(
        &mut self,
        document: &Document<'_>,
        full: Full<'_>,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        self.item("Policy: ", &document.policy.line)?;
        self.item("Judged at: ", format_time(document.evaluated_at))?;
        self.head(document, verbosity)?;
        for account in full.accounts() {
            self.account(account, verbosity)?;
        }
        self.notices(document)?;
        self.incomplete(full)?;
        writeln!(self.out)
    }

    fn notices(&mut self, document: &Document<'_>) -> io::Result<()> {
        if !document.notices.is_empty() {
            self.heading("Notices")?;
        }
        for NoticePart { message, line, .. } in &document.notices {
            self.item(
                "  - ",
                format!("{}{}", message.as_deref().unwrap_or_default(), at_line(*line)),
            )?;
        }
        Ok(())
    }

    fn incomplete(&mut self, full: Full<'_>) -> io::Result<()> {
        let Some(reason) = full.incomplete() else { return Ok(()) };
        writeln!(self.out)?;
        self.paragraph("", format!("The run is incomplete: {reason}"))
    }

    fn redacted(&mut self, document: &Document<'_>, redacted: Redacted<'_>) -> io::Result<()> {
        self.redacted_head(document)?;
        for (index, open) in redacted.open().enumerate() {
            if index == 0 {
                writeln!(self.out)?;
            }
            self.open(&open)?;
        }
        writeln!(self.out)?;
        self.codes(document)?;
        self.paragraph("", WHY)?;
        writeln!(self.out)
    }

    /// The part before the accounts, for strangers.
    fn redacted_head(&mut self, document: &Document<'_>) -> io::Result<()> {
        self.paragraph("", format!("Judged at {}", format_time(document.evaluated_at)))?;
        self.item("Policy: ", &document.policy.line)?;
        for (key, value) in &document.policy.parts {
            self.item(&format!("Policy {key}: "), value)?;
        }
        self.head(document, Verbosity::Normal)
    }

    /// The notices, for strangers.
    fn codes(&mut self, document: &Document<'_>) -> io::Result<()> {
        for NoticePart { code, line, .. } in &document.notices {
            self.paragraph("", format!("Notice: {code}{}", at_line(*line)))?;
        }
        Ok(())
    }

    /// The part before the accounts.
    fn head(&mut self, document: &Document<'_>, verbosity: Verbosity) -> io::Result<()> {
        for clause in &document.evidence_files {
            self.item(FROM_A_FILE, clause)?;
        }
        if !document.not_evaluated.is_empty() {
            self.heading(NOT_EVALUATED)?;
        }
        for sentence in &document.not_evaluated {
            self.paragraph("  ", sentence)?;
        }
        match &document.change {
            Some(change) => self.policy_change(change, verbosity),
            None => Ok(()),
        }
    }

    fn account(&mut self, account: Account<'_>, verbosity: Verbosity) -> io::Result<()> {
        self.heading(&format!("Account {}", account.label()))?;
        if let Some(why) = account.nothing_read() {
            self.paragraph("  ", &why)?;
        }
        let failing = account.of_kind(Outcome::Fail);
        for entry in &failing {
            self.failing(*entry, verbosity)?;
        }
        for group in group_by_reason(&account.of_kind(Outcome::Undetermined)) {
            self.undetermined(&group, verbosity)?;
        }
        for entry in failing.into_iter().chain(account.of_kind(Outcome::Waived)) {
            self.waived(entry)?;
        }
        writeln!(self.out)?;
        self.timeline(account)?;
        let of_kind = |kind| account.entries().filter(move |entry| entry.outcome() == kind);
        for entry in of_kind(Outcome::Pass) {
            let why = if verbosity == Verbosity::Verbose { entry.message() } else { "" };
            self.fine("pass", Style::Green, entry, why)?;
            self.evidence(entry, verbosity)?;
        }
        for entry in of_kind(Outcome::NotApplicable) {
            self.fine("n/a ", Style::Dim, entry, entry.message())?;
        }
        Ok(())
    }

    /// Uses inside windows, and calls that are not uses. A use outside every window is a finding.
    fn timeline(&mut self, account: Account<'_>) -> io::Result<()> {
        for used in account.timeline().uses.iter().filter(|used| used.window.is_some()) {
            let (at, kind) = (format_time(used.at), used.kind.id());
            let window = used.window.as_deref().unwrap_or_default();
            let story = used.story.as_ref().map(|story| format!(": {story}")).unwrap_or_default();
            self.item("  use   ", format!("{at} {kind}, inside window `{window}`{story}"))?;
        }
        for listed in &account.timeline().listed {
            self.item(
                "  seen  ",
                format!("{}, not a use: {}", format_time(listed.at), listed.what),
            )?;
        }
        Ok(())
    }

    fn failing(&mut self, entry: Entry<'_>, verbosity: Verbosity) -> io::Result<()> {
        let (kept, more) = entry.findings();
        for finding in kept {
            writeln!(self.out)?;
            self.mark("FAIL", Style::Red, entry, &finding.title())?;
            self.finding(finding)?;
            self.not_blocking(entry)?;
        }
        if more > 0 {
            writeln!(self.out)?;
            self.mark("FAIL", Style::Red, entry, "and more")?;
            self.paragraph(INDENT, format!("{} (--json FILE).", more_findings(more)))?;
        }
        self.evidence(entry, verbosity)
    }

    fn finding(&mut self, finding: FindingPart<'_>) -> io::Result<()> {
        self.paragraph(INDENT, finding.seen())?;
        self.item(&format!("{INDENT}To do: "), finding.to_do())?;
        for (index, line) in finding.lines_to_paste().enumerate() {
            if index == 0 {
                writeln!(self.out, "{INDENT}{BELOW_WINDOWS}")?;
            }
            // One line without the indentation of the finding, so that it can be copied.
            writeln!(self.out, "{line}")?;
        }
        match finding.clears_at() {
            Some(time) => {
                self.paragraph(INDENT, format!("Turns green by itself at {}.", format_time(time)))
            }
            None => Ok(()),
        }
    }

    /// Rules that could not be judged for the same reason.
    fn undetermined(&mut self, group: &SameReason<'_, '_>, verbosity: Verbosity) -> io::Result<()> {
        writeln!(self.out)?;
        for entry in group.entries {
            self.mark("UNDETERMINED", Style::Yellow, *entry, "")?;
        }
        for missing in &group.missing {
            self.item(&format!("{INDENT}Missing: "), format!("{}.", missing.what))?;
            if let Some(to_do) = &missing.to_do {
                self.item(&format!("{INDENT}To do: "), format!("{to_do}."))?;
            }
        }
        self.not_blocking(group.first)?;
        self.evidence(group.first, verbosity)
    }

    fn not_blocking(&mut self, entry: Entry<'_>) -> io::Result<()> {
        match entry.not_blocking() {
            Some(why) => self.paragraph(INDENT, &why),
            None => Ok(()),
        }
    }

    fn waived(&mut self, entry: Entry<'_>) -> io::Result<()> {
        for waived in entry.waived() {
            writeln!(self.out)?;
            self.mark("WAIVED", Style::Cyan, entry, &waived.finding.title())?;
            self.paragraph(INDENT, waived.finding.seen())?;
            let by = waived.by;
            let text = format!("{}, {}: {}", by.expires, by.ticket, by.reason);
            self.item(&format!("{INDENT}Until "), &text)?;
        }
        Ok(())
    }

    /// A rule that needs no action: one line, with an optional reason.
    fn fine(&mut self, word: &str, style: Style, entry: Entry<'_>, why: &str) -> io::Result<()> {
        let gap = if why.is_empty() { "" } else { ": " };
        let text = visible(&format!("{}{gap}{why}", entry.rule()));
        let mut mark = format!("  {}  ", self.painted(style, word));
        for line in wrapped(&text, COLUMNS - 8) {
            writeln!(self.out, "{mark}{line}")?;
            mark = " ".repeat(8);
        }
        Ok(())
    }

    /// The sources and ages of the facts.
    fn evidence(&mut self, entry: Entry<'_>, verbosity: Verbosity) -> io::Result<()> {
        if verbosity < Verbosity::Verbose {
            return Ok(());
        }
        for basis in entry.evidence() {
            self.item(&format!("{INDENT}  from "), &basis)?;
        }
        if entry.outcome() == Outcome::Fail {
            for missing in entry.missing_facts() {
                self.item(&format!("{INDENT}  missing "), &missing.what)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, open: &OpenOutcome<'_>) -> io::Result<()> {
        let (word, style) = match open.outcome {
            Outcome::Undetermined => ("UNDETERMINED", Style::Yellow),
            _ => ("FAIL", Style::Red),
        };
        let word = self.painted(style, word);
        writeln!(self.out, "  {word} {}  {}", open.severity, open.rule)?;
        let blocks = if open.blocks { "" } else { " (does not block)" };
        self.paragraph(INDENT, format!("{}: {}{blocks}", open.account, open.what()))
    }

    fn verdict(&mut self, line: &VerdictLine<'_>) -> io::Result<()> {
        let style = match line.verdict {
            Verdict::Pass => Style::Green,
            Verdict::Fail => Style::Red,
            Verdict::Undetermined | Verdict::NotEvaluated => Style::Yellow,
        };
        let word = self.painted(style, &line.word.to_uppercase());
        let limits = line.limits.as_ref().map(|limits| format!(" {limits}")).unwrap_or_default();
        let VerdictLine { counts, consequence, .. } = line;
        writeln!(self.out, "{word}{limits}: {counts} ({consequence})")
    }

    /// `  FAIL critical  root-access-key-active  key 2019-05-02`
    fn mark(
        &mut self,
        word: &str,
        style: Style,
        entry: Entry<'_>,
        subject: &str,
    ) -> io::Result<()> {
        let word = self.painted(style, word);
        let rule = self.painted(Style::Bold, entry.rule().0);
        let gap = if subject.is_empty() { "" } else { "  " };
        let subject = visible(subject);
        writeln!(self.out, "  {word} {}  {rule}{gap}{subject}", entry.severity())
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(" (policy line {line})")).unwrap_or_default()
}
