//! The working tree: where it is, and what stands in it under a path of the repository.
//!
//! Its files may be an attacker's. A symbolic link is never followed: it could lead out of the
//! checkout, and what a policy's problems show of a file would then be shown of another one.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::commands::policy::file::DEFAULT_PATHS;
use crate::commands::{Failure, Host};

/// Neither GitHub's contents API nor anybody's patience holds a larger policy.
const LARGEST_POLICY: u64 = 1_000_000;

/// What stands in the working tree under a path.
pub(super) enum Entry {
    /// Nothing.
    Nothing,
    /// A regular file.
    File(Vec<u8>),
    /// Something that is no policy, in words: "rootgate.yaml is a symbolic link".
    Unusable(String),
}

/// The working tree of the repository.
pub(super) struct Checkout {
    /// Its root, without links.
    root: PathBuf,
    /// The working directory.
    here: PathBuf,
    /// `GITHUB_WORKSPACE` as it was given, and without links.
    workspace: Option<(PathBuf, PathBuf)>,
}

impl Checkout {
    /// The working tree that holds the file, else that of the working directory.
    ///
    /// The workspace is its root, unless it holds no `.git`: then the repository was checked out
    /// into a folder of it, the first on the way to the file that holds one.
    pub(super) fn around(file: Option<&Path>, host: &Host) -> Self {
        let here = host.working_directory.clone();
        let workspace = host.repository.clone().map(|given| {
            let real = given.canonicalize().unwrap_or_else(|_| given.clone());
            (given, real)
        });
        let root = workspace.as_ref().map_or_else(|| here.clone(), |(_, real)| real.clone());
        let mut checkout = Self { root, here, workspace };
        let way = checkout.absolute(file.unwrap_or(Path::new(".")));
        if let Some(root) = checkout.first_repository(&way) {
            checkout.root = root;
        }
        checkout
    }

    fn first_repository(&self, way: &Path) -> Option<PathBuf> {
        let mut folder = self.root.clone();
        for part in way.strip_prefix(&self.root).ok()?.components() {
            if holds_git(&folder) {
                return Some(folder);
            }
            folder.push(part);
        }
        holds_git(&folder).then_some(folder)
    }

    /// The path of the repository that a path of this machine is; `None` outside of it.
    pub(super) fn repository_path(&self, file: &Path) -> Option<String> {
        let file = self.absolute(file);
        let inside = file.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<&str>> = inside
            .components()
            .map(|part| match part {
                Component::Normal(part) => part.to_str(),
                _ => None,
            })
            .collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("/"))
    }

    /// The path without `.` and `..`, by its words alone: no link below the workspace is followed.
    fn absolute(&self, file: &Path) -> PathBuf {
        let mut path = PathBuf::new();
        for part in self.here.join(file).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    path.pop();
                }
                part => path.push(part),
            }
        }
        match &self.workspace {
            Some((given, real)) => {
                path.strip_prefix(given).map(|inside| real.join(inside)).unwrap_or(path)
            }
            None => path,
        }
    }

    /// Whether there is nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.root.read_dir().map_or(true, |mut entries| entries.next().is_none())
    }

    /// Whether it is one at all: a job need not check out anything.
    pub(super) fn is_one(&self) -> bool {
        holds_git(&self.root)
    }

    /// The default paths where anything stands.
    pub(super) fn default_paths(&self) -> impl Iterator<Item = &'static str> {
        DEFAULT_PATHS.into_iter().filter(|path| !matches!(self.find(path), Entry::Nothing))
    }

    /// What stands under a path of the repository.
    pub(super) fn find(&self, path: &str) -> Entry {
        let mut place = self.root.clone();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            place.push(part);
            let is_last = parts.peek().is_none();
            let shown = || place.strip_prefix(&self.root).unwrap_or(&place).display().to_string();
            let kind = match place.symlink_metadata() {
                Ok(kind) => kind,
                Err(error) if is_absent(&error) => return Entry::Nothing,
                Err(error) => {
                    return Entry::Unusable(format!("{} cannot be read: {error}", shown()));
                }
            };
            if kind.is_symlink() {
                return Entry::Unusable(format!("{} is a symbolic link", shown()));
            }
            if !is_last && !kind.is_dir() {
                return Entry::Nothing;
            }
            if is_last && !kind.is_file() {
                return Entry::Unusable(format!("{} is no file", shown()));
            }
        }
        read(&place, path)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[expect(clippy::disallowed_methods, reason = "only after every part of the path was looked at")]
fn read(place: &Path, path: &str) -> Entry {
    let mut bytes = Vec::new();
    let whole = std::fs::File::open(place)
        .and_then(|file| file.take(LARGEST_POLICY + 1).read_to_end(&mut bytes));
    match whole {
        Err(error) => Entry::Unusable(format!("{path} cannot be read: {error}")),
        Ok(_) if bytes.len() as u64 > LARGEST_POLICY => {
            Entry::Unusable(format!("{path} is larger than {LARGEST_POLICY} bytes"))
        }
        Ok(_) => Entry::File(bytes),
    }
}

fn holds_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// The policy that `--policy` names lies outside the repository.
pub(super) fn outside(file: &Path) -> Failure {
    Failure::new(
        format!(
            "--policy {} lies outside the checkout of the repository; under GitHub Actions the default \
             branch's policy judges",
            file.display()
        ),
        "name a file of this repository, one of another repository as github:OWNER/REPO/PATH@REF, or \
         say --policy-from checkout (`policy-from`), which every report will say",
    )
}
