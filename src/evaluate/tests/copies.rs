//! What the checkout's copy of the policy does to the verdict, and runs that may not sign in.

use super::{ACTIVE_KEY, Run, evaluate, report, run, set};
use crate::evaluate::{NotEvaluated, effect};
use crate::model::{
    AccountReport, Change, ChangeKind, Effect, Evidence, Judge, KeyPath, NoticeCode, PolicyChange,
    PolicyCopy, PolicyOrigin, Problem, Report, Severity, Source, Verdict, parse_day,
};
use crate::policy::{OnWeaker, Policy};
use crate::testing::{NOW, built_in, healthy, time};

fn change(kind: ChangeKind) -> Change {
    Change {
        kind,
        key: KeyPath::section("gate").key("fail-on"),
        old: Some("medium".to_owned()),
        new: Some("high".to_owned()),
        old_line: Some(2),
        new_line: Some(3),
    }
}

fn changed(kinds: &[ChangeKind]) -> PolicyCopy {
    PolicyCopy::Changed { changes: kinds.iter().copied().map(change).collect(), after: None }
}

/// It says no more than the built-in defaults do, so nothing of it is weaker but that it is gone.
fn missing() -> PolicyCopy {
    PolicyCopy::Missing { changes: vec![change(ChangeKind::Stronger)], after: None }
}

fn broken() -> PolicyCopy {
    let message = "unknown key `gates`".to_owned();
    PolicyCopy::Broken(vec![Problem { message, line: Some(4) }])
}

fn behind() -> PolicyCopy {
    PolicyCopy::Behind { commit: "6dcb09b5b57875f334f61aebed695e2e4193db5e".to_owned() }
}

fn with_effect(copy: PolicyCopy, effect: Effect) -> Run {
    let path = Some("rootgate.yaml".to_owned());
    Run { policy_change: Some(PolicyChange { path, sha256: None, copy, effect }), ..run() }
}

/// A run beside such a copy, with the effect that the policy gives it.
fn with_copy(policy: &Policy, copy: PolicyCopy) -> Run {
    let effect = effect(policy, &copy);
    with_effect(copy, effect)
}

fn fork_run(skip: bool, run: Run) -> Run {
    let reason = "this is a pull request from a fork".to_owned();
    Run { not_evaluated: Some(NotEvaluated { reason, skip }), ..run }
}

fn accounts(policy: &Policy, evidence: &Evidence) -> Vec<AccountReport> {
    vec![evaluate(policy, evidence, time(NOW))]
}

fn found(report: &Report) -> (Verdict, u8) {
    (report.verdict, report.exit_code)
}

/// Verdict and exit code where the evidence itself is fine.
fn healthy_verdict(policy: &Policy, copy: PolicyCopy) -> (Verdict, u8) {
    found(&report(policy, accounts(policy, &healthy()), with_copy(policy, copy)))
}

fn tolerant() -> Policy {
    let mut policy = built_in();
    policy.gate.on_weaker = OnWeaker::Warn;
    policy
}

fn not_enforced(mut policy: Policy) -> Policy {
    policy.gate.enforce_from = parse_day("2026-12-01").ok();
    policy
}

fn active_key() -> Evidence {
    healthy().with_row(ACTIVE_KEY).with_count("AccountAccessKeysPresent", 1)
}

#[test]
fn a_weaker_copy_fails_the_gate_unless_the_judging_policy_tolerates_it() {
    use ChangeKind::{Other, Planned, Stronger, Weaker};
    let all = [Planned, Weaker, Stronger, Other];
    assert_eq!(healthy_verdict(&built_in(), changed(&all)), (Verdict::Fail, 1));
    assert_eq!(healthy_verdict(&tolerant(), changed(&all)), (Verdict::Pass, 0));
    assert_eq!(effect(&tolerant(), &changed(&all)), Effect::Tolerated);
    let harmless = changed(&[Planned, Stronger, Other]);
    assert_eq!(effect(&built_in(), &harmless), Effect::None);
    assert_eq!(healthy_verdict(&built_in(), harmless), (Verdict::Pass, 0));
    assert_eq!(healthy_verdict(&built_in(), changed(&[])), (Verdict::Pass, 0));
}

#[test]
fn a_deleted_copy_is_weaker_whatever_it_contained() {
    assert_eq!(healthy_verdict(&built_in(), missing()), (Verdict::Fail, 1));
    assert_eq!(healthy_verdict(&tolerant(), missing()), (Verdict::Pass, 0));
}

#[test]
fn a_broken_copy_fails_the_gate_and_nothing_tolerates_it() {
    assert_eq!(healthy_verdict(&built_in(), broken()), (Verdict::Fail, 1));
    assert_eq!(healthy_verdict(&tolerant(), broken()), (Verdict::Fail, 1));
}

#[test]
fn a_copy_that_is_only_behind_does_nothing() {
    assert_eq!(effect(&built_in(), &behind()), Effect::None);
    assert_eq!(healthy_verdict(&built_in(), behind()), (Verdict::Pass, 0));
}

#[test]
fn an_accepted_copy_judges_and_does_not_fail_for_being_weaker() {
    let run = || with_effect(changed(&[ChangeKind::Weaker]), Effect::Accepted);
    let policy = built_in();
    assert_eq!(found(&report(&policy, accounts(&policy, &healthy()), run())), (Verdict::Pass, 0));
    let failing = report(&policy, accounts(&policy, &active_key()), run());
    assert_eq!(found(&failing), (Verdict::Fail, 1));
}

#[test]
fn enforce_from_never_covers_a_weaker_or_broken_copy() {
    let policy = not_enforced(built_in());
    let weaker = || changed(&[ChangeKind::Weaker]);
    for copy in [weaker(), missing(), broken()] {
        assert_eq!(healthy_verdict(&policy, copy), (Verdict::Fail, 1));
    }
    // Nor what else fails beside it.
    let both = report(&policy, accounts(&policy, &active_key()), with_copy(&policy, weaker()));
    assert_eq!(found(&both), (Verdict::Fail, 1));
    // A tolerated one is covered like everything else.
    let policy = not_enforced(tolerant());
    let both = report(&policy, accounts(&policy, &active_key()), with_copy(&policy, weaker()));
    assert_eq!(found(&both), (Verdict::Fail, 0));
}

#[test]
fn a_failing_copy_wins_over_undetermined() {
    let evidence = healthy().without(Source::CredentialReport, crate::model::Cause::Denied);
    let policy = built_in();
    let weaker = with_copy(&policy, changed(&[ChangeKind::Weaker]));
    let both = report(&policy, accounts(&policy, &evidence), weaker);
    assert_eq!(found(&both), (Verdict::Fail, 1));
    let alone = report(&policy, accounts(&policy, &evidence), with_copy(&policy, behind()));
    assert_eq!(found(&alone), (Verdict::Undetermined, 3));
    // Also over a run that ended early.
    let ended = Run { incomplete: Some("out of time"), ..with_copy(&policy, broken()) };
    assert_eq!(found(&report(&policy, Vec::new(), ended)), (Verdict::Fail, 1));
}

#[test]
fn a_stronger_copy_hides_nothing_that_the_judging_policy_finds() {
    let policy = built_in();
    let run = with_copy(&policy, changed(&[ChangeKind::Stronger]));
    assert_eq!(found(&report(&policy, accounts(&policy, &active_key()), run)), (Verdict::Fail, 1));
}

// -- runs that may not sign in --------------------------------------------------------------------

fn fork(policy: &Policy, skip: bool, run: Run) -> (Verdict, u8) {
    found(&report(policy, Vec::new(), fork_run(skip, run)))
}

#[test]
fn what_was_not_evaluated_blocks_unless_it_is_skipped() {
    assert_eq!(fork(&built_in(), false, run()), (Verdict::NotEvaluated, 3));
    assert_eq!(fork(&built_in(), true, run()), (Verdict::NotEvaluated, 0));
    let policy = not_enforced(built_in());
    assert_eq!(fork(&policy, false, run()), (Verdict::NotEvaluated, 0));
    assert_eq!(fork(&policy, true, run()), (Verdict::NotEvaluated, 0));
}

#[test]
fn a_weaker_or_broken_copy_of_a_fork_fails_even_where_forks_are_skipped() {
    for skip in [false, true] {
        for copy in [changed(&[ChangeKind::Weaker]), missing(), broken()] {
            let run = || with_copy(&built_in(), copy.clone());
            assert_eq!(fork(&built_in(), skip, run()), (Verdict::Fail, 1));
            assert_eq!(fork(&not_enforced(built_in()), skip, run()), (Verdict::Fail, 1));
        }
        let exit = if skip { 0 } else { 3 };
        for copy in [changed(&[ChangeKind::Stronger, ChangeKind::Planned]), behind()] {
            let run = with_copy(&built_in(), copy);
            assert_eq!(fork(&built_in(), skip, run), (Verdict::NotEvaluated, exit));
        }
        let weaker = with_copy(&tolerant(), changed(&[ChangeKind::Weaker]));
        assert_eq!(fork(&tolerant(), skip, weaker), (Verdict::NotEvaluated, exit));
    }
}

#[test]
fn what_was_not_evaluated_may_not_be_relied_on_for_a_second() {
    for skip in [false, true] {
        let judged = report(&built_in(), Vec::new(), fork_run(skip, run()));
        assert_eq!(judged.valid_until, time(NOW));
        assert_eq!(judged.not_evaluated.as_deref(), Some("this is a pull request from a fork"));
    }
}

// -- notices --------------------------------------------------------------------------------------

fn messages(policy: &Policy, run: Run) -> Vec<(NoticeCode, String)> {
    let notices = report(policy, Vec::new(), run).notices;
    notices.into_iter().map(|notice| (notice.code(), notice.message())).collect()
}

fn message(policy: &Policy, run: Run, code: NoticeCode) -> Option<String> {
    let all = messages(policy, run);
    all.into_iter().find(|(other, _)| *other == code).map(|(_, message)| message)
}

#[test]
fn a_run_that_judged_nobody_says_nothing_of_unused_waivers_or_an_unnamed_scope() {
    let mut policy = built_in();
    policy.waivers = vec![super::key_waiver("2026-11-01", "2027-01-15")];
    let unnamed = Run { scope_named: false, ..run() };
    let codes = |run: Run| -> Vec<NoticeCode> {
        messages(&policy, run).into_iter().map(|(code, _)| code).collect()
    };
    assert_eq!(codes(fork_run(true, unnamed.clone())), []);
    assert_eq!(codes(unnamed), [NoticeCode::ScopeNotNamed, NoticeCode::WaiverUnused]);
    // Notices about the policy itself remain.
    set(&mut policy, "root-mfa-missing", Severity::Low);
    assert!(message(&policy, fork_run(true, run()), NoticeCode::RuleLowered).is_some());
}

#[test]
fn before_enforce_from_a_notice_says_what_blocks_already() {
    let policy = not_enforced(built_in());
    let notice = |run| message(&policy, run, NoticeCode::NotEnforcedYet).unwrap();
    let weaker = with_copy(&policy, changed(&[ChangeKind::Weaker]));
    let from = "the gate blocks from 2026-12-01 on (`enforce-from`); ";
    assert_eq!(
        notice(weaker),
        format!("{from}a weaker or broken copy of the policy blocks already")
    );
    assert_eq!(notice(run()), format!("{from}today it would block"));
    assert_eq!(notice(fork_run(true, run())), format!("{from}today the pipeline would continue"));
}

#[test]
fn the_built_in_defaults_say_who_has_no_policy() {
    let notice = |judge| {
        let run = Run { origin: PolicyOrigin::built_in(judge), ..run() };
        message(&built_in(), run, NoticeCode::BuiltInPolicy).unwrap()
    };
    let judge = "the strict built-in defaults judge";
    assert_eq!(
        notice(Judge::DefaultBranch),
        format!("the default branch has no policy file: {judge}")
    );
    assert_eq!(notice(Judge::Checkout), format!("the checkout has no policy file: {judge}"));
    assert!(notice(Judge::File).starts_with("no policy file was found (rootgate.yaml or "));
}

#[test]
fn a_judge_that_is_not_the_default_branch_is_said_even_where_it_has_no_file() {
    let notice = |judge, code| {
        let file = Run { origin: PolicyOrigin { judge, ..run().origin }, ..run() };
        let none = Run { origin: PolicyOrigin::built_in(file.origin.judge.clone()), ..run() };
        let text = message(&built_in(), file, code);
        assert_eq!(message(&built_in(), none, code), text);
        text
    };
    let checkout = notice(Judge::Checkout, NoticeCode::CheckoutPolicy).unwrap();
    assert!(checkout.ends_with("anybody who can change the branch can change it"));
    let environment = "production".to_owned();
    let accepted = notice(Judge::Accepted { environment }, NoticeCode::PolicyChangeAccepted);
    assert!(accepted.unwrap().ends_with("it was accepted for the environment `production`"));
    let remote = |pinned| Judge::Remote { repository: "octo-org/security".to_owned(), pinned };
    let notice = |pinned| notice(remote(pinned), NoticeCode::RemotePolicy).unwrap();
    assert_eq!(notice(true), "a policy of another repository judged: octo-org/security");
    assert!(notice(false).ends_with("; its ref is not a commit id, so it can be moved"));
    for quiet in [Judge::File, Judge::DefaultBranch] {
        let run = Run { origin: PolicyOrigin { judge: quiet, ..run().origin }, ..run() };
        assert_eq!(messages(&built_in(), run), []);
    }
}
