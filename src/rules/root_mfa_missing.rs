//! Signing in as root must require an MFA device.

use super::known::Fact;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Cause, Cell, Finding, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-mfa-missing"),
        summary: "root has credentials and no MFA device",
        severity: Severity::Critical,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[Source::CredentialReport, Source::AccountSummary, Source::RootAudit],
        only_if_waived: None,
        docs: "\
With a password alone, whoever learns it, or whoever can read the mailbox of the account and reset \
it, owns the account.

**Judged from** the account summary (`AccountMFAEnabled`) and the credential report (`mfa_active`); \
the newer one decides. Where the account is entered by `sts:AssumeRoot`, from root's own list of devices. Not \
applicable where root has no password, no access key and no signing \
certificate, and in AWS GovCloud (US), where root has no console and can have no MFA device.

**Cannot see** whether a password was ever set where recovery was only allowed: both sources then \
say that there is one. Whoever has the mailbox can set it.",
        remedy: "\
Sign in as root, *Security credentials*, *Multi-factor authentication (MFA)*, *Assign MFA device*; \
register two, kept in different places. In a member account of an organization with central root \
access it is better to delete the password (`sts:AssumeRoot` with `IAMDeleteRootUserCredentials`, \
`aws iam delete-login-profile` without a user name). Never deactivate MFA while a password or a key \
remains.

Not a remedy: `aws iam enable-mfa-device --user-name root` (that addresses an IAM user called root).",
        tags: tags::MFA,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    if let Some(reason) = not_applicable(case) {
        return Judgement::not_applicable(reason);
    }
    match (&case.root.mfa, case.root.has_credentials()) {
        (Fact::Is(true, basis), _) => Judgement {
            note: format!("root has an MFA device ({})", seen_in(case, &[*basis])),
            basis: vec![*basis],
            ..Judgement::default()
        },
        (Fact::Is(false, basis), Some(_)) => Judgement {
            findings: vec![finding(case, &seen_in(case, &[*basis]))],
            wanted: vec![(Subject::Account, Wanted::for_steps(case, steps(case)))],
            basis: vec![*basis],
            ..Judgement::default()
        },
        (Fact::Is(false, basis), None) => Judgement {
            gaps: case.root.credential_gaps(),
            basis: vec![*basis],
            note: "root has no MFA device; whether it has credentials is not known".to_owned(),
            ..Judgement::default()
        },
        (Fact::Unknown(gaps), _) => Judgement { gaps: gaps.clone(), ..Judgement::default() },
    }
}

/// Why MFA of root is no question in this account, if it is none.
pub(super) fn not_applicable(case: &Case<'_>) -> Option<String> {
    if !case.root_has_console() {
        return Some(
            "in AWS GovCloud (US) root has no console and can have no MFA device".to_owned(),
        );
    }
    (case.root.has_credentials() == Some(false))
        .then(|| "root has no password, no access key and no signing certificate".to_owned())
}

/// Registering the first device is itself done without MFA.
const REGISTER: Step = Step {
    id: "register-root-mfa",
    reason: "register an MFA device for root",
    actions: &["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"],
};

/// The same where a password may have to be set first.
const RECOVER_AND_REGISTER: Step = Step {
    reason: "set a password for root if there is none and register an MFA device",
    actions: &[
        "signin:PasswordRecoveryCompleted",
        "iam:CreateVirtualMFADevice",
        "iam:EnableMFADevice",
    ],
    ..REGISTER
};

fn steps(case: &Case<'_>) -> &'static [Step] {
    let no_password = matches!(case.root.password, Fact::Is(false, _));
    match no_password || never_signed_in(case).is_some() {
        true => &[RECOVER_AND_REGISTER],
        false => &[REGISTER],
    }
}

fn finding(case: &Case<'_>, seen: &str) -> Finding {
    Finding {
        subject: Subject::Account,
        message: format!(
            "root has no MFA device ({seen}){}",
            never_signed_in(case).unwrap_or_default()
        ),
        remedy: format!(
            "Register an MFA device, better two in different places. {AS_ROOT}, Multi-factor authentication (MFA), \
             Assign MFA device"
        ),
        window: None,
        clears_at: None,
        happened_at: None,
        waiver: None,
    }
}

/// Recovery that was only allowed looks like a password that was never used.
fn never_signed_in(case: &Case<'_>) -> Option<&'static str> {
    let report = &case.evidence.credential_report;
    if report.as_ref().is_err_and(|gap| gap.cause == Cause::NotVisible) {
        return Some(
            ". Whether root ever signed in is not visible by AssumeRoot: if recovery was only allowed there may be no \
             password yet, and whoever has the mailbox of the account can set one",
        );
    }
    let row = report.as_ref().ok().and_then(|fact| fact.value.root.as_ref());
    match row.map(|row| &row.password_last_used) {
        Some(Cell::NoInformation) => Some(
            ". Root never signed in, so if recovery was only allowed there may be no password yet: \
             whoever has the mailbox of the account can set one",
        ),
        _ => None,
    }
}
