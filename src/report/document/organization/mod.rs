//! The accounts of an organization. Nobody reads thousands of accounts one by one, so they are grouped:
//! what fails by rule, what is missing by reason.

mod counts;
mod coverage;
mod groups;
mod redacted;

use std::collections::BTreeMap;

pub(crate) use counts::{Matrix, RuleCounts};
pub(crate) use groups::{ReasonGroup, RuleGroup, SkippedGroup};
pub(crate) use redacted::{OpenRule, RedactedOrganization, Unread};

use super::entries::{Account, Entry, Full};
use super::{Details, Prose};
use crate::model::{Inventory, Outcome, Report, RuleId};

/// Maximum number of accounts named in an annotation.
const MAX_SHORT: usize = 5;

/// The accounts of an organization, with all details.
#[derive(Clone, Copy)]
pub(crate) struct Organization<'a> {
    pub(crate) full: Full<'a>,
    report: &'a Report,
    inventory: &'a Inventory,
}

impl<'a> Organization<'a> {
    pub(crate) fn from_report(report: &'a Report) -> Option<Self> {
        let inventory = report.inventory.as_ref()?;
        Some(Self { full: Full::from_report(report), report, inventory })
    }

    /// How many accounts there are and what happened to them, and why the list may be incomplete.
    pub(crate) fn coverage(self) -> Vec<Prose<'a>> {
        coverage::coverage(self.inventory, self.report.accounts.len(), Details::Full)
    }

    /// The failing rules: the worst severity first, then in the order of the catalogue.
    pub(crate) fn failed(self) -> Vec<RuleGroup<'a>> {
        by_rule(self.report, self.full.of_kind(Outcome::Fail))
    }

    /// The undetermined rules, in the same order, without the accounts in which nothing could be read.
    pub(crate) fn undetermined_rules(self) -> Vec<RuleGroup<'a>> {
        let mut entries = self.full.of_kind(Outcome::Undetermined);
        entries.retain(|entry| !entry.account.is_unread());
        by_rule(self.report, entries)
    }

    /// The accounts in which nothing could be read, and the most frequent reason.
    pub(crate) fn unread_in_short(self) -> Option<Unread> {
        let groups = self.unread();
        let most = groups.first()?;
        let missing = most.missing.iter().map(|missing| format!(" Missing: {missing}."));
        let to_do = most.to_do.iter().map(|to_do| format!(" To do: {to_do}."));
        let reason: String = missing.chain(to_do).collect();
        let all: Vec<_> = groups.iter().flat_map(|group| group.accounts.iter().copied()).collect();
        let named = format!("{}.{reason}", listed(&all, MAX_SHORT));
        Some(Unread { named, ..redacted::unread(self)? })
    }

    /// The rules of the accounts in which nothing could be read.
    fn unread_entries(self) -> Vec<Entry<'a>> {
        let mut entries = self.full.of_kind(Outcome::Undetermined);
        entries.retain(|entry| entry.account.is_unread());
        entries
    }

    /// The accounts in which nothing could be read, by reason, the most frequent one first.
    pub(crate) fn unread(self) -> Vec<ReasonGroup<'a>> {
        groups::unread(self.full.accounts())
    }

    /// What else could not be determined, by reason, the worst severity first.
    pub(crate) fn undetermined(self) -> Vec<ReasonGroup<'a>> {
        let entries = self.full.of_kind(Outcome::Undetermined);
        groups::undetermined(entries.into_iter().filter(|entry| !entry.account.is_unread()))
    }

    /// The accounts that are not judged, by reason, the most frequent one first.
    pub(crate) fn skipped(self) -> Vec<SkippedGroup<'a>> {
        groups::skipped(self.inventory)
    }

    /// The number of accounts that are not judged.
    pub(crate) fn skipped_accounts(self) -> usize {
        self.inventory.skipped.len()
    }

    /// The outcomes of each rule, counted.
    pub(crate) fn by_rule(self) -> Vec<RuleCounts> {
        counts::by_rule(self.report)
    }

    /// Each account with the outcome of each rule; `None`: there are too many accounts for a table.
    pub(crate) fn matrix(self) -> Option<Matrix<'a>> {
        Matrix::from_accounts(self.report, self.full.accounts())
    }
}

/// Groups outcomes by rule. The first group has the worst severity.
fn by_rule<'a>(report: &'a Report, entries: Vec<Entry<'a>>) -> Vec<RuleGroup<'a>> {
    let mut rules: BTreeMap<RuleId, Vec<Entry<'a>>> = BTreeMap::new();
    for entry in entries {
        rules.entry(entry.rule()).or_default().push(entry);
    }
    let mut groups: Vec<_> = rules.into_values().filter_map(RuleGroup::from_entries).collect();
    let position = |rule| report.rules.iter().position(|setting| setting.info.id == rule);
    groups.sort_by_key(|group| (std::cmp::Reverse(group.first.severity()), position(group.rule())));
    groups
}

/// `1,000`: large numbers are easier to read in groups of three digits.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 account`, `1,000 accounts`.
pub(crate) fn accounts(number: usize) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} account{plural}", thousands(number))
}

/// `prod (111122223333), 444455556666 and 3 more`.
pub(crate) fn listed<'a>(accounts: &[Account<'a>], most: usize) -> Prose<'a> {
    let names = accounts.iter().take(most).map(|account| account.in_prose());
    and_more(Prose::joined(names, ", "), accounts.len().saturating_sub(most))
}

fn and_more(list: Prose<'_>, more: usize) -> Prose<'_> {
    match more {
        0 => list,
        more => list.text(format!(" and {} more", thousands(more))),
    }
}

#[cfg(test)]
mod tests {
    use super::{accounts, thousands};

    #[test]
    fn digits_are_grouped_by_three() {
        let numbers = [0, 7, 999, 1_000, 12_345, 1_234_567];
        let expected = ["0", "7", "999", "1,000", "12,345", "1,234,567"];
        assert_eq!(numbers.map(thousands), expected);
        assert_eq!([1, 2, 5_000].map(accounts), ["1 account", "2 accounts", "5,000 accounts"]);
    }
}
