//! Plans the windows of all findings of an account together. It leaves out windows that another one makes
//! unnecessary, puts no two remedies at the same time, and names each limit that must be raised.

use std::collections::HashSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::activity::sessions;
use super::line::{self, NewWindow};
use super::{Acknowledged, Remedy, Step, Wanted};
use crate::model::{AccountId, RuleId, UseKind, format_time};
use crate::policy::{Limits, Opening, Policy, Window};

/// The time allowed for one step of a remedy.
const STEP: TimeDelta = TimeDelta::hours(1);
/// The minimum time between the deactivation of a credential and its deletion.
const WAIT: TimeDelta = TimeDelta::days(1);
/// The time to agree on a window for a remedy; it opens at the next full hour after that.
const LEAD: TimeDelta = TimeDelta::hours(1);
/// The longest acceptable wait for a window that already exists.
const SOON: TimeDelta = TimeDelta::days(7);
/// Number of hours tried for a remedy's windows.
const HOURS: i32 = 24;
/// Maximum number of windows suggested for one finding: a person has to review each one.
const MOST: usize = 20;

/// The suggestion for one finding.
#[derive(Debug, Default)]
pub(super) struct Suggestion {
    /// Each window as a line of YAML.
    pub(super) lines: Vec<String>,
    /// Sentences to add to the remedy.
    pub(super) notes: Vec<String>,
}

/// The windows of one account's report.
pub(super) struct Planner<'a> {
    policy: &'a Policy,
    account: &'a AccountId,
    now: DateTime<Utc>,
    /// Every window that a finding asks for.
    windows: Vec<NewWindow>,
    /// The ids of the policy's windows and of the suggested ones.
    ids: HashSet<String>,
    /// When root will have its first MFA device, if a suggested window is for its registration.
    mfa_from: Option<DateTime<Utc>>,
}

/// A finding, while its windows are planned.
struct Plan<'w> {
    rule: RuleId,
    wanted: &'w Wanted,
    /// Its windows, as indexes in [`Planner::windows`].
    own: Vec<usize>,
    /// A comment with the limits to raise first.
    raise: String,
    /// Sentences to add to the remedy.
    notes: Vec<String>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(policy: &'a Policy, account: &'a AccountId, now: DateTime<Utc>) -> Self {
        let ids = policy.windows.iter().map(|window| window.id.clone()).collect();
        Self { policy, account, now, windows: Vec::new(), ids, mfa_from: None }
    }

    /// The suggestions for these findings, which are in the order of the report.
    pub(super) fn plan(mut self, needs: &[(RuleId, &Wanted)]) -> Vec<Suggestion> {
        let mut plans: Vec<Plan<'_>> = Vec::new();
        for (rule, wanted) in needs {
            let mut plan = Plan {
                rule: *rule,
                wanted,
                own: Vec::new(),
                raise: String::new(),
                notes: Vec::new(),
            };
            if let Wanted::Acknowledged(what) = wanted {
                self.acknowledge(&mut plan, what);
            }
            plans.push(plan);
        }
        self.settle_serving();
        let mut limits = self.policy.limits;
        let mut openings: Vec<Opening> = Vec::new();
        // MFA first: with it, every later sign-in can use it.
        for registers in [true, false] {
            for plan in &mut plans {
                if let Wanted::Remedy(remedy) = plan.wanted
                    && remedy.registers_mfa() == registers
                {
                    self.remedy(plan, remedy);
                }
            }
        }
        for plan in &mut plans {
            self.keep_limits(plan, &mut limits, &mut openings);
        }
        plans.into_iter().map(|plan| self.suggestion(plan)).collect()
    }

    // -- uses in the past -------------------------------------------------------------------------

    /// A window for each session.
    fn acknowledge(&mut self, plan: &mut Plan<'_>, what: &Acknowledged) {
        let sessions = sessions(&what.done);
        if sessions.len() > MOST {
            plan.notes.push(format!(
                "No window is suggested for it: these are {} separate uses, and at most {MOST} windows are suggested \
                 for a finding. Where they were agreed on, write a window for that time.",
                sessions.len()
            ));
            return;
        }
        for session in sessions {
            plan.own.push(self.windows.len());
            self.windows.push(NewWindow {
                id: format!("{}-{}", what.id, self.account),
                reason: Window::REASON_MISSING,
                opening: session.opening,
                kind: session.kind,
                actions: if what.names_changes { session.actions.clone() } else { Vec::new() },
                needed: session.actions,
                require_mfa: what.require_mfa,
                suggested_for: plan.rule,
                served_by: None,
                is_left_out: false,
            });
        }
    }

    /// Finds the windows that another one makes unnecessary, and gives the others their ids.
    fn settle_serving(&mut self) {
        for at in 0..self.windows.len() {
            let window = &self.windows[at];
            // If two serve each other, the first stays.
            let better = |(other_at, other): &(usize, &NewWindow)| {
                *other_at != at
                    && other.served_by.is_none()
                    && other.serves(window)
                    && (*other_at < at || !window.serves(other))
            };
            let server = self.windows.iter().enumerate().find(better).map(|(server, _)| server);
            self.windows[at].served_by = server;
        }
        for at in 0..self.windows.len() {
            // A window that serves others may itself be served by a later one.
            while let Some(server) = self.windows[at].served_by
                && let Some(last) = self.windows[server].served_by
            {
                self.windows[at].served_by = Some(last);
            }
            if self.windows[at].served_by.is_none() {
                let id = self.windows[at].id.clone();
                self.windows[at].id = self.unused_id(id);
            }
        }
    }

    /// A unique id: the policy may already contain an earlier suggestion.
    fn unused_id(&mut self, wanted: String) -> String {
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut ids = std::iter::once(wanted.clone()).chain(numbered);
        let id = ids.find(|id| !self.ids.contains(id)).unwrap_or(wanted);
        self.ids.insert(id.clone());
        id
    }

    // -- remedies ---------------------------------------------------------------------------------

    fn remedy(&mut self, plan: &mut Plan<'_>, remedy: &Remedy) {
        if let Some(found) = self.agreed(remedy) {
            self.mfa_from = self.mfa_from.or(mfa_after(remedy, found.last().map(|it| it.opening)));
            plan.notes.push(to_be_done_in(&found));
            return;
        }
        let Some(openings) = self.schedule_steps(remedy.steps) else {
            plan.notes.push(format!(
                "No window is suggested: {} allows none, so raise that first.",
                Policy::WINDOW
            ));
            return;
        };
        self.mfa_from = self.mfa_from.or(mfa_after(remedy, openings.last().copied()));
        let mfa_from = self.mfa_from;
        let needs_it = |opening: &Opening| mfa_from.is_some_and(|from| from <= opening.from);
        if !remedy.require_mfa && openings.iter().any(needs_it) {
            plan.notes.push(
                "First register an MFA device, as root-mfa-missing says: its window comes before this one, which \
                 requires MFA."
                    .to_owned(),
            );
        }
        for (step, opening) in remedy.steps.iter().zip(openings) {
            let id = self.unused_id(format!("{}-{}", step.id, self.account));
            plan.own.push(self.windows.len());
            self.windows.push(NewWindow {
                id,
                reason: step.reason,
                opening,
                kind: remedy.kind,
                actions: step.actions.iter().map(|action| (*action).to_owned()).collect(),
                needed: step.actions.iter().map(|action| (*action).to_owned()).collect(),
                require_mfa: remedy.require_mfa || needs_it(&opening),
                suggested_for: plan.rule,
                served_by: None,
                is_left_out: false,
            });
        }
    }

    /// Existing windows in which every step can be done soon, a day apart: in the policy, or suggested for
    /// another finding.
    fn agreed(&self, remedy: &Remedy) -> Option<Vec<Agreed>> {
        let mut after = self.now;
        let mut found = Vec::new();
        for step in remedy.steps {
            let known = self.policy.windows.iter().filter_map(|window| {
                let opening = window.openings(after).next()?;
                let allows = self.allows(window, remedy.kind, self.with_mfa(remedy, opening), step);
                allows.then(|| Agreed { id: window.id.clone(), opening, suggested_for: None })
            });
            let suggested = self
                .planned()
                .filter(|it| it.allows(remedy.kind, self.with_mfa(remedy, it.opening), step));
            let suggested = suggested.filter(|it| after < it.opening.to).map(Agreed::suggested);
            let soon = known.chain(suggested).filter(|it| it.opening.from <= after + SOON);
            let first = soon.min_by_key(|agreed| agreed.opening.from)?;
            after = first.opening.from.max(self.now) + WAIT;
            found.push(first);
        }
        Some(found)
    }

    /// Whether root can sign in with MFA in that opening.
    fn with_mfa(&self, remedy: &Remedy, opening: Opening) -> bool {
        remedy.require_mfa || self.mfa_from.is_some_and(|from| from <= opening.from)
    }

    /// Whether a window of the policy allows a step.
    fn allows(&self, window: &Window, kind: UseKind, with_mfa: bool, step: &Step) -> bool {
        let kind = match kind {
            UseKind::SignIn => window.allow.sign_in,
            UseKind::AccessKey => window.allow.access_key,
        };
        let is_named = |action: &&str| {
            let mut allowed = window.allow.actions.iter().flatten();
            allowed.any(|allowed| allowed.eq_ignore_ascii_case(action))
        };
        kind && window.is_for(self.account)
            && (!window.require_mfa || with_mfa)
            && step.actions.iter().all(is_named)
    }

    /// The times for the steps: the first hour at which no other window is open and no limit is exceeded, or
    /// else the best hour. `None` if the policy's limits allow no windows.
    fn schedule_steps(&self, steps: &[Step]) -> Option<Vec<Opening>> {
        let length = STEP.min(self.policy.limits.window.delta());
        if length < TimeDelta::minutes(1) {
            return None;
        }
        let hour = TimeDelta::hours(1);
        let first = self.now.duration_trunc(hour).unwrap_or(self.now) + hour + LEAD;
        let at_hour = |later: i32| -> Vec<Opening> {
            let from = (0..).map(|step| first + hour * later + WAIT * step);
            let openings = from.map(|from| Opening { from, to: from + length });
            openings.take(steps.len()).collect()
        };
        let known: Vec<Opening> = self.planned().map(|window| window.opening).collect();
        let limits = self.limits_for(&known, self.policy.limits);
        let mut best: Option<((bool, bool, bool), Vec<Opening>)> = None;
        for openings in (0..HOURS).map(at_hour) {
            let needed = self.limits_for(&[&known[..], &openings[..]].concat(), limits);
            let rank = (
                needed.window > limits.window,
                needed.window_total > limits.window_total,
                openings.iter().any(|opening| self.is_taken(*opening)),
            );
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, openings));
            }
            if rank == (false, false, false) {
                break;
            }
        }
        best.map(|(_, openings)| openings)
    }

    /// Whether another window of the account is open in that time.
    fn is_taken(&self, wanted: Opening) -> bool {
        let meets = |other: &Opening| other.from < wanted.to && wanted.from < other.to;
        let mut own = self.policy.windows.iter().filter(|window| window.is_for(self.account));
        own.any(|window| window.openings(wanted.from).take(1).any(|opening| meets(&opening)))
            || self.planned().any(|window| meets(&window.opening))
    }

    // -- all together -----------------------------------------------------------------------------

    /// The windows that will be suggested.
    fn planned(&self) -> impl Iterator<Item = &NewWindow> {
        self.windows.iter().filter(|window| window.served_by.is_none() && !window.is_left_out)
    }

    fn limits_for(&self, openings: &[Opening], limits: Limits) -> Limits {
        self.policy.limits_for(self.account, openings, limits, self.now.date_naive())
    }

    /// Checks the windows of a finding against the limits, together with the policy's windows and those of
    /// earlier findings (`openings`). The finding that exceeds a limit says which limit to raise.
    fn keep_limits(
        &mut self,
        plan: &mut Plan<'_>,
        limits: &mut Limits,
        openings: &mut Vec<Opening>,
    ) {
        let own = plan.own.iter().map(|at| &self.windows[*at]);
        let own = own.filter(|window| window.served_by.is_none()).map(|window| window.opening);
        let before = openings.len();
        openings.extend(own);
        if openings.len() == before {
            return;
        }
        let needed = self.limits_for(openings, *limits);
        let higher = line::higher(limits, &needed);
        let beyond = higher.iter().find(|(_, length)| *length > Limits::MAX_WINDOW);
        if let Some((limit, length)) = beyond {
            openings.truncate(before);
            plan.notes.push(line::beyond(limit, *length));
            for at in &plan.own {
                self.windows[*at].is_left_out = true;
            }
            return;
        }
        plan.raise = line::raise(&higher);
        *limits = needed;
    }

    fn suggestion(&self, plan: Plan<'_>) -> Suggestion {
        let (mut lines, mut notes) = (Vec::new(), plan.notes);
        let mut serving: Vec<Agreed> = Vec::new();
        for at in plan.own {
            let window = &self.windows[at];
            match window.served_by.map(|server| &self.windows[server]) {
                Some(server) if server.is_left_out => {
                    let rule = server.suggested_for;
                    notes.push(format!("No window is suggested; {rule} explains why."));
                }
                Some(server) => serving.push(Agreed::suggested(server)),
                None if window.is_left_out => {}
                None => lines.push(window.text(self.account, &plan.raise)),
            }
        }
        if !serving.is_empty() {
            notes.push(format!("{} it.", named(&serving, "acknowledges", "acknowledge")));
        }
        if !lines.is_empty() && matches!(plan.wanted, Wanted::Remedy(_)) {
            notes.push(
                "A window in the policy is not the remedy: the rule keeps failing until this is done while the \
                 window is open."
                    .to_owned(),
            );
        }
        Suggestion { lines, notes }
    }
}

/// The time from which root has an MFA device, if this remedy registers the first one in that opening.
fn mfa_after(remedy: &Remedy, opening: Option<Opening>) -> Option<DateTime<Utc>> {
    opening.filter(|_| remedy.registers_mfa()).map(|opening| opening.to)
}

/// A window that exists already, in the policy or in the report.
struct Agreed {
    id: String,
    opening: Opening,
    /// `None` if it is in the policy.
    suggested_for: Option<RuleId>,
}

impl Agreed {
    fn suggested(window: &NewWindow) -> Self {
        let id = window.id.clone();
        Self { id, opening: window.opening, suggested_for: Some(window.suggested_for) }
    }
}

/// Maximum number of windows named if several serve.
const NAMED: usize = 4;

/// ``The window `a`, suggested for root-x, acknowledges``.
fn named(agreed: &[Agreed], one: &str, several: &str) -> String {
    let (mut names, mut rules): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for window in agreed {
        let name = format!("`{}`", window.id);
        if !names.contains(&name) {
            names.push(name);
        }
        if let Some(RuleId(rule)) = window.suggested_for
            && !rules.contains(&rule)
        {
            rules.push(rule);
        }
    }
    let (window, verb) = if names.len() == 1 { ("window", one) } else { ("windows", several) };
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let suggested = match rules.is_empty() {
        true => String::new(),
        false => format!(", suggested for {},", rules.join(" and ")),
    };
    format!("The {window} {}{more}{suggested} {verb}", names.join(", "))
}

/// What remains to do if every step has its window.
fn to_be_done_in(agreed: &[Agreed]) -> String {
    let times: Vec<String> = agreed
        .iter()
        .map(|it| format!("{} to {}", format_time(it.opening.from), format_time(it.opening.to)))
        .collect();
    format!(
        "{} it ({}): the rule keeps failing until this is done while the window is open.",
        named(agreed, "allows", "allow"),
        times.join(", then ")
    )
}
