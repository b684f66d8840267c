//! The codes of this module.

/// What ends a stream's run by our own judgement.
pub mod codes {
    use crate::model::Code;

    /// The workspace takes nothing, one record at a time.
    pub const NOTHING_TAKEN: Code = Code {
        id: "ITSMD-WS-020",
        means: "20 records were refused one by one and none was taken: it is not they",
        remedy: "compare the data collection rule with `itsmd schema dcr`, or, if it says that they are too large though \
                 they are small, look for a limit in a proxy before the workspace; what was set aside is tried again by \
                 itself",
    };
    /// Another instance or table.
    pub const ANOTHER_SOURCE: Code = Code {
        id: "ITSMD-SY-001",
        means: "a stream is configured to read another instance or table than until now",
        remedy: "`itsmd resync` to take it as the same service desk, or `itsmd forget` to begin anew",
    };
    /// A sweep that would mark too many.
    pub const TOO_MANY_GONE: Code = Code {
        id: "ITSMD-SY-002",
        means: "a sweep found more records gone or hidden than `max_deletions` and 1 % of the stream, or half of them all; none was marked",
        remedy: "give the service desk's user its roles back; or, if they are really gone, `itsmd sync --reconcile \
                 --accept-deletions --connection NAME`",
    };

    /// All of them.
    pub const ALL: &[Code] = &[NOTHING_TAKEN, ANOTHER_SOURCE, TOO_MANY_GONE];
}
