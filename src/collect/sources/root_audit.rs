//! Lists root's credentials in a session by AssumeRoot: keys and certificates always, devices and
//! password only if the account summary counts any, or is not known.

use aws_sdk_iam::types::{AccessKeyMetadata, MfaDevice, SigningCertificate, StatusType};
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

use crate::collect::failure::CallError;
use crate::model::root_audit::{GET_LOGIN_PROFILE, LIST_CERTIFICATES, LIST_KEYS, LIST_MFA_DEVICES};
use crate::model::{
    AccountSummary, Audited, AuditedCertificate, AuditedKey, AuditedMfaDevice, Call, Cause, Fact,
    Gap, Observed, RootAudit, Source,
};

use super::{Reader, as_root};

const SOURCE: Source = Source::RootAudit;
/// The maximum number of pages. Root has only a few of each.
const MAX_PAGES: usize = 40;

/// The lists that do not depend on the summary.
pub(super) struct Lists {
    keys: Audited<Vec<AuditedKey>>,
    certificates: Audited<Vec<AuditedCertificate>>,
    sent: DateTime<Utc>,
}

/// Lists keys and certificates side by side.
pub(super) async fn lists(reader: &Reader<'_>) -> Lists {
    let sent = (reader.clock)();
    let client = &reader.session.iam();
    let keys = pages(reader, &LIST_KEYS, async |marker| {
        let answer = client.list_access_keys().set_marker(marker).send().await;
        let answer = answer.map_err(|error| CallError::from_sdk(&error))?;
        Ok((answer.access_key_metadata, answer.is_truncated, answer.marker))
    });
    let certificates = pages(reader, &LIST_CERTIFICATES, async |marker| {
        let answer = client.list_signing_certificates().set_marker(marker).send().await;
        let answer = answer.map_err(|error| CallError::from_sdk(&error))?;
        Ok((answer.certificates, answer.is_truncated, answer.marker))
    });
    let (keys, certificates) = tokio::join!(keys, certificates);
    Lists {
        keys: audited(keys.and_then(|all| all.into_iter().map(key).collect())),
        certificates: audited(
            certificates.and_then(|all| all.into_iter().map(certificate).collect()),
        ),
        sent,
    }
}

/// The parts that are requested only if the summary counts any, or is not known. `None`: it counts
/// none.
pub(super) struct Counted {
    mfa_devices: Option<Audited<Vec<AuditedMfaDevice>>>,
    login_profile: Option<Audited<bool>>,
}

/// Requests devices and password side by side.
pub(super) async fn counted(reader: &Reader<'_>, summary: &Observed<AccountSummary>) -> Counted {
    let may_have = |key: &str| summary.as_ref().ok().and_then(|it| it.value.count(key)) != Some(0);
    let (devices, profile) = (may_have("AccountMFAEnabled"), may_have("AccountPasswordPresent"));
    let devices = async { if devices { Some(self::devices(reader).await) } else { None } };
    let profile = async { if profile { Some(login_profile(reader).await) } else { None } };
    let (mfa_devices, login_profile) = tokio::join!(devices, profile);
    Counted { mfa_devices, login_profile }
}

/// Joins the parts of the audit.
pub(super) fn whole(lists: Lists, counted: Counted) -> Observed<RootAudit> {
    let Counted { mfa_devices, login_profile } = counted;
    let parts = [mfa_devices.is_some(), login_profile.is_some()];
    let asked = 2 + parts.into_iter().filter(|asked| *asked).count();
    let audit = RootAudit {
        access_keys: Some(lists.keys),
        certificates: Some(lists.certificates),
        mfa_devices,
        login_profile,
    };
    let gaps: Vec<&Gap> = audit.gaps().collect();
    if let Some(gap) = gaps.first()
        && gaps.len() == asked
    {
        // No part could be read, so the whole source is missing.
        return Err((*gap).clone());
    }
    Ok(Fact::new(audit, lists.sent))
}

async fn devices(reader: &Reader<'_>) -> Audited<Vec<AuditedMfaDevice>> {
    let client = &reader.session.iam();
    let devices = pages(reader, &LIST_MFA_DEVICES, async |marker| {
        let answer = client.list_mfa_devices().set_marker(marker).send().await;
        let answer = answer.map_err(|error| CallError::from_sdk(&error))?;
        Ok((answer.mfa_devices, answer.is_truncated, answer.marker))
    });
    let device = |listed: MfaDevice| AuditedMfaDevice { serial_number: listed.serial_number };
    audited(devices.await.map(|all| all.into_iter().map(device).collect()))
}

/// Whether there is a login profile. If there is none, AWS answers with an error.
async fn login_profile(reader: &Reader<'_>) -> Audited<bool> {
    let client = reader.session.iam();
    let call = async || match client.get_login_profile().send().await {
        Ok(_) => Ok(true),
        Err(error) => match CallError::from_sdk(&error) {
            error if error.code == "NoSuchEntity" => Ok(false),
            error => Err(error),
        },
    };
    audited(reader.pace.retry(call).await.map_err(|error| error.gap(SOURCE, &GET_LOGIN_PROFILE)))
}

/// Reads all pages of a list of IAM.
async fn pages<T>(
    reader: &Reader<'_>,
    call: &Call,
    list: impl AsyncFn(Option<String>) -> Result<(Vec<T>, bool, Option<String>), CallError>,
) -> Result<Vec<T>, Gap> {
    let unreadable = |why: &str| Gap::for_call(SOURCE, call, Cause::Unreadable, why);
    let mut all = Vec::new();
    let mut marker: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let page = reader.pace.retry(async || list(marker.clone()).await).await;
        let (items, goes_on, next) = page.map_err(|error| error.gap(SOURCE, call))?;
        all.extend(items);
        if !goes_on {
            return Ok(all);
        }
        if next.is_none() || next == marker {
            return Err(unreadable("AWS sent the same page token twice"));
        }
        marker = next;
    }
    Err(unreadable(&format!("the list has more than {MAX_PAGES} pages")))
}

fn audited<T>(read: Result<T, Gap>) -> Audited<T> {
    match read {
        Ok(value) => Audited::Value(value),
        Err(gap) => Audited::Gap(as_root(gap)),
    }
}

fn key(listed: AccessKeyMetadata) -> Result<AuditedKey, Gap> {
    let created = time(listed.create_date.as_ref(), &LIST_KEYS)?;
    let active = match listed.status {
        Some(StatusType::Active) => Some(true),
        Some(StatusType::Inactive) => Some(false),
        _ => None,
    };
    Ok(AuditedKey { id: listed.access_key_id.unwrap_or_default(), active, created })
}

fn certificate(listed: SigningCertificate) -> Result<AuditedCertificate, Gap> {
    let uploaded = time(listed.upload_date.as_ref(), &LIST_CERTIFICATES)?;
    Ok(AuditedCertificate { id: listed.certificate_id, uploaded })
}

fn time(time: Option<&SdkTime>, call: &Call) -> Result<DateTime<Utc>, Gap> {
    let time = time.and_then(|time| DateTime::from_timestamp(time.secs(), time.subsec_nanos()));
    time.ok_or_else(|| {
        Gap::for_call(SOURCE, call, Cause::Unreadable, "one of its entries has no date")
    })
}
