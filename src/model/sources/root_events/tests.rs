//! The library of events in `tests/events`: documented forms, each with what it means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::{Just, Strategy, prop_assert, proptest};
use serde_json::{Value, json};

use super::{EventKind, Record, RegionGap, RootEvent, RootEvents, classify, issued_by_root};
use crate::model::{Cause, Gap, Source, VirtualMfaDevice, parse_time};

/// A file of the library.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    account: String,
    is_member: bool,
    records: Vec<Value>,
    expected: Vec<BTreeMap<String, Value>>,
}

#[expect(clippy::disallowed_methods, reason = "the library is a folder of files")]
fn library() -> Vec<(String, Case)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let case =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), case)
    };
    files.iter().map(read).collect()
}

impl Case {
    fn records(&self) -> Vec<Record> {
        let parse = |record: &Value| Record::parse(&record.to_string()).unwrap();
        self.records.iter().map(parse).collect()
    }

    fn events(&self) -> Vec<RootEvent> {
        classify(&self.records(), &self.account.parse().unwrap(), self.is_member)
    }
}

/// What a file may say of an event.
fn seen(event: &RootEvent, key: &str) -> Value {
    match key {
        "id" => json!(event.id),
        "kind" => json!(event.kind),
        "use" => json!(event.use_kind().map(crate::model::UseKind::id)),
        "mfa" => json!(event.mfa),
        "read_only" => json!(event.read_only),
        "error" => json!(event.error_code),
        "signed_by" => json!(event.access_key),
        "task" => json!(event.task),
        "key" => json!(event.key_change),
        "session" => json!(event.sign_in_session),
        "client" => json!(event.client),
        "mfa_target" => json!(event.mfa_target),
        "console_without_mfa" => json!(event.is_console_session_without_mfa()),
        "started" => json!(event.session_started.map(crate::model::format_time)),
        other => panic!("`{other}` is nothing that a file may say"),
    }
}

#[test]
fn every_event_of_the_library_means_what_its_file_says() {
    let library = library();
    assert!(library.len() > 50, "only {} files", library.len());
    for (name, case) in library {
        let events = case.events();
        let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids.len(), case.expected.len(), "{name}: {}: {ids:?}", case.about);
        for expected in &case.expected {
            // Records of one event may differ.
            let same = || events.iter().filter(|event| json!(event.id) == expected["id"]);
            let matches =
                |event: &&RootEvent| expected.iter().all(|(key, value)| &seen(event, key) == value);
            let event = same().find(matches).or_else(|| same().next());
            let event = event.unwrap_or_else(|| panic!("{name}: no event {}", expected["id"]));
            for (key, value) in expected {
                assert_eq!(&seen(event, key), value, "{name}: {}: {key}", case.about);
            }
        }
        for event in &events {
            let known = RootEvent::CREDENTIAL_CHANGES.contains(&event.action().as_str());
            assert!(known || !event.is_credential_change(), "{name}: {}", event.action());
        }
    }
}

#[test]
fn no_event_of_the_library_is_lost_in_a_file() {
    for (name, case) in library() {
        let events = case.events();
        let text = serde_json::to_string(&events).unwrap();
        assert_eq!(serde_json::from_str::<Vec<RootEvent>>(&text).unwrap(), events, "{name}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the schema is a file")]
fn the_schema_of_evidence_files_names_every_kind_and_field() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/evidence.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let definitions = &schema["$defs"];
    assert_eq!(definitions["event_kind"]["enum"], json!(EventKind::ALL));
    // Each optional object stands beside `null`.
    let fields = |schema: &Value| match &schema["properties"] {
        Value::Null => schema["oneOf"][1]["properties"].clone(),
        fields => fields.clone(),
    };
    for event in library().iter().flat_map(|(_, case)| case.events()) {
        let event = json!(event);
        let known = fields(&definitions["root_event"]);
        for (key, value) in event.as_object().unwrap() {
            assert!(known.get(key).is_some(), "{key}");
            for inner in value.as_object().into_iter().flat_map(|value| value.keys()) {
                assert!(fields(&known[key]).get(inner).is_some(), "{key}: {inner}");
            }
        }
    }
}

#[test]
fn what_is_no_record_is_an_error_and_nothing_is_guessed() {
    for text in [
        "",
        "{}",
        r#"{"eventID": "1", "eventTime": "2026-10-03T07:12:44Z", "eventSource": "x"}"#,
        r#"{"eventID": "1", "eventTime": "yesterday", "eventSource": "x", "eventName": "y"}"#,
    ] {
        assert!(Record::parse(text).is_err(), "{text}");
    }
}

#[test]
fn two_versions_of_one_event_are_both_kept_in_any_order() {
    let record = |name: &str| {
        json!({"eventID": "1", "eventTime": "2026-10-03T07:12:44Z", "eventSource": "s3.amazonaws.com",
            "eventName": name, "userIdentity": {"type": "Root", "accountId": "111122223333"}})
        .to_string()
    };
    let build = |names: [&str; 2]| {
        let records: Vec<Record> =
            names.iter().map(|name| Record::parse(&record(name)).unwrap()).collect();
        classify(&records, &"111122223333".parse().unwrap(), false)
    };
    assert_eq!(build(["A", "B"]), build(["B", "A"]));
    assert_eq!(build(["A", "B"]).len(), 2);
    assert_eq!(build(["A", "A"]).len(), 1);
}

/// A record of the library that was amended: another address, or denied after all.
fn amended(index: usize, denied: bool) -> Record {
    static ALL: LazyLock<Vec<Value>> =
        LazyLock::new(|| library().into_iter().flat_map(|(_, case)| case.records).collect());
    let mut record = ALL[index].clone();
    if denied {
        record["errorCode"] = json!("AccessDenied");
    }
    record["sourceIPAddress"] = json!("192.0.2.77");
    Record::parse(&record.to_string()).unwrap()
}

/// The records of all files; those of one account are judged together.
static ALL: LazyLock<Vec<Record>> =
    LazyLock::new(|| library().iter().flat_map(|(_, case)| case.records()).collect());

proptest! {
    #[test]
    fn order_and_duplicates_change_nothing(
        order in Just((0..ALL.len()).collect::<Vec<_>>()).prop_shuffle(),
        twice in proptest::collection::vec(0..ALL.len(), 0..8),
    ) {
        let account = "111122223333".parse().unwrap();
        let whole = classify(&ALL, &account, false);
        let picked: Vec<Record> =
            order.iter().chain(&twice).map(|index| ALL[*index].clone()).collect();
        prop_assert!(classify(&picked, &account, false) == whole);
        // Regions that were classified apart come together in any order.
        let events = RootEvents {
            since: parse_time("2026-10-01T00:00:00Z").unwrap(),
            all_regions: false,
            regions: Vec::new(),
            gaps: Vec::new(),
            events: twice.iter().chain(&order).filter_map(|i| whole.get(*i)).cloned().collect(),
        };
        prop_assert!(events.ordered().events == whole);
    }
}

proptest! {
    #[test]
    fn records_of_one_event_that_differ_are_all_judged_in_any_order(
        order in Just((0..ALL.len() + 1).collect::<Vec<_>>()).prop_shuffle(),
        index in 0..ALL.len(),
        denied in proptest::bool::ANY,
    ) {
        let account = "111122223333".parse().unwrap();
        let build = |order: &mut dyn Iterator<Item = usize>| {
            let record = |i: usize| ALL.get(i).cloned().unwrap_or_else(|| amended(index, denied));
            classify(&order.map(record).collect::<Vec<_>>(), &account, false)
        };
        let events = build(&mut order.iter().copied());
        prop_assert!(events == build(&mut (0..=ALL.len())));
        // A use that an amended record denies may be none; with another address it is one more.
        let alone = classify(&ALL[index..=index], &account, false);
        let id = |event: &&RootEvent| alone.iter().any(|other| other.id == event.id);
        let addresses: std::collections::BTreeSet<_> =
            events.iter().filter(id).map(|event| event.source_address.as_deref()).collect();
        prop_assert!(alone.is_empty() || denied || addresses.contains(&Some("192.0.2.77")));
        prop_assert!(alone.is_empty() || addresses.iter().any(|it| *it != Some("192.0.2.77")));
    }
}

#[test]
fn what_root_had_from_sts_is_named_and_found_by_its_key() {
    let files = library();
    let records = |name: &str| files.iter().find(|(file, _)| file == name).unwrap().1.records();
    let account = "111122223333".parse().unwrap();
    let mut ours = records("sessions-that-root-issued");
    for expected in [3, 3] {
        let ids = issued_by_root(&ours, &account);
        assert_eq!(ids.len(), expected, "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("ASIAEXAMPLEISSUED")), "{ids:?}");
        let found = ours.iter().filter(|record| record.is_signed_by_any(&ids)).count();
        assert_eq!(found, 4, "three calls, and the one that issued the third");
        ours.reverse();
    }
    for name in ["session-that-an-iam-user-issued", "central-audit-correlated"] {
        assert!(issued_by_root(&records(name), &account).is_empty(), "{name}");
    }
    assert!(issued_by_root(&ours, &"444455556666".parse().unwrap()).is_empty());
}

#[test]
fn a_list_of_devices_that_proves_an_iam_user_takes_the_change_back() {
    let (_, case) =
        library().into_iter().find(|(name, _)| name == "mfa-that-names-a-user").unwrap();
    let device = |serial: &str, user: Option<&str>| VirtualMfaDevice {
        serial_number: format!("arn:aws:iam::111122223333:mfa/{serial}"),
        user_arn: user.map(str::to_owned),
    };
    let settled = |devices: &[VirtualMfaDevice]| {
        let mut events = RootEvents {
            since: parse_time("2026-10-01T00:00:00Z").unwrap(),
            all_regions: false,
            regions: Vec::new(),
            gaps: Vec::new(),
            events: case.events(),
        };
        events.settle_devices(devices);
        events.events.remove(0)
    };
    let alice = Some("arn:aws:iam::111122223333:user/staff/alice");
    let proven = settled(&[device("other", None), device("alice-phone", alice)]);
    assert_eq!((proven.kind, proven.task, proven.mfa_target), (EventKind::SessionCall, None, None));
    for devices in [
        &[][..],
        &[device("other", alice)],
        &[device("alice-phone", None)],
        &[device("alice-phone", Some("arn:aws:iam::111122223333:root"))],
        &[device("alice-phone", Some("arn:aws:iam::111122223333:user/bob"))],
        &[device("alice-phone", Some("arn:aws:iam::111122223333:role/alice"))],
        &[device("alice-phone", Some("arn:aws:iam::444455556666:user/alice"))],
        &[device("alice-phone", alice), device("alice-phone", None)],
    ] {
        assert_eq!(settled(devices), case.events()[0], "{devices:?}");
    }
}

#[test]
fn the_sign_in_of_a_session_is_found_by_its_arn_or_its_start() {
    let events = |name: &str| {
        let (_, case) = library().into_iter().find(|(file, _)| file == name).unwrap();
        let gap = RegionGap { region: None, gap: Gap::new(Source::RootEvents, Cause::Denied, "") };
        RootEvents {
            since: parse_time("2026-10-01T00:00:00Z").unwrap(),
            all_regions: false,
            regions: Vec::new(),
            gaps: vec![gap],
            events: case.events(),
        }
    };
    for name in ["command-line-sign-in", "agent-sign-in-of-a-session-without-mfa"] {
        let events = events(name);
        let last = events.events.last().unwrap();
        assert_eq!(events.sign_in_for(last).unwrap().kind, EventKind::SignIn, "{name}");
    }
    let alone = events("agent-sign-in");
    assert!(alone.events.iter().all(|event| alone.sign_in_for(event).is_none()));
}

#[test]
fn a_region_that_was_read_twice_covers_what_both_reads_cover() {
    let at = |text: &str| parse_time(text).unwrap();
    let read = |until: &str, sign_ins_since: Option<&str>| super::RegionRead {
        region: "us-east-1".to_owned(),
        until: at(until),
        sign_ins_since: sign_ins_since.map(at),
    };
    let events = RootEvents {
        since: at("2026-10-01T00:00:00Z"),
        all_regions: false,
        regions: vec![
            read("2026-10-02T09:00:00Z", None),
            read("2026-10-02T10:00:00Z", Some("2026-10-01T05:00:00Z")),
            read("2026-10-02T11:00:00Z", Some("2026-10-01T04:00:00Z")),
        ],
        gaps: Vec::new(),
        events: Vec::new(),
    };
    let both = read("2026-10-02T09:00:00Z", Some("2026-10-01T05:00:00Z"));
    assert_eq!(events.ordered().regions, [both]);
}

#[test]
fn a_region_of_an_older_file_has_all_its_sign_ins() {
    let older = r#"{"region":"us-east-1","until":"2026-10-02T09:00:00Z"}"#;
    let read: super::RegionRead = serde_json::from_str(older).unwrap();
    assert_eq!(read.sign_ins_since, None);
    assert_eq!(serde_json::to_string(&read).unwrap(), older);
}

#[test]
fn gaps_stand_in_one_order_and_once() {
    let gap = |region: Option<&str>| RegionGap {
        region: region.map(str::to_owned),
        gap: Gap::new(Source::RootEvents, Cause::Throttled, "throttled"),
    };
    let events = RootEvents {
        since: parse_time("2026-10-01T00:00:00Z").unwrap(),
        all_regions: true,
        regions: Vec::new(),
        gaps: vec![gap(Some("us-west-2")), gap(None), gap(Some("us-west-2"))],
        events: Vec::new(),
    };
    assert_eq!(events.ordered().gaps, [gap(None), gap(Some("us-west-2"))]);
}
