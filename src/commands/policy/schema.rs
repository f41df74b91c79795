//! `rootgate policy schema`: the format of the policy, for editors and for people.

use rootgate::{policy, rules};

use crate::cli::{PolicySchemaArgs, SchemaFormat};
use crate::commands::Failure;
use crate::commands::host::files;

pub(crate) fn run(args: &PolicySchemaArgs) -> Result<u8, Failure> {
    let rules = rules::infos();
    let text = match args.format {
        SchemaFormat::Json => format!("{:#}\n", policy::schema(&rules)),
        SchemaFormat::Markdown => policy::reference(&rules),
    };
    files::print(text.as_bytes())?;
    Ok(0)
}
