//! Refuses unsafe settings before anything is sent. Under GitHub Actions an earlier step can write
//! the environment and the profile of this step, so they must not change endpoints or trusted
//! certificates.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::github::is_private;
use crate::model::calls;

use super::SignInError;
use super::profile::ProfileTexts;
use crate::collect::{EntrySettings, Environment};

/// Checks the settings and the environment. `chains`: roles are assumed from the run's own session,
/// even if a token opened that session.
pub(super) fn check_settings(
    settings: &EntrySettings,
    has_roles: bool,
    chains: bool,
) -> Result<(), SignInError> {
    let environment = &settings.environment;
    if environment.github_actions {
        if settings.endpoint_url.is_none() && !environment.endpoint_variables.is_empty() {
            return Err(SignInError::EndpointRedirected(environment.endpoint_variables.clone()));
        }
        if settings.ca_bundle.is_none() && !environment.trust_variables.is_empty() {
            return Err(SignInError::TrustChanged(environment.trust_variables.clone()));
        }
    }
    if let Some(url) = &settings.endpoint_url {
        must_be_private("`--endpoint-url`", url)?;
    }
    if let Some(endpoint) = &environment.token_endpoint {
        must_be_private("`ACTIONS_ID_TOKEN_REQUEST_URL`", &endpoint.url)?;
    }
    let by_token = environment.token_endpoint.is_some() && !chains;
    if settings.external_id.is_some() && (!has_roles || by_token) {
        return Err(SignInError::ExternalIdUnused);
    }
    Ok(())
}

/// Checks the endpoints that the SDK found in the environment and the profile, for every service:
/// the SDK makes its own calls while it looks for credentials, for example to IAM Identity Center.
///
/// `profiles` are the texts that the SDK was given: a file may have other content when it is read
/// again.
pub(super) fn check_endpoints(
    settings: &EntrySettings,
    loaded: &SdkConfig,
    profiles: &ProfileTexts,
) -> Result<(), SignInError> {
    if settings.endpoint_url.is_some() {
        return Ok(()); // the flag wins over both
    }
    let of_service = |service: &str| {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        loaded.service_config()?.load_config(key)
    };
    let environment = &settings.environment;
    // The services that rootgate calls are always checked, whatever the files contain.
    let called = calls().map(|call| call.service.id().to_owned());
    let services = called.chain(services_of_variables(environment));
    let services = services.chain(services_of_profiles(profiles));
    let general = loaded.endpoint_url().map(str::to_owned);
    for url in general.into_iter().chain(services.filter_map(|service| of_service(&service))) {
        if environment.github_actions {
            let setting = "`endpoint_url` in the AWS profile".to_owned();
            return Err(SignInError::EndpointRedirected(vec![setting]));
        }
        must_be_private("the endpoint of environment or profile", &url)?;
    }
    Ok(())
}

/// The services of `AWS_ENDPOINT_URL_<SERVICE>`.
fn services_of_variables(environment: &Environment) -> BTreeSet<String> {
    let names = environment.endpoint_variables.iter();
    names.filter_map(|name| name.strip_prefix("AWS_ENDPOINT_URL_").map(str::to_owned)).collect()
}

/// Every word of the files that may be the id of a service. The SDK returns the setting of one
/// service, but does not list the services.
fn services_of_profiles(profiles: &ProfileTexts) -> BTreeSet<String> {
    let mut services = BTreeSet::new();
    for text in [&profiles.config, &profiles.credentials] {
        let keys = text.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim());
        services.extend(keys.filter(|key| !key.is_empty()).map(str::to_owned));
    }
    services
}

fn must_be_private(setting: &'static str, url: &str) -> Result<(), SignInError> {
    if is_private(url) {
        return Ok(());
    }
    Err(SignInError::PlainHttp { setting, url: crate::github::one_line(url) })
}
