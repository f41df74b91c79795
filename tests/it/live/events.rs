//! CloudTrail's events: every Region at its pace, every page, merged; and what a failing one leaves.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use rootgate::collect::{Collected, EventsWanted, Settings, WantedRegions};
use rootgate::model::{Cause, EventKind, Fact, RootEvents, Source, format_time};

use super::{run, settings};
use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::side_by_side;

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
    let made = "event = 1d us-east-1 iam:CreateAccessKey response={\"accessKey\":{\"accessKeyId\":\"AKIAIOSFODNN7EXAMPLE\"}}";
    // Five questions in us-east-1 and two elsewhere, in eu-west-1 one; then one for the key in each.
    let cases = [("summary.AccountAccessKeysPresent = 1", 10, 0), (made, 14, 4)];
    side_by_side(cases, |(why, calls, by_key)| {
        let fake = Fake::with(&format!("{regions_of_account}\n{used}\n{why}"));
        let fact = read(&fake, WantedRegions::Default);
        assert_eq!(regions(&fact.value), ["eu-west-1", "us-east-1", "us-east-2", "us-west-2"]);
        assert!(fact.value.all_regions && fact.value.gaps.is_empty(), "{:?}", fact.value.gaps);
        assert!(names(&fact.value).contains(&"RunInstances"), "{why}");
        assert_eq!(lookups(&fake).len(), calls, "none is throttled, so none is asked twice");
        let asked = lookups(&fake).into_iter().filter(|(_, key, _)| key == "AccessKeyId").count();
        assert_eq!(asked, by_key, "{why}");
    });
    let cases = [(WantedRegions::Default, &[][..]), (WantedRegions::All, &["RunInstances"])];
    side_by_side(cases, |(wanted, found)| {
        let fake = Fake::with(&format!("{regions_of_account}\n{used}"));
        assert_eq!(names(&read(&fake, wanted).value), found, "only who looks there finds it");
    });
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
    let cases = [
        ("LookupEvents", "empty"),
        ("LookupEvents", "same-marker"),
        ("ListRegions", "empty"),
        ("ListRegions", "same-marker"),
    ];
    side_by_side(cases, |(call, fault)| {
        let fake = Fake::with(&format!("region = us-east-2\nfault {call} = {fault}"));
        let lists = call == "ListRegions";
        let regions = if lists { WantedRegions::All } else { one_region() };
        let events = collected(&fake, regions).evidence.remove(0).root_events;
        let gap = events.map_or_else(|gap| gap, |fact| fact.value.gaps[0].gap.clone());
        let action = if lists { "account:ListRegions" } else { "cloudtrail:LookupEvents" };
        assert_eq!((gap.cause, gap.action.as_str()), (Cause::Unreadable, action), "{fault}");
        assert!(fake.count(call) <= 2, "{call} {fault}");
    });
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
fn a_month_of_root_is_told_in_every_report() {
    let gate = Gate::with_keys(Fake::example("events.txt"));
    let ago = |time: TimeDelta| format_time(DateTime::<Utc>::from(SystemTime::now()) - time);
    let policy = format!(
        "version: 1\nevidence: {{ root-events: {{ lookback: 30d }} }}\n\
         rules: {{ root-used-outside-window: {{ within: 30d }} }}\n\
         windows: [{{ id: drill, reason: r, ticket: T, from: {}, to: {} }}]\n",
        ago(TimeDelta::days(20) + TimeDelta::minutes(30)),
        ago(TimeDelta::days(20) - TimeDelta::minutes(90)),
    );
    gate.folder.write("rootgate.yaml", policy);
    let files = ["--sarif", "out.sarif", "--json", "out.json", "--summary", "out.md"];
    let ended = gate.run(&[&["check", "--color", "never"][..], &files].concat());
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);

    let report = gate.folder.json("out.json")["accounts"][0].clone();
    let told = |list: &str, key: &str| -> Vec<String> {
        let marks = report[list].as_array().unwrap().iter();
        marks.map(|mark| mark[key].as_str().unwrap_or("none").to_owned()).collect()
    };
    assert_eq!(told("uses", "window"), ["drill", "none"]);
    let [drill, other] = told("uses", "story").try_into().unwrap();
    let did = "1 read, 1 change (s3:PutBucketPolicy: unlock a bucket policy)";
    let agreed = format!("with MFA from 198.51.100.20 in us-west-2, {did}");
    assert!(drill.ends_with(&agreed), "{drill}");
    assert!(other.ends_with("without MFA from 203.0.113.77 in us-east-1"), "{other}");
    let audit = "2 reads consistent with a central audit, from 192.0.2.10";
    assert_eq!(told("listed", "what"), [audit]);

    let sarif = gate.folder.json("out.sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let results: Vec<_> = results.map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(results, ["root-used-outside-window", "root-signed-in-without-mfa"]);

    let log = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [&format!("inside window `drill`: {drill}"), &format!("no use: {audit}"), &other] {
        assert!(log.contains(part), "{part} in {}", ended.stdout);
    }
    let summary = gate.folder.read("out.md");
    for line in ["window drill :active,", "sign-in in a window :done,", "sign-in outside :crit,"] {
        assert_eq!(summary.matches(line).count(), 1, "{line} in {summary}");
    }
    assert!(summary.contains("central session :milestone,") && summary.contains(audit));
}
