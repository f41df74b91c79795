//! Sentences made of parts. A format escapes each kind of part differently.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};

use super::Details;
use crate::model::format_time;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Words and numbers of rootgate itself. They contain no markup of any format.
    Text(Cow<'a, str>),
    /// A name to set apart from the words around it: a path, a commit, a time. May be outside text.
    Name(Cow<'a, str>),
    /// Words that may hold outside text.
    External(Cow<'a, str>),
}

/// A sentence or a piece of one. `Display` gives it without escapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prose<'a>(Vec<Part<'a>>);

impl<'a> Prose<'a> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn parts(&self) -> &[Part<'a>] {
        &self.0
    }

    pub(crate) fn text(mut self, words: impl Into<Cow<'a, str>>) -> Self {
        self.0.push(Part::Text(words.into()));
        self
    }

    pub(crate) fn name(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.0.push(Part::Name(name.into()));
        self
    }

    pub(crate) fn external(mut self, words: impl Into<Cow<'a, str>>) -> Self {
        self.0.push(Part::External(words.into()));
        self
    }

    pub(crate) fn time(self, time: DateTime<Utc>) -> Self {
        self.name(format_time(time))
    }

    /// The name; for strangers as plain words, because their sentences have no code.
    pub(crate) fn name_for(self, details: Details, name: impl Into<Cow<'a, str>>) -> Self {
        match details {
            Details::Full => self.name(name),
            Details::Redacted => self.external(name),
        }
    }

    /// The same sentence, independent of what it borrowed from.
    pub(crate) fn into_owned(self) -> Prose<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let part = |part| match part {
            Part::Text(text) => Part::Text(owned(text)),
            Part::Name(text) => Part::Name(owned(text)),
            Part::External(text) => Part::External(owned(text)),
        };
        Prose(self.0.into_iter().map(part).collect())
    }

    /// Appends another sentence.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Joins sentences with a separator.
    pub(crate) fn joined(all: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self::new();
        for (index, one) in all.into_iter().enumerate() {
            joined = if index > 0 { joined.text(between) } else { joined };
            joined = joined.then(one);
        }
        joined
    }
}

impl fmt::Display for Prose<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) | Part::Name(text) | Part::External(text) => formatter.write_str(text),
        })
    }
}
