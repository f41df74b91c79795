//! `rootgate doctor`: gathers facts from disk, AWS and GitHub, and shows what is checked of them.
//!
//! What a fact means is decided in `rootgate::doctor`; here it is only gathered.

mod aws;
mod clock;
mod github;
pub(crate) mod plan;
mod policy;
mod repository;

use rootgate::doctor::show::{self, Shown};
use rootgate::doctor::{self, Check, Checkup, organization};
use rootgate::escape;
use rootgate::report::Details;

use super::host::{files, github_api};
use super::{Failure, Host};
use github::GitHub;
use plan::Plan;

/// Checks everything, shows it and returns the exit code.
pub(crate) fn run(plan: &Plan, host: &Host) -> u8 {
    checkup(plan, host).unwrap_or_else(|failure| {
        failure.for_command("nothing was checked").report_to(host, plan.details);
        2
    })
}

fn checkup(plan: &Plan, host: &Host) -> Result<u8, Failure> {
    let (checks, visibility) =
        github_api::block_on_before_judging(async { Ok(gather(plan, host).await) })?;
    let checkup = Checkup::new(checks);
    let redacted = host.details(plan.details, visibility.as_deref()) == Details::Redacted;
    let shown = Shown { redacted, color: plan.color };
    let bytes = match plan.json {
        true => format!("{:#}\n", show::json(&checkup, shown)).into_bytes(),
        false => as_text(&checkup, shown),
    };
    let code = checkup.exit_code();
    let outputs = [("exit-code", code.to_string())];
    let added = host.runner.write(&summary(&checkup, redacted), &outputs)?;
    files::print(&bytes).inspect_err(|_| added.roll_back())?;
    Ok(code)
}

/// All checks, and the visibility of the repository in GitHub's token.
async fn gather(plan: &Plan, host: &Host) -> (Vec<Check>, Option<String>) {
    let github = GitHub::open(plan, host).await;
    let policies = policy::find(plan, host, &github).await;
    let (mut checks, aws, ahead) = tokio::join!(
        repository::check(&github, &policies, host),
        aws::look(plan, host, &policies.effective),
        clock::ahead(plan, &policies.effective),
    );
    checks.extend(policies.checks(host));
    checks.extend(aws.checks);
    checks.push(doctor::aws::clock(&ahead));
    if let Some(scope) = &policies.effective.organization {
        checks.extend(organization::check(&organization::OrganizationSeen {
            listing: aws.listing.as_ref(),
            tried: &aws.members,
            audit: scope.audit,
            left_out: aws.listing.as_ref().map_or(0, organization::left_out),
        }));
    }
    (checks, aws.visibility)
}

fn as_text(checkup: &Checkup, shown: Shown) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A vector takes everything.
    let _written = show::text(checkup, shown, &mut bytes);
    bytes
}

/// The section of the job summary: the text as it is, without colour.
fn summary(checkup: &Checkup, redacted: bool) -> Vec<u8> {
    let text = as_text(checkup, Shown { redacted, color: false });
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: String =
        text.lines().map(|line| format!("    {}\n", escape::visible(line))).collect();
    format!("## rootgate doctor: {}\n\n{lines}\n", show::counts(checkup)).into_bytes()
}
