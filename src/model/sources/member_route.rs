//! The two routes into a member account, and the sources that each can see.

use crate::model::{Cause, Gap, Source};

/// How a member account of an organization is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberRoute {
    /// By a role in the member account.
    AssumeRole,
    /// By `sts:AssumeRoot` with the task policy `IAMAuditRootUserCredentials`, which allows seven
    /// reads.
    AssumeRoot,
}

impl MemberRoute {
    /// Every route.
    pub const ALL: &[Self] = &[Self::AssumeRole, Self::AssumeRoot];

    /// The name in policies: `assume-root`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AssumeRole => "assume-role",
            Self::AssumeRoot => "assume-root",
        }
    }

    /// The name of the call.
    #[must_use]
    pub const fn call(self) -> &'static str {
        match self {
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoot => "AssumeRoot",
        }
    }

    /// Whether a session of this route may read a source. Sources about the organization do not
    /// depend on the route.
    ///
    /// Source: the policy `IAMAuditRootUserCredentials`; IAM User Guide, "Perform a privileged task
    /// on a member account". No role can list root's keys with `ListAccessKeys`, because root
    /// has no user name.
    #[must_use]
    pub const fn sees(self, source: Source) -> bool {
        match source {
            Source::Organization
            | Source::CentralRoot
            | Source::ServiceControlPolicies
            | Source::AccountSummary => true,
            Source::CredentialReport | Source::VirtualMfaDevices | Source::RootEvents => {
                matches!(self, Self::AssumeRole)
            }
            Source::RootAudit => matches!(self, Self::AssumeRoot),
        }
    }

    /// The gap of a source that this route cannot see.
    #[must_use]
    pub fn blind_to(self, source: Source) -> Gap {
        let detail = format!("the {source} is not visible by {}", self.call());
        Gap::new(source, Cause::NotVisible, detail)
    }
}
