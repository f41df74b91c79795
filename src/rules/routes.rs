//! Which rules can be judged by which route into a member account.

use crate::model::{MemberRoute, RuleId};

/// What a session by `sts:AssumeRoot` tells nothing of: uses, sign-ins and changes.
const NOT_BY_ASSUME_ROOT: &[RuleId] = &[
    RuleId("root-used-outside-window"),
    RuleId("root-signed-in-without-mfa"),
    RuleId("root-sign-in-attempts"),
    RuleId("root-credential-changed"),
];

/// Whether a rule can be judged of a member account that is entered by this route. Where it cannot, it is
/// not applicable, and says so.
///
/// Rules of the organization itself do not depend on the route.
#[must_use]
pub fn judges(route: MemberRoute, rule: RuleId) -> bool {
    match route {
        MemberRoute::AssumeRole => true,
        MemberRoute::AssumeRoot => !NOT_BY_ASSUME_ROOT.contains(&rule),
    }
}
