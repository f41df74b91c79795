//! Instants and days, as the contract writes them: RFC 3339, always with an offset.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Why a text is not a time or a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// A date and a clock, but no zone: the same text is a different instant elsewhere.
    #[error("the time has no zone; end it with `Z` or an offset such as `+01:00`")]
    NoZone,
    /// A bare date where an instant is needed.
    #[error("this is a whole day; an instant such as `2026-11-20T09:00:00+01:00` is needed")]
    Day,
    /// Not a time of RFC 3339, or one that the calendar does not have.
    #[error("not a time of RFC 3339, such as `2026-11-20T09:00:00+01:00`")]
    NotATime,
    /// Not a day, or one that the calendar does not have.
    #[error("not a day of the calendar, such as `2026-11-20`")]
    NotADay,
}

/// Reads an instant: RFC 3339 with an offset; a fraction of a second is allowed.
///
/// # Errors
/// Says whether the zone is missing, the text is a bare day, or it is no time at all.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.with_timezone(&Utc)),
        Err(_) if parse_day(text).is_ok() => Err(InvalidTime::Day),
        Err(_) if DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() => {
            Err(InvalidTime::NoZone)
        }
        Err(_) => Err(InvalidTime::NotATime),
    }
}

/// Reads a day of the calendar, `YYYY-MM-DD`.
///
/// # Errors
/// [`InvalidTime::NotADay`] for every other text.
pub fn parse_day(text: &str) -> Result<NaiveDate, InvalidTime> {
    // chrono's `%Y-%m-%d` also takes `2026-1-2` and signs; the contract does not.
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(InvalidTime::NotADay);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| InvalidTime::NotADay)
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
        assert_eq!(parse_time("2026-02-30T09:00:00Z"), Err(InvalidTime::NotATime));
    }

    #[test]
    fn a_day_is_exactly_year_month_day() {
        assert!(parse_day("2026-11-20").is_ok());
        for bad in ["2026-2-3", "2026-02-30", "+026-02-03", "20261120", "2026-11-20Z"] {
            assert_eq!(parse_day(bad), Err(InvalidTime::NotADay), "{bad}");
        }
    }
}
