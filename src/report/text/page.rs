//! Lines of a terminal: indented, wrapped, painted.

use std::fmt;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::escape::{shortened, visible};
use crate::report::document::MAX_TEXT;

pub(super) const COLUMNS: usize = 80;

/// The colours of a terminal, as the parameter of ANSI's "select graphic rendition".
#[derive(Clone, Copy)]
pub(super) enum Style {
    Bold,
    Red,
    Green,
    Yellow,
    Cyan,
    Dim,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Red => "1;31",
            Self::Green => "1;32",
            Self::Yellow => "1;33",
            Self::Cyan => "1;36",
            Self::Dim => "2",
        }
    }
}

pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) color: bool,
}

impl Page<'_> {
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = self.painted(Style::Bold, &visible(text));
        writeln!(self.out, "\n{text}")
    }

    pub(super) fn paragraph(&mut self, indent: &str, text: impl fmt::Display) -> io::Result<()> {
        self.lines(indent, indent, &text.to_string())
    }

    /// A paragraph that begins with a mark. The other lines are indented by the width of the mark.
    pub(super) fn item(&mut self, mark: &str, text: impl fmt::Display) -> io::Result<()> {
        self.lines(mark, &" ".repeat(mark.width()), &text.to_string())
    }

    fn lines(&mut self, first: &str, others: &str, text: &str) -> io::Result<()> {
        self.whole_lines(first, others, &shortened(text, MAX_TEXT))
    }

    /// Like [`item`](Self::item), for a text whose parts are already cut.
    pub(super) fn whole(&mut self, mark: &str, text: &str) -> io::Result<()> {
        self.whole_lines(mark, &" ".repeat(mark.width()), text)
    }

    fn whole_lines(&mut self, first: &str, others: &str, text: &str) -> io::Result<()> {
        let room = COLUMNS.saturating_sub(others.width());
        for (index, line) in wrapped(&visible(text), room).iter().enumerate() {
            let indent = if index == 0 { first } else { others };
            writeln!(self.out, "{indent}{line}")?;
        }
        Ok(())
    }

    pub(super) fn painted(&self, style: Style, text: &str) -> String {
        match self.color {
            true => format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()),
            false => text.to_owned(),
        }
    }
}

/// Wraps a text to lines of at most `columns`. A longer word gets its own line and is never split, so
/// that it can be copied.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
