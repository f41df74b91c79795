//! The SHA of a commit.

use std::fmt;

use crate::text::{Text, public};

/// The full SHA of a commit: 40 hex digits, or 64 in a repository with SHA-256; lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(String);

impl Commit {
    /// Parses a full SHA in upper or lower case; `None` for anything else, including a short SHA.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit());
        whole.then(|| Self(text.to_ascii_lowercase()))
    }

    /// 40 or 64 lower-case hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// Only hex digits: whoever sees the repository sees its commits.
impl From<&Commit> for Text {
    fn from(commit: &Commit) -> Self {
        public(commit)
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Commit;

    const A: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

    #[test]
    fn a_commit_is_40_or_64_hex_digits_in_lower_case() {
        assert_eq!(Commit::new(&A.to_uppercase()).unwrap().as_str(), A);
        let long = "a".repeat(64);
        assert_eq!(Commit::new(&long).unwrap().to_string(), long);
        let caret = format!("^{A}");
        for text in ["", "main", "6dcb09b", &A[1..], &format!("{A}0"), &A.replace('6', "g"), &caret]
        {
            assert_eq!(Commit::new(text), None, "{text}");
        }
        assert_eq!(Commit::new(A).unwrap().short(), "6dcb09b5b578");
    }
}
