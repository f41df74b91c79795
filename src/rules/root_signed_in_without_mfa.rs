//! Nobody may sign in as root without MFA.

use super::events::{Scope, from, gaps, lookback, only_sign_ins, read_where};
use super::story::story;
use super::suggested_window::{self, Acknowledged, Done};
use super::words::seen_in;
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Cause, EventKind, Finding, Gap, RootEvent, RuleId, RuleInfo, Severity, Source, SubjectKind,
    UseKind, format_day, format_time,
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
removed for the moment.

**Judged from** CloudTrail's sign-in events of the look-back: successful ones that say that MFA was not \
used. A window with `require-mfa: false` that is open at the time excuses them; waivers do not. A \
sign-in that does not say whether MFA was used makes the rule undetermined.

**Cannot see** anything where `evidence.root-events` is `off`, and in partitions where root has no \
console.",
        remedy: "\
Find out who signed in. Register an MFA device for root, better two that are not virtual. If nobody \
knows of the sign-in: treat the account as compromised, change the password, check MFA, keys and the \
mailbox.",
        tags: tags::MFA,
    },
    check,
};

/// The window that excuses sign-ins without MFA that were agreed on, such as the one that registered
/// the first device.
fn acknowledging(case: &Case<'_>, sign_ins: &[&RootEvent]) -> Option<String> {
    let what = Acknowledged {
        id: &format!("acknowledged-{}-without-mfa", format_day(sign_ins.first()?.time)),
        kinds: &[UseKind::SignIn],
        names_changes: false,
        require_mfa: false,
    };
    let done: Vec<Done> = sign_ins.iter().map(|event| Done::at(event.time)).collect();
    suggested_window::acknowledging(case, &what, &done)
}

fn check(case: &Case<'_>) -> Judgement {
    let (events, basis) = match only_sign_ins(case) {
        Ok(read) => read,
        Err(judgement) => return judgement,
    };
    let since = lookback(case);
    let sign_ins: Vec<&RootEvent> =
        from(case, events, since).filter(|event| event.kind == EventKind::SignIn).collect();
    let excused = |event: &RootEvent| {
        let mut windows = case.policy.windows.iter();
        windows.any(|window| window.excuses_no_mfa(case.account, event.time))
    };
    let mut gaps = gaps(case, events, since, Scope::SignIns);
    for event in sign_ins.iter().filter(|event| event.mfa.is_none() && !excused(event)) {
        let detail =
            format!("the sign-in at {} does not say whether MFA was used", format_time(event.time));
        gaps.push(Gap::new(Source::RootEvents, Cause::Missing, detail));
    }
    let without: Vec<&RootEvent> = sign_ins
        .iter()
        .copied()
        .filter(|event| event.mfa == Some(false) && !excused(event))
        .collect();
    let mut judgement = Judgement { gaps, basis: vec![basis], ..Judgement::default() };
    for day in without.chunk_by(|a, b| a.time.date_naive() == b.time.date_naive()).rev() {
        let Some(last) = day.last() else { continue };
        judgement.findings.push(Finding {
            subject: format_day(last.time),
            message: format!(
                "root signed in without MFA on {}: {} ({})",
                format_day(last.time),
                story(day),
                seen_in(case, &[basis])
            ),
            remedy: "Find out who it was. Register MFA for root, better two devices that are not virtual. If it was \
                     agreed, acknowledge it with a window that names its ticket. If nobody knows of it, treat the account as compromised: change the password, check MFA, keys \
                     and the mailbox"
                .to_owned(),
            window: acknowledging(case, day),
            clears_at: Some(last.time + (case.now - since)),
            happened_at: Some(last.time),
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
