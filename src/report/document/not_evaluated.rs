//! What it means that nothing was evaluated, and what to do.

use super::{Details, Prose};
use crate::model::Report;

/// Nothing where something was evaluated. Strangers do not read the reason.
pub(super) fn not_evaluated(report: &Report, details: Details) -> Vec<Prose<'_>> {
    let Some(reason) = &report.not_evaluated else { return Vec::new() };
    let why = Prose::new().text("Why: ").external(reason).text(".");
    let why = (details == Details::Full).then_some(why);
    let meaning = "This run may not sign in to AWS, so it looked at no account: it is no pass.";
    let rest = [Prose::new().text(meaning), Prose::new().text(to_do(report.exit_code))];
    why.into_iter().chain(rest).collect()
}

fn to_do(exit_code: u8) -> String {
    let (goes_on, else_skip) = match exit_code {
        0 => ("The pipeline goes on all the same. ", ""),
        _ => ("", " Where that is ensured, on-fork: skip lets such a run go on."),
    };
    format!(
        "{goes_on}To do: let the gate run again where it can sign in, before anything of this is merged or \
         deployed: in a merge queue, or on a branch of the repository itself.{else_skip}"
    )
}
