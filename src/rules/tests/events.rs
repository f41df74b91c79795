//! How rules judge CloudTrail's events.

use chrono::TimeDelta;

use crate::evaluate::evaluate;
use crate::model::{
    Cause, EventKind, Evidence, Gap, KeyChange, KeyState, Outcome, Partition, RegionGap, RootEvent,
    RootTask, SignInClient, SignedBy, Source, UseKind,
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
    assert_eq!(
        (outcome.outcome, subjects(&outcome)),
        (Outcome::Fail, vec!["2026-11-18 sign-in".to_owned()])
    );
    assert_eq!(
        outcome.findings[0].message,
        "Root was used on 2026-11-18, 1d23h50m ago, outside every window: signed in 09:02 with MFA from \
         198.51.100.20 in us-east-1, 4 reads, 1 change (s3:PutBucketPolicy: unlock a bucket policy) \
         (credential report of 2026-11-20T06:00:00Z, 3h ago; CloudTrail events of 2026-11-20T08:59:00Z, 1m ago)."
    );
    assert_eq!(
        outcome.findings[0].window.as_deref().unwrap(),
        "- { id: acknowledged-2026-11-18-sign-in-111122223333, reason: REASON, ticket: TICKET, accounts: [\"111122223333\"], from: \
         2026-11-18T09:02:00Z, to: 2026-11-18T09:10:01Z, allow: { sign-in: true } }"
    );
    assert_eq!(outcome.findings[0].clears_at, Some(time("2026-11-25T09:10:00Z")));
}

#[test]
fn uses_inside_a_window_pass_and_are_shown() {
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
    assert_eq!(report.timeline.uses.len(), 1, "close together they are one mark");
    assert_eq!(report.timeline.uses[0].window.as_deref(), Some("drill"));
    let story = "signed in 09:02 with MFA from 198.51.100.20 in us-east-1, 4 reads, 1 change \
                 (s3:PutBucketPolicy: unlock a bucket policy)";
    assert_eq!(report.timeline.uses[0].story.as_deref(), Some(story));
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
fn a_reported_sign_in_is_explained_by_one_from_that_instant_on_for_five_minutes() {
    for (signed_in, unexplained) in [
        ("2026-11-17T09:02:00Z", false),
        ("2026-11-17T09:01:00Z", false),
        ("2026-11-17T09:07:00Z", false),
        ("2026-11-17T09:00:59Z", true),
        ("2026-11-17T08:48:00Z", true),
        ("2026-11-17T09:07:01Z", true),
        ("2026-11-16T09:00:00Z", true),
    ] {
        let evidence = healthy()
            .with_row(&[("password_last_used", "2026-11-17T09:02:00Z")])
            .and(&[sign_in("e", signed_in, Some(true))]);
        let used = outcome(USED, &evidence);
        let found = used.message.contains("no CloudTrail event explains it");
        assert_eq!(found, unexplained, "{signed_in}: {}", used.message);
        let expected = if unexplained { Outcome::Undetermined } else { Outcome::Pass };
        assert_eq!(outcome(NO_MFA, &evidence).outcome, expected, "{signed_in}");
    }
}

#[test]
fn a_sign_in_later_than_the_report_explains_nothing_of_it() {
    let agreed = with_window(window("2026-11-20T05:00:00Z", "2026-11-20T07:00:00Z", None));
    let reported = healthy().with_row(&[("password_last_used", "2026-11-20T05:58:00Z")]);
    for (signed_in, expected) in
        [("2026-11-20T06:00:00Z", Outcome::Pass), ("2026-11-20T06:00:01Z", Outcome::Undetermined)]
    {
        let evidence = reported.clone().and(&[sign_in("e", signed_in, Some(true))]);
        assert_eq!(outcome_under(&agreed, NO_MFA, &evidence).outcome, expected, "{signed_in}");
    }
}

#[test]
fn a_reported_use_of_a_key_is_explained_for_fifteen_minutes() {
    let used = |at: &str| RootEvent {
        kind: EventKind::KeyCall,
        access_key: SignedBy::LongLivedKey,
        ..event("k", time(at))
    };
    let key = healthy().with_row(&[("access_key_1_last_used_date", "2026-11-17T09:02:00Z")]);
    for (at, unexplained) in [
        ("2026-11-17T09:01:00Z", false),
        ("2026-11-17T09:17:00Z", false),
        ("2026-11-17T09:17:01Z", true),
        ("2026-11-17T08:50:00Z", true),
    ] {
        let outcome = outcome(USED, &key.clone().and(&[used(at)]));
        let found = outcome.message.contains("no CloudTrail event explains it");
        assert_eq!(found, unexplained, "{at}: {}", outcome.message);
    }
    // An unexplained use of a key is judged from the report, and leaves no rule undetermined.
    assert_eq!(outcome(USED, &key).outcome, Outcome::Fail);
    for rule in EVENT_RULES {
        assert_eq!(outcome(rule, &key).outcome, Outcome::Pass, "{rule}");
    }
}

#[test]
fn a_reported_sign_in_that_no_event_explains_is_judged_and_its_mfa_is_not_known() {
    let evidence = healthy().with_row(&[("password_last_used", "2026-11-17T09:02:00Z")]);
    assert_eq!(subjects(&outcome(USED, &evidence)), ["2026-11-17 sign-in"]);
    let mfa = outcome(NO_MFA, &evidence);
    assert_eq!(mfa.outcome, Outcome::Undetermined);
    assert!(
        mfa.message.contains("shows a sign-in at 2026-11-17T09:02:00Z that no CloudTrail event")
    );
    let to_do = mfa.gaps[0].grant.as_deref().unwrap();
    assert!(to_do.ends_with("it leaves the look-back at 2026-11-24T09:02:00Z"), "{to_do}");
    // A step of a sign-in is a use, but does not show whether MFA was used.
    let step =
        RootEvent { kind: EventKind::SignInStep, ..sign_in("s", "2026-11-17T09:02:00Z", None) };
    assert_eq!(outcome(NO_MFA, &evidence.clone().and(&[step])).outcome, Outcome::Undetermined);
    // A window covers the use; without `require-mfa: false` MFA stays unknown.
    let hour = window("2026-11-17T09:00:00Z", "2026-11-17T10:00:00Z", None);
    let policy = with_window(hour.clone());
    assert_eq!(outcome_under(&policy, USED, &evidence).outcome, Outcome::Pass);
    assert_eq!(outcome_under(&policy, NO_MFA, &evidence).outcome, Outcome::Undetermined);
    let policy = with_window(Window { require_mfa: false, ..hour });
    assert_eq!(outcome_under(&policy, NO_MFA, &evidence).outcome, Outcome::Pass);
    // Before the look-back nothing is to be explained.
    let before = healthy().with_row(&[("password_last_used", "2026-11-13T08:59:00Z")]);
    assert_eq!(outcome(NO_MFA, &before).outcome, Outcome::Pass);
}

#[test]
fn an_unusable_report_may_have_shown_a_use_that_no_event_records() {
    let denied = healthy().without(Source::CredentialReport, Cause::Denied);
    let stale = healthy().at(Source::CredentialReport, "2026-11-20T03:00:00Z");
    for evidence in [denied, stale] {
        for rule in [NO_MFA, CHANGED] {
            assert_eq!(outcome(rule, &evidence).outcome, Outcome::Undetermined, "{rule}");
        }
        assert_eq!(outcome(ATTEMPTS, &evidence).outcome, Outcome::Pass);
    }
    let not_asked = healthy().without(Source::CredentialReport, Cause::NotCollected);
    for rule in [NO_MFA, CHANGED] {
        assert_eq!(outcome(rule, &not_asked).outcome, Outcome::Pass, "{rule}");
    }
}

#[test]
fn a_use_later_than_the_events_reach_is_not_delivered_yet() {
    let fresh = healthy()
        .with_row(&[("password_last_used", "2026-11-20T08:50:30Z")])
        .at(Source::CredentialReport, "2026-11-20T08:55:00Z");
    let used = outcome(USED, &fresh);
    let expected = "CloudTrail has not delivered the event yet: run again after 09:06 UTC";
    assert!(used.message.contains(expected), "{}", used.message);
    let mfa = outcome(NO_MFA, &fresh);
    assert_eq!(mfa.outcome, Outcome::Undetermined);
    assert_eq!(
        mfa.gaps[0].grant.as_deref(),
        Some("run again after 09:06 UTC, with evidence that is collected then")
    );
    // Where its event is there already, a fresh report minutes after an agreed use passes.
    let hour = with_window(window("2026-11-20T08:30:00Z", "2026-11-20T09:30:00Z", None));
    let seen = fresh.and(&[sign_in("e", "2026-11-20T08:50:31Z", Some(true))]);
    for rule in [USED, NO_MFA, CHANGED] {
        assert_eq!(outcome_under(&hour, rule, &seen).outcome, Outcome::Pass, "{rule}");
    }
}

#[test]
fn a_reported_change_without_its_event_leaves_changes_undetermined() {
    let at = "2026-11-17T09:02:00Z";
    let made = |name: &str| RootEvent {
        event_source: "iam.amazonaws.com".into(),
        event_name: name.into(),
        kind: EventKind::CredentialChange,
        ..event("c", time("2026-11-17T09:02:20Z"))
    };
    for (column, action) in [
        ("password_last_changed", "ChangePassword"),
        ("access_key_1_last_rotated", "CreateAccessKey"),
        ("access_key_2_last_rotated", "UpdateAccessKey"),
        ("cert_2_last_rotated", "UploadSigningCertificate"),
    ] {
        let evidence = healthy().with_row(&[(column, at)]);
        let unknown = outcome(CHANGED, &evidence);
        assert_eq!(unknown.outcome, Outcome::Undetermined, "{column}");
        assert!(unknown.message.contains("no CloudTrail event records it"), "{}", unknown.message);
        let to_do = unknown.gaps[0].grant.as_deref().unwrap();
        assert!(to_do.contains(&format!("iam:{action}")) && to_do.contains("2026-11-24T09:02:00Z"));
        let explained = evidence.clone().and(&[made(action)]);
        assert_eq!(subjects(&outcome(CHANGED, &explained)), [format!("2026-11-17 {action}")]);
        let denied = RootEvent { error_code: Some("AccessDenied".into()), ..made(action) };
        assert_eq!(outcome(CHANGED, &evidence.clone().and(&[denied])).gaps.len(), 1, "{column}");
        let name = format!("iam:{action}");
        let hour = |actions: &[&str]| {
            with_window(window("2026-11-17T09:00:00Z", "2026-11-17T10:00:00Z", Some(actions)))
        };
        let named = hour(&[name.as_str()]);
        assert_eq!(outcome_under(&named, CHANGED, &evidence).outcome, Outcome::Pass, "{column}");
        let other = hour(&["iam:*"]);
        assert_eq!(outcome_under(&other, CHANGED, &evidence).outcome, Outcome::Undetermined);
    }
    let old = healthy().with_row(&[("password_last_changed", "2026-11-13T08:00:00Z")]);
    assert_eq!(outcome(CHANGED, &old).outcome, Outcome::Pass, "before the look-back");
}

#[test]
fn a_change_for_an_iam_user_explains_nothing_of_root() {
    let evidence = healthy().with_row(&[("password_last_changed", "2026-11-17T09:02:00Z")]);
    let of_user = RootEvent {
        event_source: "iam.amazonaws.com".into(),
        event_name: "CreateLoginProfile".into(),
        ..event("c", time("2026-11-17T09:02:10Z"))
    };
    assert_eq!(outcome(CHANGED, &evidence.and(&[of_user])).outcome, Outcome::Undetermined);
}

#[test]
fn a_deactivation_explains_the_date_that_it_leaves() {
    let evidence = healthy().with_row(&[("access_key_1_last_rotated", "2026-11-17T09:02:00Z")]);
    let off = RootEvent {
        event_name: "UpdateAccessKey".into(),
        ..key_event("k", "2026-11-17T09:02:00Z", "AKIAEXAMPLEROOTKEY01", KeyState::Inactive)
    };
    assert_eq!(outcome(CHANGED, &evidence.and(&[off])).outcome, Outcome::Pass);
}

#[test]
fn credentials_set_during_account_creation_are_not_changes() {
    let created = |changed: &str| {
        healthy().with_row(&[
            ("user_creation_time", "2026-11-19T10:00:00Z"),
            ("password_last_changed", changed),
        ])
    };
    assert_eq!(outcome(CHANGED, &created("2026-11-19T10:59:00Z")).outcome, Outcome::Pass);
    assert_eq!(outcome(CHANGED, &created("2026-11-19T11:01:00Z")).outcome, Outcome::Undetermined);
}

#[test]
fn a_reported_change_may_not_be_delivered_yet() {
    let fresh = healthy()
        .with_row(&[("password_last_changed", "2026-11-20T08:50:00Z")])
        .at(Source::CredentialReport, "2026-11-20T08:55:00Z");
    let changed = outcome(CHANGED, &fresh);
    assert_eq!(changed.outcome, Outcome::Undetermined);
    assert_eq!(
        changed.gaps[0].grant.as_deref(),
        Some("run again after 09:05 UTC, with evidence that is collected then")
    );
}

#[test]
fn a_sign_in_explains_no_use_of_a_key() {
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
fn audits_removals_and_services_are_listed_but_are_not_uses() {
    let event_of_kind =
        |id: &str, kind| RootEvent { kind, ..event(id, time("2026-11-18T09:02:00Z")) };
    let evidence = healthy().and(&[
        event_of_kind("a", EventKind::CentralAudit),
        event_of_kind("b", EventKind::CentralAudit),
        event_of_kind("c", EventKind::CentralRemediation),
        event_of_kind("d", EventKind::OnBehalf),
        event_of_kind("e", EventKind::ServiceEvent),
        event_of_kind("f", EventKind::SignInFailed),
    ]);
    let outcome = outcome(USED, &evidence);
    assert_eq!(outcome.outcome, Outcome::Pass);
    let listed = "Not counted as use: 2 reads consistent with a central audit, 1 call of a central \
                  removal, 1 call by a service.";
    assert!(outcome.message.ends_with(listed), "{}", outcome.message);
    let report = evaluate(&built_in(), &evidence, time(NOW));
    assert!(report.timeline.uses.is_empty());
    let listed: Vec<&str> = report.timeline.listed.iter().map(|mark| mark.what.as_str()).collect();
    let audit = "2 reads consistent with a central audit, from 198.51.100.20";
    assert_eq!(listed, [audit, "1 call of a central removal, from 198.51.100.20"]);
    let used = evidence.and(&drill());
    assert_eq!(
        evaluate(&built_in(), &used, time(NOW)).timeline.listed,
        report.timeline.listed,
        "beside uses, too"
    );
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
        let incomplete = healthy().without(Source::RootEvents, cause);
        assert_eq!(outcome(USED, &incomplete).outcome, Outcome::Undetermined);
        let used = incomplete.with_row(&[("password_last_used", "2026-11-18T09:02:00Z")]);
        assert_eq!(outcome(USED, &used).outcome, Outcome::Fail);
        for rule in EVENT_RULES {
            assert_eq!(outcome(rule, &used).outcome, Outcome::Undetermined, "{rule}");
        }
    }
}

#[test]
fn without_events_the_rules_do_not_apply_and_say_so() {
    let evidence =
        healthy().and(&drill()).and(&[sign_in("x", "2026-11-18T03:00:00Z", Some(false))]);
    for rule in EVENT_RULES {
        let outcome = outcome_under(&events_off(), rule, &evidence);
        assert_eq!(outcome.outcome, Outcome::NotApplicable, "{rule}");
        assert!(outcome.message.contains("events are off"), "{}", outcome.message);
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
fn events_count_up_to_15_minutes_before_they_were_collected() {
    let all = EVENT_RULES.into_iter().chain([USED]);
    let early = healthy().with_events(|events| {
        events.regions[1].until = time("2026-11-20T08:42:00Z");
    });
    for rule in all.clone() {
        let outcome = outcome(rule, &early);
        assert_eq!(outcome.outcome, Outcome::Undetermined, "{rule}");
        assert!(outcome.message.contains("us-east-2: the CloudTrail events end at"), "{rule}");
    }
    let late = healthy().with_events(|events| {
        for read in &mut events.regions {
            read.until = time(NOW);
        }
    });
    let pass = outcome(USED, &late);
    assert!(pass.message.contains("up to 2026-11-20T08:44:00Z"), "{}", pass.message);
    let mut none = healthy().with_events(|events| {
        events.regions.clear();
        events.all_regions = true;
    });
    for partition in ["aws", "aws-cn"] {
        none.partition = Partition::new(partition);
        for rule in all.clone() {
            assert_eq!(outcome(rule, &none).outcome, Outcome::Undetermined, "{rule} {partition}");
        }
    }
}

#[test]
fn an_event_later_than_its_collection_is_a_gap() {
    let at = |time| healthy().and(&[sign_in("e", time, Some(true))]);
    let agreed = with_window(window("2026-11-20T08:30:00Z", "2026-11-20T10:30:00Z", None));
    for (time, expected) in
        [("2026-11-20T09:04:00Z", Outcome::Pass), ("2026-11-20T09:04:01Z", Outcome::Undetermined)]
    {
        assert_eq!(outcome_under(&agreed, NO_MFA, &at(time)).outcome, expected, "{time}");
    }
}

#[test]
fn outside_of_aws_every_rule_of_events_asks_for_all_regions() {
    let mut partial = healthy().with_events(|events| {
        events.regions.retain(|read| read.region == "us-east-1");
        events.regions[0].region = "cn-north-1".into();
    });
    for partition in [Partition::new("aws-cn"), None] {
        partial.partition = partition;
        for rule in EVENT_RULES.into_iter().chain([USED]) {
            assert_eq!(outcome(rule, &partial).outcome, Outcome::Undetermined, "{rule}");
        }
        let whole = partial.clone().with_events(|events| events.all_regions = true);
        assert_eq!(outcome(CHANGED, &whole).outcome, Outcome::Pass);
    }
    let mut unnamed = healthy().with_events(|events| {
        events.all_regions = true;
        events.regions.retain(|read| read.region == "us-east-1");
        events.regions[0].region = "eu-west-1".into();
    });
    unnamed.partition = None;
    assert_eq!(outcome(NO_MFA, &unnamed).outcome, Outcome::Undetermined);
}

#[test]
fn the_list_of_regions_matters_only_if_all_must_be_read() {
    let unlisted = healthy()
        .with_row(&[("password_last_used", "2026-11-18T09:02:00Z")])
        .with_events(|events| {
            events.all_regions = false;
            events.events.push(sign_in("s", "2026-11-18T09:02:00Z", Some(true)));
            let gap = Gap::denied(Source::RootEvents, "account:ListRegions", "denied by AWS");
            events.gaps.push(RegionGap { region: None, gap });
        });
    for rule in [USED, NO_MFA] {
        assert!(!outcome(rule, &unlisted).gaps.is_empty(), "{rule}");
    }
    for rule in [ATTEMPTS, CHANGED] {
        assert_eq!(outcome(rule, &unlisted).outcome, Outcome::Pass, "{rule}");
    }
}

#[test]
fn the_help_for_too_many_sign_ins_is_correct() {
    let busy = |from: &str, used: &str| {
        healthy()
            .with_events(|events| events.regions[0].sign_ins_since = Some(time(from)))
            .with_row(&[("password_last_used", used)])
    };
    let to_do = |evidence: &Evidence| {
        outcome(NO_MFA, evidence).gaps.pop().unwrap().grant.unwrap().to_string()
    };
    let late = to_do(&busy("2026-11-20T05:50:00Z", "2026-01-05T10:00:00Z"));
    assert!(late.contains("a credential report that is newer than 2026-11-20T06:05:00Z"), "{late}");
    let used = busy("2026-11-19T22:00:00Z", "2026-11-20T01:00:00Z").and(&[sign_in(
        "e",
        "2026-11-20T01:00:00Z",
        Some(true),
    )]);
    assert!(
        to_do(&used).contains("resolves by itself at 2026-11-27T01:05:00Z"),
        "{}",
        to_do(&used)
    );
}

#[test]
fn sign_ins_that_were_too_many_are_closed_by_a_report_that_shows_none() {
    let busy = |from: &str| {
        healthy().with_events(|events| events.regions[0].sign_ins_since = Some(time(from)))
    };
    let from = "2026-11-19T22:00:00Z";
    for rule in [USED, NO_MFA, CHANGED] {
        assert_eq!(outcome(rule, &busy(from)).outcome, Outcome::Pass, "{rule}");
    }
    let attempts = outcome(ATTEMPTS, &busy(from));
    assert_eq!(attempts.outcome, Outcome::Undetermined);
    assert!(attempts.message.contains("those before 2026-11-19T22:00:00Z were not read"));
    let never = busy(from).with_row(&[("password_last_used", "no_information")]);
    assert_eq!(outcome(NO_MFA, &never).outcome, Outcome::Pass);
    // The report is of six: what happened after it, it does not know.
    let after = busy("2026-11-20T06:00:00Z");
    let within = busy(from)
        .with_row(&[("password_last_used", "2026-11-20T01:00:00Z")])
        .and(&[sign_in("e", "2026-11-20T01:00:00Z", Some(true))]);
    let odd = busy(from).with_row(&[("password_last_used", "soon")]);
    let incomplete = busy(from).without(Source::CredentialReport, Cause::Denied);
    for evidence in [after, within, odd, incomplete] {
        let gaps = outcome(NO_MFA, &evidence).gaps;
        assert!(gaps.iter().any(|gap| gap.detail.contains("were not read")), "{gaps:?}");
    }
    let whole = busy("2026-11-13T09:00:00Z");
    assert_eq!(outcome(ATTEMPTS, &whole).outcome, Outcome::Pass, "all of the look-back was read");
}

#[test]
fn a_use_asks_for_all_regions_where_the_policy_leaves_it_open() {
    let hour = window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None);
    let agreed = with_window(hour.clone());
    let used = healthy().with_row(&[("password_last_used", "2026-11-18T09:02:00Z")]).and(&drill());
    assert_eq!(outcome_under(&agreed, USED, &used).outcome, Outcome::Pass);
    let some = used.clone().with_events(|events| events.all_regions = false);
    let undetermined = outcome_under(&agreed, USED, &some);
    assert_eq!(undetermined.outcome, Outcome::Undetermined);
    assert!(undetermined.message.contains("root was used, and may have acted in any Region"));
    // A named list never widens, and always holds the Regions of sign-ins.
    let named =
        EventsPolicy { regions: Regions::Named(vec!["us-east-1".into()]), ..events_policy() };
    let named = Policy { root_events: Some(named), ..with_window(hour) };
    assert_eq!(outcome_under(&named, USED, &some).outcome, Outcome::Pass);
    let two = some.with_events(|events| events.regions.retain(|read| read.region != "us-west-2"));
    assert_eq!(outcome_under(&named, USED, &two).outcome, Outcome::Undetermined);
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
        assert!(outcome.message.contains("go back to 2026-11-14"), "{}", outcome.message);
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

/// A call of a session of the console that began at nine without MFA.
fn console_call(id: &str, at: &str) -> RootEvent {
    let began = "2026-11-18T09:02:00Z";
    RootEvent { mfa: Some(false), from_console: true, ..call(id, at, began, true) }
}

#[test]
fn a_console_session_without_mfa_and_without_its_sign_in_is_a_finding() {
    let calls =
        [console_call("a", "2026-11-18T09:10:00Z"), console_call("b", "2026-11-19T01:00:00Z")];
    let evidence = healthy().and(&calls);
    let outcome = outcome(NO_MFA, &evidence);
    assert_eq!(subjects(&outcome), ["2026-11-18"], "one session, by the day on which it began");
    assert!(outcome.message.contains("a session begun 09:02 without MFA"), "{}", outcome.message);
    // The sign-in that the session begins with decides.
    for (mfa, expected) in [(Some(true), Outcome::Pass), (Some(false), Outcome::Fail)] {
        let seen = evidence.clone().and(&[sign_in("s", "2026-11-18T09:02:01Z", mfa)]);
        assert_eq!(self::outcome(NO_MFA, &seen).outcome, expected, "{mfa:?}");
    }
    let usual = window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None);
    let policy = with_window(Window { require_mfa: false, ..usual });
    assert_eq!(outcome_under(&policy, NO_MFA, &evidence).outcome, Outcome::Pass);
}

#[test]
fn another_sign_in_with_mfa_is_not_that_of_a_session_without() {
    let call = console_call("a", "2026-11-18T09:10:00Z");
    let near = sign_in("s", "2026-11-18T09:00:10Z", Some(true));
    let by_time = healthy().and(&[call.clone(), near.clone()]);
    assert_eq!(outcome(NO_MFA, &by_time).outcome, Outcome::Fail, "110 seconds before");
    let named =
        |event: RootEvent, arn: &str| RootEvent { sign_in_session: Some(arn.into()), ..event };
    let at_once = RootEvent { time: time("2026-11-18T09:02:00Z"), ..near };
    for (arn, expected) in [("arn:a", Outcome::Pass), ("arn:b", Outcome::Fail)] {
        let events = [named(call.clone(), "arn:a"), named(at_once.clone(), arn)];
        assert_eq!(outcome(NO_MFA, &healthy().and(&events)).outcome, expected, "{arn}");
    }
}

#[test]
fn a_program_is_let_in_with_mfa_where_every_sign_in_of_twelve_hours_was_with_mfa() {
    let token = RootEvent {
        kind: EventKind::ClientSignIn,
        event_name: "CreateOAuth2Token".into(),
        ..sign_in("c", "2026-11-18T12:00:00Z", None)
    };
    let judged = |sign_ins: &[RootEvent]| {
        outcome(NO_MFA, &healthy().and(std::slice::from_ref(&token)).and(sign_ins)).outcome
    };
    let with = sign_in("s", "2026-11-18T09:02:00Z", Some(true));
    let mfa_unknown = sign_in("t", "2026-11-18T10:00:00Z", None);
    let long_ago = sign_in("s", "2026-11-17T23:59:00Z", Some(true));
    assert_eq!(judged(std::slice::from_ref(&with)), Outcome::Pass);
    for sign_ins in [vec![], vec![long_ago], vec![with, mfa_unknown]] {
        assert_eq!(judged(&sign_ins), Outcome::Undetermined);
    }
}

#[test]
fn a_token_or_a_step_explains_no_reported_sign_in() {
    let reported = healthy().with_row(&[("password_last_used", "2026-11-18T19:00:00Z")]);
    for kind in [EventKind::ClientSignIn, EventKind::SignInStep] {
        let event = RootEvent {
            kind,
            session_started: Some(time("2026-11-18T09:10:00Z")),
            ..sign_in("c", "2026-11-18T19:02:00Z", Some(true))
        };
        let evidence = reported.clone().and(&[event]);
        let agreed = with_window(window("2026-11-18T09:00:00Z", "2026-11-18T10:00:00Z", None));
        assert_eq!(outcome_under(&agreed, USED, &evidence).outcome, Outcome::Fail, "{kind:?}");
        assert_eq!(outcome_under(&agreed, NO_MFA, &evidence).outcome, Outcome::Undetermined);
    }
}

#[test]
fn sessions_that_say_nothing_of_a_sign_in_do_not_fail() {
    let plain = console_call("a", "2026-11-18T09:10:00Z");
    let by_sts = RootEvent { from_console: false, ..plain.clone() };
    let with_mfa = RootEvent { mfa: Some(true), ..plain.clone() };
    let mfa_unknown = RootEvent { mfa: None, ..plain.clone() };
    let began_before = Some(time("2026-11-13T08:00:00Z"));
    let older =
        RootEvent { session_started: began_before, time: time("2026-11-13T10:00:00Z"), ..plain };
    for event in [by_sts, with_mfa, mfa_unknown, older] {
        assert_eq!(outcome(NO_MFA, &healthy().and(&[event])).outcome, Outcome::Pass);
    }
}

#[test]
fn a_program_is_signed_in_with_the_mfa_of_its_session() {
    let client = |mfa, grant: &str| RootEvent {
        kind: EventKind::ClientSignIn,
        event_name: "CreateOAuth2Token".into(),
        session_started: Some(time("2026-11-18T09:02:00Z")),
        client: Some(SignInClient {
            id: Some("arn:aws:signin:::devtools/same-device".into()),
            redirect_uri: None,
            grant_type: Some(grant.into()),
        }),
        mfa,
        ..sign_in("c", "2026-11-18T12:00:00Z", None)
    };
    let judged = |mfa, grant| outcome(NO_MFA, &healthy().and(&[client(mfa, grant)]));
    assert_eq!(judged(Some(true), "authorization_code").outcome, Outcome::Pass);
    assert_eq!(subjects(&judged(Some(false), "authorization_code")), ["2026-11-18"]);
    assert_eq!(judged(None, "authorization_code").outcome, Outcome::Undetermined);
    assert_eq!(judged(None, "refresh_token").outcome, Outcome::Pass, "nobody signed in");
    let reported = healthy().with_row(&[("password_last_used", "2026-11-18T12:00:00Z")]);
    let renewed = reported.and(&[client(Some(true), "refresh_token")]);
    assert_eq!(outcome(NO_MFA, &renewed).outcome, Outcome::Undetermined, "it explains nothing");
}

#[test]
fn a_sign_in_of_an_unknown_form_is_undetermined() {
    let odd = |mfa| RootEvent {
        kind: EventKind::Unrecognised,
        ..sign_in("a", "2026-11-18T09:02:00Z", mfa)
    };
    for mfa in [None, Some(false)] {
        let outcome = outcome(NO_MFA, &healthy().and(&[odd(mfa)]));
        assert_eq!(outcome.outcome, Outcome::Undetermined);
        assert!(outcome.message.contains("does not say whether it worked"), "{}", outcome.message);
    }
    assert_eq!(outcome(NO_MFA, &healthy().and(&[odd(Some(true))])).outcome, Outcome::Pass);
}

#[test]
fn a_sign_in_that_does_not_tell_of_mfa_is_undetermined() {
    let evidence = healthy().and(&[sign_in("a", "2026-11-18T09:02:00Z", None)]);
    assert_eq!(outcome(NO_MFA, &evidence).outcome, Outcome::Undetermined);
}

#[test]
fn attempts_are_counted_in_any_24_hours() {
    let at =
        |times: &[&str]| -> Vec<RootEvent> { times.iter().map(|at| attempt(at, at)).collect() };
    let evening = ["2026-11-17T21:00:00Z", "2026-11-17T22:00:00Z", "2026-11-17T23:00:00Z"];
    let night = ["2026-11-18T01:00:00Z", "2026-11-18T20:59:59Z"];
    let found = |events: &[RootEvent]| {
        let outcome = outcome(ATTEMPTS, &healthy().and(events));
        subjects(&outcome)
    };
    let five = [at(&evening), at(&night)].concat();
    assert_eq!(found(&five), ["2026-11-18"], "the day of the attempt that reaches the threshold");
    let late = [at(&evening), at(&[night[0], "2026-11-18T21:00:00Z"])].concat();
    assert!(found(&late).is_empty(), "24 hours and no second more");
    let daily: Vec<RootEvent> = (15..19)
        .flat_map(|day| {
            (0..5).map(move |hour| {
                let at = format!("2026-11-{day}T1{hour}:00:00Z");
                attempt(&at, &at)
            })
        })
        .collect();
    assert_eq!(found(&daily), ["2026-11-18", "2026-11-17", "2026-11-16", "2026-11-15"]);
}

#[test]
fn attempts_are_counted_outside_windows() {
    let four = |day: &str| -> Vec<RootEvent> {
        (0..4).map(|n| attempt(&format!("{day}{n}"), &format!("{day}T1{n}:00:00Z"))).collect()
    };
    let evidence = healthy().and(&four("2026-11-16")).and(&four("2026-11-18"));
    assert_eq!(outcome(ATTEMPTS, &evidence).outcome, Outcome::Pass);
    let recovery =
        RootEvent { kind: EventKind::RecoveryRequested, ..attempt("r", "2026-11-18T20:00:00Z") };
    let five = evidence.and(&[recovery]);
    let outcome = outcome(ATTEMPTS, &five);
    assert_eq!(subjects(&outcome), ["2026-11-18"]);
    let expected = "4 failed sign-ins and 1 request to recover the password from 198.51.100.20";
    assert!(outcome.message.contains(expected), "{}", outcome.message);
    let policy = with_window(window("2026-11-18T19:30:00Z", "2026-11-18T20:30:00Z", None));
    assert_eq!(outcome_under(&policy, ATTEMPTS, &five).outcome, Outcome::Pass);
    assert_eq!(self::outcome(USED, &five).outcome, Outcome::Pass, "an attempt is not a use");
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
    assert_eq!(
        subjects(&used),
        ["2026-11-18 sign-in"],
        "calls of other users are not uses of root"
    );
    let window = outcome.findings[0].window.as_ref().unwrap();
    assert!(window.contains("actions: [\"iam:CreateAccessKey\"]"), "{window}");
    assert!(used.findings[0].remedy.ends_with(
        "The window `acknowledged-2026-11-18-CreateAccessKey-111122223333`, suggested for \
         root-credential-changed, acknowledges it."
    ));
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
fn a_key_id_that_an_event_made_never_stands_for_a_key_of_another_time() {
    let key = "AKIAEXAMPLEROOTKEY01";
    let made = key_event("m", "2026-11-20T05:00:00Z", key, KeyState::Made);
    let deleted = key_event("d", "2026-11-20T07:00:00Z", key, KeyState::Deleted);
    // The report shows the key of 2019 alone: the one that was made is gone, and it is not this one.
    let other = report_only(healthy().with_row(ACTIVE_KEY)).and(&[made.clone(), deleted.clone()]);
    assert_eq!(subjects(&outcome(ACTIVE, &other)), ["key 2019-05-02"]);
    let off = key_event("o", "2026-11-20T07:00:00Z", key, KeyState::Inactive);
    let other = report_only(healthy().with_row(ACTIVE_KEY)).and(&[made.clone(), off]);
    assert_eq!(subjects(&outcome(ACTIVE, &other)), ["key 2019-05-02"]);
    // The report shows it: it is tied to its id, also beside another one.
    let both = report_only(healthy().with_row(&[
        ACTIVE_KEY[0],
        ACTIVE_KEY[1],
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", "2026-11-20T05:00:01Z"),
    ]));
    let left = both.clone().and(&[made.clone(), deleted]);
    assert_eq!(subjects(&outcome(ACTIVE, &left)), ["key 2019-05-02"]);
    // An id that no event made can only be the other one.
    let unknown = key_event("d", "2026-11-20T07:00:00Z", "AKIAEXAMPLEROOTKEY02", KeyState::Deleted);
    assert_eq!(subjects(&outcome(ACTIVE, &both.and(&[made, unknown]))), ["key 2026-11-20"]);
}

const TWO_INACTIVE: &[(&str, &str)] = &[
    ("access_key_1_active", "false"),
    ("access_key_1_last_rotated", "2019-05-02T10:00:00Z"),
    ("access_key_2_active", "false"),
    ("access_key_2_last_rotated", "2020-01-01T00:00:00Z"),
];
const KEY_A: &str = "AKIAEXAMPLEROOTKEY01";
const KEY_B: &str = "AKIAEXAMPLEROOTKEY02";

fn signed(id: &str, at: &str, key: &str) -> RootEvent {
    RootEvent {
        kind: EventKind::KeyCall,
        access_key: SignedBy::LongLivedKey,
        access_key_id: Some(key.into()),
        ..event(id, time(at))
    }
}

#[test]
fn of_two_inactive_keys_one_that_is_switched_on_is_undetermined() {
    let on = key_event("a", "2026-11-20T07:00:00Z", KEY_A, KeyState::Active);
    let two = report_only(healthy().with_row(TWO_INACTIVE));
    let active = outcome(ACTIVE, &two.clone().and(&[on]));
    assert_eq!(active.outcome, Outcome::Undetermined);
    assert!(active.message.contains("may concern one of several"), "{}", active.message);
    assert_eq!(outcome(ACTIVE, &two.clone()).outcome, Outcome::Pass);
    // A call that one of them signed says that one works.
    let used = two.and(&[signed("u", "2026-11-20T07:00:00Z", KEY_A)]);
    assert_eq!(outcome(ACTIVE, &used).outcome, Outcome::Undetermined);
}

#[test]
fn an_active_key_is_not_switched_off_by_what_may_be_about_another() {
    let mut both = TWO_INACTIVE.to_vec();
    both[0] = ("access_key_1_active", "true");
    let both = report_only(healthy().with_row(&both));
    let off = key_event("o", "2026-11-20T07:00:00Z", KEY_B, KeyState::Inactive);
    for more in [
        vec![],
        vec![signed("u", "2026-11-20T06:30:00Z", KEY_A)],
        vec![signed("u", "2026-11-20T07:30:00Z", KEY_A)],
    ] {
        let evidence = both.clone().and(std::slice::from_ref(&off)).and(&more);
        assert_eq!(outcome(ACTIVE, &evidence).outcome, Outcome::Fail, "{}", more.len());
    }
    // One key that signs calls: changes of another key do not affect it.
    let one = report_only(healthy().with_row(ACTIVE_KEY));
    for change in [off, key_event("d", "2026-11-20T07:00:00Z", KEY_B, KeyState::Deleted)] {
        let signs = signed("u", "2026-11-20T06:30:00Z", KEY_A);
        let evidence = one.clone().and(&[signs, change]);
        assert_eq!(subjects(&outcome(ACTIVE, &evidence)), ["key 2019-05-02"]);
    }
    // A waived key that is used every day stays waived beside an inactive one.
    let daily = both.and(&[signed("u", "2026-11-20T07:00:00Z", KEY_A)]);
    assert!(outcome(ACTIVE, &daily).gaps.is_empty());
}

#[test]
fn a_call_newer_than_all_that_counts_proves_a_key() {
    let used = signed("u", "2026-11-20T07:30:00Z", KEY_A);
    let none = report_only(healthy()).and(std::slice::from_ref(&used));
    assert_eq!(subjects(&outcome(ACTIVE, &none)), ["key unknown"]);
    let counted = healthy().at(Source::AccountSummary, "2026-11-20T07:00:00Z").and(&[used]);
    assert_eq!(outcome(ACTIVE, &counted).outcome, Outcome::Fail);
    // The summary that counts none after the call has the last word.
    let older = signed("u", "2026-11-20T08:30:00Z", KEY_A);
    assert_eq!(outcome(ACTIVE, &healthy().and(&[older])).outcome, Outcome::Pass);
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
    let marks = evaluate(&built_in(), &healthy().and(&events), time(NOW)).timeline.uses;
    assert!(marks.iter().all(|mark| mark.kind == UseKind::SignIn && mark.window.is_none()));
    let first = time("2026-11-18T00:00:00Z");
    assert!(marks[0].at == first && marks.last().unwrap().at - first <= TimeDelta::hours(7));
}
