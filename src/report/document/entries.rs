//! Accounts, the outcomes of their rules, and the findings: views that borrow from the report.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::missing::{MissingFact, basis};
use super::{MAX_NAME, Prose, policy};
use crate::escape::{shortened, visible};
use crate::model::{
    AccountId, AccountReport, Cause, Counts, Finding, Gap, Outcome, Report, RuleId, RuleInfo,
    RuleOutcome, RuleSetting, Severity, Source, Subject, Timeline, WaivedBy, counted,
};

/// Maximum number of findings of one rule and account that are shown and get alerts.
pub(crate) const KEPT_FINDINGS: usize = 20;

/// All details of the accounts.
#[derive(Clone, Copy)]
pub(crate) struct Full<'a> {
    report: &'a Report,
}

impl<'a> Full<'a> {
    pub(crate) const fn from_report(report: &'a Report) -> Self {
        Self { report }
    }

    /// Every judged account, in the order of the scope.
    pub(crate) fn accounts(self) -> impl ExactSizeIterator<Item = Account<'a>> {
        let accounts = self.report.accounts.iter().enumerate();
        accounts.map(move |(index, account)| Account {
            report: self.report,
            account,
            number: index + 1,
        })
    }

    /// Numbers of outcomes.
    pub(crate) const fn counts(self) -> Counts {
        self.report.counts
    }

    /// Why the run is incomplete, if it is.
    pub(crate) fn incomplete(self) -> Option<&'a str> {
        self.report.incomplete
    }

    /// The outcomes of that kind: the worst severity first, then in the order of the report.
    pub(crate) fn of_kind(self, kind: Outcome) -> Vec<Entry<'a>> {
        self.worst_first(|entry| entry.outcome() == kind)
    }

    /// Outcomes that need action, worst first.
    pub(crate) fn open(self) -> Vec<Entry<'a>> {
        self.worst_first(|entry| matches!(entry.outcome(), Outcome::Fail | Outcome::Undetermined))
    }

    /// Every waived finding, those of the worst rules first.
    pub(crate) fn waived(self) -> Vec<Waived<'a>> {
        let entries = self.worst_first(|entry| entry.waived().next().is_some());
        entries.into_iter().flat_map(Entry::waived).collect()
    }

    /// Outcomes that need no action: passed or not applicable.
    pub(crate) fn fine(self) -> Vec<Entry<'a>> {
        let is_fine =
            |entry: &Entry<'_>| matches!(entry.outcome(), Outcome::Pass | Outcome::NotApplicable);
        self.accounts().flat_map(Account::entries).filter(is_fine).collect()
    }

    /// Rules that the policy switches off or lowers.
    pub(crate) fn loosened(self) -> Vec<&'a RuleSetting> {
        let loosened = |rule: &&RuleSetting| !rule.on || rule.severity < rule.info.severity;
        self.report.rules.iter().filter(loosened).collect()
    }

    /// Shell commands that repeat the judgement, live and from saved evidence.
    pub(crate) fn rerun_commands(self) -> Vec<String> {
        policy::rerun_commands(self.report)
    }

    fn worst_first(self, kind: impl Fn(&Entry<'a>) -> bool) -> Vec<Entry<'a>> {
        worst_first(self.accounts().flat_map(Account::entries).filter(kind).collect())
    }
}

fn worst_first(mut entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    entries.sort_by_key(|entry| Reverse(entry.severity()));
    entries
}

/// A judged account.
#[derive(Clone, Copy)]
pub(crate) struct Account<'a> {
    report: &'a Report,
    account: &'a AccountReport,
    /// Its position in the report, from 1.
    pub(crate) number: usize,
}

impl<'a> Account<'a> {
    /// One account, without its position in the report.
    pub(crate) const fn alone(report: &'a Report, account: &'a AccountReport) -> Self {
        Self { report, account, number: 1 }
    }

    pub(crate) const fn id(self) -> &'a AccountId {
        &self.account.id
    }

    /// The policy's name for it, in full.
    pub(super) fn policy_name(self) -> Option<&'a str> {
        self.account.name.as_deref()
    }

    /// The policy's name for it.
    pub(crate) fn name(self) -> Option<String> {
        self.policy_name().map(|name| shortened(name, MAX_NAME))
    }

    /// `prod (111122223333)`, or the id alone.
    pub(crate) fn label(self) -> String {
        match self.name() {
            Some(name) => format!("{name} ({})", self.id()),
            None => self.id().to_string(),
        }
    }

    /// The same, as part of a sentence.
    pub(super) fn in_prose(self) -> Prose<'a> {
        let id = self.id().as_str();
        match self.name() {
            Some(name) => Prose::new().external(name).text(" (").name(id).text(")"),
            None => Prose::new().name(id),
        }
    }

    /// Whether nothing of the account could be read.
    pub(super) const fn is_unread(self) -> bool {
        self.account.nothing_read
    }

    /// The outcome of each enabled rule, in the order of the catalogue.
    pub(crate) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let outcomes = self.account.outcomes.iter();
        outcomes.map(move |outcome| Entry { account: self, outcome })
    }

    /// The outcomes of that kind, worst first.
    pub(crate) fn of_kind(self, kind: Outcome) -> Vec<Entry<'a>> {
        worst_first(self.entries().filter(|entry| entry.outcome() == kind).collect())
    }

    /// When root was used, and when it might have been.
    pub(crate) const fn timeline(self) -> &'a Timeline {
        &self.account.timeline
    }

    /// Why the account has no usable evidence, if it has none. A credential report without its time
    /// was read, but does not describe the present.
    pub(crate) fn nothing_read(self) -> Option<Prose<'a>> {
        if !self.account.nothing_read {
            return None;
        }
        let undated =
            |gap: &Gap| gap.cause == Cause::Undated && gap.source == Source::CredentialReport;
        if self.account.outcomes.iter().flat_map(|outcome| &outcome.gaps).any(undated) {
            return Some(Prose::new().text(
                "The time of the credential report is missing, so the report does not count: pass the time at which \
                 AWS made it with --report-generated-at TIME.",
            ));
        }
        let nothing = Prose::new().text("Nothing of this account could be read");
        Some(match self.entry_failure() {
            Some(why) => nothing.text(": ").external(why).text("."),
            None => nothing.text("."),
        })
    }

    /// Why nothing of the account could be read, if every source has the same reason: sign-in to the
    /// account failed. The report then shows the reason once, not at each rule.
    fn entry_failure(self) -> Option<&'a str> {
        let undetermined =
            self.account.outcomes.iter().filter(|outcome| outcome.outcome == Outcome::Undetermined);
        let mut gaps = undetermined.flat_map(|outcome| &outcome.gaps);
        let first = gaps.next().filter(|_| self.account.nothing_read)?;
        let same = |gap: &Gap| gap.cause == Cause::NotEntered && gap.detail == first.detail;
        (same(first) && gaps.all(same)).then_some(first.detail.as_str())
    }
}

/// The outcome of one rule for one account.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) account: Account<'a>,
    outcome: &'a RuleOutcome,
}

impl<'a> Entry<'a> {
    pub(crate) const fn rule(self) -> RuleId {
        self.outcome.rule
    }

    /// The rule's entry in the catalogue.
    pub(crate) fn info(self) -> Option<&'static RuleInfo> {
        self.account.report.rule(self.rule()).map(|setting| setting.info)
    }

    pub(crate) const fn outcome(self) -> Outcome {
        self.outcome.outcome
    }

    pub(crate) const fn severity(self) -> Severity {
        self.outcome.severity
    }

    /// Whether it makes the run fail or be undetermined.
    pub(crate) const fn blocks(self) -> bool {
        self.outcome.blocks
    }

    /// The outcome and its reason. May hold outside text.
    pub(crate) fn message(self) -> &'a str {
        &self.outcome.message
    }

    /// The findings to show, newest first, and how many more there are.
    pub(crate) fn findings(self) -> (Vec<FindingPart<'a>>, usize) {
        let mut findings = self.unwaived();
        let more = findings.len().saturating_sub(KEPT_FINDINGS);
        findings.truncate(KEPT_FINDINGS);
        (findings, more)
    }

    /// The findings that no waiver covers: newest first, those of unknown time last.
    pub(crate) fn unwaived(self) -> Vec<FindingPart<'a>> {
        let open = self.outcome.findings.iter().filter(|finding| finding.waiver.is_none());
        let mut open: Vec<_> = open.map(FindingPart).collect();
        open.sort_by_cached_key(|FindingPart(finding)| {
            (Reverse(finding.happened_at), finding.subject.to_string())
        });
        open
    }

    /// The findings that a waiver covers.
    pub(crate) fn waived(self) -> impl Iterator<Item = Waived<'a>> {
        self.outcome.findings.iter().filter_map(move |finding| {
            let by = finding.waiver.as_ref()?;
            Some(Waived { entry: self, finding: FindingPart(finding), by })
        })
    }

    /// The missing facts, as gaps.
    pub(super) fn gaps(self) -> &'a [Gap] {
        &self.outcome.gaps
    }

    /// The missing facts, in words.
    pub(crate) fn missing_facts(self) -> impl Iterator<Item = MissingFact<'a>> {
        self.gaps().iter().map(MissingFact::from_gap)
    }

    /// The facts behind the outcome: `credential report of 2026-11-02T06:40:00Z (3h20m old)`.
    pub(crate) fn evidence(self) -> impl Iterator<Item = Prose<'static>> {
        let now = self.account.report.evaluated_at;
        self.outcome.evidence.iter().map(move |it| basis(it, now))
    }

    /// Why a problem does not block; `None`: it blocks.
    pub(crate) fn not_blocking(self) -> Option<String> {
        let fail_on = self.account.report.fail_on;
        let why = match self.severity() < fail_on {
            true => format!("fail-on is {fail_on}"),
            false => "the policy says on-undetermined: warn".to_owned(),
        };
        (!self.blocks()).then(|| format!("Does not block: {why}."))
    }

    /// 1-based line of the policy at which to show an outcome of the rule.
    pub(crate) fn line(self) -> usize {
        let report = self.account.report;
        let line = report.rule(self.rule()).and_then(|setting| setting.line);
        match report.policy.repository_path {
            Some(_) => line.unwrap_or(1),
            None => 1,
        }
    }

    /// Whether two outcomes of the same account are undetermined for the same reason, which is then
    /// shown once.
    fn has_same_reason(&self, other: &Self) -> bool {
        let (one, two) = (self.outcome, other.outcome);
        self.account.number == other.account.number
            && one.blocks == two.blocks
            && (self.account.entry_failure().is_some()
                || (one.message == two.message && one.gaps == two.gaps))
    }
}

/// Rules of an account that could not be judged for the same reason.
pub(crate) struct SameReason<'e, 'a> {
    /// The first of them.
    pub(crate) first: Entry<'a>,
    /// All of them.
    pub(crate) entries: &'e [Entry<'a>],
    /// The missing facts; empty if the account already shows the reason.
    pub(crate) missing: Vec<MissingFact<'a>>,
}

/// Groups undetermined outcomes by reason.
pub(crate) fn group_by_reason<'e, 'a>(
    entries: &'e [Entry<'a>],
) -> impl Iterator<Item = SameReason<'e, 'a>> {
    entries.chunk_by(Entry::has_same_reason).filter_map(|entries| {
        let first = *entries.first()?;
        let not_entered = first.account.entry_failure().is_some();
        let missing = if not_entered { Vec::new() } else { first.missing_facts().collect() };
        Some(SameReason { first, entries, missing })
    })
}

/// One violation of a rule.
#[derive(Clone, Copy)]
pub(crate) struct FindingPart<'a>(&'a Finding);

impl<'a> FindingPart<'a> {
    /// The subject.
    pub(crate) const fn subject(self) -> &'a Subject {
        &self.0.subject
    }

    /// The subject, for people.
    pub(crate) fn title(self) -> String {
        shortened(&self.0.subject.to_string(), MAX_NAME)
    }

    /// What was seen, where, and how old that is. May hold outside text.
    pub(crate) fn seen(self) -> &'a str {
        &self.0.message
    }

    /// What to do. May hold outside text.
    pub(crate) fn to_do(self) -> &'a str {
        &self.0.remedy
    }

    /// When the finding happened or its subject was made.
    pub(crate) const fn since(self) -> Option<DateTime<Utc>> {
        self.0.happened_at
    }

    /// When it turns green by itself, if it will.
    pub(crate) const fn clears_at(self) -> Option<DateTime<Utc>> {
        self.0.clears_at
    }

    /// The suggested windows, each one line of YAML. May hold outside text.
    pub(crate) fn windows(self) -> impl Iterator<Item = &'a str> {
        self.0.windows()
    }

    /// The suggested windows as whole lines to copy, always indented as entries below `windows:`.
    /// Lines from the log and from the summary can be pasted together.
    pub(crate) fn lines_to_paste(self) -> impl Iterator<Item = String> {
        self.windows().map(|window| format!("  {}", visible(window)))
    }
}

/// A finding that a waiver covers.
pub(crate) struct Waived<'a> {
    pub(crate) entry: Entry<'a>,
    pub(crate) finding: FindingPart<'a>,
    pub(crate) by: &'a WaivedBy,
}

/// `3 more findings, in the JSON report`.
pub(crate) fn more_findings(more: usize) -> String {
    format!("{}, in the JSON report", counted(more, "more finding"))
}
