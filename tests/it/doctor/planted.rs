//! A repository with planted faults: every one is found, and nothing else is.

use super::{PIN, POLICY, POSTURE, PULL, doctor, not_ok, sound, workflow};
use crate::fake::Fake;
use crate::job::Job;

/// The sound repository with one fault, and how the doctor names it.
fn with_one(change: impl Fn(Job) -> Job) -> Vec<String> {
    let aws = Fake::with("");
    let mut job = change(sound().live(&aws, true));
    let (code, checks) = doctor(&mut job, &[]);
    let found = not_ok(&checks);
    let has_problem = found.iter().any(|it| it.starts_with("problem "));
    assert_eq!(code, i32::from(has_problem), "{checks:#?}");
    found
}

#[test]
fn ten_planted_faults_are_all_found() {
    let aws = Fake::with("fault GetAccountSummary = denied\n");
    // 1: nothing requires the check that the gate has. 2: a tag pins the action. 3: the environment is
    // missing. 4: reviewers are relied on who are not there. 5: every branch may use that environment.
    // 6: CODEOWNERS leaves the workflows out. 7: the schedule is disabled. 8: it last ran weeks ago.
    // 9: the default branch has another policy. 10: a call is denied.
    let pull =
        workflow("{ pull_request: {} }", "", "{}").replace("name: root gate", "name: renamed");
    let pull = pull.replace(PIN, "v1").replace("environment: rootgate", "environment: gone");
    let accept = workflow("{ pull_request: {} }", "", "{ accept-policy-change: true }");
    let accept = accept.replace("name: root gate", "name: accepted");
    let accept = accept.replace("environment: rootgate", "environment: accepted");
    let mut job = sound()
        .live(&aws, true)
        .main(PULL, &pull)
        .main(".github/workflows/accept.yml", &accept)
        .line("environment accepted = none")
        .main(
            ".github/CODEOWNERS",
            "/.github/rootgate.yaml @octo-org/security\n/.github/CODEOWNERS @x\n",
        )
        .line("workflow .github/workflows/posture.yml = disabled_inactivity 300d")
        .main(".github/rootgate.yaml", &POLICY.replace("off }", "off, max-age: 5h }"));
    // The last line about a run counts, so the sound one is replaced.
    job = job.without_line("run .github/workflows/posture.yml = 5h success");
    job = job.line("run .github/workflows/posture.yml = 20d success");
    let (code, checks) = doctor(&mut job, &[]);
    assert_eq!(code, 1);
    assert_eq!(
        not_ok(&checks),
        [
            "warning policy-on-default-branch",
            "problem aws-call",
            "problem gate-required",
            "problem codeowners",
            "problem environment-exists",
            "problem environment-reviewers",
            "warning environment-branches",
            "problem schedule-enabled",
            "problem schedule-last-run",
            "problem action-pin",
        ],
        "{checks:#?}"
    );
    for check in checks.iter().filter(|check| check["status"] != "ok") {
        assert!(check["todo"].as_str().is_some_and(|todo| !todo.is_empty()), "{check}");
    }
}

#[test]
fn each_fault_alone_is_the_only_one_that_is_found() {
    let gate = |change: &'static str, to: &'static str| {
        move |job: Job| {
            let pull = workflow("{ pull_request: {}, merge_group: {} }", "", "{}");
            assert!(pull.contains(change), "{change}");
            job.main(PULL, &pull.replace(change, to))
        }
    };
    let found = with_one(gate("    environment: rootgate\n", ""));
    assert_eq!(found, [""; 0], "an environment is not required");
    let found = with_one(gate("    steps:", "    if: github.actor != 'x'\n    steps:"));
    assert_eq!(found, ["problem gate-required"]);
    let found = with_one(gate("    steps:", "    continue-on-error: true\n    steps:"));
    assert_eq!(found, ["problem gate-required"]);
    let found = with_one(gate("merge_group: {}", "push: {}"));
    assert_eq!(found, [""; 0], "without a queue no `merge_group` is needed");
    let found = with_one(|job| gate("merge_group: {}", "push: {}")(job.line("merge-queue")));
    assert_eq!(found, ["problem gate-required"]);
    let found = with_one(|job| job.line("require-workflow .github/workflows/x.yml = 5"));
    assert_eq!(found, [""; 0], "another required workflow does no harm");
    let found = with_one(|job| job.without_line("require root gate = ruleset"));
    assert_eq!(found, ["problem gate-required"]);
    let protected = |job: Job| {
        job.without_line("require root gate = ruleset").line("require root gate = protection")
    };
    assert_eq!(with_one(protected), [""; 0], "classic protection counts");
    let found = with_one(|job| job.line("other-rules = 250"));
    assert_eq!(found, [""; 0], "further pages are read");
}

#[test]
fn each_fault_of_the_settings_is_named() {
    let line = |old: &'static str, new: &'static str| {
        move |job: Job| {
            let job = job.without_line(old);
            if new.is_empty() { job } else { job.line(new) }
        }
    };
    let pull_rule = "pull-request-rule = code-owners";
    assert_eq!(with_one(line(pull_rule, "")), ["warning codeowners"]);
    assert_eq!(with_one(line(pull_rule, "pull-request-rule = plain")), ["warning codeowners"]);
    let limit = "environment-branches rootgate = patterns";
    assert_eq!(with_one(line(limit, "")), ["warning environment-branches"]);
    let run = "run .github/workflows/posture.yml = 5h success";
    let run_ended = |end: &'static str| line(run, end);
    let failed = run_ended("run .github/workflows/posture.yml = 5h failure");
    assert_eq!(with_one(failed), ["warning schedule-last-run"]);
    let broken = run_ended("run .github/workflows/posture.yml = 5h startup_failure");
    assert_eq!(with_one(broken), ["problem schedule-last-run"]);
    assert_eq!(with_one(run_ended("")), ["problem schedule-last-run"]);
    let release = "in rootgate/rootgate release v0.1.0";
    assert_eq!(with_one(line(release, "")), ["warning action-pin"]);
    let upload = "analysis = 5h";
    assert_eq!(with_one(line(upload, "analysis = none")), [""; 0]);
    let found = with_one(line(upload, "fault analyses = advanced-security"));
    assert_eq!(found, ["warning code-scanning"]);
}

#[test]
fn each_fault_of_the_files_is_named() {
    let found = with_one(|job| job.main(POSTURE, &workflow("{ push: {} }", "", "{}")));
    assert_eq!(found, ["problem schedule-enabled", "not-checked schedule-last-run"]);
    let found = with_one(|job| job.main(".github/CODEOWNERS", "*.md @octo-org/docs\n"));
    assert_eq!(found, ["problem codeowners"]);
    let found = with_one(|job| job.main(".github/rootgate.yaml", "version: 9\n"));
    assert_eq!(found, ["problem policy-on-default-branch"]);
    let found = with_one(|job| job.work(".github/rootgate.yaml", "version: 9\n"));
    assert_eq!(found, ["problem policy", "warning policy-on-default-branch"]);
    let zeros = "0000000000000000000000000000000000000000";
    let pinned = |job: Job, pin: &str| {
        let pull = workflow("{ pull_request: {}, merge_group: {} }", "", "{}");
        job.main(PULL, &pull.replace(PIN, pin))
    };
    assert_eq!(with_one(|job| pinned(job, zeros)), ["problem action-pin"]);
    let foreign = "6dcb09b5b57875f334f61aebed695e2e4193db5f";
    assert_eq!(with_one(|job| pinned(job, foreign)), ["problem action-pin"]);
}

#[test]
fn the_examples_that_people_copy_are_right() {
    let example = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/workflows/");
        let text = std::fs::read_to_string(format!("{folder}{name}.yml")).unwrap();
        text.replace(&"0".repeat(40), PIN)
    };
    let found = with_one(|job| {
        let job = ["posture", "pull-request", "deploy"].into_iter().fold(job, |job, name| {
            job.main(&format!(".github/workflows/{name}.yml"), &example(name))
        });
        job.line("environment rootgate-policy = reviewers")
    });
    assert_eq!(found, [""; 0]);
    // Control: without its reviewers the same workflow relies on nobody.
    let found = with_one(|job| {
        job.main(PULL, &example("pull-request")).line("environment rootgate-policy = none")
    });
    assert_eq!(found, ["problem environment-reviewers", "warning environment-branches"]);
}
