//! Combines the sources: the one place that decides which of them wins.
//!
//! The credential report may be hours old and is detailed; the account summary is live and only
//! counts. The newest evidence wins. Doubt becomes a gap, never a pass. In short:
//!
//! | summary | report | active | present (not active) |
//! |---|---|---|---|
//! | 0, newer | any | none | none; undetermined if the report shows an inactive key |
//! | 0 | unread | none | none |
//! | above 0 | shows none, or unread | undetermined | yes |
//! | above 0 | shows keys | as the report | as the report |
//! | not asked | any | as the report | as the report |
//! | asked, unread | any | as the report, and a pass is undetermined | the same |
//!
//! If a session by `sts:AssumeRoot` listed root's credentials, its lists come first (`audited`).
//!
//! Then key events that are newer than the deciding source are applied (`key_events`). If a source was
//! requested but not read, every pass that it could have contradicted is undetermined.
//!
//! AWS does not say whether the summary counts inactive keys, and whether it counts more than one key.
//! Neither may decide a verdict.

use chrono::{DateTime, Utc};

use super::audited::{
    Part, counts_more, listed_certificates, listed_keys, of_credentials, with_audit,
};
use super::key_events;
use super::known::{Credential, Fact, Known};
use crate::model::{
    AccountSummary, AuditedCertificate, AuditedKey, Basis, Cause, Cell, CredentialReport, Evidence,
    Gap, Observed, RootRow, Source, format_time,
};

/// What all sources together say about the root user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Active access keys.
    pub active_keys: Known,
    /// Access keys that exist and are inactive, or whose state is unknown.
    pub other_keys: Known,
    /// Signing certificates, active or not.
    pub certificates: Known,
    /// Whether there is a password, or its recovery is allowed.
    pub password: Fact,
    /// Whether at least one MFA device of any kind is registered.
    pub mfa: Fact,
}

impl Root {
    /// Combines the sources of one account.
    #[must_use]
    pub fn reconcile(evidence: &Evidence) -> Self {
        let report = Report::from_observed(&evidence.credential_report);
        let (summary, audit) = (&evidence.account_summary, &evidence.root_audit);
        let (mut active_keys, mut other_keys) = keys(
            Part::of(audit, |audit| audit.access_keys.as_ref()).map(Vec::as_slice),
            &report,
            &Count::from_summary(summary, "AccountAccessKeysPresent"),
        );
        key_events::apply(evidence, &mut active_keys, &mut other_keys);
        let (active_keys, other_keys) = (active_keys.sorted(), other_keys.sorted());
        let signing = Count::from_summary(summary, "AccountSigningCertificatesPresent");
        let password = Count::from_summary(summary, "AccountPasswordPresent");
        let mfa = Count::from_summary(summary, "AccountMFAEnabled");
        let listed = Part::of(audit, |audit| audit.certificates.as_ref()).map(Vec::as_slice);
        let password =
            newest(&report, "password_enabled", |root| &root.password_enabled, password, false);
        let mfa = newest(&report, "mfa_active", |root| &root.mfa_active, mfa, true);
        let profile = Part::of(audit, |audit| audit.login_profile.as_ref()).map(|there| *there);
        let devices = Part::of(audit, |audit| audit.mfa_devices.as_ref());
        Self {
            active_keys,
            other_keys,
            certificates: certificates(listed, &report, &signing),
            password: with_audit(password, profile, "the password", false),
            mfa: with_audit(mfa, devices.map(|all| !all.is_empty()), "MFA devices", true),
        }
    }

    /// Whether root has any credential; `None` if that is not known.
    #[must_use]
    pub fn has_credentials(&self) -> Option<bool> {
        let kinds = [&self.active_keys, &self.other_keys, &self.certificates];
        if kinds.iter().any(|kind| !kind.exist.is_empty()) {
            return Some(true);
        }
        match self.password {
            Fact::Is(true, _) => Some(true),
            Fact::Is(false, _) => kinds.iter().all(|kind| kind.gaps.is_empty()).then_some(false),
            Fact::Unknown(_) => None,
        }
    }

    /// When each access key was created, active or not, oldest first; without keys of unknown age.
    #[must_use]
    pub fn keys_made(&self) -> Vec<DateTime<Utc>> {
        let keys = self.active_keys.exist.iter().chain(&self.other_keys.exist);
        let mut made: Vec<_> = keys.filter_map(|key| key.created).collect();
        made.sort();
        made
    }

    /// The gaps because of which [`Root::has_credentials`] is unknown.
    #[must_use]
    pub fn credential_gaps(&self) -> Vec<Gap> {
        let kinds = [&self.active_keys, &self.other_keys, &self.certificates];
        let mut gaps: Vec<Gap> = kinds.iter().flat_map(|kind| kind.gaps.clone()).collect();
        if let Fact::Unknown(more) = &self.password {
            gaps.extend(more.clone());
        }
        gaps.sort();
        gaps.dedup();
        gaps
    }
}

/// The root row with its time, or why there is none.
enum Report<'a> {
    Row(&'a RootRow, Basis),
    Missing(Gap),
}

impl<'a> Report<'a> {
    fn from_observed(observed: &'a Observed<CredentialReport>) -> Self {
        let fact = match observed {
            Ok(fact) => fact,
            Err(gap) => return Self::Missing(of_credentials(gap)),
        };
        let Some(observed_at) = fact.observed_at else {
            return Self::Missing(report_gap(
                Cause::Undated,
                "the credential report has no timestamp",
            ));
        };
        match &fact.value.root {
            Some(row) => Self::Row(row, Basis { source: Source::CredentialReport, observed_at }),
            None => Self::Missing(report_gap(
                Cause::Missing,
                "the credential report has no `<root_account>` row",
            )),
        }
    }
}

impl Report<'_> {
    /// Whether a list of that time is at least as new as what the report shows.
    fn is_not_newer_than(&self, list: Basis) -> bool {
        match self {
            Self::Row(_, seen) => seen.observed_at <= list.observed_at,
            Self::Missing(_) => true,
        }
    }

    /// The same; where nobody asked for the report, what is lacking is the list that was asked for.
    fn or_lacking(&self, list: &Gap) -> Self {
        match self {
            Self::Row(row, seen) => Self::Row(row, *seen),
            Self::Missing(gap) if gap.is_not_asked() => Self::Missing(list.clone()),
            Self::Missing(gap) => Self::Missing(gap.clone()),
        }
    }
}

fn report_gap(cause: Cause, detail: impl Into<String>) -> Gap {
    Gap::new(Source::CredentialReport, cause, detail)
}

/// One counter of the account summary.
enum Count {
    Is(u64, Basis),
    /// The summary was not requested.
    NotAsked(Gap),
    /// It was requested but could not be read.
    Unread(Gap),
    /// It was read but has no such counter.
    Missing(Gap),
}

impl Count {
    fn from_summary(observed: &Observed<AccountSummary>, key: &'static str) -> Self {
        let fact = match observed {
            Ok(fact) => fact,
            Err(gap) if gap.is_not_asked() => return Self::NotAsked(of_credentials(gap)),
            Err(gap) => return Self::Unread(gap.clone()),
        };
        let gap =
            |cause, detail: String| Self::Missing(Gap::new(Source::AccountSummary, cause, detail));
        match (fact.value.count(key), fact.observed_at) {
            (Some(count), Some(observed_at)) => {
                Self::Is(count, Basis { source: Source::AccountSummary, observed_at })
            }
            (Some(_), None) => gap(Cause::Undated, "the account summary has no timestamp".into()),
            (None, _) if fact.value.0.contains_key(key) => {
                gap(Cause::Unreadable, format!("the account summary has a negative `{key}`"))
            }
            (None, _) => gap(Cause::Missing, format!("the account summary has no `{key}`")),
        }
    }

    /// The gap of a counter without a value.
    fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Is(..) => None,
            Self::NotAsked(gap) | Self::Unread(gap) | Self::Missing(gap) => Some(gap),
        }
    }
}

/// What the report's two slots for a kind of credential show.
#[derive(Default)]
struct Shown {
    active: Vec<Credential>,
    inactive: Vec<Credential>,
    /// It is unknown whether the slot has an active credential, or any.
    active_gaps: Vec<Gap>,
    /// It is unknown whether the slot has an inactive credential.
    inactive_gaps: Vec<Gap>,
}

impl Shown {
    fn add(
        &mut self,
        column: &str,
        active: &Cell<bool>,
        rotated: &Cell<DateTime<Utc>>,
        last_used: Option<String>,
    ) {
        let created = match rotated {
            Cell::Value(time) => Some(*time),
            _ => None,
        };
        let credential = Credential { created, last_used };
        match (active, rotated) {
            (Cell::Value(true), _) => self.active.push(credential),
            // `active=false` with a date means that an inactive one exists.
            (Cell::Value(false), Cell::Value(_)) => self.inactive.push(credential),
            (Cell::Value(false), Cell::NotApplicable) => {}
            (Cell::Value(false), other) => {
                self.inactive_gaps.push(cell_gap(&format!("{column}_last_rotated"), other));
            }
            (other, _) => {
                let gap = cell_gap(&format!("{column}_active"), other);
                self.active_gaps.push(gap.clone());
                self.inactive_gaps.push(gap);
            }
        }
    }

    fn number(&self) -> u64 {
        (self.active.len() + self.inactive.len()) as u64
    }
}

fn cell_gap<T>(column: &str, cell: &Cell<T>) -> Gap {
    let cause = if matches!(cell, Cell::Missing) { Cause::Missing } else { Cause::Unreadable };
    let detail = match cell {
        Cell::Missing => format!("the credential report has no column `{column}`"),
        other => {
            format!("the column `{column}` of the credential report contains {}", other.seen())
        }
    };
    report_gap(cause, detail)
}

fn shown_keys(row: &RootRow) -> Shown {
    let mut shown = Shown::default();
    for (slot, key) in (1..).zip(&row.access_keys) {
        let used = match (&key.last_used, &key.last_used_region, &key.last_used_service) {
            (Cell::Value(at), Cell::Value(region), Cell::Value(service)) => {
                Some(format!("{} in {region} ({service})", format_time(*at)))
            }
            (Cell::Value(at), _, Cell::Value(service)) => {
                Some(format!("{} ({service})", format_time(*at)))
            }
            (Cell::Value(at), ..) => Some(format_time(*at)),
            _ => None,
        };
        shown.add(&format!("access_key_{slot}"), &key.active, &key.last_rotated, used);
    }
    shown
}

fn shown_certificates(row: &RootRow) -> Shown {
    let mut shown = Shown::default();
    for (slot, certificate) in (1..).zip(&row.certificates) {
        shown.add(&format!("cert_{slot}"), &certificate.active, &certificate.last_rotated, None);
    }
    shown
}

/// A credential that is only known to exist.
const UNSEEN: Credential = Credential { created: None, last_used: None };

/// Active and other keys, from whichever source is newest.
fn keys(listed: Part<&[AuditedKey]>, report: &Report<'_>, count: &Count) -> (Known, Known) {
    match listed {
        Part::Is(keys, seen) if report.is_not_newer_than(seen) => {
            let (mut active, mut other) = listed_keys(keys, seen);
            let more = doubt_of_list(count, keys.len(), seen, "access keys");
            active.gaps.extend(more.clone());
            other.gaps.extend(more);
            (active, other)
        }
        Part::Is(..) | Part::NotAsked => counted_keys(report, count),
        // The list could have shown a key that no other source shows.
        Part::Unread(gap) => {
            let (mut active, mut other) = counted_keys(&report.or_lacking(&gap), count);
            active.gaps.push(gap.clone());
            other.gaps.push(gap);
            (active, other)
        }
    }
}

/// The gap if the summary contradicts a list of the same session, or was requested but not read: it could
/// have contradicted the list.
fn doubt_of_list(count: &Count, listed: usize, seen: Basis, what: &str) -> Option<Gap> {
    match count {
        Count::Is(counted, at) => counts_more(*counted, *at, listed, seen, what),
        Count::NotAsked(_) => None,
        Count::Unread(gap) | Count::Missing(gap) => Some(gap.clone()),
    }
}

fn counted_keys(report: &Report<'_>, count: &Count) -> (Known, Known) {
    let (mut active, mut other) = match (report, count) {
        (Report::Row(row, seen), Count::Is(0, counted))
            if counted.observed_at > seen.observed_at =>
        {
            no_key_left(&shown_keys(row), *seen, *counted)
        }
        (Report::Missing(_), Count::Is(0, counted)) => {
            let none = Known { basis: vec![*counted], ..Known::default() };
            (none.clone(), none)
        }
        (Report::Missing(gap), Count::Is(_, counted)) => some_key(gap.clone(), vec![*counted]),
        (Report::Missing(gap), count) => {
            let gaps: Vec<Gap> = [Some(gap), count.gap()].into_iter().flatten().cloned().collect();
            let unknown = Known { gaps, ..Known::default() };
            (unknown.clone(), unknown)
        }
        (Report::Row(row, seen), count) => report_keys(shown_keys(row), *seen, count),
    };
    if let Some(gap) = more_credentials(report) {
        active.gaps.push(gap.clone());
        other.gaps.push(gap);
    }
    (active, other)
}

/// The summary counts 0 and is newer than the report.
fn no_key_left(shown: &Shown, seen: Basis, counted: Basis) -> (Known, Known) {
    let active = Known { basis: vec![counted], ..Known::default() };
    let mut other = active.clone();
    if !shown.inactive.is_empty() || !shown.inactive_gaps.is_empty() {
        let what = if shown.inactive.is_empty() { "may show" } else { "shows" };
        other.basis.push(seen);
        other.gaps.push(Gap::new(
            Source::AccountSummary,
            Cause::Conflicting,
            format!(
                "the account summary of {} counts 0 root access keys, the older credential report of {} {what} \
                 an inactive one, and whether AWS counts inactive keys is not documented; the next report, \
                 due {}, decides",
                format_time(counted.observed_at),
                format_time(seen.observed_at),
                format_time(seen.observed_at + chrono::TimeDelta::hours(4)),
            ),
        ));
    }
    (active, other)
}

/// The summary counts a key that the report does not show.
fn some_key(gap: Gap, basis: Vec<Basis>) -> (Known, Known) {
    let active = Known { gaps: vec![gap], basis: basis.clone(), ..Known::default() };
    (active, Known { exist: vec![UNSEEN], basis, ..Known::default() })
}

fn report_keys(shown: Shown, seen: Basis, count: &Count) -> (Known, Known) {
    let mut basis = vec![seen];
    let number = shown.number();
    let mut extra = None;
    match count {
        Count::Is(counted, at) => {
            // A number above 0 does not distinguish active and inactive keys, and an older one adds nothing
            // to the report.
            let more = *counted > number && at.observed_at >= seen.observed_at;
            if *counted == 0 || more {
                basis.push(*at);
            }
            if more {
                extra = Some(not_in_report(*counted, number, "access keys", seen, *at));
            }
        }
        Count::NotAsked(_) => {}
        // The summary could have contradicted the older report.
        Count::Unread(gap) | Count::Missing(gap) => {
            let mut other = report_other(shown.inactive, shown.inactive_gaps, basis.clone());
            other.gaps.push(gap.clone());
            let mut active = Known { exist: shown.active, gaps: shown.active_gaps, basis };
            active.gaps.push(gap.clone());
            return (active, other);
        }
    }
    match extra {
        Some(gap) if number == 0 => {
            let (mut active, other) = some_key(gap, basis);
            active.gaps.extend(shown.active_gaps);
            (active, other)
        }
        extra => {
            let mut active =
                Known { exist: shown.active, gaps: shown.active_gaps, basis: basis.clone() };
            let mut other = report_other(shown.inactive, shown.inactive_gaps, basis);
            active.gaps.extend(extra.clone());
            other.gaps.extend(extra);
            (active, other)
        }
    }
}

fn report_other(exist: Vec<Credential>, gaps: Vec<Gap>, basis: Vec<Basis>) -> Known {
    Known { exist, gaps, basis }
}

fn not_in_report(counted: u64, shown: u64, what: &str, seen: Basis, at: Basis) -> Gap {
    Gap::new(
        Source::CredentialReport,
        Cause::Conflicting,
        format!(
            "the account summary of {} counts {counted} root {what}, the credential report of {} shows {shown}; \
             the next report, due {}, tells more",
            format_time(at.observed_at),
            format_time(seen.observed_at),
            format_time(seen.observed_at + chrono::TimeDelta::hours(4)),
        ),
    )
}

/// The report's column for credentials beyond two of a kind, unless it says that there are none.
fn more_credentials(report: &Report<'_>) -> Option<Gap> {
    let Report::Row(row, _) = report else {
        return None;
    };
    let cell = &row.additional_credentials_info;
    let says_none = match cell {
        Cell::Missing | Cell::NotApplicable => true,
        Cell::Value(text) | Cell::Unreadable(text) => {
            text.is_empty() || text.eq_ignore_ascii_case("none")
        }
        Cell::NoInformation | Cell::NotSupported => false,
    };
    let words = match cell {
        Cell::Value(text) => format!("`{text}`"),
        other => other.seen(),
    };
    (!says_none).then(|| {
        report_gap(
            Cause::Unreadable,
            format!(
                "the column `additional_credentials_info` holds {words}: root may have more \
                 credentials than the credential report shows"
            ),
        )
    })
}

fn certificates(listed: Part<&[AuditedCertificate]>, report: &Report<'_>, count: &Count) -> Known {
    match listed {
        Part::Is(certificates, seen) if report.is_not_newer_than(seen) => {
            let mut known = listed_certificates(certificates, seen);
            let number = certificates.len();
            known.gaps.extend(doubt_of_list(count, number, seen, "signing certificates"));
            known.sorted()
        }
        Part::Is(..) | Part::NotAsked => counted_certificates(report, count),
        Part::Unread(gap) => {
            let mut known = counted_certificates(&report.or_lacking(&gap), count);
            known.gaps.push(gap);
            known.sorted()
        }
    }
}

fn counted_certificates(report: &Report<'_>, count: &Count) -> Known {
    let mut known = match (report, count) {
        (Report::Missing(gap), Count::Is(0, counted)) => {
            // A summary of 0 never decides for certificates.
            Known { gaps: vec![gap.clone()], basis: vec![*counted], ..Known::default() }
        }
        (Report::Missing(gap), Count::Is(_, counted)) => {
            Known { exist: vec![UNSEEN], gaps: vec![gap.clone()], basis: vec![*counted] }
        }
        (Report::Missing(gap), count) => Known {
            gaps: [Some(gap), count.gap()].into_iter().flatten().cloned().collect(),
            ..Known::default()
        },
        (Report::Row(row, seen), count) => {
            let shown = shown_certificates(row);
            let number = shown.number();
            let mut gaps = shown.active_gaps;
            gaps.extend(shown.inactive_gaps);
            let mut known = Known { exist: shown.active, gaps, basis: vec![*seen] };
            known.exist.extend(shown.inactive);
            match count {
                Count::Is(counted, at) => {
                    known.basis.push(*at);
                    if *counted > number && at.observed_at >= seen.observed_at {
                        if number == 0 {
                            known.exist.push(UNSEEN);
                        }
                        known.gaps.push(not_in_report(
                            *counted,
                            number,
                            "signing certificates",
                            *seen,
                            *at,
                        ));
                    }
                }
                Count::Missing(gap) => known.gaps.push(gap.clone()),
                Count::NotAsked(_) | Count::Unread(_) => {}
            }
            known
        }
    };
    known.gaps.extend(more_credentials(report));
    known.sorted()
}

/// A yes or no that both sources know: the newest source decides.
///
/// `harmless` is the answer that lets rules pass. If the newer source has no answer (it was requested but not
/// read, a counter is missing, a cell is unreadable), a harmless answer of the older source is not used. A
/// report with `not_supported` never has an answer, so only the summary decides.
fn newest(
    report: &Report<'_>,
    column: &str,
    cell: impl Fn(&RootRow) -> &Cell<bool>,
    count: Count,
    harmless: bool,
) -> Fact {
    let (from_report, odd_at) = match report {
        Report::Row(row, basis) => match cell(row) {
            Cell::Value(value) => (Ok((*value, *basis)), None),
            other @ Cell::NotSupported => (Err(cell_gap(column, other)), None),
            other => (Err(cell_gap(column, other)), Some(basis.observed_at)),
        },
        Report::Missing(gap) => (Err(gap.clone()), None),
    };
    match (from_report, count) {
        (Ok((value, seen)), Count::Is(number, counted)) => {
            if counted.observed_at >= seen.observed_at {
                Fact::Is(number > 0, counted)
            } else {
                Fact::Is(value, seen)
            }
        }
        (Err(gap), Count::Is(number, counted))
            if (number > 0) == harmless && odd_at.is_some_and(|at| at > counted.observed_at) =>
        {
            Fact::Unknown(vec![gap])
        }
        (Err(_), Count::Is(number, counted)) => Fact::Is(number > 0, counted),
        (Ok((value, _)), Count::Missing(gap) | Count::Unread(gap)) if value == harmless => {
            Fact::Unknown(vec![gap])
        }
        (Ok((value, seen)), _) => Fact::Is(value, seen),
        (Err(report), Count::NotAsked(gap) | Count::Unread(gap) | Count::Missing(gap)) => {
            Fact::Unknown(vec![report, gap])
        }
    }
}
