//! `rootgate policy check`: every problem of every file, and warnings about valid files.

use std::io::Write as _;
use std::path::PathBuf;

use rootgate::escape;
use rootgate::policy::{Policy, PolicyWarning, warnings};
use rootgate::text;
use rootgate::text::Text;
use serde_json::{Value, json};

use super::file::{self, PolicyFile, Unusable};
use crate::cli::{PolicyCheckArgs, PolicyCheckFormat};
use crate::commands::host::files;
use crate::commands::{Failure, Host};

pub(crate) fn run(args: &PolicyCheckArgs, host: &Host) -> Result<u8, Failure> {
    let named = args.files.clone();
    let files =
        if named.is_empty() { file::find(None, host)?.into_iter().collect() } else { named };
    if files.is_empty() {
        let defaults = file::DEFAULT_PATHS.map(Text::from);
        return Err(Failure::new(
            text!("no policy file was given, and none of {} exists", Text::joined(defaults, ", ")),
            "name one: rootgate policy check FILE",
        ));
    }
    match args.format {
        PolicyCheckFormat::Text => as_text(&files, host, args.color.for_stderr(host)),
        PolicyCheckFormat::Json => as_json(&files, host),
    }
}

fn as_text(files: &[PathBuf], host: &Host, color: bool) -> Result<u8, Failure> {
    let mut failures = Vec::new();
    let mut warned: Vec<String> = Vec::new();
    for path in files {
        match file::read(path, host) {
            Ok(PolicyFile { shown, policy, .. }) => {
                let shown = escape::visible(&shown);
                let line = format!("{shown}: valid ({})\n", contents(&policy));
                files::print(line.as_bytes())?;
                let rendered = warnings(&policy, host.now)
                    .iter()
                    .map(|it| render_warning(it, &shown))
                    .collect();
                warned.push(rendered);
            }
            Err(Unusable::Invalid(errors)) => {
                failures.push(Failure::from_one_policy(errors, color));
            }
            Err(Unusable::Unreadable(failure)) => {
                failures.push(failure.for_command("this file was not checked"));
            }
        }
    }
    // Warnings do not affect the result, so a closed standard error is ignored.
    let _written = write!(anstream::stderr(), "{}", warned.concat());
    if failures.is_empty() { Ok(0) } else { Err(Failure::all(failures)) }
}

fn escaped(mut warnings: Vec<PolicyWarning>) -> Vec<PolicyWarning> {
    for warning in &mut warnings {
        warning.message = escape::visible(&warning.message);
    }
    warnings
}

/// A warning, laid out like an error.
fn render_warning(warning: &PolicyWarning, path: &str) -> String {
    let PolicyWarning { code, message, line, help } = warning;
    let message = escape::visible(message);
    format!("warning[{code}]: {message}\n --> {path}:{line}\n  = help: {help}\n\n")
}

fn contents(policy: &Policy) -> String {
    let named = counted(policy.scope.len(), "account");
    let scope = match (policy.judges_an_organization(), policy.scope.is_empty()) {
        (false, _) => named,
        (true, true) => "an organization".to_owned(),
        (true, false) => format!("an organization and {named}"),
    };
    let on = policy.rules.iter().filter(|rule| rule.on).count();
    format!(
        "{scope} named, {on} of {} on, {}, {}",
        counted(policy.rules.len(), "rule"),
        counted(policy.windows.len(), "window"),
        counted(policy.waivers.len(), "waiver"),
    )
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn as_json(files: &[PathBuf], host: &Host) -> Result<u8, Failure> {
    let results: Vec<Value> = files
        .iter()
        .map(|path| {
            let (errors, warnings) = match file::read(path, host) {
                Ok(file) => (Vec::new(), escaped(warnings(&file.policy, host.now))),
                Err(unusable) => (problems(unusable), Vec::new()),
            };
            json!({
                "path": escape::visible(&file::shown(path)),
                "valid": errors.is_empty(),
                "errors": errors,
                "warnings": warnings,
            })
        })
        .collect();
    let code = if results.iter().all(|result| result["valid"] == true) { 0 } else { 2 };
    files::print(format!("{:#}\n", Value::Array(results)).as_bytes())?;
    Ok(code)
}

fn problems(unusable: Unusable) -> Vec<Value> {
    match unusable {
        Unusable::Invalid(errors) => errors.errors().iter().map(|error| json!(error)).collect(),
        Unusable::Unreadable(failure) => {
            let (message, help) = failure.into_parts();
            vec![json!({
                "code": "unreadable",
                "message": message.line(),
                "line": 1,
                "column": 1,
                "label": "",
                "help": help.line(),
            })]
        }
    }
}
