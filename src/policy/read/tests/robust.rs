//! Whatever the file holds: no panic, no hang, no control character in what is drawn, no key
//! ignored, and the same values as another YAML reader.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use crate::model::{Severity, parse_time};
use crate::policy::fields::{self, Field, Kind};
use crate::policy::tests::generated;
use crate::policy::tests::rules::RULES;
use crate::policy::tree::{self, Node, ScalarType, Value};
use crate::policy::{Gate, Limits, Policy, PolicyError, PolicyErrors, diff};

const EXAMPLE: &str = include_str!("../../../../policy.example.yaml");

fn now() -> DateTime<Utc> {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

fn parse(text: &str) -> Result<Policy, PolicyErrors> {
    Policy::parse(text, "rootgate.yaml", RULES, now())
}

/// Whether the independent reader sees the same keys and values.
fn same(node: &Node, other: &serde_yaml::Value) -> bool {
    use serde_yaml::Value as Y;
    match (&node.value, other) {
        (Value::Map(entries), Y::Mapping(map)) => {
            entries.len() == map.len()
                && entries
                    .iter()
                    .all(|entry| map.get(&*entry.key).is_some_and(|v| same(&entry.value, v)))
        }
        (Value::List(items), Y::Sequence(list)) => {
            items.len() == list.len() && items.iter().zip(list).all(|(node, v)| same(node, v))
        }
        (Value::Scalar { text, .. }, other) => match (node.scalar_type(), other) {
            (Some(ScalarType::Null), Y::Null) => true,
            (Some(ScalarType::Flag(flag)), Y::Bool(other)) => flag == *other,
            (Some(ScalarType::Number), Y::Number(number)) => {
                text.parse::<f64>().ok() == number.as_f64()
            }
            (Some(ScalarType::Text), Y::String(other)) => text == other,
            _ => false,
        },
        _ => false,
    }
}

/// `None` where the independent reader refuses the text: it reads YAML 1.1, in which for example
/// a blank line may not hold a tab.
fn agrees_with_serde_yaml(text: &str) -> Option<bool> {
    let text = text.trim_start_matches('\u{feff}');
    let tree = tree::read(text, &mut Vec::new()).unwrap();
    Some(same(&tree, &serde_yaml::from_str(text).ok()?))
}

#[test]
fn an_independent_reader_sees_the_same_values() {
    assert_eq!(agrees_with_serde_yaml(EXAMPLE), Some(true));
    assert_eq!(agrees_with_serde_yaml(&EXAMPLE.replace('\n', "\r\n")), Some(true));
    for text in [
        "a: off\nb: no\nc: \"012\"\nd: 'it''s'\ne: 2026-11-01\nf: 1e3\n",
        "a: >-\n  two\n  lines\nb: |\n  kept\n  as is\nc: plain\n  goes on\n",
        "a: {b: [1, x, {c: d}], e: }\nf: ~\n",
        "\"q\\u0041\": \"tab\\tline\\n\"\n",
    ] {
        assert_eq!(agrees_with_serde_yaml(text), Some(true), "{text}");
    }
}

/// Where ours and the independent reader differ on the gallery, each with its reason.
const REFUSED_ON_PURPOSE: &[(&str, &str)] = &[
    ("bad/anchors-and-aliases", "aliases: every line means what it says"),
    ("bad/tag", "tags: every line means what it says"),
    (
        "bad/values-in-different-columns",
        "an entry that YAML reads as more text of the one above it",
    ),
    ("bad/directive", "directives: a policy is YAML 1.2"),
    ("bad/nested-too-deep", "depth: no policy needs more than five levels"),
    ("bad/key-is-a-list", "keys are words"),
    ("bad/empty", "an empty file: it may be a mistake, and says nothing"),
    ("bad/only-whitespace", "an empty file: it may be a mistake, and says nothing"),
];
/// What the independent reader cannot read, and ours can.
const READ_BY_OURS_ALONE: &[(&str, &str)] = &[(
    "bad/json-with-comments",
    "a key over two lines: YAML 1.1 has none, and it is unknown here",
)];

/// Policies that both parse with different values.
const OTHER_VALUES: &[(&str, &str)] = &[
    ("bad/account-id-not-quoted", "012345678901 is a number in YAML 1.2: it is refused as one"),
    ("valid/words-that-older-yaml-misreads", "0b1 is a number in YAML 1.1 only"),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "the gallery is a folder of files")]
fn the_gallery_is_read_as_an_independent_reader_reads_it() {
    let gallery = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let mut differ = Vec::new();
    let mut agree = 0;
    for folder in ["bad", "valid"] {
        let files = std::fs::read_dir(gallery.join(folder)).unwrap();
        for path in files.map(|entry| entry.unwrap().path()) {
            let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.trim_start_matches('\u{feff}');
            let mut errors = Vec::new();
            let ours = tree::read(text, &mut errors).filter(|_| errors.is_empty());
            let theirs: Option<serde_yaml::Value> = serde_yaml::from_str(text).ok();
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    agree += 1;
                    if !same(&ours, &theirs) {
                        differ.push((name, "values"));
                    }
                }
                (None, Some(_)) => differ.push((name, "ours")),
                (Some(_), None) => differ.push((name, "theirs")),
                (None, None) => {}
            }
        }
    }
    differ.sort();
    let listed_by = |list: &[(&str, &str)], who| -> Vec<_> {
        list.iter().map(|(name, _)| ((*name).to_owned(), who)).collect()
    };
    let mut listed = listed_by(REFUSED_ON_PURPOSE, "ours");
    listed.extend(listed_by(READ_BY_OURS_ALONE, "theirs"));
    listed.extend(listed_by(OTHER_VALUES, "values"));
    listed.sort();
    assert_eq!(differ, listed, "who refuses");
    assert!(agree > 60, "{agree}");
}

/// Every key of the table, with a policy in which its value is a mapping of nonsense.
fn each_key_with_nonsense(
    fields: &'static [Field],
    wrap: &dyn Fn(&str) -> String,
    seen: &mut Vec<(&'static str, String)>,
) {
    for field in fields {
        seen.push((field.key, wrap(&format!("{}: {{ nonsense: [{{}}] }}", field.key))));
        let Some(inner) = field.kind.keys() else { continue };
        let list = matches!(field.kind, Kind::List { .. });
        let inner_wrap = |text: &str| {
            let map = format!("{{ {text} }}");
            wrap(&format!("{}: {}", field.key, if list { format!("[{map}]") } else { map }))
        };
        each_key_with_nonsense(inner, &inner_wrap, seen);
    }
}

#[test]
fn no_key_of_the_table_is_ignored_by_its_reader() {
    let mut policies = Vec::new();
    each_key_with_nonsense(fields::POLICY, &|text| format!("{text}\n"), &mut policies);
    assert!(policies.len() > 30, "{}", policies.len());
    for (key, text) in policies {
        let errors = parse(&text).unwrap_err();
        let key_at = text.rfind(&format!("{key}:")).unwrap();
        assert!(
            errors.errors().iter().any(|e| e.code != "missing-key" && e.span.start >= key_at),
            "`{key}` in {text}{}",
            errors.render(false)
        );
    }
}

#[test]
fn the_defaults_of_the_table_are_the_defaults_that_judge() {
    let default = |fields: &[Field], key: &str| {
        fields.iter().find(|field| field.key == key).unwrap().default.to_owned()
    };
    let (gate, limits) = (Gate::default(), Limits::default());
    assert_eq!(default(fields::GATE, "fail-on").parse::<Severity>(), Ok(gate.fail_on));
    assert_eq!(default(fields::GATE, "on-undetermined"), "fail");
    assert_eq!(default(fields::GATE, "on-weaker"), "fail");
    assert_eq!(default(fields::EVIDENCE, "max-age").parse(), Ok(Policy::DEFAULT_MAX_AGE));
    assert_eq!(default(fields::LIMITS, "window").parse(), Ok(limits.window));
    assert_eq!(default(fields::LIMITS, "window-total").parse(), Ok(limits.window_total));
    assert_eq!(default(fields::LIMITS, "waiver").parse(), Ok(limits.waiver));
}

/// What every drawing must hold, whatever the file.
fn is_clean(errors: &PolicyErrors) {
    is_clean_at(errors, usize::MAX);
}

/// The same, with a closer look only at the first `most` problems.
fn is_clean_at(errors: &PolicyErrors, most: usize) {
    assert!(!errors.errors().is_empty());
    let drawn = errors.render(false);
    let hostile = drawn.chars().find(|c| *c != '\n' && crate::policy::error::is_deceptive(*c));
    assert_eq!(hostile, None, "{drawn:?}");
    let lines = errors.text().lines().count().max(1);
    for error in errors.errors().iter().take(most) {
        assert!((1..=lines + 1).contains(&error.line), "{error:?}");
        assert!(error.column >= 1 && errors.text().get(error.span.clone()).is_some(), "{error:?}");
        assert!(!error.message.chars().any(crate::policy::error::is_deceptive), "{error:?}");
        assert!(!error.help.chars().any(crate::policy::error::is_deceptive), "{error:?}");
    }
}

#[test]
fn hostile_text_is_drawn_without_its_control_characters() {
    let hostile = "\u{1b}[31m\u{202e}\u{200b}\u{7}\u{9b}2J";
    for text in [
        format!("version: 1\n\"{hostile}\": {{}}\n"),
        format!("version: 1\ngate: {{ fail-on: '{hostile}' }}\n"),
        format!("version: 1 # {hostile}\ngate: {{ fail_on: x }} # {hostile}\n"),
        format!("version: 1\nrules: {{ '{}': off }}\n", hostile.escape_unicode()),
        "version: 1\n\"\\e[31m\\u202e\": {}\n".to_owned(),
        "version: 1\nrules: { \"\\e[31m\\n::error::\": off }\n".to_owned(),
    ] {
        is_clean(&Policy::parse(&text, "a\u{1b}[2J\n.yaml", RULES, now()).unwrap_err());
    }
}

#[test]
fn large_and_deep_files_are_refused() {
    let code = |text: &str| parse(text).unwrap_err().errors().last().unwrap().code;
    assert_eq!(code(&format!("version: 1\n#{}", "x".repeat(1_000_000))), "too-large");
    assert_eq!(code(&"a: {}\n".repeat(40_000)), "too-large");
    assert_eq!(code(&"[".repeat(5_000)), "too-deep");
    assert_eq!(code(&"- ".repeat(5_000)), "too-deep");
    assert_eq!(code(&"{a: ".repeat(5_000)), "too-deep");
    let many = format!("version: 1\n{}", "x: {}\n".repeat(5_000));
    let drawn = parse(&many).unwrap_err().render(false);
    assert!(drawn.contains("and 9949 more"), "{}", &drawn[drawn.len() - 200..]);
}

#[test]
fn what_is_said_of_a_large_broken_file_is_bounded_by_its_size() {
    for (head, unit, count) in [
        ("version: 1\nwindows:\n", "- {}\n", 19_000),
        ("version: 1\nwindows: [", "{}, ", 19_000),
        ("version: 1\nwaivers:\n", "- { rule: x, accounts: [1, 2], from: y, a: b }\n", 1_700),
        ("version: 1\nscope: { accounts: [", "{ id: \"111122223333\" }, ", 6_000),
        ("version: 1\nrules: {", "\u{202e}: \u{200b}, ", 9_000),
        ("version: 1\n", "x: {}\n", 9_000),
        ("version: 1\nrules: {", "root-mfa-missing: { severity: x, ", 31),
        ("", "é\t", 60_000),
        ("'", "\u{7}", 200_000),
    ] {
        let text = format!("{head}{}", unit.repeat(count));
        let errors = parse(&text).unwrap_err();
        is_clean_at(&errors, 200);
        // A window without any key is two characters long, and five keys are missing.
        let most = 2 * text.len() + 10;
        assert!(errors.errors().len() <= most, "{unit:?}: {}", errors.errors().len());
        let drawn = errors.render(true).len();
        assert!(drawn < 100_000, "{unit:?}: {drawn} bytes are drawn");
        let length = |error: &PolicyError| error.message.len() + error.help.len();
        assert!(errors.errors().iter().all(|error| length(error) < 2_000), "{unit:?}");
    }
}

/// A piece of text that tends to break readers of YAML.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("!!str ".to_owned()),
        Just("\n---\n".to_owned()),
        Just("\t".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("? ".to_owned()),
        Just(": ".to_owned()),
        Just("- ".to_owned()),
        Just("|\n".to_owned()),
        Just("<<: ".to_owned()),
        Just("null".to_owned()),
        Just("日本".to_owned()),
        "[\\PC]{0,3}",
        "[\\[\\]{}\"'#,:%@`>|]{1,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_generated_policy_is_valid_and_read_as_an_independent_reader_reads_it(
        draft in generated::draft()
    ) {
        let [block, flow] = [draft.text(false), draft.text(true)];
        prop_assert_eq!(agrees_with_serde_yaml(&block), Some(true), "{}", block);
        prop_assert_eq!(agrees_with_serde_yaml(&flow), Some(true), "{}", flow);
        let [one, other] = [&block, &flow].map(|text| parse(text));
        // Style is no difference; the reason that `flow` quotes is another.
        let changes = diff(&one?, &other?, now());
        prop_assert!(changes.iter().all(|change| change.key.to_string().ends_with(".reason")), "{changes:?}");
    }

    #[test]
    fn a_broken_example_never_panics_and_never_reads_differently(
        base in prop_oneof![Just(EXAMPLE.to_owned()), generated::draft().prop_map(|it| it.text(true))],
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, piece()), 1..5)
    ) {
        let mut text = base;
        for (at, cut, piece) in edits {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let from = at.index(places.len());
            let to = places.get(from + cut).copied().unwrap_or(text.len());
            text.replace_range(places[from]..to, &piece);
        }
        match parse(&text) {
            Ok(_) => prop_assert_ne!(agrees_with_serde_yaml(&text), Some(false), "{}", text),
            Err(errors) => is_clean(&errors),
        }
    }
}
