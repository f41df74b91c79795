//! The accounts of an organization, and what happened to each: the proof that none was forgotten.

use super::{AccountId, Cause, Gap, Source};

/// The accounts that an organization has. Each is judged, skipped with a reason, or could not be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The organization's id; `None`: AWS did not say.
    pub id: Option<String>,
    /// Its management account; `None`: AWS did not say.
    pub management_account: Option<AccountId>,
    /// The number of accounts that AWS listed.
    pub listed: usize,
    /// The number of listed accounts that were entered and judged.
    pub judged: usize,
    /// The listed accounts that are not judged, by id.
    pub skipped: Vec<SkippedAccount>,
    /// The number of listed accounts that could not be entered. They are undetermined.
    pub not_entered: usize,
    /// Why an account may be missing; `None`: none is.
    pub gap: Option<Gap>,
}

/// An account that is not judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedAccount {
    /// The account.
    pub id: AccountId,
    /// Why it is not judged. May hold text from AWS or the policy.
    pub reason: String,
}

impl Inventory {
    /// An organization that was to be judged and of which there is no list.
    #[must_use]
    pub fn missing(detail: &str) -> Self {
        Self {
            id: None,
            management_account: None,
            listed: 0,
            judged: 0,
            skipped: Vec::new(),
            not_entered: 0,
            gap: Some(Gap::new(Source::Organization, Cause::NotCollected, detail)),
        }
    }

    /// Whether no account is missing.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.gap.is_none()
    }

    /// Counts an account that is in two groups only once, and one that is in none as not entered, so that
    /// `listed` is the sum whatever the evidence says.
    #[must_use]
    pub(super) fn counted(mut self) -> Self {
        self.judged = self.judged.saturating_sub(self.not_entered);
        let rest = self.listed.saturating_sub(self.judged);
        self.skipped.truncate(rest);
        self.not_entered = rest - self.skipped.len();
        self
    }
}
