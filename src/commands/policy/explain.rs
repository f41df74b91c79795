//! `rootgate policy explain`: what a policy means, in words.

use rootgate::model::PolicyOrigin;
use rootgate::{escape, policy};

use super::file;
use crate::cli::PolicyExplainArgs;
use crate::commands::host::files;
use crate::commands::{Failure, Host};

pub(crate) fn run(args: &PolicyExplainArgs, host: &Host) -> Result<u8, Failure> {
    let color = args.color.for_stderr(host);
    let (policy, origin) =
        file::load(args.file.as_deref().or(args.policy.as_deref()), host, color)?;
    let at = args.at.unwrap_or(host.now);
    let text = source(&origin) + "\n" + &policy::explain(&policy, at, args.account.as_ref());
    let lines: Vec<String> = text.lines().map(escape::visible).collect();
    files::print((lines.join("\n") + "\n").as_bytes())?;
    Ok(0)
}

/// The origin of the explained policy: the text may be kept in a ticket after the file has changed.
fn source(origin: &PolicyOrigin) -> String {
    match (&origin.path, &origin.sha256) {
        (Some(path), Some(sha256)) => format!("Policy {path}, SHA-256 {sha256}"),
        _ => {
            let looked = file::DEFAULT_PATHS.join(", ");
            format!("No policy file (none of {looked} exists): the strict built-in defaults")
        }
    }
}
