//! Every fault of every call for organizations: the run reports it and ends.
//!
//! `cargo test --test it organization_faults -- --nocapture` prints the table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rootgate::model::{Audit, Audited, Cause, Evidence, Gap, Source};

use super::organization::{all, by, organization};
use super::{Ran, run};
use crate::faults::table;

const FAULTS: &[&str] = &[
    "denied",
    "throttled",
    "2 times throttled",
    "status 500",
    "1 times status 503",
    "reset",
    "1 times reset",
    "hang",
    "drip",
    "short",
    "cut",
    "hollow",
    "braces",
    "html",
    "plain",
    "expired",
    "twice",
    "no-marker",
    "same-marker",
    "endless",
];

/// The calls by a role, and as root.
const BY_ROLE: &[&str] = &[
    "DescribeOrganization",
    "ListAccounts",
    "ListAccounts#2",
    "ListOrganizationsFeatures",
    "ListRoots",
    "ListPolicies",
    "DescribePolicy",
    "ListTargetsForPolicy",
    "AssumeRole",
];
const AS_ROOT: &[&str] = &[
    "AssumeRoot",
    "ListAccessKeys",
    "ListSigningCertificates",
    "ListMFADevices",
    "GetLoginProfile",
];

/// Faults of pages apply only to lists.
fn has_cell(fault: &str, call: &str) -> bool {
    let is_list = call.starts_with("List") && !call.contains("Features");
    match fault {
        "no-marker" | "same-marker" | "endless" => is_list && AS_ROOT.contains(&call),
        "twice" => call != "DescribePolicy",
        _ => true,
    }
}

fn cell(fault: &str, call: &str) -> String {
    let lines = "organization.violating = 0\norganization.members = password\n\
                 organization.per-page = 2\nscp = deny-root-but-audit root";
    let fake = organization(3, &format!("{lines}\nfault {call} = {fault}"));
    let mut settings = match AS_ROOT.contains(&call) {
        true => by(&fake, Audit::AssumeRoot),
        false => all(&fake),
    };
    let waits = ["throttled", "status 500", "hang", "drip"].contains(&fault);
    settings.entry.timeout = Duration::from_secs(if waits { 15 } else { 60 });
    let started = Instant::now();
    let ran = run(&settings);
    assert!(started.elapsed() < Duration::from_secs(25), "{fault} {call}");
    said(ran)
}

/// Whether the inventory is complete, and each gap with the number of its accounts.
fn said(ran: Ran) -> String {
    let collected = match ran.result {
        Ok(collected) => collected,
        Err(error) => return format!("error: {}", error.what()),
    };
    let listing = collected.listing.unwrap();
    let list = match &listing.gap {
        None => format!("{} listed", listing.listed.len()),
        Some(gap) => {
            format!(
                "{} listed, incomplete: {} {}",
                listing.listed.len(),
                gap.action,
                gap.cause.id()
            )
        }
    };
    let mut gaps: BTreeMap<String, usize> = BTreeMap::new();
    for evidence in &collected.evidence {
        let of_account: BTreeSet<String> = lost(evidence)
            .map(|gap| match gap.cause {
                Cause::NotEntered => "not entered".to_owned(),
                cause => format!("{} {}", gap.action, cause.id()),
            })
            .collect();
        of_account.into_iter().for_each(|gap| *gaps.entry(gap).or_default() += 1);
    }
    let gaps = gaps.into_iter().map(|(gap, count)| format!("; {count} × {gap}"));
    format!("{list}{}", gaps.collect::<String>())
}

fn lost(evidence: &Evidence) -> impl Iterator<Item = Gap> {
    let parts = evidence.audit_gaps().cloned().collect::<Vec<_>>();
    let whole = evidence.gaps().into_iter().cloned().collect::<Vec<_>>();
    let seen = |gap: &Gap| !matches!(gap.cause, Cause::NotVisible | Cause::NotCollected);
    whole.into_iter().chain(parts).filter(seen)
}

#[test]
fn every_fault_of_every_call_for_organizations_has_its_own_outcome() {
    let rows: Vec<&str> = BY_ROLE.iter().chain(AS_ROOT).copied().collect();
    let table = table(FAULTS, &rows, has_cell, cell);
    println!("{table}");
    insta::assert_snapshot!(table);
}

#[test]
fn every_call_for_organizations_has_a_row() {
    let rows: BTreeSet<&str> = BY_ROLE.iter().chain(AS_ROOT).copied().collect();
    let sources = Source::ALL.iter().filter(|source| source.is_for_organizations());
    for call in sources.flat_map(|source| source.info().calls) {
        assert!(rows.contains(call.operation), "{call}");
    }
}

/// A member, an announced page or a policy without an answer: the result is never complete.
#[test]
fn every_missing_answer_is_a_gap_that_names_it() {
    let members = (1..6).flat_map(|member| {
        ["GetCredentialReport", "GetAccountSummary", "AssumeRole"]
            .map(|call| format!("member = {member}\nfault {call} = cut"))
    });
    let pages = (1..=3).map(|page| format!("fault ListAccounts#{page} = cut"));
    let policies =
        (0..3).map(|policy| format!("fault DescribePolicy#p-0000000{policy} = cut")).skip(1);
    let targets = ["fault ListTargetsForPolicy#p-00000001 = cut".to_owned()];
    let all_of_it = members.chain(pages).chain(policies).chain(targets);
    let shape = "organization.violating = 0\norganization.members = password\norganization.per-page = 2\n\
                 scp = deny-root root\nscp = deny-a-role root\n";
    assert_eq!(said(run(&all(&organization(6, shape)))), "6 listed", "the control");
    for lines in all_of_it.collect::<Vec<_>>() {
        let fake = organization(6, &format!("{shape}{lines}"));
        let text = said(run(&all(&fake)));
        assert!(text.contains("incomplete") || text.contains(" × "), "{lines}: {text}");
    }
}

/// No permission can be granted to a session as root: only a policy of the organization can deny.
#[test]
fn a_policy_that_stops_audits_is_named_as_the_reason() {
    let fake = organization(4, "scp = deny-root member:2");
    let collected = run(&by(&fake, Audit::AssumeRoot)).result.unwrap();
    let denied = |evidence: &&Evidence| {
        evidence.account_summary.as_ref().is_err_and(|gap| gap.cause == Cause::Denied)
    };
    let stopped: Vec<&Evidence> = collected.evidence.iter().filter(denied).collect();
    let [stopped] = stopped[..] else { panic!("{} stopped", stopped.len()) };
    for gap in [
        stopped.account_summary.as_ref().map(drop).unwrap_err(),
        stopped.root_audit.as_ref().map(drop).unwrap_err(),
    ] {
        assert!(gap.grant.as_deref().unwrap().contains("aws:AssumedRoot"), "{gap:?}");
    }
}

/// Keys and certificates of unknown form are separate gaps.
#[test]
fn unreadable_parts_of_an_audit_are_gaps_beside_the_readable_parts() {
    let fake = organization(4, "organization.members = password\nfault ListAccessKeys = denied");
    let collected = run(&by(&fake, Audit::AssumeRoot)).result.unwrap();
    let audits = collected.evidence.iter().filter_map(|evidence| evidence.root_audit.as_ref().ok());
    let mut count = 0;
    for audit in audits {
        let gap = audit.value.access_keys.as_ref().and_then(Audited::gap).unwrap();
        assert_eq!(gap.action, "iam:ListAccessKeys");
        assert_eq!(audit.value.login_profile, Some(Audited::Value(true)));
        count += 1;
    }
    assert_eq!(count, 3);
}
