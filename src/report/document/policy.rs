//! Which policy judged, in words that several formats share.

use super::words::{MAX_NAME, MAX_TEXT};
use crate::escape::shortened;
use crate::model::{Judge, PolicyOrigin};

/// How a name from outside stands in a sentence: a code span in Markdown, itself in what is escaped
/// later.
#[derive(Clone, Copy)]
pub(in crate::report) enum Quote {
    /// A code span: the sentence is Markdown already.
    Code,
    /// The name: the sentence is escaped as a whole.
    Bare,
    /// The name of a file, but neither environment nor other repository: strangers read it.
    Public,
}

impl Quote {
    pub(in crate::report) fn quoted(self, name: &str) -> String {
        match self {
            Self::Code => crate::escape::code_span(name),
            Self::Bare | Self::Public => name.to_owned(),
        }
    }
}

/// Twelve digits tell a commit or a file from every other.
pub(in crate::report) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// `.github/rootgate.yaml at main (commit 6dcb09b5b578, SHA-256 9f86d081884c…), the tip of the
/// default branch`
pub(in crate::report) fn origin(policy: &PolicyOrigin, quote: Quote) -> String {
    let Some(path) = &policy.path else { return built_in(policy) };
    let git_ref = policy.git_ref.as_deref();
    let git_ref = git_ref.map(|name| format!(" at {}", quote.quoted(&shortened(name, MAX_NAME))));
    let commit = policy.commit.as_deref();
    let commit = commit.map(|commit| format!("commit {}", quote.quoted(short(commit))));
    let digest = policy.sha256.as_deref();
    let digest =
        digest.map(|digest| format!("SHA-256 {}", quote.quoted(&format!("{}…", short(digest)))));
    let parts: Vec<_> = commit.into_iter().chain(digest).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    let judge = judge(policy, quote).map(|judge| format!(", {judge}"));
    let path = quote.quoted(&shortened(path, MAX_TEXT));
    format!("{path}{}{parts}{}", git_ref.unwrap_or_default(), judge.unwrap_or_default())
}

/// How a file came to judge; `None`: it is the one on disk, and nothing else could.
pub(in crate::report) fn judge(policy: &PolicyOrigin, quote: Quote) -> Option<String> {
    let text = match &policy.judge {
        Judge::File => return None,
        Judge::DefaultBranch => "the tip of the default branch".to_owned(),
        Judge::Checkout => "the checkout's copy (--policy-from checkout)".to_owned(),
        Judge::Accepted { .. } => {
            format!("the checkout's copy, accepted{}", environment(policy, quote))
        }
        Judge::Remote { repository, pinned } => {
            let whose = match quote {
                Quote::Public => String::new(),
                _ => format!(" {}", quote.quoted(&shortened(repository, MAX_NAME))),
            };
            let how = if *pinned { "pinned to a commit" } else { "at a ref that can be moved" };
            format!("the file of another repository{whose}, {how}")
        }
    };
    Some(text)
}

/// ` in the environment production`, where a copy was accepted there.
pub(in crate::report) fn environment(policy: &PolicyOrigin, quote: Quote) -> String {
    match (&policy.judge, quote) {
        (Judge::Accepted { environment }, Quote::Code | Quote::Bare) => {
            format!(" in the environment {}", quote.quoted(&shortened(environment, MAX_NAME)))
        }
        _ => String::new(),
    }
}

/// The built-in strict defaults, and why they judge.
pub(in crate::report) fn built_in(policy: &PolicyOrigin) -> String {
    let why = match policy.judge {
        Judge::DefaultBranch => "the default branch has no policy file",
        Judge::Checkout | Judge::Accepted { .. } => "the checkout has no policy file",
        Judge::File | Judge::Remote { .. } => "no policy file",
    };
    format!("the built-in strict defaults ({why})")
}
