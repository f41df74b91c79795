//! A scenario: what the fake's accounts hold, and which calls fail how.
//!
//! One `key = value` a line; `#` begins a comment line. Times are an age (`30d ago`, `0s ago`)
//! or text that is sent as it stands.
//!
//! ```text
//! account = 111122223333           # begins an account; keys that follow belong to it
//! partition = aws-us-gov           # default: aws
//! identity = 444455556666          # STS says that sessions of this account are another one's
//! report.age = 1h                  # default 1h; `none`: no report until one is generated
//! report.ready-after = 2           # polls until an ordered report is there (default 1)
//! report.rows = none               # only the header; `no-root`: no root row
//! report.account = 444455556666    # the report is another account's
//! root.access_key_1_active = true  # a column of the root row; default: an account without keys
//! summary.AccountMFAEnabled = 1    # an entry of the summary; `missing` leaves it out
//! device = SERIAL USER_ARN         # a virtual MFA device; without USER_ARN unassigned
//! devices.per-page = 1             # default 100
//! claim.sub = repo:octo-org/octo-repo:environment:prod   # GitHub's token
//! trust.sub = repo:octo-org/octo-repo:*                  # what the roles trust (repeatable); default: all
//! event = 3d us-west-2 signin:ConsoleLogin mfa=yes       # see `cloudtrail.rs`
//! events.per-page = 2              # default 50
//! alias = acme-prod                # under which CloudTrail then lists root
//! region = eu-west-1               # an enabled Region; the first one replaces the 17 of the default;
//!                                  # `none` stands for none
//! fault GetAccountSummary = denied # see `faults.rs`; in an account: for that account alone
//! fault LookupEvents@us-west-2 = denied # calls of one Region
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::faults::{Fault, unescaped};

/// The Regions that are enabled in every new account.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// An event of CloudTrail.
#[derive(Clone)]
pub struct Event {
    pub number: usize,
    pub age: TimeDelta,
    pub region: String,
    pub service: String,
    pub name: String,
    pub words: BTreeMap<String, String>,
}

/// What one account holds.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub partition: String,
    /// Whom GetCallerIdentity names; `None`: the account itself.
    pub identity: Option<String>,
    /// `None`: no report exists until one is ordered.
    pub report_age: Option<TimeDelta>,
    pub ready_after: u32,
    pub rows: String,
    pub report_account: Option<String>,
    pub root: BTreeMap<String, String>,
    pub summary: BTreeMap<String, String>,
    pub devices: Vec<(String, Option<String>)>,
    pub devices_per_page: usize,
    pub events: Vec<Event>,
    pub events_per_page: usize,
    pub alias: Option<String>,
    pub regions: Vec<String>,
    own_regions: bool,
    faults: BTreeMap<String, Fault>,
}

/// A whole scenario.
#[derive(Default)]
pub struct Scenario {
    pub accounts: Vec<Account>,
    pub claims: BTreeMap<String, String>,
    /// Empty: all are.
    pub trusted_subs: Vec<String>,
    faults: BTreeMap<String, Fault>,
}

impl Account {
    fn new(id: &str) -> Self {
        let summary = [
            ("AccessKeysPerUserQuota", "2"),
            ("AccountAccessKeysPresent", "0"),
            ("AccountMFAEnabled", "1"),
            ("AccountPasswordPresent", "1"),
            ("AccountSigningCertificatesPresent", "0"),
            ("MFADevices", "1"),
            ("Users", "31"),
        ];
        let root = [
            ("user_creation_time", "2015-03-09T17:05:11Z"),
            ("password_enabled", "true"),
            ("password_last_used", "400d ago"),
            ("password_last_changed", "2024-02-01T09:00:00Z"),
            ("password_next_rotation", "not_supported"),
            ("mfa_active", "true"),
        ];
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self {
            id: id.to_owned(),
            partition: "aws".to_owned(),
            identity: None,
            report_age: Some(TimeDelta::hours(1)),
            ready_after: 1,
            rows: "all".to_owned(),
            report_account: None,
            root: owned(&root),
            summary: owned(&summary),
            devices: Vec::new(),
            devices_per_page: 100,
            events: Vec::new(),
            events_per_page: 50,
            alias: None,
            regions: REGIONS.iter().map(|name| (*name).to_owned()).collect(),
            own_regions: false,
            faults: BTreeMap::new(),
        }
    }

    /// The account that the report's ARNs name.
    pub fn report_account(&self) -> &str {
        self.report_account.as_ref().unwrap_or(&self.id)
    }
}

impl Scenario {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scenario = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or(format!("line {number}: no `=`"))?;
            scenario
                .set(key.trim(), value.trim())
                .ok_or(format!("line {number}: `{line}` is not understood"))?;
        }
        if scenario.accounts.is_empty() {
            return Err("no `account = …`".to_owned());
        }
        Ok(scenario)
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        if let Some(claim) = key.strip_prefix("claim.") {
            self.claims.insert(claim.to_owned(), value.to_owned());
            return Some(());
        }
        match key {
            "account" => {
                self.accounts.push(Account::new(value));
                return Some(());
            }
            "trust.sub" => {
                self.trusted_subs.push(value.to_owned());
                return Some(());
            }
            _ => {}
        }
        if let Some(call) = key.strip_prefix("fault ") {
            let fault = Fault::parse(value)?;
            let faults = match self.accounts.last_mut() {
                Some(account) => &mut account.faults,
                None => &mut self.faults,
            };
            faults.insert(call.to_owned(), fault);
            return Some(());
        }
        self.accounts.last_mut()?.set(key, value)
    }

    /// The account that a call is for: the session's, else the first.
    pub fn account(&self, id: Option<&str>) -> &Account {
        self.accounts
            .iter()
            .find(|account| Some(account.id.as_str()) == id)
            .unwrap_or(&self.accounts[0])
    }

    /// The fault of the `count`-th call, if it has one. One above all accounts comes first.
    pub fn fault(&self, call: &str, account: Option<&str>, count: u32) -> Option<&Fault> {
        let everywhere = self.faults.get(call).or_else(|| self.faults.get("*"));
        let account = self.account(account);
        let here = account.faults.get(call).or_else(|| account.faults.get("*"));
        everywhere.or(here).filter(|fault| fault.strikes(count))
    }
}

impl Account {
    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        if let Some(column) = key.strip_prefix("root.") {
            self.root.insert(column.to_owned(), value.to_owned());
        } else if let Some(name) = key.strip_prefix("summary.") {
            match value {
                "missing" => drop(self.summary.remove(name)),
                _ => drop(self.summary.insert(name.to_owned(), value.to_owned())),
            }
        } else {
            match key {
                "partition" => self.partition = value.to_owned(),
                "identity" => self.identity = Some(value.to_owned()),
                "report.age" if value == "none" => self.report_age = None,
                "report.age" => self.report_age = Some(age(value)?),
                "report.ready-after" => self.ready_after = value.parse().ok()?,
                "report.account" => self.report_account = Some(value.to_owned()),
                "report.rows" => self.rows = value.to_owned(),
                "device" => {
                    let (serial, user) = match value.split_once(' ') {
                        Some((serial, user)) => (serial, Some(user.to_owned())),
                        None => (value, None),
                    };
                    self.devices.push((serial.to_owned(), user));
                }
                "alias" => self.alias = Some(value.to_owned()),
                "region" => {
                    if !std::mem::replace(&mut self.own_regions, true) {
                        self.regions.clear();
                    }
                    if value != "none" {
                        self.regions.push(value.to_owned());
                    }
                }
                "event" => self.events.push(event(value, self.events.len() + 1)?),
                "events.per-page" => self.events_per_page = value.parse().ok()?,
                "devices.per-page" => self.devices_per_page = value.parse().ok()?,
                _ => return None,
            }
        }
        Some(())
    }
}

/// `3d us-west-2 signin:ConsoleLogin mfa=yes`.
fn event(text: &str, number: usize) -> Option<Event> {
    let mut words = text.split_whitespace();
    let age = age(words.next()?)?;
    let region = words.next()?.to_owned();
    let (service, name) = words.next()?.split_once(':')?;
    let pair = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        Some((name.to_owned(), unescaped(value)?))
    };
    let words = words.map(pair).collect::<Option<_>>()?;
    Some(Event { number, age, region, service: service.to_owned(), name: unescaped(name)?, words })
}

/// `30d`, `5h`, `20m`, `9s`.
pub fn age(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = number.parse().ok()?;
    match unit {
        "d" => Some(TimeDelta::days(number)),
        "h" => Some(TimeDelta::hours(number)),
        "m" => Some(TimeDelta::minutes(number)),
        "s" => Some(TimeDelta::seconds(number)),
        _ => None,
    }
}

/// A cell of the report: `30d ago` becomes an instant, other text stays.
pub fn cell(text: &str) -> String {
    match text.strip_suffix(" ago").and_then(age) {
        Some(age) => instant(now() - age),
        None => text.to_owned(),
    }
}

/// Read from the system: chrono's own clock is left out of the build.
pub fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

pub fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
