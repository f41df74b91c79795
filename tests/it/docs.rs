//! README and the pages of `docs/`: links work, commands exist, tables and samples match the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// Every page for people.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .iter()
        .map(|page| root().join(page))
        .collect();
    for folder in ["docs", "docs/rules"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(
            entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")),
        );
    }
    pages
}

fn rootgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rootgate"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .output()
        .unwrap()
}

/// The text without its fenced blocks.
fn prose(text: &str) -> String {
    let outside = text.split("```").step_by(2);
    outside.collect::<Vec<_>>().join("\n")
}

/// The targets of inline links.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1);
    targets.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchors that GitHub gives the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// The broken links of a page: the file or heading does not exist.
fn broken_links(page: &Path, text: &str) -> Vec<String> {
    let local = links(text).into_iter().filter(|link| !link.contains("://"));
    local
        .filter(|link| {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
            let found =
                target.exists() && (anchor.is_empty() || anchors(&read(&target)).contains(anchor));
            !found
        })
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading() {
    for page in pages() {
        let broken = broken_links(&page, &read(&page));
        assert!(broken.is_empty(), "{}: {broken:?}", page.display());
    }
    let page = root().join("README.md");
    let text = "[1](#try-it) [2](#none) [3](docs/action.md#the-aws-side) [4](docs/none.md) [5](docs/action.md#none)";
    assert_eq!(broken_links(&page, text), ["#none", "docs/none.md", "docs/action.md#none"]);
}

/// Lines of `console` blocks that run rootgate, without prompt, comment and redirection.
fn commands(text: &str) -> Vec<Vec<String>> {
    let blocks = text.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    let parts = lines.flat_map(|line| {
        let line = line.split(" #").next().unwrap();
        line.split('|').flat_map(|part| part.split("&&"))
    });
    parts
        .filter_map(|part| part.trim().strip_prefix("rootgate "))
        .map(|arguments| arguments.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// Flags and subcommands that do not exist. The check reads no files.
fn unknown(command: &[String]) -> Option<String> {
    let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    arguments.push("--help");
    let known = rootgate(&arguments);
    if !known.status.success() {
        return Some(String::from_utf8_lossy(&known.stderr).into_owned());
    }
    let help = String::from_utf8_lossy(&known.stdout).into_owned();
    let flags = command.iter().filter(|argument| argument.starts_with("--"));
    let missing = flags.filter(|flag| !help.contains(&format!("{flag} ")));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    (!missing.is_empty()).then(|| missing.join(" "))
}

#[test]
fn every_command_in_the_docs_exists() {
    let mut count = 0;
    for page in pages() {
        for command in commands(&read(&page)) {
            assert_eq!(
                unknown(&command),
                None,
                "{}: rootgate {}",
                page.display(),
                command.join(" ")
            );
            count += 1;
        }
    }
    assert!(count >= 8, "{count}");
    for wrong in ["unknown", "check --unknown x.json"] {
        let wrong = commands(&format!("```console\n$ rootgate {wrong} # x\n```"));
        assert!(unknown(&wrong[0]).is_some(), "{wrong:?}");
    }
}

#[test]
fn the_readme_lists_every_rule_with_its_severity() {
    let listed = rootgate(&["rules", "--format", "json"]).stdout;
    let rules: Vec<Value> = serde_json::from_slice(&listed).unwrap();
    let readme = read(&root().join("README.md"));
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `root-")).collect();
    assert_eq!(rows.len(), rules.len(), "{rows:?}");
    for rule in rules {
        let (id, severity) = (rule["id"].as_str().unwrap(), rule["severity"].as_str().unwrap());
        assert!(
            rows.iter().any(|row| row.starts_with(&format!("| `{id}` | {severity} |"))),
            "{id} {severity}"
        );
    }
}

/// The demo's report for a terminal, as `scripts/demo.sh` makes it.
fn demo() -> String {
    let ended = rootgate(&[
        "check",
        "--policy=policy.example.yaml",
        "--evidence=examples/demo/evidence.json",
        "--credential-report=examples/demo/credential-report.csv",
        "--report-generated-at=2026-11-20T08:00:00Z",
        "--at=2026-11-20T09:00:00Z",
    ]);
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn the_sample_reports_are_lines_of_the_demo() {
    let demo = demo();
    for page in ["README.md", "docs/reports.md"] {
        let text = read(&root().join(page));
        let (_, sample) = text.split_once("```text\n").unwrap();
        for line in sample.split("```").next().unwrap().lines() {
            let shown = line.split('…').next().unwrap();
            assert!(demo.contains(shown), "{page}: the demo does not print {line:?}\n{demo}");
        }
    }
}
