//! Pull requests that cannot sign in, and policy changes that are accepted before the merge.

use crate::fake::Fake;
use crate::job::Job;
use crate::support::ACTIVE_KEY;

const FILE: &str = ".github/rootgate.yaml";
const POLICY: &str =
    "version: 1\nevidence: { root-events: off }\nscope: { accounts: [{ id: \"111122223333\" }] }\n";
const WEAKER: &str = "version: 1\nevidence: { root-events: off }\nscope: { accounts: [{ id: \"111122223333\" }] }\nrules: { root-access-key-active: off, root-access-key-present: off }\n";

/// A pull request that needs to sign in but has no OIDC.
fn without_token(aws: &Fake, line: &str) -> Job {
    Job::both(POLICY).live(aws, false).line(line)
}

#[test]
fn a_fork_is_not_evaluated_and_fails_unless_it_is_skipped() {
    let aws = Fake::with("");
    for head in ["octocat/octo-repo", "none"] {
        let mut job = without_token(&aws, &format!("pull 42 = {head}"));
        let ended = job.ends("not-evaluated", 3);
        assert!(ended.stdout.contains("fork"), "{}", ended.stdout);
        assert!(job.summary().contains("fork"), "{}", job.summary());
        assert_eq!(job.json()["accounts"].as_array().unwrap().len(), 0);
        assert_eq!(job.output("valid-until"), job.output("evaluated-at"));
        let mut job = without_token(&aws, &format!("pull 42 = {head}"));
        let ended = job.check(&["--on-fork", "skip"]);
        assert_eq!((ended.code, job.output("verdict").as_str()), (0, "not-evaluated"));
    }
    assert!(aws.calls().is_empty());
}

#[test]
fn a_fork_that_weakens_or_breaks_the_policy_fails_even_if_forks_are_skipped() {
    let aws = Fake::with("");
    for copy in [WEAKER, "version: 2\n"] {
        let mut job = without_token(&aws, "pull 42 = octocat/octo-repo").work(FILE, copy);
        let ended = job.check(&["--on-fork", "skip"]);
        assert_eq!((ended.code, job.output("verdict").as_str()), (1, "fail"), "{}", ended.stdout);
        assert_eq!(job.json()["policy_change"]["effect"], "fails");
        assert!(job.json()["policy_change"]["after_merge"].is_null());
    }
    // A fork cannot accept it.
    let mut job = without_token(&aws, "pull 42 = octocat/octo-repo").work(FILE, WEAKER);
    assert_eq!(job.check(&["--on-fork", "skip", "--accept-policy-change"]).code, 1);
}

#[test]
fn only_github_says_what_a_fork_is() {
    let aws = Fake::with("");
    // Independent of the event file: a branch of the repository without `id-token: write`, such as
    // Dependabot's, is an error that no flag skips.
    let mut job =
        without_token(&aws, "pull 42 = octo-org/octo-repo").set("GITHUB_ACTOR", "dependabot[bot]");
    job.folder.write(
        "event.json",
        r#"{"pull_request":{"head":{"repo":{"fork":true,"full_name":"octocat/x"}}}}"#,
    );
    job.check(&["--on-fork", "skip"]).refused(&["id-token: write"]);
    for (fault, part) in [
        ("fault pull = not-accessible", "pull-requests: read"),
        ("fault pull = not-found", "pull-requests: read"),
        ("fault pull = status 500", "pull request 42"),
        ("fault pull = braces", "pull request 42"),
    ] {
        let mut job = without_token(&aws, fault);
        job.check(&["--on-fork", "skip", "--timeout", "3s"]).refused(&[part]);
    }
    // Not a pull request.
    let mut job = without_token(&aws, "").on_main("push", crate::job::TIP);
    job.check(&["--on-fork", "skip"]).refused(&["id-token: write"]);
}

#[test]
fn a_fork_that_got_a_token_is_evaluated_and_so_is_evidence_from_files() {
    let aws = Fake::with("");
    let mut job = Job::both(POLICY).live(&aws, true).line("pull 42 = octocat/octo-repo");
    job.ends("pass", 0);
    assert_eq!(job.github.as_ref().unwrap().count("pull"), 0);
    let mut job = Job::both(POLICY).line("pull 42 = octocat/octo-repo").report(ACTIVE_KEY);
    job.ends("fail", 1);
}

#[test]
fn a_change_is_accepted_by_the_environment_that_githubs_token_names() {
    let aws = Fake::with("claim.environment = production");
    let mut job = Job::both(POLICY).work(FILE, WEAKER).oidc(&aws).report(ACTIVE_KEY);
    job = job.line("environment production = reviewers");
    let ended = job.check(&["--accept-policy-change"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let json = job.json();
    assert_eq!(
        (&json["policy"]["judge"], &json["policy"]["environment"]),
        (&"accepted-change".into(), &"production".into())
    );
    assert_eq!(json["policy_change"]["effect"], "accepted");
    assert_eq!(json["policy_change"]["weaker"], true);
    assert!(job.notices().contains(&"policy-change-accepted".to_owned()));
    assert!(!job.notices().contains(&"self-review".to_owned()));
    assert!(job.summary().contains("production"), "{}", job.summary());
    assert!(ended.stdout.starts_with("::add-mask::"), "{}", ended.stdout);
}

#[test]
fn an_environment_that_nobody_reviews_accepts_nothing() {
    let job = |name: &str, line: &str| {
        let aws = Fake::with(&format!("claim.environment = {name}"));
        let mut job = Job::both(POLICY).work(FILE, WEAKER).oidc(&aws).report(ACTIVE_KEY).line(line);
        let ended = job.check(&["--accept-policy-change", "--timeout", "5s"]);
        (job, ended)
    };
    for line in ["environment rootgate-policy = none", "environment rootgate-policy = timer"] {
        let (job, ended) = job("rootgate-policy", line);
        ended.refused(&[
            "the environment `rootgate-policy` has no required reviewers",
            "Settings, Environments",
            "--policy github:OWNER/REPO/PATH@REF",
            "ruleset bypass",
        ]);
        assert!(!job.folder.exists("out.json"));
    }
    // A failed request to GitHub does not count as a yes.
    for line in [
        "environment another = reviewers",
        "fault environment = not-accessible",
        "fault environment = not-found",
        "fault environment = bad-credentials",
        "fault environment = status 500",
        "fault environment = braces",
        "fault environment = html",
        "fault environment = primary",
    ] {
        let (_, ended) = job("rootgate-policy", line);
        ended.refused(&["has required reviewers is not known"]);
        let waits = line.ends_with("primary");
        assert_eq!(ended.stderr.contains("actions: read"), !waits, "{}", ended.stderr);
    }
    // A name may look like a path.
    for name in ["a/b c", "..", "../rootgate-policy"] {
        let (job, ended) = job(name, "environment rootgate-policy = reviewers");
        ended.refused(&["has required reviewers is not known"]);
        let calls = job.github.as_ref().unwrap().calls();
        assert!(calls.iter().all(|call| call["call"] != "unknown"), "{calls:?}");
    }
    let (_, ended) = job("a/b c", "environment a/b c = reviewers");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn an_environment_with_self_review_is_a_notice() {
    let aws = Fake::with("claim.environment = production");
    let job = Job::both(POLICY).work(FILE, WEAKER).oidc(&aws).report(ACTIVE_KEY);
    let mut job = job.line("environment Production = reviewers self-review");
    let ended = job.check(&["--accept-policy-change"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(job.notices().contains(&"self-review".to_owned()));
    assert!(ended.stdout.contains("Prevent self-review"), "{}", ended.stdout);
}

#[test]
fn without_a_token_of_that_environment_nothing_is_judged() {
    let job = || Job::both(POLICY).work(FILE, WEAKER).report(ACTIVE_KEY);
    let accept = ["--accept-policy-change"];
    job().check(&accept).refused(&["id-token: write", "environment"]);
    let unbound = Fake::with("");
    job().oidc(&unbound).check(&accept).refused(&["names no environment", "protected environment"]);
    let empty = Fake::with("claim.environment =");
    job().oidc(&empty).check(&accept).refused(&["names no environment"]);
    let mute = Fake::with("fault GitHubToken = denied");
    job().oidc(&mute).check(&accept).refused(&["--accept-policy-change"]);
}

#[test]
fn only_a_change_that_could_judge_is_accepted() {
    let aws = Fake::with("claim.environment = production");
    let accept = ["--accept-policy-change"];
    let reviewed = |job: Job| job.oidc(&aws).line("environment production = reviewers").report(&[]);
    let mut broken = reviewed(Job::both(POLICY).work(FILE, "version: 2\n"));
    broken.check(&accept).refused(&["version"]);
    let mut missing = reviewed(Job::both(POLICY).work("x", "").without(FILE));
    missing.check(&accept).refused(&["no policy to accept"]);
    let asked = aws.count("GitHubToken");
    let mut same = Job::both(POLICY).oidc(&aws).report(&[]);
    assert_eq!(same.check(&accept).code, 0);
    assert_eq!(same.json()["policy"]["judge"], "default-branch");
    assert_eq!(aws.count("GitHubToken"), asked);
}
