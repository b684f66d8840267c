//! Reaching a server.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-NET-001",
        &[
            cause(
                "the host name is misspelt",
                "`getent hosts NAME` on this machine finds nothing, and neither does another machine",
                "correct `server_url`, `endpoint` or `authority`",
            ),
            cause(
                "this machine resolves no outside names, because a proxy does that",
                "`getent hosts` finds no public name at all, but `curl -x PROXY` gets through",
                "set `proxy`, or HTTPS_PROXY in the service's environment",
            ),
            cause(
                "a private endpoint whose zone this machine does not ask",
                "the name resolves in the virtual network only",
                "link the private DNS zone, or forward it",
            ),
        ],
    ),
    page(
        "ITSMD-NET-002",
        &[
            cause(
                "a firewall lets nothing out to this host",
                "`curl -v` to the same address hangs or is refused, from another network it answers",
                "open port 443 to the host, or set `proxy`",
            ),
            cause(
                "the server is down, or another port is meant",
                "nobody reaches it",
                "wait, or correct the port in the address",
            ),
        ],
    ),
    page(
        "ITSMD-NET-003",
        &[
            cause(
                "a proxy opens TLS and shows a certificate of its own authority",
                "`openssl s_client -connect HOST:443` shows your organisation as the issuer",
                "name the authority's PEM file as `ca` in the `tls` section",
            ),
            cause(
                "something of the handshake was refused",
                "what was seen names it",
                "ask the administrator of the server or the proxy",
            ),
        ],
    ),
    page(
        "ITSMD-NET-004",
        &[
            cause(
                "the query is slow: no index on the time of last change",
                "smaller pages get through; the service desk's slow query log names the table",
                "an index on sys_updated_on, a smaller `page_size`",
            ),
            cause(
                "a firewall swallows the answer",
                "even `curl` hangs after the connection stands",
                "look at it with whoever runs the firewall",
            ),
        ],
    ),
    page(
        "ITSMD-NET-005",
        &[
            cause(
                "a proxy or firewall cuts long answers or idle connections",
                "it happens after the same number of seconds or bytes",
                "raise its limit, or lower `page_size`",
            ),
            cause(
                "the server was restarted, or fell over",
                "it happens once, or to everybody",
                "wait: it is tried again",
            ),
        ],
    ),
    page(
        "ITSMD-NET-006",
        &[cause(
            "the records are long, and many fit into a page",
            "`page_size` is in the thousands",
            "lower `page_size`; itsmd halves it by itself meanwhile",
        )],
    ),
    page(
        "ITSMD-NET-007",
        &[
            cause(
                "a rate rule of the user, which several clients may share",
                "the answer bears X-RateLimit-Limit, and `itsmd check` shows it",
                "lower `requests_per_minute`, or have the rule raised (sys_rate_limit_rules)",
            ),
            cause(
                "the instance's queue for integrations is full: others keep it busy",
                "the answer names no limit",
                "set `max_concurrent = 1`; look for the long queries of others",
            ),
            cause(
                "Dataverse's service protection",
                "the code is 0x80072321, 0x80072322 or 0x80072326",
                "lower `requests_per_minute`; other clients of the same user count too",
            ),
        ],
    ),
    page(
        "ITSMD-NET-008",
        &[
            cause(
                "the server is being restarted or upgraded",
                "502 or 503 with a page of HTML, for everybody, for minutes",
                "wait",
            ),
            cause(
                "a script of the table fails",
                "500 `Exception while executing request`, for this table alone",
                "the instance's system log names the business rule",
            ),
        ],
    ),
    page(
        "ITSMD-NET-009",
        &[cause(
            "too many requests wait in one session of the instance",
            "202 without a body, under load",
            "lower `max_concurrent`; a proxy that adds cookies makes one session of all clients",
        )],
    ),
    page(
        "ITSMD-NET-010",
        &[
            cause(
                "the address lacks or has a www, or is an old name",
                "what was seen names the new address",
                "put that into the configuration",
            ),
            cause(
                "single sign-on: the instance sends whoever is not signed in to a page of its own",
                "the new address is a sign-in page",
                "use a sign-in method meant for programs",
            ),
        ],
    ),
    page(
        "ITSMD-NET-011",
        &[cause(
            "plain http, a user name in the address, or no address at all",
            "the file shows it",
            "https://HOST, and the credentials in the `auth` section",
        )],
    ),
    page(
        "ITSMD-NET-012",
        &[cause(
            "the server calls itself by another name than the configuration does",
            "what was seen names both",
            "configure the name that the server uses",
        )],
    ),
    page(
        "ITSMD-NET-013",
        &[cause(
            "the file is not there, not readable for the service, or DER instead of PEM",
            "`sudo -u itsmd openssl x509 -in FILE -noout -subject`",
            "mend the path or the mode; `openssl x509 -inform der` converts",
        )],
    ),
    page(
        "ITSMD-NET-014",
        &[
            cause(
                "`proxy` is no address",
                "it has no http:// or https:// before it",
                "http://HOST:PORT",
            ),
            cause(
                "the machine has no store of authorities",
                "/etc/ssl/certs is empty",
                "install the package ca-certificates",
            ),
        ],
    ),
    page(
        "ITSMD-NET-015",
        &[cause(
            "the proxy is down, or its name or port is wrong",
            "`curl -x PROXY https://HOST` fails likewise",
            "correct it; `systemctl show itsmd -p Environment` shows what the service is given",
        )],
    ),
    page(
        "ITSMD-NET-016",
        &[cause(
            "the proxy asks for a user",
            "407 to `curl -x PROXY https://HOST`",
            "give user and password in HTTPS_PROXY, or let the proxy pass this machine",
        )],
    ),
    page(
        "ITSMD-NET-017",
        &[cause(
            "the proxy's rules do not allow the host, or it cannot resolve it",
            "its own log says which",
            "allow HOST:443 on the proxy",
        )],
    ),
    page(
        "ITSMD-NET-018",
        &[
            cause(
                "nobody renewed it",
                "`openssl s_client -connect HOST:443 | openssl x509 -noout -dates`",
                "have it renewed",
            ),
            cause(
                "this machine's clock is ahead",
                "`timedatectl` says so",
                "set the clock",
            ),
        ],
    ),
    page(
        "ITSMD-NET-019",
        &[cause(
            "this machine's clock is behind, as after a restored snapshot",
            "`timedatectl` says so",
            "set the clock",
        )],
    ),
    page(
        "ITSMD-NET-020",
        &[
            cause(
                "another name of the same server is configured",
                "what was seen lists the certificate's names",
                "configure one of these",
            ),
            cause(
                "something else answers: a proxy, a captive portal, a wrong DNS entry",
                "the names belong to somebody else",
                "find out who answers at this address",
            ),
        ],
    ),
    page(
        "ITSMD-NET-021",
        &[
            cause(
                "a private authority",
                "the issuer is your organisation",
                "name its PEM file as `ca` in the `tls` section",
            ),
            cause(
                "the server does not send its intermediate certificate",
                "a browser shows the page all the same; `openssl s_client` says `unable to get local issuer`",
                "its administrator adds it",
            ),
        ],
    ),
    page(
        "ITSMD-NET-022",
        &[cause(
            "an appliance or a test server with the certificate it made for itself",
            "issuer and subject are the same",
            "name the certificate as `ca`, or have it replaced",
        )],
    ),
    page(
        "ITSMD-NET-023",
        &[cause(
            "no client certificate is configured, or the server does not know its issuer",
            "the server's log says which",
            "set `client_certificate` and `client_key`; register the issuer at the server",
        )],
    ),
    page(
        "ITSMD-NET-024",
        &[cause(
            "https:// before a port that speaks plain http",
            "`curl http://HOST:PORT` answers",
            "correct the port",
        )],
    ),
    page(
        "ITSMD-NET-025",
        &[cause(
            "an old appliance or an old proxy",
            "`openssl s_client -tls1_2` fails",
            "have TLS 1.2 switched on there",
        )],
    ),
];
