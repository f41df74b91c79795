//! The real binary against the fake AWS, on a laptop with keys or as a step on GitHub's runner.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fake::Fake;
use crate::support::{ACCOUNT, Finished, Folder, rootgate};

/// The long-lived keys of the laptop.
pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The credential for the runner's token endpoint.
pub(crate) const RUNNER_TOKEN: &str = "runner/token+of==EXAMPLE";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/rootgate";

/// A folder, a fake, and the environment of the runs.
pub(crate) struct Gate {
    pub(crate) folder: Folder,
    pub(crate) fake: Fake,
    variables: BTreeMap<String, String>,
}

impl Gate {
    /// Nobody is signed in: no keys, no profile, no metadata service.
    pub(crate) fn signed_out(fake: Fake) -> Self {
        let folder = Folder::new();
        let home = folder.path().join("home").display().to_string();
        let gate = Self { folder, fake, variables: BTreeMap::new() };
        gate.set("HOME", &home).set("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// A laptop with keys in its environment.
    pub(crate) fn with_keys(fake: Fake) -> Self {
        Self::signed_out(fake).keys()
    }

    /// Long-lived keys in the environment.
    pub(crate) fn keys(self) -> Self {
        self.set("AWS_ACCESS_KEY_ID", KEY_ID).set("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    }

    /// A step of a job with `id-token: write`; the event says nothing about the repository.
    pub(crate) fn on_github(fake: Fake) -> Self {
        let url = format!("{}/token?api-version=2.0", fake.url());
        Self::on_github_without_token(fake)
            .set("ACTIONS_ID_TOKEN_REQUEST_URL", &url)
            .set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", RUNNER_TOKEN)
    }

    /// A step of a job without `id-token: write`.
    pub(crate) fn on_github_without_token(fake: Fake) -> Self {
        let gate = Self::signed_out(fake);
        let file = |name: &str| gate.folder.write(name, "").display().to_string();
        let (output, summary) = (file("github-output"), file("github-summary"));
        let workspace = gate.folder.path().display().to_string();
        gate.set("GITHUB_ACTIONS", "true")
            .set("GITHUB_RUN_ID", "4242424242")
            .set("GITHUB_WORKSPACE", &workspace)
            .set("GITHUB_OUTPUT", &output)
            .set("GITHUB_STEP_SUMMARY", &summary)
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes the policy to its default path.
    pub(crate) fn policy(self, text: &str) -> Self {
        self.folder.write("rootgate.yaml", text);
        self
    }

    /// Sets what the event says about the repository.
    pub(crate) fn event(self, repository: &Value) -> Self {
        let event = serde_json::json!({ "repository": repository });
        let path = self.folder.write("event.json", event.to_string()).display().to_string();
        self.set("GITHUB_EVENT_PATH", &path)
    }

    /// Runs a command that calls the fake, unless another address is given.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = rootgate(self.folder.path());
        command.envs(&self.variables).args(self.arguments(arguments));
        Finished::from_output(command.output().unwrap())
    }

    /// The same, for a process that is not awaited.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rootgate"));
        command
            .env_clear()
            .envs(&self.variables)
            .args(self.arguments(arguments))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let mut all: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let chosen = arguments.contains(&"--policy-from");
        if arguments[0] == "check" && self.variables.contains_key("GITHUB_ACTIONS") && !chosen {
            // Other tests cover which policy is used on a runner.
            all.extend(["--policy-from", "checkout"].map(str::to_owned));
        }
        let asks = ["check", "collect"].contains(&arguments[0]);
        if asks && !arguments.iter().any(|text| ["--endpoint-url", "--offline"].contains(text)) {
            all.extend(["--endpoint-url".to_owned(), self.fake.url()]);
        }
        all
    }

    /// The outputs of the step, in order; a value is the text between its delimiters.
    pub(crate) fn outputs(&self) -> Vec<(String, String)> {
        let text = self.folder.read("github-output");
        let mut lines = text.lines();
        let mut outputs = Vec::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").expect(line);
            assert!(delimiter.len() > 32, "{line}");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.push((name.to_owned(), value.join("\n")));
        }
        outputs
    }

    pub(crate) fn output(&self, name: &str) -> String {
        let outputs = self.outputs();
        let found: Vec<_> = outputs.iter().filter(|(other, _)| other == name).collect();
        assert_eq!(found.len(), 1, "{name} in {outputs:?}");
        found[0].1.clone()
    }

    /// The number of calls for evidence.
    pub(crate) fn evidence_calls(&self) -> usize {
        let of_evidence = |name: &&String| {
            ["Report", "Summary", "MFADevices"].iter().any(|part| name.contains(part))
        };
        self.fake.names().iter().filter(of_evidence).count()
    }
}

/// A policy with these accounts as scope, each with its own role, and `more` lines at the end.
pub(crate) fn policy_of(accounts: &[&str], more: &str) -> String {
    let mut text = "version: 1\nevidence: { root-events: off }\nscope:\n  accounts:\n".to_owned();
    for id in accounts {
        let role = ROLE.replace(ACCOUNT, id);
        text += &format!("    - {{ id: \"{id}\", role-arn: \"{role}\" }}\n");
    }
    text + more
}
