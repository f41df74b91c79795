//! Annotations of an organization: one per rule and outcome, however many accounts there are.

use super::{Annotation, OfRule, level, location, state};
use crate::model::{Outcome, Report, Severity};
use crate::report::document::{
    Details, OpenRule, Organization, RedactedOrganization, RuleGroup, Unread,
};

/// Maximum number of accounts named in an annotation.
const MAX_NAMED: usize = 5;

/// One annotation per failing or undetermined rule.
pub(super) fn annotations(report: &Report, details: Details) -> Vec<Annotation> {
    match details {
        Details::Full => {
            let organization = Organization::from_report(report);
            let groups = organization
                .map(|it| it.failed().into_iter().chain(it.undetermined_rules()))
                .into_iter()
                .flatten();
            let unread = organization.and_then(Organization::unread_in_short);
            let unread = unread.map(|unread| from_unread(report, &unread));
            groups.map(|group| from_group(report, &group)).chain(unread).collect()
        }
        Details::Redacted => {
            let organization = RedactedOrganization::from_report(report);
            let open = organization.map(RedactedOrganization::open).into_iter().flatten();
            let unread = organization.and_then(RedactedOrganization::unread);
            let unread = unread.map(|unread| from_unread(report, &unread));
            open.map(|open| from_open(report, &open)).chain(unread).collect()
        }
    }
}

fn from_group(report: &Report, group: &RuleGroup<'_>) -> Annotation {
    let blocks = group.entries.iter().any(|entry| entry.blocks());
    let (within, listed) = (group.in_accounts(), group.listed(MAX_NAMED));
    let message = match group.first.outcome() {
        Outcome::Undetermined => {
            let text = format!("undetermined {within}: {listed}.");
            group.first.missing_facts().fold(text, |text, missing| text + &missing.sentences())
        }
        _ => {
            let to_do = group.same_to_do(1).map(|to_do| format!(" To do: {to_do}"));
            let first = group.first.findings().0.into_iter().next();
            let seen = first.map(|finding| format!(" {}", finding.seen())).unwrap_or_default();
            format!("failed {within}: {listed}.{seen}{}", to_do.unwrap_or_default())
        }
    };
    let (severity, line) = (group.first.severity(), group.first.line());
    OfRule { rule: group.rule(), severity, blocks, line }.says(report, message)
}

/// One annotation for all rules: their reason is the same.
fn from_unread(report: &Report, unread: &Unread) -> Annotation {
    let severity = unread.severity.unwrap_or(Severity::Low);
    Annotation {
        level: level(report, unread.blocks, severity),
        location: location(report, 1),
        title: "accounts that could not be read".to_owned(),
        severity: Some(severity),
        message: format!("undetermined: {}: {}", unread.what, unread.named),
    }
}

fn from_open(report: &Report, open: &OpenRule) -> Annotation {
    let OpenRule { rule, severity, blocks, line, .. } = *open;
    let message = format!("{} in {}: {}", state(open.outcome), open.what, open.named);
    OfRule { rule, severity, blocks, line }.says(report, message)
}
