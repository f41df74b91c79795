//! Accounts × rules: as a table while there are few accounts, as numbers beyond.

use crate::model::{Counts, Outcome, Report, RuleId, RuleOutcome, Severity};
use crate::report::document::Account;

/// Maximum number of accounts in a table with a row for each.
const MAX_ROWS: usize = 40;

/// The outcomes of a rule in all accounts, counted.
pub(crate) struct RuleCounts {
    pub(crate) rule: RuleId,
    pub(crate) severity: Severity,
    pub(crate) counts: Counts,
}

impl RuleCounts {
    /// The names of the numbers.
    pub(crate) const HEAD: [&'static str; 5] = ["fail", "undetermined", "waived", "pass", "n/a"];

    /// The numbers.
    pub(crate) const fn numbers(&self) -> [usize; 5] {
        let Counts { failed, undetermined, waived, passed, not_applicable, .. } = self.counts;
        [failed, undetermined, waived, passed, not_applicable]
    }
}

pub(super) fn by_rule(report: &Report) -> Vec<RuleCounts> {
    let on = report.rules.iter().filter(|setting| setting.on);
    let mut rules: Vec<_> = on
        .map(|setting| RuleCounts {
            rule: setting.info.id,
            severity: setting.severity,
            counts: Counts::default(),
        })
        .collect();
    for outcome in report.accounts.iter().flat_map(|account| &account.outcomes) {
        if let Some(rule) = rules.iter_mut().find(|rule| rule.rule == outcome.rule) {
            count(&mut rule.counts, outcome);
        }
    }
    rules
}

const fn count(counts: &mut Counts, outcome: &RuleOutcome) {
    *match outcome.outcome {
        Outcome::Fail => &mut counts.failed,
        Outcome::Undetermined => &mut counts.undetermined,
        Outcome::Waived => &mut counts.waived,
        Outcome::Pass => &mut counts.passed,
        Outcome::NotApplicable => &mut counts.not_applicable,
    } += 1;
}

/// A row per account, a column per rule.
pub(crate) struct Matrix<'a> {
    pub(crate) rules: Vec<RuleId>,
    /// `None`: the rule has no outcome in the account.
    pub(crate) rows: Vec<(Account<'a>, Vec<Option<Outcome>>)>,
}

impl<'a> Matrix<'a> {
    pub(super) fn from_accounts(
        report: &'a Report,
        accounts: impl ExactSizeIterator<Item = Account<'a>>,
    ) -> Option<Self> {
        if accounts.len() == 0 || accounts.len() > MAX_ROWS {
            return None;
        }
        let on = report.rules.iter().filter(|setting| setting.on);
        let rules: Vec<RuleId> = on.map(|setting| setting.info.id).collect();
        let row = |account: Account<'a>| {
            let outcome = |rule: &RuleId| {
                let mut entries = account.entries();
                Some(entries.find(|entry| entry.rule() == *rule)?.outcome())
            };
            (account, rules.iter().map(outcome).collect())
        };
        let rows = accounts.map(row).collect();
        Some(Self { rules, rows })
    }
}
