//! A repository: its commits, refs and pull requests, and the API's answers about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::Answer;
use crate::scenario::Scenario;
use crate::settings::{self, Page, Settings};

/// A commit and the folder with its tree.
pub struct Commit {
    pub sha: String,
    pub folder: PathBuf,
    parents: Vec<String>,
}

#[derive(Default)]
pub struct Repository {
    commits: Vec<Commit>,
    /// `heads/main`, `tags/v1`, and their commits.
    refs: BTreeMap<String, String>,
    /// The number and the repository of the branch; `None` if it was deleted.
    pulls: BTreeMap<u64, Option<String>>,
    /// How it is set up.
    pub settings: Settings,
    /// The size of a comparison's list of files, in bytes.
    compared: usize,
    pub submodules: BTreeSet<String>,
    /// Folders whose listings are cut; empty: the root.
    pub cut_listings: BTreeSet<String>,
}

fn whole(sha: &str) -> Option<String> {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (matches!(sha.len(), 40 | 64) && sha.bytes().all(hex)).then(|| sha.to_owned())
}

impl Repository {
    /// Parses a line of the scenario; `None` if it is about something else.
    pub fn set(&mut self, key: &str, value: Option<&str>) -> Option<()> {
        if self.settings.set(key, value).is_some() {
            return Some(());
        }
        match (key.split_once(' ')?, value) {
            (("commit", sha), Some(value)) => {
                let (folder, parents) = value.split_once(" parent ").unwrap_or((value, ""));
                let parents = parents.split_whitespace().map(whole).collect::<Option<_>>()?;
                let folder = PathBuf::from(folder.trim());
                self.commits.push(Commit { sha: whole(sha.trim())?, folder, parents });
            }
            (("ref", name), Some(sha)) => {
                let name = name.trim();
                let known = name.starts_with("heads/") || name.starts_with("tags/");
                self.refs.insert(known.then(|| name.to_owned())?, whole(sha)?);
            }
            (("pull", number), Some(head)) => {
                let head = Some(head).filter(|head| *head != "none");
                self.pulls.insert(number.trim().parse().ok()?, head.map(str::to_owned));
            }
            (("compared", "bytes"), Some(bytes)) => self.compared = bytes.parse().ok()?,
            (("submodule", path), None) => {
                self.submodules.insert(path.trim().to_owned());
            }
            (("cut-listing", folder), None) => {
                let folder = Some(folder.trim()).filter(|folder| *folder != ".");
                self.cut_listings.insert(folder.unwrap_or_default().to_owned());
            }
            _ => return None,
        }
        Some(())
    }

    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// The commit of a ref or SHA.
    pub fn find(&self, git_ref: &str) -> Option<&Commit> {
        let by_sha = |sha: &str| self.commits.iter().find(|commit| commit.sha == sha);
        let name = git_ref.strip_prefix("refs/").unwrap_or(git_ref);
        let named = [name.to_owned(), format!("heads/{name}"), format!("tags/{name}")];
        by_sha(git_ref)
            .or_else(|| named.iter().find_map(|name| by_sha(self.refs.get(name)?)))
            .or_else(|| {
                let short =
                    |commit: &&Commit| git_ref.len() >= 7 && commit.sha.starts_with(git_ref);
                self.commits.iter().find(short)
            })
    }

    /// "Get a commit": only the SHA, if requested.
    pub fn commit(&self, git_ref: &str, accept: &str) -> Answer {
        if self.is_empty() {
            return Answer::message(409, "Git Repository is empty.");
        }
        let Some(commit) = self.find(git_ref) else {
            return Answer::message(422, &format!("No commit found for SHA: {git_ref}"));
        };
        if accept.starts_with("application/vnd.github.") && accept.ends_with("sha") {
            return Answer::text("application/vnd.github.sha; charset=utf-8", &commit.sha);
        }
        let mut listed = commit.listed();
        listed["commit"] = json!({ "message": listed["message"], "tree": listed["tree"] });
        listed["files"] = json!([]);
        Answer::json(200, &listed)
    }

    /// "Get a commit object": its parents, and no files.
    pub fn commit_object(&self, sha: &str) -> Answer {
        let commit = self.commits.iter().find(|commit| commit.sha == sha);
        commit.map_or_else(
            || Answer::message(404, "Not Found"),
            |commit| Answer::json(200, &commit.listed()),
        )
    }

    /// "Get an environment": who must approve its jobs.
    pub fn environment(&self, name: &str) -> Answer {
        let found = self.settings.environment(name);
        found.map_or_else(
            || Answer::message(404, "Not Found"),
            |environment| Answer::json(200, &environment),
        )
    }

    /// "Get a branch".
    pub fn branch(&self, name: &str) -> Answer {
        match self.refs.get(&format!("heads/{name}")) {
            Some(sha) => self.settings.branch(name, sha),
            None => Answer::message(404, "Branch not found"),
        }
    }

    /// "List repository tags".
    pub fn tags(&self, page: &Page) -> Answer {
        let tags = self.refs.iter();
        let tags = tags.filter_map(|(name, sha)| Some((name.strip_prefix("tags/")?, sha.as_str())));
        settings::tags(tags, page)
    }

    /// "Compare two commits": their merge base. The first page lists the files.
    pub fn compare(&self, both: &str, with_files: bool) -> Answer {
        let known = |sha: &str| self.commits.iter().find(|commit| commit.sha == sha);
        let Some((base, head)) =
            both.split_once("...").and_then(|(base, head)| Some((known(base)?, known(head)?)))
        else {
            return Answer::message(404, "Not Found");
        };
        match self.history(head).into_iter().find(|commit| self.holds(base, commit)) {
            Some(merge_base) => {
                let mut answer = json!({ "merge_base_commit": merge_base.listed(), "commits": [] });
                if with_files {
                    answer["files"] =
                        json!([{ "filename": "x", "patch": "x".repeat(self.compared) }]);
                }
                Answer::json(200, &answer)
            }
            None => Answer::message(404, "No common ancestor between these commits."),
        }
    }

    /// The commit and its ancestors, nearest first.
    fn history<'a>(&'a self, from: &'a Commit) -> Vec<&'a Commit> {
        let mut history = vec![from];
        let mut next = 0;
        while let Some(commit) = history.get(next).copied() {
            history.extend(commit.parents.iter().filter_map(|sha| self.find(sha)));
            next += 1;
        }
        history
    }

    fn holds(&self, tip: &Commit, commit: &Commit) -> bool {
        self.history(tip).iter().any(|known| known.sha == commit.sha)
    }

    /// "Get a pull request": the repository that it comes from.
    pub fn pull(&self, number: &str, name: &str, scenario: &Scenario) -> Answer {
        let number = number.parse().ok();
        let Some((number, head)) = number.and_then(|number| self.pulls.get_key_value(&number))
        else {
            return Answer::message(404, "Not Found");
        };
        let repository = |of: &str| {
            let fork = !of.eq_ignore_ascii_case(name);
            json!({ "id": scenario.id(of), "full_name": of, "fork": fork })
        };
        let branch = &scenario.default_branch;
        let tip = self.find(branch).map(|commit| &commit.sha);
        Answer::json(
            200,
            &json!({
                "number": number,
                "state": "open",
                "head": { "ref": "change", "repo": head.as_deref().map(repository) },
                "base": { "ref": branch, "sha": tip, "repo": repository(name) },
            }),
        )
    }
}

impl Commit {
    fn listed(&self) -> Value {
        let parents: Vec<Value> = self.parents.iter().map(|sha| json!({ "sha": sha })).collect();
        json!({
            "sha": self.sha,
            "message": "A change",
            "tree": { "sha": self.sha },
            "parents": parents,
        })
    }
}
