use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Validation;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, date_time_ymd};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

fn now() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

struct Pair {
    folder: tempfile::TempDir,
    key: KeyPair,
    der: Vec<u8>,
}

impl Pair {
    /// A key and a certificate of 2026, as files.
    fn new(key: KeyPair) -> Self {
        let mut params = CertificateParams::new(vec!["itsmd.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        Self {
            folder,
            key,
            der: certificate.der().to_vec(),
        }
    }

    fn rsa() -> Self {
        Self::new(KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap())
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn entra(&self) -> Assertion {
        assertion(&self.at("key.pem"), Proof::Certificate(self.at("certificate.pem")))
    }
}

fn assertion(key: &Path, proof: Proof) -> Assertion {
    Assertion {
        issuer: "application".into(),
        subject: "somebody".into(),
        audience: "https://login.example/t/oauth2/v2.0/token".into(),
        key: SecretRef::File(key.to_owned()),
        proof,
    }
}

fn claims(jwt: &SecretString, pair: &Pair, algorithm: Algorithm) -> (Header, Value) {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_rsa_der(pair.key.der_bytes());
    let read = jsonwebtoken::decode::<Value>(jwt.expose_secret(), &key, &validation).unwrap();
    (read.header, read.claims)
}

#[test]
fn entras_is_ps256_with_the_certificates_thumbprint_and_each_is_another() {
    let pair = Pair::rsa();
    let jwt = pair.entra().sign(now()).unwrap();
    let (header, said) = claims(&jwt, &pair, Algorithm::PS256);
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&pair.der));
    assert_eq!(header.x5t_s256, Some(thumbprint));
    assert_eq!(
        (&said["iss"], &said["sub"]),
        (&"application".into(), &"somebody".into())
    );
    assert_eq!(said["aud"], "https://login.example/t/oauth2/v2.0/token");
    let seconds = |name: &str| said[name].as_i64().unwrap() - now().timestamp();
    assert_eq!((seconds("nbf"), seconds("iat"), seconds("exp")), (-60, -60, 300));
    let (_, next) = claims(&pair.entra().sign(now()).unwrap(), &pair, Algorithm::PS256);
    assert_ne!(said["jti"], next["jti"]);
}

#[test]
fn servicenows_is_rs256_with_the_keys_id() {
    let pair = Pair::rsa();
    let jwt = assertion(&pair.at("key.pem"), Proof::KeyId("key-1".into()))
        .sign(now())
        .unwrap();
    let (header, _) = claims(&jwt, &pair, Algorithm::RS256);
    assert_eq!((header.kid.as_deref(), header.x5t_s256), (Some("key-1"), None));
}

#[test]
fn a_certificate_of_another_key_or_of_another_time_is_told_before_anything_is_sent() {
    let (pair, other) = (Pair::rsa(), Pair::rsa());
    let seen = |assertion: &Assertion, now| {
        let trouble = assertion.sign(now).unwrap_err();
        assert_eq!(trouble.code, codes::CERTIFICATE.id);
        trouble.seen
    };
    let mixed = assertion(&pair.at("key.pem"), Proof::Certificate(other.at("certificate.pem")));
    assert!(seen(&mixed, now()).contains("does not belong to the private key"));
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert!(seen(&pair.entra(), at("2027-01-01T00:00:01Z")).contains("ended on 2027-01-01"));
    assert!(seen(&pair.entra(), at("2025-12-31T00:00:00Z")).contains("begins only on 2026-01-01"));
    assert_eq!(
        super::super::certificate_ends(&pair.at("certificate.pem")),
        Some(at("2027-01-01T00:00:00Z"))
    );
}

#[test]
fn a_key_that_cannot_sign_is_named_by_what_it_is() {
    let pair = Pair::rsa();
    let rsa = pair.key.serialize_pem();
    let curve = Pair::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
        .key
        .serialize_pem();
    let certificate = std::fs::read_to_string(pair.at("certificate.pem")).unwrap();
    for (text, words) in [
        ("hunter2", "is not PEM"),
        (&certificate, "no private key"),
        (&curve, "is not an RSA key"),
        (&curve.replace("PRIVATE", "EC PRIVATE"), "elliptic curves"),
        (&rsa.replace("PRIVATE", "ENCRYPTED PRIVATE"), "protected by a password"),
        (
            &rsa.replace("-----\nM", "-----\nProc-Type: 4,ENCRYPTED\n\nM"),
            "protected by a password",
        ),
        (rsa.split("-----END").next().unwrap(), "cut off"),
        (
            "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
            "is not an RSA key",
        ),
    ] {
        std::fs::write(pair.at("key.pem"), text).unwrap();
        let trouble = pair.entra().sign(now()).unwrap_err();
        assert!(trouble.seen.contains(words), "{trouble}");
        assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
    }
}

#[test]
fn keys_are_pkcs_1_or_8_and_may_stand_beside_their_certificate() {
    let pair = Pair::rsa();
    let certificate = std::fs::read_to_string(pair.at("certificate.pem")).unwrap();
    let both = format!("{certificate}{}", pair.key.serialize_pem());
    std::fs::write(pair.at("key.pem"), &both).unwrap();
    claims(&pair.entra().sign(now()).unwrap(), &pair, Algorithm::PS256);
    // What PKCS#8 wraps is PKCS#1: of a key of 2048 bits, from the 26th byte on.
    let old = STANDARD.encode(&pair.key.serialize_der()[26..]);
    let old = format!("-----BEGIN RSA PRIVATE KEY-----\n{old}\n-----END RSA PRIVATE KEY-----\n");
    std::fs::write(pair.at("key.pem"), old).unwrap();
    claims(&pair.entra().sign(now()).unwrap(), &pair, Algorithm::PS256);
    for name in ["key.pem", "certificate.pem"] {
        std::fs::remove_file(pair.at(name)).unwrap();
        assert_eq!(pair.entra().sign(now()).unwrap_err().code, codes::SECRET.id);
    }
}
