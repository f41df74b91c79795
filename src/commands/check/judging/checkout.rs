//! The working tree: where it is, and what is in it under a path of the repository.
//!
//! Its files may be an attacker's. A symbolic link is never followed: it could lead out of the
//! checkout, and what a policy's problems show of a file would then be shown of another one.

use std::path::{Path, PathBuf};

use rootgate::repo::worktree::{Links, Unreadable, WorkTree};
use rootgate::repo::{self, File, Kind, MAX_FILE_BYTES, NotRead, RepoPath};
use rootgate::text;
use rootgate::text::{Text, outside};

use crate::commands::{Failure, Host};

/// The working tree of the repository.
pub(super) struct Checkout {
    tree: WorkTree,
    /// The working directory.
    here: PathBuf,
}

impl Checkout {
    /// The working tree that holds the file, else that of the working directory.
    ///
    /// The workspace is its root, unless it holds no `.git`: then the repository was checked out
    /// into a folder of it, the first on the way to the file that holds one.
    pub(super) fn for_file(file: Option<&Path>, host: &Host) -> Self {
        let here = host.working_directory.clone();
        let workspace = match &host.repository {
            Some(given) => given.canonicalize().unwrap_or_else(|_| given.clone()),
            None => here.clone(),
        };
        let first = WorkTree::first_below(&workspace, &here, file.unwrap_or(Path::new(".")));
        Self { tree: first.unwrap_or_else(|| WorkTree::with_root(workspace)), here }
    }

    /// The path of the repository that a path of this machine is; `None` outside of it. A link below
    /// the workspace is kept, so that it is refused when it is looked at.
    pub(super) fn repository_path(&self, file: &Path) -> Option<RepoPath> {
        self.tree.path(&self.here, file, Links::Kept).ok()
    }

    /// Whether there is nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// Whether it is one at all: a job need not check out anything.
    pub(super) fn is_repository(&self) -> bool {
        self.tree.is_repository()
    }

    /// The file under a path of the repository; `None`: nothing is there.
    pub(super) fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, NotRead<Unreadable>> {
        repo::read(&self.tree, path)
    }

    /// The file at the one of the paths where something is.
    pub(super) fn find_file(
        &self,
        paths: &[RepoPath],
    ) -> Result<Option<File>, NotRead<Unreadable>> {
        repo::at_most_one(paths.iter().map(|path| (path.clone(), self.read(path))))
    }
}

/// Why a path holds no policy: "rootgate.yaml is a symbolic link".
pub(super) fn unusable(error: &NotRead<Unreadable>) -> Text {
    match error {
        NotRead::NotAFile { path, kind: Kind::SymbolicLink } => {
            text!("{} is a symbolic link", path)
        }
        NotRead::NotAFile { path, .. } | NotRead::LfsPointer { path } => {
            text!("{} is not a file", path)
        }
        NotRead::TooLarge { path, .. } => text!("{} is larger than {} bytes", path, MAX_FILE_BYTES),
        NotRead::Two { path, second } => two_files(path, second),
        NotRead::Unknown(Unreadable { path, error }) => {
            text!("{} cannot be read: {}", path, outside(error))
        }
    }
}

/// The gate could not judge by either of them.
pub(super) fn two_files(first: &RepoPath, second: &RepoPath) -> Text {
    text!("{} and {} both exist, and only one default file is allowed", first, second)
}

/// The policy that `--policy` names lies outside the repository.
pub(super) fn lies_outside(file: &Path) -> Failure {
    Failure::new(
        text!(
            "--policy {} lies outside the checkout of the repository; under GitHub Actions the default \
             branch's policy judges",
            file
        ),
        "name a file of this repository, one of another repository as github:OWNER/REPO/PATH@REF, or \
         use --policy-from checkout (`policy-from`), which every report shows",
    )
}
