//! The variables that GitHub sets for a workflow run. No other module reads them.
//!
//! Source: GitHub Docs, "Variables reference". An earlier step can set most of them, so they prove
//! nothing.

use std::path::PathBuf;

use super::Secret;
use super::api::DEFAULT_API_URL;
use super::oidc::TokenEndpoint;

/// The variables of a workflow run; an empty one counts as absent.
#[derive(Debug, Clone)]
pub struct WorkflowRun {
    /// `GITHUB_ACTIONS=true`: a runner reads the log, and earlier steps may have set variables.
    pub github_actions: bool,
    /// `GITHUB_RUN_ID`.
    pub run_id: Option<String>,
    /// `GITHUB_EVENT_NAME`.
    pub event_name: Option<String>,
    /// Both `ACTIONS_ID_TOKEN_REQUEST_…` variables, if both are set.
    pub token_endpoint: Option<TokenEndpoint>,
    /// `GITHUB_TOKEN`.
    pub token: Option<Secret>,
    /// `GITHUB_API_URL`; GitHub Enterprise Server has its own.
    pub api_url: String,
    /// `GITHUB_REPOSITORY`: `owner/name`.
    pub repository: Option<String>,
    /// `GITHUB_SHA`.
    pub sha: Option<String>,
    /// `GITHUB_REF`: `refs/heads/main`.
    pub git_ref: Option<String>,
    /// `GITHUB_BASE_REF`: the target branch of a pull request.
    pub base_ref: Option<String>,
    /// `GITHUB_WORKSPACE`, under GitHub Actions: the checkout.
    pub workspace: Option<PathBuf>,
    /// `GITHUB_EVENT_PATH`, under GitHub Actions: the event as JSON.
    pub event_file: Option<PathBuf>,
    /// `GITHUB_OUTPUT`: outputs of the step.
    pub output_file: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: Markdown for the page of the run.
    pub step_summary_file: Option<PathBuf>,
}

impl WorkflowRun {
    /// Reads the variables; `get` returns `None` for an empty one too.
    #[must_use]
    pub fn from_variables(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let github_actions = get("GITHUB_ACTIONS").as_deref() == Some("true");
        let file = |name| get(name).map(PathBuf::from);
        let token_endpoint =
            get("ACTIONS_ID_TOKEN_REQUEST_URL").zip(get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
        Self {
            github_actions,
            run_id: get("GITHUB_RUN_ID"),
            event_name: get("GITHUB_EVENT_NAME"),
            token_endpoint: token_endpoint
                .map(|(url, bearer)| TokenEndpoint { url, bearer: Secret::new(bearer) }),
            token: get("GITHUB_TOKEN").map(Secret::new),
            api_url: get("GITHUB_API_URL").unwrap_or_else(|| DEFAULT_API_URL.to_owned()),
            repository: get("GITHUB_REPOSITORY"),
            sha: get("GITHUB_SHA"),
            git_ref: get("GITHUB_REF"),
            base_ref: get("GITHUB_BASE_REF"),
            workspace: file("GITHUB_WORKSPACE").filter(|_| github_actions),
            event_file: file("GITHUB_EVENT_PATH").filter(|_| github_actions),
            output_file: file("GITHUB_OUTPUT"),
            step_summary_file: file("GITHUB_STEP_SUMMARY"),
        }
    }

    /// The number of the pull request of this run, from `GITHUB_REF`.
    #[must_use]
    pub fn pull_request(&self) -> Option<u64> {
        let number = self.git_ref.as_deref()?.strip_prefix("refs/pull/")?;
        number.split_once('/').and_then(|(number, _)| number.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(variables: &[(&str, &str)]) -> WorkflowRun {
        let get = |name: &str| {
            let found = variables.iter().find(|(known, value)| *known == name && !value.is_empty());
            found.map(|(_, value)| (*value).to_owned())
        };
        WorkflowRun::from_variables(&get)
    }

    #[test]
    fn a_token_endpoint_needs_both_variables() {
        let url = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x.example/t?v=2");
        let token = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner-token");
        assert!(run(&[url]).token_endpoint.is_none());
        assert!(run(&[token]).token_endpoint.is_none());
        assert!(run(&[url, (token.0, "")]).token_endpoint.is_none());
        let both = run(&[url, token]);
        assert!(both.token_endpoint.is_some());
        assert!(!format!("{both:?}").contains("runner-token"));
    }

    #[test]
    fn checkout_and_event_are_read_only_under_github_actions() {
        let files = [("GITHUB_WORKSPACE", "/w"), ("GITHUB_EVENT_PATH", "/e")];
        for (actions, there) in [("true", true), ("TRUE", false), ("", false)] {
            let run = run(&[files[0], files[1], ("GITHUB_ACTIONS", actions)]);
            assert_eq!(run.github_actions, there);
            assert_eq!(run.workspace.is_some(), there, "{actions}");
            assert_eq!(run.event_file.is_some(), there, "{actions}");
        }
    }

    #[test]
    fn the_number_of_a_pull_request_comes_from_the_ref() {
        let number = |git_ref: &str| run(&[("GITHUB_REF", git_ref)]).pull_request();
        assert_eq!(number("refs/pull/42/merge"), Some(42));
        for other in ["refs/heads/main", "refs/pull/42", "refs/pull/x/merge", "refs/heads/pull/4/m"]
        {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
