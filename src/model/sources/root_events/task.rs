//! The tasks that need root, so that a reader tells break-glass from daily use.

use serde::{Deserialize, Serialize};

/// A task that only the root user can do.
///
/// Source: IAM User Guide, "AWS account root user", the list of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootTask {
    /// The account's e-mail address.
    ChangeEmail,
    /// The root password.
    ChangePassword,
    /// Root access keys.
    ManageAccessKeys,
    /// Root MFA devices.
    ManageMfa,
    /// Signing certificates and CloudFront key pairs.
    ManageCertificates,
    /// Closing the account.
    CloseAccount,
    /// Tax settings and tax invoices.
    TaxSettings,
    /// Restoring IAM permissions that no user has any more.
    RestorePermissions,
    /// A support case, for example for a KMS key that no user can manage.
    SupportCase,
    /// S3's MFA delete.
    MfaDelete,
    /// A bucket policy that locks everybody out.
    UnlockBucketPolicy,
    /// A queue policy that locks everybody out.
    UnlockQueuePolicy,
}

impl RootTask {
    /// The task, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChangeEmail => "change the e-mail address",
            Self::ChangePassword => "change the password",
            Self::ManageAccessKeys => "manage root access keys",
            Self::ManageMfa => "manage root MFA",
            Self::ManageCertificates => "manage signing certificates",
            Self::CloseAccount => "close the account",
            Self::TaxSettings => "change tax settings",
            Self::RestorePermissions => "restore IAM permissions",
            Self::SupportCase => "open a support case",
            Self::MfaDelete => "set MFA delete on a bucket",
            Self::UnlockBucketPolicy => "unlock a bucket policy",
            Self::UnlockQueuePolicy => "unlock a queue policy",
        }
    }

    /// The task that a call belongs to. `mfa_delete`: the request names it.
    pub(super) fn from_call(service: &str, name: &str, mfa_delete: bool) -> Option<Self> {
        Some(match (service, name) {
            (_, "EmailUpdated" | "UpdateAccountEmailAddress") => Self::ChangeEmail,
            ("account", "StartPrimaryEmailUpdate" | "AcceptPrimaryEmailUpdate") => {
                Self::ChangeEmail
            }
            ("iam", "ChangePassword")
            | ("signin", "PasswordUpdated" | "PasswordRecoveryCompleted") => Self::ChangePassword,
            ("iam", "CreateAccessKey" | "UpdateAccessKey" | "DeleteAccessKey") => {
                Self::ManageAccessKeys
            }
            (
                "iam",
                "CreateVirtualMFADevice"
                | "EnableMFADevice"
                | "DeactivateMFADevice"
                | "ResyncMFADevice"
                | "DeleteVirtualMFADevice",
            ) => Self::ManageMfa,
            (
                "iam",
                "UploadSigningCertificate"
                | "UpdateSigningCertificate"
                | "DeleteSigningCertificate"
                | "UploadCloudFrontPublicKey"
                | "UpdateCloudFrontPublicKey"
                | "DeleteCloudFrontPublicKey",
            ) => Self::ManageCertificates,
            (_, "CloseAccount") => Self::CloseAccount,
            (_, name) if name.contains("TaxRegistration") || name.contains("TaxInheritance") => {
                Self::TaxSettings
            }
            ("iam", "SetDefaultPolicyVersion") => Self::RestorePermissions,
            ("iam", name)
                if name.ends_with("Policy")
                    && ["Attach", "Put", "Detach"].iter().any(|verb| name.starts_with(verb)) =>
            {
                Self::RestorePermissions
            }
            ("support", "CreateCase") => Self::SupportCase,
            ("s3", "PutBucketVersioning") if mfa_delete => Self::MfaDelete,
            ("s3", "PutBucketPolicy" | "DeleteBucketPolicy") => Self::UnlockBucketPolicy,
            ("sqs", "SetQueueAttributes") => Self::UnlockQueuePolicy,
            _ => return None,
        })
    }
}
