//! The flags for report files: one per format that has a file, taken from the table of formats.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};
use rootgate::report::Format;

/// The requested report files, in the order of the table.
#[derive(Debug, Clone)]
pub(crate) struct ReportFiles(Vec<(Format, PathBuf)>);

impl ReportFiles {
    /// Each file with its flag (`--json`).
    pub(crate) fn given(&self) -> impl Iterator<Item = (String, Format, &Path)> {
        self.0.iter().filter_map(|(format, path)| {
            let flag = format.in_file()?.flag;
            Some((format!("--{flag}"), *format, path.as_path()))
        })
    }
}

impl Args for ReportFiles {
    fn augment_args(command: Command) -> Command {
        let files = Format::FILES.iter().filter_map(|format| format.in_file());
        command.args(files.map(|file| {
            Arg::new(file.flag)
                .long(file.flag)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .help(file.help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ReportFiles {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |format: &Format| {
            let path = matches.get_one::<PathBuf>(format.in_file()?.flag)?;
            Some((*format, path.clone()))
        };
        Ok(Self(Format::FILES.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
