//! What a report says, before a format gives it a shape.

pub(super) mod change;
pub(super) mod evidence_files;
pub(super) mod policy;
pub(super) mod redacted;
pub(super) mod words;
