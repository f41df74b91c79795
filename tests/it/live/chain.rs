//! The SDK's default chain, proxies and signals. A process inherits all of them, so each case runs this test
//! binary as a separate process with its own environment.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rootgate::collect::{Environment, signal};
use rootgate::model::calls;

use super::{ACCOUNT, ROLE, run_until, settings, target};
use crate::fake::Fake;

const KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
];

/// The separate process: collects according to its environment and prints the result.
#[test]
#[ignore = "started by the other tests of this file"]
fn child() {
    let get = |name: &str| std::env::var(name).ok();
    let fake = Fake::at(get("FAKE_PORT").unwrap().parse().unwrap());
    let mut settings = settings(&fake);
    let account = get("TARGET_ACCOUNT").unwrap_or_else(|| ACCOUNT.to_owned());
    settings.targets = vec![target(&account, get("TARGET_ROLE").as_deref())];
    settings.entry.role_arn = get("RUN_ROLE");
    settings.entry.external_id = get("EXTERNAL_ID");
    settings.entry.region = get("REGION");
    settings.entry.environment = Environment::from_variables(std::env::vars());
    settings.entry.endpoint_url = match get("ENDPOINT").as_deref() {
        Some("none") => None,
        Some(url) => Some(url.to_owned()),
        None => Some(fake.url()),
    };
    let ran = run_until(&settings, signal());
    for line in ran.commands {
        println!("command {line}");
    }
    for line in ran.notes {
        println!("note {line}");
    }
    match ran.result {
        Ok(collected) => println!(
            "collected {} incomplete {:?} gaps {:?}",
            collected.evidence[0].account,
            collected.incomplete,
            super::gaps(&collected)
        ),
        Err(error) => println!("error {error:?}\n{error}\n{}", error.help()),
    }
    println!("end");
}

fn spawn(fake: &Fake, variables: &[(&str, &str)]) -> Child {
    let nowhere = "/nowhere/at/all";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "live::chain::child", "--ignored", "--nocapture"])
        .env_clear()
        .env("FAKE_PORT", fake.port().to_string())
        .env("HOME", nowhere)
        .env("AWS_CONFIG_FILE", nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The output of the process, and its duration.
fn outcome(fake: &Fake, variables: &[(&str, &str)]) -> (String, Duration) {
    let started = Instant::now();
    let mut child = spawn(fake, variables);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    assert!(text.contains("\nend"), "{text}");
    (text, started.elapsed())
}

fn with_keys<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    KEYS.iter().chain(more).copied().collect()
}

#[test]
fn keys_of_the_environment_are_enough_for_their_own_account() {
    let fake = Fake::with("");
    let (text, _) = outcome(&fake, KEYS);
    assert!(text.contains("collected 111122223333 incomplete None gaps [None, None, None]"));
    assert!(!text.contains("command "), "nothing is masked outside GitHub Actions");
    assert_eq!(fake.names()[0], "GetCallerIdentity");
    assert_eq!(fake.count("AssumeRole"), 0);
    assert_eq!(fake.calls()[0]["region"], "us-east-1");
}

#[test]
fn a_role_is_assumed_with_the_external_id_and_a_local_name() {
    let fake = Fake::with("");
    let (text, _) = outcome(
        &fake,
        &with_keys(&[("RUN_ROLE", ROLE), ("EXTERNAL_ID", "x-42"), ("AWS_REGION", "eu-west-1")]),
    );
    assert!(text.contains("collected 111122223333"), "{text}");
    let calls = fake.calls();
    assert_eq!(fake.names()[..3], ["GetCallerIdentity", "AssumeRole", "GetCallerIdentity"]);
    let parameters = &calls[1]["parameters"];
    assert_eq!(parameters["ExternalId"], "x-42");
    assert_eq!(parameters["RoleSessionName"], "rootgate-local");
    assert!(parameters["Policy"].as_str().unwrap().contains("iam:GetCredentialReport"));
    assert_eq!(calls[1]["region"], "eu-west-1");
}

#[test]
fn a_role_that_may_not_be_assumed_is_asked_once_and_says_who_asked() {
    let fake = Fake::with("fault AssumeRole = denied");
    let (text, _) = outcome(&fake, &with_keys(&[("RUN_ROLE", ROLE)]));
    assert!(text.contains("error RoleDenied"), "{text}");
    let what = format!("`arn:aws:iam::111122223333:user/alice` may not assume `{ROLE}`");
    assert!(text.contains(&what) && text.contains("`--external-id`"), "{text}");
    assert_eq!(fake.count("AssumeRole"), 1);
    let fake = Fake::with("fault AssumeRole = 2 times throttled");
    let (text, _) = outcome(&fake, &with_keys(&[("RUN_ROLE", ROLE)]));
    assert!(text.contains("gaps [None, None, None]"), "{text}");
    assert_eq!(fake.count("AssumeRole"), 3);
}

#[test]
fn the_runs_own_account_is_not_assumed_again() {
    let fake = Fake::with("");
    let (text, _) = outcome(&fake, &with_keys(&[("TARGET_ROLE", ROLE)]));
    assert!(text.contains("collected 111122223333"), "{text}");
    assert_eq!(fake.count("AssumeRole"), 0);
}

#[test]
fn an_external_id_that_nobody_uses_is_a_mistake() {
    let fake = Fake::with("");
    let role = [("TARGET_ROLE", ROLE), ("EXTERNAL_ID", "x")];
    for variables in [with_keys(&role), with_keys(&role[1..])] {
        let (text, _) = outcome(&fake, &variables);
        assert!(text.contains("error ExternalIdUnused"), "{text}");
    }
    assert!(!fake.names().iter().any(|call| call.contains("Report")));
}

#[test]
fn without_any_credentials_the_error_comes_soon_and_names_three_ways() {
    let fake = Fake::with("");
    // As on a laptop whose network drops packets to the metadata service.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let (text, took) = outcome(&fake, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert!(text.contains("error NoCredentials"), "{text}");
    assert!(text.contains("there are no AWS credentials"), "{text}");
    for way in ["id-token: write", "AWS_ACCESS_KEY_ID", "the role of the instance"] {
        assert!(text.contains(way), "{way}: {text}");
    }
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(fake.names().is_empty());
}

/// A home with `~/.aws/config`, and the token of `aws sso login`, valid for an hour.
fn home_with(config: &str, token: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let ends = crate::job::now() + chrono::TimeDelta::hours(1);
    let ends = ends.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let token = serde_json::json!({
        "accessToken": token, "expiresAt": ends, "region": "eu-central-1",
        "startUrl": "https://octo.awsapps.com/start",
    });
    // SHA-1 of the start URL, and of the name of the session `octo`.
    for name in
        ["d37eacf92c36d25df96b1b670d9dd1d76d2882e6", "6e1cc60e25630284701a7bea25813c453e76ad9b"]
    {
        std::fs::write(cache.join(format!("{name}.json")), token.to_string()).unwrap();
    }
    home
}

/// A run with the profile `dev` of that home.
fn by_profile(fake: &Fake, home: &std::path::Path, more: &[(&str, &str)]) -> String {
    let (home, url) = (home.display().to_string(), fake.url());
    let config = format!("{home}/.aws/config");
    let mut variables = vec![
        ("HOME", home.as_str()),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_ENDPOINT_URL_SSO", &url),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_PROFILE", "dev"),
    ];
    variables.extend_from_slice(more);
    let (text, _) = outcome(fake, &variables);
    assert!(!text.contains("cargo"), "{text}");
    text
}

const BY_START_URL: &str = "[profile dev]\nsso_start_url = https://octo.awsapps.com/start\n\
    sso_region = eu-central-1\nsso_account_id = 111122223333\nsso_role_name = Audit\n";
const BY_SESSION: &str = "[profile dev]\nsso_session = octo\nsso_account_id = 111122223333\n\
    sso_role_name = Audit\n[sso-session octo]\nsso_region = eu-central-1\n\
    sso_start_url = https://octo.awsapps.com/start\n";

#[test]
fn a_profile_of_iam_identity_center_signs_in() {
    for config in [BY_START_URL, BY_SESSION] {
        let fake = Fake::with("");
        let home = home_with(config, "sso-token-EXAMPLE");
        let text = by_profile(&fake, home.path(), &[]);
        assert!(text.contains("gaps [None, None, None]"), "{config}: {text}");
        assert_eq!(fake.names()[..2], ["GetRoleCredentials", "GetCallerIdentity"]);
        assert_eq!(fake.calls()[1]["key"], "ASIAFAKE111122223333");
    }
}

#[test]
fn a_refusal_of_identity_center_is_quoted_with_the_command_to_sign_in() {
    for config in [BY_START_URL, BY_SESSION] {
        let fake = Fake::with("");
        let home = home_with(config, "old-token-EXAMPLE");
        let text = by_profile(&fake, home.path(), &[]);
        assert!(text.contains("error NoCredentials"), "{text}");
        assert!(text.contains("Session token not found or invalid"), "{text}");
        assert!(text.contains("aws sso login --profile X"), "{text}");
        assert!(!text.contains("old-token"), "{text}");
        // Without any token.
        std::fs::remove_dir_all(home.path().join(".aws/sso")).unwrap();
        let text = by_profile(&fake, home.path(), &[]);
        assert!(text.contains("error NoCredentials"), "{text}");
        assert!(text.contains("aws sso login --profile X"), "{text}");
    }
}

#[test]
fn a_profile_without_credentials_is_named_with_the_reason() {
    let source = "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/x\n";
    for (config, expected) in [
        ("[profile other]\nregion = eu-west-1\n", "hold no profile `dev`, which AWS_PROFILE names"),
        (
            &format!("{source}source_profile = gone\n"),
            "hold no profile `gone`, which the profile `dev` leads to",
        ),
        ("[profile dev]\nregion = eu-west-1\n", "the profile `dev` contains no credentials"),
        (
            "[profile dev]\nlogin_session = arn:aws:iam::111122223333:user/alice\n",
            "the profile `dev` is one of `aws login`",
        ),
        (
            &format!(
                "{source}source_profile = base\n[profile base]\nlogin_session = \
                 arn:aws:iam::111122223333:user/alice\n"
            ),
            "the profile `base` is one of `aws login`",
        ),
        (
            "[profile dev]\nsso_session = octo\n[sso-session octo]\nsso_region = eu-central-1\n\
             sso_start_url = https://octo.awsapps.com/start\n",
            "not both `sso_account_id` and `sso_role_name`",
        ),
    ] {
        let fake = Fake::with("");
        let home = home_with(config, "sso-token-EXAMPLE");
        let text = by_profile(&fake, home.path(), &[]);
        assert!(text.contains("error NoCredentials"), "{text}");
        assert!(text.contains("there are no AWS credentials: "), "{text}");
        assert!(text.contains(expected), "{expected}: {text}");
        let line =
            "credential_process = aws configure export-credentials --profile X --format process";
        assert!(text.contains(line), "{text}");
        assert!(fake.names().is_empty());
        // Keys in the environment come first, whatever the profile is.
        let text = by_profile(&fake, home.path(), KEYS);
        assert!(text.contains("gaps [None, None, None]"), "{text}");
    }
}

#[test]
fn a_credential_process_provides_credentials() {
    let fake = Fake::with("");
    let line = "{\"Version\": 1, \"AccessKeyId\": \"ASIAFAKE111122223333\", \
                \"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\", \
                \"SessionToken\": \"FwoGZXIvYXdz\"}";
    let home = home_with("", "sso-token-EXAMPLE");
    let answer = home.path().join("answer.json");
    std::fs::write(&answer, line).unwrap();
    let config = format!("[profile dev]\ncredential_process = cat {}\n", answer.display());
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let text = by_profile(&fake, home.path(), &[("PATH", "/usr/bin:/bin")]);
    assert!(text.contains("gaps [None, None, None]"), "{text}");
}

#[test]
fn under_github_actions_a_missing_token_permission_is_named() {
    let fake = Fake::with("");
    let actions = [("GITHUB_ACTIONS", "true"), ("TARGET_ROLE", ROLE)];
    let (text, _) = outcome(&fake, &actions);
    assert!(text.contains("GitHub offers this job no OIDC token"), "{text}");
    assert!(text.contains("id-token: write"), "{text}");
    assert!(!text.contains("fork"), "{text}");
    let mut fork = actions.to_vec();
    fork.push(("GITHUB_EVENT_NAME", "pull_request"));
    let (text, _) = outcome(&fake, &fork);
    assert!(text.contains("a pull request from a fork never gets a token"), "{text}");
}

#[test]
fn under_github_actions_the_keys_of_an_earlier_step_are_masked_too() {
    let fake = Fake::with("");
    let (text, _) = outcome(
        &fake,
        &with_keys(&[("GITHUB_ACTIONS", "true"), ("AWS_SESSION_TOKEN", "tok/en==")]),
    );
    for secret in ["AKIAIOSFODNN7EXAMPLE", KEYS[1].1, "tok/en=="] {
        let mask = format!("command ::add-mask::{secret}\n");
        assert!(text.contains(&mask), "{secret}: {text}");
        assert_eq!(text.matches(secret).count(), 1, "{secret} is nowhere else: {text}");
    }
}

#[test]
fn an_endpoint_of_the_environment_is_used_but_not_under_github_actions() {
    let fake = Fake::with("");
    let url = fake.url();
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM"] {
        let all = [("ENDPOINT", "none"), ("AWS_ENDPOINT_URL_STS", &url), (name, &url)];
        let (text, _) = outcome(&fake, &with_keys(&all));
        assert!(text.contains("gaps [None, None, None]"), "{name}: {text}");
        let mut actions = with_keys(&all);
        actions.push(("GITHUB_ACTIONS", "true"));
        let before = fake.names().len();
        let (text, _) = outcome(&fake, &actions);
        assert!(text.contains("error EndpointRedirected"), "{name}: {text}");
        assert!(text.contains(name), "{text}");
        assert_eq!(fake.names().len(), before, "nothing was sent");
    }
}

#[test]
fn an_endpoint_given_as_a_flag_wins_over_the_environment() {
    let fake = Fake::with("");
    let elsewhere = "http://127.0.0.1:1";
    let variables = [
        ("AWS_ENDPOINT_URL", elsewhere),
        ("AWS_ENDPOINT_URL_IAM", elsewhere),
        ("GITHUB_ACTIONS", "true"),
    ];
    let (text, _) = outcome(&fake, &with_keys(&variables));
    assert!(text.contains("gaps [None, None, None]"), "{text}");
}

#[test]
fn an_endpoint_of_the_profile_is_refused_under_github_actions() {
    let fake = Fake::with("");
    let url = fake.url();
    let of_service = |service: &str| {
        format!("[default]\nservices = s\n[services s]\n{service} =\n  endpoint_url = {url}\n")
    };
    let mut bodies = vec![format!("[default]\nendpoint_url = {url}\n")];
    // Services that rootgate calls, services that the SDK calls for credentials, and an unknown one.
    let services = ["sts", "iam", "cloudtrail", "account", "sso", "sso-oidc", "SignIn", "new-one"];
    bodies.extend(services.map(of_service));
    bodies.extend(calls().map(|call| of_service(&call.service.id().to_ascii_lowercase())));
    for body in bodies {
        let (_file, path) = config(&body);
        let variables =
            [("ENDPOINT", "none"), ("AWS_CONFIG_FILE", &path), ("GITHUB_ACTIONS", "true")];
        let (text, _) = outcome(&fake, &with_keys(&variables));
        assert!(text.contains("`endpoint_url` in the AWS profile"), "{body}\n{text}");
    }
    assert!(fake.names().is_empty());
}

/// A pipe instead of the profile file, whose writer sends different text to each reader.
#[cfg(unix)]
#[test]
fn profiles_that_change_between_two_readers_move_no_call() {
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::atomic::{AtomicBool, Ordering};

    let fake = Fake::with("");
    let url = fake.url();
    let services: String = ["sts", "iam", "cloudtrail", "account"]
        .map(|service| format!("{service} =\n  endpoint_url = {url}\n"))
        .concat();
    let moved = format!("[default]\nregion = us-east-1\nservices = s\n[services s]\n{services}");
    for first in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let over = AtomicBool::new(false);
        let text = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut readers = 0;
                while !over.load(Ordering::Relaxed) {
                    // Fails until somebody reads.
                    let mut open = std::fs::OpenOptions::new();
                    let pipe = open.write(true).custom_flags(0o4000).open(&path);
                    if let Ok(mut pipe) = pipe {
                        readers += 1;
                        let text = if readers <= first { &moved } else { "[default]\n" };
                        let _gone = std::io::Write::write_all(&mut pipe, text.as_bytes());
                        drop(pipe);
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let variables = [
                ("ENDPOINT", "none"),
                ("AWS_CONFIG_FILE", path.to_str().unwrap()),
                ("GITHUB_ACTIONS", "true"),
            ];
            let (text, _) = outcome(&fake, &with_keys(&variables));
            over.store(true, Ordering::Relaxed);
            text
        });
        assert!(text.contains("`endpoint_url` in the AWS profile"), "{first}\n{text}");
    }
    assert!(fake.names().is_empty(), "{:?}", fake.names());
}

/// A config file of the AWS SDK, for as long as the first part is kept.
fn config(body: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, path)
}

#[test]
fn an_endpoint_that_no_call_of_the_run_could_use_is_not_refused() {
    let fake = Fake::with("");
    let url = fake.url();
    for body in [
        "[default]\nregion = us-east-1\n".to_owned(),
        format!("[default]\n[profile other]\nendpoint_url = {url}\n"),
        format!("[default]\nservices = s\n[services t]\niam =\n  endpoint_url = {url}\n"),
        format!("[default]\nignore_configured_endpoint_urls = true\nendpoint_url = {url}\n"),
    ] {
        let (_file, path) = config(&body);
        // No role, so there are no calls: an error must come before any call.
        let variables = [("ENDPOINT", "none"), ("AWS_CONFIG_FILE", path.as_str())];
        let more = [("GITHUB_ACTIONS", "true"), ("AWS_EC2_METADATA_DISABLED", "true")];
        let (text, _) = outcome(&fake, &[variables, more].concat());
        assert!(text.contains("error NoCredentials"), "{body}\n{text}");
    }
}

#[test]
fn an_endpoint_of_the_profile_is_plain_http_to_this_machine_alone() {
    let fake = Fake::with("");
    for service in ["sts", "sso-oidc", "new-one"] {
        let of_service = |url: &str| {
            format!("[default]\nservices = s\n[services s]\n{service} =\n  endpoint_url = {url}\n")
        };
        let run = |url: &str| {
            let (_file, path) = config(&of_service(url));
            let variables = [("ENDPOINT", "none"), ("AWS_CONFIG_FILE", path.as_str())];
            let more = [("AWS_EC2_METADATA_DISABLED", "true"), ("X", "")];
            outcome(&fake, &[variables, more].concat()).0
        };
        let text = run("http://aws.example");
        assert!(text.contains("error PlainHttp"), "{service}: {text}");
        for url in ["http://127.0.0.1:1", "https://aws.example"] {
            let text = run(url);
            assert!(text.contains("error NoCredentials"), "{service}: {text}");
        }
    }
    let variables = [("ENDPOINT", "none"), ("AWS_ENDPOINT_URL_SSO", "http://aws.example")];
    let (text, _) = outcome(&fake, &with_keys(&variables));
    assert!(text.contains("error PlainHttp"), "{text}");
    assert!(fake.names().is_empty());
}

#[test]
fn a_trust_store_of_the_environment_is_refused_under_github_actions() {
    let fake = Fake::with("");
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        let (text, _) =
            outcome(&fake, &with_keys(&[(name, "/tmp/x.pem"), ("GITHUB_ACTIONS", "true")]));
        assert!(text.contains("error TrustChanged"), "{text}");
        assert!(text.contains(name) && text.contains("--ca-bundle"), "{text}");
    }
    assert!(fake.names().is_empty());
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let fake = Fake::with("");
    for variables in [
        [("ENDPOINT", "http://aws.example"), ("X", "")],
        [("ENDPOINT", "none"), ("AWS_ENDPOINT_URL", "http://aws.example")],
        [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.example/token"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner-token"),
        ],
    ] {
        let (text, _) = outcome(&fake, &with_keys(&variables));
        assert!(text.contains("error PlainHttp"), "{text}");
        assert!(!text.contains("runner-token"), "{text}");
    }
    assert!(fake.names().is_empty());
}

#[test]
fn calls_go_through_the_proxy_unless_no_proxy_says_otherwise() {
    let fake = Fake::with("");
    let proxy = fake.url();
    // Nothing listens there, but the fake answers as a proxy.
    let elsewhere = [("ENDPOINT", "http://127.0.0.1:1"), ("HTTP_PROXY", &proxy)];
    let (text, _) = outcome(&fake, &with_keys(&elsewhere));
    assert!(text.contains("gaps [None, None, None]"), "{text}");
    assert!(text.contains("note proxies are taken from HTTP_PROXY\n"), "{text}");
    let before = fake.names().len();
    let mut direct = elsewhere.to_vec();
    direct.push(("NO_PROXY", "127.0.0.1"));
    let (text, _) = outcome(&fake, &with_keys(&direct));
    assert!(text.contains("error NoAnswer"), "{text}");
    assert_eq!(fake.names().len(), before);
}

#[cfg(unix)]
#[test]
fn sigterm_and_sigint_end_a_run_with_what_it_has() {
    for (name, option) in [("SIGTERM", "-TERM"), ("SIGINT", "-INT")] {
        let fake = Fake::with("fault GetAccountSummary = hang");
        let child = spawn(&fake, KEYS);
        let started = Instant::now();
        while fake.count("ListVirtualMFADevices") == 0 {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
        let id = child.id().to_string();
        assert!(Command::new("kill").args([option, &id]).status().unwrap().success());
        let started = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(started.elapsed() < Duration::from_secs(2));
        let text: Vec<String> =
            BufReader::new(&output.stdout[..]).lines().map(Result::unwrap).collect();
        let line = text.iter().find(|line| line.starts_with("collected")).unwrap();
        assert!(line.contains("the run was interrupted") && line.contains(name), "{line}");
    }
}
