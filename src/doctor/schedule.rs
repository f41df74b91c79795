//! `schedule-enabled` and `schedule-last-run`: whether the gate is alive.
//!
//! GitHub disables the schedules of public repositories after 60 days without activity, and nobody who
//! only looks at results sees that none comes any more.

use chrono::{DateTime, TimeDelta, Utc};

use super::cron::longest_pause;
use super::gates::Workflows;
use super::seen::Seen;
use super::{Check, CheckId};
use crate::model::format_time;
use crate::model::hosting::{PastRun, WorkflowState};
use crate::text;
use crate::text::{Text, outside, public};

const ENABLED: CheckId = CheckId::ScheduleEnabled;
const LAST: CheckId = CheckId::ScheduleLastRun;
/// GitHub starts scheduled runs late and drops some when it is busy.
const LATE: TimeDelta = TimeDelta::days(1);

/// A workflow that runs the gate on a schedule.
#[derive(Debug)]
pub struct ScheduledWorkflow {
    /// Its file.
    pub path: String,
    /// Its times.
    pub crons: Vec<String>,
    /// What GitHub says of it; `None`: GitHub does not know it.
    pub state: Seen<Option<WorkflowState>>,
    /// Its last scheduled runs on the default branch, the newest first.
    pub runs: Seen<Vec<PastRun>>,
}

/// Checks each scheduled workflow with the gate.
#[must_use]
pub fn check(
    workflows: &Workflows,
    scheduled: &[ScheduledWorkflow],
    now: DateTime<Utc>,
) -> Vec<Check> {
    if scheduled.is_empty() {
        return none(workflows).into();
    }
    scheduled.iter().flat_map(|it| [enabled(it), last_run(it, now)]).collect()
}

fn none(workflows: &Workflows) -> [Check; 2] {
    let nothing = "no workflow of the default branch runs the gate on a schedule";
    let todo = "add one (examples/workflows/posture.yml): only it sees what changes in AWS between \
                deployments";
    let enabled = match workflows.doubt() {
        Some(doubt) => Check::not_checked(ENABLED, text!("{}; {}", nothing, doubt), todo),
        None => Check::problem(ENABLED, nothing, todo),
    };
    [enabled, Check::not_checked(LAST, nothing, todo)]
}

fn enabled(scheduled: &ScheduledWorkflow) -> Check {
    let path = || outside(&scheduled.path);
    let state = match &scheduled.state {
        Err(unseen) => return unseen.check(ENABLED, "the state of the workflow"),
        Ok(None) => {
            return Check::problem(
                ENABLED,
                text!("GitHub does not know the workflow {}", path()),
                "see whether Actions are enabled in Settings, Actions",
            );
        }
        Ok(Some(state)) => state,
    };
    let enable =
        text!("`gh workflow enable` with {}, or the button on its page in the tab Actions", path());
    match state.state.as_str() {
        "active" => Check::ok(ENABLED, text!("{} is active", path())),
        "disabled_inactivity" => Check::problem(
            ENABLED,
            text!("GitHub disabled {} after 60 days without activity in the repository", path()),
            enable,
        ),
        "disabled_manually" => {
            Check::problem(ENABLED, text!("somebody disabled {}", path()), enable)
        }
        other => Check::problem(
            ENABLED,
            text!("{} is not active: GitHub says `{}`", path(), outside(other)),
            enable,
        ),
    }
}

fn last_run(scheduled: &ScheduledWorkflow, now: DateTime<Utc>) -> Check {
    let path = || outside(&scheduled.path);
    let runs = match &scheduled.runs {
        Err(unseen) => return unseen.check(LAST, "the scheduled runs"),
        Ok(runs) => runs,
    };
    let Some(pause) = longest_pause(&scheduled.crons) else {
        return Check::problem(
            LAST,
            text!("the schedule of {} is not a cron expression of five fields", path()),
            "write it as in `cron: \"23 5 * * *\"`",
        );
    };
    let Some(newest) = runs.first() else { return no_run(scheduled, pause, now) };
    let age = now - newest.created_at;
    if age > pause + LATE {
        return Check::problem(
            LAST,
            text!("the last scheduled run of {} was {} ago", path(), rough(age)),
            "see in the tab Actions why it does not start; a push that touches the workflow starts the \
             schedule again",
        );
    }
    ended(scheduled, runs)
}

/// The newest run that has ended decides; one that still runs says nothing yet.
fn ended(scheduled: &ScheduledWorkflow, runs: &[PastRun]) -> Check {
    let path = || outside(&scheduled.path);
    let ended = runs.iter().find_map(|run| Some((run, run.conclusion.as_deref()?)));
    let Some((run, conclusion)) = ended else {
        return Check::not_checked(
            LAST,
            text!("no scheduled run of {} has ended yet", path()),
            "run this again when it has",
        );
    };
    let at = public(format_time(run.created_at));
    let seen = |how: Text| text!("the scheduled run of {} at {} {}", path(), at, how);
    match conclusion {
        "success" => Check::ok(LAST, seen("passed".into())),
        // The gate works and says so itself.
        "failure" => Check::warning(
            LAST,
            seen("failed".into()),
            "read its summary: the policy is violated, or something could not be determined or judged",
        ),
        other => Check::problem(
            LAST,
            seen(text!("ended as `{}`, so nothing was judged", outside(other))),
            "read its log in the tab Actions, and run it again",
        ),
    }
}

fn no_run(scheduled: &ScheduledWorkflow, pause: TimeDelta, now: DateTime<Utc>) -> Check {
    let path = || outside(&scheduled.path);
    let created = scheduled.state.as_ref().ok().and_then(Option::as_ref).map(|it| it.created_at);
    if created.is_some_and(|created| now - created < pause + LATE) {
        return Check::warning(
            LAST,
            text!("{} is new, and its schedule has not run yet", path()),
            "run this again tomorrow, or start it by hand (`workflow_dispatch`)",
        );
    }
    Check::problem(
        LAST,
        text!("{} has never run on its schedule", path()),
        "a schedule runs only on the default branch; see in the tab Actions whether it is enabled",
    )
}

fn rough(age: TimeDelta) -> Text {
    match age.num_days() {
        0..=1 => text!("{} hours", public(age.num_hours())),
        days => text!("{} days", public(days)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::model::parse_time;

    fn at(text: &str) -> DateTime<Utc> {
        parse_time(text).unwrap()
    }

    fn scheduled(state: &str, runs: &[(&str, Option<&str>)]) -> ScheduledWorkflow {
        let path = ".github/workflows/posture.yml".to_owned();
        let run = |(created, conclusion): &(&str, Option<&str>)| PastRun {
            created_at: at(created),
            conclusion: conclusion.map(str::to_owned),
        };
        ScheduledWorkflow {
            path: path.clone(),
            crons: vec!["23 5 * * *".to_owned()],
            state: Ok(Some(WorkflowState {
                path,
                state: state.to_owned(),
                created_at: at("2026-01-01T00:00:00Z"),
            })),
            runs: Ok(runs.iter().map(run).collect()),
        }
    }

    fn statuses(scheduled: ScheduledWorkflow) -> Vec<Status> {
        let now = at("2026-11-20T09:00:00Z");
        let checks = check(&Workflows::default(), &[scheduled], now);
        checks.into_iter().map(|check| check.status).collect()
    }

    #[test]
    fn a_schedule_that_stopped_is_a_problem_and_one_that_found_something_is_not() {
        use Status::{NotChecked, Ok, Problem, Warning};
        let today = "2026-11-20T05:31:00Z";
        for (state, runs, expected) in [
            ("active", vec![(today, Some("success"))], [Ok, Ok]),
            ("active", vec![(today, Some("failure"))], [Ok, Warning]),
            ("active", vec![(today, Some("startup_failure"))], [Ok, Problem]),
            ("active", vec![(today, None), ("2026-11-19T05:31:00Z", Some("success"))], [Ok, Ok]),
            ("active", vec![(today, None)], [Ok, NotChecked]),
            ("active", vec![("2026-11-18T05:31:00Z", Some("success"))], [Ok, Problem]),
            (
                "disabled_inactivity",
                vec![("2026-09-01T05:31:00Z", Some("success"))],
                [Problem, Problem],
            ),
            ("disabled_manually", vec![(today, Some("success"))], [Problem, Ok]),
            ("active", vec![], [Ok, Problem]),
        ] {
            assert_eq!(statuses(scheduled(state, &runs)), expected, "{state} {runs:?}");
        }
        let new = || {
            let mut new = scheduled("active", &[]);
            new.state.as_mut().unwrap().as_mut().unwrap().created_at = at("2026-11-19T12:00:00Z");
            new
        };
        assert_eq!(statuses(new()), [Ok, Warning]);
        assert_eq!(statuses(ScheduledWorkflow { state: Result::Ok(None), ..new() })[0], Problem);
    }

    #[test]
    fn no_schedule_is_a_problem_unless_it_may_be_elsewhere() {
        let now = at("2026-11-20T09:00:00Z");
        let mut workflows = Workflows::default();
        assert_eq!(check(&workflows, &[], now)[0].status, Status::Problem);
        workflows.add("x.yml", "on: [");
        assert_eq!(check(&workflows, &[], now)[0].status, Status::NotChecked);
    }
}
