//! What the report of a run says of the checkout's copy, in sentences that every format shares.

use super::policy::{Quote, environment, short};
use super::words;
use crate::escape::shortened;
use crate::model::{Change, ChangeKind, Effect, Judge, PolicyChange, PolicyCopy, Problem, Report};
use crate::report::policy_change::{counts, of_kind};

/// So many changes of a kind, and so many problems, are shown; the JSON report has all.
pub(in crate::report) const MOST: usize = 50;
/// More of a value than a reader of a log or a table takes in, in characters.
const MAX_VALUE: usize = 300;

/// The copy of a report, and what it is copied from.
pub(in crate::report) struct Section<'a> {
    report: &'a Report,
    pub(in crate::report) change: &'a PolicyChange,
    quote: Quote,
}

impl<'a> Section<'a> {
    pub(in crate::report) fn of(report: &'a Report, quote: Quote) -> Option<Self> {
        report.policy_change.as_ref().map(|change| Self { report, change, quote })
    }

    /// What the copy is, what it does to the verdict, and what to do about it.
    pub(in crate::report) fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![self.what()];
        sentences.extend(self.what_follows());
        if self.is_new() && self.change.effect == Effect::Fails {
            // Whoever writes a first policy reads why, and what to do, in one place.
            return vec![sentences.join(" ")];
        }
        sentences
    }

    /// What the copy does to the verdict, and what to do about it.
    pub(in crate::report) fn what_follows(&self) -> Vec<String> {
        let remedy = self.remedy().map(|remedy| format!("To do: {remedy}."));
        [self.effect(), remedy].into_iter().flatten().collect()
    }

    /// `1 planned, 2 weaker`, or what became of the copy.
    pub(in crate::report) fn heading(&self) -> String {
        match &self.change.copy {
            PolicyCopy::Changed { changes, .. } if changes.is_empty() => "in form alone".to_owned(),
            PolicyCopy::Changed { changes, .. } => counts(changes),
            PolicyCopy::Missing { .. } => "the policy is gone".to_owned(),
            PolicyCopy::Broken(problems) => {
                format!("broken, {}", words::counted(problems.len(), "problem"))
            }
            PolicyCopy::Behind { .. } => "none, the checkout is behind".to_owned(),
        }
    }

    /// What the copy is.
    fn what(&self) -> String {
        let copy = self.copy();
        match (&self.change.copy, self.moved_from()) {
            (PolicyCopy::Behind { commit }, _) => format!(
                "The default branch moved on since {}, whose policy this checkout holds; its tip judged.",
                self.quote.quoted(short(commit))
            ),
            (PolicyCopy::Missing { .. }, _) => {
                format!(
                    "{copy} is not in this checkout: after this merge the strict built-in defaults judge."
                )
            }
            (PolicyCopy::Broken(_), _) => format!("{copy} of this checkout is no policy."),
            (PolicyCopy::Changed { .. }, Some(from)) => {
                format!("The policy moves from {} to {copy}.", self.quote.quoted(&name(from)))
            }
            (PolicyCopy::Changed { .. }, None) if self.is_new() => {
                format!(
                    "{copy} is the first policy of this repository: the default branch has no policy file, and the \
                     strict built-in defaults judge until this one is merged."
                )
            }
            (PolicyCopy::Changed { changes, .. }, None) if changes.is_empty() => {
                format!(
                    "{copy} of this checkout differs from the default branch's in comments, order or spelling alone."
                )
            }
            (PolicyCopy::Changed { .. }, None) => {
                format!("{copy} of this checkout differs from the default branch's.")
            }
        }
    }

    /// What the copy does to the verdict; `None`: nothing that needs a word.
    pub(in crate::report) fn effect(&self) -> Option<String> {
        let copy = &self.change.copy;
        let text = match self.change.effect {
            Effect::Fails => match copy {
                PolicyCopy::Broken(_) => {
                    "It fails the gate: after this merge no run could judge anything."
                }
                PolicyCopy::Missing { .. } => {
                    "It fails the gate: a policy that is gone is weaker, and the policy that judges says on-weaker: fail."
                }
                _ if self.is_new() => {
                    "It fails the gate: more can pass by it than by the defaults, which other jobs of this \
                     repository may rely on already."
                }
                _ => {
                    "It fails the gate: it is weaker, and the policy that judges says on-weaker: fail."
                }
            },
            Effect::Tolerated => {
                "It is weaker, and does not fail the gate: the policy that judges says on-weaker: warn."
            }
            Effect::Accepted => {
                let environment = environment(&self.report.policy, self.quote);
                return Some(format!("It judged this run: it was accepted{environment}."));
            }
            Effect::None => match copy {
                PolicyCopy::Behind { .. } => return None,
                _ if copy.is_weaker() => "It is weaker, and does not decide.",
                _ => "It does not fail the gate: nothing that blocks now passes by it.",
            },
        };
        Some(text.to_owned())
    }

    /// What to do about a copy that fails the gate.
    pub(in crate::report) fn remedy(&self) -> Option<&'static str> {
        let accept = match &self.change.copy {
            _ if self.change.effect != Effect::Fails => return None,
            PolicyCopy::Broken(_) => {
                return Some("mend it; rootgate policy check draws each problem at its place");
            }
            PolicyCopy::Missing { .. } => {
                "put it back; one that says no more than version: 1 is judged like none, and can be \
                 accepted (accept-policy-change)"
            }
            PolicyCopy::Changed { .. } if self.is_new() => {
                "once, have it reviewed and accepted by whoever may deploy to a protected environment \
                 (accept-policy-change), or merge it past the failed check by those who may; or begin with one that says \
                 no more than version: 1, which is judged like none, and agree each change of it later"
            }
            PolicyCopy::Changed { .. } | PolicyCopy::Behind { .. } => {
                "take back what is weaker, or have it accepted by whoever may deploy to a protected environment \
                 (accept-policy-change)"
            }
        };
        Some(accept)
    }

    /// How the same evidence would be judged afterwards.
    pub(in crate::report) fn after(&self) -> Option<String> {
        let after = self.change.copy.after()?;
        let (verdict, counts) = (after.verdict.id(), words::counts(&after.counts));
        let code = after.exit_code;
        Some(format!(
            "After this merge: {verdict} (exit code {code}): {counts}. It does not decide."
        ))
    }

    /// The first changes of a kind, none of them long, and how many there are.
    pub(in crate::report) fn changes(&self, kind: ChangeKind) -> (Vec<Change>, usize) {
        let changes = self.change.copy.changes();
        let shown = of_kind(changes, kind).take(MOST).map(cut);
        (shown.collect(), of_kind(changes, kind).count())
    }

    /// What is wrong with a broken copy.
    pub(in crate::report) fn problems(&self) -> &'a [Problem] {
        match &self.change.copy {
            PolicyCopy::Broken(problems) => problems,
            _ => &[],
        }
    }

    /// `.github/rootgate.yaml:12`: where the copy says it, or where the default branch's did.
    pub(in crate::report) fn place(&self, change: &Change) -> String {
        let judging = self.report.policy.repository_path.as_ref();
        let at = |path: &str, line| self.quote.quoted(&format!("{}:{line}", name(path)));
        match (change.new_line, change.old_line, &self.change.path, judging) {
            (Some(line), _, Some(path), _) => at(path, line),
            (_, Some(line), Some(path), None) | (_, Some(line), _, Some(path)) => {
                format!("was {}", at(path, line))
            }
            _ => String::new(),
        }
    }

    /// `.github/rootgate.yaml:4`, or the file alone where the problem is of the whole of it.
    pub(in crate::report) fn place_of(&self, problem: &Problem) -> String {
        match (&self.change.path, problem.line) {
            (Some(path), Some(line)) => self.quote.quoted(&format!("{}:{line}", name(path))),
            _ => self.copy(),
        }
    }

    /// The copy's path; the default branch's where it is gone.
    fn copy(&self) -> String {
        let judging = self.report.policy.repository_path.as_ref();
        match self.change.path.as_ref().or(judging) {
            Some(path) => self.quote.quoted(&name(path)),
            None => "The policy".to_owned(),
        }
    }

    /// The judging file, where the copy stands elsewhere.
    fn moved_from(&self) -> Option<&'a str> {
        let judging = self.report.policy.repository_path.as_deref()?;
        self.change.path.as_deref().filter(|path| *path != judging).map(|_| judging)
    }

    fn is_new(&self) -> bool {
        self.report.policy.judge == Judge::DefaultBranch && self.report.policy.path.is_none()
    }
}

fn name(path: &str) -> String {
    shortened(path, MAX_VALUE)
}

fn cut(change: &Change) -> Change {
    let cut = |text: &String| shortened(text, MAX_VALUE);
    Change {
        key: change.key.map_names(|name| shortened(name, MAX_VALUE)),
        old: change.old.as_ref().map(cut),
        new: change.new.as_ref().map(cut),
        ..*change
    }
}
