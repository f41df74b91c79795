//! A CloudTrail record in its different forms. `classify` decides what it means.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::model::{AccountId, parse_time};

/// Why a text is not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not the JSON of a record; the message says where.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Its time is invalid.
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
    error_message: Option<String>,
    #[serde(default)]
    pub(super) request_parameters: Value,
    #[serde(default)]
    pub(super) response_elements: Value,
    #[serde(default)]
    resources: Value,
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
    arn: Option<String>,
    #[serde(default)]
    user_name: Option<String>,
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

    /// Whether one of these keys signed it: how to find the calls of sessions that root issued,
    /// whatever their identity says.
    #[must_use]
    pub fn is_signed_by_any(&self, keys: &BTreeSet<String>) -> bool {
        self.access_key().is_some_and(|key| keys.contains(key))
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
    /// Its ARN or its type decides, never its name: IAM users may be called `root`. The issuer of a
    /// session counts only for federated users; a role that called `AssumeRoot` is not root.
    pub(super) fn is_by_root_of(&self, account: &AccountId) -> bool {
        let Some(identity) = &self.raw.user_identity else { return false };
        let arn = identity.arn.as_deref().unwrap_or_default();
        if is_root_arn(arn, account) {
            return true;
        }
        let root = match identity.kind.as_deref() {
            Some("Root") => !is_a_root_arn(arn),
            Some("FederatedUser") => {
                let issuer = &identity.session_context["sessionIssuer"];
                let arn = issuer["arn"].as_str().unwrap_or_default();
                is_root_arn(arn, account) || (issuer["type"] == "Root" && !is_a_root_arn(arn))
            }
            _ => false,
        };
        root && self.is_of(account)
    }

    /// Whether it belongs to this account; a record that names no account is assumed to.
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

    /// `aws login`, and agents that root lets in. CloudTrail says that these calls only read.
    /// Source: AWS Sign-In User Guide, "Sign in with the AWS CLI", "OAuth with AWS Sign-in".
    pub(super) fn is_client_sign_in(&self) -> bool {
        let name = self.raw.event_name.as_str();
        let named = name == "AuthorizeOAuth2Access" || name.starts_with("CreateOAuth2Token");
        named && self.service() == "signin"
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

    /// The sign-in session that it belongs to; `CreateOAuth2Token` says it in two places.
    pub(super) fn sign_in_session(&self) -> Option<&str> {
        let session = self.raw.user_identity.as_ref().map(|identity| &identity.session_context);
        let of_session = session.and_then(|session| session["signInSessionArn"].as_str());
        let arn =
            of_session.or_else(|| self.raw.additional_event_data["signInSessionArn"].as_str());
        arn.filter(|arn| !arn.is_empty())
    }

    /// The OAuth grant of a token: `authorization_code`, `refresh_token`.
    pub(super) fn grant_type(&self) -> Option<&str> {
        let of_request = || self.raw.request_parameters["grant_type"].as_str();
        self.raw.additional_event_data["grant_type"].as_str().or_else(of_request)
    }

    /// Whether a sign-in of a program says that it did not work.
    pub(super) fn reports_failure(&self) -> bool {
        flag(&self.raw.additional_event_data["success"]) == Some(false)
    }

    /// The session of the console made it.
    pub(super) fn is_marked_as_console(&self) -> bool {
        flag(&self.raw.session_credential_from_console) == Some(true)
    }

    /// `errorMessage`: failed sign-ins carry it without an `errorCode`.
    pub(super) fn error_message(&self) -> Option<&str> {
        self.raw.error_message.as_deref().filter(|message| !message.is_empty())
    }

    /// Whether a policy of AWS Sign-In denied it.
    /// Source: AWS Sign-In User Guide, "Control console access with policies".
    pub(super) fn is_denied_by_policy(&self) -> bool {
        let message = self.error_message().unwrap_or_default().to_ascii_lowercase();
        message.starts_with("authorization denied because of a")
    }

    pub(super) fn is_service_event(&self) -> bool {
        self.raw.event_type.as_deref() == Some("AwsServiceEvent")
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
        self.is_marked_as_console()
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

    /// Whether a call of IAM is about an IAM user, and not about root itself.
    ///
    /// Of MFA devices a name proves nothing: see [`Record::is_mfa_of_an_iam_user`].
    pub(super) fn is_about_an_iam_user(&self) -> bool {
        self.named_user().is_some()
    }

    /// Whether a call of IAM explicitly names a user other than root.
    pub(super) fn names_another_user(&self) -> bool {
        let user = self.raw.request_parameters["userName"].as_str().unwrap_or_default();
        !user.is_empty() && user != ROOT_USER_NAME
    }

    /// The user that a call of IAM names, where that is none of the names that root goes by.
    pub(super) fn named_user(&self) -> Option<&str> {
        let user = self.raw.request_parameters["userName"].as_str()?;
        let identity = self.raw.user_identity.as_ref();
        // The identity of root carries the account's alias as its name.
        let own = identity.and_then(|identity| identity.user_name.as_deref());
        let other = !user.is_empty() && user != ROOT_USER_NAME && Some(user) != own;
        other.then_some(user)
    }

    /// The MFA device that a call is about.
    pub(super) fn mfa_serial(&self) -> Option<&str> {
        self.raw.request_parameters["serialNumber"].as_str()
    }

    /// Whether the record itself ties the MFA device to the IAM user whom it names: by the device's
    /// own ARN (`…:u2f/user/alice/…`), or by the user's ARN among the resources.
    pub(super) fn is_mfa_of_an_iam_user(&self, account: &AccountId) -> bool {
        let Some(user) = self.named_user() else { return false };
        let of_user = |arn: &str| user_of_arn(arn, account) == Some(user);
        let resources = self.raw.resources.as_array().into_iter().flatten();
        let mut arns = resources.filter_map(|resource| resource["ARN"].as_str());
        let device = self.mfa_serial().and_then(|serial| resource_of_arn(serial, account));
        let by_device = device.and_then(|device| device.strip_prefix("u2f/user/"));
        by_device.and_then(|device| device.split_once('/')).is_some_and(|(name, _)| name == user)
            || arns.any(of_user)
    }
}

/// Whether it is the ARN of this account's root user, in any partition.
fn is_root_arn(arn: &str, account: &AccountId) -> bool {
    resource_of_arn(arn, account) == Some("root")
}

/// Whether it is the ARN of any account's root user.
fn is_a_root_arn(arn: &str) -> bool {
    iam_arn(arn).is_some_and(|(_, resource)| resource == "root")
}

/// The user that an ARN of this account's IAM names, without the path.
fn user_of_arn<'a>(arn: &'a str, account: &AccountId) -> Option<&'a str> {
    resource_of_arn(arn, account)?.strip_prefix("user/")?.rsplit('/').next()
}

fn resource_of_arn<'a>(arn: &'a str, account: &AccountId) -> Option<&'a str> {
    iam_arn(arn).filter(|(of, _)| *of == account.as_str()).map(|(_, resource)| resource)
}

/// The account and the resource of an ARN of IAM.
pub(super) fn iam_arn(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let start = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let ("arn", _, "iam", "") = start else { return None };
    Some((parts.next()?, parts.next()?))
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
