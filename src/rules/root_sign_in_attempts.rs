//! Repeated failed sign-ins and recovery requests outside agreed windows.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::{RecordedIn, from, gaps, lookback, only_sign_ins, read_where, unread_sign_ins};
use super::words::seen_in;
use super::{Case, Judgement, Rule};
use crate::model::{
    Amount, EventKind, Finding, RootEvent, RuleId, RuleInfo, Severity, Source, Subject,
    SubjectKind, Threshold, UseKind, counted, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-sign-in-attempts"),
        summary: "repeated attempts to sign in as root or to recover its password",
        severity: Severity::Low,
        subject: SubjectKind::Day,
        threshold: Some(Threshold {
            key: "threshold",
            default: Amount::Count(5),
            least: Amount::Count(1),
            most: Amount::Count(1_000),
            more_is_weaker: true,
            meaning: "how many failed sign-ins and recovery requests in any 24 hours are a finding",
        }),
        needs: &[Source::RootEvents],
        only_if_waived: None,
        docs: "\
Anybody who knows the e-mail address of the account can try to sign in or request to recover the \
password, so one attempt means little. Many attempts in 24 hours suggest an attack.

**Judged from** CloudTrail's sign-in events of the look-back: failed sign-ins and recovery requests, \
counted in any 24 hours (`threshold`, default 5). Those inside a window that allows signing in are not \
counted. A finding is identified by the UTC day of the attempt that reaches the threshold.

A sign-in that a policy of AWS Sign-In denied (its resource-based policy, or a resource control policy) \
counts as failed; the report says that it was denied.

**Cannot see** anything if `evidence.root-events` is `off`, and in partitions where root has no \
console.",
        remedy: "\
Ask the team whether it was them. If not: make sure that MFA is registered and that the mailbox of the \
account is protected by MFA too, and use an address that is not public.",
        tags: &[],
    },
    check,
};

/// Attempts count together for this long.
const DAY: TimeDelta = TimeDelta::hours(24);

fn check(case: &Case<'_>) -> Judgement {
    let (events, basis) = match only_sign_ins(case) {
        Ok(read) => read,
        Err(judgement) => return *judgement,
    };
    let since = lookback(case);
    let covered = |event: &RootEvent| {
        let mut windows = case.policy.windows.iter();
        windows.any(|window| window.covers(case.account, UseKind::SignIn, event.time))
    };
    let attempts: Vec<&RootEvent> =
        from(case, events, since).filter(|e| e.kind.is_attempt() && !covered(e)).collect();
    let mut missing = gaps(case, events, since, RecordedIn::SignInRegions);
    missing.extend(unread_sign_ins(case, events, since, None));
    let mut judgement = Judgement {
        gaps: missing,
        basis: vec![basis],
        note: format!(
            "fewer than {} in any 24 hours: {} in all ({})",
            counted(case.count(), "attempt"),
            counted(attempts.len(), "attempt"),
            read_where(case, events)
        ),
        ..Judgement::default()
    };
    for burst in bursts(&attempts, case.count()).into_iter().rev() {
        let Some(last) = burst.attempts.last() else { continue };
        let subject = Subject::Day(burst.reached.date_naive());
        // Two bursts that reach the threshold on one day are one finding, of the newer one.
        if judgement.findings.iter().any(|finding| finding.subject == subject) {
            continue;
        }
        judgement.findings.push(Finding {
            message: format!(
                "{} in 24 hours, the last at {} ({})",
                describe(burst.attempts),
                format_time(last.time),
                seen_in(case, &[basis])
            ),
            subject,
            remedy: "Ask the team whether it was them. If not, make sure that root has MFA and that the mailbox of \
                     the account is protected too"
                .to_owned(),
            window: None,
            clears_at: Some(last.time + (case.now - since)),
            happened_at: Some(last.time),
            waiver: None,
        });
    }
    judgement
}

/// Attempts within 24 hours that reach the threshold.
struct Burst<'e> {
    attempts: &'e [&'e RootEvent],
    /// When the threshold was reached.
    reached: DateTime<Utc>,
}

/// Each attempt belongs to one burst at most: the earliest 24 hours that contain `threshold` attempts.
fn bursts<'e>(attempts: &'e [&'e RootEvent], threshold: usize) -> Vec<Burst<'e>> {
    let mut bursts = Vec::new();
    let mut first = 0;
    while let Some(begins) = attempts.get(first) {
        let rest = &attempts[first..];
        let within = rest.partition_point(|event| event.time < begins.time + DAY);
        match rest.get(threshold.saturating_sub(1)) {
            Some(reaching) if within >= threshold => {
                bursts.push(Burst { attempts: &rest[..within], reached: reaching.time });
                first += within;
            }
            _ => first += 1,
        }
    }
    bursts
}

/// The number of attempts of each kind, and their addresses.
fn describe(day: &[&RootEvent]) -> String {
    let count_of = |kind| day.iter().filter(|event| event.kind == kind).count();
    let mut parts = Vec::new();
    for (count, what) in [
        (count_of(EventKind::SignInFailed), "failed sign-in"),
        (count_of(EventKind::SignInDenied), "sign-in denied by a policy of AWS Sign-In"),
        (count_of(EventKind::RecoveryRequested), "request to recover the password"),
    ] {
        match (count, what) {
            (0, _) => {}
            (2.., "request to recover the password") => {
                parts.push(format!("{count} requests to recover the password"));
            }
            (2.., "sign-in denied by a policy of AWS Sign-In") => {
                parts.push(format!("{count} sign-ins denied by a policy of AWS Sign-In"));
            }
            _ => parts.push(counted(count, what)),
        }
    }
    let mut addresses: Vec<&str> =
        day.iter().filter_map(|event| event.source_address.as_deref()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let from = match addresses[..] {
        [] => String::new(),
        [only] => format!(" from {only}"),
        _ => format!(" from {} addresses, such as {}", addresses.len(), addresses[0]),
    };
    format!("{}{from}", parts.join(" and "))
}
