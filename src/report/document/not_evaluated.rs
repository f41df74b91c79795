//! Why nothing was evaluated, and what to do.

use super::{Details, Prose};
use crate::model::Report;

/// Empty if something was evaluated. Strangers do not see the reason.
pub(super) fn not_evaluated(report: &Report, details: Details) -> Vec<Prose<'_>> {
    let Some(reason) = &report.not_evaluated else { return Vec::new() };
    let why = Prose::new().text("Why: ").external(reason).text(".");
    let why = (details == Details::Full).then_some(why);
    let meaning = "This run cannot sign in to AWS, so it checked no account. This is not a pass.";
    let rest = [Prose::new().text(meaning), Prose::new().text(to_do(report.exit_code))];
    why.into_iter().chain(rest).collect()
}

fn to_do(exit_code: u8) -> String {
    let (goes_on, else_skip) = match exit_code {
        0 => ("The pipeline still continues. ", ""),
        _ => ("", " If that is ensured, on-fork: skip lets such runs continue."),
    };
    format!(
        "{goes_on}To do: run the gate again where it can sign in, before this is merged or deployed: in a merge \
         queue, or on a branch of this repository.{else_skip}"
    )
}
