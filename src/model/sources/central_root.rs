//! `ListOrganizationsFeatures`: whether the organization manages the root users of its members.

use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `ListOrganizationsFeatures`. Only the management account and IAM's delegated administrator may ask.
pub const LIST: Call = Call {
    service: Service::Iam,
    operation: "ListOrganizationsFeatures",
    iam_action: "iam:ListOrganizationsFeatures",
    complete_answer: Answer::Xml(&[Part::Text("OrganizationId"), Part::Texts("EnabledFeatures")]),
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "central-root",
    name: "list of central root features",
    calls: &[LIST],
    if_unreadable: "run again; if the error persists, report it as a bug in rootgate",
    schema: SourceSchema {
        description: "ListOrganizationsFeatures: whether the organization manages the root users of its members.",
        value: r##"{ "$ref": "#/$defs/central_root" }"##,
        defs: r#"{
  "central_root": {
    "type": "object",
    "required": ["credentials_management", "root_sessions"],
    "additionalProperties": false,
    "properties": {
      "credentials_management": { "description": "RootCredentialsManagement.", "type": "boolean" },
      "root_sessions": { "description": "RootSessions.", "type": "boolean" }
    }
  }
}
"#,
    },
};

/// The enabled features of central root access.
///
/// AWS answers with an error if nothing can be enabled yet, and those errors are facts, too:
/// `ServiceAccessNotEnabled` (trusted access of IAM is off) and `OrganizationNotInAllFeaturesMode`
/// mean that neither is enabled. `AccountNotManagementOrDelegatedAdministrator` is a gap. Source:
/// IAM API reference, ListOrganizationsFeatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentralRoot {
    /// `RootCredentialsManagement`: root credentials of members can be audited and deleted centrally.
    pub credentials_management: bool,
    /// `RootSessions`: privileged tasks such as unlocking a bucket.
    pub root_sessions: bool,
}

/// The value of a healthy account: everything is enabled.
#[cfg(test)]
pub(crate) fn healthy() -> CentralRoot {
    CentralRoot { credentials_management: true, root_sessions: true }
}
