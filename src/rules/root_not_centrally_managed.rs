//! An organization should manage the root users of its members centrally.

use super::organization::{known, organization};
use super::words::seen_in;
use super::{Case, Judgement, Rule, tags};
use crate::model::{Finding, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-not-centrally-managed"),
        summary: "the organization does not manage the root credentials of its member accounts centrally",
        severity: Severity::Low,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[Source::Organization, Source::CentralRoot],
        only_if_waived: None,
        docs: "\
Without central root access every member account keeps a root user with a password that somebody must \
guard, MFA that somebody must hold, and a mailbox that can reset both. With it, the credentials can be \
listed and deleted from one place, and the few tasks of root are done by `sts:AssumeRoot`.

**Judged from** the list of central root features: is `RootCredentialsManagement` enabled? It is judged once \
for the organization, on its management account. Not applicable in member accounts, and if the \
policy judges no organization.

**Cannot see** the features from other accounts than the management account or IAM's delegated administrator: in \
another account, the rule is undetermined. An enabled feature does not prove that members are clean: \
`root-credentials-in-member` judges that.",
        remedy: "\
In the management account: `aws organizations enable-aws-service-access --service-principal \
iam.amazonaws.com`, then `aws iam enable-organizations-root-credentials-management` (and \
`aws iam enable-organizations-root-sessions` for tasks such as unlocking a bucket). The organization must have \
all features enabled. Then delete what members still have.

Better than working in the management account: `aws organizations register-delegated-administrator \
--service-principal iam.amazonaws.com --account-id ACCOUNT` for the account of the security team.",
        tags: tags::CENTRAL_ROOT,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    judged(case).unwrap_or_else(|judgement| *judgement)
}

fn judged(case: &Case<'_>) -> Result<Judgement, Box<Judgement>> {
    let (organization, in_organization) = organization(case)?;
    if !organization.management {
        let reason = "it is judged once for the organization, on its management account";
        return Ok(Judgement::not_applicable(reason));
    }
    let (central, features) = known(&case.evidence.central_root, Source::CentralRoot, case)?;
    let basis = vec![in_organization, features];
    let seen = seen_in(case, &[features]);
    if central.credentials_management {
        let note = format!("the organization manages root credentials centrally ({seen})");
        return Ok(Judgement { note, basis, ..Judgement::default() });
    }
    let finding = Finding {
        subject: Subject::Account,
        message: format!(
            "the organization {} does not manage the root credentials of its member accounts centrally ({seen})",
            organization.id
        ),
        remedy: "In the management account enable trusted access of IAM in Organizations \
                 (aws organizations enable-aws-service-access --service-principal iam.amazonaws.com), then \
                 aws iam enable-organizations-root-credentials-management"
            .to_owned(),
        window: None,
        clears_at: None,
        happened_at: None,
        waiver: None,
    };
    Ok(Judgement { findings: vec![finding], basis, ..Judgement::default() })
}
