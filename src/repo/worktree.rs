//! The working tree: its root, the repository path of a local file, and what is at that path. An
//! attacker may have written its files.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::{Entry, Kind, MAX_FILE_BYTES, RepoPath, Tree};

/// A working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTree {
    root: PathBuf,
}

/// How symbolic links on the path to a file are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// A link stays a part of the path: for a file that is compared, where a link must be reported.
    Kept,
    /// The path is that of the link's target: for a file that was read, to show its lines.
    Resolved,
}

/// Why a local file has no path in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPath {
    /// It is outside the working tree.
    Outside,
    /// Its name is not UTF-8.
    NotUtf8,
    /// It is the root itself.
    Root,
}

/// A path that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The path, or the folder above it.
    pub path: RepoPath,
    /// The system's error.
    pub error: io::Error,
}

impl WorkTree {
    /// The working tree with this root, which need not contain a `.git`.
    #[must_use]
    pub const fn with_root(root: PathBuf) -> Self {
        Self { root }
    }

    /// The nearest working tree above a folder, including the folder itself.
    #[must_use]
    pub fn nearest(here: &Path) -> Option<Self> {
        let root = here.ancestors().find(|folder| holds_git(folder))?;
        Some(Self::with_root(root.to_owned()))
    }

    /// The first working tree on the path down from a folder to something below it. So it is never a
    /// submodule.
    #[must_use]
    pub fn first_below(top: &Path, here: &Path, file: &Path) -> Option<Self> {
        let below = Self::with_root(top.to_owned()).below(here, file)?;
        let mut folder = top.to_owned();
        for part in below.components() {
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

    /// Whether the root contains a `.git`.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        holds_git(&self.root)
    }

    /// Whether the root is empty or cannot be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.read_dir().map_or(true, |mut entries| entries.next().is_none())
    }

    /// The repository path of a file, which need not exist. A relative path starts at `here`.
    ///
    /// # Errors
    /// The file has no path in the repository.
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

    /// The part of a normalised path below the root; `None` if the path is outside.
    ///
    /// The path of the root may contain links. Links below the root are not resolved.
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

/// The path without `.` and `..`; links are not resolved.
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

    #[expect(clippy::disallowed_methods, reason = "every part of the path was checked before")]
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
#[expect(clippy::disallowed_methods, reason = "tests create the files that they read")]
mod tests {
    use super::*;

    /// A working tree with folders in it.
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
    fn links_below_the_root_are_kept_or_resolved() {
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
        // A link back to the root is kept too.
        assert_eq!(kept(Path::new("sub/round/x")), Ok("sub/round/x".to_owned()));
        assert_eq!(path(Path::new("absent"), Links::Resolved), Err(NoPath::Outside));
        let read = |file: &str| super::super::read(&tree, &RepoPath::new(file).unwrap());
        assert_eq!(read("sub/deep/file").unwrap(), Some(b"x".to_vec()));
        assert!(read("link/file").is_err());
    }

    #[test]
    fn a_submodule_is_the_nearest_working_tree_but_never_the_first() {
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
