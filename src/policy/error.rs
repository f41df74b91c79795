//! The errors of a policy: all problems together, each with its position and what to write instead, drawn
//! in the style of the Rust compiler.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// Maximum number of errors that are drawn; the others are counted.
const DRAWN: usize = 50;
/// Maximum length of a word of the file in a message.
const SHOWN_CHARS: usize = 60;
/// Maximum number of characters that are drawn at the position, and after it.
const CONTEXT_CHARS: usize = 60;

/// A position in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
    /// 1-based line of the first byte.
    pub(super) line: usize,
    /// 1-based column of the first byte, in characters.
    pub(super) column: usize,
}

impl Span {
    pub(super) const START: Self = Self { start: 0, end: 0, line: 1, column: 1 };
}

/// One problem of a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyError {
    /// The kind of problem, in kebab-case: `unknown-key`.
    pub code: &'static str,
    /// One sentence without its full stop. Words of the file in it are cut short and hold no
    /// control characters.
    pub message: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The bytes of [`PolicyErrors::text`] that it is about; may be empty.
    #[serde(skip)]
    pub span: Range<usize>,
    /// A few words beside the carets; may be empty.
    pub label: String,
    /// What to write instead.
    pub help: String,
}

impl PolicyError {
    pub(super) fn new(code: &'static str, span: Span, message: String) -> Self {
        Self {
            code,
            message,
            line: span.line,
            column: span.column,
            span: span.start..span.end,
            label: String::new(),
            help: String::new(),
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// All errors of a policy file, in the order of the file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyErrors {
    path: String,
    text: String,
    errors: Vec<PolicyError>,
}

impl PolicyErrors {
    /// `text` is without a byte-order mark.
    pub(super) fn new(path: &str, text: &str, mut errors: Vec<PolicyError>) -> Self {
        errors.sort_by_key(|error| error.span.start);
        Self { path: path.to_owned(), text: text.to_owned(), errors }
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text that the spans point into: the file without its byte-order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The problems, in the order of the file.
    #[must_use]
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }

    /// Draws the first 50 problems, each with its line and carets, and counts the others.
    ///
    /// The result holds no control character of the file or the path; with `color`, only the
    /// escape sequences of the drawing itself. It ends with a line break.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let mut out = String::new();
        for error in self.errors.iter().take(DRAWN) {
            out.push_str(&renderer.render(&[self.group(error)]));
            out.push_str("\n\n");
        }
        let rest = self.errors.len().saturating_sub(DRAWN);
        if rest > 0 {
            out.push_str(&format!("and {rest} more\n\n"));
        }
        out.push_str(&format!("{self}\n"));
        out
    }

    fn group<'a>(&self, error: &'a PolicyError) -> Group<'a> {
        let (line, range) = drawn_line(&self.text, &error.span);
        let annotation = AnnotationKind::Primary.span(range);
        let annotation =
            if error.label.is_empty() { annotation } else { annotation.label(&*error.label) };
        let snippet = Snippet::source(line)
            .path(visible(&self.path))
            .line_start(error.line)
            .annotation(annotation);
        let title = Level::ERROR.primary_title(&*error.message).id(error.code);
        let group = Group::with_title(title).element(snippet);
        if error.help.is_empty() { group } else { group.element(Level::HELP.message(&*error.help)) }
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.errors.len();
        let errors = if count == 1 { "error" } else { "errors" };
        write!(formatter, "{}: {count} {errors}; the policy was not read", visible(&self.path))
    }
}

impl std::error::Error for PolicyErrors {}

/// The line that is drawn, without its far end, and where the span lies in it. Characters are
/// replaced one for one, so that the drawing names the right column.
fn drawn_line(text: &str, span: &Range<usize>) -> (String, Range<usize>) {
    let start = span.start.min(text.len());
    let (above, below) = text.split_at_checked(start).unwrap_or((text, ""));
    let before = above.rsplit('\n').next().unwrap_or_default();
    let rest = below.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let marked_bytes = span.end.saturating_sub(start).min(rest.len());
    let (marked, after) = rest.split_at_checked(marked_bytes).unwrap_or((rest, ""));

    let before = masked(before);
    let marked = masked(&head(marked, CONTEXT_CHARS));
    let after = masked(&head(after, CONTEXT_CHARS));
    let range = before.len()..before.len() + marked.len();
    (format!("{before}{marked}{after}"), range)
}

fn masked(text: &str) -> String {
    let drawn = |character| match character {
        '\t' => '→',
        _ if is_deceptive(character) => '\u{fffd}',
        _ => character,
    };
    text.chars().map(drawn).collect()
}

fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A word of the file for a message: shortened, without invisible characters.
pub(super) fn show(text: &str) -> String {
    visible(&head(text, SHOWN_CHARS))
}

/// Whether a character is invisible or changes how its neighbours are shown: control characters,
/// zero-width and bidirectional formatting, invisible fillers. Variation selectors are not: they
/// only choose the look of the character before them.
pub(super) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}')
}

/// The text with every deceptive character written as its code point.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) {
            out.push_str(&format!("<{}>", code_point(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// `U+200B`.
pub(super) fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}
