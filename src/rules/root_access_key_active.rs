//! No root access key may be active.

use chrono::{DateTime, Utc};

use super::known::Known;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, IN_A_MEMBER, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Creation, Finding, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind, format_time,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-access-key-active"),
        summary: "a root access key is active",
        severity: Severity::Critical,
        subject: SubjectKind::AccessKey,
        threshold: None,
        needs: &[Source::CredentialReport, Source::AccountSummary, Source::RootEvents, Source::RootAudit],
        only_if_waived: None,
        docs: "\
An access key of the root user can do everything in the account, from anywhere, without MFA, and no \
identity policy limits it. Nothing needs one: every workload can use a role.

**Judged from** the credential report (which shows up to two keys, up to four hours old) and the \
account summary (which is live and only counts). The newer one decides: a key that was deleted a \
minute ago does not block, and a key that was made a minute ago makes `root-access-key-present` fail \
and this rule undetermined until the next report. A key that CloudTrail saw made, switched or deleted \
after the report overrides it. Where a member account is entered by `sts:AssumeRoot`, root's own list of keys \
decides: it is live, and names every key with its age.

**Cannot see** key ids, and keys beyond the second; if the report hints at more, the rule is \
undetermined.",
        remedy: "\
1. Find what uses the key: the finding shows its last use. Move that workload to a role.
2. Standalone or management account: sign in as root, open *Security credentials*, *Access keys*, \
*Actions*, *Deactivate*; wait for breakage; then *Delete*.
3. Member account of an organization with central root access: from the management or delegated \
administrator account, `sts:AssumeRoot` with the task policy `IAMDeleteRootUserCredentials`, then \
`aws iam list-access-keys` and `aws iam delete-access-key --access-key-id …` **without a user name**. \
Such a session cannot deactivate first: deleting is final.

Not a remedy: commands with `--user-name root` (they address an IAM user of that name), or an IAM \
policy that denies root (IAM policies do not bind root).",
        tags: tags::ACCESS_KEY,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    let keys = &case.root.active_keys;
    let findings = key_findings(case, keys, "is active", &remedy());
    let mut judgement = Judgement {
        wanted: Wanted::for_each(case, &findings, STEPS),
        findings,
        gaps: keys.gaps.clone(),
        basis: keys.basis.clone(),
        ..Judgement::default()
    };
    judgement.note = format!("no root access key is active ({})", seen_in(case, &keys.basis));
    judgement
}

const STEPS: &[Step] = &[
    Step {
        id: "deactivate-root-key",
        reason: "deactivate the root access key and see what breaks",
        actions: &["iam:UpdateAccessKey"],
    },
    Step {
        id: "delete-root-key",
        reason: "delete the root access key that was deactivated",
        actions: &["iam:UpdateAccessKey", "iam:DeleteAccessKey"],
    },
];

fn remedy() -> String {
    format!(
        "Move what uses the key to a role. {AS_ROOT}, Access keys, Actions: Deactivate, wait for breakage, \
         then Delete: two windows, the second when nothing broke. {IN_A_MEMBER}: there, deleting is final"
    )
}

/// Counts the older keys of the same day, active or not.
fn older(case: &Case<'_>, created: DateTime<Utc>) -> usize {
    let made = case.root.keys_made();
    let day = created.date_naive();
    made.iter().filter(|made| made.date_naive() == day && **made < created).count()
}

/// One finding per key. Its subject, which identifies the alert, is the day on which the key was created,
/// and a number if more than one was created that day, active or not, oldest first.
pub(super) fn key_findings(
    case: &Case<'_>,
    keys: &Known,
    state: &str,
    remedy: &str,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: Vec<Creation> = Vec::new();
    for key in &keys.exist {
        let older = key.created.map_or(0, |created| older(case, created));
        // Keys of the same second, and keys of unknown age, are numbered in their order.
        let subject = Creation::numbered(key.created, older + 1, &known);
        known.push(subject);
        let made = match key.created {
            Some(created) => format!("the root access key made on {}", format_time(created)),
            None => "a root access key of unknown age".to_owned(),
        };
        let used = match &key.last_used {
            Some(used) => format!(". Last used {used}"),
            None if key.created.is_some() => ". No use is on record".to_owned(),
            None => String::new(),
        };
        findings.push(Finding {
            subject: Subject::AccessKey(subject),
            message: format!("{made} {state} ({}){used}", seen_in(case, &keys.basis)),
            remedy: remedy.to_owned(),
            window: None,
            clears_at: None,
            happened_at: key.created,
            waiver: None,
        });
    }
    findings
}
