//! HCL, as `terraform fmt` writes it.

use serde_json::Value;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::setup) enum Hcl {
    /// A string.
    Text(String),
    /// A reference or a keyword. Only for words of ours.
    Word(String),
    /// A tuple.
    List(Vec<Self>),
    /// An object, in this order.
    Object(Vec<(String, Self)>),
    /// `jsonencode(…)`.
    Json(Box<Self>),
}

/// What a block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::setup) enum Item {
    /// `name = value`.
    Attribute(&'static str, Hcl),
    /// An empty line.
    Blank,
    /// A comment of one line, of words of ours.
    Comment(String),
    /// A block: its type, its labels, what it holds.
    Block(&'static str, Vec<String>, Vec<Self>),
}

/// The file.
pub(in crate::setup) fn document(items: &[Item]) -> String {
    let mut out = String::new();
    write_items(items, 0, &mut out);
    out
}

/// A resource whose provider has the alias `label`, as it has itself.
pub(in crate::setup) fn resource(kind: &str, label: &str, mut attributes: Vec<Item>) -> Item {
    attributes.insert(0, Item::Attribute("provider", Hcl::word(format!("aws.{label}"))));
    Item::Block("resource", vec![kind.to_owned(), label.to_owned()], attributes)
}

fn write_items(items: &[Item], indent: usize, out: &mut String) {
    let mut rest = items;
    while let Some((first, after)) = rest.split_first() {
        match first {
            Item::Blank => out.push('\n'),
            Item::Comment(text) => push_line(&format!("# {text}"), indent, out),
            Item::Block(kind, labels, held) => {
                let labels: String =
                    labels.iter().map(|label| format!(" {}", text(label))).collect();
                push_line(&format!("{kind}{labels} {{"), indent, out);
                write_items(held, indent + 2, out);
                push_line("}", indent, out);
            }
            Item::Attribute(..) => {
                let run: Vec<(String, &Hcl)> = rest.iter().map_while(attribute).collect();
                write_pairs(&run, indent, out);
                rest = &rest[run.len()..];
                continue;
            }
        }
        rest = after;
    }
}

fn attribute(item: &Item) -> Option<(String, &Hcl)> {
    match item {
        Item::Attribute(name, value) => Some(((*name).to_owned(), value)),
        _ => None,
    }
}

/// Names and values; the equals signs of neighbours whose values take one line are aligned.
fn write_pairs(pairs: &[(String, &Hcl)], indent: usize, out: &mut String) {
    let mut rest = pairs;
    while !rest.is_empty() {
        let short = |(_, value): &&(String, &Hcl)| !value.spans_lines();
        let run = rest.iter().take_while(short).count();
        let width = rest[..run].iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        // One that takes more lines ends the run, and is aligned with nothing.
        let end = (run + 1).min(rest.len());
        for (at, (name, value)) in rest[..end].iter().enumerate() {
            let width = if at < run { width } else { 0 };
            let start = format!("{name:width$} = ");
            push_line(&(start + &value.written(indent)), indent, out);
        }
        rest = &rest[end..];
    }
}

fn push_line(text: &str, indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
    *out += text;
    out.push('\n');
}

impl Hcl {
    pub(in crate::setup) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(in crate::setup) fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }

    /// An IAM document.
    pub(in crate::setup) fn json(value: &Value) -> Self {
        Self::Json(Box::new(value.into()))
    }

    fn spans_lines(&self) -> bool {
        match self {
            Self::Text(_) | Self::Word(_) => false,
            Self::List(items) => items.len() > 1 || items.iter().any(Self::spans_lines),
            Self::Object(entries) => !entries.is_empty(),
            Self::Json(value) => value.spans_lines(),
        }
    }

    fn written(&self, indent: usize) -> String {
        match self {
            Self::Text(held) => text(held),
            Self::Word(word) => word.clone(),
            Self::Json(value) => format!("jsonencode({})", value.written(indent)),
            Self::List(items) if items.len() < 2 => {
                format!("[{}]", items.first().map(|item| item.written(indent)).unwrap_or_default())
            }
            Self::List(items) => {
                let mut out = "[\n".to_owned();
                for item in items {
                    push_line(&format!("{},", item.written(indent + 2)), indent + 2, &mut out);
                }
                out + &" ".repeat(indent) + "]"
            }
            Self::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Object(entries) => {
                let pairs: Vec<(String, &Self)> =
                    entries.iter().map(|(name, value)| (key(name), value)).collect();
                let mut out = "{\n".to_owned();
                write_pairs(&pairs, indent + 2, &mut out);
                out + &" ".repeat(indent) + "}"
            }
        }
    }
}

impl From<&Value> for Hcl {
    fn from(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::word(value.to_string()),
        }
    }
}

/// A key of an object: an identifier, else a string.
fn key(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { name.to_owned() } else { text(name) }
}

/// A string. `${` and `%{` would begin a template.
/// Source: HCL native syntax specification, "Template Expressions".
fn text(text: &str) -> String {
    let mut out = "\"".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            // Not doubled: how `$$${` is read depends on the reader.
            '$' if rest.peek() == Some(&'{') => out += "\\u0024",
            '%' if rest.peek() == Some(&'{') => out += "\\u0025",
            other => out.push(other),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn neighbours_are_aligned_and_blocks_are_indented() {
        let policy = json!({ "Version": "1", "Statement": [{ "a:b": ["x", "y"], "Effect": "z" }] });
        let items = [
            Item::Comment("rootgate".to_owned()),
            Item::Block(
                "resource",
                vec!["aws_iam_role".to_owned(), "r".to_owned()],
                vec![
                    Item::Attribute("name", Hcl::text("r")),
                    Item::Attribute("provider", Hcl::word("aws.r")),
                    Item::Attribute("assume_role_policy", Hcl::json(&policy)),
                    Item::Blank,
                    Item::Attribute("path", Hcl::List(vec![Hcl::text("/")])),
                ],
            ),
        ];
        assert_eq!(
            document(&items),
            r#"# rootgate
resource "aws_iam_role" "r" {
  name     = "r"
  provider = aws.r
  assume_role_policy = jsonencode({
    Statement = [{
      Effect = "z"
      "a:b" = [
        "x",
        "y",
      ]
    }]
    Version = "1"
  })

  path = ["/"]
}
"#
        );
    }

    #[test]
    fn no_text_becomes_a_template() {
        for (given, written) in [
            ("${aws_iam_user.x.arn}", r#""\u0024{aws_iam_user.x.arn}""#),
            ("%{ if true }", r#""\u0025{ if true }""#),
            ("$$${", r#""$$\u0024{""#),
            ("$5 100%", r#""$5 100%""#),
            ("a\"b\\c\nd", r#""a\"b\\c\nd""#),
        ] {
            assert_eq!(text(given), written);
        }
    }
}
