//! An organization, judged by the real binary: no account is forgotten, and a sound one is green.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::Finished;

const MANAGEMENT: &str = "111122223333";
const HUB: &str = "444455556666";

fn organization(size: usize, lines: &str) -> Fake {
    let start = format!("organization = {size}\norganization.buckets = off\n");
    Fake::start(&format!("{start}{lines}\n"))
}

/// A policy that judges the organization, with these keys of `scope.organization`.
fn policy(keys: &str) -> String {
    format!(
        "version: 1\nscope: {{ organization: {{ {keys} }} }}\nevidence: {{ root-events: off }}\n"
    )
}

const BY_ROLE: &str = "member-role: rootgate";
const BY_ROOT: &str = "audit: assume-root, management-role: rootgate";
const BY_EITHER: &str = "member-role: rootgate, audit: auto";

/// A check with the keys of the run's own account, which the scenario names.
fn check(fake: Fake, keys: &str) -> (Finished, Value, Gate) {
    let gate = Gate::with_keys(fake).policy(&policy(keys));
    let ended = gate.run(&["check", "--json", "out.json", "--sarif", "out.sarif"]);
    assert_ne!(ended.code, 2, "{}", ended.stderr);
    let report = gate.folder.json("out.json");
    adds_up(&report);
    (ended, report, gate)
}

/// Every listed account is judged, skipped with a reason or not entered.
fn adds_up(report: &Value) {
    let number = |key: &str| report["organization"][key].as_u64().unwrap();
    let skipped = report["skipped_accounts"].as_array().unwrap();
    assert_eq!(number("skipped"), skipped.len() as u64);
    assert_eq!(
        number("listed"),
        number("judged") + number("skipped") + number("not_entered"),
        "{}",
        report["organization"]
    );
    assert!(skipped.iter().all(|it| !it["reason"].as_str().unwrap().is_empty()));
}

/// The rules that fail in each account, but for those that most organizations do not meet.
fn failing(report: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut failing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for account in report["accounts"].as_array().unwrap() {
        for outcome in account["outcomes"].as_array().unwrap() {
            let rule = outcome["rule"].as_str().unwrap();
            if outcome["outcome"] == "fail" && rule != "root-not-denied-by-scp" {
                let rules = failing.entry(account["id"].as_str().unwrap().to_owned()).or_default();
                rules.insert(rule.to_owned());
            }
        }
    }
    failing
}

/// What the fake made wrong on purpose.
fn violations(fake: &Fake, route: &str) -> BTreeMap<String, BTreeSet<String>> {
    let truth = fake.fetch("/__violations");
    let texts = |value: &Value| -> BTreeSet<String> {
        let rules = value.as_array().unwrap().iter();
        rules.map(|rule| rule.as_str().unwrap().to_owned()).collect()
    };
    let of = |entry: &Value| {
        (entry["account"].as_str().unwrap().to_owned(), texts(&entry["rules"][route]))
    };
    let all = truth["violating"].as_array().unwrap().iter().map(of);
    all.filter(|(_, rules)| !rules.is_empty()).collect()
}

#[test]
fn exactly_the_violating_accounts_fail_by_every_route() {
    for (keys, route) in
        [(BY_ROLE, "assume-role"), (BY_ROOT, "assume-root"), (BY_EITHER, "assume-role")]
    {
        let (ended, report, gate) = check(organization(60, "organization.violating = 5"), keys);
        assert_eq!(ended.code, 1, "{keys}: {}", ended.stdout);
        assert_eq!(failing(&report), violations(&gate.fake, route), "{keys}");
        assert_eq!(
            report["organization"],
            json!({
                "id": "o-exampleorgid", "management_account": MANAGEMENT, "listed": 60, "judged": 60,
                "skipped": 0, "not_entered": 0, "complete": true,
            })
        );
    }
}

/// Control: by every route that can see what its rules need.
#[test]
fn a_sound_organization_is_green_by_every_route() {
    for keys in [BY_ROLE, BY_ROOT, BY_EITHER] {
        for caller in ["management", "hub"] {
            let lines = format!("organization.violating = 0\norganization.caller = {caller}");
            let (ended, report, _) = check(organization(25, &lines), keys);
            assert_eq!(ended.code, 0, "{keys} {caller}: {}", ended.stdout);
            assert_eq!(report["organization"]["judged"], 25, "{keys} {caller}");
            assert_eq!(report["counts"]["undetermined"], 0, "{keys} {caller}: {}", ended.stdout);
        }
    }
}

#[test]
fn accounts_that_cannot_be_entered_are_undetermined_by_name_and_closed_ones_are_skipped() {
    let lines = "organization.violating = 0\norganization.refusing = 2\norganization.suspended = 3";
    let (ended, report, gate) = check(organization(40, lines), BY_ROLE);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert_eq!(report["organization"]["not_entered"], 2);
    assert_eq!(report["organization"]["judged"], 35);
    let truth = gate.fake.fetch("/__violations");
    let skipped = report["skipped_accounts"].as_array().unwrap().iter().map(|it| &it["id"]);
    assert_eq!(
        skipped.collect::<Vec<_>>(),
        truth["suspended"].as_array().unwrap().iter().collect::<Vec<_>>()
    );
    for account in truth["refusing"].as_array().unwrap() {
        let id = account.as_str().unwrap();
        assert!(ended.stdout.contains(id), "{}", ended.stdout);
    }
    // Excluded by the policy, one of the two no longer matters.
    let excluded = truth["refusing"][0].as_str().unwrap();
    let keys = format!(
        "{BY_ROLE}, exclude: [{{ account: \"{excluded}\", reason: being closed, expires: 2027-03-01 }}]"
    );
    let (ended, report, _) = check(organization(40, lines), &keys);
    assert_eq!((ended.code, &report["organization"]["not_entered"]), (3, &json!(1)));
    let skipped = report["skipped_accounts"].as_array().unwrap();
    let why = skipped.iter().find(|it| it["id"] == excluded).unwrap()["reason"].as_str().unwrap();
    assert_eq!(why, "`scope.organization.exclude` names it until 2027-03-01: being closed");
}

/// Whatever of the listing or of an account is lost, the run never passes.
#[test]
fn nothing_that_is_lost_passes() {
    let sound = "organization.violating = 0\norganization.per-page = 3";
    let member = |fault: &str| format!("member = 4\nfault {fault}");
    let faults = [
        "fault DescribeOrganization = denied".to_owned(),
        "fault ListAccounts#1 = denied".to_owned(),
        "fault ListAccounts#2 = status 500".to_owned(),
        "fault ListAccounts#3 = cut".to_owned(),
        "organization.repeated-marker = 2".to_owned(),
        "organization.listed-twice = 2".to_owned(),
        "organization.unknown-state = 1".to_owned(),
        "organization.stateless = 1".to_owned(),
        "organization.mismatched = 1".to_owned(),
        "organization.roleless = 1".to_owned(),
        member("AssumeRole = denied"),
        member("GetCredentialReport = denied"),
        member("GetAccountSummary = denied"),
    ];
    for fault in faults {
        let fake = organization(8, &format!("{sound}\n{fault}"));
        let gate = Gate::with_keys(fake).policy(&policy(BY_ROLE));
        let ended = gate.run(&["check", "--timeout", "20s", "--json", "out.json"]);
        assert_eq!(ended.code, 3, "{fault}: {}{}", ended.stdout, ended.stderr);
        adds_up(&gate.folder.json("out.json"));
    }
}

#[test]
fn an_account_that_the_scope_names_is_judged_once_by_its_own_entry() {
    let fake = organization(6, "organization.violating = 0");
    let text = format!(
        "version: 1\nscope:\n  accounts: [{{ id: \"{MANAGEMENT}\", name: payer }}]\n  organization: {{ {BY_ROLE} }}\n\
         evidence: {{ root-events: off }}\n"
    );
    let gate = Gate::with_keys(fake).policy(&text);
    let ended = gate.run(&["check", "--json", "out.json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    adds_up(&report);
    let named: Vec<&Value> =
        report["accounts"].as_array().unwrap().iter().filter(|it| it["id"] == MANAGEMENT).collect();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0]["name"], "payer");
    assert_eq!(report["accounts"][0]["id"], MANAGEMENT, "named accounts come first");
}

/// A change of an evidence file.
type Edit<'a> = &'a dyn Fn(&mut Value);

/// One job collects, another judges: what is missing in the file is noticed.
#[test]
fn an_evidence_file_proves_that_no_account_is_missing() {
    let fake = organization(12, "organization.violating = 0\norganization.suspended = 2");
    let gate = Gate::with_keys(fake).policy(&policy(BY_ROLE));
    let ended = gate.run(&["collect", "--output", "evidence.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let whole = gate.folder.json("evidence.json");
    let judge = |evidence: &Value| {
        gate.folder.write("edited.json", evidence.to_string());
        gate.run(&["check", "--offline", "--evidence", "edited.json", "--json", "out.json"])
    };
    let ended = judge(&whole);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    adds_up(&gate.folder.json("out.json"));
    for index in 0..whole["accounts"].as_array().unwrap().len() {
        let mut without = whole.clone();
        without["accounts"].as_array_mut().unwrap().remove(index);
        let ended = judge(&without);
        assert_eq!(ended.code, 3, "{index}: {}", ended.stdout);
        assert!(ended.stdout.contains("may be missing"), "{}", ended.stdout);
    }
    let mut unlisted = whole.clone();
    unlisted.as_object_mut().unwrap().remove("organization");
    assert_eq!(judge(&unlisted).code, 3);
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let member = whole["accounts"].as_array().unwrap().iter().map(id).find(|id| id != MANAGEMENT);
    let member = member.unwrap();
    let edits: &[(&str, Edit<'_>)] = &[
        ("a skipped entry is gone", &|file| {
            drop(file["organization"]["skipped"].as_array_mut().unwrap().pop());
        }),
        ("a skipped entry stands in for a member", &|file| {
            let twice = file["organization"]["skipped"][0].clone();
            file["organization"]["skipped"].as_array_mut().unwrap().push(twice);
            file["accounts"].as_array_mut().unwrap().retain(|it| it["id"] != member.as_str());
        }),
        ("a judged account is skipped as well", &|file| {
            let mut entry = file["organization"]["skipped"][0].clone();
            entry["id"] = json!(member);
            file["organization"]["skipped"].as_array_mut().unwrap().push(entry);
        }),
        ("the management account is skipped", &|file| {
            let mut entry = file["organization"]["skipped"][0].clone();
            entry["id"] = json!(MANAGEMENT);
            file["organization"]["skipped"].as_array_mut().unwrap().push(entry);
            file["accounts"].as_array_mut().unwrap().retain(|it| it["id"] != MANAGEMENT);
        }),
        ("another organization", &|file| file["organization"]["id"] = json!("o-otherorgid1")),
        ("another management account", &|file| {
            file["organization"]["management_account"] = json!(member);
        }),
        ("nobody says that it is complete", &|file| {
            file["organization"]["complete"] = json!(false)
        }),
        ("every account is the management account", &|file| {
            for account in file["accounts"].as_array_mut().unwrap() {
                account["organization"]["value"]["management"] = json!(true);
            }
        }),
        ("a member's summary is gone", &|file| {
            let mut accounts = file["accounts"].as_array_mut().unwrap().iter_mut();
            let account = accounts.find(|it| it["id"] == member.as_str()).unwrap();
            account.as_object_mut().unwrap().remove("account_summary");
        }),
    ];
    for (what, edit) in edits {
        let mut edited = whole.clone();
        edit(&mut edited);
        let ended = judge(&edited);
        assert_eq!(ended.code, 3, "{what}: {}", ended.stdout);
        adds_up(&gate.folder.json("out.json"));
    }
    // A member that is swapped for an account outside of the organization.
    let mut swapped = whole.clone();
    let accounts = swapped["accounts"].as_array_mut().unwrap();
    accounts.iter_mut().find(|it| it["id"] == member.as_str()).unwrap()["id"] =
        json!("888888888888");
    judge(&swapped).refused(&["888888888888", "outside the scope"]);
    // The list of another collection cannot stand in for this one's.
    gate.folder.write("whole.json", whole.to_string());
    let mut other = whole;
    other["accounts"] = json!([]);
    gate.folder.write("edited.json", other.to_string());
    let both = ["check", "--offline", "--evidence", "edited.json", "--evidence", "whole.json"];
    let ended = gate.run(&both);
    ended.refused(&["edited.json and", "list the accounts of an organization"]);
}

/// What the policy of the collection skipped counts only if the judging policy skips it, too.
#[test]
fn the_judging_policy_decides_which_accounts_are_skipped() {
    let fake = organization(12, "organization.violating = 0\norganization.new = 1");
    let truth = fake.fetch("/__violations");
    let new = truth["new"][0].as_str().unwrap().to_owned();
    let gate = Gate::with_keys(fake);
    let judge = |collect: &str, judge: &str| {
        gate.folder.write("rootgate.yaml", policy(collect));
        assert_eq!(gate.run(&["collect", "--output", "evidence.json"]).code, 0);
        gate.folder.write("rootgate.yaml", policy(judge));
        let ended =
            gate.run(&["check", "--offline", "--evidence", "evidence.json", "--json", "out.json"]);
        let report = gate.folder.json("out.json");
        adds_up(&report);
        (ended.code, report["skipped_accounts"].as_array().unwrap().len(), ended.stdout)
    };
    let excluded = format!(
        "{BY_ROLE}, exclude: [{{ account: \"{new}\", reason: closing, expires: 2027-03-01 }}]"
    );
    let grace = format!("{BY_ROLE}, new-account-grace: 24h");
    for skipping in [&excluded, &grace] {
        let (code, skipped, text) = judge(skipping, BY_ROLE);
        assert_eq!((code, skipped), (3, 0), "{skipping}: {text}");
        assert!(text.contains(&new), "{text}");
        // Control: the same policy judges.
        let (code, skipped, text) = judge(skipping, skipping);
        assert_eq!((code, skipped), (0, 1), "{skipping}: {text}");
    }
}

/// One bad member does not end the run: code scanning keeps the others up to date.
#[test]
fn a_member_that_never_answers_leaves_the_run_whole() {
    let lines = "organization.violating = 0\nmember = 2\nfault GetAccountSummary = hang";
    let gate = Gate::with_keys(organization(6, lines)).policy(&policy(BY_ROLE));
    let ended = gate.run(&["check", "--timeout", "20s", "--json", "out.json"]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    assert_eq!(report["incomplete"], Value::Null);
    assert_eq!(report["organization"]["complete"], true);
}

#[test]
fn a_collection_of_an_incomplete_list_says_so_and_ends_with_3() {
    let fake = organization(12, "organization.per-page = 3\nfault ListAccounts#2 = denied");
    let gate = Gate::with_keys(fake).policy(&policy(BY_ROLE));
    let ended = gate.run(&["collect", "--output", "evidence.json"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("organizations:ListAccounts"), "{}", ended.stderr);
    let listed = gate.folder.json("evidence.json")["organization"].clone();
    assert_eq!(listed["listed"].as_array().unwrap().len(), 3);
    assert_eq!((&listed["complete"], &listed["gap"]["cause"]), (&json!(false), &json!("denied")));
    // Nor does it pass where the policy names no scope: what the evidence holds is the scope.
    gate.folder.write("rootgate.yaml", "version: 1\nevidence: { root-events: off }\n");
    let ended = gate.run(&["check", "--offline", "--evidence", "evidence.json"]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn without_an_organization_the_run_is_undetermined() {
    let gate = Gate::with_keys(Fake::with("")).policy(&policy(BY_ROLE));
    let ended = gate.run(&["check", "--json", "out.json"]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    assert_eq!(report["organization"]["complete"], false);
    let codes: Vec<&Value> =
        report["notices"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert!(codes.contains(&&json!("organization-incomplete")), "{codes:?}");
}

/// The time limit ends the run; what was read until then is judged, and nothing passes.
#[test]
fn a_run_out_of_time_reports_what_is_there() {
    let lines = "organization.violating = 0\nlatency = 400\norganization.per-page = 2";
    let gate = Gate::with_keys(organization(40, lines)).policy(&policy(BY_ROLE));
    let ended = gate.run(&["check", "--timeout", "4s", "--json", "out.json"]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let report = gate.folder.json("out.json");
    adds_up(&report);
    assert_eq!(report["organization"]["complete"], false, "{}", report["organization"]);
}

#[test]
fn a_delegated_administrator_needs_the_management_accounts_role() {
    let lines = "organization.violating = 0\norganization.caller = hub\norganization.management-role = none";
    let (ended, report, _) = check(organization(8, lines), BY_ROLE);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert_eq!(report["organization"]["not_entered"], 1, "never skipped");
    let accounts = report["accounts"].as_array().unwrap();
    let management = accounts.iter().find(|it| it["id"] == MANAGEMENT).unwrap();
    assert_eq!(management["nothing_read"], true);
    assert!(accounts.iter().any(|it| it["id"] == HUB && it["nothing_read"] == false));
}
