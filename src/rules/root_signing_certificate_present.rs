//! No X.509 signing certificate of root may exist.

use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, IN_A_MEMBER, seen_in};
use super::{Case, Judgement, Rule};
use crate::model::{
    Creation, Finding, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-signing-certificate-present"),
        summary: "an X.509 signing certificate of root exists",
        severity: Severity::High,
        subject: SubjectKind::Certificate,
        threshold: None,
        needs: &[Source::CredentialReport, Source::AccountSummary, Source::RootAudit],
        only_if_waived: None,
        docs: "\
A signing certificate signs requests to old SOAP interfaces with the rights of root. Hardly anything \
still uses one, so its deletion rarely breaks anything, and its abuse may go unnoticed.

**Judged from** the credential report, which shows up to two certificates, active or not, and from \
the account summary: a count above 0 means that there is one. A count of 0 does not prove that there is \
none, and does not override a fresh report that shows one. If a member account is entered by \
`sts:AssumeRoot`, root's own list of certificates decides.",
        remedy: "\
Sign in as root, *Security credentials*, *X.509 signing certificates*, *Actions*, *Deactivate*, then \
*Delete*. In a member account of an organization with central root access: `sts:AssumeRoot` with \
`IAMDeleteRootUserCredentials`, `aws iam list-signing-certificates` and \
`aws iam delete-signing-certificate --certificate-id …`, without a user name.",
        tags: &[],
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let certificates = &case.root.certificates;
    let seen = seen_in(case, &certificates.basis);
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: Vec<Creation> = Vec::new();
    for certificate in &certificates.exist {
        let made = match certificate.created {
            Some(created) => format!("uploaded on {}", format_time(created)),
            None => "of unknown age".to_owned(),
        };
        let subject = Creation::numbered(certificate.created, 1, &known);
        known.push(subject);
        findings.push(Finding {
            subject: Subject::Certificate(subject),
            message: format!("a signing certificate of root {made} exists ({seen})"),
            remedy: remedy(),
            window: None,
            clears_at: None,
            happened_at: certificate.created,
            waiver: None,
        });
    }
    Judgement {
        wanted: Wanted::for_each(case, &findings, STEPS),
        findings,
        gaps: certificates.gaps.clone(),
        basis: certificates.basis.clone(),
        note: format!("no signing certificate of root exists ({seen})"),
        not_applicable: None,
    }
}

const STEPS: &[Step] = &[Step {
    id: "remove-root-certificate",
    reason: "remove the signing certificate of root",
    actions: &["iam:UpdateSigningCertificate", "iam:DeleteSigningCertificate"],
}];

fn remedy() -> String {
    format!(
        "Delete the certificate. {AS_ROOT}, X.509 signing certificates, Actions: Deactivate, then Delete. \
         {IN_A_MEMBER}"
    )
}
