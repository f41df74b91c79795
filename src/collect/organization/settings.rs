//! The settings for an organization.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::model::{AccountId, Audit, Partition};

/// An organization whose accounts are all read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSettings {
    /// The role in each member, with its path if it has one. Only an audit by `AssumeRoot` alone
    /// works without.
    pub member_role: Option<String>,
    /// The role in the management account, for a run that does not start there.
    pub management_role: Option<String>,
    /// How members are entered.
    pub audit: Audit,
    /// An account that refuses is skipped if it joined more recently than this.
    pub new_account_grace: TimeDelta,
    /// The accounts that are not read, each with the reason.
    pub excluded: BTreeMap<AccountId, String>,
    /// Whether events of CloudTrail are read in members, and not only in the management account.
    pub read_members_events: bool,
    /// So many members are entered, and the others skipped; `None`: all. The management account is always
    /// entered.
    pub sample: Option<usize>,
}

impl OrganizationSettings {
    /// The ARNs of the roles that may be entered in an account.
    pub(crate) fn roles_in(&self, partition: &Partition, account: &str) -> Vec<String> {
        let in_members = self.member_role.as_deref().filter(|_| self.audit != Audit::AssumeRoot);
        let names = in_members.into_iter().chain(self.management_role.as_deref());
        let mut roles: Vec<String> = names.map(|name| role_arn(partition, account, name)).collect();
        roles.dedup();
        roles
    }
}

/// The ARN of a role by its name, which may have a path.
pub(crate) fn role_arn(partition: &Partition, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/'))
}
