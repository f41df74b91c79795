//! The JSON Schema of evidence files, put together from what each source declares.

use super::Source;

/// Everything but the sources.
const FRAME: &str = include_str!("evidence.schema.json");

/// The form of a source in evidence files.
#[derive(Debug)]
pub struct SourceSchema {
    /// What it is; JSON text without its quotes.
    pub description: &'static str,
    /// The schema of what is known.
    pub value: &'static str,
    /// An object of the definitions that it refers to, one name a line; empty: there are none.
    pub defs: &'static str,
}

/// The text of `schema/evidence.json`.
#[must_use]
pub fn evidence_schema() -> String {
    let all = Source::ALL.iter();
    let properties: Vec<String> = all.clone().map(|source| property(*source)).collect();
    let defs: String = all.clone().map(|source| defs(source.info().schema.defs)).collect();
    let ids: Vec<String> = all.map(|source| format!("\"{}\"", source.id())).collect();
    FRAME
        .replace("@properties", &properties.join(",\n"))
        .replace("@defs\n", &defs)
        .replace("@ids", &ids.join(", "))
}

fn property(source: Source) -> String {
    let SourceSchema { description, value, .. } = &source.info().schema;
    format!(
        "        \"{}\": {{\n          \"description\": \"{description}\",\n          \
         \"$ref\": \"#/$defs/entry\",\n          \"properties\": {{ \"value\": {value} }}\n        }}",
        source.key()
    )
}

/// The members of an object, as members of `$defs`, which others follow.
fn defs(object: &str) -> String {
    let members = object.trim().trim_start_matches('{').trim_end_matches('}').trim_end();
    let lines: String =
        members.lines().skip(1).map(|line| format!("  {line}\n")).collect::<String>();
    match lines.trim_end() {
        "" => String::new(),
        lines => format!("{lines},\n"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_schema_in_the_repository_is_the_one_that_the_sources_declare() {
        let there = include_str!("../../../schema/evidence.json");
        assert_eq!(there, evidence_schema(), "run `make generate`");
    }

    #[test]
    fn the_schema_knows_every_source_and_what_each_refers_to() {
        let text = evidence_schema();
        let schema: Value = serde_json::from_str(&text).unwrap();
        for source in Source::ALL {
            let known = &schema["$defs"]["account"]["properties"][source.key()];
            assert!(known.is_object(), "{source}");
            let ids = schema["$defs"]["gap"]["properties"]["source"]["enum"].as_array().unwrap();
            assert!(ids.contains(&Value::from(source.id())), "{source}");
        }
        for reference in text.split("\"#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schema["$defs"][name].is_object(), "{name}");
        }
    }
}
