//! Windows that open again and again, in the local time of a zone.
//!
//! Whether one is open is tested, not expanded: an instant has exactly one local time, so nothing
//! is ambiguous. In the night in which clocks go back such a window may be open an hour longer, in
//! the night in which they go forward an hour less.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use super::fields;
use crate::model::Duration;

/// When a recurring window opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The months, 1 to 12; never empty.
    pub months: BTreeSet<u32>,
    /// The week of the month; `None`: every one.
    pub week: Option<Week>,
    /// The days of the week, 0 (Monday) to 6; never empty.
    pub days: BTreeSet<u32>,
    /// It opens at this time of a day.
    pub from: NaiveTime,
    /// It is closed at this time; not later than `from`: of the next day. Never equal to `from`.
    pub to: NaiveTime,
    /// The zone of all of it.
    pub timezone: Tz,
    /// The first day on which it opens.
    pub not_before: Option<NaiveDate>,
    /// The last day on which it opens.
    pub not_after: Option<NaiveDate>,
}

/// A week of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Week {
    /// Days 1 to 7.
    First,
    /// The last seven days.
    Last,
}

/// A time during which a window is open: half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// It opens at this instant.
    pub from: DateTime<Utc>,
    /// It is closed at this instant.
    pub to: DateTime<Utc>,
}

/// How far ahead openings are looked for. Every day of the week is in the first and in the last
/// week of every month, so until its `not-after` a schedule opens at least once a year.
const CALENDAR_DAYS: u64 = 12 * 366;

impl Schedule {
    /// Whether it is open at this instant. Past midnight, the day on which it opened decides.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.timezone).naive_local();
        let (day, clock) = (local.date(), local.time());
        if self.from < self.to {
            return self.from <= clock && clock < self.to && self.opens_on(day);
        }
        (self.from <= clock && self.opens_on(day))
            || (clock < self.to && day.pred_opt().is_some_and(|day| self.opens_on(day)))
    }

    /// Whether it opens on this local day.
    #[must_use]
    pub fn opens_on(&self, day: NaiveDate) -> bool {
        self.months.contains(&day.month())
            && self.days.contains(&day.weekday().num_days_from_monday())
            && match self.week {
                None => true,
                Some(Week::First) => day.day() <= 7,
                Some(Week::Last) => day.day() + 7 > u32::from(day.num_days_in_month()),
            }
            && self.not_before.is_none_or(|first| first <= day)
            && self.not_after.is_none_or(|last| day <= last)
    }

    /// How long it is open each time, by the clock.
    #[must_use]
    pub fn length(&self) -> Duration {
        let difference = (self.to - self.from).num_seconds().rem_euclid(86_400);
        Duration::seconds(u64::try_from(difference).unwrap_or_default())
    }

    /// More days than this it never opens on in any thirty. Those hold each weekday four times and
    /// two of them five times; of the weeks that `week` names, which begin at least 28 days apart,
    /// they hold nine days at most, seven of one and two of another.
    pub(super) fn most_days_of_thirty(&self) -> u64 {
        let weekdays = u64::try_from(self.days.len()).unwrap_or(7);
        let times = if self.week.is_none() { 4 } else { 1 };
        times * weekdays + weekdays.min(2)
    }

    /// From the midnight before it opens to its closing, in minutes: more than a day's where it
    /// goes past midnight.
    pub(super) fn minutes_to_closing(&self) -> i64 {
        let opens = i64::from(self.from.num_seconds_from_midnight() / 60);
        opens + self.length().delta().num_minutes()
    }

    /// Its openings that are not over at this instant, the earliest first; none that begins more than
    /// twelve years later.
    ///
    /// Where clocks go back between opening and closing time, or either does not exist on that
    /// day, the opening reaches over all of its instants.
    pub fn openings(&self, at: DateTime<Utc>) -> impl Iterator<Item = Opening> {
        let today = at.with_timezone(&self.timezone).date_naive();
        let start = today.pred_opt().unwrap_or(today);
        let start = self.not_before.map_or(start, |first| first.max(start));
        let end = start.checked_add_days(Days::new(CALENDAR_DAYS)).unwrap_or(start);
        self.days(start, end).map(|day| self.opening(day)).filter(move |opening| at < opening.to)
    }

    /// The days from `first` to `last` on which it opens.
    pub(super) fn days(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> impl Iterator<Item = NaiveDate> {
        let last = self.not_after.map_or(last, |end| end.min(last));
        let next = |day: &NaiveDate| self.skip_months(day.succ_opt()?);
        std::iter::successors(self.skip_months(first), next)
            .take_while(move |day| *day <= last)
            .filter(|day| self.opens_on(*day))
    }

    /// The day itself, or the first one after it that is in a month in which it opens.
    fn skip_months(&self, day: NaiveDate) -> Option<NaiveDate> {
        let later = self.months.range(day.month()..).next();
        match later.or(self.months.first()).copied()? {
            month if month == day.month() => Some(day),
            month => {
                let year = day.year() + i32::from(later.is_none());
                NaiveDate::from_ymd_opt(year, month, 1)
            }
        }
    }

    pub(super) fn opening(&self, day: NaiveDate) -> Opening {
        let last = if self.from < self.to { Some(day) } else { day.checked_add_days(Days::new(1)) };
        let (from, to) = (day.and_time(self.from), last.unwrap_or(day).and_time(self.to));
        let from = match self.timezone.from_local_datetime(&from) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
            LocalResult::None => self.after_gap(from),
        };
        let to = match self.timezone.from_local_datetime(&to) {
            LocalResult::Single(at) | LocalResult::Ambiguous(_, at) => at,
            LocalResult::None => self.after_gap(to),
        };
        Opening { from: from.to_utc(), to: to.to_utc() }
    }

    /// The first instant after the hour that clocks skip at this local time.
    fn after_gap(&self, local: NaiveDateTime) -> DateTime<Tz> {
        let mut local = local;
        // The longest skip on record is a whole day.
        for _ in 0..=24 * 60 {
            local += TimeDelta::minutes(1);
            if let Some(at) = self.timezone.from_local_datetime(&local).earliest() {
                return at;
            }
        }
        self.timezone.from_utc_datetime(&local)
    }
}

impl fmt::Display for Schedule {
    /// `09:00 to 10:00 Europe/Berlin, mon, first week of jan, apr; until 2027-12-31`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: NaiveTime| time.format("%H:%M").to_string();
        write!(formatter, "{} to {} {}", clock(self.from), clock(self.to), self.timezone)?;
        match self.days.len() {
            7 => formatter.write_str(", every day")?,
            _ => write!(formatter, ", {}", words(&self.days, fields::DAYS, 0))?,
        }
        match self.week {
            Some(Week::First) => formatter.write_str(", first week of ")?,
            Some(Week::Last) => formatter.write_str(", last week of ")?,
            None => formatter.write_str(" of ")?,
        }
        match self.months.len() {
            12 => formatter.write_str("every month")?,
            _ => formatter.write_str(&words(&self.months, fields::MONTHS, 1))?,
        }
        match (self.not_before, self.not_after) {
            (Some(first), Some(last)) => write!(formatter, "; from {first} to {last}"),
            (Some(first), None) => write!(formatter, "; from {first}"),
            (None, Some(last)) => write!(formatter, "; until {last}"),
            (None, None) => Ok(()),
        }
    }
}

fn words(numbers: &BTreeSet<u32>, table: &[&str], first: u32) -> String {
    let word = |number: &u32| {
        let at = usize::try_from(number - first).ok()?;
        table.get(at).copied()
    };
    numbers.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
