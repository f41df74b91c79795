//! What each record means. What nobody knows counts as a use.
//!
//! A central session (`sts:AssumeRoot`) appears in the member account as `Root` too. It is known by
//! its flag, by the `AssumeRoot` record that handed out its key, or, in a member account only, by
//! doing nothing but the seven reads of an audit without a trait of the console.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Record;
use super::{EventKind, KeyChange, KeyState, RootEvent, RootTask, SignedBy};
use crate::model::AccountId;

/// So much of a text that a caller chose is kept.
const LONGEST: usize = 256;

/// The calls of the task policy `IAMAuditRootUserCredentials`.
/// Source: AWS managed policy reference.
const AUDIT_READS: &[&str] = &[
    "GetAccessKeyLastUsed",
    "GetAccountSummary",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSigningCertificates",
];
/// What `IAMDeleteRootUserCredentials` allows besides reads.
const REMOVALS: &[&str] = &[
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteSigningCertificate",
    "DeleteVirtualMFADevice",
];

/// What a central session was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Central {
    Audit,
    Remediation,
    Other,
}

/// The events of one account's root user among these records, oldest first, each once.
///
/// Records of other principals and accounts are left out. All records of the same look-back belong
/// together: one may explain another. `is_member`: the account is known to be a member account of
/// an organization; only there may calls alone say that a session was an audit.
#[must_use]
pub fn classify(records: &[Record], account: &AccountId, is_member: bool) -> Vec<RootEvent> {
    let sessions = Sessions::of(records, account, is_member);
    let mut events: Vec<RootEvent> = records
        .iter()
        .filter_map(|record| {
            let kind = kind_of(record, account, &sessions)?;
            Some(event(record, kind, &sessions))
        })
        .collect();
    events.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.cmp(b)));
    events.dedup_by(|later, earlier| later.id == earlier.id);
    events.sort();
    events
}

/// What the records say of the sessions among them, by access key id.
struct Sessions<'a> {
    central: BTreeMap<&'a str, Central>,
    /// Sessions that a long-lived key was traded for.
    of_key: BTreeSet<&'a str>,
}

impl<'a> Sessions<'a> {
    fn of(records: &'a [Record], account: &AccountId, is_member: bool) -> Self {
        let mut sessions = Self { central: BTreeMap::new(), of_key: BTreeSet::new() };
        let mut own: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        for record in records.iter().filter(|record| record.is_by_root_of(account)) {
            if let Some(key) = record.access_key() {
                own.entry(key).or_default().push(record);
            }
            let traded =
                matches!(record.raw.event_name.as_str(), "GetSessionToken" | "GetFederationToken");
            if let (true, Some(key)) = (traded && record.service() == "sts", issued_key(record)) {
                sessions.of_key.insert(key);
            }
        }
        for (key, calls) in own {
            if let Some(central) = unannounced(key, &calls, is_member) {
                sessions.central.insert(key, central);
            }
        }
        // Who handed the key out knows best what for. Of two who say so, the worse is believed.
        let mut told: BTreeMap<&str, Central> = BTreeMap::new();
        for (key, central) in records.iter().filter_map(|record| announced(record, account)) {
            let known = told.entry(key).or_insert(central);
            *known = central.max(*known);
        }
        sessions.central.extend(told);
        sessions
    }

    fn central(&self, record: &Record) -> Option<Central> {
        self.central.get(record.access_key()?).copied()
    }
}

/// The key that an answer of STS carries.
fn issued_key(record: &Record) -> Option<&str> {
    record.raw.response_elements["credentials"]["accessKeyId"].as_str()
}

/// An `AssumeRoot` into this account that worked: the key it handed out, and what for.
fn announced<'a>(record: &'a Record, account: &AccountId) -> Option<(&'a str, Central)> {
    if record.service() != "sts" || record.raw.event_name != "AssumeRoot" {
        return None;
    }
    let request = &record.raw.request_parameters;
    let target = request["targetPrincipal"].as_str()?;
    let of_arn = target.starts_with("arn:") && target.ends_with(&format!(":iam::{account}:root"));
    if target != account.as_str() && !of_arn {
        return None;
    }
    let policy = request["taskPolicyArn"]["arn"].as_str().unwrap_or_default();
    let central = match policy.rsplit('/').next() {
        Some("IAMAuditRootUserCredentials") => Central::Audit,
        Some("IAMDeleteRootUserCredentials") => Central::Remediation,
        _ => Central::Other,
    };
    Some((issued_key(record)?, central))
}

/// What all calls of one session say, where nobody announced it.
fn unannounced(key: &str, calls: &[&Record], is_member: bool) -> Option<Central> {
    if !key.starts_with("ASIA") {
        return None;
    }
    let flagged = calls.iter().any(|call| call.is_flagged_assumed_root());
    let only = |allowed: &dyn Fn(&str) -> bool| {
        calls.iter().all(|call| call.service() == "iam" && allowed(&call.raw.event_name))
    };
    let reads = |name: &str| AUDIT_READS.contains(&name);
    let traits = calls.iter().any(|call| call.has_console_traits());
    if only(&reads) && (flagged || (is_member && !traits)) {
        return Some(Central::Audit);
    }
    if !flagged {
        return None;
    }
    Some(if only(&|name| reads(name) || REMOVALS.contains(&name)) {
        Central::Remediation
    } else {
        Central::Other
    })
}

fn kind_of(record: &Record, account: &AccountId, sessions: &Sessions<'_>) -> Option<EventKind> {
    if !record.is_by_root_of(account) {
        return is_change_by_another(record, account).then_some(EventKind::ChangeByAnother);
    }
    if record.raw.event_type.as_deref() == Some("AwsServiceEvent") {
        return Some(EventKind::ServiceEvent);
    }
    if record.invoked_by_a_service() {
        return Some(EventKind::OnBehalf);
    }
    let worked = record.raw.error_code.is_none();
    let central = sessions.central(record);
    let (service, name) = (record.service(), record.raw.event_name.as_str());
    Some(match central {
        Some(Central::Audit) if service == "iam" && AUDIT_READS.contains(&name) => {
            EventKind::CentralAudit
        }
        Some(Central::Remediation)
            if service == "iam" && (AUDIT_READS.contains(&name) || REMOVALS.contains(&name)) =>
        {
            EventKind::CentralRemediation
        }
        _ if service == "signin" => sign_in_kind(record),
        _ if worked && is_credential_change(record) => EventKind::CredentialChange,
        Some(_) => EventKind::CentralTask,
        None => call_kind(record, sessions),
    })
}

fn sign_in_kind(record: &Record) -> EventKind {
    let failed = record.raw.error_code.is_some()
        || record.sign_in_answer().is_some_and(|answer| answer.eq_ignore_ascii_case("failure"));
    let succeeded =
        record.sign_in_answer().is_some_and(|answer| answer.eq_ignore_ascii_case("success"));
    match record.raw.event_name.as_str() {
        "ConsoleLogin" if succeeded => EventKind::SignIn,
        "ConsoleLogin" | "CheckMfa" | "PasswordRecoveryCompleted" if failed => {
            EventKind::SignInFailed
        }
        "CheckMfa" => EventKind::SignInStep,
        "PasswordRecoveryRequested" => EventKind::RecoveryRequested,
        "PasswordUpdated" | "PasswordRecoveryCompleted" | "EmailUpdated" if !failed => {
            EventKind::CredentialChange
        }
        _ => EventKind::Unrecognised,
    }
}

fn call_kind(record: &Record, sessions: &Sessions<'_>) -> EventKind {
    match signed_by(record, sessions) {
        SignedBy::Session => EventKind::SessionCall,
        SignedBy::SessionOfKey | SignedBy::LongLivedKey => EventKind::KeyCall,
        SignedBy::Nothing => EventKind::Unrecognised,
    }
}

fn signed_by(record: &Record, sessions: &Sessions<'_>) -> SignedBy {
    match record.access_key() {
        None => SignedBy::Nothing,
        // Only a long-lived key can ask for a federation token.
        Some(_) if record.is_federated() => SignedBy::SessionOfKey,
        Some(key) if sessions.of_key.contains(key) => SignedBy::SessionOfKey,
        Some(key) if key.starts_with("ASIA") => SignedBy::Session,
        Some(_) => SignedBy::LongLivedKey,
    }
}

/// Whether a call of root that worked changed what root can sign in or sign requests with.
fn is_credential_change(record: &Record) -> bool {
    let name = record.raw.event_name.as_str();
    if CENTRAL_SWITCHES.contains(&name) || name == "UpdateAccountEmailAddress" {
        return true;
    }
    if record.service() != "iam" || record.is_about_an_iam_user() {
        return false;
    }
    let status = record.raw.request_parameters["status"].as_str().unwrap_or_default();
    match name {
        "CreateAccessKey"
        | "EnableMFADevice"
        | "DeactivateMFADevice"
        | "ChangePassword"
        | "CreateLoginProfile"
        | "UpdateLoginProfile"
        | "UploadSigningCertificate" => true,
        "UpdateAccessKey" | "UpdateSigningCertificate" => !status.eq_ignore_ascii_case("inactive"),
        _ => false,
    }
}

/// Calls that end the central management of member root credentials.
const CENTRAL_SWITCHES: &[&str] =
    &["DisableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootSessions"];

/// Whether somebody else changed what this account's root user can sign in with.
fn is_change_by_another(record: &Record, account: &AccountId) -> bool {
    let worked = record.raw.error_code.is_none() && record.is_of(account);
    match (record.service(), record.raw.event_name.as_str()) {
        ("iam", name) => worked && CENTRAL_SWITCHES.contains(&name),
        ("account", "AcceptPrimaryEmailUpdate") => {
            let of = record.raw.request_parameters["accountId"].as_str();
            record.raw.error_code.is_none()
                && of.map_or_else(|| record.is_of(account), |id| id == account.as_str())
        }
        _ => false,
    }
}

fn key_change(record: &Record) -> Option<KeyChange> {
    let usable = record.service() == "iam"
        && record.raw.error_code.is_none()
        && !record.is_about_an_iam_user();
    if !usable {
        return None;
    }
    let asked = &record.raw.request_parameters;
    let named = |value: &serde_json::Value| value.as_str().map(kept);
    let state = match record.raw.event_name.as_str() {
        "CreateAccessKey" => {
            let id = named(&record.raw.response_elements["accessKey"]["accessKeyId"]);
            return Some(KeyChange { id, state: KeyState::Made });
        }
        "DeleteAccessKey" => KeyState::Deleted,
        "UpdateAccessKey" => match asked["status"].as_str() {
            Some(status) if status.eq_ignore_ascii_case("inactive") => KeyState::Inactive,
            _ => KeyState::Active,
        },
        _ => return None,
    };
    Some(KeyChange { id: named(&asked["accessKeyId"]), state })
}

fn event(record: &Record, kind: EventKind, sessions: &Sessions<'_>) -> RootEvent {
    let raw = &record.raw;
    let access_key = if kind == EventKind::ChangeByAnother {
        SignedBy::Nothing
    } else {
        signed_by(record, sessions)
    };
    let long_lived = access_key == SignedBy::LongLivedKey;
    let by_root = kind != EventKind::ChangeByAnother;
    let asks_for_mfa_delete =
        raw.request_parameters.to_string().to_ascii_lowercase().contains("mfadelete");
    RootEvent {
        time: record.time,
        id: kept(&raw.id),
        region: kept(&raw.aws_region),
        event_source: kept(&raw.event_source),
        event_name: kept(&raw.event_name),
        kind,
        read_only: record.read_only(),
        error_code: raw.error_code.as_deref().map(kept),
        source_address: raw.source_address.as_deref().map(kept),
        user_agent: raw.user_agent.as_deref().map(kept),
        mfa: record.mfa().filter(|_| by_root),
        session_started: record.session_started().filter(|_| by_root),
        access_key,
        access_key_id: record.access_key().filter(|_| long_lived).map(kept),
        key_change: key_change(record).filter(|_| by_root),
        task: RootTask::of(record.service(), &raw.event_name, asks_for_mfa_delete)
            .filter(|_| !record.is_about_an_iam_user()),
    }
}

fn kept(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
