//! An organization: thousands of accounts that are generated on request.
//!
//! Keys of a scenario, before every `account` and `member`. An amount is a number or a percentage of all
//! members (`2%`, rounded up). The seed selects the accounts, so the same scenario always selects the same
//! ones, and `GET /__violations` lists them.
//!
//! ```text
//! organization = 1000                      # the number of accounts, 3 to 50000; number 0 is the management
//!                                          # account 111122223333, number 1 the hub 444455556666
//! organization.seed = 7                    # default 1
//! organization.partition = aws-us-gov      # default aws
//! organization.caller = hub                # the owner of the run's long-lived keys: `management` (default),
//!                                          # `hub`, or a number
//! organization.hub = delegated             # (default) a delegated administrator, including IAM ·
//!                                          # `elsewhere`: of another service · `policy`: a resource-based
//!                                          # delegation policy · `none`: an ordinary member
//! organization.delegation = ListAccounts DescribePolicy # what the delegation policy allows; default: all reads
//! organization.features = RootSessions     # of central root access; default both; `none`; `off`: no trusted access
//! organization.feature-set = CONSOLIDATED_BILLING # default ALL
//! organization.members = password          # healthy members have a password and MFA; default `clean`: no root
//!                                          # credentials. Needs `organization.features = none`; otherwise
//!                                          # these members violate a rule too
//! organization.reports = none              # credential reports of members: `none` yet · `fresh` (default) · `stale` ·
//!                                          # `mixed`
//! organization.role = audit/rootgate       # the role in each member, default `rootgate`
//! organization.management-role = none      # the role in the management account; default as in members
//! organization.external-id = ID            # the external id that the roles require
//!
//! organization.suspended = 3               # amounts; the defaults are 0, and 2% violating
//! organization.closed = 1%
//! organization.pending-activation = 2
//! organization.pending-closure = 2         # these still work
//! organization.unknown-state = 1           # an unknown word as state
//! organization.stateless = 1               # neither `State` nor `Status`
//! organization.new = 2                     # joined an hour ago and have no role yet
//! organization.refusing = 1%               # AssumeRole and AssumeRoot are denied
//! organization.roleless = 1                # only AssumeRole is denied
//! organization.mismatched = 1              # their sessions belong to the hub
//! organization.violating = 2%
//! organization.kinds = active-key no-mfa   # kinds of violations, in turn; default
//!                                          # `active-key inactive-key no-mfa certificate recent-use`
//!
//! organization.fields = state              # the fields with an account's state: `both` (default) · `state` · `status`
//! organization.paths = some                # accounts with paths: `yes` (default) · `no` · `some`: all but every seventh
//! organization.ous = 12                    # number of OUs, default 8; eight in each level
//! organization.policies = 100              # number of additional, unrelated SCPs, one OU each
//! scp = deny-root root,ou:2,member:7       # an SCP and its targets (or `none`), see `scps.rs`; or {"Version": …} TARGETS
//! organization.scps = off                  # SCPs are turned off at the organization's root
//!
//! organization.per-page = 5                # accounts in a page, at most 20 (default)
//! organization.empty-pages = every 3       # every third page of accounts is empty but has a token
//! organization.repeated-marker = 2         # the second page's next token leads to itself
//! organization.listed-twice = 3            # the third page starts with the last account of the second
//! organization.buckets = off               # AWS's limits per second; on by default
//! organization.throttled = 5%              # of all calls, selected by the seed
//! organization.audit-user-name = root      # a `UserName` in the answers of audit reads; default: none
//! ```
//!
//! Faults can name a page of `ListAccounts` or a policy: `fault ListAccounts#3 = status 500`,
//! `fault DescribePolicy#p-00000001 = denied`. `member = 7` starts an account, as `account` does; after it,
//! faults of `AssumeRole` and `AssumeRoot` apply to sessions of that member.
//!
//! `GET /__violations` has a list of accounts for every amount (`"suspended": ["200012345678"]`). An entry of
//! `violating` is `{"account", "member", "kind", "rules": {"assume-role": [..], "assume-root": [..]}}`, without
//! rules about SCPs and about the organization as a whole. `audits-stopped-by-scp` lists the accounts whose SCPs
//! deny the calls of AssumeRoot sessions, `scps` the accounts that each SCP applies to, and `written_out` the
//! accounts that the scenario describes itself, which are not in the lists of amounts.

use serde_json::{Value, json};

use crate::numbers::hash;
use crate::scps::Policy;

pub const MANAGEMENT: &str = "111122223333";
pub const HUB: &str = "444455556666";
pub const ID: &str = "o-exampleorgid";
pub const ROOT: &str = "r-exam";

/// The class of a member; each member has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Class {
    Suspended,
    Closed,
    PendingActivation,
    PendingClosure,
    UnknownState,
    Stateless,
    New,
    Refusing,
    Roleless,
    Mismatched,
    Violating,
    Sound,
}

pub const CLASSES: [(&str, Class); 11] = [
    ("suspended", Class::Suspended),
    ("closed", Class::Closed),
    ("pending-activation", Class::PendingActivation),
    ("pending-closure", Class::PendingClosure),
    ("unknown-state", Class::UnknownState),
    ("stateless", Class::Stateless),
    ("new", Class::New),
    ("refusing", Class::Refusing),
    ("roleless", Class::Roleless),
    ("mismatched", Class::Mismatched),
    ("violating", Class::Violating),
];

/// The kinds of violations.
pub const KINDS: [&str; 5] = ["active-key", "inactive-key", "no-mfa", "certificate", "recent-use"];

#[derive(Clone, Copy, Debug)]
pub enum Amount {
    Count(usize),
    Percent(f64),
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.parse().ok()?;
                (0.0..=100.0).contains(&percent).then_some(Self::Percent(percent))
            }
            None => text.parse().ok().map(Self::Count),
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most 50,000 accounts"
    )]
    pub fn resolve(self, whole: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (whole as f64 * percent / 100.0).ceil() as usize,
        }
    }
}

/// The hub account's permission to read the organization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hub {
    Delegated,
    Elsewhere,
    Policy,
    None,
}

pub struct Organization {
    pub size: usize,
    pub seed: u64,
    pub partition: String,
    pub caller: usize,
    pub hub: Hub,
    /// Calls that the delegation policy allows; `None`: all reads.
    pub delegation: Option<Vec<String>>,
    /// The features of central root access; `None` if IAM has no trusted access.
    pub features: Option<Vec<String>>,
    pub feature_set: String,
    pub with_password: bool,
    pub reports: String,
    pub role: String,
    /// `None`: the same as in members; `none`: there is no role.
    pub management_role: Option<String>,
    pub external_id: Option<String>,
    pub amounts: [Amount; CLASSES.len()],
    pub kinds: Vec<&'static str>,
    pub fields: String,
    pub paths: String,
    pub units: usize,
    pub policies: Vec<Policy>,
    pub scps: bool,
    pub per_page: usize,
    pub empty_every: Option<usize>,
    pub repeated_marker: Option<usize>,
    pub listed_twice: Option<usize>,
    pub buckets: bool,
    pub throttled: f64,
    pub audit_user_name: Option<String>,
}

impl Organization {
    pub fn new(size: &str) -> Option<Self> {
        let size = size.parse().ok().filter(|size| (3..=50_000).contains(size))?;
        let mut amounts = [Amount::Count(0); CLASSES.len()];
        amounts[CLASSES.len() - 1] = Amount::Percent(2.0);
        Some(Self {
            size,
            seed: 1,
            partition: "aws".to_owned(),
            caller: 0,
            hub: Hub::Delegated,
            delegation: None,
            features: Some(vec!["RootCredentialsManagement".to_owned(), "RootSessions".to_owned()]),
            feature_set: "ALL".to_owned(),
            with_password: false,
            reports: "fresh".to_owned(),
            role: "rootgate".to_owned(),
            management_role: None,
            external_id: None,
            amounts,
            kinds: KINDS.to_vec(),
            fields: "both".to_owned(),
            paths: "yes".to_owned(),
            units: 8,
            policies: vec![Policy::allow_all()],
            scps: true,
            per_page: 20,
            empty_every: None,
            repeated_marker: None,
            listed_twice: None,
            buckets: true,
            throttled: 0.0,
            audit_user_name: None,
        })
    }

    /// Parses a key that starts with `organization.`.
    pub fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let one_of = |words: &[&str]| words.contains(&value).then(|| value.to_owned());
        let switch = || one_of(&["on", "off"]).map(|word| word == "on");
        let words = || value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        if let Some(class) = CLASSES.iter().position(|(name, _)| *name == key) {
            self.amounts[class] = Amount::parse(value)?;
            let all: usize = self.amounts.iter().map(|amount| amount.resolve(self.members())).sum();
            return (all <= self.members()).then_some(());
        }
        match key {
            "seed" => self.seed = value.parse().ok()?,
            "partition" => self.partition = value.to_owned(),
            "caller" => self.caller = self.number(value)?,
            "hub" => {
                self.hub = match value {
                    "delegated" => Hub::Delegated,
                    "elsewhere" => Hub::Elsewhere,
                    "policy" => Hub::Policy,
                    "none" => Hub::None,
                    _ => return None,
                }
            }
            "delegation" => self.delegation = Some(words()),
            "features" => {
                self.features = match value {
                    "off" => None,
                    "none" => Some(Vec::new()),
                    _ => Some(words()),
                }
            }
            "feature-set" => self.feature_set = one_of(&["ALL", "CONSOLIDATED_BILLING"])?,
            "members" => self.with_password = one_of(&["clean", "password"])? == "password",
            "reports" => self.reports = one_of(&["fresh", "none", "stale", "mixed"])?,
            "role" => self.role = value.to_owned(),
            "management-role" => self.management_role = Some(value.to_owned()),
            "external-id" => self.external_id = Some(value.to_owned()),
            "kinds" => {
                let kind = |word: &str| KINDS.iter().find(|kind| **kind == word).copied();
                self.kinds = value.split_whitespace().map(kind).collect::<Option<_>>()?;
                return (!self.kinds.is_empty()).then_some(());
            }
            "fields" => self.fields = one_of(&["both", "state", "status"])?,
            "paths" => self.paths = one_of(&["yes", "no", "some"])?,
            "ous" => self.units = value.parse().ok().filter(|units| *units <= 2_000)?,
            "policies" => self.add_policies(value.parse().ok()?),
            "scps" => self.scps = switch()?,
            "per-page" => {
                self.per_page = value.parse().ok().filter(|size| (1..=20).contains(size))?;
            }
            "empty-pages" => {
                let every = value.strip_prefix("every ")?.parse().ok();
                self.empty_every = Some(every.filter(|every| *every > 1)?);
            }
            "repeated-marker" => self.repeated_marker = Some(value.parse().ok()?),
            "listed-twice" => self.listed_twice = Some(value.parse().ok()?),
            "buckets" => self.buckets = switch()?,
            "throttled" => match Amount::parse(value)? {
                Amount::Percent(percent) => self.throttled = percent / 100.0,
                Amount::Count(_) => return None,
            },
            "audit-user-name" => self.audit_user_name = Some(value.to_owned()),
            _ => return None,
        }
        Some(())
    }

    /// Accounts that are neither the management account nor the hub.
    pub fn members(&self) -> usize {
        self.size - 2
    }

    /// The account's number of `management`, `hub`, a number, or an account id.
    pub fn number(&self, text: &str) -> Option<usize> {
        match text {
            "management" => Some(0),
            "hub" => Some(1),
            _ if text.len() == 12 => self.index(text),
            _ => text.parse().ok().filter(|number| *number < self.size),
        }
    }

    /// The account of keys without a session: the run's own keys.
    pub fn caller(&self) -> String {
        self.account_id(self.caller)
    }

    pub fn caller_index(&self) -> usize {
        self.caller
    }

    pub fn id(&self) -> &'static str {
        ID
    }

    pub fn arn(&self, kind: &str, rest: &str) -> String {
        format!("arn:{}:organizations::{MANAGEMENT}:{kind}/{ID}{rest}", self.partition)
    }

    pub fn describe(&self) -> Value {
        json!({
            "Id": ID,
            "Arn": self.arn("organization", ""),
            "FeatureSet": self.feature_set,
            "MasterAccountArn": self.arn("account", &format!("/{MANAGEMENT}")),
            "MasterAccountId": MANAGEMENT,
            "MasterAccountEmail": format!("{}@example.com", self.account_name(0)),
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        })
    }

    /// Whether this attempt at a call is throttled. It depends only on the seed, the call and the attempt, so
    /// the order of the calls does not matter.
    #[allow(clippy::cast_precision_loss, reason = "a share of all numbers")]
    pub fn throttles(&self, what: u64, attempt: u8) -> bool {
        let drawn = hash(what ^ hash(self.seed.wrapping_mul(257) + u64::from(attempt)));
        (drawn as f64) < self.throttled * u64::MAX as f64
    }

    pub fn is_throttled(&self) -> bool {
        self.throttled > 0.0
    }
}
