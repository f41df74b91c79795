//! What rules make of CloudTrail's events.

use chrono::TimeDelta;

use crate::evaluate::evaluate;
use crate::model::{
    Cause, EventKind, Evidence, Gap, KeyChange, KeyState, Outcome, Partition, RegionGap, RootEvent,
    RootTask, SignedBy, Source, UseKind,
};
use crate::policy::{Allow, EventsPolicy, Policy, Regions, When, Window};
use crate::testing::{
    NOW, built_in, event, events_off, events_policy, healthy, outcome, outcome_under, subjects,
    time,
};

const USED: &str = "root-used-outside-window";
const NO_MFA: &str = "root-signed-in-without-mfa";
const ATTEMPTS: &str = "root-sign-in-attempts";
const CHANGED: &str = "root-credential-changed";
const ACTIVE: &str = "root-access-key-active";
const PRESENT: &str = "root-access-key-present";
const EVENT_RULES: [&str; 3] = [NO_MFA, ATTEMPTS, CHANGED];

const ACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "true"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];

fn sign_in(id: &str, at: &str, mfa: Option<bool>) -> RootEvent {
    RootEvent {
        kind: EventKind::SignIn,
        event_source: "signin.amazonaws.com".into(),
        event_name: "ConsoleLogin".into(),
        access_key: SignedBy::Nothing,
        session_started: None,
        mfa,
        ..event(id, time(at))
    }
}

fn call(id: &str, at: &str, began: &str, read_only: bool) -> RootEvent {
    RootEvent {
        session_started: Some(time(began)),
        read_only,
        task: (!read_only).then_some(RootTask::UnlockBucketPolicy),
        ..event(id, time(at))
    }
}

fn attempt(id: &str, at: &str) -> RootEvent {
    RootEvent { kind: EventKind::SignInFailed, ..sign_in(id, at, Some(false)) }
}

fn key_event(id: &str, at: &str, key: &str, state: KeyState) -> RootEvent {
    let made = matches!(state, KeyState::Made | KeyState::Active);
    RootEvent {
        kind: if made { EventKind::CredentialChange } else { EventKind::SessionCall },
        event_source: "iam.amazonaws.com".into(),
        event_name: if made { "CreateAccessKey" } else { "DeleteAccessKey" }.into(),
        key_change: Some(KeyChange { id: Some(key.into()), state }),
        ..event(id, time(at))
    }
}

fn window(from: &str, to: &str, actions: Option<&[&str]>) -> Window {
    Window {
        id: "drill".into(),
        reason: "r".into(),
        ticket: Some("T".into()),
        accounts: None,
        when: When::Once { from: time(from), to: time(to) },
        allow: Allow {
            sign_in: true,
            access_key: false,
            actions: actions.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        },
        require_mfa: true,
        line: 1,
    }
}

fn with_window(window: Window) -> Policy {
    Policy { windows: vec![window], ..built_in() }
}

/// Events of a sign-in with MFA at nine, four reads and one change.
fn drill() -> Vec<RootEvent> {
    let mut events = vec![sign_in("s", "2026-11-18T09:02:00Z", Some(true))];
    for minute in 3..7 {
        let at = format!("2026-11-18T09:0{minute}:00Z");
        events.push(call(&format!("r{minute}"), &at, "2026-11-18T09:02:01Z", true));
    }
    events.push(call("c", "2026-11-18T09:10:00Z", "2026-11-18T09:02:01Z", false));
    events
}

// -- uses ---------------------------------------------------------------------------------------

#[test]
fn a_day_of_uses_outside_every_window_is_one_finding_with_its_story() {
    let outcome = outcome(USED, &healthy().and(&drill()));
    assert_eq!((outcome.outcome, subjects(&outcome)), (Outcome::Fail, vec!["2026-11-18 sign-in"]));
    assert_eq!(
        outcome.findings[0].message,
        "Root was used on 2026-11-18, 1d23h50m ago, outside every window: signed in 09:02 with MFA from \
         198.51.100.20 in us-east-1, 4 reads, 1 change (s3:PutBucketPolicy: unlock a bucket policy) \
         (credential report of 2026-11-20T06:00:00Z, 3h ago; CloudTrail events of 2026-11-20T08:59:00Z, 1m ago)."
    );
    assert_eq!(
        outcome.findings[0].window.as_deref().unwrap(),
        "- { id: acknowledged-2026-11-18-sign-in-111122223333, reason: REASON, ticket: TICKET, accounts: [\"111122223333\"], from: \
         2026-11-18T09:02:00Z, to: 2026-11-18T09:40:00Z, allow: { sign-in: true } }"
    );
    assert_eq!(outcome.findings[0].clears_at, Some(time("2026-11-25T09:10:00Z")));
}

#[test]
fn uses_inside_a_window_pass_and_are_told() {
    let policy = with_window(window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None));
    let evidence = healthy().and(&drill());
    let outcome = outcome_under(&policy, USED, &evidence);
    assert_eq!(outcome.outcome, Outcome::Pass);
    for part in ["signed in 09:02 with MFA", "4 reads, 1 change", "inside window `drill`"] {
        assert!(outcome.message.contains(part), "{}", outcome.message);
    }
    let limited =
        with_window(window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", Some(&["sqs:*"])));
    let outcome = outcome_under(&limited, USED, &evidence);
    assert_eq!(subjects(&outcome), ["2026-11-18 sign-in"]);
    assert!(outcome.message.contains("a session begun 09:02 with MFA"), "{}", outcome.message);
    let report = evaluate(&policy, &evidence, time(NOW));
    assert_eq!(report.uses.len(), 1, "close together they are one mark");
    assert_eq!(report.uses[0].window.as_deref(), Some("drill"));
    let story = "signed in 09:02 with MFA from 198.51.100.20 in us-east-1, 4 reads, 1 change \
                 (s3:PutBucketPolicy: unlock a bucket policy)";
    assert_eq!(report.uses[0].story.as_deref(), Some(story));
}

#[test]
fn an_agreed_use_no_longer_hides_an_earlier_one() {
    let policy = with_window(window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None));
    let evidence = healthy()
        .with_row(&[("password_last_used", "2026-11-18T09:02:00Z")])
        .and(&[sign_in("e", "2026-11-16T03:00:00Z", Some(true))])
        .and(&drill());
    assert_eq!(subjects(&outcome_under(&policy, USED, &evidence)), ["2026-11-16 sign-in"]);
    let off = Policy { root_events: None, ..policy };
    assert_eq!(outcome_under(&off, USED, &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_use_of_the_report_is_explained_by_an_event_at_most_15_minutes_away() {
    for (used, subjects_expected, unexplained) in [
        ("2026-11-17T09:17:00Z", 1, false),
        ("2026-11-17T08:47:00Z", 1, false),
        ("2026-11-17T09:17:01Z", 1, true),
        ("2026-11-16T09:00:00Z", 2, true),
    ] {
        let evidence = healthy().with_row(&[("password_last_used", used)]).and(&[sign_in(
            "e",
            "2026-11-17T09:02:00Z",
            Some(true),
        )]);
        let outcome = outcome(USED, &evidence);
        assert_eq!(outcome.findings.len(), subjects_expected, "{used}");
        assert_eq!(
            outcome.message.contains("no CloudTrail event within 15"),
            unexplained,
            "{used}"
        );
    }
    let key = ("access_key_1_last_used_date", "2026-11-17T09:02:00Z");
    let evidence =
        healthy().with_row(&[key]).and(&[sign_in("e", "2026-11-17T09:02:00Z", Some(true))]);
    let outcome = outcome(USED, &evidence);
    assert_eq!(
        subjects(&outcome),
        ["2026-11-17 sign-in", "2026-11-17 access-key"],
        "a sign-in explains no key"
    );
}

#[test]
fn a_denied_call_by_a_key_is_a_use_of_the_key() {
    let used = RootEvent {
        kind: EventKind::KeyCall,
        access_key: SignedBy::LongLivedKey,
        access_key_id: Some("AKIAIOSFODNN7EXAMPLE".into()),
        error_code: Some("AccessDenied".into()),
        ..event("k", time("2026-11-18T09:02:00Z"))
    };
    let outcome = outcome(USED, &healthy().and(&[used]));
    assert_eq!(subjects(&outcome), ["2026-11-18 access-key"]);
    for part in ["access key AKIAIOSFODNN7EXAMPLE since 09:02", "1 of them failed"] {
        assert!(outcome.message.contains(part), "{}", outcome.message);
    }
    assert!(outcome.findings[0].window.as_ref().unwrap().contains("{ access-key: true }"));
}

#[test]
fn audits_removals_and_services_are_listed_and_no_use() {
    let of = |id: &str, kind| RootEvent { kind, ..event(id, time("2026-11-18T09:02:00Z")) };
    let evidence = healthy().and(&[
        of("a", EventKind::CentralAudit),
        of("b", EventKind::CentralAudit),
        of("c", EventKind::CentralRemediation),
        of("d", EventKind::OnBehalf),
        of("e", EventKind::ServiceEvent),
        of("f", EventKind::SignInFailed),
    ]);
    let outcome = outcome(USED, &evidence);
    assert_eq!(outcome.outcome, Outcome::Pass);
    let listed = "Listed, and no use: 2 reads consistent with a central audit, 1 call of a central \
                  removal, 1 call by a service.";
    assert!(outcome.message.ends_with(listed), "{}", outcome.message);
    let report = evaluate(&built_in(), &evidence, time(NOW));
    assert!(report.uses.is_empty());
    let listed: Vec<&str> = report.listed.iter().map(|mark| mark.what.as_str()).collect();
    let audit = "2 reads consistent with a central audit, from 198.51.100.20";
    assert_eq!(listed, [audit, "1 call of a central removal, from 198.51.100.20"]);
    let used = evidence.and(&drill());
    assert_eq!(evaluate(&built_in(), &used, time(NOW)).listed, report.listed, "beside uses, too");
}

#[test]
fn a_pass_names_its_regions_and_the_instant_up_to_which_it_holds() {
    let outcome = outcome(USED, &healthy());
    assert_eq!(
        outcome.message,
        "Root was not used in the last 7d (CloudTrail events of us-east-1, us-east-2, us-west-2 up to \
         2026-11-20T08:44:00Z, 16m ago)."
    );
}

// -- what could not be read -----------------------------------------------------------------------

#[test]
fn without_events_the_report_still_proves_a_violation_and_never_a_pass() {
    for cause in [Cause::Denied, Cause::Throttled, Cause::NotCollected] {
        let lacking = healthy().without(Source::RootEvents, cause);
        assert_eq!(outcome(USED, &lacking).outcome, Outcome::Undetermined);
        let used = lacking.with_row(&[("password_last_used", "2026-11-18T09:02:00Z")]);
        assert_eq!(outcome(USED, &used).outcome, Outcome::Fail);
        for rule in EVENT_RULES {
            assert_eq!(outcome(rule, &used).outcome, Outcome::Undetermined, "{rule}");
        }
    }
}

#[test]
fn events_that_are_off_are_said_and_judge_nothing() {
    let evidence =
        healthy().and(&drill()).and(&[sign_in("x", "2026-11-18T03:00:00Z", Some(false))]);
    for rule in EVENT_RULES {
        let outcome = outcome_under(&events_off(), rule, &evidence);
        assert_eq!(outcome.outcome, Outcome::NotApplicable, "{rule}");
        assert!(outcome.message.contains("switched off"), "{}", outcome.message);
    }
    assert_eq!(outcome_under(&events_off(), USED, &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_region_that_failed_or_is_absent_is_a_gap_for_it() {
    let failed = healthy().with_events(|events| {
        events.regions.retain(|read| read.region != "us-west-2");
        let gap = Gap::denied(Source::RootEvents, "cloudtrail:LookupEvents", "denied by AWS");
        events.gaps.push(RegionGap { region: Some("us-west-2".into()), gap });
    });
    let absent = healthy().with_events(|events| drop(events.regions.remove(0)));
    for rule in EVENT_RULES.into_iter().chain([USED]) {
        let outcome = outcome(rule, &failed);
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
        assert_eq!(outcome.gaps.len(), 1);
        assert_eq!(outcome.gaps[0].grant.as_deref(), Some("cloudtrail:LookupEvents"));
        assert_eq!(outcome.message, "Cannot be determined: us-west-2: denied by AWS.");
    }
    let outcome = outcome(NO_MFA, &absent);
    assert!(outcome.message.contains("no CloudTrail events of the Region us-east-1"));
    let still_proven = failed.and(&drill());
    assert_eq!(self::outcome(USED, &still_proven).outcome, Outcome::Fail);
}

#[test]
fn a_gap_elsewhere_does_not_keep_sign_ins_from_being_judged() {
    let elsewhere = healthy().with_events(|events| {
        let gap = Gap::new(Source::RootEvents, Cause::Throttled, "throttled");
        events.gaps.push(RegionGap { region: Some("eu-west-1".into()), gap });
    });
    assert_eq!(outcome(USED, &elsewhere).outcome, Outcome::Undetermined);
    for rule in EVENT_RULES {
        assert_eq!(outcome(rule, &elsewhere).outcome, Outcome::Pass, "{rule}");
    }
}

#[test]
fn a_root_key_asks_for_all_regions_where_the_policy_leaves_it_open() {
    let key = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    assert_eq!(outcome(USED, &key).outcome, Outcome::Undetermined);
    let all = key.clone().with_events(|events| events.all_regions = true);
    assert_eq!(outcome(USED, &all).outcome, Outcome::Pass);
    let named = |regions: &[&str]| Policy {
        root_events: Some(EventsPolicy {
            regions: Regions::Named(regions.iter().map(|region| (*region).to_owned()).collect()),
            ..events_policy()
        }),
        ..built_in()
    };
    assert_eq!(outcome_under(&named(&["us-east-1"]), USED, &key).outcome, Outcome::Pass);
    let policy = named(&["us-east-1", "eu-west-1"]);
    assert_eq!(outcome_under(&policy, USED, &key).outcome, Outcome::Undetermined);
    let every = EventsPolicy { regions: Regions::All, ..events_policy() };
    let every = Policy { root_events: Some(every), ..built_in() };
    assert_eq!(outcome_under(&every, USED, &healthy()).outcome, Outcome::Undetermined);
    assert_eq!(outcome_under(&every, USED, &all).outcome, Outcome::Pass);
}

#[test]
fn events_that_do_not_reach_back_are_a_gap() {
    let short = healthy().with_events(|events| events.since = time("2026-11-14T09:00:00Z"));
    for rule in EVENT_RULES.into_iter().chain([USED]) {
        let outcome = outcome(rule, &short);
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
        assert!(outcome.message.contains("reach back to 2026-11-14"), "{}", outcome.message);
    }
    let just = healthy().with_events(|events| events.since = time("2026-11-13T09:04:00Z"));
    assert_eq!(outcome(USED, &just).outcome, Outcome::Pass);
}

#[test]
fn in_govcloud_nobody_can_sign_in() {
    let mut evidence = healthy().with_events(|events| events.all_regions = true);
    evidence.partition = Partition::new("aws-us-gov");
    for rule in [NO_MFA, ATTEMPTS] {
        assert_eq!(outcome(rule, &evidence).outcome, Outcome::NotApplicable);
    }
    for rule in [CHANGED, USED] {
        assert_eq!(outcome(rule, &evidence).outcome, Outcome::Pass);
    }
    let some = evidence.with_events(|events| events.all_regions = false);
    assert_eq!(outcome(USED, &some).outcome, Outcome::Undetermined);
}

// -- the rules that events alone judge ------------------------------------------------------------

#[test]
fn a_sign_in_without_mfa_fails_unless_a_window_waives_mfa() {
    let evidence = healthy().and(&[
        sign_in("a", "2026-11-18T09:02:00Z", Some(false)),
        sign_in("b", "2026-11-19T09:02:00Z", Some(true)),
    ]);
    let outcome = outcome(NO_MFA, &evidence);
    assert_eq!(subjects(&outcome), ["2026-11-18"]);
    assert!(outcome.message.contains("signed in 09:02 without MFA from 198.51.100.20"));
    let usual = window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None);
    let policy = with_window(usual.clone());
    assert_eq!(outcome_under(&policy, NO_MFA, &evidence).outcome, Outcome::Fail);
    assert_eq!(outcome_under(&policy, USED, &evidence).findings.len(), 1, "the other day's");
    let policy = with_window(Window { require_mfa: false, ..usual });
    assert_eq!(outcome_under(&policy, NO_MFA, &evidence).outcome, Outcome::Pass);
}

#[test]
fn a_sign_in_that_does_not_tell_of_mfa_is_undetermined() {
    let evidence = healthy().and(&[sign_in("a", "2026-11-18T09:02:00Z", None)]);
    assert_eq!(outcome(NO_MFA, &evidence).outcome, Outcome::Undetermined);
}

#[test]
fn attempts_are_counted_by_day_outside_windows() {
    let four = |day: &str| -> Vec<RootEvent> {
        (0..4).map(|n| attempt(&format!("{day}{n}"), &format!("{day}T1{n}:00:00Z"))).collect()
    };
    let evidence = healthy().and(&four("2026-11-17")).and(&four("2026-11-18"));
    assert_eq!(outcome(ATTEMPTS, &evidence).outcome, Outcome::Pass);
    let recovery =
        RootEvent { kind: EventKind::RecoveryRequested, ..attempt("r", "2026-11-18T20:00:00Z") };
    let five = evidence.and(&[recovery]);
    let outcome = outcome(ATTEMPTS, &five);
    assert_eq!(subjects(&outcome), ["2026-11-18"]);
    let told = "4 failed sign-ins and 1 request to recover the password from 198.51.100.20";
    assert!(outcome.message.contains(told), "{}", outcome.message);
    let policy = with_window(window("2026-11-18T19:30:00Z", "2026-11-18T20:30:00Z", None));
    assert_eq!(outcome_under(&policy, ATTEMPTS, &five).outcome, Outcome::Pass);
    assert_eq!(self::outcome(USED, &five).outcome, Outcome::Pass, "an attempt is no use");
}

#[test]
fn a_change_of_credentials_must_be_named_by_its_window() {
    let made = key_event("k", "2026-11-18T09:05:00Z", "AKIAEXAMPLEROOTKEY01", KeyState::Made);
    let by_another = RootEvent {
        kind: EventKind::ChangeByAnother,
        event_source: "account.amazonaws.com".into(),
        event_name: "AcceptPrimaryEmailUpdate".into(),
        task: Some(RootTask::ChangeEmail),
        ..event("m", time("2026-11-17T09:05:00Z"))
    };
    let evidence = healthy().and(&[made, by_another]);
    let outcome = outcome(CHANGED, &evidence);
    let found = ["2026-11-18 CreateAccessKey", "2026-11-17 AcceptPrimaryEmailUpdate"];
    assert_eq!(subjects(&outcome), found);
    assert!(outcome.message.contains("Another principal called account:AcceptPrimaryEmailUpdate"));
    let hour = |actions| window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", actions);
    for (actions, left) in
        [(None, 2), (Some(&["iam:*"][..]), 2), (Some(&["iam:CreateAccessKey"][..]), 1)]
    {
        let outcome = outcome_under(&with_window(hour(actions)), CHANGED, &evidence);
        assert_eq!(outcome.findings.len(), left, "{actions:?}");
    }
    let used = self::outcome(USED, &evidence);
    assert_eq!(subjects(&used), ["2026-11-18 sign-in"], "what another did is no use of root");
    assert!(
        used.findings[0].window.as_ref().unwrap().contains("actions: [\"iam:CreateAccessKey\"]")
    );
}

// -- keys -----------------------------------------------------------------------------------------

/// The report is of six, the summary is not there.
fn report_only(evidence: Evidence) -> Evidence {
    evidence.without(Source::AccountSummary, Cause::NotCollected)
}

#[test]
fn a_key_event_newer_than_the_report_overrides_it() {
    let key = "AKIAEXAMPLEROOTKEY01";
    let at = "2026-11-20T07:00:00Z";
    let none = report_only(healthy());
    let made = none.clone().and(&[key_event("a", at, key, KeyState::Made)]);
    assert_eq!(subjects(&outcome(ACTIVE, &made)), ["key 2026-11-20"]);
    let gone = made.and(&[key_event("b", "2026-11-20T07:05:00Z", key, KeyState::Deleted)]);
    assert_eq!(outcome(ACTIVE, &gone).outcome, Outcome::Pass);
    assert_eq!(outcome(PRESENT, &gone).outcome, Outcome::Pass);
    let older = none.and(&[key_event("a", "2026-11-20T05:59:59Z", key, KeyState::Made)]);
    assert_eq!(outcome(ACTIVE, &older).outcome, Outcome::Pass, "the report would show it");

    let active = report_only(healthy().with_row(ACTIVE_KEY));
    let off = active.clone().and(&[key_event("a", at, key, KeyState::Inactive)]);
    assert_eq!(outcome(ACTIVE, &off).outcome, Outcome::Pass);
    assert_eq!(subjects(&outcome(PRESENT, &off)), ["key 2019-05-02"]);
    let on = off.and(&[key_event("b", "2026-11-20T07:05:00Z", key, KeyState::Active)]);
    assert_eq!(subjects(&outcome(ACTIVE, &on)), ["key 2019-05-02"]);
    let deleted = active.and(&[key_event("a", at, key, KeyState::Deleted)]);
    assert_eq!(outcome(ACTIVE, &deleted).outcome, Outcome::Pass);
}

#[test]
fn a_summary_newer_than_the_key_event_has_the_last_word() {
    let key = "AKIAEXAMPLEROOTKEY01";
    let made = key_event("a", "2026-11-20T07:00:00Z", key, KeyState::Made);
    assert_eq!(outcome(ACTIVE, &healthy().and(&[made])).outcome, Outcome::Pass, "it counts 0");
    let counted = healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1);
    let deleted = key_event("a", "2026-11-20T07:00:00Z", key, KeyState::Deleted);
    assert_eq!(outcome(ACTIVE, &counted.and(&[deleted])).outcome, Outcome::Fail, "it counts 1");
}

#[test]
fn a_key_that_the_summary_counts_is_known_by_its_event() {
    let made = key_event("a", "2026-11-20T08:30:00Z", "AKIAEXAMPLEROOTKEY01", KeyState::Made);
    let evidence = healthy().with_count("AccountAccessKeysPresent", 1).and(&[made]);
    assert_eq!(subjects(&outcome(ACTIVE, &evidence)), ["key 2026-11-20"]);
    assert!(outcome(PRESENT, &evidence).findings.is_empty());
}

#[test]
fn of_two_keys_that_an_event_could_mean_none_is_guessed() {
    let two = report_only(healthy().with_row(&[
        ACTIVE_KEY[0],
        ACTIVE_KEY[1],
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", "2020-01-01T00:00:00Z"),
    ]));
    let deleted = key_event("a", "2026-11-20T07:00:00Z", "AKIAEXAMPLEROOTKEY01", KeyState::Deleted);
    assert_eq!(outcome(ACTIVE, &two.and(&[deleted])).findings.len(), 2);
}

// -- stories --------------------------------------------------------------------------------------

#[test]
fn many_sessions_are_told_shortly() {
    let events: Vec<RootEvent> = (0..8)
        .map(|hour| sign_in(&format!("s{hour}"), &format!("2026-11-18T0{hour}:00:00Z"), Some(true)))
        .collect();
    let outcome = outcome(USED, &healthy().and(&events));
    assert!(outcome.message.contains("signed in 04:00"), "{}", outcome.message);
    assert!(outcome.message.contains("; and 3 sessions more"), "{}", outcome.message);
    let marks = evaluate(&built_in(), &healthy().and(&events), time(NOW)).uses;
    assert!(marks.iter().all(|mark| mark.kind == UseKind::SignIn && mark.window.is_none()));
    let first = time("2026-11-18T00:00:00Z");
    assert!(marks[0].at == first && marks.last().unwrap().at - first <= TimeDelta::hours(7));
}
