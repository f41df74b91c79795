//! Local days and clocks, both nights of the clock change, and an oracle that expands.

use chrono_tz::TZ_VARIANTS;
use proptest::prelude::*;

use super::*;
use crate::model::parse_time;

fn time(text: &str) -> DateTime<Utc> {
    parse_time(text).unwrap()
}

fn clock(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    crate::model::parse_day(text).unwrap()
}

/// Every day of every month between these local times.
fn daily(from: &str, to: &str, zone: &str) -> Schedule {
    Schedule {
        months: (1..=12).collect(),
        week: None,
        days: (0..7).collect(),
        from: clock(from),
        to: clock(to),
        timezone: zone.parse().unwrap(),
        not_before: None,
        not_after: None,
    }
}

/// The instants at which it opens and closes within these minutes.
fn edges(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let (mut at, end) = (time(from), time(to));
    let mut open = schedule.is_open(at);
    let mut edges = Vec::new();
    while at < end {
        at += TimeDelta::minutes(1);
        if schedule.is_open(at) != open {
            open = !open;
            edges.push(format!(
                "{} {}",
                if open { "opens" } else { "closes" },
                at.format("%d %H:%M")
            ));
        }
    }
    edges
}

#[test]
fn a_schedule_is_half_open_in_local_time() {
    let berlin = daily("09:00", "10:00", "Europe/Berlin");
    assert!(!berlin.is_open(time("2026-01-05T07:59:59Z")));
    assert!(berlin.is_open(time("2026-01-05T08:00:00Z")));
    assert!(berlin.is_open(time("2026-01-05T08:59:59.999Z")));
    assert!(!berlin.is_open(time("2026-01-05T09:00:00Z")));
    assert!(berlin.is_open(time("2026-07-05T07:00:00Z")));
    assert!(daily("09:00", "10:00", "Asia/Kathmandu").is_open(time("2026-01-05T03:15:00Z")));
}

#[test]
fn the_first_week_is_days_1_to_7_and_the_last_the_last_seven_days() {
    let first = Schedule { week: Some(Week::First), ..daily("00:00", "23:59", "UTC") };
    let last = Schedule { week: Some(Week::Last), ..daily("00:00", "23:59", "UTC") };
    let days = |schedule: &Schedule, month: &str| -> Vec<u32> {
        let start = day(&format!("{month}-01"));
        let days = start.iter_days().take_while(|d| d.month() == start.month());
        days.filter(|d| schedule.opens_on(*d)).map(|d| d.day()).collect()
    };
    assert_eq!(days(&first, "2026-11"), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(days(&last, "2026-11"), [24, 25, 26, 27, 28, 29, 30]);
    assert_eq!(days(&last, "2026-02"), [22, 23, 24, 25, 26, 27, 28]);
    assert_eq!(days(&last, "2028-02"), [23, 24, 25, 26, 27, 28, 29]);
}

#[test]
fn past_midnight_the_day_on_which_it_opens_decides() {
    let january = Schedule {
        months: [1].into(),
        week: Some(Week::Last),
        days: [5].into(), // Saturday: 2026-01-31
        ..daily("23:00", "01:00", "UTC")
    };
    assert!(january.is_open(time("2026-01-31T23:00:00Z")));
    assert!(january.is_open(time("2026-02-01T00:59:59Z")), "also in the next month");
    assert!(!january.is_open(time("2026-02-01T01:00:00Z")));
    assert!(!january.is_open(time("2026-01-31T00:30:00Z")), "Friday's night is not Saturday's");
    let new_year = Schedule {
        months: [12].into(),
        not_after: Some(day("2026-12-31")),
        ..daily("23:30", "00:30", "UTC")
    };
    assert!(new_year.is_open(time("2027-01-01T00:15:00Z")), "opened on the last day");
    assert!(!new_year.is_open(time("2027-12-31T23:45:00Z")));
}

#[test]
fn bounds_are_days_of_the_schedules_zone() {
    let bounded = Schedule {
        not_before: Some(day("2026-06-02")),
        not_after: Some(day("2026-06-03")),
        ..daily("00:00", "12:00", "Asia/Kathmandu")
    };
    assert!(!bounded.is_open(time("2026-06-01T05:00:00Z")));
    assert!(bounded.is_open(time("2026-06-01T18:15:00Z")), "midnight of 2 June there");
    assert!(bounded.is_open(time("2026-06-03T06:14:59Z")));
    assert!(!bounded.is_open(time("2026-06-03T18:15:00Z")));
}

#[test]
fn in_the_nights_of_the_clock_change_the_clock_decides() {
    let night = daily("01:30", "03:30", "Europe/Berlin");
    assert_eq!(
        edges(&night, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        ["opens 29 00:30", "closes 29 01:30"],
        "one hour instead of two when clocks go forward"
    );
    assert_eq!(
        edges(&night, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ["opens 24 23:30", "closes 25 02:30"],
        "three hours when they go back"
    );
    let skipped = daily("02:15", "02:45", "Europe/Berlin");
    assert_eq!(
        edges(&skipped, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        Vec::<String>::new()
    );
    let half_hour = daily("01:45", "02:15", "Australia/Lord_Howe");
    assert_eq!(
        edges(&half_hour, "2026-04-04T03:00:00Z", "2026-04-05T03:00:00Z"),
        ["opens 04 14:45", "closes 04 15:00", "opens 04 15:15", "closes 04 15:45"],
        "clocks go back by half an hour at 02:00"
    );
}

#[test]
fn openings_are_listed_from_the_running_one_on() {
    let drill = Schedule {
        months: [1, 4, 7, 10].into(),
        week: Some(Week::First),
        days: [0].into(),
        not_after: Some(day("2027-12-31")),
        ..daily("09:00", "10:00", "Europe/Berlin")
    };
    let starts = |at: &str| -> Vec<String> {
        let openings = drill.openings(time(at)).take(3).collect::<Vec<_>>();
        openings.iter().map(|o| format!("{} {}", o.from, (o.to - o.from).num_minutes())).collect()
    };
    assert_eq!(
        starts("2026-11-20T12:00:00Z"),
        ["2027-01-04 08:00:00 UTC 60", "2027-04-05 07:00:00 UTC 60", "2027-07-05 07:00:00 UTC 60"]
    );
    assert_eq!(starts("2027-10-04T07:59:59Z"), ["2027-10-04 07:00:00 UTC 60"]);
    assert_eq!(starts("2027-10-04T08:00:00Z"), Vec::<String>::new());
    let skipped = daily("02:15", "02:45", "Europe/Berlin");
    let opening = skipped.openings(time("2026-03-29T00:00:00Z")).next().unwrap();
    assert!(opening.from >= time("2026-03-29T01:00:00Z"), "{opening:?}");
}

#[test]
fn no_thirty_days_hold_more_openings_than_the_bound_that_saves_the_counting() {
    let days: Vec<NaiveDate> = day("2000-01-01").iter_days().take(28 * 366).collect();
    for week in [None, Some(Week::First), Some(Week::Last)] {
        for size in 1..=7 {
            let weekdays = (0..size).map(|nth| (nth * 3) % 7).collect();
            let schedule = Schedule { week, days: weekdays, ..daily("09:00", "10:00", "UTC") };
            let open: Vec<bool> = days.iter().map(|day| schedule.opens_on(*day)).collect();
            let most = open.windows(30).map(|span| span.iter().filter(|open| **open).count()).max();
            let most = u64::try_from(most.unwrap()).unwrap();
            assert!(most <= schedule.most_days_of_thirty(), "{schedule}: {most}");
        }
    }
}

const ZONES: &[&str] = &[
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "UTC",
];

fn schedule() -> impl Strategy<Value = Schedule> {
    let set = |range: std::ops::Range<u32>| prop::collection::btree_set(range, 1..5);
    (set(1..13), 0..3_u8, set(0..7), 0..1440_u32, 1..1440_u32, 0..ZONES.len(), any::<[bool; 2]>())
        .prop_map(|(months, week, days, from, length, zone, [before, after])| {
            let clock = |minutes: u32| {
                NaiveTime::from_num_seconds_from_midnight_opt(minutes % 1440 * 60, 0).unwrap()
            };
            Schedule {
                months,
                week: [None, Some(Week::First), Some(Week::Last)][usize::from(week)],
                days,
                from: clock(from),
                to: clock(from + length),
                timezone: ZONES[zone].parse().unwrap(),
                not_before: before.then(|| day("2026-03-05")),
                not_after: after.then(|| day("2028-10-28")),
            }
        })
}

/// Expands the days around the instant and asks whether its local time lies in one of the spans.
fn oracle(schedule: &Schedule, at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&schedule.timezone).naive_local();
    (-2..=2).any(|offset| {
        let day = local.date() + TimeDelta::days(offset);
        let last = day + TimeDelta::days(1);
        let month_end =
            (0..7).any(|ahead| (day + TimeDelta::days(ahead + 1)).month() != day.month());
        let opens = schedule.months.iter().any(|month| *month == day.month())
            && schedule.days.iter().any(|name| *name == day.weekday() as u32)
            && match schedule.week {
                None => true,
                Some(Week::First) => (day - TimeDelta::days(7)).month() != day.month(),
                Some(Week::Last) => month_end,
            }
            && schedule.not_before.is_none_or(|first| day >= first)
            && schedule.not_after.is_none_or(|last| day <= last);
        let end = if schedule.to > schedule.from { day } else { last };
        opens && day.and_time(schedule.from) <= local && local < end.and_time(schedule.to)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn testing_an_instant_agrees_with_expanding_the_calendar(
        schedule in schedule(), starts in prop::collection::vec(0..1_100_i64, 8)
    ) {
        // 2026 to 2028 holds year ends, a leap day and the changes of every zone.
        let base = time("2026-01-01T00:00:00Z");
        let changes = ["2026-03-29", "2026-10-25", "2027-03-14", "2026-04-05", "2028-02-29", "2026-12-31"];
        let days = starts.into_iter().map(|days| base + TimeDelta::days(days));
        let days = days.chain(changes.iter().map(|text| time(&format!("{text}T00:00:00Z"))));
        for start in days {
            for quarter in -40..=120 {
                let at = start + TimeDelta::minutes(quarter * 15);
                prop_assert_eq!(schedule.is_open(at), oracle(&schedule, at), "{} {}", schedule, at);
            }
        }
    }

    #[test]
    fn the_days_on_which_it_opens_leave_none_out(schedule in schedule(), start in 0..1_500_i64, count in 0..800_i64) {
        let first = day("2025-01-01") + TimeDelta::days(start);
        let last = first + TimeDelta::days(count);
        let each = first.iter_days().take_while(|day| *day <= last);
        let expected: Vec<NaiveDate> = each.filter(|day| schedule.opens_on(*day)).collect();
        prop_assert_eq!(schedule.days(first, last).collect::<Vec<_>>(), expected, "{}", schedule);
    }

    #[test]
    fn a_schedule_is_open_only_within_its_openings(schedule in schedule(), days in 0..1_000_i64) {
        let start = time("2026-01-01T00:00:00Z") + TimeDelta::days(days);
        let openings = schedule.openings(start).take(50).collect::<Vec<_>>();
        let known = openings.last().map_or(start, |opening| opening.to);
        for quarter in 0..=200 {
            let at = start + TimeDelta::minutes(quarter * 15);
            if at < known && schedule.is_open(at) {
                prop_assert!(openings.iter().any(|o| o.from <= at && at < o.to), "{} {}", schedule, at);
            }
        }
    }
}

#[test]
fn every_zone_of_the_database_can_be_written() {
    for zone in TZ_VARIANTS {
        assert_eq!(zone.name().parse::<Tz>().as_ref(), Ok(&zone));
    }
}
