//! rootgate: a policy gate for the AWS root user.
pub mod model;
pub mod policy;
