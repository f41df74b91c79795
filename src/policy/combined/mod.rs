//! How long the windows of one account are open together: without a break, and in thirty days.
//!
//! Windows of different accounts never count together; one that names no account counts with those
//! of every account.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::schedule::{Opening, Schedule};
use super::types::{Limits, Policy, When, Window};
use crate::model::{AccountId, Duration};

/// The times and accounts of a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed<'a> {
    pub(super) when: &'a When,
    /// `None`: all.
    pub(super) accounts: Option<&'a [AccountId]>,
}

impl<'a> Timed<'a> {
    pub(super) fn from_window(window: &'a Window) -> Self {
        Self { when: &window.when, accounts: window.accounts.as_deref() }
    }
}

/// Windows that count together, by their indexes in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// An account that has just these; `None`: every account that no window names.
    pub(super) account: Option<AccountId>,
    pub(super) members: Vec<usize>,
}

/// The groups of these windows: first that of the windows for all accounts, then one for each
/// different set of windows that an account has.
pub(super) fn groups(windows: &[Timed<'_>]) -> Vec<Group> {
    let mut own: BTreeMap<&AccountId, BTreeSet<usize>> = BTreeMap::new();
    let mut for_all = Vec::new();
    for (index, window) in windows.iter().enumerate() {
        match window.accounts {
            None => for_all.push(index),
            Some(accounts) => {
                for account in accounts {
                    own.entry(account).or_default().insert(index);
                }
            }
        }
    }
    let mut sets: BTreeMap<BTreeSet<usize>, &AccountId> = BTreeMap::new();
    for (account, places) in own {
        sets.entry(places).or_insert(account);
    }
    let named = sets.into_iter().map(|(mut places, account)| {
        places.extend(&for_all);
        Group { account: Some(account.clone()), members: places.into_iter().collect() }
    });
    let all = Group { account: None, members: for_all.clone() };
    std::iter::once(all).filter(|group| !group.members.is_empty()).chain(named).collect()
}

// -- without a break ------------------------------------------------------------------------------

/// A time in which windows are open without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenSpan {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) length: Duration,
    /// The indexes of the windows in it.
    pub(super) members: BTreeSet<usize>,
}

/// Shorter than any day, including days on which clocks go forward by an hour or two. If a schedule takes part
/// twice without a break, all windows together are longer than this.
const SHORTEST_DAY: Duration = Duration::hours(21);
/// Weekdays and leap years repeat after 28 years, so these days include every combination.
const CYCLE_DAYS: u64 = 28 * 366;

/// Windows that touch or overlap and are open for longer than `most` together; the first from
/// `today` on, else any. Each alone is not longer than `most`, by its clock.
pub(super) fn too_long(
    windows: &[Timed<'_>],
    group: &Group,
    most: Duration,
    today: NaiveDate,
) -> Option<OpenSpan> {
    let members = || group.members.iter().map(|index| (*index, windows[*index].when));
    let lengths = |places: &mut dyn Iterator<Item = (usize, &When)>| -> u64 {
        places.map(|(_, when)| length(when).as_secs()).sum()
    };
    let screen = most.min(SHORTEST_DAY).as_secs();
    if lengths(&mut members()) <= screen {
        return None;
    }
    let schedules = || members().filter(|(_, when)| matches!(when, When::Recurring(_)));
    // A time in which a one-off window takes part lies around it.
    let mut near = Vec::new();
    let mut days = BTreeSet::new();
    for (index, when) in members() {
        let When::Once { from, to } = when else { continue };
        near.push((Opening { from: *from, to: *to }, index));
        let reach = most.delta() + TimeDelta::days(2);
        let (Some(first), Some(last)) =
            (from.checked_sub_signed(reach), to.checked_add_signed(reach))
        else {
            continue;
        };
        let last = last.date_naive();
        days.extend(first.date_naive().iter_days().take_while(|day| *day <= last));
    }
    for day in days {
        near.extend(openings(schedules(), day, day));
    }
    if let Some(span) = longest_over(near, windows, most) {
        return Some(span);
    }
    if lengths(&mut schedules()) <= screen {
        return None;
    }
    let (base, end) = horizon(schedules().map(|(_, when)| when), today)?;
    [today.max(base), base]
        .into_iter()
        .find_map(|first| longest_over(openings(schedules(), first, end), windows, most))
}

/// The first span of these openings that is longer than `most`.
fn longest_over(
    mut openings: Vec<(Opening, usize)>,
    windows: &[Timed<'_>],
    most: Duration,
) -> Option<OpenSpan> {
    openings.sort_by_key(|(opening, index)| (opening.from, opening.to, *index));
    openings.dedup();
    let mut span: Option<OpenSpan> = None;
    for (opening, index) in openings {
        match &mut span {
            Some(span) if opening.from <= span.to => {
                span.to = span.to.max(opening.to);
                span.members.insert(index);
                span.length = local_length(span, windows);
                if span.length > most {
                    return Some(span.clone());
                }
            }
            _ => {
                span = Some(OpenSpan {
                    from: opening.from,
                    to: opening.to,
                    length: Duration::seconds(0),
                    members: BTreeSet::from([index]),
                });
            }
        }
    }
    None
}

/// The length of a span. If the local clock of a schedule in it shows less time, that counts, so that the hour
/// that occurs twice when clocks go back counts once, as for a single window.
fn local_length(span: &OpenSpan, windows: &[Timed<'_>]) -> Duration {
    let local = span.members.iter().filter_map(|index| match windows[*index].when {
        When::Once { .. } => None,
        When::Recurring(schedule) => {
            let naive = |at: DateTime<Utc>| at.with_timezone(&schedule.timezone).naive_local();
            Some(naive(span.to) - naive(span.from))
        }
    });
    let length = local.chain([span.to - span.from]).min().unwrap_or_default();
    Duration::seconds(u64::try_from(length.num_seconds()).unwrap_or_default())
}

/// The openings that start on these days, and one-off ones that touch them.
fn openings<'a>(
    windows: impl Iterator<Item = (usize, &'a When)>,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<(Opening, usize)> {
    let mut all = Vec::new();
    for (index, when) in windows {
        match when {
            When::Once { from, to } => {
                if first <= to.date_naive() && from.date_naive() <= last {
                    all.push((Opening { from: *from, to: *to }, index));
                }
            }
            When::Recurring(schedule) => {
                let days = schedule.days(first, last);
                let open = days.map(|day| schedule.opening(day)).filter(|it| it.from < it.to);
                all.extend(open.map(|opening| (opening, index)));
            }
        }
    }
    all
}

/// Windows of which each overlaps another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Their indexes, at least two.
    pub(super) members: BTreeSet<usize>,
    /// The first instant at which two of them are open.
    pub(super) at: DateTime<Utc>,
    /// The account for which they are open then; `None`: every one.
    pub(super) account: Option<AccountId>,
}

/// The windows that are open at the same time, each in one group. Schedules are checked for two years.
pub(super) fn overlaps(windows: &[Timed<'_>], today: NaiveDate) -> Vec<Overlap> {
    let mut found: Vec<Overlap> = Vec::new();
    for group in groups(windows) {
        let mut span: Option<(DateTime<Utc>, usize)> = None;
        for (opening, index) in openings_to_compare(windows, &group, today) {
            match span {
                Some((to, before)) if opening.from < to => {
                    if before != index {
                        found.push(Overlap {
                            members: BTreeSet::from([before, index]),
                            at: opening.from,
                            account: group.account.clone(),
                        });
                    }
                    if to < opening.to {
                        span = Some((opening.to, index));
                    }
                }
                _ => span = Some((opening.to, index)),
            }
        }
    }
    united(windows.len(), found)
}

/// Those that share a window, as one.
fn united(windows: usize, pairs: Vec<Overlap>) -> Vec<Overlap> {
    // The group that each window belongs to, by the window that stands for it.
    let mut standing_for: Vec<usize> = (0..windows).collect();
    fn root(standing_for: &mut [usize], mut index: usize) -> usize {
        while standing_for[index] != index {
            standing_for[index] = standing_for[standing_for[index]];
            index = standing_for[index];
        }
        index
    }
    for pair in &pairs {
        let mut members = pair.members.iter();
        let (Some(one), Some(other)) = (members.next(), members.next()) else { continue };
        let (one, other) = (root(&mut standing_for, *one), root(&mut standing_for, *other));
        standing_for[one.max(other)] = one.min(other);
    }
    let mut all: BTreeMap<usize, Overlap> = BTreeMap::new();
    for pair in pairs {
        let Some(first) = pair.members.first() else { continue };
        let known = all.entry(root(&mut standing_for, *first)).or_insert_with(|| pair.clone());
        known.members.extend(&pair.members);
        if pair.at < known.at {
            (known.at, known.account) = (pair.at, pair.account);
        }
    }
    all.into_values().collect()
}

/// The openings of a group's windows in the order in which they begin, as far as they are compared
/// in this group and in no other.
fn openings_to_compare(
    windows: &[Timed<'_>],
    group: &Group,
    today: NaiveDate,
) -> Vec<(Opening, usize)> {
    let members = || group.members.iter().map(|index| (*index, windows[*index].when));
    let schedules = || members().filter(|(_, when)| matches!(when, When::Recurring(_)));
    let once = || members().filter(|(_, when)| matches!(when, When::Once { .. }));
    // What the windows of all accounts do to each other is found in their own group.
    let is_own = |index: usize| group.account.is_none() || windows[index].accounts.is_some();
    let end = today.checked_add_days(Days::new(2 * 366)).unwrap_or(today);
    let mut all = match schedules().any(|(index, _)| is_own(index)) {
        true => openings(schedules(), today, end),
        false => Vec::new(),
    };
    for (index, when) in once() {
        let When::Once { from, to } = when else { continue };
        all.push((Opening { from: *from, to: *to }, index));
        if !is_own(index) {
            continue;
        }
        let (first, last) = (from.date_naive(), to.date_naive());
        let first = first.checked_sub_days(Days::new(2)).unwrap_or(first);
        all.extend(openings(schedules(), first, last));
    }
    all.sort_by_key(|(opening, index)| (opening.from, opening.to, *index));
    all.dedup();
    all
}

// -- in thirty days -------------------------------------------------------------------------------

/// Thirty days in which windows are open for too long together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excess {
    /// The first of the thirty days.
    pub(super) first: NaiveDate,
    /// The last of them.
    pub(super) last: NaiveDate,
    /// The sum of the openings that begin in them.
    pub(super) total: Duration,
    /// Which windows open in them: their places.
    pub(super) members: BTreeSet<usize>,
}

/// The days over which `limits.window-total` is counted.
const SPAN_DAYS: usize = 30;

/// The first thirty days from `today` on, else the first at all, in which these windows together are
/// open for longer than `most`. Whether there are any does not depend on `today`.
///
/// An opening counts on the day on which it begins: a schedule's in its zone, a one-off one in UTC.
pub(super) fn excess(
    windows: &[Timed<'_>],
    group: &Group,
    most: Duration,
    today: NaiveDate,
) -> Option<Excess> {
    let calendar = Calendar::for_group(windows, group);
    // Most policies need no counting.
    if calendar.highest() <= most.as_secs() {
        return None;
    }
    let schedules = || calendar.schedules.iter().map(|(_, schedule)| *schedule);
    let once: BTreeSet<NaiveDate> = calendar.once.keys().copied().collect();
    let mut spans = Vec::new();
    if !calendar.schedules.is_empty() {
        let (base, end) = horizon_of(schedules(), today)?;
        spans.extend([(today.max(base), end), (base, end)]);
    }
    // Thirty days without a one-off window are in those of the schedules.
    let around = |day: &NaiveDate| {
        let reach = Days::new(SPAN_DAYS as u64);
        let first = day.checked_sub_days(reach).unwrap_or(*day);
        (first, day.checked_add_days(reach).unwrap_or(*day))
    };
    let (past, to_come): (Vec<_>, Vec<_>) = once.iter().partition(|day| **day < today);
    spans.extend(to_come.into_iter().chain(past).map(around));
    spans.into_iter().find_map(|(first, last)| calendar.excess_between(most, first, last))
}

/// What opens on which day, and for how long.
struct Calendar<'a> {
    schedules: Vec<(usize, &'a Schedule)>,
    once: HashMap<NaiveDate, Vec<(usize, u64)>>,
}

impl<'a> Calendar<'a> {
    fn for_group(windows: &[Timed<'a>], group: &Group) -> Self {
        let mut calendar = Self { schedules: Vec::new(), once: HashMap::new() };
        for index in &group.members {
            match windows[*index].when {
                When::Recurring(schedule) => calendar.schedules.push((*index, schedule)),
                once @ When::Once { from, .. } => {
                    let length = length(once).as_secs();
                    calendar.once.entry(from.date_naive()).or_default().push((*index, length));
                }
            }
        }
        calendar
    }

    /// More than this no thirty days can hold.
    fn highest(&self) -> u64 {
        let schedules = self.schedules.iter();
        let schedules = schedules.map(|(_, it)| it.length().as_secs() * it.most_days_of_thirty());
        let once = self.once.values().flatten().map(|(_, length)| length);
        schedules.sum::<u64>() + once.sum::<u64>()
    }

    /// What opens on a day: places and lengths.
    fn on(&self, day: NaiveDate) -> impl Iterator<Item = (usize, u64)> {
        let open = self.schedules.iter().filter(move |(_, schedule)| schedule.opens_on(day));
        let open = open.map(|(index, schedule)| (*index, schedule.length().as_secs()));
        open.chain(self.once.get(&day).into_iter().flatten().copied())
    }

    fn excess_between(&self, most: Duration, first: NaiveDate, end: NaiveDate) -> Option<Excess> {
        let open_on = |day| self.on(day).map(|(_, length)| length).sum::<u64>();
        let mut spans: VecDeque<u64> = VecDeque::new();
        let mut total = 0;
        for day in first.iter_days().take_while(|day| *day <= end) {
            let open = open_on(day);
            spans.push_back(open);
            total += open;
            if spans.len() > SPAN_DAYS {
                total -= spans.pop_front().unwrap_or_default();
            }
            if total > most.as_secs() {
                // The thirty days that begin with the first opening counted.
                let skipped = spans.iter().take_while(|open| **open == 0).count();
                let back = u64::try_from(spans.len() - 1 - skipped).ok()?;
                let first = day.checked_sub_days(Days::new(back))?;
                return Some(self.thirty_days(first));
            }
        }
        None
    }

    fn thirty_days(&self, first: NaiveDate) -> Excess {
        let mut excess =
            Excess { first, last: first, total: Duration::seconds(0), members: BTreeSet::new() };
        let mut total = 0;
        for day in first.iter_days().take(SPAN_DAYS) {
            excess.last = day;
            for (index, length) in self.on(day) {
                total += length;
                excess.members.insert(index);
            }
        }
        Excess { total: Duration::seconds(total), ..excess }
    }
}

impl Policy {
    /// The key of the limit of windows that touch or overlap.
    pub const WINDOW: &str = "limits.window";

    /// The key of the limit of thirty days.
    pub const WINDOW_TOTAL: &str = "limits.window-total";

    /// The limits that further one-off windows of an account need: these, each raised to the next full
    /// hour that is enough where they are broken, also beyond what a policy may say.
    #[must_use]
    pub fn limits_for(
        &self,
        account: &AccountId,
        more: &[Opening],
        limits: Limits,
        today: NaiveDate,
    ) -> Limits {
        let more: Vec<When> =
            more.iter().map(|it| When::Once { from: it.from, to: it.to }).collect();
        let own = self.windows.iter().filter(|window| window.is_for(account));
        let own = own.map(|window| &window.when).chain(&more);
        let timed: Vec<Timed<'_>> = own.map(|when| Timed { when, accounts: None }).collect();
        let group = Group { account: None, members: (0..timed.len()).collect() };
        let mut needed = limits;
        for longer in more.iter().map(length).filter(|it| *it > limits.window) {
            needed.window = needed.window.max(full_hours(longer));
        }
        while needed.window <= Limits::MAX_WINDOW
            && let Some(span) = too_long(&timed, &group, needed.window, today)
        {
            needed.window = full_hours(span.length);
        }
        while needed.window_total <= Limits::MAX_WINDOW
            && let Some(excess) = excess(&timed, &group, needed.window_total, today)
        {
            needed.window_total = full_hours(excess.total);
        }
        needed
    }
}

/// The length in full hours, the last one begun.
fn full_hours(length: Duration) -> Duration {
    Duration::hours(length.as_secs().div_ceil(3_600))
}

/// How long a window is open each time, by the clock.
fn length(when: &When) -> Duration {
    match when {
        When::Once { from, to } => {
            Duration::seconds(u64::try_from((*to - *from).num_seconds()).unwrap_or_default())
        }
        When::Recurring(schedule) => schedule.length(),
    }
}

fn horizon<'a>(
    windows: impl Iterator<Item = &'a When>,
    today: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    let schedules: Vec<&Schedule> = windows
        .filter_map(|when| match when {
            When::Recurring(schedule) => Some(schedule),
            When::Once { .. } => None,
        })
        .collect();
    horizon_of(schedules.into_iter(), today)
}

/// The days that hold all that schedules can do.
fn horizon_of<'a>(
    schedules: impl Iterator<Item = &'a Schedule>,
    today: NaiveDate,
) -> Option<(NaiveDate, NaiveDate)> {
    let base = NaiveDate::from_ymd_opt(2000, 1, 1)?;
    let bounds = schedules.flat_map(|schedule| [schedule.not_before, schedule.not_after]);
    let farthest = bounds.flatten().max().unwrap_or(base).max(today).max(base);
    // Nobody is bound by what happens in 2200.
    let farthest = farthest.min(NaiveDate::from_ymd_opt(2200, 1, 1)?);
    Some((base, farthest.checked_add_days(Days::new(CYCLE_DAYS))?))
}

#[cfg(test)]
mod tests;
