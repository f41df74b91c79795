//! Which policy judged.

use super::{Details, MAX_NAME, MAX_TEXT, Prose};
use crate::escape::shortened;
use crate::model::{Judge, PolicyOrigin, Report, format_time};

/// The policy that judged.
pub(crate) struct PolicyPart<'a> {
    /// The whole origin in one line; for strangers only why this policy judges.
    pub(crate) line: Prose<'a>,
    /// Why this policy judges; `None`: it is the file on disk, the only candidate.
    pub(crate) how: Option<Prose<'a>>,
    /// Path, ref, commit and digest.
    pub(crate) parts: Vec<(&'static str, &'a str)>,
}

impl<'a> PolicyPart<'a> {
    pub(super) fn from_origin(policy: &'a PolicyOrigin, details: Details) -> Self {
        match details {
            Details::Full => Self {
                line: origin(policy),
                how: match policy.path {
                    None => Some(built_in(policy)),
                    Some(_) => judge(policy, details),
                },
                parts: parts(policy, policy.path.as_ref()),
            },
            Details::Redacted => {
                let how = redacted_origin(policy);
                Self { line: how.clone(), how: Some(how), parts: redacted_parts(policy) }
            }
        }
    }
}

fn parts<'a>(policy: &'a PolicyOrigin, path: Option<&'a String>) -> Vec<(&'static str, &'a str)> {
    let parts = [
        ("path", path),
        ("ref", policy.git_ref.as_ref()),
        ("commit", policy.commit.as_ref()),
        ("SHA-256", policy.sha256.as_ref()),
    ];
    parts.into_iter().filter_map(|(key, part)| Some((key, part?.as_str()))).collect()
}

/// Readers of the repository can read its policy. A policy from elsewhere may be private.
fn redacted_parts(policy: &PolicyOrigin) -> Vec<(&'static str, &str)> {
    match &policy.repository_path {
        Some(path) => parts(policy, Some(path)),
        None => Vec::new(),
    }
}

fn redacted_origin(policy: &PolicyOrigin) -> Prose<'_> {
    match &policy.path {
        None => built_in(policy),
        Some(_) => judge(policy, Details::Redacted)
            .unwrap_or_else(|| Prose::new().text("the file on disk")),
    }
}

/// Twelve digits identify a commit or a file.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// `.github/rootgate.yaml at main (commit 6dcb09b5b578, SHA-256 9f86d081884c…), the tip of the
/// default branch`
fn origin(policy: &PolicyOrigin) -> Prose<'_> {
    let Some(path) = &policy.path else { return built_in(policy) };
    let mut origin = Prose::new().name(shortened(path, MAX_TEXT));
    if let Some(name) = &policy.git_ref {
        origin = origin.text(" at ").name(shortened(name, MAX_NAME));
    }
    let commit = policy.commit.as_deref();
    let commit = commit.map(|commit| Prose::new().text("commit ").name(short(commit)));
    let digest = policy.sha256.as_deref();
    let digest =
        digest.map(|digest| Prose::new().text("SHA-256 ").name(format!("{}…", short(digest))));
    let parts: Vec<_> = commit.into_iter().chain(digest).collect();
    if !parts.is_empty() {
        origin = origin.text(" (").then(Prose::joined(parts, ", ")).text(")");
    }
    match judge(policy, Details::Full) {
        Some(judge) => origin.text(", ").then(judge),
        None => origin,
    }
}

/// Why this file judges; `None`: it is the file on disk, the only candidate.
fn judge(policy: &PolicyOrigin, details: Details) -> Option<Prose<'_>> {
    let prose = Prose::new();
    Some(match &policy.judge {
        Judge::File => return None,
        Judge::DefaultBranch => prose.text("the tip of the default branch"),
        Judge::Checkout => prose.text("the checkout's copy (--policy-from checkout)"),
        Judge::Accepted { .. } => {
            prose.text("the checkout's copy, accepted").then(environment(policy, details))
        }
        Judge::Remote { repository, pinned } => {
            let prose = match details {
                Details::Full => {
                    prose.text("a file of the repository ").name(shortened(repository, MAX_NAME))
                }
                Details::Redacted => prose.text("a file of another repository"),
            };
            let how = if *pinned { "pinned to a commit" } else { "at a ref that can be moved" };
            prose.text(", ").text(how)
        }
    })
}

/// ` in the environment production`, if a copy was accepted there.
pub(super) fn environment(policy: &PolicyOrigin, details: Details) -> Prose<'_> {
    match (&policy.judge, details) {
        (Judge::Accepted { environment }, Details::Full) => {
            Prose::new().text(" in the environment ").name(shortened(environment, MAX_NAME))
        }
        _ => Prose::new(),
    }
}

/// The built-in strict defaults, and why they judge.
fn built_in(policy: &PolicyOrigin) -> Prose<'_> {
    let why = match policy.judge {
        Judge::DefaultBranch => "the default branch has no policy file",
        Judge::Checkout | Judge::Accepted { .. } => "the checkout has no policy file",
        Judge::File | Judge::Remote { .. } => "no policy file",
    };
    Prose::new().text("the built-in strict defaults (").text(why).text(")")
}

/// Shell commands that repeat the judgement, live and from saved evidence.
pub(super) fn rerun_commands(report: &Report) -> Vec<String> {
    let policy = &report.policy;
    // Otherwise the checkout's file would judge.
    let fetch = report.policy_change.as_ref().and_then(|_| fetched(policy));
    let flag = match (&policy.path, &fetch) {
        (_, Some(_)) => " --policy judging.yaml".to_owned(),
        // A path with special characters needs quoting, and shells quote differently.
        (Some(path), None) => {
            format!(" --policy {}", if is_plain(path) { path.as_str() } else { "FILE" })
        }
        (None, None) => String::new(),
    };
    let time = format_time(report.evaluated_at);
    let check = format!("rootgate check{flag}");
    let by_evidence = format!("{check} --evidence evidence.json --at {time}");
    fetch.into_iter().chain([check, by_evidence]).collect()
}

/// The command that gets the judging policy, if the checkout has another one.
fn fetched(policy: &PolicyOrigin) -> Option<String> {
    let (commit, path) = (policy.commit.as_ref()?, policy.repository_path.as_ref()?);
    (is_plain(path) && is_plain(commit)).then(|| format!("git show {commit}:{path} > judging.yaml"))
}

/// Whether it has no special characters of a shell.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte))
}
