//! Warnings: what is valid but perhaps not intended. `policy check` prints them and exits 0.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::combined::{self, Overlap, Timed};
use super::error::visible;
use super::types::{KeyCreated, Policy, RulePolicy, WaiverSubject, When, Window};
use crate::model::Audit;
use crate::model::{AccountId, Source, format_time};

/// Maximum number of windows named per group.
const SHOWN: usize = 4;
/// Nothing but a sign-in happens in this time.
const MOMENT: TimeDelta = TimeDelta::seconds(1);

/// Something in a valid policy that may not do what its author intended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyWarning {
    /// What kind, in kebab-case: `outside-scope`.
    pub code: &'static str,
    /// One sentence without its full stop. Words of the policy in it are escaped.
    pub message: String,
    /// 1-based line.
    pub line: usize,
    /// What to write instead, or to make sure of.
    pub help: String,
}

/// Everything in the policy that may not do what its author intended, in line order.
///
/// `now` only sets where the search through schedules starts.
#[must_use]
pub fn warnings(policy: &Policy, now: DateTime<Utc>) -> Vec<PolicyWarning> {
    let mut warnings = Vec::new();
    nothing_judges(policy, &mut warnings);
    outside_scope(policy, &mut warnings);
    without_sign_in(policy, &mut warnings);
    members_not_visible(policy, &mut warnings);
    overlapping(policy, now, &mut warnings);
    keys_by_day(policy, &mut warnings);
    warnings.sort_by_key(|warning| warning.line);
    warnings
}

/// A policy with which every check passes, whatever is true of root.
fn nothing_judges(policy: &Policy, warnings: &mut Vec<PolicyWarning>) {
    let can_judge = |rule: &&RulePolicy| {
        let from_events_alone = rule.info.needs == [Source::RootEvents];
        let has_events = policy.root_events.is_some() || !from_events_alone;
        let tolerates = |id| policy.waivers.iter().any(|waiver| waiver.rule == id);
        rule.on && has_events && rule.info.only_if_waived.is_none_or(tolerates)
    };
    if policy.rules.iter().any(|rule| can_judge(&rule)) {
        return;
    }
    let message = match policy.rules.iter().any(|rule| rule.on) {
        true => "no enabled rule can judge anything, so a check with this policy always passes",
        false => "every rule is off, so a check with this policy always passes",
    };
    warnings.push(PolicyWarning {
        code: "nothing-judged",
        message: message.to_owned(),
        line: policy.lines.get("rules").copied().unwrap_or(1),
        help: "turn on the rules that must hold; a rule is on unless it is `off`".to_owned(),
    });
}

/// Accounts of windows and waivers that a policy with a scope never judges. Which accounts an
/// organization has, only AWS knows.
fn outside_scope(policy: &Policy, warnings: &mut Vec<PolicyWarning>) {
    let windows = policy.windows.iter().map(|window| {
        (format!("window `{}`", visible(&window.id)), window.accounts.as_deref(), window.line)
    });
    let waivers = policy.waivers.iter().map(|waiver| {
        (format!("the waiver of {}", waiver.rule), Some(&*waiver.accounts), waiver.line)
    });
    for (what, accounts, line) in windows.chain(waivers) {
        let outside = accounts.into_iter().flatten().filter(|id| !policy.may_judge(id));
        let outside: Vec<&str> = outside.map(AccountId::as_str).collect();
        if outside.is_empty() {
            continue;
        }
        let is = if outside.len() == 1 { "is" } else { "are" };
        warnings.push(PolicyWarning {
            code: "outside-scope",
            message: format!("{what} names {}, which {is} outside the scope", outside.join(", ")),
            line,
            help: "check the id, or add the account to `scope.accounts`".to_owned(),
        });
    }
}

/// Of several accounts without a role, only the one that the run's own credentials belong to can
/// be signed in to. In an organization its roles may be a way in.
fn without_sign_in(policy: &Policy, warnings: &mut Vec<PolicyWarning>) {
    if policy.judges_an_organization() {
        return;
    }
    let without: Vec<_> =
        policy.scope.iter().filter(|account| account.role_arn.is_none()).collect();
    if without.len() < 2 {
        return;
    }
    let ids: Vec<&str> = without.iter().map(|account| account.id.as_str()).collect();
    for account in without.iter().skip(1) {
        warnings.push(PolicyWarning {
            code: "no-sign-in",
            message: format!(
                "nothing can sign in to more than one of the accounts {}: they have no `role-arn`, so each \
                 must be the run's own",
                ids.join(", ")
            ),
            line: account.line,
            help: format!(
                "add `role-arn: \"arn:aws:iam::{}:role/rootgate\"`; an account that rootgate cannot sign in to is \
                 undetermined",
                account.id
            ),
        });
    }
}

/// Events of members that no route can read.
fn members_not_visible(policy: &Policy, warnings: &mut Vec<PolicyWarning>) {
    let audit = policy.organization.as_ref().map(|organization| organization.audit);
    let members = policy.root_events.as_ref().is_some_and(|events| events.members);
    if !members || audit != Some(Audit::AssumeRoot) {
        return;
    }
    let line = policy.lines.get("evidence.root-events.members").copied().unwrap_or(1);
    warnings.push(PolicyWarning {
        code: "members-not-visible",
        message: "`members: true` reads no events: with `audit: assume-root` the events of member accounts are not \
                  visible"
            .to_owned(),
        line,
        help: "remove `members`, or enter the members by a role: `audit: assume-role` or `audit: auto`"
            .to_owned(),
    });
}

/// Windows of one account that are open at the same time, each group once: a use is covered where
/// one of them allows it.
fn overlapping(policy: &Policy, now: DateTime<Utc>, warnings: &mut Vec<PolicyWarning>) {
    let compared = policy.windows.iter().filter(|window| !only_waives_mfa(policy, window));
    let compared: Vec<&Window> = compared.collect();
    let timed: Vec<Timed<'_>> = compared.iter().map(|window| Timed::from_window(window)).collect();
    for Overlap { members, at, account } in combined::overlaps(&timed, now.date_naive()) {
        let members: Vec<&Window> = members.iter().map(|index| compared[*index]).collect();
        let [first, second, more @ ..] = &members[..] else { continue };
        let whose = match account {
            Some(account) => format!("for account {account} "),
            None => String::new(),
        };
        let (at, named) = (format_time(at), |it: &&Window| visible(&it.id));
        let message = if more.is_empty() {
            format!(
                "window `{}` overlaps window `{}` of line {}: both are open {whose}at {at}",
                named(second),
                named(first),
                first.line
            )
        } else {
            let shown = members.iter().take(SHOWN);
            let shown: Vec<String> =
                shown.map(|it| format!("`{}` (line {})", named(it), it.line)).collect();
            let rest = match members.len().saturating_sub(SHOWN) {
                0 => String::new(),
                rest => format!(" and {rest} more"),
            };
            format!(
                "{} windows overlap: {}{rest}; the first two that do are open {whose}at {at}",
                members.len(),
                shown.join(", ")
            )
        };
        warnings.push(PolicyWarning {
            code: "overlapping-windows",
            message,
            line: second.line,
            help: "a use is allowed if any of them allows it, and `limits.window` counts them as one window"
                .to_owned(),
        });
    }
}

/// Whether a window, as suggested by a finding, only excuses the moment of a sign-in without MFA
/// inside another window.
fn only_waives_mfa(policy: &Policy, window: &Window) -> bool {
    let When::Once { from, to } = window.when else { return false };
    let lies_around = |other: &&Window| match other.when {
        When::Once { from: opens, to: closes } => opens <= from && to <= closes,
        When::Recurring(_) => false,
    };
    !window.require_mfa
        && !window.allow.access_key
        && to - from <= MOMENT
        && policy.windows.iter().filter(lies_around).any(|other| {
            other.require_mfa && other.allow.sign_in && other.accounts == window.accounts
        })
}

/// Keys that are named by a day: two keys may have been made on that day.
fn keys_by_day(policy: &Policy, warnings: &mut Vec<PolicyWarning>) {
    for waiver in &policy.waivers {
        let Some(WaiverSubject::AccessKeyCreated(KeyCreated::On(day))) = waiver.subject else {
            continue;
        };
        warnings.push(PolicyWarning {
            code: "key-by-day",
            message: format!(
                "the waiver of {} names a key by its day, {day}: if two keys were made that day, active or \
                 not, it covers neither",
                waiver.rule
            ),
            line: waiver.line,
            help: format!(
                "write the time, as the finding and the credential report say it: \
                 `access-key-created: {day}T10:00:00Z`"
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::warnings;
    use crate::model::parse_time;
    use crate::policy::Policy;
    use crate::policy::tests::rules::RULES;

    /// `code line`, one per warning.
    fn warned(text: &str) -> Vec<String> {
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        let policy = Policy::parse(text, "p.yaml", RULES, now);
        let policy = policy.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        let warnings = warnings(&policy, now);
        assert!(warnings.iter().all(|it| !it.help.is_empty() && !it.message.is_empty()));
        warnings.iter().map(|it| format!("{} {}", it.code, it.line)).collect()
    }

    const ROLE: &str = "role-arn: \"arn:aws:iam::111122223333:role/r\"";

    fn scope(accounts: &str) -> String {
        format!("version: 1\nscope:\n  accounts:\n{accounts}")
    }

    #[test]
    fn accounts_outside_a_named_scope_are_a_warning() {
        let rest = "windows:
  - { id: a, reason: r, ticket: t, accounts: [\"444455556666\", \"111122223333\"], from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }
  - { id: b, reason: r, ticket: t, from: 2026-11-21T09:00:00Z, to: 2026-11-21T10:00:00Z }
waivers:
  - { rule: root-mfa-missing, accounts: [\"444455556666\"], reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-01 }
";
        let named = scope("    - { id: \"111122223333\" }\n");
        assert_eq!(warned(&(named + rest)), ["outside-scope 6", "outside-scope 9"]);
        assert_eq!(
            warned(&format!("version: 1\n{rest}")),
            [""; 0],
            "no scope, nothing is outside it"
        );
    }

    #[test]
    fn accounts_that_an_organization_may_have_are_not_a_warning() {
        let organization = "  organization: { member-role: rootgate }\n";
        let rest = "windows:
  - { id: a, reason: r, ticket: t, accounts: [\"444455556666\"], from: 2026-11-20T09:00:00Z, to: 2026-11-20T10:00:00Z }
waivers:
  - { rule: root-mfa-missing, accounts: [\"123456789012\"], reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-01 }
";
        let two = scope("    - { id: \"111122223333\" }\n    - { id: \"222233334444\" }\n");
        let alone = format!("version: 1\nscope:\n{organization}");
        for organization_policy in [two.clone() + organization, alone] {
            assert_eq!(warned(&(organization_policy + rest)), [""; 0]);
        }
        let codes = ["no-sign-in 5", "outside-scope 7", "outside-scope 9"];
        assert_eq!(warned(&(two + rest)), codes, "the control: without it");
    }

    #[test]
    fn events_of_members_that_no_route_sees_are_a_warning() {
        let members = |audit: &str| {
            format!(
                "version: 1\nscope: {{ organization: {{ member-role: r, audit: {audit} }} }}\nevidence:\n  root-events:\n    members: true\n"
            )
        };
        assert_eq!(warned(&members("assume-root")), ["members-not-visible 5"]);
        for audit in ["assume-role", "auto"] {
            assert_eq!(warned(&members(audit)), [""; 0]);
        }
    }

    #[test]
    fn accounts_that_nothing_can_sign_in_to_are_a_warning() {
        let one = "    - { id: \"444455556666\" }\n";
        let with = format!("    - {{ id: \"111122223333\", {ROLE} }}\n");
        assert_eq!(warned(&scope(&format!("{with}{one}"))), [""; 0], "one may be the run's own");
        let two = scope(&format!("{one}{with}    - id: \"123456789012\"\n"));
        assert_eq!(warned(&two), ["no-sign-in 6"]);
    }

    #[test]
    fn windows_that_are_open_at_the_same_time_are_a_warning() {
        let windows = |windows: &str| format!("version: 1\nwindows:\n{windows}");
        let at = |id: &str, accounts: &str, from: &str, to: &str| {
            format!(
                "  - {{ id: {id}, reason: r, ticket: t, {accounts}from: 2026-11-20T{from}:00Z, to: 2026-11-20T{to}:00Z }}\n"
            )
        };
        let (one, other) = ("accounts: [\"111122223333\"], ", "accounts: [\"444455556666\"], ");
        let both = |first, second| {
            windows(&(at("a", first, "09:00", "11:00") + &at("b", second, "10:00", "12:00")))
        };
        assert_eq!(warned(&both("", "")), ["overlapping-windows 4"]);
        assert_eq!(warned(&both(one, "")), ["overlapping-windows 4"]);
        assert_eq!(warned(&both(one, other)), [""; 0]);
        let touching = at("a", "", "09:00", "10:00") + &at("b", "", "10:00", "12:00");
        assert_eq!(warned(&windows(&touching)), [""; 0]);
        let drill = "  - { id: d, reason: r, schedule: { week: last, days: [mon], from: \"09:00\", to: \"10:00\", timezone: UTC } }
  - { id: e, reason: r, schedule: { days: [mon], from: \"09:30\", to: \"10:30\", timezone: UTC } }\n";
        assert_eq!(warned(&windows(drill)), ["overlapping-windows 4"]);
    }

    #[test]
    fn overlapping_windows_are_one_warning_per_group() {
        let all = |windows: &str| {
            let text = format!("version: 1\nwindows:\n{windows}");
            let now = parse_time("2026-11-20T12:00:00Z").unwrap();
            let policy = Policy::parse(&text, "p.yaml", RULES, now);
            let policy = policy.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
            warnings(&policy, now)
        };
        let window = |id: &str, account: &str, day: u32, hour: u32| {
            let whose = if account.is_empty() {
                String::new()
            } else {
                format!("accounts: [\"{account}\"], ")
            };
            format!(
                "  - {{ id: {id}, reason: r, ticket: t, {whose}from: 2026-11-{day}T{hour:02}:00:00Z, to: 2026-11-{day}T{:02}:00:00Z }}\n",
                hour + 2
            )
        };
        let (one, other) = ("111122223333", "444455556666");
        // Each of the first six overlaps the next one; the two of another day are a group of their own.
        let chain: String = (0..6).map(|at| window(&format!("w{at}"), one, 20, at)).collect();
        let chain = chain
            + &window("x", one, 22, 9)
            + &window("y", one, 22, 10)
            + &window("z", other, 22, 9);
        let found = all(&chain);
        let messages: Vec<&str> = found.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "6 windows overlap: `w0` (line 3), `w1` (line 4), `w2` (line 5), `w3` (line 6) and 2 more; the first \
                 two that do are open for account 111122223333 at 2026-11-20T01:00:00Z",
                "window `y` overlaps window `x` of line 9: both are open for account 111122223333 at \
                 2026-11-22T10:00:00Z",
            ]
        );
        // A window of every account that overlaps one of each is one group.
        let shared =
            window("a", one, 20, 9) + &window("b", other, 20, 9) + &window("all", "", 20, 9);
        let found = all(&shared);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.starts_with("3 windows overlap: `a` (line 3), `b` (line 4), `all`")
        );
        // A moment that is excused from MFA, inside of the window of its session.
        let moment = |rest: &str| {
            format!(
                "  - {{ id: m, reason: r, ticket: t, accounts: [\"{one}\"], from: 2026-11-20T09:10:00Z, to: 2026-11-20T09:10:01Z{rest} }}\n"
            )
        };
        let around = window("a", one, 20, 9);
        assert_eq!(all(&(around.clone() + &moment(", require-mfa: false"))), []);
        assert_eq!(all(&(around + &moment(""))).len(), 1);
        // Those that only touch are none.
        assert_eq!(all(&(window("a", one, 20, 9) + &window("b", one, 20, 11))), []);
    }

    #[test]
    fn a_key_that_is_named_by_its_day_is_a_warning() {
        let waiver = |made: &str| {
            format!(
                "version: 1\nwaivers:\n  - {{ rule: root-access-key-active, accounts: [\"111122223333\"], subject: {{ access-key-created: {made} }}, reason: r, ticket: t, from: 2026-11-01, expires: 2026-12-01 }}\n"
            )
        };
        assert_eq!(warned(&waiver("2019-05-02")), ["key-by-day 3"]);
        assert_eq!(warned(&waiver("2019-05-02T10:00:00Z")), [""; 0]);
    }
}
