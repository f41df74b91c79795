//! Builders for tests: evidence as short as the fact that a test is about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::evaluate::evaluate;
use crate::model::{
    self, Audit, Audited, AuditedMfaDevice, Cause, CredentialReport, EventKind, Evidence, Fact,
    Gap, MapFact, MemberRoute, Observed, Partition, RegionRead, RootAudit, RootEvent, RootEvents,
    RootRow, RuleOutcome, SignedBy, Source, VirtualMfaDevice, each_source, parse_time,
};
use crate::policy::{EventsPolicy, OrganizationScope, Policy, Regions};
use crate::rules;

pub(crate) const ACCOUNT: &str = "111122223333";
/// The instant that tests judge.
pub(crate) const NOW: &str = "2026-11-20T09:00:00Z";
/// When the report of tests was made: three hours before.
pub(crate) const REPORT_AT: &str = "2026-11-20T06:00:00Z";
/// When the summary of tests was read: a minute before.
pub(crate) const SUMMARY_AT: &str = "2026-11-20T08:59:00Z";

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    parse_time(text).unwrap()
}

/// The root row of a healthy account (a password, MFA, no key, no certificate), with changes.
/// An empty change list is the row itself; the value `-` removes a column.
pub(crate) fn row(changes: &[(&str, &str)]) -> RootRow {
    let mut cells: BTreeMap<&str, &str> = BTreeMap::from([
        ("user_creation_time", "2015-01-01T00:00:00Z"),
        ("password_enabled", "true"),
        ("password_last_used", "2026-01-05T10:00:00Z"),
        ("password_last_changed", "2025-12-01T10:00:00Z"),
        ("mfa_active", "true"),
        ("access_key_1_active", "false"),
        ("access_key_1_last_rotated", "N/A"),
        ("access_key_1_last_used_date", "N/A"),
        ("access_key_1_last_used_region", "N/A"),
        ("access_key_1_last_used_service", "N/A"),
        ("access_key_2_active", "false"),
        ("access_key_2_last_rotated", "N/A"),
        ("access_key_2_last_used_date", "N/A"),
        ("access_key_2_last_used_region", "N/A"),
        ("access_key_2_last_used_service", "N/A"),
        ("cert_1_active", "false"),
        ("cert_1_last_rotated", "N/A"),
        ("cert_2_active", "false"),
        ("cert_2_last_rotated", "N/A"),
    ]);
    for (column, value) in changes {
        cells.insert(column, value);
    }
    cells.retain(|_, value| *value != "-");
    serde_json::from_value(serde_json::to_value(cells).unwrap()).unwrap()
}

macro_rules! healthy {
    ($($(#[$doc:meta])* $source:ident, $field:ident: $fact:ty;)*) => {
        /// Evidence of a healthy account, every source read: the report when AWS made it, all else
        /// a minute ago.
        pub(crate) fn healthy() -> Evidence {
            let at = |source| match source {
                Source::CredentialReport => time(REPORT_AT),
                _ => time(SUMMARY_AT),
            };
            Evidence {
                account: ACCOUNT.parse().unwrap(),
                partition: Partition::new("aws"),
                $($field: Ok(Fact::new(model::$field::healthy(), at(Source::$source))),)*
            }
        }
    };
}
each_source!(healthy);

/// Puts a gap in the place of its source's fact.
struct Lost(Gap);

impl MapFact for Lost {
    fn map<T: Clone>(&self, source: Source, observed: &Observed<T>) -> Observed<T> {
        if source == self.0.source { Err(self.0.clone()) } else { observed.clone() }
    }
}

/// Puts a gap in the place of every source that a route cannot see.
struct Seen(MemberRoute);

impl MapFact for Seen {
    fn map<T: Clone>(&self, source: Source, observed: &Observed<T>) -> Observed<T> {
        if self.0.sees(source) { observed.clone() } else { Err(self.0.blind_to(source)) }
    }
}

/// Says when a source was true.
struct Dated(Source, DateTime<Utc>);

impl MapFact for Dated {
    fn map<T: Clone>(&self, source: Source, observed: &Observed<T>) -> Observed<T> {
        let observed = observed.clone();
        if source != self.0 {
            return observed;
        }
        Ok(Fact::new(observed.unwrap().value, self.1))
    }
}

/// Ninety quiet days in the three Regions of sign-ins.
pub(crate) fn no_events() -> RootEvents {
    let until = time(SUMMARY_AT) - chrono::TimeDelta::minutes(15);
    let read =
        |region: &&str| RegionRead { region: (*region).to_owned(), until, sign_ins_since: None };
    RootEvents {
        since: time(SUMMARY_AT) - chrono::TimeDelta::days(90),
        all_regions: false,
        regions: RootEvents::SIGN_IN_REGIONS.iter().map(read).collect(),
        gaps: Vec::new(),
        events: Vec::new(),
    }
}

/// A call of a session of root that changed something.
pub(crate) fn event(id: &str, at: DateTime<Utc>) -> RootEvent {
    RootEvent {
        time: at,
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        event_source: "s3.amazonaws.com".to_owned(),
        event_name: "PutBucketPolicy".to_owned(),
        kind: EventKind::SessionCall,
        read_only: false,
        error_code: None,
        source_address: Some("198.51.100.20".to_owned()),
        user_agent: None,
        mfa: Some(true),
        session_started: Some(at),
        sign_in_session: None,
        client: None,
        from_console: false,
        access_key: SignedBy::Session,
        access_key_id: None,
        key_change: None,
        mfa_target: None,
        task: None,
    }
}

impl Evidence {
    /// Changes cells of the root row. Where one tells of a use, every enabled Region was read.
    pub(crate) fn with_row(mut self, changes: &[(&str, &str)]) -> Self {
        if changes.iter().any(|(column, _)| column.contains("last_used")) {
            self = self.with_events(|events| events.all_regions = true);
        }
        let observed_at =
            self.credential_report.as_ref().map_or(Some(time(REPORT_AT)), |fact| fact.observed_at);
        let value = CredentialReport { root: Some(row(changes)) };
        self.credential_report = Ok(Fact { value, observed_at });
        self
    }

    /// Sets a counter of the account summary.
    pub(crate) fn with_count(mut self, key: &str, count: i64) -> Self {
        if let Ok(fact) = &mut self.account_summary {
            fact.value.0.insert(key.to_owned(), count);
        }
        self
    }

    /// Puts a gap in the place of a source.
    pub(crate) fn without(self, source: Source, cause: Cause) -> Self {
        let gap = if cause == Cause::Denied {
            Gap::denied(source, source.info().calls[0].iam_action, "denied by AWS")
        } else {
            Gap::new(source, cause, "missing in this test")
        };
        self.map_facts(&Lost(gap))
    }

    /// The same account, entered by this route.
    pub(crate) fn seen_by(self, route: MemberRoute) -> Self {
        self.map_facts(&Seen(route))
    }

    /// Changes what AssumeRoot shows.
    pub(crate) fn with_audit(mut self, change: impl FnOnce(&mut RootAudit)) -> Self {
        change(&mut self.root_audit.as_mut().unwrap().value);
        self
    }

    /// Makes it the management account.
    pub(crate) fn of_the_management_account(mut self) -> Self {
        self.organization.as_mut().unwrap().value.management = true;
        self
    }

    /// Says when a source was true.
    pub(crate) fn at(self, source: Source, at: &str) -> Self {
        self.map_facts(&Dated(source, time(at)))
    }

    /// Changes the events.
    pub(crate) fn with_events(mut self, change: impl FnOnce(&mut RootEvents)) -> Self {
        if let Ok(fact) = &mut self.root_events {
            change(&mut fact.value);
            fact.value = fact.value.clone().ordered();
        }
        self
    }

    /// Adds events; every enabled Region was read then, as a collector does once root was used.
    pub(crate) fn and(self, more: &[RootEvent]) -> Self {
        self.with_events(|events| {
            events.all_regions = true;
            events.events.extend_from_slice(more);
        })
    }

    /// Adds a virtual MFA device.
    pub(crate) fn with_device(mut self, serial_number: &str, user_arn: Option<&str>) -> Self {
        self.virtual_mfa_devices.as_mut().unwrap().value.push(VirtualMfaDevice {
            serial_number: serial_number.to_owned(),
            user_arn: user_arn.map(str::to_owned),
        });
        self
    }
}

/// A healthy member account, as a session by `sts:AssumeRoot` sees it.
pub(crate) fn audited() -> Evidence {
    let mut evidence = healthy().seen_by(MemberRoute::AssumeRoot);
    let devices = vec![AuditedMfaDevice { serial_number: "GAHT12345678".to_owned() }];
    evidence.root_audit.as_mut().unwrap().value = RootAudit {
        access_keys: Some(Audited::Value(Vec::new())),
        certificates: Some(Audited::Value(Vec::new())),
        mfa_devices: Some(Audited::Value(devices)),
        login_profile: Some(Audited::Value(true)),
    };
    evidence
}

/// The strict defaults.
pub(crate) fn built_in() -> Policy {
    Policy::built_in(&rules::infos())
}

/// The strict defaults, for every account of an organization.
pub(crate) fn organization_policy() -> Policy {
    let organization = OrganizationScope {
        member_role: Some("rootgate".to_owned()),
        management_role: None,
        audit: Audit::AssumeRole,
        new_account_grace: None,
        exclude: Vec::new(),
        line: 1,
    };
    Policy { organization: Some(organization), ..built_in() }
}

/// The strict defaults, without CloudTrail events.
pub(crate) fn events_off() -> Policy {
    Policy { root_events: None, ..built_in() }
}

/// A week, where sign-ins are recorded.
pub(crate) fn events_policy() -> EventsPolicy {
    EventsPolicy { lookback: Policy::MIN_LOOKBACK, regions: Regions::Default, members: false }
}

/// One rule's outcome under a policy.
pub(crate) fn outcome_under(policy: &Policy, rule: &str, evidence: &Evidence) -> RuleOutcome {
    let report = evaluate(policy, evidence, time(NOW));
    for outcome in &report.outcomes {
        // What the rule says of itself decides what a waiver must name.
        let kind = rules::find(outcome.rule).unwrap().info.subject;
        assert!(outcome.findings.iter().all(|finding| finding.subject.kind() == kind));
    }
    report.outcomes.into_iter().find(|outcome| outcome.rule.0 == rule).unwrap()
}

/// One rule's outcome under the strict defaults.
pub(crate) fn outcome(rule: &str, evidence: &Evidence) -> RuleOutcome {
    outcome_under(&built_in(), rule, evidence)
}

/// The subjects of an outcome's findings.
pub(crate) fn subjects(outcome: &RuleOutcome) -> Vec<String> {
    outcome.findings.iter().map(|finding| finding.subject.to_string()).collect()
}
