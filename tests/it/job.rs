//! A job on GitHub's runner: a repository at GitHub, a checkout, and the real binary.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use crate::fake::Fake;
use crate::support::{Finished, Folder, credential_report, rootgate};

/// The tip of the default branch.
pub(crate) const TIP: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
/// The commit of the run: the merge commit of a pull request, or a pushed one.
pub(crate) const OWN: &str = "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc";
/// An earlier commit of the default branch.
pub(crate) const EARLIER: &str = "762941318ee16e59dabbacb1b4049eec22f0d303";
const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

/// The time of the run.
pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// A repository whose default branch is `main`, and the checkout of a run.
pub(crate) struct Job {
    /// Contains `main`, `earlier` (commits at GitHub) and `work` (the checkout).
    pub(crate) folder: Folder,
    lines: String,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    pub(crate) github: Option<Fake>,
}

impl Job {
    /// A pull request: nothing at GitHub and nothing checked out so far.
    pub(crate) fn pull_request() -> Self {
        let folder = Folder::new();
        for commit in ["main", "earlier", "work"] {
            std::fs::create_dir_all(folder.path().join(commit).join(".github")).unwrap();
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let lines = format!(
            "default-branch = main\ntoken = {TOKEN}\ncommit {EARLIER} = {}\ncommit {TIP} = {} parent \
             {EARLIER}\ncommit {OWN} = {} parent {TIP}\nref heads/main = {TIP}\n",
            path("earlier"),
            path("main"),
            path("work"),
        );
        let job =
            Self { lines, environment: Vec::new(), arguments: Vec::new(), github: None, folder };
        let path = |name: &str| job.folder.path().join(name).display().to_string();
        let (output, summary, work) = (path("output"), path("step-summary"), path("work"));
        let event = r#"{"repository":{"visibility":"private","default_branch":"evil"}}"#;
        let event = job.folder.write("event.json", event).display().to_string();
        job.set("GITHUB_ACTIONS", "true")
            .set("GITHUB_TOKEN", TOKEN)
            .set("GITHUB_REPOSITORY", "octo-org/octo-repo")
            .set("GITHUB_EVENT_NAME", "pull_request")
            .set("GITHUB_REF", "refs/pull/42/merge")
            .set("GITHUB_SHA", OWN)
            .set("GITHUB_BASE_REF", "main")
            .set("GITHUB_RUN_ID", "4242424242")
            .set("GITHUB_EVENT_PATH", &event)
            .set("GITHUB_OUTPUT", &output)
            .set("GITHUB_STEP_SUMMARY", &summary)
            .set("GITHUB_WORKSPACE", &work)
    }

    /// The same policy at the tip of the default branch and in the checkout.
    pub(crate) fn both(text: &str) -> Self {
        Self::pull_request().main(".github/rootgate.yaml", text).work(".github/rootgate.yaml", text)
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An event of the default branch, for the commit `sha`.
    pub(crate) fn on_main(self, event: &str, sha: &str) -> Self {
        self.set("GITHUB_EVENT_NAME", event)
            .set("GITHUB_REF", "refs/heads/main")
            .set("GITHUB_SHA", sha)
    }

    /// A file at the tip of the default branch.
    pub(crate) fn main(self, path: &str, text: &str) -> Self {
        self.folder.write(&format!("main/{path}"), text);
        self
    }

    /// A file of the earlier commit.
    pub(crate) fn earlier(self, path: &str, text: &str) -> Self {
        self.folder.write(&format!("earlier/{path}"), text);
        self
    }

    /// A file of the checkout.
    pub(crate) fn work(self, path: &str, text: &str) -> Self {
        self.folder.write(&format!("work/{path}"), text);
        self
    }

    /// Removes a file from the checkout.
    pub(crate) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.in_work(path)).unwrap();
        self
    }

    pub(crate) fn in_work(&self, path: &str) -> PathBuf {
        self.folder.path().join("work").join(path)
    }

    /// A line of the fake GitHub's scenario.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.lines += &format!("{line}\n");
        self
    }

    /// Takes a line out of the scenario.
    #[track_caller]
    pub(crate) fn without_line(mut self, line: &str) -> Self {
        let before = self.lines.len();
        self.lines = self.lines.replace(&format!("{line}\n"), "");
        assert!(self.lines.len() < before, "{line} is not there");
        self
    }

    /// Judges this credential report from an hour ago.
    pub(crate) fn report(mut self, changes: &[(&str, &str)]) -> Self {
        self.folder.write("report.csv", credential_report(changes));
        let made = (now() - TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let report = self.folder.path().join("report.csv").display().to_string();
        let arguments = ["--credential-report", &report, "--report-generated-at", &made];
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }

    /// Collects from this AWS. The run gets its token endpoint only if `oidc` is true.
    pub(crate) fn live(mut self, aws: &Fake, oidc: bool) -> Self {
        self.arguments.extend(["--endpoint-url".to_owned(), aws.url()]);
        let role = "arn:aws:iam::111122223333:role/rootgate";
        self.arguments.extend(["--role-arn", role].map(str::to_owned));
        if oidc { self.oidc(aws) } else { self }
    }

    /// The token endpoint of this AWS.
    pub(crate) fn oidc(self, aws: &Fake) -> Self {
        self.set("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/token?api-version=2.0", aws.url()))
            .set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner-token")
    }

    /// Runs the gate from a folder of the checkout.
    pub(crate) fn check_in(&mut self, folder: &str, more: &[&str]) -> Finished {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (json, sarif) = (path("out.json"), path("out.sarif"));
        let check = ["check", "--upload", "never", "--json", &json, "--sarif", &sarif];
        self.run_in(folder, &check, more)
    }

    /// Runs a command from a folder of the checkout, with the arguments of this job between.
    pub(crate) fn run_in(&mut self, folder: &str, command: &[&str], more: &[&str]) -> Finished {
        let github = Fake::github(&self.lines);
        let arguments = command.iter().chain(more);
        let arguments: Vec<String> = arguments.map(|&it| it.to_owned()).collect();
        let mut command = rootgate(&self.in_work(folder));
        command.env("GITHUB_API_URL", github.url()).envs(self.environment.clone());
        command.args(arguments).args(&self.arguments);
        let ended = Finished::from_output(command.output().unwrap());
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(TOKEN) && !text.contains("panicked"), "{text}");
        }
        self.github = Some(github);
        ended
    }

    /// Runs the gate.
    pub(crate) fn check(&mut self, more: &[&str]) -> Finished {
        self.check_in("", more)
    }

    /// Runs the gate and checks its exit code.
    #[track_caller]
    pub(crate) fn ends(&mut self, verdict: &str, code: i32) -> Finished {
        let ended = self.check(&[]);
        let both = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code, code, "{both}");
        assert_eq!(self.json()["verdict"], verdict, "{both}");
        assert_eq!(self.output("verdict"), verdict);
        assert_eq!(self.output("exit-code"), code.to_string());
        ended
    }

    pub(crate) fn json(&self) -> Value {
        self.folder.json("out.json")
    }

    pub(crate) fn summary(&self) -> String {
        self.folder.read("step-summary")
    }

    /// The last value of an output of the step.
    pub(crate) fn output(&self, name: &str) -> String {
        let text = self.folder.read("output");
        let mut lines = text.lines();
        let mut found = None;
        while let Some(line) = lines.next() {
            let (known, delimiter) = line.split_once("<<").expect(line);
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            if known == name {
                found = Some(value.join("\n"));
            }
        }
        found.unwrap_or_else(|| panic!("{name} in {text}"))
    }

    /// The codes of the notices.
    pub(crate) fn notices(&self) -> Vec<String> {
        let notices = self.json()["notices"].as_array().unwrap().clone();
        notices.iter().map(|notice| notice["code"].as_str().unwrap().to_owned()).collect()
    }
}
