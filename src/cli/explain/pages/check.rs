//! What `check` finds by itself.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-CK-001",
        &[cause(
            "a key is misspelt, missing, or has a value that it does not take",
            "the line is named, and the nearest known key",
            "correct it; `itsmd check --offline` reads the file without asking anybody",
        )],
    ),
    page(
        "ITSMD-CK-002",
        &[cause(
            "something that is allowed and seldom meant",
            "the line is named",
            "change it, or leave it",
        )],
    ),
    page(
        "ITSMD-CK-003",
        &[cause(
            "two connections with different filters or work items on one instance",
            "both name the same `server_url`",
            "one connection with both, or half the rate each",
        )],
    ),
    page(
        "ITSMD-CK-004",
        &[
            cause(
                "a connection was renamed",
                "its URL is another connection's now",
                "take the old name back, or `itsmd forget --connection OLD`",
            ),
            cause(
                "a connection with `oauth-refresh` was renamed, and its instance rotates refresh tokens",
                "it does not sign in any more (ITSMD-AUTH-016): the token that still holds is kept under the old name",
                "take the old name back, or get a new first refresh token; only then `itsmd forget --connection OLD`",
            ),
            cause(
                "a connection was taken out for good",
                "nobody misses it",
                "`itsmd forget --connection OLD`; rows in the workspace stay",
            ),
        ],
    ),
    page(
        "ITSMD-CK-005",
        &[cause(
            "a filter over something that changes, such as active=true",
            "a closed record stays open in the workspace",
            "`reconcile` and `deletions = \"mark\"`",
        )],
    ),
    page(
        "ITSMD-CK-006",
        &[
            cause(
                "no role that reads the rows, although the table may be asked",
                "impersonate the user and open the list: `rows removed by security constraints`",
                "sn_incident_read, sn_change_read, itil; or a rule of your own",
            ),
            cause(
                "domain separation",
                "the user's domain is another",
                "put the user into the right domain",
            ),
        ],
    ),
    page(
        "ITSMD-CK-007",
        &[cause(
            "the instance refuses both what does not exist and what may not be read, in the same words",
            "an administrator looks the field up in the dictionary",
            "correct the name, or give the right to read it",
        )],
    ),
    page(
        "ITSMD-CK-008",
        &[cause(
            "a field is mapped to a column of another type",
            "the reason names field and value",
            "map it to a `_s` column, or correct the field",
        )],
    ),
    page(
        "ITSMD-CK-009",
        &[
            cause(
                "this machine's clock is wrong",
                "`timedatectl`, `chronyc tracking`",
                "let it be set by NTP",
            ),
            cause(
                "the service desk's is",
                "other sites agree with this machine",
                "tell its administrator; itsmd goes by the service desk's clock",
            ),
        ],
    ),
    page(
        "ITSMD-CK-010",
        &[
            cause(
                "nothing was modified in `sync_days`, or `filter` leaves nothing",
                "the same query as a list in the service desk",
                "widen either",
            ),
            cause(
                "the user may read no record: a missing role, an access rule, another domain, another business unit",
                "the same list as the integration user (Impersonate user in ServiceNow) is empty, and yours is not",
                "give the user a role that reads this table",
            ),
        ],
    ),
    page(
        "ITSMD-CK-011",
        &[cause(
            "every connection has `enabled = false`",
            "the file shows it",
            "enable one",
        )],
    ),
    page(
        "ITSMD-CK-012",
        &[cause(
            "the file's directory belongs to somebody else",
            "`sudo -u itsmd touch FILE`",
            "make it the service's; run check as the service's user",
        )],
    ),
    page(
        "ITSMD-CK-013",
        &[
            cause(
                "check was run by somebody else than the service's user",
                "`id -un`",
                "`sudo -u itsmd itsmd check`",
            ),
            cause(
                "the directory is not there, or not writable",
                "`ls -ld /var/lib/itsmd`",
                "systemd makes it with StateDirectory=itsmd; else `install -d -o itsmd -m 0700`",
            ),
        ],
    ),
    page(
        "ITSMD-CK-014",
        &[cause(
            "a rate rule for this user, its role or everybody",
            "sys_rate_limit_rules in the instance",
            "lower `requests_per_minute`, or have it raised",
        )],
    ),
    page(
        "ITSMD-CK-015",
        &[cause(
            "the integration user was made with the zone of whoever made it",
            "its record, field Time zone",
            "GMT",
        )],
    ),
    page(
        "ITSMD-CK-016",
        &[cause(
            "an administrator's account is used",
            "line `session` of the check names the role",
            "README, `a user that can only read`",
        )],
    ),
    page(
        "ITSMD-CK-017",
        &[
            cause(
                "nobody fills the field in",
                "a list in the service desk shows it empty",
                "nothing, or take the column out",
            ),
            cause(
                "the user sees the field but not its values (field security, encrypted fields)",
                "others see values",
                "give the right to read them",
            ),
        ],
    ),
    page(
        "ITSMD-CK-018",
        &[cause(
            "the file was made without umask 077",
            "`ls -l`",
            "`chown root:itsmd`, `chmod 0640`",
        )],
    ),
    page(
        "ITSMD-CK-019",
        &[
            cause(
                "a proxy shortens or rewrites long addresses",
                "the same query with `curl` from another network gives other records",
                "let this host past it",
            ),
            cause(
                "the instance leaves out conditions on fields that the user may not query",
                "impersonate the user and filter a list by that field",
                "give the right to read it",
            ),
        ],
    ),
    page(
        "ITSMD-CK-020",
        &[
            cause(
                "the file was never made, or `control_token` names another one",
                "`ls -l` of the file that is named",
                "`openssl rand -hex 32 | sudo tee FILE`, then `chown root:itsmd` and `chmod 0640`",
            ),
            cause(
                "the service's user may not read it",
                "`sudo -u itsmd cat FILE`",
                "`chown root:itsmd` and `chmod 0640`; the folder has to let the group in",
            ),
        ],
    ),
    page(
        "ITSMD-CK-021",
        &[cause(
            "a password was typed in place of a token, or more than one line stands in the file",
            "the number of characters, or what stands between them, is told; at least 16 without a space are needed",
            "`openssl rand -hex 32 | sudo tee FILE`",
        )],
    ),
    page(
        "ITSMD-MC-001",
        &[
            cause(
                "action groups of Azure Monitor still name the old connector",
                "Monitor › Alerts › Action groups › type ITSM",
                "take these actions out before the connector, and use a Secure Webhook in their place",
            ),
            cause(
                "work items were made twice, not at all or without a configuration item by ITSMC's actions",
                "the work items' creator is ITSMC's user",
                "the README's `Coming from ITSMC` says what takes their place",
            ),
        ],
    ),
    page(
        "ITSMD-MC-002",
        &[cause(
            "the connector is of System Center Service Manager or Cherwell",
            "its partner type",
            "itsmd reads ServiceNow and Provance; the rows there are stay in the workspace",
        )],
    ),
];
