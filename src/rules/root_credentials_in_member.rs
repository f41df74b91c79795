//! If root is managed centrally, no member account needs its own root credentials.

use super::known::Fact;
use super::organization::{known, organization};
use super::words::seen_in;
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Basis, Finding, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind, counted,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-credentials-in-member"),
        summary: "the organization manages root centrally, and a member account still has root credentials",
        severity: Severity::High,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[
            Source::Organization,
            Source::CentralRoot,
            Source::AccountSummary,
            Source::CredentialReport,
            Source::RootAudit,
        ],
        only_if_waived: None,
        docs: "\
With central root access a member account needs no root credentials: tasks that only root can do are done by \
`sts:AssumeRoot`, and a password can be allowed again for the day on which it is needed. Every password, \
access key or signing certificate of a member's root user is one more way in, past every identity \
policy. Enabling the feature deletes none of them.

**Judged from** the organization (is the account a member?), the list of central root features (is \
`RootCredentialsManagement` enabled?), and what exists: the audit by AssumeRoot, the account summary and the \
credential report; the newest one decides. Not applicable if the policy judges no organization, in the \
management account (its root user cannot be managed centrally), and if the feature is not enabled \
(`root-not-centrally-managed` judges that).

**Cannot see** whether a password was ever set if recovery was only allowed: the account then has a \
login profile. An MFA device alone is not a credential: nobody can sign in with it.",
        remedy: "\
1. Find what uses an access key: its last use is in the credential report, its calls in CloudTrail. Move \
that workload to a role.
2. From the management account, or as IAM's delegated administrator, in a Region's own endpoint of STS: \
`aws sts assume-root --target-principal ACCOUNT --task-policy-arn \
arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials`. The session lasts 15 minutes at most.
3. With that session, **without a user name**: `aws iam list-access-keys` and `aws iam delete-access-key` \
each, `aws iam list-signing-certificates` and `aws iam delete-signing-certificate` each, \
`aws iam delete-login-profile` (`NoSuchEntity` is fine), and last `aws iam list-mfa-devices` and \
`aws iam deactivate-mfa-device` each. Such a session cannot deactivate a key first: deleting is final.

The account summary shows it at once. To undo it for a task of root: `sts:AssumeRoot` with \
`IAMCreateRootUserPassword` and `aws iam create-login-profile`; then the owner of the mailbox sets a password. A \
policy of the organization that denies root must exempt such sessions (`root-not-denied-by-scp` shows how).

Not a remedy: commands with `--user-name root` (they address an IAM user of that name).",
        tags: tags::CENTRAL_ROOT,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    judged(case).unwrap_or_else(|judgement| *judgement)
}

fn judged(case: &Case<'_>) -> Result<Judgement, Box<Judgement>> {
    let (organization, in_organization) = organization(case)?;
    if organization.management {
        let reason = "the root user of the management account cannot be managed centrally";
        return Ok(Judgement::not_applicable(reason));
    }
    let (central, features) = known(&case.evidence.central_root, Source::CentralRoot, case)?;
    if !central.credentials_management {
        let reason = "the organization does not manage root credentials centrally; root-not-centrally-managed \
                      judges that";
        return Ok(Judgement::not_applicable(reason));
    }
    let there = credentials(case);
    let mut basis = vec![in_organization, features];
    basis.extend(decided(case));
    basis.sort();
    basis.dedup();
    let seen = seen_in(case, &basis);
    if there.is_empty() {
        let gaps = match case.root.has_credentials() {
            Some(_) => Vec::new(),
            None => case.root.credential_gaps(),
        };
        let note =
            format!("root has no password, no access key and no signing certificate ({seen})");
        return Ok(Judgement { gaps, note, basis, ..Judgement::default() });
    }
    let finding = finding(&there, &seen);
    Ok(Judgement { findings: vec![finding], basis, ..Judgement::default() })
}

/// The credentials that root has, in words.
fn credentials(case: &Case<'_>) -> Vec<String> {
    let root = case.root;
    let (mut inactive, mut unseen) = (0, 0);
    for key in &root.other_keys.exist {
        *(if key.created.is_some() { &mut inactive } else { &mut unseen }) += 1;
    }
    let kinds = [
        (root.active_keys.exist.len(), "active access key"),
        (inactive, "inactive access key"),
        (unseen, "access key of unknown age"),
        (root.certificates.exist.len(), "signing certificate"),
    ];
    let several = |count, what: &str| match what.split_once(" of ") {
        Some((what, rest)) => format!("{} of {rest}", counted(count, what)),
        None => counted(count, what),
    };
    let mut there: Vec<String> = Vec::new();
    if matches!(root.password, Fact::Is(true, _)) {
        there.push("a password, or the permission to set one".to_owned());
    }
    there.extend(kinds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| several(*n, what)));
    if !there.is_empty() && matches!(root.mfa, Fact::Is(true, _)) {
        there.push("MFA".to_owned());
    }
    there
}

/// The facts that decided.
fn decided(case: &Case<'_>) -> Vec<Basis> {
    let root = case.root;
    let kinds = [&root.active_keys, &root.other_keys, &root.certificates];
    let mut basis: Vec<Basis> = kinds.iter().flat_map(|kind| kind.basis.clone()).collect();
    if let Fact::Is(_, at) = root.password {
        basis.push(at);
    }
    basis
}

fn finding(there: &[String], seen: &str) -> Finding {
    Finding {
        subject: Subject::Account,
        message: format!(
            "the organization manages root centrally, and root of this member account still has {} ({seen})",
            there.join(", ")
        ),
        remedy: "From the management account or IAM's delegated administrator call sts:AssumeRoot on this account \
                 with the task policy IAMDeleteRootUserCredentials. In that session, without a user name, delete the \
                 access keys, the signing certificates and the login profile, and deactivate the MFA devices last. \
                 Deleting is final: move what uses a key to a role first"
            .to_owned(),
        window: None,
        clears_at: None,
        happened_at: None,
        waiver: None,
    }
}
