//! A rule's page and the list of all rules, made from what each rule says of itself.

use serde_json::{Value, json};

use crate::model::{RuleInfo, SubjectKind};

/// The page of a rule, in Markdown.
#[must_use]
pub fn page(info: &RuleInfo) -> String {
    let mut page = format!("# {}\n\nViolated when {}.\n\n", info.id, info.summary);
    page += "| | |\n|---|---|\n";
    page += &format!("| default severity | {} |\n", info.severity);
    page += &format!("| a finding is about | {} |\n", subject(info.subject));
    if let Some(threshold) = info.threshold {
        page += &format!(
            "| `{}` | {}; default {}, from {} to {} |\n",
            threshold.key, threshold.meaning, threshold.default, threshold.least, threshold.most
        );
    }
    if let Some(rule) = info.only_if_waived {
        page += &format!("| judged only | while a waiver of `{rule}` covers the same key |\n");
    }
    let sources: Vec<&str> = info.needs.iter().map(|source| source.name()).collect();
    page += &format!("| reads | {} |\n", sources.join(", "));
    page += &needs(info, false, "needs");
    page += &needs(info, true, "needs for an organization");
    page += "\n";
    page += &format!(
        "{}\n\n## What to do\n\n{}\n\n## In the policy\n\n{}\n",
        info.docs,
        info.remedy,
        example(info)
    );
    if !info.tags.is_empty() {
        let tags: Vec<String> = info.tags.iter().map(|tag| format!("`{tag}`")).collect();
        page += &format!("\n## Frameworks\n\n{}\n", tags.join(", "));
    }
    page
}

/// The list of rules, in Markdown; each links to its page.
#[must_use]
pub fn index(infos: &[&RuleInfo]) -> String {
    let mut list = "# Rules\n\nEvery rule is on unless the policy says `off`.\n\n".to_owned();
    list += "| rule | default severity | violated when |\n|---|---|---|\n";
    for info in infos {
        list += &format!("| [`{0}`]({0}.md) | {1} | {2} |\n", info.id, info.severity, info.summary);
    }
    list
}

/// A rule for programs.
#[must_use]
pub fn describe(info: &RuleInfo) -> Value {
    json!({
        "id": info.id,
        "summary": info.summary,
        "severity": info.severity,
        "subject": subject(info.subject),
        "threshold": info.threshold.map(|threshold| json!({
            "key": threshold.key,
            "default": threshold.default.to_string(),
            "least": threshold.least.to_string(),
            "most": threshold.most.to_string(),
            "meaning": threshold.meaning,
        })),
        "only_if_waived": info.only_if_waived,
        "needs": info.needs,
        "actions": actions(info),
        "tags": info.tags,
        "docs": info.docs,
        "remedy": info.remedy,
    })
}

/// The row of what must be granted: for any account, or only where an organization is judged.
fn needs(info: &RuleInfo, for_organizations: bool, label: &str) -> String {
    let sources = info.needs.iter().filter(|it| it.is_for_organizations() == for_organizations);
    let actions: Vec<String> =
        sources.flat_map(|it| it.granted_actions()).map(|it| format!("`{it}`")).collect();
    match actions.is_empty() {
        true => String::new(),
        false => format!("| {label} | {} |\n", actions.join(", ")),
    }
}

fn actions(info: &RuleInfo) -> Vec<&'static str> {
    info.needs.iter().flat_map(|source| source.actions()).collect()
}

const fn subject(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Account => "the account",
        SubjectKind::AccessKey => "an access key, by the day it was made",
        SubjectKind::Certificate => "a signing certificate, by the day it was uploaded",
        SubjectKind::Use => "the uses of one kind on one UTC day",
        SubjectKind::Day => "what happened on one UTC day",
        SubjectKind::DayAndAction => "one action on one UTC day",
    }
}

fn example(info: &RuleInfo) -> String {
    let threshold = info
        .threshold
        .map(|threshold| format!(", {}: {}", threshold.key, threshold.default))
        .unwrap_or_default();
    format!(
        "```yaml\nrules:\n  {0}: {{ severity: {1}{threshold} }}   # or: {0}: off\n```",
        info.id, info.severity
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn the_page_of_every_rule_says_what_it_needs_and_is_listed() {
        let infos = rules::infos();
        let index = index(&infos);
        for info in infos {
            let page = page(info);
            assert!(page.starts_with(&format!("# {}\n", info.id)));
            for action in info.needs.iter().flat_map(|source| source.granted_actions()) {
                assert!(page.contains(action), "{action}");
            }
            assert!(index.contains(&format!("({}.md)", info.id)));
            assert_eq!(describe(info)["id"], info.id.0);
        }
    }
}
