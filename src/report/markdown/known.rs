//! Recognises a summary that rootgate wrote and that nobody has changed since.

use std::io::{self, Read};

use super::heading;
use super::page::MAX_BYTES;
use crate::model::{Signature, Verdict};
use crate::report::document::WHY;

/// Before the commands that end a summary. A summary is recognised by this sentence.
pub(super) const CLOSING: &str = "To judge the same account again, with credentials of your own, or \
                                  saved evidence at this instant:";
/// The same, if an organization was judged.
pub(super) const CLOSING_OF_SEVERAL: &str = "To judge the same accounts again, with credentials of your \
                                             own, or saved evidence at this instant:";
/// Opens and closes the commands.
pub(super) const FENCES: (&str, &str) = ("```sh", "```");

/// A summary.
pub(in crate::report) const SIGNATURE: Signature = Signature { begins, is_unchanged };

fn begins(head: &[u8]) -> bool {
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Undetermined];
    verdicts.into_iter().any(|verdict| head.starts_with(heading(verdict).as_bytes()))
}

/// Only blanks may follow the first closing. A file without a closing was cut off, and a cut rarely
/// falls on the end of a line.
fn is_unchanged(file: &mut dyn Read) -> io::Result<bool> {
    let most = 2 * MAX_BYTES; // other line ends make it longer
    let mut text = Vec::new();
    file.take(most as u64).read_to_end(&mut text)?;
    let is_cut = !text.ends_with(b"\n");
    if text.len() == most {
        return Ok(false);
    }
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    match lines.find(|line| [CLOSING, CLOSING_OF_SEVERAL, WHY].contains(line)) {
        None => return Ok(is_cut),
        Some(WHY) => {}
        Some(_) => {
            let (_, close) = FENCES;
            if !lines.any(|line| line == close) {
                return Ok(is_cut);
            }
        }
    }
    Ok(lines.all(|line| line.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::{CLOSING, CLOSING_OF_SEVERAL, WHY, is_unchanged};

    #[test]
    fn text_after_the_closing_is_a_change_and_a_cut_is_none() {
        let full = format!("## ✅ rootgate: pass\n\n{CLOSING}\n\n```sh\nrootgate check\n```\n");
        let several = full.replace(CLOSING, CLOSING_OF_SEVERAL);
        let redacted = format!("## ✅ rootgate: pass\n\n{WHY}\n");
        let is_unchanged = |text: &str| is_unchanged(&mut text.as_bytes()).unwrap();
        for whole in [&full, &several, &redacted] {
            for same in [whole.clone(), format!("{whole}\r\n \n"), whole.replace('\n', "\r\n")] {
                assert!(is_unchanged(&same), "{same:?}");
            }
            for end in (1..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
                let cut = &whole[..end];
                assert!(cut.ends_with('\n') || is_unchanged(cut), "{cut:?}");
            }
            for after in ["x", "\nmy notes\n", "\n## Coverage\n\n| a |\n", whole] {
                assert!(!is_unchanged(&format!("{whole}{after}")), "{after:?}");
            }
        }
        assert!(!is_unchanged("## ✅ rootgate: pass\n\nis what we want to see here\n"));
        assert!(!is_unchanged(&format!("## ✅ rootgate: pass\n{}", "a ".repeat(1_000_000))));
    }
}
