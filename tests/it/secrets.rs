//! No token and no key leaves the process, for every end of a run and every verbosity.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::fake::Fake;
use crate::gate::{Gate, KEY_ID, ROLE, RUNNER_TOKEN, SECRET_KEY, policy_of};
use crate::support::Finished;

const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE/of+the//environment==";

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// Every possible end of a run.
const SCENARIOS: &[&str] = &[
    "",
    "root.access_key_1_active = true\nsummary.AccountAccessKeysPresent = 1",
    "fault GetAccountSummary = denied",
    "fault GetAccountSummary = expired",
    "fault ListVirtualMFADevices = cut",
    "fault GetCredentialReport = html",
    "fault GetCallerIdentity = denied",
    "fault AssumeRoleWithWebIdentity = denied",
    "fault AssumeRoleWithWebIdentity = hollow",
    "fault AssumeRoleWithWebIdentity = cut",
    "fault GitHubToken = cut",
    "fault GitHubToken = short",
    "fault AssumeRole = denied",
    // A server may repeat what it received.
    "fault AssumeRole = echo",
    "fault AssumeRoleWithWebIdentity = echo",
    "fault GetAccountSummary = echo",
    "fault GitHubToken = echo",
    "fault GitHubToken = accepted",
    "fault GetCallerIdentity = error 403 SignatureDoesNotMatch The request signature we calculated does \
     not match for wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    // AWS's real answer to a wrong signature contains everything that was signed.
    "fault GetCallerIdentity = error 403 SignatureDoesNotMatch The request signature we calculated \
     does not match. The Canonical String for this request should have been 'POST / \
     x-amz-security-token:IQoJb3JpZ2luX2VjEXAMPLE/of+the//environment=='",
];

/// Every command, at its most verbose.
const COMMANDS: &[&[&str]] = &[
    &[
        "check",
        "-v",
        "--details",
        "full",
        "--json",
        "a.json",
        "--sarif",
        "a.sarif",
        "--summary",
        "a.md",
    ],
    &["check", "-v", "--role-arn", ROLE, "--details", "full", "--format", "json"],
    &["check", "-v", "--format", "markdown"],
    &["collect", "-v", "--details", "full", "--output", "evidence.json"],
    &["check", "-v", "--offline", "--evidence", "evidence.json", "--details", "full"],
    &["policy", "check"],
    &["permissions"],
    &["rules", "--format", "json"],
    &["completions", "bash"],
    &["--help"],
    &["check", "--no-such-flag"],
];

fn fake(lines: &str) -> Fake {
    let [first, second] = ACCOUNTS;
    Fake::start(&format!("account = {first}\n{lines}\naccount = {second}\n{lines}\n"))
}

/// The secrets that the runs received and that the fake issued.
fn secrets(gate: &Gate) -> BTreeSet<String> {
    let known = [KEY_ID, SECRET_KEY, SESSION_TOKEN, RUNNER_TOKEN];
    let mut secrets: BTreeSet<String> = known.map(str::to_owned).into();
    for call in gate.fake.calls() {
        if let Some(token) = call["parameters"]["WebIdentityToken"].as_str() {
            secrets.insert(token.to_owned());
            // Its parts too: the payload contains information that is not public.
            secrets.extend(token.split('.').map(str::to_owned));
        }
        if let Some(key) = call["key"].as_str() {
            secrets.insert(key.to_owned());
        }
    }
    for account in ACCOUNTS {
        let token = format!("FwoGZXIvYXdzEXAMPLESESSIONTOKEN/{account}/");
        secrets.insert(token);
    }
    secrets
}

/// The secret as it is, in a URL, and in Base64 at any offset.
fn forms(secret: &str) -> Vec<String> {
    let in_url: String = secret
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![secret.to_owned(), in_url.to_lowercase(), in_url];
    for offset in 0..3 {
        let shifted = format!("{}{secret}", "x".repeat(offset));
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted);
            // The letters at both ends also depend on the text around them.
            forms.push(text[offset * 2..text.len() - 2].to_owned());
        }
    }
    forms
}

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
}

/// Standard output and error; on a runner without the commands that mask a value.
fn output_of(ended: &Finished, masks_allowed: bool) -> String {
    let shown = |line: &&str| !masks_allowed || !line.starts_with("::add-mask::");
    let lines: Vec<&str> = ended.stdout.lines().chain(ended.stderr.lines()).filter(shown).collect();
    lines.join("\n")
}

/// Runs every command and searches all its output.
fn search(gate: &Gate, masks_allowed: bool, scenario: &str) -> usize {
    let mut everything = Vec::new();
    let mut masks = 0;
    for command in COMMANDS {
        let limit: &[&str] = match command {
            ["check", .., "--no-such-flag"] => &[],
            ["check" | "collect", ..] => &["--timeout", "2s"],
            _ => &[],
        };
        let ended = gate.run(&[command, limit].concat());
        masks += ended.stdout.matches("::add-mask::").count();
        masks += ended.stderr.matches("::add-mask::").count();
        everything.push((command.join(" "), output_of(&ended, masks_allowed)));
    }
    files(gate.folder.path(), &mut everything);
    for secret in secrets(gate) {
        for form in forms(&secret) {
            for (place, text) in &everything {
                assert!(!text.contains(&form), "{scenario}\n{place}: {secret} as {form}\n{text}");
            }
        }
    }
    masks
}

#[test]
fn no_secret_leaves_a_step_on_githubs_runner() {
    for scenario in SCENARIOS {
        let gate = Gate::on_github(fake(scenario))
            .set("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .set("RUNNER_DEBUG", "1")
            .policy(&policy_of(&ACCOUNTS, ""));
        let masks = search(&gate, true, scenario);
        assert!(masks > 0 || scenario.contains("GitHubToken"), "{scenario}: {masks}");
    }
}

#[test]
fn no_secret_leaves_a_laptop_and_nothing_is_masked_there() {
    for scenario in SCENARIOS {
        let gate = Gate::with_keys(fake(scenario))
            .set("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .set("RUST_LOG", "trace")
            .policy(&policy_of(&ACCOUNTS, ""));
        assert_eq!(search(&gate, false, scenario), 0, "{scenario}");
    }
}

#[test]
fn the_search_finds_a_secret_in_every_form() {
    let secret = "tok/en+of==EXAMPLE?";
    for text in [
        format!("Authorization: bearer {secret}"),
        "https://x.example/?t=tok%2Fen%2Bof%3D%3DEXAMPLE%3F&y".to_owned(),
        STANDARD_NO_PAD.encode(format!("user:{secret}\n")),
        URL_SAFE_NO_PAD.encode(format!("{{\"t\":\"{secret}\"}}")),
        STANDARD_NO_PAD.encode(format!("a{secret}b")),
    ] {
        assert!(forms(secret).iter().any(|form| text.contains(form)), "{text}");
    }
}
