//! CloudTrail's events: every Region at its pace, every page, merged; and what a failing one leaves.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rootgate::collect::{Collected, EventsWanted, Settings, WantedRegions};
use rootgate::model::{Cause, EventKind, Fact, RootEvents, Source};

use super::{run, settings};
use crate::fake::Fake;
use crate::support::{Ended, Folder, rootgate};

const DEFAULT: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

fn wanting(fake: &Fake, regions: WantedRegions) -> Settings {
    Settings {
        needs: [Source::RootEvents, Source::AccountSummary].into(),
        root_events: Some(EventsWanted { lookback: TimeDelta::days(7), regions }),
        timeout: Duration::from_secs(20),
        ..settings(fake)
    }
}

fn collected(fake: &Fake, regions: WantedRegions) -> Collected {
    run(&wanting(fake, regions)).result.unwrap()
}

fn read(fake: &Fake, regions: WantedRegions) -> Fact<RootEvents> {
    collected(fake, regions).evidence.remove(0).root_events.unwrap()
}

fn one_region() -> WantedRegions {
    WantedRegions::Named(vec!["us-east-2".to_owned()])
}

fn names(events: &RootEvents) -> Vec<&str> {
    events.events.iter().map(|event| event.event_name.as_str()).collect()
}

fn regions(events: &RootEvents) -> Vec<&str> {
    events.regions.iter().map(|read| read.region.as_str()).collect()
}

/// The Regions, attributes and values of all lookups.
fn lookups(fake: &Fake) -> Vec<(String, String, String)> {
    let calls = fake.calls();
    let lookups = calls.iter().filter(|call| call["call"] == "LookupEvents");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    lookups
        .map(|call| {
            let attribute = &call["parameters"]["LookupAttributes"][0];
            (
                text(&call["region"]),
                text(&attribute["AttributeKey"]),
                text(&attribute["AttributeValue"]),
            )
        })
        .collect()
}

#[test]
fn the_regions_of_sign_ins_are_read_side_by_side_at_two_calls_a_second() {
    let fake = Fake::with(
        "event = 3d us-west-2 signin:ConsoleLogin mfa=yes\n\
         event = 70h us-east-1 s3:PutBucketPolicy session=3d\n\
         event = 2d eu-west-1 ec2:RunInstances\n\
         event = 8d us-east-1 s3:ListBuckets read",
    );
    let started = Instant::now();
    let fact = read(&fake, WantedRegions::Default);
    let took = started.elapsed();
    let events = &fact.value;
    assert_eq!(regions(events), DEFAULT);
    assert_eq!(names(events), ["ConsoleLogin", "PutBucketPolicy"]);
    assert_eq!(events.events[0].kind, EventKind::SignIn);
    assert_eq!(
        (events.events[0].mfa, events.gaps.len(), events.all_regions),
        (Some(true), 0, false)
    );
    let observed = fact.observed_at.unwrap();
    assert!(events.regions.iter().all(|read| read.until == observed - TimeDelta::minutes(15)));
    assert_eq!(events.since, observed - TimeDelta::days(7));
    // Five questions in us-east-1, two elsewhere; none was throttled, so none was asked twice.
    assert_eq!(lookups(&fake).len(), 9);
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(5), "{took:?}");
    assert_eq!(fake.count("ListRegions"), 0);
}

#[test]
fn root_is_found_under_the_alias_of_the_account() {
    let fake = Fake::with("alias = acme-prod\nevent = 3d us-east-2 s3:PutBucketPolicy");
    assert_eq!(names(&read(&fake, one_region()).value), ["PutBucketPolicy"]);
    let asked: Vec<String> = lookups(&fake).into_iter().map(|(_, _, value)| value).collect();
    assert_eq!(asked, ["root", "signin.amazonaws.com", "acme-prod"]);
}

#[test]
fn every_page_is_read_and_an_event_of_two_answers_counts_once() {
    let lines: Vec<String> = (0..5)
        .map(|n| format!("event = {}h us-east-2 signin:ConsoleLogin mfa=yes", n + 1))
        .collect();
    let fake = Fake::with(&format!("{}\nevents.per-page = 3", lines.join("\n")));
    let fact = read(&fake, one_region());
    assert_eq!(fact.value.events.len(), 5);
    assert_eq!(lookups(&fake).len(), 4, "two pages by name, two by source");
    let calls = fake.calls();
    let pages: Vec<_> = calls.iter().filter(|call| call["call"] == "LookupEvents").collect();
    assert_eq!(pages[1]["parameters"]["NextToken"], "3");
    assert_eq!(pages[0]["parameters"]["StartTime"], pages[1]["parameters"]["StartTime"]);
    assert_eq!(pages[0]["parameters"]["EndTime"], pages[1]["parameters"]["EndTime"]);
}

#[test]
fn a_root_key_widens_the_default_to_all_enabled_regions_and_asks_for_the_key() {
    let regions_of_account =
        "region = us-east-1\nregion = us-east-2\nregion = us-west-2\nregion = eu-west-1";
    let used = "event = 2d eu-west-1 ec2:RunInstances key=AKIAIOSFODNN7EXAMPLE";
    for why in [
        "summary.AccountAccessKeysPresent = 1",
        "event = 1d us-east-1 iam:CreateAccessKey response={\"accessKey\":{\"accessKeyId\":\"AKIAIOSFODNN7EXAMPLE\"}}",
    ] {
        let fake = Fake::with(&format!("{regions_of_account}\n{used}\n{why}"));
        let fact = read(&fake, WantedRegions::Default);
        assert_eq!(regions(&fact.value), ["eu-west-1", "us-east-1", "us-east-2", "us-west-2"]);
        assert!(fact.value.all_regions && fact.value.gaps.is_empty(), "{:?}", fact.value.gaps);
        assert!(names(&fact.value).contains(&"RunInstances"), "{why}");
        let expected = if why.starts_with("event") { 14 } else { 10 };
        assert_eq!(lookups(&fake).len(), expected, "none is throttled, so none is asked twice");
        let by_key = lookups(&fake).into_iter().filter(|(_, key, _)| key == "AccessKeyId").count();
        assert_eq!(by_key, if why.starts_with("event") { 4 } else { 0 });
    }
    let fake = Fake::with(&format!("{regions_of_account}\n{used}"));
    assert_eq!(names(&read(&fake, WantedRegions::Default).value), [""; 0], "nobody looks there");
    assert_eq!(names(&read(&fake, WantedRegions::All).value), ["RunInstances"]);
}

#[test]
fn regions_that_cannot_be_listed_are_a_gap_that_names_the_permission() {
    let fake =
        Fake::with("fault ListRegions = denied\nevent = 3d us-west-2 signin:ConsoleLogin mfa=no");
    let fact = read(&fake, WantedRegions::All);
    assert_eq!(regions(&fact.value), DEFAULT, "what can be read is read");
    assert_eq!(fact.value.events.len(), 1);
    let gap = &fact.value.gaps[0];
    assert_eq!(
        (gap.region.as_deref(), gap.gap.grant.as_deref()),
        (None, Some("account:ListRegions"))
    );
    assert!(!fact.value.all_regions);
    assert_eq!(fake.count("ListRegions"), 1, "a denial is not asked again");
}

#[test]
fn a_region_that_fails_is_a_gap_for_it_alone() {
    let event = "event = 3d us-east-2 s3:PutBucketPolicy";
    let fake = Fake::with(&format!("{event}\nfault LookupEvents@us-west-2 = denied"));
    let fact = read(&fake, WantedRegions::Default);
    assert_eq!(regions(&fact.value), ["us-east-1", "us-east-2"]);
    assert_eq!(names(&fact.value), ["PutBucketPolicy"]);
    let gap = &fact.value.gaps[0];
    assert_eq!(gap.region.as_deref(), Some("us-west-2"));
    assert_eq!(gap.gap.grant.as_deref(), Some("cloudtrail:LookupEvents"));
    assert!(gap.gap.detail.contains("AWS denied cloudtrail:LookupEvents"), "{}", gap.gap.detail);
    let asked = lookups(&fake).into_iter().filter(|(region, ..)| region == "us-west-2").count();
    assert_eq!(asked, 1);
}

#[test]
fn where_no_region_answers_the_events_are_lacking() {
    let fake = Fake::with("fault LookupEvents = denied");
    let gap = collected(&fake, WantedRegions::Default).evidence.remove(0).root_events.unwrap_err();
    assert_eq!((gap.cause, gap.action.as_str()), (Cause::Denied, "cloudtrail:LookupEvents"));
    assert_eq!(lookups(&fake).len(), 3);
}

#[test]
fn an_answer_that_is_no_list_is_a_gap_that_names_its_call() {
    for (call, fault) in [
        ("LookupEvents", "empty"),
        ("LookupEvents", "same-marker"),
        ("ListRegions", "empty"),
        ("ListRegions", "same-marker"),
    ] {
        let fake = Fake::with(&format!("region = us-east-2\nfault {call} = {fault}"));
        let lists = call == "ListRegions";
        let regions = if lists { WantedRegions::All } else { one_region() };
        let events = collected(&fake, regions).evidence.remove(0).root_events;
        let gap = events.map_or_else(|gap| gap, |fact| fact.value.gaps[0].gap.clone());
        let action = if lists { "account:ListRegions" } else { "cloudtrail:LookupEvents" };
        assert_eq!((gap.cause, gap.action.as_str()), (Cause::Unreadable, action), "{fault}");
        assert!(fake.count(call) <= 2, "{call} {fault}");
    }
}

#[test]
fn an_account_without_regions_is_not_believed() {
    let fake = Fake::with("region = none");
    let fact = read(&fake, WantedRegions::All);
    assert!(!fact.value.all_regions && regions(&fact.value) == DEFAULT);
    let gap = &fact.value.gaps[0].gap;
    assert_eq!(gap.detail, "account:ListRegions: the list is empty, and every account has Regions");
}

#[test]
fn an_alias_that_cannot_be_read_is_a_gap_for_all_regions() {
    let fake = Fake::with("fault ListAccountAliases = denied");
    let fact = read(&fake, one_region());
    let gap = &fact.value.gaps[0];
    assert_eq!(gap.region, None);
    assert_eq!(gap.gap.grant.as_deref(), Some("iam:ListAccountAliases"));
}

#[test]
fn what_root_did_is_judged_by_the_binary_without_a_policy_file() {
    let fake = Fake::example("events.txt");
    let folder = Folder::new();
    let output = rootgate(folder.path())
        .args([
            "check",
            "--endpoint-url",
            &fake.url(),
            "--sarif",
            "out.sarif",
            "--json",
            "out.json",
        ])
        .envs([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .output()
        .unwrap();
    let ended = Ended::of(output);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    let report = folder.json("out.json");
    let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
    let of = |rule: &str| outcomes.iter().find(|outcome| outcome["rule"] == rule).unwrap();
    let used = &of("root-used-outside-window");
    assert_eq!(used["outcome"], "fail");
    assert_eq!(used["findings"].as_array().unwrap().len(), 2, "two days: {used}");
    let story = used["message"].as_str().unwrap();
    assert!(
        story.contains("with MFA from 198.51.100.20 in us-west-2, 1 read, 1 change"),
        "{story}"
    );
    let no_mfa = &of("root-signed-in-without-mfa")["findings"];
    assert!(no_mfa[0]["message"].as_str().unwrap().contains("without MFA from 203.0.113.77"));
    for rule in ["root-sign-in-attempts", "root-credential-changed"] {
        assert_eq!(of(rule)["outcome"], "pass", "{rule}");
    }
    let sarif = folder.read("out.sarif");
    assert!(sarif.contains("root-signed-in-without-mfa"));
}
