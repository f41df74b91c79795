//! A scenario: the contents of the fake's accounts, and the calls that fail.
//!
//! One `key = value` per line; `#` starts a comment line. A time is an age (`30d ago`, `0s ago`) or text that
//! is sent unchanged.
//!
//! ```text
//! account = 111122223333           # starts an account; the following keys belong to it
//! partition = aws-us-gov           # default: aws
//! identity = 444455556666          # the account that STS names for sessions of this account
//! report.age = 1h                  # default 1h; `none`: no report until one is generated
//! report.ready-after = 2           # number of polls until a requested report is ready (default 1)
//! report.rows = none               # only the header; `no-root`: no root row
//! report.account = 444455556666    # the report belongs to another account
//! root.access_key_1_active = true  # a column of the root row; default: an account without keys
//! summary.AccountMFAEnabled = 1    # an entry of the summary; `missing` leaves it out
//! device = SERIAL USER_ARN         # a virtual MFA device; without USER_ARN it is unassigned
//! devices.per-page = 1             # default 100
//! claim.sub = repo:octo-org/octo-repo:environment:prod   # GitHub's token
//! trust.sub = repo:octo-org/octo-repo:*                  # a subject that the roles trust (repeatable); default: all
//! trust ROLE_ARN = FILE                                  # the role's trust policy, `*` for every account; see `trust.rs`
//! event = 3d us-west-2 signin:ConsoleLogin mfa=yes       # see `cloudtrail.rs`
//! others = 10000 us-east-1 signin:ConsoleLogin           # events per day by other users, evenly spread
//! events.per-page = 2              # default 50
//! alias = acme-prod                # the account's alias; CloudTrail then lists root under it
//! region = eu-west-1               # an enabled Region; the first one replaces the 17 default Regions;
//!                                  # `none`: no Region is enabled
//! fault GetAccountSummary = denied # see `faults.rs`; after `account`: only for that account
//! fault LookupEvents@us-west-2 = denied # calls of one Region
//! fault LookupEvents/AccessKeyId = denied # lookups by one attribute
//! mfa = SERIAL                     # a device of root that is not virtual, for audits by AssumeRoot (repeatable)
//! session.account = 444455556666   # sessions for this account belong to another account
//!
//! organization = 1000              # generated accounts, see `organization.rs`
//! member = 7                       # starts the account with that number in the organization
//! session.lifetime = 20s           # the maximum lifetime of a session; `session.lifetime AssumeRole = 20s`
//! clock.ahead = 10m                # the date of an answer to `GET /`
//! latency = 30                     # milliseconds before every answer; `latency ListAccounts = 100`
//! calls.keep = 1000                # number of calls kept in `/__calls`, oldest first; default: all, but 20000 in an
//!                                  # organization of more than 2000 accounts. `/__counts` counts all.
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use crate::faults::{Fault, unescaped};
use crate::organization::Organization;
use crate::trust;
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

/// Events of other users. They are many, so they are generated on request.
#[derive(Clone)]
pub struct Others {
    pub a_day: i64,
    pub region: String,
    pub service: String,
    pub name: String,
}

/// The content of one account.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub partition: String,
    /// The account that GetCallerIdentity returns; `None` for the account itself.
    pub identity: Option<String>,
    /// `None`: no report exists until one is requested.
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
    /// The account of the sessions of AssumeRole and AssumeRoot; `None` for the account itself.
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
    /// The roles that there are, and whom they trust; empty: every role, and it trusts as above.
    pub trust: BTreeMap<String, Value>,
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
        if let Some(role) = key.strip_prefix("trust ") {
            self.trust.insert(role.trim().to_owned(), trust::read(value)?);
            return Some(());
        }
        if let Some(key) = key.strip_prefix("organization.") {
            let organization = self.organization.as_mut().filter(|_| self.accounts.is_empty())?;
            return organization.set(key, value);
        }
        // For one call, or for all.
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

    /// The account of a call: the session's account, or else the first account, or the caller of an
    /// organization.
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

    /// The account whose faults apply to a call. In an organization, for `AssumeRole` it is the target.
    pub fn faulty<'a>(&self, request: &'a Request) -> Option<Cow<'a, str>> {
        let Some(organization) = &self.organization else {
            return request.account().map(Cow::Borrowed);
        };
        let account = request.target_account().or_else(|| request.account());
        Some(account.map_or_else(|| Cow::Owned(organization.caller()), Cow::Borrowed))
    }

    /// The fault of the `count`-th call, if any. A fault for all accounts comes first. In an organization,
    /// an account's faults count only its own calls.
    pub fn fault(
        &self,
        call: &str,
        account: Option<&str>,
        count: u32,
        count_here: u32,
    ) -> Option<&Fault> {
        // The plain name comes last: faults of every call apply only to it.
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

    /// Whether calls of an account are counted separately.
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

    /// The accounts of the organization that the scenario describes itself.
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

/// A cell of the report: `30d ago` becomes a time, other text is kept.
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
