//! The one place where outside text is made safe for where it goes.
//!
//! Names, ARNs, error messages and user agents come from AWS, and an attacker may have chosen
//! them; policies and environments are other people's text too. On a GitHub runner a line of the
//! log can be a command: `::name …::` at the start of a line after blanks, and `##[name …]` at any
//! position, on standard output and standard error alike (actions/runner, ActionCommand.cs and
//! OutputManager.cs). In a job summary a text can forge a row, a link or a mention.
//!
//! What is replaced becomes an escape such as `\u{1b}`: it stays visible that something was there.
//! [`visible`] is for every format; [`markdown`], [`code_span`] and [`sarif`] include it.

/// Text for a log or a file of plain text: one line, nothing hidden, no workflow command.
///
/// Controls, line breaks, bidirectional controls and invisible characters become escapes; so do
/// the middle of every `##[` and the first colon of every word that begins with `::`, because a
/// word may come to stand at the start of a line when the text is wrapped. Doing it twice changes
/// nothing more.
#[must_use]
pub fn visible(text: &str) -> String {
    // Nearly every text: checked byte by byte, copied at once.
    if is_harmless(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut at_word_start = true;
    while let Some(letter) = rest.next() {
        let hides_command = (at_word_start && letter == ':' && rest.as_str().starts_with(':'))
            || (letter == '#' && shown.ends_with('#') && rest.as_str().starts_with('['));
        if hides_command || is_hidden(letter) {
            shown.extend(letter.escape_unicode());
            at_word_start = false;
        } else {
            shown.push(letter);
            at_word_start = letter.is_whitespace();
        }
    }
    shown
}

/// Printable ASCII without a pair of characters that could begin a command.
fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
        && !bytes.windows(2).any(|pair| pair == b"::" || pair == b"##")
}

/// Text drawn over several lines, perhaps in colour, that holds nothing hidden already and none of
/// whose lines begins with outside text: only the commands that a runner finds at any position
/// remain, and become an escape.
#[must_use]
pub fn preformatted(text: &str) -> String {
    text.replace("##[", "#\\u{23}[")
}

/// At most `most` characters: what is too long ends with `…`. For text that is not yet escaped.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Prose for one line or one table cell of GitHub's Markdown.
///
/// A word that could mean anything to Markdown, or that GitHub turns into a link, mention, issue
/// reference, formula or emoji, becomes a code span: GitHub undoes a backslash before it looks for
/// mentions and addresses, but never looks into code. All other words stay as they are. Words
/// in backticks are taken as code already. Runs of white space become one space.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = visible(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = &words[..];
    while !rest.is_empty() {
        let (word, after) = rest.split_at(quoted_words(rest));
        let first = out.is_empty();
        if !first {
            out.push(' ');
        }
        match word {
            [word] => push_word(&mut out, word, first),
            words => push_word(&mut out, &words.join(" "), first),
        }
        rest = after;
    }
    out
}

/// How many words are one piece of code between two backticks; else one.
fn quoted_words(words: &[&str]) -> usize {
    let backticks = |word: &str| word.bytes().filter(|byte| *byte == b'`').count();
    let opens = words[0].trim_start_matches(['(', '"', '\'']).starts_with('`');
    if !opens || backticks(words[0]) != 1 {
        return 1;
    }
    match words.iter().skip(1).position(|word| backticks(word) > 0) {
        Some(between) if backticks(words[between + 1]) == 1 => between + 2,
        _ => 1,
    }
}

/// Text as a code span of GitHub's Markdown, inside a table cell or not; nothing for no text.
///
/// The fence is longer than any run of backticks inside. A `|` ends a table cell even inside a
/// code span, and its escape is only undone inside a table: it stands between two code spans.
#[must_use]
pub fn code_span(text: &str) -> String {
    let text = visible(text);
    code(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text of a SARIF message: also no embedded link, `[text](target)`.
/// Source: SARIF 2.1.0, section 3.11.6, "Messages with embedded links".
#[must_use]
pub fn sarif(text: &str) -> String {
    visible(text).replace("](", "]\\u{28}")
}

/// A path with `/`, as a relative URI reference: no scheme, query or fragment can be in it.
#[must_use]
pub fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// One part of a path, or a value of a query, in an address: a `/` in it is no separator.
#[must_use]
pub fn uri_part(text: &str) -> String {
    relative_uri(text).replace('/', "%2F")
}

/// The message of a workflow command. Line breaks survive as the runner's own escapes.
/// Source: actions/toolkit, command.ts, and actions/runner, ActionCommand.cs.
#[must_use]
pub fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a workflow command: `file=`, `title=`.
#[must_use]
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A label of a Mermaid diagram: `A-Z a-z 0-9 . _ -` and single spaces; anything else is a `-`.
#[must_use]
pub fn mermaid_label(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ". _-".contains(letter);
    let label: String =
        text.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a reader would not see the character, or see others in another order because of it.
///
/// Controls, line and paragraph separators, interlinear annotations, and what Unicode calls
/// `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt): zero-width characters, the
/// bidirectional controls, fillers, variation selectors, tags.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_word(out: &mut String, word: &str, first: bool) {
    if first && begins_block(word) {
        out.push_str(&code(word));
        return;
    }
    let inner = word.trim_start_matches(['(', '"', '\'']);
    let before = &word[..word.len() - inner.len()];
    let core = inner.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
    let after = &inner[core.len()..];
    let quoted = core.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let core = match quoted {
        Some(quoted) if !quoted.is_empty() && !quoted.contains('`') => code(quoted),
        _ if is_plain(core) => return out.push_str(word),
        _ => code(core),
    };
    out.extend([before, &core, after]);
}

/// A list marker or an underline, which mean something at the start of a line only.
fn begins_block(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']).unwrap_or("x");
    word.chars().all(|letter| "-+=".contains(letter))
        || number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether neither Markdown nor GitHub's filters behind it see anything in the word.
fn is_plain(word: &str) -> bool {
    let bytes = word.as_bytes();
    let contains = |part: &[u8]| bytes.windows(part.len()).any(|it| it.eq_ignore_ascii_case(part));
    let looks_like_commit = bytes.len() >= 7
        && bytes.iter().all(u8::is_ascii_hexdigit)
        && bytes.iter().any(u8::is_ascii_digit);
    bytes.iter().all(|byte| {
        !byte.is_ascii() || byte.is_ascii_alphanumeric() || b".,;'\"()/%+-=?!".contains(byte)
    }) && !contains(b"www.")
        && !contains(b"gh-")
        && !looks_like_commit
}

/// Text that is visible already, as code spans.
fn code(text: &str) -> String {
    text.split('|').map(fenced).collect::<Vec<_>>().join("\\|")
}

fn fenced(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on both sides is not part of the code; text that has them, or touches the fence
    // with a backtick, needs them.
    let edges = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if edges && !text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
pub(crate) mod tests;
