//! `scope.organization`: every usable account of an organization, and how each is entered.

use chrono::NaiveDate;

use crate::model::{AccountId, Audit, Duration};

/// The organization that is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationScope {
    /// The role in each member account: its name, after its path if it has one. `None` only with
    /// [`Audit::AssumeRoot`]; then `management_role` is present.
    pub member_role: Option<String>,
    /// The role in the management account, if the policy has one.
    pub management_role: Option<String>,
    /// How member accounts are entered.
    pub audit: Audit,
    /// An account that joined more recently than this and cannot be entered yet is skipped. At most
    /// 7 days.
    pub new_account_grace: Option<Duration>,
    /// `exclude`, in the order of the file; every account once, and none that the scope also names.
    pub exclude: Vec<Exclude>,
    /// 1-based line of the key `organization`.
    pub line: usize,
}

/// An account that is not judged for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The account.
    pub account: AccountId,
    /// Why.
    pub reason: String,
    /// The last day, inclusive, UTC; at most a year ahead when the policy is read.
    pub expires: NaiveDate,
    /// 1-based line of its first key.
    pub line: usize,
}

impl OrganizationScope {
    /// The role in the management account: its own, otherwise the members' role name.
    #[must_use]
    pub fn management_role(&self) -> Option<&str> {
        self.management_role.as_deref().or(self.member_role.as_deref())
    }

    /// The exclusion of an account on a day (UTC), if there is one.
    #[must_use]
    pub fn excluded(&self, account: &AccountId, day: NaiveDate) -> Option<&Exclude> {
        self.exclude.iter().find(|exclude| exclude.account == *account && !exclude.is_over(day))
    }
}

impl Exclude {
    /// Why the account is not judged.
    #[must_use]
    pub fn why(&self) -> String {
        format!("`scope.organization.exclude` names it until {}: {}", self.expires, self.reason)
    }

    /// Whether the account is judged again on a day (UTC).
    #[must_use]
    pub fn is_over(&self, day: NaiveDate) -> bool {
        self.expires < day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_an_exclusion_is_included() {
        let account: AccountId = "444455556666".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let organization = OrganizationScope {
            member_role: Some("rootgate".to_owned()),
            management_role: None,
            audit: Audit::AssumeRole,
            new_account_grace: None,
            exclude: vec![Exclude {
                account: account.clone(),
                reason: "being closed".to_owned(),
                expires: day("2027-03-01"),
                line: 4,
            }],
            line: 3,
        };
        assert!(organization.excluded(&account, day("2027-03-01")).is_some());
        assert_eq!(organization.excluded(&account, day("2027-03-02")), None);
        let other = "111122223333".parse().unwrap();
        assert_eq!(organization.excluded(&other, day("2027-03-01")), None);
        assert_eq!(organization.management_role(), Some("rootgate"));
    }
}
