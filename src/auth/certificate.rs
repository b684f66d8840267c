//! The certificate an application signs in with: its thumbprint, its public key, and when it ends.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::pem::Pem;

use super::codes;
use crate::model::Trouble;

/// The first certificate of a PEM file.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// base64url of the SHA-256 of its DER: what `x5t#S256` carries.
    pub(super) thumbprint: String,
    /// Its public key as PKCS#1 has it, if it is RSA's.
    pub(super) rsa_key: Option<Vec<u8>>,
    /// From when.
    pub(super) begins: DateTime<Utc>,
    /// Until when.
    pub(super) ends: DateTime<Utc>,
}

impl Certificate {
    /// Reads it; the file may hold the chain and the key too.
    pub(super) fn read(path: &Path) -> Result<Self, Trouble> {
        let text = std::fs::read(path).map_err(|error| codes::SECRET.stop(format!("{}: {error}", path.display())))?;
        let none = || codes::CERTIFICATE.stop(format!("{} holds no PEM certificate", path.display()));
        let block = Pem::iter_from_buffer(&text)
            .filter_map(Result::ok)
            .find(|block| block.label == "CERTIFICATE")
            .ok_or_else(none)?;
        let certificate = block.parse_x509().map_err(|_| none())?;
        let key = certificate.public_key();
        let is_rsa = key.algorithm.algorithm == OID_PKCS1_RSAENCRYPTION;
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(none);
        Ok(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&block.contents)),
            rsa_key: is_rsa.then(|| key.subject_public_key.data.to_vec()),
            begins: time(certificate.validity().not_before.timestamp())?,
            ends: time(certificate.validity().not_after.timestamp())?,
        })
    }
}

/// When the first certificate of a PEM file ends; `None` if there is none to be read.
pub fn certificate_ends(path: &Path) -> Option<DateTime<Utc>> {
    Certificate::read(path).ok().map(|certificate| certificate.ends)
}
