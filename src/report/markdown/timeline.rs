//! Uses of root against the windows of the policy, drawn and as a table.

use crate::escape::{code_span, mermaid_label, shortened};
use crate::model::{Timeline, counted, format_time};
use crate::report::document::{Full, MAX_NAME};

use super::page::{Page, account_cell, cell};

/// Maximum number of windows, of uses and of central sessions drawn; the table has the rest. Mermaid
/// refuses a text of more than 50,000 characters.
const MAX_DRAWN: usize = 150;
/// Maximum size of a drawing, in bytes.
const ONE_DRAWING: usize = 50_000;

impl Page<'_> {
    /// One timeline per account where root was used, or may be.
    pub(super) fn timelines(&mut self, full: Full<'_>) {
        let accounts = full.accounts().filter(|account| !account.timeline().is_empty());
        let accounts: Vec<_> = accounts.collect();
        for (index, account) in accounts.iter().enumerate() {
            if self.room() < ONE_DRAWING {
                let more = counted(accounts.len() - index, "more account");
                self.paragraph(&format!("Use of root in {more}: in the JSON report."));
                return;
            }
            self.line(&format!("\n### Use of root: {}, times in UTC", account_cell(*account)));
            self.gantt(account.timeline());
            self.uses(account.timeline());
        }
    }

    fn uses(&mut self, timeline: &Timeline) {
        let windows = timeline.windows.iter().map(|window| {
            let until = format!("window until {}", format_time(window.to));
            (window.from, cell(&until), name(&window.id))
        });
        let uses = timeline.uses.iter().map(|root_use| {
            let window = root_use.window.as_deref().map(name);
            let window = window.unwrap_or_else(|| "**outside every window**".to_owned());
            let story = root_use.story.as_deref().map(|story| format!(": {}", cell(story)));
            let what = format!("use: {}{}", root_use.kind.id(), story.unwrap_or_default());
            (root_use.at, what, window)
        });
        let listed = timeline.listed.iter();
        let listed = listed.map(|listed| {
            (listed.at, cell(&format!("not a use: {}", listed.what)), "–".to_owned())
        });
        let mut rows: Vec<_> = windows.chain(uses).chain(listed).collect();
        rows.sort_by_key(|(at, _, _)| *at);
        self.rows(&["When", "What", "Window"], rows, 0, |(at, what, window)| {
            vec![code_span(&format_time(at)), what, window]
        });
    }

    fn gantt(&mut self, timeline: &Timeline) {
        let drawn = |time| format_time(time).trim_end_matches('Z').to_owned();
        self.line(
            "\n```mermaid\ngantt\n    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat %m-%d %H:%M",
        );
        if !timeline.windows.is_empty() {
            self.line("    section Windows");
        }
        for (index, window) in timeline.windows.iter().take(MAX_DRAWN).enumerate() {
            let label = mermaid_label(&shortened(&window.id, 60));
            let (from, to) = (drawn(window.from), drawn(window.to));
            self.line(&format!("    window {label} :active, w{index}, {from}, {to}"));
        }
        if !timeline.uses.is_empty() {
            self.line("    section Uses");
        }
        for (index, root_use) in timeline.uses.iter().take(MAX_DRAWN).enumerate() {
            let (kind, at) = (root_use.kind.id(), drawn(root_use.at));
            let (section, tag) = match root_use.window {
                Some(_) => ("in a window", "done"),
                None => ("outside", "crit"),
            };
            self.line(&format!("    {kind} {section} :{tag}, milestone, u{index}, {at}, 0d"));
        }
        if !timeline.listed.is_empty() {
            self.line("    section Not a use");
        }
        for (index, listed) in timeline.listed.iter().take(MAX_DRAWN).enumerate() {
            let at = drawn(listed.at);
            self.line(&format!("    central session :milestone, n{index}, {at}, 0d"));
        }
        self.line("```");
    }
}

fn name(window: &str) -> String {
    code_span(&shortened(window, MAX_NAME))
}
