//! The script of a role: POSIX shell and the AWS CLI.

use std::fmt::Write;

use serde_json::Value;

use super::role::{POLICY_NAME, Role, TAG};
use super::trust::{ISSUER, audience, provider_arn};
use super::{Format, head};
use crate::setup::form::sh::quoted;

pub(super) fn script(role: &Role) -> String {
    let how =
        "Run it with an administrator's credentials of that account; a second run changes nothing.";
    let mut text = "#!/bin/sh\n".to_owned();
    for line in head(role, Format::Shell, how) {
        let _infallible = writeln!(text, "# {line}");
    }
    // `$` in the documents is one of IAM's.
    text += "# shellcheck disable=SC2016\nset -eu\n\n";
    let mut variables = vec![
        ("account", quoted(role.account.as_str())),
        ("role", quoted(&role.name)),
        ("arn", quoted(&role.arn())),
        ("path", quoted(&role.path)),
        ("trust", document(&role.trust)),
        ("permissions", document(&role.permissions)),
    ];
    if role.creates_provider {
        variables.push(("provider", quoted(&provider_arn(&role.partition, &role.account))));
        variables.push(("audience", quoted(audience(&role.partition))));
    }
    for (name, value) in variables {
        let _infallible = writeln!(text, "{name}={value}");
    }
    let region = role.region();
    let _infallible =
        writeln!(text, "export AWS_REGION={region} AWS_DEFAULT_REGION={region} # IAM is there");
    text += RIGHT_ACCOUNT;
    text += &refuse_a_strangers_role();
    if role.creates_provider {
        text += &create_provider();
    }
    text + &create_role()
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
        echo "Name another role in the policy (role-arn), or tag that one if rootgate may replace it." >&2
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
