//! What the checkout's copy of the policy changes, and runs that evaluated nothing.

use super::page::{Page, cell};
use crate::model::{ChangeKind, PolicyOrigin};
use crate::report::document::change::{MOST, Section};
use crate::report::document::redacted::RedactedChange;
use crate::report::document::words;
use crate::report::policy_change::{KINDS, row};

const HEAD: [&str; 5] = ["", "Key", "Before", "After", "Where"];

impl Page {
    /// What it means that nothing was evaluated, and what to do.
    pub(super) fn not_evaluated(&mut self, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        self.line("\n### Not evaluated");
        for sentence in sentences {
            self.paragraph(&cell(sentence));
        }
    }

    /// Planned windows first, then what is weaker, each with its line; what changes nothing is
    /// closed until a reader opens it.
    pub(super) fn policy_change(&mut self, section: &Section<'_>) {
        self.line(&format!("\n### Policy change: {}", section.heading()));
        // Their names are code already.
        section.sentences().iter().for_each(|sentence| self.paragraph(sentence));
        self.problems(section);
        let (open, closed): (Vec<_>, Vec<_>) =
            KINDS.iter().partition(|(kind, _)| *kind != ChangeKind::Other);
        let mut rows = Vec::new();
        let mut more = 0;
        for (kind, _) in &open {
            let (changes, all) = section.changes(*kind);
            more += all - changes.len();
            rows.extend(changes.iter().map(|change| row(change, section.place(change)).to_vec()));
        }
        if !rows.is_empty() {
            self.rows_of(&HEAD, rows, more);
        }
        for (kind, _) in closed {
            self.closed(section, kind);
        }
        if let Some(after) = section.after() {
            self.paragraph(&after);
        }
        self.meanings(section);
    }

    fn problems(&mut self, section: &Section<'_>) {
        let problems = section.problems();
        let rows = problems.iter().take(MOST);
        let rows: Vec<_> =
            rows.map(|problem| vec![section.place_of(problem), cell(&problem.message)]).collect();
        if !rows.is_empty() {
            let more = problems.len() - rows.len();
            self.rows_of(&["Where", "Problem"], rows, more);
        }
    }

    fn closed(&mut self, section: &Section<'_>, kind: ChangeKind) {
        let (changes, all) = section.changes(kind);
        if all == 0 {
            return;
        }
        let counted = words::counted(all, &format!("{} change", kind.id()));
        self.line(&format!("\n<details><summary>{counted}</summary>"));
        let rows: Vec<_> =
            changes.iter().map(|change| row(change, section.place(change)).to_vec()).collect();
        let more = all - rows.len();
        self.rows_of(&HEAD, rows, more);
        self.line("\n</details>");
    }

    /// What each word of the table says.
    fn meanings(&mut self, section: &Section<'_>) {
        let named = KINDS.iter().filter(|(kind, _)| section.changes(*kind).1 > 0);
        let named: Vec<_> =
            named.map(|(kind, meaning)| format!("- *{}*: {meaning}", kind.id())).collect();
        if !named.is_empty() {
            self.paragraph(&named.join("\n"));
        }
    }

    pub(super) fn redacted_change(&mut self, change: &RedactedChange) {
        self.line(&format!("\n### Policy change: {}", change.heading));
        change.sentences.iter().for_each(|sentence| self.paragraph(&cell(sentence)));
        if !change.lists.is_empty() {
            self.line("");
        }
        for (word, what) in &change.lists {
            self.line(&format!("- {word}: {}", cell(what)));
        }
        if let Some(after) = &change.after {
            self.paragraph(after);
        }
    }
}

/// How to get at the policy that judged, where the checkout holds another.
pub(super) fn fetched(policy: &PolicyOrigin) -> Option<String> {
    let (commit, path) = (policy.commit.as_ref()?, policy.repository_path.as_ref()?);
    (is_plain(path) && is_plain(commit)).then(|| format!("git show {commit}:{path} > judging.yaml"))
}

/// Whether no shell sees anything in it.
pub(super) fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte))
}
