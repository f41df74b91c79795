//! Arguments that cannot be parsed.

use std::ffi::OsString;

use rootgate::escape;
use rootgate::report::Details;

use super::{Failure, Host, outputs, runner};

/// Help and version are no errors; all else is, and leaves no report of an earlier run behind.
pub(crate) fn report(error: &clap::Error, host: &Host) -> u8 {
    if !error.use_stderr() {
        let _shown = error.print();
        return 0;
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let is_check = outputs::discard_files_of_broken_usage(&arguments);
    let failure = match safe(error, &arguments, host) {
        None => {
            let _shown = error.print();
            Failure::already_shown()
        }
        Some(text) => Failure::usage(text),
    };
    if is_check { failure.report_of_check(host, None) } else { failure.report() }
}

/// clap repeats an argument as it stands, line ends and all. Where a runner reads along, or an
/// argument is not plain, this is the text to show instead.
fn safe(error: &clap::Error, arguments: &[OsString], host: &Host) -> Option<String> {
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
    let text = text.lines().map(escape::visible).collect::<Vec<_>>().join("\n");
    Some(match host.details(None, None) {
        Details::Full => text,
        Details::Redacted => runner::redacted(&text),
    })
}
