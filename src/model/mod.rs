//! The nouns: accounts, evidence, findings, reports. No I/O, no clock, no policy.
//!
//! Everything else in the crate imports this module; it imports nothing of the crate.

mod account;
mod audit;
pub mod call;
mod duration;
mod evidence;
mod evidence_file;
mod finding;
pub mod hosting;
mod inventory;
mod judging;
mod key_path;
mod listing;
mod notice;
mod report;
mod rule_info;
pub mod scp;
mod signature;
mod sources;
mod subject;
mod times;
mod to_do;
mod unique_json;
mod words;

pub use account::{AccountId, InvalidAccountId, Partition};
pub use audit::Audit;
pub use call::{Call, Service};
pub use duration::{Duration, InvalidDuration};
pub use evidence::{Cause, Evidence, Fact, Gap, MapFact, Observed};
pub use evidence_file::{
    EVIDENCE_SCHEMA, EvidenceFileError, is_evidence_file, read_evidence, write_evidence,
};
pub use finding::{
    Finding, Outcome, RuleOutcome, Severity, UnknownSeverity, UseKind, WaivedBy, fingerprint,
    sha256_hex,
};
pub use inventory::{Inventory, SkippedAccount};
pub use judging::{
    AfterMerge, Change, ChangeKind, Effect, Judge, PolicyChange, PolicyCopy, PolicyOrigin, Problem,
};
pub use key_path::KeyPath;
pub use listing::{Judged, Listing, SkipCause, Skipped};
pub use notice::{ExcludeState, Notice, NoticeCode, NoticeKind, Today, Unused, WaiverState};
pub use report::{
    AccountReport, Basis, Counts, EvidenceFile, ListedMark, Report, RuleSetting, Timeline, UseMark,
    Verdict, WindowMark,
};
pub use rule_info::{Amount, RuleId, RuleInfo, SubjectKind, Threshold};
pub use signature::{
    Signature, begins_with_schema, begins_with_tokens, is_one_of, is_unchanged_json,
};
// A source names what it makes public in its own folder.
#[cfg(test)]
pub(crate) use sources::each_source;
pub use sources::*;
pub use subject::{Creation, Subject};
pub use times::{InvalidTime, format_day, format_time, parse_day, parse_time, wrong_clock};
pub use to_do::{IamAction, ToDo};
pub use unique_json::unique_json;
pub use words::{capitalized, counted, sentence};
