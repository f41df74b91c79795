//! The workflows of a repository as GitHub runs them: enabled or not, and their last runs.
//!
//! Source: GitHub REST API, "List repository workflows", "List workflow runs for a workflow". Both need
//! `actions: read`.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, ApiError};
use super::pages::{all, list, unexpected};
use super::repository::Repository;
use crate::escape;
use crate::model::hosting::{PastRun, WorkflowState};

/// So many runs are looked at: some of the newest may still be under way.
const RUNS: usize = 5;

/// Every workflow that GitHub knows, with its state.
///
/// # Errors
/// See [`ApiError`].
pub async fn states(api: &Api, repository: &Repository) -> Result<Vec<WorkflowState>, ApiError> {
    #[derive(Deserialize)]
    struct Entry {
        path: String,
        state: String,
        created_at: DateTime<Utc>,
    }
    let path = format!("{}/actions/workflows", repository.path());
    let entries = all(api, &path, Some("workflows")).await?.into_iter();
    let read = entries.map(|entry| {
        let entry: Entry = serde_json::from_value(entry).map_err(|_| unexpected())?;
        let Entry { path, state, created_at } = entry;
        Ok(WorkflowState { path, state, created_at })
    });
    read.collect()
}

/// The last runs that the schedule of a workflow started on a branch, the newest first.
///
/// # Errors
/// See [`ApiError`].
pub async fn scheduled_runs(
    api: &Api,
    repository: &Repository,
    workflow: &str,
    branch: &str,
) -> Result<Vec<PastRun>, ApiError> {
    let file = workflow.rsplit('/').next().unwrap_or_default();
    let address = format!(
        "{}/actions/workflows/{}/runs?event=schedule&branch={}&per_page={RUNS}",
        repository.path(),
        escape::uri_part(file),
        escape::uri_part(branch)
    );
    let answer: Value = api.get(&address).await?;
    let mut runs: Vec<PastRun> = list(answer, Some("workflow_runs"))?
        .into_iter()
        .map(|run| run_of(run, workflow))
        .collect::<Result<_, _>>()?;
    runs.sort_by_key(|run| std::cmp::Reverse(run.created_at));
    Ok(runs)
}

fn run_of(run: Value, workflow: &str) -> Result<PastRun, ApiError> {
    #[derive(Deserialize)]
    struct Entry {
        event: String,
        path: String,
        status: Option<String>,
        conclusion: Option<String>,
        created_at: DateTime<Utc>,
    }
    let entry: Entry = serde_json::from_value(run).map_err(|_| unexpected())?;
    // GitHub may add the ref: `.github/workflows/a.yml@main`.
    let path = entry.path.split('@').next().unwrap_or_default();
    if entry.event != "schedule" || path != workflow {
        return Err(ApiError::Unreadable("it lists runs that were not asked for".to_owned()));
    }
    let has_ended = entry.status.as_deref() == Some("completed");
    let conclusion = entry.conclusion.filter(|_| has_ended);
    if has_ended && conclusion.is_none() {
        return Err(unexpected());
    }
    Ok(PastRun { created_at: entry.created_at, conclusion })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FILE: &str = ".github/workflows/posture.yml";

    fn run(change: Value) -> Result<PastRun, ApiError> {
        let mut run = json!({
            "id": 1, "event": "schedule", "path": FILE, "status": "completed",
            "conclusion": "success", "created_at": "2026-11-20T05:31:00Z",
        });
        run.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        run_of(run, FILE)
    }

    #[test]
    fn a_run_counts_when_it_has_ended_and_is_the_one_that_was_asked_for() {
        assert_eq!(run(json!({})).unwrap().conclusion.as_deref(), Some("success"));
        let with_ref = format!("{FILE}@refs/heads/main");
        assert!(run(json!({ "path": with_ref })).is_ok());
        let pending = json!({ "status": "in_progress", "conclusion": null });
        assert_eq!(run(pending).unwrap().conclusion, None);
        for odd in [
            json!({ "event": "push" }),
            json!({ "path": ".github/workflows/other.yml" }),
            json!({ "conclusion": null }),
            json!({ "created_at": "yesterday" }),
        ] {
            assert!(run(odd.clone()).is_err(), "{odd}");
        }
    }
}
