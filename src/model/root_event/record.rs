//! A record of CloudTrail, in the forms it comes in; nothing here says what it means.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::model::{AccountId, parse_time};

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not the JSON of a record; the message says where.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Its time is none.
    #[error("its `eventTime` is not a time")]
    Time,
}

/// A record as CloudTrail writes it, in `LookupEvents` and in log files.
#[derive(Debug, Clone)]
pub struct Record {
    pub(super) time: DateTime<Utc>,
    pub(super) raw: Raw,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    #[serde(rename = "eventID")]
    pub(super) id: String,
    event_time: String,
    pub(super) event_source: String,
    pub(super) event_name: String,
    #[serde(default)]
    pub(super) aws_region: String,
    #[serde(default)]
    pub(super) event_type: Option<String>,
    #[serde(default)]
    pub(super) user_identity: Option<Identity>,
    #[serde(default, rename = "sourceIPAddress")]
    pub(super) source_address: Option<String>,
    #[serde(default)]
    pub(super) user_agent: Option<String>,
    #[serde(default)]
    pub(super) error_code: Option<String>,
    #[serde(default)]
    pub(super) request_parameters: Value,
    #[serde(default)]
    pub(super) response_elements: Value,
    #[serde(default)]
    additional_event_data: Value,
    #[serde(default)]
    read_only: Value,
    #[serde(default)]
    session_credential_from_console: Value,
    #[serde(default)]
    recipient_account_id: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) account_id: Option<String>,
    #[serde(default)]
    pub(super) access_key_id: Option<String>,
    #[serde(default)]
    pub(super) invoked_by: Option<String>,
    #[serde(default)]
    session_context: Value,
}

impl Record {
    /// Reads one record.
    ///
    /// # Errors
    /// The text is not a JSON object with at least an id, a time, a source and a name.
    pub fn parse(json: &str) -> Result<Self, RecordError> {
        let raw: Raw = serde_json::from_str(json)?;
        let time = parse_time(&raw.event_time).map_err(|_| RecordError::Time)?;
        Ok(Self { time, raw })
    }

    /// When it happened.
    #[must_use]
    pub const fn time(&self) -> DateTime<Utc> {
        self.time
    }

    /// The temporary credentials that STS issued to this account's root user in this call
    /// (`GetSessionToken`, `GetFederationToken`): their access key id.
    #[must_use]
    pub fn session_issued_to_root(&self, account: &AccountId) -> Option<&str> {
        let issued = self.raw.response_elements["credentials"]["accessKeyId"].as_str();
        issued.filter(|id| !id.is_empty() && self.service() == "sts" && self.is_by_root_of(account))
    }

    /// Whether it may tell anything of this account's root user: what is worth keeping.
    #[must_use]
    pub fn concerns(&self, account: &AccountId) -> bool {
        let names = ["AssumeRoot", "AcceptPrimaryEmailUpdate"];
        let name = self.raw.event_name.as_str();
        self.is_by_root_of(account)
            || names.contains(&name)
            || name.starts_with("DisableOrganizationsRoot")
    }

    /// The access key that signed it; `None` where it is absent or empty, as at a sign-in.
    pub(super) fn access_key(&self) -> Option<&str> {
        let identity = self.raw.user_identity.as_ref()?;
        identity.access_key_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The first label of the event source: `iam`.
    pub(super) fn service(&self) -> &str {
        self.raw.event_source.split('.').next().unwrap_or_default()
    }

    /// Whether the root user of this account made it, or a session that root handed out.
    ///
    /// Only the type decides: IAM users may be called `root`.
    pub(super) fn is_by_root_of(&self, account: &AccountId) -> bool {
        let Some(identity) = &self.raw.user_identity else { return false };
        let kind = identity.kind.as_deref().unwrap_or_default();
        let issuer = &identity.session_context["sessionIssuer"]["type"];
        let root = kind == "Root" || (kind == "FederatedUser" && issuer == "Root");
        root && self.is_of(account)
    }

    /// Whether it belongs to this account; a record that does not say is taken for it.
    pub(super) fn is_of(&self, account: &AccountId) -> bool {
        let identity = self.raw.user_identity.as_ref();
        let own = identity.and_then(|identity| identity.account_id.as_deref());
        let named = own.or(self.raw.recipient_account_id.as_deref());
        named.is_none_or(|id| id == account.as_str())
    }

    pub(super) fn is_federated(&self) -> bool {
        let identity = self.raw.user_identity.as_ref();
        identity.and_then(|identity| identity.kind.as_deref()) == Some("FederatedUser")
    }

    /// The service that acted in root's name. Sign-in and the console act for a person.
    pub(super) fn invoked_by_a_service(&self) -> bool {
        let identity = self.raw.user_identity.as_ref();
        let by = identity.and_then(|identity| identity.invoked_by.as_deref()).unwrap_or_default();
        let named = by.ends_with(".amazonaws.com") || by.ends_with(".amazonaws.com.cn");
        named && !by.starts_with("signin.") && !by.starts_with("console.")
    }

    /// `sessionContext.assumedRoot`, as text or flag.
    pub(super) fn is_flagged_assumed_root(&self) -> bool {
        let session = self.raw.user_identity.as_ref().map(|identity| &identity.session_context);
        session.is_some_and(|session| flag(&session["assumedRoot"]) == Some(true))
    }

    /// When its session began; two spellings occur.
    pub(super) fn session_started(&self) -> Option<DateTime<Utc>> {
        let attributes = &self.raw.user_identity.as_ref()?.session_context["attributes"];
        let text = attributes["creationDate"].as_str()?;
        let compact = || NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok();
        parse_time(text).ok().or_else(|| compact().map(|time| time.and_utc()))
    }

    /// Whether MFA was used: of the sign-in itself, else of the session.
    pub(super) fn mfa(&self) -> Option<bool> {
        let signed_in = flag(&self.raw.additional_event_data["MFAUsed"]);
        let session = self.raw.user_identity.as_ref().map(|identity| &identity.session_context);
        signed_in.or_else(|| flag(&session?["attributes"]["mfaAuthenticated"]))
    }

    /// Whether it came from the console: marked so, by a browser, or with MFA.
    pub(super) fn has_console_traits(&self) -> bool {
        let agent = self.raw.user_agent.as_deref().unwrap_or_default();
        flag(&self.raw.session_credential_from_console) == Some(true)
            || agent.starts_with("Mozilla/")
            || agent.contains("console")
            || agent.contains("signin")
            || self.mfa() == Some(true)
    }

    pub(super) fn read_only(&self) -> bool {
        flag(&self.raw.read_only) == Some(true)
    }

    /// The answer of a sign-in event: `Success` or `Failure` under the event's own name.
    pub(super) fn sign_in_answer(&self) -> Option<&str> {
        self.raw.response_elements[self.raw.event_name.as_str()].as_str()
    }

    /// The user that a call of IAM is about, where that is not root itself.
    pub(super) fn is_about_an_iam_user(&self) -> bool {
        let user = self.raw.request_parameters["userName"].as_str();
        user.is_some_and(|user| !user.is_empty() && user != ROOT_USER_NAME)
    }
}

/// How IAM's MFA events name root.
const ROOT_USER_NAME: &str = "AWS ROOT USER";

/// `true`, `"true"`, `"Yes"`, `"NO"`: CloudTrail writes flags in all these ways.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
