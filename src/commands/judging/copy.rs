//! The checkout's copy of the policy, compared with the default branch's.

use rootgate::evaluate;
use rootgate::github::api::Api;
use rootgate::github::contents::{self, Commit};
use rootgate::github::repository::Repository;
use rootgate::model::{AfterMerge, Change, Effect, PolicyChange, PolicyCopy, Problem, sha256_hex};
use rootgate::policy::{self, Policy};
use rootgate::rules;

use super::super::policy_file::{Found, same};
use super::super::{Failure, Host};
use super::checkout::{self, Checkout};
use super::default_branch::{Tip, look};
use super::{Asker, Unparsed, cannot_judge, parse};

/// The copy, where it is not what the default branch has.
pub(crate) struct Copy {
    /// Its path in the repository; `None`: there is none.
    path: Option<String>,
    sha256: Option<String>,
    state: State,
    accepted: bool,
}

enum State {
    /// A policy (the built-in defaults where there is no copy), and what it changes.
    Policy(Box<Policy>, Vec<Change>),
    /// None, and the same as an error.
    Broken(Vec<Problem>, Failure),
    /// What an earlier commit had.
    Behind(Commit),
}

/// What is needed to tell a change from an earlier state.
pub(super) struct Older<'a> {
    pub(super) api: &'a Api,
    pub(super) repository: &'a Repository,
    pub(super) tip: &'a Tip,
    pub(super) named: Option<&'a str>,
}

/// Compares the copy under `path` with the default branch's `tip`, which `judging` was read from;
/// `None`: they are the same file.
pub(super) async fn compare(
    asker: &Asker<'_>,
    checkout: &Checkout,
    path: Option<&str>,
    judging: &Policy,
    tip: Option<&Found>,
    older: &Older<'_>,
) -> Option<Copy> {
    let copy = match path.map(|path| (path, checkout.find(path))) {
        Some((path, checkout::Entry::Unusable(what))) => return Some(Copy::unusable(path, &what)),
        Some((path, checkout::Entry::File(bytes))) => Some(Found { path: path.to_owned(), bytes }),
        _ => None,
    };
    if same(copy.as_ref(), tip) {
        return None;
    }
    let state = match older.commit_of(copy.as_ref(), asker.host).await {
        Some(commit) => State::Behind(commit),
        None => State::of(copy.as_ref(), judging, asker),
    };
    let sha256 = copy.as_ref().map(|copy| sha256_hex(&copy.bytes));
    Some(Copy { path: copy.map(|copy| copy.path), sha256, state, accepted: false })
}

impl Copy {
    fn unusable(path: &str, what: &str) -> Self {
        let problems = vec![Problem { message: what.to_owned(), line: None }];
        let state = State::Broken(problems, cannot_judge(what));
        Self { path: Some(path.to_owned()), sha256: None, state, accepted: false }
    }

    /// Whether a merge would change which policy judges.
    pub(super) const fn is_a_change(&self) -> bool {
        !matches!(self.state, State::Behind(_))
    }

    /// The policy that would judge after the merge.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        match &self.state {
            State::Policy(policy, _) if !self.accepted => Some(policy),
            _ => None,
        }
    }

    /// Lets the copy judge: its policy, path and SHA-256.
    pub(super) fn accept(self) -> Result<(Self, Policy, String, Option<String>), Failure> {
        match (self.state, self.path) {
            (State::Policy(policy, changes), Some(path)) => {
                let judging = policy.as_ref().clone();
                let sha256 = self.sha256.clone();
                let copy = Self {
                    path: Some(path.clone()),
                    sha256: self.sha256,
                    state: State::Policy(policy, changes),
                    accepted: true,
                };
                Ok((copy, judging, path, sha256))
            }
            (State::Broken(_, failure), _) => Err(failure),
            (State::Policy(..) | State::Behind(_), _) => Err(Failure::new(
                "--accept-policy-change: the checkout holds no policy that could be accepted",
                "check the policy out, or leave the flag out",
            )),
        }
    }

    /// For the report: `after` is how the same evidence would be judged by the copy.
    pub(crate) fn change(self, judging: &Policy, after: Option<AfterMerge>) -> PolicyChange {
        let copy = match self.state {
            State::Policy(_, changes) if self.path.is_some() => {
                PolicyCopy::Changed { changes, after }
            }
            State::Policy(_, changes) => PolicyCopy::Missing { changes, after },
            State::Broken(problems, _) => PolicyCopy::Broken(problems),
            State::Behind(commit) => PolicyCopy::Behind { commit: commit.to_string() },
        };
        let effect = match self.accepted {
            true => Effect::Accepted,
            false => evaluate::effect(judging, &copy),
        };
        PolicyChange { path: self.path, sha256: self.sha256, copy, effect }
    }
}

impl State {
    fn of(copy: Option<&Found>, judging: &Policy, asker: &Asker<'_>) -> Self {
        let Host { now, .. } = asker.host;
        let changed = |policy: Policy| {
            let changes = policy::diff(judging, &policy, *now);
            Self::Policy(Box::new(policy), changes)
        };
        let Some(Found { path, bytes }) = copy else {
            return changed(Policy::built_in(&rules::infos()));
        };
        match parse(bytes, path, asker.host) {
            Ok(policy) => changed(policy),
            Err(Unparsed::NoText(failure)) => {
                let message = "the file is not UTF-8 text".to_owned();
                Self::Broken(vec![Problem { message, line: None }], failure)
            }
            Err(Unparsed::Invalid(errors)) => {
                let problem = |error: &policy::PolicyError| Problem {
                    message: error.message.clone(),
                    line: Some(error.line),
                };
                let problems = errors.errors().iter().map(problem).collect();
                Self::Broken(problems, Failure::drawn(errors.render(asker.color)))
            }
        }
    }
}

impl Older<'_> {
    /// The earlier commit of the default branch that has just this copy, where this ref left the
    /// branch: it does not change the policy, and a merge keeps what the branch has now.
    ///
    /// Where GitHub does not tell, the copy counts as changed, which is never less strict.
    async fn commit_of(&self, copy: Option<&Found>, host: &Host) -> Option<Commit> {
        let run = &host.workflow;
        let (git_ref, sha) = (run.git_ref.as_deref()?, Commit::new(run.sha.as_deref()?)?);
        let commit = if git_ref == format!("refs/heads/{}", self.tip.branch) {
            sha
        } else {
            contents::merge_base(self.api, self.repository, &self.tip.commit, &sha).await.ok()?
        };
        if commit == self.tip.commit {
            return None;
        }
        let had = look(self.api, self.repository, &commit, self.named).await.ok()?;
        same(had.as_ref(), copy).then_some(commit)
    }
}
