//! Root's credentials, as seen by a session by `sts:AssumeRoot` with the task
//! `IAMAuditRootUserCredentials`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Gap;
use crate::model::call::{Answer, CREDENTIALS, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};

/// `AssumeRoot`. It opens the session for the other calls, and is the only call that needs a
/// permission.
pub const ASSUME_ROOT: Call = Call {
    service: Service::Sts,
    operation: "AssumeRoot",
    iam_action: "sts:AssumeRoot",
    complete_answer: CREDENTIALS,
};

/// `ListAccessKeys`, without a user name: root's.
pub const LIST_KEYS: Call = Call {
    service: Service::Iam,
    operation: "ListAccessKeys",
    iam_action: "iam:ListAccessKeys",
    complete_answer: Answer::Xml(&[
        Part::List(
            "AccessKeyMetadata",
            &[Part::Text("AccessKeyId"), Part::Text("Status"), Part::Text("CreateDate")],
        ),
        Part::Pages,
    ]),
};

/// `ListSigningCertificates`, without a user name: root's.
pub const LIST_CERTIFICATES: Call = Call {
    service: Service::Iam,
    operation: "ListSigningCertificates",
    iam_action: "iam:ListSigningCertificates",
    complete_answer: Answer::Xml(&[
        Part::List(
            "Certificates",
            &[Part::Text("CertificateId"), Part::Text("Status"), Part::Text("UploadDate")],
        ),
        Part::Pages,
    ]),
};

/// `ListMFADevices`, without a user name: root's.
pub const LIST_MFA_DEVICES: Call = Call {
    service: Service::Iam,
    operation: "ListMFADevices",
    iam_action: "iam:ListMFADevices",
    complete_answer: Answer::Xml(&[
        Part::List("MFADevices", &[Part::Text("SerialNumber")]),
        Part::Pages,
    ]),
};

/// `GetLoginProfile`, without a user name: root's. If root has no password, AWS answers with the
/// error `NoSuchEntity`.
pub const GET_LOGIN_PROFILE: Call = Call {
    service: Service::Iam,
    operation: "GetLoginProfile",
    iam_action: "iam:GetLoginProfile",
    complete_answer: Answer::Xml(&[Part::Element {
        name: "LoginProfile",
        parts: &[Part::Text("CreateDate")],
        because: "",
    }]),
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "root-audit",
    name: "audit by AssumeRoot",
    calls: &[ASSUME_ROOT, LIST_KEYS, LIST_CERTIFICATES, LIST_MFA_DEVICES, GET_LOGIN_PROFILE],
    if_unreadable: "run again; if the error persists, report it as a bug in rootgate",
    schema: SourceSchema {
        description: "What a session by sts:AssumeRoot sees of root. A part that was not asked for is not there: the account summary counts none.",
        value: r##"{ "$ref": "#/$defs/root_audit" }"##,
        defs: include_str!("root_audit.schema.json"),
    },
};

/// A part of an audit: its value, or why it is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audited<T> {
    /// AWS's answer.
    Value(T),
    /// It was requested, but could not be read.
    Gap(Gap),
}

/// Root's credentials, as root itself would list them. It contains no secrets: ids are not secret.
///
/// `None`: not requested, because the account summary of the same session counts none. The session
/// shows no use: it may read neither the credential report nor CloudTrail. Source: IAM User Guide,
/// "Perform a privileged task on a member account".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootAudit {
    /// Every access key, active or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_keys: Option<Audited<Vec<AuditedKey>>>,
    /// Every signing certificate, active or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Audited<Vec<AuditedCertificate>>>,
    /// Every MFA device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_devices: Option<Audited<Vec<AuditedMfaDevice>>>,
    /// Whether there is a login profile: a password, or the permission to set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_profile: Option<Audited<bool>>,
}

/// A root access key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedKey {
    /// `AKIA…`. Not a secret: it only names the key.
    pub id: String,
    /// Whether its status is `Active`; `None`: the status is unknown.
    pub active: Option<bool>,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// A signing certificate of root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedCertificate {
    /// Its id.
    pub id: String,
    /// When it was uploaded.
    pub uploaded: DateTime<Utc>,
}

/// An MFA device of root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedMfaDevice {
    /// Its serial number. It is an ARN, except for hardware tokens.
    pub serial_number: String,
}

/// The kind of an MFA device, by its serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MfaKind {
    /// An app: its secret can be copied.
    Virtual,
    /// A security key or a passkey. A passkey may be synced, and the two look the same.
    Fido,
    /// A hardware token with codes: its serial number is the manufacturer's, not an ARN.
    Token,
    /// An ARN of another form.
    Unknown,
}

impl AuditedMfaDevice {
    /// The kind of the device.
    ///
    /// Source: IAM API reference, MFADevice; IAM User Guide, "Assign a passkey or security key". The ARN of
    /// root's own security keys is not documented, so only the part after the account is compared.
    #[must_use]
    pub fn kind(&self) -> MfaKind {
        let mut fields = self.serial_number.splitn(6, ':');
        if fields.next() != Some("arn") {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=/,.@_-".contains(&byte);
            let is_token = !self.serial_number.is_empty() && self.serial_number.bytes().all(plain);
            return if is_token { MfaKind::Token } else { MfaKind::Unknown };
        }
        match fields.nth(4).and_then(|resource| resource.split_once('/')) {
            Some(("mfa", _)) => MfaKind::Virtual,
            Some(("u2f", _)) => MfaKind::Fido,
            _ => MfaKind::Unknown,
        }
    }
}

impl RootAudit {
    /// The parts that were requested but could not be read, in the order of the fields.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        // Without `..`, so that no part is forgotten.
        let Self { access_keys, certificates, mfa_devices, login_profile } = self;
        [
            access_keys.as_ref().and_then(Audited::gap),
            certificates.as_ref().and_then(Audited::gap),
            mfa_devices.as_ref().and_then(Audited::gap),
            login_profile.as_ref().and_then(Audited::gap),
        ]
        .into_iter()
        .flatten()
    }
}

impl<T> Audited<T> {
    /// Why it was not read, if it was not.
    #[must_use]
    pub const fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Value(_) => None,
            Self::Gap(gap) => Some(gap),
        }
    }
}

/// The value of a healthy account: nothing was requested, as in an account that is entered by a
/// role.
#[cfg(test)]
pub(crate) fn healthy() -> RootAudit {
    RootAudit::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_number_shows_the_kind_of_a_device() {
        for (serial_number, kind) in [
            ("arn:aws:iam::111122223333:mfa/root-account-mfa-device", MfaKind::Virtual),
            ("arn:aws-cn:iam::111122223333:mfa/any/name", MfaKind::Virtual),
            ("arn:aws:iam::111122223333:u2f/root/key-ABCDEFGH", MfaKind::Fido),
            ("arn:aws:iam::111122223333:u2f/user/alice/key", MfaKind::Fido),
            ("GAHT12345678", MfaKind::Token),
            ("sms:+15555550100", MfaKind::Unknown),
            ("arn:aws:iam::111122223333:sms-mfa/alice", MfaKind::Unknown),
            ("arn:aws:iam::111122223333:mfa", MfaKind::Unknown),
            ("arn", MfaKind::Unknown),
            ("", MfaKind::Unknown),
        ] {
            let device = AuditedMfaDevice { serial_number: serial_number.to_owned() };
            assert_eq!(device.kind(), kind, "{serial_number}");
        }
    }
}
