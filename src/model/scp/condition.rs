//! Conditions of a statement: whether they are true for the requests of an ordinary root user.

use std::net::IpAddr;

use serde_json::Value;

use super::pattern::{fits, fits_arn};
use super::{Holds, RootUser, shown};

/// One operator on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// As it is written: `ForAnyValue:StringLikeIfExists`.
    written: String,
    operator: Option<Operator>,
    /// In lower case: the names of keys are not case-sensitive.
    key: String,
    values: Vec<String>,
    /// Whether `${…}` in a value is a variable.
    has_variables: bool,
}

/// A parsed operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    set: Option<Set>,
    compares: Compares,
    /// Whether it is negated.
    is_negated: bool,
    if_exists: bool,
}

/// How it treats a key with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

/// How it compares a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compares {
    Text,
    TextOfAnyCase,
    Pattern,
    Arn,
    Bool,
    Null,
    Address,
    /// Numbers, dates and bytes.
    Other,
}

/// The value of a key in the requests of an ordinary root user.
enum Held {
    /// Always this text.
    Text(String),
    /// Always this Boolean.
    Flag(bool),
    /// Never present.
    Nothing,
    /// Always the account's own value, but the account is not given.
    OfTheAccount,
    /// It varies.
    Varies(Varying),
    /// Unknown.
    Unknown,
}

/// Keys that differ from request to request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Varying {
    Region,
    Address,
    Mfa,
}

impl Test {
    /// The tests of a `Condition`, or why they cannot be parsed.
    pub(super) fn all(condition: Option<&Value>, has_variables: bool) -> Result<Vec<Self>, String> {
        let odd = || "one of its conditions has an unknown form".to_owned();
        let Some(condition) = condition else { return Ok(Vec::new()) };
        let mut tests = Vec::new();
        for (written, keys) in condition.as_object().ok_or_else(odd)? {
            for (key, values) in keys.as_object().ok_or_else(odd)? {
                tests.push(Self {
                    written: written.clone(),
                    operator: Operator::read(written),
                    key: key.to_ascii_lowercase(),
                    values: texts(values).ok_or_else(odd)?,
                    has_variables,
                });
            }
        }
        Ok(tests)
    }

    /// Whether it tests the caller rather than the request.
    pub(super) fn is_about_the_principal(&self) -> bool {
        ["aws:principalarn", "aws:principaltype", "aws:userid", "aws:assumedroot"]
            .contains(&self.key.as_str())
    }

    /// Whether it is true for every request of an account's root user; without `root`, whether it
    /// may be true for those of any account.
    pub(super) fn holds(&self, root: Option<RootUser<'_>>) -> Holds {
        let Some(operator) = self.operator else { return self.unclear() };
        match held(&self.key, root) {
            Held::Nothing => self.on_nothing(operator),
            Held::Text(text) => self.on_text(operator, &text, root),
            Held::Flag(flag) => self.on_flag(operator, flag),
            Held::OfTheAccount => self.unclear(),
            Held::Varies(varying) => self.on_varying(operator, varying),
            Held::Unknown => self.on_unknown(operator),
        }
    }

    /// The result `Unclear`, with its reason.
    fn unclear(&self) -> Holds {
        Holds::Unclear(format!(
            "it is unclear whether its condition `{}` on `{}` is true for root",
            shown(&self.written),
            shown(&self.key)
        ))
    }

    /// A key that is never present. Source: IAM User Guide, the operators ending in `IfExists`, the
    /// negated ones, `ForAllValues` and `ForAnyValue`.
    fn on_nothing(&self, operator: Operator) -> Holds {
        if operator.compares == Compares::Null {
            return self.flag(true);
        }
        match operator.set {
            Some(Set::All) => Holds::Always,
            // The two operators treat a missing key in opposite ways.
            Some(Set::Any) if operator.if_exists => self.unclear(),
            Some(Set::Any) => Holds::NotAlways,
            None => always_if(operator.if_exists || operator.is_negated),
        }
    }

    fn on_text(&self, operator: Operator, text: &str, root: Option<RootUser<'_>>) -> Holds {
        let fit = |value: &String| -> Option<bool> {
            let value = self.filled_in(value, root)?;
            match operator.compares {
                Compares::Text => Some(value == text),
                Compares::TextOfAnyCase => Some(value.eq_ignore_ascii_case(text)),
                Compares::Pattern => Some(fits(&value, text)),
                Compares::Arn if text.starts_with("arn:") => fits_arn(&value, text),
                _ => None,
            }
        };
        if operator.compares == Compares::Null {
            return self.flag(false);
        }
        let fitting: Vec<Option<bool>> = self.values.iter().map(fit).collect();
        if fitting.contains(&Some(true)) {
            always_if(!operator.is_negated)
        } else if fitting.contains(&None) {
            self.unclear()
        } else {
            always_if(operator.is_negated)
        }
    }

    fn on_flag(&self, operator: Operator, flag: bool) -> Holds {
        match operator.compares {
            Compares::Null => self.flag(false),
            Compares::Bool => self.flag(flag),
            Compares::Text | Compares::TextOfAnyCase | Compares::Pattern => {
                self.on_text(operator, if flag { "true" } else { "false" }, None)
            }
            _ => self.unclear(),
        }
    }

    /// Whether one of the values is this Boolean.
    fn flag(&self, flag: bool) -> Holds {
        let values: Option<Vec<bool>> = self
            .values
            .iter()
            .map(|value| match value.to_ascii_lowercase().as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            })
            .collect();
        values.map_or_else(|| self.unclear(), |values| always_if(values.contains(&flag)))
    }

    /// A key that differs from request to request: root can make some requests, unless the values
    /// are unusual.
    fn on_varying(&self, operator: Operator, varying: Varying) -> Holds {
        let is_plain = operator.set.is_none() && !self.values.iter().any(|it| it.contains("${"));
        let narrows = match (varying, operator.compares) {
            (Varying::Region, Compares::Text | Compares::TextOfAnyCase | Compares::Pattern) => {
                self.leaves_a_region(operator)
            }
            (Varying::Address, Compares::Address) => self.leaves_an_address(operator),
            (Varying::Mfa, Compares::Bool) => {
                self.flag(true) == Holds::NotAlways || self.flag(false) == Holds::NotAlways
            }
            (Varying::Mfa, Compares::Null) => self.values.len() == 1,
            // Seconds since MFA: a limit below a minute leaves no request.
            (Varying::Mfa, Compares::Other) => {
                self.values.iter().all(|it| it.parse::<u32>().is_ok_and(|age| age >= 60))
            }
            _ => false,
        };
        if is_plain && narrows { Holds::NotAlways } else { self.unclear() }
    }

    fn leaves_a_region(&self, operator: Operator) -> bool {
        let is_meant = |region: &&str| {
            let pattern = operator.compares == Compares::Pattern;
            self.values.iter().any(|it| if pattern { fits(it, region) } else { it == region })
        };
        match operator.is_negated {
            // A value names a Region, and that Region is left to root.
            true => {
                self.values.iter().any(|it| it.matches('-').count() >= 2)
                    || REGIONS.iter().any(is_meant)
            }
            false => !REGIONS.iter().all(is_meant),
        }
    }

    /// Requests over the internet come from public addresses.
    fn leaves_an_address(&self, operator: Operator) -> bool {
        let ranges: Option<Vec<IpAddr>> = self.values.iter().map(|it| part(it)).collect();
        ranges.is_some_and(|ranges| !operator.is_negated || ranges.iter().any(is_public))
    }

    /// A key of one service is present only in requests to that service.
    fn on_unknown(&self, operator: Operator) -> Holds {
        let needs_it = operator.set != Some(Set::All)
            && !operator.if_exists
            && !operator.is_negated
            && (operator.compares != Compares::Null || self.flag(true) == Holds::NotAlways);
        let of_a_service = self.key.contains(':') && !self.key.starts_with("aws:");
        if needs_it && of_a_service { Holds::NotAlways } else { self.unclear() }
    }

    /// The value with its variables replaced; `None`: it has variables other than the account.
    fn filled_in(&self, value: &str, root: Option<RootUser<'_>>) -> Option<String> {
        if !value.contains("${") {
            return Some(value.to_owned());
        }
        let account = root.filter(|_| self.has_variables)?.account.as_str();
        let filled = value.replace("${aws:PrincipalAccount}", account);
        (!filled.contains("${")).then_some(filled)
    }
}

const fn always_if(holds: bool) -> Holds {
    if holds { Holds::Always } else { Holds::NotAlways }
}

/// Regions that have little in common: values that match them all are meant to match every Region.
const REGIONS: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "ca-central-1",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];

/// The first address of a range that does not cover all addresses.
fn part(range: &str) -> Option<IpAddr> {
    let (address, length) = range.split_once('/').unwrap_or((range, "32"));
    let is_part = length.parse::<u8>().is_ok_and(|length| length >= 4);
    address.parse().ok().filter(|_| is_part)
}

fn is_public(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_private() || address.is_loopback() || address.is_link_local())
        }
        IpAddr::V6(address) => !(address.is_loopback() || address.is_unique_local()),
    }
}

/// One text or several. Numbers and Booleans are converted to texts, as AWS does.
fn texts(values: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let texts: Vec<String> = match values {
        Value::Array(items) => items.iter().map(text).collect::<Option<_>>()?,
        one => vec![text(one)?],
    };
    (!texts.is_empty()).then_some(texts)
}

/// The value of a key in requests of an account's ordinary root user, which is not a session by
/// `sts:AssumeRoot`.
///
/// Source: IAM User Guide, "AWS global condition context keys" and the table of the principal's
/// values (`aws:userid` of root is the account's id, it has no `aws:username`, its
/// `aws:PrincipalType` is `Account`); `aws:AssumedRoot` is present only in sessions by AssumeRoot.
fn held(key: &str, root: Option<RootUser<'_>>) -> Held {
    let of_root = |text: &dyn Fn(RootUser<'_>) -> String| {
        root.map_or(Held::OfTheAccount, |root| Held::Text(text(root)))
    };
    match key {
        "aws:principalarn" => of_root(&|root| root.partition.root_arn(root.account)),
        "aws:principalaccount" | "aws:userid" => of_root(&|root| root.account.to_string()),
        "aws:principaltype" => Held::Text("Account".to_owned()),
        "aws:assumedroot"
        | "aws:username"
        | "aws:federatedprovider"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:ec2instancesourcevpc"
        | "aws:ec2instancesourceprivateipv4"
        | "aws:chatbotsourcearn" => Held::Nothing,
        "aws:principalisawsservice" | "aws:viaawsservice" => Held::Flag(false),
        "aws:securetransport" => Held::Flag(true),
        "aws:requestedregion" => Held::Varies(Varying::Region),
        "aws:sourceip" => Held::Varies(Varying::Address),
        "aws:multifactorauthpresent" | "aws:multifactorauthage" => Held::Varies(Varying::Mfa),
        _ => Held::Unknown,
    }
}

impl Operator {
    fn read(written: &str) -> Option<Self> {
        let (set, rest) = match written.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return None,
            None => (None, written),
        };
        let (name, if_exists) =
            rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        let (compares, is_negated) = match name {
            "StringEquals" => (Compares::Text, false),
            "StringNotEquals" => (Compares::Text, true),
            "StringEqualsIgnoreCase" => (Compares::TextOfAnyCase, false),
            "StringNotEqualsIgnoreCase" => (Compares::TextOfAnyCase, true),
            "StringLike" => (Compares::Pattern, false),
            "StringNotLike" => (Compares::Pattern, true),
            "ArnEquals" | "ArnLike" => (Compares::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Compares::Arn, true),
            "Bool" => (Compares::Bool, false),
            "Null" if set.is_none() && !if_exists => (Compares::Null, false),
            "IpAddress" => (Compares::Address, false),
            "NotIpAddress" => (Compares::Address, true),
            "NumericNotEquals" | "DateNotEquals" => (Compares::Other, true),
            "NumericEquals"
            | "NumericLessThan"
            | "NumericLessThanEquals"
            | "NumericGreaterThan"
            | "NumericGreaterThanEquals"
            | "DateEquals"
            | "DateLessThan"
            | "DateLessThanEquals"
            | "DateGreaterThan"
            | "DateGreaterThanEquals"
            | "BinaryEquals" => (Compares::Other, false),
            _ => return None,
        };
        Some(Self { set, compares, is_negated, if_exists })
    }
}
