//! The catalogue. A rule is one file: what it says of itself, how it judges, its tests.
//!
//! A rule is a pure function of the policy, one account's evidence and one instant. It sees no
//! file, format, clock, environment or waiver. What it cannot know it returns as a gap.
//!
//! To add a rule: its file, its `mod` line, its entry in [`ALL`]; `make generate` writes its page,
//! and tests ask for the rest.

mod audited;
mod case;
mod events;
mod key_events;
mod known;
mod organization;
mod page;
mod reconcile;
mod reported;
mod root_access_key_active;
mod root_access_key_not_rotated;
mod root_access_key_present;
mod root_credential_changed;
mod root_credentials_in_member;
mod root_mfa_missing;
mod root_mfa_not_hardware;
mod root_not_centrally_managed;
mod root_not_denied_by_scp;
mod root_sign_in_attempts;
mod root_signed_in_without_mfa;
mod root_signing_certificate_present;
mod root_used_outside_window;
mod routes;
mod story;
mod suggested_window;
mod tags;
#[cfg(test)]
mod tests;
mod uses;
mod words;

pub use case::{Case, Judgement};
pub use known::Credential;
pub use page::{describe, index, page};
pub use reconcile::Root;
pub use routes::judges;
pub use story::story;
pub use uses::{Use, events_since, uses};
pub use words::age;

pub(crate) use suggested_window::{Wanted, suggest};

use std::collections::BTreeSet;

use crate::model::{RuleId, RuleInfo, Source};
use crate::policy::Policy;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// What it says of itself.
    pub info: RuleInfo,
    /// How it judges one account.
    pub check: fn(&Case<'_>) -> Judgement,
}

/// Every rule, in the order of reports.
pub static ALL: &[&Rule] = &[
    &root_access_key_active::RULE,
    &root_access_key_present::RULE,
    &root_access_key_not_rotated::RULE,
    &root_used_outside_window::RULE,
    &root_mfa_missing::RULE,
    &root_mfa_not_hardware::RULE,
    &root_signing_certificate_present::RULE,
    &root_signed_in_without_mfa::RULE,
    &root_sign_in_attempts::RULE,
    &root_credential_changed::RULE,
    &root_credentials_in_member::RULE,
    &root_not_centrally_managed::RULE,
    &root_not_denied_by_scp::RULE,
];

/// What every rule says of itself, in the order of reports.
#[must_use]
pub fn infos() -> Vec<&'static RuleInfo> {
    ALL.iter().map(|rule| &rule.info).collect()
}

/// The rule of an id.
#[must_use]
pub fn find(id: RuleId) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.info.id == id)
}

/// The sources that the rules of a policy read: what is collected, and nothing else.
#[must_use]
pub fn needs(policy: &Policy) -> BTreeSet<Source> {
    let on = policy.rules.iter().filter(|rule| rule.on);
    let events = policy.root_events.is_some();
    let organization = policy.judges_an_organization();
    let read = |source: &Source| match source {
        Source::RootEvents => events,
        other => organization || !other.is_for_organizations(),
    };
    on.flat_map(|rule| rule.info.needs).copied().filter(read).collect()
}
