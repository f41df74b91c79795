//! Evidence from files: evidence files and a credential report.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use rootgate::model::{
    AccountId, Cause, CredentialReport, Evidence, EvidenceFile, EvidenceFileError, Fact, Listing,
    ParsedReport, parse_time, read_evidence, sha256_hex,
};
use rootgate::text;
use rootgate::text::{Text, outside, public};
use serde::Deserialize;

use super::plan::Files;
use crate::commands::Failure;
use crate::commands::host::files;

/// Reads everything that the flags name, account by account, and returns the files. A duplicate
/// account is an error.
///
/// The calls of `each` only count if this succeeds.
pub(crate) fn load(
    given: &Files,
    only_account: Option<&AccountId>,
    mut each: impl FnMut(Evidence),
) -> Result<Loaded, Failure> {
    let mut listings: Vec<(Listing, usize)> = Vec::new();
    let mut files: Vec<EvidenceFile> = Vec::new();
    let mut known: BTreeMap<AccountId, usize> = BTreeMap::new();
    let mut twice: Option<(AccountId, usize, usize)> = None;
    let mut add =
        |evidence: Evidence, file: usize| match known.insert(evidence.account.clone(), file) {
            Some(other) if twice.is_none() => twice = Some((evidence.account, other, file)),
            Some(_) => {}
            None => each(evidence),
        };
    for path in &given.evidence {
        let mut file = files::Hashed::open(path, EVIDENCE)?;
        let listing = read_evidence(&mut file, |evidence| add(evidence, files.len()))
            .map_err(|error| not_read(path, error))?;
        listings.extend(listing.map(|listing| (listing, files.len())));
        files.push(EvidenceFile { path: path.display().to_string(), sha256: file.sha256() });
    }
    if let Some(path) = &given.credential_report {
        let bytes = files::read(path, "the credential report")?;
        let sha256 = sha256_hex(&bytes);
        let evidence = credential_report(path, bytes, given.report_generated_at, only_account)?;
        add(evidence, files.len());
        files.push(EvidenceFile { path: path.display().to_string(), sha256 });
    }
    if let Some((account, one, other)) = twice {
        return Err(Failure::new(
            text!(
                "account {} is in {} and in {}",
                &account,
                outside(&files[one].path),
                outside(&files[other].path)
            ),
            "pass the evidence of each account once",
        ));
    }
    if let [(_, one), (_, other), ..] = listings[..] {
        return Err(Failure::new(
            text!(
                "both {} and {} list the accounts of an organization",
                outside(&files[one].path),
                outside(&files[other].path)
            ),
            "pass one of them: it has every account of its organization",
        ));
    }
    let listing = listings.pop().map(|(listing, _)| listing);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Loaded { files, listing })
}

/// What the files hold besides the evidence of each account.
pub(crate) struct Loaded {
    /// The files, by path.
    pub(crate) files: Vec<EvidenceFile>,
    /// The accounts of the organization, if one was collected.
    pub(crate) listing: Option<Listing>,
}

const EVIDENCE: &str = "the evidence file";

fn not_read(path: &Path, error: EvidenceFileError) -> Failure {
    match error {
        EvidenceFileError::Read(error) => files::unreadable(path, EVIDENCE, &error),
        error => Failure::new(
            text!("{} is not an evidence file that this version reads: {}", path, outside(&error)),
            "collect it again with the same version of rootgate, and pass the file unchanged",
        ),
    }
}

/// What `aws iam get-credential-report` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CliAnswer {
    content: String,
    #[serde(default)]
    report_format: Option<String>,
    #[serde(default)]
    generated_time: Option<String>,
}

fn credential_report(
    path: &Path,
    bytes: Vec<u8>,
    given: Option<DateTime<Utc>>,
    only_account: Option<&AccountId>,
) -> Result<Evidence, Failure> {
    let failed = |what: Text| {
        Failure::new(
            text!("{}: {}", path, what),
            "pass the CSV from AWS, or the output of `aws iam get-credential-report`",
        )
    };
    let (csv, carried) = if bytes.trim_ascii_start().starts_with(b"{") {
        from_cli(&bytes).map_err(failed)?
    } else {
        (bytes, None)
    };
    let generated_at = match (carried, given) {
        (Some(carried), Some(given)) if carried != given => {
            return Err(Failure::new(
                text!(
                    "{} says that it was made at {}, --report-generated-at says {}",
                    path,
                    public(carried),
                    public(given)
                ),
                "leave the flag out: this file carries its time",
            ));
        }
        (carried, given) => carried.or(given),
    };
    let parsed = CredentialReport::parse(&csv).map_err(|error| failed(outside(error)))?;
    let account = parsed.account.clone().or_else(|| only_account.cloned()).ok_or_else(|| {
        Failure::new(
            text!("{} has no row, so its account is unknown", path),
            "name the account: --account ID",
        )
    })?;
    Ok(evidence(account, parsed, generated_at))
}

fn from_cli(bytes: &[u8]) -> Result<(Vec<u8>, Option<DateTime<Utc>>), Text> {
    let answer: CliAnswer = serde_json::from_slice(bytes).map_err(|error| {
        text!("this is not the JSON of `aws iam get-credential-report`: {}", outside(error))
    })?;
    if let Some(format) = answer.report_format.filter(|format| format != "text/csv") {
        return Err(text!(
            "`ReportFormat` is `{}`, not `text/csv`",
            outside(format.escape_debug())
        ));
    }
    let generated_at = answer.generated_time.map(|text| {
        parse_time(&text).map_err(|error| {
            let text = outside(text.escape_debug());
            text!("`GeneratedTime` holds `{}`: {}", text, outside(error))
        })
    });
    let csv = BASE64.decode(answer.content.trim()).map_err(|error| {
        text!("`Content` is not the Base64 text that AWS sends: {}", outside(error))
    })?;
    Ok((csv, generated_at.transpose()?))
}

/// A report alone: the other sources were not asked for.
fn evidence(
    account: AccountId,
    parsed: ParsedReport,
    observed_at: Option<DateTime<Utc>>,
) -> Evidence {
    let detail = "only a credential report was given";
    let mut evidence = Evidence::unread(account, parsed.partition, Cause::NotCollected, detail);
    evidence.credential_report = Ok(Fact { value: parsed.report, observed_at });
    evidence
}
