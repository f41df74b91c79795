//! The changes in the checkout's copy of the policy.

use std::io;

use super::page::{Page, Style};
use super::{INDENT, Verbosity};
use crate::model::{ChangeKind, Effect, counted};
use crate::report::document::{ChangePart, Changes, Content};
use crate::report::policy_change::KINDS;

impl Page<'_> {
    /// Planned windows first, then weaker changes, each with its line.
    pub(super) fn policy_change(
        &mut self,
        change: &ChangePart<'_>,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        self.heading(&change.heading)?;
        for sentence in &change.sentences {
            self.paragraph("  ", sentence)?;
        }
        match &change.content {
            Content::Full(changes) => self.changes(changes, verbosity)?,
            Content::Redacted(lists) => {
                for (word, what) in lists {
                    self.item(&format!("    {word}: "), what)?;
                }
            }
        }
        let Some(after) = &change.after else { return Ok(()) };
        writeln!(self.out)?;
        self.paragraph("  ", after)
    }

    fn changes(&mut self, changes: &Changes<'_>, verbosity: Verbosity) -> io::Result<()> {
        let problems = changes.problems();
        for (message, location) in problems.items {
            self.item("    ", format!("{location}: {message}"))?;
        }
        self.and_more(problems.more, "problem")?;
        for (kind, meaning) in KINDS {
            self.of_kind(changes, kind, meaning, verbosity)?;
        }
        Ok(())
    }

    fn of_kind(
        &mut self,
        changes: &Changes<'_>,
        kind: ChangeKind,
        meaning: &str,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        let shown = changes.of_kind(kind);
        if shown.items.is_empty() {
            return Ok(());
        }
        let style = match (kind, changes.effect()) {
            (ChangeKind::Weaker, Effect::Fails) => Style::Red,
            (ChangeKind::Weaker, _) => Style::Yellow,
            (ChangeKind::Planned, _) => Style::Cyan,
            (ChangeKind::Stronger, _) => Style::Green,
            (ChangeKind::Other, _) => Style::Dim,
        };
        let word = self.painted(style, kind.id());
        writeln!(self.out, "\n  {word}: {meaning}")?;
        if kind == ChangeKind::Other && verbosity < Verbosity::Verbose {
            let counted = counted(shown.all(), "change");
            return self.paragraph(INDENT, format!("{counted}, in the JSON report"));
        }
        for (change, location) in shown.items {
            self.item(INDENT, change.describe())?;
            if let Some(location) = location {
                self.paragraph(&format!("{INDENT}  "), location)?;
            }
        }
        self.and_more(shown.more, "change")
    }

    fn and_more(&mut self, more: usize, noun: &str) -> io::Result<()> {
        if more == 0 {
            return Ok(());
        }
        let more = counted(more, &format!("more {noun}"));
        self.paragraph(INDENT, format!("and {more}, in the JSON report"))
    }
}
