//! `ListVirtualMFADevices`: whether a virtual device can sign root in.

use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `ListVirtualMFADevices`. Only assigned devices are requested, and an assigned one has a user.
pub const LIST: Call = Call {
    service: Service::Iam,
    operation: "ListVirtualMFADevices",
    iam_action: "iam:ListVirtualMFADevices",
    complete_answer: Answer::Xml(&[
        Part::List(
            "VirtualMFADevices",
            &[
                Part::Text("SerialNumber"),
                Part::Element {
                    name: "User",
                    parts: &[Part::Text("Arn")],
                    because: " in a device that is assigned to somebody",
                },
            ],
        ),
        Part::Pages,
    ]),
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "virtual-mfa-devices",
    name: "list of virtual MFA devices",
    calls: &[LIST],
    if_unreadable: "run again; if the error persists, report it as a bug in rootgate",
    schema: SourceSchema {
        description: "ListVirtualMFADevices, of the whole account.",
        value: r##"{ "type": "array", "items": { "$ref": "#/$defs/virtual_mfa_device" } }"##,
        defs: r#"{
  "virtual_mfa_device": {
    "type": "object",
    "required": ["serial_number"],
    "additionalProperties": false,
    "properties": {
      "serial_number": { "type": "string" },
      "user_arn": { "description": "null while the device is unassigned.", "type": ["string", "null"] }
    }
  }
}
"#,
    },
};

/// One entry of `ListVirtualMFADevices`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VirtualMfaDevice {
    /// The device's ARN. It does not prove whose device it is: any user's device may be called
    /// `root-account-mfa-device`.
    pub serial_number: String,
    /// The ARN of the user it is assigned to; `None` while it is unassigned.
    pub user_arn: Option<String>,
}

/// The list of a healthy account: empty.
#[cfg(test)]
pub(crate) fn healthy() -> Vec<VirtualMfaDevice> {
    Vec::new()
}
