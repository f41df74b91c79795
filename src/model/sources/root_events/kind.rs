//! What an event means: the one list, each with its sentence for people.

use serde::{Deserialize, Serialize};

/// What an event of root means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A successful sign-in to the console; whether with MFA, the event says.
    SignIn,
    /// A step of signing in that worked, such as the check of an MFA code.
    SignInStep,
    /// A program was signed in with root's session: a command-line tool (`aws login`) or an agent.
    ClientSignIn,
    /// A failed sign-in. Anyone who knows the e-mail address can cause one.
    SignInFailed,
    /// A sign-in that a policy of AWS Sign-In denied: its resource-based policy, or a resource
    /// control policy.
    SignInDenied,
    /// A request to recover the password. Anyone who knows the e-mail address can make one.
    RecoveryRequested,
    /// An API call by a session, such as the console makes them.
    SessionCall,
    /// An API call by a long-lived access key, or by a session that one was traded for.
    KeyCall,
    /// Root changed a credential of its own.
    CredentialChange,
    /// Another principal changed what root can sign in with.
    ChangeByAnother,
    /// A service acting in the account in root's name.
    OnBehalf,
    /// An event of a service that no request caused.
    ServiceEvent,
    /// A read of a central audit by `sts:AssumeRoot`, or one that is consistent with that.
    CentralAudit,
    /// A central session that removes root's credentials.
    CentralRemediation,
    /// Another task of a central session: leave to recover the password, or unlocking a policy.
    CentralTask,
    /// An unknown form, which counts as a use.
    Unrecognised,
}

impl EventKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::SignIn,
        Self::SignInStep,
        Self::ClientSignIn,
        Self::SignInFailed,
        Self::SignInDenied,
        Self::RecoveryRequested,
        Self::SessionCall,
        Self::KeyCall,
        Self::CredentialChange,
        Self::ChangeByAnother,
        Self::OnBehalf,
        Self::ServiceEvent,
        Self::CentralAudit,
        Self::CentralRemediation,
        Self::CentralTask,
        Self::Unrecognised,
    ];

    /// Whether it is a use of root: somebody presented its credentials.
    ///
    /// A denied call counts as a use; a failed sign-in is an attempt and does not.
    #[must_use]
    pub const fn is_use(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::SignInStep
                | Self::ClientSignIn
                | Self::SessionCall
                | Self::KeyCall
                | Self::CredentialChange
                | Self::CentralTask
                | Self::Unrecognised
        )
    }

    /// Whether it is an attempt to get in.
    #[must_use]
    pub const fn is_attempt(self) -> bool {
        matches!(self, Self::SignInFailed | Self::SignInDenied | Self::RecoveryRequested)
    }

    /// What it means, in words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SignIn => "a sign-in that does not say whether MFA was used",
            Self::SignInStep => "a step of a sign-in",
            Self::ClientSignIn => "a sign-in of a command-line tool or an agent",
            Self::SignInDenied => "a sign-in that a policy of AWS Sign-In denied",
            Self::SignInFailed => {
                "a failed sign-in, which anyone who knows the e-mail address can cause"
            }
            Self::RecoveryRequested => {
                "a request to recover the password, which anyone who knows the e-mail address can make"
            }
            Self::SessionCall => "an API call by a session of root",
            Self::KeyCall => "an API call by a long-lived root access key",
            Self::CredentialChange => "a change of root's own credentials",
            Self::ChangeByAnother => "a change of root's credentials by another principal",
            Self::OnBehalf => "a call that a service made in root's name, not a person",
            Self::ServiceEvent => "an event of a service that no person caused",
            Self::CentralAudit => "a read that is consistent with a central audit",
            Self::CentralRemediation => "a central removal of root's credentials",
            Self::CentralTask => "a privileged task of a central root session",
            Self::Unrecognised => {
                "an event of a form that rootgate does not know, counted as a use"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sentence_of_its_own_and_no_attempt_is_a_use() {
        let mut sentences: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.sentence()).collect();
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), EventKind::ALL.len());
        assert!(!EventKind::ALL.iter().any(|kind| kind.is_use() && kind.is_attempt()));
        assert!(EventKind::Unrecognised.is_use());
    }
}
