//! The fakes of `examples/`, each as a separate process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A running fake. It ends when this value is dropped, or when the test ends and closes its standard input.
pub(crate) struct Fake {
    child: Option<Child>,
    port: u16,
}

impl Fake {
    /// Starts the fake AWS with the text of a scenario.
    pub(crate) fn start(scenario: &str) -> Self {
        Self::run("fake_aws", scenario)
    }

    /// Starts the fake GitHub API with the text of a scenario.
    pub(crate) fn github(scenario: &str) -> Self {
        Self::run("fake_github", scenario)
    }

    fn run(name: &str, scenario: &str) -> Self {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(scenario.as_bytes()).unwrap();
        let mut child = Command::new(executable(name))
            .arg(file.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo test` builds examples first");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("not understood: {scenario}"));
        Self { child: Some(child), port }
    }

    /// Whether the fake AWS refuses a scenario.
    pub(crate) fn refuses(scenario: &str) -> bool {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(scenario.as_bytes()).unwrap();
        let mut command = Command::new(executable("fake_aws"));
        // If it starts, it ends immediately: its standard input is closed.
        let ended = command.arg(file.path()).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&ended.stderr).contains("is not understood")
    }

    /// A scenario of `examples/scenarios/`.
    pub(crate) fn example(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios");
        Self::start(&std::fs::read_to_string(folder.join(name)).unwrap())
    }

    /// An account without keys, with these lines added.
    pub(crate) fn with(lines: &str) -> Self {
        Self::start(&format!("account = 111122223333\n{lines}\n"))
    }

    /// A fake that another process started.
    pub(crate) fn at(port: u16) -> Self {
        Self { child: None, port }
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, for `--endpoint-url`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every call so far, in order.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.list("/__calls")
    }

    /// Every upload that the fake GitHub accepted, in order.
    pub(crate) fn uploads(&self) -> Vec<Value> {
        self.list("/__uploads")
    }

    fn list(&self, path: &str) -> Vec<Value> {
        self.fetch(path).as_array().unwrap().clone()
    }

    /// A list that a fake keeps about itself.
    pub(crate) fn fetch(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: fake\r\nuser-agent: test\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0; 65_536];
        loop {
            let length = stream.read(&mut chunk).unwrap();
            answer.extend_from_slice(&chunk[..length]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && let Ok(value) = serde_json::from_str(body)
            {
                return value;
            }
            assert!(length > 0, "the answer of {path} is cut: {text}");
        }
    }

    /// The names of the calls so far.
    pub(crate) fn names(&self) -> Vec<String> {
        self.calls().iter().map(|call| call["call"].as_str().unwrap().to_owned()).collect()
    }

    /// How often a call was made.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|call| *call == name).count()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `target/<profile>/examples/<name>`, beside this test's own `target/<profile>/deps`.
fn executable(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
