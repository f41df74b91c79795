//! A path in a repository.

use std::fmt;

use crate::text::{Text, outside};

/// The path of a file in a repository, relative to its root: with `/`, normalised, never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(String);

impl RepoPath {
    /// Parses such a path; `None` if it is absolute or has empty parts, `.` or `..`, which could lead
    /// elsewhere.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |part: &str| !matches!(part, "" | "." | "..");
        text.split('/').all(plain).then(|| Self(text.to_owned()))
    }

    /// The path as text, with `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders above it, from the top down, without the root.
    pub fn folders(&self) -> impl Iterator<Item = Self> + '_ {
        let ends = self.0.match_indices('/').map(|(at, _)| at);
        ends.filter_map(|end| self.0.get(..end)).map(|folder| Self(folder.to_owned()))
    }

    /// Whether it is this folder or below it.
    #[must_use]
    pub fn is_within(&self, folder: &Self) -> bool {
        let rest = self.0.strip_prefix(folder.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl From<&RepoPath> for Text {
    fn from(path: &RepoPath) -> Self {
        outside(path)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RepoPath;

    #[test]
    fn a_path_stays_inside_the_repository() {
        for good in ["a", ".github/rootgate.yaml", "a/b c/ö", "..a/b..", "a\\b"] {
            assert_eq!(RepoPath::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "/a", "a/", "a//b", ".", "./a", "a/./b", "..", "../a", "a/../b"] {
            assert_eq!(RepoPath::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_lists_its_folders() {
        let path = RepoPath::new("a/b/c").unwrap();
        let folders: Vec<String> = path.folders().map(|it| it.to_string()).collect();
        assert_eq!(folders, ["a", "a/b"]);
        assert_eq!(RepoPath::new("a").unwrap().folders().count(), 0);
        let within = |folder: &str| path.is_within(&RepoPath::new(folder).unwrap());
        assert!(within("a") && within("a/b") && within("a/b/c"));
        assert!(!within("a/b/c/d") && !within("b") && !within("a/bb"));
    }
}
