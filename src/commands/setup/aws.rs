//! `rootgate setup aws`: prints or writes the AWS side. Nothing here calls AWS.

use std::path::Path;
use std::time::Duration;

use rootgate::escape;
use rootgate::github::repository::{self, Repository};
use rootgate::setup::aws::{self, Format, Generated, GitHubJobs, RepositoryIds, SetupFile, Wanted};
use rootgate::setup::word;
use rootgate::text;
use rootgate::text::{outside, public};

use super::output;
use super::place::Place;
use crate::cli::{SetupAwsArgs, SetupFormat};
use crate::commands::host::{files, github_api};
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// The time limit for reading the two ids from GitHub.
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn run(args: &SetupAwsArgs, host: &Host) -> Result<u8, Failure> {
    let (policy, origin) = file::load(args.policy.as_deref(), host, args.color.for_stderr(host))?;
    // Checks the names before the request to GitHub.
    jobs(args, args.github_ids)?;
    let (ids, no_ids) = match args.github_ids {
        Some(ids) => (Some(ids), None),
        None => match ask_github(&args.github, host)? {
            Ok(ids) => (Some(ids), None),
            Err(why) => (None, Some(why)),
        },
    };
    let jobs = jobs(args, ids)?;
    let wanted = Wanted {
        policy: &policy,
        jobs: &jobs,
        format: format(args.format),
        existing_provider: args.existing_provider,
        hub_account: args.hub_account.as_ref(),
        external_id: args.external_id.as_deref(),
    };
    let generated = aws::generate(&wanted)
        .map_err(|refused| Failure::new(outside(&refused), refused.help()))?;
    let policy_file = origin.path.as_deref();
    match &args.output {
        None => print(&generated, wanted.format)?,
        Some(folder) => write(&generated, &wanted, folder)?,
    }
    notes(&generated, &jobs, no_ids.as_deref(), policy_file, host);
    Ok(0)
}

fn jobs(args: &SetupAwsArgs, ids: Option<RepositoryIds>) -> Result<GitHubJobs, Failure> {
    GitHubJobs::new(&args.github, ids, &args.environment).map_err(|invalid| {
        Failure::new(
            outside(&invalid),
            "pass --github OWNER/REPO, and each environment by its whole name: --environment NAME",
        )
    })
}

const fn format(format: SetupFormat) -> Format {
    match format {
        SetupFormat::Cloudformation => Format::CloudFormation,
        SetupFormat::Terraform => Format::Terraform,
        SetupFormat::Shell => Format::Shell,
    }
}

/// The ids from GitHub's API, or why they are not known. If GitHub spells the name differently,
/// that is an error, because AWS compares letter by letter.
fn ask_github(named: &str, host: &Host) -> Result<Result<RepositoryIds, String>, Failure> {
    let Some(repository) = Repository::new(named) else { return Ok(Err(String::new())) };
    let api = match github_api::client(host, None, LIMIT) {
        Ok(api) => api,
        Err(github_api::NoApi::NoToken) => return Ok(Err("GITHUB_TOKEN is not set".to_owned())),
        Err(github_api::NoApi::Setup(what, _)) => return Ok(Err(what.to_string())),
        Err(github_api::NoApi::Api(error)) => return Ok(Err(error.to_string())),
    };
    let asked = github_api::block_on(repository::describe(&api, &repository));
    let described = match asked {
        Ok(Ok(Ok(described))) => described,
        Ok(Ok(Err(error))) => return Ok(Err(error.to_string())),
        Ok(Err(signal)) => {
            return Err(Failure::new(text!("interrupted by {}", public(signal)), "run it again"));
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    if described.full_name != named {
        return Err(Failure::new(
            text!(
                "GitHub calls the repository {} {}",
                outside(named),
                outside(&described.full_name)
            ),
            text!(
                "AWS compares names letter by letter, so pass --github {}",
                outside(word(&described.full_name))
            ),
        ));
    }
    Ok(Ok(RepositoryIds { owner: described.owner.id, repository: described.id }))
}

/// Each file begins with a comment that names it. A line `---` separates YAML documents.
fn print(generated: &Generated, format: Format) -> Result<(), Failure> {
    let separator = if format == Format::CloudFormation { "---\n" } else { "\n" };
    let texts: Vec<&str> = generated.files.iter().map(|file| file.text.as_str()).collect();
    files::print(texts.join(separator).as_bytes())
}

fn write(generated: &Generated, wanted: &Wanted<'_>, folder: &Path) -> Result<(), Failure> {
    let files: Vec<(&str, &str)> =
        generated.files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    output::create_all(folder, &files)?;
    let mut text = String::new();
    for file in &generated.files {
        let path = folder.join(&file.name);
        text += &format!("{}: written\n", escape::visible(&path.display().to_string()));
    }
    text += "next, with an administrator's credentials of each account, in this order:\n";
    for command in commands(&generated.files, wanted.format, folder) {
        text += &format!("  {}\n", escape::visible(&command));
    }
    files::print(text.as_bytes())
}

/// The commands that create the roles.
fn commands(written: &[SetupFile], format: Format, folder: &Path) -> Vec<String> {
    let folder_word = word(&folder.display().to_string());
    if format == Format::Terraform {
        let profile = |file: &SetupFile| format!(" -var profile_{}=PROFILE", file.whose);
        let profiles: String = written.iter().map(profile).collect();
        return vec![
            format!("terraform -chdir={folder_word} init"),
            format!("terraform -chdir={folder_word} apply{profiles}"),
        ];
    }
    let command = |file: &SetupFile| {
        let path = word(&folder.join(&file.name).display().to_string());
        match format {
            Format::Shell => format!("sh {path}"),
            _ if file.whose == "members" => format!(
                "aws cloudformation create-stack-set --stack-set-name rootgate --capabilities \
                 CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED --auto-deployment \
                 Enabled=true,RetainStacksOnAccountRemoval=false --template-body {}",
                word(&format!("file://{}", folder.join(&file.name).display()))
            ),
            _ => format!(
                "aws cloudformation deploy --stack-name {} --capabilities CAPABILITY_NAMED_IAM \
                 --template-file {path}",
                stack(file)
            ),
        }
    };
    let mut commands: Vec<String> = Vec::new();
    for file in written {
        commands.push(command(file));
        if file.whose == "members" && format == Format::CloudFormation {
            commands.push(format!(
                "aws cloudformation create-stack-instances --stack-set-name rootgate --regions {} \
                 --deployment-targets OrganizationalUnitIds=\"$(aws organizations list-roots --query \
                 'Roots[0].Id' --output text)\"",
                file.region
            ));
        }
    }
    commands
}

/// The name of a stack. An account may have two of the roles, so it may have two stacks.
fn stack(file: &SetupFile) -> &'static str {
    match file.whose.as_str() {
        "hub" => "rootgate-hub",
        "management" => "rootgate-management",
        _ => "rootgate",
    }
}

/// Notes on what the reader may not expect, on standard error.
fn notes(
    generated: &Generated,
    jobs: &GitHubJobs,
    no_ids: Option<&str>,
    policy_file: Option<&str>,
    host: &Host,
) {
    let mut notes = Vec::new();
    let origin = Place::find(host).github.filter(|origin| *origin != jobs.repository());
    notes.extend(origin.map(|origin| {
        format!("the roles trust {}, and this is a clone of {origin}", jobs.repository())
    }));
    if let Some(why) = no_ids {
        notes.push(format!(
            "the roles trust the subject by name alone, because the ids of {0} are not known ({why}). \
             GitHub uses the subject by id for repositories that were created, renamed or moved since \
             15 July 2026. Pass --github-ids with what this prints: gh api repos/{0} --jq \
             '\"\\(.owner.id)/\\(.id)\"'",
            jobs.repository()
        ));
    }
    for difference in &generated.differences {
        let named = policy_file.unwrap_or("the policy");
        notes.push(format!("{named}: {difference}"));
    }
    output::show_notes(&notes);
}
