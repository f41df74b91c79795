//! `organization`: whether the organization can be listed, its members entered, and its settings read.

use super::aws::{not_entered, of_gap, to_do};
use super::{Check, CheckId, CheckedAccount};
use crate::model::{Audit, Cause, Evidence, Listing, SkipCause, Source};
use crate::text;
use crate::text::outside;

const ID: CheckId = CheckId::Organization;

/// What was seen of an organization.
#[derive(Debug)]
pub struct OrganizationSeen<'a> {
    /// Its accounts; `None`: nobody could be signed in.
    pub listing: Option<&'a Listing>,
    /// The accounts that were tried.
    pub tried: &'a [Evidence],
    /// How members are entered.
    pub audit: Audit,
    /// How many members were left out of the sample.
    pub left_out: usize,
}

/// Whether the gate can judge the organization.
#[must_use]
pub fn check(seen: &OrganizationSeen<'_>) -> Vec<Check> {
    let Some(listing) = seen.listing else {
        let nobody = "nobody was signed in, so the organization was not listed";
        return vec![Check::not_checked(ID, nobody, "mend aws-sign-in first")];
    };
    let mut checks = vec![listed(listing)];
    checks.extend(members(seen));
    checks.extend(settings(seen));
    checks
}

fn listed(listing: &Listing) -> Check {
    match &listing.gap {
        Some(gap) => of_gap(ID, gap),
        None if !listing.complete => Check::problem(
            ID,
            "the list of the organization's accounts is incomplete",
            "run this again",
        ),
        None => Check::ok(
            ID,
            text!(
                "the organization {} has {} accounts",
                outside(listing.id.as_deref().unwrap_or("?")),
                listing.listed.len()
            ),
        ),
    }
}

fn members(seen: &OrganizationSeen<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut entered = 0_usize;
    for evidence in seen.tried {
        match not_entered(evidence) {
            None => entered += 1,
            Some(gap) => {
                let account = CheckedAccount { id: evidence.account.clone(), name: None };
                let check = Check::problem(ID, outside(&gap.detail), to_do(gap));
                checks.push(check.of(Some(&account)));
            }
        }
    }
    let counted =
        text!("{} of {} accounts that were tried can be entered", entered, seen.tried.len());
    if seen.tried.is_empty() {
        checks.push(Check::not_checked(ID, "no account was tried", "see the listing above"));
    } else if seen.left_out == 0 {
        checks.push(Check::ok(ID, counted));
    } else {
        let left = text!("{}; {} were not tried", counted, seen.left_out);
        checks.push(Check::ok(ID, left).and("`--all` tries every member"));
    }
    checks
}

/// What is asked once for all accounts: features, service control policies.
fn settings(seen: &OrganizationSeen<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let features = seen.tried.iter().find(|it| it.central_root.is_ok()).or(seen.tried.first());
    if let Some(evidence) = features {
        match &evidence.central_root {
            Ok(fact) if fact.value.credentials_management => {
                checks.push(Check::ok(ID, "root credentials of members are managed centrally"));
            }
            Ok(_) if seen.audit != Audit::AssumeRole => checks.push(Check::problem(
                ID,
                "RootCredentialsManagement is off, and `audit` enters members by AssumeRoot",
                "aws iam enable-organizations-root-credentials-management",
            )),
            Ok(_) => checks.push(Check::warning(
                ID,
                "RootCredentialsManagement is off: members keep root credentials of their own",
                "aws iam enable-organizations-root-credentials-management",
            )),
            Err(gap) if gap.is_not_asked() => {}
            Err(gap) => checks.push(of_gap(ID, gap)),
        }
    }
    let unread = |it: &&Evidence| {
        let gap = it.service_control_policies.as_ref().err();
        gap.is_some_and(|gap| gap.cause == Cause::Denied)
    };
    if let Some(Err(gap)) = seen.tried.iter().find(unread).map(|it| &it.service_control_policies) {
        debug_assert_eq!(gap.source, Source::ServiceControlPolicies);
        checks.push(of_gap(ID, gap));
    }
    checks
}

/// How many accounts a sample left out.
#[must_use]
pub fn left_out(listing: &Listing) -> usize {
    listing.skipped.iter().filter(|it| it.cause == SkipCause::NotInSample).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::testing::healthy;

    fn listing(complete: bool) -> Listing {
        let listed = [healthy().account].into();
        Listing {
            id: Some("o-exampleorgid".to_owned()),
            management_account: None,
            complete,
            gap: None,
            listed,
            skipped: Vec::new(),
        }
    }

    fn statuses(listing: Option<&Listing>, tried: &[Evidence], audit: Audit) -> Vec<Status> {
        let seen = OrganizationSeen { listing, tried, audit, left_out: 0 };
        check(&seen).into_iter().map(|check| check.status).collect()
    }

    #[test]
    fn listing_members_and_features_are_each_looked_at() {
        use Status::{NotChecked, Ok, Problem, Warning};
        let whole = listing(true);
        let member = [healthy()];
        assert_eq!(statuses(Some(&whole), &member, Audit::AssumeRole), [Ok, Ok, Ok]);
        assert_eq!(statuses(None, &[], Audit::AssumeRole), [NotChecked]);
        let cut = listing(false);
        assert_eq!(statuses(Some(&cut), &member, Audit::AssumeRole)[0], Problem);
        let mut off = healthy();
        off.central_root.as_mut().unwrap().value.credentials_management = false;
        let off = [off];
        assert_eq!(statuses(Some(&whole), &off, Audit::AssumeRole), [Ok, Ok, Warning]);
        assert_eq!(statuses(Some(&whole), &off, Audit::Auto), [Ok, Ok, Problem]);
        let denied = [healthy().without(Source::CentralRoot, Cause::Denied)];
        assert_eq!(statuses(Some(&whole), &denied, Audit::Auto), [Ok, Ok, Problem]);
        let id: crate::model::AccountId = "444455556666".parse().unwrap();
        let shut = [healthy(), Evidence::unread(id, None, Cause::NotEntered, "shut")];
        assert_eq!(statuses(Some(&whole), &shut, Audit::AssumeRole), [Ok, Problem, Ok, Ok]);
    }
}
