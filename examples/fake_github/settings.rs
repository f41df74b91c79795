//! How a repository is set up: rules and protection of the default branch, environments, workflows and
//! their runs, code scanning, releases. Shapes as in GitHub's OpenAPI description (`tests/it/doctor/shapes.rs`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::Answer;

/// The part of a repository that its settings are.
#[derive(Default)]
pub struct Settings {
    /// The rules of rulesets, in the words of the scenario.
    rules: Vec<Value>,
    /// The checks that classic protection requires.
    protection: Vec<String>,
    /// The names, with the words `none`, `reviewers`, `reviewers self-review`, `timer`.
    pub environments: BTreeMap<String, String>,
    /// The environments that are limited to branches: `protected` or `patterns`.
    branches: BTreeMap<String, String>,
    /// The path of each workflow, its state and its age.
    workflows: BTreeMap<String, (String, TimeDelta)>,
    /// The path of a workflow, the age of a scheduled run, how it ended.
    runs: Vec<(String, TimeDelta, String)>,
    owner_errors: usize,
    /// The age of the last upload of rootgate.
    analysis: Option<TimeDelta>,
    /// Whether anything was uploaded.
    analysed: bool,
    releases: BTreeSet<String>,
}

/// A page of a list.
pub struct Page {
    pub number: usize,
    pub size: usize,
}

impl Page {
    fn of<T: Clone>(&self, entries: &[T]) -> Vec<T> {
        let first = (self.number.saturating_sub(1)).saturating_mul(self.size);
        entries.iter().skip(first).take(self.size).cloned().collect()
    }
}

fn age(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at(text.len().checked_sub(1)?);
    let number: i64 = number.parse().ok()?;
    Some(match unit {
        "d" => TimeDelta::days(number),
        "h" => TimeDelta::hours(number),
        "m" => TimeDelta::minutes(number),
        _ => return None,
    })
}

fn ago(age: TimeDelta) -> String {
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    (now - age).to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Settings {
    /// A line of the scenario; `None` if it is about something else.
    pub fn set(&mut self, key: &str, value: Option<&str>) -> Option<()> {
        let (first, rest) = key.split_once(' ').unwrap_or((key, ""));
        let rest = rest.trim();
        match (first, value) {
            ("require", Some("ruleset")) => self.rules.push(checks_rule(rest)),
            ("require", Some("protection")) => self.protection.push(rest.to_owned()),
            ("require-workflow", Some(id)) => {
                self.rules.push(workflow_rule(rest, id.parse().ok()?));
            }
            ("pull-request-rule", Some(words)) => {
                self.rules.push(pull_request_rule(words == "code-owners"));
            }
            ("merge-queue", None) => self.rules.push(rule("merge_queue", &queue())),
            ("other-rules", Some(count)) => {
                let deletion = json!({ "type": "deletion" });
                let count: usize = count.parse().ok()?;
                self.rules.extend(std::iter::repeat_n(ruled(deletion), count));
            }
            ("environment", Some(words)) if !rest.is_empty() => {
                let known = ["none", "reviewers", "reviewers self-review", "timer"];
                known.contains(&words).then_some(())?;
                self.environments.insert(rest.to_owned(), words.to_owned());
            }
            ("environment-branches", Some(words @ ("protected" | "patterns"))) => {
                self.branches.insert(rest.to_owned(), words.to_owned());
            }
            ("workflow", Some(words)) => {
                let (state, old) = words.split_once(' ').unwrap_or((words, "100d"));
                self.workflows.insert(rest.to_owned(), (state.to_owned(), age(old)?));
            }
            ("run", Some(words)) => {
                let (old, end) = words.split_once(' ')?;
                self.runs.push((rest.to_owned(), age(old)?, end.to_owned()));
            }
            ("codeowners-errors", Some(count)) => self.owner_errors = count.parse().ok()?,
            ("analysis", Some("none")) => self.analysed = true,
            ("analysis", Some(old)) => {
                self.analysed = true;
                self.analysis = Some(age(old)?);
            }
            ("release", None) => {
                self.releases.insert(rest.to_owned());
            }
            _ => return None,
        }
        Some(())
    }

    /// "Get rules for a branch".
    pub fn rules(&self, page: &Page) -> Answer {
        Answer::json(200, &json!(page.of(&self.rules)))
    }

    /// "Get a branch", as far as protection is concerned.
    pub fn branch(&self, name: &str, sha: &str) -> Answer {
        let url = format!("https://api.github.com/repos/octo-org/octo-repo/branches/{name}");
        let is_protected = !self.protection.is_empty();
        let level = if is_protected { "non_admins" } else { "off" };
        let checks: Vec<Value> =
            self.protection.iter().map(|it| json!({ "context": it, "app_id": 15368 })).collect();
        Answer::json(
            200,
            &json!({
                "name": name,
                "commit": { "sha": sha },
                "_links": { "self": url, "html": url },
                "protected": is_protected,
                "protection": {
                    "enabled": is_protected,
                    "required_status_checks": {
                        "enforcement_level": level,
                        "contexts": self.protection,
                        "checks": checks,
                    },
                },
                "protection_url": format!("{url}/protection"),
            }),
        )
    }

    /// An environment as "Get an environment" and "List environments" show it.
    pub fn environment(&self, name: &str) -> Option<Value> {
        let mut found = self.environments.iter();
        let (name, words) = found.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let mut rules = vec![json!({ "id": 1, "node_id": "a", "type": "branch_policy" })];
        if words.starts_with("reviewers") {
            rules.push(json!({
                "id": 2,
                "node_id": "b",
                "type": "required_reviewers",
                "prevent_self_review": words == "reviewers",
                "reviewers": [{ "type": "Team", "reviewer": { "id": 7, "slug": "security" } }],
            }));
        }
        if words == "timer" {
            rules.push(json!({ "id": 3, "node_id": "c", "type": "wait_timer", "wait_timer": 30 }));
        }
        let rules = if words == "none" { json!([]) } else { json!(rules) };
        let branches = self.branches.get(name).map(|words| {
            let protected = words == "protected";
            json!({ "protected_branches": protected, "custom_branch_policies": !protected })
        });
        let url = format!("https://api.github.com/repos/octo-org/octo-repo/environments/{name}");
        let created = ago(TimeDelta::days(90));
        Some(json!({
            "id": 161,
            "node_id": "d",
            "name": name,
            "url": url,
            "html_url": url,
            "created_at": created,
            "updated_at": created,
            "protection_rules": rules,
            "deployment_branch_policy": branches,
        }))
    }

    /// "List environments".
    pub fn list_environments(&self, page: &Page) -> Answer {
        let names: Vec<&String> = self.environments.keys().collect();
        let shown: Vec<Value> =
            page.of(&names).iter().filter_map(|name| self.environment(name)).collect();
        Answer::json(200, &json!({ "total_count": names.len(), "environments": shown }))
    }

    /// "List repository workflows".
    pub fn workflows(&self, page: &Page) -> Answer {
        let all: Vec<Value> = self.workflows.iter().enumerate().map(workflow).collect();
        let shown = page.of(&all);
        Answer::json(200, &json!({ "total_count": all.len(), "workflows": shown }))
    }

    /// "List workflow runs for a workflow": those of its schedule.
    pub fn runs(&self, file: &str, page: &Page) -> Answer {
        let of_file = |path: &str| path.rsplit('/').next() == Some(file);
        if !self.workflows.keys().any(|path| of_file(path)) {
            return Answer::message(404, "Not Found");
        }
        let mut runs: Vec<_> = self.runs.iter().filter(|(path, ..)| of_file(path)).collect();
        runs.sort_by_key(|(_, age, _)| *age);
        let runs: Vec<Value> = (1..).zip(runs).map(run).collect();
        let shown = page.of(&runs);
        Answer::json(200, &json!({ "total_count": runs.len(), "workflow_runs": shown }))
    }

    /// "List CODEOWNERS errors".
    pub fn codeowners_errors(&self) -> Answer {
        let error = |line: usize| {
            json!({
                "line": line, "column": 1, "kind": "Invalid pattern", "source": "***/*.rb @x",
                "suggestion": null, "message": "Invalid pattern", "path": ".github/CODEOWNERS",
            })
        };
        let errors: Vec<Value> = (1..=self.owner_errors).map(error).collect();
        Answer::json(200, &json!({ "errors": errors }))
    }

    /// "List code scanning analyses": those of rootgate.
    pub fn analyses(&self) -> Answer {
        if !self.analysed {
            return Answer::message(404, "no analysis found");
        }
        let analysis = self.analysis.map(|age| {
            let url = "https://api.github.com/repos/octo-org/octo-repo/code-scanning/analyses/201";
            json!({
                "ref": "refs/heads/main",
                "commit_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
                "analysis_key": "rootgate",
                "environment": "{}",
                "category": "rootgate/111122223333/",
                "error": "",
                "created_at": ago(age),
                "results_count": 1,
                "rules_count": 14,
                "id": 201,
                "url": url,
                "sarif_id": "6c81cd8e-b078-4ac3-a3be-1dad7dbd0b53",
                "tool": { "name": "rootgate", "guid": null, "version": "0.1.0" },
                "deletable": true,
                "warning": "",
            })
        });
        let analyses: Vec<Value> = analysis.into_iter().collect();
        Answer::json(200, &json!(analyses))
    }

    /// "Get a release by tag name".
    pub fn release(&self, tag: &str) -> Answer {
        if !self.releases.contains(tag) {
            return Answer::message(404, "Not Found");
        }
        let url = "https://api.github.com/repos/rootgate/rootgate/releases/1";
        Answer::json(
            200,
            &json!({
                "url": url, "html_url": url, "assets_url": url, "upload_url": url,
                "tarball_url": url, "zipball_url": url, "id": 1, "node_id": "e", "tag_name": tag,
                "target_commitish": "main", "name": tag, "draft": false, "prerelease": false,
                "immutable": true, "created_at": ago(TimeDelta::days(30)),
                "published_at": ago(TimeDelta::days(30)), "assets": [],
            }),
        )
    }
}

/// "List repository tags", from the refs of the scenario.
pub fn tags<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>, page: &Page) -> Answer {
    let url = "https://api.github.com/repos/rootgate/rootgate/x";
    let tag = |(name, sha): (&str, &str)| {
        json!({
            "name": name, "node_id": "f", "commit": { "sha": sha, "url": url },
            "zipball_url": url, "tarball_url": url,
        })
    };
    let all: Vec<Value> = tags.map(tag).collect();
    Answer::json(200, &json!(page.of(&all)))
}

fn ruled(mut rule: Value) -> Value {
    rule["ruleset_source_type"] = json!("Repository");
    rule["ruleset_source"] = json!("octo-org/octo-repo");
    rule["ruleset_id"] = json!(42);
    rule
}

fn rule(kind: &str, parameters: &Value) -> Value {
    ruled(json!({ "type": kind, "parameters": parameters }))
}

fn checks_rule(name: &str) -> Value {
    let check = json!({ "context": name, "integration_id": 15368 });
    let parameters =
        json!({ "required_status_checks": [check], "strict_required_status_checks_policy": false });
    rule("required_status_checks", &parameters)
}

fn workflow_rule(path: &str, repository: u64) -> Value {
    let workflow = json!({ "path": path, "repository_id": repository, "ref": "refs/heads/main" });
    rule("workflows", &json!({ "workflows": [workflow] }))
}

fn pull_request_rule(code_owners: bool) -> Value {
    let parameters = json!({
        "dismiss_stale_reviews_on_push": true,
        "require_code_owner_review": code_owners,
        "require_last_push_approval": false,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": false,
    });
    rule("pull_request", &parameters)
}

fn queue() -> Value {
    json!({
        "check_response_timeout_minutes": 60,
        "grouping_strategy": "ALLGREEN",
        "max_entries_to_build": 5,
        "max_entries_to_merge": 5,
        "merge_method": "MERGE",
        "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    })
}

fn workflow((index, (path, (state, age))): (usize, (&String, &(String, TimeDelta)))) -> Value {
    let url = format!("https://api.github.com/repos/octo-org/octo-repo/actions/workflows/{index}");
    json!({
        "id": index, "node_id": "g", "name": path, "path": path, "state": state,
        "created_at": ago(*age), "updated_at": ago(*age), "url": url, "html_url": url,
        "badge_url": url,
    })
}

fn run((id, (path, age, end)): (u64, &(String, TimeDelta, String))) -> Value {
    let url = format!("https://api.github.com/repos/octo-org/octo-repo/actions/runs/{id}");
    let pending = end == "in_progress";
    let (status, conclusion) =
        if pending { (end.as_str(), None) } else { ("completed", Some(end)) };
    json!({
        "id": id, "node_id": "h", "name": "root posture", "head_branch": "main", "run_number": id,
        "display_title": "root posture", "event": "schedule", "status": status,
        "conclusion": conclusion, "head_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "path": path, "workflow_id": 1, "url": url, "html_url": url, "created_at": ago(*age),
        "updated_at": ago(*age), "jobs_url": url, "logs_url": url, "check_suite_url": url,
        "cancel_url": url, "rerun_url": url, "artifacts_url": url, "workflow_url": url,
        "pull_requests": [],
    })
}
