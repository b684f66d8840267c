//! The codes of this module.

/// What can go wrong at the workspace.
pub mod codes {
    use crate::net::Code;

    /// 413.
    pub const TOO_BIG: Code = Code {
        id: "ITSMD-WS-001",
        means: "the batch is larger than the workspace takes",
        remedy: "it is sent again in halves by itself",
    };
    /// 400.
    pub const REFUSED: Code = Code {
        id: "ITSMD-WS-002",
        means: "the workspace refuses something in the batch",
        remedy: "the record at fault is found by halving and set aside with the workspace's words",
    };
    /// 400 `InvalidStream`.
    pub const STREAM: Code = Code {
        id: "ITSMD-WS-003",
        means: "the data collection rule does not know this stream, or not yet: a rule takes some minutes after each change",
        remedy: "have patience for ten minutes; then compare `stream` with the names under streamDeclarations in the \
                 rule's JSON (they begin with Custom-)",
    };
    /// 403.
    pub const FORBIDDEN: Code = Code {
        id: "ITSMD-WS-004",
        means: "the application may not send to this data collection rule, or not yet: a new role takes up to 30 minutes",
        remedy: "have patience; then assign the role Monitoring Metrics Publisher on the data collection rule itself \
                 to the application's service principal",
    };
    /// 404.
    pub const NOT_FOUND: Code = Code {
        id: "ITSMD-WS-005",
        means: "there is no such data collection rule behind this endpoint",
        remedy: "compare `endpoint` and `dcr_immutable_id` with the rule's JSON: the immutable id, not its name, and \
                 an endpoint of the rule's region",
    };
    /// Any other refusal.
    pub const UNEXPECTED: Code = Code {
        id: "ITSMD-WS-006",
        means: "the workspace refuses requests of this kind",
        remedy: "check `endpoint`: it has to be that of the ingestion API",
    };
    /// No table for the log.
    pub const NO_LOG: Code = Code {
        id: "ITSMD-WS-007",
        means: "this workspace has no place for the connector's log",
        remedy: "set `log_stream`",
    };
    /// Data collector, 403.
    pub const SHARED_KEY: Code = Code {
        id: "ITSMD-WS-008",
        means: "the workspace refuses the signature",
        remedy: "check `workspace_id` and `shared_key` (base64, primary or secondary), and this machine's clock",
    };
    /// Data collector, 404.
    pub const COLLECTOR_NOT_FOUND: Code = Code {
        id: "ITSMD-WS-009",
        means: "nothing is at this address, or the batch is larger than this API takes: it answers the same to both",
        remedy: "check `endpoint` and `workspace_id`; note that Azure retired this API in September 2026",
    };
    /// File.
    pub const FILE: Code = Code {
        id: "ITSMD-WS-010",
        means: "the file cannot be written",
        remedy: "check `path`, its directory, who may write there, and the room on the disk",
    };
    /// The batch is not what it should be.
    pub const NOT_ROWS: Code = Code {
        id: "ITSMD-WS-011",
        means: "the batch is not a JSON array of objects",
        remedy: "this is a mistake in itsmd: please report it",
    };

    /// 4xx of a rule whose table is a classic one.
    pub const CLASSIC_TABLE: Code = Code {
        id: "ITSMD-WS-030",
        means: "the table is a classic one, made by the HTTP Data Collector API as ITSMC did, and the ingestion API does not write \
                to those (or there is no such table yet)",
        remedy: "either write to a new table beside it: other names in the templates of `itsmd schema`, and `stream` and \
                 `log_stream` to match; or migrate the table by the `migrate` call of its resource. That call cannot be \
                 undone, so itsmd never makes it: the README shows both ways under “Coming from ITSMC”",
    };

    /// 2xx, but not of the API.
    pub const NOT_ITS_ANSWER: Code = Code {
        id: "ITSMD-WS-012",
        means: "something answered “success” that is not the ingestion API, so nothing counts as delivered",
        remedy: "look at what stands between (a proxy's sign-in page answers so), and check `endpoint`; nothing is lost, \
                 the rows are sent again",
    };

    /// All of them.
    pub const ALL: &[Code] = &[
        TOO_BIG,
        REFUSED,
        STREAM,
        FORBIDDEN,
        NOT_FOUND,
        UNEXPECTED,
        NO_LOG,
        SHARED_KEY,
        COLLECTOR_NOT_FOUND,
        FILE,
        NOT_ROWS,
        NOT_ITS_ANSWER,
        CLASSIC_TABLE,
    ];
}
