//! A change of the policy, as `policy diff` and the report of a run show it.

use serde::Serialize;

use crate::escape::{code_span, visible};
use crate::model::{Change, ChangeKind};

/// Every kind with its meaning, in the order in which changes are shown.
pub const KINDS: [(ChangeKind, &str); 4] = [
    (ChangeKind::Planned, "new windows that open in the future: they excuse nothing yet"),
    (ChangeKind::Weaker, "more can pass than before"),
    (ChangeKind::Stronger, "less can pass than before"),
    (ChangeKind::Other, "this does not affect the verdict"),
];

/// The changes of one kind.
pub fn of_kind(changes: &[Change], kind: ChangeKind) -> impl Iterator<Item = &Change> {
    changes.iter().filter(move |change| change.kind == kind)
}

/// `1 planned, 2 weaker`.
#[must_use]
pub fn counts(changes: &[Change]) -> String {
    let counted = KINDS.iter().map(|(kind, _)| (of_kind(changes, *kind).count(), kind.id()));
    let counted = counted.filter(|(count, _)| *count > 0);
    let parts: Vec<_> = counted.map(|(count, kind)| format!("{count} {kind}")).collect();
    if parts.is_empty() { "no change in meaning".to_owned() } else { parts.join(", ") }
}

/// `12 → 14`: the lines of the old file and of the new one.
#[must_use]
pub fn lines(change: &Change) -> String {
    match (change.old_line, change.new_line) {
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (Some(old), None) => format!("{old} →"),
        (None, Some(new)) => format!("→ {new}"),
        (None, None) => "–".to_owned(),
    }
}

/// The cells of a row of Markdown: kind, key, before, after and the given place.
#[must_use]
pub fn row(change: &Change, location: String) -> [String; 5] {
    let kind = match change.kind {
        ChangeKind::Weaker => "**weaker**",
        other => other.id(),
    };
    let value = |value: &Option<String>| match value {
        Some(value) => code_span(value),
        None => "–".to_owned(),
    };
    let key = code_span(&change.key.to_string());
    [kind.to_owned(), key, value(&change.old), value(&change.new), location]
}

/// A change in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    kind: ChangeKind,
    key: String,
    old: Option<String>,
    new: Option<String>,
    old_line: Option<usize>,
    new_line: Option<usize>,
}

impl Entry {
    /// The change, with its texts escaped.
    #[must_use]
    pub fn from_change(change: &Change) -> Self {
        let shown = |text: &Option<String>| text.as_deref().map(visible);
        Self {
            kind: change.kind,
            key: visible(&change.key.to_string()),
            old: shown(&change.old),
            new: shown(&change.new),
            old_line: change.old_line,
            new_line: change.new_line,
        }
    }
}
