//! `github-token`: what the token shows, by what it did not show.

use std::collections::BTreeSet;

use super::seen::{Cause, NotSeen};
use super::{Check, CheckId};
use crate::text;
use crate::text::{Text, outside, public};

const ID: CheckId = CheckId::GitHubToken;

/// Whether the token could read what was asked. `unseen`: everything that GitHub did not show.
#[must_use]
pub fn check(repository: Option<&str>, unseen: &[&NotSeen]) -> Check {
    let Some(repository) = repository else {
        return Check::not_checked(
            ID,
            "it is not known which repository on GitHub this is",
            "run this in a clone whose remote `origin` is on GitHub, or set GITHUB_REPOSITORY to its owner \
             and name",
        );
    };
    let of = |cause| unseen.iter().find(|it| it.cause == cause);
    if let Some(none) = of(Cause::NotAsked) {
        return Check::not_checked(ID, none.what.clone(), none.todo.clone());
    }
    if let Some(bad) = of(Cause::BadToken) {
        return Check::problem(
            ID,
            text!("GitHub does not accept the token: {}", &bad.what),
            bad.todo.clone(),
        );
    }
    let refused = unseen.iter().filter(|it| it.cause == Cause::Refused);
    let lacking: BTreeSet<&str> = refused.map(|it| it.permission.name()).collect();
    if !lacking.is_empty() {
        let lacking = Text::joined(lacking.into_iter().map(public), ", ");
        return Check::warning(
            ID,
            text!("the token may read {}, but lacks {}", outside(repository), &lacking),
            text!("give the job {} (`permissions:` of the workflow) to check the rest", lacking),
        );
    }
    if let Some(failed) = of(Cause::Failed) {
        return Check::not_checked(
            ID,
            text!("not everything that was asked was answered: {}", &failed.what),
            failed.todo.clone(),
        );
    }
    if let Some(hidden) = unseen.iter().find(|it| it.cause == Cause::NotFound) {
        let permission = public(hidden.permission.name());
        return Check::not_checked(
            ID,
            text!("GitHub shows nothing where something must be: {}", &hidden.what),
            text!("make sure that the token is for this repository and has {}", permission),
        );
    }
    Check::ok(ID, text!("the token reads everything that is asked of {}", outside(repository)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::doctor::seen::Permission;

    #[test]
    fn the_worst_answer_decides() {
        let unseen = |cause, permission| NotSeen {
            cause,
            permission,
            what: "GitHub answered".into(),
            todo: "do".into(),
        };
        let refused = unseen(Cause::Refused, Permission::Actions);
        let failed = unseen(Cause::Failed, Permission::Contents);
        let bad = unseen(Cause::BadToken, Permission::Metadata);
        let hidden = unseen(Cause::NotFound, Permission::Contents);
        let status = |unseen: &[&NotSeen]| check(Some("octo-org/octo-repo"), unseen).status;
        assert_eq!(status(&[]), Status::Ok);
        assert_eq!(status(&[&failed, &refused]), Status::Warning);
        assert_eq!(status(&[&refused, &bad]), Status::Problem);
        assert_eq!(status(&[&failed]), Status::NotChecked);
        assert_eq!(status(&[&hidden]), Status::NotChecked);
        assert_eq!(check(None, &[]).status, Status::NotChecked);
        let seen = check(Some("o/r"), &[&refused]).seen.to_string();
        assert!(seen.ends_with("but lacks actions: read"), "{seen}");
    }
}
