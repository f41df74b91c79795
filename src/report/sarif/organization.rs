//! The run of an organization: one for all of its accounts, because GitHub accepts 20 runs in a file.
//!
//! GitHub keeps 5,000 results of a run, and drops the others without a word. So the worst are written,
//! and for each rule one more result counts the accounts that are left out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_sarif::sarif::{Result as SarifResult, Run};

use super::{not_determined, result, results, run, run_id, summary};
use crate::model::{AccountReport, Inventory, Outcome, Report, RuleId, fingerprint};
use crate::report::document::{Account, Entry, accounts, thousands};

/// Maximum number of results of a run. GitHub shows no more.
const MAX_RESULTS: usize = 5_000;
/// Subject of the result for the accounts beyond [`MAX_RESULTS`].
const AND_MORE_ACCOUNTS: &str = "and more accounts";
/// Stands for an organization without a usable id. Such a run is not uploaded.
const UNKNOWN: &str = "organization";
/// Maximum length of a usable id. Source: Organizations API, `Organization.Id`.
const MAX_ID: usize = 34;

pub(super) fn organization_run<'a>(
    report: &Report,
    inventory: &Inventory,
    accounts: impl IntoIterator<Item = &'a AccountReport>,
    category: Option<&str>,
) -> Run {
    let id = organization_id(inventory);
    let accounts: Vec<_> = accounts.into_iter().collect();
    let entries = worst_first(report, &accounts);
    run(report, run_id(id, category), within_limits(report, id, &entries))
}

/// The organization's id, if it can be part of a category. An id from a file may be any text.
fn organization_id(inventory: &Inventory) -> &str {
    let usable = |id: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let rest = id.strip_prefix("o-").unwrap_or_default();
        !rest.is_empty() && id.len() <= MAX_ID && rest.bytes().all(is_plain)
    };
    inventory.id.as_deref().filter(usable).unwrap_or(UNKNOWN)
}

/// The outcomes that get alerts: by severity, what fails before what is undetermined, then by account. So
/// if not all fit, each rule of a severity has about as many alerts as the others.
fn worst_first<'a>(report: &'a Report, accounts: &[&'a AccountReport]) -> Vec<Entry<'a>> {
    let accounts = accounts.iter().map(|account| Account::alone(report, account));
    let is_open =
        |entry: &Entry<'_>| matches!(entry.outcome(), Outcome::Fail | Outcome::Undetermined);
    let mut entries: Vec<_> = accounts.flat_map(Account::entries).filter(is_open).collect();
    entries.sort_by_key(|entry| (Reverse(entry.severity()), entry.outcome() != Outcome::Fail));
    entries
}

/// The results of the first entries. The other entries of a rule become one result.
fn within_limits(report: &Report, id: &str, entries: &[Entry<'_>]) -> Vec<SarifResult> {
    let number: usize = entries.iter().map(|entry| number_of_results(*entry)).sum();
    // Each rule may need one result for the rest.
    let room = if number <= MAX_RESULTS { number } else { MAX_RESULTS - report.rules.len() };
    let mut taken = 0;
    let fits = |entry: &&Entry<'_>| {
        taken += number_of_results(**entry);
        taken <= room
    };
    let whole = entries.iter().take_while(fits).count();
    let (kept, cut) = entries.split_at(whole);
    let kept = kept.iter().flat_map(|entry| results(report, *entry));
    kept.chain(rest(report, id, cut)).collect()
}

/// An entry has a result for each finding that is shown, and one for the others.
fn number_of_results(entry: Entry<'_>) -> usize {
    match entry.outcome() {
        Outcome::Fail => {
            let (kept, more) = entry.findings();
            kept.len() + usize::from(more > 0)
        }
        _ => 1,
    }
}

/// One result for each rule, in the order of the entries.
fn rest(report: &Report, id: &str, cut: &[Entry<'_>]) -> Vec<SarifResult> {
    let mut rules: BTreeMap<RuleId, (usize, Vec<Entry<'_>>)> = BTreeMap::new();
    for (index, entry) in cut.iter().enumerate() {
        rules.entry(entry.rule()).or_insert_with(|| (index, Vec::new())).1.push(*entry);
    }
    let mut rules: Vec<_> = rules.into_values().collect();
    rules.sort_by_key(|(index, _)| *index);
    let one = |(_, entries): (usize, Vec<Entry<'_>>)| {
        let first = *entries.first()?;
        let print = fingerprint(first.rule(), id, AND_MORE_ACCOUNTS);
        Some(result(report, first, print, &and_more(&entries, first)))
    };
    rules.into_iter().filter_map(one).collect()
}

/// The entries of a rule that have no result of their own, counted.
fn and_more(entries: &[Entry<'_>], first: Entry<'_>) -> String {
    let failed = entries.iter().filter(|entry| entry.outcome() == Outcome::Fail).count();
    let undetermined = entries.len() - failed;
    let title = if failed > 0 { summary(first) } else { not_determined(first) };
    let parts = [(failed, "failed"), (undetermined, "is undetermined")];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> =
        parts.map(|(number, word)| format!("{word} in {}", accounts(*number))).collect();
    let more = accounts(entries.len()).replacen(' ', " more ", 1);
    format!(
        "{title}: and {more}. They have no alerts of their own, because GitHub shows {} alerts of a run. \
         The rule {}. The JSON report has all.",
        thousands(MAX_RESULTS),
        parts.join(" and "),
    )
}
