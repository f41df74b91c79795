//! Whom a role trusts: jobs of GitHub environments, or the hub's role.

use serde_json::{Value, json};

use crate::escape;
use crate::model::{AccountId, Partition};

/// GitHub's identity provider. Source: GitHub Docs, "Configuring OpenID Connect in Amazon Web Services".
pub(super) const ISSUER: &str = "token.actions.githubusercontent.com";

/// GitHub's longest name of an environment. Source: GitHub Docs, "Managing environments for deployment".
const MAX_ENVIRONMENT: usize = 255;

/// AWS's default quota for a trust policy, in characters without white space. Source: IAM User Guide, "IAM
/// and AWS STS quotas".
const MAX_TRUST_POLICY: usize = 2_048;

/// The jobs of a repository that roles trust: those of these environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubJobs {
    owner: String,
    name: String,
    ids: Option<RepositoryIds>,
    environments: Vec<String>,
}

/// The ids that stay when a repository or its owner is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepositoryIds {
    /// Of the owner.
    pub owner: u64,
    /// Of the repository.
    pub repository: u64,
}

/// What cannot be trusted. As a sentence it says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrust {
    /// The repository has no owner and name.
    #[error("`{0}` is not the owner and name of a repository")]
    Repository(String),
    /// An environment that GitHub cannot have, or that looks like another one.
    #[error("`{name}` is not the name of one environment: {why}")]
    Environment {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// No environment at all.
    #[error("no environment is named, so the roles would trust nobody")]
    NoEnvironment,
    /// More than AWS takes.
    #[error(
        "the trust policy would have {0} characters, and AWS allows {MAX_TRUST_POLICY}: there are too many \
         environments, or their names are too long"
    )]
    TooLong(usize),
}

impl RepositoryIds {
    /// Takes `OWNERID/REPOID`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            text.parse().ok().filter(|_| plain)
        };
        let (owner, repository) = text.split_once('/')?;
        Some(Self { owner: id(owner)?, repository: id(repository)? })
    }
}

impl GitHubJobs {
    /// The jobs of these environments of `OWNER/NAME`.
    ///
    /// # Errors
    /// A name is none, or stands for more than one thing.
    pub fn new(
        repository: &str,
        ids: Option<RepositoryIds>,
        environments: &[String],
    ) -> Result<Self, InvalidTrust> {
        let plain = |part: &&str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !matches!(*part, "" | "." | "..") && part.bytes().all(known)
        };
        let (owner, name) = repository
            .split_once('/')
            .filter(|(owner, name)| plain(owner) && plain(name))
            .ok_or_else(|| InvalidTrust::Repository(repository.to_owned()))?;
        let mut kept: Vec<String> = Vec::new();
        for environment in environments {
            if let Some(why) = why_no_environment(environment) {
                return Err(InvalidTrust::Environment { name: environment.clone(), why });
            }
            if !kept.contains(environment) {
                kept.push(environment.clone());
            }
        }
        if kept.is_empty() {
            return Err(InvalidTrust::NoEnvironment);
        }
        let jobs = Self { owner: owner.to_owned(), name: name.to_owned(), ids, environments: kept };
        jobs.check_length()?;
        Ok(jobs)
    }

    /// `OWNER/NAME`.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Whether the subjects by immutable id are known.
    #[must_use]
    pub const fn has_ids(&self) -> bool {
        self.ids.is_some()
    }

    /// The subjects of GitHub's tokens, as GitHub writes them: of each environment by name, then by id.
    ///
    /// Source: GitHub Docs, "OpenID Connect reference": `:` in a value becomes `%3A`; repositories that
    /// were created, renamed or moved since 15 July 2026 have the form with ids.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        let Self { owner, name, .. } = self;
        let by_name = format!("{owner}/{name}");
        let by_id = self.ids.map(|ids| format!("{owner}@{}/{name}@{}", ids.owner, ids.repository));
        let forms: Vec<String> = std::iter::once(by_name).chain(by_id).collect();
        let of_environment = |environment: &String| {
            let environment = environment.replace(':', "%3A");
            let subjects = forms.iter();
            subjects
                .map(|form| format!("repo:{form}:environment:{environment}"))
                .collect::<Vec<String>>()
        };
        self.environments.iter().flat_map(of_environment).collect()
    }

    /// The trust policy of a role in an account. It names every subject whole: no pattern.
    pub(super) fn trust_policy(&self, partition: &Partition, account: &AccountId) -> Value {
        let subjects: Vec<String> =
            self.subjects().iter().map(|subject| without_variables(subject)).collect();
        let audience = audience(partition);
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "GitHubEnvironments",
                "Effect": "Allow",
                "Principal": { "Federated": provider_arn(partition, account) },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    format!("{ISSUER}:aud"): audience,
                    format!("{ISSUER}:sub"): subjects,
                } },
            }],
        })
    }

    /// The longest partition and the length of an account id are known, so no account matters.
    fn check_length(&self) -> Result<(), InvalidTrust> {
        let (Ok(account), Some(partition)) = ("111122223333".parse(), Partition::new("aws-us-gov"))
        else {
            return Ok(());
        };
        match self.trust_policy(&partition, &account).to_string().chars().count() {
            length if length > MAX_TRUST_POLICY => Err(InvalidTrust::TooLong(length)),
            _ => Ok(()),
        }
    }
}

/// The trust policy of a role that the hub's role assumes. A trust policy that names the role itself would
/// name its unique id once it is saved, so a hub that is created anew would be locked out of every account.
pub(super) fn trust_in_hub(hub_role_arn: &str, external_id: Option<&str>) -> Value {
    let root = hub_role_arn.split_once(":role/").map_or(hub_role_arn, |(account, _)| account);
    let mut condition = json!({ "ArnEquals": { "aws:PrincipalArn": hub_role_arn } });
    if let Some(external_id) = external_id {
        condition["StringEquals"] = json!({ "sts:ExternalId": external_id });
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "RootgateHub",
            "Effect": "Allow",
            "Principal": { "AWS": format!("{root}:root") },
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }],
    })
}

/// Whether STS takes it. Source: API reference, AssumeRole, `ExternalId`.
pub(super) fn is_external_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    (2..=1_224).contains(&text.len()) && text.bytes().all(plain)
}

fn why_no_environment(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("it is empty")
    } else if name.contains(['*', '?']) {
        Some("`*` and `?` are wildcards; name each environment")
    } else if escape::visible(name) != name {
        Some("it holds characters that cannot be seen, or that begin a workflow command")
    } else if name.chars().count() > MAX_ENVIRONMENT {
        Some("it is longer than the 255 characters that GitHub allows")
    } else {
        None
    }
}

/// `${` in a condition would begin a policy variable. Source: IAM User Guide, "IAM policy elements:
/// Variables and tags".
fn without_variables(text: &str) -> String {
    text.replace("${", "${$}{")
}

/// The audience that the gate asks GitHub for, by the partition of its role.
pub(super) fn audience(partition: &Partition) -> &'static str {
    match partition.as_str() {
        "aws-cn" => "sts.amazonaws.com.cn",
        _ => "sts.amazonaws.com",
    }
}

/// GitHub's identity provider in an account.
pub(super) fn provider_arn(partition: &Partition, account: &AccountId) -> String {
    format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPOSITORY: &str = "octo-org/octo-repo";

    fn jobs(ids: Option<&str>, environments: &[&str]) -> Result<GitHubJobs, InvalidTrust> {
        let environments: Vec<String> = environments.iter().map(|it| (*it).to_owned()).collect();
        GitHubJobs::new(REPOSITORY, ids.and_then(RepositoryIds::parse), &environments)
    }

    #[test]
    fn both_forms_of_the_subject_are_named_for_each_environment() {
        assert_eq!(
            jobs(Some("65/74"), &["rootgate", "a:b", "rootgate"]).unwrap().subjects(),
            [
                "repo:octo-org/octo-repo:environment:rootgate",
                "repo:octo-org@65/octo-repo@74:environment:rootgate",
                "repo:octo-org/octo-repo:environment:a%3Ab",
                "repo:octo-org@65/octo-repo@74:environment:a%3Ab",
            ]
        );
        assert_eq!(
            jobs(None, &["rootgate"]).unwrap().subjects(),
            ["repo:octo-org/octo-repo:environment:rootgate"]
        );
    }

    #[test]
    fn no_name_becomes_a_pattern() {
        for (environments, why) in [
            (&["*"][..], "wildcards"),
            (&["rootgate", "prod-?"], "wildcards"),
            (&[""], "empty"),
            (&[" "], "empty"),
            (&["a\nb"], "cannot be seen"),
            (&["a\u{202e}b"], "cannot be seen"),
            (&["\u{200b}"], "cannot be seen"),
            (&[&"x".repeat(256)], "255"),
            (&[], "no environment"),
        ] {
            let error = jobs(None, environments).unwrap_err().to_string();
            assert!(error.contains(why), "{environments:?}: {error}");
        }
        let hostile = jobs(None, &["${aws:username}"]).unwrap();
        let partition = Partition::new("aws").unwrap();
        let trust = hostile.trust_policy(&partition, &"111122223333".parse().unwrap());
        let subject = &trust["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
            [0];
        assert_eq!(subject, "repo:octo-org/octo-repo:environment:${$}{aws%3Ausername}");
    }

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        for text in ["", "octo", "octo/", "/x", "a/b/c", "a/*", "a/..", "a b/c", "a/b:c", "é/b"] {
            let error = GitHubJobs::new(text, None, &["e".to_owned()]).unwrap_err();
            assert_eq!(error, InvalidTrust::Repository(text.to_owned()));
        }
    }

    #[test]
    fn ids_are_two_numbers() {
        let ids = RepositoryIds { owner: 65, repository: 74 };
        assert_eq!(RepositoryIds::parse("65/74"), Some(ids));
        for text in ["", "65", "65/", "/74", "65/x", "+65/74", "065/74", "0/74", "65/74/1", "*/74"]
        {
            assert_eq!(RepositoryIds::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_trust_policy_that_aws_would_refuse_is_not_written() {
        let names: Vec<String> = (0..40).map(|number| format!("environment-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(matches!(jobs(None, &names), Err(InvalidTrust::TooLong(_))));
        assert!(jobs(Some("65/74"), &names[..8]).is_ok());
    }
}
