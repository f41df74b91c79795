//! Root must not sign in without MFA.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::events::{
    RecordedIn, from, gaps, lookback, only_sign_ins, reach, read_where, unread_sign_ins,
};
use super::reported::{CLOCKS, Reported, not_delivered, root_row, run_again_after, unread_report};
use super::story::story;
use super::suggested_window::{Acknowledged, Activity, Wanted};
use super::words::seen_in;
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Cause, EventKind, Finding, Gap, RootEvent, RootEvents, RuleId, RuleInfo, Severity, Source,
    Subject, SubjectKind, UseKind, format_day, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-signed-in-without-mfa"),
        summary: "root signed in without MFA",
        severity: Severity::Critical,
        subject: SubjectKind::Day,
        threshold: None,
        needs: &[Source::RootEvents],
        only_if_waived: None,
        docs: "\
A sign-in without MFA means that the password alone was enough: no device is registered, or one was \
removed temporarily.

**Judged from** CloudTrail's sign-in events of the look-back: successful sign-ins without MFA. A console \
session without MFA counts too if its sign-in is not among the events. A command-line tool or an agent \
has the MFA of the session that authorized it. A window with `require-mfa: false` that is open at the \
time excuses such a sign-in; waivers do not. The rule is undetermined if an event does not say whether \
MFA was used, and if the credential report shows a sign-in that no event explains.

**Cannot see** anything if `evidence.root-events` is `off`, and in partitions where root has no \
console.",
        remedy: "\
Find out who signed in. Register an MFA device for root, better two that are not virtual. If nobody \
can explain the sign-in: treat the account as compromised, change the password, check MFA, keys and the \
mailbox.",
        tags: tags::MFA,
    },
    check,
};

/// The windows that excuse sign-ins without MFA of a day that were agreed on, such as the one that
/// registered the first device.
fn acknowledged(day: NaiveDate, sign_ins: &[&RootEvent]) -> Wanted {
    let done = sign_ins.iter().map(|event| Activity::at(signed_in_at(event), UseKind::SignIn));
    Wanted::Acknowledged(Acknowledged {
        id: format!("acknowledged-{day}-without-mfa"),
        names_changes: false,
        require_mfa: false,
        done: done.collect(),
    })
}

fn check(case: &Case<'_>) -> Judgement {
    let (events, basis) = match only_sign_ins(case) {
        Ok(read) => read,
        Err(judgement) => return *judgement,
    };
    let since = lookback(case);
    let sign_ins = sign_ins(case, events, since);
    let judged: Vec<&RootEvent> =
        sign_ins.iter().copied().filter(|event| !excused(case, signed_in_at(event))).collect();
    let mut gaps = unread(case, events, since);
    gaps.extend(judged.iter().filter_map(|event| mfa_unknown(case, events, event)));
    gaps.extend(unexplained(case, events, since));
    let mut without: Vec<&RootEvent> =
        judged.into_iter().filter(|event| is_without_mfa(event)).collect();
    without.sort_by_key(|event| signed_in_at(event));
    let mut judgement = Judgement { gaps, basis: vec![basis], ..Judgement::default() };
    let day_of = |event: &RootEvent| signed_in_at(event).date_naive();
    for day in without.chunk_by(|a, b| day_of(a) == day_of(b)).rev() {
        let Some(last) = day.last().map(|event| signed_in_at(event)) else { continue };
        let subject = Subject::Day(last.date_naive());
        judgement.wanted.push((subject.clone(), acknowledged(last.date_naive(), day)));
        judgement.findings.push(Finding {
            subject,
            message: format!(
                "root signed in without MFA on {}: {} ({})",
                format_day(last),
                story(day),
                seen_in(case, &[basis])
            ),
            remedy: "Find out who it was. Register MFA for root, better two devices that are not virtual. If it was \
                     agreed, acknowledge it with a window that names its reason and ticket. If nobody can explain it, treat the \
                     account as compromised: change the password, check MFA, keys and the mailbox"
                .to_owned(),
            window: None,
            clears_at: Some(last + (case.now - since)),
            happened_at: Some(last),
            waiver: None,
        });
    }
    judgement.note = match sign_ins.len() {
        0 => format!("root did not sign in ({})", read_where(case, events)),
        count => format!(
            "none of {count} sign-ins of root was without MFA, outside of windows that allow it ({})",
            read_where(case, events)
        ),
    };
    judgement
}

/// The events that show a sign-in, oldest first: sign-ins, and console sessions without MFA whose sign-in
/// is not among the events.
fn sign_ins<'a>(
    case: &Case<'_>,
    events: &'a RootEvents,
    since: DateTime<Utc>,
) -> Vec<&'a RootEvent> {
    let mut sessions: Vec<DateTime<Utc>> = Vec::new();
    let counts = |event: &&RootEvent| {
        if event.is_console_session_without_mfa() {
            let began = signed_in_at(event);
            let is_known = began < since || sessions.contains(&began);
            sessions.push(began);
            return !is_known && events.sign_in_for(event).is_none();
        }
        // A program that renews its token does not sign in.
        let renewed = event.is_token_refresh() && event.mfa.is_none();
        (event.is_successful_sign_in() && !renewed) || is_odd(event)
    };
    from(case, events, since).filter(counts).collect()
}

/// A sign-in to the console that does not say whether it worked.
fn is_odd(event: &RootEvent) -> bool {
    event.kind == EventKind::Unrecognised && event.action() == "signin:ConsoleLogin"
}

fn is_without_mfa(event: &RootEvent) -> bool {
    event.mfa == Some(false) && !is_odd(event)
}

/// The time of the sign-in of an event.
fn signed_in_at(event: &RootEvent) -> DateTime<Utc> {
    match event.is_console_session_without_mfa() {
        true => event.session_started.unwrap_or(event.time),
        false => event.judged_at(),
    }
}

/// Whether a window allows a sign-in without MFA at this time.
fn excused(case: &Case<'_>, at: DateTime<Utc>) -> bool {
    case.policy.windows.iter().any(|window| window.allows_missing_mfa(case.account, at))
}

/// Sign-ins that may be missing from the events. Root can sign in from a command line or by an agent in
/// any Region, so once root was used, every Region matters.
fn unread(case: &Case<'_>, events: &RootEvents, since: DateTime<Utc>) -> Vec<Gap> {
    let anywhere = case.evidence.root_may_have_acted_anywhere(since);
    let recorded_in = if anywhere { RecordedIn::AnyRegion } else { RecordedIn::SignInRegions };
    let mut missing = gaps(case, events, since, recorded_in);
    missing.extend(unread_sign_ins(case, events, since, root_row(case.evidence).ok()));
    missing
}

fn mfa_unknown(case: &Case<'_>, events: &RootEvents, event: &RootEvent) -> Option<Gap> {
    let unknown = match event.mfa {
        Some(true) => return None,
        _ if is_odd(event) => "does not say whether it worked",
        Some(false) => return None,
        None if was_let_in_with_mfa(events, event) => return None,
        None => "does not say whether MFA was used",
    };
    let at = format_time(event.time);
    let to_do = format!(
        "find out who signed in; if it was agreed, a window with `require-mfa: false` covers it; it leaves the \
         look-back at {}",
        format_time(event.time + (case.now - lookback(case)))
    );
    let detail = format!("the sign-in at {at} {unknown}");
    Some(Gap::new(Source::RootEvents, Cause::Missing, detail).to_do(to_do))
}

/// Whether a console session with MFA authorized the program: a session lasts up to 12 hours, and every
/// sign-in of that time used MFA.
/// Source: AWS Sign-In User Guide, "Sign in with the AWS CLI".
fn was_let_in_with_mfa(events: &RootEvents, event: &RootEvent) -> bool {
    let before = |other: &&RootEvent| {
        let ago = event.time - other.time;
        other.kind == EventKind::SignIn && ago >= -CLOCKS && ago <= TimeDelta::hours(12)
    };
    let mut sign_ins = events.events.iter().filter(before).peekable();
    event.kind == EventKind::ClientSignIn
        && sign_ins.peek().is_some()
        && sign_ins.all(|other| other.mfa == Some(true))
}

/// The sign-in that the credential report shows, if no event says whether it used MFA.
fn unexplained(case: &Case<'_>, events: &RootEvents, since: DateTime<Utc>) -> Option<Gap> {
    let row = match root_row(case.evidence) {
        Ok(row) => row,
        Err(gap) => return unread_report(*gap),
    };
    let mut reported = Reported::all(Some(row), since).into_iter();
    let reported = reported.find(|reported| reported.kind == UseKind::SignIn)?;
    let explains = |event: &RootEvent| reported.is_explained_by(event);
    if events.events.iter().any(explains) || excused(case, reported.at) {
        return None;
    }
    let at = format_time(reported.at);
    let (cause, detail, to_do) = match not_delivered(reported.at, reach(case, events)) {
        Some(after) => (
            Cause::Unavailable,
            format!(
                "the credential report shows a sign-in at {at}, and CloudTrail has not delivered the event yet, so \
                 whether MFA was used is not known"
            ),
            run_again_after(case, after),
        ),
        None => (
            Cause::Missing,
            format!(
                "the credential report shows a sign-in at {at} that no CloudTrail event explains, so whether MFA was \
                 used is not known"
            ),
            format!(
                "find out who signed in; if it was agreed, and MFA was not needed for it, a window with `require-mfa: \
                 false` covers it; it leaves the look-back at {}",
                format_time(reported.at + (case.now - since))
            ),
        ),
    };
    Some(Gap::new(Source::RootEvents, cause, detail).to_do(to_do))
}
