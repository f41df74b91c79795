//! `--ca-bundle`: the authorities that TLS trusts.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rootgate::collect::SignInError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{environment, gaps, run, settings};
use crate::fake::Fake;

pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

/// A port that terminates TLS and forwards everything to the fake. Its threads end with the test.
pub(crate) fn tls_in_front_of(fake: &Fake) -> u16 {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), fake.port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            std::thread::spawn(move || relay(StreamOwned::new(connection, stream), behind));
        }
    });
    port
}

fn relay(mut front: StreamOwned<ServerConnection, TcpStream>, behind: u16) {
    let mut back = TcpStream::connect(("127.0.0.1", behind)).unwrap();
    let pause = Some(Duration::from_millis(5));
    front.sock.set_read_timeout(pause).unwrap();
    back.set_read_timeout(pause).unwrap();
    let mut chunk = [0; 8_192];
    loop {
        let from_front = front.read(&mut chunk);
        if !pass(from_front, &chunk, &mut back) {
            return;
        }
        let from_back = back.read(&mut chunk);
        if !pass(from_back, &chunk, &mut front) {
            return;
        }
    }
}

/// Forwards the bytes that were read; `false` if the connection has ended.
fn pass(read: std::io::Result<usize>, chunk: &[u8], to: &mut impl Write) -> bool {
    match read {
        Ok(0) => false,
        Ok(length) => to.write_all(&chunk[..length]).and_then(|()| to.flush()).is_ok(),
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn a_ca_bundle_makes_its_own_authority_trusted_and_no_other() {
    let fake = Fake::with("");
    let port = tls_in_front_of(&fake);
    let mut settings = settings(&fake);
    settings.entry.endpoint_url = Some(format!("https://127.0.0.1:{port}"));
    settings.entry.ca_bundle = Some(file("authority.pem"));
    let collected = run(&settings).result.unwrap();
    assert_eq!(gaps(&collected), [None, None, None]);
    // The flag replaces the variable, so the variable need not be refused.
    let inherited = [("GITHUB_ACTIONS", "true"), ("SSL_CERT_FILE", "/tmp/x.pem")];
    settings.entry.environment = environment(&fake, &inherited);
    assert!(run(&settings).result.is_ok());
    settings.entry.environment = environment(&fake, &[]);
    let (tokens, before) = (fake.count("GitHubToken"), fake.count("AssumeRoleWithWebIdentity"));
    for untrusted in [None, Some(file("server.pem"))] {
        settings.entry.ca_bundle = untrusted;
        match run(&settings).result.unwrap_err() {
            SignInError::Untrusted { message, .. } => {
                assert!(message.contains("certificate"), "{message}")
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fake.count("AssumeRoleWithWebIdentity"), before, "nothing reached AWS");
    assert_eq!(fake.count("GitHubToken"), tokens + 2, "and nobody asked again");
}

#[test]
fn an_invalid_ca_bundle_has_its_own_error() {
    let fake = Fake::with("");
    let mut settings = settings(&fake);
    for (path, phrase) in
        [(file("nowhere.pem"), "No such file"), (file("server.key"), "no certificate")]
    {
        settings.entry.ca_bundle = Some(path);
        let error = run(&settings).result.unwrap_err();
        assert!(matches!(error, SignInError::CaBundle { .. }), "{error:?}");
        assert!(error.what().to_string().contains(phrase), "{error}");
    }
    assert!(fake.names().is_empty());
}
