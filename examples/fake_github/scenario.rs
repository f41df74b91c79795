//! A scenario: how the repository is, and which calls fail how.
//!
//! One `key = value` a line; `#` begins a comment line.
//!
//! ```text
//! default-branch = main              # default: main
//! token = ghs_example                # the only one that is let in; default: any
//! processing = pending               # never done; default: `complete` at the second look
//! processing = failed REASON         # GitHub could not use the file
//! fault upload = not-accessible      # calls: repository, upload, status, `*`
//! fault upload = 2 times status 503  # only the first two
//! ```
//!
//! Faults, with GitHub's own words: `not-enabled` · `advanced-security` · `code-security` ·
//! `not-accessible` · `bad-credentials` · `not-found` · `too-large` · `unprocessable` ·
//! `invalid` · `rate-limited SECONDS` · `secondary SECONDS` · `primary` · `status CODE` · `html` · `huge` ·
//! `braces` · `hostile` (a message that would be a workflow command) · `reset` · `hang` ·
//! `slow MILLISECONDS`.

use std::time::Duration;

use serde_json::json;

/// How a call fails.
#[derive(Debug, Clone)]
pub enum Fault {
    Reset,
    Hang,
    Slow(Duration),
    /// Status, further headers, body.
    Answer(u16, String, String),
}

#[derive(Default)]
pub struct Scenario {
    pub default_branch: String,
    pub token: String,
    pub processing: Option<String>,
    /// Call, how often it strikes, fault.
    faults: Vec<(String, u32, Fault)>,
}

impl Scenario {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scenario = Self { default_branch: "main".to_owned(), ..Self::default() };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or(format!("line {number}: no `=`"))?;
            scenario
                .set(key.trim(), value.trim())
                .ok_or(format!("line {number}: `{line}` is not understood"))?;
        }
        Ok(scenario)
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "default-branch" => self.default_branch = value.to_owned(),
            "token" => self.token = value.to_owned(),
            "processing" => self.processing = Some(value.to_owned()),
            _ => {
                let call = key.strip_prefix("fault ")?;
                let words: Vec<&str> = value.split_whitespace().collect();
                let (times, rest) = match words[..] {
                    [number, "times", ..] => (number.parse().ok()?, &words[2..]),
                    _ => (u32::MAX, &words[..]),
                };
                self.faults.push((call.to_owned(), times, fault(rest)?));
            }
        }
        Some(())
    }

    /// The fault of the `count`-th call of this name.
    pub fn fault(&self, name: &str, count: u32) -> Option<&Fault> {
        let strikes = |(call, times, _): &&(String, u32, Fault)| {
            (call == name || call == "*") && count <= *times
        };
        self.faults.iter().find(strikes).map(|(.., fault)| fault)
    }
}

fn fault(words: &[&str]) -> Option<Fault> {
    let said = |status, headers: String, message: &str| {
        let body =
            json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
        Fault::Answer(status, headers, body.to_string())
    };
    let plain = |status, message: &str| said(status, String::new(), message);
    Some(match words {
        ["not-enabled"] => plain(
            403,
            "Code scanning is not enabled for this repository. Please enable code scanning in the repository settings.",
        ),
        ["advanced-security"] => plain(
            403,
            "Advanced Security must be enabled for this repository to use code scanning.",
        ),
        ["code-security"] => {
            plain(403, "Code Security must be enabled for this repository to use code scanning.")
        }
        ["not-accessible"] => plain(403, "Resource not accessible by integration"),
        ["bad-credentials"] => plain(401, "Bad credentials"),
        ["not-found"] => plain(404, "Not Found"),
        ["too-large"] => plain(413, "Payload Too Large"),
        ["invalid"] => plain(400, "Invalid SARIF. Missing 'results' array in run."),
        ["unprocessable"] => plain(422, "commit not found"),
        ["rate-limited", seconds] => {
            said(429, format!("retry-after: {seconds}\r\n"), "API rate limit exceeded")
        }
        ["secondary", seconds] => said(
            403,
            format!("retry-after: {seconds}\r\n"),
            "You have exceeded a secondary rate limit.",
        ),
        ["primary"] => said(
            403,
            "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1795251600\r\n".to_owned(),
            "API rate limit exceeded for installation.",
        ),
        ["status", status] => plain(status.parse().ok()?, "Server Error"),
        ["html"] => Fault::Answer(
            200,
            String::new(),
            "<!doctype html><h1>Welcome to the proxy</h1>".to_owned(),
        ),
        ["huge"] => Fault::Answer(200, String::new(), format!("\"{}\"", "x".repeat(5 << 20))),
        ["braces"] => Fault::Answer(200, String::new(), "{}".to_owned()),
        ["hostile"] => plain(403, "no\n::set-output name=verdict::pass ##[error]forged \u{1b}[31m"),
        ["reset"] => Fault::Reset,
        ["hang"] => Fault::Hang,
        ["slow", delay] => Fault::Slow(Duration::from_millis(delay.parse().ok()?)),
        _ => return None,
    })
}
