//! The SDK's own client, with answers from here: pages as CloudTrail might cut them.

use std::sync::{Arc, LazyLock, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_cloudtrail::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;
use crate::collect::pace::Stop;
use crate::collect::whole_answer::WholeAnswer;
use crate::model::{RootEvent, classify, parse_time};

const ACCOUNT: &str = "111122223333";

/// Answers each call with what a function makes of its body.
struct Fake<F> {
    answer: F,
    calls: Arc<Mutex<usize>>,
}

impl<F> std::fmt::Debug for Fake<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Fake")
    }
}

impl<F: Fn(&Value) -> Value + Send + Sync> HttpConnector for Fake<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        *self.calls.lock().unwrap() += 1;
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let body = SdkBody::from((self.answer)(&body).to_string());
        HttpConnectorFuture::ready(Ok(Response::new(StatusCode::try_from(200).unwrap(), body)))
    }
}

/// What reading these questions gives, and how many calls it takes; nobody waits for a second.
fn read(
    questions: &[Question],
    answer: impl Fn(&Value) -> Value + Send + Sync + 'static,
) -> (Result<Vec<Record>, Gap>, usize) {
    let calls = Arc::new(Mutex::new(0));
    let connector = SharedHttpConnector::new(Fake { answer, calls: Arc::clone(&calls) });
    let config = aws_sdk_cloudtrail::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "k", None, None, "test"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .interceptor(WholeAnswer)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let read = runtime.block_on(async {
        let pace = Pace::new(Duration::from_secs(60), Stop::new(watch::channel(None).1));
        let until = parse_time("2026-11-20T09:00:00Z").unwrap();
        let lookup = RegionLookup {
            client: Client::from_conf(config),
            account: &ACCOUNT.parse().unwrap(),
            pace: &pace,
            since: until - TimeDelta::days(90),
            until,
        };
        let mut turns = Turns { second: Duration::ZERO, ..Turns::default() };
        let mut records = Vec::new();
        let read = lookup.read(questions, &mut turns, &mut records).await;
        read.map(|()| records).map_err(|gap| *gap)
    });
    let calls = *calls.lock().unwrap();
    (read, calls)
}

fn questions() -> Vec<Question> {
    vec![
        (LookupAttributeKey::Username, "root".to_owned()),
        (LookupAttributeKey::EventSource, "signin.amazonaws.com".to_owned()),
    ]
}

/// The records of the library `tests/events`.
static LIBRARY: LazyLock<Vec<Value>> = LazyLock::new(library);

#[expect(clippy::disallowed_methods, reason = "the library is a folder of files")]
fn library() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    files.iter().flat_map(|path| read(path)["records"].as_array().unwrap().clone()).collect()
}

fn classified(records: &[Record]) -> Vec<RootEvent> {
    classify(records, &ACCOUNT.parse().unwrap(), false)
}

/// A list as CloudTrail sends it: from the place that the token names to the next end of a page.
fn page(list: &[Value], ends: &[usize], token: &Value) -> Value {
    let number = token.as_str().map_or(0, |token| token.parse::<usize>().unwrap());
    let end = |number: usize| ends.get(number).copied().unwrap_or(list.len());
    let start = if number == 0 { 0 } else { end(number - 1) };
    let event = |record: &Value| json!({ "EventId": record["eventID"], "CloudTrailEvent": record.to_string() });
    let events: Vec<Value> = list[start..end(number)].iter().map(event).collect();
    match number < ends.len() {
        true => json!({ "Events": events, "NextToken": (number + 1).to_string() }),
        false => json!({ "Events": events }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Both questions find some of the same events, in any order, cut into pages anywhere, some of
    /// them empty: it is always the same story.
    #[test]
    fn order_repetition_and_page_boundaries_change_nothing(
        order in Just((0..LIBRARY.len()).collect::<Vec<_>>()).prop_shuffle(),
        twice in 0..20_usize,
        mut ends in prop::collection::vec(0..100_usize, 0..12),
    ) {
        // What only its key id ties to root is not found by these questions.
        let account = ACCOUNT.parse().unwrap();
        let parse = |record: &Value| Record::parse(&record.to_string()).unwrap();
        let parsed: Vec<Record> =
            LIBRARY.iter().map(parse).filter(|record| record.concerns(&account)).collect();
        let of = |places: &[usize]| places.iter().map(|place| LIBRARY[*place].clone()).collect();
        let half = order.len() / 2;
        let by_name: Vec<Value> = of(&order[..half + twice]);
        let by_source: Vec<Value> = of(&order[half..]);
        ends.iter_mut().for_each(|end| *end %= half + 1);
        ends.sort_unstable();
        let pages = 2 * (ends.len() + 1);
        let (records, calls) = read(&questions(), move |asked| {
            let key = &asked["LookupAttributes"][0]["AttributeKey"];
            let list = if key == "Username" { &by_name } else { &by_source };
            page(list, &ends, &asked["NextToken"])
        });
        prop_assert_eq!(calls, pages);
        prop_assert_eq!(classified(&records.unwrap()), classified(&parsed));
    }
}

#[test]
fn a_list_without_end_ends_in_a_gap_that_says_so() {
    let (read, calls) = read(&questions(), |asked| {
        let number = asked["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        json!({ "Events": [], "NextToken": (number + 1).to_string() })
    });
    let gap = read.unwrap_err();
    assert_eq!((gap.cause, calls), (Cause::Missing, MOST_PAGES));
    assert_eq!(
        gap.detail,
        "cloudtrail:LookupEvents: there are more than 400 pages of events for Username `root`; the \
         rest was not read"
    );
}
