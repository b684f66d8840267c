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
        remedy: "check that the application is known to this server (ServiceNow: OAuth scope, REST access policy; with \
                 `entra` an OIDC provider entry whose client id is the token's audience, and an active user whose field \
                 equals its `appid`, without a check of `jti`; Dataverse: an application user with a role; Azure: the right tenant, cloud and `scope`), and this \
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
    /// `x-sn-apikey`, 401.
    pub const API_KEY: Code = Code {
        id: "ITSMD-AUTH-014",
        means: "the API key was refused",
        remedy: "check that the key is active and has not expired, that its user is active, that an inbound \
                 authentication profile for API keys exists, and that a REST API access policy names that profile for \
                 the Table API: its version, method GET and table, not \"Global\" (plugin com.glide.tokenbased_auth)",
    };
    /// Nothing but a client certificate, 401.
    pub const CLIENT_CERTIFICATE: Code = Code {
        id: "ITSMD-AUTH-015",
        means: "the client certificate did not sign anybody in",
        remedy: "check that the instance trusts its authority (certificate-based authentication), that it is mapped to \
                 an active user, and that no proxy between ends the TLS connection",
    };
    /// `ServiceNow`'s token endpoint, refresh grant.
    pub const OAUTH_REFRESH: Code = Code {
        id: "ITSMD-AUTH-016",
        means: "ServiceNow refused the refresh token; it gives the same answer for almost every reason",
        remedy: "the likely ones: the refresh token has expired (100 days unless the registry entry says otherwise) or \
                 was revoked or used up by somebody else, a wrong client secret, an inactive registry entry, a user who is \
                 inactive or locked out; put a new one into the file of `refresh_token`, and it is used instead of the \
                 kept one (a credential of systemd or the environment: after a restart)",
    };
    /// `ServiceNow`'s token endpoint, JWT bearer grant.
    pub const OAUTH_ASSERTION: Code = Code {
        id: "ITSMD-AUTH-017",
        means: "ServiceNow refused the signed assertion; it gives the same answer for almost every reason",
        remedy: "the likely ones: `key_id` is not the JWT verifier map's, or its certificate is not the key's, `subject` \
                 is not the mapped field of an active user, a wrong client secret, an inactive registry entry, or this \
                 machine's clock is wrong; ServiceNow's system log tells which",
    };
    /// The refresh token that came cannot be kept, or not be read.
    pub const KEPT: Code = Code {
        id: "ITSMD-AUTH-018",
        means: "the refresh token of this connection cannot be kept in the state file",
        remedy: "nothing is asked of the service desk until it can: see what is wrong with the state file (full disk, \
                 rights of the folder)",
    };
    /// No identity service answers.
    pub const NO_IDENTITY: Code = Code {
        id: "ITSMD-AUTH-020",
        means: "no service on this machine gives out a managed identity",
        remedy: "check that it is an Azure machine (or connected by Azure Arc, with its agent running) and that no firewall \
                 rule bars 169.254.169.254; anywhere else use `client-secret`, `client-certificate` or `workload-identity`",
    };
    /// It says no.
    pub const IDENTITY_REFUSED: Code = Code {
        id: "ITSMD-AUTH-021",
        means: "this machine has no such managed identity",
        remedy: "assign one to the machine (Identity, in its page of the portal); `client_id` is for a user-assigned one and has \
                 to be that identity's; `scope` has to be of this cloud",
    };
    /// Arc's challenge.
    pub const ARC_KEY: Code = Code {
        id: "ITSMD-AUTH-022",
        means: "the key file that the Azure Arc agent names cannot be used",
        remedy: "check that the agent is Azure's own (azcmagent show) and that the daemon's user may read \
                 /var/opt/azcmagent/tokens (it belongs to the group himds)",
    };
    /// The federated token.
    pub const FEDERATED_TOKEN: Code = Code {
        id: "ITSMD-AUTH-023",
        means: "the federated token of the workload identity cannot be used",
        remedy: "check that whoever writes the file (in Kubernetes the webhook of Azure Workload Identity, by the pod's label \
                 azure.workload.identity/use) still does, and that the daemon's user may read it",
    };
    /// 30, 7 and 1 days before.
    pub const ENDING: Code = Code {
        id: "ITSMD-AUTH-024",
        means: "what itsmd signs in with ends soon, and then it cannot sign in any more",
        remedy: "make a new one and put it in its place: a file of an `auth` section is read again at each sign-in, those of a \
                 `tls` section at a reload, the environment and systemd's credentials at a restart; if the configuration \
                 names the day in `expires`, set the new day there and reload",
    };
    /// Its day has come.
    pub const ENDED: Code = Code {
        id: "ITSMD-AUTH-025",
        means: "what itsmd signs in with has ended by its own word or the configuration's",
        remedy: "make a new one and put it in its place: a file of an `auth` section is read again at each sign-in, those of a \
                 `tls` section at a reload, the environment and systemd's credentials at a restart; if it was renewed \
                 already, set the new day in `expires` and reload",
    };
    /// 404 of a token endpoint.
    pub const NO_ENDPOINT: Code = Code {
        id: "ITSMD-AUTH-026",
        means: "there is no token endpoint at this address, so nobody has judged the sign-in",
        remedy: "check `server_url`: https://INSTANCE.service-now.com and nothing behind it (an address copied from the browser \
                 often has a path); elsewhere `authority`",
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
        API_KEY,
        CLIENT_CERTIFICATE,
        OAUTH_REFRESH,
        OAUTH_ASSERTION,
        KEPT,
        NO_IDENTITY,
        IDENTITY_REFUSED,
        ARC_KEY,
        FEDERATED_TOKEN,
        ENDING,
        ENDED,
        NO_ENDPOINT,
    ];
}
