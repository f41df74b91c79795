//! The policy as YAML: one tree in which every key and value has its position.
//!
//! It is built from the parser's events and not with serde: only the events show whether a scalar is quoted,
//! the position of a tag, an anchor or the `---` of a second document, and both of two duplicate keys. YAML
//! that a policy may not use (aliases, anchors, tags, directives, several documents, keys that are not text)
//! is refused here, with an error that quotes the file.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScalarStyle, ScanError};

use super::comment;
use super::error::{PolicyError, Span, show};
use super::fields;

/// The maximum size of a policy, in bytes. Real ones have a few thousand.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The maximum number of values and keys. Real policies have a few hundred.
const MAX_NODES: usize = 20_000;
/// The maximum nesting, of flow and of block collections each; a policy needs five levels.
const MAX_DEPTH: usize = 32;

const NOT_A_POLICY: &str =
    "check that this is the policy, and remove windows and waivers of years ago";

/// A value of the file.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    /// A scalar with its quotes; for a collection, its start.
    pub(super) span: Span,
}

/// A value before it is compared with the expected type.
#[derive(Debug)]
pub(super) enum Value {
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A value that was already refused, such as an alias, so that it has no second error.
    Refused,
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

/// How YAML 1.2 (its core schema) reads a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarType {
    Null,
    Flag(bool),
    Number,
    Text,
}

impl Node {
    /// The type of a scalar; `None` for collections.
    pub(super) fn scalar_type(&self) -> Option<ScalarType> {
        match &self.value {
            Value::Scalar { quoted: true, .. } => Some(ScalarType::Text),
            Value::Scalar { text, .. } => Some(core_schema_type(text)),
            Value::List(_) | Value::Map(_) | Value::Refused => None,
        }
    }

    /// Whether there is no value: nothing after the colon, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        self.scalar_type() == Some(ScalarType::Null)
    }

    /// Whether there is no text after the colon.
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false } if text.is_empty())
    }

    /// The value of the key `id` of a mapping.
    pub(super) fn own_id(&self) -> Option<&str> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find_map(|entry| match &entry.value.value {
            Value::Scalar { text, .. } if entry.key == "id" => Some(text.as_str()),
            _ => None,
        })
    }

    /// A description of the value for a sentence.
    pub(super) fn describe(&self) -> &'static str {
        match (&self.value, self.scalar_type()) {
            (Value::List(_), _) => "a list",
            (Value::Map(_), _) => "a mapping",
            (_, Some(ScalarType::Null)) => "nothing",
            (_, Some(ScalarType::Flag(_))) => "true or false",
            (_, Some(ScalarType::Number)) => "a number",
            (_, _) => "text",
        }
    }
}

fn core_schema_type(text: &str) -> ScalarType {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarType::Null,
        "true" | "True" | "TRUE" => ScalarType::Flag(true),
        "false" | "False" | "FALSE" => ScalarType::Flag(false),
        _ if is_number(text) => ScalarType::Number,
        _ => ScalarType::Text,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        }
    }
    // What is left is decimal: Rust reads the same forms, and the words `inf` and `nan` besides.
    unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && !unsigned.starts_with(['-', '+'])
        && unsigned.parse::<f64>().is_ok()
}

/// Parses the text into its tree; `None` if that is not possible. Every problem goes to `errors`.
pub(super) fn read(text: &str, errors: &mut Vec<PolicyError>) -> Option<Node> {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes; a policy has at most {MAX_BYTES} ({} KiB)",
            text.len(),
            MAX_BYTES / 1024
        );
        errors.push(PolicyError::new("too-large", Span::START, message).help(NOT_A_POLICY));
        return None;
    }
    let mut options = Options::default();
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let parser = Parser::new_from_str_with_options(text, options);
    Builder { text, events: parser, nodes: 0, errors }.document().ok()
}

/// The parser cannot continue; the error has been pushed.
struct Stop;

struct Builder<'a, 'e> {
    text: &'a str,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    nodes: usize,
    errors: &'e mut Vec<PolicyError>,
}

impl<'a> Builder<'a, '_> {
    /// The next event; reports anchors as errors.
    fn next(&mut self) -> Result<(Event<'a>, granit_parser::Span), Stop> {
        loop {
            match self.events.next_event() {
                Some(Ok((Event::Anchor(_, name), span))) => self.errors.push(
                    PolicyError::new(
                        "anchor",
                        span_of(&span),
                        format!("the anchor `&{}`: anchors are not allowed in a policy", show(&name)),
                    )
                    .help("write the value out wherever it is needed, so that reviewers see what each line means"),
                ),
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => {
                    self.errors.push(syntax_error(self.text, &error));
                    return Err(Stop);
                }
                None => return Ok((Event::StreamEnd, granit_parser::Span::default())),
            }
        }
    }

    fn document(&mut self) -> Result<Node, Stop> {
        let mut document: Option<Node> = None;
        loop {
            match self.next()? {
                (Event::DocumentStart(..), span) if document.is_some() => {
                    self.errors.push(
                        PolicyError::new(
                            "several-documents",
                            span_of(&span),
                            "a second document starts here; a policy is a single document"
                                .to_owned(),
                        )
                        .help("keep one document in the file and remove this `---`"),
                    );
                    break;
                }
                (Event::StreamEnd, _) => break,
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, span) => document = Some(self.node(event, &span)?),
            }
        }
        document.ok_or_else(|| {
            self.errors.push(empty(Span::START));
            Stop
        })
    }

    fn node(&mut self, event: Event<'a>, at: &granit_parser::Span) -> Result<Node, Stop> {
        if let Some(tag) = event.tag() {
            let span = at.tag_span().map_or_else(|| span_of(at), |tag_span| span_of(&tag_span));
            self.errors.push(
                PolicyError::new(
                    "tag",
                    span,
                    format!(
                        "the tag `{}`: tags are not allowed in a policy",
                        show(&tag.original())
                    ),
                )
                .help("remove the tag; put text that looks like a number in double quotes"),
            );
        }
        let span = span_of(at);
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} keys and values");
            self.errors.push(PolicyError::new("too-large", span, message).help(NOT_A_POLICY));
            return Err(Stop);
        }
        let value = match event {
            Event::Scalar(text, style, ..) => self.scalar(&text, style, span),
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            _ => {
                self.errors.push(
                    PolicyError::new(
                        "alias",
                        span,
                        "aliases are not allowed in a policy".to_owned(),
                    )
                    .help("write the value out, so that reviewers see what each line means"),
                );
                Value::Refused
            }
        };
        Ok(Node { value, span })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Value {
        // The parser represents a missing value as an empty span with the text `~`.
        let absent = style == ScalarStyle::Plain && span.start == span.end;
        let text = if absent { String::new() } else { text.to_owned() };
        Value::Scalar { text, quoted: style != ScalarStyle::Plain }
    }

    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => {
                    let mut item = self.node(event, &span)?;
                    if let Some(error) = self.swallowed_entry(&item) {
                        self.errors.push(error);
                        item.value = Value::Refused;
                    }
                    items.push(item);
                }
            }
        }
    }

    /// An entry whose dash is farther right than the others: to YAML it is more text of the one
    /// above it.
    fn swallowed_entry(&self, item: &Node) -> Option<PolicyError> {
        let Value::Scalar { quoted: false, .. } = item.value else { return None };
        let text = self.text.get(item.span.start..item.span.end)?;
        let mut below = text.lines().enumerate().skip(1);
        let (at, _) = below.find(|(_, line)| line.trim_start().starts_with("- "))?;
        columns_differ(self.text, Span { line: item.span.line + at, ..item.span })
    }

    fn map(&mut self) -> Result<Value, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (event, span) => self.node(event, &span)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, &span)?;
            let Value::Scalar { text, .. } = key.value else {
                self.errors.push(
                    PolicyError::new(
                        "key-not-text",
                        key.span,
                        format!("{} used as a key; keys are plain words", key.describe()),
                    )
                    .help("write `key: value`; a value that starts with `{` or `[` goes after the colon"),
                );
                continue;
            };
            if let Some(first) = seen.get(&text) {
                self.errors.push(
                    PolicyError::new(
                        "duplicate-key",
                        key.span,
                        format!("duplicate key `{}` in this mapping", show(&text)),
                    )
                    .help(format!("it is already on line {first}; keep one of the two")),
                );
            } else {
                seen.insert(text.clone(), key.span.line);
            }
            entries.push(Entry { key: text, key_span: key.span, value });
        }
    }
}

pub(super) fn empty(span: Span) -> PolicyError {
    PolicyError::new("empty", span, "the policy is empty".to_owned()).help(
        "write at least `version: 1`: every rule is then on with its default. \
         Without any file the same strict defaults judge",
    )
}

fn span_of(span: &granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span { start: range.start, end: range.end, ..span_at(&span.start) }
}

fn span_at(marker: &Marker) -> Span {
    let offset = marker.byte_offset().unwrap_or_default();
    Span { start: offset, end: offset, line: marker.line(), column: marker.col() + 1 }
}

/// A key and its value with no space after the colon, which YAML reads as one text.
pub(super) fn no_space(span: Span, key: &str, value: &str) -> PolicyError {
    let (key, value) = (show(key), show(value.lines().next().unwrap_or_default()));
    PolicyError::new("no-space", span, format!("no space after the colon of `{key}:{value}`"))
        .help(format!("write `{key}: {value}`"))
}

/// The error of a key whose value YAML reads as a comment, if it is one.
pub(super) fn value_in_a_comment(text: &str, key: Span) -> Option<PolicyError> {
    let lines = Line::lines_up_to(text, key.line);
    let line = lines.first()?;
    let comment = comment::find_value_comment(line.text)?;
    let after_key = line.text.get(key.end.checked_sub(line.start)?..comment.start)?;
    let directly = after_key.trim_end_matches([' ', '\t']) == ":";
    directly.then(|| lost_in_a_comment(line.span_at(comment.start, comment.text), &comment))
}

/// A line of the text, and where it begins.
struct Line<'a> {
    text: &'a str,
    start: usize,
    number: usize,
}

impl<'a> Line<'a> {
    /// The lines up to this one, the last first.
    fn lines_up_to(text: &'a str, last: usize) -> Vec<Self> {
        let mut start = 0;
        let mut lines = Vec::new();
        for (at, line) in text.split_inclusive('\n').take(last).enumerate() {
            lines.push(Self { text: line.trim_end(), start, number: at + 1 });
            start += line.len();
        }
        lines.reverse();
        lines
    }

    /// Its content, without indentation, the dash of a list, and a comment.
    fn content(&self) -> &'a str {
        let content = self.text.trim_start();
        let content = content.strip_prefix("- ").map_or(content, str::trim_start);
        if content.starts_with('#') { "" } else { content }
    }

    /// 1-based column of its content, in characters.
    fn column(&self) -> usize {
        self.text.chars().take_while(|character| character.is_whitespace()).count() + 1
    }

    /// The column of the dash of an entry of a list.
    fn dash(&self) -> Option<usize> {
        let text = self.text.trim_start();
        (text == "-" || text.starts_with("- ")).then(|| self.column())
    }

    /// A key with nothing after its colon: what is below it is its value.
    fn open_key(&self) -> Option<&'a str> {
        let content = self.content().split(" #").next().unwrap_or_default().trim_end();
        content.strip_suffix(':').filter(|key| is_key(key))
    }

    /// Whether the entry that starts here is a mapping, not a single value.
    fn is_mapping(&self) -> bool {
        let content = self.content();
        let key = content.split_once(':').map_or("", |(key, _)| key);
        content.starts_with('{') || is_key(key)
    }

    fn span_of(&self, part: &str) -> Span {
        self.span_at(self.text.find(part).unwrap_or_default(), part)
    }

    fn span_at(&self, at: usize, part: &str) -> Span {
        let start = self.start + at;
        let column = self.text.get(..at).unwrap_or_default().chars().count() + 1;
        Span { start, end: start + part.len(), line: self.number, column }
    }
}

/// Whether a word can be a key of a policy or the id of a rule.
fn is_key(word: &str) -> bool {
    !fields::paths_of_key(word).is_empty() || word.starts_with("root-")
}

/// `version:1` in the line of a syntax error, or just above it.
fn missing_space(text: &str, span: Span) -> Option<PolicyError> {
    for line in Line::lines_up_to(text, span.line) {
        let content = line.content();
        let (key, value) = content.split_once(':').unwrap_or((content, ""));
        let is_key = is_key(key);
        if is_key && !value.is_empty() && !value.starts_with(char::is_whitespace) {
            return Some(no_space(line.span_of(content), key, value));
        }
        // A line that is right ends what could have run on into the error.
        if line.number < span.line && is_key {
            return None;
        }
    }
    None
}

/// `windows: []` with entries below it.
fn closed_above(text: &str, span: Span) -> Option<PolicyError> {
    for line in Line::lines_up_to(text, span.line) {
        let content = line.content().split(" #").next().unwrap_or_default().trim_end();
        let (key, value) = content.split_once(':').unwrap_or((content, ""));
        let brackets = value.trim();
        if is_key(key) && matches!(brackets, "[]" | "{}") {
            if line.number == span.line {
                continue;
            }
            let what = if brackets == "[]" { "list" } else { "mapping" };
            let message = format!("`{content}` is an empty {what}, so nothing can follow below it");
            let error = PolicyError::new("entries-below-empty", line.span_of(content), message)
                .label(format!("line {} follows below it", span.line));
            let help = format!("remove the brackets: write `{key}:`, and the entries below it");
            return Some(error.help(help));
        }
        // Entries begin with a dash, or are deeper than their key.
        let is_below = line.text.starts_with([' ', '-']);
        if line.number < span.line && !content.is_empty() && !is_below {
            return None;
        }
    }
    None
}

/// Entries of one list whose dashes are in different columns, at a syntax error or just above it: the
/// parser stops in that entry or at the end of it.
fn columns_differ(text: &str, span: Span) -> Option<PolicyError> {
    let lines = Line::lines_up_to(text, span.line);
    lines.iter().take(ABOVE_ERROR).enumerate().find_map(|(at, line)| {
        let column = line.dash()?;
        let list = List::above(line, column, &lines[at + 1..])?;
        (column != list.column).then(|| different_columns(list.key, list.line, list.column, line))
    })
}

/// How many lines up from a syntax error the entry that it is about can begin.
const ABOVE_ERROR: usize = 2;

/// The list that an entry seems to belong to.
struct List<'a> {
    key: &'a str,
    /// The line of its first entry.
    line: usize,
    /// The column of that entry's dash.
    column: usize,
}

impl<'a> List<'a> {
    /// The nearest list above whose entries look like this one. `above`: the lines, the last first.
    fn above(entry: &Line<'_>, column: usize, above: &[Line<'a>]) -> Option<Self> {
        let mut first: Option<(&Line<'a>, usize)> = None;
        for line in above {
            if let Some(column) = line.dash() {
                first = Some((line, column));
            }
            let key = line.open_key().filter(|_| line.column() <= column);
            let Some(key) = key else { continue };
            match first {
                Some((first, column)) if first.is_mapping() == entry.is_mapping() => {
                    return Some(Self { key, line: first.number, column });
                }
                // A list of other things, inside of an entry above.
                Some(_) => {}
                None => return None,
            }
        }
        None
    }
}

fn different_columns(key: &str, first: usize, column: usize, entry: &Line<'_>) -> PolicyError {
    let message = format!(
        "entries of `{}` begin in different columns: line {first} in column {column}, line {} in column {}",
        show(key),
        entry.number,
        entry.column()
    );
    let help = format!(
        "indent this entry, and those below it, so that each `-` is in column {column}, as on line {first}"
    );
    PolicyError::new("different-columns", entry.span_of("-"), message).help(help)
}

/// `{ ticket: #123 }` in the line of a syntax error, or the next above it.
fn commented_out(text: &str, span: Span) -> Option<PolicyError> {
    for line in Line::lines_up_to(text, span.line) {
        if let Some(comment) = comment::find_value_comment(line.text) {
            return Some(lost_in_a_comment(line.span_at(comment.start, comment.text), &comment));
        }
        if line.number < span.line && !line.content().is_empty() {
            return None;
        }
    }
    None
}

fn lost_in_a_comment(span: Span, comment: &comment::Comment<'_>) -> PolicyError {
    let message = format!(
        "`{}` is a comment: a `#` after a space starts a comment that runs to the end of the line",
        show(comment.text)
    );
    PolicyError::new("comment", span, message).help(comment.help.as_str())
}

fn syntax_error(text: &str, error: &ScanError) -> PolicyError {
    let span = span_at(error.marker());
    let known = || {
        let known = closed_above(text, span).or_else(|| commented_out(text, span));
        known.or_else(|| missing_space(text, span)).or_else(|| columns_differ(text, span))
    };
    if !is_merge_conflict(text, span)
        && let Some(known) = known()
    {
        return known;
    }
    let (code, message, help) = match error.kind() {
        _ if is_merge_conflict(text, span) => (
            "merge-conflict",
            "an unresolved merge conflict".to_owned(),
            "keep one of the two sides, and remove the lines that begin with `<<<<<<<`, `=======` \
             and `>>>>>>>`",
        ),
        ErrorKind::RecursionLimitExceeded => (
            "too-deep",
            format!("nested more than {MAX_DEPTH} deep"),
            "a policy needs five levels; look for a bracket that is not closed",
        ),
        ErrorKind::DirectiveDisallowed => (
            "directive",
            "`%` directives are not allowed in a policy".to_owned(),
            "remove the line; policies are YAML 1.2",
        ),
        kind if is_tab(kind) => (
            "tab",
            "a tab, but YAML allows only spaces here".to_owned(),
            "indent with spaces; most editors can convert the whole file",
        ),
        ErrorKind::UnexpectedCharacter { character: '`' } => (
            "syntax",
            "a backtick is not allowed here".to_owned(),
            "put the text in double quotes; if you pasted a Markdown code block, remove its fences",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            "syntax",
            format!("the character `{}` is not allowed here", show(&character.to_string())),
            "put the text in double quotes",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "syntax",
            "this quoted text is not closed".to_owned(),
            "close it with the quote that opened it, here or on a line above",
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            "syntax",
            format!("this `{open}` is not closed"),
            "close it, or write the collection with one entry a line",
        ),
        ErrorKind::MappingValueNotAllowed => (
            "syntax",
            "a second `: ` on this line, or a key whose indentation matches nothing above it"
                .to_owned(),
            "put text that holds `: ` in double quotes; keys of one mapping begin in the same column, \
             and a space follows each colon",
        ),
        kind => (
            "syntax",
            format!("this is not YAML: {}", show(&kind.to_string())),
            "check the indentation, colons, quotes and brackets here and on the line above",
        ),
    };
    PolicyError::new(code, span, message).help(help)
}

/// Whether the position is in or right below a conflict marker of git.
fn is_merge_conflict(text: &str, span: Span) -> bool {
    let lines = text.lines().skip(span.line.saturating_sub(2)).take(2);
    lines.into_iter().any(|line| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark)))
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_the_core_schema() {
        for (text, expected) in [
            ("~", ScalarType::Null),
            ("True", ScalarType::Flag(true)),
            ("false", ScalarType::Flag(false)),
            ("011122223333", ScalarType::Number),
            ("-1.5e3", ScalarType::Number),
            ("0x1F", ScalarType::Number),
            (".inf", ScalarType::Number),
            (".5", ScalarType::Number),
            ("off", ScalarType::Text),
            ("yes", ScalarType::Text),
            ("inf", ScalarType::Text),
            ("1_000", ScalarType::Text),
            ("0x", ScalarType::Text),
            ("+-1", ScalarType::Text),
            ("90d", ScalarType::Text),
            ("2026-11-20", ScalarType::Text),
        ] {
            assert_eq!(core_schema_type(text), expected, "{text}");
        }
    }
}
