//! rootgate: a policy gate for the AWS root user.
//!
//! A team writes a policy for the root credentials of its AWS accounts. rootgate collects the
//! evidence, judges it and writes reports. Its exit code tells a pipeline whether to continue. A
//! fact that it could not read never counts as a pass.
//!
//! ```text
//! policy file ──> policy ─────────────┐
//!                                     ├─> evaluate ──> Report ──> report (text, SARIF, JSON, Markdown)
//! AWS, or files ─> collect ─> Evidence ┘      │
//!                                          rules
//! ```
//!
//! - [`model`]: the data types. Accounts, evidence (facts and gaps), findings, the report; one file per
//!   source, with the calls that read it.
//! - [`policy`]: the strict parser of the policy file. It reports every problem, each with its line.
//! - [`rules`]: one file per rule, and `reconcile`, which combines the sources of evidence.
//! - [`evaluate`]: computes the verdict from a policy, evidence and a time. It is pure and cannot fail.
//! - [`report`]: one file per format.
//! - [`doctor`]: whether the gate is set up so that it works. Pure: it gets facts and returns checks.
//! - [`setup`]: generates the AWS side and the workflow of a repository.
//! - [`escape`]: makes outside text safe to show.
//! - [`text`](mod@text): text that knows who may read each of its parts.
//!
//! With feature `aws` (the default), the modules that use the network:
//!
//! - `collect`: enters accounts (`enter`) and collects evidence (`sources`, one file each).
//! - `net`: retries, rate limits and concurrent jobs.
//! - `github`: calls to GitHub for the OIDC token, forks and code scanning.
//! - `repo`: reads a file of a repository from the working tree, a clone or GitHub.
//!
//! The binary's commands are in `src/commands`: `check` is the gate (its `judging` decides which
//! policy judges), `policy` holds the commands about the policy file, `host` is the machine: clock,
//! environment, files, runner. CONTRIBUTING.md explains how to add a rule, a source and an output.
#![forbid(unsafe_code)]

#[cfg(feature = "aws")]
pub mod collect;
pub mod doctor;
pub mod escape;
pub mod evaluate;
#[cfg(feature = "aws")]
pub mod github;
pub mod model;
#[cfg(feature = "aws")]
mod net;
pub mod policy;
#[cfg(feature = "aws")]
pub mod repo;
pub mod report;
pub mod rules;
pub mod setup;
pub mod text;

#[cfg(test)]
mod testing;
