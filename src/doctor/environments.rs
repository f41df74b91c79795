//! `environment-…`: whether the environments that the gate's jobs name exist, have reviewers where that
//! is relied on, and are limited to branches.

use std::collections::BTreeSet;

use super::gates::{Workflows, named};
use super::seen::Seen;
use super::workflow::JobEnvironment;
use super::{Check, CheckId};
use crate::model::hosting::{BranchLimit, Environment, RequiredReviewers};
use crate::text;
use crate::text::{Text, outside};

/// Checks each environment that a job with rootgate names.
#[must_use]
pub fn check(workflows: &Workflows, environments: &Seen<Vec<Environment>>) -> Vec<Check> {
    const IDS: [CheckId; 3] =
        [CheckId::EnvironmentExists, CheckId::EnvironmentReviewers, CheckId::EnvironmentBranches];
    let all = || workflows.jobs().filter_map(|(_, job)| job.environment.as_ref());
    let named: BTreeSet<&str> = all().flat_map(JobEnvironment::names).collect();
    let computed: BTreeSet<&str> = all().filter_map(computed).collect();
    if named.is_empty() && computed.is_empty() {
        let mut checks = vec![without_environment(workflows)];
        checks.extend(accepting_without_environment(workflows));
        return checks;
    }
    let environments = match environments {
        Ok(environments) => environments,
        Err(unseen) => return IDS.map(|id| unseen.check(id, "the environments")).into(),
    };
    let mut checks = accepting_without_environment(workflows);
    checks.extend(computed.into_iter().map(|text| {
        Check::not_checked(
            CheckId::EnvironmentExists,
            text!("the environment `{}` is computed when the job runs", outside(text)),
            "write the name out, so that it can be checked and reviewed",
        )
    }));
    for name in named {
        checks.extend(of_name(workflows, environments, name));
    }
    checks
}

fn computed(environment: &JobEnvironment) -> Option<&str> {
    match environment {
        JobEnvironment::Computed(text) => Some(text),
        JobEnvironment::Named(_) | JobEnvironment::Either { .. } => None,
    }
}

fn without_environment(workflows: &Workflows) -> Check {
    let id = CheckId::EnvironmentExists;
    match workflows.doubt() {
        Some(doubt) => Check::not_checked(
            id,
            text!("no job with rootgate names an environment; {}", doubt),
            "make sure that the role's trust policy fits the jobs that use it",
        ),
        None => Check::ok(id, "no job with rootgate names an environment"),
    }
}

/// Without an environment nobody accepts anything, and rootgate refuses.
fn accepting_without_environment(workflows: &Workflows) -> Vec<Check> {
    let accepting = workflows.jobs().filter(|(_, job)| job.accepts() && job.environment.is_none());
    let check = |(workflow, job)| {
        Check::problem(
            CheckId::EnvironmentReviewers,
            text!(
                "the {} has `accept-policy-change` and no environment, so nobody accepts the change",
                named(workflow, job)
            ),
            "bind the job to an environment with required reviewers",
        )
    };
    accepting.map(check).collect()
}

fn of_name(workflows: &Workflows, environments: &[Environment], name: &str) -> Vec<Check> {
    let shown = || outside(name);
    let Some(found) = environments.iter().find(|it| it.name.eq_ignore_ascii_case(name)) else {
        return vec![Check::problem(
            CheckId::EnvironmentExists,
            text!(
                "the environment `{}` does not exist; GitHub creates it at the first run, without any \
                 protection",
                shown()
            ),
            "create it in Settings, Environments, with its branches and reviewers",
        )];
    };
    let exists =
        Check::ok(CheckId::EnvironmentExists, text!("the environment `{}` exists", shown()));
    let mut accepting = workflows.jobs().flat_map(|(_, job)| job.accepting());
    let accepts = accepting.any(|it| it.eq_ignore_ascii_case(name));
    vec![exists, reviewers(found, accepts), branches(found)]
}

fn reviewers(environment: &Environment, accepts: bool) -> Check {
    let id = CheckId::EnvironmentReviewers;
    let name: Text = outside(&environment.name);
    match (environment.reviewers, accepts) {
        (RequiredReviewers::None, false) => {
            Check::ok(id, text!("nothing relies on reviewers of the environment `{}`", name))
        }
        (RequiredReviewers::None, true) => Check::problem(
            id,
            text!(
                "the environment `{}` has no required reviewers, and `accept-policy-change` relies on them",
                name
            ),
            "add required reviewers in Settings, Environments; private repositories outside GitHub \
             Enterprise cannot have any",
        ),
        (RequiredReviewers::Some { self_review: true }, true) => Check::warning(
            id,
            text!("whoever starts a run may approve it in the environment `{}`", name),
            "tick `Prevent self-review` in Settings, Environments",
        ),
        (RequiredReviewers::Some { .. }, _) => {
            Check::ok(id, text!("the environment `{}` has required reviewers", name)).and(
                "not checkable with this token: whether administrators may bypass them. Look in \
                 Settings, Environments",
            )
        }
    }
}

fn branches(environment: &Environment) -> Check {
    let id = CheckId::EnvironmentBranches;
    let name: Text = outside(&environment.name);
    match environment.branches {
        // Pull requests that change the policy use such an environment, from any branch.
        BranchLimit::None if environment.reviewers != RequiredReviewers::None => Check::ok(
            id,
            text!("every branch may use the environment `{}`, once a reviewer lets it", name),
        ),
        BranchLimit::None => Check::warning(
            id,
            text!(
                "every branch may use the environment `{}`, and with it the role that trusts it",
                name
            ),
            "limit its deployment branches in Settings, Environments (for pull requests add \
             `refs/pull/*/merge`)",
        ),
        BranchLimit::Protected => {
            Check::ok(id, text!("only protected branches may use the environment `{}`", name))
        }
        BranchLimit::Patterns => {
            Check::ok(id, text!("only selected branches may use the environment `{}`", name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn workflows(job: &str) -> Workflows {
        let mut workflows = Workflows::default();
        let text = format!("on: push\njobs:\n  gate:\n    {job}\n");
        workflows.add(".github/workflows/root.yml", &text);
        assert!(workflows.broken.is_empty(), "{text}");
        workflows
    }

    fn statuses(job: &str, reviewers: RequiredReviewers, branches: BranchLimit) -> Vec<Status> {
        let environments =
            Ok(vec![Environment { name: "rootgate".to_owned(), reviewers, branches }]);
        check(&workflows(job), &environments).into_iter().map(|check| check.status).collect()
    }

    const ACCEPTS: &str = "steps: [{ uses: a/rootgate@x, with: { accept-policy-change: true } }]";
    const NO: RequiredReviewers = RequiredReviewers::None;

    #[test]
    fn each_named_environment_is_looked_at() {
        use Status::{NotChecked, Ok, Problem, Warning};
        let plain = "environment: RootGate\n    steps: [{ uses: a/rootgate@x }]";
        assert_eq!(statuses(plain, NO, BranchLimit::Protected), [Ok, Ok, Ok]);
        assert_eq!(statuses(plain, NO, BranchLimit::None), [Ok, Ok, Warning]);
        let missing = plain.replace("RootGate", "gone");
        assert_eq!(statuses(&missing, NO, BranchLimit::None), [Problem]);
        let computed = plain.replace("RootGate", "'${{ inputs.x }}'");
        assert_eq!(statuses(&computed, NO, BranchLimit::None), [NotChecked]);
        let accepting = format!("environment: {{ name: rootgate }}\n    {ACCEPTS}");
        assert_eq!(statuses(&accepting, NO, BranchLimit::Patterns), [Ok, Problem, Ok]);
        let some = |self_review| RequiredReviewers::Some { self_review };
        assert_eq!(statuses(&accepting, some(true), BranchLimit::Patterns), [Ok, Warning, Ok]);
        assert_eq!(statuses(&accepting, some(false), BranchLimit::Patterns), [Ok, Ok, Ok]);
        assert_eq!(statuses(&accepting, some(false), BranchLimit::None), [Ok, Ok, Ok]);
        assert_eq!(statuses(ACCEPTS, NO, BranchLimit::None), [Ok, Problem]);
        // Control: an environment of another job is not the gate's.
        assert_eq!(statuses("environment: gone\n    steps: []", NO, BranchLimit::None), [Ok]);
    }
}
