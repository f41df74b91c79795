//! The machine of the run. Only this module reads the clock and the environment.

pub(crate) mod clash;
pub(crate) mod files;
pub(crate) mod github_api;
pub(crate) mod output;
pub(crate) mod runner;
pub(crate) mod stream;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rootgate::collect::Environment;
use rootgate::github::WorkflowRun;
use rootgate::repo::worktree::WorkTree;
use rootgate::report::Details;

use runner::Runner;

/// What a run knows about its machine.
#[derive(Debug)]
pub(crate) struct Host {
    /// The start of the run.
    pub(crate) now: DateTime<Utc>,
    /// The variables that the live half needs.
    pub(crate) environment: Environment,
    /// The variables of the workflow run.
    pub(crate) workflow: WorkflowRun,
    /// The runner's files.
    pub(crate) runner: Runner,
    /// `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) no_color: bool,
    /// The folder that relative paths start from, without links.
    pub(crate) working_directory: PathBuf,
    /// The root of the checkout: `GITHUB_WORKSPACE`, else the nearest parent with a `.git`.
    pub(crate) repository: Option<PathBuf>,
    /// The root of the Git work tree that contains the working directory, without links. Under
    /// GitHub Actions it is the outermost one in the workspace, so never a submodule.
    pub(crate) work_tree: Option<WorkTree>,
}

impl Host {
    pub(crate) fn read() -> Self {
        let environment = Environment::from_variables(variables());
        let workflow = WorkflowRun::from_variables(&variable);
        let working_directory = working_directory();
        let work_tree = match &workflow.workspace {
            Some(workspace) => first_work_tree(workspace, &working_directory),
            None => WorkTree::nearest(&working_directory),
        };
        Self {
            now: now(),
            runner: Runner {
                output: workflow.output_file.clone(),
                step_summary: workflow.step_summary_file.clone(),
                event: workflow.event_file.clone(),
            },
            no_color: variable("NO_COLOR").is_some(),
            repository: workflow
                .workspace
                .clone()
                .or_else(|| work_tree.as_ref().map(|tree| tree.root().to_owned())),
            work_tree,
            working_directory,
            environment,
            workflow,
        }
    }

    /// The number of the pull request that this run is for.
    pub(crate) fn pull_request(&self) -> Option<u64> {
        self.workflow.pull_request()
    }

    /// `GITHUB_ACTIONS=true`.
    pub(crate) const fn github_actions(&self) -> bool {
        self.environment.github_actions
    }

    /// What readers of the log may see: `asked` decides. Without it, under GitHub Actions, the
    /// visibility of the repository decides: the token's `claim`, if there is a token.
    pub(crate) fn details(&self, asked: Option<Details>, claim: Option<&str>) -> Details {
        asked.unwrap_or_else(|| match self.github_actions() {
            true => self.runner.details(claim),
            false => Details::Full,
        })
    }
}

/// The clock, for facts that are observed during the run.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Every variable that is text. rootgate uses no other.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The names of the variables that change where git looks and what it runs.
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
