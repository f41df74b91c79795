//! Requests the credential report. AWS makes at most one per four hours, and only on request.
//!
//! It gets the report. If there is none, or it is older than four hours, it requests a new one,
//! once. Then it polls with growing pauses until the report is ready or the time limit is reached.
//! An older report that cannot be renewed is still evidence, with its age.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::ReportStateType;
use chrono::{DateTime, TimeDelta, Utc};

use crate::collect::failure::{CallError, Kind};
use crate::model::credential_report::{GENERATE, GET};
use crate::model::{AccountId, Cause, CredentialReport, Fact, Gap, Observed, ParsedReport, Source};
use crate::text;
use crate::text::outside;

use super::Reader;

const SOURCE: Source = Source::CredentialReport;
/// AWS does not replace a report that is younger than this. Source: IAM User Guide, "Generate
/// credential reports for your AWS account".
pub(crate) const RENEWED_AFTER: TimeDelta = TimeDelta::hours(4);

/// The state of the report.
enum ReportState {
    Report(Box<Fact<CredentialReport>>),
    /// There is no report, or the last one has expired.
    Absent,
    /// AWS is making a report.
    Making,
}

/// Fetches the newest available report. It is true at the time at which AWS generated it.
pub(super) async fn fetch(reader: &Reader<'_>) -> Observed<CredentialReport> {
    Acquisition { client: reader.session.iam(), reader }.fetch().await
}

/// One account's report.
struct Acquisition<'a> {
    client: Client,
    reader: &'a Reader<'a>,
}

impl Acquisition<'_> {
    async fn fetch(&self) -> Observed<CredentialReport> {
        let (older, mut ordered) = match self.get_report().await? {
            ReportState::Report(report) if self.is_current(&report) => return Ok(*report),
            ReportState::Report(report) => (Some(*report), false),
            ReportState::Absent => (None, false),
            ReportState::Making => (None, true),
        };
        let or_older = |gap: Gap| match older.clone() {
            Some(report) => {
                let detail = outside(&gap.detail);
                (self.reader.note)(&text!("the older credential report is used: {}", detail));
                Ok(report)
            }
            None => Err(gap),
        };
        for pause in self.reader.pace.polls() {
            if !ordered {
                match self.order().await {
                    // AWS considers its report current.
                    Ok(true) if older.is_some() => {
                        return match self.get_report().await {
                            Ok(ReportState::Report(report)) => Ok(*report),
                            Ok(_) => or_older(self.never_ready()),
                            Err(gap) => or_older(gap),
                        };
                    }
                    Ok(_) => ordered = true,
                    Err(error) => return or_older(error.gap(SOURCE, &GENERATE)),
                }
            }
            if let Err(stopped) = self.reader.pace.pause(pause).await {
                let gap = match stopped.kind {
                    Kind::Interrupted => stopped.gap(SOURCE, &GET),
                    _ => self.never_ready(),
                };
                return or_older(gap);
            }
            match self.get_report().await {
                Ok(ReportState::Report(report)) if older.is_none() || self.is_current(&report) => {
                    return Ok(*report);
                }
                Ok(_) => {}
                Err(gap) => return or_older(gap),
            }
        }
        or_older(self.never_ready())
    }

    fn is_current(&self, report: &Fact<CredentialReport>) -> bool {
        report
            .observed_at
            .is_some_and(|generated| (self.reader.clock)() - generated <= RENEWED_AFTER)
    }

    fn never_ready(&self) -> Gap {
        let why = "AWS was still making the report at the time limit of the call";
        Gap::for_call(SOURCE, &GET, Cause::TimedOut, why)
    }

    async fn get_report(&self) -> Result<ReportState, Gap> {
        let call = async || {
            let answer = self.client.get_credential_report().send().await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        let answer = match self.reader.pace.retry(call).await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.code.as_str() {
                    "ReportNotPresent" | "ReportExpired" => Ok(ReportState::Absent),
                    "ReportInProgress" => Ok(ReportState::Making),
                    _ => Err(error.gap(SOURCE, &GET)),
                };
            }
        };
        let content = answer.content.map(aws_sdk_iam::primitives::Blob::into_inner);
        let generated = answer
            .generated_time
            .and_then(|time| DateTime::from_timestamp(time.secs(), time.subsec_nanos()));
        read(&content.unwrap_or_default(), generated, &self.reader.session.account)
            .map(|report| ReportState::Report(Box::new(report)))
    }

    /// Requests a report. Returns whether AWS says that it is ready.
    async fn order(&self) -> Result<bool, CallError> {
        (self.reader.note)(
            &"no credential report of the last four hours: requesting one from AWS".into(),
        );
        let call = async || {
            let answer = self.client.generate_credential_report().send().await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        Ok(self.reader.pace.retry(call).await?.state == Some(ReportStateType::Complete))
    }
}

/// Reads the report and checks its account.
fn read(
    content: &[u8],
    generated: Option<DateTime<Utc>>,
    account: &AccountId,
) -> Result<Fact<CredentialReport>, Gap> {
    let unreadable = |detail: String| Gap::for_call(SOURCE, &GET, Cause::Unreadable, detail);
    let ParsedReport { account: owner, report, .. } =
        CredentialReport::parse(content).map_err(|error| unreadable(error.to_string()))?;
    let generated =
        generated.ok_or_else(|| unreadable("the report has no time of generation".to_owned()))?;
    match owner {
        Some(owner) if &owner == account => Ok(Fact::new(report, generated)),
        Some(owner) => Err(unreadable(format!("the report is of account {owner}"))),
        None => Err(unreadable("the report has no row, so its account is unknown".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "user,arn\n<root_account>,arn:aws:iam::111122223333:root";

    fn detail(content: &str, account: &str) -> String {
        let time = DateTime::from_timestamp(1_763_712_000, 0);
        read(content.as_bytes(), time, &account.parse().unwrap()).unwrap_err().detail
    }

    #[test]
    fn a_report_is_true_at_its_time_of_generation() {
        let time = DateTime::from_timestamp(1_763_712_000, 0);
        let fact = read(REPORT.as_bytes(), time, &"111122223333".parse().unwrap()).unwrap();
        assert_eq!(fact.observed_at, time);
    }

    #[test]
    fn a_report_of_another_or_unknown_account_is_refused() {
        assert_eq!(
            detail(REPORT, "444455556666"),
            "iam:GetCredentialReport: the report is of account 111122223333"
        );
        assert!(detail("user,arn", "111122223333").contains("its account is unknown"));
        assert!(detail("<html>", "111122223333").contains("no column `user`"));
    }
}
