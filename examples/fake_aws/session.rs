//! Sessions: the token contains the account, the permissions and the expiry, so the fake stores nothing.

use chrono::{DateTime, TimeDelta, Utc};

use crate::State;
use crate::numbers::hash_of;
use crate::scenario::{Scenario, now};
use crate::wire::{Request, Response, service};

const START: &str = "FwoGZXIvYXdzEXAMPLESESSIONTOKEN/";
const END: &str = "/wXyZ0123456789+abcdefgh==";

/// The start of the key id of an AssumeRoot session; other key ids start with `ASIAFAKE`.
pub const ROOT_KEY: &str = "ASIAROOT";
pub const ROLE_KEY: &str = "ASIAFAKE";

/// Who calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    Role {
        name: String,
        session: String,
    },
    /// The root user, for the task of this name.
    Root {
        task: String,
    },
}

/// The content of a token.
#[derive(Clone, Debug)]
pub struct Session {
    pub account: String,
    pub who: Who,
    policy: u64,
    expires: DateTime<Utc>,
}

impl Session {
    /// The session of a request, if its token is one of ours.
    pub fn from_request(request: &Request) -> Option<Self> {
        let token = request.session_token.as_ref()?;
        let fields: Vec<&str> = token.strip_prefix(START)?.strip_suffix(END)?.split('/').collect();
        let [account, _number, policy, expires, kind, name, session] = fields[..] else {
            return None;
        };
        let who = match kind {
            "root" => Who::Root { task: name.to_owned() },
            _ => Who::Role { name: name.to_owned(), session: session.to_owned() },
        };
        Some(Self {
            account: account.to_owned(),
            who,
            policy: policy.parse().ok()?,
            expires: DateTime::from_timestamp_millis(expires.parse().ok()?)?,
        })
    }

    /// The principal, as refusals and `GetCallerIdentity` name it.
    pub fn arn(&self, partition: &str, account: &str) -> String {
        match &self.who {
            Who::Role { name, session } => {
                format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}")
            }
            Who::Root { .. } => format!("arn:{partition}:iam::{account}:root"),
        }
    }
}

/// A new session's key id, token and end.
pub fn issue(
    scenario: &Scenario,
    state: &mut State,
    call: &str,
    account: &str,
    who: &Who,
    policy: &str,
    seconds: i64,
) -> (String, String, DateTime<Utc>) {
    let lifetime = TimeDelta::seconds(seconds);
    let lifetime = scenario.lifetime(call).map_or(lifetime, |limit| lifetime.min(limit));
    let expires = now() + lifetime;
    // 0: none.
    let number = if policy.is_empty() { 0 } else { hash_of(policy) };
    if number != 0 {
        state.policies.entry(number).or_insert_with(|| policy.to_owned());
    }
    state.sessions += 1;
    let (key, kind, name, session) = match who {
        Who::Role { name, session } => (ROLE_KEY, "role", name.as_str(), session.as_str()),
        Who::Root { task } => (ROOT_KEY, "root", task.as_str(), ""),
    };
    let token = format!(
        "{START}{account}/{}/{number}/{}/{kind}/{name}/{session}{END}",
        state.sessions,
        expires.timestamp_millis()
    );
    (format!("{key}{account}"), token, expires)
}

/// Why a call is refused before it is processed: it is not signed, its session has ended, its keys and token
/// belong to different sessions, or the session's policy does not allow it.
pub fn refusal(state: &State, call: &str, request: &Request) -> Option<Response> {
    let Some(key) = request.access_key() else {
        let message = "Request is missing Authentication Token";
        return Some(Response::error(call, 403, "MissingAuthenticationToken", message));
    };
    let session = Session::from_request(request)?;
    let prefix = if matches!(session.who, Who::Root { .. }) { ROOT_KEY } else { ROLE_KEY };
    if key.strip_prefix(prefix) != Some(&session.account) {
        let message = "The security token included in the request is invalid.";
        return Some(Response::error(call, 403, "InvalidClientTokenId", message));
    }
    if session.expires <= now() {
        let message = "The security token included in the request is expired";
        return Some(Response::error(call, 403, "ExpiredToken", message));
    }
    // GetCallerIdentity needs no permission.
    let policy = state.policies.get(&session.policy).filter(|_| call != "GetCallerIdentity")?;
    let action = format!("{}:{call}", service(call));
    if policy.contains(&format!("\"{action}\"")) {
        return None;
    }
    let message = format!(
        "User: {} is not authorized to perform: {action} on resource: * because no session policy \
         allows the {action} action",
        session.arn("aws", &session.account)
    );
    Some(Response::error(call, 403, "AccessDenied", &message))
}
