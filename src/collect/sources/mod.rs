//! How the sources are asked: one file each, with what becomes of an answer and of a failure. What each
//! is, and with which calls it is asked, is declared in `model::sources`.

mod account_summary;
mod credential_report;
mod root_events;
mod virtual_mfa_devices;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::{Cause, Evidence, Gap, Observed, Source};
use crate::text::Text;

use super::EventsWanted;
use super::enter::Session;
use super::pace::Pace;

use root_events::Lookup;

/// What reading an account takes.
pub(crate) struct Reader<'a> {
    /// The account that was entered.
    pub(crate) session: &'a Session,
    /// How long each call may try.
    pub(crate) pace: &'a Pace,
    /// Read for the instant at which a call is sent.
    pub(crate) clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Remarks.
    pub(crate) note: &'a dyn Fn(&Text),
    /// The sources that are asked.
    pub(crate) needs: &'a BTreeSet<Source>,
    /// Which events are asked for, where they are needed.
    pub(crate) root_events: Option<&'a EventsWanted>,
}

impl Reader<'_> {
    /// The sources that are needed, side by side; events of more Regions last, where the others or the
    /// first events show that root may have acted there.
    pub(crate) async fn read(&self) -> Evidence {
        let wanted = self.root_events.filter(|_| self.needs.contains(&Source::RootEvents));
        let lookup = wanted.map(|wanted| Lookup {
            session: self.session,
            pace: self.pace,
            clock: self.clock,
            wanted,
        });
        let first_events = async {
            match &lookup {
                Some(lookup) => Some(lookup.first().await),
                None => None,
            }
        };
        let (credential_report, account_summary, virtual_mfa_devices, gathered) = tokio::join!(
            self.if_needed(Source::CredentialReport, credential_report::fetch(self)),
            self.if_needed(Source::AccountSummary, account_summary::fetch(self)),
            self.if_needed(Source::VirtualMfaDevices, virtual_mfa_devices::fetch(self)),
            first_events,
        );
        let mut evidence = Evidence {
            account: self.session.account.clone(),
            partition: Some(self.session.partition.clone()),
            credential_report,
            account_summary,
            virtual_mfa_devices,
            root_events: Err(not_needed(Source::RootEvents)),
        };
        if let (Some(lookup), Some(gathered)) = (&lookup, gathered) {
            evidence.root_events = Ok(lookup.seen(&gathered));
            let anywhere = evidence.root_may_have_acted_anywhere(gathered.since());
            evidence.root_events = lookup.rest(gathered, anywhere).await;
        }
        evidence
    }

    async fn if_needed<T>(
        &self,
        source: Source,
        fetch: impl Future<Output = Observed<T>>,
    ) -> Observed<T> {
        if self.needs.contains(&source) {
            return fetch.await;
        }
        Err(not_needed(source))
    }
}

fn not_needed(source: Source) -> Gap {
    Gap::new(source, Cause::NotCollected, "no enabled rule needs it")
}
