//! GitHub: its OIDC token, its REST API, and the secrets that must not appear in a log.

pub mod api;
pub mod branch_rules;
pub mod code_scanning;
mod endpoint;
pub mod environments;
mod error_text;
pub mod oidc;
mod pages;
pub mod pulls;
pub mod releases;
pub mod repository;
mod run;
mod secret;
pub mod upload;
pub mod workflows;

pub use endpoint::is_private;
pub(crate) use error_text::{chain, one_line};
pub use run::WorkflowRun;
pub use secret::{Secret, Secrets};

/// The workflow command that makes the runner hide a value in all later output.
///
/// Source: GitHub Docs, "Workflow commands", masking a value.
#[must_use]
pub fn mask_command(secret: &Secret) -> String {
    format!("::add-mask::{}", crate::escape::command_data(secret.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_command_is_one_line() {
        let secret = Secret::new("a%b\r\nc");
        assert_eq!(mask_command(&secret), "::add-mask::a%25b%0D%0Ac");
    }
}
