//! What root can sign in with may change only where a window names the action.

use super::events::{Scope, from, gaps, lookback, only_events, read_where};
use super::suggested_window::{self, Acknowledged, Done};
use super::words::{age, seen_in};
use super::{Case, Judgement, Rule};
use crate::model::{
    EventKind, Finding, RootEvent, RuleId, RuleInfo, Severity, Source, SubjectKind, UseKind,
    format_day, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-credential-changed"),
        summary: "a credential of root was made, added, removed or changed outside a window that names it",
        severity: Severity::Critical,
        subject: SubjectKind::DayAndAction,
        threshold: None,
        needs: &[Source::RootEvents],
        only_if_waived: None,
        docs: "\
Whoever takes over an account changes what root can sign in with: an access key is made or switched on \
again, an MFA device is added or removed, a signing certificate is uploaded, the password is changed or \
recovered, leave to recover it is given, the e-mail address is changed (also by the management account), \
or central management of member root credentials is disabled.

**Judged from** CloudTrail's events of the look-back: calls that worked. A change is covered by a window \
that names its action in full in `allow.actions`, such as `iam:EnableMFADevice`; a whole service \
(`iam:*`) does not name it. Waivers do not cover it.

**Cannot see** anything where `evidence.root-events` is `off`.",
        remedy: "\
Find out who made the change and why. If nobody knows of it: treat the account as compromised. Delete \
keys that nobody knows, remove unknown MFA devices, change the password, check the mailbox and the \
account's e-mail address.",
        tags: &[],
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let (events, basis) = match only_events(case) {
        Ok(read) => read,
        Err(judgement) => return judgement,
    };
    let since = lookback(case);
    let changes: Vec<&RootEvent> =
        from(case, events, since).filter(|event| event.is_credential_change()).collect();
    let covered = |event: &&&RootEvent| {
        case.policy.windows.iter().any(|window| window.covers_event(case.account, event))
    };
    let mut judgement = Judgement {
        gaps: gaps(case, events, since, Scope::SignIns),
        basis: vec![basis],
        note: match changes.len() {
            0 => format!("no credential of root was changed ({})", read_where(case, events)),
            count => format!(
                "{count} changes of root's credentials, each in a window that names it ({})",
                read_where(case, events)
            ),
        },
        ..Judgement::default()
    };
    for event in changes.iter().filter(|event| !covered(event)).rev() {
        let subject = format!("{} {}", format_day(event.time), event.event_name);
        if judgement.findings.iter().any(|finding| finding.subject == subject) {
            continue;
        }
        judgement.findings.push(Finding {
            subject,
            message: format!("{} ({})", told(case, event), seen_in(case, &[basis])),
            remedy: "Find out who made the change and why. If it was agreed, acknowledge it with a window that names \
                     its ticket. If nobody knows of it, treat the account as \
                     compromised: delete unknown keys and MFA devices, change the password, check the mailbox"
                .to_owned(),
            window: acknowledging(case, event, &changes),
            clears_at: Some(event.time + (case.now - since)),
            happened_at: Some(event.time),
            waiver: None,
        });
    }
    judgement
}

/// The windows that name a change of this day, where it was agreed on.
fn acknowledging(case: &Case<'_>, event: &RootEvent, changes: &[&RootEvent]) -> Option<String> {
    let same = |other: &&&RootEvent| {
        other.event_name == event.event_name && other.time.date_naive() == event.time.date_naive()
    };
    let done: Vec<Done> = changes.iter().filter(same).map(|event| Done::of(event)).collect();
    let kind = |event: &&RootEvent| event.use_kind().unwrap_or(UseKind::SignIn);
    let mut kinds: Vec<UseKind> = changes.iter().filter(same).map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let what = Acknowledged {
        id: &format!("acknowledged-{}-{}", format_day(event.time), event.event_name),
        kinds: &kinds,
        names_changes: true,
        require_mfa: true,
    };
    suggested_window::acknowledging(case, &what, &done)
}

fn told(case: &Case<'_>, event: &RootEvent) -> String {
    let who = if event.kind == EventKind::ChangeByAnother { "another principal" } else { "root" };
    let key = event.key_change.as_ref().and_then(|change| change.id.as_deref());
    let key = key.map(|id| format!(" ({id})")).unwrap_or_default();
    let task = event.task.map(|task| format!(", to {}", task.name())).unwrap_or_default();
    let from = event.source_address.as_deref();
    let from = from.map(|address| format!(" from {address}")).unwrap_or_default();
    format!(
        "{who} called {}{key}{task} at {}{from}, {}, outside every window that names it",
        event.action(),
        format_time(event.time),
        age(case.now, event.time)
    )
}
