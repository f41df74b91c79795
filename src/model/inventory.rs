//! The accounts of an organization, and what happened to each: the proof that none was forgotten.

use serde::{Deserialize, Serialize};

use super::{AccountId, Cause, Gap, Source};

/// The accounts that an organization has. Each is judged, skipped with a reason, or could not be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The organization's id; `None`: AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its management account; `None`: AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_account: Option<AccountId>,
    /// The number of accounts that AWS listed.
    pub listed: usize,
    /// The listed accounts that are not judged, by id.
    pub skipped: Vec<SkippedAccount>,
    /// The number of listed accounts that could not be entered. They are undetermined.
    pub not_entered: usize,
    /// Why these may not be all accounts of the organization; `None`: they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// An account that is not judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedAccount {
    /// The account.
    pub id: AccountId,
    /// Why it is not judged. May hold text from AWS or the policy.
    pub reason: String,
}

impl SkippedAccount {
    /// The reason of an account that only a run over all accounts enters.
    pub const NOT_IN_SAMPLE: &str = "it is not in the sample";
}

impl Inventory {
    /// An organization that was to be judged and of which there is no list.
    #[must_use]
    pub fn missing(detail: &str) -> Self {
        Self {
            id: None,
            management_account: None,
            listed: 0,
            skipped: Vec::new(),
            not_entered: 0,
            gap: Some(Gap::new(Source::Organization, Cause::NotCollected, detail)),
        }
    }

    /// The number of listed accounts that were entered and judged.
    #[must_use]
    pub const fn judged(&self) -> usize {
        self.listed.saturating_sub(self.skipped.len()).saturating_sub(self.not_entered)
    }

    /// Whether these are all accounts of the organization.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.gap.is_none()
    }

    /// Checks the list against the number of its accounts that have a report: an account without one was
    /// forgotten.
    #[must_use]
    pub fn checked(mut self, reported: usize) -> Self {
        let known = reported + self.skipped.len();
        if self.gap.is_none() && (known != self.listed || self.not_entered > reported) {
            let detail = format!(
                "AWS listed {} accounts, and {known} of them were judged or skipped",
                self.listed
            );
            self.gap = Some(Gap::new(Source::Organization, Cause::Missing, detail));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory() -> Inventory {
        let id = |id: &str| id.parse().unwrap();
        Inventory {
            id: Some("o-exampleorgid".to_owned()),
            management_account: Some(id("111122223333")),
            listed: 5,
            skipped: vec![SkippedAccount { id: id("444455556666"), reason: "closed".to_owned() }],
            not_entered: 1,
            gap: None,
        }
    }

    #[test]
    fn an_inventory_adds_up_or_is_not_complete() {
        assert_eq!(inventory().judged(), 3);
        assert_eq!(inventory().checked(4), inventory());
        for reported in [0, 3, 5] {
            let checked = inventory().checked(reported);
            let gap = checked.gap.as_ref().unwrap();
            assert!(gap.detail.starts_with("AWS listed 5 accounts"), "{}", gap.detail);
        }
        let lost = Inventory { not_entered: 5, ..inventory() };
        assert!(!lost.checked(4).is_complete(), "more refused than are there");
    }

    #[test]
    fn the_first_reason_stays() {
        let missing = Inventory::missing("there is no list");
        assert_eq!(missing.clone().checked(3), missing);
    }

    #[test]
    fn an_inventory_survives_the_evidence_file() {
        let text = serde_json::to_string(&inventory()).unwrap();
        assert_eq!(serde_json::from_str::<Inventory>(&text).unwrap(), inventory());
    }
}
