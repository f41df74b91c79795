//! Root may be used only while an agreed window is open.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::events::{Events, RecordedIn, from, gaps, reach, read_where, unread_sign_ins};
use super::reported::{not_delivered, root_row, run_again_after};
use super::story::story;
use super::suggested_window::{Acknowledged, Activity, Wanted};
use super::uses::{Use, uses};
use super::words::{age, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Amount, Basis, Cause, Cell, EventKind, Finding, Gap, RootEvent, RootEvents, RootRow, RuleId,
    RuleInfo, Severity, Source, Subject, SubjectKind, Threshold, UseKind, counted, format_day,
    format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-used-outside-window"),
        summary: "root was used outside every agreed window",
        severity: Severity::High,
        subject: SubjectKind::Use,
        threshold: Some(Threshold {
            key: "within",
            default: Amount::days(7),
            least: Amount::days(1),
            most: Amount::days(400),
            more_is_weaker: false,
            meaning: "how far back a use of root counts",
        }),
        needs: &[Source::CredentialReport, Source::RootEvents],
        only_if_waived: None,
        docs: "\
No identity policy limits the root user, so each use should be planned: a window in the policy says \
when root may be used, for what, and who agreed. A use is covered when its own time falls inside a \
window that allows its kind (signing in, or using an access key); when the gate runs does not matter. \
Windows are half-open: a use at the instant `to` is outside.

**Judged from** the credential report (the newest use of the password and of each of two keys, all three) \
and from CloudTrail's events, within `within` (default 7 days). A call of a session is covered where the \
session began in the window: a read until an hour after the window closed, any other call until it \
closed and only if `allow.actions` permits it. A denied call is a use. Calls of services in root's name, \
central audits and central removals are not. Of sign-ins within 5 minutes, and of key uses within 15, \
the report shows only the first, so an event also explains a use that the report shows up to 5 or 15 \
minutes later. A use that no event explains is judged from the report. Once root was used, or if there \
is a root key, `regions: default` reads every enabled Region.

A command-line tool (`aws login`) or an agent that root lets in (`AuthorizeOAuth2Access`, \
`CreateOAuth2Token`) is a sign-in of root, and covered if the session that authorized it began in the \
window: tokens that it renews belong to that session for up to 12 hours. If CloudTrail does not say when \
the session began, the time of the event decides. Calls of a session that root got from STS \
(`GetSessionToken`, `GetFederationToken`) are uses of root too.

**Cannot see** events of Regions that were not read, events that CloudTrail has not delivered yet (about \
15 minutes), and calls that are not in CloudTrail's event history, such as reading objects in S3. If \
`evidence.root-events` is `off`, earlier uses are not seen either: the report contains only the newest \
use of each credential, so an agreed use hides an earlier one.",
        remedy: "\
Find out who used root and why. If the use was agreed, add a window with its reason and ticket that covers the \
time in the finding (a window in the past acknowledges a known use, and counts as a weaker policy in \
review). If nobody can explain it, treat the account as compromised, change the password, check MFA, \
keys and the mailbox.",
        tags: tags::USE,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let since = case.now - case.threshold().delta();
    let read = root_row(case.evidence);
    let row = read.as_ref().ok().copied();
    let mut judgement = match &read {
        Ok((row, basis)) => {
            Judgement { gaps: unreadable(case, row), basis: vec![*basis], ..Judgement::default() }
        }
        Err(gap) => Judgement { gaps: vec![(**gap).clone()], ..Judgement::default() },
    };
    let events = match Events::for_case(case) {
        // The report alone tells, where it is seen.
        Events::Off | Events::NotVisible(_) => None,
        Events::Missing(gap) => {
            judgement.gaps.push(gap.clone());
            None
        }
        Events::Read(events, basis) => {
            judgement.basis.push(basis);
            judgement.gaps.extend(gaps(case, events, since, RecordedIn::AnyRegion));
            if case.root_has_console() {
                judgement.gaps.extend(unread_sign_ins(case, events, since, row));
            }
            Some(events)
        }
    };
    let uses = uses(case.policy, case.evidence, since, case.now);
    (judgement.findings, judgement.wanted) = findings(case, &uses, events, &judgement.basis);
    judgement.note = match (events, row) {
        (Some(events), _) => events_note(case, events, &uses, since),
        (None, Some((row, _))) => report_note(case, row, &uses, &judgement.basis),
        (None, None) => String::new(),
    };
    judgement
}

/// Cells that do not say whether there was a use. Without a console root cannot sign in.
fn unreadable(case: &Case<'_>, row: &RootRow) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (column, kind, cell) in row.last_uses() {
        if kind == UseKind::SignIn && !case.root_has_console() {
            continue;
        }
        match cell {
            Cell::Value(_) | Cell::NotApplicable | Cell::NoInformation => {}
            Cell::Missing => gaps.push(Gap::new(
                Source::CredentialReport,
                Cause::Missing,
                format!("the credential report has no column `{column}`"),
            )),
            other => gaps.push(Gap::new(
                Source::CredentialReport,
                Cause::Unreadable,
                format!("the column `{column}` of the credential report contains {}", other.seen()),
            )),
        }
    }
    gaps
}

/// One finding per UTC day and kind of use, newest first.
fn findings(
    case: &Case<'_>,
    uses: &[Use<'_>],
    events: Option<&RootEvents>,
    basis: &[Basis],
) -> (Vec<Finding>, Vec<(Subject, Wanted)>) {
    let mut days: BTreeMap<(NaiveDate, UseKind), Vec<&Use<'_>>> = BTreeMap::new();
    for used in uses.iter().filter(|used| used.window.is_none()) {
        days.entry((used.at.date_naive(), used.kind)).or_default().push(used);
    }
    let (mut findings, mut wanted): (Vec<Finding>, Vec<_>) = (Vec::new(), Vec::new());
    for ((day, kind), uses) in days {
        let Some(last) = uses.last() else { continue };
        let subject = Subject::Use { day, kind };
        wanted.push((subject.clone(), acknowledged(day, kind, &uses)));
        findings.push(Finding {
            subject,
            message: format!("{} ({})", describe(case, &uses, events), seen_in(case, basis)),
            remedy: REMEDY.to_owned(),
            window: None,
            clears_at: Some(last.at + case.threshold().delta()),
            happened_at: Some(last.at),
            waiver: None,
        });
    }
    findings.sort_by_key(|finding| Reverse(finding.happened_at));
    (findings, wanted)
}

/// Describes one day: the events, and the use that only the report shows.
fn describe(case: &Case<'_>, uses: &[&Use<'_>], read: Option<&RootEvents>) -> String {
    let events: Vec<&RootEvent> = uses.iter().filter_map(|used| used.event).collect();
    let mut sentences = Vec::new();
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        sentences.push(format!(
            "root was used on {}, {}, outside every window: {}",
            format_day(first.time),
            age(case.now, last.time),
            story(&events)
        ));
    }
    if let Some(used) = uses.iter().rfind(|used| used.event.is_none()) {
        let unexplained = read.map(|events| unexplained(case, used, events)).unwrap_or_default();
        sentences.push(format!(
            "root was used at {} ({}), {}, outside every window{unexplained}",
            format_time(used.at),
            kind_phrase(used.kind),
            age(case.now, used.at),
        ));
    }
    sentences.join(". Also, ")
}

/// Why no event explains a use that the report shows.
fn unexplained(case: &Case<'_>, used: &Use<'_>, events: &RootEvents) -> String {
    match not_delivered(used.at, reach(case, events)) {
        Some(at) => format!(
            "; the credential report shows it, but CloudTrail has not delivered the event yet: {}",
            run_again_after(case, at)
        ),
        None => "; the credential report shows it, but no CloudTrail event explains it".to_owned(),
    }
}

const fn kind_phrase(kind: UseKind) -> &'static str {
    match kind {
        UseKind::SignIn => "a console sign-in",
        UseKind::AccessKey => "a request signed with an access key",
    }
}

const REMEDY: &str = "Find out who used root and why. If it was agreed, acknowledge it with a window that names its \
                      reason and ticket. If nobody can explain it, treat the account as compromised: change the password, check \
                      MFA, keys and the mailbox";

/// Windows around uses, to paste if they were agreed.
fn acknowledged(day: NaiveDate, kind: UseKind, uses: &[&Use<'_>]) -> Wanted {
    let done = uses.iter().map(|used| {
        used.event.map_or_else(|| Activity::at(used.at, used.kind), Activity::from_event)
    });
    Wanted::Acknowledged(Acknowledged {
        id: format!("acknowledged-{day}-{}", kind.id()),
        // A window must name changes of credentials; then it must name all other changes too.
        names_changes: uses
            .iter()
            .any(|used| used.event.is_some_and(RootEvent::is_credential_change)),
        require_mfa: true,
        done: done.collect(),
    })
}

fn report_note(case: &Case<'_>, row: &RootRow, uses: &[Use<'_>], basis: &[Basis]) -> String {
    let newest = row.last_uses().into_iter().filter_map(|(.., cell)| match cell {
        Cell::Value(at) => Some(*at),
        _ => None,
    });
    let within = case.threshold();
    let seen = seen_in(case, basis);
    let first = match (uses.last(), newest.max()) {
        (Some(used), _) => {
            let window = used.window.unwrap_or("none");
            format!(
                "root was last used at {} ({}), inside window `{window}` ({seen})",
                format_time(used.at),
                kind_phrase(used.kind)
            )
        }
        (None, Some(at)) => {
            format!("root was last used at {}, more than {within} ago ({seen})", format_time(at))
        }
        (None, None) => format!("no use of root is on record ({seen})"),
    };
    format!(
        "{first}. Only the newest use of each credential is known; earlier ones cannot be seen without \
         CloudTrail events"
    )
}

/// The note if every use is inside a window; it also lists events that do not count as use.
fn events_note(
    case: &Case<'_>,
    events: &RootEvents,
    uses: &[Use<'_>],
    since: DateTime<Utc>,
) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut windows: Vec<&str> = uses.iter().filter_map(|used| used.window).collect();
    windows.sort_unstable();
    windows.dedup();
    for window in windows {
        let inside = uses.iter().filter(|used| used.window == Some(window));
        let inside: Vec<&RootEvent> = inside.filter_map(|used| used.event).collect();
        parts.push(match inside[..] {
            [] => format!("a use that the credential report shows, inside window `{window}`"),
            _ => format!("{}, inside window `{window}`", story(&inside)),
        });
    }
    let first = match parts.is_empty() {
        true => format!("root was not used in the last {}", case.threshold()),
        false => format!("every use of root was agreed: {}", parts.join("; ")),
    };
    let seen = format!("{first} ({})", read_where(case, events));
    let mut listed: Vec<String> = Vec::new();
    for kind in [EventKind::CentralAudit, EventKind::CentralRemediation, EventKind::OnBehalf] {
        let count = from(case, events, since).filter(|event| event.kind == kind).count();
        match (count, kind) {
            (0, _) => {}
            (count, EventKind::CentralAudit) => {
                listed.push(format!("{} consistent with a central audit", counted(count, "read")))
            }
            (count, EventKind::CentralRemediation) => {
                listed.push(format!("{} of a central removal", counted(count, "call")));
            }
            (count, _) => listed.push(format!("{} by a service", counted(count, "call"))),
        }
    }
    if listed.is_empty() {
        return seen;
    }
    format!("{seen}. Not counted as use: {}", listed.join(", "))
}
