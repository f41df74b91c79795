//! A Markdown page that is written by rows and stops before the size limit.

use std::io::{self, Write};

use crate::escape::{code_span, markdown, shortened};
use crate::report::document::{Account, MAX_TEXT, Part, Prose};

/// Below GitHub's limit of 1 MiB for a step's summary.
pub(super) const MAX_BYTES: usize = 900 * 1024;
/// Space reserved for headings and the end while rows are written.
const RESERVE: usize = 32 * 1024;

pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    /// How many bytes are written.
    written: usize,
    /// The first error of the writer; nothing is written after it.
    result: io::Result<()>,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, written: 0, result: Ok(()) }
    }

    /// The result of writing.
    pub(super) fn ended(self) -> io::Result<()> {
        self.result
    }

    /// How many bytes of rows still fit.
    pub(super) fn room(&self) -> usize {
        (MAX_BYTES - RESERVE).saturating_sub(self.written)
    }

    pub(super) fn line(&mut self, text: &str) {
        if self.result.is_ok() {
            self.written += text.len() + 1;
            self.result = writeln!(self.out, "{text}");
        }
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.line(&format!("\n{text}"));
    }

    /// A heading and its table; nothing without items.
    pub(super) fn table<T>(
        &mut self,
        heading: &str,
        head: &[&str],
        items: Vec<T>,
        row: impl Fn(T) -> Vec<String>,
    ) {
        if !items.is_empty() {
            self.line(&format!("\n### {heading}"));
            self.rows(head, items, 0, row);
        }
    }

    /// A table with a row per item, then the number of omitted items including `more`. It takes at most
    /// half of the remaining space, to leave some for later parts.
    pub(super) fn rows<T>(
        &mut self,
        head: &[&str],
        items: Vec<T>,
        more: usize,
        row: impl Fn(T) -> Vec<String>,
    ) {
        self.line(&format!("\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len())));
        let all = items.len() + more;
        let end = self.written + self.room() / 2;
        for (index, item) in items.into_iter().enumerate() {
            let row = format!("| {} |", row(item).join(" | "));
            if self.written + row.len() > end {
                self.paragraph(&format!("{} more in the JSON report.", all - index));
                return;
            }
            self.line(&row);
        }
        if more > 0 {
            self.paragraph(&format!("{more} more in the JSON report."));
        }
    }

    /// Blocks of lines, at most half of the remaining space.
    pub(super) fn blocks(&mut self, blocks: &[String]) {
        let end = self.written + self.room() / 2;
        for (index, block) in blocks.iter().enumerate() {
            if self.written + block.len() > end {
                self.paragraph(&format!("{} more in the JSON report.", blocks.len() - index));
                return;
            }
            self.line(block);
        }
    }
}

/// A code fence that none of these lines can close.
pub(super) fn fence(lines: &str) -> String {
    let runs = lines.split(|letter| letter != '`').map(str::len);
    "`".repeat(runs.max().unwrap_or_default().max(2) + 1)
}

/// Outside text for a table cell or a line.
pub(super) fn cell(text: &str) -> String {
    markdown(&shortened(text, MAX_TEXT))
}

/// A sentence: names become code.
pub(super) fn prose(sentence: &Prose<'_>) -> String {
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => text.to_string(),
        Part::Name(text) => code_span(text),
        Part::External(text) => cell(text),
    };
    sentence.parts().iter().map(part).collect()
}

/// `prod (111122223333)`.
pub(super) fn account_cell(account: Account<'_>) -> String {
    let id = code_span(account.id().as_str());
    match account.name() {
        Some(name) => format!("**{}** ({id})", markdown(&name)),
        None => id,
    }
}

/// Lines of one cell.
pub(super) fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("<br>")
}

#[cfg(test)]
mod tests {
    use super::prose;
    use crate::report::document::Prose;

    #[test]
    fn each_part_of_a_sentence_is_escaped_by_its_kind() {
        let sentence =
            Prose::new().text("from *ours* ").name("a|b *c*").text(" to ").external("*x* | y");
        assert_eq!(prose(&sentence), r"from *ours* `a`\|`b *c*` to `*x*` \| y");
        assert_eq!(sentence.to_string(), "from *ours* a|b *c* to *x* | y");
    }
}
