//! `rootgate permissions`: the exact IAM policy that the enabled rules need.

use rootgate::setup::aws;

use super::host::files;
use super::policy::file;
use super::{Failure, Host};
use crate::cli::PermissionsArgs;

pub(crate) fn run(args: &PermissionsArgs, host: &Host) -> Result<u8, Failure> {
    let (policy, _) = file::load(args.policy.as_deref(), host, args.color.for_stderr(host))?;
    let document = aws::permissions(&policy).ok_or_else(|| {
        Failure::new(
            "every rule of the policy is off, so rootgate reads nothing and needs no permission",
            "enable a rule",
        )
    })?;
    files::print(format!("{document:#}\n").as_bytes())?;
    Ok(0)
}
