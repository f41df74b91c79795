//! `docs/policy.md`: every key with type, default, bounds, example and effect, made from the table
//! of keys and the catalogue of rules.

use std::fmt::Write as _;

use super::fields::{self, Field, Kind};
use super::schema::sentence;
use crate::model::{RuleInfo, Severity};

const INTRODUCTION: &str = "# The policy

<!-- Made by `make generate` from the table that the reader uses; edits here are lost. -->

A policy is one YAML 1.2 document, `.github/rootgate.yaml` or `rootgate.yaml` (or `.yml`), or any file named
with `--policy`. Without `--policy` it is looked for in the working directory and at the root of the Git
repository that this lies in (two files at once are an error); what judges under GitHub Actions is the file
at the root of the default branch, whatever the `working-directory`. It is read strictly: an unknown or duplicate key, an unknown rule, a time without
its zone, an account id that is not in quotes are errors, all reported at once. Anchors, aliases,
tags and tabs are refused: every line judges as it reads.

Only `version` is required. What a policy does not say is the strict default. `rules`, `windows` and
`waivers` may stand there with nothing below them.

- **Durations** are numbers with the units `w d h m s`, the largest first: `4h15m`.
- **Times** are RFC 3339 with an offset: `2026-11-20T09:00:00+01:00`.
- **Days** are whole, included, and UTC: `2026-11-20`.
- **Text** is one line without invisible characters; put it in quotes where it holds `: ` or looks
  like a number.

A policy that is valid today stays valid: what has merely passed, a window, a waiver or an exclusion (whose
account is then judged again), is a notice in the reports and never an error.
";

/// The reference of the policy's keys, as Markdown, for this catalogue of rules.
#[must_use]
pub fn reference(rules: &[&'static RuleInfo]) -> String {
    let mut out = INTRODUCTION.to_owned();
    section(&mut out, "Keys", "", fields::POLICY, rules);
    out
}

/// One table for the mapping, then one section for each mapping in it.
fn section(
    out: &mut String,
    title: &str,
    path: &str,
    fields: &'static [Field],
    rules: &[&'static RuleInfo],
) {
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "\n## {title}\n\n| key | type | default | example | meaning |\n|---|---|---|---|---|\n"
    );
    for field in fields {
        out.push_str(&row(field));
    }
    for field in fields {
        let here =
            if path.is_empty() { field.key.to_owned() } else { format!("{path}.{}", field.key) };
        if matches!(field.kind, Kind::Rules) {
            rules_section(out, &here, rules);
        }
        if let Some(inner) = field.kind.keys() {
            let each = if matches!(field.kind, Kind::List { .. }) { " (each entry)" } else { "" };
            section(out, &format!("`{here}`{each}"), &here, inner, rules);
        }
    }
}

fn row(field: &Field) -> String {
    let default = match (field.required, field.default) {
        (true, _) => "**required**".to_owned(),
        (false, "") => "–".to_owned(),
        (false, default) => format!("`{default}`"),
    };
    let example = match field.example {
        "" => "–".to_owned(),
        example => format!("`{example}`"),
    };
    let bounds = field.kind.bounds().map(|bounds| format!(" {bounds}")).unwrap_or_default();
    format!(
        "| `{}` | {} | {default} | {example} | {}{bounds} |\n",
        field.key,
        type_of(&field.kind),
        field.meaning
    )
}

fn type_of(kind: &Kind) -> String {
    let words = |words: &[&str]| {
        words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
    };
    match kind {
        Kind::Version => format!("`{}`", fields::VERSION),
        Kind::Mapping(_) => "mapping".to_owned(),
        Kind::List { of, .. } => format!("list: {}", type_of(of)),
        Kind::AccountId => "account id in quotes".to_owned(),
        Kind::RoleArn => "ARN of a role".to_owned(),
        Kind::RoleName => "name of a role, or path and name: `audit/rootgate`".to_owned(),
        Kind::Text { .. } => "text".to_owned(),
        Kind::Word(list) => words(list),
        Kind::Severity => {
            words(&Severity::ALL.iter().map(|severity| severity.id()).collect::<Vec<_>>())
        }
        Kind::Duration { .. } => "duration".to_owned(),
        Kind::Day => "day".to_owned(),
        Kind::Time => "time".to_owned(),
        Kind::DayOrTime => "day or time".to_owned(),
        Kind::Clock => "time of the day".to_owned(),
        Kind::Zone => "time zone".to_owned(),
        Kind::Flag => words(&["true", "false"]),
        Kind::RuleId => "rule id".to_owned(),
        Kind::Rules => "mapping by rule id".to_owned(),
        Kind::OffOr(_) => "`off` or mapping".to_owned(),
        Kind::Regions => format!("{} or list of Regions", words(fields::REGION_WORDS)),
        Kind::Action => "`service:Action` or `service:*`".to_owned(),
    }
}

fn rules_section(out: &mut String, path: &str, rules: &[&'static RuleInfo]) {
    let _ = write!(
        out,
        "\n## `{path}`\n\nEach rule is `off`, which every report shows, or a mapping of its settings.\n\
         Every rule has `severity`: {}.\n\n\
         | rule | default severity | setting | default | meaning |\n|---|---|---|---|---|\n",
        type_of(&Kind::Severity)
    );
    for info in rules {
        let (key, default, meaning) = match info.threshold {
            Some(threshold) => (
                format!("`{}`", threshold.key),
                format!("`{}`", threshold.default),
                format!(
                    "{} From {} to {}.",
                    sentence(threshold.meaning),
                    threshold.least,
                    threshold.most
                ),
            ),
            None => ("–".to_owned(), "–".to_owned(), sentence(info.summary)),
        };
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {key} | {default} | {meaning} |",
            info.id, info.severity
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::rules::RULES;

    #[test]
    fn every_key_has_a_row_with_its_type_default_and_example() {
        let page = reference(RULES);
        for row in [
            "| `version` | `1` | **required** | `1` | The version of this format. |",
            "| `fail-on` | `low` or `medium` or `high` or `critical` | `medium` | `high` | The lowest severity that blocks. |",
            "| `waiver` | duration | `90d` | `30d` | The longest waiver, from its first day to its last. From 0s to 365d. |",
            "| `root-used-outside-window` | `high` | `within` | `7d` | A threshold of the tests. From 1d to 400d. |",
            "## `scope.accounts` (each entry)",
            "## `windows.allow`",
            "## `scope.organization`",
            "## `scope.organization.exclude` (each entry)",
            "| `expires` | day | **required** | `2027-03-01` | The last day (UTC), included, on which it is not judged. At most a year ahead. |",
        ] {
            assert!(page.contains(row), "{row}\n{page}");
        }
    }

    #[test]
    fn tables_are_not_broken_by_their_content() {
        for line in reference(RULES).lines().filter(|line| line.starts_with('|')) {
            assert_eq!(line.matches('|').count(), 6, "{line}");
        }
    }
}
