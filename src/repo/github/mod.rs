//! Reads a file of a repository on GitHub at one commit, or proves that it is absent.
//!
//! One answer about the file is not enough. GitHub follows a symbolic link and answers with the
//! target's content as if it were a file, and a 404 may mean that the token may not read it. So the
//! folder is listed too, and both answers must agree.
//!
//! Source: GitHub REST API, "Get repository content".

mod commits;
#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::{Commit, File, Kind, MAX_FILE_BYTES, NotRead, RepoPath, at_most_one};
use crate::escape;
use crate::github::api::{Api, ApiError};
use crate::github::one_line;
use crate::github::repository::Repository;
use crate::net::schedule::all;
use crate::text;
use crate::text::{Text, outside};

pub use commits::{merge_base, merged_into, resolve};

/// GitHub silently cuts a listing after this many entries.
const CUT_AT: usize = 1_000;
/// The start of a file whose content is stored by Git LFS. Source: git-lfs, docs/spec.md.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Why it is not known what is at a path. Paths are not yet [escaped](crate::escape).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// A request failed.
    Api {
        /// The file, or the folder to list; empty for the root folder.
        path: String,
        /// The error.
        error: ApiError,
    },
    /// GitHub's answers contradict each other, or are not enough.
    Unproven {
        /// The file.
        path: RepoPath,
    },
}

impl From<&Unknown> for Text {
    fn from(unknown: &Unknown) -> Self {
        match unknown {
            Unknown::Api { path, error } => {
                text!("{} could not be read from GitHub: {}", named(path), error)
            }
            Unknown::Unproven { path } => {
                text!("GitHub's answers do not prove whether `{}` exists", path)
            }
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

impl std::error::Error for Unknown {}

/// Why a file was not read, and is not proved to be absent either.
pub type ContentsError = NotRead<Unknown>;

impl From<&ContentsError> for Text {
    fn from(error: &ContentsError) -> Self {
        match error {
            NotRead::NotAFile { path, kind } => {
                text!("`{}` is a {}, not a file", path, kind.name())
            }
            NotRead::TooLarge { path, size } => text!(
                "`{}` has {} bytes, and GitHub's contents API returns files up to 1 MB",
                path,
                *size
            ),
            NotRead::LfsPointer { path } => {
                text!("`{}` is a Git LFS pointer, not the file itself", path)
            }
            NotRead::Two { path, second } => text!("`{}` and `{}` both exist", path, second),
            NotRead::Unknown(unknown) => unknown.into(),
        }
    }
}

impl fmt::Display for ContentsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

fn named(path: &str) -> Text {
    if path.is_empty() { "the root folder".into() } else { text!("`{}`", outside(path)) }
}

fn unproven(path: &RepoPath) -> ContentsError {
    NotRead::Unknown(Unknown::Unproven { path: path.clone() })
}

/// Reads the regular file at exactly this path, without following links; `None`: proved absent.
///
/// The file is proved absent if a complete listing of its folder does not contain the name, or if a part
/// of the path is a regular file.
///
/// # Errors
/// See [`NotRead`] and [`Unknown`]: everything else.
pub async fn read(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    path: &RepoPath,
) -> Result<Option<Vec<u8>>, ContentsError> {
    let ask = |target| ask(api, repository, commit, target);
    let mut target = path.as_str();
    let (file, folder) = tokio::join!(ask(target), ask(parent(target)));
    if let Some(size) = refused_for_its_size(&file, &folder, target) {
        return Err(NotRead::TooLarge { path: path.clone(), size });
    }
    let mut answer = found(target, file)?;
    let mut listing = found(parent(target), folder)?;
    loop {
        match settle(target, answer, listing).map_err(|kind| not_a_file(path, target, kind))? {
            Settled::File(file) if target == path.as_str() => return content(file, path).map(Some),
            // Nothing is below a regular file.
            Settled::File(_) | Settled::Absent => return Ok(None),
            Settled::Open => return Err(unproven(path)),
            Settled::Above(folder) => {
                target = parent(target);
                answer = folder;
                listing = found(parent(target), ask(parent(target)).await)?;
            }
        }
    }
}

/// Reads the one file that exists among several paths; `None`: all are proved absent.
///
/// # Errors
/// As [`read`], and if something is at two of the paths, even if it is not a file.
pub async fn read_only(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    paths: Vec<RepoPath>,
) -> Result<Option<File>, ContentsError> {
    let answers = all(paths.iter().map(|path| read(api, repository, commit, path))).await;
    at_most_one(paths.into_iter().zip(answers))
}

/// The regular files in a folder, by their paths; `None`: the folder is proved absent.
///
/// # Errors
/// As [`read`]: a folder whose listing GitHub cuts is not known.
pub async fn files_in(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    folder: &RepoPath,
) -> Result<Option<Vec<RepoPath>>, ContentsError> {
    let target = folder.as_str();
    match found(target, ask(api, repository, commit, target).await)? {
        Some(Item::Folder(entries)) if entries.len() < CUT_AT => {
            let files = entries.iter().filter(|entry| entry.kind == "file");
            let path = |entry: &Entry| RepoPath::new(&format!("{target}/{}", entry.name));
            Ok(Some(files.filter_map(path).collect()))
        }
        Some(_) => Err(unproven(folder)),
        // Nothing can be a file there without a folder.
        None => match read(api, repository, commit, folder).await? {
            None => Ok(None),
            Some(_) => Err(unproven(folder)),
        },
    }
}

/// The folder of a path; empty for the root.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The contents API's answer about a path.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    Folder(Vec<Entry>),
    Single(Single),
}

/// One line of a listing.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    size: Option<u64>,
}

/// Anything but a folder.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Single {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    size: u64,
    encoding: Option<String>,
    content: Option<String>,
}

async fn ask(
    api: &Api,
    repository: &Repository,
    commit: &Commit,
    target: &str,
) -> Result<Item, ApiError> {
    let slash = if target.is_empty() { "" } else { "/" };
    let target_uri = escape::relative_uri(target);
    let address = format!("{}/contents{slash}{target_uri}?ref={commit}", repository.path());
    item(api.get(&address).await?, target)
}

fn item(answer: Value, target: &str) -> Result<Item, ApiError> {
    let unreadable = |error: serde_json::Error| ApiError::Unreadable(one_line(&error.to_string()));
    if answer.is_array() {
        return serde_json::from_value(answer).map(Item::Folder).map_err(unreadable);
    }
    let single: Single = serde_json::from_value(answer).map_err(unreadable)?;
    if single.path != target {
        return Err(ApiError::Unreadable("it is about another path".to_owned()));
    }
    Ok(Item::Single(single))
}

/// `None`: 404, which alone proves nothing.
fn found(path: &str, answer: Result<Item, ApiError>) -> Result<Option<Item>, ContentsError> {
    match answer {
        Ok(item) => Ok(Some(item)),
        Err(ApiError::Status { status: 404, .. }) => Ok(None),
        Err(error) => Err(NotRead::Unknown(Unknown::Api { path: path.to_owned(), error })),
    }
}

/// The size of a file that is too large. GitHub may answer 403 for it; the listing has the size.
fn refused_for_its_size(
    file: &Result<Item, ApiError>,
    folder: &Result<Item, ApiError>,
    path: &str,
) -> Option<u64> {
    let (Err(ApiError::Status { status: 403, .. }), Ok(Item::Folder(entries))) = (file, folder)
    else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.name == name(path) && entry.kind == "file")?;
    entry.size.filter(|size| *size > MAX_FILE_BYTES)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The conclusion from two answers.
#[derive(Debug, PartialEq, Eq)]
enum Settled {
    /// A regular file.
    File(Single),
    /// Nothing.
    Absent,
    /// The folder is not a folder or not found; its own parent must prove that.
    Above(Option<Item>),
    /// The answers prove nothing.
    Open,
}

/// Combines GitHub's answers about a path and about its folder; `None` is a 404.
///
/// # Errors
/// The kind of what is there, if it is not a file.
fn settle(target: &str, answer: Option<Item>, listing: Option<Item>) -> Result<Settled, Kind> {
    let entries = match listing {
        Some(Item::Folder(entries)) => entries,
        // The root is a folder, and any token that may read the repository sees it.
        above if answer.is_none() && !parent(target).is_empty() => {
            return Ok(Settled::Above(above));
        }
        _ => return Ok(Settled::Open),
    };
    let Some(entry) = entries.iter().find(|entry| entry.name == name(target)) else {
        let proved = answer.is_none() && entries.len() < CUT_AT;
        return Ok(if proved { Settled::Absent } else { Settled::Open });
    };
    match (entry.kind.as_str(), answer) {
        ("symlink", _) => Err(Kind::SymbolicLink),
        ("submodule", _) => Err(Kind::Submodule),
        ("dir", Some(Item::Folder(_))) => Err(Kind::Folder),
        ("file", Some(Item::Single(single))) => match single.kind.as_str() {
            // If GitHub followed a link, the listing has the size of the link itself.
            "file" if entry.size.is_some_and(|size| size != single.size) => Ok(Settled::Open),
            "file" => Ok(Settled::File(single)),
            // A listing calls it a file, for compatibility.
            "submodule" => Err(Kind::Submodule),
            _ => Ok(Settled::Open),
        },
        _ => Ok(Settled::Open),
    }
}

/// The error for something other than a file, at the path or at a folder above it.
fn not_a_file(path: &RepoPath, target: &str, kind: Kind) -> ContentsError {
    let part = path.folders().find(|folder| folder.as_str() == target);
    NotRead::NotAFile { path: part.unwrap_or_else(|| path.clone()), kind }
}

/// The bytes of a file.
fn content(file: Single, path: &RepoPath) -> Result<Vec<u8>, ContentsError> {
    let Single { size, encoding, content, .. } = file;
    let path = path.clone();
    let content = content.unwrap_or_default();
    let encoding = encoding.unwrap_or_default();
    if encoding == "none" || (content.is_empty() && size > MAX_FILE_BYTES) {
        return Err(NotRead::TooLarge { path, size });
    }
    let packed: Vec<u8> = content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = if encoding == "base64" { BASE64_STANDARD.decode(packed).ok() } else { None };
    let message = match bytes {
        Some(bytes) if bytes.starts_with(LFS_POINTER) => {
            return Err(NotRead::LfsPointer { path });
        }
        Some(bytes) if bytes.len() as u64 == size => return Ok(bytes),
        Some(bytes) => format!("the file has {size} bytes, but {} were received", bytes.len()),
        None => "the file's content is not Base64".to_owned(),
    };
    Err(NotRead::Unknown(Unknown::Api {
        path: path.to_string(),
        error: ApiError::Unreadable(message),
    }))
}
