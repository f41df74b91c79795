//! The windows that findings suggest, as lines to add below `windows:`.
//!
//! Each allows only what it is for, and is no longer than necessary. A person pastes it, replaces the
//! placeholders (which the policy refuses) and does what the finding says. Then there is no new finding, and
//! nothing else is covered.
//!
//! A rule says what a finding needs windows for ([`Wanted`]). [`suggest`] then plans the windows of all
//! findings of an account together, so that all of them can be pasted.

mod activity;
mod line;
mod plan;

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::Case;
use super::known::Fact;
use crate::model::{AccountId, Finding, Outcome, RuleOutcome, Subject, UseKind};
use crate::policy::Policy;

pub(crate) use activity::Activity;
use plan::Planner;

/// What a finding needs windows for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A remedy that only root can do.
    Remedy(Remedy),
    /// Uses in the past, if they were agreed.
    Acknowledged(Acknowledged),
}

/// A remedy that only root can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remedy {
    steps: &'static [Step],
    kind: UseKind,
    require_mfa: bool,
}

/// One sign-in of root for a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The window's id; the account is added.
    pub(super) id: &'static str,
    pub(super) reason: &'static str,
    /// The calls that the step makes.
    pub(super) actions: &'static [&'static str],
}

/// Uses in the past that windows can acknowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// The window's id; the account is added.
    pub(super) id: String,
    /// Whether the window must name every change, because one changes a credential.
    pub(super) names_changes: bool,
    pub(super) require_mfa: bool,
    pub(super) done: Vec<Activity>,
}

impl Remedy {
    /// Whether it registers root's first MFA device.
    fn registers_mfa(&self) -> bool {
        !self.require_mfa
            && self.steps.iter().any(|step| step.actions.contains(&"iam:EnableMFADevice"))
    }
}

impl Wanted {
    /// One window for each step, a day apart, so that problems show before the next step.
    ///
    /// If root has no MFA device yet, the windows cannot require one.
    pub(super) fn for_steps(case: &Case<'_>, steps: &'static [Step]) -> Self {
        // Without a console root can only use the key itself.
        let kind = if case.root_has_console() { UseKind::SignIn } else { UseKind::AccessKey };
        let no_mfa = matches!(case.root.mfa, Fact::Is(false, _)) && kind == UseKind::SignIn;
        Self::Remedy(Remedy { steps, kind, require_mfa: !no_mfa })
    }

    /// The same steps for each of these findings.
    pub(super) fn for_each(
        case: &Case<'_>,
        findings: &[Finding],
        steps: &'static [Step],
    ) -> Vec<(Subject, Self)> {
        let subjects = findings.iter().map(|finding| finding.subject.clone());
        subjects.map(|subject| (subject, Self::for_steps(case, steps))).collect()
    }
}

/// Adds the suggested windows to the findings of an account. `wanted` has the needs of each outcome's
/// findings, by their subjects.
pub(crate) fn suggest(
    policy: &Policy,
    account: &AccountId,
    now: DateTime<Utc>,
    outcomes: &mut [RuleOutcome],
    wanted: &[Vec<(Subject, Wanted)>],
) {
    let mut places = Vec::new();
    let mut needs = Vec::new();
    for (outcome, finding) in printed(outcomes) {
        let subject = &outcomes[outcome].findings[finding].subject;
        let mut of_rule = wanted.get(outcome).into_iter().flatten();
        if let Some((_, wanted)) = of_rule.find(|(other, _)| other == subject) {
            places.push((outcome, finding));
            needs.push((outcomes[outcome].rule, wanted));
        }
    }
    let suggestions = Planner::new(policy, account, now).plan(&needs);
    for ((outcome, finding), suggestion) in places.into_iter().zip(suggestions) {
        let finding = &mut outcomes[outcome].findings[finding];
        finding.window = (!suggestion.lines.is_empty()).then(|| suggestion.lines.join("\n"));
        for note in suggestion.notes {
            finding.remedy = format!("{} {note}", finding.remedy);
        }
    }
}

/// The findings, as indexes of outcome and finding, in the order of reports: the worst severity first.
/// Findings that reports do not show come last.
fn printed(outcomes: &[RuleOutcome]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..outcomes.len()).collect();
    order.sort_by_key(|at| Reverse(outcomes[*at].severity));
    let all = order.iter().flat_map(|at| (0..outcomes[*at].findings.len()).map(|it| (*at, it)));
    let shown = |(outcome, finding): &(usize, usize)| {
        let outcome = &outcomes[*outcome];
        outcome.outcome == Outcome::Fail && outcome.findings[*finding].waiver.is_none()
    };
    let (mut shown, rest): (Vec<_>, Vec<_>) = all.partition(shown);
    shown.extend(rest);
    shown
}

#[cfg(test)]
mod tests;
