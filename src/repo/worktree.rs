//! The working tree: where it is, which path of the repository a file of this machine has, and what is
//! at that path. Its files may be an attacker's.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::{Entry, Kind, MAX_FILE_BYTES, RepoPath, Tree};

/// A working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTree {
    root: PathBuf,
}

/// What a symbolic link on the way to a file means for the path that the file has in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// It is a part of the path like any other: for a file that is compared, where a link must be seen.
    Kept,
    /// The path is that of the file that it leads to: for a file that was read, to show its lines.
    Resolved,
}

/// Why a file of this machine has no path in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPath {
    /// It is outside of the working tree.
    Outside,
    /// Its name is not UTF-8.
    NotUtf8,
    /// It is the root itself.
    Root,
}

/// Why it is not known what is at a path.
#[derive(Debug)]
pub struct Unreadable {
    /// The path, or the folder above it.
    pub path: RepoPath,
    /// What the system says.
    pub error: io::Error,
}

impl WorkTree {
    /// The working tree with this root, which need not hold a `.git`.
    #[must_use]
    pub const fn with_root(root: PathBuf) -> Self {
        Self { root }
    }

    /// The nearest one above a folder, the folder itself included.
    #[must_use]
    pub fn nearest(here: &Path) -> Option<Self> {
        let root = here.ancestors().find(|folder| holds_git(folder))?;
        Some(Self::with_root(root.to_owned()))
    }

    /// The first one on the way down from a folder to a file or folder below it: a submodule does not
    /// become it.
    #[must_use]
    pub fn first_below(top: &Path, here: &Path, file: &Path) -> Option<Self> {
        let way = Self::with_root(top.to_owned()).below(here, file)?;
        let mut folder = top.to_owned();
        for part in way.components() {
            if holds_git(&folder) {
                return Some(Self::with_root(folder));
            }
            folder.push(part);
        }
        holds_git(&folder).then(|| Self::with_root(folder))
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it is one at all: a folder need not hold a repository.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        holds_git(&self.root)
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.read_dir().map_or(true, |mut entries| entries.next().is_none())
    }

    /// The path that a file has in the repository; it need not exist. A relative one starts `here`.
    ///
    /// # Errors
    /// It has none.
    pub fn path(&self, here: &Path, file: &Path, links: Links) -> Result<RepoPath, NoPath> {
        let below = match links {
            Links::Kept => self.below(here, file),
            Links::Resolved => here.join(file).canonicalize().ok().and_then(|file| {
                let root = self.root.canonicalize().ok()?;
                file.strip_prefix(root).ok().map(Path::to_owned)
            }),
        };
        let below = below.ok_or(NoPath::Outside)?;
        let parts: Option<Vec<&str>> =
            below.components().map(|part| part.as_os_str().to_str()).collect();
        let parts = parts.ok_or(NoPath::NotUtf8)?;
        RepoPath::new(&parts.join("/")).ok_or(NoPath::Root)
    }

    /// What follows the root in a path without `.` and `..`; `None`: it lies outside.
    ///
    /// The root may be spelt through links. What is below it is taken by its words: a link there stays a
    /// part of the path.
    fn below(&self, here: &Path, file: &Path) -> Option<PathBuf> {
        let path = normalised(&here.join(file));
        let is_root = |folder: &&&Path| {
            **folder == self.root || folder.canonicalize().is_ok_and(|it| it == self.root)
        };
        let folders: Vec<&Path> = path.ancestors().collect();
        let root = folders.iter().rev().find(is_root)?;
        path.strip_prefix(root).ok().map(Path::to_owned)
    }
}

/// The path without `.` and `..`, by its words alone.
fn normalised(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn holds_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

impl Tree for WorkTree {
    type Content = PathBuf;
    type Error = Unreadable;

    fn entry(&self, path: &RepoPath) -> Result<Entry<PathBuf>, Unreadable> {
        let location = self.root.join(path.as_str());
        let metadata = match location.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(Entry::Nothing),
            Err(error) => return Err(Unreadable { path: path.clone(), error }),
        };
        Ok(if metadata.is_symlink() {
            Entry::Other(Kind::SymbolicLink)
        } else if metadata.is_file() {
            Entry::File { size: metadata.len(), content: location }
        } else if !metadata.is_dir() {
            Entry::Other(Kind::Special)
        } else if holds_git(&location) {
            Entry::Other(Kind::Submodule)
        } else {
            Entry::Other(Kind::Folder)
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "only after every part of the path was looked at"
    )]
    fn content(&self, path: &RepoPath, location: PathBuf) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::new();
        std::fs::File::open(location)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| Unreadable { path: path.clone(), error })?;
        Ok(bytes)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files that are looked at")]
mod tests {
    use super::*;

    /// A working tree with a folder in it, and the links that lead to either.
    fn tree() -> (tempfile::TempDir, WorkTree) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("clone");
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(root.join("sub/deep")).unwrap();
        (folder, WorkTree::with_root(root))
    }

    #[test]
    fn a_file_has_one_path_however_it_is_written() {
        let (_folder, tree) = tree();
        let here = tree.root().join("sub");
        let path = |file: &str| tree.path(&here, Path::new(file), Links::Kept);
        let absolute = tree.root().join("sub/x").display().to_string();
        for (file, expected) in [
            ("x", "sub/x"),
            ("./deep/../x", "sub/x"),
            ("../x", "x"),
            (&absolute, "sub/x"),
            ("../../clone/x", "x"),
        ] {
            assert_eq!(path(file).unwrap().as_str(), expected, "{file}");
        }
        for outside in ["../../x", "/x", "../../../clone/x"] {
            assert_eq!(path(outside), Err(NoPath::Outside), "{outside}");
        }
        for root in ["..", "../sub/.."] {
            assert_eq!(path(root), Err(NoPath::Root), "{root}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_below_the_root_is_kept_or_resolved_and_one_above_it_is_neither() {
        use std::os::unix::fs::symlink;
        let (folder, tree) = tree();
        let root = tree.root();
        std::fs::write(root.join("sub/deep/file"), "x").unwrap();
        symlink("sub/deep", root.join("link")).unwrap();
        symlink(root, root.join("sub/round")).unwrap();
        let alias = folder.path().join("alias");
        symlink(root, &alias).unwrap();
        let path = |file: &Path, links| tree.path(root, file, links).map(|it| it.to_string());
        let kept = |file: &Path| path(file, Links::Kept);
        assert_eq!(kept(Path::new("link/file")), Ok("link/file".to_owned()));
        assert_eq!(path(Path::new("link/file"), Links::Resolved), Ok("sub/deep/file".to_owned()));
        assert_eq!(kept(&alias.join("sub/x")), Ok("sub/x".to_owned()));
        // A link that leads back to the root is a link all the same.
        assert_eq!(kept(Path::new("sub/round/x")), Ok("sub/round/x".to_owned()));
        assert_eq!(path(Path::new("absent"), Links::Resolved), Err(NoPath::Outside));
        let read = |file: &str| super::super::read(&tree, &RepoPath::new(file).unwrap());
        assert_eq!(read("sub/deep/file").unwrap(), Some(b"x".to_vec()));
        assert!(read("link/file").is_err());
    }

    #[test]
    fn a_submodule_is_the_nearest_and_never_the_first() {
        let (_folder, tree) = tree();
        let root = tree.root().to_owned();
        let deep = root.join("sub/deep");
        std::fs::write(deep.join(".git"), "gitdir: elsewhere\n").unwrap();
        assert_eq!(WorkTree::nearest(&deep).unwrap().root(), deep);
        let first = |top: &Path| WorkTree::first_below(top, &deep, Path::new("."));
        assert_eq!(first(&root).unwrap().root(), root);
        assert_eq!(first(root.parent().unwrap()).unwrap().root(), root);
        assert_eq!(first(&root.join("sub")).unwrap().root(), deep);
        assert_eq!(first(Path::new("/nowhere")), None);
    }
}
