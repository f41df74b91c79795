//! `LookupEvents`: what CloudTrail recorded of root, Region by Region.
//!
//! Whose an event is only its content says, so everything that may find root is asked for and
//! merged: by the user name `root`, by the account's alias, the sign-ins, the known root keys, and
//! what others can do to root's credentials. Regions go side by side, each as [`region_events`] says.
//!
//! [`region_events`]: super::region_events

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use aws_sdk_cloudtrail::types::LookupAttributeKey;
use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{
    Cause, Fact, Gap, Observed, Record, RegionGap, RegionRead, RootEvents, classify,
};

use super::all::all;
use super::pace::Pace;
use super::region::first_region;
use super::region_events::{Question, RegionLookup, Turns};
use super::regions;
use super::session::Session;
use super::{EventsWanted, WantedRegions};

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
        let (iam, pace) = (self.session.iam(), self.pace.third());
        let (aliases, ()) = tokio::join!(regions::aliases(&iam, &pace), self.choose(&mut gathered));
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
        match lacking(&events.gaps).filter(|_| events.regions.is_empty()) {
            Some(gap) => Err(gap),
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
        match regions::enabled(&self.session.account_management(), &self.pace.third()).await {
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
        let sent = gathered.sent;
        let mut reads: Vec<Pin<Box<dyn Future<Output = Answered> + '_>>> = Vec::new();
        for (questions, region) in asked {
            let lookup = RegionLookup {
                client: self.session.cloudtrail(&region),
                account: &self.session.account,
                pace: self.pace,
                since: gathered.since,
                until: sent,
            };
            let mut turns = gathered.turns.remove(&region).unwrap_or_default();
            reads.push(Box::pin(async move {
                let mut records = Vec::new();
                let gap = lookup.read(&questions, &mut turns, &mut records).await.err();
                Answered { region, records, gap, turns }
            }));
        }
        for Answered { region, records, gap, turns } in all(reads).await {
            gathered.records.extend(records);
            gathered.turns.insert(region.clone(), turns);
            match gap {
                None => gathered.read.push(RegionRead {
                    region,
                    until: sent - DELIVERY,
                    sign_ins_since: None,
                }),
                Some(gap) => gathered.gaps.push(RegionGap { region: Some(region), gap: *gap }),
            }
        }
    }
}

/// Why there is nothing where no Region could be read: one gap for all. What can be granted comes
/// first, what happened otherwise follows in its words.
fn lacking(gaps: &[RegionGap]) -> Option<Gap> {
    let denied = |gap: &&RegionGap| gap.gap.cause == Cause::Denied;
    let of_regions = gaps.iter().find(|gap| denied(gap) && gap.region.is_some());
    let main = of_regions.or_else(|| gaps.iter().find(denied)).or(gaps.first())?;
    let mut told: Vec<(&Gap, Vec<&str>)> = vec![(&main.gap, Vec::new())];
    for RegionGap { region, gap } in gaps {
        let same = |other: &Gap| (&other.action, other.cause) == (&gap.action, gap.cause);
        let alike = told.iter().position(|(other, _)| same(other)).unwrap_or_else(|| {
            told.push((gap, Vec::new()));
            told.len() - 1
        });
        told[alike].1.extend(region.as_deref());
    }
    let sentences = told.iter().map(|(gap, regions)| match regions[..] {
        [] => gap.detail.clone(),
        _ => format!("{}: {}", regions.join(", "), gap.detail),
    });
    let detail = sentences.collect::<Vec<_>>().join("; also, ");
    Some(Gap { detail, ..main.gap.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    fn of(region: Option<&str>, gap: Gap) -> RegionGap {
        RegionGap { region: region.map(str::to_owned), gap }
    }

    #[test]
    fn where_no_region_answered_the_gap_names_all_and_what_to_grant_first() {
        let lookup = |said: &str| {
            Gap::denied(Source::RootEvents, "cloudtrail:LookupEvents", format!("denied {said}"))
        };
        let alias = Gap::denied(Source::RootEvents, "iam:ListAccountAliases", "no alias");
        let slow = Gap::new(Source::RootEvents, Cause::Throttled, "throttled");
        let gap = lacking(&[
            of(None, alias.clone()),
            of(Some("us-east-1"), lookup("in one")),
            of(Some("us-east-2"), slow),
            of(Some("us-west-2"), lookup("in two")),
        ]);
        let gap = gap.unwrap();
        assert_eq!(gap.grant.as_deref(), Some("cloudtrail:LookupEvents"));
        assert_eq!(
            gap.detail,
            "us-east-1, us-west-2: denied in one; also, no alias; also, us-east-2: throttled"
        );
        let slow = Gap::new(Source::RootEvents, Cause::TimedOut, "slow");
        let first = Gap { action: "account:ListRegions".into(), ..slow.clone() };
        let gap = lacking(&[of(None, first.clone()), of(Some("us-east-1"), slow)]).unwrap();
        assert_eq!(gap.action, first.action, "what came first made the rest late");
        assert!(lacking(&[]).is_none());
    }
}
