//! `rootgate check`: the gate.

pub(crate) mod judging;
mod offline;
mod outputs;
pub(crate) mod plan;
mod scope;
mod upload;

use std::time::Instant;

use chrono::{DateTime, Utc};
use rootgate::collect::{self, Collected};
use rootgate::evaluate::{self, NotEvaluated, Run, Tally, evaluate};
use rootgate::model::{
    AccountId, AccountReport, AfterMerge, Evidence, EvidenceFile, Report, Severity,
};
use rootgate::policy::Policy;
use rootgate::report::{Format, Verbosity};

use super::host::now;
use super::live::{self, Shown};
use super::{Failure, Host};
use judging::Judging;
use outputs::Show;
use plan::{Plan, Refused};
use upload::Upload;

/// Judges, reports, and gives the exit code, also where nothing could be judged.
pub(crate) fn run(plan: Result<Plan, Box<Refused>>, host: &Host) -> u8 {
    let (judged, outputs, asked) = match plan {
        Ok(plan) => (judge(&plan, host), plan.outputs, plan.shown.details),
        Err(refused) => (Err(refused.failure), refused.outputs, refused.details),
    };
    judged.unwrap_or_else(|failure| {
        let mut left = outputs.discard();
        left.retain(|other| *other != failure);
        let code = failure.report_of_check(host, asked);
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
    let gathered = match judging.not_evaluated {
        None => gather(plan, &judging.policy, host)?,
        Some(_) => Gathered::default(),
    };
    let details = host.details(shown.details, gathered.visibility.as_deref());
    outputs.can_show(shown.format, details)?;
    let report = judged(plan, judging, gathered);
    let streams = outputs.write(&report, shown)?;
    // After the files, which say the same whatever GitHub does, and before what says how it went.
    let category = shown.category.as_deref();
    let upload = plan.upload.as_ref();
    let upload = upload.map(|plan| Upload { plan, category, bounds, host, started });
    let uploaded = upload.map(|upload| upload.carry_out(&report));
    let show = Show { plan, details, host, upload: uploaded.as_ref() };
    outputs::show(&report, &show, streams)?;
    Ok(report.exit_code)
}

/// The report of the run.
fn judged(plan: &Plan, judging: Judging, gathered: Gathered) -> Report {
    let Judging { policy, origin, copy, notices, not_evaluated } = judging;
    let evaluated = not_evaluated.is_none();
    let skip = plan.skip_forks;
    let mut run = Run {
        now: plan.at.unwrap_or_else(now),
        as_of: plan.at.is_some(),
        origin,
        policy_change: None,
        not_evaluated: not_evaluated.map(|reason| NotEvaluated { reason, skip }),
        notices,
        scope_named: !policy.scope.is_empty() || !plan.bounds.accounts.is_empty(),
        evidence_files: gathered.files,
        incomplete: gathered.incomplete,
    };
    run.policy_change = copy.map(|copy| {
        let after = copy.policy().filter(|_| evaluated);
        let after = after.map(|policy| after_merge(plan, policy, &gathered.evidence, &run));
        copy.change(&policy, after)
    });
    let accounts = evaluated_by(&policy, &gathered.evidence, run.now);
    evaluate::report(&policy, accounts, run)
}

fn evaluated_by(policy: &Policy, evidence: &[Evidence], now: DateTime<Utc>) -> Vec<AccountReport> {
    evidence.iter().map(|evidence| evaluate(policy, evidence, now)).collect()
}

/// How the same evidence would be judged by the copy of the policy. What was not collected, because
/// the judging policy does not ask for it, is undetermined.
fn after_merge(plan: &Plan, copy: &Policy, evidence: &[Evidence], run: &Run) -> AfterMerge {
    let mut policy = copy.clone();
    policy.gate.fail_on = policy.gate.fail_on.min(plan.fail_on.unwrap_or(policy.gate.fail_on));
    let evidence = scope::within(&policy, &plan.bounds.accounts, evidence.to_vec());
    let mut tally = Tally::of(&policy);
    for account in &evidence {
        tally.add(&evaluate(&policy, account, run.now));
    }
    tally.after_merge(run)
}

/// Evidence, and how it was come by.
#[derive(Default)]
struct Gathered {
    evidence: Vec<Evidence>,
    files: Vec<EvidenceFile>,
    incomplete: Option<String>,
    /// What GitHub's token says of the repository's visibility.
    visibility: Option<String>,
}

impl From<Collected> for Gathered {
    fn from(collected: Collected) -> Self {
        Self {
            evidence: collected.evidence,
            files: Vec::new(),
            incomplete: collected.incomplete,
            visibility: collected.claims.and_then(|claims| claims.repository_visibility),
        }
    }
}

fn gather(plan: &Plan, policy: &Policy, host: &Host) -> Result<Gathered, Failure> {
    match &plan.evidence {
        plan::Evidence::Live(sign_in) => {
            let shown = Shown {
                text: plan.shown.format == Format::Text,
                verbose: plan.shown.verbosity == Verbosity::Verbose,
                redacted: live::notes_are_redacted(host, plan.shown.details),
            };
            live::collect(sign_in, &plan.bounds, policy, host, &shown).map(Gathered::from)
        }
        plan::Evidence::Files(files) => from_files(files, policy, &plan.bounds.accounts),
    }
}

fn from_files(
    files: &plan::Files,
    policy: &Policy,
    allowed: &[AccountId],
) -> Result<Gathered, Failure> {
    let named: Vec<_> = if policy.scope.is_empty() {
        allowed.iter().collect()
    } else {
        policy.scope.iter().map(|account| &account.id).collect()
    };
    let only = if let [only] = named[..] { Some(only) } else { None };
    let offline::Loaded { evidence, files } = offline::load(files, only)?;
    if evidence.is_empty() {
        return Err(Failure::new(
            "there is no evidence to judge: the run makes no AWS call (--offline or --at)",
            "give --evidence FILE or --credential-report FILE",
        ));
    }
    let evidence = scope::arrange(policy, allowed, evidence)?;
    let incomplete = collect::incomplete(&evidence);
    Ok(Gathered { evidence, files, incomplete, visibility: None })
}

/// `--fail-on` may only be stricter than the policy.
fn stricter(policy: &mut Policy, flag: Option<Severity>) -> Result<(), Failure> {
    let Some(flag) = flag else { return Ok(()) };
    let own = policy.gate.fail_on;
    if flag > own {
        return Err(Failure::new(
            format!("--fail-on {flag} is looser than the policy, which says `fail-on: {own}`"),
            "change the policy where people review it; a flag can only be stricter",
        ));
    }
    policy.gate.fail_on = flag;
    Ok(())
}
