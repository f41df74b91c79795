//! The fake GitHub answers as GitHub's OpenAPI description says: no invented member, no other type.

use serde_json::Value;

use crate::fake::Fake;
use crate::support::Folder;

const OPENAPI: &str = include_str!("../../github/openapi.json");

/// Required members that the fake leaves out, as nothing reads them.
const LEFT_OUT: &[&str] = &["author", "head_commit", "head_repository", "repository"];
/// Objects of which the fake sends what is read: those of commits, users and teams.
const PARTIAL: &[&str] = &["commit", "reviewer"];

/// Why a value is not what the schema says; empty: it is.
fn wrong(value: &Value, schema: &Value, place: &str) -> Vec<String> {
    if schema == &Value::Bool(true) || (value.is_null() && schema["nullable"] == true) {
        return Vec::new();
    }
    for many in ["oneOf", "anyOf"] {
        if let Some(forms) = schema[many].as_array() {
            let fits = |form: &Value| wrong(value, form, place).is_empty();
            let why = || format!("{place}: {value} has none of the forms");
            return if forms.iter().any(fits) { Vec::new() } else { vec![why()] };
        }
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return vec![format!("{place}: {value} is not one of {words:?}")];
    }
    match value {
        Value::Object(members) => of_object(members, schema, place),
        Value::Array(items) if is_type(schema, "array") => {
            items.iter().flat_map(|item| wrong(item, &schema["items"], place)).collect()
        }
        Value::String(_) if is_type(schema, "string") => Vec::new(),
        Value::Bool(_) if is_type(schema, "boolean") => Vec::new(),
        Value::Number(_) if is_type(schema, "integer") || is_type(schema, "number") => Vec::new(),
        Value::Null if is_type(schema, "null") => Vec::new(),
        _ => vec![format!("{place}: {value} is not {}", schema["type"])],
    }
}

fn is_type(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::Null => true,
        Value::Array(types) => types.iter().any(|it| it == wanted),
        one => one == wanted,
    }
}

fn of_object(members: &serde_json::Map<String, Value>, schema: &Value, place: &str) -> Vec<String> {
    let Some(known) = schema["properties"].as_object() else { return Vec::new() };
    let partial = PARTIAL.iter().any(|name| place.ends_with(name));
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required
        .filter(|name| !partial && !members.contains_key(*name) && !LEFT_OUT.contains(name))
        .map(|name| format!("{place} lacks {name}"));
    let mut found: Vec<String> = missing.collect();
    for (name, value) in members {
        let place = format!("{place}.{name}");
        match known.get(name) {
            Some(schema) => found.extend(wrong(value, schema, &place)),
            None => found.push(format!("{place} is not known to GitHub")),
        }
    }
    found
}

/// A repository with something of everything.
fn everything() -> (Folder, Fake) {
    const SHA: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    let folder = Folder::new();
    folder.write("main/README.md", "x");
    let main = folder.path().join("main").display().to_string();
    let file = ".github/workflows/root.yml";
    let lines = format!(
        "commit {SHA} = {main}\nref heads/main = {SHA}\nref tags/v0.1.0 = {SHA}\nrelease v0.1.0\nrequire \
         root gate = ruleset\nrequire root gate = protection\nrequire-workflow {file} = 74\n\
         pull-request-rule = code-owners\nmerge-queue\nother-rules = 1\nenvironment a = none\nenvironment b = \
         reviewers\nenvironment c = timer\nenvironment-branches b = patterns\nenvironment-branches c = \
         protected\nworkflow {file} = active 100d\nrun {file} = 5h success\nrun {file} = 1h in_progress\n\
         codeowners-errors = 1\nanalysis = 5h\n"
    );
    let fake = Fake::github(&lines);
    (folder, fake)
}

#[test]
fn every_answer_of_the_fake_has_the_form_that_github_publishes() {
    let openapi: Value = serde_json::from_str(OPENAPI).unwrap();
    let (_folder, fake) = everything();
    let answers = openapi["answers"].as_object().unwrap();
    assert_eq!(answers.len(), 9);
    for (name, answer) in answers {
        let path = format!("/repos/octo-org/octo-repo{}", answer["path"].as_str().unwrap());
        let value = fake.fetch(&path);
        assert_eq!(wrong(&value, &answer["schema"], name), [""; 0]);
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        assert!(!is_empty && value.get("message").is_none(), "{name}: {value}");
    }
}

#[test]
fn another_form_is_noticed() {
    let openapi: Value = serde_json::from_str(OPENAPI).unwrap();
    let schema = &openapi["answers"]["workflows"]["schema"];
    let (_folder, fake) = everything();
    let answer = fake.fetch("/repos/octo-org/octo-repo/actions/workflows");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut answer = answer.clone();
        change(&mut answer);
        wrong(&answer, schema, "workflows").len()
    };
    assert_eq!(changed(&|_| {}), 0);
    assert_eq!(changed(&|it| it["workflows"][0]["state"] = "asleep".into()), 1);
    assert_eq!(changed(&|it| it["workflows"][0]["id"] = "one".into()), 1);
    assert_eq!(changed(&|it| it["workflows"][0]["invented"] = 1.into()), 1);
    assert_eq!(changed(&|it| drop(it.as_object_mut().unwrap().remove("total_count"))), 1);
}
