//! No root access key may exist, not even an inactive one.

use super::root_access_key_active::key_findings;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, IN_A_MEMBER, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{RuleId, RuleInfo, Severity, Source, SubjectKind};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-access-key-present"),
        summary: "a root access key exists that is not active",
        severity: Severity::High,
        subject: SubjectKind::AccessKey,
        threshold: None,
        needs: &[Source::CredentialReport, Source::AccountSummary, Source::RootAudit],
        only_if_waived: None,
        docs: "\
An inactive key can be activated with one click, and its secret may be known. \
`root-access-key-active` judges active keys; this rule judges all others, and a key that the account \
summary counts but the credential report does not show yet.

**Judged from** the credential report (a slot with `active=false` and a rotation date is an inactive \
key) and the account summary. If the live summary counts 0 and the older report shows an inactive \
key, the rule is undetermined until the next report, because AWS does not say whether the summary \
counts inactive keys. If the summary was requested but could not be read, a pass becomes undetermined: \
the summary could have contradicted the older report. If a member account is entered by \
`sts:AssumeRoot`, root's own list of keys decides.",
        remedy: "\
Delete the key: as root in the console (*Security credentials*, *Access keys*, *Actions*, *Delete*), \
or in a member account by `sts:AssumeRoot` with the task policy `IAMDeleteRootUserCredentials` and \
`aws iam delete-access-key --access-key-id …` without a user name. The account summary shows the \
change immediately; the credential report shows it after up to four hours.",
        tags: tags::ACCESS_KEY,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let keys = &case.root.other_keys;
    let unseen = keys.exist.iter().any(|key| key.created.is_none());
    let state = if unseen {
        "exists; only the next credential report will show whether it is active"
    } else {
        "exists and is inactive"
    };
    let findings = key_findings(case, keys, state, &remedy());
    Judgement {
        wanted: Wanted::for_each(case, &findings, STEPS),
        findings,
        gaps: keys.gaps.clone(),
        basis: keys.basis.clone(),
        note: format!("no inactive root access key exists ({})", seen_in(case, &keys.basis)),
        not_applicable: None,
    }
}

/// A key that only the summary counts may be active, and the console does not delete active keys.
const STEPS: &[Step] = &[Step {
    id: "remove-root-key",
    reason: "remove the root access key",
    actions: &["iam:UpdateAccessKey", "iam:DeleteAccessKey"],
}];

fn remedy() -> String {
    format!("Delete the key. {AS_ROOT}, Access keys, Actions: Delete. {IN_A_MEMBER}")
}
