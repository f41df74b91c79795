//! Several accounts in one run.

use std::time::{Duration, Instant};

use rootgate::collect::SignInError;
use rootgate::model::{AccountId, Cause, Evidence};

use super::{run, settings, target};
use crate::fake::Fake;

const IDS: [&str; 3] = ["444455556666", "111122223333", "123456789012"];

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/rootgate")
}

fn three(more: &str) -> Fake {
    let lines: Vec<String> = IDS.iter().map(|id| format!("account = {id}")).collect();
    Fake::start(&format!("{}\n{more}\n", lines.join("\n")))
}

fn ids(evidence: &[Evidence]) -> Vec<&str> {
    evidence.iter().map(|evidence| evidence.account.as_str()).collect()
}

#[test]
fn each_account_is_entered_by_its_own_token_and_reported_in_order() {
    let fake = three("");
    let mut settings = settings(&fake);
    settings.targets = IDS.iter().map(|id| target(id, Some(&role(id)))).collect();
    let collected = run(&settings).result.unwrap();
    assert_eq!(ids(&collected.evidence), IDS);
    assert!(collected.evidence.iter().all(|evidence| !evidence.nothing_read()));
    assert_eq!(fake.count("GitHubToken"), 3);
    assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 3);
    assert_eq!(fake.count("AssumeRole"), 0);
    assert_eq!(fake.count("GetAccountSummary"), 3);
}

#[test]
fn a_further_account_that_cannot_be_entered_has_gaps_only_for_itself() {
    let fake = Fake::start(
        "account = 111122223333\naccount = 444455556666\nfault GetCallerIdentity = denied\n",
    );
    let mut settings = settings(&fake);
    settings.targets =
        ["111122223333", "444455556666"].map(|id| target(id, Some(&role(id)))).to_vec();
    let collected = run(&settings).result.unwrap();
    assert!(!collected.evidence[0].nothing_read());
    let gap = collected.evidence[1].credential_report.as_ref().unwrap_err();
    assert_eq!(gap.cause, Cause::NotEntered);
    assert!(gap.detail.starts_with("the account could not be entered"), "{}", gap.detail);
    assert!(gap.detail.contains("is not authorized"), "{}", gap.detail);
    assert_eq!(collected.incomplete, None);
    settings.targets.reverse();
    assert!(run(&settings).result.is_err(), "the first one decides");
}

#[test]
fn a_further_session_that_is_not_in_its_roles_account_is_a_gap() {
    let fake =
        Fake::start("account = 111122223333\naccount = 444455556666\nidentity = 123456789012\n");
    let mut settings = settings(&fake);
    settings.targets =
        ["111122223333", "444455556666"].map(|id| target(id, Some(&role(id)))).to_vec();
    let collected = run(&settings).result.unwrap();
    assert!(!collected.evidence[0].nothing_read());
    assert!(collected.evidence[1].nothing_read());
    let gap = collected.evidence[1].credential_report.as_ref().unwrap_err();
    assert_eq!(gap.cause, Cause::NotEntered);
    assert!(gap.detail.contains("belongs to account 123456789012"), "{}", gap.detail);
    assert_eq!(fake.count("GetAccountSummary"), 1);
}

#[test]
fn an_account_without_a_role_must_be_the_runs_own() {
    let fake = three("");
    let mut settings = settings(&fake);
    settings.entry.role_arn = Some(role("111122223333"));
    settings.targets =
        vec![target(IDS[0], None), target(IDS[1], None), target(IDS[2], Some(&role(IDS[2])))];
    let collected = run(&settings).result.unwrap();
    assert_eq!(ids(&collected.evidence), IDS);
    let gap = collected.evidence[0].account_summary.as_ref().unwrap_err();
    assert_eq!(gap.cause, Cause::NotEntered);
    assert_eq!(
        gap.detail,
        "the account has no `role-arn` in the policy's `scope.accounts`, and the credentials of \
         this run belong to 111122223333: give each account a role, as in docs/action.md, \
         \"Several accounts\""
    );
    assert!(!collected.evidence[1].nothing_read() && !collected.evidence[2].nothing_read());
    assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 2, "its own account not again");
    settings.targets.truncate(1);
    let error = run(&settings).result.unwrap_err();
    assert!(matches!(error, SignInError::WrongAccount { .. }), "{error:?}");
}

#[test]
fn an_account_that_is_not_allowed_is_not_entered() {
    let fake = three("");
    let mut settings = settings(&fake);
    settings.targets = IDS.iter().map(|id| target(id, Some(&role(id)))).collect();
    settings.entry.allowed_accounts =
        IDS[..2].iter().map(|id| id.parse::<AccountId>().unwrap()).collect();
    let collected = run(&settings).result.unwrap();
    assert!(collected.evidence[2].nothing_read());
    assert_eq!(fake.count("AssumeRoleWithWebIdentity"), 2);
}

#[test]
fn one_slow_account_does_not_delay_the_others_beyond_the_limit() {
    let fake = three("fault GetAccountSummary = hang");
    let mut settings = settings(&fake);
    settings.entry.timeout = Duration::from_secs(3);
    settings.concurrency = 1;
    settings.targets = [IDS[2], IDS[0], IDS[1]].map(|id| target(id, Some(&role(id)))).to_vec();
    let started = Instant::now();
    let collected = run(&settings).result.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let summary = |index: usize| collected.evidence[index].account_summary.as_ref();
    assert_eq!(summary(0).unwrap_err().cause, Cause::TimedOut);
    assert!(summary(1).is_ok() && summary(2).is_ok());
    assert_eq!(collected.incomplete, Some("the time limit was reached"));
}

#[test]
fn a_long_list_does_not_shorten_the_time_of_its_accounts() {
    let ids: Vec<String> = (0..20).map(|number| format!("4444555566{number:02}")).collect();
    let slow = "fault GetAccountSummary = slow 600\nfault ListVirtualMFADevices = slow 600";
    let lines: Vec<String> = ids.iter().map(|id| format!("account = {id}\n{slow}\n")).collect();
    let fake = Fake::start(&lines.concat());
    let mut settings = settings(&fake);
    settings.entry.timeout = Duration::from_secs(8);
    settings.concurrency = 1;
    settings.targets = ids.iter().map(|id| target(id, Some(&role(id)))).collect();
    // A twentieth of the time would be too short for these answers.
    let collected = run(&settings).result.unwrap();
    let read = |evidence: &&Evidence| {
        evidence.account_summary.is_ok() && evidence.virtual_mfa_devices.is_ok()
    };
    assert_eq!(collected.evidence.iter().filter(read).count(), ids.len());
}

#[test]
fn accounts_that_hang_or_refuse_do_not_stop_others() {
    let fake = three("fault GetAccountSummary = hang\nfault GetCredentialReport = hang");
    let mut settings = settings(&fake);
    settings.entry.timeout = Duration::from_secs(3);
    settings.concurrency = 1;
    // None of these accounts is in the fake's list.
    let refused = (10..40).map(|number| format!("5555666677{number}"));
    let ids = refused.chain(IDS.map(str::to_owned));
    settings.targets = ids.map(|id| target(&id, Some(&role(&id)))).collect();
    settings.targets.rotate_right(1);
    let collected = run(&settings).result.unwrap();
    let read = collected.evidence.iter().filter(|one| one.virtual_mfa_devices.is_ok()).count();
    assert_eq!(read, IDS.len());
}
