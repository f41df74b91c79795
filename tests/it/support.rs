//! The real binary in a clean environment, and the files that tests give it.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

/// For tests that need events without waiting: a Region gets two lookups, because a third one would wait
/// for the rate limit.
pub(crate) const EVENTS_OF_ONE_REGION: &str =
    "version: 1\nevidence: { root-events: { lookback: 7d, regions: [us-east-2] } }\n";

/// For tests that do not need events: a lookup of events takes seconds, and files contain none.
pub(crate) const EVENTS_OFF: &str = "version: 1\nevidence: { root-events: off }\n";

pub(crate) const ACCOUNT: &str = "111122223333";

/// The binary, with nothing of a runner, a cloud or a terminal in its environment.
pub(crate) fn rootgate(folder: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_rootgate"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let of_a_runner = ["GITHUB_", "ACTIONS_", "AWS_", "RUNNER_", "INPUT_", "SSL_CERT"];
        if of_a_runner.iter().any(|prefix| name.starts_with(prefix))
            || ["CI", "NO_COLOR", "CLICOLOR_FORCE"].contains(&name.as_str())
            || name.to_ascii_lowercase().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
    command.current_dir(folder);
    command
}

/// A separate folder for one test, without a policy.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Runs rootgate here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished::from_output(rootgate(self.path()).args(arguments).output().unwrap())
    }
}

/// Runs the function for all items in parallel, because runs mostly wait; returns the results in order.
pub(crate) fn side_by_side<T: Send, R: Send>(
    cases: impl IntoIterator<Item = T>,
    act: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    std::thread::scope(|scope| {
        let act = &act;
        let runs: Vec<_> = cases.into_iter().map(|case| scope.spawn(move || act(case))).collect();
        let joined = runs.into_iter().map(|run| run.join());
        joined.map(|run| run.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// How a run ended.
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn from_output(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks for exit 2: nothing judged, each part in the error, no panic.
    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "{}\nlacks {part}", self.stderr);
        }
    }
}

/// The root row of a healthy account, with cells changed.
pub(crate) fn credential_report(changes: &[(&str, &str)]) -> String {
    let mut cells: Vec<(&str, String)> = vec![
        ("user", "<root_account>".into()),
        ("arn", format!("arn:aws:iam::{ACCOUNT}:root")),
        ("user_creation_time", "2015-03-01T09:00:00Z".into()),
        ("password_enabled", "true".into()),
        ("password_last_used", "2026-01-05T10:00:00Z".into()),
        ("password_last_changed", "2025-12-01T10:00:00Z".into()),
        ("password_next_rotation", "not_supported".into()),
        ("mfa_active", "true".into()),
    ];
    for slot in ["1", "2"] {
        for column in
            ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"]
        {
            let name: &'static str = format!("access_key_{slot}_{column}").leak();
            cells.push((name, if column == "active" { "false".into() } else { "N/A".into() }));
        }
    }
    for slot in ["1", "2"] {
        cells.push((format!("cert_{slot}_active").leak(), "false".into()));
        cells.push((format!("cert_{slot}_last_rotated").leak(), "N/A".into()));
    }
    for (column, value) in changes {
        cells.iter_mut().find(|(name, _)| name == column).unwrap().1 = (*value).to_owned();
    }
    let header: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
    let row: Vec<&str> = cells.iter().map(|(_, value)| value.as_str()).collect();
    format!("{}\n{}", header.join(","), row.join(","))
}

/// An active key made on 2019-05-02.
pub(crate) const ACTIVE_KEY: &[(&str, &str)] =
    &[("access_key_1_active", "true"), ("access_key_1_last_rotated", "2019-05-02T10:00:00Z")];

/// Judges `report.csv` of the folder as of 2026-11-20T09:00Z, made an hour before.
pub(crate) const REPORT: [&str; 7] = [
    "check",
    "--credential-report",
    "report.csv",
    "--report-generated-at",
    "2026-11-20T08:00:00Z",
    "--at",
    "2026-11-20T09:00:00Z",
];
