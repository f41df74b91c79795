//! `rootgate completions`, tested in real shells.

use std::process::Command;

use crate::support::Folder;

/// The completions that bash offers for the last word of a command line.
#[cfg(unix)]
fn offered_by_bash(folder: &Folder, line: &[&str]) -> Vec<String> {
    let script = folder.run(&["completions", "bash"]).stdout;
    folder.write("completions.bash", script);
    let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
    let ask = format!(
        "source ./completions.bash; COMP_WORDS=({}); COMP_CWORD={}; \
         _rootgate rootgate \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        line.len() - 1
    );
    let mut bash = Command::new("bash");
    let output = bash.args(["--norc", "-c", &ask]).current_dir(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut offered: Vec<String> = text.lines().map(str::to_owned).collect();
    offered.sort();
    offered
}

#[cfg(unix)]
#[test]
fn bash_offers_values_and_files() {
    let folder = Folder::new();
    folder.write("mine.yaml", "");
    for (line, expected) in [
        (&["rootgate", "check", "--format", ""][..], &["json", "markdown", "sarif", "text"][..]),
        (&["rootgate", "check", "--fail-on", ""], &["critical", "high", "low", "medium"]),
        (&["rootgate", "check", "--upload", "a"], &["always", "auto"]),
        (&["rootgate", "check", "--policy-from", ""], &["checkout", "default-branch"]),
        (&["rootgate", "check", "--policy", "m"], &["mine.yaml"]),
        (&["rootgate", "check", "--json", "m"], &["mine.yaml"]),
        (&["rootgate", "collect", "--output", "m"], &["mine.yaml"]),
        (&["rootgate", "policy", "explain", "--policy", "m"], &["mine.yaml"]),
        (&["rootgate", "he"], &["help"]),
    ] {
        assert_eq!(offered_by_bash(&folder, line), expected, "{line:?}");
    }
    let rules = offered_by_bash(&folder, &["rootgate", "rules", "root-mfa"]);
    assert_eq!(rules, ["root-mfa-missing", "root-mfa-not-hardware"]);
}

#[test]
fn zsh_and_fish_complete_files() {
    let folder = Folder::new();
    for (shell, mark, no_file) in
        [("zsh", ":FILE:_files", ":FILE:_default"), ("fish", "-l policy", "-l never")]
    {
        let script = folder.run(&["completions", shell]).stdout;
        assert!(script.contains(mark), "{shell}");
        assert!(!script.contains(no_file), "{shell}: {script}");
    }
}
