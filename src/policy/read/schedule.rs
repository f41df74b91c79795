//! `schedule`: windows that open repeatedly.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use chrono_tz::{TZ_VARIANTS, Tz};

use super::super::error::show;
use super::super::fields::{self, DAYS, Kind, MONTHS};
use super::super::schedule::{Schedule, Week};
use super::super::suggest;
use super::super::types::Limits;
use super::Reader;
use super::mapping::Mapping;
use crate::model::wrong_clock;

impl Reader<'_> {
    /// The schedule of a window, with its `not-before` and `not-after`.
    pub(super) fn schedule(&mut self, window: &Mapping<'_>, limits: &Limits) -> Option<Schedule> {
        let not_before = self.day(window, "not-before");
        let not_after = self.day(window, "not-after");
        if let (Some(first), Some(last), Some(entry)) =
            (not_before, not_after, window.entry("not-after"))
            && last < first
        {
            let message = "this window ends before it begins".to_owned();
            let help = "`not-after` must be the day of `not-before` or a later day";
            self.error("window-ends-first", entry.value.span, message, help);
        }
        let before = self.errors.len();
        let map = self.section(window, "schedule", fields::SCHEDULE)?;
        let months = self.words(&map, "months", MONTHS.len());
        let week = self.word(&map, "week").map(|week| match week {
            "first" => Week::First,
            _ => Week::Last,
        });
        let days = self.words(&map, "days", DAYS.len());
        let from = self.clock(&map, "from");
        let to = self.clock(&map, "to");
        let timezone = self.zone(&map, "timezone");
        if self.errors.len() > before {
            // The correct schedule may open far less often, so counting this one could add a wrong error.
            return None;
        }
        let schedule = Schedule {
            // The table counts from 0, the calendar its months from 1.
            months: months.into_iter().map(|month| month + 1).collect(),
            week,
            days,
            from: from?,
            to: to?,
            timezone: timezone?,
            not_before,
            not_after,
        };
        let to = map.entry("to")?;
        let opens = map.key_span("from").map_or(map.span.line, |span| span.line);
        let length = schedule.length();
        self.window_length(length.delta(), limits.window, to.value.span, opens);
        Some(schedule)
    }

    /// The places of the words of a list in their table; all of them where the key is absent.
    fn words(&mut self, map: &Mapping<'_>, key: &str, all: usize) -> BTreeSet<u32> {
        let index = |at: usize| u32::try_from(at).unwrap_or_default();
        let Some((field, _)) = map.field(key) else { return (0..all).map(index).collect() };
        let Kind::List { of: Kind::Word(words), .. } = field.kind else { return BTreeSet::new() };
        let mut places = BTreeSet::new();
        for node in self.list(map, key) {
            let Some(word) = self.one_of(node, key, words) else { continue };
            let at = words.iter().position(|other| *other == word).map(index);
            if !at.is_some_and(|at| places.insert(at)) {
                let message = format!("`{word}` is duplicated in this list");
                self.error("duplicate", node.span, message, "keep one of the two");
            }
        }
        places
    }

    fn clock(&mut self, map: &Mapping<'_>, key: &str) -> Option<NaiveTime> {
        let (field, entry) = map.field(key)?;
        let text = self.scalar(&entry.value, key, "a time of the day")?;
        // chrono also takes one digit; the contract does not.
        let written = text.len() == 5 && !text.contains(['+', ' ']);
        if let Some(time) = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| written) {
            return Some(time);
        }
        let message = match wrong_clock(text) {
            Some(why) => format!("`{}` is not a time of the day: {why}", show(text)),
            None => format!("`{}` is not a time of the day", show(text)),
        };
        let help = match text {
            "24:00" => "write `\"00:00\"`: midnight".to_owned(),
            _ => format!("write hours and minutes, in quotes: `{}`", field.example),
        };
        self.error("clock", entry.value.span, message, help);
        None
    }

    fn zone(&mut self, map: &Mapping<'_>, key: &str) -> Option<Tz> {
        let entry = map.entry(key)?;
        let text = self.scalar(&entry.value, key, "the name of a time zone")?;
        if let Ok(zone) = text.parse::<Tz>() {
            return Some(zone);
        }
        let meant = suggest::nearest(text, TZ_VARIANTS.iter().map(|zone| zone.name()));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "write its name from the tz database, such as `Europe/Berlin` or `UTC`".to_owned()
            }
        };
        let message = format!("there is no time zone `{}`", show(text));
        self.error("timezone", entry.value.span, message, help);
        None
    }
}
