//! From account reports to the verdict of the run and its exit code.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::notices;
use super::run::Run;
use crate::model::{
    AccountReport, Counts, Effect, Outcome, PolicyCopy, Report, RuleSetting, Verdict,
};
use crate::policy::{OnWeaker, Policy, RulePolicy};
use crate::rules;

/// How long a verdict may be relied on at most.
const VALID_FOR: TimeDelta = TimeDelta::hours(1);

/// Gathers account reports, in the order given, into the report of the run.
#[must_use]
pub fn report(policy: &Policy, accounts: Vec<AccountReport>, run: Run) -> Report {
    let enforce_from = policy.gate.enforce_from.filter(|day| run.now.date_naive() < *day);
    let (verdict, exit_code) = verdict(policy, &accounts, &run);
    // A policy that would be weakened is blocked from the first day on.
    let covered = enforce_from.is_some() && !run.fails_by_its_copy();
    Report {
        verdict,
        exit_code: if covered { 0 } else { exit_code },
        evaluated_at: run.now,
        as_of: run.as_of,
        valid_until: valid_until(policy, &accounts, &run),
        fail_on: policy.gate.fail_on,
        enforce_from,
        rules: rules::ALL.iter().map(|rule| setting(policy, rule)).collect(),
        notices: notices::notices(policy, &accounts, &run, verdict, exit_code),
        counts: Counts::of(&accounts),
        accounts,
        policy: run.origin,
        policy_change: run.policy_change,
        not_evaluated: run.not_evaluated.map(|not| not.reason),
        evidence_files: run.evidence_files,
        incomplete: run.incomplete,
    }
}

fn setting(policy: &Policy, rule: &'static rules::Rule) -> RuleSetting {
    let setting =
        policy.rule(rule.info.id).copied().unwrap_or_else(|| RulePolicy::default_of(&rule.info));
    RuleSetting {
        info: setting.info,
        severity: setting.severity,
        on: setting.on,
        line: setting.line,
    }
}

/// What the checkout's copy of a policy does to the verdict of a run that this policy judges.
#[must_use]
pub fn effect(policy: &Policy, copy: &PolicyCopy) -> Effect {
    match copy {
        PolicyCopy::Broken(_) => Effect::Fails,
        _ if !copy.is_weaker() => Effect::None,
        _ => match policy.gate.on_weaker {
            OnWeaker::Fail => Effect::Fails,
            OnWeaker::Warn => Effect::Tolerated,
        },
    }
}

/// What was found, and the exit code before `enforce-from`. A violation wins over undetermined.
fn verdict(policy: &Policy, accounts: &[AccountReport], run: &Run) -> (Verdict, u8) {
    let outcomes = || accounts.iter().flat_map(|account| &account.outcomes);
    if outcomes().any(|outcome| outcome.outcome == Outcome::Fail && outcome.blocks) {
        return (Verdict::Fail, 1);
    }
    if run.fails_by_its_copy() {
        return (Verdict::Fail, 1);
    }
    if let Some(not_evaluated) = &run.not_evaluated {
        return (Verdict::NotEvaluated, if not_evaluated.skip { 0 } else { 3 });
    }
    let undetermined = |blocks: bool| {
        outcomes().any(|outcome| {
            outcome.outcome == Outcome::Undetermined
                && outcome.severity >= policy.gate.fail_on
                && outcome.blocks == blocks
        })
    };
    // A run that ended early never passes, whatever it had by then. Nor does one that judged nothing.
    if undetermined(true) || run.incomplete.is_some() || accounts.is_empty() {
        (Verdict::Undetermined, 3)
    } else if undetermined(false) {
        (Verdict::Undetermined, 0)
    } else {
        (Verdict::Pass, 0)
    }
}

/// One hour, or less where a used waiver ends, a deciding fact becomes too old, or the gate begins
/// to block; no time at all where nothing was evaluated.
fn valid_until(policy: &Policy, accounts: &[AccountReport], run: &Run) -> DateTime<Utc> {
    if run.not_evaluated.is_some() {
        return run.now;
    }
    let mut until = run.now + VALID_FOR;
    for outcome in accounts.iter().flat_map(|account| &account.outcomes) {
        for basis in &outcome.evidence {
            until = until.min(basis.observed_at + policy.max_age.delta());
        }
        for waiver in outcome.findings.iter().filter_map(|finding| finding.waiver.as_ref()) {
            let end = waiver.expires.checked_add_days(Days::new(1)).unwrap_or(waiver.expires);
            until = until.min(end.and_time(NaiveTime::MIN).and_utc());
        }
    }
    if let Some(day) = policy.gate.enforce_from.filter(|day| run.now.date_naive() < *day) {
        until = until.min(day.and_time(NaiveTime::MIN).and_utc());
    }
    until.max(run.now)
}
