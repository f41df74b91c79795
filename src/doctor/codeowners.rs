//! CODEOWNERS: who owns a path.
//!
//! Source: GitHub Docs, "About code owners": the last pattern that matches decides; a pattern without
//! owners leaves the path without one; no `!`, no `[ ]`, `\#` is not an escape.

/// Where GitHub looks, in this order; the first that exists counts.
pub const CODEOWNERS_PATHS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The owners of a path by this file; empty: nobody.
pub(super) fn owners_of<'a>(text: &'a str, path: &str) -> Vec<&'a str> {
    let mut owners = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next().filter(|word| !word.starts_with('#')) else { continue };
        if matches(pattern, path) {
            owners = words.filter(|word| !word.starts_with('#')).collect();
        }
    }
    owners
}

/// Whether a pattern in the form of `.gitignore` matches a path or a folder above it.
fn matches(pattern: &str, path: &str) -> bool {
    if pattern.starts_with('!') || pattern.contains('[') {
        return false;
    }
    let folder = pattern.ends_with('/');
    let bare = pattern.trim_end_matches('/');
    // Only a slash at the start or in the middle ties a pattern to the root.
    let rooted = bare.contains('/');
    let bare = bare.trim_start_matches('/');
    let pattern: Vec<&str> = bare.split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    let starts = if rooted { 0..=0 } else { 0..=parts.len().saturating_sub(1) };
    // `docs/*` owns the files of the folder, and nothing in folders below it.
    let shallow = rooted && pattern.last() == Some(&"*");
    starts.into_iter().any(|start| {
        (start + 1..=parts.len()).any(|end| {
            let is_whole = end == parts.len();
            let reaches = if folder { !is_whole } else { is_whole || !shallow };
            reaches && parts_match(&pattern, &parts[start..end])
        })
    })
}

fn parts_match(pattern: &[&str], parts: &[&str]) -> bool {
    match (pattern, parts) {
        ([], []) => true,
        (["**"], parts) => !parts.is_empty(),
        (["**", rest @ ..], parts) => {
            (0..=parts.len()).any(|skip| parts_match(rest, &parts[skip..]))
        }
        ([first, rest @ ..], [part, parts @ ..]) => {
            part_matches(first.as_bytes(), part.as_bytes()) && parts_match(rest, parts)
        }
        _ => false,
    }
}

fn part_matches(pattern: &[u8], part: &[u8]) -> bool {
    match (pattern, part) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=part.len()).any(|skip| part_matches(rest, &part[skip..])),
        ([b'?', rest @ ..], [_, part @ ..]) => part_matches(rest, part),
        ([one, rest @ ..], [other, part @ ..]) => one == other && part_matches(rest, part),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_github_documents_them() {
        for (pattern, path, expected) in [
            ("*", ".github/rootgate.yaml", true),
            ("*.yaml", ".github/rootgate.yaml", true),
            ("*.js", ".github/rootgate.yaml", false),
            (".github/", ".github/rootgate.yaml", true),
            ("/.github/", ".github/workflows/a.yml", true),
            ("/.github", ".github/workflows/a.yml", true),
            (".github/*", ".github/rootgate.yaml", true),
            (".github/*", ".github/workflows/a.yml", false),
            (".github/**", ".github/workflows/a.yml", true),
            ("**/workflows", ".github/workflows/a.yml", true),
            ("workflows/", ".github/workflows/a.yml", true),
            ("/workflows/", ".github/workflows/a.yml", false),
            ("/.github/workflows/a.yml", ".github/workflows/a.yml", true),
            (".github/workflows/a.yml/", ".github/workflows/a.yml", false),
            ("rootgate.yaml", "rootgate.yaml", true),
            ("/rootgate.yaml", "x/rootgate.yaml", false),
            ("root????.yaml", "rootgate.yaml", true),
            ("!rootgate.yaml", "rootgate.yaml", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_match_decides_and_may_leave_nobody() {
        let text = "# all\n*  @octo-org/all\n/.github/ @octo-org/security @hubot # gate\n\
                    /.github/workflows/free.yml\n";
        assert_eq!(owners_of(text, "x"), ["@octo-org/all"]);
        assert_eq!(owners_of(text, ".github/rootgate.yaml"), ["@octo-org/security", "@hubot"]);
        assert_eq!(owners_of(text, ".github/workflows/free.yml"), [""; 0]);
        assert_eq!(owners_of("", "x"), [""; 0]);
    }
}
