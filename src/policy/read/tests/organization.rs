//! `scope.organization` and `evidence.root-events.members`: what they mean, and each mistake.

use super::{day, parse, places, time};
use crate::model::Audit;
use crate::model::Duration;
use crate::policy::tests::rules::RULES;
use crate::policy::{Exclude, OrganizationScope, Policy};

fn top(text: &str) -> String {
    format!("version: 1\n{text}\n")
}

/// Its keys begin on line 4.
fn organization(keys: &str) -> String {
    top(&format!("scope:\n  organization:\n    {}", keys.replace('\n', "\n    ")))
}

/// Its entries begin on line 6.
fn excluded(entries: &str) -> String {
    organization(&format!("member-role: r\nexclude:\n  - {entries}"))
}

fn scope(text: &str) -> OrganizationScope {
    let policy = parse(text).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    policy.organization.unwrap()
}

#[test]
fn an_organization_is_read_with_every_key() {
    let text = "version: 1
scope:
  organization:
    member-role: audit/rootgate
    management-role: rootgate-management
    audit: auto
    new-account-grace: 24h
    exclude:
      - { account: \"444455556666\", reason: \"being closed, CLOUD-81\", expires: 2027-03-01 }
  accounts:
    - { id: \"111122223333\" }
evidence:
  root-events: { members: true }
";
    let policy = parse(text).unwrap();
    let expected = OrganizationScope {
        member_role: Some("audit/rootgate".to_owned()),
        management_role: Some("rootgate-management".to_owned()),
        audit: Audit::Auto,
        new_account_grace: Some(Duration::days(1)),
        exclude: vec![Exclude {
            account: "444455556666".parse().unwrap(),
            reason: "being closed, CLOUD-81".to_owned(),
            expires: day("2027-03-01"),
            line: 9,
        }],
        line: 3,
    };
    assert_eq!(policy.organization.as_ref(), Some(&expected));
    assert_eq!(policy.scope.len(), 1);
    assert!(policy.root_events.as_ref().unwrap().members);
    assert!(policy.names_scope() && policy.judges_an_organization());
    let lines = [
        ("scope.organization", 3),
        ("scope.organization.exclude.0.expires", 9),
        ("evidence.root-events.members", 13),
    ];
    for (key, line) in lines {
        assert_eq!(policy.lines.get(key), Some(&line), "{key}");
    }
}

#[test]
fn an_organization_needs_only_the_role_that_its_accounts_have() {
    let smallest = scope(&organization("member-role: rootgate"));
    assert_eq!(smallest.audit, Audit::AssumeRole);
    assert_eq!((smallest.new_account_grace, smallest.exclude.len()), (None, 0));
    assert_eq!(smallest.management_role(), Some("rootgate"));
    // With sts:AssumeRoot no member needs one, and the management account does.
    let by_root = scope(&organization("audit: assume-root\nmanagement-role: m"));
    assert_eq!((by_root.member_role.as_deref(), by_root.management_role()), (None, Some("m")));
    let named = scope(&organization("audit: assume-root\nmember-role: r"));
    assert_eq!(named.management_role(), Some("r"));
    let alone = parse(&organization("member-role: rootgate")).unwrap();
    assert!(!alone.root_events.unwrap().members, "a default that is said");
    assert!(parse(&top("evidence: { root-events: { members: false } }")).is_ok());
}

#[test]
fn a_role_name_may_hold_what_iam_allows() {
    let (name, path) = ("n".repeat(64), "p".repeat(510));
    for good in
        ["r", "A-b_c.d,e=f+g@h1", "\"007\"", &name, &format!("a/b/{name}"), &format!("{path}/r")]
    {
        assert!(parse(&organization(&format!("member-role: {good}"))).is_ok(), "{good}");
    }
}

#[test]
fn an_exclusion_that_has_ended_is_no_error_and_one_of_a_year_is_the_longest() {
    let until = |last: &str| {
        excluded(&format!("{{ account: \"444455556666\", reason: r, expires: {last} }}"))
    };
    for good in ["1999-12-31", "2026-11-20", "2027-11-20"] {
        assert_eq!(scope(&until(good)).exclude[0].expires, day(good));
    }
    let later = |now| Policy::parse(&until("2027-11-21"), "p.yaml", RULES, time(now));
    assert_eq!(later("2026-11-20T23:59:59Z").unwrap_err().errors()[0].code, "exclude-too-long");
    for now in ["2026-11-21T00:00:00Z", "2031-01-01T00:00:00Z"] {
        assert!(later(now).is_ok(), "what is valid today stays valid");
    }
    // A year with a leap day is one, too.
    let leap = until("2028-03-01");
    assert!(Policy::parse(&leap, "p.yaml", RULES, time("2027-03-01T00:00:00Z")).is_ok());
}

#[test]
fn each_mistake_organization_policy_is_named_where_it_stands() {
    let bad: Vec<(String, &str, &str)> = vec![
        (top("scope: { organization: {} }"), "missing-key 2:24", "no `member-role`"),
        (top("scope: { organization: rootgate }"), "wrong-type 2:24", "a mapping of keys"),
        (top("scope: { organization: ~ }"), "no-value 2:10", "`organization` has no value"),
        (organization("audit: auto"), "missing-key 4:5", "no `member-role`"),
        (organization("management-role: m"), "missing-key 4:5", "no `member-role`"),
        (organization("audit: assume-root"), "missing-key 4:5", "no `management-role`"),
        (organization("audit: asume-root"), "unknown-word 4:12", "`asume-root`"),
        (
            organization("member-role: \"arn:aws:iam::111122223333:role/r\""),
            "role-name 4:18",
            "an ARN",
        ),
        (organization("member-role: arn:aws:iam::*:role/r"), "role-name 4:18", "an ARN"),
        (organization("member-role: root*"), "role-wildcard 4:18", "`root*` contains a wildcard"),
        (organization("member-role: \"root gate\""), "role-name 4:18", "`root gate`"),
        (organization("member-role: wäre"), "role-name 4:18", "`wäre`"),
        (organization("member-role: \"\""), "role-name 4:18", "not the name of"),
        (organization("member-role: /audit/r"), "role-name 4:18", "slashes"),
        (organization("member-role: audit/"), "role-name 4:18", "slashes"),
        (organization("member-role: audit//r"), "role-name 4:18", "slashes"),
        (organization("member-role: 123"), "wrong-type 4:18", "is text, not a number"),
        (organization("member-role: [r]"), "wrong-type 4:18", "is text, not a list"),
        (organization(&format!("member-role: {}", "r".repeat(65))), "role-name 4:18", "64"),
        (
            organization(&format!("member-role: {}/r", "p".repeat(511))),
            "role-name 4:18",
            "at most 512 characters, not 513",
        ),
        (
            organization("member-role: r\nmanagement-role: \"m?\""),
            "role-wildcard 5:22",
            "`management-role` is one role",
        ),
        (organization("member-role: r\nnew-account-grace: 8d"), "out-of-bounds 5:24", "to 7d"),
        (
            organization("member-role: r\nnew-account-grace: 24"),
            "duration 5:24",
            "a number without a unit",
        ),
        (excluded("{ account: \"444455556666\", reason: r }"), "missing-key 6:9", "no `expires`"),
        (
            excluded("{ account: \"444455556666\", expires: 2027-03-01 }"),
            "missing-key 6:9",
            "no `reason`",
        ),
        (excluded("{ reason: r, expires: 2027-03-01 }"), "missing-key 6:9", "no `account`"),
        (
            excluded("{ account: \"444455556666\", reason: r, expires: 2027-11-21 }"),
            "exclude-too-long 6:56",
            "at most a year",
        ),
        (
            excluded("{ account: \"444455556666\", reason: REASON, expires: 2027-03-01 }"),
            "placeholder 6:44",
            "placeholder",
        ),
        (
            excluded(
                "{ account: \"444455556666\", reason: r, expires: 2027-03-01 }\n  - { account: \"444455556666\", reason: s, expires: 2027-03-02 }",
            ),
            "duplicate 7:20",
            "excluded twice",
        ),
        (
            top(
                "scope:\n  accounts: [{ id: \"444455556666\" }]\n  organization: { member-role: r, exclude: [{ account: \"444455556666\", reason: r, expires: 2027-03-01 }] }",
            ),
            "excluded-and-named 4:56",
            "named in the scope and excluded",
        ),
        (
            top(
                "scope:\n  organization: { member-role: r, exclude: [{ account: \"444455556666\", reason: r, expires: 2027-03-01 }] }\n  accounts: [{ id: \"444455556666\" }]",
            ),
            "excluded-and-named 4:20",
            "named in the scope and excluded",
        ),
        (
            top("evidence: { root-events: { members: true } }"),
            "members-without-organization 2:37",
            "no `scope.organization`",
        ),
        (
            top(
                "scope: { accounts: [{ id: \"111122223333\" }] }\nevidence: { root-events: { members: true } }",
            ),
            "members-without-organization 3:37",
            "no `scope.organization`",
        ),
        (top("evidence: { root-events: { members: on } }"), "wrong-type 2:37", "true or false"),
    ];
    for (text, place, words) in &bad {
        assert_eq!(places(text), [*place], "{text}");
        let message = parse(text).unwrap_err().errors()[0].message.clone();
        assert!(message.contains(words), "{text}\n{message}");
    }
}

#[test]
fn the_help_of_a_role_says_what_to_write() {
    for (written, help) in [
        ("\"arn:aws:iam::111122223333:role/audit/r\"", "`member-role: audit/r`"),
        ("/audit/r/", "`member-role: audit/r`"),
        ("/", "such as `rootgate`"),
        ("rootgate-*", "such as `rootgate`, or `audit/rootgate` for a role with a path"),
    ] {
        let errors = parse(&organization(&format!("member-role: {written}"))).unwrap_err();
        assert!(errors.errors()[0].help.contains(help), "{}", errors.render(false));
    }
}

#[test]
fn mistakes_organization_policy_are_reported_together() {
    let text = "version: 1
scope:
  organization: { member-role: \"*\", audit: root, new-account-grace: 30d, exclude: [{ account: 1 }] }
evidence: { root-events: { members: true } }
";
    let expected = [
        "role-wildcard 3:32",
        "unknown-word 3:44",
        "out-of-bounds 3:69",
        "missing-key 3:84",
        "missing-key 3:84",
        "account-id 3:95",
    ];
    assert_eq!(places(text), expected);
}
