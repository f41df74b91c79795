//! A fake GitHub API: the part of code scanning that takes a SARIF file, and its ways to refuse.
//!
//! It answers from a scenario, a short text file that says how the repository is and which calls
//! fail how (the keys are described in `fake_github/scenario.rs`), and looks at a file as GitHub
//! does, as far as that is known: what would be refused there is refused here.
//!
//! To see what rootgate would upload, in two terminals:
//!
//! ```text
//! echo 'default-branch = main' > github.txt
//! cargo run --example fake_github -- github.txt --port 8812
//!
//! export GITHUB_API_URL=http://127.0.0.1:8812 GITHUB_TOKEN=any GITHUB_REPOSITORY=octo-org/octo-repo
//! export GITHUB_REF=refs/heads/main GITHUB_SHA=6dcb09b5b57875f334f61aebed695e2e4193db5e
//! rootgate check --upload always
//! curl http://127.0.0.1:8812/__uploads
//! ```
//!
//! The first line on standard output is the port (without `--port` a free one). `GET /__calls`
//! lists every call so far, `GET /__uploads` every upload, its SARIF unpacked. It ends when its
//! standard input closes, so that no test can leave it behind; with `--for SECONDS` it ends after
//! that time instead.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    missing_docs,
    reason = "a server for tests and trials, a process of its own: it may read files, and stop on its own mistakes"
)]

#[path = "fake_github/code_scanning.rs"]
mod code_scanning;
#[path = "fake_github/scenario.rs"]
mod scenario;
#[path = "fake_aws/wire.rs"]
#[allow(dead_code, reason = "the fake AWS reads the other half of a request")]
mod wire;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use code_scanning::Upload;
use scenario::{Fault, Scenario};
use wire::Request;

/// Without `--for`: the longest that a forgotten server lives.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What changes while the server runs.
#[derive(Default)]
struct State {
    calls: Vec<Value>,
    /// How often each call was made.
    counts: BTreeMap<&'static str, u32>,
    uploads: Vec<Upload>,
}

struct Server {
    scenario: Scenario,
    state: Mutex<State>,
}

/// Status, further headers, body.
pub struct Answer(u16, String, String);

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self(status, String::new(), body.to_string())
    }

    pub fn message(status: u16, message: &str) -> Self {
        let url = "https://docs.github.com/rest";
        let body =
            json!({ "message": message, "documentation_url": url, "status": status.to_string() });
        Self::json(status, &body)
    }

    fn bytes(&self) -> Vec<u8> {
        let Self(status, headers, body) = self;
        let kind =
            if body.starts_with('<') { "text/html" } else { "application/json; charset=utf-8" };
        format!(
            "HTTP/1.1 {status} Fake\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut path, mut port, mut lifetime) = (None, 0, None);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
        match argument.as_str() {
            "--port" => port = u16::try_from(number().expect("--port NUMBER")).unwrap(),
            "--for" => lifetime = Some(Duration::from_secs(number().expect("--for SECONDS"))),
            _ => path = Some(argument),
        }
    }
    let path = path.expect("usage: fake_github SCENARIO [--port NUMBER] [--for SECONDS]");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    println!("{}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    if lifetime.is_none() {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    std::thread::spawn(move || {
        std::thread::sleep(lifetime.unwrap_or(LONGEST));
        std::process::exit(0);
    });
    let server = Arc::new(Server { scenario, state: Mutex::default() });
    for stream in listener.incoming().flatten() {
        let server = Arc::clone(&server);
        std::thread::spawn(move || server.serve(stream));
    }
}

/// What is asked for. GitHub Enterprise Server has the same below `/api/v3`.
fn call(request: &Request) -> (&'static str, Vec<&str>) {
    let path = request.path.strip_prefix("/api/v3").unwrap_or(&request.path);
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let name = match (request.method.as_str(), &parts[..]) {
        ("GET", ["repos", _, _]) => "repository",
        ("POST", ["repos", _, _, "code-scanning", "sarifs"]) => "upload",
        ("GET", ["repos", _, _, "code-scanning", "sarifs", _]) => "status",
        _ => "unknown",
    };
    (name, parts)
}

impl Server {
    /// One connection, kept alive until the client or a fault closes it.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        let mut buffer = Vec::new();
        while let Some(request) = wire::read(&mut stream, &mut buffer) {
            let listed = match request.path.as_str() {
                "/__calls" => Some(json!(self.state.lock().unwrap().calls)),
                "/__uploads" => {
                    let state = self.state.lock().unwrap();
                    Some(state.uploads.iter().map(Upload::listed).collect())
                }
                _ => None,
            };
            let answer = match listed {
                Some(list) => Answer::json(200, &list),
                None => match self.answer(&request) {
                    Some(answer) => answer,
                    None => {
                        let _ = stream.shutdown(Shutdown::Both);
                        return;
                    }
                },
            };
            if stream.write_all(&answer.bytes()).is_err() {
                return;
            }
        }
    }

    /// `None`: the connection ends without an answer.
    fn answer(&self, request: &Request) -> Option<Answer> {
        let (name, parts) = call(request);
        let count = self.record(name, request);
        match self.scenario.fault(name, count) {
            Some(Fault::Reset) => return None,
            Some(Fault::Hang) => {
                std::thread::sleep(Duration::from_secs(60));
                return None;
            }
            Some(Fault::Slow(delay)) => std::thread::sleep(*delay),
            Some(Fault::Answer(status, headers, body)) => {
                return Some(Answer(*status, headers.clone(), body.clone()));
            }
            None => {}
        }
        let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
        if header("user-agent").is_empty() {
            return Some(Answer(
                403,
                String::new(),
                "Request forbidden by administrative rules.".to_owned(),
            ));
        }
        let expected = format!("Bearer {}", self.scenario.token);
        if header("authorization") != expected && !self.scenario.token.is_empty() {
            return Some(Answer::message(401, "Bad credentials"));
        }
        let mut state = self.state.lock().unwrap();
        Some(match name {
            "repository" => {
                let branch = &self.scenario.default_branch;
                let full_name = format!("{}/{}", parts[1], parts[2]);
                Answer::json(
                    200,
                    &json!({ "id": 74, "full_name": full_name, "default_branch": branch }),
                )
            }
            "upload" => code_scanning::receive(&mut state.uploads, &request.body, &request.path),
            "status" => {
                let id = parts[5];
                match state.uploads.iter_mut().find(|upload| upload.id() == id) {
                    Some(upload) => upload.status(&self.scenario),
                    None => Answer::message(404, "Not Found"),
                }
            }
            _ => Answer::message(404, "Not Found"),
        })
    }

    /// Notes the call; returns how often it was made, this time included.
    fn record(&self, name: &'static str, request: &Request) -> u32 {
        let mut state = self.state.lock().unwrap();
        let count = state.counts.entry(name).or_default();
        *count += 1;
        let count = *count;
        let mut headers = request.headers.clone();
        headers.remove("authorization");
        state.calls.push(json!({
            "call": name,
            "method": request.method,
            "path": request.path,
            "headers": headers,
        }));
        count
    }
}
