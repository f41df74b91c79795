//! What a change of `scope.organization` means.

use std::collections::BTreeMap;

use super::{Diff, Side, day_size};
use crate::model::Audit;
use crate::model::{AccountId, ChangeKind, Duration, KeyPath};
use crate::policy::fields::{self, Direction};
use crate::policy::organization::{Exclude, OrganizationScope};
use crate::policy::types::Policy;

/// The key of the section.
pub(super) fn key() -> KeyPath {
    KeyPath::section("scope").key("organization")
}

/// What a policy judges, in a few words.
pub(super) fn judged(policy: &Policy) -> String {
    match (&policy.organization, policy.scope.len()) {
        (None, 0) => "the account of the credentials".to_owned(),
        (None, count) => format!("{count} named"),
        (Some(_), 0) => "the organization".to_owned(),
        (Some(_), count) => format!("the organization and {count} named"),
    }
}

/// The line that says what is judged.
pub(super) fn line(policy: &Policy) -> Option<usize> {
    let organization = policy.organization.as_ref().map(|organization| organization.line);
    organization.or_else(|| policy.scope.first().map(|account| account.line))
}

impl Diff<'_> {
    /// Both policies say what is judged.
    pub(super) fn organization(&mut self) {
        match (&self.old.organization, &self.new.organization) {
            (None, None) => {}
            (None, Some(new)) => {
                self.added(ChangeKind::Stronger, key(), describe(new), new.line);
            }
            (Some(old), None) => {
                self.removed(ChangeKind::Weaker, key(), describe(old), old.line);
            }
            (Some(old), Some(new)) => {
                let first = self.changes.len();
                self.entering(old, new);
                self.grace(old, new);
                self.set_lines(first, &key(), &key(), &key());
                self.exclude(old, new);
            }
        }
    }

    fn entering(&mut self, old: &OrganizationScope, new: &OrganizationScope) {
        let text = |organization: &OrganizationScope, text: Option<&str>| Side {
            size: 0,
            text: text.unwrap_or("none").to_owned(),
            line: Some(organization.line),
        };
        let direction = |key| fields::direction(fields::ORGANIZATION, key);
        // An account that a role cannot enter is undetermined, whatever the role. With a grace or
        // another way in it may pass instead.
        let member = match new.new_account_grace.is_some() || new.audit == Audit::Auto {
            true => Direction::AnyIsWeaker,
            false => direction("member-role"),
        };
        self.key(
            key().key("member-role"),
            member,
            text(old, old.member_role.as_deref()),
            text(new, new.member_role.as_deref()),
        );
        // Written nowhere it follows `member-role`, whose change is shown.
        if old.management_role.is_some() || new.management_role.is_some() {
            self.key(
                key().key("management-role"),
                direction("management-role"),
                text(old, old.management_role()),
                text(new, new.management_role()),
            );
        }
        self.key(
            key().key("audit"),
            direction("audit"),
            text(old, Some(old.audit.id())),
            text(new, Some(new.audit.id())),
        );
    }

    fn grace(&mut self, old: &OrganizationScope, new: &OrganizationScope) {
        let side = |organization: &OrganizationScope| {
            let grace = organization.new_account_grace;
            Side {
                size: grace.map_or(0, Duration::as_secs).into(),
                text: grace.map_or("none".to_owned(), |grace| grace.to_string()),
                line: Some(organization.line),
            }
        };
        let direction = fields::direction(fields::ORGANIZATION, "new-account-grace");
        self.key(key().key("new-account-grace"), direction, side(old), side(new));
    }

    fn exclude(&mut self, old: &OrganizationScope, new: &OrganizationScope) {
        let (was, is) = (by_account(&old.exclude), by_account(&new.exclude));
        let entry = |account: &AccountId| key().key("exclude").named(account.as_str());
        let text = |exclude: &Exclude| format!("until {}, {}", exclude.expires, exclude.reason);
        for (account, (place, exclude)) in &is {
            let Some((known_place, known)) = was.get(account) else {
                self.added(ChangeKind::Weaker, entry(account), text(exclude), exclude.line);
                continue;
            };
            let first = self.changes.len();
            self.excluded(&entry(account), known, exclude);
            let at = |place: usize| key().key("exclude").named(place.to_string());
            self.set_lines(first, &entry(account), &at(*known_place), &at(*place));
        }
        for (account, (_, exclude)) in was.iter().filter(|(account, _)| !is.contains_key(*account))
        {
            self.removed(ChangeKind::Stronger, entry(account), text(exclude), exclude.line);
        }
    }

    fn excluded(&mut self, entry: &KeyPath, old: &Exclude, new: &Exclude) {
        let direction = |key| fields::direction(fields::EXCLUDE, key);
        let side =
            |exclude: &Exclude, size, text: String| Side { size, text, line: Some(exclude.line) };
        self.key(
            entry.clone().key("reason"),
            direction("reason"),
            side(old, 0, old.reason.clone()),
            side(new, 0, new.reason.clone()),
        );
        self.key(
            entry.clone().key("expires"),
            direction("expires"),
            side(old, day_size(old.expires), old.expires.to_string()),
            side(new, day_size(new.expires), new.expires.to_string()),
        );
    }
}

/// Each with its place in the list.
fn by_account(exclude: &[Exclude]) -> BTreeMap<&AccountId, (usize, &Exclude)> {
    let each = exclude.iter().enumerate();
    each.map(|(place, exclude)| (&exclude.account, (place, exclude))).collect()
}

fn describe(organization: &OrganizationScope) -> String {
    let excluded = match organization.exclude.len() {
        0 => String::new(),
        count => format!(", {count} excluded"),
    };
    format!("every account, by {}{excluded}", organization.audit.id())
}
