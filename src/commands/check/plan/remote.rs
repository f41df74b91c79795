//! `--policy github:OWNER/REPO/PATH@REF`: a policy in another repository.

use rootgate::github::repository::Repository;
use rootgate::repo::RepoPath;

/// The location of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemotePolicy {
    pub(crate) repository: Repository,
    pub(crate) path: RepoPath,
    /// A branch, a tag or a commit.
    pub(crate) git_ref: String,
}

pub(crate) const PREFIX: &str = "github:";
const FORM: &str = "write github:OWNER/REPO/PATH@REF, such as \
                    github:octo-org/security/policies/root.yaml@v3 (a file of that name is ./github:…)";

impl RemotePolicy {
    /// Parses the text after `github:`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('@').and_then(|(file, git_ref)| {
            let (owner, rest) = file.split_once('/')?;
            let (name, path) = rest.split_once('/')?;
            Some((Repository::new(&format!("{owner}/{name}"))?, path, git_ref))
        });
        let (repository, path, git_ref) = parts.ok_or(FORM)?;
        let plain = |part: &str| !matches!(part, "" | "." | "..");
        let odd = |text: &str| text.chars().any(|it| it.is_control() || it.is_whitespace());
        let no_path = || format!("`{path}` is not a path in a repository; {FORM}");
        let path = RepoPath::new(path).filter(|_| !odd(path) && !path.contains('\\'));
        let path = path.ok_or_else(no_path)?;
        if git_ref.is_empty() || odd(git_ref) || git_ref.split('/').any(|part| !plain(part)) {
            return Err(format!("a branch, tag or commit must follow the `@`; {FORM}"));
        }
        Ok(Self { repository, path, git_ref: git_ref.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_policy_names_repository_path_and_ref() {
        let remote =
            RemotePolicy::parse("octo-org/security/policies/root.yaml@release/v3").unwrap();
        assert_eq!(remote.repository.as_str(), "octo-org/security");
        assert_eq!(remote.path.as_str(), "policies/root.yaml");
        assert_eq!(remote.git_ref, "release/v3");
        for wrong in [
            "",
            "octo-org/security@v3",
            "octo-org/security/root.yaml",
            "octo-org/security/root.yaml@",
            "octo-org/security/../root.yaml@v3",
            "octo-org/security//root.yaml@v3",
            "octo-org/../root.yaml@v3",
            "octo-org/security/root.yaml@../../x",
            "octo-org/security/root.yaml@v 3",
            "octo-org/security/ro\\ot.yaml@v3",
            "octo-org/security/root.yaml@v3\n",
        ] {
            assert!(RemotePolicy::parse(wrong).is_err(), "{wrong}");
        }
    }
}
