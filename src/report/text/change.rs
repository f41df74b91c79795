//! What the checkout's copy of the policy changes.

use std::io;

use super::page::{Page, Style};
use super::{INDENT, Verbosity};
use crate::model::{ChangeKind, Effect};
use crate::report::document::change::{MOST, Section};
use crate::report::document::redacted::RedactedChange;
use crate::report::document::words;
use crate::report::policy_change::KINDS;

impl Page<'_> {
    /// Planned windows first, then what is weaker, each with its line.
    pub(super) fn policy_change(
        &mut self,
        section: &Section<'_>,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        self.change_head(&section.heading(), &section.sentences())?;
        let problems = section.problems();
        for problem in problems.iter().take(MOST) {
            self.item("    ", &format!("{}: {}", section.place_of(problem), problem.message))?;
        }
        self.and_more(problems.len(), "problem")?;
        for (kind, meaning) in KINDS {
            self.changes(section, kind, meaning, verbosity)?;
        }
        self.after_merge(section.after().as_ref())
    }

    fn changes(
        &mut self,
        section: &Section<'_>,
        kind: ChangeKind,
        meaning: &str,
        verbosity: Verbosity,
    ) -> io::Result<()> {
        let (changes, all) = section.changes(kind);
        if all == 0 {
            return Ok(());
        }
        let style = match (kind, section.change.effect) {
            (ChangeKind::Weaker, Effect::Fails) => Style::Red,
            (ChangeKind::Weaker, _) => Style::Yellow,
            (ChangeKind::Planned, _) => Style::Cyan,
            (ChangeKind::Stronger, _) => Style::Green,
            (ChangeKind::Other, _) => Style::Dim,
        };
        let word = self.painted(style, kind.id());
        writeln!(self.out, "\n  {word}: {meaning}")?;
        if kind == ChangeKind::Other && verbosity < Verbosity::Verbose {
            return self.paragraph(
                INDENT,
                &format!("{}, in the JSON report", words::counted(all, "change")),
            );
        }
        for change in changes {
            self.item(INDENT, &change.said())?;
            let place = section.place(&change);
            if !place.is_empty() {
                self.paragraph(&format!("{INDENT}  "), &place)?;
            }
        }
        self.and_more(all, "change")
    }

    pub(super) fn redacted_change(&mut self, change: &RedactedChange) -> io::Result<()> {
        self.change_head(&change.heading, &change.sentences)?;
        for (word, what) in &change.lists {
            self.item(&format!("    {word}: "), what)?;
        }
        self.after_merge(change.after.as_ref())
    }

    fn change_head(&mut self, heading: &str, sentences: &[String]) -> io::Result<()> {
        self.heading(&format!("Policy change: {heading}"))?;
        sentences.iter().try_for_each(|sentence| self.paragraph("  ", sentence))
    }

    fn after_merge(&mut self, after: Option<&String>) -> io::Result<()> {
        let Some(after) = after else { return Ok(()) };
        writeln!(self.out)?;
        self.paragraph("  ", after)
    }

    fn and_more(&mut self, all: usize, noun: &str) -> io::Result<()> {
        if all <= MOST {
            return Ok(());
        }
        let more = words::counted(all - MOST, &format!("more {noun}"));
        self.paragraph(INDENT, &format!("and {more}, in the JSON report"))
    }
}
