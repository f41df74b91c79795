//! A scenario: the repositories, and the calls that fail.
//!
//! One `key = value` per line; `#` starts a comment line.
//!
//! ```text
//! repository = octo-org/octo-repo    # the default; lines below without `in` are about it
//! default-branch = main              # default: main
//! token = ghs_example                # the only accepted token; default: any
//! processing = pending               # never finishes; default: `complete` at the second poll
//! processing = failed REASON         # GitHub could not process the file
//!
//! commit SHA = FOLDER                # its tree is that folder, read at each call
//! commit SHA = FOLDER parent SHA SHA # 40 or 64 lower-case hex digits
//! ref heads/main = SHA               # or tags/v1
//! submodule vendor/tool              # in every commit; its folder must exist
//! cut-listing FOLDER                 # lists 1,000 other names; `.` is the root
//! pull 42 = octo-org/octo-repo       # the repository of its branch; another name is a fork
//! pull 43 = none                     # its fork was deleted
//! environment production = reviewers # or `reviewers self-review`, `timer`, `none` (no protection)
//! environment-branches production = protected   # also `patterns`; default: every branch
//! require root gate = ruleset        # the check that a merge needs; also `protection` (classic)
//! require-workflow PATH = 1296269    # of the repository with this number
//! pull-request-rule = code-owners    # also `plain`
//! merge-queue
//! other-rules = 120                  # so many rules of another kind
//! workflow .github/workflows/posture.yml = active 100d   # its state and its age
//! run .github/workflows/posture.yml = 5h success         # a scheduled run; also `in_progress`
//! codeowners-errors = 2
//! analysis = 5h                      # when rootgate last uploaded; `none`: only others did
//! release v0.1.0                     # of a tag (`ref tags/v0.1.0 = SHA`)
//! compared bytes = 5000000           # size of the files on the first page of a comparison
//! in octo-org/policies commit …      # a line for another repository
//!
//! fault upload = not-accessible      # calls: see below, `*` for all of them
//! fault upload = 2 times status 503  # only the first two
//! ```
//!
//! A repository that is not named here answers 404 to every path. In a tree, symbolic links are the same as on
//! disk, empty folders and `.git` are left out, and a file above 1 MB has no content. A full or short SHA
//! resolves to itself; a bare name is a branch, then a tag.
//!
//! Calls: `repository` · `upload` · `status` (of an upload) · `commit` (resolves a ref) · `commit-object` ·
//! `compare` (two commits) · `environment` · `contents` (of anything but a folder) · `listing` (of a folder) ·
//! `pull` · `rules` · `branch` · `environments` · `workflows` · `runs` · `codeowners-errors` · `analyses` ·
//! `tags` · `release`.
//!
//! Faults, with GitHub's own words: `not-enabled` · `advanced-security` · `code-security` ·
//! `not-accessible` (no `contents: read`) · `bad-credentials` · `not-found` · `too-large` ·
//! `blob-too-large` · `unprocessable` · `no-commit STATUS` · `no-ref` · `invalid` · `rate-limited SECONDS` · `secondary SECONDS` ·
//! `primary` · `status CODE` · `html` · `huge` · `braces` · `hostile` (a message that would be a
//! workflow command) · `reset` · `hang` · `slow MILLISECONDS`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::repository::Repository;

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
    /// The repository of lines without `in`.
    pub repository: String,
    /// By name in lower case; the empty name is `repository`.
    repositories: BTreeMap<String, Repository>,
    /// Call, number of times, fault.
    faults: Vec<(String, u32, Fault)>,
}

impl Scenario {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scenario = Self {
            default_branch: "main".to_owned(),
            repository: "octo-org/octo-repo".to_owned(),
            repositories: BTreeMap::from([(String::new(), Repository::default())]),
            ..Self::default()
        };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let value = Some(value.trim()).filter(|_| line.contains('='));
            scenario
                .set(key.trim(), value)
                .ok_or(format!("line {number}: `{line}` is not understood"))?;
        }
        Ok(scenario)
    }

    fn set(&mut self, key: &str, value: Option<&str>) -> Option<()> {
        let (name, rest) = match key.strip_prefix("in ") {
            Some(rest) => rest.split_once(' ')?,
            None => ("", key),
        };
        let about = self.repositories.entry(name.to_ascii_lowercase()).or_default();
        if about.set(rest, value).is_some() {
            return Some(());
        }
        let value = value.filter(|_| name.is_empty())?;
        match key {
            "repository" => self.repository = value.to_owned(),
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

    /// A repository, as `owner/name`.
    pub fn find(&self, name: &str) -> Option<&Repository> {
        let own = name.eq_ignore_ascii_case(&self.repository);
        self.repositories.get(&if own { String::new() } else { name.to_ascii_lowercase() })
    }

    /// The name as GitHub spells it: it finds a repository in any case.
    pub fn spelling<'a>(&'a self, name: &'a str) -> &'a str {
        if name.eq_ignore_ascii_case(&self.repository) { &self.repository } else { name }
    }

    /// Its id.
    pub fn id(&self, name: &str) -> u64 {
        if name.eq_ignore_ascii_case(&self.repository) {
            return 74;
        }
        let fold = |sum: u64, byte: u8| (sum * 31 + u64::from(byte)) % 1_000_000;
        75 + name.to_ascii_lowercase().bytes().fold(0, fold)
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
    let respond = |status, headers: String, message: &str| {
        let body =
            json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
        Fault::Answer(status, headers, body.to_string())
    };
    let plain = |status, message: &str| respond(status, String::new(), message);
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
        ["blob-too-large"] => plain(
            403,
            "This API returns blobs up to 1 MB in size. The requested blob is too large to fetch via the API, but you can use the Git Data API to request blobs up to 100 MB in size.",
        ),
        ["invalid"] => plain(400, "Invalid SARIF. Missing 'results' array in run."),
        ["unprocessable"] => plain(422, "Unprocessable Entity"),
        ["no-commit", status] => plain(status.parse().ok()?, "commit not found"),
        ["no-ref"] => plain(404, "ref 'refs/heads/gone' not found in this repository"),
        ["rate-limited", seconds] => {
            respond(429, format!("retry-after: {seconds}\r\n"), "API rate limit exceeded")
        }
        ["secondary", seconds] => respond(
            403,
            format!("retry-after: {seconds}\r\n"),
            "You have exceeded a secondary rate limit.",
        ),
        ["primary"] => respond(
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
