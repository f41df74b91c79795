//! What strangers may read of an organization: numbers, rule ids, the policy's names of accounts and the
//! IAM actions to grant. No ids, no reasons.

use std::collections::BTreeSet;

use super::{Organization, RuleGroup, accounts, coverage, thousands};
use crate::model::{IamAction, Outcome, Report, RuleId, Severity, counted};
use crate::report::document::redacted::{OpenOutcome, label};
use crate::report::document::{Details, Prose};

/// Maximum number of accounts that are named for a rule.
const MAX_NAMED: usize = 10;

/// The accounts of an organization as strangers may see them.
#[derive(Clone, Copy)]
pub(crate) struct RedactedOrganization<'a>(Organization<'a>);

/// A rule that fails or is undetermined in some accounts.
pub(crate) struct OpenRule {
    pub(crate) rule: RuleId,
    pub(crate) outcome: Outcome,
    pub(crate) severity: Severity,
    /// Whether it blocks in any account.
    pub(crate) blocks: bool,
    /// 1-based line of the policy.
    pub(crate) line: usize,
    /// `12 accounts, 14 findings`, `3 accounts, grant iam:GetAccountSummary`.
    pub(crate) what: String,
    /// `prod, account 17 and 3 more`.
    pub(crate) named: String,
}

/// The accounts in which nothing could be read.
pub(crate) struct Unread {
    /// `nothing could be read in 3 accounts`.
    pub(crate) what: String,
    /// `prod, account 17 and 3 more`.
    pub(crate) named: String,
    /// The worst severity of their rules; `None`: no rule is undetermined.
    pub(crate) severity: Option<Severity>,
    pub(crate) blocks: bool,
}

impl<'a> RedactedOrganization<'a> {
    pub(crate) fn from_report(report: &'a Report) -> Option<Self> {
        Organization::from_report(report).map(Self)
    }

    /// How many accounts there are and what happened to them.
    pub(crate) fn coverage(self) -> Vec<Prose<'a>> {
        let report = self.0.report;
        coverage::coverage(self.0.inventory, report.accounts.len(), Details::Redacted)
    }

    /// The accounts in which nothing could be read, as a number and by name; `None`: there are none.
    pub(crate) fn unread(self) -> Option<Unread> {
        unread(self.0)
    }

    /// The rules that need action, worst first.
    pub(crate) fn open(self) -> Vec<OpenRule> {
        let groups = self.0.failed().into_iter().chain(self.0.undetermined_rules());
        let mut open: Vec<_> = groups.map(|group| OpenRule::from_group(&group)).collect();
        open.sort_by_key(|open| std::cmp::Reverse(open.severity));
        open
    }
}

pub(super) fn unread(organization: Organization<'_>) -> Option<Unread> {
    let entries = organization.unread_entries();
    let unread = organization.full.accounts().filter(|account| account.is_unread());
    let unread: Vec<_> = unread.collect();
    (!unread.is_empty()).then(|| Unread {
        what: format!("nothing could be read in {}", accounts(unread.len())),
        named: named(unread.iter().map(label)),
        severity: entries.first().map(|entry| entry.severity()),
        blocks: entries.iter().any(|entry| entry.blocks()),
    })
}

impl OpenRule {
    fn from_group(group: &RuleGroup<'_>) -> Self {
        let outcomes = || group.entries.iter().map(OpenOutcome::from_entry);
        let grants: BTreeSet<&IamAction> = outcomes().flat_map(|open| open.grants).collect();
        let grants: Vec<_> = grants.into_iter().map(|action| action.as_str()).collect();
        let what = match group.first.outcome() {
            Outcome::Undetermined if grants.is_empty() => "evidence is missing".to_owned(),
            Outcome::Undetermined => format!("grant {}", grants.join(", ")),
            _ => counted(outcomes().map(|open| open.findings).sum(), "finding"),
        };
        Self {
            rule: group.rule(),
            outcome: group.first.outcome(),
            severity: group.first.severity(),
            blocks: group.entries.iter().any(|entry| entry.blocks()),
            line: group.first.line(),
            what: format!("{}, {what}", accounts(group.entries.len())),
            named: named(outcomes().map(|open| open.account)),
        }
    }
}

/// `prod, account 17 and 3 more`.
fn named(labels: impl ExactSizeIterator<Item = String>) -> String {
    let more = match labels.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    format!("{}{more}", labels.take(MAX_NAMED).collect::<Vec<_>>().join(", "))
}
