//! Which policy judged, and how the checkout's copy differs from it.

use std::fmt;

use serde::Serialize;

use super::{Counts, KeyPath, Verdict};

/// Which policy judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOrigin {
    /// How it was chosen.
    pub judge: Judge,
    /// The path as it was given or found; `None`: the built-in strict defaults.
    pub path: Option<String>,
    /// The path relative to the root of the repository, with `/`; `None` if the policy is not a
    /// file of this repository. SARIF locations use it.
    pub repository_path: Option<String>,
    /// SHA-256 of the file's bytes, 64 hex digits.
    pub sha256: Option<String>,
    /// The Git ref it was read from, where it was read from one.
    pub git_ref: Option<String>,
    /// The commit that the ref was, 40 or 64 hex digits.
    pub commit: Option<String>,
}

impl PolicyOrigin {
    /// The built-in strict defaults, because there is no file.
    #[must_use]
    pub const fn built_in(judge: Judge) -> Self {
        Self { judge, path: None, repository_path: None, sha256: None, git_ref: None, commit: None }
    }
}

/// How the judging policy was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judge {
    /// The file on disk, outside GitHub Actions.
    File,
    /// The tip of the default branch, whatever the event.
    DefaultBranch,
    /// The checkout's copy, because of `--policy-from checkout`: anybody who can change the branch can
    /// change it.
    Checkout,
    /// The checkout's copy, accepted by the reviewers of an environment.
    Accepted {
        /// The environment that the job is bound to, as GitHub's token says.
        environment: String,
    },
    /// A file of another repository, named by `--policy github:OWNER/REPO/PATH@REF`.
    Remote {
        /// `OWNER/REPO`.
        repository: String,
        /// Whether the ref is a full commit id, which cannot be moved.
        pinned: bool,
    },
}

impl Judge {
    /// The word in files.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::DefaultBranch => "default-branch",
            Self::Checkout => "checkout",
            Self::Accepted { .. } => "accepted-change",
            Self::Remote { .. } => "remote",
        }
    }
}

/// What a change means, in the order in which changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A new window that only opens in the future, so it excuses nothing in the past.
    Planned,
    /// More can pass than before.
    Weaker,
    /// Less can pass than before.
    Stronger,
    /// It does not affect the verdict.
    Other,
}

impl ChangeKind {
    /// The word in files.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Weaker => "weaker",
            Self::Stronger => "stronger",
            Self::Other => "other",
        }
    }
}

/// One difference between two policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means.
    pub kind: ChangeKind,
    /// The key. May hold text of the policy.
    pub key: KeyPath,
    /// The old value; `None` if it was absent. May hold text of the policy.
    pub old: Option<String>,
    /// The new value; `None` if it was removed. May hold text of the policy.
    pub new: Option<String>,
    /// 1-based line in the old file; `None`: not written there.
    pub old_line: Option<usize>,
    /// 1-based line in the new file; `None`: not written there.
    pub new_line: Option<usize>,
}

impl Change {
    /// `gate.fail-on: medium -> high`. Not escaped.
    #[must_use]
    pub fn describe(&self) -> String {
        let key = &self.key;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{key}: {old} -> {new}"),
            (None, Some(new)) => format!("{key}: added: {new}"),
            (Some(old), None) => format!("{key}: removed: {old}"),
            (None, None) => key.to_string(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.id(), self.describe())
    }
}

/// The checkout's copy of the policy, if it differs from the one at the tip of the default branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// The copy's path relative to the root of the repository; `None`: the checkout has none.
    pub path: Option<String>,
    /// SHA-256 of its bytes, 64 hex digits; `None`: there are none, or they cannot be read.
    pub sha256: Option<String>,
    /// Its state.
    pub copy: PolicyCopy,
    /// Its effect on the verdict.
    pub effect: Effect,
}

/// The state of the checkout's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyCopy {
    /// It can be read.
    Changed {
        /// Every difference from the default branch's; none where only comments or the place
        /// differ.
        changes: Vec<Change>,
        /// How the same evidence would be judged by it; `None`: nothing was evaluated.
        after: Option<AfterMerge>,
    },
    /// It is missing although the default branch has one: after this merge the built-in strict
    /// defaults would judge.
    Missing {
        /// Every difference of the built-in defaults from the default branch's.
        changes: Vec<Change>,
        /// How the same evidence would be judged by them; `None`: nothing was evaluated.
        after: Option<AfterMerge>,
    },
    /// It is not a valid policy.
    Broken(Vec<Problem>),
    /// It equals an earlier state of the default branch, which has moved on since.
    Behind {
        /// That commit.
        commit: String,
    },
}

/// A problem in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One sentence. May hold text of the policy.
    pub message: String,
    /// 1-based line of the copy; `None`: it is about the file as a whole.
    pub line: Option<usize>,
}

/// The effect of a copy on the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing: it is not weaker, or it is only behind.
    None,
    /// It fails the gate: it is broken, or weaker and the judging policy says `on-weaker: fail`.
    Fails,
    /// It is weaker, and the judging policy says `on-weaker: warn`.
    Tolerated,
    /// It judged itself, because it was accepted.
    Accepted,
}

/// How the evidence of this run would be judged after the merge. It does not affect the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AfterMerge {
    /// The verdict.
    pub verdict: Verdict,
    /// The exit code.
    pub exit_code: u8,
    /// Numbers of outcomes.
    pub counts: Counts,
}

impl PolicyCopy {
    /// The word in files.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Broken(_) => "broken",
            Self::Behind { .. } => "behind",
        }
    }

    /// Every difference from the default branch's policy, as far as it is known.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Changed { changes, .. } | Self::Missing { changes, .. } => changes,
            Self::Broken(_) | Self::Behind { .. } => &[],
        }
    }

    /// How the evidence would be judged after the merge.
    #[must_use]
    pub const fn after(&self) -> Option<&AfterMerge> {
        match self {
            Self::Changed { after, .. } | Self::Missing { after, .. } => after.as_ref(),
            Self::Broken(_) | Self::Behind { .. } => None,
        }
    }

    /// Whether it lets more pass. A removed policy is always weaker.
    #[must_use]
    pub fn is_weaker(&self) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Changed { changes, .. } => {
                changes.iter().any(|change| change.kind == ChangeKind::Weaker)
            }
            Self::Broken(_) | Self::Behind { .. } => false,
        }
    }
}
