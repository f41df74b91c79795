//! Requests the account summary.

use crate::collect::failure::CallError;
use crate::collect::pace::Pace;
use crate::model::account_summary::GET;
use crate::model::{AccountSummary, Fact, Observed, Source};

use super::Reader;

/// Reads the four entries about root, within the limit of `pace`. They are true at the time of the
/// call.
pub(super) async fn fetch(reader: &Reader<'_>, pace: &Pace) -> Observed<AccountSummary> {
    let client = reader.session.iam();
    let call = async || {
        let sent = (reader.clock)();
        let answer = client.get_account_summary().send().await;
        Ok((sent, answer.map_err(|error| CallError::from_sdk(&error))?))
    };
    let (sent, answer) =
        pace.retry(call).await.map_err(|error| error.gap(Source::AccountSummary, &GET))?;
    let entries = answer.summary_map.unwrap_or_default();
    let kept = entries
        .into_iter()
        .map(|(key, value)| (key.as_str().to_owned(), i64::from(value)))
        .filter(|(key, _)| AccountSummary::ROOT_KEYS.contains(&key.as_str()));
    Ok(Fact::new(AccountSummary(kept.collect()), sent))
}
