//! The template of a role for AWS CloudFormation.

use std::fmt::Write;

use super::role::{POLICY_NAME, Place, Role, TAG};
use super::trust::{ISSUER, audience};
use super::{Format, head};
use crate::model::AccountId;
use crate::setup::form::yaml::Yaml;

const PROVIDER: &str = "GitHubProvider";
/// The condition of accounts that get the role.
const WANTED: &str = "GetsTheRole";

pub(super) fn template(role: &Role) -> String {
    let how = match role.place {
        Place::Account(_) | Place::Management { .. } => {
            "Deploy it in that account; it needs CAPABILITY_NAMED_IAM."
        }
        Place::Members { .. } => {
            "Deploy it as a StackSet with service-managed permissions; it needs CAPABILITY_NAMED_IAM."
        }
    };
    let mut text = String::new();
    for line in head(role, Format::CloudFormation, how) {
        let _infallible = writeln!(text, "# {line}");
    }
    let mut resources = Vec::new();
    if role.creates_provider {
        resources.push((PROVIDER, provider(role)));
    }
    resources.push(("Role", role_resource(role)));
    let document = Yaml::map([
        ("AWSTemplateFormatVersion", Yaml::text("2010-09-09")),
        ("Description", Yaml::text("rootgate reads evidence of the root user; it changes nothing")),
        match &role.place {
            Place::Account(account) => ("Rules", rules(account)),
            Place::Members { but: others } | Place::Management { unless: others } => {
                ("Conditions", Yaml::map([(WANTED, none_of(others))]))
            }
        },
        ("Resources", Yaml::map(resources)),
        ("Outputs", Yaml::map([("RoleArn", output(role))])),
    ]);
    text + &document.document()
}

/// In another account, the trust policy would name an identity provider that is not there.
fn rules(account: &AccountId) -> Yaml {
    let description = format!("this template is for account {account}");
    let assertion =
        Yaml::map([("Assert", is(account)), ("AssertDescription", Yaml::text(description))]);
    let assertions = Yaml::map([("Assertions", Yaml::List(vec![assertion]))]);
    Yaml::map([("RightAccount", assertions)])
}

fn is(account: &AccountId) -> Yaml {
    let account = Yaml::text(account.as_str());
    Yaml::map([("Fn::Equals", Yaml::List(vec![Yaml::reference("AWS::AccountId"), account]))])
}

/// The hub and accounts with a role of their own: a StackSet reaches them, too.
fn none_of(accounts: &[AccountId]) -> Yaml {
    Yaml::map([("Fn::Not", Yaml::List(vec![any(accounts.iter().map(is).collect())]))])
}

/// `Fn::Or` takes 2 to 10 conditions. Source: CloudFormation User Guide, "Condition functions".
fn any(mut conditions: Vec<Yaml>) -> Yaml {
    const MAX: usize = 10;
    while conditions.len() > MAX {
        conditions = conditions.chunks(MAX).map(|some| any(some.to_vec())).collect();
    }
    match conditions.len() {
        1 => conditions.remove(0),
        _ => Yaml::map([("Fn::Or", Yaml::List(conditions))]),
    }
}

/// Other roles may come to use it, so it outlives the stack. One that cannot be created leaves none behind.
fn provider(role: &Role) -> Yaml {
    let properties = Yaml::map([
        ("Url", Yaml::text(format!("https://{ISSUER}"))),
        ("ClientIdList", Yaml::List(vec![Yaml::text(audience(&role.partition))])),
    ]);
    Yaml::map([
        ("Type", Yaml::text("AWS::IAM::OIDCProvider")),
        ("DeletionPolicy", Yaml::text("RetainExceptOnCreate")),
        ("UpdateReplacePolicy", Yaml::text("Retain")),
        ("Properties", properties),
    ])
}

fn role_resource(role: &Role) -> Yaml {
    let policy = Yaml::map([
        ("PolicyName", Yaml::text(POLICY_NAME)),
        ("PolicyDocument", Yaml::from(&role.permissions)),
    ]);
    let tag = Yaml::map([("Key", Yaml::text(TAG.0)), ("Value", Yaml::text(TAG.1))]);
    let properties = Yaml::map([
        ("RoleName", Yaml::text(&role.name)),
        ("Path", Yaml::text(&role.path)),
        ("AssumeRolePolicyDocument", Yaml::from(&role.trust)),
        ("Policies", Yaml::List(vec![policy])),
        ("Tags", Yaml::List(vec![tag])),
    ]);
    let mut resource = vec![("Type", Yaml::text("AWS::IAM::Role"))];
    if role.creates_provider {
        resource.push(("DependsOn", Yaml::text(PROVIDER)));
    }
    if !matches!(role.place, Place::Account(_)) {
        resource.push(("Condition", Yaml::text(WANTED)));
    }
    resource.push(("Properties", properties));
    Yaml::map(resource)
}

fn output(role: &Role) -> Yaml {
    let arn = Yaml::List(vec![Yaml::text("Role"), Yaml::text("Arn")]);
    let mut output = vec![("Value", Yaml::map([("Fn::GetAtt", arn)]))];
    if !matches!(role.place, Place::Account(_)) {
        output.push(("Condition", Yaml::text(WANTED)));
    }
    Yaml::map(output)
}
