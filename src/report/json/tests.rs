use serde_json::{Map, Value};

use super::super::Format;
use super::super::fixtures::{
    broken, copy, fork, green, hostile, outside, red, undetermined, weakened,
};
use super::super::tests::rendered;
use super::*;
use crate::escape::tests::HOSTILE;
use crate::model::{Effect, PolicyCopy};

fn json(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Json)).unwrap()
}

/// The keys in the order of the file; `serde_json::Value` sorts them.
fn position(text: &str, key: &str) -> usize {
    text.find(&format!("\n  \"{key}\":")).unwrap_or_else(|| panic!("{key}"))
}

#[test]
fn the_keys_of_the_contract_are_there_in_its_order() {
    let text = rendered(&red(), Format::Json);
    let contract = [
        "schema",
        "tool",
        "verdict",
        "exit_code",
        "evaluated_at",
        "valid_until",
        "policy",
        "accounts",
        "skipped_accounts",
        "notices",
        "counts",
    ];
    assert!(contract.map(|key| position(&text, key)).is_sorted());

    let report = json(&red());
    let has = |pointer: &str, wanted: &[&str]| {
        let value = report.pointer(pointer).unwrap();
        for key in wanted {
            assert!(value.get(key).is_some(), "{pointer}/{key}");
        }
    };
    has("/tool", &["name", "version"]);
    has("/policy", &["path", "sha256", "ref", "commit", "judge"]);
    has("/accounts/0", &["id", "name", "partition", "outcomes"]);
    let outcome = ["rule", "outcome", "severity", "message", "findings", "evidence", "gaps"];
    has("/accounts/0/outcomes/0", &outcome);
    let finding = ["subject", "fingerprint", "message", "remedy", "clears_at", "waiver"];
    has("/accounts/0/outcomes/0/findings/0", &finding);
    has("/accounts/0/outcomes/0/evidence/0", &["source", "observed_at"]);
    has("/accounts/0/outcomes/1/gaps/0", &["source", "action", "cause", "grant"]);
    has("/notices/0", &["code", "message", "line"]);
    has("/counts", &["failed", "undetermined", "waived", "passed", "not_applicable"]);
    let skipped = &json(&hostile())["skipped_accounts"];
    assert_eq!(skipped.as_array().map(Vec::len), Some(0), "the key stays");
}

#[test]
fn values_are_those_of_the_report() {
    let report = json(&red());
    let finding = &report["accounts"][0]["outcomes"][0]["findings"][0];
    assert_eq!(report["schema"], "rootgate.report/v1");
    assert_eq!(report["verdict"], "fail");
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["valid_until"], "2026-11-02T11:00:00Z");
    assert_eq!(finding["fingerprint"], "7d07cc0e401afaca60c77fa1983cd03a");
    assert_eq!(finding["waiver"], Value::Null);
    let waived = &report["accounts"][0]["outcomes"][0]["findings"][1]["waiver"];
    assert_eq!(waived["ticket"], "SEC-77");
    assert_eq!(waived["expires"], "2026-11-12");
    let gap = &report["accounts"][0]["outcomes"][1]["gaps"][0];
    assert_eq!(gap["source"], "account-summary");
    assert_eq!(gap["cause"], "denied");
    assert_eq!(gap["grant"], "iam:GetAccountSummary");
    assert_eq!(report["counts"]["waived"], 1);

    let report = json(&undetermined());
    assert_eq!(report["policy"]["path"], Value::Null);
    assert_eq!(report["accounts"][0]["name"], Value::Null);
    assert_eq!(report["accounts"][0]["outcomes"][3]["gaps"][1]["grant"], Value::Null);
}

#[test]
fn the_policy_says_how_it_came_to_judge() {
    let judged_by = |judge| {
        let mut report = red();
        report.policy.judge = judge;
        let policy = json(&report)["policy"].clone();
        ["judge", "environment", "repository", "pinned"].map(|key| policy[key].clone())
    };
    let null = || Value::Null;
    assert_eq!(json(&red())["policy"]["commit"], "6dcb09b5b57875f334f61aebed695e2e4193db5e");
    assert_eq!(judged_by(Judge::File), ["file".into(), null(), null(), null()]);
    let branch = judged_by(Judge::DefaultBranch);
    assert_eq!(branch, ["default-branch".into(), null(), null(), null()]);
    assert_eq!(judged_by(Judge::Checkout), ["checkout".into(), null(), null(), null()]);
    let accepted = judged_by(Judge::Accepted { environment: "production".into() });
    assert_eq!(accepted, ["accepted-change".into(), "production".into(), null(), null()]);
    let repository = "octo-org/security".to_owned();
    let remote = judged_by(Judge::Remote { repository, pinned: true });
    assert_eq!(remote, ["remote".into(), null(), "octo-org/security".into(), true.into()]);
}

#[test]
fn a_policy_change_has_every_difference_and_what_follows() {
    assert_eq!(json(&red())["policy_change"], Value::Null);
    assert_eq!(json(&red())["not_evaluated"], Value::Null);
    let change = json(&weakened())["policy_change"].clone();
    assert_eq!(change["path"], ".github/rootgate.yaml");
    assert_eq!((&change["copy"], &change["effect"]), (&"changed".into(), &"fails".into()));
    assert_eq!((&change["weaker"], &change["behind"]), (&true.into(), &Value::Null));
    assert_eq!(change["changes"].as_array().unwrap().len(), 6);
    assert_eq!(
        change["changes"][1],
        serde_json::json!({
            "kind": "weaker", "key": "gate.fail-on", "old": "medium", "new": "high",
            "old_line": 5, "new_line": 5,
        })
    );
    assert_eq!(
        change["after_merge"],
        serde_json::json!({
            "verdict": "pass", "exit_code": 0,
            "counts": {"failed": 0, "findings": 1, "undetermined": 0, "waived": 0, "passed": 7, "not_applicable": 1},
        })
    );

    let change = json(&broken())["policy_change"].clone();
    assert_eq!((&change["copy"], &change["weaker"]), (&"broken".into(), &false.into()));
    assert_eq!(change["problems"][0]["line"], 4);
    assert_eq!(change["problems"][2]["line"], Value::Null);

    let behind = PolicyCopy::Behind { commit: "6dcb09b5b57875f334f61aebed695e2e4193db5e".into() };
    let behind = Report { policy_change: copy(behind, Effect::None), ..red() };
    let change = json(&behind)["policy_change"].clone();
    assert_eq!(change["behind"], "6dcb09b5b57875f334f61aebed695e2e4193db5e");
    let missing = PolicyCopy::Missing { changes: vec![], after: None };
    let missing = Report { policy_change: copy(missing, Effect::Tolerated), ..red() };
    let change = json(&missing)["policy_change"].clone();
    assert_eq!((&change["weaker"], &change["path"]), (&true.into(), &Value::Null));
    assert_eq!(change["effect"], "tolerated");

    let fork = json(&fork());
    assert_eq!((&fork["verdict"], &fork["exit_code"]), (&"not-evaluated".into(), &3.into()));
    assert_eq!(fork["not_evaluated"], "this is a pull request from a fork");
    assert_eq!(fork["accounts"], serde_json::json!([]));
}

/// Holds a value against the parts of JSON Schema that the file uses. An unknown keyword fails,
/// and so does a key of the report that the schema does not describe.
fn check(schema: &Value, value: &Value, root: &Value, path: &str) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().trim_start_matches('#');
                check(root.pointer(name).unwrap(), value, root, path);
            }
            "anyOf" => {
                // Only "null or this" is used.
                let other = &wanted[1];
                assert_eq!(wanted[0]["type"], "null");
                if !value.is_null() {
                    check(other, value, root, path);
                }
            }
            "type" => {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                let fits = wanted == kind
                    || wanted.as_array().is_some_and(|all| all.iter().any(|one| one == kind));
                assert!(fits, "{path}: {value}");
            }
            "enum" => assert!(wanted.as_array().unwrap().contains(value), "{path}: {value}"),
            "const" => assert_eq!(wanted, value, "{path}"),
            "items" => {
                for item in value.as_array().unwrap() {
                    check(wanted, item, root, &format!("{path}[]"));
                }
            }
            "properties" => check_properties(wanted.as_object().unwrap(), value, root, path),
            "required" => {
                for key in wanted.as_array().unwrap() {
                    assert!(value.get(key.as_str().unwrap()).is_some(), "{path} lacks {key}");
                }
            }
            "description" | "format" | "pattern" | "minimum" | "title" | "$schema" | "$id"
            | "$defs" => {}
            unknown => panic!("{unknown}"),
        }
    }
}

fn check_properties(properties: &Map<String, Value>, value: &Value, root: &Value, path: &str) {
    for (key, inner) in value.as_object().unwrap() {
        let schema = properties.get(key).unwrap_or_else(|| panic!("{path}.{key} is not described"));
        check(schema, inner, root, &format!("{path}.{key}"));
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema: Value = serde_json::from_str(report_schema()).unwrap();
    let pull_requests = [weakened(), broken(), fork()].into_iter().chain(outside(HOSTILE));
    for report in [red(), undetermined(), green(), hostile()].into_iter().chain(pull_requests) {
        check(&schema, &json(&report), &schema, "report");
    }
}

#[test]
fn the_schema_refuses_what_lacks_a_key_of_the_contract() {
    let schema: Value = serde_json::from_str(report_schema()).unwrap();
    let mut report = json(&red());
    report.as_object_mut().unwrap().remove("verdict");
    assert!(std::panic::catch_unwind(|| check(&schema, &report, &schema, "report")).is_err());
}
