//! A small catalogue for the tests of the policy, which does not know the real one.

use crate::model::{Amount, RuleId, RuleInfo, Severity, SubjectKind, Threshold};

const fn rule(id: &'static str, severity: Severity, subject: SubjectKind) -> RuleInfo {
    RuleInfo {
        id: RuleId(id),
        summary: "a rule of the tests",
        severity,
        subject,
        threshold: None,
        needs: &[],
        only_if_waived: None,
        docs: "",
        remedy: "",
        tags: &[],
    }
}

const fn threshold(key: &'static str, default: Amount, more_is_weaker: bool) -> Option<Threshold> {
    let (least, most) = (Amount::days(1), Amount::days(400));
    let meaning = "a threshold of the tests";
    Some(Threshold { key, default, least, most, more_is_weaker, meaning })
}

pub(crate) static KEY_ACTIVE: RuleInfo =
    rule("root-access-key-active", Severity::Critical, SubjectKind::AccessKey);
pub(crate) static KEY_PRESENT: RuleInfo =
    rule("root-access-key-present", Severity::High, SubjectKind::AccessKey);
pub(crate) static KEY_NOT_ROTATED: RuleInfo = RuleInfo {
    threshold: threshold("max-age", Amount::days(90), true),
    only_if_waived: Some(KEY_ACTIVE.id),
    ..rule("root-access-key-not-rotated", Severity::High, SubjectKind::AccessKey)
};
pub(crate) static USED: RuleInfo = RuleInfo {
    threshold: threshold("within", Amount::days(7), false),
    ..rule("root-used-outside-window", Severity::High, SubjectKind::Use)
};
pub(crate) static ATTEMPTS: RuleInfo = RuleInfo {
    threshold: Some(Threshold {
        key: "threshold",
        default: Amount::Count(5),
        least: Amount::Count(1),
        most: Amount::Count(1_000),
        more_is_weaker: true,
        meaning: "a number of the tests",
    }),
    ..rule("root-sign-in-attempts", Severity::Low, SubjectKind::Day)
};
pub(crate) static MFA_MISSING: RuleInfo =
    rule("root-mfa-missing", Severity::Critical, SubjectKind::Account);
pub(crate) static MFA_NOT_HARDWARE: RuleInfo =
    rule("root-mfa-not-hardware", Severity::Low, SubjectKind::Account);
pub(crate) static CERTIFICATE: RuleInfo =
    rule("root-signing-certificate-present", Severity::High, SubjectKind::Certificate);

/// The catalogue, in the order of the contract.
pub(crate) static RULES: &[&RuleInfo] = &[
    &KEY_ACTIVE,
    &KEY_PRESENT,
    &KEY_NOT_ROTATED,
    &USED,
    &MFA_MISSING,
    &MFA_NOT_HARDWARE,
    &CERTIFICATE,
    &ATTEMPTS,
];
