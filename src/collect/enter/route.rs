//! The routes by which a run enters its accounts. They are chosen from settings and names, before
//! anything is sent.

use std::collections::BTreeSet;

use crate::collect::organization::role_arn;
use crate::collect::{EntrySettings, OrganizationSettings, Target};
use crate::model::Audit;
use crate::model::call::{ASSUME_ROLE, ASSUME_ROLE_WITH_WEB_IDENTITY};
use crate::model::root_audit::ASSUME_ROOT;
use crate::model::{AccountId, Call, Partition, Source};

use super::SignInError;
use super::session_policy::{Grants, session_policy};

/// How a session is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The credentials that the SDK finds.
    Own,
    /// A role, assumed with GitHub's token.
    Token {
        /// The role.
        role_arn: String,
    },
    /// A role, assumed from another session.
    Role {
        /// The role.
        role_arn: String,
    },
    /// The root user of a member, from another session, to audit it.
    Root {
        /// The member.
        account: AccountId,
    },
}

impl Route {
    /// The call that opens the session; `None`: the credentials already exist.
    #[must_use]
    pub const fn call(&self) -> Option<&'static Call> {
        match self {
            Self::Own => None,
            Self::Token { .. } => Some(&ASSUME_ROLE_WITH_WEB_IDENTITY),
            Self::Role { .. } => Some(&ASSUME_ROLE),
            Self::Root { .. } => Some(&ASSUME_ROOT),
        }
    }

    /// The role that is assumed.
    #[must_use]
    pub fn role_arn(&self) -> Option<&str> {
        match self {
            Self::Own | Self::Root { .. } => None,
            Self::Token { role_arn } | Self::Role { role_arn } => Some(role_arn),
        }
    }

    /// The session policy, if a call issues the credentials. The task of an audit has its own
    /// policy.
    #[must_use]
    pub(crate) fn session_policy(&self, grants: &Grants) -> Option<String> {
        self.role_arn().map(|_| session_policy(grants))
    }

    /// Checks that a session of this route is in the right account. This is the only place where
    /// that is checked.
    ///
    /// # Errors
    /// The session of a role is not in the role's account (such an answer does not come from AWS),
    /// or it is not in the `expected` account.
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
        let expected = match self {
            Self::Root { account } => Some(account),
            _ => expected,
        };
        match expected {
            Some(expected) if expected != found => Err(SignInError::WrongAccount {
                found: found.clone(),
                expected: vec![expected.clone()],
            }),
            _ => Ok(()),
        }
    }
}

/// The account in a role's ARN.
fn account_of_role(role_arn: &str) -> Option<AccountId> {
    role_arn.split(':').nth(4)?.parse().ok()
}

/// A target whose account is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedTarget<'a> {
    pub(crate) account: AccountId,
    pub(crate) role_arn: Option<&'a str>,
}

/// The data of an organization's account that is needed to enter it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) partition: &'a Partition,
    pub(crate) management: bool,
}

/// The routes of one run.
#[derive(Debug)]
pub(crate) struct Routes<'a> {
    settings: &'a EntrySettings,
    targets: &'a [Target],
    organization: Option<&'a OrganizationSettings>,
}

impl<'a> Routes<'a> {
    pub(crate) const fn new(
        settings: &'a EntrySettings,
        targets: &'a [Target],
        organization: Option<&'a OrganizationSettings>,
    ) -> Self {
        Self { settings, targets, organization }
    }

    /// Whether any role is named.
    pub(crate) fn have_roles(&self) -> bool {
        self.settings.role_arn.is_some()
            || self.targets.iter().any(|it| it.role_arn.is_some())
            || self.organization.is_some()
    }

    /// What the run's own session may do: read `needs`, and enter the other accounts.
    pub(crate) fn grants_of_own(&self, needs: &BTreeSet<Source>) -> Grants {
        let role_arn = self.settings.role_arn.as_deref();
        let partition = role_arn.and_then(Partition::from_arn);
        let audits = self.organization.is_some_and(|it| it.audit != Audit::AssumeRole);
        Grants {
            reads: needs.clone(),
            roles: self.onward(partition.as_ref()),
            audits: partition.filter(|_| audits),
        }
    }

    /// The roles that are assumed from the run's own session. If GitHub's token opens each named
    /// account, these are not among them.
    fn onward(&self, partition: Option<&Partition>) -> Vec<String> {
        let named = self.targets.iter().filter(|_| !self.by_token());
        let mut roles: Vec<String> = named.filter_map(|it| it.role_arn.clone()).collect();
        if let (Some(organization), Some(partition)) = (self.organization, partition) {
            roles.extend(organization.roles_in(partition, "*"));
        }
        roles
    }

    fn by_token(&self) -> bool {
        self.settings.environment.token_endpoint.is_some()
    }

    /// The steps to the run's own identity: `--role-arn`, otherwise the SDK's default chain. No
    /// step: no target needs it.
    pub(crate) fn to_own(&self) -> Result<Vec<Route>, SignInError> {
        if let Some(account) = self.settings.role_arn.as_deref().and_then(account_of_role) {
            self.must_be_allowed(&account)?;
        }
        let every_target_by_token = self.by_token()
            && self.organization.is_none()
            && !self.targets.is_empty()
            && self.targets.iter().all(|target| target.role_arn.is_some());
        Ok(match self.settings.role_arn.clone() {
            Some(role_arn) if self.by_token() => vec![Route::Token { role_arn }],
            Some(role_arn) => vec![Route::Own, Route::Role { role_arn }],
            None if every_target_by_token => Vec::new(),
            None => vec![Route::Own],
        })
    }

    /// Every target with its account: the named one, the one in its role's ARN, or the run's own.
    pub(crate) fn named(
        &self,
        own: Option<&AccountId>,
    ) -> Result<Vec<NamedTarget<'a>>, SignInError> {
        if self.targets.is_empty() && self.organization.is_none() {
            let account = own.cloned().ok_or_else(no_target)?;
            return Ok(vec![NamedTarget { account, role_arn: None }]);
        }
        let named = |target: &'a Target| {
            let of_role = || match &target.role_arn {
                Some(role) => account_of_role(role),
                None => own.cloned(),
            };
            let unnamed = || SignInError::InvalidRequest {
                message: "the ARN contains no account".to_owned(),
                role_arn: target.role_arn.clone().unwrap_or_default(),
            };
            let account = target.account.clone().or_else(of_role).ok_or_else(unnamed)?;
            Ok(NamedTarget { account, role_arn: target.role_arn.as_deref() })
        };
        self.targets.iter().map(named).collect()
    }

    /// `--account` limits every account that the run signs in to.
    fn must_be_allowed(&self, account: &AccountId) -> Result<(), SignInError> {
        let allowed = &self.settings.allowed_accounts;
        if allowed.is_empty() || allowed.contains(account) {
            return Ok(());
        }
        Err(SignInError::NotAllowed { account: account.clone(), allowed: allowed.clone() })
    }

    /// The route to a target, or why it is refused before anything is sent. `None`: the target is
    /// the account of the run's own session, `own`, which is already open.
    pub(crate) fn route_to(
        &self,
        target: &NamedTarget<'_>,
        own: Option<&AccountId>,
    ) -> Result<Option<Route>, SignInError> {
        let is_own = self.is_own(&target.account, own)?;
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

    /// Whether an account is that of the run's own session.
    fn is_own(&self, account: &AccountId, own: Option<&AccountId>) -> Result<bool, SignInError> {
        let is_own = own == Some(account);
        match (self.must_be_allowed(account), own) {
            // No role would be assumed, so the credentials themselves are wrong.
            (Err(_), Some(own)) if is_own => {
                let expected = self.settings.allowed_accounts.clone();
                Err(SignInError::WrongAccount { found: own.clone(), expected })
            }
            (allowed, _) => allowed.map(|()| is_own),
        }
    }

    /// The routes to an account of the organization; the first that is not refused is used. `None`:
    /// it is the account of the run's own session. The management account is never entered as root.
    pub(crate) fn to_member(
        &self,
        organization: &OrganizationSettings,
        member: &Member<'_>,
        own: &AccountId,
    ) -> Result<Option<Vec<Route>>, SignInError> {
        if self.is_own(member.account, Some(own))? {
            return Ok(None);
        }
        let role = |name: &str| Route::Role {
            role_arn: role_arn(member.partition, member.account.as_str(), name),
        };
        if member.management {
            return Ok(Some(
                organization.management_role.as_deref().map(role).into_iter().collect(),
            ));
        }
        let by_role = organization.member_role.as_deref().map(role);
        let by_root = Route::Root { account: member.account.clone() };
        Ok(Some(match organization.audit {
            Audit::AssumeRole => by_role.into_iter().collect(),
            Audit::AssumeRoot => vec![by_root],
            Audit::Auto => by_role.into_iter().chain([by_root]).collect(),
        }))
    }

    /// Refuses `--external-id` if no AssumeRole of this run would use it.
    pub(crate) fn check_external_id(
        &self,
        targets: &[NamedTarget<'_>],
        own: Option<&AccountId>,
    ) -> Result<(), SignInError> {
        let assumed = self.settings.role_arn.is_some()
            || self.organization.is_some()
            || targets
                .iter()
                .any(|target| matches!(self.route_to(target, own), Ok(Some(Route::Role { .. }))));
        if self.settings.external_id.is_some() && !assumed {
            return Err(SignInError::ExternalIdUnused);
        }
        Ok(())
    }
}

/// The error if there is no session to start from.
pub(crate) fn no_target() -> SignInError {
    SignInError::NoIdentity("there is no session".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
    fn the_runs_own_identity_has_a_route_only_if_it_is_needed() {
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
            let routes = Routes::new(&settings, targets, None);
            assert_eq!(routes.to_own(), Ok(steps), "{token} {:?} {targets:?}", settings.role_arn);
            let onward: Vec<String> = if token || targets.is_empty() {
                Vec::new()
            } else {
                targets.iter().filter_map(|target| target.role_arn.clone()).collect()
            };
            assert_eq!(routes.onward(None), onward);
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
            let routes = Routes::new(&settings, &targets, None);
            let named = routes.named(own).unwrap();
            assert_eq!(routes.route_to(&named[0], own), Ok(route), "{with_token} {targets:?}");
        }
    }

    #[test]
    fn a_target_without_a_route_is_refused_before_anything_is_sent() {
        let (one, two) = (id(ONE), id(TWO));
        let to = |allowed: &[&str], target: &Target, own: Option<&AccountId>| {
            let settings = settings(false, None, allowed);
            let targets = [target.clone()];
            let routes = Routes::new(&settings, &targets, None);
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
        assert_eq!(Routes::new(&settings, &[], None).to_own(), Err(not_allowed));
    }

    #[test]
    fn a_session_in_another_account_than_its_routes_is_refused() {
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
        let grants = Grants {
            reads: BTreeSet::from([Source::AccountSummary]),
            roles: vec![role(TWO)],
            audits: None,
        };
        assert_eq!(Route::Own.session_policy(&grants), None);
        assert_eq!(Route::Root { account: id(TWO) }.session_policy(&grants), None);
        for route in [Route::Token { role_arn: role(ONE) }, Route::Role { role_arn: role(ONE) }] {
            let policy = route.session_policy(&grants).unwrap();
            assert!(policy.contains("iam:GetAccountSummary") && policy.contains("sts:AssumeRole"));
            let policy = route.session_policy(&Grants { roles: Vec::new(), ..grants.clone() });
            let policy = policy.unwrap();
            assert!(!policy.contains("sts:AssumeRole"), "{policy}");
        }
    }

    fn organization(audit: Audit) -> OrganizationSettings {
        OrganizationSettings {
            member_role: Some("audit/rootgate".to_owned()),
            management_role: Some("management".to_owned()),
            audit,
            new_account_grace: chrono::TimeDelta::hours(24),
            excluded: BTreeMap::new(),
            read_members_events: false,
            sample: None,
        }
    }

    #[test]
    fn a_member_is_entered_as_the_policy_says_and_the_management_account_never_as_root() {
        let (one, two) = (id(ONE), id(TWO));
        let partition = Partition::new("aws-us-gov").unwrap();
        let settings = settings(true, None, &[]);
        for (audit, calls) in [
            (Audit::AssumeRole, vec!["AssumeRole"]),
            (Audit::AssumeRoot, vec!["AssumeRoot"]),
            (Audit::Auto, vec!["AssumeRole", "AssumeRoot"]),
        ] {
            let organization = organization(audit);
            let routes = Routes::new(&settings, &[], Some(&organization));
            assert_eq!(routes.to_own(), Ok(vec![Route::Own]));
            let to = |management| {
                let member = Member { account: &two, partition: &partition, management };
                routes.to_member(&organization, &member, &one).unwrap().unwrap()
            };
            let by = |route: &Route| route.call().map(|call| call.operation).unwrap();
            assert_eq!(to(false).iter().map(by).collect::<Vec<_>>(), calls);
            let role_arn = "arn:aws-us-gov:iam::444455556666:role/management".to_owned();
            assert_eq!(to(true), [Route::Role { role_arn }]);
            let own = Member { account: &one, partition: &partition, management: true };
            assert_eq!(routes.to_member(&organization, &own, &one), Ok(None));
        }
    }

    #[test]
    fn the_runs_own_session_may_enter_the_accounts_of_the_organization() {
        let settings = settings(true, Some(role(ONE)), &[]);
        for (audit, roles, roots) in
            [(Audit::AssumeRole, 2, false), (Audit::AssumeRoot, 1, true), (Audit::Auto, 2, true)]
        {
            let organization = organization(audit);
            let routes = Routes::new(&settings, &[], Some(&organization));
            let grants = routes.grants_of_own(&BTreeSet::new());
            assert_eq!((grants.roles.len(), grants.audits.is_some()), (roles, roots), "{audit:?}");
            assert!(grants.roles.iter().all(|role| role.starts_with("arn:aws:iam::*:role/")));
        }
    }

    #[test]
    fn a_session_as_root_in_another_account_is_refused() {
        let (one, two) = (id(ONE), id(TWO));
        let route = Route::Root { account: one.clone() };
        assert_eq!(route.check_account(&one, Some(&one)), Ok(()));
        for expected in [None, Some(&one)] {
            assert!(route.check_account(&two, expected).is_err());
        }
    }
}
