//! The library of events in `tests/events`: documented forms, each with what it means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::{Just, Strategy, prop_assert, proptest};
use serde_json::{Value, json};

use super::{Record, RegionGap, RootEvent, RootEvents, classify};
use crate::model::{Cause, Gap, Source, parse_time};

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
            let event = events.iter().find(|event| json!(event.id) == expected["id"]);
            let event = event.unwrap_or_else(|| panic!("{name}: no event {}", expected["id"]));
            let known = RootEvent::CREDENTIAL_CHANGES.contains(&event.action().as_str());
            assert!(known || !event.is_credential_change(), "{name}: {}", event.action());
            for (key, value) in expected {
                assert_eq!(&seen(event, key), value, "{name}: {}: {key}", case.about);
            }
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
fn two_versions_of_one_event_leave_the_same_one_in_any_order() {
    let record = |name: &str| {
        json!({"eventID": "1", "eventTime": "2026-10-03T07:12:44Z", "eventSource": "s3.amazonaws.com",
            "eventName": name, "userIdentity": {"type": "Root", "accountId": "111122223333"}})
        .to_string()
    };
    let of = |names: [&str; 2]| {
        let records: Vec<Record> =
            names.iter().map(|name| Record::parse(&record(name)).unwrap()).collect();
        classify(&records, &"111122223333".parse().unwrap(), false)
    };
    assert_eq!(of(["A", "B"]), of(["B", "A"]));
    assert_eq!(of(["A", "B"]).len(), 1);
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
