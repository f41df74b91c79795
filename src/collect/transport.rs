//! The HTTP stack for AWS and GitHub, with proxies and one set of root certificates.

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::enter::SignInError;

/// Makes connections. It is cheap to clone, and all clones share their connections.
#[derive(Clone)]
pub(crate) struct Transport {
    connector: SharedHttpConnector,
}

impl Transport {
    /// Builds the stack with the system's root certificates, or only with those of `ca_bundle`.
    ///
    /// Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, as in every SDK.
    ///
    /// # Errors
    /// The bundle cannot be read, or contains no certificate.
    pub(crate) fn new(ca_bundle: Option<&Path>, connect: Duration) -> Result<Self, SignInError> {
        let settings = HttpConnectorSettings::builder().connect_timeout(connect).build();
        let mut builder = Connector::builder()
            .connector_settings(settings)
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        if let Some(path) = ca_bundle {
            builder = builder.tls_context(trust_only(path)?);
        }
        Ok(Self { connector: SharedHttpConnector::new(builder.build()) })
    }

    /// The client for the SDK.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        http_client_fn(move |_, _| connector.clone())
    }

    /// The connector for a plain request.
    pub(crate) fn connector(&self) -> &SharedHttpConnector {
        &self.connector
    }
}

fn trust_only(path: &Path) -> Result<TlsContext, SignInError> {
    let bad = |detail: String| SignInError::CaBundle { path: path.display().to_string(), detail };
    #[expect(clippy::disallowed_methods, reason = "the only file that the live half reads itself")]
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    check(&pem).map_err(bad)?;
    TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(pem))
        .build()
        .map_err(|error| bad(error.to_string()))
}

/// Reads the bundle like the SDK, which panics if it cannot read it.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| format!("it is not a PEM file: {error:?}"))?;
        roots.add(certificate).map_err(|error| format!("a certificate cannot be read: {error}"))?;
    }
    if roots.is_empty() {
        Err("it contains no certificate in PEM format".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_bundle_is_an_error_not_a_panic() {
        let block = |body: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        };
        assert_eq!(check(b"").unwrap_err(), "it contains no certificate in PEM format");
        assert_eq!(check(b"{}").unwrap_err(), "it contains no certificate in PEM format");
        assert!(check(block("!!!").as_bytes()).unwrap_err().starts_with("it is not a PEM file"));
        let not_a_certificate = block("aGVsbG8=");
        let error = check(not_a_certificate.as_bytes()).unwrap_err();
        assert!(error.starts_with("a certificate cannot be read"), "{error}");
    }
}
