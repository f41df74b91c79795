//! Calls over the network: retries with growing pauses, and the rate limits of AWS and GitHub. It
//! imports nothing from the rest of the crate.

pub(crate) mod bucket;
pub(crate) mod retry;
pub(crate) mod schedule;
