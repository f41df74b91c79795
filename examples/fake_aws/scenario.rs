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
//! others = 10000 us-east-1 signin:ConsoleLogin           # so many events a day by others, evenly spread
//! events.per-page = 2              # default 50
//! alias = acme-prod                # under which CloudTrail then lists root
//! region = eu-west-1               # an enabled Region; the first one replaces the 17 of the default;
//!                                  # `none` stands for none
//! fault GetAccountSummary = denied # see `faults.rs`; in an account: for that account alone
//! fault LookupEvents@us-west-2 = denied # calls of one Region
//! fault LookupEvents/AccessKeyId = denied # lookups by one attribute
//! mfa = SERIAL                     # a device of root that is not virtual, for audits by AssumeRoot (repeatable)
//! session.account = 444455556666   # sessions of this account are those of another one
//!
//! organization = 1000              # accounts that are made up, see `organization.rs`
//! member = 7                       # begins the account with that number of the organization
//! session.lifetime = 20s           # the longest that a session lasts; `session.lifetime AssumeRole = 20s`
//! clock.ahead = 10m                # the date of an answer to `GET /`
//! latency = 30                     # milliseconds before every answer; `latency ListAccounts = 100`
//! calls.keep = 1000                # so many of the first calls are in `/__calls`; default: all, in an organization
//!                                  # of more than 2000 accounts 20000. `/__counts` counts all.
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::faults::{Fault, unescaped};
use crate::organization::Organization;
use crate::wire::Request;

/// The Regions that are enabled in every new account.
pub const REGIONS: &[&str] = &[
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

/// Events by others, so many that they are made up only when they are asked for.
#[derive(Clone)]
pub struct Others {
    pub a_day: i64,
    pub region: String,
    pub service: String,
    pub name: String,
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
    pub others: Vec<Others>,
    pub events_per_page: usize,
    pub alias: Option<String>,
    /// Serial numbers of root's devices that are not virtual.
    pub mfa: Vec<String>,
    /// Whose sessions AssumeRole and AssumeRoot give; `None`: the account's own.
    pub session_account: Option<String>,
    /// `None`: the default.
    pub regions: Option<Vec<String>>,
    faults: BTreeMap<String, Fault>,
}

/// A whole scenario.
#[derive(Default)]
pub struct Scenario {
    pub accounts: Vec<Account>,
    pub claims: BTreeMap<String, String>,
    /// Empty: all are.
    pub trusted_subs: Vec<String>,
    pub organization: Option<Organization>,
    /// By call; empty: of all calls.
    lifetimes: BTreeMap<String, TimeDelta>,
    latencies: BTreeMap<String, Duration>,
    kept_calls: Option<usize>,
    /// By how much the clock of AWS is ahead of this machine's.
    pub clock_ahead: TimeDelta,
    faults: BTreeMap<String, Fault>,
}

impl Account {
    pub fn new(id: &str) -> Self {
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
            others: Vec::new(),
            events_per_page: 50,
            alias: None,
            mfa: Vec::new(),
            session_account: None,
            regions: None,
            faults: BTreeMap::new(),
        }
    }

    pub fn set_root(&mut self, column: &str, value: &str) {
        self.root.insert(column.to_owned(), value.to_owned());
    }

    pub fn set_summary(&mut self, name: &str, value: &str) {
        self.summary.insert(name.to_owned(), value.to_owned());
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
        if scenario.accounts.is_empty() && scenario.organization.is_none() {
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
                let organization = self.organization.as_ref();
                let member = organization.and_then(|all| Some(all.account(all.index(value)?)));
                self.accounts.push(member.unwrap_or_else(|| Account::new(value)));
                return Some(());
            }
            "member" => {
                let organization = self.organization.as_ref()?;
                self.accounts.push(organization.account(organization.number(value)?));
                return Some(());
            }
            "organization" if self.accounts.is_empty() => {
                self.organization = Some(Organization::new(value)?);
                return Some(());
            }
            "scp" if self.accounts.is_empty() => return self.organization.as_mut()?.add_scp(value),
            "calls.keep" => {
                self.kept_calls = Some(value.parse().ok()?);
                return Some(());
            }
            "clock.ahead" => {
                self.clock_ahead = age(value)?;
                return Some(());
            }
            "trust.sub" => {
                self.trusted_subs.push(value.to_owned());
                return Some(());
            }
            _ => {}
        }
        if let Some(key) = key.strip_prefix("organization.") {
            let organization = self.organization.as_mut().filter(|_| self.accounts.is_empty())?;
            return organization.set(key, value);
        }
        // Of one call, or of all.
        let word = |name: &str| Some(key.strip_prefix(name)?.trim_start().to_owned());
        if let Some(call) = word("session.lifetime") {
            self.lifetimes.insert(call, age(value)?);
            return Some(());
        }
        if let Some(call) = word("latency") {
            self.latencies.insert(call, Duration::from_millis(value.parse().ok()?));
            return Some(());
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

    /// The account that a call is for: the session's, else the first, or the one that an organization is
    /// asked from.
    pub fn account(&self, id: Option<&str>) -> Cow<'_, Account> {
        let Some(organization) = &self.organization else {
            return Cow::Borrowed(self.written(id).unwrap_or(&self.accounts[0]));
        };
        let id = id.map_or_else(|| organization.caller(), str::to_owned);
        let made_up = || match organization.index(&id) {
            Some(index) => organization.account(index),
            None => Account::new(&id),
        };
        self.written(Some(&id)).map_or_else(|| Cow::Owned(made_up()), Cow::Borrowed)
    }

    /// The account that the scenario itself describes.
    fn written(&self, id: Option<&str>) -> Option<&Account> {
        self.accounts.iter().find(|account| Some(account.id.as_str()) == id)
    }

    /// The account whose faults a call meets. In an organization, `AssumeRole` meets those of its target.
    pub fn faulty<'a>(&self, request: &'a Request) -> Option<Cow<'a, str>> {
        let Some(organization) = &self.organization else {
            return request.account().map(Cow::Borrowed);
        };
        let account = request.target_account().or_else(|| request.account());
        Some(account.map_or_else(|| Cow::Owned(organization.caller()), Cow::Borrowed))
    }

    /// The fault of the `count`-th call, if it has one. One above all accounts comes first; in an organization,
    /// those of an account count its own calls.
    pub fn fault(
        &self,
        call: &str,
        account: Option<&str>,
        count: u32,
        count_here: u32,
    ) -> Option<&Fault> {
        // The call itself comes last: only there a fault of every call counts.
        let star = if call.contains(['@', '/', '#']) { "" } else { "*" };
        let everywhere = self.faults.get(call).or_else(|| self.faults.get(star));
        let (account, count_here) = match self.organization {
            Some(_) => (self.written(account), count_here),
            None => (self.written(account).or(self.accounts.first()), count),
        };
        let here = || {
            let faults = &account?.faults;
            faults.get(call).or_else(|| faults.get(star)).filter(|fault| fault.strikes(count_here))
        };
        match everywhere {
            Some(everywhere) => Some(everywhere).filter(|fault| fault.strikes(count)),
            None => here(),
        }
    }

    /// Whether calls of an account are counted on their own.
    pub fn counts(&self, account: Option<&str>) -> bool {
        self.organization.is_some() && self.written(account).is_some()
    }

    pub fn lifetime(&self, call: &str) -> Option<TimeDelta> {
        self.lifetimes.get(call).or_else(|| self.lifetimes.get("")).copied()
    }

    pub fn latency(&self, call: &str) -> Option<Duration> {
        self.latencies.get(call).or_else(|| self.latencies.get("")).copied()
    }

    pub fn kept_calls(&self) -> usize {
        let large = self.organization.as_ref().is_some_and(|all| all.size > 2_000);
        self.kept_calls.unwrap_or(if large { 20_000 } else { usize::MAX })
    }

    /// The accounts of the organization that the scenario writes out itself.
    pub fn written_out(&self) -> Vec<String> {
        self.accounts.iter().map(|account| account.id.clone()).collect()
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
                "mfa" => self.mfa.push(value.to_owned()),
                "session.account" => self.session_account = Some(value.to_owned()),
                "region" => {
                    let regions = self.regions.get_or_insert_default();
                    if value != "none" {
                        regions.push(value.to_owned());
                    }
                }
                "event" => self.events.push(event(value, self.events.len() + 1)?),
                "others" => self.others.push(others(value)?),
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

/// `10000 us-east-1 signin:ConsoleLogin`.
fn others(text: &str) -> Option<Others> {
    let mut words = text.split_whitespace();
    let a_day = words.next()?.parse().ok().filter(|number| *number > 0)?;
    let region = words.next()?.to_owned();
    let (service, name) = words.next()?.split_once(':')?;
    Some(Others { a_day, region, service: service.to_owned(), name: name.to_owned() })
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
