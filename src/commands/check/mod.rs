//! `rootgate check`: the gate.

pub(crate) mod judging;
mod offline;
pub(crate) mod outputs;
mod scope;
mod upload;

use std::time::Instant;

use chrono::{DateTime, Utc};
use rootgate::collect::{self, Collected};
use rootgate::evaluate::{self, NotEvaluated, Run, evaluate};
use rootgate::model::{
    AccountReport, AfterMerge, Evidence, EvidenceFile, Report, Severity, format_time,
};
use rootgate::policy::Policy;
use rootgate::report::{Details, Format};

use super::host::now;
use super::live::{self, Shown};
use super::{Failure, Host};
use crate::cli::{CheckArgs, OnFork};
use judging::Judging;
use outputs::{Outputs, Show};

/// Judges, reports, and gives the exit code, also where nothing could be judged.
pub(crate) fn run(args: &CheckArgs, host: &Host) -> u8 {
    let asked = args.reports.details.asked();
    let (outputs, refused) = Outputs::find(args, host);
    let judged = outputs::with_standard_output(args).and_then(|args| {
        refused.into_iter().try_for_each(Err)?;
        judge(&args, host, asked, &outputs)
    });
    judged.unwrap_or_else(|failure| {
        let mut left = outputs.discard();
        left.retain(|other| *other != failure);
        let code = failure.report_of_check(host, asked);
        left.into_iter().for_each(|failure| failure.report_to(host, asked));
        code
    })
}

fn judge(
    args: &CheckArgs,
    host: &Host,
    asked: Option<Details>,
    outputs: &Outputs,
) -> Result<u8, Failure> {
    let started = Instant::now();
    outputs.remove_earlier()?;
    let plan = upload::plan(args, host)?;
    let color = args.reports.color.for_stderr(host);
    let at = instant(args, host)?;
    let mut judging = judging::decide(args, host, started, color)?;
    stricter(&mut judging.policy, args.fail_on)?;
    let gathered = match judging.not_evaluated {
        None => gather(args, &judging.policy, host, asked)?,
        Some(_) => Gathered::default(),
    };
    let details = host.details(asked, gathered.visibility.as_deref());
    outputs::can_show(&args.reports, outputs, details)?;
    let report = judged(args, judging, gathered, at);
    let streams = outputs.write(&report, &args.reports)?;
    // After the files, which say the same whatever GitHub does, and before what says how it went.
    let uploaded = plan.map(|plan| plan.carry_out(&report, started));
    let show = Show { args: &args.reports, details, host, upload: uploaded.as_ref() };
    outputs::show(&report, &show, streams)?;
    Ok(report.exit_code)
}

/// The report of the run.
fn judged(
    args: &CheckArgs,
    judging: Judging,
    gathered: Gathered,
    at: Option<DateTime<Utc>>,
) -> Report {
    let Judging { policy, origin, copy, notices, not_evaluated } = judging;
    let evaluated = not_evaluated.is_none();
    let skip = args.judging.on_fork == OnFork::Skip;
    let mut run = Run {
        now: at.unwrap_or_else(now),
        as_of: at.is_some(),
        origin,
        policy_change: None,
        not_evaluated: not_evaluated.map(|reason| NotEvaluated { reason, skip }),
        notices,
        scope_named: !policy.scope.is_empty() || !args.sign_in.account.is_empty(),
        evidence_files: gathered.files,
        incomplete: gathered.incomplete,
    };
    run.policy_change = copy.map(|copy| {
        let after = copy.policy().filter(|_| evaluated);
        let after = after.map(|policy| after_merge(args, policy, &gathered.evidence, &run));
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
fn after_merge(args: &CheckArgs, copy: &Policy, evidence: &[Evidence], run: &Run) -> AfterMerge {
    let mut policy = copy.clone();
    policy.gate.fail_on = policy.gate.fail_on.min(args.fail_on.unwrap_or(policy.gate.fail_on));
    let evidence = scope::within(&policy, &args.sign_in.account, evidence.to_vec());
    let accounts = evaluated_by(&policy, &evidence, run.now);
    AfterMerge::of(&evaluate::report(&policy, accounts, run.clone()))
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

fn gather(
    args: &CheckArgs,
    policy: &Policy,
    host: &Host,
    asked: Option<Details>,
) -> Result<Gathered, Failure> {
    if !args.is_offline() {
        let shown = Shown {
            text: args.reports.format() == Format::Text,
            verbose: args.reports.verbose,
            redacted: live::notes_are_redacted(host, asked),
        };
        return live::collect(&args.sign_in, policy, host, &shown).map(Gathered::from);
    }
    refuse_live_flags(args)?;
    let allowed = &args.sign_in.account;
    let named: Vec<_> = if policy.scope.is_empty() {
        allowed.iter().collect()
    } else {
        policy.scope.iter().map(|account| &account.id).collect()
    };
    let only = if let [only] = named[..] { Some(only) } else { None };
    let offline::Loaded { evidence, files } = offline::load(args, only)?;
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

/// Flags that only mean something to a run that signs in must not be ignored in silence.
fn refuse_live_flags(args: &CheckArgs) -> Result<(), Failure> {
    let sign_in = &args.sign_in;
    let given = [
        ("--role-arn", sign_in.role_arn.is_some()),
        ("--external-id", sign_in.external_id.is_some()),
        ("--oidc-audience", sign_in.oidc_audience.is_some()),
        ("--endpoint-url", sign_in.endpoint_url.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Failure::new(
            format!(
                "{flag} was given, but the run makes no AWS call (--offline, --evidence, --credential-report or --at)"
            ),
            "leave the flag out to judge files, or leave the files out to sign in",
        )),
    }
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

/// The instant of `--at`, where it may be given.
fn instant(args: &CheckArgs, host: &Host) -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(at) = args.at else { return Ok(None) };
    if host.github_actions() {
        return Err(Failure::new(
            "--at is refused under GitHub Actions: a workflow must not choose the instant that judges it",
            "leave it out; the present is judged",
        ));
    }
    if at > host.now {
        return Err(Failure::new(
            format!("--at {} lies in the future", format_time(at)),
            "give an instant that has passed",
        ));
    }
    Ok(Some(at))
}
