//! Annotations on the lines that change the policy.

use std::collections::BTreeMap;

use super::{Annotation, ERROR, location};
use crate::escape::shortened;
use crate::model::{Change, ChangeKind, Effect, PolicyChange, PolicyCopy, Problem, Report};
use crate::report::document::{ChangePart, Details, Prose};
use crate::report::policy_change::of_kind;

/// Maximum number of changes of one line that are shown; the others are counted.
const ON_ONE_LINE: usize = 5;
/// Maximum length of one change, in characters.
const MAX_DESCRIPTION: usize = 120;

/// The weaker changes of a copy, line by line, then its planned windows.
pub(super) fn annotations(report: &Report, details: Details) -> Vec<Annotation> {
    let Some(change) = &report.policy_change else { return Vec::new() };
    let notes = Notes { report, change, details };
    match &change.copy {
        PolicyCopy::Behind { .. } => Vec::new(),
        PolicyCopy::Missing { .. } => vec![notes.missing()],
        PolicyCopy::Broken(problems) => notes.broken(problems),
        PolicyCopy::Changed { .. } => {
            let mut all = notes.of_kind(ChangeKind::Weaker);
            all.extend(notes.of_kind(ChangeKind::Planned));
            all
        }
    }
}

struct Notes<'a> {
    report: &'a Report,
    change: &'a PolicyChange,
    details: Details,
}

impl Notes<'_> {
    fn missing(&self) -> Annotation {
        Annotation {
            level: self.weaker(),
            location: location(self.report, 1),
            title: "policy is gone".to_owned(),
            severity: None,
            message: self.sentences(),
        }
    }

    fn broken(&self, problems: &[Problem]) -> Vec<Annotation> {
        let note = |problem: &Problem| {
            let what = match self.details {
                Details::Full => format!("The policy is broken: {}.", problem.message),
                Details::Redacted => "The policy is broken here.".to_owned(),
            };
            Annotation {
                level: ERROR,
                location: self.location(problem.line),
                title: "broken policy".to_owned(),
                severity: None,
                message: format!("{what} {}", self.effect_and_remedy()),
            }
        };
        problems.iter().map(note).collect()
    }

    /// One annotation per line of the copy, in order. Changes without a line are shown at line 1.
    fn of_kind(&self, kind: ChangeKind) -> Vec<Annotation> {
        let mut by_line: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
        for change in of_kind(self.change.copy.changes(), kind) {
            by_line.entry(change.new_line.unwrap_or(1)).or_default().push(change);
        }
        let note = |(line, changes): (usize, Vec<&Change>)| Annotation {
            level: if kind == ChangeKind::Weaker { self.weaker() } else { "notice" },
            location: self.location(Some(line)),
            title: format!("policy change ({})", kind.id()),
            severity: None,
            message: format!("{}. {}", self.summary(&changes), self.follows(kind)),
        };
        by_line.into_iter().map(note).collect()
    }

    fn summary(&self, changes: &[&Change]) -> String {
        let shown = changes.iter().take(ON_ONE_LINE);
        let mut parts: Vec<String> = match self.details {
            Details::Full => {
                shown.map(|change| shortened(&change.describe(), MAX_DESCRIPTION)).collect()
            }
            Details::Redacted => {
                shown.map(|change| format!("{} changed", change.key.public())).collect()
            }
        };
        parts.dedup();
        let more = changes.len().saturating_sub(ON_ONE_LINE);
        if more > 0 {
            parts.push(format!("and {more} more on this line"));
        }
        parts.join("; ")
    }

    fn follows(&self, kind: ChangeKind) -> String {
        match kind {
            ChangeKind::Planned => "It opens in the future and excuses nothing yet.".to_owned(),
            _ => format!("More can pass than before. {}", self.effect_and_remedy()),
        }
    }

    fn sentences(&self) -> String {
        let change = ChangePart::from_report(self.report, self.details);
        change.map(|change| Prose::joined(change.sentences, " ").to_string()).unwrap_or_default()
    }

    fn effect_and_remedy(&self) -> String {
        let change = ChangePart::from_report(self.report, self.details);
        change.map(|change| Prose::joined(change.follows, " ").to_string()).unwrap_or_default()
    }

    fn location(&self, line: Option<usize>) -> Option<(String, usize)> {
        self.change.path.clone().map(|path| (path, line.unwrap_or(1)))
    }

    /// An error if it makes the step fail.
    const fn weaker(&self) -> &'static str {
        match self.change.effect {
            Effect::Fails => ERROR,
            Effect::Tolerated | Effect::None => "warning",
            Effect::Accepted => "notice",
        }
    }
}
