//! An organization in the log: the verdict, then what needs a person, by rule and by reason.
//!
//! A list is cut, because nobody reads a thousand accounts in a log. The JSON report has all of them.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::page::{Page, Style};
use super::{INDENT, Verbosity};
use crate::escape::shortened;
use crate::model::{Outcome, counted, format_time};
use crate::report::document::{
    BELOW_WINDOWS, Document, FindingPart, Organization, ReasonGroup, RedactedOrganization,
    RuleCounts, RuleGroup, WHY, Waived, accounts, more_findings, thousands,
};

/// Indentation of what belongs to an account.
const ACCOUNT: &str = "        ";

/// Widths of the columns of [`RuleCounts::numbers`].
const COLUMN_WIDTHS: [usize; 5] = [8, 11, 8, 8, 7];

/// How much is shown.
struct Limits {
    /// Maximum number of accounts of a rule, each with what was seen.
    accounts: usize,
    /// The same of a rule that does not block.
    not_blocking: usize,
    /// Maximum number of findings of an account.
    findings: usize,
    /// Maximum length of what was seen, in characters.
    seen: usize,
    /// Maximum number of accounts in a list of names.
    named: usize,
    /// Maximum number of reasons.
    reasons: usize,
}

impl Limits {
    /// What does not block needs less room.
    fn accounts_of(&self, group: &RuleGroup<'_>) -> usize {
        match group.first.blocks() {
            true => self.accounts,
            false => self.not_blocking,
        }
    }
}

const fn limits(verbosity: Verbosity) -> Limits {
    match verbosity {
        Verbosity::Quiet | Verbosity::Normal => {
            Limits { accounts: 10, not_blocking: 3, findings: 3, seen: 240, named: 10, reasons: 10 }
        }
        Verbosity::Verbose => Limits {
            accounts: 100,
            not_blocking: 100,
            findings: 20,
            seen: 2_000,
            named: 1_000,
            reasons: 100,
        },
    }
}

impl Page<'_> {
    pub(super) fn organization(
        &mut self,
        document: &Document<'_>,
        organization: Organization<'_>,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        let limits = limits(verbosity);
        self.verdict(&document.verdict)?;
        for sentence in organization.coverage() {
            self.paragraph("", &sentence)?;
        }
        self.item("Policy: ", &document.policy.line)?;
        self.item("Judged at: ", format_time(document.evaluated_at))?;
        self.head(document, verbosity)?;
        self.failed_rules(&organization.failed(), &limits, verbosity)?;
        self.unread(&organization.unread(), &limits)?;
        self.reasons(&organization.undetermined(), &limits)?;
        self.waived_findings(organization.full.waived(), &limits)?;
        self.counts_by_rule(&organization.by_rule())?;
        self.skipped(organization, &limits)?;
        self.notices(document)?;
        self.incomplete(organization.full)?;
        writeln!(self.out)
    }

    fn failed_rules(
        &mut self,
        groups: &[RuleGroup<'_>],
        limits: &Limits,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        if !groups.is_empty() {
            self.heading("Failed")?;
        }
        groups.iter().try_for_each(|group| self.failed_rule(group, limits, verbosity))
    }

    fn failed_rule(
        &mut self,
        group: &RuleGroup<'_>,
        limits: &Limits,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        writeln!(self.out)?;
        self.mark("FAIL", Style::Red, group.first, &group.in_accounts())?;
        let most = limits.accounts_of(group);
        let same = group.same_to_do(most);
        for entry in group.entries.iter().take(most) {
            let (findings, beyond) = entry.findings();
            let more = beyond + findings.len().saturating_sub(limits.findings);
            self.paragraph(INDENT, entry.account.label())?;
            for finding in findings.into_iter().take(limits.findings) {
                self.seen(finding, limits)?;
                if same.is_none() {
                    self.item(&format!("{ACCOUNT}To do: "), finding.to_do())?;
                }
                self.windows_of(finding, verbosity)?;
            }
            if more > 0 {
                self.paragraph(ACCOUNT, format!("{}.", more_findings(more)))?;
            }
        }
        self.more_accounts(group.entries.len().saturating_sub(most))?;
        if let Some(same) = same {
            self.item(&format!("{INDENT}To do: "), same)?;
        }
        match group.first.not_blocking() {
            Some(why) => self.paragraph(INDENT, why),
            None => Ok(()),
        }
    }

    fn seen(&mut self, finding: FindingPart<'_>, limits: &Limits) -> io::Result<()> {
        let seen = shortened(finding.seen(), limits.seen);
        match finding.title().as_str() {
            "" => self.paragraph(ACCOUNT, seen),
            title => self.paragraph(ACCOUNT, format!("{title}: {seen}")),
        }
    }

    /// Suggested windows: there are too many for a short report.
    fn windows_of(&mut self, finding: FindingPart<'_>, verbosity: Verbosity) -> io::Result<()> {
        if verbosity < Verbosity::Verbose {
            return Ok(());
        }
        for (index, line) in finding.lines_to_paste().enumerate() {
            if index == 0 {
                writeln!(self.out, "{ACCOUNT}{BELOW_WINDOWS}")?;
            }
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn more_accounts(&mut self, more: usize) -> io::Result<()> {
        match more {
            0 => Ok(()),
            more => {
                let more = accounts(more).replacen(' ', " more ", 1);
                self.paragraph(INDENT, format!("and {more}, in the JSON report (--json FILE)"))
            }
        }
    }

    /// The accounts in which nothing could be read.
    fn unread(&mut self, groups: &[ReasonGroup<'_>], limits: &Limits) -> io::Result<()> {
        let unread: usize = groups.iter().map(|group| group.accounts.len()).sum();
        if unread > 0 {
            self.heading(&format!("Nothing could be read: {}", accounts(unread)))?;
        }
        for group in groups.iter().take(limits.reasons) {
            writeln!(self.out)?;
            self.item("  UNDETERMINED in ", accounts(group.accounts.len()))?;
            self.reason(group, limits)?;
        }
        self.more_reasons(groups, limits)
    }

    /// What else could not be determined.
    fn reasons(&mut self, groups: &[ReasonGroup<'_>], limits: &Limits) -> io::Result<()> {
        if !groups.is_empty() {
            self.heading("Undetermined")?;
        }
        for group in groups.iter().take(limits.reasons) {
            writeln!(self.out)?;
            let within = format!("in {}", accounts(group.accounts.len()));
            for entry in &group.rules {
                self.mark("UNDETERMINED", Style::Yellow, *entry, &within)?;
            }
            self.reason(group, limits)?;
            if let Some(why) = group.rules.first().and_then(|entry| entry.not_blocking()) {
                self.paragraph(INDENT, why)?;
            }
        }
        self.more_reasons(groups, limits)
    }

    fn reason(&mut self, group: &ReasonGroup<'_>, limits: &Limits) -> io::Result<()> {
        for missing in &group.missing {
            self.item(&format!("{INDENT}Missing: "), format!("{missing}."))?;
        }
        for to_do in &group.to_do {
            self.item(&format!("{INDENT}To do: "), format!("{to_do}."))?;
        }
        self.long_list("In: ", group.listed(limits.named))
    }

    fn more_reasons(&mut self, groups: &[ReasonGroup<'_>], limits: &Limits) -> io::Result<()> {
        let more = groups.get(limits.reasons..).unwrap_or_default();
        let number: usize = more.iter().map(|group| group.accounts.len()).sum();
        match more.len() {
            0 => Ok(()),
            reasons => {
                let reasons = counted(reasons, "more reason");
                let text = format!("and {reasons} in {}, in the JSON report", accounts(number));
                writeln!(self.out)?;
                self.paragraph("  ", text)
            }
        }
    }

    fn waived_findings(&mut self, waived: Vec<Waived<'_>>, limits: &Limits) -> io::Result<()> {
        if !waived.is_empty() {
            self.heading("Waived")?;
            writeln!(self.out)?;
        }
        let more = waived.len().saturating_sub(limits.accounts);
        for Waived { entry, finding, by } in waived.into_iter().take(limits.accounts) {
            let account = entry.account.label();
            self.mark("WAIVED", Style::Cyan, entry, &finding.title())?;
            let until = format!("until {}, {}: {}", by.expires, by.ticket, by.reason);
            self.paragraph(INDENT, format!("{account}, {until}"))?;
        }
        match more {
            0 => Ok(()),
            more => self.paragraph(INDENT, format!("and {}.", more_findings(more))),
        }
    }

    /// A table of numbers; passes are shown nowhere else.
    fn counts_by_rule(&mut self, rules: &[RuleCounts]) -> io::Result<()> {
        if rules.is_empty() {
            return Ok(());
        }
        self.heading("Accounts by rule and outcome")?;
        let width = rules.iter().map(|rule| rule.rule.0.width()).max().unwrap_or_default();
        let row = |cells: [String; 5]| -> String {
            let cells = cells.iter().zip(COLUMN_WIDTHS);
            cells.map(|(cell, width)| format!("{cell:>width$}")).collect()
        };
        let head = row(RuleCounts::HEAD.map(|word| short(word).to_owned()));
        writeln!(self.out, "  {:width$}{head}", "")?;
        for rule in rules {
            let numbers = row(rule.numbers().map(dash));
            writeln!(self.out, "  {:width$}{numbers}", rule.rule.0)?;
        }
        Ok(())
    }

    fn skipped(&mut self, organization: Organization<'_>, limits: &Limits) -> io::Result<()> {
        let groups = organization.skipped();
        if groups.is_empty() {
            return Ok(());
        }
        let all = organization.skipped_accounts();
        self.heading(&format!("Skipped: {}", accounts(all)))?;
        for group in groups.iter().take(limits.reasons) {
            let number = accounts(group.accounts.len());
            self.item("  - ", format!("{number}: {}", shortened(group.reason, limits.seen)))?;
            self.long_list("", group.listed(limits.named))?;
        }
        let more = groups.iter().skip(limits.reasons);
        match more.map(|group| group.accounts.len()).sum() {
            0 => Ok(()),
            more => {
                self.paragraph("  ", format!("and {} more, in the JSON report", thousands(more)))
            }
        }
    }

    /// A list that is already cut by its length in accounts.
    fn long_list(&mut self, mark: &str, list: impl std::fmt::Display) -> io::Result<()> {
        self.whole(&format!("{INDENT}{mark}"), &list.to_string())
    }

    pub(super) fn redacted_organization(
        &mut self,
        document: &Document<'_>,
        organization: RedactedOrganization<'_>,
    ) -> io::Result<()> {
        self.verdict(&document.verdict)?;
        for sentence in organization.coverage() {
            self.paragraph("", &sentence)?;
        }
        self.redacted_head(document)?;
        if let Some(unread) = organization.unread() {
            writeln!(self.out)?;
            let word = self.painted(Style::Yellow, "UNDETERMINED");
            writeln!(self.out, "  {word}")?;
            self.paragraph(INDENT, unread.what)?;
            self.paragraph(INDENT, format!("in {}", unread.named))?;
        }
        for open in organization.open() {
            writeln!(self.out)?;
            let (word, style) = match open.outcome {
                Outcome::Undetermined => ("UNDETERMINED", Style::Yellow),
                _ => ("FAIL", Style::Red),
            };
            let word = self.painted(style, word);
            writeln!(self.out, "  {word} {}  {}", open.severity, open.rule)?;
            let blocks = if open.blocks { "" } else { " (does not block)" };
            self.paragraph(INDENT, format!("{}{blocks}", open.what))?;
            self.paragraph(INDENT, format!("in {}", open.named))?;
        }
        writeln!(self.out)?;
        self.codes(document)?;
        self.paragraph("", WHY)?;
        writeln!(self.out)
    }
}

/// The head of a narrow column.
fn short(word: &str) -> &str {
    if word == "undetermined" { "undeterm." } else { word }
}

fn dash(number: usize) -> String {
    if number == 0 { "-".to_owned() } else { thousands(number) }
}
