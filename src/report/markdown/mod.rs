//! The report as the summary of a GitHub job: GitHub-flavoured Markdown.
//!
//! GitHub rejects a summary of more than 1 MiB, so rows are cut to stay below that. Mermaid is not drawn
//! everywhere, so a table shows the same content.

mod change;
mod known;
mod organization;
mod page;
mod timeline;

use std::io::{self, Write};

pub(super) use self::known::SIGNATURE;
use self::known::{CLOSING, CLOSING_OF_SEVERAL, FENCES};
use self::page::{Page, account_cell, cell, lines, prose};
use super::document::{
    Body, Details, Document, Entry, FROM_A_FILE, FindingPart, Full, MAX_TEXT, NOT_EVALUATED,
    NoticePart, OpenOutcome, PolicyPart, Redacted, SameReason, VerdictLine, WHY, Waived, counts,
    group_by_reason, more_findings,
};
use crate::escape::{code_span, shortened};
use crate::model::{Counts, Outcome, Report, RuleSetting, Verdict, counted, format_time};

/// Writes the summary, at most 900 KiB.
///
/// # Errors
/// The error of the writer.
pub fn render(report: &Report, details: Details, out: &mut dyn Write) -> io::Result<()> {
    let document = Document::from_report(report, details);
    let mut page = Page::new(out);
    match document.body {
        Body::Full(full) => page.full(&document, full),
        Body::Redacted(redacted) => page.redacted(&document, redacted),
        Body::Organization(organization) => page.organization(&document, organization),
        Body::RedactedOrganization(organization) => {
            page.redacted_organization(&document, organization);
        }
    }
    page.ended()
}

/// The sign of a verdict.
const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Undetermined | Verdict::NotEvaluated => "❔",
    }
}

/// The beginning of every summary.
fn heading(verdict: Verdict) -> String {
    format!("## {} rootgate: ", sign(verdict))
}

impl Page<'_> {
    fn full(&mut self, document: &Document<'_>, full: Full<'_>) {
        self.verdict(&document.verdict);
        self.judged(document, full);
        self.before_accounts(document, full);
        self.unread(full);
        self.failed(full);
        self.windows_to_agree_on(full);
        self.undetermined(full);
        self.timelines(full);
        self.waived(full);
        self.loosened(full);
        self.notices(&document.notices);
        self.fine(full);
        self.policy(&document.policy);
        self.commands(CLOSING, full);
    }

    /// The part between the time and the accounts.
    fn before_accounts(&mut self, document: &Document<'_>, full: Full<'_>) {
        self.evidence_files(document);
        if let Some(reason) = full.incomplete() {
            self.paragraph(&format!("**The run is incomplete:** {}", cell(reason)));
        }
        self.not_evaluated(document);
        if let Some(change) = &document.change {
            self.policy_change(change);
        }
    }

    fn commands(&mut self, closing: &str, full: Full<'_>) {
        self.line(&format!("\n{closing}\n"));
        let (open, close) = FENCES;
        self.line(&format!("{open}\n{}\n{close}", full.rerun_commands().join("\n")));
    }

    fn redacted(&mut self, document: &Document<'_>, redacted: Redacted<'_>) {
        self.verdict(&document.verdict);
        self.redacted_head(document);
        let head = ["Account", "Rule", "Severity", "Outcome", "What", "Blocks"];
        self.table("What to look at", &head, redacted.open().collect(), |open: OpenOutcome<'_>| {
            vec![
                cell(&open.account),
                code_span(open.rule.0),
                open.severity.to_string(),
                open.outcome.id().to_owned(),
                cell(&open.what()),
                if open.blocks { "yes".to_owned() } else { "no".to_owned() },
            ]
        });
        self.notices(&document.notices);
        self.policy(&document.policy);
        self.paragraph(WHY);
    }

    /// The part before the accounts, for strangers.
    fn redacted_head(&mut self, document: &Document<'_>) {
        let time = code_span(&format_time(document.evaluated_at));
        self.paragraph(&format!("Judged at {time}."));
        self.evidence_files(document);
        self.not_evaluated(document);
        if let Some(change) = &document.change {
            self.policy_change(change);
        }
    }

    fn verdict(&mut self, line: &VerdictLine<'_>) {
        let limits = line.limits.as_ref().map(|limits| format!(" {}", prose(limits)));
        let VerdictLine { verdict, word, counts, consequence, .. } = line;
        self.line(&format!("{}{word}{}", heading(*verdict), limits.unwrap_or_default()));
        self.paragraph(&format!("**{counts}** ({consequence})"));
    }

    /// The judged accounts, the time and the policy.
    fn judged(&mut self, document: &Document<'_>, full: Full<'_>) {
        let mut accounts = full.accounts();
        let what = match (accounts.len(), accounts.next()) {
            (1, Some(account)) => format!("{},", account_cell(account)),
            (_, None) => "No account was".to_owned(),
            (several, _) => format!("{},", counted(several, "account")),
        };
        let time = code_span(&format_time(document.evaluated_at));
        let policy = prose(&document.policy.line);
        self.paragraph(&format!("{what} judged at {time} by {policy}."));
    }

    fn evidence_files(&mut self, document: &Document<'_>) {
        for clause in &document.evidence_files {
            self.paragraph(&format!("{FROM_A_FILE}{}.", prose(clause)));
        }
    }

    /// Why nothing was evaluated, and what to do.
    fn not_evaluated(&mut self, document: &Document<'_>) {
        if document.not_evaluated.is_empty() {
            return;
        }
        self.line(&format!("\n### {NOT_EVALUATED}"));
        document.not_evaluated.iter().for_each(|sentence| self.paragraph(&prose(sentence)));
    }

    fn unread(&mut self, full: Full<'_>) {
        let unread = full.accounts().filter_map(|account| Some((account, account.nothing_read()?)));
        let head = ["Account", "Why"];
        self.table(
            "Accounts without usable evidence",
            &head,
            unread.collect(),
            |(account, why)| vec![account_cell(account), prose(&why)],
        );
    }

    fn failed(&mut self, full: Full<'_>) {
        let mut rows: Vec<(Entry<'_>, Option<FindingPart<'_>>, usize)> = Vec::new();
        for entry in full.of_kind(Outcome::Fail) {
            let (kept, more) = entry.findings();
            rows.extend(kept.into_iter().map(|finding| (entry, Some(finding), 0)));
            rows.extend((more > 0).then_some((entry, None, more)));
        }
        let head = ["Rule", "Severity", "Subject", "What was seen", "Since, until", "To do"];
        self.table("Failed", &heads(full, &head), rows, |(entry, finding, more)| {
            let [subject, seen, times, to_do] = match finding {
                Some(finding) => [
                    code_span(&finding.title()),
                    cell(finding.seen()),
                    times(finding),
                    cell(finding.to_do()),
                ],
                None => ["and more".into(), more_findings(more), String::new(), String::new()],
            };
            let (rule, severity) = (code_span(entry.rule().0), severity_cell(entry));
            with_account(full, entry, vec![rule, severity, subject, seen, times, to_do])
        });
    }

    /// Suggested windows: a remedy needs them first, or they acknowledge a use.
    fn windows_to_agree_on(&mut self, full: Full<'_>) {
        let mut blocks: Vec<String> = Vec::new();
        for entry in full.of_kind(Outcome::Fail) {
            for finding in entry.findings().0 {
                let lines: String =
                    finding.lines_to_paste().map(|line| format!("{line}\n")).collect();
                if lines.is_empty() {
                    continue;
                }
                let (rule, fence) = (code_span(entry.rule().0), page::fence(&lines));
                blocks.push(format!("\nFor {rule}:\n\n{fence}yaml\n{lines}{fence}"));
            }
        }
        blocks.dedup();
        if !blocks.is_empty() {
            self.line("\n### Windows to agree on");
            self.paragraph(
                "Paste them below `windows:` in the policy, and fill in `REASON` and `TICKET`.",
            );
            self.blocks(&blocks);
        }
    }

    fn undetermined(&mut self, full: Full<'_>) {
        let undetermined = full.of_kind(Outcome::Undetermined);
        let head = ["Rule", "Severity", "Missing", "To do"];
        let groups = group_by_reason(&undetermined).collect();
        self.table("Undetermined", &heads(full, &head), groups, |group: SameReason<'_, '_>| {
            let entries = || group.entries.iter().copied();
            let what = group.missing.iter().map(|it| format!("{}.", prose(&it.what)));
            let to_do = group.missing.iter().filter_map(|it| Some(prose(it.to_do.as_ref()?)));
            let row = vec![
                lines(entries().map(|entry| code_span(entry.rule().0))),
                lines(entries().map(severity_cell)),
                match group.missing.is_empty() {
                    true => "everything, see above".to_owned(),
                    false => lines(what),
                },
                lines(to_do),
            ];
            with_account(full, group.first, row)
        });
    }

    fn waived(&mut self, full: Full<'_>) {
        self.table("Waived", &heads(full, &WAIVED), full.waived(), |waived: Waived<'_>| {
            with_account(full, waived.entry, waived_row(&waived).into())
        });
    }

    /// Rules that the policy switches off or lowers.
    fn loosened(&mut self, full: Full<'_>) {
        let head = ["Rule", "The policy says", "Policy line"];
        self.table("Rules off or lowered", &head, full.loosened(), |rule: &RuleSetting| {
            let (default, now) = (rule.info.severity, rule.severity);
            vec![
                code_span(rule.info.id.0),
                if rule.on { format!("{now} instead of {default}") } else { "off".to_owned() },
                line_cell(rule.line),
            ]
        });
    }

    /// Strangers get no column of messages.
    fn notices(&mut self, notices: &[NoticePart]) {
        let has_messages = notices.iter().any(|notice| notice.message.is_some());
        let head: &[&str] = if has_messages {
            &["Notice", "Code", "Policy line"]
        } else {
            &["Code", "Policy line"]
        };
        self.table("Notices", head, notices.iter().collect(), |notice| {
            let rest = [code_span(notice.code), line_cell(notice.line)];
            notice.message.as_deref().map(cell).into_iter().chain(rest).collect()
        });
    }

    /// Outcomes that pass or do not apply, collapsed.
    fn fine(&mut self, full: Full<'_>) {
        let entries = full.fine();
        if entries.is_empty() {
            return;
        }
        let Counts { passed, not_applicable, .. } = full.counts();
        let only = Counts { passed, not_applicable, ..Counts::default() };
        self.line(&format!("\n<details><summary>{}</summary>", counts(&only)));
        let head = ["Rule", "Outcome", "Why", "Evidence"];
        self.rows(&heads(full, &head), entries, 0, |entry| {
            let row = vec![
                code_span(entry.rule().0),
                entry.outcome().id().to_owned(),
                cell(entry.message()),
                lines(entry.evidence().map(|basis| prose(&basis))),
            ];
            with_account(full, entry, row)
        });
        self.line("\n</details>");
    }

    /// Which policy judged.
    fn policy(&mut self, policy: &PolicyPart<'_>) {
        self.line("\n### Policy\n");
        if let Some(how) = &policy.how {
            self.line(&format!("- {}", prose(how)));
        }
        for (key, part) in &policy.parts {
            self.line(&format!("- {key} {}", code_span(&shortened(part, MAX_TEXT))));
        }
    }
}

const WAIVED: [&str; 6] = ["Rule", "Subject", "What was seen", "Ticket", "Reason", "Last day"];

fn waived_row(Waived { entry, finding, by }: &Waived<'_>) -> [String; 6] {
    [
        code_span(entry.rule().0),
        code_span(&finding.title()),
        cell(finding.seen()),
        cell(&by.ticket),
        cell(&by.reason),
        by.expires.to_string(),
    ]
}

/// The row, with its account if several accounts were judged.
fn with_account(full: Full<'_>, entry: Entry<'_>, mut row: Vec<String>) -> Vec<String> {
    if full.accounts().len() > 1 {
        row.insert(0, account_cell(entry.account));
    }
    row
}

fn heads<'a>(full: Full<'_>, head: &[&'a str]) -> Vec<&'a str> {
    let account = (full.accounts().len() > 1).then_some("Account");
    account.into_iter().chain(head.iter().copied()).collect()
}

fn severity_cell(entry: Entry<'_>) -> String {
    match entry.blocks() {
        true => format!("**{}**", entry.severity()),
        false => format!("{}, does not block", entry.severity()),
    }
}

fn line_cell(line: Option<usize>) -> String {
    line.map(|line| line.to_string()).unwrap_or_default()
}

fn times(finding: FindingPart<'_>) -> String {
    let stamp = |words: &str, time| format!("{words} {}", code_span(&format_time(time)));
    let since = finding.since().map(|time| stamp("since", time));
    let clears = finding.clears_at().map(|time| stamp("turns green at", time));
    lines(since.into_iter().chain(clears))
}
