//! `rootgate doctor`: the real binary between a fake AWS and a fake GitHub.

mod aws;
mod faults;
mod planted;
mod shapes;

use serde_json::Value;

use crate::fake::Fake;
use crate::job::{Job, TIP};
use crate::support::Finished;

/// The commit that the workflows pin, which is a release of the action.
pub(crate) const PIN: &str = "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc";

/// Without events, which take seconds to read.
const POLICY: &str = "version: 1\nscope:\n  accounts:\n    - { id: \"111122223333\", name: prod, role-arn: \
                      \"arn:aws:iam::111122223333:role/rootgate\" }\nevidence: { root-events: off }\n";
const POSTURE: &str = ".github/workflows/posture.yml";
const PULL: &str = ".github/workflows/pull-request.yml";

/// A workflow with one job: the gate.
fn workflow(on: &str, job: &str, with: &str) -> String {
    format!(
        "on: {on}\njobs:\n  gate:\n    name: root gate\n    environment: rootgate\n{job}    steps:\n      - \
         uses: rootgate/rootgate@{PIN}\n        with: {with}\n"
    )
}

/// A repository in which everything is right.
fn sound() -> Job {
    let posture = workflow("{ schedule: [{ cron: '23 5 * * *' }] }", "", "{}");
    let pull = workflow("{ pull_request: {}, merge_group: {} }", "", "{}");
    let job = Job::pull_request()
        .on_main("push", TIP)
        .main(".github/rootgate.yaml", POLICY)
        .work(".github/rootgate.yaml", POLICY)
        .main(POSTURE, &posture)
        .main(PULL, &pull)
        .main(".github/CODEOWNERS", "/.github/ @octo-org/security\n");
    [
        "require root gate = ruleset",
        "pull-request-rule = code-owners",
        "environment rootgate = none",
        "environment-branches rootgate = patterns",
        "workflow .github/workflows/posture.yml = active 100d",
        "run .github/workflows/posture.yml = 5h success",
        "analysis = 5h",
        "in rootgate/rootgate release v0.1.0",
    ]
    .into_iter()
    .fold(job, Job::line)
    .line(&format!("in rootgate/rootgate ref tags/v0.1.0 = {PIN}"))
}

/// The checks of a run, as JSON.
fn checks(ended: &Finished) -> Vec<Value> {
    let json: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|_| panic!("{}\n{}", ended.stdout, ended.stderr));
    assert_eq!(json["schema"], "rootgate.doctor/v1");
    json["checks"].as_array().unwrap().clone()
}

/// Runs the doctor, and returns the exit code and the checks.
fn doctor(job: &mut Job, more: &[&str]) -> (i32, Vec<Value>) {
    let ended = job.run_in("", &["doctor", "--format", "json"], more);
    let json = ended.stdout.find('{').map(|at| ended.stdout[at..].to_owned());
    let ended = Finished { stdout: json.unwrap_or_default(), ..ended };
    (ended.code, checks(&ended))
}

/// `problem gate-required`, for every check that is not ok.
fn not_ok(checks: &[Value]) -> Vec<String> {
    let of = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let bad = checks.iter().filter(|check| check["status"] != "ok");
    bad.map(|check| format!("{} {}", of(check, "status"), of(check, "id"))).collect()
}

#[test]
fn a_sound_repository_is_all_right() {
    let aws = Fake::with("");
    let mut job = sound().live(&aws, true);
    let (code, all) = doctor(&mut job, &[]);
    assert_eq!(not_ok(&all), [""; 0], "{all:#?}");
    assert_eq!(code, 0);
    let ids: std::collections::BTreeSet<&str> =
        all.iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 17, "every check but `organization`: {ids:?}");
    assert_eq!(job.output("exit-code"), "0");
    let summary = job.summary();
    assert!(summary.starts_with("## rootgate doctor: 0 problems, 0 warnings, 0 not checked"));
    // What this token cannot see is said, with where to look.
    let required = all.iter().find(|check| check["id"] == "gate-required").unwrap();
    assert!(required["todo"].as_str().unwrap().contains("not checkable with this token"));
}

#[test]
fn text_is_aligned_and_ends_with_the_counts() {
    let aws = Fake::with("");
    let mut job = sound().live(&aws, true).line("codeowners-errors = 2");
    let ended = job.run_in("", &["doctor", "--color", "never"], &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let lines: Vec<&str> =
        ended.stdout.lines().filter(|it| !it.starts_with("::add-mask")).collect();
    assert!(
        lines[0].starts_with("ok          policy                    .github"),
        "{}",
        ended.stdout
    );
    assert!(
        lines
            .iter()
            .any(|it| it.starts_with("problem     codeowners                GitHub finds 2"))
    );
    assert_eq!(lines.last(), Some(&"1 problem, 0 warnings, 0 not checked"));
}

#[test]
fn nothing_in_the_log_of_a_public_repository_names_an_account() {
    let aws = Fake::with("fault GetAccountSummary = denied");
    let mut job = sound().live(&aws, true);
    for format in ["text", "json"] {
        let ended = job.run_in("", &["doctor", "--format", format, "--details", "redacted"], &[]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        // The runner itself does not show the commands that mask secrets.
        let both = ended.stdout.clone() + "\n" + &ended.stderr + &job.summary();
        let lines = both.lines().filter(|line| !line.starts_with("::add-mask::"));
        let shown = lines.collect::<Vec<_>>().join("\n");
        assert!(!shown.contains("111122223333"), "{shown}");
        assert!(shown.contains("prod") && shown.contains("iam:GetAccountSummary"), "{shown}");
    }
    // Control: a private repository reads all of it.
    let ended = job.run_in("", &["doctor", "--details", "full"], &[]);
    assert!(ended.stdout.contains("111122223333 (prod)"), "{}", ended.stdout);
}
