//! `rootgate doctor`: whether a gate is set up so that it works. It checks and never judges.
//!
//! ```text
//! facts (from disk, AWS and GitHub) ──> one pure function per topic ──> Check ──> show (text, JSON)
//! ```
//!
//! What could not be looked at is [`Status::NotChecked`] with the reason, never [`Status::Ok`].

pub mod aws;
mod codeowners;
mod cron;
pub mod environments;
pub mod gates;
pub mod organization;
mod owners;
pub mod pin;
pub mod policy;
mod required;
mod scanning;
mod schedule;
pub mod seen;
pub mod show;
pub mod token;
mod workflow;
mod yaml;

pub use codeowners::CODEOWNERS_PATHS;
pub use owners::{Owners, check as codeowners};
pub use required::{Requirements, check as gate_required};
pub use scanning::check as code_scanning;
pub use schedule::{ScheduledWorkflow, check as schedule};
pub use workflow::{ActionUse, Job, JobEnvironment, Workflow};

use crate::model::AccountId;
use crate::text::Text;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Looked at, and right.
    Ok,
    /// The gate does not work, or does not protect, as it is.
    Problem,
    /// Something to know or to decide.
    Warning,
    /// It could not be looked at.
    NotChecked,
}

impl Status {
    /// The name in JSON: `not-checked`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::NotChecked => "not-checked",
        }
    }

    /// The name in text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotChecked => "not checked",
            other => other.id(),
        }
    }
}

macro_rules! check_ids {
    ($($(#[$doc:meta])* $id:ident = $name:literal,)*) => {
        /// What is checked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CheckId {
            $($(#[$doc])* $id,)*
        }

        impl CheckId {
            /// Every check, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// The name in JSON.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }
        }
    };
}

check_ids! {
    /// The policy file.
    Policy = "policy",
    /// The policy at the tip of the default branch, which judges.
    PolicyOnDefaultBranch = "policy-on-default-branch",
    /// Whether somebody could be signed in.
    AwsSignIn = "aws-sign-in",
    /// Whether a call that the rules need is allowed.
    AwsCall = "aws-call",
    /// Whether every Region answers that must.
    AwsRegions = "aws-regions",
    /// The credential report.
    AwsReport = "aws-report",
    /// The clock of this machine.
    AwsClock = "aws-clock",
    /// The organization and its members.
    Organization = "organization",
    /// The token for GitHub's API.
    GitHubToken = "github-token",
    /// Whether a merge needs the gate.
    GateRequired = "gate-required",
    /// Whether somebody must review policy and workflows.
    Codeowners = "codeowners",
    /// The environments that the gate's jobs name.
    EnvironmentExists = "environment-exists",
    /// Who accepts a change of the policy.
    EnvironmentReviewers = "environment-reviewers",
    /// Which branches may use the environments.
    EnvironmentBranches = "environment-branches",
    /// Whether findings reach code scanning.
    CodeScanning = "code-scanning",
    /// Whether the scheduled workflow is enabled.
    ScheduleEnabled = "schedule-enabled",
    /// How its last run ended.
    ScheduleLastRun = "schedule-last-run",
    /// Whether the action is pinned to a release.
    ActionPin = "action-pin",
}

/// The account that a check is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedAccount {
    /// Its id.
    pub id: AccountId,
    /// What the policy calls it.
    pub name: Option<String>,
}

/// One line: what was seen, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub id: CheckId,
    /// How it ended.
    pub status: Status,
    /// Of which account, if it is about one.
    pub account: Option<CheckedAccount>,
    /// What was seen; a sentence without its full stop.
    pub seen: Text,
    /// What to do, if there is something to do.
    pub todo: Option<Text>,
}

impl Check {
    /// Looked at, and right.
    pub fn ok(id: CheckId, seen: impl Into<Text>) -> Self {
        Self { id, status: Status::Ok, account: None, seen: seen.into(), todo: None }
    }

    /// Something that must be mended.
    pub fn problem(id: CheckId, seen: impl Into<Text>, todo: impl Into<Text>) -> Self {
        Self::ok(id, seen).with(Status::Problem, todo)
    }

    /// Something to know or to decide.
    pub fn warning(id: CheckId, seen: impl Into<Text>, todo: impl Into<Text>) -> Self {
        Self::ok(id, seen).with(Status::Warning, todo)
    }

    /// Something that could not be looked at.
    pub fn not_checked(id: CheckId, seen: impl Into<Text>, todo: impl Into<Text>) -> Self {
        Self::ok(id, seen).with(Status::NotChecked, todo)
    }

    /// The same check of an account.
    #[must_use]
    pub fn of(self, account: Option<&CheckedAccount>) -> Self {
        Self { account: account.cloned(), ..self }
    }

    /// The same check with something to do, also if it is right.
    #[must_use]
    pub fn and(self, todo: impl Into<Text>) -> Self {
        Self { todo: Some(todo.into()), ..self }
    }

    fn with(self, status: Status, todo: impl Into<Text>) -> Self {
        Self { status, ..self.and(todo) }
    }
}

/// Everything that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkup(Vec<Check>);

impl Checkup {
    /// Sorts the checks by what they are about. The order of the accounts stays.
    #[must_use]
    pub fn new(mut checks: Vec<Check>) -> Self {
        checks.sort_by_key(|check| check.id);
        Self(checks)
    }

    /// The checks, in the order in which they are shown.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.0
    }

    /// How many checks ended so.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.0.iter().filter(|check| check.status == status).count()
    }

    /// 1 if there is a problem, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.count(Status::Problem) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_problem_fails() {
        let id = CheckId::Policy;
        let checks = vec![
            Check::not_checked(CheckId::ActionPin, "a", "b"),
            Check::warning(id, "a", "b"),
            Check::ok(id, "a"),
        ];
        assert_eq!(Checkup::new(checks.clone()).exit_code(), 0);
        let with_problem = [checks, vec![Check::problem(id, "a", "b")]].concat();
        let checkup = Checkup::new(with_problem);
        assert_eq!(checkup.exit_code(), 1);
        assert_eq!(checkup.count(Status::Warning), 1);
        assert_eq!(checkup.checks().last().map(|check| check.id), Some(CheckId::ActionPin));
    }

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let mut ids: Vec<&str> = CheckId::ALL.iter().map(|id| id.id()).collect();
        let kebab = |id: &&str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(ids.iter().all(kebab));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CheckId::ALL.len());
    }
}
