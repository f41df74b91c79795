//! The sources: what rootgate knows about root, and the calls that provide it. One file each.
//!
//! `each_source` is the one list of them. From it come [`Source`], the fields of `Evidence` and the
//! keys of the evidence file; a source that is missing somewhere does not compile.

pub mod account_summary;
pub mod credential_report;
pub mod root_events;
mod schema;
pub mod virtual_mfa_devices;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::call::{Call, SIGN_IN};

pub use account_summary::AccountSummary;
pub use credential_report::{
    Cell, CertificateSlot, CredentialReport, KeySlot, ParsedReport, ReportError, RootRow,
    kept_columns,
};
pub use root_events::{
    EventKind, KeyChange, KeyState, MfaTarget, Record, RecordError, RegionGap, RegionRead,
    RootEvent, RootEvents, RootTask, SignInClient, SignedBy, classify, issued_by_root,
};
pub use schema::{SourceSchema, evidence_schema};
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
