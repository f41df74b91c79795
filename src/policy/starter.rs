//! The policy that `policy init` writes: valid, strict, with comments where a team will edit it.

use crate::model::AccountId;

/// A policy to start with: every default, the given accounts and their roles, and a window and a waiver as
/// comments to copy. It is valid at any time if the roles are valid.
#[must_use]
pub fn starter(accounts: &[(AccountId, Option<String>)]) -> String {
    format!("{HEAD}{}{BODY}", scope(accounts))
}

fn scope(accounts: &[(AccountId, Option<String>)]) -> String {
    if accounts.is_empty() {
        return "# scope:\n#   accounts:\n#     - { id: \"111122223333\", name: prod }\n"
            .to_owned();
    }
    let mut text = "scope:\n  accounts:\n".to_owned();
    for (id, role) in accounts {
        text += &match role {
            // Every JSON string is also a YAML string.
            Some(role) => format!(
                "    - {{ id: \"{id}\", role-arn: {} }} # and name:\n",
                serde_json::Value::from(role.as_str())
            ),
            None => format!("    - {{ id: \"{id}\" }} # and name:, role-arn:\n"),
        };
    }
    text
}

const HEAD: &str = "\
# yaml-language-server: $schema=https://raw.githubusercontent.com/rootgate/rootgate/main/schema/policy.json
# The rules for the AWS root user. Every rule is on with its default; write down only what you
# change. `rootgate policy check` shows errors in this file.
version: 1

# The accounts to judge. Without this, rootgate judges the account that the credentials belong to.
";

const BODY: &str = "
gate:
  fail-on: medium # the lowest severity that blocks: low, medium, high, critical
  on-undetermined: fail # whether missing facts block: fail, warn
  on-weaker: fail # whether a pull request that weakens this policy blocks: fail, warn

evidence:
  root-events: { regions: default } # CloudTrail; with `off`, only the newest use of each credential is known

# Every report shows rules that are `off`.
rules:
#  root-mfa-not-hardware: { severity: high }

# When root may be used. A use outside these windows is a finding.
windows:
#  - id: q4-tax-settings
#    reason: change the tax registration, needs root
#    ticket: CHG-1234
#    from: 2026-11-20T09:00:00+01:00
#    to: 2026-11-20T11:00:00+01:00

# Rules that may be violated for a while. The finding stays visible, as waived.
waivers:
#  - rule: root-access-key-active
#    accounts: [\"111122223333\"]
#    subject: { access-key-created: 2019-05-02T10:00:00Z }
#    reason: the billing export moves to a role in Q1
#    ticket: SEC-77
#    from: 2026-11-01
#    expires: 2027-01-15
";

#[cfg(test)]
mod tests {
    use super::starter;
    use crate::model::parse_time;
    use crate::policy::Policy;
    use crate::policy::tests::rules::RULES;

    fn parse(text: &str) -> Policy {
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        Policy::parse(text, "p.yaml", RULES, now).unwrap_or_else(|e| panic!("{}", e.render(false)))
    }

    #[test]
    fn the_starter_states_the_defaults() {
        let mut policy = parse(&starter(&[]));
        policy.lines.clear();
        assert_eq!(policy, Policy::built_in(RULES));
    }

    #[test]
    fn the_starter_names_each_account_with_its_role() {
        let role = "arn:aws:iam::444455556666:role/rootgate";
        let accounts = [
            ("111122223333".parse().unwrap(), None),
            ("444455556666".parse().unwrap(), Some(role.to_owned())),
        ];
        let scope = parse(&starter(&accounts)).scope;
        let named = scope.into_iter().map(|account| (account.id, account.role_arn));
        assert_eq!(named.collect::<Vec<_>>(), accounts);
    }

    #[test]
    fn its_examples_are_valid_without_the_comment_marks() {
        let text = starter(&[]);
        assert!(!text.contains("[]") && !text.contains("{}"), "entries can be pasted below");
        assert!(text.contains("\n#  - id: q4-"), "indented as reports print windows: {text}");
        let lines = text.lines().map(|line| match line.strip_prefix('#') {
            Some(code) if code.starts_with("  ") => code,
            Some(code) if code.starts_with(" scope") => "scope:",
            _ => line,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let policy = parse(&text);
        assert_eq!((policy.scope.len(), policy.windows.len(), policy.waivers.len()), (1, 1, 1));
        assert!(policy.rules.iter().any(|rule| rule.line.is_some()));
    }
}
