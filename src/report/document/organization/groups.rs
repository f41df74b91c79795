//! Accounts with the same problem.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{accounts, and_more, listed};
use crate::model::{AccountId, Cause, Gap, Inventory, Outcome, RuleId, Severity, Source, ToDo};
use crate::report::document::missing::MissingFact;
use crate::report::document::{Account, Entry, FindingPart, Prose};

/// Takes the place of the account's id while reasons are compared. No other text has a NUL.
const ID: &str = "\0ACCOUNT";
/// Replaces the id in a text that several accounts share.
const ANY_ACCOUNT: &str = "ACCOUNT";

/// The accounts in which a rule has the same outcome.
pub(crate) struct RuleGroup<'a> {
    pub(crate) first: Entry<'a>,
    /// One for each account, in the order of the report.
    pub(crate) entries: Vec<Entry<'a>>,
}

impl<'a> RuleGroup<'a> {
    pub(super) fn from_entries(entries: Vec<Entry<'a>>) -> Option<Self> {
        Some(Self { first: *entries.first()?, entries })
    }

    pub(crate) const fn rule(&self) -> RuleId {
        self.first.rule()
    }

    /// `in 1 account`, `in 1,000 accounts`.
    pub(crate) fn in_accounts(&self) -> String {
        format!("in {}", accounts(self.entries.len()))
    }

    /// `111122223333, 444455556666 and 3 more`.
    pub(crate) fn listed(&self, most: usize) -> Prose<'a> {
        let accounts: Vec<_> = self.entries.iter().map(|entry| entry.account).collect();
        listed(&accounts, most)
    }

    /// What to do, if it is the same for all findings of the first accounts.
    pub(crate) fn same_to_do(&self, most: usize) -> Option<String> {
        let shown = || self.entries.iter().take(most);
        let mut remedies = shown().flat_map(|entry| {
            let id = entry.account.id();
            entry.findings().0.into_iter().map(move |finding| (id, finding))
        });
        let (id, first) = remedies.next()?;
        let to_do = |id, finding: FindingPart<'_>| without_id(finding.to_do(), id);
        let same = to_do(id, first);
        let name = if shown().count() == 1 { id.as_str() } else { ANY_ACCOUNT };
        remedies.all(|(id, finding)| to_do(id, finding) == same).then(|| same.replace(ID, name))
    }
}

/// Accounts in which facts are missing for the same reason.
pub(crate) struct ReasonGroup<'a> {
    /// Its rules, the worst first; empty if nothing of the accounts could be read.
    pub(crate) rules: Vec<Entry<'a>>,
    pub(crate) accounts: Vec<Account<'a>>,
    /// Sentences without their full stop. They hold `ACCOUNT` where the reason of each account holds
    /// its id.
    pub(crate) missing: Vec<Prose<'static>>,
    /// Sentences without their full stop.
    pub(crate) to_do: Vec<Prose<'static>>,
}

impl<'a> ReasonGroup<'a> {
    /// `111122223333, 444455556666 and 3 more`.
    pub(crate) fn listed(&self, most: usize) -> Prose<'a> {
        listed(&self.accounts, most)
    }
}

/// Missing facts, comparable between accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    blocks: bool,
    gaps: Vec<(Option<Source>, Cause, String, Option<ToDo>)>,
}

impl Reason {
    /// The reason in words. The id of the account stays if it is the only one.
    fn words(&self, only: Option<&AccountId>) -> (Vec<Prose<'static>>, Vec<Prose<'static>>) {
        let name = only.map_or(ANY_ACCOUNT, AccountId::as_str);
        let text = |text: &str| text.replace(ID, name);
        let mut to_do: Vec<Prose<'static>> = Vec::new();
        let mut missing = Vec::new();
        for (source, cause, detail, grant) in &self.gaps {
            let from = source.map(|source| Prose::new().text(source.name()).text(": "));
            missing.push(from.unwrap_or_default().external(text(detail)));
            let mut gap = Gap::new(source.unwrap_or(Source::AccountSummary), *cause, "");
            gap.grant = match grant {
                Some(ToDo::Do(what)) => Some(ToDo::Do(text(what))),
                other => other.clone(),
            };
            let next = MissingFact::from_gap(&gap).to_do.map(Prose::into_owned);
            to_do.extend(next.filter(|next| !to_do.contains(next)));
        }
        (missing, to_do)
    }
}

fn without_id(text: &str, id: &AccountId) -> String {
    text.replace(id.as_str(), ID)
}

fn reason<'g>(
    account: Account<'_>,
    blocks: bool,
    gaps: impl Iterator<Item = &'g Gap>,
    sources: bool,
) -> Reason {
    let id = account.id();
    let mut gaps: Vec<_> = gaps
        .map(|gap| {
            let grant = gap.grant.as_ref().map(|to_do| match to_do {
                ToDo::Do(what) => ToDo::Do(without_id(what, id)),
                grant @ ToDo::Grant(_) => grant.clone(),
            });
            let source = sources.then_some(gap.source);
            (source, gap.cause, without_id(&gap.detail, id), grant)
        })
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    gaps.retain(|gap| seen.insert(gap.clone()));
    Reason { blocks, gaps }
}

/// The accounts in which nothing could be read, by reason, the most frequent reason first.
pub(super) fn unread<'a>(accounts: impl Iterator<Item = Account<'a>>) -> Vec<ReasonGroup<'a>> {
    let mut reasons: BTreeMap<Reason, Vec<Account<'a>>> = BTreeMap::new();
    for account in accounts.filter(|account| account.is_unread()) {
        let undetermined = account.of_kind(Outcome::Undetermined);
        let gaps = || undetermined.iter().flat_map(|entry| entry.gaps());
        let own: Vec<&Gap> = gaps().filter(|gap| !gap.source.is_of_organization()).collect();
        // An account that could not be entered has the same reason at each source.
        let one = own.iter().all(|gap| gap.detail == own[0].detail && gap.cause == own[0].cause);
        let reason = reason(account, true, own.into_iter(), !one);
        reasons.entry(reason).or_default().push(account);
    }
    let mut groups: Vec<_> = reasons.into_iter().collect();
    groups.sort_by_key(|(_, accounts)| Reverse(accounts.len()));
    groups.into_iter().map(|(reason, accounts)| group(&reason, Vec::new(), accounts)).collect()
}

/// Undetermined outcomes by reason. Rules that have the same reason in the same accounts share a group.
pub(super) fn undetermined<'a>(entries: impl Iterator<Item = Entry<'a>>) -> Vec<ReasonGroup<'a>> {
    let mut rules: BTreeMap<(RuleId, Reason), Vec<Entry<'a>>> = BTreeMap::new();
    for entry in entries {
        let reason = reason(entry.account, entry.blocks(), entry.gaps().iter(), true);
        rules.entry((entry.rule(), reason)).or_default().push(entry);
    }
    let mut reasons: BTreeMap<(Reason, Vec<usize>), Vec<Vec<Entry<'a>>>> = BTreeMap::new();
    for ((_, reason), entries) in rules {
        let numbers = entries.iter().map(|entry| entry.account.number).collect();
        reasons.entry((reason, numbers)).or_default().push(entries);
    }
    let mut groups: Vec<_> = reasons
        .into_iter()
        .filter_map(|((reason, _), rules)| {
            let accounts = rules.first()?.iter().map(|entry| entry.account).collect();
            let mut rules: Vec<_> = rules.iter().filter_map(|it| it.first().copied()).collect();
            rules.sort_by_key(|entry| Reverse(entry.severity()));
            Some(group(&reason, rules, accounts))
        })
        .collect();
    let worst = |group: &ReasonGroup<'_>| -> Option<(bool, Severity)> {
        group.rules.first().map(|entry| (entry.blocks(), entry.severity()))
    };
    groups.sort_by_key(|group| Reverse((worst(group), group.accounts.len())));
    groups
}

fn group<'a>(
    reason: &Reason,
    rules: Vec<Entry<'a>>,
    accounts: Vec<Account<'a>>,
) -> ReasonGroup<'a> {
    let only = accounts.first().filter(|_| accounts.len() == 1);
    let (missing, to_do) = reason.words(only.map(|account| account.id()));
    ReasonGroup { rules, accounts, missing, to_do }
}

/// Accounts that are not judged for the same reason.
pub(crate) struct SkippedGroup<'a> {
    /// A clause without its full stop. May hold text from AWS or the policy.
    pub(crate) reason: &'a str,
    pub(crate) accounts: Vec<&'a AccountId>,
}

impl<'a> SkippedGroup<'a> {
    /// `111122223333, 444455556666 and 3 more`.
    pub(crate) fn listed(&self, most: usize) -> Prose<'a> {
        let names = self.accounts.iter().take(most).map(|id| Prose::new().name(id.as_str()));
        and_more(Prose::joined(names, ", "), self.accounts.len().saturating_sub(most))
    }
}

/// The accounts that are not judged, by reason, the most frequent reason first.
pub(super) fn skipped(inventory: &Inventory) -> Vec<SkippedGroup<'_>> {
    let mut reasons: BTreeMap<&str, Vec<&AccountId>> = BTreeMap::new();
    for skipped in &inventory.skipped {
        reasons.entry(&skipped.reason).or_default().push(&skipped.id);
    }
    let mut groups: Vec<_> =
        reasons.into_iter().map(|(reason, accounts)| SkippedGroup { reason, accounts }).collect();
    groups.sort_by_key(|group| Reverse(group.accounts.len()));
    groups
}
