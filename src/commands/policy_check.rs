//! `rootgate policy check`: every problem of every file.

use std::path::{Path, PathBuf};

use rootgate::policy::Policy;
use rootgate::rules;

use super::{Failure, Host, files, policy_file};
use crate::cli::PolicyCheckArgs;

pub(crate) fn run(args: &PolicyCheckArgs, host: &Host) -> Result<u8, Failure> {
    let named = args.files.clone();
    let files =
        if named.is_empty() { policy_file::find(None).into_iter().collect() } else { named };
    if files.is_empty() {
        let looked = policy_file::DEFAULT_PATHS.join(" and ");
        return Err(Failure::new(
            format!("no policy file was given, and {looked} do not exist"),
            "name one: rootgate policy check FILE",
        ));
    }
    let mut problems = String::new();
    for path in &files {
        match check(path, host, args.color.for_stderr(host)) {
            Ok(line) => files::print(line.as_bytes())?,
            Err(text) => problems.push_str(&text),
        }
    }
    if problems.is_empty() { Ok(0) } else { Err(Failure::problems(&problems)) }
}

/// One line if the policy is valid, else its problems.
fn check(path: &PathBuf, host: &Host, color: bool) -> Result<String, String> {
    let shown =
        if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = files::read(path, "the policy").map_err(Failure::into_text)?;
    let text = policy_file::text_of(&bytes, &shown).map_err(Failure::into_text)?;
    let policy = Policy::parse(text, &shown, &rules::infos(), host.now)
        .map_err(|errors| errors.render(color))?;
    let on = policy.rules.iter().filter(|rule| rule.on).count();
    Ok(format!(
        "{shown}: valid ({} named, {on} of {} on, {}, {})\n",
        counted(policy.scope.len(), "account"),
        counted(policy.rules.len(), "rule"),
        counted(policy.windows.len(), "window"),
        counted(policy.waivers.len(), "waiver"),
    ))
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
