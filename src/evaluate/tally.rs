//! What the accounts of a run come to, folded one by one: no account has to be kept for it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveTime, Utc};

use super::waivers::ambiguous;
use crate::model::{
    AccountId, AccountReport, Counts, Outcome, RuleId, RuleOutcome, Unused, WaivedBy,
};
use crate::policy::{Policy, Waiver};

/// The sum of account reports that one policy gave. The order in which they come changes nothing.
#[derive(Debug, Clone)]
pub struct Tally<'a> {
    pub(super) policy: &'a Policy,
    /// Number of accounts.
    pub(super) accounts: usize,
    pub(super) counts: Counts,
    /// Something was found that blocks.
    pub(super) violated: bool,
    /// Something was not determined that blocks.
    pub(super) undetermined: bool,
    /// Something was not determined that `on-undetermined: warn` lets through.
    pub(super) tolerated: bool,
    /// The first instant at which something that decided stops doing so.
    pub(super) relied_on_until: Option<DateTime<Utc>>,
    /// One for each waiver of the policy, in its order.
    pub(super) waivers: Vec<WaiverUse>,
    failed_rules: BTreeSet<RuleId>,
}

/// What a waiver did.
#[derive(Debug, Clone, Default)]
pub(super) struct WaiverUse {
    /// It covered a finding.
    pub(super) used: bool,
    /// Why it covered none, where its rule ran; where accounts differ, the last reason in the order of
    /// [`Unused`].
    pub(super) unused: Option<Unused>,
    /// Each account in which it names several keys of one day, and when they were made.
    pub(super) doubts: BTreeMap<AccountId, Vec<DateTime<Utc>>>,
}

impl<'a> Tally<'a> {
    /// No account yet.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            accounts: 0,
            counts: Counts::default(),
            violated: false,
            undetermined: false,
            tolerated: false,
            relied_on_until: None,
            waivers: vec![WaiverUse::default(); policy.waivers.len()],
            failed_rules: BTreeSet::new(),
        }
    }

    /// Adds what the policy gave for one more account.
    pub fn add(&mut self, account: &AccountReport) {
        self.accounts += 1;
        for outcome in &account.outcomes {
            self.weigh(outcome);
            self.shorten(outcome);
        }
        self.counts.add(account, &mut self.failed_rules);
        for (waiver, waiver_use) in self.policy.waivers.iter().zip(&mut self.waivers) {
            if waiver.accounts.contains(&account.id) {
                waiver_use.add(waiver, account);
            }
        }
    }

    fn weigh(&mut self, outcome: &RuleOutcome) {
        let counts = outcome.severity >= self.policy.gate.fail_on;
        match outcome.outcome {
            Outcome::Fail => self.violated |= outcome.blocks,
            Outcome::Undetermined if outcome.blocks => self.undetermined |= counts,
            Outcome::Undetermined => self.tolerated |= counts,
            Outcome::Pass | Outcome::NotApplicable | Outcome::Waived => {}
        }
    }

    /// A verdict holds until a deciding fact becomes too old or a waiver that was used ends.
    fn shorten(&mut self, outcome: &RuleOutcome) {
        let stale =
            outcome.evidence.iter().map(|basis| basis.observed_at + self.policy.max_age.delta());
        let waivers = outcome.findings.iter().filter_map(|finding| finding.waiver.as_ref());
        let ends = waivers.map(|waiver| {
            let day = waiver.expires.checked_add_days(Days::new(1)).unwrap_or(waiver.expires);
            day.and_time(NaiveTime::MIN).and_utc()
        });
        self.relied_on_until = stale.chain(ends).chain(self.relied_on_until).min();
    }
}

impl WaiverUse {
    fn add(&mut self, waiver: &Waiver, account: &AccountReport) {
        let covered = |by: &WaivedBy| by.line == waiver.line && by.ticket == waiver.ticket;
        for outcome in account.outcomes.iter().filter(|outcome| outcome.rule == waiver.rule) {
            let mut findings = outcome.findings.iter();
            if findings.any(|finding| finding.waiver.as_ref().is_some_and(covered)) {
                self.used = true;
            }
            let unused = match outcome.outcome {
                Outcome::Undetermined => Unused::Undetermined,
                _ if waiver.subject.is_none() => Unused::NothingFound,
                _ => Unused::SubjectNotFound,
            };
            self.unused = self.unused.max(Some(unused));
        }
        let made = ambiguous(waiver, &account.keys_made);
        if !made.is_empty() {
            self.doubts.insert(account.id.clone(), made);
        }
    }
}
