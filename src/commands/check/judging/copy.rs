//! The checkout's copy of the policy, compared with the default branch's.

use rootgate::evaluate;
use rootgate::github::api::Api;
use rootgate::github::repository::Repository;
use rootgate::model::{
    AfterMerge, Change, ChangeKind, Effect, PolicyChange, PolicyCopy, Problem, sha256_hex,
};
use rootgate::policy::{self, Policy};
use rootgate::repo::github::{Unknown, merge_base, merged_into};
use rootgate::repo::{Commit, File, NotRead, RepoPath};
use rootgate::text::{Text, outside};
use rootgate::{rules, text};

use super::checkout::{Checkout, two_files, unusable};
use super::tip::{self, Tip, read_policy};
use super::{PolicySource, Unparsed, cannot_judge, parse};
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// The copy, if it differs from the default branch's policy.
pub(crate) struct Copy {
    /// Its path in the repository; `None`: there is none.
    path: Option<RepoPath>,
    sha256: Option<String>,
    state: State,
    accepted: bool,
}

enum State {
    /// A policy (the built-in defaults if there is no copy) and its changes.
    Policy(Box<Policy>, Vec<Change>),
    /// An invalid policy: its problems, and the same as a failure.
    Broken(Vec<Problem>, Failure),
    /// The same file as at an earlier commit of the default branch.
    Behind(Commit),
}

/// What is needed to distinguish a change from an earlier state.
pub(super) struct History<'a> {
    pub(super) api: &'a Api,
    pub(super) repository: &'a Repository,
    pub(super) tip: &'a Tip,
    pub(super) named: Option<&'a RepoPath>,
}

/// Compares the copy that would be merged with the default branch's `tip`, which `judging` was read
/// from.
///
/// There are two copies. The file in the working tree may have been changed by an earlier step, or
/// by Git attributes during the checkout. The other one is in the run's commit. The weaker one
/// counts.
pub(super) async fn compare(
    source: &PolicySource<'_>,
    checkout: &Checkout,
    judging: &Policy,
    tip: Option<&File>,
    history: &History<'_>,
) -> Result<Compared, Failure> {
    let mut here = in_checkout(checkout, history.named);
    let (there, unread) = history.in_commit(source.host).await?;
    // The run's commit would be merged. If it cannot be read, nothing else shows whether the files
    // are a checkout or whether the ref has a policy.
    let is_unsaid = run_commit(source.host).is_none() || unread.is_some();
    let may_be_one = source.is_merge_event() || (unread.is_some() && !checkout.is_empty());
    if matches!(here, FoundCopy::Unknown) && is_unsaid && may_be_one {
        here = FoundCopy::Nothing;
    }
    let looked = match (&here, &there) {
        (FoundCopy::Unknown, FoundCopy::Unknown) => Looked::Nowhere,
        (FoundCopy::Unknown, _) => Looked::Commit,
        _ => Looked::Checkout,
    };
    // They are nearly always the same. Then one comparison and one request to GitHub are enough.
    let there = if there.same_as(&here) { FoundCopy::Unknown } else { there };
    let mut copy = judge_copy(source, here, judging, tip, history).await;
    let other = judge_copy(source, there, judging, tip, history).await;
    if weight(other.as_ref()) > weight(copy.as_ref()) {
        copy = other;
    }
    Ok(Compared { copy, looked, unread })
}

/// The outcome of [`compare`].
pub(super) struct Compared {
    /// `None`: it is the same as the default branch's file, or it is unknown.
    pub(super) copy: Option<Copy>,
    /// Where a copy was found.
    pub(super) looked: Looked,
    /// Why the run's commit could not be read, if it could not.
    pub(super) unread: Option<String>,
}

/// Where the policy of the ref was searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Neither a checkout nor a commit is available.
    Nowhere,
    /// Only in the run's commit: there is no checkout.
    Commit,
    /// In the checkout, and in the commit if it could be read.
    Checkout,
}

/// The content of the checkout or of the commit.
enum FoundCopy {
    /// Unknown.
    Unknown,
    Nothing,
    File(File),
    /// Something else than a policy file: its path and a description.
    Unusable(RepoPath, Text),
}

impl FoundCopy {
    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => File::same(Some(one), Some(other)),
            (Self::Nothing, Self::Nothing) => true,
            _ => false,
        }
    }
}

fn in_checkout(checkout: &Checkout, named: Option<&RepoPath>) -> FoundCopy {
    let asked = named.map_or_else(file::default_paths, |named| vec![named.clone()]);
    match checkout.find_file(&asked) {
        Ok(Some(file)) => FoundCopy::File(file),
        // Other steps may have written files without a checkout.
        Ok(None) if checkout.is_repository() => FoundCopy::Nothing,
        Ok(None) => FoundCopy::Unknown,
        Err(error) => {
            let what = unusable(&error);
            let at = match error {
                NotRead::Unknown(unreadable) => unreadable.path,
                other => other.something_at().cloned().unwrap_or_else(|| asked[0].clone()),
            };
            // The link may be a folder on the path.
            let path = asked.into_iter().find(|path| path.is_within(&at)).unwrap_or(at);
            FoundCopy::Unusable(path, what)
        }
    }
}

async fn judge_copy(
    source: &PolicySource<'_>,
    found: FoundCopy,
    judging: &Policy,
    tip: Option<&File>,
    history: &History<'_>,
) -> Option<Copy> {
    let copy = match found {
        FoundCopy::Unknown => return None,
        FoundCopy::Unusable(path, what) => return Some(Copy::unusable(path, &what)),
        FoundCopy::Nothing => None,
        FoundCopy::File(found) => Some(found),
    };
    if File::same(copy.as_ref(), tip) {
        return None;
    }
    let state = match history.commit_of(copy.as_ref(), source.host).await {
        Some(commit) => State::Behind(commit),
        None => State::from_copy(copy.as_ref(), judging, source),
    };
    let sha256 = copy.as_ref().map(|copy| sha256_hex(&copy.bytes));
    Some(Copy { path: copy.map(|copy| copy.path), sha256, state, accepted: false })
}

/// The run's own commit, if the runner names one.
fn run_commit(host: &Host) -> Option<Commit> {
    host.workflow.sha.as_deref().and_then(Commit::new)
}

/// How weak a copy can be: the one with the higher weight counts.
fn weight(copy: Option<&Copy>) -> u8 {
    let Some(copy) = copy else { return 0 };
    let weaker = |change: &Change| change.kind == ChangeKind::Weaker;
    match &copy.state {
        State::Behind(_) => 1,
        State::Policy(_, changes) if copy.path.is_some() && !changes.iter().any(weaker) => 2,
        State::Policy(..) | State::Broken(..) => 3,
    }
}

impl Copy {
    fn unusable(path: RepoPath, what: &Text) -> Self {
        let problems = vec![Problem { message: what.to_string(), line: None }];
        let state = State::Broken(problems, cannot_judge(what));
        Self { path: Some(path), sha256: None, state, accepted: false }
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
    pub(super) fn accept(self) -> Result<(Self, Policy, RepoPath, Option<String>), Failure> {
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
                "--accept-policy-change: the checkout contains no policy to accept",
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
        PolicyChange {
            path: self.path.map(|path| path.to_string()),
            sha256: self.sha256,
            copy,
            effect,
        }
    }
}

impl State {
    fn from_copy(copy: Option<&File>, judging: &Policy, source: &PolicySource<'_>) -> Self {
        let Host { now, .. } = source.host;
        let changed = |policy: Policy| {
            let changes = policy::diff(judging, &policy, *now);
            Self::Policy(Box::new(policy), changes)
        };
        let Some(File { path, bytes }) = copy else {
            return changed(Policy::built_in(&rules::infos()));
        };
        match parse(bytes, path.as_str(), source.host) {
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
                Self::Broken(
                    problems,
                    Failure::from_policy(errors, source.color, "this is the checkout's copy"),
                )
            }
        }
    }
}

impl History<'_> {
    /// The copy in the run's own commit; unknown if that is the tip, which was already read. The
    /// second value says why GitHub does not show the commit, if it does not.
    async fn in_commit(&self, host: &Host) -> Result<(FoundCopy, Option<String>), Failure> {
        let Some(commit) = run_commit(host).filter(|commit| *commit != self.tip.commit) else {
            return Ok((FoundCopy::Unknown, None));
        };
        let unread = |why: String| Ok((FoundCopy::Unknown, Some(format!("{commit}: {why}"))));
        match read_policy(self.api, self.repository, &commit, self.named).await {
            Ok(Some(found)) => Ok((FoundCopy::File(found), None)),
            Ok(None) => Ok((FoundCopy::Nothing, None)),
            Err(NotRead::Unknown(unknown @ Unknown::Unproven { .. })) => {
                unread(unknown.to_string())
            }
            Err(NotRead::Unknown(Unknown::Api { path, error })) => Err(tip::unreadable(
                text!("{} at the run's commit {}", outside(path), &commit),
                &error,
            )),
            Err(NotRead::Two { path, second }) => {
                let what = two_files(&path, &second);
                Ok((FoundCopy::Unusable(path, what), None))
            }
            Err(
                ref error @ (NotRead::NotAFile { ref path, .. }
                | NotRead::TooLarge { ref path, .. }
                | NotRead::LfsPointer { ref path }),
            ) => Ok((FoundCopy::Unusable(path.clone(), error.into()), None)),
        }
    }

    /// The commit of the default branch into which GitHub merged the pull request for this run.
    async fn base_of(&self, merge: &Commit, host: &Host) -> Option<Commit> {
        let run = &host.workflow;
        let number = run.git_ref.as_deref()?.strip_prefix("refs/pull/")?.strip_suffix("/merge")?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let for_this_branch = run.base_ref.as_deref() == Some(self.tip.branch.as_str());
        let event = host.environment.event_name.as_deref();
        if !is_number || !for_this_branch || event != Some("pull_request") {
            return None; // any branch can contain a merge of anything
        }
        merged_into(self.api, self.repository, merge).await.ok()?
    }

    /// The commit where this ref left the default branch, if it has the same copy. Then the ref
    /// does not change the policy, and a merge keeps the branch's current policy.
    ///
    /// If GitHub does not answer, the copy counts as changed, which is never less strict.
    async fn commit_of(&self, copy: Option<&File>, host: &Host) -> Option<Commit> {
        let run = &host.workflow;
        let (git_ref, sha) = (run.git_ref.as_deref()?, Commit::new(run.sha.as_deref()?)?);
        let commit = if git_ref == format!("refs/heads/{}", self.tip.branch) {
            sha
        } else {
            let left = merge_base(self.api, self.repository, &self.tip.commit, &sha);
            match left.await {
                Ok(commit) => commit,
                // A large comparison may fail. The merge commit names its base.
                Err(_) => self.base_of(&sha, host).await?,
            }
        };
        if commit == self.tip.commit {
            return None;
        }
        let had = read_policy(self.api, self.repository, &commit, self.named).await.ok()?;
        File::same(had.as_ref(), copy).then_some(commit)
    }
}
