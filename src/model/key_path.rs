//! The location of a value in the policy, as a type. It is rendered as text last.

use std::fmt;

use serde::{Serialize, Serializer};

use super::RuleId;

/// The path of a key: `gate.fail-on`, `windows.q4-tax.to`.
///
/// `Display` writes the parts with a dot between them. May hold text of the policy: escape it where
/// it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath(Vec<Part>);

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A key of the format.
    Key(&'static str),
    /// A rule of the catalogue.
    Rule(RuleId),
    /// What the policy names: a window by its id, an account, what of an account is waived.
    Named(String),
}

impl KeyPath {
    /// A section of the policy: `gate`.
    #[must_use]
    pub fn section(key: &'static str) -> Self {
        Self(vec![Part::Key(key)])
    }

    /// The key of the format below this one.
    #[must_use]
    pub fn key(self, key: &'static str) -> Self {
        self.with(Part::Key(key))
    }

    /// The rule below this key.
    #[must_use]
    pub fn rule(self, rule: RuleId) -> Self {
        self.with(Part::Rule(rule))
    }

    /// The entry below this key that the policy names itself.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with(Part::Named(name.into()))
    }

    fn with(mut self, part: Part) -> Self {
        self.0.push(part);
        self
    }

    /// The path with every name of the policy changed: shortened, for one.
    #[must_use]
    pub fn map_names(&self, change: impl Fn(&str) -> String) -> Self {
        let changed = |part: &Part| match part {
            Part::Named(name) => Part::Named(change(name)),
            known => known.clone(),
        };
        Self(self.0.iter().map(changed).collect())
    }

    /// The path as far as it holds no text of the policy: whole where the format names every part,
    /// else what is before the first name. Of `scope`, which is all names, the section alone.
    #[must_use]
    pub fn public(&self) -> Self {
        let named = |part: &&Part| matches!(part, Part::Named(_));
        let parts = match self.0.first() {
            Some(section @ Part::Key("scope")) => vec![section.clone()],
            _ => self.0.iter().take_while(|part| !named(part)).cloned().collect(),
        };
        Self(parts)
    }

    /// What is written below an entry: `.allow.sign-in` for `windows.drill.allow.sign-in` below
    /// `windows.drill`; `None` if it is elsewhere.
    #[must_use]
    pub fn below(&self, entry: &Self) -> Option<String> {
        let rest = self.0.strip_prefix(entry.0.as_slice())?;
        Some(rest.iter().map(|part| format!(".{part}")).collect())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => formatter.write_str(key),
            Self::Rule(rule) => rule.fmt(formatter),
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(formatter, "{dot}{part}")?;
        }
        Ok(())
    }
}

impl Serialize for KeyPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_public_up_to_what_the_policy_names() {
        let window = KeyPath::section("windows").named("q4.tax");
        let waived = KeyPath::section("waivers").rule(RuleId("root-mfa-missing"));
        for (path, text, public) in [
            (KeyPath::section("gate").key("fail-on"), "gate.fail-on", "gate.fail-on"),
            (window.clone().key("to"), "windows.q4.tax.to", "windows"),
            (
                waived.named("111122223333 (sign-in)").key("expires"),
                "waivers.root-mfa-missing.111122223333 (sign-in).expires",
                "waivers.root-mfa-missing",
            ),
            (
                KeyPath::section("scope").key("accounts").named("111122223333"),
                "scope.accounts.111122223333",
                "scope",
            ),
        ] {
            assert_eq!((path.to_string(), path.public().to_string()), (text.into(), public.into()));
        }
        assert_eq!(
            window.clone().key("allow").key("sign-in").below(&window).unwrap(),
            ".allow.sign-in"
        );
        assert_eq!(KeyPath::section("gate").below(&window), None);
    }
}
