//! The file of a role for Terraform.

use super::role::{POLICY_NAME, Place, Role, TAG};
use super::trust::{ISSUER, audience};
use super::{Format, head, terraform_organization};
use crate::setup::form::hcl::{Hcl, Item, document, resource};

/// Files of several accounts lie in one folder, which is one module: every name carries the account.
pub(super) fn file(role: &Role) -> String {
    let label = format!("rootgate_{}", role.label());
    let profile = format!("profile_{}", role.label());
    let whose = match role.place {
        Place::Account(_) => "that account",
        Place::Members { .. } | Place::Management { .. } => "the management account",
    };
    let how = format!("`terraform apply -var {profile}=PROFILE`: an administrator of {whose}.");
    let mut items: Vec<Item> =
        head(role, Format::Terraform, &how).into_iter().map(Item::Comment).collect();
    let provider =
        Item::Block("provider", vec!["aws".to_owned()], provider(role, &label, &profile));
    let mut blocks = vec![Item::Block("variable", vec![profile], profile_variable()), provider];
    match &role.place {
        Place::Account(_) => {
            if role.creates_provider {
                blocks.push(identity_provider(role, &label));
            }
            blocks.extend([role_resource(role, &label), role_policy(role, &label)]);
        }
        Place::Members { .. } => blocks.extend(terraform_organization::members(role, &label)),
        Place::Management { unless } => {
            blocks.extend(terraform_organization::management(unless, &label));
            blocks.extend([role_resource(role, &label), role_policy(role, &label)]);
        }
    }
    for (number, block) in blocks.into_iter().enumerate() {
        if number > 0 {
            items.push(Item::Blank);
        }
        items.push(block);
    }
    document(&items)
}

fn profile_variable() -> Vec<Item> {
    vec![
        Item::Attribute("type", Hcl::word("string")),
        Item::Attribute("default", Hcl::word("null")),
        Item::Attribute(
            "description",
            Hcl::text("Profile of the AWS CLI; default: the environment's"),
        ),
    ]
}

fn provider(role: &Role, label: &str, profile: &str) -> Vec<Item> {
    let mut attributes = vec![
        Item::Attribute("alias", Hcl::text(label)),
        Item::Attribute("region", Hcl::text(role.region())),
        Item::Attribute("profile", Hcl::word(format!("var.{profile}"))),
    ];
    if let Place::Account(account) = &role.place {
        let only = Hcl::List(vec![Hcl::text(account.as_str())]);
        attributes.push(Item::Attribute("allowed_account_ids", only));
    }
    attributes
}

fn identity_provider(role: &Role, label: &str) -> Item {
    let audience = Hcl::List(vec![Hcl::text(audience(&role.partition))]);
    resource(
        "aws_iam_openid_connect_provider",
        label,
        vec![
            Item::Attribute("url", Hcl::text(format!("https://{ISSUER}"))),
            Item::Attribute("client_id_list", audience),
        ],
    )
}

fn role_resource(role: &Role, label: &str) -> Item {
    let mut attributes = counted(role);
    attributes.extend([
        Item::Attribute("name", Hcl::text(&role.name)),
        Item::Attribute("path", Hcl::text(&role.path)),
        Item::Attribute("assume_role_policy", Hcl::json(&role.trust)),
        Item::Attribute("tags", Hcl::Object(vec![(TAG.0.to_owned(), Hcl::text(TAG.1))])),
    ]);
    if role.creates_provider {
        let provider = Hcl::word(format!("aws_iam_openid_connect_provider.{label}"));
        attributes.push(Item::Attribute("depends_on", Hcl::List(vec![provider])));
    }
    resource("aws_iam_role", label, attributes)
}

fn role_policy(role: &Role, label: &str) -> Item {
    let name = match role.place {
        Place::Management { .. } => format!("aws_iam_role.{label}[0].name"),
        _ => format!("aws_iam_role.{label}.name"),
    };
    let mut attributes = counted(role);
    attributes.extend([
        Item::Attribute("name", Hcl::text(POLICY_NAME)),
        Item::Attribute("role", Hcl::word(name)),
        Item::Attribute("policy", Hcl::json(&role.permissions)),
    ]);
    resource("aws_iam_role_policy", label, attributes)
}

/// A management account may have a role of its own.
fn counted(role: &Role) -> Vec<Item> {
    let is_counted = matches!(role.place, Place::Management { .. });
    let count = Item::Attribute("count", Hcl::word(terraform_organization::COUNT));
    Some(count).filter(|_| is_counted).into_iter().collect()
}
