//! Valid policies for property tests: drawn at random, changed at random, written in several ways.
//!
//! Times lie around 2026-11-20, on both sides of the uses of root that tests invent.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// Rules with the key of their threshold.
const RULES: [(&str, &str); 7] = [
    ("root-access-key-active", ""),
    ("root-access-key-present", ""),
    ("root-access-key-not-rotated", "max-age"),
    ("root-used-outside-window", "within"),
    ("root-mfa-missing", ""),
    ("root-mfa-not-hardware", ""),
    ("root-signing-certificate-present", ""),
];
/// What can be waived, each at most once for an account.
const WAIVABLE: [(&str, &str); 8] = [
    ("root-access-key-active", "access-key-created: 2019-05-02"),
    ("root-access-key-active", "access-key-created: 2026-11-19"),
    ("root-access-key-active", "access-key-created: 2019-05-02T10:00:00Z"),
    ("root-access-key-present", "access-key-created: 2019-05-02"),
    ("root-used-outside-window", "use: sign-in"),
    ("root-used-outside-window", "use: access-key"),
    ("root-mfa-missing", ""),
    ("root-signing-certificate-present", ""),
];

/// What a generated policy says. `None`: not written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// So many accounts are named.
    pub(crate) scope: usize,
    fail_on: Option<&'static str>,
    on_undetermined: Option<&'static str>,
    on_weaker: Option<&'static str>,
    enforce_from: Option<&'static str>,
    max_age: Option<&'static str>,
    rules: Vec<Option<Rule>>,
    windows: Vec<Option<Window>>,
    waivers: Vec<Option<Waiver>>,
}

#[derive(Debug, Clone)]
struct Rule {
    off: bool,
    severity: Option<&'static str>,
    threshold: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Window {
    account: Option<usize>,
    /// Day of November and hour.
    from: (u8, u8),
    hours: u8,
    /// `None`: once.
    schedule: Option<Schedule>,
    allow: Option<(bool, bool)>,
}

#[derive(Debug, Clone)]
struct Schedule {
    keys: &'static str,
    timezone: &'static str,
    bounds: &'static str,
}

#[derive(Debug, Clone)]
struct Waiver {
    accounts: &'static [&'static str],
    from: &'static str,
    expires: &'static str,
}

fn some(words: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(select(words))
}

const SEVERITIES: &[&str] = &["low", "medium", "high", "critical"];

fn rule() -> impl Strategy<Value = Rule> {
    (prop::bool::weighted(0.15), some(SEVERITIES), some(&["1d", "2d", "7d", "30d", "90d", "400d"]))
        .prop_map(|(off, severity, threshold)| Rule { off, severity, threshold })
}

fn window() -> impl Strategy<Value = Window> {
    let schedule = (
        select(&["days: [thu]", "week: last, days: [fri]", "months: [nov], days: [wed, thu]"][..]),
        select(&["UTC", "Europe/Berlin", "Asia/Kathmandu"][..]),
        select(
            &["", "not-before: 2026-11-25", "not-before: 2026-01-01, not-after: 2026-11-19"][..],
        ),
    )
        .prop_map(|(keys, timezone, bounds)| Schedule { keys, timezone, bounds });
    (
        prop::option::of(0_usize..2),
        // Of the days, most are those on which tests let root be used.
        (select(&[18_u8, 19, 19, 19, 21][..]), 7_u8..14),
        1_u8..7,
        prop::option::weighted(0.4, schedule),
        some_allow(),
    )
        .prop_map(|(account, from, hours, schedule, allow)| Window {
            account,
            from,
            hours,
            schedule,
            allow,
        })
}

fn some_allow() -> impl Strategy<Value = Option<(bool, bool)>> {
    prop::option::of(select(&[(true, false), (false, true), (true, true)][..]))
}

fn waiver() -> impl Strategy<Value = Waiver> {
    let accounts: &[&[&str]] = &[&ACCOUNTS, &[ACCOUNTS[0]], &[ACCOUNTS[1]]];
    (
        select(accounts),
        select(&["2026-10-01", "2026-11-19", "2026-11-20", "2026-11-21"][..]),
        select(&["2026-11-19", "2026-11-20", "2026-12-24"][..]),
    )
        .prop_map(|(accounts, from, expires)| Waiver { accounts, from, expires })
}

/// A valid policy.
pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    let gate = (
        some(SEVERITIES),
        some(&["fail", "warn"]),
        some(&["fail", "warn"]),
        prop::option::weighted(0.15, select(&["2026-11-01", "2026-11-20", "2026-11-30"][..])),
        some(&["4h", "6h", "24h"]),
    );
    (
        select(&[0_usize, 0, 1, 1, 2][..]),
        gate,
        prop::collection::vec(prop::option::weighted(0.3, rule()), RULES.len()),
        prop::collection::vec(prop::option::weighted(0.7, window()), 3),
        prop::collection::vec(prop::option::weighted(0.25, waiver()), WAIVABLE.len()),
    )
        .prop_map(|(scope, gate, rules, windows, waivers)| {
            let (fail_on, on_undetermined, on_weaker, enforce_from, max_age) = gate;
            Draft {
                scope,
                fail_on,
                on_undetermined,
                on_weaker,
                enforce_from,
                max_age,
                rules,
                windows,
                waivers,
            }
        })
}

/// A valid policy and the same after a few edits.
pub(crate) fn changed() -> impl Strategy<Value = (Draft, Draft)> {
    let edits = prop::collection::vec((0_u8..6, any::<prop::sample::Index>()), 1..3);
    (draft(), draft(), edits).prop_map(|(old, other, edits)| {
        let mut new = old.clone();
        for (section, place) in edits {
            new.take(&other, section, place);
        }
        (old, new)
    })
}

impl Draft {
    /// Takes one thing that the other says, most often of a window.
    fn take(&mut self, other: &Self, section: u8, place: prop::sample::Index) {
        match section {
            0 => match place.index(6) {
                0 => self.scope = other.scope,
                1 => self.fail_on = other.fail_on,
                2 => self.on_undetermined = other.on_undetermined,
                3 => self.on_weaker = other.on_weaker,
                4 => self.enforce_from = other.enforce_from,
                _ => self.max_age = other.max_age,
            },
            1 => {
                let at = place.index(self.rules.len());
                self.rules[at].clone_from(&other.rules[at]);
            }
            2 => {
                let at = place.index(3 * self.waivers.len());
                match (&mut self.waivers[at / 3], &other.waivers[at / 3]) {
                    (Some(mine), Some(theirs)) => mine.take(theirs, at % 3),
                    (mine, theirs) => mine.clone_from(theirs),
                }
            }
            _ => {
                let at = place.index(5 * self.windows.len());
                match (&mut self.windows[at / 5], &other.windows[at / 5]) {
                    (Some(mine), Some(theirs)) => mine.take(theirs, at % 5),
                    (mine, theirs) => mine.clone_from(theirs),
                }
            }
        }
    }

    /// The policy in block style, or with its entries in flow style.
    pub(crate) fn text(&self, flow: bool) -> String {
        let mut out = "version: 1\n".to_owned();
        if self.scope > 0 {
            let ids: Vec<_> =
                ACCOUNTS[..self.scope].iter().map(|id| format!("{{ id: \"{id}\" }}")).collect();
            writeln!(out, "scope: {{ accounts: [{}] }}", ids.join(", ")).unwrap();
        }
        let gate = [
            ("fail-on", self.fail_on),
            ("on-undetermined", self.on_undetermined),
            ("on-weaker", self.on_weaker),
            ("enforce-from", self.enforce_from),
        ];
        section(&mut out, "gate", &gate, flow);
        section(&mut out, "evidence", &[("max-age", self.max_age)], flow);
        out += &self.rules_text(flow);
        out += "limits: { window: 72h, window-total: 72h, waiver: 365d }\n";
        out += &self.windows_text(flow);
        out + &self.waivers_text()
    }

    fn rules_text(&self, flow: bool) -> String {
        let mut lines = String::new();
        for (rule, (id, threshold)) in self.rules.iter().zip(RULES) {
            let Some(rule) = rule else { continue };
            if rule.off {
                writeln!(lines, "  {id}: {}", if flow { "\"off\"" } else { "off" }).unwrap();
                continue;
            }
            let severity = rule.severity.map(|severity| format!("severity: {severity}"));
            let own = rule.threshold.filter(|_| !threshold.is_empty());
            let own = own.map(|value| format!("{threshold}: {value}"));
            let settings: Vec<_> = severity.into_iter().chain(own).collect();
            writeln!(lines, "  {id}: {{ {} }}", settings.join(", ")).unwrap();
        }
        if lines.is_empty() { lines } else { format!("rules:\n{lines}") }
    }

    fn windows_text(&self, flow: bool) -> String {
        let mut out = "windows: [\n".to_owned();
        for (at, window) in self.windows.iter().enumerate() {
            let Some(window) = window else { continue };
            let reason = if flow { "'why: because'" } else { "why" };
            write!(out, "  {{ id: w{at}, reason: {reason}, ticket: CHG-{at}, ").unwrap();
            if let Some(account) = window.account {
                write!(out, "accounts: [\"{}\"], ", ACCOUNTS[account]).unwrap();
            }
            if let Some((sign_in, access_key)) = window.allow {
                write!(out, "allow: {{ sign-in: {sign_in}, access-key: {access_key} }}, ").unwrap();
            }
            writeln!(out, "{} }},", window.when()).unwrap();
        }
        out + "]\n"
    }

    fn waivers_text(&self) -> String {
        let mut out = String::new();
        for (waiver, (rule, subject)) in self.waivers.iter().zip(WAIVABLE) {
            let Some(waiver) = waiver else { continue };
            let Waiver { accounts, from, expires } = waiver;
            let expires = expires.max(from);
            write!(out, "  - rule: {rule}\n    accounts: {accounts:?}\n").unwrap();
            if !subject.is_empty() {
                writeln!(out, "    subject:\n      {subject}").unwrap();
            }
            write!(out, "    reason: >-\n      it moves\n      to a role\n    ticket: SEC-1\n")
                .unwrap();
            write!(out, "    from: {from}\n    expires: {expires}\n").unwrap();
        }
        if out.is_empty() { "waivers: []\n".to_owned() } else { format!("waivers:\n{out}") }
    }
}

fn section(out: &mut String, name: &str, keys: &[(&str, Option<&str>)], flow: bool) {
    let written: Vec<_> =
        keys.iter().filter_map(|(key, value)| Some(format!("{key}: {}", (*value)?))).collect();
    let (open, between, close) = if flow { (" { ", ", ", " }") } else { ("\n  ", "\n  ", "") };
    if !written.is_empty() {
        writeln!(out, "{name}:{open}{}{close}", written.join(between)).unwrap();
    }
}

impl Waiver {
    fn take(&mut self, other: &Self, part: usize) {
        match part {
            0 => self.accounts = other.accounts,
            1 => self.from = other.from,
            _ => self.expires = other.expires,
        }
    }
}

impl Window {
    fn take(&mut self, other: &Self, part: usize) {
        match part {
            0 => self.account = other.account,
            1 => self.from = other.from,
            2 => self.hours = other.hours,
            3 => self.schedule.clone_from(&other.schedule),
            _ => self.allow = other.allow,
        }
    }

    fn when(&self) -> String {
        let (day, hour) = self.from;
        let to = hour + self.hours;
        match &self.schedule {
            None => {
                format!("from: 2026-11-{day}T{hour:02}:00:00Z, to: 2026-11-{day}T{to:02}:00:00Z")
            }
            Some(Schedule { keys, timezone, bounds }) => {
                // At most ten days in thirty: three windows stay below the ceiling of 72h.
                let to = hour + self.hours.min(1);
                let comma = if bounds.is_empty() { "" } else { ", " };
                format!(
                    "schedule: {{ {keys}, from: \"{hour:02}:00\", to: \"{to:02}:30\", timezone: {timezone} }}{comma}{bounds}"
                )
            }
        }
    }
}
