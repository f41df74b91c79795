//! Which policy judges.
//!
//! Under GitHub Actions the file at the tip of the default branch judges, on every event: the
//! checkout may be from a pull request. The checkout's copy is compared with it and judged as well.
//! Outside GitHub Actions the file on disk judges.

mod accepted;
mod checkout;
mod copy;
mod default_branch;
mod fork;
mod remote;
mod tip;

use std::path::Path;
use std::time::{Duration, Instant};

use rootgate::github::api::Api;
use rootgate::github::repository::Repository;
use rootgate::model::{Judge, Notice, PolicyOrigin};
use rootgate::policy::{Policy, PolicyErrors};
use rootgate::report::Format;
use rootgate::text::Text;
use rootgate::{rules, text};

use checkout::Checkout;
pub(crate) use copy::Copy;

use super::plan::{JudgedBy, Plan};
use crate::commands::host::github_api::{self, NoApi};
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// The policy that judges, and what was found while it was read.
pub(crate) struct Judging {
    pub(crate) policy: Policy,
    pub(crate) origin: PolicyOrigin,
    /// The checkout's copy, if it differs from the default branch's file.
    pub(crate) copy: Option<Copy>,
    pub(crate) notices: Vec<Notice>,
    /// Why nothing can be evaluated, if nothing can.
    pub(crate) not_evaluated: Option<String>,
}

impl Judging {
    fn new(policy: Policy, origin: PolicyOrigin) -> Self {
        Self { policy, origin, copy: None, notices: Vec::new(), not_evaluated: None }
    }
}

/// Decides which policy judges and reads it.
pub(crate) fn decide(plan: &Plan, host: &Host, started: Instant) -> Result<Judging, Failure> {
    let source = PolicySource { plan, host, started, color: plan.shown.error_color };
    let is_fork = fork::suspected(plan, host);
    if let (JudgedBy::File { named, judge }, None) = (&plan.judged_by, is_fork) {
        return source.on_disk(named.as_deref(), judge);
    }
    github_api::block_on_before_judging(async {
        let not_evaluated = match is_fork {
            Some(number) => fork::established(&source, number).await?,
            None => None,
        };
        let judging = match &plan.judged_by {
            JudgedBy::File { named, judge } => source.on_disk(named.as_deref(), judge)?,
            JudgedBy::Remote(remote) => remote::read(&source, remote).await?,
            JudgedBy::DefaultBranch { named, accept } => {
                // A fork has no token that names an environment, so its change cannot be accepted.
                let accept = *accept && not_evaluated.is_none();
                default_branch::read(&source, named.as_deref(), accept).await?
            }
        };
        Ok(Judging { not_evaluated, ..judging })
    })
}

/// What every request to GitHub needs.
struct PolicySource<'a> {
    plan: &'a Plan,
    host: &'a Host,
    started: Instant,
    color: bool,
}

impl PolicySource<'_> {
    /// The policy on disk. Under GitHub Actions links in the checkout are not followed: an attacker
    /// may have made them, and errors would show lines of the target.
    fn on_disk(&self, named: Option<&Path>, judge: &Judge) -> Result<Judging, Failure> {
        if self.host.github_actions() {
            let checkout = Checkout::for_file(named, self.host);
            let file = file::find(named, self.host)?;
            let path = file.and_then(|file| checkout.repository_path(&file));
            if let Some(Err(error)) = path.map(|path| checkout.read(&path)) {
                return Err(cannot_judge(&checkout::unusable(&error)));
            }
        }
        let (policy, origin) = file::load(named, self.host, self.color)?;
        Ok(Judging::new(policy, PolicyOrigin { judge: judge.clone(), ..origin }))
    }

    /// On these events the checkout is the result of a merge. If it has no policy, the merge
    /// removes the policy.
    fn is_merge_event(&self) -> bool {
        let event = self.host.environment.event_name.as_deref();
        matches!(event, Some("pull_request" | "merge_group"))
    }

    /// The rest of `--timeout`.
    fn time_left(&self) -> Duration {
        self.plan.bounds.timeout_without_policy().saturating_sub(self.started.elapsed())
    }

    /// Whether standard output may contain workflow commands.
    fn shows_text(&self) -> bool {
        self.plan.shown.format == Format::Text
    }

    /// A client for the rest of `--timeout`.
    fn api(&self) -> Result<Api, Failure> {
        let bundle = self.plan.bounds.ca_bundle.as_deref();
        github_api::client(self.host, bundle, self.time_left()).map_err(|none| match none {
            NoApi::NoToken => Failure::new(
                "the policy cannot be read from GitHub: there is no token",
                text!("{}; {}", github_api::NO_TOKEN, tip::CONTENTS_READ),
            ),
            NoApi::Setup(what, help) => {
                Failure::new(text!("the policy cannot be read from GitHub: {}", what), help)
            }
            NoApi::Api(error) => tip::unreadable("GitHub's API", &error),
        })
    }

    /// `GITHUB_REPOSITORY`.
    fn repository(&self) -> Result<Repository, Failure> {
        let name = self.host.workflow.repository.as_deref();
        name.and_then(Repository::new).ok_or_else(|| {
            Failure::new(
                "the policy cannot be read from GitHub: GITHUB_REPOSITORY is not the owner and name of a \
                 repository",
                "a runner of GitHub sets it; do not change it",
            )
        })
    }

    /// Reads the text of a policy that judges.
    fn parse(&self, text: &[u8], shown: &str, location: &Text) -> Result<Policy, Failure> {
        parse(text, shown, self.host).map_err(|unusable| match unusable {
            Unparsed::NoText(failure) => failure,
            Unparsed::Invalid(errors) => {
                Failure::from_policy(errors, self.color, text!("this is the file {}", location))
            }
        })
    }
}

/// The failure for a checkout's copy that is not a regular file.
fn cannot_judge(what: &Text) -> Failure {
    Failure::new(
        text!("the checkout's copy of the policy cannot judge: {}", what),
        "make it one regular file of less than 1 MB",
    )
}

/// Why bytes are not a policy.
enum Unparsed {
    NoText(Failure),
    Invalid(PolicyErrors),
}

/// Reads bytes as a policy.
fn parse(bytes: &[u8], shown: &str, host: &Host) -> Result<Policy, Unparsed> {
    let text = file::text_of(bytes.to_vec(), shown).map_err(Unparsed::NoText)?;
    Policy::parse(&text, shown, &rules::infos(), host.now).map_err(Unparsed::Invalid)
}
