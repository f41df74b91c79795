//! The file of a role for Terraform.

use super::role::{POLICY_NAME, Role, TAG};
use super::trust::{ISSUER, audience};
use super::{Format, head};
use crate::setup::form::hcl::{Hcl, Item, document};

/// Files of several accounts lie in one folder, which is one module: every name carries the account.
pub(super) fn file(role: &Role) -> String {
    let account = role.account.as_str();
    let label = format!("rootgate_{account}");
    let profile = format!("profile_{account}");
    let how =
        format!("`terraform apply -var {profile}=PROFILE`: an administrator of that account.");
    let mut items: Vec<Item> =
        head(role, Format::Terraform, &how).into_iter().map(Item::Comment).collect();
    items.push(Item::Block("variable", vec![profile.clone()], profile_variable()));
    items.push(Item::Blank);
    items.push(Item::Block("provider", vec!["aws".to_owned()], provider(role, &label, &profile)));
    if role.creates_provider {
        items.push(Item::Blank);
        items.push(identity_provider(role, &label));
    }
    items.push(Item::Blank);
    items.push(role_resource(role, &label));
    items.push(Item::Blank);
    items.push(role_policy(role, &label));
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
    vec![
        Item::Attribute("alias", Hcl::text(label)),
        Item::Attribute("region", Hcl::text(role.region())),
        Item::Attribute("profile", Hcl::word(format!("var.{profile}"))),
        Item::Attribute("allowed_account_ids", Hcl::List(vec![Hcl::text(role.account.as_str())])),
    ]
}

fn resource(kind: &str, label: &str, mut attributes: Vec<Item>) -> Item {
    attributes.insert(0, Item::Attribute("provider", Hcl::word(format!("aws.{label}"))));
    Item::Block("resource", vec![kind.to_owned(), label.to_owned()], attributes)
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
    let mut attributes = vec![
        Item::Attribute("name", Hcl::text(&role.name)),
        Item::Attribute("path", Hcl::text(&role.path)),
        Item::Attribute("assume_role_policy", Hcl::json(&role.trust)),
        Item::Attribute("tags", Hcl::Object(vec![(TAG.0.to_owned(), Hcl::text(TAG.1))])),
    ];
    if role.creates_provider {
        let provider = Hcl::word(format!("aws_iam_openid_connect_provider.{label}"));
        attributes.push(Item::Attribute("depends_on", Hcl::List(vec![provider])));
    }
    resource("aws_iam_role", label, attributes)
}

fn role_policy(role: &Role, label: &str) -> Item {
    resource(
        "aws_iam_role_policy",
        label,
        vec![
            Item::Attribute("name", Hcl::text(POLICY_NAME)),
            Item::Attribute("role", Hcl::word(format!("aws_iam_role.{label}.name"))),
            Item::Attribute("policy", Hcl::json(&role.permissions)),
        ],
    )
}
