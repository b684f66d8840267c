//! The codes of this module.

/// What can go wrong at signing in.
pub mod codes {
    use crate::net::Code;

    /// A secret cannot be read.
    pub const SECRET: Code = Code {
        id: "ITSMD-AUTH-001",
        means: "a secret cannot be read",
        remedy: "check that it is where the configuration says, and readable for the service's user",
    };
    /// Basic, 401.
    pub const BASIC: Code = Code {
        id: "ITSMD-AUTH-002",
        means: "user name and password were refused",
        remedy: "check both and that the user is active and not locked out; ServiceNow also refuses right passwords \
                 unless the user has `web_service_access_only` or the role snc_basic_auth_api_access (and, where REST \
                 is gated by roles, snc_platform_rest_api_access)",
    };
    /// 401 with `X-MFA_TOKEN`.
    pub const BASIC_MFA: Code = Code {
        id: "ITSMD-AUTH-003",
        means: "the password was right, but the server wants a second factor",
        remedy: "use a user without multi-factor authentication (`web_service_access_only`), or another method",
    };
    /// A fresh token, 401.
    pub const TOKEN_REFUSED: Code = Code {
        id: "ITSMD-AUTH-004",
        means: "signing in worked, but the server refuses the token",
        remedy: "check that the application is known to this server (ServiceNow: OAuth scope, REST access policy; \
                 Dataverse: an application user with a role; Azure: the right tenant, cloud and `scope`), and this \
                 machine's clock",
    };
    /// Nothing was sent.
    pub const NONE_SENT: Code = Code {
        id: "ITSMD-AUTH-005",
        means: "the server wants to know who asks, and no sign-in is configured",
        remedy: "add an `auth` section",
    };
    /// ServiceNow's token endpoint, password grant.
    pub const OAUTH_PASSWORD: Code = Code {
        id: "ITSMD-AUTH-006",
        means: "ServiceNow refused the sign-in; it gives the same answer for almost every reason",
        remedy: "the likely ones: wrong password or client secret, a user who is inactive, locked out or needs a \
                 second factor, a registry entry that is inactive or does not allow the password grant, a scope that \
                 the entry lacks; ServiceNow's system log tells which",
    };
    /// ServiceNow's token endpoint, client credentials.
    pub const OAUTH_CLIENT: Code = Code {
        id: "ITSMD-AUTH-007",
        means: "ServiceNow refused the sign-in; it gives the same answer for almost every reason",
        remedy: "the likely ones: a wrong client secret, an inactive registry entry, no OAuth Application User on it, \
                 the property glide.oauth.inbound.client.credential.grant_type.enabled not true, a scope that the \
                 entry lacks; ServiceNow's system log tells which",
    };
    /// Entra refused.
    pub const ENTRA: Code = Code {
        id: "ITSMD-AUTH-008",
        means: "Microsoft Entra refused the sign-in",
        remedy: "look the AADSTS number up at https://login.microsoftonline.com/error, and check tenant, application \
                 and secret",
    };
    /// The endpoint could not answer.
    pub const UNAVAILABLE: Code = Code {
        id: "ITSMD-AUTH-009",
        means: "the token endpoint could not answer",
        remedy: "the daemon tries again by itself; if it goes on, check that this machine reaches it (proxy, firewall)",
    };
    /// 200 but no token.
    pub const NO_TOKEN: Code = Code {
        id: "ITSMD-AUTH-010",
        means: "the token endpoint answered, but not with a token",
        remedy: "check that the address is the server's own: a hibernating instance or a sign-in page answers so too",
    };
    /// `common`, `consumers`.
    pub const TENANT: Code = Code {
        id: "ITSMD-AUTH-011",
        means: "this tenant cannot be used for signing in with a password",
        remedy: "set `tenant_id` to the directory's GUID or domain name (`common` and `consumers` do not take passwords)",
    };
    /// Cannot stand in a header or in a form.
    pub const UNUSABLE: Code = Code {
        id: "ITSMD-AUTH-012",
        means: "user name, password or token cannot be sent",
        remedy: "look for control characters, and for a colon in the user name",
    };
    /// A certificate or key to sign with.
    pub const CERTIFICATE: Code = Code {
        id: "ITSMD-AUTH-013",
        means: "the certificate or the key to sign in with cannot be used",
        remedy: "check that both are PEM, that the key is RSA and not protected by a password, and that they belong together",
    };

    /// All of them.
    pub const ALL: &[Code] = &[
        SECRET,
        BASIC,
        BASIC_MFA,
        TOKEN_REFUSED,
        NONE_SENT,
        OAUTH_PASSWORD,
        OAUTH_CLIENT,
        ENTRA,
        UNAVAILABLE,
        NO_TOKEN,
        TENANT,
        UNUSABLE,
        CERTIFICATE,
    ];
}
