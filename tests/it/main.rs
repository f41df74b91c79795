//! Tests of more than one module: the real binary, the fakes, and the repository's files.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests read files and show what they found; the product does so in one place"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod action;
mod architecture;
mod bypass;
mod check_live;
mod check_offline;
mod collect;
mod completions;
mod contents;
mod default_policy;
mod docs;
mod doctor;
mod fake;
mod fake_organization;
mod faults;
mod files;
mod forks;
mod gallery;
mod gate;
mod hostile;
mod import_circles;
mod job;
mod live;
mod organization;
mod permissions;
mod policy;
mod policy_diff_base;
mod secrets;
mod setup;
mod setup_organization;
mod setup_repository;
mod several_accounts;
mod sign_in_shown;
mod sound_accounts;
mod suggested_windows;
mod support;
mod upload;
mod waivers;
mod which_policy;
