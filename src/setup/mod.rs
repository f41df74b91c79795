//! What `rootgate setup` generates: the AWS side and the workflow of a repository.
//!
//! Everything here is pure: the same input gives the same bytes. Each format has a typed builder that
//! escapes every text it is given ([`form`]), so no name can become code in a template.

pub mod aws;
mod form;
pub mod workflow;

pub use form::sh::word;
