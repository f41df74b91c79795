//! `action-pin`: whether the action is pinned to the commit of a release.

use std::collections::BTreeMap;

use super::gates::{Workflows, named};
use super::seen::Seen;
use super::workflow::ActionUse;
use super::{Check, CheckId};
use crate::model::hosting::PinnedCommit;
use crate::text;
use crate::text::outside;

const ID: CheckId = CheckId::ActionPin;

/// A pinned commit: the action's repository and the SHA.
pub type Pin = (String, String);

/// The commits to look up.
#[must_use]
pub fn pins(workflows: &Workflows) -> Vec<Pin> {
    let uses = workflows.jobs().flat_map(|(_, job)| &job.actions);
    let pinned =
        uses.filter(|action| is_commit(&action.git_ref) && !is_placeholder(&action.git_ref));
    let mut pins: Vec<Pin> =
        pinned.map(|action| (action.repository.clone(), action.git_ref.clone())).collect();
    pins.sort();
    pins.dedup();
    pins
}

/// Checks each use of the action.
#[must_use]
pub fn check(workflows: &Workflows, commits: &BTreeMap<Pin, Seen<PinnedCommit>>) -> Vec<Check> {
    let mut checks = Vec::new();
    for (workflow, job) in workflows.jobs() {
        for action in &job.actions {
            let place = named(workflow, job);
            checks.push(of_use(action, commits).unwrap_or_else(|(seen, todo)| {
                Check::problem(ID, text!("the {} uses {}: {}", place, shown(action), seen), todo)
            }));
        }
    }
    checks.dedup();
    if checks.is_empty() {
        let nothing = "no workflow of the default branch uses the action";
        checks.push(match workflows.doubt() {
            Some(doubt) => Check::not_checked(ID, text!("{}; {}", nothing, doubt), "look there"),
            None => Check::ok(ID, nothing),
        });
    }
    checks
}

type Wrong = (&'static str, &'static str);

fn of_use(action: &ActionUse, commits: &BTreeMap<Pin, Seen<PinnedCommit>>) -> Result<Check, Wrong> {
    const PIN: &str = "pin the commit of a release, with its tag in a comment behind it";
    if is_placeholder(&action.git_ref) {
        return Err(("this is the placeholder of the examples", PIN));
    }
    if !is_commit(&action.git_ref) {
        return Err(("a tag or branch can be moved to other code", PIN));
    }
    let pin = (action.repository.clone(), action.git_ref.to_ascii_lowercase());
    match commits.get(&pin).or_else(|| commits.get(&(pin.0.clone(), action.git_ref.clone()))) {
        Some(Ok(PinnedCommit::Release(tag))) => {
            Ok(Check::ok(ID, text!("{} is the release {}", shown(action), outside(tag))))
        }
        Some(Ok(PinnedCommit::Tag(tag))) => Ok(Check::warning(
            ID,
            text!("{} is the tag {}, which has no release", shown(action), outside(tag)),
            PIN,
        )),
        Some(Ok(PinnedCommit::Unknown)) => {
            Err(("no tag names this commit, which may come from a fork", PIN))
        }
        Some(Err(unseen)) => Ok(unseen.check(ID, "the releases of the action")),
        None => Ok(Check::not_checked(ID, text!("{} was not looked up", shown(action)), PIN)),
    }
}

fn shown(action: &ActionUse) -> crate::text::Text {
    let short = if is_commit(&action.git_ref) { &action.git_ref[..12] } else { &action.git_ref };
    text!("{}@{}", outside(&action.repository), outside(short))
}

fn is_commit(git_ref: &str) -> bool {
    git_ref.len() == 40 && git_ref.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_placeholder(git_ref: &str) -> bool {
    is_commit(git_ref) && git_ref.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    const SHA: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

    fn status(git_ref: &str, commit: PinnedCommit) -> Status {
        let mut workflows = Workflows::default();
        let text =
            format!("on: push\njobs: {{ a: {{ steps: [{{ uses: o/rootgate@{git_ref} }}] }} }}");
        workflows.add("w.yml", &text);
        let commits = pins(&workflows).into_iter().map(|pin| (pin, Ok(commit.clone()))).collect();
        check(&workflows, &commits)[0].status
    }

    #[test]
    fn only_the_commit_of_a_release_is_right() {
        let release = || PinnedCommit::Release("v1.0.0".to_owned());
        assert_eq!(status(SHA, release()), Status::Ok);
        assert_eq!(status(&SHA.to_uppercase(), release()), Status::Ok);
        assert_eq!(status(SHA, PinnedCommit::Tag("v1.0.0".to_owned())), Status::Warning);
        assert_eq!(status(SHA, PinnedCommit::Unknown), Status::Problem);
        for wrong in ["v1", "main", &SHA[..39], "0000000000000000000000000000000000000000"] {
            assert_eq!(status(wrong, release()), Status::Problem, "{wrong}");
        }
        assert_eq!(check(&Workflows::default(), &BTreeMap::new())[0].status, Status::Ok);
    }
}
