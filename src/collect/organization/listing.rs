//! `ListAccounts`: page by page, as fast as AWS allows. Each account is passed on immediately.
//!
//! An unexpected answer makes the listing incomplete, with the reason. The listing goes on if it
//! can.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_sdk_organizations::types::Account;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::Sender;

use crate::collect::enter::Session;
use crate::collect::failure::CallError;
use crate::model::organization::LIST_ACCOUNTS;
use crate::model::{
    AccountId, Cause, Gap, Listing, Partition, SkipCause, Skipped, Source, counted,
};
use crate::net::bucket::LearnedBucket;
use crate::text;

use super::{Description, OrganizationCalls};

/// The maximum size of a page. Source: API reference, `MaxResults`.
const PAGE: i32 = 20;
/// Enough pages for the maximum number of accounts (50,000), even if most pages are empty.
const MAX_PAGES: usize = 10_000;
/// Calls per second and burst, for one account. Source: Organizations User Guide, "Quotas".
const RATE: (f64, f64) = (8.0, 12.0);

/// A listed account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) account: AccountId,
    pub(crate) partition: Partition,
    /// Whether it is the management account.
    pub(crate) management: bool,
    pub(crate) joined_at: Option<DateTime<Utc>>,
    /// `Paths`, as AWS sent them.
    pub(crate) paths: Vec<String>,
    /// The time at which its page was requested.
    pub(crate) observed_at: DateTime<Utc>,
}

impl Listed {
    /// The time since it joined, if that is shorter than `grace`.
    pub(crate) fn is_newer_than(&self, grace: TimeDelta, now: DateTime<Utc>) -> Option<TimeDelta> {
        let age = now - self.joined_at?;
        (age >= TimeDelta::zero() && age < grace).then_some(age)
    }
}

/// Whether a listed account can be used, by its state.
#[derive(Debug, PartialEq, Eq)]
enum Validity {
    /// It is active.
    Usable,
    /// It cannot be entered; the reason.
    Unusable(&'static str),
    /// AWS sent an unknown state, or none.
    Unknown(String),
}

/// Source: Organizations User Guide, "Monitor the state of your AWS accounts". Older answers have
/// only `Status`, which AWS planned to retire.
fn validity(state: Option<&str>, status: Option<&str>) -> Validity {
    match state.or(status) {
        Some("ACTIVE" | "PENDING_CLOSURE") => Validity::Usable,
        Some("SUSPENDED") => Validity::Unusable("AWS has suspended the account"),
        Some("CLOSED") => Validity::Unusable("the account is closed"),
        Some("PENDING_ACTIVATION") => Validity::Unusable("the account is not activated yet"),
        Some(word) => Validity::Unknown(format!("the unknown state `{}`", cut(word))),
        None => Validity::Unknown("no state".to_owned()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The counts of an organization while it is listed and read.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    seen: BTreeSet<AccountId>,
    skipped: Vec<Skipped>,
    /// Why the listing is incomplete: the first reason, and the number of others.
    problem: Option<(Gap, usize)>,
}

impl Ledger {
    /// Marks the listing as incomplete.
    pub(crate) fn problem(&mut self, gap: Gap) {
        match &mut self.problem {
            Some((_, more)) => *more += 1,
            None => self.problem = Some((gap, 0)),
        }
    }

    fn unexpected(&mut self, why: &str) {
        self.problem(Gap::for_call(Source::Organization, &LIST_ACCOUNTS, Cause::Unreadable, why));
    }

    pub(crate) fn skip(&mut self, skipped: Skipped) {
        self.skipped.push(skipped);
    }

    /// Whether the account was listed.
    pub(crate) fn has_listed(&self, account: &AccountId) -> bool {
        self.seen.contains(account)
    }

    /// The gap of a source about the organization, if the organization is not known.
    pub(crate) fn unknown(&self, source: Source) -> Gap {
        match &self.problem {
            Some((gap, _)) => Gap { source, ..gap.clone() },
            None => Gap::new(source, Cause::Missing, "the organization is not known"),
        }
    }

    pub(crate) const fn is_complete(&self) -> bool {
        self.problem.is_none()
    }

    pub(crate) fn listing(self, description: Option<Description>) -> Listing {
        let Self { seen, mut skipped, problem } = self;
        skipped.sort();
        let (id, management_account) =
            description.map(|described| (described.id, described.management)).unzip();
        Listing {
            id,
            management_account,
            complete: problem.is_none(),
            gap: problem.map(|(gap, more)| match more {
                0 => gap,
                more => Gap {
                    detail: format!("{} (and {})", gap.detail, counted(more, "more reason")),
                    ..gap
                },
            }),
            listed: seen,
            skipped,
        }
    }
}

impl OrganizationCalls<'_> {
    /// Lists every account: passes on those to read, and records the others.
    pub(crate) async fn list(
        &self,
        description: &Description,
        ledger: &RefCell<Ledger>,
        to_read: Sender<Listed>,
    ) {
        let mut bucket = LearnedBucket::new(RATE.0, RATE.1);
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let call = async |own: &Session| {
                let sent = (self.clock)();
                let request = own.organizations().list_accounts().max_results(PAGE);
                let answer = request.set_next_token(token.clone()).send().await;
                Ok((sent, answer.map_err(|error| CallError::from_sdk(&error))?))
            };
            let (sent, page) = match self.retry(&mut bucket, call).await {
                Ok(page) => page,
                Err(error) => {
                    let gap = error.gap(Source::Organization, &LIST_ACCOUNTS);
                    return ledger.borrow_mut().problem(gap);
                }
            };
            for account in page.accounts.unwrap_or_default() {
                let listed = self.enter_in(&mut ledger.borrow_mut(), description, &account, sent);
                if let Some(listed) = listed
                    && to_read.send(listed).await.is_err()
                {
                    return; // the receiver is gone
                }
            }
            match page.next_token {
                None => {
                    let listed = ledger.borrow().seen.len();
                    (self.note)(&text!("the organization has {} accounts", listed));
                    return must_hold(description, self, &mut ledger.borrow_mut());
                }
                Some(next) if !tokens.insert(next.clone()) => {
                    return ledger.borrow_mut().unexpected("AWS sent the same page token twice");
                }
                next => token = next,
            }
        }
        ledger.borrow_mut().unexpected(&format!("the list has more than {MAX_PAGES} pages"));
    }

    /// Records an account in the ledger; returns it if it must be read.
    fn enter_in(
        &self,
        ledger: &mut Ledger,
        description: &Description,
        account: &Account,
        observed_at: DateTime<Utc>,
    ) -> Option<Listed> {
        let text = account.id.as_deref().unwrap_or_default();
        let Ok(id) = text.parse::<AccountId>() else {
            ledger.unexpected(&format!("`{}` is not the id of an account", cut(text)));
            return None;
        };
        if !ledger.seen.insert(id.clone()) {
            ledger.unexpected(&format!("account {id} is listed twice"));
            return None;
        }
        let state = account.state.as_ref().map(|state| state.as_str());
        let status = account.status.as_ref().map(|status| status.as_str());
        let skip = |cause, reason: &str| {
            let reason = reason.to_owned();
            Skipped { id: id.clone(), cause, joined_at: None, reason }
        };
        // The management account is always judged.
        let excluded = self.settings.excluded.get(&id).filter(|_| id != description.management);
        if let Some(reason) = excluded {
            ledger.skip(skip(SkipCause::Excluded, reason));
            return None;
        }
        match validity(state, status) {
            Validity::Usable => {}
            Validity::Unusable(why) => {
                ledger.skip(skip(SkipCause::Unusable, why));
                return None;
            }
            Validity::Unknown(what) => ledger.unexpected(&format!("account {id} has {what}")),
        }
        let joined_at = account.joined_timestamp.as_ref();
        let joined_at =
            joined_at.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()));
        Some(Listed {
            management: id == description.management,
            account: id,
            partition: description.partition.clone(),
            joined_at,
            paths: account.paths.clone().unwrap_or_default(),
            observed_at,
        })
    }
}

/// A list without the management account and the run's own account is incomplete.
fn must_hold(description: &Description, calls: &OrganizationCalls<'_>, ledger: &mut Ledger) {
    let own = calls.sessions.own_account();
    for account in [Some(description.management.clone()), own].into_iter().flatten() {
        if !ledger.has_listed(&account) {
            ledger.unexpected(&format!(
                "account {account} is in the organization but not in the list"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_takes_precedence_over_the_status() {
        let unusable = |standing| matches!(standing, Validity::Unusable(_));
        for word in ["ACTIVE", "PENDING_CLOSURE"] {
            assert_eq!(validity(Some(word), Some("SUSPENDED")), Validity::Usable);
            assert_eq!(validity(None, Some(word)), Validity::Usable);
        }
        for word in ["SUSPENDED", "CLOSED", "PENDING_ACTIVATION"] {
            assert!(unusable(validity(Some(word), Some("ACTIVE"))), "{word}");
        }
        for unknown in [validity(Some("QUARANTINED"), Some("ACTIVE")), validity(None, None)] {
            assert!(matches!(unknown, Validity::Unknown(_)), "{unknown:?}");
        }
    }

    #[test]
    fn an_account_is_new_from_the_moment_it_joined_until_the_grace_is_over() {
        let now = DateTime::from_timestamp(1_763_712_000, 0).unwrap();
        let joined = |joined_at| Listed {
            account: "444455556666".parse().unwrap(),
            partition: Partition::new("aws").unwrap(),
            management: false,
            joined_at,
            paths: Vec::new(),
            observed_at: now,
        };
        let grace = TimeDelta::hours(24);
        let is_new = |joined_at| joined(joined_at).is_newer_than(grace, now).is_some();
        assert!(is_new(Some(now)) && is_new(Some(now - TimeDelta::hours(23))));
        assert!(!is_new(Some(now - grace)) && !is_new(None));
        assert!(!is_new(Some(now + TimeDelta::hours(1))), "a date in the future is not new");
    }

    #[test]
    fn the_ledger_adds_up_and_keeps_the_first_reason() {
        let id = |text: &str| text.parse::<AccountId>().unwrap();
        let seen = ["111122223333", "444455556666"].map(id).into();
        let mut ledger = Ledger { seen, ..Ledger::default() };
        ledger.unexpected("first");
        ledger.unexpected("second");
        let listing = ledger.listing(None);
        assert_eq!((listing.listed.len(), listing.complete), (2, false));
        let gap = listing.gap.unwrap();
        assert_eq!(gap.detail, "organizations:ListAccounts: first (and 1 more reason)");
    }
}
