//! An organization in one run: its accounts, how they are entered, and what is read in each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rootgate::collect::{OrganizationSettings, Settings};
use rootgate::model::{Audit, Cause, Evidence, Gap, Listing, Source, ToDo};
use serde_json::Value;

use super::{Ran, run, run_until, settings, target};
use crate::fake::Fake;

const MANAGEMENT: &str = "111122223333";
const HUB: &str = "444455556666";

/// An organization without rate limits, and with these lines.
pub(super) fn organization(size: usize, lines: &str) -> Fake {
    Fake::start(&format!("organization = {size}\norganization.buckets = off\n{lines}\n"))
}

/// The settings for all accounts, from a role of the management account, by the role of each
/// member.
pub(super) fn all(fake: &Fake) -> Settings {
    let mut settings = settings(fake);
    settings.entry.role_arn = Some(role(MANAGEMENT));
    settings.entry.timeout = Duration::from_secs(120);
    settings.targets = Vec::new();
    settings.needs = Source::ALL.iter().copied().filter(|it| *it != Source::RootEvents).collect();
    settings.organization = Some(OrganizationSettings {
        member_role: Some("rootgate".to_owned()),
        management_role: Some("rootgate".to_owned()),
        audit: Audit::AssumeRole,
        new_account_grace: TimeDelta::hours(24),
        excluded: BTreeMap::new(),
        read_members_events: false,
        sample: None,
    });
    settings
}

pub(super) fn by(fake: &Fake, audit: Audit) -> Settings {
    let mut settings = all(fake);
    settings.organization.as_mut().unwrap().audit = audit;
    settings
}

/// The same settings, from a role of the hub.
fn from_hub(fake: &Fake) -> Settings {
    let mut settings = all(fake);
    settings.entry.role_arn = Some(role(HUB));
    settings
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/rootgate")
}

/// The result of a run.
struct Found {
    evidence: BTreeMap<String, Evidence>,
    listing: Listing,
    notes: Vec<String>,
}

impl Found {
    fn of(ran: Ran) -> Self {
        let collected = ran.result.unwrap();
        let count = collected.evidence.len();
        let by_id = collected.evidence.into_iter().map(|it| (it.account.to_string(), it));
        let evidence: BTreeMap<String, Evidence> = by_id.collect();
        assert_eq!(evidence.len(), count, "an account was passed on twice");
        Self { evidence, listing: collected.listing.unwrap(), notes: ran.notes }
    }

    /// The accounts that were not entered.
    fn unread(&self) -> BTreeSet<&str> {
        let unread = self.evidence.values().filter(|evidence| evidence.nothing_read());
        unread.map(|evidence| evidence.account.as_str()).collect()
    }

    fn skipped(&self) -> BTreeMap<&str, &str> {
        let skipped = self.listing.skipped.iter();
        skipped.map(|it| (it.id.as_str(), it.reason.as_str())).collect()
    }

    /// Checks that the counts of the listed accounts add up.
    fn adds_up(&self) {
        let Listing { listed, skipped, .. } = &self.listing;
        assert_eq!(listed.len(), self.evidence.len() + skipped.len());
    }

    fn incomplete(&self) -> &Gap {
        self.listing.gap.as_ref().unwrap()
    }
}

fn found(settings: &Settings) -> Found {
    Found::of(run(settings))
}

fn ids(value: &Value) -> Vec<String> {
    let id = |value: &Value| value["account"].as_str().or(value.as_str()).unwrap().to_owned();
    value.as_array().unwrap().iter().map(id).collect()
}

/// The accounts of a class, from the fake.
fn of_class(fake: &Fake, class: &str) -> Vec<String> {
    ids(&fake.fetch("/__violations")[class])
}

#[test]
fn every_account_is_listed_entered_and_read_once() {
    let fake = organization(50, "organization.members = password");
    let found = found(&all(&fake));
    assert_eq!(found.listing.gap, None);
    assert_eq!(found.listing.id.as_deref(), Some("o-exampleorgid"));
    assert_eq!(found.listing.management_account.as_ref().unwrap().as_str(), MANAGEMENT);
    assert_eq!((found.listing.listed.len(), found.unread().len()), (50, 0));
    assert_eq!(found.evidence.len(), 50);
    found.adds_up();
    for evidence in found.evidence.values() {
        assert!(evidence.account_summary.is_ok() && evidence.credential_report.is_ok());
        let fact = &evidence.organization.as_ref().unwrap().value;
        assert_eq!(fact.management, evidence.account.as_str() == MANAGEMENT);
        assert!(evidence.central_root.as_ref().unwrap().value.credentials_management);
        let blind = evidence.root_audit.as_ref().unwrap_err();
        assert_eq!(blind.cause, Cause::NotVisible);
    }
    let calls = [
        ("ListAccounts", 3),
        ("DescribeOrganization", 1),
        ("ListOrganizationsFeatures", 1),
        ("ListPolicies", 1),
        ("DescribePolicy", 1),
        ("ListTargetsForPolicy", 0),
        ("AssumeRole", 49),
        ("GetCallerIdentity", 50),
        ("GetCredentialReport", 50),
        ("GetAccountSummary", 50),
    ];
    for (call, count) in calls {
        assert_eq!(fake.count(call), count, "{call}");
    }
}

#[test]
fn unusable_accounts_are_skipped_with_the_reason_and_closing_ones_are_read() {
    for fields in ["both", "state", "status"] {
        let fake = organization(
            60,
            &format!(
                "organization.suspended = 2\norganization.closed = 3\norganization.pending-activation = 1\n\
                 organization.pending-closure = 2\norganization.fields = {fields}"
            ),
        );
        let mut settings = all(&fake);
        let excluded = of_class(&fake, "violating")[0].clone();
        settings.organization.as_mut().unwrap().excluded =
            BTreeMap::from([(excluded.parse().unwrap(), "excluded".to_owned())]);
        let found = found(&settings);
        assert_eq!(found.listing.gap, None, "{fields}");
        found.adds_up();
        let skipped = found.skipped();
        assert_eq!(skipped.len(), 7);
        for (class, why) in [
            ("suspended", "suspended"),
            ("closed", "closed"),
            ("pending-activation", "not activated"),
        ] {
            for account in of_class(&fake, class) {
                // `Status` has one value for all three.
                let why = if fields == "status" { "suspended" } else { why };
                assert!(skipped[account.as_str()].contains(why), "{fields} {class}");
            }
        }
        assert!(skipped[excluded.as_str()].contains("exclude"));
        for account in of_class(&fake, "pending-closure") {
            assert!(found.evidence[&account].account_summary.is_ok());
        }
        assert_eq!(found.unread().len(), 0);
    }
}

#[test]
fn an_unexpected_list_is_incomplete_and_the_listed_accounts_are_read() {
    let page = |fault: &str| format!("fault ListAccounts#2 = {fault}");
    for (lines, said, cause, listed) in [
        (
            "organization.repeated-marker = 2".to_owned(),
            "same page token twice",
            Cause::Unreadable,
            40,
        ),
        ("organization.listed-twice = 3".to_owned(), "listed twice", Cause::Unreadable, 70),
        (
            "organization.unknown-state = 2".to_owned(),
            "unknown state `QUARANTINED` (and 1 more",
            Cause::Unreadable,
            70,
        ),
        ("organization.stateless = 1".to_owned(), "has no state", Cause::Unreadable, 70),
        (page("denied"), "AWS denied", Cause::Denied, 20),
        (page("status 500"), "internal error", Cause::Unavailable, 20),
        (page("throttled"), "throttled", Cause::Throttled, 20),
        (page("hang"), "no answer", Cause::TimedOut, 20),
        (page("cut"), "malformed", Cause::Unreadable, 20),
        (page("hollow"), "cannot be used", Cause::Unreadable, 20),
        (page("braces"), "no `Accounts`", Cause::Unreadable, 20),
        (page("reset"), "could not be reached", Cause::Unavailable, 20),
        ("fault ListAccounts = denied".to_owned(), "AWS denied", Cause::Denied, 0),
    ] {
        let fake = organization(70, &lines);
        let mut settings = all(&fake);
        settings.entry.timeout = Duration::from_secs(12);
        let found = found(&settings);
        let gap = found.incomplete();
        assert!(gap.detail.contains(said), "{lines}: {}", gap.detail);
        assert_eq!((gap.cause, gap.source), (cause, Source::Organization), "{lines}");
        assert_eq!(gap.action, "organizations:ListAccounts", "{lines}");
        assert_eq!(found.listing.listed.len(), listed, "{lines}");
        found.adds_up();
        assert!(found.unread().is_empty(), "{lines}");
        if cause == Cause::Denied {
            assert_eq!(gap.grant, Some(ToDo::from("organizations:ListAccounts".to_owned())));
        }
    }
    // Controls: empty pages, and transient failures.
    for lines in [
        "organization.empty-pages = every 2",
        "fault ListAccounts#2 = 2 times throttled",
        "fault ListAccounts#2 = 1 times status 503",
        "organization.throttled = 5%",
    ] {
        let found = found(&all(&organization(70, lines)));
        assert_eq!((found.listing.gap.clone(), found.listing.listed.len()), (None, 70), "{lines}");
        assert!(found.unread().is_empty(), "{lines}: {:?}", found.notes);
    }
}

#[test]
fn an_unknown_organization_makes_the_inventory_incomplete() {
    for (fake, said) in [
        (organization(30, "fault DescribeOrganization = denied"), "AWS denied"),
        (organization(30, "fault DescribeOrganization = cut"), "malformed"),
        (Fake::with(""), "AWSOrganizationsNotInUseException"),
    ] {
        let mut settings = all(&fake);
        settings.targets = vec![target(MANAGEMENT, None)];
        let found = found(&settings);
        assert!(found.incomplete().detail.contains(said), "{}", found.incomplete().detail);
        assert_eq!((found.listing.listed.len(), found.listing.id.as_deref()), (0, None));
        // Named accounts are still read.
        let named = &found.evidence[MANAGEMENT];
        assert!(named.account_summary.is_ok());
        assert!(named.organization.is_err() && named.central_root.is_err());
        assert_eq!(fake.count("ListAccounts"), 0);
    }
}

#[test]
fn a_session_as_root_reads_the_summary_keys_and_certificates_and_the_rest_only_where_there_is_any()
{
    let fake = organization(
        40,
        "organization.violating = 4\norganization.kinds = active-key inactive-key no-mfa certificate",
    );
    let found = found(&by(&fake, Audit::AssumeRoot));
    assert_eq!(found.listing.gap, None);
    found.adds_up();
    assert!(found.unread().is_empty());
    let (mut with_mfa, mut with_password) = (0, 0);
    for (account, evidence) in &found.evidence {
        if account == MANAGEMENT {
            assert!(evidence.credential_report.is_ok(), "the run's own credentials read it");
            assert_eq!(evidence.root_audit.as_ref().unwrap_err().cause, Cause::NotVisible);
            continue;
        }
        assert!(evidence.account_summary.is_ok());
        for gap in [
            evidence.credential_report.as_ref().map(drop).unwrap_err(),
            evidence.virtual_mfa_devices.as_ref().map(drop).unwrap_err(),
            evidence.root_events.as_ref().map(drop).unwrap_err(),
        ] {
            assert_eq!(gap.cause, Cause::NotVisible, "{gap:?}");
        }
        let audit = &evidence.root_audit.as_ref().unwrap().value;
        assert_eq!(audit.gaps().count(), 0);
        assert!(audit.access_keys.is_some() && audit.certificates.is_some());
        let count = |key| evidence.account_summary.as_ref().unwrap().value.count(key);
        assert_eq!(audit.mfa_devices.is_some(), count("AccountMFAEnabled") != Some(0));
        assert_eq!(audit.login_profile.is_some(), count("AccountPasswordPresent") != Some(0));
        with_mfa += usize::from(audit.mfa_devices.is_some());
        with_password += usize::from(audit.login_profile.is_some());
    }
    assert!((1..10).contains(&with_mfa) && (1..10).contains(&with_password));
    let calls = [
        ("AssumeRole", 0),
        ("AssumeRoot", 39),
        ("GetAccountSummary", 40),
        ("ListAccessKeys", 39),
        ("ListSigningCertificates", 39),
        ("ListMFADevices", with_mfa),
        ("GetLoginProfile", with_password),
        ("GetCredentialReport", 1),
    ];
    for (call, count) in calls {
        assert_eq!(fake.count(call), count, "{call}");
    }
}

#[test]
fn root_is_the_second_route_if_the_role_refuses() {
    let fake = organization(40, "organization.roleless = 3\norganization.refusing = 2");
    let found = found(&by(&fake, Audit::Auto));
    found.adds_up();
    let roleless = of_class(&fake, "roleless");
    for account in &roleless {
        assert!(found.evidence[account].root_audit.is_ok(), "{account}");
    }
    let refusing = of_class(&fake, "refusing");
    assert_eq!(found.unread(), refusing.iter().map(String::as_str).collect());
    for account in &refusing {
        let gap = found.evidence[account].account_summary.as_ref().unwrap_err();
        assert_eq!(gap.cause, Cause::NotEntered);
        assert!(
            gap.detail.contains("may not assume") && gap.detail.contains("; and"),
            "{}",
            gap.detail
        );
        let to_do = gap.grant.as_deref().unwrap();
        assert!(to_do.contains("sts:AssumeRole`") && to_do.contains("sts:AssumeRoot"), "{to_do}");
        assert!(
            found.evidence[account].organization.is_ok(),
            "the facts of the organization are known"
        );
    }
    assert_eq!(fake.count("AssumeRoot"), roleless.len() + refusing.len());
}

#[test]
fn a_member_that_refuses_or_is_another_account_is_its_own_gap() {
    for (class, audit, said) in [
        ("refusing", Audit::AssumeRole, "may not assume"),
        ("roleless", Audit::AssumeRole, "may not assume"),
        ("mismatched", Audit::AssumeRole, "belongs to account 444455556666"),
        ("mismatched", Audit::AssumeRoot, "belong to account 444455556666"),
        ("refusing", Audit::AssumeRoot, "may not open a session of the root user"),
    ] {
        let fake = organization(40, &format!("organization.{class} = 2"));
        let found = found(&by(&fake, audit));
        assert_eq!(found.listing.gap, None);
        found.adds_up();
        let expected = of_class(&fake, class);
        assert_eq!(
            found.unread(),
            expected.iter().map(String::as_str).collect(),
            "{class} {audit:?}"
        );
        for account in &expected {
            let evidence = &found.evidence[account];
            let gap = evidence.account_summary.as_ref().unwrap_err();
            assert_eq!(gap.cause, Cause::NotEntered);
            assert!(gap.detail.contains(said), "{}", gap.detail);
            assert!(gap.grant.is_some());
        }
    }
}

#[test]
fn a_new_account_that_refuses_is_skipped_within_the_grace() {
    let fake = organization(40, "organization.new = 2\norganization.refusing = 1");
    let new = of_class(&fake, "new");
    let mut settings = all(&fake);
    let in_grace = found(&settings);
    in_grace.adds_up();
    assert_eq!(in_grace.skipped().keys().copied().collect::<Vec<_>>().len(), 2);
    for account in &new {
        let why = in_grace.skipped()[account.as_str()];
        assert!(why.contains("the account joined ") && why.contains("is 24h"), "{why}");
    }
    assert_eq!(in_grace.unread().len(), 1);
    settings.organization.as_mut().unwrap().new_account_grace = TimeDelta::minutes(30);
    let after = found(&settings);
    after.adds_up();
    assert_eq!((after.skipped().len(), after.unread().len()), (0, 3));
    // AssumeRoot needs no role.
    let by_root = found(&by(&fake, Audit::AssumeRoot));
    assert_eq!((by_root.skipped().len(), by_root.unread().len()), (0, 1));
}

#[test]
fn from_the_hub_the_management_account_needs_its_own_role() {
    let fake = organization(30, "organization.management-role = management");
    let mut settings = from_hub(&fake);
    settings.organization.as_mut().unwrap().management_role = Some("management".to_owned());
    for audit in [Audit::AssumeRole, Audit::AssumeRoot, Audit::Auto] {
        settings.organization.as_mut().unwrap().audit = audit;
        let found = found(&settings);
        assert_eq!(found.listing.gap, None);
        assert!(found.unread().is_empty(), "{audit:?}: {:?}", found.notes);
        let management = &found.evidence[MANAGEMENT];
        assert!(management.credential_report.is_ok());
        assert!(management.organization.as_ref().unwrap().value.management);
        assert!(found.evidence[HUB].credential_report.is_ok(), "the run's own");
    }
    let fake = organization(30, "organization.management-role = none");
    for audit in [Audit::AssumeRole, Audit::AssumeRoot, Audit::Auto] {
        let mut settings = from_hub(&fake);
        settings.organization.as_mut().unwrap().audit = audit;
        let found = found(&settings);
        assert_eq!(found.unread(), BTreeSet::from([MANAGEMENT]), "{audit:?}");
        found.adds_up();
        let gap = found.evidence[MANAGEMENT].account_summary.as_ref().unwrap_err();
        assert_eq!(gap.cause, Cause::NotEntered);
    }
}

#[test]
fn a_delegation_policy_is_enough_to_list() {
    let fake = organization(30, "organization.hub = policy");
    let found = found(&from_hub(&fake));
    assert_eq!(found.listing.gap, None);
    assert!(found.unread().is_empty());
    let member = found.evidence.values().next_back().unwrap();
    let gap = member.central_root.as_ref().unwrap_err();
    assert!(gap.detail.contains("NotManagementOrDelegated"), "{}", gap.detail);
    assert!(member.service_control_policies.is_ok());
    let fake = organization(30, "organization.hub = none");
    let none = super::run(&from_hub(&fake)).result.unwrap().listing.unwrap();
    assert_eq!(none.gap.unwrap().cause, Cause::Denied);
}

#[test]
fn an_account_that_is_also_named_is_read_once_as_named() {
    let fake = organization(30, "");
    let mut settings = all(&fake);
    let named = of_class(&fake, "violating")[0].clone();
    let outside = "999999999999";
    settings.targets = vec![
        target(&named, Some(&format!("arn:aws:iam::{named}:role/other"))),
        target(MANAGEMENT, None),
        target(outside, Some(&role(outside))),
    ];
    let found = found(&settings);
    assert_eq!(found.listing.gap, None);
    assert_eq!((found.evidence.len(), found.listing.listed.len()), (31, 30));
    assert_eq!(found.unread().len(), 0);
    // It is entered with GitHub's token by its own role, which the fake allows.
    assert!(found.evidence[&named].organization.is_ok());
    assert_eq!(fake.count("AssumeRole"), 28);
    let cause = found.evidence[outside].organization.as_ref().unwrap_err().cause;
    assert_eq!(cause, Cause::NotVisible);
}

#[test]
fn denials_follow_the_path_of_each_account() {
    let fake = organization(
        60,
        "scp = deny-root ou:2,member:5\nscp = deny-regions root\norganization.policies = 5",
    );
    let found = found(&all(&fake));
    let truth = fake.fetch("/__violations");
    let bound: BTreeSet<String> = truth["scps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|scp| scp["name"] == "deny-root")
        .flat_map(|scp| ids(&scp["accounts"]))
        .collect();
    assert!(!bound.is_empty() && bound.len() < 59);
    for (account, evidence) in &found.evidence {
        match &evidence.service_control_policies {
            Ok(fact) => {
                assert_eq!(!fact.value.denied_by.is_empty(), bound.contains(account), "{account}");
                assert!(fact.value.unclear.is_empty(), "{:?}", fact.value);
            }
            Err(gap) => assert_eq!((account.as_str(), gap.cause), (MANAGEMENT, Cause::NotVisible)),
        }
    }
    assert_eq!(fake.count("DescribePolicy"), 8);
    assert_eq!(fake.count("ListTargetsForPolicy"), 1, "only for a policy that may deny root");
    let fake = organization(40, "scp = deny-root root\norganization.paths = no");
    let without = super::run(&all(&fake)).result.unwrap();
    for evidence in without.evidence.iter().filter(|it| it.account.as_str() != MANAGEMENT) {
        let fact = &evidence.service_control_policies.as_ref().unwrap().value;
        assert!(fact.denied_by.is_empty() && !fact.unclear.is_empty(), "{fact:?}");
    }
}

/// Disabled policies stay attached, so the list of targets alone would prove a denial.
#[test]
fn disabled_policies_deny_nobody() {
    for (line, roots, lists) in [
        ("organization.scps = off", 1, 0),
        ("organization.feature-set = CONSOLIDATED_BILLING", 0, 0),
        ("organization.scps = on", 1, 1),
    ] {
        let fake = organization(4, &format!("scp = deny-root root\n{line}"));
        let found = found(&all(&fake));
        let facts =
            found.evidence.values().filter_map(|it| it.service_control_policies.as_ref().ok());
        let facts: Vec<_> = facts.map(|fact| &fact.value).collect();
        assert_eq!(facts.len(), 3, "{line}: every member");
        let disabled = lists == 0;
        for fact in facts {
            assert_eq!((fact.disabled, fact.denied_by.is_empty()), (disabled, disabled), "{line}");
        }
        assert_eq!((fake.count("ListRoots"), fake.count("ListPolicies")), (roots, lists), "{line}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_a_gap_of_every_account() {
    for (fault, action) in [
        ("fault ListPolicies = denied", "organizations:ListPolicies"),
        ("fault DescribePolicy#p-00000001 = denied", "organizations:DescribePolicy"),
        ("fault DescribePolicy#p-00000001 = hollow", "organizations:DescribePolicy"),
        ("fault ListTargetsForPolicy#p-00000001 = denied", "organizations:ListTargetsForPolicy"),
        ("fault ListOrganizationsFeatures = denied", "iam:ListOrganizationsFeatures"),
    ] {
        let fake = organization(30, &format!("scp = deny-root root\n{fault}"));
        let found = found(&all(&fake));
        assert_eq!(found.listing.gap, None, "the list is complete");
        let members = found.evidence.values().filter(|it| it.account.as_str() != MANAGEMENT);
        for evidence in members {
            let gap = match action.starts_with("iam:") {
                true => evidence.central_root.as_ref().map(drop).unwrap_err(),
                false => evidence.service_control_policies.as_ref().map(drop).unwrap_err(),
            };
            assert_eq!(gap.action, action);
        }
    }
}

#[test]
fn sessions_that_end_before_the_run_are_reopened() {
    let fake = organization(
        60,
        "session.lifetime = 2s\nlatency ListAccounts = 1200\nlatency GetAccountSummary = 300\n\
         member = 7\nfault GetAccountSummary = slow 2500",
    );
    let found = found(&all(&fake));
    assert_eq!(found.listing.gap, None, "{:?}", found.notes);
    assert!(found.unread().is_empty(), "{:?}", found.notes);
    let read = |evidence: &&Evidence| {
        evidence.account_summary.is_ok() && evidence.credential_report.is_ok()
    };
    assert_eq!(found.evidence.values().filter(read).count(), 60);
    assert!(fake.count("AssumeRoleWithWebIdentity") > 1);
}

#[test]
fn accounts_that_never_answer_do_not_delay_others() {
    let slow: String = [5, 9, 12]
        .map(|member| {
            format!("member = {member}\nreport.age = none\nreport.ready-after = 100000\n")
        })
        .concat();
    let fake = organization(100, &slow);
    let mut settings = all(&fake);
    settings.entry.timeout = Duration::from_secs(40);
    settings.concurrency = 1;
    let started = Instant::now();
    let found = found(&settings);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(found.listing.gap, None);
    let late = found.evidence.values().filter(|evidence| {
        evidence.credential_report.as_ref().is_err_and(|gap| gap.cause == Cause::TimedOut)
    });
    assert_eq!(late.count(), 3);
    let read = found.evidence.values().filter(|evidence| evidence.account_summary.is_ok());
    assert_eq!(read.count(), 100);
}

#[test]
fn an_interrupted_run_passes_on_what_it_collected() {
    let fake = organization(100, "latency ListAccounts = 700");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        "SIGTERM".to_owned()
    };
    let started = Instant::now();
    let ran = run_until(&all(&fake), stop);
    assert!(started.elapsed() < Duration::from_secs(6));
    let found = Found::of(ran);
    assert_eq!(found.incomplete().cause, Cause::Interrupted);
    assert!((20..100).contains(&found.listing.listed.len()), "{}", found.listing.listed.len());
    found.adds_up();
    assert!(found.evidence.values().any(|evidence| evidence.account_summary.is_ok()));
}

#[test]
fn events_of_members_are_read_only_on_request() {
    use rootgate::collect::{EventsWanted, WantedRegions};
    let fake = organization(4, "");
    let mut settings = all(&fake);
    settings.needs = Source::ALL.iter().copied().collect();
    settings.root_events =
        Some(EventsWanted { lookback: TimeDelta::days(7), regions: WantedRegions::Default });
    let read = |settings: &Settings| {
        let found = found(settings);
        let of = |evidence: &Evidence| evidence.root_events.is_ok();
        let count = found.evidence.values().filter(|evidence| of(evidence)).count();
        assert!(of(&found.evidence[MANAGEMENT]));
        let other = found.evidence.values().find(|evidence| !of(evidence));
        if let Some(evidence) = other {
            assert_eq!(evidence.root_events.as_ref().unwrap_err().cause, Cause::NotVisible);
        }
        count
    };
    assert_eq!(read(&settings), 1);
    settings.organization.as_mut().unwrap().read_members_events = true;
    assert_eq!(read(&settings), 4);
}

#[test]
fn the_external_id_goes_to_every_role_and_the_session_policy_follows_the_route() {
    let fake = organization(10, "organization.external-id = gate-1");
    for audit in [Audit::AssumeRole, Audit::AssumeRoot] {
        let mut settings = by(&fake, audit);
        settings.entry.external_id = Some("gate-1".to_owned());
        let found = found(&settings);
        assert!(found.unread().is_empty(), "{audit:?} {:?}", found.notes);
    }
    let calls = fake.calls();
    let policies = |call: &str| -> Vec<String> {
        let of = calls.iter().filter(|one| one["call"] == call);
        of.map(|one| one["parameters"]["Policy"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let [by_role, as_root] = &policies("AssumeRoleWithWebIdentity")[..] else { panic!() };
    assert!(by_role.contains("arn:aws:iam::*:role/rootgate") && !by_role.contains("AssumeRoot"));
    assert!(by_role.contains("organizations:ListAccounts"));
    assert!(as_root.contains("sts:TaskPolicyArn") && as_root.contains("arn:aws:iam::*:root"));
    for policy in policies("AssumeRole") {
        assert!(policy.contains("iam:GetAccountSummary"), "{policy}");
        assert!(!policy.contains("organizations:") && !policy.contains("sts:Assume"), "{policy}");
    }
    let roots = calls.iter().filter(|one| one["call"] == "AssumeRoot");
    for one in roots {
        assert_eq!(
            one["parameters"]["TaskPolicyArn.arn"],
            "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
        );
    }
}

#[test]
fn the_listing_is_nearly_as_fast_as_the_limits_of_aws() {
    let fake = Fake::start("organization = 600\nlatency = 5\n");
    let mut settings = all(&fake);
    settings.entry.timeout = Duration::from_secs(300);
    settings.concurrency = 8;
    let started = Instant::now();
    let found = found(&settings);
    let took = started.elapsed();
    assert_eq!((found.listing.gap.clone(), found.listing.listed.len()), (None, 600));
    assert!(found.unread().is_empty());
    // 30 pages, 12 at once, the others at eight a second; the bench measures it precisely.
    assert!(took > Duration::from_secs(2), "{took:?}");
    assert!(fake.count("ListAccounts") < 40, "{}", fake.count("ListAccounts"));
}
