//! One pass over the accounts. Each account is judged when its evidence arrives, by the policy and
//! by the copy in a pull request. Its evidence is not kept.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rootgate::collect;
use rootgate::evaluate::{Run, Tally, evaluate};
use rootgate::model::{
    AccountId, AccountReport, AfterMerge, Cause, Evidence, Gap, Inventory, Judged, Listing,
    Partition, Report, SkipCause, Skipped,
};
use rootgate::policy::{Exclude, Policy};
use rootgate::text;

use super::plan::{self, Plan};
use crate::commands::Failure;
use crate::commands::host::now;

/// The accounts judged so far.
pub(super) struct Accounts<'a> {
    at: Option<DateTime<Utc>>,
    scope: Scope,
    policy: &'a Policy,
    tally: Tally<'a>,
    by_copy: Option<CopyTally<'a>>,
    reports: BTreeMap<AccountId, AccountReport>,
    /// The accounts that `--account` allows in evidence files; empty: any.
    allowed: &'a [AccountId],
    outside: Option<AccountId>,
    not_allowed: Option<AccountId>,
    incomplete: Option<&'static str>,
    /// What the evidence of each judged account says about the organization.
    judged: BTreeMap<AccountId, Judged>,
    /// Accounts of the organization whose evidence was given, and that the policy excludes.
    excluded: Vec<Skipped>,
}

/// The copy in a pull request, which judges the same evidence.
struct CopyTally<'a> {
    scope: Scope,
    policy: &'a Policy,
    tally: Tally<'a>,
    judged: BTreeSet<AccountId>,
}

impl<'a> Accounts<'a> {
    pub(super) fn new(plan: &'a Plan, policy: &'a Policy, copy: Option<&'a Policy>) -> Self {
        // A live run judges the accounts that it signs in to; `--account` only limits them.
        let named = match plan.evidence {
            plan::Evidence::Files(_) => &plan.bounds.accounts[..],
            plan::Evidence::Live(_) => &[],
        };
        let by_copy = |policy| CopyTally {
            scope: Scope::new(policy, named),
            policy,
            tally: Tally::new(policy),
            judged: BTreeSet::new(),
        };
        Self {
            at: plan.at,
            scope: Scope::new(policy, named),
            policy,
            tally: Tally::new(policy),
            by_copy: copy.map(by_copy),
            reports: BTreeMap::new(),
            allowed: named,
            outside: None,
            not_allowed: None,
            incomplete: None,
            judged: BTreeMap::new(),
            excluded: Vec::new(),
        }
    }

    /// Judges an account.
    pub(super) fn judge(&mut self, evidence: &Evidence) {
        if !self.scope.holds(&evidence.account) {
            self.outside.get_or_insert_with(|| evidence.account.clone());
            return;
        }
        // `--account` never narrows the scope, so an account that it does not allow is an error.
        if !self.allowed.is_empty() && !self.allowed.contains(&evidence.account) {
            self.not_allowed.get_or_insert_with(|| evidence.account.clone());
            return;
        }
        let is_management = evidence.organization.as_ref().is_ok_and(|it| it.value.management);
        if let Some(exclude) = self.excluded(&evidence.account).filter(|_| !is_management) {
            self.excluded.push(Skipped {
                id: evidence.account.clone(),
                cause: SkipCause::Excluded,
                joined_at: None,
                reason: exclude.why(),
            });
            return;
        }
        self.judge_of_scope(evidence);
    }

    /// The policy's exclusion of an account. A live run does not even read such an account.
    fn excluded(&self, account: &AccountId) -> Option<&'a Exclude> {
        self.policy.organization.as_ref()?.excluded(account, self.at().date_naive())
    }

    fn at(&self) -> DateTime<Utc> {
        self.at.unwrap_or_else(now)
    }

    fn judge_of_scope(&mut self, evidence: &Evidence) {
        let with_gap = summary_gap(evidence);
        let evidence = with_gap.as_ref().unwrap_or(evidence);
        // A live run judges each account when its evidence is complete.
        let at = self.at();
        let report = evaluate(self.policy, evidence, at);
        self.tally.add(&report);
        self.judged.insert(report.id.clone(), judged(evidence));
        self.reports.insert(report.id.clone(), report);
        if let Some(by_copy) = &mut self.by_copy {
            by_copy.judge(evidence, at);
        }
        if self.incomplete.is_none() {
            self.incomplete = collect::incomplete(evidence, evidence.organization.is_ok());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.outside.is_none() && self.not_allowed.is_none()
    }

    /// Fails if there is evidence for an account that must not be judged.
    pub(super) fn check_scope(&self) -> Result<(), Failure> {
        let Some(account) = &self.outside else { return self.none_forbidden() };
        Err(Failure::new(
            text!("there is evidence for account {}, which is outside the scope", account),
            "add the account to `scope.accounts` of the policy (or name it with --account), or leave its \
             evidence out",
        ))
    }

    fn none_forbidden(&self) -> Result<(), Failure> {
        let Some(account) = &self.not_allowed else { return Ok(()) };
        Err(Failure::new(
            text!("there is evidence for account {}, which --account does not allow", account),
            "--account never narrows the scope of the policy: name this account by it as well, or leave \
             --account out",
        ))
    }

    /// Judges the accounts in the scope that have no evidence: each of their facts is a gap.
    pub(super) fn judge_missing(&mut self) {
        for (account, partition) in self.scope.named.clone() {
            if !self.reports.contains_key(&account) {
                self.judge_of_scope(&no_evidence(account, partition));
            }
        }
        let at = self.at.unwrap_or_else(now);
        if let Some(by_copy) = &mut self.by_copy {
            by_copy.judge_missing(at);
        }
    }

    /// Why some of the evidence is missing, if its collection was interrupted or ran out of time.
    pub(super) const fn incomplete(&self) -> Option<&'static str> {
        self.incomplete
    }

    /// Settles which of the accounts that were not read this policy skips: the policy of the collection
    /// may have been another one. The others are judged without evidence.
    pub(super) fn settle_skipped(&mut self, mut listing: Listing) -> Listing {
        let is_closed = self.scope.closed;
        let outside = self.judged.keys().find(|id| !self.scope.names(id) && !listing.holds(id));
        if listing.complete && !is_closed && self.policy.judges_an_organization() {
            self.outside = self.outside.take().or(outside.cloned());
        }
        let skipped = std::mem::take(&mut listing.skipped);
        for skipped in skipped {
            // It is judged by its own entry.
            if is_closed || self.scope.names(&skipped.id) {
                continue;
            }
            match self.still_skips(&skipped) {
                // The list is checked for such contradictions.
                _ if self.judged.contains_key(&skipped.id) => listing.skipped.push(skipped),
                Some(reason) => listing.skipped.push(Skipped { reason, ..skipped }),
                None => {
                    let detail = "the account was skipped when the evidence was collected";
                    let cause = Cause::NotCollected;
                    self.judge_of_scope(&Evidence::unread(skipped.id, None, cause, detail));
                }
            }
        }
        listing.skipped.append(&mut self.excluded);
        listing.skipped.sort();
        listing
    }

    /// Why this policy skips an account, too.
    fn still_skips(&self, skipped: &Skipped) -> Option<String> {
        match skipped.cause {
            SkipCause::Unusable => Some(skipped.reason.clone()),
            SkipCause::Excluded => self.excluded(&skipped.id).map(Exclude::why),
            SkipCause::New => {
                let grace = self.policy.organization.as_ref()?.new_account_grace?;
                let age = self.at() - skipped.joined_at?;
                (age <= grace.delta()).then(|| skipped.reason.clone())
            }
            SkipCause::NotInSample => None,
        }
    }

    /// The accounts of the organization, checked against those that were judged, if one is judged.
    pub(super) fn inventory(&self, listing: Option<Listing>) -> Option<Inventory> {
        let detail = "the evidence has no list of the organization's accounts";
        match listing {
            Some(_) if self.scope.closed => None,
            Some(listing) => Some(listing.inventory(&self.judged)),
            None => self.policy.judges_an_organization().then(|| Inventory::missing(detail)),
        }
    }

    /// How the copy of the policy would judge the same evidence. Evidence that the judging policy
    /// does not need was not collected, so it is undetermined.
    pub(super) fn after_merge(&self, run: &Run) -> Option<AfterMerge> {
        self.by_copy.as_ref().map(|by_copy| by_copy.tally.after_merge(run))
    }

    /// The report, with its accounts in the order of the scope.
    pub(super) fn report(self, run: Run) -> Report {
        let Self { scope, tally, mut reports, .. } = self;
        let mut accounts: Vec<_> =
            scope.named.iter().filter_map(|(account, _)| reports.remove(account)).collect();
        accounts.extend(reports.into_values());
        tally.report(accounts, run)
    }
}

impl CopyTally<'_> {
    fn judge(&mut self, evidence: &Evidence, at: DateTime<Utc>) {
        if self.scope.holds(&evidence.account) {
            self.judged.insert(evidence.account.clone());
            self.tally.add(&evaluate(self.policy, evidence, at));
        }
    }

    fn judge_missing(&mut self, at: DateTime<Utc>) {
        for (account, partition) in self.scope.named.clone() {
            if !self.judged.contains(&account) {
                self.judge(&no_evidence(account, partition), at);
            }
        }
    }
}

/// The evidence of a member without its account summary, which every route into a member asks for: if it
/// is not there, somebody has lost it.
fn summary_gap(evidence: &Evidence) -> Option<Evidence> {
    let gap = evidence.account_summary.as_ref().err().filter(|gap| gap.is_not_asked())?;
    evidence.organization.as_ref().ok()?;
    let gap = Gap { cause: Cause::Missing, ..gap.clone() };
    Some(Evidence { account_summary: Err(gap), ..evidence.clone() })
}

fn judged(evidence: &Evidence) -> Judged {
    let organization = evidence.organization.as_ref().ok();
    Judged {
        organization: organization.map(|fact| fact.value.id.clone()),
        management: organization.is_some_and(|fact| fact.value.management),
        nothing_read: evidence.nothing_read(),
    }
}

fn no_evidence(account: AccountId, partition: Option<Partition>) -> Evidence {
    let detail = "no evidence of this account was given";
    Evidence::unread(account, partition, Cause::NotCollected, detail)
}

/// The accounts to judge: those of the policy, or else those that a flag names. If none is named,
/// or if the policy judges an organization, every account with evidence is judged.
struct Scope {
    named: Vec<(AccountId, Option<Partition>)>,
    /// Only the named accounts are judged.
    closed: bool,
}

impl Scope {
    fn new(policy: &Policy, named: &[AccountId]) -> Self {
        let partition = |role: &Option<String>| role.as_deref().and_then(Partition::from_arn);
        let of_policy = policy.scope.iter();
        let of_policy = of_policy.map(|account| (account.id.clone(), partition(&account.role_arn)));
        if policy.names_scope() {
            return Self { named: of_policy.collect(), closed: !policy.judges_an_organization() };
        }
        let named: Vec<_> = named.iter().map(|id| (id.clone(), None)).collect();
        Self { closed: !named.is_empty(), named }
    }

    fn names(&self, account: &AccountId) -> bool {
        self.named.iter().any(|(id, _)| id == account)
    }

    fn holds(&self, account: &AccountId) -> bool {
        !self.closed || self.named.iter().any(|(id, _)| id == account)
    }
}
