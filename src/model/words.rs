//! Small text helpers that every layer uses.

/// `1 finding`, `2 findings`.
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The same words, with a capital first.
#[must_use]
pub fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Words as a sentence: a capital first, a full stop last. No words make no sentence.
#[must_use]
pub fn sentence(words: &str) -> String {
    let stop = if words.is_empty() || words.ends_with('.') { "" } else { "." };
    format!("{}{stop}", capitalized(words))
}
