//! The accounts of an organization, generated from their numbers: 0 is the management account, 1 the hub.

use serde_json::{Value, json};

use crate::numbers::{gcd, hash, inverse, narrow};
use crate::organization::{CLASSES, Class, HUB, ID, MANAGEMENT, Organization, ROOT};
use crate::scenario::{Account, instant, now};
use crate::scps::FULL_ACCESS;

/// Other account ids are `2000` and eight digits. This factor spreads them.
const SPREAD: u64 = 38_764_421;

const ID_SPACE: u64 = 100_000_000;

impl Organization {
    pub fn account_id(&self, index: usize) -> String {
        match index {
            0 => MANAGEMENT.to_owned(),
            1 => HUB.to_owned(),
            _ => format!("2000{:08}", index as u64 * SPREAD % ID_SPACE),
        }
    }

    /// The number of an account; `None` if it is not in this organization.
    pub fn index(&self, id: &str) -> Option<usize> {
        match id {
            MANAGEMENT => Some(0),
            HUB => Some(1),
            _ => {
                let digits: u64 =
                    id.strip_prefix("2000").filter(|_| id.len() == 12)?.parse().ok()?;
                let index = digits * inverse(SPREAD, ID_SPACE) % ID_SPACE;
                usize::try_from(index).ok().filter(|index| (2..self.size).contains(index))
            }
        }
    }

    /// The account at this index of the listing; the management account is in the middle.
    pub fn listed(&self, position: usize) -> usize {
        (position + self.size - self.size / 2) % self.size
    }

    /// A member's index in the order in which classes are assigned.
    fn rank(&self, index: usize) -> usize {
        let (factor, shift, members) = self.order();
        narrow((factor * (index as u64 - 2) + shift) % members)
    }

    fn at_rank(&self, rank: usize) -> usize {
        let (factor, shift, members) = self.order();
        narrow((rank as u64 + members - shift) % members * inverse(factor, members) % members) + 2
    }

    fn order(&self) -> (u64, u64, u64) {
        let members = self.members() as u64;
        let mut factor = hash(self.seed) % members;
        while gcd(factor, members) != 1 {
            factor += 1;
        }
        (factor, hash(self.seed + 1) % members, members)
    }

    pub fn class(&self, index: usize) -> Class {
        self.class_and_place(index).0
    }

    /// The class, and the member's index in its class.
    fn class_and_place(&self, index: usize) -> (Class, usize) {
        if index < 2 {
            return (Class::Sound, index);
        }
        let mut rank = self.rank(index);
        for ((_, class), amount) in CLASSES.iter().zip(self.amounts) {
            let amount = amount.resolve(self.members());
            if rank < amount {
                return (*class, rank);
            }
            rank -= amount;
        }
        (Class::Sound, rank)
    }

    /// How a member violates.
    fn kind(&self, index: usize) -> Option<&'static str> {
        match self.class_and_place(index) {
            (Class::Violating, place) => Some(self.kinds[place % self.kinds.len()]),
            _ => None,
        }
    }

    /// `State` and `Status`.
    pub fn states(&self, index: usize) -> (Option<&'static str>, Option<&'static str>) {
        let (state, status) = match self.class(index) {
            Class::Stateless => return (None, None),
            Class::Suspended => ("SUSPENDED", "SUSPENDED"),
            Class::Closed => ("CLOSED", "SUSPENDED"),
            Class::PendingActivation => ("PENDING_ACTIVATION", "SUSPENDED"),
            Class::PendingClosure => ("PENDING_CLOSURE", "PENDING_CLOSURE"),
            Class::UnknownState if self.fields == "status" => ("QUARANTINED", "QUARANTINED"),
            Class::UnknownState => ("QUARANTINED", "ACTIVE"),
            _ => ("ACTIVE", "ACTIVE"),
        };
        (
            Some(state).filter(|_| self.fields != "status"),
            Some(status).filter(|_| self.fields != "state"),
        )
    }

    /// Whether the account can be entered: it exists and is not suspended.
    pub fn is_usable(&self, index: usize) -> bool {
        !matches!(self.class(index), Class::Suspended | Class::Closed | Class::PendingActivation)
    }

    /// When it joined, as AWS writes it: seconds, with a fraction.
    pub fn joined(&self, index: usize) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "seconds of this century")]
        match self.class(index) {
            // The time stays the same while the server runs.
            Class::New => (crate::cloudtrail::started().timestamp() - 3_600) as f64 + 0.5,
            // In the nine years from 2015 on.
            _ => 1_425_920_711.125 + (hash(self.seed ^ index as u64) % (9 * 31_536_000)) as f64,
        }
    }

    pub fn account_name(&self, index: usize) -> String {
        match index {
            0 => "management".to_owned(),
            1 => "security".to_owned(),
            _ => format!("member-{index:05}"),
        }
    }

    /// An account in `ListAccounts`.
    pub fn listing(&self, index: usize) -> Value {
        let id = self.account_id(index);
        let mut account = json!({
            "Id": id,
            "Arn": self.arn("account", &format!("/{id}")),
            "Email": format!("{}@example.com", self.account_name(index)),
            "Name": self.account_name(index),
            "JoinedMethod": if index.is_multiple_of(5) { "INVITED" } else { "CREATED" },
            "JoinedTimestamp": self.joined(index),
        });
        let (state, status) = self.states(index);
        for (field, word) in [("State", state), ("Status", status)] {
            if let Some(word) = word {
                account[field] = json!(word);
            }
        }
        if self.paths == "yes" || self.paths == "some" && !index.is_multiple_of(7) {
            let mut path = format!("{ID}/{ROOT}/");
            for unit in self.units_of(index) {
                path += &format!("{}/", Self::unit_id(unit));
            }
            account["Paths"] = json!([format!("{path}{id}/")]);
        }
        account
    }

    /// The content of the account.
    pub fn account(&self, index: usize) -> Account {
        let id = self.account_id(index);
        let mut account = Account::new(&id);
        account.partition.clone_from(&self.partition);
        if index == 0 {
            return account;
        }
        let created = chrono::DateTime::from_timestamp(narrow_seconds(self.joined(index)), 0);
        account.set_root("user_creation_time", &instant(created.unwrap_or_else(now)));
        let stale = self.reports == "stale" || self.reports == "mixed" && index % 3 == 1;
        let missing = self.reports == "none" || self.reports == "mixed" && index % 3 == 2;
        account.report_age = match (stale, missing) {
            (true, _) => Some(chrono::TimeDelta::hours(5)),
            (_, true) => None,
            _ => Some(chrono::TimeDelta::hours(1)),
        };
        let kind = self.kind(index);
        let has_password = self.with_password || matches!(kind, Some("no-mfa" | "recent-use"));
        if !has_password {
            account.set_root("password_enabled", "false");
            account.set_root("password_last_used", "N/A");
            account.set_root("password_last_changed", "N/A");
            account.set_summary("AccountPasswordPresent", "0");
        }
        if !has_password && kind.is_none() || kind == Some("no-mfa") {
            account.set_root("mfa_active", "false");
            account.set_summary("AccountMFAEnabled", "0");
        }
        match kind {
            Some("active-key") => {
                account.set_root("access_key_1_active", "true");
                account.set_root("access_key_1_last_rotated", "400d ago");
                account.set_root("access_key_1_last_used_date", "200d ago");
                account.set_root("access_key_1_last_used_region", "us-east-1");
                account.set_root("access_key_1_last_used_service", "s3");
                account.set_summary("AccountAccessKeysPresent", "1");
            }
            Some("inactive-key") => {
                account.set_root("access_key_1_last_rotated", "700d ago");
                account.set_summary("AccountAccessKeysPresent", "1");
            }
            Some("certificate") => {
                account.set_root("cert_1_active", "true");
                account.set_root("cert_1_last_rotated", "900d ago");
                account.set_summary("AccountSigningCertificatesPresent", "1");
            }
            Some("recent-use") => account.set_root("password_last_used", "2h ago"),
            _ => {}
        }
        account
    }

    /// The rules that fail for a violation, by the route into the account.
    fn rules(&self, kind: &str) -> Value {
        let managed = self.features.as_ref().is_some_and(|features| {
            features.iter().any(|feature| feature == "RootCredentialsManagement")
        });
        let own = match kind {
            "active-key" => "root-access-key-active",
            "inactive-key" => "root-access-key-present",
            "no-mfa" => "root-mfa-missing",
            "certificate" => "root-signing-certificate-present",
            _ => "root-used-outside-window",
        };
        let seen = |own: Option<&'static str>| {
            own.into_iter()
                .chain(managed.then_some("root-credentials-in-member"))
                .collect::<Vec<_>>()
        };
        json!({
            "assume-role": seen(Some(own)),
            "assume-root": seen(Some(own).filter(|_| kind != "recent-use")),
        })
    }

    /// What a perfect client finds, without the accounts that the scenario describes itself.
    pub fn truth(&self, written_out: &[String]) -> Value {
        let mut first = 0;
        let mut truth = json!({
            "organization": ID,
            "management_account": MANAGEMENT,
            "caller": self.caller(),
            "listed": self.size,
            "written_out": written_out,
        });
        for ((name, class), amount) in CLASSES.iter().zip(self.amounts) {
            let amount = amount.resolve(self.members());
            let mut indices: Vec<usize> =
                (first..first + amount).map(|rank| self.at_rank(rank)).collect();
            first += amount;
            indices.sort_unstable_by_key(|index| self.account_id(*index));
            let shown =
                indices.iter().filter(|index| !written_out.contains(&self.account_id(**index)));
            truth[*name] = shown
                .map(|index| {
                    let id = self.account_id(*index);
                    match self.kind(*index) {
                        Some(kind) if *class == Class::Violating => {
                            json!({ "account": id, "member": index, "kind": kind, "rules": self.rules(kind) })
                        }
                        _ => json!(id),
                    }
                })
                .collect();
        }
        truth["audits-stopped-by-scp"] = self.ids(|index| self.stops_audit(index));
        let named = self
            .policies
            .iter()
            .filter(|policy| policy.id != FULL_ACCESS && !policy.name.starts_with("guardrail-"));
        truth["scps"] = named
            .map(|policy| {
                let bound = self.ids(|index| self.scps && self.binds(policy, index));
                json!({ "id": policy.id, "name": policy.name, "accounts": bound })
            })
            .collect();
        truth
    }

    /// The accounts that match a condition, sorted.
    fn ids(&self, holds: impl Fn(usize) -> bool) -> Value {
        let found = (0..self.size).filter(|index| holds(*index));
        let mut ids: Vec<String> = found.map(|index| self.account_id(index)).collect();
        ids.sort_unstable();
        json!(ids)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of this century")]
fn narrow_seconds(seconds: f64) -> i64 {
    seconds as i64
}
