//! The working tree and its files.
//!
//! An attacker may have written the files. Symbolic links are never followed: they could lead out
//! of the checkout, and the errors of a policy would show lines of another file.

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
    /// The working tree that contains the file, else that of the working directory.
    ///
    /// Its root is the workspace. If the workspace contains no `.git`, the repository was checked
    /// out into a folder of it: the first one with a `.git` on the path to the file.
    pub(super) fn for_file(file: Option<&Path>, host: &Host) -> Self {
        let here = host.working_directory.clone();
        let workspace = match &host.repository {
            Some(given) => given.canonicalize().unwrap_or_else(|_| given.clone()),
            None => here.clone(),
        };
        let first = WorkTree::first_below(&workspace, &here, file.unwrap_or(Path::new(".")));
        Self { tree: first.unwrap_or_else(|| WorkTree::with_root(workspace)), here }
    }

    /// The path in the repository of a file on this machine; `None` outside the repository. A link
    /// below the workspace is kept, so that it is refused when it is looked at.
    pub(super) fn repository_path(&self, file: &Path) -> Option<RepoPath> {
        self.tree.path(&self.here, file, Links::Kept).ok()
    }

    /// Whether it contains no files.
    pub(super) fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// Whether it is a repository: a job may run without a checkout.
    pub(super) fn is_repository(&self) -> bool {
        self.tree.is_repository()
    }

    /// The file at a path of the repository; `None`: there is none.
    pub(super) fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, NotRead<Unreadable>> {
        repo::read(&self.tree, path)
    }

    /// The file at the only one of the paths that exists.
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

/// Why two default files are an error.
pub(super) fn two_files(first: &RepoPath, second: &RepoPath) -> Text {
    text!("{} and {} both exist, and only one default file is allowed", first, second)
}

/// The policy that `--policy` names lies outside the repository.
pub(super) fn lies_outside(file: &Path) -> Failure {
    Failure::new(
        text!(
            "--policy {} is outside the checkout of the repository; under GitHub Actions the default \
             branch's policy judges",
            file
        ),
        "name a file of this repository, one of another repository as github:OWNER/REPO/PATH@REF, or \
         use --policy-from checkout (`policy-from`), which every report shows",
    )
}
