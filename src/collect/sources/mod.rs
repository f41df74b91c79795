//! How each source is asked: one file each, with what becomes of an answer and of a failure.

pub(crate) mod account_summary;
pub(crate) mod credential_report;
pub(crate) mod root_events;
pub(crate) mod virtual_mfa_devices;
