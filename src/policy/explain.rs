//! The effective policy in words: what is judged, what blocks, every rule with where its setting
//! comes from, when windows are open, how long waivers last, and whether root may act at an
//! instant. Meant to be pasted into a change ticket.

use std::fmt::Write as _;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::organization::{Exclude, OrganizationScope};
use super::schedule::{Opening, Schedule};
use super::types::{
    KeyCreated, OnUndetermined, OnWeaker, Policy, Regions, RulePolicy, Waiver, WaiverSubject, When,
    Window,
};

use crate::model::Audit;
use crate::model::{AccountId, Duration, UseKind, format_time};

/// Maximum number of openings listed for a schedule.
const SHOWN_OPENINGS: usize = 4;

/// The effective policy as plain text of several paragraphs, ending with a line break.
///
/// `at` is the instant that "now" means. With `account`, windows and waivers of other accounts
/// are left out. Holds text of the policy, which has no control characters.
#[must_use]
pub fn explain(policy: &Policy, at: DateTime<Utc>, account: Option<&AccountId>) -> String {
    let explain = Explain { policy, at, account };
    let mut out = format!("As of {}\n", format_time(at));
    for (title, lines) in [
        ("What is judged", explain.scope()),
        ("What blocks", explain.gate()),
        ("Rules", explain.rules()),
        ("Windows", explain.windows()),
        ("Waivers", explain.waivers()),
        ("May root act at this instant?", explain.now()),
    ] {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n{title}\n");
        for line in lines {
            let _ = writeln!(out, "  {}", line.trim_end());
        }
    }
    out
}

struct Explain<'a> {
    policy: &'a Policy,
    at: DateTime<Utc>,
    account: Option<&'a AccountId>,
}

impl Explain<'_> {
    fn scope(&self) -> Vec<String> {
        if !self.policy.names_scope() {
            return vec![
                "The account that the credentials belong to; the policy names none.".to_owned(),
            ];
        }
        let accounts =
            self.policy.scope.iter().filter(|a| self.account.is_none_or(|id| *id == a.id));
        let mut lines: Vec<String> = accounts
            .map(|account| {
                let role = account.role_arn.as_deref().unwrap_or("the run's own credentials");
                format!("{}, with {role} (line {})", self.named(&account.id), account.line)
            })
            .collect();
        if let Some(organization) = &self.policy.organization {
            match self.account.filter(|_| lines.is_empty()) {
                Some(id) => lines.extend(self.in_organization(organization, id)),
                None if self.account.is_none() => lines.extend(self.organization(organization)),
                None => {}
            }
        } else if let Some(id) = self.account.filter(|_| lines.is_empty()) {
            lines.push(format!("{id} is not in the scope, so it is not judged."));
        }
        lines
    }

    /// The accounts of an organization, and how each is entered.
    fn organization(&self, organization: &OrganizationScope) -> Vec<String> {
        let also = if self.policy.scope.is_empty() { "" } else { "other " };
        let mut lines = vec![format!(
            "Every {also}usable account of the organization (line {}).",
            organization.line
        )];
        lines.extend(self.entered(organization));
        if let Some(grace) = organization.new_account_grace {
            lines.push(format!(
                "An account that joined less than {grace} ago and cannot be entered yet is skipped ({}).",
                self.written("scope.organization.new-account-grace")
            ));
        }
        lines.extend(organization.exclude.iter().map(|exclude| self.excluded(exclude)));
        lines
    }

    fn entered(&self, organization: &OrganizationScope) -> Vec<String> {
        let audit = self.written("scope.organization.audit");
        let role = organization.member_role.as_deref().unwrap_or_default();
        let members = match organization.audit {
            Audit::AssumeRole => format!("by the role {role}"),
            Audit::AssumeRoot => {
                "by sts:AssumeRoot, which shows no use, sign-in or change".to_owned()
            }
            Audit::Auto => format!(
                "by the role {role}; if that fails, by sts:AssumeRoot, which shows no use, sign-in or change"
            ),
        };
        let management = organization.management_role().unwrap_or_default();
        vec![
            format!("Its member accounts are entered {members} ({audit})."),
            format!(
                "Its management account is entered by the run's own credentials, or by the role {management}."
            ),
        ]
    }

    fn excluded(&self, exclude: &Exclude) -> String {
        let Exclude { account, reason, expires, line } = exclude;
        if exclude.is_over(self.at.date_naive()) {
            return format!(
                "{account} is judged again: its exclusion ended on {expires} (UTC): {reason} (line {line})"
            );
        }
        format!("{account} is not judged until the end of {expires} (UTC): {reason} (line {line})")
    }

    /// An account that may belong to the organization.
    fn in_organization(&self, organization: &OrganizationScope, id: &AccountId) -> Vec<String> {
        let exclude = organization.exclude.iter().find(|exclude| exclude.account == *id);
        if let Some(exclude) = organization.excluded(id, self.at.date_naive()) {
            return vec![self.excluded(exclude)];
        }
        let judged = format!(
            "{id}, if it is a usable account of the organization (line {}).",
            organization.line
        );
        let lines = [judged].into_iter().chain(exclude.map(|exclude| self.excluded(exclude)));
        lines.chain(self.entered(organization)).collect()
    }

    /// `111122223333 (prod)`.
    fn named(&self, id: &AccountId) -> String {
        let account = self.policy.scope.iter().find(|account| account.id == *id);
        match account.and_then(|account| account.name.as_deref()) {
            Some(name) => format!("{id} ({name})"),
            None => id.to_string(),
        }
    }

    fn written(&self, key: &str) -> String {
        match self.policy.lines.get(key) {
            Some(line) => format!("line {line}"),
            None => "default".to_owned(),
        }
    }

    fn gate(&self) -> Vec<String> {
        let gate = &self.policy.gate;
        let mut lines = vec![format!(
            "Findings of severity {} and above block ({}).",
            gate.fail_on,
            self.written("gate.fail-on")
        )];
        lines.push(match gate.on_undetermined {
            OnUndetermined::Fail => {
                format!("A missing fact blocks as well ({}).", self.written("gate.on-undetermined"))
            }
            OnUndetermined::Warn => format!(
                "A missing fact blocks only for critical rules, and for an account where nothing could be read ({}).",
                self.written("gate.on-undetermined")
            ),
        });
        lines.push(match gate.on_weaker {
            OnWeaker::Fail => format!(
                "A pull request that weakens this policy blocks as well ({}).",
                self.written("gate.on-weaker")
            ),
            OnWeaker::Warn => format!(
                "A pull request that weakens this policy is reported and does not block ({}).",
                self.written("gate.on-weaker")
            ),
        });
        lines.push(format!(
            "A fact older than {} does not count ({}).",
            self.policy.max_age,
            self.written("evidence.max-age")
        ));
        let line = self.written("evidence.root-events");
        lines.push(match &self.policy.root_events {
            None => format!("CloudTrail events are not read ({line})."),
            Some(events) => format!(
                "CloudTrail events of the last {} are read in {} ({line}).",
                events.lookback,
                match &events.regions {
                    Regions::Default =>
                        "the sign-in Regions, and in all Regions once root was used or has a key"
                            .to_owned(),
                    Regions::All => "all enabled Regions".to_owned(),
                    Regions::Named(regions) =>
                        format!("{} and the sign-in Regions", regions.join(", ")),
                }
            ),
        });
        if let (Some(events), true) =
            (&self.policy.root_events, self.policy.judges_an_organization())
        {
            let line = self.written("evidence.root-events.members");
            lines.push(match events.members {
                true => format!("Those of the organization's member accounts are read, too ({line})."),
                false => format!(
                    "Those of the organization's member accounts are not read: facts that only events show are not judged \
                     there ({line})."
                ),
            });
        }
        if let Some(day) = gate.enforce_from {
            let line = self.written("gate.enforce-from");
            lines.push(if self.at.date_naive() < day {
                format!("Until {day} (UTC) the gate reports and exits 0 ({line}).")
            } else {
                format!("The gate has blocked since {day} (UTC) ({line}).")
            });
        }
        lines
    }

    fn rules(&self) -> Vec<String> {
        let width = self.policy.rules.iter().map(|rule| rule.info.id.0.len()).max().unwrap_or(0);
        let header =
            format!("{:width$}  {:3}  {:8}  {:12}  from", "rule", "", "severity", "threshold");
        let rows = self.policy.rules.iter().map(|rule| {
            let on = if rule.on { "on" } else { "off" };
            let threshold = match (rule.info.threshold, rule.threshold) {
                (Some(own), Some(value)) => format!("{} {value}", own.key),
                _ => "-".to_owned(),
            };
            format!(
                "{:width$}  {on:3}  {:8}  {threshold:12}  {}",
                rule.info.id,
                rule.severity,
                rule_source(rule)
            )
        });
        std::iter::once(header).chain(rows).collect()
    }

    fn windows(&self) -> Vec<String> {
        let mut windows: Vec<&Window> =
            self.policy.windows.iter().filter(|w| self.concerns(w)).collect();
        windows.sort_by_key(|window| (self.next(window).map(|next| next.from), window.line));
        if windows.is_empty() {
            return vec!["None: every use of root is a finding.".to_owned(), self.limits()];
        }
        let windows = windows.into_iter().flat_map(|window| self.window(window));
        windows.chain([self.limits()]).collect()
    }

    /// How long windows may be open together.
    fn limits(&self) -> String {
        let limits = &self.policy.limits;
        format!(
            "In one account at most {} at a time ({}), windows that touch or overlap together, and {} in any 30 \
             days ({}).",
            limits.window,
            self.written("limits.window"),
            limits.window_total,
            self.written("limits.window-total")
        )
    }

    fn concerns(&self, window: &Window) -> bool {
        self.account.is_none_or(|account| window.is_for(account))
    }

    /// The opening that contains the instant, else the next one.
    fn next(&self, window: &Window) -> Option<Opening> {
        let opening = window.openings(self.at).next()?;
        Some(self.remaining(opening, |at| window.is_open(at)))
    }

    /// An opening as it is still to come: in the night in which clocks go back it may be closed by
    /// the clock at the instant, and open again before its end.
    fn remaining(&self, opening: Opening, is_open: impl Fn(DateTime<Utc>) -> bool) -> Opening {
        if self.at < opening.from || is_open(self.at) {
            return opening;
        }
        let whole = self.at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(self.at);
        let mut later = (1..=24 * 60).map(|minutes| whole + TimeDelta::minutes(minutes));
        let again = later.find(|at| is_open(*at)).filter(|at| *at < opening.to);
        Opening { from: again.unwrap_or(opening.to), ..opening }
    }

    /// What it allows, then its openings: the one-off one, or the next few.
    fn window(&self, window: &Window) -> Vec<String> {
        let accounts = match &window.accounts {
            None => "all accounts".to_owned(),
            Some(accounts) => {
                accounts.iter().map(|id| self.named(id)).collect::<Vec<_>>().join(", ")
            }
        };
        let allowed = UseKind::ALL.iter().filter(|kind| allows(window, **kind));
        let allowed: Vec<_> = allowed.map(|kind| kind.id()).collect();
        let ticket =
            window.ticket.as_deref().map(|ticket| format!("{ticket}: ")).unwrap_or_default();
        let mut lines = vec![
            format!(
                "{}: {} in {accounts} (line {})",
                window.id,
                allowed.join(" and "),
                window.line
            ),
            format!("    {ticket}{}", window.reason),
        ];
        if let Some(actions) = &window.allow.actions {
            lines.push(format!("    changes only by {}", actions.join(", ")));
        }
        if !window.require_mfa {
            lines.push("    signing in without MFA is not a finding during this window".to_owned());
        }
        match &window.when {
            When::Once { from, to } => {
                lines.push(format!("    {}: {}", span(*from, *to), self.state(*from, *to)));
            }
            When::Recurring(schedule) => {
                lines.push(format!("    {schedule}"));
                lines.extend(self.calendar(schedule));
            }
        }
        lines
    }

    /// The next openings of a schedule, in its zone and in UTC.
    fn calendar(&self, schedule: &Schedule) -> Vec<String> {
        let openings = schedule.openings(self.at).take(SHOWN_OPENINGS).collect::<Vec<_>>();
        if openings.is_empty() {
            return vec!["      never opens again".to_owned()];
        }
        let local = |at: DateTime<Utc>| {
            at.with_timezone(&schedule.timezone).format("%a %Y-%m-%d %H:%M %Z").to_string()
        };
        openings
            .into_iter()
            .map(|opening| self.remaining(opening, |at| schedule.is_open(at)))
            .map(|Opening { from, to }| {
                format!("      {} = {}: {}", local(from), span(from, to), self.state(from, to))
            })
            .collect()
    }

    fn state(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
        if self.at < from {
            format!("opens in {}", between(self.at, from))
        } else if self.at < to {
            format!("open for another {}", between(self.at, to))
        } else {
            "past".to_owned()
        }
    }

    fn waivers(&self) -> Vec<String> {
        let waivers = self.policy.waivers.iter();
        let lines: Vec<String> = waivers
            .filter(|waiver| self.account.is_none_or(|account| waiver.accounts.contains(account)))
            .flat_map(|waiver| self.waiver(waiver))
            .collect();
        if lines.is_empty() { vec!["None.".to_owned()] } else { lines }
    }

    fn waiver(&self, waiver: &Waiver) -> [String; 2] {
        let today = self.at.date_naive();
        let state = if today < waiver.from {
            format!("begins in {}", days((waiver.from - today).num_days()))
        } else if today <= waiver.expires {
            // The last day is included.
            format!("{} left", days((waiver.expires - today).num_days() + 1))
        } else {
            "expired".to_owned()
        };
        let accounts =
            waiver.accounts.iter().map(|id| self.named(id)).collect::<Vec<_>>().join(", ");
        [
            format!("{}{} in {accounts}", waiver.rule, subject(waiver.subject)),
            format!(
                "    {} to {}: {state}; {}: {} (line {})",
                waiver.from, waiver.expires, waiver.ticket, waiver.reason, waiver.line
            ),
        ]
    }

    /// For each account and kind of use: whether a window covers it at the instant.
    fn now(&self) -> Vec<String> {
        let accounts: Vec<&AccountId> = match self.account {
            Some(account) => vec![account],
            None => self.policy.scope.iter().map(|account| &account.id).collect(),
        };
        let mut accounts: Vec<Option<&AccountId>> = accounts.into_iter().map(Some).collect();
        if accounts.is_empty() || (self.account.is_none() && self.policy.judges_an_organization()) {
            accounts.push(None);
        }
        let each = |account| UseKind::ALL.iter().map(move |kind| self.permission(account, *kind));
        accounts.into_iter().flat_map(each).collect()
    }

    fn permission(&self, account: Option<&AccountId>, kind: UseKind) -> String {
        let concerns = |window: &&Window| {
            allows(window, kind)
                && match account {
                    Some(account) => window.is_for(account),
                    // No account is known: only what holds for all of them.
                    None => window.accounts.is_none(),
                }
        };
        let whose = account.map_or("any account".to_owned(), |account| self.named(account));
        let what = match kind {
            UseKind::SignIn => "sign-in",
            UseKind::AccessKey => "use of an access key",
        };
        let windows = || self.policy.windows.iter().filter(concerns);
        if let Some(open) = windows().find(|window| window.is_open(self.at)) {
            let until = self.next(open).map(|opening| format_time(opening.to)).unwrap_or_default();
            return format!("{whose}, {what}: yes, window {} is open until {until}.", open.id);
        }
        let openings = windows().filter_map(|window| Some((window, self.next(window)?)));
        match openings.min_by_key(|(_, opening)| opening.from) {
            Some((next, opening)) => format!(
                "{whose}, {what}: no window is open; the next is {}, from {}.",
                next.id,
                format_time(opening.from)
            ),
            None => format!("{whose}, {what}: no window is open, and none is planned."),
        }
    }
}

fn rule_source(rule: &RulePolicy) -> String {
    let Some(line) = rule.line else { return "default".to_owned() };
    let default = RulePolicy::default_of(rule.info);
    let mut changed = Vec::new();
    if rule.severity != default.severity {
        changed.push(default.severity.to_string());
    }
    if let (true, Some(threshold)) = (rule.threshold != default.threshold, default.threshold) {
        changed.push(threshold.to_string());
    }
    if changed.is_empty() {
        format!("line {line}")
    } else {
        format!("line {line} (default {})", changed.join(", "))
    }
}

fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    format!("{} to {}", format_time(from), format_time(to))
}

fn allows(window: &Window, kind: UseKind) -> bool {
    match kind {
        UseKind::SignIn => window.allow.sign_in,
        UseKind::AccessKey => window.allow.access_key,
    }
}

fn subject(subject: Option<WaiverSubject>) -> String {
    match subject {
        None => String::new(),
        Some(WaiverSubject::AccessKeyCreated(KeyCreated::On(day))) => {
            format!(", the only key of {day},")
        }
        Some(WaiverSubject::AccessKeyCreated(made)) => format!(", key of {made},"),
        Some(WaiverSubject::CertificateUploaded(day)) => format!(", certificate of {day},"),
        Some(WaiverSubject::Use(kind)) => format!(", {},", kind.id()),
    }
}

/// The time from one instant to a later one, in whole minutes.
fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let minutes = u64::try_from((to - from).num_minutes()).unwrap_or_default();
    if minutes == 0 {
        "less than a minute".to_owned()
    } else {
        Duration::seconds(minutes * 60).to_string()
    }
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::policy::fields;
    use crate::policy::tests::rules::RULES;

    fn example() -> Policy {
        let text = include_str!("../../policy.example.yaml");
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        Policy::parse(text, "policy.example.yaml", RULES, now).unwrap()
    }

    fn explained(at: &str, account: Option<&str>) -> String {
        let account = account.map(|id| id.parse().unwrap());
        explain(&example(), parse_time(at).unwrap(), account.as_ref())
    }

    #[test]
    fn every_key_of_the_gate_is_shown_with_its_line() {
        for field in fields::GATE {
            let text = format!("version: 1\ngate:\n  {}: {}\n", field.key, field.example);
            let now = parse_time("2026-11-20T12:00:00Z").unwrap();
            let policy = Policy::parse(&text, "p.yaml", RULES, now).unwrap();
            let text = explain(&policy, now, None);
            assert!(text.contains("(line 3)"), "{}: {text}", field.key);
        }
    }

    #[test]
    fn the_example_is_explained_line_by_line() {
        let expected = "As of 2026-11-20T12:00:00Z

What is judged
  111122223333 (prod), with arn:aws:iam::111122223333:role/rootgate (line 10)
  444455556666 (billing), with arn:aws:iam::444455556666:role/rootgate (line 11)

What blocks
  Findings of severity medium and above block (line 14).
  A missing fact blocks as well (line 15).
  A pull request that weakens this policy blocks as well (line 16).
  A fact older than 4h15m does not count (line 19).
  CloudTrail events of the last 30d are read in the sign-in Regions, and in all Regions once root was used or has a key (line 20).

Rules
  rule                                   severity  threshold     from
  root-access-key-active            on   critical  -             default
  root-access-key-present           on   high      -             default
  root-access-key-not-rotated       on   high      max-age 90d   default
  root-used-outside-window          on   high      within 30d    line 25 (default 7d)
  root-mfa-missing                  on   critical  -             default
  root-mfa-not-hardware             on   medium    -             line 24 (default low)
  root-signing-certificate-present  on   high      -             default
  root-sign-in-attempts             on   low       threshold 5   default

Windows
  october-tax-settings: sign-in in 444455556666 (billing) (line 29)
      CHG-1187: change the tax registration, which only root can
      2026-10-29T08:00:00Z to 2026-10-29T10:00:00Z: past
  december-close-sandbox: sign-in in 111122223333 (prod) (line 35)
      CHG-1234: close the sandbox account, which only its root user can
      changes only by account:CloseAccount
      2026-12-02T13:00:00Z to 2026-12-02T15:00:00Z: opens in 12d1h
  In one account at most 12h at a time (line 56), windows that touch or overlap together, and 1d in any 30 days (default).

Waivers
  root-access-key-active, key of 2019-05-02T10:00:00Z, in 444455556666 (billing)
      2026-11-01 to 2027-01-15: 57 days left; SEC-77: the billing export moves to a role in Q1 (line 46)

May root act at this instant?
  111122223333 (prod), sign-in: no window is open; the next is december-close-sandbox, from 2026-12-02T13:00:00Z.
  111122223333 (prod), use of an access key: no window is open, and none is planned.
  444455556666 (billing), sign-in: no window is open, and none is planned.
  444455556666 (billing), use of an access key: no window is open, and none is planned.
";
        assert_eq!(explained("2026-11-20T12:00:00Z", None), expected);
    }

    #[test]
    fn a_gate_that_only_shows_what_weakens_it_says_so() {
        let text = "version: 1\ngate:\n  on-undetermined: warn\n  on-weaker: warn\n";
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        let policy = Policy::parse(text, "p.yaml", RULES, now).unwrap();
        let explained = explain(&policy, now, None);
        let line =
            "  A pull request that weakens this policy is reported and does not block (line 4).";
        assert!(explained.lines().any(|it| it == line), "{explained}");
        let strict = explain(&Policy::built_in(RULES), now, None);
        let line = "  A pull request that weakens this policy blocks as well (default).";
        assert!(strict.lines().any(|shown| shown == line), "{strict}");
    }

    /// The lines about the scope, about events of members, and about whether root may act.
    fn judged(text: &str, account: Option<&str>) -> String {
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        let policy = Policy::parse(text, "p.yaml", RULES, now);
        let policy = policy.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        let account = account.map(|id| id.parse().unwrap());
        let text = explain(&policy, now, account.as_ref());
        let scope = text.split("\nWhat blocks").next().unwrap_or_default();
        let members = text.lines().filter(|line| line.contains("member accounts"));
        let may = text.lines().filter(|line| line.contains(", sign-in: "));
        let mut shown: Vec<&str> = scope.lines().skip(3).chain(may).collect();
        shown.extend(members.filter(|line| line.contains("Those of")));
        shown.iter().map(|line| format!("{}\n", line.trim_start())).collect()
    }

    #[test]
    fn an_organization_is_explained_with_its_routes_and_exclusions() {
        let text = "version: 1
scope:
  accounts:
    - { id: \"111122223333\", name: prod }
  organization:
    member-role: audit/rootgate
    audit: auto
    new-account-grace: 24h
    exclude:
      - { account: \"444455556666\", reason: being closed, expires: 2027-03-01 }
      - { account: \"123456789012\", reason: long gone, expires: 2026-11-19 }
evidence:
  root-events: { members: true }
";
        assert_eq!(
            judged(text, None),
            "\
111122223333 (prod), with the run's own credentials (line 4)
Every other usable account of the organization (line 5).
Its member accounts are entered by the role audit/rootgate; if that fails, by sts:AssumeRoot, which shows no use, sign-in or change (line 7).
Its management account is entered by the run's own credentials, or by the role audit/rootgate.
An account that joined less than 1d ago and cannot be entered yet is skipped (line 8).
444455556666 is not judged until the end of 2027-03-01 (UTC): being closed (line 10)
123456789012 is judged again: its exclusion ended on 2026-11-19 (UTC): long gone (line 11)
111122223333 (prod), sign-in: no window is open, and none is planned.
any account, sign-in: no window is open, and none is planned.
Those of the organization's member accounts are read, too (line 13).
"
        );
        let one = |id| judged(text, Some(id)).lines().next().unwrap().to_owned();
        assert_eq!(
            one("444455556666"),
            "444455556666 is not judged until the end of 2027-03-01 (UTC): being closed (line 10)"
        );
        let unknown = "if it is a usable account of the organization (line 5).";
        for id in ["123456789012", "999999999999"] {
            assert_eq!(one(id), format!("{id}, {unknown}"));
        }
        assert!(judged(text, Some("123456789012")).contains("judged again: its exclusion ended"));
        assert_eq!(
            one("111122223333"),
            "111122223333 (prod), with the run's own credentials (line 4)"
        );
    }

    #[test]
    fn events_of_members_that_are_not_read_are_mentioned() {
        let text = "version: 1
scope: { organization: { audit: assume-root, management-role: m } }
";
        assert_eq!(
            judged(text, None),
            "\
Every usable account of the organization (line 2).
Its member accounts are entered by sts:AssumeRoot, which shows no use, sign-in or change (line 2).
Its management account is entered by the run's own credentials, or by the role m.
any account, sign-in: no window is open, and none is planned.
Those of the organization's member accounts are not read: facts that only events show are not judged there (default).
"
        );
    }

    #[test]
    fn an_instant_inside_a_window_is_a_yes_with_its_end() {
        let text = explained("2026-12-02T14:59:59Z", Some("111122223333"));
        assert!(text.contains("(prod), sign-in: yes, window december-close-sandbox is open until 2026-12-02T15:00:00Z."), "{text}");
        assert!(text.contains("open for another less than a minute"), "{text}");
        assert!(!text.contains("444455556666"), "{text}");
        let text = explained("2026-12-02T15:00:00Z", Some("111122223333"));
        assert!(
            text.contains("(prod), sign-in: no window is open, and none is planned."),
            "{text}"
        );
    }

    #[test]
    fn a_schedule_has_a_calendar_in_its_zone_and_in_utc() {
        let text = "version: 1
windows:
  - id: drill
    reason: prove that the vault password still works
    schedule: { months: [jan, apr], week: first, days: [mon], from: '09:00', to: '10:00', timezone: Europe/Berlin }
    not-after: 2027-12-31
";
        let now = parse_time("2027-01-04T08:30:00Z").unwrap();
        let policy = Policy::parse(text, "p.yaml", RULES, now).unwrap();
        let calendar = "
  drill: sign-in in all accounts (line 3)
      prove that the vault password still works
      09:00 to 10:00 Europe/Berlin, mon, first week of jan, apr; until 2027-12-31
        Mon 2027-01-04 09:00 CET = 2027-01-04T08:00:00Z to 2027-01-04T09:00:00Z: open for another 30m
        Mon 2027-04-05 09:00 CEST = 2027-04-05T07:00:00Z to 2027-04-05T08:00:00Z: opens in 90d22h30m
";
        let explained = explain(&policy, now, None);
        assert!(explained.contains(calendar), "{explained}");
        assert!(
            explained.contains(
                "any account, sign-in: yes, window drill is open until 2027-01-04T09:00:00Z."
            ),
            "{explained}"
        );
    }

    #[test]
    fn in_the_hour_that_comes_twice_the_clock_decides() {
        let text = "version: 1
windows:
  - id: night
    reason: r
    schedule: { week: last, days: [sun], from: '02:15', to: '02:45', timezone: Europe/Berlin }
";
        let policy = |at: &str| {
            let now = parse_time(at).unwrap();
            explain(&Policy::parse(text, "p.yaml", RULES, now).unwrap(), now, None)
        };
        for at in ["2026-10-25T00:20:00Z", "2026-10-25T01:20:00Z"] {
            let explained = policy(at);
            let yes = "any account, sign-in: yes, window night is open until 2026-10-25T01:45:00Z.";
            assert!(
                explained.contains(yes) && explained.contains(": open for another "),
                "{explained}"
            );
        }
        let between = policy("2026-10-25T00:50:00Z");
        let no = "any account, sign-in: no window is open; the next is night, from 2026-10-25T01:15:00Z.";
        assert!(between.contains(no), "{between}");
        assert!(between.contains("01:15:00Z to 2026-10-25T01:45:00Z: opens in 25m"), "{between}");
        let after = policy("2026-10-25T01:45:00Z");
        assert!(after.contains("the next is night, from 2026-11-29T01:15:00Z."), "{after}");
    }

    #[test]
    fn the_last_day_of_a_waiver_is_a_day_left() {
        for (at, state) in [
            ("2026-10-31T23:59:59Z", "begins in 1 day;"),
            ("2027-01-15T23:59:59Z", ": 1 day left;"),
            ("2027-01-16T00:00:00Z", ": expired;"),
        ] {
            let text = explained(at, None);
            assert!(text.contains(state), "{text}");
        }
    }
}
