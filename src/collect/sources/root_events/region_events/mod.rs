//! Reads the events of a Region: every lookup, every page, at most two calls per second.
//!
//! CloudTrail cannot filter sign-in events by user, so rootgate reads those of all users. If a few
//! pages contain them all, one lookup is enough. If not, they are looked up by event name: rare
//! events completely, frequent events newest first, up to a maximum number of pages and a time
//! limit. If such a limit is reached, the answer says since when they are complete.

#[cfg(test)]
mod tests;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Duration;

use crate::collect::failure::{CallError, Kind};
use crate::collect::pace::Pace;
use crate::model::root_events::LOOKUP;
use crate::model::{AccountId, Cause, Gap, Record, Source};
use crate::net::bucket::{Bucket, Rate};

const SOURCE: Source = Source::RootEvents;
/// The maximum size of a page. Source: API reference, `MaxResults`.
const PAGE: i32 = 50;
/// The maximum number of pages of one lookup. If there are more, the rest is a gap.
const MAX_PAGES: usize = 400;
/// The maximum number of pages of all sign-in events, before they are looked up by name.
const FEW_PAGES: usize = 4;
/// The maximum number of pages of frequent sign-in events: 42 seconds at two calls per second.
const SIGN_IN_PAGES: usize = 80;
/// The maximum number of these pages for each name other than `ConsoleLogin`.
const PAGES_PER_NAME: usize = 8;
/// The time limit for frequent sign-in events, for slow answers.
const SIGN_IN_TIME: Duration = Duration::from_secs(45);
/// CloudTrail allows two calls per second, account and Region. The period is a little longer than a
/// second, because calls may arrive closer together than they were sent.
pub(super) const RATE: Rate = Rate { burst: 2, period: Duration::from_millis(1_050) };

/// The event source of sign-ins.
const SIGN_IN: &str = "signin.amazonaws.com";
const CONSOLE_LOGIN: &str = "ConsoleLogin";
/// Sign-in events that change root's credentials. They must be read completely.
const CHANGES: &[&str] = &["PasswordRecoveryCompleted", "PasswordUpdated", "EmailUpdated"];
/// Sign-in events of the console that may be as frequent as sign-ins, in the order of the lookups.
/// The last one gets the remaining pages.
const FREQUENT: &[&str] =
    &["PasswordRecoveryRequested", "CheckMfa", COMMAND_LINE[0], COMMAND_LINE[1], CONSOLE_LOGIN];
/// Sign-in events of command lines and agents. They are recorded in the Region that the user chose.
/// Source: AWS Sign-In User Guide, "OAuth 2.0".
const COMMAND_LINE: &[&str] = &["AuthorizeOAuth2Access", "CreateOAuth2Token"];

/// A lookup that may find root. Each call allows one attribute.
pub(super) type Question = (LookupAttributeKey, String);

/// The sign-ins of root that a Region records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIns {
    /// All sign-ins.
    Console,
    /// Only those of command lines and agents.
    CommandLine,
}

/// The lookups in a Region.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    /// The lookups that are read to the last page.
    pub(super) whole: Vec<Question>,
    /// The sign-ins of everybody.
    pub(super) sign_ins: Option<SignIns>,
}

/// The Region and the time range of a lookup.
pub(super) struct RegionLookup<'a> {
    pub(super) client: Client,
    pub(super) account: &'a AccountId,
    /// The Region, if the policy names it: then its name may be wrong.
    pub(super) named: Option<&'a str>,
    pub(super) pace: &'a Pace,
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// The pages that were read for one lookup.
#[derive(Default)]
struct Pages {
    count: usize,
    /// Whether there are more: the maximum number of pages or the time limit was reached.
    cut: bool,
    /// The newest event of the last page with events.
    newest_of_last: Option<DateTime<Utc>>,
}

impl Pages {
    /// The time since which the events are complete; `None`: these are all.
    ///
    /// CloudTrail sends the newest events first, so every event after the newest event of the last
    /// page was read. The next page may contain more events of the same second.
    fn since(&self, lookup: &RegionLookup<'_>) -> Option<DateTime<Utc>> {
        let second = TimeDelta::seconds(1);
        let since = self.newest_of_last.map_or(lookup.until, |newest| newest + second);
        self.cut.then_some(since)
    }
}

/// The parts of a page besides its events.
struct Page {
    next: Option<String>,
    newest: Option<DateTime<Utc>>,
}

/// The rate limit of a Region, and its records.
pub(super) struct Reading<'a> {
    pub(super) bucket: &'a mut Bucket,
    pub(super) records: &'a mut Vec<Record>,
}

impl RegionLookup<'_> {
    /// Reads all pages of all lookups. If sign-in events are incomplete, it returns the time since
    /// which they are complete. Records that were read before a failure are kept.
    pub(super) async fn read(
        &self,
        questions: &Questions,
        reading: &mut Reading<'_>,
    ) -> Result<Option<DateTime<Utc>>, Box<Gap>> {
        for question in &questions.whole {
            self.read_all(question, reading).await?;
        }
        match questions.sign_ins {
            Some(recorded) => self.sign_ins(recorded, reading).await,
            None => Ok(None),
        }
    }

    /// Reads everybody's sign-in events, or the newest of them.
    async fn sign_ins(
        &self,
        recorded: SignIns,
        reading: &mut Reading<'_>,
    ) -> Result<Option<DateTime<Utc>>, Box<Gap>> {
        let of_everybody = (LookupAttributeKey::EventSource, SIGN_IN.to_owned());
        let few = self.pages(&of_everybody, self.pace, FEW_PAGES, reading).await?;
        let Some(until) = few.since(self) else { return Ok(None) };
        // The events of those pages do not need to be read again.
        let older = RegionLookup { client: self.client.clone(), until, ..*self };
        let named = |name: &str| (LookupAttributeKey::EventName, name.to_owned());
        let (changes, frequent) = match recorded {
            SignIns::Console => (CHANGES, FREQUENT),
            SignIns::CommandLine => (&[][..], COMMAND_LINE),
        };
        for name in changes {
            older.read_all(&named(name), reading).await?;
        }
        let pace = self.pace.half(SIGN_IN_TIME);
        let mut left = SIGN_IN_PAGES;
        let mut since = None;
        for name in frequent {
            let most = if *name == CONSOLE_LOGIN { left } else { PAGES_PER_NAME };
            let read = older.pages(&named(name), &pace, most, reading).await?;
            left = left.saturating_sub(read.count);
            since = since.max(read.since(&older));
        }
        Ok(since)
    }

    /// Reads all pages of a lookup that must be complete.
    async fn read_all(
        &self,
        question: &Question,
        reading: &mut Reading<'_>,
    ) -> Result<(), Box<Gap>> {
        if !self.pages(question, self.pace, MAX_PAGES, reading).await?.cut {
            return Ok(());
        }
        let detail = format!(
            "there are more than {MAX_PAGES} pages of events for {} `{}`; the rest was \
             not read",
            question.0.as_str(),
            question.1
        );
        Err(Box::new(Gap::for_call(SOURCE, &LOOKUP, Cause::Missing, detail)))
    }

    /// Reads the pages of a lookup, newest first, up to a maximum number. A `pace` that ends
    /// earlier than [`Self::pace`] is also a limit.
    async fn pages(
        &self,
        question: &Question,
        pace: &Pace,
        most: usize,
        reading: &mut Reading<'_>,
    ) -> Result<Pages, Box<Gap>> {
        let mut pages = Pages::default();
        let mut token: Option<String> = None;
        loop {
            if pages.count == most {
                return Ok(Pages { cut: true, ..pages });
            }
            let page = match self.page(question, token.as_deref(), pace, reading).await {
                Ok(page) => page,
                Err(gap) if pace.ends_before(self.pace) && is_out_of_time(&gap) => {
                    return Ok(Pages { cut: true, ..pages });
                }
                Err(gap) => return Err(gap),
            };
            pages.count += 1;
            pages.newest_of_last = page.newest.or(pages.newest_of_last);
            match page.next {
                None => return Ok(pages),
                // A repeated token would repeat the same page forever.
                same if same == token => {
                    let why = "AWS sent the same page token twice";
                    return Err(Box::new(Gap::for_call(SOURCE, &LOOKUP, Cause::Unreadable, why)));
                }
                next => token = next,
            }
        }
    }

    /// Reads a page.
    async fn page(
        &self,
        question: &Question,
        token: Option<&str>,
        pace: &Pace,
        reading: &mut Reading<'_>,
    ) -> Result<Page, Box<Gap>> {
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
        let answer = pace.retry_at_rate(reading.bucket, call).await;
        let answer = answer.map_err(|error| failed(&error, self.named))?;
        let mut newest = None;
        for event in answer.events.unwrap_or_default() {
            let id = event.event_id.unwrap_or_default();
            let text = event.cloud_trail_event.unwrap_or_default();
            let record = Record::parse(&text).map_err(|error| {
                let why = format!("the event `{id}` cannot be read: {error}");
                Box::new(Gap::for_call(SOURCE, &LOOKUP, Cause::Unreadable, why))
            })?;
            newest = newest.max(Some(record.time()));
            // A call of a session that STS issued to root does not say that it belongs to root.
            if question.0 == LookupAttributeKey::AccessKeyId || record.concerns(self.account) {
                reading.records.push(record);
            }
        }
        Ok(Page { next: answer.next_token, newest })
    }
}

/// The gap of a failed call. If a policy of the organization denies it, no role can be granted it.
/// A Region that does not exist never answers.
fn failed(error: &CallError, named: Option<&str>) -> Box<Gap> {
    let gap = error.gap(SOURCE, &LOOKUP);
    if let (Kind::Network | Kind::TimedOut, Some(region)) = (error.kind, named) {
        let todo = format!(
            "check the name `{region}` in `evidence.root-events.regions`: a Region that does not exist never \
             answers; if it is right, check the network"
        );
        return Box::new(gap.to_do(todo));
    }
    let by_scp = gap.cause == Cause::Denied
        && error.message.contains("explicit deny in a service control policy");
    if !by_scp {
        return Box::new(gap);
    }
    let todo = format!(
        "exempt {LOOKUP} in the service control policy that closes the Region (in its `NotAction`, \
         beside the global services)"
    );
    Box::new(gap.to_do(todo))
}

/// Whether a call ended because of its time limit.
const fn is_out_of_time(gap: &Gap) -> bool {
    matches!(gap.cause, Cause::TimedOut | Cause::Throttled)
}
