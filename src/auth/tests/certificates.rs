//! Certificates are what signs in: another one is another try, another place another identity.

use std::path::Path;

use super::*;
use crate::auth::grant::Grant;
use crate::net::{Carried, Carrier, Lost, Parcel, TlsSettings};

struct Nobody;

impl Carrier for Nobody {
    fn carry(&self, _: Parcel) -> std::pin::Pin<Box<dyn std::future::Future<Output = Result<Carried, Lost>> + Send>> {
        Box::pin(std::future::pending())
    }
}

fn showing(certificate: &Path, company: &Company) -> Credentials {
    let url = "http://127.0.0.1:9";
    let tls = TlsSettings {
        client_certificate: Some(certificate.to_owned()),
        ..TlsSettings::default()
    };
    let settings = ClientSettings {
        tls,
        ..ClientSettings::new(url, chrono::Utc::now)
    };
    let client = Client::carried(settings, Arc::new(Nobody)).unwrap();
    Credentials::among(&Settings::Mtls, url, &client, company).unwrap()
}

#[tokio::test]
async fn a_refused_client_certificate_holds_up_neither_its_successor_nor_another_connections() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (directory.path().join("one.pem"), directory.path().join("other.pem"));
    std::fs::write(&one, "one").unwrap();
    std::fs::write(&other, "other").unwrap();
    let company = Company::default();
    let (first, second) = (showing(&one, &company), showing(&other, &company));
    let answer = unauthorized();
    let trouble = first.refused(&answer);
    assert_eq!(second.authorization(None).await.unwrap(), None);
    assert!(second.refusal().is_none());
    // A reload with the same file opens no gate; with another certificate in it, it does.
    assert_eq!(showing(&one, &company).authorization(None).await.unwrap_err(), trouble);
    std::fs::write(&one, "its successor").unwrap();
    let successor = showing(&one, &company);
    assert_eq!(successor.authorization(None).await.unwrap(), None);
    assert_eq!(first.authorization(None).await.unwrap_err(), trouble);
    successor.accepted();
    assert!(successor.refusal().is_none());
}

#[test]
fn another_certificate_for_the_same_key_is_another_try() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = directory.path().join("certificate.pem");
    std::fs::write(&certificate, "before").unwrap();
    let settings = Settings::EntraCertificate {
        tenant_id: "contoso.com".into(),
        client_id: "id".into(),
        certificate: certificate.clone(),
        private_key: secret(&directory, "key"),
        authority: "https://login.microsoftonline.com".into(),
        scope: "scope".into(),
    };
    let grant = Grant::new(&settings, "").unwrap();
    let before = grant.print();
    assert!(before.is_some() && before == grant.print());
    std::fs::write(&certificate, "after").unwrap();
    assert!(grant.print().is_some_and(|after| Some(after) != before));
}
