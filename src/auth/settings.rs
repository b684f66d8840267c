//! What the `auth` sections say: one variant a method.

use std::path::{Path, PathBuf};

use crate::net::SecretRef;

/// An `auth` section, checked: one variant a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settings {
    /// No authorization at all.
    None,
    /// HTTP basic.
    Basic {
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
    },
    /// `ServiceNow`'s OAuth password grant.
    OauthPassword {
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
    },
    /// `ServiceNow`'s OAuth client credentials grant.
    OauthClientCredentials {
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
    },
    /// `ServiceNow`'s OAuth refresh grant; the token that comes back is kept in the state.
    OauthRefresh {
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
        /// The first refresh token, made by a person's sign-in.
        refresh_token: SecretRef,
    },
    /// `ServiceNow`'s OAuth JWT bearer grant.
    OauthJwtBearer {
        /// Registry entry.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
        /// The user the assertion names.
        subject: String,
        /// The key's id in the instance (`kid`).
        key_id: String,
        /// RSA key, PEM.
        private_key: SecretRef,
    },
    /// `ServiceNow`'s API key: `x-sn-apikey`.
    ApiKey {
        /// The key.
        api_key: SecretRef,
    },
    /// Nothing but the client certificate of the `tls` section.
    Mtls,
    /// Microsoft Entra, client secret (also `client-secret` of a workspace).
    EntraSecret {
        /// Tenant.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// Its secret.
        client_secret: SecretRef,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// E.g. `https://monitor.azure.com/.default`.
        scope: String,
    },
    /// Microsoft Entra, client certificate (also `client-certificate` of a workspace).
    EntraCertificate {
        /// Tenant.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// PEM file; its first certificate is the application's.
        certificate: PathBuf,
        /// Its key, PEM.
        private_key: SecretRef,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// E.g. `https://monitor.azure.com/.default`.
        scope: String,
    },
    /// Microsoft Entra, a federated token of this machine in place of a secret.
    WorkloadIdentity {
        /// Tenant.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// File of the token; whoever rotates it writes it anew.
        token_file: PathBuf,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// E.g. `https://monitor.azure.com/.default`.
        scope: String,
    },
    /// The managed identity of this machine.
    ManagedIdentity {
        /// A user-assigned identity's; the machine's own if none is given.
        client_id: Option<String>,
        /// E.g. `https://monitor.azure.com/.default`; what is asked for is this without `/.default`.
        scope: String,
    },
    /// Microsoft Entra, password grant of a public client, as ITSMC signed in to Provance.
    EntraPassword {
        /// Tenant; never `common` or `consumers`.
        tenant_id: String,
        /// Application.
        client_id: String,
        /// User.
        username: String,
        /// Its password.
        password: SecretRef,
        /// E.g. `https://login.microsoftonline.com`.
        authority: String,
        /// `<server_url>/user_impersonation`.
        scope: String,
    },
}

impl Settings {
    /// What of it ends one day, as a sentence begins with it.
    pub fn secret(&self) -> &'static str {
        match self {
            Self::None | Self::Mtls => "the sign-in",
            Self::Basic { .. } | Self::EntraPassword { .. } => "the password",
            Self::OauthPassword { .. } => "the password or the client secret",
            Self::OauthClientCredentials { .. } | Self::EntraSecret { .. } => "the client secret",
            Self::OauthRefresh { .. } => "the refresh token",
            Self::OauthJwtBearer { .. } => "the key or the client secret",
            Self::ApiKey { .. } => "the API key",
            Self::EntraCertificate { .. } => "the registered certificate",
            Self::WorkloadIdentity { .. } | Self::ManagedIdentity { .. } => "the identity",
        }
    }

    /// Where its secrets are.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        match self {
            Self::None | Self::Mtls | Self::WorkloadIdentity { .. } | Self::ManagedIdentity { .. } => Vec::new(),
            Self::Basic { password, .. } | Self::EntraPassword { password, .. } => vec![password],
            Self::OauthPassword {
                password,
                client_secret,
                ..
            } => vec![password, client_secret],
            Self::OauthClientCredentials { client_secret, .. } | Self::EntraSecret { client_secret, .. } => {
                vec![client_secret]
            }
            Self::OauthRefresh {
                client_secret,
                refresh_token,
                ..
            } => vec![client_secret, refresh_token],
            Self::OauthJwtBearer {
                client_secret,
                private_key,
                ..
            } => vec![client_secret, private_key],
            Self::ApiKey { api_key } => vec![api_key],
            Self::EntraCertificate { private_key, .. } => vec![private_key],
        }
    }

    /// The file of the certificate it signs with.
    pub fn certificate(&self) -> Option<&Path> {
        let Self::EntraCertificate { certificate, .. } = self else {
            return None;
        };
        Some(certificate)
    }
}
