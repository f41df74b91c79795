//! Parses single values. Each error says what is expected and what to write instead.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::super::error::{Span, code_point, is_deceptive, show, visible};
use super::super::fields::Kind;
use super::super::suggest;
use super::super::tree::{Node, ScalarType, Value};
use super::super::types::Window;
use super::Reader;
use super::mapping::Mapping;
use crate::model::{
    AccountId, Duration, InvalidDuration, InvalidTime, Partition, Severity, parse_day, parse_time,
};

impl Reader<'_> {
    /// One line of text. Invisible characters are refused: what reviewers see is what is there.
    pub(super) fn text(&mut self, map: &Mapping<'_>, key: &str) -> Option<String> {
        let (field, entry) = map.field(key)?;
        let Kind::Text { most } = field.kind else { return None };
        let text = self.string(&entry.value, key)?;
        let span = entry.value.span;
        if let Some(character) = text.chars().find(|character| is_deceptive(*character)) {
            self.deceptive(key, span, character);
            return None;
        }
        if text.trim().is_empty() {
            let example = field.example;
            self.error(
                "empty-text",
                span,
                format!("`{key}` is empty"),
                format!("such as `{example}`"),
            );
            return None;
        }
        if let "reason" | "ticket" = key
            && [Window::REASON_MISSING, Window::TICKET_MISSING].contains(&text.trim())
        {
            let message = format!("`{key}` still holds the placeholder `{}`", text.trim());
            let what = match key {
                "reason" => "why root may be used",
                _ => "the ticket in which it was agreed",
            };
            self.error(
                "placeholder",
                span,
                message,
                format!("write {what}, such as `{}`", field.example),
            );
            return None;
        }
        let length = text.chars().count();
        if length > most {
            let message = format!("`{key}` has {length} characters; at most {most} are allowed");
            self.error("text-too-long", span, message, "put the details in the ticket");
            return None;
        }
        Some(text.to_owned())
    }

    fn deceptive(&mut self, key: &str, span: Span, character: char) {
        let code = code_point(character);
        let help = match character {
            '\n' => "write it on one line; `>-` folds several into one".to_owned(),
            _ => "remove it: it is invisible, so reviewers would not see what rootgate reads"
                .to_owned(),
        };
        let message = format!("`{key}` contains the character {code}");
        self.error("forbidden-character", self.char_span(span, character), message, help);
    }

    /// The position of a character in a value; the value's start if the text is written in another form.
    fn char_span(&self, span: Span, character: char) -> Span {
        let raw = self.text.get(span.start..span.end).unwrap_or_default();
        let Some(offset) = raw.find(character) else { return span };
        let before = raw.get(..offset).unwrap_or_default();
        let lines = before.matches('\n').count();
        let columns = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let start = span.start + offset;
        Span {
            start,
            end: start + character.len_utf8(),
            line: span.line + lines,
            column: if lines == 0 { span.column + columns } else { columns + 1 },
        }
    }

    pub(super) fn word(&mut self, map: &Mapping<'_>, key: &str) -> Option<&'static str> {
        let (field, entry) = map.field(key)?;
        let Kind::Word(words) = field.kind else { return None };
        self.one_of(&entry.value, key, words)
    }

    pub(super) fn severity(&mut self, map: &Mapping<'_>, key: &str) -> Option<Severity> {
        self.severity_of(&map.entry(key)?.value, key)
    }

    pub(super) fn severity_of(&mut self, node: &Node, key: &str) -> Option<Severity> {
        let words: Vec<_> = Severity::ALL.iter().map(|severity| severity.id()).collect();
        self.one_of(node, key, &words)?.parse().ok()
    }

    pub(super) fn one_of(
        &mut self,
        node: &Node,
        key: &str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let list = suggest::list(words.iter().copied());
        let text = self.scalar(node, key, "one word")?;
        let word = words.iter().find(|word| **word == text).copied();
        if word.is_none() {
            // `false` is how older YAML reads `off`.
            let meant = match (node.scalar_type(), words) {
                (Some(ScalarType::Flag(false)), _) if words.contains(&"off") => Some("off"),
                _ => suggest::nearest(text, words.iter().copied()),
            };
            let message = format!("invalid value for `{key}`: `{}`", show(text));
            let help = match meant {
                Some(meant) if words.len() > 1 => format!("did you mean `{meant}`? One of {list}"),
                Some(meant) => format!("write `{meant}`"),
                None => format!("one of {list}"),
            };
            self.error("unknown-word", node.span, message, help);
        }
        word
    }

    pub(super) fn flag(&mut self, map: &Mapping<'_>, key: &str) -> Option<bool> {
        let node = &map.entry(key)?.value;
        if let Some(ScalarType::Flag(flag)) = node.scalar_type() {
            return Some(flag);
        }
        let message = format!("`{key}` is true or false, not {}", node.describe());
        let help = match &node.value {
            Value::Scalar { text, .. } => match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => "write `true`, without quotes",
                "no" | "off" | "n" | "false" => "write `false`, without quotes",
                _ => "write `true` or `false`, without quotes",
            },
            _ => "write `true` or `false`",
        };
        self.wrong_type(node, message, help);
        None
    }

    pub(super) fn duration(&mut self, map: &Mapping<'_>, key: &str) -> Option<Duration> {
        let (field, entry) = map.field(key)?;
        let Kind::Duration { least, most } = field.kind else { return None };
        self.duration_within(&entry.value, key, least, most)
    }

    pub(super) fn duration_within(
        &mut self,
        node: &Node,
        key: &str,
        least: Duration,
        most: Duration,
    ) -> Option<Duration> {
        let text = self.scalar(node, key, "a duration")?;
        let duration = match text.parse::<Duration>() {
            Ok(duration) => duration,
            Err(why) => {
                let message = format!("`{}` is not a duration: {}", show(text), shown_reason(&why));
                self.error("duration", node.span, message, duration_help(text, &why));
                return None;
            }
        };
        if duration < least || duration > most {
            let message = format!("`{key}` is {duration}; the range is {least} to {most}");
            let bound = if duration < least { least } else { most };
            self.error(
                "out-of-bounds",
                node.span,
                message,
                format!("the nearest allowed value is `{bound}`"),
            );
            return None;
        }
        Some(duration)
    }

    pub(super) fn day(&mut self, map: &Mapping<'_>, key: &str) -> Option<NaiveDate> {
        let (field, entry) = map.field(key)?;
        let text = self.scalar(&entry.value, key, "a day")?;
        if let Ok(day) = parse_day(text) {
            return Some(day);
        }
        let help = match parse_time(text) {
            // The first ten characters of a time of RFC 3339 are its day.
            Ok(_) | Err(InvalidTime::NoZone) => {
                format!(
                    "this key takes a whole day: write `{}`",
                    text.get(..10).unwrap_or_default()
                )
            }
            Err(InvalidTime::Blank(meant)) => {
                format!("write `{}`", meant.get(..10).unwrap_or_default())
            }
            Err(_) => {
                let example = field.example.get(..10).unwrap_or_default();
                format!("write year, month and day: `{example}`")
            }
        };
        let message = match parse_day(text) {
            Err(InvalidTime::Part(why)) => format!("`{}` is not a day: {why}", show(text)),
            Err(InvalidTime::Blank(_)) => format!("`{}` contains a space", show(text)),
            _ => format!("`{}` is not a day", show(text)),
        };
        self.error("day", entry.value.span, message, help);
        None
    }

    pub(super) fn time(&mut self, map: &Mapping<'_>, key: &str) -> Option<DateTime<Utc>> {
        let (field, entry) = map.field(key)?;
        let text = self.scalar(&entry.value, key, "a time")?;
        let why = match parse_time(text) {
            Ok(time) => return Some(time),
            Err(why) => why,
        };
        let shown = show(text);
        let (message, help) = match why {
            InvalidTime::NoZone => (
                format!(
                    "`{shown}` has no time zone, so it would mean a different instant elsewhere"
                ),
                format!("write `{shown}Z` for UTC, or end it with an offset such as `+01:00`"),
            ),
            InvalidTime::Day => (
                format!("`{shown}` is a whole day, but `{key}` takes an instant"),
                format!("write `{shown}T09:00:00Z`, or with an offset such as `+01:00`"),
            ),
            InvalidTime::Part(why) => (
                format!("`{shown}` is not a time: {}", visible(&why)),
                match text.get(11..16) {
                    Some("24:00") => {
                        "midnight at the end of a day is `00:00:00` of the next day".to_owned()
                    }
                    _ => format!("write it as in RFC 3339, with its zone: `{}`", field.example),
                },
            ),
            InvalidTime::Blank(meant) => (
                format!("`{shown}` contains a space; a time is one word"),
                match meant.len() {
                    10 => format!("write `{meant}T09:00:00Z`, or with an offset such as `+01:00`"),
                    _ => format!("write `{meant}`"),
                },
            ),
            InvalidTime::NotATime | InvalidTime::NotADay => (
                format!("`{shown}` is not a time"),
                format!("write it as in RFC 3339, with its zone: `{}`", field.example),
            ),
        };
        self.error("time", entry.value.span, message, help);
        None
    }

    pub(super) fn account(&mut self, map: &Mapping<'_>, key: &str) -> Option<AccountId> {
        self.account_id(&map.entry(key)?.value)
    }

    /// The accounts of a window or waiver; `None` if the key is absent.
    pub(super) fn accounts(&mut self, map: &Mapping<'_>, key: &str) -> Option<Vec<AccountId>> {
        map.entry(key)?;
        let mut accounts: Vec<AccountId> = Vec::new();
        let mut seen = HashSet::new();
        for node in self.list(map, key) {
            let Some(account) = self.account_id(node) else { continue };
            if !seen.insert(account.clone()) {
                let message = format!("the account `{account}` is duplicated in this list");
                self.error("duplicate", node.span, message, "keep one of the two");
            } else {
                accounts.push(account);
            }
        }
        Some(accounts)
    }

    fn account_id(&mut self, node: &Node) -> Option<AccountId> {
        let Value::Scalar { text, quoted } = &node.value else {
            let message = format!("an account id is quoted text, not {}", node.describe());
            self.wrong_type(node, message, "such as `\"111122223333\"`");
            return None;
        };
        let Ok(id) = text.parse::<AccountId>() else {
            let message =
                format!("`{}` is not an account id, which has exactly 12 digits", show(text));
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let help = if digits == 12 {
                "write only the digits, in quotes: `\"111122223333\"`".to_owned()
            } else {
                format!(
                    "it has {digits} digits; leading zeros count, so write all 12 digits in quotes"
                )
            };
            self.error("account-id", node.span, message, help);
            return None;
        };
        if !quoted {
            let message = "YAML reads an account id without quotes as a number".to_owned();
            let help = format!("write `\"{id}\"`: other tools would drop leading zeros");
            self.error("account-id-not-quoted", node.span, message, help);
            return None;
        }
        Some(id)
    }

    /// The ARN of a role of that account; it conflicts with any other account.
    pub(super) fn role_arn(
        &mut self,
        map: &Mapping<'_>,
        key: &str,
        account: Option<&AccountId>,
    ) -> Option<String> {
        let entry = map.entry(key)?;
        let text = self.scalar(&entry.value, key, "an ARN")?;
        let owner = account.map_or("111122223333", AccountId::as_str);
        let Some(role_account) = account_of_role_arn(text) else {
            let message = format!("`{}` is not the ARN of an IAM role", show(text));
            let help = format!("such as `\"arn:aws:iam::{owner}:role/rootgate\"`");
            self.error("role-arn", entry.value.span, message, help);
            return None;
        };
        if let Some(account) = account
            && *account != role_account
        {
            let message = format!(
                "this role is in account {role_account}, but the entry is for account {account}"
            );
            let help = format!("name a role of account {account}");
            self.error("role-arn", entry.value.span, message, help);
            return None;
        }
        Some(text.to_owned())
    }

    /// The text of any scalar. The expected type decides its meaning, not YAML's type.
    pub(super) fn scalar<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<&'n str> {
        if let Value::Scalar { text, .. } = &node.value {
            return Some(text);
        }
        let message = format!("`{key}` is {what}, not {}", node.describe());
        self.wrong_type(node, message, format!("write `{key}: …` with {what}"));
        None
    }

    /// The text of a scalar that YAML reads as text.
    pub(super) fn string<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        match (&node.value, node.scalar_type()) {
            (Value::Scalar { text, .. }, Some(ScalarType::Text)) => return Some(text),
            (Value::Scalar { text, .. }, _) => {
                let message = format!("`{key}` is text, not {}", node.describe());
                let help = format!("put it in double quotes: `\"{}\"`", show(text));
                self.wrong_type(node, message, help);
            }
            _ => {
                let message = format!("`{key}` is text, not {}", node.describe());
                self.wrong_type(node, message, "write one line of text");
            }
        }
        None
    }
}

fn shown_reason(why: &InvalidDuration) -> String {
    match why {
        // It repeats the number, which may be as long as the file.
        InvalidDuration::NoUnit(_) => "a number without a unit".to_owned(),
        InvalidDuration::UnknownUnit(unit) => {
            format!("`{}` is not a unit", show(&unit.to_string()))
        }
        _ => why.to_string(),
    }
}

fn duration_help(text: &str, why: &InvalidDuration) -> String {
    match why {
        InvalidDuration::UnknownUnit('M') => {
            "`m` means minutes, and there is no unit for months: write days, such as `30d`"
                .to_owned()
        }
        InvalidDuration::NoUnit(number) if number == text => {
            format!("write `{0}d` for days, `{0}h` for hours", show(number))
        }
        _ => "write numbers with the units w, d, h, m, s, largest first: `4h15m`".to_owned(),
    }
}

/// `PATH/NAME` of `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
pub(super) fn role_of_arn(arn: &str) -> Option<&str> {
    account_of_role_arn(arn)?;
    arn.split_once(":role/").map(|(_, role)| role)
}

/// The account of `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
///
/// Path and name hold letters, digits and `+=,.@_-`. Source: IAM User Guide, "IAM and STS quotas,
/// name requirements" (paths may hold more; roles that rootgate is pointed to need not).
fn account_of_role_arn(arn: &str) -> Option<AccountId> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, "iam", "", account, resource] = parts.as_slice() else { return None };
    Partition::from_arn(arn)?;
    let role = resource.strip_prefix("role/")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    role.split('/')
        .all(|part| !part.is_empty() && part.bytes().all(plain))
        .then(|| account.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::account_of_role_arn;

    #[test]
    fn only_the_arn_of_an_iam_role_names_an_account() {
        for good in [
            "arn:aws:iam::111122223333:role/rootgate",
            "arn:aws-cn:iam::111122223333:role/ci/audit/rootgate",
            "arn:aws-us-gov:iam::111122223333:role/a+b=c,d.e@f_g-h",
        ] {
            assert_eq!(account_of_role_arn(good).unwrap().as_str(), "111122223333", "{good}");
        }
        for bad in [
            "arn:aws:iam::111122223333:user/rootgate",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role//x",
            "arn:aws:iam:eu-west-1:111122223333:role/rootgate",
            "arn:aws:sts::111122223333:assumed-role/rootgate/session",
            "arn:aws:iam::11112222333:role/rootgate",
            "arn:azure:iam::111122223333:role/rootgate",
            "arn:aws:iam::111122223333:role/root gate",
            "rootgate",
        ] {
            assert!(account_of_role_arn(bad).is_none(), "{bad}");
        }
    }
}
