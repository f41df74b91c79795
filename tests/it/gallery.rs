//! The gallery: common mistakes in policies, each with its exact error.
//!
//! One file below `tests/policies/bad` is one mistake; its error is below `snapshots`. The files below
//! `valid` must be accepted. `scripts/gallery.py` compares both with the JSON Schema.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rootgate::model::parse_time;
use rootgate::policy::{Policy, PolicyErrors};
use rootgate::rules;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies").join(name)
}

/// Name and text of every file.
fn policies(name: &str) -> Vec<(String, String)> {
    let mut policies: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            assert_eq!(path.extension().unwrap(), "yaml", "{}", path.display());
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    policies.sort();
    policies
}

fn now() -> DateTime<Utc> {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

fn parse(name: &str, text: &str) -> Result<Policy, PolicyErrors> {
    Policy::parse(text, &format!("{name}.yaml"), &rules::infos(), now())
}

#[test]
fn every_mistake_of_the_gallery_has_its_snapshot() {
    let bad = policies("bad");
    assert!(bad.len() >= 40);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in &bad {
            let errors = parse(name, text).expect_err(name);
            insta::assert_snapshot!(name.as_str(), errors.render(false));
        }
    });
    let drawn: BTreeSet<String> = fs::read_dir(folder("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".snap.new"))
        .collect();
    let expected: BTreeSet<String> = bad.iter().map(|(name, _)| format!("{name}.snap")).collect();
    assert_eq!(drawn, expected, "a drawing without its policy");
}

#[test]
fn every_problem_of_the_gallery_says_what_to_write_instead() {
    for (name, text) in policies("bad") {
        for error in parse(&name, &text).unwrap_err().errors() {
            assert!(!error.message.is_empty() && !error.help.is_empty(), "{name}: {error:?}");
            assert!(!error.message.ends_with('.'), "{name}: {error:?}");
        }
    }
}

/// Every error code in the source is in the gallery, so that somebody has read each message.
#[test]
fn every_kind_of_problem_is_in_the_gallery() {
    let mut seen = BTreeSet::new();
    for (name, text) in policies("bad") {
        seen.extend(parse(&name, &text).unwrap_err().errors().iter().map(|error| error.code));
    }
    let codes = [
        "account-id",
        "account-id-not-quoted",
        "action",
        "alias",
        "allows-nothing",
        "anchor",
        "clock",
        "comment",
        "day",
        "different-columns",
        "directive",
        "duplicate",
        "duplicate-key",
        "duration",
        "empty",
        "empty-list",
        "empty-text",
        "enforce-from-too-far",
        "entries-below-empty",
        "exclude-too-long",
        "excluded-and-named",
        "forbidden-character",
        "key-not-text",
        "lookback-too-short",
        "members-without-organization",
        "merge-conflict",
        "missing-key",
        "no-space",
        "no-value",
        "no-waiver",
        "not-in-this-version",
        "out-of-bounds",
        "placeholder",
        "region",
        "role-arn",
        "role-name",
        "role-wildcard",
        "several-documents",
        "subject",
        "syntax",
        "tab",
        "tag",
        "text-too-long",
        "time",
        "timezone",
        "too-deep",
        "too-many",
        "unknown-key",
        "unknown-rule",
        "unknown-word",
        "version",
        "waiver-ends-first",
        "waiver-too-long",
        "window-conflict",
        "window-ends-first",
        "window-too-long",
        "window-total",
        "wrong-type",
    ];
    assert_eq!(seen, BTreeSet::from(codes));
}

#[test]
fn the_valid_policies_of_the_gallery_are_read() {
    for (name, text) in policies("valid") {
        if let Err(errors) = parse(&name, &text) {
            panic!("{}", errors.render(false));
        }
    }
}
