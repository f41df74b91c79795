//! What records of one sign-in session know of each other: when it began, and whether with MFA.
//!
//! `signInSessionArn` ties calls and tokens to the sign-in, however often the keys behind them were
//! renewed. Source: AWS Sign-In User Guide, "OAuth with AWS Sign-in".

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::RootEvents;
use super::record::Record;

/// The sign-in sessions among root's records.
#[derive(Default)]
pub(super) struct SignInSessions<'a> {
    by_arn: BTreeMap<&'a str, Known>,
    /// What calls say of MFA, by the start of their session, which all records of it share.
    by_start: BTreeMap<DateTime<Utc>, Option<bool>>,
    /// Sign-ins to the console that worked.
    sign_ins: Vec<(DateTime<Utc>, Option<bool>)>,
}

#[derive(Default)]
struct Known {
    started: Option<DateTime<Utc>>,
    mfa_of_sign_in: Option<bool>,
    mfa_of_calls: Option<bool>,
}

impl<'a> SignInSessions<'a> {
    /// Takes one record of root into account.
    pub(super) fn learn(&mut self, record: &'a Record) {
        let signs_in = record.service() == "signin" && is_sign_in(record);
        if signs_in {
            self.sign_ins.push((record.time, record.mfa()));
        }
        let of_person = !signs_in && !record.invoked_by_a_service();
        if let Some(start) = record.session_started().filter(|_| of_person) {
            let known = self.by_start.entry(start).or_default();
            *known = worse(*known, record.mfa());
        }
        let Some(arn) = record.sign_in_session() else { return };
        let known = self.by_arn.entry(arn).or_default();
        let client = record.is_client_sign_in();
        let at = (signs_in || client).then_some(record.time);
        known.started = known.started.into_iter().chain(record.session_started()).chain(at).min();
        if signs_in {
            known.mfa_of_sign_in = worse(known.mfa_of_sign_in, record.mfa());
        } else if of_person {
            known.mfa_of_calls = worse(known.mfa_of_calls, record.mfa());
        }
    }

    /// When the session that the record names began, as far as the records tell.
    pub(super) fn started(&self, record: &Record) -> Option<DateTime<Utc>> {
        self.known(record)?.started
    }

    /// Whether MFA was used at the sign-in to the console that the record's session came from: the
    /// one that it names, else the one at which it began.
    pub(super) fn mfa_of_sign_in(&self, record: &Record) -> Option<bool> {
        let named = self.known(record).and_then(|known| known.mfa_of_sign_in);
        named.or_else(|| {
            let began = record.session_started()?;
            let near = |(at, _): &&(DateTime<Utc>, Option<bool>)| {
                (*at - began).abs() <= RootEvents::SESSION_BEGINS
            };
            self.sign_ins.iter().filter(near).map(|(_, mfa)| *mfa).fold(None, worse)
        })
    }

    /// Whether the other records of the session say that MFA was used.
    pub(super) fn mfa_of_calls(&self, record: &Record) -> Option<bool> {
        let named = self.known(record).and_then(|known| known.mfa_of_calls);
        let start = || record.session_started();
        named.or_else(|| self.by_start.get(&start()?).copied().flatten())
    }

    fn known(&self, record: &Record) -> Option<&Known> {
        self.by_arn.get(record.sign_in_session()?)
    }
}

fn is_sign_in(record: &Record) -> bool {
    let answer = record.sign_in_answer().unwrap_or_default();
    record.raw.event_name == "ConsoleLogin" && answer.eq_ignore_ascii_case("success")
}

/// The worse of two answers: without MFA, then with MFA, then unknown.
fn worse(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one && other),
        (one, other) => one.or(other),
    }
}
