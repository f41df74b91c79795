//! Example reports: one red, one undetermined, one green, one with hostile outside texts, and reports of
//! pull requests that change the policy.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::escape::tests::HOSTILE;
use crate::model::{
    AccountReport, AfterMerge, Basis, Cause, Change, ChangeKind, Counts, Creation, Effect,
    EvidenceFile, Finding, Gap, Judge, KeyPath, ListedMark, Notice, NoticeKind, Outcome, Partition,
    PolicyChange, PolicyCopy, PolicyOrigin, Problem, Report, RuleId, RuleInfo, RuleOutcome,
    RuleSetting, Severity, Source, Subject, SubjectKind, Timeline, UseKind, UseMark, Verdict,
    WaivedBy, WaiverState, WindowMark, parse_day, parse_time,
};

const REPORT: &[Source] = &[Source::CredentialReport, Source::AccountSummary];

macro_rules! rule {
    ($name:ident, $id:literal, $severity:ident, $subject:ident, $summary:literal, $tags:expr) => {
        static $name: RuleInfo = RuleInfo {
            id: RuleId($id),
            summary: $summary,
            severity: Severity::$severity,
            subject: SubjectKind::$subject,
            threshold: None,
            needs: REPORT,
            only_if_waived: None,
            docs: "The root user can do everything in the account, and no policy limits it.\n\n\
                Judged from the credential report and the account summary.",
            remedy: "1. Find out who needs it.\n2. Move them to a role.",
            tags: $tags,
        };
    };
}

rule!(
    ACTIVE,
    "root-access-key-active",
    Critical,
    AccessKey,
    "the root user has an active access key",
    &[
        "cis-aws/7.0/2.4",
        "cis-aws/6.0/2.3",
        "cis-aws/5.0/1.3",
        "cis-aws/4.0.1/1.4",
        "aws-fsbp/1.0/IAM.4",
        "pci-dss/3.2.1/2.1",
        "nist-800-53/r5/AC-2(1)",
        "nist-800-53/r5/AC-3(15)",
        "nist-800-53/r5/AC-6",
    ]
);
rule!(
    PRESENT,
    "root-access-key-present",
    High,
    AccessKey,
    "the root user has an access key that is not active",
    &[]
);
rule!(
    OUTSIDE,
    "root-used-outside-window",
    High,
    Use,
    "the root user was used outside every allowed window",
    &[]
);
rule!(MFA, "root-mfa-missing", Critical, Account, "the root user can sign in and has no MFA", &[]);
rule!(
    HARDWARE,
    "root-mfa-not-hardware",
    Low,
    Account,
    "a virtual MFA device can sign the root user in",
    &[]
);
rule!(
    CERTIFICATE,
    "root-signing-certificate-present",
    High,
    Certificate,
    "the root user has an X.509 signing certificate",
    &[]
);

pub(super) fn at(text: &str) -> DateTime<Utc> {
    parse_time(text).unwrap()
}

fn rules() -> Vec<RuleSetting> {
    let setting = |info: &'static RuleInfo, line| RuleSetting {
        info,
        severity: info.severity,
        on: true,
        line,
    };
    vec![
        setting(&ACTIVE, Some(14)),
        setting(&PRESENT, None),
        setting(&OUTSIDE, Some(15)),
        setting(&MFA, None),
        setting(&HARDWARE, None),
        setting(&CERTIFICATE, None),
    ]
}

fn basis() -> Vec<Basis> {
    vec![
        Basis { source: Source::CredentialReport, observed_at: at("2026-11-02T06:40:00Z") },
        Basis { source: Source::AccountSummary, observed_at: at("2026-11-02T09:59:58Z") },
    ]
}

pub(super) fn outcome(info: &RuleInfo, outcome: Outcome, message: &str) -> RuleOutcome {
    RuleOutcome {
        rule: info.id,
        outcome,
        severity: info.severity,
        message: message.to_owned(),
        findings: vec![],
        evidence: basis(),
        gaps: vec![],
        blocks: false,
    }
}

pub(super) fn finding(subject: Subject, message: &str, remedy: &str) -> Finding {
    Finding {
        subject,
        message: message.to_owned(),
        remedy: remedy.to_owned(),
        window: Some("- { id: x, reason: why, ticket: CHG-1 }".to_owned()),
        clears_at: None,
        happened_at: None,
        waiver: None,
    }
}

/// The first access key made on that day.
pub(super) fn key(made: &str) -> Subject {
    Subject::AccessKey(Creation { at: Some(at(made)), number: 1 })
}

/// A subject that holds outside text.
pub(super) fn action(name: &str) -> Subject {
    Subject::Action { day: parse_day("2026-11-02").unwrap(), action: name.to_owned() }
}

pub(super) fn failing(info: &RuleInfo, blocks: bool, findings: Vec<Finding>) -> RuleOutcome {
    let message = format!("{} found", findings.len());
    RuleOutcome { findings, blocks, ..outcome(info, Outcome::Fail, &message) }
}

pub(super) fn undetermined_outcome(info: &RuleInfo, message: &str, gap: Gap) -> RuleOutcome {
    RuleOutcome {
        gaps: vec![gap],
        evidence: vec![],
        blocks: info.severity >= Severity::Medium,
        ..outcome(info, Outcome::Undetermined, message)
    }
}

fn waiver(line: usize, ticket: &str, reason: &str) -> WaivedBy {
    WaivedBy {
        line,
        ticket: ticket.to_owned(),
        reason: reason.to_owned(),
        from: parse_day("2026-11-01").unwrap(),
        expires: parse_day("2026-11-12").unwrap(),
    }
}

fn account(id: &str, name: Option<&str>, outcomes: Vec<RuleOutcome>) -> AccountReport {
    AccountReport {
        id: id.parse().unwrap(),
        name: name.map(str::to_owned),
        partition: Partition::new("aws"),
        nothing_read: false,
        outcomes,
        timeline: Timeline::default(),
        keys_made: vec![],
    }
}

pub(super) fn report(verdict: Verdict, exit_code: u8, accounts: Vec<AccountReport>) -> Report {
    Report {
        verdict,
        exit_code,
        evaluated_at: at("2026-11-02T10:00:00Z"),
        as_of: false,
        valid_until: at("2026-11-02T11:00:00Z"),
        policy: PolicyOrigin {
            path: Some(".github/rootgate.yaml".to_owned()),
            repository_path: Some(".github/rootgate.yaml".to_owned()),
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
            git_ref: Some("main".to_owned()),
            commit: Some("6dcb09b5b57875f334f61aebed695e2e4193db5e".to_owned()),
            judge: Judge::DefaultBranch,
        },
        fail_on: Severity::Medium,
        enforce_from: None,
        evidence_files: vec![],
        inventory: None,
        incomplete: None,
        not_evaluated: None,
        policy_change: None,
        rules: rules(),
        counts: counts(&accounts),
        accounts,
        notices: vec![],
    }
}

fn counts(accounts: &[AccountReport]) -> Counts {
    let (mut counts, mut failed_rules) = (Counts::default(), BTreeSet::new());
    accounts.iter().for_each(|account| counts.add(account, &mut failed_rules));
    counts
}

fn active_key() -> Finding {
    Finding {
        happened_at: Some(at("2019-05-02T08:11:00Z")),
        ..finding(
            key("2019-05-02T08:11:00Z"),
            "Access key 1 of the root user, made on 2019-05-02, is active; it was last used on \
             2026-10-31 for s3 in eu-central-1 (credential report of 2026-11-02T06:40:00Z, 3h20m \
             old; the account summary of 2026-11-02T09:59:58Z still counts it).",
            "Move what uses the key to a role. Then sign in as root, open Security credentials, \
             deactivate the key, watch for breakage, and delete it.",
        )
    }
}

/// A failing key, a waived key and use, an undetermined rule with its permission, a finding that does
/// not block, passes, and a use inside a window.
pub(super) fn red() -> Report {
    let waived_key = Finding {
        happened_at: Some(at("2026-10-05T07:00:00Z")),
        waiver: Some(waiver(31, "SEC-77", "billing export job moves to a role in Q1")),
        ..finding(
            key("2026-10-05T07:00:00Z"),
            "Access key 2 of the root user, made on 2026-10-05, is active.",
            "Delete it.",
        )
    };
    let waived_use = Finding {
        happened_at: Some(at("2026-10-29T03:15:00Z")),
        clears_at: Some(at("2026-11-05T03:15:00Z")),
        waiver: Some(waiver(38, "SEC-78", "the export runs every night")),
        ..finding(
            Subject::Use { day: parse_day("2026-10-29").unwrap(), kind: UseKind::AccessKey },
            "Access key 2 was used on 2026-10-29T03:15:00Z, when no window was open.",
            "Plan the next use with a window.",
        )
    };
    let virtual_mfa = finding(
        Subject::Account,
        "A virtual MFA device is assigned to root (arn:aws:iam::111122223333:mfa/root-phone).",
        "Register a passkey or a hardware key for root, then remove the virtual device.",
    );
    let mut prod = account(
        "111122223333",
        Some("prod"),
        vec![
            failing(&ACTIVE, true, vec![active_key(), waived_key]),
            undetermined_outcome(
                &PRESENT,
                "The account summary could not be read; it may know a newer key than the credential \
                 report does.",
                Gap::denied(
                    Source::AccountSummary,
                    "iam:GetAccountSummary",
                    "AWS denied the call to arn:aws:sts::111122223333:assumed-role/rootgate/ci",
                ),
            ),
            RuleOutcome {
                findings: vec![waived_use],
                ..outcome(&OUTSIDE, Outcome::Waived, "One use lay outside every window.")
            },
            outcome(&MFA, Outcome::Pass, "Root has MFA."),
            failing(&HARDWARE, false, vec![virtual_mfa]),
            outcome(&CERTIFICATE, Outcome::Pass, "Root has no signing certificate."),
        ],
    );
    prod.timeline.windows = vec![WindowMark {
        id: "q4-tax-settings".to_owned(),
        from: at("2026-11-01T08:00:00Z"),
        to: at("2026-11-01T10:00:00Z"),
    }];
    prod.timeline.uses = vec![
        UseMark {
            at: at("2026-10-29T03:15:00Z"),
            kind: UseKind::AccessKey,
            window: None,
            story: None,
        },
        UseMark {
            at: at("2026-11-01T09:12:00Z"),
            kind: UseKind::SignIn,
            window: Some("q4-tax-settings".to_owned()),
            story: Some("signed in 09:02 with MFA from 198.51.100.20 in us-west-2, 4 reads".into()),
        },
    ];
    prod.timeline.listed = vec![ListedMark {
        at: at("2026-10-30T03:00:06Z"),
        what: "2 reads consistent with a central audit, from 192.0.2.10".into(),
    }];
    Report {
        notices: vec![Notice {
            kind: NoticeKind::Waiver {
                rule: ACTIVE.id,
                ticket: "SEC-77".to_owned(),
                state: WaiverState::ExpiresSoon {
                    expires: parse_day("2026-11-12").unwrap(),
                    days: 10,
                },
            },
            line: Some(31),
        }],
        ..report(Verdict::Fail, 1, vec![prod])
    }
}

/// An account without a name in the policy and with few readable facts, and no policy file.
pub(super) fn undetermined() -> Report {
    let denied = || {
        let detail = "AWS denied the call: no identity-based policy allows it";
        Gap::denied(Source::CredentialReport, "iam:GenerateCredentialReport", detail)
    };
    let message = "The credential report could not be read.";
    let stale = Gap::new(
        Source::AccountSummary,
        Cause::Throttled,
        "AWS throttled the call until its time limit",
    );
    let mut both = undetermined_outcome(&MFA, message, denied());
    both.gaps.push(stale);
    let accounts = vec![account(
        "123456789012",
        None,
        vec![
            undetermined_outcome(&ACTIVE, message, denied()),
            outcome(&PRESENT, Outcome::Pass, "The account summary counts no key."),
            undetermined_outcome(&OUTSIDE, message, denied()),
            both,
            undetermined_outcome(&HARDWARE, message, denied()),
            undetermined_outcome(&CERTIFICATE, message, denied()),
        ],
    )];
    let mut report = report(Verdict::Undetermined, 3, accounts);
    report.policy = PolicyOrigin::built_in(Judge::File);
    for setting in &mut report.rules {
        setting.line = None;
    }
    report.notices = [NoticeKind::BuiltInPolicy(Judge::File), NoticeKind::ScopeNotNamed]
        .map(Notice::for_run)
        .into();
    report
}

/// Two accounts, one of them in GovCloud; one rule off, one lowered.
pub(super) fn green() -> Report {
    let passing = |info: &RuleInfo, message| outcome(info, Outcome::Pass, message);
    let prod = account(
        "111122223333",
        Some("prod"),
        vec![
            passing(&ACTIVE, "Root has no access key."),
            passing(&PRESENT, "Root has no access key."),
            passing(&OUTSIDE, "No use of root is known since 2026-10-26T10:00:00Z."),
            passing(&MFA, "Root has MFA."),
            passing(&CERTIFICATE, "Root has no signing certificate."),
        ],
    );
    let reason = "Root has no console in this partition, so it can have no MFA.";
    let mut gov = account(
        "444455556666",
        Some("gov-sandbox"),
        vec![
            passing(&ACTIVE, "Root has no access key."),
            passing(&PRESENT, "Root has no access key."),
            passing(&OUTSIDE, "No use of root is known since 2026-10-26T10:00:00Z."),
            outcome(&MFA, Outcome::NotApplicable, reason),
            passing(&CERTIFICATE, "Root has no signing certificate."),
        ],
    );
    gov.partition = Partition::new("aws-us-gov");
    let mut report = report(Verdict::Pass, 0, vec![prod, gov]);
    report.rules[4].on = false;
    report.rules[4].line = Some(16);
    report.rules[2].severity = Severity::Medium;
    for account in &mut report.accounts {
        account.outcomes[2].severity = Severity::Medium;
    }
    report.notices = vec![Notice { kind: NoticeKind::RuleOff(HARDWARE.id), line: Some(16) }];
    report
}

fn change(
    kind: ChangeKind,
    key: KeyPath,
    (old, old_line): (&str, Option<usize>),
    (new, new_line): (&str, Option<usize>),
) -> Change {
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Change { kind, key, old: value(old), new: value(new), old_line, new_line }
}

/// One change of every kind. Two of them hold more than strangers may read.
pub(super) fn changes() -> Vec<Change> {
    let window = "2026-11-20T08:00:00Z to 2026-11-20T10:00:00Z, 111122223333, sign-in, CHG-1234";
    let waiver = "2026-11-01 to 2027-01-15, SEC-77";
    let none = ("", None);
    let section = KeyPath::section;
    vec![
        change(
            ChangeKind::Planned,
            section("windows").named("q4-tax-settings"),
            none,
            (window, Some(31)),
        ),
        change(
            ChangeKind::Weaker,
            section("gate").key("fail-on"),
            ("medium", Some(5)),
            ("high", Some(5)),
        ),
        change(ChangeKind::Weaker, section("rules").rule(MFA.id), ("on", None), ("off", Some(14))),
        change(
            ChangeKind::Weaker,
            section("waivers").rule(ACTIVE.id).named("111122223333 (key 2019-05-02)"),
            none,
            (waiver, Some(40)),
        ),
        change(
            ChangeKind::Stronger,
            section("windows").named("billing-export"),
            ("every day, 111122223333, access-key", Some(22)),
            none,
        ),
        change(
            ChangeKind::Other,
            section("windows").named("drill").key("reason"),
            ("prove that the vault password works", Some(27)),
            ("prove that the password in the vault works", Some(27)),
        ),
    ]
}

pub(super) fn copy(copy: PolicyCopy, effect: Effect) -> Option<PolicyChange> {
    let gone = matches!(copy, PolicyCopy::Missing { .. });
    let digest = "1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014";
    Some(PolicyChange {
        path: (!gone).then(|| ".github/rootgate.yaml".to_owned()),
        sha256: (!gone).then(|| digest.to_owned()),
        copy,
        effect,
    })
}

pub(super) fn after(verdict: Verdict, exit_code: u8, failed: usize) -> Option<AfterMerge> {
    let counts = Counts {
        failed,
        failed_rules: failed,
        failed_accounts: 1,
        findings: failed + 1,
        passed: 7,
        not_applicable: 1,
        ..Counts::default()
    };
    Some(AfterMerge { verdict, exit_code, counts })
}

/// A pull request that weakens the policy. The accounts have no findings.
pub(super) fn weakened() -> Report {
    let changed = PolicyCopy::Changed { changes: changes(), after: after(Verdict::Pass, 0, 0) };
    Report {
        verdict: Verdict::Fail,
        exit_code: 1,
        policy_change: copy(changed, Effect::Fails),
        ..green()
    }
}

/// A pull request that breaks the policy.
pub(super) fn broken() -> Report {
    let problem = |message: &str, line| Problem { message: message.to_owned(), line };
    let problems = vec![
        problem("`gate` has no key `fail_on`", Some(4)),
        problem("the account id `111122223333` is not quoted", Some(9)),
        problem("the file is longer than 1 MiB", None),
    ];
    Report {
        verdict: Verdict::Fail,
        exit_code: 1,
        policy_change: copy(PolicyCopy::Broken(problems), Effect::Fails),
        ..green()
    }
}

/// A pull request of a fork that adds a window for later.
pub(super) fn fork() -> Report {
    let planned = changes().into_iter().take(1).collect();
    Report {
        policy_change: copy(PolicyCopy::Changed { changes: planned, after: None }, Effect::None),
        not_evaluated: Some("this is a pull request from a fork".to_owned()),
        valid_until: at("2026-11-02T10:00:00Z"),
        ..report(Verdict::NotEvaluated, 3, vec![])
    }
}

/// The red report with hostile text in every outside text.
pub(super) fn hostile() -> Report {
    outside(HOSTILE).remove(0)
}

/// The red report with this text in every outside text, once for every state of the
/// checkout's copy of the policy.
pub(super) fn outside(text: &str) -> Vec<Report> {
    let problem = |line| Problem { message: text.to_owned(), line };
    let copies = [
        (PolicyCopy::Changed { changes: outside_changes(text), after: None }, Effect::Fails),
        (PolicyCopy::Changed { changes: outside_changes(text), after: None }, Effect::Accepted),
        (PolicyCopy::Missing { changes: outside_changes(text), after: None }, Effect::Tolerated),
        (PolicyCopy::Broken(vec![problem(Some(3)), problem(None)]), Effect::Fails),
        (PolicyCopy::Behind { commit: text.to_owned() }, Effect::None),
    ];
    let report = |(state, effect)| {
        let mut change = copy(state, effect).unwrap();
        change.path = change.path.map(|_| format!("moved/{text}"));
        let mut report = outside_report(text);
        report.policy_change = Some(change);
        report.not_evaluated = Some(text.to_owned());
        report.policy.judge = match effect {
            Effect::Accepted => Judge::Accepted { environment: text.to_owned() },
            Effect::Tolerated => Judge::Remote { repository: text.to_owned(), pinned: false },
            _ => Judge::DefaultBranch,
        };
        report
    };
    copies.into_iter().map(report).collect()
}

fn outside_changes(text: &str) -> Vec<Change> {
    let mut changes = changes();
    for change in &mut changes {
        change.key = change.key.clone().named(text);
        (change.old, change.new) = (Some(text.to_owned()), Some(text.to_owned()));
    }
    changes
}

fn outside_report(text: &str) -> Report {
    let mut report = red();
    let text = || text.to_owned();
    report.policy.path = Some(text());
    report.policy.repository_path = Some(text());
    report.policy.git_ref = Some(text());
    report.policy.commit = Some(text());
    report.incomplete = Some(text().leak());
    report.evidence_files =
        vec![EvidenceFile { path: text(), sha256: crate::model::sha256_hex(b"evidence") }];
    for notice in &mut report.notices {
        if let NoticeKind::Waiver { ticket, .. } = &mut notice.kind {
            *ticket = text();
        }
    }
    let more = [
        NoticeKind::SelfReview { environment: text() },
        NoticeKind::RemotePolicy { repository: text(), pinned: false },
        NoticeKind::CommitUnread { why: text() },
        NoticeKind::OtherBase { base: text(), default: text() },
        NoticeKind::WindowPast { id: text(), closed: None },
        NoticeKind::Incomplete { why: text() },
    ];
    report.notices.extend(more.map(Notice::for_run));
    for account in &mut report.accounts {
        account.name = Some(text());
        for window in &mut account.timeline.windows {
            window.id = text();
        }
        for root_use in &mut account.timeline.uses {
            root_use.window = Some(text());
            root_use.story = Some(text());
        }
        for listed in &mut account.timeline.listed {
            listed.what = text();
        }
        for outcome in &mut account.outcomes {
            fill(outcome, text);
        }
    }
    report
}

fn fill(outcome: &mut RuleOutcome, text: impl Fn() -> String) {
    outcome.message = text();
    for finding in &mut outcome.findings {
        finding.subject = action(&text());
        finding.message = text();
        finding.remedy = text();
        finding.window = Some(text());
        if let Some(waiver) = &mut finding.waiver {
            waiver.ticket = text();
            waiver.reason = text();
        }
    }
    for gap in &mut outcome.gaps {
        gap.action = text();
        gap.detail = text();
        gap.grant = Some(text().into());
    }
}
