//! Reading a mapping against its keys in the field table, and lists.

use super::super::error::{Span, show};
use super::super::fields::{self, Field, Kind};
use super::super::suggest;
use super::super::tree::{self, Entry, Node, Value};
use super::Reader;
use crate::model::AccountId;

/// Keys that include another file in other formats. Such a file could be changed without a review of the
/// policy.
const OTHER_FILES: [&str; 5] = ["extends", "include", "includes", "import", "imports"];

/// A mapping in which all keys are known and have values.
pub(super) struct Mapping<'n> {
    /// Its first key, or its `{`.
    pub(super) span: Span,
    entries: Vec<(&'static Field, &'n Entry)>,
    written: &'n [Entry],
}

impl<'n> Mapping<'n> {
    /// The key and its value; `None` where it is absent, null or unknown.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.field(key).map(|(_, entry)| entry)
    }

    /// The same, with the key's entry in the table.
    pub(super) fn field(&self, key: &str) -> Option<(&'static Field, &'n Entry)> {
        self.entries.iter().find(|(field, _)| field.key == key).copied()
    }

    /// Whether nothing at all is written in it.
    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// The position of the key, whatever its value is.
    pub(super) fn key_span(&self, key: &str) -> Option<Span> {
        self.written.iter().find(|entry| entry.key == key).map(|entry| entry.key_span)
    }

    /// Whether the key is written, whatever its value is.
    pub(super) fn has(&self, key: &str) -> bool {
        self.written.iter().any(|entry| entry.key == key)
    }
}

/// `version:1`, as a known key and its value.
pub(super) fn without_space(text: &str, is_known: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let begins = value.chars().next()?;
    (is_known(key) && !begins.is_whitespace()).then_some((key, value))
}

/// Words that were written without brackets, as a list.
fn listed(text: &str, of: &Kind) -> Option<String> {
    let quote = |word: &str| match of {
        Kind::AccountId => word.parse::<AccountId>().is_ok().then(|| format!("\"{word}\"")),
        Kind::Word(words) => words.contains(&word).then(|| word.to_owned()),
        Kind::Action => word.contains(':').then(|| format!("\"{}\"", show(word))),
        _ => None,
    };
    let words: Option<Vec<String>> =
        text.split([',', ' ']).filter(|word| !word.is_empty()).map(quote).collect();
    words.filter(|words| !words.is_empty()).map(|words| format!("[{}]", words.join(", ")))
}

impl Reader<'_> {
    /// Reads a mapping: unknown keys, keys without a value and missing ones are errors. `what` begins a sentence: `this window`.
    pub(super) fn mapping<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        fields: &'static [Field],
    ) -> Option<Mapping<'n>> {
        let Value::Map(entries) = &node.value else {
            let known = |key: &str| fields.iter().any(|field| field.key == key);
            if self.missing_space(node, known) {
                return None;
            }
            let keys = suggest::list(fields.iter().map(|field| field.key));
            let message = format!("{what} is a mapping of keys, not {}", node.describe());
            self.wrong_type(node, message, format!("its keys are {keys}"));
            return None;
        };
        // A block mapping begins with its first key; one in braces, or an empty one, at its brace.
        let span = match entries.first() {
            Some(first) if node.span.start == node.span.end => first.key_span,
            _ => node.span,
        };
        let mut map = Mapping { span, entries: Vec::new(), written: entries };
        for entry in entries {
            match fields.iter().find(|field| field.key == entry.key) {
                None => self.unknown_key(entry, what, fields),
                Some(field) if field.may_be_empty && entry.value.is_empty() => {}
                Some(field) if entry.value.is_null() => self.no_value(entry, Some(field)),
                Some(field) => map.entries.push((field, entry)),
            }
        }
        // What a merge key would have brought is not missing as well.
        let merges = map.has("<<");
        for field in fields.iter().filter(|field| field.required && !merges) {
            if !map.has(field.key) {
                self.missing_key(&map, what, field);
            }
        }
        Some(map)
    }

    /// The mapping below a key; `None` if the key is absent or its value is not a mapping.
    pub(super) fn section<'n>(
        &mut self,
        map: &Mapping<'n>,
        key: &str,
        fields: &'static [Field],
    ) -> Option<Mapping<'n>> {
        let entry = map.entry(key)?;
        self.mapping(&entry.value, &format!("`{key}`"), fields)
    }

    /// The items of a list; empty if the key is absent or its value is not a list.
    pub(super) fn list<'n>(&mut self, map: &Mapping<'n>, key: &str) -> &'n [Node] {
        let Some((field, entry)) = map.field(key) else { return &[] };
        let Kind::List { least, most, of } = field.kind else { return &[] };
        let Value::List(items) = &entry.value.value else {
            let message = format!("`{key}` is a list, not {}", entry.value.describe());
            let help = match (&entry.value.value, field.example) {
                (Value::Scalar { text, .. }, _) if listed(text, of).is_some() => {
                    format!("write `{key}: {}`", listed(text, of).unwrap_or_default())
                }
                (_, "") => format!("begin each entry below `{key}:` with `- `"),
                (_, example) => format!("write `{key}: {example}`"),
            };
            self.wrong_type(&entry.value, message, help);
            return &[];
        };
        if items.len() < least {
            let message = format!("`{key}` is an empty list");
            self.error(
                "empty-list",
                entry.value.span,
                message,
                format!("{} Name at least one", field.meaning),
            );
        } else if let Some(first_too_many) = items.get(most) {
            let message =
                format!("`{key}` holds {} entries; at most {most} are allowed", items.len());
            self.error(
                "too-many",
                first_too_many.span,
                message,
                "judge them as an organization (`scope.organization`), or split the policy by team or environment",
            );
        }
        items
    }

    fn unknown_key(&mut self, entry: &Entry, what: &str, fields: &'static [Field]) {
        let keys = || fields.iter().map(|field| field.key);
        let key = show(&entry.key);
        let is_known = |key: &str| keys().any(|known| known == key);
        if let Some((known, value)) = without_space(&entry.key, is_known) {
            self.no_space(entry.key_span, known, value);
            return;
        }
        let message = format!("{what} has no key `{key}`");
        let known = suggest::list(keys());
        let help = if entry.key == "<<" {
            "YAML 1.2 has no merge keys; write each key out".to_owned()
        } else if entry.key.starts_with("//") {
            "comments start with `#`".to_owned()
        } else if OTHER_FILES.contains(&&*entry.key.to_lowercase()) {
            "a policy cannot include another file; write the keys here".to_owned()
        } else if let Some(meant) = suggest::nearest(&entry.key, keys()) {
            format!("did you mean `{meant}`? Its keys are {known}")
        } else if let Some(home) = fields::paths_of_key(&entry.key).first() {
            format!("`{key}` belongs in `{home}`. The keys here are {known}")
        } else {
            format!("its keys are {known}")
        };
        self.error("unknown-key", entry.key_span, message, help);
    }

    /// Whether the text is a known key and its value without a space between them; if so, reports it.
    pub(super) fn missing_space(&mut self, node: &Node, is_known: impl Fn(&str) -> bool) -> bool {
        let Value::Scalar { text, quoted: false } = &node.value else { return false };
        let Some((key, value)) = without_space(text, is_known) else { return false };
        self.no_space(node.span, key, value);
        true
    }

    fn no_space(&mut self, span: Span, key: &str, value: &str) {
        self.errors.push(tree::no_space(span, key, value));
    }

    /// A key with nothing after its colon, or with `null`; `field` is what the table says of it.
    pub(super) fn no_value(&mut self, entry: &Entry, field: Option<&Field>) {
        if let Some(error) = tree::value_in_a_comment(self.text, entry.key_span) {
            self.errors.push(error);
            return;
        }
        let key = &entry.key;
        let message = match &entry.value.value {
            Value::Scalar { text, .. } if !text.is_empty() => {
                format!("`{key}` has no value: `{}` leaves the key empty", show(text))
            }
            _ => format!("`{key}` has no value"),
        };
        let help = match field {
            Some(field) if field.may_be_empty => {
                format!("for no entries, write `{key}:` with nothing after it, or remove the key")
            }
            Some(field) if field.required => {
                "write a value after the colon (indented, if it starts on the next line)".to_owned()
            }
            Some(Field { kind: Kind::Mapping(_), .. }) => {
                "remove the key to use the defaults, or write its keys below it, indented".to_owned()
            }
            _ => "write a value after the colon (indented, if it starts on the next line), or remove the key"
                .to_owned(),
        };
        self.error("no-value", entry.key_span, message, help);
    }

    pub(super) fn missing_key(&mut self, map: &Mapping<'_>, what: &str, field: &Field) {
        self.error(
            "missing-key",
            map.span,
            format!("{what} has no `{}`", field.key),
            format!("add `{}: {}`", field.key, field.example),
        );
    }
}
