//! The codes of this module.

pub use crate::model::Code;

/// The codes of this module.
pub mod codes {
    use super::Code;

    /// The name does not resolve.
    pub const DNS: Code = Code {
        id: "ITSMD-NET-001",
        means: "the host name could not be resolved",
        remedy: "check the spelling of the address and this machine's DNS; if only a proxy reaches it, set `proxy`",
    };
    /// Nobody listens, or no route.
    pub const UNREACHABLE: Code = Code {
        id: "ITSMD-NET-002",
        means: "the server could not be reached",
        remedy: "check host, port, firewall and `proxy`",
    };
    /// TLS or certificate.
    pub const TLS: Code = Code {
        id: "ITSMD-NET-003",
        means: "no trusted TLS connection could be made",
        remedy: "if the server or a proxy uses a private certificate authority, name its PEM file as `ca` in the \
                 `tls` section; else check the certificate's name and dates, and this machine's clock",
    };
    /// No answer in time.
    pub const TIMEOUT: Code = Code {
        id: "ITSMD-NET-004",
        means: "the server did not answer in time",
        remedy: "if the server is only slow, raise `request_timeout` or lower `page_size` (a sync asks for less at a time by itself); \
                 if it never answers, look at proxies and firewalls between",
    };
    /// The connection broke in the middle.
    pub const BROKEN: Code = Code {
        id: "ITSMD-NET-005",
        means: "the connection broke before the answer was whole",
        remedy: "a moment later it may work, and a sync tries by itself; if it goes on, look at proxies and firewalls between",
    };
    /// More bytes than an answer may have.
    pub const TOO_BIG: Code = Code {
        id: "ITSMD-NET-006",
        means: "the answer is larger than an answer may be",
        remedy: "it is asked again with less at a time; if that is frequent, lower `page_size`",
    };
    /// 429, or a wish to wait.
    pub const THROTTLED: Code = Code {
        id: "ITSMD-NET-007",
        means: "the server wants fewer requests",
        remedy: "it is tried again when the server allows it; if that is frequent, lower `requests_per_minute`",
    };
    /// 408, 5xx.
    pub const SERVER: Code = Code {
        id: "ITSMD-NET-008",
        means: "the server could not answer although the request was sound",
        remedy: "the daemon tries again by itself; if it goes on, ask the administrator of the server",
    };
    /// 202 to a GET.
    pub const NOT_EXECUTED: Code = Code {
        id: "ITSMD-NET-009",
        means: "the server took the request but did not execute it",
        remedy: "the daemon tries again by itself; if it goes on, too many clients share the session: lower `max_concurrent`",
    };
    /// 3xx.
    pub const REDIRECT: Code = Code {
        id: "ITSMD-NET-010",
        means: "the server sends us elsewhere, and redirections are not followed with credentials",
        remedy: "if it names the same service under another address, set that in the configuration; if it names a sign-in \
                 page, use a sign-in method meant for programs",
    };
    /// The same where it is plain that people sign in there.
    pub const SIGN_IN_PAGE: Code = Code {
        remedy: "leave the address as it is: single sign-on stands before the server, or it took no sign-in of ours; check \
                 `method` and its keys, and have what programs ask (its API) let through without single sign-on",
        ..REDIRECT
    };
    /// Not https, unreadable, another host.
    pub const BAD_URL: Code = Code {
        id: "ITSMD-NET-011",
        means: "the address cannot be used",
        remedy: "use https://host, without user name or password in it; plain http is accepted for loopback alone",
    };
    /// A link to a foreign host.
    pub const FOREIGN_URL: Code = Code {
        id: "ITSMD-NET-012",
        means: "the address leads to another host, and credentials are sent to the configured one only",
        remedy: "check the configured address: it has to be the one that the server uses in its own links",
    };
    /// A certificate or key file.
    pub const TLS_FILES: Code = Code {
        id: "ITSMD-NET-013",
        means: "a file of the `tls` section cannot be used",
        remedy: "check that it is there, readable for the service, and PEM",
    };
    /// The client could not be built.
    pub const CLIENT: Code = Code {
        id: "ITSMD-NET-014",
        means: "the HTTP client could not be set up",
        remedy: "check `proxy`, and that this machine has a store of certificate authorities (package ca-certificates)",
    };

    /// Nobody listens at the proxy, or its name does not resolve.
    pub const PROXY_UNREACHABLE: Code = Code {
        id: "ITSMD-NET-015",
        means: "the proxy could not be reached; the server was not asked",
        remedy: "check `proxy` (or HTTPS_PROXY of the service's environment) and that the proxy is up; what needs no proxy \
                 belongs into NO_PROXY, or set `proxy = \"off\"`",
    };
    /// 407.
    pub const PROXY_SIGN_IN: Code = Code {
        id: "ITSMD-NET-016",
        means: "the proxy wants to know who asks (407); the server was not asked",
        remedy: "give user and password in HTTPS_PROXY of the service's environment (http://user:password@proxy:3128, in an \
                 EnvironmentFile that only root can read), or let the proxy pass this machine without",
    };
    /// Anything but 200 to a CONNECT.
    pub const PROXY_REFUSED: Code = Code {
        id: "ITSMD-NET-017",
        means: "the proxy did not lead on to the server",
        remedy: "allow this host and port on the proxy, and check that the proxy itself reaches and resolves it",
    };
    /// Its notAfter is over.
    pub const CERTIFICATE_EXPIRED: Code = Code {
        id: "ITSMD-NET-018",
        means: "the server's certificate has expired",
        remedy: "have it renewed by the administrator of the server; if the date named lies ahead, set this machine's clock",
    };
    /// Its notBefore is to come.
    pub const CERTIFICATE_EARLY: Code = Code {
        id: "ITSMD-NET-019",
        means: "the server's certificate is not valid yet",
        remedy: "set this machine's clock; if it is right, the administrator of the server has to correct the certificate",
    };
    /// Other names stand in it.
    pub const CERTIFICATE_NAME: Code = Code {
        id: "ITSMD-NET-020",
        means: "the server's certificate is for another name",
        remedy: "use one of the names it bears in the configuration, or have the certificate made for the name in use; a \
                 proxy or captive portal in between shows its own",
    };
    /// Nobody known signed it.
    pub const CERTIFICATE_ISSUER: Code = Code {
        id: "ITSMD-NET-021",
        means: "the server's certificate is of an authority that this machine does not know",
        remedy: "if the authority is your organisation's own (or that of a proxy which opens TLS), name its PEM file as `ca` in \
                 the `tls` section; else the server leaves its intermediate certificate out, which its administrator can mend",
    };
    /// It signed itself.
    pub const CERTIFICATE_SELF: Code = Code {
        id: "ITSMD-NET-022",
        means: "the server's certificate is signed by itself, so that nobody vouches for it",
        remedy: "make sure that it is the right server, then name its certificate as `ca` in the `tls` section; if it is marked as \
                 an authority (CA:TRUE) that does not suffice: have it made anew without",
    };
    /// The server wants a certificate of ours, or not this one.
    pub const CLIENT_CERTIFICATE: Code = Code {
        id: "ITSMD-NET-023",
        means: "the server wants a client certificate, or does not accept the one it was shown",
        remedy: "set `client_certificate` and `client_key` in the `tls` section to the pair that the server knows, and check that \
                 it has not expired",
    };
    /// Something answers that is no TLS.
    pub const NOT_TLS: Code = Code {
        id: "ITSMD-NET-024",
        means: "what answers there does not speak TLS",
        remedy: "check the port: it is perhaps one for plain http, or of another service",
    };
    /// 1.1 or older.
    pub const OLD_TLS: Code = Code {
        id: "ITSMD-NET-025",
        means: "the server offers no version of TLS that is safe; 1.2 is the oldest we speak",
        remedy: "have TLS 1.2 or 1.3 switched on at the server",
    };

    /// All of them.
    pub const ALL: &[Code] = &[
        DNS,
        UNREACHABLE,
        TLS,
        TIMEOUT,
        BROKEN,
        TOO_BIG,
        THROTTLED,
        SERVER,
        NOT_EXECUTED,
        REDIRECT,
        BAD_URL,
        FOREIGN_URL,
        TLS_FILES,
        CLIENT,
        PROXY_UNREACHABLE,
        PROXY_SIGN_IN,
        PROXY_REFUSED,
        CERTIFICATE_EXPIRED,
        CERTIFICATE_EARLY,
        CERTIFICATE_NAME,
        CERTIFICATE_ISSUER,
        CERTIFICATE_SELF,
        CLIENT_CERTIFICATE,
        NOT_TLS,
        OLD_TLS,
    ];
}
