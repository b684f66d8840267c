//! Signing in.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-AUTH-001",
        &[
            cause(
                "the file is not there, or not readable for the service's user",
                "`sudo -u itsmd cat FILE >/dev/null`",
                "mend the path, `chown itsmd`, `chmod 0600`",
            ),
            cause(
                "the variable or systemd credential is not given to the service",
                "`systemctl show itsmd -p Environment -p LoadCredential`",
                "`systemctl edit itsmd`",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-002",
        &[
            cause(
                "the password is wrong",
                "sign in with it in a browser (a user with web service access only cannot: ask `curl -u`)",
                "write the right one into the secret; no restart is needed",
            ),
            cause(
                "an interactive user, and the instance allows basic authentication to integration users only",
                "the password works in a browser; Web service access only is not checked",
                "check it, or give the role snc_basic_auth_api_access",
            ),
            cause(
                "the user is inactive or locked out after wrong passwords",
                "its record: Active, Locked out",
                "unlock it, after the secret is right",
            ),
            cause(
                "REST is gated by roles",
                "other users of the API have snc_platform_rest_api_access",
                "give it",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-003",
        &[cause(
            "multi-factor authentication is on for this user or its role",
            "the answer bears X-MFA_TOKEN",
            "Web service access only, or OAuth",
        )],
    ),
    page(
        "ITSMD-AUTH-004",
        &[
            cause(
                "ServiceNow: an OAuth scope or a REST access policy does not cover the Table API",
                "the token is granted, and every table answers 401",
                "add the scope, or the policy for API, version and method",
            ),
            cause(
                "Dataverse: the token is of another tenant or for another environment",
                "`tenant_id`, `scope` and `server_url`",
                "the tenant in which the environment lives",
            ),
            cause(
                "Azure: the token is for another cloud or another resource",
                "`scope` and `authority` are of different clouds",
                "https://monitor.azure.com/.default (.us, .cn), and the endpoint's own cloud",
            ),
            cause("this machine's clock is wrong", "`timedatectl`", "set it"),
        ],
    ),
    page(
        "ITSMD-AUTH-005",
        &[cause("no `auth` section", "the file shows it", "add one")],
    ),
    page(
        "ITSMD-AUTH-006",
        &[
            cause(
                "the password or the client secret is wrong",
                "System Log › All, at that minute, filtered by OAuth, names which",
                "write the right one into the secret",
            ),
            cause(
                "the user is inactive, locked out or needs a second factor",
                "its record",
                "mend it; a user with web service access only needs no second factor",
            ),
            cause(
                "the registry entry is inactive",
                "System OAuth › Application Registry: Active",
                "activate it",
            ),
            cause(
                "`client_id` is of another instance, as after a clone",
                "the entry's Client ID",
                "copy it anew: a clone overwrites entries",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-007",
        &[
            cause(
                "the grant is switched off, as it is at first",
                "System Properties: glide.oauth.inbound.client.credential.grant_type.enabled",
                "make the property, true/false, true",
            ),
            cause(
                "the entry has no OAuth Application User",
                "the field may have to be added to the form",
                "set it to the integration user",
            ),
            cause(
                "the client secret is wrong",
                "System Log › All names it",
                "copy it anew",
            ),
            cause("the entry is inactive", "Application Registry: Active", "activate it"),
        ],
    ),
    page(
        "ITSMD-AUTH-008",
        &[cause(
            "one of Entra's many reasons",
            "https://login.microsoftonline.com/error takes the AADSTS number; the trace id finds it in the sign-in log",
            "what it says there",
        )],
    ),
    page(
        "ITSMD-AUTH-009",
        &[
            cause(
                "the endpoint is overloaded or down",
                "others cannot sign in either",
                "wait",
            ),
            cause(
                "a proxy answers in its place",
                "what was seen quotes a page",
                "let the host through",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-010",
        &[
            cause("the instance hibernates", "the browser shows it", "wake it"),
            cause(
                "`server_url` or `authority` is another's address",
                "what was seen quotes the answer",
                "correct it",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-011",
        &[cause(
            "`common`, `consumers` or something that is no tenant",
            "the file shows it",
            "the directory's GUID, or its domain",
        )],
    ),
    page(
        "ITSMD-AUTH-012",
        &[cause(
            "a newline in the middle of a secret, or a colon in a user name",
            "`od -c FILE`",
            "write it anew",
        )],
    ),
    page(
        "ITSMD-AUTH-030",
        &[cause(
            "a conditional access policy or security defaults ask every user for a second factor",
            "the sign-in log of Entra names the policy",
            "an application user with `method = \"entra\"`; else exclude this account from the policy",
        )],
    ),
    page(
        "ITSMD-AUTH-031",
        &[
            cause(
                "the password is wrong",
                "sign in with it in a browser",
                "write the right one into the secret",
            ),
            cause(
                "a federated account (AD FS), a guest, or one without a password",
                "the browser goes on to another sign-in page",
                "a cloud-only account, or an application user",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-032",
        &[cause(
            "another tenant, or a misspelt name",
            "Users of the tenant",
            "user@domain of this tenant",
        )],
    ),
    page(
        "ITSMD-AUTH-033",
        &[cause(
            "wrong passwords, ours or somebody's else",
            "the sign-in log of Entra shows from where",
            "correct the secret first, then unlock the account or wait",
        )],
    ),
    page(
        "ITSMD-AUTH-034",
        &[cause(
            "the password's time is over",
            "the sign-in log",
            "set a new one that does not expire",
        )],
    ),
    page(
        "ITSMD-AUTH-035",
        &[cause(
            "somebody disabled the account",
            "Users › the account › Account status",
            "enable it",
        )],
    ),
    page(
        "ITSMD-AUTH-036",
        &[cause(
            "nobody granted `Access Dynamics 365 as organization users`",
            "App registrations › API permissions: Status",
            "Grant admin consent",
        )],
    ),
    page(
        "ITSMD-AUTH-037",
        &[
            cause(
                "the secret's id was copied instead of its value",
                "it looks like a GUID",
                "the value is shown only once: make a new secret",
            ),
            cause(
                "the secret is of another application",
                "`client_id`",
                "make one for this",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-038",
        &[cause(
            "the secret's time is over",
            "App registrations › Certificates & secrets: Expires",
            "make a new one and write it into the secret; no restart is needed",
        )],
    ),
    page(
        "ITSMD-AUTH-039",
        &[cause(
            "the application does not allow public client flows",
            "App registrations › Authentication › Advanced settings",
            "Allow public client flows: Yes",
        )],
    ),
    page(
        "ITSMD-AUTH-040",
        &[
            cause(
                "`client_id` is the object id",
                "App registrations: Application (client) ID",
                "copy that",
            ),
            cause(
                "the application lives in another tenant, or is disabled",
                "Enterprise applications of this tenant",
                "the right `tenant_id`; enable it",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-041",
        &[
            cause("`tenant_id` is misspelt", "Entra › Overview: Tenant ID", "copy it"),
            cause(
                "a national cloud's tenant at the public endpoint",
                "the portal is portal.azure.us or portal.azure.cn",
                "set `authority`",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-042",
        &[
            cause(
                "`scope` is another cloud's",
                "https://monitor.azure.com, .us and .cn",
                "the one of the workspace's cloud",
            ),
            cause(
                "Dataverse: `server_url` is not an environment of this tenant",
                "the environment's page names its URL",
                "correct it",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-043",
        &[
            cause(
                "the certificate was renewed here and not registered there, or the other way round",
                "App registrations › Certificates: Thumbprint; `openssl x509 -fingerprint`",
                "upload the one in use",
            ),
            cause("it has expired", "`openssl x509 -enddate`", "renew and upload it"),
        ],
    ),
    page(
        "ITSMD-AUTH-044",
        &[cause(
            "the tenant asks Entra too often",
            "all applications of the tenant",
            "wait",
        )],
    ),
    page(
        "ITSMD-AUTH-045",
        &[cause(
            "issuer, subject or audience of the federated credential differ from the token's",
            "App registrations › Federated credentials; decode the token file",
            "make the three equal",
        )],
    ),
    page(
        "ITSMD-AUTH-046",
        &[cause(
            "a conditional access policy blocks the sign-in: place, device or protocol",
            "the sign-in log of Entra names the policy",
            "exclude this account or application, or allow this machine's address",
        )],
    ),
    page(
        "ITSMD-AUTH-047",
        &[cause(
            "the application is a public client, and a secret or certificate was sent",
            "App registrations › Authentication",
            "use an application with a secret of its own, or `entra-password`",
        )],
    ),
];
