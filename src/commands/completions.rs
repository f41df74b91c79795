//! `rootgate completions SHELL`.

use clap::CommandFactory;

use super::Failure;
use super::host::files;
use crate::cli::{Cli, CompletionsArgs};

pub(crate) fn run(args: &CompletionsArgs) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rootgate", &mut script);
    files::print(&script)?;
    Ok(0)
}
