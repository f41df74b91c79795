//! YAML, for CloudFormation templates and workflows.

use serde_json::Value;

/// A YAML value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::setup) enum Yaml {
    /// A string.
    Text(String),
    /// A sequence.
    List(Vec<Self>),
    /// A mapping, in this order.
    Map(Vec<(String, Self)>),
}

impl Yaml {
    pub(in crate::setup) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(in crate::setup) fn map<K: Into<String>>(
        entries: impl IntoIterator<Item = (K, Self)>,
    ) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A reference to a parameter or a pseudo parameter of CloudFormation.
    pub(in crate::setup) fn reference(name: &str) -> Self {
        Self::map([("Ref", Self::text(name))])
    }

    /// The document: a mapping at the top.
    pub(in crate::setup) fn document(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    /// Writes a block whose first line is indented by the caller.
    fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Text(text) => {
                *out += &scalar(text);
                out.push('\n');
            }
            Self::List(items) => write_items(items, indent, out, |item, out| {
                out.push_str("- ");
                item.write(indent + 2, out);
            }),
            Self::Map(entries) => write_items(entries, indent, out, |(key, value), out| {
                *out += &scalar(key);
                out.push(':');
                value.write_after_key(indent + 2, out);
            }),
        }
    }

    fn write_after_key(&self, indent: usize, out: &mut String) {
        match self {
            Self::Text(_) => out.push(' '),
            Self::List(items) if items.is_empty() => return out.push_str(" []\n"),
            Self::Map(entries) if entries.is_empty() => return out.push_str(" {}\n"),
            Self::List(_) | Self::Map(_) => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
            }
        }
        self.write(indent, out);
    }
}

fn write_items<T>(items: &[T], indent: usize, out: &mut String, write: impl Fn(&T, &mut String)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        write(item, out);
    }
}

/// JSON has no order that matters, so keys come sorted.
impl From<&Value> for Yaml {
    fn from(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::map(map.iter().map(|(key, value)| (key, value.into()))),
            // IAM documents hold none of these; as text they would still be what AWS expects.
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::text(value.to_string()),
        }
    }
}

/// A string, quoted unless no reader could take it for anything else. A string of JSON is one of YAML.
pub(in crate::setup) fn scalar(text: &str) -> String {
    const WORDS: [&str; 11] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan"];
    let word = text.strip_prefix(['.', '/']).unwrap_or(text);
    let plain = word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A string in double quotes.
pub(in crate::setup) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn what_is_nested_is_indented() {
        let value = json!({ "a": { "b": ["c", { "d": "2012-10-17", "e": [] }], "f": {} } });
        let text = Yaml::from(&value).document();
        assert_eq!(text, "a:\n  b:\n    - c\n    - d: \"2012-10-17\"\n      e: []\n  f: {}\n");
        assert_eq!(read(&text), value);
    }

    #[test]
    fn what_yaml_would_take_for_something_else_is_quoted() {
        for text in [
            "",
            "yes",
            "No",
            "null",
            "1",
            "2012-10-17",
            "a: b",
            "a #b",
            "*",
            "&a",
            "!x",
            "-",
            "é",
            ".5",
            ".inf",
        ] {
            assert_eq!(scalar(text), Value::from(text).to_string(), "{text}");
        }
        for text in ["AWS-x/y_z.9", ".github/rootgate.yaml", "/ci/"] {
            assert_eq!(scalar(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_string_is_read_back_as_it_was(text in "\\PC{0,20}", key in "[a-zA-Z:.# -]{1,8}") {
            let value = json!({ key: [text] });
            prop_assert_eq!(read(&Yaml::from(&value).document()), value);
        }
    }
}
