//! How reports show the judging policy and the changes of a pull request.

use super::super::document::{ChangePart, Content, Document};
use super::super::fixtures::{after, changes, copy};
use super::*;
use crate::model::{
    Change, ChangeKind, Effect, KeyPath, PolicyChange, PolicyCopy, PolicyOrigin, Problem, Verdict,
};

fn with(state: PolicyCopy, effect: Effect) -> Report {
    Report { policy_change: copy(state, effect), ..green() }
}

fn changed(changes: Vec<Change>) -> PolicyCopy {
    PolicyCopy::Changed { changes, after: None }
}

fn missing() -> PolicyCopy {
    PolicyCopy::Missing { changes: changes(), after: after(Verdict::Fail, 1, 2) }
}

fn behind() -> PolicyCopy {
    PolicyCopy::Behind { commit: "1f2e3d4c5b6a79880123456789abcdef01234567".to_owned() }
}

fn only(kind: ChangeKind) -> Vec<Change> {
    changes().into_iter().filter(|change| change.kind == kind).collect()
}

fn at_path(report: &mut Report, path: &str) {
    report.policy_change.as_mut().unwrap().path = Some(path.to_owned());
}

fn sentences(report: &Report) -> String {
    let change = ChangePart::from_report(report, Details::Full).unwrap();
    change.sentences.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn last_line(report: &Report) -> String {
    rendered(report, Format::Text).lines().last().unwrap().to_owned()
}

// -- which policy judged --------------------------------------------------------------------------

#[test]
fn the_policy_line_says_where_the_policy_is_from() {
    let expected = |policy| {
        let report = Report { policy, ..green() };
        Document::from_report(&report, Details::Full).policy.line.to_string()
    };
    let line = |judge| expected(PolicyOrigin { judge, ..green().policy });
    let file =
        ".github/rootgate.yaml at main (commit 6dcb09b5b578, SHA-256 9f86d081884c…)".to_owned();
    assert_eq!(line(Judge::File), file);
    assert_eq!(line(Judge::DefaultBranch), format!("{file}, the tip of the default branch"));
    let checkout = "the checkout's copy (--policy-from checkout)";
    assert_eq!(line(Judge::Checkout), format!("{file}, {checkout}"));
    let accepted = line(Judge::Accepted { environment: "production".to_owned() });
    let copy = "the checkout's copy, accepted in the environment production";
    assert_eq!(accepted, format!("{file}, {copy}"));
    let remote =
        |pinned| line(Judge::Remote { repository: "octo-org/security".to_owned(), pinned });
    let other = format!("{file}, a file of the repository octo-org/security");
    assert_eq!(remote(true), format!("{other}, pinned to a commit"));
    assert_eq!(remote(false), format!("{other}, at a ref that can be moved"));

    let none = |judge| expected(PolicyOrigin::built_in(judge));
    let built_in = "the built-in strict defaults";
    assert_eq!(none(Judge::File), format!("{built_in} (no policy file)"));
    let branch = "the default branch has no policy file";
    assert_eq!(none(Judge::DefaultBranch), format!("{built_in} ({branch})"));
    assert_eq!(none(Judge::Checkout), format!("{built_in} (the checkout has no policy file)"));
}

#[test]
fn strangers_learn_neither_the_environment_nor_the_other_repository() {
    let policy = |judge| {
        let report = Report { policy: PolicyOrigin { judge, ..green().policy }, ..green() };
        shown(&report, Format::Text, &REDACTED) + &shown(&report, Format::Markdown, &REDACTED)
    };
    let accepted = policy(Judge::Accepted { environment: "production".to_owned() });
    assert!(accepted.contains("Policy: the checkout's copy, accepted\n"), "{accepted}");
    assert!(!accepted.contains("production"));
    let remote = Judge::Remote { repository: "octo-org/security".to_owned(), pinned: false };
    let remote = policy(remote);
    assert!(remote.contains("- a file of another repository, at a ref that can be moved\n"));
    assert!(!remote.contains("octo-org"));
}

// -- sentences about the copy ---------------------------------------------------------------------

#[test]
fn every_state_of_the_copy_names_its_effect_and_remedy() {
    let file = ".github/rootgate.yaml";
    let differs = format!("{file} of this checkout differs from the default branch's.");
    let accept = "have a reviewer of a protected environment accept them (accept-policy-change).";
    let weaker = changed(changes());
    for (state, effect, expected) in [
        (
            weaker.clone(),
            Effect::Fails,
            format!(
                "{differs} It fails the gate: it is weaker, and the judging policy says \
                 on-weaker: fail. To do: undo the weaker changes, or {accept}"
            ),
        ),
        (
            weaker.clone(),
            Effect::Tolerated,
            format!(
                "{differs} It is weaker but does not fail the gate: the judging policy says \
                 on-weaker: warn."
            ),
        ),
        (weaker, Effect::Accepted, format!("{differs} It judged this run because it was accepted.")),
        (
            changed(only(ChangeKind::Stronger)),
            Effect::None,
            format!("{differs} It does not fail the gate: everything that blocks now still blocks."),
        ),
        (
            changed(vec![]),
            Effect::None,
            format!(
                "{file} of this checkout differs from the default branch's only in comments, order \
                 or spelling. It does not fail the gate: everything that blocks now still blocks."
            ),
        ),
        (
            missing(),
            Effect::Fails,
            format!(
                "{file} is not in this checkout: after this merge, the strict built-in defaults \
                 judge. It fails the gate: removing the policy weakens it, and the judging policy says \
                 on-weaker: fail. To do: restore it; a policy with only version: 1 means the same as \
                 no policy, and can be accepted (accept-policy-change)."
            ),
        ),
        (
            behind(),
            Effect::None,
            "This checkout has the policy of 1f2e3d4c5b6a, an earlier commit of the default branch. The \
             tip of that branch judged."
                .to_owned(),
        ),
    ] {
        assert_eq!(sentences(&with(state, effect)), expected);
    }
}

#[test]
fn an_accepted_copy_names_its_environment() {
    let mut report = with(changed(changes()), Effect::Accepted);
    report.policy.judge = Judge::Accepted { environment: "production".to_owned() };
    let expected = "It judged this run because it was accepted in the environment production.";
    assert!(sentences(&report).ends_with(expected));
    assert!(rendered(&report, Format::Markdown).contains("in the environment `production`."));
}

#[test]
fn a_policy_that_moves_or_is_new_is_described_as_such() {
    let mut moved = with(changed(vec![]), Effect::None);
    at_path(&mut moved, "rootgate.yaml");
    let expected = "The policy moves from `.github/rootgate.yaml` to `rootgate.yaml`.";
    assert!(rendered(&moved, Format::Markdown).contains(expected));
    assert!(shown(&moved, Format::Text, &REDACTED).contains(&expected.replace('`', "")));

    let new = Report { policy: PolicyOrigin::built_in(Judge::DefaultBranch), ..moved };
    let expected = "rootgate.yaml is the first policy of this repository: the default branch has no policy \
                file, and the strict built-in defaults judge until this one is merged.";
    assert!(sentences(&new).starts_with(expected));
}

#[test]
fn a_first_policy_that_is_weaker_says_in_one_paragraph_what_to_do() {
    let fails = with(changed(changes()), Effect::Fails);
    let first = Report { policy: PolicyOrigin::built_in(Judge::DefaultBranch), ..fails.clone() };
    for options in [Options::default(), REDACTED] {
        let text = shown(&first, Format::Markdown, &options);
        let paragraphs: Vec<&str> = text.split("\n\n").collect();
        let paragraph = paragraphs.iter().find(|it| it.contains("is the first policy of")).unwrap();
        for part in [
            "It fails the gate",
            "than the built-in defaults",
            "accept it once",
            "(accept-policy-change)",
        ] {
            assert!(paragraph.contains(part), "{part}: {paragraph}");
        }
    }
    let text = shown(&fails, Format::Markdown, &Options::default());
    assert!(!text.contains("first policy") && text.contains("undo the weaker changes"), "{text}");
}

#[test]
fn after_the_merge_is_said_and_that_it_does_not_decide() {
    let expected = "After this merge: fail (exit code 1): 2 rules failed, 3 findings, 7 passed, 1 not applicable. This \
                does not affect the verdict.";
    let report = with(missing(), Effect::Tolerated);
    for options in [Options::default(), REDACTED] {
        for format in [Format::Text, Format::Markdown] {
            let text = shown(&report, format, &options);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[test]
fn a_verdict_says_what_the_copy_has_to_do_with_it() {
    let fails = |state| {
        let report = Report { verdict: Verdict::Fail, exit_code: 1, ..with(state, Effect::Fails) };
        last_line(&report)
    };
    let line = |why| format!("FAIL: 9 passed, 1 not applicable (exit code 1; {why})");
    assert_eq!(fails(changed(changes())), line("the checkout's policy is weaker"));
    assert_eq!(fails(missing()), line("the checkout's policy is gone"));
    assert_eq!(fails(PolicyCopy::Broken(vec![])), line("the checkout's policy is broken"));

    let tolerated = last_line(&with(changed(changes()), Effect::Tolerated));
    assert!(tolerated.ends_with("(exit code 0; on-weaker: warn lets a weaker policy through)"));
    let accepted = last_line(&with(changed(changes()), Effect::Accepted));
    assert!(accepted.ends_with("(exit code 0; judged by an accepted policy change)"));
    assert!(last_line(&with(behind(), Effect::None)).ends_with("(exit code 0)"));
}

#[test]
fn what_was_not_evaluated_is_no_pass_and_has_a_next_step() {
    let last = |exit_code, enforce_from| last_line(&Report { exit_code, enforce_from, ..fork() });
    let day = crate::model::parse_day("2026-12-01").ok();
    assert_eq!(last(3, None), "NOT EVALUATED: nothing judged (exit code 3)");
    assert_eq!(last(0, None), "NOT EVALUATED: nothing judged (exit code 0; on-fork: skip)");
    let early = "(exit code 0; the policy is enforced from 2026-12-01)";
    assert!(last(0, day).ends_with(early));

    let skipped = rendered(&Report { exit_code: 0, ..fork() }, Format::Markdown);
    assert!(skipped.contains("The pipeline still continues. To do: run the gate again"));
    let blocked = rendered(&fork(), Format::Markdown);
    assert!(blocked.contains("on-fork: skip lets such runs continue."));
}

#[test]
fn a_removed_line_is_shown_where_it_was() {
    let text = rendered(&weakened(), Format::Text);
    assert!(text.contains("\n        .github/rootgate.yaml:5\n"));
    assert!(text.contains("\n        was .github/rootgate.yaml:22\n"));
    let gone = rendered(&with(missing(), Effect::Fails), Format::Markdown);
    assert!(gone.contains("| was `.github/rootgate.yaml:22` |"));
}

#[test]
fn a_verbose_report_shows_changes_that_change_nothing() {
    let verbose = Options { verbosity: Verbosity::Verbose, ..Options::default() };
    assert!(!rendered(&weakened(), Format::Text).contains("windows.drill.reason"));
    assert!(shown(&weakened(), Format::Text, &verbose).contains("windows.drill.reason"));
}

#[test]
fn a_command_gets_the_judging_policy_from_its_commit() {
    let text = rendered(&weakened(), Format::Markdown);
    let line = "git show 6dcb09b5b57875f334f61aebed695e2e4193db5e:.github/rootgate.yaml";
    assert!(text.contains(&format!("```sh\n{line} > judging.yaml\nrootgate check --policy j")));
    assert!(!rendered(&green(), Format::Markdown).contains("git show"));
    let mut odd = weakened();
    odd.policy.repository_path = Some("a b.yaml".to_owned());
    assert!(!rendered(&odd, Format::Markdown).contains("git show"));
}

// -- redacted -------------------------------------------------------------------------------------

#[test]
fn strangers_read_only_keys_that_the_format_names() {
    let (section, rule) = (KeyPath::section, red().rules[3].info.id);
    let shown_of = |key: KeyPath| {
        let change = Change { key, ..changes().remove(0) };
        let report = with(changed(vec![change]), Effect::None);
        let text = shown(&report, Format::Text, &REDACTED);
        let line = text.lines().find_map(|line| line.strip_prefix("    planned: ")).unwrap();
        line.to_owned()
    };
    for (key, text) in [
        (section("gate").key("fail-on"), "gate.fail-on"),
        (section("evidence").key("root-events").key("lookback"), "evidence.root-events.lookback"),
        (section("limits").key("window-total"), "limits.window-total"),
        (section("rules").rule(rule), "rules.root-mfa-missing"),
        (section("rules").rule(rule).key("severity"), "rules.root-mfa-missing.severity"),
    ] {
        assert_eq!((key.to_string(), shown_of(key)), (text.to_owned(), text.to_owned()));
    }
    let waived = |what| section("waivers").rule(rule).named(what);
    let account = section("scope").key("accounts").named("111122223333");
    for (key, text) in [
        (section("windows").named("q4-tax-settings").key("to"), "windows"),
        (account.key("role-arn"), "scope"),
        (waived("111122223333"), "waivers.root-mfa-missing"),
        (waived("111122223333 (sign-in)").key("expires"), "waivers.root-mfa-missing"),
    ] {
        assert_eq!(shown_of(key), text);
    }
}

#[test]
fn strangers_read_each_key_once_and_the_lines_of_problems() {
    let text = shown(&weakened(), Format::Text, &REDACTED);
    assert!(text.contains(
        "    weaker: gate.fail-on, rules.root-mfa-missing, waivers.root-access-key-active\n"
    ));
    let twice = changes().into_iter().chain(changes()).collect();
    let text = shown(&with(changed(twice), Effect::Fails), Format::Markdown, &REDACTED);
    assert!(text.contains("- planned: windows (2)\n"), "{text}");
    let text = shown(&broken(), Format::Markdown, &REDACTED);
    assert!(text.contains("- problems: line 4, line 9, the whole file\n"));
}

// -- annotations ----------------------------------------------------------------------------------

/// Level, file, line and title of each.
fn notes(report: &Report, details: Details) -> Vec<(String, String)> {
    let log = annotated(report, details);
    let note = |command: crate::escape::tests::Command| {
        let properties: Vec<_> =
            command.properties.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        (command.name, properties.join(" "))
    };
    commands(&log).into_iter().map(note).collect()
}

#[test]
fn a_change_is_annotated_on_its_line_by_what_it_does() {
    let levels = |effect| -> Vec<String> {
        let notes = notes(&with(changed(changes()), effect), Details::Full);
        notes.into_iter().map(|(level, _)| level).collect()
    };
    assert_eq!(levels(Effect::Fails), ["error", "error", "error", "notice"]);
    assert_eq!(levels(Effect::Tolerated), ["warning", "warning", "warning", "notice"]);
    assert_eq!(levels(Effect::Accepted), ["notice", "notice", "notice", "notice"]);

    let mut moved = with(changed(only(ChangeKind::Weaker)), Effect::Fails);
    at_path(&mut moved, "rootgate.yaml");
    for details in [Details::Full, Details::Redacted] {
        let places: Vec<_> =
            notes(&moved, details).into_iter().map(|(_, location)| location).collect();
        let location =
            |line| format!("file=rootgate.yaml line={line} title=policy change (weaker)");
        assert_eq!(places, [5, 14, 40].map(location));
    }
}

#[test]
fn a_policy_that_is_gone_is_annotated_where_it_was_and_one_behind_is_not() {
    let location = "file=.github/rootgate.yaml line=1 title=policy is gone".to_owned();
    let gone = notes(&with(missing(), Effect::Fails), Details::Full);
    assert_eq!(gone, [("error".to_owned(), location.clone())]);
    let tolerated = notes(&with(missing(), Effect::Tolerated), Details::Redacted);
    assert_eq!(tolerated, [("warning".to_owned(), location)]);
    assert_eq!(notes(&with(behind(), Effect::None), Details::Full), []);
}

#[test]
fn changes_by_one_line_are_one_annotation() {
    let waiver = changes().remove(3);
    let ids = 0..20;
    let key = |id: usize| KeyPath::section("waivers").named(id.to_string());
    let many = ids.map(|id| Change { key: key(id), ..waiver.clone() }).collect();
    let report = with(changed(many), Effect::Fails);
    let log = annotated(&report, Details::Full);
    assert_eq!(log.lines().count(), 1);
    assert!(log.contains("waivers.4: added:") && log.contains("and 15 more on this line"));
    assert!(!log.contains("waivers.5: added:"));
    assert!(log.contains("It fails the gate"), "what follows is not cut off: {log}");
}

#[test]
fn changes_come_first_and_leave_room_for_findings() {
    let change = changes().remove(1);
    let lines = |count| {
        let line = |line| Change { new_line: Some(line), ..change.clone() };
        let all = (1..=count).map(line).collect();
        Report { policy_change: copy(changed(all), Effect::Fails), ..red() }
    };
    let titles = |report: &Report| -> Vec<String> {
        let notes = notes(report, Details::Full).into_iter();
        let title = |location: &str| location.rsplit_once("title=").unwrap().1.to_owned();
        notes.map(|(_, location)| title(&location)).collect()
    };
    let weaker = "policy change (weaker)";
    let (active, present) = ("root-access-key-active (critical)", "root-access-key-present (high)");
    let hardware = "root-mfa-not-hardware (low)";
    // Five and the three of the red report: all fit.
    let five = [weaker, weaker, weaker, weaker, weaker, active, present, hardware];
    assert_eq!(titles(&lines(5)), five);
    let many = [weaker, weaker, weaker, weaker, active, present, hardware, "rootgate"];
    assert_eq!(titles(&lines(30)), many);
    let log = annotated(&lines(30), Details::Full);
    assert!(log.ends_with("::and 26 more in the job summary and the log\n"), "{log}");

    // A planned change is not an error, so it comes after the errors.
    let planned = changed(only(ChangeKind::Planned));
    let report = Report { policy_change: copy(planned, Effect::None), ..red() };
    assert_eq!(titles(&report), [active, present, "policy change (planned)", hardware]);
}

#[test]
fn before_enforce_from_only_the_copy_is_an_error() {
    let weaker = changed(only(ChangeKind::Weaker));
    let report = Report {
        enforce_from: crate::model::parse_day("2026-12-01").ok(),
        policy_change: copy(weaker, Effect::Fails),
        ..red()
    };
    let levels: Vec<_> =
        notes(&report, Details::Full).into_iter().map(|(level, _)| level).collect();
    assert_eq!(levels, ["error", "error", "error", "warning", "warning", "notice"]);
    assert!(last_line(&report).starts_with("FAIL: "));
}

// -- size and other formats -----------------------------------------------------------------------

fn very_many() -> Vec<Change> {
    let long = |change: &Change, line| Change {
        old: Some("o".repeat(5_000)),
        new: Some("\u{202e}".repeat(5_000)),
        new_line: Some(line),
        ..change.clone()
    };
    let mut all: Vec<_> =
        changes().iter().flat_map(|change| (1..=2_000).map(|line| long(change, line))).collect();
    all.sort_by_key(|change| change.kind);
    all
}

#[test]
fn a_summary_of_very_many_changes_fits_and_still_shows_the_findings() {
    let state = PolicyCopy::Changed { changes: very_many(), after: after(Verdict::Fail, 1, 2) };
    let report = Report { policy_change: copy(state, Effect::Fails), ..red() };
    let text = rendered(&report, Format::Markdown);
    assert!(text.len() <= 900 * 1024, "{}", text.len());
    for whole in [
        "### Policy change: 2000 planned, 6000 weaker, 2000 stronger, 2000 other",
        "After this merge: fail",
        "Access key 1 of the root user",
        "SEC-78",
        "### Policy\n",
    ] {
        assert!(text.contains(whole), "{whole}");
    }
    assert_eq!(text.matches("more in the JSON report.").count(), 2);
    for options in [REDACTED, Options::default()] {
        assert!(shown(&report, Format::Text, &options).len() < 600_000);
    }
    assert!(shown(&report, Format::Markdown, &REDACTED).len() < 5_000);
}

#[test]
fn fifty_changes_of_a_kind_are_shown_and_the_rest_is_counted() {
    let line = |line| Change { new_line: Some(line), ..changes().remove(1) };
    let report = |count| with(changed((1..=count).map(line).collect()), Effect::Fails);
    let shown = |count, format| rendered(&report(count), format).matches(".yaml:").count();
    assert_eq!(shown(50, Format::Text), 50);
    assert_eq!(shown(51, Format::Text), 50);
    let row = |count| rendered(&report(count), Format::Markdown).matches("| **weaker** |").count();
    assert_eq!((row(50), row(51)), (50, 50));
    let text = rendered(&report(53), Format::Text);
    assert!(text.contains("      and 3 more changes, in the JSON report\n"));
    assert!(rendered(&report(53), Format::Markdown).contains("\n3 more in the JSON report.\n"));
    assert!(!rendered(&report(50), Format::Text).contains("in the JSON report"));
}

#[test]
fn very_many_problems_are_counted_too() {
    let problem = |line| Problem { message: "p".repeat(3_000), line: Some(line) };
    let state = PolicyCopy::Broken((1..=5_000).map(problem).collect());
    let report = with(state, Effect::Fails);
    let text = rendered(&report, Format::Markdown);
    assert!(text.len() <= 900 * 1024 && text.contains("\n4950 more in the JSON report.\n"));
    let text = shown(&report, Format::Markdown, &REDACTED);
    assert!(text.contains(", line 50, and 4950 more\n"), "{text}");
    assert_eq!(annotated(&report, Details::Full).lines().count(), 8);
}

#[test]
fn a_policy_change_is_no_alert() {
    let changed = Report { policy_change: weakened().policy_change, ..red() };
    assert_eq!(rendered(&changed, Format::Sarif), rendered(&red(), Format::Sarif));
}

#[test]
fn a_change_without_a_copy_or_a_judging_file_has_no_place() {
    let change = Change { old_line: Some(3), new_line: Some(4), ..changes().remove(1) };
    let mut report = with(missing(), Effect::Fails);
    report.policy.repository_path = None;
    let Content::Full(changes) = ChangePart::from_report(&report, Details::Full).unwrap().content
    else {
        panic!("everything was asked for");
    };
    assert_eq!(changes.location(&change), None);
    assert!(sentences(&report).starts_with("The policy is not in this checkout"));
    let gone = PolicyChange { path: None, ..report.policy_change.clone().unwrap() };
    let nowhere = Report { policy_change: Some(gone), ..report };
    assert!(annotated(&nowhere, Details::Full).starts_with("::error title=policy is gone::"));
}
