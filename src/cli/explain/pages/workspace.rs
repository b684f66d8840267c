//! The workspace.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-WS-001",
        &[cause(
            "Azure takes 1 MB a call; something between adds to it, or takes less",
            "it happens again and again",
            "nothing is needed: it is sent in halves; if a gateway stands between, raise its limit",
        )],
    ),
    page(
        "ITSMD-WS-002",
        &[
            cause(
                "one record holds what the rule's types do not take",
                "`itsmd quarantine list` shows it with the workspace's words",
                "mend the record or the rule, then `itsmd quarantine retry`",
            ),
            cause(
                "the transformation of the rule fails",
                "every record is refused",
                "compare `transformKql` with `itsmd schema dcr`",
            ),
        ],
    ),
    page(
        "ITSMD-WS-003",
        &[
            cause(
                "the rule was made or changed a few minutes ago",
                "it passes within ten minutes",
                "wait",
            ),
            cause(
                "`stream` is misspelt, or the table's name stands there",
                "the rule's JSON, streamDeclarations: names begin with Custom-",
                "copy the name from there",
            ),
            cause(
                "the table is still a classic one, so that the rule could not be given the stream",
                "Tables in the workspace: type `Custom table (classic)`",
                "README, `Coming from ITSMC`: migrating it cannot be undone",
            ),
        ],
    ),
    page(
        "ITSMD-WS-004",
        &[
            cause(
                "the role was given less than half an hour ago",
                "it passes by itself",
                "wait",
            ),
            cause(
                "the role is missing, or stands on the workspace or the endpoint instead of the rule",
                "`az role assignment list --scope RULE_ID --include-inherited`",
                "Monitoring Metrics Publisher on the data collection rule itself",
            ),
            cause(
                "the role was given to the application's client id or to its registration",
                "the assignment's principal is not the object id of the enterprise application",
                "assign it to the service principal: `az ad sp show --id CLIENT_ID --query id`",
            ),
        ],
    ),
    page(
        "ITSMD-WS-005",
        &[
            cause(
                "`dcr_immutable_id` is the rule's name or its resource id",
                "it does not look like dcr- and 32 hex digits",
                "copy `immutableId` from the rule's JSON",
            ),
            cause(
                "`endpoint` is of another region, another rule or a data collection endpoint that the rule does not use",
                "`properties.endpoints.logsIngestion` of the rule is another",
                "copy it from the rule's JSON",
            ),
            cause(
                "the rule was deleted, or made anew under the same name",
                "`az monitor data-collection rule show`",
                "take the new immutable id",
            ),
        ],
    ),
    page(
        "ITSMD-WS-006",
        &[cause(
            "the address is another service's",
            "what was seen quotes its answer",
            "`endpoint` is https://….ingest.monitor.azure.com (or .us, .cn)",
        )],
    ),
    page(
        "ITSMD-WS-007",
        &[cause(
            "`log_stream` is not set",
            "the file shows it",
            "set it, or do without ServiceDeskLog_CL",
        )],
    ),
    page(
        "ITSMD-WS-008",
        &[
            cause(
                "the shared key is of another workspace, or cut short in copying",
                "it is not 88 characters of base64 ending in ==",
                "copy primary or secondary key anew",
            ),
            cause(
                "this machine's clock is wrong by more than a few minutes",
                "`timedatectl`",
                "set the clock",
            ),
        ],
    ),
    page(
        "ITSMD-WS-009",
        &[cause(
            "the API was switched off, or the endpoint is another's",
            "a single row fails likewise",
            "go over to `kind = \"logs-ingestion\"`",
        )],
    ),
    page(
        "ITSMD-WS-010",
        &[cause(
            "the directory is missing, not writable for the service, or full",
            "`sudo -u itsmd touch FILE`",
            "make it, or set `ReadWritePaths=` of the unit",
        )],
    ),
    page(
        "ITSMD-WS-011",
        &[cause("a mistake in itsmd", "", "report it; no position has moved")],
    ),
    page(
        "ITSMD-WS-020",
        &[
            cause(
                "the rule or its transformation does not fit the rows",
                "what was seen quotes the workspace",
                "deploy `itsmd schema dcr` again",
            ),
            cause(
                "the table's columns have other types than the rows, as after a migration",
                "compare the table's schema with `itsmd schema table`",
                "use a new table side by side, or mend the rule's types",
            ),
        ],
    ),
    page(
        "ITSMD-WS-012",
        &[
            cause(
                "a proxy or a gateway wants a sign-in",
                "the title that was seen is its page's, not Azure's",
                "let this machine pass to the ingestion endpoint, or set `proxy` in [workspace]",
            ),
            cause(
                "`endpoint` names a web site",
                "the rule's JSON names another logsIngestion endpoint",
                "take the endpoint from the rule's JSON",
            ),
        ],
    ),
    page(
        "ITSMD-WS-030",
        &[
            cause(
                "ITSMC or the HTTP Data Collector API made the table",
                "Workspace › Tables says Custom table (classic)",
                "write to new tables side by side, which can be undone; or migrate the table by a POST to its resource's \
                 /migrate?api-version=2021-12-01-preview, which cannot. itsmd never does that by itself",
            ),
            cause(
                "the table is not there",
                "Workspace › Tables does not list it",
                "deploy `itsmd schema bicep`, or `itsmd schema table` before `itsmd schema dcr`",
            ),
        ],
    ),
];
