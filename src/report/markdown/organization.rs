//! An organization in the job summary: what needs a person by rule and by reason, numbers for the rest.

use super::page::{Page, account_cell, cell, fence, lines, prose};
use super::{line_cell, severity_cell, times};
use crate::escape::code_span;
use crate::model::{Outcome, capitalized, format_time};
use crate::report::document::{
    Document, Entry, FindingPart, Matrix, OpenRule, Organization, ReasonGroup,
    RedactedOrganization, RuleCounts, RuleGroup, SkippedGroup, WHY, Waived, accounts,
    more_findings, thousands,
};

/// Maximum number of accounts of a rule, each with its findings.
const MAX_ACCOUNTS: usize = 25;
/// Maximum number of accounts in a list of names.
const MAX_NAMED: usize = 100;
/// Maximum number of reasons, and of waived findings.
const MAX_ROWS: usize = 50;
/// Maximum number of suggested windows.
const MAX_WINDOWS: usize = 50;

impl Page<'_> {
    pub(super) fn organization(&mut self, document: &Document<'_>, it: Organization<'_>) {
        self.verdict(&document.verdict);
        it.coverage().iter().for_each(|sentence| self.paragraph(&prose(sentence)));
        let time = code_span(&format_time(document.evaluated_at));
        self.paragraph(&format!("Judged at {time} by {}.", prose(&document.policy.line)));
        self.before_accounts(document, it.full);
        let failed = it.failed();
        failed.iter().enumerate().for_each(|(index, group)| self.failed_rule(index, group));
        self.unread_accounts(it.unread());
        self.reasons(it.undetermined());
        self.suggested_windows(&failed);
        self.numbers(it);
        self.waived_findings(it.full.waived());
        self.loosened(it.full);
        self.skipped(it);
        self.notices(&document.notices);
        self.policy(&document.policy);
        self.commands(super::CLOSING_OF_SEVERAL, it.full);
    }

    /// A rule with the accounts in which it fails.
    fn failed_rule(&mut self, index: usize, group: &RuleGroup<'_>) {
        if index == 0 {
            self.line("\n### Failed");
        }
        let (rule, severity) = (code_span(group.rule().0), severity_cell(group.first));
        self.line(&format!("\n#### {rule}, {severity}, {}", group.in_accounts()));
        let same = group.same_to_do(MAX_ACCOUNTS);
        if let Some(same) = &same {
            self.paragraph(&format!("To do: {}", cell(same)));
        }
        let mut rows: Vec<(Entry<'_>, Option<FindingPart<'_>>, usize)> = Vec::new();
        for entry in group.entries.iter().take(MAX_ACCOUNTS) {
            let (kept, more) = entry.findings();
            rows.extend(kept.into_iter().map(|finding| (*entry, Some(finding), 0)));
            rows.extend((more > 0).then_some((*entry, None, more)));
        }
        let head = ["Account", "Subject", "What was seen", "Since, until"];
        let to_do = same.is_none().then_some("To do");
        let head: Vec<_> = head.into_iter().chain(to_do).collect();
        self.rows(&head, rows, 0, |(entry, finding, more)| {
            let account = account_cell(entry.account);
            let mut row = match finding {
                Some(finding) => {
                    let subject = code_span(&finding.title());
                    vec![account, subject, cell(finding.seen()), times(finding)]
                }
                None => vec![account, "and more".into(), more_findings(more), String::new()],
            };
            if same.is_none() {
                row.push(finding.map(|finding| cell(finding.to_do())).unwrap_or_default());
            }
            row
        });
        self.more_accounts(group.entries.len().saturating_sub(MAX_ACCOUNTS));
    }

    fn more_accounts(&mut self, more: usize) {
        if more > 0 {
            let more = accounts(more).replacen(' ', " more ", 1);
            self.paragraph(&format!("and {more}, in the JSON report"));
        }
    }

    fn unread_accounts(&mut self, groups: Vec<ReasonGroup<'_>>) {
        if groups.is_empty() {
            return;
        }
        let all: usize = groups.iter().map(|group| group.accounts.len()).sum();
        self.line(&format!("\n### Nothing could be read: {}", accounts(all)));
        self.paragraph("What needs the account's own facts is undetermined there.");
        self.groups(&["Accounts", "Missing", "To do"], groups, |group| reason_row(group, None));
    }

    fn reasons(&mut self, groups: Vec<ReasonGroup<'_>>) {
        if groups.is_empty() {
            return;
        }
        self.line("\n### Undetermined");
        let head = ["Rule", "Severity", "Accounts", "Missing", "To do"];
        self.groups(&head, groups, |group| {
            let entries = || group.rules.iter().copied();
            let rules = lines(entries().map(|entry| code_span(entry.rule().0)));
            reason_row(group, Some([rules, lines(entries().map(severity_cell))]))
        });
    }

    fn groups<'a>(
        &mut self,
        head: &[&str],
        mut groups: Vec<ReasonGroup<'a>>,
        row: impl Fn(&ReasonGroup<'a>) -> Vec<String>,
    ) {
        let more = groups.len().saturating_sub(MAX_ROWS);
        groups.truncate(MAX_ROWS);
        self.rows(head, groups, more, |group| row(&group));
    }

    /// Windows of the findings shown above, collapsed.
    fn suggested_windows(&mut self, groups: &[RuleGroup<'_>]) {
        let shown = groups.iter().flat_map(|group| group.entries.iter().take(MAX_ACCOUNTS));
        let findings = shown.flat_map(|entry| entry.findings().0);
        let mut windows: Vec<String> = findings.flat_map(FindingPart::lines_to_paste).collect();
        let mut seen = std::collections::BTreeSet::new();
        windows.retain(|window| seen.insert(window.clone()));
        if windows.is_empty() {
            return;
        }
        let more = windows.len().saturating_sub(MAX_WINDOWS);
        windows.truncate(MAX_WINDOWS);
        self.line("\n<details><summary>Windows to agree on</summary>");
        self.paragraph(
            "Paste them below `windows:` in the policy, and fill in `REASON` and `TICKET`.",
        );
        let text = windows.join("\n");
        let fence = fence(&text);
        self.blocks(&[format!("\n{fence}yaml\n{text}\n{fence}")]);
        if more > 0 {
            self.paragraph(&format!("{} more in the JSON report.", thousands(more)));
        }
        self.line("\n</details>");
    }

    /// Accounts × rules; numbers by rule if there are too many accounts.
    fn numbers(&mut self, it: Organization<'_>) {
        match it.matrix() {
            Some(matrix) => self.matrix(matrix),
            None => {
                let [fail, undetermined, waived, pass, not_applicable] = RuleCounts::HEAD;
                let head = ["Rule", "Severity", fail, undetermined, waived, pass, not_applicable];
                self.table("Accounts by rule and outcome", &head, it.by_rule(), |rule| {
                    let numbers = rule.numbers().map(thousands);
                    let head = [code_span(rule.rule.0), rule.severity.to_string()];
                    head.into_iter().chain(numbers).collect()
                });
            }
        }
    }

    fn matrix(&mut self, matrix: Matrix<'_>) {
        let rules: Vec<_> = matrix.rules.iter().map(|rule| code_span(rule.0)).collect();
        let head = std::iter::once("Account").chain(rules.iter().map(String::as_str));
        let head: Vec<_> = head.collect();
        self.table("Accounts by rule", &head, matrix.rows, |(account, outcomes)| {
            let outcomes = outcomes.into_iter().map(|outcome| sign(outcome).to_owned());
            std::iter::once(account_cell(account)).chain(outcomes).collect()
        });
        self.paragraph("❌ fail, ❔ undetermined, ☑️ waived, ✅ pass, – not applicable");
    }

    fn waived_findings(&mut self, mut waived: Vec<Waived<'_>>) {
        if waived.is_empty() {
            return;
        }
        let more = waived.len().saturating_sub(MAX_ROWS);
        waived.truncate(MAX_ROWS);
        self.line("\n### Waived");
        let head: Vec<_> = std::iter::once("Account").chain(super::WAIVED).collect();
        self.rows(&head, waived, more, |waived| {
            let account = account_cell(waived.entry.account);
            std::iter::once(account).chain(super::waived_row(&waived)).collect()
        });
    }

    /// The accounts that are not judged, collapsed.
    fn skipped(&mut self, it: Organization<'_>) {
        let mut groups = it.skipped();
        if groups.is_empty() {
            return;
        }
        let more = groups.len().saturating_sub(MAX_ROWS);
        groups.truncate(MAX_ROWS);
        let skipped = accounts(it.skipped_accounts());
        self.line(&format!("\n<details><summary>{skipped} skipped</summary>"));
        self.rows(&["Why", "Accounts"], groups, more, |group: SkippedGroup<'_>| {
            let number = accounts(group.accounts.len());
            vec![cell(group.reason), format!("{number}: {}", prose(&group.listed(MAX_NAMED)))]
        });
        self.line("\n</details>");
    }

    pub(super) fn redacted_organization(
        &mut self,
        document: &Document<'_>,
        it: RedactedOrganization<'_>,
    ) {
        self.verdict(&document.verdict);
        it.coverage().iter().for_each(|sentence| self.paragraph(&prose(sentence)));
        self.redacted_head(document);
        if let Some(unread) = it.unread() {
            let (what, named) = (capitalized(&unread.what), cell(&unread.named));
            self.paragraph(&format!("{what}: {named}."));
        }
        let head = ["Rule", "Severity", "Outcome", "What", "Accounts", "Blocks", "Policy line"];
        self.table("What to look at", &head, it.open(), |open: OpenRule| {
            vec![
                code_span(open.rule.0),
                open.severity.to_string(),
                open.outcome.id().to_owned(),
                cell(&open.what),
                cell(&open.named),
                if open.blocks { "yes".to_owned() } else { "no".to_owned() },
                line_cell(Some(open.line)),
            ]
        });
        self.notices(&document.notices);
        self.policy(&document.policy);
        self.paragraph(WHY);
    }
}

fn reason_row(group: &ReasonGroup<'_>, rules: Option<[String; 2]>) -> Vec<String> {
    let number = accounts(group.accounts.len());
    let named = prose(&group.listed(MAX_NAMED));
    let rest = [
        if group.accounts.len() == 1 { named } else { format!("{number}: {named}") },
        lines(group.missing.iter().map(|missing| format!("{}.", prose(missing)))),
        lines(group.to_do.iter().map(prose)),
    ];
    rules.into_iter().flatten().chain(rest).collect()
}

const fn sign(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "✅",
        Some(Outcome::Fail) => "❌",
        Some(Outcome::Undetermined) => "❔",
        Some(Outcome::Waived) => "☑️",
        Some(Outcome::NotApplicable) => "–",
        None => "",
    }
}
