//! A session in an account, and the clients of its services.

use std::fmt;

use aws_config::{Region, SdkConfig};
use chrono::{DateTime, TimeDelta, Utc};

use crate::collect::answer_check::AnswerCheck;
use crate::github::oidc::Claims;
use crate::model::{AccountId, Partition};

/// A session in an account.
#[derive(Clone)]
pub struct Session {
    /// The account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// The ARN of the identity, as AWS returned it.
    pub arn: String,
    /// The claims of the GitHub token, if one was used.
    pub claims: Option<Claims>,
    /// When its credentials expire; `None`: unknown.
    pub(crate) expires: Option<DateTime<Utc>>,
    pub(crate) config: SdkConfig,
}

/// Does not show the credentials.
impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, partition, arn, claims: _, expires: _, config: _ } = self;
        let mut session = formatter.debug_struct("Session");
        session.field("account", account).field("partition", partition).field("arn", arn);
        session.finish_non_exhaustive()
    }
}

impl Session {
    /// Whether its credentials may have expired. AWS's clock may be ahead of this machine's by up
    /// to five minutes, the difference that a signature allows.
    pub(crate) fn may_have_ended(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| expires <= now + TimeDelta::minutes(5))
    }

    /// The client of IAM.
    #[must_use]
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// The client of CloudTrail in a Region.
    #[must_use]
    pub fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(AnswerCheck);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// The client of Organizations. There is one address per partition, for all Regions.
    #[must_use]
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        let config =
            aws_sdk_organizations::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_organizations::Client::from_conf(config.build())
    }

    /// The client of Account Management. There is one address per partition, for all Regions.
    #[must_use]
    pub fn account_management(&self) -> aws_sdk_account::Client {
        let config = aws_sdk_account::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_account::Client::from_conf(config.build())
    }
}

/// A client of STS, with the credentials of the configuration.
pub(crate) fn sts(config: &SdkConfig) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::config::Builder::from(config).interceptor(AnswerCheck);
    aws_sdk_sts::Client::from_conf(config.build())
}
