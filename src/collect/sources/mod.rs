//! Reads the sources: one file each. `model::sources` declares each source and its calls.

mod account_summary;
mod credential_report;
mod root_audit;
mod root_events;
mod virtual_mfa_devices;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::{
    AccountSummary, Cause, Evidence, Gap, MemberRoute, Observed, RootAudit, Source,
    VirtualMfaDevice,
};
use crate::text::Text;

use super::EventsWanted;
use super::enter::Session;
use super::pace::Pace;

pub(crate) use credential_report::RENEWED_AFTER;
use root_events::Lookup;

/// Reads an account.
pub(crate) struct Reader<'a> {
    /// The session in the account.
    pub(crate) session: &'a Session,
    /// The time limit of each call.
    pub(crate) pace: &'a Pace,
    /// Gives the time at which a call is sent.
    pub(crate) clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Notes for `-v`.
    pub(crate) note: &'a dyn Fn(&Text),
    /// The sources to request.
    pub(crate) needs: &'a BTreeSet<Source>,
    /// The events to request, if they are needed.
    pub(crate) root_events: Option<&'a EventsWanted>,
    /// How the account was entered.
    pub(crate) route: ReadBy,
}

/// How an account is read. It decides which sources are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadBy {
    /// It was named: all sources side by side.
    Name,
    /// It is an account of the organization.
    Listed {
        /// How it was entered; the run's own session counts as a role.
        route: MemberRoute,
        /// Whether it is a member account, not the management account.
        member: bool,
    },
}

impl Reader<'_> {
    /// Reads the needed sources side by side. Events of more Regions come last, if the other
    /// sources or the first events show that root may have acted there.
    pub(crate) async fn read(&self) -> Evidence {
        let wanted = self.root_events.filter(|_| self.asks(Source::RootEvents));
        let lookup = wanted.map(|wanted| Lookup {
            session: self.session,
            pace: self.pace,
            clock: self.clock,
            wanted,
            member: matches!(self.route, ReadBy::Listed { member: true, .. }),
        });
        let first_events = async {
            match &lookup {
                Some(lookup) => Some(lookup.first().await),
                None => None,
            }
        };
        let (credential_report, (account_summary, virtual_mfa_devices, root_audit), gathered) = tokio::join!(
            self.if_needed(Source::CredentialReport, credential_report::fetch(self)),
            self.summary_first(),
            first_events,
        );
        let mut evidence = Evidence {
            account: self.session.account.clone(),
            partition: Some(self.session.partition.clone()),
            credential_report,
            account_summary,
            virtual_mfa_devices,
            root_events: Err(self.not_asked(Source::RootEvents)),
            root_audit,
            organization: Err(not_needed(Source::Organization)),
            central_root: Err(not_needed(Source::CentralRoot)),
            service_control_policies: Err(not_needed(Source::ServiceControlPolicies)),
        };
        if let (Some(lookup), Some(gathered)) = (&lookup, gathered) {
            evidence.root_events = Ok(lookup.seen(&gathered));
            let anywhere = evidence.root_may_have_acted_anywhere(gathered.since());
            evidence.root_events = lookup.rest(gathered, anywhere).await;
        }
        evidence
    }

    /// Reads the summary first, because it may make other calls unnecessary: in an organization,
    /// one call for each member is thousands of calls.
    async fn summary_first(
        &self,
    ) -> (Observed<AccountSummary>, Observed<Vec<VirtualMfaDevice>>, Observed<RootAudit>) {
        // If it fails, the calls that wait for it still have time.
        let pace = match self.route {
            ReadBy::Name => self.pace.clone(),
            ReadBy::Listed { .. } => self.pace.third(),
        };
        let summary = account_summary::fetch(self, &pace);
        let summary = self.if_needed(Source::AccountSummary, summary);
        let devices = self.if_needed(Source::VirtualMfaDevices, virtual_mfa_devices::fetch(self));
        match self.route {
            ReadBy::Name => {
                let (summary, devices) = tokio::join!(summary, devices);
                (summary, devices, Err(self.not_asked(Source::RootAudit)))
            }
            ReadBy::Listed { route: MemberRoute::AssumeRole, .. } => {
                let summary = summary.await;
                let without_mfa =
                    summary.as_ref().is_ok_and(|it| it.value.count("AccountMFAEnabled") == Some(0));
                let devices = match without_mfa {
                    true => Err(Gap::new(
                        Source::VirtualMfaDevices,
                        Cause::NotCollected,
                        "the account summary counts no MFA device of root",
                    )),
                    false => devices.await,
                };
                (summary, devices, Err(self.not_asked(Source::RootAudit)))
            }
            ReadBy::Listed { route: MemberRoute::AssumeRoot, .. } => {
                let audit = async {
                    let summary = summary.await;
                    let counted = match self.asks(Source::RootAudit) {
                        true => Some(root_audit::counted(self, &summary).await),
                        false => None,
                    };
                    (summary, counted)
                };
                let lists = async {
                    match self.asks(Source::RootAudit) {
                        true => Some(root_audit::lists(self).await),
                        false => None,
                    }
                };
                let (lists, (summary, counted)) = tokio::join!(lists, audit);
                let audit = match (lists, counted) {
                    (Some(lists), Some(counted)) => root_audit::whole(lists, counted),
                    _ => Err(self.not_asked(Source::RootAudit)),
                };
                let (summary, audit) = (summary.map_err(as_root), audit.map_err(as_root));
                (summary, Err(self.not_asked(Source::VirtualMfaDevices)), audit)
            }
        }
    }

    /// Whether a source is needed, and visible by the route.
    fn asks(&self, source: Source) -> bool {
        let is_visible = match self.route {
            ReadBy::Name => source != Source::RootAudit,
            ReadBy::Listed { route, .. } => route.sees(source),
        };
        self.needs.contains(&source) && is_visible
    }

    async fn if_needed<T>(
        &self,
        source: Source,
        fetch: impl Future<Output = Observed<T>>,
    ) -> Observed<T> {
        if self.asks(source) {
            return fetch.await;
        }
        Err(self.not_asked(source))
    }

    /// Why a source is not requested.
    fn not_asked(&self, source: Source) -> Gap {
        match self.route {
            ReadBy::Listed { route, .. } if !route.sees(source) => route.blind_to(source),
            ReadBy::Listed { .. }
                if self.needs.contains(&source) && source == Source::RootEvents =>
            {
                members_events_unread()
            }
            _ if source == Source::RootAudit => MemberRoute::AssumeRole.blind_to(source),
            _ => not_needed(source),
        }
    }
}

/// The gap if the policy does not ask for events of members.
pub(crate) fn members_events_unread() -> Gap {
    let detail = "the events of members are not read: the policy does not ask for them (`members` of \
                  `evidence.root-events`)";
    Gap::new(Source::RootEvents, Cause::NotVisible, detail)
}

/// A session as root has every permission that its task allows. Only a policy of the organization
/// can deny one. Source: IAM User Guide, "Perform a privileged task on a member account".
fn as_root(gap: Gap) -> Gap {
    match gap.cause {
        Cause::Denied if gap.grant.is_some() => gap.to_do(
            "a service control policy denies it: exempt sessions by AssumeRoot there (a condition that \
             `aws:AssumedRoot` is absent), or enter the account by a role",
        ),
        _ => gap,
    }
}

fn not_needed(source: Source) -> Gap {
    Gap::new(source, Cause::NotCollected, "no enabled rule needs it")
}
