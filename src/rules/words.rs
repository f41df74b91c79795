//! Phrases that several rules share.

use chrono::{DateTime, Utc};

use super::Case;
use crate::model::{Basis, Duration, format_time};

/// How long ago an instant was, to the minute: `2h50m ago`.
#[must_use]
pub fn age(now: DateTime<Utc>, then: DateTime<Utc>) -> String {
    let seconds = now.signed_duration_since(then).num_seconds();
    match u64::try_from(seconds) {
        Ok(seconds) if seconds >= 60 => {
            format!("{} ago", Duration::seconds(seconds - seconds % 60))
        }
        Ok(_) => "less than a minute ago".to_owned(),
        Err(_) => "in the future".to_owned(),
    }
}

/// The source and age of a fact: `credential report of 2026-11-20T06:10:00Z, 2h50m ago`.
pub(super) fn seen_in(case: &Case<'_>, basis: &[Basis]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for source in basis {
        let time = format_time(source.observed_at);
        parts.push(format!("{} of {time}, {}", source.source, age(case.now, source.observed_at)));
    }
    parts.join("; ")
}

/// Why rules about signing in do not apply in some partitions.
pub(super) const NO_CONSOLE: &str =
    "in AWS GovCloud (US) root has no console, so nobody can sign in as root";

/// The start of a remedy that only root can do.
pub(super) const AS_ROOT: &str = "In a standalone or management account only root can do this, and its sign-in is a use: \
                                  agree on a window first. Then sign in as root and open Security credentials";

/// How to remove a credential in a member account with central root access.
pub(super) const IN_A_MEMBER: &str = "In a member account of an organization with central root access, use sts:AssumeRoot \
                                      with the task policy IAMDeleteRootUserCredentials instead, and no user name";
