//! What is known, source by source: one file each.

mod credential_report;
mod root_events;

pub use credential_report::{
    Cell, CertificateSlot, CredentialReport, KeySlot, ParsedReport, ReportError, RootRow,
    kept_columns,
};
pub use root_events::{
    EventKind, KeyChange, KeyState, MfaTarget, Record, RecordError, RegionGap, RegionRead,
    RootEvent, RootEvents, RootTask, SignInClient, SignedBy, classify, issued_by_root,
};
