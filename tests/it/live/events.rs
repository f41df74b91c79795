//! CloudTrail's events: every Region at its own rate, every page, merged; and the gaps of failed Regions.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use rootgate::collect::{EventsWanted, Settings, Sinks, WantedRegions, collect};
use rootgate::model::{Cause, EventKind, Fact, RegionRead, RootEvents, Source, format_time};

use super::{Collected, run, settings};
use crate::fake::Fake;
use crate::gate::Gate;
use crate::support::side_by_side;

const DEFAULT: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

fn wanting(fake: &Fake, regions: WantedRegions) -> Settings {
    let mut settings = settings(fake);
    settings.entry.timeout = Duration::from_secs(20);
    settings.needs = [Source::RootEvents, Source::AccountSummary, Source::CredentialReport].into();
    settings.root_events = Some(EventsWanted { lookback: TimeDelta::days(7), regions });
    settings
}

fn collected(fake: &Fake, regions: WantedRegions) -> Collected {
    run(&wanting(fake, regions)).result.unwrap()
}

fn read(fake: &Fake, regions: WantedRegions) -> Fact<RootEvents> {
    collected(fake, regions).evidence.remove(0).root_events.unwrap()
}

/// Only the sign-in Regions.
fn no_more() -> WantedRegions {
    WantedRegions::Named(Vec::new())
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

/// The distinct requests of all lookups: a throttled one was repeated.
fn questions(fake: &Fake) -> BTreeSet<(String, String, String)> {
    lookups(fake).into_iter().collect()
}

/// The requests to a Region, in order.
fn asked_of(fake: &Fake, of: &str) -> Vec<String> {
    let here = lookups(fake).into_iter().filter(|(region, ..)| region == of);
    let mut asked: Vec<String> = here.map(|(_, _, value)| value).collect();
    asked.dedup();
    asked
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
    assert_eq!(names(events), ["ConsoleLogin", "PutBucketPolicy", "RunInstances"]);
    assert_eq!(events.events[0].kind, EventKind::SignIn);
    assert_eq!(
        (events.events[0].mfa, events.gaps.len(), events.all_regions),
        (Some(true), 0, true)
    );
    let observed = fact.observed_at.unwrap();
    assert!(events.regions.iter().all(|read| read.until == observed - TimeDelta::minutes(15)));
    assert_eq!(events.since, observed - TimeDelta::days(7));
    assert!(events.regions.iter().all(|read| read.sign_ins_since.is_none()));
    // Five lookups in us-east-1, two elsewhere; then one for events that may announce a central session.
    let mut asked = questions(&fake);
    asked.retain(|(region, ..)| DEFAULT.contains(&region.as_str()));
    assert_eq!(asked.len(), 9 + 3);
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn without_use_of_root_only_the_sign_in_regions_are_read() {
    let fake = Fake::with("root.password_last_used = 8d ago");
    let fact = read(&fake, WantedRegions::Default);
    assert_eq!(regions(&fact.value), DEFAULT);
    assert_eq!((questions(&fake).len(), fake.count("ListRegions")), (9, 0));
}

#[test]
fn a_clock_that_is_set_back_does_not_extend_the_period_read() {
    let fake = Fake::with(&format!("{FOUR_REGIONS}\nroot.password_last_used = 2d ago"));
    let reads = Cell::new(0);
    let clock = || {
        reads.set(reads.get() + 1);
        DateTime::<Utc>::from(SystemTime::now()) - TimeDelta::minutes(reads.get())
    };
    let settings = wanting(&fake, WantedRegions::Default);
    let sinks = Sinks { command: &|_| (), note: &|_| () };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut evidence = Vec::new();
    let each = |it| evidence.push(it);
    let ended = collect(&settings, &clock, &sinks, std::future::pending(), each);
    runtime.block_on(ended).unwrap();
    let fact = evidence.remove(0).root_events.unwrap();
    let latest = fact.observed_at.unwrap() - TimeDelta::minutes(15);
    let [west_europe, rest @ ..] = &fact.value.regions[..] else { panic!("no Region") };
    assert_eq!((west_europe.region.as_str(), rest.len()), ("eu-west-1", 3));
    assert!(rest.iter().all(|read| read.until < latest), "asked a minute earlier by that clock");
    assert!(rest.iter().all(|read| west_europe.until < read.until), "asked even later");
}

#[test]
fn root_is_found_under_the_alias_of_the_account() {
    let fake = Fake::with("alias = acme-prod\nevent = 3d us-east-2 s3:PutBucketPolicy");
    assert_eq!(names(&read(&fake, no_more()).value), ["PutBucketPolicy"]);
    assert_eq!(
        asked_of(&fake, "us-east-2"),
        ["root", "acme-prod", "signin.amazonaws.com", "AssumeRoot"]
    );
}

#[test]
fn every_page_is_read_and_an_event_of_two_answers_counts_once() {
    let lines: Vec<String> = (0..5)
        .map(|n| format!("event = {}h us-east-2 signin:ConsoleLogin mfa=yes", n + 1))
        .collect();
    let fake = Fake::with(&format!("{}\nevents.per-page = 3", lines.join("\n")));
    let fact = read(&fake, no_more());
    assert_eq!(fact.value.events.len(), 5);
    let calls = fake.calls();
    let here = calls.iter().filter(|call| call["region"] == "us-east-2");
    let pages: Vec<_> = here.filter(|call| call["call"] == "LookupEvents").collect();
    assert_eq!(pages.len(), 4, "two pages by name, two by source");
    assert_eq!(pages[1]["parameters"]["NextToken"], "3");
    assert_eq!(pages[0]["parameters"]["StartTime"], pages[1]["parameters"]["StartTime"]);
    assert_eq!(pages[0]["parameters"]["EndTime"], pages[1]["parameters"]["EndTime"]);
}

const FOUR_REGIONS: &str =
    "region = us-east-1\nregion = us-east-2\nregion = us-west-2\nregion = eu-west-1";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

#[test]
fn a_root_key_widens_the_default_to_all_enabled_regions_and_asks_for_the_key() {
    let used = format!("event = 2d eu-west-1 ec2:RunInstances key={KEY}");
    let made = format!(
        "event = 1d us-east-1 iam:CreateAccessKey response={{\"accessKey\":{{\"accessKeyId\":\"{KEY}\"}}}}"
    );
    // Five lookups in us-east-1 and two elsewhere; then one for the key in each of four Regions.
    for_each_fake(
        ["summary.AccountAccessKeysPresent = 1", &made],
        |why| format!("{FOUR_REGIONS}\n{used}\n{why}"),
        WantedRegions::Default,
        |why, fake, fact| {
            assert_eq!(regions(&fact.value), ["eu-west-1", "us-east-1", "us-east-2", "us-west-2"]);
            assert!(fact.value.all_regions && fact.value.gaps.is_empty(), "{:?}", fact.value.gaps);
            assert!(names(&fact.value).contains(&"RunInstances"), "{why}");
            let mut asked = questions(fake);
            asked.retain(|(_, _, value)| value != "AssumeRoot");
            assert_eq!(asked.len(), 11 + 4, "{why}");
            let by_key = asked.iter().filter(|(_, key, _)| key == "AccessKeyId").count();
            assert_eq!(by_key, 4, "{why}");
        },
    );
    let cases = [(WantedRegions::Default, &[][..]), (WantedRegions::All, &["RunInstances"])];
    side_by_side(cases, |(wanted, found)| {
        let fake = Fake::with(&format!("{FOUR_REGIONS}\n{used}"));
        assert_eq!(names(&read(&fake, wanted).value), found, "only who looks there finds it");
    });
}

/// Reads from one fake per case, in parallel.
fn for_each_fake<const N: usize>(
    cases: [&str; N],
    scenario: impl Fn(&str) -> String + Sync,
    wanted: WantedRegions,
    check: impl Fn(&str, &Fake, Fact<RootEvents>) + Sync,
) {
    side_by_side(cases, |case| {
        let fake = Fake::with(&scenario(case));
        let fact = read(&fake, wanted.clone());
        check(case, &fake, fact);
    });
}

#[test]
fn any_use_of_root_in_the_look_back_widens_the_default() {
    for_each_fake(
        [
            "root.password_last_used = 6d ago",
            "root.access_key_2_last_used_date = 6d ago",
            "event = 6d us-west-2 signin:ConsoleLogin mfa=yes",
            "event = 6d us-east-1 iam:DeleteAccessKey assumed-root",
            "event = 6d us-east-1 s3:PutBucketPolicy assumed-root",
        ],
        |why| format!("{FOUR_REGIONS}\n{why}\nevent = 5d eu-west-1 signin:CreateOAuth2Token read"),
        WantedRegions::Default,
        |why, _, fact| {
            assert_eq!(regions(&fact.value).len(), 4, "{why}");
            assert!(fact.value.all_regions && fact.value.gaps.is_empty(), "{why}");
            assert!(names(&fact.value).contains(&"CreateOAuth2Token"), "{why}");
        },
    );
}

#[test]
fn events_that_are_not_use_of_root_do_not_widen_the_default() {
    for_each_fake(
        [
            "root.password_last_used = 8d ago",
            "event = 8d us-west-2 signin:ConsoleLogin mfa=yes",
            "event = 6d us-west-2 signin:ConsoleLogin failed",
            "event = 6d us-east-1 signin:PasswordRecoveryRequested",
            "event = 6d us-east-1 iam:GetUser assumed-root read",
            "event = 6d us-east-1 iam:DeleteLoginProfile assumed-root",
            "event = 6d us-east-1 ec2:DeleteNetworkInterface invoked-by=elasticloadbalancing.amazonaws.com",
            "event = 6d us-east-1 kms:RotateKey type=AwsServiceEvent",
            "event = 6d us-east-1 iam:DisableOrganizationsRootSessions by=AssumedRole",
        ],
        |why| format!("{FOUR_REGIONS}\n{why}"),
        WantedRegions::Default,
        |why, fake, fact| {
            assert_eq!(regions(&fact.value), DEFAULT, "{why}");
            assert_eq!(fake.count("ListRegions"), 0, "{why}");
        },
    );
}

#[test]
fn named_regions_always_include_the_sign_in_regions_and_never_widen() {
    let fake = Fake::with(&format!(
        "{FOUR_REGIONS}\nregion = eu-central-1\nsummary.AccountAccessKeysPresent = 1\n\
         root.password_last_used = 2d ago\nevent = 2d us-west-2 signin:ConsoleLogin mfa=yes"
    ));
    let fact = read(&fake, WantedRegions::Named(vec!["eu-west-1".to_owned()]));
    assert_eq!(regions(&fact.value), ["eu-west-1", "us-east-1", "us-east-2", "us-west-2"]);
    assert_eq!(names(&fact.value), ["ConsoleLogin"]);
    assert!(!fact.value.all_regions && fact.value.gaps.is_empty());
    assert_eq!(fake.count("ListRegions"), 0);
}

#[test]
fn calls_of_a_session_that_root_handed_out_are_found_by_its_key_id() {
    let issued = |id: &str| format!("response={{\"credentials\":{{\"accessKeyId\":\"{id}\"}}}}");
    let fake = Fake::with(&format!(
        "{FOUR_REGIONS}\n\
         event = 3d us-east-1 sts:GetFederationToken key={KEY} {}\n\
         event = 70h eu-west-1 ec2:RunInstances by=FederatedUser key=ASIAEXAMPLEFEDERATE1\n\
         event = 70h eu-west-1 ec2:StopInstances by=FederatedUser key=ASIAEXAMPLEOTHER0001\n\
         event = 69h us-west-2 sts:GetFederationToken by=IAMUser {}",
        issued("ASIAEXAMPLEFEDERATE1"),
        issued("ASIAEXAMPLEOTHER0001"),
    ));
    let fact = read(&fake, WantedRegions::Default);
    assert_eq!(names(&fact.value), ["GetFederationToken", "RunInstances"]);
    let call = &fact.value.events[1];
    assert!(call.kind.is_use(), "{:?}", call.kind);
    let mut asked = questions(&fake);
    asked.retain(|(_, key, _)| key == "AccessKeyId");
    let mut ids: Vec<&str> = asked.iter().map(|(_, _, id)| id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids, asked.len()), (vec![KEY, "ASIAEXAMPLEFEDERATE1"], 2 * 4));
}

#[test]
fn a_session_that_root_opened_before_the_look_back_is_followed_into_it() {
    let fake = Fake::with(&format!(
        "{FOUR_REGIONS}\n\
         event = 10110m us-east-1 sts:GetFederationToken key={KEY} \
         response={{\"credentials\":{{\"accessKeyId\":\"ASIAEXAMPLEFEDERATE1\"}}}}\n\
         event = 10050m eu-west-1 s3:PutBucketPolicy by=FederatedUser key=ASIAEXAMPLEFEDERATE1"
    ));
    let fact = read(&fake, WantedRegions::Default);
    assert_eq!(names(&fact.value), ["PutBucketPolicy"], "what opened it is not judged");
    assert!(fact.value.all_regions);
}

#[test]
fn more_keys_or_sessions_than_are_asked_for_are_a_gap() {
    let key =
        |n: usize| format!("event = {n}h us-east-2 s3:ListBuckets read key=AKIAEXAMPLE{n:09}");
    let session = |n: usize| {
        format!(
            "event = {n}h us-east-2 sts:GetSessionToken \
             response={{\"credentials\":{{\"accessKeyId\":\"ASIAEXAMPLE{n:09}\"}}}}"
        )
    };
    let lines = |line: &dyn Fn(usize) -> String, count: usize| -> String {
        (1..=count).map(line).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        (lines(&key, 8), 8, None),
        (lines(&key, 9), 8, Some("9 access keys of root, but only 8")),
        (lines(&session, 50), 50, None),
        (lines(&session, 52), 50, Some("52 sessions that root opened, but only 50")),
    ];
    side_by_side(cases, |(events, most, says)| {
        let fake = Fake::with(&events);
        let mut settings = wanting(&fake, no_more());
        settings.entry.timeout = Duration::from_secs(40);
        let fact = run(&settings).result.unwrap().evidence.remove(0).root_events.unwrap();
        assert_eq!(regions(&fact.value), DEFAULT);
        let mut asked = questions(&fake);
        asked.retain(|(region, key, _)| key == "AccessKeyId" && region == "us-west-2");
        assert_eq!(asked.len(), most);
        let newest = asked.iter().any(|(_, _, id)| id.ends_with("EXAMPLE000000001"));
        assert!(newest, "the newest come first");
        let gaps = &fact.value.gaps;
        assert_eq!(gaps.len(), usize::from(says.is_some()), "{gaps:?}");
        if let Some(says) = says {
            assert_eq!((gaps[0].region.as_deref(), gaps[0].gap.cause), (None, Cause::Missing));
            assert!(gaps[0].gap.detail.contains(says), "{}", gaps[0].gap.detail);
            assert!(gaps[0].gap.grant.as_ref().unwrap().contains("the gap disappears"));
        }
    });
}

#[test]
fn a_region_that_an_organization_closes_names_the_exemption() {
    let fault = "error 400 AccessDeniedException User: x is not authorized to perform: \
                 cloudtrail:LookupEvents with an explicit deny in a service control policy";
    let fake = Fake::with(&format!("{FOUR_REGIONS}\nfault LookupEvents@eu-west-1 = {fault}"));
    let fact = read(&fake, WantedRegions::All);
    assert_eq!(regions(&fact.value), DEFAULT);
    let gap = &fact.value.gaps[0];
    assert_eq!((gap.region.as_deref(), gap.gap.cause), (Some("eu-west-1"), Cause::Denied));
    let todo = gap.gap.grant.as_deref().unwrap();
    assert!(todo.starts_with("exempt cloudtrail:LookupEvents in the service control"), "{todo}");
}

#[test]
fn too_many_sign_ins_of_others_leave_a_region_with_the_newest() {
    // A few pages of all events, one or two of each rare name, and as many of `ConsoleLogin` as half of the
    // remaining time allows.
    let fake = Fake::with(
        "others = 10000 us-east-1 signin:ConsoleLogin\nothers = 10 us-east-1 signin:CheckMfa\n\
         others = 400 us-east-2 signin:ConsoleLogin\nothers = 5 us-west-2 signin:ConsoleLogin\n\
         event = 6d us-east-1 signin:PasswordUpdated\n\
         event = 5d us-east-1 signin:ConsoleLogin mfa=yes",
    );
    let fact = read(&fake, no_more());
    assert!(fact.value.gaps.is_empty(), "{:?}", fact.value.gaps);
    assert_eq!(names(&fact.value), ["PasswordUpdated", "ConsoleLogin"]);
    let [east_1, east_2, west] = &fact.value.regions[..] else { panic!("{:?}", fact.value) };
    let complete = |read: &RegionRead| fact.observed_at.unwrap() - read.sign_ins_since.unwrap();
    // With 50 events per page, 10,000 per day are 7.2 minutes per page.
    let age = complete(east_1);
    assert!(age > TimeDelta::minutes(40) && age < TimeDelta::minutes(300), "{age}");
    assert!(complete(east_2) > age * 20, "400 a day reach back further");
    assert_eq!(west.sign_ins_since, None, "35 are one page");
    assert_eq!(asked_of(&fake, "us-west-2"), ["root", "signin.amazonaws.com"]);
    assert!(fact.value.regions.iter().all(|read| read.until == east_1.until));
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
    let fact = read(&fake, no_more());
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
fn if_no_region_answers_the_events_are_missing() {
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
        let regions = if lists { WantedRegions::All } else { no_more() };
        let events = collected(&fake, regions).evidence.remove(0).root_events;
        let gap = events.map_or_else(|gap| gap, |fact| fact.value.gaps[0].gap.clone());
        let action = if lists { "account:ListRegions" } else { "cloudtrail:LookupEvents" };
        assert_eq!((gap.cause, gap.action.as_str()), (Cause::Unreadable, action), "{fault}");
        let of_region = || lookups(&fake).iter().filter(|asked| asked.0 == "us-east-2").count();
        let asked = if lists { fake.count(call) } else { of_region() };
        assert!((1..=2).contains(&asked), "{call} {fault}");
    });
}

#[test]
fn an_endless_list_of_regions_or_odd_names_are_refused() {
    let cases = [
        ("fault ListRegions = endless", "the list has more than 40 pages"),
        ("region = eu-west-1.example", "`eu-west-1.example` is not the name of a Region"),
    ];
    side_by_side(cases, |(scenario, says)| {
        let fake = Fake::with(scenario);
        let fact = read(&fake, WantedRegions::All);
        assert!(!fact.value.all_regions && regions(&fact.value) == DEFAULT);
        let gap = &fact.value.gaps[0].gap;
        assert_eq!((gap.cause, gap.action.as_str()), (Cause::Unreadable, "account:ListRegions"));
        assert_eq!(gap.detail, format!("account:ListRegions: {says}"));
        assert!(fake.count("ListRegions") <= 40);
    });
}

#[test]
fn an_empty_list_of_regions_is_refused() {
    let fake = Fake::with("region = none");
    let fact = read(&fake, WantedRegions::All);
    assert!(!fact.value.all_regions && regions(&fact.value) == DEFAULT);
    let gap = &fact.value.gaps[0].gap;
    assert_eq!(gap.detail, "account:ListRegions: the list is empty, but every account has Regions");
}

#[test]
fn an_alias_that_cannot_be_read_is_a_gap_for_all_regions() {
    let fake = Fake::with("fault ListAccountAliases = denied");
    let fact = read(&fake, no_more());
    let gap = &fact.value.gaps[0];
    assert_eq!(gap.region, None);
    assert_eq!(gap.gap.grant.as_deref(), Some("iam:ListAccountAliases"));
}

#[test]
fn a_month_of_root_is_in_every_report() {
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
    let values = |list: &str, key: &str| -> Vec<String> {
        let marks = report[list].as_array().unwrap().iter();
        marks.map(|mark| mark[key].as_str().unwrap_or("none").to_owned()).collect()
    };
    assert_eq!(values("uses", "window"), ["drill", "none"]);
    let [drill, other] = values("uses", "story").try_into().unwrap();
    let did = "1 read, 1 change (s3:PutBucketPolicy: unlock a bucket policy)";
    let agreed = format!("with MFA from 198.51.100.20 in us-west-2, {did}");
    assert!(drill.ends_with(&agreed), "{drill}");
    assert!(other.ends_with("without MFA from 203.0.113.77 in us-east-1"), "{other}");
    let audit = "2 reads consistent with a central audit, from 192.0.2.10";
    assert_eq!(values("listed", "what"), [audit]);

    let sarif = gate.folder.json("out.sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let results: Vec<_> = results.map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(results, ["root-used-outside-window", "root-signed-in-without-mfa"]);

    let log = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [&format!("inside window `drill`: {drill}"), &format!("not a use: {audit}"), &other]
    {
        assert!(log.contains(part), "{part} in {}", ended.stdout);
    }
    let summary = gate.folder.read("out.md");
    for line in ["window drill :active,", "sign-in in a window :done,", "sign-in outside :crit,"] {
        assert_eq!(summary.matches(line).count(), 1, "{line} in {summary}");
    }
    assert!(summary.contains("central session :milestone,") && summary.contains(audit));
}
