//! What a method shows, in files: the right ones and wrong ones, and what the other side knows of them.

use std::path::{Path, PathBuf};

use itsmd::net::SecretRef;
use itsmd::sim::jwt::{Certificate, Signer};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::json;

use super::method::Method;

pub const ISSUER: &str = "https://cluster.contoso.example";
pub const SUBJECT: &str = "system:serviceaccount:itsm:itsmd";
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A key and its certificate, PEM, and what the other side registers.
pub struct Pair {
    pub key: String,
    pub certificate: String,
    pub known: Certificate,
}

impl Pair {
    pub fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        Self {
            key: key.serialize_pem(),
            certificate: certificate.pem(),
            known: Certificate::new(certificate.der().to_vec()),
        }
    }
}

thread_local! {
    // Keys take their time to make: those of a cell may be those of the next.
    static PAIRS: [std::rc::Rc<Pair>; 2] = [std::rc::Rc::new(Pair::new()), std::rc::Rc::new(Pair::new())];
    static CLUSTER: std::rc::Rc<Signer> = std::rc::Rc::new(Signer::new().unwrap());
}

/// The registered pair, and one that is not.
pub fn pairs() -> [std::rc::Rc<Pair>; 2] {
    PAIRS.with(Clone::clone)
}

/// Who signs federated tokens.
pub fn cluster() -> std::rc::Rc<Signer> {
    CLUSTER.with(Clone::clone)
}

/// The folder of a cell's secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: PathBuf,
    method: Method,
}

impl Secrets {
    pub fn of(folder: &Path, method: Method) -> Self {
        let secrets = Self {
            folder: folder.to_owned(),
            method,
        };
        secrets.right();
        secrets
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn secret(&self, name: &str) -> SecretRef {
        SecretRef::File(self.path(name))
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// All of them are what the other side knows; the refresh token is whoever's hands it out.
    pub fn right(&self) {
        self.are("right", 0, SUBJECT);
    }

    /// None of them is.
    pub fn wrong(&self) {
        self.are("wrong", 1, "system:serviceaccount:other:other");
    }

    fn are(&self, password: &str, pair: usize, subject: &str) {
        self.write("password", &format!("{password}\n"));
        if self.method.has_a_key() {
            let pair = &pairs()[pair];
            self.write("key.pem", &pair.key);
            self.write("certificate.pem", &pair.certificate);
        }
        if self.method == Method::WorkloadIdentity {
            let exp = super::clock::now().timestamp() + 30 * 86_400;
            let claims = json!({"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "exp": exp});
            self.write("token", &(cluster().sign(&claims).unwrap() + "\n"));
        }
    }
}
