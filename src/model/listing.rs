//! The accounts that an organization lists, as they are collected; the evidence file carries them.
//!
//! Whether each was judged is only known afterwards: [`Listing::inventory`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AccountId, Cause, Gap, Inventory, SkippedAccount, Source, counted};

/// The list of an organization's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The organization's id; `None`: AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its management account; `None`: AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_account: Option<AccountId>,
    /// Whether these are all accounts of the organization.
    pub complete: bool,
    /// Why they may not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// The accounts that AWS listed.
    pub listed: BTreeSet<AccountId>,
    /// Those that were not read, by id.
    pub skipped: Vec<Skipped>,
}

/// A listed account that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The account.
    pub id: AccountId,
    /// The kind of reason.
    pub cause: SkipCause,
    /// When the account joined the organization; only with [`SkipCause::New`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<DateTime<Utc>>,
    /// The reason in words. May hold text from AWS or the policy.
    pub reason: String,
}

impl Skipped {
    /// An account that is left out of a sample.
    #[must_use]
    pub fn not_in_sample(id: AccountId) -> Self {
        let reason = "it is not in the sample".to_owned();
        Self { id, cause: SkipCause::NotInSample, joined_at: None, reason }
    }
}

/// Why an account was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipCause {
    /// AWS has suspended or closed it, or has not activated it: nobody can enter it.
    Unusable,
    /// The policy excludes it.
    Excluded,
    /// It joined so recently that it does not have its role yet.
    New,
    /// Only a sample of the accounts was read. No evidence file has this: what it holds is judged.
    #[serde(skip)]
    NotInSample,
}

/// What is known of a judged account when the list is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The organization that its evidence names.
    pub organization: Option<String>,
    /// Whether its evidence says that it is the management account.
    pub management: bool,
    /// Whether no fact of it could be read.
    pub nothing_read: bool,
}

impl Listing {
    /// Whether an account was listed.
    #[must_use]
    pub fn holds(&self, account: &AccountId) -> bool {
        self.listed.contains(account)
    }

    /// Checks that each listed account was either judged or skipped, once, and that the evidence agrees
    /// about the organization. Anything else may hide an account, so the inventory is incomplete then.
    #[must_use]
    pub fn inventory(self, judged: &BTreeMap<AccountId, Judged>) -> Inventory {
        let contradictions = self.contradictions(judged);
        let gap = match (self.gap, self.complete, contradictions) {
            (Some(gap), ..) => Some(gap),
            (None, false, _) => Some(missing("the list of accounts is incomplete")),
            (None, true, contradictions) => first(&contradictions),
        };
        let reported = |id: &&AccountId| judged.get(*id).is_some_and(|it| it.nothing_read);
        let skipped = self.skipped.into_iter();
        Inventory {
            id: self.id,
            management_account: self.management_account,
            not_entered: self.listed.iter().filter(reported).count(),
            judged: self.listed.iter().filter(|id| judged.contains_key(id)).count(),
            listed: self.listed.len(),
            skipped: skipped.map(|it| SkippedAccount { id: it.id, reason: it.reason }).collect(),
            gap,
        }
        .counted()
    }

    fn contradictions(&self, judged: &BTreeMap<AccountId, Judged>) -> Vec<String> {
        let mut found = Vec::new();
        if self.id.is_none() {
            found.push("the organization has no id".to_owned());
        }
        match &self.management_account {
            Some(id) if self.holds(id) => {}
            _ => found.push("the management account is not in the list".to_owned()),
        }
        let mut skipped = BTreeSet::new();
        for Skipped { id, .. } in &self.skipped {
            if !skipped.insert(id) {
                found.push(format!("account {id} is skipped twice"));
            } else if !self.holds(id) {
                found.push(format!("account {id} is skipped, but not listed"));
            } else if judged.contains_key(id) {
                found.push(format!("account {id} is skipped, but was judged"));
            } else if self.management_account.as_ref() == Some(id) {
                found.push(format!("account {id} is the management account and is skipped"));
            }
        }
        for id in &self.listed {
            match judged.get(id) {
                None if skipped.contains(id) => {}
                None => {
                    found.push(format!("account {id} was listed, but there is no evidence of it"))
                }
                Some(it) => found.extend(self.disagrees(id, it)),
            }
        }
        found
    }

    /// What the evidence of a listed account says differently about the organization.
    fn disagrees(&self, id: &AccountId, judged: &Judged) -> Option<String> {
        // An account of which nothing is known is undetermined anyway.
        if judged.organization.is_none() && judged.nothing_read {
            return None;
        }
        if judged.organization != self.id {
            return Some(format!("the evidence of account {id} does not name this organization"));
        }
        let is_management = self.management_account.as_ref() == Some(id);
        (judged.management != is_management).then(|| {
            format!(
                "the evidence of account {id} contradicts which account is the management account"
            )
        })
    }
}

fn missing(detail: &str) -> Gap {
    Gap::new(Source::Organization, Cause::Missing, detail)
}

fn first(contradictions: &[String]) -> Option<Gap> {
    let (first, more) = contradictions.split_first()?;
    Some(match more.len() {
        0 => missing(first),
        more => missing(&format!("{first} (and {})", counted(more, "more contradiction"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANAGEMENT: &str = "111122223333";
    const MEMBER: &str = "444455556666";
    const CLOSED: &str = "555566667777";

    fn id(id: &str) -> AccountId {
        id.parse().unwrap()
    }

    fn skipped(account: &str) -> Skipped {
        let reason = "closed".to_owned();
        Skipped { id: id(account), cause: SkipCause::Unusable, joined_at: None, reason }
    }

    fn listing() -> Listing {
        Listing {
            id: Some("o-exampleorgid".to_owned()),
            management_account: Some(id(MANAGEMENT)),
            complete: true,
            gap: None,
            listed: [MANAGEMENT, MEMBER, CLOSED].map(id).into(),
            skipped: vec![skipped(CLOSED)],
        }
    }

    fn member(management: bool) -> Judged {
        Judged { organization: Some("o-exampleorgid".to_owned()), management, nothing_read: false }
    }

    fn judged() -> BTreeMap<AccountId, Judged> {
        [(id(MANAGEMENT), member(true)), (id(MEMBER), member(false))].into()
    }

    /// Control: it adds up.
    #[test]
    fn a_list_whose_accounts_were_judged_or_skipped_is_complete() {
        let inventory = listing().inventory(&judged());
        assert_eq!(inventory.gap, None);
        let Inventory { listed, judged, not_entered, .. } = inventory;
        assert_eq!((listed, judged, not_entered), (3, 2, 0));
        // An account outside of the organization changes nothing.
        let mut more = super::tests::judged();
        more.insert(id("999999999999"), Judged { organization: None, ..member(false) });
        assert_eq!(listing().inventory(&more).gap, None);
    }

    #[test]
    fn whatever_may_hide_an_account_leaves_the_inventory_incomplete() {
        type Change = fn(&mut Listing, &mut BTreeMap<AccountId, Judged>);
        let changes: &[(&str, Change)] = &[
            ("no evidence of it", |_, judged| drop(judged.remove(&id(MEMBER)))),
            ("skipped twice", |listing, _| listing.skipped.push(skipped(CLOSED))),
            ("not listed", |listing, _| listing.skipped.push(skipped("999999999999"))),
            ("but was judged", |listing, _| listing.skipped.push(skipped(MEMBER))),
            ("management account and is skipped", |listing, judged| {
                listing.skipped.push(skipped(MANAGEMENT));
                judged.remove(&id(MANAGEMENT));
            }),
            ("management account is not in the list", |listing, judged| {
                listing.listed.remove(&id(MANAGEMENT));
                judged.remove(&id(MANAGEMENT));
            }),
            ("has no id", |listing, _| listing.id = None),
            ("not in the list", |listing, _| listing.management_account = None),
            ("which account is the management account", |listing, _| {
                listing.management_account = Some(id(MEMBER));
            }),
            ("does not name this organization", |listing, _| listing.id = Some("o-other".into())),
            ("does not name this organization", |_, judged| {
                judged.get_mut(&id(MEMBER)).unwrap().organization = None;
            }),
            ("which account is the management account", |_, judged| {
                judged.get_mut(&id(MEMBER)).unwrap().management = true;
            }),
            ("is incomplete", |listing, _| listing.complete = false),
        ];
        for (words, change) in changes {
            let (mut listing, mut judged) = (listing(), judged());
            change(&mut listing, &mut judged);
            let inventory = listing.inventory(&judged);
            let gap = inventory.gap.unwrap_or_else(|| panic!("{words}"));
            assert!(gap.detail.contains(words), "{words}: {}", gap.detail);
        }
    }

    #[test]
    fn an_account_of_which_nothing_was_read_counts_as_not_entered() {
        let mut judged = judged();
        judged.get_mut(&id(MEMBER)).unwrap().nothing_read = true;
        let inventory = listing().inventory(&judged);
        assert_eq!((inventory.judged, inventory.not_entered, inventory.gap), (1, 1, None));
    }

    #[test]
    fn a_list_survives_the_evidence_file() {
        let text = serde_json::to_string(&listing()).unwrap();
        assert_eq!(serde_json::from_str::<Listing>(&text).unwrap(), listing());
    }
}
