//! What to do about a missing fact.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// An IAM action, such as `iam:GetAccountSummary`: a service, a colon and letters. It can hold no
/// id, so strangers may read it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IamAction(String);

impl IamAction {
    /// The action that the text is, if it is one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let service = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        let (prefix, name) = text.split_once(':')?;
        let is_one = !prefix.is_empty()
            && prefix.bytes().all(service)
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_one.then(|| Self(text.to_owned()))
    }

    /// `iam:GetAccountSummary`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IamAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What to do about a missing fact. In files it is its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ToDo {
    /// Grant the action to the role.
    Grant(IamAction),
    /// Something else: a sentence without its full stop. May hold outside text.
    Do(String),
}

impl From<String> for ToDo {
    /// Reads what a file holds.
    fn from(text: String) -> Self {
        IamAction::new(&text).map_or(Self::Do(text), Self::Grant)
    }
}

impl From<ToDo> for String {
    fn from(to_do: ToDo) -> Self {
        match to_do {
            ToDo::Grant(IamAction(text)) | ToDo::Do(text) => text,
        }
    }
}

/// Its text in files.
impl Deref for ToDo {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Grant(IamAction(text)) | Self::Do(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IamAction, ToDo};

    #[test]
    fn only_an_iam_action_is_granted_and_each_is_its_text_in_files() {
        for text in ["iam:GetAccountSummary", "resource-groups:GetGroup"] {
            let granted = ToDo::from(text.to_owned());
            assert_eq!(granted, ToDo::Grant(IamAction::new(text).unwrap()));
            assert_eq!(serde_json::to_value(&granted).unwrap(), text);
        }
        for text in [
            "",
            "run again",
            "iam:",
            ":Get",
            "iam:Get Account",
            "iam:Get111122223333",
            "arn:aws:iam::111122223333:root",
            "IAM:GetAccountSummary",
            "iam:GetAccountSummary.",
        ] {
            let done = ToDo::from(text.to_owned());
            assert_eq!(done, ToDo::Do(text.to_owned()), "{text}");
            assert_eq!(serde_json::to_value(&done).unwrap(), text);
        }
    }
}
