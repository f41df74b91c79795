//! The report for code scanning: SARIF 2.1.0, as GitHub reads it.
//!
//! What GitHub does with a file decides what is in it (docs.github.com, "SARIF support for code
//! scanning"): one result without a usable location makes it refuse the whole file; `kind` and
//! `suppressions` are ignored, so what passes or is waived must not appear; an alert that is
//! absent from the next file of the same category is closed as fixed, so what could not be
//! determined must appear. The names of SARIF come from `serde-sarif`, and only here.

mod organization;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};

use self::organization::organization_run;
use serde::Deserialize;
use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, PropertyBag,
    Region, ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel, Run,
    RunAutomationDetails, Sarif, Tool, ToolComponent,
};

use super::document::{Account, BELOW_WINDOWS, Entry, FindingPart, KEPT_FINDINGS, MAX_TEXT};
use super::json;
use crate::escape;
use crate::model::{
    AccountReport, Outcome, Report, RuleInfo, RuleSetting, Severity, Signature, Subject,
    SubjectKind, begins_with_tokens, capitalized, counted, fingerprint, sentence,
};

/// Maximum number of runs that GitHub accepts in a file.
pub const MAX_RUNS: usize = 20;
/// Maximum length of a description that GitHub accepts, in characters.
const MAX_DESCRIPTION: usize = 1_024;
/// Tags of compliance frameworks, beside `security` and `aws`: GitHub shows ten in all.
const MAX_FRAMEWORK_TAGS: usize = 8;
/// Subject of the result for a rule that could not be judged.
const UNDETERMINED: &str = "undetermined";
/// Subject of the result for the findings beyond [`KEPT_FINDINGS`].
const AND_MORE: &str = "and more";

/// The location of findings if the judging policy is not a file of the repository.
const DEFAULT_POLICY_PATH: &str = ".github/rootgate.yaml";

/// The name of the tool.
const DRIVER: &str = "rootgate";
/// Where the schema of SARIF is.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The property of the log that names its writer. It precedes the runs, of which there may be none.
const WRITTEN_BY: (&str, &str) = ("writtenBy", "rootgate");

/// The signature of a SARIF log of rootgate.
pub(super) const SIGNATURE: Signature = Signature { begins, is_unchanged };

fn begins(head: &[u8]) -> bool {
    let quoted = |text: &str| format!("\"{text}\"");
    let (schema, key, name) = (quoted(SCHEMA), quoted(WRITTEN_BY.0), quoted(WRITTEN_BY.1));
    begins_with_tokens(
        head,
        &["{", "\"$schema\"", ":", &schema, ",", "\"properties\"", ":", "{", &key, ":", &name],
    )
}

/// Checks that nothing follows and that rootgate wrote every run: other tools may have added runs.
fn is_unchanged(file: &mut dyn Read) -> io::Result<bool> {
    #[derive(Deserialize)]
    struct Log {
        runs: Vec<AnyRun>,
    }
    #[derive(Deserialize)]
    struct AnyRun {
        tool: AnyTool,
    }
    #[derive(Deserialize)]
    struct AnyTool {
        driver: Driver,
    }
    #[derive(Deserialize)]
    struct Driver {
        name: String,
    }
    let mut document = serde_json::Deserializer::from_reader(BufReader::new(file));
    let log = Log::deserialize(&mut document).and_then(|log| document.end().map(|()| log));
    match log {
        Ok(log) => Ok(log.runs.iter().all(|run| run.tool.driver.name == DRIVER)),
        Err(error) if error.is_io() => Err(error.into()),
        Err(error) => Ok(error.is_eof()),
    }
}

/// Writes one run per account, or one run for an organization; indented, with a line break at its end.
///
/// The first [`MAX_RUNS`] accounts of a scope of accounts are written; [`left_out`] names the rest.
/// `category` becomes part of each run's category, so that several gates can share a repository.
///
/// # Errors
/// The error of the writer.
pub fn render(report: &Report, category: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    render_accounts(report, &report.accounts, category, out)
}

/// Like [`render`], for some accounts of the report.
///
/// # Errors
/// The error of the writer.
pub fn render_accounts<'a>(
    report: &Report,
    accounts: impl IntoIterator<Item = &'a AccountReport>,
    category: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let runs = match &report.inventory {
        Some(inventory) => vec![organization_run(report, inventory, accounts, category)],
        None => {
            let accounts = accounts.into_iter().take(MAX_RUNS);
            accounts.map(|account| account_run(report, account, category)).collect()
        }
    };
    let log = Sarif::builder()
        .schema(SCHEMA)
        .version("2.1.0")
        .properties(written_by())
        .runs(runs)
        .build();
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn written_by() -> PropertyBag {
    let (key, name) = WRITTEN_BY;
    let additional_properties = BTreeMap::from([(key.to_owned(), Value::from(name))]);
    PropertyBag { tags: None, additional_properties }
}

/// The accounts that do not fit into one file. Their alerts stay unchanged.
#[must_use]
pub fn left_out(report: &Report) -> &[AccountReport] {
    match report.inventory {
        Some(_) => &[],
        None => report.accounts.get(MAX_RUNS..).unwrap_or_default(),
    }
}

fn account_run(report: &Report, account: &AccountReport, category: Option<&str>) -> Run {
    let account = Account::alone(report, account);
    let results = account.entries().flat_map(|entry| results(report, entry)).collect();
    run(report, run_id(account.id().as_str(), category), results)
}

fn run(report: &Report, id: String, results: Vec<SarifResult>) -> Run {
    let rules: Vec<_> = enabled(report).collect();
    let driver = ToolComponent::builder()
        .name(DRIVER)
        .information_uri("https://github.com/rootgate/rootgate")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.iter().map(|setting| descriptor(setting)).collect::<Vec<_>>())
        .build();
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(RunAutomationDetails::builder().id(id).build())
        .column_kind("unicodeCodePoints")
        .properties(judged_by(report))
        .results(results)
        .build()
}

/// The rules that ran, in the order in which a run lists them.
fn enabled(report: &Report) -> impl Iterator<Item = &RuleSetting> {
    report.rules.iter().filter(|setting| setting.on)
}

/// The judging policy and the evidence files, as in the JSON report. GitHub ignores them; they are for
/// people who archive the file.
fn judged_by(report: &Report) -> PropertyBag {
    let mut more =
        BTreeMap::from([("policy".to_owned(), value(json::Policy::from_origin(&report.policy)))]);
    if !report.evidence_files.is_empty() {
        let files = json::EvidenceFile::all(report).into_iter().map(value);
        more.insert("evidence_files".to_owned(), files.collect());
    }
    PropertyBag::builder().additional_properties(more).build()
}

/// An object of the JSON report, its texts escaped.
fn value(object: impl serde::Serialize) -> Value {
    let mut object = serde_json::to_value(object).unwrap_or_default();
    for value in object.as_object_mut().into_iter().flat_map(|object| object.values_mut()) {
        if let Value::String(text) = value {
            *text = escape::sarif(text);
        }
    }
    object
}

/// The part up to the last `/` is the category. GitHub opens and closes alerts within a category.
fn run_id(judged: &str, category: Option<&str>) -> String {
    match category.map(escape::visible) {
        Some(category) => format!("rootgate/{category}/{judged}/"),
        None => format!("rootgate/{judged}/"),
    }
}

/// The rule as code scanning shows it. Only static text, because `help.markdown` is rendered.
fn descriptor(setting: &RuleSetting) -> ReportingDescriptor {
    let info = setting.info;
    let help = format!("## What to do\n\n{}\n\n## Why\n\n{}\n", info.remedy, info.docs);
    ReportingDescriptor::builder()
        .id(info.id.0)
        .short_description(plain(&sentence(info.summary)))
        .full_description(plain(&escape::shortened(&first_paragraph(info), MAX_DESCRIPTION)))
        .help(MultiformatMessageString::builder().text(help.clone()).markdown(help).build())
        .default_configuration(
            ReportingConfiguration::builder()
                .level(Level::from_severity(setting.severity).word())
                .build(),
        )
        .properties(properties(setting))
        .build()
}

fn properties(setting: &RuleSetting) -> PropertyBag {
    let frameworks = setting.info.tags.iter().take(MAX_FRAMEWORK_TAGS).map(ToString::to_string);
    let tags = ["security".to_owned(), "aws".to_owned()].into_iter().chain(frameworks);
    let more = [
        ("precision", "very-high"), // facts from AWS, not heuristics
        ("security-severity", security_severity(setting.severity)),
    ];
    PropertyBag::builder()
        .tags(tags.collect::<Vec<_>>())
        .additional_properties(
            more.map(|(key, value)| (key.to_owned(), Value::from(value)))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        )
        .build()
}

fn results(report: &Report, entry: Entry<'_>) -> Vec<SarifResult> {
    let texts = match entry.outcome() {
        Outcome::Undetermined => vec![undetermined(entry)],
        Outcome::Fail => failures(entry),
        Outcome::Pass | Outcome::NotApplicable | Outcome::Waived => vec![],
    };
    let id = entry.account.id();
    let print = |subject: &str| fingerprint(entry.rule(), id, subject);
    texts.into_iter().map(|(subject, text)| result(report, entry, print(&subject), &text)).collect()
}

fn result(report: &Report, entry: Entry<'_>, print: String, text: &str) -> SarifResult {
    let index = enabled(report).position(|setting| setting.info.id == entry.rule());
    let mut result = SarifResult::builder()
        .rule_id(entry.rule().0)
        .level(Level::from_severity(entry.severity()).result_level())
        .message(Message::builder().text(escape::sarif(text)).build())
        .locations(vec![location(report, entry.line())])
        .partial_fingerprints(BTreeMap::from([("primaryLocationLineHash".to_owned(), print)]))
        .build();
    result.rule_index = index.and_then(|index| i64::try_from(index).ok());
    result
}

/// The subject and text of every alert of a failing outcome.
fn failures(entry: Entry<'_>) -> Vec<(String, String)> {
    let (kept, more) = entry.findings();
    let alert = |finding: FindingPart<'_>| (finding.subject().to_string(), failure(entry, finding));
    let mut texts: Vec<_> = kept.into_iter().map(alert).collect();
    if more > 0 {
        texts.push((
            AND_MORE.to_owned(),
            format!(
                "{}: {}, {}. The {KEPT_FINDINGS} newest have their own alerts; \
                 the JSON report has all.",
                summary(entry),
                entry.account.label(),
                counted(more, "more finding"),
            ),
        ));
    }
    texts
}

/// The first sentence becomes the alert's title.
fn failure(entry: Entry<'_>, finding: FindingPart<'_>) -> String {
    let mut title = format!("{}: {}", summary(entry), entry.account.label());
    if *finding.subject() != Subject::Account {
        title = format!("{title}, {}", finding.title());
    }
    let seen = escape::shortened(finding.seen(), MAX_TEXT);
    let to_do = escape::shortened(finding.to_do(), MAX_TEXT);
    let windows = finding.windows().collect::<Vec<_>>().join(" and ");
    let windows = match windows.as_str() {
        "" => String::new(),
        windows => {
            let windows = escape::shortened(windows, MAX_TEXT);
            format!(" {BELOW_WINDOWS} {windows}")
        }
    };
    format!("{title}. {seen} To do: {to_do}{windows}")
}

/// A posture rule keeps its subject, so that the same alert stays open while it cannot be judged.
fn undetermined(entry: Entry<'_>) -> (String, String) {
    let posture = entry.info().is_some_and(|info| info.subject == SubjectKind::Account);
    let subject = if posture { "" } else { UNDETERMINED };
    let text = format!("{}: {}.", not_determined(entry), entry.account.label());
    let text = entry.missing_facts().fold(text, |text, missing| text + &missing.sentences());
    (subject.to_owned(), text)
}

fn not_determined(entry: Entry<'_>) -> String {
    match entry.info() {
        Some(info) => format!("Not determined whether {}", info.summary),
        None => format!("Not determined: {}", entry.rule()),
    }
}

fn summary(entry: Entry<'_>) -> String {
    match entry.info() {
        Some(info) => capitalized(info.summary),
        None => entry.rule().to_string(),
    }
}

/// A line of the policy: it always exists, and readers can change it.
fn location(report: &Report, line: usize) -> Location {
    let path = report.policy.repository_path.as_deref().unwrap_or(DEFAULT_POLICY_PATH);
    let line = i64::try_from(line).unwrap_or(1);
    let region =
        Region::builder().start_line(line).start_column(1).end_line(line).end_column(2).build();
    let file = ArtifactLocation::builder().uri(escape::relative_uri(path)).build();
    let physical = PhysicalLocation::builder().artifact_location(file).region(region).build();
    Location::builder().physical_location(physical).build()
}

/// The three levels that GitHub knows.
#[derive(Clone, Copy)]
enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    const fn from_severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low => Self::Note,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    const fn result_level(self) -> ResultLevel {
        match self {
            Self::Error => ResultLevel::Error,
            Self::Warning => ResultLevel::Warning,
            Self::Note => ResultLevel::Note,
        }
    }
}

/// GitHub: over 9.0 critical, from 7.0 high, from 4.0 medium, below low.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn plain(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn first_paragraph(info: &RuleInfo) -> String {
    let prose = info
        .docs
        .split("\n\n")
        .map(str::trim)
        .find(|text| !text.is_empty() && !text.starts_with('#'));
    match prose {
        Some(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        None => sentence(info.summary),
    }
}

#[cfg(test)]
mod tests;
