//! AWS accounts and partitions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An AWS account id: exactly 12 ASCII digits, checked once, here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// The text is not 12 ASCII digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an AWS account id is exactly 12 digits")]
pub struct InvalidAccountId;

impl AccountId {
    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccountId)
        }
    }
}

impl TryFrom<String> for AccountId {
    type Error = InvalidAccountId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The second field of every ARN: `aws`, `aws-cn`, `aws-us-gov`, and those AWS adds later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Partition(String);

impl Partition {
    /// `None` unless the text is `aws` or begins with `aws-` and holds only `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let known_prefix = text == "aws" || (text.starts_with("aws-") && text.len() > 4);
        (plain && known_prefix).then(|| Self(text.to_owned()))
    }

    /// `aws`: that of the commercial Regions.
    #[must_use]
    pub fn commercial() -> Self {
        Self("aws".to_owned())
    }

    /// The partition that an ARN names.
    #[must_use]
    pub fn from_arn(arn: &str) -> Option<Self> {
        let mut fields = arn.split(':');
        (fields.next() == Some("arn")).then_some(())?;
        Self::new(fields.next()?)
    }

    /// The name, as in an ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether root can sign in to a console at all.
    ///
    /// In GovCloud it cannot, and it cannot have an MFA device.
    /// Source: AWS GovCloud (US) User Guide, the page on IAM.
    #[must_use]
    pub fn root_has_console(&self) -> bool {
        self.0 != "aws-us-gov"
    }

    /// The task policy of an audit by `sts:AssumeRoot`.
    ///
    /// Source: IAM User Guide, "Perform a privileged task on a member account".
    #[must_use]
    pub fn audit_task(&self) -> String {
        format!("arn:{}:iam::aws:policy/root-task/IAMAuditRootUserCredentials", self.0)
    }

    /// The ARN of an account's root user in this partition.
    #[must_use]
    pub fn root_arn(&self, account: &AccountId) -> String {
        format!("arn:{}:iam::{account}:root", self.0)
    }
}

impl TryFrom<String> for Partition {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("a partition is `aws`, `aws-cn`, `aws-us-gov` or another `aws-…`")
    }
}

impl From<Partition> for String {
    fn from(partition: Partition) -> Self {
        partition.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_ascii_digits() {
        assert!("111122223333".parse::<AccountId>().is_ok());
        for bad in ["", "11112222333", "1111222233334", "11112222333x", "１11122223333"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn any_partition_of_an_arn_is_read() {
        for (arn, partition) in [
            ("arn:aws:iam::111122223333:root", "aws"),
            ("arn:aws-cn:iam::111122223333:root", "aws-cn"),
            ("arn:aws-us-gov:iam::111122223333:root", "aws-us-gov"),
            ("arn:aws-eusc:iam::111122223333:root", "aws-eusc"),
        ] {
            assert_eq!(Partition::from_arn(arn).unwrap().as_str(), partition);
        }
        assert!(Partition::from_arn("arn:azure:iam::111122223333:root").is_none());
        assert!(Partition::from_arn("urn:aws:iam").is_none());
    }
}
