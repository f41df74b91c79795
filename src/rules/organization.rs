//! Shared parts of the rules about an organization.

use super::{Case, Judgement};
use crate::model::{Basis, Fact, Gap, Observed, Organization, Source};

/// Why these rules are not applicable without an organization.
const NO_ORGANIZATION: &str = "the policy judges no organization (`scope.organization`), and only an organization can show this";

/// The account's organization; if it is not known, or there is none, the judgement.
pub(super) fn organization<'a>(
    case: &'a Case<'_>,
) -> Result<(&'a Organization, Basis), Box<Judgement>> {
    if !case.policy.judges_an_organization() {
        return Err(Box::new(Judgement::not_applicable(NO_ORGANIZATION)));
    }
    known(&case.evidence.organization, Source::Organization, case)
}

/// The value of a source with its time; if it is missing, the judgement.
pub(super) fn known<'a, T>(
    observed: &'a Observed<T>,
    source: Source,
    case: &Case<'_>,
) -> Result<(&'a T, Basis), Box<Judgement>> {
    match observed {
        Ok(Fact { value, observed_at }) => {
            // Facts without a time became gaps before rules are judged.
            Ok((value, Basis { source, observed_at: observed_at.unwrap_or(case.now) }))
        }
        Err(gap) => Err(undetermined(gap)),
    }
}

fn undetermined(gap: &Gap) -> Box<Judgement> {
    Box::new(Judgement { gaps: vec![gap.clone()], ..Judgement::default() })
}
