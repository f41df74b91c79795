use std::collections::BTreeSet;

use serde_json::Value;

use super::super::fixtures::{
    at, failing, finding, green, hostile, key, outcome, red, report, undetermined,
    undetermined_outcome,
};
use super::super::tests::{rendered, shown};
use super::super::{Format, Options};
use super::*;
use crate::model::{AccountId, AccountReport, Cause, Gap, Source, Subject, UseKind, Verdict};

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Sarif)).unwrap()
}

fn results(log: &Value) -> Vec<&Value> {
    let runs = log["runs"].as_array().unwrap().iter();
    runs.flat_map(|run| run["results"].as_array().unwrap()).collect()
}

/// Rule and fingerprint of every result: what makes an alert the same alert.
fn alerts(report: &Report) -> BTreeSet<(String, String)> {
    let log = sarif(report);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let alert = |result: &Value| {
        (text(&result["ruleId"]), text(&result["partialFingerprints"]["primaryLocationLineHash"]))
    };
    results(&log).into_iter().map(alert).collect()
}

fn print(rule: &str, subject: &str) -> (String, String) {
    let id: AccountId = "111122223333".parse().unwrap();
    let rules = red().rules;
    let rule = rules.iter().find(|setting| setting.info.id.0 == rule).unwrap().info.id;
    (rule.to_string(), fingerprint(rule, &id, subject))
}

/// What GitHub demands and the schema does not.
fn check_invariants(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().unwrap();
    assert!((1..=20).contains(&runs.len()));
    let ids: BTreeSet<_> = runs.iter().map(|run| run["automationDetails"]["id"].as_str()).collect();
    assert_eq!(ids.len(), runs.len(), "one category twice");
    for run in runs {
        assert!(run["automationDetails"]["id"].as_str().unwrap().ends_with('/'));
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["properties"]["policy"].as_object().unwrap().len(), 8, "which one judged");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(run["tool"]["driver"]["name"], "rootgate");
        rules.iter().for_each(check_rule);
        for result in run["results"].as_array().unwrap() {
            check_result(result, rules);
        }
    }
}

fn check_rule(rule: &Value) {
    for pointer in ["/shortDescription/text", "/fullDescription/text"] {
        let length = rule.pointer(pointer).unwrap().as_str().unwrap().chars().count();
        assert!((1..=1_024).contains(&length), "{pointer}");
    }
    for pointer in ["/help/text", "/help/markdown"] {
        assert!(!rule.pointer(pointer).unwrap().as_str().unwrap().is_empty());
    }
    let tags = rule["properties"]["tags"].as_array().unwrap();
    assert!(tags.len() <= 10);
    assert_eq!(tags[0], "security");
    let score = rule["properties"]["security-severity"].as_str().unwrap();
    assert!((0.1..=10.0).contains(&score.parse::<f64>().unwrap()));
    let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
    assert!(["error", "warning", "note"].contains(&level));
}

fn check_result(result: &Value, rules: &[Value]) {
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    assert!(result.get("kind").is_none() && result.get("suppressions").is_none());
    assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    let locations = result["locations"].as_array().unwrap();
    assert_eq!(locations.len(), 1);
    let location = &locations[0]["physicalLocation"];
    let uri = location["artifactLocation"]["uri"].as_str().unwrap();
    assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(':') && !uri.contains(".."));
    for key in ["startLine", "startColumn", "endLine", "endColumn"] {
        assert!(location["region"][key].as_u64().unwrap() >= 1, "{key}");
    }
    let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
    assert!(print.len() == 32 && print.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn what_github_demands_holds_for_every_report() {
    for report in [red(), undetermined(), green(), hostile()] {
        check_invariants(&sarif(&report));
    }
}

#[test]
fn a_result_points_at_the_line_of_its_rule() {
    let log = sarif(&red());
    let lines: Vec<_> = results(&log)
        .into_iter()
        .map(|result| {
            let location = &result["locations"][0]["physicalLocation"];
            assert_eq!(location["artifactLocation"]["uri"], ".github/rootgate.yaml");
            (result["ruleId"].as_str().unwrap(), location["region"]["startLine"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("root-access-key-active", 14),
            ("root-access-key-present", 1),
            ("root-mfa-not-hardware", 1),
        ]
    );
}

#[test]
fn a_policy_from_elsewhere_is_shown_at_line_1_of_the_default_path() {
    let mut report = red();
    report.policy.repository_path = None;
    for result in results(&sarif(&report)) {
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], ".github/rootgate.yaml");
        assert_eq!(location["region"]["startLine"], 1);
    }
}

#[test]
fn a_category_becomes_part_of_every_run_id() {
    let ids = |category| -> Vec<String> {
        let options = Options { category, ..Options::default() };
        let log: Value = serde_json::from_str(&shown(&green(), Format::Sarif, &options)).unwrap();
        let runs = log["runs"].as_array().unwrap().iter();
        runs.map(|run| run["automationDetails"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(None), ["rootgate/111122223333/", "rootgate/444455556666/"]);
    let named = ["rootgate/nightly/111122223333/", "rootgate/nightly/444455556666/"];
    assert_eq!(ids(Some("nightly")), named);
}

#[test]
fn every_rule_that_ran_is_listed_and_no_other() {
    let log = sarif(&green());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "root-access-key-active",
            "root-access-key-present",
            "root-used-outside-window",
            "root-mfa-missing",
            "root-signing-certificate-present",
        ]
    );
    assert!(results(&log).is_empty());
}

#[test]
fn severities_are_those_of_the_policy() {
    let log = sarif(&green());
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    let level_of = |index: usize| {
        let rule = &rules[index];
        let score = rule["properties"]["security-severity"].as_str().unwrap();
        (score, rule["defaultConfiguration"]["level"].as_str().unwrap())
    };
    assert_eq!(level_of(0), ("9.5", "error"));
    assert_eq!(level_of(1), ("8.0", "error"));
    assert_eq!(level_of(2), ("5.5", "warning")); // lowered from high
    let low = sarif(&red())["runs"][0]["tool"]["driver"]["rules"][4].clone();
    assert_eq!(low["properties"]["security-severity"], "2.0");
    assert_eq!(low["defaultConfiguration"]["level"], "note");
}

#[test]
fn ten_tags_at_most_are_listed() {
    let log = sarif(&red());
    let tags = log["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"].clone();
    let tags: Vec<_> =
        tags.as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect();
    assert_eq!(tags.len(), 10);
    assert_eq!(tags[..4], ["security", "aws", "cis-aws/7.0/2.4", "cis-aws/6.0/2.3"]);
}

#[test]
fn the_first_sentence_tells_what_and_where() {
    let log = sarif(&red());
    let text = results(&log)[0]["message"]["text"].as_str().unwrap().to_owned();
    let title = "The root user has an active access key: prod (111122223333), key 2019-05-02. ";
    assert!(text.starts_with(title), "{text}");
    let text = results(&log)[1]["message"]["text"].as_str().unwrap().to_owned();
    let title = "Not determined whether the root user has an access key that is not active: prod \
                 (111122223333). ";
    assert!(text.starts_with(title), "{text}");
    assert!(text.ends_with("To do: grant iam:GetAccountSummary."));
}

/// A run of one account: the active-key rule and the MFA rule, as given.
fn run(keys: Option<Vec<&str>>, mfa: Outcome) -> Report {
    let rules = red().rules;
    let (key_rule, mfa_rule) = (rules[0].info, rules[3].info);
    let gap = || Gap::new(Source::CredentialReport, Cause::Throttled, "throttled");
    let keys = match keys {
        Some(keys) if keys.is_empty() => outcome(key_rule, Outcome::Pass, "no key"),
        Some(keys) => failing(
            key_rule,
            true,
            keys.into_iter().map(|made| finding(key(made), "seen", "fix")).collect(),
        ),
        None => undetermined_outcome(key_rule, "not read", gap()),
    };
    let mfa = match mfa {
        Outcome::Fail => {
            failing(mfa_rule, true, vec![finding(Subject::Account, "no MFA", "add one")])
        }
        Outcome::Undetermined => undetermined_outcome(mfa_rule, "not read", gap()),
        other => outcome(mfa_rule, other, "fine"),
    };
    let account = AccountReport { outcomes: vec![keys, mfa], ..red().accounts[0].clone() };
    report(Verdict::Fail, 1, vec![account])
}

#[test]
fn alerts_open_stay_and_close_over_several_runs() {
    let key = |subject| print("root-access-key-active", subject);
    let mfa = print("root-mfa-missing", "");

    let first =
        alerts(&run(Some(vec!["2019-05-02T08:11:00Z", "2024-03-11T08:11:00Z"]), Outcome::Fail));
    assert_eq!(first, [key("key 2019-05-02"), key("key 2024-03-11"), mfa.clone()].into());

    // One key is deleted, and MFA cannot be read: its alert must not close as fixed.
    let second = alerts(&run(Some(vec!["2024-03-11T08:11:00Z"]), Outcome::Undetermined));
    assert_eq!(second, [key("key 2024-03-11"), mfa.clone()].into());

    // The report cannot be read: the rule keeps an open alert, of its own.
    let third = alerts(&run(None, Outcome::Fail));
    assert_eq!(third, [key("undetermined"), mfa].into());

    assert_eq!(alerts(&run(Some(vec![]), Outcome::Pass)), BTreeSet::new());
    assert_eq!(alerts(&run(Some(vec![]), Outcome::NotApplicable)), BTreeSet::new());
}

#[test]
fn every_failing_or_undetermined_outcome_has_a_result() {
    for report in [red(), undetermined(), green(), hostile()] {
        let rules: BTreeSet<_> = alerts(&report).into_iter().map(|(rule, _)| rule).collect();
        for outcome in report.accounts.iter().flat_map(|account| &account.outcomes) {
            let open = matches!(outcome.outcome, Outcome::Fail | Outcome::Undetermined);
            assert_eq!(rules.contains(outcome.rule.0), open, "{}", outcome.rule);
        }
    }
}

#[test]
fn a_waived_finding_of_a_failing_rule_has_no_alert() {
    let subjects = alerts(&red());
    assert!(subjects.contains(&print("root-access-key-active", "key 2019-05-02")));
    assert!(!subjects.contains(&print("root-access-key-active", "key 2026-10-05")));
}

#[test]
fn the_twenty_newest_findings_are_kept_and_one_more_counts_the_rest() {
    let mut report = red();
    let use_on = |day: u32| {
        let noon = at(&format!("2026-10-{day:02}T12:00:00Z"));
        let subject = Subject::Use { day: noon.date_naive(), kind: UseKind::SignIn };
        let mut finding = finding(subject, "seen", "plan it");
        finding.happened_at = Some(noon);
        finding
    };
    let rule = report.rules[2].info;
    report.accounts[0].outcomes[2] = failing(rule, true, (1..=23).map(use_on).collect());
    let kept = alerts(&report);
    let alert = |subject: &str| kept.contains(&print("root-used-outside-window", subject));
    assert!(alert("2026-10-23 sign-in") && alert("2026-10-04 sign-in") && alert("and more"));
    assert!(!alert("2026-10-03 sign-in"));

    let log = sarif(&report);
    let more = results(&log).into_iter().map(|result| result["message"]["text"].as_str().unwrap());
    let more: Vec<_> = more.filter(|text| text.contains("3 more findings")).collect();
    assert_eq!(more.len(), 1);

    // Twenty exactly: nothing is cut.
    report.accounts[0].outcomes[2].findings.truncate(20);
    assert!(!alerts(&report).contains(&print("root-used-outside-window", "and more")));
}

#[test]
fn the_order_of_findings_changes_nothing() {
    let mut report = red();
    let before = rendered(&report, Format::Sarif);
    report.accounts[0].outcomes[0].findings.reverse();
    assert_eq!(rendered(&report, Format::Sarif), before);
}

#[test]
fn more_accounts_than_github_takes_are_named() {
    let mut report = red();
    let account = report.accounts[0].clone();
    let numbered = |number: u64| AccountReport {
        id: format!("{:012}", 111_122_223_333 + number).parse().unwrap(),
        ..account.clone()
    };
    report.accounts = (0..22).map(numbered).collect();
    check_invariants(&sarif(&report));
    assert_eq!(left_out(&report).len(), 2);
    assert!(left_out(&red()).is_empty());
}

#[test]
fn hostile_text_makes_no_link_and_no_other_uri() {
    let text = rendered(&hostile(), Format::Sarif);
    assert!(!text.contains("]("));
    let log = sarif(&hostile());
    let uri = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().starts_with("x%0A%3A%3Aerror%20file"));
}
