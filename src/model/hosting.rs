//! What GitHub says of the repository that holds the gate.

use chrono::{DateTime, Utc};

/// A rule of the active rulesets that apply to a branch, of the kinds that the gate depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchRule {
    /// A merge needs the checks of these names.
    Checks(Vec<String>),
    /// A merge needs these workflows.
    Workflows(Vec<RequiredWorkflow>),
    /// Changes need a pull request.
    PullRequest {
        /// Whether a code owner must approve.
        code_owners: bool,
        /// How many approvals it needs.
        approvals: u64,
    },
    /// Merges go through a queue.
    MergeQueue,
}

/// A workflow that a merge needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredWorkflow {
    /// `.github/workflows/root.yml`.
    pub path: String,
    /// The number of its repository.
    pub repository_id: u64,
}

/// Classic protection of a branch, as far as everybody sees it who may read the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchProtection {
    /// The names of the checks that a merge needs.
    pub checks: Vec<String>,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Who must let its jobs run.
    pub reviewers: RequiredReviewers,
    /// Which refs may use it.
    pub branches: BranchLimit,
}

/// Who must let the jobs of an environment run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredReviewers {
    /// Nobody.
    None,
    /// One of its required reviewers.
    Some {
        /// Whether whoever started the run may be that reviewer.
        self_review: bool,
    },
}

/// Which refs may use an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchLimit {
    /// All.
    None,
    /// Protected branches.
    Protected,
    /// Those that match its patterns.
    Patterns,
}

/// The state of a workflow: `active`, `disabled_inactivity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowState {
    /// Its file.
    pub path: String,
    /// In GitHub's word.
    pub state: String,
    /// When GitHub first saw it.
    pub created_at: DateTime<Utc>,
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// `success`; `None`: it has not ended.
    pub conclusion: Option<String>,
}

/// Whether code scanning takes findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeScanning {
    /// It does, and rootgate uploaded some at this time.
    Uploaded(DateTime<Utc>),
    /// It does, and has nothing from rootgate.
    NothingYet,
}

/// What a pinned commit of an action is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinnedCommit {
    /// The commit of a release, with its tag.
    Release(String),
    /// The commit of a tag without a release.
    Tag(String),
    /// No tag names it.
    Unknown,
}
