//! How files of rootgate begin, so that they are known without being read whole.

/// Whether a text, which may be cut, begins with these tokens of JSON, whatever blanks are between
/// them.
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

/// Whether a text begins as a JSON object whose first key says that its schema is `id`.
#[must_use]
pub fn begins_with_schema(head: &[u8], id: &str) -> bool {
    begins_with_tokens(head, &["{", "\"schema\"", ":", &format!("\"{id}\"")])
}

#[cfg(test)]
mod tests {
    use super::begins_with_schema;

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
}
