//! What the organization says about each account.

use std::collections::BTreeSet;

use crate::model::scp::{OrganizationPath, RootUser};
use crate::model::{
    AccountId, Cause, CentralRoot, Evidence, Fact, Gap, Observed, Organization, Partition,
    RootDenial, Source,
};

use super::policies::ReadPolicies;
use super::{Description, Listed, OrganizationCalls};

/// The facts that cover all accounts.
pub(crate) struct OrganizationFacts {
    description: Description,
    central_root: Observed<CentralRoot>,
    policies: Result<ReadPolicies, Gap>,
}

impl OrganizationCalls<'_> {
    /// Requests the needed facts.
    pub(crate) async fn organization_facts(
        &self,
        description: &Description,
        needs: &BTreeSet<Source>,
    ) -> OrganizationFacts {
        let central_root = async {
            if needs.contains(&Source::CentralRoot) {
                return self.features().await;
            }
            Err(not_needed(Source::CentralRoot))
        };
        let policies = async {
            if needs.contains(&Source::ServiceControlPolicies) {
                return self.policies(description).await;
            }
            Err(not_needed(Source::ServiceControlPolicies))
        };
        let (central_root, policies) = tokio::join!(central_root, policies);
        OrganizationFacts { description: description.clone(), central_root, policies }
    }
}

impl OrganizationFacts {
    /// Adds the facts about a listed account to its evidence.
    pub(crate) fn complete_listed(&self, listed: &Listed, evidence: &mut Evidence) {
        let organization = Organization {
            id: self.description.id.clone(),
            management: listed.management,
            joined_at: listed.joined_at,
        };
        evidence.organization = Ok(Fact::new(organization, listed.observed_at));
        evidence.central_root = self.central_root.clone();
        evidence.service_control_policies = self.denial(listed);
    }

    /// Adds the facts about an account that was not listed to its evidence.
    pub(crate) fn complete_unlisted(&self, listing_complete: bool, evidence: &mut Evidence) {
        let (id, account) = (&self.description.id, &evidence.account);
        let (cause, detail) = if listing_complete {
            (Cause::NotVisible, format!("account {account} is not in the organization {id}"))
        } else {
            let why =
                "whether the account is in the organization is not known: its list is incomplete";
            (Cause::Missing, why.to_owned())
        };
        leave_gaps(evidence, |source| Gap::new(source, cause, detail.clone()));
    }

    fn denial(&self, listed: &Listed) -> Observed<RootDenial> {
        let source = Source::ServiceControlPolicies;
        let ReadPolicies { policies, observed_at } =
            self.policies.as_ref().map_err(Clone::clone)?;
        if listed.management {
            let detail = "service control policies do not apply to the management account";
            return Err(Gap::new(source, Cause::NotVisible, detail));
        }
        let Some(policies) = policies else {
            return Ok(Fact::new(RootDenial::disabled(), *observed_at));
        };
        let (account, partition): (&AccountId, &Partition) = (&listed.account, &listed.partition);
        let path = OrganizationPath::with_account(&listed.paths, account);
        let denial = policies.denial(RootUser { account, partition }, path.as_ref());
        // The listing showed the path of the account.
        Ok(Fact::new(denial, (*observed_at).min(listed.observed_at)))
    }
}

/// Records gaps, because the organization is not known.
pub(crate) fn leave_gaps(evidence: &mut Evidence, gap: impl Fn(Source) -> Gap) {
    evidence.organization = Err(gap(Source::Organization));
    evidence.central_root = Err(gap(Source::CentralRoot));
    evidence.service_control_policies = Err(gap(Source::ServiceControlPolicies));
}

fn not_needed(source: Source) -> Gap {
    Gap::new(source, Cause::NotCollected, "no enabled rule needs it")
}
