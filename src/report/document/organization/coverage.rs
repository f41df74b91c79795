//! How many accounts an organization has, and what happened to each.

use super::{accounts, thousands};
use crate::escape::shortened;
use crate::model::{Gap, Inventory, ToDo};
use crate::report::document::missing::MissingFact;
use crate::report::document::{Details, MAX_NAME, MAX_TEXT, Prose};

/// `Organization o-exampleorgid: 12 accounts listed, 11 judged, 1 could not be entered.` If the list is
/// incomplete, a second sentence says why.
pub(super) fn coverage(inventory: &Inventory, reported: usize, details: Details) -> Vec<Prose<'_>> {
    let mut sentences = vec![numbers(inventory, reported, details)];
    sentences.extend(inventory.gap.as_ref().map(|gap| incomplete(gap, details)));
    sentences
}

fn numbers(inventory: &Inventory, reported: usize, details: Details) -> Prose<'_> {
    let Inventory { listed, skipped, not_entered, .. } = inventory;
    let prose = match (&inventory.id, details) {
        (Some(id), Details::Full) => {
            Prose::new().text("Organization ").name(shortened(id, MAX_NAME)).text(": ")
        }
        _ => Prose::new().text("Organization: "),
    };
    let parts = [
        Some(format!("{} listed", accounts(*listed))),
        Some(format!("{} judged", thousands(inventory.judged))),
        (!skipped.is_empty()).then(|| format!("{} skipped", thousands(skipped.len()))),
        (*not_entered > 0).then(|| format!("{} could not be entered", thousands(*not_entered))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let prose = prose.text(parts.join(", ")).text(".");
    // The policy may name accounts of elsewhere as well.
    let outside = reported.saturating_sub(listed.saturating_sub(skipped.len()));
    match outside {
        1.. if inventory.is_complete() => {
            prose.text(format!(" {} outside the organization judged as well.", accounts(outside)))
        }
        _ => prose,
    }
}

fn incomplete(gap: &Gap, details: Details) -> Prose<'_> {
    let prose = Prose::new().text("The list of its accounts is incomplete");
    match (details, &gap.grant) {
        (Details::Full, _) => {
            let prose = prose.text(": ").external(shortened(&gap.detail, MAX_TEXT)).text(".");
            match MissingFact::from_gap(gap).to_do {
                Some(to_do) => prose.text(" To do: ").then(to_do).text("."),
                None => prose,
            }
        }
        (Details::Redacted, Some(ToDo::Grant(action))) => {
            prose.text(", so an account may be missing: grant ").text(action.as_str()).text(".")
        }
        (Details::Redacted, _) => prose.text(", so an account may be missing."),
    }
}
