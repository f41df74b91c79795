//! From account reports to the verdict of the run and its exit code.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::notices;
use super::run::{Found, Run};
use super::tally::Tally;
use crate::model::{AccountReport, AfterMerge, Effect, PolicyCopy, Report, RuleSetting, Verdict};
use crate::policy::{OnWeaker, Policy, RulePolicy};
use crate::rules;

/// How long a verdict is valid at most.
const VALID_FOR: TimeDelta = TimeDelta::hours(1);

/// Gathers account reports, in the order given, into the report of the run.
#[must_use]
pub fn report(policy: &Policy, accounts: Vec<AccountReport>, run: Run) -> Report {
    let mut tally = Tally::new(policy);
    accounts.iter().for_each(|account| tally.add(account));
    tally.report(accounts, run)
}

impl Tally<'_> {
    /// The report of the run, of the accounts that were added.
    #[must_use]
    pub fn report(self, accounts: Vec<AccountReport>, run: Run) -> Report {
        let policy = self.policy;
        let found = self.found(&run);
        Report {
            verdict: found.verdict,
            exit_code: found.exit_code,
            evaluated_at: run.now,
            as_of: run.as_of,
            valid_until: self.valid_until(&run),
            fail_on: policy.gate.fail_on,
            enforce_from: run.enforce_from(policy),
            rules: rules::ALL.iter().map(|rule| setting(policy, rule)).collect(),
            notices: notices::notices(&self, &run, &found),
            counts: self.counts,
            accounts,
            policy: run.origin,
            policy_change: run.policy_change,
            not_evaluated: run.not_evaluated.map(|not| not.reason),
            evidence_files: run.evidence_files,
            inventory: run.inventory,
            incomplete: run.incomplete,
        }
    }

    /// How the accounts that were added would be judged once this policy is merged.
    #[must_use]
    pub fn after_merge(&self, run: &Run) -> AfterMerge {
        let Found { verdict, exit_code, .. } = self.found(run);
        AfterMerge { verdict, exit_code, counts: self.counts }
    }

    fn found(&self, run: &Run) -> Found {
        let (verdict, before) = self.verdict(run);
        // A weakened policy is blocked from the first day.
        let covered = run.enforce_from(self.policy).is_some() && !run.fails_by_its_copy();
        Found { verdict, exit_code: if covered { 0 } else { before }, before }
    }

    /// What was found, and the exit code before `enforce-from`. A violation wins over undetermined.
    fn verdict(&self, run: &Run) -> (Verdict, u8) {
        if self.violated || run.fails_by_its_copy() {
            return (Verdict::Fail, 1);
        }
        if let Some(not_evaluated) = &run.not_evaluated {
            return (Verdict::NotEvaluated, if not_evaluated.skip { 0 } else { 3 });
        }
        // A run that ended early, judged nothing or may have missed an account never passes.
        let is_partial = run.incomplete.is_some() || run.is_uncovered(self.policy);
        if self.undetermined || is_partial || self.accounts == 0 {
            (Verdict::Undetermined, 3)
        } else if self.tolerated {
            (Verdict::Undetermined, 0)
        } else {
            (Verdict::Pass, 0)
        }
    }

    /// One hour, or less where a used waiver ends, a deciding fact becomes too old, or the gate begins
    /// to block; no time at all where nothing was evaluated.
    fn valid_until(&self, run: &Run) -> DateTime<Utc> {
        if run.not_evaluated.is_some() {
            return run.now;
        }
        let blocks =
            run.enforce_from(self.policy).map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let ends = self.relied_on_until.into_iter().chain(blocks);
        ends.fold(run.now + VALID_FOR, DateTime::min).max(run.now)
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
