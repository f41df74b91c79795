//! Builds the trust-policy statement that accepts this run's token.

use serde_json::Value;

use crate::github::oidc::Claims;
use crate::model::Partition;
use crate::text;
use crate::text::{Text, outside, private};

/// The issuer of github.com; GitHub Enterprise Server has its own.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// The `sub` of a token in its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subjects {
    /// `repo:O/R:…`.
    pub(super) by_name: String,
    /// `repo:O@OWNER-ID/R@REPOSITORY-ID:…`, the form for repositories created, renamed or moved
    /// since 15 July 2026. `None`: the token does not carry the ids.
    pub(super) by_id: Option<String>,
    /// Whether the token itself has the immutable form.
    pub(super) immutable: bool,
}

/// Both forms of a token's `sub`; `None` if it is customised.
pub(super) fn subjects(claims: &Claims) -> Option<Subjects> {
    let (repository, rest) = claims.sub.strip_prefix("repo:")?.split_once(':')?;
    let (owner, name) = repository.split_once('/')?;
    let plain = |part: &str| part.split('@').next().unwrap_or_default().to_owned();
    let (plain_owner, plain_name) = (plain(owner), plain(name));
    let ids = claims.repository_owner_id.as_ref().zip(claims.repository_id.as_ref());
    let immutable = repository.contains('@');
    let by_id = if immutable {
        Some(claims.sub.clone())
    } else {
        ids.map(|(owner_id, id)| format!("repo:{plain_owner}@{owner_id}/{plain_name}@{id}:{rest}"))
    };
    Some(Subjects { by_name: format!("repo:{plain_owner}/{plain_name}:{rest}"), by_id, immutable })
}

/// A statement for the role's trust policy that accepts exactly this `sub` and `aud`, indented.
///
/// `role_arn` gives the partition and the account: the identity provider must be in the role's
/// account.
pub(super) fn statement(role_arn: &str, claims: &Claims, sub: &str) -> Text {
    let partition = Partition::from_arn(role_arn).map_or("aws".to_owned(), |p| p.to_string());
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    let issuer = issuer(claims);
    let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}");
    // Written by hand, to keep the usual order of keys.
    Text::joined(
        [
            "  {".into(),
            "    \"Effect\": \"Allow\",".into(),
            around("    \"Principal\": { \"Federated\": \"", private(json(&provider)), "\" },"),
            "    \"Action\": \"sts:AssumeRoleWithWebIdentity\",".into(),
            "    \"Condition\": { \"StringEquals\": {".into(),
            condition(&format!("{issuer}:aud"), &claims.aud, ","),
            condition(&format!("{issuer}:sub"), sub, ""),
            "    } }".into(),
            "  }".into(),
        ],
        "\n",
    )
}

fn condition(key: &str, value: &str, end: &'static str) -> Text {
    text!("      \"{}\": \"{}\"{}", outside(json(key)), outside(json(value)), end)
}

fn around(before: &'static str, value: Text, after: &'static str) -> Text {
    Text::joined([before.into(), value, after.into()], "")
}

/// The content of a JSON string, escaped.
fn json(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// The issuer as in condition keys and provider ARNs: without `https://`.
pub(super) fn issuer(claims: &Claims) -> &str {
    match claims.iss.strip_prefix("https://") {
        Some(issuer) if !issuer.is_empty() => issuer,
        _ => ISSUER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(sub: &str) -> Claims {
        Claims {
            sub: sub.to_owned(),
            aud: "sts.amazonaws.com".to_owned(),
            iss: "https://token.actions.githubusercontent.com".to_owned(),
            repository_id: Some("74".to_owned()),
            repository_owner_id: Some("65".to_owned()),
            ..Claims::default()
        }
    }

    #[test]
    fn a_subject_has_a_name_form_and_an_immutable_form() {
        let name = "repo:octo-org/octo-repo:environment:prod";
        let id = "repo:octo-org@65/octo-repo@74:environment:prod";
        let expected =
            |immutable| Subjects { by_name: name.into(), by_id: Some(id.into()), immutable };
        assert_eq!(subjects(&claims(name)), Some(expected(false)));
        assert_eq!(subjects(&claims(id)), Some(expected(true)));
    }

    #[test]
    fn a_subject_without_ids_or_of_another_form_is_not_guessed() {
        let without = Claims { repository_id: None, ..claims("repo:a/b:ref:refs/heads/main") };
        assert_eq!(subjects(&without).unwrap().by_id, None);
        assert_eq!(subjects(&claims("repository_owner:octo-org")), None);
    }

    #[test]
    fn the_statement_names_the_provider_of_the_roles_account() {
        let sub = "repo:octo-org/octo-repo:ref:refs/heads/main";
        let role = "arn:aws-us-gov:iam::111122223333:role/rootgate";
        let statement = statement(role, &claims(sub), sub).to_string();
        let statement: Value = serde_json::from_str(&statement).unwrap();
        assert_eq!(
            statement["Principal"]["Federated"],
            "arn:aws-us-gov:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        );
        let equals = &statement["Condition"]["StringEquals"];
        assert_eq!(equals["token.actions.githubusercontent.com:sub"], sub);
        assert_eq!(equals["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
    }

    #[test]
    fn an_enterprise_server_is_its_own_issuer() {
        let claims = Claims { iss: "https://ghe.example/_services/token".into(), ..claims("x") };
        assert_eq!(issuer(&claims), "ghe.example/_services/token");
    }
}
