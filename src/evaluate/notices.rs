//! What a reader should know that is no finding.

use chrono::{DateTime, Utc};

use super::run::{Found, Run};
use super::tally::{Tally, Unused, WaiverUse};
use super::waivers::{Standing, standing};
use crate::model::{AccountId, Judge, Notice, NoticeCode, Verdict, format_time};
use crate::policy::{Policy, Waiver, When, Window};

/// A waiver that ends within so many days is announced.
const SOON_DAYS: i64 = 14;

pub(super) fn notices(tally: &Tally<'_>, run: &Run, found: &Found) -> Vec<Notice> {
    let policy = tally.policy;
    let mut notices = Vec::new();
    of_the_run(policy, run, found, &mut notices);
    of_rules(policy, &mut notices);
    for (waiver, waiver_use) in policy.waivers.iter().zip(&tally.waivers) {
        of_waiver(policy, waiver, waiver_use, run, &mut notices);
    }
    for window in &policy.windows {
        of_window(policy, window, run.now, &mut notices);
    }
    if policy.root_events.is_none() {
        notices.push(events_off());
    }
    notices
}

fn events_off() -> Notice {
    Notice {
        code: NoticeCode::EventsOff,
        message: "CloudTrail events are not read: sign-ins without MFA, failed sign-ins and changes of root \
                  credentials are not judged, and of each credential only the newest use is known"
            .to_owned(),
        line: None,
    }
}

fn of_the_run(policy: &Policy, run: &Run, found: &Found, notices: &mut Vec<Notice>) {
    let mut say = |code, message: String| notices.push(Notice { code, message, line: None });
    if let Some(why) = &run.incomplete {
        say(
            NoticeCode::Incomplete,
            format!("the run is incomplete: {why}; what was collected by then is judged"),
        );
    }
    if run.origin.path.is_none() {
        let why = no_file(&run.origin.judge);
        say(NoticeCode::BuiltInPolicy, format!("{why}: the strict built-in defaults judge"));
    }
    if let Some((code, message)) = of_the_judge(run) {
        say(code, message);
    }
    for notice in &run.notices {
        say(notice.code, notice.message.clone());
    }
    // Where nothing was judged, nobody was judged by mistake.
    if !run.scope_named && run.not_evaluated.is_none() {
        say(
            NoticeCode::ScopeNotNamed,
            "the policy names no account in `scope.accounts`: what the credentials or the evidence belong to \
             was judged, and an account that is missing cannot be noticed"
                .to_owned(),
        );
    }
    if let Some(day) = run.enforce_from(policy) {
        let today = match found.before {
            _ if run.fails_by_its_copy() => "a weaker or broken copy of the policy blocks already",
            0 if run.not_evaluated.is_some() => "today it would go on all the same",
            0 => "today it would pass",
            _ => "today it would block",
        };
        say(
            NoticeCode::NotEnforcedYet,
            format!("the gate blocks from {day} on (`enforce-from`); {today}"),
        );
    }
    if found.verdict == Verdict::Undetermined && found.before == 0 {
        say(
            NoticeCode::UndeterminedTolerated,
            "`on-undetermined: warn` lets undetermined outcomes through".to_owned(),
        );
    }
}

/// Why there is no policy file.
const fn no_file(judge: &Judge) -> &'static str {
    match judge {
        Judge::DefaultBranch => "the default branch has no policy file",
        Judge::Checkout | Judge::Accepted { .. } => "the checkout has no policy file",
        Judge::File | Judge::Remote { .. } => {
            "no policy file was found (rootgate.yaml or rootgate.yml, also in .github)"
        }
    }
}

/// What a reader should know of a judging policy that is not the default branch's own.
fn of_the_judge(run: &Run) -> Option<(NoticeCode, String)> {
    match &run.origin.judge {
        Judge::File | Judge::DefaultBranch => None,
        // Also where it has none: whoever can change the branch can delete it.
        Judge::Checkout => Some((
            NoticeCode::CheckoutPolicy,
            "the checkout's copy of the policy judged because of --policy-from checkout: whoever can change the \
             branch can change it"
                .to_owned(),
        )),
        Judge::Accepted { environment } => Some((
            NoticeCode::PolicyChangeAccepted,
            format!(
                "the checkout's copy of the policy judged: it was accepted for the environment `{environment}`"
            ),
        )),
        Judge::Remote { repository, pinned } => {
            let moves = if *pinned { "" } else { "; the ref is no commit, so it can be moved" };
            Some((
                NoticeCode::RemotePolicy,
                format!("a policy of another repository judged, {repository}{moves}"),
            ))
        }
    }
}

fn of_rules(policy: &Policy, notices: &mut Vec<Notice>) {
    for rule in &policy.rules {
        let id = rule.info.id;
        let (code, message) = if !rule.on {
            (NoticeCode::RuleOff, format!("the policy switches {id} off"))
        } else if rule.severity < rule.info.severity {
            let (from, to) = (rule.info.severity, rule.severity);
            (NoticeCode::RuleLowered, format!("the policy lowers {id} from {from} to {to}"))
        } else {
            continue;
        };
        notices.push(Notice { code, message, line: rule.line });
    }
}

fn of_waiver(
    policy: &Policy,
    waiver: &Waiver,
    waiver_use: &WaiverUse,
    run: &Run,
    notices: &mut Vec<Notice>,
) {
    let now = run.now;
    let Waiver { rule, ticket, from, expires, line, .. } = waiver;
    let mut say = |code, message| notices.push(Notice { code, message, line: Some(*line) });
    let what = format!("the waiver of {rule} ({ticket})");
    match standing(waiver, now) {
        Standing::NotYet => say(NoticeCode::WaiverNotYetValid, format!("{what} begins on {from}")),
        Standing::Expired => say(
            NoticeCode::WaiverExpired,
            format!("{what} ended on {expires} and covers nothing any more; remove it"),
        ),
        Standing::Valid => {
            let days = expires.signed_duration_since(now.date_naive()).num_days();
            if days <= SOON_DAYS {
                let when = if days == 0 { "today".to_owned() } else { format!("in {days} days") };
                say(NoticeCode::WaiverExpiresSoon, format!("{what} ends {when}, on {expires}"));
            }
            for (_, doubt) in &waiver_use.doubts {
                say(NoticeCode::WaiverAmbiguous, format!("{what} {doubt}"));
            }
            if run.not_evaluated.is_none() && waiver_use.doubts.is_empty() && !waiver_use.used {
                let why = why_unused(waiver_use.unused);
                say(NoticeCode::WaiverUnused, format!("{what} covers nothing: {why}"));
            }
        }
    }
    if let Some(outside) = outside_scope(policy, Some(&waiver.accounts)) {
        say(
            NoticeCode::OutsideScope,
            format!("{what} names {outside}, which is outside the scope"),
        );
    }
}

/// Why a valid waiver covered no finding; `None`: its rule did not run.
const fn why_unused(why: Option<Unused>) -> &'static str {
    match why {
        None => "the rule did not run for its accounts",
        Some(Unused::Undetermined) => "the rule is undetermined, and a waiver never covers that",
        Some(Unused::NothingFound) => "the rule finds nothing any more; remove the waiver",
        Some(Unused::SubjectNotFound) => {
            "its subject was not found; if it is gone, remove the waiver"
        }
    }
}

fn of_window(policy: &Policy, window: &Window, now: DateTime<Utc>, notices: &mut Vec<Notice>) {
    let mut say = |code, message| notices.push(Notice { code, message, line: Some(window.line) });
    if window.is_past(now) {
        let closed = match &window.when {
            When::Once { to, .. } => format!("closed at {} and ", format_time(*to)),
            When::Recurring(_) => String::new(),
        };
        say(
            NoticeCode::WindowPast,
            format!(
                "window `{}` {closed}never opens again; it still covers uses from its time",
                window.id
            ),
        );
    }
    if let Some(outside) = outside_scope(policy, window.accounts.as_deref()) {
        say(
            NoticeCode::OutsideScope,
            format!("window `{}` names {outside}, which is outside the scope", window.id),
        );
    }
}

/// The first account that a policy with a scope names outside it.
fn outside_scope<'a>(policy: &Policy, accounts: Option<&'a [AccountId]>) -> Option<&'a AccountId> {
    let in_scope = |id: &AccountId| policy.scope.iter().any(|account| account.id == *id);
    accounts?.iter().find(|id| !policy.scope.is_empty() && !in_scope(id))
}
