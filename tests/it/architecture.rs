//! Imports go one way: the pure half never imports AWS code, a rule never imports a report.
//!
//! Reads the `crate::` and `super::` paths of every file below `src`, without comments and test modules,
//! and compares them with the table below. `import_circles` checks that files do not import each other in
//! a circle.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate root and the modules that it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("escape", &[]),
    ("text", &["model", "escape"]),
    ("policy", &["model"]),
    ("rules", &["model", "policy"]),
    ("evaluate", &["model", "policy", "rules"]),
    ("report", &["model", "escape"]),
    ("doctor", &["model", "policy", "escape", "text"]),
    ("setup", &["model", "escape", "policy", "rules"]),
    ("net", &[]),
    ("github", &["model", "escape", "net", "text"]),
    ("repo", &["escape", "github", "net", "text"]),
    ("collect", &["model", "github", "net", "text"]),
];

/// The modules that connect the others, and may import all of them.
const TOP: &[&str] = &["lib", "main", "cli", "commands"];

/// Modules that exist only in tests.
const TESTS: &[&str] = &["testing", "tests", "fixtures"];

/// A file of `src`, by the path of its module: `["rules", "root_mfa_missing"]`.
struct Source {
    file: PathBuf,
    module: Vec<String>,
    text: String,
}

impl Source {
    fn read(src: &Path, file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(src).unwrap().with_extension("");
        let mut module: Vec<String> =
            path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|name| name == "mod") {
            module.pop();
        }
        Self { file, module, text }
    }

    /// The forbidden imports of this file.
    fn violations(&self) -> Vec<String> {
        let top = self.module[0].as_str();
        if TOP.contains(&top) || self.module.iter().any(|part| TESTS.contains(&part.as_str())) {
            return Vec::new();
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == top) else {
            return vec![format!("{}: module `{top}` is not in the table", self.file.display())];
        };
        named_modules(&self.text, self.module.len())
            .into_iter()
            .filter(|name| name != top && !allowed.contains(&name.as_str()))
            .map(|name| format!("{}: `{top}` names `{name}`", self.file.display()))
            .collect()
    }
}

/// The top-level modules in the paths of a file whose module is `depth` deep.
fn named_modules(text: &str, depth: usize) -> Vec<String> {
    let code = without_comments_and_tests(text);
    let mut names = Vec::new();
    for (at, _) in code.match_indices("::") {
        let (before, after) = (&code[..at], &code[at + 2..]);
        let head = before.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
        if head == "crate" || (head == "super" && supers(before) >= depth) {
            names.extend(heads(after));
        }
    }
    names.retain(|name| name != "super" && name != "self");
    names.sort();
    names.dedup();
    names
}

/// Number of consecutive `super` at the end of the text.
fn supers(before: &str) -> usize {
    let mut rest = before;
    let mut count = 0;
    while let Some(shorter) = rest.strip_suffix("super") {
        count += 1;
        rest = shorter.strip_suffix("::").unwrap_or(shorter);
    }
    count
}

/// The first name of the path at the start of the text, or of each path in a group.
fn heads(after: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = after.strip_prefix('{') else { return vec![word(after)] };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut item = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(std::mem::take(&mut item).trim())),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    names.push(word(item.trim()));
    names.retain(|name| !name.is_empty());
    names
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code that ships. Relies on rustfmt: a test module ends with the first `}` in column 1.
pub(crate) fn without_comments_and_tests(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(test)]") {
            let item = lines.find(|line| !line.starts_with("#[")).unwrap_or_default();
            if item.ends_with('{') {
                lines.by_ref().take_while(|line| *line != "}").for_each(drop);
            }
        } else if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

pub(crate) fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_go_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 10, "only {} files below {}", files.len(), src.display());
    let violations: Vec<String> =
        files.into_iter().flat_map(|file| Source::read(&src, file).violations()).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The files that read flags: the plans, what commands share, and commands that are one file each.
const READ_FLAGS: &[&str] = &[
    "main.rs",
    "cli/",
    "commands/check/plan/",
    "commands/collect/plan.rs",
    "commands/completions.rs",
    "commands/doctor/plan.rs",
    "commands/permissions.rs",
    "commands/policy/",
    "commands/rules.rs",
    "commands/setup/",
    "commands/sign_in.rs",
    "commands/usage.rs",
];

/// Only the command line uses parsed flags. Everything else gets a plan.
fn names_flags(text: &str) -> bool {
    let code = without_comments_and_tests(text);
    named_modules(text, usize::MAX).contains(&"cli".to_owned()) || code.contains("clap::")
}

#[test]
fn flags_are_read_only_in_the_plans() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut reading: Vec<String> = Vec::new();
    for file in files {
        if names_flags(&fs::read_to_string(&file).unwrap()) {
            let path = file.strip_prefix(&src).unwrap().to_str().unwrap();
            reading.push(path.replace('\\', "/"));
        }
    }
    let planned = |path: &&String| READ_FLAGS.iter().any(|start| path.starts_with(start));
    let below: Vec<_> = reading.iter().filter(|path| !planned(path)).collect();
    assert!(below.is_empty(), "{below:?}");
    for start in READ_FLAGS {
        assert!(reading.iter().any(|path| path.starts_with(start)), "{start} reads none any more");
    }
    for line in
        ["use crate::cli::CheckArgs;", "fn f(args: &crate::cli::CheckArgs) {}", "use clap::Args;"]
    {
        assert!(names_flags(line), "{line}");
    }
    assert!(!names_flags(
        "// crate::cli\nuse crate::commands::client;\n#[cfg(test)]\nmod tests {\n    use clap::Args;\n}"
    ));
}

fn violations_of(module: &[&str], text: &str) -> Vec<String> {
    let module = module.iter().map(|part| (*part).to_owned()).collect();
    Source { file: PathBuf::from("x.rs"), module, text: text.to_owned() }.violations()
}

#[test]
fn a_rule_that_imports_a_report_is_found_in_every_syntax() {
    for line in [
        "use crate::report::Format;",
        "pub(crate) use crate::report;",
        "use crate::{model::{Finding, Gap}, report::{self, Format}};",
        "use super::super::report::Format;",
        "fn f() -> usize { crate::report::sarif::LIMIT }",
        "#[cfg(test)]\nmod tests {\n    use crate::model::Gap;\n}\nuse crate::report::Format;",
        "#[cfg(test)]\nmod samples;\nuse crate::report::Format;",
    ] {
        let found = violations_of(&["rules", "root_mfa_missing"], line);
        assert_eq!(found, ["x.rs: `rules` names `report`"], "{line}");
    }
    assert_eq!(
        violations_of(&["evaluate"], "use super::report;"),
        ["x.rs: `evaluate` names `report`"]
    );
}

#[test]
fn allowed_imports_pass() {
    for line in [
        "use crate::{model::{Finding, Gap}, policy::Window};",
        "use crate::rules::Rule;",
        "use super::Rule;",
        "//! See [`crate::report`].",
        "    // crate::report would be wrong here",
        "#[cfg(test)]\nmod tests {\n    use crate::report::Format;\n    fn f() {\n    }\n}",
        "let crate_name = other_crate::report::Format;",
    ] {
        assert_eq!(violations_of(&["rules", "root_mfa_missing"], line), [""; 0], "{line}");
    }
    assert_eq!(violations_of(&["main"], "use rootgate::report;"), [""; 0]);
}

#[test]
fn a_module_that_is_not_in_the_table_is_an_error() {
    assert_eq!(violations_of(&["helpers"], ""), ["x.rs: module `helpers` is not in the table"]);
    assert_eq!(
        violations_of(&["report", "html"], "use crate::helpers::f;"),
        ["x.rs: `report` names `helpers`"]
    );
}
