//! `DescribeOrganization` and `ListAccounts`: the organization, and the role of the account in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Member, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `DescribeOrganization`. Any account of the organization may ask.
pub const DESCRIBE: Call = Call {
    service: Service::Organizations,
    operation: "DescribeOrganization",
    iam_action: "organizations:DescribeOrganization",
    complete_answer: Answer::JsonObject(&[Member::Object(
        "Organization",
        &[
            Member::Text("Id"),
            Member::Text("MasterAccountId"),
            Member::Text("MasterAccountArn"),
            Member::Text("FeatureSet"),
        ],
    )]),
};

/// `ListAccounts`. An empty page may have a token, so only a page without one is the last.
pub const LIST_ACCOUNTS: Call = Call {
    service: Service::Organizations,
    operation: "ListAccounts",
    iam_action: "organizations:ListAccounts",
    complete_answer: Answer::JsonList { list: "Accounts", texts: &["Id"], documents: &[] },
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "organization",
    name: "organization",
    calls: &[DESCRIBE, LIST_ACCOUNTS],
    if_unreadable: "run again; if the error persists, report it as a bug in rootgate",
    schema: SourceSchema {
        description: "DescribeOrganization and ListAccounts: the organization, and what the account is in it.",
        value: r##"{ "$ref": "#/$defs/organization" }"##,
        defs: r##"{
  "organization": {
    "type": "object",
    "required": ["id", "management"],
    "additionalProperties": false,
    "properties": {
      "id": { "type": "string", "pattern": "^o-[a-z0-9]{10,32}$" },
      "management": { "description": "Whether it is the management account.", "type": "boolean" },
      "joined_at": { "$ref": "#/$defs/time" }
    }
  }
}
"##,
    },
};

/// The organization, and the role of the account in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The organization's id: `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// Whether the account is the management account.
    pub management: bool,
    /// When the account joined; `None`: AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<DateTime<Utc>>,
}

/// The value of a healthy account: a member.
#[cfg(test)]
pub(crate) fn healthy() -> Organization {
    Organization { id: "o-exampleorgid".to_owned(), management: false, joined_at: None }
}
