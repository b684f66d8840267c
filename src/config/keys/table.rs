//! The keys of the whole file, of a connection, and of what every section may have.

use super::Presence::{self, Flag, Integer, Optional, Required};
use super::{CONNECTION_AUTH, Key, Kind, SectionKeys, WORKSPACE, key};

const ANY: i64 = u32::MAX as i64;

/// The file.
pub const ROOT: SectionKeys = SectionKeys {
    header: "the file",
    choice: None,
    keys: &[
        key("state", Kind::Section(&STATE), Optional, "Where itsmd remembers."),
        key("http", Kind::Section(&HTTP), Optional, "The status page."),
        key("workspace", Kind::Section(&WORKSPACE), Required, "Where rows go."),
        key(
            "connection",
            Kind::Sections(&CONNECTION),
            Required,
            "The service desks.",
        ),
    ],
};

/// `[state]`.
pub const STATE: SectionKeys = SectionKeys {
    header: "[state]",
    choice: None,
    keys: &[key(
        "path",
        Kind::Text,
        Optional,
        "The state file; unless given $STATE_DIRECTORY/itsmd.db, else /var/lib/itsmd/itsmd.db.",
    )],
};

/// `[http]`.
pub const HTTP: SectionKeys = SectionKeys {
    header: "[http]",
    choice: None,
    keys: &[
        key(
            "listen",
            Kind::Text,
            Presence::Text("127.0.0.1:9477"),
            "Address and port of the status page, /healthz, /readyz, /metrics and /api, or \"off\".",
        ),
        key(
            "control_token",
            Kind::Secret,
            Optional,
            "Whoever has it may sync now and resync from the status page and by POST; unless given nobody may. At least 16 characters: \
             `openssl rand -hex 32`.",
        ),
    ],
};

/// `[connection.tls]`, `[workspace.tls]`.
pub const TLS: SectionKeys = SectionKeys {
    header: "[tls]",
    choice: None,
    keys: &[
        key(
            "ca",
            Kind::Text,
            Optional,
            "PEM file of certificate authorities to trust beside the system's.",
        ),
        key(
            "client_certificate",
            Kind::Text,
            Optional,
            "PEM file of a client certificate.",
        ),
        key("client_key", Kind::Secret, Optional, "Its private key, PEM."),
    ],
};

/// `[[connection]]`.
pub const CONNECTION: SectionKeys = SectionKeys {
    header: "[[connection]]",
    choice: None,
    keys: CONNECTION_KEYS,
};

#[rustfmt::skip]
const CONNECTION_KEYS: &[Key] = &[
    key("name", Kind::Text, Required, "The connection's name, written to every row as ServiceDeskConnectionName_s."),
    key("enabled", Kind::Flag, Flag(true), "A disabled connection keeps its state and is not read."),
    key("partner", Kind::Word(&["servicenow", "provance"]), Required, "The product at the other end."),
    key("server_url", Kind::Text, Required, "Address of the instance, e.g. https://contoso.service-now.com."),
    key("work_items", Kind::Words(&["incident", "change_request"]), Optional,
        "What is read; unless given every kind that the profile knows."),
    key("sync_days", Kind::Integer(1, 120), Integer(120), "The sync window in days."),
    key("schedule", Kind::Text, Presence::Text("*/5 * * * *"),
        "When to read, as five or six cron fields (the first of six is seconds); never closer than 30 seconds."),
    key("schedule_time_zone", Kind::Text, Presence::Text("UTC"), "The time zone of the schedules, e.g. Europe/Berlin; not of the instance."),
    key("splay", Kind::Text, Presence::Text("10%"), "How far the start is shifted, as a part of the interval, or \"off\"."),
    key("reconcile", Kind::Text, Presence::Text("30 3 * * *"), "When to look for what no cursor sees (deletions, silent and back-dated changes), as cron fields, or \"off\"; never closer than an hour."),
    key("deletions", Kind::Word(&["mark", "off"]), Presence::Text("mark"), "Whether records that a reconcile finds gone are marked with a last row."),
    key("max_deletions", Kind::Integer(0, ANY), Integer(50), "More than this, and more than 1 % of the stream, gone in one sweep, or more than five that are half of it: mark none, and block the stream until a person decides."),
    key("overlap", Kind::Duration(0, 86_400), Presence::Text("5m"), "How far behind its position every run begins to read."),
    key("requests_per_minute", Kind::Integer(1, 60_000), Integer(60), "Requests in any 60 seconds, burst included."),
    key("max_concurrent", Kind::Integer(1, 16), Integer(2), "Requests in flight at once."),
    key("page_size", Kind::Integer(1, 10_000), Integer(1000), "Rows a page; on Dataverse at most 5000."),
    key("filter", Kind::Filter, Presence::Text(""), "An encoded query (ServiceNow) or $filter (Dataverse) that narrows what is read."),
    key("choice_values", Kind::Word(&["labels", "codes"]), Presence::Text("labels"), "What State, Priority and the like carry."),
    key("request_timeout", Kind::Duration(1, 3600), Presence::Text("60s"), "One request's time, from connecting to the last byte."),
    key("proxy", Kind::Text, Optional, "HTTP proxy, also to the token endpoint; unless given HTTPS_PROXY and NO_PROXY of the environment; \"off\" for none."),
    key("profile", Kind::Text, Optional, "A field map in place of the shipped one, relative to this file."),
    key("auth", Kind::Section(&CONNECTION_AUTH), Required, "How to sign in."),
    key("tls", Kind::Section(&TLS), Optional, "Private certificate authority, client certificate."),
    key("columns", Kind::Columns, Optional, "More columns: row name = source field."),
];
