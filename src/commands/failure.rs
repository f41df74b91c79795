//! Errors with exit code 2: nothing was judged.

use std::io::Write;

use rootgate::collect::SignInError;
use rootgate::escape;
use rootgate::policy::PolicyErrors;
use rootgate::report::Details;

use super::host::{Host, runner};

/// Invalid usage, policy file, configuration or sign-in: exit 2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The whole text for standard error; `None` if it was shown already.
    text: Option<String>,
    /// What happened and what to do, unescaped, if the text was made from them.
    parts: Option<(String, String)>,
    /// The text for strangers, if the full text shows lines of a file.
    public: Option<String>,
}

/// Maximum number of policy problems listed for strangers.
const MAX_PROBLEMS: usize = 20;

/// What a failure means for the verdict, in the same words everywhere.
const EFFECT: &str = "nothing was judged (exit 2)";

/// How to see what strangers must not read.
const LEFT_OUT: &str = "strangers may read this, so ids are left out; `--details full` (the \
                        action's input `details`) shows them";

impl Failure {
    /// What happened and where, and what to do about it.
    pub(crate) fn new(what: impl AsRef<str>, help: impl AsRef<str>) -> Self {
        let (what, help) = (what.as_ref(), help.as_ref());
        let (shown, shown_help) = (escape::visible(what), escape::visible(help));
        Self {
            text: Some(format!("error: {shown}\n  effect: {EFFECT}\n  help: {shown_help}")),
            parts: Some((what.to_owned(), help.to_owned())),
            public: None,
        }
    }

    /// The problems of a policy, shown at their lines; `note` names the file. Strangers see only codes
    /// and lines, because the policy may be private.
    pub(crate) fn from_policy(errors: &PolicyErrors, color: bool, note: &str) -> Self {
        let note = if note.is_empty() { String::new() } else { format!("\n  note: {note}") };
        let kinds = errors.errors().iter().take(MAX_PROBLEMS);
        let kinds: String =
            kinds.map(|error| format!("error[{}]: line {}\n", error.code, error.line)).collect();
        let public = format!("the policy has {} problems\n{kinds}", errors.errors().len());
        Self {
            public: Some(format!("{public}  effect: {EFFECT}")),
            ..Self::preformatted(errors.render(color).trim_end().to_owned() + &note)
        }
    }

    /// What happened and what to do, for a program.
    pub(crate) fn into_parts(self) -> (String, String) {
        self.parts.unwrap_or_default()
    }

    /// A complete text of several lines, such as the problems of a policy.
    pub(crate) fn preformatted(text: impl AsRef<str>) -> Self {
        let text = escape::preformatted(text.as_ref().trim_end());
        let effect =
            if text.contains(EFFECT) { String::new() } else { format!("\n  effect: {EFFECT}") };
        Self { text: Some(format!("{text}{effect}")), parts: None, public: None }
    }

    /// Sign-in failed. Each line is escaped, because it may hold texts from AWS.
    pub(crate) fn from_sign_in(error: &SignInError) -> Self {
        let line = |text: &str| escape::visible(text);
        let mut text = format!("error: {}", line(&error.what()));
        if let Some(message) = error.message() {
            text += &format!("\n  said: {}", line(message));
        }
        text += &format!("\n  effect: {EFFECT}");
        for (index, help) in error.help().lines().map(line).enumerate() {
            let before = if index == 0 { "  help: " } else { "    " };
            text += &format!("\n{before}{help}");
        }
        Self { text: Some(text), parts: None, public: None }
    }

    /// Wrong arguments, in words that are safe to show.
    pub(crate) fn usage(text: String) -> Self {
        Self { text: Some(text), parts: None, public: None }
    }

    /// Combines all failures into one.
    pub(crate) fn all(mut failures: Vec<Self>) -> Self {
        match failures.len() {
            0 => Self::already_shown(),
            1 => failures.remove(0),
            _ => Self::problems(&failures.into_iter().map(Self::into_text).collect::<String>()),
        }
    }

    /// Several failures at once.
    pub(crate) fn problems(text: &str) -> Self {
        Self { text: Some(escape::preformatted(text.trim_end())), parts: None, public: None }
    }

    /// The text, for a command that gathers several.
    pub(crate) fn into_text(self) -> String {
        self.text.unwrap_or_default() + "\n"
    }

    /// The user has seen the error.
    pub(crate) const fn already_shown() -> Self {
        Self { text: None, parts: None, public: None }
    }

    /// Replaces the effect for a command that never judges.
    pub(crate) fn for_command(mut self, not_done: &str) -> Self {
        let effect = format!("{not_done} (exit 2)");
        self.text = self.text.map(|text| text.replace(EFFECT, &effect));
        self
    }

    /// Shows the failure and returns the exit code.
    pub(crate) fn report(self) -> u8 {
        if let Some(text) = self.text {
            show(&text);
        }
        2
    }

    /// Like `report`, for the gate: also writes the step's outputs and the job summary, and redacts
    /// the text for strangers.
    pub(crate) fn report_for_check(self, host: &Host, asked: Option<Details>) -> u8 {
        let text = self.for_readers(host, asked).text;
        let summary = text.as_deref().unwrap_or("invalid arguments; see the log");
        // Colour is for the log alone.
        let summary = &anstream::adapter::strip_str(summary).to_string();
        let written =
            host.runner.write(runner::error_summary(summary).as_bytes(), &runner::error_outputs());
        if let Some(text) = text {
            show(&text);
        }
        written.err().and_then(|failure| failure.text).iter().for_each(|text| show(text));
        2
    }
}

impl Failure {
    /// Shows the failure after another one was reported.
    pub(crate) fn report_to(self, host: &Host, asked: Option<Details>) {
        let text = self.for_readers(host, asked).text;
        text.iter().for_each(|text| show(text));
    }

    /// Like `report`, for a collection: it never judges and has no step outputs.
    pub(crate) fn report_for_collect(self, host: &Host, asked: Option<Details>) -> u8 {
        self.for_readers(host, asked).for_command("nothing was collected").report()
    }

    /// The failure, redacted if strangers may read the log.
    fn for_readers(self, host: &Host, asked: Option<Details>) -> Self {
        if host.details(asked, None) == Details::Full {
            return self;
        }
        let redacted = |text: String| match runner::redacted(&text) {
            redacted if redacted == text => text,
            redacted => format!("{redacted}\n  note: {LEFT_OUT}"),
        };
        let text = match self.public {
            Some(public) => Some(format!("{public}\n  note: {LEFT_OUT}")),
            None => self.text.map(redacted),
        };
        Self { text, parts: None, public: None }
    }
}

fn show(text: &str) {
    // Standard error may be closed; the exit code still reports the failure.
    let _written = writeln!(anstream::stderr(), "{text}");
}
