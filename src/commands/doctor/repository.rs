//! The checks of the repository on GitHub: what is asked, in which order.

use std::collections::BTreeMap;

use rootgate::doctor::gates::Workflows;
use rootgate::doctor::pin::{self, Pin};
use rootgate::doctor::seen::{NotSeen, Permission, Seen};
use rootgate::doctor::{
    CODEOWNERS_PATHS, Check, CheckId, Owners, Requirements, ScheduledWorkflow, code_scanning,
    codeowners, environments, gate_required, schedule, token,
};
use rootgate::github::environments::list as list_environments;
use rootgate::github::repository::{Repository, codeowners_errors};
use rootgate::github::{branch_rules, code_scanning as scanning, releases, workflows};
use rootgate::model::hosting::{BranchRule, PinnedCommit, WorkflowState};
use rootgate::repo::{Commit, RepoPath, github as contents};

use super::github::{GitHub, Open, look, look_at_file, no_path};
use super::policy::Policies;
use crate::commands::Host;

/// Where GitHub looks for workflows.
const WORKFLOWS: &str = ".github/workflows";
/// The checks that need GitHub, but for those of the policy.
const IDS: &[CheckId] = &[
    CheckId::GateRequired,
    CheckId::Codeowners,
    CheckId::EnvironmentExists,
    CheckId::EnvironmentReviewers,
    CheckId::EnvironmentBranches,
    CheckId::CodeScanning,
    CheckId::ScheduleEnabled,
    CheckId::ScheduleLastRun,
    CheckId::ActionPin,
];
/// Those of them that need the workflow files.
const OF_WORKFLOWS: &[CheckId] = &[
    CheckId::GateRequired,
    CheckId::Codeowners,
    CheckId::EnvironmentExists,
    CheckId::EnvironmentReviewers,
    CheckId::EnvironmentBranches,
    CheckId::ScheduleEnabled,
    CheckId::ScheduleLastRun,
    CheckId::ActionPin,
];

/// Everything that GitHub shows of the repository.
pub(super) async fn check(github: &GitHub, policies: &Policies, host: &Host) -> Vec<Check> {
    let name = github.repository.as_ref().map(Repository::as_str);
    let open = match &github.open {
        Ok(open) => open,
        Err(unseen) => {
            let mut checks: Vec<Check> =
                IDS.iter().map(|id| unseen.check(*id, "the repository on GitHub")).collect();
            checks.push(token::check(name, &[unseen]));
            return checks;
        }
    };
    let mut unseen = Vec::new();
    let mut checks = of_workflows(open, policies, host, &mut unseen).await;
    let scanned =
        look(Permission::SecurityEvents, scanning::state(&open.api, &open.repository).await);
    checks.push(code_scanning(&scanned));
    // A repository without any upload has the same answer, so it says nothing of the token.
    let not_found = rootgate::doctor::seen::Cause::NotFound;
    unseen.extend(scanned.err().filter(|it| it.cause != not_found));
    let unseen: Vec<&NotSeen> = unseen.iter().collect();
    checks.push(token::check(name, &unseen));
    checks
}

/// The checks that follow from the workflow files of the default branch.
async fn of_workflows(
    open: &Open,
    policies: &Policies,
    host: &Host,
    unseen: &mut Vec<NotSeen>,
) -> Vec<Check> {
    let found = match &open.tip {
        Ok(tip) => read_workflows(open, tip).await.map(|found| (tip, found)),
        Err(unseen) => Err(unseen.clone()),
    };
    let (tip, found) = match found {
        Ok(found) => found,
        Err(none) => {
            let check = |id: &CheckId| none.check(*id, "the workflows of the default branch");
            let checks = OF_WORKFLOWS.iter().map(check).collect();
            unseen.push(none);
            return checks;
        }
    };
    let (api, repository) = (&open.api, &open.repository);
    let branch = &open.description.default_branch;
    let (rules, protection, listed, owners, scheduled, pins) = tokio::join!(
        branch_rules::rules(api, repository, branch),
        branch_rules::protection(api, repository, branch),
        list_environments(api, repository),
        read_owners(open, tip),
        read_scheduled(open, &found),
        read_pins(open, &found),
    );
    let rules = look(Permission::Metadata, rules);
    let protection = look(Permission::Contents, protection);
    let listed = look(Permission::Actions, listed);
    let requirements = Requirements {
        rules: &rules,
        protection: &protection,
        repository_id: Some(open.description.id),
    };
    let mut checks = gate_required(&found, &requirements);
    checks.extend(of_owners(&owners, &rules, policies, &found));
    checks.extend(environments::check(&found, &listed));
    checks.extend(schedule(&found, &scheduled, host.now));
    checks.extend(pin::check(&found, &pins));
    unseen.extend(rules.err());
    unseen.extend(protection.err());
    unseen.extend(listed.err());
    unseen.extend(owners.file.err());
    unseen.extend(owners.errors.err());
    for it in scheduled {
        unseen.extend(it.state.err());
        unseen.extend(it.runs.err());
    }
    checks
}

/// Every workflow file at the tip of the default branch.
async fn read_workflows(open: &Open, tip: &Commit) -> Seen<Workflows> {
    let mut found = Workflows::default();
    let folder = RepoPath::new(WORKFLOWS).ok_or_else(|| no_path(WORKFLOWS))?;
    let files = contents::files_in(&open.api, &open.repository, tip, &folder).await;
    for path in look_at_file(files)?.unwrap_or_default() {
        if ![".yml", ".yaml"].iter().any(|end| path.as_str().ends_with(end)) {
            continue;
        }
        let file = contents::read(&open.api, &open.repository, tip, &path).await;
        match look_at_file(file)? {
            Some(bytes) => found.add(path.as_str(), &String::from_utf8_lossy(&bytes)),
            None => found.broken.push((path.to_string(), "it is gone".to_owned())),
        }
    }
    Ok(found)
}

/// CODEOWNERS, and how many errors GitHub finds in it.
struct OwnersFile {
    file: Seen<Option<(String, String)>>,
    errors: Seen<usize>,
}

async fn read_owners(open: &Open, tip: &Commit) -> OwnersFile {
    let file = find_owners(open, tip).await;
    let errors = match &file {
        Ok(Some(_)) => look(
            Permission::Contents,
            codeowners_errors(&open.api, &open.repository, tip.as_str()).await,
        ),
        _ => Ok(0),
    };
    OwnersFile { file, errors }
}

async fn find_owners(open: &Open, tip: &Commit) -> Seen<Option<(String, String)>> {
    for name in CODEOWNERS_PATHS {
        let path = RepoPath::new(name).ok_or_else(|| no_path(name))?;
        let file = contents::read(&open.api, &open.repository, tip, &path).await;
        if let Some(bytes) = look_at_file(file)? {
            return Ok(Some((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned())));
        }
    }
    Ok(None)
}

fn of_owners(
    owners: &OwnersFile,
    rules: &Seen<Vec<BranchRule>>,
    policies: &Policies,
    found: &Workflows,
) -> Vec<Check> {
    let gates = found.with_gate().map(|workflow| workflow.path.clone());
    let paths: Vec<String> = policies.path.iter().cloned().chain(gates).collect();
    codeowners(&Owners { file: &owners.file, errors: &owners.errors, rules, paths: &paths })
}

/// The workflows that run the gate on a schedule, with their state and their last runs.
async fn read_scheduled(open: &Open, found: &Workflows) -> Vec<ScheduledWorkflow> {
    let with_schedule: Vec<_> = found.with_gate().filter(|it| it.runs_on("schedule")).collect();
    if with_schedule.is_empty() {
        return Vec::new();
    }
    let (api, repository) = (&open.api, &open.repository);
    let branch = &open.description.default_branch;
    let states = look(Permission::Actions, workflows::states(api, repository).await);
    let mut scheduled = Vec::new();
    for workflow in with_schedule {
        let runs = workflows::scheduled_runs(api, repository, &workflow.path, branch).await;
        let of_path = |states: &Vec<WorkflowState>| {
            states.iter().find(|state| state.path == workflow.path).cloned()
        };
        scheduled.push(ScheduledWorkflow {
            path: workflow.path.clone(),
            crons: workflow.crons.clone(),
            state: states.as_ref().map(of_path).map_err(Clone::clone),
            runs: look(Permission::Actions, runs),
        });
    }
    scheduled
}

async fn read_pins(open: &Open, found: &Workflows) -> BTreeMap<Pin, Seen<PinnedCommit>> {
    let mut pins = BTreeMap::new();
    for (name, sha) in pin::pins(found) {
        let commit = match Repository::new(&name) {
            Some(action) => {
                look(Permission::Contents, releases::commit(&open.api, &action, &sha).await)
            }
            None => Err(no_path(&name)),
        };
        pins.insert((name, sha), commit);
    }
    pins
}
