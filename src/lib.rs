//! rootgate: a policy gate for the AWS root user.
//!
//! A team writes down what may be true of the root credentials of their AWS accounts. rootgate
//! collects the evidence, judges it, reports, and says with its exit code whether a pipeline may go
//! on. What it could not read it never takes for granted.
//!
//! ```text
//! policy file ──> policy ─────────────┐
//!                                     ├─> evaluate ──> Report ──> report (text, SARIF, JSON, Markdown)
//! AWS, or files ─> collect ─> Evidence ┘      │
//!                                          rules
//! ```
//!
//! - [`model`]: the nouns. Accounts, evidence (facts and gaps), findings, the report; one file per source,
//!   with the calls that it is asked with.
//! - [`policy`]: the policy file, read strictly: every problem at once, each with its line.
//! - [`rules`]: one file per rule, and `reconcile`, where the sources of evidence meet.
//! - [`evaluate`]: policy, evidence and one instant in, verdict out. Pure and total.
//! - [`report`]: one file per format.
//! - [`escape`]: the one place where outside text is made safe.
//!
//! With feature `aws` (the default), the half that talks to others:
//!
//! - `collect`: enters accounts (`enter`) and collects evidence (`sources`, one file each).
//! - `net`: retries, rates and many jobs side by side, for both of them.
//! - `github`: GitHub's side. The OIDC token, forks, code scanning.
//! - `repo`: a file of a repository, in the working tree, in a clone or on GitHub.
//!
//! The binary's commands are in `src/commands`: `check` is the gate (which policy judges is settled in
//! its `judging`), `policy` holds the commands about the policy file, `host` is the machine: clock,
//! environment, files, runner. CONTRIBUTING.md says how to add a rule, a source, an output and
//! a policy key.
#![forbid(unsafe_code)]

#[cfg(feature = "aws")]
pub mod collect;
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

#[cfg(test)]
mod testing;
