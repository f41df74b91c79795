//! The SDK turns a truncated answer into an empty one, which must not look like evidence.

use rootgate::collect::SignInError;
use rootgate::model::Cause;

use super::{gaps, run, settings};
use crate::fake::Fake;

/// Truncated answers, and the expected error of each.
const HALVES: &[(&str, &str)] = &[
    ("cut", "malformed XML"),
    ("hollow", "it has no `"),
    ("braces", "malformed XML"),
    ("empty", "its body is empty"),
    ("html", "malformed XML"),
];
/// The calls that return evidence, and the source of their gap.
const CALLS: &[(&str, usize)] = &[
    ("GetCredentialReport", 0),
    ("GenerateCredentialReport", 0),
    ("GetAccountSummary", 1),
    ("ListVirtualMFADevices", 2),
];

#[test]
fn half_an_answer_is_a_gap_that_names_the_call() {
    for (call, index) in CALLS {
        for (fault, reason) in HALVES {
            let age = if *call == "GenerateCredentialReport" { "none" } else { "1h" };
            let fake = Fake::with(&format!("report.age = {age}\nfault {call} = {fault}"));
            let collected = run(&settings(&fake)).result.unwrap();
            let gap = gaps(&collected)[*index].unwrap_or_else(|| panic!("{call} {fault}: no gap"));
            assert_eq!(gap.cause, Cause::Unreadable, "{call} {fault}");
            assert_eq!(gap.action, format!("iam:{call}"), "{fault}");
            assert!(gap.detail.contains(&format!("iam:{call}")), "{}", gap.detail);
            assert!(gap.detail.contains(reason), "{call} {fault}: {}", gap.detail);
            assert_eq!(fake.count(call), 1, "{call} {fault}: half an answer is not asked again");
            let others = gaps(&collected).iter().flatten().count();
            assert_eq!(others, 1, "{call} {fault}: the other facts are still there");
        }
    }
}

#[test]
fn an_ambiguous_answer_is_a_gap() {
    for (call, index, fault, reason) in [
        ("GetCredentialReport", 0, "twice", "more than one `Content`"),
        ("GetCredentialReport", 0, "split", "a comment"),
        ("GetAccountSummary", 1, "twice", "two entries `AccessKeysPerUserQuota`"),
        ("GetAccountSummary", 1, "odd-member", "contains a `item`, not only `entry`"),
        ("GetAccountSummary", 1, "split", "a comment"),
        ("ListVirtualMFADevices", 2, "twice", "more than one `VirtualMFADevices`"),
        ("ListVirtualMFADevices", 2, "odd-member", "contains a `item`, not only `member`"),
        ("ListVirtualMFADevices", 2, "split", "a comment"),
        ("ListVirtualMFADevices", 2, "no-user", "no `User` in a device that is assigned"),
    ] {
        let device = "device = arn:aws:iam::111122223333:mfa/d arn:aws:iam::111122223333:root";
        let fake = Fake::with(&format!("{device}\nfault {call} = {fault}"));
        let collected = run(&settings(&fake)).result.unwrap();
        let gap = gaps(&collected)[index].unwrap_or_else(|| panic!("{call} {fault}: no gap"));
        assert_eq!(gap.cause, Cause::Unreadable, "{call} {fault}");
        assert!(gap.detail.contains(reason), "{call} {fault}: {}", gap.detail);
        assert_eq!(fake.count(call), 1, "{call} {fault}");
    }
}

#[test]
fn an_endless_list_or_one_without_a_marker_is_a_gap() {
    for (fault, reason, calls) in [
        ("no-marker", "it has no `Marker`", 1),
        ("same-marker", "same page token twice", 2),
        ("endless", "more than 400 pages", 400),
    ] {
        let fake = Fake::with(&format!("fault ListVirtualMFADevices = {fault}"));
        let collected = run(&settings(&fake)).result.unwrap();
        let gap = gaps(&collected)[2].unwrap();
        assert_eq!(
            (gap.cause, gap.action.as_str()),
            (Cause::Unreadable, "iam:ListVirtualMFADevices")
        );
        assert!(gap.detail.contains(reason), "{}", gap.detail);
        assert_eq!(fake.count("ListVirtualMFADevices"), calls);
    }
}

#[test]
fn half_an_answer_while_signing_in_ends_the_run() {
    for call in ["AssumeRoleWithWebIdentity", "GetCallerIdentity"] {
        for (fault, reason) in HALVES {
            let fake = Fake::with(&format!("fault {call} = {fault}"));
            match run(&settings(&fake)).result.unwrap_err() {
                SignInError::Unreadable { call: named, message } => {
                    assert_eq!(named, format!("sts:{call}"));
                    assert!(message.contains(reason), "{call} {fault}: {message}");
                }
                other => panic!("{call} {fault}: {other:?}"),
            }
        }
    }
}

#[test]
fn an_answer_without_a_github_token_ends_the_run() {
    for fault in ["cut", "hollow", "braces", "empty", "html"] {
        let fake = Fake::with(&format!("fault GitHubToken = {fault}"));
        let error = run(&settings(&fake)).result.unwrap_err();
        assert!(matches!(error, SignInError::NoIdToken(_)), "{fault}: {error:?}");
        assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 0);
    }
}

#[test]
fn a_correct_body_with_a_wrong_content_type_is_read() {
    let fake = Fake::with("fault * = plain");
    let collected = run(&settings(&fake)).result.unwrap();
    assert_eq!(gaps(&collected), [None, None, None]);
}
