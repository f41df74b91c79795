//! Decides whether service control policies deny root. This is a heuristic; its limits are listed
//! here.
//!
//! ```text
//! a policy's text -> ScpReading (once) -> of an account's root user: denies, does not, unclear
//! policies + where each is attached -> ControlPolicies (once) -> of an account by its path: RootDenial
//! ```
//!
//! A policy denies root if one of its statements with `Deny` matches every request that an
//! account's ordinary root user makes: it covers all actions, or all but a few that give no power;
//! it covers all resources; and each condition is true for root according to AWS's documentation of
//! the request (`aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:AssumedRoot` and so on). If the
//! heuristic cannot understand something, the result is unclear, neither denied nor allowed.
//!
//! It does not see:
//!
//! - Statements and policies that deny root only together, such as one for each half of the services.
//! - Denial without `Deny`: an account on whose path no policy allows anything is as good as closed, and
//!   root is not the reason. Only `Deny` counts.
//! - What no service control policy restricts: a few tasks of root (registering for Enterprise support,
//!   reverse DNS and others), and the sign-in itself. A denied root user can still sign in.
//! - Resource control policies and declarative policies, which are of another type.
//! - A denial that depends on the request (Region, MFA, network) does not count as one: root may act in
//!   another request.
//!
//! Sources: Organizations User Guide, "Service control policies (SCPs)", "SCP syntax", "SCP evaluation";
//! IAM User Guide, "IAM JSON policy elements: Condition operators", "AWS global condition context keys",
//! "Multivalued context keys", "Where you can use policy variables" (the values of the principal).

mod condition;
mod pattern;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{AccountId, Partition, RootDenial, unique_json};
use statement::Statement;

/// The maximum length of a text. AWS accepts 10,240 characters in a service control policy. Source:
/// Organizations User Guide, "Quotas".
const LONGEST: usize = 64 * 1024;

/// The root user that makes the requests.
#[derive(Debug, Clone, Copy)]
pub struct RootUser<'a> {
    /// Its account.
    pub account: &'a AccountId,
    /// Its partition.
    pub partition: &'a Partition,
}

/// Whether something is true for the requests of an ordinary root user.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holds {
    /// For all requests.
    Always,
    /// For no request, or only for some: root can act.
    NotAlways,
    /// Unclear, with the reason; one clause.
    Unclear(String),
}

impl Holds {
    /// Whether both are true. If one is not always true, the other does not matter, even if it is
    /// unclear.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotAlways, _) | (_, Self::NotAlways) => Self::NotAlways,
            (Self::Unclear(why), _) | (_, Self::Unclear(why)) => Self::Unclear(why),
            (Self::Always, Self::Always) => Self::Always,
        }
    }
}

/// What a policy does to root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootEffect {
    /// It denies root.
    Denies,
    /// It does not, or only in part.
    DoesNot,
    /// It may deny root; each reason is one clause and may contain text of the policy.
    Unclear(Vec<String>),
}

/// A parsed policy: its statements that may deny root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScpReading {
    /// The statements that may deny root.
    statements: Vec<Statement>,
    /// Why other statements may deny root.
    unclear: Vec<String>,
}

impl ScpReading {
    /// Parses the text of a policy. A part that cannot be parsed is unclear.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        statements(text).map_or_else(Self::unread, |(values, has_variables)| {
            let mut reading = Self::default();
            for value in &values {
                match Statement::read(value, has_variables) {
                    Ok(statement) => reading.statements.extend(statement),
                    Err(why) => reading.unclear.push(why),
                }
            }
            reading
        })
    }

    /// A policy with an unknown text; `why` is one clause.
    #[must_use]
    pub fn unread(why: impl Into<String>) -> Self {
        Self { statements: Vec::new(), unclear: vec![why.into()] }
    }

    /// Whether it may deny the root user of any account. Its targets matter only in that case.
    #[must_use]
    pub fn may_deny_root(&self) -> bool {
        let may = |statement: &Statement| statement.fits(None) != Holds::NotAlways;
        !self.unclear.is_empty() || self.statements.iter().any(may)
    }

    /// The effect on the root user of an account to which it applies.
    #[must_use]
    pub fn effect_on(&self, root: RootUser<'_>) -> RootEffect {
        let mut unclear = self.unclear.clone();
        for statement in &self.statements {
            match statement.fits(Some(root)) {
                Holds::Always => return RootEffect::Denies,
                Holds::NotAlways => {}
                Holds::Unclear(why) => unclear.push(why),
            }
        }
        if unclear.is_empty() { RootEffect::DoesNot } else { RootEffect::Unclear(unclear) }
    }
}

/// The statements of a policy, and whether its texts may contain variables; or why it cannot be
/// parsed.
fn statements(text: &str) -> Result<(Vec<Value>, bool), String> {
    if text.len() > LONGEST {
        return Err("it is longer than any service control policy can be".to_owned());
    }
    let document =
        unique_json(text).map_err(|error| format!("it is truncated or malformed JSON: {error}"))?;
    let Value::Object(mut members) = document else {
        return Err("it is not an object".to_owned());
    };
    let has_variables = members.remove("Version").is_some_and(|version| version == "2012-10-17");
    members.remove("Id");
    let statements = match members.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(statement @ Value::Object(_)) => vec![statement],
        Some(_) => return Err("its `Statement` is neither an object nor a list".to_owned()),
        None => return Err("it has no `Statement`".to_owned()),
    };
    match members.keys().next() {
        Some(key) => Err(format!("it has a member `{}`, which is unknown", shown(key))),
        None => Ok((statements, has_variables)),
    }
}

/// A shortened text of a policy, for messages.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Where an account is in its organization: the root, the organizational units, the account itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPath(Vec<String>);

impl OrganizationPath {
    /// Reads `Paths` of `ListAccounts`: `o-…/r-…/ou-…/ou-…/111122223333/`. `None`: it is not the
    /// only path of this account, so the policies of the account are not known.
    #[must_use]
    pub fn with_account(paths: &[impl AsRef<str>], account: &AccountId) -> Option<Self> {
        let [path] = paths else { return None };
        let path = path.as_ref();
        let mut steps = path.strip_suffix('/').unwrap_or(path).split('/');
        let organization = steps.next()?;
        let steps: Vec<String> = steps.map(str::to_owned).collect();
        let [root, units @ .., last] = steps.as_slice() else { return None };
        let is_path = organization.starts_with("o-")
            && root.starts_with("r-")
            && units.iter().all(|unit| unit.starts_with("ou-"))
            && last == account.as_str();
        is_path.then_some(Self(steps))
    }
}

/// A service control policy, and where it is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPolicy {
    /// Its id: `p-…`.
    pub id: String,
    /// Its name, written by the author of the policy.
    pub name: String,
    /// What it says.
    pub reading: ScpReading,
    /// The ids of the root, units and accounts that it is attached to, or why they are not known;
    /// one clause. They matter only if [`ScpReading::may_deny_root`].
    pub targets: Result<BTreeSet<String>, String>,
}

/// The service control policies of an organization that may deny root, by where they are attached.
///
/// A policy applies to every account below its target: a `Deny` on the root or a unit is inherited
/// and cannot be undone below. No policy applies to the management account. Source: Organizations
/// User Guide, "SCP evaluation".
#[derive(Debug, Clone, Default)]
pub struct ControlPolicies {
    policies: Vec<ControlPolicy>,
    /// Indexes into `policies`, by target.
    by_target: BTreeMap<String, Vec<usize>>,
    /// Why other policies may apply to any account.
    unclear: Vec<String>,
}

impl ControlPolicies {
    /// The policies of an organization.
    #[must_use]
    pub fn new(policies: impl IntoIterator<Item = ControlPolicy>) -> Self {
        let mut all = Self::default();
        for policy in policies.into_iter().filter(|policy| policy.reading.may_deny_root()) {
            match &policy.targets {
                // A policy without targets applies to no account.
                Ok(targets) if targets.is_empty() => {}
                Ok(targets) => {
                    for target in targets {
                        all.by_target.entry(target.clone()).or_default().push(all.policies.len());
                    }
                    all.policies.push(policy);
                }
                Err(why) => all.unclear.push(format!("{}: {why}", label(&policy))),
            }
        }
        all
    }

    /// Records that not every policy is known; `why` is one clause.
    #[must_use]
    pub fn but_unclear(mut self, why: impl Into<String>) -> Self {
        self.unclear.push(why.into());
        self
    }

    /// The effect on the root user of a member account. Without its path the policies of the
    /// account are not known.
    #[must_use]
    pub fn denial(&self, root: RootUser<'_>, path: Option<&OrganizationPath>) -> RootDenial {
        let mut denial = RootDenial { unclear: self.unclear.clone(), ..RootDenial::default() };
        let Some(path) = path else {
            let why = "AWS returned no path of the account (`Paths` of ListAccounts), so its policies are not known";
            denial.unclear.extend((!self.policies.is_empty()).then(|| why.to_owned()));
            return denial;
        };
        let bound = path.0.iter().filter_map(|step| self.by_target.get(step)).flatten();
        for policy in bound.collect::<BTreeSet<_>>().into_iter().map(|at| &self.policies[*at]) {
            match policy.reading.effect_on(root) {
                RootEffect::Denies => denial.denied_by.push(label(policy)),
                RootEffect::DoesNot => {}
                RootEffect::Unclear(whys) => {
                    let labelled = whys.into_iter().map(|why| format!("{}: {why}", label(policy)));
                    denial.unclear.extend(labelled);
                }
            }
        }
        denial.denied_by.sort();
        denial.unclear.sort();
        denial
    }
}

/// `p-examplepolicyid111 (deny-root)`.
fn label(policy: &ControlPolicy) -> String {
    format!("{} ({})", shown(&policy.id), shown(&policy.name))
}
