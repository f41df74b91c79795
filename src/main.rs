//! The binary. It reads the arguments, the clock and the environment once, here.
#![forbid(unsafe_code)]

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, PolicyCommand, SetupArgs, SetupCommand};
use crate::commands::{Failure, Host, check, collect, doctor};

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
    let (ended, not_done) = match cli.command {
        Command::Check(args) => return check::run(check::plan::read(&args, host), host),
        Command::Collect(args) => return collect::run(collect::plan::read(&args, host), host),
        Command::Doctor(args) => return doctor::run(&doctor::plan::read(&args, host), host),
        Command::Policy(command) => policy(&command, host),
        Command::Rules(args) => (commands::rules::run(&args), NOT_SHOWN),
        Command::Permissions(args) => (commands::permissions::run(&args, host), NOT_SHOWN),
        Command::Setup(args) => setup(&args, host),
        Command::Completions(args) => (commands::completions::run(&args), NOT_SHOWN),
    };
    ended.unwrap_or_else(|failure| failure.for_command(not_done).report())
}

/// The effect of a failed command, for its error message.
const NOT_SHOWN: &str = "nothing was shown";

fn setup(args: &SetupArgs, host: &Host) -> (Result<u8, Failure>, &'static str) {
    use commands::setup::{aws, steps, workflow};
    match &args.command {
        None => (steps::run(host), NOT_SHOWN),
        Some(SetupCommand::Aws(args)) => (aws::run(args, host), "nothing was written"),
        Some(SetupCommand::Workflow(args)) => (workflow::run(args, host), "nothing was written"),
    }
}

fn policy(command: &PolicyCommand, host: &Host) -> (Result<u8, Failure>, &'static str) {
    use commands::policy::{check, diff, explain, init, schema};
    match command {
        PolicyCommand::Check(args) => (check::run(args, host), "nothing was checked"),
        PolicyCommand::Explain(args) => (explain::run(args, host), "nothing was explained"),
        PolicyCommand::Diff(args) => (diff::run(args, host), "nothing was compared"),
        PolicyCommand::Schema(args) => (schema::run(args), NOT_SHOWN),
        PolicyCommand::Init(args) => (init::run(args, host), "nothing was written"),
    }
}
