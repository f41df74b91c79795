//! Every fault of every call: what becomes of it, how often it is asked, and that nothing hangs.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{gaps, run, settings};
use crate::fake::Fake;

const LIMIT: Duration = Duration::from_millis(2_500);

const FAULTS: &[&str] = &[
    "denied",
    "throttled",
    "2 times throttled",
    "status 500",
    "status 503",
    "1 times status 503",
    "reset",
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
    "GetCallerIdentity",
    "GetCredentialReport",
    "GenerateCredentialReport",
    "GetAccountSummary",
    "ListVirtualMFADevices",
];

/// One cell: the error of the sign-in, the cause of the one gap, or that all is well.
fn cell(fault: &str, call: &str) -> String {
    let orders = call == "GenerateCredentialReport" || fault == "never-ready";
    let age = if orders { "none" } else { "1h" };
    let fake = Fake::with(&format!("report.age = {age}\nfault {call} = {fault}"));
    let mut settings = settings(&fake);
    settings.timeout = LIMIT;
    let started = Instant::now();
    let result = run(&settings).result;
    let took = started.elapsed();
    assert!(took < LIMIT + Duration::from_millis(500), "{fault} {call} took {took:?}");
    let asked = fake.count(call);
    let passing = fault.contains("times");
    let for_ever = ["throttled", "status 500", "status 503", "reset", "hang", "drip", "short"];
    let most = match fault {
        _ if passing => 3,
        "never-ready" | "plain" => 25,
        _ if for_ever.contains(&fault) => 30,
        // A report that was ordered is looked at more than once.
        _ => 1,
    };
    assert!(asked <= most, "{fault} {call}: asked {asked} times, at most {most}");
    match result {
        Err(error) => {
            let debug = format!("{error:?}");
            let variant = debug.split([' ', '(']).next().unwrap();
            format!("exit 2 {variant}")
        }
        Ok(collected) => {
            let gaps: Vec<String> = gaps(&collected)
                .into_iter()
                .flatten()
                .map(|gap| {
                    assert!(gap.detail.contains("iam:"), "{fault} {call}: {}", gap.detail);
                    let owner = gap.action.trim_start_matches("iam:");
                    assert!(owner == call, "{fault} {call}: the gap names {owner}");
                    gap.cause.id().to_owned()
                })
                .collect();
            if gaps.is_empty() { "fine".to_owned() } else { gaps.join(", ") }
        }
    }
}

#[test]
fn every_fault_of_every_call_has_its_own_outcome() {
    let cells: Vec<(&str, &str)> =
        FAULTS.iter().flat_map(|fault| CALLS.iter().map(|call| (*fault, *call))).collect();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![String::new(); cells.len()]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((fault, call)) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = cell(fault, call);
                    let index = cells.iter().position(|cell| cell == &(*fault, *call)).unwrap();
                    outcomes.lock().unwrap()[index] = outcome;
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let mut table = String::new();
    for (fault, row) in FAULTS.iter().zip(outcomes.chunks(CALLS.len())) {
        writeln!(table, "{fault}").unwrap();
        for (call, outcome) in CALLS.iter().zip(row) {
            writeln!(table, "  {call:<26} {outcome}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}
