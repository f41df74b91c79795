//! What a reader should know that is no finding.

use chrono::{DateTime, Utc};

use super::run::Run;
use super::waivers::{Standing, ambiguous, standing};
use crate::model::{
    AccountId, AccountReport, Judge, Notice, NoticeCode, Outcome, Verdict, WaivedBy, format_time,
};
use crate::policy::{Policy, Waiver, When, Window};

/// A waiver that ends within so many days is announced.
const SOON_DAYS: i64 = 14;

pub(super) fn notices(
    policy: &Policy,
    accounts: &[AccountReport],
    run: &Run,
    verdict: Verdict,
    exit_code: u8,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    of_the_run(policy, run, verdict, exit_code, &mut notices);
    notices.extend(nothing_judged(policy, accounts));
    of_rules(policy, &mut notices);
    for waiver in &policy.waivers {
        of_waiver(policy, waiver, accounts, run, &mut notices);
    }
    for window in &policy.windows {
        of_window(policy, window, run.now, &mut notices);
    }
    if policy.root_events.is_none() {
        notices.push(events_off());
    }
    notices
}

/// Accounts were looked at, and no rule said anything of any of them.
fn nothing_judged(policy: &Policy, accounts: &[AccountReport]) -> Option<Notice> {
    let mut outcomes = accounts.iter().flat_map(|account| &account.outcomes);
    if accounts.is_empty() || outcomes.any(|it| it.outcome != Outcome::NotApplicable) {
        return None;
    }
    let why = match policy.rules.iter().any(|rule| rule.on) {
        true => "none of the rules that are on applies",
        false => "the policy switches every rule off",
    };
    Some(Notice {
        code: NoticeCode::NothingJudged,
        message: format!(
            "nothing was judged by any rule, because {why}: the verdict says nothing about root"
        ),
        line: None,
    })
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

fn of_the_run(
    policy: &Policy,
    run: &Run,
    verdict: Verdict,
    exit_code: u8,
    notices: &mut Vec<Notice>,
) {
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
    if let Some(day) = policy.gate.enforce_from.filter(|day| run.now.date_naive() < *day) {
        let today = match exit_code {
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
    if verdict == Verdict::Undetermined && exit_code == 0 {
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
    accounts: &[AccountReport],
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
            let doubts = ambiguous_in(waiver, accounts);
            for doubt in &doubts {
                say(NoticeCode::WaiverAmbiguous, format!("{what} {doubt}"));
            }
            if run.not_evaluated.is_none()
                && doubts.is_empty()
                && let Some(why) = unused(waiver, accounts)
            {
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

/// For each account in which a waiver names two keys of one day: what to write instead.
fn ambiguous_in(waiver: &Waiver, accounts: &[AccountReport]) -> Vec<String> {
    let judged = accounts.iter().filter(|account| waiver.accounts.contains(&account.id));
    let said = |account: &AccountReport| {
        let keys = ambiguous(waiver, &account.keys_made);
        let first = keys.first()?;
        let times: Vec<String> = keys.iter().map(|made| format_time(*made)).collect();
        Some(format!(
            "covers no key of account {}: {} were made on {} ({}), active or not; write the time of the one \
             that is meant, such as `access-key-created: {}`",
            account.id,
            keys.len(),
            first.date_naive(),
            times.join(", "),
            format_time(*first),
        ))
    };
    judged.filter_map(said).collect()
}

/// Why a valid waiver covered no finding; `None` if it covered one.
fn unused(waiver: &Waiver, accounts: &[AccountReport]) -> Option<&'static str> {
    let judged = accounts.iter().filter(|account| waiver.accounts.contains(&account.id));
    let outcomes = judged.flat_map(|account| &account.outcomes);
    let mut why = "the rule did not run for its accounts";
    for outcome in outcomes.filter(|outcome| outcome.rule == waiver.rule) {
        let mut findings = outcome.findings.iter();
        let covered = |by: &WaivedBy| by.line == waiver.line && by.ticket == waiver.ticket;
        if findings.any(|finding| finding.waiver.as_ref().is_some_and(covered)) {
            return None;
        }
        why = match outcome.outcome {
            Outcome::Undetermined => "the rule is undetermined, and a waiver never covers that",
            _ if waiver.subject.is_none() => "the rule finds nothing any more; remove the waiver",
            _ => "its subject was not found; if it is gone, remove the waiver",
        };
    }
    Some(why)
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
