//! Exit 2: nothing was judged, and why.

use std::io::Write;

use rootgate::escape;
use rootgate::report::Details;

use super::{Host, runner};

/// Usage, policy file, configuration or sign-in is wrong: exit 2.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The whole text for standard error; `None` if it was shown already.
    text: Option<String>,
    /// What happened and what to do, where the text is made of them; not escaped.
    parts: Option<(String, String)>,
}

/// What a failure means for the verdict, in the same words everywhere.
const EFFECT: &str = "nothing was judged (exit 2)";

impl Failure {
    /// What happened and where, and what to do about it.
    pub(crate) fn new(what: impl AsRef<str>, help: impl AsRef<str>) -> Self {
        let (what, help) = (what.as_ref(), help.as_ref());
        let (shown, shown_help) = (escape::visible(what), escape::visible(help));
        Self {
            text: Some(format!("error: {shown}\n  effect: {EFFECT}\n  help: {shown_help}")),
            parts: Some((what.to_owned(), help.to_owned())),
        }
    }

    /// What happened and what to do, for a program.
    pub(crate) fn into_parts(self) -> (String, String) {
        self.parts.unwrap_or_default()
    }

    /// A text of several lines that says all by itself and is safe to show, such as the problems
    /// of a policy.
    pub(crate) fn drawn(text: impl AsRef<str>) -> Self {
        let text = escape::drawn(text.as_ref().trim_end());
        let effect =
            if text.contains(EFFECT) { String::new() } else { format!("\n  effect: {EFFECT}") };
        Self { text: Some(format!("{text}{effect}")), parts: None }
    }

    /// Several failures at once.
    pub(crate) fn problems(text: &str) -> Self {
        Self { text: Some(escape::drawn(text.trim_end())), parts: None }
    }

    /// The text, for a command that gathers several.
    pub(crate) fn into_text(self) -> String {
        self.text.unwrap_or_default() + "\n"
    }

    /// The user has seen the error.
    pub(crate) const fn already_shown() -> Self {
        Self { text: None, parts: None }
    }

    /// Shows it, and gives the exit code.
    pub(crate) fn report(self) -> u8 {
        if let Some(text) = self.text {
            show(&text);
        }
        2
    }

    /// The same for the gate: the step's outputs and the job summary say it too, and strangers
    /// read only what they may.
    pub(crate) fn report_of_check(self, host: &Host, details: Option<Details>) -> u8 {
        let details = details.unwrap_or_else(|| {
            if host.github_actions() { host.runner.details(None) } else { Details::Full }
        });
        let text = self.text.map(|text| match details {
            Details::Full => text,
            Details::Redacted => runner::redacted(&text),
        });
        let summary = text.as_deref().unwrap_or("the arguments are wrong; the log says how");
        let written = host
            .runner
            .write_outputs(&runner::error_outputs())
            .and_then(|()| host.runner.write_summary(runner::error_summary(summary).as_bytes()));
        if let Some(text) = text {
            show(&text);
        }
        written.err().and_then(|failure| failure.text).iter().for_each(|text| show(text));
        2
    }
}

fn show(text: &str) {
    // A closed standard error changes nothing: the exit code still says it.
    let _written = writeln!(anstream::stderr(), "{text}");
}
