//! `ListRoots`, `ListPolicies`, `DescribePolicy` and `ListTargetsForPolicy`: whether service control
//! policies have an effect, and deny root. [`crate::model::scp`] parses the policies.

use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Member, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `ListRoots`: whether policies of each type have an effect.
pub const LIST_ROOTS: Call = Call {
    service: Service::Organizations,
    operation: "ListRoots",
    iam_action: "organizations:ListRoots",
    complete_answer: Answer::JsonList { list: "Roots", texts: &["Id"], documents: &[] },
};

/// `ListPolicies`, of the type `SERVICE_CONTROL_POLICY`.
pub const LIST_POLICIES: Call = Call {
    service: Service::Organizations,
    operation: "ListPolicies",
    iam_action: "organizations:ListPolicies",
    complete_answer: Answer::JsonList { list: "Policies", texts: &["Id", "Name"], documents: &[] },
};

/// `DescribePolicy`; the policy is JSON in a text.
pub const DESCRIBE_POLICY: Call = Call {
    service: Service::Organizations,
    operation: "DescribePolicy",
    iam_action: "organizations:DescribePolicy",
    complete_answer: Answer::JsonObject(&[Member::Object(
        "Policy",
        &[
            Member::Object("PolicySummary", &[Member::Text("Id"), Member::Text("Name")]),
            Member::Document("Content"),
        ],
    )]),
};

/// `ListTargetsForPolicy`.
pub const LIST_TARGETS: Call = Call {
    service: Service::Organizations,
    operation: "ListTargetsForPolicy",
    iam_action: "organizations:ListTargetsForPolicy",
    complete_answer: Answer::JsonList {
        list: "Targets",
        texts: &["TargetId", "Type"],
        documents: &[],
    },
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "service-control-policies",
    name: "service control policies",
    calls: &[LIST_ROOTS, LIST_POLICIES, DESCRIBE_POLICY, LIST_TARGETS],
    if_unreadable: "read the policies yourself, and report it as a bug in rootgate if they are simple",
    schema: SourceSchema {
        description: "ListRoots, ListPolicies, DescribePolicy and ListTargetsForPolicy: which service control policies on the account's path deny root.",
        value: r##"{ "$ref": "#/$defs/root_denial" }"##,
        defs: r#"{
  "root_denial": {
    "type": "object",
    "required": ["denied_by", "unclear"],
    "additionalProperties": false,
    "properties": {
      "denied_by": { "description": "Each policy that denies root: its id and name.", "type": "array", "items": { "type": "string" } },
      "unclear": { "description": "Why another policy may deny root, too.", "type": "array", "items": { "type": "string" } },
      "disabled": { "description": "Whether service control policies are disabled in the organization, so that none has an effect; default: false.", "type": "boolean" }
    }
  }
}
"#,
    },
};

/// The effect of the service control policies on an account's path on its root user.
///
/// The texts come from the authors of the policies: escape them on output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootDenial {
    /// The policies that deny root, each by its id and name.
    pub denied_by: Vec<String>,
    /// Why another policy may deny root, too; each is one clause.
    pub unclear: Vec<String>,
    /// Whether service control policies are disabled in the organization: none has an effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

impl RootDenial {
    /// The effect in an organization in which service control policies are disabled.
    #[must_use]
    pub fn disabled() -> Self {
        Self { disabled: true, ..Self::default() }
    }
}

/// The value of a healthy account: root is denied.
#[cfg(test)]
pub(crate) fn healthy() -> RootDenial {
    RootDenial {
        denied_by: vec!["p-examplepolicyid111 (deny-root)".to_owned()],
        ..RootDenial::default()
    }
}
