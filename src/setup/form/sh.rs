//! POSIX shell.

/// One word of a shell, in single quotes.
pub(in crate::setup) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One word of a command line that people read: quoted only where it must be.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-:=@,".contains(&byte);
    let is_plain = !text.is_empty() && text.bytes().all(plain) && !text.starts_with('-');
    if is_plain { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_every_word_as_it_was() {
        let hostile = [
            "", "a", "it's", "$(id)", "`id`", "a\nb", "\\", "''", "-n", "*", "~", "é", "a b", "!x",
        ];
        for text in hostile {
            for word in [quoted(text), word(text)] {
                let script = format!("printf '[%s]' {word}");
                let output = Command::new("sh").args(["-c", &script]).output().unwrap();
                assert_eq!(
                    String::from_utf8(output.stdout).unwrap(),
                    format!("[{text}]"),
                    "{word}"
                );
            }
        }
    }
}
