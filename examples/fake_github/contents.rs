//! "Get repository content": shows a folder on disk as GitHub shows the tree of a commit.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Answer;
use crate::repository::{Commit, Repository};

/// A larger file has no content in the answer.
const MAX_FILE_BYTES: usize = 1_000_000;
/// The maximum number of entries in a listing.
const CUT_AT: usize = 1_000;

/// One repository, one ref.
pub struct Contents<'a> {
    pub repository: &'a Repository,
    /// `octo-org/octo-repo`.
    pub name: &'a str,
    pub git_ref: &'a str,
}

/// What is at a path.
enum Found {
    Folder,
    File(Vec<u8>),
    Symlink {
        target: String,
        /// The content of its target, if that is a regular file.
        content: Option<Vec<u8>>,
    },
    Submodule,
}

impl Contents<'_> {
    /// Whether the answer is a listing.
    pub fn is_folder(&self, path: &str) -> bool {
        let found = |commit| self.look(commit, path);
        matches!(self.repository.find(self.git_ref).and_then(found), Some(Found::Folder))
    }

    pub fn answer(&self, path: &str) -> Answer {
        if self.repository.is_empty() {
            return Answer::message(404, "This repository is empty.");
        }
        let Some(commit) = self.repository.find(self.git_ref) else {
            return Answer::message(404, &format!("No commit found for the ref {}", self.git_ref));
        };
        match self.look(commit, path) {
            None => Answer::message(404, "Not Found"),
            Some(Found::Folder) => Answer::json(200, &self.listing(commit, path)),
            Some(found) => Answer::json(200, &self.single(path, &found)),
        }
    }

    /// `None` if nothing is at exactly this path; links are not followed.
    fn look(&self, commit: &Commit, path: &str) -> Option<Found> {
        let mut place = commit.folder.clone();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for (depth, part) in (1..).zip(&parts) {
            let is_submodule = self.repository.submodules.contains(&parts[..depth].join("/"));
            if is_submodule && depth == parts.len() {
                return Some(Found::Submodule);
            }
            place.push(part);
            let reachable = depth == parts.len() || place.symlink_metadata().ok()?.is_dir();
            if is_submodule || !reachable || matches!(*part, ".git" | "." | "..") {
                return None;
            }
        }
        let kind = place.symlink_metadata().ok()?.file_type();
        if kind.is_symlink() {
            let target = std::fs::read_link(&place).ok()?.to_string_lossy().into_owned();
            return Some(Found::Symlink { target, content: behind(&place, &commit.folder) });
        }
        if kind.is_dir() {
            return (parts.is_empty() || holds_a_file(&place)).then_some(Found::Folder);
        }
        std::fs::read(&place).ok().map(Found::File)
    }

    fn listing(&self, commit: &Commit, folder: &str) -> Value {
        if self.repository.cut_listings.contains(folder) {
            let named = |number| format!("{number:04}");
            let file = Found::File(Vec::new());
            return (0..CUT_AT).map(|it| self.item(&joined(folder, &named(it)), &file)).collect();
        }
        let mut names: Vec<String> = std::fs::read_dir(commit.folder.join(folder))
            .map(|entries| entries.flatten().map(|it| it.file_name().to_string_lossy().into()))
            .map(Iterator::collect)
            .unwrap_or_default();
        let submodules = self.repository.submodules.iter();
        names.extend(submodules.filter_map(|path| {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            (parent == folder).then(|| name.to_owned())
        }));
        names.sort();
        names.dedup();
        let entries = names.iter().filter_map(|name| {
            let path = joined(folder, name);
            Some(self.item(&path, &self.look(commit, &path)?))
        });
        entries.take(CUT_AT).collect()
    }

    /// Anything but a folder. A link to a regular file has the file's content, but its own SHA.
    fn single(&self, path: &str, found: &Found) -> Value {
        let mut item = self.item(path, found);
        let content = match found {
            Found::File(content) | Found::Symlink { content: Some(content), .. } => content,
            Found::Symlink { target, .. } => {
                item["target"] = json!(target);
                return item;
            }
            Found::Submodule | Found::Folder => {
                item["type"] = json!("submodule");
                item["submodule_git_url"] = json!("https://github.com/octo-org/submodule.git");
                return item;
            }
        };
        let whole = content.len() <= MAX_FILE_BYTES;
        item["type"] = json!("file");
        item["size"] = json!(content.len());
        item["encoding"] = json!(if whole { "base64" } else { "none" });
        item["content"] = json!(if whole { wrapped(content) } else { String::new() });
        item
    }

    /// As a listing shows it.
    fn item(&self, path: &str, found: &Found) -> Value {
        let (kind, own) = match found {
            Found::Folder => ("dir", None),
            Found::File(content) => ("file", Some(content.as_slice())),
            Found::Symlink { target, .. } => ("symlink", Some(target.as_bytes())),
            Found::Submodule => ("file", None),
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let sha = blob(own.unwrap_or(path.as_bytes()));
        let (repository, git_ref) = (self.name, self.git_ref);
        let api = format!("https://api.github.com/repos/{repository}");
        let url = format!("{api}/contents/{path}?ref={git_ref}");
        let html = format!("https://github.com/{repository}/blob/{git_ref}/{path}");
        let git = format!("{api}/git/blobs/{sha}");
        let raw = format!("https://raw.githubusercontent.com/{repository}/{git_ref}/{path}");
        json!({
            "name": name,
            "path": path,
            "sha": sha,
            "size": own.map_or(0, <[u8]>::len),
            "url": url,
            "html_url": html,
            "git_url": git,
            "download_url": own.map(|_| raw),
            "type": kind,
            "_links": { "self": url, "git": git, "html": html },
        })
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A unique name for each content, as in Git; Git uses SHA-1.
fn blob(content: &[u8]) -> String {
    let digest =
        Sha256::new().chain_update(format!("blob {}\0", content.len())).chain_update(content);
    digest.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

/// Git has no folders without files.
fn holds_a_file(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let is_folder = path.symlink_metadata().is_ok_and(|it| it.is_dir());
        !is_folder || holds_a_file(&path)
    })
}

/// The content of the regular file of this tree that a link leads to.
fn behind(link: &Path, root: &Path) -> Option<Vec<u8>> {
    let target: PathBuf = link.canonicalize().ok()?;
    let inside = target.starts_with(root.canonicalize().ok()?);
    (inside && target.is_file()).then(|| std::fs::read(target).ok())?
}

/// Base64 in lines of 60, each with its end.
fn wrapped(content: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(content);
    let lines = text.as_bytes().chunks(60).map(String::from_utf8_lossy);
    lines.fold(String::new(), |text, line| text + &line + "\n")
}
