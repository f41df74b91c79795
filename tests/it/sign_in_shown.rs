//! Failed sign-ins as a user sees them: one layout, the next step in sight.

use crate::fake::Fake;
use crate::gate::{Gate, ROLE, policy_of};

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
