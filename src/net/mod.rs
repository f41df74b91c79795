//! How others are asked, whoever they are: retries with growing pauses, and rates that AWS or GitHub
//! sets. It imports nothing of the crate.

pub(crate) mod bucket;
pub(crate) mod retry;
pub(crate) mod schedule;
