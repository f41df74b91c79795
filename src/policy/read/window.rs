//! `windows`: when root may be used.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::super::error::{PolicyError, Span, show};
use super::super::fields;
use super::super::tree::Node;
use super::super::types::{Allow, Limits, Window};
use super::Reader;
use super::mapping::Mapping;
use crate::model::Duration;

impl Reader<'_> {
    pub(super) fn windows(&mut self, map: &Mapping<'_>, limits: &Limits) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut ids: HashMap<String, usize> = HashMap::new();
        for node in self.list(map, "windows") {
            let Some(map) = self.mapping(node, "this window", fields::WINDOW) else { continue };
            windows.extend(self.window(&map, limits, &mut ids));
        }
        windows
    }

    fn window(
        &mut self,
        map: &Mapping<'_>,
        limits: &Limits,
        ids: &mut HashMap<String, usize>,
    ) -> Option<Window> {
        let id = self.text(map, "id");
        if let (Some(id), Some(entry)) = (&id, map.entry("id")) {
            self.unique_id(id, entry.value.span, ids);
        }
        let reason = self.text(map, "reason");
        let ticket = self.text(map, "ticket");
        let accounts = self.accounts(map, "accounts");
        let from = self.time(map, "from");
        let to = self.time(map, "to");
        if let (Some(from), Some(to), Some(entry)) = (from, to, map.entry("to")) {
            let opens = map.entry("from").map_or(map.span.line, |entry| entry.key_span.line);
            self.window_length(to - from, limits.window, entry.value.span, opens);
        }
        let allow = self.allow(map);
        Some(Window {
            id: id?,
            reason: reason?,
            ticket: ticket?,
            accounts,
            from: from?,
            to: to?,
            allow,
            line: map.span.line,
        })
    }

    fn unique_id(&mut self, id: &str, span: Span, ids: &mut HashMap<String, usize>) {
        if let Some(first) = ids.get(id) {
            let help =
                format!("line {first} has it already; reports tell windows apart by their id");
            self.error("duplicate", span, format!("a second window `{}`", show(id)), help);
        } else {
            ids.insert(id.to_owned(), span.line);
        }
    }

    /// `opens`: the line of `from`.
    fn window_length(&mut self, length: TimeDelta, most: Duration, span: Span, opens: usize) {
        let (code, message, help) = if length <= TimeDelta::zero() {
            (
                "window-ends-first",
                "this window closes before it opens".to_owned(),
                "`to` lies after `from`; check the day and the offset",
            )
        } else if length > most.delta() {
            let seconds = u64::try_from(length.num_seconds()).unwrap_or_default();
            let length = Duration::seconds(seconds);
            (
                "window-too-long",
                format!("this window is {length} long; `limits.window` allows {most}"),
                "bring `to` forward, or raise `limits.window` (at most 72h)",
            )
        } else {
            return;
        };
        let label = format!("opens on line {opens}");
        self.errors.push(PolicyError::new(code, span, message).label(label).help(help));
    }

    fn allow(&mut self, map: &Mapping<'_>) -> Allow {
        let absent = Allow { sign_in: true, access_key: false };
        let Some(entry) = map.entry("allow") else { return absent };
        let Some(map) = self.mapping(&entry.value, "`allow`", fields::ALLOW) else { return absent };
        let sign_in = self.flag(&map, "sign-in");
        let access_key = self.flag(&map, "access-key");
        let allow =
            Allow { sign_in: sign_in.unwrap_or(false), access_key: access_key.unwrap_or(false) };
        // A key that is written and could not be read has its own error.
        let unread = |key, flag: Option<bool>| map.entry(key).is_some() && flag.is_none();
        let readable = !unread("sign-in", sign_in) && !unread("access-key", access_key);
        if readable && allow == (Allow { sign_in: false, access_key: false }) {
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
