//! Reports of organizations: what is shown of few, many and very many accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::Value;

use super::super::fixtures::{
    at, failing, finding, key, outcome, red, report, undetermined_outcome,
};
use super::{REDACTED, annotated, markdown_shape, rendered, shown, without_version};
use crate::escape::tests::{HOSTILE, commands};
use crate::model::{
    AccountReport, Cause, Gap, Inventory, Notice, NoticeKind, Outcome, Report, RuleInfo,
    RuleOutcome, SkippedAccount, Source, Subject, SubjectKind, Timeline, Verdict, fingerprint,
};
use crate::report::{Details, Format, Options, Verbosity, annotations, render, sarif};

/// The state of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fine,
    /// One rule fails.
    OneFails,
    /// Every rule fails.
    AllFail,
    /// The account could not be entered.
    Unread,
}

fn id(number: usize) -> String {
    format!("{:012}", 111_122_223_333_u64 + u64::try_from(number).unwrap())
}

fn infos() -> Vec<&'static RuleInfo> {
    red().rules.iter().map(|setting| setting.info).collect()
}

fn fails(info: &'static RuleInfo, id: &str) -> RuleOutcome {
    let subject = match info.subject {
        SubjectKind::AccessKey => key("2019-05-02T08:11:00Z"),
        _ => Subject::Account,
    };
    let mut violation = finding(
        subject,
        "Access key 1 of the root user, made on 2019-05-02, is active; it was last used on \
         2026-10-31 for s3 in eu-central-1.",
        &format!("Move what uses the key to a role in {id}, then delete it."),
    );
    violation.window = Some(format!("- {{ id: delete-key-{id}, accounts: [\"{id}\"] }}"));
    violation.happened_at = Some(at("2019-05-02T08:11:00Z"));
    failing(info, true, vec![violation])
}

fn not_entered(info: &'static RuleInfo, id: &str) -> RuleOutcome {
    let detail = format!(
        "the account could not be entered: AWS denied sts:AssumeRole on \
         arn:aws:iam::{id}:role/rootgate"
    );
    let mut gap = Gap::new(Source::AccountSummary, Cause::NotEntered, detail);
    gap.grant = Some(format!("in account {id}, create `arn:aws:iam::{id}:role/rootgate`").into());
    RuleOutcome { blocks: true, ..undetermined_outcome(info, "Nothing is known.", gap) }
}

fn member(number: usize, state: State) -> AccountReport {
    let id = id(number);
    let outcomes = infos().into_iter().enumerate().map(|(index, info)| match state {
        State::AllFail => fails(info, &id),
        State::OneFails if index == 0 => fails(info, &id),
        State::Unread => not_entered(info, &id),
        State::Fine | State::OneFails => outcome(info, Outcome::Pass, "Nothing is wrong."),
    });
    AccountReport {
        id: id.parse().unwrap(),
        name: None,
        partition: None,
        nothing_read: state == State::Unread,
        outcomes: outcomes.collect(),
        timeline: Timeline::default(),
        keys_made: vec![],
    }
}

fn organization(members: usize, state: impl Fn(usize) -> State) -> Report {
    let accounts: Vec<_> = (0..members).map(|number| member(number, state(number))).collect();
    let skipped = (0..7).map(|number| SkippedAccount {
        id: id(members + number).parse().unwrap(),
        reason: if number < 5 { "it is suspended" } else { "it is closed" }.to_owned(),
    });
    let inventory = Inventory {
        id: Some("o-exampleorgid".to_owned()),
        management_account: Some(id(0).parse().unwrap()),
        listed: members + 7,
        judged: accounts.iter().filter(|account| !account.nothing_read).count(),
        skipped: skipped.collect(),
        not_entered: accounts.iter().filter(|account| account.nothing_read).count(),
        gap: None,
    };
    Report { inventory: Some(inventory), ..report(Verdict::Fail, 1, accounts) }
}

/// Twelve accounts: three fail, one could not be entered.
fn twelve() -> Report {
    organization(12, |number| match number {
        1 | 5 => State::OneFails,
        7 => State::AllFail,
        9 => State::Unread,
        _ => State::Fine,
    })
}

/// A thousand accounts: twenty fail, three could not be entered.
fn thousand() -> Report {
    organization(1_000, |number| match number {
        17 | 217 | 417 => State::Unread,
        _ if number % 50 == 3 => State::OneFails,
        _ => State::Fine,
    })
}

fn log(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Sarif)).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    assert_eq!(log["runs"].as_array().unwrap().len(), 1, "an organization has one run");
    log["runs"][0]["results"].as_array().unwrap()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_organization_of_twelve_in_every_format() {
    let report = twelve();
    for format in [Format::Text, Format::Markdown, Format::Sarif] {
        let name = format!("organization-{}", format.id());
        insta::assert_snapshot!(name, without_version(&rendered(&report, format)));
    }
    insta::assert_snapshot!("organization-annotations", annotated(&report, Details::Full));
    for format in [Format::Text, Format::Markdown] {
        let name = format!("organization-redacted-{}", format.id());
        insta::assert_snapshot!(name, shown(&report, format, &REDACTED));
    }
    let redacted = annotated(&report, Details::Redacted);
    insta::assert_snapshot!("organization-redacted-annotations", redacted);
}

#[test]
fn a_thousand_accounts_lead_with_what_needs_a_person() {
    insta::assert_snapshot!("organization-thousand-text", rendered(&thousand(), Format::Text));
    insta::assert_snapshot!(
        "organization-thousand-markdown",
        rendered(&thousand(), Format::Markdown)
    );
}

#[test]
fn the_log_stays_short_and_verbose_shows_more() {
    for state in [State::AllFail, State::Unread] {
        let report = organization(1_000, |_| state);
        let lines = rendered(&report, Format::Text).lines().count();
        assert!(lines < 400, "{lines}");
        let verbose = Options { verbosity: Verbosity::Verbose, ..Options::default() };
        assert!(shown(&report, Format::Text, &verbose).lines().count() > lines);
    }
    let text = rendered(&thousand(), Format::Text);
    assert!(text.lines().count() < 100, "{}", text.lines().count());
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("FAIL: 1 rule failed in 20 accounts"), "{first}");
    assert_eq!(text.lines().last().unwrap(), first, "the log also ends with the verdict");
    let all = words(&text);
    assert!(all.contains("1,007 accounts listed, 997 judged, 7 skipped, 3 could not be entered."));
    assert!(all.contains("and 10 more accounts, in the JSON report"));
}

#[test]
fn accounts_with_the_same_reason_are_one_group() {
    let text = words(&rendered(&thousand(), Format::Text));
    assert_eq!(text.matches("could not be entered: AWS denied").count(), 1, "{text}");
    assert!(text.contains("arn:aws:iam::ACCOUNT:role/rootgate"));
    let ids = [17, 217, 417].map(id).join(", ");
    assert!(text.contains(&format!("In: {ids}")), "{text}");
    // One account keeps its id.
    let text = words(&rendered(&twelve(), Format::Text));
    assert!(text.contains(&format!("arn:aws:iam::{}:role/rootgate", id(9))), "{text}");
    assert!(!text.contains("::ACCOUNT"), "{text}");
}

#[test]
fn different_reasons_stay_apart_and_are_counted() {
    let mut report = organization(100, |_| State::Unread);
    for (number, account) in report.accounts.iter_mut().enumerate() {
        for gap in account.outcomes.iter_mut().flat_map(|outcome| &mut outcome.gaps) {
            gap.detail = format!("reason {number}");
        }
    }
    let text = words(&rendered(&report, Format::Text));
    assert!(text.contains("and 90 more reasons in 90 accounts, in the JSON report"), "{text}");
    let markdown = rendered(&report, Format::Markdown);
    assert!(markdown.contains("50 more in the JSON report."), "{markdown}");
}

#[test]
fn an_incomplete_list_is_said_and_strangers_read_no_ids() {
    let mut report = thousand();
    let detail = "organizations:ListAccounts: AWS denied it to arn:aws:iam::111122223333:role/x";
    let gap = Gap::denied(Source::Organization, "organizations:ListAccounts", detail);
    report.inventory.as_mut().unwrap().gap = Some(gap.clone());
    report.notices = vec![Notice::for_run(NoticeKind::InventoryIncomplete { gap })];
    for format in [Format::Text, Format::Markdown] {
        let text = words(&rendered(&report, format));
        assert!(text.contains("The list of its accounts is incomplete: "), "{text}");
        assert!(text.contains("111122223333"), "control: {text}");
        let text = words(&shown(&report, format, &REDACTED));
        let line = "so an account may be missing: grant organizations:ListAccounts.";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("organization-incomplete"), "the code of the notice: {text}");
    }
}

#[test]
fn strangers_read_numbers_and_rule_ids_and_nothing_else() {
    let secret = |report: &Report| {
        let ids = report.accounts.iter().map(|account| account.id.to_string());
        let skipped = report.inventory.as_ref().unwrap().skipped.iter();
        let mut secret: Vec<String> = ids.chain(skipped.map(|it| it.id.to_string())).collect();
        secret.extend(["o-exampleorgid", "suspended", "AssumeRole", "s3"].map(str::to_owned));
        secret
    };
    for report in [twelve(), thousand()] {
        let log = annotated(&report, Details::Redacted);
        let text = [Format::Text, Format::Markdown].map(|it| shown(&report, it, &REDACTED));
        for text in text.iter().chain([&log]) {
            let leaked = secret(&report).into_iter().find(|secret| text.contains(secret.as_str()));
            assert_eq!(leaked, None, "{text}");
            assert!(text.contains("root-access-key-active"), "{text}");
        }
        assert!(text[0].contains("accounts listed"));
    }
}

#[test]
fn annotations_are_grouped_by_rule() {
    let of = |report: &Report| {
        let log = annotated(report, Details::Full);
        assert!(log.lines().count() <= 8, "{log}");
        log
    };
    assert!(of(&thousand()).contains("failed in 20 accounts: "));
    let all = of(&organization(1_000, |_| State::AllFail));
    assert_eq!(all.matches("failed in 1,000 accounts").count(), infos().len());
}

#[test]
fn the_run_has_the_organizations_id() {
    let run_id = |report: &Report, category| {
        let options = Options { category, ..Options::default() };
        let log: Value = serde_json::from_str(&shown(report, Format::Sarif, &options)).unwrap();
        assert_eq!(log["runs"].as_array().unwrap().len(), 1);
        log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned()
    };
    let mut report = twelve();
    assert_eq!(run_id(&report, None), "rootgate/o-exampleorgid/");
    assert_eq!(run_id(&report, Some("weekly")), "rootgate/weekly/o-exampleorgid/");
    assert!(sarif::left_out(&thousand()).is_empty());
    for unusable in [None, Some("o-a/b"), Some(""), Some("o-"), Some("x"), Some(HOSTILE)] {
        report.inventory.as_mut().unwrap().id = unusable.map(str::to_owned);
        assert_eq!(run_id(&report, None), "rootgate/organization/", "{unusable:?}");
    }
    // Even one account: the kind of scope decides.
    assert_eq!(run_id(&organization(1, |_| State::Fine), None), "rootgate/o-exampleorgid/");
}

#[test]
fn a_run_holds_five_thousand_results_and_no_open_rule_is_without_one() {
    for (members, state) in [
        (833, State::AllFail),
        (834, State::AllFail),
        (1_000, State::AllFail),
        (1_000, State::Unread),
        (10_000, State::AllFail),
    ] {
        let report = organization(members, |_| state);
        let log = log(&report);
        let results = results(&log);
        assert!(results.len() <= 5_000, "{}", results.len());
        let all = members * infos().len();
        assert_eq!(results.len() == all, all <= 5_000, "{} of {all}", results.len());
        // Each account and rule has a result or is counted.
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for result in results {
            let text = result["message"]["text"].as_str().unwrap();
            let more = text.split_once(": and ").and_then(|(_, rest)| rest.split_once(" more acc"));
            let more = more.map(|(number, _)| number.replace(',', "").parse().unwrap());
            *counted.entry(result["ruleId"].as_str().unwrap()).or_default() += more.unwrap_or(1);
        }
        assert_eq!(counted.len(), infos().len());
        assert!(counted.values().all(|number| *number == members), "{members} {counted:?}");
        let print =
            |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].to_string();
        let prints: BTreeSet<_> = results.iter().map(print).collect();
        assert_eq!(prints.len(), results.len(), "a fingerprint twice");
    }
}

#[test]
fn the_worst_results_are_kept_and_failures_before_unread_accounts() {
    let report = organization(4_000, |number| match number {
        3_990.. => State::OneFails,
        _ => State::Unread,
    });
    let log = log(&report);
    let text = |result: &Value| result["message"]["text"].as_str().unwrap().to_owned();
    let failed = results(&log).iter().filter(|result| text(result).contains("last used on"));
    assert_eq!(failed.count(), 10);
    let levels: BTreeSet<_> =
        results(&log)[..4_900].iter().map(|it| it["level"].to_string()).collect();
    assert_eq!(levels.into_iter().collect::<Vec<_>>(), ["\"error\""]);
    // Its fingerprint does not depend on the number.
    let rule = infos()[1].id;
    let print = fingerprint(rule, "o-exampleorgid", "and more accounts");
    let is_rest =
        |result: &&Value| result["partialFingerprints"]["primaryLocationLineHash"] == print;
    let rest = results(&log).iter().find(is_rest).unwrap();
    assert!(text(rest).contains("and 3,990 more accounts"), "{}", text(rest));
    assert!(text(rest).contains("The rule is undetermined in 3,990 accounts."), "{}", text(rest));
}

#[test]
fn ten_thousand_failing_accounts_fit_everywhere() {
    let report = organization(10_000, |_| State::AllFail);
    let began = Instant::now();
    let summary = rendered(&report, Format::Markdown);
    assert!(summary.len() <= 900 * 1024, "{}", summary.len());
    assert!(summary.contains("### Policy") && summary.contains("and 9,975 more accounts"));
    assert!(rendered(&report, Format::Text).lines().count() < 400);
    let text = rendered(&report, Format::Sarif);
    assert!(text.len() < 20 * 1024 * 1024, "{}", text.len());
    annotations::render(&report, Details::Full, &mut Vec::new()).unwrap();
    shown(&report, Format::Markdown, &REDACTED);
    // A second when built with optimizations; this only finds what grows with the square.
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

/// The report of twelve, with this text in every outside text.
fn outside(text: &str) -> Report {
    let mut report = twelve();
    let gap = Gap::new(Source::Organization, Cause::Missing, text);
    let inventory = report.inventory.as_mut().unwrap();
    inventory.id = Some(text.to_owned());
    inventory.gap = Some(gap.clone());
    for skipped in &mut inventory.skipped {
        skipped.reason = text.to_owned();
    }
    for outcome in report.accounts.iter_mut().flat_map(|account| &mut account.outcomes) {
        outcome.message = text.to_owned();
        for finding in &mut outcome.findings {
            finding.message = text.to_owned();
            finding.remedy = text.to_owned();
            finding.window = Some(text.to_owned());
        }
        for gap in &mut outcome.gaps {
            gap.detail = text.to_owned();
            gap.grant = Some(text.to_owned().into());
        }
    }
    for account in &mut report.accounts {
        account.name = Some(text.to_owned());
    }
    report.notices = vec![Notice::for_run(NoticeKind::InventoryIncomplete { gap })];
    report
}

#[test]
fn hostile_reasons_change_nothing_but_words() {
    for details in [Details::Full, Details::Redacted] {
        let options = Options { details, ..Options::default() };
        let summary = |text| markdown_shape(&shown(&outside(text), Format::Markdown, &options));
        assert_eq!(summary(HOSTILE), summary("harmless"));
        for format in [Format::Text, Format::Markdown] {
            let log = shown(&outside(HOSTILE), format, &options);
            assert_eq!(commands(&log), vec![], "{log}");
            assert!(!log.contains(['\u{1b}', '\r', '\u{202e}', '\u{200b}', '\u{2028}', '\u{9b}']));
        }
        let log = annotated(&outside(HOSTILE), details);
        assert_eq!(commands(&log).len(), log.lines().count());
    }
    assert!(!rendered(&outside(HOSTILE), Format::Sarif).contains("]("));
    let long = "x ".repeat(100_000);
    for format in [Format::Text, Format::Markdown] {
        let length = rendered(&outside(&long), format).len();
        assert!(length < 300_000, "{}: {length}", format.id());
    }
}

#[test]
fn a_summary_of_an_organization_is_recognised_as_ours() {
    let text = rendered(&twelve(), Format::Markdown);
    assert!(crate::report::is_report(&mut text.as_bytes()).unwrap());
    let mut changed = text.clone();
    changed.push_str("my notes\n");
    assert!(!crate::report::is_report(&mut changed.as_bytes()).unwrap());
    // A writer that fails is never ignored.
    let mut none: [u8; 0] = [];
    let mut full = &mut none[..];
    assert!(render(&twelve(), Format::Markdown, &Options::default(), &mut full).is_err());
}
