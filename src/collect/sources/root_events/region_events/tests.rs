//! Tests with the SDK's own client and fake answers, cut into pages as CloudTrail might cut them.

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
use tokio::time::Instant;

use super::*;
use crate::collect::answer_check::AnswerCheck;
use crate::collect::pace::Stop;
use crate::model::{RootEvent, classify, format_time, parse_time};

const ACCOUNT: &str = "111122223333";

/// Answers each call with the result of a function of its body.
struct Fake<F> {
    answer: F,
    delay: Duration,
    calls: Arc<Mutex<Vec<String>>>,
}

impl<F> std::fmt::Debug for Fake<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Fake")
    }
}

impl<F: Fn(&Value) -> Value + Send + Sync> HttpConnector for Fake<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let asked = body["LookupAttributes"][0]["AttributeValue"].as_str().unwrap().to_owned();
        self.calls.lock().unwrap().push(asked);
        let body = SdkBody::from((self.answer)(&body).to_string());
        let response = Ok(Response::new(StatusCode::try_from(200).unwrap(), body));
        if self.delay.is_zero() {
            return HttpConnectorFuture::ready(response);
        }
        let delay = self.delay;
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(delay).await;
            response
        })
    }
}

/// The result of the lookups.
struct Read {
    /// The time since which sign-ins are complete.
    since: Result<Option<DateTime<Utc>>, Gap>,
    records: Vec<Record>,
    /// The lookup of each call.
    calls: Vec<String>,
}

/// The end of the look-back.
fn until() -> DateTime<Utc> {
    parse_time("2026-11-20T09:00:00Z").unwrap()
}

/// Reads without a wait between calls.
fn read(questions: Questions, answer: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Read {
    read_within(Duration::from_secs(60), Duration::ZERO, questions, answer)
}

/// Reads within a time limit, from a CloudTrail that answers slowly.
fn read_within(
    share: Duration,
    delay: Duration,
    questions: Questions,
    answer: impl Fn(&Value) -> Value + Send + Sync + 'static,
) -> Read {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let connector = SharedHttpConnector::new(Fake { answer, delay, calls: Arc::clone(&calls) });
    let config = aws_sdk_cloudtrail::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "k", None, None, "test"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .interceptor(AnswerCheck)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut records = Vec::new();
    let since = runtime.block_on(async {
        let pace = Pace::new(share, Stop::new(watch::channel(None).1));
        let lookup = RegionLookup {
            client: Client::from_conf(config),
            account: &ACCOUNT.parse().unwrap(),
            named: None,
            pace: &pace,
            since: until() - TimeDelta::days(90),
            until: until(),
        };
        let mut bucket = Bucket::new(Rate { period: Duration::ZERO, ..RATE });
        let mut reading = Reading { bucket: &mut bucket, records: &mut records };
        lookup.read(&questions, &mut reading).await.map_err(|gap| *gap)
    });
    let calls = calls.lock().unwrap().clone();
    Read { since, records, calls }
}

/// The number of calls for each lookup, in the order of the first call.
fn counted(calls: &[String]) -> Vec<(&str, usize)> {
    calls.chunk_by(|a, b| a == b).map(|same| (same[0].as_str(), same.len())).collect()
}

fn questions() -> Questions {
    let whole = vec![
        (LookupAttributeKey::Username, "root".to_owned()),
        (LookupAttributeKey::EventSource, "signin.amazonaws.com".to_owned()),
    ];
    Questions { whole, sign_ins: None }
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

/// A page as CloudTrail sends it: from the index in the token to the next end of a page.
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

    /// Two lookups find some of the same events, in any order, cut into pages anywhere, some of
    /// them empty. The result is always the same.
    #[test]
    fn order_repetition_and_page_boundaries_change_nothing(
        order in Just((0..LIBRARY.len()).collect::<Vec<_>>()).prop_shuffle(),
        twice in 0..20_usize,
        mut ends in prop::collection::vec(0..100_usize, 0..12),
    ) {
        // These lookups do not find events that only a key id ties to root.
        let account = ACCOUNT.parse().unwrap();
        let parse = |record: &Value| Record::parse(&record.to_string()).unwrap();
        let parsed: Vec<Record> =
            LIBRARY.iter().map(parse).filter(|record| record.concerns(&account)).collect();
        let pick = |places: &[usize]| places.iter().map(|place| LIBRARY[*place].clone()).collect();
        let half = order.len() / 2;
        let by_name: Vec<Value> = pick(&order[..half + twice]);
        let by_source: Vec<Value> = pick(&order[half..]);
        ends.iter_mut().for_each(|end| *end %= half + 1);
        ends.sort_unstable();
        let pages = 2 * (ends.len() + 1);
        let read = read(questions(), move |asked| {
            let key = &asked["LookupAttributes"][0]["AttributeKey"];
            let list = if key == "Username" { &by_name } else { &by_source };
            page(list, &ends, &asked["NextToken"])
        });
        prop_assert_eq!(read.since, Ok(None));
        prop_assert_eq!(read.calls.len(), pages);
        prop_assert_eq!(classified(&read.records), classified(&parsed));
    }
}

#[test]
fn an_endless_list_is_a_gap() {
    let read = read(questions(), |asked| {
        let number = asked["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        json!({ "Events": [], "NextToken": (number + 1).to_string() })
    });
    let gap = read.since.unwrap_err();
    assert_eq!((gap.cause, read.calls.len()), (Cause::Missing, MAX_PAGES));
    assert_eq!(
        gap.detail,
        "cloudtrail:LookupEvents: there are more than 400 pages of events for Username `root`; the \
         rest was not read"
    );
}

/// An endless list with two sign-ins of others on each page, a minute apart.
fn busy(asked: &Value) -> Value {
    let number = asked["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let event = |minutes: i64| {
        let time = format_time(until() - TimeDelta::minutes(minutes));
        let id = format!("{minutes}");
        let record = json!({
            "eventID": id,
            "eventTime": time,
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "userIdentity": { "type": "AssumedRole", "accountId": ACCOUNT },
        });
        json!({ "EventId": id, "CloudTrailEvent": record.to_string() })
    };
    json!({
        "Events": [event(2 * number), event(2 * number + 1)],
        "NextToken": (number + 1).to_string(),
    })
}

fn none(_: &Value) -> Value {
    json!({ "Events": [] })
}

/// Answers lookups of these names with an endless list, and so for all sign-ins. Other names have
/// no events.
fn busy_in(names: &'static [&'static str]) -> impl Fn(&Value) -> Value {
    move |asked| {
        let value = asked["LookupAttributes"][0]["AttributeValue"].as_str().unwrap();
        if value == SIGN_IN || names.contains(&value) { busy(asked) } else { none(asked) }
    }
}

fn sign_ins(recorded: SignIns) -> Questions {
    Questions { whole: Vec::new(), sign_ins: Some(recorded) }
}

#[test]
fn sign_ins_of_a_few_pages_are_one_lookup() {
    let read = read(sign_ins(SignIns::Console), |asked| match asked["NextToken"].as_str() {
        Some("3") => none(asked),
        _ => busy(asked),
    });
    assert_eq!(read.since, Ok(None));
    assert_eq!(counted(&read.calls), [(SIGN_IN, FEW_PAGES)]);
}

#[test]
fn many_sign_ins_are_looked_up_by_name_and_console_logins_newest_first() {
    let console = read(sign_ins(SignIns::Console), busy_in(&["ConsoleLogin"]));
    let each = |name: &'static str| (name, 1);
    let mut expected = vec![(SIGN_IN, FEW_PAGES)];
    expected.extend(CHANGES.iter().map(|name| each(name)));
    expected.extend(["PasswordRecoveryRequested", "CheckMfa"].map(each));
    expected.extend(COMMAND_LINE.iter().map(|name| each(name)));
    expected.push(("ConsoleLogin", SIGN_IN_PAGES - 4));
    assert_eq!(counted(&console.calls), expected);
    // The last page begins 2 * 75 minutes back, and every later event was read.
    let since = until() - TimeDelta::minutes(2 * 75) + TimeDelta::seconds(1);
    assert_eq!(console.since, Ok(Some(since)));

    let command_line = read(sign_ins(SignIns::CommandLine), busy_in(&["ConsoleLogin"]));
    assert_eq!(command_line.since, Ok(None), "root's console sign-ins are not recorded there");
    assert_eq!(
        counted(&command_line.calls),
        [(SIGN_IN, FEW_PAGES), (COMMAND_LINE[0], 1), (COMMAND_LINE[1], 1)]
    );
}

#[test]
fn sign_ins_by_name_begin_where_the_pages_of_all_end() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let asked_until = Arc::clone(&ends);
    let read = read(sign_ins(SignIns::Console), move |asked| {
        asked_until.lock().unwrap().push(asked["EndTime"].as_i64().unwrap());
        busy_in(&[])(asked)
    });
    assert_eq!(read.since, Ok(None), "each name has its last page");
    let minutes = 2 * (i64::try_from(FEW_PAGES).unwrap() - 1);
    let by_name = until() - TimeDelta::minutes(minutes) + TimeDelta::seconds(1);
    let mut expected = vec![until().timestamp(); FEW_PAGES];
    expected.resize(read.calls.len(), by_name.timestamp());
    assert_eq!(*ends.lock().unwrap(), expected);
}

#[test]
fn the_frequent_event_with_the_shortest_coverage_decides() {
    let read = read(sign_ins(SignIns::Console), busy_in(&["ConsoleLogin", "CheckMfa"]));
    let count = |name: &str| read.calls.iter().filter(|asked| *asked == name).count();
    assert_eq!(count("CheckMfa"), PAGES_PER_NAME);
    assert_eq!(count("ConsoleLogin"), SIGN_IN_PAGES - PAGES_PER_NAME - 3);
    let minutes = 2 * (i64::try_from(PAGES_PER_NAME).unwrap() - 1);
    let since = until() - TimeDelta::minutes(minutes) + TimeDelta::seconds(1);
    assert_eq!(read.since, Ok(Some(since)));
}

#[test]
fn endless_changes_of_credentials_are_a_gap() {
    let read = read(sign_ins(SignIns::Console), busy_in(CHANGES));
    let gap = read.since.unwrap_err();
    assert_eq!(gap.cause, Cause::Missing);
    assert!(gap.detail.contains(CHANGES[0]), "{}", gap.detail);
    assert_eq!(read.calls.len(), FEW_PAGES + MAX_PAGES);
}

#[test]
fn slow_answers_end_the_sign_ins_where_half_of_the_time_is_spent() {
    let (share, delay) = (Duration::from_millis(1_200), Duration::from_millis(20));
    let started = Instant::now();
    let console = sign_ins(SignIns::Console);
    let read = read_within(share, delay, console, busy_in(&["ConsoleLogin"]));
    assert!(started.elapsed() < share, "the rest is reserved for later calls");
    let since = read.since.unwrap().unwrap();
    let pages = read.calls.iter().filter(|asked| *asked == "ConsoleLogin").count();
    assert!((2..SIGN_IN_PAGES - 4).contains(&pages), "{pages}");
    // The last call may still have been running.
    let of_page = |page: usize| until() - TimeDelta::minutes(2 * i64::try_from(page).unwrap());
    assert!(since > of_page(pages - 1) && since <= of_page(pages - 2) + TimeDelta::seconds(1));
}

#[test]
fn a_denial_by_an_scp_says_what_to_exempt() {
    let denied = |message: &str| {
        let message = format!("User: x is not authorized to perform: {LOOKUP} {message}");
        let error = CallError {
            code: "AccessDeniedException".into(),
            ..CallError::new(Kind::Denied, message)
        };
        failed(&error, None).grant.unwrap().to_string()
    };
    let by_role = denied("because no identity-based policy allows it");
    assert_eq!(by_role, LOOKUP.iam_action);
    let by_scp = denied("with an explicit deny in a service control policy");
    assert_eq!(
        by_scp,
        "exempt cloudtrail:LookupEvents in the service control policy that closes the Region (in its \
         `NotAction`, beside the global services)"
    );
}

#[test]
fn a_region_of_the_policy_without_an_answer_may_be_misspelt() {
    let grant = |kind, named| failed(&CallError::new(kind, "no route"), named).grant;
    for kind in [Kind::Network, Kind::TimedOut] {
        let todo = grant(kind, Some("us-est-1")).unwrap();
        assert!(todo.contains("`us-est-1` in `evidence.root-events.regions`"), "{todo:?}");
        assert_eq!(grant(kind, None), None, "rootgate chose it");
    }
    // There was an answer, so the Region exists.
    assert_eq!(grant(Kind::Server, Some("us-east-1")), None);
}
