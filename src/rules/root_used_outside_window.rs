//! Root may be used only while an agreed window is open.

use chrono::{DateTime, TimeDelta, Utc};

use super::words::{age, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Basis, Cause, Cell, Duration, Finding, Gap, RootRow, RuleId, RuleInfo, Severity, Source,
    SubjectKind, Threshold, UseKind, UseMark, format_day, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-used-outside-window"),
        summary: "root was used outside every agreed window",
        severity: Severity::High,
        subject: SubjectKind::Use,
        threshold: Some(Threshold {
            key: "within",
            default: Duration::days(7),
            least: Duration::days(1),
            most: Duration::days(400),
            meaning: "how far back a use of root counts",
        }),
        needs: &[Source::CredentialReport],
        only_if_waived: None,
        docs: "\
No identity policy limits the root user, so each use should be planned: a window in the policy says \
when root may be used, for what, and who agreed. A use is covered when its own time falls inside a \
window that allows its kind (signing in, or using an access key); when the gate runs does not matter. \
Windows are half-open: a use at the instant `to` is outside.

**Judged from** the credential report: the newest use of the password and of each of two keys, all \
three, within `within` (default 7 days).

**Cannot see** earlier uses: the report carries only the newest use of each credential, so an agreed \
use hides an earlier one. AWS collapses sign-ins within 5 minutes and key uses within 15 minutes and \
keeps the first.",
        remedy: "\
Find out who used root and why. If the use was agreed, add a window with its ticket that covers the \
time in the finding (a window in the past acknowledges a known use, and counts as a weaker policy in \
review). If nobody knows of it: treat the account as compromised, change the password, check MFA, \
keys and the mailbox.",
        tags: tags::USE,
    },
    check,
};

const CREDENTIALS: [(&str, UseKind); 3] = [
    ("password_last_used", UseKind::SignIn),
    ("access_key_1_last_used_date", UseKind::AccessKey),
    ("access_key_2_last_used_date", UseKind::AccessKey),
];

fn check(case: &Case<'_>) -> Judgement {
    let (row, basis) = match root_row(case) {
        Ok(found) => found,
        Err(gap) => return Judgement { gaps: vec![*gap], ..Judgement::default() },
    };
    let uses = uses(case);
    let outside: Vec<&UseMark> = uses.iter().filter(|used| used.window.is_none()).collect();
    Judgement {
        findings: findings(case, &outside, basis),
        gaps: unreadable(case, row),
        note: note(case, row, &uses, basis),
        basis: vec![basis],
        not_applicable: None,
    }
}

fn root_row<'a>(case: &'a Case<'_>) -> Result<(&'a RootRow, Basis), Box<Gap>> {
    let fact = case.evidence.credential_report.as_ref().map_err(|gap| Box::new(gap.clone()))?;
    let gap = |cause, detail: &str| Box::new(Gap::new(Source::CredentialReport, cause, detail));
    let observed_at = fact
        .observed_at
        .ok_or_else(|| gap(Cause::Undated, "the credential report carries no time"))?;
    let row =
        fact.value.root.as_ref().ok_or_else(|| {
            gap(Cause::Missing, "the credential report has no `<root_account>` row")
        })?;
    Ok((row, Basis { source: Source::CredentialReport, observed_at }))
}

const fn cells(row: &RootRow) -> [&Cell<DateTime<Utc>>; 3] {
    [&row.password_last_used, &row.access_keys[0].last_used, &row.access_keys[1].last_used]
}

/// The uses within `within`, oldest first, each with the window that covers it.
#[must_use]
pub fn uses(case: &Case<'_>) -> Vec<UseMark> {
    let Ok((row, _)) = root_row(case) else {
        return Vec::new();
    };
    let since = case.now - case.threshold().delta();
    let mut uses: Vec<UseMark> = Vec::new();
    for ((_, kind), cell) in CREDENTIALS.iter().zip(cells(row)) {
        let Cell::Value(at) = *cell else { continue };
        if at >= since {
            let window =
                case.policy.windows.iter().find(|window| window.covers(case.account, *kind, at));
            uses.push(UseMark { at, kind: *kind, window: window.map(|window| window.id.clone()) });
        }
    }
    uses.sort_by_key(|used| (used.at, used.kind));
    uses.dedup();
    uses
}

/// Cells that do not say whether there was a use. Without a console there is no sign-in to miss.
fn unreadable(case: &Case<'_>, row: &RootRow) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for ((column, kind), cell) in CREDENTIALS.iter().zip(cells(row)) {
        if *kind == UseKind::SignIn && !case.root_has_console() {
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
                format!("the column `{column}` of the credential report holds {}", other.seen()),
            )),
        }
    }
    gaps
}

/// One finding per UTC day and kind of use, newest first.
fn findings(case: &Case<'_>, outside: &[&UseMark], basis: Basis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for used in outside.iter().rev() {
        let subject = format!("{} {}", format_day(used.at), used.kind.id());
        if findings.iter().any(|finding| finding.subject == subject) {
            continue;
        }
        let clears_at = used.at + case.threshold().delta();
        findings.push(Finding {
            message: format!(
                "root was used at {} ({}), {}, outside every window ({})",
                format_time(used.at),
                how(used.kind),
                age(case.now, used.at),
                seen_in(case, &[basis]),
            ),
            remedy: REMEDY.to_owned(),
            window: Some(acknowledging(case, used)),
            clears_at: Some(clears_at),
            happened_at: Some(used.at),
            waiver: None,
            subject,
        });
    }
    findings
}

const fn how(kind: UseKind) -> &'static str {
    match kind {
        UseKind::SignIn => "a console sign-in",
        UseKind::AccessKey => "a request signed with an access key",
    }
}

const REMEDY: &str = "Find out who used root and why. If it was agreed, acknowledge it with a window that names its \
                      ticket. If nobody knows of it, treat the account as compromised: change the password, check \
                      MFA, keys and the mailbox";

/// A window around a use that was agreed on, for whoever can name its ticket.
fn acknowledging(case: &Case<'_>, used: &UseMark) -> String {
    let allow = match used.kind {
        UseKind::SignIn => "{ sign-in: true }",
        UseKind::AccessKey => "{ access-key: true }",
    };
    format!(
        "- {{ id: acknowledged-{}, reason: REASON, ticket: TICKET, accounts: [\"{}\"], from: {}, to: {}, \
         allow: {allow} }}",
        format_day(used.at),
        case.account,
        format_time(used.at),
        format_time(used.at + TimeDelta::minutes(30)),
    )
}

fn note(case: &Case<'_>, row: &RootRow, uses: &[UseMark], basis: Basis) -> String {
    let newest = cells(row).into_iter().filter_map(|cell| match cell {
        Cell::Value(at) => Some(*at),
        _ => None,
    });
    let within = case.threshold();
    let seen = seen_in(case, &[basis]);
    let first = match (uses.last(), newest.max()) {
        (Some(used), _) => {
            let window = used.window.as_deref().unwrap_or("none");
            format!(
                "root was last used at {} ({}), inside window `{window}` ({seen})",
                format_time(used.at),
                how(used.kind)
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
