//! `policy` and `policy-on-default-branch`: the file that decides.

use chrono::{DateTime, Utc};

use super::seen::NotSeen;
use super::{Check, CheckId};
use crate::policy::{Policy, Window, warnings};
use crate::text;
use crate::text::{Text, outside, private, public};

/// What ends within so many days is announced.
const SOON_DAYS: i64 = 14;

/// The policy that was found.
#[derive(Debug)]
pub enum Found<'a> {
    /// A file, by the name that messages give it.
    File(&'a str, &'a Policy),
    /// There is none.
    BuiltIn,
    /// It cannot be used.
    Unusable {
        /// Why; a sentence without its full stop.
        what: Text,
        /// What to do.
        todo: Text,
    },
}

/// The policy at the tip of the default branch.
#[derive(Debug)]
pub enum AtTip {
    /// GitHub did not show it.
    NotSeen(NotSeen),
    /// There is none. `on_disk`: but there is one here.
    Absent {
        /// Whether there is one here.
        on_disk: bool,
    },
    /// There is one. `same`: the one that was found here.
    Valid {
        /// Its path.
        path: String,
        /// Whether it is the same as here; `None`: there is none here.
        same: Option<bool>,
    },
    /// It is not a policy.
    Broken {
        /// What is wrong; a sentence without its full stop.
        what: Text,
    },
    /// `--policy github:…`: no branch of this repository decides.
    Elsewhere(String),
}

/// Whether the policy is valid, and what in it may not do what its author intended.
#[must_use]
pub fn check(found: &Found<'_>, now: DateTime<Utc>) -> Vec<Check> {
    let id = CheckId::Policy;
    match found {
        Found::Unusable { what, todo } => vec![Check::problem(id, what.clone(), todo.clone())],
        Found::BuiltIn => vec![Check::warning(
            id,
            "there is no policy file, so the strict built-in rules judge the account of the credentials",
            "write one: rootgate policy init",
        )],
        Found::File(path, policy) => {
            let on = policy.rules.iter().filter(|rule| rule.on).count();
            let valid =
                text!("{} is valid: {} of {} rules are on", outside(path), on, policy.rules.len());
            let mut checks = vec![Check::ok(id, valid)];
            checks.extend(warnings(policy, now).into_iter().map(|warning| {
                let seen = text!(
                    "{}: {} (line {})",
                    public(warning.code),
                    private(warning.message),
                    warning.line
                );
                Check::warning(id, seen, outside(warning.help))
            }));
            checks.extend(endings(policy, now));
            checks
        }
    }
}

/// Waivers, exclusions and windows that have ended, or soon will.
fn endings(policy: &Policy, now: DateTime<Utc>) -> Vec<Check> {
    let today = now.date_naive();
    let dated = |what: Text, ends: chrono::NaiveDate, line: usize, then: &'static str| {
        let days = (ends - today).num_days();
        let seen = match days {
            ..0 => text!("{} ended on {} (line {})", what, public(ends), line),
            0..=SOON_DAYS => text!("{} ends on {} (line {})", what, public(ends), line),
            _ => return None,
        };
        Some(Check::warning(CheckId::Policy, seen, then))
    };
    let waivers = policy.waivers.iter().filter_map(|waiver| {
        let what = text!("the waiver of {}", public(waiver.rule));
        dated(
            what,
            waiver.expires,
            waiver.line,
            "mend what it covers, or agree on a new one; remove it once it has ended",
        )
    });
    let excluded = policy.organization.iter().flat_map(|organization| &organization.exclude);
    let excluded = excluded.filter_map(|exclude| {
        let what = text!("the exclusion of account {}", &exclude.account);
        dated(what, exclude.expires, exclude.line, "the account is judged again after that day")
    });
    let windows = policy.windows.iter().filter(|window| window.is_past(now)).map(past_window);
    waivers.chain(excluded).chain(windows).collect()
}

fn past_window(window: &Window) -> Check {
    let what =
        text!("the window `{}` never opens again (line {})", private(&window.id), window.line);
    Check::warning(CheckId::Policy, what, "keep it while it acknowledges a use, then remove it")
}

/// Whether the policy of the default branch is the one that people look at.
#[must_use]
pub fn check_tip(tip: &AtTip) -> Check {
    let id = CheckId::PolicyOnDefaultBranch;
    match tip {
        AtTip::NotSeen(unseen) => unseen.check(id, "the policy of the default branch"),
        AtTip::Absent { on_disk: true } => Check::problem(
            id,
            "the default branch has no policy, so the built-in rules judge and not the file here",
            "merge the file into the default branch",
        ),
        AtTip::Absent { on_disk: false } => Check::warning(
            id,
            "the default branch has no policy, so the strict built-in rules judge",
            "write one with `rootgate policy init`, and merge it",
        ),
        AtTip::Broken { what } => Check::problem(
            id,
            what.clone(),
            "rootgate policy check shows each problem; until it is mended nothing is judged",
        ),
        AtTip::Valid { path, same: Some(false) } => Check::warning(
            id,
            text!(
                "{} of the default branch differs from the file here, and it is the one that judges",
                outside(path)
            ),
            "compare them: rootgate policy diff --base",
        ),
        AtTip::Valid { path, .. } => {
            Check::ok(id, text!("the default branch has a valid {}", outside(path)))
        }
        AtTip::Elsewhere(repository) => {
            Check::ok(id, text!("the policy is in {}, not in this repository", outside(repository)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::model::parse_time;
    use crate::rules;

    fn statuses(text: &str) -> Vec<Status> {
        let now = parse_time("2026-11-20T09:00:00Z").unwrap();
        let policy = Policy::parse(text, "p.yaml", &rules::infos(), now).unwrap();
        check(&Found::File("p.yaml", &policy), now).into_iter().map(|it| it.status).collect()
    }

    #[test]
    fn what_soon_ends_is_a_warning() {
        let waiver = |expires: &str| {
            format!(
                "version: 1\nwaivers:\n  - rule: root-mfa-missing\n    accounts: [\"111122223333\"]\n    \
                 reason: x y\n    ticket: SEC-1\n    from: 2026-11-01\n    expires: {expires}\n"
            )
        };
        assert_eq!(statuses("version: 1\n"), [Status::Ok]);
        assert_eq!(statuses(&waiver("2026-12-04")), [Status::Ok, Status::Warning]);
        assert_eq!(statuses(&waiver("2026-11-19")), [Status::Ok, Status::Warning]);
        assert_eq!(statuses(&waiver("2026-12-05")), [Status::Ok]);
    }

    #[test]
    fn accounts_without_a_way_in_are_warned_of() {
        let text = "version: 1\nscope:\n  accounts:\n    - id: \"111122223333\"\n    - id: \"444455556666\"\n";
        assert_eq!(statuses(text), [Status::Ok, Status::Warning]);
    }

    #[test]
    fn the_tip_of_the_default_branch_decides() {
        let valid = |same| AtTip::Valid { path: "p".to_owned(), same };
        for (tip, status) in [
            (AtTip::Absent { on_disk: true }, Status::Problem),
            (AtTip::Absent { on_disk: false }, Status::Warning),
            (AtTip::Broken { what: "x".into() }, Status::Problem),
            (valid(Some(false)), Status::Warning),
            (valid(Some(true)), Status::Ok),
            (valid(None), Status::Ok),
        ] {
            assert_eq!(check_tip(&tip).status, status, "{tip:?}");
        }
    }
}
