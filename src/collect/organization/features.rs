//! `ListOrganizationsFeatures`: whether root users of members are managed centrally.

use aws_sdk_iam::types::FeatureType;

use crate::collect::enter::Session;
use crate::collect::failure::CallError;
use crate::model::central_root::LIST;
use crate::model::{CentralRoot, Fact, Observed, Source};
use crate::net::bucket::LearnedBucket;

use super::OrganizationCalls;

const SOURCE: Source = Source::CentralRoot;

impl OrganizationCalls<'_> {
    /// Reads the enabled features. An error that means "nothing is enabled" counts as an answer.
    pub(super) async fn features(&self) -> Observed<CentralRoot> {
        // IAM does not publish a rate.
        let mut bucket = LearnedBucket::new(2.0, 2.0);
        let call = async |own: &Session| {
            let sent = (self.clock)();
            let answer = own.iam().list_organizations_features().send().await;
            let answer = answer.map_err(|error| CallError::from_sdk(&error));
            let enabled = match answer {
                Ok(answer) => answer.enabled_features.unwrap_or_default(),
                Err(error) if says_off(&error.code) => Vec::new(),
                Err(error) => return Err(error),
            };
            Ok((sent, enabled))
        };
        let (sent, enabled) =
            self.retry(&mut bucket, call).await.map_err(|error| gap_of(&error))?;
        let facts = CentralRoot {
            credentials_management: enabled.contains(&FeatureType::RootCredentialsManagement),
            root_sessions: enabled.contains(&FeatureType::RootSessions),
        };
        Ok(Fact::new(facts, sent))
    }
}

/// Whether an error says that nothing is enabled. The code may have a suffix on the wire. Source:
/// IAM API reference, `ListOrganizationsFeatures`.
fn says_off(code: &str) -> bool {
    let code = code.strip_suffix("Exception").unwrap_or(code);
    matches!(code, "ServiceAccessNotEnabled" | "OrganizationNotInAllFeaturesMode")
}

fn gap_of(error: &CallError) -> crate::model::Gap {
    let gap = error.gap(SOURCE, &LIST);
    let code = error.code.strip_suffix("Exception").unwrap_or(&error.code);
    match code {
        "AccountNotManagementOrDelegatedAdministrator" => gap.to_do(
            "run from the management account, or make this account the delegated administrator of IAM",
        ),
        _ => gap,
    }
}
