//! The AWS side: accounts side by side, calls, Regions, the report, the clock, an organization.

use serde_json::Value;

use super::{POLICY, doctor, not_ok, sound};
use crate::fake::Fake;
use crate::job::Job;

fn of<'a>(checks: &'a [Value], id: &str) -> Vec<&'a Value> {
    checks.iter().filter(|check| check["id"] == id).collect()
}

fn statuses<'a>(checks: &'a [Value], id: &str) -> Vec<&'a str> {
    of(checks, id).into_iter().map(|check| check["status"].as_str().unwrap()).collect()
}

/// The sound repository with another policy.
fn with_policy(policy: &str) -> Job {
    sound().main(".github/rootgate.yaml", policy).work(".github/rootgate.yaml", policy)
}

#[test]
fn a_denied_call_is_named_with_what_to_grant_and_the_others_are_listed() {
    let aws = Fake::with("fault ListVirtualMFADevices = denied");
    let (code, checks) = doctor(&mut sound().live(&aws, true), &[]);
    assert_eq!((code, not_ok(&checks)), (1, vec!["problem aws-call".to_owned()]));
    let calls = of(&checks, "aws-call");
    assert!(calls[0]["seen"].as_str().unwrap().contains("iam:GetAccountSummary"), "{calls:?}");
    assert_eq!(calls[1]["todo"], "grant iam:ListVirtualMFADevices to the role");
    assert_eq!(calls[1]["account"], "111122223333");
}

#[test]
fn a_region_that_refuses_is_named() {
    let policy = POLICY.replace("off }", "{ lookback: 7d, regions: [eu-west-1] } }");
    let aws = Fake::with("region = eu-west-1\nfault LookupEvents@eu-west-1 = denied");
    let (code, checks) = doctor(&mut with_policy(&policy).live(&aws, true), &[]);
    assert_eq!(code, 1);
    let regions = of(&checks, "aws-regions");
    let refused = regions.iter().find(|check| check["status"] == "problem").unwrap();
    assert!(refused["seen"].as_str().unwrap().starts_with("eu-west-1: "), "{refused}");
}

#[test]
fn a_clock_that_is_off_is_a_problem() {
    for (line, expected) in
        [("", "ok"), ("clock.ahead = 2m\n", "warning"), ("clock.ahead = 10m\n", "problem")]
    {
        let aws = Fake::start(&format!("{line}account = 111122223333\n"));
        let (_, checks) = doctor(&mut sound().live(&aws, true), &[]);
        assert_eq!(statuses(&checks, "aws-clock"), [expected], "{line}");
    }
}

#[test]
fn a_role_that_does_not_trust_the_token_is_shown_the_statement_that_would() {
    let aws = Fake::start("trust.sub = repo:octo-org/other:*\naccount = 111122223333\n");
    let (code, checks) = doctor(&mut sound().live(&aws, true), &[]);
    assert_eq!(code, 1);
    let sign_in = of(&checks, "aws-sign-in");
    assert_eq!(sign_in[0]["status"], "problem");
    let todo = sign_in[0]["todo"].as_str().unwrap();
    assert!(todo.contains("token.actions.githubusercontent.com:sub"), "{todo}");
    assert_eq!(statuses(&checks, "aws-call"), ["not-checked"]);
    assert_eq!(statuses(&checks, "gate-required"), ["ok"], "GitHub is looked at all the same");
}

#[test]
fn one_account_that_refuses_says_nothing_of_the_others() {
    let two =
        "    - { id: \"444455556666\", role-arn: \"arn:aws:iam::444455556666:role/rootgate\" }\n";
    let policy = POLICY.replace("evidence:", &format!("{two}evidence:"));
    let aws = Fake::start("account = 111122223333\naccount = 444455556666\n");
    let job = with_policy(&policy).oidc(&aws);
    let url = aws.url();
    let (code, checks) = doctor(&mut { job }, &["--endpoint-url", &url]);
    assert_eq!((code, statuses(&checks, "aws-sign-in")), (0, vec!["ok", "ok"]), "{checks:#?}");
    let refusing = policy.replace("444455556666:role", "444455556667:role");
    let refusing = refusing.replace("id: \"444455556666\"", "id: \"444455556667\"");
    let aws = Fake::start(
        "account = 111122223333\nidentity = 111122223333\naccount = 444455556667\nidentity = 123456789012\n",
    );
    let url = aws.url();
    let (code, checks) = doctor(&mut with_policy(&refusing).oidc(&aws), &["--endpoint-url", &url]);
    assert_eq!(code, 1);
    assert_eq!(statuses(&checks, "aws-sign-in"), ["ok", "problem"], "{checks:#?}");
    assert_eq!(statuses(&checks, "aws-report"), ["ok", "not-checked"]);
}

const ORGANIZATION: &str = "version: 1\nscope: { organization: { member-role: rootgate } }\nevidence: { root-events: \
                            off }\n";

#[test]
fn an_organization_is_listed_and_a_sample_of_its_members_is_entered() {
    let aws = Fake::start("organization = 12\n");
    let job = || with_policy(ORGANIZATION).live(&aws, false);
    let keys = |job: Job| {
        job.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .set("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    };
    let (_, checks) = doctor(&mut keys(job()), &[]);
    let organization = of(&checks, "organization");
    assert!(organization.iter().all(|check| check["status"] == "ok"), "{checks:#?}");
    assert!(organization[0]["seen"].as_str().unwrap().contains("12 accounts"), "{organization:?}");
    assert!(organization[1]["todo"].as_str().unwrap().contains("--all"), "{organization:?}");
    let entered = aws.count("AssumeRole");
    let (_, checks) = doctor(&mut keys(job()), &["--all"]);
    let organization = of(&checks, "organization");
    assert_eq!(organization[1]["todo"], Value::Null, "{organization:?}");
    assert!(aws.count("AssumeRole") - entered > entered, "all of them");
}
