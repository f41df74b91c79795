//! The template of a role for AWS CloudFormation.

use std::fmt::Write;

use super::role::{POLICY_NAME, Role, TAG};
use super::trust::{ISSUER, audience};
use super::{Format, head};
use crate::setup::form::yaml::Yaml;

const PROVIDER: &str = "GitHubProvider";

pub(super) fn template(role: &Role) -> String {
    let how = "Deploy it in that account; it needs CAPABILITY_NAMED_IAM.";
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
        ("Rules", rules(role)),
        ("Resources", Yaml::map(resources)),
        ("Outputs", Yaml::map([("RoleArn", output())])),
    ]);
    text + &document.document()
}

/// In another account, the trust policy would name an identity provider that is not there.
fn rules(role: &Role) -> Yaml {
    let account = Yaml::text(role.account.as_str());
    let is_account =
        Yaml::map([("Fn::Equals", Yaml::List(vec![Yaml::reference("AWS::AccountId"), account]))]);
    let description = format!("this template is for account {}", role.account);
    let assertion =
        Yaml::map([("Assert", is_account), ("AssertDescription", Yaml::text(description))]);
    let assertions = Yaml::map([("Assertions", Yaml::List(vec![assertion]))]);
    Yaml::map([("RightAccount", assertions)])
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
    resource.push(("Properties", properties));
    Yaml::map(resource)
}

fn output() -> Yaml {
    let arn = Yaml::List(vec![Yaml::text("Role"), Yaml::text("Arn")]);
    Yaml::map([
        ("Description", Yaml::text("for role-arn in the policy")),
        ("Value", Yaml::map([("Fn::GetAtt", arn)])),
    ])
}
