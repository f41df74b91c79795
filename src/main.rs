//! The binary: arguments, the clock and the environment are read once, here.
#![forbid(unsafe_code)]

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, PolicyCommand};
use crate::commands::{Failure, Host, check, collect};

fn main() -> ExitCode {
    commands::survive_size_limit();
    let host = Host::read();
    let code = match Cli::try_parse() {
        Ok(cli) => run(cli, &host),
        Err(error) => commands::usage::report(error, &host),
    };
    ExitCode::from(code)
}

fn run(cli: Cli, host: &Host) -> u8 {
    let ended = match cli.command {
        Command::Check(args) => return check::run(check::plan::read(&args, host), host),
        Command::Collect(args) => return collect::run(collect::plan::read(&args, host), host),
        Command::Policy(command) => policy(&command, host),
        Command::Rules(args) => commands::rules::run(&args),
        Command::Permissions(args) => commands::permissions::run(&args, host),
        Command::Completions(args) => commands::completions::run(&args),
    };
    ended.unwrap_or_else(|failure| failure.report())
}

fn policy(command: &PolicyCommand, host: &Host) -> Result<u8, Failure> {
    match command {
        PolicyCommand::Check(args) => commands::policy::check::run(args, host),
        PolicyCommand::Explain(args) => commands::policy::explain::run(args, host),
        PolicyCommand::Diff(args) => commands::policy::diff::run(args, host),
        PolicyCommand::Schema(args) => commands::policy::schema::run(args),
        PolicyCommand::Init(args) => commands::policy::init::run(args, host),
    }
}
