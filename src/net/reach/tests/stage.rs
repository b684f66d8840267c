//! What the stories play on: authorities, servers on loopback, a client.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::model::Trouble;
use crate::net::{Anonymous, Answer, Client, ClientSettings, Judgement, Lane, Request, SecretRef, TlsSettings};

pub struct Authority {
    pub file: tempfile::NamedTempFile,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), certificate.pem()).unwrap();
        Self {
            file,
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Of a client this authority vouches for; the files live as long as the folder.
    pub fn client_identity(&self) -> (tempfile::TempDir, TlsSettings) {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["itsmd.example".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (pem, secret) = (folder.path().join("client.pem"), folder.path().join("client.key"));
        std::fs::write(&pem, certificate.pem()).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        let settings = TlsSettings {
            client_certificate: Some(pem),
            client_key: Some(SecretRef::File(secret)),
            ..TlsSettings::default()
        };
        (folder, settings)
    }
}

/// What a server shows, and what it wants to see.
pub struct Offer {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    clients: Option<CertificateDer<'static>>,
}

impl Offer {
    pub fn of(authority: &Authority, names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Self::signed(authority, &CertificateParams::new(names).unwrap())
    }

    pub fn signed(authority: &Authority, params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        Self {
            certificate: certificate.der().clone(),
            key,
            clients: None,
        }
    }

    pub fn self_signed(is_authority: bool) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        Self {
            certificate: params.self_signed(&key).unwrap().der().clone(),
            key,
            clients: None,
        }
    }

    pub fn demanding(mut self, authority: &Authority) -> Self {
        self.clients = Some(authority.certificate.clone());
        self
    }

    fn acceptor(self) -> TlsAcceptor {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![self.certificate], key).unwrap()))
    }
}

/// A server with that certificate; it answers 200 to whatever it is asked.
pub async fn serve(offer: Offer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = offer.acceptor();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut line) = acceptor.accept(line).await else {
                    return;
                };
                let mut asked = [0; 4096];
                if matches!(line.read(&mut asked).await, Ok(1..)) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                    let _ = line.write_all(answer).await;
                    let _ = line.shutdown().await;
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

/// A server that answers any greeting with these bytes.
pub async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _ = line.read(&mut asked).await;
            let _ = line.write_all(answer).await;
            // Hung up on in the middle, the answer might be lost.
            let _ = line.read(&mut asked).await;
        }
    });
    url
}

/// One attempt each, so that a failure is told at once.
pub fn settings(url: &str, authority: Option<&Authority>, identity: Option<&TlsSettings>) -> ClientSettings {
    let tls = TlsSettings {
        ca: authority.map(|authority| authority.file.path().to_owned()),
        ..identity.cloned().unwrap_or_default()
    };
    ClientSettings {
        tls,
        attempts: 1,
        request_timeout: Duration::from_secs(20),
        proxy: Some("off".to_owned()),
        ..ClientSettings::new(url, || "2026-11-20T10:00:00Z".parse().unwrap())
    }
}

pub fn client(url: &str, authority: Option<&Authority>, identity: Option<&TlsSettings>) -> Client {
    Client::new(settings(url, authority, identity)).unwrap()
}

/// The status of an answer, or what went wrong.
pub async fn outcome(client: &Client, url: &str) -> Result<u16, Trouble> {
    let judge = |_: &Answer| Judgement::Accept;
    let answer = client
        .send(Lane::Head, &Anonymous, &Request::get(url.to_owned()), &judge)
        .await;
    answer
        .map(|answer| answer.status.as_u16())
        .map_err(crate::net::NetError::into_trouble)
}
