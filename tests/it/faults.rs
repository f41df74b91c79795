//! Every fault of every call, with the real binary: what becomes of the run, and that it ends.
//!
//! `cargo test --test it faults -- --nocapture` prints the table. Each cell is a run of its own with
//! two seconds to end in; its call may be made `calls at most` times.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fake::Fake;
use crate::gate::{Gate, ROLE};
use crate::support::EVENTS_OFF;

/// The longest that a cell may take, of which the run itself gets two seconds.
const LONGEST: Duration = Duration::from_secs(3);

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
];

const CALLS: &[&str] = &[
    "GitHubToken",
    "AssumeRoleWithWebIdentity",
    "AssumeRole",
    "GetCallerIdentity",
    "GetCredentialReport",
    "GenerateCredentialReport",
    "GetAccountSummary",
    "ListVirtualMFADevices",
];

/// How often a call may be made that fails so.
fn most(fault: &str, call: &str) -> usize {
    match fault {
        "never-ready" if call == "GetCredentialReport" => 25,
        // Without a fault of its own the call is made once, but the report is looked for again.
        "plain" | "never-ready" => 1,
        _ if fault.contains("times") => 3,
        // A connection that cannot be made is tried five times.
        "reset" | "short" => 5,
        "throttled" | "status 500" | "status 503" => 25,
        // Silence takes a third of the call's time.
        "hang" | "drip" => 5,
        _ => 1,
    }
}

/// One cell: verdict, exit code, the gap or the error, and the bound on calls.
fn cell(fault: &str, call: &str) -> String {
    let ordered = call == "GenerateCredentialReport" || fault == "never-ready";
    let age = if ordered { "none" } else { "1h" };
    let fake = Fake::with(&format!("report.age = {age}\nfault {call} = {fault}"));
    let gate = match call {
        // Keys of an earlier step, and from there into the role.
        "AssumeRole" => Gate::on_github_without_token(fake).keys(),
        _ => Gate::on_github(fake),
    };
    let gate = gate.policy(EVENTS_OFF);
    let started = Instant::now();
    let ended = gate.run(&[
        "check",
        "--role-arn",
        ROLE,
        "--details",
        "full",
        "--timeout",
        "2s",
        "--json",
        "out.json",
    ]);
    let took = started.elapsed();
    assert!(took < LONGEST, "{fault} {call} took {took:?}");
    let (asked, most) = (gate.fake.count(call), most(fault, call));
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

/// The one gap that all undetermined outcomes name.
fn gap(report: &Value) -> String {
    let outcomes = report["accounts"][0]["outcomes"].as_array().unwrap();
    let mut gaps: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| outcome["gaps"].as_array().unwrap())
        .map(|gap| {
            let [action, cause] = ["action", "cause"].map(|key| gap[key].as_str().unwrap());
            format!("gap {action} {cause}")
        })
        .collect();
    gaps.sort();
    gaps.dedup();
    if gaps.is_empty() { "no gap".to_owned() } else { gaps.join(", ") }
}

#[test]
fn every_fault_of_every_call_has_its_own_outcome() {
    let cells: Vec<(&str, &str)> =
        FAULTS.iter().flat_map(|fault| CALLS.iter().map(|call| (*fault, *call))).collect();
    // The report is the only thing that is made, so only there is something never ready.
    let has_cell =
        |fault: &str, call: &str| fault != "never-ready" || call == "GetCredentialReport";
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![String::new(); cells.len()]);
    std::thread::scope(|scope| {
        for _ in 0..6 {
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
    for (fault, row) in FAULTS.iter().zip(outcomes.chunks(CALLS.len())) {
        writeln!(table, "{fault}").unwrap();
        for (call, outcome) in CALLS.iter().zip(row).filter(|(_, outcome)| !outcome.is_empty()) {
            writeln!(table, "  {call:<26} {outcome}").unwrap();
        }
    }
    println!("{table}");
    insta::assert_snapshot!(table);
}
