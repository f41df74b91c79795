//! One Region's events: every question, every page, at most two calls a second.
//!
//! Sign-in events cannot be asked for by who signed in: everybody's are read. Where a few pages hold
//! them all, one question is enough. Else they are asked for by name: what is rare to its end, what
//! is frequent newest first, for a bounded number of pages and time. Where that bound cuts them off,
//! the answer says since when they are complete.

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
/// The most that one page may hold. Source: API reference, `MaxResults`.
const PAGE: i32 = 50;
/// So many pages of one question are read; a look-back that needs more ends in a gap.
const MAX_PAGES: usize = 400;
/// So many pages of all sign-in events are read, before they are asked for by name.
const FEW_PAGES: usize = 4;
/// So many pages of frequent sign-in events are read: 42 seconds at two calls a second.
const SIGN_IN_PAGES: usize = 80;
/// So many of them are of one name other than `ConsoleLogin`.
const PAGES_PER_NAME: usize = 8;
/// The same bound as time, for answers that are slow.
const SIGN_IN_TIME: Duration = Duration::from_secs(45);
/// CloudTrail allows two calls a second per account and Region; a little more than a second, as
/// calls may reach it closer together than they were sent.
pub(super) const RATE: Rate = Rate { burst: 2, period: Duration::from_millis(1_050) };

/// The event source of sign-ins.
const SIGN_IN: &str = "signin.amazonaws.com";
const CONSOLE_LOGIN: &str = "ConsoleLogin";
/// Sign-in events that change what root signs in with: without all of them, nothing is known.
const CHANGES: &[&str] = &["PasswordRecoveryCompleted", "PasswordUpdated", "EmailUpdated"];
/// Sign-in events of the console that may be as frequent as sign-ins, in the order of questions;
/// the last one gets the pages that are left.
const FREQUENT: &[&str] =
    &["PasswordRecoveryRequested", "CheckMfa", COMMAND_LINE[0], COMMAND_LINE[1], CONSOLE_LOGIN];
/// Sign-in events of command lines and agents. They are recorded in the Region that the user chose.
/// Source: AWS Sign-In User Guide, "OAuth 2.0".
const COMMAND_LINE: &[&str] = &["AuthorizeOAuth2Access", "CreateOAuth2Token"];

/// What may find root: one attribute a call is allowed.
pub(super) type Question = (LookupAttributeKey, String);

/// Which sign-ins of root a Region records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIns {
    /// All of them.
    Console,
    /// Only those of command lines and agents.
    CommandLine,
}

/// What a Region is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    /// Each to its last page.
    pub(super) whole: Vec<Question>,
    /// Sign-ins of everybody.
    pub(super) sign_ins: Option<SignIns>,
}

/// Where and since when to look.
pub(super) struct RegionLookup<'a> {
    pub(super) client: Client,
    pub(super) account: &'a AccountId,
    /// The Region where the policy names it: then its name may be wrong.
    pub(super) named: Option<&'a str>,
    pub(super) pace: &'a Pace,
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// What was read of one question.
#[derive(Default)]
struct Pages {
    count: usize,
    /// Whether there are more: the bound of pages or of time was reached.
    cut: bool,
    /// The newest event of the last page that held one.
    newest_of_last: Option<DateTime<Utc>>,
}

impl Pages {
    /// Since when the events are complete; `None`: these are all.
    ///
    /// CloudTrail sends the newest first, so everything after the last page's newest event was read.
    /// That event's own second may go on on the next page.
    fn since(&self, lookup: &RegionLookup<'_>) -> Option<DateTime<Utc>> {
        let second = TimeDelta::seconds(1);
        let since = self.newest_of_last.map_or(lookup.until, |newest| newest + second);
        self.cut.then_some(since)
    }
}

/// What a page said besides its events.
struct Page {
    next: Option<String>,
    newest: Option<DateTime<Utc>>,
}

/// Where the answers of a Region go.
pub(super) struct Reading<'a> {
    pub(super) bucket: &'a mut Bucket,
    pub(super) records: &'a mut Vec<Record>,
}

impl RegionLookup<'_> {
    /// All pages of all questions; returns since when sign-in events are complete, where they are
    /// not. What was read before a failure is kept.
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

    /// Everybody's sign-in events, or the newest of them.
    async fn sign_ins(
        &self,
        recorded: SignIns,
        reading: &mut Reading<'_>,
    ) -> Result<Option<DateTime<Utc>>, Box<Gap>> {
        let of_everybody = (LookupAttributeKey::EventSource, SIGN_IN.to_owned());
        let few = self.pages(&of_everybody, self.pace, FEW_PAGES, reading).await?;
        let Some(until) = few.since(self) else { return Ok(None) };
        // What those pages hold need not be read again.
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

    /// All pages of a question that must be read to its end.
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

    /// The pages of a question, newest first, up to a number of them. A pace of their own that ends
    /// before the call's is a bound as well.
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
                // The same page for ever would be no list.
                same if same == token => {
                    let why = "the list goes on, but never gets further";
                    return Err(Box::new(Gap::for_call(SOURCE, &LOOKUP, Cause::Unreadable, why)));
                }
                next => token = next,
            }
        }
    }

    /// One page.
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
        let answer = pace.persist_at_rate(reading.bucket, call).await;
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
            // Whose a session is that root handed out, only the answer that handed it out says.
            if question.0 == LookupAttributeKey::AccessKeyId || record.concerns(self.account) {
                reading.records.push(record);
            }
        }
        Ok(Page { next: answer.next_token, newest })
    }
}

/// The gap of a call that failed. What a policy of the organization denies, no role can be granted; and
/// a Region that does not exist never answers.
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

/// Whether the time is what ended a call.
const fn is_out_of_time(gap: &Gap) -> bool {
    matches!(gap.cause, Cause::TimedOut | Cause::Throttled)
}
