//! What rules need of CloudTrail's events: whether they are there, how far they reach, and words
//! for that.

use chrono::{DateTime, TimeDelta, Utc};

use super::words::{NO_CONSOLE, age};
use super::{Case, Judgement};
use crate::model::{
    Basis, Cause, Gap, Partition, RegionGap, RootEvent, RootEvents, Source, format_time,
};
use crate::policy::Regions;

/// The instant that is judged and the one from which events were asked for are read apart.
const APART: TimeDelta = TimeDelta::minutes(5);

/// Why a rule that is judged from events alone has nothing to say.
const OFF: &str =
    "CloudTrail events are switched off (`evidence.root-events: off`), and only they can show this";

/// The events of an account, as a rule meets them.
pub(super) enum Events<'a> {
    /// The policy switches them off.
    Off,
    /// They were asked for, and not one Region could be read.
    Lacking(&'a Gap),
    /// They were read, perhaps with gaps.
    Read(&'a RootEvents, Basis),
}

/// Where something may be recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In any Region.
    Everywhere,
    /// Where sign-ins and calls of IAM are recorded.
    SignIns,
}

impl<'a> Events<'a> {
    pub(super) fn of(case: &'a Case<'_>) -> Self {
        if case.policy.root_events.is_none() {
            return Self::Off;
        }
        match &case.evidence.root_events {
            Err(gap) => Self::Lacking(gap),
            Ok(fact) => {
                // Facts without a time have become gaps before a rule sees them.
                let observed_at = fact.observed_at.unwrap_or(case.now);
                Self::Read(&fact.value, Basis { source: Source::RootEvents, observed_at })
            }
        }
    }
}

/// The events and what they rest on; where there are none, the judgement of a rule that only events
/// can decide.
pub(super) fn only_events<'a>(case: &'a Case<'_>) -> Result<(&'a RootEvents, Basis), Judgement> {
    match Events::of(case) {
        Events::Off => Err(Judgement::not_applicable(OFF)),
        Events::Lacking(gap) => Err(Judgement { gaps: vec![gap.clone()], ..Judgement::default() }),
        Events::Read(events, basis) => Ok((events, basis)),
    }
}

/// The same for a rule of sign-ins, which not every partition lets root do.
pub(super) fn only_sign_ins<'a>(case: &'a Case<'_>) -> Result<(&'a RootEvents, Basis), Judgement> {
    if !case.root_has_console() {
        return Err(Judgement::not_applicable(NO_CONSOLE));
    }
    only_events(case)
}

/// The events from `since` up to the judged instant, oldest first.
pub(super) fn from<'a>(
    case: &Case<'_>,
    events: &'a RootEvents,
    since: DateTime<Utc>,
) -> impl Iterator<Item = &'a RootEvent> {
    let now = case.now;
    events.events.iter().filter(move |event| since <= event.time && event.time <= now + APART)
}

/// The first instant of the look-back of a rule that has no `within`.
pub(super) fn lookback(case: &Case<'_>) -> DateTime<Utc> {
    let events = case.policy.root_events.as_ref();
    case.now - events.map_or(TimeDelta::zero(), |events| events.lookback.delta())
}

/// What keeps these events from being all of them since an instant.
pub(super) fn gaps(
    case: &Case<'_>,
    events: &RootEvents,
    since: DateTime<Utc>,
    scope: Scope,
) -> Vec<Gap> {
    let partition = case.evidence.partition.as_ref();
    let in_aws = partition.is_none_or(|partition| partition.as_str() == "aws");
    let matters = |region: &str| {
        scope == Scope::Everywhere || !in_aws || RootEvents::SIGN_IN_REGIONS.contains(&region)
    };
    let concerns = |gap: &&RegionGap| gap.region.as_deref().is_none_or(matters);
    let mut gaps: Vec<Gap> = events.gaps.iter().filter(concerns).map(named).collect();
    if events.since > since + APART {
        gaps.push(Gap::new(
            Source::RootEvents,
            Cause::Missing,
            format!(
                "CloudTrail events reach back to {}, and everything since {} is judged; CloudTrail keeps 90 days",
                format_time(events.since),
                format_time(since)
            ),
        ));
    }
    let gone = |region: &str| {
        !events.regions.iter().any(|read| read.region == region)
            && !events.gaps.iter().any(|gap| gap.region.as_deref() == Some(region))
    };
    for region in expected(case, events, partition, in_aws) {
        if gone(region) && matters(region) {
            let detail = format!("no CloudTrail events of the Region {region} are in the evidence");
            gaps.push(Gap::new(Source::RootEvents, Cause::NotCollected, detail));
        }
    }
    if let (Scope::Everywhere, Some(why)) = (scope, all_needed(case, in_aws)) {
        let known = events.gaps.iter().any(|gap| gap.region.is_none());
        if !events.all_regions && !known {
            let detail = format!("{why}, and not all enabled Regions were read");
            gaps.push(Gap::new(Source::RootEvents, Cause::NotCollected, detail));
        }
    }
    gaps
}

/// The Regions that must have been read by name.
fn expected<'c>(
    case: &'c Case<'_>,
    events: &RootEvents,
    partition: Option<&Partition>,
    in_aws: bool,
) -> Vec<&'c str> {
    let regions = case.policy.root_events.as_ref().map(|events| &events.regions);
    match regions {
        Some(Regions::Named(named)) => named.iter().map(String::as_str).collect(),
        _ if !in_aws || (partition.is_none() && events.all_regions) => Vec::new(),
        _ => RootEvents::SIGN_IN_REGIONS.to_vec(),
    }
}

/// Why every enabled Region must have been read, if it must.
fn all_needed(case: &Case<'_>, in_aws: bool) -> Option<&'static str> {
    match case.policy.root_events.as_ref().map(|events| &events.regions)? {
        Regions::Named(_) => None,
        Regions::All => Some("the policy asks for the events of all Regions"),
        Regions::Default if !in_aws => {
            Some("in this partition sign-ins may be recorded in any Region")
        }
        Regions::Default => case
            .evidence
            .shows_a_root_key()
            .then_some("there is a root access key, which may have been used in any Region"),
    }
}

fn named(gap: &RegionGap) -> Gap {
    let mut named = gap.gap.clone();
    if let Some(region) = &gap.region {
        named.detail = format!("{region}: {}", named.detail);
    }
    named
}

/// Which events a judgement rests on: Regions, and up to which instant.
pub(super) fn read_where(case: &Case<'_>, events: &RootEvents) -> String {
    let names: Vec<&str> = events.regions.iter().map(|read| read.region.as_str()).collect();
    let regions =
        if names.len() > 4 { format!("{} Regions", names.len()) } else { names.join(", ") };
    match events.until() {
        Some(until) => format!(
            "CloudTrail events of {regions} up to {}, {}",
            format_time(until),
            age(case.now, until)
        ),
        None => "CloudTrail events of no whole Region".to_owned(),
    }
}
