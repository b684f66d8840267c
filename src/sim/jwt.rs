//! JSON web tokens, as those read and write them who hand out tokens: nothing in one counts before its signature does.
//!
//! It stands on a library of signatures alone, not on the one by which the client signs.

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaParameters,
    UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What a signature is verified by.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// A certificate that was registered for an application or a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    /// From then on it counts no more, whatever it says itself.
    pub expires: Option<DateTime<Utc>>,
}

/// A token whose signature has not been looked at yet.
#[derive(Debug)]
pub struct Jwt {
    /// `alg`, `typ`, …
    pub header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

/// Who signs tokens.
pub struct Signer(KeyPair);

impl Certificate {
    /// One in DER, good for ever.
    pub fn new(der: impl Into<Vec<u8>>) -> Self {
        Self {
            der: der.into(),
            expires: None,
        }
    }

    /// The key inside; `None` if it is no certificate.
    pub fn key(&self) -> Option<Key> {
        let der = self.der.as_slice().into();
        let certificate = webpki::EndEntityCert::try_from(&der).ok()?;
        Some(Key(certificate.subject_public_key_info().to_vec()))
    }

    /// `x5t#S256`.
    pub fn sha256(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }

    /// `x5t`.
    pub fn sha1(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der))
    }

    /// Whether it is this one, DER.
    pub fn is(&self, der: &[u8]) -> bool {
        self.der == der
    }
}

impl Jwt {
    /// Its three parts; `None` if it has not just those.
    pub fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: read(header)?,
            claims: read(claims).filter(Value::is_object)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// The claims, if `key` signed them by the algorithm that the header names: RS256 or PS256.
    pub fn claims(&self, key: &Key) -> Option<&Value> {
        let algorithm: &'static RsaParameters = match self.header["alg"].as_str()? {
            "RS256" => &RSA_PKCS1_2048_8192_SHA256,
            "PS256" => &RSA_PSS_2048_8192_SHA256,
            _ => return None,
        };
        UnparsedPublicKey::new(algorithm, &key.0)
            .verify(self.signed.as_bytes(), &self.signature)
            .ok()?;
        Some(&self.claims)
    }

    /// What tells it from others of the same issuer, not verified: its `jti`, else the whole of it.
    pub fn id(&self) -> String {
        let named = self.claims["jti"].as_str();
        named.map_or_else(|| format!("{}.{:?}", self.signed, self.signature), str::to_owned)
    }

    /// Whom it says it is from, not verified: by this the key is looked up.
    pub fn issuer(&self) -> &str {
        self.claims["iss"].as_str().unwrap_or_default()
    }
}

/// Whether `claims` are meant for one of these.
pub fn is_for(claims: &Value, audiences: &[&str]) -> bool {
    match &claims["aud"] {
        Value::String(one) => audiences.contains(&one.as_str()),
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .any(|one| audiences.contains(&one)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// An instant among claims, seconds since 1970.
pub fn time(claims: &Value, name: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(claims[name].as_i64()?, 0)
}

impl Signer {
    /// A new key; `None` if the machine has no chance to give.
    pub fn new() -> Option<Self> {
        KeyPair::generate(KeySize::Rsa2048).ok().map(Self)
    }

    /// What verifies its signatures.
    pub fn key(&self) -> Option<Key> {
        use aws_lc_rs::signature::KeyPair as _;
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().ok()?;
        Some(Key(der.as_ref().to_vec()))
    }

    /// One with a key that was made elsewhere, PKCS #8, DER; `None` if it is no RSA key.
    pub fn of_key(der: &[u8]) -> Option<Self> {
        KeyPair::from_pkcs8(der).ok().map(Self)
    }

    /// A token of these claims.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        self.sign_as(&json!({"typ": "JWT", "alg": "RS256", "kid": "simulated"}), claims)
    }

    /// A token with a header that says more, or that it is signed by PS256.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> Option<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let encoding: &'static dyn RsaEncoding = match header["alg"].as_str()? {
            "RS256" => &RSA_PKCS1_SHA256,
            "PS256" => &RSA_PSS_SHA256,
            _ => return None,
        };
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("sha256", &self.sha256())
            .field("expires", &self.expires)
            .finish()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_token_and_another_ones_token_have_no_claims() {
        let (signer, stranger) = (Signer::new().unwrap(), Signer::new().unwrap());
        let key = signer.key().unwrap();
        let token = signer.sign(&json!({"iss": "me", "aud": ["you"], "exp": 60})).unwrap();
        let read = Jwt::parse(&token).unwrap();
        let claims = read.claims(&key).unwrap();
        assert!(is_for(claims, &["you"]) && !is_for(claims, &["yo"]));
        assert_eq!(time(claims, "exp"), DateTime::from_timestamp(60, 0));
        assert!(read.claims(&stranger.key().unwrap()).is_none());

        let (head, tail) = token.split_once('.').unwrap();
        let (_, signature) = tail.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(json!({"iss": "me", "aud": "all"}).to_string());
        let forged = Jwt::parse(&format!("{head}.{other}.{signature}")).unwrap();
        assert!(forged.claims(&key).is_none());
        let unsigned = URL_SAFE_NO_PAD.encode(json!({"alg": "none"}).to_string());
        assert!(
            Jwt::parse(&format!("{unsigned}.{other}."))
                .unwrap()
                .claims(&key)
                .is_none()
        );
        assert!(Jwt::parse("no.token").is_none());
    }

    #[test]
    fn a_certificate_is_known_by_its_thumbprints_and_verifies_by_its_key() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let der = rcgen::CertificateParams::new(Vec::new())
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let certificate = Certificate::new(der.der().to_vec());
        assert_eq!((certificate.sha256().len(), certificate.sha1().len()), (43, 27));
        let signer = Signer::of_key(&key.serialize_der()).unwrap();
        let token = signer.sign(&json!({"sub": "me"})).unwrap();
        let read = Jwt::parse(&token).unwrap();
        assert_eq!(read.claims(&certificate.key().unwrap()).unwrap()["sub"], "me");
        assert!(Certificate::new(*b"nothing").key().is_none());
    }
}
