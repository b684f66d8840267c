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
                "mend the path, `chown root:itsmd`, `chmod 0640`",
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
        "ITSMD-AUTH-013",
        &[
            cause(
                "DER instead of PEM, or a key with a password",
                "`openssl rsa -in FILE -check -noout` asks or complains",
                "convert it; take the password off",
            ),
            cause(
                "key and certificate do not belong together",
                "`openssl x509 -modulus` and `openssl rsa -modulus` differ",
                "use the pair",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-014",
        &[
            cause(
                "no REST API access policy names the authentication profile of API keys",
                "System Web Services › REST API Access Policies: none for the Table API",
                "make one: API, version, method GET, the profile; not Global",
            ),
            cause("the key is inactive or has expired", "its record", "make a new one"),
            cause("its user is inactive or locked out", "its record", "mend it"),
        ],
    ),
    page(
        "ITSMD-AUTH-015",
        &[
            cause(
                "the instance does not know the authority, or no user is mapped",
                "Certificate Based Authentication › User to certificate mapping",
                "register both",
            ),
            cause(
                "a proxy between ends TLS, so that the certificate never arrives",
                "it works from another network",
                "let this host past it",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-016",
        &[
            cause(
                "it has run out, was revoked, or another program used it up",
                "System OAuth › Manage Tokens",
                "get a new one and write it into the secret; from then on itsmd keeps it alive",
            ),
            cause(
                "the client secret is wrong",
                "System Log › All names it",
                "copy it anew",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-017",
        &[
            cause(
                "`key_id` or the key is not that of the JWT verifier map",
                "System OAuth › JWT Verifier Maps: Kid, certificate",
                "make both equal",
            ),
            cause(
                "`subject` finds no active user",
                "the entry's User Field",
                "the value of that field",
            ),
            cause("this machine's clock is wrong", "`timedatectl`", "set it"),
        ],
    ),
    page(
        "ITSMD-AUTH-018",
        &[cause(
            "the state file cannot be written",
            "`df -h`, `ls -l` of the state directory",
            "mend that: a rotated token that cannot be kept would be lost",
        )],
    ),
    page(
        "ITSMD-AUTH-020",
        &[
            cause(
                "this is no Azure machine, and no Arc agent runs",
                "`curl -H Metadata:true http://169.254.169.254/metadata/instance?api-version=2021-02-01` hangs",
                "another method: client-certificate, client-secret, workload-identity",
            ),
            cause(
                "a firewall rule bars the address",
                "it answers root only",
                "allow 169.254.169.254 to the service's user",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-021",
        &[cause(
            "no identity is assigned, or `client_id` is not that of an assigned one",
            "the machine's page in the portal, Identity",
            "assign it, or correct `client_id`",
        )],
    ),
    page(
        "ITSMD-AUTH-022",
        &[cause(
            "the service's user is not in the group himds",
            "`sudo -u itsmd ls /var/opt/azcmagent/tokens`",
            "`usermod -aG himds itsmd`, and restart the service",
        )],
    ),
    page(
        "ITSMD-AUTH-023",
        &[cause(
            "the webhook of Azure Workload Identity did not act on this pod",
            "the pod lacks the label azure.workload.identity/use, or the variable AZURE_FEDERATED_TOKEN_FILE",
            "label the pod and its service account, and start it anew",
        )],
    ),
    page(
        "ITSMD-AUTH-024",
        &[cause(
            "its time is nearly over",
            "`itsmd check`, line `expiry`",
            "make a new one while the old one still works; its file is read again at each sign-in, that of a `tls` section at a \
             reload, a credential of systemd at a restart",
        )],
    ),
    page(
        "ITSMD-AUTH-025",
        &[
            cause("it was not renewed", "signing in fails likewise", "make a new one"),
            cause(
                "the new certificate of a `tls` section, or a new credential of systemd, is not in use yet",
                "its file holds one that ends later",
                "`systemctl reload itsmd` for a `tls` section, `systemctl restart itsmd` for a credential",
            ),
            cause(
                "it was renewed and `expires` still names the old day",
                "signing in works",
                "set the new day",
            ),
        ],
    ),
    page(
        "ITSMD-AUTH-026",
        &[
            cause(
                "the address was copied from the browser, path and all",
                "`server_url` has something behind the host",
                "https://HOST alone",
            ),
            cause(
                "another server answers, or the OAuth plugin is off",
                "`curl -d '' https://HOST/oauth_token.do` shows a page",
                "correct the host; have com.snc.platform.security.oauth activated",
            ),
        ],
    ),
];
