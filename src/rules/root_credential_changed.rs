//! Credentials of root may change only in a window that names the action.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::{RecordedIn, from, gaps, lookback, only_events, reach, read_where};
use super::reported::{CLOCKS, not_delivered, root_row, run_again_after, unread_report};
use super::suggested_window::{Acknowledged, Activity, Wanted};
use super::words::{age, seen_in};
use super::{Case, Judgement, Rule};
use crate::model::{
    Cause, Cell, EventKind, Finding, Gap, RootEvent, RootEvents, RootRow, RuleId, RuleInfo,
    Severity, Source, Subject, SubjectKind, format_day, format_time,
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
An attacker who takes over an account changes the credentials of root: creates or reactivates an access \
key, adds or removes an MFA device, uploads a signing certificate, changes or recovers the password, \
allows its recovery, changes the e-mail address (also from the management account), or disables central \
management of member root credentials.

**Judged from** CloudTrail's events of the look-back: calls that worked. A change is covered by a window \
that names its action in full in `allow.actions`, such as `iam:EnableMFADevice`; a whole service \
(`iam:*`) does not cover it. Waivers do not cover it. A change counts even if a service made it. If the \
credential report shows that the password, a key or a certificate changed within the look-back, and no \
event records the change, the rule is undetermined. Changes within an hour of the account's creation, or \
in a window that names such an action, are exceptions.

An MFA device that root adds or removes counts as root's own unless it is proven to be an IAM user's: by \
its serial (`…:u2f/user/NAME/…`), by the user's ARN in the event, or by the list of virtual MFA devices. \
The name of a user in the event proves nothing.

**Cannot see** anything if `evidence.root-events` is `off`.",
        remedy: "\
Find out who made the change and why. If nobody can explain it, treat the account as compromised. Delete \
unknown keys, remove unknown MFA devices, change the password, check the mailbox and the \
account's e-mail address.",
        tags: &[],
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let (events, basis) = match only_events(case) {
        Ok(read) => read,
        Err(judgement) => return *judgement,
    };
    let since = lookback(case);
    let changes: Vec<&RootEvent> =
        from(case, events, since).filter(|event| event.is_credential_change()).collect();
    let covered = |event: &&RootEvent| {
        case.policy.windows.iter().any(|window| window.covers_event(case.account, event))
    };
    let mut missing = gaps(case, events, since, RecordedIn::SignInRegions);
    missing.extend(unexplained(case, events, since));
    let mut judgement = Judgement {
        gaps: missing,
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
    let changes: Vec<&RootEvent> = changes.into_iter().filter(|event| !covered(event)).collect();
    for event in changes.iter().rev() {
        let (day, action) = (event.time.date_naive(), event.event_name.clone());
        let subject = Subject::Action { day, action };
        if judgement.findings.iter().any(|finding| finding.subject == subject) {
            continue;
        }
        judgement.wanted.push((subject.clone(), acknowledged(event, &changes)));
        judgement.findings.push(Finding {
            subject,
            message: format!("{} ({})", describe(case, event), seen_in(case, &[basis])),
            remedy: "Find out who made the change and why. If it was agreed, acknowledge it with a window that names \
                     its reason and ticket. If nobody can explain it, treat the account as \
                     compromised: delete unknown keys and MFA devices, change the password, check the mailbox"
                .to_owned(),
            window: None,
            clears_at: Some(event.time + (case.now - since)),
            happened_at: Some(event.time),
            waiver: None,
        });
    }
    judgement
}

/// The windows that cover a change of this day, if it was agreed.
fn acknowledged(event: &RootEvent, uncovered: &[&RootEvent]) -> Wanted {
    let same = |other: &&&RootEvent| {
        other.event_name == event.event_name && other.time.date_naive() == event.time.date_naive()
    };
    Wanted::Acknowledged(Acknowledged {
        id: format!("acknowledged-{}-{}", format_day(event.time), event.event_name),
        names_changes: true,
        require_mfa: true,
        done: uncovered.iter().filter(same).map(|event| Activity::from_event(event)).collect(),
    })
}

/// A change that the credential report shows, with the actions that can cause it.
struct Dated {
    what: &'static str,
    at: DateTime<Utc>,
    by: &'static [&'static str],
}

const PASSWORD: &[&str] = &[
    "iam:ChangePassword",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "signin:PasswordUpdated",
    "signin:PasswordRecoveryCompleted",
];
/// The report's date of a key is its creation or last change, including deactivation.
const KEY: &[&str] = &["iam:CreateAccessKey", "iam:UpdateAccessKey"];
const CERTIFICATE: &[&str] = &["iam:UploadSigningCertificate", "iam:UpdateSigningCertificate"];
/// A password that is set while the account is created is not a change.
const CREATION: TimeDelta = TimeDelta::hours(1);

fn dated(row: &RootRow) -> Vec<Dated> {
    let [key_1, key_2] = &row.access_keys;
    let [certificate_1, certificate_2] = &row.certificates;
    let cells = [
        ("the root password changed", &row.password_last_changed, PASSWORD),
        ("a root access key was made or changed", &key_1.last_rotated, KEY),
        ("a root access key was made or changed", &key_2.last_rotated, KEY),
        ("a signing certificate was uploaded", &certificate_1.last_rotated, CERTIFICATE),
        ("a signing certificate was uploaded", &certificate_2.last_rotated, CERTIFICATE),
    ];
    let dated = cells.into_iter().filter_map(|(what, cell, by)| match cell {
        Cell::Value(at) => Some(Dated { what, at: *at, by }),
        _ => None,
    });
    dated.collect()
}

/// Changes within the look-back that the credential report shows and no event records.
fn unexplained(case: &Case<'_>, events: &RootEvents, since: DateTime<Utc>) -> Vec<Gap> {
    let row = match root_row(case.evidence) {
        Ok((row, _)) => row,
        Err(gap) => return unread_report(*gap).into_iter().collect(),
    };
    let at_creation = |at: DateTime<Utc>| match row.user_creation_time {
        Cell::Value(created) => (at - created).abs() <= CREATION,
        _ => false,
    };
    let recorded = |change: &Dated| {
        events.events.iter().any(|event| {
            // The same call can be about an IAM user.
            (event.is_credential_change() || event.key_change.is_some())
                && event.error_code.is_none()
                && change.by.contains(&event.action().as_str())
                && (event.time - change.at).abs() <= CLOCKS
        })
    };
    let agreed = |change: &Dated| {
        let mut windows = case.policy.windows.iter();
        windows.any(|window| window.names_one_of(case.account, change.at, change.by))
    };
    let unknown = |change: &Dated| {
        change.at >= since && !at_creation(change.at) && !recorded(change) && !agreed(change)
    };
    dated(row)
        .iter()
        .filter(|it| unknown(it))
        .map(|it| change_gap(case, events, since, it))
        .collect()
}

fn change_gap(case: &Case<'_>, events: &RootEvents, since: DateTime<Utc>, change: &Dated) -> Gap {
    let (what, at) = (change.what, format_time(change.at));
    let (cause, why, to_do) = match not_delivered(change.at, reach(case, events)) {
        Some(after) => (
            Cause::Unavailable,
            "CloudTrail has not delivered the event yet",
            run_again_after(case, after),
        ),
        None => (
            Cause::Missing,
            "no CloudTrail event records it",
            format!(
                "find out who changed it; if it was agreed, a window of that time that names {} covers it; it leaves \
                 the look-back at {}",
                change.by.join(" or "),
                format_time(change.at + (case.now - since))
            ),
        ),
    };
    let detail = format!("the credential report shows that {what} at {at}, and {why}");
    Gap::new(Source::CredentialReport, cause, detail).to_do(to_do)
}

fn describe(case: &Case<'_>, event: &RootEvent) -> String {
    let who = if event.kind == EventKind::ChangeByAnother { "another principal" } else { "root" };
    let key = event.key_change.as_ref().and_then(|change| change.id.as_deref());
    let key = key.map(|id| format!(" ({id})")).unwrap_or_default();
    let unproven = event.mfa_target.as_ref().map(|target| {
        format!(
            "; the event names the user {}, but nothing proves that the device {} belongs to that user",
            target.user_name, target.serial_number
        )
    });
    let task = event.task.map(|task| format!(", to {}", task.name())).unwrap_or_default();
    let from = event.source_address.as_deref();
    let from = from.map(|address| format!(" from {address}")).unwrap_or_default();
    format!(
        "{who} called {}{key}{task} at {}{from}, {}, outside every window that names it{}",
        event.action(),
        format_time(event.time),
        age(case.now, event.time),
        unproven.unwrap_or_default()
    )
}
