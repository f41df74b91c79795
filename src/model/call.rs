//! AWS calls as data: the name, the permission and the contents of a complete answer.
//!
//! The live half sends them. The check for complete answers, the endpoint guard, session policies,
//! permissions, pages and tests read them here.

use std::fmt;

/// An AWS service.
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
    /// The service id, as in SDKs and in the variables `AWS_ENDPOINT_URL_…`.
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

    /// The prefix of its IAM actions. Source: Service Authorization Reference.
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
    /// The service.
    pub service: Service,
    /// The operation in the API reference: `GetAccountSummary`.
    pub operation: &'static str,
    /// The IAM action that allows it: `iam:GetAccountSummary`.
    pub iam_action: &'static str,
    /// What a complete answer contains. If any of it is missing, the answer is rejected, because it
    /// would look empty.
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
        /// Those texts that are JSON documents themselves.
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
    /// A text that is a JSON document itself.
    Document(&'static str),
    /// An object with these members.
    Object(&'static str, &'static [Self]),
}

/// A part of an element in XML.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// One element with this name and a text.
    Text(&'static str),
    /// One element with this name and these parts.
    Element {
        /// The name.
        name: &'static str,
        /// Its parts.
        parts: &'static [Self],
        /// Why it is required. It ends the sentence that says that the element is missing.
        because: &'static str,
    },
    /// A map with this name. It has at least one entry. Each entry has a unique key and a whole
    /// number.
    Counters(&'static str),
    /// A list with this name. Each member has these parts.
    List(&'static str, &'static [Self]),
    /// A list of texts with this name.
    Texts(&'static str),
    /// `IsTruncated`, and a `Marker` if it is true.
    Pages,
    /// `IsTruncated`, which must be false. The text says why.
    OnePage(&'static str),
}

/// The answer of each call that opens a session.
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

/// Assumes a role with GitHub's token. The call is unsigned, so the caller needs no permission.
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

/// The calls that enter an account. The calls that read it belong to the sources.
pub static SIGN_IN: &[Call] = &[ASSUME_ROLE_WITH_WEB_IDENTITY, ASSUME_ROLE, GET_CALLER_IDENTITY];
