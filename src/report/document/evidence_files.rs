//! Which evidence came from a file, in words that several formats share.

use super::policy::Quote;
use super::words::{MAX_TEXT, counted};
use crate::escape::shortened;
use crate::model::Report;

/// More files are in the JSON report.
const SHOWN: usize = 20;

/// One clause a file: `evidence.json, SHA-256 9f86…`. Strangers read the digest alone.
pub(in crate::report) fn evidence_files(report: &Report, quote: Quote) -> Vec<String> {
    let files = &report.evidence_files;
    let mut clauses: Vec<String> = files
        .iter()
        .take(SHOWN)
        .map(|file| {
            let digest = format!("SHA-256 {}", quote.quoted(&file.sha256));
            match (quote, file.path.as_str()) {
                (Quote::Public, _) => digest,
                (_, "-") => format!("standard input, {digest}"),
                (_, path) => format!("{}, {digest}", quote.quoted(&shortened(path, MAX_TEXT))),
            }
        })
        .collect();
    if let Some(more) = files.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        clauses.push(format!("and {}, in the JSON report", counted(more, "more file")));
    }
    clauses
}
