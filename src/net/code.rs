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
        remedy: "check host, port, firewall and `proxy`; the daemon tries again by itself",
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
        remedy: "it is tried again with less at a time; if that is frequent, lower `page_size` or raise `request_timeout`",
    };
    /// The connection broke in the middle.
    pub const BROKEN: Code = Code {
        id: "ITSMD-NET-005",
        means: "the connection broke before the answer was whole",
        remedy: "the daemon tries again by itself; if it goes on, look at proxies and firewalls between",
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
        remedy: "set the address in the configuration to the one it names, or find out why it asks for an \
                 interactive sign-in",
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
    ];
}
