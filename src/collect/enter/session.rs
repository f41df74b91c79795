//! An account that was entered, and the clients of its services.

use std::fmt;

use aws_config::{Region, SdkConfig};
use chrono::{DateTime, TimeDelta, Utc};

use crate::collect::answer_check::AnswerCheck;
use crate::github::oidc::Claims;
use crate::model::{AccountId, Partition};

/// An account that was entered.
#[derive(Clone)]
pub struct Session {
    /// Which one.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// Who AWS says this is.
    pub arn: String,
    /// What GitHub's token said, where one was used.
    pub claims: Option<Claims>,
    /// When its credentials end; `None`: nobody said.
    pub(crate) expires: Option<DateTime<Utc>>,
    pub(crate) config: SdkConfig,
}

/// Without its credentials.
impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, partition, arn, claims: _, expires: _, config: _ } = self;
        let mut session = formatter.debug_struct("Session");
        session.field("account", account).field("partition", partition).field("arn", arn);
        session.finish_non_exhaustive()
    }
}

impl Session {
    /// Whether its credentials may have ended by now. AWS's clock may be ahead of this machine's by as
    /// much as a signature may be off.
    pub(crate) fn may_have_ended(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| expires <= now + TimeDelta::minutes(5))
    }

    /// For calls of IAM.
    #[must_use]
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// For calls of CloudTrail in one Region.
    #[must_use]
    pub fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(AnswerCheck);
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// For calls of Organizations: one address per partition, whatever the Region.
    #[must_use]
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        let config =
            aws_sdk_organizations::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_organizations::Client::from_conf(config.build())
    }

    /// Account Management: one address per partition, whatever the Region.
    #[must_use]
    pub fn account_management(&self) -> aws_sdk_account::Client {
        let config = aws_sdk_account::config::Builder::from(&self.config).interceptor(AnswerCheck);
        aws_sdk_account::Client::from_conf(config.build())
    }
}

/// A client of STS, with whatever credentials the configuration has.
pub(crate) fn sts(config: &SdkConfig) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::config::Builder::from(config).interceptor(AnswerCheck);
    aws_sdk_sts::Client::from_conf(config.build())
}
