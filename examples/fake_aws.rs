//! A fake AWS, to try the gate without an account and to test it against faults.
//!
//! It speaks the wire protocols of STS and IAM (Query, XML), CloudTrail and Account Management (JSON)
//! and of GitHub's OIDC token endpoint,
//! and answers from a scenario: a short text file that says what an account holds and which
//! calls fail how (`examples/scenarios/`; the keys are described in `fake_aws/scenario.rs`).
//!
//! To try the gate, in two terminals:
//!
//! ```text
//! cargo run --example fake_aws -- examples/scenarios/red.txt --port 8811
//!
//! export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
//! export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//! rootgate check --endpoint-url http://127.0.0.1:8811
//! ```
//!
//! The first line on standard output is the port (without `--port` a free one). `GET /__calls`
//! lists every call so far, in order, as JSON. It ends when its standard input closes, so that
//! no test can leave it behind; with `--for SECONDS` it ends after that time instead.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    missing_docs,
    reason = "a server for tests and trials, a process of its own: it may read the clock, and stop on its own mistakes"
)]

#[path = "fake_aws/cloudtrail.rs"]
mod cloudtrail;
#[path = "fake_aws/faults.rs"]
mod faults;
#[path = "fake_aws/github.rs"]
mod github;
#[path = "fake_aws/iam.rs"]
mod iam;
#[path = "fake_aws/process.rs"]
mod process;
#[path = "fake_aws/scenario.rs"]
mod scenario;
#[path = "fake_aws/sts.rs"]
mod sts;
#[path = "fake_aws/wire.rs"]
#[allow(dead_code, reason = "the fake GitHub reads the other half of a request")]
mod wire;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::Duration;

use scenario::Scenario;
use wire::{Request, Response};

/// What changes while the server runs.
#[derive(Default)]
pub struct State {
    /// Every call so far.
    calls: Vec<serde_json::Value>,
    /// How often each call was made.
    counts: BTreeMap<String, u32>,
    /// How often each account's report was asked for since it was ordered; absent: not ordered.
    ordered: BTreeMap<String, u32>,
    /// The session policy that each session token was issued with.
    policies: BTreeMap<String, String>,
    /// The latest lookups of each account and Region.
    lookups: BTreeMap<(String, String), Vec<std::time::Instant>>,
}

pub struct Server {
    scenario: Scenario,
    state: Mutex<State>,
}

fn main() {
    let start =
        |text: &str| Ok(Server { scenario: Scenario::parse(text)?, state: Mutex::default() });
    process::run("fake_aws", start, Server::serve);
}

impl Server {
    /// One connection, kept alive until the client or a fault closes it.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        let mut buffer = Vec::new();
        while let Some(request) = wire::read(&mut stream, &mut buffer) {
            if request.path == "/__calls" {
                let calls = serde_json::to_string(&self.state.lock().unwrap().calls).unwrap();
                let _ = stream.write_all(&Response::json(200, calls).bytes());
                continue;
            }
            let call = request.call();
            let count = self.record(&call, &request);
            let here = format!("{call}@{}", request.scope_region().unwrap_or_default());
            let fault = self.scenario.fault(&here, request.account(), count);
            let fault = fault.or_else(|| self.scenario.fault(&call, request.account(), count));
            let response = fault
                .and_then(|fault| fault.answer_instead(&call, &request))
                .unwrap_or_else(|| self.answer(&call, &request));
            if !faults::send(&mut stream, fault, response, &call) {
                return;
            }
        }
    }

    /// Notes the call; returns how often it was made, this time included.
    fn record(&self, call: &str, request: &Request) -> u32 {
        let mut state = self.state.lock().unwrap();
        let count = state.counts.entry(call.to_owned()).or_default();
        *count += 1;
        let count = *count;
        let entry = serde_json::json!({
            "call": call,
            "key": request.access_key(),
            "account": request.account(),
            "region": request.scope_region(),
            "parameters": if request.json.is_null() { serde_json::json!(request.parameters) } else { request.json.clone() },
        });
        state.calls.push(entry);
        count
    }

    fn answer(&self, call: &str, request: &Request) -> Response {
        let mut state = self.state.lock().unwrap();
        match call {
            "GitHubToken" => github::token(&self.scenario, request),
            "GetRoleCredentials" => sts::role_credentials(request),
            "GetCallerIdentity" | "AssumeRoleWithWebIdentity" | "AssumeRole" => {
                sts::answer(&self.scenario, &mut state, call, request)
            }
            _ if wire::JSON_CALLS.contains(&call) => {
                cloudtrail::answer(&self.scenario, &mut state, call, request)
            }
            _ => iam::answer(&self.scenario, &mut state, call, request),
        }
    }
}
