//! Tests of every format: its look, hostile text, redaction.

mod changes;
mod organization;

use pulldown_cmark::{Event, Options as Extensions, Parser, Tag, TagEnd};

use super::document::missing::MissingFact;
use super::fixtures::{action, at, broken, fork, green, outside, red, undetermined, weakened};
use super::*;
use crate::escape::tests::{HOSTILE, commands};
use crate::evaluate::evaluate;
use crate::model::{Cause, EvidenceFile, Gap, Judge, Source};
use crate::testing::{NOW, built_in, healthy};

/// The report in a format, with everything shown and no colour.
pub(super) fn rendered(report: &Report, format: Format) -> String {
    shown(report, format, &Options::default())
}

pub(super) fn shown(report: &Report, format: Format, options: &Options<'_>) -> String {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(super) fn annotated(report: &Report, details: Details) -> String {
    let mut out = Vec::new();
    annotations::render(report, details, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const REDACTED: Options<'static> = Options {
    details: Details::Redacted,
    verbosity: Verbosity::Verbose,
    color: false,
    category: None,
};

/// Hides the version, which changes with every release.
fn without_version(text: &str) -> String {
    text.replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"[version]\"")
}

#[test]
fn three_reports_in_every_format() {
    for (name, report) in [("red", red()), ("undetermined", undetermined()), ("green", green())] {
        for format in Format::ALL {
            let name = format!("{name}-{}", format.id());
            insta::assert_snapshot!(name, without_version(&rendered(&report, *format)));
        }
        let name = format!("{name}-annotations");
        insta::assert_snapshot!(name, annotated(&report, Details::Full));
    }
}

#[test]
fn runs_of_pull_requests_in_every_format_for_people() {
    for (name, report) in [("weakened", weakened()), ("broken", broken()), ("fork", fork())] {
        for (format, word) in [(Format::Text, "text"), (Format::Markdown, "markdown")] {
            insta::assert_snapshot!(format!("{name}-{word}"), rendered(&report, format));
            let redacted = shown(&report, format, &REDACTED);
            insta::assert_snapshot!(format!("{name}-redacted-{word}"), redacted);
        }
        for (details, word) in [(Details::Full, ""), (Details::Redacted, "redacted-")] {
            let annotations = annotated(&report, details);
            insta::assert_snapshot!(format!("{name}-{word}annotations"), annotations);
        }
    }
}

#[test]
fn the_red_report_redacted() {
    insta::assert_snapshot!("red-redacted-text", shown(&red(), Format::Text, &REDACTED));
    insta::assert_snapshot!("red-redacted-markdown", shown(&red(), Format::Markdown, &REDACTED));
    insta::assert_snapshot!("red-redacted-annotations", annotated(&red(), Details::Redacted));
}

#[test]
fn a_verbose_report_shows_ages_and_why_rules_pass() {
    let options = Options { verbosity: Verbosity::Verbose, ..Options::default() };
    let text = shown(&red(), Format::Text, &options);
    assert!(text.contains("pass  root-mfa-missing: Root has MFA."));
    assert!(text.contains("from credential report of 2026-11-02T06:40:00Z (3h20m old)"));
    assert!(text.contains("from account summary of 2026-11-02T09:59:58Z (2s old)"));
    assert!(!rendered(&red(), Format::Text).contains("Root has MFA."));
}

#[test]
fn an_answer_that_cannot_be_used_has_a_next_step_in_every_format() {
    let odd = "the column `mfa_active` of the credential report holds `odd`";
    let gap = Gap::new(Source::CredentialReport, Cause::Unreadable, odd);
    let mut report = undetermined();
    for outcome in &mut report.accounts[0].outcomes {
        outcome.gaps = outcome.gaps.iter().map(|_| gap.clone()).collect();
    }
    let unwrapped = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for format in [Format::Text, Format::Markdown, Format::Sarif] {
        let text = unwrapped(rendered(&report, format));
        for part in ["mfa_active", "which AWS makes at most 4 hours after this one", "as a bug"] {
            assert!(text.contains(part), "{}: {part}", format.id());
        }
    }
    for source in Source::ALL {
        for cause in [Cause::Unreadable, Cause::Missing, Cause::Conflicting, Cause::Future] {
            let gap = Gap::new(*source, cause, "odd");
            let remedy = MissingFact::from_gap(&gap).to_do.map(|to_do| to_do.to_string());
            assert!(remedy.is_some_and(|remedy| !remedy.ends_with('.')), "{source} {cause:?}");
        }
    }
}

#[test]
fn an_odd_cell_of_the_root_row_names_its_column_and_a_next_step() {
    for column in ["mfa_active", "access_key_1_active", "cert_2_active", "password_last_used"] {
        let evidence = healthy().with_row(&[(column, "odd")]).without(
            // The summary alone would decide on keys and MFA, whatever the cell holds.
            Source::AccountSummary,
            Cause::NotCollected,
        );
        let judged = evaluate(&built_in(), &evidence, at(NOW));
        let outcomes = judged.outcomes.iter();
        let gaps: Vec<_> = outcomes.flat_map(|outcome| &outcome.gaps).collect();
        assert!(gaps.iter().any(|gap| gap.detail.contains(&format!("`{column}`"))), "{column}");
        assert!(gaps.into_iter().all(|gap| MissingFact::from_gap(gap).to_do.is_some()), "{column}");
    }
}

#[test]
fn suggested_windows_are_indented_alike_wherever_they_can_be_copied() {
    let mut report = red();
    let windows =
        "- { id: x, reason: why, ticket: CHG-1 }\n- { id: y, reason: why, ticket: CHG-2 }";
    report.accounts[0].outcomes[0].findings[0].window = Some(windows.to_owned());
    let blocks = |format| -> Vec<String> {
        let text = rendered(&report, format);
        let lines = text.lines().filter(|line| line.trim_start().starts_with("- {"));
        lines.map(str::to_owned).collect()
    };
    let expected = windows.lines().chain(["- { id: x, reason: why, ticket: CHG-1 }"]);
    let expected: Vec<_> = expected.map(|window| format!("  {window}")).collect();
    for format in [Format::Text, Format::Markdown] {
        assert_eq!(blocks(format), expected, "{}", format.id());
    }
    // Control: other formats keep the text as it is.
    assert!(rendered(&report, Format::Json).contains("\"window\": \"- { id: x,"));
    assert!(rendered(&report, Format::Sarif).contains("in REASON and TICKET: - { id: x,"));
}

#[test]
fn formats_are_four_words() {
    for format in Format::ALL {
        assert_eq!(format.id().parse(), Ok(*format));
    }
    assert_eq!("html".parse::<Format>(), Err(UnknownFormat));
    assert_eq!("JSON".parse::<Format>(), Err(UnknownFormat));
    assert_eq!(UnknownFormat.to_string(), "unknown format: use text, json, sarif or markdown");
}

#[test]
fn the_verdict_is_the_last_line_and_all_of_a_quiet_report() {
    let verdict =
        "FAIL: 2 rules failed, 2 findings, 1 undetermined, 1 waived, 2 passed (exit code 1)\n";
    assert!(rendered(&red(), Format::Text).ends_with(&format!("\n\n{verdict}")));
    let quiet = Options { verbosity: Verbosity::Quiet, ..Options::default() };
    assert_eq!(shown(&red(), Format::Text, &quiet), verdict);
}

#[test]
fn a_verdict_says_why_it_does_not_block() {
    let last = |report: &Report| {
        let text = rendered(report, Format::Text);
        text.lines().last().unwrap().to_owned()
    };
    let day = crate::model::parse_day("2026-12-01").ok();
    let would_fail = Report { exit_code: 0, enforce_from: day, ..red() };
    assert!(last(&would_fail).starts_with("WOULD FAIL: 2 rules failed"));
    assert!(last(&would_fail).ends_with("(exit code 0; the policy is enforced from 2026-12-01)"));

    let tolerated = Report { exit_code: 0, ..undetermined() };
    assert!(last(&tolerated).ends_with("(exit code 0; the policy says on-undetermined: warn)"));

    let below = Report { verdict: crate::model::Verdict::Pass, exit_code: 0, ..red() };
    assert!(last(&below).ends_with("(exit code 0; no result reaches fail-on: medium)"));

    let as_of = Report { as_of: true, incomplete: Some("out of time"), ..green() };
    assert!(last(&as_of).starts_with("PASS as of 2026-11-02T10:00:00Z (incomplete): 9 passed"));
}

#[test]
fn text_fits_80_columns_and_needs_no_colour() {
    use unicode_width::UnicodeWidthStr;
    for report in [red(), undetermined(), green(), weakened(), broken(), fork()] {
        let plain = rendered(&report, Format::Text);
        // The verdict stays on one line, so that it can be searched for.
        let lines: Vec<_> = plain.lines().collect();
        for line in &lines[..lines.len() - 1] {
            assert!(line.width() <= 80 || line.split_whitespace().count() == 1, "{line}");
        }
        assert!(!plain.contains('\u{1b}'));
        let coloured = shown(&report, Format::Text, &Options { color: true, ..Options::default() });
        assert!(coloured.contains("\u{1b}[1;3"));
        let mut stripped = coloured.clone();
        for code in ["1", "1;31", "1;32", "1;33", "1;36", "2", "0"] {
            stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(stripped, plain);
    }
}

#[test]
fn hostile_text_forges_no_command_in_any_log() {
    for report in outside(HOSTILE) {
        let full = Format::ALL.iter().map(|format| rendered(&report, *format));
        let redacted = [Format::Text, Format::Markdown];
        let redacted = redacted.map(|format| shown(&report, format, &REDACTED));
        for log in full.chain(redacted) {
            assert_eq!(commands(&log), vec![], "{log}");
            assert!(!log.contains(['\u{1b}', '\r', '\u{202e}', '\u{200b}', '\u{2028}', '\u{9b}']));
        }
        for details in [Details::Full, Details::Redacted] {
            let log = annotated(&report, details);
            let names: Vec<_> = commands(&log).into_iter().map(|command| command.name).collect();
            assert_eq!(names.len(), log.lines().count());
            assert!(
                names.iter().all(|name| ["error", "warning", "notice"].contains(&name.as_str()))
            );
        }
    }
}

/// What a Markdown reader sees of a summary: cells per row of every table, and everything that is
/// neither text nor a table.
fn markdown_shape(text: &str) -> (Vec<usize>, Vec<String>) {
    let (mut rows, mut others) = (Vec::new(), Vec::new());
    for event in Parser::new_ext(text, Extensions::all()) {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(0),
            Event::Start(Tag::TableCell) => *rows.last_mut().unwrap() += 1,
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::Heading { .. })) => {
                others.push(format!("{tag:?}"));
            }
            Event::Start(tag @ (Tag::CodeBlock(_) | Tag::BlockQuote(_))) => {
                others.push(format!("{tag:?}"));
            }
            Event::InlineHtml(html) | Event::Html(html) => others.push(html.trim().to_owned()),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                others.push(text.to_string());
            }
            Event::Start(_) | Event::End(TagEnd::Table | _) => {}
            Event::Text(_)
            | Event::Code(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    (rows, others)
}

#[test]
fn hostile_text_changes_nothing_of_a_summary_but_words() {
    for (hostile, harmless) in outside(HOSTILE).into_iter().zip(outside("harmless")) {
        for details in [Details::Full, Details::Redacted] {
            let options = Options { details, ..Options::default() };
            let expected = markdown_shape(&shown(&harmless, Format::Markdown, &options));
            assert_eq!(markdown_shape(&shown(&hostile, Format::Markdown, &options)), expected);
        }
    }
}

fn evidence_file(path: &str) -> EvidenceFile {
    EvidenceFile { path: path.to_owned(), sha256: crate::model::sha256_hex(b"evidence") }
}

#[test]
fn evidence_from_a_file_is_named_with_its_digest_in_every_format() {
    let digest = crate::model::sha256_hex(b"evidence");
    let files = vec![evidence_file("evidence.json"), evidence_file("-")];
    let report = Report { evidence_files: files, ..green() };
    for format in Format::ALL {
        let text = rendered(&report, *format);
        // SARIF says it in the run of each account.
        let runs = if *format == Format::Sarif { report.accounts.len() } else { 1 };
        assert_eq!(text.matches(&digest).count(), 2 * runs, "{}: {text}", format.id());
        assert!(text.contains("evidence.json"), "{}: {text}", format.id());
        let live = rendered(&green(), *format);
        assert!(!live.contains("from a file") && !live.contains(&digest), "{live}");
    }
    for format in [Format::Text, Format::Markdown] {
        let text = shown(&report, format, &REDACTED);
        assert_eq!(text.matches(&digest).count(), 2, "{text}");
        assert!(!text.contains("evidence.json"), "{text}");
    }
    let many = Report { evidence_files: vec![evidence_file("x.json"); 25], ..green() };
    let text = rendered(&many, Format::Text);
    assert_eq!(text.matches(&digest).count(), 20);
    assert!(text.contains("and 5 more files, in the JSON report"), "{text}");
}

#[test]
fn redacted_output_holds_no_id_address_key_or_reason() {
    let options = REDACTED;
    for mut report in [red(), undetermined(), green(), weakened(), broken(), fork()] {
        report.incomplete = Some("interrupted in 111122223333");
        report.evidence_files = vec![evidence_file("vault/111122223333.json")];
        report.policy.judge = Judge::Accepted { environment: "ward-7".to_owned() };
        report.not_evaluated = report.not_evaluated.map(|_| "SEC-7 says so".to_owned());
        let all = [
            shown(&report, Format::Text, &options),
            shown(&report, Format::Markdown, &options),
            annotated(&report, Details::Redacted),
        ];
        for text in &all {
            for secret in [
                "111122223333",
                "123456789012",
                "444455556666",
                "arn:",
                "2019-05-02",
                "2026-10-05",
                "2026-10-29",
                "2026-11-01",
                "billing",
                "SEC-7",
                "q4-tax",
                "eu-central-1",
                "The credential report could not",
                "ends in",
                "key 2",
                "CHG-1234",
                "settings",
                "drill",
                "vault",
                "medium ->",
                "fail_on",
                "ward-7",
            ] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
    let text = shown(&red(), Format::Text, &options);
    for kept in [
        "root-access-key-active",
        "critical",
        "prod: 1 finding",
        "grant iam:GetAccountSummary",
        "FAIL: 2 rules failed",
    ] {
        assert!(text.contains(kept), "{kept}");
    }
}

#[test]
fn an_account_without_a_fit_name_is_redacted_to_its_number() {
    let mut report = red();
    report.accounts.extend(undetermined().accounts);
    report.accounts[0].name = Some("prod-111122223333".to_owned());
    let text = shown(&report, Format::Text, &REDACTED);
    assert!(text.contains("account 1: 1 finding"));
    assert!(text.contains("account 2: grant iam:GenerateCredentialReport"));
}

#[test]
fn json_and_sarif_refuse_to_be_redacted() {
    for format in [Format::Json, Format::Sarif] {
        let mut out = Vec::new();
        let error = render(&red(), format, &REDACTED, &mut out).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(out.is_empty());
    }
}

#[test]
fn at_most_eight_annotations_the_worst_first() {
    let mut report = red();
    let finding = report.accounts[0].outcomes[0].findings[0].clone();
    let many = |number| (0..number).map(|_| finding.clone()).collect::<Vec<_>>();
    report.accounts[0].outcomes[0].findings = many(6);
    let levels = |report: &Report| -> Vec<_> {
        let log = annotated(report, Details::Full);
        commands(&log).into_iter().map(|command| command.name).collect()
    };
    // Six findings, the undetermined rule, and the one that does not block.
    let mut expected = vec!["error"; 7];
    expected.push("notice");
    assert_eq!(levels(&report), expected);
    assert!(!annotated(&report, Details::Full).contains("more in the job summary"));

    report.accounts[0].outcomes[0].findings = many(30);
    assert_eq!(levels(&report), expected);
    let log = annotated(&report, Details::Full);
    assert!(log.ends_with("::notice title=rootgate::and 25 more in the job summary and the log\n"));
}

#[test]
fn what_does_not_block_is_no_error() {
    let report =
        Report { exit_code: 0, enforce_from: crate::model::parse_day("2026-12-01").ok(), ..red() };
    let log = annotated(&report, Details::Full);
    assert!(!log.contains("::error"));
    assert!(log.starts_with(
        "::warning file=.github/rootgate.yaml,line=14,title=root-access-key-active (critical)::"
    ));
}

#[test]
fn annotations_point_at_no_file_where_the_policy_is_none_of_the_repository() {
    let log = annotated(&undetermined(), Details::Full);
    assert!(log.starts_with("::error title=root-access-key-active (critical)::123456789012: "));
    assert!(!log.contains("file="));
}

#[test]
fn a_long_summary_is_cut_by_rows() {
    let mut report = red();
    let finding = report.accounts[0].outcomes[0].findings[0].clone();
    report.accounts[0].outcomes[0].findings = vec![finding; 10_000];
    let root_use = report.accounts[0].timeline.uses[0].clone();
    report.accounts[0].timeline.uses = vec![root_use; 10_000];
    let text = rendered(&report, Format::Markdown);
    assert!(text.len() <= 900 * 1024, "{}", text.len());
    // The uses are cut, and all but 20 of the failed ones; everything else is whole.
    assert_eq!(text.matches("more in the JSON report.").count(), 1);
    assert!(text.contains("9980 more findings, in the JSON report"));
    for whole in ["grant `iam:GetAccountSummary`", "SEC-78", "Root has MFA.", "### Policy"] {
        assert!(text.contains(whole), "{whole}");
    }
}

#[test]
fn twenty_findings_of_a_rule_and_account_are_shown_and_the_rest_is_counted() {
    let mut report = red();
    let finding = report.accounts[0].outcomes[0].findings[0].clone();
    for (count, cut) in [(20, false), (21, true)] {
        report.accounts[0].outcomes[0].findings = vec![finding.clone(); count];
        for format in [Format::Text, Format::Markdown] {
            let text = rendered(&report, format);
            let subject = finding.subject.to_string();
            let shown = text.lines().filter(|line| line.contains(&subject)).count();
            let of_others = rendered(&red(), format);
            let of_others = of_others.lines().filter(|line| line.contains(&subject)).count() - 1;
            assert_eq!(shown - of_others, 20, "{text}");
            assert_eq!(text.contains("1 more finding, in the JSON report"), cut, "{text}");
        }
    }
}

/// A writer with room for this many bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 && !bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_anywhere_fails_the_report() {
    for format in Format::ALL {
        let whole = rendered(&red(), *format).len();
        let kind = |room| {
            let written = render(&red(), *format, &Options::default(), &mut Room(room));
            written.err().map(|error| error.kind())
        };
        for room in [0, 1, whole / 2, whole - 1] {
            assert_eq!(kind(room), Some(io::ErrorKind::StorageFull), "{}, {room}", format.id());
        }
        assert_eq!(kind(whole), None, "{}", format.id());
    }
}

#[test]
fn a_summary_of_very_many_accounts_still_fits() {
    let mut report = red();
    let account = report.accounts[0].clone();
    report.accounts = (0..3_000).map(|_| account.clone()).collect();
    for account in &mut report.accounts {
        account.nothing_read = true;
        account.outcomes.truncate(1);
        account.outcomes[0].findings[0].message = "seen".to_owned();
        account.outcomes[0].findings[0].remedy = "fix".to_owned();
    }
    let text = rendered(&report, Format::Markdown);
    assert!(text.len() <= 900 * 1024, "{}", text.len());
    assert!(text.contains("more accounts: in the JSON report."));
    assert!(text.contains("### Policy"));
}

#[test]
fn long_outside_text_is_cut() {
    let mut report = red();
    report.accounts[0].name = Some("n".repeat(100_000));
    let outcome = &mut report.accounts[0].outcomes[0];
    outcome.findings[0].message = "m".repeat(100_000);
    outcome.findings[0].remedy = "r".repeat(100_000);
    outcome.findings[0].subject = action(&"s".repeat(100_000));
    for format in [Format::Text, Format::Markdown, Format::Sarif] {
        let text = rendered(&report, format);
        assert!(text.len() < 30_000, "{}: {}", format.id(), text.len());
    }
}

#[test]
fn the_table_of_formats_names_each_once_and_each_file_has_its_flag() {
    let ids: Vec<_> = Format::ALL.iter().map(|format| format.id()).collect();
    assert_eq!(ids, ["text", "json", "sarif", "markdown"]);
    let flags: Vec<_> = Format::FILES.iter().map(|format| format.in_file().unwrap().flag).collect();
    assert_eq!(flags, ["sarif", "json", "summary"]);
    let in_files = |format: &&Format| format.in_file().is_some();
    assert_eq!(Format::ALL.iter().filter(in_files).count(), flags.len(), "a flag is left out");
}

#[test]
fn a_report_is_known_by_how_it_begins_and_ends_and_nothing_else_is() {
    let is_ours = |text: &str| is_report(&mut text.as_bytes()).unwrap();
    for report in [red(), green(), undetermined()] {
        for format in Format::FILES.iter().copied() {
            let text = rendered(&report, format);
            assert!(is_ours(&text), "{format:?}");
            let cut: String = text.chars().take(120).collect();
            assert!(is_ours(&cut), "{format:?}, cut");
            assert!(!is_ours(&format!("x{text}")), "{format:?}, with something before it");
            for after in ["x", "\n", "\nmy notes\n", &text] {
                let added = !after.trim().is_empty();
                assert_eq!(is_ours(&format!("{text}{after}")), !added, "{format:?}, then {after}");
            }
        }
        assert!(!is_ours(&rendered(&report, Format::Text)), "no file of rootgate is text");
        let redacted = shown(&report, Format::Markdown, &REDACTED);
        assert!(is_ours(&redacted) && !is_ours(&format!("{redacted}my notes\n")));
    }
    for other in [
        json::report_schema(),
        include_str!("../../../schema/policy.json"),
        include_str!("../../../schema/evidence.json"),
        include_str!("../../../examples/demo/evidence.json"),
        include_str!("../../../examples/demo/credential-report.csv"),
        include_str!("../../../policy.example.yaml"),
        include_str!("../../../README.md"),
        include_str!("../../../Cargo.toml"),
        "",
    ] {
        assert!(!is_ours(other), "{}", other.lines().next().unwrap_or_default());
    }
}
