//! A fake AWS, to try the gate without an account and to test it against faults.
//!
//! It speaks the wire protocols of STS and IAM (Query, XML), of CloudTrail, Organizations and Account
//! Management (JSON), and of GitHub's OIDC token endpoint. Its answers come from a scenario: a short text
//! file that describes the accounts and the calls that fail (see `examples/scenarios/`; the keys are
//! described in `fake_aws/scenario.rs`).
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
//! The first line on standard output is the port (without `--port`, a free one). `GET /__calls` lists every
//! call so far in order, as JSON; `GET /__counts` counts the calls of each kind; `GET /__violations` lists the
//! accounts of an organization that violate rules. The fake ends when its standard input closes, so that no
//! test leaves it running; with `--for SECONDS` it ends after that time instead.
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

mod audit;
mod cloudtrail;
mod faults;
mod github;
mod iam;
mod members;
mod numbers;
mod organization;
mod organizations;
mod process;
mod scenario;
mod scps;
mod session;
mod sts;
mod trust;
#[allow(dead_code, reason = "the fake GitHub reads the other half of a request")]
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::Duration;

use scenario::Scenario;
use wire::{Request, Response};

/// Characters in the names of narrower counts of a call.
const PARTS: [char; 4] = ['#', '/', '@', ' '];

/// The state of the server.
#[derive(Default)]
pub struct State {
    /// The calls so far, as JSON: all, or as many as the scenario keeps.
    calls: Vec<String>,
    /// How often each call was made: in all, in a Region (`LookupEvents@us-west-2`), with an
    /// attribute (`LookupEvents/AccessKeyId`), and of an account (`444455556666 AssumeRole`).
    counts: BTreeMap<String, u32>,
    /// How often each account's report was polled since it was requested; absent if not requested.
    ordered: BTreeMap<String, u32>,
    /// The session policies that session tokens were issued with, by their hash.
    policies: HashMap<u64, String>,
    /// The number of sessions so far.
    sessions: u64,
    /// The latest lookups of each account and Region.
    lookups: BTreeMap<(String, String), Vec<std::time::Instant>>,
    buckets: organizations::Buckets,
    /// How often the seed throttled a call of an organization.
    throttled: HashMap<u64, u8>,
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
            if let Some(answer) = self.fetch(&request.path) {
                let _ = stream.write_all(&Response::json(200, answer).bytes());
                continue;
            }
            if request.method == "GET" && request.path == "/" {
                let _ = stream.write_all(self.greeting().as_bytes());
                continue;
            }
            let call = request.call();
            let fault = self.fault(&call, &request);
            if let Some(latency) = self.scenario.latency(&call) {
                std::thread::sleep(latency);
            }
            let response = fault
                .and_then(|fault| fault.answer_instead(&call, &request))
                .unwrap_or_else(|| self.answer(&call, &request));
            if !faults::send(&mut stream, fault, response, &call) {
                return;
            }
        }
    }

    /// The answer of STS to a request that asks for nothing: a redirection, with the date.
    fn greeting(&self) -> String {
        let now: chrono::DateTime<chrono::Utc> = std::time::SystemTime::now().into();
        let date = (now + self.scenario.clock_ahead).format("%a, %d %b %Y %H:%M:%S GMT");
        format!(
            "HTTP/1.1 302 Found\r\nlocation: https://aws.amazon.com/iam\r\ndate: {date}\r\n\
             content-length: 0\r\n\r\n"
        )
    }

    /// The fake's own lists, as JSON.
    fn fetch(&self, path: &str) -> Option<String> {
        match path {
            "/__calls" => Some(format!("[{}]", self.state.lock().unwrap().calls.join(","))),
            "/__counts" => {
                let state = self.state.lock().unwrap();
                let whole = state.counts.iter().filter(|(name, _)| !name.contains(PARTS));
                Some(serde_json::json!(whole.collect::<BTreeMap<_, _>>()).to_string())
            }
            "/__violations" => {
                let organization = self.scenario.organization.as_ref();
                let truth = organization.map(|all| all.truth(&self.scenario.written_out()));
                Some(truth.unwrap_or_default().to_string())
            }
            _ => None,
        }
    }

    /// Records the call; returns its fault, if any.
    fn fault(&self, call: &str, request: &Request) -> Option<&faults::Fault> {
        let region = request.scope_region().unwrap_or_default();
        let attribute = &request.json["LookupAttributes"][0]["AttributeKey"];
        let attribute = attribute.as_str().unwrap_or_default();
        let part = match call {
            "ListAccounts" => organizations::page_of(request).unwrap_or_default().0.to_string(),
            _ => request.json["PolicyId"].as_str().unwrap_or_default().to_owned(),
        };
        let names = [
            format!("{call}#{part}"),
            format!("{call}/{attribute}"),
            format!("{call}@{region}"),
            call.to_owned(),
        ];
        let account = self.scenario.faulty(request);
        let account = account.as_deref();
        let counts = self.record(&names, call, account, request);
        names.iter().zip(counts).find_map(|(name, (count, count_here))| {
            self.scenario.fault(name, account, count, count_here)
        })
    }

    /// Records the call; returns the counts of each of its names, including this call: in total, and for the
    /// account.
    fn record(
        &self,
        names: &[String; 4],
        call: &str,
        account: Option<&str>,
        request: &Request,
    ) -> [(u32, u32); 4] {
        let entry = || {
            serde_json::json!({
                "call": call,
                "key": request.access_key(),
                "account": request.account(),
                "region": request.scope_region(),
                "parameters": if request.json.is_null() { serde_json::json!(request.parameters) } else { request.json.clone() },
            })
        };
        let mut state = self.state.lock().unwrap();
        if state.calls.len() < self.scenario.kept_calls() {
            state.calls.push(entry().to_string());
        }
        let mut counted = |name: String| {
            let count = state.counts.entry(name).or_default();
            *count += 1;
            *count
        };
        names.each_ref().map(|name| {
            let here = match account {
                Some(account) if self.scenario.counts(Some(account)) => {
                    counted(format!("{account} {name}"))
                }
                _ => 0,
            };
            (counted(name.clone()), here)
        })
    }

    fn answer(&self, call: &str, request: &Request) -> Response {
        let mut state = self.state.lock().unwrap();
        if self.throttles(&mut state, call, request) {
            return organizations::throttled(call);
        }
        match call {
            "GitHubToken" => github::token(&self.scenario, request),
            "GetRoleCredentials" => sts::role_credentials(request),
            _ if wire::service(call) == "sts" => {
                sts::answer(&self.scenario, &mut state, call, request)
            }
            _ if wire::is_of_organizations(call) => {
                organizations::answer(&self.scenario, &mut state, call, request)
            }
            _ if wire::is_json(call) => {
                cloudtrail::answer(&self.scenario, &mut state, call, request)
            }
            _ => iam::answer(&self.scenario, &mut state, call, request),
        }
    }

    /// Whether the organization's seed throttles this attempt. Only throttled attempts are stored.
    fn throttles(&self, state: &mut State, call: &str, request: &Request) -> bool {
        let organization = self.scenario.organization.as_ref().filter(|all| all.is_throttled());
        let Some(organization) = organization.filter(|_| call != "GitHubToken") else {
            return false;
        };
        let account = request.target_account().or_else(|| request.account()).unwrap_or_default();
        let what = numbers::hash_of(&format!("{call} {account} {}", request.json));
        let attempt = state.throttled.get(&what).copied().unwrap_or_default();
        let throttles = organization.throttles(what, attempt);
        if throttles {
            state.throttled.insert(what, attempt.saturating_add(1));
        }
        throttles
    }
}
