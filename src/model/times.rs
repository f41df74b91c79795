//! Instants and days, as the contract writes them: RFC 3339, always with an offset.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

/// Why a text is not a time or a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// A date and a clock, but no zone: the same text is a different instant elsewhere.
    #[error("the time has no zone; end it with `Z` or an offset such as `+01:00`")]
    NoZone,
    /// A bare date where an instant is needed.
    #[error("this is a whole day; an instant such as `2026-11-20T09:00:00+01:00` is needed")]
    Day,
    /// It looks like a time or a day, but one part is invalid: which one, and why.
    #[error("{0}")]
    Part(String),
    /// A time or day that contains spaces, such as before its zone; holds it without them.
    #[error("it contains a space; write `{0}`")]
    Blank(String),
    /// Not a time of RFC 3339.
    #[error("not a time of RFC 3339, such as `2026-11-20T09:00:00+01:00`")]
    NotATime,
    /// Not a day.
    #[error("not a day of the calendar, such as `2026-11-20`")]
    NotADay,
}

/// Reads an instant: RFC 3339 with an offset; a fraction of a second is allowed.
///
/// # Errors
/// The zone is missing, the text is only a day, one part is invalid, or the text is not a time
/// at all.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.with_timezone(&Utc)),
        Err(_) if parse_day(text).is_ok() => Err(InvalidTime::Day),
        Err(_) if DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() => {
            Err(InvalidTime::NoZone)
        }
        Err(_) => Err(without_blanks(text)
            .map(InvalidTime::Blank)
            .or_else(|| wrong_part(text).map(InvalidTime::Part))
            .unwrap_or(InvalidTime::NotATime)),
    }
}

/// The time or day that is there when blanks are left out: `2026-11-20T09:00:00 Z`.
fn without_blanks(text: &str) -> Option<String> {
    let mut meant: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    if meant.len() == text.len() {
        return None;
    }
    let is_clock = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    if meant.get(10..).is_some_and(is_clock) {
        meant.insert(10, 'T');
    }
    let is_one = meant.len() == 10 && parse_day(&meant).is_ok();
    (is_one || DateTime::parse_from_rfc3339(&meant).is_ok()).then_some(meant)
}

/// Reads a day of the calendar, `YYYY-MM-DD`.
///
/// # Errors
/// [`InvalidTime::Part`] for a day that the calendar does not have, [`InvalidTime::NotADay`] for
/// every other text.
pub fn parse_day(text: &str) -> Result<NaiveDate, InvalidTime> {
    // chrono's `%Y-%m-%d` also takes `2026-1-2` and signs; the contract does not.
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        let meant = without_blanks(text).filter(|meant| meant.len() == 10);
        return Err(meant.map_or(InvalidTime::NotADay, InvalidTime::Blank));
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| wrong_part(text).map_or(InvalidTime::NotADay, InvalidTime::Part))
}

/// What is wrong with a clock such as `24:00`, where it has that form.
#[must_use]
pub fn wrong_clock(text: &str) -> Option<String> {
    let parts: Vec<u32> = text.split(':').map(two_digits).collect::<Option<_>>()?;
    let named = [("hour", 23), ("minute", 59), ("second", 59)];
    let wrong = parts.iter().zip(named).find(|(value, (_, most))| *value > most);
    wrong.map(|(value, (name, most))| {
        format!("the {name} is {value:02}, and {name}s go from 00 to {most}")
    })
}

/// Which part of a text in the form of a day or a time is wrong, and why.
fn wrong_part(text: &str) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    if let Some(wrong) = wrong_day(day)? {
        return Some(wrong);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
    let (clock, zone) = rest.split_at(end.unwrap_or(rest.len()));
    let whole = clock.split('.').next().unwrap_or_default();
    if let Some(wrong) = wrong_clock(whole) {
        return Some(wrong);
    }
    let has_seconds = match whole.split(':').map(two_digits).collect::<Option<Vec<_>>>()?.len() {
        3 => true,
        2 => false,
        _ => return None,
    };
    match (has_seconds, zone) {
        (false, "") => Some("it has no seconds and no zone".to_owned()),
        (false, _) => Some("it has no seconds".to_owned()),
        (true, _) => wrong_zone(zone),
    }
}

/// `None`: this is not the form of a day; `Some(None)`: nothing is wrong with it.
fn wrong_day(text: &str) -> Option<Option<String>> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4)?.parse::<i32>().ok()?;
    let (month, day) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    let Some(first) = NaiveDate::from_ymd_opt(year, month, 1) else {
        return Some(Some(format!("the month is {month:02}, and months go from 01 to 12")));
    };
    let days = u32::from(first.num_days_in_month());
    let wrong = (day == 0 || day > days).then(|| {
        format!("the day is {day:02}, and {year:04}-{month:02} has the days 01 to {days}")
    });
    Some(wrong)
}

fn wrong_zone(zone: &str) -> Option<String> {
    let Some(offset) = zone.strip_prefix(['+', '-']) else {
        let is_name = !matches!(zone, "" | "Z" | "z");
        return is_name.then(|| {
            let name: String = zone.trim().chars().take(40).collect();
            format!("its zone `{name}` is no offset; write `Z` for UTC, or such as `+01:00`")
        });
    };
    match wrong_clock(offset) {
        Some(wrong) => Some(format!("in its offset {wrong}")),
        None => Some(format!(
            "its offset `{}` is not written as hours and minutes, such as `+01:00`",
            zone.chars().take(40).collect::<String>()
        )),
    }
}

fn two_digits(text: &str) -> Option<u32> {
    let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// Writes an instant in UTC, with whole seconds and `Z`.
#[must_use]
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Writes the UTC day of an instant, `YYYY-MM-DD`.
#[must_use]
pub fn format_day(time: DateTime<Utc>) -> String {
    time.date_naive().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_its_zone() {
        assert!(parse_time("2026-11-20T09:00:00+01:00").is_ok());
        assert!(parse_time("2026-11-20T09:00:00Z").is_ok());
        assert_eq!(parse_time("2026-11-20T09:00:00"), Err(InvalidTime::NoZone));
        assert_eq!(parse_time("2026-11-20"), Err(InvalidTime::Day));
        assert_eq!(parse_time("tomorrow"), Err(InvalidTime::NotATime));
        for text in
            ["2026-11-20T", "2026-11-20T9:00:00Z", "20T09:00:00Z", "2026-11-20T09Z", "äöüäöü"]
        {
            assert_eq!(parse_time(text), Err(InvalidTime::NotATime), "{text}");
        }
    }

    #[test]
    fn a_day_is_exactly_year_month_day() {
        assert!(parse_day("2026-11-20").is_ok());
        for bad in ["2026-2-3", "+026-02-03", "20261120", "2026-11-20Z", "2026-111-2", ""] {
            assert_eq!(parse_day(bad), Err(InvalidTime::NotADay), "{bad}");
        }
    }

    #[test]
    fn a_blank_in_a_time_or_a_day_is_named_with_what_was_meant() {
        for text in [
            "2026-11-20T09:00:00 Z",
            "2026-11-20 T09:00:00Z",
            " 2026-11-20 09:00:00 Z",
            "2026-11-20T09: 00:00Z",
        ] {
            let meant = InvalidTime::Blank("2026-11-20T09:00:00Z".to_owned());
            assert_eq!(parse_time(text), Err(meant), "{text}");
        }
        let message = parse_time("2026-11-20T09:00:00 +01:00").unwrap_err().to_string();
        assert_eq!(message, "it contains a space; write `2026-11-20T09:00:00+01:00`");
        let day = Err(InvalidTime::Blank("2026-11-20".to_owned()));
        assert_eq!(parse_day(" 2026-11-20"), day);
        // The blank is not all that is wrong.
        for text in ["2026-11-20T09:00:00 CET", "2026-13-20T09:00:00 Z", "next Monday 10"] {
            assert!(!matches!(parse_time(text), Ok(_) | Err(InvalidTime::Blank(_))), "{text}");
        }
        assert!(parse_time("2026-11-20 09:00:00Z").is_ok(), "RFC 3339 allows it for the T");
    }

    #[test]
    fn the_part_that_is_wrong_is_named() {
        for (text, part) in [
            ("2026-13-20T09:00:00Z", "the month is 13, and months go from 01 to 12"),
            ("2026-00-20T09:00:00Z", "the month is 00"),
            ("2026-02-30T09:00:00Z", "the day is 30, and 2026-02 has the days 01 to 28"),
            ("2028-02-30T09:00:00Z", "2028-02 has the days 01 to 29"),
            ("2026-11-00T09:00:00Z", "the day is 00"),
            ("2026-11-20T24:00:00Z", "the hour is 24, and hours go from 00 to 23"),
            ("2026-11-20T24:00:00", "the hour is 24"),
            ("2026-11-20T23:60:00Z", "the minute is 60"),
            ("2026-11-20T23:00:61Z", "the second is 61"),
            ("2026-11-20T09:00Z", "it has no seconds"),
            ("2026-11-20T09:00", "it has no seconds and no zone"),
            ("2026-11-20T09:00:00+0100", "its offset `+0100` is not written as hours and minutes"),
            ("2026-11-20T09:00:00+25:00", "in its offset the hour is 25"),
            ("2026-11-20T09:00:00 CET", "its zone `CET` is no offset"),
            ("2026-11-20T09:00:00.5 Europe/Berlin", "its zone `Europe/Berlin` is no offset"),
        ] {
            let Err(InvalidTime::Part(message)) = parse_time(text) else { panic!("{text}") };
            assert!(message.contains(part), "{text}: {message}");
        }
        for (text, part) in [("2026-13-01", "the month is 13"), ("2026-02-30", "the day is 30")] {
            let Err(InvalidTime::Part(message)) = parse_day(text) else { panic!("{text}") };
            assert!(message.contains(part), "{text}: {message}");
        }
        assert_eq!(wrong_clock("23:59"), None);
        assert_eq!(wrong_clock("9:00"), None);
    }
}
