//! A repository: its commits, refs and pull requests, and the API's answers about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::Answer;
use crate::scenario::Scenario;

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
    /// By name, with the scenario's words: `none`, `reviewers`, `reviewers self-review`, `timer`.
    environments: BTreeMap<String, String>,
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
            (("environment", name), Some(words)) => {
                let known = ["none", "reviewers", "reviewers self-review", "timer"];
                let words = known.contains(&words).then(|| words.to_owned())?;
                self.environments.insert(name.trim().to_owned(), words);
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
        let found = self.environments.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((name, words)) = found else { return Answer::message(404, "Not Found") };
        let mut rules = vec![json!({ "id": 1, "type": "branch_policy" })];
        if words.starts_with("reviewers") {
            rules.push(json!({
                "id": 2,
                "type": "required_reviewers",
                "prevent_self_review": words == "reviewers",
                "reviewers": [{ "type": "Team", "reviewer": { "id": 7, "slug": "security" } }],
            }));
        }
        if words == "timer" {
            rules.push(json!({ "id": 3, "type": "wait_timer", "wait_timer": 30 }));
        }
        let rules = if words == "none" { json!([]) } else { json!(rules) };
        Answer::json(200, &json!({ "id": 161, "name": name, "protection_rules": rules }))
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
