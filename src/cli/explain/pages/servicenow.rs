//! ServiceNow's tables.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-SN-001",
        &[
            cause(
                "a developer instance that sleeps",
                "the browser shows `Your instance is hibernating`",
                "wake it on developer.servicenow.com",
            ),
            cause(
                "single sign-on or a proxy answers in its place",
                "the browser shows a sign-in page; what was seen quotes its title",
                "let the API past it; check `server_url`",
            ),
        ],
    ),
    page(
        "ITSMD-SN-002",
        &[cause(
            "something between cuts answers short or rewrites them",
            "`curl` from another network gets whole JSON",
            "look at proxies and virus scanners",
        )],
    ),
    page(
        "ITSMD-SN-003",
        &[
            cause(
                "a business rule or a script of the instance fails in the middle of the answer",
                "the instance's system log at that minute",
                "mend or switch off the customisation",
            ),
            cause(
                "an application changed what the table does (`Invalid staging table`, `Target record not found`)",
                "what was seen quotes it",
                "ask whoever changed the application",
            ),
        ],
    ),
    page(
        "ITSMD-SN-004",
        &[
            cause(
                "no index on sys_updated_on, in a large table",
                "the instance's slow query log names the query",
                "let an administrator add the index",
            ),
            cause(
                "a quota rule that is stricter than the usual 60 seconds",
                "Transaction Quotas in the instance",
                "a smaller `page_size`, or a rule of its own for this user",
            ),
        ],
    ),
    page(
        "ITSMD-SN-010",
        &[
            cause(
                "the table's name is misspelt in the profile",
                "`sys_db_object` lists the tables",
                "correct `table`",
            ),
            cause(
                "the plug-in that brings the table is not active, or the user may not even see it",
                "an administrator opens TABLE.list",
                "activate it, or give the role",
            ),
        ],
    ),
    page(
        "ITSMD-SN-011",
        &[
            cause(
                "the user has no role that reads the table",
                "impersonate the user in the instance and open TABLE.list; `itsmd check` shows its roles where it may",
                "sn_incident_read, sn_change_read or itil; snc_read_only beside it",
            ),
            cause(
                "a field of the query or of `filter` may not be read (`Field(s) present in the query …`)",
                "it passes without `filter`",
                "give the right to read that field, or take it out of the filter",
            ),
            cause(
                "the user's domain is not that of the records",
                "domain separation is on",
                "put the user into the right domain",
            ),
        ],
    ),
    page(
        "ITSMD-SN-012",
        &[cause(
            "`filter` is not an encoded query",
            "copy the query from a list in the instance (right click on the breadcrumbs) and compare",
            "correct it",
        )],
    ),
    page(
        "ITSMD-SN-013",
        &[
            cause(
                "the field's name is misspelt, or its label stands there",
                "System Definition › Dictionary lists the table's fields; case counts",
                "correct it in the profile or in [connection.columns]",
            ),
            cause(
                "the field belongs to a plug-in or release that this instance lacks",
                "the dictionary does not have it",
                "take the column out",
            ),
        ],
    ),
    page(
        "ITSMD-SN-014",
        &[
            cause(
                "a field access rule (table.field, read) that the user does not meet",
                "Access Analyzer, or impersonate the user: the field is not on the form",
                "give the role that the rule asks for",
            ),
            cause(
                "a rule of the table that it extends (task.field)",
                "the rule's name begins with task.",
                "likewise",
            ),
        ],
    ),
    page(
        "ITSMD-SN-016",
        &[
            cause(
                "the instance lets only certain addresses in (System Security › IP Address Access Control)",
                "the same request is answered from another network",
                "add this machine's public address to it",
            ),
            cause(
                "a firewall or a proxy before the instance refuses it",
                "what was seen is a page of theirs",
                "ask whoever runs it",
            ),
        ],
    ),
    page(
        "ITSMD-SN-017",
        &[
            cause(
                "`server_url` has a path behind the host",
                "the file shows it",
                "https://INSTANCE.service-now.com and nothing behind it",
            ),
            cause(
                "the Table API is switched off or replaced",
                "`/api/now/v2/table/sys_user?sysparm_limit=1` fails likewise for an administrator",
                "have it switched on",
            ),
        ],
    ),
    page(
        "ITSMD-SN-020",
        &[cause(
            "the user may not read or order by sys_updated_on or sys_id, so the instance left the order out",
            "the fields are not on a list of that user",
            "give the right to read both",
        )],
    ),
    page(
        "ITSMD-SN-021",
        &[
            cause(
                "the user's time zone is not GMT",
                "`itsmd check`, line `session`",
                "set it to GMT",
            ),
            cause(
                "the instance left the time out of the query, because the user may not read sys_updated_on",
                "the field is not on a list of that user",
                "give the right to read it",
            ),
        ],
    ),
    page(
        "ITSMD-SN-022",
        &[
            cause(
                "the user's time zone is not GMT, and the instance reads the times of a query in it",
                "`itsmd check`, line `session`; else the user's record",
                "set the time zone of the integration user to GMT",
            ),
            cause(
                "the field is empty and the instance's own zone is another",
                "System Properties › glide.sys.default.tz",
                "set it for this user alone",
            ),
        ],
    ),
    page(
        "ITSMD-SN-023",
        &[cause(
            "a field access rule hides sys_id or sys_updated_on",
            "the row comes as `{}` or without them",
            "give the user the right to read both",
        )],
    ),
    page(
        "ITSMD-SN-024",
        &[
            cause(
                "a field of `filter` is misspelt",
                "the dictionary of the table; case counts",
                "correct it",
            ),
            cause(
                "the user may not read that field, and the instance leaves the condition out",
                "it is not on a list of that user",
                "give the right to read it",
            ),
        ],
    ),
];
