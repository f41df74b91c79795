//! `evidence.root-events`: which events are read; and `allow.actions`, which only events can show.

use super::super::error::show;
use super::super::fields::{self, REGION_WORDS};
use super::super::suggest;
use super::super::tree::{Entry, Node, ScalarType, Value};
use super::super::types::{EventsPolicy, Policy, Regions, RulePolicy};
use super::Reader;
use super::mapping::Mapping;
use crate::model::Duration;

impl Reader<'_> {
    /// `None`: off. Rules come first, because events go back at least as far as they look.
    pub(super) fn root_events(
        &mut self,
        map: &Mapping<'_>,
        rules: &[RulePolicy],
    ) -> Option<EventsPolicy> {
        let Some(node) = below(map, "evidence", "root-events") else {
            return Some(EventsPolicy::default_of(rules));
        };
        match (&node.value, node.scalar_type()) {
            (Value::Map(_), _) => self.events_mapping(map, node, rules),
            (Value::Scalar { text, .. }, _) if text == "off" => None,
            // Without a value: that has its own error.
            (_, Some(ScalarType::Null)) => None,
            (Value::Scalar { text, .. }, kind) => {
                let help = match kind {
                    Some(ScalarType::Flag(false)) => "did you mean `off`?",
                    _ => {
                        "write `off`, or `{}` for the defaults, or `{ lookback: 7d, regions: default }`"
                    }
                };
                let message = format!("invalid value for `root-events`: `{}`", show(text));
                self.error("unknown-word", node.span, message, help);
                None
            }
            _ => {
                let message =
                    format!("`root-events` is `off` or a mapping, not {}", node.describe());
                self.wrong_type(node, message, "such as `{ lookback: 7d, regions: default }`");
                None
            }
        }
    }

    fn events_mapping(
        &mut self,
        map: &Mapping<'_>,
        node: &Node,
        rules: &[RulePolicy],
    ) -> Option<EventsPolicy> {
        let events = self.mapping(node, "`root-events`", fields::ROOT_EVENTS)?;
        let mut policy = EventsPolicy::default_of(rules);
        if let Some(lookback) = self.duration(&events, "lookback") {
            self.check_lookback(map, &events, lookback, rules);
            policy.lookback = lookback;
        }
        if let Some(regions) = self.regions(&events) {
            policy.regions = regions;
        }
        if let Some(members) = self.flag(&events, "members") {
            self.members_need_an_organization(map, &events, members);
            policy.members = members;
        }
        Some(policy)
    }

    /// Without an organization there are no members.
    fn members_need_an_organization(
        &mut self,
        map: &Mapping<'_>,
        events: &Mapping<'_>,
        members: bool,
    ) {
        let Some(entry) = events.entry("members").filter(|_| members) else { return };
        let scope = map.entry("scope").map(|scope| &scope.value.value);
        // With whatever value: what is wrong with that has its own error.
        let organization = |entry: &Entry| entry.key == "organization";
        if matches!(scope, Some(Value::Map(entries)) if entries.iter().any(organization)) {
            return;
        }
        self.error(
            "members-without-organization",
            entry.value.span,
            "`members` is about the accounts of an organization; the policy has no `scope.organization`"
                .to_owned(),
            "remove it: the events of every account that `scope.accounts` names are read; or add \
             `scope.organization`",
        );
    }

    /// `lookback` and a larger `within` conflict; the later of the two in the file is wrong.
    fn check_lookback(
        &mut self,
        map: &Mapping<'_>,
        events: &Mapping<'_>,
        lookback: Duration,
        rules: &[RulePolicy],
    ) {
        let within = Policy::largest_within(rules);
        let Some(entry) = events.entry("lookback") else { return };
        if lookback >= within {
            return;
        }
        let written = rules.iter().filter(|rule| rule.on).find_map(|rule| {
            let rule = below(map, "rules", rule.info.id.0)?;
            let Value::Map(settings) = &rule.value else { return None };
            settings.iter().find(|setting| setting.key == "within").map(|it| it.value.span)
        });
        let own = entry.value.span;
        let span = written.filter(|span| span.start > own.start).unwrap_or(own);
        self.error(
            "lookback-too-short",
            span,
            format!(
                "events are read {lookback} back; uses of the last {within} are judged (`within`)"
            ),
            format!("write `lookback: {within}`, or leave it out: it follows the largest `within`"),
        );
    }

    fn regions(&mut self, events: &Mapping<'_>) -> Option<Regions> {
        let entry = events.entry("regions")?;
        let Value::List(items) = &entry.value.value else {
            if let Value::Scalar { text, .. } = &entry.value.value
                && let Some(list) = listed(text)
            {
                let message = "`regions` is `default`, `all` or a list of Regions".to_owned();
                let help = format!("write the list form: `regions: [{list}]`");
                self.wrong_type(&entry.value, message, help);
                return None;
            }
            return match self.one_of(&entry.value, "regions", REGION_WORDS)? {
                "all" => Some(Regions::All),
                _ => Some(Regions::Default),
            };
        };
        if items.is_empty() {
            let help = "name at least one, or write `default` or `all`";
            self.error(
                "empty-list",
                entry.value.span,
                "`regions` is an empty list".to_owned(),
                help,
            );
        }
        let named = self.texts(items, "the Region", "regions", |reader, node, text| {
            if is_region(text) {
                return true;
            }
            let message = format!("`{}` is not a Region", show(text));
            reader.error("region", node.span, message, "such as `us-east-1`");
            false
        });
        Some(Regions::Named(named))
    }

    /// `allow.actions`; `None` where it is absent.
    pub(super) fn actions(&mut self, allow: &Mapping<'_>) -> Option<Vec<String>> {
        allow.entry("actions")?;
        let items = self.list(allow, "actions");
        Some(self.texts(items, "the action", "actions", |reader, node, text| {
            let Some(help) = wrong_action(text) else { return true };
            let message = format!("`{}` is not an action", show(text));
            reader.error("action", node.span, message, help);
            false
        }))
    }

    /// The texts of a list, each once; `is_good` says what is wrong with one.
    fn texts(
        &mut self,
        items: &[Node],
        what: &str,
        key: &str,
        is_good: impl Fn(&mut Self, &Node, &str) -> bool,
    ) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for node in items {
            let Some(text) = self.scalar(node, key, "a list of texts") else { continue };
            if !is_good(self, node, text) {
                continue;
            }
            if texts.iter().any(|known| known == text) {
                let message = format!("{what} `{text}` is duplicated in this list");
                self.error("duplicate", node.span, message, "keep one of the two");
            } else {
                texts.push(text.to_owned());
            }
        }
        texts
    }
}

fn below<'n>(map: &Mapping<'n>, section: &str, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &map.entry(section)?.value.value else { return None };
    entries.iter().find(|entry: &&Entry| entry.key == key).map(|entry| &entry.value)
}

/// Regions that were written without brackets, as a list.
fn listed(text: &str) -> Option<String> {
    let mut words = text.split([',', ' ']).filter(|word| !word.is_empty()).peekable();
    words.peek()?;
    let words: Vec<&str> = words.collect();
    words.iter().all(|word| is_region(word)).then(|| words.join(", "))
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, names)) => {
            names.len() >= 2
                && names.iter().all(letters)
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// The help for an invalid action; `None` if it is valid.
fn wrong_action(text: &str) -> Option<String> {
    let example =
        "write `service:Action`, such as `s3:PutBucketVersioning`, or `s3:*` for a whole service";
    let Some((service, name)) = text.split_once(':') else {
        return Some(example.to_owned());
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if service.is_empty() || !service.bytes().all(plain) {
        let lower = service.to_ascii_lowercase();
        let help = if !lower.is_empty() && lower.bytes().all(plain) {
            format!("a service is written in lower case: `{}`", show(&format!("{lower}:{name}")))
        } else {
            example.to_owned()
        };
        return Some(help);
    }
    if name == "*" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return None;
    }
    if name.contains('*') || name.contains('?') {
        let known = suggest::list([format!("{service}:*").as_str()]);
        return Some(format!("a wildcard stands only for a whole service, as {}", show(&known)));
    }
    Some(example.to_owned())
}
