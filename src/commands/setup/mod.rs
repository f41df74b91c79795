//! `rootgate setup`: from nothing to a gate.

pub(crate) mod aws;
mod output;
