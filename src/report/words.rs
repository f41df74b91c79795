//! Words and orders that several formats share. What is returned is not escaped yet.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use crate::escape::shortened;
pub(super) use crate::model::counted;
use crate::model::{
    AccountReport, Basis, Cause, Counts, Duration, Effect, Finding, Gap, Outcome, PolicyChange,
    PolicyCopy, Report, RuleOutcome, Source, Verdict, format_time,
};

/// Where a finding points if the judging policy is no file of the repository.
pub(super) const DEFAULT_POLICY_PATH: &str = ".github/rootgate.yaml";

/// More of one outside text than a reader takes in, in characters; the JSON report has all of it.
pub(super) const MAX_TEXT: usize = 2_000;
/// More of a name or subject than a heading has room for.
pub(super) const MAX_NAME: usize = 80;

/// `prod (111122223333)`, or the id alone.
pub(super) fn account(account: &AccountReport) -> String {
    match &account.name {
        Some(name) => format!("{} ({})", shortened(name, MAX_NAME), account.id),
        None => account.id.to_string(),
    }
}

/// The subject of a finding, for people.
pub(super) fn subject(finding: &Finding) -> String {
    shortened(&finding.subject.to_string(), MAX_NAME)
}

/// `1 rule failed, 2 findings, 1 undetermined, 5 passed`: what there is none of is not named.
pub(super) fn counts(counts: &Counts) -> String {
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

/// Why nothing of an account counts. A credential report whose time is missing was read, and says
/// nothing of today.
pub(super) fn nothing_read(account: &AccountReport) -> String {
    let mut gaps = account.outcomes.iter().flat_map(|outcome| &outcome.gaps);
    let undated = |gap: &Gap| gap.cause == Cause::Undated && gap.source == Source::CredentialReport;
    if gaps.any(undated) {
        return "The time of the credential report is missing, so nothing in it counts: give the time at which AWS \
                made it, --report-generated-at TIME."
            .to_owned();
    }
    let why = shut(account).map(|why| format!(": {why}")).unwrap_or_default();
    format!("Nothing of this account could be read{why}.")
}

/// The verdict as a reader should take it (before `enforce-from` a failure only would be one),
/// and what limits it.
pub(super) fn verdict(report: &Report) -> (&'static str, String) {
    let word = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail if report.enforce_from.is_some() && report.exit_code == 0 => "would fail",
        Verdict::Fail => "fail",
        Verdict::Undetermined => "undetermined",
        Verdict::NotEvaluated => "not evaluated",
    };
    let as_of = match report.as_of {
        true => format!(" as of {}", format_time(report.evaluated_at)),
        false => String::new(),
    };
    let incomplete = if report.incomplete.is_some() { " (incomplete)" } else { "" };
    (word, format!("{as_of}{incomplete}"))
}

/// What follows from the verdict, and why where that may surprise.
pub(super) fn consequence(report: &Report) -> String {
    let blocked = report.counts.failed + report.counts.undetermined > 0;
    let why = match (report.exit_code, report.verdict, report.enforce_from) {
        (0, Verdict::Pass, _) if blocked => {
            Some(format!("nothing of it reaches fail-on: {}", report.fail_on))
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
    let copy = report.policy_change.as_ref().and_then(of_copy).map(str::to_owned);
    [Some(code), copy, why].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What the checkout's copy has to do with the exit code.
const fn of_copy(change: &PolicyChange) -> Option<&'static str> {
    match (change.effect, &change.copy) {
        (Effect::None, _) => None,
        (Effect::Fails, PolicyCopy::Broken(_)) => Some("the checkout's policy is broken"),
        (Effect::Fails, PolicyCopy::Missing { .. }) => Some("the checkout's policy is gone"),
        (Effect::Fails, _) => Some("the checkout's policy is weaker"),
        (Effect::Tolerated, _) => Some("on-weaker: warn lets a weaker policy through"),
        (Effect::Accepted, _) => Some("judged by an accepted change of the policy"),
    }
}

/// What it means that nothing was evaluated, and what to do; nothing where something was.
pub(super) fn not_evaluated(report: &Report) -> Vec<String> {
    let Some(reason) = &report.not_evaluated else { return Vec::new() };
    vec![format!("Why: {reason}."), NOT_EVALUATED.to_owned(), what_of_it(report)]
}

/// What it means, without the reason.
pub(super) const NOT_EVALUATED: &str =
    "This run may not sign in to AWS, so it looked at no account: it is no pass.";

/// What to do where nothing was evaluated.
pub(super) fn what_of_it(report: &Report) -> String {
    let (goes_on, else_skip) = match report.exit_code {
        0 => ("The pipeline goes on all the same. ", ""),
        _ => ("", " Where that is ensured, on-fork: skip lets such a run go on."),
    };
    format!(
        "{goes_on}To do: let the gate run again where it can sign in, before anything of this is merged or \
         deployed: in a merge queue, or on a branch of the repository itself.{else_skip}"
    )
}

/// `credential report of 2026-11-02T06:40:00Z (3h20m old)`.
pub(super) fn basis(basis: &Basis, now: DateTime<Utc>) -> String {
    let seconds = u64::try_from((now - basis.observed_at).num_seconds()).unwrap_or(0);
    // Seconds tell nothing of a fact that is hours old.
    let shown = if seconds < 60 { seconds } else { seconds / 60 * 60 };
    let (source, time) = (basis.source, format_time(basis.observed_at));
    format!("{source} of {time} ({} old)", Duration::seconds(shown))
}

/// What is lacking: `credential report: AWS denied the call`.
pub(super) fn gap(gap: &Gap) -> String {
    format!("{}: {}", gap.source, gap.detail)
}

/// What to do about what is lacking, where something can be done.
pub(super) fn gap_remedy(gap: &Gap) -> Option<String> {
    match &gap.grant {
        Some(action) if is_iam_action(action) => Some(format!("grant {action}")),
        Some(other) => Some(other.clone()),
        None => next_step(gap).map(str::to_owned),
    }
}

/// What to do where nothing is to be granted.
const fn next_step(gap: &Gap) -> Option<&'static str> {
    match gap.cause {
        Cause::Throttled | Cause::TimedOut | Cause::Interrupted | Cause::Unavailable => {
            Some("run again")
        }
        Cause::NotCollected => Some("give it with --evidence, or let rootgate call AWS"),
        Cause::Stale | Cause::Undated => Some("collect it again"),
        Cause::Future => Some("set the clock of this machine, or of the one that collected it"),
        // An answer came, and AWS gives no better one before the next report.
        Cause::Conflicting => Some(
            "run again with the next credential report, which AWS makes at most 4 hours after this one; if the two \
             still contradict each other, report it as a fault of rootgate",
        ),
        Cause::Unreadable | Cause::Missing => Some(gap.source.info().if_unreadable),
        Cause::Denied | Cause::NotEntered => None,
    }
}

/// Whether the text is an IAM action such as `iam:GetAccountSummary`, and so holds no id.
pub(super) fn is_iam_action(text: &str) -> bool {
    let service = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    text.split_once(':').is_some_and(|(prefix, name)| {
        !prefix.is_empty()
            && prefix.bytes().all(service)
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// Every outcome of that kind: the worst severity first, then in the order of the report.
pub(super) fn worst_first(
    accounts: &[AccountReport],
    kind: impl Fn(&RuleOutcome) -> bool,
) -> Vec<(&AccountReport, &RuleOutcome)> {
    let mut found: Vec<_> = accounts
        .iter()
        .flat_map(|account| account.outcomes.iter().map(move |outcome| (account, outcome)))
        .filter(|(_, outcome)| kind(outcome))
        .collect();
    found.sort_by_key(|(_, outcome)| Reverse(outcome.severity));
    found
}

/// Why nothing of an account could be read, where every source has the same reason: it could not be
/// entered. Then a reader needs it once, and not at each rule.
pub(super) fn shut(account: &AccountReport) -> Option<&str> {
    let undetermined =
        account.outcomes.iter().filter(|outcome| outcome.outcome == Outcome::Undetermined);
    let mut gaps = undetermined.flat_map(|outcome| &outcome.gaps);
    let first = gaps.next().filter(|_| account.nothing_read)?;
    let same = |gap: &Gap| gap.cause == Cause::NotEntered && gap.detail == first.detail;
    (same(first) && gaps.all(same)).then_some(first.detail.as_str())
}

/// Whether two outcomes of the same account are undetermined for one and the same reason, so that
/// a reader needs it once.
pub(super) fn same_reason(
    (account, one): &(&AccountReport, &RuleOutcome),
    (other_account, other): &(&AccountReport, &RuleOutcome),
) -> bool {
    let reason =
        shut(account).is_some() || (one.message == other.message && one.gaps == other.gaps);
    account.id == other_account.id && one.blocks == other.blocks && reason
}

/// Why an outcome that is not fine does not block.
pub(super) fn not_blocking(report: &Report, outcome: &RuleOutcome) -> String {
    match outcome.severity < report.fail_on {
        true => format!("Does not block: fail-on is {}.", report.fail_on),
        false => "Does not block: the policy says on-undetermined: warn.".to_owned(),
    }
}

/// The findings that no waiver covers: newest first, those of unknown time last.
pub(super) fn unwaived(outcome: &RuleOutcome) -> Vec<&Finding> {
    let mut findings: Vec<_> =
        outcome.findings.iter().filter(|finding| finding.waiver.is_none()).collect();
    findings
        .sort_by_cached_key(|finding| (Reverse(finding.happened_at), finding.subject.to_string()));
    findings
}

/// As many findings of one rule and account are shown, and get an alert each.
pub(super) const KEPT_FINDINGS: usize = 20;

/// The findings to show, and how many more there are.
pub(super) fn kept(outcome: &RuleOutcome) -> (Vec<&Finding>, usize) {
    let mut findings = unwaived(outcome);
    let more = findings.len().saturating_sub(KEPT_FINDINGS);
    findings.truncate(KEPT_FINDINGS);
    (findings, more)
}

/// Whether the outcome is one that somebody should act on.
pub(super) fn is_open(outcome: &RuleOutcome) -> bool {
    matches!(outcome.outcome, Outcome::Fail | Outcome::Undetermined)
}

/// 1-based line of the policy that an outcome of the rule is shown at.
pub(super) fn policy_line(report: &Report, outcome: &RuleOutcome) -> usize {
    let line = report.rule(outcome.rule).and_then(|setting| setting.line);
    match report.policy.repository_path {
        Some(_) => line.unwrap_or(1),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::model::Counts;

    #[test]
    fn what_failed_is_counted_by_rules_and_findings_and_by_accounts_where_they_are_several() {
        let said = |failed, failed_rules, failed_accounts, findings| {
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
        assert_eq!(said(0, 0, 0, 0), "4 passed");
        assert_eq!(said(1, 1, 1, 1), "1 rule failed, 1 finding, 4 passed");
        assert_eq!(said(2, 2, 1, 3), "2 rules failed, 3 findings, 4 passed");
        assert_eq!(said(3, 2, 2, 7), "2 rules failed in 2 accounts, 7 findings, 4 passed");
        assert_eq!(counts(&Counts::default()), "nothing judged");
    }
}
