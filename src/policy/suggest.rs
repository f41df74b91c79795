//! "Did you mean": the nearest word of those that are allowed.

/// The candidate that was most likely meant, if one is near enough.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Nothing that long is a slip of one of our words, and distances cost its length.
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let plain = word.to_lowercase().replace(['_', ' '], "-");
    // `January` for `jan`: a whole word where its beginning is wanted.
    let shortened = |candidate: &str| candidate.len() >= 3 && plain.starts_with(candidate);
    candidates
        .into_iter()
        .map(|candidate| match strsim::damerau_levenshtein(&plain, candidate) {
            distance if shortened(candidate) => (distance.min(1), candidate),
            distance => (distance, candidate),
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).clamp(1, 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The words in backticks, with commas: `fail`, `warn`.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_found_and_far_ones_are_not() {
        let words = ["fail-on", "on-undetermined", "enforce-from"];
        assert_eq!(nearest("fial-on", words), Some("fail-on"));
        assert_eq!(nearest("fail_on", words), Some("fail-on"));
        assert_eq!(nearest("FAIL-ON", words), Some("fail-on"));
        assert_eq!(nearest("on-undeterminded", words), Some("on-undetermined"));
        assert_eq!(nearest("January", ["jan", "jun"]), Some("jan"));
        assert_eq!(nearest("owner", words), None);
        assert_eq!(nearest("", words), None);
        assert_eq!(nearest(&"x".repeat(100_000), words), None);
    }
}
