//! `GetAccountSummary`: the cheapest look at root, and a live one.

use aws_sdk_iam::Client;
use chrono::{DateTime, Utc};

use crate::model::{AccountSummary, Fact, Observed, Source};

use crate::collect::failure::CallError;
use crate::collect::pace::Pace;

const SOURCE: Source = Source::AccountSummary;
const ACTION: &str = "iam:GetAccountSummary";

/// Reads the four entries that speak of root; true at the instant the call was sent.
pub(crate) async fn fetch(
    client: &Client,
    pace: &Pace,
    clock: &dyn Fn() -> DateTime<Utc>,
) -> Observed<AccountSummary> {
    let call = async || {
        let sent = clock();
        let answer = client.get_account_summary().send().await;
        Ok((sent, answer.map_err(|error| CallError::from_sdk(&error))?))
    };
    let (sent, answer) = pace.persist(call).await.map_err(|error| error.gap(SOURCE, ACTION))?;
    let entries = answer.summary_map.unwrap_or_default();
    let kept = entries
        .into_iter()
        .map(|(key, value)| (key.as_str().to_owned(), i64::from(value)))
        .filter(|(key, _)| AccountSummary::ROOT_KEYS.contains(&key.as_str()));
    Ok(Fact::new(AccountSummary(kept.collect()), sent))
}
