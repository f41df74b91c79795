//! Organizations are read by the policy, and not collected or judged by this version.
//!
//! The only place that says so: who builds them deletes this file and its calls, which the compiler
//! then names.

use rootgate::policy::Policy;

use super::Failure;

/// Judging an organization's named accounts alone would pass whatever is true of the others.
pub(crate) fn refuse(policy: &Policy) -> Result<(), Failure> {
    let Some(organization) = &policy.organization else { return Ok(()) };
    Err(Failure::new(
        format!(
            "the policy asks for a whole organization (`scope.organization`, line {}), and this version of rootgate \
             cannot judge one",
            organization.line
        ),
        "name the accounts in `scope.accounts` and remove `scope.organization`; `rootgate policy` reads both",
    ))
}
