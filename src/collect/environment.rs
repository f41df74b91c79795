//! The environment variables that the live half reads, and those that it refuses under GitHub
//! Actions. GitHub's own variables are in [`WorkflowRun`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::github::WorkflowRun;
use crate::github::oidc::TokenEndpoint;

/// The settings from the environment, without credentials: the SDK's own chain reads those.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `GITHUB_ACTIONS=true`: the runner reads the log, and earlier steps can write the
    /// environment.
    pub github_actions: bool,
    /// `GITHUB_RUN_ID`.
    pub run_id: Option<String>,
    /// `GITHUB_EVENT_NAME`.
    pub event_name: Option<String>,
    /// Both `ACTIONS_ID_TOKEN_REQUEST_…` variables, if both are set.
    pub token_endpoint: Option<TokenEndpoint>,
    /// The names of the variables that redirect AWS calls: `AWS_ENDPOINT_URL` and those of single
    /// services.
    pub endpoint_variables: Vec<String>,
    /// The names of the variables that change the trusted certificates: `AWS_CA_BUNDLE`,
    /// `SSL_CERT_FILE`, `SSL_CERT_DIR`.
    pub trust_variables: Vec<String>,
    /// The names of the proxy variables that are set. Their values may contain a password.
    pub proxy_variables: Vec<String>,
    /// The config file and the credentials file, even if they do not exist.
    pub profile_files: [PathBuf; 2],
}

const TRUST: &[&str] = &["AWS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"];
const PROXY: &[&str] = &["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

impl Environment {
    /// Reads the variables; an empty one counts as not set.
    #[must_use]
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let get = |name: &str| variables.get(name).cloned();
        let named = |wanted: &dyn Fn(&str) -> bool| {
            variables.keys().filter(|name| wanted(name)).cloned().collect()
        };
        let run = WorkflowRun::from_variables(&get);
        Self {
            github_actions: run.github_actions,
            run_id: run.run_id,
            event_name: run.event_name,
            token_endpoint: run.token_endpoint,
            endpoint_variables: named(&|name| name.starts_with("AWS_ENDPOINT_URL")),
            trust_variables: named(&|name| TRUST.contains(&name)),
            proxy_variables: named(&|name| PROXY.contains(&name.to_ascii_uppercase().as_str())),
            profile_files: profile_files(&get),
        }
    }

    /// The name of the session in CloudTrail: `rootgate-<run-id>`, otherwise `rootgate-local`.
    #[must_use]
    pub fn session_name(&self) -> String {
        let digits = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        match self.run_id.as_ref().filter(|id| id.len() <= 20 && digits(id)) {
            Some(id) => format!("rootgate-{id}"),
            None => "rootgate-local".to_owned(),
        }
    }
}

/// The config file and the credentials file, as the SDK finds them.
///
/// Source: AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files".
fn profile_files(get: &dyn Fn(&str) -> Option<String>) -> [PathBuf; 2] {
    let windows_home = || get("HOMEDRIVE").zip(get("HOMEPATH")).map(|(drive, path)| drive + &path);
    let home = get("HOME").or_else(|| get("USERPROFILE")).or_else(windows_home);
    let files = [
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ];
    let file = |(variable, default): (&str, &str)| {
        let path = PathBuf::from(get(variable).unwrap_or_else(|| default.to_owned()));
        match (path.strip_prefix("~"), &home) {
            (Ok(below), Some(home)) => PathBuf::from(home).join(below),
            _ => path,
        }
    };
    files.map(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_in_the_files_that_the_variables_name_or_in_the_home_folder() {
        let files = |variables: &[(&str, &str)]| {
            environment(variables).profile_files.iter().map(|it| it.display().to_string()).collect()
        };
        let at_home: Vec<String> = files(&[("HOME", "/home/me")]);
        assert_eq!(at_home, ["/home/me/.aws/config", "/home/me/.aws/credentials"]);
        let named: Vec<String> = files(&[
            ("HOME", "/home/me"),
            ("AWS_CONFIG_FILE", "~/c"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/x/~/k"),
        ]);
        assert_eq!(named, ["/home/me/c", "/x/~/k"]);
        let of_windows: Vec<String> =
            files(&[("USERPROFILE", "/users/me"), ("AWS_CONFIG_FILE", "c")]);
        assert_eq!(of_windows, ["c", "/users/me/.aws/credentials"]);
    }

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment::from_variables(variables.iter().map(owned))
    }

    #[test]
    fn variables_are_grouped_by_their_effect() {
        let environment = environment(&[
            ("GITHUB_ACTIONS", "true"),
            ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_CA_BUNDLE", ""),
            ("SSL_CERT_FILE", "/x.pem"),
            ("https_proxy", "http://user:password@proxy.example:3128"),
            ("AWS_REGION", "eu-central-1"),
        ]);
        assert!(environment.github_actions);
        assert_eq!(environment.endpoint_variables, ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"]);
        assert_eq!(environment.trust_variables, ["SSL_CERT_FILE"]);
        assert_eq!(environment.proxy_variables, ["https_proxy"]);
    }

    #[test]
    fn a_session_is_named_after_its_run() {
        assert_eq!(environment(&[("GITHUB_RUN_ID", "42")]).session_name(), "rootgate-42");
        assert_eq!(environment(&[("GITHUB_RUN_ID", "4;2")]).session_name(), "rootgate-local");
        assert_eq!(environment(&[]).session_name(), "rootgate-local");
    }
}
