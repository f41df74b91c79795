//! Text that knows who may read each of its parts. It is built where an error or a note is made,
//! and rendered last.
//!
//! The log of a public repository is open to everyone. A [`Text`] keeps the program's own words
//! apart from the values in them, so redaction leaves out values by their kind and never searches a
//! finished sentence. A plain `String` does not become a [`Text`] by itself: the code must call
//! [`private`], [`outside`] or [`public`].

use std::fmt::{self, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use crate::escape;
use crate::model::{AccountId, Call, IamAction, Severity};

/// What replaces a private value.
const LEFT_OUT: &str = "[left out]";

/// Words and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Words of the program. They may hold line breaks.
    Words(&'static str),
    /// A value that strangers may read.
    Public(String),
    /// Text that AWS, GitHub, the system or a user wrote.
    Outside(String),
    /// A value that strangers must not read.
    Private(String),
}

/// Builds a [`Text`]: `text!("account {} is in {}", account, path)`.
///
/// Each value becomes a [`Text`] by its type. A wrong number of values does not compile.
#[macro_export]
macro_rules! text {
    ($template:expr $(, $value:expr)* $(,)?) => {{
        const TEMPLATE: &str = $template;
        const {
            let values: &[&str] = &[$(stringify!($value)),*];
            assert!($crate::text::holes(TEMPLATE) == values.len(), "one value for each pair of braces");
        }
        $crate::text::Text::from_template(TEMPLATE, [$($crate::text::Text::from($value)),*])
    }};
}

/// The number of `{}` in a template.
///
/// # Panics
/// The template has any other brace. [`text!`](crate::text!) counts at compile time.
#[must_use]
pub const fn holes(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b'{' {
            assert!(at + 1 < bytes.len() && bytes[at + 1] == b'}', "only `{{}}` takes a value");
            count += 1;
            at += 1;
        } else {
            assert!(bytes[at] != b'}', "only `{{}}` takes a value");
        }
        at += 1;
    }
    count
}

/// A value that strangers must not read: an account id, an ARN, a key id, an address.
pub fn private(value: impl Display) -> Text {
    Text(vec![Part::Private(value.to_string())])
}

/// Text from outside: a message of AWS, GitHub or the system, a path, a name that somebody chose.
///
/// Strangers see it without the ids and addresses that [`Text::redacted`] recognises.
pub fn outside(text: impl Display) -> Text {
    Text(vec![Part::Outside(text.to_string())])
}

/// A value that strangers may always read.
pub fn public(value: impl Display) -> Text {
    Text(vec![Part::Public(value.to_string())])
}

impl Text {
    /// Replaces each `{}` of the template with a value. [`text!`](crate::text!) calls it.
    #[must_use]
    pub fn from_template<const N: usize>(template: &'static str, values: [Self; N]) -> Self {
        let mut values = values.into_iter();
        let mut text = Self::default();
        for (index, words) in template.split("{}").enumerate() {
            if index > 0 {
                text.0.extend(values.next().unwrap_or_default().0);
            }
            if !words.is_empty() {
                text.0.push(Part::Words(words));
            }
        }
        text
    }

    /// Joins texts, with words between them.
    #[must_use]
    pub fn joined(texts: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self::default();
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                joined.0.push(Part::Words(between));
            }
            joined.0.extend(text.0);
        }
        joined
    }

    /// Appends another text.
    pub fn push(&mut self, text: impl Into<Self>) {
        self.0.extend(text.into().0);
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|part| part.as_str().is_empty())
    }

    /// The text without full stops at its end.
    #[must_use]
    pub fn without_full_stop(mut self) -> Self {
        match self.0.last_mut() {
            Some(Part::Words(words)) => *words = words.trim_end_matches('.'),
            Some(Part::Public(text) | Part::Outside(text) | Part::Private(text)) => {
                text.truncate(text.trim_end_matches('.').len());
            }
            None => {}
        }
        self
    }

    /// The text that strangers may read. Private values are left out.
    ///
    /// Text from outside has no parts, so its words are searched for ids and addresses, and the
    /// rest stays: it says what went wrong. The program's own words are never searched.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let redacted = |part: &Part| match part {
            Part::Words(_) | Part::Public(_) => part.clone(),
            Part::Outside(text) => Part::Outside(scrubbed(text)),
            Part::Private(text) if text.is_empty() => part.clone(),
            Part::Private(_) => Part::Words(LEFT_OUT),
        };
        Self(self.0.iter().map(redacted).collect())
    }

    /// The lines, escaped. Only the program's own words begin a new line: a line break in a value
    /// is escaped.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new()];
        for part in &self.0 {
            let mut rest = part.as_str();
            if let Part::Words(words) = part {
                while let Some((line, after)) = rest.split_once('\n') {
                    push(&mut lines, line);
                    lines.push(String::new());
                    rest = after;
                }
                debug_assert!(words.ends_with(rest));
            }
            push(&mut lines, rest);
        }
        lines.iter().map(|line| escape::visible(line)).collect()
    }

    /// The text as one escaped line.
    #[must_use]
    pub fn line(&self) -> String {
        escape::visible(&self.to_string())
    }
}

fn push(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

impl Part {
    fn as_str(&self) -> &str {
        match self {
            Self::Words(text) => text,
            Self::Public(text) | Self::Outside(text) | Self::Private(text) => text,
        }
    }
}

/// The full text, not escaped.
impl Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| formatter.write_str(part.as_str()))
    }
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self(vec![Part::Words(words)])
    }
}

impl From<&Self> for Text {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

/// Converts values by their types: each line names the constructor for some types.
macro_rules! values {
    ($($kind:ident: $($value:ty),+;)+) => {$($(
        impl From<$value> for Text {
            fn from(value: $value) -> Self {
                $kind(value)
            }
        }
    )+)+};
}

values! {
    private: &AccountId;
    outside: &std::io::Error;
    public: &Call, &IamAction, Severity, u16, u64, usize;
}

impl From<&Path> for Text {
    fn from(path: &Path) -> Self {
        outside(path.display())
    }
}

impl From<&PathBuf> for Text {
    fn from(path: &PathBuf) -> Self {
        outside(path.display())
    }
}

/// Text from outside without ARNs, numbers as long as an account id (GitHub's own ids are shorter),
/// key ids and addresses.
///
/// Only text from outside needs this, because AWS, GitHub and the system put values into their
/// sentences. The program keeps the values of its own sentences apart.
fn scrubbed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let ends = |letter: char| letter.is_whitespace() || "`'\"<>()[]{},;".contains(letter);
        let length = rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, after) = rest.split_at(length);
        out.push_str(&scrubbed_token(token));
        rest = after;
    }
    out
}

fn scrubbed_token(token: &str) -> String {
    if let Some(start) = token.find("arn:") {
        // Punctuation after the ARN belongs to the sentence.
        let stop = if token.ends_with([':', '.']) { &token[token.len() - 1..] } else { "" };
        return format!("{}{LEFT_OUT}{stop}", scrubbed_token(&token[..start]));
    }
    if token.contains(':') && token.trim_matches('.').parse::<Ipv6Addr>().is_ok() {
        return LEFT_OUT.to_owned();
    }
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let mut out = String::new();
    let mut rest = token;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(if word == 0 { first.len_utf8() } else { word });
        out.push_str(if word > 0 && looks_private(part) { LEFT_OUT } else { part });
        rest = after;
    }
    out
}

fn looks_private(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let key_id =
        word.len() >= 16 && ["AKIA", "ASIA", "AROA", "AIDA"].iter().any(|it| word.starts_with(it));
    digits >= 12 || key_id || word.trim_matches('.').parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "111122223333";

    #[test]
    fn strangers_read_words_and_public_values_only() {
        let account: AccountId = ID.parse().unwrap();
        let path = Path::new("evidence-111122223333.json");
        let text = text!("account {} is in {} {} times, {}", &account, path, 2_usize, private("x"));
        assert_eq!(
            text.to_string(),
            "account 111122223333 is in evidence-111122223333.json 2 times, x"
        );
        assert_eq!(
            text.redacted().to_string(),
            "account [left out] is in evidence-[left out] 2 times, [left out]"
        );
    }

    /// Control: redaction never searches the program's own words and public values.
    #[test]
    fn words_and_public_values_stay_whatever_they_look_like() {
        let text = text!("such as 111122223333: {}", public(ID));
        assert_eq!(text.redacted(), text);
        assert_eq!(Text::from("arn:aws:iam::111122223333:role/name").redacted().line().len(), 35);
    }

    #[test]
    fn only_words_begin_a_line() {
        let text = text!("a {}\nb {}", outside("1\n::error::2"), private("\u{1b}"));
        assert_eq!(text.lines(), ["a 1\\u{a}::error::2", "b \\u{1b}"]);
        assert_eq!(Text::from("").lines(), [""]);
    }

    #[test]
    fn texts_are_joined_and_lose_full_stops() {
        let text = Text::joined([public(1), outside("two..")], " or ").without_full_stop();
        assert_eq!(text.to_string(), "1 or two");
        assert_eq!(Text::default().without_full_stop(), Text::default());
    }

    #[test]
    fn ids_and_addresses_are_left_out_of_outside_text() {
        for (text, expected) in [
            (
                "arn:aws:iam::111122223333:role/x, key AKIAIOSFODNN7EXAMPLE from 203.0.113.9: exit 2",
                "[left out], key [left out] from [left out]: exit 2",
            ),
            ("User: arn:aws:sts::111122223333:assumed-role/r/s is", "User: [left out] is"),
            ("`arn:aws-cn:iam::111122223333:role/x`: no", "`[left out]`: no"),
            ("from 2001:db8::8a2e:370:7334 at 12:30:00", "from [left out] at 12:30:00"),
            (
                "account 1111.22223333 of AROAEXAMPLEROOTGATE01:x",
                "account [left out] of [left out]:x",
            ),
            ("repo:o@9919/r@1296269123:ref:x", "repo:o@9919/r@1296269123:ref:x"),
            ("grant iam:GetAccountSummary", "grant iam:GetAccountSummary"),
        ] {
            assert_eq!(outside(text).redacted().to_string(), expected);
        }
    }
}
