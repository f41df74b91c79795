//! The report for programs: `rootgate.report/v1`.
//!
//! The keys are stable: new ones may be added, none is removed or changes its meaning, and readers
//! ignore unknown keys. `schema/report.json` describes them.

mod change;

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer};

use crate::escape::visible;
use crate::model::{
    self, AccountId, AccountReport, Cause, Counts, Finding, Inventory, Judge, Outcome,
    PolicyOrigin, Report, RuleId, RuleOutcome, RuleSetting, Severity, Signature, Source, UseKind,
    Verdict, begins_with_schema, fingerprint, format_time, is_unchanged_json,
};

/// The value of `schema`.
pub const SCHEMA_ID: &str = "rootgate.report/v1";

/// The JSON Schema (2020-12) of the report, as in `schema/report.json`.
#[must_use]
pub const fn report_schema() -> &'static str {
    include_str!("../../../schema/report.json")
}

/// Writes the report as JSON, indented, with a line break at its end.
///
/// # Errors
/// The error of the writer.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &JsonReport::from_report(report))?;
    writeln!(out)
}

/// The signature of a JSON report.
pub(super) const SIGNATURE: Signature = Signature {
    begins: |head| begins_with_schema(head, SCHEMA_ID),
    is_unchanged: is_unchanged_json,
};

#[derive(Serialize)]
struct JsonReport<'a> {
    schema: &'static str,
    tool: Tool,
    verdict: Verdict,
    exit_code: u8,
    evaluated_at: String,
    valid_until: String,
    policy: Policy<'a>,
    evidence_files: Vec<EvidenceFile<'a>>,
    accounts: Accounts<'a>,
    skipped_accounts: Vec<SkippedAccount<'a>>,
    organization: Option<Organization<'a>>,
    notices: Vec<Notice>,
    counts: Counts,
    as_of: bool,
    fail_on: Severity,
    enforce_from: Option<NaiveDate>,
    incomplete: Option<String>,
    not_evaluated: Option<String>,
    policy_change: Option<change::PolicyChange<'a>>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Which policy judged.
#[derive(Serialize)]
pub(super) struct Policy<'a> {
    path: Option<String>,
    sha256: Option<&'a str>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    commit: Option<String>,
    judge: &'static str,
    environment: Option<String>,
    repository: Option<String>,
    pinned: Option<bool>,
}

/// An account of the organization that is not judged.
#[derive(Serialize)]
struct SkippedAccount<'a> {
    id: &'a str,
    reason: String,
}

/// The proof that every account of the organization is accounted for: `listed` is the sum of `judged`,
/// `skipped` and `not_entered`.
#[derive(Serialize)]
struct Organization<'a> {
    id: Option<String>,
    management_account: Option<&'a str>,
    listed: usize,
    judged: usize,
    skipped: usize,
    not_entered: usize,
    complete: bool,
}

/// A file that evidence came from.
#[derive(Serialize)]
pub(super) struct EvidenceFile<'a> {
    path: String,
    sha256: &'a str,
}

/// The accounts. Each is converted to JSON only while it is written: there may be thousands.
struct Accounts<'a>(&'a [AccountReport]);

impl Serialize for Accounts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Account::from_report))
    }
}

#[derive(Serialize)]
struct Account<'a> {
    id: &'a str,
    name: Option<String>,
    partition: Option<&'a str>,
    outcomes: Vec<OneOutcome<'a>>,
    nothing_read: bool,
    uses: Vec<Use>,
    listed: Vec<Listed>,
    windows: Vec<Window>,
}

#[derive(Serialize)]
struct OneOutcome<'a> {
    rule: RuleId,
    outcome: Outcome,
    severity: Severity,
    message: String,
    findings: Vec<OneFinding>,
    evidence: Vec<Evidence>,
    gaps: Vec<OneGap<'a>>,
    blocks: bool,
}

#[derive(Serialize)]
struct OneFinding {
    subject: String,
    fingerprint: String,
    message: String,
    remedy: String,
    window: Option<String>,
    clears_at: Option<String>,
    waiver: Option<Waiver>,
    happened_at: Option<String>,
}

#[derive(Serialize)]
struct Waiver {
    ticket: String,
    reason: String,
    from: NaiveDate,
    expires: NaiveDate,
    line: usize,
}

#[derive(Serialize)]
struct Evidence {
    source: Source,
    observed_at: String,
}

#[derive(Serialize)]
struct OneGap<'a> {
    source: &'a Source,
    action: String,
    cause: Cause,
    grant: Option<String>,
    detail: String,
}

#[derive(Serialize)]
struct Use {
    at: String,
    kind: UseKind,
    window: Option<String>,
    story: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    at: String,
    what: String,
}

#[derive(Serialize)]
struct Window {
    id: String,
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Notice {
    code: &'static str,
    message: String,
    line: Option<usize>,
}

#[derive(Serialize)]
struct Rule {
    id: RuleId,
    on: bool,
    severity: Severity,
    default_severity: Severity,
    line: Option<usize>,
}

impl<'a> JsonReport<'a> {
    fn from_report(report: &'a Report) -> Self {
        let notices = report.notices.iter();
        Self {
            schema: SCHEMA_ID,
            tool: Tool { name: "rootgate", version: env!("CARGO_PKG_VERSION") },
            verdict: report.verdict,
            exit_code: report.exit_code,
            evaluated_at: format_time(report.evaluated_at),
            valid_until: format_time(report.valid_until),
            policy: Policy::from_origin(&report.policy),
            evidence_files: EvidenceFile::all(report),
            accounts: Accounts(&report.accounts),
            skipped_accounts: SkippedAccount::all(report),
            organization: report.inventory.as_ref().map(Organization::from_inventory),
            notices: notices
                .map(|notice| Notice {
                    code: notice.code().id(),
                    message: visible(&notice.message()),
                    line: notice.line,
                })
                .collect(),
            counts: report.counts,
            as_of: report.as_of,
            fail_on: report.fail_on,
            enforce_from: report.enforce_from,
            incomplete: report.incomplete.map(visible),
            not_evaluated: optional(report.not_evaluated.as_ref()),
            policy_change: report.policy_change.as_ref().map(change::PolicyChange::from_model),
            rules: report.rules.iter().map(Rule::from_setting).collect(),
        }
    }
}

impl<'a> SkippedAccount<'a> {
    fn all(report: &'a Report) -> Vec<Self> {
        let skipped = report.inventory.iter().flat_map(|inventory| &inventory.skipped);
        skipped.map(|it| Self { id: it.id.as_str(), reason: visible(&it.reason) }).collect()
    }
}

impl<'a> Organization<'a> {
    fn from_inventory(inventory: &'a Inventory) -> Self {
        Self {
            id: optional(inventory.id.as_ref()),
            management_account: inventory.management_account.as_ref().map(AccountId::as_str),
            listed: inventory.listed,
            judged: inventory.judged,
            skipped: inventory.skipped.len(),
            not_entered: inventory.not_entered,
            complete: inventory.is_complete(),
        }
    }
}

impl<'a> EvidenceFile<'a> {
    pub(super) fn all(report: &'a Report) -> Vec<Self> {
        let entry = |file: &'a model::EvidenceFile| Self {
            path: visible(&file.path),
            sha256: &file.sha256,
        };
        report.evidence_files.iter().map(entry).collect()
    }
}

impl<'a> Policy<'a> {
    pub(super) fn from_origin(policy: &'a PolicyOrigin) -> Self {
        let (mut environment, mut repository, mut pinned) = (None, None, None);
        match &policy.judge {
            Judge::File | Judge::DefaultBranch | Judge::Checkout => {}
            Judge::Accepted { environment: name } => environment = Some(visible(name)),
            Judge::Remote { repository: name, pinned: is_commit } => {
                repository = Some(visible(name));
                pinned = Some(*is_commit);
            }
        }
        Self {
            path: optional(policy.path.as_ref()),
            sha256: policy.sha256.as_deref(),
            git_ref: optional(policy.git_ref.as_ref()),
            commit: optional(policy.commit.as_ref()),
            judge: policy.judge.id(),
            environment,
            repository,
            pinned,
        }
    }
}

impl<'a> Account<'a> {
    fn from_report(account: &'a AccountReport) -> Self {
        let uses = account.timeline.uses.iter().map(|root_use| Use {
            at: format_time(root_use.at),
            kind: root_use.kind,
            window: optional(root_use.window.as_ref()),
            story: optional(root_use.story.as_ref()),
        });
        let listed = account.timeline.listed.iter();
        let listed =
            listed.map(|listed| Listed { at: format_time(listed.at), what: visible(&listed.what) });
        let windows = account.timeline.windows.iter().map(|window| Window {
            id: visible(&window.id),
            from: format_time(window.from),
            to: format_time(window.to),
        });
        Self {
            id: account.id.as_str(),
            name: optional(account.name.as_ref()),
            partition: account.partition.as_ref().map(|partition| partition.as_str()),
            outcomes: account
                .outcomes
                .iter()
                .map(|outcome| OneOutcome::new(account, outcome))
                .collect(),
            nothing_read: account.nothing_read,
            uses: uses.collect(),
            listed: listed.collect(),
            windows: windows.collect(),
        }
    }
}

impl<'a> OneOutcome<'a> {
    fn new(account: &AccountReport, outcome: &'a RuleOutcome) -> Self {
        let evidence = outcome.evidence.iter().map(|basis| Evidence {
            source: basis.source,
            observed_at: format_time(basis.observed_at),
        });
        let gaps = outcome.gaps.iter().map(|gap| OneGap {
            source: &gap.source,
            action: visible(&gap.action),
            cause: gap.cause,
            grant: gap.grant.as_deref().map(visible),
            detail: visible(&gap.detail),
        });
        Self {
            rule: outcome.rule,
            outcome: outcome.outcome,
            severity: outcome.severity,
            message: visible(&outcome.message),
            findings: outcome
                .findings
                .iter()
                .map(|finding| OneFinding::new(account, outcome.rule, finding))
                .collect(),
            evidence: evidence.collect(),
            gaps: gaps.collect(),
            blocks: outcome.blocks,
        }
    }
}

impl OneFinding {
    fn new(account: &AccountReport, rule: RuleId, finding: &Finding) -> Self {
        Self {
            subject: visible(&finding.subject.to_string()),
            fingerprint: fingerprint(rule, &account.id, &finding.subject),
            message: visible(&finding.message),
            remedy: visible(&finding.remedy),
            window: finding
                .window
                .as_ref()
                .map(|_| finding.windows().map(visible).collect::<Vec<_>>().join("\n")),
            clears_at: time(finding.clears_at),
            waiver: finding.waiver.as_ref().map(|waiver| Waiver {
                ticket: visible(&waiver.ticket),
                reason: visible(&waiver.reason),
                from: waiver.from,
                expires: waiver.expires,
                line: waiver.line,
            }),
            happened_at: time(finding.happened_at),
        }
    }
}

impl Rule {
    fn from_setting(setting: &RuleSetting) -> Self {
        Self {
            id: setting.info.id,
            on: setting.on,
            severity: setting.severity,
            default_severity: setting.info.severity,
            line: setting.line,
        }
    }
}

fn optional(text: Option<&String>) -> Option<String> {
    text.map(|text| visible(text))
}

fn time(time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(format_time)
}

#[cfg(test)]
mod tests;
