//! AWS calls as data: the name, the permission and the contents of a complete answer.
//!
//! The live half sends them. Everything else that needs to know about a call (the check for complete
//! answers, the endpoint guard, session policies, permissions, pages, tests) reads it here.

use std::fmt;

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Account Management.
    Account,
    /// CloudTrail.
    CloudTrail,
    /// Identity and Access Management.
    Iam,
    /// Organizations.
    Organizations,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// The service id, as SDKs and the names of `AWS_ENDPOINT_URL_…` have it.
    /// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::CloudTrail => "CloudTrail",
            Self::Iam => "IAM",
            Self::Organizations => "Organizations",
            Self::Sts => "STS",
        }
    }

    /// What its IAM actions begin with. Source: Service Authorization Reference.
    #[must_use]
    pub const fn iam_prefix(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::CloudTrail => "cloudtrail",
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }
}

/// A call that rootgate makes. It is shown by its IAM action.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// Of which service.
    pub service: Service,
    /// The operation in the API reference: `GetAccountSummary`.
    pub operation: &'static str,
    /// The IAM action that allows it: `iam:GetAccountSummary`.
    pub iam_action: &'static str,
    /// What a complete answer contains. An answer that lacks any of it is rejected, because it would look empty.
    pub complete_answer: Answer,
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.iam_action)
    }
}

/// What the answer to a call must contain.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The result element of an answer in XML has all of these parts.
    Xml(&'static [Part]),
    /// An object in JSON with a list of objects, and perhaps a `NextToken`.
    JsonList {
        /// The list.
        list: &'static str,
        /// Members of each object that are texts and not empty.
        texts: &'static [&'static str],
        /// Those of them that hold a JSON document of their own.
        documents: &'static [&'static str],
    },
    /// An object in JSON that has all of these members.
    JsonObject(&'static [Member]),
}

/// A member of an object in JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum Member {
    /// A text that is not empty.
    Text(&'static str),
    /// A text that holds a JSON document of its own.
    Document(&'static str),
    /// An object that has members of its own.
    Object(&'static str, &'static [Self]),
}

/// A part of an element in XML.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// One element of this name with a text.
    Text(&'static str),
    /// One element of this name with parts of its own.
    Element {
        /// The name.
        name: &'static str,
        /// Its parts.
        parts: &'static [Self],
        /// Why it must be there, as the end of the sentence that says that it is missing.
        because: &'static str,
    },
    /// A map of this name: entries of a key and a whole number, one at least and no key twice.
    Counters(&'static str),
    /// A list of this name, whose members all have these parts.
    List(&'static str, &'static [Self]),
    /// A list of this name, whose members are texts.
    Texts(&'static str),
    /// `IsTruncated`, and a `Marker` where it is true.
    Pages,
    /// `IsTruncated`, which is false because of this.
    OnePage(&'static str),
}

/// What every call answers that begins a session.
pub(super) const CREDENTIALS: Answer = Answer::Xml(&[Part::Element {
    name: "Credentials",
    parts: &[
        Part::Text("AccessKeyId"),
        Part::Text("SecretAccessKey"),
        Part::Text("SessionToken"),
        Part::Text("Expiration"),
    ],
    because: "",
}]);

/// Assumes a role with GitHub's token. The call is unsigned, so it needs no permission of the caller.
pub const ASSUME_ROLE_WITH_WEB_IDENTITY: Call = Call {
    service: Service::Sts,
    operation: "AssumeRoleWithWebIdentity",
    iam_action: "sts:AssumeRoleWithWebIdentity",
    complete_answer: CREDENTIALS,
};

/// Assumes a role from a session.
pub const ASSUME_ROLE: Call = Call {
    service: Service::Sts,
    operation: "AssumeRole",
    iam_action: "sts:AssumeRole",
    complete_answer: CREDENTIALS,
};

/// Returns the identity of a session. It needs no permission.
pub const GET_CALLER_IDENTITY: Call = Call {
    service: Service::Sts,
    operation: "GetCallerIdentity",
    iam_action: "sts:GetCallerIdentity",
    complete_answer: Answer::Xml(&[Part::Text("Account"), Part::Text("Arn")]),
};

/// The calls that enter an account; those that read it are the sources'.
pub static SIGN_IN: &[Call] = &[ASSUME_ROLE_WITH_WEB_IDENTITY, ASSUME_ROLE, GET_CALLER_IDENTITY];
