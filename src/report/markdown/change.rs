//! The changes in the checkout's copy of the policy.

use super::page::{Page, cell, prose};
use crate::model::{Change, ChangeKind, counted};
use crate::report::document::{ChangePart, Changes, Content, Prose};
use crate::report::policy_change::{KINDS, row};

const HEAD: [&str; 5] = ["", "Key", "Before", "After", "Where"];

impl Page<'_> {
    /// Planned windows first, then weaker changes, each with its line. Other changes are collapsed.
    pub(super) fn policy_change(&mut self, change: &ChangePart<'_>) {
        self.line(&format!("\n### {}", change.heading));
        change.sentences.iter().for_each(|sentence| self.paragraph(&prose(sentence)));
        match &change.content {
            Content::Full(changes) => self.changes(changes),
            Content::Redacted(lists) => self.lists(lists),
        }
        if let Some(after) = &change.after {
            self.paragraph(after);
        }
        if let Content::Full(changes) = &change.content {
            self.meanings(changes);
        }
    }

    fn changes(&mut self, changes: &Changes<'_>) {
        let problems = changes.problems();
        if !problems.items.is_empty() {
            self.rows(
                &["Where", "Problem"],
                problems.items,
                problems.more,
                |(message, location)| vec![prose(&location), cell(message)],
            );
        }
        let (open, closed): (Vec<_>, Vec<_>) =
            KINDS.iter().partition(|(kind, _)| *kind != ChangeKind::Other);
        let (mut items, mut more) = (Vec::new(), 0);
        for (kind, _) in open {
            let shown = changes.of_kind(kind);
            more += shown.more;
            items.extend(shown.items);
        }
        if !items.is_empty() {
            self.rows(&HEAD, items, more, change_row);
        }
        for (kind, _) in closed {
            self.closed(changes, kind);
        }
    }

    fn closed(&mut self, changes: &Changes<'_>, kind: ChangeKind) {
        let shown = changes.of_kind(kind);
        if shown.items.is_empty() {
            return;
        }
        let counted = counted(shown.all(), &format!("{} change", kind.id()));
        self.line(&format!("\n<details><summary>{counted}</summary>"));
        self.rows(&HEAD, shown.items, shown.more, change_row);
        self.line("\n</details>");
    }

    /// Explains the kinds in the table.
    fn meanings(&mut self, changes: &Changes<'_>) {
        let named = KINDS.iter().filter(|(kind, _)| !changes.of_kind(*kind).items.is_empty());
        let named: Vec<_> =
            named.map(|(kind, meaning)| format!("- *{}*: {meaning}", kind.id())).collect();
        if !named.is_empty() {
            self.paragraph(&named.join("\n"));
        }
    }

    fn lists(&mut self, lists: &[(&str, String)]) {
        if !lists.is_empty() {
            self.line("");
        }
        for (word, what) in lists {
            self.line(&format!("- {word}: {}", cell(what)));
        }
    }
}

fn change_row((change, location): (Change, Option<Prose<'_>>)) -> Vec<String> {
    row(&change, location.as_ref().map(prose).unwrap_or_default()).to_vec()
}
