//! `rootgate permissions` prints exactly the actions that a run needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rootgate::model::call::SIGN_IN;
use rootgate::model::{Source, calls};
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::{Gate, ROLE};
use crate::support::side_by_side;

/// The outcome of each rule with one denied action at a time, for three accounts. Sources overlap on
/// purpose: if the report can be read, the summary is hardly needed.
const DENIED: &str = "\
green; account:ListRegions denied: exit 0
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-used-outside-window, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green; cloudtrail:LookupEvents denied: exit 3
  undetermined: root-used-outside-window, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present
green; iam:GenerateCredentialReport denied: exit 0
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-used-outside-window, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green; iam:GetAccountSummary denied: exit 3
  undetermined: root-access-key-active, root-access-key-present, root-mfa-missing
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-used-outside-window, root-mfa-not-hardware, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green; iam:GetCredentialReport denied: exit 3
  undetermined: root-used-outside-window, root-signing-certificate-present, root-signed-in-without-mfa, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-sign-in-attempts
green; iam:ListAccountAliases denied: exit 3
  undetermined: root-used-outside-window, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present
green; iam:ListVirtualMFADevices denied: exit 0
  undetermined: root-mfa-not-hardware
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-used-outside-window, root-mfa-missing, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green, no report yet; account:ListRegions denied: exit 0
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-used-outside-window, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green, no report yet; cloudtrail:LookupEvents denied: exit 3
  undetermined: root-used-outside-window, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present
green, no report yet; iam:GenerateCredentialReport denied: exit 3
  undetermined: root-used-outside-window, root-signing-certificate-present, root-signed-in-without-mfa, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-sign-in-attempts
green, no report yet; iam:GetAccountSummary denied: exit 3
  undetermined: root-access-key-active, root-access-key-present, root-mfa-missing
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-used-outside-window, root-mfa-not-hardware, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
green, no report yet; iam:GetCredentialReport denied: exit 3
  undetermined: root-used-outside-window, root-signing-certificate-present, root-signed-in-without-mfa, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-sign-in-attempts
green, no report yet; iam:ListAccountAliases denied: exit 3
  undetermined: root-used-outside-window, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-mfa-missing, root-mfa-not-hardware, root-signing-certificate-present
green, no report yet; iam:ListVirtualMFADevices denied: exit 0
  undetermined: root-mfa-not-hardware
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-active, root-access-key-present, root-used-outside-window, root-mfa-missing, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
red; account:ListRegions denied: exit 1
  fail: root-access-key-active, root-used-outside-window, root-mfa-not-hardware
  undetermined: root-signed-in-without-mfa
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-present, root-mfa-missing, root-signing-certificate-present, root-sign-in-attempts, root-credential-changed
red; cloudtrail:LookupEvents denied: exit 1
  fail: root-access-key-active, root-used-outside-window, root-mfa-not-hardware
  undetermined: root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-present, root-mfa-missing, root-signing-certificate-present
red; iam:GenerateCredentialReport denied: exit 1
  fail: root-access-key-active, root-used-outside-window, root-mfa-not-hardware
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-present, root-mfa-missing, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
red; iam:GetAccountSummary denied: exit 1
  fail: root-access-key-active, root-used-outside-window, root-mfa-not-hardware
  undetermined: root-access-key-present, root-mfa-missing
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
red; iam:GetCredentialReport denied: exit 1
  fail: root-access-key-present, root-mfa-not-hardware
  undetermined: root-access-key-active, root-used-outside-window, root-signing-certificate-present, root-signed-in-without-mfa, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-mfa-missing, root-sign-in-attempts
red; iam:ListAccountAliases denied: exit 1
  fail: root-access-key-active, root-used-outside-window, root-mfa-not-hardware
  undetermined: root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-present, root-mfa-missing, root-signing-certificate-present
red; iam:ListVirtualMFADevices denied: exit 1
  fail: root-access-key-active, root-used-outside-window
  undetermined: root-mfa-not-hardware
  not-applicable: root-access-key-not-rotated, root-credentials-in-member, root-not-centrally-managed, root-not-denied-by-scp
  pass: root-access-key-present, root-mfa-missing, root-signing-certificate-present, root-signed-in-without-mfa, root-sign-in-attempts, root-credential-changed
";

const ACCOUNTS: [(&str, &str); 3] = [
    ("green", ""),
    ("green, no report yet", "report.age = none"),
    (
        "red",
        "root.access_key_1_active = true\nroot.access_key_1_last_rotated = 2019-05-02T10:00:00Z\n\
         root.access_key_1_last_used_date = 3d ago\nsummary.AccountAccessKeysPresent = 1\n\
         device = root-device arn:aws:iam::111122223333:root",
    ),
];

fn actions(statement: &Value) -> BTreeSet<String> {
    let actions = statement["Action"].as_array().unwrap();
    actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The actions of the printed document. Checks that it grants nothing else.
fn printed(gate: &Gate) -> BTreeSet<String> {
    let ended = gate.run(&["permissions"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let statements = document["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(
        (&statements[0]["Effect"], &statements[0]["Resource"]),
        (&json!("Allow"), &json!("*"))
    );
    actions(&statements[0])
}

/// The evidence calls that the fake saw, as actions.
fn seen(fake: &Fake) -> BTreeSet<String> {
    let sign_in =
        |name: &str| name == "GitHubToken" || SIGN_IN.iter().any(|it| it.operation == name);
    let names = fake.names().into_iter().filter(|name| !sign_in(name));
    let declared = |name: &str| calls().find(|call| call.operation == name);
    names.map(|name| declared(&name).unwrap().iam_action.to_owned()).collect()
}

#[test]
fn the_printed_actions_are_exactly_those_that_runs_call() {
    let seen = side_by_side(ACCOUNTS, |(_, lines)| {
        let gate = Gate::with_keys(Fake::with(lines));
        gate.run(&["check"]);
        seen(&gate.fake)
    });
    let all: BTreeSet<String> = seen.into_iter().flatten().collect();
    let gate = Gate::with_keys(Fake::with(""));
    assert_eq!(printed(&gate), all);
    let alone = Source::ALL.iter().filter(|source| !source.is_for_organizations());
    let of_sources = alone.flat_map(|source| source.actions());
    assert_eq!(all, of_sources.map(str::to_owned).collect(), "a source that no rule needs");
}

#[test]
fn a_policy_with_fewer_rules_needs_fewer_actions() {
    let only_keys = "\
version: 1
evidence: { root-events: off }
rules:
  root-used-outside-window: off
  root-mfa-missing: off
  root-mfa-not-hardware: off
  root-signing-certificate-present: off
";
    let gate = Gate::with_keys(Fake::with("report.age = none")).policy(only_keys);
    assert_eq!(gate.run(&["check"]).code, 0);
    let expected =
        ["iam:GenerateCredentialReport", "iam:GetAccountSummary", "iam:GetCredentialReport"];
    assert_eq!(printed(&gate), expected.map(str::to_owned).into());
    assert_eq!(seen(&gate.fake), printed(&gate));
}

#[test]
fn the_session_policy_allows_the_printed_actions() {
    let policies = ["version: 1\n", "version: 1\nrules:\n  root-mfa-not-hardware: off\n"];
    side_by_side(policies, |policy| {
        let gate = Gate::on_github(Fake::with("")).policy(policy);
        assert_eq!(gate.run(&["check", "--role-arn", ROLE]).code, 0);
        let calls = gate.fake.calls();
        let sign_in =
            calls.iter().find(|call| call["call"] == "AssumeRoleWithWebIdentity").unwrap();
        let session = sign_in["parameters"]["Policy"].as_str().unwrap();
        assert!(session.len() < 2_048, "{}", session.len());
        let session: Value = serde_json::from_str(session).unwrap();
        assert_eq!(session["Version"], "2012-10-17");
        let statements = session["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1, "{session}");
        assert_eq!(
            (&statements[0]["Effect"], &statements[0]["Resource"]),
            (&json!("Allow"), &json!("*"))
        );
        assert_eq!(actions(&statements[0]), printed(&gate));
    });
}

#[test]
fn a_denied_action_leaves_exactly_these_outcomes_open() {
    let every = printed(&Gate::with_keys(Fake::with("")));
    let cells = ACCOUNTS.into_iter().flat_map(|account| every.iter().map(move |it| (account, it)));
    let table =
        side_by_side(cells, |((account, lines), action)| row(account, lines, action)).concat();
    println!("{table}");
    assert_eq!(table, DENIED);
}

/// The outcome of each rule of an account with one denied action.
fn row(account: &str, lines: &str, action: &str) -> String {
    let call = action.rsplit(':').next().unwrap();
    let fake = Fake::with(&format!("{lines}\nfault {call} = denied"));
    let gate = Gate::with_keys(fake);
    let ended = gate.run(&["check", "--json", "out.json", "--timeout", "20s"]);
    let report = gate.folder.json("out.json");
    let mut row = format!("{account}; {action} denied: exit {}\n", ended.code);
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for outcome in report["accounts"][0]["outcomes"].as_array().unwrap() {
        let [rule, word] = ["rule", "outcome"].map(|key| outcome[key].as_str().unwrap());
        let gaps = outcome["gaps"].as_array().unwrap();
        if word == "undetermined" {
            let named = gaps.iter().all(|gap| gap["grant"] == action);
            assert!(named && !gaps.is_empty(), "{account}, {action}, {rule}: {gaps:?}");
        }
        rules.entry(word.to_owned()).or_default().push(rule.to_owned());
    }
    for word in ["fail", "undetermined", "not-applicable", "pass"] {
        if let Some(rules) = rules.get(word) {
            writeln!(row, "  {word}: {}", rules.join(", ")).unwrap();
        }
    }
    row
}
