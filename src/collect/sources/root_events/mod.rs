//! `LookupEvents`: CloudTrail's events of root, Region by Region.
//!
//! Only its content says whose event it is. So every lookup that may find root is made, and the
//! results are merged: the user name `root`, the account's alias, the sign-ins, and the calls by
//! which others can change root's credentials; then, by their ids, root's keys and the sessions
//! that root opened. The Regions are read side by side; see [`region_events`].
//!
//! [`region_events`]: self::region_events

mod region_events;
mod regions;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types::LookupAttributeKey;
use chrono::{DateTime, TimeDelta, Utc};

use crate::collect::enter::Session;
use crate::collect::pace::Pace;
use crate::collect::region::first_region;
use crate::collect::{EventsWanted, WantedRegions};
use crate::model::{
    Cause, Fact, Gap, Observed, Record, RegionGap, RegionRead, RootEvent, RootEvents, SignedBy,
    Source, classify,
};
use crate::net::bucket::Bucket;
use crate::net::schedule::all;

use region_events::{Question, Questions, RATE, Reading, RegionLookup, SignIns};

/// CloudTrail delivers an event about 15 minutes after it happened at the latest.
const DELIVERY: TimeDelta = TimeDelta::minutes(15);
/// The length of the history, less a minute to allow for clock differences.
const HISTORY: TimeDelta = TimeDelta::minutes(90 * 24 * 60 - 1);
/// Temporary credentials of root last at most an hour. Source: STS API reference, `GetSessionToken`
/// and `GetFederationToken`, `DurationSeconds`.
const SESSION_OF_ROOT: TimeDelta = TimeDelta::hours(1);
/// The maximum number of root keys that are looked up one by one. An account has at most two at a
/// time.
const MAX_KEYS: usize = 8;
/// The maximum number of root's sessions that are looked up one by one.
const MAX_SESSIONS: usize = 50;
/// The calls by which others can change root's credentials: calls of IAM, or of its Region.
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
    /// Whether the account is known to be a member of an organization.
    pub(super) member: bool,
}

/// The events found so far.
pub(super) struct Gathered {
    sent: DateTime<Utc>,
    since: DateTime<Utc>,
    aliases: Vec<String>,
    /// Whether the enabled Regions were requested, and whether they are known.
    listed: bool,
    all_regions: bool,
    asked: BTreeSet<String>,
    read: BTreeMap<String, RegionRead>,
    gaps: Vec<RegionGap>,
    records: Vec<Record>,
    /// The rate limit of each Region.
    buckets: BTreeMap<String, Bucket>,
}

impl Gathered {
    /// The start of the look-back.
    pub(super) const fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// The start of the lookups. The start of the lookups. A session that was issued before the look-back may act within it.
    fn asked_since(&self) -> DateTime<Utc> {
        (self.since - SESSION_OF_ROOT).max(self.sent - HISTORY)
    }

    fn failed(&self, region: &str) -> bool {
        self.gaps.iter().any(|gap| gap.region.as_deref() == Some(region))
    }
}

/// The answer of a Region.
struct Answered {
    region: String,
    records: Vec<Record>,
    /// The time since which sign-ins are complete, or why something is missing.
    read: Result<Option<DateTime<Utc>>, Box<Gap>>,
    bucket: Bucket,
}

impl Lookup<'_> {
    /// Makes the first lookups in the Regions that the policy names.
    pub(super) async fn first(&self) -> Gathered {
        let sent = (self.clock)();
        let lookback = self.wanted.lookback.min(HISTORY);
        let mut gathered = Gathered {
            sent,
            since: sent - lookback,
            aliases: Vec::new(),
            listed: false,
            all_regions: false,
            asked: BTreeSet::new(),
            read: BTreeMap::new(),
            gaps: Vec::new(),
            records: Vec::new(),
            buckets: BTreeMap::new(),
        };
        let (iam, pace) = (self.session.iam(), self.pace.third());
        let (aliases, ()) = tokio::join!(regions::aliases(&iam, &pace), self.choose(&mut gathered));
        match aliases {
            Ok(aliases) => gathered.aliases = aliases,
            Err(gap) => gathered.gaps.push(RegionGap { region: None, gap }),
        }
        let regions: Vec<String> = gathered.asked.iter().cloned().collect();
        self.ask_first_questions(&mut gathered, regions).await;
        gathered
    }

    /// The events known so far.
    pub(super) fn seen(&self, gathered: &Gathered) -> Fact<RootEvents> {
        Fact::new(self.events(gathered), gathered.sent)
    }

    /// Makes the lookups in all enabled Regions if root may have acted in any of them. Then it
    /// looks up the known keys and sessions.
    pub(super) async fn rest(
        &self,
        mut gathered: Gathered,
        anywhere: bool,
    ) -> Observed<RootEvents> {
        let opened =
            |record: &Record| record.session_issued_to_root(&self.session.account).is_some();
        let anywhere = anywhere || gathered.records.iter().any(opened);
        if anywhere && self.wanted.regions == WantedRegions::Default && !gathered.listed {
            let before = gathered.asked.clone();
            self.enabled(&mut gathered).await;
            let more = gathered.asked.difference(&before).cloned().collect();
            self.ask_first_questions(&mut gathered, more).await;
        }
        self.follow_keys(&mut gathered).await;
        let events = self.seen(&gathered);
        // No Region could be read, so the whole source is missing.
        if events.value.regions.is_empty() {
            let nothing = || {
                Gap::new(
                    Source::RootEvents,
                    Cause::Missing,
                    "there was no Region to look up events in",
                )
            };
            return Err(missing_events(&events.value.gaps).unwrap_or_else(nothing));
        }
        Ok(events)
    }

    /// Looks up root's keys and sessions by their ids, until the answers contain no new ones. If
    /// there may be a central session, it also looks up the records that announce one.
    ///
    /// CloudTrail lists the calls of a federated session under the name that root gave it, and may
    /// list those of a key under a name other than `root`.
    async fn follow_keys(&self, gathered: &mut Gathered) {
        let mut keys = Ids::new(MAX_KEYS);
        let mut sessions = Ids::new(MAX_SESSIONS);
        let mut central = false;
        loop {
            let events = self.events(gathered).events;
            let named = events.iter().flat_map(|event| {
                let made = event.key_change.as_ref().and_then(|change| change.id.as_deref());
                event.access_key_id.as_deref().into_iter().chain(made).map(|id| (event.time, id))
            });
            let mut new = keys.take(named.filter(|(_, id)| id.starts_with("AKIA")));
            new.extend(sessions.take(gathered.records.iter().filter_map(|record| {
                Some((record.time(), record.session_issued_to_root(&self.session.account)?))
            })));
            let by_id = new.into_iter().map(|id| (LookupAttributeKey::AccessKeyId, id));
            let mut whole: Vec<Question> = by_id.collect();
            // A session may be a central one. The record of its opening says so. This account has a
            // copy of that record, in the Region of the endpoint.
            if !central && events.iter().any(may_be_central) {
                central = true;
                whole.push((LookupAttributeKey::EventName, "AssumeRoot".to_owned()));
            }
            if whole.is_empty() {
                break;
            }
            let questions = Questions { whole, sign_ins: None };
            let regions = gathered.asked.iter().filter(|region| !gathered.failed(region));
            let asked = regions.map(|region| (questions.clone(), region.clone())).collect();
            self.ask(gathered, asked).await;
        }
        let gaps = [keys.gap("access keys of root"), sessions.gap("sessions that root opened")];
        let gaps = gaps.into_iter().flatten().map(|gap| RegionGap { region: None, gap });
        gathered.gaps.extend(gaps);
    }

    fn events(&self, gathered: &Gathered) -> RootEvents {
        let events = classify(&gathered.records, &self.session.account, self.member);
        let read = gathered.read.values().filter(|read| !gathered.failed(&read.region));
        RootEvents {
            since: gathered.since,
            all_regions: gathered.all_regions,
            regions: read.cloned().collect(),
            gaps: gathered.gaps.clone(),
            events: events.into_iter().filter(|event| event.time >= gathered.since).collect(),
        }
        .ordered()
    }

    /// Chooses the Regions for the first lookups.
    async fn choose(&self, gathered: &mut Gathered) {
        let in_aws = self.session.partition.as_str() == "aws";
        if let WantedRegions::Named(named) = &self.wanted.regions {
            gathered.asked.extend(named.iter().cloned());
        } else if self.wanted.regions == WantedRegions::All || !in_aws {
            self.enabled(gathered).await;
        }
        if in_aws {
            let regions = RootEvents::SIGN_IN_REGIONS.iter();
            gathered.asked.extend(regions.map(|region| (*region).to_owned()));
        } else if gathered.asked.is_empty() {
            gathered.asked.insert(first_region(&self.session.partition).to_owned());
        }
    }

    /// Reads all enabled Regions, or records a gap that says why they are not known.
    async fn enabled(&self, gathered: &mut Gathered) {
        gathered.listed = true;
        match regions::enabled(&self.session.account_management(), &self.pace.third()).await {
            Ok(enabled) => {
                gathered.asked.extend(enabled);
                gathered.all_regions = true;
            }
            Err(gap) => gathered.gaps.push(RegionGap { region: None, gap }),
        }
    }

    async fn ask_first_questions(&self, gathered: &mut Gathered, regions: Vec<String>) {
        let questions = |region: String| (self.questions(&region, &gathered.aliases), region);
        let asked = regions.into_iter().map(questions).collect();
        self.ask(gathered, asked).await;
    }

    fn questions(&self, region: &str, aliases: &[String]) -> Questions {
        let partition = &self.session.partition;
        let mut whole = vec![(LookupAttributeKey::Username, "root".to_owned())];
        for alias in aliases {
            whole.push((LookupAttributeKey::Username, alias.clone()));
        }
        if region == first_region(partition) {
            let names = BY_OTHERS.iter().map(|name| (*name).to_owned());
            whole.extend(names.map(|name| (LookupAttributeKey::EventName, name)));
        }
        let console = partition.as_str() != "aws" || RootEvents::SIGN_IN_REGIONS.contains(&region);
        let sign_ins = Some(if console { SignIns::Console } else { SignIns::CommandLine });
        Questions { whole, sign_ins }
    }

    /// The Region as the policy names it, if it does.
    fn named(&self, region: &str) -> Option<&str> {
        let WantedRegions::Named(named) = &self.wanted.regions else { return None };
        named.iter().find(|named| *named == region).map(String::as_str)
    }

    /// Makes lookups in Regions side by side.
    async fn ask(&self, gathered: &mut Gathered, asked: Vec<(Questions, String)>) {
        // A clock that was set back since the first lookup must not extend the coverage.
        let asked_at = (self.clock)().min(gathered.sent);
        let mut reads = Vec::new();
        for (questions, region) in asked {
            let lookup = RegionLookup {
                client: self.session.cloudtrail(&region),
                account: &self.session.account,
                named: self.named(&region),
                pace: self.pace,
                since: gathered.asked_since(),
                until: gathered.sent,
            };
            let known = gathered.buckets.remove(&region);
            let mut bucket = known.unwrap_or_else(|| Bucket::new(RATE));
            reads.push(Box::pin(async move {
                let mut records = Vec::new();
                let mut reading = Reading { bucket: &mut bucket, records: &mut records };
                let read = lookup.read(&questions, &mut reading).await;
                Answered { region, records, read, bucket }
            }));
        }
        for Answered { region, records, read, bucket } in all(reads).await {
            gathered.records.extend(records);
            gathered.buckets.insert(region.clone(), bucket);
            match read {
                Ok(sign_ins_since) => {
                    let until = asked_at - DELIVERY;
                    let read = RegionRead { region: region.clone(), until, sign_ins_since };
                    let whole = gathered.read.entry(region).or_insert_with(|| read.clone());
                    whole.merge(&read);
                }
                Err(gap) => gathered.gaps.push(RegionGap { region: Some(region), gap: *gap }),
            }
        }
    }
}

/// Ids of access keys that are looked up one by one, up to a maximum.
struct Ids {
    most: usize,
    taken: BTreeSet<String>,
    beyond: BTreeSet<String>,
}

impl Ids {
    const fn new(most: usize) -> Self {
        Self { most, taken: BTreeSet::new(), beyond: BTreeSet::new() }
    }

    /// The ids that were not taken before, newest first, up to the maximum.
    fn take<'a>(&mut self, found: impl Iterator<Item = (DateTime<Utc>, &'a str)>) -> Vec<String> {
        let mut newest: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
        for (time, id) in found {
            let known = newest.entry(id).or_insert(time);
            *known = time.max(*known);
        }
        let mut new: Vec<_> =
            newest.into_iter().filter(|(id, _)| !self.taken.contains(*id)).collect();
        new.sort_by_key(|(id, time)| (std::cmp::Reverse(*time), *id));
        let room = (self.most - self.taken.len()).min(new.len());
        let beyond = new.split_off(room);
        self.beyond.extend(beyond.into_iter().map(|(id, _)| id.to_owned()));
        let new: Vec<String> = new.into_iter().map(|(id, _)| id.to_owned()).collect();
        self.taken.extend(new.iter().cloned());
        new
    }

    /// The gap for the ids beyond the maximum.
    fn gap(&self, what: &str) -> Option<Gap> {
        if self.beyond.is_empty() {
            return None;
        }
        let detail = format!(
            "the events name {} {what}, but only {} are looked up by their key id, so calls of \
             the others may be missing",
            self.taken.len() + self.beyond.len(),
            self.taken.len(),
        );
        let todo = "explain why there are so many; the gap disappears when fewer are in the look-back \
                    (`evidence.root-events.lookback`)";
        Some(Gap::new(Source::RootEvents, Cause::Missing, detail).to_do(todo))
    }
}

/// Whether a use may come from a central session: temporary keys, and no sign of the console.
fn may_be_central(event: &RootEvent) -> bool {
    event.use_kind().is_some() && event.access_key == SignedBy::Session && !event.from_console
}

/// One gap for all Regions if none could be read. Missing permissions come first, other causes
/// follow.
fn missing_events(gaps: &[RegionGap]) -> Option<Gap> {
    let denied = |gap: &&RegionGap| gap.gap.cause == Cause::Denied;
    let of_regions = gaps.iter().find(|gap| denied(gap) && gap.region.is_some());
    let main = of_regions.or_else(|| gaps.iter().find(denied)).or(gaps.first())?;
    let mut groups: Vec<(&Gap, Vec<&str>)> = vec![(&main.gap, Vec::new())];
    for RegionGap { region, gap } in gaps {
        let same = |other: &Gap| (&other.action, other.cause) == (&gap.action, gap.cause);
        let group = groups.iter().position(|(other, _)| same(other)).unwrap_or_else(|| {
            groups.push((gap, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.extend(region.as_deref());
    }
    let sentences = groups.iter().map(|(gap, regions)| match regions[..] {
        [] => gap.detail.clone(),
        _ => format!("{}: {}", regions.join(", "), gap.detail),
    });
    let detail = sentences.collect::<Vec<_>>().join("; also, ");
    Some(Gap { detail, ..main.gap.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region_gap(region: Option<&str>, gap: Gap) -> RegionGap {
        RegionGap { region: region.map(str::to_owned), gap }
    }

    #[test]
    fn if_no_region_answered_the_gap_names_all_causes() {
        let lookup = |detail: &str| {
            Gap::denied(Source::RootEvents, "cloudtrail:LookupEvents", format!("denied {detail}"))
        };
        let alias = Gap::denied(Source::RootEvents, "iam:ListAccountAliases", "no alias");
        let slow = Gap::new(Source::RootEvents, Cause::Throttled, "throttled");
        let gap = missing_events(&[
            region_gap(None, alias.clone()),
            region_gap(Some("us-east-1"), lookup("in one")),
            region_gap(Some("us-east-2"), slow),
            region_gap(Some("us-west-2"), lookup("in two")),
        ]);
        let gap = gap.unwrap();
        assert_eq!(gap.grant.as_deref(), Some("cloudtrail:LookupEvents"));
        assert_eq!(
            gap.detail,
            "us-east-1, us-west-2: denied in one; also, no alias; also, us-east-2: throttled"
        );
        let slow = Gap::new(Source::RootEvents, Cause::TimedOut, "slow");
        let first = Gap { action: "account:ListRegions".into(), ..slow.clone() };
        let gap =
            missing_events(&[region_gap(None, first.clone()), region_gap(Some("us-east-1"), slow)])
                .unwrap();
        assert_eq!(gap.action, first.action, "the first gap delayed the rest");
        assert!(missing_events(&[]).is_none());
    }
}
