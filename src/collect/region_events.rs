//! One Region's events: every question, every page, at most two calls a second.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};
use tokio::time::{Duration, Instant};

use crate::model::{AccountId, Cause, Gap, Record, Source};

use super::failure::{CallError, Kind};
use super::pace::Pace;

const SOURCE: Source = Source::RootEvents;
const ACTION: &str = "cloudtrail:LookupEvents";
/// The most that one page may hold. Source: API reference, `MaxResults`.
const PAGE: i32 = 50;
/// So many pages of one question are read; a look-back that needs more ends in a gap.
const MOST_PAGES: usize = 400;
/// CloudTrail allows two calls a second per account and Region; a little more than a second, as
/// calls may reach it closer together than they were sent.
const SECOND: Duration = Duration::from_millis(1_050);
const PER_SECOND: usize = 2;

/// What may find root: one attribute a call is allowed.
pub(super) type Question = (LookupAttributeKey, String);

/// Where and since when to look.
pub(super) struct RegionLookup<'a> {
    pub(super) client: Client,
    pub(super) account: &'a AccountId,
    pub(super) pace: &'a Pace,
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

impl RegionLookup<'_> {
    /// All pages of all questions. What was read before a failure is kept in `records`.
    pub(super) async fn read(
        &self,
        questions: &[Question],
        turns: &mut Turns,
        records: &mut Vec<Record>,
    ) -> Result<(), Box<Gap>> {
        for question in questions {
            let mut token: Option<String> = None;
            for page in 0.. {
                if page == MOST_PAGES {
                    let detail = format!(
                        "{ACTION}: there are more than {MOST_PAGES} pages of events for {} `{}`; the rest was \
                         not read",
                        question.0.as_str(),
                        question.1
                    );
                    return Err(Box::new(Gap::new(SOURCE, Cause::Missing, detail)));
                }
                match self.page(question, token.as_deref(), turns, records).await? {
                    None => break,
                    // The same page for ever would be no list.
                    same if same == token => {
                        let detail = format!("{ACTION}: the list goes on, but never gets further");
                        return Err(Box::new(Gap::new(SOURCE, Cause::Unreadable, detail)));
                    }
                    next => token = next,
                }
            }
        }
        Ok(())
    }

    /// One page; returns the token of the next.
    async fn page(
        &self,
        question: &Question,
        token: Option<&str>,
        turns: &mut Turns,
        records: &mut Vec<Record>,
    ) -> Result<Option<String>, Box<Gap>> {
        let call = async || {
            let attribute = LookupAttribute::builder()
                .attribute_key(question.0.clone())
                .attribute_value(&question.1)
                .build()
                .map_err(|error| CallError::new(Kind::Refused, error.to_string()))?;
            let answer = self
                .client
                .lookup_events()
                .lookup_attributes(attribute)
                .start_time(SdkTime::from_secs(self.since.timestamp()))
                .end_time(SdkTime::from_secs(self.until.timestamp()))
                .max_results(PAGE)
                .set_next_token(token.map(str::to_owned))
                .send()
                .await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        let failed = |error: CallError| Box::new(error.gap(SOURCE, ACTION));
        // A call that fails counts for CloudTrail, too.
        let turn = async || turns.wait(self.pace).await;
        let answer = self.pace.persist_in_turn(turn, call).await.map_err(failed)?;
        for event in answer.events.unwrap_or_default() {
            let id = event.event_id.unwrap_or_default();
            let text = event.cloud_trail_event.unwrap_or_default();
            let record = Record::parse(&text).map_err(|error| {
                let detail = format!("{ACTION}: the event `{id}` cannot be read: {error}");
                Box::new(Gap::new(SOURCE, Cause::Unreadable, detail))
            })?;
            if record.concerns(self.account) {
                records.push(record);
            }
        }
        Ok(answer.next_token)
    }
}

/// The calls of the last second, so that the next one waits its turn.
pub(super) struct Turns {
    second: Duration,
    calls: VecDeque<Instant>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { second: SECOND, calls: VecDeque::new() }
    }
}

impl Turns {
    async fn wait(&mut self, pace: &Pace) -> Result<(), CallError> {
        if self.calls.len() == PER_SECOND
            && let Some(oldest) = self.calls.pop_front()
        {
            let delay = (oldest + self.second).saturating_duration_since(Instant::now());
            if !delay.is_zero() {
                pace.pause(delay).await?;
            }
        }
        self.calls.push_back(Instant::now());
        Ok(())
    }
}
