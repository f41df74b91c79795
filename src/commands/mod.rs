//! The commands. All reads of files and of the environment, and all writes, are here.
//!
//! `check` is the gate; `policy` the commands about the policy file; `host` the machine: clock,
//! environment, files, runner, git, GitHub's API.

pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod completions;
pub(crate) mod doctor;
mod failure;
mod host;
mod live;
pub(crate) mod permissions;
pub(crate) mod policy;
pub(crate) mod rules;
pub(crate) mod setup;
mod sign_in;
pub(crate) mod usage;

pub(crate) use check::plan::{REMOTE_PREFIX, RemotePolicy};
pub(crate) use failure::Failure;
pub(crate) use host::Host;
pub(crate) use host::files::survive_size_limit;
