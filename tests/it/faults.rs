//! Every fault of every call, with the real binary: the result of the run, and that it ends.
//!
//! `cargo test --test it faults -- --nocapture` prints the table. Each cell is a separate run with a limit of
//! two seconds, or six if it waits for CloudTrail's rate limit. `calls at most` is the maximum number of its
//! calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rootgate::model::call::{Answer, Part};
use rootgate::model::{Call, Source, calls};
use serde_json::Value;

use crate::fake::Fake;
use crate::gate::{Gate, ROLE};
use crate::support::EVENTS_OFF;

/// Extra time of a cell beyond the time limit of its run.
const BEYOND: Duration = Duration::from_secs(1);

const FAULTS: &[&str] = &[
    "denied",
    "throttled",
    "2 times throttled",
    "status 500",
    "status 503",
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
    "never-ready",
    "odd-member",
    "twice",
    "split",
    "no-user",
];

/// The calls that fail: GitHub's token, every call that rootgate makes, and lookups of one Region or by one
/// attribute.
fn rows() -> Vec<&'static str> {
    let lookups: &[&str] =
        &["LookupEvents@us-west-2", "LookupEvents@eu-west-1", "LookupEvents/AccessKeyId"];
    let mut rows = vec!["GitHubToken"];
    for call in calls().filter(|call| !is_for_organizations(call)) {
        rows.push(call.operation);
        rows.extend(lookups.iter().filter(|it| it.starts_with(call.operation)));
    }
    rows
}

/// Whether only a run with an organization makes this call.
fn is_for_organizations(call: &Call) -> bool {
    let sources = Source::ALL.iter().filter(|source| source.is_for_organizations());
    sources.flat_map(|source| source.info().calls).any(|it| it == call)
}

/// The declaration of a row's call; `None` for GitHub's call.
fn declared(row: &str) -> Option<&'static Call> {
    let operation = row.split(['@', '/']).next();
    calls().find(|call| Some(call.operation) == operation)
}

/// The policy of a cell. It reads events only if they are the calls that fail: from the sign-in Regions, or
/// from all Regions if `ListRegions` fails. Root was used before the period of `within`, so that other Regions
/// and sessions are looked up.
fn policy(call: &str) -> &'static str {
    match call {
        "ListRegions" => "version: 1\nevidence: { root-events: { lookback: 7d, regions: all } }\n",
        _ if is_event_call(call) => {
            "version: 1\nevidence: { root-events: { lookback: 7d } }\n\
             rules: { root-used-outside-window: { within: 1d } }\n"
        }
        _ => EVENTS_OFF,
    }
}

/// Whether a call is for events: with their rate limit, five lookups take more than two seconds.
fn is_event_call(call: &str) -> bool {
    declared(call).is_some_and(|call| Source::RootEvents.info().calls.contains(call))
}

/// Required content of an XML answer; empty for JSON.
fn parts(call: &str) -> &'static [Part] {
    match declared(call).map(|call| &call.complete_answer) {
        Some(Answer::Xml(parts)) => parts,
        _ => &[],
    }
}

/// Whether a fault applies to a call.
fn has_cell(fault: &str, call: &str) -> bool {
    match fault {
        // Only the report is generated, so only the report can be never ready.
        "never-ready" => call == "GetCredentialReport",
        "odd-member" => parts(call)
            .iter()
            .any(|part| matches!(part, Part::Counters(_) | Part::List(..) | Part::Texts(_))),
        // JSON has neither comments nor split text.
        "split" => !parts(call).is_empty(),
        "twice" => call != "GitHubToken",
        "no-user" => call == "ListVirtualMFADevices",
        _ => true,
    }
}

/// Maximum number of calls with this fault; for lookups, in each Region.
fn max_calls(fault: &str, call: &str) -> usize {
    // A Region gets its next lookup after an answer: two in us-west-2, five in us-east-1. On a busy machine
    // some reach the fake within one second and are repeated.
    let questions = match call {
        "LookupEvents" => 8,
        "LookupEvents@us-west-2" | "LookupEvents@eu-west-1" => 2,
        _ => 1,
    };
    match fault {
        "never-ready" if call == "GetCredentialReport" => 25,
        // The call does not fail, so it is made once, but the report is polled again.
        "plain" | "never-ready" => questions,
        _ if fault.contains("times") => 2 + questions,
        // A failed connection is tried five times.
        "reset" | "short" => 5,
        // At two calls a second.
        "throttled" | "status 500" | "status 503" if call.starts_with("LookupEvents") => 12,
        "throttled" | "status 500" | "status 503" => 25,
        // A call without an answer takes a third of its time limit.
        "hang" | "drip" => 5,
        _ => 1,
    }
}

/// One cell: verdict, exit code, the gap or the error, and the bound on calls.
fn cell(fault: &str, call: &str) -> String {
    let ordered = call == "GenerateCredentialReport" || fault == "never-ready";
    let age = if ordered { "none" } else { "1h" };
    // Besides the Regions of sign-ins, what there is only shows where it can be spoilt.
    let more = match (fault, call) {
        ("odd-member" | "no-user", "ListVirtualMFADevices") => {
            "device = arn:aws:iam::111122223333:mfa/d arn:aws:iam::111122223333:user/alice"
        }
        ("odd-member", "ListAccountAliases") => "alias = acme-prod",
        (_, "LookupEvents@eu-west-1") => {
            "region = eu-west-1\nroot.password_last_used = 6d ago\nevent = 6d us-east-1 signin:ConsoleLogin mfa=yes"
        }
        (_, "LookupEvents/AccessKeyId") => {
            "region = us-east-2\nevent = 6d us-east-1 sts:GetSessionToken \
             response={\"credentials\":{\"accessKeyId\":\"ASIAIOSFODNN7EXAMPLE\"}}"
        }
        _ => "region = us-east-2",
    };
    let fake = Fake::with(&format!("report.age = {age}\n{more}\nfault {call} = {fault}"));
    let gate = match call {
        // Keys of an earlier step, and from there into the role.
        "AssumeRole" => Gate::on_github_without_token(fake).keys(),
        _ => Gate::on_github(fake),
    };
    let gate = gate.policy(policy(call));
    let timeout = if is_event_call(call) { 6 } else { 2 };
    let started = Instant::now();
    let ended = gate.run(&[
        "check",
        "--role-arn",
        ROLE,
        "--details",
        "full",
        "--timeout",
        &format!("{timeout}s"),
        "--json",
        "out.json",
    ]);
    let took = started.elapsed();
    let longest = Duration::from_secs(timeout) + BEYOND;
    assert!(took < longest, "{fault} {call} took {took:?}");
    let (asked, most) = (count(&gate.fake, call), max_calls(fault, call));
    assert!((1..=most).contains(&asked), "{fault} {call}: asked {asked} times, at most {most}");
    let verdict = gate.output("verdict");
    assert_eq!(gate.output("exit-code"), ended.code.to_string(), "{fault} {call}");
    let what = if ended.code == 2 {
        let errors: Vec<&str> =
            ended.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        assert_eq!(errors.len(), 1, "{}", ended.stderr);
        assert!(!gate.folder.exists("out.json"), "{fault} {call}: a report without a judgement");
        errors[0].to_owned()
    } else {
        gap(&gate.folder.json("out.json"))
    };
    let verdict = format!("{verdict}, exit {}", ended.code);
    format!("{verdict:<20}  calls at most {most:>2}  {what}")
}

/// How often the call was made; of lookups, in the Region that it names or that was asked most, with
/// the attribute that it names.
fn count(fake: &Fake, call: &str) -> usize {
    let (call, attribute) = call.split_once('/').unwrap_or((call, ""));
    let (name, region) = call.split_once('@').unwrap_or((call, ""));
    let calls = fake.calls();
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    let by = |one: &&Value| {
        let key = &one["parameters"]["LookupAttributes"][0]["AttributeKey"];
        attribute.is_empty() || key == attribute
    };
    for one in calls.iter().filter(|one| one["call"] == name).filter(by) {
        let of_region = if name == "LookupEvents" { one["region"].as_str().unwrap() } else { "" };
        *made.entry(of_region).or_default() += 1;
    }
    made.retain(|of_region, _| region.is_empty() || *of_region == region);
    made.into_values().max().unwrap_or_default()
}

/// The one gap that all undetermined outcomes name, and its Regions.
fn gap(report: &Value) -> String {
    let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
    let mut gaps: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| outcome["gaps"].as_array().unwrap())
        .map(|gap| {
            let [action, cause, detail] =
                ["action", "cause", "detail"].map(|key| gap[key].as_str().unwrap());
            let regions = detail.split_once(": ").map(|(regions, _)| regions);
            let named =
                regions.filter(|regions| regions.contains("-west-") || regions.contains("-east-"));
            let named = named.map(|regions| format!(" in {regions}")).unwrap_or_default();
            format!("gap {action} {cause}{named}")
        })
        .collect();
    gaps.sort();
    gaps.dedup();
    if gaps.is_empty() { "no gap".to_owned() } else { gaps.join(", ") }
}

#[test]
fn every_fault_of_every_call_has_its_own_outcome() {
    let table = table(FAULTS, &rows(), has_cell, cell);
    println!("{table}");
    insta::assert_snapshot!(table);
}

/// The outcome of each fault of each call, several cells side by side.
pub(crate) fn table(
    faults: &[&str],
    rows: &[&str],
    has_cell: fn(&str, &str) -> bool,
    cell: fn(&str, &str) -> String,
) -> String {
    let cells: Vec<(&str, &str)> =
        faults.iter().flat_map(|fault| rows.iter().map(|call| (*fault, *call))).collect();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![String::new(); cells.len()]);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some((fault, call)) = cells.get(index) else { break };
                    if has_cell(fault, call) {
                        let outcome = cell(fault, call);
                        outcomes.lock().unwrap()[index] = outcome;
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let mut table = String::new();
    for (fault, row) in faults.iter().zip(outcomes.chunks(rows.len())) {
        writeln!(table, "{fault}").unwrap();
        for (call, outcome) in rows.iter().zip(row).filter(|(_, outcome)| !outcome.is_empty()) {
            writeln!(table, "  {call:<26} {outcome}").unwrap();
        }
    }
    table
}

#[test]
fn every_call_and_every_fault_has_a_row() {
    let rows = rows();
    let unique: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(unique.len(), rows.len());
    for row in rows {
        let faults = FAULTS.iter().filter(|fault| has_cell(fault, row)).count();
        assert!(faults >= 17, "{row} has {faults} faults");
    }
    for call in calls() {
        assert_eq!(declared(call.operation), Some(call));
    }
}
