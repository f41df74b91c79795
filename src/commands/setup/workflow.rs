//! `rootgate setup workflow`: a workflow with this repository's values.

use std::path::Path;

use rootgate::escape;
use rootgate::setup::workflow::{Kind, Values, fill};
use rootgate::text::outside;

use super::output;
use super::place::{Place, WORKFLOWS, policy_path};
use crate::cli::{SetupWorkflowArgs, WorkflowKind};
use crate::commands::host::files;
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// The branch for the workflow if the clone does not know its default branch.
const USUAL_BRANCH: &str = "main";

pub(crate) fn run(args: &SetupWorkflowArgs, host: &Host) -> Result<u8, Failure> {
    let (policy, origin) = file::load(args.policy.as_deref(), host, args.color.for_stderr(host))?;
    let place = Place::find(host);
    let (path, is_default) = policy_path(&origin)?;
    let kind = kind(args.kind);
    let values = Values {
        policy: &policy,
        policy_input: Some(path.as_str()).filter(|_| !is_default),
        policy_path: &path,
        environment: &args.environment,
        branch: place.branch.as_deref().unwrap_or(USUAL_BRANCH),
        hub_account: args.hub_account.as_ref(),
    };
    let workflow =
        fill(kind, &values).map_err(|refused| Failure::new(outside(&refused), refused.help()))?;
    let file = args.output.clone().unwrap_or_else(|| place.path(&default_path(kind), host));
    if file == Path::new("-") {
        files::print(workflow.text.as_bytes())?;
    } else {
        let help = "compare it with what `--output -` prints, or name another file: --output FILE";
        output::create(&file, &workflow.text, help)?;
        let shown = escape::visible(&file.display().to_string());
        files::print(format!("{shown}: written\n").as_bytes())?;
    }
    let mut notes = workflow.to_do;
    if place.branch.is_none() {
        notes.push(format!(
            "the clone does not say which branch is the default one, so the workflow names {USUAL_BRANCH}: \
             `git remote set-head origin --auto` asks GitHub"
        ));
    }
    output::show_notes(&notes);
    Ok(0)
}

/// The file of a workflow, from the root of the repository.
pub(super) fn default_path(kind: Kind) -> String {
    format!("{WORKFLOWS}/rootgate-{}.yml", kind.word())
}

const fn kind(kind: WorkflowKind) -> Kind {
    match kind {
        WorkflowKind::Posture => Kind::Posture,
        WorkflowKind::Deploy => Kind::Deploy,
        WorkflowKind::PullRequest => Kind::PullRequest,
    }
}
