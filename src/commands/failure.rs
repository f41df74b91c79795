//! Errors with exit code 2: nothing was judged.

use std::io::Write;

use rootgate::collect::SignInError;
use rootgate::escape;
use rootgate::policy::PolicyErrors;
use rootgate::report::Details;
use rootgate::text::{Text, outside};

use super::host::{Host, runner};

/// Invalid usage, policy file, configuration or sign-in: exit 2.
///
/// It keeps its parts until it is shown, so that only then the readers decide what is left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure(Vec<Problem>);

/// One of the problems of a failure. A failure without any was shown already.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    what: What,
    effect: Effect,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// What happened and where, what AWS or GitHub answered, and what to do.
    Error { what: Text, message: Option<Text>, help: Text },
    /// The problems of a policy, drawn at their lines; `note` names the file.
    Policy { errors: PolicyErrors, color: bool, note: Text },
    /// Invalid arguments, described by the parser.
    Arguments(Text),
}

/// What a problem means.
#[derive(Debug, PartialEq, Eq)]
enum Effect {
    /// The effect of the whole command.
    Command,
    /// What was not done instead.
    NotDone(&'static str),
    /// Nothing is said about it.
    Unsaid,
}

/// Maximum number of policy problems listed for strangers.
const MAX_PROBLEMS: usize = 20;

/// What a failure means for the verdict, in the same words everywhere.
const NOT_JUDGED: &str = "nothing was judged";

/// How to see what strangers must not read.
const LEFT_OUT: &str = "strangers may read this, so ids are left out; `--details full` (the \
                        action's input `details`) shows them";

impl Failure {
    /// What happened and where, and what to do about it.
    pub(crate) fn new(what: impl Into<Text>, help: impl Into<Text>) -> Self {
        Self::from_error(what.into(), None, help.into())
    }

    /// Sign-in failed.
    pub(crate) fn from_sign_in(error: &SignInError) -> Self {
        Self::from_error(error.what(), error.message().map(outside), error.help())
    }

    fn from_error(what: Text, message: Option<Text>, help: Text) -> Self {
        Self::one(What::Error { what, message, help }, Effect::Command)
    }

    /// The problems of a policy, shown at their lines; `note` names the file. Strangers see only
    /// codes and lines, because the policy may be private.
    pub(crate) fn from_policy(errors: PolicyErrors, color: bool, note: impl Into<Text>) -> Self {
        Self::one(What::Policy { errors, color, note: note.into() }, Effect::Command)
    }

    /// The problems of one of several policies: the command goes on with the others.
    pub(crate) fn from_one_policy(errors: PolicyErrors, color: bool) -> Self {
        Self::one(What::Policy { errors, color, note: Text::default() }, Effect::Unsaid)
    }

    /// Invalid arguments, in the words of the parser.
    pub(crate) fn usage(text: Text) -> Self {
        Self::one(What::Arguments(text), Effect::Unsaid)
    }

    fn one(what: What, effect: Effect) -> Self {
        Self(vec![Problem { what, effect }])
    }

    /// Combines all failures into one.
    pub(crate) fn all(failures: impl IntoIterator<Item = Self>) -> Self {
        Self(failures.into_iter().flat_map(|failure| failure.0).collect())
    }

    /// The user has seen the error.
    pub(crate) const fn already_shown() -> Self {
        Self(Vec::new())
    }

    /// What happened and what to do, for a program.
    pub(crate) fn into_parts(self) -> (Text, Text) {
        let error = self.0.into_iter().find_map(|problem| match problem.what {
            What::Error { what, help, .. } => Some((what, help)),
            What::Policy { .. } | What::Arguments(_) => None,
        });
        error.unwrap_or_default()
    }

    /// Sets the effect for a command that never judges.
    pub(crate) fn for_command(mut self, not_done: &'static str) -> Self {
        for problem in &mut self.0 {
            if problem.effect == Effect::Command {
                problem.effect = Effect::NotDone(not_done);
            }
        }
        self
    }

    /// Shows the failure and returns the exit code.
    pub(crate) fn report(self) -> u8 {
        self.show(Details::Full);
        2
    }

    /// Like `report`, for the gate: also writes the step's outputs and the job summary, and redacts
    /// the text for strangers.
    pub(crate) fn report_for_check(self, host: &Host, asked: Option<Details>) -> u8 {
        let details = host.details(asked, None);
        let text = self.render(details);
        let summary = text.as_deref().unwrap_or("invalid arguments; see the log");
        // Colour is for the log alone.
        let summary = &anstream::adapter::strip_str(summary).to_string();
        let written =
            host.runner.write(runner::error_summary(summary).as_bytes(), &runner::error_outputs());
        self.show(details);
        if let Err(failure) = written {
            failure.show(details);
        }
        2
    }

    /// Shows the failure after another one was reported.
    pub(crate) fn report_to(self, host: &Host, asked: Option<Details>) {
        self.show(host.details(asked, None));
    }

    /// Like `report`, for a collection: it never judges and has no step outputs.
    pub(crate) fn report_for_collect(self, host: &Host, asked: Option<Details>) -> u8 {
        self.for_command("nothing was collected").show(host.details(asked, None));
        2
    }

    fn show(&self, details: Details) {
        if let Some(text) = self.render(details) {
            // Standard error may be closed; the exit code still reports the failure.
            let _written = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// The text for these readers; `None`: the user has seen it.
    fn render(&self, details: Details) -> Option<String> {
        let mut text: String = self.0.iter().map(|problem| problem.render(details)).collect();
        if details == Details::Redacted && self.0.iter().any(Problem::has_private_parts) {
            text.push_str(&format!("  note: {LEFT_OUT}"));
        }
        text.truncate(text.trim_end().len());
        (!self.0.is_empty()).then_some(text)
    }
}

impl Problem {
    /// Complete lines.
    fn render(&self, details: Details) -> String {
        let shown = |text: &Text| match details {
            Details::Full => text.clone(),
            Details::Redacted => text.redacted(),
        };
        let effect = self.effect.line();
        match &self.what {
            What::Error { what, message, help } => {
                let message =
                    message.as_ref().map(|text| format!("  said: {}\n", shown(text).line()));
                let message = message.unwrap_or_default();
                let help = shown(help).lines().join("\n    ");
                format!("error: {}\n{message}{effect}  help: {help}\n", shown(what).line())
            }
            What::Policy { errors, .. } if details == Details::Redacted => {
                format!("{}{effect}", codes(errors))
            }
            What::Policy { errors, color, .. } if self.effect == Effect::Unsaid => {
                escape::preformatted(&errors.render(*color))
            }
            What::Policy { errors, color, note } => {
                let text = escape::preformatted(errors.render(*color).trim_end());
                let note = match note.is_empty() {
                    true => String::new(),
                    false => format!("  note: {}\n", note.line()),
                };
                format!("{text}\n{note}{effect}")
            }
            What::Arguments(text) => shown(text).lines().join("\n") + "\n",
        }
    }

    /// Whether strangers see less than the full text.
    fn has_private_parts(&self) -> bool {
        let is_private = |text: &Text| text.redacted() != *text;
        match &self.what {
            What::Error { what, message, help } => {
                [Some(what), message.as_ref(), Some(help)].into_iter().flatten().any(is_private)
            }
            What::Policy { .. } => true,
            // The user knows what was typed.
            What::Arguments(_) => false,
        }
    }
}

impl Effect {
    fn line(&self) -> String {
        match self {
            Self::Command => format!("  effect: {NOT_JUDGED} (exit 2)\n"),
            Self::NotDone(not_done) => format!("  effect: {not_done} (exit 2)\n"),
            Self::Unsaid => String::new(),
        }
    }
}

/// The problems of a policy without any text of the policy.
fn codes(errors: &PolicyErrors) -> String {
    let kinds = errors.errors().iter().take(MAX_PROBLEMS);
    let kinds: String =
        kinds.map(|error| format!("error[{}]: line {}\n", error.code, error.line)).collect();
    format!("the policy has {} problems\n{kinds}", errors.errors().len())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rootgate::policy::Policy;
    use rootgate::text::private;
    use rootgate::{rules, text};

    use super::*;

    const ID: &str = "111122223333";

    fn errors() -> PolicyErrors {
        let text = "version: 1\nscope:\n  accounts: [{ id: \"111122223333\", nickname: x }]\n";
        Policy::parse(text, "p.yaml", &rules::infos(), DateTime::<Utc>::UNIX_EPOCH).unwrap_err()
    }

    #[test]
    fn each_problem_keeps_its_effect_and_strangers_read_one_note() {
        let failure = || {
            let one = Failure::new(text!("account {} is twice in x", private(ID)), "remove one");
            let two = Failure::new("no file", "name one").for_command("this file was not checked");
            Failure::all([one, two]).for_command("nothing was shown")
        };
        assert_eq!(
            failure().render(Details::Full).unwrap(),
            "error: account 111122223333 is twice in x\n  effect: nothing was shown (exit 2)\n  \
             help: remove one\nerror: no file\n  effect: this file was not checked (exit 2)\n  \
             help: name one"
        );
        assert_eq!(
            failure().render(Details::Redacted).unwrap(),
            format!(
                "error: account [left out] is twice in x\n  effect: nothing was shown (exit 2)\n  \
                 help: remove one\nerror: no file\n  effect: this file was not checked (exit 2)\n  \
                 help: name one\n  note: {LEFT_OUT}"
            )
        );
    }

    /// The words of an error may be those of an effect: only the effect itself is replaced.
    #[test]
    fn an_effect_is_not_searched_for_in_other_text() {
        let failure =
            Failure::new("nothing was judged (exit 2)", "x").for_command("nothing was shown");
        let text = failure.render(Details::Full).unwrap();
        assert!(
            text.starts_with("error: nothing was judged (exit 2)\n  effect: nothing was shown")
        );
    }

    #[test]
    fn strangers_read_no_line_of_a_policy_even_among_other_problems() {
        let policy = || Failure::from_policy(errors(), false, "this is the file x");
        let several = Failure::all([policy(), Failure::new("y", "z")]);
        for failure in [policy(), several] {
            assert!(failure.render(Details::Full).unwrap().contains("nickname"));
            let text = failure.render(Details::Redacted).unwrap();
            assert!(!text.contains(ID) && !text.contains("nickname"), "{text}");
            assert!(text.contains(": line 3\n") && text.contains(LEFT_OUT), "{text}");
        }
    }

    /// Control: without a private value nothing changes, and no note is added.
    #[test]
    fn strangers_read_the_same_if_nothing_is_private() {
        let failure = Failure::new(text!("--at {} is in the future", "x"), "use a past time");
        assert_eq!(failure.render(Details::Full), failure.render(Details::Redacted));
        assert_eq!(Failure::already_shown().render(Details::Redacted), None);
    }
}
