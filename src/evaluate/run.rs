//! The run as a whole.

use chrono::{DateTime, Utc};

use crate::model::{PolicyOrigin, SkippedAccount};

/// What a report says of the run besides its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The instant that was judged.
    pub now: DateTime<Utc>,
    /// Whether that instant was given by hand.
    pub as_of: bool,
    /// Which policy judged.
    pub origin: PolicyOrigin,
    /// Whether the policy is the copy of a checkout that a pull request may have changed.
    pub from_checkout: bool,
    /// Whether the accounts were named, by the policy or by a flag.
    pub scope_named: bool,
    /// Why the run is incomplete, where it is.
    pub incomplete: Option<String>,
    /// Accounts that were not judged.
    pub skipped: Vec<SkippedAccount>,
}
