//! `rootgate check`: the gate.

mod accounts;
pub(crate) mod judging;
mod offline;
mod outputs;
pub(crate) mod plan;
mod upload;

use std::time::Instant;

use rootgate::collect::OUT_OF_TIME;
use rootgate::evaluate::{NotEvaluated, Run};
use rootgate::model::{AccountId, EvidenceFile, Inventory, Severity};
use rootgate::policy::Policy;
use rootgate::report::{Format, Verbosity};
use rootgate::text;

use super::host::now;
use super::live::{self, Shown};
use super::{Failure, Host};
use accounts::Accounts;
use judging::{Copy, Judging};
use offline::Loaded;
use outputs::Show;
use plan::{Plan, Refused};
use upload::Upload;

/// Judges, reports and returns the exit code, even if nothing could be judged.
pub(crate) fn run(plan: Result<Plan, Box<Refused>>, host: &Host) -> u8 {
    let (judged, outputs, asked) = match plan {
        Ok(plan) => (judge(&plan, host), plan.outputs, plan.shown.details),
        Err(refused) => (Err(refused.failure), refused.outputs, refused.details),
    };
    judged.unwrap_or_else(|failure| {
        let mut left = outputs.discard();
        left.retain(|other| *other != failure);
        let code = failure.report_for_check(host, asked);
        left.into_iter().for_each(|failure| failure.report_to(host, asked));
        code
    })
}

fn judge(plan: &Plan, host: &Host) -> Result<u8, Failure> {
    let started = Instant::now();
    let Plan { outputs, shown, bounds, .. } = plan;
    outputs.remove_earlier()?;
    let mut judging = judging::decide(plan, host, started)?;
    stricter(&mut judging.policy, plan.fail_on)?;
    let Judging { policy, origin, copy, notices, not_evaluated } = judging;
    let evaluated = not_evaluated.is_none();
    let after = copy.as_ref().and_then(Copy::policy).filter(|_| evaluated);
    let after = after.map(|copy| at_least_as_strict(copy, plan.fail_on));
    let mut accounts = Accounts::new(plan, &policy, after.as_ref());
    let gathered =
        if evaluated { gather(plan, &policy, &mut accounts, host)? } else { Gathered::default() };
    let details = host.details(shown.details, gathered.visibility.as_deref());
    outputs.can_show(shown.format, details)?;
    let mut run = Run {
        inventory: gathered.inventory,
        now: plan.at.unwrap_or_else(now),
        as_of: plan.at.is_some(),
        origin,
        policy_change: None,
        not_evaluated: not_evaluated.map(|reason| NotEvaluated { reason, skip: plan.skip_forks }),
        notices,
        scope_named: policy.names_scope() || !bounds.accounts.is_empty(),
        evidence_files: gathered.files,
        incomplete: accounts.incomplete().or(gathered.out_of_time),
    };
    run.policy_change = copy.map(|copy| copy.change(&policy, accounts.after_merge(&run)));
    let report = accounts.report(run);
    let streams = outputs.write(&report, shown)?;
    // After the report files, which do not depend on the upload, and before the output that shows
    // its result.
    let category = shown.category.as_deref();
    let upload = plan.upload.as_ref();
    let ends = started + bounds.timeout(&policy);
    let upload = upload.map(|plan| Upload { plan, category, bounds, host, ends });
    let uploaded = upload.map(|upload| upload.carry_out(&report));
    let show = Show { plan, details, host, upload: uploaded.as_ref() };
    outputs::show(&report, &show, streams)?;
    Ok(report.exit_code)
}

/// What is known about the evidence after the accounts were judged.
#[derive(Default)]
struct Gathered {
    files: Vec<EvidenceFile>,
    /// The accounts of the organization, if one is judged.
    inventory: Option<Inventory>,
    /// The run is incomplete because of its time limit.
    out_of_time: Option<&'static str>,
    /// The visibility of the repository in GitHub's token.
    visibility: Option<String>,
}

/// Collects or loads the evidence and judges each account.
fn gather(
    plan: &Plan,
    policy: &Policy,
    accounts: &mut Accounts<'_>,
    host: &Host,
) -> Result<Gathered, Failure> {
    let (mut files, mut visibility, mut out_of_time) = (Vec::new(), None, None);
    let listing = match &plan.evidence {
        plan::Evidence::Live(sign_in) => {
            let shown = Shown {
                text: plan.shown.format == Format::Text,
                verbose: plan.shown.verbosity == Verbosity::Verbose,
                redacted: live::notes_are_redacted(host, plan.shown.details),
            };
            let each = |evidence| accounts.judge(&evidence);
            let collected = live::collect(sign_in, &plan.bounds, policy, host, &shown, each)?;
            out_of_time = collected.out_of_time.then_some(OUT_OF_TIME);
            visibility = collected.claims.and_then(|claims| claims.repository_visibility);
            collected.listing
        }
        plan::Evidence::Files(given) => {
            let loaded = from_files(given, policy, &plan.bounds.accounts, accounts)?;
            files = loaded.files;
            loaded.listing
        }
    };
    let listing = listing.map(|listing| accounts.settle_skipped(listing));
    accounts.check_scope()?;
    accounts.judge_missing();
    let inventory = accounts.inventory(listing);
    Ok(Gathered { files, inventory, out_of_time, visibility })
}

fn from_files(
    files: &plan::Files,
    policy: &Policy,
    named: &[AccountId],
    accounts: &mut Accounts<'_>,
) -> Result<Loaded, Failure> {
    let named: Vec<_> = if policy.scope.is_empty() {
        named.iter().collect()
    } else {
        policy.scope.iter().map(|account| &account.id).collect()
    };
    let only = if let [only] = named[..] { Some(only) } else { None };
    let loaded = offline::load(files, only, |evidence| accounts.judge(&evidence))?;
    if accounts.is_empty() && !loaded.files.is_empty() {
        return Err(Failure::new(
            "there is no evidence to judge: none of the given files contains an account",
            "collect the evidence again: rootgate collect --output FILE",
        ));
    }
    if accounts.is_empty() {
        return Err(Failure::new(
            "there is no evidence to judge: the run makes no AWS call (--offline or --at)",
            "pass --evidence FILE or --credential-report FILE",
        ));
    }
    Ok(loaded)
}

/// The copy in a pull request, with the severity of `--fail-on` if that is lower.
fn at_least_as_strict(copy: &Policy, flag: Option<Severity>) -> Policy {
    let mut policy = copy.clone();
    policy.gate.fail_on = policy.gate.fail_on.min(flag.unwrap_or(policy.gate.fail_on));
    policy
}

/// `--fail-on` may only be stricter than the policy.
fn stricter(policy: &mut Policy, flag: Option<Severity>) -> Result<(), Failure> {
    let Some(flag) = flag else { return Ok(()) };
    let own = policy.gate.fail_on;
    if flag > own {
        return Err(Failure::new(
            text!("--fail-on {} is looser than the policy, which says `fail-on: {}`", flag, own),
            "change the policy where people review it; a flag can only be stricter",
        ));
    }
    policy.gate.fail_on = flag;
    Ok(())
}
