//! The core: takes policy, evidence and one instant, and returns an account's report.
//!
//! [`evaluate`] is pure and total: no I/O, no clock, no `Result`. Everything that can fail happens
//! before it (reading the policy, signing in, collecting) or after it (writing). What could not be
//! collected arrives as a gap.

mod fresh;
mod notices;
mod run;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;
mod verdict;
mod waivers;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

pub use run::{NotEvaluated, Run};
pub use tally::Tally;
pub use verdict::{effect, report};

use crate::model::{
    AccountReport, Cause, Evidence, Gap, Outcome, RuleId, RuleOutcome, Severity, Subject, sentence,
};
use crate::policy::{OnUndetermined, Policy, RulePolicy, Waiver};
use crate::rules::{self, Case, Judgement, Root, Rule, Wanted};

/// Judges one account.
#[must_use]
pub fn evaluate(policy: &Policy, evidence: &Evidence, now: DateTime<Utc>) -> AccountReport {
    let evidence = fresh::fresh(evidence, policy, now);
    let root = Root::reconcile(&evidence);
    let mut report = AccountReport {
        id: evidence.account.clone(),
        name: name_of(policy, &evidence),
        partition: evidence.partition.clone(),
        nothing_read: evidence.nothing_read(),
        outcomes: Vec::with_capacity(rules::ALL.len()),
        timeline: timeline::timeline(policy, &evidence, now),
        keys_made: root.keys_made(),
    };
    let mut wanted = Vec::new();
    for rule in rules::ALL {
        // A rule missing from the policy's list is judged with its defaults, never skipped.
        let setting = policy
            .rule(rule.info.id)
            .copied()
            .unwrap_or_else(|| RulePolicy::default_of(&rule.info));
        if !setting.on {
            continue;
        }
        let account = &evidence.account;
        let case = Case { policy, rule: &setting, account, evidence: &evidence, root: &root, now };
        let (outcome, needs) = outcome(rule, &case, report.nothing_read);
        report.outcomes.push(outcome);
        wanted.push(needs);
    }
    rules::suggest(policy, &evidence.account, now, &mut report.outcomes, &wanted);
    report
}

fn name_of(policy: &Policy, evidence: &Evidence) -> Option<String> {
    let named = policy.scope.iter().find(|account| account.id == evidence.account);
    named.and_then(|account| account.name.clone())
}

/// The outcome of a rule, and the reasons why its findings need windows.
fn outcome(
    rule: &Rule,
    case: &Case<'_>,
    nothing_read: bool,
) -> (RuleOutcome, Vec<(Subject, Wanted)>) {
    let mut judgement = (rule.check)(case);
    if let Some(tolerating) = rule.info.only_if_waived {
        keep_tolerated(&mut judgement, tolerating, case);
    }
    settle_not_visible(&mut judgement, nothing_read);
    for finding in &mut judgement.findings {
        finding.message = sentence(&finding.message);
        finding.remedy = sentence(&finding.remedy);
        finding.waiver = waivers::covering(case, rule.info.id, finding);
    }
    judgement.gaps.sort();
    judgement.gaps.dedup();
    judgement.basis.sort();
    judgement.basis.dedup();
    judgement.basis.shrink_to_fit(); // kept for every account of an organization
    let outcome = outcome_of(&judgement);
    let mut message = message(outcome, &judgement);
    message.shrink_to_fit();
    let judged = RuleOutcome {
        rule: rule.info.id,
        outcome,
        severity: case.rule.severity,
        message,
        blocks: blocks(case, outcome, nothing_read),
        findings: judgement.findings,
        evidence: judgement.basis,
        gaps: judgement.gaps,
    };
    (judged, judgement.wanted)
}

/// Drops the findings that no waiver of the other rule tolerates, for a rule that judges only what
/// such a waiver tolerates.
fn keep_tolerated(judgement: &mut Judgement, tolerating: RuleId, case: &Case<'_>) {
    let valid: Vec<&Waiver> = waivers::valid(case, tolerating).collect();
    if valid.is_empty() {
        let reason = format!("no waiver of {tolerating} is valid for this account");
        *judgement = Judgement::not_applicable(reason);
        return;
    }
    judgement
        .findings
        .retain(|finding| valid.iter().any(|waiver| waivers::names(case, waiver, finding)));
}

/// Makes a rule not applicable if it needs facts that this route cannot show, unless other facts
/// already violate it.
///
/// Every route can show some source. So if nothing in an account was read, the account stays
/// undetermined, whatever its gaps say.
fn settle_not_visible(judgement: &mut Judgement, nothing_read: bool) {
    let is_hidden = |gap: &&Gap| gap.cause == Cause::NotVisible;
    let hidden: BTreeSet<&str> =
        judgement.gaps.iter().filter(is_hidden).map(|gap| gap.detail.as_str()).collect();
    if hidden.is_empty() || nothing_read {
        return;
    }
    if judgement.findings.is_empty() {
        let reason = hidden.into_iter().collect::<Vec<_>>().join("; ");
        *judgement = Judgement::not_applicable(reason);
    } else {
        judgement.gaps.retain(|gap| gap.cause != Cause::NotVisible);
    }
}

fn outcome_of(judgement: &Judgement) -> Outcome {
    if judgement.findings.iter().any(|finding| finding.waiver.is_none()) {
        Outcome::Fail
    } else if !judgement.gaps.is_empty() {
        // A waiver never covers what could not be determined.
        Outcome::Undetermined
    } else if !judgement.findings.is_empty() {
        Outcome::Waived
    } else if judgement.not_applicable.is_some() {
        Outcome::NotApplicable
    } else {
        Outcome::Pass
    }
}

fn message(outcome: Outcome, judgement: &Judgement) -> String {
    let describe = |waived: bool| -> String {
        let chosen = judgement.findings.iter().filter(|finding| finding.waiver.is_some() == waived);
        chosen.map(|finding| finding.message.as_str()).collect::<Vec<_>>().join(" ")
    };
    match outcome {
        Outcome::Fail => describe(false),
        Outcome::Waived => {
            let ends = judgement.findings.iter().filter_map(|finding| finding.waiver.as_ref());
            let ends = ends.map(|waiver| format!("{} until {}", waiver.ticket, waiver.expires));
            format!("{} Waived: {}.", describe(true), ends.collect::<Vec<_>>().join(", "))
        }
        Outcome::Undetermined => {
            let details = judgement.gaps.iter().map(|gap| gap.detail.as_str());
            format!("Cannot be determined: {}.", details.collect::<Vec<_>>().join("; "))
        }
        Outcome::NotApplicable => sentence(judgement.not_applicable.as_deref().unwrap_or_default()),
        Outcome::Pass => sentence(&judgement.note),
    }
}

fn blocks(case: &Case<'_>, outcome: Outcome, nothing_read: bool) -> bool {
    let gate = &case.policy.gate;
    if case.rule.severity < gate.fail_on {
        return false;
    }
    match outcome {
        Outcome::Fail => true,
        Outcome::Undetermined => {
            gate.on_undetermined == OnUndetermined::Fail
                || case.rule.severity == Severity::Critical
                || nothing_read
        }
        Outcome::Pass | Outcome::NotApplicable | Outcome::Waived => false,
    }
}
