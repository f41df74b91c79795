//! `rootgate setup`: the steps to a gate in this repository, done ones ticked off as far as the clone shows.

use std::path::Path;

use rootgate::escape;
use rootgate::policy::Policy;
use rootgate::repo::git::Repository;
use rootgate::repo::{Entry, RepoPath, Tree};
use rootgate::setup::word;
use rootgate::setup::workflow::{Kind, UNKNOWN_COMMIT};

use super::place::{Place, WORKFLOWS, policy_path};
use super::workflow::default_path;
use crate::commands::host::files;
use crate::commands::policy::file;
use crate::commands::{Failure, Host};

/// The folder that the AWS side is written to.
const AWS_FOLDER: &str = "rootgate-aws";
/// What commands name where the clone has no remote on GitHub.
const NO_REPOSITORY: &str = "OWNER/REPO";

/// One step.
struct Step {
    /// `None`: this cannot be seen from here.
    done: Option<bool>,
    title: String,
    /// Commands and sentences below it.
    lines: Vec<String>,
}

pub(crate) fn run(host: &Host) -> Result<u8, Failure> {
    let place = Place::find(host);
    let workflows = workflows(&place, host);
    let (policy, path) = policy(host);
    let first = policy_step(&policy, &path);
    let scope = policy.as_ref().ok().and_then(Option::as_ref);
    let steps = [
        first,
        aws_step(scope, &place, host),
        environment_step(&place),
        workflow_step(scope, &workflows, &place),
        commit_step(&place, &path, &workflows),
        try_step(&place, &workflows),
    ];
    files::print(render(&place, &steps).as_bytes())?;
    Ok(0)
}

fn render(place: &Place, steps: &[Step]) -> String {
    let mut text = match &place.github {
        Some(repository) => format!("The steps to a root gate in {repository}\n"),
        None => format!(
            "The steps to a root gate. This folder is not a clone of a repository on github.com \
             (remote origin), so put its name for {NO_REPOSITORY}\n"
        ),
    };
    for (number, step) in (1..).zip(steps) {
        let mark = match step.done {
            Some(true) => "[x]",
            Some(false) => "[ ]",
            None => "[?]",
        };
        text += &format!("\n{mark} {number}. {}\n", escape::visible(&step.title));
        for line in &step.lines {
            text += &format!("       {}\n", escape::visible(line));
        }
    }
    text + "\n[x] done   [ ] to do   [?] cannot be seen from here\n"
}

/// The policy, `None` where there is no file, and its path.
fn policy(host: &Host) -> (Result<Option<Policy>, Failure>, Option<String>) {
    match file::load(None, host, false) {
        Ok((policy, origin)) if origin.path.is_some() => {
            let path = policy_path(&origin).ok().map(|(path, _)| path);
            (Ok(Some(policy)), path)
        }
        Ok(_) => (Ok(None), None),
        Err(failure) => (Err(failure), None),
    }
}

fn policy_step(policy: &Result<Option<Policy>, Failure>, path: &Option<String>) -> Step {
    let (done, title, lines) = match policy {
        Err(_) => (
            false,
            "Correct the policy: it has problems".to_owned(),
            vec!["rootgate policy check".to_owned()],
        ),
        Ok(None) => (
            false,
            "Write the policy: which accounts, and when root may be used".to_owned(),
            vec![
                "rootgate policy init --account ACCOUNT_ID=arn:aws:iam::ACCOUNT_ID:role/rootgate"
                    .to_owned(),
                "Repeat --account for each account.".to_owned(),
            ],
        ),
        Ok(Some(policy)) if !policy.names_scope() => (
            false,
            "Name the accounts in the policy: scope.accounts".to_owned(),
            vec!["rootgate policy explain".to_owned()],
        ),
        Ok(Some(policy)) => {
            let path = path.as_deref().unwrap_or("the policy");
            (true, format!("Write the policy: {path} names {}", scope_of(policy)), Vec::new())
        }
    };
    Step { done: Some(done), title, lines }
}

fn scope_of(policy: &Policy) -> String {
    let accounts = match policy.scope.len() {
        1 => "1 account".to_owned(),
        count => format!("{count} accounts"),
    };
    match (policy.organization.is_some(), policy.scope.is_empty()) {
        (true, true) => "an organization".to_owned(),
        (true, false) => format!("an organization and {accounts}"),
        (false, _) => accounts,
    }
}

/// The flag of an organization, whose hub the policy does not name.
fn hub_flag(policy: Option<&Policy>) -> &'static str {
    let organization = policy.and_then(|policy| policy.organization.as_ref());
    organization.map_or("", |_| " --hub-account HUB_ACCOUNT_ID")
}

fn repository(place: &Place) -> &str {
    place.github.as_deref().unwrap_or(NO_REPOSITORY)
}

fn aws_step(policy: Option<&Policy>, place: &Place, host: &Host) -> Step {
    let repository = repository(place);
    let mut lines = vec![
        format!("ids=$(gh api repos/{repository} --jq '\"\\(.owner.id)/\\(.id)\"')"),
        format!(
            "rootgate setup aws --github {repository} --github-ids \"$ids\" --environment rootgate \
             --environment rootgate-policy{} --output {AWS_FOLDER}",
            hub_flag(policy)
        ),
        "Then run the commands that it prints. --format terraform and --format shell are there, too."
            .to_owned(),
    ];
    let written = policy.is_some_and(|policy| are_written(policy, place, host));
    let title = match written {
        true => {
            lines = vec!["Each file says how it is deployed.".to_owned()];
            format!("Create the AWS roles: the files are in {AWS_FOLDER}")
        }
        false => "Create the AWS roles".to_owned(),
    };
    // Whether they were deployed is only known to AWS.
    let done = if written { None } else { Some(false) };
    Step { done, title, lines }
}

/// Whether the files of the roles are there, in any format.
fn are_written(policy: &Policy, place: &Place, host: &Host) -> bool {
    let is_there = |name: &String| {
        ["yaml", "tf", "sh"].iter().any(|extension| {
            let file = format!("{AWS_FOLDER}/{name}.{extension}");
            place.path(&file, host).is_file() || Path::new(&file).is_file()
        })
    };
    let names: Vec<String> = match policy.organization {
        // The hub's role may be that of an account that the policy names.
        Some(_) => vec!["hub".to_owned()],
        None => policy.scope.iter().map(|account| format!("account-{}", account.id)).collect(),
    };
    !names.is_empty() && names.iter().all(is_there)
}

fn environment_step(place: &Place) -> Step {
    let repository = repository(place);
    let create = |name: &str| format!("gh api --method PUT repos/{repository}/environments/{name}");
    Step {
        done: None,
        title: "Create the environments that the roles trust".to_owned(),
        lines: vec![
            create("rootgate"),
            create("rootgate-policy"),
            format!(
                "rootgate-policy needs required reviewers: https://github.com/{repository}/settings/environments"
            ),
            "Without a gate before merges, leave rootgate-policy out, here and in step 2."
                .to_owned(),
        ],
    }
}

/// A workflow that uses the action.
struct Found {
    kind: Kind,
    path: String,
    /// The commit of the action is still missing.
    has_no_pin: bool,
}

/// The workflows of the work tree that use the action.
fn workflows(place: &Place, host: &Host) -> Vec<Found> {
    let folder = place.path(WORKFLOWS, host);
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let is_workflow = |name: &String| {
        (name.ends_with(".yml") || name.ends_with(".yaml")) && folder.join(name).is_file()
    };
    let mut found = Vec::new();
    for name in names.into_iter().filter(is_workflow) {
        let text = files::read(&folder.join(&name), "the workflow").unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let uses = |line: &str| line.contains("uses:") && line.contains("/rootgate@");
        if !text.lines().any(uses) {
            continue;
        }
        let has_no_pin = text.contains(UNKNOWN_COMMIT);
        for (kind, sign) in SIGNS {
            if text.contains(sign) {
                found.push(Found { kind, path: format!("{WORKFLOWS}/{name}"), has_no_pin });
            }
        }
    }
    found
}

/// What the workflows of each kind have.
const SIGNS: [(Kind, &str); 3] = [
    (Kind::Posture, "schedule:"),
    (Kind::Deploy, "needs: root-gate"),
    (Kind::PullRequest, "pull_request:"),
];

fn workflow_step(policy: Option<&Policy>, workflows: &[Found], place: &Place) -> Step {
    let hub = hub_flag(policy);
    let mut lines = Vec::new();
    if place.branch.is_none() && place.git.is_some() {
        lines.push(
            "git remote set-head origin --auto     so that the default branch is known".to_owned(),
        );
    }
    for (kind, _) in SIGNS {
        let when = match kind {
            Kind::Posture => "every day",
            Kind::Deploy => "before a deployment",
            Kind::PullRequest => "before a merge",
        };
        match workflows.iter().find(|found| found.kind == kind) {
            Some(found) => lines.push(format!("[x] {when}: {}", found.path)),
            None => lines.push(format!("[ ] {when}: rootgate setup workflow {}{hub}", kind.word())),
        }
    }
    let unpinned: Vec<&Found> = workflows.iter().filter(|found| found.has_no_pin).collect();
    for found in &unpinned {
        lines.push(format!("Replace the zeros in {} with the commit of a release.", found.path));
    }
    Step {
        done: Some(!workflows.is_empty() && unpinned.is_empty()),
        title: "Write the workflows that you want".to_owned(),
        lines,
    }
}

fn commit_step(place: &Place, policy: &Option<String>, workflows: &[Found]) -> Step {
    let paths: Vec<&String> =
        policy.iter().chain(workflows.iter().map(|found| &found.path)).collect();
    let pushed =
        place.git.as_ref().and_then(|git| are_pushed(git, place.branch.as_deref()?, &paths));
    let done = policy.is_some() && !workflows.is_empty() && pushed == Some(true);
    let mut named: Vec<String> = paths.iter().map(|path| word(path)).collect();
    named.dedup();
    if named.is_empty() {
        named.push(".github".to_owned());
    }
    Step {
        done: Some(done),
        title: "Bring the policy and the workflows to the default branch".to_owned(),
        lines: vec![
            format!("git add {}", named.join(" ")),
            "git commit --message 'Root gate' && git push".to_owned(),
        ],
    }
}

/// Whether the last fetched default branch has these files. `None`: the clone does not say.
fn are_pushed(git: &Repository, branch: &str, paths: &[&String]) -> Option<bool> {
    let tip = git.commit(&format!("refs/remotes/origin/{branch}")).ok()?;
    let tree = git.at(&tip);
    let mut all = true;
    for path in paths {
        let path = RepoPath::new(path)?;
        all &= matches!(tree.entry(&path).ok()?, Entry::File { .. });
    }
    Some(all)
}

fn try_step(place: &Place, workflows: &[Found]) -> Step {
    let posture = workflows.iter().find(|found| found.kind == Kind::Posture);
    let path = posture.map_or_else(|| default_path(Kind::Posture), |found| found.path.clone());
    let file = path.rsplit('/').next().unwrap_or_default();
    Step {
        done: None,
        title: "Try it".to_owned(),
        lines: vec![format!("gh workflow run {} --repo {}", word(file), repository(place))],
    }
}
