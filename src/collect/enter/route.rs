//! By which routes a run enters its accounts; decided from settings and names, before anything is sent.

use std::collections::BTreeSet;

use crate::collect::{EntrySettings, Target};
use crate::model::call::{ASSUME_ROLE, ASSUME_ROLE_WITH_WEB_IDENTITY};
use crate::model::{AccountId, Call, Source};

use super::SignInError;
use super::session_policy::session_policy;

/// How a session is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By the credentials that the SDK finds.
    Own,
    /// Into a role by GitHub's token.
    Token {
        /// The role.
        role_arn: String,
    },
    /// Into a role from another session.
    Role {
        /// The role.
        role_arn: String,
    },
}

impl Route {
    /// The call that opens the session; `None`: the credentials are there already.
    #[must_use]
    pub const fn call(&self) -> Option<&'static Call> {
        match self {
            Self::Own => None,
            Self::Token { .. } => Some(&ASSUME_ROLE_WITH_WEB_IDENTITY),
            Self::Role { .. } => Some(&ASSUME_ROLE),
        }
    }

    /// The role that is assumed.
    #[must_use]
    pub fn role_arn(&self) -> Option<&str> {
        match self {
            Self::Own => None,
            Self::Token { role_arn } | Self::Role { role_arn } => Some(role_arn),
        }
    }

    /// What the session may do, where its credentials are made for it: read `needs` and enter the
    /// roles `onward`.
    #[must_use]
    pub fn session_policy(&self, needs: &BTreeSet<Source>, onward: &[String]) -> Option<String> {
        self.call().map(|_| session_policy(needs, onward))
    }

    /// Whether a session of this route may be in the account that AWS says it is in. This is the one
    /// place where that is checked.
    ///
    /// # Errors
    /// A role's session is in the role's account: anything else is no answer of AWS. And it is the
    /// wrong one where another account is `expected`.
    pub(crate) fn check_account(
        &self,
        found: &AccountId,
        expected: Option<&AccountId>,
    ) -> Result<(), SignInError> {
        if let Some(role_arn) = self.role_arn()
            && account_of_role(role_arn).as_ref() != Some(found)
        {
            let role_arn = role_arn.to_owned();
            return Err(SignInError::RoleElsewhere { role_arn, found: found.clone() });
        }
        match expected {
            Some(expected) if expected != found => Err(SignInError::WrongAccount {
                found: found.clone(),
                expected: vec![expected.clone()],
            }),
            _ => Ok(()),
        }
    }
}

/// The account that a role's ARN names.
fn account_of_role(role_arn: &str) -> Option<AccountId> {
    role_arn.split(':').nth(4)?.parse().ok()
}

/// A target whose account is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedTarget<'a> {
    pub(crate) account: AccountId,
    pub(crate) role_arn: Option<&'a str>,
}

/// The routes of one run.
#[derive(Debug)]
pub(crate) struct Routes<'a> {
    settings: &'a EntrySettings,
    targets: &'a [Target],
}

impl<'a> Routes<'a> {
    pub(crate) const fn new(settings: &'a EntrySettings, targets: &'a [Target]) -> Self {
        Self { settings, targets }
    }

    /// Whether any role is named.
    pub(crate) fn have_roles(&self) -> bool {
        self.settings.role_arn.is_some() || self.targets.iter().any(|it| it.role_arn.is_some())
    }

    /// The roles that are entered from the run's own session: none, where GitHub's token opens each.
    pub(crate) fn onward(&self) -> Vec<String> {
        if self.by_token() {
            return Vec::new();
        }
        self.targets.iter().filter_map(|target| target.role_arn.clone()).collect()
    }

    fn by_token(&self) -> bool {
        self.settings.environment.token_endpoint.is_some()
    }

    /// Step by step to the run's own identity: `--role-arn`, else the SDK's default chain. No step:
    /// every target is entered without one.
    pub(crate) fn to_own(&self) -> Result<Vec<Route>, SignInError> {
        if let Some(account) = self.settings.role_arn.as_deref().and_then(account_of_role) {
            self.must_be_allowed(&account)?;
        }
        let every_target_by_token = self.by_token()
            && !self.targets.is_empty()
            && self.targets.iter().all(|target| target.role_arn.is_some());
        Ok(match self.settings.role_arn.clone() {
            Some(role_arn) if self.by_token() => vec![Route::Token { role_arn }],
            Some(role_arn) => vec![Route::Own, Route::Role { role_arn }],
            None if every_target_by_token => Vec::new(),
            None => vec![Route::Own],
        })
    }

    /// Every target with its account: as named, as in its role's ARN, or the run's own.
    pub(crate) fn named(
        &self,
        own: Option<&AccountId>,
    ) -> Result<Vec<NamedTarget<'a>>, SignInError> {
        if self.targets.is_empty() {
            let account = own.cloned().ok_or_else(no_target)?;
            return Ok(vec![NamedTarget { account, role_arn: None }]);
        }
        let named = |target: &'a Target| {
            let of_role = || match &target.role_arn {
                Some(role) => account_of_role(role),
                None => own.cloned(),
            };
            let unnamed = || SignInError::InvalidRequest {
                message: "the ARN names no account".to_owned(),
                role_arn: target.role_arn.clone().unwrap_or_default(),
            };
            let account = target.account.clone().or_else(of_role).ok_or_else(unnamed)?;
            Ok(NamedTarget { account, role_arn: target.role_arn.as_deref() })
        };
        self.targets.iter().map(named).collect()
    }

    /// `--account` holds for every account that the run signs in to.
    fn must_be_allowed(&self, account: &AccountId) -> Result<(), SignInError> {
        let allowed = &self.settings.allowed_accounts;
        if allowed.is_empty() || allowed.contains(account) {
            return Ok(());
        }
        Err(SignInError::NotAllowed { account: account.clone(), allowed: allowed.clone() })
    }

    /// The route to a target, or why it is refused before anything is sent. `None`: the target is the
    /// account of the run's own session, `own`, which is not entered again.
    pub(crate) fn route_to(
        &self,
        target: &NamedTarget<'_>,
        own: Option<&AccountId>,
    ) -> Result<Option<Route>, SignInError> {
        let is_own = own == Some(&target.account);
        match (self.must_be_allowed(&target.account), own) {
            // No role would be assumed: the credentials themselves are the wrong ones.
            (Err(_), Some(own)) if is_own => {
                let expected = self.settings.allowed_accounts.clone();
                return Err(SignInError::WrongAccount { found: own.clone(), expected });
            }
            (allowed, _) => allowed?,
        }
        match (target.role_arn.map(str::to_owned), own) {
            _ if is_own => Ok(None),
            (Some(role_arn), _) if self.by_token() => Ok(Some(Route::Token { role_arn })),
            (Some(role_arn), _) => Ok(Some(Route::Role { role_arn })),
            (None, Some(own)) => {
                let expected = vec![target.account.clone()];
                Err(SignInError::WrongAccount { found: own.clone(), expected })
            }
            (None, None) => Err(no_target()),
        }
    }

    /// `--external-id` that no AssumeRole of this run would carry is a mistake.
    pub(crate) fn check_external_id(
        &self,
        targets: &[NamedTarget<'_>],
        own: Option<&AccountId>,
    ) -> Result<(), SignInError> {
        let assumed = self.settings.role_arn.is_some()
            || targets
                .iter()
                .any(|target| matches!(self.route_to(target, own), Ok(Some(Route::Role { .. }))));
        if self.settings.external_id.is_some() && !assumed {
            return Err(SignInError::ExternalIdUnused);
        }
        Ok(())
    }
}

/// There is no session to go on from.
pub(crate) fn no_target() -> SignInError {
    SignInError::NoIdentity("nobody is signed in".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Environment;

    const ONE: &str = "111122223333";
    const TWO: &str = "444455556666";

    fn id(account: &str) -> AccountId {
        account.parse().unwrap()
    }

    fn role(account: &str) -> String {
        format!("arn:aws:iam::{account}:role/rootgate")
    }

    fn settings(token: bool, role_arn: Option<String>, allowed: &[&str]) -> EntrySettings {
        let variables = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x.example/t"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner-token"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let variables = variables.into_iter().filter(|_| token).map(owned);
        EntrySettings {
            role_arn,
            allowed_accounts: allowed.iter().map(|account| id(account)).collect(),
            region: None,
            endpoint_url: None,
            ca_bundle: None,
            oidc_audience: None,
            external_id: None,
            timeout: std::time::Duration::from_secs(300),
            environment: Environment::from_variables(variables),
        }
    }

    fn target(account: &str, role_arn: Option<String>) -> Target {
        Target { account: Some(id(account)), role_arn }
    }

    #[test]
    fn the_runs_own_identity_has_a_route_only_where_it_is_needed() {
        let (own, role_arn) = (Route::Own, role(ONE));
        let (by_role, by_token) =
            (Route::Role { role_arn: role_arn.clone() }, Route::Token { role_arn });
        let with_role = [target(TWO, Some(role(TWO)))];
        let without = [target(TWO, None)];
        for (token, role_arn, targets, steps) in [
            (false, None, &[][..], vec![own.clone()]),
            (true, None, &[], vec![own.clone()]),
            (false, Some(role(ONE)), &[], vec![own.clone(), by_role.clone()]),
            (true, Some(role(ONE)), &[], vec![by_token.clone()]),
            (false, None, &with_role, vec![own.clone()]),
            (true, None, &with_role, vec![]),
            (true, None, &without, vec![own.clone()]),
            (true, Some(role(ONE)), &with_role, vec![by_token]),
            (false, Some(role(ONE)), &with_role, vec![own, by_role]),
        ] {
            let settings = settings(token, role_arn, &[]);
            let routes = Routes::new(&settings, targets);
            assert_eq!(routes.to_own(), Ok(steps), "{token} {:?} {targets:?}", settings.role_arn);
            let onward: Vec<String> = if token || targets.is_empty() {
                Vec::new()
            } else {
                targets.iter().filter_map(|target| target.role_arn.clone()).collect()
            };
            assert_eq!(routes.onward(), onward);
        }
    }

    #[test]
    fn a_target_is_entered_by_its_own_role_or_is_the_runs_own() {
        let one = id(ONE);
        let (token, by_role) =
            (Route::Token { role_arn: role(TWO) }, Route::Role { role_arn: role(TWO) });
        for (with_token, account, role_arn, own, route) in [
            (false, ONE, None, Some(&one), None),
            (false, ONE, Some(role(ONE)), Some(&one), None),
            (true, ONE, Some(role(ONE)), Some(&one), None),
            (false, TWO, Some(role(TWO)), Some(&one), Some(by_role)),
            (true, TWO, Some(role(TWO)), Some(&one), Some(token.clone())),
            (true, TWO, Some(role(TWO)), None, Some(token)),
        ] {
            let settings = settings(with_token, None, &[]);
            let targets = [target(account, role_arn)];
            let routes = Routes::new(&settings, &targets);
            let named = routes.named(own).unwrap();
            assert_eq!(routes.route_to(&named[0], own), Ok(route), "{with_token} {targets:?}");
        }
    }

    #[test]
    fn what_no_route_leads_to_is_refused_before_anything_is_sent() {
        let (one, two) = (id(ONE), id(TWO));
        let to = |allowed: &[&str], target: &Target, own: Option<&AccountId>| {
            let settings = settings(false, None, allowed);
            let targets = [target.clone()];
            let routes = Routes::new(&settings, &targets);
            let named = routes.named(own).unwrap();
            routes.route_to(&named[0], own).unwrap_err()
        };
        let wrong = |found: &AccountId, expected: &AccountId| SignInError::WrongAccount {
            found: found.clone(),
            expected: vec![expected.clone()],
        };
        assert_eq!(to(&[], &target(TWO, None), Some(&one)), wrong(&one, &two));
        assert_eq!(to(&[TWO], &target(ONE, None), Some(&one)), wrong(&one, &two));
        let not_allowed =
            SignInError::NotAllowed { account: two.clone(), allowed: vec![one.clone()] };
        assert_eq!(to(&[ONE], &target(TWO, Some(role(TWO))), Some(&one)), not_allowed);
        assert_eq!(to(&[], &target(TWO, None), None), no_target());
        let settings = settings(true, Some(role(TWO)), &[ONE]);
        assert_eq!(Routes::new(&settings, &[]).to_own(), Err(not_allowed));
    }

    #[test]
    fn a_session_is_believed_only_in_the_account_that_its_route_leads_to() {
        let (one, two) = (id(ONE), id(TWO));
        for route in [Route::Token { role_arn: role(ONE) }, Route::Role { role_arn: role(ONE) }] {
            assert_eq!(route.check_account(&one, None), Ok(()));
            assert_eq!(route.check_account(&one, Some(&one)), Ok(()));
            let elsewhere = SignInError::RoleElsewhere { role_arn: role(ONE), found: two.clone() };
            for expected in [None, Some(&one), Some(&two)] {
                assert_eq!(route.check_account(&two, expected), Err(elsewhere.clone()));
            }
            let wrong =
                SignInError::WrongAccount { found: one.clone(), expected: vec![two.clone()] };
            assert_eq!(route.check_account(&one, Some(&two)), Err(wrong));
        }
        assert_eq!(Route::Own.check_account(&two, None), Ok(()));
        assert!(Route::Own.check_account(&two, Some(&one)).is_err());
    }

    #[test]
    fn permissions_follow_the_route() {
        let needs = BTreeSet::from([Source::AccountSummary]);
        let onward = [role(TWO)];
        assert_eq!(Route::Own.session_policy(&needs, &onward), None);
        for route in [Route::Token { role_arn: role(ONE) }, Route::Role { role_arn: role(ONE) }] {
            let policy = route.session_policy(&needs, &onward).unwrap();
            assert!(policy.contains("iam:GetAccountSummary") && policy.contains("sts:AssumeRole"));
            let policy = route.session_policy(&needs, &[]).unwrap();
            assert!(!policy.contains("sts:AssumeRole"), "{policy}");
        }
    }
}
