use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;

/// A workflow command, as the runner reads it from a line of the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) data: String,
}

/// Reads the commands of a log as actions/runner does (ActionCommand.cs, TryParseV2 and
/// TryParse), but knows no list of names: whatever has the form counts.
pub(crate) fn commands(log: &str) -> Vec<Command> {
    log.split(['\n', '\r'])
        .filter_map(|line| second_form(line).or_else(|| first_form(line)))
        .collect()
}

fn second_form(line: &str) -> Option<Command> {
    let line = line.trim_start();
    let (head, data) = line.strip_prefix("::")?.split_once("::")?;
    Some(command(head, ',', data))
}

fn first_form(line: &str) -> Option<Command> {
    let (_, line) = line.split_once("##[")?;
    let (head, data) = line.split_once(']')?;
    Some(command(head, ';', data))
}

fn command(head: &str, separator: char, data: &str) -> Command {
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let decode = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":");
        text.replace("%2C", ",").replace("%25", "%")
    };
    Command {
        name: name.to_owned(),
        properties: properties
            .split(separator)
            .filter_map(|property| property.split_once('='))
            .map(|(key, value)| (key.trim().to_owned(), decode(value)))
            .collect(),
        data: decode(data),
    }
}

/// Text that tries everything at once; the reports are tested with it too.
pub(crate) const HOSTILE: &str = "x\n::error file=a::forged\r\n  ::set-output name=verdict::pass \
    ##[set-output name=verdict]pass \u{1b}[31mred\u{1b}[0m | forged | row | ](http://evil.example) \
    [click](https://evil.example) ![i](//evil.example/i.png) <img src=x> <!-- &amp; # h `code` \
    ``` ~~~ @octocat #1 GH-2 www.evil.example a@evil.example *b* _i_ $x$ :tada: \
    \u{202e}gnp\u{2066}\u{200b}\u{feff}\u{2028}\u{85}\u{9b}31m\u{e0041}";

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "::",
        ":",
        "error",
        "##[",
        "##",
        "#[",
        "#",
        "[",
        "]",
        "](",
        "(",
        ")",
        "set-output name=a",
        "|",
        "\\",
        "\\|",
        "`",
        "``",
        "```",
        "<b>",
        "<!--",
        "&lt;",
        "!",
        "*",
        "**",
        "_",
        "@octocat",
        "#12",
        "GH-3",
        "www.a.b",
        "https://a.b",
        "a@b.c",
        "~~",
        "$",
        "$$",
        "- ",
        "1. ",
        "1) ",
        "+ ",
        "> ",
        "===",
        "---",
        "\n",
        "\r",
        "\t",
        " ",
        "   ",
        "\u{a0}",
        "\u{3000}",
        "\u{1b}[0m",
        "\u{202e}",
        "\u{200d}",
        "\u{2028}",
        "\u{85}",
        "%0A",
        "%",
        ",",
        "é",
        "word",
        "[^1]",
        "{",
        "}",
        ":tada:",
        "0123abc",
        "'",
        "\"",
        "=",
        "…",
        "|-|",
        "[x]: http://a.b",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

/// Everything that the reader knows but curly quotes, which are only looks.
fn extensions() -> Options {
    Options::all() - Options::ENABLE_SMART_PUNCTUATION
}

/// What a Markdown reader makes of a table row of three cells with the text in the middle one.
fn read_cells(cell: &str) -> Vec<Vec<Event<'static>>> {
    let table = format!("| a | b | c |\n|---|---|---|\n| 1 | {cell} | 3 |\n");
    let mut cells = Vec::new();
    let mut in_head = false;
    for event in Parser::new_ext(&table, extensions()) {
        match event {
            Event::Start(Tag::TableHead) => in_head = true,
            Event::End(TagEnd::TableHead) => in_head = false,
            Event::Start(Tag::TableCell) if !in_head => cells.push(Vec::new()),
            Event::Start(Tag::Table(_) | Tag::TableRow | Tag::TableCell)
            | Event::End(TagEnd::Table | TagEnd::TableRow | TagEnd::TableCell) => {}
            _ if in_head => {}
            event => cells.last_mut().expect("outside every cell").push(event.into_static()),
        }
    }
    cells
}

fn shown(events: &[Event<'_>]) -> String {
    let parts = events.iter().map(|event| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        other => panic!("{other:?}"),
    });
    parts.collect()
}

fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether GitHub's filters, which run on the text that Markdown left, would find something.
fn github_links(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let emoji = lower.split_whitespace().any(|word| {
        word.match_indices(':').any(|(at, _)| word[at + 1..].chars().any(|c| c.is_alphanumeric()))
    });
    lower.contains(['@', '#', '$']) || lower.contains("www.") || lower.contains("gh-") || emoji
}

proptest! {
    #[test]
    fn no_text_forges_a_workflow_command(text in hostile()) {
        let shown = visible(&text);
        for log in [shown.clone(), format!("  {shown}"), one_spaced(&shown).replace(' ', "\n")] {
            prop_assert_eq!(commands(&log), vec![]);
            prop_assert!(!log.lines().any(|line| line.trim_start().starts_with("::")));
            prop_assert!(!log.contains("##["));
        }
    }

    #[test]
    fn what_is_visible_stays_as_it_is(text in hostile()) {
        let shown = visible(&text);
        prop_assert!(!shown.chars().any(is_hidden));
        prop_assert_eq!(visible(&shown), shown);
    }

    #[test]
    fn a_markdown_cell_shows_exactly_the_text(text in hostile()) {
        let cells = read_cells(&markdown(&text));
        prop_assert_eq!(cells.len(), 3);
        let expected = one_spaced(&visible(&text));
        // Backticks around a word are read as code, hence not shown.
        let plain = |text: &str| text.replace('`', "");
        prop_assert_eq!(plain(&shown(&cells[1])), plain(&expected));
        prop_assert_eq!(shown(&cells[2]), "3");
        for event in &cells[1] {
            if let Event::Text(text) = event {
                prop_assert!(!github_links(text), "{text}");
            }
        }
    }

    #[test]
    fn a_markdown_line_is_one_paragraph(text in hostile()) {
        let escaped = markdown(&text);
        for event in Parser::new_ext(&escaped, extensions()) {
            let harmless = matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
                | Event::Text(_) | Event::Code(_));
            prop_assert!(harmless, "{event:?} from {escaped:?}");
        }
    }

    #[test]
    fn a_code_span_shows_exactly_the_text(text in hostile()) {
        let expected = one_spaced(&visible(&text));
        let cells = read_cells(&code_span(&text));
        prop_assert_eq!(cells.len(), 3);
        prop_assert_eq!(shown(&cells[1]), expected.clone());
        let only_code = cells[1].iter().all(|event| {
            matches!(event, Event::Code(_)) || *event == Event::Text("|".into())
        });
        prop_assert!(only_code);
        let line = code_span(&text);
        let events: Vec<_> = Parser::new_ext(&line, extensions())
            .filter(|event| !matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)))
            .collect();
        prop_assert_eq!(shown(&events), expected);
    }

    #[test]
    fn a_command_holds_its_properties_and_data(title in hostile(), message in hostile()) {
        let (title, message) = (visible(&title), format!("{}\nsecond line", visible(&message)));
        let line =
            format!("::error title={},line=3::{}", command_property(&title), command_data(&message));
        let read = commands(&line);
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(&read[0].name, "error");
        prop_assert_eq!(
            &read[0].properties,
            &vec![("title".to_owned(), title), ("line".to_owned(), "3".to_owned())]
        );
        prop_assert_eq!(&read[0].data, &message);
    }

    #[test]
    fn a_mermaid_label_has_only_harmless_letters(text in hostile()) {
        let label = mermaid_label(&text);
        prop_assert!(label.chars().all(|c| c.is_ascii_alphanumeric() || " ._-".contains(c)));
    }

    #[test]
    fn a_sarif_message_has_no_link(text in hostile()) {
        prop_assert!(!sarif(&text).contains("]("));
    }

    #[test]
    fn a_relative_uri_has_no_scheme_query_or_fragment(path in hostile()) {
        let uri = relative_uri(&path);
        prop_assert!(!uri.contains([':', '?', '#', ' ', '\\']));
    }

    #[test]
    fn shortened_text_has_at_most_so_many_characters(text in any::<String>(), most in 1_usize..20) {
        let short = shortened(&text, most);
        prop_assert!(short.chars().count() <= most);
        prop_assert!(short == text || short.ends_with('…'));
    }
}

#[test]
fn the_hostile_text_forges_nothing() {
    assert!(commands(HOSTILE).len() >= 2, "the oracle sees its commands while they are raw");
    assert_eq!(commands(&visible(HOSTILE)), vec![]);
    assert_ne!(read_cells(HOSTILE).len(), 3, "raw, it makes rows and cells");
    assert_eq!(read_cells(&markdown(HOSTILE)).len(), 3);
}

#[test]
fn both_command_forms_are_broken_visibly() {
    for (text, shown) in [
        ("::error::x", "\\u{3a}:error::x"),
        (":::error::x", "\\u{3a}::error::x"),
        ("a ::error::x", "a \\u{3a}:error::x"),
        ("a\n::error::x", "a\\u{a}::error::x"),
        ("##[error]x", "#\\u{23}[error]x"),
        ("###[error]x", "##\\u{23}[error]x"),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
        ("\u{1b}[31m\u{202e}\t", "\\u{1b}[31m\\u{202e}\\u{9}"),
        ("Käfer, 日本, ✅", "Käfer, 日本, ✅"),
    ] {
        assert_eq!(visible(text), shown);
    }
}

#[test]
fn words_that_mean_something_become_code() {
    for (text, escaped) in [
        ("The key is active (since 2019-05-02).", "The key is active (since 2019-05-02)."),
        ("grant iam:GetAccountSummary.", "grant `iam:GetAccountSummary`."),
        ("grant `iam:GetAccountSummary`, then run", "grant `iam:GetAccountSummary`, then run"),
        ("off (`evidence.root-events: off`), and", "off (`evidence.root-events: off`), and"),
        ("`a: [b, c]`.", "`a: [b, c]`."),
        ("`a b c", "`` `a `` b c"),
        ("`a b`c d`", "`` `a b`c `` `` d` ``"),
        ("see https://a.example/x_y.", "see `https://a.example/x_y`."),
        ("(@octocat, #12)", "(`@octocat`, `#12`)"),
        ("a|b", "`a`\\|`b`"),
        ("1. then", "`1.` then"),
        ("1 then", "1 then"),
        ("- then - that", "`-` then - that"),
        ("a`b", "``a`b``"),
        ("account 111122223333", "account `111122223333`"),
    ] {
        assert_eq!(markdown(text), escaped);
    }
}

#[test]
fn a_path_with_odd_characters_is_still_a_relative_uri() {
    assert_eq!(relative_uri(".github/rootgate.yaml"), ".github/rootgate.yaml");
    assert_eq!(relative_uri("prod:a b/ü#1.yaml"), "prod%3Aa%20b/%C3%BC%231.yaml");
}

#[test]
fn text_is_shortened_only_where_it_is_too_long() {
    assert_eq!(shortened("abcde", 5), "abcde");
    assert_eq!(shortened("abcdef", 5), "abcd…");
}
