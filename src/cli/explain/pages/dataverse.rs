//! Dataverse's tables, on which Provance lives.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-DV-001",
        &[cause(
            "the address is that of the app or of a sign-in page, not of the environment",
            "the browser shows a page there",
            "https://ORG.crm.dynamics.com (crm4, crm11 … by region)",
        )],
    ),
    page(
        "ITSMD-DV-002",
        &[cause(
            "something between cuts answers short",
            "`curl` from another network gets whole JSON",
            "look at proxies",
        )],
    ),
    page(
        "ITSMD-DV-003",
        &[cause(
            "a plug-in of the environment failed",
            "the plug-in trace log at that minute",
            "ask the environment's administrator",
        )],
    ),
    page(
        "ITSMD-DV-004",
        &[cause(
            "a large table without an index on modifiedon, or a filter over a column without one",
            "it passes with a shorter window",
            "an index, or a narrower `filter`",
        )],
    ),
    page(
        "ITSMD-DV-010",
        &[
            cause(
                "the table's name stands where the entity set's is wanted",
                "`itsmd discover --connection NAME` lists the sets",
                "incidents, not incident",
            ),
            cause(
                "the solution that brings the table is not installed here",
                "discover does not list it",
                "choose the right environment, or another table",
            ),
        ],
    ),
    page(
        "ITSMD-DV-011",
        &[
            cause(
                "no security role with read access to the table",
                "the message names the privilege, e.g. prvReadIncident",
                "a role with Read at organisation level for that table",
            ),
            cause(
                "the role is of another business unit",
                "the application user's roles in the admin centre",
                "assign it in the root business unit",
            ),
        ],
    ),
    page(
        "ITSMD-DV-012",
        &[cause(
            "`filter` is not OData, or uses a function that this itsmd or the environment does not take",
            "what was seen quotes the environment",
            "e.g. statecode eq 0 and prioritycode ne 3",
        )],
    ),
    page(
        "ITSMD-DV-013",
        &[
            cause(
                "the column's name is misspelt, or a label stands there",
                "`itsmd discover` lists the columns; case counts",
                "correct it in the profile or in `filter`",
            ),
            cause(
                "it is a look-up",
                "discover shows its type as Lookup",
                "_name_value, e.g. _ownerid_value",
            ),
        ],
    ),
    page(
        "ITSMD-DV-014",
        &[cause(
            "thousands of records bear one time stamp, as after a bulk import, and the links are refused",
            "it is always the same second",
            "raise `page_size` up to 5000",
        )],
    ),
    page(
        "ITSMD-DV-015",
        &[cause(
            "a cache between answers with what it had",
            "it passes from another network",
            "let it not cache this host",
        )],
    ),
    page(
        "ITSMD-DV-016",
        &[
            cause(
                "the application was never added to the environment",
                "Power Platform admin centre › Environments › Settings › Application users: it is not there",
                "New app user, with a security role",
            ),
            cause(
                "`server_url` is another environment, such as the test one",
                "the environment's page names its URL",
                "correct it",
            ),
            cause(
                "the account of `entra-password` has no licence or is disabled in this environment",
                "Users in the same place",
                "enable it",
            ),
        ],
    ),
    page(
        "ITSMD-DV-020",
        &[cause(
            "`modified` of the profile is not a time that the table can be sorted by",
            "discover shows its type",
            "modifiedon",
        )],
    ),
    page(
        "ITSMD-DV-021",
        &[cause(
            "`filter` holds an `or` that reaches beyond it, or a proxy drops a part of the query",
            "it passes without `filter`",
            "one whole expression",
        )],
    ),
];
