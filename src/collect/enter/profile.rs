//! Explains what is wrong with the selected profile of `~/.aws`, if the SDK's chain does not say
//! it.
//!
//! The chain treats a profile that does not exist as one more place without credentials, and a
//! profile of `aws login` as a feature that is not compiled in.

use std::path::Path;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{self, ProfileFileRegionProvider, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use crate::collect::{EntrySettings, Environment, NamedRegion, RegionOrigin};

/// The two files of profiles, each read once. A second read may return another text, so the checks
/// and the SDK use the same one.
///
/// Only the SDK's chain of credentials reads the files itself. It decides who signs in, as
/// variables can, but not where rootgate's calls go.
#[derive(Debug, Clone)]
pub(super) struct ProfileTexts {
    pub(super) config: String,
    pub(super) credentials: String,
}

impl ProfileTexts {
    pub(super) fn read(environment: &Environment) -> Self {
        let [config, credentials] = &environment.profile_files;
        Self { config: text_of(config), credentials: text_of(credentials) }
    }

    /// The texts for the SDK, instead of the files.
    pub(super) fn for_sdk(&self) -> EnvConfigFiles {
        EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, self.config.as_str())
            .with_contents(EnvConfigFileKind::Credentials, self.credentials.as_str())
            .build()
    }
}

/// A file that cannot be read is empty, as for the SDK.
#[expect(clippy::disallowed_methods, reason = "the SDK would read it again for each setting")]
fn text_of(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The Region of the run, if it is set.
pub(super) async fn named_region(
    settings: &EntrySettings,
    profiles: &ProfileTexts,
) -> Option<NamedRegion> {
    if let Some(name) = &settings.region {
        return Some(NamedRegion { name: name.clone(), origin: RegionOrigin::Flag });
    }
    let region_from =
        |origin| move |region: aws_config::Region| NamedRegion { name: region.to_string(), origin };
    let variables = EnvironmentVariableRegionProvider::new().region().await;
    if let Some(region) = variables {
        return Some(region_from(RegionOrigin::Environment)(region));
    }
    let profile = ProfileFileRegionProvider::builder().profile_files(profiles.for_sdk()).build();
    profile.region().await.map(region_from(RegionOrigin::Profile))
}

/// What is wrong with the selected profile, in one clause; `None`: nothing is known.
pub(super) async fn fault(texts: &ProfileTexts) -> Option<String> {
    let files = texts.for_sdk();
    let profiles = profile::load(&Fs::real(), &Env::real(), &files, None).await.ok()?;
    let selected = profiles.selected_profile().to_owned();
    profile_problem(&profiles, &selected)
}

fn profile_problem(profiles: &ProfileSet, selected: &str) -> Option<String> {
    let mut name = selected;
    let mut seen = vec![name];
    loop {
        let Some(profile) = profiles.get_profile(name) else {
            return missing(name, selected);
        };
        let next = profile.get("source_profile").filter(|next| !seen.contains(next));
        if let Some(next) = next {
            seen.push(next);
            name = next;
            continue;
        }
        let has = |key: &str| profile.get(key).is_some();
        if has("login_session") {
            return Some(format!(
                "the profile `{name}` is one of `aws login`, which rootgate does not support directly"
            ));
        }
        if has("sso_session") && !(has("sso_account_id") && has("sso_role_name")) {
            return Some(format!(
                "the profile `{name}` has an `sso_session`, but not both `sso_account_id` and \
                 `sso_role_name`"
            ));
        }
        let known = ["aws_access_key_id", "credential_process", "credential_source", "role_arn"];
        let empty =
            !known.iter().any(|key| has(key)) && !has("sso_start_url") && !has("sso_session");
        let named = selected != "default";
        return (empty && named).then(|| format!("the profile `{name}` contains no credentials"));
    }
}

fn missing(name: &str, selected: &str) -> Option<String> {
    let places = "~/.aws/config and ~/.aws/credentials hold no profile";
    match (name == selected, name) {
        // No profile was selected.
        (true, "default") => None,
        (true, _) => Some(format!("{places} `{name}`, which AWS_PROFILE names")),
        (false, _) => Some(format!("{places} `{name}`, which the profile `{selected}` leads to")),
    }
}
