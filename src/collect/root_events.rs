//! `LookupEvents`: what CloudTrail recorded of root, Region by Region.
//!
//! Whose an event is only its content says, so everything that may find root is asked for and
//! merged: by the user name `root`, by the account's alias, the sign-ins, the known root keys, and
//! what others can do to root's credentials. Two calls a second are allowed per account and Region;
//! Regions go side by side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Duration, Instant};

use crate::model::{
    Cause, Fact, Gap, Observed, Record, RegionGap, RegionRead, RootEvents, Source, classify,
};

use super::all::all;
use super::failure::CallError;
use super::pace::Pace;
use super::region::first_region;
use super::regions;
use super::session::Session;
use super::{EventsWanted, WantedRegions};

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
/// CloudTrail delivers an event about 15 minutes after it happened at the latest.
const DELIVERY: TimeDelta = TimeDelta::minutes(15);
/// How far the history goes back, less a minute so that no clock makes it too far.
const HISTORY: TimeDelta = TimeDelta::minutes(90 * 24 * 60 - 1);
/// So many root keys are asked for one by one; an account cannot have more at a time than two.
const MOST_KEYS: usize = 8;
/// What others can do to root's credentials; these are calls of IAM or of its Region.
const BY_OTHERS: &[&str] = &[
    "AcceptPrimaryEmailUpdate",
    "DisableOrganizationsRootCredentialsManagement",
    "DisableOrganizationsRootSessions",
];

/// One account's lookup.
pub(super) struct Lookup<'a> {
    pub(super) session: &'a Session,
    pub(super) pace: &'a Pace,
    pub(super) clock: &'a dyn Fn() -> DateTime<Utc>,
    pub(super) wanted: &'a EventsWanted,
}

/// What was gathered so far.
pub(super) struct Gathered {
    sent: DateTime<Utc>,
    since: DateTime<Utc>,
    aliases: Vec<String>,
    /// Whether every enabled Region was asked.
    all_regions: bool,
    asked: BTreeSet<String>,
    read: Vec<RegionRead>,
    gaps: Vec<RegionGap>,
    records: Vec<Record>,
    /// Whose turn it was in each Region.
    turns: BTreeMap<String, Turns>,
}

/// A question to one Region.
type Question = (LookupAttributeKey, String);

/// What a Region answered.
struct Answered {
    region: String,
    records: Vec<Record>,
    /// Why that is not all.
    gap: Option<Box<Gap>>,
    turns: Turns,
}

impl Lookup<'_> {
    /// Asks the Regions that the policy names.
    pub(super) async fn first(&self) -> Gathered {
        let sent = (self.clock)();
        let lookback = self.wanted.lookback.min(HISTORY);
        let mut gathered = Gathered {
            sent,
            since: sent - lookback,
            aliases: Vec::new(),
            all_regions: false,
            asked: BTreeSet::new(),
            read: Vec::new(),
            gaps: Vec::new(),
            records: Vec::new(),
            turns: BTreeMap::new(),
        };
        let iam = self.session.iam();
        let (aliases, ()) =
            tokio::join!(regions::aliases(&iam, self.pace), self.choose(&mut gathered));
        match aliases {
            Ok(aliases) => gathered.aliases = aliases,
            Err(gap) => gathered.gaps.push(RegionGap { region: None, gap }),
        }
        let regions: Vec<String> = gathered.asked.iter().cloned().collect();
        let questions = |region: &str| self.questions(region, &gathered.aliases);
        let asked = regions.into_iter().map(|region| (questions(&region), region)).collect();
        self.ask(&mut gathered, asked).await;
        gathered
    }

    /// Asks all enabled Regions where there is a root key, and for the keys that are known.
    pub(super) async fn widened(
        &self,
        mut gathered: Gathered,
        shows_a_root_key: bool,
    ) -> Observed<RootEvents> {
        let events = self.events(&gathered);
        if shows_a_root_key || events.tell_of_a_key() {
            let mut keys: Vec<&str> = Vec::new();
            for event in &events.events {
                let made = event.key_change.as_ref().and_then(|change| change.id.as_deref());
                for key in event.access_key_id.as_deref().into_iter().chain(made) {
                    if key.starts_with("AKIA") && !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            let by_key: Vec<Question> = keys
                .iter()
                .take(MOST_KEYS)
                .map(|key| (LookupAttributeKey::AccessKeyId, (*key).to_owned()))
                .collect();
            let before = gathered.asked.clone();
            if self.wanted.regions == WantedRegions::Default && !gathered.all_regions {
                self.enabled(&mut gathered).await;
            }
            let mut asked: Vec<(Vec<Question>, String)> = Vec::new();
            for region in &gathered.asked {
                let mut questions = by_key.clone();
                if !before.contains(region) {
                    questions.splice(0..0, self.questions(region, &gathered.aliases));
                }
                asked.push((questions, region.clone()));
            }
            asked.retain(|(questions, _)| !questions.is_empty());
            self.ask(&mut gathered, asked).await;
        }
        let events = self.events(&gathered);
        // Not one Region: that is the fact that is lacking, not a detail of it.
        match events.gaps.first().filter(|_| events.regions.is_empty()) {
            Some(gap) => Err(gap.gap.clone()),
            None => Ok(Fact::new(events, gathered.sent)),
        }
    }

    fn events(&self, gathered: &Gathered) -> RootEvents {
        // Whether the account is a member of an organization nobody has told.
        let events = classify(&gathered.records, &self.session.account, false);
        let failed =
            |region: &String| gathered.gaps.iter().any(|gap| gap.region.as_ref() == Some(region));
        let read = gathered.read.iter().filter(|read| !failed(&read.region));
        RootEvents {
            since: gathered.since,
            all_regions: gathered.all_regions,
            regions: read.cloned().collect(),
            gaps: gathered.gaps.clone(),
            events: events.into_iter().filter(|event| event.time >= gathered.since).collect(),
        }
        .ordered()
    }

    /// The Regions to ask first.
    async fn choose(&self, gathered: &mut Gathered) {
        let in_aws = self.session.partition.as_str() == "aws";
        match &self.wanted.regions {
            WantedRegions::Named(named) => gathered.asked.extend(named.iter().cloned()),
            WantedRegions::Default if in_aws => self.ask_sign_in_regions(gathered),
            _ => {
                self.enabled(gathered).await;
                if in_aws {
                    self.ask_sign_in_regions(gathered);
                } else if gathered.asked.is_empty() {
                    gathered.asked.insert(first_region(&self.session.partition).to_owned());
                }
            }
        }
    }

    fn ask_sign_in_regions(&self, gathered: &mut Gathered) {
        let regions = RootEvents::SIGN_IN_REGIONS.iter();
        gathered.asked.extend(regions.map(|region| (*region).to_owned()));
    }

    /// All enabled Regions, or a gap that says why they are not known.
    async fn enabled(&self, gathered: &mut Gathered) {
        match regions::enabled(&self.session.account_management(), self.pace).await {
            Ok(enabled) => {
                gathered.asked.extend(enabled);
                gathered.all_regions = true;
            }
            Err(gap) => gathered.gaps.push(RegionGap { region: None, gap }),
        }
    }

    fn questions(&self, region: &str, aliases: &[String]) -> Vec<Question> {
        let partition = &self.session.partition;
        let mut questions = vec![(LookupAttributeKey::Username, "root".to_owned())];
        let in_aws = partition.as_str() == "aws";
        if !in_aws || RootEvents::SIGN_IN_REGIONS.contains(&region) {
            let source = "signin.amazonaws.com".to_owned();
            questions.push((LookupAttributeKey::EventSource, source));
        }
        for alias in aliases {
            questions.push((LookupAttributeKey::Username, alias.clone()));
        }
        if region == first_region(partition) {
            let names = BY_OTHERS.iter().map(|name| (*name).to_owned());
            questions.extend(names.map(|name| (LookupAttributeKey::EventName, name)));
        }
        questions
    }

    /// Asks Regions side by side.
    async fn ask(&self, gathered: &mut Gathered, asked: Vec<(Vec<Question>, String)>) {
        let (since, sent) = (gathered.since, gathered.sent);
        let mut reads: Vec<Pin<Box<dyn Future<Output = Answered> + '_>>> = Vec::new();
        for (questions, region) in asked {
            let turns = gathered.turns.remove(&region).unwrap_or_default();
            let mut answered = Answered { region, records: Vec::new(), gap: None, turns };
            reads.push(Box::pin(async move {
                answered.gap = self.region(&questions, since, sent, &mut answered).await.err();
                answered
            }));
        }
        for Answered { region, records, gap, turns } in all(reads).await {
            gathered.records.extend(records);
            gathered.turns.insert(region.clone(), turns);
            match gap {
                None => gathered.read.push(RegionRead { region, until: sent - DELIVERY }),
                Some(gap) => gathered.gaps.push(RegionGap { region: Some(region), gap: *gap }),
            }
        }
    }

    /// All pages of all questions, at the pace of one Region.
    async fn region(
        &self,
        questions: &[Question],
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        answered: &mut Answered,
    ) -> Result<(), Box<Gap>> {
        let client = self.session.cloudtrail(&answered.region);
        let Answered { turns, records, .. } = answered;
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
                turns.wait(self.pace).await.map_err(|error| Box::new(error.gap(SOURCE, ACTION)))?;
                let next =
                    self.page(&client, question, (since, until), token.as_deref(), records).await?;
                match next {
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
        client: &Client,
        question: &Question,
        (since, until): (DateTime<Utc>, DateTime<Utc>),
        token: Option<&str>,
        records: &mut Vec<Record>,
    ) -> Result<Option<String>, Box<Gap>> {
        let call = async || {
            let attribute = LookupAttribute::builder()
                .attribute_key(question.0.clone())
                .attribute_value(&question.1)
                .build()
                .map_err(|error| {
                    CallError::new(super::failure::Kind::Refused, error.to_string())
                })?;
            let answer = client
                .lookup_events()
                .lookup_attributes(attribute)
                .start_time(SdkTime::from_secs(since.timestamp()))
                .end_time(SdkTime::from_secs(until.timestamp()))
                .max_results(PAGE)
                .set_next_token(token.map(str::to_owned))
                .send()
                .await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        let failed = |error: CallError| Box::new(error.gap(SOURCE, ACTION));
        let answer = self.pace.persist(call).await.map_err(failed)?;
        for event in answer.events.unwrap_or_default() {
            let id = event.event_id.unwrap_or_default();
            let text = event.cloud_trail_event.unwrap_or_default();
            let record = Record::parse(&text).map_err(|error| {
                let detail = format!("{ACTION}: the event `{id}` cannot be read: {error}");
                Box::new(Gap::new(SOURCE, Cause::Unreadable, detail))
            })?;
            if record.concerns(&self.session.account) {
                records.push(record);
            }
        }
        Ok(answer.next_token)
    }
}

/// The calls of the last second, so that the next one waits its turn.
#[derive(Default)]
struct Turns(VecDeque<Instant>);

impl Turns {
    async fn wait(&mut self, pace: &Pace) -> Result<(), CallError> {
        if self.0.len() == PER_SECOND
            && let Some(oldest) = self.0.pop_front()
        {
            let delay = (oldest + SECOND).saturating_duration_since(Instant::now());
            if !delay.is_zero() {
                pace.pause(delay).await?;
            }
        }
        self.0.push_back(Instant::now());
        Ok(())
    }
}
