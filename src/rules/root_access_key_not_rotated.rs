//! A root access key that a waiver tolerates must at least be young.

use super::root_access_key_active::key_findings;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Amount, Cause, Gap, RuleId, RuleInfo, Severity, Source, SubjectKind, Threshold,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-access-key-not-rotated"),
        summary: "an active root access key that a waiver tolerates is older than `max-age`",
        severity: Severity::High,
        subject: SubjectKind::AccessKey,
        threshold: Some(Threshold {
            key: "max-age",
            default: Amount::days(90),
            least: Amount::days(1),
            most: Amount::days(400),
            more_is_weaker: true,
            meaning: "the maximum age of an active root access key while `root-access-key-active` is waived for it",
        }),
        needs: &[Source::CredentialReport, Source::AccountSummary, Source::RootAudit],
        only_if_waived: Some(RuleId("root-access-key-active")),
        docs: "\
A root access key should not exist, so its age only matters while a waiver of \
`root-access-key-active` tolerates it. Then it must be younger than `max-age` (default 90 days). \
Without such a waiver the rule is not applicable.

**Judged from** the day on which the credential report, or root's own list of keys, says that the key was made. A key of unknown \
age makes the rule undetermined.",
        remedy: "\
Better than a new key: move the workload to a role and delete the key. Otherwise make a second root \
key as root, move the workload to it, deactivate and delete the old one, and let the waiver name the \
new key: a waiver of one key never covers another.",
        tags: tags::ACCESS_KEY,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let keys = &case.root.active_keys;
    let max_age = case.threshold();
    let state = format!("is older than {max_age}");
    let findings = key_findings(case, keys, &state, &remedy());
    let mut judgement = Judgement {
        wanted: Wanted::for_each(case, &findings, STEPS),
        findings,
        gaps: keys.gaps.clone(),
        basis: keys.basis.clone(),
        note: format!(
            "no tolerated root access key is older than {max_age} ({})",
            seen_in(case, &keys.basis)
        ),
        not_applicable: None,
    };
    // The subjects were built before this filter, so a second key of a day keeps its `#2`.
    judgement.findings.retain(|finding| {
        finding
            .happened_at
            .is_none_or(|made| case.now.signed_duration_since(made) > max_age.delta())
    });
    let unknown_age = judgement.findings.iter().any(|finding| finding.happened_at.is_none());
    if unknown_age {
        judgement.findings.retain(|finding| finding.happened_at.is_some());
        let detail = "the credential report does not say when an active root access key was made";
        judgement.gaps.push(Gap::new(Source::CredentialReport, Cause::Missing, detail));
    }
    judgement
}

const STEPS: &[Step] = &[
    Step {
        id: "rotate-root-key",
        reason: "make a new root access key or deactivate the old one",
        actions: &["iam:CreateAccessKey", "iam:UpdateAccessKey"],
    },
    Step {
        id: "delete-old-root-key",
        reason: "delete the old root access key",
        actions: &["iam:UpdateAccessKey", "iam:DeleteAccessKey"],
    },
];

fn remedy() -> String {
    format!(
        "Better than a new key: move what uses it to a role and delete it. Else make a new key, move what \
         uses the old one, deactivate and delete that, and let the waiver name the new one: two windows, the \
         second when nothing needs the old key. {AS_ROOT}, Access keys"
    )
}
