//! The command line. Parsing an argument only validates its form; it has no side effects.

mod doctor;
mod policy;
mod report_files;
mod setup;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::builder::{
    NonEmptyStringValueParser, OsStringValueParser, PossibleValuesParser, TypedValueParser,
};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use rootgate::model::{AccountId, Duration, Severity, parse_time};
use rootgate::{report, rules};

pub(crate) use doctor::{DoctorArgs, DoctorFormat};
pub(crate) use policy::{
    DiffFormat, PolicyCheckArgs, PolicyCheckFormat, PolicyCommand, PolicyDiffArgs,
    PolicyExplainArgs, PolicyInitArgs, PolicySchemaArgs, SchemaFormat,
};

pub(crate) use setup::{
    SetupArgs, SetupAwsArgs, SetupCommand, SetupFormat, SetupWorkflowArgs, WorkflowKind,
};

use report_files::ReportFiles;

use crate::commands::{Host, REMOTE_PREFIX, RemotePolicy};

/// A policy gate for the AWS root user
#[derive(Debug, Parser)]
#[command(name = "rootgate", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  rootgate check                                judge the account that the AWS credentials belong to
  rootgate check --evidence evidence.json       judge evidence that was collected before
  rootgate collect --output evidence.json       collect evidence without judging it
  rootgate setup                                show the steps to a gate in this repository
  rootgate policy check rootgate.yaml           show the problems of a policy
  rootgate doctor                               check that the gate works, without judging anything
  rootgate help check                           help for one command, with examples

Exit codes:
  0  the policy holds
  1  the policy is violated
  2  invalid usage, policy file, configuration or sign-in: nothing was judged
  3  no violation, but something could not be determined";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The gate: collect or load evidence, judge it, report, and exit with the verdict
    Check(Box<CheckArgs>),
    /// Collect evidence without judging it, so that another job can judge it without cloud access
    Collect(Box<CollectArgs>),
    /// Check, explain, compare or create a policy file
    #[command(subcommand, arg_required_else_help = true)]
    Policy(PolicyCommand),
    /// List the rules, or show one rule's documentation
    #[command(after_help = "\
Examples:
  rootgate rules
  rootgate rules root-access-key-active
  rootgate rules --format json")]
    Rules(RulesArgs),
    /// Print the exact IAM policy that the rules of a policy need
    #[command(after_help = "\
Examples:
  rootgate permissions > rootgate-iam-policy.json
  rootgate permissions --policy rootgate.yaml")]
    Permissions(PermissionsArgs),
    /// Show the steps from nothing to a gate, or generate its AWS roles and workflows
    Setup(SetupArgs),
    /// Check the policy, the AWS side and the GitHub side at once, and say what to do
    Doctor(Box<DoctorArgs>),
    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  rootgate completions bash > /etc/bash_completion.d/rootgate
  rootgate completions zsh > ~/.zfunc/_rootgate")]
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Rule to show
    #[arg(value_name = "ID", value_parser = PossibleValuesParser::new(rules::infos().into_iter().map(|info| info.id.0)), hide_possible_values = true)]
    pub(crate) id: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub(crate) format: RulesFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For documentation
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// Policy file [default: the default file (see `rootgate check --help`), else the built-in
    /// defaults]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  rootgate check --policy rootgate.yaml --sarif root.sarif --json root.json
  rootgate check --role-arn arn:aws:iam::111122223333:role/rootgate
  rootgate check --credential-report report.csv --report-generated-at 2026-11-20T08:00:00Z
  rootgate check --evidence evidence.json --at 2026-11-20T09:00:00Z
  rootgate check --policy github:octo-org/security/root.yaml@v3

Without `--policy`, rootgate looks for .github/rootgate.yaml, .github/rootgate.yml, rootgate.yaml and
rootgate.yml, here and at the root of the Git repository; more than one is an error. If none exists,
the strict built-in defaults judge, and every report says so. Under GitHub Actions the file at the tip
of the default branch judges; a weaker copy in the checkout fails the gate and never judges.")]
pub(crate) struct CheckArgs {
    /// Policy file; github:OWNER/REPO/PATH@REF reads it from another repository with GITHUB_TOKEN
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(PolicyArg::parse), value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PolicyArg>,
    #[command(flatten)]
    pub(crate) judging: JudgingArgs,
    /// Make no AWS call; implied by --evidence, --credential-report and --at
    #[arg(long, help_heading = "Evidence from files")]
    pub(crate) offline: bool,
    /// Judge this evidence file (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Evidence from files", value_hint = ValueHint::FilePath)]
    pub(crate) evidence: Vec<PathBuf>,
    /// Judge this credential report: the CSV, or the JSON of `aws iam get-credential-report`
    #[arg(long, value_name = "FILE", help_heading = "Evidence from files", value_hint = ValueHint::FilePath)]
    pub(crate) credential_report: Option<PathBuf>,
    /// When AWS made the credential report (the CSV does not contain it)
    #[arg(long, value_name = "TIME", value_parser = time, requires = "credential_report", help_heading = "Evidence from files")]
    pub(crate) report_generated_at: Option<DateTime<Utc>>,
    /// Time to judge at, RFC 3339 with offset; not under GitHub Actions
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Evidence from files")]
    pub(crate) at: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    /// Lowest severity that blocks; must not be looser than the policy's `gate.fail-on`
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    pub(crate) fail_on: Option<Severity>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rootgate collect --output evidence.json
  rootgate collect --output - | rootgate check --evidence -
  rootgate collect --policy rootgate.yaml --role-arn arn:aws:iam::111122223333:role/rootgate \\
    --output evidence.json
  rootgate check --evidence evidence.json       the job that judges it

The file records each fact that could not be read as a gap, with its cause. The exit code is still 0,
because the judging job decides.

Exit codes:
  0  the file is written
  2  invalid usage, policy file, configuration or sign-in: an earlier file is unchanged
  3  the file is written, but the run was interrupted or out of time")]
pub(crate) struct CollectArgs {
    /// Policy file: its scope selects the accounts, its rules select the evidence
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// File for the evidence, written whole or not at all; `-` is standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    /// Detail on standard error; `auto`: full, except under GitHub Actions in a public repository.
    /// The file is always full
    #[arg(long, value_enum, default_value_t = DetailsFlag::Auto)]
    pub(crate) details: DetailsFlag,
    /// Show each step
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// Which policy judges.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which policy judges, under GitHub Actions")]
pub(crate) struct JudgingArgs {
    /// Which copy of the policy judges [default: default-branch]; with `checkout`, anyone who can
    /// change the branch can change the policy, and every report says so
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) policy_from: Option<PolicyFrom>,
    /// Judge by the checkout's copy; the job must use a protected environment, and GitHub's OIDC
    /// token must name it
    #[arg(long)]
    pub(crate) accept_policy_change: bool,
    /// Result for a pull request from a fork: it cannot sign in, so nothing is evaluated
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnFork::Fail)]
    pub(crate) on_fork: OnFork,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFrom {
    /// The tip of the default branch
    DefaultBranch,
    /// The working tree
    Checkout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFork {
    /// Exit with 3
    Fail,
    /// Exit with 0
    Skip,
}

/// The value of `--policy`.
#[derive(Debug, Clone)]
pub(crate) enum PolicyArg {
    /// A file on disk.
    File(PathBuf),
    /// A file of another repository.
    GitHub(RemotePolicy),
}

impl PolicyArg {
    fn parse(text: OsString) -> Result<Self, String> {
        if text.is_empty() {
            return Err(
                "the path is empty; name the file, or leave --policy out to use the default file"
                    .to_owned(),
            );
        }
        match text.to_str().and_then(|text| text.strip_prefix(REMOTE_PREFIX)) {
            Some(remote) => RemotePolicy::parse(remote).map(Self::GitHub),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Signing in")]
pub(crate) struct SignInArgs {
    /// Role to sign in with, through GitHub's OIDC token if there is one, else through AssumeRole
    #[arg(long, value_name = "ARN", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) role_arn: Option<String>,
    /// External id for every AssumeRole of the run
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) external_id: Option<String>,
    /// Account that rootgate may sign in to (repeatable or comma-separated); it refuses any other
    #[arg(long, value_name = "ID", value_parser = account, value_delimiter = ',')]
    pub(crate) account: Vec<AccountId>,
    /// AWS Region of the endpoints
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
    /// Audience of GitHub's OIDC token [default: sts.amazonaws.com, in China sts.amazonaws.com.cn]
    #[arg(long, value_name = "AUDIENCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) oidc_audience: Option<String>,
    /// Send every AWS call to this URL; plain http only to this machine (for tests)
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) endpoint_url: Option<String>,
    /// PEM file of CA certificates to trust instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// Maximum number of accounts collected at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: u16,
    /// Time limit of the whole run [default: 5m; with `scope.organization` 15m]
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) files: ReportFiles,
    /// Format of standard output [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub(crate) format: Option<report::Format>,
    /// Part of the category of code-scanning alerts: `rootgate/CATEGORY/<account>/`
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    pub(crate) category: Option<String>,
    /// Upload to GitHub code scanning; `auto`: under GitHub Actions, from the default branch. An
    /// upload never changes the verdict
    #[arg(long, value_enum, default_value_t = UploadFlag::Auto)]
    pub(crate) upload: UploadFlag,
    /// Detail on standard output and in the job summary; `auto`: full, except under GitHub Actions
    /// in a public repository. Report files are always full
    #[arg(long, value_enum, default_value_t = DetailsFlag::Auto)]
    pub(crate) details: DetailsFlag,
    /// Show only the verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show what was read, its source and its age
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UploadFlag {
    /// Under GitHub Actions, from the default branch
    Auto,
    /// From every ref; needs GITHUB_REPOSITORY, GITHUB_REF and GITHUB_SHA
    Always,
    /// Not at all
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DetailsFlag {
    /// Depends on the visibility of the repository
    Auto,
    /// Everything
    Full,
    /// Only verdict, rule ids, severities and the policy's account names
    Redacted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// In a terminal and in GitHub's log
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    parse_time(text).map_err(|error| error.to_string())
}

/// The parser of a severity. Completions offer its values.
fn severity() -> impl TypedValueParser<Value = Severity> {
    let ids = Severity::ALL.iter().map(|severity| severity.id());
    PossibleValuesParser::new(ids).try_map(|text| text.parse())
}

fn account(text: &str) -> Result<AccountId, String> {
    // After a comma there may be a space.
    text.trim().parse().map_err(|error: rootgate::model::InvalidAccountId| error.to_string())
}

/// The parser of a format. Completions offer its values.
fn format() -> impl TypedValueParser<Value = report::Format> {
    let ids = report::Format::ALL.iter().map(|format| format.id());
    PossibleValuesParser::new(ids).try_map(|text| text.parse())
}

/// Parses the time limit of the run: one second to one day.
fn timeout(text: &str) -> Result<Duration, String> {
    let timeout: Duration = text
        .parse()
        .map_err(|error| format!("{error}; write a number with its unit, such as 90s or 5m"))?;
    if timeout < Duration::seconds(1) || timeout > Duration::days(1) {
        return Err("the timeout must be between 1s and 1d".to_owned());
    }
    Ok(timeout)
}

/// A category becomes part of an alert's identity, so it must not contain `/` or special
/// characters.
fn category(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
        return Err("a category has 1 to 64 letters, digits, `-`, `_` or `.`".to_owned());
    }
    Ok(text.to_owned())
}

impl DetailsFlag {
    /// The requested detail; `None`: the visibility of the repository decides.
    pub(crate) const fn asked(self) -> Option<report::Details> {
        match self {
            Self::Full => Some(report::Details::Full),
            Self::Redacted => Some(report::Details::Redacted),
            Self::Auto => None,
        }
    }
}

impl Color {
    /// Whether standard output gets colour. GitHub's log is not a terminal but shows colour.
    pub(crate) fn for_stdout(self, host: &Host) -> bool {
        self.decide(host, std::io::stdout().is_terminal())
    }

    /// Whether standard error gets colour.
    pub(crate) fn for_stderr(self, host: &Host) -> bool {
        self.decide(host, std::io::stderr().is_terminal())
    }

    fn decide(self, host: &Host, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !host.no_color && (terminal || host.github_actions()),
        }
    }
}
