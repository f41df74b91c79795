//! A `#` after a blank starts a YAML comment, so an unquoted ticket such as `#123` is lost.

use super::error::show;

/// A value that YAML reads as a comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    /// Where it begins in the line, in bytes.
    pub(super) start: usize,
    /// From its `#` to the end of the line.
    pub(super) text: &'a str,
    /// What to write instead.
    pub(super) help: String,
}

/// The comment in a line that was perhaps meant as a value: it follows a key without a blank after its
/// `#`, or it holds the end of brackets that were opened in the same line.
pub(super) fn find_value_comment(line: &str) -> Option<Comment<'_>> {
    let line = line.trim_end();
    let (start, depth) = comment_in(line)?;
    let (before, text) = (line.get(..start)?, line.get(start..)?);
    let ends_brackets = depth > 0 && text.contains(['}', ']']);
    let is_after_key = before.trim_end().ends_with(':') && !text.starts_with("# ");
    if !ends_brackets && !is_after_key {
        return None;
    }
    let entry = before.rfind(", ").map(|at| at + 2).or(before.rfind(['{', '[']).map(|at| at + 1));
    let entry = if depth > 0 { entry.unwrap_or(0) } else { 0 };
    let ends = if depth > 0 { text.find([',', '}', ']']) } else { None };
    let written = line.get(entry..start + ends.unwrap_or(text.len()))?;
    Some(Comment { start, text, help: help(written) })
}

/// Where the comment of a line begins, and how many brackets are open there.
fn comment_in(line: &str) -> Option<(usize, usize)> {
    let mut quote: Option<char> = None;
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character && before != '\\' => quote = None,
            (Some(_), _) => {}
            // Within a word it is an apostrophe.
            (None, '"' | '\'') if before.is_whitespace() || "{[,:".contains(before) => {
                quote = Some(character);
            }
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, '#') if before.is_whitespace() => return Some((at, depth)),
            (None, _) => {}
        }
        before = character;
    }
    None
}

/// The entry with its value in quotes.
fn help(written: &str) -> String {
    let written = written.trim().trim_start_matches("- ");
    let (key, value) = match written.split_once(": ") {
        Some((key, value)) => (format!("{}: ", show(key)), value.trim()),
        None => (String::new(), written),
    };
    if value.contains(['"', '\'', '\\']) {
        return "put the whole value in double quotes".to_owned();
    }
    format!("put the whole value in double quotes: `{key}\"{}\"`", show(value))
}

#[cfg(test)]
mod tests {
    use super::find_value_comment;

    #[test]
    fn a_value_that_is_a_comment_is_found_with_what_was_meant() {
        for (line, text, meant) in [
            ("    ticket: #123", "#123", Some("ticket: \"#123\"")),
            ("  - ticket:   #123  ", "#123", Some("ticket: \"#123\"")),
            ("  - { id: a, ticket: #123, from: x }", "#123, from: x }", Some("ticket: \"#123\"")),
            ("{ ticket: #1 }", "#1 }", Some("ticket: \"#1\"")),
            ("{ reason: see #12, ticket: t }", "#12, ticket: t }", Some("reason: \"see #12\"")),
            ("accounts: [a, #b]", "#b]", Some("`\"#b\"`")),
            ("{ it: don't, reason: #7 }", "#7 }", Some("reason: \"#7\"")),
            ("{ a: \"x #1\", reason: #7 }", "#7 }", Some("reason: \"#7\"")),
            ("{ reason: \"a\" #7 }", "#7 }", None),
        ] {
            let comment = find_value_comment(line).expect(line);
            assert_eq!(comment.text, text, "{line}");
            assert!(line[comment.start..].starts_with(text.trim_end()), "{line}");
            match meant {
                Some(meant) => assert!(comment.help.contains(meant), "{line}: {}", comment.help),
                None => assert_eq!(comment.help, "put the whole value in double quotes"),
            }
        }
    }

    #[test]
    fn other_comments_are_comments() {
        for line in [
            "# all of it",
            "gate:   # what blocks",
            "ticket: SEC-1 # and more",
            "ticket: SEC-1#2",
            "{ id: a } # {b}",
            "{ id: a, # the first",
            "ticket: \"#123\"",
            "{ ticket: '#123', from: x }",
            "",
        ] {
            assert_eq!(find_value_comment(line), None, "{line}");
        }
    }
}
