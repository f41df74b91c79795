//! The arguments of `rootgate policy`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use rootgate::model::AccountId;

use super::{Color, account, time};

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Read policies and show every problem, each with its line
    #[command(after_help = "\
Examples:
  rootgate policy check                         the default one: rootgate.yaml or .yml, also in .github
  rootgate policy check a.yaml b.yaml
  git show HEAD:rootgate.yaml | rootgate policy check -

Exits with 0 if every file is valid, else with 2.")]
    Check(PolicyCheckArgs),
    /// Say what a policy means: every rule, the calendar of its windows, the days left of its waivers
    #[command(after_help = "\
Examples:
  rootgate policy explain                       as of now, for every account
  rootgate policy explain policies/prod.yaml
  rootgate policy explain --account 111122223333 --at 2026-11-20T09:00:00+01:00")]
    Explain(PolicyExplainArgs),
    /// Say what a change of a policy means: weaker, planned, stronger or other
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
  planned   a new window that opens only in the future: it excuses nothing that has happened
  stronger  less can pass than before
  other     nothing passes or blocks by it

With --base, no policy at all means the built-in strict defaults, and a policy that is gone is weaker.

Exits with 0; with --fail-on-weaker with 1 if anything is weaker; with 2 if a file is broken."
    )]
    Diff(PolicyDiffArgs),
    /// The JSON Schema of the policy, for editors, or the reference of its keys
    #[command(after_help = "\
Examples:
  rootgate policy schema > policy.schema.json
  rootgate policy schema --format markdown

An editor with the YAML language server checks a policy that begins with the line
  # yaml-language-server: $schema=policy.schema.json")]
    Schema(PolicySchemaArgs),
    /// Write a commented policy to begin with
    #[command(after_help = "\
Examples:
  rootgate policy init
  rootgate policy init --account 111122223333 --output rootgate.yaml
  rootgate policy init --account 111122223333=arn:aws:iam::111122223333:role/rootgate \\
    --account 444455556666=arn:aws:iam::444455556666:role/rootgate

A file that exists is never overwritten. In a repository the file is written at its root, wherever the
command is run.")]
    Init(PolicyInitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// Policy files; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t = PolicyCheckFormat::Text)]
    pub(crate) format: PolicyCheckFormat,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyCheckFormat {
    /// For people: problems drawn in their lines, on standard error
    Text,
    /// For programs: one array with every file and its problems
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyExplainArgs {
    /// Policy file, `-` is standard input; without it the default one (`rootgate check --help`), or the
    /// built-in defaults
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// The same file, as other commands take it
    #[arg(long, value_name = "FILE", conflicts_with = "file", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// The instant that "now" means, RFC 3339 with offset
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<DateTime<Utc>>,
    /// Leave out what concerns only other accounts
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Option<AccountId>,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyDiffArgs {
    /// The policy as it was; `-` is standard input
    #[arg(value_name = "OLD", required_unless_present = "base", conflicts_with = "base", value_hint = ValueHint::FilePath)]
    pub(crate) old: Option<PathBuf>,
    /// The policy as it would be; `-` is standard input
    #[arg(value_name = "NEW", required_unless_present = "base", conflicts_with = "base", value_hint = ValueHint::FilePath)]
    pub(crate) new: Option<PathBuf>,
    /// Compare the working tree with this commit: a branch, tag or commit of the clone
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// The policy on both sides of --base; without it the default one, on each side by itself
    #[arg(long, value_name = "FILE", requires = "base", conflicts_with_all = ["old", "new"])]
    pub(crate) policy: Option<PathBuf>,
    /// The instant that tells what lies in the future, RFC 3339 with offset
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<DateTime<Utc>>,
    /// How the changes are shown
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
    /// What is printed
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
    /// An account to judge, and the role to sign in to it with (repeatable)
    #[arg(long, value_name = "ID[=ROLE_ARN]", value_parser = account_with_role)]
    pub(crate) account: Vec<(AccountId, Option<String>)>,
    /// The file to write; `-` is standard output [default: .github/rootgate.yaml at the root of the
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
