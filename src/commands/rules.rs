//! `rootgate rules [ID]`: the catalogue, one rule's documentation.

use rootgate::model::RuleInfo;
use rootgate::rules;
use serde_json::{Value, json};

use super::Failure;
use super::host::files;
use crate::cli::{RulesArgs, RulesFormat};

pub(crate) fn run(args: &RulesArgs) -> Result<u8, Failure> {
    let infos = rules::infos();
    let one = args.id.as_ref().and_then(|id| infos.iter().find(|info| info.id.0 == id));
    let text = match (args.format, one) {
        (RulesFormat::Json, Some(info)) => pretty(&rules::describe(info)),
        (RulesFormat::Json, None) => {
            pretty(&json!(infos.iter().map(|info| rules::describe(info)).collect::<Vec<_>>()))
        }
        (RulesFormat::Markdown, None) => rules::index(&infos),
        (RulesFormat::Markdown | RulesFormat::Text, Some(info)) => rules::page(info),
        (RulesFormat::Text, None) => list(&infos),
    };
    files::print(text.as_bytes())?;
    Ok(0)
}

fn list(infos: &[&RuleInfo]) -> String {
    let width = infos.iter().map(|info| info.id.0.len()).max().unwrap_or_default();
    let mut text = String::new();
    for info in infos {
        text += &format!("{:width$}  {:8}  {}\n", info.id, info.severity, info.summary);
    }
    text + "\nrootgate rules ID shows one rule: what it judges, what it cannot see, what to do.\n"
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
