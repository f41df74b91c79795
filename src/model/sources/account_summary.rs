//! `GetAccountSummary`: the cheapest source, and always current.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `GetAccountSummary`.
pub const GET: Call = Call {
    service: Service::Iam,
    operation: "GetAccountSummary",
    iam_action: "iam:GetAccountSummary",
    complete_answer: Answer::Xml(&[Part::Counters("SummaryMap")]),
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "account-summary",
    name: "account summary",
    calls: &[GET],
    if_unreadable: "run again; if the error persists, report it as a bug in rootgate",
    schema: SourceSchema {
        description: "GetAccountSummary, only the counters about root. A missing counter is unknown, not 0.",
        value: r##"{ "type": "object", "additionalProperties": { "type": "integer" } }"##,
        defs: "",
    },
};

/// `GetAccountSummary`: the whole map, as AWS sends it.
///
/// The four `Account…` keys are about the root user; the others are account-wide counters.
/// Source: IAM API reference, GetAccountSummary.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountSummary(
    #[serde(deserialize_with = "crate::model::evidence_file::unique_keys")]
    pub  BTreeMap<String, i64>,
);

impl AccountSummary {
    /// The keys of the map that are about the root user; only these are kept.
    pub const ROOT_KEYS: &[&str] = &[
        "AccountAccessKeysPresent",
        "AccountMFAEnabled",
        "AccountPasswordPresent",
        "AccountSigningCertificatesPresent",
    ];

    /// A counter; `None` if AWS did not send it or sent a negative one: unknown, not 0.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u64> {
        u64::try_from(*self.0.get(key)?).ok()
    }
}

/// The summary of a healthy account: a password and MFA, no key, no certificate.
#[cfg(test)]
pub(crate) fn healthy() -> AccountSummary {
    let present =
        |key: &&str| i64::from(matches!(*key, "AccountMFAEnabled" | "AccountPasswordPresent"));
    let keys = AccountSummary::ROOT_KEYS.iter();
    AccountSummary(keys.map(|key| ((*key).to_owned(), present(key))).collect())
}
