//! Attempts of a branch to bypass the gate, and the results: one table, with the real binary.

use std::fmt::Write;

use crate::fake::Fake;
use crate::job::{EARLIER, Job, OWN, TIP, now};
use crate::support::{ACTIVE_KEY, Finished};

const FILE: &str = ".github/rootgate.yaml";
const POLICY: &str = "\
version: 1
evidence: { root-events: off }
scope:
  accounts:
    - { id: \"111122223333\", name: prod }
gate:
  fail-on: medium
";
const OFF: &str = "rules: { root-access-key-active: off, root-access-key-present: off }\n";

fn off() -> String {
    POLICY.to_owned() + OFF
}

fn hours(hours: i64) -> String {
    let at = now() + chrono::TimeDelta::hours(hours);
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn window(from: i64, to: i64) -> String {
    format!(
        "{POLICY}windows:\n  - {{ id: tax, reason: tax, ticket: CHG-1, from: {}, to: {} }}\n",
        hours(from),
        hours(to)
    )
}

fn waiver() -> String {
    let today = now().date_naive();
    let ends = today + chrono::TimeDelta::days(30);
    format!(
        "{POLICY}waivers:\n  - {{ rule: root-access-key-active, accounts: [\"111122223333\"], subject: \
         {{ access-key-created: 2019-05-02 }}, reason: moves, ticket: SEC-1, from: {today}, expires: {ends} }}\n"
    )
}

/// An account with an active key, which the policy of the default branch blocks.
fn key() -> Job {
    Job::both(POLICY).report(ACTIVE_KEY)
}

/// An account without findings.
fn sound() -> Job {
    Job::both(POLICY).report(&[])
}

fn row(what: &str, job: &mut Job, flags: &[&str]) -> String {
    let ended = job.check(flags);
    let judged = if ended.code == 2 { error(&ended) } else { report_line(job) };
    format!("{what:<66} exit {}  {judged}\n", ended.code)
}

fn error(ended: &Finished) -> String {
    let errors: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("error")).collect();
    errors[0].to_owned()
}

/// Verdict, findings, the judging policy, and the state of the copy.
fn report_line(job: &Job) -> String {
    let json = job.json();
    let text =
        |pointer: &str| json.pointer(pointer).and_then(|it| it.as_str()).unwrap_or("-").to_owned();
    let after = text("/policy_change/after_merge/verdict");
    format!(
        "{}, {} failed, by {}; copy {}, {}; after this merge {after}",
        text("/verdict"),
        json["counts"]["failed"],
        text("/policy/judge"),
        text("/policy_change/copy"),
        text("/policy_change/effect"),
    )
}

#[cfg(unix)]
fn linked() -> Job {
    let job = key().work("weak.yaml", &off()).without(FILE);
    std::os::unix::fs::symlink("../weak.yaml", job.in_work(FILE)).unwrap();
    job
}

#[cfg(unix)]
#[test]
fn what_a_branch_may_try_and_what_the_gate_answers() {
    let aws = Fake::with("claim.environment = production");
    let unbound = Fake::with("");
    let fork = |job: Job| job.live(&aws, false).line("pull 42 = mona/octo-repo");
    let evil = r#"{"repository":{"default_branch":"evil","visibility":"private"}}"#;
    let evil = |job: Job| {
        job.folder.write("event.json", evil);
        job.set("GITHUB_BASE_REF", "evil").line(&format!("ref heads/evil = {OWN}"))
    };
    let behind = |sha| {
        let lower = POLICY.replace("medium", "high");
        let job = Job::pull_request().main(FILE, POLICY).earlier(FILE, &lower).work(FILE, &lower);
        job.on_main("push", sha).report(ACTIVE_KEY)
    };
    let used = hours(-24);
    let late = |policy: &str| {
        Job::both(POLICY).work(FILE, policy).report(&[("password_last_used", used.as_str())])
    };
    let merge = |job: Job| {
        job.set("GITHUB_EVENT_NAME", "merge_group")
            .set("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-42-6dcb09b5")
    };
    let together =
        POLICY.replace("medium", "high") + "rules: { root-mfa-missing: { severity: medium } }\n";
    let attempts: Vec<(&str, Job, &[&str])> = vec![
        ("changes nothing, sound account", sound(), &[]),
        ("changes nothing, active key", key(), &[]),
        ("switches the rule off, active key", key().work(FILE, &off()), &[]),
        ("switches the rule off, sound account", sound().work(FILE, &off()), &[]),
        ("adds a window for yesterday's use", late(&window(-26, -22)), &[]),
        ("plans a window for next week", sound().work(FILE, &window(160, 162)), &[]),
        ("adds a waiver", key().work(FILE, &waiver()), &[]),
        ("deletes the policy", sound().work("README.md", "").without(FILE), &[]),
        ("moves it as it is", sound().without(FILE).work("rootgate.yaml", POLICY), &[]),
        ("moves it and weakens it", key().without(FILE).work("rootgate.yaml", &off()), &[]),
        ("makes it a link to another file", linked(), &[]),
        ("breaks it", sound().work(FILE, "version: 2\n"), &[]),
        (
            "says on-weaker: warn in itself",
            sound().work(FILE, &POLICY.replace("gate:", "gate:\n  on-weaker: warn")),
            &[],
        ),
        ("adds a second default policy", key().work("rootgate.yaml", &off()), &[]),
        (
            "moves it to another default place and weakens it",
            Job::pull_request().main("rootgate.yaml", POLICY).work(FILE, &off()).report(ACTIVE_KEY),
            &[],
        ),
        (
            "names another file by the input `policy`",
            key().work("weak.yaml", &off()),
            &["--policy", "weak.yaml"],
        ),
        (
            "names a file outside of the checkout",
            key(),
            &["--policy", "../main/.github/rootgate.yaml"],
        ),
        ("edits the event file and GITHUB_BASE_REF", evil(key().work(FILE, &off())), &[]),
        ("sets SSL_CERT_FILE", key().set("SSL_CERT_FILE", "/tmp/evil.pem"), &[]),
        ("sets HTTPS_PROXY", key().set("HTTPS_PROXY", "http://127.0.0.1:9"), &[]),
        (
            "sets AWS_ENDPOINT_URL",
            Job::both(POLICY).oidc(&aws).set("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            &["--role-arn", "arn:aws:iam::111122223333:role/rootgate"],
        ),
        ("sets PATH", sound().set("PATH", "/nowhere"), &[]),
        (
            "is weaker only together with another, in the merge queue",
            merge(sound().work(FILE, &together)),
            &[],
        ),
        ("is run again after the default branch moved on", behind(EARLIER), &[]),
        (
            "shows an older state that the default branch never had",
            behind(OWN).set("GITHUB_SHA", TIP),
            &[],
        ),
        (
            "is checked out on pull_request_target",
            key().work(FILE, &off()).on_main("pull_request_target", TIP),
            &[],
        ),
        (
            "is checked out on workflow_run",
            key().work(FILE, &off()).on_main("workflow_run", TIP),
            &[],
        ),
        (
            "is checked out on issue_comment",
            key().work(FILE, &off()).on_main("issue_comment", TIP),
            &[],
        ),
        ("comes from a fork", fork(Job::both(POLICY)), &[]),
        ("comes from a fork, on-fork: skip", fork(Job::both(POLICY)), &["--on-fork", "skip"]),
        (
            "comes from a fork and weakens, on-fork: skip",
            fork(Job::both(POLICY).work(FILE, &off())),
            &["--on-fork", "skip"],
        ),
        (
            "is Dependabot's, without id-token: write, on-fork: skip",
            Job::both(POLICY).live(&aws, false).line("pull 42 = octo-org/octo-repo"),
            &["--on-fork", "skip"],
        ),
        ("accepts itself, without OIDC", key().work(FILE, &off()), &["--accept-policy-change"]),
        (
            "accepts itself, bound to no environment",
            key().work(FILE, &off()).oidc(&unbound),
            &["--accept-policy-change"],
        ),
        (
            "is accepted in the environment production",
            key().work(FILE, &off()).oidc(&aws).line("environment production = reviewers"),
            &["--accept-policy-change"],
        ),
        (
            "accepts itself, in an environment that nobody reviews",
            key().work(FILE, &off()).oidc(&aws).line("environment production = none"),
            &["--accept-policy-change"],
        ),
        ("asks for the checkout's copy", key().work(FILE, &off()), &["--policy-from", "checkout"]),
    ];
    let mut table = String::new();
    for (what, mut job, flags) in attempts {
        write!(table, "{}", row(what, &mut job, flags)).unwrap();
    }
    insta::assert_snapshot!(table);
}

/// The summary without times and the folder of the run.
fn timeless(job: &Job) -> String {
    let folder = job.folder.path().display().to_string();
    let text = job.summary().replace(&folder, "FOLDER");
    let is_time =
        |word: &str| word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
    let plain = |letter: char| !(letter.is_ascii_alphanumeric() || "-:".contains(letter));
    let mut out = String::new();
    for word in text.split_inclusive(plain) {
        let core = word.trim_end_matches(plain);
        let rest = &word[core.len()..];
        out += if is_time(core) { "TIME" } else { core };
        out += rest;
    }
    out
}

#[test]
fn the_summaries_of_three_pull_requests() {
    let weakens = POLICY.replace("medium", "critical")
        + "rules:\n  root-mfa-not-hardware: { severity: medium }\n";
    let mut job = key().work(FILE, &weakens);
    job.check(&["--details", "full"]);
    insta::assert_snapshot!("weakens", timeless(&job));
    let mut job = sound().work(FILE, &POLICY.replace("medium", "low"));
    job.check(&["--details", "full"]);
    insta::assert_snapshot!("strengthens", timeless(&job));
    let aws = Fake::with("");
    let mut job = Job::both(POLICY).live(&aws, false).line("pull 42 = mona/octo-repo");
    job.check(&["--details", "full"]);
    insta::assert_snapshot!("fork", timeless(&job));
}
