//! From the file's tree to the validated policy. Problems are collected and do not stop the parsing, so one
//! run shows all of them.

mod events;
mod mapping;
mod organization;
mod rules;
mod scalar;
mod schedule;
mod waiver;
mod window;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::error::{PolicyError, PolicyErrors, Span};
use super::fields::{self, ENFORCE_FROM_DAYS};
use super::organization::OrganizationScope;
use super::tree::{self, Node};
use super::types::{Gate, Limits, OnUndetermined, OnWeaker, Policy, RulePolicy, ScopeAccount};
use crate::model::{AccountId, Duration, RuleInfo};
use mapping::Mapping;

impl Policy {
    /// Reads and validates a policy file.
    ///
    /// `path` is repeated in errors and not opened. `rules` is the catalogue, in its order. `now`
    /// decides only whether `gate.enforce-from` is too far in the future. Windows and waivers in the past
    /// are never an error.
    ///
    /// # Errors
    /// All errors of the file, in its order.
    pub fn parse(
        text: &str,
        path: &str,
        rules: &[&'static RuleInfo],
        now: DateTime<Utc>,
    ) -> Result<Self, PolicyErrors> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut errors = Vec::new();
        let policy = tree::read(text, &mut errors).and_then(|root| {
            let mut reader = Reader { text, rules, now, errors: &mut errors };
            reader.policy(&root)
        });
        match policy {
            Some(policy) if errors.is_empty() => Ok(policy),
            _ => Err(PolicyErrors::new(path, text, errors)),
        }
    }
}

/// What every reader needs. Readers return `None` (or leave out) what they could not read, after
/// pushing why.
struct Reader<'a> {
    text: &'a str,
    rules: &'a [&'static RuleInfo],
    now: DateTime<Utc>,
    errors: &'a mut Vec<PolicyError>,
}

impl Reader<'_> {
    fn error(&mut self, code: &'static str, span: Span, message: String, help: impl Into<String>) {
        self.errors.push(PolicyError::new(code, span, message).help(help));
    }

    fn wrong_type(&mut self, node: &Node, message: String, help: impl Into<String>) {
        if !matches!(node.value, tree::Value::Refused) {
            self.error("wrong-type", node.span, message, help);
        }
    }

    fn policy(&mut self, root: &Node) -> Option<Policy> {
        if root.is_null() {
            self.errors.push(tree::empty(root.span));
            return None;
        }
        let map = self.mapping(root, "the policy", fields::POLICY)?;
        self.version(&map);
        let (scope, organization) = self.scope(&map);
        let gate = self.gate(&map);
        let max_age = self.max_age(&map);
        let rules = self.rules(&map);
        let root_events = self.root_events(&map, &rules);
        let limits = self.limits(&map);
        let windows = self.windows(&map, &limits);
        let waivers = self.waivers(&map, &limits);
        let mut lines = BTreeMap::new();
        if self.errors.is_empty() {
            lines_of("", root, &mut lines);
        }
        Some(Policy {
            scope,
            organization,
            gate,
            max_age,
            root_events,
            rules,
            windows,
            waivers,
            limits,
            lines,
        })
    }

    fn version(&mut self, map: &Mapping<'_>) {
        if let Some(entry) = map.entry("version")
            && !matches!(&entry.value.value, tree::Value::Scalar { text, quoted: false } if text == fields::VERSION)
        {
            self.error(
                "version",
                entry.value.span,
                format!("this rootgate reads version {} of the format", fields::VERSION),
                format!("write `version: {}`, without quotes", fields::VERSION),
            );
        }
    }

    fn scope(&mut self, map: &Mapping<'_>) -> (Vec<ScopeAccount>, Option<OrganizationScope>) {
        let Some(scope) = self.section(map, "scope", fields::SCOPE) else {
            return (Vec::new(), None);
        };
        if scope.is_empty() {
            self.error(
                "missing-key",
                scope.span,
                "`scope` names nothing".to_owned(),
                "name `accounts` or an `organization`, or remove `scope` to judge the account that the \
                 credentials belong to",
            );
        }
        let (accounts, places) = self.scope_accounts(&scope);
        (accounts, self.organization(&scope, &places))
    }

    /// The accounts that are named, and where each is.
    fn scope_accounts(
        &mut self,
        scope: &Mapping<'_>,
    ) -> (Vec<ScopeAccount>, Vec<(AccountId, Span)>) {
        let nodes = self.list(scope, "accounts");
        let mut accounts: Vec<ScopeAccount> = Vec::new();
        let mut places = Vec::new();
        for node in nodes {
            let Some((account, span)) = self.scope_account(node) else { continue };
            if let Some(first) = accounts.iter().find(|other| other.id == account.id) {
                let first = first.line;
                self.error(
                    "duplicate",
                    node.span,
                    format!("duplicate account `{}` in the scope", account.id),
                    format!("it is already on line {first}; keep one of the two"),
                );
            }
            places.push((account.id.clone(), span));
            accounts.push(account);
        }
        (accounts, places)
    }

    /// An account that is named, and where its id is.
    fn scope_account(&mut self, node: &Node) -> Option<(ScopeAccount, Span)> {
        let map = self.mapping(node, "this account", fields::SCOPE_ACCOUNT)?;
        let id = self.account(&map, "id");
        let name = self.text(&map, "name");
        let role_arn = self.role_arn(&map, "role-arn", id.as_ref());
        let span = map.entry("id").map_or(map.span, |entry| entry.value.span);
        Some((ScopeAccount { id: id?, name, role_arn, line: map.span.line }, span))
    }

    fn gate(&mut self, map: &Mapping<'_>) -> Gate {
        let mut gate = Gate::default();
        let Some(map) = self.section(map, "gate", fields::GATE) else { return gate };
        if let Some(severity) = self.severity(&map, "fail-on") {
            gate.fail_on = severity;
        }
        if self.word(&map, "on-undetermined") == Some("warn") {
            gate.on_undetermined = OnUndetermined::Warn;
        }
        if self.word(&map, "on-weaker") == Some("warn") {
            gate.on_weaker = OnWeaker::Warn;
        }
        gate.enforce_from = self.day(&map, "enforce-from");
        if let (Some(day), Some(entry)) = (gate.enforce_from, map.entry("enforce-from")) {
            let latest = self.now.date_naive() + TimeDelta::days(ENFORCE_FROM_DAYS);
            if day > latest {
                self.error(
                    "enforce-from-too-far",
                    entry.value.span,
                    format!("`enforce-from` is more than {ENFORCE_FROM_DAYS} days ahead"),
                    format!("the latest day allowed today is {latest}"),
                );
            }
        }
        gate
    }

    fn max_age(&mut self, map: &Mapping<'_>) -> Duration {
        let evidence = self.section(map, "evidence", fields::EVIDENCE);
        let Some(map) = evidence else { return Policy::DEFAULT_MAX_AGE };
        self.duration(&map, "max-age").unwrap_or(Policy::DEFAULT_MAX_AGE)
    }

    fn limits(&mut self, map: &Mapping<'_>) -> Limits {
        let mut limits = Limits::default();
        let Some(map) = self.section(map, "limits", fields::LIMITS) else { return limits };
        // A limit that could not be read is taken as its ceiling: no second error for one mistake.
        for (key, limit, ceiling) in [
            ("window", &mut limits.window, Limits::MAX_WINDOW),
            ("window-total", &mut limits.window_total, Limits::MAX_WINDOW),
            ("waiver", &mut limits.waiver, Duration::days(365)),
        ] {
            if map.entry(key).is_some() {
                *limit = self.duration(&map, key).unwrap_or(ceiling);
            }
        }
        limits
    }

    /// The default of every rule that the policy does not name.
    fn default_rules(&self) -> Vec<RulePolicy> {
        self.rules.iter().map(|info| RulePolicy::default_of(info)).collect()
    }
}

/// The line of every key in the file, by its dotted name. An entry of a list has its `id` as name, or its
/// index if it has no id.
fn lines_of(path: &str, node: &Node, lines: &mut BTreeMap<String, usize>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match &node.value {
        tree::Value::Map(entries) => {
            for entry in entries {
                let path = below(&entry.key);
                lines_of(&path, &entry.value, lines);
                lines.insert(path, entry.key_span.line);
            }
        }
        tree::Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = item.own_id().map_or_else(|| index.to_string(), str::to_owned);
                lines_of(&below(&name), item, lines);
            }
        }
        tree::Value::Scalar { .. } | tree::Value::Refused => {}
    }
}
