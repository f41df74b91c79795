//! The content of a report, independent of its format. Each sentence is written here once; a format
//! decides its place and its escaping.
//!
//! A [`Document`] borrows from the report. Its head is the same for all readers. For accounts and
//! policy changes, strangers get types that can only hold what they may read.

mod change;
mod entries;
mod evidence_files;
pub(crate) mod missing;
mod not_evaluated;
mod organization;
mod policy;
mod prose;
mod redacted;
mod verdict;

use chrono::{DateTime, Utc};

pub(crate) use change::{ChangePart, Changes, Content};
pub(crate) use entries::{
    Account, Entry, FindingPart, Full, KEPT_FINDINGS, SameReason, Waived, group_by_reason,
    more_findings,
};
pub(crate) use organization::{
    Matrix, OpenRule, Organization, ReasonGroup, RedactedOrganization, RuleCounts, RuleGroup,
    SkippedGroup, Unread, accounts, thousands,
};
pub(crate) use policy::PolicyPart;
pub(crate) use prose::{Part, Prose};
pub(crate) use redacted::{OpenOutcome, Redacted, WHY};
pub(crate) use verdict::{VerdictLine, counts};

use crate::model::Report;

/// Maximum length of an outside text, in characters; the JSON report has all of it.
pub(crate) const MAX_TEXT: usize = 2_000;
/// Maximum length of a name or subject, in characters.
pub(crate) const MAX_NAME: usize = 80;

/// Before each clause of [`Document::evidence_files`].
pub(crate) const FROM_A_FILE: &str = "Evidence from a file: ";
/// Above the sentences of [`Document::not_evaluated`].
pub(crate) const NOT_EVALUATED: &str = "Not evaluated";
/// Before suggested windows.
pub(crate) const BELOW_WINDOWS: &str =
    "Paste below `windows:` in the policy; fill in REASON and TICKET:";

/// How much of a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Details {
    /// Everything.
    #[default]
    Full,
    /// Only what strangers may read.
    Redacted,
}

/// The content of a report for people.
pub(crate) struct Document<'a> {
    pub(crate) verdict: VerdictLine<'a>,
    /// The time of the judgement.
    pub(crate) evaluated_at: DateTime<Utc>,
    pub(crate) policy: PolicyPart<'a>,
    /// The files that evidence came from, a clause each.
    pub(crate) evidence_files: Vec<Prose<'a>>,
    /// Why nothing was evaluated, and what to do; empty if something was.
    pub(crate) not_evaluated: Vec<Prose<'a>>,
    /// The checkout's copy of the policy.
    pub(crate) change: Option<ChangePart<'a>>,
    pub(crate) notices: Vec<NoticePart>,
    pub(crate) body: Body<'a>,
}

/// A notice: it is not a finding.
pub(crate) struct NoticePart {
    /// `waiver-expired`
    pub(crate) code: &'static str,
    /// May hold outside text; `None`: strangers read only the code.
    pub(crate) message: Option<String>,
    /// 1-based line of the policy.
    pub(crate) line: Option<usize>,
}

/// The accounts.
pub(crate) enum Body<'a> {
    Full(Full<'a>),
    Redacted(Redacted<'a>),
    /// Those of an organization.
    Organization(Organization<'a>),
    RedactedOrganization(RedactedOrganization<'a>),
}

impl<'a> Document<'a> {
    pub(crate) fn from_report(report: &'a Report, details: Details) -> Self {
        let notices = report.notices.iter().map(|notice| NoticePart {
            code: notice.code().id(),
            message: (details == Details::Full).then(|| notice.message()),
            line: notice.line,
        });
        Self {
            verdict: VerdictLine::from_report(report),
            evaluated_at: report.evaluated_at,
            policy: PolicyPart::from_origin(&report.policy, details),
            evidence_files: evidence_files::evidence_files(report, details),
            not_evaluated: not_evaluated::not_evaluated(report, details),
            change: ChangePart::from_report(report, details),
            notices: notices.collect(),
            body: Body::from_report(report, details),
        }
    }
}

impl<'a> Body<'a> {
    fn from_report(report: &'a Report, details: Details) -> Self {
        match details {
            Details::Full => Organization::from_report(report)
                .map_or_else(|| Self::Full(Full::from_report(report)), Self::Organization),
            Details::Redacted => RedactedOrganization::from_report(report).map_or_else(
                || Self::Redacted(Redacted::from_report(report)),
                Self::RedactedOrganization,
            ),
        }
    }
}
