//! The keys of the `auth` sections and which of them each method uses.

use super::Presence::{Optional, Required};
use super::{Choice, Key, Kind, SectionKeys, Variant, key};

const AUTHORITY: Key = key(
    "authority",
    Kind::Text,
    Optional,
    "Where tokens are asked for; unless given that of the cloud in which the other end is: \
     https://login.microsoftonline.com, https://login.microsoftonline.us, https://login.partner.microsoftonline.cn.",
);
const TENANT: Key = key("tenant_id", Kind::Text, Optional, "The Entra tenant.");
const CLIENT: Key = key("client_id", Kind::Text, Optional, "The registered application.");
const CLIENT_SECRET: Key = key("client_secret", Kind::Secret, Optional, "Its secret.");
const CERTIFICATE: Key = key("certificate", Kind::Text, Optional, "PEM file of its certificate.");
const PRIVATE_KEY: Key = key("private_key", Kind::Secret, Optional, "The private key, PEM.");
const EXPIRES: Key = key(
    "expires",
    Kind::Date,
    Optional,
    "The day on which the secret, key or refresh token expires, if known: announced 30, 7 and 1 days before. \
     A certificate's own end is known without it.",
);

const fn ready(name: &'static str, required: &'static [&'static str], optional: &'static [&'static str]) -> Variant {
    Variant {
        name,
        available: true,
        required,
        optional,
    }
}

/// `[connection.auth]`.
#[rustfmt::skip]
pub const CONNECTION_AUTH: SectionKeys = SectionKeys {
    header: "[connection.auth]",
    keys: &[
        key("method", Kind::Word(&[
            "basic", "oauth-password", "oauth-client-credentials", "entra", "entra-password",
            "oauth-refresh", "oauth-jwt-bearer", "api-key", "mtls",
        ]), Required, "How to sign in."),
        key("username", Kind::Text, Optional, "The user."),
        key("password", Kind::Secret, Optional, "Its password."),
        TENANT, CLIENT, CLIENT_SECRET,
        key("refresh_token", Kind::Secret, Optional, "The first refresh token; those that follow it are kept in the state file."),
        key("subject", Kind::Text, Optional, "The user that the assertion names."),
        key("key_id", Kind::Text, Optional, "The key's id in the instance."),
        CERTIFICATE, PRIVATE_KEY,
        key("api_key", Kind::Secret, Optional, "The key."),
        AUTHORITY,
        key("scope", Kind::Text, Optional, "What the token is for; on Dataverse the instance itself unless given."),
        EXPIRES,
    ],
    choice: Some(Choice {
        by: "method",
        of: &[
            ready("basic", &["username", "password"], &["expires"]),
            ready("oauth-password", &["username", "password", "client_id", "client_secret"], &["expires"]),
            ready("oauth-client-credentials", &["client_id", "client_secret"], &["expires"]),
            ready("entra", &["tenant_id", "client_id"],
                &["client_secret", "certificate", "private_key", "authority", "scope", "expires"]),
            ready("entra-password", &["tenant_id", "client_id", "username", "password"], &["authority", "expires"]),
            ready("oauth-refresh", &["client_id", "client_secret", "refresh_token"], &["expires"]),
            ready("oauth-jwt-bearer", &["client_id", "client_secret", "subject", "key_id", "private_key"], &["expires"]),
            ready("api-key", &["api_key"], &["expires"]),
            ready("mtls", &[], &[]),
        ],
    }),
};

/// `[workspace.auth]`.
#[rustfmt::skip]
pub const WORKSPACE_AUTH: SectionKeys = SectionKeys {
    header: "[workspace.auth]",
    keys: &[
        key("method", Kind::Word(&["client-secret", "client-certificate", "workload-identity", "managed-identity"]),
            Required, "How to sign in."),
        TENANT, CLIENT, CLIENT_SECRET, CERTIFICATE, PRIVATE_KEY,
        key("token_file", Kind::Text, Optional,
            "File of the federated token, read again at each sign-in; unless given $AZURE_FEDERATED_TOKEN_FILE names it."),
        AUTHORITY,
        key("scope", Kind::Text, Optional,
            "What the token is for; unless given Azure Monitor in the endpoint's cloud: https://monitor.azure.com/.default, \
             https://monitor.azure.us/.default, https://monitor.azure.cn/.default."),
        EXPIRES,
    ],
    choice: Some(Choice {
        by: "method",
        of: &[
            ready("client-secret", &["tenant_id", "client_id", "client_secret"], &["authority", "scope", "expires"]),
            ready("client-certificate", &["tenant_id", "client_id", "certificate", "private_key"],
                &["authority", "scope", "expires"]),
            ready("workload-identity", &[], &["tenant_id", "client_id", "token_file", "authority", "scope"]),
            ready("managed-identity", &[], &["client_id", "scope"]),
        ],
    }),
};
