//! The verdict, and its consequence.

use super::Prose;
use crate::model::{Counts, Effect, PolicyChange, PolicyCopy, Report, Verdict, counted};

/// The line of the verdict.
pub(crate) struct VerdictLine<'a> {
    pub(crate) verdict: Verdict,
    /// `fail`; before `enforce-from`, `would fail`.
    pub(crate) word: &'static str,
    /// `as of …`, `(incomplete)`; `None`: no limits.
    pub(crate) limits: Option<Prose<'a>>,
    /// `1 rule failed, 2 findings, …`
    pub(crate) counts: String,
    /// `exit code 1`, with a reason if that may surprise.
    pub(crate) consequence: String,
}

impl VerdictLine<'_> {
    pub(super) fn from_report(report: &Report) -> Self {
        let word = match report.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail if report.enforce_from.is_some() && report.exit_code == 0 => "would fail",
            Verdict::Fail => "fail",
            Verdict::Undetermined => "undetermined",
            Verdict::NotEvaluated => "not evaluated",
        };
        let as_of = report.as_of.then(|| Prose::new().text("as of ").time(report.evaluated_at));
        let incomplete = report.incomplete.as_ref().map(|_| Prose::new().text("(incomplete)"));
        let limits: Vec<_> = as_of.into_iter().chain(incomplete).collect();
        Self {
            verdict: report.verdict,
            word,
            limits: (!limits.is_empty()).then(|| Prose::joined(limits, " ")),
            counts: counts(&report.counts),
            consequence: consequence(report),
        }
    }
}

/// `1 rule failed, 2 findings, 1 undetermined, 5 passed`: zero counts are left out.
pub(crate) fn counts(counts: &Counts) -> String {
    let all = [
        (counts.undetermined, "undetermined"),
        (counts.waived, "waived"),
        (counts.passed, "passed"),
        (counts.not_applicable, "not applicable"),
    ];
    let named = all.iter().filter(|(number, _)| *number > 0);
    let named = named.map(|(number, word)| format!("{number} {word}"));
    let named: Vec<_> = failed(counts).into_iter().chain(named).collect();
    if named.is_empty() { "nothing judged".to_owned() } else { named.join(", ") }
}

/// `2 rules failed in 3 accounts, 7 findings`.
fn failed(counts: &Counts) -> Option<String> {
    let within = match counts.failed_accounts {
        ..2 => String::new(),
        accounts => format!(" in {}", counted(accounts, "account")),
    };
    let (rules, findings) =
        (counted(counts.failed_rules, "rule"), counted(counts.findings, "finding"));
    (counts.failed > 0).then(|| format!("{rules} failed{within}, {findings}"))
}

/// The exit code, with a reason if that may surprise.
fn consequence(report: &Report) -> String {
    let blocked = report.counts.failed + report.counts.undetermined > 0;
    let why = match (report.exit_code, report.verdict, report.enforce_from) {
        (0, Verdict::Pass, _) if blocked => {
            Some(format!("no result reaches fail-on: {}", report.fail_on))
        }
        (0, Verdict::Fail | Verdict::Undetermined | Verdict::NotEvaluated, Some(day)) => {
            Some(format!("the policy is enforced from {day}"))
        }
        (0, Verdict::Undetermined, None) => {
            Some("the policy says on-undetermined: warn".to_owned())
        }
        (0, Verdict::NotEvaluated, None) => Some("on-fork: skip".to_owned()),
        _ => None,
    };
    let code = format!("exit code {}", report.exit_code);
    let copy = report.policy_change.as_ref().and_then(copy_note).map(str::to_owned);
    [Some(code), copy, why].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The effect of the checkout's copy on the exit code.
const fn copy_note(change: &PolicyChange) -> Option<&'static str> {
    match (change.effect, &change.copy) {
        (Effect::None, _) => None,
        (Effect::Fails, PolicyCopy::Broken(_)) => Some("the checkout's policy is broken"),
        (Effect::Fails, PolicyCopy::Missing { .. }) => Some("the checkout's policy is gone"),
        (Effect::Fails, _) => Some("the checkout's policy is weaker"),
        (Effect::Tolerated, _) => Some("on-weaker: warn lets a weaker policy through"),
        (Effect::Accepted, _) => Some("judged by an accepted policy change"),
    }
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::model::Counts;

    #[test]
    fn failures_are_counted_by_rules_findings_and_several_accounts() {
        let counted = |failed, failed_rules, failed_accounts, findings| {
            let passed = 4;
            let counted = Counts {
                failed,
                failed_rules,
                failed_accounts,
                findings,
                passed,
                ..Counts::default()
            };
            counts(&counted)
        };
        assert_eq!(counted(0, 0, 0, 0), "4 passed");
        assert_eq!(counted(1, 1, 1, 1), "1 rule failed, 1 finding, 4 passed");
        assert_eq!(counted(2, 2, 1, 3), "2 rules failed, 3 findings, 4 passed");
        assert_eq!(counted(3, 2, 2, 7), "2 rules failed in 2 accounts, 7 findings, 4 passed");
        assert_eq!(counts(&Counts::default()), "nothing judged");
    }
}
