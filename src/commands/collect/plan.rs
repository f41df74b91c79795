//! The plan of a collection. Only this module reads its flags.

use std::path::PathBuf;

use rootgate::model::is_evidence_file;
use rootgate::report::Details;

use crate::cli::CollectArgs;
use crate::commands::host::clash::{self, Given};
use crate::commands::host::output::{Kind, Output};
use crate::commands::policy::file;
use crate::commands::sign_in::{Bounds, SignIn};
use crate::commands::{Failure, Host};

/// What a collection does.
pub(crate) struct Plan {
    /// The policy file of `--policy`.
    pub(crate) policy: Option<PathBuf>,
    /// The destination of the evidence.
    pub(crate) output: Output,
    pub(crate) sign_in: SignIn,
    pub(crate) bounds: Bounds,
    /// The requested detail; `None`: the visibility of the repository decides.
    pub(crate) details: Option<Details>,
    /// `-v`.
    pub(crate) verbose: bool,
    /// Whether standard error gets colour.
    pub(crate) color: bool,
}

/// Flags that contradict each other or name an unusable file.
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    /// The requested detail of the failure.
    pub(crate) details: Option<Details>,
}

/// What a collection writes. An earlier file stays until the new one is complete.
const EVIDENCE: Kind = Kind { name: "evidence of rootgate", is: is_evidence_file, outlives: true };

/// Builds the plan from the flags. No file changes.
pub(crate) fn read(args: &CollectArgs, host: &Host) -> Result<Plan, Refused> {
    let details = args.details.asked();
    let output = output(args, host).map_err(|failure| Refused { failure, details })?;
    Ok(Plan {
        policy: args.policy.clone(),
        output,
        sign_in: SignIn::read(&args.sign_in),
        bounds: Bounds::read(&args.sign_in),
        details,
        verbose: args.verbose,
        color: args.color.for_stderr(host),
    })
}

/// An output must not overwrite an input.
fn output(args: &CollectArgs, host: &Host) -> Result<Output, Failure> {
    let defaults = file::default_locations(host);
    let mut inputs: Vec<Given<'_>> = Vec::new();
    match &args.policy {
        Some(path) => inputs.push(("--policy", path)),
        None => inputs.extend(defaults.iter().map(|path| ("the policy", path.as_path()))),
    }
    inputs.extend(args.sign_in.ca_bundle.as_deref().map(|path| ("--ca-bundle", path)));
    inputs.extend(host.runner.paths());
    clash::refuse("--output", &args.output, &inputs, clash::OWN_PATH)?;
    let output = Output::find(&args.output, "--output", EVIDENCE)?;
    output.check("--output").map(|()| output)
}
