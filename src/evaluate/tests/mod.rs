//! Waivers, the gate, notices, and the promise that an unknown fact never passes.

mod copies;
mod weaker;

use chrono::TimeDelta;
use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_assert_ne, prop_assume,
    prop_oneof, proptest,
};

use super::{Run, Tally, evaluate, report};
use crate::model::{
    Audit, Cause, Duration, EventKind, Evidence, Gap, Judge, NoticeCode, Outcome, PolicyOrigin,
    RegionGap, Report, RootEvent, RuleId, Severity, Source, UseKind, Verdict, parse_day,
};
use crate::policy::{
    Allow, EventsPolicy, Exclude, KeyCreated, OnUndetermined, OrganizationScope, Policy,
    ScopeAccount, Waiver, WaiverSubject, When, Window,
};
use crate::testing::{ACCOUNT, NOW, built_in, event, healthy, outcome_under, subjects, time};

const ACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "true"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];

fn run() -> Run {
    Run {
        inventory: None,
        now: time(NOW),
        as_of: false,
        origin: PolicyOrigin {
            path: Some("rootgate.yaml".into()),
            repository_path: Some("rootgate.yaml".into()),
            sha256: None,
            judge: Judge::File,
            git_ref: None,
            commit: None,
        },
        policy_change: None,
        not_evaluated: None,
        notices: Vec::new(),
        scope_named: true,
        evidence_files: Vec::new(),
        incomplete: None,
    }
}

fn judged(policy: &Policy, evidence: &Evidence) -> Report {
    let run = Run { scope_named: !policy.scope.is_empty(), ..run() };
    report(policy, vec![evaluate(policy, evidence, time(NOW))], run)
}

fn set(policy: &mut Policy, rule: &str, severity: Severity) {
    policy.rules.iter_mut().find(|it| it.info.id.0 == rule).unwrap().severity = severity;
}

fn waiver(rule: &'static str, subject: Option<WaiverSubject>, from: &str, expires: &str) -> Waiver {
    Waiver {
        rule: RuleId(rule),
        accounts: vec![ACCOUNT.parse().unwrap()],
        subject,
        reason: "moves to a role".into(),
        ticket: "SEC-77".into(),
        from: parse_day(from).unwrap(),
        expires: parse_day(expires).unwrap(),
        line: 30,
    }
}

fn key_waiver(from: &str, expires: &str) -> Waiver {
    let subject = WaiverSubject::AccessKeyCreated(KeyCreated::On(parse_day("2019-05-02").unwrap()));
    waiver("root-access-key-active", Some(subject), from, expires)
}

fn window(from: &str, to: &str, allow: Allow) -> Window {
    Window {
        id: "drill".into(),
        reason: "drill".into(),
        ticket: Some("CHG-1".into()),
        accounts: None,
        when: When::Once { from: time(from), to: time(to) },
        allow,
        require_mfa: true,
        line: 20,
    }
}

const SIGN_IN: Allow = Allow { sign_in: true, access_key: false, actions: None };
const ACCESS_KEY: Allow = Allow { sign_in: false, access_key: true, actions: None };

// -- verdict and exit code ------------------------------------------------------------------------

#[test]
fn a_violation_wins_over_undetermined() {
    let evidence = healthy()
        .with_row(ACTIVE_KEY)
        .with_count("AccountAccessKeysPresent", 1)
        .without(Source::AccountSummary, Cause::Denied);
    let report = judged(&built_in(), &evidence);
    assert!(report.counts.undetermined > 0);
    assert_eq!((report.verdict, report.exit_code), (Verdict::Fail, 1));
}

#[test]
fn undetermined_blocks_with_3() {
    let report = judged(&built_in(), &healthy().without(Source::CredentialReport, Cause::Denied));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Undetermined, 3));
}

#[test]
fn what_is_below_fail_on_is_counted_and_passes() {
    let evidence = healthy().without(Source::VirtualMfaDevices, Cause::Denied);
    let report = judged(&built_in(), &evidence);
    assert_eq!(
        (report.verdict, report.exit_code, report.counts.undetermined),
        (Verdict::Pass, 0, 1)
    );
    let root = Some("arn:aws:iam::111122223333:root");
    let report =
        judged(&built_in(), &healthy().with_device("arn:aws:iam::111122223333:mfa/x", root));
    assert_eq!((report.verdict, report.exit_code, report.counts.failed), (Verdict::Pass, 0, 1));
    let mut strict = built_in();
    strict.gate.fail_on = Severity::Low;
    assert_eq!(judged(&strict, &evidence).exit_code, 3);
}

#[test]
fn warn_lets_undetermined_through_but_never_critical_rules() {
    let mut policy = built_in();
    policy.gate.on_undetermined = OnUndetermined::Warn;
    // The events are missing, so the rule about uses (high) is undetermined. The rules that need
    // nothing but events are off.
    for rule in &mut policy.rules {
        if ["root-signed-in-without-mfa", "root-credential-changed"].contains(&rule.info.id.0) {
            rule.on = false;
        }
    }
    let report = judged(&policy, &healthy().without(Source::RootEvents, Cause::Denied));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Undetermined, 0));
    assert!(report.notices.iter().any(|notice| notice.code() == NoticeCode::UndeterminedTolerated));
    // The summary was denied. It could contradict what the older report says about keys and MFA.
    let report = judged(&policy, &healthy().without(Source::AccountSummary, Cause::Denied));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Undetermined, 3));
    // A new key: root-access-key-active (critical) is undetermined. root-access-key-present is off.
    let mut policy = built_in();
    policy.gate.on_undetermined = OnUndetermined::Warn;
    policy.rules.iter_mut().find(|rule| rule.info.id.0 == "root-access-key-present").unwrap().on =
        false;
    let report = judged(&policy, &healthy().with_count("AccountAccessKeysPresent", 1));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Undetermined, 3));
}

#[test]
fn warn_never_covers_an_account_where_nothing_could_be_read() {
    let mut policy = built_in();
    policy.gate.on_undetermined = OnUndetermined::Warn;
    for rule in ["root-access-key-active", "root-mfa-missing"] {
        set(&mut policy, rule, Severity::High);
    }
    let mut evidence = healthy();
    for source in Source::ALL {
        evidence = evidence.without(*source, Cause::NotEntered);
    }
    let report = judged(&policy, &evidence);
    assert_eq!((report.verdict, report.exit_code), (Verdict::Undetermined, 3));
}

#[test]
fn before_enforce_from_what_was_found_is_shown_and_exits_0() {
    let mut policy = built_in();
    policy.gate.enforce_from = parse_day("2026-11-21").ok();
    let failing = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    let report = judged(&policy, &failing);
    assert_eq!((report.verdict, report.exit_code), (Verdict::Fail, 0));
    let undetermined = healthy().without(Source::CredentialReport, Cause::Denied);
    assert_eq!(judged(&policy, &undetermined).exit_code, 0);
    policy.gate.enforce_from = parse_day("2026-11-20").ok();
    assert_eq!(judged(&policy, &failing).exit_code, 1, "the day itself is enforced");
}

#[test]
fn a_run_that_ended_early_never_passes() {
    let mut policy = built_in();
    policy.gate.on_undetermined = OnUndetermined::Warn;
    let account = evaluate(&policy, &healthy(), time(NOW));
    let ended = Run { incomplete: Some("out of time"), ..run() };
    assert_eq!(report(&policy, vec![account], ended).exit_code, 3);
    assert_eq!(report(&policy, Vec::new(), run()).exit_code, 3, "nothing judged is no pass");
}

// -- age ------------------------------------------------------------------------------------------

#[test]
fn a_fact_older_than_max_age_decides_nothing() {
    let at = |text| judged(&built_in(), &healthy().at(Source::CredentialReport, text)).exit_code;
    assert_eq!(at("2026-11-20T04:45:00Z"), 0, "exactly 4h15m");
    assert_eq!(at("2026-11-20T04:44:59Z"), 3);
}

#[test]
fn a_fact_more_than_five_minutes_ahead_decides_nothing() {
    let at = |text| judged(&built_in(), &healthy().at(Source::AccountSummary, text)).exit_code;
    assert_eq!(at("2026-11-20T09:05:00Z"), 0);
    assert_eq!(at("2026-11-20T09:05:01Z"), 3);
}

#[test]
fn a_fact_without_a_time_decides_nothing() {
    let mut evidence =
        healthy().without(Source::AccountSummary, Cause::NotCollected).with_row(ACTIVE_KEY);
    evidence.credential_report.as_mut().unwrap().observed_at = None;
    let report = judged(&built_in(), &evidence);
    assert_eq!((report.exit_code, report.counts.failed), (3, 0));
    let outcome = &report.accounts[0].outcomes[0];
    assert_eq!(outcome.gaps[0].cause, Cause::Undated);
    assert!(outcome.gaps[0].grant.as_ref().unwrap().contains("--report-generated-at"));
}

// -- windows --------------------------------------------------------------------------------------

#[test]
fn a_window_is_closed_at_its_end_and_open_at_its_start() {
    let mut policy = built_in();
    policy.windows = vec![window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", SIGN_IN)];
    let used_at = |at| {
        let evidence = healthy().with_row(&[("password_last_used", at)]);
        outcome_under(&policy, "root-used-outside-window", &evidence).outcome
    };
    assert_eq!(used_at("2026-11-18T08:59:59Z"), Outcome::Fail);
    assert_eq!(used_at("2026-11-18T09:00:00Z"), Outcome::Pass);
    assert_eq!(used_at("2026-11-18T09:59:59Z"), Outcome::Pass);
    assert_eq!(used_at("2026-11-18T10:00:00Z"), Outcome::Fail);
}

#[test]
fn a_window_covers_only_the_kinds_it_allows_and_only_its_accounts() {
    let evidence = healthy().with_row(&[("access_key_1_last_used_date", "2026-11-18T09:30:00Z")]);
    let with = |allow, accounts: Option<&str>| {
        let mut policy = built_in();
        let mut open = window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", allow);
        open.accounts = accounts.map(|id| vec![id.parse().unwrap()]);
        policy.windows = vec![open];
        outcome_under(&policy, "root-used-outside-window", &evidence).outcome
    };
    assert_eq!(with(SIGN_IN, None), Outcome::Fail);
    assert_eq!(with(ACCESS_KEY, None), Outcome::Pass);
    assert_eq!(with(ACCESS_KEY, Some(ACCOUNT)), Outcome::Pass);
    assert_eq!(with(ACCESS_KEY, Some("444455556666")), Outcome::Fail);
}

#[test]
fn the_timeline_marks_each_use_with_its_window() {
    let mut policy = built_in();
    policy.windows = vec![window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", SIGN_IN)];
    let evidence = healthy().with_row(&[
        ("password_last_used", "2026-11-18T09:30:00Z"),
        ("access_key_2_last_used_date", "2026-11-19T01:00:00Z"),
    ]);
    let account = evaluate(&policy, &evidence, time(NOW));
    let marks: Vec<_> =
        account.timeline.uses.iter().map(|used| (used.kind, used.window.as_deref())).collect();
    assert_eq!(marks, [(UseKind::SignIn, Some("drill")), (UseKind::AccessKey, None)]);
    assert_eq!(account.timeline.windows.len(), 1);
}

#[test]
fn the_timeline_is_there_whichever_rules_are_on() {
    let mut policy = built_in();
    policy.windows = vec![window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", SIGN_IN)];
    let evidence = healthy().with_row(&[("password_last_used", "2026-11-18T09:30:00Z")]);
    let judged = evaluate(&policy, &evidence, time(NOW));
    assert_eq!((judged.timeline.uses.len(), judged.timeline.windows.len()), (1, 1));
    for rule in &mut policy.rules {
        rule.on = false;
    }
    let off = evaluate(&policy, &evidence, time(NOW));
    assert!(off.outcomes.is_empty());
    assert_eq!(off.timeline, judged.timeline);
    policy.root_events = None;
    assert_eq!(evaluate(&policy, &evidence, time(NOW)).timeline, judged.timeline, "events off");
}

#[test]
fn the_timeline_reaches_as_far_back_as_the_events() {
    let evidence = healthy().with_row(&[("password_last_used", "2026-11-05T09:30:00Z")]);
    let uses = |days| {
        let mut policy = built_in();
        let lookback = Duration::days(days);
        policy.root_events = policy.root_events.map(|events| EventsPolicy { lookback, ..events });
        let judged = evaluate(&policy, &evidence, time(NOW));
        let used = judged.outcomes.iter().find(|it| it.rule.0 == "root-used-outside-window");
        assert!(used.unwrap().findings.is_empty(), "`within` stays 7 days");
        judged.timeline.uses.len()
    };
    assert_eq!((uses(7), uses(30)), (0, 1));
}

// -- waivers --------------------------------------------------------------------------------------

#[test]
fn a_valid_waiver_keeps_the_finding_and_does_not_block() {
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2027-01-15")];
    set(&mut policy, "root-access-key-not-rotated", Severity::Low);
    let evidence = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    let outcome = outcome_under(&policy, "root-access-key-active", &evidence);
    assert_eq!(outcome.outcome, Outcome::Waived);
    assert_eq!(outcome.findings[0].waiver.as_ref().unwrap().ticket, "SEC-77");
    let report = judged(&policy, &evidence.with_events(|events| events.all_regions = true));
    assert_eq!((report.exit_code, report.counts.waived), (0, 1));
}

#[test]
fn waiver_days_are_inclusive_at_both_ends() {
    let evidence = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    for (from, expires, outcome) in [
        ("2026-11-20", "2026-11-20", Outcome::Waived),
        ("2026-11-21", "2026-12-20", Outcome::Fail),
        ("2026-10-01", "2026-11-19", Outcome::Fail),
    ] {
        let mut policy = built_in();
        policy.waivers = vec![key_waiver(from, expires)];
        assert_eq!(outcome_under(&policy, "root-access-key-active", &evidence).outcome, outcome);
    }
}

#[test]
fn a_waiver_of_one_key_never_covers_another() {
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2027-01-15")];
    let two = [
        ACTIVE_KEY,
        &[("access_key_2_active", "true"), ("access_key_2_last_rotated", "2019-05-02T11:00:00Z")],
    ];
    let evidence = healthy().with_row(&two.concat()).with_count("AccountAccessKeysPresent", 2);
    let waived = |policy: &Policy| -> Vec<bool> {
        let outcome = outcome_under(policy, "root-access-key-active", &evidence);
        assert_eq!(outcome.outcome, Outcome::Fail);
        assert_eq!(subjects(&outcome), ["key 2019-05-02", "key 2019-05-02 #2"]);
        outcome.findings.iter().map(|finding| finding.waiver.is_some()).collect()
    };
    assert_eq!(waived(&policy), [false, false], "the day fits both");
    let by_time = |made: &str| Policy {
        waivers: vec![Waiver {
            subject: Some(WaiverSubject::AccessKeyCreated(KeyCreated::At(time(made)))),
            ..key_waiver("2026-11-01", "2027-01-15")
        }],
        ..built_in()
    };
    assert_eq!(waived(&by_time("2019-05-02T10:00:00Z")), [true, false]);
    assert_eq!(waived(&by_time("2019-05-02T11:00:00Z")), [false, true]);
    assert_eq!(waived(&by_time("2019-05-02T10:00:01Z")), [false, false]);
    policy.waivers.extend(by_time("2019-05-02T11:00:00Z").waivers);
    assert_eq!(waived(&policy), [false, true]);
}

#[test]
fn keys_of_one_day_are_numbered_and_told_apart_over_active_and_inactive_ones() {
    let two = |active: [&'static str; 2]| {
        let cells = [
            ("access_key_1_active", active[0]),
            ("access_key_1_last_rotated", "2019-05-02T11:00:00Z"),
            ("access_key_2_active", active[1]),
            ("access_key_2_last_rotated", "2019-05-02T10:00:00Z"),
        ];
        healthy().with_row(&cells).with_count("AccountAccessKeysPresent", 2)
    };
    let (active, present) = ("root-access-key-active", "root-access-key-present");
    for (slots, active_subject, other_subject) in [
        (["true", "false"], "key 2019-05-02 #2", "key 2019-05-02"),
        (["false", "true"], "key 2019-05-02", "key 2019-05-02 #2"),
    ] {
        let evidence = two(slots);
        assert_eq!(subjects(&outcome_under(&built_in(), active, &evidence)), [active_subject]);
        assert_eq!(subjects(&outcome_under(&built_in(), present, &evidence)), [other_subject]);
        let policy = Policy { waivers: vec![key_waiver("2026-11-01", "2027-01-15")], ..built_in() };
        let report = judged(&policy, &evidence);
        let outcome = report.accounts[0].outcomes.iter().find(|it| it.rule.0 == active).unwrap();
        assert_eq!(outcome.outcome, Outcome::Fail, "the inactive key is a second one of that day");
        let notices: Vec<_> =
            report.notices.iter().filter(|notice| notice.line == Some(30)).collect();
        let [notice] = notices[..] else { panic!("{notices:?}") };
        assert_eq!(notice.code(), NoticeCode::WaiverAmbiguous);
        assert_eq!(
            notice.message(),
            "the waiver of root-access-key-active (SEC-77) covers no key of account 111122223333: 2 were made on \
             2019-05-02 (2019-05-02T10:00:00Z, 2019-05-02T11:00:00Z), active or not; write the time of the one \
             that is meant, such as `access-key-created: 2019-05-02T10:00:00Z`"
        );
    }
    let alone = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    let policy = Policy { waivers: vec![key_waiver("2026-11-01", "2027-01-15")], ..built_in() };
    assert_eq!(outcome_under(&policy, active, &alone).outcome, Outcome::Waived);
    assert!(!codes(&policy, &alone).iter().any(|(code, _)| *code == NoticeCode::WaiverAmbiguous));
}

#[test]
fn a_waiver_never_covers_what_is_undetermined() {
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2027-01-15")];
    // The summary counts a second key that the report does not show.
    let evidence = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 2);
    let outcome = outcome_under(&policy, "root-access-key-active", &evidence);
    assert_eq!(outcome.outcome, Outcome::Undetermined);
    assert!(outcome.findings[0].waiver.is_some(), "the waived finding stays visible");
}

#[test]
fn a_waiver_of_one_kind_of_use_never_covers_the_other() {
    let mut policy = built_in();
    let subject = Some(WaiverSubject::Use(UseKind::AccessKey));
    policy.waivers = vec![waiver("root-used-outside-window", subject, "2026-11-01", "2026-12-01")];
    let key = healthy().with_row(&[("access_key_1_last_used_date", "2026-11-19T12:00:00Z")]);
    assert_eq!(outcome_under(&policy, "root-used-outside-window", &key).outcome, Outcome::Waived);
    let sign_in = healthy().with_row(&[("password_last_used", "2026-11-19T12:00:00Z")]);
    assert_eq!(outcome_under(&policy, "root-used-outside-window", &sign_in).outcome, Outcome::Fail);
}

#[test]
fn not_rotated_judges_only_keys_whose_active_is_waived() {
    let rule = "root-access-key-not-rotated";
    let two = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", "2019-05-02T10:00:00Z"),
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", "2018-01-01T10:00:00Z"),
    ];
    let evidence = healthy().with_row(&two).with_count("AccountAccessKeysPresent", 2);
    assert_eq!(outcome_under(&built_in(), rule, &evidence).outcome, Outcome::NotApplicable);
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2027-01-15")];
    let outcome = outcome_under(&policy, rule, &evidence);
    assert_eq!(
        (outcome.outcome, subjects(&outcome)),
        (Outcome::Fail, vec!["key 2019-05-02".to_owned()])
    );
    let young =
        [("access_key_1_active", "true"), ("access_key_1_last_rotated", "2026-11-01T10:00:00Z")];
    let mut policy = built_in();
    policy.waivers = vec![Waiver {
        subject: Some(WaiverSubject::AccessKeyCreated(KeyCreated::On(
            parse_day("2026-11-01").unwrap(),
        ))),
        ..key_waiver("2026-11-01", "2027-01-15")
    }];
    let evidence = healthy().with_row(&young).with_count("AccountAccessKeysPresent", 1);
    assert_eq!(outcome_under(&policy, rule, &evidence).outcome, Outcome::Pass);
}

// -- notices --------------------------------------------------------------------------------------

fn codes(policy: &Policy, evidence: &Evidence) -> Vec<(NoticeCode, Option<usize>)> {
    let report = judged(policy, evidence);
    report.notices.iter().map(|notice| (notice.code(), notice.line)).collect()
}

#[test]
fn waivers_announce_their_life() {
    let evidence = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    for (from, expires, evidence, code) in [
        ("2026-11-21", "2027-01-15", &evidence, NoticeCode::WaiverNotYetValid),
        ("2026-11-01", "2026-12-04", &evidence, NoticeCode::WaiverExpiresSoon),
        ("2026-11-01", "2026-11-19", &evidence, NoticeCode::WaiverExpired),
        ("2026-11-01", "2027-01-15", &healthy(), NoticeCode::WaiverUnused),
    ] {
        let mut policy = built_in();
        policy.waivers = vec![key_waiver(from, expires)];
        let found = codes(&policy, evidence);
        assert!(found.contains(&(code, Some(30))), "{code:?}: {found:?}");
    }
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2026-12-05")];
    assert!(
        codes(&policy, &evidence).iter().all(|(_, line)| line.is_none()),
        "15 days are not soon"
    );
}

#[test]
fn an_exclusion_that_has_ended_or_ends_soon_is_a_notice() {
    let said = |expires: &str| {
        let mut policy = built_in();
        policy.organization = Some(OrganizationScope {
            member_role: Some("rootgate".to_owned()),
            management_role: None,
            audit: Audit::AssumeRole,
            new_account_grace: None,
            exclude: vec![Exclude {
                account: "444455556666".parse().unwrap(),
                reason: "being closed".to_owned(),
                expires: expires.parse().unwrap(),
                line: 9,
            }],
            line: 3,
        });
        let report = judged(&policy, &healthy());
        assert!(!report.notices.iter().any(|it| it.code() == NoticeCode::OutsideScope));
        let of_it = |it: &&crate::model::Notice| it.line == Some(9);
        report.notices.iter().find(of_it).map(|it| format!("{}: {}", it.code().id(), it.message()))
    };
    for (expires, expected) in [
        (
            "2026-11-19",
            "exclude-expired: the exclusion of account 444455556666 ended on 2026-11-19: it is judged again; \
             remove the exclusion, or agree a new date",
        ),
        (
            "2026-11-20",
            "exclude-expires-soon: the exclusion of account 444455556666 ends today, on 2026-11-20; from \
             tomorrow on it is judged",
        ),
        (
            "2026-11-21",
            "exclude-expires-soon: the exclusion of account 444455556666 ends in 1 day, on 2026-11-21; then it \
             is judged again",
        ),
        (
            "2026-12-04",
            "exclude-expires-soon: the exclusion of account 444455556666 ends in 14 days, on 2026-12-04; then \
             it is judged again",
        ),
    ] {
        assert_eq!(said(expires).as_deref(), Some(expected));
    }
    assert_eq!(said("2026-12-05"), None, "15 days are not soon");
}

#[test]
fn a_rule_that_is_off_or_lowered_is_a_notice() {
    let mut policy = built_in();
    policy.rules[0].on = false;
    policy.rules[0].line = Some(7);
    set(&mut policy, "root-mfa-missing", Severity::Low);
    let found = codes(&policy, &healthy());
    assert!(found.contains(&(NoticeCode::RuleOff, Some(7))));
    assert!(found.iter().any(|(code, _)| *code == NoticeCode::RuleLowered));
}

#[test]
fn if_no_rule_judged_anything_there_is_a_notice() {
    let judges = |keep: &dyn Fn(&str) -> bool, evidence: &Evidence| {
        let mut policy = built_in();
        policy.rules.iter_mut().for_each(|rule| rule.on = keep(rule.info.id.0));
        let nothing = (NoticeCode::NothingJudged, None);
        !codes(&policy, evidence).contains(&nothing)
    };
    let evidence = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    assert!(!judges(&|_| false, &evidence), "every rule is off");
    assert!(!judges(&|id| id == "root-access-key-not-rotated", &evidence), "it does not apply");
    // The controls: one outcome of any rule is enough, even an undetermined one.
    assert!(judges(&|_| true, &evidence));
    assert!(judges(&|id| id == "root-access-key-active", &evidence));
    let report = super::report(&built_in(), Vec::new(), run());
    assert!(report.notices.iter().all(|notice| notice.code() != NoticeCode::NothingJudged));
}

#[test]
fn a_window_that_never_opens_again_and_accounts_outside_the_scope_are_notices() {
    let mut policy = built_in();
    policy.scope =
        vec![ScopeAccount { id: ACCOUNT.parse().unwrap(), name: None, role_arn: None, line: 3 }];
    let mut past = window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", SIGN_IN);
    past.accounts = Some(vec!["444455556666".parse().unwrap()]);
    policy.windows = vec![past];
    let found = codes(&policy, &healthy());
    assert!(found.contains(&(NoticeCode::WindowPast, Some(20))));
    assert!(found.contains(&(NoticeCode::OutsideScope, Some(20))));
    assert!(!found.iter().any(|(code, _)| *code == NoticeCode::ScopeNotNamed));
    assert!(codes(&built_in(), &healthy()).contains(&(NoticeCode::ScopeNotNamed, None)));
}

// -- how long it holds ------------------------------------------------------------------------------

#[test]
fn a_verdict_holds_an_hour_or_until_its_evidence_or_waiver_ends() {
    let until = |policy: &Policy, evidence: &Evidence| judged(policy, evidence).valid_until;
    let fresh = healthy().at(Source::CredentialReport, "2026-11-20T08:00:00Z");
    assert_eq!(until(&built_in(), &fresh), time("2026-11-20T10:00:00Z"));
    let ageing = healthy().at(Source::CredentialReport, "2026-11-20T05:00:00Z");
    assert_eq!(until(&built_in(), &ageing), time("2026-11-20T09:15:00Z"));
    let mut policy = built_in();
    policy.waivers = vec![key_waiver("2026-11-01", "2026-11-20")];
    let evidence = fresh.with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    let late = report(
        &policy,
        vec![evaluate(&policy, &evidence, time(NOW))],
        Run { now: time("2026-11-20T23:30:00Z"), ..run() },
    );
    assert!(late.valid_until <= time("2026-11-21T00:00:00Z"));
}

// -- promise 1: never a silent pass -----------------------------------------------------------------

fn cell() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("true"),
        Just("false"),
        Just("N/A"),
        Just("no_information"),
        Just("not_supported"),
        Just("2019-05-02T10:00:00Z"),
        Just("2026-11-19T12:00:00Z"),
        Just(""),
        Just("odd"),
        Just("-"),
    ]
}

const COLUMNS: &[&str] = &[
    "password_enabled",
    "password_last_used",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
    "additional_credentials_info",
];
const COUNTERS: &[&str] = &[
    "AccountAccessKeysPresent",
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
];

/// Healthy evidence with a few odd cells and counters, as an attacker or a mistake would leave it.
fn evidence() -> impl Strategy<Value = (Vec<(&'static str, &'static str)>, Evidence)> {
    let changes = prop::collection::vec((prop::sample::select(COLUMNS), cell()), 0..6);
    let counts = prop::collection::vec((prop::sample::select(COUNTERS), -1_i64..3), 0..4);
    (changes, counts, any::<bool>()).prop_map(|(changes, counts, report_newer)| {
        let mut evidence = healthy().with_row(&changes);
        for (key, count) in counts {
            evidence = evidence.with_count(key, count);
        }
        if report_newer {
            evidence = evidence.at(Source::CredentialReport, NOW);
        }
        (changes, evidence)
    })
}

/// The built-in policy with windows of the last days. Each pair says how many minutes before the
/// judged instant a window opened, and how many minutes it was open.
fn agreed() -> impl Strategy<Value = (Vec<(i64, i64)>, Policy)> {
    prop::collection::vec((1_i64..14_000, 1_i64..720), 0..4).prop_map(|times| {
        let windows = times.iter().enumerate().map(|(number, (before, long))| {
            let from = time(NOW) - TimeDelta::minutes(*before);
            let when = When::Once { from, to: from + TimeDelta::minutes(*long) };
            let allow = Allow { sign_in: true, access_key: true, actions: None };
            Window { id: format!("w{number}"), when, ..window(NOW, NOW, allow) }
        });
        let windows = windows.collect();
        (times, Policy { windows, ..built_in() })
    })
}

proptest! {
    #[test]
    fn evidence_that_blocks_still_blocks_when_sources_become_gaps(
        (_, evidence) in evidence(),
        lost in prop::collection::vec(prop::sample::select(Source::ALL), 1..4),
        cause in prop_oneof![Just(Cause::Denied), Just(Cause::Unreadable), Just(Cause::Stale)],
    ) {
        if judged(&built_in(), &evidence).exit_code != 0 {
            let mut poorer = evidence;
            for source in lost {
                poorer = poorer.without(source, cause);
            }
            prop_assert!(matches!(judged(&built_in(), &poorer).exit_code, 1 | 3));
        }
    }

    #[test]
    fn evidence_that_blocks_still_blocks_when_single_facts_become_gaps(
        (changes, evidence) in evidence(),
        cells in prop::collection::vec((prop::sample::select(COLUMNS), prop_oneof![Just("odd"), Just("-")]), 0..4),
        counters in prop::collection::vec(prop::sample::select(COUNTERS), 0..3),
    ) {
        if judged(&built_in(), &evidence).exit_code != 0 {
            // Healthy reports do not have the column `additional_credentials_info`, so its loss is
            // not a gap.
            let cells = cells.into_iter().filter(|(column, _)| *column != "additional_credentials_info");
            let poorer_row: Vec<_> = changes.into_iter().chain(cells).collect();
            let mut poorer = evidence.with_row(&poorer_row);
            for counter in counters {
                poorer.account_summary.as_mut().unwrap().value.0.remove(counter);
            }
            prop_assert!(matches!(judged(&built_in(), &poorer).exit_code, 1 | 3));
        }
    }

    #[test]
    fn a_use_outside_every_window_never_turns_a_run_green(
        (_, evidence) in evidence(),
        (times, policy) in agreed(),
        anywhere in 16_i64..10_000,
        after_a_window in prop::option::of(0_i64..90),
        read_only in any::<bool>(),
        kind in prop::sample::select(EventKind::ALL).prop_filter("a use", |kind| kind.is_use()),
    ) {
        let closed = times.first().map(|(before, long)| before - long);
        let minutes = closed.zip(after_a_window).map_or(anywhere, |(closed, after)| closed - after);
        prop_assume!((16..10_000).contains(&minutes));
        // No window covers a session that began outside it, not even a read in the hour after the
        // window.
        prop_assume!(!times.iter().any(|(before, long)| (before - long..=*before).contains(&minutes)));
        let at = time(NOW) - TimeDelta::minutes(minutes);
        let used = RootEvent { kind, read_only, ..event("used", at) };
        let more = evidence.clone().with_events(|events| events.events.push(used));
        prop_assert_eq!(judged(&policy, &more).exit_code, 1);
    }

    #[test]
    fn a_region_without_an_answer_never_turns_a_run_green(
        (_, evidence) in evidence(),
        (_, policy) in agreed(),
        region in 0_usize..3,
        with_list in any::<bool>(),
    ) {
        let poorer = evidence.clone().with_events(|events| {
            let lost = events.regions.remove(region);
            if with_list {
                let gap = Gap::new(Source::RootEvents, Cause::Throttled, "throttled");
                events.gaps.push(RegionGap { region: Some(lost.region), gap });
            }
        });
        prop_assert_ne!(judged(&policy, &poorer).exit_code, 0);
    }

    #[test]
    fn the_order_in_which_accounts_arrive_changes_nothing(
        all in prop::collection::vec(evidence(), 2..5),
        (_, mut policy) in agreed(),
        turn in 0_usize..5,
    ) {
        policy.waivers = vec![key_waiver("2026-11-01", "2026-12-01")];
        let ids = (0..).map(|number: u64| format!("{:012}", 111_122_223_333 + number % 3));
        let accounts = all.into_iter().zip(ids).map(|((_, evidence), id)| {
            let account = id.parse().unwrap();
            policy.waivers[0].accounts.push(id.parse().unwrap());
            evaluate(&policy, &Evidence { account, ..evidence }, time(NOW))
        });
        let accounts: Vec<_> = accounts.collect();
        let mut turned = accounts.clone();
        turned.rotate_left(turn % accounts.len());
        let mut tally = Tally::new(&policy);
        turned.iter().for_each(|account| tally.add(account));
        prop_assert_eq!(tally.report(accounts.clone(), run()), report(&policy, accounts, run()));
    }

    #[test]
    fn the_same_inputs_give_the_same_report((_, evidence) in evidence()) {
        prop_assert_eq!(judged(&built_in(), &evidence), judged(&built_in(), &evidence));
    }
}
