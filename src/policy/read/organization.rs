//! `scope.organization`: how its accounts are entered, and which are excluded for a while.

use chrono::{Months, NaiveDate};

use super::super::error::{PolicyError, Span, show};
use super::super::fields::{self, EXCLUDE_MONTHS, Kind};
use super::super::organization::{Exclude, OrganizationScope};
use super::super::tree::Node;
use super::Reader;
use super::mapping::Mapping;
use super::scalar::role_of_arn;
use crate::model::AccountId;
use crate::model::Audit;

/// IAM's limits for the name of a role and for its path.
///
/// Source: IAM User Guide, "IAM and STS quotas, name requirements, and character limits".
const LONGEST_NAME: usize = 64;
const LONGEST_PATH: usize = 512;

impl Reader<'_> {
    /// `named`: the named accounts of the scope, with their locations.
    pub(super) fn organization(
        &mut self,
        scope: &Mapping<'_>,
        named: &[(AccountId, Span)],
    ) -> Option<OrganizationScope> {
        let map = self.section(scope, "organization", fields::ORGANIZATION)?;
        let line = scope.key_span("organization").map_or(map.span.line, |span| span.line);
        let member_role = self.role_name(&map, "member-role");
        let management_role = self.role_name(&map, "management-role");
        let audit = self.audit(&map);
        if let Some(audit) = audit {
            self.roles_are_there(&map, audit);
        }
        let new_account_grace = self.duration(&map, "new-account-grace");
        let exclude = self.exclude(&map, named);
        Some(OrganizationScope {
            member_role,
            management_role,
            audit: audit?,
            new_account_grace,
            exclude,
            line,
        })
    }

    /// `None`: it is written but invalid.
    fn audit(&mut self, map: &Mapping<'_>) -> Option<Audit> {
        if !map.has("audit") {
            return Some(Audit::AssumeRole);
        }
        Some(match self.word(map, "audit")? {
            "assume-root" => Audit::AssumeRoot,
            "auto" => Audit::Auto,
            _ => Audit::AssumeRole,
        })
    }

    /// Without the role no account could be entered, and every run would report each of them.
    fn roles_are_there(&mut self, map: &Mapping<'_>, audit: Audit) {
        let (message, help) = match audit {
            _ if map.has("member-role") => return,
            Audit::AssumeRoot if map.has("management-role") => return,
            Audit::AssumeRoot => (
                "`organization` has no `management-role`: sts:AssumeRoot cannot enter the management account",
                "add `management-role: rootgate`, the role to assume there; the run's own credentials are used \
                 where they are of that account",
            ),
            Audit::AssumeRole | Audit::Auto => (
                "`organization` has no `member-role`",
                "add `member-role: rootgate`, the role that every member account has; only `audit: assume-root` \
                 needs none",
            ),
        };
        self.error("missing-key", map.span, message.to_owned(), help);
    }

    /// The name of a role, after its path if it has one: `rootgate`, `audit/rootgate`.
    fn role_name(&mut self, map: &Mapping<'_>, key: &str) -> Option<String> {
        let (field, entry) = map.field(key)?;
        let Kind::RoleName = field.kind else { return None };
        let text = self.string(&entry.value, key)?;
        let Some((code, message, help)) = wrong_role_name(text, key, field.example) else {
            return Some(text.to_owned());
        };
        self.error(code, entry.value.span, message, help);
        None
    }

    fn exclude(&mut self, map: &Mapping<'_>, named: &[(AccountId, Span)]) -> Vec<Exclude> {
        let mut excluded: Vec<Exclude> = Vec::new();
        for node in self.list(map, "exclude") {
            let Some((exclude, span)) = self.one_excluded(node) else { continue };
            let account = &exclude.account;
            if let Some(first) = excluded.iter().find(|other| other.account == *account) {
                let help = format!("line {} has it already; keep one of the two", first.line);
                let message = format!("the account `{account}` is excluded twice");
                self.error("duplicate", span, message, help);
            }
            if let Some((_, other)) = named.iter().find(|(id, _)| id == account) {
                self.named_as_well(account, span, *other);
            }
            excluded.push(exclude);
        }
        excluded
    }

    /// An exclusion, and the location of its account.
    fn one_excluded(&mut self, node: &Node) -> Option<(Exclude, Span)> {
        let map = self.mapping(node, "this exclusion", fields::EXCLUDE)?;
        let account = self.account(&map, "account");
        let reason = self.text(&map, "reason");
        let expires = self.day(&map, "expires");
        if let (Some(day), Some(entry)) = (expires, map.entry("expires")) {
            self.ends_within_a_year(day, entry.value.span);
        }
        let span = map.entry("account").map_or(map.span, |entry| entry.value.span);
        let (account, reason, expires) = (account?, reason?, expires?);
        Some((Exclude { account, reason, expires, line: map.span.line }, span))
    }

    fn ends_within_a_year(&mut self, expires: NaiveDate, span: Span) {
        let today = self.now.date_naive();
        let latest = today.checked_add_months(Months::new(EXCLUDE_MONTHS));
        let Some(latest) = latest.filter(|latest| expires > *latest) else { return };
        let days = (expires - today).num_days();
        let message = "an account can be excluded for at most a year".to_owned();
        let help = format!("today it can be {latest} at the latest; when it ends, decide again");
        let label = format!("{days} days away");
        let error = PolicyError::new("exclude-too-long", span, message);
        self.errors.push(error.label(label).help(help));
    }

    /// The later of the two locations is the wrong one.
    fn named_as_well(&mut self, account: &AccountId, excluded: Span, named: Span) {
        let (later, place) = if excluded.start > named.start {
            (excluded, format!("line {} names it in `accounts`", named.line))
        } else {
            (named, format!("line {} excludes it", excluded.line))
        };
        let message = format!("the account `{account}` is named in the scope and excluded from it");
        self.errors.push(
            PolicyError::new("excluded-and-named", later, message)
                .label(place)
                .help("remove it from `accounts`, or judge it: remove its exclusion"),
        );
    }
}

/// What is wrong with the name of a role: code, message and help.
fn wrong_role_name(text: &str, key: &str, example: &str) -> Option<(&'static str, String, String)> {
    let such_as = format!("such as `{example}`, or `audit/{example}` for a role with a path");
    let shown = show(text);
    let wrong = |message, help| Some(("role-name", message, help));
    if text.starts_with("arn:") {
        let help = match role_of_arn(text) {
            Some(name) => format!("write the name alone: `{key}: {}`", show(name)),
            None => format!("write the name alone, {such_as}"),
        };
        return wrong(format!("`{key}` is the name of a role, not an ARN"), help);
    }
    if text.contains(['*', '?']) {
        let message = format!("`{shown}` contains a wildcard; `{key}` is one role");
        let help = format!("write the name that the role has, {such_as}");
        return Some(("role-wildcard", message, help));
    }
    if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let help = match parts.is_empty() {
            true => such_as,
            false => format!("write `{key}: {}`", show(&parts.join("/"))),
        };
        let message = "slashes go only between the parts of a path and the name".to_owned();
        return wrong(message, help);
    }
    let plain = |it: char| it.is_ascii_alphanumeric() || "+=,.@_-/".contains(it);
    if text.is_empty() || !text.chars().all(plain) {
        let message = format!("`{shown}` is not the name of an IAM role");
        return wrong(message, format!("letters, digits and `+=,.@_-`, {such_as}"));
    }
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    // IAM counts the slashes at both ends of a path.
    for (what, length, most) in
        [("name", name.len(), LONGEST_NAME), ("path", path.len() + 2, LONGEST_PATH)]
    {
        if length > most {
            let message =
                format!("the {what} of a role has at most {most} characters, not {length}");
            return wrong(message, such_as);
        }
    }
    None
}
