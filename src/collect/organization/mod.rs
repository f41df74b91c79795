//! Reads an organization: its accounts, and what it says about each.
//!
//! ```text
//! DescribeOrganization -> listing (page by page) -> Listed -> entered and read, while the listing goes on
//!                      -> features, policies (beside it) -> what the organization says of each account
//! ```
//!
//! No failure here ends a run: [`Inventory`](crate::model::Inventory) says what could not be
//! listed.

mod facts;
mod features;
mod listing;
mod policies;
mod settings;

use std::time::Duration;

use aws_sdk_organizations::types::{Organization as Described, OrganizationFeatureSet};
use chrono::{DateTime, Utc};

use crate::model::organization::DESCRIBE;
use crate::model::{AccountId, Cause, Gap, Partition, Source};
use crate::net::bucket::LearnedBucket;
use crate::text::Text;

use super::enter::{AccountSessions, MAX_RENEWALS, Session};
use super::failure::{CallError, Kind};

pub(crate) use facts::{OrganizationFacts, leave_gaps};
pub(crate) use listing::{Ledger, Listed};
pub use settings::OrganizationSettings;
pub(crate) use settings::role_arn;

/// Makes the calls about an organization.
pub(crate) struct OrganizationCalls<'a> {
    pub(crate) sessions: &'a AccountSessions<'a>,
    pub(crate) settings: &'a OrganizationSettings,
    pub(crate) clock: &'a dyn Fn() -> DateTime<Utc>,
    pub(crate) note: &'a dyn Fn(&Text),
    /// The time limit of each call.
    pub(crate) share: Duration,
}

/// The answer of `DescribeOrganization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) management: AccountId,
    pub(crate) partition: Partition,
    /// Whether all features are enabled. If not, policies have no effect.
    pub(crate) all_features: bool,
    pub(crate) observed_at: DateTime<Utc>,
}

impl OrganizationCalls<'_> {
    /// Reads the organization's id and management account.
    pub(crate) async fn describe(&self) -> Result<Description, Gap> {
        let mut bucket = LearnedBucket::new(1.0, 2.0);
        let call = async |own: &Session| {
            let sent = (self.clock)();
            let answer = own.organizations().describe_organization().send().await;
            Ok((sent, answer.map_err(|error| CallError::from_sdk(&error))?.organization))
        };
        let answer = self.retry(&mut bucket, call).await;
        let (sent, described) = answer.map_err(|error| {
            let gap = error.gap(Source::Organization, &DESCRIBE);
            match error.code.as_str() {
                "AWSOrganizationsNotInUseException" => gap.to_do(
                    "sign in to an account of the organization, or leave out `scope.organization`",
                ),
                _ => gap,
            }
        })?;
        described.and_then(|described| description(&described, sent)).ok_or_else(|| {
            let why = "it names no organization, or no management account";
            Gap::for_call(Source::Organization, &DESCRIBE, Cause::Unreadable, why)
        })
    }

    /// Makes a call with the run's own session and retries it at the rate of its API. If the
    /// session has ended, it opens a new one.
    async fn retry<T>(
        &self,
        bucket: &mut LearnedBucket,
        call: impl AsyncFn(&Session) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut renewals = 0;
        loop {
            let pace = self.sessions.pace(self.share);
            let (number, own) = self
                .sessions
                .own()
                .map_err(|error| CallError::new(Kind::Refused, error.to_string()))?;
            let answer = pace.retry_at_rate(bucket, async || call(&own).await).await;
            let has_ended = answer.is_err() && pace.session_has_ended() && renewals < MAX_RENEWALS;
            if !has_ended || !self.sessions.renew_own(number).await {
                return answer;
            }
            renewals += 1;
        }
    }
}

fn description(described: &Described, observed_at: DateTime<Utc>) -> Option<Description> {
    let id = described.id.as_deref().filter(|id| id.starts_with("o-"))?;
    Some(Description {
        id: id.to_owned(),
        management: described.master_account_id.as_deref()?.parse().ok()?,
        partition: Partition::from_arn(described.master_account_arn.as_deref()?)?,
        all_features: described.feature_set != Some(OrganizationFeatureSet::ConsolidatedBilling),
        observed_at,
    })
}
