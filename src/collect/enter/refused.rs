//! A member that could not be entered: what happened, what to do, and where.

use crate::model::{AccountId, Cause};
use crate::text;
use crate::text::Text;

use super::SignInError;
use super::sign_in_explained::{SCP_HELP, by_scp};

/// The errors of all routes by which a member of an organization was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    errors: Vec<SignInError>,
}

impl Refused {
    pub(crate) const fn new(errors: Vec<SignInError>) -> Self {
        Self { errors }
    }

    /// Whether AWS refused every route, rather than not answering.
    pub(crate) fn by_aws(&self) -> bool {
        !self.errors.is_empty() && self.errors.iter().all(SignInError::is_refusal)
    }

    /// The cause of the gaps: that of the last route.
    pub(crate) fn cause(&self) -> Cause {
        self.errors.last().map_or(Cause::NotEntered, SignInError::cause)
    }

    /// What happened; one sentence without its full stop.
    pub(crate) fn detail(&self) -> Text {
        if self.errors.is_empty() {
            return "the account could not be entered: the policy names no role in it".into();
        }
        let errors = Text::joined(self.errors.iter().map(Text::from), "; and ");
        text!("the account could not be entered: {}", errors)
    }

    /// What to do, and where.
    pub(crate) fn to_do(&self, account: &AccountId) -> String {
        let each: Vec<String> = self.errors.iter().map(|error| to_do(error, account)).collect();
        match each.is_empty() {
            true => "name a role that is in every account: `member-role`".to_owned(),
            false => each.join("; or "),
        }
    }
}

/// STS gives the same error for a missing role and for one that refuses.
fn to_do(error: &SignInError, account: &AccountId) -> String {
    match error {
        SignInError::RoleDenied { message, .. } if by_scp(message) => SCP_HELP.to_owned(),
        SignInError::RoleDenied { role_arn, caller, .. } => format!(
            "AWS does not say which is the reason: in account {account}, create `{role_arn}` if it is \
             missing, and let its trust policy name `{caller}` (with the external id, if it asks for one); \
             grant `{caller}` `sts:AssumeRole` on it; and check whether the account was suspended meanwhile"
        ),
        // The policy did not name the account, so its words are no help.
        SignInError::WrongAccount { .. } => "a session of an account is always in that account, so \
             something between here and AWS changes the answers: check proxies, `--endpoint-url` and \
             the certificates that this machine trusts"
            .to_owned(),
        other => other.help().to_string().replace('\n', "; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: &str = "444455556666";

    fn role_denied(message: &str) -> SignInError {
        SignInError::RoleDenied {
            message: message.to_owned(),
            role_arn: format!("arn:aws:iam::{MEMBER}:role/rootgate"),
            caller: crate::text::private("arn:aws:sts::111122223333:assumed-role/hub/x"),
        }
    }

    fn root_denied(message: &str) -> SignInError {
        SignInError::RootDenied {
            message: message.to_owned(),
            account: MEMBER.parse().unwrap(),
            caller: crate::text::private("arn:aws:sts::111122223333:assumed-role/hub/x"),
        }
    }

    #[test]
    fn every_refusal_says_what_to_do_and_where() {
        let account = MEMBER.parse().unwrap();
        for (errors, by_aws, words) in [
            (
                vec![role_denied("no")],
                true,
                &["create `arn:aws:iam::444455556666:role/rootgate`", "sts:AssumeRole"][..],
            ),
            (
                vec![role_denied("with an explicit deny in a service control policy")],
                true,
                &["exempt"],
            ),
            (
                vec![root_denied("not authorized")],
                true,
                &["sts:AssumeRoot", "delegated administrator"],
            ),
            (
                vec![root_denied(
                    "Root credentials management feature is not enabled for your AWS Organization.",
                )],
                true,
                &["enable-organizations-root-credentials-management"],
            ),
            (
                vec![root_denied("Service not enabled for AWS Organizations.")],
                true,
                &["trusted access"],
            ),
            (
                vec![role_denied("no"), root_denied("not authorized")],
                true,
                &["sts:AssumeRole`", "sts:AssumeRoot"],
            ),
            (
                vec![SignInError::WrongAccount {
                    found: "111122223333".parse().unwrap(),
                    expected: vec![MEMBER.parse().unwrap()],
                }],
                false,
                &["always in that account", "--endpoint-url"],
            ),
            (vec![SignInError::Interrupted("SIGTERM".into())], false, &["run again"]),
            (Vec::new(), false, &["member-role"]),
        ] {
            let refused = Refused::new(errors);
            assert_eq!(refused.by_aws(), by_aws, "{refused:?}");
            let to_do = refused.to_do(&account);
            for word in words {
                assert!(to_do.contains(word), "{word}: {to_do}");
            }
            assert!(!to_do.ends_with('.') && !to_do.contains('\n'), "{to_do}");
        }
    }
}
