//! Uploads a SARIF report to GitHub code scanning and waits for the result.
//!
//! Source: GitHub REST API, "Upload an analysis as SARIF data" and "Get information about a SARIF
//! upload"; GitHub Docs, "SARIF support for code scanning", for the limits.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::api::{Api, ApiError};
use super::error_text::one_line;
use super::repository::Repository;
use crate::text;
use crate::text::{Text, outside};

/// The maximum that GitHub accepts, after gzip. Source:
/// data/reusables/code-scanning/sarif-limits.md.
const MAX_UPLOAD_BYTES: usize = 10 * 1024 * 1024;
/// GitHub's own action gives up after the same time.
const MAX_WAIT: Duration = Duration::from_secs(155);
/// The maximum number of processing errors shown.
const SHOWN_ERRORS: usize = 3;

/// Where the alerts of a report belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository.
    pub repository: Repository,
    /// `GITHUB_SHA`: the commit; for a pull request its merge commit.
    pub commit_sha: String,
    /// `GITHUB_REF`: `refs/heads/main`, or `refs/pull/42/merge` for a pull request's own check.
    pub git_ref: String,
    /// The folder of the checkout, as a `file:` URI.
    pub checkout_uri: Option<String>,
    /// When the run began, RFC 3339.
    pub started_at: String,
}

/// Why a report is not in code scanning, or may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadError {
    /// The report is larger than GitHub accepts.
    TooLarge {
        /// Its size after gzip, in bytes.
        size: usize,
    },
    /// GitHub refused it.
    Refused(ApiError),
    /// GitHub accepted it, but could not process it or not all of it.
    Processing(String),
    /// GitHub accepted it; the result is not known.
    Unknown(ApiError),
    /// GitHub accepted it and was still processing it when the wait ended.
    Pending(u64),
}

impl From<&UploadError> for Text {
    fn from(error: &UploadError) -> Self {
        match error {
            UploadError::TooLarge { size } => text!(
                "the report has {} bytes after gzip; GitHub accepts {}",
                *size,
                MAX_UPLOAD_BYTES
            ),
            UploadError::Refused(error) => error.into(),
            UploadError::Processing(errors) => {
                text!("GitHub could not process the report: {}", outside(errors))
            }
            UploadError::Unknown(error) => {
                text!("GitHub accepted the report, but its result could not be read: {}", error)
            }
            UploadError::Pending(seconds) => {
                text!("GitHub accepted the report and was still processing it after {} s", *seconds)
            }
        }
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::from(self).fmt(formatter)
    }
}

impl std::error::Error for UploadError {}

#[derive(Serialize)]
struct Request<'a> {
    commit_sha: &'a str,
    #[serde(rename = "ref")]
    git_ref: &'a str,
    sarif: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_uri: Option<&'a str>,
    started_at: &'a str,
    tool_name: &'static str,
}

#[derive(Deserialize)]
struct Receipt {
    id: String,
}

#[derive(Deserialize)]
struct Status {
    processing_status: Option<String>,
    errors: Option<Vec<String>>,
}

/// Uploads a SARIF file, and waits until GitHub has processed it.
///
/// Uploading the same file twice is harmless, so the upload is retried if its answer is lost.
///
/// # Errors
/// See [`UploadError`].
pub async fn upload(api: &Api, target: &Target, sarif: &[u8]) -> Result<(), UploadError> {
    let sarif = packed(sarif, MAX_UPLOAD_BYTES)?;
    let path = format!("{}/code-scanning/sarifs", target.repository.path());
    let request = Request {
        commit_sha: &target.commit_sha,
        git_ref: &target.git_ref,
        sarif: &sarif,
        checkout_uri: target.checkout_uri.as_deref(),
        started_at: &target.started_at,
        tool_name: "rootgate",
    };
    let receipt: Receipt = api.post(&path, &request).await.map_err(UploadError::Refused)?;
    // The id becomes a part of an address; GitHub's ids are UUIDs.
    if !receipt.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        let strange = ApiError::Unreadable("the id of the upload is invalid".to_owned());
        return Err(UploadError::Unknown(strange));
    }
    processed(api, &format!("{path}/{}", receipt.id)).await
}

/// Polls, with growing pauses, until GitHub has processed the upload.
async fn processed(api: &Api, path: &str) -> Result<(), UploadError> {
    let most = api.time_left().min(MAX_WAIT);
    let mut pause = (most / 150).max(Duration::from_millis(10)); // a second, of the longest wait
    let mut waited = Duration::ZERO;
    while waited + pause < most && pause < api.time_left() {
        sleep(pause).await;
        waited += pause;
        pause = pause * 3 / 2;
        let status = match api.get::<Status>(path).await {
            // GitHub may not find a new upload yet.
            Err(ApiError::Status { status: 404, .. }) => continue,
            other => other.map_err(UploadError::Unknown)?,
        };
        match status.processing_status.as_deref() {
            Some("complete") => return Ok(()),
            Some("failed") => return Err(UploadError::Processing(reasons(status.errors))),
            _ => {}
        }
    }
    Err(UploadError::Pending(waited.as_secs()))
}

fn reasons(errors: Option<Vec<String>>) -> String {
    let errors = errors.unwrap_or_default();
    if errors.is_empty() {
        return "it does not say why".to_owned();
    }
    let shown: Vec<String> = errors.iter().take(SHOWN_ERRORS).map(|text| one_line(text)).collect();
    let more = match errors.len().saturating_sub(SHOWN_ERRORS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    shown.join("; ") + &more
}

/// gzip, then Base64, as the API requires; `largest` is the maximum size after gzip.
fn packed(sarif: &[u8], largest: usize) -> Result<String, UploadError> {
    // Writing to a vector cannot fail; an empty file would be refused and close no alert.
    let bytes = gzip(sarif).unwrap_or_default();
    if bytes.len() > largest {
        return Err(UploadError::TooLarge { size: bytes.len() });
    }
    Ok(BASE64_STANDARD.encode(bytes))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_file_is_sent_as_gzip_in_base64() {
        let text = packed(b"{\"version\": \"2.1.0\"}", MAX_UPLOAD_BYTES).unwrap();
        let bytes = BASE64_STANDARD.decode(&text).unwrap();
        assert_eq!(bytes[..2], [0x1f, 0x8b]);
        let mut sarif = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut sarif).unwrap();
        assert_eq!(sarif, "{\"version\": \"2.1.0\"}");
        assert_eq!(packed(b"{\"version\": \"2.1.0\"}", MAX_UPLOAD_BYTES).unwrap(), text);
    }

    #[test]
    fn the_limit_applies_after_gzip() {
        let sarif = vec![b'x'; 4_096];
        let size = gzip(&sarif).unwrap().len();
        assert!(size < 100);
        assert!(packed(&sarif, size).is_ok());
        let error = packed(&sarif, size - 1).unwrap_err();
        assert_eq!(error, UploadError::TooLarge { size });
    }

    #[test]
    fn account_ids_in_githubs_messages_are_redacted() {
        let said = || "no 111122223333 for ref x".to_owned();
        let status = || ApiError::Status { status: 404, message: said() };
        let limited = ApiError::RateLimited { status: 429, message: said(), retry_after: None };
        for error in [
            UploadError::Refused(limited),
            UploadError::Refused(ApiError::NotPrivate(said())),
            UploadError::Refused(ApiError::NoRef(said())),
            UploadError::Refused(ApiError::Unreachable(said())),
            UploadError::Refused(ApiError::Untrusted(said())),
            UploadError::Refused(ApiError::Unreadable(said())),
            UploadError::Refused(status()),
            UploadError::Processing(said()),
            UploadError::Unknown(status()),
        ] {
            let (full, redacted) = (error.to_string(), Text::from(&error).redacted().to_string());
            assert_eq!(redacted, full.replace("111122223333", "[left out]"));
        }
        // Control: numbers of the program's own are never searched.
        let large = Text::from(&UploadError::TooLarge { size: 123_456_789_012 });
        assert_eq!(large.redacted(), large);
    }

    #[test]
    fn the_first_reasons_of_github_are_quoted() {
        assert_eq!(reasons(None), "it does not say why");
        let many = |count: usize| Some((0..count).map(|index| format!("e{index}\n")).collect());
        assert_eq!(reasons(many(2)), "e0; e1");
        assert_eq!(reasons(many(1_000)), "e0; e1; e2; and 997 more");
    }
}
