//! One role to create: where, whom it trusts and what it may do.

use serde_json::{Value, json};

use crate::model::{AccountId, Partition, Source};
use crate::policy::Policy;
use crate::rules;

/// The role that is created where the policy names none, and the hub's.
pub(super) const DEFAULT_ROLE: &str = "rootgate";

/// The tag of every role, so that a script knows its own.
pub(super) const TAG: (&str, &str) = ("managed-by", "rootgate");

/// The name of the role's inline policy.
pub(super) const POLICY_NAME: &str = "rootgate";

/// AWS's limit. Source: IAM User Guide, "IAM and AWS STS quotas".
const MAX_NAME: usize = 64;

/// A role, generated as one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    /// The file, without its extension: `account-111122223333`.
    pub(super) file: String,
    /// What the role is for, as a clause: "the role of account 111122223333".
    pub(super) purpose: String,
    /// Where it is created.
    pub(super) place: Place,
    pub(super) partition: Partition,
    /// `/`, or `/ci/audit/`.
    pub(super) path: String,
    pub(super) name: String,
    /// Whom it trusts.
    pub(super) trust: Value,
    /// What it may do.
    pub(super) permissions: Value,
    /// Whether GitHub's identity provider is created, too.
    pub(super) creates_provider: bool,
}

/// Where a role is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In this account.
    Account(AccountId),
    /// In every member account of the organization but these.
    Members { but: Vec<AccountId> },
    /// In the management account, unless that is one of these.
    Management { unless: Vec<AccountId> },
}

impl Role {
    /// The role's ARN; for many accounts, with `*` for them.
    pub(super) fn arn(&self) -> String {
        let account = match &self.place {
            Place::Account(account) => account.as_str(),
            Place::Members { .. } | Place::Management { .. } => "*",
        };
        format!("arn:{}:iam::{account}:role{}{}", self.partition, self.path, self.name)
    }

    /// What Terraform calls it: the account, or the file.
    pub(super) fn label(&self) -> &str {
        self.file.strip_prefix("account-").unwrap_or(&self.file)
    }

    /// The Region of IAM's endpoint. IAM is global, but tools find the partition by a Region.
    /// Source: AWS General Reference, "IAM endpoints and quotas".
    pub(super) fn region(&self) -> &'static str {
        match self.partition.as_str() {
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            "aws-eusc" => "eusc-de-east-1",
            _ => "us-east-1",
        }
    }
}

/// Path and name of `ci/audit/rootgate`, or of the default role.
///
/// # Errors
/// AWS allows no role of that name.
pub(super) fn path_and_name(role: &str) -> Result<(String, String), super::Refused> {
    let (path, name) = match role.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), role),
    };
    if name.len() > MAX_NAME {
        return Err(super::Refused::RoleName(name.to_owned()));
    }
    Ok((path, name.to_owned()))
}

/// The IAM policy for reading one account: the actions of the rules' sources and nothing else.
pub(super) fn account_permissions(policy: &Policy) -> Option<Value> {
    let needs = rules::needs(policy);
    let sources = needs.into_iter().filter(|source| !source.is_for_organizations());
    let read = reads(sources)?;
    Some(json!({ "Version": "2012-10-17", "Statement": [read] }))
}

/// The statement for reading these sources.
pub(super) fn reads(sources: impl IntoIterator<Item = Source>) -> Option<Value> {
    let mut actions: Vec<&str> = sources.into_iter().flat_map(|source| source.actions()).collect();
    actions.sort_unstable();
    actions.dedup();
    // None of these actions knows resources: AWS takes only `*` for them.
    // Source: Service Authorization Reference, AWS Identity and Access Management.
    (!actions.is_empty()).then(|| {
        json!({
            "Sid": "RootgateReadsRootEvidence",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
        })
    })
}
