//! The arguments of `rootgate setup`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use rootgate::model::AccountId;
use rootgate::setup::aws::RepositoryIds;

use super::{Color, account};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rootgate setup                                the steps of this repository, done ones ticked off
  rootgate setup aws --github octo-org/octo-repo --environment rootgate
  rootgate setup workflow posture

Without a command, rootgate asks nothing and changes nothing: it prints the steps in order, with the
commands for this repository.")]
pub(crate) struct SetupArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SetupCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// Generate the AWS side: roles that GitHub's jobs may assume, with the permissions of the rules
    #[command(after_help = "\
Examples:
  rootgate setup aws --github octo-org/octo-repo --environment rootgate
  rootgate setup aws --github octo-org/octo-repo --github-ids 65/74 \\
    --environment rootgate --environment rootgate-policy --format shell --output aws
  rootgate setup aws --github octo-org/octo-repo --environment rootgate \\
    --hub-account 111122223333 --external-id octo-rootgate       for an organization
  gh api repos/octo-org/octo-repo --jq '\"\\(.owner.id)/\\(.id)\"'    prints the value of --github-ids

Each account of the policy's scope gets one file, account-ID.yaml, .tf or .sh. An organization gets
hub, members (a StackSet) and management. The same arguments give the same bytes, and an existing file
is never overwritten.

Exit codes: 0 if the files are printed or written, else 2.")]
    Aws(SetupAwsArgs),
    /// Write a workflow with the values of this repository
    #[command(after_help = "\
Examples:
  rootgate setup workflow posture               every day, with alerts in code scanning
  rootgate setup workflow deploy                before a deployment
  rootgate setup workflow pull-request --output -
  rootgate setup workflow posture --environment audit --output .github/workflows/audit.yml

The accounts and roles come from the policy, the default branch from the clone. An existing file is
never overwritten.

Exit codes: 0 if the workflow is written or printed, else 2.")]
    Workflow(SetupWorkflowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SetupWorkflowArgs {
    /// What the workflow is for
    #[arg(value_enum)]
    pub(crate) kind: WorkflowKind,
    /// Policy file; it must be in the repository [default: the default file, see `rootgate check
    /// --help`]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Environment of the job, which the roles trust; a pull request with the label `rootgate-policy`
    /// uses NAME-policy
    #[arg(long, value_name = "NAME", default_value = "rootgate", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) environment: String,
    /// Account from which an organization is read, as for `rootgate setup aws`; needed with
    /// `scope.organization`
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) hub_account: Option<AccountId>,
    /// File to write; `-` is standard output [default: .github/workflows/rootgate-KIND.yml at the root
    /// of the repository]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkflowKind {
    /// Check the accounts every day
    Posture,
    /// Gate before a deployment
    Deploy,
    /// Gate before a merge
    PullRequest,
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
    /// Account from which an organization is read: the management account or a delegated
    /// administrator; needed with `scope.organization`
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) hub_account: Option<AccountId>,
    /// External id that the roles of an organization ask for; the run needs it too (`external-id`)
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) external_id: Option<String>,
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
