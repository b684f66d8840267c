//! The keys of `[workspace]`.

use super::Presence::{Optional, Required, Text};
use super::{Choice, Kind, SectionKeys, TLS, Variant, WORKSPACE_AUTH, key};

/// `[workspace]`.
#[rustfmt::skip]
pub const WORKSPACE: SectionKeys = SectionKeys {
    header: "[workspace]",
    keys: &[
        key("kind", Kind::Word(&["logs-ingestion", "data-collector", "file"]), Required, "The interface rows are delivered to."),
        key("endpoint", Kind::Text, Optional, "Address of the data collection endpoint, or the rule's own."),
        key("dcr_immutable_id", Kind::Text, Optional, "The data collection rule: dcr- and 32 hexadecimal digits."),
        key("stream", Kind::Text, Text("Custom-ServiceDesk_CL"), "The rule's stream for ServiceDesk_CL."),
        key("log_stream", Kind::Text, Optional, "The rule's stream for ServiceDeskLog_CL; unless given that log is not written."),
        key("auth", Kind::Section(&WORKSPACE_AUTH), Optional, "How to sign in."),
        key("tls", Kind::Section(&TLS), Optional, "Private certificate authority, client certificate."),
        key("proxy", Kind::Text, Optional, "HTTP proxy, also to the token endpoint; unless given HTTPS_PROXY and NO_PROXY of the environment; \"off\" for none."),
        key("workspace_id", Kind::Text, Optional, "The workspace's id, as the Data Collector API knows it."),
        key("shared_key", Kind::Secret, Optional, "The workspace's key, Base64."),
        key("log_type", Kind::Text, Text("ServiceDesk"), "Log-Type; the API appends _CL."),
        key("path", Kind::Text, Optional, "A file of JSON lines; {date} becomes the day; - is the standard output."),
    ],
    choice: Some(Choice {
        by: "kind",
        of: &[
            Variant {
                name: "logs-ingestion",
                available: true,
                required: &["endpoint", "dcr_immutable_id", "auth"],
                optional: &["stream", "log_stream", "tls", "proxy"],
            },
            Variant {
                name: "data-collector",
                available: true,
                required: &["endpoint", "workspace_id", "shared_key"],
                optional: &["log_type", "tls", "proxy"],
            },
            Variant { name: "file", available: true, required: &["path"], optional: &[] },
        ],
    }),
};
