//! Lengths of time, as written in a policy and on the command line: `4h15m`.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

/// A length of time in whole seconds, written with the units `w d h m s`, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// Why a text is not a [`Duration`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// The text is empty.
    #[error("a duration is empty")]
    Empty,
    /// A number without a unit.
    #[error("`{0}` has no unit")]
    NoUnit(String),
    /// A unit without a number.
    #[error("`{0}` has no number before it")]
    NoNumber(char),
    /// A unit that does not exist; `M` could be minutes or months, so upper case is refused.
    #[error("`{0}` is not a unit")]
    UnknownUnit(char),
    /// The units are not in the order `w d h m s`, or one is repeated.
    #[error("write units from largest to smallest, each at most once")]
    Order,
    /// The number does not fit.
    #[error("the number is too large")]
    TooLarge,
}

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// 100 years: far beyond every bound of the policy, and safe to add to any instant.
const MAX_DURATION: u64 = 100 * 366 * 86_400;

impl Duration {
    /// A duration in seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// A duration in hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self(hours * 3_600)
    }

    /// A duration in days of 24 hours.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self(days * 86_400)
    }

    /// The length in seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The length as a type of chrono.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.0.min(MAX_DURATION)).unwrap_or(i64::MAX / 1_000))
    }
}

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(InvalidDuration::Empty);
        }
        let mut seconds: u64 = 0;
        let mut digits = String::new();
        let mut units = UNITS.iter();
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            if !UNITS.iter().any(|(unit, _)| *unit == letter) {
                return Err(InvalidDuration::UnknownUnit(letter));
            }
            let factor = units
                .find(|(unit, _)| *unit == letter)
                .map(|(_, factor)| *factor)
                .ok_or(InvalidDuration::Order)?;
            if digits.is_empty() {
                return Err(InvalidDuration::NoNumber(letter));
            }
            let number: u64 = digits.parse().map_err(|_| InvalidDuration::TooLarge)?;
            seconds = number
                .checked_mul(factor)
                .and_then(|part| seconds.checked_add(part))
                .filter(|sum| *sum <= MAX_DURATION)
                .ok_or(InvalidDuration::TooLarge)?;
            digits.clear();
        }
        if digits.is_empty() { Ok(Self(seconds)) } else { Err(InvalidDuration::NoUnit(digits)) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return formatter.write_str("0s");
        }
        let mut rest = self.0;
        // Weeks are read but never written: "90d" is what people say.
        for (unit, factor) in &UNITS[1..] {
            if rest >= *factor {
                write!(formatter, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_largest_unit_first() {
        for (text, seconds) in [
            ("4h15m", 15_300),
            ("90d", 7_776_000),
            ("1w2d3h4m5s", 788_645),
            ("0s", 0),
            ("36h", 129_600),
        ] {
            assert_eq!(text.parse::<Duration>(), Ok(Duration(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_says_why() {
        use InvalidDuration as E;
        for (text, error) in [
            ("", E::Empty),
            ("7", E::NoUnit("7".into())),
            ("7d3", E::NoUnit("3".into())),
            ("7M", E::UnknownUnit('M')),
            ("7 d", E::UnknownUnit(' ')),
            ("d", E::NoNumber('d')),
            ("15m4h", E::Order),
            ("1d1d", E::Order),
            ("99999999999999999999d", E::TooLarge),
            ("999999999w", E::TooLarge),
            ("-7d", E::UnknownUnit('-')),
        ] {
            assert_eq!(text.parse::<Duration>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_can_be_read() {
        for text in ["4h15m", "90d", "9d3h4m5s", "0s"] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
    }
}
