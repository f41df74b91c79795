//! A fake GitHub API: uploads to code scanning, the contents of repositories at their commits, the source of
//! a pull request, the settings of a repository, and GitHub's errors.
//!
//! Its answers come from a scenario: a short text file that describes the repositories and the calls that fail
//! (the keys are described in `fake_github/scenario.rs`). It checks a SARIF file as GitHub does, as far as
//! GitHub's rules are known.
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
//! The first line on standard output is the port (without `--port`, a free one). `GET /__calls` lists every
//! call so far; `GET /__uploads` lists every upload with its SARIF unpacked. The fake ends when its standard
//! input closes, so that no test leaves it running; with `--for SECONDS` it ends after that time instead.
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

mod asked;
mod code_scanning;
mod contents;
#[path = "../fake_aws/process.rs"]
mod process;
mod repository;
mod scenario;
mod settings;
#[path = "../fake_aws/wire.rs"]
#[allow(dead_code, reason = "the fake AWS reads the other half of a request")]
mod wire;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use asked::Asked;
use code_scanning::Upload;
use scenario::{Fault, Scenario};
use wire::Request;

/// The state of the server.
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

    pub fn text(kind: &str, body: &str) -> Self {
        Self(200, format!("content-type: {kind}\r\n"), body.to_owned())
    }

    fn bytes(&self) -> Vec<u8> {
        let Self(status, headers, body) = self;
        let kind = match body.starts_with('<') {
            _ if headers.contains("content-type:") => "",
            true => "content-type: text/html\r\n",
            false => "content-type: application/json; charset=utf-8\r\n",
        };
        format!(
            "HTTP/1.1 {status} Fake\r\n{kind}content-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn main() {
    let start =
        |text: &str| Ok(Server { scenario: Scenario::parse(text)?, state: Mutex::default() });
    process::run("fake_github", start, Server::serve);
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
        let asked = Asked::from_request(request, &self.scenario);
        let name = asked.name;
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
        let answer = match name {
            _ if !asked.is_of_a_repository() => None,
            "upload" => {
                Some(code_scanning::receive(&mut state.uploads, &request.body, &request.path))
            }
            "status" => {
                let upload = state.uploads.iter_mut().find(|upload| upload.id() == asked.rest);
                upload.map(|upload| upload.status(&self.scenario))
            }
            _ => asked.answer(&self.scenario),
        };
        Some(answer.unwrap_or_else(|| Answer::message(404, "Not Found")))
    }

    /// Records the call; returns how often it was made, including this time.
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
            "query": request.query,
            "headers": headers,
        }));
        count
    }
}
