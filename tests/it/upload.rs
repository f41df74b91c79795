//! `--upload`: what GitHub receives and what it never receives. The verdict does not change.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::live::tls::{file, tls_in_front_of};
use crate::support::{
    ACCOUNT, ACTIVE_KEY, EVENTS_OFF, Finished, Folder, credential_report, rootgate, side_by_side,
};

const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";
const SHA: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
/// The text that a warning must contain about a token or a repository without code scanning.
const PERMISSION: &[&str] = &["security-events: write", "contents: read", "actions: read"];

/// The calls of an upload.
const CALLS: [&str; 3] = ["repository", "upload", "status"];

/// The runner of a push to `main`, with the fake as GitHub's API.
struct Runner {
    folder: Folder,
    environment: Vec<(&'static str, String)>,
}

impl Runner {
    fn new(github: &Fake) -> Self {
        let folder = Folder::new();
        let path = |name: &str| folder.write(name, "").display().to_string();
        let (output, summary) = (path("output"), path("step-summary"));
        let event = r#"{"repository":{"visibility":"private"}}"#;
        let event = folder.write("event.json", event).display().to_string();
        folder.write("rootgate.yaml", EVENTS_OFF);
        let environment = vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", github.url()),
            ("GITHUB_TOKEN", TOKEN.to_owned()),
            ("GITHUB_REPOSITORY", "octo-org/octo-repo".to_owned()),
            ("GITHUB_REF", "refs/heads/main".to_owned()),
            ("GITHUB_SHA", SHA.to_owned()),
            ("GITHUB_EVENT_NAME", "push".to_owned()),
            ("GITHUB_EVENT_PATH", event),
            ("GITHUB_OUTPUT", output),
            ("GITHUB_STEP_SUMMARY", summary),
            ("GITHUB_WORKSPACE", folder.path().display().to_string()),
        ];
        Self { folder, environment }
    }

    /// Changes a variable; an empty value counts as absent.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    fn check(&self, arguments: &[&str]) -> Finished {
        let mut command = rootgate(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let files = ["--sarif", "out.sarif", "--json", "out.json", "--summary", "out.md"];
        command.arg("check").args(files).args(arguments);
        if self.environment.contains(&("GITHUB_ACTIONS", "true".to_owned())) {
            command.args(["--policy-from", "checkout"]); // so that all calls are those of the upload
        }
        if !arguments.contains(&"--timeout") {
            command.args(["--timeout", "20s"]); // the pauses are parts of it
        }
        let ended = Finished::from_output(command.output().unwrap());
        self.nothing_shows_the_token(&ended);
        ended
    }

    /// Judges a credential report from an hour ago.
    fn judge(&self, changes: &[(&str, &str)], more: &[&str]) -> Finished {
        self.folder.write("report.csv", credential_report(changes));
        let made = ago(TimeDelta::hours(1));
        let report = ["--credential-report", "report.csv", "--report-generated-at", &made];
        self.check(&[&report[..], more].concat())
    }

    fn summary(&self) -> String {
        self.folder.read("step-summary")
    }

    #[track_caller]
    fn nothing_shows_the_token(&self, ended: &Finished) {
        let mut texts = vec![ended.stdout.clone(), ended.stderr.clone()];
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            texts.extend(std::fs::read_to_string(file.unwrap().path()));
        }
        assert!(texts.len() >= 5, "{}", texts.len());
        assert!(texts.iter().all(|text| !text.contains(TOKEN)), "{texts:?}");
    }
}

fn ago(age: TimeDelta) -> String {
    let now: DateTime<Utc> = SystemTime::now().into();
    (now - age).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The warnings about the upload in the log.
fn warnings(ended: &Finished) -> Vec<&str> {
    let lines = ended.stdout.lines().chain(ended.stderr.lines());
    lines.filter(|line| line.contains("code scanning:") && line.contains("warning")).collect()
}

/// The only warning, which must be in the summary too.
#[track_caller]
fn warning(runner: &Runner, ended: &Finished) -> String {
    let found = warnings(ended);
    assert_eq!(found.len(), 1, "{}\n{}", ended.stdout, ended.stderr);
    assert!(found[0].starts_with("::warning title=rootgate::code scanning: "), "{}", found[0]);
    let summary = runner.summary();
    assert_eq!(summary.matches("### Code scanning").count(), 1, "{summary}");
    assert!(summary.contains("The verdict does not change."), "{summary}");
    found[0].to_owned()
}

fn fingerprints(sarif: &Value, run: usize) -> Vec<(&str, &str)> {
    let results = sarif["runs"][run]["results"].as_array().unwrap();
    let key = |result: &'static str| result;
    results
        .iter()
        .map(|result| {
            let print = &result["partialFingerprints"][key("primaryLocationLineHash")];
            (result["ruleId"].as_str().unwrap(), print.as_str().unwrap())
        })
        .collect()
}

// -- received -------------------------------------------------------------------------------

#[test]
fn a_red_account_is_received_as_the_file_that_was_written() {
    let github = Fake::github(&format!("token = {TOKEN}"));
    let runner = Runner::new(&github);
    let ended = runner.judge(ACTIVE_KEY, &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(warnings(&ended), [""; 0]);
    assert!(ended.stderr.contains("note: code scanning: uploaded, and processed by GitHub."));
    let uploads = github.uploads();
    assert_eq!(uploads.len(), 1);
    let upload = &uploads[0];
    assert_eq!(upload["sarif"], runner.folder.json("out.sarif"));
    assert_eq!(upload["sarif"]["runs"][0]["automationDetails"]["id"], "rootgate/111122223333/");
    let active = ("root-access-key-active", "7d07cc0e401afaca60c77fa1983cd03a");
    assert!(fingerprints(&upload["sarif"], 0).contains(&active));
    assert_eq!(upload["commit_sha"], SHA);
    assert_eq!(upload["ref"], "refs/heads/main");
    assert_eq!(upload["tool_name"], "rootgate");
    let folder = runner.folder.path().display().to_string();
    assert_eq!(upload["checkout_uri"], format!("file://{folder}"));
    let started: DateTime<Utc> = upload["started_at"].as_str().unwrap().parse().unwrap();
    let now: DateTime<Utc> = SystemTime::now().into();
    assert!((now - started).num_seconds() < 60);
    let section = "\n### Code scanning\n\nUploaded, and processed by GitHub.\n";
    assert!(runner.summary().ends_with(section), "{}", runner.summary());
    // The files do not depend on the upload.
    assert!(!runner.folder.read("out.md").contains("Code scanning"));
}

#[test]
fn a_green_account_is_received_with_its_rules_and_closes_its_alerts() {
    let (github, aws) = (Fake::github(""), Fake::example("green.txt"));
    let runner = Runner::new(&github);
    let ended = live(runner, &aws, &[]).1;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let uploads = github.uploads();
    assert_eq!(uploads.len(), 1);
    let run = &uploads[0]["sarif"]["runs"][0];
    assert_eq!(run["results"], json!([]));
    assert_eq!(run["automationDetails"]["id"], "rootgate/111122223333/");
    assert!(run["tool"]["driver"]["rules"].as_array().unwrap().len() > 5);
}

#[test]
fn the_calls_are_those_of_githubs_api_and_one_upload_is_awaited() {
    let github = Fake::github("");
    let ended = Runner::new(&github).judge(&[], &["--category", "nightly"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let calls = github.calls();
    let paths: Vec<_> = calls.iter().map(|call| call["path"].as_str().unwrap()).collect();
    let uploads = "/repos/octo-org/octo-repo/code-scanning/sarifs";
    let status = format!("{uploads}/47177e22-5596-11eb-80a1-c1e54ef94500");
    // Not found, pending, complete.
    assert_eq!(paths, ["/repos/octo-org/octo-repo", uploads, &status, &status, &status]);
    for call in &calls {
        assert_eq!(call["headers"]["accept"], "application/vnd.github+json");
        assert_eq!(call["headers"]["x-github-api-version"], "2022-11-28");
        let agent = format!("rootgate/{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(call["headers"]["user-agent"], agent);
    }
    let id = &github.uploads()[0]["sarif"]["runs"][0]["automationDetails"]["id"];
    assert_eq!(id, "rootgate/nightly/111122223333/");
}

#[test]
fn an_enterprise_server_is_asked_below_its_own_address() {
    let github = Fake::github("default-branch = trunk");
    let url = format!("{}/api/v3/", github.url());
    let runner = Runner::new(&github).with("GITHUB_API_URL", &url);
    runner.with("GITHUB_REF", "refs/heads/trunk").judge(&[], &[]);
    assert_eq!(github.uploads().len(), 1);
    let paths = github
        .calls()
        .iter()
        .all(|call| call["path"].as_str().unwrap().starts_with("/api/v3/repos/octo-org/octo-repo"));
    assert!(paths);
}

#[test]
fn a_server_with_a_private_authority_is_trusted_only_by_ca_bundle() {
    let github = Fake::github("");
    let url = format!("https://127.0.0.1:{}/api/v3", tls_in_front_of(&github));
    let runner = || Runner::new(&github).with("GITHUB_API_URL", &url);
    let untrusting = runner();
    let ended = untrusting.judge(&[], &[]);
    let warning = warning(&untrusting, &ended);
    assert!(
        warning.contains("certificate that is not trusted") && warning.contains("--ca-bundle"),
        "{warning}"
    );
    assert!(github.calls().is_empty());
    let bundle = file("authority.pem").display().to_string();
    let ended = runner().judge(&[], &["--ca-bundle", &bundle]);
    assert_eq!(warnings(&ended), [""; 0]);
    assert_eq!(github.uploads().len(), 1);
}

#[test]
fn uploads_use_a_proxy() {
    let github = Fake::github("");
    let behind = tls_in_front_of(&github);
    let (proxy, connected) = proxy();
    let bundle = file("authority.pem").display().to_string();
    let runner = Runner::new(&github)
        .with("GITHUB_API_URL", &format!("https://127.0.0.1:{behind}"))
        .with("HTTPS_PROXY", &format!("http://127.0.0.1:{proxy}"));
    assert_eq!(runner.judge(&[], &["--ca-bundle", &bundle]).code, 0);
    assert_eq!(github.uploads().len(), 1);
    assert_eq!(connected.try_recv().unwrap(), format!("CONNECT 127.0.0.1:{behind} HTTP/1.1"));
}

/// A proxy that handles one connection at a time and records the requests.
fn proxy() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for mut front in listener.incoming().flatten() {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                front.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let line = String::from_utf8_lossy(&head).lines().next().unwrap().to_owned();
            let mut back = TcpStream::connect(line.split(' ').nth(1).unwrap()).unwrap();
            sender.send(line).unwrap();
            front.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let (mut to, mut from) = (back.try_clone().unwrap(), front.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || std::io::copy(&mut back, &mut front));
        }
    });
    (port, receiver)
}

#[test]
fn more_accounts_than_one_file_holds_are_counted() {
    let github = Fake::github("");
    let runner = Runner::new(&github);
    let made = ago(TimeDelta::hours(1));
    let accounts: Vec<Value> = (0..21)
        .map(|number| {
            let summary =
                json!({ "observed_at": made, "value": { "AccountAccessKeysPresent": 0 } });
            json!({ "id": format!("1111222233{number:02}"), "account_summary": summary })
        })
        .collect();
    let evidence =
        json!({ "schema": "rootgate.evidence/v1", "collected_at": made, "accounts": accounts });
    runner.folder.write("evidence.json", evidence.to_string());
    let ended = runner.check(&["--evidence", "evidence.json"]);
    assert_eq!(github.uploads()[0]["sarif"]["runs"].as_array().unwrap().len(), 20);
    let expected = "GitHub accepts 20 accounts at a time, so 1 more is left out";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

// -- not received ---------------------------------------------------------------------------

/// Judges the accounts of the fake AWS.
fn live(runner: Runner, aws: &Fake, more: &[&str]) -> (Runner, Finished) {
    let runner = runner
        .with("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let endpoint = aws.url();
    let flags = ["--endpoint-url", &endpoint, "--region", "eu-central-1"];
    let ended = runner.check(&[&flags[..], more].concat());
    (runner, ended)
}

#[test]
fn an_account_that_could_not_be_read_is_left_out_of_the_upload_with_a_warning() {
    let github = Fake::github("");
    let runner = Runner::new(&github);
    runner.folder.write(
        "rootgate.yaml",
        "version: 1\nevidence: { root-events: off }\nscope:\n  accounts:\n    - { id: \"111122223333\" }\n    - { id: \"444455556666\", name: billing }\n",
    );
    let ended = runner.judge(ACTIVE_KEY, &[]);
    assert_eq!(ended.code, 1);
    let uploads = github.uploads();
    let runs = uploads[0]["sarif"]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["automationDetails"]["id"], "rootgate/111122223333/");
    assert!(!uploads[0].to_string().contains("444455556666"));
    assert_eq!(runner.folder.json("out.sarif")["runs"].as_array().unwrap().len(), 2);
    let expected =
        "Nothing could be read of 1 account (444455556666), so its alerts stay as they were";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    assert!(runner.summary().contains("so its alerts stay as they were"), "{}", runner.summary());
    assert_eq!(warnings(&ended), [""; 0]);
}

/// The policy of an organization whose members have the role `rootgate`.
const ORGANIZATION: &str = "version: 1\nevidence: { root-events: off }\nscope: { organization: { member-role: rootgate } }\n";

fn organization(lines: &str) -> Fake {
    Fake::start(&format!("organization = 30\norganization.buckets = off\n{lines}\n"))
}

#[test]
fn an_organization_is_one_run_and_keeps_the_alerts_of_accounts_that_could_not_be_read() {
    for (lines, unread) in [("organization.refusing = 2", 2), ("", 0)] {
        let github = Fake::github("");
        let runner = Runner::new(&github);
        runner.folder.write("rootgate.yaml", ORGANIZATION);
        let role = ["--role-arn", "arn:aws:iam::111122223333:role/rootgate"];
        let (runner, ended) = live(runner, &organization(lines), &role);
        let report = runner.folder.json("out.json");
        assert_eq!(report["organization"]["not_entered"], unread, "{}", ended.stderr);
        let uploads = github.uploads();
        let runs = uploads[0]["sarif"]["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1, "more than 20 accounts, one run");
        let id = report["organization"]["id"].as_str().unwrap();
        assert_eq!(runs[0]["automationDetails"]["id"], format!("rootgate/{id}/"));
        let accounts = report["accounts"].as_array().unwrap().iter();
        let open = accounts.filter(|account| {
            let outcomes = account["outcomes"].as_array().unwrap().iter();
            let mut outcomes = outcomes.map(|outcome| outcome["outcome"].as_str().unwrap());
            outcomes.any(|outcome| ["fail", "undetermined"].contains(&outcome))
        });
        let text = uploads[0].to_string();
        for account in open {
            assert!(text.contains(account["id"].as_str().unwrap()), "{account}");
        }
        for words in ["Nothing could be read of", "accounts at a time"] {
            assert!(!ended.stderr.contains(words), "{}", ended.stderr);
        }
    }
}

#[test]
fn an_organization_with_an_incomplete_list_is_not_uploaded() {
    let github = Fake::github("");
    let runner = Runner::new(&github);
    runner.folder.write("rootgate.yaml", ORGANIZATION);
    let aws = organization("fault ListAccounts#2 = status 500");
    let role = ["--role-arn", "arn:aws:iam::111122223333:role/rootgate"];
    let (runner, ended) = live(runner, &aws, &role);
    assert!(github.uploads().is_empty());
    assert!(ended.stderr.contains("list of the organization's accounts is incomplete"));
    assert!(ended.stdout.contains("The list of its accounts is incomplete"), "{}", ended.stdout);
    assert_eq!(runner.folder.json("out.sarif")["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn if_nothing_could_be_read_github_is_not_called() {
    let github = Fake::github("");
    let aws = Fake::with(
        "fault GetCredentialReport = denied\nfault GetAccountSummary = denied\nfault ListVirtualMFADevices = denied",
    );
    for mode in ["auto", "always"] {
        let (runner, ended) = live(Runner::new(&github), &aws, &["--upload", mode]);
        assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains("nothing could be read, so the alerts stay as they were"));
        assert!(runner.summary().contains("Not uploaded: nothing could be read"));
    }
    assert!(github.calls().is_empty());
}

#[test]
fn a_run_that_is_out_of_time_is_not_uploaded() {
    let github = Fake::github("");
    let aws = Fake::with("fault GetAccountSummary = hang");
    let (_, ended) = live(Runner::new(&github), &aws, &["--upload", "always", "--timeout", "2s"]);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("the run is incomplete (the time limit was reached)"));
    assert!(github.calls().is_empty());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_judged_and_not_uploaded() {
    use std::os::unix::process::ExitStatusExt;
    let github = Fake::github("");
    let aws = Fake::with("fault GetAccountSummary = hang");
    let runner = Runner::new(&github);
    let url = aws.url();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rootgate"));
    command.current_dir(runner.folder.path()).env_clear();
    command.envs(runner.environment.iter().map(|(name, value)| (name, value)));
    command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    command.env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    command.args(["check", "--endpoint-url", &url, "--region", "eu-central-1"]);
    command.args(["--policy-from", "checkout"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let asked = Instant::now();
    while aws.count("GetAccountSummary") == 0 && asked.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    terminate(child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.status.signal()), (Some(3), None));
    assert!(github.calls().is_empty());
    assert!(runner.summary().contains("the run is incomplete"), "{}", runner.summary());
}

#[cfg(unix)]
fn terminate(id: u32) {
    let status = std::process::Command::new("kill").arg(id.to_string()).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn an_interrupted_upload_does_not_change_the_verdict() {
    let github = Fake::github("fault upload = hang");
    let runner = Runner::new(&github);
    runner.folder.write("report.csv", credential_report(ACTIVE_KEY));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rootgate"));
    command.current_dir(runner.folder.path()).env_clear();
    command.envs(runner.environment.iter().map(|(name, value)| (name, value)));
    let made = ago(TimeDelta::hours(1));
    command.args(["check", "--credential-report", "report.csv", "--report-generated-at", &made]);
    command.args(["--policy-from", "checkout"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let asked = Instant::now();
    while github.count("upload") == 0 && asked.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    terminate(child.id());
    let ended = Finished::from_output(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(warning(&runner, &ended).contains("interrupted by SIGTERM"));
    assert!(runner.folder.read("output").contains("fail"));
}

#[test]
fn a_failed_sign_in_uploads_nothing() {
    let github = Fake::github("");
    let aws = Fake::with("fault GetCallerIdentity = denied");
    let (_, ended) = live(Runner::new(&github), &aws, &["--upload", "always"]);
    ended.refused(&["nothing was judged"]);
    assert!(github.calls().is_empty());
}

#[test]
fn never_and_runs_outside_github_neither_call_nor_mention_it() {
    let github = Fake::github("");
    let runner = Runner::new(&github);
    let ended = runner.judge(ACTIVE_KEY, &["--upload", "never"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    assert!(!runner.summary().contains("Code scanning"));
    let outside = Runner::new(&github).with("GITHUB_ACTIONS", "").judge(ACTIVE_KEY, &[]);
    assert_eq!((outside.code, outside.stderr.as_str()), (1, ""));
    assert!(github.calls().is_empty());
}

#[test]
fn auto_uploads_only_from_the_default_branch_and_always_from_every_ref() {
    let merge_group =
        "refs/heads/gh-readonly-queue/main/pr-42-6dcb09b5b57875f334f61aebed695e2e4193db5e";
    let cases = [
        ("refs/pull/42/merge", "pull_request", 0),
        ("refs/tags/v1", "push", 0),
        ("refs/heads/main", "pull_request_target", 0),
        ("refs/heads/feature", "push", 1),
        (merge_group, "merge_group", 1),
    ];
    side_by_side(cases, |(git_ref, event, asked)| {
        let github = Fake::github("");
        let runner =
            || Runner::new(&github).with("GITHUB_REF", git_ref).with("GITHUB_EVENT_NAME", event);
        let ended = runner().judge(&[], &[]);
        assert_eq!((ended.code, warnings(&ended).len()), (0, 0), "{}", ended.stderr);
        assert!(ended.stderr.contains("uploads only from the default branch"), "{}", ended.stderr);
        assert_eq!((github.calls().len(), github.uploads().len()), (asked, 0), "{git_ref}");
        runner().judge(&[], &["--upload", "always"]);
        let uploads = github.uploads();
        assert_eq!(uploads.len(), 1, "{git_ref}");
        assert_eq!(uploads[0]["ref"], git_ref);
        assert_eq!(uploads[0]["commit_sha"], SHA);
        assert_eq!(github.count("repository"), asked, "nobody asks for the name of the branch");
    });
}

#[test]
fn always_without_the_runners_variables_judges_nothing() {
    for (name, value) in [
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "octo-org/../../x"),
        ("GITHUB_SHA", "6dcb09b"),
        ("GITHUB_REF", "main"),
        ("GITHUB_API_URL", "http://github.example.com/api/v3"),
    ] {
        let github = Fake::github("");
        let runner = || Runner::new(&github).with(name, value);
        let ended = runner().judge(ACTIVE_KEY, &["--upload", "always"]);
        ended.refused(&["--upload always", name, "nothing was judged"]);
        if name != "GITHUB_REF" {
            let runner = runner();
            let ended = runner.judge(ACTIVE_KEY, &[]);
            assert_eq!(ended.code, 1);
            assert!(warning(&runner, &ended).contains(name), "{}", ended.stderr);
        }
        assert!(github.calls().is_empty());
    }
    let github = Fake::github("");
    let then = ago(TimeDelta::minutes(5));
    let runner = Runner::new(&github).with("GITHUB_ACTIONS", "");
    runner
        .judge(&[], &["--at", &then, "--upload", "always"])
        .refused(&["--upload always and --at"]);
}

// -- every refusal is one warning -------------------------------------------------------------------

#[test]
fn every_refusal_is_one_warning_and_does_not_change_the_verdict() {
    const NOT_ENABLED: &str = "Code scanning is not enabled for this repository";
    let rows: &[(&str, &[&str], usize)] = &[
        ("not-enabled", &[&[NOT_ENABLED], PERMISSION].concat(), 1),
        ("advanced-security", &[&["Advanced Security must be enabled"], PERMISSION].concat(), 1),
        ("code-security", &[&["Code Security must be enabled"], PERMISSION].concat(), 1),
        ("not-accessible", &[&["Resource not accessible"], PERMISSION].concat(), 1),
        ("not-found", &[&["HTTP 404: Not Found"], PERMISSION].concat(), 1),
        ("bad-credentials", &["Bad credentials", "GITHUB_TOKEN"], 1),
        ("too-large", &["HTTP 413", "fewer accounts"], 1),
        ("invalid", &["HTTP 400: Invalid SARIF"], 1),
        ("unprocessable", &["HTTP 422: Unprocessable", "report this as a bug"], 1),
        ("no-commit 404", &["HTTP 404: commit not found", "no permission is missing"], 1),
        ("no-commit 422", &["HTTP 422: commit not found", "no permission is missing"], 1),
        ("no-ref", &["not found in this repository", "no permission is missing"], 1),
        ("no-commit 403", &[&["HTTP 403: commit not found"], PERMISSION].concat(), 1),
        ("status 408", &["HTTP 408", "if the next run uploads"], 5),
        ("rate-limited 3600", &["rate limit is reached (HTTP 429)"], 1),
        ("rate-limited 0", &["rate limit is reached (HTTP 429)"], 5),
        ("primary", &["rate limit is reached (HTTP 403)"], 1),
        ("status 301", &["HTTP 301", "GITHUB_REPOSITORY"], 1),
        ("status 500", &["HTTP 500: Server Error"], 5),
        ("reset", &["cannot be reached"], 5),
        ("html", &["cannot be read"], 1),
        ("braces", &["cannot be read"], 1),
        ("huge", &["larger than 4 MiB"], 1),
    ];
    let row = |mode: &str, (fault, parts, calls): &(&str, &[&str], usize)| {
        let github = Fake::github(&format!("fault upload = {fault}"));
        let runner = Runner::new(&github);
        let ended = runner.judge(ACTIVE_KEY, &["--upload", mode, "--timeout", "6s"]);
        assert_eq!(ended.code, 1, "{fault}: {}", ended.stderr);
        assert_eq!(runner.folder.json("out.json")["verdict"], "fail");
        let warning = warning(&runner, &ended);
        assert!(warning.contains("not uploaded: "), "{warning}");
        for part in *parts {
            assert!(warning.contains(part), "{fault}: {warning}\nlacks {part}");
        }
        assert_eq!(github.count("upload"), *calls, "{fault}");
    };
    let cells =
        ["auto", "always"].into_iter().flat_map(|mode| rows.iter().map(move |it| (mode, it)));
    side_by_side(cells, |(mode, it)| row(mode, it));
}

#[test]
fn a_refusal_does_not_change_a_pass() {
    for call in ["repository", "upload", "status", "*"] {
        let github = Fake::github(&format!("fault {call} = not-accessible"));
        let runner = Runner::new(&github);
        let ended = runner.judge(&[], &[]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let warning = warning(&runner, &ended);
        assert!(warning.contains("Resource not accessible by integration"), "{warning}");
    }
}

#[test]
fn temporary_errors_are_retried() {
    let faults = [
        "1 times rate-limited 1",
        "1 times secondary 1",
        "2 times status 503",
        "2 times reset",
        "slow 300",
    ];
    let cells = faults.iter().flat_map(|fault| CALLS.iter().map(move |call| (fault, call)));
    side_by_side(cells, |(fault, call)| {
        let github = Fake::github(&format!("fault {call} = {fault}"));
        let ended = Runner::new(&github).judge(ACTIVE_KEY, &["--timeout", "12s"]);
        assert_eq!(ended.code, 1, "{call} {fault}: {}", ended.stderr);
        assert_eq!(warnings(&ended), [""; 0], "{call} {fault}");
        assert_eq!(github.uploads().len(), 1, "{call} {fault}");
    });
}

#[test]
fn a_server_that_does_not_answer_uses_only_the_time_left() {
    side_by_side(CALLS, |call| {
        let github = Fake::github(&format!("fault {call} = hang"));
        let runner = Runner::new(&github);
        let started = Instant::now();
        let ended = runner.judge(&[], &["--timeout", "2s"]);
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        assert_eq!(ended.code, 0);
        assert!(warning(&runner, &ended).contains("did not answer in time"), "{}", ended.stderr);
    });
}

#[test]
fn an_unreachable_server_is_one_warning() {
    let github = Fake::github("");
    let runner = Runner::new(&github).with("GITHUB_API_URL", "http://127.0.0.1:9");
    let ended = runner.judge(&[], &["--timeout", "3s"]);
    assert_eq!(ended.code, 0);
    assert!(warning(&runner, &ended).contains("HTTPS_PROXY"), "{}", ended.stderr);
}

#[test]
fn githubs_own_processing_errors_are_shown() {
    let refused = "could not convert rules: invalid security severity value, is not a number";
    let failed = format!("failed {refused}");
    let cases = [
        (failed.as_str(), "invalid security severity value"),
        ("failed", "it does not say why"),
        ("pending", "still processing"),
    ];
    side_by_side(cases, |(processing, expected)| {
        let github = Fake::github(&format!("processing = {processing}"));
        let runner = Runner::new(&github);
        let ended = runner.judge(ACTIVE_KEY, &["--timeout", "3s"]);
        assert_eq!(ended.code, 1);
        let warning = warning(&runner, &ended);
        assert!(warning.contains(expected) && !warning.contains("not uploaded"), "{warning}");
        assert_eq!(github.uploads().len(), 1);
    });
}

#[test]
fn without_a_token_github_is_not_called() {
    for mode in ["auto", "always"] {
        let github = Fake::github("");
        let runner = Runner::new(&github).with("GITHUB_TOKEN", "");
        let ended = runner.judge(ACTIVE_KEY, &["--upload", mode]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        let warning = warning(&runner, &ended);
        for part in [&["there is no token", "`token`"], &PERMISSION[..2]].concat() {
            assert!(warning.contains(part), "{warning}");
        }
        assert!(github.calls().is_empty());
    }
}

#[test]
fn a_token_is_not_sent_to_a_server_that_an_earlier_step_made_trusted() {
    let github = Fake::github("");
    let runner = Runner::new(&github).with("SSL_CERT_FILE", "/tmp/other.pem");
    let ended = runner.judge(&[], &[]);
    assert_eq!(ended.code, 0);
    assert!(warning(&runner, &ended).contains("SSL_CERT_FILE"), "{}", ended.stderr);
    assert!(github.calls().is_empty());
}

#[test]
fn githubs_words_cannot_command_the_runner() {
    let github = Fake::github("fault upload = hostile");
    let runner = Runner::new(&github);
    let ended = runner.judge(&[], &["--color", "never"]);
    let warning = warning(&runner, &ended);
    assert!(warning.contains("forged"), "{warning}");
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("##[") && !text.contains('\u{1b}'), "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::set-output")), "{text}");
    }
    assert!(!runner.summary().contains('\u{1b}'));
}

#[test]
fn standard_output_stays_one_document_and_quiet_stays_quiet() {
    let github = Fake::github("fault upload = not-enabled");
    let runner = Runner::new(&github);
    let ended = runner.judge(ACTIVE_KEY, &["--format", "json"]);
    serde_json::from_str::<Value>(&ended.stdout).unwrap();
    assert!(ended.stderr.starts_with("::warning "), "{}", ended.stderr);
    let quiet = Runner::new(&github).judge(ACTIVE_KEY, &["-q"]);
    assert_eq!(warnings(&quiet).len(), 1, "a warning is shown even so");
    let github = Fake::github("");
    assert_eq!(Runner::new(&github).judge(ACTIVE_KEY, &["-q"]).stderr, "");
}

#[test]
fn redacted_upload_messages_contain_no_account_id() {
    let github =
        Fake::github(&format!("processing = failed category rootgate/{ACCOUNT}/ is in use"));
    let runner = Runner::new(&github);
    runner.folder.write(
        "rootgate.yaml",
        "version: 1\nevidence: { root-events: off }\nscope: { accounts: [{ id: \"111122223333\" }, { id: \"444455556666\" }] }\n",
    );
    let ended = runner.judge(ACTIVE_KEY, &["--details", "redacted"]);
    assert!(warning(&runner, &ended).contains("is in use"), "{}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr, &runner.summary()] {
        assert!(!text.contains(ACCOUNT) && !text.contains("444455556666"), "{text}");
    }
}
