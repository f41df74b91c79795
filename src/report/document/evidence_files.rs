//! The files that evidence came from.

use super::{Details, MAX_TEXT, Prose};
use crate::escape::shortened;
use crate::model::{EvidenceFile, Report, counted};

/// Maximum number of files shown; the JSON report has all.
const SHOWN: usize = 20;

/// One clause per file: `evidence.json, SHA-256 9f86…`. Strangers see only the digest.
pub(super) fn evidence_files(report: &Report, details: Details) -> Vec<Prose<'_>> {
    let files = &report.evidence_files;
    let clause = |file: &'_ EvidenceFile| match details {
        Details::Full => full(file),
        Details::Redacted => Prose::new().text(format!("SHA-256 {}", file.sha256)),
    };
    let mut clauses: Vec<_> = files.iter().take(SHOWN).map(clause).collect();
    if let Some(more) = files.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = counted(more, "more file");
        clauses.push(Prose::new().text(format!("and {more}, in the JSON report")));
    }
    clauses
}

fn full(file: &EvidenceFile) -> Prose<'static> {
    let name = match file.path.as_str() {
        "-" => Prose::new().text("standard input"),
        path => Prose::new().name(shortened(path, MAX_TEXT)),
    };
    name.text(", SHA-256 ").name(file.sha256.clone())
}
