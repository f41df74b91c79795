//! The rules that can be judged by each route into a member account.

use crate::model::{MemberRoute, RuleId};

/// The rules about uses, sign-ins and changes, which a session by `sts:AssumeRoot` cannot show.
const NOT_BY_ASSUME_ROOT: &[RuleId] = &[
    RuleId("root-used-outside-window"),
    RuleId("root-signed-in-without-mfa"),
    RuleId("root-sign-in-attempts"),
    RuleId("root-credential-changed"),
];

/// Whether a rule can be judged in a member account that is entered by this route. If not, it is
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
