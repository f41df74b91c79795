//! How often a cron expression runs, roughly: enough to say that a run is overdue.

use chrono::TimeDelta;

/// The longest time between two runs of these schedules together, at most; `None`: none of them is
/// understood.
pub(super) fn longest_pause(crons: &[String]) -> Option<TimeDelta> {
    crons.iter().filter_map(|cron| pause(cron)).min()
}

/// Fields that are not `*` make it rarer. A list or a step in a field makes it more frequent than this,
/// which only makes the limit longer.
fn pause(cron: &str) -> Option<TimeDelta> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [_, hour, day, month, weekday] = fields[..] else { return None };
    let any = |field: &str| field == "*" || field == "*/1" || field == "?";
    Some(match (any(month), any(day), any(weekday)) {
        (false, ..) => TimeDelta::days(366),
        (true, false, true) => TimeDelta::days(31),
        (true, _, false) if !on_many_days(weekday) => TimeDelta::days(7),
        (true, _, false) => TimeDelta::days(3),
        (true, true, true) if any(hour) => TimeDelta::hours(1),
        (true, true, true) => TimeDelta::days(1),
    })
}

/// `1-5`: the longest pause is a weekend.
fn on_many_days(weekday: &str) -> bool {
    matches!(weekday.to_ascii_uppercase().as_str(), "1-5" | "MON-FRI")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_schedule_counts() {
        for (cron, days) in [
            ("23 5 * * *", 1),
            ("23 */4 * * *", 1),
            ("23 5 * * 1", 7),
            ("23 5 * * 1-5", 3),
            ("23 5 1 * *", 31),
            ("23 5 1 1 *", 366),
        ] {
            assert_eq!(pause(cron), Some(TimeDelta::days(days)), "{cron}");
        }
        assert_eq!(pause("17 * * * *"), Some(TimeDelta::hours(1)));
        let crons = ["23 5 1 * *".to_owned(), "nonsense".to_owned(), "23 5 * * 1".to_owned()];
        assert_eq!(longest_pause(&crons), Some(TimeDelta::days(7)));
        assert_eq!(longest_pause(&crons[1..2]), None);
    }
}
