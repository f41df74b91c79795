//! One role to create: where, whom it trusts and what it may do.

use serde_json::{Value, json};

use crate::model::{AccountId, Partition, Source};

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
    /// The account that it is created in.
    pub(super) account: AccountId,
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

impl Role {
    pub(super) fn arn(&self) -> String {
        format!("arn:{}:iam::{}:role{}{}", self.partition, self.account, self.path, self.name)
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

/// The IAM policy for reading these sources: their actions and nothing else; `None` if nothing is read.
#[must_use]
pub fn reads<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Option<Value> {
    let mut actions: Vec<&str> = sources.into_iter().flat_map(|source| source.actions()).collect();
    actions.sort_unstable();
    // None of these actions knows resources: AWS takes only `*` for them.
    // Source: Service Authorization Reference, AWS Identity and Access Management.
    let statement = json!({
        "Sid": "RootgateReadsRootEvidence",
        "Effect": "Allow",
        "Action": actions,
        "Resource": "*",
    });
    (!actions.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": [statement] }))
}
