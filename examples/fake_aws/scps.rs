//! The organizational units of an organization, and its service control policies.

use serde_json::{Value, json};

use crate::numbers::{hash, narrow};
use crate::organization::{Organization, ROOT};

/// SCPs by name, with their content and whether they also stop the audit of a root session.
const SHAPES: &[(&str, bool, &str)] = &[
    (
        "deny-root",
        true,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyRoot","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:*:iam::*:root"}}}]}"#,
    ),
    (
        "deny-root-but-audit",
        false,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]},"Null":{"aws:AssumedRoot":"true"}}}]}"#,
    ),
    (
        "deny-root-not-action",
        true,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["sts:GetCallerIdentity","support:*"],"Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}}"#,
    ),
    (
        "deny-root-iam",
        true,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
    ),
    (
        "deny-root-in-a-region",
        false,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}"#,
    ),
    (
        "deny-a-role",
        false,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/legacy"}}}]}"#,
    ),
    (
        "deny-regions",
        false,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}}]}"#,
    ),
];

/// The policy that AWS attaches everywhere.
pub const FULL_ACCESS: &str = "p-FullAWSAccess";

/// Its document.
const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Where a policy is attached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    Root,
    Unit(usize),
    Account(usize),
}

pub struct Policy {
    pub id: String,
    pub name: String,
    pub content: String,
    pub targets: Vec<Target>,
    pub stops_audits: bool,
}

impl Policy {
    pub fn allow_all() -> Self {
        Self {
            id: FULL_ACCESS.to_owned(),
            name: "FullAWSAccess".to_owned(),
            content: ALLOW_ALL.to_owned(),
            targets: Vec::new(),
            stops_audits: false,
        }
    }
}

impl Organization {
    /// `deny-root root,ou:2`, or JSON and its targets.
    pub fn add_scp(&mut self, text: &str) -> Option<()> {
        let (what, targets) = text.rsplit_once(' ')?;
        let what = what.trim();
        let (stops_audits, content) = if what.starts_with('{') {
            (false, what)
        } else {
            let (_, stops, content) = SHAPES.iter().find(|(name, ..)| *name == what)?;
            (*stops, *content)
        };
        let target = |word: &str| {
            if word == "root" {
                return Some(Target::Root);
            }
            if let Some(unit) = word.strip_prefix("ou:") {
                let unit = unit.parse().ok().filter(|unit| (1..=self.units).contains(unit))?;
                return Some(Target::Unit(unit));
            }
            let number = word.strip_prefix("member:").unwrap_or(word);
            self.number(number).map(Target::Account)
        };
        let targets = match targets {
            "none" => Vec::new(),
            _ => targets.split(',').map(target).collect::<Option<_>>()?,
        };
        let name = if what.starts_with('{') { "written-out" } else { what };
        self.policies.push(Policy {
            id: format!("p-{:08}", self.policies.len()),
            name: name.to_owned(),
            content: content.to_owned(),
            targets,
            stops_audits,
        });
        Some(())
    }

    pub fn add_policies(&mut self, count: usize) {
        let first = self.policies.len();
        for number in first..first + count {
            let unit =
                if self.units == 0 { Target::Root } else { Target::Unit(number % self.units + 1) };
            self.policies.push(Policy {
                id: format!("p-{number:08}"),
                name: format!("guardrail-{number}"),
                content: format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*","Condition":{{"StringEquals":{{"ec2:InstanceType":"example.{number}xlarge"}}}}}}]}}"#
                ),
                targets: vec![unit],
                stops_audits: false,
            });
        }
    }

    /// The units above an account, the topmost first.
    pub fn units_of(&self, index: usize) -> Vec<usize> {
        let mut unit = match index {
            0 => 0,
            1 => self.units.min(1),
            _ => narrow(hash(self.seed ^ (index as u64) << 20) % (self.units as u64 + 1)),
        };
        let mut units = Vec::new();
        while unit > 0 {
            units.insert(0, unit);
            unit = Self::parent(unit);
        }
        units
    }

    /// The parent of a unit; 0 is the root.
    fn parent(unit: usize) -> usize {
        (unit - 1) / 8
    }

    pub fn unit_id(unit: usize) -> String {
        format!("ou-exam-{unit:08}")
    }

    pub fn root(&self) -> Value {
        let types = if self.scps {
            json!([{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }])
        } else {
            json!([])
        };
        json!({
            "Id": ROOT,
            "Arn": self.arn("root", &format!("/{ROOT}")),
            "Name": "Root",
            "PolicyTypes": types,
        })
    }

    pub fn target(&self, target: Target) -> Value {
        let (id, kind, name, arn) = match target {
            Target::Root => {
                (ROOT.to_owned(), "ROOT", "Root".to_owned(), self.arn("root", &format!("/{ROOT}")))
            }
            Target::Unit(unit) => {
                let id = Self::unit_id(unit);
                let arn = self.arn("ou", &format!("/{id}"));
                (id, "ORGANIZATIONAL_UNIT", format!("unit-{unit}"), arn)
            }
            Target::Account(index) => {
                let id = self.account_id(index);
                let arn = self.arn("account", &format!("/{id}"));
                (id, "ACCOUNT", self.account_name(index), arn)
            }
        };
        json!({ "TargetId": id, "Arn": arn, "Name": name, "Type": kind })
    }

    /// Where AWS attaches that policy: the root, all units, all accounts.
    pub fn everywhere(&self, position: usize) -> Option<Target> {
        match position {
            0 => Some(Target::Root),
            _ if position <= self.units => Some(Target::Unit(position)),
            _ => Some(Target::Account(position - self.units - 1))
                .filter(|_| position - self.units - 1 < self.size),
        }
    }

    /// Whether an SCP denies the calls of an AssumeRoot session of the account.
    pub fn stops_audit(&self, index: usize) -> bool {
        self.scps
            && self.policies.iter().any(|policy| policy.stops_audits && self.binds(policy, index))
    }

    /// Whether a policy is attached to the account or above it. SCPs do not apply to the management account.
    pub fn binds(&self, policy: &Policy, index: usize) -> bool {
        let is_above = |target: &Target| match target {
            Target::Root => true,
            Target::Unit(unit) => self.units_of(index).contains(unit),
            Target::Account(account) => *account == index,
        };
        index != 0 && policy.targets.iter().any(is_above)
    }
}
