//! Entra's refusals.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
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
    page(
        "ITSMD-AUTH-048",
        &[cause(
            "nobody renewed it",
            "`openssl x509 -enddate -noout -in FILE`",
            "renew, upload, replace the file",
        )],
    ),
    page(
        "ITSMD-AUTH-049",
        &[cause(
            "this machine's clock is wrong",
            "`timedatectl`",
            "let it be set by NTP",
        )],
    ),
    page(
        "ITSMD-AUTH-050",
        &[cause(
            "Assignment required is on",
            "Enterprise applications › Properties",
            "assign the user, or switch it off",
        )],
    ),
    page(
        "ITSMD-AUTH-051",
        &[cause(
            "Entra is overloaded, or in trouble",
            "https://status.cloud.microsoft",
            "wait: it is tried again by itself",
        )],
    ),
];
