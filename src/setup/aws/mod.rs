//! The AWS side: a role for each account, with a trust policy and exactly the permissions that the rules need.

mod cloudformation;
mod organization;
mod role;
mod shell;
mod terraform;
mod terraform_organization;
#[cfg(test)]
mod tests;
mod trust;

pub use trust::{GitHubJobs, InvalidTrust, RepositoryIds};

use crate::escape;
use crate::model::{AccountId, Partition};
use crate::policy::{Policy, ScopeAccount};
use role::{DEFAULT_ROLE, Place, Role, account_permissions, path_and_name};

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A template for AWS CloudFormation.
    CloudFormation,
    /// A file for Terraform or OpenTofu.
    Terraform,
    /// A script that calls the AWS CLI.
    Shell,
}

/// What the roles are for.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Its scope names the accounts, its rules the permissions.
    pub policy: &'a Policy,
    /// The jobs that sign in.
    pub jobs: &'a GitHubJobs,
    /// The format of every file.
    pub format: Format,
    /// The accounts have GitHub's identity provider already.
    pub existing_provider: bool,
    /// The account from which an organization is read.
    pub hub_account: Option<&'a AccountId>,
    /// What the hub must pass to the roles of an organization.
    pub external_id: Option<&'a str>,
}

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupFile {
    /// Its name: `account-111122223333.yaml`.
    pub name: String,
    /// Its content.
    pub text: String,
    /// The account that it is for; `hub`, `members` and `management` of an organization.
    pub whose: String,
    /// The role that it creates.
    pub role_arn: String,
    /// The Region of IAM's endpoint, where a StackSet makes its stacks.
    pub region: &'static str,
}

/// The files, and what the reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// In the order of the policy.
    pub files: Vec<SetupFile>,
    /// What the policy and the files do not agree on.
    pub differences: Vec<String>,
}

/// Why nothing is generated. As a sentence it says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The policy names no account.
    #[error("the policy names no account, so there is no account to create a role in")]
    NoAccount,
    /// Nothing is read.
    #[error("every rule of the policy is off, so rootgate reads nothing and needs no role")]
    NothingToRead,
    /// An organization without a hub.
    #[error(
        "the policy names an organization, and --hub-account does not say from which account it is read"
    )]
    NoHub,
    /// Flags for an organization, where the policy names none.
    #[error("{0} is for an organization, and the policy names none (`scope.organization`)")]
    NoOrganization(&'static str),
    /// STS does not take it.
    #[error("`{0}` is not an external id: 2 to 1,224 letters, digits and `_+=,.@:/-`")]
    ExternalId(String),
    /// The name is too long.
    #[error("a role's name has at most 64 characters, and `{0}` has more")]
    RoleName(String),
}

impl Refused {
    /// What to do.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoAccount => {
                "name the accounts in `scope.accounts`: rootgate policy init --account \
                 111122223333=arn:aws:iam::111122223333:role/rootgate writes such a policy"
            }
            Self::NothingToRead => "enable a rule",
            Self::NoHub => {
                "pass --hub-account ID: the management account, or a delegated administrator"
            }
            Self::NoOrganization(_) => "leave it out, or add `scope.organization` to the policy",
            Self::ExternalId(_) => "pass another --external-id",
            Self::RoleName(_) => "shorten the role's name in the policy's `role-arn`",
        }
    }
}

impl Format {
    /// The extension of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::CloudFormation => "yaml",
            Self::Terraform => "tf",
            Self::Shell => "sh",
        }
    }
}

/// What `rootgate permissions` prints: the IAM policy of the credentials of a run. `None`: nothing is read.
///
/// For an organization that is the hub's.
#[must_use]
pub fn permissions(policy: &Policy) -> Option<serde_json::Value> {
    match &policy.organization {
        Some(organization) => {
            let partition = common_partition(&policy.scope);
            organization::hub_permissions(organization, &partition, policy)
        }
        None => account_permissions(policy),
    }
}

/// Generates the AWS side. The same input gives the same bytes.
///
/// # Errors
/// There is nothing to generate, or AWS would refuse it.
pub fn generate(wanted: &Wanted<'_>) -> Result<Generated, Refused> {
    let accounts = &wanted.policy.scope;
    let partition = common_partition(accounts);
    let mut generated = Generated { files: Vec::new(), differences: Vec::new() };
    let mut roles = organization_roles(wanted, &partition)?;
    if accounts.is_empty() && roles.is_empty() {
        return Err(Refused::NoAccount);
    }
    for account in accounts {
        let permissions = account_permissions(wanted.policy).ok_or(Refused::NothingToRead)?;
        let mut role = account_role(account, &partition, wanted, permissions)?;
        if account.role_arn.is_none() {
            generated.differences.push(no_role_named(account, &role));
        }
        let is_hub = wanted.hub_account == Some(&account.id);
        if is_hub && roles.first().is_some_and(|hub| hub.arn() == role.arn()) {
            continue; // the hub's role reads its own account
        }
        // The hub's file creates it.
        role.creates_provider &= !is_hub;
        roles.push(role);
    }
    generated.files = roles.iter().map(|role| file(role, wanted.format)).collect();
    Ok(generated)
}

/// The role of the hub, which GitHub's jobs assume to read an organization.
pub(super) fn hub_role_arn(accounts: &[ScopeAccount], hub: &AccountId) -> String {
    format!("arn:{}:iam::{hub}:role/{DEFAULT_ROLE}", common_partition(accounts))
}

fn no_role_named(account: &ScopeAccount, role: &Role) -> String {
    format!(
        "the policy names no role for account {} (line {}), so nothing would sign in to it: add role-arn: \"{}\"",
        account.id,
        account.line,
        role.arn()
    )
}

fn organization_roles(wanted: &Wanted<'_>, partition: &Partition) -> Result<Vec<Role>, Refused> {
    match (&wanted.policy.organization, wanted.hub_account) {
        (Some(organization), Some(hub)) => {
            organization::roles(organization, hub, partition, wanted)
        }
        (Some(_), None) => Err(Refused::NoHub),
        (None, Some(_)) => Err(Refused::NoOrganization("--hub-account")),
        (None, None) if wanted.external_id.is_some() => {
            Err(Refused::NoOrganization("--external-id"))
        }
        (None, None) => Ok(Vec::new()),
    }
}

fn account_role(
    account: &ScopeAccount,
    common: &Partition,
    wanted: &Wanted<'_>,
    permissions: serde_json::Value,
) -> Result<Role, Refused> {
    let arn = account.role_arn.as_deref();
    let partition = arn.and_then(Partition::from_arn).unwrap_or_else(|| common.clone());
    let named = arn.and_then(|arn| arn.split_once(":role/")).map_or(DEFAULT_ROLE, |(_, role)| role);
    let (path, name) = path_and_name(named)?;
    let called = account.name.as_ref().map(|name| format!(" ({})", escape::visible(name)));
    Ok(Role {
        file: format!("account-{}", account.id),
        purpose: format!("the role of account {}{}", account.id, called.unwrap_or_default()),
        place: Place::Account(account.id.clone()),
        trust: wanted.jobs.trust_policy(&partition, &account.id),
        partition,
        path,
        name,
        permissions,
        creates_provider: !wanted.existing_provider,
    })
}

/// The partition of accounts without a role: that of the policy's roles if they agree, else `aws`.
pub(super) fn common_partition(accounts: &[ScopeAccount]) -> Partition {
    let arns = accounts.iter().filter_map(|account| account.role_arn.as_deref());
    let mut partitions: Vec<Partition> = arns.filter_map(Partition::from_arn).collect();
    partitions.dedup();
    match <[Partition; 1]>::try_from(partitions) {
        Ok([only]) => only,
        Err(_) => Partition::commercial(),
    }
}

fn file(role: &Role, format: Format) -> SetupFile {
    let text = match format {
        Format::CloudFormation => cloudformation::template(role),
        Format::Terraform => terraform::file(role),
        Format::Shell => shell::script(role),
    };
    let name = format!("{}.{}", role.file, format.extension());
    SetupFile {
        name,
        text,
        whose: role.label().to_owned(),
        role_arn: role.arn(),
        region: role.region(),
    }
}

/// The comment at the top of a file, line by line.
fn head(role: &Role, format: Format, how: &str) -> Vec<String> {
    let file = &role.file;
    vec![
        format!(
            "{file}.{}: {}, written by `rootgate setup aws`.",
            format.extension(),
            role.purpose
        ),
        how.to_owned(),
    ]
}
