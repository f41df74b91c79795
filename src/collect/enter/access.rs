//! Opens sessions: one function per [`Route`], and one that asks AWS for the account of each
//! session.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::imds;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::types::PolicyDescriptorType;
use chrono::{DateTime, Utc};

use crate::collect::failure::{CallError, Kind};
use crate::collect::pace::Pace;
use crate::collect::region::{NamedRegion, region_in};
use crate::collect::transport::Transport;
use crate::collect::{EntrySettings, Sinks};
use crate::github::oidc::{Claims, TokenError, request_token};
use crate::github::{Secret, Secrets, chain, mask_command};
use crate::model::call::{ASSUME_ROLE, ASSUME_ROLE_WITH_WEB_IDENTITY, GET_CALLER_IDENTITY};
use crate::model::root_audit::ASSUME_ROOT;
use crate::model::{AccountId, Call, Partition};
use crate::text;
use crate::text::{outside, private};

use super::profile::{self, ProfileTexts};
use super::route::{Route, no_target};
use super::session::{Session, sts};
use super::session_policy::Grants;
use super::{SignInError, guard};

/// The time limit for the instance metadata service. Outside AWS there is no answer.
const METADATA: Duration = Duration::from_millis(1_000);

/// The longest duration that STS allows. Source: API reference, `AssumeRoot`, `DurationSeconds`.
const LONGEST_AS_ROOT: i32 = 900;

/// A mask hides every occurrence, also in outputs, so a shorter external id is not masked.
const MIN_MASK_LENGTH: usize = 8;

/// The data that all sign-ins of a run share. It contains no credentials.
pub(crate) struct Access<'a> {
    settings: &'a EntrySettings,
    /// Whether any role will be assumed.
    has_roles: bool,
    sinks: &'a Sinks<'a>,
    transport: Transport,
    base: SdkConfig,
    profiles: ProfileTexts,
    named: Option<NamedRegion>,
    secrets: Secrets,
}

impl<'a> Access<'a> {
    /// Reads Region, profile and certificates, and refuses unsafe settings.
    pub(crate) async fn prepare(
        settings: &'a EntrySettings,
        has_roles: bool,
        chains: bool,
        sinks: &'a Sinks<'a>,
    ) -> Result<Self, SignInError> {
        let secrets = Secrets::default();
        if let Some(endpoint) = &settings.environment.token_endpoint {
            secrets.keep(&endpoint.bearer);
        }
        if let Some(id) = settings.external_id.as_deref().filter(|id| can_be_masked(id)) {
            mask(&Secret::new(id), settings, sinks, &secrets);
        }
        guard::check_settings(settings, has_roles, chains)?;
        let connect =
            (settings.timeout / 10).clamp(Duration::from_millis(250), Duration::from_secs(5));
        let transport = Transport::new(settings.ca_bundle.as_deref(), connect)?;
        let profiles = ProfileTexts::read(&settings.environment);
        let named = profile::named_region(settings, &profiles).await;
        let region = named.as_ref().map(|named| Region::new(named.name.clone()));
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .no_credentials()
            .profile_files(profiles.for_sdk())
            .region(region.clone().unwrap_or(Region::from_static("us-east-1")))
            .retry_config(RetryConfig::disabled())
            .http_client(transport.http_client());
        if let Ok(name) = AppName::new("rootgate") {
            loader = loader.app_name(name);
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let base = loader.load().await;
        guard::check_endpoints(settings, &base, &profiles)?;
        Ok(Self { settings, has_roles, sinks, transport, base, profiles, named, secrets })
    }

    /// The secrets that no text may repeat.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Opens a session by a route, `from` the previous session, and checks its account. The session
    /// may do what `grants` allow.
    pub(crate) async fn enter(
        &self,
        route: &Route,
        from: Option<&Session>,
        grants: &Grants,
        expected: Option<&AccountId>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let policy = route.session_policy(grants);
        let session = match route {
            Route::Own => self.by_chain(pace).await?,
            Route::Token { role_arn } => self.by_token(role_arn, policy, pace).await?,
            Route::Role { role_arn } => {
                let from = from.ok_or_else(no_target)?;
                self.by_role(from, role_arn, policy, pace).await?
            }
            Route::Root { account } => {
                let from = from.ok_or_else(no_target)?;
                self.as_root(from, account, pace).await?
            }
        };
        route.check_account(&session.account, expected)?;
        Ok(session)
    }

    /// Opens a session with the SDK's default chain.
    async fn by_chain(&self, pace: &Pace) -> Result<Session, SignInError> {
        let region = self.region_in(None);
        let config = ProviderConfig::default()
            .with_region(Some(region.clone()))
            .with_http_client(self.transport.http_client());
        let metadata = imds::Client::builder()
            .configure(&config)
            .max_attempts(1)
            .operation_attempt_timeout(METADATA)
            .operation_timeout(METADATA)
            .build();
        let provider = DefaultCredentialsChain::builder()
            .configure(config)
            .imds_client(metadata)
            .region(region.clone())
            .build()
            .await;
        let load = async || {
            let loaded = provider.provide_credentials().await;
            loaded.map_err(|error| match error {
                // The list of places without credentials does not help the reader of the error.
                CredentialsError::CredentialsNotLoaded(_) => {
                    (self.sinks.note)(&outside(self.secrets.hide(&chain(&error))));
                    CallError::new(Kind::Refused, "")
                }
                _ => CallError::new(Kind::Refused, chain(&error)),
            })
        };
        let credentials = match pace.single(load).await {
            Ok(credentials) => credentials,
            Err(CallError { kind: Kind::Interrupted, message, .. }) => {
                return Err(SignInError::Interrupted(message));
            }
            Err(error) => {
                return Err(self.no_credentials(explain_error(error.message, &self.profiles).await));
            }
        };
        self.mask_credentials(&credentials, pace);
        self.identified(credentials, region, None, pace).await
    }

    fn no_credentials(&self, detail: String) -> SignInError {
        let environment = &self.settings.environment;
        SignInError::NoCredentials {
            detail,
            token_missing: self.has_roles
                && environment.github_actions
                && environment.token_endpoint.is_none(),
            pull_request: environment.event_name.as_deref() == Some("pull_request"),
        }
    }

    /// Assumes a role with GitHub's token. Each attempt requests a new token, because a token is
    /// valid for minutes.
    async fn by_token(
        &self,
        role_arn: &str,
        policy: Option<String>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let endpoint = self.settings.environment.token_endpoint.as_ref().ok_or_else(no_target)?;
        let partition = Partition::from_arn(role_arn);
        let region = self.region_in(partition.as_ref());
        let audience = self.settings.oidc_audience.clone().unwrap_or_else(|| {
            match partition.as_ref().map(Partition::as_str) {
                Some("aws-cn") => "sts.amazonaws.com.cn".to_owned(),
                _ => "sts.amazonaws.com".to_owned(),
            }
        });
        let client = sts(&self.config(region.clone(), None));
        let mut claims: Option<Claims> = None;
        let mut no_token: Option<TokenError> = None;
        let attempt = async || {
            let connector = self.transport.connector();
            let token = match request_token(connector, endpoint, &audience).await {
                Ok(token) => token,
                Err(error) => {
                    let call_error = failed(&error);
                    no_token = Some(error);
                    return Err(call_error);
                }
            };
            // It is reset only now, so that an attempt that times out keeps the error of the
            // previous attempt.
            no_token = None;
            self.mask(&token.jwt, pace);
            claims = Some(token.claims);
            client
                .assume_role_with_web_identity()
                .role_arn(role_arn)
                .role_session_name(self.settings.environment.session_name())
                .web_identity_token(token.jwt.expose())
                .set_policy(policy.clone())
                .duration_seconds(self.session_seconds())
                .send()
                .await
                .map_err(|error| CallError::from_sdk(&error))
        };
        let answer = pace.retry(attempt).await;
        let claims = claims.unwrap_or_default();
        let answer = answer.map_err(|error| match (error.kind, no_token) {
            (Kind::Interrupted, _) => SignInError::Interrupted(error.message),
            (Kind::Untrusted, Some(_)) => {
                SignInError::from_call(&error, "the request for GitHub's token")
            }
            (_, Some(error)) => SignInError::NoIdToken(error.to_string()),
            (Kind::TimedOut, None) if claims == Claims::default() => {
                SignInError::NoIdToken("GitHub's token endpoint did not answer in time".to_owned())
            }
            _ => SignInError::from_web_identity(&error, role_arn, region.as_ref(), &claims)
                .in_region(&error, self.named(&region)),
        })?;
        let credentials = self.issued(&ASSUME_ROLE_WITH_WEB_IDENTITY, answer.credentials, pace)?;
        self.identified(credentials, region, Some(claims), pace).await
    }

    /// Assumes a role from another session.
    async fn by_role(
        &self,
        from: &Session,
        role_arn: &str,
        policy: Option<String>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let region = self.region_in(Partition::from_arn(role_arn).as_ref());
        let config = from.config.clone().into_builder().region(region.clone()).build();
        let client = sts(&config);
        let attempt = async || {
            client
                .assume_role()
                .role_arn(role_arn)
                .role_session_name(self.settings.environment.session_name())
                .set_external_id(self.settings.external_id.clone())
                .set_policy(policy.clone())
                .duration_seconds(self.session_seconds())
                .send()
                .await
                .map_err(|error| CallError::from_sdk(&error))
        };
        let answer = pace.retry(attempt).await.map_err(|error| {
            SignInError::from_role(
                &error,
                &ASSUME_ROLE,
                role_arn,
                region.as_ref(),
                private(&from.arn),
            )
            .in_region(&error, self.named(&region))
        })?;
        let credentials = self.issued(&ASSUME_ROLE, answer.credentials, pace)?;
        self.identified(credentials, region, None, pace).await
    }

    /// Opens an audit session as the root user of a member, from another session.
    async fn as_root(
        &self,
        from: &Session,
        account: &AccountId,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        // Only regional endpoints support the call.
        let region = self.region_in(Some(&from.partition));
        let config = from.config.clone().into_builder().region(region.clone()).build();
        let client = sts(&config);
        let task = PolicyDescriptorType::builder().arn(from.partition.audit_task()).build();
        let attempt = async || {
            client
                .assume_root()
                .target_principal(account.as_str())
                .task_policy_arn(task.clone())
                .duration_seconds(LONGEST_AS_ROOT)
                .send()
                .await
                .map_err(|error| CallError::from_sdk(&error))
        };
        let answer = pace.retry(attempt).await.map_err(|error| {
            SignInError::from_root(&error, account, region.as_ref(), private(&from.arn))
                .in_region(&error, self.named(&region))
        })?;
        let credentials = self.issued(&ASSUME_ROOT, answer.credentials, pace)?;
        self.identified(credentials, region, None, pace).await
    }

    /// Masks the credentials that STS issued, and converts them for the SDK.
    fn issued(
        &self,
        call: &Call,
        issued: Option<aws_sdk_sts::types::Credentials>,
        pace: &Pace,
    ) -> Result<Credentials, SignInError> {
        // `AnswerCheck` has checked that they exist, but the type is an `Option`.
        let issued = issued.ok_or_else(|| SignInError::Unreadable {
            call: call.iam_action,
            message: "it has no `Credentials`".to_owned(),
        })?;
        let credentials = Credentials::new(
            issued.access_key_id,
            issued.secret_access_key,
            Some(issued.session_token),
            issued.expiration.try_into().ok(),
            "rootgate",
        );
        self.mask_credentials(&credentials, pace);
        Ok(credentials)
    }

    /// Asks AWS for the identity of the credentials.
    async fn identified(
        &self,
        credentials: Credentials,
        region: Region,
        claims: Option<Claims>,
        pace: &Pace,
    ) -> Result<Session, SignInError> {
        let expires = credentials.expiry().map(DateTime::<Utc>::from);
        let config = self.config(region.clone(), Some(credentials));
        let client = sts(&config);
        let attempt = async || {
            let answer = client.get_caller_identity().send().await;
            answer.map_err(|error| CallError::from_sdk(&error))
        };
        let answer = pace.retry(attempt).await.map_err(|error| {
            SignInError::from_call(&error, GET_CALLER_IDENTITY.iam_action)
                .in_region(&error, self.named(&region))
        })?;
        let arn = answer.arn.unwrap_or_default();
        let account = answer.account.unwrap_or_default().parse::<AccountId>();
        let unknown = || SignInError::NoIdentity("its answer contains no account".to_owned());
        let account = account.map_err(|_| unknown())?;
        let partition = Partition::from_arn(&arn).ok_or_else(unknown)?;
        (self.sinks.note)(&text!("signed in as {}", private(&arn)));
        Ok(Session { account, partition, arn, claims, expires, config })
    }

    fn region_in(&self, partition: Option<&Partition>) -> Region {
        Region::new(region_in(self.named.as_ref().map(|named| &*named.name), partition))
    }

    /// The Region, if it was set by the user and its name is part of an address; `None` if rootgate
    /// chose it.
    fn named(&self, region: &Region) -> Option<NamedRegion> {
        let in_address = self.settings.endpoint_url.is_none();
        self.named.clone().filter(|named| in_address && named.name == region.as_ref())
    }

    fn config(&self, region: Region, credentials: Option<Credentials>) -> SdkConfig {
        let builder = self.base.clone().into_builder().region(region);
        match credentials {
            Some(credentials) => {
                builder.credentials_provider(SharedCredentialsProvider::new(credentials)).build()
            }
            None => builder.build(),
        }
    }

    /// The duration of a session: as short as STS allows, but longer than the run. Source: API
    /// reference, 900 seconds up to one hour for every role.
    fn session_seconds(&self) -> i32 {
        let seconds = self.settings.timeout.as_secs().saturating_add(300).clamp(900, 3_600);
        i32::try_from(seconds).unwrap_or(3_600)
    }

    fn mask_credentials(&self, credentials: &Credentials, pace: &Pace) {
        self.mask(&Secret::new(credentials.access_key_id()), pace);
        self.mask(&Secret::new(credentials.secret_access_key()), pace);
        if let Some(token) = credentials.session_token() {
            self.mask(&Secret::new(token), pace);
        }
    }

    /// Masks a secret. The calls of a session use the pace that opened it, so no error repeats the
    /// secret.
    fn mask(&self, secret: &Secret, pace: &Pace) {
        mask(secret, self.settings, self.sinks, pace.secrets());
    }
}

/// Masks a secret in the log and in errors. Outside GitHub Actions no runner reads the command, so
/// it would print the secret.
fn mask(secret: &Secret, settings: &EntrySettings, sinks: &Sinks<'_>, secrets: &Secrets) {
    if settings.environment.github_actions {
        (sinks.command)(&mask_command(secret));
    }
    secrets.keep(secret);
}

/// Whether an external id has the form that STS requires. Such a text cannot contain a workflow
/// command. Source: STS API reference, `AssumeRole`, `ExternalId`.
fn can_be_masked(external_id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    external_id.len() >= MIN_MASK_LENGTH && external_id.bytes().all(known)
}

/// The message to show. If the SDK's message is empty or for developers, the message says what is
/// wrong with the profile.
async fn explain_error(message: String, profiles: &ProfileTexts) -> String {
    let for_developers = message.contains("cargo feature");
    if !message.is_empty() && !for_developers {
        return message;
    }
    let unknown = if for_developers {
        "the profile uses a sign-in method that rootgate does not support"
    } else {
        ""
    };
    profile::fault(profiles).await.unwrap_or_else(|| unknown.to_owned())
}

fn failed(error: &TokenError) -> CallError {
    match error {
        TokenError::Unreachable(message) => CallError::from_connection(message.clone()),
        _ if error.is_transient() => CallError::new(Kind::Server, error.to_string()),
        _ => CallError::new(Kind::Refused, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use crate::collect::Environment;

    /// Records the address of a request, and sends nothing.
    #[derive(Debug, Clone, Default)]
    struct Addressee(Arc<Mutex<String>>);

    impl HttpConnector for Addressee {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            *self.0.lock().unwrap() = request.uri().to_owned();
            HttpConnectorFuture::ready(Err(ConnectorError::user("not sent".into())))
        }
    }

    fn settings() -> EntrySettings {
        EntrySettings {
            role_arn: None,
            allowed_accounts: Vec::new(),
            region: None,
            endpoint_url: None,
            ca_bundle: None,
            oidc_audience: None,
            external_id: None,
            timeout: Duration::from_secs(300),
            environment: Environment::default(),
        }
    }

    /// The addresses of STS and IAM for a role of `partition` when `region` is configured.
    fn addresses(partition: &str, region: Option<&str>) -> (String, String) {
        let (settings, addressee) = (settings(), Addressee::default());
        let connector = addressee.clone();
        let sinks = Sinks { command: &|_| (), note: &|_| () };
        let access = Access {
            settings: &settings,
            has_roles: false,
            sinks: &sinks,
            transport: Transport::new(None, Duration::from_secs(1)).unwrap(),
            base: SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .retry_config(RetryConfig::disabled())
                .http_client(http_client_fn(move |_, _| {
                    SharedHttpConnector::new(connector.clone())
                }))
                .build(),
            profiles: ProfileTexts::read(&settings.environment),
            named: region.map(|name| NamedRegion {
                name: name.to_owned(),
                origin: crate::collect::region::RegionOrigin::Flag,
            }),
            secrets: Secrets::default(),
        };
        let partition = Partition::new(partition).unwrap();
        let region = access.region_in(Some(&partition));
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
        let config = access.config(region, Some(keys));
        let session = Session {
            account: "111122223333".parse().unwrap(),
            partition,
            arn: String::new(),
            claims: None,
            expires: None,
            config,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let seen = || addressee.0.lock().unwrap().clone();
        runtime.block_on(async {
            assert!(sts(&session.config).get_caller_identity().send().await.is_err());
            let sts = seen();
            assert!(session.iam().get_account_summary().send().await.is_err());
            (sts, seen())
        })
    }

    #[test]
    fn every_partition_has_its_own_addresses_and_sts_is_always_regional() {
        for (partition, region, sts, iam) in [
            ("aws", None, "https://sts.us-east-1.amazonaws.com/", "https://iam.amazonaws.com/"),
            (
                "aws",
                Some("eu-central-1"),
                "https://sts.eu-central-1.amazonaws.com/",
                "https://iam.amazonaws.com/",
            ),
            (
                "aws-cn",
                Some("eu-central-1"),
                "https://sts.cn-north-1.amazonaws.com.cn/",
                "https://iam.cn-north-1.amazonaws.com.cn/",
            ),
            (
                "aws-cn",
                Some("cn-northwest-1"),
                "https://sts.cn-northwest-1.amazonaws.com.cn/",
                "https://iam.cn-north-1.amazonaws.com.cn/",
            ),
            (
                "aws-us-gov",
                None,
                "https://sts.us-gov-west-1.amazonaws.com/",
                "https://iam.us-gov.amazonaws.com/",
            ),
            (
                "aws-eusc",
                None,
                "https://sts.eusc-de-east-1.amazonaws.eu/",
                "https://iam.eusc-de-east-1.amazonaws.eu/",
            ),
        ] {
            let expected = (sts.to_owned(), iam.to_owned());
            assert_eq!(addresses(partition, region), expected, "{partition} {region:?}");
        }
    }
}
