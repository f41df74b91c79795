//! The MFA device of root should not be an app whose secret can be copied.

use super::known::Fact;
use super::root_mfa_missing::not_applicable;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    Basis, Finding, Partition, RuleId, RuleInfo, Severity, Source, Subject, SubjectKind,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-mfa-not-hardware"),
        summary: "a virtual MFA device can sign root in",
        severity: Severity::Low,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[Source::VirtualMfaDevices, Source::CredentialReport, Source::AccountSummary],
        only_if_waived: None,
        docs: "\
A virtual device is a secret in an app: it can be copied, backed up and phished. One virtual device \
is enough to sign in, even if others are registered.

**Judged from** the list of virtual MFA devices: a device belongs to root if the ARN of its user is the \
root ARN; the name of the device does not matter. Not applicable if root has no credentials, no MFA \
device at all (`root-mfa-missing` judges that), or no console (AWS GovCloud (US)).

**Cannot see** the type of a device that is not virtual: a hardware token, a security key and a synced \
passkey look the same from outside. A pass means \"not virtual\", not \"hardware\".",
        remedy: "\
Sign in as root, *Security credentials*, *Multi-factor authentication (MFA)*: register two hardware \
security keys or hardware tokens, test both, then remove the virtual device.",
        tags: tags::HARDWARE_MFA,
    },
    check,
};

fn check(case: &Case<'_>) -> Judgement {
    if let Some(reason) = not_applicable(case) {
        return Judgement::not_applicable(reason);
    }
    let fact = match &case.evidence.virtual_mfa_devices {
        Ok(fact) => fact,
        Err(_) if no_device(case) => {
            return Judgement::not_applicable(
                "root has no MFA device, which root-mfa-missing judges",
            );
        }
        Err(gap) => return Judgement { gaps: vec![gap.clone()], ..Judgement::default() },
    };
    let basis: Vec<Basis> = fact
        .observed_at
        .map(|observed_at| Basis { source: Source::VirtualMfaDevices, observed_at })
        .into_iter()
        .collect();
    let of_root = |device: &&crate::model::VirtualMfaDevice| {
        device.user_arn.as_deref().is_some_and(|arn| is_root_arn(case, arn))
    };
    let mut serials: Vec<&str> =
        fact.value.iter().filter(of_root).map(|device| device.serial_number.as_str()).collect();
    serials.sort_unstable();
    if serials.is_empty() && no_device(case) {
        return Judgement::not_applicable("root has no MFA device, which root-mfa-missing judges");
    }
    let seen = seen_in(case, &basis);
    Judgement {
        findings: (!serials.is_empty()).then(|| finding(&serials, &seen)).into_iter().collect(),
        wanted: vec![(Subject::Account, Wanted::for_steps(case, STEPS))],
        basis,
        note: format!(
            "no virtual MFA device is assigned to root ({seen}); whether a device that is not virtual \
             is hardware or a synced passkey cannot be seen"
        ),
        ..Judgement::default()
    }
}

fn no_device(case: &Case<'_>) -> bool {
    matches!(case.root.mfa, Fact::Is(false, _))
}

/// `arn:<any partition>:iam::<this account>:root`, and nothing else.
fn is_root_arn(case: &Case<'_>, arn: &str) -> bool {
    Partition::from_arn(arn).is_some_and(|partition| partition.root_arn(case.account) == arn)
}

const STEPS: &[Step] = &[Step {
    id: "replace-root-mfa",
    reason: "replace the virtual MFA device of root",
    actions: &["iam:EnableMFADevice", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"],
}];

fn finding(serials: &[&str], seen: &str) -> Finding {
    Finding {
        subject: Subject::Account,
        message: format!("a virtual MFA device can sign root in: {} ({seen})", serials.join(", ")),
        remedy: format!(
            "Register two hardware security keys, test both, then remove the virtual device. {AS_ROOT}, \
             Multi-factor authentication (MFA)"
        ),
        window: None,
        clears_at: None,
        happened_at: None,
        waiver: None,
    }
}
