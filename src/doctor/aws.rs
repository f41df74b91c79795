//! `aws-…`: what AWS let the gate read, told from the evidence of one account. It is not judged.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, CheckId, CheckedAccount};
use crate::model::{Cause, Evidence, Gap, Source, ToDo, format_time};
use crate::text;
use crate::text::{Text, outside, public};

/// AWS refuses requests of a clock that is off by more.
///
/// Source: IAM User Guide, "Elements of an AWS API request signature": 5 minutes.
const CLOCK_LIMIT: TimeDelta = TimeDelta::minutes(5);
const CLOCK_OK: TimeDelta = TimeDelta::seconds(60);

/// What the checks of an account look at.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The sources that the rules need.
    pub needs: &'a BTreeSet<Source>,
    /// `evidence.max-age`.
    pub max_age: TimeDelta,
    /// When it is.
    pub now: DateTime<Utc>,
}

/// Nobody could be signed in.
pub fn no_sign_in(account: Option<&CheckedAccount>, what: Text, todo: Text) -> Vec<Check> {
    let rest = [CheckId::AwsCall, CheckId::AwsRegions, CheckId::AwsReport];
    let skipped = rest.map(|id| {
        Check::not_checked(id, "nobody was signed in", "mend aws-sign-in first").of(account)
    });
    let problem = Check::problem(CheckId::AwsSignIn, what, todo).of(account);
    [problem].into_iter().chain(skipped).collect()
}

/// Everything about an account that was read, or that could not be entered.
#[must_use]
pub fn check(
    account: &CheckedAccount,
    evidence: &Evidence,
    by: Option<Text>,
    wanted: &Wanted<'_>,
) -> Vec<Check> {
    if let Some(gap) = not_entered(evidence) {
        return no_sign_in(Some(account), outside(&gap.detail), to_do(gap));
    }
    let signed_in = match by {
        Some(by) => text!("signed in to account {} {}", &account.id, by),
        None => text!("signed in to account {}", &account.id),
    };
    let mut checks = vec![Check::ok(CheckId::AwsSignIn, signed_in)];
    checks.extend(calls(evidence, wanted.needs));
    checks.extend(regions(evidence, wanted.needs));
    checks.push(report(evidence, wanted));
    checks.into_iter().map(|check| check.of(Some(account))).collect()
}

/// The gap of an account that could not be entered: the same for all of its sources.
#[must_use]
pub fn not_entered(evidence: &Evidence) -> Option<&Gap> {
    if !evidence.nothing_read() {
        return None;
    }
    let own = |gap: &&Gap| !gap.source.is_of_organization() && !gap.is_not_asked();
    let gaps: Vec<&Gap> = evidence.gaps().into_iter().filter(own).collect();
    let first = *gaps.first()?;
    let same = |gap: &&Gap| gap.detail == first.detail && gap.cause == first.cause;
    // A call that failed has a gap of its own, in words of its own.
    (gaps.len() > 1 && gaps.iter().all(same)).then_some(first)
}

/// The same of many accounts: one line where all are right, and each line that is not. Those that could
/// not be entered are left to `organization`.
#[must_use]
pub fn of_many(all: &[Evidence], by: Option<Text>, wanted: &Wanted<'_>) -> Vec<Check> {
    let entered: Vec<&Evidence> = all.iter().filter(|it| not_entered(it).is_none()).collect();
    let each = entered.iter().flat_map(|evidence| {
        let account = CheckedAccount { id: evidence.account.clone(), name: None };
        check(&account, evidence, None, wanted)
    });
    let wrong: Vec<Check> = each.filter(|check| check.status != super::Status::Ok).collect();
    let by = by.map(|by| text!(" {}", by)).unwrap_or_default();
    let mut checks = vec![Check::ok(CheckId::AwsSignIn, text!("signed in{}", by))];
    for id in [CheckId::AwsCall, CheckId::AwsRegions, CheckId::AwsReport] {
        if wrong.iter().any(|check| check.id == id) {
            continue;
        }
        checks.push(match entered.len() {
            0 => Check::not_checked(id, "no account was entered", "see organization"),
            count => Check::ok(id, text!("all right in {} accounts", count)),
        });
    }
    checks.extend(wrong);
    checks
}

/// Each call that failed, and the others in one line.
fn calls(evidence: &Evidence, needs: &BTreeSet<Source>) -> Vec<Check> {
    let id = CheckId::AwsCall;
    let parts = evidence.region_gaps().iter().filter(|it| it.region.is_none()).map(|it| &it.gap);
    let failed: Vec<&Gap> = evidence
        .gaps()
        .into_iter()
        .chain(parts)
        .chain(evidence.audit_gaps())
        .filter(|gap| !gap.is_not_asked() && needs.contains(&gap.source))
        .collect();
    let lost: BTreeSet<Source> = evidence.gaps().iter().map(|gap| gap.source).collect();
    let read = needs.iter().filter(|source| !lost.contains(source));
    let denied: BTreeSet<&str> = failed.iter().map(|gap| gap.action.as_str()).collect();
    let allowed = read.flat_map(|source| source.actions()).filter(|it| !denied.contains(it));
    let allowed: Vec<Text> = allowed.map(public).collect();
    let mut checks = Vec::new();
    if !allowed.is_empty() {
        checks.push(Check::ok(id, text!("allowed: {}", Text::joined(allowed, ", "))));
    }
    checks.extend(failed.into_iter().map(|gap| of_gap(id, gap)));
    if checks.is_empty() {
        let seen = "the rules of the policy need no call";
        checks.push(Check::warning(id, seen, "every rule is off: turn on those that must hold"));
    }
    checks
}

/// The line of a call that did not tell its fact.
pub(super) fn of_gap(id: CheckId, gap: &Gap) -> Check {
    let seen = text!("{}: {}", public(gap.source), outside(&gap.detail));
    match gap.cause {
        Cause::Throttled | Cause::TimedOut | Cause::Interrupted | Cause::Unavailable => {
            Check::not_checked(id, seen, to_do(gap))
        }
        _ => Check::problem(id, seen, to_do(gap)),
    }
}

pub(super) fn to_do(gap: &Gap) -> Text {
    match &gap.grant {
        Some(ToDo::Grant(action)) => text!("grant {} to the role", action),
        Some(ToDo::Do(what)) => outside(what),
        None => gap.source.info().if_unreadable.into(),
    }
}

fn regions(evidence: &Evidence, needs: &BTreeSet<Source>) -> Vec<Check> {
    let id = CheckId::AwsRegions;
    if !needs.contains(&Source::RootEvents) {
        return vec![Check::ok(id, "the policy reads no events (`root-events: off`)")];
    }
    let events = match &evidence.root_events {
        Ok(events) => &events.value,
        Err(gap) if gap.is_not_asked() => return vec![Check::ok(id, outside(&gap.detail))],
        Err(_) => {
            let seen = "no events were read, so no Region was tried";
            return vec![Check::not_checked(id, seen, "mend aws-call first")];
        }
    };
    let refused =
        evidence.region_gaps().iter().filter_map(|it| Some((it.region.as_ref()?, &it.gap)));
    let mut checks: Vec<Check> = refused
        .map(|(region, gap)| {
            let check = of_gap(id, gap);
            Check { seen: text!("{}: {}", outside(region), check.seen), ..check }
        })
        .collect();
    if !events.regions.is_empty() {
        let names = events.regions.iter().map(|read| outside(&read.region));
        checks.insert(0, Check::ok(id, text!("read: {}", Text::joined(names, ", "))));
    }
    if checks.is_empty() {
        checks.push(Check::not_checked(id, "no Region was read", "see aws-call"));
    }
    checks
}

fn report(evidence: &Evidence, wanted: &Wanted<'_>) -> Check {
    let id = CheckId::AwsReport;
    let fact = match &evidence.credential_report {
        Ok(fact) => fact,
        Err(gap) if gap.is_not_asked() => return Check::ok(id, outside(&gap.detail)),
        Err(gap) => return of_gap(id, gap),
    };
    let Some(made) = fact.observed_at else {
        return Check::problem(id, "the credential report has no time", "run this again");
    };
    let age = wanted.now - made;
    let seen = text!(
        "the credential report was made {} ({} minutes ago)",
        public(format_time(made)),
        public(age.num_minutes())
    );
    if age > wanted.max_age {
        return Check::problem(
            id,
            text!("{}, which is older than `evidence.max-age`", seen),
            "run again in some minutes: AWS makes a new report at most once in 4 hours",
        );
    }
    Check::ok(id, seen)
}

/// By how much AWS's clock is ahead of this machine's.
#[must_use]
pub fn clock(ahead: &Result<TimeDelta, Text>) -> Check {
    let id = CheckId::AwsClock;
    let ahead = match ahead {
        Ok(ahead) => *ahead,
        Err(why) => {
            let todo = "let this machine reach STS, or compare the clock by hand";
            return Check::not_checked(id, text!("AWS's clock was not seen: {}", why), todo);
        }
    };
    let seen = match ahead.num_seconds() {
        0.. => text!("this machine's clock is {} s behind AWS's", public(ahead.num_seconds())),
        _ => text!("this machine's clock is {} s ahead of AWS's", public(-ahead.num_seconds())),
    };
    let todo = "set the clock (NTP): AWS refuses requests that are 5 minutes off, and rootgate facts from \
                the future";
    if ahead.abs() >= CLOCK_LIMIT {
        Check::problem(id, seen, todo)
    } else if ahead.abs() > CLOCK_OK {
        Check::warning(id, seen, todo)
    } else {
        Check::ok(id, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::testing::healthy;

    fn account() -> CheckedAccount {
        CheckedAccount { id: "111122223333".parse().unwrap(), name: None }
    }

    fn checks(evidence: &Evidence, needs: &[Source]) -> Vec<(CheckId, Status)> {
        let needs = needs.iter().copied().collect();
        let made = evidence.credential_report.as_ref().ok().and_then(|it| it.observed_at);
        let now = made.unwrap_or_default() + TimeDelta::minutes(5);
        let wanted = Wanted { needs: &needs, max_age: TimeDelta::hours(5), now };
        let checks = check(&account(), evidence, None, &wanted);
        checks.into_iter().map(|check| (check.id, check.status)).collect()
    }

    const NEEDS: &[Source] =
        &[Source::CredentialReport, Source::AccountSummary, Source::RootEvents];

    #[test]
    fn a_healthy_account_is_all_right() {
        let checks = checks(&healthy(), NEEDS);
        assert!(checks.iter().all(|(_, status)| *status == Status::Ok), "{checks:?}");
        assert_eq!(checks.len(), 4, "{checks:?}");
    }

    #[test]
    fn a_denied_call_is_a_problem_and_one_that_nobody_answered_is_not_checked() {
        for (cause, status) in [
            (Cause::Denied, Status::Problem),
            (Cause::Unreadable, Status::Problem),
            (Cause::Throttled, Status::NotChecked),
            (Cause::Unavailable, Status::NotChecked),
        ] {
            let evidence = healthy().without(Source::AccountSummary, cause);
            assert!(checks(&evidence, NEEDS).contains(&(CheckId::AwsCall, status)), "{cause:?}");
            // Control: what the rules do not need is not looked at.
            let others = checks(&evidence, &[Source::CredentialReport]);
            assert!(others.iter().all(|(_, status)| *status == Status::Ok), "{others:?}");
        }
        let without_report = healthy().without(Source::CredentialReport, Cause::Denied);
        assert!(checks(&without_report, NEEDS).contains(&(CheckId::AwsReport, Status::Problem)));
        let without_events = healthy().without(Source::RootEvents, Cause::Denied);
        let checks = checks(&without_events, NEEDS);
        assert!(checks.contains(&(CheckId::AwsRegions, Status::NotChecked)), "{checks:?}");
    }

    #[test]
    fn an_account_that_was_not_entered_has_one_problem() {
        let unread = Evidence::unread(account().id, None, Cause::NotEntered, "shut");
        let checks = checks(&unread, NEEDS);
        let problems = checks.iter().filter(|(_, status)| *status == Status::Problem);
        assert_eq!(problems.collect::<Vec<_>>(), [&(CheckId::AwsSignIn, Status::Problem)]);
        assert!(checks[1..].iter().all(|(_, status)| *status == Status::NotChecked));
    }

    #[test]
    fn one_source_that_fails_is_no_failed_sign_in() {
        let denied = Gap::denied(Source::AccountSummary, "iam:GetAccountSummary", "denied");
        let mut only = Evidence::unread(account().id, None, Cause::NotCollected, "not needed");
        only.account_summary = Err(denied);
        let found = checks(&only, &[Source::AccountSummary]);
        assert!(found.contains(&(CheckId::AwsSignIn, Status::Ok)), "{found:?}");
        assert!(found.contains(&(CheckId::AwsCall, Status::Problem)), "{found:?}");
    }

    #[test]
    fn many_accounts_have_one_line_where_all_are_right() {
        let needs = NEEDS.iter().copied().collect();
        let made = healthy().credential_report.unwrap().observed_at.unwrap();
        let wanted = Wanted { needs: &needs, max_age: TimeDelta::hours(5), now: made };
        let of = |all: &[Evidence]| -> Vec<(CheckId, Status)> {
            of_many(all, None, &wanted).iter().map(|check| (check.id, check.status)).collect()
        };
        let sound = of(&[healthy(), healthy()]);
        assert_eq!(sound.len(), 4);
        assert!(sound.iter().all(|(_, status)| *status == Status::Ok));
        let denied = of(&[healthy(), healthy().without(Source::AccountSummary, Cause::Denied)]);
        assert_eq!(denied.len(), 4);
        assert!(denied.contains(&(CheckId::AwsCall, Status::Problem)));
        let unread = Evidence::unread(account().id, None, Cause::NotEntered, "shut");
        let nothing = of(&[unread]);
        assert!(nothing[1..].iter().all(|(_, status)| *status == Status::NotChecked));
    }

    #[test]
    fn the_clock_may_be_a_minute_off() {
        let of = |seconds| clock(&Ok(TimeDelta::seconds(seconds))).status;
        assert_eq!([of(0), of(-60), of(61)], [Status::Ok, Status::Ok, Status::Warning]);
        assert_eq!([of(-300), of(300)], [Status::Problem, Status::Problem]);
        assert_eq!(clock(&Err("no answer".into())).status, Status::NotChecked);
    }
}
