//! The checkout's copy of the policy.

use serde::Serialize;

use super::optional;
use crate::escape::visible;
use crate::model::{self, AfterMerge, Effect, PolicyCopy};
use crate::report::policy_change::Entry;

#[derive(Serialize)]
pub(super) struct PolicyChange<'a> {
    path: Option<String>,
    sha256: Option<&'a str>,
    copy: &'static str,
    weaker: bool,
    effect: Effect,
    changes: Vec<Entry>,
    problems: Vec<Problem>,
    behind: Option<String>,
    after_merge: Option<&'a AfterMerge>,
}

#[derive(Serialize)]
struct Problem {
    message: String,
    line: Option<usize>,
}

impl<'a> PolicyChange<'a> {
    pub(super) fn from_model(change: &'a model::PolicyChange) -> Self {
        let copy = &change.copy;
        let problems = match copy {
            PolicyCopy::Broken(problems) => problems.as_slice(),
            _ => &[],
        };
        let problems = problems
            .iter()
            .map(|problem| Problem { message: visible(&problem.message), line: problem.line });
        Self {
            path: optional(change.path.as_ref()),
            sha256: change.sha256.as_deref(),
            copy: copy.id(),
            weaker: copy.is_weaker(),
            effect: change.effect,
            changes: copy.changes().iter().map(Entry::from_change).collect(),
            problems: problems.collect(),
            behind: match copy {
                PolicyCopy::Behind { commit } => Some(visible(commit)),
                _ => None,
            },
            after_merge: copy.after(),
        }
    }
}
