//! Which policy judges. The flags and GitHub Actions decide.

use std::path::PathBuf;

use rootgate::model::Judge;
use rootgate::text;

use super::RemotePolicy;
use crate::cli::{CheckArgs, PolicyArg, PolicyFrom};
use crate::commands::{Failure, Host};

/// Which policy judges.
pub(crate) enum JudgedBy {
    /// The file on disk: the named file, else the default file.
    File { named: Option<PathBuf>, judge: Judge },
    /// The default branch's file, or the checkout's copy if it is accepted.
    DefaultBranch { named: Option<PathBuf>, accept: bool },
    /// A file of another repository.
    Remote(RemotePolicy),
}

/// Flags that contradict each other are an error: none of them wins silently.
pub(super) fn read(args: &CheckArgs, host: &Host) -> Result<JudgedBy, Failure> {
    let contradicts = |one: &'static str, other: &'static str, help: &'static str| {
        Err(Failure::new(text!("{} and {} contradict each other", one, other), help))
    };
    let (from, accept) = (args.judging.policy_from, args.judging.accept_policy_change);
    let named = match &args.policy {
        Some(PolicyArg::GitHub(_)) if from.is_some() => {
            return contradicts("--policy github:…", "--policy-from", ONE_POLICY);
        }
        Some(PolicyArg::GitHub(_)) if accept => {
            return contradicts("--policy github:…", "--accept-policy-change", ONE_POLICY);
        }
        Some(PolicyArg::GitHub(remote)) => return Ok(JudgedBy::Remote(remote.clone())),
        Some(PolicyArg::File(file)) => Some(file.clone()),
        None => None,
    };
    if from.is_some() && accept {
        return contradicts("--policy-from", "--accept-policy-change", ONE_POLICY);
    }
    match (from, host.github_actions()) {
        (Some(PolicyFrom::Checkout), _) => Ok(JudgedBy::File { named, judge: Judge::Checkout }),
        (_, true) => Ok(JudgedBy::DefaultBranch { named, accept }),
        (Some(PolicyFrom::DefaultBranch), false) => Err(outside("--policy-from default-branch")),
        (None, false) if accept => Err(outside("--accept-policy-change")),
        (None, false) => Ok(JudgedBy::File { named, judge: Judge::File }),
    }
}

const ONE_POLICY: &str = "keep one of them: each selects the policy that judges";

fn outside(flag: &'static str) -> Failure {
    Failure::new(
        text!("{} is for GitHub Actions; here the file on disk judges", flag),
        "leave it out; `rootgate policy diff --base REF` shows what a pull request would say",
    )
}
