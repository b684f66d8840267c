//! Signed assertions, which stand in a form in place of a secret: each is made for one attempt and never sent twice.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::certificate::Certificate;
use super::codes;
use crate::model::Trouble;
use crate::net::SecretRef;

/// How far the other end's clock may be behind ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// How long an assertion holds.
const LIFE: TimeDelta = TimeDelta::minutes(5);

/// What an assertion says, and with what it is signed.
#[derive(Debug, Clone)]
pub(super) struct Assertion {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: String,
    /// RSA, PEM: PKCS#1 or PKCS#8.
    pub(super) key: SecretRef,
    pub(super) proof: Proof,
}

/// How the other end finds the public key.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    /// RS256 and the id under which it knows it (`ServiceNow`).
    KeyId(String),
    /// PS256 and the thumbprint of the certificate it knows (Entra).
    Certificate(PathBuf),
}

/// RFC 7519's names.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Assertion {
    /// One for an attempt at `now`. Files are read anew; a certificate that does not belong to the key, or does not
    /// hold now, is told without anything being sent.
    pub(super) fn sign(&self, now: DateTime<Utc>) -> Result<SecretString, Trouble> {
        let key = self.key()?;
        let (header, certificate) = match &self.proof {
            Proof::KeyId(id) => {
                let mut header = Header::new(Algorithm::RS256);
                header.kid = Some(id.clone());
                (header, None)
            }
            Proof::Certificate(path) => {
                let certificate = Certificate::read(path)?;
                let mut header = Header::new(Algorithm::PS256);
                header.x5t_s256 = Some(certificate.thumbprint.clone());
                (header, Some((path, certificate)))
            }
        };
        let jwt = jsonwebtoken::encode(&header, &self.claims(now), &key)
            .map_err(|error| codes::CERTIFICATE.stop(format!("the key cannot sign: {error}")))?;
        if let Some((path, certificate)) = certificate {
            certificate.fits(path, &jwt, now)?;
        }
        Ok(SecretString::from(jwt))
    }

    /// The file of the certificate it is signed with; it is read anew each time too.
    pub(super) fn certificate(&self) -> Option<&Path> {
        match &self.proof {
            Proof::Certificate(path) => Some(path),
            Proof::KeyId(_) => None,
        }
    }

    fn claims(&self, now: DateTime<Utc>) -> Claims<'_> {
        let begins = (now - SKEW).timestamp();
        Claims {
            iss: &self.issuer,
            sub: &self.subject,
            aud: &self.audience,
            jti: uuid::Uuid::new_v4().to_string(),
            iat: begins,
            nbf: begins,
            exp: (now + LIFE).timestamp(),
        }
    }

    fn key(&self) -> Result<EncodingKey, Trouble> {
        let pem = self.key.read().map_err(|error| codes::SECRET.stop(error.to_string()))?;
        let unusable = |why: &str| codes::CERTIFICATE.stop(format!("the private key {why}"));
        let block = key_block(pem.expose_secret()).map_err(unusable)?;
        EncodingKey::from_rsa_pem(block.as_bytes()).map_err(|_| unusable("is not an RSA key"))
    }
}

impl Certificate {
    fn fits(&self, path: &Path, jwt: &str, now: DateTime<Utc>) -> Result<(), Trouble> {
        let wrong = |why: &str| codes::CERTIFICATE.stop(format!("the certificate {} {why}", path.display()));
        let Some(public) = &self.rsa_key else {
            return Err(wrong("is not of an RSA key"));
        };
        let (message, signature) = jwt.rsplit_once('.').unwrap_or_default();
        let public = DecodingKey::from_rsa_der(public);
        let ours = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &public, Algorithm::PS256);
        if !ours.unwrap_or(false) {
            return Err(wrong("does not belong to the private key"));
        }
        if now > self.ends {
            return Err(wrong(&format!("ended on {}", self.ends.format("%F"))));
        }
        if now + SKEW < self.begins {
            return Err(wrong(&format!("begins only on {}", self.begins.format("%F"))));
        }
        Ok(())
    }
}

/// The block of the private key in a PEM file, which may hold certificates beside it.
fn key_block(text: &str) -> Result<&str, &'static str> {
    let mut labels = text.match_indices("-----BEGIN ");
    let Some((begin, label)) = labels.find_map(|(at, mark)| {
        let label = text[at + mark.len()..].split("-----").next()?;
        label.ends_with("PRIVATE KEY").then_some((at, label))
    }) else {
        return Err(if text.contains("-----BEGIN ") {
            "is not there: its file holds other PEM blocks, but no private key"
        } else {
            "is not PEM: it has to begin with -----BEGIN PRIVATE KEY-----"
        });
    };
    let block = &text[begin..];
    if label.starts_with("ENCRYPTED") || block.contains("Proc-Type: 4,ENCRYPTED") {
        return Err("is protected by a password: write it without one (openssl pkey -in … -out …)");
    }
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" => {}
        "EC PRIVATE KEY" => return Err("is one of elliptic curves: RSA is needed"),
        _ => return Err("is of a kind that cannot sign here: RSA is needed"),
    }
    let Some(end) = block.find("-----END ") else {
        return Err("is cut off: its -----END line is missing");
    };
    let rest = &block[end..];
    let line = rest.find('\n').unwrap_or(rest.len());
    Ok(&block[..end + line])
}

#[cfg(test)]
mod tests;
