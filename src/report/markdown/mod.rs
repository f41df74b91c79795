//! The report as the summary of a GitHub job: GitHub-flavoured Markdown.
//!
//! GitHub drops a summary of more than 1 MiB with an error, so this one is cut by rows below
//! that. Mermaid may not be drawn everywhere, so its content stands in a table as well.

mod change;
mod page;
mod timeline;

use std::io::{self, Write};

use self::change::{fetched, is_plain};
use self::page::{Page, account_cell, cell, lines};
use super::evidence_files::evidence_files;
use super::origin::{Quote, built_in, judge, origin};
use super::policy_change::section::Section;
use super::redacted::{Details, Redacted};
use super::words;
use crate::escape::{code_span, markdown, shortened, visible};
use crate::model::{
    AccountReport, Counts, Finding, Outcome, Report, RuleOutcome, RuleSetting, Verdict, format_time,
};

/// Writes the summary, at most 900 KiB.
///
/// # Errors
/// What the writer says.
pub fn render(report: &Report, details: Details, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::default();
    match details {
        Details::Full => page.report(report),
        Details::Redacted => page.redacted(report.verdict, &Redacted::of(report)),
    }
    out.write_all(page.text().as_bytes())
}

/// The sign of a verdict.
const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Undetermined | Verdict::NotEvaluated => "❔",
    }
}

/// What every summary begins with.
fn heading(verdict: Verdict) -> String {
    format!("## {} rootgate: ", sign(verdict))
}

/// Whether a file that begins so is such a summary.
pub(super) fn is_one(head: &[u8]) -> bool {
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Undetermined];
    verdicts.into_iter().any(|verdict| head.starts_with(heading(verdict).as_bytes()))
}

impl Page {
    fn report(&mut self, report: &Report) {
        self.verdict(report.verdict, &words::verdict(report));
        let (counts, follows) = (words::counts(&report.counts), words::consequence(report));
        self.paragraph(&format!("**{counts}** ({follows})"));
        self.judged(report);
        self.not_evaluated(&words::not_evaluated(report));
        if let Some(section) = Section::of(report, Quote::Code) {
            self.policy_change(&section);
        }
        self.unread(report);
        self.failed(report);
        self.windows_to_agree_on(report);
        self.undetermined(report);
        self.timelines(report);
        self.waived(report);
        self.loosened(report);
        self.notices(report);
        self.fine(report);
        self.origin(report);
    }

    fn verdict(&mut self, verdict: Verdict, (word, rest): &(&'static str, String)) {
        let gap = if rest.is_empty() { "" } else { " " };
        self.line(&format!("{}{word}{gap}{}", heading(verdict), markdown(rest)));
    }

    /// Which accounts were judged, when, and by what.
    fn judged(&mut self, report: &Report) {
        let policy = origin(&report.policy, Quote::Code);
        let time = code_span(&format_time(report.evaluated_at));
        let what = match report.accounts.as_slice() {
            [] => "No account was".to_owned(),
            [account] => format!("{},", account_cell(account)),
            accounts => format!("{},", words::counted(accounts.len(), "account")),
        };
        self.paragraph(&format!("{what} judged at {time} by {policy}."));
        self.evidence_files(&evidence_files(report, Quote::Code));
        if let Some(reason) = &report.incomplete {
            self.paragraph(&format!("**The run is incomplete:** {}", cell(reason)));
        }
    }

    fn evidence_files(&mut self, clauses: &[String]) {
        for clause in clauses {
            self.paragraph(&format!("Evidence from a file: {clause}."));
        }
    }

    fn unread(&mut self, report: &Report) {
        let unread = report.accounts.iter().filter(|account| account.nothing_read);
        let why = |account| cell(&words::nothing_read(account));
        let rows = unread.map(|account| vec![account_cell(account), why(account)]).collect();
        self.table("Accounts of which nothing counts", &["Account", "Why"], rows);
    }

    fn failed(&mut self, report: &Report) {
        let mut rows = Vec::new();
        for (account, outcome) in
            words::worst_first(&report.accounts, |outcome| outcome.outcome == Outcome::Fail)
        {
            let (kept, more) = words::kept(outcome);
            for finding in kept {
                let row = vec![
                    code_span(outcome.rule.0),
                    severity_cell(outcome),
                    code_span(&words::subject(finding)),
                    cell(&finding.message),
                    times(finding),
                    cell(&finding.remedy),
                ];
                rows.push(of_account(report, account, row));
            }
            if more > 0 {
                let (rule, severity) = (code_span(outcome.rule.0), severity_cell(outcome));
                let seen = format!("{}, in the JSON report", words::counted(more, "more finding"));
                let row = [rule, severity, "and more".into(), seen, String::new(), String::new()];
                rows.push(of_account(report, account, row.into()));
            }
        }
        let head = ["Rule", "Severity", "Subject", "What was seen", "Since, until", "To do"];
        self.table("Failed", &heads(report, &head), rows);
    }

    /// Windows that a remedy needs first, or that acknowledge a use, for whoever agreed on them.
    fn windows_to_agree_on(&mut self, report: &Report) {
        let mut blocks: Vec<String> = Vec::new();
        for (_, outcome) in
            words::worst_first(&report.accounts, |outcome| outcome.outcome == Outcome::Fail)
        {
            for finding in words::kept(outcome).0.iter().filter(|it| it.window.is_some()) {
                // As entries stand below their key, so that whole lines can be pasted.
                let lines = finding.windows().map(|window| format!("  {}\n", visible(window)));
                let lines: String = lines.collect();
                let (rule, fence) = (code_span(outcome.rule.0), page::fence(&lines));
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

    fn undetermined(&mut self, report: &Report) {
        let undetermined = words::worst_first(&report.accounts, |outcome| {
            outcome.outcome == Outcome::Undetermined
        });
        let mut rows = Vec::new();
        for alike in undetermined.chunk_by(words::same_reason) {
            let Some((account, outcome)) = alike.first() else { continue };
            let told = words::shut(account).map(|_| "everything, see above".to_owned());
            let gaps = outcome.gaps.iter().filter(|_| told.is_none());
            let gaps = gaps.map(|gap| cell(&format!("{}.", words::gap(gap)))).chain(told.clone());
            let remedies = outcome.gaps.iter().filter_map(words::gap_remedy);
            rows.push(of_account(
                report,
                account,
                vec![
                    lines(alike.iter().map(|(_, outcome)| code_span(outcome.rule.0))),
                    lines(alike.iter().map(|(_, outcome)| severity_cell(outcome))),
                    lines(gaps),
                    lines(remedies.map(|remedy| cell(&remedy))),
                ],
            ));
        }
        let head = ["Rule", "Severity", "What is lacking", "To do"];
        self.table("Undetermined", &heads(report, &head), rows);
    }

    fn waived(&mut self, report: &Report) {
        let mut rows = Vec::new();
        for (account, outcome) in words::worst_first(&report.accounts, |_| true) {
            for finding in &outcome.findings {
                let Some(waiver) = &finding.waiver else { continue };
                let row = vec![
                    code_span(outcome.rule.0),
                    code_span(&words::subject(finding)),
                    cell(&finding.message),
                    cell(&waiver.ticket),
                    cell(&waiver.reason),
                    waiver.expires.to_string(),
                ];
                rows.push(of_account(report, account, row));
            }
        }
        let head = ["Rule", "Subject", "What was seen", "Ticket", "Reason", "Last day"];
        self.table("Waived", &heads(report, &head), rows);
    }

    /// Rules that the policy switches off or lowers.
    fn loosened(&mut self, report: &Report) {
        let loosened = |rule: &&RuleSetting| !rule.on || rule.severity < rule.info.severity;
        let rows = report.rules.iter().filter(loosened).map(|rule| {
            let (default, now) = (rule.info.severity, rule.severity);
            vec![
                code_span(rule.info.id.0),
                if rule.on { format!("{now} instead of {default}") } else { "off".to_owned() },
                rule.line.map(|line| line.to_string()).unwrap_or_default(),
            ]
        });
        let head = ["Rule", "The policy says", "Policy line"];
        self.table("Rules off or lowered", &head, rows.collect());
    }

    fn notices(&mut self, report: &Report) {
        let rows = report.notices.iter().map(|notice| {
            vec![
                cell(&notice.message),
                code_span(notice.code.id()),
                notice.line.map(|line| line.to_string()).unwrap_or_default(),
            ]
        });
        self.table("Notices", &["Notice", "Code", "Policy line"], rows.collect());
    }

    /// What passes or does not apply, closed until a reader opens it.
    fn fine(&mut self, report: &Report) {
        let mut rows = Vec::new();
        for account in &report.accounts {
            for outcome in &account.outcomes {
                if !matches!(outcome.outcome, Outcome::Pass | Outcome::NotApplicable) {
                    continue;
                }
                let facts = outcome.evidence.iter();
                let facts = facts.map(|basis| cell(&words::basis(basis, report.evaluated_at)));
                let row = vec![
                    code_span(outcome.rule.0),
                    outcome.outcome.id().to_owned(),
                    cell(&outcome.message),
                    lines(facts),
                ];
                rows.push(of_account(report, account, row));
            }
        }
        if rows.is_empty() {
            return;
        }
        let only = Counts {
            passed: report.counts.passed,
            not_applicable: report.counts.not_applicable,
            ..Counts::default()
        };
        self.line(&format!("\n<details><summary>{}</summary>", words::counts(&only)));
        self.rows(&heads(report, &["Rule", "Outcome", "Why", "Evidence"]), rows);
        self.line("\n</details>");
    }

    /// Which policy judged, and how to do it again elsewhere.
    fn origin(&mut self, report: &Report) {
        let policy = &report.policy;
        self.line("\n### Policy\n");
        match (&policy.path, judge(policy, Quote::Code)) {
            (None, _) => self.line(&format!("- {}", built_in(policy))),
            (Some(_), Some(judge)) => self.line(&format!("- {judge}")),
            (Some(_), None) => {}
        }
        let parts = [
            ("path", &policy.path),
            ("ref", &policy.git_ref),
            ("commit", &policy.commit),
            ("SHA-256", &policy.sha256),
        ];
        self.policy_parts(
            parts.into_iter().filter_map(|(key, part)| Some((key, part.as_deref()?))),
        );
        // A path with other letters would need quoting, and each shell quotes in its own way.
        let plain = |path: &&String| is_plain(path);
        // The checkout's file would be judged by otherwise.
        let fetched = report.policy_change.as_ref().and_then(|_| fetched(policy));
        let flag = match (&policy.path, &fetched) {
            (_, Some(_)) => " --policy judging.yaml".to_owned(),
            (Some(path), None) => {
                format!(" --policy {}", Some(path).filter(plain).map_or("FILE", |path| path))
            }
            (None, None) => String::new(),
        };
        let fetch = fetched.map(|line| format!("{line}\n")).unwrap_or_default();
        let time = format_time(report.evaluated_at);
        self.line("\nTo judge the same account again, with credentials of your own, or saved evidence at this instant:\n");
        self.line(&format!(
            "```sh\n{fetch}rootgate check{flag}\nrootgate check{flag} --evidence evidence.json --at {time}\n```"
        ));
    }

    fn redacted(&mut self, verdict: Verdict, report: &Redacted) {
        self.verdict(verdict, &report.verdict);
        self.paragraph(&format!("**{}** ({})", report.counts, report.consequence));
        self.paragraph(&format!("Judged at {}.", code_span(&report.evaluated_at)));
        self.evidence_files(&report.evidence_files);
        self.not_evaluated(&report.not_evaluated);
        if let Some(change) = &report.change {
            self.redacted_change(change);
        }
        let rows = report.open.iter().map(|open| {
            vec![
                cell(&open.account),
                code_span(open.rule.0),
                open.severity.to_string(),
                open.outcome.id().to_owned(),
                cell(&open.what()),
                if open.blocks { "yes".to_owned() } else { "no".to_owned() },
            ]
        });
        let head = ["Account", "Rule", "Severity", "Outcome", "What", "Blocks"];
        self.table("What to look at", &head, rows.collect());
        let rows = report.notices.iter().map(|(code, line)| {
            vec![code_span(code), line.map(|line| line.to_string()).unwrap_or_default()]
        });
        self.table("Notices", &["Code", "Policy line"], rows.collect());
        self.line("\n### Policy\n");
        self.line(&format!("- {}", cell(&report.origin)));
        self.policy_parts(report.policy.iter().map(|(key, part)| (*key, part.as_str())));
        self.paragraph(super::redacted::WHY);
    }

    fn policy_parts<'a>(&mut self, parts: impl Iterator<Item = (&'static str, &'a str)>) {
        for (key, part) in parts {
            self.line(&format!("- {key} {}", code_span(&shortened(part, words::MAX_TEXT))));
        }
    }
}

/// The row, and whose it is where several accounts were judged.
fn of_account(report: &Report, account: &AccountReport, mut row: Vec<String>) -> Vec<String> {
    if report.accounts.len() > 1 {
        row.insert(0, account_cell(account));
    }
    row
}

fn heads<'a>(report: &Report, head: &[&'a str]) -> Vec<&'a str> {
    let account = (report.accounts.len() > 1).then_some("Account");
    account.into_iter().chain(head.iter().copied()).collect()
}

fn severity_cell(outcome: &RuleOutcome) -> String {
    match outcome.blocks {
        true => format!("**{}**", outcome.severity),
        false => format!("{}, does not block", outcome.severity),
    }
}

fn times(finding: &Finding) -> String {
    let since = finding.happened_at.map(|time| format!("since {}", format_time(time)));
    let clears = finding.clears_at.map(|time| format!("turns green at {}", format_time(time)));
    lines(since.into_iter().chain(clears).map(|text| cell(&text)))
}
