//! A service control policy should deny the root users of member accounts.

use super::organization::{known, organization};
use super::words::seen_in;
use super::{Case, Judgement, Rule};
use crate::model::{Cause, Finding, Gap, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-not-denied-by-scp"),
        summary: "no service control policy on the account's path denies root",
        severity: Severity::Low,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[Source::Organization, Source::ServiceControlPolicies],
        only_if_waived: None,
        docs: "\
No identity policy applies to the root user, but a service control policy does. One on the organization's root or \
on an organizational unit denies every action with a stolen root password or key of a member account. It \
neither removes the credential nor stops the sign-in.

**Judged from** the service control policies that are attached to the account, to the units above it or to \
the organization's root, read by a **heuristic**: a policy denies root if one statement with `Deny` \
covers all actions (or all but a few that give no power, such as those of billing, reads of IAM and single tasks \
by name), on all resources, under conditions that are true for every request of root. `aws:PrincipalArn` is compared \
with the root ARN as `ArnLike`, `StringLike` and the others would; a policy that exempts sessions by \
`sts:AssumeRoot` (`aws:AssumedRoot`) denies root. One that denies root only in some Regions, without MFA or \
from some addresses does not. Where service control policies are disabled, or the organization has only \
consolidated billing, none has an effect: every member fails. Not applicable in the management account, to which no service control policy applies, and \
if the policy judges no organization.

**Cannot see** through what it does not understand: a condition on a tag or on a key that is not documented for root, \
`NotResource`, exempted actions with which root could do anything. Then the rule is undetermined, unless \
another policy clearly denies root. Statements that deny root only together do not count, and nor does an \
account for which nothing is allowed at all.",
        remedy: "\
Attach this service control policy to a unit for testing first, then to the organization's root:

```json
{
  \"Version\": \"2012-10-17\",
  \"Statement\": [
    {
      \"Sid\": \"DenyRoot\",
      \"Effect\": \"Deny\",
      \"Action\": \"*\",
      \"Resource\": \"*\",
      \"Condition\": {
        \"ArnLike\": { \"aws:PrincipalArn\": \"arn:*:iam::*:root\" },
        \"Null\": { \"aws:AssumedRoot\": \"true\" }
      }
    }
  ]
}
```

Keep the second condition: without it the policy also denies the sessions by `sts:AssumeRoot` with which root \
credentials are audited, deleted and recovered. With AWS Control Tower the same is the control \
`AWS-GR_RESTRICT_ROOT_USER` with its parameter `ExemptAssumeRoot`. Before a task that only root can do and that \
`sts:AssumeRoot` does not offer, move the account to a unit without the policy, and back.

Not a remedy: an identity policy or a permissions boundary that denies root. They do not apply to root.",
        tags: &[],
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    judged(case).unwrap_or_else(|judgement| *judgement)
}

fn judged(case: &Case<'_>) -> Result<Judgement, Box<Judgement>> {
    let (organization, in_organization) = organization(case)?;
    if organization.management {
        let reason = "no service control policy applies to the management account";
        return Ok(Judgement::not_applicable(reason));
    }
    let observed = &case.evidence.service_control_policies;
    let (denial, read) = known(observed, Source::ServiceControlPolicies, case)?;
    let basis = vec![in_organization, read];
    let seen = seen_in(case, &[read]);
    if denial.disabled {
        let message = format!(
            "service control policies are not enabled in the organization, so none denies root ({seen})"
        );
        let remedy = "In the management account enable all features of the organization, if it has only \
                      consolidated billing, and the policy type: aws organizations enable-policy-type --root-id ROOT \
                      --policy-type SERVICE_CONTROL_POLICY. Then attach a policy that denies root (the page of this \
                      rule shows it): to a unit for testing first, then to the organization's root";
        let findings = vec![finding(message, remedy)];
        return Ok(Judgement { findings, basis, ..Judgement::default() });
    }
    if !denial.denied_by.is_empty() {
        let note = format!("root is denied by {} ({seen})", denial.denied_by.join(", "));
        return Ok(Judgement { note, basis, ..Judgement::default() });
    }
    if !denial.unclear.is_empty() {
        let gaps = denial.unclear.iter().map(|why| {
            Gap::new(Source::ServiceControlPolicies, Cause::Unreadable, why.clone())
                .to_do("read the policy yourself; rootgate understands a simple one, as on the page of this rule")
        });
        return Ok(Judgement { gaps: gaps.collect(), basis, ..Judgement::default() });
    }
    let message = format!("no service control policy on the account's path denies root ({seen})");
    let remedy = "Attach a service control policy that denies everything if aws:PrincipalArn matches \
                 arn:*:iam::*:root and aws:AssumedRoot is absent (the page of this rule shows it): to a unit for \
                 testing first, then to the organization's root";
    let findings = vec![finding(message, remedy)];
    Ok(Judgement { findings, basis, ..Judgement::default() })
}

fn finding(message: String, remedy: &str) -> Finding {
    Finding {
        subject: Subject::Account,
        message,
        remedy: remedy.to_owned(),
        window: None,
        clears_at: None,
        happened_at: None,
        waiver: None,
    }
}
