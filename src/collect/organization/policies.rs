//! Reads the service control policies one by one: to ask for each account would take hours.
//!
//! Every policy is read. Its targets are requested only if it may deny root: `FullAWSAccess` is
//! attached everywhere.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::{PolicyType, PolicyTypeStatus, Root};
use chrono::{DateTime, Utc};

use crate::collect::enter::Session;
use crate::collect::failure::CallError;
use crate::model::scp::{ControlPolicies, ControlPolicy, ScpReading};
use crate::model::service_control_policies::{
    DESCRIBE_POLICY, LIST_POLICIES, LIST_ROOTS, LIST_TARGETS,
};
use crate::model::{Cause, Gap, Source};
use crate::net::bucket::LearnedBucket;

use super::{Description, OrganizationCalls};

const SOURCE: Source = Source::ServiceControlPolicies;
/// The maximum size of a page. Source: API reference, `MaxResults`.
const PAGE: i32 = 20;
/// Enough pages for the maximum number of policies (10,000) and targets, even if AWS sends shorter
/// pages.
const MAX_PAGES: usize = 10_000;
/// Calls per second and burst, for one account. Source: Organizations User Guide, "Quotas".
const LISTS: (f64, f64) = (5.0, 8.0);
const DESCRIPTIONS: (f64, f64) = (2.0, 2.0);
const ROOTS: (f64, f64) = (1.0, 2.0);

/// A page: its items, and the token of the next one.
type Page<T> = (Vec<T>, Option<String>);

/// The policies that were read.
pub(super) struct ReadPolicies {
    /// `None`: they are disabled, so none has an effect.
    pub(super) policies: Option<ControlPolicies>,
    /// When this was true.
    pub(super) observed_at: DateTime<Utc>,
}

impl OrganizationCalls<'_> {
    /// Reads the policies, if they have an effect. If a policy cannot be read, every account that it
    /// may apply to is unclear.
    ///
    /// Disabled policies stay attached and listed. Source: Organizations User Guide, "Disabling a
    /// policy type".
    pub(super) async fn policies(&self, description: &Description) -> Result<ReadPolicies, Gap> {
        if !description.all_features {
            return Ok(ReadPolicies { policies: None, observed_at: description.observed_at });
        }
        let observed_at = (self.clock)();
        let policies = match self.are_enabled().await? {
            true => Some(self.enabled_policies().await?),
            false => None,
        };
        Ok(ReadPolicies { policies, observed_at })
    }

    /// Whether service control policies are enabled in the organization.
    async fn are_enabled(&self) -> Result<bool, Gap> {
        let mut bucket = LearnedBucket::new(ROOTS.0, ROOTS.1);
        let list = async |own: &Session, token: Option<String>| {
            let request = own.organizations().list_roots().max_results(PAGE).set_next_token(token);
            let answer = request.send().await.map_err(|error| CallError::from_sdk(&error))?;
            Ok((answer.roots.unwrap_or_default(), answer.next_token))
        };
        let roots = match self.pages(&mut bucket, list).await {
            Ok(roots) => roots,
            Err(Paged::Failed(error)) => return Err(error.gap(SOURCE, &LIST_ROOTS)),
            Err(Paged::Unexpected(why)) => {
                return Err(Gap::for_call(SOURCE, &LIST_ROOTS, Cause::Unreadable, why));
            }
        };
        enabled_in(&roots)
    }

    /// Reads every policy, and where it is attached.
    async fn enabled_policies(&self) -> Result<ControlPolicies, Gap> {
        let mut bucket = LearnedBucket::new(LISTS.0, LISTS.1);
        let list = async |own: &Session, token: Option<String>| {
            let request = own.organizations().list_policies().max_results(PAGE);
            let request = request.filter(PolicyType::ServiceControlPolicy).set_next_token(token);
            let answer = request.send().await.map_err(|error| CallError::from_sdk(&error))?;
            let names = answer.policies.unwrap_or_default().into_iter();
            let names = names.map(|it| (it.id.unwrap_or_default(), it.name.unwrap_or_default()));
            Ok((names.collect(), answer.next_token))
        };
        let names: Vec<(String, String)> = match self.pages(&mut bucket, list).await {
            Ok(names) => names,
            Err(Paged::Failed(error)) => return Err(error.gap(SOURCE, &LIST_POLICIES)),
            Err(Paged::Unexpected(why)) => {
                return Err(Gap::for_call(SOURCE, &LIST_POLICIES, Cause::Unreadable, why));
            }
        };
        let mut policies = Vec::new();
        let mut descriptions = LearnedBucket::new(DESCRIPTIONS.0, DESCRIPTIONS.1);
        let mut targets = LearnedBucket::new(LISTS.0, LISTS.1);
        for (id, name) in names {
            let reading = self.reading(&mut descriptions, &id).await?;
            let targets = match reading.may_deny_root() {
                true => Ok(self.targets(&mut targets, &id).await?),
                false => Ok(BTreeSet::new()),
            };
            policies.push(ControlPolicy { id, name, reading, targets });
        }
        Ok(ControlPolicies::new(policies))
    }

    /// Reads a policy. A policy that was deleted meanwhile has no effect.
    async fn reading(&self, bucket: &mut LearnedBucket, id: &str) -> Result<ScpReading, Gap> {
        let call = async |own: &Session| {
            let answer = own.organizations().describe_policy().policy_id(id).send().await;
            let answer = answer.map_err(|error| CallError::from_sdk(&error))?;
            Ok(answer.policy.and_then(|policy| policy.content))
        };
        match self.retry(bucket, call).await {
            // `AnswerCheck` has checked it.
            Ok(content) => Ok(ScpReading::of_text(&content.unwrap_or_default())),
            Err(error) if error.code == GONE => Ok(ScpReading::default()),
            Err(error) => Err(error.gap(SOURCE, &DESCRIBE_POLICY)),
        }
    }

    /// The ids of a policy's targets.
    async fn targets(&self, bucket: &mut LearnedBucket, id: &str) -> Result<BTreeSet<String>, Gap> {
        let list = async |own: &Session, token: Option<String>| {
            let request = own.organizations().list_targets_for_policy().policy_id(id);
            let answer = request.max_results(PAGE).set_next_token(token).send().await;
            let answer = answer.map_err(|error| CallError::from_sdk(&error))?;
            let targets = answer.targets.unwrap_or_default().into_iter();
            Ok((targets.map(|it| it.target_id.unwrap_or_default()).collect(), answer.next_token))
        };
        match self.pages(bucket, list).await {
            Ok(targets) => Ok(targets.into_iter().collect()),
            Err(Paged::Failed(error)) if error.code == GONE => Ok(BTreeSet::new()),
            Err(Paged::Failed(error)) => Err(error.gap(SOURCE, &LIST_TARGETS)),
            Err(Paged::Unexpected(why)) => {
                Err(Gap::for_call(SOURCE, &LIST_TARGETS, Cause::Unreadable, why))
            }
        }
    }

    /// Every page of a list.
    async fn pages<T>(
        &self,
        bucket: &mut LearnedBucket,
        list: impl AsyncFn(&Session, Option<String>) -> Result<Page<T>, CallError>,
    ) -> Result<Vec<T>, Paged> {
        let mut all = Vec::new();
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let call = async |own: &Session| list(own, token.clone()).await;
            let (items, next) = self.retry(bucket, call).await.map_err(Paged::Failed)?;
            all.extend(items);
            match next {
                None => return Ok(all),
                Some(next) if !tokens.insert(next.clone()) => {
                    return Err(Paged::Unexpected("AWS sent the same page token twice".to_owned()));
                }
                next => token = next,
            }
        }
        Err(Paged::Unexpected(format!("the list has more than {MAX_PAGES} pages")))
    }
}

/// Whether service control policies are enabled in the roots. A type that is not named is disabled.
fn enabled_in(roots: &[Root]) -> Result<bool, Gap> {
    let gap = |cause, why: &str| Gap::for_call(SOURCE, &LIST_ROOTS, cause, why);
    let unreadable = |why| gap(Cause::Unreadable, why);
    let root = roots.first().ok_or_else(|| unreadable("it names no root"))?;
    let types = root.policy_types.as_ref();
    let types = types.ok_or_else(|| unreadable("it does not say which policies are enabled"))?;
    let named = types.iter().find(|it| it.r#type == Some(PolicyType::ServiceControlPolicy));
    match named.map(|named| named.status.as_ref()) {
        Some(Some(PolicyTypeStatus::Enabled)) => Ok(true),
        None => Ok(false),
        Some(_) => {
            let why = "service control policies are just being enabled or disabled, or have no known state";
            Err(gap(Cause::Unavailable, why))
        }
    }
}

/// Somebody deleted the policy after it was listed.
const GONE: &str = "PolicyNotFoundException";

/// Why a list was not read completely.
enum Paged {
    Failed(CallError),
    Unexpected(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_organizations::types::PolicyTypeSummary;

    fn root(types: Option<&[(PolicyType, PolicyTypeStatus)]>) -> Root {
        let summary = |(kind, status): &(PolicyType, PolicyTypeStatus)| {
            PolicyTypeSummary::builder().r#type(kind.clone()).status(status.clone()).build()
        };
        let types = types.map(|types| types.iter().map(summary).collect());
        Root::builder().id("r-examplerootid111").set_policy_types(types).build()
    }

    #[test]
    fn only_an_enabled_type_has_an_effect_and_a_doubt_is_a_gap() {
        use PolicyType::{ServiceControlPolicy, TagPolicy};
        use PolicyTypeStatus::{Enabled, PendingDisable, PendingEnable};
        let of = |types: &[_]| enabled_in(&[root(Some(types))]);
        assert_eq!(of(&[(TagPolicy, Enabled), (ServiceControlPolicy, Enabled)]), Ok(true));
        assert_eq!(of(&[]), Ok(false));
        assert_eq!(of(&[(TagPolicy, Enabled)]), Ok(false));
        for status in [PendingEnable, PendingDisable, PolicyTypeStatus::from("NEW")] {
            let gap = of(&[(ServiceControlPolicy, status)]).unwrap_err();
            assert_eq!((gap.source, gap.cause), (SOURCE, Cause::Unavailable));
        }
        for roots in [&[][..], &[root(None)]] {
            assert_eq!(enabled_in(roots).unwrap_err().cause, Cause::Unreadable);
        }
    }
}
