//! Failed sign-ins as a user sees them: one layout, with the next step.

use crate::fake::Fake;
use crate::gate::{Gate, KEY_ID, ROLE, SECRET_KEY, policy_of};
use crate::support::{Finished, Folder, rootgate, side_by_side};

fn layout(text: &str) -> Vec<&str> {
    let parts = ["error: ", "  said: ", "  effect: ", "  help: "];
    text.lines().filter_map(|line| parts.into_iter().find(|part| line.starts_with(part))).collect()
}

#[test]
fn without_credentials_three_ways_to_give_some_are_shown() {
    let gate = Gate::signed_out(Fake::with(""));
    let ended = gate.run(&["check"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.stderr);
    assert!(gate.fake.names().is_empty());
}

#[test]
fn a_role_that_does_not_trust_the_token_is_shown_the_statement_that_would() {
    let gate = Gate::on_github(Fake::example("untrusted.txt"));
    let ended = gate.run(&["check", "--role-arn", ROLE, "--details", "full"]);
    assert_eq!(ended.code, 2);
    assert_eq!(layout(&ended.stderr), ["error: ", "  said: ", "  effect: ", "  help: "]);
    insta::assert_snapshot!(ended.stderr);
    assert_eq!(gate.fake.count("AssumeRoleWithWebIdentity"), 1, "a denial is not asked again");
}

#[test]
fn a_role_of_another_account_than_the_allowed_one_is_shown_both() {
    let gate = Gate::on_github(Fake::with(""));
    let ended =
        gate.run(&["check", "--role-arn", ROLE, "--account", "444455556666", "--details", "full"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.stderr);
    assert_eq!(gate.evidence_calls(), 0);
}

#[test]
fn strangers_read_what_to_do_and_no_more() {
    let gate = Gate::on_github(Fake::example("untrusted.txt"));
    let ended = gate.run(&["check", "--role-arn", ROLE]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn a_missing_token_permission_is_named_under_github_actions() {
    let policy = policy_of(&["111122223333"], "");
    let gate = Gate::on_github_without_token(Fake::with("")).policy(&policy);
    let ended = gate.run(&["check"]);
    ended.refused(&["GitHub offers this job no OIDC token", "id-token: write"]);
    assert_eq!(ended.stderr.matches("effect: ").count(), 1, "{}", ended.stderr);
}

#[test]
fn without_a_network_the_call_and_what_to_look_at_are_named() {
    let gate = Gate::with_keys(Fake::with(""));
    let ended = gate.run(&["check", "--endpoint-url", "http://127.0.0.1:1", "--timeout", "1s"]);
    ended.refused(&["error: there was no usable answer to sts:GetCallerIdentity", "HTTPS_PROXY"]);
    assert_eq!(layout(&ended.stderr), ["error: ", "  said: ", "  effect: ", "  help: "]);
    assert!(gate.fake.names().is_empty());
    println!("{}", ended.stderr);
}

/// An unreachable proxy simulates an unknown DNS name: both end without an answer.
#[test]
fn a_region_that_may_be_misspelt_is_named_with_where_it_comes_from() {
    let folder = Folder::new();
    let config = folder.write("config", "[profile abroad]\nregion = us-est-3\n");
    let run = |variable: Option<(&str, &str)>, flags: &[&str]| {
        let mut command = rootgate(folder.path());
        command
            .args(["check", "--timeout", "3s"])
            .args(flags)
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("HOME", folder.path())
            .env("AWS_CONFIG_FILE", &config)
            .envs(variable);
        Finished::from_output(command.output().unwrap())
    };
    side_by_side(
        [
            (
                None,
                &["--region", "us-est-1"][..],
                "Region `us-est-1` may not exist: check the name, which `--region`",
            ),
            (
                Some(("AWS_REGION", "us-est-2")),
                &[],
                "Region `us-est-2` may not exist: check the name, which `AWS_REGION`",
            ),
            (
                Some(("AWS_DEFAULT_REGION", "us-est-2")),
                &[],
                "which `AWS_REGION` or `AWS_DEFAULT_REGION` sets",
            ),
            (
                Some(("AWS_PROFILE", "abroad")),
                &[],
                "Region `us-est-3` may not exist: check the name, which the selected profile",
            ),
        ],
        |(variable, flags, expected)| {
            run(variable, flags).refused(&["sts:GetCallerIdentity", expected, "HTTPS_PROXY"]);
        },
    );
    // The control: the Region was not set.
    let ended = run(None, &[]);
    ended.refused(&["help: check the network"]);
    assert!(!ended.stderr.contains("no Region"), "{}", ended.stderr);
}
