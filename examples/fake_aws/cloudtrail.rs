//! CloudTrail's event history (JSON 1.1), and the list of Regions (REST, JSON).
//!
//! An event of a scenario is `AGE REGION SERVICE:NAME`, followed by options:
//!
//! - `mfa=yes` or `no`, for a sign-in or a session
//! - `failed` a failed sign-in
//! - `key=AKIA…` or `key=ASIA…` the key that signed the call; default for calls: a session
//! - `session=AGE` when the session began; default: a minute before the event
//! - `assumed-root` a session by `sts:AssumeRoot`
//! - `read`, `error=CODE`, `from=ADDRESS`, `agent=TEXT`, `id=ID`
//! - `invoked-by=SERVICE`, `type=EVENT_TYPE`
//! - `by=TYPE` a type of principal other than `Root`; a `FederatedUser` got its session from root
//! - `request=JSON`, `response=JSON` without spaces
//!
//! In a name and in a value, `\u{20}` is that character.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::State;
use crate::scenario::{Account, Event, Others, REGIONS, Scenario, instant, now};
use crate::session;
use crate::wire::{Request, Response};

/// CloudTrail's rate limit per account and Region.
const PER_SECOND: usize = 2;

pub fn answer(scenario: &Scenario, state: &mut State, call: &str, request: &Request) -> Response {
    if let Some(refusal) = session::refusal(state, call, request) {
        return refusal;
    }
    let account = &*scenario.account(request.account());
    if call == "ListRegions" { regions(account, request) } else { events(account, state, request) }
}

fn regions(account: &Account, request: &Request) -> Response {
    let wanted = request.json["RegionOptStatusContains"].as_array();
    let is_wanted =
        |status: &str| wanted.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == status));
    let enabled: Vec<&str> = match &account.regions {
        Some(regions) => regions.iter().map(String::as_str).collect(),
        None => REGIONS.to_vec(),
    };
    let all: Vec<Value> = enabled
        .into_iter()
        .map(|name| (name, if name.starts_with("us-") { "ENABLED_BY_DEFAULT" } else { "ENABLED" }))
        .filter(|(_, status)| is_wanted(status))
        .map(|(name, status)| json!({ "RegionName": name, "RegionOptStatus": status }))
        .collect();
    page("Regions", all, 10, request)
}

fn events(account: &Account, state: &mut State, request: &Request) -> Response {
    let region = request.scope_region().unwrap_or_default();
    let calls = state.lookups.entry((account.id.clone(), region.to_owned())).or_default();
    calls.retain(|at: &Instant| at.elapsed() < Duration::from_secs(1));
    if calls.len() >= PER_SECOND {
        return Response::error("LookupEvents", 400, "ThrottlingException", "Rate exceeded");
    }
    calls.push(Instant::now());
    let [attribute] = request.json["LookupAttributes"].as_array().map_or(&[][..], Vec::as_slice)
    else {
        let message = "Only one lookup attribute is allowed";
        return Response::error("LookupEvents", 400, "InvalidLookupAttributesException", message);
    };
    let (key, value) = (&attribute["AttributeKey"], &attribute["AttributeValue"]);
    let within = |time: DateTime<Utc>| {
        let seconds = time.timestamp() as f64;
        let bound = |name: &str| request.json[name].as_f64();
        bound("StartTime").is_none_or(|start| start <= seconds)
            && bound("EndTime").is_none_or(|end| seconds <= end)
    };
    let size = account.events_per_page;
    // Of those that others make, so many that the page and the next one's token are right.
    let needed = first_of_page(request) + size + 1;
    let made_up = account.others.iter().zip(1..).flat_map(|(others, kind)| {
        let events = (1..).map(move |number| other_event(others, kind, number));
        let asked_for = others.region == region
            && match key.as_str() {
                Some("EventSource") => *value == format!("{}.amazonaws.com", others.service),
                Some("EventName") => *value == others.name,
                _ => false,
            };
        let events = events.skip_while(|event| !within(happened(event.age)));
        let events = events.take_while(|event| within(happened(event.age)));
        events.take(if asked_for { needed } else { 0 })
    });
    let events = account.events.iter().filter(|event| event.region == region).filter(|event| {
        let record = record(account, event);
        let user = &record["userIdentity"];
        let held = match key.as_str() {
            Some("Username") => match account.alias.as_ref() {
                Some(alias) if user["type"] == "Root" => json!(alias),
                _ if user["type"] == "Root" => json!("root"),
                _ => json!("admin"),
            },
            Some("EventSource") => record["eventSource"].clone(),
            Some("EventName") => record["eventName"].clone(),
            Some("AccessKeyId") => user["accessKeyId"].clone(),
            _ => Value::Null,
        };
        held == *value && within(happened(event.age))
    });
    let mut found: Vec<Event> = events.cloned().chain(made_up).collect();
    found.sort_by_key(|event| event.age);
    page_of("Events", &found, size, request, |event| {
        let record = record(account, event);
        json!({
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "EventSource": record["eventSource"],
            "EventTime": happened(event.age).timestamp(),
            "ReadOnly": record["readOnly"].to_string(),
            "CloudTrailEvent": record.to_string(),
        })
    })
}

/// The `number`-th newest event of other users.
fn other_event(others: &Others, kind: usize, number: usize) -> Event {
    let words = [("by", "AssumedRole"), ("mfa", "yes")];
    let seconds = 86_400 * i64::try_from(number).unwrap() / others.a_day;
    Event {
        number: kind * 100_000_000 + number,
        age: TimeDelta::seconds(seconds),
        region: others.region.clone(),
        service: others.service.clone(),
        name: others.name.clone(),
        words: BTreeMap::from(words.map(|(name, value)| (name.to_owned(), value.to_owned()))),
    }
}

fn page(list: &str, items: Vec<Value>, size: usize, request: &Request) -> Response {
    page_of(list, &items, size, request, Value::clone)
}

/// The index of the first item of the requested page, from the token.
fn first_of_page(request: &Request) -> usize {
    request.json["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0)
}

/// A page of a list.
fn page_of<T>(
    list: &str,
    items: &[T],
    size: usize,
    request: &Request,
    shown: impl Fn(&T) -> Value,
) -> Response {
    let start = first_of_page(request);
    let end = items.len().min(start + size);
    let shown: Vec<Value> = items[start.min(end)..end].iter().map(shown).collect();
    let mut body = json!({ list: shown });
    if end < items.len() {
        body["NextToken"] = json!(end.to_string());
    }
    Response { status: 200, content_type: "application/x-amz-json-1.1", body: body.to_string() }
}

/// The time of an event of this age. Ages count from the first lookup, so events keep their times while
/// pages are read.
fn happened(age: TimeDelta) -> DateTime<Utc> {
    started() - age
}

/// The time from which ages are counted.
pub fn started() -> DateTime<Utc> {
    static FIRST: LazyLock<DateTime<Utc>> = LazyLock::new(now);
    *FIRST
}

/// The record as CloudTrail writes it.
fn record(account: &Account, event: &Event) -> Value {
    let id = &account.id;
    let word = |name: &str| event.words.get(name).map(String::as_str);
    let time = happened(event.age);
    let sign_in = event.service == "signin";
    let by = word("by").unwrap_or("Root");
    let partition = &account.partition;
    let root = format!("arn:{partition}:iam::{id}:root");
    let mut identity = json!({
        "type": by,
        "principalId": id,
        "arn": match by {
            "Root" => root.clone(),
            "FederatedUser" => format!("arn:{partition}:sts::{id}:federated-user/admin"),
            "AssumedRole" => format!("arn:{partition}:sts::{id}:assumed-role/admin/alice"),
            _ => format!("arn:{partition}:iam::{id}:user/admin"),
        },
        "accountId": id,
        "accessKeyId": word("key").unwrap_or(if sign_in { "" } else { "ASIAIOSFODNN7EXAMPLE" }),
    });
    if !sign_in && !word("key").is_some_and(|key| key.starts_with("AKIA")) {
        let began = word("session").and_then(crate::scenario::age);
        let began = happened(began.unwrap_or(event.age + TimeDelta::minutes(1)));
        let mfa = if word("mfa") == Some("no") { "false" } else { "true" };
        identity["sessionContext"] = json!({
            "attributes": { "creationDate": instant(began), "mfaAuthenticated": mfa },
        });
        if by == "FederatedUser" {
            identity["sessionContext"]["sessionIssuer"] =
                json!({ "type": "Root", "principalId": id, "arn": root, "accountId": id });
        }
        if event.words.contains_key("assumed-root") {
            identity["sessionContext"]["assumedRoot"] = json!("true");
        }
    }
    if let Some(service) = word("invoked-by") {
        identity["invokedBy"] = json!(service);
    }
    let parsed =
        |name: &str| word(name).map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": instant(time),
        "eventSource": format!("{}.amazonaws.com", event.service),
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": word("from").unwrap_or("198.51.100.20"),
        "userAgent": word("agent").unwrap_or("Mozilla/5.0"),
        "requestParameters": parsed("request"),
        "responseElements": parsed("response"),
        "eventID": word("id").map_or_else(
            || format!("00000000-0000-4000-8000-{:012}", event.number),
            str::to_owned,
        ),
        "readOnly": event.words.contains_key("read"),
        "eventType": word("type").unwrap_or(if sign_in { "AwsConsoleSignIn" } else { "AwsApiCall" }),
        "managementEvent": true,
        "recipientAccountId": id,
        "eventCategory": "Management",
    });
    if sign_in {
        let answer = if event.words.contains_key("failed") { "Failure" } else { "Success" };
        record["responseElements"] = json!({ event.name.clone(): answer });
        if let Some(mfa) = word("mfa") {
            record["additionalEventData"] =
                json!({ "MFAUsed": if mfa == "no" { "No" } else { "Yes" } });
        }
    }
    if let Some(code) = word("error") {
        record["errorCode"] = json!(code);
    }
    record
}
