//! `rules`: which rules are off, and the settings of the others.

use super::super::error::show;
use super::super::fields::{self, PLANNED_RULES};
use super::super::suggest;
use super::super::tree::{self, Entry, Node, ScalarType, Value};
use super::super::types::RulePolicy;
use super::Reader;
use super::mapping::{Mapping, without_space};
use crate::model::{Amount, RuleInfo, Severity, Threshold};

impl Reader<'_> {
    pub(super) fn rules(&mut self, map: &Mapping<'_>) -> Vec<RulePolicy> {
        let mut rules = self.default_rules();
        let Some(entry) = map.entry("rules") else { return rules };
        let Value::Map(entries) = &entry.value.value else {
            let known = |id: &str| self.rules.iter().any(|info| info.id.0 == id);
            let rules = self.default_rules();
            if let Value::Scalar { text, quoted: false } = &entry.value.value
                && let Some((id, value)) = without_space(text, known)
            {
                self.errors.push(tree::no_space(entry.value.span, id, value));
                return rules;
            }
            let message =
                format!("`rules` is a mapping of rule ids, not {}", entry.value.describe());
            self.wrong_type(
                &entry.value,
                message,
                "such as `root-mfa-not-hardware: { severity: high }`",
            );
            return rules;
        };
        for entry in entries {
            let Some(info) = self.known_rule(&entry.key, entry.key_span) else { continue };
            if let Some(rule) = self.rule(entry, info)
                && let Some(slot) = rules.iter_mut().find(|slot| slot.info.id == info.id)
            {
                *slot = rule;
            }
        }
        rules
    }

    fn rule(&mut self, entry: &Entry, info: &'static RuleInfo) -> Option<RulePolicy> {
        let mut rule =
            RulePolicy { line: Some(entry.key_span.line), ..RulePolicy::default_of(info) };
        match &entry.value.value {
            Value::Map(entries) => {
                let (severity, threshold) = self.rule_settings(entries, info);
                rule.severity = severity.unwrap_or(rule.severity);
                rule.threshold = threshold.or(rule.threshold);
                Some(rule)
            }
            Value::Scalar { text, .. } if text == "off" => {
                rule.on = false;
                Some(rule)
            }
            _ => {
                self.not_a_rule_setting(&entry.value, info);
                None
            }
        }
    }

    fn rule_settings(
        &mut self,
        entries: &[Entry],
        info: &RuleInfo,
    ) -> (Option<Severity>, Option<Amount>) {
        let (mut severity, mut threshold) = (None, None);
        for entry in entries {
            let own = info.threshold.filter(|own| own.key == entry.key);
            if entry.key != "severity" && own.is_none() {
                self.unknown_setting(entry, info);
            } else if entry.value.is_null() {
                self.no_value(entry, None);
            } else if let Some(own) = own {
                threshold = self.amount(&entry.value, &own);
            } else {
                severity = self.severity_of(&entry.value, "severity");
            }
        }
        (severity, threshold)
    }

    fn amount(&mut self, node: &Node, own: &Threshold) -> Option<Amount> {
        match (own.least, own.most) {
            (Amount::Time(least), Amount::Time(most)) => {
                self.duration_within(node, own.key, least, most).map(Amount::Time)
            }
            (least, most) => {
                let count = match (&node.value, node.scalar_type()) {
                    (Value::Scalar { text, .. }, Some(ScalarType::Number)) => text.parse().ok(),
                    _ => None,
                };
                let help =
                    format!("write a number from {least} to {most}, such as {}", own.default);
                let Some(count) = count.map(Amount::Count) else {
                    let message =
                        format!("`{}` takes a whole number, not {}", own.key, node.describe());
                    self.wrong_type(node, message, help);
                    return None;
                };
                if count < least || most < count {
                    let message =
                        format!("`{}` is {count}; the range is {least} to {most}", own.key);
                    self.error("out-of-bounds", node.span, message, help);
                    return None;
                }
                Some(count)
            }
        }
    }

    fn unknown_setting(&mut self, entry: &Entry, info: &RuleInfo) {
        let own = fields::RULE.iter().map(|field| field.key);
        let own: Vec<_> = own.chain(info.threshold.map(|threshold| threshold.key)).collect();
        let known = suggest::list(own.iter().copied());
        let key = show(&entry.key);
        let help = match suggest::nearest(&entry.key, own) {
            Some(meant) => format!("did you mean `{meant}`? Its settings are {known}"),
            None if entry.key == "enabled" || entry.key == "off" => {
                format!("to turn the rule off, write `{}: off`", info.id)
            }
            None => format!("its settings are {known}"),
        };
        let message = format!("`{}` has no setting `{key}`", info.id);
        self.error("unknown-key", entry.key_span, message, help);
    }

    fn not_a_rule_setting(&mut self, node: &Node, info: &RuleInfo) {
        let id = info.id;
        let message =
            format!("a rule is `off` or a mapping of its settings, not {}", node.describe());
        let text = match &node.value {
            Value::Scalar { text, .. } => text.to_lowercase(),
            _ => String::new(),
        };
        let help = match (node.scalar_type(), text.as_str()) {
            (Some(ScalarType::Flag(false)), _) | (_, "no" | "disabled" | "false") => {
                format!("write `{id}: off`")
            }
            (Some(ScalarType::Flag(true) | ScalarType::Null), _)
            | (_, "on" | "yes" | "enabled") => {
                format!(
                    "remove the line: a rule is on unless it is `off`; or set `{id}: {{ severity: {} }}`",
                    info.severity
                )
            }
            (_, word) if word.parse::<Severity>().is_ok() => {
                format!("write `{id}: {{ severity: {word} }}`")
            }
            _ => format!("write `{id}: {{ severity: {} }}`, or `{id}: off`", info.severity),
        };
        self.wrong_type(node, message, help);
    }

    /// The rule of that id; an error where it is planned or does not exist.
    pub(super) fn known_rule(&mut self, id: &str, span: super::Span) -> Option<&'static RuleInfo> {
        if let Some(info) = self.rules.iter().find(|info| info.id.0 == id) {
            return Some(info);
        }
        if PLANNED_RULES.contains(&id) {
            self.error(
                "not-in-this-version",
                span,
                format!("the rule `{id}` is not in this version of rootgate"),
                "remove it: rootgate never ignores a rule that it cannot judge",
            );
            return None;
        }
        let ids: Vec<_> = self.rules.iter().map(|info| info.id.0).collect();
        let help = match suggest::nearest(id, ids.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`? `rootgate rules` lists all"),
            None => format!("the rules are {}", suggest::list(ids)),
        };
        self.error("unknown-rule", span, format!("there is no rule `{}`", show(id)), help);
        None
    }
}
