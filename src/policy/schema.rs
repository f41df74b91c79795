//! The JSON Schema of the policy, made from the table of keys and the catalogue of rules, for
//! editors and other tools.
//!
//! It is as strict as JSON Schema can be. What only the reader can say: that a day exists, bounds
//! of durations, names of time zones, `to` after `from`, `limits`, uniqueness, the account of a role, ninety days for
//! `enforce-from`, a year for `exclude`, invisible characters, and what of YAML a policy leaves out (anchors, tags, both
//! of two duplicate keys).

use serde_json::{Map, Value, json};

use super::fields::{self, Field, Kind};
use super::tree::{self, Node, ScalarType};
use super::types::Window;
use crate::model::Audit;
use crate::model::{Amount, RuleInfo, Severity, SubjectKind};

/// The JSON Schema (draft 2020-12) of a policy for this catalogue of rules.
#[must_use]
pub fn schema(rules: &[&'static RuleInfo]) -> Value {
    let mut schema = mapping(fields::POLICY, rules);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".to_owned(), json!("rootgate policy"));
        object.insert(
            "description".to_owned(),
            json!("The policy for the root users of AWS accounts."),
        );
    }
    schema
}

fn mapping(fields: &'static [Field], rules: &[&'static RuleInfo]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.key.to_owned(), property(field, rules))).collect();
    let mut object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    let required: Vec<_> =
        fields.iter().filter(|field| field.required).map(|field| field.key).collect();
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if std::ptr::eq(fields, fields::WAIVER) {
        object["allOf"] = subjects(rules);
    }
    if std::ptr::eq(fields, fields::WINDOW) {
        object["if"] = json!({ "required": ["schedule"] });
        object["then"] = json!({ "properties": { "from": false, "to": false } });
        object["else"] = json!({
            "required": ["ticket", "from", "to"],
            "properties": { "not-before": false, "not-after": false },
        });
    }
    if std::ptr::eq(fields, fields::SUBJECT) {
        object["minProperties"] = json!(1);
        object["maxProperties"] = json!(1);
    }
    if std::ptr::eq(fields, fields::ALLOW) {
        let allows =
            |key: &str| json!({ "properties": { key: { "const": true } }, "required": [key] });
        let flags = fields.iter().filter(|field| matches!(field.kind, Kind::Flag));
        object["anyOf"] = flags.map(|field| allows(field.key)).collect();
    }
    if std::ptr::eq(fields, fields::SCOPE) {
        object["minProperties"] = json!(1);
    }
    if std::ptr::eq(fields, fields::ORGANIZATION) {
        // The management account needs a role, whatever the members are entered by.
        object["if"] = of_word("audit", Audit::AssumeRoot.id());
        object["then"] = json!({ "anyOf": [{ "required": ["member-role"] }, { "required": ["management-role"] }] });
        object["else"] = json!({ "required": ["member-role"] });
    }
    if std::ptr::eq(fields, fields::POLICY) {
        let within = |key: &str, inner: Value| json!({ "type": "object", "properties": { key: inner }, "required": [key] });
        let members = within("root-events", within("members", json!({ "const": true })));
        object["if"] = within("evidence", members);
        object["then"] = within("scope", json!({ "required": ["organization"] }));
    }
    object
}

/// A mapping in which this key has this value.
fn of_word(key: &str, word: &str) -> Value {
    json!({ "properties": { key: { "const": word } }, "required": [key] })
}

fn property(field: &Field, rules: &[&'static RuleInfo]) -> Value {
    let mut schema = kind(&field.kind, rules);
    if field.may_be_empty {
        schema["type"] = json!([schema["type"], "null"]);
    }
    if let "reason" | "ticket" = field.key {
        schema["not"] = json!({ "enum": [Window::REASON_MISSING, Window::TICKET_MISSING] });
    }
    schema["description"] = json!(description(field));
    if let Some(default) = as_json(field.default) {
        schema["default"] = default;
    }
    if let Some(example) = as_json(field.example) {
        schema["examples"] = json!([example]);
    }
    schema
}

fn description(field: &Field) -> String {
    match field.kind.bounds() {
        Some(bounds) => format!("{} {bounds}", field.meaning),
        None => field.meaning.to_owned(),
    }
}

fn kind(kind: &Kind, rules: &[&'static RuleInfo]) -> Value {
    match kind {
        Kind::Version => json!({ "const": 1 }),
        Kind::Mapping(fields) => mapping(fields, rules),
        Kind::List { of, least, most } => {
            let mut list = json!({ "type": "array", "items": self::kind(of, rules) });
            if *least > 0 {
                list["minItems"] = json!(least);
            }
            if *most < usize::MAX {
                list["maxItems"] = json!(most);
            }
            if matches!(of, Kind::AccountId | Kind::Word(_) | Kind::Action) {
                list["uniqueItems"] = json!(true);
            }
            list
        }
        Kind::AccountId => json!({ "type": "string", "pattern": "^[0-9]{12}$" }),
        Kind::RoleArn => json!({ "type": "string", "pattern": ROLE_ARN }),
        Kind::RoleName => json!({ "type": "string", "pattern": ROLE_NAME }),
        Kind::Text { most } => {
            json!({ "type": "string", "pattern": "\\S", "minLength": 1, "maxLength": most })
        }
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Severity => severity(),
        Kind::Duration { .. } => duration(),
        Kind::Day => json!({ "type": "string", "format": "date", "pattern": DAY }),
        Kind::Time => json!({ "type": "string", "format": "date-time", "pattern": TIME }),
        Kind::DayOrTime => {
            json!({ "oneOf": [self::kind(&Kind::Day, rules), self::kind(&Kind::Time, rules)] })
        }
        Kind::Clock => json!({ "type": "string", "pattern": CLOCK }),
        Kind::Zone => json!({ "type": "string", "minLength": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::RuleId => {
            let waivable = rules.iter().filter(|rule| rule.subject.takes_waivers());
            json!({ "enum": waivable.map(|rule| rule.id.0).collect::<Vec<_>>() })
        }
        Kind::OffOr(fields) => {
            json!({ "oneOf": [{ "const": "off" }, mapping(fields, rules)] })
        }
        Kind::Regions => json!({
            "oneOf": [
                { "enum": fields::REGION_WORDS },
                {
                    "type": "array",
                    "items": { "type": "string", "pattern": REGION },
                    "minItems": 1,
                    "uniqueItems": true,
                },
            ],
        }),
        Kind::Action => json!({ "type": "string", "pattern": ACTION }),
        Kind::Rules => {
            let properties: Map<String, Value> =
                rules.iter().map(|info| (info.id.0.to_owned(), rule(info))).collect();
            json!({ "type": "object", "additionalProperties": false, "properties": properties })
        }
    }
}

const REGION: &str = "^[a-z]+(-[a-z]+)+-[0-9]+$";
const ACTION: &str = "^[a-z0-9-]+:([A-Za-z0-9]+|\\*)$";
const CLOCK: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
const ROLE_ARN: &str = "^arn:aws(-[a-z0-9-]+)?:iam::[0-9]{12}:role(/[A-Za-z0-9+=,.@_-]+)+$";
const ROLE_NAME: &str = "^([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64}$";

fn severity() -> Value {
    json!({ "enum": Severity::ALL.iter().map(|severity| severity.id()).collect::<Vec<_>>() })
}

fn duration() -> Value {
    json!({
        "type": "string",
        "minLength": 2,
        "pattern": "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
    })
}

fn rule(info: &RuleInfo) -> Value {
    let mut severity = severity();
    severity["default"] = json!(info.severity.id());
    let mut settings = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": { "severity": severity },
    });
    if let Some(threshold) = info.threshold {
        let mut schema = match (threshold.default, threshold.least, threshold.most) {
            (Amount::Count(default), Amount::Count(least), Amount::Count(most)) => {
                json!({ "type": "integer", "minimum": least, "maximum": most, "default": default })
            }
            _ => {
                let mut schema = duration();
                schema["default"] = json!(threshold.default.to_string());
                schema
            }
        };
        schema["description"] = json!(format!(
            "{} From {} to {}.",
            sentence(threshold.meaning),
            threshold.least,
            threshold.most
        ));
        settings["properties"][threshold.key] = schema;
    }
    json!({
        "description": sentence(info.summary),
        "oneOf": [{ "const": "off" }, settings],
    })
}

/// With a capital and a full stop, as documentation writes it.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// For every kind of subject: which key of `subject` a waiver of such a rule needs or may have.
fn subjects(rules: &[&'static RuleInfo]) -> Value {
    let kinds = [
        (SubjectKind::AccessKey, Some("access-key-created"), true),
        (SubjectKind::Use, Some("use"), true),
        (SubjectKind::Certificate, Some("certificate-uploaded"), false),
        (SubjectKind::Account, None, false),
    ];
    let mut conditions = Vec::new();
    for (kind, key, required) in kinds {
        let of_kind = rules.iter().filter(|rule| rule.subject == kind);
        let ids: Vec<_> = of_kind.map(|rule| rule.id.0).collect();
        if ids.is_empty() {
            continue;
        }
        let subject = key.map_or(json!(false), |key| json!({ "required": [key] }));
        let mut then = json!({ "properties": { "subject": subject } });
        if required {
            then["required"] = json!(["subject"]);
        }
        conditions.push(json!({
            "if": { "properties": { "rule": { "enum": ids } }, "required": ["rule"] },
            "then": then,
        }));
    }
    json!(conditions)
}

/// A default or example of the table, as JSON; `None` where there is none.
fn as_json(text: &str) -> Option<Value> {
    let node = tree::read(text, &mut Vec::new()).filter(|_| !text.is_empty())?;
    Some(node_as_json(&node))
}

fn node_as_json(node: &Node) -> Value {
    match (&node.value, node.scalar_type()) {
        (tree::Value::List(items), _) => items.iter().map(node_as_json).collect(),
        (tree::Value::Map(entries), _) => {
            entries.iter().map(|entry| (entry.key.clone(), node_as_json(&entry.value))).collect()
        }
        (_, Some(ScalarType::Flag(flag))) => json!(flag),
        (tree::Value::Scalar { text, .. }, Some(ScalarType::Number)) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        (tree::Value::Scalar { text, .. }, Some(ScalarType::Text)) => json!(text),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::rules::RULES;

    #[test]
    fn every_key_is_in_the_schema_and_no_other() {
        let schema = schema(RULES);
        assert_eq!(schema["required"], json!(["version"]));
        let gate: Vec<_> =
            schema["properties"]["gate"]["properties"].as_object().unwrap().keys().collect();
        assert_eq!(gate, ["enforce-from", "fail-on", "on-undetermined", "on-weaker"]);
        assert_eq!(schema["properties"]["scope"]["properties"]["accounts"]["maxItems"], json!(20));
        assert_eq!(schema["properties"]["version"]["const"], json!(1));
    }

    #[test]
    fn defaults_and_examples_have_the_types_of_json() {
        let schema = schema(RULES);
        let window = &schema["properties"]["windows"]["items"]["properties"];
        assert_eq!(window["accounts"]["examples"], json!([["111122223333"]]));
        assert_eq!(window["allow"]["examples"], json!([{ "sign-in": true }]));
        assert_eq!(window["allow"]["properties"]["sign-in"]["default"], json!(false));
        assert_eq!(
            schema["properties"]["evidence"]["properties"]["max-age"]["default"],
            json!("4h15m")
        );
    }

    #[test]
    fn a_rule_is_off_or_its_settings() {
        let schema = schema(RULES);
        let rule = &schema["properties"]["rules"]["properties"]["root-used-outside-window"];
        assert_eq!(rule["oneOf"][0], json!({ "const": "off" }));
        let settings = &rule["oneOf"][1]["properties"];
        assert_eq!(settings["within"]["default"], json!("7d"));
        assert_eq!(settings["severity"]["default"], json!("high"));
        assert_eq!(settings["severity"]["enum"], json!(["low", "medium", "high", "critical"]));
    }
}
