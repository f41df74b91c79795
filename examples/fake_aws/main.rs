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

mod cloudtrail;
mod faults;
mod github;
mod iam;
mod process;
mod scenario;
mod sts;
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
    /// How often each call was made: in all, in a Region (`LookupEvents@us-west-2`), and with an
    /// attribute (`LookupEvents/AccessKeyId`).
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
            let region = request.scope_region().unwrap_or_default();
            let attribute = &request.json["LookupAttributes"][0]["AttributeKey"];
            let attribute = attribute.as_str().unwrap_or_default();
            let names = [format!("{call}/{attribute}"), format!("{call}@{region}"), call.clone()];
            let counts = self.record(&names, &call, &request);
            let fault = names
                .iter()
                .zip(counts)
                .find_map(|(name, count)| self.scenario.fault(name, request.account(), count));
            let response = fault
                .and_then(|fault| fault.answer_instead(&call, &request))
                .unwrap_or_else(|| self.answer(&call, &request));
            if !faults::send(&mut stream, fault, response, &call) {
                return;
            }
        }
    }

    /// Notes the call; returns how often each of its names was called, this time included.
    fn record(&self, names: &[String; 3], call: &str, request: &Request) -> [u32; 3] {
        let mut state = self.state.lock().unwrap();
        let counts = names.each_ref().map(|name| {
            let count = state.counts.entry(name.clone()).or_default();
            *count += 1;
            *count
        });
        let entry = serde_json::json!({
            "call": call,
            "key": request.access_key(),
            "account": request.account(),
            "region": request.scope_region(),
            "parameters": if request.json.is_null() { serde_json::json!(request.parameters) } else { request.json.clone() },
        });
        state.calls.push(entry);
        counts
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
