//! How the member accounts of an organization are entered.

/// How member accounts are entered. The management account always takes a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// By the role.
    AssumeRole,
    /// By sts:AssumeRoot.
    AssumeRoot,
    /// By the role, and by sts:AssumeRoot where that fails.
    Auto,
}

impl Audit {
    /// The word in policies: `assume-root`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AssumeRole => "assume-role",
            Self::AssumeRoot => "assume-root",
            Self::Auto => "auto",
        }
    }
}
