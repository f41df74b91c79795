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
Without MFA, anybody who learns the password, or can read the mailbox of the account and reset the \
password, controls the account.

**Judged from** the account summary (`AccountMFAEnabled`) and the credential report (`mfa_active`); \
the newer one decides. If the account is entered by `sts:AssumeRoot`, root's own list of devices decides. \
Not applicable if root has no password, no access key and no signing \
certificate, and in AWS GovCloud (US), where root has no console and cannot have an MFA device.

**Cannot see** whether a password was ever set if recovery was allowed: both sources then say that there \
is one. Anybody with access to the mailbox can set it.",
        remedy: "\
Sign in as root, *Security credentials*, *Multi-factor authentication (MFA)*, *Assign MFA device*; \
register two, kept in different places. In a member account of an organization with central root \
access it is better to delete the password (`sts:AssumeRoot` with `IAMDeleteRootUserCredentials`, \
`aws iam delete-login-profile` without a user name). Never deactivate MFA while a password or a key \
remains.

Not a remedy: `aws iam enable-mfa-device --user-name root` (that refers to an IAM user named root).",
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

/// Why the rule does not apply to this account, if it does not.
pub(super) fn not_applicable(case: &Case<'_>) -> Option<String> {
    if !case.root_has_console() {
        return Some(
            "in AWS GovCloud (US) root has no console and cannot have an MFA device".to_owned(),
        );
    }
    (case.root.has_credentials() == Some(false))
        .then(|| "root has no password, no access key and no signing certificate".to_owned())
}

/// Root registers its first device in a session without MFA.
const REGISTER: Step = Step {
    id: "register-root-mfa",
    reason: "register an MFA device for root",
    actions: &["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"],
};

/// The same if a password may have to be set first.
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

/// Allowed recovery looks the same as a password that was never used.
fn never_signed_in(case: &Case<'_>) -> Option<&'static str> {
    let report = &case.evidence.credential_report;
    if report.as_ref().is_err_and(|gap| gap.cause == Cause::NotVisible) {
        return Some(
            ". AssumeRoot does not show whether root ever signed in: if recovery was only allowed, there may be \
             no password yet, and anybody with access to the mailbox can set one",
        );
    }
    let row = report.as_ref().ok().and_then(|fact| fact.value.root.as_ref());
    match row.map(|row| &row.password_last_used) {
        Some(Cell::NoInformation) => Some(
            ". Root never signed in, so if recovery was only allowed there may be no password yet: \
             anybody with access to the account's mailbox can set one",
        ),
        _ => None,
    }
}
