//! `rootgate policy`: the commands about the policy file, and how it is found and read.

mod base;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod file;
pub(crate) mod init;
pub(crate) mod schema;
