//! Reads a file of a repository: in the working tree, at a commit of a clone, or at a commit on GitHub.
//!
//! All three backends share the path type, the size limit, and the rules for what counts as a file and
//! for two files at once. Symbolic links are never followed: a link could lead out of the repository,
//! and a reviewer on GitHub would see a different file.

mod commit;
pub mod git;
pub mod github;
mod path;
mod remote;
pub mod worktree;

use std::fmt;

pub use commit::Commit;
pub use path::RepoPath;

/// The maximum size of a file, in bytes. GitHub's contents API does not return larger files, and the
/// gate must not use a local file that it could not read on GitHub.
///
/// Source: GitHub REST API, "Get repository content", 1 MB.
pub const MAX_FILE_BYTES: u64 = 1_000_000;

/// A regular file, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: RepoPath,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl File {
    /// Whether two files are the same, ignoring line ends, which Git may change in a checkout.
    #[must_use]
    pub fn same(one: Option<&Self>, other: Option<&Self>) -> bool {
        let lines = |file: &Self| -> (RepoPath, Vec<Vec<u8>>) {
            let lines = file.bytes.split(|byte| *byte == b'\n');
            let bare = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
            (file.path.clone(), bare.collect())
        };
        one.map(lines) == other.map(lines)
    }
}

/// What is at a path, without following links.
#[derive(Debug)]
pub enum Entry<T> {
    /// Nothing.
    Nothing,
    /// A regular file.
    File {
        /// In bytes.
        size: u64,
        /// How its content is read.
        content: T,
    },
    /// Something else.
    Other(Kind),
}

/// Something other than a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A symbolic link.
    SymbolicLink,
    /// Another repository.
    Submodule,
    /// A pipe or a device.
    Special,
}

/// Why a file was not read, although it is not known to be absent. `E` is the backend's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead<E> {
    /// Something other than a file is there.
    NotAFile {
        /// The path, or the part of it that is not a folder.
        path: RepoPath,
        /// What it is.
        kind: Kind,
    },
    /// It is larger than [`MAX_FILE_BYTES`].
    TooLarge {
        /// The file.
        path: RepoPath,
        /// Its size in bytes.
        size: u64,
    },
    /// Git LFS stores its content elsewhere.
    LfsPointer {
        /// The file.
        path: RepoPath,
    },
    /// More than one of the paths given to [`at_most_one`] exists.
    Two {
        /// The first.
        path: RepoPath,
        /// The next.
        second: RepoPath,
    },
    /// The backend cannot say what is there.
    Unknown(E),
}

impl<E> NotRead<E> {
    /// The path, if something is there that cannot be read.
    #[must_use]
    pub const fn something_at(&self) -> Option<&RepoPath> {
        match self {
            Self::NotAFile { path, .. }
            | Self::TooLarge { path, .. }
            | Self::LfsPointer { path }
            | Self::Two { path, .. } => Some(path),
            Self::Unknown(_) => None,
        }
    }
}

impl Kind {
    /// `symbolic link`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "directory",
            Self::SymbolicLink => "symbolic link",
            Self::Submodule => "submodule",
            Self::Special => "special file",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A tree of files and folders, read entry by entry.
pub trait Tree {
    /// How the content of a file is read.
    type Content;
    /// Why it cannot say what is there.
    type Error;

    /// What is at a path, without following links. The caller has checked the folders above it.
    ///
    /// # Errors
    /// It is not known.
    fn entry(&self, path: &RepoPath) -> Result<Entry<Self::Content>, Self::Error>;

    /// The content of a file; of a larger file at least [`MAX_FILE_BYTES`] and one more byte.
    ///
    /// # Errors
    /// It cannot be read.
    fn content(&self, path: &RepoPath, content: Self::Content) -> Result<Vec<u8>, Self::Error>;
}

/// Reads the regular file at a path, and checks every folder above it. `None`: nothing is there.
///
/// # Errors
/// See [`NotRead`]: anything other than a regular file is an error, not absent.
pub fn read<T: Tree>(tree: &T, path: &RepoPath) -> Result<Option<Vec<u8>>, NotRead<T::Error>> {
    for place in path.folders().chain([path.clone()]) {
        let is_last = place == *path;
        match tree.entry(&place).map_err(NotRead::Unknown)? {
            Entry::File { size, .. } if is_last && size > MAX_FILE_BYTES => {
                return Err(NotRead::TooLarge { path: place, size });
            }
            Entry::File { content, .. } if is_last => {
                let bytes = tree.content(&place, content).map_err(NotRead::Unknown)?;
                let size = bytes.len() as u64;
                // The file may have grown since.
                return match size > MAX_FILE_BYTES {
                    true => Err(NotRead::TooLarge { path: place, size }),
                    false => Ok(Some(bytes)),
                };
            }
            // Nothing is below a file.
            Entry::Nothing | Entry::File { .. } => return Ok(None),
            Entry::Other(Kind::Folder) if !is_last => {}
            Entry::Other(kind) => return Err(NotRead::NotAFile { path: place, kind }),
        }
    }
    Ok(None)
}

/// The one file that exists among several paths, given the result of reading each.
///
/// # Errors
/// The first error, and [`NotRead::Two`] if something is at two of the paths, even if it is not a file.
pub fn at_most_one<E>(
    answers: impl IntoIterator<Item = (RepoPath, Result<Option<Vec<u8>>, NotRead<E>>)>,
) -> Result<Option<File>, NotRead<E>> {
    let mut there: Option<File> = None;
    for (path, answer) in answers {
        // The second one need not be a file.
        let second = match &answer {
            Ok(bytes) => bytes.is_some(),
            Err(error) => error.something_at() == Some(&path),
        };
        if let (true, Some(first)) = (second, &there) {
            return Err(NotRead::Two { path: first.path.clone(), second: path });
        }
        if let Some(bytes) = answer? {
            there = Some(File { path, bytes });
        }
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    /// A tree for tests: each path has the size of a file, or another kind.
    struct Drawn(BTreeMap<&'static str, Result<usize, Kind>>);

    impl Tree for Drawn {
        type Content = usize;
        type Error = &'static str;

        fn entry(&self, path: &RepoPath) -> Result<Entry<usize>, &'static str> {
            Ok(match self.0.get(path.as_str()) {
                None if path.as_str() == "unknown" => return Err("cannot say"),
                None => Entry::Nothing,
                Some(Ok(size)) => Entry::File { size: *size as u64, content: *size },
                Some(Err(kind)) => Entry::Other(*kind),
            })
        }

        fn content(&self, path: &RepoPath, size: usize) -> Result<Vec<u8>, &'static str> {
            let grown = usize::from(path.as_str() == "grows");
            Ok(vec![b'x'; size + grown])
        }
    }

    fn drawn() -> Drawn {
        let most = usize::try_from(MAX_FILE_BYTES).unwrap();
        Drawn(BTreeMap::from([
            ("a", Err(Kind::Folder)),
            ("a/file", Ok(3)),
            ("a/link", Err(Kind::SymbolicLink)),
            ("link", Err(Kind::SymbolicLink)),
            ("link/file", Ok(3)),
            ("module", Err(Kind::Submodule)),
            ("file", Ok(1)),
            ("whole", Ok(most)),
            ("large", Ok(most + 1)),
            ("grows", Ok(most)),
        ]))
    }

    #[test]
    fn only_regular_files_below_regular_folders_are_read() {
        let read = |text| read(&drawn(), &path(text));
        assert_eq!(read("a/file"), Ok(Some(b"xxx".to_vec())));
        assert_eq!(read("whole").unwrap().unwrap().len() as u64, MAX_FILE_BYTES);
        for absent in ["b", "a/b", "b/c", "file/below", "a/file/below/it"] {
            assert_eq!(read(absent), Ok(None), "{absent}");
        }
        let not_a_file = |at, kind| Err(NotRead::NotAFile { path: path(at), kind });
        assert_eq!(read("a"), not_a_file("a", Kind::Folder));
        assert_eq!(read("a/link"), not_a_file("a/link", Kind::SymbolicLink));
        assert_eq!(read("link/file"), not_a_file("link", Kind::SymbolicLink));
        assert_eq!(read("module/file"), not_a_file("module", Kind::Submodule));
        let size = MAX_FILE_BYTES + 1;
        for large in ["large", "grows"] {
            assert_eq!(read(large), Err(NotRead::TooLarge { path: path(large), size }), "{large}");
        }
        assert_eq!(read("unknown/file"), Err(NotRead::Unknown("cannot say")));
    }

    #[test]
    fn only_one_of_several_paths_may_exist() {
        let only = |texts: &[&str]| {
            at_most_one(texts.iter().map(|text| (path(text), read(&drawn(), &path(text)))))
        };
        let file = File { path: path("file"), bytes: b"x".to_vec() };
        assert_eq!(only(&["b", "file", "a/b"]), Ok(Some(file)));
        assert_eq!(only(&["b", "c"]), Ok(None));
        for second in ["a/file", "a/link", "a", "large"] {
            let two = NotRead::Two { path: path("file"), second: path(second) };
            assert_eq!(only(&["file", second]), Err(two), "{second}");
        }
        assert_eq!(only(&["file", "unknown"]), Err(NotRead::Unknown("cannot say")));
        let link = NotRead::NotAFile { path: path("a/link"), kind: Kind::SymbolicLink };
        assert_eq!(only(&["a/link", "file"]), Err(link));
    }

    #[test]
    fn files_with_different_line_ends_are_the_same() {
        let file = |at: &str, text: &str| File { path: path(at), bytes: text.into() };
        let (unix, windows) = (file("a", "x\ny\n"), file("a", "x\r\ny\r\n"));
        assert!(File::same(Some(&unix), Some(&windows)) && File::same(None, None));
        for other in [file("b", "x\ny\n"), file("a", "x\ny"), file("a", "x\n\ry\n")] {
            assert!(!File::same(Some(&unix), Some(&other)), "{other:?}");
        }
        assert!(!File::same(Some(&unix), None));
    }
}
