//! The sources: what rootgate knows about root, and the calls that provide it. One file each.
//!
//! `each_source` is the one list of them. From it come [`Source`], the fields of `Evidence` and the
//! keys of the evidence file; a source that is missing somewhere does not compile.

pub mod account_summary;
pub mod central_root;
pub mod credential_report;
mod member_route;
pub mod organization;
pub mod root_audit;
pub mod root_events;
mod schema;
pub mod service_control_policies;
pub mod virtual_mfa_devices;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::call::{Call, SIGN_IN};

pub use account_summary::AccountSummary;
pub use central_root::CentralRoot;
pub use credential_report::{
    Cell, CertificateSlot, CredentialReport, KeySlot, ParsedReport, ReportError, RootRow,
    kept_columns,
};
pub use member_route::MemberRoute;
pub use organization::Organization;
pub use root_audit::{
    Audited, AuditedCertificate, AuditedKey, AuditedMfaDevice, MfaKind, RootAudit,
};
pub use root_events::{
    EventKind, KeyChange, KeyState, MfaTarget, Record, RecordError, RegionGap, RegionRead,
    RootEvent, RootEvents, RootTask, SignInClient, SignedBy, classify, issued_by_root,
};
pub use schema::{SourceSchema, evidence_schema};
pub use service_control_policies::RootDenial;
pub use virtual_mfa_devices::VirtualMfaDevice;

/// Hands every source to the macro `$then`, in the order of reports: its variant, its field and
/// module, and what is known where it was read.
macro_rules! each_source {
    ($then:ident) => {
        $then! {
            /// The IAM credential report; of its rows, root's.
            CredentialReport, credential_report: crate::model::CredentialReport;
            /// The account summary: `GetAccountSummary`.
            AccountSummary, account_summary: crate::model::AccountSummary;
            /// Virtual MFA devices of the whole account: `ListVirtualMFADevices`.
            VirtualMfaDevices, virtual_mfa_devices: Vec<crate::model::VirtualMfaDevice>;
            /// What CloudTrail recorded of root: `LookupEvents`.
            RootEvents, root_events: crate::model::RootEvents;
            /// What a session by `sts:AssumeRoot` sees of a member's root user.
            RootAudit, root_audit: crate::model::RootAudit;
            /// The organization, and what the account is in it.
            Organization, organization: crate::model::Organization;
            /// Whether the organization manages the root users of its members centrally.
            CentralRoot, central_root: crate::model::CentralRoot;
            /// The service control policies that bind the account, and whether they deny root.
            ServiceControlPolicies, service_control_policies: crate::model::RootDenial;
        }
    };
}
pub(crate) use each_source;

macro_rules! source {
    ($($(#[$doc:meta])* $source:ident, $field:ident: $fact:ty;)*) => {
        /// Where a fact comes from.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Source {
            $($(#[$doc])* $source,)*
        }

        impl Source {
            /// Every source, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$source),*];

            /// What its file declares.
            #[must_use]
            pub const fn info(self) -> &'static SourceInfo {
                match self {
                    $(Self::$source => &$field::SOURCE,)*
                }
            }

            /// The key in evidence files: `credential_report`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$source => stringify!($field),)*
                }
            }
        }
    };
}
each_source!(source);

/// What a source declares in its file.
#[derive(Debug)]
pub struct SourceInfo {
    /// The name in files: `credential-report`.
    pub id: &'static str,
    /// The name in sentences: `credential report`.
    pub name: &'static str,
    /// The calls that read it; the first is the one that returns the fact.
    pub calls: &'static [Call],
    /// What to do where an answer came that does not tell the fact.
    pub if_unreadable: &'static str,
    /// Its form in the schema of evidence files.
    pub schema: SourceSchema,
}

impl Source {
    /// The name in files: `credential-report`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.info().id
    }

    /// The name in sentences: `credential report`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether it tells of the organization, and is read from outside of the account.
    #[must_use]
    pub const fn is_of_organization(self) -> bool {
        matches!(self, Self::Organization | Self::CentralRoot | Self::ServiceControlPolicies)
    }

    /// Whether it is asked for only where the policy judges an organization.
    #[must_use]
    pub const fn is_for_organizations(self) -> bool {
        self.is_of_organization() || matches!(self, Self::RootAudit)
    }

    /// Of those actions, the ones that somebody must be granted: a session by `sts:AssumeRoot` may read
    /// what its task allows, and nothing else can be granted to it.
    pub fn granted_actions(self) -> impl Iterator<Item = &'static str> {
        let is_granted =
            move |call: &&Call| self != Self::RootAudit || **call == root_audit::ASSUME_ROOT;
        self.info().calls.iter().filter(is_granted).map(|call| call.iam_action)
    }

    /// The IAM actions that reading it needs; the first is the one that returns the fact.
    pub fn actions(self) -> impl Iterator<Item = &'static str> {
        self.info().calls.iter().map(|call| call.iam_action)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Every call that rootgate makes to AWS: those that enter an account, then those of each source.
pub fn calls() -> impl Iterator<Item = &'static Call> {
    SIGN_IN.iter().chain(Source::ALL.iter().flat_map(|source| source.info().calls))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_is_there_once_and_names_an_action_of_its_service() {
        let mut seen = BTreeSet::new();
        for call in calls() {
            assert!(seen.insert((call.service, call.operation)), "{call} is there twice");
            let prefix = call.service.iam_prefix();
            let action = call.iam_action.strip_prefix(prefix).and_then(|it| it.strip_prefix(':'));
            assert!(action.is_some_and(|action| !action.is_empty()), "{call} is not of {prefix}");
        }
        assert!(seen.len() > SIGN_IN.len());
    }

    #[test]
    fn every_source_has_a_call_and_one_name_in_every_form() {
        for source in Source::ALL {
            assert!(!source.info().calls.is_empty(), "{source}");
            assert_eq!(serde_json::to_value(source).unwrap(), source.id());
            assert_eq!(source.key().replace('_', "-"), source.id());
        }
        let ids: BTreeSet<&str> = Source::ALL.iter().map(|source| source.id()).collect();
        assert_eq!(ids.len(), Source::ALL.len());
    }
}
