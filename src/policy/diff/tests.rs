//! Each change has its meaning; no key is without one; what is called harmless is.

use proptest::prelude::*;

use super::super::fields::{self, Kind};
use super::*;
use crate::model::Audit;
use crate::model::Duration;
use crate::model::{UseKind, parse_time};
use crate::policy::tests::rules::RULES;
use crate::policy::{Exclude, OrganizationScope};

fn now() -> DateTime<Utc> {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

fn parse(text: &str) -> Policy {
    let text = format!("version: 1\n{text}\n");
    Policy::parse(&text, "p.yaml", RULES, now()).unwrap_or_else(|e| panic!("{}", e.render(false)))
}

fn changes(old: &str, new: &str) -> Vec<String> {
    diff(&parse(old), &parse(new), now()).iter().map(ToString::to_string).collect()
}

/// A window with these keys besides the required ones.
fn window(id: &str, from: &str, to: &str, more: &str) -> String {
    format!("{{ id: {id}, reason: r, ticket: T, from: {from}, to: {to}{more} }}")
}

const PAST: (&str, &str) = ("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
const FUTURE: (&str, &str) = ("2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z");

/// A waiver of the key of 2019-05-02.
fn waiver(rule: &str, accounts: &str, from: &str, expires: &str) -> String {
    format!(
        "{{ rule: {rule}, accounts: [{accounts}], subject: {{ access-key-created: 2019-05-02 }}, reason: r, ticket: T, from: {from}, expires: {expires} }}"
    )
}

const A: &str = "\"111122223333\"";
const AB: &str = "\"111122223333\", \"444455556666\"";

#[test]
fn a_change_is_named_for_what_it_lets_pass() {
    let w = |id, span: (&str, &str), more: &str| {
        format!("windows: [{}]", window(id, span.0, span.1, more))
    };
    let v = |accounts: &str, from: &str, expires: &str| {
        format!("waivers: [{}]", waiver("root-access-key-active", accounts, from, expires))
    };
    let scope = |ids: &str| format!("scope: {{ accounts: [{ids}] }}");
    for (old, new, expected) in [
        ("", "gate: { fail-on: high }", "weaker: gate.fail-on: medium -> high"),
        ("gate: { fail-on: high }", "", "stronger: gate.fail-on: high -> medium"),
        ("", "gate: { on-undetermined: warn }", "weaker: gate.on-undetermined: fail -> warn"),
        ("", "gate: { on-weaker: warn }", "weaker: gate.on-weaker: fail -> warn"),
        ("gate: { on-weaker: warn }", "", "stronger: gate.on-weaker: warn -> fail"),
        ("", "gate: { enforce-from: 2026-12-01 }", "weaker: gate.enforce-from: none -> 2026-12-01"),
        ("", "gate: { enforce-from: 2026-11-20 }", "other: gate.enforce-from: none -> 2026-11-20"),
        ("", "evidence: { max-age: 6h }", "weaker: evidence.max-age: 4h15m -> 6h"),
        ("evidence: { max-age: 6h }", "", "stronger: evidence.max-age: 6h -> 4h15m"),
        ("evidence: { root-events: off }", "", "stronger: evidence.root-events: off -> on"),
        ("", "evidence: { root-events: off }", "weaker: evidence.root-events: on -> off"),
        (
            "evidence: { root-events: {} }",
            "evidence: { root-events: { lookback: 30d } }",
            "stronger: evidence.root-events.lookback: 7d -> 30d",
        ),
        (
            "evidence: { root-events: { lookback: 30d } }",
            "evidence: { root-events: { lookback: 29d } }",
            "weaker: evidence.root-events.lookback: 30d -> 29d",
        ),
        (
            "evidence: { root-events: {} }",
            "evidence: { root-events: { regions: all } }",
            "stronger: evidence.root-events.regions: default -> all",
        ),
        (
            "evidence: { root-events: { regions: [us-east-1] } }",
            "evidence: { root-events: { regions: [us-west-2, eu-west-1] } }",
            "stronger: evidence.root-events.regions: us-east-1 -> us-west-2, eu-west-1",
        ),
        (
            "evidence: { root-events: { regions: [eu-west-1, us-east-1] } }",
            "evidence: { root-events: { regions: [us-west-2] } }",
            "weaker: evidence.root-events.regions: eu-west-1, us-east-1 -> us-west-2",
        ),
        (
            "evidence: { root-events: { regions: [us-west-2, us-east-1] } }",
            "evidence: { root-events: { regions: [us-east-1] } }",
            "other: evidence.root-events.regions: us-west-2, us-east-1 -> us-east-1",
        ),
        (
            "evidence: { root-events: {} }",
            "evidence: { root-events: { regions: [us-east-1] } }",
            "weaker: evidence.root-events.regions: default -> us-east-1",
        ),
        (
            "",
            "rules: { root-sign-in-attempts: { threshold: 6 } }",
            "weaker: rules.root-sign-in-attempts.threshold: 5 -> 6",
        ),
        ("", "rules: { root-mfa-missing: off }", "weaker: rules.root-mfa-missing: on -> off"),
        ("rules: { root-mfa-missing: off }", "", "stronger: rules.root-mfa-missing: off -> on"),
        (
            "",
            "rules: { root-mfa-missing: { severity: high } }",
            "weaker: rules.root-mfa-missing.severity: critical -> high",
        ),
        (
            "",
            "rules: { root-mfa-not-hardware: { severity: high } }",
            "stronger: rules.root-mfa-not-hardware.severity: low -> high",
        ),
        (
            "",
            "rules: { root-access-key-not-rotated: { max-age: 91d } }",
            "weaker: rules.root-access-key-not-rotated.max-age: 90d -> 91d",
        ),
        (
            "",
            "rules: { root-used-outside-window: { within: 6d } }",
            "weaker: rules.root-used-outside-window.within: 7d -> 6d",
        ),
        (
            "",
            "rules: { root-used-outside-window: { within: 30d } }",
            "stronger: rules.root-used-outside-window.within: 7d -> 30d",
        ),
        ("", "limits: { window: 24h }", "weaker: limits.window: 12h -> 1d"),
        ("", "limits: { window-total: 23h }", "stronger: limits.window-total: 1d -> 23h"),
        ("", "limits: { waiver: 91d }", "weaker: limits.waiver: 90d -> 91d"),
        (
            "",
            &scope("{ id: \"111122223333\" }"),
            "weaker: scope.accounts: the account of the credentials -> 1 named",
        ),
        (
            &scope("{ id: \"111122223333\", name: prod }"),
            &scope("{ id: \"111122223333\", name: live }"),
            "other: scope.accounts.111122223333.name: prod -> live",
        ),
        (
            &scope("{ id: \"111122223333\" }"),
            &scope("{ id: \"111122223333\" }, { id: \"444455556666\" }"),
            "stronger: scope.accounts.444455556666: added: 444455556666",
        ),
        (
            &scope("{ id: \"111122223333\" }, { id: \"444455556666\", name: b }"),
            &scope("{ id: \"111122223333\" }"),
            "weaker: scope.accounts.444455556666: removed: b",
        ),
        (
            "",
            &w("a", PAST, ""),
            "weaker: windows.a: added: 2026-11-20T09:00:00Z to 2026-11-20T10:00:00Z, all accounts, sign-in, T",
        ),
        (
            "",
            &w("a", FUTURE, ", allow: { access-key: true }"),
            "planned: windows.a: added: 2026-11-21T09:00:00Z to 2026-11-21T10:00:00Z, all accounts, access-key, T",
        ),
        (
            &w("a", PAST, ""),
            "",
            "stronger: windows.a: removed: 2026-11-20T09:00:00Z to 2026-11-20T10:00:00Z, all accounts, sign-in, T",
        ),
        (&w("a", PAST, ""), &w("b", PAST, ""), "other: windows.b.id: a -> b"),
        (
            &w("a", PAST, ""),
            &w("a", (PAST.0, "2026-11-20T10:00:01Z"), ""),
            "weaker: windows.a.to: 2026-11-20T10:00:00Z -> 2026-11-20T10:00:01Z",
        ),
        (
            &w("a", PAST, ""),
            &w("a", ("2026-11-20T09:30:00Z", PAST.1), ""),
            "stronger: windows.a.from: 2026-11-20T09:00:00Z -> 2026-11-20T09:30:00Z",
        ),
        (
            &w("a", PAST, &format!(", accounts: [{A}]")),
            &w("a", PAST, &format!(", accounts: [{AB}]")),
            "weaker: windows.a.accounts: 111122223333 -> 111122223333, 444455556666",
        ),
        (
            &w("a", PAST, &format!(", accounts: [{A}]")),
            &w("a", PAST, ""),
            "weaker: windows.a.accounts: 111122223333 -> all accounts",
        ),
        (
            &w("a", PAST, ""),
            &w("a", PAST, ", allow: { sign-in: true, access-key: true }"),
            "weaker: windows.a.allow.access-key: false -> true",
        ),
        (
            "",
            &v(A, "2026-12-01", "2026-12-31"),
            "weaker: waivers.root-access-key-active.111122223333 (key 2019-05-02): added: 2026-12-01 to 2026-12-31, T",
        ),
        (
            &v(A, "2026-11-01", "2026-11-30"),
            &v(AB, "2026-11-01", "2026-11-30"),
            "weaker: waivers.root-access-key-active.444455556666 (key 2019-05-02): added: 2026-11-01 to 2026-11-30, T",
        ),
        (
            &v(A, "2026-11-01", "2026-11-30"),
            &v(A, "2026-11-01", "2026-12-01"),
            "weaker: waivers.root-access-key-active.111122223333 (key 2019-05-02).expires: 2026-11-30 -> 2026-12-01",
        ),
        (
            &v(A, "2026-11-01", "2026-11-30"),
            "",
            "stronger: waivers.root-access-key-active.111122223333 (key 2019-05-02): removed: 2026-11-01 to 2026-11-30, T",
        ),
    ] {
        assert_eq!(changes(old, new), [expected], "{old}\n{new}");
    }
}

/// An organization with these keys besides its role.
fn organization(more: &str) -> String {
    format!("scope: {{ organization: {{ member-role: r{more} }} }}")
}

fn excluding(list: &str) -> String {
    organization(&format!(", exclude: [{list}]"))
}

#[test]
fn a_change_organization_policy_is_named_for_what_it_lets_pass() {
    let one = "{ account: \"444455556666\", reason: closing, expires: 2027-03-01 }";
    let accounts = |more: &str| format!("scope: {{ accounts: [{{ id: {A} }}]{more} }}");
    let beside = accounts(", organization: { member-role: r }");
    let members = |flag: &str| {
        organization("") + &format!("\nevidence: {{ root-events: {{ members: {flag} }} }}")
    };
    for (old, new, expected) in [
        // Which accounts.
        (
            accounts(""),
            beside.clone(),
            &["stronger: scope.organization: added: every account, by assume-role"][..],
        ),
        (
            beside.clone(),
            accounts(""),
            &["weaker: scope.organization: removed: every account, by assume-role"],
        ),
        (beside, organization(""), &["weaker: scope.accounts.111122223333: removed: 111122223333"]),
        (
            accounts(""),
            excluding(one),
            &[
                "weaker: scope.accounts.111122223333: removed: 111122223333",
                "stronger: scope.organization: added: every account, by assume-role, 1 excluded",
            ],
        ),
        // The account of the credentials may be in no organization, or a member of which less is read.
        (
            String::new(),
            organization(""),
            &["weaker: scope.organization: the account of the credentials -> the organization"],
        ),
        (
            organization(""),
            String::new(),
            &["weaker: scope.organization: the organization -> the account of the credentials"],
        ),
        (
            String::new(),
            accounts(", organization: { member-role: r }"),
            &[
                "weaker: scope.organization: the account of the credentials -> the organization and 1 named",
            ],
        ),
        // Which are left out.
        (
            organization(""),
            excluding(one),
            &["weaker: scope.organization.exclude.444455556666: added: until 2027-03-01, closing"],
        ),
        (
            excluding(one),
            organization(""),
            &[
                "stronger: scope.organization.exclude.444455556666: removed: until 2027-03-01, closing",
            ],
        ),
        (
            excluding(one),
            excluding(&one.replace("03-01", "03-02")),
            &["weaker: scope.organization.exclude.444455556666.expires: 2027-03-01 -> 2027-03-02"],
        ),
        (
            excluding(one),
            excluding(&one.replace("03-01", "02-28")),
            &[
                "stronger: scope.organization.exclude.444455556666.expires: 2027-03-01 -> 2027-02-28",
            ],
        ),
        (
            excluding(one),
            excluding(&one.replace("closing", "moving")),
            &["other: scope.organization.exclude.444455556666.reason: closing -> moving"],
        ),
        // Which are let off for a while.
        (
            organization(""),
            organization(", new-account-grace: 24h"),
            &["weaker: scope.organization.new-account-grace: none -> 1d"],
        ),
        (
            organization(", new-account-grace: 2d"),
            organization(", new-account-grace: 36h"),
            &["stronger: scope.organization.new-account-grace: 2d -> 1d12h"],
        ),
        // How they are entered. What one route shows, another may not.
        (
            organization(""),
            organization(", audit: assume-root"),
            &["weaker: scope.organization.audit: assume-role -> assume-root"],
        ),
        (
            organization(", audit: auto"),
            organization(", audit: assume-role"),
            &["weaker: scope.organization.audit: auto -> assume-role"],
        ),
        (organization(""), organization("2"), &["other: scope.organization.member-role: r -> r2"]),
        // An account that the other role cannot enter may be skipped, or be entered by AssumeRoot.
        (
            organization(", new-account-grace: 1d"),
            organization("2, new-account-grace: 1d"),
            &["weaker: scope.organization.member-role: r -> r2"],
        ),
        (
            organization(", audit: auto"),
            organization("2, audit: auto"),
            &["weaker: scope.organization.member-role: r -> r2"],
        ),
        (
            organization(""),
            organization(", management-role: m"),
            &["other: scope.organization.management-role: r -> m"],
        ),
        (organization(""), organization(", management-role: r"), &[]),
        // What is read of them.
        (
            members("true"),
            members("false"),
            &["weaker: evidence.root-events.members: true -> false"],
        ),
        (
            organization(""),
            members("true"),
            &["stronger: evidence.root-events.members: false -> true"],
        ),
    ] {
        assert_eq!(changes(&old, &new), expected, "{old}\n{new}");
    }
}

#[test]
fn a_change_organization_policy_names_the_lines_of_its_keys() {
    let old = parse(
        "scope:
  organization:
    member-role: r
    audit: auto
    exclude:
      - { account: \"123456789012\", reason: r, expires: 2027-01-01 }
      - account: \"444455556666\"
        reason: r
        expires: 2027-01-01",
    );
    let new = parse(
        "scope:
  organization:
    exclude:
      - account: \"444455556666\"
        expires: 2027-02-01
        reason: r
    member-role: r",
    );
    let changes = diff(&old, &new, now());
    let keys: Vec<_> = changes.iter().map(|change| change.key.to_string()).collect();
    let places: Vec<_> =
        changes.iter().zip(&keys).map(|(c, key)| (&**key, c.old_line, c.new_line)).collect();
    assert_eq!(
        places,
        [
            // Written in one of the two alone: elsewhere the line of the organization says it.
            ("scope.organization.audit", Some(5), Some(3)),
            ("scope.organization.exclude.444455556666.expires", Some(10), Some(6)),
            ("scope.organization.exclude.123456789012", Some(7), None),
        ]
    );
}

#[test]
fn a_schedule_is_planned_from_today_on_and_weaker_where_it_opens_more() {
    let w = |schedule: &str, more: &str| {
        format!(
            "windows: [{{ id: a, reason: r, schedule: {{ from: \"09:00\", to: \"10:00\", {schedule} }}{more} }}]"
        )
    };
    let base = w("week: first, days: [mon], timezone: UTC", "");
    let kind = |old: &str, new: &str| diff(&parse(old), &parse(new), now())[0].kind;
    let from =
        |day: &str| w("week: first, days: [mon], timezone: UTC", &format!(", not-before: {day}"));
    assert_eq!(kind("", &base), ChangeKind::Weaker);
    assert_eq!(kind("", &from("2026-11-20")), ChangeKind::Planned);
    assert_eq!(kind("", &from("2026-11-19")), ChangeKind::Weaker);
    assert_eq!(kind(&base, ""), ChangeKind::Stronger);
    // An opening of today that has begun would excuse what has happened.
    let daily = |from: &str, to: &str, zone: &str, day: &str| {
        format!(
            "windows: [{{ id: a, reason: r, not-before: {day}, schedule: {{ months: [nov], week: last, from: \"{from}\", to: \"{to}\", timezone: {zone} }} }}]"
        )
    };
    let at = |new: &str, instant: &str| {
        let instant = instant.parse::<DateTime<Utc>>().unwrap();
        diff(&parse(""), &parse(new), instant)[0].kind
    };
    let noon = daily("12:00", "13:00", "UTC", "2026-11-25");
    assert_eq!(at(&noon, "2026-11-25T11:59:59Z"), ChangeKind::Planned);
    assert_eq!(at(&noon, "2026-11-25T12:00:00Z"), ChangeKind::Weaker);
    assert_eq!(at(&noon, "2026-11-25T20:00:00Z"), ChangeKind::Weaker);
    // Where it is the day before still, as far behind UTC as it gets.
    let behind = daily("20:00", "21:00", "Etc/GMT+12", "2026-11-24");
    assert_eq!(at(&behind, "2026-11-25T08:30:00Z"), ChangeKind::Weaker);
    for (weaker, than) in [
        ("week: first, days: [mon, tue], timezone: UTC", "week: first, days: [mon], timezone: UTC"),
        ("days: [mon], timezone: UTC", "week: first, days: [mon], timezone: UTC"),
        ("week: last, timezone: UTC", "week: last, months: [jan], timezone: UTC"),
    ] {
        assert_eq!(kind(&w(than, ""), &w(weaker, "")), ChangeKind::Weaker, "{weaker}");
        assert_eq!(kind(&w(weaker, ""), &w(than, "")), ChangeKind::Stronger, "{weaker}");
    }
    let moved = w("week: first, days: [mon], timezone: Europe/Berlin", "");
    assert_eq!(kind(&base, &moved), ChangeKind::Weaker);
    assert_eq!(kind(&base, &from("2027-01-01")), ChangeKind::Stronger);
    assert_eq!(kind(&from("2027-01-01"), &base), ChangeKind::Weaker);
    assert_eq!(
        changes(&base, &moved),
        [
            "weaker: windows.a.schedule: 09:00 to 10:00 UTC, mon, first week of every month -> 09:00 to 10:00 Europe/Berlin, mon, first week of every month"
        ]
    );
}

#[test]
fn order_comments_and_spelling_are_no_change() {
    let old = "gate: { fail-on: medium }
limits: { window: 24h, waiver: 1w }
windows:
  - { id: a, reason: r, ticket: T, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }
  - { id: b, reason: r, ticket: T, from: 2026-11-20T09:00:00Z, to: 2026-11-20T11:00:00Z, accounts: [\"111122223333\", \"444455556666\"] }";
    let new = "# turned around
windows:
  - { id: b, reason: 'r', ticket: T, from: 2026-11-20T10:00:00+01:00, to: 2026-11-20T11:00:00Z, accounts: [\"444455556666\", \"111122223333\"] }
  - { id: a, reason: r, ticket: T, from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z, allow: { sign-in: true } }
limits: { waiver: 168h, window: 1d }
rules: { root-mfa-missing: { severity: critical } }";
    assert_eq!(changes(old, new), Vec::<String>::new());
}

#[test]
fn planned_changes_come_first_and_lines_are_those_of_the_files() {
    let old = parse("gate: { fail-on: medium }");
    let new = parse(&format!(
        "rules: {{ root-mfa-missing: off }}\ngate:\n  fail-on: high\nwindows: [{}]",
        window("a", FUTURE.0, FUTURE.1, "")
    ));
    let changes = diff(&old, &new, now());
    let keys: Vec<_> = changes.iter().map(|change| change.key.to_string()).collect();
    let places: Vec<_> = changes
        .iter()
        .zip(&keys)
        .map(|(c, key)| (c.kind, &**key, c.old_line, c.new_line))
        .collect();
    assert_eq!(
        places,
        [
            (ChangeKind::Planned, "windows.a", None, Some(5)),
            (ChangeKind::Weaker, "gate.fail-on", Some(2), Some(4)),
            (ChangeKind::Weaker, "rules.root-mfa-missing", None, Some(2)),
        ]
    );
}

#[test]
fn a_change_names_the_lines_of_its_key_and_not_of_its_entry() {
    let old = parse(
        "windows:
  - id: a
    reason: r
    ticket: T-1
    from: 2026-12-01T09:00:00Z
    to: 2026-12-01T10:00:00Z
waivers:
  - rule: root-signing-certificate-present
    accounts: [\"111122223333\"]
    reason: r
    ticket: T-1
    from: 2026-11-01
    expires: 2026-11-30
rules:
  root-used-outside-window:
    severity: high
    within: 30d",
    );
    let new = parse(
        "rules:
  root-used-outside-window:
    within: 5d
waivers:
  - rule: root-signing-certificate-present
    expires: 2026-12-01
    accounts: [\"111122223333\"]
    reason: r
    ticket: T-1
    from: 2026-11-01
windows:
  - id: b
    allow: { sign-in: true }
    reason: r
    ticket: T-1
    from: 2026-12-01T09:00:00Z
    to: 2026-12-01T10:00:00Z",
    );
    let changes = diff(&old, &new, now());
    let keys: Vec<_> = changes.iter().map(|change| change.key.to_string()).collect();
    let places: Vec<_> =
        changes.iter().zip(&keys).map(|(c, key)| (&**key, c.old_line, c.new_line)).collect();
    let waiver = "waivers.root-signing-certificate-present.111122223333.expires";
    assert_eq!(
        places,
        [
            ("rules.root-used-outside-window.within", Some(18), Some(4)),
            (waiver, Some(14), Some(7)),
            ("windows.b.id", Some(3), Some(13)),
        ]
    );
}

#[test]
fn facts_that_become_too_old_pass_if_missing_facts_do_not_block() {
    let warn = "gate: { on-undetermined: warn }";
    let older = format!("{warn}\nevidence: {{ max-age: 6h }}");
    assert_eq!(changes(&older, warn), ["weaker: evidence.max-age: 6h -> 4h15m"]);
}

#[test]
fn what_a_window_allows_by_events_has_its_direction() {
    let policy_with = |more: &str| format!("windows: [{}]", window("w", FUTURE.0, FUTURE.1, more));
    let actions =
        |list: &str| policy_with(&format!(", allow: {{ sign-in: true, actions: [{list}] }}"));
    let any = policy_with(", allow: { sign-in: true }");
    for (old, new, kind) in [
        (policy_with(""), policy_with(", require-mfa: false"), "weaker: windows.w.require-mfa"),
        (policy_with(", require-mfa: false"), policy_with(""), "stronger: windows.w.require-mfa"),
        (any.clone(), actions("\"s3:PutObject\""), "stronger: windows.w.allow.actions"),
        // Without a list, changes of credentials are not allowed; a list may name them.
        (any.clone(), actions("\"iam:CreateAccessKey\""), "weaker: windows.w.allow.actions"),
        (actions("\"s3:PutObject\""), any, "weaker: windows.w.allow.actions"),
        (actions("\"s3:*\""), actions("\"s3:PutObject\""), "stronger: windows.w.allow.actions"),
        (actions("\"s3:PutObject\""), actions("\"s3:*\""), "weaker: windows.w.allow.actions"),
        (
            actions("\"iam:*\""),
            actions("\"iam:CreateAccessKey\""),
            "weaker: windows.w.allow.actions",
        ),
    ] {
        let found = changes(&old, &new);
        assert!(found.len() == 1 && found[0].starts_with(kind), "{old} {new} {found:?}");
    }
}

#[test]
fn the_end_of_a_waiver_that_opens_another_rule_is_weaker_where_its_own_does_not_block() {
    let lowered = "rules: { root-access-key-active: { severity: low } }";
    let waived = format!(
        "{lowered}\nwaivers: [{}]",
        waiver("root-access-key-active", A, "2026-11-01", "2026-11-30")
    );
    assert!(changes(&waived, lowered)[0].starts_with("weaker: waivers."));
}

#[test]
fn a_waiver_that_names_its_key_by_time_is_another_one() {
    let policy_with = |made: &str| {
        let waiver = waiver("root-access-key-active", A, "2026-11-01", "2026-11-30");
        format!("waivers: [{}]", waiver.replace("2019-05-02", made))
    };
    let (day, time) = (policy_with("2019-05-02"), policy_with("2019-05-02T10:00:00Z"));
    let key = "waivers.root-access-key-active.111122223333 (key 2019-05-02";
    // Of a day on which two keys were made, the day names none and the time one.
    assert_eq!(
        changes(&day, &time),
        [
            format!("weaker: {key}T10:00:00Z): added: 2026-11-01 to 2026-11-30, T"),
            format!("stronger: {key}): removed: 2026-11-01 to 2026-11-30, T"),
        ]
    );
    assert_eq!(changes(&time, &day).len(), 2);
    assert_eq!(changes(&time, &policy_with("2019-05-02T12:00:00+02:00")), [""; 0]);
}

/// Every key of the table that is no container, with its path.
fn leaves(fields: &'static [Field], path: &str, found: &mut Vec<(String, Direction)>) {
    for field in fields {
        let here = format!("{path}{}", field.key);
        match field.kind.keys() {
            Some(inner) => leaves(inner, &format!("{here}."), found),
            None => found.push((here, field.direction)),
        }
    }
}

#[test]
fn every_key_has_a_declared_direction() {
    let mut found = Vec::new();
    leaves(fields::POLICY, "", &mut found);
    leaves(fields::RULE, "rules.*.", &mut found);
    assert!(found.len() > 25, "{found:?}");
    for (key, direction) in found {
        assert_ne!(direction, Direction::Unknown, "{key}");
        let inside = ["rules"].contains(&&*key) || key.ends_with("accounts");
        assert!(inside || direction != Direction::Inside, "{key}");
    }
    assert!(matches!(fields::POLICY[0].kind, Kind::Version));
}

#[test]
fn a_change_of_every_key_that_stands_once_is_shown() {
    let sections =
        [("gate", fields::GATE), ("evidence", fields::EVIDENCE), ("limits", fields::LIMITS)];
    for (section, fields) in sections {
        for field in fields.iter() {
            let value = if let Kind::OffOr(_) = field.kind { "off" } else { field.example };
            let key = format!("{section}.{}", field.key);
            let found = changes("", &format!("{section}: {{ {}: {value} }}", field.key));
            assert_eq!(found.len(), 1, "{key}: {found:?}");
            assert!(found[0].contains(&format!(" {key}: ")), "{found:?}");
        }
    }
}

const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "123456789012"];

/// What a policy judges, in a few small parts.
fn judged() -> impl Strategy<Value = (Vec<ScopeAccount>, Option<OrganizationScope>, bool)> {
    let exclude = prop::option::weighted(0.8, (0..3_usize, -1..2_i64));
    let organization = (0..2_u8, 0..3_usize, prop::option::of(0..3_u64), exclude);
    (0..8_u8, prop::option::weighted(0.7, organization), any::<bool>()).prop_map(
        |(named, organization, members)| {
            let named = named.saturating_sub(4);
            let account = |index: usize| ACCOUNTS[index].parse::<AccountId>().unwrap();
            let scope: Vec<ScopeAccount> = (0..2)
                .filter(|index| named & (1 << index) > 0)
                .map(|index| ScopeAccount {
                    id: account(index),
                    name: None,
                    role_arn: None,
                    line: 1,
                })
                .collect();
            let organization = organization.map(|(role, audit, grace, exclude)| {
                let exclude = exclude.map(|(index, days)| Exclude {
                    account: account(index),
                    reason: "r".to_owned(),
                    expires: now().date_naive() + chrono::TimeDelta::days(days),
                    line: 1,
                });
                // The reader refuses an account that is named and excluded.
                let exclude = exclude.filter(|it| scope.iter().all(|named| named.id != it.account));
                OrganizationScope {
                    member_role: Some(format!("r{role}")),
                    management_role: None,
                    audit: [Audit::AssumeRole, Audit::AssumeRoot, Audit::Auto][audit],
                    new_account_grace: grace.map(Duration::days),
                    exclude: exclude.into_iter().collect(),
                    line: 1,
                }
            });
            let members = members && organization.is_some();
            (scope, organization, members)
        },
    )
}

/// A policy of a few small parts, so that pairs of them often agree.
fn policy() -> impl Strategy<Value = Policy> {
    let windows = prop::collection::vec((0..3_u8, 0..30_i64, 1..12_i64, 0..3_u8, 1..4_u8), 0..3);
    let waivers = prop::collection::vec((0..2_u8, 0..40_i64, 0..40_i64), 0..2);
    (0..4_usize, any::<bool>(), 0..3_i64, windows, waivers, judged()).prop_map(
        |(fail_on, off, enforce, windows, waivers, (scope, organization, members))| {
            let mut policy = Policy::built_in(RULES);
            policy.scope = scope;
            policy.organization = organization;
            policy.root_events = policy.root_events.map(|it| EventsPolicy { members, ..it });
            policy.gate.fail_on = Severity::ALL[fail_on];
            policy.rules[3].on = !off;
            let today = now().date_naive();
            policy.gate.enforce_from = Some(today + chrono::TimeDelta::days(enforce - 1));
            for (id, start, hours, accounts, allow) in windows {
                let from = now() + chrono::TimeDelta::hours(start - 25);
                let account = || vec!["111122223333".parse().unwrap()];
                policy.windows.retain(|window| window.id != id.to_string());
                policy.windows.push(Window {
                    id: id.to_string(),
                    reason: "r".to_owned(),
                    ticket: Some("T".to_owned()),
                    accounts: (accounts > 0).then(account),
                    when: When::Once { from, to: from + chrono::TimeDelta::hours(hours) },
                    allow: crate::policy::Allow {
                        sign_in: allow & 1 > 0,
                        access_key: allow & 2 > 0,
                        actions: None,
                    },
                    require_mfa: true,
                    line: 1,
                });
            }
            for (kind, from, days) in waivers {
                let from = today + chrono::TimeDelta::days(from - 30);
                let subject = Some(WaiverSubject::Use(UseKind::ALL[usize::from(kind)]));
                policy.waivers.retain(|waiver| waiver.subject != subject);
                policy.waivers.push(Waiver {
                    rule: RULES[3].id,
                    accounts: vec!["111122223333".parse().unwrap()],
                    subject,
                    reason: "r".to_owned(),
                    ticket: "T".to_owned(),
                    from,
                    expires: from + chrono::TimeDelta::days(days),
                    line: 1,
                });
            }
            policy
        },
    )
}

/// Takes one thing that the other says of an organization.
fn take_of_organization(policy: &mut Policy, other: &Policy, pick: u8) {
    let (Some(own), Some(other)) = (&mut policy.organization, &other.organization) else { return };
    match pick {
        5 => own.new_account_grace = other.new_account_grace,
        6 => own.member_role.clone_from(&other.member_role),
        7 => own.audit = other.audit,
        // The same account, until another day.
        _ => {
            for (own, other) in own.exclude.iter_mut().zip(&other.exclude) {
                own.expires = other.expires;
            }
        }
    }
}

/// An account, as AWS has it.
#[derive(Debug, Clone)]
struct Account {
    id: AccountId,
    /// The run's own credentials belong to it.
    own: bool,
    /// It is of the organization that the credentials ask for.
    member: bool,
    /// It joined so many days ago.
    joined: u64,
    /// The role that it has for the gate.
    role: u8,
    /// Whether sts:AssumeRoot enters it.
    central: bool,
    /// Only events tell of its uses: a later one hides each of them in the report.
    hidden: bool,
}

fn account() -> impl Strategy<Value = Account> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (0..3_usize, flags, 0..4_u64, 0..2_u8).prop_map(|(id, flags, joined, role)| {
        let (own, member, central, hidden) = flags;
        let id = ACCOUNTS[id].parse().unwrap();
        Account { id, own, member, joined, role, central, hidden }
    })
}

/// What a run sees of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Everything,
    /// All but events.
    NoEvents,
    /// By sts:AssumeRoot: credentials, and no use of them.
    Credentials,
    /// It is undetermined.
    Nothing,
    /// It is not judged.
    NotJudged,
}

fn seen(policy: &Policy, account: &Account) -> Seen {
    if policy.scope.iter().any(|named| named.id == account.id) {
        return Seen::Everything;
    }
    let Some(organization) = &policy.organization else {
        return if account.own && !policy.names_scope() {
            Seen::Everything
        } else {
            Seen::NotJudged
        };
    };
    if !account.member || organization.excluded(&account.id, now().date_naive()).is_some() {
        return Seen::NotJudged;
    }
    let role = organization.member_role.as_deref() == Some(&*format!("r{}", account.role));
    let members = policy.root_events.as_ref().is_some_and(|events| events.members);
    match organization.audit {
        Audit::AssumeRole | Audit::Auto if role || account.own => {
            if members {
                Seen::Everything
            } else {
                Seen::NoEvents
            }
        }
        Audit::AssumeRoot | Audit::Auto if account.central => Seen::Credentials,
        _ if organization
            .new_account_grace
            .is_some_and(|it| account.joined * 86_400 < it.as_secs()) =>
        {
            Seen::NotJudged
        }
        _ => Seen::Nothing,
    }
}

/// Whether a run of now is blocked by this account, whose root user made a use at this instant.
fn run_blocks(policy: &Policy, kind: UseKind, account: &Account, at: DateTime<Utc>) -> bool {
    let enforced = policy.gate.enforce_from.is_none_or(|day| day <= now().date_naive());
    let used = || blocks(policy, kind, &account.id, at);
    // It has no MFA as well, which every route shows.
    let credentials = policy.rules[4].severity >= policy.gate.fail_on;
    match seen(policy, account) {
        Seen::NotJudged => false,
        Seen::Nothing => enforced,
        Seen::Credentials => enforced && credentials && account.joined < 2,
        Seen::NoEvents if account.hidden => enforced && credentials && account.joined < 2,
        Seen::Everything | Seen::NoEvents => {
            used() || (enforced && credentials && account.joined < 2)
        }
    }
}

/// Whether a use of root at this instant is a finding that blocks a run of now.
fn blocks(policy: &Policy, kind: UseKind, account: &AccountId, at: DateTime<Utc>) -> bool {
    let rule = &policy.rules[3];
    let today = now().date_naive();
    let waived = policy.waivers.iter().any(|waiver| {
        waiver.subject == Some(WaiverSubject::Use(kind))
            && waiver.accounts.contains(account)
            && waiver.from <= today
            && today <= waiver.expires
    });
    rule.on
        && rule.severity >= policy.gate.fail_on
        && policy.gate.enforce_from.is_none_or(|day| day <= today)
        && !waived
        && !policy.windows.iter().any(|window| window.covers(account, kind, at))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_called_weaker_lets_nothing_pass_that_was_blocked(
        old in policy(), new in policy(), pick in 0..9_u8,
        accounts in prop::collection::vec(account(), 4)
    ) {
        // Unrelated policies are nearly always weaker somewhere: take one part of the other.
        let mut near = old.clone();
        match pick {
            0 => near.windows = new.windows.clone(),
            1 => near.waivers = new.waivers.clone(),
            2 => near.scope = new.scope.clone(),
            3 => near.organization = new.organization.clone(),
            4 => near.root_events = new.root_events.clone(),
            _ => take_of_organization(&mut near, &new, pick),
        }
        for new in [&near, &new] {
            if diff(&old, new, now()).iter().any(|change| change.kind == ChangeKind::Weaker) {
                continue;
            }
            for account in &accounts {
                // What kept an account shut is no violation, where it opens.
                let opens = seen(new, account) != Seen::NotJudged;
                if opens && seen(&old, account) == Seen::Nothing {
                    continue;
                }
                for kind in UseKind::ALL {
                    for minutes in 0..=26 * 4 {
                        let at = now() - chrono::TimeDelta::minutes(minutes * 15);
                        prop_assert!(
                            !run_blocks(&old, *kind, account, at) || run_blocks(new, *kind, account, at),
                            "{kind:?} {account:?} {at}"
                        );
                    }
                }
            }
        }
    }
}
