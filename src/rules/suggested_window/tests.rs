//! Every suggestion is pasted into a fresh policy, what it is for is done, and the account is
//! judged again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::evaluate::evaluate;
use crate::model::{
    EventKind, Evidence, KeyChange, KeyState, Outcome, Partition, RootEvent, RuleOutcome, SignedBy,
    Source, format_time,
};
use crate::policy::{Policy, When, starter};
use crate::rules::{self, ALL};
use crate::testing::{NOW, event, healthy, outcome_under, time};

const ACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "true"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];
const INACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "false"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];
const KEYS: &str = "AccountAccessKeysPresent";

/// The policy that `policy init` writes, with these lines below its `windows:`, and the text of
/// `more` at its end.
fn fresh(pasted: &str, more: &str) -> Policy {
    let filled = pasted.replace("REASON", "agreed").replace("TICKET", "CHG-1");
    let starter = starter(Default::default());
    let waivers = starter.replace("\nwaivers:\n", &format!("\nwaivers:\n{more}"));
    for indent in ["", "  "] {
        let lines: String = filled.lines().map(|line| format!("{indent}{line}\n")).collect();
        let text = waivers.replace("\nwindows:\n", &format!("\nwindows:\n{lines}"));
        let parsed = Policy::parse(&text, "rootgate.yaml", &rules::infos(), time(NOW));
        let policy = parsed.unwrap_or_else(|errors| panic!("{text}\n{}", errors.render(false)));
        assert_eq!(policy.windows.len(), pasted.lines().count());
        if indent.is_empty() && !pasted.is_empty() {
            // As it is printed, it waits for a person.
            let text = waivers.replace("\nwindows:\n", &format!("\nwindows:\n{pasted}\n"));
            let errors = Policy::parse(&text, "rootgate.yaml", &rules::infos(), time(NOW));
            let errors = errors.unwrap_err();
            assert!(errors.errors().iter().all(|error| error.code == "placeholder"), "{errors}");
            continue;
        }
        return policy;
    }
    unreachable!("the second time returns")
}

/// When each window of the policy opens.
fn openings(policy: &Policy) -> Vec<DateTime<Utc>> {
    let opens = policy.windows.iter().map(|window| match window.when {
        When::Once { from, .. } => from,
        When::Recurring(_) => panic!("{window:?}"),
    });
    opens.collect()
}

/// The account of the evidence, read at this instant.
fn read_at(evidence: Evidence, now: DateTime<Utc>) -> Evidence {
    let at = format_time(now - TimeDelta::minutes(1));
    let evidence = evidence.with_events(|events| {
        events.all_regions = true;
        for read in &mut events.regions {
            read.until = now - TimeDelta::minutes(15);
        }
    });
    Source::ALL.iter().fold(evidence, |evidence, source| evidence.at(*source, &at))
}

#[track_caller]
fn assert_green(policy: &Policy, evidence: &Evidence, now: DateTime<Utc>) {
    for outcome in evaluate(policy, evidence, now).outcomes {
        let fine = [Outcome::Pass, Outcome::NotApplicable, Outcome::Waived];
        assert!(fine.contains(&outcome.outcome), "{}: {}", outcome.rule, outcome.message);
    }
}

fn failing(policy: &Policy, rule: &str, evidence: &Evidence) -> RuleOutcome {
    let outcome = outcome_under(policy, rule, evidence);
    assert_eq!(outcome.outcome, Outcome::Fail, "{rule}: {}", outcome.message);
    outcome
}

fn suggestion(outcome: &RuleOutcome) -> String {
    outcome.findings[0].window.clone().unwrap_or_else(|| panic!("{}", outcome.rule))
}

// -- what root does -------------------------------------------------------------------------------

fn sign_in(at: DateTime<Utc>, mfa: bool) -> RootEvent {
    RootEvent {
        kind: EventKind::SignIn,
        event_source: "signin.amazonaws.com".into(),
        event_name: "ConsoleLogin".into(),
        access_key: SignedBy::Nothing,
        session_started: None,
        mfa: Some(mfa),
        ..event(&format!("sign-in {at}"), at)
    }
}

/// A call of a session that began at the opening, some minutes later.
fn call(opens: DateTime<Utc>, minutes: i64, action: &str) -> RootEvent {
    let (service, name) = action.split_once(':').unwrap();
    let changes = RootEvent::CREDENTIAL_CHANGES.contains(&action) && !name.starts_with("Update");
    let at = opens + TimeDelta::minutes(minutes);
    RootEvent {
        kind: if changes { EventKind::CredentialChange } else { EventKind::SessionCall },
        event_source: format!("{service}.amazonaws.com"),
        event_name: name.into(),
        session_started: Some(opens),
        ..event(&format!("{name} {at}"), at)
    }
}

fn key_call(opens: DateTime<Utc>, minutes: i64, action: &str, state: KeyState) -> RootEvent {
    let id = Some("AKIAIOSFODNN7EXAMPLE".to_owned());
    RootEvent { key_change: Some(KeyChange { id, state }), ..call(opens, minutes, action) }
}

/// Signs in when the window opens, does this and looks around, until shortly before it closes.
fn session(opens: DateTime<Utc>, mfa: bool, done: &[RootEvent]) -> Vec<RootEvent> {
    let look = RootEvent { read_only: true, ..call(opens, 58, "iam:GetAccountSummary") };
    [&[sign_in(opens, mfa), look], done].concat()
}

/// What is done for a rule's finding in the windows that open at these times, and the account after it.
type Remedy = fn(&[DateTime<Utc>], Evidence) -> Evidence;

struct Case {
    rule: &'static str,
    before: Evidence,
    windows: usize,
    remedy: Remedy,
    /// What the policy says besides.
    waiver: &'static str,
}

fn deactivate_and_delete(opens: &[DateTime<Utc>], evidence: Evidence, mfa: bool) -> Evidence {
    let switched = key_call(opens[0], 5, "iam:UpdateAccessKey", KeyState::Inactive);
    let deleted = key_call(opens[1], 5, "iam:DeleteAccessKey", KeyState::Deleted);
    let evidence = evidence.with_row(&[]).with_count(KEYS, 0);
    evidence.and(&session(opens[0], mfa, &[switched])).and(&session(opens[1], mfa, &[deleted]))
}

const TOLERATED: &str = "  - { rule: root-access-key-active, accounts: [\"111122223333\"], \
    subject: { access-key-created: 2019-05-02T10:00:00Z }, reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-31 }\n";

fn cases() -> Vec<Case> {
    let keys = |row| healthy().with_row(row).with_count(KEYS, 1);
    let device = "arn:aws:iam::111122223333:mfa/root";
    let certificate = [("cert_1_active", "true"), ("cert_1_last_rotated", "2012-01-01T00:00:00Z")];
    let case =
        |rule, before, windows, remedy: Remedy| Case { rule, before, windows, remedy, waiver: "" };
    vec![
        case("root-access-key-active", keys(ACTIVE_KEY), 2, |opens, evidence| {
            deactivate_and_delete(opens, evidence, true)
        }),
        case("root-access-key-present", keys(INACTIVE_KEY), 1, |opens, evidence| {
            let deleted = key_call(opens[0], 5, "iam:DeleteAccessKey", KeyState::Deleted);
            let evidence = evidence.with_row(&[]).with_count(KEYS, 0);
            evidence.and(&session(opens[0], true, &[deleted]))
        }),
        Case {
            waiver: TOLERATED,
            ..case("root-access-key-not-rotated", keys(ACTIVE_KEY), 2, |opens, evidence| {
                deactivate_and_delete(opens, evidence, true)
            })
        },
        case("root-mfa-missing", without_mfa(healthy()), 1, |opens, evidence| {
            let done = [
                call(opens[0], 3, "iam:CreateVirtualMFADevice"),
                call(opens[0], 4, "iam:EnableMFADevice"),
                call(opens[0], 9, "iam:EnableMFADevice"),
            ];
            let evidence = evidence.with_row(&[]).with_count("AccountMFAEnabled", 1);
            evidence.and(&session(opens[0], false, &done))
        }),
        case(
            "root-mfa-not-hardware",
            healthy().with_device(device, Some("arn:aws:iam::111122223333:root")),
            1,
            |opens, mut evidence| {
                let done = [
                    call(opens[0], 3, "iam:EnableMFADevice"),
                    call(opens[0], 9, "iam:EnableMFADevice"),
                    sign_in(opens[0] + TimeDelta::minutes(15), true),
                    call(opens[0], 20, "iam:DeactivateMFADevice"),
                    call(opens[0], 21, "iam:DeleteVirtualMFADevice"),
                ];
                evidence.virtual_mfa_devices.as_mut().unwrap().value.clear();
                evidence.and(&session(opens[0], true, &done))
            },
        ),
        case(
            "root-signing-certificate-present",
            healthy().with_row(&certificate).with_count("AccountSigningCertificatesPresent", 1),
            1,
            |opens, evidence| {
                let done = [
                    call(opens[0], 3, "iam:UpdateSigningCertificate"),
                    call(opens[0], 4, "iam:DeleteSigningCertificate"),
                ];
                let count = "AccountSigningCertificatesPresent";
                evidence.with_row(&[]).with_count(count, 0).and(&session(opens[0], true, &done))
            },
        ),
    ]
}

fn without_mfa(evidence: Evidence) -> Evidence {
    evidence.with_row(&[("mfa_active", "false")]).with_count("AccountMFAEnabled", 0)
}

// -- remedies -------------------------------------------------------------------------------------

#[test]
fn whoever_pastes_the_suggestion_and_does_the_remedy_is_green() {
    for Case { rule, before, windows, remedy, waiver } in cases() {
        let before = read_at(before, time(NOW));
        let found = failing(&fresh("", waiver), rule, &before);
        let policy = fresh(&suggestion(&found), waiver);
        assert_eq!(policy.windows.len(), windows, "{rule}");
        let opens = openings(&policy);
        assert!(opens.iter().all(|from| *from >= time(NOW) + TimeDelta::hours(1)), "{rule}");
        let now = *opens.last().unwrap() + TimeDelta::hours(5);
        let after = read_at(remedy(&opens, before), now);
        assert_green(&policy, &after, now);
        // Without the windows the remedy itself would be found.
        let bare = evaluate(&fresh("", waiver), &after, now);
        assert!(bare.outcomes.iter().any(|outcome| outcome.outcome == Outcome::Fail), "{rule}");
        // They allow nothing else.
        let other = call(opens[0], 6, "iam:CreateUser");
        let other = evaluate(&policy, &after.and(&[other]), now);
        assert!(
            other
                .outcomes
                .iter()
                .any(|it| it.rule.0 == "root-used-outside-window" && it.outcome == Outcome::Fail),
            "{rule}"
        );
    }
}

#[test]
fn every_rule_suggests_windows_or_says_why_not() {
    let remedies: Vec<&str> = cases().iter().map(|case| case.rule).collect();
    let acknowledged =
        ["root-used-outside-window", "root-signed-in-without-mfa", "root-credential-changed"];
    // Failed sign-ins are nobody's plan: a window for them would only hide the next ones.
    let none = ["root-sign-in-attempts"];
    for rule in ALL {
        let id = rule.info.id.0;
        let known = remedies.contains(&id) || acknowledged.contains(&id) || none.contains(&id);
        assert!(known, "{id}: add it to the tests of this file");
    }
}

#[test]
fn a_key_is_removed_also_where_root_has_no_mfa_device_yet() {
    let before = read_at(without_mfa(healthy()), time(NOW));
    let before = before.with_row(&[ACTIVE_KEY, &[("mfa_active", "false")]].concat());
    let before = read_at(before.with_count(KEYS, 1), time(NOW));
    let found = failing(&fresh("", ""), "root-access-key-active", &before);
    let policy = fresh(&suggestion(&found), "");
    let opens = openings(&policy);
    let now = opens[1] + TimeDelta::hours(5);
    let after = read_at(deactivate_and_delete(&opens, before, false), now);
    let report = evaluate(&policy, &after, now);
    let failed: Vec<&str> = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.outcome == Outcome::Fail)
        .map(|outcome| outcome.rule.0)
        .collect();
    assert_eq!(failed, ["root-mfa-missing"], "which has a window of its own");
}

#[test]
fn a_password_that_has_to_be_set_first_is_part_of_the_window() {
    let row = [("mfa_active", "false"), ("password_last_used", "no_information")];
    let before = healthy().with_row(&row).with_count("AccountMFAEnabled", 0);
    let window = suggestion(&failing(&fresh("", ""), "root-mfa-missing", &before));
    assert!(window.contains("\"signin:PasswordRecoveryCompleted\""), "{window}");
    let before = without_mfa(healthy());
    let window = suggestion(&failing(&fresh("", ""), "root-mfa-missing", &before));
    assert!(!window.contains("PasswordRecovery"), "{window}");
}

#[test]
fn without_a_console_the_key_removes_itself() {
    let mut before = healthy().with_row(ACTIVE_KEY).with_count(KEYS, 1);
    before.partition = Partition::new("aws-us-gov");
    let window = suggestion(&failing(&fresh("", ""), "root-access-key-active", &before));
    assert!(window.contains("allow: { access-key: true, actions:"), "{window}");
    assert!(!window.contains("sign-in") && !window.contains("require-mfa"), "{window}");
}

#[test]
fn a_suggestion_keeps_the_limits_beside_the_windows_that_are_there() {
    let before = healthy().with_row(INACTIVE_KEY).with_count(KEYS, 1);
    let mut policy = fresh("", "");
    let of = |policy: &Policy| suggestion(&failing(policy, "root-access-key-present", &before));
    assert!(of(&policy).contains("from: 2026-11-20T11:00:00Z, to: 2026-11-20T12:00:00Z"));
    policy.limits.window = crate::model::Duration::seconds(20 * 60);
    assert!(of(&policy).contains("from: 2026-11-20T11:00:00Z, to: 2026-11-20T11:20:00Z"));
    policy.limits.window = crate::model::Duration::seconds(0);
    let found = failing(&policy, "root-access-key-present", &before);
    assert_eq!(found.findings[0].window, None, "no window can be open");
    let taken = "- { id: a, reason: r, ticket: TICKET, from: 2026-11-20T09:00:00Z, to: 2026-11-20T21:00:00Z }";
    let policy = fresh(taken, "");
    let inside = of(&policy);
    assert!(inside.contains("from: 2026-11-20T11:00:00Z, to: 2026-11-20T12:00:00Z, "), "{inside}");
    let taken = taken.replace("T09", "T11").replace("T21:00", "T23:30").replace("T11:00", "T11:30");
    let policy = fresh(&taken, "");
    let later = of(&policy);
    assert!(later.contains("from: 2026-11-20T12:00:00Z, to: 2026-11-20T13:00:00Z, "), "{later}");
    assert_eq!(fresh(&format!("{taken}\n{later}"), "").windows.len(), 2);
    let mut full = policy;
    full.limits.window_total = crate::model::Duration::hours(12);
    let over = of(&full);
    assert!(over.ends_with("} # first raise limits.window-total"), "{over}");
}

// -- uses that were agreed ------------------------------------------------------------------------

/// Pastes what these rules suggest for these events, and judges again: green.
#[track_caller]
fn acknowledged(rules: &[&str], evidence: &Evidence) -> String {
    let evidence = read_at(evidence.clone(), time(NOW));
    let mut lines: Vec<String> = Vec::new();
    for rule in rules {
        for finding in failing(&fresh("", ""), rule, &evidence).findings {
            lines.extend(finding.window.unwrap().lines().map(str::to_owned));
        }
    }
    let pasted = lines.join("\n");
    assert_green(&fresh(&pasted, ""), &evidence, time(NOW));
    pasted
}

const USED: &str = "root-used-outside-window";
const CHANGED: &str = "root-credential-changed";
const NO_MFA: &str = "root-signed-in-without-mfa";

fn at(clock: &str) -> DateTime<Utc> {
    time(&format!("2026-11-{clock}:00Z"))
}

#[test]
fn a_use_that_was_agreed_is_acknowledged_by_its_window() {
    let evidence = healthy().and(&session(
        at("18T09:02"),
        true,
        &[call(at("18T09:02"), 8, "s3:PutBucketPolicy")],
    ));
    let window = acknowledged(&[USED], &evidence);
    assert_eq!(
        window,
        "- { id: acknowledged-2026-11-18-sign-in-111122223333, reason: REASON, ticket: TICKET, accounts: \
         [\"111122223333\"], from: 2026-11-18T09:02:00Z, to: 2026-11-18T10:30:00Z, allow: { sign-in: true } }"
    );
    let reported = healthy().with_row(&[("access_key_1_last_used_date", "2026-11-19T12:00:00Z")]);
    let window = acknowledged(&[USED], &reported);
    assert!(window.contains("allow: { access-key: true } }"), "{window}");
}

#[test]
fn changes_of_credentials_are_acknowledged_by_name() {
    let opens = at("18T09:02");
    let done = [
        call(opens, 3, "iam:EnableMFADevice"),
        call(opens, 4, "iam:CreateUser"),
        RootEvent {
            event_name: "CreateDistribution2020_05_31".into(),
            ..call(opens, 5, "cloudfront:X")
        },
    ];
    let evidence = healthy().and(&session(opens, true, &done));
    let windows = acknowledged(&[USED, CHANGED], &evidence);
    assert!(
        windows
            .contains("actions: [\"iam:EnableMFADevice\", \"iam:CreateUser\", \"cloudfront:*\"]"),
        "{windows}"
    );
    let by_another = RootEvent {
        kind: EventKind::ChangeByAnother,
        access_key: SignedBy::Nothing,
        session_started: None,
        ..call(opens, 0, "account:AcceptPrimaryEmailUpdate")
    };
    let by_key = RootEvent {
        access_key: SignedBy::LongLivedKey,
        session_started: None,
        ..call(opens, 30, "iam:CreateAccessKey")
    };
    acknowledged(&[CHANGED], &healthy().and(&[by_another]));
    acknowledged(&[USED, CHANGED], &healthy().and(&[by_key]));
}

#[test]
fn a_sign_in_without_mfa_that_was_agreed_is_acknowledged() {
    let evidence = healthy().and(&session(at("18T09:02"), false, &[]));
    let windows = acknowledged(&[USED, NO_MFA], &evidence);
    assert!(windows.contains("allow: { sign-in: true }, require-mfa: false }"), "{windows}");
}

#[test]
fn sessions_are_acknowledged_from_their_start() {
    let began = at("18T09:02");
    // A program renews its token for as long as its session lasts, and is judged by its start.
    let renewed = RootEvent {
        kind: EventKind::ClientSignIn,
        event_name: "CreateOAuth2Token".into(),
        session_started: Some(began),
        ..sign_in(began + TimeDelta::hours(11), true)
    };
    let authorized = RootEvent { time: began, id: "first".into(), ..renewed.clone() };
    let windows = acknowledged(&[USED], &healthy().and(&[authorized, renewed]));
    assert!(
        windows.contains("from: 2026-11-18T09:02:00Z, to: 2026-11-18T09:32:00Z, "),
        "{windows}"
    );
    // Of this session the sign-in itself is not seen.
    let unseen =
        RootEvent { mfa: Some(false), from_console: true, ..call(began, 40, "s3:PutBucketPolicy") };
    let windows = acknowledged(&[USED, NO_MFA], &healthy().and(&[unseen]));
    assert!(windows.contains("-without-mfa-111122223333, "), "{windows}");
    assert!(
        windows.contains("to: 2026-11-18T09:32:00Z, allow: { sign-in: true }, require"),
        "{windows}"
    );
}

#[test]
fn uses_of_a_day_longer_than_a_window_can_be_take_several_windows_that_do_not_touch() {
    let evidence = healthy()
        .and(&session(at("18T00:10"), true, &[]))
        .and(&session(at("18T12:09"), true, &[]))
        .and(&session(at("18T22:30"), true, &[call(at("18T22:30"), 5, "s3:PutBucketPolicy")]));
    let windows = acknowledged(&[USED], &evidence);
    assert_eq!(windows.lines().count(), 2, "{windows}");
    assert!(windows.contains("acknowledged-2026-11-18-sign-in-111122223333-2,"), "{windows}");
    // A session that is longer than any window may be needs a higher limit, and says so.
    let long = RootEvent {
        session_started: Some(at("18T00:10")),
        ..call(at("18T13:00"), 0, "s3:PutBucketPolicy")
    };
    let evidence = read_at(healthy().and(&[sign_in(at("18T00:10"), true), long]), time(NOW));
    let window = suggestion(&failing(&fresh("", ""), USED, &evidence));
    assert!(window.ends_with("# first raise limits.window"), "{window}");
}

#[test]
fn a_window_that_begins_soon_after_a_use_does_not_swallow_its_acknowledgement() {
    let policy = fresh(
        "- { id: a, reason: r, ticket: TICKET, from: 2026-11-18T09:00:00Z, to: 2026-11-18T21:00:00Z }",
        "",
    );
    let evidence = healthy().and(&[sign_in(at("18T08:55"), true)]);
    let window = suggestion(&failing(&policy, USED, &evidence));
    assert!(window.contains("to: 2026-11-18T08:55:01Z, allow: { sign-in: true } }"), "{window}");
    assert!(!window.contains('#'), "{window}");
}
