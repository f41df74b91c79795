//! The plan of `rootgate doctor`. Only this module reads its flags.

use std::path::PathBuf;

use rootgate::report::Details;

use crate::cli::{DoctorArgs, DoctorFormat, PolicyArg};
use crate::commands::sign_in::{Bounds, SignIn};
use crate::commands::{Host, RemotePolicy};

/// What is checked, and how it is shown.
pub(crate) struct Plan {
    /// The policy of `--policy`.
    pub(super) policy: Option<Named>,
    pub(super) sign_in: SignIn,
    pub(super) bounds: Bounds,
    /// `--all`: every member of the organization.
    pub(super) all: bool,
    /// The checks are shown as JSON.
    pub(super) json: bool,
    /// The requested detail; `None`: the visibility of the repository decides.
    pub(super) details: Option<Details>,
    /// Whether standard output gets colour.
    pub(super) color: bool,
}

/// A policy that was named.
pub(super) enum Named {
    /// A file on disk.
    File(PathBuf),
    /// A file of another repository.
    Remote(RemotePolicy),
}

/// Builds the plan from the flags. No file changes.
pub(crate) fn read(args: &DoctorArgs, host: &Host) -> Plan {
    Plan {
        policy: args.policy.clone().map(|policy| match policy {
            PolicyArg::File(path) => Named::File(path),
            PolicyArg::GitHub(remote) => Named::Remote(remote),
        }),
        sign_in: SignIn::read(&args.sign_in),
        bounds: Bounds::read(&args.sign_in),
        all: args.all,
        json: args.format == DoctorFormat::Json,
        details: args.details.asked(),
        color: args.color.for_stdout(host),
    }
}
