//! Facts that are too old, in the future or undated do not count: they become gaps.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{Cause, Duration, Evidence, Gap, MapFact, Observed, Source, format_time};
use crate::policy::Policy;
use crate::rules::age;

/// Maximum clock difference: a fact may be this far ahead of the judged instant.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The same evidence with a gap in place of every fact that must not count.
pub(super) fn fresh(evidence: &Evidence, policy: &Policy, now: DateTime<Utc>) -> Evidence {
    let mut evidence = evidence.map_facts(&Freshness { policy, now });
    // Only a list that counts can prove who owns an MFA device.
    if let (Ok(events), Ok(devices)) = (&mut evidence.root_events, &evidence.virtual_mfa_devices) {
        events.value.settle_devices(&devices.value);
    }
    evidence
}

/// Which facts a policy accepts at an instant.
struct Freshness<'a> {
    policy: &'a Policy,
    now: DateTime<Utc>,
}

impl MapFact for Freshness<'_> {
    fn map<T: Clone>(&self, source: Source, observed: &Observed<T>) -> Observed<T> {
        match source {
            Source::RootEvents if self.policy.root_events.is_none() => {
                let detail = "the policy turns CloudTrail events off";
                Err(Gap::new(source, Cause::NotCollected, detail))
            }
            Source::RootEvents => {
                checked(observed, source, self.policy.max_age, self.now).map_err(not_asked)
            }
            _ => checked(observed, source, self.policy.max_age, self.now),
        }
    }
}

/// Events are the only source that a policy can turn off, so the gap says how.
fn not_asked(gap: Gap) -> Gap {
    if gap.cause != Cause::NotCollected || gap.grant.is_some() {
        return gap;
    }
    gap.to_do("pass them with --evidence, let rootgate call AWS, or turn them off: `evidence: { root-events: off }`")
}

fn checked<T: Clone>(
    observed: &Observed<T>,
    source: Source,
    max_age: Duration,
    now: DateTime<Utc>,
) -> Observed<T> {
    let fact = observed.clone()?;
    let Some(time) = fact.observed_at else {
        let detail = format!("the {source} has no timestamp, so its age is unknown");
        let gap = Gap::new(source, Cause::Undated, detail);
        return Err(match source {
            Source::CredentialReport => {
                gap.to_do("pass the time at which AWS made it: --report-generated-at TIME")
            }
            _ => gap,
        });
    };
    if time > now + AHEAD {
        let detail = format!(
            "the {source} is dated {}, after the judged instant {}",
            format_time(time),
            format_time(now)
        );
        return Err(Gap::new(source, Cause::Future, detail));
    }
    if now.signed_duration_since(time) > max_age.delta() {
        let detail = format!(
            "the {source} is dated {}, {}; the policy's `evidence.max-age` is {max_age}",
            format_time(time),
            age(now, time)
        );
        return Err(Gap::new(source, Cause::Stale, detail));
    }
    Ok(fact)
}
