//! `windows`: when root may be used.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::TimeDelta;

use super::super::combined::{self, Timed};
use super::super::error::{PolicyError, Span, show};
use super::super::fields;
use super::super::tree::{Node, Value};
use super::super::types::{Allow, Limits, When, Window};
use super::Reader;
use super::mapping::Mapping;
use crate::model::{AccountId, Duration, format_time};

/// Maximum number of windows named in an error about several windows.
const SHOWN: usize = 4;

/// State for checks across windows.
#[derive(Default)]
struct Seen {
    /// The line of each id.
    ids: HashMap<String, usize>,
    /// Windows with a valid time.
    timed: Vec<Known>,
}

/// The part of a window that matters for limits of several windows.
struct Known {
    /// How an error names it.
    name: String,
    when: When,
    accounts: Option<Vec<AccountId>>,
    /// The position of its end.
    closing: Span,
}

impl Reader<'_> {
    pub(super) fn windows(&mut self, map: &Mapping<'_>, limits: &Limits) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut seen = Seen::default();
        for node in self.list(map, "windows") {
            let Some(map) = self.mapping(node, "this window", fields::WINDOW) else { continue };
            windows.extend(self.window(&map, limits, &mut seen));
        }
        self.check_combined(&seen.timed, limits);
        windows
    }

    fn window(&mut self, map: &Mapping<'_>, limits: &Limits, seen: &mut Seen) -> Option<Window> {
        let id = self.text(map, "id");
        if let (Some(id), Some(entry)) = (&id, map.entry("id")) {
            self.unique_id(id, entry.value.span, &mut seen.ids);
        }
        let reason = self.text(map, "reason");
        let ticket = self.text(map, "ticket");
        let accounts = self.accounts(map, "accounts");
        let before = self.errors.len();
        let when = self.when(map, limits);
        if let Some(when) = when.clone().filter(|_| self.errors.len() == before) {
            let name = id.as_deref().map_or_else(
                || format!("the window of line {}", map.span.line),
                |id| format!("`{}`", show(id)),
            );
            let accounts = accounts.clone();
            seen.timed.push(Known { name, when, accounts, closing: closing(map) });
        }
        let allow = self.allow(map);
        let require_mfa = self.flag(map, "require-mfa").unwrap_or(true);
        Some(Window {
            id: id?,
            reason: reason?,
            ticket,
            accounts,
            when: when?,
            allow,
            require_mfa,
            line: map.span.line,
        })
    }

    fn when(&mut self, map: &Mapping<'_>, limits: &Limits) -> Option<When> {
        if !map.has("schedule") {
            return self.once(map, limits);
        }
        let once = ["from", "to"].map(|key| map.key_span(key));
        if let Some(span) = once.into_iter().flatten().max_by_key(|span| span.start) {
            let schedule = map.key_span("schedule").unwrap_or(span);
            let later = if schedule.start > span.start { schedule } else { span };
            let message = "this window has both a `schedule` and an instant".to_owned();
            let help = "keep either `schedule` or `from` and `to`; you can write two windows";
            self.error("window-conflict", later, message, help);
        }
        self.schedule(map, limits).map(When::Recurring)
    }

    fn once(&mut self, map: &Mapping<'_>, limits: &Limits) -> Option<When> {
        for field in fields::WINDOW {
            let wanted = matches!(field.key, "ticket" | "from" | "to");
            if wanted && !map.has(field.key) && !map.has("<<") {
                self.missing_key(map, "this window", field);
            }
            if let ("not-before" | "not-after", Some(span)) = (field.key, map.key_span(field.key)) {
                let message = format!("`{}` belongs to a `schedule`", field.key);
                self.error(
                    "window-conflict",
                    span,
                    message,
                    "remove it: `from` and `to` already say when the window is open",
                );
            }
        }
        let (from, to) = (self.time(map, "from"), self.time(map, "to"));
        let (from, to) = (from?, to?);
        let opens = map.key_span("from").map_or(map.span.line, |span| span.line);
        self.window_length(to - from, limits.window, closing(map), opens);
        Some(When::Once { from, to })
    }

    /// Checks how long windows of one account are open together: those that touch or overlap, and all in any
    /// thirty days.
    fn check_combined(&mut self, known: &[Known], limits: &Limits) {
        let timed: Vec<Timed<'_>> = known
            .iter()
            .map(|it| Timed { when: &it.when, accounts: it.accounts.as_deref() })
            .collect();
        let today = self.now.date_naive();
        let mut named: HashSet<(&str, usize)> = HashSet::new();
        for group in combined::groups(&timed) {
            let whose = match &group.account {
                Some(account) => format!(" in account {account}"),
                None => String::new(),
            };
            let run = combined::too_long(&timed, &group, limits.window, today);
            let last = run.as_ref().and_then(|run| run.members.last());
            // A problem of windows for all accounts is reported once.
            if let (Some(run), Some(last)) = (&run, last.filter(|it| named.insert(("run", **it)))) {
                let help = "leave a gap between them, or raise `limits.window` (at most 72h)";
                let message = format!(
                    "{} touch or overlap{whose}, so they count as one, {} long from {} to {}; \
                     `limits.window` allows {}",
                    names(known, &run.members),
                    run.length,
                    format_time(run.from),
                    format_time(run.to),
                    limits.window
                );
                self.error("window-too-long", known[*last].closing, message, help);
            }
            let excess = combined::excess(&timed, &group, limits.window_total, today);
            let last = excess.as_ref().and_then(|excess| excess.members.last());
            if let (Some(excess), Some(last)) =
                (&excess, last.filter(|it| named.insert(("total", **it))))
            {
                let help =
                    "open fewer or shorter windows, or raise `limits.window-total` (at most 72h)";
                let message = format!(
                    "{} open for {}{whose} from {} to {}; `limits.window-total` allows {} in any 30 days",
                    match excess.members.len() {
                        1 => format!("{} is", names(known, &excess.members)),
                        _ => format!("{} are", names(known, &excess.members)),
                    },
                    excess.total,
                    excess.first,
                    excess.last,
                    limits.window_total
                );
                self.error("window-total", known[*last].closing, message, help);
            }
        }
    }

    fn unique_id(&mut self, id: &str, span: Span, ids: &mut HashMap<String, usize>) {
        if let Some(first) = ids.get(id) {
            let help =
                format!("line {first} already has this id; reports tell windows apart by their id");
            self.error("duplicate", span, format!("duplicate window id `{}`", show(id)), help);
        } else {
            ids.insert(id.to_owned(), span.line);
        }
    }

    /// `opens`: the line of `from`.
    pub(super) fn window_length(
        &mut self,
        length: TimeDelta,
        most: Duration,
        span: Span,
        opens: usize,
    ) {
        let (code, message, help) = if length.is_zero() {
            (
                "window-ends-first",
                "this window closes at the instant it opens".to_owned(),
                "`to` is exclusive, so it must be later than `from`",
            )
        } else if length < TimeDelta::zero() {
            (
                "window-ends-first",
                "this window closes before it opens".to_owned(),
                "`to` must be later than `from`; check the day and the offset",
            )
        } else if length > most.delta() {
            let seconds = u64::try_from(length.num_seconds()).unwrap_or_default();
            let length = Duration::seconds(seconds);
            (
                "window-too-long",
                format!("this window lasts {length}; `limits.window` allows {most}"),
                "move `to` to an earlier time, or raise `limits.window` (at most 72h)",
            )
        } else {
            return;
        };
        let label = format!("opens on line {opens}");
        self.errors.push(PolicyError::new(code, span, message).label(label).help(help));
    }

    fn allow(&mut self, map: &Mapping<'_>) -> Allow {
        let absent = Allow { sign_in: true, access_key: false, actions: None };
        let Some(entry) = map.entry("allow") else { return absent };
        let Some(map) = self.mapping(&entry.value, "`allow`", fields::ALLOW) else { return absent };
        let sign_in = self.flag(&map, "sign-in");
        let access_key = self.flag(&map, "access-key");
        let allow = Allow {
            sign_in: sign_in.unwrap_or(false),
            access_key: access_key.unwrap_or(false),
            actions: self.actions(&map),
        };
        // A key that is written and could not be read has its own error.
        let unread = |key, flag: Option<bool>| map.entry(key).is_some() && flag.is_none();
        let readable = !unread("sign-in", sign_in) && !unread("access-key", access_key);
        if readable && !allow.sign_in && !allow.access_key {
            self.allows_nothing(&entry.value);
        }
        allow
    }

    fn allows_nothing(&mut self, node: &Node) {
        self.error(
            "allows-nothing",
            node.span,
            "this window allows nothing".to_owned(),
            "set `sign-in: true` or `access-key: true`; a key that is not written is false. \
             Without `allow` a window allows signing in",
        );
    }
}

/// `a`, `b` and 3 more.
fn names(known: &[Known], members: &BTreeSet<usize>) -> String {
    let mut names: Vec<&str> = members.iter().map(|index| known[*index].name.as_str()).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match names.split_last() {
        _ if more > 0 => format!("{} and {more} more", names.join(", ")),
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.join(", "),
    }
}

/// The position of a window's end: `to`, in a schedule too.
fn closing(map: &Mapping<'_>) -> Span {
    let schedule = map.entry("schedule").and_then(|entry| match &entry.value.value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key == "to"),
        _ => None,
    });
    let entry = schedule.or_else(|| map.entry("to"));
    entry.map_or(map.span, |entry| entry.value.span)
}
