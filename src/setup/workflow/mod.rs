//! The workflows, with a repository's values filled in.
//!
//! Each template is a file of this folder. `examples/workflows` holds what they are for the repository of
//! AWS's and GitHub's documented examples, so the examples that are tried are what is written.

use crate::escape;
use crate::model::AccountId;
use crate::policy::{Policy, ScopeAccount};

use super::aws::hub_role_arn;
use super::form::yaml::{quoted, scalar};

/// What a workflow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every day, with findings in code scanning.
    Posture,
    /// Before a deployment.
    Deploy,
    /// Before a merge.
    PullRequest,
}

/// The values of a repository.
#[derive(Debug, Clone)]
pub struct Values<'a> {
    /// Its scope names the accounts.
    pub policy: &'a Policy,
    /// The policy's path in the repository, if that is none of the default paths.
    pub policy_input: Option<&'a str>,
    /// The policy's path in the repository.
    pub policy_path: &'a str,
    /// The environment of the job that reads.
    pub environment: &'a str,
    /// The default branch.
    pub branch: &'a str,
    /// The account from which an organization is read.
    pub hub_account: Option<&'a AccountId>,
}

/// A workflow, and what the reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The file.
    pub text: String,
    /// What is left to do in it.
    pub to_do: Vec<String>,
}

/// Why nothing is written. As a sentence it says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkflow {
    /// The policy names no account.
    #[error("the policy names no account, so nothing is known to sign in to")]
    NoAccount,
    /// An organization without a hub.
    #[error(
        "the policy names an organization, and --hub-account does not say from which account it is read"
    )]
    NoHub,
    /// A hub without an organization.
    #[error(
        "--hub-account is for an organization, and the policy names none (`scope.organization`)"
    )]
    NoOrganization,
    /// An expression of GitHub in a value.
    #[error("{what} `{value}` holds {part}, which GitHub would read as an expression")]
    Expression {
        /// The name of the value.
        what: &'static str,
        /// The value.
        value: String,
        /// What would be read.
        part: &'static str,
    },
    /// A name that is none, or cannot be seen.
    #[error("{what} `{value}` is empty or holds characters that cannot be seen")]
    Hidden {
        /// The name of the value.
        what: &'static str,
        /// The value.
        value: String,
    },
}

impl NoWorkflow {
    /// What to do.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoAccount => {
                "name the accounts in `scope.accounts`: rootgate policy init --account \
                 111122223333=arn:aws:iam::111122223333:role/rootgate writes such a policy"
            }
            Self::NoHub => "pass --hub-account ID, as for `rootgate setup aws`",
            Self::NoOrganization => "leave it out, or add `scope.organization` to the policy",
            Self::Expression { .. } | Self::Hidden { .. } => "use a plain name",
        }
    }
}

impl Kind {
    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Posture => "posture",
            Self::Deploy => "deploy",
            Self::PullRequest => "pull-request",
        }
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Posture => include_str!("posture.yml"),
            Self::Deploy => include_str!("deploy.yml"),
            Self::PullRequest => include_str!("pull-request.yml"),
        }
    }
}

/// The commit that the action is pinned to as long as no release is known.
pub const UNKNOWN_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The commit of the newest release, once there is one.
const RELEASED: Option<&str> = None;

/// The version that this program is.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The environment whose reviewers accept changes of the policy.
#[must_use]
pub fn policy_environment(environment: &str) -> String {
    format!("{environment}-policy")
}

/// Fills in a workflow. The same input gives the same bytes.
///
/// # Errors
/// A value would not be what it says, or no account is named.
pub fn fill(kind: Kind, values: &Values<'_>) -> Result<Workflow, NoWorkflow> {
    check("the environment", values.environment)?;
    check("the branch", values.branch)?;
    check("the policy's path", values.policy_path)?;
    let sign_in = sign_in(values)?;
    let policy_environment = policy_environment(values.environment);
    let text = render(kind.template(), &|name| match name {
        "BRANCH" => scalar(&pattern(values.branch)),
        "ENVIRONMENT" => scalar(values.environment),
        "EITHER_ENVIRONMENT" => either(&policy_environment, values.environment),
        "POLICY_PATTERN" => scalar(&pattern(values.policy_path)),
        "POLICY_URI" => escape::relative_uri(values.policy_path),
        "SIGN_IN" => sign_in.clone(),
        // A run of an organization ends itself after 15 minutes, that of accounts after 5.
        "TIMEOUT" if values.policy.organization.is_some() => "30".to_owned(),
        "TIMEOUT" => "15".to_owned(),
        "COMMIT" => RELEASED.unwrap_or(UNKNOWN_COMMIT).to_owned(),
        "VERSION" => VERSION.to_owned(),
        other => format!("@{other}@"),
    });
    Ok(Workflow { text, to_do: to_do(kind, values, &policy_environment) })
}

fn to_do(kind: Kind, values: &Values<'_>, policy_environment: &str) -> Vec<String> {
    let mut to_do = Vec::new();
    if RELEASED.is_none() {
        to_do.push(format!(
            "replace the zeros with the commit of a release, which this program does not know: git ls-remote \
             https://github.com/rootgate/rootgate refs/tags/v{VERSION}"
        ));
    }
    match kind {
        Kind::Posture => {}
        Kind::Deploy => to_do.push("put your deployment into the job `deploy`".to_owned()),
        Kind::PullRequest => to_do.push(format!(
            "the workflow uses the environment {policy_environment}, too: name it in `rootgate setup aws` and give \
             it required reviewers"
        )),
    }
    let no_role = values.policy.scope.iter().filter(|account| account.role_arn.is_none());
    if values.policy.organization.is_some() {
        to_do.push(
            "if the members' roles ask for an external id, add the input `external-id` to the step"
                .to_owned(),
        );
    }
    if values.policy.scope.len() > 1 || values.policy.organization.is_some() {
        to_do.extend(no_role.map(|account| {
            format!(
                "nothing signs in to account {} (line {} of the policy): add its role-arn",
                account.id, account.line
            )
        }));
    }
    to_do
}

/// The inputs of the step that say where it signs in. Each account of several is entered by its own role.
fn sign_in(values: &Values<'_>) -> Result<String, NoWorkflow> {
    let mut inputs: Vec<(&str, String)> = Vec::new();
    if let Some(policy) = values.policy_input {
        inputs.push(("policy", scalar(policy)));
    }
    let scope = &values.policy.scope;
    match (&values.policy.organization, values.hub_account) {
        // The members are many, and each one's identity is checked anyway.
        (Some(_), Some(hub)) => inputs.push(("role-to-assume", hub_role_arn(scope, hub))),
        (Some(_), None) => return Err(NoWorkflow::NoHub),
        (None, Some(_)) => return Err(NoWorkflow::NoOrganization),
        (None, None) => inputs.extend(sign_in_to_accounts(scope)?),
    }
    let lines: Vec<String> =
        inputs.into_iter().map(|(name, value)| format!("          {name}: {value}")).collect();
    Ok(lines.join("\n"))
}

fn sign_in_to_accounts(scope: &[ScopeAccount]) -> Result<Vec<(&'static str, String)>, NoWorkflow> {
    Ok(match scope {
        [] => return Err(NoWorkflow::NoAccount),
        [only] => vec![
            ("role-to-assume", role_arn(only)),
            ("allowed-account-ids", quoted(only.id.as_str())),
        ],
        several => {
            let ids: Vec<&str> = several.iter().map(|account| account.id.as_str()).collect();
            vec![("allowed-account-ids", quoted(&ids.join(", ")))]
        }
    })
}

/// The role, as `rootgate setup aws` creates it. The policy's ARNs hold nothing that YAML reads otherwise.
fn role_arn(account: &ScopeAccount) -> String {
    let default = |id: &AccountId| format!("arn:aws:iam::{id}:role/rootgate");
    account.role_arn.clone().unwrap_or_else(|| default(&account.id))
}

fn check(what: &'static str, value: &str) -> Result<(), NoWorkflow> {
    for part in ["${{", "}}"] {
        if value.contains(part) {
            return Err(NoWorkflow::Expression { what, value: value.to_owned(), part });
        }
    }
    match value.trim().is_empty() || escape::visible(value) != value {
        true => Err(NoWorkflow::Hidden { what, value: value.to_owned() }),
        false => Ok(()),
    }
}

/// A name as a filter of branches and paths. Source: GitHub Docs, "Workflow syntax", "Filter pattern cheat
/// sheet".
fn pattern(name: &str) -> String {
    let special = |letter: char| matches!(letter, '*' | '+' | '?' | '[' | ']' | '\\');
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if special(letter) || (at == 0 && letter == '!') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// The environment of a pull request: the first one with the label, else the second.
fn either(labelled: &str, other: &str) -> String {
    let expression = format!(
        "${{{{ contains(github.event.pull_request.labels.*.name, 'rootgate-policy') && {} || {} }}}}",
        literal(labelled),
        literal(other)
    );
    // Quoted only where a name needs it, so that the usual case can be read.
    match scalar(other) == other {
        true => expression,
        false => quoted(&expression),
    }
}

/// A string in an expression of GitHub. Source: GitHub Docs, "Evaluate expressions", "Literals".
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Replaces each `@NAME@` once, so that no value is looked at again.
fn render(template: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('@') {
        out.push_str(before);
        let is_name = |name: &&str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        };
        match after.split_once('@').filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                out.push_str(&value(name));
                rest = after;
            }
            None => {
                out.push('@');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{Audit, parse_time};
    use crate::policy::OrganizationScope;
    use crate::rules;

    const ONE: &str = r#"
version: 1
scope: { accounts: [{ id: "111122223333", role-arn: "arn:aws:iam::111122223333:role/rootgate" }] }
"#;

    fn policy(text: &str) -> Policy {
        let now = parse_time("2026-11-20T12:00:00Z").unwrap();
        Policy::parse(text, "p", &rules::infos(), now)
            .unwrap_or_else(|e| panic!("{}", e.render(false)))
    }

    fn values(policy: &Policy) -> Values<'_> {
        Values {
            policy,
            policy_input: None,
            policy_path: ".github/rootgate.yaml",
            environment: "rootgate",
            branch: "main",
            hub_account: None,
        }
    }

    const KINDS: [Kind; 3] = [Kind::Posture, Kind::Deploy, Kind::PullRequest];

    fn read(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn gate(workflow: &Value) -> Value {
        let jobs = &workflow["jobs"];
        let job = if jobs["root"].is_null() { &jobs["root-gate"] } else { &jobs["root"] };
        job.clone()
    }

    #[test]
    fn every_value_is_filled_in() {
        let policy = policy(ONE);
        for kind in KINDS {
            let text = fill(kind, &values(&policy)).unwrap().text;
            let left = text.split('@').any(|part| {
                !part.is_empty() && part.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')
            });
            assert!(!left, "{text}");
            let with = &gate(&read(&text))["steps"][1]["with"];
            assert_eq!(with["role-to-assume"], "arn:aws:iam::111122223333:role/rootgate");
            assert_eq!(with["allowed-account-ids"], "111122223333");
        }
    }

    #[test]
    fn several_accounts_are_entered_by_the_roles_of_the_policy() {
        let two = policy(
            r#"
version: 1
scope:
  accounts:
    - { id: "111122223333", role-arn: "arn:aws:iam::111122223333:role/rootgate" }
    - { id: "444455556666" }
"#,
        );
        for kind in KINDS {
            let workflow = fill(kind, &values(&two)).unwrap();
            let with = &gate(&read(&workflow.text))["steps"][1]["with"];
            assert_eq!(with["role-to-assume"], Value::Null);
            assert_eq!(with["allowed-account-ids"], "111122223333, 444455556666");
            let no_role = workflow.to_do.last().unwrap();
            assert!(no_role.contains("account 444455556666 (line 6"), "{no_role}");
        }
        let none = policy("version: 1\n");
        assert_eq!(fill(Kind::Posture, &values(&none)), Err(NoWorkflow::NoAccount));
    }

    #[test]
    fn hostile_names_stay_names() {
        let policy = policy(ONE);
        let environment = r#"it's: "x" # @SIGN_IN@ [y]"#;
        let branch = "!rel+*/x, y: #z";
        let values = Values {
            policy_input: Some("p: #/q.yaml"),
            policy_path: "p: #/q.yaml",
            environment,
            branch,
            ..values(&policy)
        };
        for kind in KINDS {
            let workflow = read(&fill(kind, &values).unwrap().text);
            let job = gate(&workflow);
            match kind {
                Kind::PullRequest => {
                    let doubled = environment.replace('\'', "''");
                    let expression = job["environment"].as_str().unwrap();
                    let end = format!("&& '{doubled}-policy' || '{doubled}' }}}}");
                    assert!(expression.ends_with(&end), "{expression}");
                }
                _ => assert_eq!(job["environment"], environment),
            }
            assert_eq!(job["steps"][1]["with"]["policy"], "p: #/q.yaml");
            let on = if kind == Kind::PullRequest { "pull_request" } else { "push" };
            assert_eq!(workflow["on"][on]["branches"][0], r"\!rel\+\*/x, y: #z");
        }
        for name in ["${{ secrets.X }}", "a}}b", "", "a\nb", "\u{202e}"] {
            let refused = fill(Kind::Deploy, &Values { environment: name, ..values.clone() });
            assert!(matches!(
                refused,
                Err(NoWorkflow::Expression { .. } | NoWorkflow::Hidden { .. })
            ));
        }
    }

    #[test]
    fn an_organization_is_read_from_its_hub() {
        let mut policy = policy(ONE);
        policy.organization = Some(OrganizationScope {
            member_role: Some("rootgate".to_owned()),
            management_role: None,
            audit: Audit::AssumeRole,
            new_account_grace: None,
            exclude: Vec::new(),
            line: 3,
        });
        let hub: AccountId = "444455556666".parse().unwrap();
        for kind in KINDS {
            let values = Values { hub_account: Some(&hub), ..values(&policy) };
            let job = gate(&read(&fill(kind, &values).unwrap().text));
            let with = &job["steps"][1]["with"];
            assert_eq!(with["role-to-assume"], "arn:aws:iam::444455556666:role/rootgate");
            assert_eq!(with["allowed-account-ids"], Value::Null, "members are entered, too");
            assert_eq!(job["timeout-minutes"], 30);
        }
        assert_eq!(fill(Kind::Posture, &values(&policy)), Err(NoWorkflow::NoHub));
        policy.organization = None;
        let values = Values { hub_account: Some(&hub), ..values(&policy) };
        assert_eq!(fill(Kind::Posture, &values), Err(NoWorkflow::NoOrganization));
    }
}
