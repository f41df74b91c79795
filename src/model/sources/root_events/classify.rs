//! Classifies records. An unknown form counts as a use.
//!
//! A central session (`sts:AssumeRoot`) appears in the member account as `Root` too. It is known by
//! its flag, by the `AssumeRoot` record that handed out its key, or, in a member account only, by
//! doing nothing but the seven reads of an audit without a trait of the console.

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
/// an organization; only there may calls alone say that a session was an audit. Two records of one
/// event that say different things are two events: either may be the one that matters.
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

/// The ids of the temporary keys that STS issued to this account's root user, as far as these
/// records tell. What they sign is a use of root, whatever the identity of the call is.
#[must_use]
pub fn issued_by_root(records: &[Record], account: &AccountId) -> BTreeSet<String> {
    issued(records, account).into_keys().map(str::to_owned).collect()
}

/// The keys that root got from STS, and the origin of each: a long-lived key, or a session.
fn issued<'a>(records: &'a [Record], account: &AccountId) -> BTreeMap<&'a str, SignedBy> {
    let mut issued: BTreeMap<&str, SignedBy> = BTreeMap::new();
    // A session that was issued may issue another one, and the records are in no order.
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
                // Without an id, what only a long-lived key can ask for was asked for by one.
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

/// An answer of STS that hands out a session of its caller: `GetSessionToken`,
/// `GetFederationToken`. What `AssumeRoot` hands out acts in another account.
fn is_answer_of_sts(record: &Record) -> bool {
    record.service() == "sts" && record.raw.event_name != "AssumeRoot"
}

/// Whether the id is of a long-lived key. All others are sessions: `ASIA…`, and `ASOA…` for what
/// agents use.
/// Source: IAM User Guide, "IAM identifiers", unique id prefixes.
fn is_long_lived(key: &str) -> bool {
    key.starts_with("AKIA")
}

/// What the records say of the sessions among them.
struct Sessions<'a> {
    account: &'a AccountId,
    /// By access key id.
    central: BTreeMap<&'a str, Central>,
    /// Sessions that root had from STS, by access key id.
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
            // A session of a key that root holds is no central one.
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
        // The issuer of the key knows its purpose best. If two records disagree, the worse one wins.
        let mut centrals: BTreeMap<&str, Central> = BTreeMap::new();
        for (key, central) in records.iter().filter_map(|record| announced(record, account)) {
            let known = centrals.entry(key).or_insert(central);
            *known = central.max(*known);
        }
        sessions.central.extend(centrals);
        sessions
    }

    /// Whether root made it, or a session that root had from STS, whatever its identity says.
    fn is_by_root(&self, record: &Record) -> bool {
        let issued = record.access_key().is_some_and(|key| self.issued.contains_key(key));
        issued || record.is_by_root_of(self.account)
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

/// The kind of a session that no event announced, from all its calls.
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

/// What a central audit or removal may do; what it does besides is judged like any other call.
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
        // Denied or not: only who is signed in as root gets so far.
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

/// Whether a call of root that worked changed what root can sign in or sign requests with.
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

/// Whether a call of IAM is about an IAM user. Of MFA devices the name of a user proves nothing, as
/// events of root's own devices carry one, too: the device must be the user's.
fn is_about_another(record: &Record, account: &AccountId) -> bool {
    match MFA_CHANGES.contains(&record.raw.event_name.as_str()) {
        true => record.is_mfa_of_an_iam_user(account),
        false => record.is_about_an_iam_user(),
    }
}

/// The user and the virtual device that a change names where the record does not prove that they
/// belong together.
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

/// Whether somebody else changed what this account's root user can sign in with.
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
    // An IAM user may be called like the account's alias. So a name proves that a root key was
    // switched on, never that it is off or gone.
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

/// Events of signing a program in say whether it worked in a place of their own.
fn error_code(record: &Record, kind: EventKind) -> Option<String> {
    let silent = kind == EventKind::ClientSignIn && record.reports_failure();
    record.raw.error_code.as_deref().map(shortened).or_else(|| silent.then(|| "Failure".to_owned()))
}

/// Of a program: what the sign-in behind it says, else its own session, else others of the session.
fn mfa(record: &Record, kind: EventKind, sessions: &Sessions<'_>) -> Option<bool> {
    if kind != EventKind::ClientSignIn {
        return record.mfa();
    }
    let sign_in = sessions.sign_in.mfa_of_sign_in(record);
    sign_in.or_else(|| record.mfa()).or_else(|| sessions.sign_in.mfa_of_calls(record))
}

/// A token and a call belong to the session of the sign-in, however new the key is.
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

/// Whether it was made in the console by the session of a sign-in: by no session of STS, no central
/// one, and no service, whose calls say nothing of MFA.
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
