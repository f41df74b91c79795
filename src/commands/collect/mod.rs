//! `rootgate collect`: one job with cloud access collects evidence, another job judges it.

pub(crate) mod plan;

use std::io::Write;

use rootgate::collect::{OUT_OF_TIME, incomplete};
use rootgate::escape;
use rootgate::model::{Cause, Evidence, Gap, RegionGap, ToDo, sha256_hex, write_evidence};
use rootgate::policy::Policy;
use rootgate::report::Details;
use rootgate::text;
use rootgate::text::outside;

use super::host::now;
use super::live::{self, Shown};
use super::policy::file;
use super::{Failure, Host};
use plan::{Plan, Refused};

/// Collects, writes the evidence file and returns the exit code.
pub(crate) fn run(plan: Result<Plan, Refused>, host: &Host) -> u8 {
    let (ended, details) = match plan {
        Ok(plan) => (collect(&plan, host), plan.details),
        Err(Refused { failure, details }) => (Err(failure), details),
    };
    ended.unwrap_or_else(|failure| failure.report_for_collect(host, details))
}

fn collect(plan: &Plan, host: &Host) -> Result<u8, Failure> {
    let Plan { output, sign_in, bounds, .. } = plan;
    let (policy, _) = file::load(plan.policy.as_deref(), host, plan.color)?;
    let shown = Shown {
        text: false,
        verbose: plan.verbose,
        redacted: live::notes_are_redacted(host, plan.details),
    };
    let mut evidence = Vec::new();
    let collected = live::collect(sign_in, bounds, &policy, host, &shown, |it| evidence.push(it))?;
    let listing = collected.listing;
    // The named accounts first, in the order of the scope, then the organization's by id.
    let position = |it: &Evidence| policy.scope.iter().position(|named| named.id == it.account);
    evidence.sort_by_cached_key(|it| (position(it).unwrap_or(usize::MAX), it.account.clone()));
    let mut text = Vec::new();
    write_evidence(&evidence, listing.as_ref(), now(), &mut text).map_err(|error| {
        Failure::new(
            text!("the evidence cannot be written as JSON: {}", &error),
            "report this as a bug in rootgate",
        )
    })?;
    let visibility = collected.claims.and_then(|claims| claims.repository_visibility);
    let details = host.details(plan.details, visibility.as_deref());
    if details == Details::Redacted && output.is_in_log() {
        return Err(Failure::new(
            text!("{} may be read by strangers, and evidence names accounts", output.shown()),
            "write a file instead (--output FILE), or use --details full",
        ));
    }
    output.write(&|out| out.write_all(&text))?;
    line(&format!("the evidence file has the SHA-256 {}", sha256_hex(&text)));
    say(&policy, &evidence, details);
    let unlisted = listing.as_ref().and_then(|listing| listing.gap.as_ref());
    if let Some(gap) = unlisted {
        line(&gap_line("organization", "list of accounts", gap, details));
    }
    let out_of_time = collected.out_of_time.then_some(OUT_OF_TIME);
    let mut cut_short = evidence.iter().map(|it| incomplete(it, listing.is_some()));
    let cut_short = cut_short.find_map(|why| why).or(out_of_time);
    let unlisted = unlisted.map(|_| "an account of the organization may be missing");
    let Some(why) = cut_short.or(unlisted) else { return Ok(0) };
    line(&format!("incomplete: {why}; the file contains what had been read by then (exit 3)"));
    Ok(3)
}

/// Prints one line per gap and a summary line.
fn say(policy: &Policy, evidence: &[Evidence], details: Details) {
    let mut count = 0;
    for (index, account) in evidence.iter().enumerate() {
        let label = label(policy, index, account, details);
        for (what, gap) in gaps(account) {
            count += 1;
            line(&gap_line(&label, &what, gap, details));
        }
    }
    let gaps = match count {
        0 => "no gaps".to_owned(),
        1 => "1 gap; the judging job decides about it".to_owned(),
        _ => format!("{count} gaps; the judging job decides about them"),
    };
    let accounts = if evidence.len() == 1 { "account" } else { "accounts" };
    line(&format!("collected: {} {accounts}, {gaps}", evidence.len()));
}

/// The missing facts, each with its gap. A failed sign-in to an account is a single line.
fn gaps(account: &Evidence) -> Vec<(String, &Gap)> {
    let all = account.gaps().into_iter();
    let mut gaps: Vec<(String, &Gap)> = all.map(|gap| (gap.source.to_string(), gap)).collect();
    gaps.retain(|(_, gap)| !matches!(gap.cause, Cause::NotCollected | Cause::NotVisible));
    let same = |(_, gap): &(String, &Gap)| gap.detail == gaps[0].1.detail;
    if account.nothing_read() && !gaps.is_empty() && gaps.iter().all(same) {
        gaps.truncate(1);
        gaps.iter_mut().for_each(|(what, _)| "everything".clone_into(what));
    }
    gaps.extend(account.region_gaps().iter().map(|RegionGap { region, gap }| {
        let region = region.as_ref().map(|region| format!(" of {region}")).unwrap_or_default();
        (format!("{}{region}", gap.source), gap)
    }));
    gaps.extend(account.audit_gaps().map(|gap| (gap.source.to_string(), gap)));
    gaps
}

fn gap_line(label: &str, what: &str, gap: &Gap, details: Details) -> String {
    let why = match details {
        Details::Full => gap.detail.as_str(),
        Details::Redacted => gap.cause.id(),
    };
    let help = gap.grant.as_ref().map(|to_do| match to_do {
        ToDo::Grant(action) => text!("; help: grant {}", action),
        ToDo::Do(what) => text!("; help: {}", outside(what)),
    });
    let help = help.unwrap_or_default();
    let help = if details == Details::Redacted { help.redacted() } else { help };
    format!("gap: {label}, {what}: {why}{help}")
}

/// `account 111122223333 (prod)`; for strangers `prod`, or `account 1` if it has no name.
fn label(policy: &Policy, index: usize, account: &Evidence, details: Details) -> String {
    let named = policy.scope.iter().find(|named| named.id == account.account);
    let name = named.and_then(|named| named.name.as_deref());
    match (details, name) {
        (Details::Full, Some(name)) => format!("account {} ({name})", account.account),
        (Details::Full, None) => format!("account {}", account.account),
        (Details::Redacted, Some(name)) => outside(name).redacted().to_string(),
        (Details::Redacted, None) => format!("account {}", index + 1),
    }
}

fn line(text: &str) {
    // Standard error may be closed; the file has the same facts.
    let _written = writeln!(anstream::stderr(), "{}", escape::visible(text));
}
