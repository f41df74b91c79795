//! Recognises files that rootgate wrote: they start as expected, and nothing was added.

use std::io::{self, Read};

/// Number of bytes at the start of a file that show whether rootgate wrote it.
const HEAD: u64 = 4_096;

/// How a kind of file is recognised.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Whether these bytes, some thousands, can be the start of such a file.
    pub begins: fn(&[u8]) -> bool,
    /// Whether nothing was added to a file with that start. A truncated file counts as unchanged: a run may
    /// have been killed while writing it.
    pub is_unchanged: fn(&mut dyn Read) -> io::Result<bool>,
}

/// Whether a file is of one of these kinds, and nothing was added to it.
///
/// # Errors
/// The reader's errors.
pub fn is_one_of(signatures: &[Signature], file: &mut dyn Read) -> io::Result<bool> {
    let mut head = Vec::new();
    (&mut *file).take(HEAD).read_to_end(&mut head)?;
    match signatures.iter().find(|signature| (signature.begins)(&head)) {
        None => Ok(false),
        Some(signature) => (signature.is_unchanged)(&mut head.as_slice().chain(file)),
    }
}

/// Whether nothing but blanks follows a JSON document, or the document was cut off.
///
/// A report may have a hundred megabytes, so this does not parse it: it only follows strings and brackets.
///
/// # Errors
/// The reader's errors.
pub fn is_unchanged_json(file: &mut dyn Read) -> io::Result<bool> {
    let mut position = Position::Between { depth: 0 };
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = match file.read(&mut chunk) {
            Ok(0) => return Ok(true),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut rest = &chunk[..length];
        while let Some((byte, after)) = rest.split_first() {
            match position.after(*byte) {
                Some(next) => (position, rest) = (next, next.skip(after)),
                None => return Ok(false),
            }
        }
    }
}

/// Where in a JSON document a byte is.
#[derive(Clone, Copy)]
enum Position {
    /// Outside strings, inside `depth` brackets.
    Between {
        depth: u32,
    },
    InString {
        depth: u32,
    },
    /// After a backslash.
    Escaped {
        depth: u32,
    },
    /// After the last bracket.
    End,
}

impl Position {
    /// Skips bytes that do not change the position, which are most of a report.
    fn skip(self, bytes: &[u8]) -> &[u8] {
        let counts = |byte: &u8| match self {
            Self::InString { .. } => matches!(byte, ..b' ' | b'"' | b'\\'),
            _ => *byte != b' ',
        };
        let next = bytes.iter().position(counts).unwrap_or(bytes.len());
        &bytes[next..]
    }

    /// The position after this byte; `None` if the byte is invalid here.
    const fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::InString { .. } | Self::Escaped { .. }, ..b' ') => None,
            (Self::InString { depth }, b'"') => Some(Self::Between { depth }),
            (Self::InString { depth }, b'\\') => Some(Self::Escaped { depth }),
            (Self::InString { depth } | Self::Escaped { depth }, _) => {
                Some(Self::InString { depth })
            }
            (_, b' ' | b'\t' | b'\r' | b'\n') => Some(self),
            (Self::End, _) => None,
            (Self::Between { depth }, b'"') => Some(Self::InString { depth }),
            (Self::Between { depth }, b'{' | b'[') => Some(Self::Between { depth: depth + 1 }),
            (Self::Between { depth: 0 }, _) => None,
            (Self::Between { depth: 1 }, b'}' | b']') => Some(Self::End),
            (Self::Between { depth }, b'}' | b']') => Some(Self::Between { depth: depth - 1 }),
            // `true`, `false`, `null` and numbers.
            (_, b':' | b',' | b'0'..=b'9' | b'-' | b'+' | b'.' | b'E') => Some(self),
            (_, b't' | b'r' | b'u' | b'e' | b'f' | b'a' | b'l' | b's' | b'n') => Some(self),
            _ => None,
        }
    }
}

/// Whether a text, which may be truncated, starts with these JSON tokens, with any blanks between them.
#[must_use]
pub fn begins_with_tokens(head: &[u8], tokens: &[&str]) -> bool {
    let mut rest = head;
    tokens.iter().all(|token| match rest.trim_ascii_start().strip_prefix(token.as_bytes()) {
        Some(after) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Whether a text starts as a JSON object whose first key is `schema` with this id.
#[must_use]
pub fn begins_with_schema(head: &[u8], id: &str) -> bool {
    begins_with_tokens(head, &["{", "\"schema\"", ":", &format!("\"{id}\"")])
}

#[cfg(test)]
mod tests {
    use super::{begins_with_schema, is_unchanged_json};

    #[test]
    fn a_schema_is_known_by_the_first_key_however_it_is_indented() {
        for text in [
            r#"{"schema":"rootgate.x/v1"}"#,
            "{\n  \"schema\" : \"rootgate.x/v1\",\n  \"accou",
            "\r\n{\r\n\t\"schema\": \"rootgate.x/v1\"",
        ] {
            assert!(begins_with_schema(text.as_bytes(), "rootgate.x/v1"), "{text}");
        }
        for text in [
            "",
            "{",
            r#"{"schema":"rootgate.x/v10"}"#,
            r#"{"schema":"rootgate.x"#,
            r#"{"$schema":"rootgate.x/v1"}"#,
            r#"{"a":1,"schema":"rootgate.x/v1"}"#,
            r#"[{"schema":"rootgate.x/v1"}]"#,
            r#""schema":"rootgate.x/v1""#,
        ] {
            assert!(!begins_with_schema(text.as_bytes(), "rootgate.x/v1"), "{text}");
        }
    }

    #[test]
    fn text_after_a_json_document_is_a_change_and_a_cut_is_none() {
        let whole = "{\n  \"text\": \"a \\u00e4 \u{e4}\",\n  \"list\": [true, null, 1.5, {}]\n}\n";
        let is_unchanged = |text: &[u8]| is_unchanged_json(&mut &*text).unwrap();
        for end in 1..=whole.len() {
            assert!(is_unchanged(&whole.as_bytes()[..end]), "{:?}", whole.get(..end));
        }
        for after in [" ", "\n\n", "\r\n\t"] {
            assert!(is_unchanged(format!("{whole}{after}").as_bytes()), "{after:?}");
        }
        for after in ["x", "\n\nmy notes\n", "{}", "\0", "]", "\u{feff}", "# note"] {
            assert!(!is_unchanged(format!("{whole}{after}").as_bytes()), "{after:?}");
            let cut = &whole[..whole.len() - 8];
            assert!(!is_unchanged(format!("{cut}\n{after}y").as_bytes()), "{after:?}, after a cut");
        }
    }
}
