//! The arguments of `rootgate doctor`.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::{Color, DetailsFlag, PolicyArg, SignInArgs};

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  rootgate doctor                               check this repository, with the credentials at hand
  rootgate doctor --role-arn arn:aws:iam::111122223333:role/rootgate
  rootgate doctor --all                         enter every member of the organization
  rootgate doctor --format json | jq '.checks[] | select(.status == \"problem\")'

One line per check: ok, problem, warning, or not checked with the permission that is missing. Nothing
is judged: for that, run `rootgate check`. The repository on GitHub is GITHUB_REPOSITORY, else the
remote `origin`; GITHUB_TOKEN reads it. docs/doctor.md describes each check.

Exit codes:
  0  no problem
  1  a problem
  2  invalid usage, or the checks could not be shown")]
pub(crate) struct DoctorArgs {
    /// Policy file, or github:OWNER/REPO/PATH@REF [default: the default file (see `rootgate check
    /// --help`), else the one of the default branch, else the built-in defaults]
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(parse), value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PolicyArg>,
    /// Enter every member account of the organization, and not only a sample
    #[arg(long)]
    pub(crate) all: bool,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    pub(crate) format: DoctorFormat,
    /// Detail; `auto`: full, except under GitHub Actions in a public repository
    #[arg(long, value_enum, default_value_t = DetailsFlag::Auto)]
    pub(crate) details: DetailsFlag,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

fn parse(text: OsString) -> Result<PolicyArg, String> {
    PolicyArg::parse(text)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people
    Text,
    /// For programs
    Json,
}
