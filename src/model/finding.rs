//! What judging one rule on one account gives.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Basis, Gap, RuleId, Subject};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A posture that many sound accounts do not meet yet.
    Low,
    /// Worth blocking by default.
    Medium,
    /// A credential or a use that should not exist.
    High,
    /// The account can be taken over with it.
    Critical,
}

impl Severity {
    /// Every severity, lowest first.
    pub const ALL: &[Self] = &[Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in policies and reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.id())
    }
}

/// The text is none of the four severities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a severity is one of low, medium, high, critical")]
pub struct UnknownSeverity;

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|severity| severity.id() == text).ok_or(UnknownSeverity)
    }
}

/// What came out of one rule for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule holds.
    Pass,
    /// At least one finding is not waived.
    Fail,
    /// A fact is missing, and what is known violates nothing.
    Undetermined,
    /// The rule does not apply to this account.
    NotApplicable,
    /// Every finding is waived.
    Waived,
}

impl Outcome {
    /// The word in files: `not-applicable`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undetermined => "undetermined",
            Self::NotApplicable => "not-applicable",
            Self::Waived => "waived",
        }
    }
}

/// How a root credential was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UseKind {
    /// The password: signing in to the console.
    SignIn,
    /// A long-lived access key: signing a request.
    AccessKey,
}

impl UseKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::SignIn, Self::AccessKey];

    /// The word in policies, subjects and files.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::AccessKey => "access-key",
        }
    }
}

/// The waiver that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaivedBy {
    /// 1-based line of the waiver in the policy.
    pub line: usize,
    /// Its ticket.
    pub ticket: String,
    /// Its reason.
    pub reason: String,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day, inclusive, UTC.
    pub expires: NaiveDate,
}

/// One violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What exactly.
    pub subject: Subject,
    /// What was seen, where, and how old that is. May hold outside text: escape it where it leaves.
    pub message: String,
    /// What to do, in steps that work. May hold outside text.
    pub remedy: String,
    /// The windows to add below `windows:`, one line of YAML for each: where the remedy needs root
    /// itself, those to agree on first; where a use was agreed, those that acknowledge it.
    pub window: Option<String>,
    /// When it turns green by itself, if it will.
    pub clears_at: Option<DateTime<Utc>>,
    /// When what was found happened or was made: newest first where a list is cut.
    pub happened_at: Option<DateTime<Utc>>,
    /// The waiver that covers it, if one does.
    pub waiver: Option<WaivedBy>,
}

impl Finding {
    /// The windows to add below `windows:`, each one line of YAML.
    pub fn windows(&self) -> impl Iterator<Item = &str> {
        self.window.iter().flat_map(|windows| windows.lines())
    }
}

/// One rule's outcome for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: RuleId,
    /// What came out.
    pub outcome: Outcome,
    /// The severity that the policy gives the rule.
    pub severity: Severity,
    /// One or more sentences: what came out and why. May hold outside text.
    pub message: String,
    /// Every violation, waived ones included.
    pub findings: Vec<Finding>,
    /// The sources that decided, with their times.
    pub evidence: Vec<Basis>,
    /// The missing facts.
    pub gaps: Vec<Gap>,
    /// Whether this outcome makes the run fail or be undetermined.
    pub blocks: bool,
}

/// The stable identity of a finding: the first 32 hex digits of
/// SHA-256 of `rootgate/1`, rule, account and subject, separated by NUL bytes.
///
/// Changing it reopens every alert of every user: it is part of the contract. The subject becomes
/// text here and nowhere earlier: a [`Subject`], or what an alert stands for that has none.
#[must_use]
pub fn fingerprint(rule: RuleId, account: impl fmt::Display, subject: impl fmt::Display) -> String {
    let text = format!("rootgate/1\0{rule}\0{account}\0{subject}");
    let mut hex = sha256_hex(text.as_bytes());
    hex.truncate(32);
    hex
}

/// The SHA-256 of some bytes, as 64 hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;
    use crate::model::Creation;

    #[test]
    fn a_fingerprint_is_half_of_the_sha_256_of_its_parts() {
        // Computed apart: hashlib.sha256(b"\0".join([b"rootgate/1", …])).hexdigest()[:32]
        let account: AccountId = "111122223333".parse().unwrap();
        assert_eq!(
            fingerprint(RuleId("root-access-key-active"), &account, "key 2019-05-02"),
            "7d07cc0e401afaca60c77fa1983cd03a"
        );
        let at = "2019-05-02T08:11:00Z".parse().ok();
        assert_eq!(
            fingerprint(
                RuleId("root-access-key-active"),
                &account,
                Subject::AccessKey(Creation { at, number: 1 })
            ),
            "7d07cc0e401afaca60c77fa1983cd03a"
        );
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::ALL.is_sorted());
    }
}
