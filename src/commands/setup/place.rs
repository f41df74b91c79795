//! The repository that setup stands in, as far as the clone says.

use std::path::{Path, PathBuf};

use rootgate::model::PolicyOrigin;
use rootgate::repo::git::Repository;
use rootgate::text;
use rootgate::text::outside;

use crate::commands::host::git_variables;
use crate::commands::policy::file::DEFAULT_PATHS;
use crate::commands::{Failure, Host};

/// Where GitHub looks for workflows.
pub(super) const WORKFLOWS: &str = ".github/workflows";

/// A clone, or a folder that is none.
pub(super) struct Place {
    pub(super) git: Option<Repository>,
    /// `OWNER/NAME`.
    pub(super) github: Option<String>,
    /// The default branch, if the clone knows it.
    pub(super) branch: Option<String>,
    /// The root of the work tree; the working directory where there is none.
    root: PathBuf,
}

impl Place {
    pub(super) fn find(host: &Host) -> Self {
        let git = Repository::open(&host.working_directory, git_variables().collect()).ok();
        Self {
            github: git.as_ref().and_then(Repository::on_github),
            branch: git.as_ref().and_then(Repository::default_branch),
            root: host.repository.clone().unwrap_or_else(|| host.working_directory.clone()),
            git,
        }
    }

    /// A path of the repository: relative if the working directory is the root.
    pub(super) fn path(&self, path: &str, host: &Host) -> PathBuf {
        match self.root == host.working_directory {
            true => PathBuf::from(path),
            false => self.root.join(path),
        }
    }
}

/// The policy's path in the repository, and whether the action finds it there by itself.
pub(super) fn policy_path(origin: &PolicyOrigin) -> Result<(String, bool), Failure> {
    let given = || {
        let path = origin.path.as_deref()?;
        let plain = Path::new(path).components().all(|part| {
            matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir)
        });
        plain.then(|| path.trim_start_matches("./").to_owned())
    };
    let path = match &origin.path {
        None => DEFAULT_PATHS[0].to_owned(),
        Some(shown) => origin.repository_path.clone().or_else(given).ok_or_else(|| {
            Failure::new(
                text!(
                    "the policy {} is not a file of this repository, so a workflow cannot read it",
                    outside(shown)
                ),
                "put the policy into the repository, such as .github/rootgate.yaml",
            )
        })?,
    };
    let is_default = DEFAULT_PATHS.contains(&path.as_str());
    Ok((path, is_default))
}
