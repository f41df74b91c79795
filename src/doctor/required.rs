//! `gate-required`: whether the default branch lets a change in only if the gate passed.

use super::gates::{Workflows, named};
use super::seen::Seen;
use super::workflow::{Job, Workflow};
use super::{Check, CheckId};
use crate::model::hosting::{BranchProtection, BranchRule};
use crate::text;
use crate::text::{Text, outside};

const ID: CheckId = CheckId::GateRequired;
/// The events whose runs a merge can wait for.
const BEFORE_A_MERGE: &[&str] = &["pull_request", "pull_request_target", "merge_group"];
/// Rulesets name who may bypass them only to administrators.
const BYPASS: &str = "not checkable with this token: who may bypass the rules and whether \
                      administrators may. Look in Settings, Rules (bypass list) and Settings, Branches";

/// What a merge into the default branch needs.
#[derive(Debug)]
pub struct Requirements<'a> {
    /// The rules of rulesets.
    pub rules: &'a Seen<Vec<BranchRule>>,
    /// Classic protection.
    pub protection: &'a Seen<BranchProtection>,
    /// The number of this repository.
    pub repository_id: Option<u64>,
}

/// Whether rules or protection name the gate.
pub fn check(workflows: &Workflows, requirements: &Requirements<'_>) -> Vec<Check> {
    let gates = workflows.gates_on(BEFORE_A_MERGE);
    let required = gates.iter().find(|gate| requirements.name(gate));
    if let Some((workflow, job)) = required {
        return vec![holds(workflow, job, requirements)];
    }
    if let Some(elsewhere) = requirements.workflow_of_another_repository() {
        let seen = text!(
            "a ruleset requires {} of another repository, which is not read here",
            outside(elsewhere)
        );
        return vec![Check::not_checked(ID, seen, "make sure that this workflow runs the gate")];
    }
    let unseen = [requirements.rules.as_ref().err(), requirements.protection.as_ref().err()];
    if let Some(unseen) = unseen.into_iter().flatten().next() {
        return vec![unseen.check(ID, "what a merge needs")];
    }
    vec![not_required(workflows, &gates)]
}

fn not_required(workflows: &Workflows, gates: &[(&Workflow, &Job)]) -> Check {
    match gates.first() {
        Some((workflow, job)) if job.has_computed_name() => Check::not_checked(
            ID,
            text!("the name of the {} is computed when it runs", named(workflow, job)),
            "give the job a plain `name`, and require the check of that name",
        ),
        Some((workflow, job)) => Check::problem(
            ID,
            text!(
                "a merge does not need the {}: neither a ruleset nor branch protection of the default \
                 branch requires the check `{}`",
                named(workflow, job),
                outside(&job.name)
            ),
            text!(
                "Settings, Rules, Rulesets: require status checks to pass, and add `{}`",
                outside(&job.name)
            ),
        ),
        None => match workflows.doubt() {
            Some(doubt) => Check::not_checked(
                ID,
                text!(
                    "no workflow of the default branch runs the gate for pull requests; {}",
                    doubt
                ),
                "make sure that a required check runs the gate",
            ),
            None => Check::problem(
                ID,
                "no workflow of the default branch runs the gate for pull requests",
                "add one (examples/workflows/pull-request.yml), and require its check in a ruleset",
            ),
        },
    }
}

/// The gate is required; it may still be passed by.
fn holds(workflow: &Workflow, job: &Job, requirements: &Requirements<'_>) -> Check {
    let queue = requirements.rules.iter().flatten().any(|rule| *rule == BranchRule::MergeQueue);
    let filtered = workflow.filtered.iter().any(|it| BEFORE_A_MERGE.contains(&it.as_str()));
    let loose: &[(bool, Text, &str)] = &[
        (
            job.tolerant,
            text!(
                "the {} has `continue-on-error`, so its check passes whatever the gate says",
                named(workflow, job)
            ),
            "remove `continue-on-error`",
        ),
        (
            job.condition,
            text!(
                "the {} has an `if`: GitHub counts a job that it skips as passed",
                named(workflow, job)
            ),
            "remove the `if` of the job",
        ),
        (
            queue && !workflow.runs_on("merge_group"),
            text!("merges go through a queue, and {} does not run in it", outside(&workflow.path)),
            "add `merge_group:` to its `on`; without it the queue waits in vain",
        ),
        (
            filtered,
            text!(
                "{} has a path filter: a pull request on other paths waits for it in vain",
                outside(&workflow.path)
            ),
            "remove `paths` and `paths-ignore` from its `on`",
        ),
    ];
    if let Some((_, seen, todo)) = loose.iter().find(|(is, ..)| *is) {
        return Check::problem(ID, seen.clone(), *todo);
    }
    Check::ok(
        ID,
        text!("a merge needs the check `{}` of {}", outside(&job.name), outside(&workflow.path)),
    )
    .and(BYPASS)
}

impl Requirements<'_> {
    /// Whether a rule or the protection names this gate.
    fn name(&self, (workflow, job): &(&Workflow, &Job)) -> bool {
        let by_rule = self.rules.iter().flatten().any(|rule| match rule {
            BranchRule::Checks(checks) => checks.iter().any(|check| job.is_check(check)),
            BranchRule::Workflows(required) => required
                .iter()
                .any(|it| it.path == workflow.path && Some(it.repository_id) == self.repository_id),
            BranchRule::PullRequest { .. } | BranchRule::MergeQueue => false,
        });
        let protected = self.protection.iter().flat_map(|it| &it.checks);
        by_rule || protected.into_iter().any(|check| job.is_check(check))
    }

    fn workflow_of_another_repository(&self) -> Option<&str> {
        self.rules.iter().flatten().find_map(|rule| match rule {
            BranchRule::Workflows(required) => required
                .iter()
                .find(|it| Some(it.repository_id) != self.repository_id)
                .map(|it| it.path.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::seen::{Cause, NotSeen, Permission};
    use crate::model::hosting::RequiredWorkflow;

    fn workflows(on: &str, job: &str) -> Workflows {
        let mut workflows = Workflows::default();
        let text = format!(
            "on: {on}\njobs:\n  gate:\n    name: root gate\n{job}    steps: [{{ uses: a/rootgate@x }}]\n"
        );
        workflows.add(".github/workflows/root.yml", &text);
        workflows
    }

    fn refused() -> NotSeen {
        NotSeen {
            cause: Cause::Refused,
            permission: Permission::Contents,
            what: "GitHub answered HTTP 403".into(),
            todo: Text::default(),
        }
    }

    fn one(workflows: &Workflows, rules: &Seen<Vec<BranchRule>>, checks: &[&str]) -> Check {
        let checks = checks.iter().map(|&check| check.to_owned()).collect();
        let protection = Ok(BranchProtection { checks });
        let requirements = Requirements { rules, protection: &protection, repository_id: Some(7) };
        check(workflows, &requirements).remove(0)
    }

    fn checks(names: &[&str]) -> Seen<Vec<BranchRule>> {
        Ok(vec![BranchRule::Checks(names.iter().map(|&name| name.to_owned()).collect())])
    }

    #[test]
    fn a_ruleset_or_protection_names_the_check_or_the_workflow() {
        let gate = workflows("[pull_request]", "");
        let workflow = |repository_id| {
            let path = ".github/workflows/root.yml".to_owned();
            Ok(vec![BranchRule::Workflows(vec![RequiredWorkflow { path, repository_id }])])
        };
        assert_eq!(one(&gate, &checks(&["x", "root gate"]), &[]).status, Status::Ok);
        assert_eq!(one(&gate, &Ok(Vec::new()), &["root gate"]).status, Status::Ok);
        assert_eq!(one(&gate, &workflow(7), &[]).status, Status::Ok);
        assert_eq!(one(&gate, &workflow(8), &[]).status, Status::NotChecked);
        assert_eq!(one(&gate, &Err(refused()), &["root gate"]).status, Status::Ok);
        assert_eq!(one(&gate, &checks(&["gate"]), &[]).status, Status::Problem);
        assert_eq!(one(&gate, &Err(refused()), &[]).status, Status::NotChecked);
    }

    #[test]
    fn a_required_check_that_can_be_passed_by_is_a_problem() {
        let required = checks(&["root gate"]);
        for (on, job) in [
            ("[pull_request]", "    if: github.actor != 'x'\n"),
            ("[pull_request]", "    continue-on-error: true\n"),
            ("{ pull_request: { paths: [x] } }", ""),
        ] {
            assert_eq!(
                one(&workflows(on, job), &required, &[]).status,
                Status::Problem,
                "{on}{job}"
            );
        }
        let queue = Ok([required.unwrap(), vec![BranchRule::MergeQueue]].concat());
        assert_eq!(one(&workflows("[pull_request]", ""), &queue, &[]).status, Status::Problem);
        let in_queue = workflows("[pull_request, merge_group]", "");
        assert_eq!(one(&in_queue, &queue, &[]).status, Status::Ok);
    }

    #[test]
    fn without_a_gate_for_pull_requests_nothing_is_required() {
        let posture = workflows("[schedule]", "");
        assert_eq!(one(&posture, &checks(&["root gate"]), &[]).status, Status::Problem);
        let mut doubtful = posture;
        doubtful.add(".github/workflows/x.yml", "on: push\njobs: { a: { uses: o/r/w.yml@v1 } }\n");
        assert_eq!(one(&doubtful, &Ok(Vec::new()), &[]).status, Status::NotChecked);
    }
}
