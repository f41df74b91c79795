//! The arguments of `rootgate setup`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use rootgate::setup::aws::RepositoryIds;

use super::Color;

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(subcommand)]
    pub(crate) command: SetupCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// Generate the AWS side: roles that GitHub's jobs may assume, with the permissions of the rules
    #[command(after_help = "\
Examples:
  rootgate setup aws --github octo-org/octo-repo --environment rootgate
  rootgate setup aws --github octo-org/octo-repo --github-ids 65/74 \\
    --environment rootgate --environment rootgate-policy --format shell --output aws
  gh api repos/octo-org/octo-repo --jq '\"\\(.owner.id)/\\(.id)\"'    prints the value of --github-ids

Each account of the policy's scope gets one file, account-ID.yaml, .tf or .sh. The same arguments
give the same bytes, and an existing file is never overwritten.

Exit codes: 0 if the files are printed or written, else 2.")]
    Aws(SetupAwsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SetupAwsArgs {
    /// Policy file: its scope names the accounts, its rules the permissions [default: the default
    /// file, see `rootgate check --help`]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Repository whose jobs sign in, spelt as GitHub spells it
    #[arg(long, value_name = "OWNER/REPO", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) github: String,
    /// Environment of the jobs that sign in (repeatable); the roles trust no other job
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) environment: Vec<String>,
    /// Ids of the owner and the repository, for the subject by immutable id [default: asked from
    /// GitHub with GITHUB_TOKEN, if that is set]
    #[arg(long, value_name = "OWNERID/REPOID", value_parser = ids)]
    pub(crate) github_ids: Option<RepositoryIds>,
    /// Format of the files
    #[arg(long, value_enum, default_value_t = SetupFormat::Cloudformation)]
    pub(crate) format: SetupFormat,
    /// Do not create GitHub's identity provider, because the accounts have it; it must know the
    /// audience sts.amazonaws.com (in China sts.amazonaws.com.cn)
    #[arg(long)]
    pub(crate) existing_provider: bool,
    /// Folder for the files; without it they are printed
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SetupFormat {
    /// Templates for AWS CloudFormation
    Cloudformation,
    /// One module for Terraform or OpenTofu
    Terraform,
    /// Scripts that call the AWS CLI
    Shell,
}

fn ids(text: &str) -> Result<RepositoryIds, String> {
    RepositoryIds::parse(text).ok_or_else(|| {
        "write the number of the owner, a slash and the number of the repository, such as 65/74"
            .to_owned()
    })
}
