//! What Terraform needs for an organization: the StackSet, and whether the management account gets a role.

use super::cloudformation;
use super::role::Role;
use crate::model::AccountId;
use crate::setup::form::hcl::{Hcl, Item, resource};

/// How many roles the management account gets.
pub(super) const COUNT: &str = "local.rootgate_management_count";

/// The organization, as the provider of this label sees it.
fn organization(label: &str) -> Item {
    let provider = Hcl::word(format!("aws.{label}"));
    let names = vec!["aws_organizations_organization".to_owned(), label.to_owned()];
    Item::Block("data", names, vec![Item::Attribute("provider", provider)])
}

/// A StackSet for the root of the organization. Accounts that join get the role.
pub(super) fn members(role: &Role, label: &str) -> Vec<Item> {
    let automatic = vec![
        Item::Attribute("enabled", Hcl::word("true")),
        Item::Attribute("retain_stacks_on_account_removal", Hcl::word("false")),
    ];
    let set = vec![
        Item::Attribute("name", Hcl::text("rootgate")),
        Item::Attribute("permission_model", Hcl::text("SERVICE_MANAGED")),
        Item::Attribute("capabilities", Hcl::List(vec![Hcl::text("CAPABILITY_NAMED_IAM")])),
        Item::Attribute("template_body", Hcl::text(cloudformation::template(role))),
        Item::Blank,
        Item::Block("auto_deployment", Vec::new(), automatic),
    ];
    let roots = format!("[data.aws_organizations_organization.{label}.roots[0].id]");
    let targets = vec![Item::Attribute("organizational_unit_ids", Hcl::word(roots))];
    let instances = vec![
        Item::Attribute(
            "stack_set_name",
            Hcl::word(format!("aws_cloudformation_stack_set.{label}.name")),
        ),
        Item::Blank,
        Item::Block("deployment_targets", Vec::new(), targets),
    ];
    vec![
        organization(label),
        resource("aws_cloudformation_stack_set", label, set),
        resource("aws_cloudformation_stack_set_instance", label, instances),
    ]
}

/// The management account gets a role unless it is one of these.
pub(super) fn management(unless: &[AccountId], label: &str) -> Vec<Item> {
    let ids: Vec<String> = unless.iter().map(|id| format!("\"{id}\"")).collect();
    let management = format!("data.aws_organizations_organization.{label}.master_account_id");
    let count = format!("contains([{}], {management}) ? 0 : 1", ids.join(", "));
    let locals = vec![Item::Attribute("rootgate_management_count", Hcl::word(count))];
    // A role in another account would be of no use.
    let names = vec!["aws_caller_identity".to_owned(), label.to_owned()];
    let condition = format!("self.account_id == {management}");
    let check = vec![
        Item::Attribute("condition", Hcl::word(condition)),
        Item::Attribute(
            "error_message",
            Hcl::text("This provider is not of the management account."),
        ),
    ];
    let lifecycle = vec![Item::Block("postcondition", Vec::new(), check)];
    let provider = Item::Attribute("provider", Hcl::word(format!("aws.{label}")));
    let identity = vec![provider, Item::Blank, Item::Block("lifecycle", Vec::new(), lifecycle)];
    vec![
        organization(label),
        Item::Block("data", names, identity),
        Item::Block("locals", Vec::new(), locals),
    ]
}
