//! The policy that is checked: the named file, else the one on disk, else that of the default branch.

use std::path::Path;

use rootgate::doctor::Check;
use rootgate::doctor::policy::{AtTip, Found, check, check_tip};
use rootgate::doctor::seen::{NotSeen, Permission, Seen};
use rootgate::policy::{Policy, PolicyErrors};
use rootgate::repo::worktree::{Links, WorkTree};
use rootgate::repo::{Commit, File, RepoPath, github as contents};
use rootgate::rules;
use rootgate::text;
use rootgate::text::{Text, outside, private};

use super::github::{self, GitHub, look, look_at_file};
use super::plan::{Named, Plan};
use crate::commands::policy::file::{self, PolicyFile, Unusable};
use crate::commands::{Failure, Host, RemotePolicy};

/// The policies that were found.
pub(super) struct Policies {
    /// On disk, or where `--policy` says.
    here: Here,
    /// At the tip of the default branch.
    tip: AtTip,
    /// Its path there, or where one would be.
    pub(super) path: Option<String>,
    /// The one that says what AWS is asked.
    pub(super) effective: Policy,
}

enum Here {
    Valid(Box<PolicyFile>),
    Nothing,
    Unusable { what: Text, todo: Text },
}

impl Policies {
    /// What there is to say of them.
    pub(super) fn checks(&self, host: &Host) -> Vec<Check> {
        let found = match &self.here {
            Here::Valid(file) => Found::File(&file.shown, &file.policy),
            // The default branch's is all that there is, and `effective`.
            Here::Nothing => match &self.tip {
                AtTip::Valid { path, .. } => Found::File(path, &self.effective),
                _ => Found::BuiltIn,
            },
            Here::Unusable { what, todo } => {
                Found::Unusable { what: what.clone(), todo: todo.clone() }
            }
        };
        let mut checks = check(&found, host.now);
        checks.push(check_tip(&self.tip));
        checks
    }
}

/// Finds the policy here and at the tip of the default branch.
pub(super) async fn find(plan: &Plan, host: &Host, github: &GitHub) -> Policies {
    if let Some(Named::Remote(remote)) = &plan.policy {
        return elsewhere(plan, host, remote).await;
    }
    let named = match &plan.policy {
        Some(Named::File(path)) => Some(path.as_path()),
        _ => None,
    };
    let here = on_disk(named, host);
    let at_tip = read_tip(named, host, github).await;
    let path = at_tip.as_ref().ok().and_then(Option::as_ref).map(|file| file.path.to_string());
    let (tip, of_tip) = compare(&here, at_tip, host);
    let effective = match &here {
        Here::Valid(file) => Some(file.policy.clone()),
        Here::Nothing | Here::Unusable { .. } => of_tip,
    };
    let effective = effective.unwrap_or_else(|| Policy::built_in(&rules::infos()));
    Policies { here, tip, path, effective }
}

fn on_disk(named: Option<&Path>, host: &Host) -> Here {
    let found = match file::find(named, host) {
        Ok(Some(path)) => path,
        Ok(None) => return Here::Nothing,
        Err(failure) => return unreadable(failure),
    };
    match file::read(&found, host) {
        Ok(file) => Here::Valid(Box::new(file)),
        Err(Unusable::Unreadable(failure)) => unreadable(failure),
        Err(Unusable::Invalid(errors)) => {
            let what = problems(&file::shown(&found), &errors);
            Here::Unusable {
                what,
                todo: "rootgate policy check shows each problem at its line".into(),
            }
        }
    }
}

fn unreadable(failure: Failure) -> Here {
    let (what, todo) = failure.into_parts();
    Here::Unusable { what, todo }
}

/// How many problems, and the first. Strangers read its line only.
fn problems(path: &str, errors: &PolicyErrors) -> Text {
    let (count, first) = (errors.errors().len(), errors.errors().first());
    let first = first.map(|error| text!("line {}: {}", error.line, private(&error.message)));
    text!("{} is not valid ({} problems): {}", outside(path), count, first.unwrap_or_default())
}

/// The file at the tip of the default branch.
async fn read_tip(named: Option<&Path>, host: &Host, github: &GitHub) -> Seen<Option<File>> {
    let (open, tip) = github.tip().map_err(NotSeen::clone)?;
    let paths = match named {
        None => file::default_paths(),
        Some(named) => {
            let tree = host.repository.clone().map(WorkTree::with_root);
            let path =
                tree.and_then(|it| it.path(&host.working_directory, named, Links::Kept).ok());
            vec![path.ok_or_else(|| github::no_path(&named.display().to_string()))?]
        }
    };
    look_at_file(contents::read_only(&open.api, &open.repository, tip, paths).await)
}

/// What the file at the tip is, beside the one here; and its policy.
fn compare(here: &Here, at_tip: Seen<Option<File>>, host: &Host) -> (AtTip, Option<Policy>) {
    let file = match at_tip {
        Err(unseen) => return (AtTip::NotSeen(unseen), None),
        Ok(None) => return (AtTip::Absent { on_disk: !matches!(here, Here::Nothing) }, None),
        Ok(Some(file)) => file,
    };
    let shown = file.path.to_string();
    let parsed = match file::parse(file.bytes.clone(), shown.clone(), host) {
        Ok(parsed) => parsed,
        Err(Unusable::Invalid(errors)) => {
            let what = text!("on the default branch, {}", problems(&shown, &errors));
            return (AtTip::Broken { what }, None);
        }
        Err(Unusable::Unreadable(failure)) => {
            let (what, _) = failure.into_parts();
            return (AtTip::Broken { what: text!("on the default branch, {}", what) }, None);
        }
    };
    let same = match here {
        Here::Valid(here) => {
            let bytes = here.text.clone().into_bytes();
            Some(File::same(Some(&File { path: file.path.clone(), bytes }), Some(&file)))
        }
        Here::Nothing => None,
        Here::Unusable { .. } => Some(false),
    };
    (AtTip::Valid { path: shown, same }, Some(parsed.policy))
}

/// `--policy github:…`.
async fn elsewhere(plan: &Plan, host: &Host, remote: &RemotePolicy) -> Policies {
    let named = format!("{}/{}", remote.repository.as_str(), remote.path);
    let here = match read_elsewhere(plan, host, remote).await {
        Ok(Some(file)) => match file::parse(file.bytes, named.clone(), host) {
            Ok(file) => Here::Valid(Box::new(file)),
            Err(Unusable::Unreadable(failure)) => unreadable(failure),
            Err(Unusable::Invalid(errors)) => {
                let todo = "mend it there; rootgate policy check shows each problem".into();
                Here::Unusable { what: problems(&named, &errors), todo }
            }
        },
        Ok(None) => Here::Unusable {
            what: text!("there is no {} at `{}`", outside(&named), outside(&remote.git_ref)),
            todo: "check the path and the ref of --policy".into(),
        },
        Err(unseen) => Here::Unusable {
            what: text!("{} cannot be read: {}", outside(&named), &unseen.what),
            todo: "give the action a `token` that may read that repository (contents: read)".into(),
        },
    };
    let built_in = || Policy::built_in(&rules::infos());
    let effective = match &here {
        Here::Valid(file) => file.policy.clone(),
        Here::Nothing | Here::Unusable { .. } => built_in(),
    };
    let tip = AtTip::Elsewhere(remote.repository.as_str().to_owned());
    Policies { here, tip, path: None, effective }
}

async fn read_elsewhere(plan: &Plan, host: &Host, remote: &RemotePolicy) -> Seen<Option<File>> {
    let RemotePolicy { repository, path, git_ref } = remote;
    let api = github::client(plan, host)?;
    let commit = match Commit::new(git_ref) {
        Some(commit) => commit,
        None => {
            let commit = contents::resolve(&api, repository, git_ref).await;
            look(Permission::Contents, commit)?
        }
    };
    let paths: Vec<RepoPath> = vec![path.clone()];
    look_at_file(contents::read_only(&api, repository, &commit, paths).await)
}
