//! `rootgate policy diff`: classifies the changes between two policies.

use std::path::Path;

use chrono::{DateTime, Utc};
use rootgate::escape::{code_span, markdown, visible};
use rootgate::model::{Change, ChangeKind, format_time};
use rootgate::policy;
use rootgate::report::policy_change::{Entry, KINDS, counts, lines, of_kind, row};
use serde_json::{Value, json};

use super::base::{self, Sides};
use super::file::{self, PolicyFile};
use crate::cli::{DiffFormat, PolicyDiffArgs};
use crate::commands::host::files;
use crate::commands::{Failure, Host};

pub(crate) fn run(args: &PolicyDiffArgs, host: &Host) -> Result<u8, Failure> {
    let color = args.color.for_stderr(host);
    let sides = match (&args.base, &args.old, &args.new) {
        (Some(base), ..) => base::read(base, args.policy.as_deref(), color, host)?,
        (None, Some(old), Some(new)) => two_files(old, new, color, host)?,
        _ => return Err(Failure::new("nothing to compare", "name OLD and NEW, or --base REF")),
    };
    let (old, new) = (sides.old, sides.new);
    let at = args.at.unwrap_or(host.now);
    let mut changes = policy::diff(&old.policy, &new.policy, at);
    // The removal is weaker, so it comes first: the defaults have no planned windows.
    changes.splice(..0, sides.removed);
    let diff = Diff { old: &old, new: &new, at, changes: &changes };
    let text = match args.format {
        DiffFormat::Text => diff.text() + &notes(&sides.notes, visible),
        DiffFormat::Json => format!("{:#}\n", diff.json()),
        DiffFormat::Markdown => diff.markdown() + &notes(&sides.notes, markdown),
    };
    files::print(text.as_bytes())?;
    let weaker = changes.iter().any(|change| change.kind == ChangeKind::Weaker);
    Ok(u8::from(args.fail_on_weaker && weaker))
}

fn two_files(old: &Path, new: &Path, color: bool, host: &Host) -> Result<Sides, Failure> {
    if [old, new].iter().all(|path| *path == Path::new("-")) {
        return Err(Failure::new(
            "OLD and NEW cannot both be standard input",
            "name a file for one of the two",
        ));
    }
    let (old, new) = file::both(file::read(old, host), file::read(new, host), color)?;
    Ok(Sides { old, new, removed: None, notes: Vec::new() })
}

fn notes(notes: &[String], escaped: impl Fn(&str) -> String) -> String {
    notes.iter().map(|note| format!("\nnote: {}\n", escaped(note))).collect()
}

struct Diff<'a> {
    old: &'a PolicyFile,
    new: &'a PolicyFile,
    at: DateTime<Utc>,
    changes: &'a [Change],
}

impl Diff<'_> {
    fn text(&self) -> String {
        let (old, new) = (visible(&self.old.shown), visible(&self.new.shown));
        let mut out = format!("{old} -> {new}, as of {}: {}\n", self.as_of(), counts(self.changes));
        for (kind, meaning) in KINDS {
            let changes: Vec<_> = of_kind(self.changes, kind).collect();
            if changes.is_empty() {
                continue;
            }
            out += &format!("\n{}: {meaning}\n", kind.id());
            for change in changes {
                out += &format!("  {}\n", visible(&change.describe()));
                out += &source(&self.old.text, '-', change.old_line);
                out += &source(&self.new.text, '+', change.new_line);
            }
        }
        out
    }

    fn as_of(&self) -> String {
        format_time(self.at)
    }

    fn json(&self) -> Value {
        let changes: Vec<Entry> = self.changes.iter().map(Entry::from_change).collect();
        json!({
            "schema": "rootgate.policy-diff/v1",
            "old": visible(&self.old.shown),
            "new": visible(&self.new.shown),
            "as_of": self.as_of(),
            "weaker": of_kind(self.changes, ChangeKind::Weaker).next().is_some(),
            "changes": changes,
        })
    }

    fn markdown(&self) -> String {
        let (old, new) = (code_span(&self.old.shown), code_span(&self.new.shown));
        let mut out = format!(
            "### Policy change: {}\n\n{old} to {new}, as of {}.\n",
            counts(self.changes),
            self.as_of()
        );
        if self.changes.is_empty() {
            return out;
        }
        out += "\n| | key | before | after | lines |\n|---|---|---|---|---|\n";
        for change in self.changes {
            out += &format!("| {} |\n", row(change, lines(change)).join(" | "));
        }
        out += "\n";
        for (kind, meaning) in KINDS {
            if of_kind(self.changes, kind).next().is_some() {
                out += &format!("- *{}*: {}\n", kind.id(), markdown(meaning));
            }
        }
        out
    }
}

/// The changed line of the file; empty without a line.
fn source(text: &str, sign: char, line: Option<usize>) -> String {
    let Some(number) = line else { return String::new() };
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
    // A tab is a control character, but harmless in a line of code.
    let shown = visible(&line.replace('\t', " "));
    format!("    {sign} {number:>4} | {}\n", shown.trim_end())
}
