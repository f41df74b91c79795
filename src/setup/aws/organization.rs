//! The roles of an organization: the hub's, which GitHub's jobs assume, and those that the hub assumes.

use serde_json::{Value, json};

use super::role::{DEFAULT_ROLE, Place, Role, account_permissions, path_and_name, reads};
use super::trust::{is_external_id, trust_in_hub};
use super::{Refused, Wanted};
use crate::model::call::ASSUME_ROLE;
use crate::model::root_audit::ASSUME_ROOT;
use crate::model::{AccountId, Audit, Partition, Source};
use crate::policy::{OrganizationScope, Policy};
use crate::rules;

/// The roles, in the order in which they are created.
pub(super) fn roles(
    organization: &OrganizationScope,
    hub: &AccountId,
    partition: &Partition,
    wanted: &Wanted<'_>,
) -> Result<Vec<Role>, Refused> {
    if let Some(wrong) = wanted.external_id.filter(|id| !is_external_id(id)) {
        return Err(Refused::ExternalId(wrong.to_owned()));
    }
    let hub_role = Role {
        file: "hub".to_owned(),
        purpose: format!("the role of the hub, account {hub}, which reads the organization"),
        place: Place::Account(hub.clone()),
        partition: partition.clone(),
        path: "/".to_owned(),
        name: DEFAULT_ROLE.to_owned(),
        trust: wanted.jobs.trust_policy(partition, hub),
        permissions: hub_permissions(organization, partition, wanted.policy)
            .ok_or(Refused::NothingToRead)?,
        creates_provider: !wanted.existing_provider,
    };
    // Accounts that the policy names have a role of their own.
    let mut others = vec![hub.clone()];
    let named = wanted.policy.scope.iter().map(|account| account.id.clone());
    others.extend(named.filter(|id| id != hub));
    let trust = trust_in_hub(&hub_role.arn(), wanted.external_id);
    let mut roles = vec![hub_role];
    let Some(reads) = account_permissions(wanted.policy) else { return Ok(roles) };
    let entered = |file: &str, purpose: &str, place: Place, role: &str| -> Result<Role, Refused> {
        let (path, name) = path_and_name(role)?;
        Ok(Role {
            file: file.to_owned(),
            purpose: purpose.to_owned(),
            place,
            partition: partition.clone(),
            path,
            name,
            trust: trust.clone(),
            permissions: reads.clone(),
            creates_provider: false,
        })
    };
    // With AssumeRoot alone, members need no role.
    let by_role = organization.audit != Audit::AssumeRoot;
    if let Some(member_role) = organization.member_role.as_deref().filter(|_| by_role) {
        let place = Place::Members { but: others.clone() };
        let purpose = "the role of every member account that has none of its own";
        roles.push(entered("members", purpose, place, member_role)?);
    }
    if let Some(management_role) = organization.management_role() {
        let place = Place::Management { unless: others };
        let purpose = "the role of the management account, which no StackSet reaches";
        roles.push(entered("management", purpose, place, management_role)?);
    }
    Ok(roles)
}

/// What the hub may do: read its own account and the organization, and enter the others.
pub(super) fn hub_permissions(
    organization: &OrganizationScope,
    partition: &Partition,
    policy: &Policy,
) -> Option<Value> {
    let mut needs = rules::needs(policy);
    if needs.is_empty() {
        return None;
    }
    // A session by AssumeRoot has its permissions by its task.
    needs.remove(&Source::RootAudit);
    // Whatever the rules read, the accounts are listed.
    needs.insert(Source::Organization);
    let mut statements: Vec<Value> = reads(needs).into_iter().collect();
    let by_role = organization.audit != Audit::AssumeRoot;
    let member_role = organization.member_role.as_deref().filter(|_| by_role);
    let mut entered: Vec<String> = [member_role, organization.management_role()]
        .into_iter()
        .flatten()
        .map(|role| format!("arn:{partition}:iam::*:role/{role}"))
        .collect();
    entered.dedup();
    if !entered.is_empty() {
        statements.push(json!({
            "Sid": "RootgateEntersAccounts",
            "Effect": "Allow",
            "Action": ASSUME_ROLE.iam_action,
            "Resource": entered,
        }));
    }
    if organization.audit != Audit::AssumeRole {
        statements.push(json!({
            "Sid": "RootgateAuditsRoot",
            "Effect": "Allow",
            "Action": ASSUME_ROOT.iam_action,
            "Resource": format!("arn:{partition}:iam::*:root"),
            "Condition": { "StringEquals": { "sts:TaskPolicyArn": partition.audit_task() } },
        }));
    }
    Some(json!({ "Version": "2012-10-17", "Statement": statements }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::setup::aws::{Format, Generated, GitHubJobs, RepositoryIds, generate};

    const HUB: &str = "111122223333";
    const FORMATS: [Format; 3] = [Format::CloudFormation, Format::Terraform, Format::Shell];

    fn policy(audit: Audit, accounts: &str) -> Policy {
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        let text = format!("version: 1\n{accounts}");
        let mut policy = Policy::parse(&text, "p", &rules::infos(), now)
            .unwrap_or_else(|error| panic!("{}", error.render(false)));
        policy.organization = Some(OrganizationScope {
            member_role: (audit != Audit::AssumeRoot).then(|| "audit/gate".to_owned()),
            management_role: Some("gate".to_owned()),
            audit,
            new_account_grace: None,
            exclude: Vec::new(),
            line: 3,
        });
        policy
    }

    fn generated(
        policy: &Policy,
        format: Format,
        external_id: Option<&str>,
    ) -> Result<Generated, Refused> {
        let ids = RepositoryIds::parse("65/74");
        let jobs = GitHubJobs::new("octo-org/octo-repo", ids, &["rootgate".to_owned()]).unwrap();
        generate(&Wanted {
            policy,
            jobs: &jobs,
            format,
            existing_provider: false,
            hub_account: Some(&HUB.parse().unwrap()),
            external_id,
        })
    }

    fn roles_of(policy: &Policy) -> Vec<Role> {
        let jobs = GitHubJobs::new("octo-org/octo-repo", None, &["rootgate".to_owned()]).unwrap();
        let hub: AccountId = HUB.parse().unwrap();
        let wanted = Wanted {
            policy,
            jobs: &jobs,
            format: Format::Shell,
            existing_provider: false,
            hub_account: Some(&hub),
            external_id: None,
        };
        let partition = Partition::commercial();
        roles(policy.organization.as_ref().unwrap(), &hub, &partition, &wanted).unwrap()
    }

    fn statement<'a>(role: &'a Role, sid: &str) -> Option<&'a Value> {
        let statements = role.permissions["Statement"].as_array().unwrap();
        statements.iter().find(|statement| statement["Sid"] == sid)
    }

    #[test]
    fn the_hub_may_enter_what_the_audit_enters_and_no_more() {
        let resources =
            |role: &Role, sid: &str| statement(role, sid).map(|it| it["Resource"].clone());
        for (audit, files, entered, audits) in [
            (
                Audit::AssumeRole,
                &["hub", "members", "management"][..],
                json!(["arn:aws:iam::*:role/audit/gate", "arn:aws:iam::*:role/gate"]),
                false,
            ),
            (Audit::AssumeRoot, &["hub", "management"], json!(["arn:aws:iam::*:role/gate"]), true),
            (
                Audit::Auto,
                &["hub", "members", "management"],
                json!(["arn:aws:iam::*:role/audit/gate", "arn:aws:iam::*:role/gate"]),
                true,
            ),
        ] {
            let roles = roles_of(&policy(audit, ""));
            let names: Vec<&str> = roles.iter().map(|role| role.file.as_str()).collect();
            assert_eq!(names, files, "{audit:?}");
            assert_eq!(resources(&roles[0], "RootgateEntersAccounts"), Some(entered), "{audit:?}");
            let root = statement(&roles[0], "RootgateAuditsRoot");
            assert_eq!(root.is_some(), audits, "{audit:?}");
            if let Some(root) = root {
                assert_eq!(root["Resource"], "arn:aws:iam::*:root");
                let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
                assert_eq!(
                    root["Condition"],
                    json!({ "StringEquals": { "sts:TaskPolicyArn": task } })
                );
            }
            for role in &roles[1..] {
                assert_eq!(role.permissions["Statement"].as_array().unwrap().len(), 1);
                assert!(!role.permissions.to_string().contains("sts:"), "{}", role.permissions);
            }
        }
    }

    #[test]
    fn members_trust_the_hubs_role_alone() {
        for (external_id, condition) in [
            (
                None,
                json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/rootgate" } }),
            ),
            (
                Some("octo-1"),
                json!({
                    "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/rootgate" },
                    "StringEquals": { "sts:ExternalId": "octo-1" },
                }),
            ),
        ] {
            let trust = trust_in_hub("arn:aws:iam::111122223333:role/rootgate", external_id);
            let statement = &trust["Statement"][0];
            assert_eq!(statement["Principal"], json!({ "AWS": "arn:aws:iam::111122223333:root" }));
            assert_eq!(statement["Condition"], condition);
        }
        let policy = policy(Audit::Auto, "");
        for wrong in ["", "x", "a b", "a*", "x'y", &"x".repeat(1_225)] {
            let refused = generated(&policy, Format::Shell, Some(wrong));
            assert_eq!(refused, Err(Refused::ExternalId(wrong.to_owned())));
        }
    }

    #[test]
    fn accounts_with_a_role_of_their_own_get_no_second_one() {
        let accounts = "scope:\n  accounts:\n    - { id: \"444455556666\", role-arn: \"arn:aws:iam::444455556666:role/gate\" }\n    - { id: \"111122223333\", role-arn: \"arn:aws:iam::111122223333:role/rootgate\" }\n";
        for format in FORMATS {
            let files = generated(&policy(Audit::Auto, accounts), format, None).unwrap().files;
            let names: Vec<&str> = files.iter().map(|file| file.whose.as_str()).collect();
            assert_eq!(names, ["hub", "members", "management", "444455556666"], "{format:?}");
            for file in &files[1..3] {
                assert!(
                    file.text.contains(HUB) && file.text.contains("444455556666"),
                    "{}",
                    file.text
                );
            }
            // The hub's account has a role of another name, too, and one provider.
            let other = accounts.replace("111122223333:role/rootgate", "111122223333:role/other");
            let files = generated(&policy(Audit::Auto, &other), format, None).unwrap().files;
            assert_eq!(files.len(), 5);
            let url = "https://token.actions.githubusercontent.com";
            let creates: Vec<bool> = files.iter().map(|file| file.text.contains(url)).collect();
            assert_eq!(creates, [true, false, false, true, false], "{format:?}");
        }
    }

    #[test]
    fn an_organization_needs_a_hub_and_a_hub_an_organization() {
        let mut policy = policy(Audit::Auto, "");
        let jobs = GitHubJobs::new("octo-org/octo-repo", None, &["rootgate".to_owned()]).unwrap();
        let hub: AccountId = HUB.parse().unwrap();
        let mut refused =
            |organization: bool, hub: Option<&AccountId>, external_id: Option<&str>| {
                if !organization {
                    policy.organization = None;
                }
                let format = Format::Shell;
                let wanted = Wanted {
                    policy: &policy,
                    jobs: &jobs,
                    format,
                    existing_provider: false,
                    hub_account: hub,
                    external_id,
                };
                generate(&wanted).unwrap_err()
            };
        assert_eq!(refused(true, None, None), Refused::NoHub);
        let none = Refused::NoOrganization;
        assert_eq!(refused(false, Some(&hub), None), none("--hub-account"));
        assert_eq!(refused(false, None, Some("octo-1")), none("--external-id"));
        assert_eq!(refused(false, None, None), Refused::NoAccount);
    }

    #[test]
    fn a_condition_has_at_most_ten_parts() {
        let ids: String =
            (0..20).map(|number| format!("    - {{ id: \"1000000000{number:02}\" }}\n")).collect();
        let policy = policy(Audit::AssumeRole, &format!("scope:\n  accounts:\n{ids}"));
        let files = generated(&policy, Format::CloudFormation, None).unwrap().files;
        let template: Value = serde_yaml::from_str(&files[1].text).unwrap();
        let condition = &template["Conditions"]["GetsTheRole"]["Fn::Not"][0];
        fn count(condition: &Value) -> usize {
            let Some(parts) = condition["Fn::Or"].as_array() else { return 1 };
            assert!((2..=10).contains(&parts.len()), "{condition}");
            parts.iter().map(count).sum()
        }
        assert_eq!(count(condition), 21, "the hub and the named accounts: {condition}");
    }
}
