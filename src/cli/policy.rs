//! The arguments of `rootgate policy`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use rootgate::model::AccountId;

use super::{Color, account, time};

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check policies and show every problem with its line
    #[command(after_help = "\
Examples:
  rootgate policy check                         the default file: rootgate.yaml or .yml, also in .github
  rootgate policy check a.yaml b.yaml
  git show HEAD:rootgate.yaml | rootgate policy check -

Exit codes: 0 if every file is valid, else 2.")]
    Check(PolicyCheckArgs),
    /// Explain a policy: its rules, the calendar of its windows, the days left of its waivers
    #[command(after_help = "\
Examples:
  rootgate policy explain                       as of now, for every account
  rootgate policy explain policies/prod.yaml
  rootgate policy explain --account 111122223333 --at 2026-11-20T09:00:00+01:00")]
    Explain(PolicyExplainArgs),
    /// Classify the changes between two policies: weaker, planned, stronger or other
    #[command(
        override_usage = "rootgate policy diff [OPTIONS] --base <REF> [--policy <FILE>]\n       \
                          rootgate policy diff [OPTIONS] <OLD> <NEW>",
        after_help = "\
Examples:
  rootgate policy diff --base origin/main       what a pull request from this working tree would say
  rootgate policy diff --base origin/main --policy policies/prod.yaml --fail-on-weaker
  rootgate policy diff old.yaml new.yaml --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  git show v1.0:old/place.yaml | rootgate policy diff - rootgate.yaml

  weaker    more can pass than before
  planned   a new window that opens in the future: it excuses nothing yet
  stronger  less can pass than before
  other     this does not affect the verdict

With --base, a missing policy means the built-in strict defaults. Removing the policy is weaker.

Exit codes: 0; 1 with --fail-on-weaker if anything is weaker; 2 if a file is invalid."
    )]
    Diff(PolicyDiffArgs),
    /// Print the JSON Schema of the policy for editors, or a reference of its keys
    #[command(after_help = "\
Examples:
  rootgate policy schema > policy.schema.json
  rootgate policy schema --format markdown

An editor with the YAML language server checks a policy that begins with the line
  # yaml-language-server: $schema=policy.schema.json")]
    Schema(PolicySchemaArgs),
    /// Write a commented starter policy
    #[command(after_help = "\
Examples:
  rootgate policy init
  rootgate policy init --account 111122223333 --output rootgate.yaml
  rootgate policy init --account 111122223333=arn:aws:iam::111122223333:role/rootgate \\
    --account 444455556666=arn:aws:iam::444455556666:role/rootgate

An existing file is never overwritten. In a repository, the file is written at its root, whatever the
working directory.")]
    Init(PolicyInitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// Policy files; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = PolicyCheckFormat::Text)]
    pub(crate) format: PolicyCheckFormat,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyCheckFormat {
    /// For people: problems with their lines, on standard error
    Text,
    /// For programs: one array with every file and its problems
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyExplainArgs {
    /// Policy file, `-` is standard input [default: the default file (see `rootgate check --help`),
    /// else the built-in defaults]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// The same as FILE, for consistency with other commands
    #[arg(long, value_name = "FILE", conflicts_with = "file", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Time to use as "now", RFC 3339 with offset
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<DateTime<Utc>>,
    /// Show only what applies to this account
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Option<AccountId>,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyDiffArgs {
    /// Old policy; `-` is standard input
    #[arg(value_name = "OLD", required_unless_present = "base", conflicts_with = "base", value_hint = ValueHint::FilePath)]
    pub(crate) old: Option<PathBuf>,
    /// New policy; `-` is standard input
    #[arg(value_name = "NEW", required_unless_present = "base", conflicts_with = "base", value_hint = ValueHint::FilePath)]
    pub(crate) new: Option<PathBuf>,
    /// Compare the working tree with this commit: a branch, tag or commit of the clone
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// Policy file on both sides of --base [default: the default file, found on each side
    /// separately]
    #[arg(long, value_name = "FILE", requires = "base", conflicts_with_all = ["old", "new"])]
    pub(crate) policy: Option<PathBuf>,
    /// Time to use as "now": later windows are planned; RFC 3339 with offset
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<DateTime<Utc>>,
    /// Format of the changes
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// Exit with 1 if anything is weaker
    #[arg(long)]
    pub(crate) fail_on_weaker: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request or a job summary
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct PolicySchemaArgs {
    /// Format of the output
    #[arg(long, value_enum, default_value_t = SchemaFormat::Json)]
    pub(crate) format: SchemaFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// JSON Schema 2020-12
    Json,
    /// Every key with type, default, bounds, example and meaning
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyInitArgs {
    /// Account to judge, and the role to sign in with (repeatable)
    #[arg(long, value_name = "ID[=ROLE_ARN]", value_parser = account_with_role)]
    pub(crate) account: Vec<(AccountId, Option<String>)>,
    /// File to write; `-` is standard output [default: .github/rootgate.yaml at the root of the
    /// repository]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

fn account_with_role(text: &str) -> Result<(AccountId, Option<String>), String> {
    match text.split_once('=') {
        None => Ok((account(text)?, None)),
        Some((id, role)) => Ok((account(id)?, Some(role.to_owned()))),
    }
}
