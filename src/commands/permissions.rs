//! `rootgate permissions`: the exact IAM policy that the enabled rules need.

use rootgate::rules;
use serde_json::json;

use super::host::files;
use super::policy::file;
use super::{Failure, Host};
use crate::cli::PermissionsArgs;

pub(crate) fn run(args: &PermissionsArgs, host: &Host) -> Result<u8, Failure> {
    let (policy, _) = file::load(args.policy.as_deref(), host, args.color.for_stderr(host))?;
    let needs = rules::needs(&policy);
    let mut actions: Vec<&str> = needs.iter().flat_map(|source| source.actions()).collect();
    actions.sort_unstable();
    if actions.is_empty() {
        return Err(Failure::new(
            "every rule of the policy is off, so rootgate reads nothing and needs no permission",
            "enable a rule",
        ));
    }
    // None of these actions knows resources: AWS takes only `*` for them.
    // Source: Service Authorization Reference, AWS Identity and Access Management.
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "RootgateReadsRootEvidence",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
        }],
    });
    files::print(format!("{document:#}\n").as_bytes())?;
    Ok(0)
}
