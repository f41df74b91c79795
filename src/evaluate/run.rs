//! The run as a whole.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::{Effect, EvidenceFile, Inventory, Notice, PolicyChange, PolicyOrigin, Verdict};
use crate::policy::Policy;

/// What a report says about the run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The instant that was judged.
    pub now: DateTime<Utc>,
    /// Whether that instant was set explicitly.
    pub as_of: bool,
    /// Which policy judged.
    pub origin: PolicyOrigin,
    /// What the checkout's copy of the policy says differently, where it does.
    pub policy_change: Option<PolicyChange>,
    /// The accounts of the organization, if the policy judges one.
    pub inventory: Option<Inventory>,
    /// Whether the accounts were named, by the policy or by a flag.
    pub scope_named: bool,
    /// The files that evidence came from.
    pub evidence_files: Vec<EvidenceFile>,
    /// Why the run is incomplete, where it is.
    pub incomplete: Option<&'static str>,
    /// Why nothing was evaluated, where nothing was.
    pub not_evaluated: Option<NotEvaluated>,
    /// Notices from choosing the judging policy.
    pub notices: Vec<Notice>,
}

impl Run {
    /// The day from which the gate blocks, while that day is still to come.
    pub(super) fn enforce_from(&self, policy: &Policy) -> Option<NaiveDate> {
        policy.gate.enforce_from.filter(|day| self.now.date_naive() < *day)
    }

    /// Whether an account of the organization may be missing.
    ///
    /// A policy that names no scope judges what the evidence holds, an organization included.
    pub(super) fn is_uncovered(&self, policy: &Policy) -> bool {
        match &self.inventory {
            Some(inventory) if policy.judges_an_organization() || !policy.names_scope() => {
                !inventory.is_complete()
            }
            Some(_) => false,
            None => policy.judges_an_organization(),
        }
    }

    /// Whether the copy alone is enough to fail the gate.
    pub(super) fn fails_by_its_copy(&self) -> bool {
        self.policy_change.as_ref().is_some_and(|change| change.effect == Effect::Fails)
    }
}

/// A run that may not sign in, so that nothing of AWS can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEvaluated {
    /// Why: "this is a pull request from a fork".
    pub reason: String,
    /// Whether the pipeline continues anyway (`--on-fork skip`).
    pub skip: bool,
}

/// The verdict of a run and its exit code.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    pub(super) exit_code: u8,
    /// The exit code that it would have without `enforce-from`.
    pub(super) before: u8,
}
