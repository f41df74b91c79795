//! The script of a role: POSIX shell and the AWS CLI.

use std::fmt::Write;

use serde_json::Value;

use super::role::{POLICY_NAME, Place, Role, TAG};
use super::trust::{ISSUER, audience, provider_arn};
use super::{Format, cloudformation, head};
use crate::model::AccountId;
use crate::setup::form::sh::quoted;

pub(super) fn script(role: &Role) -> String {
    let (place, body) = match &role.place {
        Place::Members { .. } => {
            let template = quoted(&cloudformation::template(role));
            (
                vec![("template", template), ("region", quoted(role.region()))],
                IN_MANAGEMENT.to_owned() + &stack_set(),
            )
        }
        Place::Account(account) => {
            (of_account(role, account), RIGHT_ACCOUNT.to_owned() + &creation(role))
        }
        Place::Management { unless } => {
            let guard = IN_MANAGEMENT.to_owned() + &unless_it_has_one(role, unless);
            (of_role(role), guard + &creation(role))
        }
    };
    let mut text = top(role);
    for (name, value) in place {
        let _infallible = writeln!(text, "{name}={value}");
    }
    let region = role.region();
    let _infallible =
        writeln!(text, "export AWS_REGION={region} AWS_DEFAULT_REGION={region} # IAM is there");
    text + &body
}

fn of_account(role: &Role, account: &AccountId) -> Vec<(&'static str, String)> {
    let mut variables = vec![("account", quoted(account.as_str())), ("arn", quoted(&role.arn()))];
    variables.extend(of_role(role));
    if role.creates_provider {
        variables.push(("provider", quoted(&provider_arn(&role.partition, account))));
        variables.push(("audience", quoted(audience(&role.partition))));
    }
    variables
}

fn of_role(role: &Role) -> Vec<(&'static str, String)> {
    vec![
        ("role", quoted(&role.name)),
        ("path", quoted(&role.path)),
        ("trust", document(&role.trust)),
        ("permissions", document(&role.permissions)),
    ]
}

fn creation(role: &Role) -> String {
    let provider = if role.creates_provider { create_provider() } else { String::new() };
    refuse_a_strangers_role() + &provider + &create_role()
}

fn top(role: &Role) -> String {
    let how = match role.place {
        Place::Members { .. } => {
            "Run it with an administrator's credentials of the management account; a second run updates it."
        }
        _ => {
            "Run it with an administrator's credentials of that account; a second run changes nothing."
        }
    };
    let mut text = "#!/bin/sh\n".to_owned();
    for line in head(role, Format::Shell, how) {
        let _infallible = writeln!(text, "# {line}");
    }
    // `$` in the documents is one of IAM's.
    text + "# shellcheck disable=SC2016\nset -eu\n\n"
}

fn document(value: &Value) -> String {
    quoted(&format!("{value:#}"))
}

const RIGHT_ACCOUNT: &str = r#"
found=$(aws sts get-caller-identity --query Account --output text)
if [ "$found" != "$account" ]; then
    echo "These credentials are for account $found, not $account. Nothing was changed." >&2
    exit 1
fi
"#;

/// Which account is the management account, AWS alone knows.
const IN_MANAGEMENT: &str = r#"
account=$(aws sts get-caller-identity --query Account --output text)
management=$(aws organizations describe-organization --query Organization.MasterAccountId --output text)
if [ "$account" != "$management" ]; then
    echo "These credentials are for account $account, not for the management account. Nothing was changed." >&2
    exit 1
fi
"#;

/// The management account has no second role where it is the hub, or has one of its own.
fn unless_it_has_one(role: &Role, unless: &[AccountId]) -> String {
    let own: Vec<&str> = unless.iter().map(AccountId::as_str).collect();
    format!(
        r#"case $account in
{})
    echo "The management account has a role of rootgate by another file. Nothing was changed."
    exit 0
    ;;
esac
arn="{}"
"#,
        own.join(" | "),
        role.arn().replacen(":*:", ":$account:", 1)
    )
}

/// Service-managed, so that accounts that join get the role. The root of the organization is all of it.
fn stack_set() -> String {
    let (key, value) = TAG;
    format!(
        r#"
aws cloudformation activate-organizations-access >/dev/null 2>&1 || true
if aws cloudformation describe-stack-set --stack-set-name rootgate >/dev/null 2>&1; then
    tag=$(aws cloudformation describe-stack-set --stack-set-name rootgate \
        --query "StackSet.Tags[?Key=='{key}'].Value" --output text)
    if [ "$tag" != {value} ]; then
        echo "There is a StackSet rootgate already, without the tag {key}={value}. Nothing was changed." >&2
        exit 1
    fi
    aws cloudformation update-stack-set --stack-set-name rootgate --template-body "$template" \
        --capabilities CAPABILITY_NAMED_IAM >/dev/null
else
    aws cloudformation create-stack-set --stack-set-name rootgate --template-body "$template" \
        --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED \
        --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
        --tags Key={key},Value={value} >/dev/null
fi
count=$(aws cloudformation list-stack-instances --stack-set-name rootgate --query 'length(Summaries)' --output text)
if [ "$count" = 0 ]; then
    root=$(aws organizations list-roots --query 'Roots[0].Id' --output text)
    aws cloudformation create-stack-instances --stack-set-name rootgate --regions "$region" \
        --deployment-targets "OrganizationalUnitIds=$root" >/dev/null
fi
echo "StackSet rootgate"
"#
    )
}

/// An existing role of that name may be somebody else's.
fn refuse_a_strangers_role() -> String {
    let (key, value) = TAG;
    format!(
        r#"
exists=false
if aws iam get-role --role-name "$role" >/dev/null 2>&1; then
    exists=true
    tag=$(aws iam list-role-tags --role-name "$role" --query "Tags[?Key=='{key}'].Value" --output text)
    if [ "$tag" != {value} ]; then
        echo "Account $account has a role $role already, without the tag {key}={value}. Nothing was changed." >&2
        echo "Name another role in the policy, or tag that one if rootgate may replace it." >&2
        exit 1
    fi
    at=$(aws iam get-role --role-name "$role" --query Role.Arn --output text)
    if [ "$at" != "$arn" ]; then
        echo "The role is $at, and a role cannot move to $arn. Nothing was changed." >&2
        exit 1
    fi
fi
"#
    )
}

fn create_provider() -> String {
    format!(
        r#"
known=$(aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider" \
    --query "contains(ClientIDList, '$audience')" --output text 2>/dev/null) || known=none
case $known in
True) ;;
False)
    aws iam add-client-id-to-open-id-connect-provider \
        --open-id-connect-provider-arn "$provider" --client-id "$audience"
    ;;
*) aws iam create-open-id-connect-provider --url https://{ISSUER} --client-id-list "$audience" >/dev/null ;;
esac
"#
    )
}

fn create_role() -> String {
    let (key, value) = TAG;
    format!(
        r#"
if [ "$exists" = true ]; then
    aws iam update-assume-role-policy --role-name "$role" --policy-document "$trust"
else
    aws iam create-role --role-name "$role" --path "$path" --assume-role-policy-document "$trust" \
        --tags Key={key},Value={value} >/dev/null
fi
aws iam put-role-policy --role-name "$role" --policy-name {POLICY_NAME} --policy-document "$permissions"
echo "$arn"
"#
    )
}
