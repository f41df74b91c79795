//! A page of Markdown that grows by rows, and stops in time.

use crate::escape::{code_span, markdown, shortened};
use crate::model::AccountReport;
use crate::report::document::words;

/// Below GitHub's limit of 1 MiB for a step's summary.
const MAX_BYTES: usize = 900 * 1024;
/// What stays free for headings and the end while rows are written.
const RESERVE: usize = 32 * 1024;

#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How many bytes of rows still fit.
    pub(super) fn room(&self) -> usize {
        (MAX_BYTES - RESERVE).saturating_sub(self.text.len())
    }

    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.line(&format!("\n{text}"));
    }

    /// A heading and its table; nothing where there are no rows.
    pub(super) fn table(&mut self, heading: &str, head: &[&str], rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            self.line(&format!("\n### {heading}"));
            self.rows(head, rows);
        }
    }

    /// A table. It takes at most half of the room that is left, so that what follows has some.
    pub(super) fn rows(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        self.rows_of(head, rows, 0);
    }

    /// Blocks of lines, as many as half of the room that is left holds.
    pub(super) fn blocks(&mut self, blocks: &[String]) {
        let end = self.text.len() + self.room() / 2;
        for (index, block) in blocks.iter().enumerate() {
            if self.text.len() + block.len() > end {
                self.paragraph(&format!("{} more in the JSON report.", blocks.len() - index));
                return;
            }
            self.line(block);
        }
    }

    /// A table, and how many rows more there are than it is given.
    pub(super) fn rows_of(&mut self, head: &[&str], rows: Vec<Vec<String>>, more: usize) {
        self.line(&format!("\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len())));
        let all = rows.len() + more;
        let end = self.text.len() + self.room() / 2;
        for (index, row) in rows.into_iter().enumerate() {
            let row = format!("| {} |", row.join(" | "));
            if self.text.len() + row.len() > end {
                self.paragraph(&format!("{} more in the JSON report.", all - index));
                return;
            }
            self.line(&row);
        }
        if more > 0 {
            self.paragraph(&format!("{more} more in the JSON report."));
        }
    }
}

/// A fence that none of these lines can close.
pub(super) fn fence(lines: &str) -> String {
    let runs = lines.split(|letter| letter != '`').map(str::len);
    "`".repeat(runs.max().unwrap_or_default().max(2) + 1)
}

/// Outside text for a table cell or a line.
pub(super) fn cell(text: &str) -> String {
    markdown(&shortened(text, words::MAX_TEXT))
}

/// `prod (111122223333)`.
pub(super) fn account_cell(account: &AccountReport) -> String {
    let id = code_span(account.id.as_str());
    match &account.name {
        Some(name) => format!("**{}** ({id})", markdown(&shortened(name, words::MAX_NAME))),
        None => id,
    }
}

/// Lines of one cell.
pub(super) fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("<br>")
}
