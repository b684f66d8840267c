//! What can go wrong with a ServiceNow table.

use crate::net::Code;

/// HTML with 200: a hibernating instance, a login page, a proxy.
pub(super) const HTML: Code = Code {
    id: "ITSMD-SN-001",
    means: "an HTML page came where rows were expected: a hibernating developer instance, a sign-in page or a proxy",
    remedy: "open the instance in a browser; a developer instance is woken on the developer site",
};
/// Neither whole JSON nor rows.
pub(super) const NOT_A_PAGE: Code = Code {
    id: "ITSMD-SN-002",
    means: "the answer is not a whole page of rows, so nothing of it was used",
    remedy: "the daemon tries again by itself; if it goes on, look for a proxy that shortens answers",
};
/// An error with 200.
pub(super) const ERROR_IN_200: Code = Code {
    id: "ITSMD-SN-003",
    means: "the instance reported an error although its status was 200, so nothing of the answer was used",
    remedy: "the daemon tries again by itself; the instance's system log says more",
};
/// The transaction quota.
pub(super) const CANCELLED: Code = Code {
    id: "ITSMD-SN-004",
    means: "the instance cancelled the query because it ran too long",
    remedy: "smaller pages are asked for by itself; an index on sys_updated_on helps most",
};
/// 400 Invalid table, 404.
pub(super) const NO_TABLE: Code = Code {
    id: "ITSMD-SN-010",
    means: "the instance does not know this table, or does not show it to this user",
    remedy: "check `table` in the profile and `server_url`",
};
/// 403.
pub(super) const FORBIDDEN: Code = Code {
    id: "ITSMD-SN-011",
    means: "the user may not read this table, or a field of the query or the filter",
    remedy: "give the user read access (role sn_incident_read, sn_change_read or itil; snc_read_only keeps it from writing), and \
             check the fields of `filter`",
};
/// Any other 4xx.
pub(super) const REFUSED: Code = Code {
    id: "ITSMD-SN-012",
    means: "the instance refused the query",
    remedy: "check `filter` and the fields of the profile",
};
/// No record has the field, and a query shows that the table does not know it.
pub(super) const UNKNOWN_FIELD: Code = Code {
    id: "ITSMD-SN-013",
    means: "the table has no such field, and the instance leaves it out without a word: its column stays empty",
    remedy: "correct the field in the profile or in [connection.columns] (case counts), or take the column out",
};
/// No record has the field, and a query shows that the table knows it.
pub(super) const HIDDEN_FIELD: Code = Code {
    id: "ITSMD-SN-014",
    means: "the table has this field, but the user may not read it: its column stays empty",
    remedy: "give the user a role that reads the field (field access rules of the table, and of the tables it extends), or \
             take the column out",
};
/// 403 without a word of the Table API's.
pub(super) const BLOCKED: Code = Code {
    id: "ITSMD-SN-016",
    means: "something before the tables refuses us, whoever we are: the instance's list of addresses, a firewall or a proxy",
    remedy: "add this machine's public address to the instance's IP Address Access Control, and check what stands between",
};
/// 400 or 404: `Requested URI does not represent any resource`.
pub(super) const NO_API: Code = Code {
    id: "ITSMD-SN-017",
    means: "there is no Table API at this address",
    remedy: "check `server_url`: https://INSTANCE.service-now.com and nothing behind it",
};
/// Rows out of order.
pub(super) const OUT_OF_ORDER: Code = Code {
    id: "ITSMD-SN-020",
    means: "rows came in another order than was asked for, so nothing may be concluded from them",
    remedy: "check that the user may read and query sys_updated_on and sys_id",
};
/// Rows out of range.
pub(super) const OUT_OF_RANGE: Code = Code {
    id: "ITSMD-SN-021",
    means: "rows came from outside the time that was asked for: a part of the query was ignored, or times are read in \
            another zone than UTC",
    remedy: "set the time zone of the integration user to GMT, and check that it may read sys_updated_on",
};
/// The canary.
pub(super) const TIME_ZONE: Code = Code {
    id: "ITSMD-SN-022",
    means: "a record that was just read is not found again by its own time stamp: the instance reads times in another zone",
    remedy: "set the time zone of the integration user to GMT",
};

/// Neither id nor stamp in any row.
pub(super) const KEYS_HIDDEN: Code = Code {
    id: "ITSMD-SN-023",
    means: "the instance shows rows without their id or their time stamp, so no position can be made of them",
    remedy: "let the user read sys_id and sys_updated_on of this table (field access rules)",
};

/// The filter names a field the table lacks.
pub(super) const FILTER_IGNORED: Code = Code {
    id: "ITSMD-SN-024",
    means: "the table does not know a field of `filter`, and the instance leaves such a condition out or gives nothing",
    remedy: "correct the field's name in `filter` (case counts), or let the user read the field",
};

/// All of them, for `itsmd explain` and the documentation.
pub const CODES: &[Code] = &[
    HTML,
    NOT_A_PAGE,
    ERROR_IN_200,
    CANCELLED,
    NO_TABLE,
    FORBIDDEN,
    REFUSED,
    UNKNOWN_FIELD,
    HIDDEN_FIELD,
    BLOCKED,
    NO_API,
    OUT_OF_ORDER,
    OUT_OF_RANGE,
    TIME_ZONE,
    KEYS_HIDDEN,
    FILTER_IGNORED,
];
