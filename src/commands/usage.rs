//! Arguments that cannot be parsed.

use std::ffi::OsString;
use std::ops::ControlFlow;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use rootgate::escape;
use rootgate::text::{Text, outside};

use super::host::stream;
use super::{Failure, Host};
use crate::cli::Cli;

/// Shows help and version, which are not errors, or the error. It touches no file, because the
/// arguments do not parse.
pub(crate) fn report(mut error: clap::Error, host: &Host) -> u8 {
    if !error.use_stderr() {
        let printed = error.print().or_else(stream::unless_closed);
        return printed.map_or_else(Failure::report, |()| 0);
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let is_check = may_be_a_check(&arguments);
    suggest_flag(&mut error, &arguments);
    let failure = match safe(&error, &arguments, host) {
        None => {
            let _shown = error.print();
            Failure::already_shown()
        }
        Some(text) => Failure::usage(text),
    };
    if is_check {
        return failure.report_for_check(host, None);
    }
    failure.report_to(host, None);
    2
}

/// Suggests the flag for a file that was given without one.
fn suggest_flag(error: &mut clap::Error, arguments: &[OsString]) {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => word,
        _ => return,
    };
    if unknown.starts_with('-') {
        return;
    }
    let extension = unknown.rsplit_once('.').map_or("", |(_, extension)| extension);
    let wanted: &[&str] = match extension {
        "json" => &["evidence", "output"],
        "csv" => &["credential-report"],
        _ => &["policy"],
    };
    let command = Cli::command();
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let used = words.into_iter().try_fold(&command, |command, word| {
        // Stops at the first word that is not a command.
        command.find_subcommand(word).map_or(ControlFlow::Break(command), ControlFlow::Continue)
    });
    let (ControlFlow::Break(used) | ControlFlow::Continue(used)) = used;
    let has = |flag: &str| used.get_arguments().any(|argument| argument.get_long() == Some(flag));
    if let Some(wanted) = wanted.iter().find(|flag| has(flag)) {
        let tip = format!("pass the file with its flag: --{wanted} {unknown}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

/// Whether later steps may need the outputs of this one: true unless another command is named.
fn may_be_a_check(arguments: &[OsString]) -> bool {
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let command = words.into_iter().find(|word| !word.starts_with('-'));
    let mut others = Cli::command();
    others.build(); // with `help`
    let mut others = others.get_subcommands().filter(|other| other.get_name() != "check");
    command.is_none_or(|command| !others.any(|other| other.get_name() == command))
}

/// The escaped text for a runner, or for arguments with special characters. clap repeats arguments
/// unescaped, including line breaks. All of it counts as text from outside, because clap puts the
/// arguments into its sentences.
fn safe(error: &clap::Error, arguments: &[OsString], host: &Host) -> Option<Text> {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let plain = arguments.iter().all(|argument| escape::visible(argument) == *argument);
    if plain && !host.github_actions() {
        return None;
    }
    let mut text = error.render().to_string();
    for argument in &arguments {
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        for part in [argument, value] {
            let visible = escape::visible(part);
            if visible != *part {
                text = text.replace(part, &visible);
            }
        }
    }
    Some(Text::joined(text.lines().map(outside), "\n"))
}
