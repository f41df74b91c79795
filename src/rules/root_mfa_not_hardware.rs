//! The MFA device of root should not be an app whose secret can be copied.

use super::audited::Part;
use super::known::Fact;
use super::root_mfa_missing::not_applicable;
use super::suggested_window::{Step, Wanted};
use super::words::{AS_ROOT, seen_in};
use super::{Case, Judgement, Rule, tags};
use crate::model::{
    AuditedMfaDevice, Basis, Cause, Finding, Gap, MfaKind, Partition, RuleId, RuleInfo, Severity,
    Source, Subject, SubjectKind, counted,
};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: RuleId("root-mfa-not-hardware"),
        summary: "a virtual MFA device can sign root in",
        severity: Severity::Low,
        subject: SubjectKind::Account,
        threshold: None,
        needs: &[Source::VirtualMfaDevices, Source::CredentialReport, Source::AccountSummary, Source::RootAudit],
        only_if_waived: None,
        docs: "\
A virtual device is a secret in an app: it can be copied, backed up and phished. One virtual device \
is enough to sign in, even if others are registered.

**Judged from** the list of virtual MFA devices: a device belongs to root if the ARN of its user is the \
root ARN; the name of the device does not matter. If the account is entered by \
`sts:AssumeRoot`, root's own list of devices is used: the serial number shows whether a device is an app, a \
hardware token with codes, or a security key or passkey. Not applicable if root has no credentials, no MFA \
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
    match Part::of(&case.evidence.root_audit, |audit| audit.mfa_devices.as_ref()) {
        Part::Is(devices, basis) if !devices.is_empty() => return of_devices(case, devices, basis),
        Part::Unread(gap) if case.evidence.virtual_mfa_devices.is_err() && !no_device(case) => {
            return Judgement { gaps: vec![gap], ..Judgement::default() };
        }
        // Not asked, or none: as without it.
        Part::Is(..) | Part::Unread(_) | Part::NotAsked => {}
    }
    let fact = match &case.evidence.virtual_mfa_devices {
        Ok(fact) => fact,
        Err(_) if no_device(case) => {
            return Judgement::not_applicable(
                "root has no MFA device, which root-mfa-missing judges",
            );
        }
        Err(gap) => return Judgement { gaps: unlisted(case, gap), ..Judgement::default() },
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

/// What is lacking where the list of virtual devices is. On a route that does not see it, root's own list
/// tells the same, so what is lacking is that one.
fn unlisted(case: &Case<'_>, gap: &Gap) -> Vec<Gap> {
    match &case.root.mfa {
        _ if gap.cause != Cause::NotVisible => vec![gap.clone()],
        Fact::Unknown(gaps) => gaps.clone(),
        Fact::Is(..) => {
            let detail =
                "root has an MFA device, and the audit by AssumeRoot holds no list of its devices";
            let gap = Gap::new(Source::RootAudit, Cause::NotCollected, detail);
            vec![gap.to_do("collect the evidence again")]
        }
    }
}

/// What root's own list of devices tells.
fn of_devices(case: &Case<'_>, devices: &[AuditedMfaDevice], basis: Basis) -> Judgement {
    let seen = seen_in(case, &[basis]);
    let of = |kind: MfaKind| -> Vec<&str> {
        let mut serials: Vec<&str> = devices
            .iter()
            .filter(|device| device.kind() == kind)
            .map(|device| device.serial_number.as_str())
            .collect();
        serials.sort_unstable();
        serials
    };
    let (apps, tokens, keys) = (of(MfaKind::Virtual), of(MfaKind::Token), of(MfaKind::Fido));
    let unknown = |serial: &str| {
        let detail =
            format!("the serial number {serial} is of no kind of MFA device that is known");
        Gap::new(Source::RootAudit, Cause::Unreadable, detail)
    };
    Judgement {
        findings: (!apps.is_empty()).then(|| finding(&apps, &seen)).into_iter().collect(),
        gaps: of(MfaKind::Unknown).into_iter().map(unknown).collect(),
        wanted: vec![(Subject::Account, Wanted::for_steps(case, STEPS))],
        basis: vec![basis],
        note: format!(
            "no MFA device of root is virtual: {}, {} ({seen}); whether a passkey is synced cannot be seen",
            counted(tokens.len(), "hardware token"),
            counted(keys.len(), "security key or passkey"),
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
