//! The machine that the run stands on: the one place where the clock and environment are read.

pub(crate) mod files;
pub(crate) mod github_api;
pub(crate) mod output;
pub(crate) mod runner;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rootgate::collect::Environment;
use rootgate::github::{Secret, api};
use rootgate::repo::worktree::WorkTree;
use rootgate::report::Details;

use runner::Runner;

/// What a run knows of its machine.
#[derive(Debug)]
pub(crate) struct Host {
    /// The instant of the start.
    pub(crate) now: DateTime<Utc>,
    /// What the live half needs of the environment.
    pub(crate) environment: Environment,
    /// What a workflow run says of itself.
    pub(crate) workflow: Workflow,
    /// The runner's files.
    pub(crate) runner: Runner,
    /// `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) no_color: bool,
    /// The folder that relative paths start from, without links.
    pub(crate) working_directory: PathBuf,
    /// The root of the checkout: `GITHUB_WORKSPACE`, else the nearest parent with a `.git`.
    pub(crate) repository: Option<PathBuf>,
    /// The root of the Git work tree that the working directory lies in, without links. Under GitHub
    /// Actions it is the first on the way down from the workspace: a submodule does not become it.
    pub(crate) work_tree: Option<WorkTree>,
}

/// What a workflow run says of itself, and the token that it may call GitHub with.
#[derive(Debug)]
pub(crate) struct Workflow {
    /// `GITHUB_TOKEN`.
    pub(crate) token: Option<Secret>,
    /// `GITHUB_API_URL`; GitHub Enterprise Server has its own.
    pub(crate) api_url: String,
    /// `GITHUB_REPOSITORY`: `owner/name`.
    pub(crate) repository: Option<String>,
    /// `GITHUB_SHA`.
    pub(crate) sha: Option<String>,
    /// `GITHUB_REF`: `refs/heads/main`.
    pub(crate) git_ref: Option<String>,
    /// `GITHUB_BASE_REF`: the branch that a pull request is for.
    pub(crate) base_ref: Option<String>,
}

impl Workflow {
    fn read() -> Self {
        Self {
            token: variable("GITHUB_TOKEN").map(Secret::new),
            api_url: variable("GITHUB_API_URL").unwrap_or_else(|| api::DEFAULT_API_URL.to_owned()),
            repository: variable("GITHUB_REPOSITORY"),
            sha: variable("GITHUB_SHA"),
            git_ref: variable("GITHUB_REF"),
            base_ref: variable("GITHUB_BASE_REF"),
        }
    }
}

impl Host {
    pub(crate) fn read() -> Self {
        let environment = Environment::from_variables(variables());
        let file = |name| variable(name).map(PathBuf::from);
        let working_directory = working_directory();
        let workspace = file("GITHUB_WORKSPACE").filter(|_| environment.github_actions);
        let work_tree = match &workspace {
            Some(workspace) => first_work_tree(workspace, &working_directory),
            None => WorkTree::nearest(&working_directory),
        };
        Self {
            now: now(),
            workflow: Workflow::read(),
            runner: Runner {
                output: file("GITHUB_OUTPUT"),
                step_summary: file("GITHUB_STEP_SUMMARY"),
                event: file("GITHUB_EVENT_PATH").filter(|_| environment.github_actions),
            },
            no_color: variable("NO_COLOR").is_some(),
            repository: workspace.or_else(|| work_tree.as_ref().map(|tree| tree.root().to_owned())),
            work_tree,
            working_directory,
            environment,
        }
    }

    /// The number of the pull request that this run is for, by `GITHUB_REF`.
    pub(crate) fn pull_request(&self) -> Option<u64> {
        let number = self.workflow.git_ref.as_deref()?.strip_prefix("refs/pull/")?;
        number.split_once('/').and_then(|(number, _)| number.parse().ok())
    }

    /// `GITHUB_ACTIONS=true`.
    pub(crate) const fn github_actions(&self) -> bool {
        self.environment.github_actions
    }

    /// What whoever reads the log may read: as asked, else under GitHub Actions by the visibility
    /// of the repository, which the token's claim tells where there is one.
    pub(crate) fn details(&self, asked: Option<Details>, claim: Option<&str>) -> Details {
        asked.unwrap_or_else(|| match self.github_actions() {
            true => self.runner.details(claim),
            false => Details::Full,
        })
    }
}

/// The clock, for what is observed while the run goes on.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Every variable that is text; one that is not is none of ours.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The names of the variables that tell git where to look and what to run.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn git_variables() -> impl Iterator<Item = OsString> {
    let of_git = |name: &OsString| name.to_string_lossy().to_ascii_uppercase().starts_with("GIT_");
    std::env::vars_os().map(|(name, _)| name).filter(of_git)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn working_directory() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    here.canonicalize().unwrap_or(here)
}

fn first_work_tree(workspace: &Path, here: &Path) -> Option<WorkTree> {
    WorkTree::first_below(&workspace.canonicalize().ok()?, here, Path::new("."))
}
