//! Classifies the changes of a policy: weaker (more can pass than before), planned (a new window
//! that opens only in the future), stronger, or other.
//!
//! The table of keys declares the direction of each key; a change without a declaration is weaker.
//! A change is weaker if something that has happened, and that the old policy blocks, could pass
//! under the new one.

mod organization;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::cover::is_whole_service;
use super::fields::{self, Direction, Field};
use super::schedule::Schedule;
use super::types::{
    Allow, EventsPolicy, OnUndetermined, OnWeaker, Policy, Regions, RulePolicy, ScopeAccount,
    Waiver, WaiverSubject, When, Window,
};
use crate::model::{
    AccountId, Change, ChangeKind, KeyPath, RootEvent, RootEvents, RuleId, Severity, format_time,
};

/// All differences between two policies, by kind and then in the order of the format.
///
/// Both were parsed with the same catalogue of rules. `now` distinguishes a planned window from one
/// that excuses the past. Order, comments and spelling do not count as differences.
#[must_use]
pub fn diff(old: &Policy, new: &Policy, now: DateTime<Utc>) -> Vec<Change> {
    let mut diff = Diff { old, new, now, changes: Vec::new() };
    diff.scope();
    diff.gate();
    diff.max_age();
    diff.root_events();
    diff.rules();
    diff.windows();
    diff.waivers();
    diff.limits();
    diff.changes.sort_by_key(|change| change.kind);
    diff.changes
}

/// The value of a key: its size, its text, and its line.
struct Side {
    size: i128,
    text: String,
    line: Option<usize>,
}

struct Diff<'a> {
    old: &'a Policy,
    new: &'a Policy,
    now: DateTime<Utc>,
    changes: Vec<Change>,
}

impl Diff<'_> {
    /// One key that both policies have a value for.
    fn key(&mut self, key: KeyPath, direction: Direction, old: Side, new: Side) {
        if old.size == new.size && old.text == new.text {
            return;
        }
        let kind = match (direction, new.size.cmp(&old.size)) {
            (Direction::Neutral, _) => ChangeKind::Other,
            (Direction::MoreIsWeaker | Direction::LessIsWeaker, std::cmp::Ordering::Equal) => {
                ChangeKind::Other
            }
            (Direction::MoreIsWeaker, std::cmp::Ordering::Less)
            | (Direction::LessIsWeaker, std::cmp::Ordering::Greater) => ChangeKind::Stronger,
            _ => ChangeKind::Weaker,
        };
        self.changes.push(Change {
            kind,
            key,
            old: Some(old.text),
            new: Some(new.text),
            old_line: old.line,
            new_line: new.line,
        });
    }

    fn added(&mut self, kind: ChangeKind, key: KeyPath, text: String, line: usize) {
        let (old, new) = (None, Some(text));
        self.changes.push(Change { kind, key, old, new, old_line: None, new_line: Some(line) });
    }

    fn removed(&mut self, kind: ChangeKind, key: KeyPath, text: String, line: usize) {
        let (old, new) = (Some(text), None);
        self.changes.push(Change { kind, key, old, new, old_line: Some(line), new_line: None });
    }

    /// A key of a section that exists once: `gate`, `evidence`, `limits`.
    fn single(
        &mut self,
        section: &'static str,
        fields: &[Field],
        key: &'static str,
        value: impl Fn(&Policy) -> (i128, String),
    ) {
        let path = KeyPath::section(section).key(key);
        let side = |policy: &Policy| {
            let (size, text) = value(policy);
            Side { size, text, line: line_of(policy, &path) }
        };
        let (old, new) = (side(self.old), side(self.new));
        self.key(path, fields::direction(fields, key), old, new);
    }

    /// Sets the lines of the changes from `first` on that are below `entry` to the lines of their
    /// own keys, if those are written. The entry is at `old` and `new`.
    fn set_lines(&mut self, first: usize, entry: &KeyPath, old: &KeyPath, new: &KeyPath) {
        let exact = |policy: &Policy, path: &KeyPath, rest: &str| {
            policy.lines.get(&format!("{path}{rest}")).copied()
        };
        for change in self.changes.iter_mut().skip(first) {
            let Some(rest) = change.key.below(entry) else { continue };
            let (old, new) = (exact(self.old, old, &rest), exact(self.new, new, &rest));
            change.old_line = change.old_line.map(|line| old.unwrap_or(line));
            change.new_line = change.new_line.map(|line| new.unwrap_or(line));
        }
    }

    fn scope(&mut self) {
        if self.old.names_scope() != self.new.names_scope() {
            // Without a scope, rootgate judges the account of the credentials. That may be an
            // account that is neither named nor in the organization, or a member of which less is
            // read. And the account that was judged before may be missing from a new scope.
            let either = [self.old, self.new].iter().any(|policy| policy.organization.is_some());
            let accounts = KeyPath::section("scope").key("accounts");
            self.changes.push(Change {
                kind: ChangeKind::Weaker,
                key: if either { organization::key() } else { accounts },
                old: Some(organization::judged(self.old)),
                new: Some(organization::judged(self.new)),
                old_line: organization::line(self.old),
                new_line: organization::line(self.new),
            });
            return;
        }
        self.organization();
        let (old, new) = (by_id(&self.old.scope), by_id(&self.new.scope));
        for account in &self.old.scope {
            match new.get(&account.id) {
                Some(other) => self.account(account, other),
                None => self.removed(
                    ChangeKind::Weaker,
                    account_key(account),
                    account.name.clone().unwrap_or_else(|| account.id.to_string()),
                    account.line,
                ),
            }
        }
        for account in self.new.scope.iter().filter(|account| !old.contains_key(&account.id)) {
            self.added(
                ChangeKind::Stronger,
                account_key(account),
                account.name.clone().unwrap_or_else(|| account.id.to_string()),
                account.line,
            );
        }
    }

    fn account(&mut self, old: &ScopeAccount, new: &ScopeAccount) {
        let first = self.changes.len();
        for (key, value) in [("name", name_of as fn(&_) -> _), ("role-arn", role_of)] {
            let side = |account| Side { size: 0, text: value(account), line: Some(account.line) };
            let direction = fields::direction(fields::SCOPE_ACCOUNT, key);
            self.key(account_key(new).key(key), direction, side(old), side(new));
        }
        let entry = account_key(new);
        self.set_lines(first, &entry, &entry, &entry);
    }

    fn gate(&mut self) {
        self.single("gate", fields::GATE, "fail-on", |policy| {
            (rank(policy.gate.fail_on), policy.gate.fail_on.to_string())
        });
        self.single("gate", fields::GATE, "on-undetermined", |policy| {
            match policy.gate.on_undetermined {
                OnUndetermined::Fail => (0, "fail".to_owned()),
                OnUndetermined::Warn => (1, "warn".to_owned()),
            }
        });
        self.single("gate", fields::GATE, "on-weaker", |policy| match policy.gate.on_weaker {
            OnWeaker::Fail => (0, "fail".to_owned()),
            OnWeaker::Warn => (1, "warn".to_owned()),
        });
        let today = self.now.date_naive();
        self.single("gate", fields::GATE, "enforce-from", |policy| {
            // A day in the past has the same effect as no day.
            let text = policy.gate.enforce_from.map_or("none".to_owned(), |day| day.to_string());
            (day_size(policy.gate.enforce_from.unwrap_or(today).max(today)), text)
        });
    }

    fn max_age(&mut self) {
        let before = self.changes.len();
        self.single("evidence", fields::EVIDENCE, "max-age", |policy| {
            (policy.max_age.as_secs().into(), policy.max_age.to_string())
        });
        // If missing facts do not block, a violation passes once its fact is too old.
        if self.new.gate.on_undetermined == OnUndetermined::Warn
            && let Some(change) = self.changes.get_mut(before)
        {
            change.kind = ChangeKind::Weaker;
        }
    }

    fn root_events(&mut self) {
        let state = |policy: &Policy| match policy.root_events {
            Some(_) => (0, "on".to_owned()),
            None => (1, "off".to_owned()),
        };
        self.single("evidence", fields::EVIDENCE, "root-events", state);
        let (Some(old), Some(new)) = (&self.old.root_events, &self.new.root_events) else { return };
        let key = |key| KeyPath::section("evidence").key("root-events").key(key);
        let side = |policy: &Policy, key: &KeyPath, size, text| {
            let line = line_of(policy, key);
            Side { size, text, line }
        };
        let (lookback, regions, members) = (key("lookback"), key("regions"), key("members"));
        let length = |policy, events: &EventsPolicy| {
            side(policy, &lookback, events.lookback.as_secs().into(), events.lookback.to_string())
        };
        let sides = (length(self.old, old), length(self.new, new));
        let direction = |key| fields::direction(fields::ROOT_EVENTS, key);
        // If `lookback` is not written, it follows `within`, and the change of `within` is shown.
        if sides.0.line.or(sides.1.line).is_some() {
            self.key(lookback.clone(), direction("lookback"), sides.0, sides.1);
        }
        // The size of one list of Regions depends on the other.
        let size = match (wider(&old.regions, &new.regions), wider(&new.regions, &old.regions)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => -1,
        };
        let sides = (
            side(self.old, &regions, 0, regions_text(&old.regions)),
            side(self.new, &regions, size, regions_text(&new.regions)),
        );
        if old.regions != new.regions {
            self.key(regions.clone(), direction("regions"), sides.0, sides.1);
        }
        let flag = |policy, events: &EventsPolicy| {
            side(policy, &members, events.members.into(), events.members.to_string())
        };
        let sides = (flag(self.old, old), flag(self.new, new));
        self.key(members.clone(), direction("members"), sides.0, sides.1);
    }

    fn rules(&mut self) {
        let (old, new) = (self.old, self.new);
        for old in &old.rules {
            let Some(new) = new.rule(old.info.id) else { continue };
            let first = self.changes.len();
            self.rule(old, new);
            let entry = KeyPath::section("rules").rule(old.info.id);
            self.set_lines(first, &entry, &entry, &entry);
        }
    }

    fn rule(&mut self, old: &RulePolicy, new: &RulePolicy) {
        let key = KeyPath::section("rules").rule(old.info.id);
        let side = |size: i128, text: String, line| Side { size, text, line };
        let on = |on: bool| if on { (0, "on".to_owned()) } else { (1, "off".to_owned()) };
        let ((old_on, old_text), (new_on, new_text)) = (on(old.on), on(new.on));
        self.key(
            key.clone(),
            Direction::MoreIsWeaker,
            side(old_on, old_text, old.line),
            side(new_on, new_text, new.line),
        );
        if !(old.on && new.on) {
            return;
        }
        self.key(
            key.clone().key("severity"),
            fields::direction(fields::RULE, "severity"),
            side(rank(old.severity), old.severity.to_string(), old.line),
            side(rank(new.severity), new.severity.to_string(), new.line),
        );
        if let (Some(own), Some(was), Some(is)) = (old.info.threshold, old.threshold, new.threshold)
        {
            self.key(
                key.key(own.key),
                fields::threshold_direction(&own),
                side(was.size(), was.to_string(), old.line),
                side(is.size(), is.to_string(), new.line),
            );
        }
    }

    fn windows(&mut self) {
        let (old, new) = (self.old, self.new);
        let named = |windows: &[Window], id: &str| windows.iter().any(|window| window.id == id);
        let mut gone: Vec<&Window> =
            old.windows.iter().filter(|window| !named(&new.windows, &window.id)).collect();
        for window in &new.windows {
            let known = old.windows.iter().find(|other| other.id == window.id).or_else(|| {
                // The same window under a new name.
                let at = gone.iter().position(|other| covers_the_same(other, window))?;
                Some(gone.remove(at))
            });
            match known {
                Some(known) => {
                    let first = self.changes.len();
                    self.window(known, window);
                    let (was, is) = (window_key(known), window_key(window));
                    self.set_lines(first, &is, &was, &is);
                }
                None => self.new_window(window),
            }
        }
        for window in gone {
            let key = window_key(window);
            self.removed(ChangeKind::Stronger, key, describe(window), window.line);
        }
    }

    fn new_window(&mut self, window: &Window) {
        // The parser has checked its length and its ticket.
        let planned = match &window.when {
            When::Once { from, .. } => *from > self.now,
            When::Recurring(schedule) => {
                let today = self.now.with_timezone(&schedule.timezone).date_naive();
                // Today's opening may have begun, so it could excuse the past.
                let first = schedule.openings(self.now - TimeDelta::days(2)).next();
                schedule.not_before.is_some_and(|first| first >= today)
                    && first.iter().all(|opening| opening.from > self.now)
            }
        };
        let kind = if planned { ChangeKind::Planned } else { ChangeKind::Weaker };
        self.added(kind, window_key(window), describe(window), window.line);
    }

    fn window(&mut self, old: &Window, new: &Window) {
        let key = |key: &'static str| window_key(new).key(key);
        let side = |window: &Window, size, text| Side { size, text, line: Some(window.line) };
        let direction = |key| fields::direction(fields::WINDOW, key);
        let text = |window: &Window, text: &str| side(window, 0, text.to_owned());
        // The ids differ only if the same window was renamed.
        self.key(key("id"), Direction::Neutral, text(old, &old.id), text(new, &new.id));
        self.key(
            key("reason"),
            direction("reason"),
            text(old, &old.reason),
            text(new, &new.reason),
        );
        let ticket = |window: &Window| window.ticket.clone().unwrap_or_else(|| "none".to_owned());
        self.key(
            key("ticket"),
            direction("ticket"),
            text(old, &ticket(old)),
            text(new, &ticket(new)),
        );
        self.window_accounts(old, new);
        match (&old.when, &new.when) {
            (When::Once { from: was_from, to: was_to }, When::Once { from, to }) => {
                let time =
                    |window, at: &DateTime<Utc>| side(window, nanoseconds(*at), format_time(*at));
                self.key(key("from"), direction("from"), time(old, was_from), time(new, from));
                self.key(key("to"), direction("to"), time(old, was_to), time(new, to));
            }
            (When::Recurring(was), When::Recurring(is)) => self.schedule(old, new, was, is),
            _ => self.key(
                key("schedule"),
                Direction::Unknown,
                text(old, &when_text(old)),
                text(new, &when_text(new)),
            ),
        }
        let allow = |key| fields::direction(fields::ALLOW, key);
        let flag = |window, flag: bool| side(window, flag.into(), flag.to_string());
        self.key(
            key("allow").key("sign-in"),
            allow("sign-in"),
            flag(old, old.allow.sign_in),
            flag(new, new.allow.sign_in),
        );
        self.key(
            key("allow").key("access-key"),
            allow("access-key"),
            flag(old, old.allow.access_key),
            flag(new, new.allow.access_key),
        );
        self.key(
            key("require-mfa"),
            direction("require-mfa"),
            flag(old, old.require_mfa),
            flag(new, new.require_mfa),
        );
        if old.allow.actions != new.allow.actions {
            let size = if narrower_actions(&old.allow, &new.allow) { -1 } else { 1 };
            let (was, is) = (actions_text(&old.allow), actions_text(&new.allow));
            self.key(
                key("allow").key("actions"),
                allow("actions"),
                side(old, 0, was),
                side(new, size, is),
            );
        }
    }

    /// Shows a schedule as one change, because its parts mean little on their own.
    fn schedule(&mut self, old: &Window, new: &Window, was: &Schedule, is: &Schedule) {
        if was == is {
            return;
        }
        let narrower = was.timezone == is.timezone
            && is.months.is_subset(&was.months)
            && is.days.is_subset(&was.days)
            && (was.week.is_none() || was.week == is.week)
            && was.not_before.is_none_or(|was| is.not_before.is_some_and(|is| was <= is))
            && was.not_after.is_none_or(|was| is.not_after.is_some_and(|is| is <= was))
            && was.from <= is.from
            && is.minutes_to_closing() <= was.minutes_to_closing();
        self.changes.push(Change {
            kind: if narrower { ChangeKind::Stronger } else { ChangeKind::Weaker },
            key: window_key(new).key("schedule"),
            old: Some(when_text(old)),
            new: Some(when_text(new)),
            old_line: Some(old.line),
            new_line: Some(new.line),
        });
    }

    fn window_accounts(&mut self, old: &Window, new: &Window) {
        let (was, is) = (account_set(old), account_set(new));
        if was == is {
            return;
        }
        let narrower = match (&was, &is) {
            (None, Some(_)) => true,
            (Some(was), Some(is)) => is.is_subset(was),
            (_, None) => false,
        };
        self.changes.push(Change {
            kind: if narrower { ChangeKind::Stronger } else { ChangeKind::Weaker },
            key: window_key(new).key("accounts"),
            old: Some(accounts_text(old)),
            new: Some(accounts_text(new)),
            old_line: Some(old.line),
            new_line: Some(new.line),
        });
    }

    fn waivers(&mut self) {
        let (old, new) = (by_waived(&self.old.waivers), by_waived(&self.new.waivers));
        for (waived, (index, waiver)) in &new {
            match old.get(waived) {
                Some((was, known)) => {
                    let first = self.changes.len();
                    self.waiver(waived, known, waiver);
                    let (was, is) = (index_key(*was), index_key(*index));
                    self.set_lines(first, &waived.key(), &was, &is);
                }
                // Every new waiver is weaker, even one for later days.
                None => self.added(
                    ChangeKind::Weaker,
                    waived.key(),
                    format!("{} to {}, {}", waiver.from, waiver.expires, waiver.ticket),
                    waiver.line,
                ),
            }
        }
        for (waived, (_, waiver)) in old.iter().filter(|(waived, _)| !new.contains_key(waived)) {
            let text = format!("{} to {}, {}", waiver.from, waiver.expires, waiver.ticket);
            self.removed(self.less_waived(waived.rule), waived.key(), text, waiver.line);
        }
    }

    /// The kind of a change that waives less of this rule. Some rules judge only findings that a
    /// waiver of another rule covers. When the waiver ends, they stop judging. That is weaker if
    /// the other rule does not block.
    fn less_waived(&self, rule: RuleId) -> ChangeKind {
        let opens_another =
            self.new.rules.iter().any(|r| r.on && r.info.only_if_waived == Some(rule));
        let blocks =
            self.new.rule(rule).is_some_and(|r| r.on && r.severity >= self.new.gate.fail_on);
        if opens_another && !blocks { ChangeKind::Weaker } else { ChangeKind::Stronger }
    }

    fn waiver(&mut self, waived: &Waived<'_>, old: &Waiver, new: &Waiver) {
        let key = |key: &'static str| waived.key().key(key);
        let direction = |key| fields::direction(fields::WAIVER, key);
        let side = |waiver: &Waiver, size, text| Side { size, text, line: Some(waiver.line) };
        let text = |waiver, text: &str| side(waiver, 0, text.to_owned());
        let day = |waiver, day: NaiveDate| side(waiver, day_size(day), day.to_string());
        self.key(
            key("reason"),
            direction("reason"),
            text(old, &old.reason),
            text(new, &new.reason),
        );
        self.key(
            key("ticket"),
            direction("ticket"),
            text(old, &old.ticket),
            text(new, &new.ticket),
        );
        self.key(key("from"), direction("from"), day(old, old.from), day(new, new.from));
        self.key(
            key("expires"),
            direction("expires"),
            day(old, old.expires),
            day(new, new.expires),
        );
    }

    fn limits(&mut self) {
        self.single("limits", fields::LIMITS, "window", |policy| {
            (policy.limits.window.as_secs().into(), policy.limits.window.to_string())
        });
        self.single("limits", fields::LIMITS, "window-total", |policy| {
            (policy.limits.window_total.as_secs().into(), policy.limits.window_total.to_string())
        });
        self.single("limits", fields::LIMITS, "waiver", |policy| {
            (policy.limits.waiver.as_secs().into(), policy.limits.waiver.to_string())
        });
    }
}

/// The coverage of a waiver in one account.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waived<'a> {
    rule: RuleId,
    account: &'a AccountId,
    subject: Option<WaiverSubject>,
}

impl Waived<'_> {
    fn key(&self) -> KeyPath {
        let subject = match self.subject {
            None => String::new(),
            Some(WaiverSubject::AccessKeyCreated(made)) => format!(" (key {made})"),
            Some(WaiverSubject::CertificateUploaded(day)) => format!(" (certificate {day})"),
            Some(WaiverSubject::Use(kind)) => format!(" ({})", kind.id()),
        };
        KeyPath::section("waivers").rule(self.rule).named(format!("{}{subject}", self.account))
    }
}

/// The line of a key that is written once.
fn line_of(policy: &Policy, key: &KeyPath) -> Option<usize> {
    policy.lines.get(&key.to_string()).copied()
}

fn account_key(account: &ScopeAccount) -> KeyPath {
    KeyPath::section("scope").key("accounts").named(account.id.as_str())
}

fn window_key(window: &Window) -> KeyPath {
    KeyPath::section("windows").named(&*window.id)
}

/// The key of a waiver by its place in the list, as in [`Policy::lines`].
fn index_key(index: usize) -> KeyPath {
    KeyPath::section("waivers").named(index.to_string())
}

/// The waivers by their coverage, each with its place in the list.
fn by_waived(waivers: &[Waiver]) -> BTreeMap<Waived<'_>, (usize, &Waiver)> {
    let mut waived = BTreeMap::new();
    for (index, waiver) in waivers.iter().enumerate() {
        for account in &waiver.accounts {
            let key = Waived { rule: waiver.rule, account, subject: waiver.subject };
            waived.insert(key, (index, waiver));
        }
    }
    waived
}

fn by_id(accounts: &[ScopeAccount]) -> BTreeMap<&AccountId, &ScopeAccount> {
    accounts.iter().map(|account| (&account.id, account)).collect()
}

fn name_of(account: &ScopeAccount) -> String {
    account.name.clone().unwrap_or_else(|| "none".to_owned())
}

fn role_of(account: &ScopeAccount) -> String {
    account.role_arn.clone().unwrap_or_else(|| "none".to_owned())
}

/// Whether the new Regions include all old ones. A list always includes the sign-in Regions.
fn wider(old: &Regions, new: &Regions) -> bool {
    match (old, new) {
        (_, Regions::All) => true,
        (Regions::Named(old), Regions::Named(new)) => old.iter().all(|region| {
            new.contains(region) || RootEvents::SIGN_IN_REGIONS.contains(&region.as_str())
        }),
        // The Regions of `default` depend on the account's keys.
        _ => false,
    }
}

fn regions_text(regions: &Regions) -> String {
    match regions {
        Regions::Default => "default".to_owned(),
        Regions::All => "all".to_owned(),
        Regions::Named(regions) => regions.join(", "),
    }
}

/// Whether every call that the new list allows was allowed before. Without a list, everything is
/// allowed except changes of credentials.
fn narrower_actions(old: &Allow, new: &Allow) -> bool {
    let Some(is) = &new.actions else { return false };
    let is_change = |action: &String| {
        RootEvent::CREDENTIAL_CHANGES.iter().any(|change| change.eq_ignore_ascii_case(action))
    };
    is.iter().all(|action| match &old.actions {
        None => !is_change(action),
        Some(was) => {
            was.iter().any(|known| known.eq_ignore_ascii_case(action))
                || (!is_change(action) && was.iter().any(|known| is_whole_service(known, action)))
        }
    })
}

fn actions_text(allow: &Allow) -> String {
    match &allow.actions {
        None => "any but changes of credentials".to_owned(),
        Some(actions) => actions.join(", "),
    }
}

fn account_set(window: &Window) -> Option<BTreeSet<&AccountId>> {
    window.accounts.as_ref().map(|accounts| accounts.iter().collect())
}

fn accounts_text(window: &Window) -> String {
    match account_set(window) {
        None => "all accounts".to_owned(),
        Some(accounts) => {
            accounts.iter().map(|account| account.as_str()).collect::<Vec<_>>().join(", ")
        }
    }
}

fn covers_the_same(one: &Window, other: &Window) -> bool {
    one.when == other.when
        && one.allow == other.allow
        && one.require_mfa == other.require_mfa
        && account_set(one) == account_set(other)
}

fn describe(window: &Window) -> String {
    let allowed: Vec<_> =
        [(window.allow.sign_in, "sign-in"), (window.allow.access_key, "access-key")]
            .iter()
            .filter(|(allowed, _)| *allowed)
            .map(|(_, kind)| *kind)
            .collect();
    let ticket = window.ticket.as_deref().map(|ticket| format!(", {ticket}")).unwrap_or_default();
    let (when, accounts) = (when_text(window), accounts_text(window));
    let mut allowed = allowed.join(" and ");
    if window.allow.actions.is_some() {
        allowed = format!("{allowed}, changes only by {}", actions_text(&window.allow));
    }
    if !window.require_mfa {
        allowed += ", also without MFA";
    }
    format!("{when}, {accounts}, {allowed}{ticket}")
}

fn when_text(window: &Window) -> String {
    match &window.when {
        When::Once { from, to } => format!("{} to {}", format_time(*from), format_time(*to)),
        When::Recurring(schedule) => schedule.to_string(),
    }
}

fn rank(severity: Severity) -> i128 {
    match severity {
        Severity::Low => 0,
        Severity::Medium => 1,
        Severity::High => 2,
        Severity::Critical => 3,
    }
}

fn day_size(day: NaiveDate) -> i128 {
    i128::from(day.to_epoch_days())
}

fn nanoseconds(at: DateTime<Utc>) -> i128 {
    i128::from(at.timestamp()) * 1_000_000_000 + i128::from(at.timestamp_subsec_nanos())
}

#[cfg(test)]
mod tests;
