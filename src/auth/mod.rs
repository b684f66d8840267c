//! Signing in.

use crate::net::SecretRef;

/// An `auth` section, checked: one variant a method.
#[derive(Debug, Clone)]
pub enum Settings {
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
