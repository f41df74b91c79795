//! Classifies records. An unknown form counts as a use.
//!
//! A central session (`sts:AssumeRoot`) also appears as `Root` in the member account. rootgate
//! recognizes it by its flag, or by the `AssumeRoot` record that issued its key. In a member
//! account, a session without console traits is also central if it made only the seven reads of an
//! audit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::record::Record;
use super::sign_in_session::SignInSessions;
use super::{
    EventKind, KeyChange, KeyState, MfaTarget, RootEvent, RootTask, SignInClient, SignedBy,
};
use crate::model::AccountId;

/// Maximum length kept of a text that the caller chose.
const MAX_LENGTH: usize = 256;

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
/// The calls, except reads, of the task policy `IAMDeleteRootUserCredentials`.
const REMOVALS: &[&str] = &[
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteSigningCertificate",
    "DeleteVirtualMFADevice",
];

/// The purpose of a central session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Central {
    Audit,
    Remediation,
    Other,
}

/// The events of one account's root user among these records, oldest first, each once.
///
/// Records of other principals and accounts are left out. Pass all records of one look-back
/// together, because one may explain another. `is_member`: the account is known to be a member
/// account of an organization. Only there can the calls of a session alone show that it was an
/// audit. Two records of one event with different contents count as two events, because either may
/// matter.
#[must_use]
pub fn classify(records: &[Record], account: &AccountId, is_member: bool) -> Vec<RootEvent> {
    let sessions = Sessions::from_records(records, account, is_member);
    let mut events: Vec<RootEvent> = records
        .iter()
        .filter_map(|record| Some(event(record, kind_of(record, &sessions)?, &sessions)))
        .collect();
    events.sort();
    events.dedup();
    events
}

/// The ids of the temporary keys that STS issued to this account's root user, according to these
/// records. A call signed with one is a use of root, even if the call has another identity.
#[must_use]
pub fn issued_by_root(records: &[Record], account: &AccountId) -> BTreeSet<String> {
    issued(records, account).into_keys().map(str::to_owned).collect()
}

/// The keys that root got from STS, and the origin of each: a long-lived key, or a session.
fn issued<'a>(records: &'a [Record], account: &AccountId) -> BTreeMap<&'a str, SignedBy> {
    let mut issued: BTreeMap<&str, SignedBy> = BTreeMap::new();
    // A session may get another one from STS, and the records are in no order.
    loop {
        let mut more = issued.clone();
        for record in records.iter().filter(|record| is_answer_of_sts(record)) {
            let of = record.access_key().and_then(|key| issued.get(key)).copied();
            if of.is_none() && !record.is_by_root_of(account) {
                continue;
            }
            let Some(key) = issued_key(record) else { continue };
            let behind = of.unwrap_or(match record.access_key() {
                Some(caller) if !is_long_lived(caller) => SignedBy::Session,
                // If there is no key id: only a long-lived key can make this call.
                _ => SignedBy::SessionOfKey,
            });
            // Of two conflicting records, the one that names a key wins.
            let known = more.entry(key).or_insert(behind);
            *known = behind.max(*known);
        }
        if more == issued {
            return issued;
        }
        issued = more;
    }
}

/// Whether STS issued a session of the caller: `GetSessionToken`, `GetFederationToken`. A session
/// by `AssumeRoot` acts in another account.
fn is_answer_of_sts(record: &Record) -> bool {
    record.service() == "sts" && record.raw.event_name != "AssumeRoot"
}

/// Whether the id belongs to a long-lived key. All others are sessions: `ASIA…`, and `ASOA…` for
/// agents.
/// Source: IAM User Guide, "IAM identifiers", unique id prefixes.
fn is_long_lived(key: &str) -> bool {
    key.starts_with("AKIA")
}

/// The sessions in the records.
struct Sessions<'a> {
    account: &'a AccountId,
    /// By access key id.
    central: BTreeMap<&'a str, Central>,
    /// Sessions that STS issued to root, by access key id.
    issued: BTreeMap<&'a str, SignedBy>,
    sign_in: SignInSessions<'a>,
}

impl<'a> Sessions<'a> {
    fn from_records(records: &'a [Record], account: &'a AccountId, is_member: bool) -> Self {
        let mut sessions = Self {
            account,
            central: BTreeMap::new(),
            issued: issued(records, account),
            sign_in: SignInSessions::default(),
        };
        let mut own: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        for record in records {
            if !sessions.is_by_root(record) {
                continue;
            }
            sessions.sign_in.learn(record);
            // A session that STS issued to root is not a central session.
            let key = record.access_key().filter(|key| !sessions.issued.contains_key(key));
            if let Some(key) = key.filter(|_| !record.is_federated()) {
                own.entry(key).or_default().push(record);
            }
        }
        for (key, calls) in own {
            if let Some(central) = unannounced(key, &calls, is_member) {
                sessions.central.insert(key, central);
            }
        }
        // The record that issued the key shows its purpose best. If two records disagree, the
        // worse one wins.
        let mut centrals: BTreeMap<&str, Central> = BTreeMap::new();
        for (key, central) in records.iter().filter_map(|record| announced(record, account)) {
            let known = centrals.entry(key).or_insert(central);
            *known = central.max(*known);
        }
        sessions.central.extend(centrals);
        sessions
    }

    /// Whether root made the call, or a session that STS issued to root, even under another
    /// identity.
    fn is_by_root(&self, record: &Record) -> bool {
        let issued = record.access_key().is_some_and(|key| self.issued.contains_key(key));
        issued || record.is_by_root_of(self.account)
    }

    fn central(&self, record: &Record) -> Option<Central> {
        self.central.get(record.access_key()?).copied()
    }
}

/// The key in an answer of STS.
fn issued_key(record: &Record) -> Option<&str> {
    record.raw.response_elements["credentials"]["accessKeyId"].as_str()
}

/// The key that a successful `AssumeRoot` into this account issued, and its purpose.
fn announced<'a>(record: &'a Record, account: &AccountId) -> Option<(&'a str, Central)> {
    if record.service() != "sts" || record.raw.event_name != "AssumeRoot" {
        return None;
    }
    let request = &record.raw.request_parameters;
    let target = request["targetPrincipal"].as_str()?;
    let from_arn = target.starts_with("arn:") && target.ends_with(&format!(":iam::{account}:root"));
    if target != account.as_str() && !from_arn {
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

/// The purpose of a session without an `AssumeRoot` record, from all its calls.
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

fn kind_of(record: &Record, sessions: &Sessions<'_>) -> Option<EventKind> {
    if !sessions.is_by_root(record) {
        return is_change_by_another(record, sessions.account)
            .then_some(EventKind::ChangeByAnother);
    }
    let sign_in = (record.service() == "signin").then(|| sign_in_kind(record)).flatten();
    let kind = central_kind(record, sessions).or(sign_in);
    // A change of a credential counts even if a service made the call in root's name.
    Some(kind.unwrap_or_else(|| match is_credential_change(record, sessions.account) {
        true => EventKind::CredentialChange,
        false => other_kind(record, sessions),
    }))
}

/// The kind of a call that belongs to a central audit or removal. Its other calls are judged like
/// any other call.
fn central_kind(record: &Record, sessions: &Sessions<'_>) -> Option<EventKind> {
    let name = record.raw.event_name.as_str();
    let reads = AUDIT_READS.contains(&name);
    match sessions.central(record).filter(|_| record.service() == "iam")? {
        Central::Audit if reads => Some(EventKind::CentralAudit),
        Central::Remediation if reads || REMOVALS.contains(&name) => {
            Some(EventKind::CentralRemediation)
        }
        _ => None,
    }
}

/// The kind of a sign-in event; `None` if it is not a known sign-in event.
fn sign_in_kind(record: &Record) -> Option<EventKind> {
    let answered = |word: &str| {
        record.sign_in_answer().is_some_and(|answer| answer.eq_ignore_ascii_case(word))
    };
    let succeeded = answered("success");
    let denied = !succeeded && record.is_denied_by_policy();
    let failed = record.raw.error_code.is_some()
        || answered("failure")
        || (!succeeded && record.error_message().is_some());
    match record.raw.event_name.as_str() {
        "ConsoleLogin" if succeeded => Some(EventKind::SignIn),
        "ConsoleLogin" | "CheckMfa" | "PasswordRecoveryCompleted" if denied => {
            Some(EventKind::SignInDenied)
        }
        "ConsoleLogin" | "CheckMfa" | "PasswordRecoveryCompleted" if failed => {
            Some(EventKind::SignInFailed)
        }
        "CheckMfa" => Some(EventKind::SignInStep),
        "PasswordRecoveryRequested" => Some(EventKind::RecoveryRequested),
        "PasswordUpdated" | "PasswordRecoveryCompleted" | "EmailUpdated" if !failed => {
            Some(EventKind::CredentialChange)
        }
        // Even if it was denied: only somebody who is signed in as root can get this far.
        _ if record.is_client_sign_in() => Some(EventKind::ClientSignIn),
        _ => None,
    }
}

fn other_kind(record: &Record, sessions: &Sessions<'_>) -> EventKind {
    if record.is_service_event() {
        return EventKind::ServiceEvent;
    }
    if record.invoked_by_a_service() {
        return EventKind::OnBehalf;
    }
    match sessions.central(record) {
        Some(_) => EventKind::CentralTask,
        None => call_kind(signed_by(record, sessions)),
    }
}

const fn call_kind(signed_by: SignedBy) -> EventKind {
    match signed_by {
        SignedBy::Session => EventKind::SessionCall,
        SignedBy::SessionOfKey | SignedBy::LongLivedKey => EventKind::KeyCall,
        SignedBy::Nothing => EventKind::Unrecognised,
    }
}

fn signed_by(record: &Record, sessions: &Sessions<'_>) -> SignedBy {
    let Some(key) = record.access_key() else { return SignedBy::Nothing };
    match sessions.issued.get(key) {
        Some(issued) => *issued,
        // Only a long-lived key can ask for a federation token.
        None if record.is_federated() => SignedBy::SessionOfKey,
        None if is_long_lived(key) => SignedBy::LongLivedKey,
        None => SignedBy::Session,
    }
}

/// Whether a successful call of root changed a credential of root.
fn is_credential_change(record: &Record, account: &AccountId) -> bool {
    let name = record.raw.event_name.as_str();
    if record.raw.error_code.is_some() {
        return false;
    }
    if CENTRAL_SWITCHES.contains(&name)
        || name == "UpdateAccountEmailAddress"
        || is_new_address(record, account)
    {
        return true;
    }
    if record.service() != "iam" || is_about_another(record, account) {
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

/// Calls that change which MFA devices root has.
const MFA_CHANGES: &[&str] = &["EnableMFADevice", "DeactivateMFADevice"];

/// Whether a call of IAM is about an IAM user. For MFA devices, the name of a user proves nothing,
/// because events of root's own devices have one too. The device must belong to the user.
fn is_about_another(record: &Record, account: &AccountId) -> bool {
    match MFA_CHANGES.contains(&record.raw.event_name.as_str()) {
        true => record.is_mfa_of_an_iam_user(account),
        false => record.is_about_an_iam_user(),
    }
}

/// The user and the virtual device of a change, if the record does not prove that they belong
/// together.
fn mfa_target(record: &Record, kind: EventKind, sessions: &Sessions<'_>) -> Option<MfaTarget> {
    let is_change = kind == EventKind::CredentialChange
        && record.service() == "iam"
        && MFA_CHANGES.contains(&record.raw.event_name.as_str());
    Some(MfaTarget {
        user_name: shortened(record.named_user().filter(|_| is_change)?),
        serial_number: shortened(record.mfa_serial()?),
        else_kind: other_kind(record, sessions),
    })
}

/// Whether the account's e-mail address was changed through `account:AcceptPrimaryEmailUpdate`.
fn is_new_address(record: &Record, account: &AccountId) -> bool {
    let of = record.raw.request_parameters["accountId"].as_str();
    record.service() == "account"
        && record.raw.event_name == "AcceptPrimaryEmailUpdate"
        && record.raw.error_code.is_none()
        && of.map_or_else(|| record.is_of(account), |id| id == account.as_str())
}

/// Calls that end the central management of member root credentials.
const CENTRAL_SWITCHES: &[&str] =
    &["DisableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootSessions"];

/// Whether somebody else changed a credential of this account's root user.
fn is_change_by_another(record: &Record, account: &AccountId) -> bool {
    let switched = record.service() == "iam"
        && CENTRAL_SWITCHES.contains(&record.raw.event_name.as_str())
        && record.raw.error_code.is_none()
        && record.is_of(account);
    switched || is_new_address(record, account)
}

fn key_change(record: &Record) -> Option<KeyChange> {
    let usable = record.service() == "iam"
        && record.raw.error_code.is_none()
        && !record.is_about_an_iam_user();
    if !usable {
        return None;
    }
    let asked = &record.raw.request_parameters;
    let named = |value: &serde_json::Value| value.as_str().map(shortened);
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
    // An IAM user may have the same name as the account's alias. So a record with a name can show
    // that a root key is active, but never that it is inactive or deleted.
    let off = matches!(state, KeyState::Inactive | KeyState::Deleted);
    if off && record.names_another_user() {
        return None;
    }
    Some(KeyChange { id: named(&asked["accessKeyId"]), state })
}

fn event(record: &Record, kind: EventKind, sessions: &Sessions<'_>) -> RootEvent {
    let raw = &record.raw;
    let by_root = kind != EventKind::ChangeByAnother;
    let access_key = if by_root { signed_by(record, sessions) } else { SignedBy::Nothing };
    let asks_for_mfa_delete =
        raw.request_parameters.to_string().to_ascii_lowercase().contains("mfadelete");
    RootEvent {
        time: record.time,
        id: shortened(&raw.id),
        region: shortened(&raw.aws_region),
        event_source: shortened(&raw.event_source),
        event_name: shortened(&raw.event_name),
        kind,
        read_only: record.read_only(),
        error_code: error_code(record, kind),
        source_address: raw.source_address.as_deref().map(shortened),
        user_agent: raw.user_agent.as_deref().map(shortened),
        mfa: mfa(record, kind, sessions).filter(|_| by_root),
        session_started: session_started(record, kind, sessions).filter(|_| by_root),
        sign_in_session: record.sign_in_session().filter(|_| by_root).map(shortened),
        client: (kind == EventKind::ClientSignIn).then(|| client(record)),
        from_console: is_from_console(record, access_key, sessions),
        access_key,
        access_key_id: record
            .access_key()
            .filter(|_| access_key == SignedBy::LongLivedKey)
            .map(shortened),
        key_change: key_change(record).filter(|_| by_root),
        mfa_target: mfa_target(record, kind, sessions),
        task: RootTask::from_call(record.service(), &raw.event_name, asks_for_mfa_delete)
            .filter(|_| !is_about_another(record, sessions.account)),
    }
}

/// The error code. Sign-in events of programs report a failure in another field.
fn error_code(record: &Record, kind: EventKind) -> Option<String> {
    let silent = kind == EventKind::ClientSignIn && record.reports_failure();
    record.raw.error_code.as_deref().map(shortened).or_else(|| silent.then(|| "Failure".to_owned()))
}

/// Whether MFA was used. For the sign-in of a program, the console sign-in behind it decides, or
/// else its own record, or else other calls of the session.
fn mfa(record: &Record, kind: EventKind, sessions: &Sessions<'_>) -> Option<bool> {
    if kind != EventKind::ClientSignIn {
        return record.mfa();
    }
    let sign_in = sessions.sign_in.mfa_of_sign_in(record);
    sign_in.or_else(|| record.mfa()).or_else(|| sessions.sign_in.mfa_of_calls(record))
}

/// When the session began. Tokens and calls belong to the session of the sign-in, even if the key
/// is newer.
fn session_started(
    record: &Record,
    kind: EventKind,
    sessions: &Sessions<'_>,
) -> Option<DateTime<Utc>> {
    let own = record.session_started();
    let signs_in = kind.is_attempt() || matches!(kind, EventKind::SignIn | EventKind::SignInStep);
    let shared = sessions.sign_in.started(record).filter(|_| !signs_in);
    own.into_iter().chain(shared).min()
}

fn client(record: &Record) -> SignInClient {
    let asked = |key: &str| record.raw.request_parameters[key].as_str().map(shortened);
    SignInClient {
        id: asked("client_id"),
        redirect_uri: asked("redirect_uri"),
        grant_type: record.grant_type().map(shortened),
    }
}

/// Whether a session of a sign-in made the call in the console. Sessions of STS, central sessions
/// and services do not count, because their calls say nothing about MFA.
fn is_from_console(record: &Record, signed_by: SignedBy, sessions: &Sessions<'_>) -> bool {
    record.is_marked_as_console()
        && !signed_by.is_of_key()
        && sessions.central(record).is_none()
        && !record.is_flagged_assumed_root()
        && !record.is_service_event()
        && !record.invoked_by_a_service()
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_LENGTH).collect()
}
