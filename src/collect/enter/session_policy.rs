//! The inline session policy. It limits what a session may do, even if its role may do more.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::call::{ASSUME_ROLE, GET_CALLER_IDENTITY};
use crate::model::root_audit::ASSUME_ROOT;
use crate::model::{Partition, Source};

/// The maximum length that STS accepts. Source: API reference, AssumeRoleWithWebIdentity, `Policy`.
const MAX_LENGTH: usize = 2_048;

/// What a session may do: read sources, and open further sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// The sources to read.
    pub(crate) reads: BTreeSet<Source>,
    /// The roles to assume.
    pub(crate) roles: Vec<String>,
    /// The partition whose root users are audited.
    pub(crate) audits: Option<Partition>,
}

/// The policy allows exactly the actions of the sources, and assuming `roles` if there are any.
///
/// A role is named with a wildcard for the account, so that many accounts with the same role name
/// are one entry. If the names alone are too long, the policy allows all roles. A session policy
/// cannot grant more than the role has.
#[must_use]
pub(super) fn session_policy(grants: &Grants) -> String {
    let named: BTreeSet<String> =
        grants.roles.iter().filter_map(|role| any_account(role)).collect();
    let policy = document(grants, &named.into_iter().collect::<Vec<_>>());
    if policy.len() <= MAX_LENGTH {
        return policy;
    }
    let all = |role: &String| Some(format!("arn:{}:iam::*:role/*", Partition::from_arn(role)?));
    let every: BTreeSet<String> = grants.roles.iter().filter_map(all).collect();
    document(grants, &every.into_iter().collect::<Vec<_>>())
}

fn document(grants: &Grants, roles: &[String]) -> String {
    // The calls of an audit need no permission here: its session has them.
    let read = grants.reads.iter().filter(|source| **source != Source::RootAudit);
    let actions: Vec<&str> = read.flat_map(|source| source.actions()).collect();
    let mut statements: Vec<Value> = Vec::new();
    if !actions.is_empty() {
        statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }));
    }
    if !roles.is_empty() {
        let assume =
            json!({ "Effect": "Allow", "Action": ASSUME_ROLE.iam_action, "Resource": roles });
        statements.push(assume);
    }
    if let Some(partition) = &grants.audits {
        statements.push(json!({
            "Effect": "Allow",
            "Action": ASSUME_ROOT.iam_action,
            "Resource": format!("arn:{partition}:iam::*:root"),
            "Condition": { "StringEquals": { "sts:TaskPolicyArn": partition.audit_task() } },
        }));
    }
    if statements.is_empty() {
        // A policy needs a statement, and this call needs no permission anyway.
        let action = GET_CALLER_IDENTITY.iam_action;
        let who = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        statements.push(who);
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// `arn:aws:iam::111122223333:role/x` → `arn:aws:iam::*:role/x`.
fn any_account(role: &str) -> Option<String> {
    let fields: Vec<&str> = role.splitn(6, ':').collect();
    match fields[..] {
        ["arn", partition, "iam", "", _, name] => Some(format!("arn:{partition}:iam::*:{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> BTreeSet<Source> {
        Source::ALL.iter().copied().collect()
    }

    fn reading(reads: BTreeSet<Source>) -> String {
        session_policy(&Grants { reads, ..Grants::default() })
    }

    /// The maximum that a session may do.
    fn grants(roles: &[String]) -> Grants {
        Grants { reads: all(), roles: roles.to_vec(), audits: Partition::new("aws-us-gov") }
    }

    fn entering(roles: &[String]) -> String {
        session_policy(&grants(roles))
    }

    #[test]
    fn a_session_may_do_what_its_sources_need_and_no_more() {
        assert_eq!(
            reading(BTreeSet::from([Source::CredentialReport])),
            r#"{"Statement":[{"Action":["iam:GetCredentialReport","iam:GenerateCredentialReport"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#
        );
        let needs = BTreeSet::from([
            Source::CredentialReport,
            Source::AccountSummary,
            Source::VirtualMfaDevices,
            Source::RootEvents,
        ]);
        let policy: Value = serde_json::from_str(&reading(needs)).unwrap();
        assert_eq!(
            policy["Statement"][0]["Action"],
            json!([
                "iam:GetCredentialReport",
                "iam:GenerateCredentialReport",
                "iam:GetAccountSummary",
                "iam:ListVirtualMFADevices",
                "cloudtrail:LookupEvents",
                "iam:ListAccountAliases",
                "account:ListRegions"
            ])
        );
    }

    #[test]
    fn a_session_may_make_each_call_of_each_source() {
        for source in Source::ALL.iter().filter(|source| **source != Source::RootAudit) {
            let policy = reading(BTreeSet::from([*source]));
            let policy: Value = serde_json::from_str(&policy).unwrap();
            let allowed = policy["Statement"][0]["Action"].as_array().unwrap();
            let calls = source.info().calls;
            assert!(calls.iter().all(|call| allowed.contains(&json!(call.iam_action))), "{source}");
            assert_eq!(allowed.len(), calls.len(), "{source}");
        }
    }

    #[test]
    fn one_role_name_in_many_accounts_is_one_entry() {
        let roles = ["111122223333", "444455556666"]
            .map(|account| format!("arn:aws:iam::{account}:role/audit/rootgate"));
        let policy: Value = serde_json::from_str(&entering(&roles)).unwrap();
        assert_eq!(
            policy["Statement"][1],
            json!({ "Effect": "Allow", "Action": "sts:AssumeRole",
                "Resource": ["arn:aws:iam::*:role/audit/rootgate"] })
        );
    }

    #[test]
    fn a_session_policy_stays_below_2048_characters() {
        let roles: Vec<String> = (0..20)
            .map(|number| format!("arn:aws:iam::111122223333:role/{}{number}", "r".repeat(62)))
            .collect();
        assert!(document(&grants(&roles), &roles).len() <= MAX_LENGTH * 2);
        for count in 0..=roles.len() {
            let policy = entering(&roles[..count]);
            assert!(policy.len() < MAX_LENGTH, "{count} roles: {}", policy.len());
            assert_eq!(policy.contains("sts:AssumeRole"), count > 0);
        }
    }

    #[test]
    fn a_run_that_reads_nothing_still_has_a_policy() {
        assert!(reading(BTreeSet::new()).contains("sts:GetCallerIdentity"));
    }

    #[test]
    fn root_users_are_entered_for_an_audit_and_nothing_else() {
        let grants = Grants {
            reads: BTreeSet::from([Source::RootAudit]),
            audits: Partition::new("aws"),
            ..Grants::default()
        };
        let policy: Value = serde_json::from_str(&session_policy(&grants)).unwrap();
        let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
        assert_eq!(
            policy["Statement"],
            json!([{
                "Effect": "Allow",
                "Action": "sts:AssumeRoot",
                "Resource": "arn:aws:iam::*:root",
                "Condition": { "StringEquals": { "sts:TaskPolicyArn": task } },
            }])
        );
    }
}
