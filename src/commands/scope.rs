//! Which accounts are judged: those of the policy, else those named by flag, else what is there.

use rootgate::model::{AccountId, Cause, Evidence, Partition};
use rootgate::policy::Policy;

use super::Failure;

/// Evidence in the order of the scope. An account of the scope without evidence is all gaps;
/// evidence for an account outside the scope is an error.
pub(crate) fn arrange(
    policy: &Policy,
    allowed: &[AccountId],
    evidence: Vec<Evidence>,
) -> Result<Vec<Evidence>, Failure> {
    let scope: Vec<(AccountId, Option<Partition>)> = if policy.scope.is_empty() {
        allowed.iter().map(|id| (id.clone(), None)).collect()
    } else {
        let partition = |role: &Option<String>| role.as_deref().and_then(Partition::of_arn);
        policy
            .scope
            .iter()
            .map(|account| (account.id.clone(), partition(&account.role_arn)))
            .collect()
    };
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
    let mut evidence = evidence;
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
    Ok(arranged)
}
