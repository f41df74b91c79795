//! What a reader should know that is no finding.

use chrono::{DateTime, Utc};

use super::run::{Found, Run};
use super::tally::{Tally, WaiverUse};
use super::waivers::{Validity, validity};
use crate::model::{
    AccountId, Counts, ExcludeState, Judge, Notice, NoticeKind, Today, Unused, Verdict, WaiverState,
};
use crate::policy::{Exclude, Policy, Waiver, When, Window};

/// A waiver or an exclusion that ends within so many days is announced.
const SOON_DAYS: i64 = 14;

pub(super) fn notices(tally: &Tally<'_>, run: &Run, found: &Found) -> Vec<Notice> {
    let policy = tally.policy;
    let mut notices = Vec::new();
    run_notices(policy, run, found, &mut notices);
    notices.extend(nothing_judged(tally));
    rule_notices(policy, &mut notices);
    for (waiver, waiver_use) in policy.waivers.iter().zip(&tally.waivers) {
        waiver_notices(policy, waiver, waiver_use, run, &mut notices);
    }
    for window in &policy.windows {
        window_notices(policy, window, run.now, &mut notices);
    }
    let excluded = policy.organization.iter().flat_map(|organization| &organization.exclude);
    notices.extend(excluded.filter_map(|exclude| of_exclude(exclude, run.now)));
    if policy.root_events.is_none() {
        notices.push(Notice::for_run(NoticeKind::EventsOff));
    }
    notices
}

/// Accounts were examined, but no rule applied to any of them.
fn nothing_judged(tally: &Tally<'_>) -> Option<Notice> {
    let Counts { failed, undetermined, waived, passed, .. } = tally.counts;
    if tally.accounts == 0 || failed + undetermined + waived + passed > 0 {
        return None;
    }
    let every_rule_off = !tally.policy.rules.iter().any(|rule| rule.on);
    Some(Notice::for_run(NoticeKind::NothingJudged { every_rule_off }))
}

fn run_notices(policy: &Policy, run: &Run, found: &Found, notices: &mut Vec<Notice>) {
    let mut say = |kind| notices.push(Notice::for_run(kind));
    if let Some(why) = run.incomplete {
        say(NoticeKind::Incomplete { why: why.to_owned() });
    }
    if let Some(gap) = run.inventory.as_ref().and_then(|inventory| inventory.gap.as_ref()) {
        say(NoticeKind::InventoryIncomplete { gap: gap.clone() });
    }
    if run.origin.path.is_none() {
        say(NoticeKind::BuiltInPolicy(run.origin.judge.clone()));
    }
    if let Some(kind) = judge_notice(run) {
        say(kind);
    }
    notices.extend(run.notices.iter().cloned());
    let mut say = |kind| notices.push(Notice::for_run(kind));
    // If nothing was judged, nothing was judged by mistake.
    if !run.scope_named && run.not_evaluated.is_none() {
        say(NoticeKind::ScopeNotNamed);
    }
    if let Some(from) = run.enforce_from(policy) {
        let today = match found.before {
            _ if run.fails_by_its_copy() => Today::CopyBlocks,
            0 if run.not_evaluated.is_some() => Today::GoesOn,
            0 => Today::Passes,
            _ => Today::Blocks,
        };
        say(NoticeKind::NotEnforcedYet { from, today });
    }
    if found.verdict == Verdict::Undetermined && found.before == 0 {
        say(NoticeKind::UndeterminedTolerated);
    }
}

/// The notice for a judging policy that is not the default branch's own.
fn judge_notice(run: &Run) -> Option<NoticeKind> {
    match &run.origin.judge {
        Judge::File | Judge::DefaultBranch => None,
        // Also if there is no file: anyone who can change the branch can delete it.
        Judge::Checkout => Some(NoticeKind::CheckoutPolicy),
        Judge::Accepted { environment } => {
            Some(NoticeKind::PolicyChangeAccepted { environment: environment.clone() })
        }
        Judge::Remote { repository, pinned } => {
            Some(NoticeKind::RemotePolicy { repository: repository.clone(), pinned: *pinned })
        }
    }
}

fn rule_notices(policy: &Policy, notices: &mut Vec<Notice>) {
    for setting in &policy.rules {
        let rule = setting.info.id;
        let kind = if !setting.on {
            NoticeKind::RuleOff(rule)
        } else if setting.severity < setting.info.severity {
            NoticeKind::RuleLowered { rule, from: setting.info.severity, to: setting.severity }
        } else {
            continue;
        };
        notices.push(Notice { kind, line: setting.line });
    }
}

fn waiver_notices(
    policy: &Policy,
    waiver: &Waiver,
    waiver_use: &WaiverUse,
    run: &Run,
    notices: &mut Vec<Notice>,
) {
    let now = run.now;
    let Waiver { rule, ticket, from, expires, line, .. } = waiver;
    let mut say = |state| {
        let kind = NoticeKind::Waiver { rule: *rule, ticket: ticket.clone(), state };
        notices.push(Notice { kind, line: Some(*line) });
    };
    match validity(waiver, now) {
        Validity::NotYet => say(WaiverState::NotYetValid { from: *from }),
        Validity::Expired => say(WaiverState::Expired { expires: *expires }),
        Validity::Valid => {
            let days = expires.signed_duration_since(now.date_naive()).num_days();
            if days <= SOON_DAYS {
                say(WaiverState::ExpiresSoon { expires: *expires, days });
            }
            for (account, made) in &waiver_use.doubts {
                say(WaiverState::Ambiguous { account: account.clone(), made: made.clone() });
            }
            if run.not_evaluated.is_none() && waiver_use.doubts.is_empty() && !waiver_use.used {
                say(WaiverState::Unused(waiver_use.unused.unwrap_or(Unused::NotRun)));
            }
        }
    }
    if let Some(outside) = outside_scope(policy, Some(&waiver.accounts)) {
        say(WaiverState::OutsideScope { account: outside.clone() });
    }
}

fn window_notices(policy: &Policy, window: &Window, now: DateTime<Utc>, notices: &mut Vec<Notice>) {
    let mut say = |kind| notices.push(Notice { kind, line: Some(window.line) });
    if window.is_past(now) {
        let closed = match &window.when {
            When::Once { to, .. } => Some(*to),
            When::Recurring(_) => None,
        };
        say(NoticeKind::WindowPast { id: window.id.clone(), closed });
    }
    if let Some(outside) = outside_scope(policy, window.accounts.as_deref()) {
        say(NoticeKind::WindowOutsideScope { id: window.id.clone(), account: outside.clone() });
    }
}

/// An exclusion that has ended, or soon will.
fn of_exclude(exclude: &Exclude, now: DateTime<Utc>) -> Option<Notice> {
    let (today, expires) = (now.date_naive(), exclude.expires);
    let days = expires.signed_duration_since(today).num_days();
    let state = if exclude.is_over(today) {
        ExcludeState::Expired { expires }
    } else if days <= SOON_DAYS {
        ExcludeState::ExpiresSoon { expires, days }
    } else {
        return None;
    };
    let kind = NoticeKind::Exclude { account: exclude.account.clone(), state };
    Some(Notice { kind, line: Some(exclude.line) })
}

/// The first account that a policy with a scope names outside it.
fn outside_scope<'a>(policy: &Policy, accounts: Option<&'a [AccountId]>) -> Option<&'a AccountId> {
    accounts?.iter().find(|id| !policy.may_judge(id))
}
