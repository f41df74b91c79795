//! Pastes every suggestion into a fresh policy, does what the suggestion is for, and judges the account
//! again.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::evaluate::evaluate;
use crate::model::{
    EventKind, Evidence, KeyChange, KeyState, Outcome, Partition, RootEvent, RootEvents,
    RuleOutcome, SignedBy, Source, format_time,
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
fn after_pasting_the_suggestion_and_doing_the_remedy_the_account_passes() {
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
    // Failed sign-ins are never planned: a window for them would only hide the next ones.
    let none = ["root-sign-in-attempts"];
    for rule in ALL {
        let id = rule.info.id.0;
        // What an organization does about them is done without a sign-in of root.
        if rule.info.needs.contains(&Source::Organization) {
            continue;
        }
        let known = remedies.contains(&id) || acknowledged.contains(&id) || none.contains(&id);
        assert!(known, "{id}: add it to the tests of this file");
    }
}

#[test]
fn without_an_mfa_device_only_the_window_that_registers_one_excuses_a_sign_in_without() {
    let before = read_at(without_mfa(healthy()), time(NOW));
    let before = before.with_row(&[ACTIVE_KEY, &[("mfa_active", "false")]].concat());
    let before = read_at(before.with_count(KEYS, 1), time(NOW));
    let key = failing(&fresh("", ""), "root-access-key-active", &before);
    let remedy = &key.findings[0].remedy;
    assert!(remedy.contains("First register an MFA device"), "{remedy}");
    let suggested = all_suggestions(&fresh("", ""), &before, time(NOW));
    let excused: Vec<_> = suggested.iter().filter(|it| it.contains("require-mfa: false")).collect();
    assert_eq!(excused.len(), 1, "{suggested:#?}");
    assert!(excused[0].contains("register-root-mfa"), "{suggested:#?}");
    let policy = fresh(&suggested.join("\n"), "");
    let mfa = opening_of(&policy, "register-root-mfa");
    let opens = ["deactivate-root-key", "delete-root-key"].map(|id| opening_of(&policy, id));
    assert!(opens.iter().all(|opens| mfa < *opens), "{mfa} {opens:?}");
    let now = opens[1] + TimeDelta::hours(5);
    // The remedies in their order are green, and a later sign-in without MFA is not excused.
    let with_mfa = before
        .with_row(&[("mfa_active", "true")])
        .with_count("AccountMFAEnabled", 1)
        .and(&session(mfa, false, &[call(mfa, 5, "iam:EnableMFADevice")]));
    let after = read_at(deactivate_and_delete(&opens, with_mfa, true), now);
    assert_green(&policy, &after, now);
    let later = read_at(after.and(&session(opens[1] + TimeDelta::minutes(20), false, &[])), now);
    let report = evaluate(&policy, &later, now);
    let without = report.outcomes.iter().find(|it| it.rule.0 == "root-signed-in-without-mfa");
    assert_eq!(without.unwrap().outcome, Outcome::Fail);
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
    let suggest_for =
        |policy: &Policy| suggestion(&failing(policy, "root-access-key-present", &before));
    assert!(suggest_for(&policy).contains("from: 2026-11-20T11:00:00Z, to: 2026-11-20T12:00:00Z"));
    policy.limits.window = crate::model::Duration::seconds(20 * 60);
    assert!(suggest_for(&policy).contains("from: 2026-11-20T11:00:00Z, to: 2026-11-20T11:20:00Z"));
    policy.limits.window = crate::model::Duration::seconds(0);
    let found = failing(&policy, "root-access-key-present", &before);
    assert_eq!(found.findings[0].window, None, "no window can be open");
    let taken = "- { id: a, reason: r, ticket: TICKET, from: 2026-11-20T09:00:00Z, to: 2026-11-20T21:00:00Z }";
    let policy = fresh(taken, "");
    let apart = suggest_for(&policy);
    assert!(apart.contains("from: 2026-11-20T22:00:00Z, to: 2026-11-20T23:00:00Z, "), "{apart}");
    let taken = taken.replace("T09", "T11").replace("T21:00", "T23:30").replace("T11:00", "T11:30");
    let policy = fresh(&taken, "");
    let later = suggest_for(&policy);
    assert!(later.contains("from: 2026-11-21T00:00:00Z, to: 2026-11-21T01:00:00Z, "), "{later}");
    assert_eq!(fresh(&format!("{taken}\n{later}"), "").windows.len(), 2);
    let mut full = policy;
    full.limits.window_total = crate::model::Duration::hours(12);
    let over = suggest_for(&full);
    assert!(over.ends_with("} # first raise limits.window-total to 13h"), "{over}");
}

// -- several findings at once ---------------------------------------------------------------------

/// What every failing finding suggests, in the order of the log.
fn all_suggestions(policy: &Policy, evidence: &Evidence, now: DateTime<Utc>) -> Vec<String> {
    let mut outcomes = evaluate(policy, evidence, now).outcomes;
    outcomes.retain(|outcome| outcome.outcome == Outcome::Fail);
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.severity));
    let findings = outcomes.iter().flat_map(|outcome| &outcome.findings);
    findings.flat_map(|finding| finding.windows().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn warned_of(policy: &Policy) -> Vec<&'static str> {
    crate::policy::warnings(policy, time(NOW)).iter().map(|warning| warning.code).collect()
}

/// When the window of this step opens.
fn opening_of(policy: &Policy, step: &str) -> DateTime<Utc> {
    let id = format!("{step}-{}", crate::testing::ACCOUNT);
    let window = policy.windows.iter().find(|window| window.id == id);
    window.unwrap_or_else(|| panic!("no {id}")).openings(time(NOW)).next().unwrap().from
}

const TWO_KEYS: &[(&str, &str)] = &[
    ("access_key_1_active", "true"),
    ("access_key_1_last_rotated", "2019-05-02T10:00:00Z"),
    ("access_key_2_active", "true"),
    ("access_key_2_last_rotated", "2020-05-02T10:00:00Z"),
];
const CERTIFICATE: &[(&str, &str)] =
    &[("cert_1_active", "true"), ("cert_1_last_rotated", "2012-01-01T00:00:00Z")];
const CERTIFICATES: &str = "AccountSigningCertificatesPresent";

/// Two keys, a certificate, a virtual device, and two sessions that nobody agreed on.
fn many_findings() -> Evidence {
    let opens = at("18T09:02");
    let used = [call(opens, 3, "iam:EnableMFADevice"), call(opens, 8, "s3:PutBucketPolicy")];
    healthy()
        .with_row(&[TWO_KEYS, CERTIFICATE].concat())
        .with_count(KEYS, 2)
        .with_count(CERTIFICATES, 1)
        .with_device("arn:aws:iam::111122223333:mfa/root", Some("arn:aws:iam::111122223333:root"))
        .and(&session(opens, true, &used))
        .and(&session(at("18T17:40"), false, &[]))
}

#[test]
fn all_suggestions_of_a_report_are_pasted_together_and_every_remedy_is_done() {
    let before = read_at(many_findings(), time(NOW));
    let policy = fresh(&all_suggestions(&fresh("", ""), &before, time(NOW)).join("\n"), "");
    // The sign-in without MFA was not planned; its window excuses it and serves the other rule.
    assert_eq!(warned_of(&policy), [""; 0]);
    let acknowledged = evaluate(&policy, &before, time(NOW));
    let left = acknowledged.outcomes.iter().filter(|it| it.outcome == Outcome::Fail);
    let left: Vec<&str> = left.map(|outcome| outcome.rule.0).collect();
    let to_do =
        ["root-access-key-active", "root-mfa-not-hardware", "root-signing-certificate-present"];
    assert_eq!(left, to_do, "pasting a window does not fix anything");

    let opens = |step: &str| opening_of(&policy, step);
    let in_session = |step: &str, done: &[&str]| {
        let calls = (3..).zip(done).map(|(minute, action)| call(opens(step), minute, action));
        session(opens(step), true, &calls.collect::<Vec<_>>())
    };
    let key = |step: &str, action: &str, state: KeyState| {
        let calls = [5, 6].map(|minute| key_call(opens(step), minute, action, state));
        session(opens(step), true, &calls)
    };
    let now = opens("delete-root-key") + TimeDelta::hours(8);
    let mut after = before
        .with_row(&[])
        .with_count(KEYS, 0)
        .with_count(CERTIFICATES, 0)
        .and(&key("deactivate-root-key", "iam:UpdateAccessKey", KeyState::Inactive))
        .and(&key("delete-root-key", "iam:DeleteAccessKey", KeyState::Deleted))
        .and(&in_session("replace-root-mfa", &["iam:EnableMFADevice", "iam:DeactivateMFADevice"]))
        .and(&in_session("remove-root-certificate", &["iam:DeleteSigningCertificate"]));
    after.virtual_mfa_devices.as_mut().unwrap().value.clear();
    let after = read_at(after, now);
    assert_green(&policy, &after, now);
    let between = opens("deactivate-root-key") + TimeDelta::hours(9);
    let more = after.and(&session(between, true, &[]));
    let report = evaluate(&policy, &more, now);
    let used = report.outcomes.iter().find(|outcome| outcome.rule.0 == USED).unwrap();
    assert_eq!(used.outcome, Outcome::Fail, "nobody agreed on {between}");
}

#[test]
fn remedies_are_done_one_after_the_other_and_two_keys_share_theirs() {
    let before = read_at(many_findings(), time(NOW));
    let report = evaluate(&fresh("", ""), &before, time(NOW));
    let keys = &report.outcomes[0].findings;
    assert_eq!((keys[0].windows().count(), keys[1].windows().count()), (2, 0));
    let shared = "The windows `deactivate-root-key-111122223333`, `delete-root-key-111122223333`, suggested for \
                  root-access-key-active, allow it (2026-11-20T11:00:00Z to 2026-11-20T12:00:00Z, then \
                  2026-11-21T11:00:00Z to 2026-11-21T12:00:00Z): the rule keeps failing until this is done while the \
                  window is open.";
    assert!(keys[1].remedy.ends_with(shared), "{}", keys[1].remedy);
    let still = "A window in the policy is not the remedy: the rule keeps failing until this is done while the window is open.";
    assert!(keys[0].remedy.ends_with(still), "{}", keys[0].remedy);
    let policy = fresh(&all_suggestions(&fresh("", ""), &before, time(NOW)).join("\n"), "");
    assert_eq!(opening_of(&policy, "remove-root-certificate"), at("20T12:00"));
    assert_eq!(opening_of(&policy, "replace-root-mfa"), at("20T13:00"));
    // Where windows that touch would be too long together, there is time between them.
    let mut short = fresh("", "");
    short.limits.window = crate::model::Duration::hours(1);
    let windows = all_suggestions(&short, &before, time(NOW)).join("\n");
    assert!(!windows.contains('#'), "{windows}");
    let with_limit = |text: &str| {
        let filled = text.replace("REASON", "r").replace("TICKET", "t");
        format!("version: 1\nlimits: {{ window: 1h }}\nwindows:\n{filled}\n")
    };
    let parsed =
        Policy::parse(&with_limit(&windows), "p.yaml", &rules::infos(), time(NOW)).unwrap();
    assert_eq!(opening_of(&parsed, "remove-root-certificate"), at("20T13:00"));
}

#[test]
fn a_remedy_with_an_existing_window_needs_no_new_one() {
    let before = read_at(healthy().with_row(ACTIVE_KEY).with_count(KEYS, 1), time(NOW));
    let first = suggestion(&failing(&fresh("", ""), "root-access-key-active", &before));
    let policy = fresh(&first, "");
    let found = failing(&policy, "root-access-key-active", &before);
    assert_eq!(found.findings[0].window, None);
    let remedy = &found.findings[0].remedy;
    assert!(remedy.contains("The windows `deactivate-root-key-111122223333`, "), "{remedy}");
    assert!(remedy.contains(" allow it (2026-11-20T11:00:00Z to "), "{remedy}");
    // A window of next month is too late.
    let later = first.replace("2026-11-2", "2026-12-2");
    let found = failing(&fresh(&later, ""), "root-access-key-active", &before);
    assert_eq!(found.findings[0].windows().count(), 2);
    // Three days later nothing was done: new windows, whose ids are not the old ones.
    let now = time(NOW) + TimeDelta::days(3);
    let again = evaluate(&policy, &read_at(before, now), now).outcomes;
    let window = again[0].findings[0].window.clone().unwrap();
    assert!(window.contains("{ id: deactivate-root-key-111122223333-2, "), "{window}");
    assert_eq!(fresh(&format!("{first}\n{window}"), "").windows.len(), 4);
}

/// Pastes the suggestions one after the other, in the order of the log, and raises a limit where a
/// comment says so. Every policy on the way is valid.
#[track_caller]
fn assert_can_be_pasted(limits: &str, present: &str, evidence: &Evidence) -> usize {
    let mut limits: Vec<(String, String)> = limits
        .split(", ")
        .map(|limit| limit.split_once(": ").map(|(key, value)| (key.into(), value.into())).unwrap())
        .collect();
    let parse = |limits: &[(String, String)], windows: &str| {
        let limits: Vec<_> = limits.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let text = format!(
            "version: 1\nlimits: {{ {} }}\nwindows:\n{}\n",
            limits.join(", "),
            windows.replace("REASON", "r").replace("TICKET", "t")
        );
        let parsed = Policy::parse(&text, "p.yaml", &rules::infos(), time(NOW));
        parsed.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
    };
    let evidence = read_at(evidence.clone(), time(NOW));
    let policy = parse(&limits, present);
    let lines = all_suggestions(&policy, &evidence, time(NOW));
    let mut pasted = present.to_owned();
    for line in &lines {
        let (window, raise) = line.split_once(" # first raise ").unwrap_or((line, ""));
        for (limit, to) in raise.split(" and ").filter_map(|part| part.split_once(" to ")) {
            let known = limits.iter_mut().find(|(key, _)| format!("limits.{key}") == limit);
            known.unwrap().1 = to.to_owned();
        }
        pasted.push_str(window);
        pasted.push('\n');
        parse(&limits, &pasted);
    }
    lines.len()
}

#[test]
fn all_suggestions_of_a_report_keep_the_limits_or_say_which_to_raise() {
    // Sessions of five hours, each day two: more than a day in thirty.
    let busy = (13..20).fold(healthy(), |evidence, day| {
        ["03:00", "13:00"].iter().fold(evidence, |evidence, clock| {
            let opens = at(&format!("{day}T{clock}"));
            let change = call(opens, 300, "s3:PutBucketPolicy");
            evidence.and(&[sign_in(opens, true), change])
        })
    });
    let many = all_suggestions(&fresh("", ""), &read_at(busy.clone(), time(NOW)), time(NOW));
    assert!(many.iter().any(|line| line.ends_with(" # first raise limits.window-total to 31h")));
    assert!(!many.iter().any(|line| line.contains("limits.window ")), "{many:?}");
    for limits in ["window: 12h, window-total: 24h", "window: 4h, window-total: 5h"] {
        assert_eq!(assert_can_be_pasted(limits, "", &busy), 13, "{limits}");
        assert!(assert_can_be_pasted(limits, "", &many_findings()) > 5);
    }
    let present =
        "- { id: a, reason: r, ticket: t, from: 2026-11-18T18:00:00Z, to: 2026-11-19T05:30:00Z }
- { id: b, reason: r, ticket: t, from: 2026-11-20T10:00:00Z, to: 2026-11-20T21:00:00Z }\n";
    assert!(assert_can_be_pasted("window: 12h, window-total: 24h", present, &busy) > 8);
    let mut touching =
        many_findings().and(&[sign_in(at("18T18:00") - TimeDelta::seconds(1), true)]);
    touching = touching.and(&session(at("18T05:00"), true, &[]));
    assert!(assert_can_be_pasted("window: 11h30m, window-total: 24h", present, &touching) > 5);
}

#[test]
fn windows_above_the_maximum_of_a_limit_are_left_out_with_the_reason() {
    let long = |day: u32| {
        let opens = at(&format!("{day}T00:10"));
        let change = call(opens, 23 * 60, "s3:PutBucketPolicy");
        [sign_in(opens, true), change]
    };
    let evidence = [14, 15, 16, 17, 18].map(long).concat();
    let evidence = read_at(healthy().and(&evidence), time(NOW));
    let found = failing(&fresh("", ""), USED, &evidence).findings;
    let windows: Vec<usize> = found.iter().map(|finding| finding.windows().count()).collect();
    assert_eq!(windows, [1, 1, 1, 0, 0], "the newest first");
    let reason = "No window is suggested for it: together with the policy's windows and those suggested for other \
                  findings, limits.window-total would have to be 93h, and 72h is the most.";
    assert!(found[3].remedy.ends_with(reason), "{}", found[3].remedy);
}

// -- uses that were agreed ------------------------------------------------------------------------

/// Pastes what these rules suggest for these events, and judges again: green.
#[track_caller]
fn acknowledged(rules: &[&str], evidence: &Evidence) -> String {
    let evidence = read_at(evidence.clone(), time(NOW));
    let mut lines: Vec<String> = Vec::new();
    for rule in rules {
        for finding in failing(&fresh("", ""), rule, &evidence).findings {
            lines.extend(finding.windows().map(str::to_owned));
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
         [\"111122223333\"], from: 2026-11-18T09:02:00Z, to: 2026-11-18T09:10:01Z, allow: { sign-in: true } }"
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
        windows.contains("from: 2026-11-18T09:02:00Z, to: 2026-11-18T09:02:01Z, "),
        "{windows}"
    );
    // Of this session the sign-in itself is not seen.
    let unseen =
        RootEvent { mfa: Some(false), from_console: true, ..call(began, 40, "s3:PutBucketPolicy") };
    let windows = acknowledged(&[USED, NO_MFA], &healthy().and(&[unseen]));
    assert!(windows.contains("-without-mfa-111122223333, "), "{windows}");
    assert!(
        windows.contains("to: 2026-11-18T09:02:01Z, allow: { sign-in: true }, require"),
        "{windows}"
    );
}

#[test]
fn each_session_has_a_window_of_its_own_and_nothing_between_them_is_covered() {
    let done = healthy().and(&session(at("18T00:10"), true, &[])).and(&session(
        at("18T08:09"),
        true,
        &[call(at("18T08:09"), 5, "s3:PutBucketPolicy")],
    ));
    let windows = acknowledged(&[USED], &done);
    assert_eq!(times(&windows), ["00:10:00 00:10:01", "08:09:00 08:14:01"], "{windows}");
    assert!(windows.contains("acknowledged-2026-11-18-sign-in-111122223333-2,"), "{windows}");
    let policy = fresh(&windows, "");
    let third = |clock: &str| {
        let evidence = done.clone().and(&session(at(clock), true, &[]));
        outcome_under(&policy, USED, &read_at(evidence, time(NOW))).outcome
    };
    for clock in ["18T00:11", "18T04:00", "18T08:15", "18T09:00"] {
        assert_eq!(third(clock), Outcome::Fail, "{clock}: nobody asked about it");
    }
    // A session takes in what happens while it lasts.
    assert_eq!(third("18T08:10"), Outcome::Pass);
}

#[test]
fn sessions_share_a_window_only_where_their_own_ones_meet() {
    let change = |began: &str, minutes| call(at(began), minutes, "s3:PutBucketPolicy");
    let sessions = |second: &str| {
        let first = session(at("18T09:00"), true, &[change("18T09:00", 20)]);
        let second = session(at(second), true, &[change(second, 20)]);
        acknowledged(&[USED], &healthy().and(&first).and(&second))
    };
    assert_eq!(times(&sessions("18T09:10")), ["09:00:00 09:30:01"]);
    assert_eq!(times(&sessions("18T09:21")), ["09:00:00 09:20:01", "09:21:00 09:41:01"]);
    // CloudTrail records the sign-in some seconds before its session begins.
    let signed_in = sign_in(at("18T09:00") - TimeDelta::seconds(90), true);
    let windows =
        acknowledged(&[USED], &healthy().and(&[signed_in.clone(), change("18T09:00", 20)]));
    assert_eq!(times(&windows), ["08:58:30 09:20:01"]);
    let twice = sign_in(signed_in.time + TimeDelta::seconds(40), true);
    let windows = acknowledged(&[USED], &healthy().and(&[signed_in, twice]));
    assert_eq!(times(&windows), ["08:58:30 08:58:31", "08:59:10 08:59:11"]);
}

#[test]
fn calls_with_a_key_are_one_use_only_where_a_program_makes_them() {
    let by_key = |seconds: i64| {
        let used = call(at("18T09:00") + TimeDelta::seconds(seconds), 0, "s3:ListBuckets");
        RootEvent { access_key: SignedBy::LongLivedKey, session_started: None, ..used }
    };
    let events = [0, 45, 100, 3_000].map(by_key);
    let windows = acknowledged(&[USED], &healthy().and(&events));
    assert_eq!(times(&windows), ["09:00:00 09:01:41", "09:50:00 09:50:01"]);
    // A key that is used all day was not planned: a person decides what to do about it.
    let events: Vec<_> = (0..21).map(|number| by_key(number * 600)).collect();
    let found = failing(&fresh("", ""), USED, &read_at(healthy().and(&events), time(NOW)));
    assert_eq!(found.findings[0].window, None);
    assert!(found.findings[0].remedy.contains("21 separate uses"), "{:?}", found.findings[0]);
}

#[test]
fn what_one_window_acknowledges_is_not_suggested_a_second_time() {
    let opens = at("18T09:02");
    let done = [call(opens, 3, "iam:EnableMFADevice"), call(opens, 4, "iam:CreateAccessKey")];
    let evidence = read_at(healthy().and(&session(opens, true, &done)), time(NOW));
    let windows = acknowledged(&[USED, CHANGED], &evidence);
    assert_eq!(windows.lines().count(), 1, "{windows}");
    for finding in failing(&fresh("", ""), CHANGED, &evidence).findings {
        assert_eq!(finding.window, None);
        let served = "The window `acknowledged-2026-11-18-sign-in-111122223333`, suggested for \
                      root-used-outside-window, acknowledges it.";
        assert!(finding.remedy.ends_with(served), "{}", finding.remedy);
    }
    // A sign-in without MFA is excused only at its own second, so a second one later is found.
    let evidence = read_at(healthy().and(&session(opens, false, &done)), time(NOW));
    let policy = fresh(&acknowledged(&[USED, CHANGED, NO_MFA], &evidence), "");
    assert_eq!(policy.windows.len(), 2);
    assert_eq!(warned_of(&policy), [""; 0]);
    let later = evidence.and(&[sign_in(opens + TimeDelta::minutes(2), false)]);
    assert_eq!(outcome_under(&policy, NO_MFA, &later).outcome, Outcome::Fail);
}

#[test]
fn a_session_that_is_longer_than_any_window_may_be_says_which_limit_to_raise_and_to_what() {
    let long = |until: &str| {
        let call = call(at(until), 0, "s3:PutBucketPolicy");
        let call = RootEvent { session_started: Some(at("18T00:10")), ..call };
        read_at(healthy().and(&[sign_in(at("18T00:10"), true), call]), time(NOW))
    };
    let window = suggestion(&failing(&fresh("", ""), USED, &long("18T13:00")));
    assert!(window.ends_with("} # first raise limits.window to 13h"), "{window}");
    let window = suggestion(&failing(&fresh("", ""), USED, &long("19T01:30")));
    let both = "} # first raise limits.window to 26h and limits.window-total to 26h";
    assert!(window.ends_with(both), "{window}");
    assert!(!suggestion(&failing(&fresh("", ""), USED, &long("18T12:09"))).contains('#'));
}

/// From when to when each window is open.
fn times(windows: &str) -> Vec<String> {
    let clock = |text: &str| text.split('T').nth(1).unwrap()[..8].to_owned();
    let each = windows.lines().map(|line| {
        let (_, from) = line.split_once("from: ").unwrap();
        let (from, to) = from.split_once(", to: ").unwrap();
        format!("{} {}", clock(from), clock(to))
    });
    each.collect()
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

/// A use of root: from when on, for how many minutes, with what change at the end.
#[derive(Debug, Clone)]
struct Happened {
    from: DateTime<Utc>,
    minutes: i64,
    change: &'static str,
    mfa: bool,
    by_key: bool,
}

impl Happened {
    fn events(&self) -> Vec<RootEvent> {
        let change = call(self.from, self.minutes, self.change);
        match self.by_key {
            true => {
                let signed = SignedBy::LongLivedKey;
                vec![RootEvent { access_key: signed, session_started: None, ..change }]
            }
            false => vec![sign_in(self.from, self.mfa), change],
        }
    }

    /// Whether a sign-in at this instant may be in the window of this use: while it lasts, and where
    /// it may be the sign-in that begins its session.
    fn may_take_in(&self, at: DateTime<Utc>) -> bool {
        let near = RootEvents::SESSION_BEGINS;
        let to = self.from + TimeDelta::minutes(self.minutes);
        !self.by_key && self.from - near <= at && at <= to.max(self.from + near)
    }
}

fn happened() -> impl Strategy<Value = Happened> {
    let change = prop::sample::select(vec![
        "s3:PutBucketPolicy",
        "iam:EnableMFADevice",
        "iam:DeactivateMFADevice",
        "account:PutAlternateContact",
    ]);
    let many = (0..6 * 1_440_i64, 0..400_i64, change, any::<bool>(), prop::bool::weighted(0.2));
    many.prop_map(|(start, minutes, change, mfa, by_key)| {
        let from = at("14T00:00") + TimeDelta::minutes(start);
        Happened { from, minutes, change, mfa, by_key }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_is_acknowledged_by_its_suggestions_and_nothing_else_is(
        uses in prop::collection::vec(happened(), 1..7),
        others in prop::collection::vec(0..8_640_i64, 8),
    ) {
        let events: Vec<RootEvent> = uses.iter().flat_map(Happened::events).collect();
        let evidence = read_at(healthy().with_events(|it| it.all_regions = true).and(&events), time(NOW));
        assert_can_be_pasted("window: 12h, window-total: 24h", "", &evidence);
        let limits = "limits: { window: 72h, window-total: 72h }\n";
        let parse = |windows: &str| {
            let windows = windows.replace("REASON", "r").replace("TICKET", "t");
            let text = format!("version: 1\n{limits}windows:\n{windows}\n");
            Policy::parse(&text, "p.yaml", &rules::infos(), time(NOW)).unwrap()
        };
        let policy = parse(&all_suggestions(&parse(""), &evidence, time(NOW)).join("\n"));
        assert_green(&policy, &evidence, time(NOW));
        for minutes in others {
            let other = at("14T00:00") + TimeDelta::minutes(minutes) + TimeDelta::seconds(30);
            if uses.iter().any(|used| used.may_take_in(other)) {
                continue;
            }
            let more = evidence.clone().and(&[sign_in(other, true)]);
            let outcome = outcome_under(&policy, USED, &read_at(more, time(NOW))).outcome;
            prop_assert_eq!(outcome, Outcome::Fail, "{}", other);
        }
    }
}

#[test]
fn a_window_that_names_changes_also_covers_the_sign_in_before_them() {
    let signed_in = at("18T20:00");
    let events = session(signed_in, true, &[call(signed_in, 9 * 60, "iam:CreateAccessKey")]);
    let before = read_at(healthy().and(&events), time(NOW));
    let suggested = all_suggestions(&fresh("", ""), &before, time(NOW));
    assert_eq!(suggested.len(), 1, "two would overlap: {suggested:#?}");
    assert_green(&fresh(&suggested.join("\n"), ""), &before, time(NOW));
}
