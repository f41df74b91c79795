//! Static checks of action.yml and the launcher; `tests/launcher.py` and `tests/act.py` run them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_yaml::Value;

/// The documented outputs.
const OUTPUTS: &[&str] = &[
    "verdict",
    "exit-code",
    "failed-count",
    "undetermined-count",
    "waived-count",
    "sarif-file",
    "report-file",
    "policy-sha256",
    "evaluated-at",
    "valid-until",
];

/// Variables of the step that are not inputs of the same name, with their values.
const OTHERS: &[(&str, &str)] = &[
    ("ROOTGATE_ACTION_REPOSITORY", "${{ github.action_repository }}"),
    ("ROOTGATE_SERVER_URL", "${{ github.server_url }}"),
    ("GITHUB_TOKEN", "${{ inputs.token }}"),
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn action() -> Value {
    serde_yaml::from_str(&read("action.yml")).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_mapping().unwrap().keys().map(|key| key.as_str().unwrap().to_owned()).collect()
}

fn variable(input: &str) -> String {
    format!("ROOTGATE_{}", input.to_uppercase().replace('-', "_"))
}

const LAUNCHER: [&str; 3] = ["action/launch.sh", "action/environment.sh", "action/download.sh"];

fn launcher() -> String {
    LAUNCHER.map(read).concat()
}

#[test]
fn each_input_reaches_the_step_by_the_environment_alone() {
    let action = action();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let environment = &steps[0]["env"];

    let mut inputs = keys(&action["inputs"]);
    assert!(inputs.remove("token"));
    let others = OTHERS.iter().map(|(name, _)| (*name).to_owned());
    let expected: BTreeSet<String> =
        inputs.iter().map(|name| variable(name)).chain(others).collect();
    // All other variables are emptied, so that values of an earlier step do not reach the shell.
    let emptied: BTreeSet<String> = keys(environment).difference(&expected).cloned().collect();
    assert!(keys(environment).is_superset(&expected));
    for name in ["SHELLOPTS", "PS4", "BASH_ENV", "TAR_OPTIONS", "PERL5DB", "LD_PRELOAD"] {
        assert!(emptied.contains(name), "{name}");
    }
    for name in &emptied {
        assert_eq!(environment[name.as_str()].as_str(), Some(""), "{name}");
    }
    // The loader treats an empty variable as set.
    for name in ["LD_TRACE_LOADED_OBJECTS", "LD_SHOW_AUXV"] {
        assert!(!emptied.contains(name), "{name}");
    }
    for name in &inputs {
        let expected = format!("${{{{ inputs.{name} }}}}");
        assert_eq!(environment[variable(name).as_str()].as_str(), Some(expected.as_str()));
    }
    for (name, expected) in OTHERS {
        assert_eq!(environment[*name].as_str(), Some(*expected));
    }
    assert!(!steps[0]["run"].as_str().unwrap().contains("${{"));
}

#[test]
fn only_the_token_has_a_default_so_that_the_policy_is_never_overruled() {
    for (name, input) in action()["inputs"].as_mapping().unwrap() {
        let default = input.get("default").and_then(Value::as_str);
        let expected = (name.as_str() == Some("token")).then_some("${{ github.token }}");
        assert_eq!(default, expected, "{name:?}");
    }
}

#[test]
fn every_input_and_output_says_what_it_is() {
    let action = action();
    for part in ["inputs", "outputs"] {
        for (name, entry) in action[part].as_mapping().unwrap() {
            let description = entry["description"].as_str().unwrap();
            assert!(description.ends_with('.') && description.len() > 40, "{name:?}");
        }
    }
}

#[test]
fn each_output_is_the_steps_output_of_the_same_name() {
    let action = action();
    let names: BTreeSet<String> = OUTPUTS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(keys(&action["outputs"]), names);
    for name in OUTPUTS {
        let expected = format!("${{{{ steps.gate.outputs.{name} }}}}");
        assert_eq!(action["outputs"][*name]["value"].as_str(), Some(expected.as_str()));
    }
}

#[test]
fn the_step_is_one_line_because_windows_runners_end_lines_with_a_carriage_return() {
    let action = action();
    let step = &action["runs"]["steps"][0];
    assert_eq!(step["shell"].as_str(), Some("sh"));
    let run = step["run"].as_str().unwrap();
    assert!(run.starts_with("exec /usr/bin/env "), "{run}");
    assert!(run.ends_with(" /bin/sh \"$GITHUB_ACTION_PATH/action/launch.sh\""), "{run}");
    assert_eq!(run.lines().count(), 1);
    assert!(read(".gitattributes").contains("* text=auto eol=lf\n"));
    assert!(!launcher().contains('\r'));
}

#[test]
fn without_a_verdict_an_expression_fails_the_action() {
    let action = action();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    assert_eq!(steps.len(), 2);
    let condition = steps[1]["if"].as_str().unwrap();
    // No status function: after a failed step this one need not fail.
    assert!(condition.starts_with("${{ steps.gate.outputs.exit-code == '' && format( "));
    assert!(
        condition.contains("{0} {1}") && condition.ends_with(", '') }}"),
        "one value for two places"
    );
    assert_eq!(steps[1]["run"].as_str(), Some("exit 1"));
}

#[test]
fn the_launcher_reads_no_input_that_a_composite_action_does_not_get() {
    // `act` sets INPUT_*, but GitHub does not: a launcher that reads them would pass only in tests.
    assert!(!launcher().contains("INPUT_"));
}

#[test]
fn the_launcher_uses_only_tool_options_that_every_system_has() {
    // GNU, BSD (macOS), busybox and Git for Windows. curl is the same program everywhere.
    let known = [
        "chmod +x \"",
        "cp \"",
        "env \"$@\" \"PATH",
        "env -i \"PATH",
        "env | ",
        "mkdir -p \"",
        "mktemp -d \"",
        "mv -f \"",
        "rm -f \"",
        "rm -rf \"",
        "sed 's/",
        "sed -n 's/",
        "sha256sum <\"",
        "shasum -a 256 <\"",
        "sleep \"",
        "tar -xzOf - \"",
        "tr -c '",
        "tr -d '",
    ];
    let tools = [
        "awk",
        "basename",
        "cat",
        "chmod",
        "cp",
        "cut",
        "date",
        "dirname",
        "env",
        "find",
        "grep",
        "gzip",
        "head",
        "ln",
        "mkdir",
        "mktemp",
        "mv",
        "openssl",
        "readlink",
        "realpath",
        "rm",
        "sed",
        "sha256sum",
        "shasum",
        "sleep",
        "sort",
        "stat",
        "tail",
        "tar",
        "timeout",
        "touch",
        "tr",
        "uname",
        "wget",
        "xargs",
    ];
    let text = launcher();
    let code = text.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with('#') && !line.contains("fail \"") && !line.contains("command -v")
    });
    for line in code {
        let starts = line.match_indices(|c: char| c.is_ascii_alphabetic()).map(|(at, _)| at);
        for start in starts.filter(|at| *at == 0 || " (|;&".contains(&line[at - 1..*at])) {
            let rest = &line[start..];
            let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            let called = tools.contains(&word) && rest[word.len()..].starts_with(' ');
            let plain = known.iter().any(|form| rest.starts_with(form));
            assert!(!called || plain, "not known to work everywhere: {line}");
        }
    }
    for file in LAUNCHER {
        assert!(read(file).lines().count() < 150, "{file}");
    }
}

/// Files that may name a version of rootgate. The changelog names all versions.
fn files_for_people() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec!["README.md".to_owned(), "action.yml".to_owned()];
    for folder in ["docs", "examples/workflows", ".github/workflows", "action"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
            files.push(format!("{folder}/{}", entry.file_name().to_str().unwrap()));
        }
    }
    files.into_iter().map(|file| (file.clone(), read(&file))).collect()
}

/// Every `1.2.3` of a line.
fn versions(line: &str) -> Vec<&str> {
    let is_version = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok())
    };
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_end_matches('.'))
        .filter(is_version)
        .collect()
}

#[test]
fn every_mention_of_the_version_equals_cargo_toml() {
    assert_eq!(versions("rootgate-v1.2.3-x86_64.tar.gz, v4.5.6."), ["1.2.3", "4.5.6"]);
    for (file, text) in files_for_people() {
        for line in text.lines().filter(|line| line.contains("rootgate")) {
            for version in versions(line) {
                assert_eq!(version, env!("CARGO_PKG_VERSION"), "{file}: {line}");
            }
        }
    }
}

#[test]
fn the_table_of_digests_is_empty_or_that_of_this_version() {
    let archive = format!("rootgate-v{}-", env!("CARGO_PKG_VERSION"));
    for line in read("action/SHA256SUMS").lines().filter(|line| !line.starts_with('#')) {
        assert!(line.contains(&archive), "{line}");
    }
}

/// Texts of other services that rootgate passes on.
const WORDS_OF_OTHERS: &[&str] = &[
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "Resource not accessible by integration",
];

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        if entry.path().is_dir() {
            sources(&entry.path(), text);
        } else {
            text.push_str(&fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn every_error_that_the_documentation_explains_is_one_that_is_shown() {
    let mut shown = launcher() + &read("action.yml");
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut shown);
    let documentation = read("docs/action.md");
    let headings = documentation.lines().filter_map(|line| line.strip_prefix("### `"));
    let texts: Vec<&str> = headings.map(|text| text.trim_end_matches('`')).collect();
    assert!(texts.len() > 8, "{texts:?}");
    for text in texts {
        assert!(WORDS_OF_OTHERS.contains(&text) || shown.contains(text), "{text}");
    }
}

#[test]
fn the_documentation_copies_what_the_examples_pin() {
    let pins = |text: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.trim_start().strip_prefix("- uses: "))
            .filter(|uses| !uses.starts_with("./"))
            .map(str::to_owned)
            .collect()
    };
    let documented = pins(&read("docs/action.md"));
    let examples = pins(&read("examples/workflows/posture.yml"));
    assert_eq!(documented.len(), 2);
    assert_eq!(documented, examples);
}
