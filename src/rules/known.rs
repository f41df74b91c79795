//! What is known about root's credentials after the sources are combined.

use chrono::{DateTime, Utc};

use crate::model::{Basis, Gap};

/// A root access key or signing certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// When it was made; `None` if it is only known to exist.
    pub created: Option<DateTime<Utc>>,
    /// Its last use, in words; `None` if no use is known.
    pub last_used: Option<String>,
}

/// One kind of credential: the known ones, and why there may be more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The known credentials, oldest first, those of unknown age last.
    pub exist: Vec<Credential>,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
    /// The facts that decided.
    pub basis: Vec<Basis>,
}

/// Yes, no, or why it is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A source says yes.
    Is(bool, Basis),
    /// A source says no.
    Unknown(Vec<Gap>),
}

impl Known {
    /// In the order of reports, each gap once.
    pub(super) fn sorted(mut self) -> Self {
        self.exist.sort_by_key(|credential| (credential.created.is_none(), credential.created));
        self.gaps.sort();
        self.gaps.dedup();
        self.basis.sort();
        self
    }
}
