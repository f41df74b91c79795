//! `rootgate setup`: from nothing to a gate. Nothing here calls AWS or changes GitHub.

pub(crate) mod aws;
mod output;
mod place;
pub(crate) mod steps;
pub(crate) mod workflow;
