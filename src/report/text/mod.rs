//! The report for people at a terminal or reading a log: 80 columns, clear without colour.
//!
//! What to act on stands before what is fine, and the verdict is the last line, where a log ends.

mod change;
mod page;

use std::io::{self, Write};
use std::slice;

use self::page::{COLUMNS, Page, Style, wrapped};
use super::evidence_files::evidence_files;
use super::origin::{Quote, origin};
use super::policy_change::section::Section;
use super::redacted::{Details, OpenOutcome, Redacted};
use super::{Options, words};
use crate::escape::visible;
use crate::model::{AccountReport, Finding, Outcome, Report, RuleOutcome, Verdict, format_time};

/// Below the head of an entry.
const INDENT: &str = "      ";

/// How much of the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// The verdict's line alone.
    Quiet,
    /// What to act on, in full; what is fine, in one line each.
    #[default]
    Normal,
    /// Also why rules pass, and the age of every fact.
    Verbose,
}

/// Writes the report as text. Its last line is the verdict.
///
/// # Errors
/// What the writer says.
pub fn render(report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, color: options.color };
    if options.verbosity > Verbosity::Quiet {
        match options.details {
            Details::Full => page.report(report, options.verbosity)?,
            Details::Redacted => page.redacted(&Redacted::of(report))?,
        }
    }
    page.verdict(report)
}

impl Page<'_> {
    fn report(&mut self, report: &Report, verbosity: Verbosity) -> io::Result<()> {
        self.item("Policy: ", &origin(&report.policy, Quote::Bare))?;
        self.item("Judged at: ", &format_time(report.evaluated_at))?;
        self.evidence_files(&evidence_files(report, Quote::Bare))?;
        self.not_evaluated(&words::not_evaluated(report))?;
        if let Some(section) = Section::of(report, Quote::Bare) {
            self.policy_change(&section, verbosity)?;
        }
        for account in &report.accounts {
            self.account(report, account, verbosity)?;
        }
        if !report.notices.is_empty() {
            self.heading("Notices")?;
        }
        for notice in &report.notices {
            let line = notice.line.map(|line| format!(" (policy line {line})")).unwrap_or_default();
            self.item("  - ", &format!("{}{line}", notice.message))?;
        }
        if let Some(reason) = &report.incomplete {
            writeln!(self.out)?;
            self.paragraph("", &format!("The run is incomplete: {reason}"))?;
        }
        writeln!(self.out)
    }

    fn evidence_files(&mut self, clauses: &[String]) -> io::Result<()> {
        clauses.iter().try_for_each(|clause| self.item("Evidence from a file: ", clause))
    }

    /// What it means that nothing was, and what to do.
    fn not_evaluated(&mut self, sentences: &[String]) -> io::Result<()> {
        if !sentences.is_empty() {
            self.heading("Not evaluated")?;
        }
        sentences.iter().try_for_each(|sentence| self.paragraph("  ", sentence))
    }

    fn account(
        &mut self,
        report: &Report,
        account: &AccountReport,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        self.heading(&format!("Account {}", words::account(account)))?;
        if account.nothing_read {
            self.paragraph("  ", &words::nothing_read(account))?;
        }
        let worst_first = |kind: Outcome| {
            words::worst_first(slice::from_ref(account), move |outcome| outcome.outcome == kind)
        };
        let (failing, waived) = (worst_first(Outcome::Fail), worst_first(Outcome::Waived));
        for (_, outcome) in &failing {
            self.failing(outcome, report, verbosity)?;
        }
        for alike in worst_first(Outcome::Undetermined).chunk_by(words::same_reason) {
            self.undetermined(alike, report, verbosity)?;
        }
        for (_, outcome) in failing.iter().chain(&waived) {
            self.waived(outcome)?;
        }
        writeln!(self.out)?;
        for used in account.timeline.uses.iter().filter(|used| used.window.is_some()) {
            let (at, kind) = (format_time(used.at), used.kind.id());
            let window = used.window.as_deref().unwrap_or_default();
            let story = used.story.as_ref().map(|story| format!(": {story}")).unwrap_or_default();
            self.item("  use   ", &format!("{at} {kind}, inside window `{window}`{story}"))?;
        }
        for listed in &account.timeline.listed {
            self.item("  seen  ", &format!("{}, no use: {}", format_time(listed.at), listed.what))?;
        }
        let of_kind = |kind| account.outcomes.iter().filter(move |one| one.outcome == kind);
        for outcome in of_kind(Outcome::Pass) {
            let why = if verbosity == Verbosity::Verbose { &outcome.message } else { "" };
            self.fine("pass", Style::Green, outcome, why)?;
            self.evidence(outcome, report, verbosity)?;
        }
        for outcome in of_kind(Outcome::NotApplicable) {
            self.fine("n/a ", Style::Dim, outcome, &outcome.message)?;
        }
        Ok(())
    }

    fn failing(
        &mut self,
        outcome: &RuleOutcome,
        report: &Report,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        let (kept, more) = words::kept(outcome);
        for finding in kept {
            writeln!(self.out)?;
            self.head("FAIL", Style::Red, outcome, &words::subject(finding))?;
            self.finding(finding)?;
            if !outcome.blocks {
                self.paragraph(INDENT, &words::not_blocking(report, outcome))?;
            }
        }
        if more > 0 {
            writeln!(self.out)?;
            self.head("FAIL", Style::Red, outcome, "and more")?;
            let more = words::counted(more, "more finding");
            self.paragraph(INDENT, &format!("{more}, in the JSON report (--json FILE)."))?;
        }
        self.evidence(outcome, report, verbosity)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.paragraph(INDENT, &finding.message)?;
        self.item(&format!("{INDENT}To do: "), &finding.remedy)?;
        if finding.window.is_some() {
            writeln!(
                self.out,
                "{INDENT}Below `windows:` in the policy; fill in REASON and TICKET:"
            )?;
        }
        for window in finding.windows() {
            // On one line, however long: it is there to be copied.
            writeln!(self.out, "{INDENT}  {}", visible(window))?;
        }
        match finding.clears_at {
            Some(time) => {
                self.paragraph(INDENT, &format!("Turns green by itself at {}.", format_time(time)))
            }
            None => Ok(()),
        }
    }

    /// Rules that could not be judged, all for one reason.
    fn undetermined(
        &mut self,
        alike: &[(&AccountReport, &RuleOutcome)],
        report: &Report,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        let Some((account, outcome)) = alike.first() else { return Ok(()) };
        writeln!(self.out)?;
        for (_, outcome) in alike {
            self.head("UNDETERMINED", Style::Yellow, outcome, "")?;
        }
        let told = words::shut(account).is_some();
        for gap in outcome.gaps.iter().filter(|_| !told) {
            self.item(&format!("{INDENT}Lacking: "), &format!("{}.", words::gap(gap)))?;
            if let Some(remedy) = words::gap_remedy(gap) {
                self.item(&format!("{INDENT}To do: "), &format!("{remedy}."))?;
            }
        }
        if !outcome.blocks {
            self.paragraph(INDENT, &words::not_blocking(report, outcome))?;
        }
        self.evidence(outcome, report, verbosity)
    }

    fn waived(&mut self, outcome: &RuleOutcome) -> io::Result<()> {
        for finding in &outcome.findings {
            let Some(waiver) = &finding.waiver else { continue };
            writeln!(self.out)?;
            self.head("WAIVED", Style::Cyan, outcome, &words::subject(finding))?;
            self.paragraph(INDENT, &finding.message)?;
            let text = format!("{}, {}: {}", waiver.expires, waiver.ticket, waiver.reason);
            self.item(&format!("{INDENT}Until "), &text)?;
        }
        Ok(())
    }

    /// A rule that needs nobody: one line, and why where that is shown.
    fn fine(
        &mut self,
        word: &str,
        style: Style,
        outcome: &RuleOutcome,
        why: &str,
    ) -> io::Result<()> {
        let gap = if why.is_empty() { "" } else { ": " };
        let text = visible(&format!("{}{gap}{why}", outcome.rule));
        let mut mark = format!("  {}  ", self.painted(style, word));
        for line in wrapped(&text, COLUMNS - 8) {
            writeln!(self.out, "{mark}{line}")?;
            mark = " ".repeat(8);
        }
        Ok(())
    }

    /// Where the facts come from and how old they are.
    fn evidence(
        &mut self,
        outcome: &RuleOutcome,
        report: &Report,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        if verbosity < Verbosity::Verbose {
            return Ok(());
        }
        for basis in &outcome.evidence {
            self.item(&format!("{INDENT}  from "), &words::basis(basis, report.evaluated_at))?;
        }
        if outcome.outcome == Outcome::Fail {
            for gap in &outcome.gaps {
                self.item(&format!("{INDENT}  lacking "), &words::gap(gap))?;
            }
        }
        Ok(())
    }

    fn redacted(&mut self, report: &Redacted) -> io::Result<()> {
        self.paragraph("", &format!("Judged at {}", report.evaluated_at))?;
        self.item("Policy: ", &report.origin)?;
        for (key, value) in &report.policy {
            self.item(&format!("Policy {key}: "), value)?;
        }
        self.evidence_files(&report.evidence_files)?;
        self.not_evaluated(&report.not_evaluated)?;
        if let Some(change) = &report.change {
            self.redacted_change(change)?;
        }
        if !report.open.is_empty() {
            writeln!(self.out)?;
        }
        for open in &report.open {
            self.open(open)?;
        }
        writeln!(self.out)?;
        for (code, line) in &report.notices {
            let line = line.map(|line| format!(" (policy line {line})")).unwrap_or_default();
            self.paragraph("", &format!("Notice: {code}{line}"))?;
        }
        self.paragraph("", super::redacted::WHY)?;
        writeln!(self.out)
    }

    fn open(&mut self, open: &OpenOutcome) -> io::Result<()> {
        let (word, style) = match open.outcome {
            Outcome::Undetermined => ("UNDETERMINED", Style::Yellow),
            _ => ("FAIL", Style::Red),
        };
        let word = self.painted(style, word);
        writeln!(self.out, "  {word} {}  {}", open.severity, open.rule)?;
        let blocks = if open.blocks { "" } else { " (does not block)" };
        self.paragraph(INDENT, &format!("{}: {}{blocks}", open.account, open.what()))
    }

    fn verdict(&mut self, report: &Report) -> io::Result<()> {
        let style = match report.verdict {
            Verdict::Pass => Style::Green,
            Verdict::Fail => Style::Red,
            Verdict::Undetermined | Verdict::NotEvaluated => Style::Yellow,
        };
        let (word, rest) = words::verdict(report);
        let word = self.painted(style, &word.to_uppercase());
        let (counts, follows) = (words::counts(&report.counts), words::consequence(report));
        writeln!(self.out, "{word}{rest}: {counts} ({follows})")
    }

    /// `  FAIL critical  root-access-key-active  key 2019-05-02`
    fn head(
        &mut self,
        word: &str,
        style: Style,
        outcome: &RuleOutcome,
        subject: &str,
    ) -> io::Result<()> {
        let word = self.painted(style, word);
        let rule = self.painted(Style::Bold, outcome.rule.0);
        let gap = if subject.is_empty() { "" } else { "  " };
        let subject = visible(subject);
        writeln!(self.out, "  {word} {}  {rule}{gap}{subject}", outcome.severity)
    }
}
