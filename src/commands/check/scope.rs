//! Which accounts are judged: those of the policy, else those named by flag, else what is there.

use rootgate::model::{AccountId, Cause, Evidence, Partition};
use rootgate::policy::Policy;

use crate::commands::Failure;

/// Evidence in the order of the scope. An account of the scope without evidence is all gaps;
/// evidence for an account outside the scope is an error.
pub(crate) fn arrange(
    policy: &Policy,
    allowed: &[AccountId],
    evidence: Vec<Evidence>,
) -> Result<Vec<Evidence>, Failure> {
    let scope = scope_of(policy, allowed);
    if scope.is_empty() {
        return Ok(evidence);
    }
    let outside = |known: &&Evidence| !scope.iter().any(|(id, _)| *id == known.account);
    if let Some(known) = evidence.iter().find(outside) {
        return Err(Failure::new(
            format!("there is evidence for account {}, which is outside the scope", known.account),
            "add the account to `scope.accounts` of the policy (or name it with --account), or leave its \
             evidence out",
        ));
    }
    Ok(in_order(scope, evidence))
}

/// The same for a scope that the evidence was not collected for: what lies outside is left out.
pub(crate) fn within(
    policy: &Policy,
    allowed: &[AccountId],
    mut evidence: Vec<Evidence>,
) -> Vec<Evidence> {
    let scope = scope_of(policy, allowed);
    if scope.is_empty() {
        return evidence;
    }
    evidence.retain(|known| scope.iter().any(|(id, _)| *id == known.account));
    in_order(scope, evidence)
}

type Scope = Vec<(AccountId, Option<Partition>)>;

fn scope_of(policy: &Policy, allowed: &[AccountId]) -> Scope {
    if policy.scope.is_empty() {
        return allowed.iter().map(|id| (id.clone(), None)).collect();
    }
    let partition = |role: &Option<String>| role.as_deref().and_then(Partition::of_arn);
    policy.scope.iter().map(|account| (account.id.clone(), partition(&account.role_arn))).collect()
}

fn in_order(scope: Scope, mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut arranged: Vec<Evidence> = Vec::new();
    for (id, partition) in scope {
        if arranged.iter().any(|known| known.account == id) {
            continue;
        }
        let found = evidence.iter().position(|known| known.account == id);
        arranged.push(match found {
            Some(index) => evidence.swap_remove(index),
            None => Evidence::unread(
                id,
                partition,
                Cause::NotCollected,
                "no evidence of this account was given",
            ),
        });
    }
    arranged
}
