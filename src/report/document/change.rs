//! The part of a report about the checkout's copy of the policy.

use super::policy::{environment, short};
use super::verdict;
use super::{Details, Prose};
use crate::escape::shortened;
use crate::model::{
    Change, ChangeKind, Effect, Judge, PolicyChange, PolicyCopy, PolicyOrigin, Problem, Report,
    counted,
};
use crate::report::policy_change::{KINDS, counts, of_kind};

/// Maximum number of changes of a kind, and of problems, shown; the JSON report has all.
pub(crate) const MOST: usize = 50;
/// Maximum length of a value in a log or a table, in characters.
const MAX_VALUE: usize = 300;

/// The checkout's copy of the policy.
pub(crate) struct ChangePart<'a> {
    /// `Policy change: 1 planned, 2 weaker`, or the state of the copy.
    pub(crate) heading: String,
    /// What the copy is, its effect on the verdict, and what to do.
    pub(crate) sentences: Vec<Prose<'a>>,
    /// Only its effect and what to do.
    pub(crate) follows: Vec<Prose<'a>>,
    /// Its content.
    pub(crate) content: Content<'a>,
    /// How the same evidence would be judged after the merge.
    pub(crate) after: Option<String>,
}

/// The content of a copy.
pub(crate) enum Content<'a> {
    /// Every change and problem.
    Full(Changes<'a>),
    /// `weaker` with its keys, `problems` with their lines: what strangers may read.
    Redacted(Vec<(&'static str, String)>),
}

impl<'a> ChangePart<'a> {
    pub(crate) fn from_report(report: &'a Report, details: Details) -> Option<Self> {
        let change = report.policy_change.as_ref()?;
        let section = Section { policy: &report.policy, change, details };
        Some(Self {
            heading: format!("Policy change: {}", section.kinds()),
            sentences: section.sentences(),
            follows: section.what_follows(),
            content: match details {
                Details::Full => Content::Full(Changes(section)),
                Details::Redacted => Content::Redacted(redacted(&change.copy)),
            },
            after: section.after(),
        })
    }
}

/// The changes of a copy, or the problems of a broken one.
pub(crate) struct Changes<'a>(Section<'a>);

/// The shown part of a list, and how many more items there are.
pub(crate) struct Shown<T> {
    pub(crate) items: Vec<T>,
    pub(crate) more: usize,
}

impl<T> Shown<T> {
    fn from_items(items: impl ExactSizeIterator<Item = T>) -> Self {
        let more = items.len().saturating_sub(MOST);
        Self { items: items.take(MOST).collect(), more }
    }

    pub(crate) fn all(&self) -> usize {
        self.items.len() + self.more
    }
}

impl<'a> Changes<'a> {
    /// The effect on the verdict.
    pub(crate) const fn effect(&self) -> Effect {
        self.0.change.effect
    }

    /// The changes of a kind, each with its place. Long texts are cut.
    pub(crate) fn of_kind(&self, kind: ChangeKind) -> Shown<(Change, Option<Prose<'a>>)> {
        let changes: Vec<_> = of_kind(self.0.change.copy.changes(), kind).collect();
        Shown::from_items(changes.into_iter().map(|change| (cut(change), self.location(change))))
    }

    /// The problems of a broken copy, each with its place.
    pub(crate) fn problems(&self) -> Shown<(&'a str, Prose<'a>)> {
        let problems = problems(&self.0.change.copy).iter();
        Shown::from_items(problems.map(|it| (it.message.as_str(), self.0.location_of(it))))
    }

    /// `.github/rootgate.yaml:12`: the line in the copy, or the removed line in the default branch's file.
    pub(crate) fn location(&self, change: &Change) -> Option<Prose<'a>> {
        let Section { policy, change: of, .. } = self.0;
        let at = |path: &str, line| Prose::new().name(format!("{}:{line}", name(path)));
        match (change.new_line, change.old_line, &of.path, &policy.repository_path) {
            (Some(line), _, Some(path), _) => Some(at(path, line)),
            (_, Some(line), Some(path), None) | (_, Some(line), _, Some(path)) => {
                Some(Prose::new().text("was ").then(at(path, line)))
            }
            _ => None,
        }
    }
}

fn problems(copy: &PolicyCopy) -> &[Problem] {
    match copy {
        PolicyCopy::Broken(problems) => problems,
        _ => &[],
    }
}

/// The copy, and the policy that it is compared with.
#[derive(Clone, Copy)]
struct Section<'a> {
    policy: &'a PolicyOrigin,
    change: &'a PolicyChange,
    details: Details,
}

impl<'a> Section<'a> {
    fn sentences(&self) -> Vec<Prose<'a>> {
        let mut sentences = vec![self.what()];
        sentences.extend(self.what_follows());
        if self.is_new() && self.change.effect == Effect::Fails {
            // The author of a first policy reads the reason and the remedy in one paragraph.
            return vec![Prose::joined(sentences, " ")];
        }
        sentences
    }

    /// The effect of the copy on the verdict, and what to do.
    fn what_follows(&self) -> Vec<Prose<'a>> {
        let remedy = self.remedy();
        let remedy = remedy.map(|remedy| Prose::new().text("To do: ").text(remedy).text("."));
        [self.effect(), remedy].into_iter().flatten().collect()
    }

    /// `1 planned, 2 weaker`, or the state of the copy.
    fn kinds(&self) -> String {
        match &self.change.copy {
            PolicyCopy::Changed { changes, .. } if changes.is_empty() => {
                "formatting only".to_owned()
            }
            PolicyCopy::Changed { changes, .. } => counts(changes),
            PolicyCopy::Missing { .. } => "the policy is gone".to_owned(),
            PolicyCopy::Broken(problems) => {
                format!("broken, {}", counted(problems.len(), "problem"))
            }
            PolicyCopy::Behind { .. } => "none, the checkout is behind".to_owned(),
        }
    }

    /// What the copy is.
    fn what(&self) -> Prose<'a> {
        let copy = self.copy();
        match (&self.change.copy, self.moved_from()) {
            (PolicyCopy::Behind { commit }, _) => Prose::new()
                .text("This checkout has the policy of ")
                .name_for(self.details, short(commit))
                .text(", an earlier commit of the default branch. The tip of that branch judged."),
            (PolicyCopy::Missing { .. }, _) => copy
                .text(" is not in this checkout: after this merge, the strict built-in defaults judge."),
            (PolicyCopy::Broken(_), _) => copy.text(" of this checkout is not a valid policy."),
            (PolicyCopy::Changed { .. }, Some(from)) => Prose::new()
                .text("The policy moves from ")
                .name_for(self.details, name(from))
                .text(" to ")
                .then(copy)
                .text("."),
            (PolicyCopy::Changed { .. }, None) if self.is_new() => copy.text(
                " is the first policy of this repository: the default branch has no policy file, and the strict \
                 built-in defaults judge until this one is merged.",
            ),
            (PolicyCopy::Changed { changes, .. }, None) if changes.is_empty() => copy.text(
                " of this checkout differs from the default branch's only in comments, order or spelling.",
            ),
            (PolicyCopy::Changed { .. }, None) => {
                copy.text(" of this checkout differs from the default branch's.")
            }
        }
    }

    /// The effect of the copy on the verdict; `None`: nothing to mention.
    fn effect(&self) -> Option<Prose<'a>> {
        let copy = &self.change.copy;
        let text = match self.change.effect {
            Effect::Fails => match copy {
                PolicyCopy::Broken(_) => {
                    "It fails the gate: after this merge, no run could judge anything."
                }
                PolicyCopy::Missing { .. } => {
                    "It fails the gate: removing the policy weakens it, and the judging policy says on-weaker: fail."
                }
                _ if self.is_new() => {
                    "It fails the gate: it is weaker than the built-in defaults, which other jobs of this \
                     repository may already rely on."
                }
                _ => {
                    "It fails the gate: it is weaker, and the judging policy says on-weaker: fail."
                }
            },
            Effect::Tolerated => {
                "It is weaker but does not fail the gate: the judging policy says on-weaker: warn."
            }
            Effect::Accepted => {
                let environment = environment(self.policy, self.details);
                let accepted = Prose::new().text("It judged this run because it was accepted");
                return Some(accepted.then(environment).text("."));
            }
            Effect::None => match copy {
                PolicyCopy::Behind { .. } => return None,
                _ if copy.is_weaker() => "It is weaker but does not affect the verdict.",
                _ => "It does not fail the gate: everything that blocks now still blocks.",
            },
        };
        Some(Prose::new().text(text))
    }

    /// What to do about a copy that fails the gate.
    fn remedy(&self) -> Option<&'static str> {
        let accept = match &self.change.copy {
            _ if self.change.effect != Effect::Fails => return None,
            PolicyCopy::Broken(_) => {
                return Some("fix it; rootgate policy check shows each problem at its line");
            }
            PolicyCopy::Missing { .. } => {
                "restore it; a policy with only version: 1 means the same as no policy, and can be \
                 accepted (accept-policy-change)"
            }
            PolicyCopy::Changed { .. } if self.is_new() => {
                "have a reviewer of a protected environment accept it once (accept-policy-change); or have \
                 someone who may bypass the failed check merge it; or begin with a policy with only version: 1, which \
                 means the same as no policy, and review each later change"
            }
            PolicyCopy::Changed { .. } | PolicyCopy::Behind { .. } => {
                "undo the weaker changes, or have a reviewer of a protected environment accept them \
                 (accept-policy-change)"
            }
        };
        Some(accept)
    }

    /// The result of the same evidence after the merge.
    fn after(&self) -> Option<String> {
        let after = self.change.copy.after()?;
        let (verdict, counts) = (after.verdict.id(), verdict::counts(&after.counts));
        let code = after.exit_code;
        Some(format!(
            "After this merge: {verdict} (exit code {code}): {counts}. This does not affect the verdict."
        ))
    }

    /// `.github/rootgate.yaml:4`, or only the file if the problem concerns all of it.
    fn location_of(&self, problem: &Problem) -> Prose<'a> {
        match (&self.change.path, problem.line) {
            (Some(path), Some(line)) => Prose::new().name(format!("{}:{line}", name(path))),
            _ => self.copy(),
        }
    }

    /// The copy's path; the default branch's if the copy is gone.
    fn copy(&self) -> Prose<'a> {
        match self.change.path.as_ref().or(self.policy.repository_path.as_ref()) {
            Some(path) => Prose::new().name_for(self.details, name(path)),
            None => Prose::new().text("The policy"),
        }
    }

    /// The path of the judging file, if the copy has another path.
    fn moved_from(&self) -> Option<&'a str> {
        let judging = self.policy.repository_path.as_deref()?;
        self.change.path.as_deref().filter(|path| *path != judging).map(|_| judging)
    }

    fn is_new(&self) -> bool {
        self.policy.judge == Judge::DefaultBranch && self.policy.path.is_none()
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

/// What strangers may read of a copy.
fn redacted(copy: &PolicyCopy) -> Vec<(&'static str, String)> {
    let kinds = KINDS.iter().map(|(kind, _)| (kind.id(), keys(copy, *kind)));
    let problems = problems(copy).iter().map(|problem| problem.line);
    let lists = kinds.chain([("problems", lines(problems))]);
    lists.filter(|(_, list)| !list.is_empty()).collect()
}

/// `gate.fail-on, windows (2)`: each key once. There are few, because names from the policy are left out.
fn keys(copy: &PolicyCopy, kind: ChangeKind) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for change in of_kind(copy.changes(), kind) {
        let key = change.key.public().to_string();
        match counted.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += 1,
            None => counted.push((key, 1)),
        }
    }
    let shown = counted.into_iter().map(|(key, count)| match count {
        1 => key,
        count => format!("{key} ({count})"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// `line 4, line 9, and 3 more`
fn lines(lines: impl ExactSizeIterator<Item = Option<usize>>) -> String {
    let shown = Shown::from_items(lines);
    let line = |line: &Option<usize>| match line {
        Some(line) => format!("line {line}"),
        None => "the whole file".to_owned(),
    };
    let more = (shown.more > 0).then(|| format!("and {} more", shown.more));
    shown.items.iter().map(line).chain(more).collect::<Vec<_>>().join(", ")
}
