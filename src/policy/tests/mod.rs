//! What the tests of the policy share: a small catalogue of rules, and drafts of policies to
//! generate.

pub(crate) mod generated;
pub(crate) mod rules;
