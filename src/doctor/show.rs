//! The checks as text and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Check, CheckedAccount, Checkup, Status};
use crate::model::counted;
use crate::text::Text;

/// The schema of the JSON.
pub const SCHEMA: &str = "rootgate.doctor/v1";

/// The JSON Schema (2020-12) of the JSON, as in `schema/doctor.json`.
#[must_use]
pub const fn doctor_schema() -> &'static str {
    include_str!("../../schema/doctor.json")
}

/// How the checks are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Strangers may read it: without ids.
    pub redacted: bool,
    /// With colour.
    pub color: bool,
}

/// The names of the accounts. Strangers read those of the policy, and numbers for the others.
struct Labels<'a> {
    numbers: BTreeMap<&'a str, usize>,
    redacted: bool,
}

impl<'a> Labels<'a> {
    fn new(checkup: &'a Checkup, shown: Shown) -> Self {
        let mut numbers = BTreeMap::new();
        for account in checkup.checks().iter().filter_map(|check| check.account.as_ref()) {
            let next = numbers.len() + 1;
            numbers.entry(account.id.as_str()).or_insert(next);
        }
        Self { numbers, redacted: shown.redacted }
    }

    fn of(&self, account: &CheckedAccount) -> String {
        match (self.redacted, &account.name) {
            (false, Some(name)) => format!("{} ({name})", account.id),
            (false, None) => account.id.to_string(),
            (true, Some(name)) => crate::text::outside(name).redacted().to_string(),
            (true, None) => {
                let number = self.numbers.get(account.id.as_str()).copied().unwrap_or_default();
                format!("account {number}")
            }
        }
    }
}

/// What these readers may read.
fn readable(text: &Text, shown: Shown) -> Text {
    if shown.redacted { text.redacted() } else { text.clone() }
}

/// Writes one line per check, what to do below it, and the counts at the end.
///
/// # Errors
/// The error of the writer.
pub fn text(checkup: &Checkup, shown: Shown, out: &mut dyn Write) -> io::Result<()> {
    let labels = Labels::new(checkup, shown);
    let ids = checkup.checks().iter().map(|check| check.id.id().len());
    let width = ids.max().unwrap_or_default();
    for check in checkup.checks() {
        let status = painted(check.status, shown.color);
        let label = check.account.as_ref().map(|account| labels.of(account));
        let label = label.map(|it| format!("{}: ", crate::escape::visible(&it)));
        let seen = readable(&check.seen, shown).lines().join(" ");
        let id = check.id.id();
        writeln!(out, "{status} {id:width$}  {}{seen}", label.unwrap_or_default())?;
        for line in todo_lines(check, shown) {
            writeln!(out, "{:indent$}{line}", "", indent = STATUS_WIDTH + 1 + width + 2)?;
        }
    }
    writeln!(out, "\n{}", counts(checkup))
}

/// The width of the longest status.
const STATUS_WIDTH: usize = 11;

fn painted(status: Status, color: bool) -> String {
    let word = format!("{:STATUS_WIDTH$}", status.word());
    let code = match status {
        Status::Ok => "32",
        Status::Problem => "1;31",
        Status::Warning => "33",
        Status::NotChecked => "36",
    };
    if color { format!("\u{1b}[{code}m{word}\u{1b}[0m") } else { word }
}

fn todo_lines(check: &Check, shown: Shown) -> Vec<String> {
    let Some(todo) = &check.todo else { return Vec::new() };
    let mut lines = readable(todo, shown).lines();
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, "-> ");
    }
    lines
}

/// `2 problems, 1 warning, 0 not checked`.
#[must_use]
pub fn counts(checkup: &Checkup) -> String {
    format!(
        "{}, {}, {} not checked",
        counted(checkup.count(Status::Problem), "problem"),
        counted(checkup.count(Status::Warning), "warning"),
        checkup.count(Status::NotChecked),
    )
}

/// The checks for programs, described by `schema/doctor.json`.
#[must_use]
pub fn json(checkup: &Checkup, shown: Shown) -> Value {
    let labels = Labels::new(checkup, shown);
    let of_account = |account: &CheckedAccount| match shown.redacted {
        true => labels.of(account),
        false => account.id.to_string(),
    };
    let checks: Vec<Value> = checkup
        .checks()
        .iter()
        .map(|check| {
            json!({
                "id": check.id.id(),
                "status": check.status.id(),
                "account": check.account.as_ref().map(of_account),
                "seen": readable(&check.seen, shown).lines().join("\n"),
                "todo": check.todo.as_ref().map(|todo| readable(todo, shown).lines().join("\n")),
            })
        })
        .collect();
    json!({ "schema": SCHEMA, "checks": checks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::CheckId;
    use crate::text;

    fn checkup() -> Checkup {
        let account = |name: Option<&str>| CheckedAccount {
            id: if name.is_some() { "111122223333" } else { "444455556666" }.parse().unwrap(),
            name: name.map(str::to_owned),
        };
        let (named, bare) = (account(Some("prod")), account(None));
        let signed = |it: &CheckedAccount| {
            Check::ok(CheckId::AwsSignIn, text!("signed in to account {}", &it.id)).of(Some(it))
        };
        Checkup::new(vec![
            Check::problem(CheckId::GateRequired, "a merge does not need it", "one\ntwo"),
            signed(&named),
            signed(&bare),
            Check::not_checked(CheckId::Policy, text::outside("a\u{1b}[31m\n::error::x"), "look"),
        ])
    }

    fn text(redacted: bool, color: bool) -> String {
        let mut out = Vec::new();
        super::text(&checkup(), Shown { redacted, color }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_aligned_and_end_with_the_counts() {
        assert_eq!(
            text(false, false),
            "not checked policy         a\\u{1b}[31m\\u{a}::error::x\n\
             \u{20}                          -> look\n\
             ok          aws-sign-in    111122223333 (prod): signed in to account 111122223333\n\
             ok          aws-sign-in    444455556666: signed in to account 444455556666\n\
             problem     gate-required  a merge does not need it\n\
             \u{20}                          -> one\n\
             \u{20}                          two\n\
             \n1 problem, 0 warnings, 1 not checked\n"
        );
        assert!(text(false, true).contains("\u{1b}[1;31mproblem    \u{1b}[0m gate-required"));
    }

    #[test]
    fn strangers_read_names_and_numbers_and_no_id() {
        let shown = text(true, false);
        assert!(shown.contains("prod: signed in to account [left out]"), "{shown}");
        assert!(shown.contains("account 2: signed in"), "{shown}");
        let json = json(&checkup(), Shown { redacted: true, color: false });
        for text in [shown, json.to_string()] {
            assert!(!text.contains("111122223333") && !text.contains("444455556666"), "{text}");
        }
        assert_eq!(json["checks"][2]["account"], "account 2");
    }

    #[test]
    fn the_schema_names_every_check_status_and_key() {
        let schema: Value = serde_json::from_str(doctor_schema()).unwrap();
        assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
        let item = &schema["properties"]["checks"]["items"];
        let ids: Vec<&str> = CheckId::ALL.iter().map(|id| id.id()).collect();
        assert_eq!(item["properties"]["id"]["examples"], json!(ids));
        let statuses = [Status::Ok, Status::Problem, Status::Warning, Status::NotChecked];
        assert_eq!(item["properties"]["status"]["enum"], json!(statuses.map(Status::id)));
        assert_eq!(item["required"], json!(["id", "status", "account", "seen", "todo"]));
    }

    #[test]
    fn json_has_every_key_in_every_check() {
        let json = json(&checkup(), Shown { redacted: false, color: false });
        assert_eq!(json["schema"], SCHEMA);
        assert_eq!(json["checks"][1]["account"], "111122223333");
        for check in json["checks"].as_array().unwrap() {
            let keys: Vec<&String> = check.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["account", "id", "seen", "status", "todo"]);
        }
    }
}
