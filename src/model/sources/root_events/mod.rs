//! What CloudTrail recorded of the root user: the events, the meaning of each, and the period and
//! Regions that they cover.
//!
//! ```text
//! CloudTrail's JSON -> record (its forms) -> classify (what each means) -> RootEvent
//! ```

mod classify;
mod kind;
mod record;
mod sign_in_session;
mod task;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::model::call::{Answer, Call, Part, Service};
use crate::model::sources::{SourceInfo, SourceSchema};
use crate::model::{Gap, UseKind, VirtualMfaDevice};

pub use classify::{classify, issued_by_root};
pub use kind::EventKind;
pub use record::{Record, RecordError};
pub use task::RootTask;

/// `LookupEvents`; the record of an event is JSON in a text.
pub const LOOKUP: Call = Call {
    service: Service::CloudTrail,
    operation: "LookupEvents",
    iam_action: "cloudtrail:LookupEvents",
    complete_answer: Answer::JsonList {
        list: "Events",
        texts: &["EventId", "CloudTrailEvent"],
        documents: &["CloudTrailEvent"],
    },
};

/// `ListAccountAliases`: CloudTrail may list root under the account's alias.
pub const LIST_ALIASES: Call = Call {
    service: Service::Iam,
    operation: "ListAccountAliases",
    iam_action: "iam:ListAccountAliases",
    complete_answer: Answer::Xml(&[
        Part::Texts("AccountAliases"),
        Part::OnePage("an account has one alias"),
    ]),
};

/// `ListRegions`: where events are recorded.
pub const LIST_REGIONS: Call = Call {
    service: Service::Account,
    operation: "ListRegions",
    iam_action: "account:ListRegions",
    complete_answer: Answer::JsonList {
        list: "Regions",
        texts: &["RegionName", "RegionOptStatus"],
        documents: &[],
    },
};

pub(super) const SOURCE: SourceInfo = SourceInfo {
    id: "root-events",
    name: "CloudTrail events",
    calls: &[LOOKUP, LIST_ALIASES, LIST_REGIONS],
    if_unreadable: "run again; if the error persists, look at root's events in the event history of CloudTrail, which \
                    keeps 90 days, and shorten `evidence.root-events.lookback` if it goes back further; otherwise \
                    report it as a bug in rootgate",
    schema: SourceSchema {
        description: "What CloudTrail recorded of root. `observed_at` is the time at which the first call was sent.",
        value: r##"{ "$ref": "#/$defs/root_events" }"##,
        defs: include_str!("schema.json"),
    },
};

/// One event of the root user, or about its credentials. It contains no secrets.
///
/// The caller of the API chose some of these texts: escape them on output.
/// Source: CloudTrail User Guide, "CloudTrail record contents".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootEvent {
    /// When it happened.
    pub time: DateTime<Utc>,
    /// CloudTrail's id of the event: the same in every answer.
    pub id: String,
    /// The Region that recorded it.
    pub region: String,
    /// The service: `iam.amazonaws.com`.
    pub event_source: String,
    /// The action that was called: `CreateAccessKey`.
    pub event_name: String,
    /// What the event means.
    pub kind: EventKind,
    /// Whether CloudTrail says that the call only read; `false` if it does not say.
    pub read_only: bool,
    /// The error of a call that failed: `AccessDenied`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Where it came from: an address, or the name of a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// The user agent that the caller sent; at most 256 characters are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Whether the sign-in or its session used MFA; `None` if the event does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    /// When the session of the call began; for a token, when its sign-in did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_started: Option<DateTime<Utc>>,
    /// The ARN of the sign-in session that it belongs to. Not a secret: it only names the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_session: Option<String>,
    /// The program that signed in, for [`EventKind::ClientSignIn`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SignInClient>,
    /// Whether the call was made in the console, by the session of a root sign-in, and not by a session
    /// of STS, a central root session or a service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_console: bool,
    /// The kind of key that signed the call.
    pub access_key: SignedBy,
    /// The id of the long-lived key that signed the call. Not a secret: it only names the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// How the call changed a root access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_change: Option<KeyChange>,
    /// Whose MFA device was changed, where the event names an IAM user without proving it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_target: Option<MfaTarget>,
    /// The task that only root can do, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<RootTask>,
}

/// The program that a sign-in was for: a command-line tool, or an agent.
///
/// Source: AWS Sign-In API reference, `AuthorizeOAuth2Access`, `CreateOAuth2Token`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInClient {
    /// The OAuth client: `arn:aws:signin:::devtools/same-device` for `aws login`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the browser handed the code over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The grant that a token was had for: `authorization_code`, `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
}

/// The target of a change of an MFA device that names an IAM user without proving it.
///
/// Until the list of virtual devices proves that the device is that user's, it counts as root's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MfaTarget {
    /// The user that the event names.
    pub user_name: String,
    /// The device.
    pub serial_number: String,
    /// What the event means if the device is the user's.
    pub else_kind: EventKind,
}

impl MfaTarget {
    /// Whether these are all the devices of that serial, and the user's whom the event names.
    fn is_proven_by(&self, devices: &[VirtualMfaDevice]) -> bool {
        let Some((account, _)) = record::iam_arn(&self.serial_number) else { return false };
        let mut same =
            devices.iter().filter(|device| device.serial_number == self.serial_number).peekable();
        same.peek().is_some()
            && same.all(|device| {
                let owner = device.user_arn.as_deref().and_then(record::iam_arn);
                owner.is_some_and(|(of, user)| {
                    of == account
                        && user.starts_with("user/")
                        && user.rsplit('/').next() == Some(self.user_name.as_str())
                })
            })
    }
}

/// The kind of access key that signed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignedBy {
    /// None: a sign-in, or a call that names no key.
    Nothing,
    /// A temporary one (`ASIA…`, `ASOA…`): a session.
    Session,
    /// A temporary one that a long-lived key was traded for (`GetSessionToken`,
    /// `GetFederationToken`).
    SessionOfKey,
    /// A long-lived one (`AKIA…`).
    LongLivedKey,
}

impl SignedBy {
    /// Whether the call was made with a long-lived key, directly or through a session.
    #[must_use]
    pub const fn is_of_key(self) -> bool {
        matches!(self, Self::SessionOfKey | Self::LongLivedKey)
    }
}

/// What became of a root access key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// The key; `None`: the event does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its state from then on.
    pub state: KeyState,
}

/// The state of an access key after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It was made; a new key is active.
    Made,
    /// It was switched on again.
    Active,
    /// It was switched off.
    Inactive,
    /// It is gone.
    Deleted,
}

impl RootEvent {
    /// The actions that change what root can sign in or sign requests with.
    ///
    /// Root's own, and the last two also of others. Source: IAM User Guide, "AWS account root
    /// user"; CloudTrail User Guide, "AWS Management Console sign-in events".
    pub const CREDENTIAL_CHANGES: &[&str] = &[
        "iam:CreateAccessKey",
        "iam:UpdateAccessKey",
        "iam:EnableMFADevice",
        "iam:DeactivateMFADevice",
        "iam:ChangePassword",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:UploadSigningCertificate",
        "iam:UpdateSigningCertificate",
        "iam:UpdateAccountEmailAddress",
        "signin:PasswordUpdated",
        "signin:PasswordRecoveryCompleted",
        "signin:EmailUpdated",
        "account:AcceptPrimaryEmailUpdate",
        "iam:DisableOrganizationsRootCredentialsManagement",
        "iam:DisableOrganizationsRootSessions",
    ];

    /// Which kind of use of root it is; `None`: none.
    #[must_use]
    pub const fn use_kind(&self) -> Option<UseKind> {
        if !self.kind.is_use() {
            return None;
        }
        Some(if self.access_key.is_of_key() { UseKind::AccessKey } else { UseKind::SignIn })
    }

    /// Whether it is part of signing in, and no call: what it may do is not a matter of actions.
    #[must_use]
    pub const fn is_sign_in(&self) -> bool {
        matches!(self.kind, EventKind::SignIn | EventKind::SignInStep | EventKind::ClientSignIn)
    }

    /// Whether root, or a program with root's session, was signed in: to the console, a command-line
    /// tool or an agent.
    #[must_use]
    pub const fn is_successful_sign_in(&self) -> bool {
        match self.kind {
            EventKind::SignIn => true,
            EventKind::ClientSignIn => self.error_code.is_none(),
            _ => false,
        }
    }

    /// Whether a program only renewed its token, without a sign-in.
    #[must_use]
    pub fn is_token_refresh(&self) -> bool {
        let grant = self.client.as_ref().and_then(|client| client.grant_type.as_deref());
        grant == Some("refresh_token")
    }

    /// The instant at which a sign-in is judged: a program's at the start of the session that let it
    /// in, for as long as a session lasts; any other at its own time.
    ///
    /// Source: AWS Sign-In User Guide, "Sign in with the AWS CLI": a session lasts up to 12 hours.
    #[must_use]
    pub fn judged_at(&self) -> DateTime<Utc> {
        let program = self.kind == EventKind::ClientSignIn;
        let began = self.session_started.filter(|began| {
            program && *began <= self.time && self.time - *began <= TimeDelta::hours(12)
        });
        began.unwrap_or(self.time)
    }

    /// Whether a session of the console says that root signed in without MFA.
    ///
    /// Sessions by STS, central ones and calls of services say nothing of a sign-in.
    #[must_use]
    pub const fn is_console_session_without_mfa(&self) -> bool {
        self.from_console && matches!(self.mfa, Some(false))
    }

    /// Whether it changed a credential of root.
    #[must_use]
    pub const fn is_credential_change(&self) -> bool {
        matches!(self.kind, EventKind::CredentialChange | EventKind::ChangeByAnother)
    }

    /// Its name as policies write it: `iam:CreateAccessKey`, with the first label of the event
    /// source as the service.
    #[must_use]
    pub fn action(&self) -> String {
        let service = self.event_source.split('.').next().unwrap_or_default();
        format!("{service}:{}", self.event_name)
    }

    /// What it was, in words: `a sign-in with MFA`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match (self.kind, self.mfa) {
            (EventKind::SignIn, Some(true)) => "a sign-in with MFA",
            (EventKind::SignIn, Some(false)) => "a sign-in without MFA",
            (EventKind::ClientSignIn, Some(true)) => {
                "a sign-in of a command-line tool or an agent, with MFA"
            }
            (EventKind::ClientSignIn, Some(false)) => {
                "a sign-in of a command-line tool or an agent, without MFA"
            }
            _ => self.kind.sentence(),
        }
    }
}

/// The events of a look-back, and what of it was really read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootEvents {
    /// Every event from this instant on was asked for.
    pub since: DateTime<Utc>,
    /// Whether these are all enabled Regions of the account.
    pub all_regions: bool,
    /// The Regions that were read whole, by name.
    pub regions: Vec<RegionRead>,
    /// What could not be read.
    pub gaps: Vec<RegionGap>,
    /// The events of all Regions, also of those that were not read whole: oldest first, each once.
    pub events: Vec<RootEvent>,
}

/// A Region that was read whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionRead {
    /// The Region.
    pub region: String,
    /// Everything up to here is delivered: 15 minutes before it was read.
    pub until: DateTime<Utc>,
    /// Other people sign in so often that not all sign-in events could be read: those that are older
    /// than this instant (`ConsoleLogin`, and what happens as often: `CheckMfa`, requests to recover
    /// a password, sign-ins of command lines) are missing, unless CloudTrail lists them under root's
    /// name. Changes of root's credentials are not among them. `None`: all were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_ins_since: Option<DateTime<Utc>>,
}

impl RegionRead {
    /// Makes two reads of one Region one that covers what both cover; of another Region nothing is
    /// taken. Returns whether it was the same.
    pub fn merge(&mut self, other: &Self) -> bool {
        let same = self.region == other.region;
        if same {
            self.until = self.until.min(other.until);
            self.sign_ins_since = self.sign_ins_since.max(other.sign_ins_since);
        }
        same
    }
}

/// A part of the events that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionGap {
    /// The Region; `None`: it concerns all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Why.
    pub gap: Gap,
}

impl RootEvents {
    /// The Regions in which root's sign-ins are recorded in the partition `aws`.
    /// Source: CloudTrail User Guide, "AWS Management Console sign-in events".
    pub const SIGN_IN_REGIONS: &[&str] = &["us-east-1", "us-east-2", "us-west-2"];

    /// A session begins when its sign-in is recorded, or so much earlier or later.
    pub const SESSION_BEGINS: TimeDelta = TimeDelta::minutes(2);
    /// A session that begins so close to a sign-in is its own, whatever it says of MFA.
    const BEGINS_TOGETHER: TimeDelta = TimeDelta::seconds(10);

    /// The sign-in to the console that an event's session came from, where it is among the events.
    ///
    /// By the session's ARN where both name one, else by the time. A sign-in with MFA is that of a
    /// session without only where the two begin together.
    #[must_use]
    pub fn sign_in_for(&self, event: &RootEvent) -> Option<&RootEvent> {
        let sign_ins = || self.events.iter().filter(|other| other.kind == EventKind::SignIn);
        let arn = event.sign_in_session.as_ref();
        let by_arn = |other: &&RootEvent| arn.is_some() && other.sign_in_session.as_ref() == arn;
        sign_ins().find(by_arn).or_else(|| {
            let began = event.session_started?;
            sign_ins().find(|other| {
                let differ = arn.is_some() && other.sign_in_session.is_some();
                let odd = event.mfa == Some(false) && other.mfa == Some(true);
                let apart = if odd { Self::BEGINS_TOGETHER } else { Self::SESSION_BEGINS };
                !differ && (other.time - began).abs() <= apart
            })
        })
    }

    /// Decides with the list of virtual devices whose MFA device was changed: what is proven to be
    /// an IAM user's is no change of root's credentials.
    pub fn settle_devices(&mut self, devices: &[VirtualMfaDevice]) {
        for event in &mut self.events {
            let proven = event.mfa_target.as_ref().filter(|target| target.is_proven_by(devices));
            if let Some(target) = proven {
                event.kind = target.else_kind;
                event.task = None;
                event.mfa_target = None;
            }
        }
    }

    /// Puts everything in order, each event once. Records of one event that differ are all kept:
    /// either may be the one that matters.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.regions.sort();
        self.regions.dedup_by(|later, earlier| earlier.merge(later));
        self.gaps.sort();
        self.gaps.dedup();
        self.events.sort();
        self.events.dedup();
        self
    }

    /// The instant up to which all Regions were read; `None`: none was.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.regions.iter().map(|read| read.until).min()
    }

    /// Whether they tell of a root access key: one was made, changed or used.
    #[must_use]
    pub fn mention_a_key(&self) -> bool {
        self.events.iter().any(|event| event.key_change.is_some() || event.access_key.is_of_key())
    }
}

/// Those of a healthy account: none in ninety days.
#[cfg(test)]
pub(crate) fn healthy() -> RootEvents {
    crate::testing::no_events()
}
