//! Messages of servers and of the network, shortened to fit into one sentence.

use std::error::Error;

/// The maximum length of a message from outside, in characters.
const SHOWN: usize = 300;
/// The end of a message that was cut.
pub(super) const CUT: char = '…';

/// An error with all its causes, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        next = error.source();
    }
    one_line(&text)
}

/// Text from outside, without line ends and other control characters, shortened.
pub(crate) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    if clean.chars().count() <= SHOWN {
        return clean.to_owned();
    }
    let mut short: String = clean.chars().take(SHOWN).collect();
    short.push(CUT);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(one_line("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(one_line(&"x".repeat(400)).chars().count(), SHOWN + 1);
    }
}
