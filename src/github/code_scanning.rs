//! Whether code scanning takes findings, and when rootgate last uploaded some.
//!
//! Source: GitHub REST API, "List code scanning analyses for a repository": `security-events: read`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::api::{Api, ApiError};
use super::pages::{list, unexpected};
use super::repository::Repository;
use crate::model::hosting::CodeScanning;

/// GitHub's words for a repository without any upload, with status 404.
const NO_ANALYSIS: &str = "no analysis found";
/// GitHub's words where the feature is off or not paid for, with status 403.
const NOT_ENABLED: &[&str] = &["not enabled", "must be enabled"];

/// `None`: GitHub says that it is not enabled.
///
/// # Errors
/// See [`ApiError`].
pub async fn state(api: &Api, repository: &Repository) -> Result<Option<CodeScanning>, ApiError> {
    let path =
        format!("{}/code-scanning/analyses?tool_name=rootgate&per_page=1", repository.path());
    state_of(api.get(&path).await)
}

fn state_of(answer: Result<Value, ApiError>) -> Result<Option<CodeScanning>, ApiError> {
    match answer {
        Ok(answer) => match list(answer, None)?.first() {
            None => Ok(Some(CodeScanning::NothingYet)),
            Some(analysis) => {
                let at = analysis.get("created_at").and_then(Value::as_str);
                let at = at.and_then(|at| at.parse::<DateTime<Utc>>().ok());
                Ok(Some(CodeScanning::Uploaded(at.ok_or_else(unexpected)?)))
            }
        },
        Err(ApiError::Status { status: 404, message }) if says(&message, &[NO_ANALYSIS]) => {
            Ok(Some(CodeScanning::NothingYet))
        }
        Err(ApiError::Status { status: 403, message }) if says(&message, NOT_ENABLED) => Ok(None),
        Err(error) => Err(error),
    }
}

fn says(message: &str, words: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    words.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_githubs_own_words_say_that_it_is_off_or_empty() {
        let refused = |status, message: &str| {
            state_of(Err(ApiError::Status { status, message: message.to_owned() }))
        };
        assert_eq!(refused(404, "no analysis found"), Ok(Some(CodeScanning::NothingYet)));
        let off = "Advanced Security must be enabled for this repository to use code scanning.";
        assert_eq!(refused(403, off), Ok(None));
        let off = "Code scanning is not enabled for this repository.";
        assert_eq!(refused(403, off), Ok(None));
        for (status, message) in
            [(404, "Not Found"), (403, "Resource not accessible by integration"), (503, "")]
        {
            assert!(refused(status, message).is_err(), "{status} {message}");
        }
        assert!(state_of(Ok(json!([{ "created_at": "2026-11-20T05:31:00Z" }]))).is_ok());
        assert!(state_of(Ok(json!([{}]))).is_err() && state_of(Ok(json!({}))).is_err());
    }
}
