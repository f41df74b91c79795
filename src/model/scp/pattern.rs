//! Patterns of policies: `*` is any text, `?` any one character.

/// Whether a pattern matches a whole text. The time is at most proportional to the product of their
/// lengths.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // The last `*`, and the start of the text that it does not cover yet.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(sign) if *sign == '?' || *sign == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, stands_for)) => {
                    star = Some((place, stands_for + 1));
                    at = place + 1;
                    from = stands_for + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

/// The same, ignoring case.
pub(super) fn fits_any_case(pattern: &str, text: &str) -> bool {
    fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

/// Whether the pattern of an ARN matches an ARN, for each of the six parts separately. `None`: the
/// pattern has fewer parts, and AWS does not document what it matches. Source: IAM User Guide,
/// "Amazon Resource Name (ARN) condition operators".
pub(super) fn fits_arn(pattern: &str, arn: &str) -> Option<bool> {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let is_whole = parts.len() == 6;
    is_whole.then(|| parts.iter().zip(arn.splitn(6, ':')).all(|(part, of)| fits(part, of)))
}

/// Whether it contains a wildcard.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by the definition.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|from| by_definition(rest, &text[from..])),
            Some((sign, rest)) => text.split_first().is_some_and(|(first, after)| {
                (*sign == '?' || sign == first) && by_definition(rest, after)
            }),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_its_definition_says(
            pattern in "[ab*?:é]{0,7}", text in "[ab:é*]{0,7}",
        ) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &text), by_definition(&chars(&pattern), &chars(&text)));
        }
    }

    #[test]
    fn a_long_pattern_of_many_stars_ends() {
        let text = "a".repeat(2_000);
        assert!(!fits(&format!("{}b", "a*".repeat(2_000)), &text));
    }

    #[test]
    fn each_part_of_an_arn_is_compared_by_itself() {
        let arn = "arn:aws:iam::111122223333:root";
        for (pattern, fit) in [
            (arn, Some(true)),
            ("arn:*:iam::*:root", Some(true)),
            ("arn:aws*:iam::*:*", Some(true)),
            ("arn:*:*:*:*:*", Some(true)),
            ("arn:aws:iam::*:role/*", Some(false)),
            ("arn:aws-cn:iam::*:root", Some(false)),
            ("arn:aws:iam::*:ROOT", Some(false)),
            ("arn:aws:iam:*:root", None),
            ("*", None),
        ] {
            assert_eq!(fits_arn(pattern, arn), fit, "{pattern}");
        }
    }
}
