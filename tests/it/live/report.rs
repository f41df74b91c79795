//! The credential report, from an existing report to one that is never ready, and the other sources.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use rootgate::model::{Cause, Cell, Evidence};

use super::{gaps, run, run_until, settings};
use crate::fake::Fake;
use crate::support::side_by_side;

fn age(evidence: &Evidence) -> TimeDelta {
    let now: DateTime<Utc> = SystemTime::now().into();
    now - evidence.credential_report.as_ref().unwrap().observed_at.unwrap()
}

#[test]
fn a_healthy_account_needs_one_call_per_source() {
    let fake = Fake::example("red.txt");
    let collected = run(&settings(&fake)).result.unwrap();
    assert_eq!(gaps(&collected), [None, None, None]);
    assert_eq!(collected.incomplete, None);
    let evidence = &collected.evidence[0];
    assert_eq!(evidence.account.as_str(), "111122223333");
    assert_eq!(evidence.partition.as_ref().unwrap().as_str(), "aws");
    let report = evidence.credential_report.as_ref().unwrap();
    let root = report.value.root.as_ref().unwrap();
    assert_eq!(root.access_keys[0].active, Cell::Value(true));
    assert_eq!(root.access_keys[0].last_used_region, Cell::Value("eu-central-1".to_owned()));
    assert!((59..=61).contains(&age(evidence).num_minutes()), "true when AWS made it");
    let summary = evidence.account_summary.as_ref().unwrap();
    assert_eq!(summary.value.count("AccountAccessKeysPresent"), Some(1));
    assert_eq!(summary.value.0.len(), 4, "only what speaks of root is kept");
    let devices = &evidence.virtual_mfa_devices.as_ref().unwrap().value;
    assert_eq!(devices[0].user_arn.as_deref(), Some("arn:aws:iam::111122223333:root"));
    let names = fake.names();
    let (sign_in, read) = names.split_at(3);
    assert_eq!(sign_in, ["GitHubToken", "AssumeRoleWithWebIdentity", "GetCallerIdentity"]);
    // The call that returns the fact; if it succeeds, the source's other calls are not made.
    let needed = settings(&fake).needs;
    let mut one_each: Vec<&str> =
        needed.iter().map(|source| source.info().calls[0].operation).collect();
    let mut read: Vec<&str> = read.iter().map(String::as_str).collect();
    one_each.sort_unstable();
    read.sort_unstable();
    assert!(read.contains(&"GetAccountSummary"), "{read:?}");
    assert_eq!(read, one_each);
}

#[test]
fn a_missing_report_is_requested_once_and_awaited() {
    let fake = Fake::example("first-report.txt");
    let collected = run(&settings(&fake)).result.unwrap();
    assert_eq!(gaps(&collected), [None, None, None]);
    assert_eq!(fake.count("GenerateCredentialReport"), 1);
    assert_eq!(fake.count("GetCredentialReport"), 4);
}

#[test]
fn a_report_older_than_four_hours_is_renewed() {
    let fake = Fake::with("report.age = 5h");
    let collected = run(&settings(&fake)).result.unwrap();
    assert_eq!(fake.count("GenerateCredentialReport"), 1);
    assert!(age(&collected.evidence[0]) < TimeDelta::minutes(1));
    let fake = Fake::with("report.age = 3h");
    run(&settings(&fake)).result.unwrap();
    assert_eq!(fake.count("GenerateCredentialReport"), 0);
}

#[test]
fn an_old_report_that_cannot_be_renewed_is_still_evidence() {
    let faults = ["denied", "no-capacity", "throttled", "status 500", "cut", "hang"];
    side_by_side(faults, |fault| {
        let fake =
            Fake::with(&format!("report.age = 5h\nfault GenerateCredentialReport = {fault}"));
        let mut settings = settings(&fake);
        settings.entry.timeout = Duration::from_secs(2);
        let ran = run(&settings);
        let collected = ran.result.unwrap();
        assert_eq!(gaps(&collected), [None, None, None], "{fault}");
        assert_eq!(age(&collected.evidence[0]).num_hours(), 5, "{fault}");
        assert!(ran.notes.iter().any(|note| note.contains("older credential report")), "{fault}");
    });
}

#[test]
fn without_a_report_a_denied_order_names_its_own_action() {
    let fake = Fake::with("report.age = none\nfault GenerateCredentialReport = denied");
    let collected = run(&settings(&fake)).result.unwrap();
    let gap = gaps(&collected)[0].unwrap();
    assert_eq!(gap.cause, Cause::Denied);
    assert_eq!(gap.action, "iam:GenerateCredentialReport");
    assert_eq!(gap.grant.as_deref(), Some("iam:GenerateCredentialReport"));
    assert_eq!(fake.count("GenerateCredentialReport"), 1, "a denial is not asked again");
}

#[test]
fn a_report_that_never_comes_is_polled_slowly_and_given_up() {
    let fake = Fake::with("report.age = none\nfault GetCredentialReport = never-ready");
    let mut settings = settings(&fake);
    settings.entry.timeout = Duration::from_secs(2);
    let started = Instant::now();
    let collected = run(&settings).result.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let gap = gaps(&collected)[0].unwrap();
    assert_eq!(gap.cause, Cause::TimedOut);
    assert_eq!(collected.incomplete, Some("the time limit was reached"));
    assert!((3..=25).contains(&fake.count("GetCredentialReport")));
    assert!(fake.count("GenerateCredentialReport") <= 1);
}

#[test]
fn a_report_of_another_account_or_of_none_is_refused() {
    for (line, reason) in [
        ("report.account = 444455556666", "the report is of account 444455556666"),
        ("report.rows = none", "its account is unknown"),
    ] {
        let fake = Fake::with(line);
        let collected = run(&settings(&fake)).result.unwrap();
        let gap = gaps(&collected)[0].unwrap();
        assert_eq!(gap.cause, Cause::Unreadable);
        assert!(gap.detail.contains(reason), "{}", gap.detail);
    }
}

#[test]
fn a_denied_call_is_a_gap_with_what_to_grant_and_the_rest_is_read() {
    let fake = Fake::example("undetermined.txt");
    let collected = run(&settings(&fake)).result.unwrap();
    let [report, summary, devices] = gaps(&collected);
    assert_eq!(report, None);
    for (gap, action) in
        [(summary, "iam:GetAccountSummary"), (devices, "iam:ListVirtualMFADevices")]
    {
        let gap = gap.unwrap();
        assert_eq!((gap.cause, gap.grant.as_deref()), (Cause::Denied, Some(action)));
        assert!(gap.detail.contains("is not authorized to perform"), "{}", gap.detail);
    }
    assert_eq!(fake.count("GetAccountSummary"), 1);
    assert_eq!(collected.incomplete, None);
}

#[test]
fn throttling_of_every_third_call_loses_no_fact() {
    let fake = Fake::example("busy.txt");
    let collected = run(&settings(&fake)).result.unwrap();
    assert_eq!(gaps(&collected), [None, None, None]);
}

#[test]
fn every_page_of_devices_is_read() {
    let user = "arn:aws:iam::111122223333:user";
    let fake = Fake::with(&format!(
        "devices.per-page = 2\ndevice = a {user}/a\ndevice = b {user}/b\ndevice = c {user}/c\n\
         device = spare\ndevice = d arn:aws:iam::111122223333:root"
    ));
    let collected = run(&settings(&fake)).result.unwrap();
    let devices = &collected.evidence[0].virtual_mfa_devices.as_ref().unwrap().value;
    let serials: Vec<&str> = devices.iter().map(|device| device.serial_number.as_str()).collect();
    assert_eq!(serials, ["a", "b", "c", "d"], "unassigned ones cannot sign anybody in");
    assert_eq!(fake.count("ListVirtualMFADevices"), 2);
}

#[test]
fn sources_that_no_rule_needs_are_not_read() {
    let fake = Fake::with("");
    let mut settings = settings(&fake);
    settings.needs = [rootgate::model::Source::AccountSummary].into();
    let collected = run(&settings).result.unwrap();
    assert_eq!(gaps(&collected)[0].unwrap().cause, Cause::NotCollected);
    assert_eq!(fake.names()[3..], ["GetAccountSummary"]);
}

#[test]
fn an_interrupted_run_returns_what_it_has() {
    let fake = Fake::with("fault GetAccountSummary = hang");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        "SIGTERM".to_owned()
    };
    let started = Instant::now();
    let collected = run_until(&settings(&fake), stop).result.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
    let [report, summary, devices] = gaps(&collected);
    assert_eq!((report, devices), (None, None));
    let gap = summary.unwrap();
    assert_eq!(gap.cause, Cause::Interrupted);
    assert!(gap.detail.contains("SIGTERM"), "{}", gap.detail);
    assert_eq!(collected.incomplete, Some("the run was interrupted"));
}
