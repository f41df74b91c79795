use serde_json::{Map, Value};

use super::super::Format;
use super::super::fixtures::{green, hostile, red, undetermined};
use super::super::tests::rendered;
use super::*;

fn json(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Json)).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
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
    has("/policy", &["path", "sha256", "ref"]);
    has("/accounts/0", &["id", "name", "partition", "outcomes"]);
    let outcome = ["rule", "outcome", "severity", "message", "findings", "evidence", "gaps"];
    has("/accounts/0/outcomes/0", &outcome);
    let finding = ["subject", "fingerprint", "message", "remedy", "clears_at", "waiver"];
    has("/accounts/0/outcomes/0/findings/0", &finding);
    has("/accounts/0/outcomes/0/evidence/0", &["source", "observed_at"]);
    has("/accounts/0/outcomes/1/gaps/0", &["source", "action", "cause", "grant"]);
    has("/notices/0", &["code", "message", "line"]);
    has("/counts", &["failed", "undetermined", "waived", "passed", "not_applicable"]);
    let skipped = json(&hostile());
    assert_eq!(keys(&skipped["skipped_accounts"][0]), ["id", "reason"]);
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

/// Holds a value against the parts of JSON Schema that the file uses. An unknown keyword fails,
/// and so does a key of the report that the schema does not describe.
fn check(schema: &Value, value: &Value, root: &Value, place: &str) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().trim_start_matches('#');
                check(root.pointer(name).unwrap(), value, root, place);
            }
            "anyOf" => {
                // Only "null or this" is used.
                let other = &wanted[1];
                assert_eq!(wanted[0]["type"], "null");
                if !value.is_null() {
                    check(other, value, root, place);
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
                assert!(fits, "{place}: {value}");
            }
            "enum" => assert!(wanted.as_array().unwrap().contains(value), "{place}: {value}"),
            "const" => assert_eq!(wanted, value, "{place}"),
            "items" => {
                for item in value.as_array().unwrap() {
                    check(wanted, item, root, &format!("{place}[]"));
                }
            }
            "properties" => check_properties(wanted.as_object().unwrap(), value, root, place),
            "required" => {
                for key in wanted.as_array().unwrap() {
                    assert!(value.get(key.as_str().unwrap()).is_some(), "{place} lacks {key}");
                }
            }
            "description" | "format" | "pattern" | "minimum" | "title" | "$schema" | "$id"
            | "$defs" => {}
            unknown => panic!("{unknown}"),
        }
    }
}

fn check_properties(properties: &Map<String, Value>, value: &Value, root: &Value, place: &str) {
    for (key, inner) in value.as_object().unwrap() {
        let schema =
            properties.get(key).unwrap_or_else(|| panic!("{place}.{key} is not described"));
        check(schema, inner, root, &format!("{place}.{key}"));
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema: Value = serde_json::from_str(report_schema()).unwrap();
    for report in [red(), undetermined(), green(), hostile()] {
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
