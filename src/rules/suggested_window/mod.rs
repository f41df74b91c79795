//! The windows that findings suggest, as lines to add below `windows:`.
//!
//! Each allows just what it is for, and is long enough for it: whoever pastes it, fills in the
//! ticket and does what the finding says has no new finding. What only a person knows is a
//! placeholder, which the policy refuses.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::Case;
use super::known::Fact;
use crate::model::{RootEvent, UseKind, format_time};
use crate::policy::{Opening, Policy, Window};

/// How long one step of a remedy may take.
const STEP: TimeDelta = TimeDelta::hours(1);
/// How long what was switched off should stay so before it is deleted, at least.
const WAIT: TimeDelta = TimeDelta::days(1);
/// A window for a remedy begins at the next full hour that leaves this time to agree on it.
const LEAD: TimeDelta = TimeDelta::hours(1);
/// How long a window that acknowledges a use stays open after the last call.
const AFTERWARDS: TimeDelta = TimeDelta::minutes(30);
/// A sign-in and the session that it begins lie so close together at most.
const ONE_SESSION: TimeDelta = TimeDelta::minutes(2);
/// A window is closed at its end, so it ends later than what it covers.
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// One time that root has to sign in for a remedy.
pub(super) struct Step {
    /// The window's id; the account is added.
    pub(super) id: &'static str,
    pub(super) reason: &'static str,
    /// The calls that the step makes.
    pub(super) actions: &'static [&'static str],
}

/// The windows that a remedy needs where only root can do it: one for each step, a day apart, so
/// that what breaks shows in between. `None` where the policy's limits allow no window at all.
///
/// Where root has no MFA device yet, nobody can sign in with one.
pub(super) fn for_steps(case: &Case<'_>, steps: &[Step]) -> Option<String> {
    let length = STEP.min(case.policy.limits.window.delta());
    if length < TimeDelta::minutes(1) {
        return None;
    }
    let hour = TimeDelta::hours(1);
    let first = case.now.duration_trunc(hour).unwrap_or(case.now) + hour + LEAD;
    let openings = |from: DateTime<Utc>| -> Vec<Opening> {
        let starts = steps.iter().scan(from, |next, _| {
            let start = *next;
            *next = start + WAIT;
            Some(start)
        });
        starts.map(|from| Opening { from, to: from + length }).collect()
    };
    // Beside the policy's own windows, with which they must not be too long together.
    let free = (0..24).map(|later| openings(first + TimeDelta::hours(later)));
    let tried: Vec<_> = free.map(|it| (broken_limit(case, &it), it)).collect();
    // The sum of thirty days is broken at any hour: then the gaps at least are right.
    let mut best = [None, Some(Policy::WINDOW_TOTAL)].into_iter();
    let best = best.find_map(|wanted| tried.iter().find(|(over, _)| *over == wanted));
    let (over, openings) = best.or(tried.first()).cloned()?;
    // Without a console there is no sign-in, only the key itself.
    let kind = if case.root_has_console() { UseKind::SignIn } else { UseKind::AccessKey };
    let no_mfa = matches!(case.root.mfa, Fact::Is(false, _)) && kind == UseKind::SignIn;
    let lines = steps.iter().zip(openings).map(|(step, opening)| {
        let allow = Allow { kinds: &[kind], actions: step.actions };
        Line {
            id: format!("{}-{}", step.id, case.account),
            reason: step.reason,
            opening,
            allow: allow.text(),
            require_mfa: !no_mfa,
            over,
        }
        .text(case)
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// What happened in one session, or one call alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    /// When its session began.
    pub(super) began: DateTime<Utc>,
    pub(super) at: DateTime<Utc>,
    /// What must be named for it; `None`: nothing.
    pub(super) action: Option<String>,
}

impl Done {
    /// A call or sign-in as an event shows it. Use of a key is judged by its own time.
    pub(super) fn of(event: &RootEvent) -> Self {
        if event.is_sign_in() {
            return Self::at(event.judged_at());
        }
        let by_key = event.use_kind() == Some(UseKind::AccessKey);
        let began = event.session_started.filter(|began| !by_key && *began < event.time);
        let changes = !event.read_only && !event.is_sign_in();
        Self {
            began: began.unwrap_or(event.time),
            at: event.time,
            action: (changes || event.is_credential_change()).then(|| nameable(event)),
        }
    }

    /// A use that only the report shows.
    pub(super) const fn at(at: DateTime<Utc>) -> Self {
        Self { began: at, at, action: None }
    }
}

/// The action as a policy can name it.
fn nameable(event: &RootEvent) -> String {
    let action = event.action();
    let (service, name) = action.split_once(':').unwrap_or((&action, ""));
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !name.is_empty() {
        true => action,
        // CloudFront calls one `CreateDistribution2020_05_31`.
        false => format!("{service}:*"),
    }
}

/// What a window that acknowledges past uses is for.
pub(super) struct Acknowledged<'a> {
    /// The window's id; the account is added, and a number where there are several.
    pub(super) id: &'a str,
    pub(super) kinds: &'a [UseKind],
    /// Whether every change must be named, because one is of credentials.
    pub(super) names_changes: bool,
    pub(super) require_mfa: bool,
}

/// Windows around what was done, for whoever can name its ticket: one, or as many as
/// `limits.window` makes necessary. `None` where nothing was done.
pub(super) fn acknowledging(
    case: &Case<'_>,
    what: &Acknowledged<'_>,
    done: &[Done],
) -> Option<String> {
    let most = case.policy.limits.window.delta();
    let (mut clusters, mut over) = (Vec::new(), None);
    // The second time as short as it can be: a window of the policy may begin soon after.
    for afterwards in [AFTERWARDS, SECOND] {
        clusters = self::clusters(done, most, afterwards);
        let openings: Vec<Opening> = clusters.iter().map(|cluster| cluster.opening).collect();
        over = broken_limit(case, &openings);
        if over.is_none() {
            break;
        }
    }
    let lines = clusters.iter().enumerate().map(|(number, cluster)| {
        let actions: Vec<&str> = match what.names_changes {
            true => cluster.actions.iter().map(String::as_str).collect(),
            false => Vec::new(),
        };
        let id = format!("{}-{}", what.id, case.account);
        Line {
            id: if number == 0 { id } else { format!("{id}-{}", number + 1) },
            reason: Window::REASON_MISSING,
            opening: cluster.opening,
            allow: Allow { kinds: what.kinds, actions: &actions }.text(),
            require_mfa: what.require_mfa,
            over,
        }
        .text(case)
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What one window can cover.
struct Cluster {
    opening: Opening,
    last: DateTime<Utc>,
    actions: Vec<String>,
}

impl Cluster {
    fn of(done: &Done) -> Self {
        Self {
            opening: Opening { from: done.began, to: done.at },
            last: done.at,
            actions: done.action.iter().cloned().collect(),
        }
    }

    fn take(&mut self, other: Self) {
        self.last = self.last.max(other.last);
        for action in other.actions {
            if !self.actions.contains(&action) {
                self.actions.push(action);
            }
        }
    }
}

/// What was done, in the order in which it began, in pieces no longer than a window can be and with
/// time between them: windows that touch count as one.
fn clusters(done: &[Done], most: TimeDelta, afterwards: TimeDelta) -> Vec<Cluster> {
    let mut done: Vec<&Done> = done.iter().collect();
    done.sort_by_key(|done| (done.began, done.at));
    let pieces = done.into_iter().map(Cluster::of);
    let sessions = joined(pieces, |before, next| next.opening.from <= before.last + ONE_SESSION);
    let mut clusters = joined(sessions.into_iter(), |before, next| {
        next.last + SECOND - before.opening.from <= most
    });
    for at in 0..clusters.len() {
        let next = clusters.get(at + 1).map(|next| next.opening.from - SECOND);
        let Cluster { opening, last, .. } = &mut clusters[at];
        let latest = next.unwrap_or(*last + afterwards).min(opening.from + most);
        opening.to = (*last + afterwards).min(latest).max(*last + SECOND);
    }
    clusters
}

/// Each taken into the one before it where that is to be.
fn joined(
    clusters: impl Iterator<Item = Cluster>,
    is_one: impl Fn(&Cluster, &Cluster) -> bool,
) -> Vec<Cluster> {
    let mut all: Vec<Cluster> = Vec::new();
    for next in clusters {
        match all.last_mut().filter(|before| is_one(before, &next)) {
            Some(before) => before.take(next),
            None => all.push(next),
        }
    }
    all
}

fn broken_limit(case: &Case<'_>, openings: &[Opening]) -> Option<&'static str> {
    case.policy.limit_broken_by(case.account, openings, case.now.date_naive())
}

struct Allow<'a> {
    kinds: &'a [UseKind],
    /// Empty: not written.
    actions: &'a [&'a str],
}

impl Allow<'_> {
    fn text(&self) -> String {
        let mut keys: Vec<String> =
            self.kinds.iter().map(|kind| format!("{}: true", kind.id())).collect();
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("\"{action}\"")).collect();
        if !actions.is_empty() {
            keys.push(format!("actions: [{}]", actions.join(", ")));
        }
        format!("allow: {{ {} }}", keys.join(", "))
    }
}

/// One window, as one line of YAML.
struct Line {
    id: String,
    reason: &'static str,
    opening: Opening,
    allow: String,
    require_mfa: bool,
    /// The limit that has to be raised first.
    over: Option<&'static str>,
}

impl Line {
    fn text(&self, case: &Case<'_>) -> String {
        let mfa = if self.require_mfa { "" } else { ", require-mfa: false" };
        let over = self.over.map(|limit| format!(" # first raise {limit}")).unwrap_or_default();
        format!(
            "- {{ id: {}, reason: {}, ticket: {}, accounts: [\"{}\"], from: {}, to: {}, {}{mfa} }}{over}",
            self.id,
            self.reason,
            Window::TICKET_MISSING,
            case.account,
            format_time(self.opening.from),
            format_time(self.opening.to),
            self.allow,
        )
    }
}

#[cfg(test)]
mod tests;
