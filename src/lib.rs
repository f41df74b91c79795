//! rootgate: a policy gate for the AWS root user.
pub mod evaluate;
pub mod model;
pub mod policy;
pub mod rules;
#[cfg(test)]
mod testing;
