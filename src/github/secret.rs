//! Text that must not reach a log.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::error_text::CUT;

/// The text that replaces a secret.
const HIDDEN: &str = "***";
/// Shorter texts are not hidden: they would match parts of ordinary words.
const SHORTEST: usize = 6;
/// How a JWT begins: `{"` in Base64.
const JWT: &str = "eyJ";
/// The minimum length of a JWT's header, which must name an algorithm.
const MIN_HEAD_LENGTH: usize = 16;

/// A token or key. It has no `Display`, and its `Debug` does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text that must not be printed by accident.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, only for sending or masking it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The secrets of a run, to hide them in texts from outside. Clones share the same list.
#[derive(Clone, Default)]
pub struct Secrets(Rc<Known>);

#[derive(Default)]
struct Known {
    own: RefCell<Vec<Secret>>,
    around: Option<Secrets>,
}

impl Secrets {
    /// A list that hides these secrets too, for a part of the run: its own secrets are dropped with it.
    /// Otherwise a run with ten thousand accounts would search every text for the secrets of all accounts.
    #[must_use]
    pub fn within(&self) -> Self {
        Self(Rc::new(Known { own: RefCell::default(), around: Some(self.clone()) }))
    }

    /// Adds a secret to the list; of a JWT each part too.
    pub fn keep(&self, secret: &Secret) {
        let mut known = self.0.own.borrow_mut();
        let parts = secret.expose().split('.').map(Secret::new);
        for secret in parts.chain([secret.clone()]) {
            if secret.expose().len() >= SHORTEST && !known.contains(&secret) {
                known.push(secret);
            }
        }
        // A secret that contains another one must be replaced first.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// Replaces all secrets in the text, and everything that looks like a JWT.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        self.hide_known(without_jwts(text))
    }

    fn hide_known(&self, mut text: String) -> String {
        for secret in self.0.own.borrow().iter() {
            for form in secret.forms() {
                text = text.replace(&form, HIDDEN);
                text = without_cut_end(&text, &form);
            }
        }
        match &self.0.around {
            Some(around) => around.hide_known(text),
            None => text,
        }
    }
}

impl Secret {
    /// The secret itself and its URL encodings.
    fn forms(&self) -> Vec<String> {
        let encoded = |upper: bool| -> String {
            let byte = |byte: u8| match (byte, upper) {
                (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~', _) => {
                    char::from(byte).to_string()
                }
                (byte, true) => format!("%{byte:02X}"),
                (byte, false) => format!("%{byte:02x}"),
            };
            self.0.bytes().map(byte).collect()
        };
        let mut forms = vec![self.0.clone(), encoded(true), encoded(false)];
        forms.dedup();
        forms
    }
}

/// Hides a part of a secret at the end of a text that was cut.
fn without_cut_end(text: &str, secret: &str) -> String {
    let Some(whole) = text.strip_suffix(CUT) else { return text.to_owned() };
    let starts = secret.char_indices().map(|(at, _)| &secret[..at]).rev();
    let mut starts = starts.filter(|start| start.len() >= SHORTEST);
    match starts.find_map(|start| whole.strip_suffix(start)) {
        Some(before) => format!("{before}{HIDDEN}{CUT}"),
        None => text.to_owned(),
    }
}

/// Hides JWTs: each starts like a JSON object in Base64, with a long part before the first dot.
fn without_jwts(text: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(JWT) {
        let (before, found) = rest.split_at(at);
        let end = found.find(|c| !letter(c)).unwrap_or(found.len());
        let (token, after) = found.split_at(end);
        let head = token.split('.').next().unwrap_or_default();
        let whole = head.len() < token.len() || after.starts_with(CUT);
        let is_jwt = whole && head.len() >= MIN_HEAD_LENGTH && !before.ends_with(letter);
        shown.push_str(before);
        shown.push_str(if is_jwt { HIDDEN } else { token });
        rest = after;
    }
    shown + rest
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(format!("{:#?}", Some(&secret)), "Some(\n    Secret,\n)");
    }

    fn hidden(text: &str) -> String {
        let secrets = Secrets::default();
        for secret in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "runner/token+of==", "x-42"] {
            secrets.keep(&Secret::new(secret));
        }
        secrets.hide(text)
    }

    #[test]
    fn a_part_of_the_run_hides_its_own_secrets_and_those_of_the_run() {
        let run = Secrets::default();
        let parts = [run.within(), run.within()];
        run.keep(&Secret::new("of-the-run"));
        for (part, secret) in parts.iter().zip(["of-one-part", "of-another"]) {
            part.keep(&Secret::new(secret));
        }
        let text = "of-the-run of-one-part of-another";
        assert_eq!(parts[0].hide(text), format!("{HIDDEN} {HIDDEN} of-another"));
        assert_eq!(parts[1].clone().hide(text), format!("{HIDDEN} of-one-part {HIDDEN}"));
        assert_eq!(run.hide(text), format!("{HIDDEN} of-one-part of-another"));
    }

    #[test]
    fn a_secret_is_hidden_in_texts_from_outside() {
        assert_eq!(hidden("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY, bad"), "key ***, bad");
        assert_eq!(hidden("?t=runner%2Ftoken%2Bof%3D%3D&x"), "?t=***&x");
        assert_eq!(hidden("?t=runner%2ftoken%2bof%3d%3d"), "?t=***");
        assert_eq!(hidden("runner/token+of==runner/token+of=="), "******");
        // At the end of a text that was cut.
        assert_eq!(hidden("said wJalrXUtnFEMI/K7…"), "said ***…");
        assert_eq!(hidden("said wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY…"), "said ***…");
    }

    #[test]
    fn a_token_is_recognised_by_its_form() {
        for token in ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOiJ9.c2ln", "eyJhbGciOiJSUzI1NiJ9.e"] {
            assert_eq!(hidden(&format!("{{\"value\":\"{token}\"}}")), "{\"value\":\"***\"}");
        }
        assert_eq!(hidden("eyJhbGciOiJSUzI1NiJ9…"), "***…");
    }

    #[test]
    fn other_words_are_not_changed() {
        for text in [
            "User: arn:aws:sts::111122223333:assumed-role/rootgate/x-42 is not authorized",
            "wJalrX is not a key",
            "heyJude.mp3 and eyJ.",
            "wJal…",
            "",
        ] {
            assert_eq!(hidden(text), text);
        }
    }
}
