//! `rootgate policy diff`: what a change of the policy means.

use std::path::Path;

use chrono::{DateTime, Utc};
use rootgate::escape::{code_span, markdown, visible};
use rootgate::model::{Change, ChangeKind, format_time};
use rootgate::policy;
use serde_json::{Value, json};

use super::policy_file::{self, PolicyFile};
use super::{Failure, Host, files};
use crate::cli::{DiffFormat, PolicyDiffArgs};

pub(crate) fn run(args: &PolicyDiffArgs, host: &Host) -> Result<u8, Failure> {
    let (old, new) = read_both(args, host)?;
    let at = args.at.unwrap_or(host.now);
    let changes = policy::diff(&old.policy, &new.policy, at);
    let diff = Diff { old: &old, new: &new, at, changes: &changes };
    let text = match args.format {
        DiffFormat::Text => diff.text(),
        DiffFormat::Json => format!("{:#}\n", diff.json()),
        DiffFormat::Markdown => diff.markdown(),
    };
    files::print(text.as_bytes())?;
    let weaker = changes.iter().any(|change| change.kind == ChangeKind::Weaker);
    Ok(u8::from(args.fail_on_weaker && weaker))
}

/// Both files; the problems of both if both are broken.
fn read_both(args: &PolicyDiffArgs, host: &Host) -> Result<(PolicyFile, PolicyFile), Failure> {
    if [&args.old, &args.new].iter().all(|path| *path == Path::new("-")) {
        return Err(Failure::new(
            "OLD and NEW cannot both be standard input",
            "name a file for one of the two",
        ));
    }
    let color = args.color.for_stderr(host);
    let failed = |unusable: policy_file::Unusable| unusable.into_failure(color);
    match (policy_file::read(&args.old, host), policy_file::read(&args.new, host)) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Err(old), Err(new)) => {
            let (old, new) = (failed(old).into_text(), failed(new).into_text());
            Err(Failure::problems(&(old + &new)))
        }
        (Err(one), Ok(_)) | (Ok(_), Err(one)) => Err(failed(one)),
    }
}

struct Diff<'a> {
    old: &'a PolicyFile,
    new: &'a PolicyFile,
    at: DateTime<Utc>,
    changes: &'a [Change],
}

/// In the order in which changes are shown, each with its meaning.
const KINDS: [(ChangeKind, &str); 4] = [
    (ChangeKind::Planned, "new windows that open only in the future: they excuse nothing yet"),
    (ChangeKind::Weaker, "more can pass than before"),
    (ChangeKind::Stronger, "less can pass than before"),
    (ChangeKind::Other, "nothing passes or blocks by it"),
];

impl Diff<'_> {
    fn of(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// `1 planned, 2 weaker`.
    fn counts(&self) -> String {
        let counted = KINDS.iter().map(|(kind, _)| (self.of(*kind).count(), kind.id()));
        let counted = counted.filter(|(count, _)| *count > 0);
        let parts: Vec<_> = counted.map(|(count, kind)| format!("{count} {kind}")).collect();
        if parts.is_empty() { "no change in what they say".to_owned() } else { parts.join(", ") }
    }

    fn text(&self) -> String {
        let (old, new) = (visible(&self.old.shown), visible(&self.new.shown));
        let mut out = format!("{old} -> {new}, as of {}: {}\n", self.as_of(), self.counts());
        for (kind, meaning) in KINDS {
            let changes: Vec<_> = self.of(kind).collect();
            if changes.is_empty() {
                continue;
            }
            out += &format!("\n{}: {meaning}\n", kind.id());
            for change in changes {
                out += &format!("  {}\n", visible(&said(change)));
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
        let changes: Vec<Value> = self.changes.iter().map(as_json).collect();
        json!({
            "schema": "rootgate.policy-diff/v1",
            "old": visible(&self.old.shown),
            "new": visible(&self.new.shown),
            "as_of": self.as_of(),
            "weaker": self.of(ChangeKind::Weaker).next().is_some(),
            "changes": changes,
        })
    }

    fn markdown(&self) -> String {
        let (old, new) = (code_span(&self.old.shown), code_span(&self.new.shown));
        let mut out = format!(
            "### Policy change: {}\n\n{old} to {new}, as of {}.\n",
            self.counts(),
            self.as_of()
        );
        if self.changes.is_empty() {
            return out;
        }
        out += "\n| | key | before | after | lines |\n|---|---|---|---|---|\n";
        for change in self.changes {
            let kind = match change.kind {
                ChangeKind::Weaker => "**weaker**",
                other => other.id(),
            };
            let value = |value: &Option<String>| match value {
                Some(value) => code_span(value),
                None => "–".to_owned(),
            };
            out += &format!(
                "| {kind} | {} | {} | {} | {} |\n",
                code_span(&change.key),
                value(&change.old),
                value(&change.new),
                lines(change)
            );
        }
        out += "\n";
        for (kind, meaning) in KINDS {
            if self.of(kind).next().is_some() {
                out += &format!("- *{}*: {}\n", kind.id(), markdown(meaning));
            }
        }
        out
    }
}

/// `gate.fail-on: medium -> high`.
fn said(change: &Change) -> String {
    let key = &change.key;
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("{key}: {old} -> {new}"),
        (None, Some(new)) => format!("{key}: added: {new}"),
        (Some(old), None) => format!("{key}: removed: {old}"),
        (None, None) => key.clone(),
    }
}

/// The line of the file that says it; nothing where the file does not.
fn source(text: &str, sign: char, line: Option<usize>) -> String {
    let Some(number) = line else { return String::new() };
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
    // A tab is a control character, but no hidden one in a line of code.
    let shown = visible(&line.replace('\t', " "));
    format!("    {sign} {number:>4} | {}\n", shown.trim_end())
}

/// `12 → 14`.
fn lines(change: &Change) -> String {
    match (change.old_line, change.new_line) {
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (Some(old), None) => format!("{old} →"),
        (None, Some(new)) => format!("→ {new}"),
        (None, None) => "–".to_owned(),
    }
}

fn as_json(change: &Change) -> Value {
    let shown = |text: &Option<String>| text.as_deref().map(visible);
    json!({
        "kind": change.kind.id(),
        "key": visible(&change.key),
        "old": shown(&change.old),
        "new": shown(&change.new),
        "old_line": change.old_line,
        "new_line": change.new_line,
    })
}
