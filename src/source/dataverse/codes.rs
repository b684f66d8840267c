//! What can go wrong with a Dataverse table.

use crate::net::Code;

/// HTML with 200: a sign-in page, a proxy.
pub(super) const HTML: Code = Code {
    id: "ITSMD-DV-001",
    means: "an HTML page came where rows were expected: a sign-in page or a proxy",
    remedy: "check `server_url` (https://ORG.crm.dynamics.com) and what stands between; the daemon tries again by itself",
};
/// Neither whole JSON nor rows.
pub(super) const NOT_A_PAGE: Code = Code {
    id: "ITSMD-DV-002",
    means: "the answer is not a whole page of rows, so nothing of it was used",
    remedy: "the daemon tries again by itself; if it goes on, look for a proxy that shortens answers",
};
/// An error with 200.
pub(super) const ERROR_IN_200: Code = Code {
    id: "ITSMD-DV-003",
    means: "the environment reported an error although its status was 200, so nothing of the answer was used",
    remedy: "the daemon tries again by itself; if it goes on, ask the administrator of the environment",
};
/// The database ran out of time.
pub(super) const TIMED_OUT: Code = Code {
    id: "ITSMD-DV-004",
    means: "the environment's database gave the query up because it ran too long",
    remedy: "smaller pages are asked for by itself; an index over modifiedon, or a narrower `filter`, helps most",
};
/// 404.
pub(super) const NO_SET: Code = Code {
    id: "ITSMD-DV-010",
    means: "the environment does not know this entity set",
    remedy: "check `table` in the profile: it is the entity set's name (incidents), not the table's (incident), and case counts",
};
/// 403.
pub(super) const FORBIDDEN: Code = Code {
    id: "ITSMD-DV-011",
    means: "the account lacks a privilege for this table; the answer names it",
    remedy: "give the account a security role with read access to the whole table, and a licence where the product asks for one",
};
/// Any other 4xx.
pub(super) const REFUSED: Code = Code {
    id: "ITSMD-DV-012",
    means: "the environment refused the query",
    remedy: "check `filter` (OData, e.g. statecode eq 0) and the fields of the profile",
};
/// 400: Could not find a property.
pub const UNKNOWN_COLUMN: Code = Code {
    id: "ITSMD-DV-013",
    means: "the table has no such column, and Dataverse refuses the whole query for it",
    remedy: "correct the field in the profile or in `filter`; a look-up is called _name_value, and case counts",
};
/// A link refused twice within one second's rows.
pub(super) const LINK_REFUSED: Code = Code {
    id: "ITSMD-DV-014",
    means: "the environment refuses its own continuation links, and the rows of one second do not fit into a page",
    remedy: "it is tried again from the last stamp at the next run; if it goes on, raise `page_size` (5000 at most)",
};
/// A link that leads to itself.
pub(super) const SAME_LINK: Code = Code {
    id: "ITSMD-DV-015",
    means: "a page names itself as the next one: reading on would never end",
    remedy: "it is tried again at the next run; if it goes on, look for a proxy that caches answers",
};
/// 0x80072560.
pub(super) const NO_USER: Code = Code {
    id: "ITSMD-DV-016",
    means: "signing in to Entra worked, but the environment has no user for this application or account",
    remedy: "add the application as an application user of the environment (Power Platform admin centre), with a security \
             role that reads the tables; check that `server_url` is the right environment",
};
/// Rows out of order.
pub(super) const OUT_OF_ORDER: Code = Code {
    id: "ITSMD-DV-020",
    means: "rows came in another order than was asked for, so nothing may be concluded from them",
    remedy: "check `modified` in the profile: it has to be a column of times that the table can be sorted by",
};
/// Rows out of range.
pub(super) const OUT_OF_RANGE: Code = Code {
    id: "ITSMD-DV-021",
    means: "rows came from outside the time that was asked for: a part of the query was ignored",
    remedy: "check that `filter` is one whole expression, and what stands between itsmd and the environment",
};

/// All of them, for `itsmd explain` and the documentation.
pub const CODES: &[Code] = &[
    HTML,
    NOT_A_PAGE,
    ERROR_IN_200,
    TIMED_OUT,
    NO_SET,
    FORBIDDEN,
    REFUSED,
    UNKNOWN_COLUMN,
    LINK_REFUSED,
    SAME_LINK,
    NO_USER,
    OUT_OF_ORDER,
    OUT_OF_RANGE,
];
