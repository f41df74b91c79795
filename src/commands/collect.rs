//! `rootgate collect`: one job has the cloud access, another judges.

use std::io::Write;

use rootgate::escape;
use rootgate::model::{
    Cause, Evidence, Gap, RegionGap, is_evidence_file, sha256_hex, write_evidence,
};
use rootgate::policy::Policy;
use rootgate::report::Details;

use super::check::outputs;
use super::host::output::{Kind, Output};
use super::host::{now, runner};
use super::live::{self, Shown};
use super::policy::file;
use super::{Failure, Host};
use crate::cli::CollectArgs;

/// Collects, writes the evidence file, and gives the exit code.
pub(crate) fn run(args: &CollectArgs, host: &Host) -> u8 {
    let asked = args.details.asked();
    collect(args, host, asked).unwrap_or_else(|failure| failure.report_of_collect(host, asked))
}

fn collect(args: &CollectArgs, host: &Host, asked: Option<Details>) -> Result<u8, Failure> {
    refuse_clashes(args, host)?;
    let output = Output::find(&args.output, "--output", EVIDENCE)?;
    let color = args.color.for_stderr(host);
    let (policy, _) = file::load(args.policy.as_deref(), host, color)?;
    let shown = Shown {
        text: false,
        verbose: args.verbose,
        redacted: live::notes_are_redacted(host, asked),
    };
    let collected = live::collect(&args.sign_in, &policy, host, &shown)?;
    let text = write_evidence(&collected.evidence, now()).map_err(|error| {
        Failure::new(
            format!("the evidence cannot be written as JSON: {error}"),
            "this is a mistake of rootgate, please report it",
        )
    })?;
    let visibility = collected.claims.and_then(|claims| claims.repository_visibility);
    let details = host.details(asked, visibility.as_deref());
    if details == Details::Redacted && output.is_in_log() {
        return Err(Failure::new(
            format!(
                "{} may be read by strangers, and evidence names accounts",
                args.output.display()
            ),
            "write a file instead (--output FILE), or say --details full",
        ));
    }
    output.write(text.as_bytes())?;
    line(&format!("the evidence file has the SHA-256 {}", sha256_hex(text.as_bytes())));
    say(&policy, &collected.evidence, details);
    if let Some(why) = collected.incomplete {
        line(&format!("incomplete: {why}; the file holds what was read until then (exit 3)"));
        return Ok(3);
    }
    Ok(0)
}

/// What a collection writes. An earlier file stays until there is a new one.
const EVIDENCE: Kind = Kind { name: "evidence of rootgate", is: is_evidence_file, outlives: true };

/// An output must not overwrite an input.
fn refuse_clashes(args: &CollectArgs, host: &Host) -> Result<(), Failure> {
    let flags =
        [("--policy", args.policy.as_deref()), ("--ca-bundle", args.sign_in.ca_bundle.as_deref())];
    let given = flags.into_iter().filter_map(|(flag, path)| Some((flag, path?)));
    let defaults = file::default_places(host);
    let defaults = defaults.iter().filter(|_| args.policy.is_none());
    let defaults = defaults.map(|path| ("the policy", path.as_path()));
    let inputs: Vec<_> = given.chain(defaults).chain(host.runner.paths()).collect();
    outputs::refuse_clashes("--output", &args.output, &inputs, "")
}

/// One line for each gap, and one for the whole.
fn say(policy: &Policy, evidence: &[Evidence], details: Details) {
    let mut count = 0;
    for (index, account) in evidence.iter().enumerate() {
        let label = label(policy, index, account, details);
        for (of, gap) in gaps(account) {
            count += 1;
            line(&gap_line(&label, &of, gap, details));
        }
    }
    let gaps = match count {
        0 => "no gaps".to_owned(),
        1 => "1 gap, which the judging job decides about".to_owned(),
        _ => format!("{count} gaps, which the judging job decides about"),
    };
    let accounts = if evidence.len() == 1 { "account" } else { "accounts" };
    line(&format!("collected: {} {accounts}, {gaps}", evidence.len()));
}

/// What should have been read and was not: what it is, and why. One reason that keeps a whole account
/// shut is one line.
fn gaps(account: &Evidence) -> Vec<(String, &Gap)> {
    let all = account.gaps().into_iter();
    let mut gaps: Vec<(String, &Gap)> = all.map(|gap| (gap.source.to_string(), gap)).collect();
    gaps.retain(|(_, gap)| gap.cause != Cause::NotCollected);
    if gaps.iter().all(|(_, gap)| gap.cause == Cause::NotEntered) {
        gaps.truncate(1);
        gaps.iter_mut().for_each(|(of, _)| "everything".clone_into(of));
    }
    gaps.extend(account.region_gaps().iter().map(|RegionGap { region, gap }| {
        let of = region.as_ref().map(|region| format!(" of {region}")).unwrap_or_default();
        (format!("{}{of}", gap.source), gap)
    }));
    gaps
}

fn gap_line(label: &str, of: &str, gap: &Gap, details: Details) -> String {
    let why = match details {
        Details::Full => gap.detail.as_str(),
        Details::Redacted => gap.cause.id(),
    };
    // What to do is an IAM action to grant, or a sentence.
    let help = gap.grant.as_ref().map(|todo| match todo.contains(' ') {
        true => format!("; help: {todo}"),
        false => format!("; help: grant {todo}"),
    });
    format!("gap: {label}, {of}: {why}{}", help.unwrap_or_default())
}

/// `account 111122223333 (prod)`; for strangers `prod`, or `account 1` where there is no name.
fn label(policy: &Policy, index: usize, account: &Evidence, details: Details) -> String {
    let named = policy.scope.iter().find(|named| named.id == account.account);
    let name = named.and_then(|named| named.name.as_deref());
    match (details, name) {
        (Details::Full, Some(name)) => format!("account {} ({name})", account.account),
        (Details::Full, None) => format!("account {}", account.account),
        (Details::Redacted, Some(name)) => runner::redacted(name),
        (Details::Redacted, None) => format!("account {}", index + 1),
    }
}

fn line(text: &str) {
    // A closed standard error changes nothing: the file says it, too.
    let _written = writeln!(anstream::stderr(), "{}", escape::visible(text));
}
