//! Which resource and which repository a request is for.

use serde_json::json;

use crate::Answer;
use crate::contents::Contents;
use crate::repository::Repository;
use crate::scenario::Scenario;
use crate::settings::Page;
use crate::wire::{self, Request};

pub struct Asked<'a> {
    /// The call, as faults name it.
    pub name: &'static str,
    /// `None` if the repository does not exist.
    repository: Option<&'a Repository>,
    full_name: String,
    /// The rest of the address: the path of a file, a ref, a number or an id.
    pub rest: String,
    /// The ref of a path.
    git_ref: String,
    accept: String,
    /// The first page of a comparison also lists the files.
    with_files: bool,
    page: Page,
}

impl<'a> Asked<'a> {
    /// GitHub Enterprise Server has the same paths below `/api/v3`.
    pub fn from_request(request: &Request, scenario: &'a Scenario) -> Self {
        let path = request.path.strip_prefix("/api/v3").unwrap_or(&request.path);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (name, start) = match (request.method.as_str(), &parts[..]) {
            ("GET", ["repos", _, _]) => ("repository", 3),
            ("POST", ["repos", _, _, "code-scanning", "sarifs"]) => ("upload", 5),
            ("GET", ["repos", _, _, "code-scanning", "sarifs", _]) => ("status", 5),
            ("GET", ["repos", _, _, "commits", _, ..]) => ("commit", 4),
            ("GET", ["repos", _, _, "compare", _]) => ("compare", 4),
            ("GET", ["repos", _, _, "contents", ..]) => ("contents", 4),
            ("GET", ["repos", _, _, "pulls", _]) => ("pull", 4),
            ("GET", ["repos", _, _, "environments", _]) => ("environment", 4),
            ("GET", ["repos", _, _, "git", "commits", _]) => ("commit-object", 5),
            ("GET", ["repos", _, _, "rules", "branches", _]) => ("rules", 5),
            ("GET", ["repos", _, _, "branches", _]) => ("branch", 4),
            ("GET", ["repos", _, _, "environments"]) => ("environments", 4),
            ("GET", ["repos", _, _, "actions", "workflows"]) => ("workflows", 5),
            ("GET", ["repos", _, _, "actions", "workflows", _, "runs"]) => ("runs", 5),
            ("GET", ["repos", _, _, "codeowners", "errors"]) => ("codeowners-errors", 5),
            ("GET", ["repos", _, _, "code-scanning", "analyses"]) => ("analyses", 5),
            ("GET", ["repos", _, _, "tags"]) => ("tags", 4),
            ("GET", ["repos", _, _, "releases", "tags", _]) => ("release", 5),
            _ => ("unknown", parts.len()),
        };
        let number = |name: &str, default: usize| {
            request.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let full_name = parts.get(1..3).unwrap_or_default().join("/");
        let mut asked = Self {
            name,
            repository: scenario.find(&full_name),
            full_name,
            rest: wire::decode(&parts[start..].join("/").replace('+', "%2B")),
            git_ref: request.query.get("ref").unwrap_or(&scenario.default_branch).clone(),
            with_files: request.query.get("page").is_none_or(|page| page == "1"),
            page: Page { number: number("page", 1), size: number("per_page", 30) },
            accept: request.headers.get("accept").cloned().unwrap_or_default(),
        };
        let is_folder = |contents: Contents<'_>| contents.is_folder(&asked.rest);
        if name == "contents" && asked.contents().is_some_and(is_folder) {
            asked.name = "listing";
        }
        asked
    }

    fn contents(&self) -> Option<Contents<'_>> {
        let repository = self.repository?;
        Some(Contents { repository, name: &self.full_name, git_ref: &self.git_ref })
    }

    /// The answer to a call that changes nothing; `None` if the repository does not exist.
    pub fn answer(&self, scenario: &Scenario) -> Option<Answer> {
        let repository = self.repository?;
        Some(match self.name {
            "repository" => Answer::json(
                200,
                &json!({
                    "id": scenario.id(&self.full_name),
                    "full_name": scenario.spelling(&self.full_name),
                    "owner": { "login": self.full_name.split('/').next(), "id": 65 },
                    "default_branch": scenario.default_branch,
                }),
            ),
            "commit" => repository.commit(&self.rest, &self.accept),
            "commit-object" => repository.commit_object(&self.rest),
            "compare" => repository.compare(&self.rest, self.with_files),
            "environment" => repository.environment(&self.rest),
            "environments" => repository.settings.list_environments(&self.page),
            "rules" => repository.settings.rules(&self.page),
            "branch" => repository.branch(&self.rest),
            "workflows" => repository.settings.workflows(&self.page),
            "runs" => {
                let file = self.rest.strip_suffix("/runs").unwrap_or_default();
                repository.settings.runs(file, &self.page)
            }
            "codeowners-errors" => repository.settings.codeowners_errors(),
            "analyses" => repository.settings.analyses(),
            "tags" => repository.tags(&self.page),
            "release" => repository.settings.release(&self.rest),
            "contents" | "listing" => self.contents()?.answer(&self.rest),
            "pull" => repository.pull(&self.rest, &self.full_name, scenario),
            _ => return None,
        })
    }

    pub fn is_of_a_repository(&self) -> bool {
        self.repository.is_some()
    }
}
