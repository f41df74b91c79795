use chrono::NaiveTime;

use super::super::schedule::Week;
use super::*;
use crate::model::{parse_day, parse_time};

fn day(text: &str) -> NaiveDate {
    parse_day(text).unwrap()
}

/// Every day of every month between these local times.
fn daily(from: &str, to: &str, zone: &str) -> Schedule {
    let clock = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
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

fn once(from: &str, to: &str) -> When {
    let time = |text: &str| parse_time(&format!("{text}:00Z")).unwrap();
    When::Once { from: time(from), to: time(to) }
}

const TODAY: &str = "2026-11-20";

fn total_over(windows: &[When], most: Duration, today: &str) -> Option<Excess> {
    let timed: Vec<_> = windows.iter().map(|when| Timed { when, accounts: None }).collect();
    excess(&timed, &groups(&timed)[0], most, day(today))
}

fn excess_of(schedules: &[&Schedule], most: Duration, today: &str) -> Option<Excess> {
    let windows: Vec<_> = schedules.iter().map(|it| When::Recurring((*it).clone())).collect();
    total_over(&windows, most, today)
}

fn run_over(windows: &[When], most: Duration) -> Option<(String, String, Duration)> {
    let timed: Vec<_> = windows.iter().map(|when| Timed { when, accounts: None }).collect();
    let runs = ["2001-01-01", TODAY, "2040-01-01"]
        .map(|today| too_long(&timed, &groups(&timed)[0], most, day(today)));
    assert!(runs.iter().all(|run| run.is_some() == runs[0].is_some()), "{runs:?}");
    let time = |at: DateTime<Utc>| at.format("%m-%d %H:%M").to_string();
    runs[1].as_ref().map(|run| (time(run.from), time(run.to), run.length))
}

const fn hours(hours: u64) -> Duration {
    Duration::hours(hours)
}

// -- in thirty days -------------------------------------------------------------------------------

#[test]
fn the_sum_of_any_thirty_days_is_counted_over_all_schedules() {
    let monthly =
        Schedule { week: Some(Week::First), days: [0].into(), ..daily("09:00", "13:00", "UTC") };
    // The first Mondays of two months are 28 or 35 days apart: two of them fit into 30 days.
    assert_eq!(excess_of(&[&monthly], hours(8), TODAY), None);
    let over = excess_of(&[&monthly], hours(7), TODAY).unwrap();
    assert_eq!(
        (over.first, over.last, over.total),
        (day("2026-12-07"), day("2027-01-05"), hours(8))
    );
    let other = Schedule { days: [6].into(), ..monthly.clone() };
    assert_eq!(excess_of(&[&monthly, &other], hours(16), TODAY), None);
    assert!(excess_of(&[&monthly, &other], hours(15), TODAY).is_some());
    let night = Schedule { days: [0].into(), ..daily("22:00", "02:00", "UTC") };
    assert_eq!(excess_of(&[&night], hours(20), TODAY), None, "five Mondays fit into 30 days");
    assert!(excess_of(&[&night], hours(19), TODAY).is_some());
}

#[test]
fn whether_schedules_are_too_long_together_does_not_depend_on_the_day() {
    let summer = |from: &str, to: &str| Schedule {
        not_before: Some(day(from)),
        not_after: Some(day(to)),
        ..daily("09:00", "10:00", "UTC")
    };
    let (one, two) = (summer("2026-06-01", "2026-06-20"), summer("2026-07-20", "2026-08-08"));
    let three = summer("2026-06-10", "2026-06-20");
    for today in ["2001-01-01", "2026-06-10", "2040-01-01"] {
        assert_eq!(excess_of(&[&one, &two], hours(20), today), None, "{today}");
        assert!(excess_of(&[&one, &three], hours(20), today).is_some(), "{today}");
    }
}

#[test]
fn one_off_windows_count_in_their_thirty_days_wherever_they_lie() {
    for year in ["1987", "2026", "2300", "9999"] {
        let at = |date: &str, from: u32| {
            once(
                &format!("{year}-{date}T{from:02}:00"),
                &format!("{year}-{date}T{:02}:00", from + 9),
            )
        };
        let near = [at("03-01", 9), at("03-10", 9), at("03-30", 9)];
        for today in ["1900-01-01", TODAY, "2400-01-01"] {
            let over = total_over(&near, hours(26), today).unwrap();
            assert_eq!(over.total, hours(27), "{year} {today}");
            assert_eq!(over.first.format("%m-%d").to_string(), "03-01");
            assert_eq!(total_over(&near, hours(27), today), None);
            let apart = [at("03-01", 9), at("03-10", 9), at("03-31", 9)];
            assert_eq!(total_over(&apart, hours(26), today), None, "the 31st day is another");
        }
    }
}

#[test]
fn one_off_windows_and_schedules_count_together() {
    let drill =
        Schedule { week: Some(Week::First), days: [0].into(), ..daily("09:00", "13:00", "UTC") };
    let with = |date: &str| {
        let one = once(&format!("{date}T00:00"), &format!("{date}T12:00"));
        [When::Recurring(drill.clone()), one]
    };
    // The first Mondays are 2026-11-02 and 2026-12-07, then 2027-01-04.
    assert!(total_over(&with("2026-12-20"), hours(19), TODAY).is_some());
    assert_eq!(total_over(&with("2026-12-20"), hours(20), TODAY), None);
    assert_eq!(total_over(&with("2026-11-20"), hours(16), TODAY), None);
    assert!(total_over(&with("2026-11-20"), hours(15), TODAY).is_some());
    assert!(total_over(&with("1990-01-03"), hours(15), TODAY).is_some(), "before the calendar");
}

// -- without a break ------------------------------------------------------------------------------

#[test]
fn windows_that_touch_or_overlap_count_as_one() {
    let morning = once("2026-11-20T00:00", "2026-11-20T08:00");
    let touching = once("2026-11-20T08:00", "2026-11-20T16:00");
    let overlapping = once("2026-11-20T07:00", "2026-11-20T15:00");
    let apart = once("2026-11-20T08:01", "2026-11-20T16:00");
    let (from, to) = ("11-20 00:00".to_owned(), "11-20 16:00".to_owned());
    let run = run_over(&[touching.clone(), morning.clone()], hours(12));
    assert_eq!(run, Some((from.clone(), to, hours(16))));
    assert_eq!(run_over(&[touching.clone(), morning.clone()], hours(16)), None);
    let run = run_over(&[morning.clone(), overlapping], hours(12));
    assert_eq!(run, Some((from, "11-20 15:00".to_owned(), hours(15))));
    assert_eq!(run_over(&[morning.clone(), apart.clone()], hours(12)), None);
    let bridge = once("2026-11-20T08:00", "2026-11-20T08:02");
    assert!(run_over(&[morning.clone(), apart, bridge], hours(12)).is_some());
    let inside = once("2026-11-20T01:00", "2026-11-20T07:00");
    assert_eq!(run_over(&[morning.clone(), inside, morning.clone()], hours(8)), None);
}

#[test]
fn schedules_count_together_with_each_other_and_with_one_off_windows() {
    let on = |days: &[u32], from: &str, to: &str| {
        let days = days.iter().copied().collect();
        When::Recurring(Schedule { days, week: Some(Week::First), ..daily(from, to, "UTC") })
    };
    let monday = on(&[0], "14:00", "23:00");
    let night = on(&[0], "23:00", "06:00");
    assert_eq!(
        run_over(&[monday.clone(), night.clone()], hours(12)),
        Some(("12-07 14:00".to_owned(), "12-08 06:00".to_owned(), hours(16)))
    );
    let tuesday = on(&[1], "06:00", "07:00");
    assert!(run_over(&[monday.clone(), night.clone(), tuesday.clone()], hours(16)).is_some());
    // Monday to Tuesday is seldom from one month's first week into the next day's.
    let wednesday = on(&[2], "06:00", "14:00");
    assert_eq!(run_over(&[night.clone(), wednesday], hours(8)), None);
    let one = once("2026-12-07T08:00", "2026-12-07T14:00");
    assert!(run_over(&[one.clone(), monday.clone()], hours(12)).is_some());
    assert_eq!(run_over(&[one, monday], hours(15)), None);
    let other = once("2026-12-14T08:00", "2026-12-14T14:00");
    assert_eq!(run_over(&[other, night], hours(12)), None, "no first Monday");
}

#[test]
fn the_hour_that_comes_twice_is_no_longer_than_by_the_clock() {
    let early = When::Recurring(daily("00:00", "02:30", "Europe/Berlin"));
    let late = When::Recurring(daily("02:30", "08:00", "Europe/Berlin"));
    assert_eq!(run_over(&[early.clone(), late.clone()], hours(8)), None);
    assert!(run_over(&[early, late], Duration::seconds(8 * 3_600 - 60)).is_some());
}

// -- accounts -------------------------------------------------------------------------------------

#[test]
fn windows_of_different_accounts_never_count_together() {
    let ids: Vec<AccountId> =
        ["111122223333", "444455556666"].iter().map(|id| id.parse().unwrap()).collect();
    let when = once("2026-11-20T00:00", "2026-11-20T08:00");
    let timed = |accounts| Timed { when: &when, accounts };
    let places = |windows: &[Timed<'_>]| -> Vec<Vec<usize>> {
        groups(windows).into_iter().map(|group| group.members).collect()
    };
    let (one, other) = (timed(Some(&ids[..1])), timed(Some(&ids[1..])));
    assert_eq!(places(&[one, other]), [[0], [1]]);
    assert_eq!(places(&[one, other, timed(None)]), [vec![2], vec![0, 2], vec![1, 2]]);
    assert_eq!(places(&[timed(Some(&ids)), timed(Some(&ids))]), [[0, 1]]);
    assert_eq!(places(&[]), Vec::<Vec<usize>>::new());
}

#[test]
fn two_windows_overlap_where_both_are_open_and_not_where_they_touch() {
    let at = |windows: &[When]| -> Vec<(Vec<usize>, String)> {
        let timed: Vec<_> = windows.iter().map(|when| Timed { when, accounts: None }).collect();
        let found = overlaps(&timed, day(TODAY)).into_iter();
        let found = found.map(|it| (it.members, it.at.format("%F %H:%M").to_string()));
        found.map(|(members, at)| (members.into_iter().collect(), at)).collect()
    };
    let one = once("2026-11-20T00:00", "2026-11-20T08:00");
    let touching = once("2026-11-20T08:00", "2026-11-20T16:00");
    let drill =
        When::Recurring(Schedule { days: [4].into(), ..daily("07:00", "09:00", "Europe/Berlin") });
    assert_eq!(at(&[one.clone(), touching.clone()]), []);
    assert_eq!(
        at(&[touching, one.clone(), drill.clone()]),
        [(vec![1, 2], "2026-11-20 06:00".to_owned())]
    );
    let friday = When::Recurring(Schedule { days: [4].into(), ..daily("08:30", "10:00", "UTC") });
    assert_eq!(at(&[drill, friday]), []);
    let long_ago = once("2001-05-01T00:00", "2001-05-01T08:00");
    let daily = When::Recurring(daily("23:00", "00:30", "UTC"));
    assert_eq!(at(&[long_ago, daily]), [(vec![0, 1], "2001-05-01 00:00".to_owned())]);
}
