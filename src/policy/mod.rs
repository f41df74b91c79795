//! What a team allows: the policy file, read once into a value that holds nothing the contract
//! forbids. Judging is not here.
//!
//! ```text
//! text -> tree (YAML with places) -> read (against the table in fields) -> Policy | PolicyErrors
//! ```

mod combined;
mod comment;
mod cover;
mod diff;
mod error;
mod explain;
mod fields;
mod organization;
mod read;
mod reference;
mod schedule;
mod schema;
mod starter;
mod suggest;
#[cfg(test)]
pub(crate) mod tests;
mod tree;
mod types;
mod warnings;

pub use diff::diff;
pub use error::{PolicyError, PolicyErrors};
pub use explain::explain;
pub use organization::{Exclude, OrganizationScope};
pub use reference::reference;
pub use schedule::{Opening, Schedule, Week};
pub use schema::schema;
pub use starter::starter;
pub use types::{
    Allow, EventsPolicy, Gate, KeyCreated, Limits, OnUndetermined, OnWeaker, Policy, Regions,
    RulePolicy, ScopeAccount, Waiver, WaiverSubject, When, Window,
};
pub use warnings::{PolicyWarning, warnings};
