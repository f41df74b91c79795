//! The input and output of a rule.

use chrono::{DateTime, Utc};

use super::reconcile::Root;
use super::suggested_window::Wanted;
use crate::model::{
    AccountId, Amount, Basis, Duration, Evidence, Finding, Gap, Partition, Subject,
};
use crate::policy::{Policy, RulePolicy};

/// One account, as a rule sees it. Facts that are too old or in the future are already gaps.
#[derive(Debug)]
pub struct Case<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What the policy says of this rule.
    pub rule: &'a RulePolicy,
    /// The account.
    pub account: &'a AccountId,
    /// Its facts and gaps.
    pub evidence: &'a Evidence,
    /// What the sources say when combined.
    pub root: &'a Root,
    /// The instant that is judged.
    pub now: DateTime<Utc>,
}

impl Case<'_> {
    /// The length of time that this rule compares with: the policy's, else the rule's own.
    #[must_use]
    pub fn threshold(&self) -> Duration {
        match self.amount() {
            Some(Amount::Time(time)) => time,
            _ => Duration::seconds(0),
        }
    }

    /// The threshold of a rule that counts.
    #[must_use]
    pub fn count(&self) -> usize {
        match self.amount() {
            Some(Amount::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    fn amount(&self) -> Option<Amount> {
        let own = self.rule.info.threshold.map(|threshold| threshold.default);
        self.rule.threshold.or(own)
    }

    /// Whether root has a console in the account's partition.
    #[must_use]
    pub fn root_has_console(&self) -> bool {
        self.evidence.partition.as_ref().is_none_or(Partition::root_has_console)
    }
}

/// The judgement of a rule on one account: findings make it fail; otherwise gaps make it
/// undetermined; otherwise it passes or is not applicable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Every violation.
    pub findings: Vec<Finding>,
    /// The missing facts.
    pub gaps: Vec<Gap>,
    /// Why it does not apply to this account.
    pub not_applicable: Option<String>,
    /// What was seen if nothing is wrong, and what cannot be seen. One or more sentences.
    pub note: String,
    /// The facts that decided.
    pub basis: Vec<Basis>,
    /// What findings need windows for, by their subjects.
    pub(crate) wanted: Vec<(Subject, Wanted)>,
}

impl Judgement {
    /// The rule does not apply to this account.
    #[must_use]
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self { not_applicable: Some(reason.into()), ..Self::default() }
    }
}
