//! The commands. Everything that reads files or the environment, or writes anything, is here.

pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod completions;
mod failure;
mod files;
mod git;
mod github_api;
mod host;
mod judging;
mod live;
mod offline;
mod output;
mod outputs;
pub(crate) mod permissions;
pub(crate) mod policy_check;
pub(crate) mod policy_diff;
mod policy_diff_base;
pub(crate) mod policy_explain;
mod policy_file;
pub(crate) mod policy_init;
pub(crate) mod policy_schema;
pub(crate) mod rules;
mod runner;
mod scope;
mod upload;
pub(crate) mod usage;

pub(crate) use failure::Failure;
pub(crate) use files::survive_size_limit;
pub(crate) use host::Host;
pub(crate) use judging::{REMOTE_PREFIX, RemotePolicy};
