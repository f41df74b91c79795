//! What rules need from CloudTrail's events: whether they were read, the period they cover, and
//! phrases for both.

use chrono::{DateTime, TimeDelta, Utc};

use super::reported::{CLOCKS, DELIVERY, Row};
use super::words::{NO_CONSOLE, age};
use super::{Case, Judgement};
use crate::model::{
    Basis, Cause, Cell, Gap, RegionGap, RegionRead, RootEvent, RootEvents, Source, format_time,
};
use crate::policy::Regions;

/// The judged time and the start of the requested events come from two readings of the clock.
const APART: TimeDelta = TimeDelta::minutes(5);

/// Why a rule that needs events does not apply.
const OFF: &str =
    "CloudTrail events are off (`evidence.root-events: off`), and only they can show this";

/// The state of an account's events.
pub(super) enum Events<'a> {
    /// The policy turns them off.
    Off,
    /// The route into this account does not show them, or the policy does not read them there.
    NotVisible(&'a Gap),
    /// They were requested, but no Region could be read.
    Missing(&'a Gap),
    /// They were read, perhaps with gaps.
    Read(&'a RootEvents, Basis),
}

/// The Regions in which an event may be recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordedIn {
    /// Any Region.
    AnyRegion,
    /// The Regions that record sign-ins and calls of IAM.
    SignInRegions,
}

impl<'a> Events<'a> {
    pub(super) fn for_case(case: &'a Case<'_>) -> Self {
        if case.policy.root_events.is_none() {
            return Self::Off;
        }
        match &case.evidence.root_events {
            Err(gap) if gap.cause == Cause::NotVisible => Self::NotVisible(gap),
            Err(gap) => Self::Missing(gap),
            Ok(fact) => {
                // Facts without a time have become gaps before a rule sees them.
                let observed_at = fact.observed_at.unwrap_or(case.now);
                Self::Read(&fact.value, Basis { source: Source::RootEvents, observed_at })
            }
        }
    }
}

/// The events and their basis, for a rule that only events can decide. Without events, the judgement of that
/// rule.
pub(super) fn only_events<'a>(
    case: &'a Case<'_>,
) -> Result<(&'a RootEvents, Basis), Box<Judgement>> {
    match Events::for_case(case) {
        Events::Off => Err(Box::new(Judgement::not_applicable(OFF))),
        Events::NotVisible(gap) | Events::Missing(gap) => {
            Err(Box::new(Judgement { gaps: vec![gap.clone()], ..Judgement::default() }))
        }
        Events::Read(events, basis) => Ok((events, basis)),
    }
}

/// The same for a rule about sign-ins, which some partitions do not have.
pub(super) fn only_sign_ins<'a>(
    case: &'a Case<'_>,
) -> Result<(&'a RootEvents, Basis), Box<Judgement>> {
    if !case.root_has_console() {
        return Err(Box::new(Judgement::not_applicable(NO_CONSOLE)));
    }
    only_events(case)
}

/// The events from `since` up to the judged instant, oldest first.
pub(super) fn from<'a>(
    case: &Case<'_>,
    events: &'a RootEvents,
    since: DateTime<Utc>,
) -> impl Iterator<Item = &'a RootEvent> {
    within(events, since, case.now)
}

/// The events from `since` up to `now`, oldest first.
pub(super) fn within(
    events: &RootEvents,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &RootEvent> {
    events.events.iter().filter(move |event| since <= event.time && event.time <= now + APART)
}

/// The first instant of the look-back of a rule that has no `within`.
pub(super) fn lookback(case: &Case<'_>) -> DateTime<Utc> {
    let events = case.policy.root_events.as_ref();
    case.now - events.map_or(TimeDelta::zero(), |events| events.lookback.delta())
}

/// The gaps that prevent these events from being complete since an instant.
pub(super) fn gaps(
    case: &Case<'_>,
    events: &RootEvents,
    since: DateTime<Utc>,
    recorded_in: RecordedIn,
) -> Vec<Gap> {
    let partition = case.evidence.partition.as_ref();
    let in_aws = match partition {
        Some(partition) => partition.as_str() == "aws",
        None => !events.regions.iter().any(|read| is_of_another_partition(&read.region)),
    };
    let matters = |region: &str| {
        recorded_in == RecordedIn::AnyRegion
            || !in_aws
            || RootEvents::SIGN_IN_REGIONS.contains(&region)
    };
    // The list of Regions matters only if all of them must be read.
    let lists = |gap: &RegionGap| gap.gap.action == "account:ListRegions";
    let concerns = |gap: &&RegionGap| match gap.region.as_deref() {
        Some(region) => matters(region),
        None => recorded_in == RecordedIn::AnyRegion || !in_aws || !lists(gap),
    };
    let mut gaps: Vec<Gap> = events.gaps.iter().filter(concerns).map(named).collect();
    if events.regions.is_empty() && gaps.is_empty() {
        let detail = "the evidence contains no CloudTrail events of any Region";
        gaps.push(
            Gap::new(Source::RootEvents, Cause::NotCollected, detail)
                .to_do("collect the evidence again"),
        );
    }
    let ends_early = events.regions.iter().filter(|read| matters(&read.region));
    gaps.extend(ends_early.filter_map(|read| ends_too_early(case, read)));
    gaps.extend(from_the_future(case, events));
    if events.since > since + APART {
        gaps.push(Gap::new(
            Source::RootEvents,
            Cause::Missing,
            format!(
                "CloudTrail events go back to {}, but everything since {} is judged; CloudTrail keeps 90 days",
                format_time(events.since),
                format_time(since)
            ),
        ));
    }
    let gone = |region: &str| {
        !events.regions.iter().any(|read| read.region == region)
            && !events.gaps.iter().any(|gap| gap.region.as_deref() == Some(region))
    };
    for region in expected(case, in_aws) {
        if gone(region) && matters(region) {
            let detail =
                format!("the evidence contains no CloudTrail events of the Region {region}");
            gaps.push(
                Gap::new(Source::RootEvents, Cause::NotCollected, detail)
                    .to_do("collect the evidence again with the same policy"),
            );
        }
    }
    let everywhere = recorded_in == RecordedIn::AnyRegion || !in_aws;
    if let Some(why) = all_needed(case, since, in_aws).filter(|_| everywhere) {
        let known = events.gaps.iter().any(|gap| gap.region.is_none());
        if !events.all_regions && !known {
            let detail = format!("{why}, and not all enabled Regions were read");
            let gap = Gap::new(Source::RootEvents, Cause::NotCollected, detail);
            gaps.push(
                gap.to_do("collect the evidence again: rootgate then reads every enabled Region"),
            );
        }
    }
    gaps
}

/// Whether a Region is known to be outside the partition `aws`.
fn is_of_another_partition(region: &str) -> bool {
    ["cn-", "us-gov-", "eusc-", "us-iso", "eu-iso"].iter().any(|prefix| region.starts_with(prefix))
}

/// The Regions that must have been read by name.
fn expected<'c>(case: &'c Case<'_>, in_aws: bool) -> Vec<&'c str> {
    let regions = case.policy.root_events.as_ref().map(|events| &events.regions);
    match regions {
        Some(Regions::Named(named)) => {
            let sign_ins = RootEvents::SIGN_IN_REGIONS.iter().filter(|_| in_aws).copied();
            let mut all: Vec<&str> = named.iter().map(String::as_str).chain(sign_ins).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
        _ if !in_aws => Vec::new(),
        _ => RootEvents::SIGN_IN_REGIONS.to_vec(),
    }
}

/// Why every enabled Region must have been read, if so.
fn all_needed(case: &Case<'_>, since: DateTime<Utc>, in_aws: bool) -> Option<&'static str> {
    match case.policy.root_events.as_ref().map(|events| &events.regions)? {
        Regions::Named(_) => None,
        Regions::All => Some("the policy asks for the events of all Regions"),
        Regions::Default if !in_aws => {
            Some("in this partition sign-ins may be recorded in any Region")
        }
        Regions::Default if case.evidence.shows_a_root_key() => {
            Some("there is a root access key, which may have been used in any Region")
        }
        Regions::Default => case
            .evidence
            .root_may_have_acted_anywhere(since)
            .then_some("root was used, and may have acted in any Region"),
    }
}

/// Events count as read up to 15 minutes before they were collected; a Region that ends before that
/// was not read whole.
fn ends_too_early(case: &Case<'_>, read: &RegionRead) -> Option<Gap> {
    let collected = case.evidence.root_events.as_ref().ok()?.observed_at?;
    if read.until >= collected - DELIVERY - CLOCKS {
        return None;
    }
    let detail = format!(
        "{}: the CloudTrail events end at {}, and they were collected at {}",
        read.region,
        format_time(read.until),
        format_time(collected)
    );
    Some(Gap::new(Source::RootEvents, Cause::Missing, detail).to_do("collect the evidence again"))
}

/// An event that is later than its own collection: one of the two times is wrong.
fn from_the_future(case: &Case<'_>, events: &RootEvents) -> Option<Gap> {
    let collected = case.evidence.root_events.as_ref().ok()?.observed_at?;
    let event = events.events.iter().find(|event| event.time > collected + APART)?;
    let detail = format!(
        "the CloudTrail event {} is of {}, and the events were collected at {}",
        event.action(),
        format_time(event.time),
        format_time(collected)
    );
    Some(Gap::new(Source::RootEvents, Cause::Future, detail).to_do("collect the evidence again"))
}

/// The instant up to which the events of all Regions are delivered: never later than 15 minutes
/// before they were collected. `None`: no Region was read whole.
pub(super) fn reach(case: &Case<'_>, events: &RootEvents) -> Option<DateTime<Utc>> {
    let collected = case.evidence.root_events.as_ref().ok()?.observed_at?;
    events.until().map(|until| until.min(collected - DELIVERY))
}

/// Sign-ins to the console that were not read, because there were too many of them.
///
/// A newer credential report that shows no sign-in since `since` closes this gap. It does not show attempts:
/// `closes` is `None` for a rule that counts them.
pub(super) fn unread_sign_ins(
    case: &Case<'_>,
    events: &RootEvents,
    since: DateTime<Utc>,
    closes: Option<Row<'_>>,
) -> Vec<Gap> {
    let unread = |read: &RegionRead| {
        let from = read.sign_ins_since.filter(|from| *from > since + APART)?;
        if closes.is_some_and(|row| shows_no_sign_in(row, since, from)) {
            return None;
        }
        let detail = format!(
            "{}: too many sign-ins were recorded, so those before {} were not read",
            read.region,
            format_time(from)
        );
        let to_do = next_step(closes, since, from, case.now - since);
        Some(Gap::new(Source::RootEvents, Cause::Missing, detail).to_do(to_do))
    };
    events.regions.iter().filter_map(unread).collect()
}

/// What closes the gap of sign-ins that were not read.
fn next_step(
    report: Option<Row<'_>>,
    since: DateTime<Utc>,
    from: DateTime<Utc>,
    lookback: TimeDelta,
) -> String {
    let shorter =
        "shorten `evidence.root-events.lookback` (and `within` of root-used-outside-window)";
    let Some((row, _)) = report else { return shorter.to_owned() };
    match row.password_last_used {
        Cell::Value(at) if at + COLLAPSED >= since => format!(
            "{shorter}; if root does not sign in again, this resolves by itself at {}",
            format_time(at + COLLAPSED + lookback)
        ),
        Cell::Value(_) | Cell::NotApplicable | Cell::NoInformation => format!(
            "run again with a credential report that is newer than {}: AWS makes one every 4 hours at most",
            format_time(from + DELIVERY)
        ),
        _ => shorter.to_owned(),
    }
}

/// Of the sign-ins within this time the report shows the first.
const COLLAPSED: TimeDelta = TimeDelta::minutes(5);

/// Whether the report proves that nobody signed in from `since` to `until`.
fn shows_no_sign_in((row, basis): Row<'_>, since: DateTime<Utc>, until: DateTime<Utc>) -> bool {
    // A sign-in moments before the report may not be in it yet.
    let reaches = until + DELIVERY <= basis.observed_at;
    let none = match row.password_last_used {
        Cell::Value(at) => at + COLLAPSED < since,
        Cell::NotApplicable | Cell::NoInformation => true,
        _ => false,
    };
    reaches && none
}

fn named(gap: &RegionGap) -> Gap {
    let mut named = gap.gap.clone();
    if let Some(region) = &gap.region {
        named.detail = format!("{region}: {}", named.detail);
    }
    named
}

/// The Regions and the end of the events that a judgement is based on, in words.
pub(super) fn read_where(case: &Case<'_>, events: &RootEvents) -> String {
    let names: Vec<&str> = events.regions.iter().map(|read| read.region.as_str()).collect();
    let regions =
        if names.len() > 4 { format!("{} Regions", names.len()) } else { names.join(", ") };
    match reach(case, events) {
        Some(until) => format!(
            "CloudTrail events of {regions} up to {}, {}",
            format_time(until),
            age(case.now, until)
        ),
        None => "CloudTrail events of no complete Region".to_owned(),
    }
}
