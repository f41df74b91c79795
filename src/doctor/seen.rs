//! What GitHub showed, or why it did not.

use super::{Check, CheckId};
use crate::text;
use crate::text::{Text, public};

/// What GitHub showed.
pub type Seen<T> = Result<T, NotSeen>;

/// A permission of `GITHUB_TOKEN`.
///
/// Source: GitHub Docs, "Permissions required for GitHub Apps", and of each endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Every token has it.
    Metadata,
    /// Files, commits, branches.
    Contents,
    /// Workflows, runs, environments.
    Actions,
    /// Code scanning.
    SecurityEvents,
}

impl Permission {
    /// As a workflow writes it: `contents: read`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata: read",
            Self::Contents => "contents: read",
            Self::Actions => "actions: read",
            Self::SecurityEvents => "security-events: read",
        }
    }
}

/// Why GitHub did not show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There is no token, or no repository to ask about.
    NotAsked,
    /// The token is not accepted at all.
    BadToken,
    /// The token may not see it.
    Refused,
    /// GitHub shows nothing there. A token without the permission may get the same answer.
    NotFound,
    /// No answer, or none that can be used.
    Failed,
}

/// Why GitHub did not show something, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSeen {
    /// Why.
    pub cause: Cause,
    /// The permission that shows it.
    pub permission: Permission,
    /// What GitHub answered, or why it was not asked; a sentence without its full stop.
    pub what: Text,
    /// What to do, where the permission is not what is missing.
    pub todo: Text,
}

impl NotSeen {
    /// The line of a check that needed it. `subject`: `the environments`.
    #[must_use]
    pub fn check(&self, id: CheckId, subject: &'static str) -> Check {
        let grant = text!("the permission it needs: {}", public(self.permission.name()));
        let todo = match self.cause {
            Cause::Failed | Cause::BadToken => text!("{} ({})", &self.todo, grant),
            Cause::NotAsked if self.todo.is_empty() => grant,
            Cause::NotAsked => text!("{}; {}", &self.todo, grant),
            Cause::Refused | Cause::NotFound => text!(
                "give the job the permission {} (`permissions:` of the workflow), or look in the \
                 repository's settings",
                public(self.permission.name())
            ),
        };
        Check::not_checked(id, text!("{}: {}", subject, &self.what), todo)
    }
}
